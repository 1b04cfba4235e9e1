// Builds small ONNX models in memory, for tests: a graph of nodes and constants, packed
// into the bytes of a file.
#ifndef SDSE_TESTS_SUPPORT_ONNX_BUILDER_H
#define SDSE_TESTS_SUPPORT_ONNX_BUILDER_H

#include <assert.h>
#include <string.h>

#include <onnx/onnx.pb-c.h>

#include "base/arena.h"

enum { ONNX_BUILDER_MOST = 64 };

struct onnx_builder {
    struct sdse_arena *arena;
    Onnx__ModelProto model;
    Onnx__GraphProto graph;
    Onnx__OperatorSetIdProto opset, *opsets[1];
    Onnx__NodeProto *nodes[ONNX_BUILDER_MOST];
    Onnx__TensorProto *tensors[ONNX_BUILDER_MOST];
    Onnx__ValueInfoProto *inputs[ONNX_BUILDER_MOST];
};

static inline char *onnx_text(struct onnx_builder *b, const char *text) {
    return sdse_arena_strdup(b->arena, text);
}

static inline void onnx_begin(struct onnx_builder *b, struct sdse_arena *arena) {
    memset(b, 0, sizeof *b);
    b->arena = arena;
    onnx__model_proto__init(&b->model);
    onnx__graph_proto__init(&b->graph);
    onnx__operator_set_id_proto__init(&b->opset);
    b->model.graph = &b->graph;
    b->model.has_ir_version = 1;
    b->model.ir_version = 8;
    b->model.producer_name = onnx_text(b, "test");
    b->opset.has_version = 1;
    b->opset.version = 13;
    b->opsets[0] = &b->opset;
    b->model.n_opset_import = 1;
    b->model.opset_import = b->opsets;
    b->graph.name = onnx_text(b, "graph");
    b->graph.node = b->nodes;
    b->graph.initializer = b->tensors;
    b->graph.input = b->inputs;
}

// A float input; extents below 1 are left open, with a name.
static inline void onnx_input(struct onnx_builder *b, const char *name, unsigned rank,
                              const int64_t *dims) {
    Onnx__ValueInfoProto *info = SDSE_ARENA_NEW(b->arena, Onnx__ValueInfoProto);
    Onnx__TypeProto *type = SDSE_ARENA_NEW(b->arena, Onnx__TypeProto);
    Onnx__TypeProto__Tensor *tensor = SDSE_ARENA_NEW(b->arena, Onnx__TypeProto__Tensor);
    Onnx__TensorShapeProto *shape = SDSE_ARENA_NEW(b->arena, Onnx__TensorShapeProto);
    onnx__value_info_proto__init(info);
    onnx__type_proto__init(type);
    onnx__type_proto__tensor__init(tensor);
    onnx__tensor_shape_proto__init(shape);
    info->name = onnx_text(b, name);
    info->type = type;
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    tensor->has_elem_type = 1;
    tensor->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->shape = shape;
    shape->n_dim = rank;
    shape->dim =
        SDSE_ARENA_ARRAY(b->arena, Onnx__TensorShapeProto__Dimension *, rank + 1);
    for (unsigned i = 0; i < rank; i++) {
        shape->dim[i] = SDSE_ARENA_NEW(b->arena, Onnx__TensorShapeProto__Dimension);
        onnx__tensor_shape_proto__dimension__init(shape->dim[i]);
        if (dims[i] > 0) {
            shape->dim[i]->value_case =
                ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
            shape->dim[i]->dim_value = dims[i];
        } else {
            shape->dim[i]->value_case =
                ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
            shape->dim[i]->dim_param = onnx_text(b, "N");
        }
    }
    b->inputs[b->graph.n_input++] = info;
    assert(b->graph.n_input < ONNX_BUILDER_MOST);
}

// A tensor without data.
static inline Onnx__TensorProto *onnx_tensor(struct onnx_builder *b, const char *name,
                                             int32_t type, unsigned rank,
                                             const int64_t *dims) {
    Onnx__TensorProto *tensor = SDSE_ARENA_NEW(b->arena, Onnx__TensorProto);
    onnx__tensor_proto__init(tensor);
    tensor->name = onnx_text(b, name);
    tensor->has_data_type = 1;
    tensor->data_type = type;
    tensor->n_dims = rank;
    tensor->dims = SDSE_ARENA_ARRAY(b->arena, int64_t, rank + 1);
    if (rank > 0)
        memcpy(tensor->dims, dims, rank * sizeof *dims);
    return tensor;
}

static inline void onnx_initializer(struct onnx_builder *b, Onnx__TensorProto *tensor) {
    b->tensors[b->graph.n_initializer++] = tensor;
    assert(b->graph.n_initializer < ONNX_BUILDER_MOST);
}

// What element i of the tensors of onnx_floats is: distinct for small tensors.
static inline float onnx_pattern(size_t i) { return (float)(i % 1009) * 0.5f - 100; }

