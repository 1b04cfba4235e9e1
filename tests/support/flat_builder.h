// FlatBuffers for tests, from the front to the back: a table before what it points to.
#ifndef SDSE_TESTS_FLAT_BUILDER_H
#define SDSE_TESTS_FLAT_BUILDER_H

#include "support/tensor_files.h"

static inline void flat_set(struct file_bytes *b, size_t at, uint64_t number,
                            unsigned size) {
    for (unsigned i = 0; i < size; i++)
        b->at[at + i] = (unsigned char)(number >> 8 * i);
}

static inline void flat_align(struct file_bytes *b) {
    while (b->length % 8)
        put(b, "\0", 1);
}

// A table of `fields` fields, 8 bytes kept for each; absent until they are set.
static inline size_t flat_table(struct file_bytes *b, unsigned fields) {
    flat_align(b);
    const size_t vtable = b->length;
    put_number(b, 4 + 2 * fields, 2);
    put_number(b, 8 + 8 * fields, 2);
    for (unsigned i = 0; i < fields; i++)
        put_number(b, 0, 2);
    flat_align(b);
    const size_t table = b->length;
    put_number(b, table - vtable, 4);
    for (unsigned i = 0; i < 4 + 8 * fields; i++)
        put(b, "\0", 1);
    return table;
}

// The field's place; it is there from now on.
static inline size_t flat_field(struct file_bytes *b, size_t table, unsigned field) {
    const size_t back = b->at[table] | (size_t)b->at[table + 1] << 8;
    const size_t offset = 8 + 8 * field;
    flat_set(b, table - back + 4 + 2 * field, offset, 2);
    return table + offset;
}

static inline void flat_number(struct file_bytes *b, size_t table, unsigned field,
                               uint64_t number, unsigned size) {
    flat_set(b, flat_field(b, table, field), number, size);
}

// A place points to what is written next.
static inline void flat_point(struct file_bytes *b, size_t at) {
    flat_align(b);
    flat_set(b, at, b->length - at, 4);
}

// A child table in a field.
static inline size_t flat_child(struct file_bytes *b, size_t table, unsigned field,
                                unsigned fields) {
    const size_t at = flat_field(b, table, field), child = flat_table(b, fields);
    flat_set(b, at, child - at, 4);
    return child;
}

// A vector of `count` elements of `size` bytes, zeroes; the place of the first.
static inline size_t flat_vector(struct file_bytes *b, size_t table, unsigned field,
                                 size_t count, unsigned size) {
    const size_t at = flat_field(b, table, field);
    flat_align(b);
    put_number(b, 0, 4); // so that elements of 8 bytes are aligned
    flat_set(b, at, b->length - at, 4);
    put_number(b, count, 4);
    const size_t first = b->length;
    for (size_t i = 0; i < count * size; i++)
        put(b, "\0", 1);
    return first;
}

static inline void flat_ints(struct file_bytes *b, size_t table, unsigned field,
                             size_t count, const int *values) {
    const size_t first = flat_vector(b, table, field, count, 4);
    for (size_t i = 0; i < count; i++)
        flat_set(b, first + 4 * i, (uint64_t)(int64_t)values[i], 4);
}

static inline void flat_text(struct file_bytes *b, size_t table, unsigned field,
                             const char *text) {
    const size_t first = flat_vector(b, table, field, strlen(text), 1);
    memcpy(b->at + first, text, strlen(text));
    put(b, "\0", 1);
}

// --- TensorFlow Lite ---

enum { FLAT_MOST = 64 };

// A model under way: its vectors of tables have FLAT_MOST elements kept.
struct lite {
    struct file_bytes b;
    size_t codes, tensors, operators, buffers; // places of the vectors' first elements
    size_t graph;
    size_t code_count, tensor_count, operator_count, buffer_count;
};

