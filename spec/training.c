#include "spec/training.h"

#include <math.h>
#include <string.h>

#include "base/arena_grow.h"
#include "base/checked.h"
#include "spec/types/touched.h"

// ---- Nests --------------------------------------------------------------------

static void swap_words(uint64_t *a, uint64_t *b) {
    const uint64_t kept = *a;
    *a = *b;
    *b = kept;
}

// Its own inverse.
static void turn(struct sdse_nest *nest) {
    swap_words(&nest->bound[SDSE_N], &nest->bound[SDSE_C]);
    for (unsigned axis = 0; axis < 2; axis++) {
        const uint32_t stride = nest->stride[axis];
        swap_words(&nest->bound[SDSE_P + axis], &nest->bound[SDSE_R + axis]);
        nest->stride[axis] = nest->dilation[axis];
        nest->dilation[axis] = stride;
    }
}

void sdse_nest_to_weight_gradient(struct sdse_nest *nest) { turn(nest); }
void sdse_nest_from_weight_gradient(struct sdse_nest *nest) { turn(nest); }

struct sdse_gradient_axis sdse_gradient_axis_of(const struct sdse_nest *nest,
                                                unsigned axis, uint64_t in,
                                                uint64_t first) {
    const int64_t stride = nest->stride[axis], dilation = nest->dilation[axis],
                  pad = nest->pad[axis];
    const int64_t common = (int64_t)sdse_gcd_u64((uint64_t)stride, (uint64_t)dilation);
    const int64_t step = stride / common, taps = (int64_t)nest->bound[SDSE_R + axis];
    const int64_t reach =
        (int64_t)sdse_window_extent(nest->bound[SDSE_P + axis], (uint64_t)taps,
                                    (uint64_t)stride, (uint64_t)dilation);
    // Positions of the padded map that windows reach and that are of the real one.
    const int64_t begin = pad > 0 ? pad : 0;
    const int64_t end = reach < pad + (int64_t)in ? reach : pad + (int64_t)in;
    struct sdse_gradient_axis out = {.dilation = (uint32_t)(dilation / common)};
    out.taps = (uint64_t)((taps - (int64_t)first + step - 1) / step);
    const int64_t residue = (int64_t)first * dilation % stride;
    const int64_t start = begin + (residue - begin % stride + stride) % stride;
    if (start >= end)
        return out;
    out.outputs = (uint64_t)((end - 1 - start) / stride) + 1;
    // Of the last tap, which meets the first output that a window begins with.
    const int64_t last = (int64_t)first + ((int64_t)out.taps - 1) * step;
    out.pad = -((start - last * dilation) / stride);
    return out;
}

// ---- The layers of a step -----------------------------------------------------

struct step {
    const struct sdse_training *training;
    struct sdse_arena *arena;
    struct sdse_layer *layers;
    size_t count, capacity;
    struct sdse_layer nowhere; // what is filled in when memory is out
    bool out_of_memory;
};

static struct sdse_layer *add(struct step *s, const struct sdse_layer *like,
                              const char *what) {
    struct sdse_layer *larger =
        sdse_arena_grow(s->arena, s->layers, s->count, &s->capacity, sizeof *larger);
    if (!larger) {
        s->out_of_memory = true;
        return &s->nowhere;
    }
    s->layers = larger;
    struct sdse_layer *layer = &s->layers[s->count++];
    *layer = *like;
    if (what)
        layer->name = sdse_arena_printf(s->arena, "%s.%s", like->name, what);
    s->out_of_memory |= !layer->name;
    return layer;
}

// A layer of the backward pass: what is known of the forward layer's words does not
// hold for gradients, which are dense as far as is known.
static struct sdse_layer *add_plain(struct step *s, const struct sdse_layer *like,
                                    const char *what) {
    struct sdse_layer *layer = add(s, like, what);
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        layer->density[t] = 1;
    layer->density_source = NULL;
    layer->activations = NULL;
    layer->weight_digits = NULL;
    layer->weights_file = NULL;
    layer->weights_unread = false;
    layer->shares_weights = NULL;
    return layer;
}

