#include "import/onnx/expand.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "import/onnx/batch.h"
#include "import/onnx/expand/inline.h"
#include "import/onnx/infer.h"
#include "import/onnx/layers.h"

enum {
    MOST_ROUNDS = 64,  // as deep as what is written out may need it again
    MOST_CHOICES = 32, // branches of unknown conditions that are weighed
};

struct expansion {
    const char *file;
    const struct sdse_import_options *options;
    struct sdse_arena *arena; // of what stays
    struct sdse_diags *diags;
    const Onnx__ModelProto *model; // as far as it is written out
    uint64_t names;                // given to what was written
    bool weighs;                   // unknown conditions; else their nodes stay
};

static sdse_expander expander_of(const Onnx__NodeProto *node) {
    static sdse_expander (*const families[])(const Onnx__NodeProto *) = {
        sdse_expander_product,      sdse_expander_packed,      sdse_expander_projected,
        sdse_expander_separate,     sdse_expander_grouped,     sdse_expander_einsum,
        sdse_expander_cells,        sdse_expander_tokens,      sdse_expander_linear,
        sdse_expander_windowed,     sdse_expander_experts,     sdse_expander_ordered,
        sdse_expander_packed_fused, sdse_expander_convolution, sdse_expander_spectrum,
        sdse_expander_matrix,       sdse_expander_search,
    };
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        const sdse_expander expander = families[i](node);
        if (expander)
            return expander;
    }
    return NULL;
}

bool sdse_onnx_is_expanded(const Onnx__NodeProto *node) {
    return expander_of(node) != NULL;
}

bool sdse_onnx_is_branching(const Onnx__NodeProto *node) {
    return sdse_expander_graphs(node) != NULL;
}

static sdse_expander any_expander_of(const Onnx__NodeProto *node) {
    const sdse_expander expander = expander_of(node);
    return expander ? expander : sdse_expander_graphs(node);
}

static void say_approximation(const struct expansion *e, const struct sdse_rewrite *w) {
    if (w->approximation)
        sdse_diag_add(e->diags, SDSE_WARNING, (struct sdse_loc){.file = e->file},
                      "onnx-approximated", "node '%s' (%s): %s", w->node->name,
                      w->node->op, w->approximation);
}

// ---- one round --------------------------------------------------------------

// What is written in the place of each node; `good`: it is.
struct round {
    struct sdse_onnx_graph graph;
    struct sdse_rewrite *written;
    bool *good;
    uint32_t now; // the node being written
};

// Whether a node before has written a value of this name.
static bool is_written(void *context, const char *name) {
    const struct round *round = context;
    for (uint32_t i = 0; i < round->now; i++) {
        const struct sdse_rewrite *w = &round->written[i];
        for (size_t j = 0; round->good[i] && j < w->tensor_count; j++)
            if (w->tensors[j]->name && strcmp(w->tensors[j]->name, name) == 0)
                return true;
        for (size_t j = 0; round->good[i] && j < w->node_count; j++)
            for (size_t k = 0; k < w->nodes[j]->n_output; k++)
                if (strcmp(w->nodes[j]->output[k], name) == 0)
                    return true;
    }
    return false;
}

static void begin_node(struct expansion *e, struct round *round, uint32_t i) {
    const struct sdse_onnx_node *node = &round->graph.node[i];
    const Onnx__NodeProto *proto = node->proto;
    round->now = i;
    round->good[i] = false;
    round->written[i] = (struct sdse_rewrite){
        .arena = e->arena,
        .graph = &round->graph,
        .node = node,
        .base = proto->n_output && proto->output[0][0] ? proto->output[0] : node->name,
        .names = &e->names,
        .taken = is_written,
        .taken_context = round};
}

// What is written for a node that is repeated is so as often. False: memory is out.
static bool end_node(struct round *round, uint32_t i, bool good) {
    struct sdse_rewrite *w = &round->written[i];
    const int64_t steps = sdse_onnx_int(w->node, SDSE_ONNX_STEPS, 1);
    for (size_t j = 0; good && j < w->node_count; j++)
        sdse_inline_repeat(w, w->nodes[j], steps);
    round->good[i] = good;
    return !w->failed;
}

// Builds the graph and finds shapes. `scratch` holds both.
static enum sdse_status begin_round(const struct expansion *e,
                                    struct sdse_arena *scratch,
                                    struct sdse_diags *unsaid, struct round *round) {
    memset(round, 0, sizeof *round);
    sdse_diags_init(unsaid, scratch);
    const enum sdse_status status = sdse_onnx_graph_build(
        e->model, e->file, e->options, scratch, unsaid, &round->graph);
    if (status != SDSE_OK)
        return status;
    sdse_onnx_infer_shapes(&round->graph);
    const size_t count = (size_t)round->graph.node_count + 1;
    round->written = SDSE_ARENA_ARRAY(scratch, struct sdse_rewrite, count);
    round->good = SDSE_ARENA_ARRAY(scratch, bool, count);
    return round->written && round->good ? SDSE_OK : SDSE_NO_MEMORY;
}

