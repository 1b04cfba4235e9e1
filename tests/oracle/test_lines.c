// Problems that are solved as lines have the answers that each has by itself, to the
// last bit: on generated problems, each in a grid of two axes (a price, several prices
// together, a capacity, a bandwidth), in shuffled order, with everything kept from one
// grid to the next, against a search of its own and nothing kept for every problem.
//
//     test_lines [PROBLEMS [FIRST_SEED]]    (default 60 problems)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "oracle/support_lines.h"
#include "support/sanitized.h"

static uint64_t problem_count = SANITIZED ? 12 : 40, first_seed = 9600031;

static uint64_t draw(uint64_t *state, uint64_t below) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (*state >> 33) % below;
}

// ---- grids ----

enum axis { READ, LEVEL, MAC, LEAKAGE, HOP, ALL_PRICES, CAPACITY, BANDWIDTH, AXES };

static void scale(struct sdse_number *number, double by) {
    if (number->given)
        number->value *= by;
}

// The value of step `i` on an axis at a level.
static void move(struct sdse_arch *arch, enum axis axis, unsigned l, unsigned i) {
    struct sdse_level *level = &arch->level[l];
    const double by = axis < CAPACITY ? 0.02 + 0.7 * i : 0.25 * (i + 1);
    switch (axis) {
    case READ:
        scale(&level->read_pj, by);
        break;
    case LEVEL:
    case ALL_PRICES:
        for (unsigned k = 0; k < arch->level_count; k++) {
            if (axis == LEVEL && k != l)
                continue;
            scale(&arch->level[k].read_pj, by);
            scale(&arch->level[k].fill_pj, by);
            scale(&arch->level[k].update_pj, by);
        }
        break;
    case MAC:
        scale(&arch->compute.pj_per_mac, by);
        break;
    case LEAKAGE:
        level->leakage_mw = (struct sdse_number){.value = by, .given = true};
        break;
    case HOP:
        for (unsigned t = 0; t < SDSE_TENSORS; t++)
            for (unsigned k = 0; k < arch->level_count; k++)
                scale(&arch->level[k].network[t].hop_pj_per_bit, by);
        break;
    case CAPACITY:
        level->capacity_bits = level->capacity_bits * (2 + i) / 2;
        break;
    case BANDWIDTH:
        scale(&level->read_bits_per_cycle, by);
        scale(&level->shared_bits_per_cycle, by);
        break;
    default:
        break;
    }
}

// Prices of few digits: different counts cost the same now and then.
static void simplify(struct sdse_arch *arch) {
    for (unsigned l = 0; l < arch->level_count; l++) {
        arch->level[l].read_pj.value = 1 + l % 2;
        arch->level[l].fill_pj.value = 1 + l % 2;
        arch->level[l].update_pj.value = 1;
    }
}

struct grid {
    size_t count;
    struct sdse_layer_problem *problem;
};

static struct grid make_grid(uint64_t seed, struct sdse_arena *arena) {
    enum { MOST = 18 };
    uint64_t random = seed;
    const enum axis axis[2] = {(enum axis)draw(&random, AXES),
                               (enum axis)draw(&random, AXES)};
    const unsigned length[2] = {4 + (unsigned)draw(&random, 6),
                                1 + (unsigned)draw(&random, 2)};
    const uint64_t at[2] = {draw(&random, 4), draw(&random, 4)};
    struct grid grid = {.problem =
                            SDSE_ARENA_ARRAY(arena, struct sdse_layer_problem, MOST)};
    for (unsigned i = 0; i < length[0]; i++)
        for (unsigned j = 0; j < length[1]; j++) {
            struct sdse_generated_problem *made =
                SDSE_ARENA_NEW(arena, struct sdse_generated_problem);
            sdse_make_problem(seed, false, made);
            if (seed % 2)
                simplify(&made->arch);
            move(&made->arch, axis[0], (unsigned)(at[0] % made->arch.level_count), i);
            move(&made->arch, axis[1], (unsigned)(at[1] % made->arch.level_count), j);
            grid.problem[grid.count++] = sdse_line_problem(seed, made, arena);
        }
    return grid;
}

// ---- both ways ----

static const struct sdse_sweep_mapper mapper;

static void lines_answer_as_problems_do(void **state) {
    (void)state;
    struct sdse_solver solver;
    assert_true(sdse_solver_init(&solver));
    size_t problems = 0, taken = 0, hints = 0;
    for (uint64_t seed = first_seed; seed < first_seed + problem_count; seed++) {
        struct sdse_arena *arena = sdse_arena_new();
        const struct grid grid = make_grid(seed, arena);
        struct sdse_layer_problem *open[32];
        struct sdse_layer_problem alone[32];
        struct sdse_line lines[32];
        uint64_t random = seed + 1;
        for (size_t i = 0; i < grid.count; i++) {
            alone[i] = sdse_line_alone(&grid.problem[i], &mapper, arena);
            const size_t other = (size_t)draw(&random, i + 1); // shuffled
            open[i] = open[other];
            open[other] = &grid.problem[i];
        }
        const size_t count = sdse_lines_list(open, grid.count, lines);
        size_t lined = 0;
        for (size_t i = 0; i < count; i++) {
            sdse_line_solve(&lines[i], &solver, &mapper, NULL);
            lined += lines[i].count;
        }
        assert_int_equal(lined, grid.count);
        for (size_t i = 0; i < grid.count; i++) {
            sdse_line_compare(&alone[i], &grid.problem[i], seed);
            taken += grid.problem[i].state == SDSE_LAYER_PROBLEM_SOLVED &&
                     grid.problem[i].nodes == 0;
            hints += grid.problem[i].hint != NULL;
            problems++;
        }
        sdse_arena_reset(solver.answers);
        sdse_arena_free(arena);
    }
    print_message("%zu problems, %zu of them from their neighbours, %zu hints\n",
                  problems, taken, hints);
    assert_true(taken > problems / 8);
    assert_true(hints > 0);
    sdse_solver_free(&solver);
}

int main(int argc, char **argv) {
    if (argc > 1)
        problem_count = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines_answer_as_problems_do)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
