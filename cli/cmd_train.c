// One file, though long: the options of one verb, its run and the tables it prints.
// sdse train: a small network goes on learning, by float SGD and by bucket switching.
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/output.h"
#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/progress.h"
#include "cli/train_store.h"
#include "smartdeal/train/train.h"

enum {
    NET,
    TASK,
    METHOD,
    EPOCHS,
    BATCH,
    RATE,
    DENSITY,
    BAR,
    DEAD_ZONE,
    MOMENTUM,
    SEED,
    LIMIT,
    DATA,
    BIT_ERRORS,
    CHIPS,
    FAIL_IN,
    OUTPUT,
    DATABASE,
    FORCE,
    JOBS,
    FORMAT
};

enum {
    MOST_EPOCHS = 1000,
    MLP_HIDDEN = 256,
    CNN_FIRST = 8,
    CNN_SECOND = 16,
    PLAIN_BITS = 32,
    MOST_METHODS = 8,
    MOST_RATES = 16
};

static const struct cli_option options[] = {
    [NET] = {"net", 'n', CLI_CHOICE, "mlp|cnn",
             "784-256-10, or two 3x3 convolutions of 8 and 16 filters", "mlp", false},
    [TASK] = {"task", 't', CLI_CHOICE, "adapt|finetune|full",
              "classes 0-4, then 5-9; one half, then the other; all from scratch",
              "finetune", false},
    [METHOD] = {"method", 'm', CLI_CHOICE, "table|sgd|smartdeal|frozen",
                "a stated set of all, or one", "table", false},
    [EPOCHS] = {"epochs", 'e', CLI_COUNT, "N", "of each part", "10", false},
    [BATCH] = {"batch", 0, CLI_COUNT, "N", "samples of a step, at most 256", "128",
               false},
    [RATE] = {"rate", 0, CLI_REAL, "LR", "learning rate at the start [0.05]", NULL,
              false},
    [DENSITY] = {"density", 0, CLI_PERCENT, "PERCENT",
                 "coefficients that are not zero at the start", "56", false},
    [BAR] = {"bar", 0, CLI_COUNT, "N",
             "agreeing signs that move a coefficient by one exponent [7]", NULL, false},
    [DEAD_ZONE] = {"dead-zone", 0, CLI_REAL, "X",
                   "steps of a coefficient that count as no sign [0.001; 0.003 with "
                   "--momentum]",
                   NULL, false},
    [MOMENTUM] = {"momentum", 0, CLI_FLAG, NULL,
                  "signs of a 32-bit momentum of each coefficient, as released", NULL,
                  false},
    [SEED] = {"seed", 0, CLI_COUNT, "N", "of weights, halves and orders", "1", false},
    [LIMIT] = {"limit", 0, CLI_COUNT, "N", "most samples of a part, and of its test",
               NULL, false},
    [DATA] = {"data", 0, CLI_TEXT, "DIR", "folder of the four IDX files",
              "/usr/share/datasets/fashion-mnist", false},
    [BIT_ERRORS] = {"bit-errors", 0, CLI_TEXT, "PERCENT[,...]",
                    "accuracy where these shares of the stored bits fail", NULL, false},
    [CHIPS] = {"chips", 0, CLI_COUNT, "N", "that --bit-errors takes the mean of", "5",
               false},
    [FAIL_IN] = {"fail-in", 0, CLI_CHOICE, "all|codes|index|basis",
                 "the part of SmartDeal's form whose bits fail", "all", false},
    [OUTPUT] = {"output", 'o', CLI_TEXT, "FILE",
                "a row per epoch: CSV, or JSON or Markdown by --format", NULL, false},
    [DATABASE] = {"database", 'd', CLI_TEXT, "FILE",
                  "a results database: trainings and their epochs are added", NULL,
                  false},
    [FORCE] = CLI_OPTION_FORCE,
    [JOBS] = {"jobs", 'j', CLI_COUNT, "N",
              "threads; as many as processors if not given", NULL, false},
    [FORMAT] = CLI_OPTION_FORMAT,
};

static const struct sdse_output_kind epochs_kind = {
    "epochs of sdse train", {"part,", "{\"schema\": \"sdse.train-epochs/", "| part "}};

