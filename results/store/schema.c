#include "results/store/schema.h"

#include <stddef.h>

#include "results/store/mapping_text.h"

// Every fragment is one statement: C guarantees string literals of 4095 bytes only.
#define HASH_COLUMN "hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 32)"
#define PROOF_COLUMNS                                                            \
    "proof TEXT NOT NULL CHECK (proof IN ('optimal', 'limit', 'interrupted')), " \
    "gap REAL NOT NULL CHECK (gap >= 0)"
// What the row says, and what it refers to, as it was written
// (results/store/content.h).
#define DIGEST_COLUMN " digest INTEGER NOT NULL"
#define WEIGHTS_CHECK "IN ('real', 'synthetic', 'declared')"
#define OBJECTIVE_COLUMN            \
    "objective TEXT NOT NULL CHECK" \
    " (objective IN ('energy', 'latency', 'edp', 'ed2p'))"

// Every picojoule of the solutions of `run`, `times` what one takes, behind the columns
// that `owner` begins. Every branch is a join of its own from `run` on: SQLite then
// looks up one point's rows instead of building the whole union first.
#define ENERGIES_OF_LEVELS(owner, run, times, what)                                    \
    owner " m.name AS component, l.part || ' " what "' AS action, l." what "_pj" times \
          " AS energy_pj, o.mark AS origin_mark, o.text AS origin"                     \
          " FROM " run " JOIN solution_level l USING (solution_id)"                    \
          " JOIN solution_memory m USING (solution_id, level)"                         \
          " JOIN origin o ON o.origin_id = l." what "_origin_id"
#define ENERGIES_OF_NETWORKS(owner, run, times)                                       \
    owner " m.name || ' network', n.part || ' transfer', n.energy_pj" times           \
          ", o.mark, o.text FROM " run " JOIN solution_network n USING (solution_id)" \
          " JOIN solution_memory m USING (solution_id, level)"                        \
          " JOIN origin o USING (origin_id)"
#define ENERGIES_OF_COMPONENTS(owner, run, times)                        \
    owner " c.component, c.action, c.energy_pj" times ", o.mark, o.text" \
          " FROM " run " JOIN solution_component c USING (solution_id)"  \
          " JOIN origin o USING (origin_id)"
#define ENERGIES(owner, run, times)                                     \
    ENERGIES_OF_LEVELS(" SELECT" owner, run, times, "read")             \
    ENERGIES_OF_LEVELS(" UNION ALL SELECT" owner, run, times, "fill")   \
    ENERGIES_OF_LEVELS(" UNION ALL SELECT" owner, run, times, "update") \
    ENERGIES_OF_NETWORKS(" UNION ALL SELECT" owner, run, times)         \
    ENERGIES_OF_COMPONENTS(" UNION ALL SELECT" owner, run, times)

// Sweep s: whether it is the version of its name that ran last; which one it is.
#define NEWEST \
    "NOT EXISTS (SELECT 1 FROM sweep n WHERE n.name = s.name AND n.turn > s.turn)"
#define VERSION                                                              \
    "(SELECT count(*) FROM sweep v WHERE v.name = s.name AND v.sweep_id <= " \
    "s.sweep_id)"

// Constraints are judged here, by the sweep that has them: a stored point knows only
// what it costs. Point p by itself is judged by the most generous of the newest sweeps
// that have it, or the last that had it.
#define SWEEPS_OF_POINT                                                       \
    " FROM sweep_point q JOIN sweep s USING (sweep_id) WHERE q.point_id = p." \
    "point_id "
#define SWEEP_OUTSIDE                                                                \
    "(SELECT reason FROM v_outside o WHERE o.point_id = p.point_id AND o.sweep_id =" \
    " s.sweep_id)"
#define SWEEP_STATUS \
    "(CASE WHEN " SWEEP_OUTSIDE " IS NOT NULL THEN 'infeasible' ELSE p.status END)"
#define POINT_OUTSIDE                                                             \
    "(SELECT o.reason FROM v_outside o WHERE o.point_id = p.point_id ORDER BY"    \
    " o.newest DESC, o.newest AND o.reason IS NULL DESC, CASE WHEN o.newest THEN" \
    " o.max_area_mm2 END DESC, o.turn DESC LIMIT 1)"

// What breaks a limit of sweep s, in the order of the limits, with both figures.
#define LIMIT_CASE(name, column, what, unit)                                  \
    " WHEN p." #column " > s.max_" #column " THEN printf('" what " %.6g" unit \
    " exceeds max_" #column " %.6g', p." #column ", s.max_" #column ")"
#define LIMIT_CASES SDSE_LIMIT_MAP(LIMIT_CASE)
#define LIMIT_CHECK(name, column, what, unit) \
    ", max_" #column " REAL CHECK (max_" #column " >= 0)"
#define LIMIT_CHECKS SDSE_LIMIT_MAP(LIMIT_CHECK)
#define LIMIT_OF_SWEEP(name, column, what, unit) ", s.max_" #column
#define LIMITS_OF_SWEEP SDSE_LIMIT_MAP(LIMIT_OF_SWEEP)
// Of trainings of this network by a method that is called like the weight form, raw
// by sgd; those on five classes alone are no measure of it.
#define ACCURACY                                                                   \
    "coalesce(p.accuracy, (SELECT max(t.test_accuracy) FROM training_run t"        \
    "  WHERE t.name = p.workload AND t.settings NOT LIKE 'adapt %' AND t.method =" \
    "  CASE p.form WHEN 'raw' THEN 'sgd' ELSE p.form END))"

// A number of the line that a step of training has in its network's text
// (spec/write.c); NULL if it has none.
#define STEP(key)                                                               \
    "(SELECT CAST(substr(line, instr(line, ' " key ": ') + length(' " key       \
    ": ')) AS INTEGER) FROM (SELECT replace(substr(rest, 1, instr(rest,"        \
    " char(10))), '{', '{ ') AS line FROM (SELECT substr(i.text,"               \
    " instr(i.text, char(10) || 'training_step: {') + 1) AS rest FROM input i"  \
    " WHERE i.hash = p.workload_hash)) WHERE line LIKE 'training_step: {% " key \
    ": %')"
#define FRAME_BITS STEP("replay_frame_bits")
#define REPLAYS \
    " " STEP("replay_bits") " AS replay_bits, " FRAME_BITS " AS replay_frame_bits,"
#define STEPS                                                              \
    "1.0 * " STEP("epoch_images") " / " STEP("images") " AS steps, " STEP( \
        "images") " AS images, " STEP("epoch_images") " AS epoch_images"

// The line of sweep s that says how it searches (spec/write.c), and what it says; NULL
// of a sweep of all points.
#define SEARCH_LINE                                                             \
    "(SELECT substr(rest, 1, instr(rest, char(10)) - 1) FROM (SELECT"           \
    " substr(i.text, nullif(instr(i.text, char(10) || 'search: {'), 0) + 1) AS" \
    " rest FROM v_input i WHERE i.hash = s.hash)) AS line"
