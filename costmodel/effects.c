#include "costmodel/effects.h"

#include <stdlib.h>

#include "costmodel/coded.h"
#include "costmodel/pattern.h"
#include "engines/expect/cartesian.h"
#include "engines/expect/gather.h"
#include "engines/expect/selector.h"
#include "engines/expect/serial.h"
#include "engines/expect/skip.h"

// Steps of a stream that stands for a layer's: its ends do not count.
enum { STREAM_STEPS = 1024 };
// Activations of a column that stand for all, so that drawing stays short.
enum { MOST_PIXELS = 256, MOST_COLUMNS = 256 };

struct finding {
    const struct sdse_arch *arch;
    const struct sdse_layer *layer;
    const struct sdse_weight_form *form;
    struct sdse_effects *effects;
    // Of digits whose MAC is done, by the operand that has them: zeros have none.
    double digit_share[2]; // inputs, weights
    struct sdse_serial_known *serial;
};

static double bound(const struct finding *f, enum sdse_dim d) {
    return (double)f->layer->nest.bound[d];
}

// --- What is known ---

// MACs that read a word of the map, not padding.
static double real_share(const struct sdse_nest *nest) {
    double share = 1;
    for (unsigned a = 0; a < 2; a++) {
        const struct sdse_axis axis = sdse_axis_of(nest, a);
        uint64_t real = 0;
        for (uint64_t p = 0; p < axis.outputs && axis.clipped; p++) {
            for (uint64_t r = 0; r < axis.taps; r++) {
                const int64_t at = (int64_t)(p * axis.stride + r * axis.dilation);
                real += at >= axis.low && at < axis.end;
            }
        }
        if (axis.clipped)
            share *= (double)real / ((double)axis.outputs * (double)axis.taps);
    }
    return share;
}

static bool smartdeal(const struct finding *f) { return f->form && f->form->smartdeal; }

// Rows of a layer's weights along the kernel's width that are not all zero.
static double weight_rows(const struct finding *f) {
    if (smartdeal(f))
        return f->form->row_density;
    return 1 - pow(1 - f->effects->weight_density, bound(f, SDSE_S));
}

// The same of its inputs, along the map's width.
static double input_rows(const struct finding *f) {
    const struct sdse_activations *known = f->layer->activations;
    if (known && known->rows_known)
        return known->row_density;
    return 1 - pow(1 - f->effects->input_density, (double)f->layer->in_width);
}

// --- By channel ---

static uint64_t channels_of(const struct sdse_layer *layer) {
    return layer->nest.bound[SDSE_G] * layer->nest.bound[SDSE_C];
}

// Densities of plain words of the weights by channel, or NULL.
static const double *weight_channels(const struct finding *f) {
    const struct sdse_weight_digits *known = f->layer->weight_digits;
    return !smartdeal(f) && known && known->channels == channels_of(f->layer)
               ? known->channel_density
               : NULL;
}

static const double *input_channels(const struct finding *f) {
    const struct sdse_activations *known = f->layer->activations;
    return known && known->channels == channels_of(f->layer) ? known->channel_density
                                                             : NULL;
}

static bool both_by_channel(const struct finding *f) {
    return weight_channels(f) && input_channels(f);
}

static double mean_density(const double *density, uint64_t count) {
    double sum = 0;
    for (uint64_t c = 0; c < count; c++)
        sum += density[c];
    return sum / (double)count;
}

// Pairs of an input and a weight that are both not zero, of those without padding.
static double note_pairs(struct finding *f, bool by_channel) {
    struct sdse_effects *effects = f->effects;
    effects->pair_measured = by_channel;
    effects->pair_density = effects->input_density * effects->weight_density;
    if (effects->pair_measured) {
        const double *a = input_channels(f), *w = weight_channels(f);
        const uint64_t channels = channels_of(f->layer);
        double sum = 0;
        for (uint64_t c = 0; c < channels; c++)
            sum += a[c] * w[c];
        effects->pair_density = sum / (double)channels;
    }
    return effects->pair_density;
}