struct session {
    struct cli *cli;
    const struct cli_args *args;
    struct sdse_train_plan plan;
    struct sdse_train_method method[MOST_METHODS];
    const char *name[MOST_METHODS];
    struct sdse_images train, test;
    struct sdse_train_result result;
    struct sdse_train_faults faults;
    double rate[MOST_RATES];
};

// ---- methods ----------------------------------------------------------------

static const double momentum = 0.9, decay = 5e-4, default_rate = 0.05;
// Exponents -7 … -1: a code of 4 bits.
static const double theta = 4e-3, max_coefficient = 0.5;

static void add_sgd(struct session *s, double rate) {
    s->name[s->plan.method_count] = "sgd";
    s->method[s->plan.method_count++] =
        (struct sdse_train_method){.learning_rate = rate};
}

static void add_bucket(struct session *s, double rate, unsigned bar, double dead_zone,
                       bool with_momentum, bool frozen) {
    s->name[s->plan.method_count] = frozen          ? "frozen C"
                                    : with_momentum ? "smartdeal momentum"
                                                    : "smartdeal sign";
    s->method[s->plan.method_count++] =
        (struct sdse_train_method){.smartdeal = true,
                                   .learning_rate = rate,
                                   .density = cli_percent(s->args, DENSITY, 56) / 100.0,
                                   .rule = {.theta = theta,
                                            .max_coefficient = max_coefficient,
                                            .switch_bar = bar,
                                            .dead_zone = dead_zone,
                                            .momentum_c = with_momentum ? momentum : 0,
                                            .momentum_b = momentum,
                                            .weight_decay = decay,
                                            .frozen = frozen}};
}

// The stated set: the best of three rates of float SGD is what the others are held
// against.
static void add_table(struct session *s) {
    add_sgd(s, 0.01);
    add_sgd(s, 0.05);
    add_sgd(s, 0.1);
    add_bucket(s, 0.1, 1, 0, false, true);
    add_bucket(s, 0.05, 1, 1e-2, true, false);
    add_bucket(s, 0.05, 7, 3e-3, true, false);
    add_bucket(s, 0.1, 7, 1e-3, false, false);
    add_bucket(s, 0.1, 31, 2e-4, false, false);
}

enum { METHOD_TABLE, METHOD_SGD, METHOD_SMARTDEAL, METHOD_FROZEN };

// Options that the chosen method does not have are refused, not ignored.
static bool refuse_idle(struct session *s, int method) {
    static const struct {
        int option;
        bool has[4]; // by method
    } idle[] = {{RATE, {false, true, true, true}},
                {BAR, {false, false, true, false}},
                {DEAD_ZONE, {false, false, true, false}},
                {MOMENTUM, {false, false, true, false}}};
    static const char *const words[] = {"table", "sgd", "smartdeal", "frozen"};
    bool fine = true;
    for (size_t i = 0; i < sizeof idle / sizeof idle[0]; i++)
        if (s->args->value[idle[i].option] && !idle[i].has[method]) {
            cli_error(s->cli, "--%s says nothing for --method %s",
                      options[idle[i].option].name, words[method]);
            fine = false;
        }
    return fine;
}

static bool choose_methods(struct session *s) {
    const struct cli_args *args = s->args;
    const int method = cli_choice(args, options, METHOD);
    const double rate = cli_real(args, RATE, default_rate);
    const bool with_momentum = args->value[MOMENTUM] != NULL;
    const uint64_t bar = cli_count(args, BAR, 7);
    if (!refuse_idle(s, method))
        return false;
    if (bar > SDSE_BUCKET_MOST_BAR) {
        cli_error(s->cli, "--bar %" PRIu64 ": expected 1 to %d", bar,
                  SDSE_BUCKET_MOST_BAR);
        return false;
    }
    switch (method) {
    case METHOD_TABLE:
        add_table(s);
        break;
    case METHOD_SGD:
        add_sgd(s, rate);
        break;
    case METHOD_SMARTDEAL:
        add_bucket(s, rate, (unsigned)bar,
                   cli_real(args, DEAD_ZONE, with_momentum ? 3e-3 : 1e-3),
                   with_momentum, false);
        break;
    default:
        add_bucket(s, rate, 1, 0, false, true);
        break;
    }
    return true;
}

