// sdse decompose: weights in the SmartDeal form, what that saves and what it spoils.
// One file, though long: one verb; its tables, packed file and plot show the same
// measurements.
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/form_grid.h"
#include "cli/inputs.h"
#include "cli/layer_weights.h"
#include "cli/plain_stdout.h"
#include "cli/progress.h"
#include "results/look/plot/plot.h"
#include "smartdeal/stored.h"
#include "smartdeal/study.h"

enum {
    LAYER = CLI_FORM_OPTIONS,
    TOTAL,
    OUTPUT,
    PLOT,
    THEME,
    FORCE,
    FOLLOW,
    JOBS,
    FORMAT,
};

static const struct cli_option options[] = {
    CLI_FORM_OPTION_ROWS,
    [LAYER] = {"layer", 'l', CLI_TEXT, "LAYER", "only this layer", NULL, false},
    [TOTAL] = {"total", 0, CLI_FLAG, NULL, "only one row per setting", NULL, false},
    [OUTPUT] = {"out", 'o', CLI_TEXT, "FILE",
                "write the stored form, of one setting, to a file", NULL, false},
    [PLOT] = {"plot", 0, CLI_TEXT, "DIR", "draw error against stored bits", NULL,
              false},
    [THEME] = {"theme", 0, CLI_CHOICE, "light|dark", "the picture's ground", "light",
               false},
    [FORCE] = CLI_OPTION_FORCE,
    [FOLLOW] = {"follow-links", 0, CLI_FLAG, NULL,
                "links may lead weight files out of their folder", NULL, false},
    [JOBS] = {"jobs", 'j', CLI_COUNT, "N",
              "threads; as many as processors if not given", NULL, false},
    [FORMAT] = CLI_OPTION_FORMAT,
};

// One layer, or all of them, under one setting.
struct outcome {
    struct sdse_form_measure measure;
    double weight_square; // ||W||^2
    double seconds;
};

// A form of the grid, at its turn.
struct turn {
    const struct sdse_smartdeal_setting *setting;
    size_t form;
};

struct decomposing {
    struct cli *cli;
    const struct cli_args *args;
    struct cli_form_grid grid;
    struct cli_weights weights;
    struct turn *turns;                // [forms], those that share work together
    struct outcome *outcome;           // [form][layer]
    struct sdse_stored_network stored; // filled for --out
    const char *title;                 // of the plot: the network, or its layer
    enum sdse_table_format format;
    bool people;
    unsigned threads;
    struct cli_progress progress;
};

static struct outcome *outcome_of(const struct decomposing *d, size_t form, size_t i) {
    return &d->outcome[form * d->weights.count + i];
}

// --- The work ---

static double square_of(const float *values, uint64_t count) {
    double sum = 0;
    for (uint64_t i = 0; i < count; i++)
        sum += (double)values[i] * (double)values[i];
    return sum;
}

static enum sdse_status decompose_layer(struct decomposing *d, size_t i) {
    struct sdse_layer_weights weights;
    float *values = NULL;
    enum sdse_status status =
        cli_read_weights(d->cli, &d->weights, i, &weights, &values);
    if (status != SDSE_OK)
        return status;
    const double square = square_of(values, d->weights.layer[i].words);
    struct sdse_study *study = sdse_study_new(&weights);
    if (!study)
        status = SDSE_NO_MEMORY;
    for (size_t at = 0; status == SDSE_OK && at < d->grid.count; at++) {
        const size_t f = d->turns[at].form;
        struct outcome *outcome = outcome_of(d, f, i);
        struct sdse_stored_layer *stored =
            d->args->value[OUTPUT] ? &d->stored.layers[i] : NULL;
        const double start = sdse_seconds_now();
        status = sdse_study_measure(study, &d->grid.form[f].setting, d->threads,
                                    &outcome->measure, stored ? &stored->coded : NULL,
                                    &d->cli->diags);
        outcome->seconds = sdse_seconds_now() - start;
        outcome->weight_square = square;
        cli_progress_add(&d->progress, 1);
    }
    sdse_study_free(study);
    free(values);
    return status;
}

