// What every verb has at hand, and what a verb is.
#ifndef SDSE_CLI_CLI_H
#define SDSE_CLI_CLI_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/output.h"
#include "base/status.h"
#include "cli/options.h"
#include "results/look/json.h"
#include "results/look/table.h"

enum cli_exit {
    CLI_OK = 0,
    CLI_BAD_INPUT = 1,
    CLI_USAGE = 2,
    CLI_SYSTEM = 3,
    CLI_NO_MAPPING = 4,
};

struct cli_verb;

// One run of the program: results go to stdout, everything else to stderr.
struct cli {
    const char *program; // argv[0]
    const struct cli_verb *verb;
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct sdse_output_rules outputs; // what -o may replace: every input is named here
    bool colour;                      // on stderr
    bool reported;                    // an error has been printed
    enum sdse_status fault; // of the machine, SDSE_OK = none: the exit status is 3 then
};

struct cli_verb {
    const char *name;
    const char *summary; // one line, for `sdse --help`
    struct cli_operands operands;
    const struct cli_option *options;
    int option_count;
    const char *notes; // lines under the usage; may be NULL
    const char *example;
    enum cli_exit (*run)(struct cli *cli, const struct cli_args *args);
};

#define CLI_COUNT_OF(table) ((int)(sizeof(table) / sizeof(table)[0]))

// Rows that several verbs share.
#define CLI_OPTION_ARCH                                                                \
    {                                                                                  \
        "arch", 'a', CLI_TEXT, "ARCH", "accelerator: a file, or a shipped name", NULL, \
            true                                                                       \
    }
#define CLI_OPTION_WORKLOAD                                                           \
    {                                                                                 \
        "workload", 'w', CLI_TEXT, "NET", "network: a file, or a shipped name", NULL, \
            true                                                                      \
    }
#define CLI_OPTION_FORCE                                                             \
    {                                                                                \
        "force", 0, CLI_FLAG, NULL, "replace files of any kind, but no input", NULL, \
            false                                                                    \
    }
#define CLI_OPTION_FORMAT \
    { "format", 'f', CLI_CHOICE, "table|csv|json|md", "how to print", "table", false }

// Of verbs that speak in sentences.
#define CLI_OPTION_TEXT_OR_JSON \
    { "format", 'f', CLI_CHOICE, "text|json", "how to print", "text", false }

extern const struct cli_verb cli_verb_check, cli_verb_show, cli_verb_eval, cli_verb_map,
    cli_verb_explain, cli_verb_sweep, cli_verb_status, cli_verb_pareto, cli_verb_plot,
    cli_verb_query, cli_verb_export, cli_verb_import, cli_verb_decompose,
    cli_verb_trace, cli_verb_validate, cli_verb_merge, cli_verb_verify, cli_verb_train,
    cli_verb_reproduce, cli_verb_plan, cli_verb_costs, cli_verb_init, cli_verb_help,
    cli_verb_completion, cli_verb_tag, cli_verb_rename, cli_verb_prune,
    cli_verb_compare, cli_verb_report, cli_verb_lint, cli_verb_workload,
    cli_verb_convert, cli_verb_why_not;

// "sdse VERB: error: ..." on stderr.
void cli_error(struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Keeps a failure of the machine (memory, a file, the database), which makes the verb
// end with CLI_SYSTEM and is said if nothing else is; returns `status`.
enum sdse_status cli_note(struct cli *cli, enum sdse_status status);
// "sdse VERB: error: PATH: Input/output error", and notes whose fault it is.
void cli_error_errno(struct cli *cli, const char *path, int number);

// Prints the diagnostics gathered so far to stderr, by file, line and column, and
// forgets them.
void cli_flush_diags(struct cli *cli);

// Ends a verb: prints the diagnostics, adds the sentence for a failure that nothing has
// explained yet, and returns the exit status that belongs to `status`.
enum cli_exit cli_finish(struct cli *cli, enum sdse_status status);

// What main makes of a verb's end: a failure is explained, and one of the machine is
// CLI_SYSTEM, whatever the verb made of it.
enum cli_exit cli_end(struct cli *cli, enum cli_exit status);

// How wide tables for people may be: SDSE_COLUMNS where it is set; on a terminal
// COLUMNS or what the terminal says; 0 = no limit: what goes to a file or a pipe is the
// same everywhere. [columns]
size_t cli_columns(void);

// Writes a table to stdout and ends the verb.
enum cli_exit cli_print_table(struct cli *cli, const struct sdse_table *table,
                              enum sdse_table_format format);

// Ends a verb's JSON, which went to stdout.
enum cli_exit cli_end_json(struct cli *cli, struct sdse_json *json);

// Whether a verb whose options have one of the two formats above at `option` is to
// print JSON.
bool cli_wants_json(const struct cli_args *args, int option);

// The table format of a verb whose options have CLI_OPTION_FORMAT at `option`.
enum sdse_table_format cli_table_format(const struct cli_args *args, int option);

#endif
