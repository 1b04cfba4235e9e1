#include "import/onnx/regions.h"

#include <string.h>

#include "import/onnx/constant.h"
#include "import/onnx/expand.h"
#include "import/onnx/infer.h"
#include "import/onnx/operators.h"

enum sdse_onnx_role sdse_onnx_role_of(const struct sdse_onnx_node *node) {
    static const char *const copies[] = {"Identity", "Cast", "Dropout",
                                         "QuantizeLinear", "DequantizeLinear"};
    static const char *const binaries[] = {
        "Add", "Sub", "Mul",   "Div",   "Max",        "Min",       "Mean",
        "Pow", "Sum", "PRelu", "Where", "QLinearAdd", "QLinearMul"};
    if (!sdse_onnx_has_rule(node->proto))
        return SDSE_ONNX_OTHER;
    if (sdse_onnx_is_stand_in(node->proto))
        return node->input_count == 1 && node->proto->n_attribute == 0
                   ? SDSE_ONNX_COPY
                   : SDSE_ONNX_OTHER;
    return SDSE_ONNX_AMONG(node->op, copies)     ? SDSE_ONNX_COPY
           : sdse_onnx_is_function(node->op)     ? SDSE_ONNX_POINT
           : SDSE_ONNX_AMONG(node->op, binaries) ? SDSE_ONNX_BINARY
           : strncmp(node->op, "Reduce", 6) == 0 ? SDSE_ONNX_REDUCE
                                                 : SDSE_ONNX_OTHER;
}

static uint64_t count_of(const struct sdse_onnx_value *value) {
    return sdse_onnx_product(&value->shape, 0, value->shape.rank);
}

// The one map that all inputs which are not fixed are functions of; NONE if there are
// two. How many such inputs, and how many of them are no sums.
struct meeting {
    uint32_t root, inputs, whole;
};

static struct meeting meet(const struct sdse_onnx_regions *regions,
                           const struct sdse_onnx_node *node) {
    struct meeting meeting = {.root = SDSE_ONNX_NONE};
    for (uint32_t i = 0; i < node->input_count; i++) {
        uint32_t id = node->input[i];
        if (id == SDSE_ONNX_NONE || regions->fixed[id])
            continue;
        if (meeting.inputs++ > 0 && regions->root[id] != meeting.root)
            return (struct meeting){.root = SDSE_ONNX_NONE, .inputs = 2};
        meeting.root = regions->root[id];
        meeting.whole += !regions->sum[id];
    }
    return meeting;
}

bool sdse_onnx_region_ends(const struct sdse_onnx_graph *graph,
                           const struct sdse_onnx_regions *regions,
                           const struct sdse_onnx_node *node) {
    if (sdse_onnx_role_of(node) != SDSE_ONNX_BINARY)
        return false;
    struct meeting meeting = meet(regions, node);
    return meeting.root != SDSE_ONNX_NONE && meeting.inputs >= 2 && meeting.whole > 0 &&
           graph->value[node->output[0]].shape.known &&
           graph->value[meeting.root].shape.known &&
           count_of(&graph->value[node->output[0]]) ==
               count_of(&graph->value[meeting.root]);
}

// The nodes between one that ends a region and its root, depth first; at most `most`.
// With `mark` those marked already are not entered again.
static uint32_t walk(const struct sdse_onnx_graph *graph,
                     const struct sdse_onnx_regions *regions,
                     const struct sdse_onnx_node *end, uint32_t most, uint32_t *found,
                     bool *mark) {
    uint32_t count = 0, root = regions->root[end->output[0]];
    for (uint32_t next = 0; next <= count; next++) {
        const struct sdse_onnx_node *node = next ? &graph->node[found[next - 1]] : end;
        for (uint32_t i = 0; i < node->input_count; i++) {
            uint32_t id = node->input[i];
            if (id == SDSE_ONNX_NONE || regions->fixed[id] || id == root ||
                regions->root[id] != root ||
                graph->value[id].producer == SDSE_ONNX_NONE)
                continue;
            uint32_t producer = graph->value[id].producer;
            bool seen = mark && mark[producer];
            for (uint32_t j = 0; j < count && !seen && !mark; j++)
                seen = found[j] == producer;
            if (seen || count == most)
                continue;
            if (mark)
                mark[producer] = true;
            found[count++] = producer;
        }
    }
    return count;
}

enum { MOST_IN_REGION = 256 };

struct sdse_onnx_region sdse_onnx_region_of(const struct sdse_onnx_graph *graph,
                                            const struct sdse_onnx_regions *regions,
                                            const struct sdse_onnx_node *node) {
    uint32_t found[MOST_IN_REGION];
    uint32_t count = walk(graph, regions, node, MOST_IN_REGION, found, NULL);
    struct sdse_onnx_region region = {.operations = 1};
    uint64_t words = count_of(&graph->value[node->output[0]]);
    for (uint32_t i = 0; i < count; i++) {
        const struct sdse_onnx_node *in = &graph->node[found[i]];
        enum sdse_onnx_role role = sdse_onnx_role_of(in);
        region.sums |= role == SDSE_ONNX_REDUCE;
        region.exponentials |= strcmp(in->op, "Exp") == 0;
        region.operations +=
            role == SDSE_ONNX_REDUCE ||
            (role != SDSE_ONNX_COPY && count_of(&graph->value[in->output[0]]) == words);
    }
    return region;
}

