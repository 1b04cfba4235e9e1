// sdse map: the best mapping of a layer, or of every layer of a network, proved.
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "base/errno_text.h"
#include "base/units.h"
#include "cli/budget.h"
#include "cli/cli.h"
#include "cli/cost_tables.h"
#include "cli/inputs.h"
#include "cli/interrupt.h"
#include "cli/mapping_line.h"
#include "cli/solve.h"
#include "dse/network_front.h"
#include "spec/split.h"
#include "spec/write.h"

enum {
    ARCH,
    WORKLOAD,
    LAYER,
    OBJECTIVE,
    MOST_LATENCY,
    MOST_ENERGY,
    FORM,
    UNEVEN,
    BYPASS,
    IMPERFECT,
    JOBS,
    LIMIT,
    OUTPUT,
    FORMAT
};
enum objective { EDP, ED2P, ENERGY, LATENCY, PARETO }; // the words of --objective

static const struct cli_option options[] = {
    [ARCH] = CLI_OPTION_ARCH,
    [WORKLOAD] = CLI_OPTION_WORKLOAD,
    [LAYER] = {"layer", 'l', CLI_TEXT, "LAYER", "only this layer", NULL, false},
    [OBJECTIVE] = {"objective", 0, CLI_CHOICE, "edp|ed2p|energy|latency|pareto",
                   "what to minimise", "edp", false},
    [MOST_LATENCY] = {"max-latency", 0, CLI_TEXT, "TIME",
                      "the best within a latency: 5ms, 2e6cycles", NULL, false},
    [MOST_ENERGY] = {"max-energy", 0, CLI_TEXT, "ENERGY",
                     "the best within an energy: 1.5mJ", NULL, false},
    [FORM] = CLI_OPTION_FORM,
    [UNEVEN] = {"uneven", 0, CLI_FLAG, NULL,
                "tensors of one memory may be tiled at different loops", NULL, false},
    [BYPASS] = {"free-bypass", 0, CLI_FLAG, NULL,
                "tensors may pass by memories that could keep them", NULL, false},
    [IMPERFECT] = {"imperfect", 0, CLI_COUNT, "PERCENT",
                   "places need not divide a bound: pad it by up to PERCENT", NULL,
                   false},
    [JOBS] = {"jobs", 'j', CLI_COUNT, "N",
              "threads; as many as processors if not given", NULL, false},
    [LIMIT] = {"time-limit", 0, CLI_REAL, "SECONDS", "per layer; 0 = none", "0", false},
    [OUTPUT] = {"output", 'o', CLI_TEXT, "PATH",
                "write the mapping to a file (with -l), or all into a directory", NULL,
                false},
    [FORMAT] = CLI_OPTION_FORMAT,
};

// The run of one command.
struct mapping_run {
    struct cli *cli;
    const struct cli_args *args;
    struct cli_problem problem;
    enum objective objective;
    struct cli_budget budget;
    bool layer_only;
    bool combined; // layers were mapped to fronts, of which elements are picked
    enum sdse_table_format format;
    bool people;
    struct cli_solutions solutions;
    struct sdse_network_front front; // if combined
};

static const struct cli_solution *solution_of(const struct mapping_run *run, size_t i) {
    return &run->solutions.solution[run->solutions.mapped[i].solution];
}

static struct cli_costed costed_of(const struct mapping_run *run, size_t i,
                                   size_t choice, struct sdse_cost *cost) {
    const struct cli_solution *solution = solution_of(run, i);
    sdse_evaluate_full(solution->model, &solution->answer.point[choice].mapping, cost);
    return (struct cli_costed){run->problem.arch,
                               run->problem.workload,
                               run->solutions.mapped[i].layer,
                               run->problem.form_text,
                               cost,
                               run->problem.setting.smartdeal};
}

// --- Combined fronts
// ----------------------------------------------------------------------------

static enum sdse_objective picked_objective(const struct mapping_run *run) {
    static const enum sdse_objective objectives[] = {[EDP] = SDSE_EDP,
                                                     [ED2P] = SDSE_ED2P,
                                                     [ENERGY] = SDSE_ENERGY,
                                                     [LATENCY] = SDSE_LATENCY,
                                                     [PARETO] = SDSE_EDP};
    return objectives[run->objective];
}

