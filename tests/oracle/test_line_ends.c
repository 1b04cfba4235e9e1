// What the ends of a line must have in common for what lies between to be theirs: lines
// of three problems whose ends differ in one respect alone, and the middle in more.
// Which problems form a line.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "oracle/support_lines.h"

enum axis { PRICES, LIMITS };

static uint64_t draw(uint64_t *state, uint64_t below) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (*state >> 33) % below;
}

// Moves a number of the far end, and half of it, or all or nothing, of the middle.
static void part(enum axis axis, uint64_t *random, double *middle, double *far) {
    static const double factors[2][4] = {{1, 0.05, 3, 20}, {1, 1, 2, 4}};
    const double near = *far;
    *far *= factors[axis][draw(random, 4)];
    *middle = axis == PRICES ? (near + *far) / 2 : draw(random, 2) ? *far : near;
}

// The seeds below are those of problems whose memories have no widths, accesses and
// ports for sums of their own.
static void make_plain(uint64_t seed, struct sdse_generated_problem *problem) {
    sdse_make_problem(seed, false, problem);
    for (unsigned l = 0; l < problem->arch.level_count; l++) {
        struct sdse_level *level = &problem->arch.level[l];
        level->least_read_bits = level->least_write_bits = 0;
        for (unsigned t = 0; t < SDSE_TENSORS; t++)
            level->word_bits[t] = 0;
        for (unsigned p = SDSE_PORT_READ; p <= SDSE_PORT_WRITE; p++)
            level->own_bits_per_cycle[p][SDSE_PORT_UP].given = false;
    }
}

// A problem of a seed and two of its like, the second between the others.
static void make_three(uint64_t seed, enum axis axis, struct sdse_arena *arena,
                       struct sdse_layer_problem *three) {
    struct sdse_generated_problem *made[3];
    uint64_t random = seed;
    for (size_t i = 0; i < 3; i++) {
        made[i] = SDSE_ARENA_NEW(arena, struct sdse_generated_problem);
        make_plain(seed, made[i]);
    }
    for (unsigned l = 0; l < made[0]->arch.level_count; l++) {
        struct sdse_level *b = &made[1]->arch.level[l], *c = &made[2]->arch.level[l];
        if (axis == PRICES) {
            part(axis, &random, &b->read_pj.value, &c->read_pj.value);
            part(axis, &random, &b->fill_pj.value, &c->fill_pj.value);
            part(axis, &random, &b->update_pj.value, &c->update_pj.value);
            continue;
        }
        double capacity = (double)c->capacity_bits, middle;
        part(axis, &random, &middle, &capacity);
        b->capacity_bits = (uint64_t)middle;
        c->capacity_bits = (uint64_t)capacity;
        part(axis, &random, &b->read_bits_per_cycle.value,
             &c->read_bits_per_cycle.value);
        part(axis, &random, &b->write_bits_per_cycle.value,
             &c->write_bits_per_cycle.value);
        part(axis, &random, &b->shared_bits_per_cycle.value,
             &c->shared_bits_per_cycle.value);
    }
    for (size_t i = 0; i < 3; i++)
        three[i] = sdse_line_problem(seed, made[i], arena);
}

// In what the answers of two ends differ, as far as both go.
enum { ENERGY = 1, LATENCY = 2, MAPPINGS = 4, FEWER = 8, MORE = 16, STATE = 32 };

static unsigned difference(const struct sdse_layer_problem *a,
                           const struct sdse_layer_problem *b) {
    unsigned found = (a->state != b->state ? STATE : 0u) |
                     (a->count < b->count ? FEWER : 0u) |
                     (a->count > b->count ? MORE : 0u);
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        const struct sdse_tradeoff *of_a = &a->elements[i], *of_b = &b->elements[i];
        found |= of_a->energy_pj != of_b->energy_pj ? ENERGY : 0u;
        found |= of_a->latency_cycles != of_b->latency_cycles ? LATENCY : 0u;
        found |= strcmp(a->mappings[i], b->mappings[i]) != 0 ? MAPPINGS : 0u;
    }
    return found;
}

struct line_of_three {
    struct sdse_arena *arena;
    struct sdse_layer_problem problem[3], *in_order[3], alone[3];
    struct sdse_line line;
    struct sdse_solver solver;
};

static void solve_both_ways(uint64_t seed, enum axis axis,
                            const struct sdse_sweep_mapper *mapper,
                            struct line_of_three *t) {
    t->arena = sdse_arena_new();
    make_three(seed, axis, t->arena, t->problem);
    for (size_t i = 0; i < 3; i++)
        t->in_order[i] = &t->problem[(i + 1) % 3];
    struct sdse_line lines[3];
    assert_int_equal(sdse_lines_list(t->in_order, 3, lines), 1);
    t->line = lines[0];
    assert_int_equal(t->line.count, 3);
    for (size_t i = 0; i < 3; i++)
        t->alone[i] = sdse_line_alone(t->in_order[i], mapper, t->arena);
    assert_true(sdse_solver_init(&t->solver));
    sdse_line_solve(&t->line, &t->solver, mapper, NULL);
    for (size_t i = 0; i < 3; i++)
        assert_null(t->in_order[i]->found);
}

