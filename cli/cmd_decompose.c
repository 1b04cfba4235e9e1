// sdse decompose: weights as coefficients and bases, measured for one setting or a
// grid.
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/grid.h"
#include "cli/inputs.h"
#include "cli/weights.h"
#include "smartdeal/measure.h"
#include "smartdeal/stored.h"

enum {
    BASIS,
    ROWS,
    SPARSITY,
    THRESHOLD,
    COEFFICIENT,
    BASIS_BITS,
    STORE,
    DEPTHWISE,
    LAYER,
    TOTAL,
    JOBS,
    OUT,
    FORMAT
};

static const struct cli_option options[] = {
    [BASIS] = {"basis-size", 'n', CLI_TEXT, "LIST", "0 = kernel width, 3 elsewhere",
               "0", false},
    [ROWS] = {"rows-per-slice", 'r', CLI_TEXT, "LIST",
              "rows that share a basis; 0 = the released slicing", "0", false},
    [SPARSITY] = {"sparsity", 's', CLI_TEXT, "LIST",
                  "fraction of zero coefficients to reach", NULL, false},
    [THRESHOLD] = {"threshold", 't', CLI_TEXT, "LIST",
                   "coefficients below become zero (when no sparsity is given)",
                   "0.004", false},
    [COEFFICIENT] = {"coefficient-bits", 'c', CLI_TEXT, "LIST", "of one coefficient",
                     "4", false},
    [BASIS_BITS] = {"basis-bits", 'b', CLI_TEXT, "LIST", "of one basis word", "8",
                    false},
    [STORE] = {"store", 0, CLI_CHOICE, "row|element|run-length|dense",
               "how zeros are stored", "row", false},
    [DEPTHWISE] = {"depthwise", 0, CLI_FLAG, NULL, "decompose depth-wise layers too",
                   NULL, false},
    [LAYER] = {"layer", 'l', CLI_TEXT, "LAYER", "only this layer", NULL, false},
    [TOTAL] = {"total", 0, CLI_FLAG, NULL, "only one row per setting", NULL, false},
    [JOBS] = {"jobs", 'j', CLI_COUNT, "N",
              "threads; as many as processors if not given", NULL, false},
    [OUT] = {"out", 'o', CLI_TEXT, "FILE", "write the stored form (one setting only)",
             NULL, false},
    [FORMAT] = CLI_OPTION_FORMAT,
};

struct decomposing {
    struct cli *cli;
    const struct cli_args *args;
    const struct cli_weights *weights;
    unsigned threads;
    bool people;
    struct sdse_table *table;
    struct sdse_stored_network stored; // with --out
};

// What the layers of one setting add up to.
struct total {
    double error_square, weight_square; // of all layers
    uint64_t weights, bits, entries, nonzeros, repeat_layers;
    double seconds;
};

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void add_columns(struct decomposing *d) {
    static const char *const columns[][2] = {{"layer", NULL},
                                             {"weights_from", "weights"},
                                             {"form", NULL},
                                             {"basis_size", "n"},
                                             {"rows_per_slice", "slice"},
                                             {"threshold", NULL},
                                             {"coefficient_bits", "Ce bits"},
                                             {"basis_bits", "B bits"},
                                             {"rel_error", "error"},
                                             {"sqnr_db", "SQNR [dB]"},
                                             {"density", NULL},
                                             {"row_density", "rows"},
                                             {"weight_words", "words"},
                                             {"stored_bits", NULL},
                                             {"compression", NULL},
                                             {"exponent_min", "exp min"},
                                             {"exponent_max", "exp max"},
                                             {"seconds", "time [s]"}};
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        sdse_table_add_column(d->table, columns[i][0], columns[i][1], 4);
}

static void add_setting(struct decomposing *d,
                        const struct sdse_smartdeal_setting *setting,
                        const struct sdse_form_measure *measure) {
    const bool raw = measure && measure->raw;
    sdse_table_add_text(d->table, raw ? "raw" : "smartdeal");
    if (raw) {
        for (int i = 0; i < 5; i++)
            sdse_table_add_null(d->table);
        return;
    }
    const uint64_t n = measure ? measure->slicing.basis_size : setting->basis_size;
    const uint64_t slice =
        measure ? measure->slicing.rows_per_block : setting->rows_per_slice;
    // 0 leaves the choice to each layer: there is none for all of them.
    if (n)
        sdse_table_add_u64(d->table, n);
    else
        sdse_table_add_null(d->table);
    if (slice)
        sdse_table_add_u64(d->table, slice);
    else
        sdse_table_add_null(d->table);
    sdse_table_add_f64(d->table, measure ? measure->threshold : setting->threshold);
    sdse_table_add_u64(d->table, setting->coefficient_bits);
    sdse_table_add_u64(d->table, setting->basis_bits);
}