static inline size_t lite_add(struct lite *m, size_t first, size_t *count,
                              unsigned fields) {
    assert_true(*count < FLAT_MOST);
    const size_t at = first + 4 * *count, table = flat_table(&m->b, fields);
    flat_set(&m->b, at, table - at, 4);
    ++*count;
    flat_set(&m->b, first - 4, *count, 4); // so many are there
    return table;
}

static inline void lite_begin(struct lite *m) {
    *m = (struct lite){0};
    put_number(&m->b, 0, 4);
    put(&m->b, "TFL3", 4);
    const size_t root = flat_table(&m->b, 8);
    flat_set(&m->b, 0, root, 4);
    m->codes = flat_vector(&m->b, root, 1, FLAT_MOST, 4);
    const size_t graphs = flat_vector(&m->b, root, 2, 1, 4);
    m->buffers = flat_vector(&m->b, root, 4, FLAT_MOST, 4);
    const size_t graph = m->graph = flat_table(&m->b, 5);
    flat_set(&m->b, graphs, graph - graphs, 4);
    m->tensors = flat_vector(&m->b, graph, 0, FLAT_MOST, 4);
    flat_ints(&m->b, graph, 1, 1, (const int[]){0});
    m->operators = flat_vector(&m->b, graph, 3, FLAT_MOST, 4);
    const size_t firsts[] = {m->codes, m->buffers, m->tensors, m->operators};
    for (size_t i = 0; i < 4; i++)
        flat_set(&m->b, firsts[i] - 4, 0, 4);
    lite_add(m, m->buffers, &m->buffer_count, 3); // the first is empty
}

// A tensor without numbers; its table.
static inline size_t lite_tensor(struct lite *m, const char *name, int type,
                                 unsigned rank, const int *shape) {
    const size_t table = lite_add(m, m->tensors, &m->tensor_count, 6);
    flat_ints(&m->b, table, 0, rank, shape);
    flat_number(&m->b, table, 1, (uint64_t)type, 1);
    flat_text(&m->b, table, 3, name);
    return table;
}

// The model puts out one tensor.
static inline void lite_output(struct lite *m, int tensor) {
    flat_ints(&m->b, m->graph, 2, 1, &tensor);
}

// Numbers of a tensor: zeroes to be set; the place of the first byte.
static inline size_t lite_data(struct lite *m, size_t tensor, size_t bytes) {
    flat_number(&m->b, tensor, 2, m->buffer_count, 4);
    const size_t buffer = lite_add(m, m->buffers, &m->buffer_count, 3);
    return flat_vector(&m->b, buffer, 0, bytes, 1);
}

static inline void lite_scales(struct lite *m, size_t tensor, size_t count,
                               const float *scales, const int *zeros, int axis) {
    const size_t quant = flat_child(&m->b, tensor, 4, 7);
    const size_t first = flat_vector(&m->b, quant, 2, count, 4);
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &scales[i], sizeof bits);
        flat_set(&m->b, first + 4 * i, bits, 4);
    }
    const size_t zero = flat_vector(&m->b, quant, 3, count, 8);
    for (size_t i = 0; i < count; i++)
        flat_set(&m->b, zero + 8 * i, (uint64_t)(int64_t)zeros[i], 8);
    flat_number(&m->b, quant, 6, (uint64_t)axis, 4);
}

// An operator; the table of its options, of 8 fields.
static inline size_t lite_operator(struct lite *m, unsigned code, size_t inputs,
                                   const int *input, int output) {
    const size_t kind = lite_add(m, m->codes, &m->code_count, 4);
    flat_number(&m->b, kind, 0, code < 127 ? code : 127, 1);
    flat_number(&m->b, kind, 3, code, 4);
    const size_t table = lite_add(m, m->operators, &m->operator_count, 6);
    flat_number(&m->b, table, 0, m->code_count - 1, 4);
    flat_ints(&m->b, table, 1, inputs, input);
    flat_ints(&m->b, table, 2, 1, &output);
    return flat_child(&m->b, table, 4, 8);
}

#endif