static int by_shared_work(const void *a, const void *b) {
    const struct turn *left = a, *right = b;
    const int order = sdse_study_order(left->setting, right->setting);
    return order ? order : (left->form > right->form) - (left->form < right->form);
}

// Every layer, so that all that is wrong is said.
static enum sdse_status decompose_all(struct decomposing *d) {
    const size_t layers = d->weights.count;
    d->turns = SDSE_ARENA_ARRAY(d->cli->arena, struct turn, d->grid.count);
    if (!d->turns)
        return SDSE_NO_MEMORY;
    for (size_t f = 0; f < d->grid.count; f++)
        d->turns[f] = (struct turn){&d->grid.form[f].setting, f};
    qsort(d->turns, d->grid.count, sizeof *d->turns, by_shared_work);
    d->outcome = calloc(layers * d->grid.count, sizeof *d->outcome);
    d->stored.layers = calloc(layers, sizeof *d->stored.layers);
    if (!d->outcome || !d->stored.layers)
        return SDSE_NO_MEMORY;
    cli_progress_begin(&d->progress, d->cli->verb->name,
                       d->grid.count > 1 ? "layers x settings" : "layers",
                       layers * d->grid.count);
    enum sdse_status worst = SDSE_OK;
    for (size_t i = 0; i < layers; i++) {
        const enum sdse_status status = decompose_layer(d, i);
        if (status != SDSE_OK)
            worst = status;
        if (status != SDSE_OK && status != SDSE_INVALID)
            break;
    }
    cli_progress_end(&d->progress);
    return worst;
}

static enum sdse_status save(struct decomposing *d) {
    for (size_t i = 0; i < d->weights.count; i++) {
        d->stored.layers[i].name =
            sdse_arena_strdup(d->cli->arena, d->weights.layer[i].name);
        if (!d->stored.layers[i].name)
            return SDSE_NO_MEMORY;
    }
    d->stored.layer_count = d->weights.count;
    return sdse_stored_save(&d->cli->outputs, &d->stored, d->args->value[OUTPUT],
                            &d->cli->diags);
}

// --- Totals ---

// What is printed of a layer, or of all.
struct row {
    const char *layer, *kind, *form, *weights, *shape;
    double repeat, words, stored_bits, seconds, rel_error, sqnr_db;
    // NAN where nothing was decomposed, or (but for the first two) in totals.
    double density, row_density, joint32, joint64;
    double decomposed_error, window_error, basis_error; // after each step
    double entries, nonzeros, rows, live_rows;
    double passes, shift_adds, pruned_rows, threshold;
    bool exponents; // any
    int32_t lowest, highest;
    unsigned used; // exponents in use
    uint64_t used_set[2 * SDSE_EXPONENT_BIAS / 64 + 1];
};

static bool is_used(const struct row *row, int32_t exponent) {
    const uint32_t at = (uint32_t)(exponent + SDSE_EXPONENT_BIAS);
    return row->used_set[at / 64] >> at % 64 & 1;
}

static void use_exponent(struct row *row, int32_t exponent) {
    const uint32_t at = (uint32_t)(exponent + SDSE_EXPONENT_BIAS);
    if (is_used(row, exponent))
        return;
    row->used_set[at / 64] |= UINT64_C(1) << at % 64;
    row->used++;
    row->lowest = row->exponents && row->lowest < exponent ? row->lowest : exponent;
    row->highest = row->exponents && row->highest > exponent ? row->highest : exponent;
    row->exponents = true;
}

static double decibel(double rel_error) {
    return rel_error > 0 ? -20 * log10(rel_error) : (double)NAN;
}

static const char *shape_text(struct cli *cli, const struct cli_weight_layer *layer) {
    const struct sdse_weight_shape *shape = &layer->shape;
    const uint64_t filters = shape->groups * shape->filters;
    return shape->fully_connected
               ? sdse_arena_printf(cli->arena, "%" PRIu64 "x%" PRIu64, filters,
                                   shape->channels)
               : sdse_arena_printf(cli->arena,
                                   "%" PRIu64 "x%" PRIu64 "x%" PRIu64 "x%" PRIu64,
                                   filters, shape->channels, shape->kernel_rows,
                                   shape->kernel_columns);
}

