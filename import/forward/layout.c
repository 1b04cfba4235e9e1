// Operators that choose or arrange numbers, where weights never come from them:
// resizing, blocks, the largest ones, sums so far.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "import/forward/step.h"

enum { INT64 = ONNX__TENSOR_PROTO__DATA_TYPE__INT64 };

static bool axis_of(struct sdse_step *step, int64_t axis, unsigned *out) {
    return sdse_onnx_axis(axis, step->in[0].shape.rank, out) ||
           sdse_step_fail(step, "'axis' is out of range");
}

// ---- resizing ---------------------------------------------------------------

enum coordinates { HALF_PIXEL, PYTORCH, ASYMMETRIC, ALIGN_CORNERS, HALF_SYMMETRIC };
enum nearest { PREFER_FLOOR, PREFER_CEIL, DOWN, UP };

struct axis {
    uint64_t in, out;
    double scale;
};

// Where output o of an axis is on the input.
static double source_of(const struct axis *axis, enum coordinates mode, uint64_t o) {
    double at = (double)o, in = (double)axis->in, out = in * axis->scale;
    switch (mode) {
    case ASYMMETRIC:
        return at / axis->scale;
    case ALIGN_CORNERS:
        return axis->out > 1 ? at * (in - 1) / ((double)axis->out - 1) : 0;
    case PYTORCH:
        return axis->out > 1 ? (at + 0.5) / axis->scale - 0.5 : 0;
    case HALF_SYMMETRIC:
        return in / 2 * (1 - (double)axis->out / out) + (at + 0.5) / axis->scale - 0.5;
    default:
        return (at + 0.5) / axis->scale - 0.5;
    }
}

static uint64_t inside(double at, uint64_t extent) {
    return at <= 0 ? 0 : at >= (double)(extent - 1) ? extent - 1 : (uint64_t)at;
}

static uint64_t nearest_of(double x, enum nearest mode, uint64_t extent) {
    double down = floor(x);
    switch (mode) {
    case PREFER_FLOOR:
        return inside(x == down + 0.5 ? down : floor(x + 0.5), extent);
    case PREFER_CEIL:
        return inside(floor(x + 0.5), extent);
    case DOWN:
        return inside(down, extent);
    default:
        return inside(ceil(x), extent);
    }
}

static int word_of(const struct sdse_step *step, const char *name,
                   const char *const *words, int count, int absent) {
    if (!sdse_onnx_attribute(step->node, name))
        return absent;
    for (int i = 0; i < count; i++)
        if (sdse_onnx_text_is(step->node, name, words[i]))
            return i;
    return -1;
}

// Each axis by itself: a weight and two places for each output.
static bool run_resize(struct sdse_step *step) {
    static const char *const modes[] = {"half_pixel", "pytorch_half_pixel",
                                        "asymmetric", "align_corners",
                                        "half_pixel_symmetric"};
    static const char *const nearests[] = {"round_prefer_floor", "round_prefer_ceil",
                                           "floor", "ceil"};
    static const char *const kinds[] = {"nearest", "linear", "bilinear"};
    const struct sdse_onnx_numbers *x = &step->in[0];
    struct sdse_onnx_numbers *out = &step->out[0];
    unsigned rank = x->shape.rank;
    bool old = strcmp(step->node->op, "Upsample") == 0 || step->inputs < 3;
    int mode = word_of(step, "coordinate_transformation_mode", modes, 5,
                       old ? ASYMMETRIC : HALF_PIXEL);
    int nearest = word_of(step, "nearest_mode", nearests, 4, old ? DOWN : PREFER_FLOOR);
    int kind = word_of(step, "mode", kinds, 3, 0);
    if (mode < 0 || nearest < 0 || kind < 0 ||
        sdse_onnx_int(step->node, "antialias", 0) != 0 ||
        sdse_onnx_int(step->node, "exclude_outside", 0) != 0)
        return sdse_step_fail(step, "this way of resizing is not executed here");
    uint32_t scales_at = old ? 1 : 2;
    const Onnx__AttributeProto *given = sdse_onnx_attribute(step->node, "scales");
    bool sized = !old && sdse_step_has(step, 3) && step->in[3].count > 0;
    uint64_t *place[SDSE_ARRAY_MAX_RANK] = {0}, longest = 1;
    double *weight[SDSE_ARRAY_MAX_RANK] = {0};
    bool good = true;
    for (unsigned d = 0; d < rank; d++)
        longest = out->shape.dim[d] > longest ? out->shape.dim[d] : longest;
    for (unsigned d = 0; d < rank && good; d++) {
        struct axis axis = {x->shape.dim[d], out->shape.dim[d], 1};
        place[d] = calloc((size_t)longest * 2, sizeof *place[d]);
        weight[d] = calloc((size_t)longest, sizeof *weight[d]);
        good = place[d] && weight[d];
        axis.scale =
            sized ? (double)axis.out / (double)(axis.in ? axis.in : 1)
            : given && given->n_floats == rank ? (double)given->floats[d]
            : sdse_step_has(step, scales_at) && step->in[scales_at].count == rank
                ? step->in[scales_at].data[d]
                : 1;
        for (uint64_t o = 0; o < axis.out && good && axis.in > 0; o++) {
            bool same = axis.in == axis.out && axis.scale == 1;
            double at = same ? (double)o : source_of(&axis, (enum coordinates)mode, o);
            if (kind == 0) {
                place[d][2 * o] = place[d][2 * o + 1] =
                    nearest_of(at, (enum nearest)nearest, axis.in);
                continue;
            }
            double last = (double)(axis.in - 1);
            at = at < 0 ? 0 : at > last ? last : at;
            place[d][2 * o] = inside(floor(at), axis.in);
            place[d][2 * o + 1] = inside(floor(at) + 1, axis.in);
            weight[d][o] = at - floor(at);
        }
    }
    for (uint64_t i = 0; i < out->count && good && x->count > 0; i++) {
        uint64_t at[SDSE_ARRAY_MAX_RANK], rest = i;
        double sum = 0;
        for (unsigned d = rank; d-- > 0; rest /= out->shape.dim[d])
            at[d] = rest % out->shape.dim[d];
        for (unsigned corner = 0; corner < 1u << rank; corner++) {
            double share = 1;
            uint64_t from = 0;
            for (unsigned d = 0; d < rank; d++) {
                unsigned up = corner >> d & 1u;
                share *= up ? weight[d][at[d]] : 1 - weight[d][at[d]];
                from = from * x->shape.dim[d] + place[d][2 * at[d] + up];
            }
            if (share != 0)
                sum += share * x->data[from];
        }
        out->data[i] = sum;
    }
    for (unsigned d = 0; d < rank; d++) {
        free(place[d]);
        free(weight[d]);
    }
    return good || sdse_step_no_memory(step);
}