// The graph with what was written in the places of the nodes; NULL: memory is out.
static Onnx__GraphProto *splice(const struct expansion *e, const struct round *round) {
    struct sdse_rewrite all = {.arena = e->arena};
    const Onnx__GraphProto *old = e->model->graph;
    Onnx__GraphProto *graph = SDSE_ARENA_NEW(e->arena, Onnx__GraphProto);
    for (size_t i = 0; i < old->n_initializer; i++)
        sdse_rewrite_take_tensor(&all, old->initializer[i]);
    for (size_t i = 0; i < old->n_value_info; i++)
        sdse_rewrite_take_info(&all, old->value_info[i]);
    for (size_t i = 0; i < old->n_node; i++) {
        const struct sdse_rewrite *w = &round->written[i];
        if (!round->good[i]) {
            sdse_rewrite_take_node(&all, old->node[i]);
            continue;
        }
        for (size_t j = 0; j < w->node_count; j++)
            sdse_rewrite_take_node(&all, w->nodes[j]);
        for (size_t j = 0; j < w->tensor_count; j++)
            sdse_rewrite_take_tensor(&all, w->tensors[j]);
        for (size_t j = 0; j < w->info_count; j++)
            sdse_rewrite_take_info(&all, w->infos[j]);
    }
    if (!graph || all.failed)
        return NULL;
    *graph = *old;
    graph->node = all.nodes;
    graph->n_node = all.node_count;
    graph->initializer = all.tensors;
    graph->n_initializer = all.tensor_count;
    graph->value_info = all.infos;
    graph->n_value_info = all.info_count;
    return graph;
}

static bool take_graph(struct expansion *e, Onnx__GraphProto *graph) {
    Onnx__ModelProto *copy = SDSE_ARENA_NEW(e->arena, Onnx__ModelProto);
    if (!copy || !graph)
        return false;
    *copy = *e->model;
    copy->graph = graph;
    e->model = copy;
    return true;
}

// ---- conditions that are not known ------------------------------------------

static enum sdse_status run(struct expansion *e);

// What a model multiplies, and whether it is good at all.
struct weight {
    bool good;
    uint64_t macs;
};

static enum sdse_status weigh(const struct expansion *e, struct sdse_arena *scratch,
                              const struct round *round, struct weight *out) {
    struct sdse_diags unsaid;
    struct sdse_onnx_graph graph;
    struct sdse_onnx_layers layers;
    struct expansion trial = *e;
    sdse_diags_init(&unsaid, scratch);
    trial.arena = scratch;
    trial.diags = &unsaid;
    trial.weighs = false;
    *out = (struct weight){.good = false};
    if (!take_graph(&trial, splice(&trial, round)))
        return SDSE_NO_MEMORY;
    enum sdse_status status = run(&trial);
    if (status == SDSE_OK)
        status = sdse_onnx_graph_build(trial.model, e->file, e->options, scratch,
                                       &unsaid, &graph);
    if (status != SDSE_OK)
        return status;
    sdse_onnx_infer_shapes(&graph);
    struct sdse_onnx_guesses guesses;
    if (!sdse_onnx_batch_take(&graph, e->options, &guesses))
        return SDSE_NO_MEMORY;
    status = sdse_onnx_layers_make(&graph, &guesses, &layers);
    for (size_t i = 0; status == SDSE_OK && i < layers.count; i++) {
        uint64_t macs = sdse_layer_macs(&layers.layer[i]);
        if (!sdse_mul_u64(macs, layers.layer[i].repeat, &macs) ||
            !sdse_add_u64(out->macs, macs, &out->macs))
            out->macs = UINT64_MAX;
    }
    out->good = unsaid.errors == 0;
    return status;
}

