#include "oracle/support_fusionrun.h"

#include <stdlib.h>
#include <string.h>

#include "oracle/support_cases.h"
#include "smartdeal/forward.h"

enum { WEIGHT_BITS = 4, MOST_LAYERS = 16 };

// Where rows are: a pointer for each, NULL: not there.
struct store {
    int8_t **row;
};

struct run {
    const struct fusion_network *net;
    int16_t *weights[MOST_LAYERS];
    int8_t *plain[MOST_LAYERS + 1]; // channels x rows x columns
    struct store outer[MOST_LAYERS + 1], shared[MOST_LAYERS + 1],
        inner[MOST_LAYERS + 1];
    bool resident[MOST_LAYERS + 1]; // as a whole
    bool loaded[MOST_LAYERS];       // kept weights of the group
    bool *brought, *reads; // rows of the group's input that were brought; scratch
    uint64_t held_words;   // single rows, and kept weights
    const char *wrong;
};

// --- Numbers ---

static uint64_t columns_of(const struct fusion_network *net, size_t tensor) {
    return fusion_row_words(net, tensor) / fusion_row_channels(net, tensor);
}

static int8_t narrow(int32_t sum) { return (int8_t)(sum % 61); }

// Sums of rows of a layer's outputs from an image of so many rows, with zeros in the
// place of padding where `pad` is 0.
static int32_t *convolve(struct run *run, size_t l, const int8_t *image, uint64_t rows,
                         uint32_t pad, uint32_t stride, uint64_t out_rows) {
    const struct sdse_nest *n = &run->net->layer[l].nest;
    const struct sdse_weight_shape shape = {n->bound[SDSE_G], n->bound[SDSE_K],
                                            n->bound[SDSE_C], n->bound[SDSE_R],
                                            n->bound[SDSE_S], false};
    const struct sdse_conv_geometry geometry = {
        .in_rows = rows,
        .in_columns = columns_of(run->net, l),
        .pad = {pad, (uint32_t)n->pad[1]},
        .stride = {stride, n->stride[1]},
        .dilation = {n->dilation[0], n->dilation[1]}};
    if (sdse_conv_out(rows, n->bound[SDSE_R], pad, stride, n->dilation[0]) !=
        out_rows) {
        run->wrong = "a nest's rows do not fit its windows";
        return NULL;
    }
    int32_t *sums = malloc(out_rows * fusion_row_words(run->net, l + 1) * sizeof *sums);
    if (!sums || !sdse_forward_dense(&shape, &geometry, image, run->weights[l],
                                     WEIGHT_BITS, sums)) {
        free(sums);
        run->wrong = "no sums";
        return NULL;
    }
    return sums;
}

static void draw(struct run *run, uint64_t seed) {
    uint64_t state = seed * 2 + 1;
    const struct fusion_network *net = run->net;
    for (size_t l = 0; l < net->layer_count; l++)
        for (uint64_t i = 0; i < fusion_weight_words(&net->layer[l]); i++)
            run->weights[l][i] = (int16_t)((int)oracle_below(&state, 7) - 3);
    for (uint64_t i = 0; i < fusion_row_count(net, 0) * fusion_row_words(net, 0); i++)
        run->plain[0][i] = (int8_t)((int)oracle_below(&state, 11) - 5);
}

// Row y of an image, as channels x columns.
static void copy_row(const struct run *run, size_t tensor, const int8_t *image,
                     uint64_t rows, uint64_t y, int8_t *out) {
    const uint64_t columns = columns_of(run->net, tensor);
    for (uint64_t c = 0; c < fusion_row_channels(run->net, tensor); c++)
        memcpy(out + c * columns, image + (c * rows + y) * columns, columns);
}

// --- Layer by layer ---

static bool run_plain(struct run *run) {
    const struct fusion_network *net = run->net;
    for (size_t l = 0; l < net->layer_count; l++) {
        const uint64_t rows = fusion_row_count(net, l + 1),
                       words = rows * fusion_row_words(net, l + 1);
        int32_t *sums = convolve(run, l, run->plain[l], fusion_row_count(net, l),
                                 (uint32_t)net->layer[l].nest.pad[0],
                                 net->layer[l].nest.stride[0], rows);
        if (!sums)
            return false;
        for (uint64_t i = 0; i < words; i++)
            run->plain[l + 1][i] = narrow(
                sums[i] +
                (net->residual_to == l + 1 ? run->plain[net->residual_from][i] : 0));
        free(sums);
    }
    return true;
}

// --- In groups ---

static void put(const struct run *run, struct store *store, size_t tensor, uint64_t y,
                const int8_t *row) {
    const uint64_t words = fusion_row_words(run->net, tensor);
    free(store->row[y]);
    store->row[y] = malloc(words);
    if (store->row[y])
        memcpy(store->row[y], row, words);
}

