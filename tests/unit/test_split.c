// What splitting a memory into positions makes of the accelerator around it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "costmodel/evaluate.h"
#include "dse/mapper/keeps.h"
#include "spec/load.h"
#include "spec/split.h"
#include "spec/write.h"

static const char small_arch[] =
    "name: a\nsource: s\nnode_nm: 28\nclock_ghz: 1\nword_bits: 8\n"
    "levels:\n"
    "  - level: DRAM\n"
    "    memory: {class: dram, pj_per_bit: 8, capacity_mib: 64}\n"
    "  - level: GLB\n"
    "    memory: {class: sram, capacity_kib: 64, pj_per_bit: 1, buffering: 2,\n"
    "             leakage_mw: 3, area_um2: 50}\n"
    "    fanout: {x: 4, dims_x: [K]}\n"
    "    network: {hop_pj_per_bit: 0.1, multicast: [inputs]}\n"
    "  - level: pads\n"
    "    memories:\n"
    "      - {name: both, keeps: [weights, inputs], class: sram, capacity_kib: 1,\n"
    "         pj_per_bit: 0.1}\n"
    "      - {name: sums, keeps: [inputs, outputs], class: sram, capacity_kib: 1,\n"
    "         pj_per_bit: 0.1}\n"
    "  - level: last\n"
    "    memory: {keeps: [outputs], class: regfile, capacity_bits: 64, pj_per_bit: "
    "0.1}\n"
    "compute: {pj_per_mac: 1, area_um2: 1}\n"
    "engines:\n"
    "  - {kind: rebuild, below: GLB, rows_per_cycle: 2, pj_per_shift_add: 0.02,\n"
    "     pj_per_basis_read: 0.01, pj_per_basis_write: 0.03}\n"
    "dataflow:\n"
    "  - name: convs\n"
    "    when: {layer: [conv]}\n"
    "    constraints:\n"
    "      - {level: GLB, temporal_dims: [K, C], stationary: inputs, order: [K, C],\n"
    "         spatial_at_most: {K: 2}, utilization_at_least: 0.5,\n"
    "         factors: {K: all}, factors_at_most: {C: 1}}\n"
    "      - {level: last, temporal_dims: [R]}\n";

struct scene {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct sdse_arch *arch;
};

static const struct sdse_node *parse(struct scene *s, const char *text) {
    struct sdse_node *root = NULL;
    assert_int_equal(
        sdse_tree_parse_memory(s->arena, "text", text, strlen(text), &s->diags, &root),
        SDSE_OK);
    return root;
}

static void open_scene(struct scene *s, const struct sdse_set *sets, size_t count) {
    s->arena = sdse_arena_new();
    assert_non_null(s->arena);
    sdse_diags_init(&s->diags, s->arena);
    assert_int_equal(sdse_arch_from_tree(s->arena, parse(s, small_arch), sets, count,
                                         &s->diags, &s->arch),
                     SDSE_OK);
}

static void test_positions_follow_one_another(void **state) {
    (void)state;
    static const char *const names[] = {"DRAM", "GLB.1",  "GLB.2",  "GLB.3",
                                        "both", "sums.1", "sums.2", "last"};
    struct scene s;
    struct sdse_arch *split;
    open_scene(&s, NULL, 0);
    const unsigned levels = sdse_arch_may_split(s.arch);
    // Not the outermost, not a sibling without loops, not one that keeps one tensor.
    assert_int_equal(levels, SDSE_BIT(1) | SDSE_BIT(3));
    assert_int_equal(sdse_arch_split(s.arch, levels, s.arena, &split), SDSE_OK);
    assert_int_equal(split->level_count, 8);
    for (unsigned l = 0; l < 8; l++) {
        const struct sdse_level *level = &split->level[l];
        assert_string_equal(level->name, names[l]);
        assert_int_equal(level->shares_memory, l == 2 || l == 3 || l == 6);
        assert_int_equal(level->fanout_x, l == 3 ? 4 : 1);
        assert_int_equal(sdse_arch_instances(split, l), l > 3 ? 4 : 1);
        if (l == 1 || l == 2)
            assert_false(level->network[SDSE_INPUTS].hop_pj_per_bit.given);
        if (l >= 1 && l <= 3) {
            assert_int_equal(level->capacity_bits, 64 * 8192);
            assert_int_equal(level->buffering, 2);
            assert_true(level->read_pj.value == 1);
            assert_int_equal(level->keeps, s.arch->level[1].keeps);
        }
    }
    assert_true(split->level[3].network[SDSE_INPUTS].multicast);
    assert_int_equal(split->rebuild.below_level, 3);
    // A split accelerator is not split again, and the first one is as it was.
    assert_int_equal(sdse_arch_may_split(split), 0);
    assert_int_equal(s.arch->level_count, 5);
    assert_string_equal(s.arch->level[1].name, "GLB");
    sdse_arena_free(s.arena);
}

