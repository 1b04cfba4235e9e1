// sdse query without a question on its command line: statements from a file or a pipe,
// or a small shell on a terminal.
#ifndef SDSE_CLI_QUERY_SHELL_H
#define SDSE_CLI_QUERY_SHELL_H

#include "cli/cli.h"
#include "results/look/query.h"

struct cli_queries {
    struct cli *cli;
    struct sdse_reader *reader;
    struct sdse_query_limits limits;
    enum sdse_table_format format;
    bool asked; // a statement or command has been run
    bool quit;  // .quit
};

// Runs one statement, or a line that begins with '.', and ends as a verb ends. SQL may
// begin with blanks and line ends that stand for what was before it: places count them.
enum cli_exit cli_query_run(struct cli_queries *queries, const char *text);

// Runs all that `in` holds, until something fails. Statements end with ';', the last
// need not; a line that begins with '.' where a statement may begin is a command.
enum cli_exit cli_query_run_all(struct cli_queries *queries, FILE *in);

// The shell: reads from the terminal with editing, history and completion until .quit
// or Ctrl-D. What fails is said, and the shell goes on.
enum cli_exit cli_query_shell(struct cli_queries *queries);

// What a word of SQL or a command may go on as: names that begin with the `length`
// bytes at `word`, by name. begins_line: nothing is before it, so it may be a command.
struct cli_query_words {
    size_t count;
    const char **words;
};
bool cli_query_complete(struct cli_queries *queries, const char *word, size_t length,
                        bool begins_line, struct cli_query_words *out);

#endif