static void drop(struct store *store, uint64_t rows) {
    for (uint64_t y = 0; store->row && y < rows; y++) {
        free(store->row[y]);
        store->row[y] = NULL;
    }
}

// Brings a row of the group's input to its buffer, once. Returns the words.
static uint64_t bring(struct run *run, size_t tensor, uint64_t y) {
    const uint64_t words = fusion_row_words(run->net, tensor);
    if (run->brought[y])
        return 0;
    if (!run->outer[tensor].row[y]) {
        run->wrong = "a row that is loaded is not there";
        return 0;
    }
    run->brought[y] = true;
    put(run, &run->inner[tensor], tensor, y, run->outer[tensor].row[y]);
    run->held_words += words;
    return words;
}

// Brings what the nests of a tile read of the group's input, before the first of them.
static uint64_t load(struct run *run, const struct fusion_group *g, size_t at) {
    const size_t tile = g->step[at].tile;
    uint64_t loaded = 0;
    if (g->step[at].layer != g->first || !g->buffers_input)
        return 0;
    for (size_t s = at;
         s < g->step_count && g->step[s].layer == g->first && g->step[s].tile == tile;
         s++) {
        fusion_mark_reads(run->net, &g->step[s], run->reads);
        for (uint64_t y = 0; y < fusion_row_count(run->net, g->first); y++)
            loaded += run->reads[y] ? bring(run, g->first, y) : 0;
    }
    return loaded;
}

// What a nest reads, where it is.
static const struct store *source(const struct run *run, const struct fusion_group *g,
                                  size_t l) {
    if (l > g->first || g->buffers_input)
        return &run->inner[l];
    return run->resident[l] ? &run->shared[l] : &run->outer[l];
}

// The image under a nest's windows, zeros where it leaves the map and between taps.
static int8_t *gather(struct run *run, const struct fusion_group *g,
                      const struct fusion_step *step, uint64_t *rows) {
    const size_t l = step->layer;
    const struct sdse_nest *n = &run->net->layer[l].nest;
    const uint64_t columns = columns_of(run->net, l),
                   channels = fusion_row_channels(run->net, l);
    const struct store *from = source(run, g, l);
    *rows = sdse_window_extent(step->count, n->bound[SDSE_R], step->step * n->stride[0],
                               n->dilation[0]);
    int8_t *image = calloc(channels * *rows * columns, 1);
    fusion_mark_reads(run->net, step, run->reads);
    for (uint64_t y = 0; image && y < n->map[0]; y++) {
        if (!run->reads[y])
            continue;
        if (!from->row[y]) {
            run->wrong = "a nest reads a row that is not there";
            break;
        }
        const uint64_t i =
            (uint64_t)((int64_t)y + n->pad[0] - (int64_t)(step->first * n->stride[0]));
        for (uint64_t c = 0; c < channels; c++)
            memcpy(image + (c * *rows + i) * columns, from->row[y] + c * columns,
                   columns);
    }
    return image;
}

// Puts a finished row where the group's places say.
static void finish(struct run *run, const struct fusion_group *g, size_t tensor,
                   uint64_t y, const int8_t *row) {
    if (tensor <= g->last) {
        if (!run->inner[tensor].row[y])
            run->held_words += fusion_row_words(run->net, tensor);
        put(run, &run->inner[tensor], tensor, y, row);
        return;
    }
    if (g->output != SDSE_PLACE_OUTERMOST)
        put(run, &run->shared[tensor], tensor, y, row);
    if (g->output != SDSE_PLACE_SHARED)
        put(run, &run->outer[tensor], tensor, y, row);
}

static void make(struct run *run, const struct fusion_group *g,
                 const struct fusion_step *step) {
    const struct fusion_network *net = run->net;
    const size_t l = step->layer;
    const uint64_t count = step->count, words = fusion_row_words(net, l + 1),
                   columns = columns_of(net, l + 1);
    uint64_t rows;
    int8_t *image = gather(run, g, step, &rows), *row = malloc(words);
    int32_t *sums = NULL;
    if (image && row && !run->wrong)
        sums = convolve(run, l, image, rows, 0,
                        (uint32_t)(step->step * net->layer[l].nest.stride[0]), count);
    const struct store *added = net->residual_to != l + 1 ? NULL
                                : run->resident[net->residual_from]
                                    ? &run->shared[net->residual_from]
                                    : &run->outer[net->residual_from];
    for (uint64_t p = 0; sums && p < count; p++) {
        const uint64_t y = step->first + p * step->step;
        if (added && !added->row[y]) {
            run->wrong = "a row that is added is not there";
            break;
        }
        for (uint64_t i = 0; i < words; i++)
            row[i] = narrow(sums[(i / columns * count + p) * columns + i % columns] +
                            (added ? added->row[y][i] : 0));
        finish(run, g, l + 1, y, row);
    }
    free(image);
    free(row);
    free(sums);
}

