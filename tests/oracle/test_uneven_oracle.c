// Uneven mapping: on generated cases a memory split into positions costs, word for
// word, what the whole one costs when its tensors stand at one of them; and the mapper
// over split memories, free to bypass them or not, with padded bounds or without, under
// an order of loops or none, equals exhaustive enumeration over every way to place the
// tensors, all factors, places and orders.
//
//     test_uneven_oracle [PROBLEMS [FIRST_SEED]]    (default 150 problems)
//
// One file, though long: one generator of uneven memories, and each way to see them.
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
#include "dse/map.h"
#include "oracle/support_cases.h"
#include "oracle/support_enumerate.h"
#include "oracle/support_problems.h"
#include "spec/load.h"
#include "spec/split.h"
#include "spec/write.h"
#include "support/sanitized.h"

enum { EVEN_CASES = 4000, MOST_MAPPINGS = 20000 };
static const double TOLERANCE = 1e-9;

// --- Even mappings of a split accelerator ---

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

// --- The mapper over split accelerators ---

// Least values over every mapping visited, or [1] over the even ones.
struct truth {
    const struct sdse_generated_problem *problem;
    const struct sdse_arch *split;
    const struct sdse_model *model;
    bool even;
    uint64_t valid;
    double energy_pj[2], edp[2], ed2p[2], cycles[2];
    size_t room;
    struct sdse_totals *list;
};

// Iterations along d of the temporal loops at levels first … last, and of the places
// where `places`.
static uint64_t product_of(const struct sdse_mapping *mapping, unsigned first,
                           unsigned last, int d, bool places) {
    uint64_t product = 1;
    for (unsigned l = first; l <= last; l++) {
        const struct sdse_loops *lists[] = {&mapping->level[l].temporal,
                                            &mapping->level[l].spatial[0],
                                            &mapping->level[l].spatial[1]};
        for (int i = 0; i < (places ? 3 : 1); i++)
            for (unsigned n = 0; n < lists[i]->count; n++)
                if ((int)lists[i]->loop[n].dim == d)
                    product *= lists[i]->loop[n].factor;
    }
    return product;
}

static bool is_of_factors(const struct sdse_constraint *constraint) {
    return constraint->kind == SDSE_FACTOR_EQUAL ||
           constraint->kind == SDSE_FACTOR_AT_MOST ||
           constraint->kind == SDSE_FACTOR_AT_LEAST;
}

// Whether the factors of whole memories, the products over their positions, are those
// that the accelerator asks for.
static bool factors_obey(const struct sdse_generated_problem *problem,
                         const struct sdse_arch *split,
                         const struct sdse_mapping *mapping) {
    for (size_t i = 0; i < problem->dataflow.constraint_count; i++) {
        const struct sdse_constraint *c = &problem->constraint[i];
        unsigned first = 0;
        for (unsigned memory = 0; memory < c->level; memory++)
            first = sdse_arch_memory_last(split, first) + 1;
        const unsigned last = sdse_arch_memory_last(split, first);
        for (int d = 0; is_of_factors(c) && d < SDSE_DIMS; d++) {
            if (!(c->dims >> d & 1u))
                continue;
            const uint64_t bound = problem->layer.nest.bound[d];
            const uint64_t factor = product_of(mapping, first, last, d, false);
            const uint64_t left =
                product_of(mapping, last + 1, split->level_count - 1, d, true);
            if (c->kind == SDSE_FACTOR_EQUAL && c->value == UINT64_MAX ? left > 1
                : c->kind == SDSE_FACTOR_EQUAL ? factor != c->value
                : c->kind == SDSE_FACTOR_AT_MOST
                    ? factor > c->value
                    : factor < (c->value < bound ? c->value : bound))
                return false;
        }
    }
    return true;
}

