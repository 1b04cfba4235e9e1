// sdse help: a verb's help, and the manual pages.
#include <stdlib.h>

#include "base/output.h"
#include "cli/inputs.h"
#include "cli/verbs.h"

enum { MAN, OUTPUT, FORCE };

static const struct cli_option options[] = {
    [MAN] = {"man", 0, CLI_FLAG, NULL, "as a manual page in mdoc: | man -l -", NULL,
             false},
    [OUTPUT] = {"output", 'o', CLI_TEXT, "DIR",
                "with --man: every page, sdse.1 and sdse-VERB.1, into a folder", NULL,
                false},
    [FORCE] = CLI_OPTION_FORCE,
};

static enum sdse_status write_page(struct cli *cli, const char *folder,
                                   const struct cli_verb *verb) {
    static const struct sdse_output_kind kind = {"a manual page", {".Dd "}};
    const char *path = sdse_arena_printf(cli->arena, "%s/sdse%s%s.1", folder,
                                         verb ? "-" : "", verb ? verb->name : "");
    if (!path)
        return SDSE_NO_MEMORY;
    struct sdse_output output;
    const enum sdse_status status =
        sdse_output_open(&output, path, &kind, &cli->outputs, &cli->diags);
    if (status != SDSE_OK)
        return status;
    cli_man_print(verb, output.file);
    return sdse_output_close(&output, SDSE_OK, &cli->diags);
}

static enum cli_exit write_pages(struct cli *cli, const char *folder) {
    if (!cli_may_make_folder(cli, folder) || cli_make_folder(cli, folder) != SDSE_OK)
        return CLI_BAD_INPUT;
    enum sdse_status status = write_page(cli, folder, NULL);
    for (int i = 0; i < cli_verb_count && status == SDSE_OK; i++)
        status = write_page(cli, folder, cli_verbs[i]);
    return cli_finish(cli, status);
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    cli->outputs.force = args->value[FORCE] != NULL;
    const char *name = args->operand_count ? args->operands[0] : NULL;
    const struct cli_verb *verb = name ? cli_verb_find(name) : NULL;
    if (name && !verb) {
        cli->reported = true;
        return cli_verb_refuse(name);
    }
    if (args->value[OUTPUT] && (!args->value[MAN] || verb)) {
        cli_error(cli, "--output goes with --man and no verb: it writes all pages");
        return CLI_USAGE;
    }
    if (args->value[OUTPUT])
        return write_pages(cli, args->value[OUTPUT]);
    if (args->value[MAN])
        cli_man_print(verb, stdout);
    else if (verb)
        cli_help_print_verb(verb, stdout);
    else
        cli_help_print(stdout);
    return CLI_OK;
}

const struct cli_verb cli_verb_help = {
    .name = "help",
    .summary = "explains a verb, or prints its manual page",
    .operands = {"[VERB]", 0, 1},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes = "Without a verb the verbs are listed; with --man, sdse(1) is printed.",
    .example = "sdse help map --man | man -l -",
    .run = run,
};
