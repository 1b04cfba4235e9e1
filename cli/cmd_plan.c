// sdse plan: what a sweep will take, said beforehand.
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/budget.h"
#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/interrupt.h"
#include "dse/estimate/estimate.h"

enum { JOBS, DEADLINE, SAMPLE, SEED, MEASURE, FOLLOW, FORMAT };

static const struct cli_option options[] = {
    [JOBS] = {"jobs", 'j', CLI_COUNT, "N",
              "threads of each run; as many as processors if not given", NULL, false},
    [DEADLINE] = {"deadline", 0, CLI_TEXT, "TIME",
                  "into how many shards to end by then: 30min, 2h", NULL, false},
    [SAMPLE] = {"sample", 0, CLI_COUNT, "N", "layer problems to draw", "100", false},
    [SEED] = {"seed", 0, CLI_COUNT, "N", "of the sample", "1", false},
    [MEASURE] = {"measure", 0, CLI_FLAG, NULL,
                 "measure all forms, to count the problems that they make", NULL,
                 false},
    [FOLLOW] = {"follow-links", 0, CLI_FLAG, NULL,
                "links may lead weight files out of their folder", NULL, false},
    [FORMAT] = CLI_OPTION_FORMAT,
};

// "2h", "90 min": [s]; NULL is none, 0. False after a message.
static bool parse_deadline(struct cli *cli, const char *text, double *seconds) {
    static const struct cli_unit units[] = {
        {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};
    *seconds = 0;
    return !text || cli_read_quantity(cli, "deadline", text, units, CLI_COUNT_OF(units),
                                      "2h, 90min, 30s or 1d", seconds);
}

// What the number of problems is.
static const char *count_of(const struct sdse_estimate *plan) {
    if (plan->looked_at < plan->accelerators)
        return "about";
    return plan->exact ? "yes" : "at most";
}

// `all`: what was not asked for has its columns, too.
static struct sdse_table *tabulate(struct cli *cli, const struct sdse_estimate *plan,
                                   bool deadline, bool all) {
    const bool designs = plan->designs || all, shards = deadline || all;
    struct sdse_table *table = sdse_table_new(cli->arena);
    if (!table)
        return NULL;
    sdse_table_add_column(table, "points", NULL, 0);
    if (designs)
        sdse_table_add_column(table, "designs", NULL, 0);
    sdse_table_add_column(table, "problems", "layer problems", 0);
    sdse_table_add_column(table, "problems_exact", "exact", 0);
    sdse_table_add_column(table, "forms", "forms to measure", 0);
    sdse_table_add_column(table, "cpu_s", "CPU time [s]", 3);
    sdse_table_add_column(table, "error_percent", "+- [%]", 2);
    sdse_table_add_column(table, "solve_s", "solving [s]", 3);
    sdse_table_add_column(table, "measure_s", "measuring [s]", 3);
    sdse_table_add_column(table, "write_s", "writing [s]", 3);
    sdse_table_add_column(table, "plan_s", "loading [s]", 3);
    sdse_table_add_column(table, "database_mb", "database [MB]", 3);
    sdse_table_add_column(table, "weights_mb", "weights [MB]", 3);
    if (shards) {
        sdse_table_add_column(table, "shards", NULL, 0);
        sdse_table_add_column(table, "shard_s", "longest shard [s]", 3);
    }
    sdse_table_add_u64(table, plan->points);
    if (plan->designs)
        sdse_table_add_u64(table, plan->designs);
    else if (designs)
        sdse_table_add_null(table);
    sdse_table_add_u64(table, plan->problems);
    sdse_table_add_text(table, count_of(plan));
    sdse_table_add_u64(table, plan->forms);
    sdse_table_add_f64(table, plan->cpu_s);
    sdse_table_add_f64(table, 200 * plan->error);
    sdse_table_add_f64(table, plan->solve_s);
    sdse_table_add_f64(table, plan->measure_s);
    sdse_table_add_f64(table, plan->write_s);
    sdse_table_add_f64(table, plan->plan_s);
    sdse_table_add_f64(table, plan->database_bytes / 1e6);
    sdse_table_add_f64(table, (double)plan->weights_bytes / 1e6);
    if (deadline && plan->shards)
        sdse_table_add_u64(table, plan->shards);
    else if (shards)
        sdse_table_add_null(table);
    if (shards)
        sdse_table_add_f64(table, deadline ? plan->shard_s : (double)NAN);
    return table;
}

static enum cli_exit print_json(struct cli *cli, const struct sdse_estimate *plan,
                                const struct sdse_table *table) {
    struct sdse_json json;
    sdse_json_begin(&json, "sdse.plan/1", stdout);
    sdse_json_row(&json, "sweep", table);
    sdse_json_object(&json, "sample");
    sdse_json_u64(&json, "problems_solved", plan->solved);
    sdse_json_u64(&json, "forms_measured", plan->measured);
    sdse_json_u64(&json, "points_written", plan->written);
    sdse_json_flag(&json, "as_if_sobol", plan->guessed);
    sdse_json_flag(&json, "outputs_left_out", plan->outputs);
    sdse_json_close(&json);
    return cli_end_json(cli, &json);
}

// For people: a line each, and what the figures rest on.
static void print(const struct sdse_estimate *plan, const char *deadline) {
    if (plan->designs)
        printf("evaluations      %" PRIu64 " of %" PRIu64 " designs\n", plan->points,
               plan->designs);
    else
        printf("points           %" PRIu64 "\n", plan->points);
    printf("layer problems   %s%s%" PRIu64 ", distinct\n",
           plan->exact ? "" : count_of(plan), plan->exact ? "" : " ", plan->problems);
    if (plan->forms)
        printf("forms            %" PRIu64 " to be measured\n", plan->forms);
    printf("CPU time         %.3g s, +- %.2g %%: loading %.2g, measuring %.3g, solving "
           "%.3g, writing %.3g\n"
           "database         %.3g MB\n",
           plan->cpu_s, 200 * plan->error, plan->plan_s, plan->measure_s, plan->solve_s,
           plan->write_s, plan->database_bytes / 1e6);
    if (plan->weights_bytes)
        printf("weights          %.3g MB more with --embed-weights\n",
               (double)plan->weights_bytes / 1e6);
    if (deadline && plan->shards)
        printf("shards           %" PRIu64
               " to end within %s: the longest takes %.3g s\n",
               plan->shards, deadline, plan->shard_s);
    else if (deadline)
        printf("shards           no number of them ends within %s: one takes %.3g s\n",
               deadline, plan->shard_s);
    printf("\nFrom a sample: %" PRIu64 " problems solved, %" PRIu64
           " forms measured, %" PRIu64 " points written for trial.\n",
           plan->solved, plan->measured, plan->written);
    if (plan->guessed)
        puts("Where nsga2 goes its results will say: this is for as many designs of "
             "sobol.");
    if (plan->looked_at < plan->accelerators)
        printf("%" PRIu64 " of %" PRIu64
               " accelerators were looked at to count the problems.\n",
               plan->looked_at, plan->accelerators);
    if (!plan->exact && plan->forms)
        puts("Forms that turn out alike share their problems: --measure counts them.");
    if (plan->outputs)
        puts("The models under `outputs` are run, too: their time is not in it.");
}

static const char *temporary_folder(void) {
    // No thread changes the environment.
    const char *named = getenv("TMPDIR"); // NOLINT(concurrency-mt-unsafe)
    return named && *named ? named : "/tmp";
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    const char *sweep = cli_find_input(cli, "sweeps", args->operands[0]);
    if (!sweep)
        return CLI_BAD_INPUT;
    const char *deadline = args->value[DEADLINE];
    const uint64_t jobs = cli_count(args, JOBS, 0);
    struct sdse_estimate_request request = {
        .sweep_path = sweep,
        .follow_links = args->value[FOLLOW] != NULL,
        .shipped = cli_shipped(cli),
        .threads = jobs > 1024 ? 1024 : (unsigned)jobs,
        .sample = (size_t)cli_count(args, SAMPLE, SDSE_ESTIMATE_SAMPLE),
        .seed = cli_count(args, SEED, 1),
        .measure = args->value[MEASURE] != NULL,
        .folder = temporary_folder(),
        .stop = cli_interrupt_arm(),
    };
    if (!parse_deadline(cli, deadline, &request.deadline_s))
        return CLI_USAGE;
    struct sdse_estimate plan;
    const enum sdse_status status = sdse_estimate_sweep(&request, &cli->diags, &plan);
    if (status != SDSE_OK)
        return cli_finish(cli, status);
    cli_flush_diags(cli);
    const enum sdse_table_format format = cli_table_format(args, FORMAT);
    if (format == SDSE_TABLE_TEXT) {
        print(&plan, deadline);
        return CLI_OK;
    }
    struct sdse_table *table =
        tabulate(cli, &plan, deadline != NULL, format == SDSE_TABLE_JSON);
    if (format == SDSE_TABLE_JSON)
        return print_json(cli, &plan, table);
    return table ? cli_print_table(cli, table, format)
                 : cli_finish(cli, SDSE_NO_MEMORY);
}

const struct cli_verb cli_verb_plan = {
    .name = "plan",
    .summary = "says what a sweep will take: points, problems, time, space, shards",
    .operands = {"SWEEP.yaml", 1, 1},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "Points and layer problems are counted; times and the size of the database "
        "are estimated from\na sample that is solved and written as the sweep does it, "
        "and thrown away. Times are of one\nprocessor.",
    .example = "sdse plan sweeps/demo_archs.yaml --deadline 2h -j 8",
    .run = run,
};
