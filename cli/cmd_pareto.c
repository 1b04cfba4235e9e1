// sdse pareto: the designs that no other beats, per network.
#include <math.h>

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

// One network's.
struct network_front {
    const char *network;
    struct sdse_points points;
    struct sdse_front front;
};

static enum cli_exit print_front(struct cli *cli, const struct network_front *of,
                                 enum sdse_table_format format) {
    const bool people = format == SDSE_TABLE_TEXT || format == SDSE_TABLE_MARKDOWN;
    if (people) {
        const char *summary = sdse_front_summary(&of->points, &of->front, cli->arena);
        printf("%s: %s\n\n", of->network, summary ? summary : "");
    }
    if (people && of->front.count == 0)
        return CLI_OK;
    return cli_print_table(
        cli, sdse_front_table(&of->points, &of->front, !people, cli->arena), format);
}

// What was counted, the box of the hypervolume, and the front's points.
static void add_front(struct sdse_json *json, const struct network_front *of,
                      struct sdse_arena *arena) {
    const struct sdse_points *points = &of->points;
    const bool any = of->front.count > 0;
    sdse_json_object(json, NULL);
    sdse_json_text(json, "network", of->network);
    sdse_json_u64(json, "on_front", of->front.count);
    sdse_json_u64(json, "dominated", points->count - of->front.count);
    sdse_json_u64(json, "infeasible", points->infeasible);
    sdse_json_u64(json, "failed", points->failed);
    sdse_json_u64(json, "without_objective", points->unknown);
    sdse_json_f64(json, "hypervolume_fraction",
                  any ? of->front.hypervolume_fraction : (double)NAN);
    sdse_json_object(json, "reference");
    for (unsigned k = 0; k < points->objectives; k++)
        sdse_json_f64(json, sdse_metric_info(points->metric[k])->column,
                      any ? of->front.reference[k] : (double)NAN);
    sdse_json_close(json);
    sdse_json_rows(json, "points", sdse_front_table(points, &of->front, true, arena));
    sdse_json_close(json);
}

static enum cli_exit print_all(struct cli *cli, const struct network_front *fronts,
                               size_t count, enum sdse_table_format format) {
    enum cli_exit result = CLI_OK;
    if (format == SDSE_TABLE_JSON) {
        struct sdse_json json;
        sdse_json_begin(&json, "sdse.pareto/1", stdout);
        sdse_json_array(&json, "fronts");
        for (size_t i = 0; i < count; i++)
            add_front(&json, &fronts[i], cli->arena);
        sdse_json_close(&json);
        return cli_end_json(cli, &json);
    }
    for (size_t i = 0; i < count && result == CLI_OK; i++) {
        if (i)
            putchar('\n');
        result = print_front(cli, &fronts[i], format);
    }
    return result;
}

static enum cli_exit print_fronts(struct cli *cli, struct sdse_reader *reader,
                                  struct sdse_filter filter,
                                  const struct cli_objectives *objectives,
                                  enum sdse_table_format format) {
    const char **networks;
    size_t count;
    enum sdse_status status = sdse_points_workloads(reader, &filter, cli->arena,
                                                    &cli->diags, &networks, &count);
    if (status != SDSE_OK)
        return cli_finish(cli, status);
    if (count == 0) {
        cli_error(cli, "no point fits; `sdse status` shows what is there");
        return CLI_BAD_INPUT;
    }
    if (format == SDSE_TABLE_CSV && count > 1) {
        cli_error(cli, "--format csv holds one network's front: add -w NAME");
        for (size_t i = 0; i < count; i++)
            fprintf(stderr, "%s%s", i ? " " : "networks: ", networks[i]);
        fputc('\n', stderr);
        return CLI_USAGE;
    }
    struct network_front *fronts =
        SDSE_ARENA_ARRAY(cli->arena, struct network_front, count);
    if (!fronts)
        return cli_finish(cli, SDSE_NO_MEMORY);
    for (size_t i = 0; i < count && status == SDSE_OK; i++) {
        struct network_front *of = &fronts[i];
        of->network = filter.workload = networks[i];
        status =
            sdse_points_load(reader, &filter, objectives->metric, objectives->count,
                             cli->arena, &cli->diags, &of->points);
        if (status == SDSE_OK)
            status = sdse_front_compute(&of->points, cli->arena, &of->front);
    }
    return status == SDSE_OK ? print_all(cli, fronts, count, format)
                             : cli_finish(cli, status);
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
