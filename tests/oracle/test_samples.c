// Samples of a batch in a graph, against the graph executed: a value that is said to
// hold the samples in a place changes there alone when one sample of the inputs does; a
// node that is said to mix samples does.
#include "import/onnx/batch.h"

#include "support/forward_case.h"

enum { MOST_VALUES = 24, MOST_WORDS = 400, CASES = 4000 };

struct world {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct onnx_builder b;
    struct sdse_onnx_graph graph;
    unsigned values;
    const char *name[MOST_VALUES]; // that hold what the inputs give
    unsigned names;
    int64_t batch;
    unsigned inputs;
    struct tensor input[2];
    unsigned axis[2]; // of the batch
};

static const char *new_name(struct world *w) {
    return sdse_arena_printf(w->arena, "v%u", w->names++);
}

static const struct sdse_onnx_value *value_of(const struct world *w, const char *name) {
    for (uint32_t i = 0; i < w->graph.value_count; i++)
        if (strcmp(w->graph.value[i].name, name) == 0)
            return &w->graph.value[i];
    fail_msg("no value '%s'", name);
    return NULL;
}

static void infer(struct world *w) {
    sdse_diags_init(&w->diags, w->arena);
    assert_int_equal(sdse_onnx_graph_build(&w->b.model, "m.onnx", NULL, w->arena,
                                           &w->diags, &w->graph),
                     SDSE_OK);
    sdse_onnx_infer_shapes(&w->graph);
}

static const char *constant(struct world *w, unsigned rank, const int64_t *dims) {
    const char *name = new_name(w);
    Onnx__TensorProto *tensor = onnx_floats(&w->b, name, rank, dims);
    for (size_t i = 0; i < tensor->n_float_data; i++)
        tensor->float_data[i] = (float)pick_real() / 2 + 0.3f;
    return name;
}

static const char *ints(struct world *w, size_t count, const int64_t *values) {
    const char *name = new_name(w);
    onnx_ints(&w->b, name, count, values);
    return name;
}

// Adds a node; keeps it if its shapes make sense and are small.
static void finish(struct world *w, const Onnx__NodeProto *node) {
    const char *out = node->output[0];
    infer(w);
    const struct sdse_onnx_value *value = value_of(w, out);
    const bool good =
        w->diags.errors == 0 && value->shape.known &&
        sdse_onnx_product(&value->shape, 0, value->shape.rank) > 0 &&
        sdse_onnx_product(&value->shape, 0, value->shape.rank) <= MOST_WORDS &&
        value->shape.rank <= 5 && sdse_forward_check(&w->graph, &w->diags) == SDSE_OK;
    if (good && w->values < MOST_VALUES)
        w->name[w->values++] = out;
    else
        w->b.graph.n_node--;
}

struct view {
    const char *name;
    unsigned rank;
    int64_t dim[SDSE_ARRAY_MAX_RANK], count;
};

static struct view view_of(const struct world *w, const char *name) {
    const struct sdse_onnx_shape *shape = &value_of(w, name)->shape;
    struct view v = {.name = name, .rank = shape->rank, .count = 1};
    for (unsigned d = 0; d < v.rank; d++)
        v.count *= v.dim[d] = (int64_t)shape->dim[d];
    return v;
}

static char *join(struct world *w, const char *a, const char *b) {
    return sdse_arena_printf(w->arena, "%s,%s", a, b);
}

static Onnx__NodeProto *node(struct world *w, const char *op, const char *inputs) {
    const char *out = new_name(w);
    return onnx_node(&w->b, op, out, inputs, out);
}

static void set_axis(struct world *w, Onnx__NodeProto *n, int64_t axis) {
    onnx_set_int(&w->b, n, "axis", axis);
}

