// Why there is no mapping, against exhaustive enumeration: on generated small problems
// the search for any mapping agrees, every change that is named admits a mapping and
// nothing smaller does, and exactly the pairs that are named contradict each other. A
// third of the problems each: as they are, with free bypass, with padded bounds and
// (every other one of these) free bypass.
//
//     test_refusal_oracle [PROBLEMS [FIRST_SEED]]    (default 1500 problems)
//
// One file, though long: one generator of refused problems, and all that is asked of
// each of them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "dse/refusal/relax.h"
#include "oracle/support_enumerate.h"

enum { MOST_MAPPINGS = 1500, EFFORT = 10000000, MOST_KEEPS = 64 };

// --- Generated problems ---

struct generated {
    struct sdse_arch arch;
    struct sdse_layer layer;
    struct sdse_dataflow dataflow;
    struct sdse_constraint constraint[4];
    struct sdse_enumerate_space space;
};

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static unsigned below(uint64_t *state, unsigned n) {
    return (unsigned)(next_random(state) >> 33) % n;
}

static bool chance(uint64_t *state, unsigned percent) {
    return below(state, 100) < percent;
}

static struct sdse_number given(double value) {
    return (struct sdse_number){.value = value, .given = true};
}

static void make_layer(uint64_t *state, struct sdse_layer *layer) {
    static const uint64_t sizes[] = {1, 1, 1, 2, 2, 3, 4};
    layer->name = "generated";
    layer->repeat = 1;
    for (int d = 0; d < SDSE_DIMS; d++)
        layer->nest.bound[d] = sizes[below(state, 7)];
    for (int axis = 0; axis < 2; axis++)
        layer->nest.stride[axis] = 1 + below(state, 2);
    layer->nest.dilation[0] = layer->nest.dilation[1] = 1;
    for (int t = 0; t < SDSE_TENSORS; t++)
        layer->density[t] = 1;
    for (int axis = 0; axis < 2 && chance(state, 50); axis++) {
        layer->nest.pad[axis] = 1;
        layer->nest.map[axis] = 1 + below(state, 4);
    }
}

static void make_level(uint64_t *state, unsigned l, unsigned levels,
                       struct sdse_level *level) {
    static const char *const names[] = {"DRAM", "A", "B"};
    level->name = level->group = names[l];
    level->keeps = l ? 1 + below(state, 7) : SDSE_BIT(SDSE_PARTS) - 1;
    level->carries_loops = l + 1 == levels || l == 0 || chance(state, 80);
    level->buffering = chance(state, 80) ? 1 : 2;
    level->fetch_gaps = chance(state, 15);
    level->read_pj = level->fill_pj = level->update_pj = given(1);
    if (l && chance(state, 80))
        level->capacity_bits = 8 + 8 * below(state, 30);
    level->fanout_x = level->fanout_y = 1;
    if (level->carries_loops && chance(state, 50)) {
        level->fanout_x = 1 + below(state, 4);
        level->fanout_y = chance(state, 70) ? 1 : 2;
        level->dims_x = below(state, 256);
        level->dims_y = below(state, 256);
    }
    for (int t = 0; t < SDSE_TENSORS; t++)
        level->network[t].free = true;
}

// Two to four dims in some order.
static void make_order(uint64_t *state, struct sdse_constraint *constraint) {
    const unsigned first = below(state, SDSE_DIMS), step = 1 + 2 * below(state, 4);
    constraint->dims = 0;
    constraint->order_count = 2 + below(state, 3);
    for (unsigned i = 0; i < constraint->order_count; i++) {
        constraint->order[i] = (uint8_t)((first + i * step) % SDSE_DIMS);
        constraint->dims |= SDSE_BIT(constraint->order[i]);
    }
}

