// sdse status: how far the sweeps in a results.db have come, and what did not work.
#include "cli/cli.h"
#include "cli/inputs.h"
#include "results/keep/tag.h"
#include "results/look/query.h"

enum { FORMAT };

static const struct cli_option options[] = {
    [FORMAT] = CLI_OPTION_FORMAT,
};

static const char sweeps[] =
    "SELECT sweep, version, objective, point_count AS points, points_done AS done,"
    " CAST(points_ok AS INTEGER) AS ok,"
    " CAST(points_infeasible AS INTEGER) AS infeasible,"
    " CAST(points_error AS INTEGER) AS error,"
    " CASE WHEN NOT newest THEN 'superseded' WHEN points_done >= point_count THEN "
    "'complete' ELSE 'to be continued' END"
    " AS state FROM v_sweep ORDER BY sweep, version";

static const char reasons[] =
    "SELECT status, count(*) AS points, reason FROM v_point WHERE status <> 'ok'"
    " AND NOT superseded"
    " GROUP BY status, reason ORDER BY count(*) DESC, reason";

static const char superseded[] = "SELECT 1 FROM v_point WHERE superseded";

static enum cli_exit print(struct cli *cli, struct sdse_reader *reader,
                           enum sdse_table_format format) {
    struct sdse_table *table = NULL, *why = NULL, *old = NULL, *named = NULL;
    enum sdse_status status =
        sdse_query_run(reader, sweeps, cli->arena, &cli->diags, &table);
    if (status == SDSE_OK)
        status = sdse_query_run(reader, reasons, cli->arena, &cli->diags, &why);
    if (status == SDSE_OK)
        status = sdse_query_run(reader, superseded, cli->arena, &cli->diags, &old);
    if (status == SDSE_OK)
        status =
            sdse_query_run(reader, sdse_tag_list_sql, cli->arena, &cli->diags, &named);
    if (status != SDSE_OK)
        return cli_finish(cli, status);
    if (format == SDSE_TABLE_JSON) {
        struct sdse_json json;
        sdse_json_begin(&json, "sdse.status/1", stdout);
        sdse_json_rows(&json, "sweeps", table);
        sdse_json_u64(&json, "points_superseded", sdse_table_rows(old));
        sdse_json_rows(&json, "without_result", why);
        sdse_json_rows(&json, "tags", named);
        return cli_end_json(cli, &json);
    }
    const enum cli_exit exit_status = cli_print_table(cli, table, format);
    const bool for_people = format == SDSE_TABLE_TEXT || format == SDSE_TABLE_MARKDOWN;
    if (exit_status != CLI_OK || !for_people)
        return exit_status;
    if (sdse_table_rows(old))
        printf("\n%zu points are superseded: their sweep, accelerator or network has "
               "changed since;\npareto and plot leave them out (--superseded shows "
               "them)\n",
               sdse_table_rows(old));
    const struct sdse_table *more[] = {why, named};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        if (sdse_table_rows(more[i]) == 0)
            continue;
        putchar('\n');
        const enum cli_exit printed = cli_print_table(cli, more[i], format);
        if (printed != CLI_OK)
            return printed;
    }
    return CLI_OK;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    enum cli_exit status;
    struct sdse_reader *reader = cli_open_results(cli, args->operands[0], &status);
    if (!reader)
        return status;
    status = print(cli, reader, cli_table_format(args, FORMAT));
    sdse_reader_close(reader);
    return status;
}

const struct cli_verb cli_verb_status = {
    .name = "status",
    .summary = "shows how far the sweeps in a results.db have come",
    .operands = {"RESULTS.db", 1, 1},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes = "Also while a sweep is running. Points without a valid mapping are listed "
             "with their reasons.\nA sweep that was changed has versions: the one that "
             "ran last counts, the others are superseded.",
    .example = "sdse status results.db",
    .run = run,
};
