// sdse export: everything that is a result, as text that does not depend on how it was
// computed.
#include "base/output.h"
#include "cli/cli.h"
#include "cli/inputs.h"
#include "results/look/export.h"

enum { OUTPUT, FORCE };

static const struct cli_option options[] = {
    [OUTPUT] = {"output", 'o', CLI_TEXT, "FILE", "write to FILE, not to the terminal",
                NULL, false},
    [FORCE] = CLI_OPTION_FORCE,
};

static enum cli_exit write_file(struct cli *cli, struct sdse_reader *reader,
                                const char *path) {
    static const struct sdse_output_kind kind = {"an export of sdse",
                                                 {"{\"table\":\""}};
    struct sdse_output output;
    enum sdse_status status =
        sdse_output_open(&output, path, &kind, &cli->outputs, &cli->diags);
    if (status != SDSE_OK)
        return cli_finish(cli, status);
    status = sdse_export_write(reader, output.file, &cli->diags);
    // What the stream refused is said when it is closed.
    status = sdse_output_close(
        &output, status == SDSE_IO && !cli->diags.errors ? SDSE_OK : status,
        &cli->diags);
    return cli_finish(cli, status);
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    enum cli_exit status;
    cli->outputs.force = args->value[FORCE] != NULL;
    struct sdse_reader *reader = cli_open_results(cli, args->operands[0], &status);
    if (!reader)
        return status;
    if (args->value[OUTPUT]) {
        status = write_file(cli, reader, args->value[OUTPUT]);
    } else {
        // A failing stdout is reported by main.
        const enum sdse_status result = sdse_export_write(reader, stdout, &cli->diags);
        const bool stream = result == SDSE_IO && !cli->diags.errors;
        status = cli_finish(cli, stream ? SDSE_OK : result);
    }
    sdse_reader_close(reader);
    return status;
}

const struct cli_verb cli_verb_export = {
    .name = "export",
    .summary = "writes all results as JSON lines, the same bytes for the same sweep",
    .operands = {"RESULTS.db", 1, 1},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "The order of the lines and every digit depend on the results alone: not on "
        "the number of\nthreads, nor on how often the sweep was interrupted.",
    .example = "sdse export results.db -o results.jsonl",
    .run = run,
};
