// Nodes that hold graphs: the branch of an `If`, what a `Loop` or a `Scan` repeats.
#include <string.h>

#include "import/onnx/expand/inline.h"

static const Onnx__GraphProto *graph_of(const struct sdse_rewrite *w,
                                        const char *name) {
    const Onnx__AttributeProto *attribute = sdse_onnx_attribute(w->node, name);
    return attribute ? attribute->g : NULL;
}

// Whether the graph around has a value of this name. Scopes are not told apart in it.
static bool is_taken(void *context, const char *name) {
    const struct sdse_rewrite *w = context;
    for (uint32_t i = 0; i < w->graph->value_count; i++)
        if (w->graph->value[i].name && strcmp(w->graph->value[i].name, name) == 0)
            return true;
    return w->taken && w->taken(w->taken_context, name);
}

static double constant_in(const struct sdse_rewrite *w, uint32_t i, bool *known) {
    const struct sdse_onnx_value *value = sdse_onnx_in(w->graph, w->node, i);
    *known = value && value->folded && value->shape.known &&
             sdse_onnx_product(&value->shape, 0, value->shape.rank) == 1;
    return *known ? value->folded[0] : 0;
}

// ---- If ---------------------------------------------------------------------

// What a branch puts out goes on under the node's own names; where the condition was
// not known by a node that no run executes.
static void give_outputs(struct sdse_rewrite *w, const Onnx__GraphProto *branch,
                         const struct sdse_renames *names, bool known) {
    for (size_t i = 0; i < branch->n_output; i++) {
        char *wanted = w->node->proto->output[i];
        if (!branch->output[i]->name || !wanted[0])
            continue;
        const char *own = sdse_renamed(names, branch->output[i]->name);
        if (known)
            sdse_rewrite_node(w, "Identity", NULL, own, NULL, NULL);
        else
            sdse_rewrite_stand_in(w, own);
        if (!w->failed)
            w->nodes[w->node_count - 1]->output[0] = wanted;
    }
}

static bool write_branch(struct sdse_rewrite *w, bool taken, bool known) {
    const Onnx__GraphProto *branch = graph_of(w, taken ? "then_branch" : "else_branch");
    struct sdse_renames names = {0};
    if (!branch || branch->n_output != w->node->output_count)
        return false;
    sdse_inline_graph(w, branch, &names, is_taken, w, 1);
    give_outputs(w, branch, &names, known);
    return true;
}

bool sdse_expand_branch(struct sdse_rewrite *w, bool taken) {
    return write_branch(w, taken, false);
}

static bool expand_if(struct sdse_rewrite *w) {
    bool known = false;
    const double condition = constant_in(w, 0, &known);
    return known && w->node->input_count == 1 && write_branch(w, condition != 0, true);
}

// ---- Loop and Scan ----------------------------------------------------------

// What stands between the loop and the graph around: an axis more comes out (`extent`
// steps), or one less, or, without an attribute, the same.
static const char *between(struct sdse_rewrite *w, const char *x, const char *attribute,
                           int64_t axis, int64_t extent) {
    const char *out = sdse_rewrite_stand_in(w, x);
    if (attribute) {
        sdse_rewrite_set_int(w, attribute, axis);
        sdse_rewrite_set_int(w, "extent", extent);
    }
    return out;
}

static void end_loop(struct sdse_rewrite *w, const Onnx__GraphProto *body,
                     const struct sdse_renames *names, size_t first, size_t states,
                     const int64_t *axis, int64_t steps) {
    for (size_t i = first; i < body->n_output; i++) {
        const size_t at = i - first;
        if (!body->output[i]->name || at >= w->node->proto->n_output)
            continue;
        const char *own = sdse_renamed(names, body->output[i]->name);
        const bool state = at < states;
        sdse_rewrite_give(w, (uint32_t)at,
                          between(w, own, state ? NULL : "stacked_axis",
                                  state || !axis ? 0 : axis[at - states], steps));
    }
}

// Axes of what is scanned or stacked, 0 where the attribute is left out.
static bool read_axes(const struct sdse_rewrite *w, const char *name, size_t count,
                      int64_t *out) {
    const Onnx__AttributeProto *attribute = sdse_onnx_attribute(w->node, name);
    memset(out, 0, count * sizeof *out);
    if (!attribute || attribute->n_ints == 0)
        return true;
    if (attribute->n_ints != count)
        return false;
    memcpy(out, attribute->ints, count * sizeof *out);
    return true;
}

