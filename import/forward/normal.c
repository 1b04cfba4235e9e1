// Normalisations and softmax: sums along some dimensions, then a function of each
// number.
#include <math.h>
#include <string.h>

#include "import/forward/step.h"

// A map as [outer][middle][inner]: what is summed is the middle.
struct view {
    uint64_t outer, middle, inner;
};

static struct view view_of(const struct sdse_onnx_shape *shape, unsigned from,
                           unsigned to) {
    return (struct view){sdse_onnx_product(shape, 0, from),
                         sdse_onnx_product(shape, from, to),
                         sdse_onnx_product(shape, to, shape->rank)};
}

static bool axis_of(struct sdse_step *step, int64_t absent, unsigned *axis) {
    return sdse_onnx_axis(sdse_onnx_int(step->node, "axis", absent),
                          step->in[0].shape.rank, axis) ||
           sdse_step_fail(step, "'axis' is out of range");
}

// ---- with constants for each channel ----------------------------------------

static bool run_batch_norm(struct sdse_step *step) {
    const struct sdse_onnx_numbers *x = &step->in[0];
    double epsilon = sdse_step_real(step, "epsilon", 1e-5);
    uint64_t channels = x->shape.rank > 1 ? x->shape.dim[1] : 1;
    if (sdse_onnx_int(step->node, "training_mode", 0) != 0)
        return sdse_step_fail(step, "it is in training mode");
    for (uint32_t i = 1; i < 5; i++)
        if (!sdse_step_has(step, i) || step->in[i].count != channels)
            return sdse_step_fail(step, "its numbers are not one for each channel");
    uint64_t inner =
        sdse_onnx_product(&x->shape, x->shape.rank > 1 ? 2 : 1, x->shape.rank);
    for (uint64_t i = 0; i < x->count; i++) {
        uint64_t c = i / inner % channels;
        double scale = step->in[1].data[c] / sqrt(step->in[4].data[c] + epsilon);
        step->out[0].data[i] =
            (x->data[i] - step->in[3].data[c]) * scale + step->in[2].data[c];
    }
    return true;
}

// ---- with the map's own mean and variance -----------------------------------

struct normal {
    double epsilon;
    bool mean_is_zero;                            // root mean square
    const struct sdse_onnx_numbers *scale, *bias; // may be NULL
};

// Normalises `count` numbers in a row; scale and bias are those of number
// (first + i) / each modulo their count.
static void normalise(const struct normal *normal, const double *x, uint64_t count,
                      uint64_t first, uint64_t each, double *out) {
    double sum = 0, square = 0;
    for (uint64_t i = 0; i < count; i++)
        sum += x[i];
    double mean = normal->mean_is_zero ? 0 : sum / (double)count;
    for (uint64_t i = 0; i < count; i++)
        square += (x[i] - mean) * (x[i] - mean);
    double factor = 1 / sqrt(square / (double)count + normal->epsilon);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t at = (first + i) / each;
        double scale =
            normal->scale ? normal->scale->data[at % normal->scale->count] : 1;
        double bias = normal->bias ? normal->bias->data[at % normal->bias->count] : 0;
        out[i] = (x[i] - mean) * factor * scale + bias;
    }
}

static const struct sdse_onnx_numbers *number_of(const struct sdse_step *step,
                                                 uint32_t i) {
    return sdse_step_has(step, i) && step->in[i].count > 0 ? &step->in[i] : NULL;
}

// From an axis on to the last; RMS and simplified forms take no mean off.
static bool run_layer_norm(struct sdse_step *step) {
    const struct sdse_onnx_numbers *x = &step->in[0];
    unsigned axis;
    if (!axis_of(step, -1, &axis))
        return false;
    for (uint32_t i = 1; i < step->outputs; i++)
        if (step->out[i].data)
            return sdse_step_fail(step, "its mean and deviation are not given here");
    struct normal normal = {.epsilon = sdse_step_real(step, "epsilon", 1e-5),
                            .mean_is_zero = step->node->op[0] != 'L',
                            .scale = number_of(step, 1),
                            .bias = number_of(step, 2)};
    struct view view = view_of(&x->shape, axis, x->shape.rank);
    if ((normal.scale && view.middle % normal.scale->count != 0) ||
        (normal.bias && view.middle % normal.bias->count != 0))
        return sdse_step_fail(step, "its scale or bias does not fit the dimensions");
    for (uint64_t i = 0; i < view.outer; i++)
        normalise(&normal, x->data + i * view.middle, view.middle, 0, 1,
                  step->out[0].data + i * view.middle);
    return true;
}

