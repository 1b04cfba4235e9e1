// sdse map: the best mapping of a layer, or of every layer of a network, proved.
#include <inttypes.h>

#include "base/units.h"
#include "cli/interrupt.h"
#include "cli/map_files.h"
#include "cli/map_fused.h"
#include "cli/map_resident.h"
#include "spec/split.h"

enum {
    ARCH,
    WORKLOAD,
    LAYER,
    OBJECTIVE,
    MOST_LATENCY,
    MOST_ENERGY,
    MOST_LIFETIME,
    FORM,
    UNEVEN,
    BYPASS,
    IMPERFECT,
    RESIDENT,
    FUSE,
    TILES,
    COLUMNS,
    OVERLAP,
    COPIES,
    JOBS,
    LIMIT,
    OUTPUT,
    FORCE,
    FORMAT
};
static const struct cli_option options[] = {
    [ARCH] = CLI_OPTION_ARCH,
    [WORKLOAD] = CLI_OPTION_WORKLOAD,
    [LAYER] = {"layer", 'l', CLI_TEXT, "LAYER", "only this layer", NULL, false},
    [OBJECTIVE] = {"objective", 0, CLI_CHOICE,
                   "edp|ed2p|energy|latency|pareto|lifetime", "what to minimise", "edp",
                   false},
    [MOST_LATENCY] = {"max-latency", 0, CLI_TEXT, "TIME",
                      "the best within a latency: 5ms, 2e6cycles", NULL, false},
    [MOST_ENERGY] = {"max-energy", 0, CLI_TEXT, "ENERGY",
                     "the best within an energy: 1.5mJ", NULL, false},
    [MOST_LIFETIME] = {"max-lifetime", 0, CLI_REAL, "US",
                       "longest life of a tile in a memory of class edram", NULL,
                       false},
    [FORM] = CLI_OPTION_FORM,
    [UNEVEN] = CLI_OPTION_UNEVEN,
    [BYPASS] = CLI_OPTION_BYPASS,
    [IMPERFECT] = CLI_OPTION_IMPERFECT,
    [RESIDENT] = {"resident", 0, CLI_FLAG, NULL,
                  "tensors may stay in a shared memory between layers", NULL, false},
    [FUSE] = {"fuse", 0, CLI_COUNT, "N",
              "with --resident: up to N layers may take turns tile by tile", NULL,
              false},
    [TILES] = {"tiles", 0, CLI_CHOICE, "balanced|all",
               "with --fuse: rows of a tile, of equal tiles alone (default) or any",
               NULL, false},
    [COLUMNS] = {"columns", 0, CLI_FLAG, NULL,
                 "with --fuse: tiles of some columns are tried, too", NULL, false},
    [OVERLAP] = {"overlap", 0, CLI_CHOICE, "none|outer",
                 "with --fuse: nests run one after the other (default), or the "
                 "outermost memory works a tile ahead",
                 NULL, false},
    [COPIES] = {"copies", 0, CLI_FLAG, NULL,
                "with --resident: tensors may be moved between layers, too", NULL,
                false},
    [JOBS] = {"jobs", 'j', CLI_COUNT, "N",
              "threads; as many as processors if not given", NULL, false},
    [LIMIT] = {"time-limit", 0, CLI_REAL, "SECONDS", "per layer; 0 = none", "0", false},
    [OUTPUT] =
        {"output", 'o', CLI_TEXT, "PATH",
         "write the mapping to a file (with -l or --fuse), or all into a directory",
         NULL, false},
    [FORCE] = CLI_OPTION_FORCE,
    [FORMAT] = CLI_OPTION_FORMAT,
};

// --- Combined fronts ---

// Energy and latency of a network are sums, products of them are not: they are minimal
// where the combined front says, not where every layer's own product is.
static enum sdse_status build_front(struct cli_map_run *run) {
    const size_t count = run->solutions.layer_count;
    struct sdse_arena *arena = run->cli->arena;
    struct sdse_layer_front *fronts =
        SDSE_ARENA_ARRAY(arena, struct sdse_layer_front, count);
    if (!fronts)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const struct sdse_map_answer *answer = &cli_solution_of(run, i)->answer;
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
        fronts[i] = (struct sdse_layer_front){answer->point_count, elements, repeat, 0};
    }
    return sdse_network_front_build(fronts, count, SDSE_LARGEST_FRONT, run->stop, arena,
                                    &run->front);
}

static bool all_proved(const struct cli_map_run *run) {
    for (size_t i = 0; i < run->solutions.solution_count; i++)
        if (run->solutions.solution[i].answer.status != SDSE_MAP_OPTIMAL)
            return false;
    return !run->front.thinned;
}