static void make_constraint(uint64_t *state, const struct generated *g,
                            struct sdse_constraint *constraint) {
    static const uint64_t values[] = {1, 2, 2, 3, 4, UINT64_MAX};
    constraint->kind = (enum sdse_constraint_kind)below(state, 12);
    constraint->level = below(state, g->arch.level_count);
    const bool list = constraint->kind >= SDSE_TEMPORAL_DIMS;
    constraint->dims =
        list ? below(state, 256) & below(state, 256) : SDSE_BIT(below(state, 8));
    constraint->value = values[below(state, 5)];
    if (constraint->kind == SDSE_FACTOR_EQUAL)
        constraint->value = values[below(state, 6)];
    constraint->fraction = 0.25 * below(state, 5);
    constraint->tensor = (enum sdse_tensor)below(state, 3);
    if (constraint->kind == SDSE_LOOP_ORDER)
        make_order(state, constraint);
}

// Two tensors stationary at one level, or one and an order that has its loops outside,
// and loops asked for that let both rest.
static void make_rivals(uint64_t *state, struct generated *g) {
    const unsigned first = below(state, 3), second = (first + 1) % 3;
    static const enum sdse_dim resting[SDSE_TENSORS] = {SDSE_P, SDSE_K, SDSE_C};
    const unsigned l = chance(state, 70) ? 0 : g->arch.level_count - 1;
    for (unsigned i = 0; i < 4; i++)
        g->constraint[i] = (struct sdse_constraint){
            .kind = i < 2 ? SDSE_STATIONARY : SDSE_FACTOR_AT_LEAST,
            .level = l,
            .tensor = (enum sdse_tensor)(i ? second : first),
            .dims = SDSE_BIT(resting[i % 2 ? second : first]),
            .value = 2};
    g->dataflow.constraint_count = 4;
    if (chance(state, 60))
        return;
    g->constraint[1].kind = SDSE_LOOP_ORDER;
    g->constraint[1].order_count = 2;
    g->constraint[1].order[0] = (uint8_t)resting[first];
    g->constraint[1].order[1] = (uint8_t)resting[second];
    g->constraint[1].dims = SDSE_BIT(resting[first]) | SDSE_BIT(resting[second]);
}

// Two levels of one memory: the second is a copy that keeps something else.
// Memories with words of their own widths; drawn apart, so that the rest of a problem
// does not depend on them.
static void make_widths(uint64_t seed, struct sdse_arch *arch) {
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 43;
    for (unsigned l = 0; l < arch->level_count; l++) {
        struct sdse_level *level = &arch->level[l];
        for (unsigned t = 0; t < SDSE_TENSORS; t++)
            if (chance(&state, 40))
                level->word_bits[t] = 4 * (1 + below(&state, 8));
        if (level->partial_bits && level->partial_bits < level->word_bits[SDSE_OUTPUTS])
            level->partial_bits = level->word_bits[SDSE_OUTPUTS];
    }
}

static void share_memory(uint64_t *state, struct sdse_arch *arch) {
    if (arch->level_count < 3 || chance(state, 80))
        return;
    struct sdse_level *outer = &arch->level[1], *inner = &arch->level[2];
    const unsigned keeps = outer->keeps;
    *inner = *outer;
    inner->name = inner->group = "B";
    inner->shares_memory = true;
    inner->carries_loops = true;
    outer->fanout_x = outer->fanout_y = 1;
    outer->keeps = keeps & 1;
    inner->keeps = keeps & 6;
}

// One dimension of 5, 6 or 7 whose places must be 2 or 3, in a memory that tiles may
// not fit; a level's loops over it are limited or given, also to factors that only a
// padded bound has (6 as 8: a tile of 2 on 2 places, twice; not a tile of 1, four
// times).
static void make_padded(uint64_t *state, struct generated *g) {
    const unsigned l = below(state, g->arch.level_count);
    const unsigned d = below(state, SDSE_DIMS);
    for (int other = 0; other < SDSE_DIMS; other++)
        if (chance(state, 60))
            g->layer.nest.bound[other] = 1;
    g->layer.nest.bound[d] = 5 + below(state, 3);
    g->arch.level[l].carries_loops = true;
    g->arch.level[l].fanout_x = 2 + below(state, 3);
    g->arch.level[l].dims_x = SDSE_BIT(d);
    g->constraint[0] = (struct sdse_constraint){.kind = SDSE_SPATIAL_EQUAL,
                                                .level = l,
                                                .dims = SDSE_BIT(d),
                                                .value = 2 + below(state, 2)};
    g->constraint[1] = (struct sdse_constraint){
        .kind = chance(state, 50) ? SDSE_FACTOR_AT_MOST : SDSE_FACTOR_EQUAL,
        .level = below(state, g->arch.level_count),
        .dims = SDSE_BIT(d),
        .value = 1 + below(state, 4)};
    g->dataflow.constraint_count = 1 + below(state, 2);
    for (unsigned i = 1; i < g->arch.level_count; i++)
        if (!g->arch.level[i].shares_memory && chance(state, 70))
            g->arch.level[i].capacity_bits = 8 + 8 * below(state, 8);
}

