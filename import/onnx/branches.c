#include "import/onnx/branches.h"

#include <string.h>

#include "import/onnx/infer.h"
#include "import/onnx/ops.h"

enum { MOST_ROUNDS = 64 }; // as deep as one taken branch may lie in another

static bool is_if(const Onnx__NodeProto *node) {
    const bool standard =
        !node->domain || !node->domain[0] || strcmp(node->domain, "ai.onnx") == 0;
    return standard && node->op_type && strcmp(node->op_type, "If") == 0;
}

static const Onnx__GraphProto *branch_of(const Onnx__NodeProto *node, bool taken) {
    const char *name = taken ? "then_branch" : "else_branch";
    for (size_t i = 0; i < node->n_attribute; i++)
        if (node->attribute[i]->name && strcmp(node->attribute[i]->name, name) == 0)
            return node->attribute[i]->g;
    return NULL;
}

// Whether a branch gives a value of this name.
static bool gives(const Onnx__GraphProto *branch, const char *name) {
    for (size_t i = 0; i < branch->n_initializer; i++)
        if (branch->initializer[i]->name &&
            strcmp(branch->initializer[i]->name, name) == 0)
            return true;
    for (size_t i = 0; i < branch->n_node; i++)
        for (size_t j = 0; j < branch->node[i]->n_output; j++)
            if (strcmp(branch->node[i]->output[j], name) == 0)
                return true;
    return false;
}

// Whether the graph, or a branch that is taken already, has a value of this name.
static bool knows(const struct sdse_onnx_graph *graph,
                  const Onnx__GraphProto *const *taken, uint32_t taken_count,
                  const char *name) {
    for (uint32_t i = 0; i < taken_count; i++)
        if (taken[i] && gives(taken[i], name))
            return true;
    for (uint32_t i = 0; i < graph->value_count; i++)
        if (graph->value[i].name && strcmp(graph->value[i].name, name) == 0)
            return true;
    return false;
}

// Whether what the branch names is named in the graph already: scopes are not told
// apart here.
static bool clashes(const struct sdse_onnx_graph *graph,
                    const Onnx__GraphProto *const *taken, uint32_t taken_count,
                    const Onnx__GraphProto *branch) {
    bool any = false;
    for (size_t i = 0; i < branch->n_initializer && !any; i++)
        any = branch->initializer[i]->name &&
              knows(graph, taken, taken_count, branch->initializer[i]->name);
    for (size_t i = 0; i < branch->n_node && !any; i++)
        for (size_t j = 0; j < branch->node[i]->n_output && !any; j++)
            any = branch->node[i]->output[j][0] &&
                  knows(graph, taken, taken_count, branch->node[i]->output[j]);
    return any;
}

// The branch that node `index` takes, beside those that the nodes before it take; NULL
// if it is none that can be told.
static const Onnx__GraphProto *taken_by(const struct sdse_onnx_graph *graph,
                                        const Onnx__GraphProto *const *taken,
                                        uint32_t index) {
    const struct sdse_onnx_node *node = &graph->node[index];
    if (!is_if(node->proto) || node->input_count != 1)
        return NULL;
    const struct sdse_onnx_value *condition = sdse_onnx_in(graph, node, 0);
    if (!condition || !condition->folded || !condition->shape.known ||
        sdse_onnx_product(&condition->shape, 0, condition->shape.rank) != 1)
        return NULL;
    const Onnx__GraphProto *branch = branch_of(node->proto, condition->folded[0] != 0);
    const bool whole = branch && branch->n_output == node->output_count;
    return whole && !clashes(graph, taken, index, branch) ? branch : NULL;
}

// Lists that grow from those of the graph.
struct lists {
    struct sdse_arena *arena;
    Onnx__GraphProto *graph;
};

