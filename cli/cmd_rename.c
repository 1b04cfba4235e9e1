// sdse rename: another name for a sweep of a results.db.
#include "results/keep/rename.h"

#include <inttypes.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/plain_stdout.h"
#include "dse/sweep/plan.h"
#include "spec/flow.h"

// "name: x", as a sweep's text begins. NULL when memory is out.
static const char *first_line(struct cli *cli, const char *name) {
    struct sdse_text text;
    if (!sdse_text_begin(&text))
        return NULL;
    fputs("name: ", text.out);
    sdse_print_word(text.out, name);
    return sdse_text_end(&text, cli->arena);
}

enum { FORMAT };

static const struct cli_option options[] = {
    [FORMAT] = CLI_OPTION_TEXT_OR_JSON,
};

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    const char *path = args->operands[0], *old = args->operands[1],
               *name = args->operands[2];
    for (const char *c = name; *c || c == name; c++) {
        if ((unsigned char)*c >= ' ')
            continue;
        cli_error(cli, "a sweep's name is a text without control characters");
        return CLI_USAGE;
    }
    const char *line = first_line(cli, name);
    if (!line)
        return cli_finish(cli, SDSE_NO_MEMORY);
    if (!cli_file_exists(cli, path))
        return CLI_BAD_INPUT;
    struct sdse_store *store = NULL;
    uint64_t versions = 0;
    enum sdse_status status =
        sdse_store_open(path, SDSE_MODEL_VERSION, &cli->diags, &store);
    if (status == SDSE_OK)
        status = sdse_rename_sweep(store, old, name, line, &cli->diags, &versions);
    cli_close_store(cli, path, store, status);
    if (status == SDSE_OK && cli_wants_json(args, FORMAT)) {
        struct sdse_json json;
        sdse_json_begin(&json, "sdse.rename/1", stdout);
        sdse_json_text(&json, "database", path);
        sdse_json_text(&json, "old_name", old);
        sdse_json_text(&json, "name", name);
        sdse_json_u64(&json, "versions", versions);
        return cli_end_json(cli, &json);
    }
    if (status == SDSE_OK) {
        printf("%s: sweep '", path);
        cli_print_plain(old, stdout);
        fputs("' is '", stdout);
        cli_print_plain(name, stdout);
        printf("' now, in %" PRIu64 " version%s\n", versions, versions == 1 ? "" : "s");
    }
    return cli_finish(cli, status);
}

const struct cli_verb cli_verb_rename = {
    .name = "rename",
    .summary = "gives a sweep in a results.db another name",
    .operands = {"RESULTS.db SWEEP NAME", 3, 3},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes = "The file is then that of a sweep that was called NAME when it ran: its "
             "export is the same,\nand `sdse sweep` with that name in the YAML "
             "continues it. Not while a sweep is running on it.",
    .example = "sdse rename results.db demo-archs first-try",
    .run = run,
};
