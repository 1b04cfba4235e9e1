#include "results/store/content.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "results/store/mapping_text.h"
#include "results/store/schema.h"

// ---- tables ----

static const struct sdse_content_info infos[SDSE_CONTENTS] = {
    {"meta", "SELECT key, value, digest FROM meta ORDER BY key", NULL, true, 1},
    {"input", "SELECT hash, kind, name, text, digest FROM v_input ORDER BY hash",
     "INSERT INTO input(hash, kind, name, text, digest) VALUES(?1, ?2, ?3, ?4,"
     " ?5) ON CONFLICT(hash) DO NOTHING",
     true, 3},
    {"sweep",
     "SELECT hash, name, point_count, objective" SDSE_LIMIT_COLUMNS ", turn AS"
     " \".turn\", digest FROM sweep ORDER BY hash",
     "INSERT INTO sweep(hash, name, point_count, objective" SDSE_LIMIT_COLUMNS
     ", turn, digest) VALUES(?, ?, ?, ?" SDSE_LIMIT_PARAMETERS
     ", ?, ?) ON CONFLICT(hash) DO UPDATE SET"
     " turn = max(turn, excluded.turn)",
     true, 2},
    {"layer_front",
     "SELECT hash, proof, gap, seconds_limit, hint, digest FROM layer_front"
     " ORDER BY hash",
     "INSERT INTO layer_front(hash, proof, gap, seconds_limit, hint, digest)"
     " VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(hash) DO NOTHING",
     true, 1},
    {"layer_front_element",
     "SELECT f.hash AS front, e.rank, e.energy_pj, e.latency_cycles,"
     " " SDSE_MAPPING_TEXT(
         "e.mapping") " AS mapping, e.digest FROM layer_front_element e JOIN "
                      "layer_front f USING (front_id)"
                      " ORDER BY f.hash, e.rank",
     "INSERT INTO layer_front_element VALUES((SELECT front_id FROM layer_front"
     " WHERE hash = ?1), ?2, ?3, ?4, ?5, ?6)",
     true, 2},
    {"origin", "SELECT mark, text, digest FROM origin ORDER BY mark, text",
     "INSERT INTO origin(mark, text, digest) VALUES(?1, ?2, ?3) ON CONFLICT DO"
     " NOTHING",
     false, 2},
    {"solution",
     "SELECT s.hash, f.hash AS front, s.proof, s.gap, " SDSE_MAPPING_TEXT(
         "s.mapping") " AS mapping, s.energy_pj,"
                      " s.latency_cycles, s.compute_cycles, s.fill_cycles, "
                      "s.drain_cycles,"
                      " s.pass_cycles, s.rebuild_cycles, s.macs, s.multipliers_used,"
                      " s.shift_adds, s.basis_words_loaded, s.utilization, "
                      "s.bottleneck,"
                      " s.memory_set AS \".memory_set\", s.outer_set AS"
                      " \".outer_set\", s.inner_set AS \".inner_set\","
                      " s.network_set AS \".network_set\", s.component_set AS"
                      " \".component_set\", s.digest"
                      " FROM solution s LEFT JOIN layer_front f USING (front_id) ORDER "
                      "BY s.hash",
     "INSERT INTO solution(hash, front_id, proof, gap, mapping, energy_pj,"
     " latency_cycles, compute_cycles, fill_cycles, drain_cycles, pass_cycles,"
     " rebuild_cycles, macs, multipliers_used, shift_adds, basis_words_loaded,"
     " utilization, bottleneck, memory_set, outer_set, inner_set, network_set,"
     " component_set, digest) VALUES(?1, (SELECT front_id FROM layer_front WHERE hash ="
     " ?2), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,"
     " ?19, ?20, ?21, ?22, ?23, ?24) ON CONFLICT(hash) DO NOTHING",
     true, 1},
    {"solution_memory",
     "SELECT s.hash AS solution, m.level, m.name, m.cycles, m.stored_bits,"
     " m.read_bits_per_cycle, m.write_bits_per_cycle, m.digest FROM"
     " solution_memory m JOIN solution s USING (solution_id) ORDER BY s.hash,"
     " m.level",
     "INSERT INTO memory_set VALUES((SELECT memory_set FROM solution WHERE hash = ?1),"
     " ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
     true, 3},
    {"solution_level",
     "SELECT s.hash AS solution, l.level, l.part, l.tile_words, l.instances,"
     " l.reads, l.fills, l.updates, l.drain_reads, l.read_bits, l.fill_bits,"
     " l.update_bits, l.read_pj, l.fill_pj, l.update_pj, l.lifetime_us, l.refreshes,"
     " r.mark AS read_mark,"
     " r.text AS read_origin, f.mark AS fill_mark, f.text AS fill_origin, u.mark"
     " AS update_mark, u.text AS update_origin, l.digest FROM solution_level l"
     " JOIN solution s USING (solution_id) JOIN origin r ON r.origin_id ="
     " l.read_origin_id JOIN origin f ON f.origin_id = l.fill_origin_id JOIN"
     " origin u ON u.origin_id = l.update_origin_id ORDER BY s.hash, l.level,"
     " l.part",
     "INSERT INTO level_set VALUES((SELECT CASE ?2 WHEN 0 THEN outer_set ELSE inner_set"
     " END FROM solution WHERE hash = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
     "?12, ?13, ?14, ?15,"
     " ?16, ?17, (SELECT origin_id FROM origin WHERE mark = ?18 AND text = ?19),"
     " (SELECT origin_id FROM origin WHERE mark = ?20 AND text = ?21), (SELECT"
     " origin_id FROM origin WHERE mark = ?22 AND text = ?23), ?24) ON CONFLICT DO"
     " NOTHING",
     true, 3},
    {"solution_network",
     "SELECT s.hash AS solution, n.level, n.part, n.words, n.adds, n.hops,"
     " n.bits, n.energy_pj, o.mark, o.text AS origin, n.digest FROM"
     " solution_network n JOIN solution s USING (solution_id) JOIN origin o"
     " USING (origin_id) ORDER BY s.hash, n.level, n.part",
     "INSERT INTO network_set VALUES((SELECT network_set FROM solution"
     " WHERE hash = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, (SELECT origin_id FROM"
     " origin WHERE mark = ?9 AND text = ?10), ?11) ON CONFLICT DO NOTHING",
     true, 3},
    {"solution_component",
     "SELECT s.hash AS solution, c.component, c.action, c.energy_pj, o.mark,"
     " o.text AS origin, c.digest FROM solution_component c JOIN solution s"
     " USING (solution_id) JOIN origin o USING (origin_id) ORDER BY s.hash,"
     " c.component, c.action",
     "INSERT INTO component_set VALUES((SELECT component_set FROM solution WHERE hash ="
     " ?1), ?2, ?3, ?4, (SELECT origin_id FROM origin WHERE mark = ?5 AND text = ?6),"
     " ?7) ON CONFLICT DO NOTHING",
     true, 3},
    {"weight_form",
     "SELECT hash, smartdeal, weights, measured, basis_size, rows,"
     " rows_per_block, blocks, density, row_density, coefficient_bits,"
     " basis_bits, scale_bits, index_format, coefficient_bits_total,"
     " basis_bits_total, index_bits_total, weight_bits, weight_words,"
     " weight_norm, rel_error, sqnr_db, exponents_used, joint_row_density_32,"
     " joint_row_density_64, sharing_group, sharing_slices, joint_row_density,"
     " prune_group, digit_encoding, digit_bits, digits_per_weight, digit_words, "
     "products_first, products, sums_per_weight, digest "
     "FROM weight_form ORDER BY hash",
     "INSERT INTO weight_form(hash, smartdeal, weights, measured, basis_size,"
     " rows, rows_per_block, blocks, density, row_density, coefficient_bits,"
     " basis_bits, scale_bits, index_format, coefficient_bits_total,"
     " basis_bits_total, index_bits_total, weight_bits, weight_words,"
     " weight_norm, rel_error, sqnr_db, exponents_used, joint_row_density_32,"
     " joint_row_density_64, sharing_group, sharing_slices, joint_row_density,"
     " prune_group, digit_encoding, digit_bits, digits_per_weight, digit_words, "
     "products_first, products, sums_per_weight, digest) VALUES(?1, ?2, ?3, ?4, ?5, "
     "?6, ?7, ?8, ?9, ?10, ?11,"
     " ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25,"
     " ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37) ON CONFLICT(hash) "
     "DO NOTHING",
     true, 1},
    {"point",
     "SELECT hash, status, reason, arch_hash, workload_hash, form_hash, arch,"
     " workload, form, objective, design, energy_pj, latency_cycles, latency_s,"
     " edp_pj_s, area_mm2, weight_bits, compression, rel_error, accuracy,"
     " output_error, output_sqnr_db, best_class_agreement, weights,"
     " mapper_status, mapper_gap, front_elements, digest FROM point ORDER BY"
     " hash",
     "INSERT INTO point(hash, status, reason, arch_hash, workload_hash,"
     " form_hash, arch, workload, form, objective, design, energy_pj,"
     " latency_cycles, latency_s, edp_pj_s, area_mm2, weight_bits, compression,"
     " rel_error, accuracy, output_error, output_sqnr_db, best_class_agreement,"
     " weights, mapper_status, mapper_gap, front_elements, digest) VALUES(?1,"
     " ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,"
     " ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28)",
     true, 1},
    {"sweep_point",
     "SELECT s.hash AS sweep, sp.position, p.hash AS point, sp.digest FROM"
     " sweep_point sp JOIN sweep s USING (sweep_id) JOIN point p USING"
     " (point_id) ORDER BY s.hash, sp.position",
     "INSERT INTO sweep_point VALUES((SELECT sweep_id FROM sweep WHERE hash ="
     " ?1), ?2, (SELECT point_id FROM point WHERE hash = ?3), ?4) ON CONFLICT DO"
     " NOTHING",
     true, 2},
    {"point_parameter",
     "SELECT p.hash AS point, q.path, q.value, q.digest FROM point_parameter q"
     " JOIN point p USING (point_id) ORDER BY p.hash, q.path",
     "INSERT INTO point_parameter VALUES((SELECT point_id FROM point WHERE hash"
     " = ?1), ?2, ?3, ?4)",
     true, 2},
    {"point_front",
     "SELECT p.hash AS point, f.rank, f.energy_pj, f.latency_cycles, f.digest"
     " FROM point_front f JOIN point p USING (point_id) ORDER BY p.hash, f.rank",
     "INSERT INTO point_front VALUES((SELECT point_id FROM point WHERE hash ="
     " ?1), ?2, ?3, ?4, ?5)",
     true, 2},
    {"point_layer",
     "SELECT p.hash AS point, l.layer_index, l.name, l.kind, l.repeat, l.copies, "
     "s.hash AS"
     " solution, f.hash AS form, l.digest FROM point_layer l JOIN point p USING"
     " (point_id) JOIN solution s USING (solution_id) LEFT JOIN weight_form f"
     " USING (form_id) ORDER BY p.hash, l.layer_index",
     "INSERT INTO point_layer VALUES((SELECT point_id FROM point WHERE hash ="
     " ?1), ?2, ?3, ?4, ?5, ?6, (SELECT solution_id FROM solution WHERE hash = ?7),"
     " (SELECT form_id FROM weight_form WHERE hash = ?8), ?9)",
     true, 3},
    {"training_run",
     "SELECT hash, name, method, settings, seed, test_accuracy,"
     " reference_accuracy, energy_pj, stored_bits, digest FROM training_run"
     " ORDER BY hash",
     "INSERT INTO training_run(hash, name, method, settings, seed,"
     " test_accuracy, reference_accuracy, energy_pj, stored_bits, digest)"
     " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT(hash) DO"
     " NOTHING",
     true, 2},
    {"training_epoch",
     "SELECT t.hash AS training, e.epoch, e.train_loss, e.train_accuracy,"
     " e.test_accuracy, e.learning_rate, e.energy_pj, e.weight_bits,"
     " e.stored_bits, e.digest"
     " FROM training_epoch e JOIN training_run t USING (training_id) ORDER BY"
     " t.hash, e.epoch",
     "INSERT INTO training_epoch VALUES((SELECT training_id FROM training_run"
     " WHERE hash = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
     true, 2},
    {"run_log",
     "SELECT s.hash AS sweep, r.tool_version, r.host, r.started, r.threads,"
     " r.seconds, r.points_done, r.points_reused, r.nodes_visited, r.variants,"
     " r.log10_mappings, r.outcome, r.digest FROM run_log r JOIN sweep s USING"
     " (sweep_id) ORDER BY r.run_id",
     "INSERT INTO run_log(sweep_id, tool_version, host, started, threads,"
     " seconds, points_done, points_reused, nodes_visited, variants,"
     " log10_mappings, outcome, digest) SELECT (SELECT sweep_id FROM sweep WHERE"
     " hash = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13 WHERE NOT"
     " EXISTS (SELECT 1 FROM run_log WHERE digest = ?13)",
     false, 4},
    {"tag",
     "SELECT t.tag, p.hash AS point, t.digest FROM tag t JOIN point p USING"
     " (point_id) ORDER BY t.tag, p.hash",
     "INSERT INTO tag VALUES(?1, (SELECT point_id FROM point WHERE hash = ?2), ?3)"
     " ON CONFLICT DO NOTHING",
     false, 2},
    {"tensor", "SELECT hash, data, digest FROM tensor ORDER BY hash",
     "INSERT INTO tensor(hash, data, digest) VALUES(?1, ?2, ?3) ON CONFLICT(hash) DO"
     " NOTHING",
     false, 1},
    {"layer_weights",
     "SELECT s.hash AS sweep, w.workload_hash, w.layer, t.hash AS tensor, w.digest FROM"
     " layer_weights w JOIN sweep s USING (sweep_id) JOIN tensor t USING (tensor_id)"
     " ORDER BY s.hash, w.workload_hash, w.layer",
     "INSERT INTO layer_weights VALUES((SELECT sweep_id FROM sweep WHERE hash = ?1), "
     "?2,"
     " ?3, (SELECT tensor_id FROM tensor WHERE hash = ?4), ?5) ON CONFLICT DO NOTHING",
     false, 3},
    {"place",
     "SELECT p.hash AS point, q.tensor, q.memory, q.first_layer, q.last_layer, q.bits,"
     " q.digest FROM place q JOIN point p USING (point_id) ORDER BY p.hash, q.tensor,"
     " q.memory, q.first_layer",
     "INSERT INTO place VALUES((SELECT point_id FROM point WHERE hash = ?1), ?2, ?3,"
     " ?4, ?5, ?6, ?7)",
     true, 4},
    {"grp",
     "SELECT p.hash AS point, g.group_index, g.first_layer, g.last_layer, g.tile_rows,"
     " g.tile_columns, g.tile_heads, g.tile_keys, g.tile_channels, g.retained,"
     " g.banded, g.weights_kept,"
     " g.inputs, g.outputs, g.memory, g.overlap, g.nest_order, g.digest FROM grp g"
     " JOIN point p USING (point_id) ORDER BY p.hash, g.group_index",
     "INSERT INTO grp VALUES((SELECT point_id FROM point WHERE hash = ?1), ?2, ?3, ?4,"
     " ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
     true, 2},
    {"nest",
     "SELECT p.hash AS point, n.nest_index, n.group_index, n.layer_index, n.first_row,"
     " n.row_count, n.row_step, n.first_column, n.column_count, n.column_step, "
     "n.times, n.bounds, n.map_rows, n.map_columns,"
     " n.row_stride, n.row_pad, n.column_stride, n.column_pad, n.inputs_shared, "
     "n.weights_shared,"
     " n.outputs_shared, n.addends_shared, n.writes_through, n.loads_weights,"
     " n.loaded_input_words, n.continues, n.unfinished, n.rescales, n.reserved_bits, "
     "n.inputs_ahead, n.weights_ahead, n.outputs_ahead, n.overlapped_runs, "
     "n.overlapped_times, n.outer_cycles, n.inner_cycles, n.latency_cycles, "
     "s.hash AS solution, n.digest FROM nest n"
     " JOIN point p USING (point_id) JOIN solution s USING (solution_id) ORDER BY"
     " p.hash, n.nest_index",
     "INSERT INTO nest VALUES((SELECT point_id FROM point WHERE hash = ?1), ?2, ?3, ?4,"
     " ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,"
     " ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37, "
     "(SELECT solution_id FROM"
     " solution WHERE hash = ?38), ?39)",
     true, 2},
    {"nest_place",
     "SELECT p.hash AS point, q.nest_index, q.memory, q.inputs, q.weights, q.outputs,"
     " q.addends, q.reserved_bits, q.digest FROM nest_place q JOIN point p USING"
     " (point_id) ORDER BY p.hash, q.nest_index, q.memory",
     "INSERT INTO nest_place VALUES((SELECT point_id FROM point WHERE hash = ?1), ?2,"
     " ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
     true, 3},
    {"copy",
     "SELECT p.hash AS point, c.before_layer, c.tensor, c.memory, c.words, s.hash AS"
     " solution, c.digest FROM copy c JOIN point p USING (point_id) JOIN solution s"
     " USING (solution_id) ORDER BY p.hash, c.before_layer, c.tensor",
     "INSERT INTO copy VALUES((SELECT point_id FROM point WHERE hash = ?1), ?2, ?3,"
     " ?4, ?5, (SELECT solution_id FROM solution WHERE hash = ?6), ?7)",
     true, 3},
};