// Splits an extent in two, or puts two together.
static void add_reshape(struct world *w, const struct view *v) {
    int64_t to[SDSE_ARRAY_MAX_RANK];
    unsigned rank = 0, at = (unsigned)pick(0, v->rank - 1);
    const bool split = pick(0, 1);
    const int64_t part = pick(2, 3);
    for (unsigned d = 0; d < v->rank; d++) {
        if (d == at && split && v->dim[d] % part == 0) {
            to[rank++] = pick(0, 1) ? part : v->dim[d] / part;
            to[rank] = v->dim[d] / to[rank - 1];
            rank++;
        } else if (d == at && !split && d + 1 < v->rank) {
            to[rank++] = v->dim[d] * v->dim[d + 1];
            d++;
        } else {
            to[rank++] = v->dim[d];
        }
    }
    Onnx__NodeProto *n = node(w, "Reshape", join(w, v->name, ints(w, rank, to)));
    finish(w, n);
}

static void add_transpose(struct world *w, const struct view *v, bool last_two) {
    int64_t perm[SDSE_ARRAY_MAX_RANK];
    for (unsigned d = 0; d < v->rank; d++)
        perm[d] = d;
    for (unsigned d = v->rank; d-- > 1 && !last_two;) {
        const unsigned other = (unsigned)pick(0, d);
        const int64_t kept = perm[d];
        perm[d] = perm[other];
        perm[other] = kept;
    }
    if (last_two && v->rank > 1) {
        perm[v->rank - 1] = v->rank - 2;
        perm[v->rank - 2] = v->rank - 1;
    }
    Onnx__NodeProto *n = node(w, "Transpose", v->name);
    onnx_set_ints(&w->b, n, "perm", v->rank, perm);
    finish(w, n);
}

// With another value, as numpy repeats it, or a constant.
static void add_binary(struct world *w, const struct view *v) {
    static const char *const ops[] = {"Add", "Mul", "Sub", "Max"};
    const char *other;
    if (pick(0, 1)) {
        other = w->name[pick(0, w->values - 1)];
    } else {
        int64_t dims[SDSE_ARRAY_MAX_RANK];
        for (unsigned d = 0; d < v->rank; d++)
            dims[d] = pick(0, 1) ? v->dim[d] : 1;
        other = constant(w, v->rank, dims);
    }
    Onnx__NodeProto *n = node(w, ops[pick(0, 3)], join(w, v->name, other));
    finish(w, n);
}

static void add_product(struct world *w, const struct view *v) {
    if (v->rank < 2)
        return;
    if (pick(0, 1)) {
        add_transpose(w, v, true);
        Onnx__NodeProto *n =
            node(w, "MatMul", join(w, v->name, w->name[w->values - 1]));
        finish(w, n);
        return;
    }
    const char *other = pick(0, 2) ? constant(w, 2, (int64_t[]){v->dim[v->rank - 1], 3})
                                   : w->name[pick(0, w->values - 1)];
    const bool left = pick(0, 3) == 0;
    if (left)
        other = constant(w, 2, (int64_t[]){3, v->dim[v->rank - 2]});
    Onnx__NodeProto *n =
        node(w, "MatMul", left ? join(w, other, v->name) : join(w, v->name, other));
    finish(w, n);
}

static void add_gemm(struct world *w, const struct view *v) {
    if (v->rank != 2)
        return;
    const bool ta = pick(0, 1), tb = pick(0, 1), own = pick(0, 2) == 0;
    const int64_t inner = v->dim[ta ? 0 : 1];
    const char *other =
        own ? v->name
            : constant(w, 2, tb ? (int64_t[]){3, inner} : (int64_t[]){inner, 3});
    Onnx__NodeProto *n = node(w, "Gemm", join(w, v->name, other));
    onnx_set_int(&w->b, n, "transA", ta);
    onnx_set_int(&w->b, n, "transB", tb);
    finish(w, n);
}

