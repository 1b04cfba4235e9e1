// Functions of single numbers, as layers and as settings of others.
#include <math.h>
#include <string.h>

#include "import/tfjs/reading.h"

static const struct {
    const char *keras, *onnx;
} plain[] = {{"relu", "Relu"},
             {"sigmoid", "Sigmoid"},
             {"tanh", "Tanh"},
             {"elu", "Elu"},
             {"selu", "Selu"},
             {"softplus", "Softplus"},
             {"softsign", "Softsign"},
             {"gelu", "Gelu"},
             {"gelu_new", "Gelu"},
             {"mish", "Mish"},
             {"exponential", "Exp"},
             {"hard_sigmoid", "HardSigmoid"},
             {"hard_swish", "HardSwish"},
             {"hard_silu", "HardSwish"},
             {"leaky_relu", "LeakyRelu"},
             {"celu", "Celu"}};

static const char *clipped(struct tfjs_layer *l, const char *x, double most) {
    struct sdse_rewrite *w = &l->r->w;
    return sdse_rewrite_node(w, "Clip", ".act", x, sdse_rewrite_real(w, 0),
                             sdse_rewrite_real(w, most));
}

static const char *softmax(struct tfjs_layer *l, const char *op, const char *x,
                           int64_t axis) {
    const char *out = sdse_rewrite_node(&l->r->w, op, ".act", x, NULL, NULL);
    sdse_rewrite_set_int(&l->r->w, "axis", axis);
    return out;
}

// x where there is no such function: NULL.
static const char *apply(struct tfjs_layer *l, const char *name, const char *x,
                         unsigned rank, bool planes) {
    struct sdse_rewrite *w = &l->r->w;
    if (strcmp(name, "linear") == 0)
        return x;
    if (strcmp(name, "relu6") == 0)
        return clipped(l, x, 6);
    if (strcmp(name, "softmax") == 0 || strcmp(name, "log_softmax") == 0)
        return softmax(l, name[0] == 's' ? "Softmax" : "LogSoftmax", x,
                       planes ? 1 : (int64_t)rank - 1);
    if (strcmp(name, "swish") == 0 || strcmp(name, "silu") == 0)
        return sdse_rewrite_node(
            w, "Mul", ".act", x,
            sdse_rewrite_node(w, "Sigmoid", ".sigmoid", x, NULL, NULL), NULL);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (strcmp(name, plain[i].keras) == 0)
            return sdse_rewrite_node(w, plain[i].onnx, ".act", x, NULL, NULL);
    return NULL;
}

const char *sdse_tfjs_activated(struct tfjs_layer *l, const char *key, const char *x,
                                unsigned rank, bool planes) {
    const json_t *value = json_object_get(l->config, key);
    const char *name = "linear";
    if (json_is_string(value))
        name = json_string_value(value);
    else if (json_is_string(json_object_get(value, "config"))) // Keras 3
        name = json_string_value(json_object_get(value, "config"));
    else if (value && !json_is_null(value))
        name = "?";
    const char *out = l->r->w.failed ? x : apply(l, name, x, rank, planes);
    if (!out)
        sdse_tfjs_wrong(l, "tfjs-config", key, "'%.60s' is no function that is known",
                        name);
    return out;
}

// The input in whichever order it is.
static const char *as_it_is(struct tfjs_layer *l, bool *planes) {
    *planes = sdse_tfjs_is_planes(l->in[0]);
    return *planes ? sdse_tfjs_planes(l, l->in[0]) : sdse_tfjs_plain(l, l->in[0]);
}

static bool put(struct tfjs_layer *l, const char *name, bool planes) {
    l->out[0] = sdse_tfjs_value(name, l->in[0]->rank, planes);
    l->out_count = 1;
    return name != NULL;
}

bool sdse_tfjs_activation(struct tfjs_layer *l) {
    bool planes;
    const char *x = as_it_is(l, &planes);
    return put(l, sdse_tfjs_activated(l, "activation", x, l->in[0]->rank, planes),
               planes);
}

bool sdse_tfjs_function(struct tfjs_layer *l) {
    bool planes;
    const char *x = as_it_is(l, &planes);
    const bool relu = strcmp(l->class_name, "ReLU") == 0;
    const double most = sdse_tfjs_real(l, "max_value", HUGE_VAL);
    const char *op = strcmp(l->class_name, "ELU") == 0               ? "Elu"
                     : strcmp(l->class_name, "ThresholdedReLU") == 0 ? "ThresholdedRelu"
                     : strcmp(l->class_name, "LeakyReLU") == 0 ||
                             sdse_tfjs_real(l, "negative_slope", 0) != 0
                         ? "LeakyRelu"
                         : "Relu";
    return put(l,
               relu && isfinite(most)
                   ? clipped(l, x, most)
                   : sdse_rewrite_node(&l->r->w, op, ".act", x, NULL, NULL),
               planes);
}

bool sdse_tfjs_softmax(struct tfjs_layer *l) {
    bool planes;
    unsigned axis;
    const unsigned rank = l->in[0]->rank;
    if (!sdse_tfjs_axis(l, "axis", -1, rank, &axis))
        return false;
    const char *x = as_it_is(l, &planes);
    return put(
        l, softmax(l, "Softmax", x, planes ? sdse_tfjs_plane_axis(axis, rank) : axis),
        planes);
}

bool sdse_tfjs_prelu(struct tfjs_layer *l) {
    struct tfjs_weights slope;
    if (!sdse_tfjs_weights(l, "alpha", l->in[0]->rank - 1, NULL, &slope))
        return false;
    return put(l,
               sdse_rewrite_node(&l->r->w, "PRelu", ".act",
                                 sdse_tfjs_plain(l, l->in[0]), slope.name, NULL),
               false);
}

// x scale + offset, of all numbers or of each channel.
bool sdse_tfjs_rescaling(struct tfjs_layer *l) {
    struct sdse_rewrite *w = &l->r->w;
    const json_t *scale = json_object_get(l->config, "scale");
    bool planes;
    if (!json_is_number(scale))
        return sdse_tfjs_wrong(l, "tfjs-config", "scale", "a number is needed");
    const char *x = as_it_is(l, &planes);
    x = sdse_rewrite_node(w, "Mul", ".scale", x,
                          sdse_rewrite_real(w, json_number_value(scale)), NULL);
    const double offset = sdse_tfjs_real(l, "offset", 0);
    return put(l,
               offset == 0 ? x
                           : sdse_rewrite_node(w, "Add", ".offset", x,
                                               sdse_rewrite_real(w, offset), NULL),
               planes);
}
