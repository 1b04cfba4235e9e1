// Weights that are stored narrower than an accelerator's words: read and written,
// imported from their types, and moved as wide as they are.
#include <math.h>

#include "costmodel/evaluate.h"
#include "costmodel/resolve.h"
#include "dse/map.h"
#include "dse/sweep/forms.h"
#include "spec/write.h"
#include "support/import_context.h"
#include "support_sweep.h"

// ---- files --------------------------------------------------------------------

static const char net[] =
    "name: widths\nsource: made up\nlayers:\n"
    "  - {name: a, kind: conv, in: [8, 6, 6], out_channels: 8, kernel: 3, bits: "
    "{weights: 4}}\n"
    "  - {name: b, kind: dwconv, in: [8, 6, 6], kernel: 3, bits: {weights: 8}}\n"
    "  - {name: c, kind: deconv, in: [4, 4, 4], out_channels: 4, kernel: 3, stride: 2, "
    "bits: {weights: 2}}\n"
    "  - {name: d, kind: fc, in: 64, out_channels: 32}\n"
    "  - {name: e, kind: matmul, m: 4, k: 8, n: 4, bits: {weights: 12}}\n";

static struct sdse_workload *read_text(struct context *context, const char *text) {
    struct sdse_node *root = NULL;
    struct sdse_workload *read = NULL;
    assert_int_equal(sdse_tree_parse_memory(context->arena, "net.yaml", text,
                                            strlen(text), &context->diags, &root),
                     SDSE_OK);
    assert_int_equal(
        sdse_workload_from_tree(context->arena, root, &context->diags, &read), SDSE_OK);
    return read;
}

static void widths_are_read_and_written(void **state) {
    struct context *context = *state;
    const struct sdse_workload *first = read_text(context, net);
    const struct sdse_workload *again =
        read_text(context, sdse_workload_text(context->arena, first));
    assert_int_equal(first->layer_count, 8); // four phases of c
    static const uint32_t wanted[8] = {4, 8, 2, 2, 2, 2, 0, 12};
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(first->layers[i].weight_bits, wanted[i]);
        assert_int_equal(again->layers[i].weight_bits, wanted[i]);
    }
    // Layers that differ in it alone are two problems.
    struct sdse_layer other = first->layers[0];
    other.weight_bits = 8;
    assert_string_not_equal(sdse_layer_shape_text(context->arena, &first->layers[0]),
                            sdse_layer_shape_text(context->arena, &other));
}

// ---- costs --------------------------------------------------------------------

static const struct sdse_layer plain = {
    .name = "conv",
    .kind = SDSE_CONV,
    .nest = {.bound = {1, 16, 12, 6, 6, 3, 3, 1}, .stride = {1, 1}, .dilation = {1, 1}},
    .repeat = 1,
    .in_height = 8,
    .in_width = 8,
    .density = {1, 1, 1}};

static double energy(const struct sdse_arch *arch, uint32_t bits,
                     const struct sdse_weight_form *form,
                     const struct sdse_mapping *mapping, struct sdse_arena *arena) {
    struct sdse_layer layer = plain;
    struct sdse_model *model;
    layer.weight_bits = bits;
    assert_int_equal(sdse_model_new(arch, &layer, form, arena, &model), SDSE_OK);
    return sdse_evaluate(model, mapping).energy_pj;
}

// The same mapping: each bit of a word costs as much as another; no word is wider than
// the accelerator's; a form has words of its own.
static void words_cost_their_width(void **state) {
    struct context *context = *state;
    struct sdse_arena *arena = context->arena;
    struct sdse_arch *arch = NULL;
    assert_int_equal(sdse_arch_load(arena, SDSE_SOURCE_DIR "/archs/smartexchange.yaml",
                                    &context->diags, &arch),
                     SDSE_OK);
    assert_int_equal(sdse_arch_resolve_costs(arch, arena, &context->diags), SDSE_OK);
    struct sdse_map_request request = {
        .arch = arch, .layer = &plain, .node_limit = 2000};
    struct sdse_map_answer answer;
    assert_int_equal(sdse_map(&request, arena, &answer), SDSE_OK);
    const struct sdse_mapping *mapping = &answer.point[0].mapping;
    const uint32_t own = arch->bits[SDSE_WEIGHTS];
    assert_int_equal(own, 8);
    const double whole = energy(arch, 0, NULL, mapping, arena),
                 half = energy(arch, 4, NULL, mapping, arena),
                 quarter = energy(arch, 2, NULL, mapping, arena);
    assert_true(whole == energy(arch, own, NULL, mapping, arena));
    assert_true(whole == energy(arch, 32, NULL, mapping, arena));
    assert_true(half < whole && quarter < half);
    assert_true(fabs(whole - half - 2 * (half - quarter)) <= 1e-9 * whole);
    const struct sdse_form_setting setting = {.smartdeal = true,
                                              .density = 0.5,
                                              .row_density = 0.5,
                                              .coefficient_bits = 4,
                                              .basis_bits = 8};
    struct sdse_weight_form form;
    sdse_layer_form_declare(&plain, &setting, &form);
    request.form = &form;
    assert_int_equal(sdse_map(&request, arena, &answer), SDSE_OK);
    mapping = &answer.point[0].mapping;
    assert_true(energy(arch, 0, &form, mapping, arena) ==
                energy(arch, 4, &form, mapping, arena));
}

