// Invariants of the cost model, whatever the formulas: on generated cases.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "costmodel/effects.h"
#include "costmodel/evaluate.h"
#include "costmodel/overhead.h"
#include "oracle/support_cases.h"
#include "support/close.h"
#include "support/sanitized.h"

enum { CASES = SANITIZED ? 300 : 3000 };

static const struct oracle_options options = {.most_work = 4000, .imperfect = true};

static struct sdse_cost evaluate(const struct oracle_case *subject) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_model *model;
    struct sdse_cost cost;
    assert_non_null(arena);
    assert_int_equal(
        sdse_model_new(&subject->arch, &subject->layer, NULL, arena, &model), SDSE_OK);
    assert_int_equal(sdse_mapping_verdict(model, &subject->mapping, NULL), SDSE_VALID);
    sdse_evaluate_full(model, &subject->mapping, &cost);
    sdse_arena_free(arena);
    return cost;
}

static enum sdse_verdict verdict_of(const struct oracle_case *subject,
                                    unsigned *level) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_model *model;
    assert_non_null(arena);
    assert_int_equal(
        sdse_model_new(&subject->arch, &subject->layer, NULL, arena, &model), SDSE_OK);
    enum sdse_verdict verdict = sdse_mapping_verdict(model, &subject->mapping, level);
    sdse_arena_free(arena);
    return verdict;
}

static uint64_t macs_of(const struct sdse_nest *nest) {
    uint64_t macs = 1;
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        macs *= nest->bound[d];
    return macs;
}

static uint64_t places_at(const struct oracle_case *subject, unsigned level) {
    uint64_t places = 1;
    for (unsigned a = 0; a < 2; a++) {
        const struct sdse_loops *loops = &subject->mapping.level[level].spatial[a];
        for (unsigned i = 0; i < loops->count; i++)
            places *= loops->loop[i].factor;
    }
    return places;
}

// Fails unless two costs are the same to the last bit of every count and 1e-12 in
// energy.
static void assert_same_cost(const struct sdse_cost *a, const struct sdse_cost *b) {
    assert_int_equal(a->level_count, b->level_count);
    for (unsigned l = 0; l < a->level_count; l++) {
        assert_int_equal(a->level[l].cycles, b->level[l].cycles);
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            const struct sdse_flow_cost *x = &a->level[l].flow[t];
            const struct sdse_flow_cost *y = &b->level[l].flow[t];
            assert_int_equal(x->tile_words, y->tile_words);
            assert_int_equal(x->instances, y->instances);
            assert_int_equal(x->reads, y->reads);
            assert_int_equal(x->fills, y->fills);
            assert_int_equal(x->updates, y->updates);
            assert_int_equal(x->drain_reads, y->drain_reads);
            assert_int_equal(a->level[l].network[t].words,
                             b->level[l].network[t].words);
            assert_int_equal(a->level[l].network[t].adds, b->level[l].network[t].adds);
        }
    }
    assert_int_equal(a->latency_cycles, b->latency_cycles);
    assert_double_within(a->energy_pj, b->energy_pj, 1e-12);
}

static void test_macs_are_conserved(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        struct oracle_case subject;
        oracle_case_make(seed, &options, &subject);
        struct sdse_cost cost = evaluate(&subject);
        uint64_t macs = macs_of(&subject.layer.nest);
        assert_int_equal(cost.macs, macs);
        uint64_t cycles = cost.compute_cycles;
        assert_true((double)(cycles * cost.multipliers_used) >=
                    (double)macs * subject.arch.compute.cycles_per_mac * (1 - 1e-14));
        assert_true(cost.latency_cycles >= cycles);
        assert_true(cost.utilization > 0 && cost.utilization <= 1);
    }
}