const struct sdse_content_info *sdse_content_info(enum sdse_content table) {
    assert(table < SDSE_CONTENTS);
    return &infos[table];
}

bool sdse_content_is_shared(enum sdse_content table) {
    return table == SDSE_CONTENT_SOLUTION_MEMORY ||
           table == SDSE_CONTENT_SOLUTION_LEVEL ||
           table == SDSE_CONTENT_SOLUTION_NETWORK ||
           table == SDSE_CONTENT_SOLUTION_COMPONENT;
}

// ---- digests ----

enum tag { TAG_NULL, TAG_INTEGER, TAG_REAL, TAG_TEXT };

static void take(struct sdse_digest *digest, enum tag tag, uint64_t value) {
    digest->state = sdse_hash_join(digest->state, (struct sdse_hash){tag, value});
}

void sdse_digest_begin(struct sdse_digest *digest, enum sdse_content table) {
    digest->state = (struct sdse_hash){(uint64_t)table, 0};
}

void sdse_digest_null(struct sdse_digest *digest) { take(digest, TAG_NULL, 0); }

void sdse_digest_i64(struct sdse_digest *digest, int64_t value) {
    take(digest, TAG_INTEGER, (uint64_t)value);
}

void sdse_digest_f64(struct sdse_digest *digest, double value) {
    uint64_t bits;
    if (value == 0)
        value = 0; // not -0
    memcpy(&bits, &value, sizeof bits);
    if (isnan(value))
        sdse_digest_null(digest);
    else
        take(digest, TAG_REAL, bits);
}