static void add_again(struct step *s, const struct sdse_layer *forward,
                      uint64_t repeat) {
    struct sdse_layer *layer = add(s, forward, "again");
    layer->repeat = repeat;
    layer->weights_file = NULL;
    layer->weights_unread = false;
    if (sdse_layer_stores_weights(forward))
        layer->shares_weights = forward->name;
}

// Reads the layer's weights, in another order.
static struct sdse_layer *add_input_gradient(struct step *s,
                                             const struct sdse_layer *forward,
                                             uint64_t repeat, const char *what) {
    struct sdse_layer *layer = add_plain(s, forward, what);
    layer->repeat = repeat;
    layer->density[SDSE_WEIGHTS] = forward->density[SDSE_WEIGHTS];
    if (layer->density[SDSE_WEIGHTS] < 1)
        layer->density_source = forward->density_source;
    if (forward->weight_digits) { // its channels are those of the layer's outputs
        struct sdse_weight_digits *digits =
            SDSE_ARENA_NEW(s->arena, struct sdse_weight_digits);
        s->out_of_memory |= !digits;
        if (digits) {
            *digits = *forward->weight_digits;
            digits->channels = 0;
            digits->channel_density = NULL;
        }
        layer->weight_digits = digits;
    }
    layer->uncoded = forward->uncoded;
    layer->shares_weights =
        forward->shares_weights ? forward->shares_weights : forward->name;
    swap_words(&layer->nest.bound[SDSE_K], &layer->nest.bound[SDSE_C]);
    if (layer->kind == SDSE_DWCONV && layer->nest.bound[SDSE_C] > 1)
        layer->kind = SDSE_CONV; // several outputs of a channel are added
    return layer;
}

static uint64_t residues(const struct sdse_nest *nest, unsigned axis) {
    const uint64_t common = sdse_gcd_u64(nest->stride[axis], nest->dilation[axis]);
    const uint64_t step = nest->stride[axis] / common;
    return step < nest->bound[SDSE_R + axis] ? step : nest->bound[SDSE_R + axis];
}

static void place_axis(struct sdse_layer *layer, const struct sdse_nest *forward,
                       unsigned axis, const struct sdse_gradient_axis *at) {
    struct sdse_nest *nest = &layer->nest;
    nest->bound[SDSE_P + axis] = at->outputs;
    nest->bound[SDSE_R + axis] = at->taps;
    nest->stride[axis] = 1;
    nest->dilation[axis] = at->dilation;
    nest->pad[axis] = at->pad;
    nest->map[axis] = forward->bound[SDSE_P + axis];
    *(axis ? &layer->in_width : &layer->in_height) = forward->bound[SDSE_P + axis];
}

static void add_convolution_gradients(struct step *s, const struct sdse_layer *forward,
                                      uint64_t repeat) {
    const struct sdse_nest *nest = &forward->nest;
    const uint64_t rows = residues(nest, 0), columns = residues(nest, 1);
    for (uint64_t y = 0; y < rows; y++) {
        const struct sdse_gradient_axis row =
            sdse_gradient_axis_of(nest, 0, forward->in_height, y);
        for (uint64_t x = 0; x < columns; x++) {
            const struct sdse_gradient_axis column =
                sdse_gradient_axis_of(nest, 1, forward->in_width, x);
            if (!row.outputs || !column.outputs)
                continue;
            const char *what =
                rows * columns == 1
                    ? "dX"
                    : sdse_arena_printf(s->arena, "dX[%llu,%llu]",
                                        (unsigned long long)y, (unsigned long long)x);
            if (!what) {
                s->out_of_memory = true;
                return;
            }
            struct sdse_layer *layer = add_input_gradient(s, forward, repeat, what);
            place_axis(layer, nest, 0, &row);
            place_axis(layer, nest, 1, &column);
            if (layer->kind == SDSE_CONV1X1 || layer->kind == SDSE_CONV)
                layer->kind = row.taps * column.taps == 1 ? SDSE_CONV1X1 : SDSE_CONV;
        }
    }
}

// Whether each window is one position, all of them side by side: then rows, columns and
// samples are one sum.
static bool is_pointwise(const struct sdse_layer *layer) {
    const struct sdse_nest *nest = &layer->nest;
    bool point = true;
    for (unsigned axis = 0; axis < 2; axis++)
        point &= nest->bound[SDSE_R + axis] == 1 && nest->stride[axis] == 1 &&
                 nest->pad[axis] == 0;
    return point && (nest->map[0] == 0 || (nest->map[0] == nest->bound[SDSE_P] &&
                                           nest->map[1] == nest->bound[SDSE_Q]));
}