static void add_layer_row(struct decomposing *d, const struct cli_layer_weights *layer,
                          const struct sdse_smartdeal_setting *setting,
                          const struct sdse_form_measure *measure, double seconds) {
    struct sdse_table *table = d->table;
    sdse_table_add_text(table, layer->weights.name);
    sdse_table_add_text(table, layer->synthetic ? "synthetic" : "real");
    add_setting(d, setting, measure);
    sdse_table_add_f64(table, measure->rel_error);
    sdse_table_add_f64(table,
                       isfinite(measure->sqnr_db) ? measure->sqnr_db : (double)NAN);
    if (measure->raw) {
        sdse_table_add_null(table);
        sdse_table_add_null(table);
    } else {
        sdse_table_add_f64(table, measure->density);
        sdse_table_add_f64(table, measure->row_density);
    }
    sdse_table_add_u64(table, measure->weights);
    sdse_table_add_u64(table, measure->stored_bits);
    sdse_table_add_f64(table, measure->compression);
    if (measure->exponents) {
        sdse_table_add_i64(table, measure->exponent_min);
        sdse_table_add_i64(table, measure->exponent_max);
    } else {
        sdse_table_add_null(table);
        sdse_table_add_null(table);
    }
    sdse_table_add_f64(table, seconds);
}

static void add_total_row(struct decomposing *d,
                          const struct sdse_smartdeal_setting *setting,
                          const struct total *total) {
    struct sdse_table *table = d->table;
    const double error =
        total->weight_square > 0 ? sqrt(total->error_square / total->weight_square) : 0;
    sdse_table_add_text(table, "all layers");
    sdse_table_add_null(table);
    add_setting(d, setting, NULL);
    sdse_table_add_f64(table, error);
    sdse_table_add_f64(table, error > 0 ? -20 * log10(error) : (double)NAN);
    sdse_table_add_f64(table, total->entries
                                  ? (double)total->nonzeros / (double)total->entries
                                  : (double)NAN);
    sdse_table_add_null(table);
    sdse_table_add_u64(table, total->weights);
    sdse_table_add_u64(table, total->bits);
    sdse_table_add_f64(table, 32 * (double)total->weights / (double)total->bits);
    sdse_table_add_null(table);
    sdse_table_add_null(table);
    sdse_table_add_f64(table, total->seconds);
}

static void count_layer(struct total *total, const struct cli_layer_weights *layer,
                        const struct sdse_form_measure *measure, double seconds) {
    double square = 0;
    for (uint64_t i = 0; i < measure->weights; i++)
        square += (double)layer->weights.values[i] * (double)layer->weights.values[i];
    total->weight_square += square * (double)layer->repeat;
    total->error_square +=
        square * measure->rel_error * measure->rel_error * (double)layer->repeat;
    total->weights += measure->weights * layer->repeat;
    total->bits += measure->stored_bits * layer->repeat;
    if (!measure->raw) {
        const uint64_t entries =
            measure->filters * measure->slicing.rows * measure->slicing.basis_size;
        total->entries += entries * layer->repeat;
        total->nonzeros +=
            (uint64_t)llround(measure->density * (double)entries) * layer->repeat;
    }
    total->seconds += seconds;
}

// One layer under one setting. With --out its coded form joins the stored network.
static enum sdse_status decompose_layer(struct decomposing *d, size_t index,
                                        const struct sdse_smartdeal_setting *setting,
                                        struct total *total) {
    struct cli_layer_weights layer;
    enum sdse_status status = cli_weights_load(d->cli, d->weights, index, &layer);
    if (status != SDSE_OK)
        return status;
    struct sdse_stored_layer *stored =
        d->args->value[OUT] ? &d->stored.layers[d->stored.layer_count] : NULL;
    struct sdse_form_measure measure;
    const double start = now_s();
    status = sdse_measure_layer(&layer.weights, setting, d->threads, &measure,
                                stored ? &stored->coded : NULL, &d->cli->diags);
    const double seconds = now_s() - start;
    if (status == SDSE_OK && stored) {
        stored->name = strdup(layer.weights.name);
        d->stored.layer_count++;
    }
    if (status == SDSE_OK) {
        count_layer(total, &layer, &measure, seconds);
        if (!d->args->value[TOTAL])
            add_layer_row(d, &layer, setting, &measure, seconds);
    }
    cli_layer_weights_free(&layer);
    return status;
}

