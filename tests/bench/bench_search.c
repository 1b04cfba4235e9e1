// How much of a known front a search finds: grids of 10^5 designs that are known as a
// whole, and searched as a sweep would through dse/search/search.h, with ten seeds
// each.
//   bench_search [EVALUATIONS [SWEEP.yaml RESULTS.db]...]
// The share is of the grid's exact hypervolume below the grid's worst values.
// SWEEP.yaml enumerates a grid (without `search`), RESULTS.db has all of its points.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dse/sweep/searching.h"
#include "results/look/pareto.h"
#include "results/store/store.h"

enum { SEEDS = 10, OBJECTIVES = 3, STEPS = 4 };

struct grid {
    const char *name;
    struct sdse_search_space space;
    uint64_t designs;
    unsigned objectives;
    double (*value)[OBJECTIVES]; // [designs], by sdse_search_number; NAN: infeasible
    double reference[OBJECTIVES];
    double volume;
    size_t front_count;
};

static void fail(const char *what) {
    fprintf(stderr, "bench_search: %s\n", what);
    exit(1);
}

static void *must(void *made) {
    if (!made)
        fail("out of memory");
    return made;
}

// --- Volumes ---

static double volume_of(const struct grid *grid, const double *v, size_t count,
                        size_t *front_count) {
    size_t *front = must(calloc(count + 1, sizeof *front));
    double volume = 0;
    if (sdse_pareto_front(v, count, grid->objectives, front, front_count) ||
        sdse_pareto_hypervolume(v, grid->objectives, front, *front_count,
                                grid->reference, &volume))
        fail("out of memory");
    free(front);
    return volume;
}

static void know_all(struct grid *grid) {
    double *v = must(calloc((size_t)grid->designs * grid->objectives, sizeof *v));
    size_t count = 0;
    for (unsigned k = 0; k < grid->objectives; k++)
        grid->reference[k] = -HUGE_VAL;
    for (size_t i = 0; i < grid->designs; i++) {
        if (!isfinite(grid->value[i][0]))
            continue;
        for (unsigned k = 0; k < grid->objectives; k++) {
            v[count * grid->objectives + k] = grid->value[i][k];
            grid->reference[k] = fmax(grid->reference[k], grid->value[i][k]);
        }
        count++;
    }
    grid->volume = volume_of(grid, v, count, &grid->front_count);
    free(v);
}

// --- Searches ---

// Shares after an eighth, a quarter, a half and all of the evaluations.
static void search_once(const struct grid *grid, enum sdse_search_method method,
                        uint64_t seed, uint64_t evaluations, double share[STEPS]) {
    const struct sdse_search_setting setting = {method, seed, evaluations, 64,
                                                grid->objectives};
    struct sdse_search *search;
    if (sdse_search_new(&grid->space, &setting, &search))
        fail("out of memory");
    double *v = must(calloc((size_t)evaluations * grid->objectives, sizeof *v));
    uint64_t *value = must(calloc(grid->space.axis_count, sizeof *value));
    size_t count = 0, front_count, step = 0;
    const uint64_t total = sdse_search_total(search);
    for (uint64_t i = 1; i <= total; i++) {
        if (sdse_search_ask(search, value))
            fail("out of memory");
        const double *found = grid->value[sdse_search_number(&grid->space, value)];
        struct sdse_search_score score = {{0}, isfinite(found[0]) ? 0 : HUGE_VAL};
        for (unsigned k = 0; score.violation == 0 && k < grid->objectives; k++)
            score.value[k] = v[count * grid->objectives + k] = found[k];
        count += score.violation == 0;
        sdse_search_tell(search, &score);
        if (step < STEPS && i == total >> (STEPS - 1 - step))
            share[step++] = volume_of(grid, v, count, &front_count) / grid->volume;
    }
    free(v);
    free(value);
    sdse_search_free(search);
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void compare(const struct grid *grid, uint64_t evaluations) {
    static const char *const names[] = {"random", "sobol", "nsga2"};
    printf("\n%s: %llu designs, %zu on the front of %u objectives\n\n", grid->name,
           (unsigned long long)grid->designs, grid->front_count, grid->objectives);
    printf("| method | after %llu | %llu | %llu | %llu: median | least | greatest |\n"
           "|---|---|---|---|---|---|---|\n",
           (unsigned long long)evaluations / 8, (unsigned long long)evaluations / 4,
           (unsigned long long)evaluations / 2, (unsigned long long)evaluations);
    for (int m = 0; m < 3; m++) {
        double share[STEPS][SEEDS];
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            double of_seed[STEPS] = {0};
            search_once(grid, (enum sdse_search_method)m, seed, evaluations, of_seed);
            for (size_t s = 0; s < STEPS; s++)
                share[s][seed - 1] = of_seed[s];
        }
        printf("| %s |", names[m]);
        for (size_t s = 0; s < STEPS; s++) {
            qsort(share[s], SEEDS, sizeof(double), by_value);
            printf(" %.2f %% |", 50 * (share[s][SEEDS / 2 - 1] + share[s][SEEDS / 2]));
        }
        printf(" %.2f %% | %.2f %% |\n", 100 * share[STEPS - 1][0],
               100 * share[STEPS - 1][SEEDS - 1]);
    }
}

// --- Formulas: 100 x 10 x 10 x 10 ---

static const struct sdse_search_axis formula_axes[] = {
    {1, false, 0}, {100, true, 0}, {10, true, 0}, {10, true, 0}, {10, true, 0}};