// Builds the front and picks the mapping of every layer.
static enum cli_exit combine_layers(struct cli_map_run *run) {
    const size_t count = run->solutions.layer_count;
    size_t *choice = SDSE_ARENA_ARRAY(run->cli->arena, size_t, count);
    const enum sdse_status status = choice ? build_front(run) : SDSE_NO_MEMORY;
    if (status != SDSE_OK)
        return cli_finish(run->cli, status);
    const size_t picked =
        sdse_network_front_pick_within(&run->front, cli_map_picked_objective(run),
                                       run->budget.most_pj, run->budget.most_cycles);
    if (picked == run->front.count) {
        cli_report_budget(run->cli, &run->budget, &run->front, all_proved(run));
        return CLI_NO_MAPPING;
    }
    run->picked = picked;
    sdse_network_front_choices(&run->front, count, picked, choice);
    for (size_t i = 0; i < count; i++)
        run->solutions.mapped[i].choice = choice[i];
    return CLI_OK;
}

// --- The verb ---

// False after a message: lives are asked about, and no memory forgets.
static bool forgets_where_asked(const struct cli_map_run *run) {
    const struct sdse_arch *arch = run->problem.arch;
    if (run->objective == LIFETIME && run->budget.given) {
        cli_error(run->cli, "--objective lifetime takes no budget");
        return false;
    }
    if (run->args->value[MOST_LIFETIME] &&
        !(cli_real(run->args, MOST_LIFETIME, 0) > 0)) {
        cli_error(run->cli, "--max-lifetime must be positive");
        return false;
    }
    const bool asked =
        run->objective == LIFETIME || cli_real(run->args, MOST_LIFETIME, 0) > 0;
    for (unsigned l = 0; l < arch->level_count; l++)
        if (arch->level[l].memory_class == SDSE_EDRAM)
            return true;
    if (asked)
        cli_error(run->cli, "%s has no memory of class edram: %s is about their tiles",
                  arch->name,
                  run->objective == LIFETIME ? "--objective lifetime"
                                             : "--max-lifetime");
    return !asked;
}

static enum cli_exit answer(struct cli_map_run *run, const struct sdse_layer *layer) {
    static const enum sdse_map_objective objectives[] = {
        [EDP] = SDSE_MAP_EDP,       [ED2P] = SDSE_MAP_ED2P,
        [ENERGY] = SDSE_MAP_ENERGY, [LATENCY] = SDSE_MAP_LATENCY,
        [PARETO] = SDSE_MAP_FRONT,  [LIFETIME] = SDSE_MAP_LIFETIME};
    if (!forgets_where_asked(run))
        return CLI_USAGE;
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
        .padding_percent = cli_percent(run->args, IMPERFECT, 0),
        .max_lifetime_us = cli_real(run->args, MOST_LIFETIME, 0),
        .stop = run->stop = cli_interrupt_arm()};
    if (!cli_solve(run->cli, &run->problem, layer, &search, &run->solutions))
        return CLI_SYSTEM;
    const enum cli_exit unmapped = cli_map_report_unmapped(run);
    if (unmapped != CLI_OK) {
        if (unmapped == CLI_SYSTEM)
            cli_map_print_found(run);
        else if (run->format == SDSE_TABLE_JSON)
            cli_print_refusals(run->cli, &run->problem, &run->solutions);
        return unmapped;
    }
    enum cli_exit status = run->combined ? combine_layers(run) : CLI_OK;
    if (status == CLI_OK && run->args->value[RESIDENT]) {
        const enum cli_exit unproved = cli_map_report_unproved(run);
        run->proved = unproved == CLI_OK ? PROVED_UNSHARED : PROVED_NOTHING;
        status = cli_map_resident(run, &search);
        return status == CLI_OK ? unproved : status;
    }
    if (status == CLI_OK)
        status = cli_map_print(run);
    if (status == CLI_OK && run->output)
        status = cli_map_write_mappings(run, NULL);
    const enum cli_exit unproved = cli_map_report_unproved(run);
    return status == CLI_OK ? unproved : status;
}

// False after a message: what is not proved, or is of one layer, has no places.
static bool may_ask_for_places(const struct cli_map_run *run) {
    static const char alone[] = "a budget chooses among mappings of layers by "
                                "themselves; --objective pareto lists the front";
    static const char outlives[] =
        "a tensor that stays on chip outlives the tiles of every layer";
    static const struct {
        int option;
        const char *why;
    } others[] = {{LAYER, "layers hand tensors to each other, one alone to nobody"},
                  {MOST_LATENCY, alone},
                  {MOST_ENERGY, alone},
                  {MOST_LIFETIME, outlives},
                  {LIMIT, "its optimum is proved, or none is given"}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const int option = others[i].option;
        if (!run->args->value[option] ||
            (option == LIMIT && cli_real(run->args, LIMIT, 0) == 0))
            continue;
        cli_error(run->cli, "--resident does not go with --%s: %s",
                  options[option].name, others[i].why);
        return false;
    }
    if (run->objective == LIFETIME)
        cli_error(run->cli, "--resident does not go with --objective lifetime: %s",
                  outlives);
    return run->objective != LIFETIME;
}

