#include "import/onnx/graph.h"

#include <inttypes.h>
#include <string.h>

#include "base/hash.h"

// Names to values: open addressing, at most half full.
struct names {
    uint32_t *slot; // value + 1; 0 = free
    size_t mask;
};

struct builder {
    struct sdse_onnx_graph *graph;
    struct names names;
};

__attribute__((format(printf, 3, 4))) static void
complain(struct sdse_onnx_graph *graph, const char *check, const char *format, ...) {
    char text[512]; // long names are cut
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sdse_diag_add(graph->diags, SDSE_ERROR, (struct sdse_loc){.file = graph->file},
                  check, "%s", text);
}

// The value of this name, added if new.
static uint32_t intern(struct builder *builder, const char *name) {
    struct sdse_onnx_graph *graph = builder->graph;
    size_t at = (size_t)sdse_hash_bytes(name, strlen(name)).low;
    for (;; at++) {
        uint32_t *slot = &builder->names.slot[at & builder->names.mask];
        if (*slot && strcmp(graph->value[*slot - 1].name, name) != 0)
            continue;
        if (!*slot) {
            graph->value[graph->value_count] = (struct sdse_onnx_value){
                .name = name, .producer = SDSE_ONNX_NONE, .blame = SDSE_ONNX_NONE};
            *slot = ++graph->value_count;
        }
        return *slot - 1;
    }
}

static bool allocate(struct builder *builder, struct sdse_arena *arena) {
    struct sdse_onnx_graph *graph = builder->graph;
    const Onnx__GraphProto *proto = graph->proto;
    size_t values =
        proto->n_initializer + proto->n_input + proto->n_value_info + proto->n_output;
    size_t nodes = proto->n_node;
    for (size_t i = 0; i < nodes; i++)
        values += proto->node[i]->n_input + proto->node[i]->n_output;
    if (values > UINT32_MAX / 4 || nodes > UINT32_MAX / 4)
        return false;
    size_t slots = 16;
    while (slots < 2 * values)
        slots *= 2;
    builder->names.mask = slots - 1;
    builder->names.slot = SDSE_ARENA_ARRAY(arena, uint32_t, slots);
    graph->value = SDSE_ARENA_ARRAY(arena, struct sdse_onnx_value, values + 1);
    graph->node = SDSE_ARENA_ARRAY(arena, struct sdse_onnx_node, nodes + 1);
    graph->order = SDSE_ARENA_ARRAY(arena, uint32_t, nodes + 1);
    return builder->names.slot && graph->value && graph->node && graph->order;
}

static void add_initializers(struct builder *builder) {
    struct sdse_onnx_graph *graph = builder->graph;
    for (size_t i = 0; i < graph->proto->n_initializer; i++) {
        const Onnx__TensorProto *tensor = graph->proto->initializer[i];
        if (!tensor->name || !tensor->name[0])
            continue;
        struct sdse_onnx_value *value = &graph->value[intern(builder, tensor->name)];
        if (value->defined) {
            complain(graph, "onnx-duplicate-output", "initializer '%s' is there twice",
                     value->name);
            continue;
        }
        value->defined = true;
        if (!sdse_onnx_tensor_check(tensor, graph->file, graph->follow_links,
                                    &value->shape, graph->diags))
            continue;
        value->tensor = tensor;
        uint64_t count;
        if (sdse_shape_count(value->shape.dim, value->shape.rank, &count) &&
            count <= SDSE_ONNX_FOLD_LIMIT) {
            value->folded = sdse_onnx_tensor_fold(tensor, (size_t)count, graph->arena);
            value->integer = !sdse_onnx_tensor_is_real(tensor);
        }
    }
}

static const struct sdse_import_input *
find_option(const struct sdse_import_options *options, const char *name) {
    for (size_t i = 0; options && i < options->input_count; i++)
        if (!options->inputs[i].name || strcmp(options->inputs[i].name, name) == 0)
            return &options->inputs[i];
    return NULL;
}