static void note_densities(struct finding *f) {
    const struct sdse_layer *layer = f->layer;
    f->effects->input_density = sdse_layer_density(layer, SDSE_INPUTS);
    // A rebuilt row is zero where its coefficients are.
    f->effects->weight_density =
        smartdeal(f)         ? f->form->row_density
        : weight_channels(f) ? mean_density(weight_channels(f), channels_of(layer))
                             : layer->density[SDSE_WEIGHTS];
}

static void leave(struct finding *f, const struct sdse_engine *engine,
                  enum sdse_tensor tensor, double share) {
    for (unsigned l = engine->below_level; l < f->arch->level_count; l++)
        f->effects->word_share[l][tensor] *= share;
}

static double macs_of(const struct finding *f) {
    return (double)sdse_layer_macs(f->layer);
}

static uint64_t at_most(uint64_t value, uint64_t most) {
    return value < most ? value : most;
}

// Of drawn means: what chance puts above the whole.
static double at_most_one(double share) { return share > 1 ? 1 : share; }

// --- The kinds ---

// The numbers that multipliers take one by one, and their digits.
struct serial_words {
    uint32_t bits;
    bool is_signed;
    double macs;             // that take one: a word of the padding has no digits
    double density;          // of those
    const double *histogram; // NULL: not known
};

static struct serial_words serial_inputs(const struct finding *f,
                                         enum sdse_encoding encoding) {
    const struct sdse_activations *known = f->layer->activations;
    // Of words of which nothing is known unsigned ones have the more digits.
    return (struct serial_words){
        known ? known->bits : f->arch->bits[SDSE_INPUTS], known && known->is_signed,
        macs_of(f) * real_share(&f->layer->nest), f->effects->input_density,
        known && known->bins[encoding] ? known->digits[encoding] : NULL};
}

// As they are rebuilt, else the layer's plain words.
static struct serial_words serial_weights(const struct finding *f,
                                          enum sdse_encoding encoding) {
    const struct sdse_weight_form *form = f->form;
    const struct sdse_weight_digits *known = f->layer->weight_digits;
    struct serial_words words = {
        sdse_formed_bits(f->layer, SDSE_WEIGHTS, form, f->arch->bits[SDSE_WEIGHTS]),
        true, macs_of(f), f->effects->weight_density, NULL};
    if (smartdeal(f)) {
        if (form->digit_bits && form->digit_encoding == encoding) {
            words.bits = form->digit_bits;
            words.histogram = form->digit_words;
        }
    } else if (known) {
        words.bits = known->bits;
        words.histogram = known->bins[encoding] ? known->digits[encoding] : NULL;
    }
    return words;
}

static struct serial_words serial_words(const struct finding *f,
                                        const struct sdse_engine *engine) {
    const enum sdse_encoding encoding = (enum sdse_encoding)engine->encoding;
    return engine->operands == SDSE_OPERANDS_WEIGHTS ? serial_weights(f, encoding)
                                                     : serial_inputs(f, encoding);
}

static enum sdse_status serial(struct finding *f, const struct sdse_engine *engine,
                               double *events) {
    const struct serial_words words = serial_words(f, engine);
    const struct sdse_operand operand = {(enum sdse_recoding)engine->encoding,
                                         words.bits, words.is_signed};
    if (!words.histogram) {
        f->effects->most_digits = sdse_digits_most(&operand);
        *events = words.macs * words.density * f->effects->most_digits;
        return SDSE_OK;
    }
    const struct sdse_serial multipliers = {.operand = operand,
                                            .first_stage_bits =
                                                engine->first_stage_bits,
                                            .lanes = engine->lanes,
                                            .columns = engine->columns,
                                            .registers = engine->registers};
    struct sdse_serial_stats stats = {.values = (uint64_t)engine->lanes *
                                                engine->columns * STREAM_STEPS,
                                      .least_cycles = 1};
    struct sdse_serial_means means;
    for (unsigned d = 0; d <= SDSE_ACTIVATION_DIGITS; d++)
        stats.digits.share[d] = sdse_histogram_share(words.histogram, d);
    const enum sdse_status status =
        sdse_serial_known_expect(f->serial, &multipliers, &stats, &means);
    if (status != SDSE_OK)
        return status;
    f->effects->cycles_per_mac = means.cycles / STREAM_STEPS;
    f->effects->digits_per_value = sdse_histogram_mean(words.histogram);
    *events = words.macs * f->effects->digits_per_value;
    return SDSE_OK;
}