// Energy and latency of a network are sums, products of them are not: they are minimal
// where the combined front says, not where every layer's own product is.
static enum sdse_status build_front(struct mapping_run *run) {
    const size_t count = run->solutions.layer_count;
    struct sdse_arena *arena = run->cli->arena;
    struct sdse_layer_front *fronts =
        SDSE_ARENA_ARRAY(arena, struct sdse_layer_front, count);
    if (!fronts)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const struct sdse_map_answer *answer = &solution_of(run, i)->answer;
        struct sdse_tradeoff *elements =
            SDSE_ARENA_ARRAY(arena, struct sdse_tradeoff, answer->point_count);
        if (!elements)
            return SDSE_NO_MEMORY;
        for (size_t p = 0; p < answer->point_count; p++)
            elements[p] =
                (struct sdse_tradeoff){answer->point[p].totals.energy_pj,
                                       answer->point[p].totals.latency_cycles};
        const uint64_t repeat =
            run->layer_only ? 1 : run->solutions.mapped[i].layer->repeat;
        fronts[i] = (struct sdse_layer_front){answer->point_count, elements, repeat};
    }
    return sdse_network_front_build(fronts, count, arena, &run->front);
}

static bool all_proved(const struct mapping_run *run) {
    for (size_t i = 0; i < run->solutions.solution_count; i++)
        if (run->solutions.solution[i].answer.status != SDSE_MAP_OPTIMAL)
            return false;
    return !run->front.thinned;
}

// Builds the front and picks the mapping of every layer.
static enum cli_exit combine_layers(struct mapping_run *run) {
    const size_t count = run->solutions.layer_count;
    size_t *choice = SDSE_ARENA_ARRAY(run->cli->arena, size_t, count);
    const enum sdse_status status = choice ? build_front(run) : SDSE_NO_MEMORY;
    if (status != SDSE_OK)
        return cli_finish(run->cli, status);
    const size_t picked =
        sdse_network_front_pick_within(&run->front, picked_objective(run),
                                       run->budget.most_pj, run->budget.most_cycles);
    if (picked == run->front.count) {
        cli_report_budget(run->cli, &run->budget, &run->front, all_proved(run));
        return CLI_NO_MAPPING;
    }
    sdse_network_front_choices(&run->front, count, picked, choice);
    for (size_t i = 0; i < count; i++)
        run->solutions.mapped[i].choice = choice[i];
    return CLI_OK;
}

// --- Tables
// --------------------------------------------------------------------------------------

static void add_columns(struct sdse_table *table, const char *const columns[][3],
                        size_t count, bool people) {
    for (size_t i = 0; i < count; i++)
        sdse_table_add_column(table, columns[i][people ? 1 : 0],
                              people ? columns[i][2] : NULL, 5);
}

static void add_status(struct sdse_table *table, const struct sdse_map_answer *answer) {
    sdse_table_add_text(table, sdse_map_status_name(answer->status));
    sdse_table_add_f64(table, answer->point_count && isfinite(answer->gap)
                                  ? answer->gap
                                  : (double)NAN);
}

// One row per layer.
static struct sdse_table *layer_table(struct mapping_run *run) {
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
        {"mapping", "mapping", NULL}};
    struct sdse_table *table = sdse_table_new(run->cli->arena);
    add_columns(table, columns, sizeof columns / sizeof columns[0], run->people);
    for (size_t i = 0; i < run->solutions.layer_count; i++) {
        const struct cli_mapped *mapped = &run->solutions.mapped[i];
        const struct sdse_map_answer *answer = &solution_of(run, i)->answer;
        sdse_table_add_text(table, mapped->layer->name);
        sdse_table_add_text(table, sdse_layer_kind_name(mapped->layer->kind));
        sdse_table_add_u64(table, mapped->layer->repeat);
        add_status(table, answer);
        if (!answer->point_count) {
            for (int c = 0; c < 4; c++)
                sdse_table_add_null(table);
            sdse_table_add_f64(table, answer->seconds);
            sdse_table_add_null(table);
            continue;
        }
        struct sdse_cost cost;
        costed_of(run, i, mapped->choice, &cost);
        sdse_table_add_f64(table, run->people ? sdse_uj_from_pj(cost.energy_pj)
                                              : cost.energy_pj);
        sdse_table_add_u64(table, cost.latency_cycles);
        sdse_table_add_f64(table, (run->people ? 100 : 1) * cost.utilization);
        sdse_table_add_text(table, cli_bottleneck(run->problem.arch, &cost));
        sdse_table_add_f64(table, answer->seconds);
        sdse_table_add_text(table,
                            cli_mapping_line(run->cli->arena, run->problem.arch,
                                             &answer->point[mapped->choice].mapping));
    }
    return table;
}