// A float initializer with float_data, filled with the pattern.
static inline Onnx__TensorProto *onnx_floats(struct onnx_builder *b, const char *name,
                                             unsigned rank, const int64_t *dims) {
    Onnx__TensorProto *tensor =
        onnx_tensor(b, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, rank, dims);
    size_t count = 1;
    for (unsigned i = 0; i < rank; i++)
        count *= (size_t)dims[i];
    tensor->n_float_data = count;
    tensor->float_data = SDSE_ARENA_ARRAY(b->arena, float, count + 1);
    for (size_t i = 0; i < count; i++)
        tensor->float_data[i] = onnx_pattern(i);
    onnx_initializer(b, tensor);
    return tensor;
}

// A one-dimensional int64 initializer.
static inline void onnx_ints(struct onnx_builder *b, const char *name, size_t count,
                             const int64_t *values) {
    int64_t dims[1] = {(int64_t)count};
    Onnx__TensorProto *tensor =
        onnx_tensor(b, name, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, 1, dims);
    tensor->n_int64_data = count;
    tensor->int64_data = SDSE_ARENA_ARRAY(b->arena, int64_t, count + 1);
    memcpy(tensor->int64_data, values, count * sizeof *values);
    onnx_initializer(b, tensor);
}

// "a,b,,c" as a list of names; an empty text is an empty list.
static inline size_t onnx_names(struct onnx_builder *b, const char *text, char ***out) {
    size_t count = 0;
    *out = SDSE_ARENA_ARRAY(b->arena, char *, strlen(text) + 2);
    while (text && *text) {
        const char *comma = strchr(text, ',');
        size_t length = comma ? (size_t)(comma - text) : strlen(text);
        (*out)[count++] = sdse_arena_copy(b->arena, text, length);
        text = comma ? comma + 1 : NULL;
    }
    return count;
}

static inline Onnx__NodeProto *onnx_node(struct onnx_builder *b, const char *op,
                                         const char *name, const char *inputs,
                                         const char *outputs) {
    Onnx__NodeProto *node = SDSE_ARENA_NEW(b->arena, Onnx__NodeProto);
    onnx__node_proto__init(node);
    node->op_type = onnx_text(b, op);
    node->name = onnx_text(b, name);
    node->n_input = onnx_names(b, inputs, &node->input);
    node->n_output = onnx_names(b, outputs, &node->output);
    node->attribute = SDSE_ARENA_ARRAY(b->arena, Onnx__AttributeProto *, 8);
    b->nodes[b->graph.n_node++] = node;
    assert(b->graph.n_node < ONNX_BUILDER_MOST);
    return node;
}

static inline Onnx__AttributeProto *
onnx_attribute(struct onnx_builder *b, Onnx__NodeProto *node, const char *name) {
    Onnx__AttributeProto *attribute = SDSE_ARENA_NEW(b->arena, Onnx__AttributeProto);
    onnx__attribute_proto__init(attribute);
    attribute->name = onnx_text(b, name);
    node->attribute[node->n_attribute++] = attribute;
    assert(node->n_attribute <= 8);
    return attribute;
}

static inline void onnx_set_int(struct onnx_builder *b, Onnx__NodeProto *node,
                                const char *name, int64_t value) {
    Onnx__AttributeProto *attribute = onnx_attribute(b, node, name);
    attribute->has_i = 1;
    attribute->i = value;
}

static inline void onnx_set_ints(struct onnx_builder *b, Onnx__NodeProto *node,
                                 const char *name, size_t count,
                                 const int64_t *values) {
    Onnx__AttributeProto *attribute = onnx_attribute(b, node, name);
    attribute->n_ints = count;
    attribute->ints = SDSE_ARENA_ARRAY(b->arena, int64_t, count + 1);
    memcpy(attribute->ints, values, count * sizeof *values);
}

static inline void onnx_set_floats(struct onnx_builder *b, Onnx__NodeProto *node,
                                   const char *name, size_t count,
                                   const float *values) {
    Onnx__AttributeProto *attribute = onnx_attribute(b, node, name);
    attribute->n_floats = count;
    attribute->floats = SDSE_ARENA_ARRAY(b->arena, float, count + 1);
    memcpy(attribute->floats, values, count * sizeof *values);
}

static inline void onnx_set_text(struct onnx_builder *b, Onnx__NodeProto *node,
                                 const char *name, const char *value) {
    Onnx__AttributeProto *attribute = onnx_attribute(b, node, name);
    attribute->has_s = 1;
    attribute->s.len = strlen(value);
    attribute->s.data = (uint8_t *)onnx_text(b, value);
}

#define ONNX_DIMS(...) \
    (sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), ((int64_t[]){__VA_ARGS__})

// The file's bytes, in the arena.
static inline const unsigned char *onnx_pack(const struct onnx_builder *b,
                                             size_t *length) {
    *length = onnx__model_proto__get_packed_size(&b->model);
    unsigned char *bytes = sdse_arena_alloc(b->arena, *length + 1, 1);
    onnx__model_proto__pack(&b->model, bytes);
    return bytes;
}

#endif
