// sdse query: SQL over a results.db, read-only.
#include "cli/cli.h"
#include "cli/inputs.h"
#include "results/look/query.h"

enum { FORMAT };

static const struct cli_option options[] = {
    [FORMAT] = CLI_OPTION_FORMAT,
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
    struct sdse_table *table = NULL;
    const enum sdse_status result =
        sdse_query_run(reader, sql, cli->arena, &cli->diags, &table);
    status = result == SDSE_OK
                 ? cli_print_table(cli, table, cli_table_format(args, FORMAT))
                 : cli_finish(cli, result);
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
             "explains them.",
    .example = "sdse query results.db \"SELECT arch, form, energy_pj FROM v_point"
               " ORDER BY energy_pj LIMIT 5\"",
    .run = run,
};
