#include "import/forward/run.h"

#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "import/onnx/constant_rules.h"
#include "import/onnx/infer.h"
#include "import/onnx/operators.h"

enum {
    FLOAT = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
    UINT8 = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8,
    INT64 = ONNX__TENSOR_PROTO__DATA_TYPE__INT64,
};

// ---- what the rules share ---------------------------------------------------

double sdse_step_real(const struct sdse_step *step, const char *name, double absent) {
    const Onnx__AttributeProto *attribute = sdse_onnx_attribute(step->node, name);
    return attribute && attribute->has_f ? (double)attribute->f : absent;
}

bool sdse_step_type_is_real(int32_t type) {
    return type == FLOAT || type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE ||
           type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16 ||
           type == ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16;
}

bool sdse_step_type_range(int32_t type, double *least, double *most) {
    static const struct {
        int32_t type;
        double least, most;
    } ranges[] = {
        {UINT8, 0, 255},
        {ONNX__TENSOR_PROTO__DATA_TYPE__INT8, -128, 127},
        {ONNX__TENSOR_PROTO__DATA_TYPE__UINT16, 0, 65535},
        {ONNX__TENSOR_PROTO__DATA_TYPE__INT16, -32768, 32767},
        {ONNX__TENSOR_PROTO__DATA_TYPE__INT32, -0x1p31, 0x1p31 - 1},
        {21, 0, 15}, // UINT4, newer than the onnx.proto we build with
        {22, -8, 7}, // INT4
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (ranges[i].type == type) {
            *least = ranges[i].least;
            *most = ranges[i].most;
            return true;
        }
    }
    return false;
}

struct parallel {
    void (*body)(void *, uint64_t);
    void *context;
};

static void call_body(void *context, unsigned worker, size_t index) {
    const struct parallel *parallel = context;
    (void)worker;
    parallel->body(parallel->context, index);
}

bool sdse_step_parallel(struct sdse_step *step, uint64_t tasks, double work,
                        void (*body)(void *context, uint64_t task), void *context) {
    const double worth_threads = 1e6; // operations
    struct parallel parallel = {body, context};
    if (work < worth_threads) {
        for (uint64_t task = 0; task < tasks; task++)
            body(context, task);
        return true;
    }
    step->status =
        sdse_parallel_for((size_t)tasks, step->threads, call_body, &parallel);
    return step->status == SDSE_OK;
}

// ---- the rule of a node -----------------------------------------------------

// Constants are worked out by import/onnx/constant.h; what runs is the same there.
static bool run_shared(struct sdse_step *step) {
    const sdse_onnx_constant_rule_fn rule = sdse_onnx_constant_rule(step->node);
    struct sdse_onnx_sum sum = {.graph = step->graph,
                                .node = step->node,
                                .inputs = step->inputs,
                                .in = step->in,
                                .running = true,
                                .whole = true};
    for (uint32_t i = 0; i < 2 && i < step->inputs; i++)
        sum.whole &= !sdse_step_type_is_real(step->in_type[i]);
    for (uint32_t i = 0; i < step->outputs; i++) {
        sum.which = i;
        sum.out = &step->out[i];
        step->out_type[i] = step->out_type[0];
        if (sum.out->data && !rule(&sum))
            return sdse_step_fail(step, "its inputs contradict it");
    }
    return true;
}

static bool is_stored(const struct sdse_onnx_node *node) {
    return strcmp(node->op, "Constant") == 0;
}

// Values that follow from shapes alone.
static bool is_of_shape(const struct sdse_onnx_node *node) {
    return strcmp(node->op, "Shape") == 0 || strcmp(node->op, "Size") == 0;
}

