// What sdse map prints: tables, a layer for people, and what was not found or proved.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/units.h"
#include "cli/map_run.h"
#include "cli/mapping_line.h"
#include "spec/write.h"

struct cli_costed cli_map_costed(const struct cli_map_run *run, size_t i, size_t choice,
                                 struct sdse_cost *cost) {
    const struct cli_solution *solution = cli_solution_of(run, i);
    if (!sdse_evaluate_full(solution->model, &solution->answer.point[choice].mapping,
                            cost))
        cli_note(run->cli, SDSE_NO_MEMORY);
    return (struct cli_costed){run->problem.arch,
                               run->problem.workload,
                               run->solutions.mapped[i].layer,
                               run->problem.form_text,
                               cost,
                               run->problem.setting.smartdeal};
}

// --- Tables ---

void cli_map_add_columns(const struct cli_map_run *run, struct sdse_table *table,
                         const char *const columns[][3], size_t count) {
    for (size_t i = 0; i < count; i++)
        sdse_table_add_column(table, columns[i][run->people ? 1 : 0],
                              run->people ? columns[i][2] : NULL, 5);
}

static void add_status(struct sdse_table *table, const struct sdse_map_answer *answer) {
    sdse_table_add_text(table, sdse_map_status_name(answer->status));
    sdse_table_add_f64(table, answer->point_count && isfinite(answer->gap)
                                  ? answer->gap
                                  : (double)NAN);
}

// One row per layer.
struct sdse_table *cli_map_layer_table(struct cli_map_run *run) {
    static const char *const columns[][3] = {
        {"layer", "layer", NULL},
        {"kind", "kind", NULL},
        {"repeat", "repeat", "rep"},
        {"status", "status", NULL},
        {"gap", "gap", NULL},
        {"energy_pj", "energy_uj", "energy [uJ]"},
        {"latency_cycles", "latency_cycles", "cycles"},
        {"utilization", "utilization_percent", "used [%]"},
        {"bottleneck", "bottleneck", "limited by"},
        {"seconds", "seconds", "search [s]"},
        {"mapping", "mapping", NULL},
        {"hint", "hint", NULL}}; // people read it below the table
    struct sdse_table *table = sdse_table_new(run->cli->arena);
    const size_t all = sizeof columns / sizeof columns[0];
    cli_map_add_columns(run, table, columns, run->people ? all - 1 : all);
    for (size_t i = 0; i < run->solutions.layer_count; i++) {
        const struct cli_mapped *mapped = &run->solutions.mapped[i];
        const struct sdse_map_answer *answer = &cli_solution_of(run, i)->answer;
        sdse_table_add_text(table, mapped->layer->name);
        sdse_table_add_text(table, sdse_layer_kind_name(mapped->layer->kind));
        sdse_table_add_u64(table, mapped->layer->repeat);
        add_status(table, answer);
        if (!answer->point_count) {
            for (int c = 0; c < 4; c++)
                sdse_table_add_null(table);
            sdse_table_add_f64(table, answer->seconds);
            for (int c = 0; c < (run->people ? 1 : 2); c++)
                sdse_table_add_null(table);
            continue;
        }
        struct sdse_cost cost;
        cli_map_costed(run, i, mapped->choice, &cost);
        sdse_table_add_f64(table, run->people ? sdse_uj_from_pj(cost.energy_pj)
                                              : cost.energy_pj);
        sdse_table_add_u64(table, cost.latency_cycles);
        sdse_table_add_f64(table, (run->people ? 100 : 1) * cost.utilization);
        sdse_table_add_text(table, sdse_bottleneck_name(run->problem.arch, &cost).text);
        sdse_table_add_f64(table, answer->seconds);
        sdse_table_add_text(table,
                            cli_mapping_line(run->cli, run->problem.arch,
                                             &answer->point[mapped->choice].mapping));
        if (!run->people)
            sdse_table_add_text(table, cli_solution_of(run, i)->hint);
    }
    return table;
}

static void add_tradeoff(const struct cli_map_run *run, struct sdse_table *table,
                         double energy_pj, double cycles) {
    const double seconds =
        sdse_seconds_from_cycles(cycles, run->problem.arch->clock_ghz);
    sdse_table_add_f64(table, run->people ? sdse_uj_from_pj(energy_pj) : energy_pj);
    sdse_table_add_u64(table, (uint64_t)cycles);
    sdse_table_add_f64(table, run->people ? seconds * 1e3 : seconds);
    sdse_table_add_f64(table, energy_pj * seconds * (run->people ? 1e-6 : 1));
}