static void note(void *context, const struct sdse_mapping *mapping) {
    struct truth *truth = context;
    if (!factors_obey(truth->problem, truth->split, mapping))
        return;
    const struct sdse_totals totals = sdse_evaluate(truth->model, mapping);
    if (totals.strain > 1)
        return; // tiles live too long
    for (int i = 0; i < (truth->even ? 2 : 1); i++) {
        truth->energy_pj[i] = fmin(truth->energy_pj[i], totals.energy_pj);
        truth->cycles[i] = fmin(truth->cycles[i], totals.latency_cycles);
        const double product = totals.energy_pj * totals.latency_cycles;
        truth->edp[i] = fmin(truth->edp[i], product);
        truth->ed2p[i] = fmin(truth->ed2p[i], product * totals.latency_cycles);
    }
    if (truth->valid == truth->room) {
        truth->room = truth->room ? 2 * truth->room : 1024;
        truth->list = realloc(truth->list, truth->room * sizeof *truth->list);
        assert_non_null(truth->list);
    }
    truth->list[truth->valid++] = totals;
}

// The parts of weights, or a tensor.
static unsigned parts_of(unsigned tensor) {
    return tensor == SDSE_WEIGHTS
               ? SDSE_BIT(SDSE_PART_WEIGHTS) | SDSE_BIT(SDSE_PART_COEFFICIENTS) |
                     SDSE_BIT(SDSE_PART_BASIS) | SDSE_BIT(SDSE_PART_INDEX)
               : SDSE_BIT(tensor);
}

// One way to place the tensors: of a memory whose positions are first … last, tensor t
// stands at position first + digit, digit = way % their number, or, where it may bypass
// the memory and digit is their number, at none. False when there are no more ways.
static bool place_tensors(const struct sdse_arch *split, bool free_bypass, uint64_t way,
                          struct sdse_arch *placed, bool *even) {
    *placed = *split;
    *even = true;
    for (unsigned first = 1, last; first < split->level_count; first = last + 1) {
        last = sdse_arch_memory_last(split, first);
        const unsigned positions = last - first + 1;
        unsigned used = 0;
        for (unsigned l = first; l <= last; l++)
            placed->level[l].keeps = placed->level[l].may_bypass = 0;
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            const unsigned parts = split->level[first].keeps & parts_of(t);
            const bool bypass = free_bypass || split->level[first].may_bypass >> t & 1u;
            const unsigned choices = parts ? positions + bypass : 1;
            const unsigned at = first + (unsigned)(way % choices);
            way /= choices;
            if (!parts || at > last)
                continue;
            placed->level[at].keeps |= parts;
            used |= SDSE_BIT(at);
        }
        *even = *even && __builtin_popcount(used) <= 1;
        for (unsigned l = first; positions > 1 && l <= last; l++)
            placed->level[l].carries_loops = used >> l & 1u;
        // Loops of a memory that all tensors pass by stand at its first position.
        if (positions > 1 && !used)
            placed->level[first].carries_loops = true;
    }
    return way == 0;
}

// The space of one way: keepers are decided.
static struct sdse_enumerate_space
space_of(const struct sdse_generated_problem *problem) {
    struct sdse_enumerate_space space = problem->space;
    space.free_bypass = false;
    return space;
}

static uint64_t count_mappings(const struct sdse_generated_problem *problem,
                               const struct sdse_arch *split) {
    const struct sdse_enumerate_space space = space_of(problem);
    uint64_t count = 0;
    struct sdse_arch placed;
    bool even;
    for (uint64_t way = 0;
         count <= MOST_MAPPINGS &&
         place_tensors(split, problem->space.free_bypass, way, &placed, &even);
         way++)
        count += sdse_enumerate_count(&placed, &problem->layer, &space, MOST_MAPPINGS);
    return count;
}

// Leaves the constraints on factors to factors_obey.
static void drop_factors(struct sdse_arch *placed, struct sdse_dataflow *others,
                         struct sdse_arena *arena) {
    if (!placed->dataflow_count)
        return;
    const struct sdse_dataflow *all = placed->dataflows;
    *others = *all;
    others->constraint_count = 0;
    others->constraints =
        SDSE_ARENA_ARRAY(arena, struct sdse_constraint, all->constraint_count);
    assert_non_null(others->constraints);
    for (size_t i = 0; i < all->constraint_count; i++)
        if (!is_of_factors(&all->constraints[i]))
            others->constraints[others->constraint_count++] = all->constraints[i];
    placed->dataflows = others;
}

