// sdse report: a results.db as one page to look at.
#include "results/look/report/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/output.h"
#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/selection.h"

enum {
    OUTPUT,
    OBJECTIVES,
    DETAILS,
    SIZE,
    SELECTION,
    FORCE = SELECTION + CLI_SELECT_OPTIONS
};

static const struct cli_option options[] = {
    [OUTPUT] = {"output", 'o', CLI_TEXT, "FILE", "the page to write", NULL, true},
    [OBJECTIVES] = CLI_OPTION_OBJECTIVES,
    [DETAILS] = {"details", 'd', CLI_CHOICE, "front|all|none",
                 "of which points the page holds layers, mappings and origins", "front",
                 false},
    [SIZE] = {"size-limit", 0, CLI_REAL, "MIB", "the page takes no more", "64", false},
    CLI_SELECTION_ROWS(SELECTION),
    [FORCE] = CLI_OPTION_FORCE,
};

enum { MOST_MIB = 400 }; // a text of a script: browsers stop at 512 Mi characters

static enum cli_exit write_page(struct cli *cli, struct sdse_reader *reader,
                                const struct sdse_report *report, const char *path) {
    static const struct sdse_output_kind kind = {"a report of sdse",
                                                 {SDSE_REPORT_START}};
    struct sdse_output output;
    struct sdse_report_size size;
    enum sdse_status status =
        sdse_output_open(&output, path, &kind, &cli->outputs, &cli->diags);
    if (status != SDSE_OK)
        return cli_finish(cli, status);
    status =
        sdse_report_write(reader, report, output.file, cli->arena, &cli->diags, &size);
    const bool written = status == SDSE_OK;
    // What the stream refused is said when it is closed.
    status = sdse_output_close(
        &output, status == SDSE_IO && !cli->diags.errors ? SDSE_OK : status,
        &cli->diags);
    if (status != SDSE_OK || !written)
        return cli_finish(cli, status);
    // Not to stdout, which may be the page.
    fprintf(stderr,
            "%s: %" PRIu64 " points, %" PRIu64 " on fronts, %" PRIu64
            " with details; %.2f MiB\n",
            path, size.points, size.fronts, size.detailed,
            (double)size.bytes / (1 << 20));
    if (size.left_out)
        fprintf(stderr,
                "details of %" PRIu64
                " more would not fit: --size-limit allows more, --where and --limit "
                "take fewer points\n",
                size.left_out);
    return CLI_OK;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    struct cli_objectives objectives;
    struct sdse_report report = {
        .database = args->operands[0],
        .details = (enum sdse_report_details)cli_choice(args, options, DETAILS)};
    if (!cli_parse_objectives(cli, args->value[OBJECTIVES], &objectives) ||
        !cli_parse_selection(cli, args, SELECTION, &report.filter))
        return CLI_USAGE;
    report.objectives = objectives.count;
    for (unsigned k = 0; k < objectives.count; k++)
        report.metric[k] = objectives.metric[k];
    const double mib = cli_real(args, SIZE, 0);
    if (mib > MOST_MIB) {
        cli_error(cli, "--size-limit: at most %d MiB, got %g", MOST_MIB, mib);
        return CLI_USAGE;
    }
    report.most_bytes = (uint64_t)(mib * (1 << 20));
    enum cli_exit status;
    cli->outputs.force = args->value[FORCE] != NULL;
    struct sdse_reader *reader = cli_open_results(cli, args->operands[0], &status);
    if (!reader)
        return status;
    status = write_page(cli, reader, &report, args->value[OUTPUT]);
    sdse_reader_close(reader);
    return status;
}

const struct cli_verb cli_verb_report = {
    .name = "report",
    .summary = "writes a results.db as one page to look at in a browser",
    .operands = {"RESULTS.db", 1, 1},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "One self-contained file: points to sort and filter, the front of each "
        "network, and of single\npoints the layers, mappings, what sets their time and "
        "where every picojoule comes from;\ntwo points side by side; the SQL behind "
        "each table. --details all adds points off the fronts\nas far as --size-limit "
        "allows; the page says what it leaves out.",
    .example = "sdse report results.db -o report.html",
    .run = run,
};
