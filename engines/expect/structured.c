#include "engines/expect/structured.h"

#include <math.h>

#include "engines/arith.h"
#include "engines/expect/chance.h"

// P(more than `kept` of `elements` independent ones are not zero).
static bool over(uint64_t elements, uint64_t kept, double density, double *p) {
    struct sdse_chance nonzero = {0};
    if (!sdse_chance_binomial(&nonzero, elements, density))
        return false;
    *p = 0;
    for (size_t i = 0; i < nonzero.count; i++)
        if (nonzero.least + i > kept)
            *p += nonzero.p[i];
    sdse_chance_free(&nonzero);
    return true;
}

static double blend(double p, uint64_t dense, uint64_t sparse) {
    return p * (double)dense + (1 - p) * (double)sparse;
}

enum sdse_status sdse_structured_expect(const struct sdse_structured *engine,
                                        const struct sdse_structured_stats *stats,
                                        struct sdse_structured_means *means) {
    struct sdse_structured_counts sparse, dense;
    if (!(stats->density >= 0 && stats->density <= 1))
        return SDSE_INVALID;
    enum sdse_status status =
        sdse_structured_count_known(engine, stats->rows, stats->length, 0, 0, &sparse);
    if (status == SDSE_OK)
        status = sdse_structured_count_known(engine, stats->rows, stats->length, 0, 1,
                                             &dense);
    if (status != SDSE_OK)
        return status;
    double full = 0, rest = 0;
    if (!stats->pruned &&
        !(over(engine->group, engine->kept, stats->density, &full) &&
          over(stats->length % engine->group, engine->kept, stats->density, &rest)))
        return SDSE_NO_MEMORY;
    const double groups = (double)stats->rows * (double)(stats->length / engine->group);
    const double p = 1 - pow(1 - fmin(full, 1), groups) *
                             pow(1 - fmin(rest, 1), (double)stats->rows);
    const double slots = blend(p, dense.slots, sparse.slots);
    double effectual = (double)stats->rows * (double)stats->length * stats->density;
    if (stats->pruned)
        effectual = fmin(effectual, slots);
    *means = (struct sdse_structured_means){
        .cycles = blend(p, dense.cycles, sparse.cycles),
        .slots = slots,
        .effectual = effectual,
        .padding = slots - effectual,
        .value_bits = blend(p, dense.value_bits, sparse.value_bits),
        .meta_bits = blend(p, dense.meta_bits, sparse.meta_bits),
        .act_words_fetched = (double)sparse.act_words_fetched,
        .violations = groups * full + (double)stats->rows * rest,
        .dense_probability = p,
    };
    return SDSE_OK;
}