static enum sdse_status gate(struct finding *f, const struct sdse_engine *engine,
                             double *events) {
    const double inputs = f->effects->input_density * real_share(&f->layer->nest);
    const double weights = f->effects->weight_density;
    const double executed =
        engine->operands == SDSE_OPERANDS_INPUTS ? inputs
        : engine->operands == SDSE_OPERANDS_WEIGHTS
            ? weights
            : note_pairs(f, both_by_channel(f)) * real_share(&f->layer->nest);
    f->effects->mac_share *= executed;
    f->digit_share[0] *= engine->operands == SDSE_OPERANDS_INPUTS ? 1
                         : inputs > 0 && engine->operands == SDSE_OPERANDS_BOTH
                             ? at_most_one(executed / inputs)
                             : weights;
    f->digit_share[1] *= engine->operands == SDSE_OPERANDS_WEIGHTS ? 1
                         : weights > 0 && engine->operands == SDSE_OPERANDS_BOTH
                             ? at_most_one(executed / weights)
                             : inputs;
    if (engine->operands != SDSE_OPERANDS_WEIGHTS)
        leave(f, engine, SDSE_WEIGHTS, inputs);
    leave(f, engine, SDSE_OUTPUTS, executed);
    *events = macs_of(f);
    return SDSE_OK;
}

// The columns of channels that are drawn, and what all are beside them.
struct columns {
    double acts[MOST_COLUMNS], weights[MOST_COLUMNS]; // densities
    double pairs, visits;
};

// Columns of channels at equal distances.
static void fill_columns(const struct finding *f, uint64_t count, struct columns *out) {
    const double *a = input_channels(f), *w = weight_channels(f);
    const double real = real_share(&f->layer->nest);
    const uint64_t channels = channels_of(f->layer);
    double pairs = 0, visits = 0;
    for (uint64_t j = 0; j < count; j++) {
        const uint64_t c = (uint64_t)((double)j * (double)channels / (double)count);
        out->acts[j] = a[c] * real;
        out->weights[j] = w[c];
        pairs += a[c] * w[c] / (double)count;
        visits += a[c] / (double)count;
    }
    out->pairs = pairs > 0 ? f->effects->pair_density / pairs : 1;
    out->visits = visits > 0 ? f->effects->input_density / visits : 1;
}

static enum sdse_status skip(struct finding *f, const struct sdse_engine *engine,
                             double *events) {
    static const enum sdse_skip_mode modes[SDSE_OPERANDS] = {
        SDSE_SKIP_ACTS, SDSE_SKIP_WEIGHTS, SDSE_SKIP_BOTH};
    const uint64_t *b = f->layer->nest.bound;
    struct sdse_skip elements = {.mode = modes[engine->operands],
                                 .grid = {engine->grid_rows, engine->grid_columns},
                                 .simd = engine->simd,
                                 .bubble = engine->bubble,
                                 .tile_cols = engine->tile_columns};
    struct sdse_skip_stats stats = {
        .shape = {at_most(b[SDSE_C] * b[SDSE_R] * b[SDSE_S], MOST_COLUMNS),
                  at_most(b[SDSE_N] * b[SDSE_P] * b[SDSE_Q],
                          (uint64_t)MOST_PIXELS * engine->grid_rows),
                  b[SDSE_K]},
        .act_density = f->effects->input_density * real_share(&f->layer->nest),
        .weight_density = f->effects->weight_density};
    struct columns columns = {.pairs = 1, .visits = 1};
    if (engine->operands == SDSE_OPERANDS_BOTH)
        note_pairs(f, both_by_channel(f));
    if (engine->operands == SDSE_OPERANDS_BOTH && both_by_channel(f)) {
        fill_columns(f, stats.shape.columns, &columns);
        stats.act_columns = columns.acts;
        stats.weight_columns = columns.weights;
    }
    struct sdse_skip_means left, all;
    enum sdse_status status = sdse_skip_expect(&elements, &stats, &left);
    elements.mode = SDSE_SKIP_NONE;
    stats.act_columns = stats.weight_columns = NULL;
    if (status == SDSE_OK)
        status = sdse_skip_expect(&elements, &stats, &all);
    if (status != SDSE_OK)
        return status;
    const double issued = at_most_one(columns.pairs * left.issued / all.issued);
    f->effects->cycles_per_mac *= at_most_one(columns.pairs * left.cycles / all.cycles);
    f->effects->mac_share *= issued;
    const double tested =
        engine->operands == SDSE_OPERANDS_WEIGHTS ? 1 : stats.act_density;
    const double tested_weights =
        engine->operands == SDSE_OPERANDS_INPUTS ? 1 : stats.weight_density;
    f->digit_share[0] *= tested > 0 ? at_most_one(issued / tested) : 1;
    f->digit_share[1] *= tested_weights > 0 ? at_most_one(issued / tested_weights) : 1;
    leave(f, engine, SDSE_WEIGHTS,
          at_most_one(columns.visits * left.act_visits / all.act_visits));
    leave(f, engine, SDSE_OUTPUTS, issued);
    *events = macs_of(f) * issued;
    return SDSE_OK;
}