// ---- blocks -----------------------------------------------------------------

// Depth to space, in the orders DCR and CRD; space to depth.
static bool run_blocks(struct sdse_step *step) {
    const struct sdse_onnx_numbers *x = &step->in[0];
    struct sdse_onnx_numbers *out = &step->out[0];
    bool deep = step->node->op[0] == 'S';
    bool crd = sdse_onnx_text_is(step->node, "mode", "CRD");
    uint64_t side = (uint64_t)sdse_onnx_int(step->node, "blocksize", 1);
    // `wide` has the larger map, `flat` the more channels.
    const struct sdse_onnx_shape *wide = deep ? &x->shape : &out->shape;
    const struct sdse_onnx_shape *flat = deep ? &out->shape : &x->shape;
    for (uint64_t i = 0; i < x->count; i++) { // i: place in the wide map
        uint64_t column = i % wide->dim[3], row = i / wide->dim[3] % wide->dim[2];
        uint64_t channel = i / wide->dim[3] / wide->dim[2] % wide->dim[1];
        uint64_t sample = i / wide->dim[3] / wide->dim[2] / wide->dim[1];
        uint64_t block = row % side * side + column % side;
        uint64_t other = !deep && crd ? channel * side * side + block
                                      : block * wide->dim[1] + channel;
        uint64_t j = ((sample * flat->dim[1] + other) * flat->dim[2] + row / side) *
                         flat->dim[3] +
                     column / side;
        out->data[deep ? j : i] = x->data[deep ? i : j];
    }
    return true;
}

// ---- along an axis ----------------------------------------------------------

static bool run_arg(struct sdse_step *step) {
    const struct sdse_onnx_numbers *x = &step->in[0];
    bool most = strcmp(step->node->op, "ArgMax") == 0;
    bool last = sdse_onnx_int(step->node, "select_last_index", 0) != 0;
    unsigned axis;
    if (!axis_of(step, sdse_onnx_int(step->node, "axis", 0), &axis))
        return false;
    uint64_t inner = sdse_onnx_product(&x->shape, axis + 1, x->shape.rank);
    uint64_t extent = x->shape.dim[axis];
    for (uint64_t i = 0; i < step->out[0].count; i++) {
        const double *at = x->data + i / inner * extent * inner + i % inner;
        uint64_t best = 0;
        for (uint64_t j = 1; j < extent; j++) {
            double difference = at[j * inner] - at[best * inner];
            difference = most ? difference : -difference;
            if (difference > 0 || (last && difference == 0))
                best = j;
        }
        step->out[0].data[i] = (double)best;
    }
    step->out_type[0] = INT64;
    return true;
}