static void enumerate_ways(const struct sdse_generated_problem *problem,
                           const struct sdse_arch *split, struct sdse_arena *arena,
                           struct truth *truth) {
    const struct sdse_enumerate_space space = space_of(problem);
    struct sdse_arch placed;
    struct sdse_dataflow others;
    for (uint64_t way = 0;
         place_tensors(split, problem->space.free_bypass, way, &placed, &truth->even);
         way++) {
        struct sdse_model *model = NULL;
        drop_factors(&placed, &others, arena);
        assert_int_equal(
            sdse_model_new(&placed, &problem->layer, &problem->form, arena, &model),
            SDSE_OK);
        truth->model = model;
        sdse_enumerate(&placed, &problem->layer, model, &space, note, truth);
    }
}

static uint64_t current_seed;

static void assert_value(const char *what, double expected, double got) {
    if (fabs(expected - got) > TOLERANCE * expected)
        fail_msg("seed %llu: least %s %.17g, the mapper finds %.17g",
                 (unsigned long long)current_seed, what, expected, got);
}

// What is written is read back as it was.
static void check_text(const struct sdse_generated_problem *problem,
                       const struct sdse_arch *arch, const struct sdse_mapping *mapping,
                       struct sdse_arena *arena) {
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    const char *text = sdse_mapping_text(arena, arch, &problem->layer.nest, mapping);
    assert_non_null(text);
    struct sdse_node *root;
    struct sdse_mapping *again = NULL;
    if (sdse_tree_parse_memory(arena, "mapping", text, strlen(text), &diags, &root) ||
        sdse_mapping_from_tree(arena, root, arch, &problem->layer, &diags, &again)) {
        sdse_diags_print(&diags, stderr, false);
        fail_msg("seed %llu: this is not read back:\n%s",
                 (unsigned long long)current_seed, text);
    }
    if (memcmp(again->keeps, mapping->keeps, sizeof again->keeps) != 0)
        fail_msg("seed %llu: other keepers are read back:\n%s",
                 (unsigned long long)current_seed, text);
    assert_string_equal(sdse_mapping_text(arena, arch, &problem->layer.nest, again),
                        text);
}

// The mapper's answer, scored again on the split accelerator.
static void map(const struct sdse_generated_problem *problem,
                const struct sdse_arch *arch, enum sdse_map_objective objective,
                struct sdse_arena *arena, struct sdse_map_answer *answer) {
    const struct sdse_map_request request = {.arch = arch,
                                             .layer = &problem->layer,
                                             .form = &problem->form,
                                             .objective = objective,
                                             .free_bypass = problem->space.free_bypass,
                                             .padding_percent =
                                                 problem->space.padding_percent};
    struct sdse_model *model = NULL;
    assert_int_equal(sdse_map(&request, arena, answer), SDSE_OK);
    assert_int_equal(
        sdse_model_new(arch, &problem->layer, &problem->form, arena, &model), SDSE_OK);
    for (size_t i = 0; i < answer->point_count; i++) {
        const struct sdse_mapping *mapping = &answer->point[i].mapping;
        const struct sdse_totals again = sdse_evaluate(model, mapping);
        assert_true(again.energy_pj == answer->point[i].totals.energy_pj);
        assert_true(again.latency_cycles == answer->point[i].totals.latency_cycles);
        assert_int_equal(sdse_mapping_verdict(model, mapping, NULL), SDSE_VALID);
        assert_true(sdse_enumerate_allows(arch, &problem->layer, mapping));
        assert_true(factors_obey(problem, arch, mapping));
        check_text(problem, arch, mapping, arena);
        // Positions that keep nothing have no loops of their own.
        for (unsigned l = 0; l < arch->level_count; l++)
            if (arch->level[l].shares_memory && !mapping->keeps[l])
                assert_int_equal(mapping->level[l].temporal.count, 0);
    }
}