static void take_text(struct sdse_digest *digest, const char *text, size_t bytes) {
    const struct sdse_hash hash = sdse_hash_bytes(text, bytes);
    take(digest, TAG_TEXT, bytes);
    digest->state = sdse_hash_join(digest->state, hash);
}

void sdse_digest_text(struct sdse_digest *digest, const char *text) {
    if (text)
        take_text(digest, text, strlen(text));
    else
        sdse_digest_null(digest);
}

void sdse_digest_bytes(struct sdse_digest *digest, const void *bytes, size_t count) {
    take_text(digest, bytes, count);
}

void sdse_digest_column(struct sdse_digest *digest, sqlite3_stmt *row, int column) {
    switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER:
        sdse_digest_i64(digest, sqlite3_column_int64(row, column));
        break;
    case SQLITE_FLOAT:
        sdse_digest_f64(digest, sqlite3_column_double(row, column));
        break;
    case SQLITE_NULL:
        sdse_digest_null(digest);
        break;
    case SQLITE_BLOB: {
        const void *bytes = sqlite3_column_blob(row, column);
        take_text(digest, bytes ? bytes : "",
                  (size_t)sqlite3_column_bytes(row, column));
        break;
    }
    default: {
        const char *text = (const char *)sqlite3_column_text(row, column);
        take_text(digest, text ? text : "", (size_t)sqlite3_column_bytes(row, column));
    }
    }
}

