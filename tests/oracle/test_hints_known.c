// Hints that are kept: for the same question about the same mapping on accelerators
// that round alike, and for nothing else.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "costmodel/resolve.h"
#include "dse/map.h"
#include "dse/sweep/hints_known.h"
#include "oracle/support_problems.h"
#include "spec/write.h"

// A layer of C = 64 on an array of one row; what a hint may be about is a K that the
// row does not divide.
struct asked {
    struct sdse_layer layer;
    struct sdse_map_request request;
    struct sdse_map_answer answer;
    struct sdse_hint_asker asker;
};

static void ask(struct sdse_arena *arena, unsigned row, const char *access_pj,
                uint64_t out_channels, struct asked *asked) {
    struct sdse_arch *arch = sdse_written_arch(
        sdse_arena_printf(
            arena,
            "name: a\nsource: own words\nnode_nm: 45\nclock_ghz: 1\nword_bits: 16\n"
            "levels:\n  - level: Main\n    memory: {class: dram, pj_per_bit: 8}\n"
            "  - level: Buf\n    memory: {class: sram, capacity_kib: 64, port_bits: 16,"
            " access_pj: %s, area_um2: 1}\n"
            "    fanout: {x: %u, y: 1, dims_x: [K]}\n    network: {topology: systolic,"
            " multicast: [inputs], reduce: true, pj_per_bit: 0.1}\n"
            "compute: {class: parallel, pj_per_mac: 1, area_um2: 1}\n",
            access_pj, row),
        arena);
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    assert_non_null(arch);
    assert_int_equal(sdse_arch_resolve_costs(arch, arena, &diags), SDSE_OK);
    *asked = (struct asked){.layer = {.name = "l", .repeat = 1}};
    for (int d = 0; d < SDSE_DIMS; d++)
        asked->layer.nest.bound[d] = d == SDSE_K ? out_channels : d == SDSE_C ? 64 : 1;
    for (int axis = 0; axis < 2; axis++)
        asked->layer.nest.stride[axis] = asked->layer.nest.dilation[axis] = 1;
    for (int t = 0; t < SDSE_TENSORS; t++)
        asked->layer.density[t] = 1;
    asked->request = (struct sdse_map_request){
        .arch = arch, .layer = &asked->layer, .objective = SDSE_MAP_EDP};
    assert_int_equal(sdse_map(&asked->request, arena, &asked->answer), SDSE_OK);
    assert_int_equal(asked->answer.point_count, 1);
    const char *text = sdse_arch_text(arena, arch);
    asked->asker =
        (struct sdse_hint_asker){text, sdse_alike_of(text, arena), {1, 1}, "loops"};
}

// Whether the hint is to pad K (others may be to bypass a memory).
static bool find(struct sdse_hints_known *known, const struct asked *asked) {
    struct sdse_hint hint;
    assert_int_equal(sdse_hints_known_find(known, &asked->asker, &asked->request,
                                           &asked->answer, &hint),
                     SDSE_OK);
    return hint.found && strstr(hint.before, "--imperfect");
}

static void a_hint_is_of_its_question_and_mapping(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_hints_known *known = sdse_hints_known_new();
    struct asked uneven, even;
    ask(arena, 14, "10", 197, &uneven);
    ask(arena, 14, "10", 196, &even);
    assert_true(find(known, &uneven));
    assert_true(find(known, &even)); // taken for the same: it is kept
    even.asker.question = (struct sdse_hash){1, 2};
    assert_false(find(known, &even));
    even.asker.question = uneven.asker.question;
    even.asker.mapping = "other loops";
    assert_false(find(known, &even));
    // That there is none is kept, too, beside the other.
    uneven.asker.mapping = "other loops";
    assert_false(find(known, &uneven));
    uneven.asker.mapping = "loops";
    assert_true(find(known, &uneven));
    sdse_hints_known_free(known);
    sdse_arena_free(arena);
}

static void a_hint_is_of_its_accelerator(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_hints_known *known = sdse_hints_known_new();
    struct asked uneven, even;
    ask(arena, 6, "10", 11, &uneven);
    ask(arena, 11, "10", 11, &even);
    for (int i = 0; i < 2; i++) {
        assert_true(find(known, &uneven));
        assert_false(find(known, &even));
    }
    sdse_hints_known_free(known);
    sdse_arena_free(arena);
}

// The accelerator that was tried last is not the next one's.
static void another_accelerator_is_tried_itself(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_hints_known *known = sdse_hints_known_new();
    struct asked even, uneven;
    ask(arena, 11, "10", 11, &even);
    ask(arena, 6, "10", 11, &uneven);
    assert_false(find(known, &even));
    assert_true(find(known, &uneven));
    sdse_hints_known_free(known);
    sdse_arena_free(arena);
}

// Of many mappings each has its own, wherever it is kept.
static void many_are_told_apart(void **state) {
    (void)state;
    enum { MAPPINGS = 300 };
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_hints_known *known = sdse_hints_known_new();
    struct asked asked[2];
    ask(arena, 6, "10", 11, &asked[0]);
    ask(arena, 6, "10", 12, &asked[1]);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < MAPPINGS; i++) {
            struct asked *one = &asked[i % 3 == 0];
            one->asker.mapping = sdse_arena_printf(arena, "loops %d", i);
            assert_int_equal(find(known, one), i % 3 != 0);
        }
    sdse_hints_known_free(known);
    sdse_arena_free(arena);
}

static void prices_that_round_alike_share_it(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_hints_known *known = sdse_hints_known_new();
    struct asked first, near, far;
    ask(arena, 14, "10", 197, &first);
    ask(arena, 14, "11", 196, &near); // no such hint of their own
    ask(arena, 14, "40", 196, &far);
    assert_true(find(known, &first));
    assert_true(find(known, &near));
    assert_false(find(known, &far));
    sdse_hints_known_free(known);
    sdse_arena_free(arena);
}

static void what_was_cut_short_is_not_kept(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_hints_known *known = sdse_hints_known_new();
    struct asked even, uneven;
    atomic_bool stop = true;
    ask(arena, 14, "10", 196, &even);
    ask(arena, 14, "10", 197, &uneven);
    even.request.stop = &stop;
    assert_false(find(known, &even));
    assert_true(find(known, &uneven)); // the same to it, and looked for again
    sdse_hints_known_free(known);
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hint_is_of_its_question_and_mapping),
        cmocka_unit_test(a_hint_is_of_its_accelerator),
        cmocka_unit_test(another_accelerator_is_tried_itself),
        cmocka_unit_test(many_are_told_apart),
        cmocka_unit_test(prices_that_round_alike_share_it),
        cmocka_unit_test(what_was_cut_short_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
