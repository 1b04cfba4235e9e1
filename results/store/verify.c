#include "results/store/verify.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "results/store/content.h"
#include "results/store/database.h"
#include "results/store/schema.h"
#include "results/store/statements.h"

struct checking {
    sqlite3 *db;
    struct sdse_diags *diags;
    uint64_t wrong;
};

static void complain(struct checking *c, const char *check, const char *what) {
    c->wrong++;
    sdse_diag_add(
        c->diags, SDSE_ERROR,
        (struct sdse_loc){.file = sdse_arena_strdup(
                              c->diags->arena, sqlite3_db_filename(c->db, "main"))},
        check, "%s", what);
}

// ---- questions whose every answer is a fault ----

#define NEAR(a, b) "abs((" a ") - (" b ")) <= 1e-9 * max(abs(" a "), abs(" b "))"

// Whether solution s says what is held in several memories, and from there on its text:
// ", L2: 96, GLB: 32}, …".
#define SAYS_MAP "instr(" SDSE_MAPPING_TEXT("s.mapping") ", 'reserved_bits: {')"
#define HELD_MAP                                                           \
    "', ' || replace(substr(" SDSE_MAPPING_TEXT("s.mapping") ", " SAYS_MAP \
                                                             " + 16), '\"', '')"
// Names may have braces, but no ends of lines.
#define UP_TO_END(map) "substr(" map ", 1, instr(" map ", '}' || char(10)))"

// What such a map says of a memory.
#define HELD_IN(map, memory)                                                      \
    "(CASE WHEN instr(" map ", ', ' || " memory " || ': ') THEN CAST(substr(" map \
    ", instr(" map ", ', ' || " memory " || ': ') + length(" memory               \
    ") + 4) AS REAL) ELSE 0.0 END)"

// Whether place l has its tensor while a layer runs that does not make it.
#define HOLDS(row)                                                    \
    " l.point_id = " row ".point_id AND l.tensor <> " row ".name AND" \
    " l.first_layer <= " row ".layer_index AND l.last_layer >= " row ".layer_index"

// Bits of the tensors that are in a memory while a layer runs, of others.
#define ALIVE_IN(row)                                          \
    "(SELECT total(l.bits) FROM place l WHERE l.memory = " row \
    ".memory AND" HOLDS(row) ")"

// What a mapping's text says of the bits that are held (spec/place.h) in one memory.
#define HELD(text)                                                         \
    "(CASE WHEN instr(" text ", 'reserved_bits: ') THEN CAST(substr(" text \
    ", instr(" text ", 'reserved_bits: ') + 15) AS REAL) ELSE 0.0 END)"

