#include "smartdeal/train/run.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/pool.h"
#include "smartdeal/bit_errors.h"
#include "smartdeal/synthetic.h"
#include "smartdeal/train/fault.h"
#include "smartdeal/train/start.h"

enum { FLOAT_BITS = 32, START_PASSES = 6 };

struct run {
    const struct sdse_net *net;
    const struct sdse_train_setting *setting;
    const struct sdse_train_method *method;
    const struct sdse_subset *train, *test;
    unsigned threads;
    struct sdse_net_values values, momentum, gradients[SDSE_TRAIN_SHARDS];
    struct sdse_net_space *space[SDSE_TRAIN_SHARDS];
    struct sdse_bucket_layer bucket[SDSE_NET_LAYERS];
    uint32_t *order;
    // The batch at hand and what its shards made of it.
    float *pixels;
    uint8_t labels[SDSE_TRAIN_MOST_BATCH];
    size_t count, per_shard;
    bool learning;
    double loss[SDSE_TRAIN_SHARDS];
    size_t right[SDSE_TRAIN_SHARDS];
    struct sdse_train_epoch *now;
};

// ---- a batch ----------------------------------------------------------------

static size_t image_size(const struct run *run) {
    return run->train->images->rows * run->train->images->columns;
}

static void fetch(struct run *run, const struct sdse_subset *from,
                  const uint32_t *order, size_t count) {
    const size_t size = image_size(run);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *pixels = from->images->pixels + order[i] * size;
        for (size_t j = 0; j < size; j++)
            run->pixels[i * size + j] = (float)pixels[j] / 255;
        run->labels[i] = from->images->labels[order[i]];
    }
    run->count = count;
    run->per_shard = (count + SDSE_TRAIN_SHARDS - 1) / SDSE_TRAIN_SHARDS;
}

static size_t shard_count(const struct run *run, size_t shard) {
    const size_t first = shard * run->per_shard;
    if (first >= run->count)
        return 0;
    return run->count - first < run->per_shard ? run->count - first : run->per_shard;
}

static void run_shard(void *context, unsigned worker, size_t shard) {
    struct run *run = context;
    const size_t first = shard * run->per_shard, count = shard_count(run, shard);
    const float *pixels = run->pixels + first * image_size(run);
    (void)worker;
    run->loss[shard] = 0;
    run->right[shard] = 0;
    if (count == 0)
        return;
    if (run->learning) {
        run->loss[shard] = sdse_net_backward(
            run->net, &run->values, pixels, run->labels + first, count,
            1 / (float)run->count, run->space[shard], &run->gradients[shard]);
        return;
    }
    const float *outputs =
        sdse_net_forward(run->net, &run->values, pixels, count, run->space[shard]);
    for (size_t i = 0; i < count; i++)
        run->right[shard] +=
            sdse_net_best(outputs + i * SDSE_NET_CLASSES) == run->labels[first + i];
}

static enum sdse_status run_shards(struct run *run, bool learning) {
    run->learning = learning;
    return sdse_parallel_for(SDSE_TRAIN_SHARDS, run->threads, run_shard, run);
}

static enum sdse_status measure(struct run *run, double *accuracy) {
    size_t right = 0;
    for (size_t at = 0; at < run->test->count; at += SDSE_TRAIN_MOST_BATCH) {
        const size_t left = run->test->count - at;
        fetch(run, run->test, run->test->index + at,
              left < SDSE_TRAIN_MOST_BATCH ? left : SDSE_TRAIN_MOST_BATCH);
        const enum sdse_status status = run_shards(run, false);
        if (status != SDSE_OK)
            return status;
        for (size_t i = 0; i < SDSE_TRAIN_SHARDS; i++)
            right += run->right[i];
    }
    *accuracy = (double)right / (double)run->test->count;
    return SDSE_OK;
}

// ---- the update -------------------------------------------------------------

double sdse_train_schedule(uint64_t step, uint64_t steps) {
    const double least = 0.01, flat = 0.5, end = 0.9;
    const double t = (double)step / (double)steps;
    if (t < flat)
        return 1;
    return t < end ? 1 - (1 - least) * (t - flat) / (end - flat) : least;
}

