// Functions that a model brings along: each call is the function's nodes.
#include <string.h>

#include "import/onnx/expand/inline.h"

enum { MOST_NODES = 1000000, MOST_ROUNDS = 32 }; // as deep as functions call others

static bool same_text(const char *a, const char *b) {
    return strcmp(a ? a : "", b ? b : "") == 0;
}

// The function that a node calls; NULL: none. Standard operators are never one.
static const Onnx__FunctionProto *called(const Onnx__ModelProto *model,
                                         const Onnx__NodeProto *node) {
    if (!node->op_type || !node->domain || !node->domain[0] ||
        strcmp(node->domain, "ai.onnx") == 0)
        return NULL;
    for (size_t i = 0; i < model->n_functions; i++) {
        const Onnx__FunctionProto *function = model->functions[i];
        if (same_text(function->name, node->op_type) &&
            same_text(function->domain, node->domain))
            return function;
    }
    return NULL;
}

// The function's nodes, whose names begin with that of the call.
static void write_call(struct sdse_rewrite *w, const Onnx__FunctionProto *function) {
    const Onnx__NodeProto *call = w->node->proto;
    struct sdse_renames names = {0};
    for (size_t i = 0; i < function->n_input; i++)
        sdse_rename(w, &names, function->input[i],
                    i < call->n_input ? call->input[i] : "");
    for (size_t i = 0; i < function->n_output; i++)
        if (i < call->n_output && call->output[i][0])
            sdse_rename(w, &names, function->output[i], call->output[i]);
    for (size_t i = 0; i < function->n_node; i++)
        for (size_t j = 0; j < function->node[i]->n_output; j++) {
            const char *own = function->node[i]->output[j];
            if (sdse_renamed(&names, own) == own)
                sdse_rename(w, &names, own, sdse_rewrite_name(w));
        }
    for (size_t i = 0; i < function->n_node && !w->failed; i++) {
        sdse_inline_node(w, function->node[i], &names, call,
                         sdse_onnx_int(w->node, SDSE_ONNX_STEPS, 1));
        if (w->failed)
            return;
        Onnx__NodeProto *node = w->nodes[w->node_count - 1];
        const char *own = node->name && node->name[0] ? node->name : NULL;
        if (own || function->n_node == 1)
            node->name = sdse_arena_printf(w->arena, "%s%s%s", w->node->name,
                                           function->n_node == 1 ? "" : "/",
                                           function->n_node == 1 ? "" : own);
        w->failed |= node->name == NULL && own;
    }
}

// A function gives what it passes on under the name of what it reads: a node does so
// here.
static void write_passed(struct sdse_rewrite *w, const Onnx__FunctionProto *function) {
    const Onnx__NodeProto *call = w->node->proto;
    for (size_t i = 0; i < function->n_output && i < call->n_output; i++)
        for (size_t j = 0; j < function->n_input && j < call->n_input; j++)
            if (same_text(function->output[i], function->input[j]))
                sdse_rewrite_give(w, (uint32_t)i, call->input[j]);
}

static Onnx__GraphProto *write_once(const Onnx__ModelProto *model,
                                    const Onnx__GraphProto *graph,
                                    struct sdse_arena *arena, bool *failed) {
    struct sdse_rewrite all = {.arena = arena};
    Onnx__GraphProto *copy = SDSE_ARENA_NEW(arena, Onnx__GraphProto);
    *failed |= !copy;
    for (size_t i = 0; i < graph->n_node && !*failed; i++) {
        Onnx__NodeProto *proto = graph->node[i];
        const Onnx__FunctionProto *function = called(model, proto);
        if (!function) {
            sdse_rewrite_take_node(&all, proto);
            continue;
        }
        const bool named = proto->name && proto->name[0];
        const char *first = proto->n_output ? proto->output[0] : "";
        struct sdse_onnx_node node = {.proto = proto, .op = proto->op_type};
        node.name =
            named ? proto->name : sdse_arena_printf(arena, "%s_%zu", proto->op_type, i);
        struct sdse_rewrite w = {.arena = arena, .node = &node, .base = first};
        if (!first[0])
            w.base = node.name;
        *failed |= !node.name;
        write_call(&w, function);
        write_passed(&w, function);
        for (size_t j = 0; j < w.node_count; j++)
            sdse_rewrite_take_node(&all, w.nodes[j]);
        *failed |= w.failed;
    }
    *failed |= all.failed;
    if (*failed)
        return NULL;
    *copy = *graph;
    copy->node = all.nodes;
    copy->n_node = all.node_count;
    return copy;
}

static bool calls_any(const Onnx__ModelProto *model, const Onnx__GraphProto *graph) {
    for (size_t i = 0; model->n_functions && i < graph->n_node; i++)
        if (called(model, graph->node[i]))
            return true;
    return false;
}

// Nodes after one more round.
static size_t nodes_after(const Onnx__ModelProto *model,
                          const Onnx__GraphProto *graph) {
    size_t count = 0;
    for (size_t i = 0; i < graph->n_node && count <= MOST_NODES; i++) {
        const Onnx__FunctionProto *function = called(model, graph->node[i]);
        count += function ? function->n_node + function->n_output : 1;
    }
    return count;
}

Onnx__GraphProto *sdse_expand_functions(const Onnx__ModelProto *model,
                                        struct sdse_arena *arena, bool *failed) {
    Onnx__GraphProto *graph = NULL;
    const Onnx__GraphProto *now = model->graph;
    for (int round = 0; round < MOST_ROUNDS && calls_any(model, now) &&
                        nodes_after(model, now) <= MOST_NODES;
         round++) {
        graph = write_once(model, now, arena, failed);
        if (!graph)
            return NULL;
        now = graph;
    }
    return graph;
}