// The shape of one run of those that a given shape holds.
static struct sdse_import_input one_run(const struct sdse_import_input *given,
                                        const Onnx__TensorShapeProto *proto) {
    struct sdse_import_input run = *given;
    if (!given->runs || given->rank == 0)
        return run;
    const Onnx__TensorShapeProto__Dimension *leading =
        proto && proto->n_dim > 0 ? proto->dim[0] : NULL;
    int64_t extent = leading && leading->value_case ==
                                    ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE
                         ? leading->dim_value
                         : 1;
    extent = extent > 0 ? extent : 1;
    if (run.shape[0] % (uint64_t)extent == 0 && run.shape[0] > 0)
        run.shape[0] = (uint64_t)extent;
    return run;
}

// The file's shape as text, "1x3x?x?", and whether it is complete and agrees with what
// the user gave.
struct declared {
    char text[128];
    bool complete, fits;
};

static struct declared read_declared(const Onnx__TensorShapeProto *proto,
                                     const struct sdse_import_input *option,
                                     struct sdse_onnx_shape *shape) {
    struct declared declared = {
        .complete = proto && proto->n_dim <= SDSE_ARRAY_MAX_RANK, .fits = true};
    if (!declared.complete) {
        snprintf(declared.text, sizeof declared.text, "?");
        return declared;
    }
    declared.fits = !option || option->rank == proto->n_dim;
    shape->rank = (unsigned)proto->n_dim;
    size_t used = 0;
    for (unsigned i = 0; i < shape->rank; i++) {
        const Onnx__TensorShapeProto__Dimension *dim = proto->dim[i];
        int64_t extent =
            dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE
                ? dim->dim_value
                : 0;
        if (extent > 0 && used < sizeof declared.text)
            used += (size_t)snprintf(declared.text + used, sizeof declared.text - used,
                                     "%s%" PRId64, i ? "x" : "", extent);
        else if (used < sizeof declared.text)
            used += (size_t)snprintf(declared.text + used, sizeof declared.text - used,
                                     "%s?", i ? "x" : "");
        declared.complete &= extent > 0;
        if (declared.fits && option && extent > 0)
            declared.fits = option->shape[i] == (uint64_t)extent;
        shape->dim[i] = (uint64_t)extent;
    }
    return declared;
}

static void set_input_shape(struct sdse_onnx_graph *graph,
                            const Onnx__ValueInfoProto *proto,
                            const struct sdse_import_options *options,
                            struct sdse_onnx_value *value) {
    const Onnx__TypeProto *type = proto->type;
    if (!type || type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE ||
        !type->tensor_type) {
        complain(graph, "onnx-input-shape", "input '%s' is not a tensor", value->name);
        return;
    }
    const struct sdse_import_input *option = find_option(options, value->name);
    struct sdse_import_input run;
    struct sdse_onnx_shape shape = {0};
    if (option) {
        run = one_run(option, type->tensor_type->shape);
        option = &run;
    }
    struct declared declared = read_declared(type->tensor_type->shape, option, &shape);
    if (!declared.fits) {
        complain(graph, "onnx-input-shape",
                 "input '%s' is %s in the file: the shape given contradicts it",
                 value->name, declared.text);
        return;
    }
    if (!option && !declared.complete) {
        complain(graph, "onnx-input-shape",
                 "input '%s' is %s in the file: give its full shape, as in "
                 "NAME=1x3x224x224",
                 value->name, declared.text);
        return;
    }
    if (option) {
        shape.rank = option->rank;
        memcpy(shape.dim, option->shape, sizeof shape.dim);
    }
    bool empty = false;
    for (unsigned i = 0; i < shape.rank && i < SDSE_ARRAY_MAX_RANK; i++)
        empty |= shape.dim[i] == 0;
    if (empty || shape.rank > SDSE_ARRAY_MAX_RANK ||
        !sdse_onnx_shape_is_sane(shape.dim, shape.rank)) {
        complain(graph, "onnx-input-shape", "input '%s': an absurd number of elements",
                 value->name);
        return;
    }
    shape.known = true;
    value->shape = shape;
    if (graph->batch == 0 && shape.rank >= 2)
        graph->batch = shape.dim[0];
}