static void add_along(struct world *w, const struct view *v) {
    static const char *const ops[] = {"Softmax", "LogSoftmax", "LpNormalization",
                                      "CumSum", "LayerNormalization"};
    const int kind = (int)pick(0, 4);
    const int64_t axis = pick(-(int64_t)v->rank, v->rank - 1);
    const char *inputs = v->name;
    if (kind == 3)
        inputs = join(w, v->name, ints(w, 1, &axis));
    if (kind == 4) {
        const unsigned first = (unsigned)(axis < 0 ? axis + v->rank : axis);
        inputs = join(w, v->name, constant(w, v->rank - first, v->dim + first));
    }
    Onnx__NodeProto *n = node(w, ops[kind], inputs);
    if (kind != 3)
        set_axis(w, n, axis);
    finish(w, n);
}

static void add_reduction(struct world *w, const struct view *v) {
    static const char *const ops[] = {"ReduceSum", "ReduceMean", "ReduceMax", "ArgMax"};
    const int kind = (int)pick(0, 3);
    const int64_t axis = pick(-(int64_t)v->rank, v->rank - 1);
    const char *inputs = v->name;
    if (kind == 0)
        inputs = join(w, v->name, ints(w, 1, &axis));
    Onnx__NodeProto *n = node(w, ops[kind], inputs);
    onnx_set_int(&w->b, n, "keepdims", pick(0, 1));
    if (kind == 3)
        set_axis(w, n, axis);
    else if (kind != 0)
        onnx_set_ints(&w->b, n, "axes", 1, &axis);
    finish(w, n);
    if (kind != 3 || strcmp(w->name[w->values - 1], n->output[0]) != 0)
        return;
    // A table of what was found, by rows or by columns.
    const bool columns = pick(0, 1);
    const char *table =
        constant(w, 2, columns ? (int64_t[]){2, 32} : (int64_t[]){32, 2});
    n = node(w, "Gather", join(w, table, n->output[0]));
    set_axis(w, n, columns);
    finish(w, n);
}

static void add_concat(struct world *w, const struct view *v) {
    const unsigned axis = (unsigned)pick(0, v->rank - 1);
    int64_t dims[SDSE_ARRAY_MAX_RANK];
    memcpy(dims, v->dim, sizeof dims);
    dims[axis] = pick(1, 2);
    const char *other =
        pick(0, 1) ? constant(w, v->rank, dims) : w->name[pick(0, w->values - 1)];
    Onnx__NodeProto *n = node(
        w, "Concat", pick(0, 1) ? join(w, v->name, other) : join(w, other, v->name));
    set_axis(w, n, axis);
    finish(w, n);
}

static void add_slice(struct world *w, const struct view *v) {
    const int64_t axis = pick(-(int64_t)v->rank, v->rank - 1);
    const int64_t extent = v->dim[axis < 0 ? axis + v->rank : axis];
    const bool back = pick(0, 2) == 0;
    const int64_t start = back ? extent - 1 : pick(0, 1), end = back ? -100 : 100;
    const int64_t by = (back ? -1 : 1) * pick(1, 2);
    char *inputs = join(w, join(w, v->name, ints(w, 1, &start)), ints(w, 1, &end));
    inputs = join(w, join(w, inputs, ints(w, 1, &axis)), ints(w, 1, &by));
    finish(w, node(w, "Slice", inputs));
}

static void add_gather(struct world *w, const struct view *v) {
    const int64_t axis = pick(0, v->rank - 1), extent = v->dim[axis];
    int64_t from[3];
    const size_t count = (size_t)pick(1, 3);
    for (size_t i = 0; i < count; i++)
        from[i] = pick(0, extent - 1);
    Onnx__NodeProto *n = node(w, "Gather", join(w, v->name, ints(w, count, from)));
    set_axis(w, n, axis);
    finish(w, n);
}