static bool choose_setting(struct session *s) {
    const struct cli_args *args = s->args;
    const uint64_t epochs = cli_count(args, EPOCHS, 10);
    const uint64_t batch = cli_count(args, BATCH, 128);
    const uint64_t limit = cli_count(args, LIMIT, 0), jobs = cli_count(args, JOBS, 0);
    if (epochs > MOST_EPOCHS)
        cli_error(s->cli, "--epochs %" PRIu64 ": expected 1 to %d", epochs,
                  MOST_EPOCHS);
    if (batch > SDSE_TRAIN_MOST_BATCH)
        cli_error(s->cli, "--batch %" PRIu64 ": expected 1 to %d", batch,
                  SDSE_TRAIN_MOST_BATCH);
    if (epochs > MOST_EPOCHS || batch > SDSE_TRAIN_MOST_BATCH)
        return false;
    s->plan.task = (enum sdse_train_task)cli_choice(args, options, TASK);
    s->plan.setting = (struct sdse_train_setting){.epochs = (unsigned)epochs,
                                                  .batch = (size_t)batch,
                                                  .momentum = momentum,
                                                  .weight_decay = decay,
                                                  .seed = cli_count(args, SEED, 1)};
    s->plan.source_rate = default_rate;
    s->plan.limit = limit > SDSE_IMAGES_MOST ? 0 : (size_t)limit;
    s->plan.methods = s->method;
    s->plan.threads = jobs > 1024 ? 1024 : (unsigned)jobs;
    return choose_methods(s);
}

// ---- data -------------------------------------------------------------------

static bool name_inputs(struct session *s) {
    static const char *const files[] = {"train-images-idx3", "train-labels-idx1",
                                        "t10k-images-idx3", "t10k-labels-idx1"};
    for (size_t i = 0; i < 4; i++) {
        const char *path = sdse_arena_printf(s->cli->arena, "%s/%s-ubyte.gz",
                                             s->args->value[DATA], files[i]);
        if (!path || !cli_is_input(s->cli, path))
            return cli_note(s->cli, SDSE_NO_MEMORY) == SDSE_OK;
    }
    return true;
}

static enum sdse_status load(struct session *s) {
    struct cli *cli = s->cli;
    const char *dir = s->args->value[DATA];
    enum sdse_status status =
        sdse_images_read(dir, "train", cli->arena, &s->train, &cli->diags);
    if (status == SDSE_OK)
        status = sdse_images_read(dir, "t10k", cli->arena, &s->test, &cli->diags);
    if (status != SDSE_OK)
        return status;
    const size_t rows = s->train.rows, columns = s->train.columns;
    if (rows != s->test.rows || columns != s->test.columns) {
        sdse_diag_add(&cli->diags, SDSE_ERROR, (struct sdse_loc){.file = dir},
                      "train-data",
                      "images of %zu x %zu to train, of %zu x %zu to test", rows,
                      columns, s->test.rows, s->test.columns);
        return SDSE_INVALID;
    }
    s->plan.net = cli_choice(s->args, options, NET) == 0
                      ? sdse_net_mlp(rows, columns, MLP_HIDDEN)
                      : sdse_net_cnn(rows, columns, CNN_FIRST, CNN_SECOND);
    return SDSE_OK;
}

// ---- tables -----------------------------------------------------------------

static void add_epochs(struct sdse_table *table, const char *part, const char *name,
                       double rate, double bar, const struct sdse_train_epoch *epochs,
                       size_t count) {
    for (size_t e = 0; e < count; e++) {
        sdse_table_add_text(table, part);
        sdse_table_add_text(table, name);
        sdse_table_add_f64(table, rate);
        sdse_table_add_f64(table, bar);
        sdse_table_add_u64(table, e);
        sdse_table_add_f64(table, epochs[e].loss);
        sdse_table_add_f64(table, epochs[e].accuracy);
        sdse_table_add_u64(table, epochs[e].model_bits);
        sdse_table_add_u64(table, epochs[e].narrow_bits);
        sdse_table_add_u64(table, epochs[e].state_bits);
        sdse_table_add_u64(table, epochs[e].moved_bits);
        sdse_table_add_u64(table, epochs[e].switches);
    }
}

static double bar_of(const struct sdse_train_method *method) {
    return method->smartdeal && !method->rule.frozen ? method->rule.switch_bar
                                                     : (double)NAN;
}

