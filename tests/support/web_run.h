// Layers of TensorFlow.js's models, imported and run: what they put out is compared
// with a map that the test has worked out in the file's own order.
#ifndef SDSE_TESTS_WEB_RUN_H
#define SDSE_TESTS_WEB_RUN_H

#include <math.h>

#include "import/forward/run.h"
#include "import/onnx/imported.h"
#include "support/web_builder.h"

static uint64_t state_of = 7;

static inline int pick(int least, int most) {
    state_of = state_of * 6364136223846793005u + 1442695040888963407u;
    return least + (int)((state_of >> 33) % (uint64_t)(most - least + 1));
}

static inline double real(void) { return pick(-64, 64) / 32.0; }

// A map [samples][up to four extents][channels]; numbers in the file's order.
struct map {
    unsigned rank;
    size_t shape[6];
    double data[6000];
};

static inline size_t count_of(const struct map *m) {
    size_t count = 1;
    for (unsigned i = 0; i < m->rank; i++)
        count *= m->shape[i];
    assert_true(count <= sizeof m->data / sizeof *m->data);
    return count;
}

static inline void fill(struct map *m, unsigned rank, const size_t *shape) {
    m->rank = rank;
    memcpy(m->shape, shape, rank * sizeof *shape);
    for (size_t i = 0; i < count_of(m); i++)
        m->data[i] = real();
}

static inline float *random_weights(struct web *w, const char *name, unsigned rank,
                                    const size_t *shape) {
    float *data = web_weights(w, name, rank, shape);
    for (const float *end = w->data + w->count; data < end; data++)
        *data = (float)real();
    size_t count = 1;
    for (unsigned i = 0; i < rank; i++)
        count *= shape[i];
    return w->data + w->count - count;
}

// A layer that puts out what it reads, a product with a matrix of ones and zeros: a
// model has to multiply something.
static inline void as_it_is(struct web *w, const char *name, const char *reads,
                            const struct map *m) {
    const size_t channels = m->shape[m->rank - 1];
    size_t shape[5] = {1, 1, 1, channels, channels};
    const unsigned axes = m->rank > 2 && m->rank < 6 ? m->rank - 2 : 0;
    char weights[64], text[64], class_name[16];
    snprintf(weights, sizeof weights, "%s/kernel", name);
    float *data = web_weights(w, weights, axes + 2, shape + 3 - axes);
    for (size_t i = 0; i < channels; i++)
        data[i * channels + i] = 1;
    snprintf(text, sizeof text, ", \"use_bias\": false");
    if (axes)
        snprintf(class_name, sizeof class_name, "Conv%uD", axes);
    else
        snprintf(class_name, sizeof class_name, "Dense");
    web_layer(w, class_name, name, reads, text);
}

// Adds the input and opens the model, whose last layer is "y".
static inline void open_on(struct web *w, const struct map *x) {
    char shape[128] = ", \"batch_input_shape\": [null";
    for (unsigned i = 1; i < x->rank; i++)
        snprintf(shape + strlen(shape), sizeof shape - strlen(shape), ", %zu",
                 x->shape[i]);
    strcat(shape, "]");
    web_layer(w, "InputLayer", "x", "", shape);
    struct sdse_import_input batch = {
        .name = "batch", .rank = 1, .shape = {x->shape[0]}};
    const struct sdse_import_options options = {.input_count = 1, .inputs = &batch};
    web_open(w, "[\"x\", 0, 0]", "[\"y\", 0, 0]", &options);
}

// Where a number of the file's order is in a value with its channels first.
static inline size_t place_in(const struct sdse_onnx_shape *shape, const struct map *m,
                              size_t i, bool planes) {
    size_t index[6] = {0}, at = 0;
    for (unsigned d = m->rank; d-- > 0; i /= m->shape[d])
        index[d] = i % m->shape[d];
    if (!planes) {
        for (unsigned d = 0; d < m->rank; d++)
            at = at * m->shape[d] + index[d];
        return at;
    }
    at = index[0] * shape->dim[1] + index[m->rank - 1];
    for (unsigned d = 1; d + 1 < m->rank; d++)
        at = at * m->shape[d] + index[d];
    return at;
}

// Runs an opened model on x; what it puts out is y, whichever order it is in.
static inline void expect_numbers(struct web *w, const struct map *x,
                                  const struct map *y, const char *what) {
    if (w->status != SDSE_OK)
        sdse_diags_print(&w->diags, stderr, false);
    assert_int_equal(w->status, SDSE_OK);
    const struct sdse_onnx_graph *graph = &w->imported->graph;
    struct sdse_onnx_numbers out = {0},
                             *given = calloc(graph->value_count, sizeof *given);
    struct map in = *x;
    for (uint32_t v = 0; v < graph->value_count; v++)
        if (strcmp(graph->value[v].name, "x") == 0)
            given[v] =
                (struct sdse_onnx_numbers){graph->value[v].shape, count_of(x), in.data};
    const struct sdse_forward_request request = {
        .graph = graph, .given = given, .threads = 1};
    enum sdse_status status = sdse_forward_check(graph, &w->diags);
    if (status == SDSE_OK)
        status = sdse_forward_run(&request, &out, &w->diags);
    if (status != SDSE_OK)
        sdse_diags_print(&w->diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    if (out.count != count_of(y) || out.shape.rank != y->rank)
        fail_msg("%s: %zu numbers of %u extents, not %zu of %u", what,
                 (size_t)out.count, out.shape.rank, count_of(y), y->rank);
    bool plain = true,
         planes = y->rank > 2 && out.shape.dim[1] == y->shape[y->rank - 1];
    for (unsigned d = 0; d < y->rank; d++)
        plain &= out.shape.dim[d] == y->shape[d];
    // A value may be in either order where extents are the same: one must fit.
    for (size_t i = 0; i < out.count && (plain || planes); i++) {
        const double a = out.data[place_in(&out.shape, y, i, false)],
                     b = planes ? out.data[place_in(&out.shape, y, i, true)] : 0,
                     most = 1e-4 * (1 + fabs(y->data[i]));
        plain &= fabs(a - y->data[i]) <= most;
        planes &= fabs(b - y->data[i]) <= most;
    }
    if (!plain && !planes)
        fail_msg("%s: other numbers\n%s", what, w->layers);
    free(out.data);
    free(given);
    web_end(w);
}

static inline void expect(struct web *w, const struct map *x, const struct map *y,
                          const char *what) {
    open_on(w, x);
    expect_numbers(w, x, y, what);
}

#endif