static enum sdse_status gather(struct finding *f, const struct sdse_engine *engine,
                               double *events) {
    const uint64_t *b = f->layer->nest.bound;
    const struct sdse_gather elements = {.pes = engine->elements,
                                         .width = engine->width,
                                         .tile_outputs = engine->tile_outputs,
                                         .tile_inputs = engine->tile_inputs};
    struct sdse_gather_stats stats = {.outputs = b[SDSE_G] * b[SDSE_K],
                                      .inputs = b[SDSE_C] * b[SDSE_R] * b[SDSE_S],
                                      .density = f->effects->weight_density};
    struct sdse_gather_means left, all;
    enum sdse_status status = sdse_gather_expect(&elements, &stats, &left);
    stats.density = 1;
    if (status == SDSE_OK)
        status = sdse_gather_expect(&elements, &stats, &all);
    if (status != SDSE_OK)
        return status;
    const double density = f->effects->weight_density;
    f->effects->cycles_per_mac *= at_most_one(left.cycles / all.cycles);
    f->effects->mac_share *= density;
    f->digit_share[0] *= density;
    leave(f, engine, SDSE_INPUTS, density);
    leave(f, engine, SDSE_OUTPUTS, density);
    *events = macs_of(f) * density;
    return SDSE_OK;
}

// Rows of a sharing group that are zero or not each by itself: filters that were pruned
// together have them in common.
static uint32_t independent_rows(const struct finding *f, uint32_t filters) {
    const uint32_t together =
        smartdeal(f) && f->form->prune_group ? f->form->prune_group : 1;
    return filters / together + (filters % together > 0);
}

// Rows that some filter of a sharing group needs: measured for the very groups, else of
// independent filters.
static double joint_rows(struct finding *f, const struct sdse_engine *engine,
                         double rows) {
    const struct sdse_weight_form *form = f->form;
    const double filters = bound(f, SDSE_K);
    const double group =
        fmin(fmin((double)engine->group, (double)engine->slices), filters);
    struct sdse_effects *effects = f->effects;
    effects->joint_filters = (uint32_t)group;
    effects->joint_measured = smartdeal(f) && form->sharing.group == engine->group &&
                              form->sharing.slices == engine->slices;
    effects->joint_density =
        effects->joint_measured
            // Rows of shorter groups are among `rows` only.
            ? fmin(fmax(form->joint_row_density, rows), fmin(1, group * rows))
            : sdse_selector_joint(rows, independent_rows(f, effects->joint_filters));
    return effects->joint_density;
}

