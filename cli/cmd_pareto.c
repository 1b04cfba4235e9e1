// sdse pareto: the designs that no other beats, per network.
#include <string.h>

#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/selection.h"
#include "results/look/points.h"

enum { OBJECTIVES, SELECTION, FORMAT = SELECTION + CLI_SELECT_OPTIONS };

static const struct cli_option options[] = {
    [OBJECTIVES] = CLI_OPTION_OBJECTIVES,
    CLI_SELECTION_ROWS(SELECTION),
    [FORMAT] = CLI_OPTION_FORMAT,
};

// One network's front.
static enum cli_exit print_front(struct cli *cli, struct sdse_reader *reader,
                                 const struct sdse_filter *filter,
                                 const struct cli_objectives *objectives,
                                 enum sdse_table_format format) {
    struct sdse_points points;
    struct sdse_front front;
    enum sdse_status status =
        sdse_points_load(reader, filter, objectives->metric, objectives->count,
                         cli->arena, &cli->diags, &points);
    if (status == SDSE_OK)
        status = sdse_front_compute(&points, cli->arena, &front);
    if (status != SDSE_OK)
        return cli_finish(cli, status);
    const bool people = format == SDSE_TABLE_TEXT || format == SDSE_TABLE_MARKDOWN;
    if (people) {
        const char *summary = sdse_front_summary(&points, &front, cli->arena);
        printf("%s: %s\n\n", filter->workload, summary ? summary : "");
    }
    if (people && front.count == 0)
        return CLI_OK;
    return cli_print_table(cli, sdse_front_table(&points, &front, !people, cli->arena),
                           format);
}

static enum cli_exit print_fronts(struct cli *cli, struct sdse_reader *reader,
                                  struct sdse_filter filter,
                                  const struct cli_objectives *objectives,
                                  enum sdse_table_format format) {
    const char **networks;
    size_t count;
    const enum sdse_status status = sdse_points_workloads(
        reader, &filter, cli->arena, &cli->diags, &networks, &count);
    if (status != SDSE_OK)
        return cli_finish(cli, status);
    if (count == 0) {
        cli_error(cli, "no point fits; `sdse status` shows what is there");
        return CLI_BAD_INPUT;
    }
    const bool people = format == SDSE_TABLE_TEXT || format == SDSE_TABLE_MARKDOWN;
    if (!people && count > 1) {
        cli_error(cli, "--format %s holds one network's front: add -w NAME",
                  format == SDSE_TABLE_CSV ? "csv" : "json");
        for (size_t i = 0; i < count; i++)
            fprintf(stderr, "%s%s", i ? " " : "networks: ", networks[i]);
        fputc('\n', stderr);
        return CLI_USAGE;
    }
    enum cli_exit result = CLI_OK;
    for (size_t i = 0; i < count && result == CLI_OK; i++) {
        if (i)
            putchar('\n');
        filter.workload = networks[i];
        result = print_front(cli, reader, &filter, objectives, format);
    }
    return result;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    struct cli_objectives objectives;
    struct sdse_filter filter;
    if (!cli_parse_objectives(cli, args->value[OBJECTIVES], &objectives) ||
        !cli_parse_selection(cli, args, SELECTION, &filter))
        return CLI_USAGE;
    enum cli_exit status;
    struct sdse_reader *reader = cli_open_results(cli, args->operands[0], &status);
    if (!reader)
        return status;
    status =
        print_fronts(cli, reader, filter, &objectives, cli_table_format(args, FORMAT));
    sdse_reader_close(reader);
    return status;
}

const struct cli_verb cli_verb_pareto = {
    .name = "pareto",
    .summary = "shows the designs that no other beats in two or three objectives",
    .operands = {"RESULTS.db", 1, 1},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "One front per network: designs for different networks are never compared.\n"
        "The knee is the point farthest below the line (plane) through the ends of "
        "the\n"
        "front. The hypervolume is the part of the box from zero to the reference "
        "point,\n1.1 times the worst value of the front in each objective, that the "
        "front dominates.",
    .example = "sdse pareto results.db --objectives energy,latency,area",
    .run = run,
};
