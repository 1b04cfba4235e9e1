#include "cli/show_json.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "cli/mapping_line.h"
#include "costmodel/component.h"
#include "spec/arch_numbers.h"
#include "spec/show.h"

// ---- an accelerator ----

// "weights inputs": what a memory keeps.
static const char *keeps_text(struct sdse_arena *arena, unsigned keeps) {
    const char *text = "";
    for (int part = 0; text && part < SDSE_PARTS; part++)
        if (keeps & SDSE_BIT(part))
            text = sdse_arena_printf(arena, "%s%s%s", text, *text ? " " : "",
                                     sdse_part_name((enum sdse_part)part));
    return text;
}

// null: none.
static void add_some(struct sdse_table *table, uint64_t value) {
    if (value)
        sdse_table_add_u64(table, value);
    else
        sdse_table_add_null(table);
}

// As wide as a memory stores words, and the fewest bits that its accesses move.
static void add_widths(struct sdse_table *table, const struct sdse_arch *arch,
                       unsigned l) {
    const struct sdse_level *level = &arch->level[l];
    for (enum sdse_tensor t = SDSE_WEIGHTS; t < SDSE_TENSORS; t++)
        add_some(table, level->keeps >> t & 1u ? sdse_arch_word_bits(arch, l, t) : 0);
    add_some(table, level->keeps >> SDSE_OUTPUTS & 1u ? sdse_arch_partial_bits(arch, l)
                                                      : 0);
    add_some(table, level->least_read_bits);
    add_some(table, level->least_write_bits);
}

static struct sdse_table *levels_table(struct sdse_arena *arena,
                                       const struct sdse_arch *arch) {
    static const char *const columns[] = {"level",         "class",    "instances",
                                          "capacity_bits", "banks",    "buffering",
                                          "keeps",         "fanout_x", "fanout_y",
                                          "weights_bits",  "inputs_bits",
                                          "outputs_bits",  "partial_sums_bits",
                                          "least_read_bits", "least_write_bits"};
    struct sdse_table *table = sdse_table_new(arena);
    sdse_table_add_columns(table, columns, sizeof columns / sizeof *columns);
    for (unsigned l = 0; l < arch->level_count; l++) {
        const struct sdse_level *level = &arch->level[l];
        sdse_table_add_text(table, level->name);
        sdse_table_add_text(table, sdse_memory_class_names()[level->memory_class]);
        sdse_table_add_u64(table, sdse_arch_instances(arch, l));
        add_some(table, level->capacity_bits); // null: no limit
        sdse_table_add_u64(table, level->macro_count);
        sdse_table_add_u64(table, level->buffering);
        sdse_table_add_text(table, keeps_text(arena, level->keeps));
        sdse_table_add_u64(table, level->fanout_x);
        sdse_table_add_u64(table, level->fanout_y);
        add_widths(table, arch, l);
    }
    return table;
}

static void add_number(void *context, const char *where, const char *what,
                       const char *unit, const struct sdse_number *number) {
    struct sdse_table *table = context;
    sdse_table_add_text(table, where);
    sdse_table_add_text(table, what);
    sdse_table_add_f64(table, number->value);
    sdse_table_add_text(table, unit);
    sdse_table_add_text(table, sdse_mark_text(number->origin.mark));
    sdse_table_add_text(table, number->origin.text);
}

static struct sdse_table *numbers_table(struct sdse_arena *arena,
                                        const struct sdse_arch *arch) {
    static const char *const columns[] = {"component", "number", "value",
                                          "unit",      "mark",   "source"};
    struct sdse_table *table = sdse_table_new(arena);
    sdse_table_add_columns(table, columns, sizeof columns / sizeof *columns);
    sdse_arch_each_number(arch, add_number, table);
    return table;
}

enum cli_exit cli_show_arch_json(struct cli *cli, const struct sdse_arch *arch) {
    struct sdse_json json;
    sdse_json_begin(&json, "sdse.show-arch/1", stdout);
    sdse_json_text(&json, "arch", arch->name);
    sdse_json_text(&json, "source", arch->source);
    sdse_json_f64(&json, "node_nm", arch->node_nm);
    sdse_json_f64(&json, "clock_ghz", arch->clock_ghz);
    sdse_json_u64(&json, "weights_bits", arch->bits[SDSE_WEIGHTS]);
    sdse_json_u64(&json, "inputs_bits", arch->bits[SDSE_INPUTS]);
    sdse_json_u64(&json, "outputs_bits", arch->bits[SDSE_OUTPUTS]);
    sdse_json_u64(&json, "partial_sums_bits", arch->partial_bits);
    sdse_json_u64(&json, "multipliers", sdse_arch_instances(arch, arch->level_count));
    sdse_json_f64(&json, "cycles_per_mac", arch->compute.cycles_per_mac);
    sdse_json_rows(&json, "levels", levels_table(cli->arena, arch));
    sdse_json_rows(&json, "numbers", numbers_table(cli->arena, arch));
    return cli_end_json(cli, &json);
}