static void end(struct line_of_three *t) {
    sdse_solver_free(&t->solver);
    sdse_arena_free(t->arena);
}

static bool is_taken(const struct sdse_layer_problem *problem) {
    return problem->state == SDSE_LAYER_PROBLEM_SOLVED && problem->nodes == 0;
}

static void ends_that_differ_say_nothing(void **state) {
    (void)state;
    static const struct {
        enum axis axis;
        uint64_t seed;
        unsigned ends, middle; // from the first
    } lines[] = {
        {PRICES, 36, ENERGY | MAPPINGS, ENERGY | MAPPINGS},
        {PRICES, 252, ENERGY | MAPPINGS, ENERGY | MAPPINGS},
        {LIMITS, 1013, MAPPINGS, MAPPINGS},
        {LIMITS, 977, FEWER, FEWER},
        {LIMITS, 2696, FEWER, FEWER},
        {LIMITS, 2548, LATENCY, LATENCY | FEWER},
        {LIMITS, 64345, LATENCY, LATENCY | MORE},
        {LIMITS, 6496, ENERGY, ENERGY},
        {LIMITS, 385, STATE | FEWER, STATE | FEWER},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct line_of_three t;
        solve_both_ways(lines[i].seed, lines[i].axis, &(struct sdse_sweep_mapper){0},
                        &t);
        assert_int_equal(difference(&t.alone[0], &t.alone[2]), lines[i].ends);
        assert_int_equal(difference(&t.alone[0], &t.alone[1]), lines[i].middle);
        for (size_t k = 0; k < 3; k++)
            sdse_line_compare(&t.alone[k], t.in_order[k], lines[i].seed);
        assert_false(is_taken(t.in_order[1]));
        end(&t);
    }
}

struct seeded {
    enum axis axis;
    uint64_t seed;
};

static void ends_that_agree_say_all(void **state) {
    (void)state;
    static const struct seeded lines[] = {
        {PRICES, 4}, {PRICES, 34}, {LIMITS, 10}, {LIMITS, 23}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct line_of_three t;
        solve_both_ways(lines[i].seed, lines[i].axis, &(struct sdse_sweep_mapper){0},
                        &t);
        for (size_t k = 0; k < 3; k++)
            sdse_line_compare(&t.alone[k], t.in_order[k], lines[i].seed);
        assert_true(is_taken(t.in_order[1]));
        end(&t);
    }
}

static void ends_without_a_mapping_say_nothing(void **state) {
    (void)state;
    struct line_of_three t;
    solve_both_ways(5, LIMITS, &(struct sdse_sweep_mapper){0}, &t);
    for (size_t k = 0; k < 3; k++) {
        assert_int_equal(t.in_order[k]->state, SDSE_LAYER_PROBLEM_NO_MAPPING);
        sdse_line_compare(&t.alone[k], t.in_order[k], 5);
    }
    end(&t);
}

// Ends that a time limit left unproved agree, and pass nothing on as proved.
static void ends_that_are_not_proved_say_nothing(void **state) {
    (void)state;
    static const struct seeded lines[] = {{PRICES, 4}, {LIMITS, 996}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct line_of_three t;
        solve_both_ways(lines[i].seed, lines[i].axis,
                        &(struct sdse_sweep_mapper){.seconds = 1e-9}, &t);
        assert_true(difference(t.in_order[0], t.in_order[2]) <= ENERGY);
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(t.in_order[k]->proof, SDSE_PROOF_LIMIT);
        end(&t);
    }
}

// Which of several variants is met first depends on what they cost.
static void ends_of_several_variants_say_nothing(void **state) {
    (void)state;
    static const struct seeded lines[] = {{PRICES, 4}, {LIMITS, 10}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct line_of_three t;
        solve_both_ways(lines[i].seed, lines[i].axis,
                        &(struct sdse_sweep_mapper){.free_bypass = true}, &t);
        assert_true(difference(&t.alone[0], &t.alone[2]) <= ENERGY);
        for (size_t k = 0; k < 3; k++)
            sdse_line_compare(&t.alone[k], t.in_order[k], lines[i].seed);
        assert_true(t.in_order[1]->variants > 1);
        assert_false(is_taken(t.in_order[1]));
        end(&t);
    }
}

// ---- which problems form a line ----