static sdse_step_rule find_rule(const struct sdse_onnx_node *node) {
    static sdse_step_rule (*const families[])(const char *) = {
        sdse_step_rule_window,    sdse_step_rule_product, sdse_step_rule_quantized,
        sdse_step_rule_pointwise, sdse_step_rule_normal,  sdse_step_rule_layout,
        sdse_step_rule_recurrent,
    };
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        sdse_step_rule rule = families[i](node->op);
        if (rule)
            return rule;
    }
    return sdse_onnx_constant_rule(node) ? run_shared : NULL;
}

// Types of outputs where that is not the first input's, before the rule runs.
static int32_t type_of_output(const struct sdse_step *step) {
    const struct sdse_onnx_node *node = step->node;
    if (is_of_shape(node))
        return INT64;
    if (strcmp(node->op, "Cast") == 0)
        return (int32_t)sdse_onnx_int(node, "to", FLOAT);
    if (strcmp(node->op, "ConstantOfShape") == 0) {
        const Onnx__AttributeProto *value = sdse_onnx_attribute(node, "value");
        return value && value->t ? value->t->data_type : FLOAT;
    }
    if (strcmp(node->op, "DequantizeLinear") == 0 || strcmp(node->op, "Where") == 0)
        return step->inputs > 1 ? step->in_type[1] : FLOAT;
    return step->inputs > 0 ? step->in_type[0] : FLOAT;
}

// ---- what can be run --------------------------------------------------------

static void refuse(const struct sdse_onnx_graph *graph,
                   const struct sdse_onnx_node *node, const char *why,
                   struct sdse_diags *diags) {
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = graph->file},
                  "onnx-forward", "node '%s' (%s): %s", node->name, node->op, why);
}

enum sdse_status sdse_forward_check(const struct sdse_onnx_graph *graph,
                                    struct sdse_diags *diags) {
    size_t errors = diags->errors;
    for (uint32_t i = 0; i < graph->order_count; i++) {
        uint32_t index = graph->order[i];
        const struct sdse_onnx_node *node = &graph->node[index];
        bool known = true, missing = false;
        if (!sdse_onnx_has_rule(node->proto) ||
            !(is_stored(node) || is_of_shape(node) || find_rule(node))) {
            refuse(graph, node, "this operator is not executed here", diags);
            continue;
        }
        for (uint32_t j = 0; j < node->output_count; j++) {
            const struct sdse_onnx_value *value = node->output[j] == SDSE_ONNX_NONE
                                                      ? NULL
                                                      : &graph->value[node->output[j]];
            known &= !value || value->shape.known || value->blame != index;
        }
        for (uint32_t j = 0; j < node->input_count; j++)
            missing |= node->input[j] == SDSE_ONNX_NONE && j == 0;
        if (!known)
            refuse(graph, node,
                   node->why ? node->why : "the shape of its output is not known",
                   diags);
        else if (missing)
            refuse(graph, node, "its first input is missing", diags);
        else if (is_stored(node) && node->output_count > 0 &&
                 node->output[0] != SDSE_ONNX_NONE &&
                 !graph->value[node->output[0]].tensor &&
                 !graph->value[node->output[0]].folded)
            refuse(graph, node, "this kind of constant is not read", diags);
    }
    return diags->errors > errors ? SDSE_INVALID : SDSE_OK;
}

// ---- running ----------------------------------------------------------------

struct number {
    struct sdse_onnx_numbers numbers; // no data: not there (yet, or any more)
    int32_t type;
    uint32_t uses; // that are to come
    struct sdse_grid grid;
};

struct run {
    const struct sdse_forward_request *request;
    const struct sdse_onnx_graph *graph;
    struct number *value;
    struct sdse_diags *diags;
};

static int32_t stored_type(const struct sdse_onnx_value *value) {
    return value->tensor ? value->tensor->data_type : value->integer ? INT64 : FLOAT;
}

static void round_real(struct sdse_onnx_numbers *numbers, int32_t type) {
    const bool real = sdse_step_type_is_real(type);
    for (uint64_t i = 0; real && i < numbers->count; i++)
        numbers->data[i] = sdse_step_round(numbers->data[i]);
}