// Every point of the front is the cheapest of those faster than the last, and nothing
// is faster than the fastest.
static void check_front(const struct truth *truth,
                        const struct sdse_map_answer *answer) {
    double most_cycles = (double)INFINITY;
    for (size_t i = 0; i <= answer->point_count; i++) {
        double least = (double)INFINITY;
        for (uint64_t m = 0; m < truth->valid; m++)
            if (truth->list[m].latency_cycles <= most_cycles)
                least = fmin(least, truth->list[m].energy_pj);
        if (i == answer->point_count) {
            assert_true(isinf(least));
            return;
        }
        assert_value("energy on the front", least, answer->point[i].totals.energy_pj);
        most_cycles = answer->point[i].totals.latency_cycles - 1;
    }
}

static void compare(const struct sdse_generated_problem *problem,
                    const struct sdse_arch *split, const struct truth *truth,
                    struct sdse_arena *arena) {
    struct sdse_map_answer answer, even;
    for (int o = 0; o <= SDSE_MAP_FRONT; o++) {
        const enum sdse_map_objective objective = (enum sdse_map_objective)o;
        map(problem, split, objective, arena, &answer);
        if (!truth->valid) {
            assert_int_equal(answer.status, SDSE_MAP_NONE);
            continue;
        }
        assert_int_equal(answer.status, SDSE_MAP_OPTIMAL);
        const struct sdse_totals *best = &answer.point[0].totals;
        if (objective == SDSE_MAP_FRONT)
            check_front(truth, &answer);
        else if (objective == SDSE_MAP_LATENCY)
            assert_value("cycles", truth->cycles[0], best->latency_cycles);
        else if (objective == SDSE_MAP_EDP)
            assert_value("EDP", truth->edp[0], best->energy_pj * best->latency_cycles);
        else if (objective == SDSE_MAP_ED2P)
            assert_value("ED2P", truth->ed2p[0],
                         best->energy_pj * best->latency_cycles * best->latency_cycles);
        else
            assert_value("energy", truth->energy_pj[0], best->energy_pj);
        if (objective != SDSE_MAP_ENERGY || problem->layer.residence)
            continue;
        // The whole accelerator's optimum is the even one's.
        map(problem, &problem->arch, objective, arena, &even);
        assert_value("even energy", truth->energy_pj[1],
                     even.point_count ? even.point[0].totals.energy_pj
                                      : (double)INFINITY);
    }
}

static uint64_t problem_count = SANITIZED ? 40 : 150, first_seed = 201;

// How many of the problems have what.
struct tally {
    uint64_t problems, mappings, none, better, bypass, padded, ordered, all, factors;
};

static bool has_order(const struct sdse_arch *split) {
    for (size_t i = 0; i < split->dataflow_count; i++)
        for (size_t c = 0; c < split->dataflows[i].constraint_count; c++) {
            const struct sdse_constraint *at = &split->dataflows[i].constraints[c];
            if (at->kind == SDSE_LOOP_ORDER && split->level[at->level].shares_memory)
                return true;
        }
    return false;
}

// Whether the factors of a memory that can be split are asked for or limited.
static bool limits_factors(const struct sdse_generated_problem *problem) {
    for (size_t i = 0; i < problem->dataflow.constraint_count; i++)
        if (is_of_factors(&problem->constraint[i]) &&
            sdse_level_may_split(&problem->arch, problem->constraint[i].level))
            return true;
    return false;
}