// Loops of bound 1, put anywhere and in any order, change nothing.
static void test_unit_loops_change_nothing(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        struct oracle_case subject;
        oracle_case_make(seed, &options, &subject);
        struct sdse_cost before = evaluate(&subject);
        struct oracle_case padded = subject;
        uint64_t dice = seed;
        for (unsigned l = 0; l < padded.mapping.level_count; l++) {
            struct sdse_loops *loops = &padded.mapping.level[l].temporal;
            unsigned seen = 0, real = 0;
            for (unsigned i = 0; i < loops->count; i++)
                seen |= SDSE_BIT(loops->loop[i].dim);
            for (unsigned d = 0; d < SDSE_DIMS; d++) {
                if (seen >> d & 1u)
                    continue;
                unsigned at = (unsigned)oracle_below(&dice, loops->count + 1u);
                memmove(&loops->loop[at + 1], &loops->loop[at],
                        (loops->count - at) * sizeof *loops->loop);
                loops->loop[at] = (struct sdse_loop){d, 1};
                loops->count++;
            }
            // And none at all.
            struct sdse_loops *bare = &subject.mapping.level[l].temporal;
            for (unsigned i = 0; i < bare->count; i++)
                if (bare->loop[i].factor > 1)
                    bare->loop[real++] = bare->loop[i];
            bare->count = real;
        }
        struct sdse_cost after = evaluate(&padded), without = evaluate(&subject);
        assert_same_cost(&before, &after);
        assert_same_cost(&before, &without);
    }
}

static void scale(struct sdse_number *number, double factor) {
    number->value *= factor;
}

static void scale_overhead(struct sdse_overhead *overhead, double factor) {
    scale(&overhead->clock_mw, factor);
    scale(&overhead->static_mw, factor); // control is a share of what is scaled
}

static double overhead_pj(const struct sdse_overhead_cost *overhead) {
    return overhead->clock_pj + overhead->static_pj + overhead->control_pj;
}

static void scale_energies(struct sdse_arch *arch, double factor) {
    for (unsigned l = 0; l < arch->level_count; l++) {
        struct sdse_level *level = &arch->level[l];
        scale(&level->read_pj, factor);
        scale(&level->fill_pj, factor);
        scale(&level->update_pj, factor);
        scale(&level->leakage_mw, factor);
        scale(&level->edram.refresh_pj_per_bit, factor);
        scale_overhead(&level->overhead, factor);
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            scale(&level->network[t].pj_per_bit, factor);
            scale(&level->network[t].hop_pj_per_bit, factor);
            scale(&level->network[t].router_pj_per_bit, factor);
            scale(&level->network[t].pj_per_add, factor);
        }
    }
    scale(&arch->compute.pj_per_mac, factor);
    scale(&arch->compute.leakage_mw, factor);
    scale_overhead(&arch->compute.overhead, factor);
    scale_overhead(&arch->chip, factor);
}

static void test_energy_is_linear_in_the_table(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        struct oracle_case subject;
        oracle_case_make(seed, &options, &subject);
        struct sdse_cost once = evaluate(&subject);
        scale_energies(&subject.arch, 2);
        struct sdse_cost twice = evaluate(&subject);
        assert_true(twice.energy_pj == 2 * once.energy_pj);
        assert_int_equal(twice.latency_cycles, once.latency_cycles);
        scale_energies(&subject.arch, 0);
        assert_true(evaluate(&subject).energy_pj == 0);
    }
}

static void test_total_is_the_sum_of_its_parts(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        struct oracle_case subject;
        oracle_case_make(seed, &options, &subject);
        struct sdse_cost cost = evaluate(&subject);
        double sum = cost.mac_pj + cost.compute_leakage_pj + cost.rebuild_pj +
                     overhead_pj(&cost.compute_overhead) +
                     overhead_pj(&cost.chip_overhead);
        for (unsigned l = 0; l < cost.level_count; l++) {
            sum += cost.level[l].leakage_pj + cost.level[l].refresh_pj +
                   overhead_pj(&cost.level[l].overhead);
            for (unsigned t = 0; t < SDSE_PARTS; t++) {
                const struct sdse_flow_cost *flow = &cost.level[l].flow[t];
                sum += flow->read_pj + flow->fill_pj + flow->update_pj;
                sum += cost.level[l].network[t].energy_pj;
            }
        }
        assert_double_within(sum, cost.energy_pj, 1e-12);
    }
}

