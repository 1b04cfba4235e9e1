#include "base/shortest.h"

#include <stdio.h>
#include <stdlib.h>

void sdse_shortest(double value, char text[SDSE_SHORTEST_BYTES]) {
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, SDSE_SHORTEST_BYTES, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            return;
    }
}
