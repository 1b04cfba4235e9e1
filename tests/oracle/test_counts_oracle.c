// Oracle: on generated small cases the evaluator agrees with the naive simulator, every
// count exactly, energy and time to 1e-9.
//
// SDSE_ORACLE_CASES and SDSE_ORACLE_SEED in the environment change how many cases run
// and where they start.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "costmodel/evaluate.h"
#include "costmodel/explain.h"
#include "dse/fusion/part.h"
#include "oracle/support_cases.h"
#include "oracle/support_costing.h"
#include "oracle/support_homes.h"
#include "spec/types/residence.h"
#include "spec/types/touched.h"
#include "support/sanitized.h"

enum { CASES = SANITIZED ? 3000 : 24000 };

static uint64_t environment_or(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

struct comparison {
    FILE *out; // NULL: only count
    unsigned mismatches;
};

static void expect_count(struct comparison *c, unsigned level, char tensor,
                         const char *count, uint64_t expected, uint64_t got) {
    if (expected == got)
        return;
    c->mismatches++;
    if (c->out)
        fprintf(c->out, "  level %u, %c, %s: simulated %llu, evaluated %llu\n", level,
                tensor, count, (unsigned long long)expected, (unsigned long long)got);
}

static void expect_close(struct comparison *c, unsigned level, char tensor,
                         const char *what, double expected, double got) {
    if (fabs(expected - got) <= 1e-9 * fmax(fabs(expected), fabs(got)))
        return;
    c->mismatches++;
    if (c->out)
        fprintf(c->out, "  level %u, %c, %s: simulated %.12g, evaluated %.12g\n", level,
                tensor, what, expected, got);
}

static void compare_flows(struct comparison *c, unsigned l, unsigned t,
                          const struct sdse_flow_cost *a,
                          const struct sdse_flow_cost *b) {
    char tensor = "WIO"[t];
    expect_count(c, l, tensor, "kept", a->kept, b->kept);
    if (!a->kept)
        return;
    expect_count(c, l, tensor, "tile_words", a->tile_words, b->tile_words);
    expect_count(c, l, tensor, "instances", a->instances, b->instances);
    expect_count(c, l, tensor, "reads", a->reads, b->reads);
    expect_count(c, l, tensor, "fills", a->fills, b->fills);
    expect_count(c, l, tensor, "updates", a->updates, b->updates);
    expect_count(c, l, tensor, "drain_reads", a->drain_reads, b->drain_reads);
    expect_close(c, l, tensor, "read_bits", a->read_bits, b->read_bits);
    expect_close(c, l, tensor, "fill_bits", a->fill_bits, b->fill_bits);
    expect_close(c, l, tensor, "update_bits", a->update_bits, b->update_bits);
    expect_close(c, l, tensor, "read_pj", a->read_pj, b->read_pj);
    expect_close(c, l, tensor, "fill_pj", a->fill_pj, b->fill_pj);
    expect_close(c, l, tensor, "update_pj", a->update_pj, b->update_pj);
    expect_count(c, l, tensor, "refreshes", a->refreshes, b->refreshes);
    expect_close(c, l, tensor, "refresh_bits", a->refresh_bits, b->refresh_bits);
}

static void compare_networks(struct comparison *c, unsigned l, unsigned t,
                             const struct sdse_network *network,
                             const struct sdse_network_cost *a,
                             const struct sdse_network_cost *b) {
    char tensor = "WIO"[t];
    expect_count(c, l, tensor, "network words", a->words, b->words);
    expect_count(c, l, tensor, "network adds", a->adds, b->adds);
    if (network->topology == SDSE_MESH)
        expect_close(c, l, tensor, "hops", a->hops, b->hops);
    expect_close(c, l, tensor, "network bits", a->bits, b->bits);
    expect_close(c, l, tensor, "network energy_pj", a->energy_pj, b->energy_pj);
}

static unsigned compare_costs(const struct sdse_arch *arch, const struct sdse_cost *a,
                              const struct sdse_cost *b, FILE *out) {
    struct comparison c = {.out = out};
    for (unsigned l = 0; l < a->level_count; l++) {
        const struct sdse_level_cost *x = &a->level[l], *y = &b->level[l];
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            compare_flows(&c, l, t, &x->flow[t], &y->flow[t]);
            compare_networks(&c, l, t, &arch->level[l].network[t], &x->network[t],
                             &y->network[t]);
        }
        expect_close(&c, l, '-', "stored_bits", x->stored_bits, y->stored_bits);
        expect_count(&c, l, '-', "cycles", x->cycles, y->cycles);
        expect_close(&c, l, '-', "leakage_pj", x->leakage_pj, y->leakage_pj);
        expect_close(&c, l, '-', "refresh_pj", x->refresh_pj, y->refresh_pj);
        expect_count(&c, l, '-', "refresh_cycles", x->refresh_cycles,
                     y->refresh_cycles);
    }
    expect_count(&c, a->level_count, '-', "schedule_cycles", a->schedule_cycles,
                 b->schedule_cycles);
    expect_count(&c, a->level_count, '-', "macs", a->macs, b->macs);
    expect_count(&c, a->level_count, '-', "multipliers used", a->multipliers_used,
                 b->multipliers_used);
    expect_count(&c, a->level_count, '-', "compute_cycles", a->compute_cycles,
                 b->compute_cycles);
    expect_count(&c, a->level_count, '-', "latency_cycles", a->latency_cycles,
                 b->latency_cycles);
    expect_close(&c, a->level_count, '-', "mac_pj", a->mac_pj, b->mac_pj);
    expect_count(&c, a->level_count, '-', "vector operations", a->vector_operations,
                 b->vector_operations);
    expect_close(&c, a->level_count, '-', "vector_pj", a->vector_pj, b->vector_pj);
    expect_close(&c, a->level_count, '-', "leakage_pj", a->compute_leakage_pj,
                 b->compute_leakage_pj);
    expect_close(&c, a->level_count, '-', "utilization", a->utilization,
                 b->utilization);
    expect_close(&c, a->level_count, '-', "energy_pj", a->energy_pj, b->energy_pj);
    return c.mismatches;
}

