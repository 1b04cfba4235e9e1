#include "import/onnx/ops.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

bool sdse_onnx_unknown(struct sdse_onnx_node *node, const char *why) {
    node->why = why;
    return false;
}

bool sdse_onnx_wrong(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node,
                     const char *format, ...) {
    node->reported = true;
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sdse_diag_add(graph->diags, SDSE_ERROR, (struct sdse_loc){.file = graph->file},
                  "onnx-shape", "node '%s' (%s): %s", node->name, node->op, text);
    return false;
}

struct sdse_onnx_value *sdse_onnx_in(const struct sdse_onnx_graph *graph,
                                     const struct sdse_onnx_node *node, uint32_t i) {
    if (i >= node->input_count || node->input[i] == SDSE_ONNX_NONE)
        return NULL;
    return &graph->value[node->input[i]];
}

// All outputs of the node blame `culprit`.
static void blame(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node,
                  uint32_t culprit) {
    for (uint32_t i = 0; i < node->output_count; i++)
        if (node->output[i] != SDSE_ONNX_NONE)
            graph->value[node->output[i]].blame = culprit;
}

const struct sdse_onnx_shape *sdse_onnx_need(struct sdse_onnx_graph *graph,
                                             struct sdse_onnx_node *node, uint32_t i) {
    struct sdse_onnx_value *value = sdse_onnx_in(graph, node, i);
    if (!value) {
        sdse_onnx_wrong(graph, node, "input %u is missing", i + 1);
        return NULL;
    }
    if (value->shape.known)
        return &value->shape;
    blame(graph, node, value->blame);
    return NULL;
}

bool sdse_onnx_set(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node,
                   uint32_t i, unsigned rank, const uint64_t *dims) {
    if (i >= node->output_count || node->output[i] == SDSE_ONNX_NONE)
        return true;
    if (rank > SDSE_ARRAY_MAX_RANK)
        return sdse_onnx_unknown(node, "its output has more than 8 dimensions");
    if (!sdse_onnx_shape_is_sane(dims, rank))
        return sdse_onnx_wrong(graph, node,
                               "the output has an absurd number of elements");
    struct sdse_onnx_shape shape = {.known = true, .rank = rank};
    for (unsigned d = 0; d < rank; d++)
        shape.dim[d] = dims[d];
    graph->value[node->output[i]].shape = shape;
    return true;
}

const Onnx__AttributeProto *sdse_onnx_attribute(const struct sdse_onnx_node *node,
                                                const char *name) {
    for (size_t i = 0; i < node->proto->n_attribute; i++) {
        const Onnx__AttributeProto *attribute = node->proto->attribute[i];
        if (attribute->name && strcmp(attribute->name, name) == 0)
            return attribute;
    }
    return NULL;
}

int64_t sdse_onnx_int(const struct sdse_onnx_node *node, const char *name,
                      int64_t absent) {
    const Onnx__AttributeProto *attribute = sdse_onnx_attribute(node, name);
    return attribute && attribute->has_i ? attribute->i : absent;
}

bool sdse_onnx_text_is(const struct sdse_onnx_node *node, const char *name,
                       const char *text) {
    const Onnx__AttributeProto *attribute = sdse_onnx_attribute(node, name);
    return attribute && attribute->has_s && attribute->s.len == strlen(text) &&
           memcmp(attribute->s.data, text, attribute->s.len) == 0;
}

int64_t sdse_onnx_integer(double value) {
    if (isnan(value))
        return 0;
    if (value >= 0x1p63)
        return INT64_MAX;
    if (value <= -0x1p63)
        return INT64_MIN;
    return (int64_t)value;
}