static void check_problem(const struct sdse_generated_problem *problem,
                          const struct sdse_arch *split, struct sdse_arena *arena,
                          struct tally *tally) {
    const double inf = (double)INFINITY;
    struct truth truth = {.problem = problem,
                          .split = split,
                          .energy_pj = {inf, inf},
                          .edp = {inf, inf},
                          .ed2p = {inf, inf},
                          .cycles = {inf, inf}};
    enumerate_ways(problem, split, arena, &truth);
    compare(problem, split, &truth, arena);
    bool bypass = problem->space.free_bypass;
    for (unsigned l = 1; l < problem->arch.level_count; l++)
        bypass |= problem->arch.level[l].may_bypass != 0;
    const bool padded = problem->space.padding_percent > 0, ordered = has_order(split);
    tally->problems++;
    tally->mappings += truth.valid;
    tally->none += truth.valid == 0;
    tally->better += truth.energy_pj[0] < truth.energy_pj[1] * (1 - TOLERANCE);
    tally->bypass += bypass;
    tally->padded += padded;
    tally->ordered += ordered;
    tally->all += bypass && padded && ordered;
    tally->factors += limits_factors(problem);
    free(truth.list);
}

static struct sdse_arch *split_arch(const struct sdse_generated_problem *problem,
                                    struct sdse_arena *arena) {
    struct sdse_arch *split;
    const unsigned levels = sdse_arch_may_split(&problem->arch);
    assert_int_equal(sdse_arch_split(&problem->arch, levels, arena, &split), SDSE_OK);
    return split;
}

// Asks a split memory for the loops of one of its positions in the best mapping, turned
// round: most random orders exclude nothing of worth.
static void turn_best_order(struct sdse_generated_problem *problem,
                            struct sdse_arena *arena) {
    const struct sdse_arch *split = split_arch(problem, arena);
    struct sdse_map_answer best;
    map(problem, split, SDSE_MAP_ENERGY, arena, &best);
    const struct sdse_loops *loops = NULL;
    unsigned memory = 0, level = 0;
    for (unsigned l = 1; best.point_count && l < split->level_count; l++) {
        memory += !split->level[l].shares_memory;
        const bool is_position =
            split->level[l].shares_memory || sdse_arch_memory_last(split, l) > l;
        if (!is_position || best.point[0].mapping.level[l].temporal.count < 2)
            continue;
        loops = &best.point[0].mapping.level[l].temporal;
        level = memory;
    }
    uint8_t dims[SDSE_DIMS];
    for (unsigned i = 0; loops && i < loops->count; i++)
        dims[i] = (uint8_t)loops->loop[loops->count - 1 - i].dim;
    if (loops)
        sdse_add_order(problem, level, dims, loops->count);
}

// The problem of a seed, if one of its memories can be split and its mappings are few.
static void check_seed(uint64_t seed, struct tally *tally) {
    struct sdse_generated_problem problem;
    current_seed = seed;
    sdse_make_problem(seed, seed % 4 != 0, &problem);
    // What engines leave is that of a memory, split or not: here of every level.
    for (unsigned l = 1; l < SDSE_MAX_LEVELS; l++)
        memcpy(problem.effects.word_share[l], problem.effects.word_share[0],
               sizeof problem.effects.word_share[l]);
    if (seed % 4 == 0 && seed % 3 == 0)
        problem.space.free_bypass = true;
    const unsigned levels = sdse_arch_may_split(&problem.arch);
    struct sdse_arena *arena = sdse_arena_new();
    assert_non_null(arena);
    if (levels && seed % 2 == 0)
        turn_best_order(&problem, arena);
    struct sdse_arch *split = split_arch(&problem, arena);
    if (levels && count_mappings(&problem, split) <= MOST_MAPPINGS)
        check_problem(&problem, split, arena, tally);
    sdse_arena_free(arena);
}

// Loops between two positions that let the outer one rest: further out they would make
// more passes, which cost cycles here.
static void test_passes_that_cost(void **state) {
    (void)state;
    struct tally tally = {.problems = 0};
    check_seed(33049, &tally);
    assert_int_equal(tally.better, 1);
}

