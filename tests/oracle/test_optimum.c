// Metamorphic: with the cost of an access held fixed, a larger buffer, more bandwidth
// or more places never make the optimum worse; a doubled energy table doubles it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "costmodel/resolve.h"
#include "dse/map.h"
#include "spec/load.h"
#include "support/close.h"

static const char *const arch_files[] = {
    SDSE_SOURCE_DIR "/archs/eyeriss.yaml", SDSE_SOURCE_DIR "/archs/diannao.yaml",
    SDSE_SOURCE_DIR "/archs/simba.yaml", SDSE_SOURCE_DIR "/archs/smartexchange.yaml"};

static const struct sdse_layer layers[] = {
    {.name = "conv",
     .kind = SDSE_CONV,
     .nest = {.bound = {1, 32, 16, 14, 14, 3, 3, 1},
              .stride = {1, 1},
              .dilation = {1, 1}},
     .repeat = 1,
     .density = {1, 1, 1}},
    {.name = "strided",
     .kind = SDSE_CONV1X1,
     .nest = {.bound = {1, 64, 32, 8, 8, 1, 1, 1},
              .stride = {2, 2},
              .dilation = {1, 1}},
     .repeat = 1,
     .density = {1, 1, 1}},
    {.name = "dw",
     .kind = SDSE_DWCONV,
     .nest = {.bound = {1, 1, 1, 16, 16, 3, 3, 24},
              .stride = {1, 1},
              .dilation = {1, 1}},
     .repeat = 1,
     .density = {1, 1, 1}},
    {.name = "fc",
     .kind = SDSE_FC,
     .nest = {.bound = {1, 120, 96, 1, 1, 1, 1, 1},
              .stride = {1, 1},
              .dilation = {1, 1}},
     .repeat = 1,
     .density = {1, 1, 1}},
};

enum {
    ARCHS = sizeof arch_files / sizeof *arch_files,
    LAYERS = sizeof layers / sizeof *layers
};

static const struct sdse_arch *load(struct sdse_arena *arena, const char *path) {
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_arch *arch;
    assert_int_equal(sdse_arch_load(arena, path, &diags, &arch), SDSE_OK);
    assert_int_equal(sdse_arch_resolve_costs(arch, arena, &diags), SDSE_OK);
    return arch;
}

static double optimum(const struct sdse_arch *arch, const struct sdse_layer *layer,
                      enum sdse_map_objective objective) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_map_answer answer;
    const struct sdse_map_request request = {
        .arch = arch, .layer = layer, .objective = objective};
    assert_int_equal(sdse_map(&request, arena, &answer), SDSE_OK);
    assert_int_equal(answer.status, SDSE_MAP_OPTIMAL);
    const struct sdse_totals totals = answer.point[0].totals;
    sdse_arena_free(arena);
    return objective == SDSE_MAP_ENERGY    ? totals.energy_pj
           : objective == SDSE_MAP_LATENCY ? totals.latency_cycles
                                           : totals.energy_pj * totals.latency_cycles;
}

typedef void (*arch_change)(struct sdse_arch *arch);

static void without_leakage(struct sdse_arch *arch) {
    for (unsigned l = 0; l < arch->level_count; l++)
        arch->level[l].leakage_mw.value = 0;
    arch->compute.leakage_mw.value = 0;
}

static void larger_buffers(struct sdse_arch *arch) {
    for (unsigned l = 0; l < arch->level_count; l++)
        arch->level[l].capacity_bits *= 2;
}

static void more_bandwidth(struct sdse_arch *arch) {
    for (unsigned l = 0; l < arch->level_count; l++) {
        arch->level[l].read_bits_per_cycle.value *= 2;
        arch->level[l].write_bits_per_cycle.value *= 2;
        arch->level[l].shared_bits_per_cycle.value *= 2;
    }
}

static void double_energies(struct sdse_arch *arch) {
    for (unsigned l = 0; l < arch->level_count; l++) {
        struct sdse_level *level = &arch->level[l];
        level->read_pj.value *= 2;
        level->fill_pj.value *= 2;
        level->update_pj.value *= 2;
        level->leakage_mw.value *= 2;
        for (int t = 0; t < SDSE_TENSORS; t++) {
            level->network[t].pj_per_bit.value *= 2;
            level->network[t].hop_pj_per_bit.value *= 2;
            level->network[t].router_pj_per_bit.value *= 2;
            level->network[t].pj_per_add.value *= 2;
        }
    }
    arch->compute.pj_per_mac.value *= 2;
    arch->compute.leakage_mw.value *= 2;
}

static void never_worse(arch_change change) {
    struct sdse_arena *arena = sdse_arena_new();
    for (size_t a = 0; a < ARCHS; a++) {
        struct sdse_arch before = *load(arena, arch_files[a]);
        without_leakage(&before);
        struct sdse_arch after = before;
        change(&after);
        for (size_t i = 0; i < LAYERS; i++)
            for (int o = SDSE_MAP_ENERGY; o <= SDSE_MAP_EDP; o++) {
                const enum sdse_map_objective objective = (enum sdse_map_objective)o;
                assert_true(optimum(&after, &layers[i], objective) <=
                            optimum(&before, &layers[i], objective) * (1 + 1e-9));
            }
    }
    sdse_arena_free(arena);
}

static void larger_buffers_never_hurt(void **state) {
    (void)state;
    never_worse(larger_buffers);
}

static void more_bandwidth_never_hurts(void **state) {
    (void)state;
    never_worse(more_bandwidth);
}

static void doubled_energies_double_the_optimum(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    for (size_t a = 0; a < ARCHS; a++) {
        const struct sdse_arch *before = load(arena, arch_files[a]);
        struct sdse_arch after = *before;
        double_energies(&after);
        for (size_t i = 0; i < LAYERS; i++)
            assert_double_within(optimum(&after, &layers[i], SDSE_MAP_ENERGY),
                                 2 * optimum(before, &layers[i], SDSE_MAP_ENERGY),
                                 1e-9);
    }
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(larger_buffers_never_hurt),
        cmocka_unit_test(more_bandwidth_never_hurts),
        cmocka_unit_test(doubled_energies_double_the_optimum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
