// sdse eval: what one mapping of one layer costs.
#include <stdio.h>

#include "cli/cli.h"
#include "cli/cost_tables.h"
#include "cli/inputs.h"
#include "cli/network_mapping.h"
#include "cli/problem.h"

enum { ARCH, WORKLOAD, LAYER, MAPPING, FORM, ONLY, FORMAT };

static const struct cli_option options[] = {
    [ARCH] = CLI_OPTION_ARCH,
    [WORKLOAD] = CLI_OPTION_WORKLOAD,
    [LAYER] = CLI_OPTION_LAYER,
    [MAPPING] = {"mapping", 'm', CLI_TEXT, "FILE",
                 "the mapping; not for layers that only move words", NULL, false},
    [FORM] = CLI_OPTION_FORM,
    [ONLY] = {"only", 0, CLI_CHOICE, "totals|counts|networks|energy|cycles",
              "print this section alone", NULL, false},
    [FORMAT] = CLI_OPTION_FORMAT,
};

static const char *const titles[CLI_SECTIONS] = {
#define TITLE(name, word, title) title,
    CLI_SECTION_MAP(TITLE)
#undef TITLE
};

static enum cli_exit print_sections(struct cli *cli, const struct cli_costed *costed,
                                    enum sdse_table_format format) {
    cli_print_totals(costed, stdout);
    for (int i = CLI_SECTION_COUNTS; i < CLI_SECTIONS; i++) {
        const struct sdse_table *table =
            cli_cost_table(cli->arena, costed, (enum cli_section)i, true);
        if (table && sdse_table_rows(table) == 0)
            continue;
        printf("\n%s%s\n", titles[i], format == SDSE_TABLE_TEXT ? "" : "\n");
        const enum cli_exit status = cli_print_table(cli, table, format);
        if (status != CLI_OK)
            return status;
    }
    return CLI_OK;
}

// All sections, or the one of --only.
static enum cli_exit print_json(struct cli *cli, const struct cli_args *args,
                                const struct cli_costed *costed) {
    struct sdse_json json;
    sdse_json_begin(&json, "sdse.eval/1", stdout);
    if (args->value[ONLY])
        cli_cost_json(&json, cli->arena, costed,
                      (enum cli_section)cli_choice(args, options, ONLY));
    else
        cli_cost_json_all(&json, cli->arena, costed);
    return cli_end_json(cli, &json);
}

static enum cli_exit eval_network(struct cli *cli, const struct cli_args *args,
                                  struct cli_problem *problem,
                                  enum sdse_table_format format) {
    struct sdse_schedule schedule;
    struct cli_network network;
    if (!cli_load_network_mapping(cli, problem, args->value[MAPPING], &schedule,
                                  &network))
        return CLI_BAD_INPUT;
    return cli_eval_network(cli, problem, &network, format);
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    const enum sdse_table_format format = cli_table_format(args, FORMAT);
    const bool network = args->value[MAPPING] && !args->value[LAYER] &&
                         cli_is_network_mapping(args->value[MAPPING]);
    if (network && args->value[ONLY]) {
        cli_error(cli, "--only goes with one layer: choose one with -l LAYER");
        return CLI_USAGE;
    }
    if (format == SDSE_TABLE_CSV && !args->value[ONLY] && !network) {
        cli_error(cli, "--format csv holds one table: add --only %s",
                  options[ONLY].value);
        return CLI_USAGE;
    }
    struct cli_problem problem;
    const struct sdse_layer *layer;
    struct sdse_mapping *mapping;
    if (!cli_load_problem(cli, args->value[ARCH], args->value[WORKLOAD],
                          args->value[FORM], &problem))
        return CLI_BAD_INPUT;
    if (network)
        return eval_network(cli, args, &problem, format);
    if (!args->value[MAPPING]) {
        layer = cli_find_layer(cli, problem.workload, args->value[LAYER]);
        if (!layer)
            return CLI_BAD_INPUT;
        if (!sdse_layer_moves(layer)) {
            cli_error(cli, "--mapping is needed: layer %s multiplies", layer->name);
            return CLI_USAGE;
        }
        mapping = cli_streamed_mapping(cli, problem.arch);
        if (!mapping)
            return CLI_SYSTEM;
    } else if (!cli_load_mapping(cli, &problem, args->value[LAYER],
                                 args->value[MAPPING], &layer, &mapping))
        return CLI_BAD_INPUT;
    const struct sdse_model *model = cli_layer_model(cli, &problem, layer);
    if (!model || !cli_accept_mapping(cli, &problem, model, mapping))
        return CLI_BAD_INPUT;
    struct sdse_cost cost;
    if (!sdse_evaluate_full(model, mapping, &cost))
        return cli_finish(cli, SDSE_NO_MEMORY);
    const struct cli_costed costed = {problem.arch, problem.workload,
                                      layer,        problem.form_text,
                                      &cost,        problem.setting.smartdeal};
    if (format == SDSE_TABLE_JSON)
        return print_json(cli, args, &costed);
    if (!args->value[ONLY])
        return print_sections(cli, &costed, format);
    const enum cli_section section = (enum cli_section)cli_choice(args, options, ONLY);
    const bool people = format == SDSE_TABLE_TEXT || format == SDSE_TABLE_MARKDOWN;
    if (section == CLI_SECTION_TOTALS && format == SDSE_TABLE_TEXT) {
        cli_print_totals(&costed, stdout);
        return CLI_OK;
    }
    return cli_print_table(cli, cli_cost_table(cli->arena, &costed, section, people),
                           format);
}

const struct cli_verb cli_verb_eval = {
    .name = "eval",
    .summary =
        "scores one mapping of a layer, or those of a network: counts, energy, cycles",
    .operands = {"", 0, 0},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "All figures are of one execution of the layer. A network's mapping (sdse map\n"
        "--resident --fuse N -o) is scored as a whole, without -l.",
    .example = "sdse eval -a eyeriss -w resnet50 -l layer1.0.conv2 -m mapping.yaml",
    .run = run,
};
