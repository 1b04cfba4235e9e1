#include "import/onnx/expand/rewrite.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena_grow.h"
#include "import/onnx/expand.h"
#include "import/onnx/expand/inline.h"

bool sdse_expand_is(const Onnx__NodeProto *node, const char *domain, const char *op) {
    const char *own = node->domain ? node->domain : "";
    if (strcmp(own, "ai.onnx") == 0)
        own = "";
    return node->op_type && strcmp(node->op_type, op) == 0 && strcmp(own, domain) == 0;
}

const char *sdse_rewrite_in(const struct sdse_rewrite *w, uint32_t i) {
    const struct sdse_onnx_value *value = sdse_onnx_in(w->graph, w->node, i);
    return value ? value->name : NULL;
}

const struct sdse_onnx_shape *sdse_rewrite_shape(const struct sdse_rewrite *w,
                                                 uint32_t i) {
    const struct sdse_onnx_value *value = sdse_onnx_in(w->graph, w->node, i);
    return value && value->shape.known ? &value->shape : NULL;
}

bool sdse_rewrite_gives(const struct sdse_rewrite *w, uint32_t i) {
    return i < w->node->output_count && w->node->output[i] != SDSE_ONNX_NONE;
}

double sdse_rewrite_attribute(const struct sdse_rewrite *w, const char *name,
                              double absent) {
    const Onnx__AttributeProto *attribute = sdse_onnx_attribute(w->node, name);
    return attribute && attribute->has_f ? (double)attribute->f : absent;
}

static void *allocate(struct sdse_rewrite *w, size_t bytes) {
    void *memory = sdse_arena_alloc(w->arena, bytes ? bytes : 1, 1);
    w->failed |= !memory;
    return memory;
}

static char *copy_text(struct sdse_rewrite *w, const char *text) {
    char *copy = sdse_arena_strdup(w->arena, text);
    w->failed |= !copy;
    return copy;
}

// A name that no other file's value has: nothing else ends so.
char *sdse_rewrite_name(struct sdse_rewrite *w) {
    char *name =
        sdse_arena_printf(w->arena, "%s/sdse/%" PRIu64, w->base, (*w->names)++);
    w->failed |= !name;
    return name;
}

// Room for one more pointer in a list that grows.
static bool grow(struct sdse_rewrite *w, void *list, size_t count, size_t *room) {
    void **old, **more;
    if (w->failed || count < *room)
        return !w->failed;
    memcpy(&old, list, sizeof old);
    more = sdse_arena_grow(w->arena, old, count, room, sizeof *more);
    w->failed |= !more;
    if (w->failed)
        return false;
    memcpy(list, &more, sizeof more);
    return true;
}

void sdse_rewrite_wide(struct sdse_rewrite *w, const char *op, const char *suffix,
                       size_t inputs, const char *const *in, size_t outputs,
                       const char **out) {
    Onnx__NodeProto *node = SDSE_ARENA_NEW(w->arena, Onnx__NodeProto);
    char **names = SDSE_ARENA_ARRAY(w->arena, char *, inputs + outputs + 1);
    w->failed |= !node || !names;
    for (size_t i = 0; i < outputs; i++)
        out[i] = sdse_rewrite_name(w);
    if (!grow(w, &w->nodes, w->node_count, &w->node_room))
        return;
    onnx__node_proto__init(node);
    for (size_t i = 0; i < inputs; i++)
        names[i] = copy_text(w, in[i] ? in[i] : "");
    for (size_t i = 0; i < outputs; i++)
        names[inputs + i] = copy_text(w, out[i]);
    node->op_type = copy_text(w, op);
    // A node without a name is called after its weights, if it is one layer alone.
    const bool named = w->node->proto->name && w->node->proto->name[0];
    if (named || !suffix || suffix[0])
        node->name =
            sdse_arena_printf(w->arena, "%s%s", w->node->name, suffix ? suffix : "");
    node->n_input = inputs;
    node->n_output = outputs;
    node->input = names;
    node->output = names + inputs;
    w->nodes[w->node_count++] = node;
}

