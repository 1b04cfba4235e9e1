// sdse verify: whether a results.db holds what was written to it, and what that says.
#include <inttypes.h>

#include "cli/cli.h"
#include "cli/inputs.h"
#include "dse/sweep/plan.h"
#include "dse/sweep/rescore.h"
#include "results/store/merge.h"
#include "results/store/verify.h"

enum { QUICK };

static const struct cli_option options[] = {
    [QUICK] = {"quick", 0, CLI_FLAG, NULL, "do not score the mappings again", NULL,
               false},
};

static enum sdse_status verify(struct cli *cli, struct sdse_reader *reader, bool quick,
                               uint64_t *scored) {
    const enum sdse_status stored = sdse_verify_stored(reader, &cli->diags);
    if (quick || (stored != SDSE_OK && stored != SDSE_INVALID) ||
        (stored == SDSE_INVALID && sdse_diags_fired(&cli->diags, "results-damaged")))
        return stored;
    // Scores are those of one model.
    enum sdse_status status =
        sdse_merge_admits(reader, SDSE_MODEL_VERSION, &cli->diags);
    if (status == SDSE_OK)
        status = sdse_rescore(reader, &cli->diags, scored);
    return status == SDSE_OK ? stored : status;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    enum cli_exit status;
    const bool quick = args->value[QUICK] != NULL;
    struct sdse_reader *reader =
        cli_open_results_unchecked(cli, args->operands[0], &status);
    if (!reader)
        return status;
    uint64_t scored = 0;
    status = cli_finish(cli, verify(cli, reader, quick, &scored));
    if (status == CLI_OK && quick)
        printf("%s: whole; mappings were not scored again\n", args->operands[0]);
    else if (status == CLI_OK)
        printf("%s: whole; %" PRIu64 " mappings scored again, all as stored\n",
               args->operands[0], scored);
    sdse_reader_close(reader);
    return status;
}

const struct cli_verb cli_verb_verify = {
    .name = "verify",
    .summary = "checks a results.db: structure, digests, sums, fronts, scores",
    .operands = {"RESULTS.db", 1, 1},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "What is damaged is named: table, point or solution, layer. Every mapping "
        "is scored again from\nthe inputs in the file. Exit status 0: all is as it "
        "was written.",
    .example = "sdse verify results.db",
    .run = run,
};