// Shards in their order, into the first one's.
static void add_shards(struct run *run, float *const *all, size_t count) {
    for (size_t s = 1; s < SDSE_TRAIN_SHARDS; s++)
        for (size_t i = 0; shard_count(run, s) > 0 && i < count; i++)
            all[0][i] += all[s][i];
}

static void sgd(const struct run *run, double rate, size_t count, float *w,
                float *buffer, const float *gradient) {
    const float momentum = (float)run->setting->momentum;
    const float decay = (float)run->setting->weight_decay, lr = (float)rate;
    for (size_t i = 0; i < count; i++) {
        buffer[i] = momentum * buffer[i] + gradient[i] + decay * w[i];
        w[i] -= lr * buffer[i];
    }
}

static uint32_t code_bits(const struct sdse_bucket_rule *rule) {
    int least, most;
    uint32_t bits = 0;
    frexp(sdse_bucket_least(rule->theta), &least);
    frexp(rule->max_coefficient, &most);
    // Both signs of every exponent of the window, and zero.
    const unsigned codes = 2 * (unsigned)(most - least + 1) + 1;
    while (1U << bits < codes)
        bits++;
    return bits;
}

// Times a step reads a layer's weights to run it: forward, and for the gradient of its
// inputs, which the first layer does not need.
static uint64_t passes(unsigned layer) { return layer > 0 ? 2 : 1; }

static void move_plain(struct run *run, unsigned n, uint64_t words) {
    // The update reads and writes the weight and its momentum.
    run->now->moved_bits += words * FLOAT_BITS * (passes(n) + 4);
}

static void move_bucket(struct run *run, unsigned n, struct sdse_bucket_moved moved) {
    const struct sdse_bucket_layer *layer = &run->bucket[n];
    const uint64_t masked = sdse_bucket_masked(layer);
    const uint64_t words = sdse_train_basis_words(&layer->layout);
    const uint64_t code = code_bits(&run->method->rule);
    const uint64_t counter = sdse_bucket_counter_bits(run->method->rule.switch_bar);
    const uint64_t form = masked * code + sdse_train_coefficients(&layer->layout);
    run->now->switches += moved.hits;
    run->now->moved_bits += passes(n) * (form + words * FLOAT_BITS);
    run->now->moved_bits += form + 4 * words * FLOAT_BITS;
    if (run->method->rule.frozen)
        return;
    run->now->moved_bits +=
        masked * counter + moved.counters * counter + moved.codes * code;
    if (layer->momentum_c)
        run->now->moved_bits += 2 * masked * FLOAT_BITS;
}

static void update(struct run *run, double rate) {
    for (unsigned n = 0; n < run->net->count; n++) {
        const struct sdse_net_layer *l = &run->net->layer[n];
        const size_t count = sdse_net_weights(l);
        float *weights[SDSE_TRAIN_SHARDS], *biases[SDSE_TRAIN_SHARDS];
        for (size_t s = 0; s < SDSE_TRAIN_SHARDS; s++) {
            weights[s] = run->gradients[s].weights[n];
            biases[s] = run->gradients[s].biases[n];
        }
        add_shards(run, weights, count);
        add_shards(run, biases, l->filters);
        sgd(run, rate, l->filters, run->values.biases[n], run->momentum.biases[n],
            biases[0]);
        run->now->moved_bits += l->filters * FLOAT_BITS * 5;
        if (run->method->smartdeal) {
            move_bucket(run, n, sdse_bucket_step(&run->bucket[n], weights[0], rate));
            sdse_bucket_weights(&run->bucket[n], run->values.weights[n]);
        } else {
            sgd(run, rate, count, run->values.weights[n], run->momentum.weights[n],
                weights[0]);
            move_plain(run, n, count);
        }
    }
}

// ---- what it takes to store -------------------------------------------------

