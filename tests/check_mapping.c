// Maps the problems of files in the format of tests/data/mapping.json and compares with
// what they record.
//
//     check_mapping PROBLEMS.json...
//
// Per problem and objective: energy, cycles, EDP, status, nodes, seconds, and the ratio
// to the recorded optimum and to the best recorded run. Ends with `N problems,
// M failures`; exit 1 if an answer is not proved, or worse than a recorded one by more
// than 1e-9 relative, 2 if a file cannot be read.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dse/map.h"
#include "oracle/support_mapping_cases.h"

static const double TOLERANCE = 1e-9;

// Best EDP of the recorded runs, re-scored without forwarding; INFINITY if none.
static double best_run(const struct sdse_node *problem) {
    double best = (double)INFINITY;
    for
        SDSE_EACH_CHILD(run, sdse_node_get(problem, "timeloop_runs")) {
            const double edp =
                mapping_case_number(sdse_node_get(run, "rescored_without_forwarding"),
                                    "edp", (double)INFINITY);
            if (edp < best)
                best = edp;
        }
    return best;
}

static int compare(const char *what, double got, double recorded) {
    if (!(got > recorded * (1 + TOLERANCE)))
        return 0;
    printf("  MISMATCH %s: expected at most %.17g, got %.17g\n", what, recorded, got);
    return 1;
}

static int check_front(const struct sdse_node *recorded,
                       const struct sdse_map_answer *answer) {
    int failures = 0;
    for
        SDSE_EACH_CHILD(point, recorded) {
            const double pj = strtod(sdse_node_at(point, 0)->text, NULL);
            const double cycles = strtod(sdse_node_at(point, 1)->text, NULL);
            bool covered = false;
            for (size_t i = 0; i < answer->point_count; i++)
                covered |=
                    answer->point[i].totals.energy_pj <= pj * (1 + TOLERANCE) &&
                    answer->point[i].totals.latency_cycles <= cycles * (1 + TOLERANCE);
            if (!covered) {
                printf("  MISMATCH front: (%.17g, %.17g) is not reached\n", pj, cycles);
                failures++;
            }
        }
    return failures;
}

static int check_objective(const struct mapping_case *problem,
                           const struct sdse_node *node,
                           enum sdse_map_objective objective, const char *name) {
    static const char *const value_names[] = {"energy", "latency", "EDP", "front"};
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_map_request request = {
        .arch = &problem->arch, .layer = &problem->layer, .objective = objective};
    struct sdse_map_answer answer;
    if (!arena || sdse_map(&request, arena, &answer) != SDSE_OK) {
        printf("  MISMATCH %s: the mapper failed\n", name);
        sdse_arena_free(arena);
        return 1;
    }
    int failures = 0;
    if (answer.status != SDSE_MAP_OPTIMAL || !answer.point_count) {
        printf("  MISMATCH %s: %s %s\n", name, sdse_map_status_name(answer.status),
               answer.reason ? answer.reason : "");
        sdse_arena_free(arena);
        return 1;
    }
    const struct sdse_totals *totals = &answer.point[0].totals;
    const double edp = totals->energy_pj * totals->latency_cycles;
    const double value = objective == SDSE_MAP_EDP       ? edp
                         : objective == SDSE_MAP_LATENCY ? totals->latency_cycles
                                                         : totals->energy_pj;
    const struct sdse_node *proved = sdse_node_get(node, "proved_optimum");
    const struct sdse_node *recorded = sdse_node_get(proved, name);
    printf("  %-8s %14.6g pJ %10.0f cycles %12.6g EDP  %-8s %9llu nodes %8llu evals "
           "%7.3f s",
           name, totals->energy_pj, totals->latency_cycles, edp,
           sdse_map_status_name(answer.status), (unsigned long long)answer.nodes,
           (unsigned long long)answer.evaluations, answer.seconds);
    if (objective == SDSE_MAP_FRONT) {
        printf("  %zu points\n", answer.point_count);
        failures += check_front(recorded, &answer);
    } else {
        const double optimum = mapping_case_number(recorded, "value", (double)INFINITY);
        printf("  %.12f of the recorded optimum", value / optimum);
        if (objective == SDSE_MAP_EDP)
            printf(", %.4f of the best recorded run", edp / best_run(node));
        printf("\n");
        failures += compare(value_names[objective], value, optimum);
        if (objective == SDSE_MAP_EDP)
            failures += compare("EDP of a recorded run", edp, best_run(node));
    }
    sdse_arena_free(arena);
    return failures;
}

static int check_problem(const struct sdse_node *node) {
    struct mapping_case problem;
    mapping_case_read(node, &problem);
    printf("%s\n", problem.name);
    return check_objective(&problem, node, SDSE_MAP_ENERGY, "energy") +
           check_objective(&problem, node, SDSE_MAP_LATENCY, "latency") +
           check_objective(&problem, node, SDSE_MAP_EDP, "edp") +
           check_objective(&problem, node, SDSE_MAP_FRONT, "front");
}

int main(int argc, char **argv) {
    int failures = 0, problems = 0;
    if (argc < 2) {
        fprintf(stderr, "usage: check_mapping PROBLEMS.json...\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++) {
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_diags diags;
        struct sdse_node *root;
        sdse_diags_init(&diags, arena);
        if (sdse_tree_parse_file(arena, argv[i], &diags, &root) != SDSE_OK) {
            sdse_diags_print(&diags, stderr, false);
            sdse_arena_free(arena);
            return 2;
        }
        for
            SDSE_EACH_CHILD(node, root) {
                problems++;
                failures += check_problem(node) > 0;
            }
        sdse_arena_free(arena);
    }
    printf("%d problems, %d failures\n", problems, failures);
    return failures > 0;
}
