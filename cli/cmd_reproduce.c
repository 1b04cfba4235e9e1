// sdse reproduce: one point of a results.db as files, run again, compared.
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/interrupt.h"
#include "cli/plain_stdout.h"
#include "cli/stored_point.h"
#include "cli/stored_weights.h"
#include "dse/sweep/stored_plan.h"
#include "dse/sweep/sweep.h"
#include "results/store/merge.h"
#include "spec/sweep_stays.h"
#include "spec/write.h"

enum { OUTPUT, JOBS, FORCE, FORMAT };

static const struct cli_option options[] = {
    [OUTPUT] = {"output", 'o', CLI_TEXT, "DIR",
                "the folder that the files go to; made if it is not there", NULL, true},
    [JOBS] = {"jobs", 'j', CLI_COUNT, "N",
              "threads; as many as processors if not given", NULL, false},
    [FORCE] = CLI_OPTION_FORCE,
    [FORMAT] = CLI_OPTION_TEXT_OR_JSON,
};

struct reproducing {
    struct cli *cli;
    const char *database, *folder;
    char *plain_name; // of the network: no control ends a comment
    unsigned threads;
    bool json;
    struct sdse_reader *reader;
    struct sdse_stored_point point;
    struct sdse_stored_plan stored;
    bool real_weights; // measured forms that no file here can give again
};

// ---- files ----

static const struct sdse_output_kind kinds[] = {
    {"a file written by sdse reproduce", {"# sdse reproduce "}},
    {"a weight form written by sdse reproduce", {"raw\n", "{basis_size: "}},
};

static enum sdse_status write_file(struct reproducing *r, const char *name, bool plain,
                                   const char *note, const char *text) {
    const char *path = sdse_arena_printf(r->cli->arena, "%s/%s", r->folder, name);
    if (!path || !text)
        return SDSE_NO_MEMORY;
    struct sdse_output output;
    const enum sdse_status status = sdse_output_open(&output, path, &kinds[plain],
                                                     &r->cli->outputs, &r->cli->diags);
    if (status != SDSE_OK)
        return status;
    if (!plain)
        fprintf(output.file, "# sdse reproduce %s: %s\n", r->plain_name, note);
    fputs(text, output.file);
    if (*text && text[strlen(text) - 1] != '\n')
        fputc('\n', output.file);
    return sdse_output_close(&output, SDSE_OK, &r->cli->diags);
}

static enum sdse_status write_mappings(struct reproducing *r) {
    struct sdse_arena *arena = r->cli->arena;
    const char *folder = sdse_arena_printf(arena, "%s/mappings", r->folder);
    enum sdse_status status = folder ? cli_make_folder(r->cli, folder) : SDSE_NO_MEMORY;
    for (size_t i = 0; !status && i < r->point.layer_count; i++) {
        const struct sdse_stored_layer *layer = &r->point.layers[i];
        if (layer->grouped) // it has no mapping: its nests have
            continue;
        char *name = sdse_arena_strdup(arena, layer->name);
        if (!name)
            return SDSE_NO_MEMORY;
        cli_plain_name(name, "/");
        const char *file = sdse_arena_printf(arena, "mappings/%03zu-%s.yaml", i, name);
        const char *text = cli_stored_mapping(r->cli, &r->point, layer);
        status = file ? write_file(r, file, false, "a mapping", text) : SDSE_NO_MEMORY;
    }
    return status;
}

// Of an accelerator that cannot be the file is what it is without the overrides: they
// are the sweep's.
static const struct sdse_variant *refused_variant(const struct reproducing *r) {
    const struct sdse_variant *variant = r->stored.plan->listed[0].variant;
    return variant->refused ? variant : NULL;
}

// A sweep of this point alone, on the files beside it.
static enum sdse_status write_sweep(struct reproducing *r) {
    static const char *const network = "network.yaml", *const arch = "accelerator.yaml";
    struct sdse_sweep sweep = *r->stored.plan->sweep;
    const struct sdse_variant *variant = refused_variant(r);
    const size_t count = variant ? variant->parameter_count : 0;
    sweep.overrides = SDSE_ARENA_ARRAY(r->cli->arena, struct sdse_override, count + 2);
    if (!sweep.overrides)
        return SDSE_NO_MEMORY;
    const struct sdse_override *stays = sdse_sweep_stays(r->stored.plan->sweep);
    sweep.override_count = 0;
    if (stays)
        sweep.overrides[sweep.override_count++] = *stays;
    for (size_t i = 0; i < count; i++)
        if (strncmp(variant->parameters[i].path, "mapper.", strlen("mapper.")) != 0)
            sweep.overrides[sweep.override_count++] =
                (struct sdse_override){.path = variant->parameters[i].path,
                                       .value_count = 1,
                                       .values = &variant->parameters[i].value};
    return write_file(r, "sweep.yaml", false, "a sweep of one point",
                      sdse_sweep_text(r->cli->arena, &sweep, &network, &arch));
}