// A value that no node computes: an input, or a constant of the file.
static enum sdse_status load(struct run *run, uint32_t id) {
    const struct sdse_onnx_value *value = &run->graph->value[id];
    struct number *number = &run->value[id];
    const struct sdse_onnx_numbers *given = &run->request->given[id];
    enum sdse_status status = SDSE_OK;
    if (number->numbers.data)
        return SDSE_OK;
    if (given->data) {
        number->numbers = *given;
        number->numbers.data = malloc((size_t)(given->count + 1) * sizeof *given->data);
        if (!number->numbers.data)
            return SDSE_NO_MEMORY;
        memcpy(number->numbers.data, given->data,
               (size_t)given->count * sizeof *given->data);
        return SDSE_OK;
    }
    status = sdse_onnx_constant_read(run->graph, id, &number->numbers, run->diags);
    number->type = stored_type(value);
    if (status == SDSE_OK)
        round_real(&number->numbers, number->type);
    else
        number->numbers.data = NULL;
    return status;
}

static void release(struct run *run, uint32_t id) {
    struct number *number = &run->value[id];
    if (--number->uses > 0)
        return;
    free(number->numbers.data);
    number->numbers.data = NULL;
}

// Room for one node's inputs and outputs.
struct frame {
    struct sdse_onnx_numbers *in, *out;
    int32_t *in_type, *out_type;
    struct sdse_grid *grids;
};

static void free_frame(struct frame *frame) {
    free(frame->in);
    free(frame->out);
    free(frame->in_type);
    free(frame->out_type);
    free(frame->grids);
}

static bool make_frame(const struct sdse_onnx_node *node, struct frame *frame) {
    const size_t in = (size_t)node->input_count + 1,
                 out = (size_t)node->output_count + 1;
    *frame = (struct frame){.in = calloc(in, sizeof *frame->in),
                            .out = calloc(out, sizeof *frame->out),
                            .in_type = calloc(in, sizeof *frame->in_type),
                            .out_type = calloc(out, sizeof *frame->out_type),
                            .grids = calloc(in, sizeof *frame->grids)};
    if (frame->in && frame->out && frame->in_type && frame->out_type && frame->grids)
        return true;
    free_frame(frame);
    return false;
}

static enum sdse_status load_inputs(struct run *run, const struct sdse_onnx_node *node,
                                    struct frame *frame) {
    for (uint32_t i = 0; i < node->input_count; i++) {
        uint32_t id = node->input[i];
        if (id == SDSE_ONNX_NONE)
            continue;
        enum sdse_status status =
            run->graph->value[id].producer == SDSE_ONNX_NONE ? load(run, id) : SDSE_OK;
        if (status != SDSE_OK)
            return status;
        frame->in[i] = run->value[id].numbers;
        frame->in_type[i] = run->value[id].type;
        frame->grids[i] = run->value[id].grid;
    }
    return SDSE_OK;
}

// Outputs that nobody names or reads are not wanted, but the first, which rules fill.
static bool make_outputs(struct run *run, const struct sdse_onnx_node *node,
                         struct frame *frame) {
    for (uint32_t i = 0; i < node->output_count; i++) {
        uint32_t id = node->output[i];
        if (id == SDSE_ONNX_NONE || (i > 0 && run->value[id].uses == 0))
            continue;
        const struct sdse_onnx_shape *shape = &run->graph->value[id].shape;
        frame->out[i].shape = *shape;
        frame->out[i].count = sdse_onnx_product(shape, 0, shape->rank);
        frame->out[i].data =
            calloc((size_t)frame->out[i].count + 1, sizeof *frame->out[i].data);
        if (!frame->out[i].data)
            return false;
    }
    return true;
}