int64_t sdse_digest_value(const struct sdse_digest *digest) {
    return (int64_t)(digest->state.low ^ digest->state.high);
}

int64_t sdse_content_digest(enum sdse_content table, sqlite3_stmt *row) {
    struct sdse_digest digest;
    sdse_digest_begin(&digest, table);
    for (int i = sdse_content_is_shared(table); i < sqlite3_column_count(row) - 1; i++)
        sdse_digest_column(&digest, row, i);
    return sdse_digest_value(&digest);
}

bool sdse_content_agrees(enum sdse_content table, sqlite3_stmt *row) {
    const int last = sqlite3_column_count(row) - 1;
    return sqlite3_column_type(row, last) == SQLITE_INTEGER &&
           sqlite3_column_int64(row, last) == sdse_content_digest(table, row);
}

// ---- seals ----

bool sdse_seal_load(sqlite3 *db, enum sdse_content table, struct sdse_seal *seal,
                    int *code) {
    sqlite3_stmt *row = NULL;
    *code = sqlite3_prepare_v2(
        db, "SELECT row_count, digest FROM table_seal WHERE name = ?", -1, &row, NULL);
    if (*code == SQLITE_OK)
        *code = sqlite3_bind_text(row, 1, infos[table].table, -1, SQLITE_STATIC);
    if (*code == SQLITE_OK)
        *code = sqlite3_step(row);
    const bool found = *code == SQLITE_ROW;
    if (found)
        *seal = (struct sdse_seal){(uint64_t)sqlite3_column_int64(row, 0),
                                   (uint64_t)sqlite3_column_int64(row, 1)};
    if (found || *code == SQLITE_DONE)
        *code = SQLITE_OK;
    sqlite3_finalize(row);
    return found;
}