static void add_window(struct world *w, const struct view *v) {
    static const char *const pools[] = {"MaxPool", "AveragePool"};
    int64_t kernel[3], pads[6] = {0};
    const unsigned axes = v->rank - 2;
    if (v->rank < 3 || v->rank > 5)
        return;
    for (unsigned i = 0; i < axes; i++) {
        kernel[i] = pick(1, v->dim[2 + i] < 3 ? v->dim[2 + i] : 3);
        pads[i] = kernel[i] > 1 ? pick(0, 1) : 0;
        pads[axes + i] = kernel[i] > 1 ? pick(0, 1) : 0;
    }
    if (pick(0, 3) == 0) {
        finish(w, node(w, pick(0, 1) ? "GlobalAveragePool" : "GlobalMaxPool", v->name));
        return;
    }
    if (pick(0, 1)) {
        Onnx__NodeProto *n = node(w, pools[pick(0, 1)], v->name);
        onnx_set_ints(&w->b, n, "kernel_shape", axes, kernel);
        onnx_set_ints(&w->b, n, "pads", 2 * axes, pads);
        finish(w, n);
        return;
    }
    const bool grouped = pick(0, 1);
    int64_t dims[SDSE_ARRAY_MAX_RANK] = {grouped ? v->dim[1] : 2,
                                         grouped ? 1 : v->dim[1]};
    memcpy(dims + 2, kernel, axes * sizeof *kernel);
    const bool turned = pick(0, 2) == 0;
    if (turned) {
        dims[0] = v->dim[1];
        dims[1] = grouped ? 1 : 2;
    }
    Onnx__NodeProto *n = node(w, turned ? "ConvTranspose" : "Conv",
                              join(w, v->name, constant(w, v->rank, dims)));
    onnx_set_int(&w->b, n, "group", grouped ? v->dim[1] : 1);
    if (!turned)
        onnx_set_ints(&w->b, n, "pads", 2 * axes, pads);
    finish(w, n);
}

static void add_norm(struct world *w, const struct view *v) {
    if (v->rank < 3)
        return;
    const int kind = (int)pick(0, 3);
    char *inputs = sdse_arena_strdup(w->arena, v->name);
    static const char *const ops[] = {"BatchNormalization", "InstanceNormalization",
                                      "LRN", "GroupNormalization"};
    for (int i = 0; i < (kind == 0 ? 4 : kind == 2 ? 0 : 2); i++) {
        const char *name = constant(w, 1, (int64_t[]){v->dim[1]});
        Onnx__TensorProto *tensor = w->b.tensors[w->b.graph.n_initializer - 1];
        for (size_t j = 0; j < tensor->n_float_data; j++) // variances are positive
            tensor->float_data[j] = fabsf(tensor->float_data[j]) + 0.5f;
        inputs = join(w, inputs, name);
    }
    Onnx__NodeProto *n = node(w, ops[kind], inputs);
    if (kind == 2)
        onnx_set_int(&w->b, n, "size", 3);
    if (kind == 3)
        onnx_set_int(&w->b, n, "num_groups",
                     v->dim[1] % 2 == 0 && pick(0, 1) ? 2
                     : pick(0, 1)                     ? 1
                                                      : v->dim[1]);
    finish(w, n);
}

static void add_recurrent(struct world *w, const struct view *v) {
    static const char *const ops[] = {"RNN", "GRU", "LSTM"};
    static const int64_t gates[] = {1, 3, 4};
    const int kind = (int)pick(0, 2);
    if (v->rank != 3 || v->dim[0] > 6)
        return;
    const char *x2h = constant(w, 3, (int64_t[]){1, 2 * gates[kind], v->dim[2]});
    const char *h2h = constant(w, 3, (int64_t[]){1, 2 * gates[kind], 2});
    Onnx__NodeProto *n = node(w, ops[kind], join(w, join(w, v->name, x2h), h2h));
    onnx_set_int(&w->b, n, "hidden_size", 2);
    onnx_set_int(&w->b, n, "layout", pick(0, 1));
    finish(w, n);
}

static void add_axes(struct world *w, const struct view *v) {
    const int kind = (int)pick(0, 3);
    if (kind == 0) {
        Onnx__NodeProto *n = node(w, "Flatten", v->name);
        set_axis(w, n, pick(0, v->rank));
        finish(w, n);
    } else if (kind == 1) {
        const int64_t axis = pick(0, v->rank);
        finish(w, node(w, "Unsqueeze", join(w, v->name, ints(w, 1, &axis))));
    } else if (kind == 2) {
        finish(w, node(w, "Squeeze", v->name));
    } else {
        int64_t pads[2 * SDSE_ARRAY_MAX_RANK] = {0};
        pads[pick(0, 2 * v->rank - 1)] = pick(0, 2);
        finish(w, node(w, "Pad", join(w, v->name, ints(w, 2 * v->rank, pads))));
    }
}

