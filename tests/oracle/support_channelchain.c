#include "oracle/support_channelchain.h"

#include <math.h>
#include <string.h>

#include "oracle/support_cases.h"

static double number(uint64_t *state) {
    return (double)oracle_below(state, 64) / 16 - 2;
}

// --- Layers ---

static struct channel_range reads_for(const struct sdse_layer *layer,
                                      struct channel_range out) {
    const uint64_t *bound = layer->nest.bound;
    if (layer->kind >= SDSE_SOFTMAX || layer->kind == SDSE_NORM)
        return out;
    const size_t k = (size_t)bound[SDSE_K], c = (size_t)bound[SDSE_C];
    return (struct channel_range){out.from / k * c, (out.to - 1) / k * c + c};
}

static double after(const struct channel_chain *a, size_t i, double value) {
    return a->function_behind[i] ? value * value + 0.25 : value;
}

// The terms of one output word that come from channels [in.from, in.to).
double chain_terms(const struct channel_chain *a, size_t i,
                   const struct channel_map *in, size_t channel, size_t row,
                   size_t column, struct channel_range use) {
    const struct sdse_layer *layer = a->at[i];
    const struct sdse_nest *n = &layer->nest;
    const struct channel_range all =
        reads_for(layer, (struct channel_range){channel, channel + 1});
    double sum = 0;
    for (size_t c = use.from > all.from ? use.from : all.from; c < all.to && c < use.to;
         c++)
        for (size_t r = 0; r < n->bound[SDSE_R]; r++) {
            const int64_t y =
                (int64_t)(row * n->stride[0] + r * n->dilation[0]) - n->pad[0];
            if (y < 0 || y >= (int64_t)in->rows)
                continue;
            sum +=
                in->value[c][y][column] *
                (layer->kind == SDSE_POOL ? 1 : a->weight[i][channel][c - all.from][r]);
        }
    return sum;
}

double chain_function(const struct channel_chain *a, size_t i,
                      const struct channel_map *in, size_t channel, size_t row,
                      size_t column) {
    double sum = 0;
    if (a->at[i]->kind == SDSE_ACT)
        return fabs(in->value[channel][row][column]) - 0.5;
    for (size_t c = 0; c < in->channels; c++) // a normalisation of a row
        for (size_t q = 0; q < in->columns; q++)
            sum += in->value[c][row][q];
    return in->value[channel][row][column] - sum;
}

bool chain_is_function(const struct sdse_layer *layer) {
    return layer->kind == SDSE_ACT || layer->kind == SDSE_NORM;
}

// The layer c... that is one of the network; a->count: it is none.
static size_t place_of(const struct channel_chain *a, size_t layer) {
    size_t i = 0;
    while (i < a->count && a->layer[i] != layer)
        i++;
    return i;
}

// What a layer puts out of a word whose sum is finished; added: a word of what it adds.
double chain_finish(const struct channel_chain *a, size_t i, double sum, double added) {
    if (a->at[i]->addends)
        sum = a->multiplies[i] ? sum * added : sum + added;
    return after(a, i, sum);
}

static void link(const struct brute_problem *p, struct channel_chain *a) {
    for (size_t e = 0; e < p->net->edge_count; e++) {
        const struct sdse_workload_edge *edge = &p->net->edges[e];
        const size_t to = place_of(a, edge->to), from = place_of(a, edge->from);
        if (to == a->count || from == a->count)
            continue;
        if (edge->use == SDSE_EDGE_INPUTS)
            a->reads[to] = from + 1;
        else
            a->adds[to] = from + 1;
        a->multiplies[to] |= edge->via == SDSE_VIA_PRODUCT;
    }
}

void chain_set_up(uint64_t *state, const struct brute_problem *p,
                  struct channel_chain *a) {
    memset(a, 0, sizeof *a);
    for (size_t l = 0; l < p->net->layer_count; l++) {
        const struct sdse_layer *layer = &p->net->layers[l];
        if (layer->name[0] == 'f')
            a->function_behind[a->count - 1] = true;
        if (layer->name[0] != 'c')
            continue;
        const uint64_t *bound = layer->nest.bound;
        struct channel_map *in = &a->map[a->count], *out = &a->map[a->count + 1];
        if (a->count == 0)
            *in = (struct channel_map){.channels = bound[SDSE_G] * bound[SDSE_C],
                                       .rows = layer->in_height,
                                       .columns = layer->in_width};
        *out = (struct channel_map){.channels = bound[SDSE_G] * bound[SDSE_K],
                                    .rows = bound[SDSE_P],
                                    .columns = bound[SDSE_Q]};
        if (chain_is_function(layer)) // of the layer before it
            *out = (struct channel_map){
                in->channels, in->rows, in->columns, {{{0}}}, {{0}}};
        a->layer[a->count] = l;
        a->at[a->count++] = layer;
    }
    for (size_t c = 0; c < CHAIN_CHANNELS; c++)
        for (size_t r = 0; r < CHAIN_ROWS; r++)
            for (size_t q = 0; q < CHAIN_COLUMNS; q++) {
                a->map[0].value[c][r][q] = number(state);
                a->addend[c][r][q] = number(state);
            }
    for (size_t i = 0; i < a->count; i++)
        for (size_t k = 0; k < CHAIN_CHANNELS * CHAIN_CHANNELS * CHAIN_TAPS; k++)
            (&a->weight[i][0][0][0])[k] = number(state);
    link(p, a);
    for (size_t i = 0; i < a->count; i++) {
        struct channel_map *in = &a->map[a->reads[i]], *out = &a->map[i + 1];
        for (size_t c = 0; c < out->channels; c++)
            for (size_t r = 0; r < out->rows; r++)
                for (size_t q = 0; q < out->columns; q++)
                    out->value[c][r][q] =
                        chain_is_function(a->at[i])
                            ? chain_function(a, i, in, c, r, q)
                            : chain_finish(
                                  a, i,
                                  chain_terms(a, i, in, c, r, q,
                                              (struct channel_range){0, in->channels}),
                                  a->adds[i] ? a->map[a->adds[i]].value[c][r][q]
                                             : a->addend[c][r][q]);
    }
}