static enum sdse_status selector(struct finding *f, const struct sdse_engine *engine,
                                 double *events) {
    const struct sdse_nest *nest = &f->layer->nest;
    const uint64_t *b = nest->bound;
    const double rows = weight_rows(f), joint = joint_rows(f, engine, rows);
    const struct sdse_axis axis = sdse_axis_of(nest, 0);
    const struct sdse_selector lines = {
        .stride = (uint32_t)nest->stride[0],
        .pad = axis.low > 0 ? (uint32_t)axis.low : 0,
        .slices = engine->slices,
        .group = f->effects->joint_filters,
        .lines = engine->lines,
        .sync = (enum sdse_selector_sync)engine->sync,
        .skip_weight_rows = engine->operands != SDSE_OPERANDS_INPUTS,
        .skip_act_rows = engine->operands != SDSE_OPERANDS_WEIGHTS,
        .cost = SDSE_SELECTOR_CONST,
        .row_cycles = 1};
    const struct sdse_selector_stats stats = {.shape = {b[SDSE_K], b[SDSE_C], b[SDSE_R],
                                                        b[SDSE_S], f->layer->in_height,
                                                        f->layer->in_width},
                                              .row_density = rows,
                                              .joint_density = joint,
                                              .act_row_density = input_rows(f)};
    struct sdse_selector_means means;
    const enum sdse_status status = sdse_selector_expect(&lines, &stats, &means);
    if (status != SDSE_OK)
        return status;
    // Rows of the map: padding is not fetched anyway.
    const double fetched = (lines.skip_weight_rows ? stats.joint_density : 1) *
                           (lines.skip_act_rows ? stats.act_row_density : 1);
    const double working = means.rebuilds / means.pairs;
    f->effects->cycles_per_mac *= at_most_one(means.cycles / means.cycles_no_selector);
    f->effects->mac_share *= working;
    f->digit_share[0] *= lines.skip_weight_rows ? rows : 1;
    f->digit_share[1] *= !lines.skip_weight_rows ? working
                         : rows > 0              ? at_most_one(working / rows)
                                                 : 1;
    leave(f, engine, SDSE_INPUTS, fetched);
    leave(f, engine, SDSE_OUTPUTS, working);
    // Coefficients that are zero cost no shift and no addition anyway.
    f->effects->rebuild_share *= rows > 0 ? at_most_one(working / rows) : 1;
    f->effects->rebuild_time_share *= working;
    *events = bound(f, SDSE_N) * bound(f, SDSE_G) * means.pairs;
    return SDSE_OK;
}

// Rows (or columns) of an element's tile that meet the taps of one phase of the stride.
static uint64_t rows_of(uint64_t first, uint64_t end, uint64_t stride, uint64_t phase) {
    const uint64_t before = (first + stride - 1 - phase) / stride;
    const uint64_t until = (end + stride - 1 - phase) / stride;
    return until > before ? until - before : 0;
}

// What a map and weights without zeros take, filters in groups of Kc.
struct dense {
    double vectors; // of inputs
    double steps;   // vectors against vectors
};

static struct dense dense_product(const struct sdse_cartesian *product,
                                  const struct sdse_cartesian_shape *shape,
                                  uint64_t Kc) {
    const uint64_t s = product->stride;
    const uint64_t th = (shape->height + product->grid[0] - 1) / product->grid[0],
                   tw = (shape->width + product->grid[1] - 1) / product->grid[1];
    const uint64_t groups = shape->filters / Kc, rest = shape->filters % Kc;
    struct dense all = {0, 0};
    for (uint64_t phase = 0; phase < s * s; phase++) {
        const double taps = (double)(rows_of(0, shape->rows, s, phase / s) *
                                     rows_of(0, shape->cols, s, phase % s));
        const double weights =
            (double)groups * ceil(taps * (double)Kc / product->weight_vector) +
            ceil(taps * (double)rest / product->weight_vector);
        for (uint64_t y = 0; y < shape->height; y += th) {
            for (uint64_t x = 0; x < shape->width; x += tw) {
                const uint64_t rows = rows_of(
                    y + product->pad, at_most(y + th, shape->height) + product->pad, s,
                    phase / s);
                const uint64_t columns =
                    rows_of(x + product->pad,
                            at_most(x + tw, shape->width) + product->pad, s, phase % s);
                const double vectors =
                    ceil((double)(rows * columns) / product->act_vector);
                all.vectors += vectors * (double)(groups + (rest > 0));
                all.steps += vectors * weights;
            }
        }
    }
    all.vectors *= (double)shape->channels;
    all.steps *= (double)shape->channels;
    return all;
}