static void add_repeat(struct world *w, const struct view *v) {
    int64_t to[SDSE_ARRAY_MAX_RANK];
    const bool tile = pick(0, 1), longer = !tile && pick(0, 1);
    if (longer)
        to[0] = 2;
    for (unsigned d = 0; d < v->rank; d++)
        to[d + longer] = tile ? pick(1, 2) : v->dim[d] == 1 ? pick(1, 2) : v->dim[d];
    finish(w, node(w, tile ? "Tile" : "Expand",
                   join(w, v->name, ints(w, v->rank + longer, to))));
}

static void add_function(struct world *w, const struct view *v) {
    static const char *const ops[] = {"Relu", "Sigmoid", "Neg", "Identity", "Tanh"};
    finish(w, node(w, ops[pick(0, 4)], v->name));
}

static void add_step(struct world *w) {
    const struct view v =
        view_of(w, w->name[pick(pick(0, 1) ? w->values - 1 : 0, w->values - 1)]);
    if (v.rank == 0)
        return;
    switch (pick(0, 16)) {
    case 0:
    case 1:
        add_reshape(w, &v);
        break;
    case 2:
    case 3:
        add_transpose(w, &v, false);
        break;
    case 4:
        add_binary(w, &v);
        break;
    case 5:
        add_product(w, &v);
        break;
    case 6:
        add_gemm(w, &v);
        break;
    case 7:
        add_along(w, &v);
        break;
    case 8:
        add_reduction(w, &v);
        break;
    case 9:
        add_concat(w, &v);
        break;
    case 10:
        add_slice(w, &v);
        break;
    case 11:
        add_gather(w, &v);
        break;
    case 12:
        add_window(w, &v);
        break;
    case 13:
        add_norm(w, &v);
        break;
    case 14:
        add_recurrent(w, &v);
        break;
    case 15:
        add_axes(w, &v);
        break;
    default:
        pick(0, 1) ? add_repeat(w, &v) : add_function(w, &v);
    }
}

static void begin(struct world *w) {
    memset(w, 0, sizeof *w);
    w->arena = sdse_arena_new();
    onnx_begin(&w->b, w->arena);
    w->batch = pick(2, 4);
    w->inputs = (unsigned)pick(1, 2);
    for (unsigned i = 0; i < w->inputs; i++) {
        int64_t dims[SDSE_ARRAY_MAX_RANK];
        const unsigned rank = (unsigned)pick(1, 4);
        w->axis[i] = (unsigned)pick(0, rank - 1);
        for (unsigned d = 0; d < rank; d++)
            dims[d] = d == w->axis[i] ? w->batch : pick(1, 4);
        w->input[i] = random_tensor(rank, dims);
        w->name[w->values++] = sdse_arena_printf(w->arena, "in%u", i);
        onnx_input(&w->b, w->name[i], rank, dims);
    }
    infer(w);
}

static void end(struct world *w) {
    for (unsigned i = 0; i < w->inputs; i++)
        free(w->input[i].data);
    sdse_arena_free(w->arena);
}

// All values, as the graph gives them.
static struct sdse_onnx_numbers *run(struct world *w) {
    struct sdse_onnx_numbers *given =
        SDSE_ARENA_ARRAY(w->arena, struct sdse_onnx_numbers, w->graph.value_count + 1);
    struct sdse_onnx_numbers *out =
        SDSE_ARENA_ARRAY(w->arena, struct sdse_onnx_numbers, w->values);
    for (unsigned i = 0; i < w->inputs; i++) {
        const struct sdse_onnx_value *value = value_of(w, w->name[i]);
        given[value - w->graph.value] = (struct sdse_onnx_numbers){
            value->shape, w->input[i].count, w->input[i].data};
    }
    const struct sdse_forward_request request = {
        .graph = &w->graph, .given = given, .threads = 1};
    if (sdse_forward_run(&request, out, &w->diags) != SDSE_OK) {
        sdse_diags_print(&w->diags, stderr, false);
        fail_msg("the graph does not run");
    }
    return out;
}

