// sdse query: SQL over a results.db, read-only.
#include "cli/cli.h"
#include "cli/inputs.h"
#include "results/look/query.h"

enum { FORMAT, ROWS, LIMIT, MEMORY };

static const struct cli_option options[] = {
    [FORMAT] = CLI_OPTION_FORMAT,
    [ROWS] = {"max-rows", 0, CLI_COUNT, "N", "stop after so many rows", NULL, false},
    [LIMIT] = {"time-limit", 0, CLI_REAL, "SECONDS", "give up after; 0 = never", "0",
               false},
    [MEMORY] = {"memory-limit", 0, CLI_COUNT, "MIB",
                "of the rows of a table, and of one value", "1024", false},
};

static const char list_of_views[] =
    "SELECT s.name AS view, group_concat(c.name, ', ') AS columns"
    " FROM sqlite_schema s, pragma_table_info(s.name) c"
    " WHERE s.type = 'view' GROUP BY s.name ORDER BY s.name";

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    enum cli_exit status;
    struct sdse_reader *reader = cli_open_results(cli, args->operands[0], &status);
    if (!reader)
        return status;
    const char *sql = args->operand_count > 1 ? args->operands[1] : list_of_views;
    const uint64_t mib = cli_count(args, MEMORY, 0);
    const struct sdse_query_limits limits = {.rows = cli_count(args, ROWS, 0),
                                             .seconds = cli_real(args, LIMIT, 0),
                                             .bytes = (mib < 1 << 30 ? mib : 1 << 30)
                                                      << 20};
    // A failing stdout is reported by main.
    const enum sdse_status result =
        sdse_query_write(reader, sql, &limits, cli_table_format(args, FORMAT), stdout,
                         cli->arena, &cli->diags);
    status =
        cli_finish(cli, result == SDSE_IO && !cli->diags.errors ? SDSE_OK : result);
    sdse_reader_close(reader);
    return status;
}

const struct cli_verb cli_verb_query = {
    .name = "query",
    .summary = "runs one SQL question over a results.db, read-only",
    .operands = {"RESULTS.db [SQL]", 1, 2},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes = "Without SQL it lists the views and their columns; docs/database.md "
             "explains them.\nCSV and JSON are printed row by row.",
    .example = "sdse query results.db \"SELECT arch, form, energy_pj FROM v_point"
               " ORDER BY energy_pj LIMIT 5\"",
    .run = run,
};