// What a sweep stores: of raw words their width, of a form the form's.
static void sweeps_store_their_width(void **state) {
    (void)state;
    sweep_write("w.yaml",
                "name: w\nsource: s\nlayers:\n"
                "  - {name: a, kind: fc, in: 24, out_channels: 8, bits: {weights: 4}}\n"
                "  - {name: b, kind: fc, in: 24, out_channels: 8}\n");
    sweep_write("s.yaml",
                "name: s\nworkloads: [w.yaml]\narchs: [arch.yaml]\n"
                "weight_forms:\n  - raw\n"
                "  - {name: sd, density: 0.5, row_density: 0.5}\nobjective: energy\n");
    sweep_run("s.yaml", "s.db");
    static const char *const forms[] = {"raw", "sd"};
    for (int i = 0; i < 2; i++) {
        double bits[2];
        for (int l = 0; l < 2; l++) {
            char sql[256];
            snprintf(sql, sizeof sql,
                     "SELECT l.weight_bits FROM v_layer l JOIN v_point p USING "
                     "(point_id) WHERE p.form = '%s' AND l.layer = '%s'",
                     forms[i], l ? "b" : "a");
            bits[l] = sweep_number("s.db", sql);
        }
        assert_true(bits[1] > 0);
        assert_true(i ? bits[0] == bits[1] : bits[0] == 24 * 8 * 4);
        assert_true(i || bits[1] > bits[0]);
    }
}

// ---- models -------------------------------------------------------------------

enum { I8 = 3, U8 = 2, I16 = 5, HALF = 10, U4 = 21, I4 = 22 };

// `type` numbers, all ones as bytes go, called `name`.
static void stored(struct onnx_builder *b, const char *name, int32_t type,
                   const int64_t *dims, uint64_t bits) {
    Onnx__TensorProto *tensor = onnx_tensor(b, name, type, 2, dims);
    const size_t bytes = (size_t)((uint64_t)(dims[0] * dims[1]) * bits / 8);
    tensor->has_raw_data = 1;
    tensor->raw_data.len = bytes;
    tensor->raw_data.data = SDSE_ARENA_ARRAY(b->arena, uint8_t, bytes);
    memset(tensor->raw_data.data, 0x11, bytes);
    onnx_initializer(b, tensor);
}

