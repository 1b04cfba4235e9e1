// The mapper against the first one (tests/first_mapper) on the layer problems of whole
// sweeps: CPU time for the front of every distinct (accelerator, layer, form), each
// problem through both in turn.
//
//     bench_first_mapper [-k EVERY] [-n] [-v] [SWEEP...]
//
// -k takes every EVERY-th problem only; -n leaves the first mapper out; -v prints every
// problem. Without sweeps: those of scripts/demo. Measured forms are declared at the
// density they are decomposed to. Fails if a front differs.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dse/forms.h"
#include "dse/layer_problem.h"
#include "dse/mapper.h"
#include "dse/plan.h"
#include "first_mapper/first_mapper.h"

struct options {
    size_t every;
    bool now_only, verbose;
};

struct tally {
    char title[128];
    size_t problems, points;
    double now_s, first_s, slowest_s;
    unsigned long long now_nodes, first_nodes;
};

enum { MOST_TALLIES = 64 };

struct bench {
    struct options options;
    struct sdse_arena *arena;
    struct sdse_layer_problem_table *table;
    size_t tally_count, seen, different;
    struct tally tally[MOST_TALLIES];
};

static bool same_front(const struct sdse_map_answer *now,
                       const struct first_answer *first) {
    if (now->point_count != first->count)
        return false;
    for (size_t i = 0; i < first->count; i++) {
        const struct sdse_totals *a = &now->point[i].totals, *b = &first->totals[i];
        if (fabs(a->energy_pj - b->energy_pj) > 1e-9 * b->energy_pj ||
            a->latency_cycles != b->latency_cycles)
            return false;
    }
    return true;
}

// Of this process: other programs on the machine count less.
static double cpu_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void solve(struct bench *bench, const struct sdse_arch *arch,
                  const struct sdse_layer *layer, const struct sdse_weight_form *form,
                  struct tally *tally) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_map_answer now;
    struct first_answer first = {.count = 0};
    const struct sdse_map_request request = {
        .arch = arch, .layer = layer, .form = form, .objective = SDSE_MAP_FRONT};
    const double before = cpu_seconds();
    const enum sdse_status status = sdse_map(&request, arena, &now);
    const double between = cpu_seconds();
    const enum sdse_status first_status =
        bench->options.now_only
            ? status
            : first_mapper_solve(arch, layer, form, FIRST_FRONT, arena, &first);
    const double now_s = between - before, first_s = cpu_seconds() - between;
    if (status != SDSE_OK || first_status != SDSE_OK) {
        printf("  %s: %s, %s\n", layer->name, sdse_status_text(status),
               sdse_status_text(first_status));
        bench->different++;
        sdse_arena_free(arena);
        return;
    }
    tally->problems++;
    tally->points += now.point_count;
    tally->now_s += now_s;
    tally->first_s += first_s;
    tally->now_nodes += now.nodes;
    tally->first_nodes += first.nodes;
    tally->slowest_s = fmax(tally->slowest_s, now_s);
    if (!bench->options.now_only && !same_front(&now, &first)) {
        printf("  %s on %s: the fronts differ\n", layer->name, arch->name);
        bench->different++;
    }
    if (bench->options.verbose)
        printf("  %-14s %-26s %-9s %3zu points %9.4f s  first %9.4f s  %10llu nodes "
               "%9llu evaluations\n",
               arch->name, layer->name, form->smartdeal ? "smartdeal" : "raw",
               now.point_count, now_s, first_s, (unsigned long long)now.nodes,
               (unsigned long long)now.evaluations);
    sdse_arena_free(arena);
}

static struct tally *tally_of(struct bench *bench, const char *sweep,
                              const char *network, const char *arch, bool smartdeal) {
    char title[sizeof bench->tally[0].title];
    snprintf(title, sizeof title, "%-11s %-14s %-14s %-9s", sweep, network, arch,
             smartdeal ? "smartdeal" : "raw");
    for (size_t i = 0; i < bench->tally_count; i++)
        if (strcmp(bench->tally[i].title, title) == 0)
            return &bench->tally[i];
    if (bench->tally_count == MOST_TALLIES)
        return &bench->tally[MOST_TALLIES - 1];
    struct tally *tally = &bench->tally[bench->tally_count++];
    memset(tally, 0, sizeof *tally);
    memcpy(tally->title, title, sizeof title);
    return tally;
}