static void add_inputs(struct builder *builder,
                       const struct sdse_import_options *options) {
    struct sdse_onnx_graph *graph = builder->graph;
    const Onnx__GraphProto *proto = graph->proto;
    for (size_t i = 0; i < proto->n_input; i++) {
        const char *name = proto->input[i]->name;
        if (!name || !name[0])
            continue;
        struct sdse_onnx_value *value = &graph->value[intern(builder, name)];
        if (value->defined) // initializers may be listed as inputs (IR version < 4)
            continue;
        value->defined = true;
        set_input_shape(graph, proto->input[i], options, value);
    }
    if (graph->batch == 0)
        graph->batch = 1;
    for (size_t i = 0; options && i < options->input_count; i++) {
        bool found = false;
        for (size_t j = 0; j < proto->n_input && !found; j++)
            found = !options->inputs[i].name ||
                    (proto->input[j]->name &&
                     strcmp(proto->input[j]->name, options->inputs[i].name) == 0);
        if (!found) {
            complain(graph, "onnx-input-name",
                     "a shape is given for input '%s', but the first of the model's "
                     "inputs is '%s'",
                     options->inputs[i].name,
                     proto->n_input && proto->input[0]->name ? proto->input[0]->name
                                                             : "");
        }
    }
}

static bool add_node(struct builder *builder, uint32_t index) {
    struct sdse_onnx_graph *graph = builder->graph;
    const Onnx__NodeProto *proto = graph->proto->node[index];
    struct sdse_onnx_node *node = &graph->node[index];
    node->proto = proto;
    node->op = proto->op_type ? proto->op_type : "";
    node->name = proto->name && proto->name[0]
                     ? proto->name
                     : sdse_arena_printf(graph->arena, "%s_%" PRIu32, node->op, index);
    node->input_count = (uint32_t)proto->n_input;
    node->output_count = (uint32_t)proto->n_output;
    node->input = SDSE_ARENA_ARRAY(graph->arena, uint32_t, proto->n_input + 1);
    node->output = SDSE_ARENA_ARRAY(graph->arena, uint32_t, proto->n_output + 1);
    if (!node->name || !node->input || !node->output)
        return false;
    for (uint32_t i = 0; i < node->input_count; i++)
        node->input[i] =
            proto->input[i][0] ? intern(builder, proto->input[i]) : SDSE_ONNX_NONE;
    for (uint32_t i = 0; i < node->output_count; i++) {
        node->output[i] = SDSE_ONNX_NONE;
        if (!proto->output[i][0])
            continue;
        uint32_t id = intern(builder, proto->output[i]);
        struct sdse_onnx_value *value = &graph->value[id];
        if (value->defined) {
            complain(graph, "onnx-duplicate-output",
                     "node '%s' gives '%s', which something else gives too", node->name,
                     value->name);
            continue;
        }
        *value = (struct sdse_onnx_value){
            .name = value->name, .producer = index, .blame = index, .defined = true};
        node->output[i] = id;
    }
    return true;
}

// The shapes that the file itself gives for values between nodes.
static void add_value_infos(struct builder *builder) {
    const Onnx__GraphProto *proto = builder->graph->proto;
    for (size_t i = 0; i < proto->n_value_info; i++) {
        const Onnx__ValueInfoProto *info = proto->value_info[i];
        if (info->name && info->name[0] && info->type &&
            info->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE &&
            info->type->tensor_type)
            builder->graph->value[intern(builder, info->name)].declared =
                info->type->tensor_type->shape;
    }
}