// Other numbers in one sample of all inputs.
static void change_sample(struct world *w, int64_t sample) {
    for (unsigned i = 0; i < w->inputs; i++) {
        const struct tensor *t = &w->input[i];
        for (size_t j = 0; j < t->count; j++) {
            int64_t at[SDSE_ARRAY_MAX_RANK];
            place_to_at(t->rank, t->dim, j, at);
            if (at[w->axis[i]] == sample)
                t->data[j] = pick_real();
        }
    }
}

static bool differs(double a, double b) { return a != b && !(isnan(a) && isnan(b)); }

static void print_graph(const struct world *w, const struct sdse_onnx_samples *at) {
    for (uint32_t i = 0; i < w->graph.value_count; i++) {
        const struct sdse_onnx_value *value = &w->graph.value[i];
        fprintf(stderr, "  %s [", value->name);
        for (unsigned d = 0; d < value->shape.rank; d++)
            fprintf(stderr, "%s%d", d ? "," : "", (int)value->shape.dim[d]);
        fprintf(stderr, "] hold %d before %d after %d\n", at[i].hold, (int)at[i].before,
                (int)at[i].after);
    }
    for (uint32_t i = 0; i < w->graph.node_count; i++) {
        const Onnx__NodeProto *proto = w->graph.node[i].proto;
        fprintf(stderr, "  %s = %s(", proto->output[0], proto->op_type);
        for (size_t j = 0; j < proto->n_input; j++)
            fprintf(stderr, "%s%s", j ? ", " : "", proto->input[j]);
        fprintf(stderr, ")\n");
    }
}

struct tally {
    unsigned held, lost, none, mixed, seen_mixed;
};

// Values before the node that mixes are as they are said to be.
static void check_places(struct world *w, const struct sdse_onnx_samples *at,
                         const struct sdse_onnx_numbers *before,
                         const struct sdse_onnx_numbers *after, int64_t sample,
                         uint32_t stop, struct tally *tally) {
    for (unsigned v = 0; v < w->values; v++) {
        const struct sdse_onnx_value *value = value_of(w, w->name[v]);
        const struct sdse_onnx_samples *s = &at[value - w->graph.value];
        if (stop != SDSE_ONNX_NONE && value->producer != SDSE_ONNX_NONE &&
            value->producer >= stop)
            continue;
        tally->held += s->hold == SDSE_ONNX_HAS_SAMPLES;
        tally->lost += s->hold == SDSE_ONNX_LOST_SAMPLES;
        tally->none += s->hold == SDSE_ONNX_NO_SAMPLES;
        if (s->hold == SDSE_ONNX_HAS_SAMPLES)
            assert_int_equal(s->before * s->after * (uint64_t)w->batch,
                             before[v].count);
        for (uint64_t i = 0; i < before[v].count; i++) {
            if (!differs(before[v].data[i], after[v].data[i]))
                continue;
            assert_true(s->hold != SDSE_ONNX_NO_SAMPLES);
            if (s->hold == SDSE_ONNX_HAS_SAMPLES &&
                i / s->after % (uint64_t)w->batch != (uint64_t)sample) {
                print_graph(w, at);
                fail_msg("node '%s' (%s): element %llu changes with sample %lld",
                         w->name[v], w->graph.node[value->producer].op,
                         (unsigned long long)i, (long long)sample);
            }
        }
    }
}

