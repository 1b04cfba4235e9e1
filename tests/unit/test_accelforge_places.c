// AccelForge's fan-outs, their shares, and units that stand in places.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/close.h"
#include "support_accelforge.h"

// Axes that share the same tensors are one of ours; of others each dimension may be
// spatial along one of them that one of both lets be.
static void further_fan_outs_share_an_axis(void **state) {
    (void)state;
    static const struct {
        const char *spatial;
        unsigned x, y, x_dims, y_dims, multicast;
        bool reduce, exact;
    } cases[] = {
        {"{fanout: 2, reuse: input}, {fanout: 3, reuse: output}, {fanout: 5, reuse: "
         "input}",
         10, 3, SDSE_BIT(SDSE_K),
         SDSE_BIT(SDSE_C) | SDSE_BIT(SDSE_R) | SDSE_BIT(SDSE_S),
         SDSE_BIT(SDSE_WEIGHTS) | SDSE_BIT(SDSE_INPUTS), true, true},
        // What may be the same of tensors that move in any case does not matter.
        {"{fanout: 2, reuse: input, may_reuse: input}, {fanout: 3, reuse: output}, "
         "{fanout: 5, reuse: output, may_reuse: output}, {fanout: 7, reuse: output}",
         2, 105, SDSE_BIT(SDSE_K),
         SDSE_BIT(SDSE_C) | SDSE_BIT(SDSE_R) | SDSE_BIT(SDSE_S),
         SDSE_BIT(SDSE_WEIGHTS) | SDSE_BIT(SDSE_INPUTS), true, true},
        {"{fanout: 2, reuse: input}, {fanout: 3, reuse: output}, {fanout: 5, reuse: "
         "weight}",
         2, 15, SDSE_BIT(SDSE_K),
         SDSE_BIT(SDSE_C) | SDSE_BIT(SDSE_R) | SDSE_BIT(SDSE_S) | SDSE_BIT(SDSE_N) |
             SDSE_BIT(SDSE_P) | SDSE_BIT(SDSE_Q),
         SDSE_BIT(SDSE_WEIGHTS) | SDSE_BIT(SDSE_INPUTS), true, false},
        {"{fanout: 2}, {fanout: 3}, {fanout: 5, may_reuse: input}", 2, 15,
         SDSE_BIT(SDSE_DIMS) - 1, SDSE_BIT(SDSE_DIMS) - 1, SDSE_BIT(SDSE_INPUTS), false,
         false},
        {"{fanout: 2, reuse: input}, {fanout: 3, reuse: output}, {fanout: 5}", 2, 15,
         SDSE_BIT(SDSE_K), SDSE_BIT(SDSE_DIMS) - 1,
         SDSE_BIT(SDSE_WEIGHTS) | SDSE_BIT(SDSE_INPUTS), true, false},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        char fanouts[400], text[2000];
        snprintf(fanouts, sizeof fanouts, "  - !Fanout\n    spatial: [%s]\n",
                 cases[i / 2].spatial);
        snprintf(text, sizeof text, FORGE_ARCH("64", "weight", "%s", "1e-12"), fanouts);
        struct forge_read r = forge_read(text, NULL, i % 2 == 1);
        assert_int_equal(r.status == SDSE_OK, cases[i / 2].exact || i % 2);
        if (r.status == SDSE_OK) {
            const struct sdse_level *level = &r.arch->level[1];
            assert_int_equal(r.arch->dataflow_count, 0); // no share is asked for
            assert_int_equal(level->fanout_x, cases[i / 2].x);
            assert_int_equal(level->fanout_y, cases[i / 2].y);
            assert_int_equal(level->dims_x, cases[i / 2].x_dims);
            assert_int_equal(level->dims_y, cases[i / 2].y_dims);
            for (unsigned t = 0; t < SDSE_OUTPUTS; t++)
                assert_int_equal(level->network[t].multicast,
                                 cases[i / 2].multicast >> t & 1u);
            assert_int_equal(level->network[SDSE_OUTPUTS].reduce, cases[i / 2].reduce);
        }
        sdse_arena_free(r.arena);
    }
}

