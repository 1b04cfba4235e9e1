// The fast question and the itemised one have the same answer, whatever the stack held
// before: a network that costs nothing must not read hops that nobody counted.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "costmodel/evaluate.h"
#include "costmodel/resolve.h"
#include "spec/load.h"
#include "support/close.h"

// Fills the stack below the caller with NaNs.
static __attribute__((noinline)) int dirty_stack(void) {
    volatile unsigned char bytes[1 << 16];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = 0xff;
    return bytes[7];
}

static void totals_do_not_depend_on_the_stack(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_arch *arch;
    struct sdse_workload *workload;
    struct sdse_mapping *mapping;
    struct sdse_model *model;
    static const char folder[] = SDSE_SOURCE_DIR "/tests/data/cli/";
    char path[512];
    snprintf(path, sizeof path, "%sarch.yaml", folder);
    assert_int_equal(sdse_arch_load(arena, path, &diags, &arch), SDSE_OK);
    assert_int_equal(sdse_arch_resolve_costs(arch, arena, &diags), SDSE_OK);
    snprintf(path, sizeof path, "%snet.yaml", folder);
    assert_int_equal(sdse_workload_load(arena, path, &diags, &workload), SDSE_OK);
    const struct sdse_layer *layer = &workload->layers[0];
    snprintf(path, sizeof path, "%smapping.yaml", folder);
    assert_int_equal(sdse_mapping_load(arena, path, arch, layer, &diags, &mapping),
                     SDSE_OK);
    assert_int_equal(sdse_model_new(arch, layer, NULL, arena, &model), SDSE_OK);
    struct sdse_cost cost;
    sdse_evaluate_full(model, mapping, &cost);
    assert_int_equal(dirty_stack(), 0xff);
    const struct sdse_totals totals = sdse_evaluate(model, mapping);
    assert_double_within(totals.energy_pj, cost.energy_pj, 0);
    assert_double_within(totals.latency_cycles, (double)cost.latency_cycles, 0);
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(totals_do_not_depend_on_the_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