// Bits that are held all through the layer in the memory that starts at level `first`:
// what is reserved and the place of outputs at home.
static uint64_t held_bits(const struct oracle_case *subject,
                          const struct simulation *run, unsigned first) {
    const struct sdse_residence *at = subject->layer.residence;
    while (at && at->level != first)
        at = at->also;
    if (!at)
        return 0;
    uint64_t bits = (uint64_t)at->reserved_bits;
    if (at->tensors >> SDSE_OUTPUTS & 1u)
        bits += run->outputs * place_bits(&subject->arch, run, first, SDSE_OUTPUTS);
    return bits;
}

// The verdict turns where the tiles of all levels of a memory together pass its
// capacity, every copy of them counted, and what is held there once.
static void check_capacities(struct comparison *c, const struct oracle_case *subject,
                             const struct simulation *run, struct sdse_arena *arena) {
    struct sdse_arch arch = subject->arch;
    struct sdse_model *model;
    assert_int_equal(sdse_model_new(&arch, &subject->layer, NULL, arena, &model),
                     SDSE_OK);
    for (unsigned first = 0, end; first < arch.level_count; first = end) {
        uint64_t bits = 0;
        const uint64_t held = held_bits(subject, run, first);
        end = first;
        do {
            const struct sdse_residence *home = subject->layer.residence;
            while (home && home->level != end)
                home = home->also;
            for (unsigned t = 0; t < SDSE_TENSORS; t++)
                if (!home || !(home->tensors >> t & 1u))
                    bits +=
                        run->flow[end][t].tile_words * place_bits(&arch, run, end, t);
            end++;
        } while (end < arch.level_count && arch.level[end].shares_memory);
        if (bits + held == 0)
            continue;
        for (unsigned less = 0; less < 2; less++) {
            const uint32_t copies = 1 + (uint32_t)(subject->seed % 2);
            for (unsigned l = first; l < end; l++) {
                arch.level[l].buffering = copies;
                arch.level[l].capacity_bits = bits * copies + held - less;
            }
            unsigned at = first;
            const enum sdse_verdict verdict =
                bits * copies + held - less
                    ? sdse_mapping_verdict(model, &subject->mapping, &at)
                    : SDSE_TOO_BIG; // 0 would mean unlimited
            expect_count(c, first, '-', "verdict", less ? SDSE_TOO_BIG : SDSE_VALID,
                         verdict);
            expect_count(c, first, '-', "level of the verdict", first, at);
        }
        for (unsigned l = first; l < end; l++)
            arch.level[l].capacity_bits = 0;
    }
}

// How lives of imperfect mappings compare with their closed forms, which are those of
// whole passes.
static struct { uint64_t perfect, imperfect, longer, shorter; } lives;