static enum sdse_status count_bucket(const struct sdse_bucket_layer *layer,
                                     struct sdse_train_epoch *epoch) {
    const struct sdse_bucket_rule *rule = &layer->rule;
    const uint64_t words = sdse_train_basis_words(&layer->layout);
    const uint64_t masked = sdse_bucket_masked(layer);
    const uint64_t blocks = layer->layout.filters * layer->layout.blocks;
    struct sdse_train_counts counts = {
        .coefficients = sdse_train_coefficients(&layer->layout),
        .nonzeros = sdse_bucket_nonzeros(layer),
        .basis_words = words,
        .weights = sdse_train_weights(&layer->layout),
        .magnitudes = sdse_bucket_magnitudes(layer),
        .basis_word_bits = FLOAT_BITS,
    };
    struct sdse_train_storage wide, narrow;
    enum sdse_status status = sdse_train_storage_of(&counts, &wide);
    counts.basis_word_bits = SDSE_TRAIN_BASIS_BITS;
    if (status == SDSE_OK)
        status = sdse_train_storage_of(&counts, &narrow);
    if (status != SDSE_OK)
        return status;
    uint64_t bits = code_bits(rule);
    if (!rule->frozen)
        bits += sdse_bucket_counter_bits(rule->switch_bar);
    if (layer->momentum_c)
        bits += FLOAT_BITS;
    epoch->model_bits += wide.total_bits;
    epoch->narrow_bits += narrow.total_bits + blocks * SDSE_TRAIN_BASIS_BITS;
    epoch->state_bits += masked * bits + counts.coefficients + words * 2 * FLOAT_BITS;
    return SDSE_OK;
}

static enum sdse_status count_bits(const struct run *run) {
    struct sdse_train_epoch *epoch = run->now;
    enum sdse_status status = SDSE_OK;
    for (unsigned n = 0; n < run->net->count && status == SDSE_OK; n++) {
        const struct sdse_net_layer *l = &run->net->layer[n];
        const uint64_t plain =
            l->filters + (run->method->smartdeal ? 0 : sdse_net_weights(l));
        epoch->model_bits += plain * FLOAT_BITS;
        epoch->narrow_bits += plain * FLOAT_BITS;
        epoch->state_bits += plain * 2 * FLOAT_BITS;
        if (run->method->smartdeal)
            status = count_bucket(&run->bucket[n], epoch);
    }
    return status;
}

void sdse_train_narrow(double *basis, uint32_t words) {
    double most = 0;
    int exponent;
    for (uint32_t i = 0; i < words; i++)
        most = fmax(most, fabs(basis[i]));
    if (most == 0)
        return;
    const double codes = (1 << (SDSE_TRAIN_BASIS_BITS - 1)) - 1;
    const double fraction = frexp(most / codes, &exponent);
    const double step = ldexp(1, fraction == 0.5 ? exponent - 1 : exponent);
    for (uint32_t i = 0; i < words; i++)
        basis[i] = nearbyint(basis[i] / step) * step;
}

static enum sdse_status measure_narrow(struct run *run, double *accuracy) {
    for (unsigned n = 0; n < run->net->count; n++) {
        struct sdse_bucket_layer *layer = &run->bucket[n];
        const uint32_t words = layer->layout.n * layer->layout.n;
        for (uint64_t b = 0; b < layer->layout.filters * layer->layout.blocks; b++)
            sdse_train_narrow(layer->basis + b * words, words);
        sdse_bucket_weights(layer, run->values.weights[n]);
    }
    return measure(run, accuracy);
}

// One chip's network: every layer as it is read.
static enum sdse_status read_layers(struct run *run,
                                    const struct sdse_coded_layer *coded,
                                    const struct sdse_bit_errors *errors) {
    enum sdse_status status = SDSE_OK;
    for (unsigned n = 0; n < run->net->count && status == SDSE_OK; n++) {
        struct sdse_bit_errors own = *errors;
        own.seed = errors->seed * SDSE_NET_LAYERS + n;
        status = sdse_faulty_values(&coded[n], &own, run->values.weights[n], NULL);
    }
    return status;
}

