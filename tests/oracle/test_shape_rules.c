// The shape that every operator's rule gives, against what a naive executor finds: it
// walks over positions, windows and indices one by one, as the operators are defined.
#include "support/forward_case.h"

enum { CASES = 400 };

static unsigned cases_run;

// What is expected; rank -1: a contradiction.
struct wanted {
    int rank;
    int64_t dim[SDSE_ARRAY_MAX_RANK];
};

static const struct wanted wrong = {.rank = -1};

static struct wanted dims(unsigned rank, const int64_t *dim) {
    struct wanted w = {.rank = (int)rank};
    for (unsigned d = 0; d < rank; d++)
        w.dim[d] = dim[d];
    return w;
}

static void describe(char *text, size_t room, int rank, const int64_t *dim) {
    size_t used = (size_t)snprintf(text, room, rank < 0 ? "refused" : "[");
    for (int d = 0; d < rank; d++)
        used += (size_t)snprintf(text + used, room - used, "%s%lld", d ? " " : "",
                                 (long long)dim[d]);
}

// Output `which` of the node has this shape, or the node is refused.
static void expect(const struct sdse_onnx_graph *graph, const struct forward_case *c,
                   unsigned which, struct wanted wanted) {
    static const char *const names[] = {"y", "y1", "y2", "y3"};
    const struct sdse_onnx_value *value = NULL;
    for (uint32_t i = 0; i < graph->value_count; i++)
        if (strcmp(graph->value[i].name, names[which]) == 0)
            value = &graph->value[i];
    assert_non_null(value);
    bool same = value->shape.known == (wanted.rank >= 0) &&
                (c->diags.errors > 0) == (wanted.rank < 0) &&
                (wanted.rank < 0 || (int)value->shape.rank == wanted.rank);
    int64_t found[SDSE_ARRAY_MAX_RANK] = {0};
    for (int d = 0; d < wanted.rank && same; d++)
        same = value->shape.dim[d] == (uint64_t)wanted.dim[d];
    cases_run++;
    if (same)
        return;
    char got[128], want[128];
    for (unsigned d = 0; d < value->shape.rank; d++)
        found[d] = (int64_t)value->shape.dim[d];
    describe(got, sizeof got, value->shape.known ? (int)value->shape.rank : -1, found);
    describe(want, sizeof want, wanted.rank, wanted.dim);
    for (unsigned i = 0; i < c->inputs; i++) {
        char in[128];
        describe(in, sizeof in, (int)c->in[i].rank, c->in[i].dim);
        fprintf(stderr, "input %u: %s\n", i, in);
    }
    for (size_t i = 0; i < c->node->n_attribute; i++) {
        const Onnx__AttributeProto *a = c->node->attribute[i];
        fprintf(stderr, "%s = %lld", a->name, (long long)a->i);
        for (size_t j = 0; j < a->n_ints; j++)
            fprintf(stderr, " %lld", (long long)a->ints[j]);
        fprintf(stderr, "\n");
    }
    fail_msg("%s: got %s, wanted %s", c->node->op_type, got, want);
}

static void finish(struct forward_case *c, struct wanted wanted) {
    struct sdse_onnx_graph graph;
    case_graph(c, &graph);
    expect(&graph, c, 0, wanted);
    case_end(c);
}

// A map of random extents, which the model reads.
static struct tensor map_of(unsigned rank, int64_t most) {
    int64_t dim[SDSE_ARRAY_MAX_RANK];
    for (unsigned d = 0; d < rank; d++)
        dim[d] = pick(1, most);
    return make_tensor(rank, dim);
}

static unsigned any_rank(unsigned least) { return (unsigned)pick(least, 5); }

// An axis counted from either end; now and then one too far.
static int64_t any_axis(unsigned rank, bool *good) {
    const int64_t axis =
        pick(-(int64_t)rank - (pick(0, 9) == 0), (int64_t)rank - (pick(0, 9) != 0));
    *good = axis >= -(int64_t)rank && axis < (int64_t)rank;
    return axis;
}

