// sdse sweep: runs a sweep into a results.db, or continues it.
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/eta.h"
#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/interrupt.h"
#include "cli/shell_word.h"
#include "dse/sweep/sweep.h"

enum { OUTPUT, JOBS, QUIET, FOLLOW, EMBED, SHARD, FORMAT };

static const struct cli_option options[] = {
    [OUTPUT] = {"output", 'o', CLI_TEXT, "RESULTS.db",
                "where results go; an existing file is continued", NULL, true},
    [JOBS] = {"jobs", 'j', CLI_COUNT, "N",
              "threads; as many as processors if not given", NULL, false},
    [QUIET] = {"quiet", 'q', CLI_FLAG, NULL, "no progress line", NULL, false},
    [FOLLOW] = {"follow-links", 0, CLI_FLAG, NULL,
                "links may lead weight files out of their folder", NULL, false},
    [EMBED] = {"embed-weights", 0, CLI_FLAG, NULL,
               "keep weights that forms are measured on, for `sdse reproduce`", NULL,
               false},
    [SHARD] = {"shard", 0, CLI_TEXT, "I/N",
               "every N-th point only, from the I-th on; `sdse merge` joins the files",
               NULL, false},
    [FORMAT] = CLI_OPTION_TEXT_OR_JSON,
};

// How progress is shown: one line redrawn on a terminal, else a line now and then.
struct display {
    bool terminal, drawn;
    double last; // when a line was last written [s since the start]
    struct sdse_eta eta;
    size_t computed; // points, of which it knows
};

static const double terminal_seconds = 0.2, file_seconds = 5;

// Points that this run has computed: the others take no time of it.
static size_t computed_points(const struct sdse_sweep_progress *progress) {
    return progress->points_done - progress->points_reused - progress->points_shared;
}

static void format_progress(const struct display *display,
                            const struct sdse_sweep_progress *progress, char *text,
                            size_t bytes) {
    const size_t computed = computed_points(progress);
    const size_t left = progress->points_total - progress->points_done;
    const double rate =
        progress->seconds > 0 && computed ? (double)computed / progress->seconds : 0;
    char eta[16], volume[32] = "";
    if (!isnan(progress->hypervolume))
        snprintf(volume, sizeof volume, "  hypervolume %.4f", progress->hypervolume);
    sdse_duration_text(sdse_eta_s(&display->eta, left), eta);
    snprintf(text, bytes,
             "%zu/%zu points  %.3g points/s  ETA %s  front %zu%s  infeasible %zu  "
             "(layer problems %zu/%zu)",
             progress->points_done, progress->points_total, rate, eta,
             progress->front_size, volume, progress->infeasible,
             progress->problems_done, progress->problems_total);
}

static void show_progress(void *context, const struct sdse_sweep_progress *progress) {
    struct display *display = context;
    const double wait = display->terminal ? terminal_seconds : file_seconds;
    const size_t computed = computed_points(progress);
    sdse_eta_add(&display->eta, computed - display->computed, progress->seconds);
    display->computed = computed;
    if (progress->seconds - display->last < wait)
        return;
    display->last = progress->seconds;
    char text[192];
    format_progress(display, progress, text, sizeof text);
    fprintf(stderr, display->terminal ? "\r\033[K%s" : "%s\n", text);
    display->drawn = true;
}

static void end_progress(const struct display *display) {
    if (display->terminal && display->drawn)
        fputs("\r\033[K", stderr);
}

static void say_how_to_continue(const struct cli *cli, const struct cli_args *args) {
    fprintf(stderr, "to continue: %s sweep %s -o %s",
            cli_shell_word(cli->arena, cli->program),
            cli_shell_word(cli->arena, args->operands[0]),
            cli_shell_word(cli->arena, args->value[OUTPUT]));
    if (args->value[JOBS])
        fprintf(stderr, " -j %s", args->value[JOBS]);
    if (args->value[FOLLOW])
        fputs(" --follow-links", stderr);
    if (args->value[EMBED])
        fputs(" --embed-weights", stderr);
    if (args->value[SHARD])
        fprintf(stderr, " --shard %s", args->value[SHARD]);
    fputc('\n', stderr);
}

static void print_summary(const struct sdse_sweep_progress *progress,
                          const char *database) {
    char duration[16];
    sdse_duration_text(progress->seconds, duration);
    printf("%s: %zu of %zu points", database, progress->points_done,
           progress->points_total);
    if (progress->points_reused)
        printf(" (%zu were there before)", progress->points_reused);
    if (progress->points_shared)
        printf(" (%zu by other runs)", progress->points_shared);
    if (progress->failed)
        printf(", %zu failed (see status and reason in v_point; the same command tries "
               "them again)",
               progress->failed);
    printf(", %zu infeasible, %zu on the front of (energy, latency, area)",
           progress->infeasible, progress->front_size);
    if (!isnan(progress->hypervolume))
        printf(", hypervolume %.6f", progress->hypervolume);
    printf("; %s min\n", duration);
}