// Each channel of each sample, or groups of channels; scale and bias are per channel,
// or (GroupNormalization before opset 21) per group.
static bool run_channel_norm(struct sdse_step *step) {
    const struct sdse_onnx_numbers *x = &step->in[0];
    uint64_t channels = x->shape.rank > 1 ? x->shape.dim[1] : 1, groups = channels;
    if (step->node->op[0] == 'G') {
        int64_t given = sdse_onnx_int(step->node, "num_groups", 1);
        if (given < 1 || channels % (uint64_t)given != 0)
            return sdse_step_fail(step, "its groups do not divide the channels");
        groups = (uint64_t)given;
    }
    struct normal normal = {.epsilon = sdse_step_real(step, "epsilon", 1e-5),
                            .scale = number_of(step, 1),
                            .bias = number_of(step, 2)};
    if (!normal.scale || !normal.bias || normal.scale->count != normal.bias->count ||
        (normal.scale->count != channels && normal.scale->count != groups))
        return sdse_step_fail(step, "its scale or bias does not fit the channels");
    uint64_t inner =
        sdse_onnx_product(&x->shape, x->shape.rank > 1 ? 2 : 1, x->shape.rank);
    uint64_t count = channels / groups * inner, rows = count ? x->count / count : 0;
    uint64_t each = inner * (channels / normal.scale->count);
    for (uint64_t i = 0; i < rows; i++)
        normalise(&normal, x->data + i * count, count, i * count, each,
                  step->out[0].data + i * count);
    return true;
}

// The sum of two maps (and a bias), then normalised; output 3 is the sum.
static bool run_skip_norm(struct sdse_step *step) {
    const struct sdse_onnx_numbers *x = &step->in[0], *skip = &step->in[1];
    bool simple = strstr(step->node->op, "Simplified") != NULL;
    const struct sdse_onnx_numbers *bias = number_of(step, simple ? 3 : 4);
    uint64_t width = x->shape.rank > 0 ? x->shape.dim[x->shape.rank - 1] : 1;
    struct normal normal = {.epsilon = sdse_step_real(step, "epsilon", 1e-12),
                            .mean_is_zero = simple,
                            .scale = number_of(step, 2),
                            .bias = simple ? NULL : number_of(step, 3)};
    if (skip->count == 0 || x->count % skip->count != 0 || width == 0)
        return sdse_step_fail(step, "the map that it adds does not fit");
    if (step->outputs > 3 && step->out[3].data)
        step->out_type[3] = step->in_type[0];
    for (uint32_t i = 1; i < step->outputs && i < 3; i++)
        if (step->out[i].data)
            return sdse_step_fail(step, "its mean and deviation are not given here");
    double *sum = step->out[0].data;
    for (uint64_t i = 0; i < x->count; i++)
        sum[i] = x->data[i] + skip->data[i % skip->count] +
                 (bias ? bias->data[i % bias->count] : 0);
    if (step->outputs > 3 && step->out[3].data)
        memcpy(step->out[3].data, sum, (size_t)x->count * sizeof *sum);
    for (uint64_t i = 0; i < x->count / width; i++)
        normalise(&normal, sum + i * width, width, 0, 1, sum + i * width);
    return true;
}

// Divided by the root of the sum of squares, or by the sum of magnitudes, along an
// axis.
static bool run_lp_norm(struct sdse_step *step) {
    const struct sdse_onnx_numbers *x = &step->in[0];
    int64_t p = sdse_onnx_int(step->node, "p", 2);
    unsigned axis;
    if (!axis_of(step, -1, &axis))
        return false;
    struct view view = view_of(&x->shape, axis, axis + 1);
    for (uint64_t i = 0; i < view.outer * view.inner; i++) {
        uint64_t first = i / view.inner * view.middle * view.inner + i % view.inner;
        double sum = 0;
        for (uint64_t j = 0; j < view.middle; j++) {
            double value = x->data[first + j * view.inner];
            sum += p == 1 ? fabs(value) : value * value;
        }
        sum = p == 1 ? sum : sqrt(sum);
        for (uint64_t j = 0; j < view.middle; j++)
            step->out[0].data[first + j * view.inner] =
                sum == 0 ? 0 : x->data[first + j * view.inner] / sum;
    }
    return true;
}