static unsigned plain_axis(int64_t axis, unsigned rank) {
    return (unsigned)(axis < 0 ? axis + (int64_t)rank : axis);
}

// ---- windows ----------------------------------------------------------------

// Windows along an axis, by trying one start after the other.
static int64_t count_windows(int64_t in, int64_t kernel, int64_t stride,
                             int64_t dilation, int64_t before, int64_t after,
                             bool ceiling) {
    int64_t count = 0, covered = -before - 1;
    for (int64_t start = -before; start < in + after; start += stride) {
        bool inside = true;
        for (int64_t tap = 0; tap < kernel; tap++)
            inside &= start + tap * dilation < in + after;
        if (!inside && !(ceiling && start < in && covered < in + after - 1))
            break;
        count++;
        covered = start + (kernel - 1) * dilation;
        if (!inside) // the one partial window
            break;
    }
    return count;
}

// Pads of SAME: the least that give a window for each stride of the input.
static void pad_same(int64_t in, int64_t kernel, int64_t stride, int64_t dilation,
                     bool upper, int64_t *before, int64_t *after) {
    int64_t windows = 0;
    for (int64_t at = 0; at < in; at += stride)
        windows++;
    *before = *after = 0;
    while (count_windows(in, kernel, stride, dilation, *before, *after, false) <
           windows)
        if ((*before + *after) % 2 == (upper ? 0 : 1))
            ++*after;
        else
            ++*before;
}

static void windows_are_counted_one_by_one(void **state) {
    static const char *const ops[] = {"Conv", "MaxPool", "AveragePool", "LpPool",
                                      "ConvInteger"};
    (void)state;
    case_random = 11;
    for (unsigned i = 0; i < 4 * CASES; i++) {
        struct forward_case c;
        const unsigned op = i % 5, axes = (unsigned)pick(1, 3);
        const bool conv = op == 0 || op == 4;
        const int how = (int)pick(0, 4); // of padding
        const bool ceiling = !conv && how < 3 && pick(0, 1);
        struct tensor x = map_of(2 + axes, 9);
        int64_t kernel[3], stride[3], dilation[3], pads[6],
            out[5] = {x.dim[0], x.dim[1]};
        bool fits = true;
        case_begin(&c, ops[op]);
        for (unsigned d = 0; d < axes; d++) {
            kernel[d] = pick(1, 4);
            stride[d] = pick(1, 3);
            dilation[d] = pick(1, 2);
            pads[d] = how == 0 ? 0 : pick(0, 3);
            pads[axes + d] = how == 0 ? 0 : pick(0, 3);
            if (how > 2)
                pads[d] = pads[axes + d] = 0;
            if (how == 3)
                pad_same(x.dim[2 + d], kernel[d], stride[d], dilation[d], true,
                         &pads[d], &pads[axes + d]);
            out[2 + d] = count_windows(x.dim[2 + d], kernel[d], stride[d], dilation[d],
                                       pads[d], pads[axes + d], false);
            fits &= out[2 + d] > 0;
            out[2 + d] = count_windows(x.dim[2 + d], kernel[d], stride[d], dilation[d],
                                       pads[d], pads[axes + d], ceiling);
        }
        const int64_t filters = pick(1, 4);
        const int64_t groups = conv && x.dim[1] % 2 == 0 && filters % 2 == 0 ? 2 : 1;
        case_add(&c, x);
        if (conv) {
            int64_t w[5] = {filters, x.dim[1] / groups};
            memcpy(w + 2, kernel, axes * sizeof *w);
            case_add(&c, make_tensor(2 + axes, w));
            onnx_set_int(&c.b, c.node, "group", groups);
            out[1] = filters;
        } else {
            onnx_set_ints(&c.b, c.node, "kernel_shape", axes, kernel);
        }
        onnx_set_ints(&c.b, c.node, "strides", axes, stride);
        onnx_set_ints(&c.b, c.node, "dilations", axes, dilation);
        if (how == 3)
            onnx_set_text(&c.b, c.node, "auto_pad", "SAME_UPPER");
        else if (how == 4)
            onnx_set_text(&c.b, c.node, "auto_pad", "VALID");
        else if (how > 0)
            onnx_set_ints(&c.b, c.node, "pads", 2 * axes, pads);
        if (ceiling)
            onnx_set_int(&c.b, c.node, "ceil_mode", 1);
        finish(&c, fits ? dims(2 + axes, out) : wrong);
    }
}

