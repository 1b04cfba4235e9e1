// What tests of the ONNX import share: a model being built, what is imported from it,
// and what is expected of it.
#ifndef SDSE_TESTS_SUPPORT_IMPORT_CONTEXT_H
#define SDSE_TESTS_SUPPORT_IMPORT_CONTEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "import/onnx/onnx.h"
#include "import/write.h"
#include "smartdeal/manifest.h"
#include "smartdeal/npy.h"
#include "spec/load.h"
#include "support/onnx_builder.h"

struct context {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct onnx_builder b;
    struct sdse_imported *imported;
};

static inline int setup(void **state) {
    struct context *context = calloc(1, sizeof *context);
    context->arena = sdse_arena_new();
    sdse_diags_init(&context->diags, context->arena);
    onnx_begin(&context->b, context->arena);
    *state = context;
    return 0;
}

static inline int teardown(void **state) {
    struct context *context = *state;
    sdse_imported_free(context->imported);
    sdse_arena_free(context->arena);
    free(context);
    return 0;
}

// Imports from an exact heap copy, so that the sanitizer sees a read past the end.
static inline enum sdse_status import_bytes(struct context *context, const void *bytes,
                                            size_t length,
                                            const struct sdse_import_options *options) {
    unsigned char *copy = malloc(length ? length : 1);
    memcpy(copy, bytes, length);
    sdse_imported_free(context->imported);
    context->imported = NULL;
    enum sdse_status status = sdse_import_onnx_bytes(
        copy, length, "m/net.onnx", options, &context->imported, &context->diags);
    free(copy);
    return status;
}

static inline enum sdse_status import(struct context *context) {
    size_t length;
    const unsigned char *bytes = onnx_pack(&context->b, &length);
    return import_bytes(context, bytes, length, NULL);
}

static inline const struct sdse_layer *expect_layers(struct context *context,
                                                     size_t count) {
    enum sdse_status status = import(context);
    if (status != SDSE_OK)
        sdse_diags_print(&context->diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    const struct sdse_workload *workload = sdse_imported_workload(context->imported);
    assert_int_equal(workload->layer_count, count);
    return workload->layers;
}

// Refused, with this check as the only one.
static inline void expect_refused(struct context *context, const char *check) {
    sdse_diags_init(&context->diags, context->arena);
    assert_int_equal(import(context), SDSE_INVALID);
    for (struct sdse_diag *diag = context->diags.first; diag; diag = diag->next)
        assert_string_equal(diag->check, check);
    assert_true(sdse_diags_fired(&context->diags, check));
    assert_string_equal(context->diags.first->loc.file, "m/net.onnx");
}

static inline void expect_message(struct context *context, const char *part) {
    for (struct sdse_diag *diag = context->diags.first; diag; diag = diag->next)
        if (strstr(diag->message, part))
            return;
    sdse_diags_print(&context->diags, stderr, false);
    fail_msg("no diagnostic says '%s'", part);
}

static inline void expect_nest(const struct sdse_layer *layer,
                               enum sdse_layer_kind kind, const char *bounds) {
    char text[128];
    size_t used = 0;
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%c%llu",
                                 d ? " " : "", sdse_dim_letters[d],
                                 (unsigned long long)layer->nest.bound[d]);
    assert_string_equal(text, bounds);
    assert_int_equal(layer->kind, kind);
}

static inline void expect_weights(struct context *context, size_t layer, unsigned rank,
                                  const uint64_t *shape, float first, float second) {
    struct sdse_array array;
    assert_int_equal(
        sdse_imported_weights(context->imported, layer, &array, &context->diags),
        SDSE_OK);
    assert_int_equal(array.rank, rank);
    assert_memory_equal(array.shape, shape, rank * sizeof *shape);
    assert_true(array.data[0] == first && array.data[1] == second);
    sdse_array_free(&array);
}

#define SHAPE(...) ((uint64_t[]){__VA_ARGS__})

// Convolution, depth-wise, pooling, classifier: what image networks are made of.
static inline void build_small_network(struct onnx_builder *b) {
    onnx_input(b, "x", ONNX_DIMS(1, 3, 32, 32));
    onnx_floats(b, "conv1.weight", ONNX_DIMS(16, 3, 3, 3));
    onnx_floats(b, "conv1.bias", ONNX_DIMS(16));
    onnx_floats(b, "dw.weight", ONNX_DIMS(16, 1, 5, 5));
    onnx_floats(b, "fc.weight", ONNX_DIMS(10, 16));
    onnx_floats(b, "fc.bias", ONNX_DIMS(10));
    Onnx__NodeProto *conv =
        onnx_node(b, "Conv", "/features/conv1", "x,conv1.weight,conv1.bias", "a");
    onnx_set_ints(b, conv, "strides", ONNX_DIMS(2, 2));
    onnx_set_ints(b, conv, "pads", ONNX_DIMS(1, 1, 1, 1));
    onnx_node(b, "Relu", "", "a", "b");
    Onnx__NodeProto *dw = onnx_node(b, "Conv", "dw conv", "b,dw.weight", "c");
    onnx_set_int(b, dw, "group", 16);
    onnx_node(b, "HardSwish", "", "c", "d");
    onnx_node(b, "GlobalAveragePool", "", "d", "e");
    onnx_node(b, "Flatten", "", "e", "f");
    Onnx__NodeProto *gemm = onnx_node(b, "Gemm", "fc", "f,fc.weight,fc.bias", "y");
    onnx_set_int(b, gemm, "transB", 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
