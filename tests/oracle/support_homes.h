// Tensors at home in two memories: a part of a residence divided.
#ifndef ORACLE_SUPPORT_HOMES_H
#define ORACLE_SUPPORT_HOMES_H

#include <stdint.h>

#include "spec/types/residence.h"

// Moves some of the tensors of the only part of a residence to another memory, with all
// that is said of each, and has something else held there.
//
// random   the generator's state
// level    of the other memory, outermost
// movable  the tensors that may be there: set of SDSE_BIT(tensor)
// other    out: at->also
void oracle_divide_home(uint64_t *random, unsigned level, unsigned movable,
                        struct sdse_residence *at, struct sdse_residence *other);

// Of the levels listed one that is not `level`; 0: there is none.
unsigned oracle_other_level(uint64_t *random, const unsigned *candidate, unsigned count,
                            unsigned level);

#endif