static const struct {
    const char *check, *sql;
} faults[] = {
    {"results-damaged",
     "SELECT 'table ' || \"table\" || ', row ' || coalesce(rowid, '?') ||"
     " ': what it refers to in table ' || parent || ' is not there'"
     " FROM pragma_foreign_key_check"},
    {"verify-sum",
     "SELECT 'point ' || p.hash || ': its layers do not add up to its energy' FROM"
     " point p JOIN point_layer l USING (point_id) JOIN solution s USING (solution_id)"
     " WHERE p.status = 'ok' GROUP BY p.point_id HAVING NOT " NEAR(
         "total(s.energy_pj * l.repeat)", "p.energy_pj")},
    {"verify-sum",
     "SELECT 'point ' || p.hash || ': its layers do not add up to its cycles' FROM"
     " point p JOIN point_layer l USING (point_id) JOIN solution s USING (solution_id)"
     " WHERE p.status = 'ok' GROUP BY p.point_id"
     " HAVING sum(s.latency_cycles * l.repeat) <> p.latency_cycles"},
    {"verify-sum",
     "SELECT 'point ' || hash || ': it has no layers' FROM point p WHERE status = 'ok'"
     " AND NOT EXISTS (SELECT 1 FROM point_layer l WHERE l.point_id = p.point_id)"},
    {"verify-sum",
     "SELECT 'point ' || hash || ': its energy-delay product is another' FROM point"
     " WHERE status = 'ok' AND edp_pj_s <> energy_pj * latency_s"},
    {"verify-sum",
     "SELECT 'solution ' || hash || ': its parts do not add up to its energy' FROM"
     " (SELECT s.hash, s.energy_pj,"
     "  (SELECT total(read_pj + fill_pj + update_pj) FROM solution_level l"
     "   WHERE l.solution_id = s.solution_id) +"
     "  (SELECT total(energy_pj) FROM solution_network n"
     "   WHERE n.solution_id = s.solution_id) +"
     "  (SELECT total(energy_pj) FROM solution_component c"
     "   WHERE c.solution_id = s.solution_id) AS parts FROM solution s)"
     " WHERE NOT " NEAR("parts", "energy_pj")},
#define BROKEN_SET(name, column, table, what)                                 \
    {"verify-sum", "SELECT 'solution ' || hash || ': its " what               \
                   " are not those that it had' FROM solution WHERE " #column \
                   " IN (" SDSE_BROKEN_SETS(column, table) ")"},
    SDSE_SET_MAP(BROKEN_SET)
#undef BROKEN_SET
        {"verify-front",
         "SELECT 'layer front ' || f.hash || ': element ' || b.rank || ' does not "
         "belong'"
         " || ' after the one before it' FROM layer_front_element a"
         " JOIN layer_front_element b ON b.front_id = a.front_id AND b.rank = a.rank + "
         "1"
         " JOIN layer_front f ON f.front_id = a.front_id WHERE NOT"
         " (b.energy_pj > a.energy_pj AND b.latency_cycles < a.latency_cycles)"},
    {"verify-front",
     "SELECT 'solution ' || s.hash || ': it is not on its front' FROM solution s"
     " WHERE s.front_id IS NOT NULL AND s.proof = 'optimal' AND NOT EXISTS"
     " (SELECT 1 FROM layer_front_element e WHERE e.front_id = s.front_id AND"
     "  " SDSE_MAPPING_TEXT("e.mapping") " = " SDSE_MAPPING_TEXT(
         "s.mapping") " AND e.latency_cycles = s.latency_cycles AND " NEAR("e.energy_"
                                                                           "pj",
                                                                           "s.energy_"
                                                                           "pj") ")"},
    {"verify-front",
     "SELECT 'point ' || p.hash || ': front element ' || b.rank || ' does not belong'"
     " || ' after the one before it' FROM point_front a"
     " JOIN point_front b ON b.point_id = a.point_id AND b.rank = a.rank + 1"
     " JOIN point p ON p.point_id = a.point_id WHERE NOT"
     " (b.energy_pj > a.energy_pj AND b.latency_cycles < a.latency_cycles)"},
    {"verify-front",
     "SELECT 'point ' || p.hash || ': it is not on its front' FROM point p WHERE"
     " p.status = 'ok' AND NOT EXISTS (SELECT 1 FROM point_front f WHERE f.point_id ="
     " p.point_id AND f.energy_pj = p.energy_pj AND f.latency_cycles ="
     " p.latency_cycles)"},
    {"verify-front",
     "SELECT 'point ' || p.hash || ': its front has ' || count(f.rank) || ' elements,'"
     " || ' of ' || p.front_elements FROM point p LEFT JOIN point_front f USING"
     " (point_id) WHERE p.status = 'ok' GROUP BY p.point_id HAVING count(f.rank) >"
     " p.front_elements OR max(f.rank) <> count(f.rank) - 1"},
    {"verify-place",
     "SELECT 'point ' || p.hash || ': tensors may stay between its layers, and it has'"
     " || ' no places' FROM point p WHERE p.status = 'ok' AND EXISTS (SELECT 1 FROM"
     " point_parameter q WHERE q.point_id = p.point_id AND q.path = 'mapper.resident')"
     " AND NOT EXISTS (SELECT 1 FROM place l WHERE l.point_id = p.point_id) AND NOT"
     " EXISTS (SELECT 1 FROM grp g WHERE g.point_id = p.point_id)"},
    {"verify-group",
     "SELECT 'point ' || p.hash || ', layer ' || l.name || ': it takes turns with"
     " others, and its nests are not there, or do not add up to "
     "it'" SDSE_BROKEN_GROUPS},
    {"verify-group",
     "SELECT 'point ' || p.hash || ', nest ' || n.nest_index || ': no group has it'"
     " FROM nest n JOIN point p USING (point_id) WHERE NOT EXISTS (SELECT 1 FROM grp g"
     " WHERE g.point_id = n.point_id AND g.group_index = n.group_index AND"
     " n.layer_index BETWEEN g.first_layer AND g.last_layer)"},
    {"verify-group",
     "SELECT 'point ' || p.hash || ', nest ' || q.nest_index || ': it is not there, or"
     " of a group in ' || q.memory || ', which has something of it besides' FROM"
     " nest_place q JOIN point p USING (point_id) WHERE NOT EXISTS (SELECT 1 FROM nest"
     " n JOIN grp g USING (point_id, group_index) WHERE n.point_id = q.point_id AND"
     " n.nest_index = q.nest_index AND g.memory <> q.memory)"},
    {"verify-group",
     "SELECT 'point ' || p.hash || ', group ' || g.group_index || ': it has layers of"
     " another' FROM grp g JOIN point p USING (point_id) WHERE EXISTS (SELECT 1 FROM"
     " grp h WHERE h.point_id = g.point_id AND h.group_index <> g.group_index AND"
     " h.first_layer <= g.last_layer AND h.last_layer >= g.first_layer)"},
    {"verify-place",
     "SELECT 'point ' || p.hash || ', tensor ' || l.tensor || ': it is in a memory, or'"
     " || ' made or read by a layer, that is not there' FROM place l JOIN point p USING"
     " (point_id) WHERE NOT EXISTS (SELECT 1 FROM point_layer f WHERE f.point_id ="
     "  l.point_id AND f.layer_index = l.first_layer AND f.name = l.tensor) AND NOT"
     " EXISTS (SELECT 1 FROM point_layer f JOIN copy c USING (point_id) WHERE"
     "  f.point_id = l.point_id AND f.name = l.tensor AND f.layer_index <"
     "  l.first_layer AND c.tensor = l.tensor AND c.memory = l.memory AND"
     "  c.before_layer = l.first_layer) OR NOT EXISTS (SELECT 1 FROM point_layer f "
     "WHERE f.point_id = l.point_id AND"
     "  f.layer_index = l.last_layer) OR NOT EXISTS (SELECT 1 FROM point_layer f JOIN"
     "  solution_memory m USING (solution_id) WHERE f.point_id = l.point_id AND"
     "  f.layer_index = l.first_layer AND m.name IN (l.memory, l.memory || '.1'))"},
    {"verify-place",
     "SELECT 'point ' || p.hash || ', tensor ' || c.tensor || ': it is brought in, and'"
     " || ' is not there then' FROM copy c JOIN point p USING (point_id) WHERE NOT"
     " EXISTS (SELECT 1 FROM place l WHERE l.point_id = c.point_id AND l.tensor ="
     "  c.tensor AND l.memory = c.memory AND l.first_layer = c.before_layer)"},
    // What a layer's mapping says is held while it runs is what is alive there then.
    {"verify-place",
     "SELECT 'point ' || p.hash || ', layer ' || f.name || ': what is held while it'"
     " || ' runs is not what is in the shared memory then' FROM point p JOIN"
     " point_layer f USING (point_id) JOIN solution s USING (solution_id) WHERE EXISTS"
     " (SELECT 1 FROM place l WHERE l.point_id = p.point_id) AND NOT EXISTS (SELECT 1"
     " FROM grp g WHERE g.point_id = f.point_id AND f.layer_index BETWEEN"
     " g.first_layer AND g.last_layer) AND NOT " NEAR(
         "(SELECT total(l.bits) FROM place l WHERE" HOLDS(
             "f") " AND NOT"
                  " EXISTS (SELECT 1 FROM solution_memory m WHERE m.solution_id ="
                  " f.solution_id AND m.level = 0 AND m.name = l.memory))",
         HELD(SDSE_MAPPING_TEXT("s.mapping"))) " AND NOT " SAYS_MAP},
    // The same of each memory, where several share.
    {"verify-place",
     "SELECT DISTINCT 'point ' || q.hash || ', layer ' || q.name || ': what is held'"
     " || ' while it runs is not what is in memory ' || q.memory || ' then' FROM"
     " (SELECT p.hash, f.name, f.point_id, f.layer_index, CASE WHEN m.name LIKE '%.1'"
     "  THEN substr(m.name, 1, length(m.name) - 2) ELSE m.name END AS memory, " HELD_MAP
     "  AS held FROM point p JOIN point_layer f USING (point_id) JOIN solution s USING"
     "  (solution_id) JOIN solution_memory m USING (solution_id) WHERE m.level > 0 AND"
     "  EXISTS (SELECT 1 FROM place l WHERE l.point_id = p.point_id) AND " SAYS_MAP
     ") q WHERE NOT " NEAR(ALIVE_IN("q"), HELD_IN(UP_TO_END("q.held"), "q.memory"))},
};

