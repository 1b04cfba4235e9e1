// What a sweep varies of its accelerators: values, ranges, lists in step (`zip`), for
// all accelerators or one.
#ifndef SDSE_SPEC_SWEEP_OVERRIDES_H
#define SDSE_SPEC_SWEEP_OVERRIDES_H

#include "spec/tree.h"
#include "spec/types/sweep.h"

// Reads `override:` and `zip:` of `map`, a sweep or an item of its `archs`, and adds
// them to the sweep's, for accelerator `arch` - 1 (0 = all). A range (64..1024 x2,
// 1..9 +2) becomes its values.
//
//     override-empty   a path without values, or a value that is nothing
//     override-range   a range that is none, or has more than 10,000 values
//     zip-length       paths of one `zip` with different numbers of values, or one path
//     duplicate-value  a value of a range that is there already
//
// Returns false only when memory is out.
bool sdse_read_overrides(struct sdse_arena *arena, const struct sdse_node *map,
                         size_t arch, struct sdse_diags *diags,
                         struct sdse_sweep *sweep);

// Whether a value is written as a range.
bool sdse_is_range(const struct sdse_node *node);
// The values of a list, or of a scalar: ranges as theirs. False: memory is out.
bool sdse_read_values(struct sdse_arena *arena, const struct sdse_node *node,
                      struct sdse_diags *diags, const char ***list, size_t *count);

// Whether an override is of accelerator `arch` (an index); whether override `i` is one
// of several in step.
bool sdse_override_is_of(const struct sdse_override *override, size_t arch);
bool sdse_override_in_step(const struct sdse_sweep *sweep, size_t i);

// How many combinations of overrides accelerator `arch` (an index) has. False: more
// than 64 bits count.
bool sdse_sweep_combinations(const struct sdse_sweep *sweep, size_t arch,
                             uint64_t *count);

// The overrides of combination `number` of an accelerator, and the index of each one's
// value: the last varies fastest. Arrays of sweep->override_count. Returns how many.
size_t sdse_sweep_combination(const struct sdse_sweep *sweep, size_t arch,
                              uint64_t number, const struct sdse_override **overrides,
                              size_t *values);

// Whether no two overrides of accelerator `arch` (an index; root: its file) write to
// the same places with paths spelt differently, like GLB.fanout.x and
// levels.GLB.fanout.x. Each that does is said [duplicate-value]. Returns SDSE_OK,
// SDSE_INVALID or SDSE_NO_MEMORY.
enum sdse_status sdse_sweep_paths_differ(struct sdse_arena *arena,
                                         const struct sdse_sweep *sweep, size_t arch,
                                         struct sdse_node *root,
                                         struct sdse_diags *diags);

// The axes of those combinations: overrides in step are one. How many accelerator
// `arch` has; how many values axis `axis` has, and how many combinations apart two of
// them are that are next to each other on it. [values, combinations]
size_t sdse_sweep_axis_count(const struct sdse_sweep *sweep, size_t arch);
uint64_t sdse_sweep_axis(const struct sdse_sweep *sweep, size_t arch, size_t axis,
                         uint64_t *stride);

#endif