// The front of (energy, latency): of the network, or of a layer with its mappings.
struct sdse_table *cli_map_front_table(const struct cli_map_run *run) {
    static const char *const columns[][3] = {
        {"energy_pj", "energy_uj", "energy [uJ]"},
        {"latency_cycles", "latency_cycles", "cycles"},
        {"latency_s", "latency_ms", "latency [ms]"},
        {"edp_pj_s", "edp_uj_s", "EDP [uJ*s]"},
        {"mapping", "mapping", NULL}};
    struct sdse_table *table = sdse_table_new(run->cli->arena);
    cli_map_add_columns(run, table, columns, run->layer_only ? 5 : 4);
    const struct sdse_map_answer *answer = &cli_solution_of(run, 0)->answer;
    const size_t most =
        run->front.count < SDSE_KEPT_FRONT ? run->front.count : SDSE_KEPT_FRONT;
    size_t *kept = SDSE_ARENA_ARRAY(run->cli->arena, size_t, most);
    const size_t count =
        kept ? sdse_network_front_thin(run->front.count, most, 0, kept) : 0;
    for (size_t k = 0; k < count; k++) {
        const size_t i = kept[k];
        const struct sdse_tradeoff *at = &run->front.elements[i];
        if (at->energy_pj > run->budget.most_pj ||
            at->latency_cycles > run->budget.most_cycles)
            continue;
        add_tradeoff(run, table, at->energy_pj, at->latency_cycles);
        if (run->layer_only) // the front is the layer's own
            sdse_table_add_text(table, cli_mapping_line(run->cli, run->problem.arch,
                                                        &answer->point[i].mapping));
    }
    return table;
}

// --- For people ---

static const double ROUNDING = 1e-12; // of sums in another order

// What the network's objective may be above the least. Sums of the layers' own optima:
// their bounds add up; of picks from their fronts: as the fronts say.
static double network_gap(const struct cli_map_run *run, double energy_pj,
                          double cycles) {
    double worst = 0, bound = 0, longest = 0, least_longest = 0;
    for (size_t i = 0; i < run->solutions.layer_count; i++) {
        const struct cli_mapped *mapped = &run->solutions.mapped[i];
        const struct sdse_map_answer *answer = &cli_solution_of(run, i)->answer;
        const struct sdse_totals *totals = &answer->point[mapped->choice].totals;
        const double value =
            run->objective == LATENCY ? totals->latency_cycles : totals->energy_pj;
        bound += (double)mapped->layer->repeat * value / (1 + answer->gap);
        worst = fmax(worst, answer->gap);
        longest = fmax(longest, totals->lifetime_cycles);
        least_longest =
            fmax(least_longest, totals->lifetime_cycles / (1 + answer->gap));
    }
    if (run->objective == LIFETIME && longest > 0)
        return longest / least_longest - 1;
    if (run->objective == LIFETIME) // nothing lives where cells forget
        return 0;
    if (!run->combined)
        return (run->objective == LATENCY ? cycles : energy_pj) / bound - 1;
    const enum sdse_objective objective = cli_map_picked_objective(run);
    const double own =
        sdse_network_front_gap(&run->front, objective, run->picked, run->budget.most_pj,
                               run->budget.most_cycles);
    // A budget may cut off what is near the optimum.
    return worst > 0 && run->budget.given ? (double)INFINITY
                                          : sdse_network_gap(objective, worst, own);
}

// What --objective lifetime has minimised.
static void print_longest_life(const struct cli_map_run *run, double cycles) {
    if (cycles > 0)
        printf(", of the longest life of a tile: %.6g us",
               sdse_seconds_from_cycles(cycles, run->problem.arch->clock_ghz) * 1e6);
    else
        fputs(", of the longest life of a tile: none is in a memory that forgets",
              stdout);
}