// Writes the branch of node i that makes the model multiply more; one with which the
// model cannot be imported only if both are so.
static enum sdse_status choose(struct expansion *e, struct round *round, uint32_t i) {
    struct weight weight[2];
    for (unsigned taken = 0; taken < 2; taken++) {
        struct sdse_arena *scratch = sdse_arena_new();
        if (!scratch)
            return SDSE_NO_MEMORY;
        struct expansion trial = *e;
        trial.arena = scratch;
        begin_node(&trial, round, i);
        enum sdse_status status = SDSE_OK;
        const bool written = sdse_expand_branch(&round->written[i], taken != 0);
        if (!end_node(round, i, written))
            status = SDSE_NO_MEMORY;
        if (status == SDSE_OK && written)
            status = weigh(&trial, scratch, round, &weight[taken]);
        sdse_arena_free(scratch);
        round->good[i] = false;
        if (status != SDSE_OK || !written)
            return status;
    }
    const bool taken = weight[1].good != weight[0].good
                           ? weight[1].good
                           : weight[1].macs >= weight[0].macs;
    begin_node(e, round, i);
    if (!end_node(round, i, sdse_expand_branch(&round->written[i], taken)))
        return SDSE_NO_MEMORY;
    if (weight[0].macs != weight[1].macs || !weight[0].good || !weight[1].good)
        sdse_diag_add(e->diags, SDSE_WARNING, (struct sdse_loc){.file = e->file},
                      "onnx-branch",
                      "node '%s' (If): its condition is not known: the network is that "
                      "of its %s branch, %" PRIu64 " MACs, not that of the other, "
                      "%" PRIu64 "%s",
                      round->graph.node[i].name, taken ? "then" : "else",
                      weight[taken].macs, weight[!taken].macs,
                      weight[!taken].good ? "" : " as far as it can be imported");
    return SDSE_OK;
}

// ---- all rounds -------------------------------------------------------------

// Whether what it reads fits, as far as the rule of its shape can tell.
static bool fits(const struct sdse_onnx_graph *graph,
                 const struct sdse_onnx_node *node) {
    if (node->reported || sdse_expander_graphs(node->proto))
        return !node->reported;
    for (uint32_t i = 0; i < node->output_count; i++)
        if (node->output[i] != SDSE_ONNX_NONE)
            return graph->value[node->output[i]].shape.known;
    return false;
}

static enum sdse_status write_nodes(struct expansion *e, struct round *round,
                                    bool *any) {
    for (uint32_t i = 0; i < round->graph.node_count; i++) {
        const sdse_expander expander = any_expander_of(e->model->graph->node[i]);
        if (!expander || !fits(&round->graph, &round->graph.node[i]))
            continue;
        begin_node(e, round, i);
        if (!end_node(round, i, expander(&round->written[i])))
            return SDSE_NO_MEMORY;
        if (round->good[i])
            say_approximation(e, &round->written[i]);
        *any |= round->good[i];
    }
    return SDSE_OK;
}

static enum sdse_status choose_branches(struct expansion *e, struct round *round,
                                        bool *any) {
    unsigned choices = 0;
    for (uint32_t i = 0; i < round->graph.node_count; i++) {
        if (!sdse_expand_is(e->model->graph->node[i], "", "If") ||
            round->graph.node[i].reported || choices == MOST_CHOICES)
            continue;
        const enum sdse_status status = choose(e, round, i);
        if (status != SDSE_OK)
            return status;
        choices += round->good[i];
        *any |= round->good[i];
    }
    return SDSE_OK;
}

static enum sdse_status run_round(struct expansion *e, bool *any) {
    struct sdse_arena *scratch = sdse_arena_new();
    struct sdse_diags unsaid;
    struct round round;
    *any = false;
    if (!scratch)
        return SDSE_NO_MEMORY;
    enum sdse_status status = begin_round(e, scratch, &unsaid, &round);
    if (status == SDSE_OK)
        status = write_nodes(e, &round, any);
    if (status == SDSE_OK && !*any && e->weighs)
        status = choose_branches(e, &round, any);
    if (status == SDSE_OK && *any && !take_graph(e, splice(e, &round)))
        status = SDSE_NO_MEMORY;
    if (sdse_arena_failed(scratch))
        status = SDSE_NO_MEMORY;
    sdse_arena_free(scratch);
    return status == SDSE_NO_MEMORY ? status : SDSE_OK;
}

static bool has_work(const Onnx__GraphProto *graph) {
    for (size_t i = 0; i < graph->n_node; i++)
        if (any_expander_of(graph->node[i]))
            return true;
    return false;
}

static enum sdse_status run(struct expansion *e) {
    bool any = true, failed = false;
    for (int round = 0; any && round < MOST_ROUNDS; round++) {
        Onnx__GraphProto *whole =
            sdse_expand_functions(e->model, e->arena, &e->names, &failed);
        if (failed || (whole && !take_graph(e, whole)))
            return SDSE_NO_MEMORY;
        if (!has_work(e->model->graph))
            return SDSE_OK;
        const enum sdse_status status = run_round(e, &any);
        if (status != SDSE_OK)
            return status;
    }
    return SDSE_OK;
}

enum sdse_status sdse_onnx_expand(const Onnx__ModelProto *model, const char *file,
                                  const struct sdse_import_options *options,
                                  struct sdse_arena *arena, struct sdse_diags *diags,
                                  const Onnx__ModelProto **out) {
    struct expansion e = {.file = file,
                          .options = options,
                          .arena = arena,
                          .diags = diags,
                          .model = model,
                          .weighs = true};
    *out = model;
    if (!model->graph)
        return SDSE_OK;
    const enum sdse_status status = run(&e);
    *out = e.model;
    return status;
}