static enum sdse_status cartesian(struct finding *f, const struct sdse_engine *engine,
                                  double *events) {
    const struct sdse_nest *nest = &f->layer->nest;
    const uint64_t *b = nest->bound;
    const struct sdse_axis axis = sdse_axis_of(nest, 0);
    const struct sdse_cartesian product = {
        .stride = (uint32_t)nest->stride[0],
        .pad = axis.low > 0 ? (uint32_t)axis.low : 0,
        .grid = {engine->grid_rows, engine->grid_columns},
        .weight_vector = engine->weight_vector,
        .act_vector = engine->input_vector,
        .banks = engine->banks,
        .queue = engine->queue,
        .acc_entries = engine->accumulators,
        .barrier = (enum sdse_cartesian_barrier)engine->barrier,
        .halo = (enum sdse_cartesian_halo)engine->halo};
    struct sdse_cartesian_stats stats = {.shape = {b[SDSE_C], f->layer->in_height,
                                                   f->layer->in_width, b[SDSE_K],
                                                   b[SDSE_R], b[SDSE_S]},
                                         .act_density = f->effects->input_density,
                                         .weight_density = f->effects->weight_density};
    // Of groups one stands for all.
    const bool by_channel = both_by_channel(f) && b[SDSE_G] == 1;
    uint64_t *nnz = by_channel ? calloc((size_t)b[SDSE_C] * 2, sizeof *nnz) : NULL;
    if (by_channel && !nnz)
        return SDSE_NO_MEMORY;
    note_pairs(f, by_channel);
    for (uint64_t c = 0; nnz && c < b[SDSE_C]; c++) {
        nnz[c] = (uint64_t)round(input_channels(f)[c] *
                                 (double)(stats.shape.height * stats.shape.width));
        nnz[b[SDSE_C] + c] = (uint64_t)round(weight_channels(f)[c] * bound(f, SDSE_K) *
                                             bound(f, SDSE_R) * bound(f, SDSE_S));
        stats.act_nnz = nnz;
        stats.weight_nnz = nnz + b[SDSE_C];
    }
    struct sdse_cartesian_means means;
    const enum sdse_status status = sdse_cartesian_expect(&product, &stats, &means);
    free(nnz);
    if (status != SDSE_OK)
        return status;
    const double times = bound(f, SDSE_N) * bound(f, SDSE_G);
    *events = times * means.products;
    f->effects->own_cycles = times * means.cycles;
    f->effects->mac_share *= *events / macs_of(f);
    const double weights = f->effects->weight_density;
    f->digit_share[0] *= weights;
    if (weights > 0)
        f->digit_share[1] *= at_most_one(*events / macs_of(f) / weights);
    // The multipliers take a vector of each a step. A vector of inputs meets all
    // weights, whose zeros are in their format; an empty one is not visited.
    const struct dense all = dense_product(&product, &stats.shape, (uint64_t)means.Kc);
    leave(f, engine, SDSE_WEIGHTS,
          at_most_one(means.act_reads / engine->input_vector / all.vectors));
    leave(f, engine, SDSE_INPUTS, at_most_one(means.steps / all.steps));
    leave(f, engine, SDSE_OUTPUTS, at_most_one(times * means.valid / macs_of(f)));
    return SDSE_OK;
}

// Products made first, and what adds them up instead of MACs.
static enum sdse_status products(struct finding *f, const struct sdse_engine *engine,
                                 double *events) {
    const struct sdse_weight_form *form = f->form;
    const double positions = bound(f, SDSE_N) * bound(f, SDSE_P) * bound(f, SDSE_Q);
    const double units = (double)engine->multipliers *
                         (double)sdse_arch_instances(f->arch, engine->below_level);
    const double touched = at_most_one(form->sums_per_weight);
    *events = form->products * positions;
    f->effects->sums = macs_of(f) * form->sums_per_weight;
    f->effects->mac_share = 0;
    f->effects->cycles_per_mac *= form->sums_per_weight;
    f->effects->least_cycles = *events / units;
    f->digit_share[0] = f->digit_share[1] = 0;
    leave(f, engine, SDSE_INPUTS, touched);
    leave(f, engine, SDSE_OUTPUTS, touched);
    return SDSE_OK;
}

// Rows that the selector, or planes that the product, can be asked about: one stride,
// no dilation, a map of its own.
static bool has_plain_rows(const struct sdse_layer *layer) {
    const struct sdse_nest *nest = &layer->nest;
    return nest->stride[0] == nest->stride[1] && nest->dilation[0] == 1 &&
           nest->dilation[1] == 1 && layer->in_height > 0 && layer->in_width > 0;
}

