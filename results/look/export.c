#include "results/look/export.h"

#include <inttypes.h>
#include <math.h>

#include "results/look/table.h"
#include "results/store/database.h"

// Tables in the order a reader needs them (what is referred to comes first), with row
// ids replaced by hashes.
static const struct {
    const char *table;
    const char *sql;
} sections[] = {
    {"meta", "SELECT * FROM meta ORDER BY key"},
    {"input", "SELECT hash, kind, name, text FROM input ORDER BY hash"},
    {"sweep", "SELECT hash, name, point_count, objective, max_area_mm2 FROM sweep "
              "ORDER BY hash"},
    {"layer_front",
     "SELECT hash, proof, gap, seconds_limit, hint FROM layer_front ORDER BY hash"},
    {"layer_front_element",
     "SELECT f.hash AS front, e.rank, e.energy_pj, e.latency_cycles, e.mapping"
     " FROM layer_front_element e JOIN layer_front f USING (front_id)"
     " ORDER BY f.hash, e.rank"},
    {"solution",
     "SELECT s.hash, f.hash AS front, s.proof, s.gap, s.mapping, s.energy_pj,"
     " s.latency_cycles, s.compute_cycles, s.fill_cycles, s.drain_cycles,"
     " s.pass_cycles, s.rebuild_cycles, s.macs, s.multipliers_used, s.shift_adds,"
     " s.basis_words_loaded, s.utilization, s.bottleneck"
     " FROM solution s LEFT JOIN layer_front f USING (front_id) ORDER BY s.hash"},
    {"solution_memory",
     "SELECT s.hash AS solution, m.level, m.name, m.cycles, m.stored_bits,"
     " m.read_bits_per_cycle, m.write_bits_per_cycle"
     " FROM solution_memory m JOIN solution s USING (solution_id)"
     " ORDER BY s.hash, m.level"},
    {"solution_level",
     "SELECT s.hash AS solution, l.level, l.part, l.tile_words, l.instances, l.reads,"
     " l.fills, l.updates, l.drain_reads, l.read_bits, l.fill_bits, l.update_bits,"
     " l.read_pj, l.fill_pj, l.update_pj,"
     " r.mark AS read_mark, r.text AS read_origin, f.mark AS fill_mark,"
     " f.text AS fill_origin, u.mark AS update_mark, u.text AS update_origin"
     " FROM solution_level l JOIN solution s USING (solution_id)"
     " JOIN origin r ON r.origin_id = l.read_origin_id"
     " JOIN origin f ON f.origin_id = l.fill_origin_id"
     " JOIN origin u ON u.origin_id = l.update_origin_id"
     " ORDER BY s.hash, l.level, l.part"},
    {"solution_network",
     "SELECT s.hash AS solution, n.level, n.part, n.words, n.adds, n.hops, n.bits,"
     " n.energy_pj, o.mark, o.text AS origin"
     " FROM solution_network n JOIN solution s USING (solution_id)"
     " JOIN origin o USING (origin_id) ORDER BY s.hash, n.level, n.part"},
    {"solution_component",
     "SELECT s.hash AS solution, c.component, c.action, c.energy_pj, o.mark,"
     " o.text AS origin FROM solution_component c JOIN solution s USING (solution_id)"
     " JOIN origin o USING (origin_id) ORDER BY s.hash, c.component, c.action"},
    {"weight_form",
     "SELECT hash, smartdeal, weights, measured, basis_size, rows, rows_per_block,"
     " blocks, density, row_density, coefficient_bits, basis_bits, scale_bits,"
     " index_format, coefficient_bits_total, basis_bits_total, index_bits_total,"
     " weight_bits, weight_words, weight_norm, rel_error, sqnr_db, exponents_used,"
     " joint_row_density_32, joint_row_density_64, sharing_group, sharing_slices,"
     " joint_row_density, prune_group, digit_encoding, digit_bits, digits_per_weight,"
     " digit_words"
     " FROM weight_form ORDER BY hash"},
    {"point",
     "SELECT hash, status, reason, arch_hash, workload_hash, form_hash, arch, workload,"
     " form, objective, design, energy_pj, latency_cycles, latency_s, edp_pj_s, "
     "area_mm2,"
     " weight_bits, compression, rel_error, accuracy, output_error, output_sqnr_db,"
     " best_class_agreement, weights, mapper_status,"
     " mapper_gap, front_elements FROM point ORDER BY hash"},
    {"sweep_point",
     "SELECT s.hash AS sweep, sp.position, p.hash AS point FROM sweep_point sp"
     " JOIN sweep s USING (sweep_id) JOIN point p USING (point_id)"
     " ORDER BY s.hash, sp.position"},
    {"point_parameter", "SELECT p.hash AS point, q.path, q.value FROM point_parameter q"
                        " JOIN point p USING (point_id) ORDER BY p.hash, q.path"},
    {"point_front",
     "SELECT p.hash AS point, f.rank, f.energy_pj, f.latency_cycles FROM point_front f"
     " JOIN point p USING (point_id) ORDER BY p.hash, f.rank"},
    {"point_layer",
     "SELECT p.hash AS point, l.layer_index, l.name, l.kind, l.repeat,"
     " s.hash AS solution, f.hash AS form FROM point_layer l"
     " JOIN point p USING (point_id) JOIN solution s USING (solution_id)"
     " LEFT JOIN weight_form f USING (form_id) ORDER BY p.hash, l.layer_index"},
    {"training_run",
     "SELECT hash, name, method, settings, seed, test_accuracy, reference_accuracy,"
     " energy_pj, stored_bits FROM training_run ORDER BY hash"},
    {"training_epoch",
     "SELECT t.hash AS training, e.epoch, e.train_loss, e.train_accuracy,"
     " e.test_accuracy, e.learning_rate, e.energy_pj, e.weight_bits"
     " FROM training_epoch e JOIN training_run t USING (training_id)"
     " ORDER BY t.hash, e.epoch"},
};