static void layer_row(const struct decomposing *d, size_t form, size_t i,
                      struct row *row) {
    const struct cli_weight_layer *layer = &d->weights.layer[i];
    const struct outcome *outcome = outcome_of(d, form, i);
    const struct sdse_form_measure *m = &outcome->measure;
    *row = (struct row){.layer = layer->name,
                        .kind = layer->kind,
                        .form = m->raw ? "raw" : "smartdeal",
                        .weights = layer->synthetic ? "synthetic" : "real",
                        .shape = shape_text(d->cli, layer),
                        .repeat = (double)layer->repeat,
                        .words = (double)m->weights,
                        .stored_bits = (double)m->stored_bits,
                        .seconds = outcome->seconds,
                        .rel_error = m->rel_error,
                        .sqnr_db = decibel(m->rel_error),
                        .density = m->raw ? (double)NAN : m->density,
                        .row_density = m->raw ? (double)NAN : m->row_density,
                        .joint32 = m->raw ? (double)NAN : m->joint_row_density[1],
                        .joint64 = m->raw ? (double)NAN : m->joint_row_density[2],
                        .decomposed_error = m->raw ? (double)NAN : m->decomposed_error,
                        .window_error = m->raw ? (double)NAN : m->window_error,
                        .basis_error = m->raw ? (double)NAN : m->basis_error,
                        .threshold = m->raw ? (double)NAN : m->threshold,
                        .passes = (double)m->passes,
                        .shift_adds = (double)m->shift_adds,
                        .pruned_rows = (double)m->pruned_rows};
    if (m->raw)
        return;
    row->entries = (double)m->counts.entries;
    row->nonzeros = (double)m->counts.nonzeros;
    row->rows = (double)m->counts.rows;
    row->live_rows = (double)m->counts.live_rows;
    for (uint32_t e = 0; e < m->window; e++)
        if (m->exponent_uses[e])
            use_exponent(row, m->window_lowest + (int32_t)e);
}

static const char *same_or(const char *so_far, const char *next, const char *mixed) {
    return !so_far || strcmp(so_far, next) == 0 ? next : mixed;
}

// Sums over the layers, repeats counted; the error is that of all weights as one
// vector. Seconds count each layer once.
static void total_row(const struct decomposing *d, size_t form, struct row *total) {
    double error_square = 0, weight_square = 0;
    *total = (struct row){.layer = "total",
                          .kind = "",
                          .shape = "",
                          .repeat = 1,
                          .joint32 = (double)NAN,
                          .joint64 = (double)NAN,
                          .decomposed_error = (double)NAN,
                          .window_error = (double)NAN,
                          .basis_error = (double)NAN,
                          .threshold = (double)NAN};
    for (size_t i = 0; i < d->weights.count; i++) {
        struct row row;
        layer_row(d, form, i, &row);
        const double square = row.repeat * outcome_of(d, form, i)->weight_square;
        weight_square += square;
        error_square += square * row.rel_error * row.rel_error;
        total->form = same_or(total->form, row.form, "mixed");
        total->weights = same_or(total->weights, row.weights, "mixed");
        total->words += row.repeat * row.words;
        total->stored_bits += row.repeat * row.stored_bits;
        total->entries += row.repeat * row.entries;
        total->nonzeros += row.repeat * row.nonzeros;
        total->rows += row.repeat * row.rows;
        total->live_rows += row.repeat * row.live_rows;
        total->passes += row.repeat * row.passes;
        total->shift_adds += row.repeat * row.shift_adds;
        total->pruned_rows += row.repeat * row.pruned_rows;
        total->seconds += row.seconds;
        for (int32_t e = row.lowest; row.exponents && e <= row.highest; e++)
            if (is_used(&row, e))
                use_exponent(total, e);
    }
    total->rel_error = weight_square > 0 ? sqrt(error_square / weight_square) : 0;
    total->sqnr_db = decibel(total->rel_error);
    total->density =
        total->entries > 0 ? total->nonzeros / total->entries : (double)NAN;
    total->row_density = total->rows > 0 ? total->live_rows / total->rows : (double)NAN;
}

// --- Tables ---