static void add_tradeoff(const struct mapping_run *run, struct sdse_table *table,
                         double energy_pj, double cycles) {
    const double seconds =
        sdse_seconds_from_cycles(cycles, run->problem.arch->clock_ghz);
    sdse_table_add_f64(table, run->people ? sdse_uj_from_pj(energy_pj) : energy_pj);
    sdse_table_add_u64(table, (uint64_t)cycles);
    sdse_table_add_f64(table, run->people ? seconds * 1e3 : seconds);
    sdse_table_add_f64(table, energy_pj * seconds * (run->people ? 1e-6 : 1));
}

// The front of (energy, latency): of the network, or of a layer with its mappings.
static struct sdse_table *front_table(const struct mapping_run *run) {
    static const char *const columns[][3] = {
        {"energy_pj", "energy_uj", "energy [uJ]"},
        {"latency_cycles", "latency_cycles", "cycles"},
        {"latency_s", "latency_ms", "latency [ms]"},
        {"edp_pj_s", "edp_uj_s", "EDP [uJ*s]"},
        {"mapping", "mapping", NULL}};
    struct sdse_table *table = sdse_table_new(run->cli->arena);
    add_columns(table, columns, run->layer_only ? 5 : 4, run->people);
    const struct sdse_map_answer *answer = &solution_of(run, 0)->answer;
    for (size_t i = 0; i < run->front.count; i++) {
        const struct sdse_tradeoff *at = &run->front.elements[i];
        if (at->energy_pj > run->budget.most_pj ||
            at->latency_cycles > run->budget.most_cycles)
            continue;
        add_tradeoff(run, table, at->energy_pj, at->latency_cycles);
        if (run->layer_only) // the front is the layer's own
            sdse_table_add_text(table,
                                cli_mapping_line(run->cli->arena, run->problem.arch,
                                                 &answer->point[i].mapping));
    }
    return table;
}

// --- For people
// ----------------------------------------------------------------------------------

static void print_network_totals(const struct mapping_run *run) {
    double energy_pj = 0, cycles = 0;
    for (size_t i = 0; i < run->solutions.layer_count; i++) {
        const struct cli_mapped *mapped = &run->solutions.mapped[i];
        const struct sdse_totals *totals =
            &solution_of(run, i)->answer.point[mapped->choice].totals;
        energy_pj += (double)mapped->layer->repeat * totals->energy_pj;
        cycles += (double)mapped->layer->repeat * totals->latency_cycles;
    }
    const double seconds =
        sdse_seconds_from_cycles(cycles, run->problem.arch->clock_ghz);
    printf("\n%s on %s, %s weights: %.6g uJ, %.0f cycles = %.6g ms, EDP %.6g uJ*s\n",
           run->problem.workload->name, run->problem.arch->name, run->problem.form_text,
           sdse_uj_from_pj(energy_pj), cycles, seconds * 1e3,
           sdse_uj_from_pj(energy_pj) * seconds);
}

static void print_proof(const struct mapping_run *run,
                        const struct sdse_map_answer *answer) {
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
    printf(" (%.3g s, %" PRIu64 " nodes, %" PRIu64 " mappings scored)\n",
           answer->seconds, answer->nodes, answer->evaluations);
}

static void print_layer(struct mapping_run *run) {
    const struct sdse_map_answer *answer = &solution_of(run, 0)->answer;
    struct sdse_cost cost;
    const size_t choice = run->solutions.mapped[0].choice;
    const struct cli_costed costed = costed_of(run, 0, choice, &cost);
    cli_print_totals(&costed, stdout);
    fputs("mapping      ", stdout);
    print_proof(run, answer);
    printf("\n%s",
           sdse_mapping_text(run->cli->arena, run->problem.arch, &costed.layer->nest,
                             &answer->point[choice].mapping));
}

