// Values of a sweep that are worked out from others: "=GLB.fanout.x", "=2 * fanout.x".
#ifndef SDSE_SPEC_EXPRESSION_H
#define SDSE_SPEC_EXPRESSION_H

#include "spec/load.h"

// Whether a value, as written, is an expression: it begins with '='.
bool sdse_is_expression(const char *value);

// A number that was worked out, as a value of a grid: with 15 digits, what 0.1 * 3 is
// meant to be. NULL: no memory.
const char *sdse_grid_number(struct sdse_arena *arena, double value);

// Replaces the value of every set that is an expression by the number it comes to:
// + - * / ^ and brackets over numbers and paths (base/formula.h). A path means the value of the set of
// that path, or what the accelerator's file has there; a path that leads nowhere is
// looked up beside the set's own: in the set of GLB.fanout.y, `fanout.x` and `x` are
// GLB.fanout.x. What is wrong is a diagnostic [override-expression] at the set's place:
// a path that leads nowhere, to several places or to what is no number; values that
// need each other; a division by zero. Texts live in `arena`.
//
// Returns SDSE_OK, SDSE_INVALID or SDSE_NO_MEMORY.
enum sdse_status sdse_expressions_resolve(struct sdse_arena *arena,
                                          struct sdse_node *arch_root,
                                          struct sdse_set *sets, size_t count,
                                          struct sdse_diags *diags);

#endif
