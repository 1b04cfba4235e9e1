// Points whose layers take turns, or tensors are moved, one by one, with what is stored
// of their groups and places.
#include "results/store/database.h"
#include "results/store/nest_columns.h"
#include "results/store/statements.h"
#include "results/store/verify.h"

struct looking {
    sqlite3 *db;
    struct sdse_store forms; // to look only
    struct sdse_arena *arena;
    struct sdse_stored_groups *out;
};

static uint64_t u64(sqlite3_stmt *row, int column) {
    return (uint64_t)sqlite3_column_int64(row, column);
}

// --- Tables, whose column 0 is how many rows there are; false: memory is out, or a form
// is not there ---

static bool take_layer(struct looking *l, sqlite3_stmt *row) {
    struct sdse_stored_groups *out = l->out;
    if (!out->form) {
        out->form = SDSE_ARENA_ARRAY(l->arena, struct sdse_form_record, u64(row, 0));
        out->has_form = SDSE_ARENA_ARRAY(l->arena, bool, u64(row, 0));
        out->mapping = SDSE_ARENA_ARRAY(l->arena, const char *, u64(row, 0));
    }
    if (!out->form || !out->has_form || !out->mapping)
        return false;
    const size_t i = out->layer_count++;
    out->mapping[i] = sdse_row_text(l->arena, row, 2);
    if (!out->mapping[i])
        return false;
    struct sdse_hash hash = {0};
    out->has_form[i] = sqlite3_column_type(row, 1) != SQLITE_NULL;
    return !out->has_form[i] || (sdse_hash_parse(sdse_row_peek(row, 1), &hash) &&
                                 sdse_store_load_form(&l->forms, hash, &out->form[i]));
}

static bool take_place(struct looking *l, sqlite3_stmt *row) {
    struct sdse_stored_groups *out = l->out;
    if (!out->place)
        out->place = SDSE_ARENA_ARRAY(l->arena, struct sdse_place_record, u64(row, 0));
    if (!out->place)
        return false;
    struct sdse_place_record *place = &out->place[out->place_count++];
    *place = (struct sdse_place_record){.tensor = sdse_row_text(l->arena, row, 1),
                                        .memory = sdse_row_text(l->arena, row, 2),
                                        .first_layer = u64(row, 3),
                                        .last_layer = u64(row, 4),
                                        .bits = sqlite3_column_double(row, 5)};
    return place->tensor && place->memory;
}

static bool take_group(struct looking *l, sqlite3_stmt *row) {
    struct sdse_stored_groups *out = l->out;
    if (!out->group)
        out->group = SDSE_ARENA_ARRAY(l->arena, struct sdse_group_record, u64(row, 0));
    if (!out->group)
        return false;
    struct sdse_group_record *group = &out->group[out->group_count++];
    *group =
        (struct sdse_group_record){.first_layer = u64(row, 1),
                                   .last_layer = u64(row, 2),
                                   .tile_rows = u64(row, 3),
                                   .tile_columns = u64(row, 4),
                                   .tile_heads = u64(row, 5),
                                   .tile_keys = u64(row, 6),
                                   .tile_channels = u64(row, 7),
                                   .retained = sdse_row_text(l->arena, row, 8),
                                   .banded = sdse_row_text(l->arena, row, 9),
                                   .weights_kept = sdse_row_text(l->arena, row, 10),
                                   .inputs = sdse_row_text(l->arena, row, 11),
                                   .outputs = sdse_row_text(l->arena, row, 12),
                                   .memory = sdse_row_text(l->arena, row, 13),
                                   .overlap = sqlite3_column_int(row, 14),
                                   .nest_order = sdse_row_text(l->arena, row, 15)};
    return group->retained && group->banded && group->weights_kept && group->inputs &&
           group->outputs && group->memory && group->nest_order;
}

static bool take_nest(struct looking *l, sqlite3_stmt *row) {
    struct sdse_stored_groups *out = l->out;
    if (!out->nest)
        out->nest = SDSE_ARENA_ARRAY(l->arena, struct sdse_nest_record, u64(row, 0));
    if (!out->nest)
        return false;
    struct sdse_nest_record *nest = &out->nest[out->nest_count++];
    *nest = sdse_nest_row(row, 1);
    nest->bounds = sdse_arena_strdup(l->arena, nest->bounds);
    bool taken = nest->bounds;
    for (size_t i = 0; taken && i < nest->place_count; i++) {
        nest->place[i].memory = sdse_arena_strdup(l->arena, nest->place[i].memory);
        taken = nest->place[i].memory;
    }
    return taken;
}