static enum cli_exit print_answer(struct mapping_run *run) {
    const bool layer = run->layer_only;
    if (run->front.thinned)
        fprintf(stderr,
                "sdse map: warning: the front has more than %d points; it was "
                "thinned, and is not proved\n",
                SDSE_LARGEST_FRONT);
    if (run->objective == PARETO) {
        const enum cli_exit status =
            cli_print_table(run->cli, front_table(run), run->format);
        if (run->people && layer) {
            putchar('\n');
            print_proof(run, &solution_of(run, 0)->answer);
        }
        return status;
    }
    if (layer && run->format == SDSE_TABLE_TEXT) {
        print_layer(run);
        return CLI_OK;
    }
    const enum cli_exit status =
        cli_print_table(run->cli, layer_table(run), run->format);
    if (status == CLI_OK && run->people && !layer)
        print_network_totals(run);
    return status;
}

// Shapes without a mapping, or without one before the search was stopped.
static enum cli_exit report_unmapped(struct mapping_run *run) {
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
static void print_found(struct mapping_run *run) {
    for (size_t i = 0; i < run->solutions.layer_count; i++) {
        const struct sdse_map_answer *answer = &solution_of(run, i)->answer;
        struct cli_mapped *mapped = &run->solutions.mapped[i];
        for (size_t p = 1; p < answer->point_count; p++) {
            const struct sdse_totals *best = &answer->point[mapped->choice].totals;
            const struct sdse_totals *at = &answer->point[p].totals;
            if (at->energy_pj * at->latency_cycles <
                best->energy_pj * best->latency_cycles)
                mapped->choice = p;
        }
    }
    if (!run->layer_only && run->objective != PARETO)
        cli_print_table(run->cli, layer_table(run), run->format);
}

// A limit or an interruption is said on stderr too, where csv and json do not reach.
static enum cli_exit report_unproved(const struct mapping_run *run) {
    size_t limited = 0, interrupted = 0;
    for (size_t i = 0; i < run->solutions.layer_count; i++) {
        const enum sdse_map_status status = solution_of(run, i)->answer.status;
        limited += status == SDSE_MAP_LIMIT;
        interrupted += status == SDSE_MAP_INTERRUPTED;
    }
    if (limited)
        fprintf(stderr,
                "sdse map: warning: %zu of %zu layers not proved: the time limit was "
                "reached\n",
                limited, run->solutions.layer_count);
    if (!interrupted)
        return CLI_OK;
    fprintf(stderr, "sdse map: interrupted: %zu of %zu layers not proved\n",
            interrupted, run->solutions.layer_count);
    return CLI_SYSTEM;
}

// --- Files
// ---------------------------------------------------------------------------------------

static bool write_mapping(struct mapping_run *run, size_t i, const char *path) {
    const struct sdse_map_answer *answer = &solution_of(run, i)->answer;
    const size_t choice = run->solutions.mapped[i].choice;
    struct sdse_cost cost;
    const struct cli_costed costed = costed_of(run, i, choice, &cost);
    const char *note = sdse_arena_printf(
        run->cli->arena, "sdse map --objective %s: %s, %.6g uJ, %" PRIu64 " cycles",
        run->args->value[OBJECTIVE], sdse_map_status_name(answer->status),
        sdse_uj_from_pj(cost.energy_pj), cost.latency_cycles);
    if (note && cli_write_mapping(run->cli->arena, path, note, &costed,
                                  &answer->point[choice].mapping))
        return true;
    cli_error(run->cli, "%s: %s", path, sdse_errno_text(errno).text);
    return false;
}

static enum cli_exit write_mappings(struct mapping_run *run) {
    const char *path = run->args->value[OUTPUT];
    if (run->layer_only)
        return write_mapping(run, 0, path) ? CLI_OK : CLI_SYSTEM;
    if (mkdir(path, 0777) != 0 && errno != EEXIST) {
        cli_error(run->cli, "%s: %s", path, sdse_errno_text(errno).text);
        return CLI_SYSTEM;
    }
    for (size_t i = 0; i < run->solutions.layer_count; i++) {
        char *name =
            sdse_arena_strdup(run->cli->arena, run->solutions.mapped[i].layer->name);
        for (char *c = name; c && *c; c++)
            if (*c == '/')
                *c = '_';
        const char *file =
            sdse_arena_printf(run->cli->arena, "%s/%s.yaml", path, name ? name : "");
        if (!file || !write_mapping(run, i, file))
            return CLI_SYSTEM;
    }
    return CLI_OK;
}

// --- The verb
// ------------------------------------------------------------------------------------

static enum cli_exit answer(struct mapping_run *run, const struct sdse_layer *layer) {
    static const enum sdse_map_objective objectives[] = {[EDP] = SDSE_MAP_EDP,
                                                         [ED2P] = SDSE_MAP_ED2P,
                                                         [ENERGY] = SDSE_MAP_ENERGY,
                                                         [LATENCY] = SDSE_MAP_LATENCY,
                                                         [PARETO] = SDSE_MAP_FRONT};
    const bool product = run->objective == EDP || run->objective == ED2P;
    run->layer_only = layer != NULL;
    run->combined =
        run->budget.given || run->objective == PARETO || (product && !layer);
    const uint64_t jobs = cli_count(run->args, JOBS, 0);
    const struct cli_search search = {
        .objective = run->combined ? SDSE_MAP_FRONT : objectives[run->objective],
        .threads = jobs > 1024 ? 1024 : (unsigned)jobs,
        .seconds = cli_real(run->args, LIMIT, 0),
        .free_bypass = run->args->value[BYPASS] != NULL,
        .padding_percent = (unsigned)cli_count(run->args, IMPERFECT, 0),
        .stop = cli_interrupt_arm()};
    if (!cli_solve(run->cli, &run->problem, layer, &search, &run->solutions))
        return CLI_SYSTEM;
    const enum cli_exit unmapped = report_unmapped(run);
    if (unmapped != CLI_OK) {
        if (unmapped == CLI_SYSTEM)
            print_found(run);
        return unmapped;
    }
    enum cli_exit status = run->combined ? combine_layers(run) : CLI_OK;
    if (status == CLI_OK)
        status = print_answer(run);
    if (status == CLI_OK && run->args->value[OUTPUT])
        status = write_mappings(run);
    const enum cli_exit unproved = report_unproved(run);
    return status == CLI_OK ? unproved : status;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    struct mapping_run run = {.cli = cli,
                              .args = args,
                              .objective =
                                  (enum objective)cli_choice(args, options, OBJECTIVE),
                              .format = cli_table_format(args, FORMAT)};
    run.people = run.format == SDSE_TABLE_TEXT || run.format == SDSE_TABLE_MARKDOWN;
    if (args->value[OUTPUT] && run.objective == PARETO) {
        cli_error(cli, "--objective pareto has many mappings: --output needs one");
        return CLI_USAGE;
    }
    if (cli_count(args, IMPERFECT, 0) > 100) {
        cli_error(cli, "--imperfect takes a percentage from 1 to 100");
        return CLI_USAGE;
    }
    if (!cli_load_problem(cli, args->value[ARCH], args->value[WORKLOAD],
                          args->value[FORM], &run.problem))
        return CLI_BAD_INPUT;
    if (args->value[UNEVEN] &&
        !cli_split_memories(cli, sdse_arch_may_split(run.problem.arch), &run.problem))
        return CLI_BAD_INPUT;
    if (!cli_read_budget(cli, args->value[MOST_ENERGY], args->value[MOST_LATENCY],
                         run.problem.arch->clock_ghz, &run.budget))
        return CLI_USAGE;
    const struct sdse_layer *layer = NULL;
    if (args->value[LAYER]) {
        layer = cli_find_layer(cli, run.problem.workload, args->value[LAYER]);
        if (!layer)
            return CLI_BAD_INPUT;
    }
    const enum cli_exit status = answer(&run, layer);
    cli_solutions_free(&run.solutions);
    return status;
}

const struct cli_verb cli_verb_map = {
    .name = "map",
    .summary = "finds the best mapping of a layer or a network, and proves it",
    .operands = {"", 0, 0},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "Without -l every layer of the network is mapped; equal layers are mapped "
        "once.\n"
        "edp (energy x latency) and ed2p (energy x latency^2) of a network are of its\n"
        "totals, minimised over all combinations of its layers' fronts. pareto prints\n"
        "the exact front of (energy, latency). With a budget the objective's best "
        "point\n"
        "of that front within it is chosen.",
    .example = "sdse map -a eyeriss -w resnet50 -l layer1.0.conv2 -o mapping.yaml",
    .run = run,
};
