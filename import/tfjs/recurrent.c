// Recurrent layers, alone and in both directions. Kernels are stored [inputs][gates *
// units], those of the state [units][gates * units]; ONNX has [1][gates * units][…].
// Gates are i f c o in an LSTM of Keras and i o f c in one of ONNX, z r h in any GRU.
#include <string.h>

#include "import/tfjs/reading.h"

static const struct cell {
    const char *class_name, *op;
    int64_t gates;
} cells[] = {{"LSTM", "LSTM", 4}, {"GRU", "GRU", 3}, {"SimpleRNN", "RNN", 1}};

static const struct cell *find_cell(const char *class_name) {
    for (size_t i = 0; class_name && i < 3; i++)
        if (strcmp(cells[i].class_name, class_name) == 0)
            return &cells[i];
    return NULL;
}

static bool take_matrix(struct tfjs_layer *l, const struct cell *cell, const char *role,
                        struct tfjs_weights *out) {
    static const unsigned turned[] = {1, 0};
    if (!sdse_tfjs_gates(l, role, 2, turned, cell->gates == 4, out))
        return false;
    const uint64_t rows = out->shape[1], gates = (uint64_t)cell->gates;
    if (rows % gates)
        return sdse_tfjs_wrong(l, "tfjs-weights", NULL,
                               "the %s is not of %u gates of as many units", role,
                               (unsigned)gates);
    sdse_tfjs_view(l, out, 3,
                   (const int64_t[]){1, (int64_t)rows, (int64_t)out->shape[0]});
    return true;
}

// Biases of inputs and state, one behind the other: [1][2 * gates * units]; `both` are
// in the file, else those of inputs alone.
static const char *take_bias(struct tfjs_layer *l, const struct cell *cell,
                             int64_t rows, bool both) {
    struct sdse_rewrite *w = &l->r->w;
    struct tfjs_weights bias;
    const int64_t one = 0;
    if (!sdse_tfjs_gates(l, "bias", both ? 2 : 1, NULL, cell->gates == 4, &bias))
        return NULL;
    const bool fits = both ? bias.shape[0] == 2 && bias.shape[1] == (uint64_t)rows
                           : bias.shape[0] == (uint64_t)rows;
    if (!fits) {
        sdse_tfjs_wrong(l, "tfjs-weights", NULL, "its bias has not one number a gate");
        return NULL;
    }
    if (both) {
        sdse_tfjs_view(l, &bias, 2, (const int64_t[]){1, 2 * rows});
        return bias.name;
    }
    const char *all = sdse_rewrite_concat(w, bias.name, sdse_tfjs_zeros(l, rows), 0);
    return sdse_rewrite_node(w, "Unsqueeze", NULL, all, sdse_rewrite_ints(w, 1, &one),
                             NULL);
}

// x without an axis of extent 1.
static const char *squeezed(struct tfjs_layer *l, const char *x, int64_t axis) {
    struct sdse_rewrite *w = &l->r->w;
    return sdse_rewrite_node(w, "Squeeze", NULL, x, sdse_rewrite_ints(w, 1, &axis),
                             NULL);
}

// A state that another layer gives, as ONNX has it: [samples][1][units].
static const char *initial(struct tfjs_layer *l, size_t input) {
    struct sdse_rewrite *w = &l->r->w;
    const int64_t axis = 1;
    return input < l->in_count ? sdse_rewrite_node(w, "Unsqueeze", NULL,
                                                   sdse_tfjs_plain(l, l->in[input]),
                                                   sdse_rewrite_ints(w, 1, &axis), NULL)
                               : NULL;
}