// The outputs of the node that mixes: some element moves with two samples, or with one
// while others move nothing.
static bool does_mix(struct world *w, uint32_t node,
                     struct sdse_onnx_numbers *const *runs) {
    for (unsigned v = 0; v < w->values; v++) {
        const struct sdse_onnx_value *value = value_of(w, w->name[v]);
        if (value->producer != node)
            continue;
        bool idle = false;
        for (int64_t b = 0; b < w->batch; b++) {
            bool moves = false;
            for (uint64_t i = 0; i < runs[0][v].count; i++)
                moves |= differs(runs[0][v].data[i], runs[b + 1][v].data[i]);
            idle |= !moves;
        }
        for (uint64_t i = 0; i < runs[0][v].count; i++) {
            unsigned movers = 0;
            for (int64_t b = 0; b < w->batch; b++)
                movers += differs(runs[0][v].data[i], runs[b + 1][v].data[i]);
            if (movers > 1)
                return true;
        }
        return idle;
    }
    return true; // a node that is not kept
}

static void free_runs(struct world *w, struct sdse_onnx_numbers *runs) {
    for (unsigned v = 0; v < w->values; v++)
        free(runs[v].data);
}

static void one_case(struct tally *tally) {
    struct world w;
    begin(&w);
    for (int64_t steps = pick(1, 9); steps > 0 && w.b.graph.n_initializer < 50; steps--)
        add_step(&w);
    Onnx__ValueInfoProto *outputs[MOST_VALUES];
    for (unsigned v = 0; v < w.values; v++) {
        outputs[v] = SDSE_ARENA_NEW(w.arena, Onnx__ValueInfoProto);
        onnx__value_info_proto__init(outputs[v]);
        outputs[v]->name = onnx_text(&w.b, w.name[v]);
    }
    w.b.graph.n_output = w.values;
    w.b.graph.output = outputs;
    infer(&w);
    struct sdse_onnx_samples *at =
        SDSE_ARENA_ARRAY(w.arena, struct sdse_onnx_samples, w.graph.value_count + 1);
    for (unsigned i = 0; i < w.inputs; i++) {
        const struct sdse_onnx_value *value = value_of(&w, w.name[i]);
        at[value - w.graph.value] = (struct sdse_onnx_samples){
            SDSE_ONNX_HAS_SAMPLES, sdse_onnx_product(&value->shape, 0, w.axis[i]),
            sdse_onnx_product(&value->shape, w.axis[i] + 1, value->shape.rank)};
    }
    const struct sdse_onnx_mixed mixed =
        sdse_onnx_samples_follow(&w.graph, (uint64_t)w.batch, at);
    struct sdse_onnx_numbers *runs[5] = {run(&w)};
    for (int64_t b = 0; b < w.batch; b++) {
        double *kept[2];
        for (unsigned i = 0; i < w.inputs; i++) {
            kept[i] = malloc(w.input[i].count * sizeof(double));
            memcpy(kept[i], w.input[i].data, w.input[i].count * sizeof(double));
        }
        change_sample(&w, b);
        runs[b + 1] = run(&w);
        for (unsigned i = 0; i < w.inputs; i++) {
            memcpy(w.input[i].data, kept[i], w.input[i].count * sizeof(double));
            free(kept[i]);
        }
        check_places(&w, at, runs[0], runs[b + 1], b, mixed.node, tally);
    }
    if (mixed.node != SDSE_ONNX_NONE) {
        tally->mixed++;
        tally->seen_mixed += does_mix(&w, mixed.node, runs);
    }
    for (int64_t b = 0; b <= w.batch; b++)
        free_runs(&w, runs[b]);
    end(&w);
}

static void samples_are_where_they_are_said_to_be(void **state) {
    (void)state;
    struct tally tally = {0};
    case_random = 5;
    for (unsigned i = 0; i < CASES; i++)
        one_case(&tally);
    printf(
        "## samples followed: %u graphs, %u values with samples in place, %u mixings "
        "of which %u were seen\n",
        CASES, tally.held, tally.mixed, tally.seen_mixed);
    assert_true(tally.held > 4 * tally.lost);
    assert_true(tally.mixed > CASES / 10);
    // The maximum of several numbers may be nobody's but one's.
    assert_true(tally.seen_mixed * 100 >= tally.mixed * 97);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_where_they_are_said_to_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
