#include "cli/cli.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/errno_text.h"
#include "cli/plain_stdout.h"

void cli_error(struct cli *cli, const char *format, ...) {
    fprintf(stderr, "sdse %s: %serror:%s ", cli->verb->name,
            cli->colour ? "\033[1;31m" : "", cli->colour ? "\033[0m" : "");
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const char *text = sdse_arena_vprintf(cli->arena, format, args);
    va_end(args);
    char shorter[256]; // where memory is out
    if (!text)
        vsnprintf(shorter, sizeof shorter, format, again);
    va_end(again);
    cli_print_plain(text ? text : shorter, stderr);
    fputc('\n', stderr);
    cli->reported = true;
}

enum sdse_status cli_note(struct cli *cli, enum sdse_status status) {
    const bool machine =
        status == SDSE_NO_MEMORY || status == SDSE_IO || status == SDSE_DATABASE;
    if (machine && cli->fault == SDSE_OK)
        cli->fault = status;
    return status;
}

void cli_error_errno(struct cli *cli, const char *path, int number) {
    cli_error(cli, "%s: %s", path, sdse_errno_text(number).text);
    cli_note(cli, sdse_errno_status(number));
}

void cli_flush_diags(struct cli *cli) {
    cli->reported |= cli->diags.first && cli->diags.errors > 0;
    cli_note(cli, cli->diags.fault);
    sdse_diags_sort(&cli->diags);
    sdse_diags_print(&cli->diags, stderr, cli->colour);
    sdse_diags_init(&cli->diags, cli->arena);
}

enum cli_exit cli_finish(struct cli *cli, enum sdse_status status) {
    cli_flush_diags(cli);
    cli_note(cli, status);
    switch (status) {
    case SDSE_OK:
    case SDSE_LIMIT:
        return CLI_OK;
    case SDSE_INVALID:
    case SDSE_OVERFLOW:
        if (!cli->reported)
            cli_error(cli, "%s", sdse_status_text(status));
        return CLI_BAD_INPUT;
    case SDSE_NO_MAPPING:
        return CLI_NO_MAPPING;
    default:
        if (!cli->reported)
            cli_error(cli, "%s", sdse_status_text(status));
        return CLI_SYSTEM;
    }
}

enum cli_exit cli_end(struct cli *cli, enum cli_exit status) {
    cli_flush_diags(cli);
    // What a verb could do without may be missing from what it printed.
    if (sdse_arena_failed(cli->arena))
        cli->fault = SDSE_NO_MEMORY;
    if (cli->fault == SDSE_NO_MEMORY || (cli->fault && !cli->reported))
        cli_error(cli, "%s", sdse_status_text(cli->fault));
    if (cli->fault)
        return CLI_SYSTEM;
    if (status == CLI_OK && cli->reported)
        return CLI_SYSTEM; // an error was printed: that is no success
    if (status != CLI_OK && !cli->reported)
        cli_error(cli, "failed without a reason: please report this");
    return status;
}

// A whole number from 1 to 9999; 0 for what is none.
static size_t columns_of(const char *text) {
    const size_t digits = text ? strspn(text, "0123456789") : 0;
    return digits && digits < 5 && !text[digits] ? strtoul(text, NULL, 10) : 0;
}

size_t cli_columns(void) {
    // No thread changes the environment.
    const size_t asked = columns_of(getenv("SDSE_COLUMNS")); // NOLINT(concurrency-*)
    if (asked)
        return asked;
    if (!isatty(STDOUT_FILENO))
        return 0;
    const size_t set = columns_of(getenv("COLUMNS")); // NOLINT(concurrency-*)
    struct winsize size = {0};
    if (set)
        return set;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

enum cli_exit cli_print_table(struct cli *cli, const struct sdse_table *table,
                              enum sdse_table_format format) {
    // A failing stream is main's to report, once, for every verb.
    const size_t columns = format == SDSE_TABLE_TEXT ? cli_columns() : 0;
    const enum sdse_status status =
        columns ? sdse_table_write_within(table, columns, stdout)
                : sdse_table_write(table, format, stdout);
    return cli_finish(cli, status == SDSE_IO ? SDSE_OK : status);
}

enum cli_exit cli_end_json(struct cli *cli, struct sdse_json *json) {
    const enum sdse_status status = sdse_json_end(json);
    return cli_finish(cli, status == SDSE_IO ? SDSE_OK : status);
}

bool cli_wants_json(const struct cli_args *args, int option) {
    return strcmp(args->value[option], "json") == 0;
}

enum sdse_table_format cli_table_format(const struct cli_args *args, int option) {
    enum sdse_table_format format = SDSE_TABLE_TEXT;
    sdse_table_format_parse(args->value[option], &format);
    return format;
}