// The node of one direction; outputs are sequence and states.
static bool write_cell(struct tfjs_layer *l, const char *suffix, bool reverse) {
    struct sdse_rewrite *w = &l->r->w;
    const struct cell *cell = find_cell(l->class_name);
    struct tfjs_weights input, state;
    const char *bias = NULL, *out[3] = {NULL, NULL, NULL};
    if (!sdse_tfjs_has_rank(l, 0, 3) || !take_matrix(l, cell, "kernel", &input) ||
        !take_matrix(l, cell, "recurrent_kernel", &state))
        return false;
    const int64_t rows = (int64_t)input.shape[1], units = rows / cell->gates;
    int64_t said = units;
    if (state.shape[1] != input.shape[1] || state.shape[0] != (uint64_t)units)
        return sdse_tfjs_wrong(l, "tfjs-weights", NULL,
                               "kernel and recurrent_kernel disagree about the units");
    if (!sdse_tfjs_ints(l, "units", 1, 1, &said))
        return false;
    if (said != units)
        return sdse_tfjs_wrong(l, "tfjs-weights", "units",
                               "the weights are not of so many");
    const bool after = cell->gates == 3 && sdse_tfjs_flag(l, "reset_after", true);
    if (sdse_tfjs_flag(l, "use_bias", true) &&
        !(bias = take_bias(l, cell, rows, after)))
        return false;
    const bool two = cell->gates == 4;
    const char *const in[7] = {
        sdse_tfjs_plain(l, l->in[0]), input.name, state.name, bias, NULL, initial(l, 1),
        two ? initial(l, 2) : NULL};
    sdse_rewrite_wide(w, cell->op, suffix,
                      in[6]   ? 7
                      : in[5] ? 6
                      : bias  ? 4
                              : 3,
                      in, two ? 3 : 2, out);
    sdse_rewrite_set_int(w, "layout", 1);
    sdse_rewrite_set_int(w, "hidden_size", units);
    if (reverse)
        sdse_rewrite_set_text(w, "direction", "reverse");
    if (after)
        sdse_rewrite_set_int(w, "linear_before_reset", 1);
    const bool all = sdse_tfjs_flag(l, "return_sequences", false),
               states = sdse_tfjs_flag(l, "return_state", false);
    l->out[0] = all ? sdse_tfjs_value(squeezed(l, out[0], 2), 3, false)
                    : sdse_tfjs_value(squeezed(l, out[1], 1), 2, false);
    l->out_count = 1;
    for (size_t i = 1; states && i < (two ? 3u : 2u); i++)
        l->out[l->out_count++] = sdse_tfjs_value(squeezed(l, out[i], 1), 2, false);
    return true;
}

bool sdse_tfjs_recurrent(struct tfjs_layer *l) {
    return write_cell(l, "", sdse_tfjs_flag(l, "go_backwards", false));
}

// What both directions make together. NULL: in no way that is known.
static const char *merged(struct tfjs_layer *l, const char *a, const char *b,
                          int64_t last) {
    static const struct {
        const char *mode, *op;
    } rows[] = {{"sum", "Add"}, {"mul", "Mul"}, {"ave", "Mean"}};
    const char *mode = sdse_tfjs_text(l, "merge_mode", "");
    if (strcmp(mode, "concat") == 0)
        return sdse_rewrite_concat(&l->r->w, a, b, last);
    for (size_t i = 0; i < 3; i++)
        if (strcmp(mode, rows[i].mode) == 0)
            return sdse_rewrite_node(&l->r->w, rows[i].op, ".merge", a, b, NULL);
    sdse_tfjs_wrong(l, "tfjs-config", "merge_mode",
                    "'%.60s' is none of concat, sum, mul and ave", mode);
    return NULL;
}

bool sdse_tfjs_bidirectional(struct tfjs_layer *l) {
    json_t *layer = json_object_get(l->config, "layer");
    const char *name = json_string_value(json_object_get(layer, "class_name"));
    json_t *config = json_object_get(layer, "config");
    struct tfjs_layer way[2];
    if (!find_cell(name) || json_is_true(json_object_get(config, "return_state")))
        return sdse_tfjs_wrong(l, "tfjs-config", "layer",
                               "an LSTM, a GRU or a SimpleRNN without return_state is "
                               "needed");
    const char *own = json_string_value(json_object_get(config, "name"));
    for (int i = 0; i < 2; i++) {
        way[i] = *l;
        way[i].class_name = name;
        way[i].config = config;
        way[i].name = own ? own : l->name;
        way[i].wrapper = l->name;
        way[i].prefix = i ? "backward_" : "forward_";
        way[i].in_count = 1;
        if (!write_cell(&way[i], i ? ".backward" : ".forward", i == 1))
            return false;
    }
    const unsigned rank = way[0].out[0].rank;
    const char *out =
        merged(l, way[0].out[0].plain, way[1].out[0].plain, (int64_t)rank - 1);
    l->out[0] = sdse_tfjs_value(out, rank, false);
    l->out_count = 1;
    return out != NULL;
}