static const char *exponent_text(struct cli *cli, const struct row *row) {
    if (!row->exponents)
        return NULL;
    return sdse_arena_printf(cli->arena, "%" PRId32 " to %" PRId32, row->lowest,
                             row->highest);
}

static void add_people_row(const struct decomposing *d, struct sdse_table *table,
                           const struct row *row) {
    sdse_table_add_text(table, row->layer);
    sdse_table_add_text(table, row->shape);
    if (row->repeat > 1)
        sdse_table_add_u64(table, (uint64_t)row->repeat);
    else
        sdse_table_add_text(table, "");
    sdse_table_add_text(table, row->form);
    sdse_table_add_text(table, row->weights);
    sdse_table_add_f64(table, 100 * row->rel_error);
    sdse_table_add_f64(table, row->sqnr_db);
    sdse_table_add_f64(table, 100 * row->density);
    sdse_table_add_f64(table, 100 * row->row_density);
    sdse_table_add_f64(table, row->stored_bits / row->words);
    sdse_table_add_f64(table, row->stored_bits / 8192);
    sdse_table_add_f64(table, 32 * row->words / row->stored_bits);
    sdse_table_add_text(table, exponent_text(d->cli, row));
    sdse_table_add_f64(table, row->seconds);
}

static void add_machine_row(struct sdse_table *table, const struct row *row) {
    const char *const texts[] = {row->layer, row->kind, row->shape, row->form,
                                 row->weights};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        sdse_table_add_text(table, texts[i]);
    sdse_table_add_u64(table, (uint64_t)row->repeat);
    sdse_table_add_u64(table, (uint64_t)row->words);
    sdse_table_add_f64(table, row->decomposed_error);
    sdse_table_add_f64(table, row->window_error);
    sdse_table_add_f64(table, row->basis_error);
    sdse_table_add_f64(table, row->rel_error);
    sdse_table_add_f64(table, row->sqnr_db);
    sdse_table_add_f64(table, row->density);
    sdse_table_add_f64(table, row->row_density);
    sdse_table_add_f64(table, row->joint32);
    sdse_table_add_f64(table, row->joint64);
    sdse_table_add_f64(table, row->stored_bits / row->words);
    sdse_table_add_u64(table, (uint64_t)row->stored_bits);
    sdse_table_add_f64(table, 32 * row->words / row->stored_bits);
    if (row->exponents) {
        sdse_table_add_i64(table, row->lowest);
        sdse_table_add_i64(table, row->highest);
    } else {
        sdse_table_add_null(table);
        sdse_table_add_null(table);
    }
    sdse_table_add_u64(table, row->used);
    sdse_table_add_f64(table, row->threshold);
    sdse_table_add_u64(table, (uint64_t)row->pruned_rows);
    sdse_table_add_u64(table, (uint64_t)row->shift_adds);
    sdse_table_add_u64(table, (uint64_t)row->passes);
    sdse_table_add_f64(table, row->seconds);
}

static struct sdse_table *new_table(const struct decomposing *d) {
    static const char *const people[][2] = {{"layer", "layer"},
                                            {"shape", "weights"},
                                            {"repeat", "rep"},
                                            {"form", "form"},
                                            {"weights", "values"},
                                            {"rel_error", "error [%]"},
                                            {"sqnr_db", "SQNR [dB]"},
                                            {"density", "non-zero [%]"},
                                            {"row_density", "rows [%]"},
                                            {"bits_per_weight", "bits/weight"},
                                            {"stored_kib", "stored [KiB]"},
                                            {"compression", "of f32 [x]"},
                                            {"exponents", "exponents"},
                                            {"seconds", "time [s]"}};
    static const char *const machines[] = {"layer",
                                           "kind",
                                           "shape",
                                           "form",
                                           "weights",
                                           "repeat",
                                           "weight_words",
                                           "decomposed_error",
                                           "window_error",
                                           "basis_error",
                                           "rel_error",
                                           "sqnr_db",
                                           "density",
                                           "row_density",
                                           "joint_row_density_32",
                                           "joint_row_density_64",
                                           "bits_per_weight",
                                           "stored_bits",
                                           "compression",
                                           "exponent_lowest",
                                           "exponent_highest",
                                           "exponents",
                                           "threshold",
                                           "pruned_rows",
                                           "shift_adds",
                                           "passes",
                                           "seconds"};
    struct sdse_table *table = sdse_table_new(d->cli->arena);
    sdse_table_name(table, "sdse.decompose/1", "rows");
    if (d->grid.count > 1 || d->format == SDSE_TABLE_JSON)
        sdse_table_add_column(table, "setting", NULL, 0);
    for (size_t i = 0; d->people && i < sizeof people / sizeof people[0]; i++)
        sdse_table_add_column(table, people[i][0], people[i][1], 4);
    for (size_t i = 0; !d->people && i < sizeof machines / sizeof machines[0]; i++)
        sdse_table_add_column(table, machines[i], NULL, 0);
    return table;
}

