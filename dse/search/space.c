#include "dse/search/space.h"

#include "base/checked.h"

static const uint64_t most_designs = UINT64_C(1) << 62;

bool sdse_search_counts(const struct sdse_search_space *space, const uint64_t *value,
                        size_t axis) {
    const uint64_t owner = space->axes[axis].owner;
    return !owner || value[0] == owner - 1;
}

// Designs that have one value of axis 0 in common.
static bool multiply(const struct sdse_search_space *space, uint64_t first,
                     uint64_t *designs) {
    bool fits = true;
    *designs = 1;
    for (size_t i = 1; fits && i < space->axis_count; i++)
        if (sdse_search_counts(space, &first, i))
            fits = sdse_mul_u64(*designs, space->axes[i].length, designs) &&
                   *designs <= most_designs;
    return fits;
}

bool sdse_search_designs(const struct sdse_search_space *space, uint64_t *designs) {
    uint64_t sum = 0, some;
    for (uint64_t first = 0; first < space->axes[0].length; first++) {
        if (!multiply(space, first, &some) || sum + some > most_designs)
            return false;
        sum += some;
    }
    *designs = sum;
    return true;
}

uint64_t sdse_search_number(const struct sdse_search_space *space,
                            const uint64_t *value) {
    uint64_t before = 0, number = 0, some = 0;
    for (uint64_t first = 0; first < value[0]; first++) {
        multiply(space, first, &some);
        before += some;
    }
    for (size_t i = 1; i < space->axis_count; i++)
        if (sdse_search_counts(space, value, i))
            number = number * space->axes[i].length + value[i];
    return before + number;
}

void sdse_search_design(const struct sdse_search_space *space, uint64_t number,
                        uint64_t *value) {
    uint64_t some = 0;
    for (value[0] = 0; multiply(space, value[0], &some), number >= some; value[0]++)
        number -= some;
    for (size_t i = space->axis_count - 1; i > 0; i--) {
        value[i] = 0;
        if (!sdse_search_counts(space, value, i))
            continue;
        value[i] = number % space->axes[i].length;
        number /= space->axes[i].length;
    }
}