static bool makes(const struct fusion_step *step, uint64_t y) {
    return y >= step->first && (y - step->first) % step->step == 0 &&
           (y - step->first) / step->step < step->count;
}

// Drops the rows inside the group that no later nest reads before they are made anew.
static void drop_dead_rows(struct run *run, const struct fusion_group *g,
                           size_t after) {
    for (size_t t = g->first; t <= g->last; t++) {
        const uint64_t rows = fusion_row_count(run->net, t);
        bool *live = calloc(rows, sizeof *live), *anew = calloc(rows, sizeof *anew);
        for (size_t s = after + 1; live && anew && s < g->step_count; s++) {
            const struct fusion_step *step = &g->step[s];
            if (step->layer == t) {
                fusion_mark_reads(run->net, step, run->reads);
                for (uint64_t y = 0; y < rows; y++)
                    live[y] |= run->reads[y] && !anew[y];
            }
            for (uint64_t y = 0; t > g->first && step->layer + 1 == t && y < rows; y++)
                anew[y] |= makes(step, y);
        }
        for (uint64_t y = 0; live && anew && y < rows; y++) {
            if (!run->inner[t].row[y] || live[y])
                continue;
            free(run->inner[t].row[y]);
            run->inner[t].row[y] = NULL;
            run->held_words -= fusion_row_words(run->net, t);
        }
        free(live);
        free(anew);
    }
}

// Words that stand beside the nest's own: of what was brought, added, written through.
static void count_extras(struct run *run, const struct fusion_group *g, size_t at,
                         uint64_t *outer, uint64_t *shared) {
    const struct fusion_step *step = &g->step[at];
    const size_t l = step->layer;
    const uint64_t made = step->count * fusion_row_words(run->net, l + 1);
    *outer = *shared = load(run, g, at);
    if (g->first != g->last && g->keeps_weights[l] && !run->loaded[l]) {
        run->loaded[l] = true;
        *outer += fusion_weight_words(&run->net->layer[l]);
        *shared += fusion_weight_words(&run->net->layer[l]);
    }
    if (run->net->residual_to == l + 1)
        *(run->resident[run->net->residual_from] ? shared : outer) += made;
    if (l == g->last && g->output == SDSE_PLACE_BOTH) {
        *outer += made;
        *shared += made;
    }
}

static uint64_t held(const struct run *run, const struct fusion_group *g) {
    uint64_t words = run->held_words;
    for (size_t t = 0; t <= run->net->layer_count; t++)
        if (run->resident[t])
            words += fusion_row_count(run->net, t) * fusion_row_words(run->net, t);
    for (size_t l = g->first; l <= g->last && g->first != g->last; l++)
        if (g->keeps_weights[l])
            words += fusion_weight_words(&run->net->layer[l]);
    return words;
}

static void run_group(struct run *run, const struct fusion_group *g, size_t at,
                      struct fusion_ran *ran) {
    memset(run->loaded, 0, sizeof run->loaded);
    memset(run->brought, 0,
           fusion_row_count(run->net, g->first) * sizeof *run->brought);
    run->resident[g->last + 1] = g->output != SDSE_PLACE_OUTERMOST;
    for (size_t s = 0; s < g->step_count && !run->wrong; s++) {
        const struct fusion_step *step = &g->step[s];
        if (step->layer < g->first || step->layer > g->last || step->count == 0 ||
            step->step == 0 ||
            step->first + (step->count - 1) * step->step >=
                fusion_row_count(run->net, step->layer + 1)) {
            run->wrong = "a nest makes no rows of its group";
            break;
        }
        count_extras(run, g, s, &ran->extra_outer_words[at + s],
                     &ran->extra_shared_words[at + s]);
        if (!run->wrong)
            make(run, g, step);
        ran->held_words[at + s] = held(run, g);
        drop_dead_rows(run, g, s);
    }
    if (!run->wrong && run->held_words)
        run->wrong = "rows are left when the group ends";
}

// What stays in the shared memory after a group: what somebody reads there.
static void leave(struct run *run, const struct fusion_group *g) {
    const struct fusion_network *net = run->net;
    for (size_t t = 0; t <= net->layer_count; t++) {
        const bool added_later = net->residual_to && net->residual_from == t &&
                                 net->residual_to > g->last + 1;
        const bool outside =
            run->outer[t].row[0] != NULL; // of a tensor in both, once it was read
        if (!run->resident[t] || (t == g->last + 1 && t < net->layer_count) ||
            (added_later && !outside))
            continue;
        run->resident[t] = false;
        drop(&run->shared[t], fusion_row_count(net, t));
    }
}