static int ask(struct checking *c, const char *check, const char *sql) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(c->db, sql, -1, &row, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(row);
        if (code == SQLITE_ROW)
            complain(c, check, sdse_row_peek(row, 0));
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

// ---- inputs ----

static bool is_hash(struct sdse_hash hash, const char *text) {
    char own[SDSE_HASH_TEXT_BYTES];
    sdse_hash_text(hash, own);
    return strcmp(own, text) == 0;
}

static int check_inputs(struct checking *c) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(c->db, "SELECT hash, kind, name, text FROM v_input",
                                  -1, &row, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(row);
        if (code != SQLITE_ROW)
            break;
        const char *name = sdse_row_peek(row, 0), *kind = sdse_row_peek(row, 1),
                   *text = sdse_row_peek(row, 3);
        struct sdse_hash hash = sdse_hash_bytes(text, strlen(text));
        if (strcmp(kind, "form") == 0)
            hash = sdse_hash_join(hash, sdse_hash_bytes(sdse_row_peek(row, 2),
                                                        strlen(sdse_row_peek(row, 2))));
        else if (strcmp(kind, "arch") != 0 && strcmp(kind, "workload") != 0 &&
                 strcmp(kind, "sweep") != 0)
            continue;
        if (!is_hash(hash, name))
            complain(c, "verify-input",
                     sdse_arena_printf(c->diags->arena,
                                       "%s %s (%s): its hash is not that of its text",
                                       kind, name, sdse_row_peek(row, 2)));
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

// ---- weights ----

static int check_tensors(struct checking *c) {
    sqlite3_stmt *row = NULL;
    int code =
        sqlite3_prepare_v2(c->db, "SELECT hash, data FROM tensor", -1, &row, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(row);
        if (code != SQLITE_ROW)
            break;
        const void *data = sqlite3_column_blob(row, 1);
        const size_t bytes = (size_t)sqlite3_column_bytes(row, 1);
        if (!is_hash(sdse_hash_bytes(data ? data : "", bytes), sdse_row_peek(row, 0)))
            complain(c, "verify-input",
                     sdse_arena_printf(c->diags->arena,
                                       "tensor %s: its hash is not that of its values",
                                       sdse_row_peek(row, 0)));
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

// ---- all of it ----

enum sdse_status sdse_verify_stored(struct sdse_reader *reader,
                                    struct sdse_diags *diags) {
    struct checking c = {.db = reader->db, .diags = diags};
    const char *path = sqlite3_db_filename(c.db, "main");
    int code = sqlite3_exec(c.db, "BEGIN", NULL, NULL, NULL); // one moment
    const enum sdse_status structure =
        code == SQLITE_OK ? sdse_database_verify_all(c.db, path, diags) : SDSE_OK;
    // What does not hold together cannot be asked.
    const bool asks = code == SQLITE_OK && structure != SDSE_IO &&
                      structure != SDSE_NO_MEMORY && structure != SDSE_DATABASE;
    for (size_t i = 0; asks && code == SQLITE_OK && i < sizeof faults / sizeof *faults;
         i++)
        code = ask(&c, faults[i].check, faults[i].sql);
    if (asks && code == SQLITE_OK)
        code = check_inputs(&c);
    if (asks && code == SQLITE_OK)
        code = check_tensors(&c);
    enum sdse_status status = structure;
    if (code != SQLITE_OK && structure == SDSE_OK)
        status = sdse_database_refuse(c.db, code, path, diags);
    if (!sqlite3_get_autocommit(c.db))
        sqlite3_exec(c.db, "ROLLBACK", NULL, NULL, NULL);
    return status == SDSE_OK && c.wrong ? SDSE_INVALID : status;
}
