// Convolutions and transposed convolutions of random windows: the layers, executed on
// the weights that are written, give what the operators' definitions give.
#include "support/import_context.h"

#include <inttypes.h>

#include "spec/tree.h"
#include "spec/write.h"

enum { MOST = 12 };

// One axis of a window, as the operator says it.
struct axis {
    int64_t in, kernel, stride, dilation, begin, end, extra, out;
};

struct problem {
    bool transposed, lower, same, shaped;
    bool deep;                                  // three spatial dimensions
    int64_t samples, groups, channels, filters; // channels and filters per group
    struct axis axis[3];                        // rows, columns, depth
};

static uint64_t random_state;

static int64_t pick(int64_t least, int64_t most) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return least + (int64_t)((random_state >> 33) % (uint64_t)(most - least + 1));
}

static double input_at(const struct problem *p, int64_t n, int64_t c, int64_t z,
                       int64_t y, int64_t x) {
    if (z < 0 || y < 0 || x < 0 || z >= p->axis[2].in || y >= p->axis[0].in ||
        x >= p->axis[1].in)
        return 0;
    return (double)(((((n * 31 + c) * 23 + z) * 17 + y) * 13 + x) % 11 - 5);
}

// The weight of the operator: [filters][channels] of a convolution, [channels][filters]
// of a transposed one.
static float weight_at(const struct problem *p, int64_t group, int64_t filter,
                       int64_t channel, int64_t t, int64_t r, int64_t s) {
    int64_t row = p->transposed ? (group * p->channels + channel) * p->filters + filter
                                : (group * p->filters + filter) * p->channels + channel;
    return onnx_pattern(
        (size_t)(((row * p->axis[2].kernel + t) * p->axis[0].kernel + r) *
                     p->axis[1].kernel +
                 s));
}

// Which tap of the kernel output o has at input i; -1 if none.
static int64_t tap_at(const struct problem *p, unsigned axis, int64_t o, int64_t i) {
    const struct axis *a = &p->axis[axis];
    int64_t from =
        p->transposed ? o + a->begin - i * a->stride : i + a->begin - o * a->stride;
    return from >= 0 && from % a->dilation == 0 && from / a->dilation < a->kernel
               ? from / a->dilation
               : -1;
}

static double wanted_at(const struct problem *p, int64_t n, int64_t group,
                        int64_t filter, int64_t z, int64_t y, int64_t x) {
    double sum = 0;
    for (int64_t c = 0; c < p->channels; c++)
        for (int64_t h = 0; h < p->axis[2].in; h++)
            for (int64_t i = 0; i < p->axis[0].in; i++)
                for (int64_t j = 0; j < p->axis[1].in; j++) {
                    int64_t t = tap_at(p, 2, z, h), r = tap_at(p, 0, y, i),
                            s = tap_at(p, 1, x, j);
                    if (t >= 0 && r >= 0 && s >= 0)
                        sum += input_at(p, n, group * p->channels + c, h, i, j) *
                               (double)weight_at(p, group, filter, c, t, r, s);
                }
    return sum;
}

// Which output an output of a layer is: those of phase f, in order.
static int64_t output_of(const struct axis *a, int64_t phase, int64_t place) {
    for (int64_t o = 0;; o++)
        if ((o + a->begin) % a->stride == phase && place-- == 0)
            return o;
}

// The slice of the input that tap `i` of the layer reads for output slice z: of the
// slices that have a tap of the operator, also beyond the map, the i-th.
static int64_t slice_at(const struct problem *p, int64_t z, int64_t i) {
    for (int64_t h = -2 * MOST;; h++)
        if (tap_at(p, 2, z, h) >= 0 && i-- == 0)
            return h;
}