// An accelerator as its text says it, with two prices and a capacity.
static struct sdse_alike *priced(struct sdse_arena *arena, const char *name,
                                 unsigned read, unsigned mac, unsigned bits) {
    struct sdse_alike *alike = sdse_alike_of(
        sdse_arena_printf(arena,
                          "name: %s\nread_pj: %u\npj_per_mac: %u\ncapacity_bits: %u\n",
                          name, read, mac, bits),
        arena);
    assert_non_null(alike);
    return alike;
}

enum { MOST = 200 };

// Lists problems from the last to the first, and says how long the lines are.
static char *lengths(struct sdse_arena *arena, struct sdse_layer_problem *problems,
                     size_t count) {
    struct sdse_layer_problem *open[MOST];
    struct sdse_line lines[MOST];
    for (size_t i = 0; i < count; i++) {
        problems[i].hash = (struct sdse_hash){1, i};
        open[i] = &problems[count - 1 - i];
    }
    char *text = sdse_arena_strdup(arena, "");
    const size_t listed = sdse_lines_list(open, count, lines);
    for (size_t i = 0; i < listed; i++)
        text = sdse_arena_printf(arena, "%s %zu", text, lines[i].count);
    return text;
}

static void lines_are_of_one_question(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_layer_problem problems[MOST] = {{.reason = NULL}};
    // Prices rise on through both: 1 2 3 of one layer, 4 5 6 of another.
    for (unsigned i = 0; i < 6; i++) {
        problems[i].alike = priced(arena, "a", i + 1, i + 1, 8);
        problems[i].question = (struct sdse_hash){0, i / 3};
    }
    assert_string_equal(lengths(arena, problems, 6), " 3 3");
    problems[1].question.low = problems[2].question.low = 2; // the first is alone
    assert_string_equal(lengths(arena, problems, 6), " 1 3 2");
    sdse_arena_free(arena);
}

static void lines_are_of_one_kind_of_accelerator(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_layer_problem problems[MOST] = {{.reason = NULL}};
    for (unsigned i = 0; i < 4; i++)
        problems[i].alike = priced(arena, i % 2 ? "a" : "b", i + 1, i + 1, 8);
    assert_string_equal(lengths(arena, problems, 4), " 2 2");
    assert_string_equal(lengths(arena, problems, 2), " 1 1");
    problems[0].alike = problems[2].alike = NULL; // those are solved by themselves
    assert_string_equal(lengths(arena, problems, 4), " 1 1 2");
    sdse_arena_free(arena);
}

static void lines_go_one_way(void **state) {
    (void)state;
    static const struct {
        unsigned number[4][3]; // read_pj, pj_per_mac, capacity_bits
        const char *lengths;
    } cases[] = {
        {{{1, 1, 8}, {2, 2, 8}, {3, 3, 8}, {9, 9, 8}}, " 4"},
        {{{1, 1, 8}, {2, 2, 8}, {3, 4, 8}, {4, 6, 8}}, " 2 2"},
        {{{1, 1, 8}, {1, 1, 9}, {1, 1, 15}, {1, 1, 64}}, " 4"},
        {{{1, 1, 8}, {2, 2, 8}, {3, 3, 8}, {3, 3, 9}}, " 3 1"},
        {{{1, 1, 8}, {1, 1, 9}, {1, 1, 10}, {2, 2, 10}}, " 3 1"},
        {{{1, 1, 8}, {1, 1, 9}, {2, 2, 9}, {3, 3, 9}}, " 2 2"},
    };
    struct sdse_arena *arena = sdse_arena_new();
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct sdse_layer_problem problems[MOST] = {{.reason = NULL}};
        for (size_t i = 0; i < 4; i++) {
            const unsigned *number = cases[c].number[i];
            problems[i].alike = priced(arena, "a", number[0], number[1], number[2]);
        }
        assert_string_equal(lengths(arena, problems, 4), cases[c].lengths);
    }
    sdse_arena_free(arena);
}

static void lines_are_no_longer_than_said(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_layer_problem problems[MOST] = {{.reason = NULL}};
    for (unsigned i = 0; i < 2 * SDSE_LINE_PROBLEMS + 3; i++)
        problems[i].alike = priced(arena, "a", i + 1, 1, 8);
    assert_string_equal(lengths(arena, problems, 2 * SDSE_LINE_PROBLEMS + 3),
                        " 65 65 3");
    assert_string_equal(lengths(arena, problems, 0), "");
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_that_differ_say_nothing),
        cmocka_unit_test(ends_that_agree_say_all),
        cmocka_unit_test(ends_without_a_mapping_say_nothing),
        cmocka_unit_test(ends_that_are_not_proved_say_nothing),
        cmocka_unit_test(ends_of_several_variants_say_nothing),
        cmocka_unit_test(lines_are_of_one_question),
        cmocka_unit_test(lines_are_of_one_kind_of_accelerator),
        cmocka_unit_test(lines_go_one_way),
        cmocka_unit_test(lines_are_no_longer_than_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
