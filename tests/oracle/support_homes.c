#include "oracle/support_homes.h"

#include "oracle/support_cases.h"

void oracle_divide_home(uint64_t *random, unsigned level, unsigned movable,
                        struct sdse_residence *at, struct sdse_residence *other) {
    const unsigned all = (1u << SDSE_TENSORS) - 1,
                   moved = at->tensors & movable &
                           (1 + (unsigned)oracle_below(random, all));
    *other =
        (struct sdse_residence){.level = level,
                                .tensors = moved,
                                .reserved_bits = 8 * (double)oracle_below(random, 40)};
    at->tensors &= ~moved;
    at->also = other;
    if (moved >> SDSE_INPUTS & 1u) {
        other->operands = at->operands;
        other->loaded_inputs = at->loaded_inputs;
        at->operands = 0;
        at->loaded_inputs = 0;
    }
    if (moved >> SDSE_WEIGHTS & 1u) {
        other->loads_weights = at->loads_weights;
        at->loads_weights = false;
    }
    if (moved >> SDSE_OUTPUTS & 1u) {
        other->writes_through = at->writes_through;
        other->continues = at->continues;
        other->unfinished = at->unfinished;
        other->rescales = at->rescales;
        at->writes_through = at->continues = at->unfinished = at->rescales = false;
    }
}

unsigned oracle_other_level(uint64_t *random, const unsigned *candidate, unsigned count,
                            unsigned level) {
    unsigned others[SDSE_MAX_LEVELS], found = 0;
    for (unsigned i = 0; i < count; i++)
        if (candidate[i] != level)
            others[found++] = candidate[i];
    return found ? others[oracle_below(random, found)] : 0;
}
