// Structs as text: for content hashes, for storing inputs with results, for files
// people read. Everything that influences a result is in it, and the text of an
// accelerator, a workload, a sweep or a mapping is a file of docs/formats.md that loads
// back to an equal struct. Doubles are printed with 17 significant digits.
#ifndef SDSE_SPEC_WRITE_H
#define SDSE_SPEC_WRITE_H

#include "spec/types/arch.h"
#include "spec/types/mapping.h"
#include "spec/types/sweep.h"
#include "spec/types/workload.h"

// All results live in `arena`; NULL when memory is out.
char *sdse_arch_text(struct sdse_arena *arena, const struct sdse_arch *arch);
char *sdse_workload_text(struct sdse_arena *arena, const struct sdse_workload *net);
// The `edges` of that file; "" where it has none.
char *sdse_edges_text(struct sdse_arena *arena, const struct sdse_workload *net);
// One layer, without its name, repeat and files: equal texts are the same problem.
char *sdse_layer_shape_text(struct sdse_arena *arena, const struct sdse_layer *layer);
// The same for an accelerator: with what its engines ask for, if it has any.
char *sdse_layer_problem_text(struct sdse_arena *arena, const struct sdse_arch *arch,
                              const struct sdse_layer *layer);
// `workloads` and `archs` are what stands in place of the paths, as many: where a file
// lies is not what it says.
char *sdse_sweep_text(struct sdse_arena *arena, const struct sdse_sweep *sweep,
                      const char *const *workloads, const char *const *archs);
// "raw", or a SmartDeal setting in flow style without its name.
char *sdse_form_setting_text(struct sdse_arena *arena,
                             const struct sdse_form_setting *setting);
// nest may be NULL; with it imperfect factors get their last pass (K16/4).
char *sdse_mapping_text(struct sdse_arena *arena, const struct sdse_arch *arch,
                        const struct sdse_nest *nest,
                        const struct sdse_mapping *mapping);

#endif
