// sdse costs: what every layer costs in every alternative that a sweep varied, for a
// search for networks to read.
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/units.h"
#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/selection.h"
#include "results/look/costs.h"
#include "results/look/points.h"
#include "spec/load.h"
#include "spec/tree.h"
#include "spec/types/touched.h"

enum {
    OBJECTIVE,
    SELECTION,
    OUTPUT = SELECTION + CLI_SELECT_OPTIONS,
    FORCE,
    FORMAT,
};

static const struct cli_option options[] = {
    [OBJECTIVE] = {"objective", 0, CLI_CHOICE, "energy|latency|edp|ed2p",
                   "what a layer's mapping is chosen by", "energy", false},
    CLI_SELECTION_ROWS(SELECTION),
    [OUTPUT] = {"output", 'o', CLI_TEXT, "FILE",
                "write to FILE: CSV, or JSON or Markdown by --format", NULL, false},
    [FORCE] = CLI_OPTION_FORCE,
    [FORMAT] = CLI_OPTION_FORMAT,
};

static const struct sdse_output_kind costs_kind = {
    "costs of sdse costs", {"network,", "{\"schema\": \"sdse.costs/", "| network "}};

static const char *const columns[] = {
    "network",       "layer_index", "layer",       "kind",       "repeat",
    "arch",          "form",        "parameters",  "energy_pj",  "latency_cycles",
    "latency_s",     "macs",        "weight_bits", "input_bits", "output_bits",
    "mapper_status", "mapper_gap",  "point_id"};

struct costing {
    struct cli *cli;
    struct sdse_reader *reader;
    struct sdse_points points;
    struct sdse_table *table;
    // The inputs that were parsed last: neighbours share them.
    struct sdse_hash arch_hash, workload_hash;
    const struct sdse_arch *arch;
    const struct sdse_workload *workload;
};

static enum sdse_status parse(struct costing *c, const char *text,
                              struct sdse_node **root) {
    return sdse_tree_parse_memory(c->cli->arena, "stored", text, strlen(text),
                                  &c->cli->diags, root);
}

static enum sdse_status parse_inputs(struct costing *c,
                                     const struct sdse_layer_costs *costs) {
    struct sdse_arena *arena = c->cli->arena;
    struct sdse_node *root = NULL;
    enum sdse_status status = SDSE_OK;
    if (!c->arch || !sdse_hash_same(c->arch_hash, costs->arch)) {
        struct sdse_arch *arch = NULL;
        status = parse(c, costs->arch_text, &root);
        if (status == SDSE_OK)
            status = sdse_arch_from_tree(arena, root, NULL, 0, &c->cli->diags, &arch);
        c->arch = arch;
        c->arch_hash = costs->arch;
    }
    if (status == SDSE_OK &&
        (!c->workload || !sdse_hash_same(c->workload_hash, costs->workload))) {
        struct sdse_workload *workload = NULL;
        status = parse(c, costs->workload_text, &root);
        if (status == SDSE_OK)
            status = sdse_workload_from_tree(arena, root, &c->cli->diags, &workload);
        c->workload = workload;
        c->workload_hash = costs->workload;
    }
    return status;
}

// Words of activations that one execution reads: both operands of a product of them.
static uint64_t input_words(const struct sdse_layer *layer) {
    uint64_t words = sdse_nest_input_words(&layer->nest);
    if (sdse_layer_moves(layer))
        return (layer->move.addends > 1 ? layer->move.addends : 1) * words +
               sdse_layer_broadcast_words(layer);
    if (!sdse_layer_has_weights(layer))
        words += sdse_tile_words(&layer->nest, SDSE_WEIGHTS, layer->nest.bound);
    return words;
}

static void add_row(struct costing *c, size_t point, const struct sdse_layer_cost *cost,
                    const struct sdse_layer *layer) {
    struct sdse_table *table = c->table;
    const struct sdse_points *points = &c->points;
    sdse_table_add_text(table, points->workload[point]);
    sdse_table_add_u64(table, cost->index);
    sdse_table_add_text(table, cost->name);
    sdse_table_add_text(table, cost->kind);
    sdse_table_add_u64(table, cost->repeat);
    sdse_table_add_text(table, points->arch[point]);
    sdse_table_add_text(table, points->form[point]);
    sdse_table_add_text(table, points->parameters[point]);
    sdse_table_add_f64(table, cost->energy_pj);
    sdse_table_add_u64(table, cost->latency_cycles);
    sdse_table_add_f64(table, sdse_seconds_from_cycles((double)cost->latency_cycles,
                                                       c->arch->clock_ghz));
    sdse_table_add_u64(table, cost->macs);
    sdse_table_add_f64(table, cost->weight_bits);
    sdse_table_add_u64(table, input_words(layer) * c->arch->bits[SDSE_INPUTS]);
    sdse_table_add_u64(table,
                       sdse_tile_words(&layer->nest, SDSE_OUTPUTS, layer->nest.bound) *
                           c->arch->bits[SDSE_OUTPUTS]);
    sdse_table_add_text(table, cost->proof);
    sdse_table_add_f64(table, cost->gap);
    sdse_table_add_i64(table, points->point_id[point]);
}