struct sdse_onnx_list sdse_onnx_list_of(const struct sdse_onnx_graph *graph,
                                        const struct sdse_onnx_node *node,
                                        const char *name, uint32_t input) {
    enum { MOST = 2 * SDSE_ARRAY_MAX_RANK };
    struct sdse_onnx_list list = {.given = SDSE_ONNX_ABSENT};
    const Onnx__AttributeProto *attribute =
        name ? sdse_onnx_attribute(node, name) : NULL;
    if (attribute) {
        if (attribute->n_ints > MOST) {
            list.given = SDSE_ONNX_NOT_CONSTANT;
            return list;
        }
        list.given = SDSE_ONNX_GIVEN;
        list.count = (unsigned)attribute->n_ints;
        if (list.count > 0)
            memcpy(list.value, attribute->ints, list.count * sizeof *list.value);
        return list;
    }
    const struct sdse_onnx_value *value = sdse_onnx_in(graph, node, input);
    if (!value)
        return list;
    uint64_t count = 0;
    list.given = SDSE_ONNX_NOT_CONSTANT;
    if (!value->folded || !value->shape.known ||
        !sdse_shape_count(value->shape.dim, value->shape.rank, &count) || count > MOST)
        return list;
    list.given = SDSE_ONNX_GIVEN;
    list.count = (unsigned)count;
    for (unsigned i = 0; i < list.count; i++)
        list.value[i] = sdse_onnx_integer(value->folded[i]);
    return list;
}

bool sdse_onnx_axis(int64_t axis, unsigned rank, unsigned *out) {
    if (axis < -(int64_t)rank || axis >= (int64_t)rank)
        return false;
    *out = (unsigned)(axis < 0 ? axis + (int64_t)rank : axis);
    return true;
}

struct sdse_onnx_text sdse_onnx_shape_text(const struct sdse_onnx_shape *shape) {
    struct sdse_onnx_text text = {"a scalar"};
    size_t used = 0;
    for (unsigned i = 0; i < shape->rank && used < sizeof text.at; i++)
        used += (size_t)snprintf(text.at + used, sizeof text.at - used, "%s%" PRIu64,
                                 i ? "x" : "", shape->dim[i]);
    return text;
}

bool sdse_onnx_axis_of(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node,
                       int64_t absent, unsigned rank, unsigned *out) {
    const int64_t axis = sdse_onnx_int(node, "axis", absent);
    return sdse_onnx_axis(axis, rank, out) ||
           sdse_onnx_wrong(graph, node,
                           "'axis' is %" PRId64 ", out of range of %u dimensions", axis,
                           rank);
}

bool sdse_onnx_axes(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node,
                    const struct sdse_onnx_list *list, unsigned rank, unsigned *set) {
    *set = 0;
    for (unsigned i = 0; i < list->count; i++) {
        unsigned axis;
        if (!sdse_onnx_axis(list->value[i], rank, &axis))
            return sdse_onnx_wrong(graph, node,
                                   "axis %" PRId64 " is out of range of %u dimensions",
                                   list->value[i], rank);
        if (*set >> axis & 1u)
            return sdse_onnx_wrong(graph, node, "axis %u is given twice", axis);
        *set |= 1u << axis;
    }
    return true;
}

uint64_t sdse_onnx_product(const struct sdse_onnx_shape *shape, unsigned from,
                           unsigned to) {
    uint64_t product = 1;
    for (unsigned i = from; i < to; i++)
        product *= shape->dim[i];
    return product;
}

bool sdse_onnx_broadcast(struct sdse_onnx_shape *a, const struct sdse_onnx_shape *b) {
    struct sdse_onnx_shape wide = a->rank >= b->rank ? *a : *b;
    const struct sdse_onnx_shape *narrow = a->rank >= b->rank ? b : a;
    unsigned offset = wide.rank - narrow->rank;
    for (unsigned i = 0; i < narrow->rank; i++) {
        uint64_t *extent = &wide.dim[offset + i];
        if (*extent == 1)
            *extent = narrow->dim[i];
        else if (narrow->dim[i] != 1 && narrow->dim[i] != *extent)
            return false;
    }
    *a = wide;
    return true;
}