// Operators that only choose among the numbers of their first input: its grid is
// theirs.
static bool keeps_grid(const struct sdse_onnx_node *node) {
    static const char *const keeping[] = {
        "Identity", "Reshape", "Squeeze",   "Unsqueeze",    "Flatten",      "Transpose",
        "Slice",    "Split",   "Expand",    "Tile",         "Gather",       "Dropout",
        "MaxPool",  "Relu",    "ReduceMax", "DepthToSpace", "SpaceToDepth",
    };
    return SDSE_ONNX_AMONG(node->op, keeping);
}

static enum sdse_status compute(struct run *run, struct sdse_step *step) {
    const struct sdse_onnx_node *node = step->node;
    if (is_stored(node) || is_of_shape(node)) {
        const struct sdse_onnx_value *value = &run->graph->value[node->output[0]];
        struct sdse_onnx_numbers numbers;
        enum sdse_status status =
            sdse_onnx_constant_read(run->graph, node->output[0], &numbers, run->diags);
        if (status != SDSE_OK)
            return status;
        free(step->out[0].data);
        step->out[0] = numbers;
        step->out_type[0] = is_stored(node) ? stored_type(value) : INT64;
        return SDSE_OK;
    }
    if (find_rule(node)(step))
        return SDSE_OK;
    if (step->status != SDSE_OK)
        return step->status;
    refuse(run->graph, node, step->why ? step->why : "it is not executed here",
           run->diags);
    return SDSE_INVALID;
}

uint32_t sdse_forward_weights_at(const struct sdse_onnx_graph *graph,
                                 const struct sdse_onnx_node *node) {
    struct sdse_onnx_operands at = sdse_onnx_operands_of(node->op);
    const struct sdse_onnx_value *b = sdse_onnx_in(graph, node, at.b);
    return b && sdse_onnx_is_constant(b) ? at.b : at.a;
}

static enum sdse_status run_node(struct run *run, uint32_t index) {
    const struct sdse_onnx_node *node = &run->graph->node[index];
    struct frame frame;
    if (node->output_count == 0 ||
        (node->output[0] == SDSE_ONNX_NONE && !sdse_step_is_recurrent(node->op)))
        return SDSE_OK;
    if (!make_frame(node, &frame))
        return SDSE_NO_MEMORY;
    struct sdse_step step = {.graph = run->graph,
                             .node = node,
                             .threads = run->request->threads,
                             .inputs = node->input_count,
                             .outputs = node->output_count,
                             .in = frame.in,
                             .in_type = frame.in_type,
                             .out = frame.out,
                             .out_type = frame.out_type,
                             .status = SDSE_OK};
    enum sdse_status status = load_inputs(run, node, &frame);
    if (status == SDSE_OK && !make_outputs(run, node, &frame))
        status = SDSE_NO_MEMORY;
    for (uint32_t of_state = 0; run->request->weights && of_state < 2; of_state++) {
        const struct sdse_onnx_numbers *other =
            &run->request->weights[of_state * run->graph->node_count + index];
        const uint32_t state_at = 2; // of recurrent operators
        if (other->data)
            frame.in[of_state ? state_at : sdse_forward_weights_at(run->graph, node)] =
                *other;
    }
    if (status == SDSE_OK && run->request->watch)
        status = run->request->watch(run->request->context, &step, frame.grids);
    if (status == SDSE_OK) {
        frame.out_type[0] = type_of_output(&step);
        for (uint32_t i = 1; i < node->output_count; i++)
            frame.out_type[i] = frame.out_type[0];
        status = compute(run, &step);
    }
    struct sdse_grid grid = {0};
    if (status == SDSE_OK && strcmp(node->op, "DequantizeLinear") == 0)
        grid = sdse_step_grid(&step);
    else if (keeps_grid(node))
        grid = frame.grids[0];
    for (uint32_t i = 0; i < node->output_count; i++) {
        if (!frame.out[i].data)
            continue;
        if (status != SDSE_OK || run->value[node->output[i]].uses == 0) {
            free(frame.out[i].data);
            continue;
        }
        round_real(&frame.out[i], frame.out_type[i]);
        struct number *number = &run->value[node->output[i]];
        number->numbers = frame.out[i];
        number->type = frame.out_type[i];
        number->grid = grid;
    }
    for (uint32_t i = 0; i < node->input_count; i++)
        if (node->input[i] != SDSE_ONNX_NONE)
            release(run, node->input[i]);
    free_frame(&frame);
    return status;
}