// Over `size` channels around each: x / (bias + alpha / size * squares)^beta.
static bool run_lrn(struct sdse_step *step) {
    const struct sdse_onnx_numbers *x = &step->in[0];
    int64_t size = sdse_onnx_int(step->node, "size", 1);
    double alpha = sdse_step_real(step, "alpha", 0.0001),
           beta = sdse_step_real(step, "beta", 0.75),
           bias = sdse_step_real(step, "bias", 1);
    if (x->shape.rank < 2 || size < 1)
        return sdse_step_fail(step, "it has no channels, or no size");
    struct view view = view_of(&x->shape, 1, 2);
    int64_t before = (size - 1) / 2, after = size / 2;
    for (uint64_t i = 0; i < x->count; i++) {
        int64_t c = (int64_t)(i / view.inner % view.middle);
        double sum = 0;
        for (int64_t d = c - before; d <= c + after; d++) {
            if (d < 0 || d >= (int64_t)view.middle)
                continue;
            double value = x->data[(int64_t)i + (d - c) * (int64_t)view.inner];
            sum += value * value;
        }
        step->out[0].data[i] =
            x->data[i] / pow(bias + alpha / (double)size * sum, beta);
    }
    return true;
}

// ---- softmax ----------------------------------------------------------------

// Before opset 13 from the axis on to the last, and 1 by default; since along the axis.
static bool run_softmax(struct sdse_step *step) {
    const struct sdse_onnx_numbers *x = &step->in[0];
    const char *op = step->node->op;
    bool old = step->graph->opset < 13, most_only = op[0] == 'H';
    unsigned axis;
    if (x->shape.rank == 0 || !axis_of(step, old ? 1 : -1, &axis))
        return sdse_step_fail(step, "'axis' is out of range");
    struct view view = view_of(&x->shape, axis, old ? x->shape.rank : axis + 1);
    for (uint64_t i = 0; i < view.outer * view.inner; i++) {
        const double *row =
            x->data + i / view.inner * view.middle * view.inner + i % view.inner;
        double *out = step->out[0].data + (row - x->data);
        uint64_t most = 0;
        double sum = 0;
        for (uint64_t j = 1; j < view.middle; j++)
            most = row[j * view.inner] > row[most * view.inner] ? j : most;
        double largest = view.middle ? row[most * view.inner] : 0;
        for (uint64_t j = 0; j < view.middle; j++)
            sum += exp(row[j * view.inner] - largest);
        for (uint64_t j = 0; j < view.middle; j++) {
            double difference = row[j * view.inner] - largest;
            out[j * view.inner] = most_only      ? (double)(j == most)
                                  : op[0] == 'L' ? difference - log(sum)
                                                 : exp(difference) / sum;
        }
    }
    return true;
}

sdse_step_rule sdse_step_rule_normal(const char *op) {
    static const struct {
        const char *op;
        sdse_step_rule rule;
    } rules[] = {
        {"BatchNormalization", run_batch_norm},
        {"LayerNormalization", run_layer_norm},
        {"RMSNormalization", run_layer_norm},
        {"SimplifiedLayerNormalization", run_layer_norm},
        {"SkipLayerNormalization", run_skip_norm},
        {"SkipSimplifiedLayerNormalization", run_skip_norm},
        {"InstanceNormalization", run_channel_norm},
        {"GroupNormalization", run_channel_norm},
        {"LpNormalization", run_lp_norm},
        {"LRN", run_lrn},
        {"Softmax", run_softmax},
        {"LogSoftmax", run_softmax},
        {"Hardmax", run_softmax},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(op, rules[i].op) == 0)
            return rules[i].rule;
    return NULL;
}
