// Functions number by number: of one map, and of several with broadcasting.
#include <math.h>
#include <string.h>

#include "import/forward/step.h"

static const double root_half = 0.70710678118654752440;
static const double root_2_over_pi = 0.79788456080286535588;

// ---- of one number ----------------------------------------------------------

#define FUNCTION(name, expression)                     \
    static double name(double x, double a, double b) { \
        (void)a, (void)b;                              \
        return expression;                             \
    }

static double between(double x, double least, double most) {
    return x < least ? least : x > most ? most : x;
}
static double logistic(double x) { return 1 / (1 + exp(-x)); }
static double softplus(double x) { return x > 30 ? x + log1p(exp(-x)) : log1p(exp(x)); }
static double gelu(double x) { return 0.5 * x * (1 + erf(x * root_half)); }
static double gelu_tanh(double x) {
    return 0.5 * x * (1 + tanh(root_2_over_pi * (x + 0.044715 * x * x * x)));
}

FUNCTION(of_relu, x > 0 ? x : isnan(x) ? x : 0)
FUNCTION(of_sigmoid, logistic(x))
FUNCTION(of_tanh, tanh(x))
FUNCTION(of_clip, between(x, a, b))
FUNCTION(of_leaky, x < 0 ? a * x : x)
FUNCTION(of_elu, x < 0 ? a * expm1(x) : x)
FUNCTION(of_selu, x > 0 ? b * x : b * a * expm1(x))
FUNCTION(of_celu, (x > 0 ? x : 0) + (x < 0 ? a * expm1(x / a) : 0))
FUNCTION(of_hard_sigmoid, between(a *x + b, 0, 1))
FUNCTION(of_hard_swish, x *between(x / 6 + 0.5, 0, 1))
FUNCTION(of_softplus, softplus(x))
FUNCTION(of_softsign, x / (1 + fabs(x)))
FUNCTION(of_swish, x *logistic(a *x))
FUNCTION(of_mish, x *tanh(softplus(x)))
FUNCTION(of_threshold, x > a ? x : 0)
FUNCTION(of_shrink, x<-b ? x + a : x> b ? x - a : 0)
FUNCTION(of_gelu, gelu(x))
FUNCTION(of_gelu_tanh, gelu_tanh(x))
FUNCTION(of_erf, erf(x))
FUNCTION(of_sin, sin(x))
FUNCTION(of_cos, cos(x))
FUNCTION(of_tan, tan(x))
FUNCTION(of_asin, asin(x))
FUNCTION(of_acos, acos(x))
FUNCTION(of_atan, atan(x))
FUNCTION(of_not, x == 0)
FUNCTION(of_nan, isnan(x) != 0)
FUNCTION(of_inf, isinf(x) != 0)

// Source: the operators' definitions in the ONNX standard, and for FastGelu, QuickGelu
// and Silu those of onnxruntime's contributed operators.
static const struct named {
    const char *op;
    sdse_step_function function;
    const char *first, *second; // attributes with the parameters, or NULL
    double alpha, beta;         // if nothing is said
} functions[] = {
    {"Relu", of_relu, NULL, NULL, 0, 0},
    {"Sigmoid", of_sigmoid, NULL, NULL, 0, 0},
    {"Tanh", of_tanh, NULL, NULL, 0, 0},
    {"Clip", of_clip, "min", "max", (double)-INFINITY, (double)INFINITY},
    {"LeakyRelu", of_leaky, "alpha", NULL, 0.01, 0},
    {"Elu", of_elu, "alpha", NULL, 1, 0},
    {"Selu", of_selu, "alpha", "gamma", 1.67326319217681884765625,
     1.05070102214813232421875},
    {"Celu", of_celu, "alpha", NULL, 1, 0},
    {"HardSigmoid", of_hard_sigmoid, "alpha", "beta", 0.2, 0.5},
    {"HardSwish", of_hard_swish, NULL, NULL, 0, 0},
    {"Softplus", of_softplus, NULL, NULL, 0, 0},
    {"Softsign", of_softsign, NULL, NULL, 0, 0},
    {"Swish", of_swish, "alpha", NULL, 1, 0},
    {"Silu", of_swish, NULL, NULL, 1, 0},
    {"QuickGelu", of_swish, "alpha", NULL, 1.702, 0},
    {"Mish", of_mish, NULL, NULL, 0, 0},
    {"ThresholdedRelu", of_threshold, "alpha", NULL, 1, 0},
    {"Shrink", of_shrink, "bias", "lambd", 0, 0.5},
    {"Gelu", of_gelu, NULL, NULL, 0, 0},
    {"BiasGelu", of_gelu, NULL, NULL, 0, 0},
    {"FastGelu", of_gelu_tanh, NULL, NULL, 0, 0},
    {"Erf", of_erf, NULL, NULL, 0, 0},
    {"Sin", of_sin, NULL, NULL, 0, 0},
    {"Cos", of_cos, NULL, NULL, 0, 0},
    {"Tan", of_tan, NULL, NULL, 0, 0},
    {"Asin", of_asin, NULL, NULL, 0, 0},
    {"Acos", of_acos, NULL, NULL, 0, 0},
    {"Atan", of_atan, NULL, NULL, 0, 0},
    {"Not", of_not, NULL, NULL, 0, 0},
    {"IsNaN", of_nan, NULL, NULL, 0, 0},
    {"IsInf", of_inf, NULL, NULL, 0, 0},
};

static const struct named *find_function(const char *op) {
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strcmp(op, functions[i].op) == 0)
            return &functions[i];
    return NULL;
}

