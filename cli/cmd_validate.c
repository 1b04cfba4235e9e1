// sdse validate: published figures beside ours.
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena_grow.h"
#include "base/output.h"
#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/validation_table.h"
#include "spec/load.h"

enum { ONLY, STRICT, JOBS, OUTPUT, FORCE, FORMAT };

static const struct cli_option options[] = {
    [ONLY] = {"only", 0, CLI_TEXT, "TEXT", "anchors whose names contain TEXT", NULL,
              false},
    [STRICT] = {"strict", 0, CLI_FLAG, NULL,
                "status 1 if an anchor is outside its band and nothing explains it",
                NULL, false},
    [JOBS] = {"jobs", 'j', CLI_COUNT, "N",
              "threads; as many as processors if not given", NULL, false},
    [OUTPUT] = {"output", 'o', CLI_TEXT, "FILE", "write to FILE, not to the terminal",
                NULL, false},
    [FORCE] = CLI_OPTION_FORCE,
    [FORMAT] = CLI_OPTION_FORMAT,
};

// The files to read, in order.
struct files {
    size_t count, room;
    const char **path;
};

static bool add_file(struct cli *cli, struct files *files, const char *path) {
    const char **grown = sdse_arena_grow(cli->arena, files->path, files->count,
                                         &files->room, sizeof *grown);
    if (!grown || !path) {
        cli_note(cli, SDSE_NO_MEMORY);
        return false;
    }
    files->path = grown;
    files->path[files->count++] = path;
    return true;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// All *.yaml of a folder, by name; what is in folders below belongs to them.
static bool add_folder(struct cli *cli, struct files *files, const char *folder) {
    DIR *directory = opendir(folder);
    if (!directory) {
        cli_error_errno(cli, folder, errno);
        return false;
    }
    const size_t before = files->count;
    const struct dirent *entry;
    bool good = true;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this function's own
    while (good && (entry = readdir(directory))) {
        const char *end = strrchr(entry->d_name, '.');
        if (end && strcmp(end, ".yaml") == 0)
            good =
                add_file(cli, files,
                         sdse_arena_printf(cli->arena, "%s%s%s", folder,
                                           folder[strlen(folder) - 1] == '/' ? "" : "/",
                                           entry->d_name));
    }
    closedir(directory);
    if (good && files->count == before) {
        cli_error(cli, "%s: no file *.yaml in this folder", folder);
        return false;
    }
    qsort(files->path + before, files->count - before, sizeof *files->path, by_name);
    return good;
}

static bool find_files(struct cli *cli, const struct cli_args *args,
                       struct files *files) {
    if (!args->operand_count) {
        const char *shipped = cli_find_folder(cli, "validation");
        return shipped && add_folder(cli, files, shipped);
    }
    bool good = true;
    for (int i = 0; i < args->operand_count; i++) {
        const char *name = args->operands[i];
        struct stat status;
        if (stat(name, &status) == 0 && S_ISDIR(status.st_mode)) {
            good &= add_folder(cli, files, name);
            continue;
        }
        const char *path = cli_find_input(cli, "validation", name);
        good &= path && add_file(cli, files, path);
    }
    return good;
}

// Keeps the anchors that --only names; the others are not computed.
static void keep_only(struct sdse_validation *validation, const char *text) {
    size_t kept = 0;
    for (size_t i = 0; i < validation->anchor_count; i++)
        if (strstr(validation->anchors[i].id, text))
            validation->anchors[kept++] = validation->anchors[i];
    validation->anchor_count = kept;
}

static bool is_input(struct cli *cli, const struct sdse_validation *validation) {
    bool good = cli_is_input(cli, validation->file);
    for (size_t i = 0; i < validation->case_count; i++) {
        const struct sdse_case *of = &validation->cases[i];
        good = good && (!of->arch || cli_is_input(cli, of->arch)) &&
               (!of->workload || cli_is_input(cli, of->workload));
        for (size_t m = 0; good && m < of->mapping_count; m++)
            good = cli_is_input(cli, of->mappings[m].path);
    }
    return good;
}

static enum sdse_status load_file(struct cli *cli, const char *path, const char *only,
                                  struct sdse_ready_validation *ready) {
    struct sdse_node *root;
    struct sdse_validation *validation = NULL;
    enum sdse_status status =
        cli_is_input(cli, path)
            ? sdse_tree_parse_file(cli->arena, path, &cli->diags, &root)
            : SDSE_NO_MEMORY;
    if (status == SDSE_OK && sdse_tree_kind(root) != SDSE_FILE_VALIDATION) {
        sdse_diag_add(&cli->diags, SDSE_ERROR, root->loc, "file-kind",
                      "published figures are needed here: the file has no key "
                      "'anchors'");
        status = SDSE_INVALID;
    }
    if (status == SDSE_OK)
        status = sdse_validation_from_tree(cli->arena, root, &cli->diags, &validation);
    if (status == SDSE_OK && only)
        keep_only(validation, only);
    if (status == SDSE_OK)
        status =
            is_input(cli, validation)
                ? sdse_validation_prepare(validation, cli->arena, &cli->diags, ready)
                : SDSE_NO_MEMORY;
    return cli_note(cli, status);
}

// The anchors, and how many had which verdict.
static enum sdse_status write_json(const struct sdse_table *table,
                                   const struct sdse_validation_tally *tally,
                                   FILE *out) {
    struct sdse_json json;
    sdse_json_begin(&json, "sdse.validate/1", out);
    sdse_json_rows(&json, "anchors", table);
    sdse_json_array(&json, "verdicts");
    for (int i = 0; i < SDSE_VERDICTS; i++) {
        sdse_json_object(&json, NULL);
        sdse_json_text(&json, "verdict",
                       sdse_verdict_name((enum sdse_anchor_verdict)i));
        sdse_json_u64(&json, "anchors", tally->verdict[i]);
        sdse_json_close(&json);
    }
    sdse_json_close(&json);
    sdse_json_u64(&json, "anchors_calibrated", tally->calibrated);
    sdse_json_u64(&json, "anchors_uncalibrated", tally->uncalibrated);
    sdse_json_u64(&json, "uncalibrated_within_15", tally->within_15);
    return sdse_json_end(&json);
}

static enum cli_exit write_table(struct cli *cli, const struct cli_args *args,
                                 const struct sdse_table *table,
                                 const struct sdse_validation_tally *tally,
                                 const char *summary, enum sdse_table_format format) {
    const bool people = format == SDSE_TABLE_TEXT || format == SDSE_TABLE_MARKDOWN;
    if (!args->value[OUTPUT]) {
        const enum cli_exit status =
            format == SDSE_TABLE_JSON
                ? cli_finish(cli, write_json(table, tally, stdout))
                : cli_print_table(cli, table, format);
        fprintf(people ? stdout : stderr, "%s%s\n", people ? "\n" : "", summary);
        return status;
    }
    struct sdse_output output;
    enum sdse_status status = sdse_output_open(
        &output, args->value[OUTPUT], &cli_validation_kind, &cli->outputs, &cli->diags);
    if (status != SDSE_OK)
        return cli_finish(cli, status);
    status = format == SDSE_TABLE_JSON ? write_json(table, tally, output.file)
                                       : sdse_table_write(table, format, output.file);
    if (people)
        fprintf(output.file, "\n%s\n", summary);
    // What the stream refused is said when it is closed.
    status =
        sdse_output_close(&output, status == SDSE_IO ? SDSE_OK : status, &cli->diags);
    if (status == SDSE_OK)
        fprintf(stderr, "%s\n", summary);
    return cli_finish(cli, status);
}

static enum cli_exit judge(struct cli *cli, const struct cli_args *args,
                           const struct cli_validated *validated) {
    for (size_t i = 0; i < validated->count; i++) {
        const struct sdse_anchor_result *result = &validated->result[i];
        if (result->verdict == SDSE_VERDICT_FAILED)
            cli_error(cli, "%s: %s", result->anchor->id,
                      result->failure ? result->failure : "not computed");
    }
    if (validated->tally.verdict[SDSE_VERDICT_FAILED])
        return CLI_NO_MAPPING;
    const size_t outside = validated->tally.verdict[SDSE_VERDICT_OUTSIDE];
    if (!args->value[STRICT] || !outside)
        return CLI_OK;
    cli_error(cli, "%zu anchor%s outside", outside, outside == 1 ? " is" : "s are");
    return CLI_BAD_INPUT;
}

static enum cli_exit run_files(struct cli *cli, const struct cli_args *args,
                               struct sdse_ready_validation *ready, size_t count,
                               struct cli_validated *validated) {
    const atomic_bool *stop = cli_interrupt_arm();
    const uint64_t jobs = cli_count(args, JOBS, 0);
    size_t anchors = 0, items = 0;
    for (size_t i = 0; i < count; i++) {
        anchors += ready[i].validation->anchor_count;
        items += ready[i].item_count;
    }
    validated->result =
        SDSE_ARENA_ARRAY(cli->arena, struct sdse_anchor_result, anchors + 1);
    if (!validated->result)
        return cli_finish(cli, SDSE_NO_MEMORY);
    struct cli_progress progress;
    cli_progress_begin(&progress, cli->verb->name, "layers of cases", items);
    for (size_t i = 0; i < count; i++) {
        struct sdse_anchor_result *results = NULL;
        ready[i].item_done = cli_progress_step;
        ready[i].context = &progress;
        const enum sdse_status status = sdse_validation_run(
            &ready[i], jobs > 1024 ? 1024 : (unsigned)jobs, stop, cli->arena, &results);
        if (status != SDSE_OK || atomic_load(stop))
            cli_progress_end(&progress);
        if (status != SDSE_OK)
            return cli_finish(cli, status);
        if (atomic_load(stop)) {
            cli_error(cli, "interrupted");
            return CLI_SYSTEM;
        }
        for (size_t a = 0; a < ready[i].validation->anchor_count; a++)
            validated->result[validated->count++] = results[a];
    }
    cli_progress_end(&progress);
    sdse_validation_count(validated->result, validated->count, &validated->tally);
    return CLI_OK;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    cli->outputs.force = args->value[FORCE] != NULL;
    struct files files = {0, 0, NULL};
    if (!find_files(cli, args, &files))
        return CLI_BAD_INPUT; // said
    struct sdse_ready_validation *ready =
        SDSE_ARENA_ARRAY(cli->arena, struct sdse_ready_validation, files.count + 1);
    if (!ready)
        return cli_finish(cli, SDSE_NO_MEMORY);
    // All files are read, so that all their problems are seen at once.
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; i < files.count; i++) {
        const enum sdse_status loaded =
            load_file(cli, files.path[i], args->value[ONLY], &ready[i]);
        if (status == SDSE_OK)
            status = loaded;
    }
    if (status == SDSE_OK && args->value[OUTPUT])
        status = sdse_output_check(args->value[OUTPUT], &cli_validation_kind,
                                   &cli->outputs, &cli->diags);
    if (status != SDSE_OK)
        return cli_finish(cli, status);
    cli_flush_diags(cli); // warnings
    struct cli_validated validated = {0};
    enum cli_exit exit = run_files(cli, args, ready, files.count, &validated);
    if (exit != CLI_OK)
        return exit;
    if (!validated.count) {
        cli_error(cli, "no anchor's name contains '%s'",
                  args->value[ONLY] ? args->value[ONLY] : "");
        return CLI_BAD_INPUT;
    }
    const enum sdse_table_format format = cli_table_format(args, FORMAT);
    const char *summary = cli_validation_summary(cli->arena, &validated.tally);
    const struct sdse_table *table =
        cli_validation_table(cli->arena, &validated, format);
    if (!table || !summary)
        return cli_finish(cli, SDSE_NO_MEMORY);
    exit = write_table(cli, args, table, &validated.tally, summary, format);
    const enum cli_exit judged = judge(cli, args, &validated);
    return exit == CLI_OK ? judged : exit;
}

const struct cli_verb cli_verb_validate = {
    .name = "validate",
    .summary = "compares the model with published figures",
    .operands = {"[FILE|FOLDER...]", 0, -1},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "Anchors are published figures with their conditions, kept as data. Without "
        "operands the\nshipped ones are run; a file, the name of a shipped one, or a "
        "folder of files chooses others.\nThe status is 4 if something of ours could "
        "not be computed.",
    .example = "sdse validate eyeriss -f csv",
    .run = run,
};