// Executes a layer and counts how often each output is computed.
static void execute(const struct problem *p, const struct sdse_layer *layer,
                    const struct sdse_array *weights, const int64_t phase[3],
                    unsigned char seen[MOST * 2][MOST * 4][MOST * 4]) {
    const struct sdse_nest *nest = &layer->nest;
    const int64_t *b = (const int64_t *)nest->bound;
    const int64_t slices = b[SDSE_N] / p->samples, taps = b[SDSE_C] / p->channels;
    assert_int_equal(b[SDSE_N], p->samples * slices);
    assert_int_equal(b[SDSE_G], p->groups);
    assert_int_equal(b[SDSE_K], p->filters);
    assert_int_equal(b[SDSE_C], p->channels * taps);
    assert_int_equal(nest->map[0], p->axis[0].in);
    assert_int_equal(nest->map[1], p->axis[1].in);
    assert_int_equal(weights->count,
                     p->groups * p->filters * b[SDSE_C] * b[SDSE_R] * b[SDSE_S]);
    for (int64_t at = 0; at < slices * b[SDSE_P] * b[SDSE_Q]; at++) {
        int64_t slice = at / b[SDSE_Q] / b[SDSE_P];
        int64_t row = at / b[SDSE_Q] % b[SDSE_P], column = at % b[SDSE_Q];
        int64_t z = p->transposed ? output_of(&p->axis[2], phase[2], slice) : slice;
        int64_t y = p->transposed ? output_of(&p->axis[0], phase[0], row) : row;
        int64_t x = p->transposed ? output_of(&p->axis[1], phase[1], column) : column;
        assert_true(z < p->axis[2].out && y < p->axis[0].out && x < p->axis[1].out);
        seen[z][y][x]++;
        int64_t n = pick(0, p->samples - 1), g = pick(0, p->groups - 1);
        int64_t k = pick(0, p->filters - 1);
        double sum = 0;
        for (int64_t c = 0; c < b[SDSE_C]; c++)
            for (int64_t r = 0; r < b[SDSE_R]; r++)
                for (int64_t s = 0; s < b[SDSE_S]; s++)
                    sum +=
                        input_at(p, n, g * p->channels + c / taps,
                                 slice_at(p, z, c % taps),
                                 row * nest->stride[0] + r * nest->dilation[0] -
                                     nest->pad[0],
                                 column * nest->stride[1] + s * nest->dilation[1] -
                                     nest->pad[1]) *
                        (double)weights
                            ->data[(((g * b[SDSE_K] + k) * b[SDSE_C] + c) * b[SDSE_R] +
                                    r) *
                                       b[SDSE_S] +
                                   s];
        assert_true(sum == wanted_at(p, n, g, k, z, y, x));
    }
}

// The pads that a transposed convolution has where only its outputs are given.
static void pads_of(struct problem *p, struct axis *a, bool upper) {
    int64_t full =
        (a->in - 1) * a->stride + (a->kernel - 1) * a->dilation + 1 + a->extra;
    int64_t total = full > a->out ? full - a->out : 0;
    a->begin = upper ? total / 2 : total - total / 2;
    a->end = total - a->begin;
    (void)p;
}

static bool make_problem(struct problem *p) {
    *p = (struct problem){.transposed = pick(0, 1),
                          .same = pick(0, 3) == 0,
                          .lower = pick(0, 1),
                          .samples = pick(1, 2),
                          .groups = pick(1, 2),
                          .channels = pick(1, 2),
                          .filters = pick(1, 2)};
    p->shaped = p->transposed && !p->same && pick(0, 5) == 0;
    p->deep = pick(0, 3) == 0;
    p->axis[2] = (struct axis){
        .in = 1, .kernel = 1, .stride = 1, .dilation = 1, .begin = 0, .out = 1};
    for (unsigned i = 0; i < 2u + p->deep; i++) {
        struct axis *a = &p->axis[i];
        *a = (struct axis){.in = pick(1, 5),
                           .kernel = pick(1, 5),
                           .stride = pick(1, 4),
                           .dilation = pick(1, 3),
                           .begin = pick(0, 3),
                           .end = pick(0, 3)};
        if (i == 2)
            a->in = pick(1, 3), a->kernel = pick(1, 3);
        int64_t window = (a->kernel - 1) * a->dilation + 1;
        if (!p->transposed && p->same) {
            a->out = (a->in + a->stride - 1) / a->stride;
            int64_t total = (a->out - 1) * a->stride + window - a->in;
            total = total > 0 ? total : 0;
            a->begin = p->lower ? total - total / 2 : total / 2;
            a->end = total - a->begin;
        } else if (!p->transposed) {
            if (a->in + a->begin + a->end < window)
                return false;
            a->out = (a->in + a->begin + a->end - window) / a->stride + 1;
        } else {
            a->extra = pick(0, a->stride - 1);
            int64_t full = (a->in - 1) * a->stride + window + a->extra;
            a->out = p->same     ? a->in * a->stride
                     : p->shaped ? pick(1, full + 2)
                                 : full - a->begin - a->end;
            if (a->out < 1)
                return false;
            if (p->same || p->shaped)
                pads_of(p, a, p->same && !p->lower);
        }
    }
    return true;
}

