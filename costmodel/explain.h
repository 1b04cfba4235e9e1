// Where every count, picojoule and cycle of a mapping comes from, in words.
#ifndef SDSE_COSTMODEL_EXPLAIN_H
#define SDSE_COSTMODEL_EXPLAIN_H

#include <stdio.h>

#include "costmodel/evaluate.h"

// Writes the derivation of one valid mapping's cost: for every tensor and every pair of
// neighbouring memories the visits, the words and the charges they make, then MACs,
// leakage, cycles, and the source of every unit cost used.
//
// The figures are derived here from the closed forms (costmodel/traffic.h; imperfect
// factors: the walk), not copied from the evaluator, and compared with what
// sdse_evaluate_full reports: every count of every level and part, and the sum of all
// lines with cost.energy_pj, bit for bit. The last line of the energy part says so.
//
// Returns SDSE_OK; SDSE_INVALID after lines that say what disagrees (then the model has
// a fault); SDSE_IO if the stream failed; SDSE_NO_MEMORY.
enum sdse_status sdse_explain_write(const struct sdse_model *model,
                                    const struct sdse_mapping *mapping, FILE *out);

#endif