#define SEARCH_NUMBER(key, type, name)                                  \
    " CASE WHEN instr(line, '" key ": ') THEN CAST(substr(line,"        \
    " instr(line, '" key ": ') + length('" key ": ')) AS " type ") END" \
    " AS " name ","
#define SEARCH_SIZES                                       \
    SEARCH_NUMBER("evaluations", "INTEGER", "evaluations") \
    SEARCH_NUMBER("seed", "INTEGER", "seed")               \
    SEARCH_NUMBER("population", "INTEGER", "population")
#define SEARCH_REFERENCES                                               \
    SEARCH_NUMBER("energy_pj", "REAL", "reference_energy_pj")           \
    SEARCH_NUMBER("latency_cycles", "REAL", "reference_latency_cycles") \
    SEARCH_NUMBER("area_mm2", "REAL", "reference_area_mm2")
// What counts of a point; what it is measured from.
#define SEARCH_VALUE(word, column, name)                                       \
    ", CASE WHEN status = 'ok' AND instr(objectives, '" word "') THEN " column \
    " END AS " name
#define SEARCH_VALUES                              \
    SEARCH_VALUE("energy", "energy_pj", "x")       \
    SEARCH_VALUE("latency", "latency_cycles", "y") \
    SEARCH_VALUE("area", "area_mm2", "z")
#define SEARCH_CORNER(column, value, name)                                         \
    ", coalesce(reference_" column ", max(" value ") OVER (PARTITION BY sweep_id," \
    " workload_hash)) AS " name
#define SEARCH_CORNERS                         \
    SEARCH_CORNER("energy_pj", "x", "x0")      \
    SEARCH_CORNER("latency_cycles", "y", "y0") \
    SEARCH_CORNER("area_mm2", "z", "z0")

// Whether a sweep that has point o ran after all that have point p.
#define NEWER                                                                 \
    "(SELECT max(turn) FROM sweep_point JOIN sweep USING (sweep_id) WHERE"    \
    " point_id = o.point_id) > (SELECT max(turn) FROM sweep_point JOIN sweep" \
    " USING (sweep_id) WHERE point_id = p.point_id)"