// The product of two matrices whose sum has C terms.
static void make_product(struct sdse_layer *layer, uint64_t rows, uint64_t sum,
                         uint64_t columns, uint64_t each) {
    const uint64_t groups = layer->nest.bound[SDSE_G];
    layer->kind = SDSE_MATMUL;
    layer->nest =
        (struct sdse_nest){.bound = {each, columns, sum, rows, 1, 1, 1, groups},
                           .stride = {1, 1},
                           .dilation = {1, 1}};
    layer->in_height = rows;
    layer->in_width = 1;
}

static void add_weight_gradient(struct step *s, const struct sdse_layer *forward) {
    const uint64_t *bound = forward->nest.bound;
    struct sdse_layer *layer = add_plain(s, forward, "dW");
    layer->density[SDSE_INPUTS] = sdse_layer_density(forward, SDSE_INPUTS);
    if (layer->density[SDSE_INPUTS] < 1)
        layer->density_source =
            forward->activations ? "of the forward pass" : forward->density_source;
    if (is_pointwise(forward)) {
        make_product(layer, bound[SDSE_C],
                     bound[SDSE_N] * bound[SDSE_P] * bound[SDSE_Q], bound[SDSE_K], 1);
    } else {
        layer->kind = SDSE_WGRAD;
        sdse_nest_to_weight_gradient(&layer->nest);
    }
}

// Of Y = A B: dA = dY B', as many heads as A; dB = A' dY, summed over the heads that
// share B.
static void add_product_gradients(struct step *s, const struct sdse_layer *forward) {
    const uint64_t *bound = forward->nest.bound;
    struct sdse_layer *left = add_plain(s, forward, "dA");
    make_product(left, bound[SDSE_P], bound[SDSE_K], bound[SDSE_C], bound[SDSE_N]);
    struct sdse_layer *right = add_plain(s, forward, "dB");
    make_product(right, bound[SDSE_C], bound[SDSE_N] * bound[SDSE_P], bound[SDSE_K], 1);
}

// What moves words in the forward pass moves them back: a pool reads the gradient of
// what it put out and writes that of what it read; an addition's other side is the sum
// of a fork's gradients; the others read what they made beside its gradient.
static void add_move_gradient(struct step *s, const struct sdse_layer *forward) {
    struct sdse_layer *layer = add_plain(s, forward, "dX");
    struct sdse_nest *nest = &layer->nest;
    struct sdse_move *move = &layer->move;
    if (forward->kind == SDSE_POOL) {
        for (unsigned axis = 0; axis < 2; axis++) {
            const uint64_t in = axis ? forward->in_width : forward->in_height;
            nest->map[axis] = nest->bound[SDSE_P + axis];
            nest->bound[SDSE_P + axis] = in;
            nest->bound[SDSE_R + axis] = 1;
            nest->stride[axis] = nest->dilation[axis] = 1;
            nest->pad[axis] = 0;
        }
        layer->in_height = nest->map[0];
        layer->in_width = nest->map[1];
        move->operations = 1;
        move->passes = 1;
    } else if (forward->kind != SDSE_ADD && forward->kind != SDSE_UPDATE) {
        layer->kind = SDSE_ADD;
        move->addends = 2 * move->addends;
    }
}

// ---- The update ---------------------------------------------------------------

enum { STATE_BITS = 32, CODE_BITS = 4, SGD_OPERATIONS = 4, SWITCH_OPERATIONS = 4 };

// Words of bases for each weight by the released slicing: a kernel of S columns has S *
// S of them for each filter and 64 channels of it (all, below 64); others 9 for 192
// rows of 3.
static double basis_words(const struct sdse_layer *layer) {
    const uint64_t *bound = layer->nest.bound;
    const double channels = (double)bound[SDSE_C], s = (double)bound[SDSE_S],
                 words = channels * (double)bound[SDSE_R] * s;
    if (bound[SDSE_S] > 1)
        return s * s * (channels < 64 ? 1 : floor(channels / 64)) / words;
    return 9 * ceil(ceil(channels / 3) / 192) / channels;
}

