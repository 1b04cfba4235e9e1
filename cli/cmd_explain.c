// sdse explain: every count and every picojoule, with the formula that made it.
#include "costmodel/explain.h"

#include <string.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/cost_tables.h"
#include "cli/explain_network.h"
#include "cli/inputs.h"
#include "cli/interrupt.h"
#include "cli/mapping_line.h"
#include "cli/solve.h"
#include "spec/split.h"

enum {
    ARCH,
    WORKLOAD,
    LAYER,
    MAPPING,
    OBJECTIVE,
    FORM,
    UNEVEN,
    BYPASS,
    IMPERFECT,
    FORMAT
};

static const struct cli_option options[] = {
    [ARCH] = CLI_OPTION_ARCH,
    [WORKLOAD] = CLI_OPTION_WORKLOAD,
    [LAYER] = CLI_OPTION_LAYER,
    [MAPPING] = {"mapping", 'm', CLI_TEXT, "FILE",
                 "the mapping; the optimum is found if not given", NULL, false},
    [OBJECTIVE] = {"objective", 0, CLI_CHOICE, "edp|ed2p|energy|latency",
                   "what the optimum minimises", "edp", false},
    [FORM] = CLI_OPTION_FORM,
    [UNEVEN] = CLI_OPTION_UNEVEN,
    [BYPASS] = CLI_OPTION_BYPASS,
    [IMPERFECT] = CLI_OPTION_IMPERFECT,
    [FORMAT] = CLI_OPTION_TEXT_OR_JSON,
};

// What eval says, and the derivation, line by line.
static enum cli_exit print_json(struct cli *cli, const struct cli_costed *costed,
                                const char *mapping, char *derivation) {
    struct sdse_json json;
    char *rest = NULL;
    sdse_json_begin(&json, "sdse.explain/1", stdout);
    cli_cost_json_all(&json, cli->arena, costed);
    sdse_json_text(&json, "mapping", mapping);
    sdse_json_array(&json, "derivation");
    for (char *line = strtok_r(derivation, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest))
        sdse_json_text(&json, NULL, line);
    sdse_json_close(&json);
    return cli_end_json(cli, &json);
}

// The derivation as text, and whether it agrees. NULL when memory is out.
static const char *derive(struct cli *cli, const struct sdse_model *model,
                          const struct sdse_mapping *mapping,
                          enum sdse_status *status) {
    struct sdse_text text;
    *status = SDSE_NO_MEMORY;
    if (!sdse_text_begin(&text))
        return NULL;
    *status = sdse_explain_write(model, mapping, text.out);
    return sdse_text_end(&text, cli->arena);
}

static enum cli_exit explain(struct cli *cli, const struct cli_args *args,
                             const struct cli_problem *problem,
                             const struct sdse_layer *layer,
                             const struct sdse_model *model,
                             const struct sdse_mapping *mapping) {
    struct sdse_cost cost;
    if (!sdse_evaluate_full(model, mapping, &cost))
        return cli_finish(cli, SDSE_NO_MEMORY);
    const struct cli_costed costed = {problem->arch, problem->workload,
                                      layer,         problem->form_text,
                                      &cost,         problem->setting.smartdeal};
    const char *line = cli_mapping_line(cli, problem->arch, mapping);
    enum sdse_status status;
    const char *text = derive(cli, model, mapping, &status);
    char *lines = text ? sdse_arena_strdup(cli->arena, text) : NULL;
    if (!line || !lines || status == SDSE_NO_MEMORY)
        return cli_finish(cli, SDSE_NO_MEMORY);
    if (!cli_wants_json(args, FORMAT)) {
        cli_print_totals(&costed, stdout);
        printf("mapping      %s\n\n%s", line, text);
    } else if (status != SDSE_INVALID) {
        return print_json(cli, &costed, line, lines);
    }
    if (status != SDSE_INVALID)
        return CLI_OK; // a failing stdout is reported by main
    cli_error(cli, "the explanation disagrees with the evaluator: please report this");
    return CLI_SYSTEM;
}