// A figure of the library's components each.
enum cli_exit cli_show_components_json(struct cli *cli) {
    static const char *const columns[] = {"component", "part",  "number", "formula",
                                          "node_nm",   "range", "mark",   "source"};
    struct sdse_table *table = sdse_table_new(cli->arena);
    const struct sdse_component *figure;
    sdse_table_name(table, "sdse.show-components/1", "figures");
    sdse_table_add_columns(table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; (figure = sdse_component_at(i)); i++) {
        sdse_table_add_text(table, figure->name);
        sdse_table_add_text(table, figure->part);
        sdse_table_add_text(table, figure->quantity);
        sdse_table_add_text(table, figure->formula);
        sdse_table_add_f64(table, figure->node_nm > 0 ? figure->node_nm : (double)NAN);
        sdse_table_add_text(table, *figure->range ? figure->range : NULL);
        sdse_table_add_text(table, figure->mark_text);
        sdse_table_add_text(table, figure->source);
    }
    return cli_print_table(cli, table, SDSE_TABLE_JSON);
}

// ---- a network ----

static struct sdse_table *layers_table(struct sdse_arena *arena,
                                       const struct sdse_workload *net) {
    static const char *const columns[] = {
        "stride_p", "stride_q",          "repeat",
        "macs",     "vector_operations", "weights_words",
        "stored",   "inputs_words",      "outputs_words"};
    struct sdse_table *table = sdse_table_new(arena);
    sdse_table_add_column(table, "layer", NULL, 0);
    sdse_table_add_column(table, "kind", NULL, 0);
    for (int d = 0; d < SDSE_DIMS; d++)
        sdse_table_add_column(table, (const char[]){sdse_dim_letters[d], '\0'}, NULL,
                              0);
    sdse_table_add_columns(table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < net->layer_count; i++) {
        const struct sdse_layer *layer = &net->layers[i];
        const struct sdse_layer_work work = sdse_layer_work(layer);
        sdse_table_add_text(table, layer->name);
        sdse_table_add_text(table, sdse_layer_kind_name(layer->kind));
        for (int d = 0; d < SDSE_DIMS; d++)
            sdse_table_add_u64(table, layer->nest.bound[d]);
        sdse_table_add_u64(table, layer->nest.stride[0]);
        sdse_table_add_u64(table, layer->nest.stride[1]);
        sdse_table_add_u64(table, layer->repeat);
        sdse_table_add_u64(table, work.macs);
        sdse_table_add_u64(table, work.vector_operations);
        sdse_table_add_u64(table, work.weights);
        sdse_table_add_text(table, sdse_layer_moves(layer)            ? NULL
                                   : layer->weights_unread            ? "unread"
                                   : sdse_layer_stores_weights(layer) ? "own"
                                   : layer->shares_weights            ? "shared"
                                                                      : "no");
        sdse_table_add_u64(table, work.inputs);
        sdse_table_add_u64(table, work.outputs);
    }
    return table;
}

void cli_layers_json(struct sdse_json *json, struct sdse_arena *arena,
                     const struct sdse_workload *net) {
    sdse_json_rows(json, "layers", layers_table(arena, net));
    sdse_json_array(json, "not_modelled");
    for (size_t i = 0; i < net->not_modelled_count; i++) {
        sdse_json_object(json, NULL);
        sdse_json_text(json, "name", net->not_modelled[i].name);
        sdse_json_text(json, "op", net->not_modelled[i].op);
        sdse_json_text(json, "reason", net->not_modelled[i].reason);
        sdse_json_u64(json, "weights_words", net->not_modelled[i].weights);
        sdse_json_close(json);
    }
    sdse_json_close(json);
}

enum cli_exit cli_show_workload_json(struct cli *cli, const struct sdse_workload *net) {
    struct sdse_json json;
    sdse_json_begin(&json, "sdse.show-workload/1", stdout);
    sdse_json_text(&json, "network", net->name);
    sdse_json_text(&json, "source", net->source);
    sdse_json_u64(&json, "other_parameters", net->parameters_not_in_layers);
    cli_layers_json(&json, cli->arena, net);
    return cli_end_json(cli, &json);
}

// ---- a mapping ----

enum cli_exit cli_show_mapping_json(struct cli *cli, const struct sdse_arch *arch,
                                    const struct sdse_layer *layer,
                                    const struct sdse_placement *placement,
                                    const struct sdse_mapping *mapping) {
    struct sdse_text text;
    struct sdse_json json;
    char *rest = NULL;
    if (!sdse_text_begin(&text))
        return cli_finish(cli, SDSE_NO_MEMORY);
    sdse_show_places(text.out, arch, placement);
    sdse_show_mapping(text.out, arch, layer, mapping);
    const char *drawing = sdse_text_end(&text, cli->arena);
    char *lines = drawing ? sdse_arena_strdup(cli->arena, drawing) : NULL;
    const char *mapped = cli_mapping_line(cli, arch, mapping);
    if (!lines || !mapped)
        return cli_finish(cli, SDSE_NO_MEMORY);
    sdse_json_begin(&json, "sdse.show-mapping/1", stdout);
    sdse_json_text(&json, "arch", arch->name);
    sdse_json_text(&json, "layer", layer ? layer->name : NULL);
    sdse_json_text(&json, "mapping", mapped);
    sdse_json_array(&json, "drawing");
    for (char *line = strtok_r(lines, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest))
        sdse_json_text(&json, NULL, line);
    sdse_json_close(&json);
    return cli_end_json(cli, &json);
}