// By the seed alone: what a seed generates is the same in every space that admits it.
static void choose_space(uint64_t seed, struct sdse_enumerate_space *space) {
    space->free_bypass = seed % 3 == 1 || seed % 6 == 5;
    space->padding_percent = seed % 3 == 2 ? 50 : 0;
}

// Sums much wider than outputs, kept by every memory: whether their parts fit depends
// on what loops outside do.
static void widen_sums(struct sdse_arch *arch) {
    arch->partial_bits = 3 * arch->bits[SDSE_OUTPUTS];
    for (unsigned l = 0; l < arch->level_count; l++) {
        arch->level[l].partial_bits = 0;
        if (!arch->level[l].shares_memory)
            arch->level[l].keeps |= SDSE_BIT(SDSE_PART_OUTPUTS);
    }
}

static void make_problem(uint64_t seed, struct generated *g) {
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
    for (int i = 0; i < 8; i++)
        next_random(&state);
    for (;;) {
        memset(g, 0, sizeof *g);
        struct sdse_arch *arch = &g->arch;
        choose_space(seed, &g->space);
        make_layer(&state, &g->layer);
        if (g->space.padding_percent)
            g->layer.nest.bound[below(&state, SDSE_DIMS)] = 5;
        arch->clock_ghz = 1;
        for (int t = 0; t < SDSE_TENSORS; t++)
            arch->bits[t] = chance(&state, 50) ? 8 : 16;
        arch->partial_bits = arch->bits[SDSE_OUTPUTS] + 8 * below(&state, 2);
        arch->level_count = 2 + below(&state, 2);
        for (unsigned l = 0; l < arch->level_count; l++)
            make_level(&state, l, arch->level_count, &arch->level[l]);
        for (unsigned l = 0; l < arch->level_count; l++)
            if (chance(&state, 20))
                arch->level[l].partial_bits =
                    arch->bits[SDSE_OUTPUTS] + 8 * below(&state, 3);
        if (seed % 5 < 2)
            widen_sums(arch);
        if (seed % 4 == 1)
            make_widths(seed, arch);
        share_memory(&state, arch);
        arch->compute.cycles_per_mac = 1;
        arch->compute.pj_per_mac = given(1);
        g->dataflow.kinds = SDSE_BIT(SDSE_MAPPED_KINDS) - 1;
        g->dataflow.constraint_count = below(&state, 4);
        g->dataflow.constraints = g->constraint;
        for (size_t i = 0; i < g->dataflow.constraint_count; i++)
            make_constraint(&state, g, &g->constraint[i]);
        if (chance(&state, 8))
            make_rivals(&state, g);
        if (g->space.padding_percent && chance(&state, 60))
            make_padded(&state, g);
        arch->dataflows = &g->dataflow;
        arch->dataflow_count = 1;
        if (sdse_enumerate_count(arch, &g->layer, &g->space, MOST_MAPPINGS) <=
            MOST_MAPPINGS)
            return;
    }
}

// --- The truth ---

static uint64_t current_seed;
static jmp_buf first_found;

// A position of a shared memory that keeps nothing has no loops: not in the space.
static void stop(void *context, const struct sdse_mapping *mapping) {
    const struct sdse_arch *arch = *(const struct sdse_arch **)context;
    for (unsigned l = 0; l < arch->level_count; l++)
        if (arch->level[l].shares_memory && !mapping->keeps[l] &&
            mapping->level[l].temporal.count)
            return;
    longjmp(first_found, 1);
}