// What clocks and static power cost at least, whatever the mapping, is no more than
// they cost in one: also where an engine counts its own cycles.
static void test_floors_of_overheads(void **state) {
    (void)state;
    unsigned checked = 0;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        struct oracle_case subject;
        oracle_case_make(seed, &options, &subject);
        uint64_t dice = seed;
        struct sdse_effects effects = {.working = 1,
                                       .cycles_per_mac = 1,
                                       .mac_share = 1,
                                       .rebuild_share = 1,
                                       .rebuild_time_share = 1};
        for (unsigned l = 0; l < SDSE_MAX_LEVELS; l++)
            for (unsigned t = 0; t < SDSE_TENSORS; t++)
                effects.word_share[l][t] = 1;
        effects.own_cycles = (double)(1 + oracle_below(&dice, 100));
        subject.layer.effects = &effects;
        subject.arch.engine_count = 1;
        subject.arch.engine[0].name = "engine";
        subject.arch.compute.overhead.clock_mw =
            (struct sdse_number){.value = 3, .given = true};
        subject.arch.compute.overhead.gated = true;
        subject.arch.chip.gated = seed % 2;
        const struct sdse_cost cost = evaluate(&subject);
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_model *model;
        assert_int_equal(
            sdse_model_new(&subject.arch, &subject.layer, NULL, arena, &model),
            SDSE_OK);
        double mw, pj;
        sdse_overhead_floor(model, &mw, &pj);
        double spent = cost.compute_overhead.clock_pj +
                       cost.compute_overhead.static_pj + cost.chip_overhead.clock_pj +
                       cost.chip_overhead.static_pj;
        for (unsigned l = 0; l < cost.level_count; l++)
            spent += cost.level[l].overhead.clock_pj + cost.level[l].overhead.static_pj;
        const double least =
            pj + mw * (double)cost.latency_cycles / subject.arch.clock_ghz;
        if (least > spent * (1 + 1e-9))
            fail_msg("seed %llu: at least %.12g pJ, but %.12g pJ",
                     (unsigned long long)seed, least, spent);
        assert_int_equal(cost.compute_cycles, effects.own_cycles);
        checked += pj > 0;
        sdse_arena_free(arena);
    }
    assert_true(checked > CASES / 2);
}

// With one network between two keepers that merges everything: what the parent gives,
// times the children that share it, is what the children get. Perfect factors, so that
// every step is alike; the sharing is read off the mapping.
static void test_parent_words_times_multicast_are_child_words(void **state) {
    (void)state;
    struct oracle_options perfect = {.most_work = 4000, .imperfect = false};
    unsigned checked = 0;
    for (uint64_t seed = 1; seed <= 4 * CASES; seed++) {
        struct oracle_case subject;
        oracle_case_make(seed, &perfect, &subject);
        struct sdse_cost cost = evaluate(&subject);
        for (unsigned l = 0; l + 1 < cost.level_count; l++) {
            unsigned kept = subject.mapping.keeps[l] & subject.mapping.keeps[l + 1];
            uint64_t sharing[SDSE_TENSORS] = {1, 1, 1}, places = places_at(&subject, l);
            for (unsigned a = 0; a < 2; a++) {
                const struct sdse_loops *loops = &subject.mapping.level[l].spatial[a];
                for (unsigned i = 0; i < loops->count; i++)
                    for (unsigned t = 0; t < SDSE_TENSORS; t++)
                        if (!sdse_dim_moves(loops->loop[i].dim, t))
                            sharing[t] *= loops->loop[i].factor;
            }
            for (unsigned t = 0; t < SDSE_TENSORS; t++) {
                const struct sdse_network *network = &subject.arch.level[l].network[t];
                bool merges = t == SDSE_OUTPUTS ? network->reduce : network->multicast;
                // Windows of P and R may coincide or overlap: not by loops alone.
                if (!(kept >> t & 1u) || (t == SDSE_INPUTS && places > sharing[t]))
                    continue;
                uint64_t times = merges ? sharing[t] : 1;
                const struct sdse_flow_cost *parent = &cost.level[l].flow[t];
                const struct sdse_flow_cost *child = &cost.level[l + 1].flow[t];
                if (t != SDSE_OUTPUTS)
                    assert_int_equal(parent->reads * times, child->fills);
                else if (subject.arch.count_drain_reads)
                    assert_int_equal(parent->updates * times, child->drain_reads);
                checked++;
            }
        }
    }
    assert_true(checked > 1000);
}

