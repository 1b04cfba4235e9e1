// The first mapper: branch and bound that searches a front once per point. Kept as a
// second opinion and as the baseline of the benchmarks; see README.md beside it.
#ifndef SDSE_TESTS_FIRST_MAPPER_H
#define SDSE_TESTS_FIRST_MAPPER_H

#include "base/arena.h"
#include "base/status.h"
#include "costmodel/evaluate.h"

enum first_objective { FIRST_ENERGY, FIRST_LATENCY, FIRST_EDP, FIRST_FRONT };

struct first_answer {
    bool proved;  // else none exists
    size_t count; // 1, or the front's points by rising energy
    struct sdse_totals *totals;
    struct sdse_mapping *mapping;
    uint64_t nodes, evaluations;
    double seconds;
};

// Proves the best mapping or the front; the answer lives in `arena`. Statuses:
// sdse_map.
enum sdse_status
first_mapper_solve(const struct sdse_arch *arch, const struct sdse_layer *layer,
                   const struct sdse_weight_form *form, enum first_objective objective,
                   struct sdse_arena *arena, struct first_answer *answer);

#endif