// Whether any mapping is valid, by trying all of them.
static bool any_mapping(const struct sdse_arch *arch, const struct generated *g) {
    const struct sdse_layer *layer = &g->layer;
    struct sdse_arena *volatile arena = sdse_arena_new();
    const struct sdse_weight_form raw = {0};
    struct sdse_model *model;
    assert_int_equal(sdse_model_new(arch, layer, &raw, arena, &model), SDSE_OK);
    volatile bool found = true;
    if (setjmp(first_found) == 0) {
        sdse_enumerate(arch, layer, model, &g->space, stop, &arch);
        found = false;
    }
    sdse_arena_free(arena);
    return found;
}

// --- Comparison ---

struct check {
    const struct generated *g;
    const struct sdse_problem *problem;
    struct sdse_feasibility *questions;
    struct sdse_arena *arena;
    unsigned long long changes, pairs, groups, singles;
};

static bool changed_admits(const struct check *check, struct sdse_change change) {
    const struct sdse_arch *arch =
        sdse_changed_arch(check->problem, &change, check->arena);
    assert_non_null(arch);
    return any_mapping(arch, check->g);
}

static void refuse(const struct check *check, const struct sdse_change *change,
                   const char *what) {
    (void)check;
    fail_msg("seed %llu: change %d of level %u, constraint %zu: %s",
             (unsigned long long)current_seed, (int)change->kind, change->level,
             change->constraint, what);
}

static double ratio(double a, double b) { return a > b ? a / b : b / a; }

// Nothing smaller than a change of a constraint's number or list admits a mapping.
static void check_constraint(const struct check *check,
                             const struct sdse_change *change) {
    const struct sdse_constraint *asked =
        &check->problem->rules.dataflow->constraints[change->constraint];
    struct sdse_change smaller = *change;
    if (asked->kind < SDSE_TEMPORAL_DIMS && asked->value != UINT64_MAX) {
        int d = 0;
        while (!(asked->dims >> d & 1u))
            d++;
        const bool floor =
            asked->kind == SDSE_FACTOR_AT_LEAST || asked->kind == SDSE_SPATIAL_AT_LEAST;
        const uint64_t bound = check->g->layer.nest.bound[d];
        const uint64_t from = floor && asked->value > bound ? bound : asked->value;
        smaller.kind = SDSE_CHANGE_VALUE;
        for (uint64_t value = 1; value <= bound; value++) {
            smaller.value = value;
            if (change->kind == SDSE_CHANGE_VALUE &&
                ratio((double)value, (double)from) >= change->measure)
                continue;
            if (changed_admits(check, smaller))
                refuse(check, change, "a nearer factor admits a mapping");
        }
    }
    if (change->kind == SDSE_CHANGE_DIMS) {
        for (unsigned dims = 1; dims < 256; dims++) {
            smaller.dims = dims & ~asked->dims;
            if (1 + __builtin_popcount(smaller.dims) < change->measure &&
                changed_admits(check, smaller))
                refuse(check, change, "fewer dims admit a mapping");
        }
    }
    if (change->kind == SDSE_CHANGE_FRACTION) {
        const struct sdse_level *level = &check->g->arch.level[change->level];
        smaller.fraction += 1.0 / (level->fanout_x * level->fanout_y);
        if (smaller.fraction < asked->fraction && changed_admits(check, smaller))
            refuse(check, change, "a larger fraction admits a mapping");
    }
}

static void check_change(struct check *check, const struct sdse_change *change) {
    check->changes++;
    if (!changed_admits(check, *change))
        refuse(check, change, "admits no mapping");
    struct sdse_change smaller = *change;
    smaller.value--;
    if ((change->kind == SDSE_CHANGE_CAPACITY || change->kind == SDSE_CHANGE_FANOUT) &&
        changed_admits(check, smaller))
        refuse(check, change, "one less admits a mapping");
    if (change->kind < SDSE_CHANGE_CAPACITY)
        check_constraint(check, change);
}

