#include "cli/stored_point.h"

#include <inttypes.h>

#include "base/text.h"
#include "cli/inputs.h"
#include "cli/mapping_head.h"
#include "results/look/query.h"

struct sdse_reader *cli_open_point(struct cli *cli, const char *path, const char *text,
                                   struct sdse_stored_point *point,
                                   enum cli_exit *status) {
    struct sdse_reader *reader = cli_open_results(cli, path, status);
    if (!reader)
        return NULL;
    int64_t id = 0;
    enum sdse_status found = sdse_stored_point_find(reader, text, &cli->diags, &id);
    if (found == SDSE_OK)
        found = sdse_stored_point_load(reader, id, cli->arena, &cli->diags, point);
    *status = cli_finish(cli, found);
    if (*status == CLI_OK)
        return reader;
    sdse_reader_close(reader);
    return NULL;
}

const char *cli_stored_mapping(struct cli *cli, const struct sdse_stored_point *point,
                               const struct sdse_stored_layer *layer) {
    struct sdse_text text;
    if (!sdse_text_begin(&text))
        return NULL;
    cli_print_mapping_head(text.out, point->arch_name, point->workload_name,
                           point->form_text, layer->name);
    fputs(layer->mapping, text.out);
    return sdse_text_end(&text, cli->arena);
}

// ---- show ----

static const char figures[] =
    "SELECT point_id AS point, workload AS network, arch AS accelerator, form, "
    "parameters, objective, status, energy_pj / 1e6 AS \"energy [uJ]\", latency_cycles "
    "AS cycles, latency_s * 1e3 AS \"latency [ms]\", edp_pj_s AS \"edp [pJ s]\", "
    "area_mm2 AS \"area [mm2]\", compression, rel_error AS error, weights, "
    "mapper_status AS proof FROM v_point WHERE point_id = %" PRId64;

static const char layers[] =
    "SELECT layer_index AS i, layer, kind, repeat, energy_pj / 1e6 AS \"energy [uJ]\", "
    "latency_cycles AS cycles, utilization, bottleneck, weight_bits AS \"weights "
    "[bit]\", density, mapper_status AS proof FROM v_layer WHERE point_id = %" PRId64
    " ORDER BY layer_index";

static const char places[] =
    "SELECT tensor, memory, first_layer AS \"from layer\", last_layer AS \"to layer\", "
    "last_reader AS \"read there last by\", bits FROM v_place WHERE point_id = %" PRId64
    " ORDER BY first_layer, memory";

static const char copies[] =
    "SELECT tensor, memory, before AS \"comes before\", until, words, energy_pj / 1e6 "
    "AS \"energy [uJ]\", latency_cycles AS cycles FROM v_copy WHERE point_id = %" PRId64
    " ORDER BY before_layer, tensor";

static const char groups[] =
    "SELECT group_index AS \"group\", layers, tile_rows AS \"tile rows\", tile_columns "
    "AS columns, tile_heads AS heads, tile_keys AS keys, tile_channels AS channels, "
    "memory, inputs, outputs, retained, banded AS \"in bands\", weights_kept AS "
    "\"weights "
    "kept\", overlap, nests, energy_pj / 1e6 AS \"energy [uJ]\", latency_cycles AS "
    "cycles FROM v_group WHERE point_id = %" PRId64 " ORDER BY group_index";

static enum sdse_status ask(struct cli *cli, struct sdse_reader *reader,
                            const char *sql, struct sdse_table **table) {
    return sql ? sdse_query_run(reader, sql, cli->arena, &cli->diags, table)
               : SDSE_NO_MEMORY;
}

static enum cli_exit show(struct cli *cli, struct sdse_reader *reader,
                          const struct sdse_stored_point *point) {
    char hash[SDSE_HASH_TEXT_BYTES];
    sdse_hash_text(point->hash, hash);
    struct sdse_table *one = NULL, *each = NULL, *where = NULL, *moved = NULL,
                      *turns = NULL;
    enum sdse_status status =
        ask(cli, reader, sdse_arena_printf(cli->arena, figures, point->id), &one);
    if (status == SDSE_OK)
        status =
            ask(cli, reader, sdse_arena_printf(cli->arena, layers, point->id), &each);
    if (status == SDSE_OK)
        status =
            ask(cli, reader, sdse_arena_printf(cli->arena, places, point->id), &where);
    if (status == SDSE_OK)
        status =
            ask(cli, reader, sdse_arena_printf(cli->arena, copies, point->id), &moved);
    if (status == SDSE_OK)
        status =
            ask(cli, reader, sdse_arena_printf(cli->arena, groups, point->id), &turns);
    enum cli_exit ended = cli_finish(cli, status);
    if (ended != CLI_OK)
        return ended;
    printf("point %" PRId64 ", %s\n\n", point->id, hash);
    ended = cli_print_table(cli, one, SDSE_TABLE_TEXT);
    if (point->reason) {
        fputs("\nreason: ", stdout);
        sdse_table_json_string(point->reason, stdout);
        putchar('\n');
    }
    if (ended == CLI_OK && point->layer_count) {
        putchar('\n');
        ended = cli_print_table(cli, each, SDSE_TABLE_TEXT);
    }
    if (ended == CLI_OK && sdse_table_rows(where)) {
        putchar('\n');
        ended = cli_print_table(cli, where, SDSE_TABLE_TEXT);
    }
    if (ended == CLI_OK && sdse_table_rows(moved)) {
        putchar('\n');
        ended = cli_print_table(cli, moved, SDSE_TABLE_TEXT);
    }
    if (ended == CLI_OK && sdse_table_rows(turns)) {
        putchar('\n');
        ended = cli_print_table(cli, turns, SDSE_TABLE_TEXT);
    }
    for (size_t i = 0; ended == CLI_OK && i < point->layer_count; i++) {
        const char *mapping = cli_stored_mapping(cli, point, &point->layers[i]);
        if (!mapping)
            return cli_finish(cli, SDSE_NO_MEMORY);
        printf("\n%s", mapping);
    }
    return ended;
}