// The outputs that a transposed convolution writes, pads cut off.
static void transposed_windows_write_their_outputs(void **state) {
    (void)state;
    case_random = 12;
    for (unsigned i = 0; i < 2 * CASES; i++) {
        struct forward_case c;
        const unsigned axes = (unsigned)pick(1, 3);
        struct tensor x = map_of(2 + axes, 5);
        const int64_t groups = x.dim[1] % 2 == 0 ? 2 : 1;
        int64_t w[5] = {x.dim[1], pick(1, 3)}, out[5] = {x.dim[0], w[1] * groups};
        int64_t stride[3], dilation[3], pads[6], extra[3];
        const bool same = pick(0, 3) == 0;
        bool left = true;
        case_begin(&c, "ConvTranspose");
        for (unsigned d = 0; d < axes; d++) {
            w[2 + d] = pick(1, 4);
            stride[d] = pick(1, 3);
            dilation[d] = pick(1, 2);
            pads[d] = pick(0, 2);
            pads[axes + d] = pick(0, 2);
            extra[d] = pick(0, stride[d] - 1);
            int64_t last = 0;
            for (int64_t at = 0; at < x.dim[2 + d]; at++)
                for (int64_t tap = 0; tap < w[2 + d]; tap++)
                    if (at * stride[d] + tap * dilation[d] > last)
                        last = at * stride[d] + tap * dilation[d];
            out[2 + d] = same ? x.dim[2 + d] * stride[d]
                              : last + 1 + extra[d] - pads[d] - pads[axes + d];
            left &= out[2 + d] > 0;
        }
        case_add(&c, x);
        case_add(&c, make_tensor(2 + axes, w));
        onnx_set_int(&c.b, c.node, "group", groups);
        onnx_set_ints(&c.b, c.node, "strides", axes, stride);
        onnx_set_ints(&c.b, c.node, "dilations", axes, dilation);
        if (same) {
            onnx_set_text(&c.b, c.node, "auto_pad", "SAME_LOWER");
        } else {
            onnx_set_ints(&c.b, c.node, "pads", 2 * axes, pads);
            onnx_set_ints(&c.b, c.node, "output_padding", axes, extra);
        }
        finish(&c, left ? dims(2 + axes, out) : wrong);
    }
}

// ---- what moves numbers -----------------------------------------------------

// Indices that start:end:step takes of an extent: Python's, but that a start before the
// map is its first element when stepping back too.
static int64_t count_slice(int64_t extent, int64_t start, int64_t end, int64_t step) {
    const int64_t low = step < 0 ? -1 : 0, high = step < 0 ? extent - 1 : extent;
    int64_t count = 0;
    start = start < 0 ? start + extent : start;
    end = end < 0 ? end + extent : end;
    start = start < 0 ? 0 : start > high ? high : start;
    end = end < low ? low : end > high ? high : end;
    for (int64_t at = start; step > 0 ? at < end : at > end; at += step)
        count++;
    return count;
}