int sdse_seal_count(sqlite3 *db, enum sdse_content table, struct sdse_seal *seal) {
    char sql[96];
    sqlite3_stmt *row = NULL;
    snprintf(sql, sizeof sql, "SELECT digest FROM %s", infos[table].table);
    int code = sqlite3_prepare_v2(db, sql, -1, &row, NULL);
    *seal = (struct sdse_seal){0};
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(row);
        if (code != SQLITE_ROW)
            break;
        seal->rows++;
        seal->sum += (uint64_t)sqlite3_column_int64(row, 0);
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

int sdse_seal_all(sqlite3 *db) {
    sqlite3_stmt *keep = NULL;
    int code = sqlite3_prepare_v2(
        db, "INSERT OR REPLACE INTO table_seal VALUES(?, ?, ?)", -1, &keep, NULL);
    for (int i = 0; code == SQLITE_OK && i < SDSE_CONTENTS; i++) {
        struct sdse_seal seal;
        code = sdse_seal_count(db, (enum sdse_content)i, &seal);
        if (code != SQLITE_OK)
            break;
        sqlite3_bind_text(keep, 1, infos[i].table, -1, SQLITE_STATIC);
        sqlite3_bind_int64(keep, 2, (sqlite3_int64)seal.rows);
        sqlite3_bind_int64(keep, 3, (sqlite3_int64)seal.sum);
        code = sqlite3_step(keep) == SQLITE_DONE ? SQLITE_OK : sqlite3_errcode(db);
        sqlite3_reset(keep);
    }
    sqlite3_finalize(keep);
    return code;
}

// ---- reading ----

enum { MOST_NAMED = 20 }; // rows of one table; the rest is counted

static void complain(const struct sdse_content_reading *reading, const char *row,
                     const char *what) {
    struct sdse_diags *diags = reading->diags;
    const char *path =
        sdse_arena_strdup(diags->arena, sqlite3_db_filename(reading->db, "main"));
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = path}, "results-damaged",
                  "table %s%s%s", infos[reading->table].table, row, what);
}