enum { MOST_VALUES = 64 }; // states, or sequences, of one loop

// States first, then sequences, of which each step takes a slice (from opset 9 on).
static bool expand_scan(struct sdse_rewrite *w) {
    const Onnx__GraphProto *body = graph_of(w, "body");
    const int64_t sequences = sdse_onnx_int(w->node, "num_scan_inputs", 0);
    const uint32_t inputs = w->node->input_count;
    int64_t in_axis[MOST_VALUES], out_axis[MOST_VALUES], steps = 0;
    if (!body || w->graph->opset < 9 || sequences < 1 || sequences > MOST_VALUES ||
        (uint32_t)sequences > inputs || inputs != body->n_input)
        return false;
    const size_t states = inputs - (uint32_t)sequences;
    if (body->n_output < states || body->n_output != w->node->output_count ||
        body->n_output - states > MOST_VALUES ||
        !read_axes(w, "scan_input_axes", (size_t)sequences, in_axis) ||
        !read_axes(w, "scan_output_axes", body->n_output - states, out_axis))
        return false;
    struct sdse_renames names = {0};
    for (uint32_t i = 0; i < inputs; i++) {
        const char *from = sdse_rewrite_in(w, i);
        const struct sdse_onnx_shape *shape = sdse_rewrite_shape(w, i);
        unsigned axis = 0;
        if (!from || !body->input[i]->name)
            return false;
        if (i < states) {
            sdse_rename(w, &names, body->input[i]->name, from);
            continue;
        }
        if (!shape || !sdse_onnx_axis(in_axis[i - states], shape->rank, &axis))
            return false;
        if (i > states && (uint64_t)steps != shape->dim[axis])
            return false;
        steps = (int64_t)shape->dim[axis];
        sdse_rename(w, &names, body->input[i]->name,
                    between(w, from, "sliced_axis", axis, 1));
    }
    if (steps < 1)
        return false;
    sdse_inline_graph(w, body, &names, is_taken, w, steps);
    end_loop(w, body, &names, 0, states, out_axis, steps);
    return true;
}

// A loop that is executed not once gives the states that it was given. False: somebody
// may read what its steps put together, which is nothing.
static bool pass_states(struct sdse_rewrite *w, uint32_t states) {
    for (uint32_t i = 0; i < w->node->output_count; i++) {
        if (!sdse_rewrite_gives(w, i))
            continue;
        if (i >= states || !sdse_rewrite_in(w, i + 2))
            return false;
        sdse_rewrite_give(w, i, sdse_rewrite_in(w, i + 2));
    }
    return true;
}

// M and a condition, then states; the graph has the number of the step first, and puts
// out a condition first. A condition that is computed may end the loop sooner: steps
// are as many as there may be.
static bool expand_loop(struct sdse_rewrite *w) {
    const Onnx__GraphProto *body = graph_of(w, "body");
    const uint32_t inputs = w->node->input_count;
    bool known = false, conditioned = false;
    const int64_t steps = sdse_onnx_integer(constant_in(w, 0, &known));
    const double condition = constant_in(w, 1, &conditioned);
    if (!body || inputs < 2 || body->n_input != inputs || body->n_output < inputs - 1 ||
        body->n_output - 1 < w->node->output_count) // the last may be left out
        return false;
    if ((known && steps < 1) || (conditioned && condition == 0))
        return pass_states(w, inputs - 2);
    if (!known)
        return false;
    struct sdse_renames names = {0};
    for (uint32_t i = 0; i < inputs; i++) {
        const char *from = sdse_rewrite_in(w, i);
        if (!body->input[i]->name || (i > 1 && !from))
            return false;
        if (i == 0 || !from)
            from = between(w, NULL, NULL, 0, 0);
        sdse_rename(w, &names, body->input[i]->name, from);
    }
    sdse_inline_graph(w, body, &names, is_taken, w, steps);
    end_loop(w, body, &names, 1, inputs - 2, NULL, steps);
    sdse_rewrite_approximate(w, "all of its steps are as the first; a condition that "
                                "ends it sooner is not asked");
    return true;
}

sdse_expander sdse_expander_graphs(const Onnx__NodeProto *node) {
    if (sdse_expand_is(node, "", "If"))
        return expand_if;
    if (sdse_expand_is(node, "", "Scan"))
        return expand_scan;
    return sdse_expand_is(node, "", "Loop") ? expand_loop : NULL;
}
