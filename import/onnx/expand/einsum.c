// Einsum: operands from left to right, two at a time, each time a product of matrices.
#include "import/onnx/constant.h"
#include "import/onnx/expand/rewrite.h"

#include <string.h>

enum { MOST_LABELS = 64, MOST_OPERANDS = 8 }; // as many as eight operands have

// What a value's dimensions are called: letters, and above them those of an ellipsis.
struct labels {
    unsigned count;
    int label[MOST_LABELS];
};

struct equation {
    unsigned operands;
    struct labels in[MOST_OPERANDS], out;
    uint64_t extent[256]; // of each label
};

static int place_of(const struct labels *labels, int label) {
    for (unsigned i = 0; i < labels->count; i++)
        if (labels->label[i] == label)
            return (int)i;
    return -1;
}

static bool push(struct labels *labels, int label) {
    if (labels->count == MOST_LABELS || place_of(labels, label) >= 0)
        return false; // a diagonal, or too many
    labels->label[labels->count++] = label;
    return true;
}

// "bij" of `rank` dimensions (-1: as the ellipsis has turned out); `wide` of them are
// the ellipsis's.
static bool read_term(const char *text, size_t length, int rank, unsigned *wide,
                      struct labels *out) {
    const int ellipsis = 128;
    unsigned letters = 0, dots = 0;
    *out = (struct labels){0};
    for (size_t i = 0; i < length; i++) {
        dots += text[i] == '.';
        letters +=
            (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z');
    }
    if (dots != 0 && dots != 3)
        return false;
    if (rank >= 0 && dots == 3) {
        if ((unsigned)rank < letters)
            return false;
        const unsigned here = (unsigned)rank - letters;
        if (*wide != 0 && *wide != here)
            return false; // ellipses that broadcast
        *wide = here;
    }
    for (size_t i = 0; i < length; i++) {
        if (text[i] == ' ')
            continue;
        if (text[i] == '.') {
            if (i + 2 >= length || text[i + 1] != '.' || text[i + 2] != '.')
                return false;
            for (unsigned j = 0; j < *wide; j++)
                if (!push(out, ellipsis + (int)j))
                    return false;
            i += 2;
            continue;
        }
        if (!((text[i] >= 'a' && text[i] <= 'z') ||
              (text[i] >= 'A' && text[i] <= 'Z')) ||
            !push(out, text[i]))
            return false;
    }
    return rank < 0 || out->count == (unsigned)rank;
}

static bool note_extents(struct equation *e, const struct labels *labels,
                         const struct sdse_onnx_shape *shape) {
    for (unsigned i = 0; i < labels->count; i++) {
        uint64_t *extent = &e->extent[labels->label[i]];
        if (*extent != 0 && *extent != shape->dim[i])
            return false; // it broadcasts
        *extent = shape->dim[i];
        if (*extent == 0)
            return false;
    }
    return true;
}

// Without an arrow: ellipsis first, then the letters that are there once, by alphabet.
static bool implied_out(struct equation *e, unsigned wide) {
    e->out = (struct labels){0};
    for (unsigned j = 0; j < wide; j++)
        if (!push(&e->out, 128 + (int)j))
            return false;
    for (int letter = 'A'; letter <= 'z'; letter++) {
        unsigned times = 0;
        for (unsigned i = 0; i < e->operands; i++)
            times += place_of(&e->in[i], letter) >= 0;
        if (times == 1 && !push(&e->out, letter))
            return false;
    }
    return true;
}

// The equation of a node whose inputs' shapes are known. False: it is none, or one that
// takes diagonals or broadcasts.
static bool read_equation(const struct sdse_onnx_graph *graph,
                          const struct sdse_onnx_node *node, struct equation *e) {
    const Onnx__AttributeProto *attribute = sdse_onnx_attribute(node, "equation");
    *e = (struct equation){.operands = node->input_count};
    if (!attribute || !attribute->has_s || e->operands < 1 ||
        e->operands > MOST_OPERANDS)
        return false;
    // Of an empty one there is no data.
    const char *text = attribute->s.len > 0 ? (const char *)attribute->s.data : "";
    const char *end = text + attribute->s.len;
    const char *arrow = NULL;
    for (const char *at = text; at + 1 < end && !arrow; at++)
        arrow = at[0] == '-' && at[1] == '>' ? at : NULL;
    const char *stop = arrow ? arrow : end;
    unsigned wide = 0;
    for (unsigned i = 0; i < e->operands; i++) {
        const struct sdse_onnx_value *value = sdse_onnx_in(graph, node, i);
        if (!value || !value->shape.known)
            return false;
        const char *comma = memchr(text, ',', (size_t)(stop - text));
        const char *last = comma ? comma : stop;
        if ((i + 1 < e->operands) != (comma != NULL) ||
            !read_term(text, (size_t)(last - text), (int)value->shape.rank, &wide,
                       &e->in[i]) ||
            !note_extents(e, &e->in[i], &value->shape))
            return false;
        text = comma ? comma + 1 : stop;
    }
    if (!(arrow ? read_term(arrow + 2, (size_t)(end - arrow - 2), -1, &wide, &e->out)
                : implied_out(e, wide)) ||
        e->out.count > SDSE_ARRAY_MAX_RANK)
        return false;
    for (unsigned i = 0; i < e->out.count; i++)
        if (e->extent[e->out.label[i]] == 0)
            return false; // of no operand
    return true;
}

bool sdse_einsum_shape(const struct sdse_onnx_graph *graph,
                       const struct sdse_onnx_node *node, struct sdse_onnx_shape *out) {
    struct equation e;
    if (!read_equation(graph, node, &e))
        return false;
    *out = (struct sdse_onnx_shape){.known = true, .rank = e.out.count};
    for (unsigned i = 0; i < e.out.count; i++)
        out->dim[i] = e.extent[e.out.label[i]];
    return true;
}

// ---- writing ----------------------------------------------------------------

// Dimensions in another order; nothing where it is the same.
static const char *ordered(struct sdse_rewrite *w, const char *x,
                           const struct labels *from, const struct labels *to) {
    int64_t perm[MOST_LABELS];
    bool same = true;
    for (unsigned i = 0; i < to->count; i++) {
        perm[i] = place_of(from, to->label[i]);
        same &= perm[i] == (int64_t)i;
    }
    return same ? x : sdse_rewrite_transpose(w, x, to->count, perm);
}

// Sums over dimensions that nothing after has.
static const char *summed(struct sdse_rewrite *w, const char *x, struct labels *labels,
                          const struct labels *wanted) {
    struct labels kept = {0};
    int64_t axes[MOST_LABELS];
    size_t count = 0;
    for (unsigned i = 0; i < labels->count; i++) {
        if (place_of(wanted, labels->label[i]) >= 0)
            push(&kept, labels->label[i]);
        else
            axes[count++] = i;
    }
    if (count == 0)
        return x;
    // An input from opset 13 on, an attribute before.
    const bool input = w->graph->opset >= 13;
    x = sdse_rewrite_node(w, "ReduceSum", ".sum", x,
                          input ? sdse_rewrite_ints(w, count, axes) : NULL, NULL);
    if (!input)
        sdse_rewrite_set_ints(w, "axes", count, axes);
    sdse_rewrite_set_int(w, "keepdims", 0);
    *labels = kept;
    return x;
}

static void add_all(struct labels *to, const struct labels *from) {
    for (unsigned i = 0; i < from->count; i++)
        push(to, from->label[i]);
}

static uint64_t product(const struct equation *e, const struct labels *labels) {
    uint64_t all = 1;
    for (unsigned i = 0; i < labels->count; i++)
        all *= e->extent[labels->label[i]];
    return all;
}

// x as [stack …][rows][columns] with each of the three groups in one dimension; a stack
// of none has none.
static const char *as_matrices(struct sdse_rewrite *w, const struct equation *e,
                               const char *x, const struct labels *from,
                               const struct labels *stack, const struct labels *rows,
                               const struct labels *columns) {
    struct labels order = *stack;
    int64_t dims[3];
    size_t rank = 0;
    add_all(&order, rows);
    add_all(&order, columns);
    x = ordered(w, x, from, &order);
    if (stack->count)
        dims[rank++] = (int64_t)product(e, stack);
    dims[rank++] = (int64_t)product(e, rows);
    dims[rank++] = (int64_t)product(e, columns);
    const bool same =
        rows->count == 1 && columns->count == 1 && stack->count == rank - 2;
    return same ? x : sdse_rewrite_reshape(w, x, rank, dims);
}

// a · b, summed over what both have and nothing after; what both have and something
// after has too makes a stack.
static const char *multiplied(struct sdse_rewrite *w, const struct equation *e,
                              const char *suffix, const char *a, struct labels *la,
                              const char *b, const struct labels *lb,
                              const struct labels *after) {
    struct labels stack = {0}, rows = {0}, columns = {0}, inner = {0}, out;
    for (unsigned i = 0; i < la->count; i++) {
        const int label = la->label[i];
        const bool both = place_of(lb, label) >= 0,
                   wanted = place_of(after, label) >= 0;
        push(!both ? &rows : wanted ? &stack : &inner, label);
    }
    for (unsigned i = 0; i < lb->count; i++)
        if (place_of(la, lb->label[i]) < 0)
            push(&columns, lb->label[i]);
    a = as_matrices(w, e, a, la, &stack, &rows, &inner);
    b = as_matrices(w, e, b, lb, &stack, &inner, &columns);
    const char *y = sdse_rewrite_node(w, "MatMul", suffix, a, b, NULL);
    out = stack;
    int64_t dims[MOST_LABELS];
    if (stack.count + rows.count + columns.count > SDSE_ARRAY_MAX_RANK)
        return NULL;
    add_all(&out, &rows);
    add_all(&out, &columns);
    for (unsigned i = 0; i < out.count; i++)
        dims[i] = (int64_t)e->extent[out.label[i]];
    const bool same = rows.count == 1 && columns.count == 1 && stack.count <= 1;
    *la = out;
    return same ? y : sdse_rewrite_reshape(w, y, out.count, dims);
}

// Labels that the operands from `first` on and the result have.
static struct labels labels_after(const struct equation *e, unsigned first) {
    struct labels after = e->out;
    for (unsigned i = first; i < e->operands; i++)
        add_all(&after, &e->in[i]);
    return after;
}

static bool expand_einsum(struct sdse_rewrite *w) {
    static const char *const suffixes[] = {"", ".2", ".3", ".4", ".5", ".6", ".7"};
    struct equation e;
    const char *name[MOST_OPERANDS] = {0};
    if (!read_equation(w->graph, w->node, &e))
        return false;
    for (unsigned i = 0; i < e.operands; i++)
        name[i] = sdse_rewrite_in(w, i);
    if (e.operands == 2 && sdse_onnx_is_constant(sdse_onnx_in(w->graph, w->node, 0))) {
        const struct labels first = e.in[0]; // weights are the right operand
        e.in[0] = e.in[1];
        e.in[1] = first;
        name[1] = name[0];
        name[0] = sdse_rewrite_in(w, 1);
    }
    struct labels now = e.in[0], wanted = labels_after(&e, 1);
    const char *x = summed(w, name[0], &now, &wanted);
    for (unsigned i = 1; i < e.operands; i++) {
        struct labels next = e.in[i], needed = labels_after(&e, i + 1);
        wanted = needed;
        add_all(&needed, &now);
        const char *y = summed(w, name[i], &next, &needed);
        x = multiplied(w, &e, suffixes[i - 1], x, &now, y, &next, &wanted);
        if (!x)
            return false;
    }
    sdse_rewrite_give(w, 0, ordered(w, x, &now, &e.out));
    return true;
}

sdse_expander sdse_expander_einsum(const Onnx__NodeProto *node) {
    return sdse_expand_is(node, "", "Einsum") ? expand_einsum : NULL;
}