static const struct {
    const char *sql;
    bool (*take)(struct looking *, sqlite3_stmt *);
} tables[] = {
    {"SELECT count(*) OVER (), f.hash, " SDSE_MAPPING_TEXT(
         "s.mapping") " FROM point_layer l JOIN solution s USING (solution_id) LEFT "
                      "JOIN"
                      " weight_form f USING (form_id) WHERE l.point_id = ?1 ORDER BY"
                      " l.layer_index",
     take_layer},
    {"SELECT count(*) OVER (), tensor, memory, first_layer, last_layer, bits FROM place"
     " WHERE point_id = ?1 ORDER BY first_layer, memory",
     take_place},
    {"SELECT count(*) OVER (), first_layer, last_layer, tile_rows, tile_columns,"
     " tile_heads, tile_keys, tile_channels, retained, banded, weights_kept, inputs, "
     "outputs, memory, overlap = 'outer', nest_order FROM"
     " grp WHERE point_id = ?1 ORDER BY group_index",
     take_group},
    {"SELECT count(*) OVER (), " SDSE_NEST_COLUMNS " FROM " SDSE_NEST_TABLES
     " WHERE n.point_id = ?1 ORDER BY n.nest_index",
     take_nest}};

static int load(struct looking *l) {
    int code = SQLITE_OK;
    for (size_t i = 0; code == SQLITE_OK && i < sizeof tables / sizeof *tables; i++) {
        sqlite3_stmt *row = NULL;
        code = sqlite3_prepare_v2(l->db, tables[i].sql, -1, &row, NULL);
        if (code == SQLITE_OK)
            code = sqlite3_bind_int64(row, 1, l->out->point_id);
        while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW)
            code = tables[i].take(l, row) ? SQLITE_OK : SQLITE_NOMEM;
        sqlite3_finalize(row);
        code = code == SQLITE_DONE ? SQLITE_OK : code;
    }
    return code;
}

enum sdse_status sdse_verify_each_grouped(
    struct sdse_reader *reader, struct sdse_arena *scratch, struct sdse_diags *diags,
    enum sdse_status (*each)(void *context, const struct sdse_stored_groups *),
    void *context) {
    struct looking l = {reader->db, {.db = reader->db}, scratch, NULL};
    sqlite3_stmt *row = NULL;
    enum sdse_status status = SDSE_OK;
    int code = sqlite3_prepare_v2(
        reader->db,
        "SELECT p.point_id, p.hash, p.arch_hash, a.text, p.workload_hash, w.text FROM"
        " point p JOIN v_input a ON a.hash = p.arch_hash JOIN v_input w ON w.hash ="
        " p.workload_hash WHERE p.point_id IN (SELECT point_id FROM grp UNION SELECT"
        " point_id FROM copy) ORDER BY"
        " p.arch_hash, p.workload_hash, p.hash",
        -1, &row, NULL);
    while (status == SDSE_OK && code == SQLITE_OK &&
           (code = sqlite3_step(row)) == SQLITE_ROW) {
        struct sdse_stored_groups point = {.point_id = sqlite3_column_int64(row, 0),
                                           .hash = sdse_row_peek(row, 1),
                                           .arch_hash = sdse_row_peek(row, 2),
                                           .arch = sdse_row_peek(row, 3),
                                           .workload_hash = sdse_row_peek(row, 4),
                                           .workload = sdse_row_peek(row, 5)};
        l.out = &point;
        code = load(&l);
        if (code == SQLITE_OK)
            status = each(context, &point);
        sdse_arena_reset(scratch);
    }
    sqlite3_finalize(row);
    sqlite3_finalize(l.forms.statement[SDSE_SQL_LOAD_FORM]);
    return status == SDSE_OK && code != SQLITE_DONE
               ? sdse_database_refuse(reader->db, code,
                                      sqlite3_db_filename(reader->db, "main"), diags)
               : status;
}
