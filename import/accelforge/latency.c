// Latencies that are worked out of counts.
#include <math.h>

#include "import/accelforge/reading.h"

// What `total_latency` comes to for so many actions of each kind, which take `latency`
// each; negative where it is not worked out.
static double latency_of(struct sdse_foreign *all, const struct sdse_af_names *given,
                         const struct sdse_node *total, double reads, double writes,
                         const double latency[2]) {
    const struct sdse_af_count counts[] = {{"read_actions", reads},
                                           {"write_actions", writes},
                                           {"compute_actions", reads},
                                           {"read_latency", reads * latency[0]},
                                           {"write_latency", writes * latency[1]},
                                           {"compute_latency", reads * latency[0]}};
    struct sdse_diags silent;
    sdse_diags_init(&silent, all->arena);
    struct sdse_foreign foreign = *all;
    foreign.diags = &silent;
    struct sdse_af_names names = *given;
    names.count = counts;
    names.count_count = sizeof counts / sizeof *counts;
    double value = -1;
    if (!sdse_af_number(&foreign, &names, total, &value) || !(value >= 0))
        value = -1;
    all->out_of_memory |= foreign.out_of_memory;
    return isfinite(value) ? value : -1;
}

static bool is_near(double a, double b) { return fabs(a - b) <= 1e-9 * fabs(b); }

bool sdse_af_seconds(struct sdse_foreign *all, const struct sdse_af_names *given,
                     const struct sdse_node *total, const double latency[2],
                     double seconds[2], bool *wait) {
    seconds[0] = latency_of(all, given, total, 1, 0, latency);
    seconds[1] = latency_of(all, given, total, 0, 1, latency);
    const double both = latency_of(all, given, total, 3, 2, latency),
                 a = 3 * seconds[0], b = 2 * seconds[1],
                 none = latency_of(all, given, total, 0, 0, latency),
                 more = latency_of(all, given, total, 3, 5, latency),
                 c = 5 * seconds[1];
    if (seconds[0] < 0 || seconds[1] < 0 || none != 0)
        return false;
    const bool sum = is_near(both, a + b) && is_near(more, a + c);
    *wait = sum && a > 0 && b > 0;
    return sum || (is_near(both, fmax(a, b)) && is_near(more, fmax(a, c)));
}
