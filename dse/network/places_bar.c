#include "dse/network/places_bar.h"

bool sdse_places_is_beaten(const struct sdse_places_bar *bar,
                           const struct sdse_tradeoff *sum) {
    size_t low = 0, high = bar ? bar->found_count : 0;
    while (low < high) { // those that take no more energy
        const size_t middle = low + (high - low) / 2;
        if (bar->found[middle].energy_pj <= sum->energy_pj)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && bar->found[low - 1].latency_cycles <= sum->latency_cycles;
}

// Whether one sum may be of use.
static bool sum_may_help(const struct sdse_places_bar *bar, enum sdse_places_goal goal,
                         double energy_pj, double cycles) {
    const struct sdse_tradeoff *found = bar->found;
    if (goal == SDSE_PLACES_LATENCY)
        return cycles < found->latency_cycles ||
               (cycles == found->latency_cycles && energy_pj < found->energy_pj);
    const size_t cheaper =
        sdse_tradeoffs_cheaper(found, energy_pj, 0, bar->found_count);
    if (cheaper == 0)
        return true;
    if (goal == SDSE_PLACES_ENERGY && found[cheaper - 1].energy_pj < energy_pj)
        return false;
    return found[cheaper - 1].latency_cycles > cycles;
}

// Whether a sum with one of before[first ... end - 1] may. None of these sums is less
// in either than that of the least energy of them and the least latency of them: where
// it is of no use all of them are not.
static bool some_may_help(const struct sdse_places_bar *bar, enum sdse_places_goal goal,
                          const struct sdse_tradeoff *least, size_t first, size_t end) {
    const double rounding = 1 + 1e-12; // of sums in another order: less is no gain
    const double energy_pj =
                     (bar->before[first].energy_pj + least->energy_pj) * rounding,
                 cycles = bar->before[end - 1].latency_cycles + least->latency_cycles;
    if (!sum_may_help(bar, goal, energy_pj, cycles))
        return false;
    const size_t middle = first + (end - first) / 2;
    return end - first == 1 || some_may_help(bar, goal, least, first, middle) ||
           some_may_help(bar, goal, least, middle, end);
}

bool sdse_places_may_help(const struct sdse_places_bar *bar, enum sdse_places_goal goal,
                          const struct sdse_tradeoff *least) {
    if (!bar || bar->found_count == 0)
        return true;
    return bar->before_count > 0 &&
           some_may_help(bar, goal, least, 0, bar->before_count);
}
