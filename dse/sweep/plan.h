// The points of a sweep, in their fixed order, with everything they are made of:
// accelerator variants, networks, weight forms. Built before anything is computed, so
// that bad input is reported at once and changes nothing.
#ifndef SDSE_DSE_SWEEP_PLAN_H
#define SDSE_DSE_SWEEP_PLAN_H

#include "base/arena.h"
#include "base/hash.h"
#include "base/status.h"
#include "costmodel/types/cost.h"
#include "dse/sweep/network_outputs.h"
#include "results/store/records.h"
#include "spec/types/arch.h"
#include "spec/types/sweep.h"
#include "spec/types/workload.h"

// Names the cost model in every content hash: results of different models never mix.
// Raise it with any change that moves results (CHANGELOG.md).
#define SDSE_MODEL_VERSION "2"

// An accelerator with one combination of overrides, costs resolved.
struct sdse_variant {
    struct sdse_arch *arch;
    const char *text; // canonical
    struct sdse_hash hash;
    struct sdse_hash search; // of the accelerator and what the sweep's `mapper` adds to
                             // its space: the same as `hash` if that is nothing
    struct sdse_hash names;  // of the parameters, in any order
    struct sdse_area area;
    // Why there is no such accelerator: `arch` then is the one without the overrides,
    // and `area` unknown. NULL: there is.
    const char *refused;
    size_t parameter_count;
    struct sdse_parameter *parameters; // the overrides, and what the mapper adds
};

struct sdse_network_input {
    struct sdse_workload *workload;
    const char *text;
    struct sdse_hash hash;
    // Of each layer's weights, and of all; only if a form of the sweep is measured.
    struct sdse_hash *weights; // [layer_count]
    struct sdse_hash all_weights;
    size_t parameter_count;
    struct sdse_parameter *parameters;    // sizes that tell it from its like
    struct sdse_network_outputs *outputs; // the model behind it, if the sweep names
                                          // one; its like share it
    // Of a point that is taken from a database (dse/sweep/stored_plan.h), else NULL:
    // what its layers' forms and the figures of its outputs are there. [layer_count],
    // {0, 0}: none
    const struct sdse_hash *stored_forms;
    const struct sdse_output_error *stored_outputs;
};

struct sdse_form_input {
    const struct sdse_sweep_form *form;
    const char *text;
    struct sdse_hash setting; // of the text: what measured forms are named by
    struct sdse_hash hash;    // of text and name
};

struct sdse_point {
    size_t network, variant, form; // indices into the plan
    struct sdse_hash hash; // of all three and what they are called, the mapper's space,
                           // the weights if the form is measured, the objective and the
                           // model's version
    const char *refused; // why it cannot be, before any mapping is looked for; or NULL
};

struct sdse_plan {
    struct sdse_sweep *sweep;
    const char *text; // of the sweep, canonical
    struct sdse_hash hash;
    size_t network_count, variant_count, form_count, point_count;
    struct sdse_network_input *networks;
    struct sdse_variant *variants;
    struct sdse_form_input *forms;
    size_t *first_variant; // [accelerators + 1], of each accelerator's variants
    // Networks vary slowest, then accelerators, then overrides (the last fastest), then
    // forms.
    struct sdse_point *points;
};

// Loads a sweep and all it names, validates everything (weight files too if a form is
// measured), resolves every cost and enumerates the points. All problems are in
// `diags`. Points that cannot be (an override without an accelerator, a form that needs
// an engine) are infeasible, with a warning for each cause, unless none can be: then
// these are the errors. With `follow_links`, links may lead weight files out of their
// networks' folders. Lives in `arena`. Returns SDSE_OK, SDSE_INVALID, SDSE_IO or
// SDSE_NO_MEMORY.
enum sdse_status sdse_plan_load(struct sdse_arena *arena, const char *sweep_path,
                                bool follow_links, struct sdse_diags *diags,
                                struct sdse_plan **plan);

// Why the point cannot be, or NULL; texts live in `arena`. False: memory is out.
bool sdse_plan_refusal(struct sdse_arena *arena, const struct sdse_plan *plan,
                       const struct sdse_point *point, const char **reason);

// What measured points of a network are told apart by: a hash for each layer with
// weights, and of all. Weights without a file are known from the network alone; what
// cannot be read of the others is a diagnostic each. Returns SDSE_OK, or the first
// layer's failure.
enum sdse_status sdse_plan_hash_weights(struct sdse_arena *arena,
                                        struct sdse_diags *diags,
                                        struct sdse_network_input *network);

// What names a point: everything that struct sdse_point lists.
struct sdse_hash sdse_plan_point_hash(const struct sdse_plan *plan,
                                      const struct sdse_point *point);

// Frees what the plan holds beside its arena; NULL is fine.
void sdse_plan_free(struct sdse_plan *plan);

#endif