static enum cli_exit print_json(struct cli *cli, const char *database,
                                const struct sdse_sweep_progress *progress) {
    struct sdse_json json;
    sdse_json_begin(&json, "sdse.sweep/1", stdout);
    sdse_json_text(&json, "database", database);
    sdse_json_u64(&json, "points", progress->points_done);
    sdse_json_u64(&json, "points_total", progress->points_total);
    sdse_json_u64(&json, "points_reused", progress->points_reused);
    sdse_json_u64(&json, "points_of_other_runs", progress->points_shared);
    sdse_json_u64(&json, "failed", progress->failed);
    sdse_json_u64(&json, "infeasible", progress->infeasible);
    sdse_json_u64(&json, "on_front", progress->front_size);
    sdse_json_f64(&json, "hypervolume_fraction", progress->hypervolume);
    sdse_json_f64(&json, "seconds", progress->seconds);
    return cli_end_json(cli, &json);
}

// "3/16": 1 <= I <= N. False, said, for anything else.
static bool parse_shard(struct cli *cli, const char *text,
                        struct sdse_sweep_request *request) {
    unsigned long long i = 0, n = 0;
    int used = 0;
    const bool plain = text && strspn(text, "0123456789/") == strlen(text);
    if (!text)
        return true;
    if (!plain || strlen(text) > 20 ||
        sscanf(text, "%llu/%llu%n", &i, &n, &used) != 2 || text[used] || i < 1 ||
        i > n) {
        cli_error(cli, "--shard %s: expected I/N with 1 <= I <= N, e.g. 3/16", text);
        return false;
    }
    request->shard = i - 1;
    request->shards = n;
    return true;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    const char *sweep = cli_find_input(cli, "sweeps", args->operands[0]);
    if (!sweep)
        return CLI_BAD_INPUT;
    struct display display = {.terminal = isatty(STDERR_FILENO) != 0};
    struct sdse_sweep_progress progress = {0};
    const uint64_t jobs = cli_count(args, JOBS, 0);
    struct sdse_sweep_request request = {
        .sweep_path = sweep,
        .database_path = args->value[OUTPUT],
        .threads = jobs > 1024 ? 1024 : (unsigned)jobs,
        .stop = cli_interrupt_arm(),
        .progress = args->value[QUIET] ? NULL : show_progress,
        .context = &display,
        .follow_links = args->value[FOLLOW] != NULL,
        .shipped = cli_shipped(cli),
        .embed_weights = args->value[EMBED] != NULL,
    };
    if (!parse_shard(cli, args->value[SHARD], &request))
        return CLI_USAGE;
    // Whoever watches the progress may leave; the sweep goes on.
    signal(SIGPIPE, SIG_IGN);
    const enum sdse_status status = sdse_sweep_run(&request, &cli->diags, &progress);
    end_progress(&display);
    cli_flush_diags(cli);
    if (status == SDSE_OK) {
        if (cli_wants_json(args, FORMAT))
            print_json(cli, args->value[OUTPUT], &progress);
        else
            print_summary(&progress, args->value[OUTPUT]);
        if (!progress.points_total || progress.failed < progress.points_total)
            return CLI_OK;
        cli_error(cli,
                  "no point has a result: all %zu failed; `sdse query %s \"SELECT "
                  "DISTINCT status, reason FROM v_point\"` says why",
                  progress.failed, cli_shell_word(cli->arena, args->value[OUTPUT]));
        return CLI_NO_MAPPING;
    }
    if (status != SDSE_INTERRUPTED)
        return cli_finish(cli, status);
    cli->reported = true;
    fprintf(stderr, "interrupted: %zu of %zu points are stored in %s\n",
            progress.points_done, progress.points_total, args->value[OUTPUT]);
    say_how_to_continue(cli, args);
    return CLI_SYSTEM;
}

const struct cli_verb cli_verb_sweep = {
    .name = "sweep",
    .summary = "runs a sweep into a results.db, or continues it",
    .operands = {"SWEEP.yaml", 1, 1},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes = "Points that are stored are not computed again, so a run that was stopped "
             "(Ctrl-C, a\nkill, a power cut) is continued by the same command. Results "
             "do not depend on -j.",
    .example = "sdse sweep sweeps/demo_archs.yaml -o results.db -j 2",
    .run = run,
};