static void slices_take_index_by_index(void **state) {
    (void)state;
    case_random = 13;
    for (unsigned i = 0; i < 4 * CASES; i++) {
        struct forward_case c;
        case_begin(&c, "Slice");
        struct tensor x = map_of(any_rank(1), 7);
        struct wanted out = dims(x.rank, x.dim);
        int64_t start[5], end[5], axis[5], step[5];
        unsigned count = 0;
        bool good = true, seen[5] = {false};
        for (unsigned j = 0; j < x.rank && count < 3; j++) {
            bool in_range;
            axis[count] = any_axis(x.rank, &in_range);
            good &= in_range;
            if (in_range && seen[plain_axis(axis[count], x.rank)] && pick(0, 9))
                continue;
            start[count] = pick(-9, 9);
            end[count] = pick(0, 4) ? pick(-9, 9) : pick(0, 1) ? INT64_MAX : INT64_MIN;
            step[count] = pick(0, 19) ? pick(0, 1) ? pick(1, 3) : pick(-3, -1) : 0;
            good &= step[count] != 0;
            if (in_range) {
                const unsigned d = plain_axis(axis[count], x.rank);
                good &= !seen[d];
                seen[d] = true;
                if (step[count])
                    out.dim[d] = count_slice(x.dim[d], start[count],
                                             end[count] == INT64_MIN   ? -1000
                                             : end[count] == INT64_MAX ? 1000
                                                                       : end[count],
                                             step[count]);
            }
            count++;
        }
        case_add(&c, x);
        case_add(&c, list_tensor(count, start));
        // Numbers of a stored list are doubles in the test: the ends lie within them.
        for (unsigned j = 0; j < count; j++)
            end[j] = end[j] == INT64_MIN   ? -((int64_t)1 << 60)
                     : end[j] == INT64_MAX ? (int64_t)1 << 60
                                           : end[j];
        case_add(&c, list_tensor(count, end));
        case_add(&c, list_tensor(count, axis));
        case_add(&c, list_tensor(count, step));
        finish(&c, good ? out : wrong);
    }
}

static void axes_are_moved_put_and_dropped(void **state) {
    static const char *const ops[] = {"Transpose", "Concat", "Split",  "Squeeze",
                                      "Unsqueeze", "Pad",    "Gather", "Flatten"};
    (void)state;
    case_random = 14;
    for (unsigned i = 0; i < 8 * CASES; i++) {
        struct forward_case c;
        const unsigned op = i % 8;
        case_begin(&c, ops[op]);
        struct tensor x = map_of(any_rank(1), 4);
        struct wanted out = dims(x.rank, x.dim);
        bool good = true;
        const int64_t axis = any_axis(x.rank, &good);
        const unsigned at = good ? plain_axis(axis, x.rank) : 0;
        int64_t list[10];
        if (op == 0) {
            bool seen[5] = {false};
            good = true;
            for (unsigned d = 0; d < x.rank; d++) {
                do
                    list[d] = pick(0, x.rank - 1);
                while (seen[list[d]] && pick(0, 99));
                good &= !seen[list[d]];
                seen[list[d]] = true;
                out.dim[d] = x.dim[list[d]];
            }
            case_add(&c, x);
            onnx_set_ints(&c.b, c.node, "perm", x.rank, list);
        } else if (op == 1) {
            case_add(&c, x);
            for (int64_t parts = pick(0, 2); parts > 0; parts--) {
                struct tensor y = make_tensor(x.rank, x.dim);
                const unsigned other = (unsigned)pick(0, x.rank - 1);
                y.dim[at] = pick(1, 3);
                if (pick(0, 9) == 0 && other != at && good)
                    good = y.dim[other]++ < 0;
                out.dim[at] += y.dim[at];
                case_add(&c, y);
            }
            onnx_set_int(&c.b, c.node, "axis", axis);
        } else if (op == 2) {
            int64_t left = x.dim[at];
            c.outputs = (unsigned)pick(1, 3);
            for (unsigned o = 0; o < c.outputs; o++) {
                list[o] = o + 1 == c.outputs ? left : pick(0, left);
                left -= list[o];
            }
            list[0] += pick(0, 9) == 0;
            int64_t sum = 0;
            for (unsigned o = 0; o < c.outputs; o++)
                sum += list[o];
            good &= sum == x.dim[at];
            case_add(&c, x);
            case_add(&c, list_tensor(c.outputs, list));
            onnx_set_int(&c.b, c.node, "axis", axis);
            struct sdse_onnx_graph graph;
            case_graph(&c, &graph);
            for (unsigned o = 0; o < c.outputs; o++) {
                out.dim[at] = list[o];
                if (good || o == 0)
                    expect(&graph, &c, o, good ? out : wrong);
            }
            case_end(&c);
            continue;
        } else if (op == 3) {
            const bool all = pick(0, 1);
            good = all || (good && x.dim[at] == 1);
            out.rank = 0;
            for (unsigned d = 0; d < x.rank; d++)
                if (all ? x.dim[d] != 1 : d != at)
                    out.dim[out.rank++] = x.dim[d];
            case_add(&c, x);
            if (!all)
                case_add(&c, list_tensor(1, &axis));
        } else if (op == 4) {
            const int64_t put = any_axis(x.rank + 1, &good);
            const unsigned there = good ? plain_axis(put, x.rank + 1) : 0;
            out.rank = 0;
            for (unsigned d = 0; d <= x.rank; d++)
                out.dim[out.rank++] = d == there ? 1 : x.dim[d - (d > there)];
            case_add(&c, x);
            case_add(&c, list_tensor(1, &put));
        } else if (op == 5) {
            const int64_t before = pick(-2, 3), after = pick(-2, 3);
            out.dim[at] += before + after;
            good &= out.dim[at] >= 0;
            list[0] = before;
            list[1] = after;
            case_add(&c, x);
            case_add(&c, list_tensor(2, list));
            case_skip(&c);
            case_add(&c, list_tensor(1, &axis));
        } else if (op == 6) {
            struct tensor indices = map_of((unsigned)pick(0, 2), 3);
            out.rank = 0;
            for (unsigned d = 0; d < x.rank; d++)
                if (d != at)
                    out.dim[out.rank++] = x.dim[d];
                else
                    for (unsigned j = 0; j < indices.rank; j++)
                        out.dim[out.rank++] = indices.dim[j];
            case_add(&c, x);
            case_add(&c, indices);
            onnx_set_int(&c.b, c.node, "axis", axis);
        } else {
            const int64_t from = pick(-(int64_t)x.rank - 1, x.rank + 1);
            good = from >= -(int64_t)x.rank && from <= (int64_t)x.rank;
            out.rank = 2;
            out.dim[0] = out.dim[1] = 1;
            for (unsigned d = 0; d < x.rank; d++)
                out.dim[(int64_t)d >= (from < 0 ? from + x.rank : from)] *= x.dim[d];
            case_add(&c, x);
            onnx_set_int(&c.b, c.node, "axis", from);
        }
        finish(&c, good ? out : wrong);
    }
}

