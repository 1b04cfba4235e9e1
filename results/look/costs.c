#include "results/look/costs.h"

#include <math.h>

#include "results/store/database.h"

static const char *text_of(struct sdse_arena *arena, sqlite3_stmt *row, int column) {
    const char *text = (const char *)sqlite3_column_text(row, column);
    return sdse_arena_strdup(arena, text ? text : "");
}

static int prepare(sqlite3 *db, const char *sql, int64_t point_id, sqlite3_stmt **row) {
    const int code = sqlite3_prepare_v2(db, sql, -1, row, NULL);
    return code == SQLITE_OK ? sqlite3_bind_int64(*row, 1, point_id) : code;
}

// Of one execution.
static double value_of(enum sdse_objective objective, double energy, double cycles) {
    switch (objective) {
    case SDSE_LATENCY:
        return cycles;
    case SDSE_EDP:
        return energy * cycles;
    case SDSE_ED2P:
        return energy * cycles * cycles;
    default:
        return energy;
    }
}

// Puts the element of least objective in place of what the point chose.
static int choose(sqlite3_stmt *front, enum sdse_objective objective,
                  struct sdse_layer_cost *layer) {
    int code = sqlite3_bind_int64(front, 2, (sqlite3_int64)layer->index);
    double least = HUGE_VAL;
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(front);
        if (code != SQLITE_ROW)
            break;
        const double energy = sqlite3_column_double(front, 0);
        const uint64_t cycles = (uint64_t)sqlite3_column_int64(front, 1);
        const double value = value_of(objective, energy, (double)cycles);
        if (value >= least)
            continue;
        least = value;
        layer->energy_pj = energy * (double)layer->repeat;
        layer->latency_cycles = cycles * layer->repeat;
    }
    const int ended = sqlite3_reset(front);
    return code == SQLITE_DONE ? ended : code;
}

static int read_layers(sqlite3 *db, int64_t point_id, enum sdse_objective objective,
                       struct sdse_arena *arena, struct sdse_layer_costs *out) {
    sqlite3_stmt *row = NULL, *front = NULL;
    int code = prepare(db,
                       "SELECT layer_index, layer, kind, repeat, energy_pj,"
                       " latency_cycles, macs, weight_bits, mapper_status, mapper_gap"
                       " FROM v_layer WHERE point_id = ?1 ORDER BY layer_index",
                       point_id, &row);
    if (code == SQLITE_OK)
        code = prepare(db,
                       "SELECT energy_pj, latency_cycles FROM v_layer_front WHERE"
                       " point_id = ?1 AND layer_index = ?2 ORDER BY rank",
                       point_id, &front);
    size_t capacity = 0;
    while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        if (out->count == capacity) {
            const size_t wanted = capacity ? 2 * capacity : 64;
            struct sdse_layer_cost *grown =
                SDSE_ARENA_ARRAY(arena, struct sdse_layer_cost, wanted);
            for (size_t i = 0; grown && i < out->count; i++)
                grown[i] = out->layers[i];
            out->layers = grown;
            capacity = wanted;
        }
        if (!out->layers) {
            code = SQLITE_NOMEM;
            break;
        }
        struct sdse_layer_cost *layer = &out->layers[out->count++];
        *layer = (struct sdse_layer_cost){
            .index = (uint64_t)sqlite3_column_int64(row, 0),
            .name = text_of(arena, row, 1),
            .kind = text_of(arena, row, 2),
            .repeat = (uint64_t)sqlite3_column_int64(row, 3),
            .energy_pj = sqlite3_column_double(row, 4),
            .latency_cycles = (uint64_t)sqlite3_column_int64(row, 5),
            .macs = (uint64_t)sqlite3_column_int64(row, 6),
            .weight_bits = sqlite3_column_type(row, 7) == SQLITE_NULL
                               ? (double)NAN
                               : sqlite3_column_double(row, 7),
            .proof = text_of(arena, row, 8),
            .gap = sqlite3_column_double(row, 9)};
        code = layer->name && layer->kind && layer->proof
                   ? choose(front, objective, layer)
                   : SQLITE_NOMEM;
    }
    sqlite3_finalize(row);
    sqlite3_finalize(front);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int read_inputs(sqlite3 *db, int64_t point_id, struct sdse_arena *arena,
                       struct sdse_layer_costs *out) {
    sqlite3_stmt *row = NULL;
    int code = prepare(db,
                       "SELECT a.text, w.text, a.hash, w.hash FROM point p JOIN v_input a"
                       " ON a.hash = p.arch_hash JOIN v_input w ON w.hash ="
                       " p.workload_hash WHERE p.point_id = ?1",
                       point_id, &row);
    if (code == SQLITE_OK)
        code = sqlite3_step(row);
    if (code == SQLITE_ROW) {
        out->arch_text = text_of(arena, row, 0);
        out->workload_text = text_of(arena, row, 1);
        const char *arch = (const char *)sqlite3_column_text(row, 2),
                   *network = (const char *)sqlite3_column_text(row, 3);
        const bool named = arch && network && sdse_hash_parse(arch, &out->arch) &&
                           sdse_hash_parse(network, &out->workload);
        code = !out->arch_text || !out->workload_text ? SQLITE_NOMEM
               : named                                ? SQLITE_OK
                                                      : SQLITE_CORRUPT;
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SQLITE_CORRUPT : code;
}

enum sdse_status sdse_layer_costs_load(struct sdse_reader *reader, int64_t point_id,
                                       enum sdse_objective objective,
                                       struct sdse_arena *arena,
                                       struct sdse_diags *diags,
                                       struct sdse_layer_costs *out) {
    struct sdse_layer_costs read = {0};
    int code = read_inputs(reader->db, point_id, arena, &read);
    if (code == SQLITE_OK)
        code = read_layers(reader->db, point_id, objective, arena, &read);
    if (code != SQLITE_OK)
        return sdse_database_refuse(reader->db, code,
                                    sqlite3_db_filename(reader->db, "main"), diags);
    *out = read;
    return SDSE_OK;
}
