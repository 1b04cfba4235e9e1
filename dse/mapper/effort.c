#include "dse/mapper/effort.h"

#include <string.h>

#include "base/clock.h"

void sdse_effort_init(struct sdse_effort *effort,
                      const struct sdse_search_limits *limits) {
    memset(effort, 0, sizeof *effort);
    if (limits)
        effort->limits = *limits;
    effort->start_s = sdse_seconds_now();
}

void sdse_effort_renew(struct sdse_effort *effort) {
    effort->nodes = effort->evaluations = effort->next_clock = 0;
    effort->halt = SDSE_HALT_NONE;
    effort->start_s = sdse_seconds_now();
}

double sdse_effort_seconds(const struct sdse_effort *effort) {
    return sdse_seconds_now() - effort->start_s;
}

bool sdse_effort_spent(struct sdse_effort *effort) {
    const struct sdse_search_limits *limits = &effort->limits;
    if (effort->halt != SDSE_HALT_NONE)
        return true;
    if (limits->stop && atomic_load_explicit(limits->stop, memory_order_relaxed))
        effort->halt = SDSE_HALT_STOPPED;
    else if ((limits->nodes && effort->nodes >= limits->nodes) ||
             (limits->seconds > 0 && sdse_effort_seconds(effort) > limits->seconds))
        effort->halt = SDSE_HALT_LIMIT;
    return effort->halt != SDSE_HALT_NONE;
}
