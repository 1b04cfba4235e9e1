// Every way for an ONNX model to be malformed.
#include "support/import_context.h"

static void refuses_broken_graphs(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 3, 8, 8));
    onnx_floats(b, "w", ONNX_DIMS(3, 3, 3, 3));
    Onnx__GraphProto graph = b->graph;

    expect_refused(context, "onnx-no-layers");

    onnx_node(b, "Add", "loop1", "x,q", "p");
    onnx_node(b, "Add", "loop2", "p,x", "q");
    onnx_node(b, "Conv", "c", "q,w", "y");
    expect_refused(context, "onnx-cycle");
    assert_int_equal(context->diags.errors, 1);

    b->graph = graph;
    onnx_node(b, "Conv", "self", "y,w", "y");
    expect_refused(context, "onnx-cycle");

    b->graph = graph;
    onnx_node(b, "Conv", "c", "nothing,w", "y");
    expect_refused(context, "onnx-missing-input");
    expect_message(context, "node 'c' reads 'nothing'");

    b->graph = graph;
    onnx_node(b, "Conv", "c", "x,w", "y");
    onnx_node(b, "Relu", "r", "x", "y");
    expect_refused(context, "onnx-duplicate-output");

    b->graph = graph;
    onnx_node(b, "Conv", "c", "x,w", "x");
    expect_refused(context, "onnx-duplicate-output");

    b->graph = graph;
    onnx_node(b, "Conv", "c", "x", "y");
    expect_refused(context, "onnx-shape");

    b->graph = graph;
    onnx_input(b, "huge", ONNX_DIMS(1, 3, (int64_t)1 << 30, (int64_t)1 << 30));
    onnx_node(b, "Conv", "c", "huge,w", "y");
    expect_refused(context, "onnx-shape"); // MACs beyond 64 bits or extents beyond 2^30

    b->graph = graph;
    onnx_input(b, "video", ONNX_DIMS(1, 3, 8, 8, 8, 8));
    onnx_floats(b, "w3", ONNX_DIMS(3, 3, 3, 3, 3, 3));
    onnx_node(b, "Conv", "c", "video,w3", "y");
    expect_refused(context, "onnx-rank");
}

static void refuses_lying_tensors(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 2));
    Onnx__TensorProto *tensor = onnx_floats(b, "w", ONNX_DIMS(2, 2));
    onnx_node(b, "MatMul", "fc", "x,w", "y");
    static const struct {
        int64_t dims[2];
        const char *check;
    } cases[] = {
        {{2, 3}, "onnx-tensor-length"},
        {{2, 1}, "onnx-tensor-length"},
        {{2, 0}, "onnx-tensor-length"},
        {{-2, -2}, "onnx-tensor-shape"},
        {{(int64_t)1 << 60, 1}, "onnx-tensor-shape"},
        {{(int64_t)1 << 30, (int64_t)1 << 30}, "onnx-tensor-length"}, // 2^60
        {{(int64_t)1 << 48, (int64_t)1 << 48}, "onnx-tensor-shape"},
        {{0, INT64_MAX}, "onnx-tensor-shape"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memcpy(tensor->dims, cases[i].dims, sizeof cases[i].dims);
        expect_refused(context, cases[i].check);
    }
    tensor->dims[0] = tensor->dims[1] = 2;
    tensor->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE; // no double_data
    expect_refused(context, "onnx-tensor-length");
    tensor->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->has_raw_data = 1; // wins over float_data
    tensor->raw_data.data = (uint8_t *)onnx_text(b, "0123456789abcdefg");
    for (size_t length = 0; length <= 17; length++) {
        tensor->raw_data.len = length;
        if (length != 16)
            expect_refused(context, "onnx-tensor-length");
    }
    // A type without values here: refused when the weights are wanted.
    tensor->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__STRING;
    sdse_diags_init(&context->diags, context->arena);
    assert_int_equal(import(context), SDSE_OK);
    struct sdse_array array;
    assert_int_equal(
        sdse_imported_weights(context->imported, 0, &array, &context->diags),
        SDSE_INVALID);
    assert_true(sdse_diags_fired(&context->diags, "onnx-tensor-type"));
}

// What a constant of any shape is made of is checked before it is read.
static void refuses_values_that_are_too_short(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 3));
    onnx_ints(b, "shape", 2, (int64_t[]){3, 2});
    Onnx__NodeProto *node = onnx_node(b, "ConstantOfShape", "fill", "shape", "w");
    Onnx__TensorProto *value =
        onnx_tensor(b, "v", ONNX__TENSOR_PROTO__DATA_TYPE__INT64, ONNX_DIMS(1));
    static uint8_t byte[1] = {1};
    value->has_raw_data = 1;
    value->raw_data.len = 1;
    value->raw_data.data = byte;
    onnx_attribute(b, node, "value")->t = value;
    onnx_node(b, "MatMul", "fc", "x,w", "y");
    expect_refused(context, "onnx-tensor-length");
}