static void check_inputs_exist(struct sdse_onnx_graph *graph) {
    for (uint32_t i = 0; i < graph->node_count; i++) {
        struct sdse_onnx_node *node = &graph->node[i];
        for (uint32_t j = 0; j < node->input_count; j++) {
            if (node->input[j] == SDSE_ONNX_NONE ||
                graph->value[node->input[j]].defined)
                continue;
            complain(graph, "onnx-missing-input",
                     "node '%s' reads '%s', which nothing gives", node->name,
                     graph->value[node->input[j]].name);
            node->reported = true;
        }
    }
}

// One step of a depth-first visit: a node and the input to look at next.
struct visit {
    uint32_t node, input;
};

// Depth first from each node in file order, with a stack of our own: a chain of a
// million nodes must not overflow the machine's.
static bool sort_nodes(struct sdse_onnx_graph *graph) {
    enum { NEW, OPEN, DONE };
    uint32_t count = graph->node_count;
    unsigned char *state = SDSE_ARENA_ARRAY(graph->arena, unsigned char, count + 1);
    struct visit *stack = SDSE_ARENA_ARRAY(graph->arena, struct visit, count + 1);
    if (!state || !stack)
        return false;
    for (uint32_t root = 0; root < count; root++) {
        uint32_t depth = 0;
        if (state[root] == NEW) {
            stack[depth++] = (struct visit){root, 0};
            state[root] = OPEN;
        }
        while (depth > 0) {
            struct visit *top = &stack[depth - 1];
            struct sdse_onnx_node *node = &graph->node[top->node];
            if (top->input == node->input_count) {
                state[top->node] = DONE;
                graph->order[graph->order_count++] = top->node;
                depth--;
                continue;
            }
            uint32_t id = node->input[top->input++];
            uint32_t producer =
                id == SDSE_ONNX_NONE ? SDSE_ONNX_NONE : graph->value[id].producer;
            if (producer == SDSE_ONNX_NONE || state[producer] == DONE)
                continue;
            if (state[producer] == OPEN) {
                complain(graph, "onnx-cycle",
                         "node '%s' waits for node '%s', which waits for it",
                         node->name, graph->node[producer].name);
                node->reported = true;
                continue;
            }
            state[producer] = OPEN;
            stack[depth++] = (struct visit){producer, 0};
        }
    }
    return true;
}

static int64_t find_opset(const Onnx__ModelProto *model) {
    for (size_t i = 0; i < model->n_opset_import; i++) {
        const Onnx__OperatorSetIdProto *set = model->opset_import[i];
        if (!set->domain || !set->domain[0] || strcmp(set->domain, "ai.onnx") == 0)
            return set->version;
    }
    return 1;
}

enum sdse_status sdse_onnx_graph_build(const Onnx__ModelProto *model, const char *file,
                                       const struct sdse_import_options *options,
                                       struct sdse_arena *arena,
                                       struct sdse_diags *diags,
                                       struct sdse_onnx_graph *out) {
    *out = (struct sdse_onnx_graph){.file = file,
                                    .proto = model->graph,
                                    .opset = find_opset(model),
                                    .arena = arena,
                                    .diags = diags,
                                    .follow_links = options && options->follow_links};
    struct builder builder = {.graph = out};
    if (!allocate(&builder, arena))
        return SDSE_NO_MEMORY;
    add_initializers(&builder);
    add_inputs(&builder, options);
    out->node_count = (uint32_t)model->graph->n_node;
    for (uint32_t i = 0; i < out->node_count; i++)
        if (!add_node(&builder, i))
            return SDSE_NO_MEMORY;
    add_value_infos(&builder);
    for (size_t i = 0; i < out->proto->n_output; i++) {
        const char *name = out->proto->output[i]->name;
        if (name && name[0])
            out->value[intern(&builder, name)].output = true;
    }
    check_inputs_exist(out);
    return sort_nodes(out) ? SDSE_OK : SDSE_NO_MEMORY;
}