static enum sdse_status add_point(struct costing *c, size_t point,
                                  enum sdse_objective objective) {
    struct sdse_layer_costs costs;
    enum sdse_status status =
        sdse_layer_costs_load(c->reader, c->points.point_id[point], objective,
                              c->cli->arena, &c->cli->diags, &costs);
    if (status == SDSE_OK)
        status = parse_inputs(c, &costs);
    for (size_t i = 0; status == SDSE_OK && i < costs.count; i++) {
        if (costs.layers[i].index >= c->workload->layer_count)
            return SDSE_DATABASE;
        add_row(c, point, &costs.layers[i],
                &c->workload->layers[costs.layers[i].index]);
    }
    return status;
}

static enum sdse_status gather(struct costing *c, const struct sdse_filter *filter,
                               enum sdse_objective objective) {
    const enum sdse_metric metric = SDSE_METRIC_ENERGY;
    enum sdse_status status = sdse_points_load(
        c->reader, filter, &metric, 1, c->cli->arena, &c->cli->diags, &c->points);
    c->table = sdse_table_new(c->cli->arena);
    if (status == SDSE_OK && !c->table)
        return SDSE_NO_MEMORY;
    sdse_table_name(c->table, "sdse.costs/1", "layers");
    for (size_t i = 0; status == SDSE_OK && i < sizeof columns / sizeof *columns; i++)
        sdse_table_add_column(c->table, columns[i], NULL, 0);
    for (size_t i = 0; status == SDSE_OK && i < c->points.count; i++)
        status = add_point(c, i, objective);
    return status;
}

static enum cli_exit write_file(struct cli *cli, const char *path,
                                const struct sdse_table *table,
                                enum sdse_table_format format) {
    struct sdse_output output;
    enum sdse_status status =
        sdse_output_open(&output, path, &costs_kind, &cli->outputs, &cli->diags);
    if (status != SDSE_OK)
        return cli_finish(cli, status);
    status = sdse_table_write(
        table, format == SDSE_TABLE_TEXT ? SDSE_TABLE_CSV : format, output.file);
    // What the stream refused is said when it is closed.
    return cli_finish(
        cli,
        sdse_output_close(&output, status == SDSE_IO ? SDSE_OK : status, &cli->diags));
}

// What has no rows.
static void say_what_lacks(const struct costing *c) {
    const struct sdse_points *points = &c->points;
    if (points->infeasible + points->failed)
        fprintf(stderr, "%zu points are infeasible and %zu failed: they have no rows\n",
                points->infeasible, points->failed);
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    struct sdse_filter filter;
    if (!cli_parse_selection(cli, args, SELECTION, &filter))
        return CLI_USAGE;
    enum cli_exit status;
    cli->outputs.force = args->value[FORCE] != NULL;
    struct costing c = {.cli = cli,
                        .reader = cli_open_results(cli, args->operands[0], &status)};
    if (!c.reader)
        return status;
    status = cli_finish(
        cli,
        gather(&c, &filter, (enum sdse_objective)cli_choice(args, options, OBJECTIVE)));
    sdse_reader_close(c.reader);
    if (status != CLI_OK)
        return status;
    if (c.points.count == 0) {
        cli_error(cli, "no point fits; `sdse status` shows what is there");
        return CLI_BAD_INPUT;
    }
    const enum sdse_table_format format = cli_table_format(args, FORMAT);
    status = args->value[OUTPUT] ? write_file(cli, args->value[OUTPUT], c.table, format)
                                 : cli_print_table(cli, c.table, format);
    if (status == CLI_OK)
        say_what_lacks(&c);
    return status;
}

const struct cli_verb cli_verb_costs = {
    .name = "costs",
    .summary = "tables what each layer costs in each alternative, for a search to read",
    .operands = {"RESULTS.db", 1, 1},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "A row for each layer of each design point: energy, time and stored bits of "
        "all its\nexecutions, input_bits and output_bits of the activations of one. "
        "Its "
        "mapping is the best by\n--objective on the layer's proved front, whatever the "
        "other layers take, so that rows of\nalternatives can be added up freely.",
    .example = "sdse costs results.db -w resnet50 -o costs.csv",
    .run = run,
};