// False when memory is out.
static bool write_value(sqlite3_stmt *row, int column, FILE *out) {
    switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER:
        fprintf(out, "%" PRId64, (int64_t)sqlite3_column_int64(row, column));
        break;
    case SQLITE_FLOAT:
        if (isfinite(sqlite3_column_double(row, column)))
            fprintf(out, "%.17g", sqlite3_column_double(row, column));
        else // JSON has no infinity: a gap without a bound
            fputs("null", out);
        break;
    case SQLITE_NULL:
        fputs("null", out);
        break;
    default: {
        const char *text = (const char *)sqlite3_column_text(row, column);
        if (text)
            sdse_table_json_string(text, out);
        return text != NULL;
    }
    }
    return true;
}

static int write_section(sqlite3 *db, const char *table, const char *sql, FILE *out) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &row, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(row);
        if (code != SQLITE_ROW)
            break;
        fprintf(out, "{\"table\":\"%s\"", table);
        const int columns = sqlite3_column_count(row);
        for (int i = 0; code == SQLITE_ROW && i < columns; i++) {
            const char *name = sqlite3_column_name(row, i);
            fprintf(out, ",\"%s\":", name ? name : "");
            if (!name || !write_value(row, i, out))
                code = SQLITE_NOMEM;
        }
        fputs("}\n", out);
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

enum sdse_status sdse_export_write(struct sdse_reader *reader, FILE *out,
                                   struct sdse_diags *diags) {
    sqlite3 *db = reader->db;
    int code = sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
    for (size_t i = 0; code == SQLITE_OK && i < sizeof sections / sizeof *sections; i++)
        code = write_section(db, sections[i].table, sections[i].sql, out);
    enum sdse_status status = SDSE_OK;
    if (code != SQLITE_OK)
        status = sdse_database_refuse(db, code, sqlite3_db_filename(db, "main"), diags);
    if (!sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    if (status == SDSE_OK && ferror(out))
        status = SDSE_IO;
    return status;
}