static void compare_lives(struct comparison *c, const struct oracle_case *subject,
                          const struct simulation *run, const struct sdse_cost *cost) {
    const bool perfect = subject->features >> ORACLE_PERFECT & 1u;
    for (unsigned l = 0; l < cost->level_count; l++) {
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            const struct simulated_flow *flow = &run->flow[l][t];
            const uint64_t life = cost->level[l].flow[t].life_steps;
            if (!flow->kept || (l > 0 && !perfect)) {
                lives.imperfect += l > 0 && flow->kept;
                lives.longer += l > 0 && flow->kept && flow->life > life;
                lives.shorter += l > 0 && flow->kept && flow->life < life;
                continue;
            }
            lives.perfect++;
            expect_count(c, l, "WIO"[t], "life", l ? flow->life : 0, life);
            if (l > 0 && flow->life_on_map > life)
                expect_count(c, l, "WIO"[t], "life on the map", flow->life_on_map,
                             life);
            expect_close(c, l, "WIO"[t], "lifetime_us",
                         (double)life * (double)cost->schedule_cycles /
                             (double)run->steps / subject->arch.clock_ghz / 1000,
                         cost->level[l].flow[t].lifetime_us);
        }
    }
}

static void check_area(struct comparison *c, const struct sdse_arch *arch) {
    double expected = 0;
    for (unsigned l = 0; l < arch->level_count; l++)
        if (!arch->level[l].shares_memory)
            expected +=
                arch->level[l].area_um2.value * (double)sdse_arch_instances(arch, l);
    struct sdse_area area;
    sdse_arch_area(arch, &area);
    expect_close(c, 0, '-', "area", expected, area.total_um2);
}

// Mismatches between simulator and evaluator; the totals of the fast path count too.
static unsigned check_case(const struct oracle_case *subject, FILE *out) {
    struct simulation run;
    assert_int_equal(simulate_at(&subject->arch, &subject->layer.nest,
                                 &subject->mapping, subject->layer.residence, 0, &run),
                     SDSE_OK);
    bool unfinished = false;
    for (const struct sdse_residence *at = subject->layer.residence; at; at = at->also)
        unfinished |= at->unfinished;
    if (subject->layer.addends && !unfinished)
        assert_int_equal(simulate_addends(&subject->arch, &subject->layer.nest,
                                          &subject->mapping, subject->layer.residence,
                                          subject->layer.addends,
                                          subject->arch.vector.below_level, &run),
                         SDSE_OK);
    struct sdse_cost simulated, evaluated;
    cost_simulation(&subject->arch, &run, &simulated);
    struct sdse_arena *arena = sdse_arena_new();
    assert_non_null(arena);
    struct sdse_model *model;
    assert_int_equal(
        sdse_model_new(&subject->arch, &subject->layer, NULL, arena, &model), SDSE_OK);
    unsigned level = 0;
    enum sdse_verdict verdict = sdse_mapping_verdict(model, &subject->mapping, &level);
    unsigned mismatches = verdict != SDSE_VALID;
    if (verdict != SDSE_VALID) {
        if (out)
            fprintf(out, "  verdict %d at level %u\n", (int)verdict, level);
    } else {
        sdse_evaluate_full(model, &subject->mapping, &evaluated);
        mismatches = compare_costs(&subject->arch, &simulated, &evaluated, out);
        struct sdse_totals totals = sdse_evaluate(model, &subject->mapping);
        struct comparison c = {.out = out};
        expect_close(&c, 0, '-', "total energy_pj", simulated.energy_pj,
                     totals.energy_pj);
        expect_close(&c, 0, '-', "total latency_cycles",
                     (double)simulated.latency_cycles, totals.latency_cycles);
        check_capacities(&c, subject, &run, arena);
        compare_lives(&c, subject, &run, &evaluated);
        check_area(&c, &subject->arch);
        mismatches += c.mismatches;
    }
    sdse_arena_free(arena);
    return mismatches;
}

// Makes the case as simple as it gets while it still disagrees.
static void shrink(struct oracle_case *subject) {
    for (unsigned way = 0; way < oracle_ways();) {
        struct oracle_case simpler = *subject;
        if (oracle_case_simplify(&simpler, way) && check_case(&simpler, NULL) > 0) {
            *subject = simpler;
            way = 0;
        } else {
            way++;
        }
    }
}