// The figures of all axes, the first ones of each before the second ones, as the
// operator has them: depth first.
static void set_axes(struct onnx_builder *b, Onnx__NodeProto *node, const char *key,
                     const struct problem *p, size_t first, size_t second) {
    int64_t list[6];
    size_t count = 0;
    for (size_t half = 0; half < 1 + (second != first); half++)
        for (unsigned i = 0; i < 2u + p->deep; i++) {
            const struct axis *a = &p->axis[p->deep ? (i + 2) % 3 : i];
            memcpy(&list[count++], (const char *)a + (half ? second : first),
                   sizeof *list);
        }
    onnx_set_ints(b, node, key, count, list);
}

static void build(struct onnx_builder *b, const struct problem *p) {
    const struct axis *z = &p->axis[2], *y = &p->axis[0], *x = &p->axis[1];
    const int64_t inputs = p->groups * p->channels;
    const int64_t rows = p->groups * (p->transposed ? p->channels : p->filters);
    const int64_t each = p->transposed ? p->filters : p->channels;
    onnx_input(b, "first", ONNX_DIMS(p->samples, 1));
    if (p->deep) {
        onnx_input(b, "x", ONNX_DIMS(p->samples, inputs, z->in, y->in, x->in));
        onnx_floats(b, "w", ONNX_DIMS(rows, each, z->kernel, y->kernel, x->kernel));
    } else {
        onnx_input(b, "x", ONNX_DIMS(p->samples, inputs, y->in, x->in));
        onnx_floats(b, "w", ONNX_DIMS(rows, each, y->kernel, x->kernel));
    }
    Onnx__NodeProto *node =
        onnx_node(b, p->transposed ? "ConvTranspose" : "Conv", "c", "x,w", "y");
#define AT(field) offsetof(struct axis, field)
    onnx_set_int(b, node, "group", p->groups);
    set_axes(b, node, "strides", p, AT(stride), AT(stride));
    set_axes(b, node, "dilations", p, AT(dilation), AT(dilation));
    if (p->same)
        onnx_set_text(b, node, "auto_pad", p->lower ? "SAME_LOWER" : "SAME_UPPER");
    else if (!p->shaped)
        set_axes(b, node, "pads", p, AT(begin), AT(end));
    if (p->shaped)
        set_axes(b, node, "output_shape", p, AT(out), AT(out));
    if (p->transposed)
        set_axes(b, node, "output_padding", p, AT(extra), AT(extra));
}