static enum sdse_status measure_rate(struct run *run,
                                     const struct sdse_coded_layer *coded, double rate,
                                     double *mean) {
    const struct sdse_train_faults *faults = run->method->faults;
    enum sdse_status status = SDSE_OK;
    *mean = 0;
    for (unsigned chip = 1; chip <= faults->chips && status == SDSE_OK; chip++) {
        struct sdse_bit_errors errors = {.seed = chip, .restart = faults->restart};
        double accuracy = 0;
        for (int s = 0; s < SDSE_SECTIONS; s++)
            errors.section[s] =
                faults->sections >> s & 1u || s == SDSE_SECTION_RAW ? rate : 0;
        status = read_layers(run, coded, &errors);
        if (status == SDSE_OK)
            status = measure(run, &accuracy);
        *mean += accuracy / faults->chips;
    }
    return status;
}

static enum sdse_status measure_faults(struct run *run, double *accuracy) {
    struct sdse_coded_layer coded[SDSE_NET_LAYERS] = {0};
    enum sdse_status status = SDSE_OK;
    for (unsigned n = 0; n < run->net->count && status == SDSE_OK; n++)
        status = run->method->smartdeal
                     ? sdse_train_coded(&run->bucket[n], &run->net->layer[n], &coded[n])
                     : sdse_train_coded_raw(run->values.weights[n], &run->net->layer[n],
                                            &coded[n]);
    for (size_t r = 0; r < run->method->faults->count && status == SDSE_OK; r++)
        status = measure_rate(run, coded, run->method->faults->rates[r], &accuracy[r]);
    for (unsigned n = 0; n < run->net->count; n++)
        sdse_coded_free(&coded[n]);
    return status;
}

// ---- epochs -----------------------------------------------------------------

static void shuffle(struct run *run, uint64_t seed) {
    uint64_t state = seed;
    memcpy(run->order, run->train->index, run->train->count * sizeof *run->order);
    for (size_t i = run->train->count; i > 1; i--) {
        const size_t j = (size_t)(sdse_random_u64(&state) % i);
        const uint32_t kept = run->order[i - 1];
        run->order[i - 1] = run->order[j];
        run->order[j] = kept;
    }
}

static enum sdse_status learn(struct run *run, unsigned epoch, uint64_t *step) {
    const size_t batch = run->setting->batch, samples = run->train->count;
    const uint64_t steps = (samples + batch - 1) / batch * run->setting->epochs;
    double loss = 0;
    shuffle(run, run->setting->seed + epoch);
    for (size_t at = 0; at < samples; at += batch, ++*step) {
        fetch(run, run->train, run->order + at,
              samples - at < batch ? samples - at : batch);
        const enum sdse_status status = run_shards(run, true);
        if (status != SDSE_OK)
            return status;
        for (size_t s = 0; s < SDSE_TRAIN_SHARDS; s++)
            loss += run->loss[s];
        update(run, run->method->learning_rate * sdse_train_schedule(*step, steps));
    }
    run->now->loss = loss / (double)samples;
    return SDSE_OK;
}

static enum sdse_status all_epochs(struct run *run, struct sdse_train_epoch *epochs) {
    uint64_t step = 0;
    enum sdse_status status = SDSE_OK;
    for (unsigned e = 0; e <= run->setting->epochs && status == SDSE_OK; e++) {
        run->now = &epochs[e];
        *run->now = (struct sdse_train_epoch){.loss = (double)NAN};
        if (e > 0)
            status = learn(run, e, &step);
        if (status == SDSE_OK)
            status = measure(run, &run->now->accuracy);
        if (status == SDSE_OK)
            status = count_bits(run);
        if (status == SDSE_OK && run->setting->epoch_done)
            run->setting->epoch_done(run->setting->context);
    }
    return status;
}

// ---- start and end ----------------------------------------------------------

