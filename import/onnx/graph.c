#include "import/onnx/graph.h"

#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "import/onnx/inputs.h"

// Names to values: open addressing, at most half full.
struct names {
    uint32_t *slot; // value + 1; 0 = free
    size_t mask;
};

struct builder {
    struct sdse_onnx_graph *graph;
    struct names names;
};

void sdse_onnx_complain(const struct sdse_onnx_graph *graph, const char *check,
                        const char *format, ...) {
    char text[768]; // long names are cut
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
            sdse_onnx_complain(graph, "onnx-duplicate-output",
                               "initializer '%s' is there twice", value->name);
            continue;
        }
        value->defined = true;
        if (!sdse_onnx_tensor_check(tensor, graph->file, graph->external, &value->shape,
                                    graph->diags))
            continue;
        value->tensor = tensor;
        value->unread = sdse_onnx_is_unread(graph, tensor);
        uint64_t count;
        if (sdse_shape_count(value->shape.dim, value->shape.rank, &count) &&
            count <= SDSE_ONNX_FOLD_LIMIT) {
            value->folded =
                sdse_onnx_tensor_fold(tensor, value->unread ? NULL : graph->file,
                                      (size_t)count, graph->arena, graph->diags);
            value->integer = !sdse_onnx_tensor_is_real(tensor);
        }
    }
}

static bool add_inputs(struct builder *builder,
                       const struct sdse_import_options *options) {
    struct sdse_onnx_graph *graph = builder->graph;
    const Onnx__GraphProto *proto = graph->proto;
    struct sdse_onnx_settings given;
    if (!sdse_onnx_settings_read(graph, options, &given))
        return false;
    for (size_t i = 0; i < proto->n_input; i++) {
        const char *name = proto->input[i]->name;
        if (!name || !name[0])
            continue;
        struct sdse_onnx_value *value = &graph->value[intern(builder, name)];
        if (value->defined) // initializers may be listed as inputs (IR version < 4)
            continue;
        value->defined = true;
        sdse_onnx_input_shape(graph, proto->input[i], &given, value);
        const Onnx__TypeProto *type = proto->input[i]->type;
        if (value->shape.known)
            value->declared = type->tensor_type->shape;
    }
    return true;
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
            sdse_onnx_complain(graph, "onnx-duplicate-output",
                               "node '%s' gives '%s', which something else gives too",
                               node->name, value->name);
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
            sdse_onnx_complain(graph, "onnx-missing-input",
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
                sdse_onnx_complain(graph, "onnx-cycle",
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

bool sdse_onnx_is_unread(const struct sdse_onnx_graph *graph,
                         const Onnx__TensorProto *tensor) {
    return graph->external == SDSE_ONNX_EXTERNAL_UNREAD &&
           sdse_onnx_tensor_is_external(tensor);
}

static enum sdse_onnx_external external_of(const struct sdse_import_options *options) {
    return !options                ? SDSE_ONNX_EXTERNAL_INSIDE
           : options->shapes_only  ? SDSE_ONNX_EXTERNAL_UNREAD
           : options->follow_links ? SDSE_ONNX_EXTERNAL_LINKED
                                   : SDSE_ONNX_EXTERNAL_INSIDE;
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
                                    .batch = 1,
                                    .arena = arena,
                                    .diags = diags,
                                    .external = external_of(options)};
    struct builder builder = {.graph = out};
    if (!allocate(&builder, arena))
        return SDSE_NO_MEMORY;
    add_initializers(&builder);
    if (!add_inputs(&builder, options))
        return SDSE_NO_MEMORY;
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
