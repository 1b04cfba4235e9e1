// Uneven mapping: on generated cases a memory split into positions costs, word for
// word, what the whole one costs when its tensors stand at one of them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "costmodel/evaluate.h"
#include "oracle/support_cases.h"
#include "spec/split.h"

enum { EVEN_CASES = 4000 };

// --- Even mappings of a split accelerator --------------------------------------------

// Gives every memory a name, and a capacity its tiles just fit.
static void fit_capacities(struct oracle_case *subject, const struct sdse_cost *cost) {
    static const char *const names[] = {"A", "B", "C", "D"};
    for (unsigned l = 0; l < subject->arch.level_count; l++) {
        subject->arch.level[l].name = names[l];
        if (l > 0)
            subject->arch.level[l].capacity_bits = (uint64_t)cost->level[l].stored_bits;
    }
}

// The same mapping with the loops of a split memory at position `at`, which keeps
// everything.
static void spread_mapping(const struct oracle_case *subject,
                           const struct sdse_arch *split, unsigned dice,
                           struct sdse_mapping *out) {
    const struct sdse_mapping *even = &subject->mapping;
    *out = (struct sdse_mapping){.level_count = split->level_count};
    unsigned first = 0;
    for (unsigned l = 0; l < even->level_count; l++) {
        const unsigned last = sdse_arch_memory_last(split, first);
        const unsigned at = first + dice % (last - first + 1);
        out->keeps[at] = even->keeps[l];
        // Loops further in are this memory's, whichever of its positions they stand at.
        const struct sdse_loops *loops = &even->level[l].temporal;
        for (unsigned i = 0; i < loops->count; i++) {
            struct sdse_loops *to = &out->level[i ? last : at].temporal;
            to->loop[to->count++] = loops->loop[i];
        }
        memcpy(out->level[last].spatial, even->level[l].spatial,
               sizeof even->level[l].spatial);
        first = last + 1;
    }
}

static void assert_same_flow(const struct sdse_flow_cost *whole,
                             const struct sdse_cost *split, unsigned first,
                             unsigned last, unsigned part) {
    struct sdse_flow_cost sum = {0};
    for (unsigned i = first; i <= last; i++) {
        const struct sdse_flow_cost *flow = &split->level[i].flow[part];
        sum.tile_words += flow->tile_words;
        sum.reads += flow->reads;
        sum.fills += flow->fills;
        sum.updates += flow->updates;
        sum.drain_reads += flow->drain_reads;
        sum.read_pj += flow->read_pj;
        sum.fill_pj += flow->fill_pj;
        sum.update_pj += flow->update_pj;
    }
    assert_int_equal(sum.tile_words, whole->tile_words);
    assert_int_equal(sum.reads, whole->reads);
    assert_int_equal(sum.fills, whole->fills);
    assert_int_equal(sum.updates, whole->updates);
    assert_int_equal(sum.drain_reads, whole->drain_reads);
    assert_true(sum.read_pj == whole->read_pj);
    assert_true(sum.fill_pj == whole->fill_pj);
    assert_true(sum.update_pj == whole->update_pj);
}

static void compare_costs(const struct sdse_cost *whole, const struct sdse_arch *arch,
                          const struct sdse_cost *split) {
    unsigned first = 0;
    for (unsigned l = 0; l < whole->level_count; l++) {
        const unsigned last = sdse_arch_memory_last(arch, first);
        for (unsigned part = 0; part < SDSE_PARTS; part++) {
            assert_same_flow(&whole->level[l].flow[part], split, first, last, part);
            const struct sdse_network_cost *a = &whole->level[l].network[part],
                                           *b = &split->level[last].network[part];
            assert_int_equal(a->words, b->words);
            assert_int_equal(a->adds, b->adds);
            assert_true(a->energy_pj == b->energy_pj);
            for (unsigned i = first; i < last; i++)
                assert_true(split->level[i].network[part].energy_pj == 0);
        }
        assert_int_equal(whole->level[l].cycles, split->level[first].cycles);
        assert_true(whole->level[l].leakage_pj == split->level[first].leakage_pj);
        first = last + 1;
    }
    assert_int_equal(whole->latency_cycles, split->latency_cycles);
    assert_true(whole->energy_pj == split->energy_pj);
    assert_true(whole->utilization == split->utilization);
}

static struct sdse_model *model_of(const struct sdse_arch *arch,
                                   const struct sdse_layer *layer,
                                   struct sdse_arena *arena) {
    struct sdse_model *model = NULL;
    assert_int_equal(sdse_model_new(arch, layer, NULL, arena, &model), SDSE_OK);
    return model;
}

static void check_even(struct oracle_case *subject, struct sdse_arena *arena,
                       unsigned *memories) {
    struct sdse_cost whole, parts;
    const struct sdse_model *model = model_of(&subject->arch, &subject->layer, arena);
    sdse_evaluate_full(model, &subject->mapping, &whole);
    fit_capacities(subject, &whole);
    const unsigned levels = sdse_arch_may_split(&subject->arch);
    struct sdse_arch *split;
    assert_int_equal(sdse_arch_split(&subject->arch, levels, arena, &split), SDSE_OK);
    *memories += (unsigned)__builtin_popcount(levels);
    const struct sdse_model *split_model = model_of(split, &subject->layer, arena);
    for (unsigned dice = 0; dice < 3; dice++) {
        struct sdse_mapping mapping;
        spread_mapping(subject, split, dice, &mapping);
        assert_int_equal(sdse_mapping_verdict(split_model, &mapping, NULL),
                         sdse_mapping_verdict(model, &subject->mapping, NULL));
        sdse_evaluate_full(split_model, &mapping, &parts);
        compare_costs(&whole, split, &parts);
        // One bit less in any memory, and neither fits.
        for (unsigned l = 1; l < split->level_count; l++) {
            struct sdse_arch tight = *split;
            if (tight.level[l].shares_memory || tight.level[l].capacity_bits < 2)
                continue;
            for (unsigned i = l; i <= sdse_arch_memory_last(split, l); i++)
                tight.level[i].capacity_bits--;
            unsigned at = 99;
            assert_int_equal(
                sdse_mapping_verdict(model_of(&tight, &subject->layer, arena), &mapping,
                                     &at),
                SDSE_TOO_BIG);
            assert_int_equal(at, l);
        }
    }
    struct sdse_area a, b;
    sdse_arch_area(&subject->arch, &a);
    sdse_arch_area(split, &b);
    assert_true(a.total_um2 == b.total_um2);
}

static void test_even_mappings_cost_the_same(void **state) {
    (void)state;
    const struct oracle_options options = {.most_work = 2000, .imperfect = true};
    unsigned memories = 0;
    for (uint64_t seed = 1; seed <= EVEN_CASES; seed++) {
        struct oracle_case subject;
        oracle_case_make(seed, &options, &subject);
        for (unsigned l = 0; l < subject.arch.level_count; l++)
            if (subject.arch.level[l].shares_memory)
                subject.arch.level_count = 0; // split already
        if (!subject.arch.level_count)
            continue;
        struct sdse_arena *arena = sdse_arena_new();
        assert_non_null(arena);
        check_even(&subject, arena, &memories);
        sdse_arena_free(arena);
    }
    print_message("## uneven: %u split memories cost what whole ones do\n", memories);
    assert_true(memories > EVEN_CASES / 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_even_mappings_cost_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