static enum cli_exit explain_optimum(struct cli *cli, const struct cli_args *args,
                                     const struct cli_problem *problem) {
    static const enum sdse_map_objective objectives[] = {
        SDSE_MAP_EDP, SDSE_MAP_ED2P, SDSE_MAP_ENERGY, SDSE_MAP_LATENCY};
    const struct sdse_layer *layer =
        cli_find_layer(cli, problem->workload, args->value[LAYER]);
    if (!layer || !cli_streams(cli, problem->arch, layer, 1))
        return CLI_BAD_INPUT;
    const struct cli_search search = {
        .objective = objectives[cli_choice(args, options, OBJECTIVE)],
        .threads = 1,
        .free_bypass = args->value[BYPASS] != NULL,
        .padding_percent = cli_percent(args, IMPERFECT, 0),
        .stop = cli_interrupt_arm()};
    struct cli_solutions solutions;
    enum cli_exit status = CLI_SYSTEM;
    if (cli_solve(cli, problem, layer, &search, &solutions)) {
        const struct cli_solution *solution = &solutions.solution[0];
        if (solution->answer.point_count) {
            status = explain(cli, args, problem, layer, solution->model,
                             &solution->answer.point[0].mapping);
            if (status == CLI_OK && solution->answer.status != SDSE_MAP_OPTIMAL) {
                cli->reported = true;
                fputs("sdse explain: interrupted: the mapping is not proved optimal\n",
                      stderr);
                status = CLI_SYSTEM;
            }
        } else if (solution->answer.status == SDSE_MAP_NONE) {
            cli_refuse_mapping(cli, solution, problem->arch);
            if (cli_wants_json(args, FORMAT))
                cli_print_refusals(cli, problem, &solutions);
            status = CLI_NO_MAPPING;
        } else {
            cli_error(cli, "layer %s: no mapping found before the interruption",
                      layer->name);
        }
    }
    cli_solutions_free(&solutions);
    return status;
}

// The groups of a network's mapping, or the one of a layer.
static enum cli_exit explain_network(struct cli *cli, const struct cli_args *args,
                                     struct cli_problem *problem) {
    const struct sdse_layer *layer = NULL;
    struct sdse_schedule schedule;
    struct cli_network network;
    if (cli_wants_json(args, FORMAT)) {
        cli_error(cli, "a network's mapping is explained as text: --format json is of "
                       "one layer, of a mapping of its own");
        return CLI_USAGE;
    }
    if (args->value[LAYER]) {
        layer = cli_find_layer(cli, problem->workload, args->value[LAYER]);
        if (!layer)
            return CLI_BAD_INPUT;
    }
    if (!cli_load_network_mapping(cli, problem, args->value[MAPPING], &schedule,
                                  &network))
        return CLI_BAD_INPUT;
    return cli_explain_network(cli, problem, &network, layer);
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    static const int widening[] = {UNEVEN, BYPASS, IMPERFECT};
    for (int i = 0; i < CLI_COUNT_OF(widening); i++) {
        if (args->value[MAPPING] && args->value[widening[i]]) {
            cli_error(cli, "--%s widens the search for an optimum: not with --mapping",
                      options[widening[i]].name);
            return CLI_USAGE;
        }
    }
    struct cli_problem problem;
    if (!cli_load_problem(cli, args->value[ARCH], args->value[WORKLOAD],
                          args->value[FORM], &problem))
        return CLI_BAD_INPUT;
    if (!args->value[MAPPING]) {
        if (args->value[UNEVEN] &&
            !cli_split_memories(cli, sdse_arch_may_split(problem.arch), &problem))
            return CLI_BAD_INPUT;
        return explain_optimum(cli, args, &problem);
    }
    if (cli_is_network_mapping(args->value[MAPPING]))
        return explain_network(cli, args, &problem);
    const struct sdse_layer *layer;
    struct sdse_mapping *mapping;
    if (!cli_load_mapping(cli, &problem, args->value[LAYER], args->value[MAPPING],
                          &layer, &mapping))
        return CLI_BAD_INPUT;
    const struct sdse_model *model = cli_layer_model(cli, &problem, layer);
    if (!model || !cli_accept_mapping(cli, &problem, model, mapping))
        return CLI_BAD_INPUT;
    return explain(cli, args, &problem, layer, model, mapping);
}

const struct cli_verb cli_verb_explain = {
    .name = "explain",
    .summary = "derives every count and every picojoule of a mapping",
    .operands = {"", 0, 0},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "The figures are derived a second time, from the closed forms, and must "
        "equal what\n`sdse eval` reports, bit for bit. Of a network's mapping "
        "every group of layers\nthat take turns is told, or the one that -l is in.",
    .example = "sdse explain -a eyeriss -w resnet50 -l layer1.0.conv2",
    .run = run,
};
