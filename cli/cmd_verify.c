// sdse verify: whether a results.db holds what was written to it, and what that says.
#include <inttypes.h>

#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "dse/sweep/plan.h"
#include "dse/sweep/repair.h"
#include "dse/sweep/rescore.h"
#include "results/store/merge.h"
#include "results/store/verify.h"

enum { QUICK, REPAIR, JOBS, FORCE, FORMAT };

static const struct cli_option options[] = {
    [QUICK] = {"quick", 0, CLI_FLAG, NULL, "do not score the mappings again", NULL,
               false},
    [REPAIR] = {"repair", 0, CLI_FLAG, NULL,
                "solve again what is damaged and can be computed", NULL, false},
    [JOBS] = {"jobs", 'j', CLI_COUNT, "N",
              "with --repair: threads; as many as processors if not given", NULL,
              false},
    [FORCE] = {"force", 0, CLI_FLAG, NULL,
               "with --repair: drop what cannot be computed again", NULL, false},
    [FORMAT] = CLI_OPTION_TEXT_OR_JSON,
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
    if (status != SDSE_OK)
        return status;
    struct cli_progress progress;
    const struct sdse_steps steps = {cli_progress_set, &progress};
    cli_progress_begin(&progress, cli->verb->name, "mappings", 0);
    status = sdse_rescore(reader, &steps, &cli->diags, scored);
    cli_progress_end(&progress);
    return status == SDSE_OK ? stored : status;
}

static enum cli_exit print_repaired(struct cli *cli, const char *path,
                                    const struct sdse_repaired *repaired) {
    struct sdse_json json;
    sdse_json_begin(&json, "sdse.repair/1", stdout);
    sdse_json_text(&json, "database", path);
    sdse_json_u64(&json, "damaged_rows", repaired->bad_rows);
    sdse_json_u64(&json, "points_solved", repaired->points);
    sdse_json_flag(&json, "all_solved", repaired->all);
    sdse_json_flag(&json, "as_written", repaired->is_same);
    return cli_end_json(cli, &json);
}

static void say_repaired(const char *path, const struct sdse_repaired *repaired) {
    printf("%s: repaired: %" PRIu64
           " damaged rows left out, %zu points solved again%s\n",
           path, repaired->bad_rows, repaired->points,
           repaired->all ? " (all of them: what was missing could not be told)" : "");
    puts(repaired->is_same
             ? "the rows are those that were written"
             : "not every row is what was written; what differs is named above, or its "
               "seal was damaged too");
}

static enum cli_exit print_whole(struct cli *cli, const char *path, bool quick,
                                 uint64_t scored) {
    struct sdse_json json;
    sdse_json_begin(&json, "sdse.verify/1", stdout);
    sdse_json_text(&json, "database", path);
    if (quick)
        sdse_json_null(&json, "mappings_scored");
    else
        sdse_json_u64(&json, "mappings_scored", scored);
    return cli_end_json(cli, &json);
}

static enum cli_exit repair(struct cli *cli, const struct cli_args *args) {
    const char *path = args->operands[0];
    const uint64_t jobs = cli_count(args, JOBS, 0);
    struct sdse_repair_request request = {.database_path = path,
                                          .threads =
                                              jobs > 1024 ? 1024 : (unsigned)jobs,
                                          .stop = cli_interrupt_arm(),
                                          .force = args->value[FORCE] != NULL};
    enum cli_exit ended;
    struct sdse_reader *reader = cli_open_results_unchecked(cli, path, &ended);
    if (!reader)
        return ended;
    static const struct sdse_output_kind kind = {"a results database of sdse", {NULL}};
    const char *beside = sdse_arena_printf(cli->arena, "%s.repair", path);
    struct sdse_output output;
    struct sdse_repaired repaired = {0};
    enum sdse_status status =
        sdse_merge_admits(reader, SDSE_MODEL_VERSION, &cli->diags);
    if (status == SDSE_OK)
        status = beside ? sdse_output_open(&output, beside, &kind, &cli->outputs,
                                           &cli->diags)
                        : SDSE_NO_MEMORY;
    if (status == SDSE_OK) {
        request.temporary_path = output.written_path;
        status = sdse_repair(&request, reader, &cli->diags, &repaired);
        sdse_reader_close(reader);
        reader = NULL;
        const bool whole = status == SDSE_OK;
        if (whole || (status == SDSE_INVALID && request.force)) {
            const enum sdse_status put = sdse_repair_put(&request, &cli->diags);
            status = put == SDSE_OK ? status : put;
        }
        sdse_output_close(&output, SDSE_INTERRUPTED, &cli->diags); // it is removed
    }
    sdse_reader_close(reader);
    const bool put = status == SDSE_OK || (status == SDSE_INVALID && request.force);
    if (put && cli_wants_json(args, FORMAT))
        print_repaired(cli, path, &repaired);
    else if (put)
        say_repaired(path, &repaired);
    else if (status == SDSE_INVALID)
        cli_error(cli,
                  "%s is left as it is; with --force the rest is repaired, and what "
                  "is named is dropped",
                  path);
    else if (status == SDSE_INTERRUPTED)
        cli_error(cli, "interrupted; %s is as it was", path);
    return status == SDSE_INTERRUPTED ? CLI_SYSTEM : cli_finish(cli, status);
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    if (args->value[REPAIR])
        return repair(cli, args);
    enum cli_exit status;
    const bool quick = args->value[QUICK] != NULL;
    struct sdse_reader *reader =
        cli_open_results_unchecked(cli, args->operands[0], &status);
    if (!reader)
        return status;
    uint64_t scored = 0;
    status = cli_finish(cli, verify(cli, reader, quick, &scored));
    if (status == CLI_OK && cli_wants_json(args, FORMAT))
        status = print_whole(cli, args->operands[0], quick, scored);
    else if (status == CLI_OK && quick)
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
        "was written.\nWith --repair what is damaged is solved again from them, and "
        "what is intact kept; what cannot be\ncomputed is named, and then nothing is "
        "changed.",
    .example = "sdse verify results.db",
    .run = run,
};