// False after a message.
static bool may_ask_for_turns(const struct cli_map_run *run) {
    const uint64_t depth = cli_count(run->args, FUSE, 0);
    if (!run->args->value[RESIDENT])
        cli_error(run->cli, "--fuse goes with --resident: layers that take turns hand "
                            "over tensors on chip");
    else if (depth > SDSE_FUSED_MOST)
        cli_error(run->cli, "--fuse: at most %d layers may take turns",
                  SDSE_FUSED_MOST);
    else
        return true;
    return false;
}

// Options that mean something beside another one alone. False after a message.
static bool has_what_goes_with(const struct cli_map_run *run) {
    static const struct {
        int option, with;
        const char *why;
    } rows[] = {
        {TILES, FUSE, "tiles are those of layers that take turns"},
        {COLUMNS, FUSE, "tiles are those of layers that take turns"},
        {OVERLAP, FUSE, "it is between the nests of layers that take turns"},
        {COPIES, RESIDENT, "tensors are moved into and out of a shared memory"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!run->args->value[rows[i].option] || run->args->value[rows[i].with])
            continue;
        cli_error(run->cli, "--%s goes with --%s: %s", options[rows[i].option].name,
                  options[rows[i].with].name, rows[i].why);
        return false;
    }
    return true;
}

// False after a message.
static bool may_go_together(const struct cli_map_run *run) {
    const char *const *value = run->args->value;
    if (value[COPIES] && value[OUTPUT] && !value[FUSE])
        cli_error(run->cli, "--copies: files of single layers do not say what happens "
                            "between them: --fuse 1 writes the network's");
    else if (value[BYPASS] && run->fuse_overlap)
        cli_error(run->cli, "--free-bypass does not go with --overlap outer: what "
                            "comes ahead waits in a memory that no tensor passes by");
    else
        return true;
    return false;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    struct cli_map_run run = {
        .cli = cli,
        .args = args,
        .objective = (enum cli_map_objective)cli_choice(args, options, OBJECTIVE),
        .format = cli_table_format(args, FORMAT),
        .output = args->value[OUTPUT],
        .objective_word = args->value[OBJECTIVE]};
    run.people = run.format == SDSE_TABLE_TEXT || run.format == SDSE_TABLE_MARKDOWN;
    if (args->value[OUTPUT] && run.objective == PARETO) {
        cli_error(cli, "--objective pareto has many mappings: --output needs one");
        return CLI_USAGE;
    }
    if (args->value[RESIDENT] && !may_ask_for_places(&run))
        return CLI_USAGE;
    if (args->value[FUSE] && !may_ask_for_turns(&run))
        return CLI_USAGE;
    run.fuse_overlap = args->value[OVERLAP] && cli_choice(args, options, OVERLAP) == 1;
    if (!has_what_goes_with(&run) || !may_go_together(&run))
        return CLI_USAGE;
    run.copies = args->value[COPIES] != NULL;
    run.fuse_columns = args->value[COLUMNS] != NULL;
    run.fuse_depth = (unsigned)cli_count(args, FUSE, 0);
    run.fuse_all_tiles =
        args->value[TILES] && cli_choice(args, options, TILES) == SDSE_TILES_ALL;
    cli->outputs.force = args->value[FORCE] != NULL;
    if (!cli_load_problem(cli, args->value[ARCH], args->value[WORKLOAD],
                          args->value[FORM], &run.problem))
        return CLI_BAD_INPUT;
    if (args->value[UNEVEN] &&
        !cli_split_memories(cli, sdse_arch_may_split(run.problem.arch), &run.problem))
        return CLI_BAD_INPUT;
    if (args->value[RESIDENT] && !cli_map_may_reside(&run))
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
    if (!cli_streams(cli, run.problem.arch,
                     layer ? layer : run.problem.workload->layers,
                     layer ? 1 : run.problem.workload->layer_count))
        return CLI_BAD_INPUT;
    enum cli_exit status = CLI_OK;
    if (args->value[OUTPUT])
        status = cli_map_check_output(cli, args->value[OUTPUT], run.problem.workload,
                                      layer || run.fuse_depth);
    if (status != CLI_OK)
        return status;
    status = answer(&run, layer);
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
        "of that front within it is chosen.\n"
        "With --resident the optimum over all places of the tensors that the "
        "network's\n"
        "`edges` name, in the outermost memory or in one that `shares` them. With\n"
        "--fuse N, too, over all groups of up to N layers in a row that take turns "
        "tile\n"
        "by tile.",
    .example = "sdse map -a eyeriss -w resnet50 -l layer1.0.conv2 -o mapping.yaml",
    .run = run,
};