static void add_row(const struct decomposing *d, struct sdse_table *table, size_t form,
                    const struct row *row) {
    if (d->grid.count > 1 || d->format == SDSE_TABLE_JSON)
        sdse_table_add_text(table, d->grid.form[form].name);
    if (d->people)
        add_people_row(d, table, row);
    else
        add_machine_row(table, row);
}

static enum cli_exit print(const struct decomposing *d) {
    struct sdse_table *table = new_table(d);
    const bool total = d->args->value[TOTAL] != NULL;
    for (size_t f = 0; f < d->grid.count; f++) {
        struct row row;
        for (size_t i = 0; !total && i < d->weights.count; i++) {
            layer_row(d, f, i, &row);
            add_row(d, table, f, &row);
        }
        if (!total && d->weights.count == 1)
            continue; // the total is the layer
        total_row(d, f, &row);
        add_row(d, table, f, &row);
    }
    const enum cli_exit status = cli_print_table(d->cli, table, d->format);
    if (status == CLI_OK && d->people && d->weights.activation_layers)
        printf("\n%zu products of two activations have no weights.\n",
               d->weights.activation_layers);
    return status;
}

// --- The plot ---

static const char *picture_path(const struct decomposing *d) {
    const char *folder = d->args->value[PLOT];
    char *path =
        sdse_arena_printf(d->cli->arena, "%s/error_%s.png", folder, d->weights.name);
    if (path)
        cli_plain_name(path + strlen(folder) + 1, "/\\ :*?\"<>|");
    return path;
}

static enum sdse_status draw(const struct decomposing *d) {
    struct sdse_arena *arena = d->cli->arena;
    const size_t layers = d->weights.count, forms = d->grid.count;
    const char **names = SDSE_ARENA_ARRAY(arena, const char *, 2 * layers);
    const char **form_names = SDSE_ARENA_ARRAY(arena, const char *, forms);
    struct sdse_error_point *points =
        SDSE_ARENA_ARRAY(arena, struct sdse_error_point, forms * (layers + 1));
    const char *picture = picture_path(d);
    if (!names || !form_names || !points || !picture)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < layers; i++) {
        names[i] = d->weights.layer[i].name;
        names[layers + i] = d->weights.layer[i].kind;
    }
    for (size_t f = 0; f < forms; f++) {
        struct row row;
        form_names[f] = d->grid.form[f].name;
        for (size_t i = 0; i <= layers; i++) {
            if (i < layers)
                layer_row(d, f, i, &row);
            else
                total_row(d, f, &row);
            points[i < layers ? f * layers + i : forms * layers + f] =
                (struct sdse_error_point){row.stored_bits, row.words, row.rel_error};
        }
    }
    const char *folder = d->args->value[PLOT];
    if (cli_make_folder(d->cli, folder) != SDSE_OK)
        return SDSE_IO;
    const struct sdse_error_plot plot = {.name = d->title,
                                         .layer_count = layers,
                                         .form_count = forms,
                                         .layers = names,
                                         .kinds = names + layers,
                                         .forms = form_names,
                                         .points = points,
                                         .totals = points + forms * layers,
                                         .theme = (enum sdse_plot_theme)cli_choice(
                                             d->args, options, THEME),
                                         .picture = picture,
                                         .rules = &d->cli->outputs};
    const enum sdse_status status = sdse_plot_error(&plot, arena, &d->cli->diags);
    if (status == SDSE_OK)
        fprintf(d->people ? stdout : stderr, "%s%s\n", d->people ? "\n" : "", picture);
    return status;
}

