// The effort of searching for one answer: limits, the clock, counters, and what was
// worked out on the way.
#ifndef SDSE_DSE_MAPPER_EFFORT_H
#define SDSE_DSE_MAPPER_EFFORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "costmodel/hops.h"

struct sdse_search_limits {
    double seconds;          // 0 = none
    uint64_t nodes;          // 0 = none
    const atomic_bool *stop; // NULL = none; read now and then
    uint64_t before_help;    // nodes; 0 = 200,000
};

// Why a search ended early.
enum sdse_halt { SDSE_HALT_NONE, SDSE_HALT_LIMIT, SDSE_HALT_STOPPED, SDSE_HALT_MEMORY };

// Counters, the clock and what is remembered, shared by all searches for one layer on
// one accelerator.
struct sdse_effort {
    struct sdse_search_limits limits;
    double start_s; // of sdse_seconds_now()
    uint64_t nodes, evaluations, next_clock;
    struct sdse_reach_memo memo;
    enum sdse_halt halt; // once set, every search under way or to come ends at once
};

// Starts the clock. limits: NULL = none.
void sdse_effort_init(struct sdse_effort *effort,
                      const struct sdse_search_limits *limits);
// The same limits for another search on the same accelerator and layer: counters and
// the clock start anew, what was worked out stays.
void sdse_effort_renew(struct sdse_effort *effort);
double sdse_effort_seconds(const struct sdse_effort *effort);

// Whether a limit is reached or a stop was asked for; sets effort->halt then.
bool sdse_effort_spent(struct sdse_effort *effort);

#endif
