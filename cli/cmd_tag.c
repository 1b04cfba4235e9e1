// sdse tag: names for points of a results.db.
#include "results/keep/tag.h"

#include <inttypes.h>

#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/plain_stdout.h"
#include "cli/selection.h"
#include "dse/sweep/plan.h"
#include "results/look/query.h"

enum { REMOVE, SELECTION, FORMAT = SELECTION + CLI_SELECT_OPTIONS };

static const struct cli_option options[] = {
    [REMOVE] = {"remove", 0, CLI_FLAG, NULL, "take the tag from the points", NULL,
                false},
    CLI_SELECTION_ROWS(SELECTION),
    [FORMAT] = CLI_OPTION_FORMAT,
};

static enum cli_exit list(struct cli *cli, struct sdse_reader *reader,
                          enum sdse_table_format format) {
    struct sdse_table *table = NULL;
    const enum sdse_status status =
        sdse_query_run(reader, sdse_tag_list_sql, cli->arena, &cli->diags, &table);
    if (status != SDSE_OK)
        return cli_finish(cli, status);
    sdse_table_name(table, "sdse.tags/1", "tags");
    return cli_print_table(cli, table, format);
}

static enum cli_exit change(struct cli *cli, const struct cli_args *args,
                            const struct sdse_hash *points, size_t count) {
    const char *path = args->operands[0], *tag = args->operands[1];
    const bool removes = args->value[REMOVE] != NULL;
    struct sdse_store *store = NULL;
    uint64_t changed = 0;
    enum sdse_status status =
        sdse_store_open(path, SDSE_MODEL_VERSION, &cli->diags, &store);
    if (status == SDSE_OK)
        status = removes ? sdse_tag_remove(store, tag, points, count, &changed)
                         : sdse_tag_add(store, tag, points, count, &changed);
    cli_close_store(cli, path, store, status);
    if (status == SDSE_OK && cli_wants_json(args, FORMAT)) {
        struct sdse_json json;
        sdse_json_begin(&json, "sdse.tag/1", stdout);
        sdse_json_text(&json, "database", path);
        sdse_json_text(&json, "tag", tag);
        sdse_json_flag(&json, "removed", removes);
        sdse_json_u64(&json, "points", count);
        sdse_json_u64(&json, "points_changed", changed);
        return cli_end_json(cli, &json);
    }
    if (status == SDSE_OK) {
        printf("%s: tag '", path);
        cli_print_plain(tag, stdout);
        printf("': %" PRIu64 " of %zu points %s\n", changed, count,
               removes ? "had it, and have it no more" : "had it not, and have it now");
    }
    return cli_finish(cli, status);
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    struct sdse_filter filter;
    const char *tag = args->operand_count > 1 ? args->operands[1] : NULL;
    if (!cli_parse_selection(cli, args, SELECTION, &filter))
        return CLI_USAGE;
    if (tag && !sdse_tag_may_be(tag)) {
        cli_error(cli, "a tag is 1 to %d bytes without control characters",
                  SDSE_TAG_BYTES);
        return CLI_USAGE;
    }
    if (!tag && args->value[REMOVE]) {
        cli_error(cli, "--remove takes which tag from the points? Add its NAME");
        return CLI_USAGE;
    }
    enum cli_exit status;
    struct sdse_reader *reader = cli_open_results(cli, args->operands[0], &status);
    if (!reader)
        return status;
    struct sdse_hash *points = NULL;
    size_t count = 0;
    if (!tag) {
        status = list(cli, reader, cli_table_format(args, FORMAT));
    } else {
        if (args->value[REMOVE] && !filter.tag)
            filter.tag = tag; // of its own points, whatever superseded them
        status = cli_finish(cli, sdse_points_hashes(reader, &filter, cli->arena,
                                                    &cli->diags, &points, &count));
    }
    sdse_reader_close(reader);
    if (status != CLI_OK || !tag)
        return status;
    if (!count) {
        cli_error(cli, "no point fits; `sdse status` shows what is there");
        return CLI_BAD_INPUT;
    }
    return change(cli, args, points, count);
}

const struct cli_verb cli_verb_tag = {
    .name = "tag",
    .summary = "names points of a results.db, or lists the names",
    .operands = {"RESULTS.db [NAME]", 1, 2},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "NAME is given to the points that the options choose, also infeasible ones: a "
        "whole sweep with\n--sweep, or --where \"point_id IN (3, 7)\". With --tag NAME "
        "pareto, plot and costs show them alone.\nTags are merged (the points of "
        "both), "
        "never exported, and what they name is not pruned.",
    .example = "sdse tag results.db paper --sweep demo-archs --limit \"area<=4mm2\"",
    .run = run,
};