// Reshape: the open extent is searched for.
static void reshapes_keep_every_number(void **state) {
    (void)state;
    case_random = 15;
    for (unsigned i = 0; i < 2 * CASES; i++) {
        struct forward_case c;
        case_begin(&c, "Reshape");
        struct tensor x = map_of(any_rank(1), 4);
        int64_t to[5], open = -1, all = 1;
        const unsigned rank = any_rank(1);
        bool good = true;
        struct wanted out = {.rank = (int)rank};
        for (unsigned d = 0; d < rank; d++) {
            to[d] = pick(0, 5) == 0 ? 0 : pick(0, 3) == 0 ? -1 : pick(1, 6);
            if (to[d] == -1 && open >= 0)
                to[d] = 2;
            if (to[d] == -1)
                open = d;
            good &= to[d] != 0 || d < x.rank;
            out.dim[d] = to[d] == 0 && d < x.rank ? x.dim[d] : to[d];
            all *= to[d] == -1 ? 1 : out.dim[d];
        }
        if (open >= 0) {
            int64_t extent = 0;
            while (all > 0 && ++extent * all < (int64_t)x.count)
                ;
            out.dim[open] = extent;
            all *= extent;
        }
        case_add(&c, x);
        case_add(&c, list_tensor(rank, to));
        finish(&c, good && all == (int64_t)x.count ? out : wrong);
    }
}

// ---- what combines ----------------------------------------------------------

// The extent that two have together, numpy's way; -1: none.
static int64_t together(int64_t a, int64_t b) {
    return a == b ? a : a == 1 ? b : b == 1 ? a : -1;
}