static void widths_are_those_of_the_types(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    const int64_t dims[2] = {8, 6}, turned[2] = {6, 8};
    onnx_input(b, "x", ONNX_DIMS(4, 8));
    onnx_floats(b, "scale", ONNX_DIMS(1));
    onnx_floats(b, "real", ONNX_DIMS(8, 6));
    stored(b, "half", HALF, dims, 16);
    stored(b, "bytes", I8, dims, 8);
    stored(b, "turned", U8, turned, 8);
    stored(b, "nibbles", I4, dims, 4);
    stored(b, "more", U4, turned, 4);
    Onnx__TensorProto *zero = onnx_tensor(b, "zero", I8, 0, NULL);
    zero->n_int32_data = 1;
    zero->int32_data = SDSE_ARENA_ARRAY(b->arena, int32_t, 1);
    onnx_initializer(b, zero);
    Onnx__TensorProto *wide = onnx_tensor(b, "wide", I16, 0, NULL);
    wide->n_int32_data = 1;
    wide->int32_data = zero->int32_data;
    onnx_initializer(b, wide);
    static const struct {
        const char *name;
        uint32_t bits;
    } wanted[] = {{"real", 0},     {"half", 16},   {"bytes", 8},      {"turned", 8},
                  {"nibbles", 4},  {"rounded", 8}, {"rounded16", 16}, {"joined", 8},
                  {"integers", 8}, {"both", 0},
                  {"typed", 16},   {"untyped", 8}};
    onnx_node(b, "MatMul", "real", "x,real", "y1");
    onnx_node(b, "MatMul", "half", "x,half", "y2");
    onnx_node(b, "DequantizeLinear", "", "bytes,scale", "d1");
    onnx_node(b, "MatMul", "bytes", "x,d1", "y3");
    onnx_node(b, "DequantizeLinear", "", "turned,scale", "d2");
    onnx_node(b, "Transpose", "", "d2", "t2");
    onnx_node(b, "MatMul", "turned", "x,t2", "y4");
    onnx_node(b, "DequantizeLinear", "", "nibbles,scale", "d3");
    onnx_node(b, "Mul", "", "scale,d3", "m3"); // what is scaled comes second
    onnx_node(b, "MatMul", "nibbles", "x,m3", "y5");
    onnx_node(b, "QuantizeLinear", "", "real,scale,zero", "q");
    onnx_node(b, "DequantizeLinear", "", "q,scale,zero", "d4");
    onnx_node(b, "MatMul", "rounded", "x,d4", "y6");
    onnx_node(b, "QuantizeLinear", "", "real,scale,wide", "q16");
    onnx_node(b, "DequantizeLinear", "", "q16,scale,wide", "d5");
    onnx_node(b, "MatMul", "rounded16", "x,d5", "y10");
    onnx_set_int(b, onnx_node(b, "QuantizeLinear", "", "real,scale", "q17"),
                 "output_dtype", I16); // without a zero point
    onnx_node(b, "DequantizeLinear", "", "q17,scale", "d6");
    onnx_node(b, "MatMul", "typed", "x,d6", "y11");
    onnx_node(b, "QuantizeLinear", "", "real,scale", "q18");
    onnx_node(b, "DequantizeLinear", "", "q18,scale", "d7");
    onnx_node(b, "MatMul", "untyped", "x,d7", "y12");
    Onnx__NodeProto *concat = onnx_node(b, "Concat", "", "d1,d3", "c");
    onnx_set_int(b, concat, "axis", 1);
    onnx_node(b, "MatMul", "joined", "x,c", "y7");
    onnx_node(b, "MatMulInteger", "integers", "x,bytes", "y8");
    concat = onnx_node(b, "Concat", "", "d1,real", "c2");
    onnx_set_int(b, concat, "axis", 1);
    onnx_node(b, "MatMul", "both", "x,c2", "y9");
    const struct sdse_import_options none = {.no_weight_bits = true};
    size_t length;
    const unsigned char *bytes = onnx_pack(b, &length);
    for (int left_out = 0; left_out < 2; left_out++) {
        const enum sdse_status status =
            import_bytes(context, bytes, length, left_out ? &none : NULL);
        if (status != SDSE_OK)
            sdse_diags_print(&context->diags, stderr, false);
        assert_int_equal(status, SDSE_OK);
        const struct sdse_workload *read = sdse_imported_workload(context->imported);
        size_t found = 0;
        for (size_t i = 0; i < read->layer_count; i++)
            for (size_t j = 0; j < sizeof wanted / sizeof *wanted; j++)
                if (strcmp(read->layers[i].name, wanted[j].name) == 0) {
                    if (read->layers[i].weight_bits != (left_out ? 0 : wanted[j].bits))
                        fail_msg("%s: %u bits", wanted[j].name,
                                 read->layers[i].weight_bits);
                    found++;
                }
        assert_int_equal(found, sizeof wanted / sizeof *wanted);
    }
}

// Packed nibbles are four bits, also looked up in a table.
static void packed_weights_are_as_wide_as_packed(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(2, 32));
    stored(b, "w", U8, (int64_t[]){6, 16}, 8);
    onnx_floats(b, "s", ONNX_DIMS(6, 1));
    stored(b, "v", U8, (int64_t[]){1, 96}, 8);
    onnx_floats(b, "a", ONNX_DIMS(6));
    static const char *const ops[] = {"MatMulNBits", "MatMulBnb4"};
    for (int i = 0; i < 2; i++) {
        Onnx__NodeProto *node =
            onnx_node(b, ops[i], ops[i], i ? "x,v,a" : "x,w,s", i ? "y" : "z");
        node->domain = onnx_text(b, "com.microsoft");
        onnx_set_int(b, node, "K", 32);
        onnx_set_int(b, node, "N", 6);
        onnx_set_int(b, node, "block_size", 32);
        if (i)
            onnx_set_int(b, node, "quant_type", 1);
    }
    const struct sdse_layer *layers = expect_layers(context, 2);
    assert_int_equal(layers[0].weight_bits, 4);
    assert_int_equal(layers[1].weight_bits, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(widths_are_read_and_written),          TEST(words_cost_their_width),
        cmocka_unit_test(sweeps_store_their_width), TEST(widths_are_those_of_the_types),
        TEST(packed_weights_are_as_wide_as_packed),
    };
    return cmocka_run_group_tests(tests, sweep_begin, sweep_end);
}
