#include "cli/cli.h"

#include <stdarg.h>

#include "cli/plain_stdout.h"

void cli_error(struct cli *cli, const char *format, ...) {
    fprintf(stderr, "sdse %s: %serror:%s ", cli->verb->name,
            cli->colour ? "\033[1;31m" : "", cli->colour ? "\033[0m" : "");
    va_list args;
    va_start(args, format);
    const char *text = sdse_arena_vprintf(cli->arena, format, args);
    va_end(args);
    if (text) {
        cli_print_plain(text, stderr);
    } else { // the message as it is, without what it names
        cli_print_plain(format, stderr);
    }
    fputc('\n', stderr);
    cli->reported = true;
}

void cli_flush_diags(struct cli *cli) {
    cli->reported |= cli->diags.errors > 0;
    sdse_diags_sort(&cli->diags);
    sdse_diags_print(&cli->diags, stderr, cli->colour);
    sdse_diags_init(&cli->diags, cli->arena);
}

enum cli_exit cli_finish(struct cli *cli, enum sdse_status status) {
    cli_flush_diags(cli);
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

enum cli_exit cli_print_table(struct cli *cli, const struct sdse_table *table,
                              enum sdse_table_format format) {
    // A failing stream is main's to report, once, for every verb.
    const enum sdse_status status = sdse_table_write(table, format, stdout);
    return cli_finish(cli, status == SDSE_IO ? SDSE_OK : status);
}

enum sdse_table_format cli_table_format(const struct cli_args *args, int option) {
    enum sdse_table_format format = SDSE_TABLE_TEXT;
    sdse_table_format_parse(args->value[option], &format);
    return format;
}