static enum sdse_status decompose_all(struct decomposing *d,
                                      const struct sdse_smartdeal_setting *setting) {
    struct total total = {0};
    for (size_t i = 0; i < d->weights->count; i++) {
        const enum sdse_status status = decompose_layer(d, i, setting, &total);
        if (status != SDSE_OK)
            return status;
    }
    if (d->weights->count > 1 || d->args->value[TOTAL])
        add_total_row(d, setting, &total);
    return SDSE_OK;
}

static enum sdse_status decompose_grid(struct decomposing *d,
                                       const struct cli_grid *grid) {
    d->table = sdse_table_new(d->cli->arena);
    d->stored.layers = calloc(d->weights->count, sizeof *d->stored.layers);
    if (!d->stored.layers)
        return SDSE_NO_MEMORY;
    add_columns(d);
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; status == SDSE_OK && i < grid->count; i++)
        status = decompose_all(d, &grid->setting[i]);
    if (status == SDSE_OK && d->args->value[OUT])
        status = sdse_stored_save(&d->stored, d->args->value[OUT], &d->cli->diags);
    sdse_stored_free(&d->stored);
    return status;
}

static bool read_grid(struct cli *cli, const struct cli_args *args,
                      struct cli_grid *grid) {
    static const enum sdse_zero_store stores[] = {
        SDSE_STORE_ROW_INDEX, SDSE_STORE_ELEMENT_BITMAP, SDSE_STORE_RUN_LENGTH,
        SDSE_STORE_DENSE};
    struct sdse_smartdeal_setting base = sdse_smartdeal_setting_default();
    base.store = stores[cli_choice(args, options, STORE)];
    base.depthwise = args->value[DEPTHWISE] != NULL;
    const char *sparsity = args->value[SPARSITY];
    base.threshold_mode = sparsity ? SDSE_THRESHOLD_SPARSITY : SDSE_THRESHOLD_ABSOLUTE;
    const struct cli_grid_axis axes[] = {
        {"--basis-size", args->value[BASIS], CLI_GRID_BASIS_SIZE},
        {"--rows-per-slice", args->value[ROWS], CLI_GRID_ROWS_PER_SLICE},
        {sparsity ? "--sparsity" : "--threshold",
         sparsity ? sparsity : args->value[THRESHOLD], CLI_GRID_THRESHOLD},
        {"--coefficient-bits", args->value[COEFFICIENT], CLI_GRID_COEFFICIENT_BITS},
        {"--basis-bits", args->value[BASIS_BITS], CLI_GRID_BASIS_BITS}};
    return cli_grid_expand(cli, &base, axes, sizeof axes / sizeof axes[0], grid);
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    struct cli_grid grid;
    struct cli_weights weights;
    if (!read_grid(cli, args, &grid))
        return CLI_USAGE;
    if (args->value[OUT] && grid.count > 1) {
        cli_error(cli, "--out stores one setting, this is a grid of %zu", grid.count);
        return CLI_USAGE;
    }
    const enum sdse_status found =
        cli_weights_open(cli, args->operands[0], args->value[LAYER], &weights);
    if (found != SDSE_OK)
        return cli_finish(cli, found);
    const enum sdse_table_format format = cli_table_format(args, FORMAT);
    const uint64_t jobs = cli_count(args, JOBS, 0);
    struct decomposing d = {.cli = cli,
                            .args = args,
                            .weights = &weights,
                            .threads = jobs > 1024 ? 1024 : (unsigned)jobs};
    const enum sdse_status status = decompose_grid(&d, &grid);
    if (status != SDSE_OK)
        return cli_finish(cli, status);
    cli_flush_diags(cli);
    return cli_print_table(cli, d.table, format);
}

const struct cli_verb cli_verb_decompose = {
    .name = "decompose",
    .summary = "turns weights into coefficients and bases, and measures them",
    .operands = {"FILE.npy|FOLDER|NET", 1, 1},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "FILE.npy holds one layer, FOLDER a manifest.tsv (`sdse import` writes one); "
        "NET is a network,\nwhose layers without weight files get synthetic ones. "
        "A LIST like 3,4,6 makes a grid.",
    .example = "sdse decompose resnet50 -l layer1.0.conv2 --sparsity 0.3,0.5,0.7",
    .run = run,
};