// Whole accesses of bases that come often, where factors do not divide: the fewer times
// a basis comes the less it costs, whatever is beyond its words.
static void test_bases_in_whole_accesses(void **state) {
    (void)state;
    struct tally tally = {.problems = 0};
    check_seed(34207, &tally);
    assert_int_equal(tally.problems, 1);
}

// A loop that only the dataflow of one of two levels keeps outside the other; and
// choices of keepers that are ranked apart for each padding.
static void test_rules_that_hold(void **state) {
    (void)state;
    struct tally tally = {.problems = 0};
    check_seed(500093, &tally);
    check_seed(500263, &tally);
    assert_int_equal(tally.problems, 2);
}

static void test_mapper_equals_enumeration(void **state) {
    (void)state;
    struct tally tally = {.problems = 0};
    for (uint64_t seed = first_seed; tally.problems < problem_count; seed++)
        check_seed(seed, &tally);
    print_message("## uneven: %llu problems (%llu with bypass, %llu padded, %llu under "
                  "an order, %llu with all three, %llu with factors asked for) equal "
                  "enumeration of %llu mappings; "
                  "in %llu an uneven one needs the least energy, %llu have none\n",
                  (unsigned long long)tally.problems, (unsigned long long)tally.bypass,
                  (unsigned long long)tally.padded, (unsigned long long)tally.ordered,
                  (unsigned long long)tally.all, (unsigned long long)tally.factors,
                  (unsigned long long)tally.mappings, (unsigned long long)tally.better,
                  (unsigned long long)tally.none);
    assert_true(tally.problems < 100 ||
                (tally.better > 0 && tally.bypass > 0 && tally.padded > 0 &&
                 tally.ordered > 0 && tally.factors > 0));
}

// The level of an accelerator's memory where others are split.
static unsigned split_level(const struct sdse_arch *split, unsigned memory) {
    unsigned first = 0;
    while (memory-- > 0)
        first = sdse_arch_memory_last(split, first) + 1;
    return first;
}

// Tensors at home in a split memory need none of its positions.
static void test_homes_equal_enumeration(void **state) {
    (void)state;
    struct tally tally = {.problems = 0};
    const uint64_t first = first_seed + 7000000;
    for (uint64_t i = 0; tally.problems < problem_count / 3; i++) {
        struct sdse_generated_problem problem;
        // First one whose best mapping needs a choice that leaves a position empty.
        current_seed = i ? first + i - 1 : 7033349;
        sdse_make_problem(current_seed, current_seed % 4 == 0, &problem);
        for (unsigned l = 1; l < SDSE_MAX_LEVELS; l++)
            memcpy(problem.effects.word_share[l], problem.effects.word_share[0],
                   sizeof problem.effects.word_share[l]);
        if (!sdse_give_home(current_seed, &problem) ||
            !sdse_level_may_split(&problem.arch, problem.residence.level))
            continue;
        struct sdse_arena *arena = sdse_arena_new();
        assert_non_null(arena);
        struct sdse_arch *split = split_arch(&problem, arena);
        problem.residence.level = split_level(split, problem.residence.level);
        if (problem.residence.also)
            problem.residence_also.level =
                split_level(split, problem.residence_also.level);
        if (count_mappings(&problem, split) <= MOST_MAPPINGS)
            check_problem(&problem, split, arena, &tally);
        sdse_arena_free(arena);
    }
    print_message("## uneven: %llu problems with tensors at home in a split memory "
                  "equal enumeration of %llu mappings; %llu have none\n",
                  (unsigned long long)tally.problems,
                  (unsigned long long)tally.mappings, (unsigned long long)tally.none);
    assert_true(tally.none < tally.problems / 2);
}

int main(int argc, char **argv) {
    if (argc > 1)
        problem_count = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_even_mappings_cost_the_same),
        cmocka_unit_test(test_mapper_equals_enumeration),
        cmocka_unit_test(test_passes_that_cost),
        cmocka_unit_test(test_bases_in_whole_accesses),
        cmocka_unit_test(test_rules_that_hold),
        cmocka_unit_test(test_homes_equal_enumeration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