// The same in stored units, with the mappings as files of mappings.
static enum cli_exit print_json(struct cli *cli, struct sdse_reader *reader,
                                const struct sdse_stored_point *point) {
    static const char row[] =
        "SELECT point_id, point_hash, workload AS network, arch, form, parameters, "
        "objective, status, reason, energy_pj, latency_cycles, latency_s, edp_pj_s, "
        "area_mm2, compression, rel_error, weights, mapper_status FROM v_point WHERE "
        "point_id = %" PRId64;
    static const char rows[] =
        "SELECT layer_index, layer, kind, repeat, energy_pj, latency_cycles, "
        "utilization, bottleneck, weight_bits, density, mapper_status FROM v_layer "
        "WHERE point_id = %" PRId64 " ORDER BY layer_index";
    static const char moved[] =
        "SELECT tensor, memory, before_layer, before, until_layer, until, words, "
        "energy_pj, latency_cycles FROM v_copy WHERE point_id = %" PRId64
        " ORDER BY before_layer, tensor";
    static const char turns[] =
        "SELECT group_index, layers, first_layer, last_layer, tile_rows, "
        "tile_columns, tile_heads, tile_keys, tile_channels, retained, banded, "
        "weights_kept, inputs, outputs, memory, overlap, nest_order, nests, energy_pj, "
        "latency_cycles FROM "
        "v_group WHERE point_id = %" PRId64 " ORDER BY group_index";
    static const char each_nest[] =
        "SELECT nest_index, group_index, layer_index, layer, first_row, row_count, "
        "row_step, first_column, column_count, column_step, times, bounds, "
        "inputs_shared, weights_shared, outputs_shared, addends_shared, "
        "writes_through, loads_weights, loaded_input_words, "
        "continues, unfinished, rescales, reserved_bits, energy_pj, latency_cycles, "
        "mapping FROM v_nest WHERE point_id "
        "= %" PRId64 " ORDER BY nest_index";
    static const char held[] =
        "SELECT nest_index, memory, inputs, weights, outputs, addends, reserved_bits "
        "FROM v_nest_place WHERE point_id = %" PRId64 " ORDER BY nest_index, memory";
    struct sdse_table *one = NULL, *each = NULL, *copy = NULL, *group = NULL,
                      *nest = NULL, *place = NULL;
    enum sdse_status status =
        ask(cli, reader, sdse_arena_printf(cli->arena, row, point->id), &one);
    if (status == SDSE_OK)
        status =
            ask(cli, reader, sdse_arena_printf(cli->arena, rows, point->id), &each);
    if (status == SDSE_OK)
        status =
            ask(cli, reader, sdse_arena_printf(cli->arena, moved, point->id), &copy);
    if (status == SDSE_OK)
        status =
            ask(cli, reader, sdse_arena_printf(cli->arena, turns, point->id), &group);
    if (status == SDSE_OK)
        status = ask(cli, reader, sdse_arena_printf(cli->arena, each_nest, point->id),
                     &nest);
    if (status == SDSE_OK)
        status =
            ask(cli, reader, sdse_arena_printf(cli->arena, held, point->id), &place);
    const enum cli_exit ended = cli_finish(cli, status);
    if (ended != CLI_OK)
        return ended;
    struct sdse_json json;
    sdse_json_begin(&json, "sdse.show-point/1", stdout);
    sdse_json_row(&json, "point", one);
    sdse_json_rows(&json, "layers", each);
    sdse_json_rows(&json, "copies", copy);
    sdse_json_rows(&json, "groups", group);
    sdse_json_rows(&json, "nests", nest);
    sdse_json_rows(&json, "nest_places", place);
    sdse_json_array(&json, "mappings");
    for (size_t i = 0; i < point->layer_count; i++) {
        if (point->layers[i].grouped)
            continue;
        const char *mapping = cli_stored_mapping(cli, point, &point->layers[i]);
        if (!mapping)
            cli_note(cli, SDSE_NO_MEMORY);
        sdse_json_object(&json, NULL);
        sdse_json_text(&json, "layer", point->layers[i].name);
        sdse_json_text(&json, "yaml", mapping);
        sdse_json_close(&json);
    }
    sdse_json_close(&json);
    return cli_end_json(cli, &json);
}

enum cli_exit cli_show_point(struct cli *cli, const char *path, const char *text,
                             bool json) {
    struct sdse_stored_point point;
    enum cli_exit status;
    struct sdse_reader *reader = cli_open_point(cli, path, text, &point, &status);
    if (!reader)
        return status;
    status = json ? print_json(cli, reader, &point) : show(cli, reader, &point);
    sdse_reader_close(reader);
    return status;
}