static void solve_point(struct bench *bench, const struct sdse_plan *plan,
                        const struct sdse_point *point) {
    const struct sdse_variant *variant = &plan->variants[point->variant];
    const struct sdse_workload *workload = plan->networks[point->network].workload;
    struct sdse_form_setting setting = plan->forms[point->form].form->setting;
    if (setting.measured && setting.threshold_kind == SDSE_FORM_SPARSITY)
        setting.density = setting.row_density = 1 - setting.threshold;
    for (size_t i = 0; i < workload->layer_count; i++) {
        struct sdse_weight_form form;
        sdse_layer_form_declare(&workload->layers[i], &setting, &form);
        bool fresh;
        const struct sdse_layer_problem *problem =
            sdse_layer_problem_get(bench->table, variant->arch, variant->hash,
                                   &workload->layers[i], &form, &fresh);
        if (!problem || !fresh || bench->seen++ % bench->options.every)
            continue;
        solve(bench, variant->arch, &workload->layers[i], &form,
              tally_of(bench, plan->sweep->name, workload->name, variant->arch->name,
                       form.smartdeal));
    }
}

static void print_tally(const struct tally *tally, bool now_only) {
    printf("%s", now_only ? "" : "ratio ");
    if (!now_only)
        printf("%6.2f  ", tally->first_s / tally->now_s);
    printf("%s %4zu problems %5zu points  now %8.3f s (slowest %6.3f) %11llu nodes",
           tally->title, tally->problems, tally->points, tally->now_s, tally->slowest_s,
           tally->now_nodes);
    if (!now_only)
        printf("   first %8.3f s %12llu nodes", tally->first_s, tally->first_nodes);
    putchar('\n');
}

static bool run(struct bench *bench, const char *sweep) {
    struct sdse_diags diags;
    sdse_diags_init(&diags, bench->arena);
    struct sdse_plan *plan;
    if (sdse_plan_load(bench->arena, sweep, &diags, &plan) != SDSE_OK) {
        sdse_diags_print(&diags, stderr, false);
        return false;
    }
    bench->tally_count = 0;
    for (size_t i = 0; i < plan->point_count; i++)
        solve_point(bench, plan, &plan->points[i]);
    struct tally all = {.problems = 0};
    snprintf(all.title, sizeof all.title, "%-51s", plan->sweep->name);
    for (size_t i = 0; i < bench->tally_count; i++) {
        const struct tally *tally = &bench->tally[i];
        print_tally(tally, bench->options.now_only);
        all.problems += tally->problems;
        all.points += tally->points;
        all.now_s += tally->now_s;
        all.first_s += tally->first_s;
        all.now_nodes += tally->now_nodes;
        all.first_nodes += tally->first_nodes;
        all.slowest_s = fmax(all.slowest_s, tally->slowest_s);
    }
    print_tally(&all, bench->options.now_only);
    return true;
}

int main(int argc, char **argv) {
    struct bench *bench = calloc(1, sizeof *bench);
    struct sdse_arena *arena = sdse_arena_new();
    if (!bench || !arena)
        return 3;
    bench->arena = arena;
    bench->table = sdse_layer_problem_table_new(arena);
    bench->options.every = 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    int option;
    while ((option = getopt(argc, argv, "k:nv")) != -1) {
        if (option == 'k')
            bench->options.every = strtoull(optarg, NULL, 10);
        else if (option == 'n')
            bench->options.now_only = true;
        else if (option == 'v')
            bench->options.verbose = true;
        else
            return 2;
    }
    if (!bench->options.every || !bench->table)
        return 2;
    bool good = true;
    for (int i = optind; i < argc; i++)
        good &= run(bench, argv[i]);
    if (optind == argc) {
        good &= run(bench, SDSE_SOURCE_DIR "/sweeps/demo_forms.yaml");
        good &= run(bench, SDSE_SOURCE_DIR "/sweeps/demo_archs.yaml");
    }
    if (bench->different)
        printf("%zu fronts DIFFER\n", bench->different);
    good &= bench->different == 0;
    sdse_arena_free(arena);
    free(bench);
    return good ? 0 : 1;
}