const char *sdse_rewrite_node(struct sdse_rewrite *w, const char *op,
                              const char *suffix, const char *a, const char *b,
                              const char *c) {
    const char *const in[3] = {a, b, c};
    const char *out;
    sdse_rewrite_wide(w, op, suffix, c ? 3 : b ? 2 : a ? 1 : 0, in, 1, &out);
    return out;
}

static Onnx__AttributeProto *add_attribute(struct sdse_rewrite *w, const char *name) {
    if (w->failed)
        return NULL;
    Onnx__NodeProto *node = w->nodes[w->node_count - 1];
    const size_t count = node->n_attribute;
    Onnx__AttributeProto **list =
        SDSE_ARENA_ARRAY(w->arena, Onnx__AttributeProto *, count + 1);
    Onnx__AttributeProto *attribute = SDSE_ARENA_NEW(w->arena, Onnx__AttributeProto);
    w->failed |= !list || !attribute;
    if (w->failed)
        return NULL;
    if (count)
        memcpy(list, node->attribute, count * sizeof *list);
    onnx__attribute_proto__init(attribute);
    attribute->name = copy_text(w, name);
    list[count] = attribute;
    node->attribute = list;
    node->n_attribute = count + 1;
    return attribute;
}

void sdse_rewrite_set_int(struct sdse_rewrite *w, const char *name, int64_t value) {
    Onnx__AttributeProto *attribute = add_attribute(w, name);
    if (!attribute)
        return;
    attribute->has_i = 1;
    attribute->i = value;
}

void sdse_rewrite_set_text(struct sdse_rewrite *w, const char *name, const char *text) {
    Onnx__AttributeProto *attribute = add_attribute(w, name);
    char *copy = copy_text(w, text);
    if (!attribute || !copy)
        return;
    attribute->has_s = 1;
    attribute->s.len = strlen(copy);
    attribute->s.data = (uint8_t *)copy;
}

void sdse_rewrite_set_real(struct sdse_rewrite *w, const char *name, double value) {
    Onnx__AttributeProto *attribute = add_attribute(w, name);
    if (!attribute)
        return;
    attribute->has_f = 1;
    attribute->f = (float)value;
}

static int64_t *copy_ints(struct sdse_rewrite *w, size_t count, const int64_t *values) {
    int64_t *copy = allocate(w, count * sizeof *copy);
    if (copy && count)
        memcpy(copy, values, count * sizeof *copy);
    return copy;
}

void sdse_rewrite_set_ints(struct sdse_rewrite *w, const char *name, size_t count,
                           const int64_t *values) {
    Onnx__AttributeProto *attribute = add_attribute(w, name);
    if (!attribute)
        return;
    attribute->n_ints = count;
    attribute->ints = copy_ints(w, count, values);
}

void sdse_rewrite_keep_attributes(struct sdse_rewrite *w, const char *but) {
    const Onnx__NodeProto *from = w->node->proto;
    for (size_t i = 0; i < from->n_attribute; i++) {
        const Onnx__AttributeProto *old = from->attribute[i];
        if (!old->name || (but && strcmp(old->name, but) == 0))
            continue;
        Onnx__AttributeProto *attribute = add_attribute(w, old->name);
        if (attribute)
            *attribute = *old;
    }
}

static Onnx__TensorProto *add_tensor(struct sdse_rewrite *w, int32_t type, size_t rank,
                                     const int64_t *dims) {
    Onnx__TensorProto *tensor = SDSE_ARENA_NEW(w->arena, Onnx__TensorProto);
    w->failed |= !tensor;
    if (!grow(w, &w->tensors, w->tensor_count, &w->tensor_room))
        return NULL;
    onnx__tensor_proto__init(tensor);
    tensor->name = sdse_rewrite_name(w);
    tensor->has_data_type = 1;
    tensor->data_type = type;
    tensor->n_dims = rank;
    tensor->dims = copy_ints(w, rank, dims);
    if (!w->failed)
        w->tensors[w->tensor_count++] = tensor;
    return w->failed ? NULL : tensor;
}

