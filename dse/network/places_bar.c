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

bool sdse_places_may_help(const struct sdse_places_bar *bar, enum sdse_places_goal goal,
                          const struct sdse_tradeoff *least) {
    if (!bar || bar->found_count == 0)
        return true;
    const double rounding = 1 + 1e-12; // of sums in another order: less is no gain
    size_t at = 0;                     // the last of found that takes no more energy
    for (size_t i = 0; i < bar->before_count; i++) {
        const double energy_pj =
                         (bar->before[i].energy_pj + least->energy_pj) * rounding,
                     cycles = bar->before[i].latency_cycles + least->latency_cycles;
        if (goal == SDSE_PLACES_LATENCY) {
            if (cycles < bar->found[0].latency_cycles)
                return true;
            if (cycles == bar->found[0].latency_cycles &&
                energy_pj < bar->found[0].energy_pj)
                return true;
            continue;
        }
        while (at + 1 < bar->found_count && bar->found[at + 1].energy_pj <= energy_pj)
            at++;
        if (bar->found[at].energy_pj > energy_pj)
            return true;
        if (goal == SDSE_PLACES_ENERGY && bar->found[at].energy_pj < energy_pj)
            continue;
        if (bar->found[at].latency_cycles > cycles)
            return true;
    }
    return false;
}
