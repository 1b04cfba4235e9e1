// Words and units of the quantities (spec/types/quantity.h).
#ifndef SDSE_SPEC_QUANTITY_H
#define SDSE_SPEC_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "spec/types/quantity.h"

// Words of files, by enumerator.
extern const char *const sdse_quantity_words[SDSE_QUANTITIES];
extern const char *const sdse_component_words[SDSE_COMPONENTS];
extern const char *const sdse_action_words[SDSE_ACTIONS_TAKEN];

enum sdse_dimension sdse_quantity_dimension(enum sdse_quantity quantity);
// The filters it takes, as a set of SDSE_FILTER_….
unsigned sdse_quantity_filters(enum sdse_quantity quantity);

// The components it may have, as a set.
unsigned sdse_quantity_components(enum sdse_quantity quantity);

// Base units in one unit of a dimension: "ms" -> 1e-3. False if it has no such unit.
bool sdse_unit_of(enum sdse_dimension dimension, const char *text, double *base);
// The same for a quotient: "x" or "%" where both dimensions are one, else "pJ/MACs".
bool sdse_ratio_unit_of(enum sdse_dimension above, enum sdse_dimension below,
                        const char *text, double *base);

enum { SDSE_UNITS_TEXT = 128 };
// The units of a dimension, for a message: "s, ms, us, ns".
void sdse_units_text(enum sdse_dimension dimension, char text[SDSE_UNITS_TEXT]);

#endif
