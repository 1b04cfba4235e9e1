// sdse prune: a results.db without what need not be kept.
#include "results/keep/prune.h"

#include <inttypes.h>

#include "cli/cli.h"
#include "cli/inputs.h"
#include "dse/sweep/plan.h"

enum { SWEEP, VERSION, TAG, DRY_RUN, FORMAT };

static const struct cli_option options[] = {
    [SWEEP] = {"sweep", 's', CLI_TEXT, "NAME", "this sweep, all its versions", NULL,
               false},
    [VERSION] = {"sweep-version", 0, CLI_COUNT, "N",
                 "with --sweep: only that version, as `status` numbers them", NULL,
                 false},
    [TAG] = {"tag", 0, CLI_TEXT, "NAME", "the points of this tag, in every sweep", NULL,
             false},
    [DRY_RUN] = {"dry-run", 'n', CLI_FLAG, NULL, "only say what would go", NULL, false},
    [FORMAT] = CLI_OPTION_TEXT_OR_JSON,
};

// Rows that go, by table. NULL when memory is out.
static struct sdse_table *rows_table(struct cli *cli, const struct sdse_pruned *pruned,
                                     uint64_t *gone) {
    struct sdse_table *table = sdse_table_new(cli->arena);
    *gone = 0;
    if (!table)
        return NULL;
    sdse_table_add_column(table, "table", NULL, 0);
    sdse_table_add_column(table, "rows", NULL, 0);
    sdse_table_add_column(table, "go", NULL, 0);
    for (int i = 0; i < SDSE_CONTENTS; i++) {
        const uint64_t goes = pruned->before[i] - pruned->after[i];
        *gone += goes;
        if (!goes)
            continue;
        sdse_table_add_text(table, sdse_content_info((enum sdse_content)i)->table);
        sdse_table_add_i64(table, (int64_t)pruned->before[i]);
        sdse_table_add_i64(table, (int64_t)goes);
    }
    return table;
}

static enum cli_exit print_json(struct cli *cli, const char *path, bool trial,
                                const struct sdse_pruned *pruned) {
    struct sdse_json json;
    uint64_t gone;
    sdse_json_begin(&json, "sdse.prune/1", stdout);
    sdse_json_text(&json, "database", path);
    sdse_json_flag(&json, "dry_run", trial);
    sdse_json_rows(&json, "tables", rows_table(cli, pruned, &gone));
    sdse_json_u64(&json, "rows_gone", gone);
    sdse_json_u64(&json, "points_kept_by_tags", pruned->tagged);
    sdse_json_u64(&json, "bytes_before", pruned->file_bytes);
    sdse_json_u64(&json, "bytes_after", pruned->bytes);
    return cli_end_json(cli, &json);
}

static enum cli_exit say(struct cli *cli, const char *path, bool trial,
                         const struct sdse_pruned *pruned) {
    uint64_t gone;
    const struct sdse_table *table = rows_table(cli, pruned, &gone);
    enum cli_exit status = CLI_OK;
    if (!table)
        return cli_finish(cli, SDSE_NO_MEMORY);
    if (gone) {
        status = cli_print_table(cli, table, SDSE_TABLE_TEXT);
        putchar('\n');
    }
    if (pruned->tagged)
        printf("%" PRIu64 " points stay in the sweeps that go: tags name them\n",
               pruned->tagged);
    if (trial)
        printf("%s: %" PRIu64 " rows would go, at least %" PRIu64 " of %" PRIu64
               " bytes with them\n",
               path, gone, pruned->file_bytes - pruned->bytes, pruned->file_bytes);
    else
        printf("%s: %" PRIu64 " rows dropped; %" PRIu64 " bytes, of %" PRIu64 "\n",
               path, gone, pruned->bytes, pruned->file_bytes);
    return status;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    const char *path = args->operands[0];
    const struct sdse_prune prune = {.sweep = args->value[SWEEP],
                                     .tag = args->value[TAG],
                                     .version = cli_count(args, VERSION, 0)};
    const bool trial = args->value[DRY_RUN] != NULL;
    if (prune.sweep && prune.tag) {
        cli_error(cli, "--sweep and --tag choose apart from each other: give one");
        return CLI_USAGE;
    }
    if (prune.version && !prune.sweep) {
        cli_error(cli, "--sweep-version %s of which sweep? Add --sweep NAME",
                  args->value[VERSION]);
        return CLI_USAGE;
    }
    if (!cli_file_exists(cli, path))
        return CLI_BAD_INPUT;
    struct sdse_store *store = NULL;
    struct sdse_pruned pruned;
    enum sdse_status status =
        sdse_store_open(path, SDSE_MODEL_VERSION, &cli->diags, &store);
    if (status == SDSE_OK)
        status = sdse_prune(store, &prune, trial, &cli->diags, &pruned);
    cli_close_store(cli, path, store, status);
    if (status != SDSE_OK)
        return cli_finish(cli, status);
    return cli_wants_json(args, FORMAT) ? print_json(cli, path, trial, &pruned)
                                        : say(cli, path, trial, &pruned);
}

const struct cli_verb cli_verb_prune = {
    .name = "prune",
    .summary = "drops superseded points, a sweep or a tag's points from a results.db",
    .operands = {"RESULTS.db", 1, 1},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "Without --sweep or --tag: versions of sweeps that are not the newest, and the "
        "points that only\nthey have. Points that a tag names stay (with --tag: "
        "another one). What nothing refers to then\ngoes too: the file is that of one "
        "that never had it, and smaller. Not while a sweep is running on it.",
    .example = "sdse prune results.db --dry-run",
    .run = run,
};
