// sdse map: the best mapping of a layer, or of every layer of a network, proved.
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "base/errno_text.h"
#include "base/units.h"
#include "cli/cli.h"
#include "cli/cost_tables.h"
#include "cli/inputs.h"
#include "cli/interrupt.h"
#include "cli/mapping_line.h"
#include "cli/solve.h"
#include "dse/network_front.h"
#include "spec/split.h"
#include "spec/write.h"

enum { ARCH, WORKLOAD, LAYER, OBJECTIVE, FORM, UNEVEN, JOBS, LIMIT, OUTPUT, FORMAT };
enum objective { EDP, ENERGY, LATENCY, PARETO }; // the words of --objective

static const struct cli_option options[] = {
    [ARCH] = CLI_OPTION_ARCH,
    [WORKLOAD] = CLI_OPTION_WORKLOAD,
    [LAYER] = {"layer", 'l', CLI_TEXT, "LAYER", "only this layer", NULL, false},
    [OBJECTIVE] = {"objective", 0, CLI_CHOICE, "edp|energy|latency|pareto",
                   "what to minimise", "edp", false},
    [FORM] = CLI_OPTION_FORM,
    [UNEVEN] = {"uneven", 0, CLI_FLAG, NULL,
                "tensors of one memory may be tiled at different loops", NULL, false},
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
    enum sdse_table_format format;
    bool people;
    struct cli_solutions solutions;
    struct sdse_network_front front; // of a network, for edp and pareto
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

// --- Whole networks
// ----------------------------------------------------------------------------

// Energy and latency of a network are sums, their product is not: it is minimal where
// the combined front says, not where every layer's own product is.
static enum sdse_status combine_layers(struct mapping_run *run) {
    const size_t count = run->solutions.layer_count;
    struct sdse_arena *arena = run->cli->arena;
    struct sdse_layer_front *fronts =
        SDSE_ARENA_ARRAY(arena, struct sdse_layer_front, count);
    size_t *choice = SDSE_ARENA_ARRAY(arena, size_t, count);
    if (!fronts || !choice)
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
        fronts[i] = (struct sdse_layer_front){answer->point_count, elements,
                                              run->solutions.mapped[i].layer->repeat};
    }
    const enum sdse_status status =
        sdse_network_front_build(fronts, count, arena, &run->front);
    if (status != SDSE_OK)
        return status;
    sdse_network_front_choices(&run->front, count,
                               sdse_network_front_pick(&run->front, SDSE_EDP), choice);
    for (size_t i = 0; i < count; i++)
        run->solutions.mapped[i].choice = choice[i];
    return SDSE_OK;
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
    sdse_table_add_f64(table, answer->point_count ? answer->gap : (double)NAN);
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
    const bool layer = run->args->value[LAYER] != NULL;
    add_columns(table, columns, layer ? 5 : 4, run->people);
    const struct sdse_map_answer *answer = &solution_of(run, 0)->answer;
    for (size_t i = 0; layer && i < answer->point_count; i++) {
        add_tradeoff(run, table, answer->point[i].totals.energy_pj,
                     answer->point[i].totals.latency_cycles);
        sdse_table_add_text(table, cli_mapping_line(run->cli->arena, run->problem.arch,
                                                    &answer->point[i].mapping));
    }
    for (size_t i = 0; !layer && i < run->front.count; i++)
        add_tradeoff(run, table, run->front.elements[i].energy_pj,
                     run->front.elements[i].latency_cycles);
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

static void print_proof(const struct sdse_map_answer *answer) {
    switch (answer->status) {
    case SDSE_MAP_OPTIMAL:
        printf("proved optimal");
        break;
    case SDSE_MAP_LIMIT:
        printf("not proved: the time limit was reached, at most %.3g %% above the "
               "optimum",
               100 * answer->gap);
        break;
    default:
        printf("not proved: interrupted, at most %.3g %% above the optimum",
               100 * answer->gap);
        break;
    }
    printf(" (%.3g s, %" PRIu64 " nodes, %" PRIu64 " mappings scored)\n",
           answer->seconds, answer->nodes, answer->evaluations);
}

static void print_layer(struct mapping_run *run) {
    const struct sdse_map_answer *answer = &solution_of(run, 0)->answer;
    struct sdse_cost cost;
    const struct cli_costed costed = costed_of(run, 0, 0, &cost);
    cli_print_totals(&costed, stdout);
    fputs("mapping      ", stdout);
    print_proof(answer);
    printf("\n%s", sdse_mapping_text(run->cli->arena, run->problem.arch,
                                     &costed.layer->nest, &answer->point[0].mapping));
}

static enum cli_exit print_answer(struct mapping_run *run) {
    const bool layer = run->args->value[LAYER] != NULL;
    if (run->objective == PARETO) {
        const enum cli_exit status =
            cli_print_table(run->cli, front_table(run), run->format);
        if (run->people && layer) {
            putchar('\n');
            print_proof(&solution_of(run, 0)->answer);
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
    enum cli_exit status = CLI_OK;
    for (size_t i = 0; i < run->solutions.solution_count; i++) {
        const struct cli_solution *solution = &run->solutions.solution[i];
        const struct sdse_map_answer *answer = &solution->answer;
        if (answer->point_count)
            continue;
        if (answer->status == SDSE_MAP_NONE) {
            cli_refuse_mapping(run->cli, solution, run->problem.arch);
            status = CLI_NO_MAPPING;
        } else {
            cli_error(run->cli, "layer %s: no mapping found before the %s",
                      solution->layer->name,
                      answer->status == SDSE_MAP_LIMIT ? "time limit" : "interruption");
            if (status == CLI_OK)
                status = CLI_SYSTEM;
        }
    }
    return status;
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
    if (run->args->value[LAYER])
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
                                                         [ENERGY] = SDSE_MAP_ENERGY,
                                                         [LATENCY] = SDSE_MAP_LATENCY,
                                                         [PARETO] = SDSE_MAP_FRONT};
    const bool combined = !layer && (run->objective == EDP || run->objective == PARETO);
    const uint64_t jobs = cli_count(run->args, JOBS, 0);
    const struct cli_search search = {
        .objective = combined ? SDSE_MAP_FRONT : objectives[run->objective],
        .threads = jobs > 1024 ? 1024 : (unsigned)jobs,
        .seconds = cli_real(run->args, LIMIT, 0),
        .stop = cli_interrupt_arm()};
    if (!cli_solve(run->cli, &run->problem, layer, &search, &run->solutions))
        return CLI_SYSTEM;
    const enum cli_exit unmapped = report_unmapped(run);
    if (unmapped != CLI_OK)
        return unmapped;
    const enum sdse_status status = combined ? combine_layers(run) : SDSE_OK;
    if (status != SDSE_OK)
        return cli_finish(run->cli, status);
    const enum cli_exit printed = print_answer(run);
    if (printed != CLI_OK || !run->args->value[OUTPUT])
        return printed;
    return write_mappings(run);
}

// The accelerator with every memory split that may be.
static bool split_memories(struct mapping_run *run) {
    struct sdse_arch **arch = &run->problem.arch;
    const unsigned levels = sdse_arch_may_split(*arch);
    const enum sdse_status status =
        sdse_arch_split(*arch, levels, run->cli->arena, arch);
    if (status == SDSE_INVALID)
        cli_error(run->cli,
                  "--uneven: the positions in the memories of %s would make more than "
                  "%d levels, or have the name of one",
                  (*arch)->name, SDSE_MAX_LEVELS);
    else if (status != SDSE_OK)
        cli_error(run->cli, "%s", sdse_status_text(status));
    return status == SDSE_OK;
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
    if (!cli_load_problem(cli, args->value[ARCH], args->value[WORKLOAD],
                          args->value[FORM], &run.problem))
        return CLI_BAD_INPUT;
    if (args->value[UNEVEN] && !split_memories(&run))
        return CLI_BAD_INPUT;
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
        "edp of a network is total energy times total latency, minimised over all\n"
        "combinations of its layers' fronts. pareto prints the exact front of "
        "(energy,\n"
        "latency).",
    .example = "sdse map -a eyeriss -w resnet50 -l layer1.0.conv2 -o mapping.yaml",
    .run = run,
};