static const struct sdse_table *epoch_table(const struct session *s) {
    struct sdse_table *table = sdse_table_new(s->cli->arena);
    sdse_table_name(table, "sdse.train-epochs/1", "epochs");
    const struct sdse_train_result *r = &s->result;
    const char *const columns[] = {"part",       "method",     "rate",
                                   "bar",        "epoch",      "loss_nats",
                                   "accuracy",   "model_bits", "narrow_model_bits",
                                   "state_bits", "moved_bits", "switches"};
    sdse_table_add_columns(table, columns, sizeof columns / sizeof columns[0]);
    if (r->source)
        add_epochs(table, "source", "sgd", s->plan.source_rate, (double)NAN, r->source,
                   r->epochs);
    for (size_t i = 0; i < s->plan.method_count; i++)
        add_epochs(table, "target", s->name[i], s->method[i].learning_rate,
                   bar_of(&s->method[i]), r->target + i * r->epochs, r->epochs);
    return table;
}

static enum sdse_status write_epochs(struct session *s, enum sdse_table_format format) {
    struct cli *cli = s->cli;
    struct sdse_output output;
    enum sdse_status status = sdse_output_open(
        &output, s->args->value[OUTPUT], &epochs_kind, &cli->outputs, &cli->diags);
    if (status != SDSE_OK)
        return status;
    status = sdse_table_write(epoch_table(s),
                              format == SDSE_TABLE_TEXT ? SDSE_TABLE_CSV : format,
                              output.file);
    // What the stream refused is said when it is closed.
    return sdse_output_close(&output, status == SDSE_IO ? SDSE_OK : status,
                             &cli->diags);
}

static const struct sdse_train_epoch *last(const struct session *s, size_t method) {
    return &s->result.target[(method + 1) * s->result.epochs - 1];
}

static double best_sgd(const struct session *s) {
    double best = (double)NAN;
    for (size_t i = 0; i < s->plan.method_count; i++)
        if (!s->method[i].smartdeal)
            best = fmax(best, last(s, i)->accuracy);
    return best;
}

static uint64_t plain_bits(const struct sdse_net *net) {
    uint64_t words = 0;
    for (unsigned n = 0; n < net->count; n++)
        words += sdse_net_weights(&net->layer[n]) + net->layer[n].filters;
    return words * PLAIN_BITS;
}

static void add_columns(struct sdse_table *table) {
    sdse_table_add_column(table, "method", NULL, 0);
    sdse_table_add_column(table, "rate", NULL, 4);
    sdse_table_add_column(table, "density", "density [%]", 4);
    sdse_table_add_column(table, "bar", NULL, 0);
    sdse_table_add_column(table, "dead_zone", "dead zone", 4);
    sdse_table_add_column(table, "start_accuracy", "start [%]", 4);
    sdse_table_add_column(table, "accuracy", "accuracy [%]", 4);
    sdse_table_add_column(table, "behind_sgd", "behind sgd", 3);
    sdse_table_add_column(table, "narrow_accuracy", "8-bit B [%]", 4);
    sdse_table_add_column(table, "model_ratio", "model x", 3);
    sdse_table_add_column(table, "narrow_model_ratio", "8-bit B x", 3);
    sdse_table_add_column(table, "state_ratio", "state x", 3);
    sdse_table_add_column(table, "moved_bits", "moved [bits]", 4);
    sdse_table_add_column(table, "switches", NULL, 0);
}

static struct sdse_table *methods_table(struct session *s,
                                        enum sdse_table_format format) {
    const bool people = format == SDSE_TABLE_TEXT || format == SDSE_TABLE_MARKDOWN;
    const double scale = people ? 100 : 1, best = best_sgd(s);
    const double plain = (double)plain_bits(&s->plan.net);
    struct sdse_table *table = sdse_table_new(s->cli->arena);
    add_columns(table);
    for (size_t i = 0; i < s->plan.method_count; i++) {
        const struct sdse_train_method *method = &s->method[i];
        const struct sdse_train_epoch *end = last(s, i);
        const bool bucket = method->smartdeal, moves = bucket && !method->rule.frozen;
        sdse_table_add_text(table, s->name[i]);
        sdse_table_add_f64(table, method->learning_rate);
        sdse_table_add_f64(table, scale * (bucket ? method->density : 1));
        sdse_table_add_f64(table, bar_of(method));
        sdse_table_add_f64(table, moves ? method->rule.dead_zone : (double)NAN);
        sdse_table_add_f64(table,
                           scale * s->result.target[i * s->result.epochs].accuracy);
        sdse_table_add_f64(table, scale * end->accuracy);
        sdse_table_add_f64(table, scale * (best - end->accuracy));
        sdse_table_add_f64(table, scale * s->result.narrow_accuracy[i]);
        sdse_table_add_f64(table, plain / (double)end->model_bits);
        sdse_table_add_f64(table, plain / (double)end->narrow_bits);
        sdse_table_add_f64(table, 2 * plain / (double)end->state_bits);
        sdse_table_add_u64(table, end->moved_bits);
        sdse_table_add_u64(table, end->switches);
    }
    return table;
}

