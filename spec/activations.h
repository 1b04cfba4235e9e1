// Private to spec/: activations as text.
#ifndef SDSE_SPEC_ACTIVATIONS_H
#define SDSE_SPEC_ACTIVATIONS_H

#include <stdio.h>

#include "spec/types/workload.h"

// ", activations: {…}" as a network's file has it; nothing if nothing is known. Numbers
// are the shortest that read back to the same double.
void sdse_print_activations(FILE *out, const struct sdse_activations *activations);

// ", weight_digits: {…}"; nothing if nothing is known.
void sdse_print_weight_digits(FILE *out, const struct sdse_weight_digits *digits);

// A table of the layers of which something is known, for people; nothing if there are
// none. `width`: of the layers' names.
void sdse_show_activations(FILE *out, int width, const struct sdse_workload *net);

#endif
