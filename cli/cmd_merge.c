// sdse merge: several results.db made one.
#include "results/store/merge.h"

#include <inttypes.h>
#include <sys/stat.h>

#include "base/output.h"
#include "cli/cli.h"
#include "cli/inputs.h"
#include "dse/sweep/plan.h"

enum { FORMAT };

static const struct cli_option options[] = {
    [FORMAT] = CLI_OPTION_TEXT_OR_JSON,
};

static bool is_same_file(const char *a, const char *b) {
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

// Whether there is something to merge into: a file that is not empty.
static bool holds_something(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && !(S_ISREG(info.st_mode) && info.st_size == 0);
}

struct sources {
    struct sdse_reader **readers;
    size_t count;
};

// Opens all; every fault of every file is said. What is the output itself is in it
// already.
static enum cli_exit open_sources(struct cli *cli, const struct cli_args *args,
                                  struct sources *sources) {
    const char *out = args->operands[0];
    enum cli_exit worst = CLI_OK;
    sources->readers =
        SDSE_ARENA_ARRAY(cli->arena, struct sdse_reader *, (size_t)args->operand_count);
    if (!sources->readers)
        return cli_finish(cli, SDSE_NO_MEMORY);
    for (int i = 1; i < args->operand_count; i++) {
        enum cli_exit status = CLI_OK;
        if (is_same_file(out, args->operands[i]) && holds_something(out))
            continue;
        struct sdse_reader *reader = cli_open_results(cli, args->operands[i], &status);
        if (reader) {
            sources->readers[sources->count++] = reader;
            status = cli_finish(
                cli, sdse_merge_admits(reader, SDSE_MODEL_VERSION, &cli->diags));
        }
        worst = status > worst ? status : worst;
    }
    return worst;
}

static enum sdse_status merge_at(struct cli *cli, const char *path,
                                 const struct sources *sources,
                                 struct sdse_merged *merged) {
    struct sdse_store *store = NULL;
    enum sdse_status status =
        sdse_store_open(path, SDSE_MODEL_VERSION, &cli->diags, &store);
    if (status == SDSE_OK)
        status =
            sdse_merge(store, sources->readers, sources->count, &cli->diags, merged);
    sdse_store_close(store);
    return status;
}

// A new file takes its name when it is whole.
static enum sdse_status merge_anew(struct cli *cli, const char *path,
                                   const struct sources *sources,
                                   struct sdse_merged *merged) {
    static const struct sdse_output_kind kind = {"a results database of sdse", {NULL}};
    struct sdse_output output;
    enum sdse_status status =
        sdse_output_open(&output, path, &kind, &cli->outputs, &cli->diags);
    if (status != SDSE_OK)
        return status;
    status = merge_at(cli, output.written_path, sources, merged);
    return sdse_output_close(&output, status, &cli->diags);
}

static enum cli_exit print_json(struct cli *cli, const struct cli_args *args,
                                const struct sdse_merged *merged) {
    struct sdse_json json;
    sdse_json_begin(&json, "sdse.merge/1", stdout);
    sdse_json_text(&json, "database", args->operands[0]);
    sdse_json_array(&json, "files");
    for (int i = 1; i < args->operand_count; i++)
        sdse_json_text(&json, NULL, args->operands[i]);
    sdse_json_close(&json);
    sdse_json_u64(&json, "points_added", merged->points);
    return cli_end_json(cli, &json);
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    const char *out = args->operands[0];
    struct sources sources = {0};
    struct sdse_merged merged = {0};
    enum cli_exit status = open_sources(cli, args, &sources);
    if (status == CLI_OK) {
        const enum sdse_status done = holds_something(out)
                                          ? merge_at(cli, out, &sources, &merged)
                                          : merge_anew(cli, out, &sources, &merged);
        status = cli_finish(cli, done);
    }
    if (status == CLI_OK && cli_wants_json(args, FORMAT))
        status = print_json(cli, args, &merged);
    else if (status == CLI_OK)
        printf("%s: %" PRIu64 " points added from %d files\n", out, merged.points,
               args->operand_count - 1);
    for (size_t i = 0; i < sources.count; i++)
        sdse_reader_close(sources.readers[i]);
    return status;
}

const struct cli_verb cli_verb_merge = {
    .name = "merge",
    .summary = "adds the results of several files to one, in any order",
    .operands = {"OUT.db RESULTS.db...", 2, -1},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "OUT.db may be there: it is added to, all or nothing. Its export does not "
        "depend on the order\nof the files, nor on how often one is merged, and is "
        "that of one run of the sweep.",
    .example = "sdse merge all.db shard1.db shard2.db",
    .run = run,
};
