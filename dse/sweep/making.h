// How the points of a plan are made, and what is said meanwhile. Private to dse/sweep/.
#ifndef SDSE_DSE_SWEEP_MAKING_H
#define SDSE_DSE_SWEEP_MAKING_H

#include "dse/sweep/plan.h"

// Makes a combination of accelerator `arch`; what is wrong with it is in `said`.
// Returns SDSE_OK, SDSE_INVALID (there is no such accelerator) or SDSE_NO_MEMORY.
enum sdse_status sdse_variant_make(const struct sdse_plan *plan, size_t arch,
                                   uint64_t combination, struct sdse_arena *arena,
                                   struct sdse_diags *said,
                                   struct sdse_variant *variant);

// NULL: there is none.
const struct sdse_diag *sdse_first_error(const struct sdse_diags *said);

// Whether a form, or the layers of a network, go with an accelerator: if not, `said`
// has why. The network is only asked while nothing is said.
void sdse_form_admits(const struct sdse_plan *plan, size_t form,
                      const struct sdse_arch *arch, struct sdse_diags *said);
void sdse_network_admits(const struct sdse_plan *plan, size_t network,
                         const struct sdse_variant *variant, struct sdse_diags *said);

// Of a network's sizes, in any order.
struct sdse_hash sdse_network_hash_sizes(const struct sdse_network_input *network);

// Ends the plan's text with the hash of what the sweep is made of; the sweep's own hash
// is that of its text then. False: memory is out.
bool sdse_plan_name(struct sdse_arena *arena, struct sdse_plan *plan,
                    struct sdse_hash made_of);

// Looks at the accelerators of a plan whose `archs` have roots (NULL: not loaded) and
// numbers: names them, finds those that cannot be and says each cause once, with how
// many say it. Returns SDSE_OK, SDSE_INVALID (none can be; or there is one that cannot
// be named) or SDSE_NO_MEMORY.
struct sdse_plan_looks;
enum sdse_status sdse_plan_look(struct sdse_plan *plan, struct sdse_arena *arena,
                                struct sdse_diags *diags,
                                struct sdse_plan_looks **looks);
// The same of their points, which were looked at then. SDSE_INVALID: none can be.
enum sdse_status sdse_plan_judge_points(struct sdse_plan_looks *looks);

#endif