// Whether the written sweep is refused for the point's reason.
static bool says_the_reason(const struct reproducing *r) {
    struct sdse_diags quiet;
    struct sdse_plan *plan = NULL;
    const char *path = sdse_arena_printf(r->cli->arena, "%s/sweep.yaml", r->folder);
    sdse_diags_init(&quiet, r->cli->arena);
    if (!path ||
        sdse_plan_load(r->cli->arena, path, false, NULL, &quiet, &plan) == SDSE_OK)
        return false;
    for (const struct sdse_diag *d = quiet.first; d; d = d->next)
        if (strstr(r->point.reason, d->message))
            return true;
    return false;
}

// The network, with files of the weights that forms are measured on again.
static enum sdse_status write_network(struct reproducing *r) {
    struct sdse_workload *workload = r->stored.plan->networks->workload;
    const char *text = r->point.workload_text;
    if (r->stored.embedded) {
        const enum sdse_status status =
            cli_write_stored_weights(r->cli, r->reader, r->folder, workload,
                                     r->stored.embedded, r->stored.embedded_count);
        if (status)
            return status;
        text = sdse_workload_text(r->cli->arena, workload);
    }
    return write_file(r, "network.yaml", false, "its network", text);
}

static enum sdse_status write_files(struct reproducing *r) {
    enum sdse_status status = cli_make_folder(r->cli, r->folder);
    if (!status)
        status = write_file(r, "accelerator.yaml", false, "its accelerator",
                            r->point.arch_text);
    if (!status)
        status = write_network(r);
    if (!status)
        status = write_file(r, "form.txt", true, "", r->point.form_text);
    if (!status && !r->real_weights)
        status = write_sweep(r);
    if (!status && r->point.layer_count)
        status = write_mappings(r);
    return status;
}

// ---- again ----

static enum sdse_status lend(struct reproducing *r, const char *path) {
    struct sdse_store *store = NULL;
    enum sdse_status status =
        sdse_store_open(path, SDSE_MODEL_VERSION, &r->cli->diags, &store);
    if (status == SDSE_OK)
        status = sdse_stored_point_lend(r->reader, &r->point, r->real_weights, store);
    sdse_store_close(store);
    return status;
}

static enum sdse_status run_at(struct reproducing *r, const char *path,
                               uint64_t *values) {
    struct sdse_sweep_progress progress;
    const struct sdse_sweep_request request = {.database_path = path,
                                               .threads = r->threads,
                                               .stop = cli_interrupt_arm(),
                                               .plan = r->stored.plan};
    struct sdse_reader *again = NULL;
    enum sdse_status status = lend(r, path);
    if (status == SDSE_OK)
        status = sdse_sweep_run(&request, &r->cli->diags, &progress);
    if (status == SDSE_OK)
        status = sdse_reader_open(path, &r->cli->diags, &again);
    if (status == SDSE_OK)
        status = sdse_stored_point_compare(r->reader, again, r->point.hash,
                                           &r->cli->diags, values);
    sdse_reader_close(again);
    return status;
}

// The database of the run is a temporary one.
static enum sdse_status run_again(struct reproducing *r, uint64_t *values) {
    static const struct sdse_output_kind kind = {"a results database of sdse", {NULL}};
    const char *path = sdse_arena_printf(r->cli->arena, "%s/again.db", r->folder);
    struct sdse_output output;
    enum sdse_status status =
        path ? sdse_output_open(&output, path, &kind, &r->cli->outputs, &r->cli->diags)
             : SDSE_NO_MEMORY;
    if (status != SDSE_OK)
        return status;
    status = run_at(r, output.written_path, values);
    sdse_output_close(&output, SDSE_INTERRUPTED, &r->cli->diags);
    return status;
}

// With it: what of the run is not computed again but the database's own.
static enum cli_exit print_json(const struct reproducing *r, uint64_t values) {
    struct sdse_json json;
    sdse_json_begin(&json, "sdse.reproduce/1", stdout);
    sdse_json_text(&json, "database", r->database);
    sdse_json_i64(&json, "point_id", r->point.id);
    sdse_json_text(&json, "network", r->point.workload_name);
    sdse_json_text(&json, "arch", r->point.arch_name);
    sdse_json_text(&json, "form", r->point.form_name);
    sdse_json_text(&json, "folder", r->folder);
    sdse_json_u64(&json, "values_compared", values);
    sdse_json_flag(&json, "forms_taken", r->real_weights);
    sdse_json_u64(&json, "layers_with_stored_weights", r->stored.embedded_count);
    sdse_json_flag(&json, "output_errors_taken", r->point.outputs_known);
    sdse_json_flag(&json, "limited_searches_taken", r->point.seconds > 0);
    sdse_json_flag(&json, "arch_refused", refused_variant(r) != NULL);
    return cli_end_json(r->cli, &json);
}