static void add_update(struct step *s, const struct sdse_layer *forward) {
    const struct sdse_training *t = s->training;
    const uint64_t weights =
        sdse_tile_words(&forward->nest, SDSE_WEIGHTS, forward->nest.bound);
    struct sdse_layer *layer = add_plain(s, forward, "update");
    layer->kind = SDSE_UPDATE;
    layer->uncoded = SDSE_BIT(SDSE_TENSORS) - 1;
    layer->nest = (struct sdse_nest){.bound = {1, 1, 1, 1, 1, 1, 1, weights},
                                     .stride = {1, 1},
                                     .dilation = {1, 1},
                                     .map = {1, 1}};
    layer->in_height = layer->in_width = 1;
    layer->move =
        (struct sdse_move){.addends = 1, .passes = 1, .operations = SGD_OPERATIONS};
    struct sdse_update *update = &layer->move.update;
    update->read_words = 1;
    if (t->optimiser == SDSE_OPTIMISER_SGD) {
        update->read_bits = update->write_bits = 2 * STATE_BITS;
        update->copy_below_bits = STATE_BITS;
        return;
    }
    const double bases =
        t->basis_words < 0 ? basis_words(forward) : t->basis_words; // each + momentum
    const double kept = t->counter_bits + t->momentum_bits;
    update->read_bits = 1 + t->density * (CODE_BITS + kept) + bases * 2 * STATE_BITS;
    update->write_bits =
        t->density * (t->changed * CODE_BITS + kept) + bases * 2 * STATE_BITS;
    // gC = gW B' and gB = C' gW: a multiplication for each column of the basis, each.
    const uint64_t n =
        forward->nest.bound[SDSE_S] > 1 ? forward->nest.bound[SDSE_S] : 3;
    layer->move.operations = (uint32_t)(2 * n + SWITCH_OPERATIONS);
}

// ---- The whole ----------------------------------------------------------------

// Words that a layer's gradients read of the forward pass, with repeats.
static uint64_t kept_words(const struct sdse_layer *layer, uint64_t repeat) {
    const struct sdse_nest *nest = &layer->nest;
    if (sdse_layer_moves(layer))
        return layer->move.fused || layer->kind == SDSE_ADD || layer->kind == SDSE_POOL
                   ? 0
                   : repeat * sdse_nest_input_words(nest) * layer->move.addends;
    uint64_t words = sdse_nest_input_words(nest);
    if (!sdse_layer_has_weights(layer))
        words += sdse_tile_words(nest, SDSE_WEIGHTS, nest->bound);
    return words * repeat;
}

// The segment that layer i of `count` belongs to.
static uint64_t segment_of(uint64_t i, uint64_t count, uint64_t segments) {
    return i * segments / count;
}

static uint64_t segments_of(const struct sdse_training *training, uint64_t layers) {
    uint64_t segments = training->segments;
    while (!segments || (!training->segments && segments * segments < layers))
        segments++;
    return segments < layers ? segments : layers;
}

// Words that wait: all; the segments' first ones and the largest segment's others; the
// largest layer's.
static uint64_t count_kept(const struct sdse_training *training,
                           const struct sdse_layer *layers, uint64_t count) {
    const uint64_t segments = segments_of(training, count);
    uint64_t all = 0, firsts = 0, inside = 0, most_inside = 0, largest = 0;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t one = kept_words(&layers[i], 1),
                       words = kept_words(&layers[i], layers[i].repeat);
        const bool first = i == 0 || segment_of(i, count, segments) !=
                                         segment_of(i - 1, count, segments);
        inside = first ? words - one : inside + words;
        firsts += first ? one : 0;
        all += words;
        most_inside = inside > most_inside ? inside : most_inside;
        largest = one > largest ? one : largest;
    }
    return training->kept == SDSE_KEPT_ALL          ? all
           : training->kept == SDSE_KEPT_RECOMPUTED ? firsts + most_inside
                                                    : largest;
}

// Repeats of layer i (of those that are trained) that are computed once more.
static uint64_t repeats_again(const struct sdse_training *training,
                              const struct sdse_layer *layer, uint64_t i,
                              uint64_t count) {
    const uint64_t segments = segments_of(training, count);
    if (training->kept == SDSE_KEPT_ALL)
        return 0;
    const bool last = training->kept == SDSE_KEPT_RECOMPUTED &&
                      (i + 1 == count || segment_of(i + 1, count, segments) !=
                                             segment_of(i, count, segments));
    return last ? layer->repeat - 1 : layer->repeat;
}

