#include "oracle/support_fusionplan.h"

#include <stdlib.h>
#include <string.h>

// --- Shapes ---

uint64_t fusion_row_channels(const struct fusion_network *net, size_t tensor) {
    const struct sdse_nest *nest = &net->layer[tensor ? tensor - 1 : 0].nest;
    return nest->bound[SDSE_G] * nest->bound[tensor ? SDSE_K : SDSE_C];
}

uint64_t fusion_row_count(const struct fusion_network *net, size_t tensor) {
    return tensor ? net->layer[tensor - 1].nest.bound[SDSE_P]
                  : net->layer[0].nest.map[0];
}

static uint64_t columns_of(const struct fusion_network *net, size_t tensor) {
    return tensor ? net->layer[tensor - 1].nest.bound[SDSE_Q]
                  : net->layer[0].nest.map[1];
}

uint64_t fusion_row_words(const struct fusion_network *net, size_t tensor) {
    return fusion_row_channels(net, tensor) * columns_of(net, tensor);
}

uint64_t fusion_weight_words(const struct sdse_layer *layer) {
    return sdse_tile_words(&layer->nest, SDSE_WEIGHTS, layer->nest.bound);
}

void fusion_mark_reads(const struct fusion_network *net, const struct fusion_step *step,
                       bool *marked) {
    const struct sdse_nest *n = &net->layer[step->layer].nest;
    const uint64_t rows = n->map[0];
    uint64_t least = rows, most = 0;
    memset(marked, 0, rows * sizeof *marked);
    for (uint64_t i = 0; i < step->count; i++)
        for (uint64_t r = 0; r < n->bound[SDSE_R]; r++) {
            const int64_t y = (int64_t)((step->first + i * step->step) * n->stride[0] +
                                        r * n->dilation[0]) -
                              n->pad[0];
            if (y < 0 || y >= (int64_t)rows)
                continue;
            marked[y] = true;
            least = (uint64_t)y < least ? (uint64_t)y : least;
            most = (uint64_t)y > most ? (uint64_t)y : most;
        }
    for (uint64_t y = least; net->hulls && y < most; y++)
        marked[y] = true;
}

// --- Sets ---

enum { MOST = 16 };

struct plan {
    const struct fusion_network *net;
    const struct fusion_choice *choice;
    bool *now[MOST + 1];    // [tensor]: rows that are made for this tile
    bool *before[MOST + 1]; // rows that were made for earlier ones
    struct fusion_step *step;
    size_t count, room;
};

static void add(struct plan *plan, struct fusion_step step) {
    if (plan->count == plan->room) {
        plan->room = 2 * plan->room + 16;
        plan->step = realloc(plan->step, plan->room * sizeof *plan->step);
        if (!plan->step)
            abort();
    }
    plan->step[plan->count++] = step;
}

// What a layer must be given to make the rows `now` of its outputs.
static void find_inputs(struct plan *plan, size_t layer) {
    const uint64_t rows = fusion_row_count(plan->net, layer),
                   made = fusion_row_count(plan->net, layer + 1);
    bool *reads = calloc(rows, sizeof *reads);
    if (!reads)
        abort();
    // Of a layer's whole set at once: hulls go over the gaps between its rows.
    uint64_t least = rows, most = 0;
    memset(plan->now[layer], 0, rows * sizeof *plan->now[layer]);
    for (uint64_t p = 0; p < made; p++) {
        const struct fusion_step one = {
            .layer = layer, .first = p, .count = 1, .step = 1};
        if (!plan->now[layer + 1][p])
            continue;
        fusion_mark_reads(plan->net, &one, reads);
        for (uint64_t y = 0; y < rows; y++) {
            plan->now[layer][y] |= reads[y];
            least = reads[y] && y < least ? y : least;
            most = reads[y] && y > most ? y : most;
        }
    }
    for (uint64_t y = least; plan->net->hulls && y < most; y++)
        plan->now[layer][y] = true;
    for (uint64_t y = 0; y < rows && plan->choice->retains[layer]; y++) {
        const bool need = plan->now[layer][y];
        plan->now[layer][y] = need && !plan->before[layer][y];
        plan->before[layer][y] |= need;
    }
    free(reads);
}

static void list_runs(struct plan *plan, size_t layer, size_t tile) {
    const uint64_t rows = fusion_row_count(plan->net, layer + 1);
    const bool *make = plan->now[layer + 1];
    struct fusion_step run = {.layer = layer, .tile = tile, .step = 1};
    uint64_t last = 0;
    for (uint64_t y = 0; y < rows; y++) {
        if (!make[y])
            continue;
        if (run.count >= 2 && y - last != run.step) {
            add(plan, run);
            run.count = 0;
        }
        if (run.count == 0) {
            run.first = y;
            run.step = 1;
        } else {
            run.step = y - last;
        }
        run.count++;
        last = y;
    }
    if (run.count)
        add(plan, run);
}

size_t fusion_plan(const struct fusion_network *net, const struct fusion_choice *choice,
                   struct fusion_step **step) {
    struct plan plan = {.net = net, .choice = choice};
    const size_t last = choice->last;
    const uint64_t rows = fusion_row_count(net, last + 1);
    for (size_t t = choice->first; t <= last + 1; t++) {
        plan.now[t] = calloc(fusion_row_count(net, t), sizeof *plan.now[t]);
        plan.before[t] = calloc(fusion_row_count(net, t), sizeof *plan.before[t]);
        if (!plan.now[t] || !plan.before[t])
            abort();
    }
    for (uint64_t from = 0, tile = 0; from < rows; from += choice->tile_rows, tile++) {
        memset(plan.now[last + 1], 0, rows * sizeof *plan.now[last + 1]);
        for (uint64_t y = from; y < rows && y < from + choice->tile_rows; y++)
            plan.now[last + 1][y] = true;
        for (size_t l = last; l > choice->first; l--)
            find_inputs(&plan, l);
        for (size_t l = choice->first; l <= last; l++)
            list_runs(&plan, l, (size_t)tile);
    }
    for (size_t t = choice->first; t <= last + 1; t++) {
        free(plan.now[t]);
        free(plan.before[t]);
    }
    *step = plan.step;
    return plan.count;
}