static bool append(struct lists *lists, const Onnx__GraphProto *branch) {
    Onnx__GraphProto *graph = lists->graph;
#define APPEND(list, type)                                                 \
    do {                                                                   \
        const size_t count = graph->n_##list + branch->n_##list;           \
        type **joined = SDSE_ARENA_ARRAY(lists->arena, type *, count + 1); \
        if (!joined)                                                       \
            return false;                                                  \
        if (graph->n_##list)                                               \
            memcpy(joined, graph->list, graph->n_##list * sizeof *joined); \
        if (branch->n_##list)                                              \
            memcpy(joined + graph->n_##list, branch->list,                 \
                   branch->n_##list * sizeof *joined);                     \
        graph->list = joined;                                              \
        graph->n_##list = count;                                           \
    } while (0)
    APPEND(initializer, Onnx__TensorProto);
    APPEND(value_info, Onnx__ValueInfoProto);
#undef APPEND
    return true;
}

// A node that gives an outer name to what the branch gives.
static Onnx__NodeProto *pass_on(struct sdse_arena *arena, char *from, char *to) {
    static char op[] = "Identity";
    Onnx__NodeProto *node = SDSE_ARENA_NEW(arena, Onnx__NodeProto);
    char **names = SDSE_ARENA_ARRAY(arena, char *, 2);
    if (!node || !names)
        return NULL;
    onnx__node_proto__init(node);
    names[0] = from;
    names[1] = to;
    node->op_type = op;
    node->n_input = node->n_output = 1;
    node->input = names;
    node->output = names + 1;
    return node;
}

// The graph with the branches in the places of their nodes.
static Onnx__GraphProto *splice(const struct sdse_onnx_graph *graph,
                                const Onnx__GraphProto *const *taken,
                                struct sdse_arena *arena) {
    struct lists lists = {arena, SDSE_ARENA_NEW(arena, Onnx__GraphProto)};
    size_t count = 0;
    if (!lists.graph)
        return NULL;
    *lists.graph = *graph->proto;
    for (uint32_t i = 0; i < graph->node_count; i++)
        count += taken[i] ? taken[i]->n_node + taken[i]->n_output : 1;
    Onnx__NodeProto **nodes = SDSE_ARENA_ARRAY(arena, Onnx__NodeProto *, count + 1);
    if (!nodes)
        return NULL;
    size_t at = 0;
    for (uint32_t i = 0; i < graph->node_count; i++) {
        Onnx__NodeProto *node = graph->proto->node[i];
        const Onnx__GraphProto *branch = taken[i];
        if (!branch) {
            nodes[at++] = node;
            continue;
        }
        if (!append(&lists, branch))
            return NULL;
        for (size_t j = 0; j < branch->n_node; j++)
            nodes[at++] = branch->node[j];
        for (size_t j = 0; j < branch->n_output; j++)
            if (branch->output[j]->name && node->output[j][0] &&
                !(nodes[at++] =
                      pass_on(arena, branch->output[j]->name, node->output[j])))
                return NULL;
    }
    lists.graph->node = nodes;
    lists.graph->n_node = at;
    return lists.graph;
}

// One round: *graph with the branches that can be told now, or NULL if there are none.
static enum sdse_status take_once(const Onnx__ModelProto *model, const char *file,
                                  const struct sdse_import_options *options,
                                  struct sdse_arena *arena, Onnx__GraphProto **out) {
    struct sdse_arena *scratch = sdse_arena_new();
    struct sdse_diags unsaid;
    struct sdse_onnx_graph graph;
    *out = NULL;
    if (!scratch)
        return SDSE_NO_MEMORY;
    sdse_diags_init(&unsaid, scratch);
    enum sdse_status status =
        sdse_onnx_graph_build(model, file, options, scratch, &unsaid, &graph);
    if (status == SDSE_OK) {
        sdse_onnx_infer_shapes(&graph);
        const Onnx__GraphProto **taken =
            SDSE_ARENA_ARRAY(scratch, const Onnx__GraphProto *, graph.node_count + 1);
        bool any = false;
        for (uint32_t i = 0; taken && i < graph.node_count; i++)
            any |= (taken[i] = taken_by(&graph, taken, i)) != NULL;
        if (any)
            *out = splice(&graph, taken, arena);
        status = !taken || (any && !*out) ? SDSE_NO_MEMORY : SDSE_OK;
    }
    if (sdse_arena_failed(scratch))
        status = SDSE_NO_MEMORY;
    sdse_arena_free(scratch);
    return status == SDSE_NO_MEMORY ? status : SDSE_OK;
}

enum sdse_status sdse_onnx_take_branches(const Onnx__ModelProto *model,
                                         const char *file,
                                         const struct sdse_import_options *options,
                                         struct sdse_arena *arena,
                                         const Onnx__ModelProto **out) {
    *out = model;
    for (int round = 0; model->graph && round < MOST_ROUNDS; round++) {
        bool any = false;
        for (size_t i = 0; i < (*out)->graph->n_node && !any; i++)
            any = is_if((*out)->graph->node[i]);
        Onnx__GraphProto *graph = NULL;
        if (any) {
            const enum sdse_status status =
                take_once(*out, file, options, arena, &graph);
            if (status != SDSE_OK)
                return status;
        }
        if (!graph)
            return SDSE_OK;
        Onnx__ModelProto *copy = SDSE_ARENA_NEW(arena, Onnx__ModelProto);
        if (!copy)
            return SDSE_NO_MEMORY;
        *copy = **out;
        copy->graph = graph;
        *out = copy;
    }
    return SDSE_OK;
}