// A mapping that ran keeps running, no slower, when a port gets faster.
static void test_bandwidth_never_hurts(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        struct oracle_case subject;
        oracle_case_make(seed, &options, &subject);
        struct sdse_cost before = evaluate(&subject);
        struct oracle_case faster = subject, unlimited = subject;
        for (unsigned l = 0; l < subject.arch.level_count; l++) {
            struct sdse_level *level = &faster.arch.level[l];
            scale(&level->read_bits_per_cycle, 2);
            scale(&level->write_bits_per_cycle, 2);
            scale(&level->shared_bits_per_cycle, 2);
            for (unsigned p = 0; p < SDSE_PORTS; p++)
                for (unsigned t = 0; t < SDSE_PORT_USERS; t++)
                    scale(&level->own_bits_per_cycle[p][t], 2);
            level = &unlimited.arch.level[l];
            level->read_bits_per_cycle = level->write_bits_per_cycle =
                level->shared_bits_per_cycle = (struct sdse_number){0};
            memset(level->own_bits_per_cycle, 0, sizeof level->own_bits_per_cycle);
            level->edram.cycles_per_row = (struct sdse_number){0};
        }
        struct sdse_cost after = evaluate(&faster), free = evaluate(&unlimited);
        assert_true(after.latency_cycles <= before.latency_cycles);
        assert_true(free.latency_cycles <= after.latency_cycles);
        assert_int_equal(free.latency_cycles, free.compute_cycles);
        assert_int_equal(free.bottleneck_level, -1);
        assert_true(after.energy_pj <= before.energy_pj); // leakage falls with time
    }
}

static void set_capacity(struct sdse_arch *arch, unsigned first, unsigned last,
                         uint64_t bits) {
    for (unsigned l = first; l <= last; l++) {
        arch->level[l].capacity_bits = bits;
        arch->level[l].capacity =
            (struct sdse_number){.value = (double)bits, .given = true};
    }
}

// Capacity changes no count; it only decides whether the mapping fits: exactly at the
// bits of the tiles of all levels in the memory times the buffering, and not one bit
// below.
static void test_capacity_at_the_edge(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        struct oracle_case subject;
        oracle_case_make(seed, &options, &subject);
        struct sdse_cost cost = evaluate(&subject);
        unsigned l = (unsigned)(seed % subject.arch.level_count), level = 99;
        l = sdse_arch_memory_first(&subject.arch, l);
        const unsigned last = sdse_arch_memory_last(&subject.arch, l);
        const uint32_t copies = 1 + (uint32_t)(seed % 2);
        uint64_t bits = 0;
        for (unsigned i = l; i <= last; i++) {
            subject.arch.level[i].buffering = copies;
            bits += (uint64_t)cost.level[i].stored_bits * copies;
        }
        if (bits == 0)
            continue;
        set_capacity(&subject.arch, l, last, bits);
        assert_int_equal(verdict_of(&subject, NULL), SDSE_VALID);
        struct sdse_cost fitting = evaluate(&subject);
        assert_same_cost(&cost, &fitting);
        if (bits == 1)
            continue;
        set_capacity(&subject.arch, l, last, bits - 1);
        assert_int_equal(verdict_of(&subject, &level), SDSE_TOO_BIG);
        assert_int_equal(level, l);
    }
}