static void run_cases(uint64_t cases, const struct oracle_options *options) {
    uint64_t first = environment_or("SDSE_ORACLE_SEED", 1);
    uint64_t by_feature[ORACLE_FEATURES] = {0}, wrong = 0, work = 0;
    uint64_t wrong_by_feature[ORACLE_FEATURES] = {0};
    for (uint64_t seed = first, run = 0; run < cases; seed++) {
        struct oracle_case subject;
        oracle_case_make(seed, options, &subject);
        run++;
        work += simulation_work(&subject.mapping);
        bool bad = check_case(&subject, NULL) > 0;
        wrong += bad;
        for (unsigned f = 0; f < ORACLE_FEATURES; f++) {
            bool has = subject.features >> f & 1u;
            by_feature[f] += has;
            wrong_by_feature[f] += has && bad;
        }
        if (bad && wrong <= 8) {
            shrink(&subject);
            oracle_case_print(&subject, stdout);
            check_case(&subject, stdout);
        }
    }
    printf("## cost model: %llu generated cases%s, %llu steps x multipliers, %llu "
           "disagree\n",
           (unsigned long long)cases, options->tail ? " with a shorter last pass" : "",
           (unsigned long long)work, (unsigned long long)wrong);
    printf(
        "## lives: %llu tiles of perfect mappings compared; of %llu of imperfect ones "
        "%llu live longer than whole passes say, %llu shorter\n",
        (unsigned long long)lives.perfect, (unsigned long long)lives.imperfect,
        (unsigned long long)lives.longer, (unsigned long long)lives.shorter);
    memset(&lives, 0, sizeof lives);
    for (unsigned f = 0; f < ORACLE_FEATURES; f++)
        printf("  %-24s %7llu cases, %llu disagree\n", oracle_feature_text(f),
               (unsigned long long)by_feature[f],
               (unsigned long long)wrong_by_feature[f]);
    assert_int_equal(wrong, 0);
}

static void test_generated_cases(void **state) {
    (void)state;
    const struct oracle_options options = {.most_work = 20000, .imperfect = true};
    run_cases(environment_or("SDSE_ORACLE_CASES", CASES), &options);
}

// Those the closed forms take too, if no window overlaps.
static void test_shorter_last_passes(void **state) {
    (void)state;
    const struct oracle_options options = {.most_work = 2000, .tail = true};
    run_cases(environment_or("SDSE_ORACLE_CASES", CASES) / 4, &options);
}

// --- Tensors at home in a shared memory ---

// Gives the case a memory of one instance in which some tensors are at home, or, every
// other one that may, two; false if it has none.
static bool give_home(struct oracle_case *subject, struct sdse_residence at[2]) {
    uint64_t random = subject->seed * 2 + 1;
    unsigned candidate[SDSE_MAX_LEVELS], count = 0;
    for (unsigned l = 1; l < subject->arch.level_count; l++)
        if (sdse_arch_instances(&subject->arch, l) == 1 &&
            !subject->arch.level[l].shares_memory)
            candidate[count++] = l;
    if (count == 0)
        return false;
    *at = (struct sdse_residence){
        .level = candidate[oracle_below(&random, count)],
        .tensors = 1 + (unsigned)oracle_below(&random, (1u << SDSE_TENSORS) - 1),
        .operands = 1,
        .writes_through = oracle_below(&random, 2),
        .loads_weights = oracle_below(&random, 2),
        .loaded_inputs = oracle_below(&random, 3) ? 0 : oracle_below(&random, 200),
        .reserved_bits = (double)oracle_below(&random, 1000)};
    at->writes_through &= at->tensors >> SDSE_OUTPUTS & 1u;
    at->loads_weights &= at->tensors >> SDSE_WEIGHTS & 1u;
    at->continues = oracle_below(&random, 3) == 0 && at->tensors >> SDSE_OUTPUTS & 1u;
    at->unfinished = oracle_below(&random, 3) == 0 &&
                     at->tensors >> SDSE_OUTPUTS & 1u && !at->writes_through;
    at->rescales = at->continues && oracle_below(&random, 2);
    if (!(at->tensors >> SDSE_INPUTS & 1u))
        at->loaded_inputs = 0;
    const unsigned other = oracle_other_level(&random, candidate, count, at->level);
    if (other && oracle_below(&random, 2))
        oracle_divide_home(&random, other, (1u << SDSE_TENSORS) - 1, at, &at[1]);
    subject->layer.residence = at;
    return true;
}