const char *const sdse_schema_statements[] = {
    "CREATE TABLE meta("
    " key TEXT PRIMARY KEY,"
    " value TEXT NOT NULL," DIGEST_COLUMN ") STRICT",

    // How many rows a table has, and the sum of their digests modulo 2^64.
    "CREATE TABLE table_seal("
    " name TEXT PRIMARY KEY,"
    " row_count INTEGER NOT NULL CHECK (row_count >= 0)," DIGEST_COLUMN
    ") STRICT, WITHOUT ROWID",

    "CREATE TABLE input("
    " input_id INTEGER PRIMARY KEY, " HASH_COLUMN ","
    " kind TEXT NOT NULL CHECK (kind IN"
    "  ('arch', 'workload', 'form', 'sweep', 'table', 'weights')),"
    " name TEXT NOT NULL,"
    " text TEXT,"
    " base_id INTEGER REFERENCES input(input_id)," DIGEST_COLUMN ","
    " CHECK (text IS NOT NULL OR base_id IS NOT NULL)) STRICT",
    "CREATE INDEX input_base ON input(kind, name) WHERE base_id IS NULL",

    // Of inputs that are like others: the lines that differ, each under the hash of its
    // text (results/store/input_text.h).
    "CREATE TABLE text_line("
    " line_id INTEGER PRIMARY KEY,"
    " text TEXT NOT NULL) STRICT",
    "CREATE TABLE input_line("
    " input_id INTEGER NOT NULL REFERENCES input(input_id) ON DELETE CASCADE,"
    " line INTEGER NOT NULL CHECK (line >= 0),"
    " line_id INTEGER NOT NULL REFERENCES text_line(line_id),"
    " PRIMARY KEY (input_id, line)) STRICT, WITHOUT ROWID",

    "CREATE TABLE sweep("
    " sweep_id INTEGER PRIMARY KEY, " HASH_COLUMN " REFERENCES input(hash),"
    " name TEXT NOT NULL,"
    " point_count INTEGER NOT NULL CHECK (point_count >= 0), " OBJECTIVE_COLUMN
        LIMIT_CHECKS ", turn INTEGER NOT NULL," DIGEST_COLUMN ") STRICT",
    "CREATE INDEX sweep_by_name ON sweep(name, turn)",

    "CREATE TABLE point("
    " point_id INTEGER PRIMARY KEY, " HASH_COLUMN ","
    " status TEXT NOT NULL CHECK (status IN ('ok', 'infeasible', 'error')),"
    " reason TEXT,"
    " arch_hash TEXT NOT NULL REFERENCES input(hash),"
    " workload_hash TEXT NOT NULL REFERENCES input(hash),"
    " form_hash TEXT NOT NULL REFERENCES input(hash),"
    " arch TEXT NOT NULL, workload TEXT NOT NULL, form TEXT NOT NULL," OBJECTIVE_COLUMN
    ", design TEXT NOT NULL, energy_pj REAL CHECK (energy_pj >= 0),"
    " latency_cycles INTEGER CHECK (latency_cycles >= 0),"
    " latency_s REAL CHECK (latency_s >= 0),"
    " edp_pj_s REAL CHECK (edp_pj_s >= 0),"
    " area_mm2 REAL CHECK (area_mm2 >= 0),"
    " weight_bits REAL CHECK (weight_bits >= 0),"
    " compression REAL CHECK (compression >= 0),"
    " rel_error REAL CHECK (rel_error >= 0),"
    " accuracy REAL CHECK (accuracy BETWEEN 0 AND 1),"
    " output_error REAL CHECK (output_error >= 0), output_sqnr_db REAL,"
    " best_class_agreement REAL CHECK (best_class_agreement BETWEEN 0 AND 1),"
    " weights TEXT CHECK (weights " WEIGHTS_CHECK "),"
    " mapper_status TEXT CHECK (mapper_status IN"
    "  ('optimal', 'limit', 'interrupted')),"
    " mapper_gap REAL CHECK (mapper_gap >= 0),"
    " front_elements INTEGER CHECK (front_elements >= 1)," DIGEST_COLUMN ","
    " CHECK ((status = 'ok') = (energy_pj IS NOT NULL)),"
    " CHECK ((status = 'ok') = (latency_cycles IS NOT NULL)),"
    " CHECK ((status = 'ok') = (mapper_status IS NOT NULL)),"
    " CHECK ((status = 'ok') = (reason IS NULL))) STRICT",

    "CREATE INDEX point_by_design ON point(design)",

    "CREATE TABLE sweep_point("
    " sweep_id INTEGER NOT NULL REFERENCES sweep(sweep_id),"
    " position INTEGER NOT NULL CHECK (position >= 0),"
    " point_id INTEGER NOT NULL REFERENCES point(point_id) ON DELETE "
    "CASCADE," DIGEST_COLUMN ","
    " PRIMARY KEY (sweep_id, position)) STRICT, WITHOUT ROWID",
    "CREATE INDEX sweep_point_by_point ON sweep_point(point_id)",

    "CREATE TABLE point_parameter("
    " point_id INTEGER NOT NULL REFERENCES point(point_id) ON DELETE CASCADE,"
    " path TEXT NOT NULL,"
    " value TEXT NOT NULL," DIGEST_COLUMN ","
    " PRIMARY KEY (point_id, path)) STRICT, WITHOUT ROWID",

    "CREATE TABLE point_front("
    " point_id INTEGER NOT NULL REFERENCES point(point_id) ON DELETE CASCADE,"
    " rank INTEGER NOT NULL CHECK (rank >= 0),"
    " energy_pj REAL NOT NULL CHECK (energy_pj >= 0),"
    " latency_cycles INTEGER NOT NULL CHECK (latency_cycles >= 0)," DIGEST_COLUMN ","
    " PRIMARY KEY (point_id, rank)) STRICT, WITHOUT ROWID",

    "CREATE TABLE layer_front("
    " front_id INTEGER PRIMARY KEY, " HASH_COLUMN ", " PROOF_COLUMNS
    ", seconds_limit REAL CHECK (seconds_limit IS NULL OR"
    " (seconds_limit > 0 AND proof <> 'optimal')), hint TEXT," DIGEST_COLUMN ") STRICT",

    // Each under the hash of its text (results/store/mapping_text.h).
    "CREATE TABLE mapping_text("
    " mapping_id INTEGER PRIMARY KEY,"
    " text TEXT NOT NULL) STRICT",

    "CREATE TABLE layer_front_element("
    " front_id INTEGER NOT NULL REFERENCES layer_front(front_id),"
    " rank INTEGER NOT NULL CHECK (rank >= 0),"
    " energy_pj REAL NOT NULL CHECK (energy_pj >= 0),"
    " latency_cycles INTEGER NOT NULL CHECK (latency_cycles >= 0),"
    " mapping ANY NOT NULL," DIGEST_COLUMN ","
    " PRIMARY KEY (front_id, rank)) STRICT, WITHOUT ROWID",

    "CREATE TABLE solution("
    " solution_id INTEGER PRIMARY KEY, " HASH_COLUMN ","
    " front_id INTEGER REFERENCES layer_front(front_id), " PROOF_COLUMNS ","
    " mapping ANY NOT NULL,"
    " energy_pj REAL NOT NULL CHECK (energy_pj >= 0),"
    " latency_cycles INTEGER NOT NULL CHECK (latency_cycles >= 0),"
    " compute_cycles INTEGER NOT NULL,"
    " fill_cycles INTEGER NOT NULL,"
    " drain_cycles INTEGER NOT NULL,"
    " pass_cycles INTEGER NOT NULL,"
    " rebuild_cycles INTEGER NOT NULL,"
    " macs INTEGER NOT NULL CHECK (macs >= 0),"
    " multipliers_used INTEGER NOT NULL,"
    " shift_adds INTEGER NOT NULL,"
    " basis_words_loaded INTEGER NOT NULL,"
    " utilization REAL NOT NULL CHECK (utilization >= 0),"
    " bottleneck TEXT NOT NULL,"
    " memory_set INTEGER, outer_set INTEGER, inner_set INTEGER, network_set INTEGER,"
    " component_set INTEGER," DIGEST_COLUMN ") STRICT",

    "CREATE TABLE origin("
    " origin_id INTEGER PRIMARY KEY,"
    " mark TEXT NOT NULL,"
    " text TEXT NOT NULL," DIGEST_COLUMN ","
    " UNIQUE (mark, text)) STRICT",

    // Sets of what a solution has: a set has the id that its solutions hold, made of
    // its rows. Where only prices of memories differ, or their bandwidths, most are the
    // same.
    "CREATE TABLE memory_set("
    " set_id INTEGER NOT NULL,"
    " level INTEGER NOT NULL CHECK (level >= 0),"
    " name TEXT NOT NULL,"
    " cycles INTEGER NOT NULL,"
    " stored_bits REAL NOT NULL,"
    " read_bits_per_cycle REAL NOT NULL,"
    " write_bits_per_cycle REAL NOT NULL," DIGEST_COLUMN ","
    " PRIMARY KEY (set_id, level)) STRICT, WITHOUT ROWID",
    "CREATE VIEW solution_memory AS SELECT s.solution_id, m.level, m.name, m.cycles,"
    " m.stored_bits, m.read_bits_per_cycle, m.write_bits_per_cycle, m.digest FROM"
    " solution s JOIN memory_set m ON m.set_id = s.memory_set",

    "CREATE TABLE level_set("
    " set_id INTEGER NOT NULL,"
    " level INTEGER NOT NULL,"
    " part TEXT NOT NULL CHECK (part IN ('weights', 'inputs', 'outputs',"
    "  'coefficients', 'basis', 'index')),"
    " tile_words INTEGER NOT NULL,"
    " instances INTEGER NOT NULL,"
    " reads INTEGER NOT NULL,"
    " fills INTEGER NOT NULL,"
    " updates INTEGER NOT NULL,"
    " drain_reads INTEGER NOT NULL,"
    " read_bits REAL NOT NULL,"
    " fill_bits REAL NOT NULL,"
    " update_bits REAL NOT NULL,"
    " read_pj REAL NOT NULL,"
    " fill_pj REAL NOT NULL,"
    " update_pj REAL NOT NULL,"
    " lifetime_us REAL CHECK (lifetime_us >= 0),"
    " refreshes INTEGER CHECK (refreshes >= 0),"
    " read_origin_id INTEGER NOT NULL REFERENCES origin(origin_id),"
    " fill_origin_id INTEGER NOT NULL REFERENCES origin(origin_id),"
    " update_origin_id INTEGER NOT NULL REFERENCES origin(origin_id)," DIGEST_COLUMN ","
    " PRIMARY KEY (set_id, level, part)) STRICT, WITHOUT ROWID",
    "CREATE VIEW solution_level AS SELECT s.solution_id, l.level, l.part,"
    " l.tile_words, l.instances, l.reads, l.fills, l.updates, l.drain_reads,"
    " l.read_bits, l.fill_bits, l.update_bits, l.read_pj, l.fill_pj, l.update_pj,"
    " l.lifetime_us, l.refreshes, l.read_origin_id, l.fill_origin_id,"
    " l.update_origin_id, l.digest FROM solution s JOIN level_set l ON l.set_id IN"
    " (s.outer_set, s.inner_set)",

    "CREATE TABLE network_set("
    " set_id INTEGER NOT NULL,"
    " level INTEGER NOT NULL,"
    " part TEXT NOT NULL,"
    " words INTEGER NOT NULL,"
    " adds INTEGER NOT NULL,"
    " hops REAL NOT NULL,"
    " bits REAL NOT NULL,"
    " energy_pj REAL NOT NULL,"
    " origin_id INTEGER NOT NULL REFERENCES origin(origin_id)," DIGEST_COLUMN ","
    " PRIMARY KEY (set_id, level, part)) STRICT, WITHOUT ROWID",
    "CREATE VIEW solution_network AS SELECT s.solution_id, n.level, n.part, n.words,"
    " n.adds, n.hops, n.bits, n.energy_pj, n.origin_id, n.digest FROM solution s JOIN"
    " network_set n ON n.set_id = s.network_set",

    "CREATE TABLE component_set("
    " set_id INTEGER NOT NULL,"
    " component TEXT NOT NULL,"
    " action TEXT NOT NULL,"
    " energy_pj REAL NOT NULL,"
    " origin_id INTEGER NOT NULL REFERENCES origin(origin_id)," DIGEST_COLUMN ","
    " PRIMARY KEY (set_id, component, action)) STRICT, WITHOUT ROWID",
    "CREATE VIEW solution_component AS SELECT s.solution_id, c.component, c.action,"
    " c.energy_pj, c.origin_id, c.digest FROM solution s JOIN component_set c ON"
    " c.set_id = s.component_set",

    "CREATE TABLE weight_form("
    " form_id INTEGER PRIMARY KEY, " HASH_COLUMN ","
    " smartdeal INTEGER NOT NULL CHECK (smartdeal IN (0, 1)),"
    " weights TEXT NOT NULL CHECK (weights " WEIGHTS_CHECK "),"
    " measured INTEGER NOT NULL CHECK (measured IN (0, 1)),"
    " basis_size INTEGER NOT NULL, rows INTEGER NOT NULL,"
    " rows_per_block INTEGER NOT NULL, blocks INTEGER NOT NULL,"
    " density REAL NOT NULL, row_density REAL NOT NULL,"
    " coefficient_bits INTEGER NOT NULL, basis_bits INTEGER NOT NULL,"
    " scale_bits INTEGER NOT NULL,"
    " index_format TEXT NOT NULL CHECK (index_format IN"
    "  ('element-bitmap', 'row', 'run-length', 'dense')),"
    " coefficient_bits_total REAL NOT NULL, basis_bits_total REAL NOT NULL,"
    " index_bits_total REAL NOT NULL, weight_bits REAL NOT NULL,"
    " weight_words INTEGER NOT NULL,"
    " weight_norm REAL CHECK (weight_norm >= 0),"
    " rel_error REAL CHECK (rel_error >= 0), sqnr_db REAL,"
    " exponents_used INTEGER NOT NULL,"
    " joint_row_density_32 REAL CHECK (joint_row_density_32 BETWEEN 0 AND 1),"
    " joint_row_density_64 REAL CHECK (joint_row_density_64 BETWEEN 0 AND 1),"
    " sharing_group INTEGER NOT NULL, sharing_slices INTEGER NOT NULL,"
    " joint_row_density REAL CHECK (joint_row_density BETWEEN 0 AND 1),"
    " prune_group INTEGER NOT NULL,"
    " digit_encoding TEXT, digit_bits INTEGER, digits_per_weight REAL,"
    " digit_words TEXT,"
    " products_first TEXT CHECK (products_first IN ('unique', 'basis_first')),"
    " products REAL CHECK (products >= 0),"
    " sums_per_weight REAL CHECK (sums_per_weight >= 0)," DIGEST_COLUMN ") STRICT",

    "CREATE TABLE point_layer("
    " point_id INTEGER NOT NULL REFERENCES point(point_id) ON DELETE CASCADE,"
    " layer_index INTEGER NOT NULL CHECK (layer_index >= 0),"
    " name TEXT NOT NULL,"
    " kind TEXT NOT NULL CHECK (kind IN"
    "  ('conv', 'conv1x1', 'dwconv', 'fc', 'matmul', 'wgrad',"
    "   'pool', 'add', 'norm', 'softmax', 'act', 'update')),"
    " repeat INTEGER NOT NULL CHECK (repeat >= 1),"
    " copies INTEGER NOT NULL CHECK (copies BETWEEN 1 AND repeat),"
    " solution_id INTEGER NOT NULL REFERENCES solution(solution_id),"
    " form_id INTEGER REFERENCES weight_form(form_id)," DIGEST_COLUMN ","
    " PRIMARY KEY (point_id, layer_index)) STRICT, WITHOUT ROWID",

    // Of points whose tensors may stay between layers: where each that is handed over
    // is, from the layer that makes it to the last that reads it there.
    "CREATE TABLE place("
    " point_id INTEGER NOT NULL REFERENCES point(point_id) ON DELETE CASCADE,"
    " tensor TEXT NOT NULL,"
    " memory TEXT NOT NULL,"
    " first_layer INTEGER NOT NULL CHECK (first_layer >= 0),"
    " last_layer INTEGER NOT NULL CHECK (last_layer >= first_layer),"
    " bits REAL NOT NULL CHECK (bits > 0)," DIGEST_COLUMN ","
    " PRIMARY KEY (point_id, tensor, memory, first_layer)) STRICT, WITHOUT ROWID",

    // Tensors that are brought in before a layer, whose solution has what that takes:
    // it is the sum of its own, or its nests', and of theirs.
    "CREATE TABLE copy("
    " point_id INTEGER NOT NULL REFERENCES point(point_id) ON DELETE CASCADE,"
    " before_layer INTEGER NOT NULL CHECK (before_layer >= 1),"
    " tensor TEXT NOT NULL,"
    " memory TEXT NOT NULL,"
    " words INTEGER NOT NULL CHECK (words >= 1),"
    " solution_id INTEGER NOT NULL REFERENCES solution(solution_id)," DIGEST_COLUMN ","
    " PRIMARY KEY (point_id, before_layer, tensor)) STRICT, WITHOUT ROWID",

    // Layers that take turns, and their nests: the solution of such a layer is what its
    // nests add up to.
    "CREATE TABLE grp("
    " point_id INTEGER NOT NULL REFERENCES point(point_id) ON DELETE CASCADE,"
    " group_index INTEGER NOT NULL CHECK (group_index >= 0),"
    " first_layer INTEGER NOT NULL CHECK (first_layer >= 0),"
    " last_layer INTEGER NOT NULL CHECK (last_layer > first_layer),"
    " tile_rows INTEGER NOT NULL CHECK (tile_rows >= 1),"
    " tile_columns INTEGER NOT NULL CHECK (tile_columns >= 0),"
    " tile_heads INTEGER NOT NULL CHECK (tile_heads >= 0),"
    " tile_keys INTEGER NOT NULL CHECK (tile_keys >= 0),"
    " tile_channels INTEGER NOT NULL CHECK (tile_channels >= 0),"
    " retained TEXT NOT NULL,"
    " banded TEXT NOT NULL,"
    " weights_kept TEXT NOT NULL,"
    " inputs TEXT NOT NULL CHECK (inputs IN ('outermost', 'buffered',"
    " 'buffered for all', 'buffered in bands', 'shared')),"
    " outputs TEXT NOT NULL CHECK (outputs IN ('outermost', 'shared', 'both')),"
    " memory TEXT NOT NULL,"
    " overlap TEXT NOT NULL CHECK (overlap IN ('none', 'outer')),"
    " nest_order TEXT NOT NULL," DIGEST_COLUMN ","
    " PRIMARY KEY (point_id, group_index)) STRICT, WITHOUT ROWID",
    "CREATE TABLE nest("
    " point_id INTEGER NOT NULL REFERENCES point(point_id) ON DELETE CASCADE,"
    " nest_index INTEGER NOT NULL CHECK (nest_index >= 0),"
    " group_index INTEGER NOT NULL CHECK (group_index >= 0),"
    " layer_index INTEGER NOT NULL CHECK (layer_index >= 0),"
    " first_row INTEGER NOT NULL CHECK (first_row >= 0),"
    " row_count INTEGER NOT NULL CHECK (row_count >= 1),"
    " row_step INTEGER NOT NULL CHECK (row_step >= 1),"
    " first_column INTEGER NOT NULL CHECK (first_column >= 0),"
    " column_count INTEGER NOT NULL CHECK (column_count >= 0),"
    " column_step INTEGER NOT NULL CHECK (column_step >= 1),"
    " times INTEGER NOT NULL CHECK (times >= 1),"
    " bounds TEXT NOT NULL,"
    " map_rows INTEGER NOT NULL CHECK (map_rows >= 0),"
    " map_columns INTEGER NOT NULL CHECK (map_columns >= 0),"
    " row_stride INTEGER NOT NULL CHECK (row_stride >= 1),"
    " row_pad INTEGER NOT NULL,"
    " column_stride INTEGER NOT NULL CHECK (column_stride >= 1),"
    " column_pad INTEGER NOT NULL,"
    " inputs_shared INTEGER NOT NULL CHECK (inputs_shared >= 0),"
    " weights_shared INTEGER NOT NULL CHECK (weights_shared IN (0, 1)),"
    " outputs_shared INTEGER NOT NULL CHECK (outputs_shared IN (0, 1)),"
    " addends_shared INTEGER NOT NULL CHECK (addends_shared >= 0),"
    " writes_through INTEGER NOT NULL CHECK (writes_through IN (0, 1)),"
    " loads_weights INTEGER NOT NULL CHECK (loads_weights IN (0, 1)),"
    " loaded_input_words INTEGER NOT NULL CHECK (loaded_input_words >= 0),"
    " continues INTEGER NOT NULL CHECK (continues IN (0, 1)),"
    " unfinished INTEGER NOT NULL CHECK (unfinished IN (0, 1)),"
    " rescales INTEGER NOT NULL CHECK (rescales IN (0, 1)),"
    " reserved_bits REAL NOT NULL CHECK (reserved_bits >= 0),"
    " inputs_ahead INTEGER NOT NULL CHECK (inputs_ahead IN (0, 1)),"
    " weights_ahead INTEGER NOT NULL CHECK (weights_ahead IN (0, 1)),"
    " outputs_ahead INTEGER NOT NULL CHECK (outputs_ahead IN (0, 1)),"
    " overlapped_runs INTEGER NOT NULL CHECK (overlapped_runs >= 0),"
    " overlapped_times INTEGER NOT NULL CHECK (overlapped_times BETWEEN overlapped_runs"
    " AND times),"
    " outer_cycles INTEGER NOT NULL CHECK (outer_cycles >= 0),"
    " inner_cycles INTEGER NOT NULL CHECK (inner_cycles >= 0),"
    " latency_cycles INTEGER NOT NULL CHECK (latency_cycles >= 0),"
    " solution_id INTEGER NOT NULL REFERENCES solution(solution_id)," DIGEST_COLUMN ","
    " PRIMARY KEY (point_id, nest_index)) STRICT, WITHOUT ROWID",
    // Where several memories share: what others than the group's have of a nest.
    "CREATE TABLE nest_place("
    " point_id INTEGER NOT NULL REFERENCES point(point_id) ON DELETE CASCADE,"
    " nest_index INTEGER NOT NULL CHECK (nest_index >= 0),"
    " memory TEXT NOT NULL,"
    " inputs INTEGER NOT NULL CHECK (inputs >= 0),"
    " weights INTEGER NOT NULL CHECK (weights IN (0, 1)),"
    " outputs INTEGER NOT NULL CHECK (outputs IN (0, 1)),"
    " addends INTEGER NOT NULL CHECK (addends >= 0),"
    " reserved_bits REAL NOT NULL CHECK (reserved_bits >= 0)," DIGEST_COLUMN ","
    " PRIMARY KEY (point_id, nest_index, memory)) STRICT, WITHOUT ROWID",

    "CREATE TABLE training_run("
    " training_id INTEGER PRIMARY KEY, " HASH_COLUMN ","
    " name TEXT NOT NULL, method TEXT NOT NULL, settings TEXT NOT NULL,"
    " seed INTEGER NOT NULL,"
    " test_accuracy REAL CHECK (test_accuracy BETWEEN 0 AND 1),"
    " reference_accuracy REAL CHECK (reference_accuracy BETWEEN 0 AND 1),"
    " energy_pj REAL, stored_bits REAL," DIGEST_COLUMN ") STRICT",

    "CREATE TABLE training_epoch("
    " training_id INTEGER NOT NULL REFERENCES training_run(training_id),"
    " epoch INTEGER NOT NULL CHECK (epoch >= 0),"
    " train_loss REAL, train_accuracy REAL, test_accuracy REAL, learning_rate REAL,"
    " energy_pj REAL, weight_bits REAL, stored_bits REAL," DIGEST_COLUMN ","
    " PRIMARY KEY (training_id, epoch)) STRICT, WITHOUT ROWID",

    "CREATE TABLE run_log("
    " run_id INTEGER PRIMARY KEY,"
    " sweep_id INTEGER NOT NULL REFERENCES sweep(sweep_id),"
    " tool_version TEXT NOT NULL,"
    " host TEXT, started TEXT NOT NULL, threads INTEGER NOT NULL,"
    " seconds REAL NOT NULL, points_done INTEGER NOT NULL,"
    " points_reused INTEGER NOT NULL, nodes_visited INTEGER NOT NULL,"
    " variants INTEGER NOT NULL, log10_mappings REAL, outcome TEXT NOT "
    "NULL," DIGEST_COLUMN ") STRICT",

    // Names that people give to points (results/keep/tag.h).
    "CREATE TABLE tag("
    " tag TEXT NOT NULL CHECK (length(tag) >= 1),"
    " point_id INTEGER NOT NULL REFERENCES point(point_id) ON DELETE "
    "CASCADE," DIGEST_COLUMN ","
    " PRIMARY KEY (tag, point_id)) STRICT, WITHOUT ROWID",
    "CREATE INDEX tag_by_point ON tag(point_id)",

    // Weights of layers that sweeps read from files, where they are embedded: 32-bit
    // floats of the host, each tensor once.
    "CREATE TABLE tensor("
    " tensor_id INTEGER PRIMARY KEY, " HASH_COLUMN ","
    " data BLOB NOT NULL CHECK (length(data) % 4 = 0)," DIGEST_COLUMN ") STRICT",
    "CREATE TABLE layer_weights("
    " sweep_id INTEGER NOT NULL REFERENCES sweep(sweep_id),"
    " workload_hash TEXT NOT NULL REFERENCES input(hash),"
    " layer TEXT NOT NULL,"
    " tensor_id INTEGER NOT NULL REFERENCES tensor(tensor_id)," DIGEST_COLUMN ","
    " PRIMARY KEY (sweep_id, workload_hash, layer)) STRICT, WITHOUT ROWID",

    // Runs at work (results/store/claim.h): no results, so without digests.
    "CREATE TABLE claimant("
    " token TEXT PRIMARY KEY,"
    " host TEXT NOT NULL, pid INTEGER NOT NULL, began INTEGER NOT NULL,"
    " expires INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE claim("
    " sweep TEXT NOT NULL CHECK (length(sweep) = 32),"
    " part INTEGER NOT NULL CHECK (part >= 0),"
    " token TEXT NOT NULL REFERENCES claimant(token) ON DELETE CASCADE,"
    " PRIMARY KEY (sweep, part)) STRICT, WITHOUT ROWID",
    "CREATE INDEX claim_by_token ON claim(token)",

    // The base's text, in which line after line is replaced.
    "CREATE VIEW v_input AS SELECT i.input_id, i.hash, i.kind, i.name,"
    " coalesce(i.text, (WITH RECURSIVE r(n, text) AS (SELECT -1, b.text FROM input b"
    "  WHERE b.input_id = i.base_id UNION ALL SELECT o.line, replace(r.text,"
    "   char(10) || bt.text || char(10), char(10) || ot.text || char(10))"
    "  FROM r JOIN input_line o ON o.input_id = i.input_id AND o.line ="
    "   (SELECT min(m.line) FROM input_line m WHERE m.input_id = i.input_id AND"
    "    m.line > r.n)"
    "  JOIN input_line b ON b.input_id = i.base_id AND b.line = o.line"
    "  JOIN text_line bt ON bt.line_id = b.line_id"
    "  JOIN text_line ot ON ot.line_id = o.line_id)"
    "  SELECT text FROM r ORDER BY n DESC LIMIT 1)) AS text, i.digest"
    " FROM input i",

    // Views: the interface. Additive figures of a layer are multiplied by its repeat.
    // A row for each sweep that a point is in; the reason, where one of its limits is
    // broken.
    "CREATE VIEW v_outside AS SELECT q.sweep_id, q.point_id, " NEWEST " AS newest,"
    " s.turn, s.max_area_mm2,"
    " CASE WHEN p.status = 'infeasible' THEN NULL" LIMIT_CASES " END AS reason"
    " FROM sweep_point q JOIN sweep s USING (sweep_id) JOIN (SELECT point_id, status,"
    " energy_pj, latency_s, latency_cycles, edp_pj_s,"
    " edp_pj_s * latency_s AS ed2p_pj_s2, area_mm2, weight_bits, rel_error,"
    " output_error, 1 - best_class_agreement AS class_loss,"
    " 1 - " ACCURACY " AS accuracy_loss FROM point p) p USING (point_id)",

    "CREATE VIEW v_sweep_point AS SELECT"
    " s.name AS sweep, s.hash AS sweep_hash, " VERSION " AS version,"
    " " NEWEST " AS newest, sp.position, sp.point_id, " SWEEP_STATUS " AS sweep_status,"
    " coalesce(" SWEEP_OUTSIDE ", p.reason) AS sweep_reason"
    " FROM sweep_point sp JOIN sweep s USING (sweep_id) JOIN point p USING (point_id)",

    "CREATE VIEW v_tag AS SELECT tag, point_id FROM tag",

    "CREATE VIEW v_sweep AS SELECT"
    " s.name AS sweep, s.hash AS sweep_hash, " VERSION " AS version,"
    " " NEWEST " AS newest, s.objective" LIMITS_OF_SWEEP ", s.point_count,"
    " count(sp.point_id) AS points_done,"
    " total(" SWEEP_STATUS " = 'ok') AS points_ok,"
    " total(" SWEEP_STATUS " = 'infeasible') AS points_infeasible,"
    " total(" SWEEP_STATUS " = 'error') AS points_error"
    " FROM sweep s LEFT JOIN sweep_point sp USING (sweep_id)"
    " LEFT JOIN point p USING (point_id) GROUP BY s.sweep_id",

    "CREATE VIEW v_search AS SELECT sweep_id, sweep, sweep_hash, version, newest,"
    " substr(line, 18, instr(line, ',') - 18) AS method," SEARCH_SIZES SEARCH_REFERENCES
    " substr(line, instr(line, '[') + 1, instr(line, ']') - instr(line, '[') - 1)"
    " AS objectives FROM (SELECT s.sweep_id, s.name AS sweep, s.hash AS sweep_hash,"
    " " VERSION " AS version, " NEWEST " AS newest, " SEARCH_LINE
    " FROM sweep s) WHERE line IS NOT NULL",

    // hypervolume() is sdse's own (results/look/volume.h).
    "CREATE VIEW v_search_step AS SELECT sweep, sweep_hash, version, newest, method,"
    " workload, evaluation, position, point_id, status, energy_pj, latency_cycles,"
    " area_mm2, hypervolume(x, y, z, x0, y0, z0) OVER (PARTITION BY sweep_id,"
    " workload_hash ORDER BY position) AS hypervolume,"
    " coalesce(x0, 1) * coalesce(y0, 1) * coalesce(z0, 1) AS reference_volume"
    " FROM (SELECT *" SEARCH_CORNERS " FROM (SELECT *" SEARCH_VALUES
    " FROM (SELECT h.*, sp.position, p.point_id,"
    " p.workload, p.workload_hash, row_number() OVER (PARTITION BY h.sweep_id,"
    " p.workload_hash ORDER BY sp.position) AS evaluation, " SWEEP_STATUS " AS status,"
    " p.energy_pj, p.latency_cycles, p.area_mm2 FROM v_search h JOIN sweep s ON"
    " s.sweep_id = h.sweep_id JOIN sweep_point sp ON sp.sweep_id = s.sweep_id JOIN"
    " point p ON p.point_id = sp.point_id)))",

    "CREATE VIEW v_point AS SELECT"
    " p.point_id, p.hash AS point_hash,"
    " CASE WHEN " POINT_OUTSIDE " IS NOT NULL THEN 'infeasible' ELSE p.status END AS"
    " status, coalesce(" POINT_OUTSIDE ", p.reason) AS reason,"
    " p.workload, p.arch, p.form,"
    " (SELECT group_concat(path || '=' || value, ' ') FROM"
    "  (SELECT path, value FROM point_parameter q WHERE q.point_id = p.point_id"
    "   ORDER BY path)) AS parameters,"
    " p.objective, p.energy_pj, p.latency_cycles, p.latency_s, p.edp_pj_s,"
    " p.edp_pj_s * p.latency_s AS ed2p_pj_s2, p.area_mm2,"
    " p.weight_bits, p.compression, p.rel_error,"
    " " ACCURACY " AS accuracy,"
    " p.output_error, p.output_sqnr_db, p.best_class_agreement, p.weights,"
    " p.mapper_status, p.mapper_gap, p.front_elements, p.arch_hash,"
    " p.workload_hash, p.form_hash," REPLAYS // of trainings with a replay
    " NOT EXISTS (SELECT 1" SWEEPS_OF_POINT "AND " NEWEST ")"
    " OR EXISTS (SELECT 1 FROM point o WHERE o.design = p.design AND " NEWER ")"
    " AS superseded,"
    // One line of the network's text each (spec/write.c); no name holds a line's end.
    " (SELECT (length(i.text) - length(replace(i.text, char(10) || '  - {operator:',"
    "  ''))) / 15 FROM input i WHERE i.hash = p.workload_hash) AS not_modelled"
    " FROM point p",

    // Numbers as numbers, so that 1024 comes after 128.
    "CREATE VIEW v_parameter AS SELECT point_id, path,"
    " CASE WHEN json_valid(value) AND json_type(value) IN ('integer', 'real')"
    "  THEN CAST(value AS NUMERIC) ELSE value END AS value,"
    " CASE"
    " WHEN path GLOB '*_bits_per_cycle' THEN 'bit/cycle'"
    " WHEN path GLOB '*_words_per_cycle' THEN 'words/cycle'"
    " WHEN path GLOB '*_rows_per_cycle' THEN 'rows/cycle'"
    " WHEN path GLOB '*pj_per_bit' THEN 'pJ/bit'"
    " WHEN path GLOB '*pj_per_[a-z]*' OR path GLOB '*_pj' THEN 'pJ'"
    " WHEN path GLOB '*_kib' THEN 'KiB' WHEN path GLOB '*_mib' THEN 'MiB'"
    " WHEN path GLOB '*_bytes' THEN 'B' WHEN path GLOB '*_bits' THEN 'bit'"
    " WHEN path GLOB '*_words' THEN 'words' WHEN path GLOB '*_ghz' THEN 'GHz'"
    " WHEN path GLOB '*_mhz' THEN 'MHz' WHEN path GLOB '*_mw' THEN 'mW'"
    " WHEN path GLOB '*_um2' THEN 'um2' WHEN path GLOB '*_mm2' THEN 'mm2'"
    " WHEN path GLOB '*_nm' THEN 'nm' WHEN path GLOB '*_us' THEN 'us'"
    " END AS unit FROM point_parameter",

    "CREATE VIEW v_layer AS SELECT"
    " pl.point_id, pl.layer_index, pl.name AS layer, pl.kind, pl.repeat,"
    " s.energy_pj * pl.repeat AS energy_pj,"
    " s.latency_cycles * pl.repeat AS latency_cycles,"
    " s.macs * pl.repeat AS macs,"
    " s.utilization, s.bottleneck,"
    " (SELECT 16.0 * s.macs / sum(l.read_bits + l.fill_bits + l.update_bits)"
    "  FROM solution_level l WHERE l.solution_id = s.solution_id AND l.level = 0"
    "  AND s.macs > 0) AS ops_per_dram_byte,"
    " s.compute_cycles * pl.repeat AS compute_cycles,"
    " s.rebuild_cycles * pl.repeat AS rebuild_cycles,"
    " s.fill_cycles * pl.repeat AS fill_cycles,"
    " s.drain_cycles * pl.repeat AS drain_cycles,"
    " s.pass_cycles * pl.repeat AS pass_cycles,"
    " s.shift_adds * pl.repeat AS shift_adds,"
    " s.multipliers_used, s.proof AS mapper_status, s.gap AS mapper_gap,"
    " (SELECT hint FROM layer_front lf WHERE lf.front_id = s.front_id) AS hint,"
    " " SDSE_MAPPING_TEXT(
        "s.mapping") " AS mapping,"
                     " f.smartdeal, f.weights, f.density, f.row_density,"
                     " f.joint_row_density_32, f.joint_row_density_64,"
                     " nullif(f.sharing_group, 0) AS sharing_group,"
                     " f.joint_row_density, f.digit_encoding, f.digits_per_weight, "
                     "f.basis_size,"
                     " f.products_first, f.products, f.sums_per_weight,"
                     " f.weight_bits * pl.copies AS weight_bits,"
                     " f.weight_words * pl.copies AS weight_words,"
                     " f.rel_error, f.sqnr_db, f.exponents_used, s.hash AS "
                     "solution_hash"
                     " FROM point_layer pl JOIN solution s USING (solution_id)"
                     " LEFT JOIN weight_form f USING (form_id)",

    "CREATE VIEW v_level AS SELECT"
    " pl.point_id, pl.layer_index, pl.name AS layer, pl.repeat, l.level,"
    " m.name AS memory, l.part, l.tile_words, l.instances,"
    " l.reads * pl.repeat AS reads_words, l.fills * pl.repeat AS fills_words,"
    " l.updates * pl.repeat AS updates_words,"
    " l.drain_reads * pl.repeat AS drain_reads_words,"
    " l.read_bits * pl.repeat AS read_bits, l.fill_bits * pl.repeat AS fill_bits,"
    " l.update_bits * pl.repeat AS update_bits,"
    " (l.read_pj + l.fill_pj + l.update_pj) * pl.repeat AS energy_pj,"
    " m.cycles * pl.repeat AS memory_cycles, m.stored_bits,"
    " m.read_bits_per_cycle, m.write_bits_per_cycle, l.lifetime_us, l.refreshes"
    " FROM point_layer pl JOIN solution_level l USING (solution_id)"
    " JOIN solution_memory m USING (solution_id, level)",

    "CREATE VIEW v_network AS SELECT"
    " pl.point_id, pl.layer_index, pl.name AS layer, pl.repeat, n.level,"
    " m.name AS below_memory, n.part, n.words * pl.repeat AS words,"
    " n.adds * pl.repeat AS adds, n.hops, n.bits * pl.repeat AS bits,"
    " n.energy_pj * pl.repeat AS energy_pj"
    " FROM point_layer pl JOIN solution_network n USING (solution_id)"
    " JOIN solution_memory m USING (solution_id, level)",

    "CREATE VIEW v_energy AS" ENERGIES(
        " pl.point_id, pl.layer_index, pl.name AS layer,", "point_layer pl",
        " * pl.repeat"),

    "CREATE VIEW v_place AS SELECT"
    " p.point_id, p.tensor, p.memory, p.first_layer, p.last_layer, l.name AS"
    " last_reader, p.bits"
    " FROM place p LEFT JOIN point_layer l ON l.point_id = p.point_id AND"
    " l.layer_index = p.last_layer",

    "CREATE VIEW v_copy AS SELECT"
    " c.point_id, c.before_layer, c.tensor, l.name AS before, c.memory,"
    " p.last_layer AS until_layer, u.name AS until, c.words, s.energy_pj,"
    " s.latency_cycles, s.bottleneck, p.bits, s.hash AS solution_hash FROM copy c JOIN"
    " solution s USING (solution_id) LEFT JOIN place p ON p.point_id = c.point_id AND"
    " p.tensor = c.tensor AND p.memory = c.memory AND p.first_layer = c.before_layer"
    " LEFT JOIN point_layer l ON l.point_id = c.point_id AND l.layer_index ="
    " c.before_layer LEFT JOIN point_layer u ON u.point_id = c.point_id AND"
    " u.layer_index = p.last_layer",

    "CREATE VIEW v_copy_energy AS" ENERGIES(" p.point_id, p.before_layer, p.tensor,",
                                            "copy p", ""),

    "CREATE VIEW v_group AS SELECT"
    " g.point_id, g.group_index, g.first_layer, g.last_layer, (SELECT"
    " group_concat(name, ', ') FROM (SELECT l.name FROM point_layer l WHERE l.point_id "
    "="
    " g.point_id AND l.layer_index BETWEEN g.first_layer AND g.last_layer ORDER BY"
    " l.layer_index)) AS layers, g.tile_rows,"
    " g.tile_columns, g.tile_heads, g.tile_keys, g.tile_channels,"
    " g.retained, g.banded, g.weights_kept, g.inputs, g.outputs, g.memory,"
    " g.overlap, g.nest_order, (SELECT sum(n.times)"
    " FROM nest n WHERE n.point_id = g.point_id AND n.group_index = g.group_index) AS"
    " nests, (SELECT sum(s.energy_pj) FROM point_layer l JOIN solution s USING"
    " (solution_id) WHERE l.point_id = g.point_id AND l.layer_index BETWEEN"
    " g.first_layer AND g.last_layer) AS energy_pj, (SELECT sum(s.latency_cycles) FROM"
    " point_layer l JOIN solution s USING (solution_id) WHERE l.point_id = g.point_id"
    " AND l.layer_index BETWEEN g.first_layer AND g.last_layer) AS latency_cycles"
    " FROM grp g",

    "CREATE VIEW v_nest AS SELECT"
    " n.point_id, n.nest_index, n.group_index, n.layer_index, l.name AS layer,"
    " n.first_row, n.row_count, n.row_step, n.first_column, n.column_count,"
    " n.column_step, n.times, n.bounds,"
    " n.map_rows, n.map_columns, n.row_stride, n.row_pad, n.column_stride,"
    " n.column_pad, n.inputs_shared,"
    " n.weights_shared, n.outputs_shared, n.addends_shared, n.writes_through,"
    " n.loads_weights, n.loaded_input_words, n.continues, n.unfinished, n.rescales,"
    " n.reserved_bits, n.inputs_ahead, n.weights_ahead, n.outputs_ahead,"
    " n.overlapped_runs, n.overlapped_times, n.outer_cycles, n.inner_cycles,"
    " s.energy_pj * n.times AS energy_pj, n.latency_cycles, s.macs * n.times AS macs, "
    "s.utilization, s.bottleneck, s.proof AS mapper_status,"
    " " SDSE_MAPPING_TEXT(
        "s.mapping") " AS mapping, s.hash AS solution_hash FROM nest n JOIN solution s"
                     " USING (solution_id) LEFT JOIN point_layer l ON l.point_id ="
                     " n.point_id AND l.layer_index = n.layer_index",

    "CREATE VIEW v_nest_place AS SELECT"
    " n.point_id, n.nest_index, g.memory, n.inputs_shared AS inputs, n.weights_shared"
    " AS weights, n.outputs_shared AS outputs, n.addends_shared AS addends,"
    " n.reserved_bits FROM nest n JOIN grp g USING (point_id, group_index) WHERE"
    " n.inputs_shared OR n.weights_shared OR n.outputs_shared OR n.addends_shared OR"
    " n.reserved_bits > 0 UNION ALL SELECT point_id, nest_index, memory, inputs,"
    " weights, outputs, addends, reserved_bits FROM nest_place",

    "CREATE VIEW v_front AS SELECT"
    " f.point_id, f.rank, f.energy_pj, f.latency_cycles,"
    " f.latency_cycles * (p.latency_s / p.latency_cycles) AS latency_s,"
    " f.energy_pj * f.latency_cycles * (p.latency_s / p.latency_cycles) AS edp_pj_s"
    " FROM point_front f JOIN point p USING (point_id)",

    "CREATE VIEW v_layer_front AS SELECT"
    " pl.point_id, pl.layer_index, pl.name AS layer, e.rank, e.energy_pj,"
    " e.latency_cycles, " SDSE_MAPPING_TEXT(
        "e.mapping") " AS mapping"
                     " FROM point_layer pl JOIN solution s USING (solution_id)"
                     " JOIN layer_front_element e USING (front_id)",

    "CREATE VIEW v_training AS SELECT"
    " t.name, t.method, t.seed, e.epoch, e.train_loss, e.train_accuracy,"
    " e.test_accuracy, e.learning_rate, e.energy_pj, e.weight_bits, e.stored_bits,"
    " t.settings, t.hash AS training_hash"
    " FROM training_run t LEFT JOIN training_epoch e USING (training_id)",

    // A training beside the points of its steps: the network NAME METHOD, in the form
    // that is called like the method (raw: sgd).
    "CREATE VIEW v_training_energy AS SELECT"
    " t.name, t.method, t.settings, t.hash AS training_hash, e.epoch,"
    " e.test_accuracy, p.point_id, p.arch, p.parameters, p.energy_pj AS step_energy_pj,"
    " p.energy_pj * p.steps * (e.epoch > 0) AS energy_pj,"
    " p.energy_pj * p.steps * e.epoch AS total_energy_pj"
    " FROM training_run t JOIN training_epoch e USING (training_id) JOIN"
    " (SELECT p.*, " STEPS " FROM v_point p"
    " WHERE p.status = 'ok' AND NOT p.superseded) p"
    " ON p.workload = t.name || ' ' || t.method AND t.method ="
    " CASE p.form WHEN 'raw' THEN 'sgd' ELSE p.form END AND p.steps > 0 AND"
    " instr(t.settings || ' ', ' batch ' || p.images || ' ') > 0 AND"
    " (instr(t.settings, ' limit ') = 0 OR p.epoch_images <= CAST(substr(t.settings,"
    "  instr(t.settings, ' limit ') + 7) AS INTEGER))",
    NULL,
};