// Iterations of a dimension that the mapping's factors reach.
static uint64_t reach(const struct oracle_case *subject, enum sdse_dim dim) {
    uint64_t product = 1;
    for (unsigned l = 0; l < subject->mapping.level_count; l++) {
        const struct sdse_mapping_level *level = &subject->mapping.level[l];
        const struct sdse_loops *lists[] = {&level->temporal, &level->spatial[0],
                                            &level->spatial[1]};
        for (unsigned a = 0; a < 3; a++)
            for (unsigned i = 0; i < lists[a]->count; i++)
                if (lists[a]->loop[i].dim == dim)
                    product *= lists[a]->loop[i].factor;
    }
    return product;
}

static void test_coverage_and_fanout(void **state) {
    (void)state;
    unsigned fanouts = 0;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        struct oracle_case subject;
        oracle_case_make(seed, &options, &subject);
        struct oracle_case larger = subject;
        enum sdse_dim dim = (enum sdse_dim)(seed % SDSE_DIMS);
        larger.layer.nest.bound[dim] = reach(&subject, dim);
        assert_int_equal(verdict_of(&larger, NULL), SDSE_VALID);
        larger.layer.nest.bound[dim]++;
        assert_int_equal(verdict_of(&larger, NULL), SDSE_NOT_COVERED);
        for (unsigned l = 0; l < subject.arch.level_count; l++) {
            for (unsigned a = 0; a < 2; a++) {
                struct oracle_case narrow = subject;
                const struct sdse_loops *loops = &subject.mapping.level[l].spatial[a];
                uint64_t used = 1;
                for (unsigned i = 0; i < loops->count; i++)
                    used *= loops->loop[i].factor;
                if (used < 2)
                    continue;
                uint32_t *fanout =
                    a ? &narrow.arch.level[l].fanout_y : &narrow.arch.level[l].fanout_x;
                unsigned level = 99;
                *fanout = (uint32_t)used;
                assert_int_equal(verdict_of(&narrow, NULL), SDSE_VALID);
                *fanout = (uint32_t)used - 1;
                assert_int_equal(verdict_of(&narrow, &level), SDSE_FANOUT);
                assert_int_equal(level, l);
                fanouts++;
            }
        }
    }
    assert_true(fanouts > 100);
}

// The fast answer is the full one's.
static void test_totals_equal_the_itemised_cost(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        struct oracle_case subject;
        oracle_case_make(seed, &options, &subject);
        struct sdse_cost cost = evaluate(&subject);
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_model *model;
        assert_int_equal(
            sdse_model_new(&subject.arch, &subject.layer, NULL, arena, &model),
            SDSE_OK);
        struct sdse_totals totals = sdse_evaluate(model, &subject.mapping);
        sdse_arena_free(arena);
        assert_double_within(totals.energy_pj, cost.energy_pj, 1e-12);
        assert_true(totals.latency_cycles == (double)cost.latency_cycles);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_macs_are_conserved),
        cmocka_unit_test(test_unit_loops_change_nothing),
        cmocka_unit_test(test_energy_is_linear_in_the_table),
        cmocka_unit_test(test_total_is_the_sum_of_its_parts),
        cmocka_unit_test(test_floors_of_overheads),
        cmocka_unit_test(test_parent_words_times_multicast_are_child_words),
        cmocka_unit_test(test_bandwidth_never_hurts),
        cmocka_unit_test(test_capacity_at_the_edge),
        cmocka_unit_test(test_coverage_and_fanout),
        cmocka_unit_test(test_totals_equal_the_itemised_cost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