static const struct sdse_change *change_of(const struct sdse_relaxations *found,
                                           bool capacity, size_t index) {
    for (size_t i = 0; i < found->change_count; i++) {
        const struct sdse_change *change = &found->change[i];
        if (capacity
                ? change->kind == SDSE_CHANGE_CAPACITY && change->level == index
                : change->kind < SDSE_CHANGE_CAPACITY && change->constraint == index)
            return change;
    }
    return NULL;
}

// What is not named does not help.
static void check_others(const struct check *check,
                         const struct sdse_relaxations *found) {
    for (size_t i = 0; i < check->g->dataflow.constraint_count; i++) {
        const struct sdse_change drop = {.kind = SDSE_CHANGE_DROP, .constraint = i};
        if (!change_of(found, false, i) && changed_admits(check, drop))
            refuse(check, &drop, "is not named but admits a mapping");
    }
    for (unsigned l = 0; l < check->g->arch.level_count; l++) {
        const struct sdse_change open = {.kind = SDSE_CHANGE_CAPACITY, .level = l};
        if (check->g->arch.level[l].capacity_bits &&
            !check->g->arch.level[l].shares_memory && !change_of(found, true, l) &&
            changed_admits(check, open))
            refuse(check, &open, "is not named but admits a mapping");
        for (int axis = 0; axis < 2; axis++) {
            const struct sdse_level *level = &check->g->arch.level[l];
            const uint32_t fanout = axis ? level->fanout_y : level->fanout_x;
            bool named = false;
            for (size_t i = 0; i < found->change_count; i++)
                named |= found->change[i].kind == SDSE_CHANGE_FANOUT &&
                         found->change[i].level == l && found->change[i].axis == axis;
            const struct sdse_change wide = {.kind = SDSE_CHANGE_FANOUT,
                                             .level = l,
                                             .axis = axis,
                                             .value = (uint64_t)fanout * 16};
            if (!named && changed_admits(check, wide))
                refuse(check, &wide, "is not named but admits a mapping");
        }
    }
}

static void check_relaxations(struct check *check) {
    struct sdse_relaxations found;
    assert_true(sdse_find_relaxations(check->questions, &found));
    assert_true(found.changes_decided);
    for (size_t i = 0; i < found.change_count; i++) {
        check_change(check, &found.change[i]);
        assert_true(i == 0 || found.change[i].measure >= found.change[i - 1].measure);
        assert_true(found.change[i].measure >= 1);
    }
    check_others(check, &found);
}

static bool demands_admit(const struct check *check, const struct sdse_demand *demand,
                          size_t count) {
    const struct sdse_arch *arch =
        sdse_demanding_arch(check->problem, demand, count, check->arena);
    assert_non_null(arch);
    return any_mapping(arch, check->g);
}

static bool same(const struct sdse_demand *a, const struct sdse_demand *b) {
    return a->capacity == b->capacity &&
           (a->capacity ? a->level == b->level : a->constraint == b->constraint);
}

static bool is_named(const struct sdse_conflicts *found, const struct sdse_demand *a,
                     const struct sdse_demand *b) {
    for (size_t i = 0; i < found->pair_count; i++)
        if (same(&found->pair[i][0], a) && same(&found->pair[i][1], b))
            return true;
    return false;
}

static void check_pairs(struct check *check, const struct sdse_conflicts *found) {
    struct sdse_demand demand[8];
    size_t count = 0;
    for (size_t i = 0; i < check->g->dataflow.constraint_count; i++)
        demand[count++] = (struct sdse_demand){.constraint = i};
    for (unsigned l = 0; l < check->g->arch.level_count; l++)
        if (check->g->arch.level[l].capacity_bits &&
            !check->g->arch.level[l].shares_memory)
            demand[count++] = (struct sdse_demand){.capacity = true, .level = l};
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) {
            const struct sdse_demand both[2] = {demand[i], demand[j]};
            const bool contradict = demands_admit(check, both, 1) &&
                                    demands_admit(check, both + 1, 1) &&
                                    !demands_admit(check, both, 2);
            if (contradict != is_named(found, &both[0], &both[1]))
                fail_msg("seed %llu: demands %zu and %zu %scontradict",
                         (unsigned long long)current_seed, i, j,
                         contradict ? "" : "do not ");
        }
    }
}