static void test_constraints_move_to_their_positions(void **state) {
    (void)state;
    static const struct {
        enum sdse_constraint_kind kind;
        unsigned level;
    } expected[] = {
        {SDSE_TEMPORAL_DIMS, 1},        {SDSE_TEMPORAL_DIMS, 2},
        {SDSE_TEMPORAL_DIMS, 3},        {SDSE_STATIONARY, 1},
        {SDSE_STATIONARY, 2},           {SDSE_STATIONARY, 3},
        {SDSE_LOOP_ORDER, 1},           {SDSE_LOOP_ORDER, 2},
        {SDSE_LOOP_ORDER, 3},           {SDSE_SPATIAL_AT_MOST, 3},
        {SDSE_FACTOR_EQUAL, 3},         {SDSE_FACTOR_AT_MOST, 1},
        {SDSE_FACTOR_AT_MOST, 2},       {SDSE_FACTOR_AT_MOST, 3},
        {SDSE_UTILIZATION_AT_LEAST, 3}, {SDSE_TEMPORAL_DIMS, 7},
    };
    struct scene s;
    struct sdse_arch *split;
    open_scene(&s, NULL, 0);
    assert_int_equal(
        sdse_arch_split(s.arch, sdse_arch_may_split(s.arch), s.arena, &split), SDSE_OK);
    const struct sdse_dataflow *flow = &split->dataflows[0];
    const size_t count = sizeof expected / sizeof *expected;
    assert_int_equal(flow->constraint_count, count);
    for (size_t i = 0; i < count; i++) {
        size_t found = 0;
        for (size_t c = 0; c < count; c++)
            found += flow->constraints[c].kind == expected[i].kind &&
                     flow->constraints[c].level == expected[i].level;
        assert_int_equal(found, 1);
    }
    sdse_arena_free(s.arena);
}

static void test_limits_on_factors_keep_a_memory_whole(void **state) {
    (void)state;
    struct scene s;
    open_scene(&s, NULL, 0);
    static const enum sdse_constraint_kind kinds[] = {
        SDSE_FACTOR_EQUAL, SDSE_FACTOR_AT_MOST, SDSE_FACTOR_AT_LEAST};
    for (int i = 0; i < 3; i++) {
        s.arch->dataflows[0].constraints[0].kind = kinds[i];
        s.arch->dataflows[0].constraints[0].value = 2;
        assert_false(sdse_level_may_split(s.arch, 1));
        s.arch->dataflows[0].constraints[0].value = 1;
        assert_true(sdse_level_may_split(s.arch, 1));
        assert_true(sdse_level_may_split(s.arch, 3));
    }
    s.arch->level[3].capacity_bits = 0;
    assert_false(sdse_level_may_split(s.arch, 3));
    sdse_arena_free(s.arena);
}

static void test_too_many_levels_and_taken_names(void **state) {
    (void)state;
    struct scene s;
    open_scene(&s, NULL, 0);
    struct sdse_arch *split = NULL;
    s.arch->level[4].name = "GLB.2";
    assert_int_equal(sdse_arch_split(s.arch, SDSE_BIT(1), s.arena, &split),
                     SDSE_INVALID);
    assert_null(split);
    // Ten levels and two positions more are twelve, eleven and two are too many.
    struct sdse_arch many = *s.arch;
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g"};
    many.level_count = 10;
    for (unsigned l = 4; l < 11; l++) {
        many.level[l] = s.arch->level[4];
        many.level[l].name = names[l - 4];
    }
    assert_int_equal(sdse_arch_split(&many, SDSE_BIT(1), s.arena, &split), SDSE_OK);
    assert_int_equal(split->level_count, SDSE_MAX_LEVELS);
    many.level_count = 11;
    assert_int_equal(sdse_arch_split(&many, SDSE_BIT(1), s.arena, &split),
                     SDSE_INVALID);
    sdse_arena_free(s.arena);
}

static void test_a_mapping_names_its_positions(void **state) {
    (void)state;
    static const struct {
        const char *text;
        unsigned levels;
    } cases[] = {
        {"mapping: [{level: DRAM}, {level: GLB}]", 5},
        {"mapping: [{level: GLB.2, temporal: K2}]", 7},
        {"mapping: [{level: sums.1}, {level: GLB.3}]", 8},
        {"mapping: [{level: GLB.4}]", 5},
        {"mapping: [{level: GLB.0}, {level: DRAM.1}, {level: both.1}, {level: .1}]", 5},
        {"mapping: [3, {temporal: K2}, {level: [GLB.1]}]", 5},
        {"mapping: 3", 5},
    };
    struct scene s;
    open_scene(&s, NULL, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sdse_arch *arch = NULL;
        assert_int_equal(
            sdse_arch_of_mapping(s.arch, parse(&s, cases[i].text), s.arena, &arch),
            SDSE_OK);
        assert_int_equal(arch->level_count, cases[i].levels);
        assert_true((arch == s.arch) == (cases[i].levels == 5));
    }
    sdse_arena_free(s.arena);
}