// The explanation, which derives all counts again, agrees with the evaluator.
static bool explains(const struct oracle_case *subject, FILE *nowhere) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_model *model = NULL;
    const bool good = sdse_model_new(&subject->arch, &subject->layer, NULL, arena,
                                     &model) == SDSE_OK &&
                      sdse_explain_write(model, &subject->mapping, nowhere) == SDSE_OK;
    sdse_arena_free(arena);
    return good;
}

// Makes the case's layer some rows of a longer one, at equal distances: as many as it
// has, so that the mapping stays one of it. The rows of the map that they read, looked
// for one by one, are those of the part.
static void make_part(struct oracle_case *subject) {
    uint64_t random = subject->seed * 2 + 3;
    struct sdse_nest whole = subject->layer.nest, part;
    const struct sdse_row_run run = {.first = oracle_below(&random, 6),
                                     .count = whole.bound[SDSE_P],
                                     .step = 1 + oracle_below(&random, 2)};
    whole.bound[SDSE_P] =
        run.first + (run.count - 1) * run.step + 1 + oracle_below(&random, 4);
    const uint64_t reach = sdse_window_extent(whole.bound[SDSE_P], whole.bound[SDSE_R],
                                              whole.stride[0], whole.dilation[0]);
    whole.pad[0] = (int64_t)oracle_below(&random, 6) - 1;
    whole.map[0] = 1 + oracle_below(&random, reach + 2);
    sdse_nest_part(&whole, &run, &part);
    uint64_t touched = 0;
    for (uint64_t row = 0; row < whole.map[0]; row++) {
        bool read = false;
        for (uint64_t i = 0; i < run.count; i++)
            for (uint64_t r = 0; r < whole.bound[SDSE_R]; r++)
                read |= (int64_t)((run.first + i * run.step) * whole.stride[0] +
                                  r * whole.dilation[0]) -
                            whole.pad[0] ==
                        (int64_t)row;
        touched += read;
    }
    assert_int_equal(sdse_nest_touched(&part, 0), touched);
    subject->layer.nest = part;
}

// Up to three maps that are added to the outputs, some at home in the memories that
// share if there are any, beside some memory of one instance.
static void give_addends(struct oracle_case *subject, struct sdse_residence *at) {
    uint64_t random = subject->seed * 2 + 3;
    unsigned last = 0;
    while (last + 1 < subject->arch.level_count &&
           sdse_arch_instances(&subject->arch, last + 1) == 1)
        last++;
    struct sdse_vector *vector = &subject->arch.vector;
    vector->present = true;
    vector->pj_per_op = (struct sdse_number){.value = 0.375, .given = true};
    vector->below_level = (unsigned)oracle_below(&random, last + 1);
    subject->layer.addends = (uint32_t)oracle_below(&random, 4);
    uint64_t left = subject->layer.addends;
    for (; at; at = (struct sdse_residence *)(uintptr_t)at->also) {
        if (vector->below_level >= at->level)
            at->addends = (uint32_t)oracle_below(&random, left + 1);
        left -= at->addends;
    }
}

static void test_addends_alone(void **state) {
    (void)state;
    const struct oracle_options options = {.most_work = 3000, .imperfect = true};
    const uint64_t cases = environment_or("SDSE_ORACLE_CASES", CASES) / 4;
    uint64_t seed = environment_or("SDSE_ORACLE_SEED", 1), maps = 0, wrong = 0;
    for (uint64_t run = 0; run < cases; run++, seed++) {
        struct oracle_case subject;
        oracle_case_make(seed, &options, &subject);
        give_addends(&subject, NULL);
        maps += subject.layer.addends;
        if (check_case(&subject, NULL) && wrong++ < 8) {
            oracle_case_print(&subject, stdout);
            check_case(&subject, stdout);
        }
    }
    printf("## cost model: %llu generated cases that add %llu maps to their outputs, "
           "%llu disagree\n",
           (unsigned long long)cases, (unsigned long long)maps,
           (unsigned long long)wrong);
    assert_int_equal(wrong, 0);
}