static void check_conflicts(struct check *check) {
    struct sdse_conflicts found;
    assert_true(sdse_find_conflicts(check->questions, &found));
    assert_true(found.decided);
    check->pairs += found.pair_count;
    check->singles += found.single_count;
    check->groups += found.group_count > 0;
    check_pairs(check, &found);
    for (size_t i = 0; i < found.single_count; i++)
        assert_false(demands_admit(check, &found.single[i], 1));
    if (!found.group_count) {
        assert_true(found.single_count || found.pair_count);
        return;
    }
    assert_false(demands_admit(check, found.group, found.group_count));
    for (size_t i = 0; i < found.group_count; i++) {
        struct sdse_demand rest[8];
        size_t count = 0;
        for (size_t j = 0; j < found.group_count; j++)
            if (j != i)
                rest[count++] = found.group[j];
        assert_true(demands_admit(check, rest, count));
    }
}

static uint64_t problem_count = 1500, first_seed = 1;

// A problem for each choice of what levels keep; returns how many.
static size_t prepare_keeps(const struct sdse_variant_space *space,
                            struct sdse_arena *arena,
                            struct sdse_problem *plain[MOST_KEEPS]) {
    const struct sdse_weight_form raw = {0};
    struct sdse_variants variants;
    size_t count = 0;
    assert_int_equal(sdse_variants_list(space, arena, &variants), SDSE_OK);
    for (size_t i = 0; i < variants.count; i++) {
        if (variants.variant[i].padding.present)
            continue;
        assert_true(count < MOST_KEEPS);
        plain[count] = SDSE_ARENA_NEW(arena, struct sdse_problem);
        assert_int_equal(sdse_problem_init(plain[count++], space->arch, space->layer,
                                           &raw, &variants.variant[i], arena),
                         SDSE_OK);
    }
    return count;
}

static void check_one(const struct generated *g, struct check *check,
                      unsigned long long *none) {
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_variant_space space = {.arch = &g->arch,
                                             .layer = &g->layer,
                                             .free_bypass = g->space.free_bypass,
                                             .padding_percent =
                                                 g->space.padding_percent};
    struct sdse_problem *plain[MOST_KEEPS];
    const size_t plain_count = prepare_keeps(&space, arena, plain);
    struct sdse_problem *problem = plain[0];
    struct sdse_feasibility questions;
    sdse_feasibility_init(&questions, &space, plain, plain_count, EFFORT, arena);
    const bool any = any_mapping(&g->arch, g);
    const enum sdse_feasible answer = sdse_feasible(&questions, &g->arch);
    if (answer != (any ? SDSE_FEASIBLE : SDSE_INFEASIBLE))
        fail_msg("seed %llu: %s mapping exists", (unsigned long long)current_seed,
                 any ? "a" : "no");
    if (any) {
        struct sdse_mapping mapping;
        assert_int_equal(sdse_feasible_mapping(&questions, &mapping), SDSE_FEASIBLE);
        assert_int_equal(sdse_mapping_verdict(problem->model, &mapping, NULL),
                         SDSE_VALID);
        assert_true(sdse_enumerate_allows(&g->arch, &g->layer, &mapping));
    } else {
        ++*none;
        check->g = g;
        check->problem = problem;
        check->questions = &questions;
        check->arena = arena;
        check_relaxations(check);
        check_conflicts(check);
    }
    sdse_arena_free(arena);
}

static void test_agrees_with_enumeration(void **state) {
    (void)state;
    struct check check = {0};
    unsigned long long none = 0;
    for (uint64_t i = 0; i < problem_count; i++) {
        struct generated g;
        current_seed = first_seed + i;
        make_problem(current_seed, &g);
        check_one(&g, &check, &none);
    }
    assert_true(none > 0 && check.changes > 0 && check.pairs > 0);
    print_message("## refusals: %llu of %llu problems have no mapping: %llu changes, "
                  "%llu single demands, %llu pairs, %llu groups agree with "
                  "enumeration\n",
                  none, (unsigned long long)problem_count, check.changes, check.singles,
                  check.pairs, check.groups);
}

int main(int argc, char **argv) {
    if (argc > 1)
        problem_count = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_agrees_with_enumeration)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