static void refuses_truncation_everywhere(void **state) {
    struct context *context = *state;
    build_small_network(&context->b);
    size_t length;
    const unsigned char *bytes = onnx_pack(&context->b, &length);
    for (size_t cut = 0; cut < length; cut += 1 + cut / 64) {
        sdse_diags_init(&context->diags, context->arena);
        enum sdse_status status = import_bytes(context, bytes, cut, NULL);
        // Cut between two fields of the model, what is left may be a model.
        assert_true(status == SDSE_INVALID || (status == SDSE_OK && length - cut < 16));
        assert_int_equal(status == SDSE_INVALID, context->diags.errors > 0);
    }
}

// A message that holds a message that holds …: fields `numbers` in turn.
static size_t nest(unsigned char *bytes, size_t room, const unsigned char *numbers,
                   size_t period, unsigned depth) {
    size_t at = room;
    for (unsigned i = depth; i-- > 0;) {
        uint64_t length = room - at;
        unsigned char varint[10];
        size_t n = 0;
        do
            varint[n++] = (unsigned char)((length & 0x7f) | (length > 0x7f ? 0x80 : 0));
        while (length >>= 7);
        if (at < n + 1)
            return 0;
        at -= n;
        memcpy(bytes + at, varint, n);
        bytes[--at] = (unsigned char)(numbers[i % period] << 3 | 2);
    }
    memmove(bytes, bytes + at, room - at);
    return room - at;
}

static void refuses_bombs(void **state) {
    struct context *context = *state;
    enum { ROOM = 4 << 20 };
    unsigned char *bytes = calloc(ROOM, 1);
    // ModelProto.graph = 7, then GraphProto.node = 1, NodeProto.attribute = 5,
    // AttributeProto.g = 6 for ever.
    static const unsigned char numbers[] = {1, 5, 6};
    size_t inner = nest(bytes + 8, ROOM - 8, numbers, 3, 300000);
    assert_true(inner > 300000);
    bytes[0] = 7 << 3 | 2;
    for (unsigned i = 0; i < 5; i++)
        bytes[1 + i] = (unsigned char)((inner >> 7 * i & 0x7f) | (i < 4 ? 0x80 : 0));
    memmove(bytes + 6, bytes + 8, inner);
    assert_int_equal(import_bytes(context, bytes, inner + 6, NULL), SDSE_INVALID);
    assert_true(sdse_diags_fired(&context->diags, "onnx-nesting"));
    // Two bytes each: an empty opset_import (field 8) over and over.
    for (size_t i = 0; i + 1 < ROOM; i += 2) {
        bytes[i] = 8 << 3 | 2;
        bytes[i + 1] = 0;
    }
    sdse_diags_init(&context->diags, context->arena);
    assert_int_equal(import_bytes(context, bytes, ROOM, NULL), SDSE_INVALID);
    assert_true(sdse_diags_fired(&context->diags, "onnx-messages"));
    free(bytes);
}

static void survives_mutations(void **state) {
    struct context *context = *state;
    build_small_network(&context->b);
    size_t length;
    const unsigned char *packed = onnx_pack(&context->b, &length);
    unsigned char *good = malloc(length), *bytes = malloc(length);
    memcpy(good, packed, length);
    uint64_t random = 88172645463325252u;
    unsigned refused = 0, rounds = 6000;
    for (unsigned i = 0; i < rounds; i++) {
        memcpy(bytes, good, length);
        for (unsigned flips = 1 + i % 4; flips > 0; flips--) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            // Half of the changes hit the structure, at the ends, not the weights.
            size_t at = (size_t)(random >> 8) % length;
            if (random & 1)
                at = (random & 2) ? at % 700 : length - 1 - at % 500;
            unsigned changed = random & 4 ? (unsigned)(random >> 56)
                                          : bytes[at] ^ 1u << (random >> 61);
            bytes[at] = (unsigned char)(changed & 0xff);
        }
        sdse_arena_reset(context->arena);
        sdse_diags_init(&context->diags, context->arena);
        enum sdse_status status = import_bytes(context, bytes, length, NULL);
        assert_true(status == SDSE_OK || status == SDSE_INVALID);
        assert_int_equal(status == SDSE_INVALID, context->diags.errors > 0);
        refused += status == SDSE_INVALID;
        for (size_t layer = 0;
             status == SDSE_OK &&
             layer < sdse_imported_workload(context->imported)->layer_count;
             layer++) {
            struct sdse_array array = {0};
            sdse_imported_weights(context->imported, layer, &array, &context->diags);
            sdse_array_free(&array);
        }
    }
    assert_in_range(refused, rounds / 10, rounds * 9 / 10);
    free(good);
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(refuses_broken_graphs),
        TEST(refuses_lying_tensors),
        TEST(refuses_values_that_are_too_short),
        TEST(refuses_truncation_everywhere),
        TEST(refuses_bombs),
        TEST(survives_mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