// A layer whose right operand has a width of its own costs what it does on an
// accelerator whose weights are as wide.
static void test_other_widths(void **state) {
    (void)state;
    const struct oracle_options options = {.most_work = 2000, .imperfect = true};
    const uint64_t cases = environment_or("SDSE_ORACLE_CASES", CASES) / 12;
    for (uint64_t seed = 1; seed <= cases; seed++) {
        struct oracle_case subject;
        oracle_case_make(seed, &options, &subject);
        subject.layer.kind = SDSE_MATMUL;
        struct sdse_arch as_wide = subject.arch;
        struct sdse_layer layer = subject.layer;
        layer.weight_bits = 1 + (uint32_t)(seed % 40);
        as_wide.bits[SDSE_WEIGHTS] = layer.weight_bits;
        for (unsigned l = 0; l < as_wide.level_count; l++)
            as_wide.level[l].word_bits[SDSE_WEIGHTS] = 0;
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_model *own, *other;
        struct sdse_cost a, b;
        assert_int_equal(sdse_model_new(&subject.arch, &layer, NULL, arena, &own),
                         SDSE_OK);
        assert_int_equal(sdse_model_new(&as_wide, &subject.layer, NULL, arena, &other),
                         SDSE_OK);
        assert_true(sdse_evaluate_full(own, &subject.mapping, &a));
        assert_true(sdse_evaluate_full(other, &subject.mapping, &b));
        assert_memory_equal(&a, &b, sizeof a);
        sdse_arena_free(arena);
    }
}

static void test_homes(void **state) {
    (void)state;
    FILE *nowhere = fopen("/dev/null", "w");
    assert_non_null(nowhere);
    uint64_t added = 0;
    const struct oracle_options options = {.most_work = 3000, .imperfect = true};
    const uint64_t cases = environment_or("SDSE_ORACLE_CASES", CASES);
    uint64_t seed = environment_or("SDSE_ORACLE_SEED", 1), run = 0, wrong = 0;
    uint64_t by_home[SDSE_MAX_LEVELS] = {0}, twice = 0, through = 0, weights = 0,
             brought = 0, parts = 0, continued = 0, rescaled = 0, unfinished = 0;
    for (; run < cases; seed++) {
        struct oracle_case subject;
        struct sdse_residence at[2];
        oracle_case_make(seed, &options, &subject);
        if (!give_home(&subject, at))
            continue;
        if (seed % 2)
            give_addends(&subject, at);
        run++;
        if (seed % 4) {
            make_part(&subject);
            parts++;
        }
        by_home[at->level]++;
        twice += at->also != NULL;
        for (const struct sdse_residence *part = at; part; part = part->also) {
            added += part->addends;
            through += part->writes_through;
            continued += part->continues;
            rescaled += part->rescales;
            unfinished += part->unfinished;
            weights += part->tensors >> SDSE_WEIGHTS & 1u;
            brought += part->loads_weights || part->loaded_inputs;
        }
        const bool told = run % 16 != 0 || explains(&subject, nowhere);
        if (check_case(&subject, NULL) == 0 && told)
            continue;
        if (wrong++ < 8) {
            for (const struct sdse_residence *part = at; part; part = part->also)
                printf("home: level %u, tensors %u, written through %d, continues %d, "
                       "unfinished %d, rescales %d, addends %u of %u to level %u\n",
                       part->level, part->tensors, part->writes_through,
                       part->continues, part->unfinished, part->rescales, part->addends,
                       subject.layer.addends, subject.arch.vector.below_level);
            oracle_case_print(&subject, stdout);
            check_case(&subject, stdout);
        }
    }
    printf(
        "## cost model: %llu generated cases with tensors at home in a shared memory "
        "(%llu at level 1, %llu at 2, %llu in two memories), %llu written through, "
        "%llu with weights there, "
        "%llu with words brought in, %llu maps added from there, %llu of rows of a "
        "longer layer, %llu that continue sums, %llu of these rescaled, %llu left "
        "unfinished, %llu disagree\n",
        (unsigned long long)run, (unsigned long long)by_home[1],
        (unsigned long long)by_home[2], (unsigned long long)twice,
        (unsigned long long)through, (unsigned long long)weights,
        (unsigned long long)brought, (unsigned long long)added,
        (unsigned long long)parts, (unsigned long long)continued,
        (unsigned long long)rescaled, (unsigned long long)unfinished,
        (unsigned long long)wrong);
    fclose(nowhere);
    assert_int_equal(wrong, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_generated_cases),
                                       cmocka_unit_test(test_shorter_last_passes),
                                       cmocka_unit_test(test_addends_alone),
                                       cmocka_unit_test(test_other_widths),
                                       cmocka_unit_test(test_homes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