// ---- the database -----------------------------------------------------------

static enum sdse_status store(struct session *s) {
    static const char *const tasks[] = {"adapt", "finetune", "full"};
    const bool mlp = cli_choice(s->args, options, NET) == 0;
    const size_t rows = s->train.rows, columns = s->train.columns;
    const char *network =
        mlp ? sdse_arena_printf(s->cli->arena, "mlp_%zu_%d_10", rows * columns,
                                MLP_HIDDEN)
            : sdse_arena_printf(s->cli->arena, "cnn_%zux%zu", rows, columns);
    const struct cli_trained trained = {.plan = &s->plan,
                                        .result = &s->result,
                                        .method = s->name,
                                        .network = network,
                                        .task = tasks[s->plan.task],
                                        .train = s->train,
                                        .test = s->test,
                                        .reference_accuracy = best_sgd(s)};
    return network ? cli_store_trainings(s->cli, s->args->value[DATABASE], &trained)
                   : SDSE_NO_MEMORY;
}

// ---- failing bits ----

static bool parse_rates(struct session *s) {
    const char *text = s->args->value[BIT_ERRORS];
    while (text && *text) {
        char *end;
        const double percent = strtod(text, &end);
        const bool good = end != text && percent >= 0 && percent <= 100;
        if (!good || (*end && *end != ',') || s->faults.count == MOST_RATES) {
            cli_error(s->cli, "--bit-errors %s: expected up to %d percentages",
                      s->args->value[BIT_ERRORS], MOST_RATES);
            return false;
        }
        s->rate[s->faults.count++] = percent / 100;
        text = *end ? end + 1 : end;
    }
    if (!s->faults.count && strcmp(s->args->value[FAIL_IN], "all") != 0) {
        cli_error(s->cli, "--fail-in says where bits fail: give --bit-errors too");
        return false;
    }
    if (!s->faults.count)
        return true;
    s->faults.rates = s->rate;
    s->faults.chips = (unsigned)cli_count(s->args, CHIPS, 5);
    s->faults.restart = true;
    static const char *const parts[] = {"all", "codes", "index", "basis"};
    static const unsigned sections[] = {
        ~0u, 1u << SDSE_SECTION_COEFFICIENTS, 1u << SDSE_SECTION_INDEX,
        1u << SDSE_SECTION_BASIS | 1u << SDSE_SECTION_SCALE};
    for (unsigned i = 0; i < 4; i++)
        if (strcmp(s->args->value[FAIL_IN], parts[i]) == 0)
            s->faults.sections = sections[i];
    if (s->faults.chips < 1 || s->faults.chips > 1000) {
        cli_error(s->cli, "--chips: from 1 to 1000");
        return false;
    }
    for (size_t i = 0; i < s->plan.method_count; i++)
        s->method[i].faults = &s->faults;
    return true;
}

static struct sdse_table *faults_table(struct session *s,
                                       enum sdse_table_format format) {
    const bool people = format == SDSE_TABLE_TEXT || format == SDSE_TABLE_MARKDOWN;
    const double scale = people ? 100 : 1;
    struct sdse_table *table = sdse_table_new(s->cli->arena);
    sdse_table_add_column(table, "method", NULL, 0);
    sdse_table_add_column(table, "bar", NULL, 0);
    sdse_table_add_column(table, "stored", NULL, 0);
    sdse_table_add_column(table, "bit_error_rate", people ? "bits [%]" : NULL, 4);
    sdse_table_add_column(table, "accuracy", people ? "accuracy [%]" : NULL, 4);
    for (size_t i = 0; i < s->plan.method_count; i++)
        for (size_t r = 0; r < s->faults.count; r++) {
            sdse_table_add_text(table, s->name[i]);
            sdse_table_add_f64(table, bar_of(&s->method[i]));
            sdse_table_add_text(table, s->method[i].smartdeal ? "C, index, 8-bit B"
                                                              : "8-bit words");
            sdse_table_add_f64(table, scale * s->rate[r]);
            sdse_table_add_f64(
                table, scale * s->result.faulty_accuracy[i * s->faults.count + r]);
        }
    return table;
}