static bool has_rows(const struct sdse_engine *engine, const struct sdse_layer *layer) {
    return (engine->kind != SDSE_ENGINE_SELECTOR &&
            engine->kind != SDSE_ENGINE_CARTESIAN) ||
           has_plain_rows(layer);
}

// Of a layer whose rows an engine cannot be asked about: all that there are.
static double dense_events(const struct finding *f, const struct sdse_engine *engine) {
    return engine->kind == SDSE_ENGINE_SELECTOR
               ? macs_of(f) / (bound(f, SDSE_S) * bound(f, SDSE_Q))
               : macs_of(f);
}

static enum sdse_status find(const struct sdse_arch *arch,
                             const struct sdse_layer *layer,
                             const struct sdse_weight_form *form,
                             struct sdse_serial_known *serial_known,
                             struct sdse_effects *effects) {
    static enum sdse_status (*const kinds[SDSE_ENGINE_KINDS])(
        struct finding *, const struct sdse_engine *, double *) = {
        [SDSE_ENGINE_BIT_SERIAL] = serial, [SDSE_ENGINE_GATE] = gate,
        [SDSE_ENGINE_SKIP] = skip,         [SDSE_ENGINE_GATHER] = gather,
        [SDSE_ENGINE_SELECTOR] = selector, [SDSE_ENGINE_CARTESIAN] = cartesian,
        [SDSE_ENGINE_PRODUCTS] = products};
    struct finding f = {arch, layer, form, effects, {1, 1}, serial_known};
    *effects = (struct sdse_effects){.cycles_per_mac = arch->compute.cycles_per_mac,
                                     .mac_share = 1,
                                     .rebuild_share = 1,
                                     .rebuild_time_share = 1};
    for (unsigned l = 0; l < SDSE_MAX_LEVELS; l++)
        for (int t = 0; t < SDSE_TENSORS; t++)
            effects->word_share[l][t] = 1;
    if (sdse_layer_moves(layer) || !arch->engine_count)
        return SDSE_OK;
    note_densities(&f);
    // The bit-serial engine says what a MAC takes; the others say what is left of that.
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < arch->engine_count; i++) {
            const struct sdse_engine *engine = &arch->engine[i];
            if ((engine->kind == SDSE_ENGINE_BIT_SERIAL) != (pass == 0) ||
                !(engine->layer_kinds >> layer->kind & 1u) ||
                (engine->kind == SDSE_ENGINE_PRODUCTS && !(form && form->first)))
                continue;
            effects->working |= SDSE_BIT(i);
            if (!has_rows(engine, layer)) {
                effects->without_rows |= SDSE_BIT(i);
                effects->events[i] = dense_events(&f, engine);
                continue;
            }
            const enum sdse_status status =
                kinds[engine->kind](&f, engine, &effects->events[i]);
            if (status != SDSE_OK)
                return status;
        }
    }
    // A digit costs nothing where its MAC is not done.
    for (unsigned i = 0; i < arch->engine_count; i++)
        if (arch->engine[i].kind == SDSE_ENGINE_BIT_SERIAL)
            effects->events[i] *=
                f.digit_share[arch->engine[i].operands == SDSE_OPERANDS_WEIGHTS];
    return SDSE_OK;
}

enum sdse_status sdse_effects_find(const struct sdse_arch *arch,
                                   const struct sdse_layer *layer,
                                   const struct sdse_weight_form *form,
                                   struct sdse_effects *effects) {
    return find(arch, layer, form, NULL, effects);
}

void sdse_effects_know(const struct sdse_arch *arch, const struct sdse_layer *layer,
                       const struct sdse_weight_form *form,
                       struct sdse_serial_known *serial_known, struct sdse_arena *arena,
                       struct sdse_layer *known) {
    *known = *layer;
    if (layer->effects || !arch->engine_count)
        return;
    struct sdse_effects *effects = SDSE_ARENA_NEW(arena, struct sdse_effects);
    if (effects && find(arch, layer, form, serial_known, effects) == SDSE_OK)
        known->effects = effects;
}