// All leading axes but the last `matrix` of both.
static bool broadcast(const struct tensor *a, const struct tensor *b, unsigned matrix,
                      struct wanted *out) {
    const unsigned la = a->rank - matrix, lb = b->rank - matrix,
                   rank = la > lb ? la : lb;
    bool good = true;
    out->rank = (int)rank;
    for (unsigned back = 1; back <= rank; back++) {
        const int64_t one = back <= la ? a->dim[la - back] : 1;
        const int64_t other = back <= lb ? b->dim[lb - back] : 1;
        out->dim[rank - back] = together(one, other);
        good &= out->dim[rank - back] >= 0;
    }
    return good;
}

// Another map that mostly broadcasts with the first.
static struct tensor partner(const struct tensor *x) {
    struct tensor y = map_of((unsigned)pick(0, 4), 3);
    for (unsigned back = 1; back <= y.rank && back <= x->rank; back++)
        if (pick(0, 15))
            y.dim[y.rank - back] = pick(0, 2) ? x->dim[x->rank - back] : 1;
    return y;
}

// Counts differ when an extent is changed.
static struct tensor sized(struct tensor t) {
    struct tensor again = make_tensor(t.rank, t.dim);
    free(t.data);
    return again;
}

static void operands_are_repeated_or_summed(void **state) {
    static const char *const ops[] = {"Add", "Where", "MatMul", "Expand", "Gemm"};
    (void)state;
    case_random = 16;
    for (unsigned i = 0; i < 5 * CASES; i++) {
        struct forward_case c;
        const unsigned op = i % 5;
        case_begin(&c, ops[op]);
        struct tensor x = map_of(op == 4 ? 2 : (unsigned)pick(op == 2, 4), 3);
        struct wanted out = {0};
        bool good;
        if (op == 2) {
            struct tensor y = partner(&x);
            const bool row = x.rank == 1;
            while (y.rank == 0) {
                free(y.data);
                y = partner(&x);
            }
            const bool column = y.rank == 1;
            if (pick(0, 9))
                y.dim[column ? 0 : y.rank - 2] = x.dim[x.rank - 1];
            struct tensor a = x, b = sized(y);
            good = x.dim[x.rank - 1] == b.dim[column ? 0 : b.rank - 2];
            good &= row || column ? true : broadcast(&a, &b, 2, &out);
            if (row && !column)
                out = dims(b.rank - 2, b.dim);
            if (column)
                out = dims(row ? 0 : x.rank - 2, x.dim);
            if (!row)
                out.dim[out.rank++] = x.dim[x.rank - 2];
            if (!column)
                out.dim[out.rank++] = b.dim[b.rank - 1];
            case_add(&c, x);
            case_add(&c, b);
        } else if (op == 4) {
            const bool ta = pick(0, 1), tb = pick(0, 1);
            struct tensor y = map_of(2, 3);
            if (pick(0, 5))
                y.dim[tb] = x.dim[!ta];
            y = sized(y);
            good = y.dim[tb] == x.dim[!ta];
            out = dims(2, (int64_t[]){x.dim[ta], y.dim[!tb]});
            case_add(&c, x);
            case_add(&c, y);
            onnx_set_int(&c.b, c.node, "transA", ta);
            onnx_set_int(&c.b, c.node, "transB", tb);
        } else {
            struct tensor y = sized(partner(&x));
            good = broadcast(&x, &y, 0, &out);
            if (op == 3) {
                case_add(&c, x);
                case_add(&c, list_tensor(y.rank, y.dim));
                free(y.data);
            } else if (op == 1) {
                const struct tensor both = {.rank = (unsigned)out.rank};
                struct tensor xy = both, z = sized(partner(&x));
                memcpy(xy.dim, out.dim, sizeof xy.dim);
                good = good && broadcast(&xy, &z, 0, &out);
                case_add(&c, x);
                case_add(&c, y);
                case_add(&c, z);
            } else {
                case_add(&c, x);
                case_add(&c, y);
            }
        }
        finish(&c, good ? out : wrong);
    }
}