static void add_backward(struct step *s, const struct sdse_layer *forward, bool first) {
    // Nothing is trained before the first layer.
    const uint64_t repeat = forward->repeat - first;
    if (sdse_layer_moves(forward)) {
        if (!first)
            add_move_gradient(s, forward);
        return;
    }
    if (!sdse_layer_has_weights(forward)) {
        add_product_gradients(s, forward);
        return;
    }
    if (repeat && forward->kind == SDSE_FC)
        add_input_gradient(s, forward, repeat, "dX");
    else if (repeat)
        add_convolution_gradients(s, forward, repeat);
    add_weight_gradient(s, forward);
    if (sdse_layer_stores_weights(forward))
        add_update(s, forward);
}

// Index after the frozen prefix; SDSE_INVALID if there is no such layer, or no other.
static enum sdse_status find_trained(const struct sdse_training *training,
                                     const struct sdse_workload *net,
                                     struct sdse_diags *diags, size_t *trained) {
    *trained = 0;
    if (!training->frozen)
        return SDSE_OK;
    for (size_t i = 0; i + 1 < net->layer_count; i++)
        if (strcmp(net->layers[i].name, training->frozen) == 0)
            *trained = i + 1;
    if (!*trained) {
        sdse_diag_add(diags, SDSE_ERROR, training->frozen_loc, "training-frozen",
                      "no layer '%.80s', or none after it to train", training->frozen);
        return SDSE_INVALID;
    }
    enum sdse_status status = SDSE_OK;
    for (size_t i = *trained; i < net->layer_count; i++) {
        const char *shares = net->layers[i].shares_weights;
        for (size_t j = 0; shares && j < *trained; j++) {
            if (strcmp(net->layers[j].name, shares) != 0)
                continue;
            sdse_diag_add(diags, SDSE_ERROR, training->frozen_loc, "training-frozen",
                          "'%.80s' is trained and shares the weights of '%.80s', which "
                          "is frozen",
                          net->layers[i].name, shares);
            status = SDSE_INVALID;
        }
    }
    return status;
}

// The first layer from `trained` on that has weights to train: gradients end there. Of
// products alone, `trained`.
static size_t first_weights(const struct sdse_workload *net, size_t trained) {
    size_t first = trained;
    while (first < net->layer_count &&
           !sdse_layer_stores_weights(&net->layers[first]) &&
           !net->layers[first].shares_weights)
        first++;
    return first < net->layer_count ? first : trained;
}

static enum sdse_status refuse_phases(const struct sdse_workload *net,
                                      const struct sdse_node *const *nodes,
                                      struct sdse_diags *diags) {
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; i < net->layer_count; i++) {
        const struct sdse_node *kind = sdse_node_get(nodes[i], "kind");
        if (net->layers[i].addends) {
            sdse_diag_add(diags, SDSE_ERROR, net->layers[i].loc, "training-kind",
                          "layer '%s': the gradients of maps that it adds to what it "
                          "puts out are not modelled: make the addition a layer",
                          net->layers[i].name);
            status = SDSE_INVALID;
        }
        if (!kind || !kind->text ||
            (strcmp(kind->text, "deconv") != 0 && strcmp(kind->text, "wgrad") != 0 &&
             strcmp(kind->text, "update") != 0 && strcmp(kind->text, "lstm") != 0 &&
             strcmp(kind->text, "gru") != 0 && net->layers[i].steps <= 1))
            continue;
        sdse_diag_add(diags, SDSE_ERROR, net->layers[i].loc, "training-kind",
                      "layer '%s': the gradients of kind '%s' are not modelled",
                      net->layers[i].name, kind->text);
        status = SDSE_INVALID;
    }
    return status;
}