// Places that must be taken, of all axes together; memories above the largest macro.
static void shares_and_macros_are_whole(void **state) {
    (void)state;
    static const struct {
        const char *size, *part;
    } sizes[] = {{"8 * 2 ** 23", "port_bits: 64}"},
                 {"2 ** 26 + 1", "port_bits: 64, banks: 5}"},
                 {"60 * 8 * 2 ** 20", "port_bits: 64, banks: 8}"}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char text[2000];
        snprintf(text, sizeof text,
                 FORGE_ARCH(
                     "64", "weight",
                     "  - !Fanout\n    spatial: [{fanout: 2, min_usage: 0.5}, {fanout: "
                     "3, min_usage: 1, reuse: output}, {fanout: 4, min_usage: 0.25}]\n"
                     "  - !Memory {name: x, component_class: SRAM, size: %s}\n",
                     "1e-12"),
                 sizes[i].size);
        struct forge_read r = forge_read(text, NULL, true);
        assert_int_equal(r.status, SDSE_OK);
        if (!strstr(r.arch_text, sizes[i].part))
            fail_msg("%s", r.arch_text);
        assert_non_null(strstr(r.arch_text, "utilization_at_least: 0.125}"));
        sdse_arena_free(r.arena);
    }
    // More places than there are are not asked for.
    struct forge_read r = forge_read(
        FORGE_ARCH("64", "weight",
                   "  - !Fanout\n    spatial: [{fanout: 2, min_usage: 1.5}]\n",
                   "1e-12"),
        NULL, true);
    assert_int_equal(r.status, SDSE_OK);
    assert_null(strstr(r.arch_text, "utilization_at_least"));
    sdse_arena_free(r.arena);
}

// What computes einsums of two tensors: so many operations a cycle, of all instances,
// at the innermost memory of which there is one.
static void units_of_two_tensors_are_the_vector_unit(void **state) {
    (void)state;
    struct forge_read r = forge_read(
        FORGE_ARCH("64", "weight",
                   "    spatial: [{fanout: 4}]\n"
                   "  - !Container {name: c, spatial: [{fanout: 3}]}\n" FORGE_VECTOR(
                       "len(All) == 2", ", spatial: [{fanout: 5}], area: 1e-6, "
                                        "support_concurrent_binding: True"),
                   "1e-12"),
        NULL, false);
    assert_int_equal(r.status, SDSE_OK);
    assert_true(forge_fired(&r, "accelforge-vector",
                            "'scalar' is one vector unit here, at "
                            "'top'"));
    assert_true(r.arch->vector.present);
    assert_int_equal(r.arch->vector.below_level, 0);
    assert_double_within(r.arch->vector.pj_per_op.value, 3, 1e-12);
    // 4 * 3 * 5 of them, each a thousand million times a second, at 2 GHz.
    assert_double_within(r.arch->vector.ops_per_cycle.value, 30, 1e-12);
    assert_double_within(r.arch->other_area_um2.value, 60e6, 1e-12);
    // Its own fan-out is not that of the multipliers.
    assert_int_equal(r.arch->level[0].fanout_x, 4);
    assert_int_equal(r.arch->level[1].fanout_x, 3);
    sdse_arena_free(r.arena);
    // Where there is one memory of each kind it is where it stands.
    r = forge_read(
        FORGE_ARCH("64", "weight", FORGE_VECTOR("len(All) < 3", ""), "1e-12"), NULL,
        false);
    assert_int_equal(r.status, SDSE_OK);
    assert_false(forge_fired(&r, "accelforge-vector", ""));
    assert_int_equal(r.arch->vector.below_level, 1);
    assert_double_within(r.arch->vector.ops_per_cycle.value, 0.5, 1e-12);
    sdse_arena_free(r.arena);
    // Without a rate it takes no time; without energy it costs nothing.
    r = forge_read(FORGE_ARCH("64", "weight",
                              "  - !Compute {name: s, enabled: len(All) == 2, actions: "
                              "[{name: compute, energy: 0}]}\n",
                              "1e-12"),
                   NULL, false);
    assert_int_equal(r.status, SDSE_OK);
    assert_false(r.arch->vector.ops_per_cycle.given);
    sdse_arena_free(r.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(further_fan_outs_share_an_axis),
        cmocka_unit_test(shares_and_macros_are_whole),
        cmocka_unit_test(units_of_two_tensors_are_the_vector_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
