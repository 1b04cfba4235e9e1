// The library through its one header, as another program would use it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sdse.h>

static void maps_a_layer(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_arch *arch;
    struct sdse_workload *net;
    assert_int_equal(
        sdse_arch_load(arena, SDSE_SOURCE_DIR "/archs/eyeriss.yaml", &diags, &arch),
        SDSE_OK);
    assert_int_equal(sdse_arch_resolve_costs(arch, arena, &diags), SDSE_OK);
    assert_int_equal(sdse_workload_load(arena,
                                        SDSE_SOURCE_DIR "/workloads/vgg19_cifar10.yaml",
                                        &diags, &net),
                     SDSE_OK);
    const struct sdse_map_request request = {
        .arch = arch, .layer = &net->layers[0], .objective = SDSE_MAP_EDP};
    struct sdse_map_answer answer;
    assert_int_equal(sdse_map(&request, arena, &answer), SDSE_OK);
    assert_int_equal(answer.status, SDSE_MAP_OPTIMAL);
    struct sdse_model *model;
    assert_int_equal(sdse_model_new(arch, &net->layers[0], NULL, arena, &model),
                     SDSE_OK);
    assert_true(sdse_evaluate(model, &answer.point[0].mapping).energy_pj ==
                answer.point[0].totals.energy_pj);
    sdse_arena_free(arena);
}

static void knows_language_models_and_other_tools(void **state) {
    (void)state;
    const struct sdse_language_model *model = sdse_language_find("gpt2_small");
    assert_non_null(model);
    assert_true(sdse_language_parameters(model) == 124439808);
    assert_int_equal(sdse_scalesim_kind("Layer,M,N,K,\nfc,1,2,3,\n"),
                     SDSE_SCALESIM_PRODUCT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_a_layer),
        cmocka_unit_test(knows_language_models_and_other_tools)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
