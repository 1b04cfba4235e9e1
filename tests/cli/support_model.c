#include "support_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "smartdeal/npy.h"
#include "support/onnx_builder.h"
#include "support_program.h"

void write_bytes(const char *name, const void *bytes, size_t length) {
    FILE *file = fopen(scratch(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

void write_model(const char *name, const char *op, int64_t batch) {
    struct sdse_arena *arena = sdse_arena_new();
    struct onnx_builder b;
    size_t length;
    onnx_begin(&b, arena);
    onnx_input(&b, "x", ONNX_DIMS(batch, 3, 6, 6));
    Onnx__TensorProto *w = onnx_floats(&b, "w", ONNX_DIMS(4, 3, 3, 3));
    Onnx__TensorProto *v = onnx_floats(&b, "v", ONNX_DIMS(5, 64));
    for (size_t i = 0; i < w->n_float_data; i++)
        w->float_data[i] = (float)(i * 37 % 101) / 71 - 0.7f;
    for (size_t i = 0; i < v->n_float_data; i++)
        v->float_data[i] = (float)(i * 53 % 103) / 73 - 0.7f;
    onnx_node(&b, "Conv", "first", "x,w", "a");
    onnx_node(&b, "Relu", "relu", "a", "r");
    onnx_node(&b, op, "middle", "r", "s");
    onnx_node(&b, "Flatten", "flat", "s", "f");
    onnx_set_int(&b, onnx_node(&b, "Gemm", "last", "f,v", "y"), "transB", 1);
    Onnx__ValueInfoProto *info = SDSE_ARENA_NEW(arena, Onnx__ValueInfoProto), *list[1];
    onnx__value_info_proto__init(info);
    info->name = onnx_text(&b, "y");
    list[0] = info;
    b.graph.n_output = 1;
    b.graph.output = list;
    const unsigned char *bytes = onnx_pack(&b, &length);
    write_bytes(name, bytes, length);
    sdse_arena_free(arena);
}

void write_model_left_out(const char *name) {
    struct sdse_arena *arena = sdse_arena_new();
    struct onnx_builder b;
    size_t length;
    onnx_begin(&b, arena);
    onnx_input(&b, "x", ONNX_DIMS(1, 4));
    onnx_floats(&b, "w", ONNX_DIMS(4, 3));
    onnx_ints(&b, "axis", 1, (int64_t[]){0});
    onnx_node(&b, "CumSum", "", "w,axis", "c");
    onnx_node(&b, "MatMul", "summed", "x,c", "y");
    onnx_node(&b, "MatMul", "plain", "x,w", "v");
    const unsigned char *bytes = onnx_pack(&b, &length);
    write_bytes(name, bytes, length);
    sdse_arena_free(arena);
}

void write_inputs(const char *name, uint64_t runs, unsigned seed) {
    const uint64_t shape[4] = {runs, 3, 6, 6}, count = runs * 108;
    float *data = malloc(count * sizeof *data);
    for (uint64_t i = 0; i < count; i++)
        data[i] = (float)((i * 7 + seed * 13) % 19) / 4 - 2;
    struct sdse_diags diags;
    struct sdse_arena *arena = sdse_arena_new();
    sdse_diags_init(&diags, arena);
    assert_int_equal(sdse_npy_write(NULL, scratch(name), 4, shape, data, &diags), 0);
    sdse_arena_free(arena);
    free(data);
}