static void reductions_and_others(void **state) {
    static const char *const ops[] = {"ReduceSum", "ReduceMax",    "ArgMin", "TopK",
                                      "Tile",      "DepthToSpace", "Range",  "Shape"};
    (void)state;
    case_random = 17;
    for (unsigned i = 0; i < 8 * CASES; i++) {
        struct forward_case c;
        const unsigned op = i % 8;
        case_begin(&c, ops[op]);
        struct tensor x = map_of(op == 5 ? 4 : any_rank(1), op == 5 ? 12 : 4);
        struct wanted out = dims(x.rank, x.dim);
        bool good;
        const int64_t axis = any_axis(x.rank, &good);
        const unsigned at = good ? plain_axis(axis, x.rank) : 0;
        if (op < 3) {
            const bool keep = pick(0, 1), every = op < 2 && pick(0, 2) == 0;
            good |= every;
            out.rank = 0;
            for (unsigned d = 0; d < x.rank; d++)
                if (d != at && !every)
                    out.dim[out.rank++] = x.dim[d];
                else if (keep)
                    out.dim[out.rank++] = 1;
            case_add(&c, x);
            onnx_set_int(&c.b, c.node, "keepdims", keep);
            if (op == 0 && !every)
                case_add(&c, list_tensor(1, &axis));
            else if (op == 1 && !every)
                onnx_set_ints(&c.b, c.node, "axes", 1, &axis);
            else if (op == 2)
                onnx_set_int(&c.b, c.node, "axis", axis);
        } else if (op == 3) {
            const int64_t k = pick(0, x.dim[at]);
            out.dim[at] = k;
            case_add(&c, x);
            case_add(&c, list_tensor(1, &k));
            onnx_set_int(&c.b, c.node, "axis", axis);
        } else if (op == 4) {
            int64_t times[5];
            for (unsigned d = 0; d < x.rank; d++)
                out.dim[d] *= times[d] = pick(0, 3);
            good = true;
            case_add(&c, x);
            case_add(&c, list_tensor(x.rank, times));
        } else if (op == 5) {
            const int64_t side = pick(1, 3);
            int64_t blocks = 0; // of side x side channels that there are
            while ((blocks + 1) * side * side <= x.dim[1])
                blocks++;
            good = blocks * side * side == x.dim[1];
            out.dim[1] = blocks;
            out.dim[2] *= side;
            out.dim[3] *= side;
            case_add(&c, x);
            onnx_set_int(&c.b, c.node, "blocksize", side);
        } else if (op == 6) {
            const int64_t start = pick(-9, 9), end = pick(-9, 9), step = pick(1, 4);
            const bool back = pick(0, 1);
            out = dims(1, (int64_t[]){0});
            for (int64_t v = start; back ? v > end : v < end; v += back ? -step : step)
                out.dim[0]++;
            const int64_t three[3] = {start, end, back ? -step : step};
            good = true;
            free(x.data);
            for (unsigned j = 0; j < 3; j++)
                case_add(&c, list_tensor(1, &three[j]));
        } else {
            const int64_t start = pick(-7, 7), end = pick(-7, 7);
            out = dims(1, (int64_t[]){count_slice(x.rank, start, end, 1)});
            good = true;
            case_add(&c, x);
            onnx_set_int(&c.b, c.node, "start", start);
            onnx_set_int(&c.b, c.node, "end", end);
        }
        finish(&c, good ? out : wrong);
    }
    printf("## shapes of ONNX operators: %u equal to those counted one by one\n",
           cases_run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_are_counted_one_by_one),
        cmocka_unit_test(transposed_windows_write_their_outputs),
        cmocka_unit_test(slices_take_index_by_index),
        cmocka_unit_test(axes_are_moved_put_and_dropped),
        cmocka_unit_test(reshapes_keep_every_number),
        cmocka_unit_test(operands_are_repeated_or_summed),
        cmocka_unit_test(reductions_and_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
