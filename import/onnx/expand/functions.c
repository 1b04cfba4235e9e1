// Functions that a model brings along: each call is the function's nodes.
#include <string.h>

#include "import/onnx/expand/inline.h"

enum { MOST_NODES = 200000 };

static bool same_text(const char *a, const char *b) {
    return strcmp(a ? a : "", b ? b : "") == 0;
}

// The functions of a model, and how many nodes each of them comes to; 0: it is not
// written out.
struct library {
    const Onnx__ModelProto *model;
    uint64_t *nodes;
};

// The number of the function that a node calls; that of functions: none. Standard
// operators are never one.
static size_t called_at(const Onnx__ModelProto *model, const Onnx__NodeProto *node) {
    size_t i = 0;
    if (!node->op_type || !node->domain || !node->domain[0] ||
        strcmp(node->domain, "ai.onnx") == 0)
        return model->n_functions;
    while (i < model->n_functions &&
           !(same_text(model->functions[i]->name, node->op_type) &&
             same_text(model->functions[i]->domain, node->domain)))
        i++;
    return i;
}

// Counts what each function comes to, those first that call none. What calls itself,
// by however many others, is never counted.
static bool count_nodes(struct library *library, struct sdse_arena *arena) {
    const Onnx__ModelProto *model = library->model;
    library->nodes = SDSE_ARENA_ARRAY(arena, uint64_t, model->n_functions + 1);
    if (!library->nodes)
        return false;
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < model->n_functions; i++) {
            const Onnx__FunctionProto *function = model->functions[i];
            uint64_t count = function->n_output + 1;
            bool known = library->nodes[i] == 0;
            for (size_t j = 0; j < function->n_node && known; j++) {
                const size_t at = called_at(model, function->node[j]);
                const uint64_t own = at < model->n_functions ? library->nodes[at] : 1;
                known = own > 0;
                count += own;
            }
            if (!known || count > MOST_NODES)
                continue;
            library->nodes[i] = count;
            more = true;
        }
    }
    return true;
}

static const Onnx__FunctionProto *called(const struct library *library,
                                         const Onnx__NodeProto *node) {
    const size_t at = called_at(library->model, node);
    return at < library->model->n_functions && library->nodes[at]
               ? library->model->functions[at]
               : NULL;
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

static Onnx__GraphProto *write_once(const struct library *library,
                                    const Onnx__GraphProto *graph,
                                    struct sdse_arena *arena, uint64_t *given,
                                    bool *failed) {
    struct sdse_rewrite all = {.arena = arena};
    Onnx__GraphProto *copy = SDSE_ARENA_NEW(arena, Onnx__GraphProto);
    *failed |= !copy;
    for (size_t i = 0; i < graph->n_node && !*failed; i++) {
        Onnx__NodeProto *proto = graph->node[i];
        const Onnx__FunctionProto *function = called(library, proto);
        if (!function) {
            sdse_rewrite_take_node(&all, proto);
            continue;
        }
        const bool named = proto->name && proto->name[0];
        const char *first = proto->n_output ? proto->output[0] : "";
        struct sdse_onnx_node node = {.proto = proto, .op = proto->op_type};
        node.name =
            named ? proto->name : sdse_arena_printf(arena, "%s_%zu", proto->op_type, i);
        struct sdse_rewrite w = {
            .arena = arena, .node = &node, .base = first, .names = given};
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

// What the graph comes to when all that it calls is written out; 0: it calls nothing.
static uint64_t nodes_of(const struct library *library, const Onnx__GraphProto *graph) {
    uint64_t count = 0;
    bool any = false;
    for (size_t i = 0; library->model->n_functions && i < graph->n_node; i++) {
        const size_t at = called_at(library->model, graph->node[i]);
        const bool call = at < library->model->n_functions && library->nodes[at];
        any |= call;
        count += call ? library->nodes[at] : 1;
    }
    return any ? count : 0;
}

Onnx__GraphProto *sdse_expand_functions(const Onnx__ModelProto *model,
                                        struct sdse_arena *arena, uint64_t *names,
                                        bool *failed) {
    struct library library = {.model = model};
    Onnx__GraphProto *graph = NULL;
    if (model->n_functions == 0)
        return NULL;
    *failed |= !count_nodes(&library, arena);
    if (*failed || nodes_of(&library, model->graph) > MOST_NODES)
        return NULL;
    const Onnx__GraphProto *now = model->graph;
    while (!*failed && nodes_of(&library, now) > 0)
        now = graph = write_once(&library, now, arena, names, failed);
    return *failed ? NULL : graph;
}