static void compare(struct run *run, const struct store *store, size_t tensor) {
    const uint64_t rows = fusion_row_count(run->net, tensor);
    int8_t *row = malloc(fusion_row_words(run->net, tensor));
    for (uint64_t y = 0; row && y < rows && !run->wrong; y++) {
        copy_row(run, tensor, run->plain[tensor], rows, y, row);
        if (!store->row[y])
            run->wrong = "a row of a group's outputs was not made";
        else if (memcmp(row, store->row[y], fusion_row_words(run->net, tensor)) != 0)
            run->wrong = "a group's outputs differ from its layers'";
    }
    free(row);
}

static void run_groups(struct run *run, const struct fusion_group *group, size_t count,
                       struct fusion_ran *ran) {
    const uint64_t rows = fusion_row_count(run->net, 0);
    int8_t *row = malloc(fusion_row_words(run->net, 0));
    for (uint64_t y = 0; row && y < rows; y++) {
        copy_row(run, 0, run->plain[0], rows, y, row);
        put(run, &run->outer[0], 0, y, row);
    }
    free(row);
    size_t at = 0, layer = 0;
    for (size_t i = 0; i < count && !run->wrong; i++) {
        if (group[i].first != layer || group[i].last < layer ||
            group[i].last >= run->net->layer_count) {
            run->wrong = "groups do not follow each other";
            return;
        }
        run_group(run, &group[i], at, ran);
        at += group[i].step_count;
        layer = group[i].last + 1;
        if (!run->wrong && group[i].output != SDSE_PLACE_SHARED)
            compare(run, &run->outer[layer], layer);
        if (!run->wrong && group[i].output != SDSE_PLACE_OUTERMOST)
            compare(run, &run->shared[layer], layer);
        leave(run, &group[i]);
    }
    if (!run->wrong && layer != run->net->layer_count)
        run->wrong = "groups end before the network";
}

// --- The whole ---

static bool open_stores(struct run *run) {
    uint64_t most = 1;
    for (size_t t = 0; t <= run->net->layer_count; t++)
        most =
            fusion_row_count(run->net, t) > most ? fusion_row_count(run->net, t) : most;
    run->brought = calloc(most, sizeof *run->brought);
    run->reads = calloc(most, sizeof *run->reads);
    bool open = run->brought && run->reads;
    for (size_t t = 0; t <= run->net->layer_count; t++) {
        const uint64_t rows = fusion_row_count(run->net, t);
        struct store *const store[] = {&run->outer[t], &run->shared[t], &run->inner[t]};
        for (size_t i = 0; i < 3; i++)
            open &= (store[i]->row = calloc(rows, sizeof *store[i]->row)) != NULL;
        open &= (run->plain[t] = calloc(rows, fusion_row_words(run->net, t))) != NULL;
        if (t < run->net->layer_count)
            open &= (run->weights[t] = calloc(fusion_weight_words(&run->net->layer[t]),
                                              sizeof *run->weights[t])) != NULL;
    }
    return open;
}

static void close_stores(struct run *run) {
    free(run->brought);
    free(run->reads);
    for (size_t t = 0; t <= run->net->layer_count; t++) {
        struct store *const store[] = {&run->outer[t], &run->shared[t], &run->inner[t]};
        for (size_t i = 0; i < 3; i++) {
            drop(store[i], fusion_row_count(run->net, t));
            free(store[i]->row);
        }
        free(run->plain[t]);
        if (t < run->net->layer_count)
            free(run->weights[t]);
    }
}

const char *fusion_run(const struct fusion_network *net,
                       const struct fusion_group *group, size_t group_count,
                       uint64_t seed, struct fusion_ran *ran) {
    struct run run = {.net = net};
    *ran = (struct fusion_ran){.step_count = 0};
    if (net->layer_count == 0 || net->layer_count > MOST_LAYERS)
        return "too many layers";
    for (size_t i = 0; i < group_count; i++)
        ran->step_count += group[i].step_count;
    const size_t steps = ran->step_count ? ran->step_count : 1;
    ran->held_words = calloc(steps, sizeof *ran->held_words);
    ran->extra_outer_words = calloc(steps, sizeof *ran->extra_outer_words);
    ran->extra_shared_words = calloc(steps, sizeof *ran->extra_shared_words);
    if (!ran->held_words || !ran->extra_outer_words || !ran->extra_shared_words ||
        !open_stores(&run)) {
        run.wrong = "out of memory";
    } else {
        draw(&run, seed);
        if (run_plain(&run))
            run_groups(&run, group, group_count, ran);
    }
    close_stores(&run);
    return run.wrong;
}

void fusion_ran_free(struct fusion_ran *ran) {
    free(ran->held_words);
    free(ran->extra_outer_words);
    free(ran->extra_shared_words);
    *ran = (struct fusion_ran){.step_count = 0};
}