static void say_what_was_taken(const struct reproducing *r) {
    if (r->stored.plan->networks->stored_forms)
        puts("weights: from files that are not in the database; the forms of their "
             "layers as measured\n  then (densities, bits, errors) were taken from it, "
             "and sweep.yaml is not written");
    if (refused_variant(r))
        puts(
            says_the_reason(r)
                ? "accelerator: as it is without the overrides, which sweep.yaml has: "
                  "it is refused\n  for the same reason"
                : "accelerator: as it is without the overrides, with the costs that it "
                  "has then:\n  sweep.yaml has them, and does not say the same "
                  "reason");
    if (r->stored.embedded)
        printf("weights: from the database, those of %zu layer%s\n",
               r->stored.embedded_count, r->stored.embedded_count == 1 ? "" : "s");
    if (r->point.outputs_known)
        puts("outputs: the network's model is not in the database; the errors of its "
             "outputs were taken from it");
    if (r->point.seconds > 0)
        puts("searches: those that a time limit ended were taken from it, not made "
             "again");
}

static enum cli_exit reproduce(struct reproducing *r) {
    uint64_t values = 0;
    r->plain_name = sdse_arena_strdup(r->cli->arena, r->point.workload_name);
    if (r->plain_name)
        cli_plain_name(r->plain_name, "");
    enum sdse_status status = r->plain_name ? write_files(r) : SDSE_NO_MEMORY;
    if (status == SDSE_OK)
        status = run_again(r, &values);
    if (status == SDSE_INTERRUPTED) {
        cli_error(r->cli, "interrupted before the point was run again");
        return CLI_SYSTEM;
    }
    const enum cli_exit ended = cli_finish(r->cli, status);
    if (ended != CLI_OK)
        return ended;
    if (r->json)
        return print_json(r, values);
    printf("%s, point %" PRId64 " (%s on %s, %s): files in %s\n", r->database,
           r->point.id, r->point.workload_name, r->point.arch_name, r->point.form_name,
           r->folder);
    say_what_was_taken(r);
    printf("run again: %" PRIu64 " values of the point, its layers, mappings and "
           "fronts, all equal to the last bit\n",
           values);
    return CLI_OK;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    const uint64_t jobs = cli_count(args, JOBS, 0);
    struct reproducing r = {.cli = cli,
                            .database = args->operands[0],
                            .folder = args->value[OUTPUT],
                            .json = cli_wants_json(args, FORMAT),
                            .threads = jobs > 1024 ? 1024 : (unsigned)jobs};
    cli->outputs.force = args->value[FORCE] != NULL;
    enum cli_exit status;
    r.reader =
        cli_open_point(cli, args->operands[0], args->operands[1], &r.point, &status);
    if (!r.reader)
        return status;
    enum sdse_status made =
        sdse_merge_admits(r.reader, SDSE_MODEL_VERSION, &cli->diags);
    struct sdse_stored_weights *embedded = NULL;
    if (made == SDSE_OK)
        made = sdse_stored_weights_list(r.reader, r.point.id, cli->arena, &cli->diags,
                                        &embedded, &r.point.embedded_count);
    r.point.embedded = embedded;
    if (made == SDSE_OK)
        made =
            sdse_plan_stored(cli->arena, r.database, &r.point, &cli->diags, &r.stored);
    status = cli_finish(cli, made);
    if (status == CLI_OK && !cli_may_make_folder(cli, r.folder))
        status = CLI_SYSTEM;
    if (status == CLI_OK) {
        r.real_weights = r.stored.plan->networks->stored_forms != NULL;
        status = reproduce(&r);
    }
    sdse_reader_close(r.reader);
    return status;
}

const struct cli_verb cli_verb_reproduce = {
    .name = "reproduce",
    .summary = "writes a point's inputs and mappings as files, and runs it again",
    .operands = {"RESULTS.db POINT", 2, 2},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "POINT is its number or hash (point_id, point_hash of v_point), or "
        "NETWORK/ACCELERATOR/FORM.\nEvery column that the database has of the point is "
        "compared, to the last bit; exit status 1:\none differs, and which is said.",
    .example = "sdse reproduce results.db 3 -o point3",
    .run = run,
};