struct cli_map_totals cli_map_totals_of(const struct cli_map_run *run) {
    struct cli_map_totals sum = {.energy_pj = 0};
    for (size_t i = 0; i < run->solutions.layer_count; i++) {
        const struct cli_mapped *mapped = &run->solutions.mapped[i];
        const struct sdse_totals *totals =
            &cli_solution_of(run, i)->answer.point[mapped->choice].totals;
        const double times = run->layer_only ? 1 : (double)mapped->layer->repeat;
        sum.energy_pj += times * totals->energy_pj;
        sum.cycles += times * totals->latency_cycles;
        sum.longest_cycles = fmax(sum.longest_cycles, totals->lifetime_cycles);
    }
    sum.seconds = sdse_seconds_from_cycles(sum.cycles, run->problem.arch->clock_ghz);
    sum.gap = run->layer_only ? cli_solution_of(run, 0)->answer.gap
                              : network_gap(run, sum.energy_pj, sum.cycles);
    sum.proved = sum.gap <= ROUNDING;
    return sum;
}

static void print_network_totals(const struct cli_map_run *run) {
    const struct cli_map_totals sum = cli_map_totals_of(run);
    const double energy_pj = sum.energy_pj, cycles = sum.cycles, seconds = sum.seconds,
                 gap = sum.gap;
    printf("\n%s on %s, %s weights: %.6g uJ, %.0f cycles = %.6g ms, EDP %.6g uJ*s\n",
           run->problem.workload->name, run->problem.arch->name, run->problem.form_text,
           sdse_uj_from_pj(energy_pj), cycles, seconds * 1e3,
           sdse_uj_from_pj(energy_pj) * seconds);
    if (sum.proved)
        fputs("proved optimal (gap 0)", stdout);
    else if (isfinite(gap))
        printf("not proved: at most %.3g %% above the optimum (gap %.3g)", 100 * gap,
               gap);
    else
        fputs("not proved: without a bound", stdout);
    if (run->objective == LIFETIME)
        print_longest_life(run, sum.longest_cycles);
    if (run->combined)
        printf("; picked from a front of %s%zu element%s",
               run->front.thinned ? "more than " : "", run->front.count,
               run->front.count == 1 ? "" : "s");
    putchar('\n');
}

static void print_proof(const struct cli_map_run *run,
                        const struct sdse_map_answer *answer, size_t choice) {
    if (answer->status == SDSE_MAP_OPTIMAL)
        printf("proved optimal");
    else
        printf("not proved: %s, ", answer->status == SDSE_MAP_LIMIT
                                       ? "the time limit was reached"
                                       : "interrupted");
    if (answer->status != SDSE_MAP_OPTIMAL && run->combined)
        printf("mappings below %.6g uJ are all known",
               sdse_uj_from_pj(answer->lower_bound));
    else if (answer->status != SDSE_MAP_OPTIMAL)
        printf(isinf(answer->gap) ? "without a bound"
                                  : "at most %.3g %% above the optimum",
               100 * answer->gap);
    if (run->objective == LIFETIME)
        print_longest_life(run, answer->point[choice].totals.lifetime_cycles);
    printf(" (%.3g s, %" PRIu64 " nodes, %" PRIu64 " mappings scored)\n",
           answer->seconds, answer->nodes, answer->evaluations);
}

// One line for each shape that has a hint.
static void print_hints(const struct cli_map_run *run) {
    for (size_t s = 0; s < run->solutions.solution_count; s++) {
        const struct cli_solution *solution = &run->solutions.solution[s];
        size_t layers = 0;
        for (size_t i = 0; i < run->solutions.layer_count; i++)
            layers += run->solutions.mapped[i].solution == s;
        if (!solution->hint)
            continue;
        printf("hint: %s", solution->layer->name);
        if (layers > 1)
            printf(" and %zu more", layers - 1);
        printf(": %s\n", solution->hint);
    }
}

static void print_layer(struct cli_map_run *run) {
    const struct sdse_map_answer *answer = &cli_solution_of(run, 0)->answer;
    struct sdse_cost cost;
    const size_t choice = run->solutions.mapped[0].choice;
    const struct cli_costed costed = cli_map_costed(run, 0, choice, &cost);
    cli_print_totals(&costed, stdout);
    fputs("mapping      ", stdout);
    print_proof(run, answer, choice);
    if (cli_solution_of(run, 0)->hint)
        printf("hint         %s\n", cli_solution_of(run, 0)->hint);
    const char *text =
        sdse_mapping_text(run->cli->arena, run->problem.arch, &costed.layer->nest,
                          &answer->point[choice].mapping);
    if (!text)
        cli_note(run->cli, SDSE_NO_MEMORY);
    printf("\n%s", text ? text : "");
}