// ZDT3's front in five pieces (Zitzler, Deb, Thiele, Evol. Comput. 8(2), 2000). The
// other axes have their best value inside.
static void pieces(const uint64_t *x, double *f) {
    const double pi = 3.14159265358979323846, first = (double)x[1] / 99;
    double g = 1;
    for (int i = 2; i < 5; i++)
        g += 3 * fabs((double)x[i] - 1 - 2 * i) / 9;
    f[0] = first;
    f[1] = g * (2 - sqrt(first / g) - first / g * sin(10 * pi * first));
}

// Deceptive as ZDT5 is: on each other axis all slopes lead to the last value, and the
// best is the first.
static void traps(const uint64_t *x, double *f) {
    double g = 1;
    for (int i = 2; i < 5; i++)
        g += x[i] == 0 ? 0 : 1 + (double)(9 - x[i]) / 3;
    f[0] = 1 + (double)x[1];
    f[1] = 10 * g / f[0];
}

// Three objectives on a sphere (DTLZ2), with the distance as a fourth axis' business.
static void sphere(const uint64_t *x, double *f) {
    const double half_pi = 1.57079632679489661923;
    const double a = half_pi * (double)x[1] / 99, b = half_pi * (double)x[2] / 9;
    double g = 1;
    for (int i = 3; i < 5; i++)
        g += fabs((double)x[i] - 4) / 3;
    f[0] = g * cos(a) * cos(b);
    f[1] = g * cos(a) * sin(b);
    f[2] = g * sin(a);
}

static void search_formula(const char *name, unsigned objectives,
                           void (*formula)(const uint64_t *, double *),
                           uint64_t evaluations) {
    struct grid grid = {
        .name = name, .space = {5, formula_axes}, .objectives = objectives};
    sdse_search_designs(&grid.space, &grid.designs);
    grid.value = must(calloc((size_t)grid.designs, sizeof *grid.value));
    for (uint64_t i = 0; i < grid.designs; i++) {
        uint64_t x[5];
        sdse_search_design(&grid.space, i, x);
        formula(x, grid.value[i]);
    }
    know_all(&grid);
    compare(&grid, evaluations);
    free(grid.value);
}

// --- Sweeps ---

static void load_values(struct grid *grid, const struct sdse_plan *plan,
                        const char *database, struct sdse_arena *arena,
                        struct sdse_diags *diags) {
    enum { WINDOW = 1000 };
    struct sdse_store *store;
    if (sdse_store_open(database, SDSE_MODEL_VERSION, diags, &store))
        fail("cannot read the database");
    struct sdse_point_figures *figures =
        must(calloc((size_t)plan->point_count, sizeof *figures));
    bool *there = must(calloc((size_t)plan->point_count, sizeof *there));
    for (uint64_t first = 0; first < plan->point_count; first += WINDOW) {
        const uint64_t left = plan->point_count - first;
        if (sdse_store_load_places(store, plan->hash, first,
                                   left < WINDOW ? (size_t)left : WINDOW, 0,
                                   there + first, figures + first))
            fail("cannot read the points");
    }
    sdse_store_close(store);
    uint64_t *value = must(SDSE_ARENA_ARRAY(arena, uint64_t, grid->space.axis_count));
    for (uint64_t i = 0; i < grid->designs; i++) {
        sdse_search_design(&grid->space, i, value);
        const uint64_t design = sdse_plan_design_of(plan, 0, value);
        if (!there[design])
            fail("the database lacks points of the sweep");
        const struct sdse_point_figures *of = &figures[design];
        grid->value[i][0] = of->status == SDSE_POINT_OK ? of->energy_pj : (double)NAN;
        grid->value[i][1] = of->latency_cycles;
        grid->value[i][2] = of->area_mm2;
    }
    free(figures);
    free(there);
}

static void search_sweep(const char *sweep, const char *database,
                         uint64_t evaluations) {
    struct sdse_arena *arena = must(sdse_arena_new());
    struct sdse_diags diags;
    struct sdse_plan *plan;
    sdse_diags_init(&diags, arena);
    if (sdse_plan_load(arena, sweep, true, NULL, &diags, &plan))
        fail("cannot load the sweep");
    struct grid grid = {.objectives = OBJECTIVES, .name = plan->sweep->name};
    if (sdse_plan_space(plan, arena, &grid.space))
        fail("out of memory");
    sdse_search_designs(&grid.space, &grid.designs);
    grid.value = must(calloc((size_t)grid.designs, sizeof *grid.value));
    load_values(&grid, plan, database, arena, &diags);
    know_all(&grid);
    compare(&grid, evaluations);
    grid.objectives = 2; // energy and latency alone
    know_all(&grid);
    compare(&grid, evaluations);
    free(grid.value);
    sdse_plan_free(plan);
    sdse_arena_free(arena);
}

int main(int argc, char **argv) {
    const uint64_t evaluations = argc > 1 ? strtoull(argv[1], NULL, 10) : 5000;
    if (evaluations < 8 || (argc > 1 && argc % 2)) {
        fputs("usage: bench_search [EVALUATIONS [SWEEP.yaml RESULTS.db]...]\n", stderr);
        return 2;
    }
    search_formula("front in pieces", 2, pieces, evaluations);
    search_formula("traps", 2, traps, evaluations);
    search_formula("sphere", 3, sphere, evaluations);
    for (int i = 2; i + 1 < argc; i += 2)
        search_sweep(argv[i], argv[i + 1], evaluations);
    return 0;
}