static enum cli_exit print_faults(struct session *s, enum sdse_table_format format) {
    if (format == SDSE_TABLE_TEXT || format == SDSE_TABLE_MARKDOWN)
        putchar('\n');
    return cli_print_table(s->cli, faults_table(s, format), format);
}

static enum cli_exit print_json(struct session *s) {
    struct sdse_json json;
    sdse_json_begin(&json, "sdse.train/1", stdout);
    sdse_json_rows(&json, "methods", methods_table(s, SDSE_TABLE_JSON));
    sdse_json_rows(&json, "bit_errors", faults_table(s, SDSE_TABLE_JSON));
    return cli_end_json(s->cli, &json);
}

// ---- the verb ---------------------------------------------------------------

static enum sdse_status run_plan(struct session *s) {
    const size_t runs = s->plan.method_count + (s->plan.task != SDSE_TRAIN_FULL);
    struct cli_progress progress;
    cli_progress_begin(&progress, s->cli->verb->name, "epochs",
                       runs * (s->plan.setting.epochs + 1u));
    s->plan.setting.epoch_done = cli_progress_step;
    s->plan.setting.context = &progress;
    const enum sdse_status status =
        sdse_train(&s->plan, &s->train, &s->test, &s->result);
    cli_progress_end(&progress);
    return status;
}

static enum cli_exit train(struct session *s) {
    struct cli *cli = s->cli;
    const enum sdse_table_format format = cli_table_format(s->args, FORMAT);
    const char *path = s->args->value[OUTPUT];
    enum sdse_status status = SDSE_OK;
    if (!choose_setting(s) || !parse_rates(s))
        return CLI_USAGE;
    cli->outputs.force = s->args->value[FORCE] != NULL;
    if (!name_inputs(s))
        return CLI_SYSTEM;
    if (path)
        status = sdse_output_check(path, &epochs_kind, &cli->outputs, &cli->diags);
    // What cannot be kept is said before minutes of training, not after them.
    if (status == SDSE_OK && s->args->value[DATABASE])
        status = cli_check_trainings(cli, s->args->value[DATABASE]);
    if (status == SDSE_OK)
        status = load(s);
    if (status == SDSE_OK) {
        status = run_plan(s);
        if (status == SDSE_INVALID)
            cli_error(cli, "%s: a part of this task has no image",
                      s->args->value[DATA]);
    }
    if (status == SDSE_OK && path)
        status = write_epochs(s, format);
    if (status == SDSE_OK && s->args->value[DATABASE])
        status = store(s);
    if (status != SDSE_OK)
        return cli_finish(cli, status);
    if (format == SDSE_TABLE_JSON)
        return print_json(s);
    const enum cli_exit printed =
        cli_print_table(cli, methods_table(s, format), format);
    return printed == CLI_OK && s->faults.count ? print_faults(s, format) : printed;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    struct session *s = SDSE_ARENA_NEW(cli->arena, struct session);
    if (!s)
        return cli_finish(cli, SDSE_NO_MEMORY);
    s->cli = cli;
    s->args = args;
    const enum cli_exit result = train(s);
    sdse_images_free(&s->train);
    sdse_images_free(&s->test);
    sdse_train_result_free(&s->result);
    return result;
}

const struct cli_verb cli_verb_train = {
    .name = "train",
    .summary =
        "trains a small network by float SGD and by SmartDeal's bucket switching",
    .operands = {"", 0, 0},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "Trains by float SGD on a first part of Fashion-MNIST, then on a second one "
        "by each method,\nand prints the test accuracy and what the model and the "
        "training state take, in times of\n32-bit words. moved: bits of weights and "
        "training state in the last epoch. Any number of\nthreads gives the same "
        "digits. In a results database (-d) points whose network and weight form are "
        "called like a\ntraining's network and method have its accuracy. "
        "docs/training.md explains the columns.",
    .example = "sdse train --task finetune -o epochs.csv",
    .run = run,
};
