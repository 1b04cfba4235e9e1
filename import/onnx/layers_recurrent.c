// Recurrent networks as layers: the product of all steps' inputs at once, that of the
// state step after step, and what the cell does beside them.
#include "import/onnx/maker.h"
#include "import/onnx/ops.h"

#include <string.h>

#include "import/onnx/constant.h"

// Gates, and operations on each word of the state: as kinds lstm and gru of a workload
// have them (spec/workload_recurrent.c); of an RNN one sum and one function.
static const struct cell {
    const char *op;
    uint64_t gates;
    uint32_t operations;
} cells[] = {{"LSTM", 4, 13}, {"GRU", 3, 11}, {"RNN", 1, 2}};

static const struct cell *find_cell(const char *op) {
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        if (strcmp(op, cells[i].op) == 0)
            return &cells[i];
    return NULL;
}

bool sdse_onnx_is_recurrent(const char *op) { return find_cell(op) != NULL; }

struct sizes {
    uint64_t steps, batch, inputs, hidden, directions, gates;
};

// X [steps][batch][inputs] or batch first, W [directions][gates * hidden][inputs],
// R [directions][gates * hidden][hidden]. False: they do not fit, or are no constants.
static bool read_sizes(const struct sdse_maker *maker, struct sizes *out) {
    const struct sdse_onnx_value *in[3];
    for (uint32_t i = 0; i < 3; i++) {
        in[i] = sdse_onnx_in(maker->graph, maker->node, i);
        if (!in[i] || !in[i]->shape.known || in[i]->shape.rank != 3 ||
            (i > 0 && !sdse_onnx_is_constant(in[i])))
            return false;
    }
    const uint64_t *x = in[0]->shape.dim, *w = in[1]->shape.dim, *r = in[2]->shape.dim;
    const bool samples_first = sdse_onnx_int(maker->node, "layout", 0) != 0;
    *out = (struct sizes){.steps = x[samples_first],
                          .batch = x[!samples_first],
                          .inputs = x[2],
                          .hidden = r[2],
                          .directions = w[0],
                          .gates = find_cell(maker->node->op)->gates};
    return w[1] == out->gates * out->hidden && w[2] == out->inputs && r[0] == w[0] &&
           r[1] == w[1] && out->steps > 0 && out->directions > 0;
}

static void begin_layer(struct sdse_maker *maker) {
    maker->layer = (struct sdse_layer){0};
    maker->weights = (struct sdse_onnx_weights){
        .node = maker->node, .scale = {SDSE_ONNX_NONE, SDSE_ONNX_NONE}};
}

// Of one direction, step after step: its weights are a part of R.
static bool add_state(struct sdse_maker *maker, const struct sizes *n, uint64_t part) {
    static const char *const names[] = {".state.forward", ".state.reverse"};
    begin_layer(maker);
    if (!sdse_maker_fc(maker, sdse_onnx_in(maker->graph, maker->node, 2), false,
                       n->gates * n->hidden, n->hidden, n->batch))
        return false;
    maker->weights.parts = n->directions;
    maker->weights.part = part;
    maker->weights.state = true;
    maker->steps = n->steps;
    return sdse_maker_add(maker, n->directions == 2 ? names[part] : ".state");
}

// The cells work while the products come: nothing of it moves through memories.
static bool add_gates(struct sdse_maker *maker, const struct sizes *n) {
    uint64_t rows;
    begin_layer(maker);
    maker->weights.node = NULL;
    maker->steps = 1;
    if (!sdse_maker_split_batch(maker, n->steps * n->batch, &rows))
        return false;
    sdse_maker_set_bounds(maker, n->directions * n->hidden, 1, 1, rows, 1, 1, 1);
    maker->layer.kind = SDSE_ACT;
    maker->layer.move =
        (struct sdse_move){.fused = true,
                           .addends = 1,
                           .passes = 1,
                           .operations = find_cell(maker->node->op)->operations};
    sdse_maker_set_map(&maker->layer);
    return sdse_maker_add(maker, ".gates");
}

bool sdse_maker_recurrent(struct sdse_maker *maker) {
    struct sizes n;
    if (!read_sizes(maker, &n) || n.directions > 2)
        return false;
    uint64_t rows;
    if (!sdse_maker_split_batch(maker, n.batch, &rows) ||
        !sdse_maker_fc(maker, sdse_onnx_in(maker->graph, maker->node, 1), false,
                       n.directions * n.gates * n.hidden, n.inputs,
                       n.steps * n.batch) ||
        !sdse_maker_add(maker, ".in"))
        return false;
    for (uint64_t part = 0; part < n.directions; part++)
        if (!add_state(maker, &n, part))
            return false;
    maker->added = add_gates(maker, &n);
    return maker->added;
}