sdse_step_function sdse_step_function_of(const char *op, double *alpha, double *beta) {
    const struct named *named = find_function(op);
    if (!named)
        return NULL;
    *alpha = named->alpha;
    *beta = named->beta;
    return named->function;
}

bool sdse_step_activate(struct sdse_step *step) {
    const Onnx__AttributeProto *named = sdse_onnx_attribute(step->node, "activation");
    const Onnx__AttributeProto *given =
        sdse_onnx_attribute(step->node, "activation_params");
    struct sdse_onnx_numbers *out = &step->out[0];
    char name[32] = "";
    double alpha = 0, beta = 0;
    if (!named || !named->has_s || named->s.len == 0)
        return true;
    if (named->s.len < sizeof name)
        memcpy(name, named->s.data, named->s.len);
    sdse_step_function function = sdse_step_function_of(name, &alpha, &beta);
    if (!function)
        return sdse_step_fail(step, "the function that it names is not executed here");
    alpha = sdse_step_real(step, "activation_alpha", alpha);
    beta = sdse_step_real(step, "activation_beta", beta);
    alpha = given && given->n_floats > 0 ? (double)given->floats[0] : alpha;
    beta = given && given->n_floats > 1 ? (double)given->floats[1] : beta;
    for (uint64_t i = 0; i < out->count; i++)
        out->data[i] = function(sdse_step_round(out->data[i]), alpha, beta);
    return true;
}

static const int32_t boolean = ONNX__TENSOR_PROTO__DATA_TYPE__BOOL;

static bool run_function(struct sdse_step *step) {
    const char *op = step->node->op;
    const struct named *named = find_function(op);
    const struct sdse_onnx_numbers *x = &step->in[0];
    double alpha =
        named->first ? sdse_step_real(step, named->first, named->alpha) : named->alpha;
    double beta =
        named->second ? sdse_step_real(step, named->second, named->beta) : named->beta;
    sdse_step_function function = named->function;
    const struct sdse_onnx_numbers *bias = NULL;
    if (strcmp(op, "Clip") == 0) { // since opset 11 bounds are inputs
        alpha =
            sdse_step_has(step, 1) && step->in[1].count ? step->in[1].data[0] : alpha;
        beta = sdse_step_has(step, 2) && step->in[2].count ? step->in[2].data[0] : beta;
    } else if (strcmp(op, "Gelu") == 0 &&
               sdse_onnx_text_is(step->node, "approximate", "tanh")) {
        function = of_gelu_tanh;
    } else if (strcmp(op, "BiasGelu") == 0 || strcmp(op, "FastGelu") == 0) {
        bias = sdse_step_has(step, 1) ? &step->in[1] : NULL;
    }
    if (bias && bias->count == 0)
        return sdse_step_fail(step, "its bias is empty");
    for (uint64_t i = 0; i < x->count; i++)
        step->out[0].data[i] = function(
            x->data[i] + (bias ? bias->data[i % bias->count] : 0), alpha, beta);
    if (function == of_not || function == of_nan || function == of_inf)
        step->out_type[0] = boolean;
    return true;
}

// ---- of several maps --------------------------------------------------------

static double modulo(const struct sdse_step *step, double a, double b) {
    if (b == 0)
        return 0;
    double rest = fmod(a, b); // has the sign of a
    bool by_divisor = sdse_onnx_int(step->node, "fmod", 0) == 0;
    return by_divisor && rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

static double pair(const struct sdse_step *step, double a, double b) {
    const char *op = step->node->op;
    switch (op[0]) {
    case 'S':
    case 'M': // Sum, Mean, Mod
        return op[1] == 'o' ? modulo(step, a, b) : a + b;
    case 'E':
        return a == b;
    case 'G':
        return strlen(op) > strlen("Greater") ? a >= b : a > b;
    case 'L':
        return strlen(op) > strlen("Less") ? a <= b : a < b;
    case 'A':
        return a != 0 && b != 0;
    case 'O':
        return a != 0 || b != 0;
    case 'X':
        return (a != 0) != (b != 0);
    default: // PRelu
        return a < 0 ? a * b : a;
    }
}

static bool run_several(struct sdse_step *step) {
    const char *op = step->node->op;
    struct sdse_onnx_numbers *out = &step->out[0];
    unsigned rank = out->shape.rank;
    uint64_t at[SDSE_ARRAY_MAX_RANK] = {0};
    bool logic = strchr("EGLAOX", op[0]) != NULL;
    for (uint64_t i = 0; i < out->count; i++) {
        for (uint32_t j = 0; j < step->inputs; j++) {
            const struct sdse_onnx_shape *shape = &step->in[j].shape;
            uint64_t place = 0;
            for (unsigned d = 0; d < shape->rank; d++)
                place = place * shape->dim[d] +
                        (shape->dim[d] == 1 ? 0 : at[rank - shape->rank + d]);
            double x = step->in[j].data[place];
            out->data[i] = j == 0 ? x : pair(step, out->data[i], x);
        }
        if (strcmp(op, "Mean") == 0)
            out->data[i] /= step->inputs;
        for (unsigned d = rank; d-- > 0 && ++at[d] == out->shape.dim[d];)
            at[d] = 0;
    }
    if (logic)
        step->out_type[0] = boolean;
    return true;
}

sdse_step_rule sdse_step_rule_pointwise(const char *op) {
    static const char *const several[] = {
        "Sum",   "Mean",           "Equal", "Greater",     "Less", "Mod",
        "PRelu", "GreaterOrEqual", "And",   "LessOrEqual", "Or",   "Xor",
    };
    if (find_function(op))
        return run_function;
    for (size_t i = 0; i < sizeof several / sizeof *several; i++)
        if (strcmp(op, several[i]) == 0)
            return run_several;
    return NULL;
}
