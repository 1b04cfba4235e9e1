// What a point needs before it can be scored: the weight forms of its layers, and which
// of them must be measured first. The run and its estimate ask the same questions.
#ifndef SDSE_DSE_SWEEP_NEEDS_H
#define SDSE_DSE_SWEEP_NEEDS_H

#include "dse/sweep/measured.h"
#include "dse/sweep/plan.h"

// The entry of the layer's form in `table`, made if it is new (not known then); *entry
// = NULL if the layer stays raw, has the weights of another or its form is declared.
// Returns SDSE_OK or SDSE_NO_MEMORY.
enum sdse_status sdse_point_measured(const struct sdse_plan *plan,
                                     const struct sdse_point *point, size_t layer_index,
                                     struct sdse_measured_table *table,
                                     struct sdse_measured **entry);

// Writes forms[layer_index]: what was measured, if the layer's form is, else what is
// declared or shared. forms: [layers of the point's network], the earlier ones written.
// measured: known, or NULL.
void sdse_point_layer_form(const struct sdse_plan *plan, const struct sdse_point *point,
                           size_t layer_index, const struct sdse_measured *measured,
                           struct sdse_weight_form *forms);

#endif