// One node's outputs. `whole`: every reduction is taken for part of a region, to see
// which are.
static void follow(const struct sdse_onnx_graph *graph,
                   struct sdse_onnx_regions *regions, uint32_t index, bool whole,
                   uint32_t *found) {
    const struct sdse_onnx_node *node = &graph->node[index];
    enum sdse_onnx_role role = sdse_onnx_role_of(node);
    for (uint32_t i = 0; i < node->output_count; i++) {
        if (node->output[i] == SDSE_ONNX_NONE)
            continue;
        regions->root[node->output[i]] = node->output[i];
        regions->sum[node->output[i]] = false;
    }
    uint32_t out = node->output_count > 0 ? node->output[0] : SDSE_ONNX_NONE;
    uint32_t in = node->input_count > 0 ? node->input[0] : SDSE_ONNX_NONE;
    if (out == SDSE_ONNX_NONE || regions->fixed[out] || !graph->value[out].shape.known)
        return;
    bool few =
        role == SDSE_ONNX_COPY || role == SDSE_ONNX_POINT || role == SDSE_ONNX_BINARY;
    for (uint32_t i = 0; i < node->input_count && few; i++)
        few = node->input[i] == SDSE_ONNX_NONE || regions->few[node->input[i]];
    regions->few[out] |= few;
    bool alone = in != SDSE_ONNX_NONE && !regions->fixed[in];
    if (alone && (role == SDSE_ONNX_COPY || role == SDSE_ONNX_POINT ||
                  (role == SDSE_ONNX_REDUCE && (whole || regions->inside[index])))) {
        regions->root[out] = regions->root[in];
        regions->sum[out] = regions->sum[in] || role == SDSE_ONNX_REDUCE;
    }
    if (role != SDSE_ONNX_BINARY)
        return;
    struct meeting meeting = meet(regions, node);
    if (meeting.root == SDSE_ONNX_NONE)
        return;
    bool ends = sdse_onnx_region_ends(graph, regions, node);
    // A constant that is larger than the map makes another map.
    bool sum = meeting.whole == 0;
    if (!ends && !sum &&
        count_of(&graph->value[out]) != count_of(&graph->value[meeting.root]))
        return;
    regions->root[out] = meeting.root;
    regions->sum[out] = sum;
    if (ends && whole)
        walk(graph, regions, node, graph->node_count, found, regions->inside);
}

// Constants, and what is computed from nothing else.
static void find_fixed(const struct sdse_onnx_graph *graph, bool *fixed) {
    for (uint32_t i = 0; i < graph->value_count; i++)
        fixed[i] = sdse_onnx_is_constant(&graph->value[i]);
    for (uint32_t i = 0; i < graph->order_count; i++) {
        const struct sdse_onnx_node *node = &graph->node[graph->order[i]];
        bool all = node->input_count > 0 || strcmp(node->op, "Constant") == 0;
        for (uint32_t j = 0; j < node->input_count && all; j++)
            all = node->input[j] == SDSE_ONNX_NONE || fixed[node->input[j]];
        for (size_t j = 0; j < node->proto->n_attribute && all; j++)
            all = !node->proto->attribute[j]->g; // its graph may read anything
        for (uint32_t j = 0; j < node->output_count; j++)
            if (node->output[j] != SDSE_ONNX_NONE)
                fixed[node->output[j]] |= all;
    }
}

static void count_uses(const struct sdse_onnx_graph *graph,
                       struct sdse_onnx_regions *out) {
    for (uint32_t i = 0; i < graph->node_count; i++)
        for (uint32_t j = 0; j < graph->node[i].input_count; j++) {
            uint32_t id = graph->node[i].input[j];
            if (id == SDSE_ONNX_NONE)
                continue;
            out->uses[id]++;
            out->user[id] = i;
        }
    for (uint32_t i = 0; i < graph->value_count; i++)
        out->uses[i] += graph->value[i].output;
}

bool sdse_onnx_regions_find(struct sdse_onnx_graph *graph,
                            struct sdse_onnx_regions *out) {
    size_t values = (size_t)graph->value_count + 1;
    size_t nodes = (size_t)graph->node_count + 1;
    *out = (struct sdse_onnx_regions){
        .fixed = SDSE_ARENA_ARRAY(graph->arena, bool, values),
        .root = SDSE_ARENA_ARRAY(graph->arena, uint32_t, values),
        .few = SDSE_ARENA_ARRAY(graph->arena, bool, values),
        .sum = SDSE_ARENA_ARRAY(graph->arena, bool, values),
        .uses = SDSE_ARENA_ARRAY(graph->arena, uint32_t, values),
        .user = SDSE_ARENA_ARRAY(graph->arena, uint32_t, values),
        .inside = SDSE_ARENA_ARRAY(graph->arena, bool, nodes)};
    uint32_t *found = SDSE_ARENA_ARRAY(graph->arena, uint32_t, nodes);
    if (!out->fixed || !out->root || !out->sum || !out->few || !out->uses ||
        !out->user || !out->inside || !found)
        return false;
    find_fixed(graph, out->fixed);
    count_uses(graph, out);
    for (uint32_t i = 0; i < graph->value_count; i++) {
        out->root[i] = i;
        out->few[i] = out->fixed[i] ||
                      (graph->value[i].shape.known && count_of(&graph->value[i]) <= 1);
    }
    for (unsigned round = 0; round < 2; round++)
        for (uint32_t i = 0; i < graph->order_count; i++)
            follow(graph, out, graph->order[i], round == 0, found);
    return true;
}