// The k largest (smallest) in order; of equal ones the first.
static bool run_top_k(struct sdse_step *step) {
    const struct sdse_onnx_numbers *x = &step->in[0];
    bool largest = sdse_onnx_int(step->node, "largest", 1) != 0;
    unsigned axis;
    if (!axis_of(step, sdse_onnx_int(step->node, "axis", -1), &axis))
        return false;
    uint64_t inner = sdse_onnx_product(&x->shape, axis + 1, x->shape.rank);
    uint64_t extent = x->shape.dim[axis], k = step->out[0].shape.dim[axis];
    bool *taken = malloc((size_t)extent + 1);
    if (!taken)
        return sdse_step_no_memory(step);
    for (uint64_t row = 0; extent > 0 && row < x->count / extent; row++) {
        const double *at = x->data + row / inner * extent * inner + row % inner;
        memset(taken, 0, (size_t)extent);
        for (uint64_t j = 0; j < k && j < extent; j++) {
            uint64_t best = extent, to = (row / inner * k + j) * inner + row % inner;
            for (uint64_t i = 0; i < extent; i++)
                if (!taken[i] &&
                    (best == extent || (largest ? at[i * inner] > at[best * inner]
                                                : at[i * inner] < at[best * inner])))
                    best = i;
            taken[best] = true;
            step->out[0].data[to] = at[best * inner];
            if (step->outputs > 1 && step->out[1].data)
                step->out[1].data[to] = (double)best;
        }
    }
    free(taken);
    if (step->outputs > 1)
        step->out_type[1] = INT64;
    return true;
}

static bool run_cumulated(struct sdse_step *step) {
    const struct sdse_onnx_numbers *x = &step->in[0];
    bool exclusive = sdse_onnx_int(step->node, "exclusive", 0) != 0;
    bool reverse = sdse_onnx_int(step->node, "reverse", 0) != 0;
    unsigned axis;
    if (!sdse_step_has(step, 1) || step->in[1].count != 1)
        return sdse_step_fail(step, "its axis is missing");
    if (!axis_of(step, sdse_onnx_integer(step->in[1].data[0]), &axis))
        return false;
    uint64_t inner = sdse_onnx_product(&x->shape, axis + 1, x->shape.rank);
    uint64_t extent = x->shape.dim[axis];
    for (uint64_t row = 0; extent > 0 && row < x->count / extent; row++) {
        uint64_t first = row / inner * extent * inner + row % inner;
        double sum = 0;
        for (uint64_t j = 0; j < extent; j++) {
            uint64_t at = first + (reverse ? extent - 1 - j : j) * inner;
            step->out[0].data[at] = exclusive ? sum : sum + x->data[at];
            sum += x->data[at];
        }
    }
    return true;
}

static bool run_triangle(struct sdse_step *step) {
    const struct sdse_onnx_numbers *x = &step->in[0];
    bool upper = sdse_onnx_int(step->node, "upper", 1) != 0;
    int64_t k = sdse_step_has(step, 1) && step->in[1].count == 1
                    ? sdse_onnx_integer(step->in[1].data[0])
                    : 0;
    if (x->shape.rank < 2)
        return sdse_step_fail(step, "its input is no matrix");
    uint64_t columns = x->shape.dim[x->shape.rank - 1],
             rows = x->shape.dim[x->shape.rank - 2];
    for (uint64_t i = 0; i < x->count; i++) {
        int64_t column = (int64_t)(i % columns), row = (int64_t)(i / columns % rows);
        bool kept = upper ? column - row >= k : column - row <= k;
        step->out[0].data[i] = kept ? x->data[i] : 0;
    }
    return true;
}

// At inference nothing is dropped.
static bool run_dropout(struct sdse_step *step) {
    memcpy(step->out[0].data, step->in[0].data,
           (size_t)step->in[0].count * sizeof(double));
    if (step->outputs > 1 && step->out[1].data) {
        step->out_type[1] = ONNX__TENSOR_PROTO__DATA_TYPE__BOOL;
        for (uint64_t i = 0; i < step->out[1].count; i++)
            step->out[1].data[i] = 1;
    }
    return true;
}

static bool run_range(struct sdse_step *step) {
    for (uint64_t i = 0; i < step->out[0].count; i++)
        step->out[0].data[i] = step->in[0].data[0] + (double)i * step->in[2].data[0];
    return true;
}

sdse_step_rule sdse_step_rule_layout(const char *op) {
    static const struct {
        const char *op;
        sdse_step_rule rule;
    } rules[] = {
        {"Resize", run_resize},       {"Upsample", run_resize},
        {"DepthToSpace", run_blocks}, {"SpaceToDepth", run_blocks},
        {"ArgMax", run_arg},          {"ArgMin", run_arg},
        {"TopK", run_top_k},          {"CumSum", run_cumulated},
        {"Trilu", run_triangle},      {"Dropout", run_dropout},
        {"Range", run_range},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(op, rules[i].op) == 0)
            return rules[i].rule;
    return NULL;
}