// ", solution 01ab..., level 1, part weights": what names the row.
static void complain_row(const struct sdse_content_reading *reading) {
    char text[512] = "";
    sqlite3_stmt *row = reading->row;
    for (int i = 0; i < infos[reading->table].keys; i++) {
        const size_t used = strlen(text);
        const char *name = sqlite3_column_name(row, i);
        const char *value = (const char *)sqlite3_column_text(row, i);
        snprintf(text + used, sizeof text - used, ", %s %.120s", name ? name : "",
                 value ? value : "NULL");
    }
    complain(reading, text, ": the row is not what was written");
}

int sdse_content_begin(struct sdse_content_reading *reading, sqlite3 *db,
                       enum sdse_content table, struct sdse_diags *diags) {
    *reading = (struct sdse_content_reading){.db = db, .table = table, .diags = diags};
    return sqlite3_prepare_v2(db, infos[table].select, -1, &reading->row, NULL);
}

int sdse_content_next(struct sdse_content_reading *reading) {
    sqlite3_stmt *row = reading->row;
    const int code = sqlite3_step(row);
    if (code != SQLITE_ROW) {
        sqlite3_finalize(row);
        reading->row = NULL;
        reading->whole = code == SQLITE_DONE;
        return code;
    }
    reading->seal.rows++;
    reading->seal.sum +=
        (uint64_t)sqlite3_column_int64(row, sqlite3_column_count(row) - 1);
    if (!sdse_content_agrees(reading->table, row) && ++reading->wrong <= MOST_NAMED)
        complain_row(reading);
    return code;
}