const char *sdse_rewrite_ints(struct sdse_rewrite *w, size_t count,
                              const int64_t *values) {
    Onnx__TensorProto *tensor = add_tensor(w, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, 1,
                                           (int64_t[]){(int64_t)count});
    if (!tensor)
        return NULL;
    tensor->n_int64_data = count;
    tensor->int64_data = copy_ints(w, count, values);
    return tensor->name;
}

const char *sdse_rewrite_real(struct sdse_rewrite *w, double value) {
    const char *out = sdse_rewrite_node(w, "Constant", NULL, NULL, NULL, NULL);
    sdse_rewrite_set_real(w, "value_float", value);
    return out;
}

const char *sdse_rewrite_reals(struct sdse_rewrite *w, size_t count,
                               const double *values) {
    float *copy = allocate(w, count * sizeof *copy);
    for (size_t i = 0; copy && i < count; i++)
        copy[i] = (float)values[i];
    const char *out = sdse_rewrite_node(w, "Constant", NULL, NULL, NULL, NULL);
    Onnx__AttributeProto *attribute = add_attribute(w, "value_floats");
    if (attribute) {
        attribute->n_floats = count;
        attribute->floats = copy;
    }
    return out;
}

float *sdse_rewrite_floats(struct sdse_rewrite *w, size_t rank, const int64_t *dims,
                           const char **name) {
    Onnx__TensorProto *tensor =
        add_tensor(w, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, rank, dims);
    size_t count = 1;
    for (size_t d = 0; d < rank; d++)
        count *= (size_t)dims[d];
    float *data = SDSE_ARENA_ARRAY(w->arena, float, count + 1);
    w->failed |= !data;
    *name = w->failed ? NULL : tensor->name;
    if (w->failed)
        return NULL;
    tensor->n_float_data = count;
    tensor->float_data = data;
    return data;
}

Onnx__TensorProto *sdse_rewrite_unfilled(struct sdse_rewrite *w, size_t rank,
                                         const int64_t *dims) {
    return add_tensor(w, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, rank, dims);
}

void sdse_rewrite_approximate(struct sdse_rewrite *w, const char *how) {
    w->approximation = how;
}

void sdse_rewrite_steps(struct sdse_rewrite *w, size_t first, int64_t steps) {
    for (size_t i = first; i < w->node_count; i++)
        sdse_inline_repeat(w, w->nodes[i], steps);
}

const char *sdse_rewrite_view(struct sdse_rewrite *w, const Onnx__TensorProto *like,
                              int32_t type, size_t rank, const int64_t *dims) {
    Onnx__TensorProto *tensor = add_tensor(w, type, rank, dims);
    if (!tensor)
        return NULL;
    char *name = tensor->name;
    int64_t *shape = tensor->dims;
    *tensor = *like;
    tensor->name = name;
    tensor->data_type = type;
    tensor->n_dims = rank;
    tensor->dims = shape;
    return name;
}

void sdse_rewrite_take_node(struct sdse_rewrite *w, Onnx__NodeProto *node) {
    if (grow(w, &w->nodes, w->node_count, &w->node_room))
        w->nodes[w->node_count++] = node;
}

void sdse_rewrite_take_tensor(struct sdse_rewrite *w, Onnx__TensorProto *tensor) {
    if (grow(w, &w->tensors, w->tensor_count, &w->tensor_room))
        w->tensors[w->tensor_count++] = tensor;
}

void sdse_rewrite_take_info(struct sdse_rewrite *w, Onnx__ValueInfoProto *info) {
    if (grow(w, &w->infos, w->info_count, &w->info_room))
        w->infos[w->info_count++] = info;
}

