// sdse query: SQL over a results.db, read-only.
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/query_shell.h"
#include "results/look/query.h"

enum { FORMAT, ATTACH, ROWS, LIMIT, MEMORY };

static const struct cli_option options[] = {
    [FORMAT] = CLI_OPTION_FORMAT,
    [ATTACH] = {"attach", 0, CLI_TEXT, "NAME=FILE[,...]",
                "further databases, whose views are NAME.v_point and so on", NULL,
                false},
    [ROWS] = {"max-rows", 0, CLI_COUNT, "N", "stop after so many rows", NULL, false},
    [LIMIT] = {"time-limit", 0, CLI_REAL, "SECONDS", "give up after; 0 = never", "0",
               false},
    [MEMORY] = {"memory-limit", 0, CLI_COUNT, "MIB",
                "of the rows of a table, and of one value", "1024", false},
};

// "old=a.db,new=b.db": each is readable under its name. What is wrong has been said.
static enum cli_exit attach(struct cli *cli, struct sdse_reader *reader,
                            const char *list) {
    char *words = sdse_arena_strdup(cli->arena, list), *rest = NULL;
    if (!words)
        return cli_finish(cli, SDSE_NO_MEMORY);
    for (char *word = strtok_r(words, ",", &rest); word;
         word = strtok_r(NULL, ",", &rest)) {
        char *equals = strchr(word, '=');
        if (!equals || !equals[1]) {
            cli_error(cli, "--attach: expected NAME=FILE, got '%s'", word);
            return CLI_USAGE;
        }
        *equals = '\0';
        if (!cli_file_exists(cli, equals + 1))
            return CLI_BAD_INPUT;
        const enum cli_exit status =
            cli_finish(cli, sdse_reader_attach(reader, word, equals + 1, &cli->diags));
        if (status != CLI_OK)
            return status;
    }
    return CLI_OK;
}

// One question, or those of standard input; without any, what can be asked about.
static enum cli_exit answer(struct cli_queries *queries, const char *sql) {
    if (sql && strcmp(sql, "-") != 0)
        return cli_query_run(queries, sql);
    if (!sql && isatty(STDIN_FILENO))
        return cli_query_shell(queries);
    const enum cli_exit status = cli_query_run_all(queries, stdin);
    if (status != CLI_OK || queries->asked || sql)
        return status;
    return cli_query_run(queries, ".views");
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    enum cli_exit status;
    struct sdse_reader *reader = cli_open_results(cli, args->operands[0], &status);
    if (!reader)
        return status;
    const uint64_t mib = cli_count(args, MEMORY, 0);
    struct cli_queries queries = {
        .cli = cli,
        .reader = reader,
        .limits = {.columns = cli_columns(),
                   .rows = cli_count(args, ROWS, 0),
                   .seconds = cli_real(args, LIMIT, 0),
                   .bytes = (mib < 1 << 30 ? mib : 1 << 30) << 20},
        .format = cli_table_format(args, FORMAT)};
    if (args->value[ATTACH])
        status = attach(cli, reader, args->value[ATTACH]);
    if (status == CLI_OK)
        status = answer(&queries, args->operand_count > 1 ? args->operands[1] : NULL);
    sdse_reader_close(reader);
    return status;
}

const struct cli_verb cli_verb_query = {
    .name = "query",
    .summary = "asks a results.db in SQL, read-only",
    .operands = {"RESULTS.db [SQL]", 1, 2},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "Without SQL it is a small shell on a terminal: history, Tab completes views "
        "and columns, .help.\nElse, or where SQL is -, it runs what standard input "
        "holds, statement by statement.\nSQL may also be a command of the shell: "
        ".views, .columns [VIEW], .schema [NAME].\ndocs/database.md explains the "
        "views. CSV and JSON are printed row by row.",
    .example = "sdse query results.db \"SELECT arch, form, energy_pj FROM v_point"
               " ORDER BY energy_pj LIMIT 5\"",
    .run = run,
};
