// Every physical number of an accelerator, one after the other.
#ifndef SDSE_SPEC_ARCH_NUMBERS_H
#define SDSE_SPEC_ARCH_NUMBERS_H

#include "spec/types/arch.h"

// One number that is given. where: the component ("GLB", "multiplier"); what and unit:
// words for people ("read", "pJ/access"); all are valid during the call alone.
typedef void (*sdse_number_visit)(void *context, const char *where, const char *what,
                                  const char *unit, const struct sdse_number *number);

// Visits memories outermost first, each with its networks, then multipliers, engines,
// the vector unit, the chip and other area.
void sdse_arch_each_number(const struct sdse_arch *arch, sdse_number_visit visit,
                           void *context);

#endif