enum cli_exit cli_map_print(struct cli_map_run *run) {
    const bool layer = run->layer_only;
    if (run->front.thinned) {
        fprintf(stderr,
                "sdse map: warning: the front has more than %d elements; it was "
                "thinned to %zu\n",
                SDSE_LARGEST_FRONT, run->front.count);
    }
    if (run->format == SDSE_TABLE_JSON && run->objective != PARETO)
        return cli_map_print_json(run);
    if (run->objective == PARETO) {
        if (run->front.count > SDSE_KEPT_FRONT)
            fprintf(stderr,
                    "sdse map: note: the front has %zu elements; %d of them are "
                    "printed\n",
                    run->front.count, SDSE_KEPT_FRONT);
        if (run->format == SDSE_TABLE_JSON)
            return cli_map_print_json(run);
        const enum cli_exit status =
            cli_print_table(run->cli, cli_map_front_table(run), run->format);
        if (run->people && layer) {
            putchar('\n');
            print_proof(run, &cli_solution_of(run, 0)->answer, 0);
        }
        if (run->people)
            print_hints(run);
        return status;
    }
    if (layer && run->format == SDSE_TABLE_TEXT) {
        print_layer(run);
        return CLI_OK;
    }
    const enum cli_exit status =
        cli_print_table(run->cli, cli_map_layer_table(run), run->format);
    if (status == CLI_OK && run->people && !layer) {
        print_network_totals(run);
        print_hints(run);
    }
    return status;
}

// Shapes without a mapping, or without one before the search was stopped.
enum cli_exit cli_map_report_unmapped(struct cli_map_run *run) {
    const struct cli_solution *unfound = NULL;
    enum cli_exit status = CLI_OK;
    size_t count = 0;
    for (size_t i = 0; i < run->solutions.solution_count; i++) {
        const struct cli_solution *solution = &run->solutions.solution[i];
        if (solution->answer.point_count)
            continue;
        if (solution->answer.status == SDSE_MAP_NONE) {
            cli_refuse_mapping(run->cli, solution, run->problem.arch);
            status = CLI_NO_MAPPING;
        } else {
            unfound = unfound ? unfound : solution;
            count++;
        }
    }
    if (!count)
        return status;
    const bool limit = unfound->answer.status == SDSE_MAP_LIMIT;
    const char *others =
        count > 1 ? sdse_arena_printf(run->cli->arena, " and %zu more", count - 1) : "";
    cli_error(run->cli, "layer %s%s: no mapping found before the %s",
              unfound->layer->name, others ? others : "",
              limit ? "time limit" : "interruption");
    return status == CLI_OK ? CLI_SYSTEM : status;
}

// Not every layer has a mapping: those that were found, each the best on its own.
void cli_map_print_found(struct cli_map_run *run) {
    for (size_t i = 0; i < run->solutions.layer_count; i++) {
        const struct sdse_map_answer *answer = &cli_solution_of(run, i)->answer;
        struct cli_mapped *mapped = &run->solutions.mapped[i];
        for (size_t p = 1; p < answer->point_count; p++) {
            const struct sdse_totals *best = &answer->point[mapped->choice].totals;
            const struct sdse_totals *at = &answer->point[p].totals;
            if (at->energy_pj * at->latency_cycles <
                best->energy_pj * best->latency_cycles)
                mapped->choice = p;
        }
    }
    if (run->layer_only || run->objective == PARETO)
        return;
    if (run->format == SDSE_TABLE_JSON)
        cli_map_print_json(run);
    else
        cli_print_table(run->cli, cli_map_layer_table(run), run->format);
}

// A limit or an interruption is said on stderr too, where csv and json do not reach.
enum cli_exit cli_map_report_unproved(const struct cli_map_run *run) {
    size_t limited = 0, interrupted = 0;
    for (size_t i = 0; i < run->solutions.layer_count; i++) {
        const enum sdse_map_status status = cli_solution_of(run, i)->answer.status;
        limited += status == SDSE_MAP_LIMIT;
        interrupted += status == SDSE_MAP_INTERRUPTED;
    }
    if (limited) {
        fprintf(stderr,
                "sdse map: warning: %zu of %zu layers not proved: the time limit was "
                "reached\n",
                limited, run->solutions.layer_count);
    }
    if (!interrupted)
        return CLI_OK;
    run->cli->reported = true;
    fprintf(stderr, "sdse map: interrupted: %zu of %zu layers not proved\n",
            interrupted, run->solutions.layer_count);
    return CLI_SYSTEM;
}
