// Stored sizes of whole networks, by packing, against the figures derived from the
// papers (docs/smartdeal.md, "Sizes that close"). MB = 10^6 bytes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "smartdeal/pack.h"
#include "spec/load.h"

// Bytes of one section over all layers of a shipped network, packed layer by layer.
// Sizes of dense coefficients and of the row index do not depend on the values, so
// zero codes do.
static double section_mb(const char *network, enum sdse_section section,
                         enum sdse_zero_store store, bool depthwise) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_workload *w;
    assert_int_equal(sdse_workload_load(arena, network, &diags, &w), SDSE_OK);
    struct sdse_smartdeal_setting setting = sdse_smartdeal_setting_default();
    setting.depthwise = depthwise;
    uint64_t bits = 0;
    for (size_t i = 0; i < w->layer_count; i++) {
        const uint64_t *b = w->layers[i].nest.bound;
        struct sdse_weight_shape shape = {b[SDSE_G], b[SDSE_K],
                                          b[SDSE_C], b[SDSE_R],
                                          b[SDSE_S], w->layers[i].kind == SDSE_FC};
        if (!sdse_layer_has_weights(&w->layers[i]))
            continue;
        if (sdse_weights_stay_raw(&shape, &setting))
            continue;
        struct sdse_coded_layer layer = {.shape = shape,
                                         .filters = shape.groups * shape.filters,
                                         .slicing = sdse_slice(&shape, &setting),
                                         .store = store,
                                         .coefficient_bits = 4,
                                         .basis_bits = 8,
                                         .scale_bits = 8,
                                         .window = 7};
        uint64_t n = layer.slicing.basis_size;
        uint64_t blocks = layer.filters * layer.slicing.blocks;
        layer.codes = calloc(layer.filters * layer.slicing.rows, n);
        layer.basis = calloc(blocks * n * n, sizeof *layer.basis);
        layer.scale = calloc(blocks, sizeof *layer.scale);
        struct sdse_packed packed;
        assert_true(layer.codes && layer.basis && layer.scale);
        assert_int_equal(sdse_pack(&layer, &packed), SDSE_OK);
        bits += packed.bits.section[section] * w->layers[i].repeat;
        sdse_packed_free(&packed);
        sdse_coded_free(&layer);
    }
    sdse_arena_free(arena);
    return (double)bits / 8e6;
}

#define NETWORK(name) SDSE_SOURCE_DIR "/workloads/" name ".yaml"

static void assert_mb(double got, double expected) {
    if (got < expected - 0.0005 || got >= expected + 0.0005)
        fail_msg("%.4f MB, expected %.3f", got, expected);
}

static void mobilenet_coefficients_close(void **state) {
    (void)state;
    assert_mb(section_mb(NETWORK("mobilenetv2"), SDSE_SECTION_COEFFICIENTS,
                         SDSE_STORE_DENSE, true),
              1.744);
    assert_mb(section_mb(NETWORK("mobilenetv2"), SDSE_SECTION_COEFFICIENTS,
                         SDSE_STORE_DENSE, false),
              1.712);
}

static void efficientnet_coefficients_close(void **state) {
    (void)state;
    assert_mb(section_mb(NETWORK("efficientnet_b0"), SDSE_SECTION_COEFFICIENTS,
                         SDSE_STORE_DENSE, true),
              2.550);
    assert_mb(section_mb(NETWORK("efficientnet_b0"), SDSE_SECTION_COEFFICIENTS,
                         SDSE_STORE_DENSE, false),
              2.538);
}

// Basis words under the released slicing at 8 bits: half of what the paper states for
// both networks, which is why slice length is a parameter.
static void basis_of_the_released_slicing_closes(void **state) {
    (void)state;
    assert_mb(
        section_mb(NETWORK("mobilenetv2"), SDSE_SECTION_BASIS, SDSE_STORE_DENSE, true),
        0.186);
    assert_mb(section_mb(NETWORK("efficientnet_b0"), SDSE_SECTION_BASIS,
                         SDSE_STORE_DENSE, true),
              0.257);
}

static void resnet_index_closes(void **state) {
    (void)state;
    double mb = section_mb(NETWORK("resnet50"), SDSE_SECTION_INDEX,
                           SDSE_STORE_ROW_INDEX, false);
    assert_true(mb >= 1.055 && mb < 1.065);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mobilenet_coefficients_close),
        cmocka_unit_test(efficientnet_coefficients_close),
        cmocka_unit_test(basis_of_the_released_slicing_closes),
        cmocka_unit_test(resnet_index_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