// --- The verb ---

// Keeps only the layer that -l names.
static bool choose_layer(struct decomposing *d) {
    const char *name = d->args->value[LAYER];
    d->title = d->weights.name;
    if (!name)
        return true;
    const char **names =
        SDSE_ARENA_ARRAY(d->cli->arena, const char *, d->weights.count);
    for (size_t i = 0; i < d->weights.count; i++) {
        if (strcmp(d->weights.layer[i].name, name) == 0) {
            d->weights.layer += i;
            d->weights.count = 1;
            d->weights.activation_layers = 0;
            d->title = sdse_arena_printf(d->cli->arena, "%s %s", d->weights.name, name);
            return d->title != NULL;
        }
        if (names)
            names[i] = d->weights.layer[i].name;
    }
    const char *nearest = names ? sdse_nearest(name, names, d->weights.count) : NULL;
    cli_error(d->cli, "%s has no layer '%s' with weights%s%s%s", d->weights.name, name,
              nearest ? "; did you mean '" : "", nearest ? nearest : "",
              nearest ? "'?" : "");
    return false;
}

static enum cli_exit work(struct decomposing *d) {
    d->cli->outputs.force = d->args->value[FORCE] != NULL;
    enum sdse_status status = cli_find_weights(
        d->cli, d->args->operands[0], d->args->value[FOLLOW] != NULL, &d->weights);
    if (status == SDSE_OK && !choose_layer(d))
        status = SDSE_INVALID;
    if (status == SDSE_OK && d->args->value[OUTPUT])
        status = sdse_output_check(d->args->value[OUTPUT], &sdse_stored_kind,
                                   &d->cli->outputs, &d->cli->diags);
    if (status == SDSE_OK)
        status = decompose_all(d);
    if (status != SDSE_OK)
        return cli_finish(d->cli, status);
    const enum cli_exit printed = print(d);
    if (printed != CLI_OK)
        return printed;
    if (d->args->value[OUTPUT])
        status = save(d);
    if (status == SDSE_OK && d->args->value[PLOT])
        status = draw(d);
    return cli_finish(d->cli, status);
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    const uint64_t jobs = cli_count(args, JOBS, 0);
    struct decomposing d = {.cli = cli,
                            .args = args,
                            .format = cli_table_format(args, FORMAT),
                            .threads = jobs > 1024 ? 1024 : (unsigned)jobs};
    d.people = d.format == SDSE_TABLE_TEXT || d.format == SDSE_TABLE_MARKDOWN;
    const enum cli_exit usage = cli_parse_form_grid(cli, args, &d.grid);
    if (usage != CLI_OK)
        return usage;
    // A value that was given is none of the table's.
    if (args->value[THEME] != options[THEME].fallback && !args->value[PLOT]) {
        cli_error(cli, "--theme is a picture's: ask for one with --plot");
        return CLI_USAGE;
    }
    if (args->value[OUTPUT] && d.grid.count > 1) {
        cli_error(cli, "--out stores one setting, and the options give %zu",
                  d.grid.count);
        return CLI_USAGE;
    }
    const enum cli_exit status = work(&d);
    for (size_t i = 0; d.stored.layers && i < d.weights.count; i++)
        sdse_coded_free(&d.stored.layers[i].coded);
    free(d.stored.layers);
    free(d.outcome);
    return status;
}

const struct cli_verb cli_verb_decompose = {
    .name = "decompose",
    .summary = "turns weights into the SmartDeal form and says what that costs",
    .operands = {"FILE.npy|FOLDER|NET", 1, 1},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "FILE.npy holds one layer, FOLDER a manifest.tsv (`sdse import` writes one); "
        "NET is "
        "a network,\nwhose layers without weight files get synthetic ones. Settings "
        "may "
        "list values: -c 3,4,5;\nall combinations are tried. The error is ||W - W'|| / "
        "||W|| of what the multipliers see,\nstored sizes are what packing writes, "
        "zeros and rows are those of the coefficients.",
    .example = "sdse decompose build/net -s 0.3,0.5,0.7 -c 3,4,5 --total --plot plots",
    .run = run,
};
