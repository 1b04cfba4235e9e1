// From files to validated structs: the only way a description enters the tool.
//
// All loaders share one contract. The result lives in `arena` and dies with it. User
// errors are diagnostics, all of them at once; the status then is SDSE_INVALID (or
// SDSE_IO when a file cannot be read), and *out is untouched. Warnings do not refuse a
// file. SDSE_NO_MEMORY when memory is out. docs/formats.md describes the formats,
// spec/checks.h lists the checks.
#ifndef SDSE_SPEC_LOAD_H
#define SDSE_SPEC_LOAD_H

#include "spec/tree.h"
#include "spec/types/arch.h"
#include "spec/types/mapping.h"
#include "spec/types/sweep.h"
#include "spec/types/workload.h"

// A value to put into the accelerator's tree before it is validated: the path as in
// docs/formats.md ("GLB.capacity_kib"), the value as one would write it, and the place
// that asked for it.
struct sdse_set {
    const char *path;
    const char *value;
    struct sdse_loc loc;
};

enum sdse_status sdse_arch_load(struct sdse_arena *arena, const char *path,
                                struct sdse_diags *diags, struct sdse_arch **out);
// The same from a parsed tree, which stays as it is, with `sets` applied in order.
// A path that leads nowhere is a diagnostic [unknown-path] at its loc.
enum sdse_status sdse_arch_from_tree(struct sdse_arena *arena,
                                     const struct sdse_node *root,
                                     const struct sdse_set *sets, size_t set_count,
                                     struct sdse_diags *diags, struct sdse_arch **out);

enum sdse_status sdse_workload_load(struct sdse_arena *arena, const char *path,
                                    struct sdse_diags *diags,
                                    struct sdse_workload **out);
enum sdse_status sdse_workload_from_tree(struct sdse_arena *arena,
                                         const struct sdse_node *root,
                                         struct sdse_diags *diags,
                                         struct sdse_workload **out);

// A mapping of `layer` on `arch`. With layer NULL the factors are not compared with its
// bounds and `/last` is read but not verified. Places of tensors are refused
// [place-taken]: spec/place.h reads them.
enum sdse_status sdse_mapping_load(struct sdse_arena *arena, const char *path,
                                   const struct sdse_arch *arch,
                                   const struct sdse_layer *layer,
                                   struct sdse_diags *diags, struct sdse_mapping **out);
enum sdse_status
sdse_mapping_from_tree(struct sdse_arena *arena, const struct sdse_node *root,
                       const struct sdse_arch *arch, const struct sdse_layer *layer,
                       struct sdse_diags *diags, struct sdse_mapping **out);

enum sdse_status sdse_sweep_load(struct sdse_arena *arena, const char *path,
                                 struct sdse_diags *diags, struct sdse_sweep **out);
enum sdse_status sdse_sweep_from_tree(struct sdse_arena *arena,
                                      const struct sdse_node *root,
                                      struct sdse_diags *diags,
                                      struct sdse_sweep **out);

// Published figures and the conditions of ours (spec/validation.h).
struct sdse_validation;
enum sdse_status sdse_validation_from_tree(struct sdse_arena *arena,
                                           const struct sdse_node *root,
                                           struct sdse_diags *diags,
                                           struct sdse_validation **out);

// What a file is, guessed from its top-level keys.
enum sdse_file_kind {
    SDSE_FILE_UNKNOWN,
    SDSE_FILE_ARCH,
    SDSE_FILE_WORKLOAD,
    SDSE_FILE_MAPPING,
    SDSE_FILE_SWEEP,
    SDSE_FILE_VALIDATION,
    SDSE_FILE_SCHEDULE // mappings of all layers of a network (dse/schedule/)
};
enum sdse_file_kind sdse_tree_kind(const struct sdse_node *root);

// Checks that a mapping, however it was made, fits a layer and an accelerator: as many
// levels, loops cover the bounds, fan-outs suffice and admit the dimensions, siblings
// carry no loops, keeps are what the accelerator keeps. Capacity is the cost model's.
// Diagnostics get the place `loc`. Returns true if nothing is wrong.
bool sdse_mapping_check(const struct sdse_arch *arch, const struct sdse_layer *layer,
                        const struct sdse_mapping *mapping, struct sdse_diags *diags,
                        struct sdse_loc loc);

// The tensors a level keeps, as a set of SDSE_BIT(tensor): weights count as kept when
// any part of them is.
unsigned sdse_level_tensors(const struct sdse_level *level);

#endif