static uint32_t output_at(const struct sdse_onnx_graph *graph, size_t i) {
    const char *name = graph->proto->output[i]->name;
    for (uint32_t id = 0; name && id < graph->value_count; id++)
        if (strcmp(graph->value[id].name, name) == 0)
            return id;
    return SDSE_ONNX_NONE;
}

static int32_t input_type(const struct sdse_onnx_graph *graph, const char *name) {
    for (size_t i = 0; i < graph->proto->n_input; i++) {
        const Onnx__ValueInfoProto *info = graph->proto->input[i];
        if (info->name && strcmp(info->name, name) == 0 && info->type &&
            info->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE &&
            info->type->tensor_type)
            return info->type->tensor_type->elem_type;
    }
    return FLOAT;
}

// How often each value is read; outputs of the model are read once more, by the caller.
static void count_uses(struct run *run) {
    const struct sdse_onnx_graph *graph = run->graph;
    for (uint32_t i = 0; i < graph->node_count; i++)
        for (uint32_t j = 0; j < graph->node[i].input_count; j++)
            if (graph->node[i].input[j] != SDSE_ONNX_NONE &&
                graph->node[i].output_count > 0 &&
                graph->node[i].output[0] != SDSE_ONNX_NONE)
                run->value[graph->node[i].input[j]].uses++;
    for (uint32_t id = 0; id < graph->value_count; id++)
        if (run->request->given[id].data)
            run->value[id].type = input_type(graph, graph->value[id].name);
}

enum sdse_status sdse_forward_run(const struct sdse_forward_request *request,
                                  struct sdse_onnx_numbers *outputs,
                                  struct sdse_diags *diags) {
    const struct sdse_onnx_graph *graph = request->graph;
    const size_t count = graph->proto->n_output;
    struct run run = {.request = request, .graph = graph, .diags = diags};
    enum sdse_status status = SDSE_OK;
    run.value = calloc((size_t)graph->value_count + 1, sizeof *run.value);
    memset(outputs, 0, count * sizeof *outputs);
    if (!run.value)
        return SDSE_NO_MEMORY;
    count_uses(&run);
    for (size_t i = 0; i < count; i++) {
        uint32_t id = output_at(graph, i);
        if (id != SDSE_ONNX_NONE)
            run.value[id].uses++;
    }
    for (uint32_t i = 0; i < graph->order_count && status == SDSE_OK; i++)
        status = run_node(&run, graph->order[i]);
    for (size_t i = 0; i < count && status == SDSE_OK; i++) {
        uint32_t id = output_at(graph, i);
        if (id == SDSE_ONNX_NONE)
            continue;
        if (graph->value[id].producer == SDSE_ONNX_NONE)
            status = load(&run, id);
        struct number *number = &run.value[id];
        if (status != SDSE_OK || !number->numbers.data)
            continue;
        outputs[i] = number->numbers;
        outputs[i].data = malloc((size_t)(number->numbers.count + 1) * sizeof(double));
        if (!outputs[i].data) {
            status = SDSE_NO_MEMORY;
            continue;
        }
        memcpy(outputs[i].data, number->numbers.data,
               (size_t)number->numbers.count * sizeof(double));
    }
    for (uint32_t id = 0; id < graph->value_count; id++)
        free(run.value[id].numbers.data);
    free(run.value);
    for (size_t i = 0; i < count && status != SDSE_OK; i++) {
        free(outputs[i].data);
        outputs[i].data = NULL;
    }
    return status;
}
