// The shipped sweeps load cleanly and are as large as they say.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "costmodel/resolve.h"
#include "spec/load.h"
#include "spec/write.h"

static struct sdse_sweep *load(struct sdse_arena *arena, const char *name) {
    char path[512];
    snprintf(path, sizeof path, SDSE_SOURCE_DIR "/sweeps/%s.yaml", name);
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_sweep *sweep = NULL;
    const enum sdse_status status = sdse_sweep_load(arena, path, &diags, &sweep);
    sdse_diags_print(&diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    assert_null(diags.first);
    return sweep;
}

static size_t points(const struct sdse_sweep *sweep) {
    size_t count = sweep->workload_count * sweep->arch_count * sweep->form_count;
    for (size_t i = 0; i < sweep->override_count; i++)
        count *= sweep->overrides[i].value_count;
    return count;
}

static void test_forms(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_sweep *sweep = load(arena, "demo_forms");
    assert_int_equal(points(sweep), 18);
    assert_false(sweep->forms[0].setting.smartdeal);
    assert_true(sweep->forms[1].setting.smartdeal);
    // Every accelerator has an engine to rebuild SmartDeal weights.
    for (size_t i = 0; i < sweep->arch_count; i++) {
        struct sdse_diags diags;
        sdse_diags_init(&diags, arena);
        struct sdse_arch *arch = NULL;
        assert_int_equal(sdse_arch_load(arena, sweep->archs[i], &diags, &arch),
                         SDSE_OK);
        assert_true(arch->rebuild.present);
    }
    sdse_arena_free(arena);
}

// Every value of every override gives an accelerator whose costs resolve.
static void test_archs(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_sweep *sweep = load(arena, "demo_archs");
    assert_int_equal(points(sweep), 72);
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_node *root = NULL;
    assert_int_equal(sdse_tree_parse_file(arena, sweep->archs[0], &diags, &root),
                     SDSE_OK);
    for (size_t o = 0; o < sweep->override_count; o++)
        for (size_t v = 0; v < sweep->overrides[o].value_count; v++) {
            const struct sdse_set set = {sweep->overrides[o].path,
                                         sweep->overrides[o].values[v],
                                         sweep->overrides[o].loc};
            struct sdse_arch *arch = NULL;
            enum sdse_status status =
                sdse_arch_from_tree(arena, root, &set, 1, &diags, &arch);
            if (status == SDSE_OK)
                status = sdse_arch_resolve_costs(arch, arena, &diags);
            sdse_diags_print(&diags, stderr, false);
            assert_int_equal(status, SDSE_OK);
            assert_null(diags.first);
        }
    sdse_arena_free(arena);
}

// The grid is measured, and every form of it differs from the others.
static void test_grid(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_sweep *sweep = load(arena, "smartdeal_grid");
    assert_int_equal(points(sweep), 49);
    assert_false(sweep->forms[0].setting.smartdeal);
    for (size_t i = 1; i < sweep->form_count; i++) {
        assert_true(sweep->forms[i].setting.measured);
        assert_int_equal(sweep->forms[i].setting.threshold_kind, SDSE_FORM_SPARSITY);
        for (size_t j = 1; j < i; j++)
            assert_string_not_equal(
                sdse_form_setting_text(arena, &sweep->forms[i].setting),
                sdse_form_setting_text(arena, &sweep->forms[j].setting));
    }
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_archs),
        cmocka_unit_test(test_grid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