static enum sdse_status check_counts(const struct step *s, struct sdse_diags *diags) {
    uint64_t total = 0, macs;
    for (size_t i = 0; i < s->count; i++) {
        const struct sdse_layer *layer = &s->layers[i];
        if (sdse_mul_u64(sdse_layer_macs(layer), layer->repeat, &macs) &&
            sdse_add_u64(total, macs, &total))
            continue;
        sdse_diag_add(diags, SDSE_ERROR, s->training->loc, "words-absurd",
                      "the MACs of a step exceed 64 bits");
        return SDSE_INVALID;
    }
    return SDSE_OK;
}

// The layers of a step whose first `trained` layers are frozen, and run unless their
// outputs are `stored`.
static void build_step(struct step *s, const struct sdse_workload *net, size_t trained,
                       bool stored) {
    const size_t count = net->layer_count - trained,
                 first = first_weights(net, trained);
    for (size_t i = stored ? trained : 0; i < net->layer_count; i++)
        add(s, &net->layers[i], NULL);
    for (size_t i = net->layer_count; i-- > trained;) {
        const struct sdse_layer *forward = &net->layers[i];
        const uint64_t again = repeats_again(s->training, forward, i - trained, count);
        if (again)
            add_again(s, forward, again);
        if (i >= first)
            add_backward(s, forward, i == first);
    }
}

static uint64_t image_words(const struct sdse_training *training,
                            const struct sdse_layer *layer) {
    return sdse_nest_input_words(&layer->nest) / training->batch;
}

// Fills in what the buffer of samples takes, and what freezing saves.
static enum sdse_status count_replay(const struct sdse_training *training,
                                     const struct sdse_workload *net, size_t trained,
                                     struct sdse_arena *arena, struct sdse_diags *diags,
                                     struct sdse_training_step *step) {
    const struct sdse_replay *replay = &training->replay;
    const uint64_t words = replay->frame_words ? replay->frame_words
                                               : image_words(training, &net->layers[0]);
    uint64_t embedding = 0;
    struct step whole = {.training = training, .arena = arena};
    build_step(&whole, net, 0, false);
    if (whole.out_of_memory)
        return SDSE_NO_MEMORY;
    const enum sdse_status status = check_counts(&whole, diags);
    if (status)
        return status;
    step->replay_samples = replay->samples;
    bool fits = sdse_mul_u64(words, replay->samples, &step->replay_frame_bits) &&
                sdse_mul_u64(step->replay_frame_bits, replay->frame_bits,
                             &step->replay_frame_bits);
    step->replay_bits = step->replay_frame_bits;
    if (training->stored)
        fits = fits &&
               sdse_mul_u64(image_words(training, &net->layers[trained]),
                            replay->samples, &embedding) &&
               sdse_mul_u64(embedding, replay->copies * replay->embedding_bits,
                            &step->replay_bits);
    if (!fits) {
        sdse_diag_add(diags, SDSE_ERROR, training->loc, "words-absurd",
                      "the samples of the replay exceed 64 bits");
        return SDSE_INVALID;
    }
    for (size_t i = 0; i < whole.count; i++)
        step->whole_macs += sdse_layer_macs(&whole.layers[i]) * whole.layers[i].repeat;
    return SDSE_OK;
}

enum sdse_status sdse_training_apply(const struct sdse_training *training,
                                     const struct sdse_node *const *nodes,
                                     struct sdse_arena *arena, struct sdse_diags *diags,
                                     struct sdse_workload *net) {
    size_t trained;
    enum sdse_status status = find_trained(training, net, diags, &trained);
    const enum sdse_status phases = refuse_phases(net, nodes, diags);
    if (status || phases)
        return SDSE_INVALID;
    struct step s = {.training = training, .arena = arena};
    build_step(&s, net, trained, training->stored);
    struct sdse_training_step *step = SDSE_ARENA_NEW(arena, struct sdse_training_step);
    if (s.out_of_memory || !step)
        return SDSE_NO_MEMORY;
    status = check_counts(&s, diags);
    if (status)
        return status;
    *step = (struct sdse_training_step){
        .images = training->batch,
        .epoch_images = training->epoch_images,
        .kept_words =
            count_kept(training, &net->layers[trained], net->layer_count - trained)};
    if (training->replay.samples)
        status = count_replay(training, net, trained, arena, diags, step);
    if (status)
        return status;
    net->training = step;
    net->layers = s.layers;
    net->layer_count = s.count;
    net->batch = 1; // what each layer says of samples is all there is
    return SDSE_OK;
}