// The workload as written and read again is the same layer.
static void expect_same_when_read_again(struct context *context) {
    const struct sdse_workload *net = sdse_imported_workload(context->imported);
    char *text = sdse_workload_text(context->arena, net);
    struct sdse_node *root;
    struct sdse_workload *again;
    assert_int_equal(sdse_tree_parse_memory(context->arena, "w.yaml", text,
                                            strlen(text), &context->diags, &root),
                     SDSE_OK);
    enum sdse_status status =
        sdse_workload_from_tree(context->arena, root, &context->diags, &again);
    if (status != SDSE_OK)
        sdse_diags_print(&context->diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    assert_int_equal(again->layer_count, net->layer_count);
    for (size_t i = 0; i < net->layer_count; i++) {
        assert_memory_equal(&again->layers[i].nest, &net->layers[i].nest,
                            sizeof net->layers[i].nest);
        assert_int_equal(again->layers[i].kind, net->layers[i].kind);
    }
}

// Every output is computed once, but those that no tap reaches.
static void expect_all_seen(const struct problem *p,
                            unsigned char seen[MOST * 2][MOST * 4][MOST * 4]) {
    for (int64_t z = 0; z < p->axis[2].out; z++)
        for (int64_t y = 0; y < p->axis[0].out; y++)
            for (int64_t x = 0; x < p->axis[1].out; x++)
                assert_true(
                    seen[z][y][x] == 1 ||
                    (seen[z][y][x] == 0 && wanted_at(p, 0, 0, 0, z, y, x) == 0));
}

static void execute_all(struct context *context, const struct problem *p) {
    const struct sdse_workload *net = sdse_imported_workload(context->imported);
    static unsigned char seen[MOST * 2][MOST * 4][MOST * 4];
    memset(seen, 0, sizeof seen);
    bool whole = true;
    for (unsigned i = 0; i < 3; i++)
        whole &= p->axis[i].stride == 1;
    for (size_t i = 0; i < net->layer_count; i++) {
        const char *name = net->layers[i].name;
        int64_t phase[3] = {0};
        if (p->transposed && !whole && p->deep)
            assert_int_equal(sscanf(name, "c.%" SCNd64 ".%" SCNd64 ".%" SCNd64,
                                    &phase[2], &phase[0], &phase[1]),
                             3);
        else if (p->transposed && !whole)
            assert_int_equal(
                sscanf(name, "c.%" SCNd64 ".%" SCNd64, &phase[0], &phase[1]), 2);
        struct sdse_array weights;
        assert_int_equal(
            sdse_imported_weights(context->imported, i, &weights, &context->diags),
            SDSE_OK);
        execute(p, &net->layers[i], &weights, phase, seen);
        sdse_array_free(&weights);
    }
    expect_all_seen(p, seen);
}

static void layers_compute_what_the_operators_do(void **state) {
    (void)state;
    unsigned done[2][2] = {{0}};
    random_state = 1;
    while (done[0][0] + done[0][1] + done[1][0] + done[1][1] < 3000) {
        struct problem p;
        if (!make_problem(&p))
            continue;
        struct context *context;
        setup((void **)&context);
        build(&context->b, &p);
        if (import(context) == SDSE_OK) {
            execute_all(context, &p);
            expect_same_when_read_again(context);
            done[p.transposed][p.deep]++;
        } else { // all outputs were cut off
            static unsigned char none[MOST * 2][MOST * 4][MOST * 4];
            assert_true(sdse_diags_fired(&context->diags, "onnx-no-layers"));
            assert_int_equal(context->diags.errors, 1);
            expect_all_seen(&p, none);
        }
        teardown((void **)&context);
    }
    printf(
        "## windows of ONNX models executed: %u convolutions, %u transposed; of three "
        "dimensions %u, %u\n",
        done[0][0], done[1][0], done[0][1], done[1][1]);
}

// One and three spatial dimensions.
static void other_numbers_of_axes(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 4, 10));
    onnx_floats(b, "w", ONNX_DIMS(4, 3, 4));
    Onnx__NodeProto *node = onnx_node(b, "ConvTranspose", "up", "x,w", "y");
    onnx_set_ints(b, node, "strides", ONNX_DIMS(2));
    onnx_set_ints(b, node, "pads", ONNX_DIMS(1, 0));
    onnx_input(b, "v", ONNX_DIMS(1, 3, 8, 6, 5));
    onnx_floats(b, "k", ONNX_DIMS(7, 3, 2, 3, 3));
    node = onnx_node(b, "Conv", "video", "v,k", "z");
    onnx_set_ints(b, node, "strides", ONNX_DIMS(2, 1, 1));
    const struct sdse_layer *layers = expect_layers(context, 3);
    expect_nest(&layers[0], SDSE_CONV, "N1 K3 C4 P1 Q10 R1 S2 G1");
    expect_nest(&layers[1], SDSE_CONV, "N1 K3 C4 P1 Q11 R1 S2 G1");
    expect_nest(&layers[2], SDSE_CONV, "N4 K7 C6 P4 Q3 R3 S3 G1");
    assert_int_equal(layers[0].nest.pad[1], 0);
    assert_int_equal(layers[1].nest.pad[1], 1);
    expect_weights(context, 2, 4, SHAPE(7, 6, 3, 3), onnx_pattern(0), onnx_pattern(1));
    assert_int_equal(context->diags.warnings, 0);
    onnx_set_ints(b, node, "pads", ONNX_DIMS(1, 0, 0, 0, 0, 0));
    layers = expect_layers(context, 3);
    expect_nest(&layers[2], SDSE_CONV, "N4 K7 C6 P4 Q3 R3 S3 G1");
    assert_true(sdse_diags_fired(&context->diags, "onnx-depth"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_compute_what_the_operators_do),
        TEST(other_numbers_of_axes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
