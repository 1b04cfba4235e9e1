#include "smartdeal/prune.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

struct scored_row {
    double score;
    uint64_t row;
};

static int by_score(const void *left, const void *right) {
    const struct scored_row *a = left, *b = right;
    if (a->score != b->score)
        return a->score < b->score ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

static void score_rows(const struct sdse_weight_shape *shape, const float *weights,
                       uint64_t first, uint64_t last, struct scored_row *scored,
                       uint64_t rows) {
    uint64_t width = shape->kernel_columns;
    for (uint64_t row = 0; row < rows; row++)
        scored[row] = (struct scored_row){.row = row};
    for (uint64_t filter = first; filter < last; filter++) {
        const float *w = weights + filter * rows * width;
        for (uint64_t row = 0; row < rows; row++)
            for (uint64_t s = 0; s < width; s++)
                scored[row].score += (double)fabsf(w[row * width + s]);
    }
}

// How many of the lowest rows go. `scored` is sorted, lowest first.
static uint64_t rows_to_prune(const struct sdse_smartdeal_setting *setting,
                              const struct scored_row *scored, uint64_t rows,
                              double words) {
    double amount = setting->prune_amount;
    if (setting->prune == SDSE_PRUNE_POPULATION) {
        // A product that is whole but for rounding must not gain a row.
        double wanted = ceil(amount * (double)rows - 1e-9);
        return wanted < (double)rows ? (uint64_t)wanted : rows;
    }
    uint64_t count = 0;
    if (setting->prune == SDSE_PRUNE_VALUE) {
        while (count < rows && scored[count].score / words < amount)
            count++;
        return count;
    }
    double total = 0.0, kept = 0.0;
    for (uint64_t i = 0; i < rows; i++)
        total += scored[i].score;
    for (count = rows; count > 0 && kept < amount * total; count--)
        kept += scored[count - 1].score;
    return count;
}

enum sdse_status sdse_prune_rows(const struct sdse_weight_shape *shape,
                                 const float *weights,
                                 const struct sdse_smartdeal_setting *setting,
                                 struct sdse_prune_mask *mask) {
    *mask = (struct sdse_prune_mask){0};
    uint64_t filters = shape->groups * shape->filters;
    uint64_t rows = shape->channels * shape->kernel_rows;
    if (setting->prune == SDSE_PRUNE_NONE || shape->fully_connected ||
        sdse_weights_depthwise(shape) || !filters || !rows)
        return SDSE_OK;
    uint64_t groups = sdse_ceil_div_u64(filters, setting->prune_group);
    uint8_t *keep = malloc(groups * rows);
    struct scored_row *scored = malloc(rows * sizeof *scored);
    if (!keep || !scored) {
        free(keep);
        free(scored);
        return SDSE_NO_MEMORY;
    }
    memset(keep, 1, groups * rows);
    uint64_t pruned = 0;
    for (uint64_t group = 0; group < groups; group++) {
        uint64_t first = group * setting->prune_group;
        uint64_t last = filters - first < setting->prune_group
                            ? filters
                            : first + setting->prune_group;
        score_rows(shape, weights, first, last, scored, rows);
        qsort(scored, rows, sizeof *scored, by_score);
        double words = (double)((last - first) * shape->kernel_columns);
        uint64_t go = rows_to_prune(setting, scored, rows, words);
        for (uint64_t i = 0; i < go; i++)
            keep[group * rows + scored[i].row] = 0;
        pruned += go;
    }
    free(scored);
    *mask = (struct sdse_prune_mask){.rows = rows,
                                     .filters_per_group = setting->prune_group,
                                     .groups = groups,
                                     .pruned_rows = pruned,
                                     .keep = keep};
    return SDSE_OK;
}

void sdse_prune_mask_free(struct sdse_prune_mask *mask) {
    free(mask->keep);
    *mask = (struct sdse_prune_mask){0};
}

int sdse_prune_keeps(const struct sdse_prune_mask *mask, uint64_t filter,
                     uint64_t row) {
    if (!mask->keep)
        return 1;
    return mask->keep[filter / mask->filters_per_group * mask->rows + row];
}
