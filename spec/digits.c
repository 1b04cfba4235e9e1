#include "spec/digits.h"

#include "base/checked.h"

static unsigned collect(const struct sdse_mapping *mapping, enum sdse_dim dim,
                        struct sdse_digit digits[SDSE_MAX_DIGITS]) {
    unsigned count = 0;
    for (unsigned level = 0; level < mapping->level_count; level++) {
        const struct sdse_mapping_level *at = &mapping->level[level];
        const struct sdse_loops *lists[] = {&at->temporal, &at->spatial[0],
                                            &at->spatial[1]};
        for (unsigned where = 0; where < 3; where++) {
            for (unsigned i = 0; i < lists[where]->count; i++) {
                if (lists[where]->loop[i].dim == dim && count < SDSE_MAX_DIGITS)
                    digits[count++] = (struct sdse_digit){level, where, i,
                                                          lists[where]->loop[i].factor,
                                                          lists[where]->loop[i].factor};
            }
        }
    }
    return count;
}

unsigned sdse_mapping_digits(const struct sdse_mapping *mapping, enum sdse_dim dim,
                             uint64_t bound, struct sdse_digit digits[SDSE_MAX_DIGITS],
                             bool *fits) {
    unsigned count = collect(mapping, dim, digits);
    uint64_t product = 1;
    *fits = true;
    for (unsigned i = 0; i < count; i++)
        *fits &= digits[i].factor && sdse_mul_u64(product, digits[i].factor, &product);
    *fits = *fits && product >= bound;
    if (!*fits)
        return count;
    uint64_t rest = bound - 1;
    for (unsigned i = count; i-- > 0;) {
        digits[i].last = rest % digits[i].factor + 1;
        rest /= digits[i].factor;
    }
    // An outermost loop that ends early runs passes without any work.
    for (unsigned i = 0; i < count; i++) {
        if (digits[i].factor == 1)
            continue;
        *fits = digits[i].last == digits[i].factor;
        break;
    }
    return count;
}