int sdse_content_end(struct sdse_content_reading *reading) {
    sqlite3_finalize(reading->row);
    if (!reading->whole)
        return SQLITE_OK;
    if (reading->wrong > MOST_NAMED) {
        char text[64];
        snprintf(text, sizeof text, ": %llu more rows are not what was written",
                 (unsigned long long)(reading->wrong - MOST_NAMED));
        complain(reading, "", text);
    }
    struct sdse_seal sealed = {0};
    int code;
    const bool found = sdse_seal_load(reading->db, reading->table, &sealed, &code);
    const struct sdse_seal *is = &reading->seal;
    if (code != SQLITE_OK ||
        (found && is->rows == sealed.rows && is->sum == sealed.sum))
        return code;
    complain(reading, "",
             !found                   ? " has no seal"
             : is->rows < sealed.rows ? " has lost rows, or what they refer to"
             : is->rows > sealed.rows ? " has more rows than were written"
                                      : " has other rows than were written");
    reading->wrong++;
    return SQLITE_OK;
}

int sdse_content_check(sqlite3 *db, enum sdse_content table, struct sdse_diags *diags,
                       uint64_t *wrong) {
    struct sdse_content_reading reading;
    int code = sdse_content_begin(&reading, db, table, diags);
    if (code != SQLITE_OK)
        return code;
    do
        code = sdse_content_next(&reading);
    while (code == SQLITE_ROW);
    const int ended = sdse_content_end(&reading);
    *wrong += reading.wrong;
    return code == SQLITE_DONE ? ended : code;
}
