#include "oracle/support_schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

// Bits, not values: of two NANs, or 0 and -0, the test wants to know.
static void assert_same(double a, double b) { assert_memory_equal(&a, &b, sizeof a); }

// What two kinds have in one memory, and what is held there term by term.
static void compare_residences(const struct sdse_residence *a,
                               const struct sdse_residence *b,
                               const struct sdse_fused_kind *kind, unsigned memory) {
    double held = 0;
    assert_int_equal(a->level, b->level);
    assert_same(a->reserved_bits, b->reserved_bits);
    assert_int_equal(a->tensors, b->tensors);
    assert_int_equal(a->addends, b->addends);
    assert_int_equal(a->writes_through, b->writes_through);
    assert_int_equal(a->continues, b->continues);
    assert_int_equal(a->loaded_inputs, b->loaded_inputs);
    assert_int_equal(a->loads_weights, b->loads_weights);
    for (size_t t = 0; t < kind->term_count; t++)
        held += kind->term[t].memory == memory ? kind->term[t].bits : 0;
    assert_same(held, b->reserved_bits);
}

static void compare_groups(const struct sdse_fused_group *a,
                           const struct sdse_fused_group *b) {
    assert_int_equal(a->first, b->first);
    assert_int_equal(a->last, b->last);
    assert_int_equal(a->config.tile_rows, b->config.tile_rows);
    assert_int_equal(a->config.tile_columns, b->config.tile_columns);
    assert_int_equal(a->config.tile_heads, b->config.tile_heads);
    assert_int_equal(a->config.tile_keys, b->config.tile_keys);
    assert_int_equal(a->config.tile_channels, b->config.tile_channels);
    assert_int_equal(a->config.retained, b->config.retained);
    assert_int_equal(a->config.banded, b->config.banded);
    assert_int_equal(a->config.kept, b->config.kept);
    assert_int_equal(a->config.buffered, b->config.buffered);
    assert_int_equal(a->config.for_all, b->config.for_all);
    assert_int_equal(a->question.outputs, b->question.outputs);
    assert_int_equal(a->config.memory, b->config.memory);
    for (unsigned m = 0; m < SDSE_MOST_SHARED; m++)
        assert_int_equal(a->question.in[m].operands, b->question.in[m].operands);
    assert_same(a->at.energy_pj, b->at.energy_pj);
    assert_same(a->at.latency_cycles, b->at.latency_cycles);
    assert_int_equal(a->kind_count, b->kind_count);
    for (size_t k = 0; k < a->kind_count; k++) {
        const struct sdse_fused_kind *x = &a->kind[k], *y = &b->kind[k];
        assert_int_equal(x->layer, y->layer);
        assert_int_equal(x->times, y->times);
        assert_memory_equal(&x->rows, &y->rows, sizeof x->rows);
        assert_memory_equal(&x->columns, &y->columns, sizeof x->columns);
        for (unsigned m = 0; m < SDSE_MOST_SHARED; m++)
            compare_residences(&x->residence[m], &y->residence[m], y, m);
        assert_same(x->point->totals.energy_pj, y->point->totals.energy_pj);
        assert_same(x->point->totals.latency_cycles, y->point->totals.latency_cycles);
    }
}

// The items of a list, the last first; NULL: there is none.
static void turn_round(const struct sdse_node *list) {
    struct sdse_node *node = (struct sdse_node *)(uintptr_t)list, *before = NULL;
    if (!node)
        return;
    node->last = node->first;
    for (struct sdse_node *item = node->first, *next; item; item = next) {
        next = item->next;
        item->next = before;
        before = item;
    }
    node->first = before;
}

// Groups, their nests and layers may stand in any order.
static void turn_round_all(const struct sdse_node *root) {
    const struct sdse_node *groups = sdse_node_get(root, "groups");
    sdse_for_each_child (group, groups)
        turn_round(sdse_node_get(group, "nests"));
    turn_round(groups);
    turn_round(sdse_node_get(root, "mappings"));
}

void oracle_read_back(const struct sdse_fusion_request *request,
                      const struct sdse_schedule *schedule, struct sdse_arena *arena) {
    const struct sdse_arch *arch = request->residency.arch;
    const struct sdse_workload *net = request->residency.workload;
    struct sdse_diags diags;
    struct sdse_node *root;
    struct sdse_schedule read;
    const char *text = sdse_schedule_text(arena, arch, net, schedule);
    assert_non_null(text);
    sdse_diags_init(&diags, arena);
    assert_int_equal(
        sdse_tree_parse_memory(arena, "written", text, strlen(text), &diags, &root),
        SDSE_OK);
    turn_round_all(root);
    if (sdse_schedule_read(request, root, arena, &diags, &read) != SDSE_OK) {
        sdse_diags_print(&diags, stderr, false);
        fail_msg("not read back:\n%s", text);
    }
    assert_same(read.at.energy_pj, schedule->at.energy_pj);
    assert_same(read.at.latency_cycles, schedule->at.latency_cycles);
    assert_int_equal(read.group_count, schedule->group_count);
    for (size_t g = 0; g < read.group_count; g++)
        compare_groups(&schedule->group[g], &read.group[g]);
    for (size_t l = 0; l < net->layer_count; l++) {
        assert_true(!schedule->layer[l].point == !read.layer[l].point);
        for (unsigned m = 0; m < SDSE_MOST_SHARED; m++) {
            const struct sdse_residence *x = &schedule->layer[l].residence[m],
                                        *y = &read.layer[l].residence[m];
            assert_int_equal(x->tensors, y->tensors);
            assert_int_equal(x->operands, y->operands);
            assert_int_equal(x->addends, y->addends);
            assert_same(x->reserved_bits, y->reserved_bits);
        }
    }
    for (size_t t = 0; t < read.placing.tensor_count; t++)
        assert_int_equal(read.place[t], schedule->place[t]);
    assert_int_equal(read.copies.count, schedule->copies.count);
    for (size_t i = 0; i < read.copies.count; i++) {
        assert_int_equal(read.copies.copy[i].tensor, schedule->copies.copy[i].tensor);
        assert_int_equal(read.copies.copy[i].from, schedule->copies.copy[i].from);
        assert_int_equal(read.copies.copy[i].until, schedule->copies.copy[i].until);
    }
    assert_string_equal(text, sdse_schedule_text(arena, arch, net, &read));
}