static enum sdse_status start_bucket(struct run *run, unsigned n) {
    const struct sdse_net_layer *l = &run->net->layer[n];
    const struct sdse_train_shape shape = {l->filters, l->channels, l->conv ? 3 : 1,
                                           l->conv ? 3 : 1};
    const struct sdse_start_rule rule = {.density = run->method->density,
                                         .least =
                                             sdse_bucket_least(run->method->rule.theta),
                                         .most = run->method->rule.max_coefficient,
                                         .passes = START_PASSES};
    struct sdse_train_layout layout;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    if (!arena)
        return SDSE_NO_MEMORY;
    sdse_diags_init(&diags, arena);
    enum sdse_status status =
        sdse_train_layout_of(&shape, (struct sdse_loc){0}, &diags, &layout);
    sdse_arena_free(arena);
    if (status != SDSE_OK)
        return status;
    double *c = malloc(sdse_train_coefficients(&layout) * sizeof *c);
    double *basis = malloc(sdse_train_basis_words(&layout) * sizeof *basis);
    status = c && basis
                 ? sdse_train_start(&layout, &rule, run->values.weights[n], c, basis)
                 : SDSE_NO_MEMORY;
    if (status == SDSE_OK)
        status =
            sdse_bucket_start(&layout, &run->method->rule, c, basis, &run->bucket[n]);
    free(c);
    free(basis);
    if (status == SDSE_OK)
        sdse_bucket_weights(&run->bucket[n], run->values.weights[n]);
    return status;
}

static enum sdse_status begin(struct run *run, const struct sdse_net_values *start) {
    enum sdse_status status = sdse_net_values_new(run->net, &run->values);
    if (status == SDSE_OK)
        status = sdse_net_values_new(run->net, &run->momentum);
    for (size_t s = 0; s < SDSE_TRAIN_SHARDS && status == SDSE_OK; s++) {
        status = sdse_net_values_new(run->net, &run->gradients[s]);
        run->space[s] = sdse_net_space_new(run->net);
        if (!run->space[s])
            status = SDSE_NO_MEMORY;
    }
    run->order = malloc(run->train->count * sizeof *run->order);
    run->pixels = malloc(SDSE_TRAIN_MOST_BATCH * image_size(run) * sizeof(float));
    if (!run->order || !run->pixels)
        status = SDSE_NO_MEMORY;
    if (status != SDSE_OK)
        return status;
    sdse_net_values_copy(run->net, start, &run->values);
    for (unsigned n = 0; run->method->smartdeal && n < run->net->count; n++)
        if ((status = start_bucket(run, n)) != SDSE_OK)
            return status;
    return SDSE_OK;
}

static void end_run(struct run *run) {
    sdse_net_values_free(&run->values);
    sdse_net_values_free(&run->momentum);
    for (size_t s = 0; s < SDSE_TRAIN_SHARDS; s++) {
        sdse_net_values_free(&run->gradients[s]);
        sdse_net_space_free(run->space[s]);
    }
    for (unsigned n = 0; n < SDSE_NET_LAYERS; n++)
        sdse_bucket_free(&run->bucket[n]);
    free(run->order);
    free(run->pixels);
    free(run);
}

enum sdse_status
sdse_train_run(const struct sdse_net *net, const struct sdse_net_values *start,
               const struct sdse_train_setting *setting,
               const struct sdse_train_method *method, const struct sdse_subset *train,
               const struct sdse_subset *test, unsigned threads,
               struct sdse_train_epoch *epochs, double *narrow_accuracy,
               const struct sdse_net_values *end) {
    struct run *run = calloc(1, sizeof *run);
    if (!run)
        return SDSE_NO_MEMORY;
    assert(setting->batch >= 1 && setting->batch <= SDSE_TRAIN_MOST_BATCH);
    assert(train->count > 0 && test->count > 0);
    run->net = net;
    run->setting = setting;
    run->method = method;
    run->train = train;
    run->test = test;
    run->threads = threads;
    enum sdse_status status = begin(run, start);
    if (status == SDSE_OK)
        status = all_epochs(run, epochs);
    if (status == SDSE_OK && end)
        sdse_net_values_copy(net, &run->values, end);
    if (status == SDSE_OK) {
        *narrow_accuracy = epochs[setting->epochs].accuracy;
        if (method->smartdeal)
            status = measure_narrow(run, narrow_accuracy);
        if (status == SDSE_OK && method->faults)
            status = measure_faults(run, narrow_accuracy + 1);
    }
    end_run(run);
    return status;
}
