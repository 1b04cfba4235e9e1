// The SQL of results.db: tables, views and their version. docs/database.md is the
// reference.
#ifndef SDSE_RESULTS_STORE_SCHEMA_H
#define SDSE_RESULTS_STORE_SCHEMA_H

#include "results/store/mapping_text.h"
#include "spec/types/limit.h"

enum {
    SDSE_SCHEMA_VERSION = 10,             // PRAGMA user_version
    SDSE_SCHEMA_APPLICATION = 0x53445345, // PRAGMA application_id: "SDSE"
};

// Statements that build an empty database, in order; a NULL ends the list. Static
// storage.
extern const char *const sdse_schema_statements[];

// ", max_energy_pj" … for every figure that a sweep may limit.
#define SDSE_LIMIT_COLUMN(name, column, what, unit) ", max_" #column
#define SDSE_LIMIT_COLUMNS SDSE_LIMIT_MAP(SDSE_LIMIT_COLUMN)
// A parameter of SQL for each.
#define SDSE_LIMIT_PARAMETER(name, column, what, unit) ", ?"
#define SDSE_LIMIT_PARAMETERS SDSE_LIMIT_MAP(SDSE_LIMIT_PARAMETER)

// What a solution says in rows that others may have, too: the column of its set, the
// table of the rows, and what they are. Rows of the outermost memory, whose prices
// sweeps change most, are a set of their own.
#define SDSE_SET_MAP(X)                               \
    X(MEMORIES, memory_set, memory_set, "memories")   \
    X(OUTER, outer_set, level_set, "accesses")        \
    X(INNER, inner_set, level_set, "accesses")        \
    X(NETWORKS, network_set, network_set, "networks") \
    X(COMPONENTS, component_set, component_set, "components")

// Sets in a column that are not all there: the id is the sum of the digests. In halves,
// whose sums do not overflow.
#define SDSE_BROKEN_SETS(column, table)                                                \
    "SELECT " #column " FROM solution LEFT JOIN (SELECT set_id, sum(digest &"          \
    " 4294967295) AS low, sum(digest >> 32 & 4294967295) AS high FROM " #table         \
    " GROUP BY set_id) ON set_id = " #column " WHERE " #column " IS NOT NULL AND NOT"  \
    " coalesce(low & 4294967295 = " #column " & 4294967295 AND (high + (low >> 32)) &" \
    " 4294967295 = " #column " >> 32 & 4294967295, 0)"

// What the copies before layer l add up to.
#define SDSE_COPIED(column)                                                 \
    "coalesce((SELECT sum(o." #column ") FROM copy c JOIN solution o USING" \
    " (solution_id) WHERE c.point_id = l.point_id AND c.before_layer ="     \
    " l.layer_index), 0)"

// Layers of points that ask for groups, which are in none and say they are, or are in
// one and are not what their nests, and copies before it, add up to. To follow a list
// of columns; p: the point, l: the layer.
#define SDSE_BROKEN_GROUPS                                                             \
    " FROM point p JOIN point_parameter q ON q.point_id = p.point_id AND q.path ="     \
    " 'mapper.fuse_depth' JOIN point_layer l ON l.point_id = p.point_id JOIN solution" \
    " s USING (solution_id) LEFT JOIN grp g ON g.point_id = l.point_id AND"            \
    " l.layer_index BETWEEN g.first_layer AND g.last_layer LEFT JOIN (SELECT"          \
    " n.point_id, n.group_index, n.layer_index, total(n.times * o.energy_pj) AS pj,"   \
    " sum(n.latency_cycles) AS cycles, sum(n.times * o.macs) AS macs FROM"             \
    " nest n JOIN solution o USING (solution_id) GROUP BY n.point_id, n.layer_index)"  \
    " n ON n.point_id = l.point_id AND n.layer_index = l.layer_index WHERE CASE WHEN"  \
    " g.point_id IS NULL THEN n.point_id IS NOT NULL OR" SDSE_MAPPING_TEXT(            \
        "s.mapping") " GLOB 'group: *' ELSE coalesce(n.group_index <> g.group_index"   \
                     " OR n.cycles + " SDSE_COPIED(                                    \
                         latency_cycles) " <>"                                         \
                                         " s.latency_cycles OR n.macs <> s.macs OR "   \
                                         "abs(n.pj + " SDSE_COPIED(                    \
                                             energy_pj) " - s.energy_pj) > 1e-9 * "    \
                                                        "n.pj, 1) END"

// Deletes the sets that no solution has.
#define SDSE_DROP_SETS(table, users) \
    "DELETE FROM " table " WHERE set_id NOT IN (" users ")"
#define SDSE_SETS_OF(column) \
    "SELECT " column " FROM solution WHERE " column " IS NOT NULL"
#define SDSE_DROP_UNUSED_SETS                                                          \
    SDSE_DROP_SETS("memory_set", SDSE_SETS_OF("memory_set")),                          \
        SDSE_DROP_SETS("level_set",                                                    \
                       SDSE_SETS_OF("outer_set") " UNION " SDSE_SETS_OF("inner_set")), \
        SDSE_DROP_SETS("network_set", SDSE_SETS_OF("network_set")),                    \
        SDSE_DROP_SETS("component_set", SDSE_SETS_OF("component_set"))

#endif