// What positions keep where the file does not say.
static void test_positions_keep_what_is_left(void **state) {
    (void)state;
    struct scene s;
    struct sdse_arch *arch = NULL;
    struct sdse_mapping *mapping = NULL;
    open_scene(&s, NULL, 0);
    const struct sdse_node *root =
        parse(&s, "mapping: [{level: GLB.2, keeps: [inputs]}]");
    assert_int_equal(sdse_arch_of_mapping(s.arch, root, s.arena, &arch), SDSE_OK);
    assert_int_equal(
        sdse_mapping_from_tree(s.arena, root, arch, NULL, &s.diags, &mapping), SDSE_OK);
    assert_int_equal(mapping->keeps[1],
                     SDSE_BIT(SDSE_WEIGHTS) | SDSE_BIT(SDSE_OUTPUTS));
    assert_int_equal(mapping->keeps[2], SDSE_BIT(SDSE_INPUTS));
    assert_int_equal(mapping->keeps[3], 0);
    sdse_arena_free(s.arena);
}

// The even choice first, then all orders: 6 of three tensors, 2 of two.
static void test_choices_of_what_positions_keep(void **state) {
    (void)state;
    struct scene s;
    struct sdse_arch *split;
    struct sdse_keeps *list;
    size_t count;
    open_scene(&s, NULL, 0);
    assert_int_equal(sdse_keeps_list(s.arch, false, false, s.arena, &list, &count),
                     SDSE_OK);
    assert_int_equal(count, 1);
    assert_int_equal(
        sdse_arch_split(s.arch, sdse_arch_may_split(s.arch), s.arena, &split), SDSE_OK);
    assert_int_equal(sdse_keeps_list(split, false, false, s.arena, &list, &count),
                     SDSE_OK);
    assert_int_equal(count, 1 + 6 * 2);
    assert_int_equal(list[0].level[1], SDSE_BIT(SDSE_TENSORS) - 1);
    assert_int_equal(list[0].level[2] | list[0].level[3] | list[0].level[6], 0);
    for (size_t i = 0; i < count; i++) {
        const unsigned *keeps = list[i].level;
        assert_int_equal(keeps[0], SDSE_BIT(SDSE_TENSORS) - 1);
        assert_int_equal(keeps[1] + keeps[2] + keeps[3], SDSE_BIT(SDSE_TENSORS) - 1);
        assert_int_equal(keeps[5] + keeps[6],
                         SDSE_BIT(SDSE_INPUTS) | SDSE_BIT(SDSE_OUTPUTS));
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(&list[i], &list[j], sizeof list[i]);
    }
    sdse_arena_free(s.arena);
}

// `uneven: true` marks a memory, survives writing, and makes another text.
static void test_uneven_is_a_key_of_a_memory(void **state) {
    (void)state;
    const struct sdse_set set = {"GLB.uneven", "true", {"override", 1, 1}};
    struct scene s, plain;
    struct sdse_arch *again = NULL;
    open_scene(&plain, NULL, 0);
    open_scene(&s, &set, 1);
    assert_int_equal(sdse_arch_uneven(plain.arch), 0);
    assert_int_equal(sdse_arch_uneven(s.arch), SDSE_BIT(1));
    const char *text = sdse_arch_text(s.arena, s.arch);
    assert_string_not_equal(text, sdse_arch_text(s.arena, plain.arch));
    assert_int_equal(
        sdse_arch_from_tree(s.arena, parse(&s, text), NULL, 0, &s.diags, &again),
        SDSE_OK);
    assert_int_equal(sdse_arch_uneven(again), SDSE_BIT(1));
    sdse_arena_free(plain.arena);
    sdse_arena_free(s.arena);
}

// Positions are places in the loop nest, not silicon.
static void test_area_is_counted_once(void **state) {
    (void)state;
    struct scene s;
    struct sdse_arch *split;
    struct sdse_area whole_area, split_area;
    open_scene(&s, NULL, 0);
    assert_int_equal(
        sdse_arch_split(s.arch, sdse_arch_may_split(s.arch), s.arena, &split), SDSE_OK);
    sdse_arch_area(s.arch, &whole_area);
    sdse_arch_area(split, &split_area);
    assert_true(whole_area.level_um2[1] == 50);
    assert_true(whole_area.total_um2 == split_area.total_um2);
    sdse_arena_free(s.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_area_is_counted_once),
        cmocka_unit_test(test_positions_follow_one_another),
        cmocka_unit_test(test_constraints_move_to_their_positions),
        cmocka_unit_test(test_limits_on_factors_keep_a_memory_whole),
        cmocka_unit_test(test_too_many_levels_and_taken_names),
        cmocka_unit_test(test_a_mapping_names_its_positions),
        cmocka_unit_test(test_positions_keep_what_is_left),
        cmocka_unit_test(test_choices_of_what_positions_keep),
        cmocka_unit_test(test_uneven_is_a_key_of_a_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