const char *sdse_rewrite_reshape(struct sdse_rewrite *w, const char *x, size_t rank,
                                 const int64_t *dims) {
    const char *out = sdse_rewrite_node(w, "Reshape", NULL, x,
                                        sdse_rewrite_ints(w, rank, dims), NULL);
    for (size_t d = 0; d < rank; d++)
        if (dims[d] == 0) { // else it is that of the input
            sdse_rewrite_set_int(w, "allowzero", 1);
            break;
        }
    return out;
}

const char *sdse_rewrite_transpose(struct sdse_rewrite *w, const char *x, size_t rank,
                                   const int64_t *perm) {
    const char *out = sdse_rewrite_node(w, "Transpose", NULL, x, NULL, NULL);
    sdse_rewrite_set_ints(w, "perm", rank, perm);
    return out;
}

const char *sdse_rewrite_cast(struct sdse_rewrite *w, const char *x, int32_t type) {
    const char *out = sdse_rewrite_node(w, "Cast", NULL, x, NULL, NULL);
    sdse_rewrite_set_int(w, "to", type);
    return out;
}

const char *sdse_rewrite_concat(struct sdse_rewrite *w, const char *a, const char *b,
                                int64_t axis) {
    const char *out = sdse_rewrite_node(w, "Concat", NULL, a, b, NULL);
    sdse_rewrite_set_int(w, "axis", axis);
    return out;
}

const char *sdse_rewrite_slice(struct sdse_rewrite *w, const char *x, int64_t axis,
                               int64_t from, int64_t to) {
    const char *const in[4] = {x, sdse_rewrite_ints(w, 1, &from),
                               sdse_rewrite_ints(w, 1, &to),
                               sdse_rewrite_ints(w, 1, &axis)};
    const char *out;
    sdse_rewrite_wide(w, "Slice", NULL, 4, in, 1, &out);
    return out;
}

static char stand_in[] = "sdse.stand-in";

bool sdse_onnx_is_stand_in(const Onnx__NodeProto *node) {
    return node->domain && strcmp(node->domain, stand_in) == 0;
}

const char *sdse_rewrite_stand_in(struct sdse_rewrite *w, const char *x) {
    const char *out = sdse_rewrite_node(w, w->node->op, NULL, x, NULL, NULL);
    if (w->failed)
        return out;
    Onnx__NodeProto *node = w->nodes[w->node_count - 1];
    node->domain = stand_in;
    node->name = copy_text(w, w->node->name);
    return out;
}

const char *sdse_rewrite_stand_in_as(struct sdse_rewrite *w, const char *x, size_t rank,
                                     const int64_t *dims) {
    const char *out = sdse_rewrite_stand_in(w, x);
    sdse_rewrite_set_ints(w, "shape", rank, dims);
    return out;
}

const char *sdse_rewrite_give(struct sdse_rewrite *w, uint32_t i, const char *value) {
    const Onnx__NodeProto *node = w->node->proto;
    char *wanted = i < node->n_output ? node->output[i] : NULL;
    bool written = false;
    if (w->failed || !wanted || !wanted[0])
        return value;
    for (size_t n = 0; n < w->node_count; n++) {
        for (size_t j = 0; j < w->nodes[n]->n_output; j++)
            if (strcmp(w->nodes[n]->output[j], value) == 0) {
                w->nodes[n]->output[j] = wanted;
                written = true;
            }
        for (size_t j = 0; j < w->nodes[n]->n_input; j++)
            if (strcmp(w->nodes[n]->input[j], value) == 0 && written)
                w->nodes[n]->input[j] = wanted;
    }
    if (written)
        return wanted;
    sdse_rewrite_node(w, "Identity", NULL, value, NULL, NULL);
    if (!w->failed)
        w->nodes[w->node_count - 1]->output[0] = wanted;
    return wanted;
}
