// Clocks, static power and control in v_energy, and what another node or voltage does
// to every cost, seen in a sweep's database.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "costmodel/node_scaling.h"
#include "support_program.h"

static void write_text(const char *name, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void write_text(const char *name, const char *format, ...) {
    FILE *file = fopen(scratch(name), "w");
    assert_non_null(file);
    va_list args;
    va_start(args, format);
    vfprintf(file, format, args);
    va_end(args);
    assert_int_equal(fclose(file), 0);
}

static void sweeps(const char *name, const char *more, int status, const char *said) {
    char line[100];
    write_text("s.yaml",
               "name: s\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
               "objective: energy\n%s",
               more);
    snprintf(line, sizeof line, "sweep @s.yaml -q -o @%s", name);
    struct ran ran = run_program(line);
    if (ran.status != status || (said && !strstr(ran.err, said)))
        fail_msg("%d %s%s", ran.status, ran.out, ran.err);
    free_ran(&ran);
}

// The answer of a query without its header; the caller frees it.
static char *ask(const char *name, const char *sql) {
    char words[1000], line[1200];
    snprintf(words, sizeof words, "%s", sql);
    for (char *c = words; (c = strchr(c, ' '));)
        *c = '~';
    snprintf(line, sizeof line, "query @%s %s -f csv", name, words);
    struct ran ran = run_program(line);
    if (ran.status)
        fail_msg("%s: %s", line, ran.err);
    char *text = strdup(strchr(ran.out, '\n') + 1);
    assert_non_null(text);
    free_ran(&ran);
    return text;
}

static double number(const char *name, const char *sql) {
    char *text = ask(name, sql);
    const double value = strtod(text, NULL);
    free(text);
    return value;
}

// --- Overheads ---

#define LEVELS                                                                       \
    "name: a\nsource: own words\nnode_nm: 45\nvoltage_v: 0.9\nclock_ghz: "           \
    "2\nword_bits: 8\nlevels:\n"                                                     \
    "  - level: Main\n"                                                              \
    "    memory: {class: dram, pj_per_bit: 8, shared_bits_per_cycle: 8}\n"           \
    "    fanout: {x: 4, dims_x: [C]}\n"                                              \
    "    network: {topology: bus, multicast: true, reduce: true, pj_per_bit: 0.1}\n" \
    "  - level: Buf\n"                                                               \
    "    memory: {class: sram, capacity_kib: 4, port_bits: 8, access_pj: 1, "        \
    "area_um2: 1"

static void close_to(const char *action, double found, double expected) {
    if (!(fabs(found - expected) <= 1e-9 * fabs(expected)) || !(expected > 0))
        fail_msg("%s: %.12g, not %.12g", action, found, expected);
}

// Three of four places work, and the layer waits for its DRAM: by hand from its cycles
// and accesses, three times each.
static void overheads_are_rows_with_origins(void **state) {
    (void)state;
    for (int gated = 0; gated < 2; gated++) {
        const char *gate = gated ? ", gated: true" : "";
        write_text("net.yaml",
                   "name: w\nsource: own words\nlayers:\n  - {name: g, kind: "
                   "fc, in: 3, out_channels: 6, rows: 8, repeat: 3}\n");
        write_text("arch.yaml",
                   LEVELS
                   ", clock_mw: {value: 2, mark: assumed, source: a tree}, static_mw: "
                   "{value: 3, source: a leak}, control_percent: {value: 10, source: a "
                   "controller}%s}\n"
                   "compute: {class: parallel, pj_per_mac: 1, area_um2: 1, clock_mw: "
                   "{value: 5, source: flip-flops}, static_mw: 7, control_percent: "
                   "20%s}\n"
                   "chip: {clock_mw: {value: 11, source: the root}, static_mw: 13, "
                   "control_percent: {value: 15, mark: assumed, source: a core}%s}\n",
                   gate, gate, gate);
        const char *db = gated ? "gated.db" : "free.db";
        sweeps(db, "", 0, NULL);
        const double total = number(db, "SELECT latency_cycles FROM v_layer") / 2;
        const double busy = number(db, "SELECT compute_cycles FROM v_layer") / 2;
        const double used = number(db, "SELECT multipliers_used FROM v_layer");
        assert_true(used == 3 && busy > 0 && busy < total);
        const double buffer =
            number(db, "SELECT sum(energy_pj) FROM v_energy WHERE component = 'Buf'");
        const double wires = number(db, "SELECT sum(energy_pj) FROM v_energy WHERE "
                                        "component = 'Main network'");
        const double macs =
            number(db, "SELECT energy_pj FROM v_energy WHERE component = 'MAC'");
        assert_true(macs == 3 * 6 * 8 * 3 && buffer > 0 && wires > 0);
        const double on = gated ? busy : total, places = gated ? 3 : 4;
        const struct {
            const char *component, *action, *mark, *origin;
            double pj;
        } rows[] = {
            {"clock", "Buf", "assumed", "a tree", 2 * places * on},
            {"clock", "MAC", "unmarked", "flip-flops", 5 * places * on},
            {"clock", "chip", "unmarked", "the root", 11 * on},
            {"static", "Buf", "unmarked", "a leak", 3 * 4 * total},
            {"static", "MAC", "unmarked", "own words", 7 * 4 * total},
            {"static", "chip", "unmarked", "own words", 13 * total},
            {"control", "Buf", "unmarked", "a controller", 0.10 * buffer},
            {"control", "MAC", "unmarked", "own words", 0.20 * macs},
            {"control", "chip", "assumed", "a core", 0.15 * (buffer + wires + macs)},
        };
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            char sql[300], origin[100];
            snprintf(sql, sizeof sql,
                     "SELECT energy_pj FROM v_energy WHERE component = '%s' AND action "
                     "= '%s'",
                     rows[i].component, rows[i].action);
            close_to(rows[i].action, number(db, sql), rows[i].pj);
            snprintf(sql, sizeof sql,
                     "SELECT origin_mark, origin FROM v_energy WHERE component = '%s' "
                     "AND action = '%s'",
                     rows[i].component, rows[i].action);
            char *text = ask(db, sql);
            snprintf(origin, sizeof origin, "%s,%s\n", rows[i].mark, rows[i].origin);
            assert_string_equal(text, origin);
            free(text);
        }
        assert_true(number(db, "SELECT count(*) FROM v_energy WHERE component IN "
                               "('clock', 'static', 'control')") == 9);
        close_to("sum", number(db, "SELECT sum(energy_pj) FROM v_energy"),
                 number(db, "SELECT energy_pj FROM v_point"));
    }
}

// --- Another node, another voltage ---

// One mapping alone, so that words stay what they are.
#define ONE_MAPPING                                                                   \
    "dataflow:\n  - constraints:\n      - {level: Main, temporal_dims: [], spatial: " \
    "{C: 4}}\n"
#define COSTS                                                                       \
    LEVELS ", clock_mw: 2, control_percent: 10}\n"                                  \
           "compute: {class: parallel, pj_per_mac: 1, area_um2: 1, clock_mw: 5, "   \
           "control_percent: 20}\n"                                                 \
           "chip: {clock_mw: 11, control_percent: 15}\n"                            \
           "vector: {pj_per_op: 0.5, ops_per_cycle: 4}\n"                           \
           "engines:\n  - {kind: rebuild, below: Buf, pj_per_shift_add: 0.02, "     \
           "pj_per_basis_read: 0.01, pj_per_basis_write: 0.01, rows_per_cycle: 1, " \
           "area_um2: 5}\n" ONE_MAPPING

// Every row but those of DRAM, by the one factor; areas by theirs.
static void compare(const char *db, const char *from, const char *to, double factor,
                    double area) {
    static const char *const rows = "SELECT count(*) FROM v_energy a JOIN v_energy b "
                                    "USING (layer_index, component, "
                                    "action) JOIN v_point p ON p.point_id = a.point_id "
                                    "JOIN v_point q ON q.point_id "
                                    "= b.point_id WHERE p.parameters = '%s' AND "
                                    "q.parameters = '%s' AND a.energy_pj "
                                    "> 0 AND abs(b.energy_pj / a.energy_pj - CASE "
                                    "component WHEN 'Main' THEN 1 ELSE "
                                    "%.17g END) < %g";
    char sql[800];
    double count[2];
    for (int i = 0; i < 2; i++) {
        snprintf(sql, sizeof sql, rows, from, to, factor, i ? 1e-9 : 1e9);
        count[i] = number(db, sql);
    }
    assert_true(count[0] > 15 && count[0] == count[1]);
    snprintf(sql, sizeof sql,
             "SELECT count(DISTINCT component) FROM v_energy e JOIN v_point USING "
             "(point_id) WHERE parameters = '%s' AND e.energy_pj > 0",
             to);
    // Main, its network, Buf, MAC, clock, control, the vector unit and the engine.
    assert_true(number(db, sql) == 8);
    snprintf(sql, sizeof sql,
             "SELECT q.area_mm2 / p.area_mm2 FROM v_point p JOIN v_point q WHERE "
             "p.parameters = '%s' AND q.parameters = '%s'",
             from, to);
    close_to("area", number(db, sql), area);
}

static void another_node_scales_every_cost(void **state) {
    (void)state;
    write_text("net.yaml",
               "name: w\nsource: own words\nlayers:\n"
               "  - {name: g, kind: fc, in: 32, out_channels: 6, rows: 8}\n"
               "  - {name: p, kind: pool, in: [4, 8, 8], kernel: 2, stride: 2}\n");
    write_text("arch.yaml", COSTS);
    double energy = 0, area = 0;
    sweeps("node.db",
           "override: {node_nm: [45, 28]}\n"
           "weight_forms: [{name: d, basis_size: 4, density: 0.5}]\n",
           0, NULL);
    assert_true(sdse_node_energy_factor(45, 0.9, 28, 0.9, &energy) && energy < 1);
    assert_true(sdse_node_area_factor(45, 28, &area) && area < 1);
    compare("node.db", "node_nm=45", "node_nm=28", energy, area);
    sweeps("volt.db",
           "override: {voltage_v: [0.9, 0.8]}\n"
           "weight_forms: [{name: d, basis_size: 4, density: 0.5}]\n",
           0, NULL);
    assert_true(sdse_node_energy_factor(45, 0.9, 45, 0.8, &energy) && energy < 1);
    compare("volt.db", "voltage_v=0.9", "voltage_v=0.8", energy, 1);
}

// What no table scales is refused, cost by cost, unless it is given for the new node.
static void what_cannot_be_scaled_is_refused(void **state) {
    (void)state;
    static const char *const costs[][2] = {{"leakage_mw: 1", "Buf.leakage_mw"},
                                           {"static_mw: 1", "Buf.static_mw"}};
    for (int i = 0; i < 2; i++) {
        char more[200];
        write_text("net.yaml",
                   "name: w\nsource: own words\nlayers:\n  - {name: g, kind: "
                   "fc, in: 32, out_channels: 6, rows: 8}\n");
        write_text("arch.yaml",
                   LEVELS ", %s}\n"
                          "compute: {class: parallel, pj_per_mac: 1, area_um2: "
                          "1}\n" ONE_MAPPING,
                   costs[i][0]);
        remove(scratch("static.db"));
        sweeps("static.db", "override: {node_nm: [45, 28]}\n", 0, "[node-scaling]");
        assert_true(number("static.db", "SELECT count(*) FROM v_point WHERE status = "
                                        "'infeasible' AND reason LIKE "
                                        "'%cannot be scaled%'") == 1);
        remove(scratch("static.db"));
        sweeps("static.db", "override: {voltage_v: [0.9, 0.8]}\n", 0, "[node-scaling]");
        assert_true(number("static.db", "SELECT count(*) FROM v_point WHERE status = "
                                        "'infeasible' AND energy_pj IS NULL") == 1);
        remove(scratch("static.db"));
        snprintf(more, sizeof more, "override: {node_nm: [28], %s: [0.5]}\n",
                 costs[i][1]);
        sweeps("static.db", more, 0, NULL);
        assert_true(
            number("static.db", "SELECT energy_pj FROM v_energy WHERE component "
                                "IN ('static', 'leakage') AND energy_pj > 0") ==
            number("static.db", "SELECT 0.5 * 4 * latency_cycles / 2 FROM v_layer"));
    }
}

// A memory may be called as the multipliers or the chip are: each cost has a row.
static void names_of_no_memory_may_be_those_of_one(void **state) {
    (void)state;
    static const char *const names[] = {"MAC", "chip"};
    for (int i = 0; i < 2; i++) {
        char sql[300];
        write_text("net.yaml",
                   "name: w\nsource: own words\nlayers:\n  - {name: g, kind: "
                   "fc, in: 3, out_channels: 6, rows: 8}\n");
        write_text("arch.yaml",
                   LEVELS ", static_mw: 3}\n  - level: %s\n"
                          "    memory: {class: sram, capacity_kib: 1, port_bits: 8, "
                          "access_pj: 1, area_um2: 1, leakage_mw: 5, static_mw: 2}\n"
                          "compute: {class: parallel, pj_per_mac: 1, area_um2: 1, "
                          "leakage_mw: 1, static_mw: 7}\nchip: {static_mw: 13}\n",
                   names[i]);
        remove(scratch("names.db"));
        sweeps("names.db", "", 0, NULL);
        struct ran ran = run_program("verify @names.db");
        assert_int_equal(ran.status, 0);
        free_ran(&ran);
        assert_true(number("names.db", "SELECT count(*) FROM v_energy WHERE component "
                                       "IN ('leakage', 'static')") == 6);
        snprintf(sql, sizeof sql,
                 "SELECT energy_pj FROM v_energy WHERE component = 'static' AND action "
                 "= 'memory %s'",
                 names[i]);
        close_to("static",
                 number("names.db", "SELECT sum(energy_pj) FROM v_energy WHERE "
                                    "component = 'static' AND action = 'Buf'") *
                     2 / 3,
                 number("names.db", sql));
    }
}

#define PRODUCTS                                                        \
    "{name: leakage, kind: products_first, below: %s, multipliers: 4, " \
    "pj_per_product: 1, pj_per_sum: 1, area_um2: 1}\n"

// A memory of this name and costs, below it an engine that is called `leakage`.
static void write_named(const char *memory, const char *costs) {
    write_text("arch.yaml",
               LEVELS "}\n  - level: %s\n"
                      "    memory: {class: sram, capacity_kib: 1, port_bits: 8, "
                      "access_pj: 1, area_um2: 1%s}\n"
                      "compute: {class: parallel, pj_per_mac: 1, area_um2: 1}\n"
                      "engines:\n  - " PRODUCTS,
               memory, costs, memory);
}

// What no name tells apart is refused, not left out, and before anything runs.
static void two_costs_of_one_name_are_refused(void **state) {
    (void)state;
    static const char unique[] = "weight_forms: [{name: u, kind: unique}]\n";
    static const char *const events[] = {"product", "sum"};
    write_text("net.yaml", "name: w\nsource: own words\nlayers:\n  - {name: g, kind: "
                           "fc, in: 3, out_channels: 6, rows: 8}\n");
    for (int i = 0; i < 2; i++) {
        char said[200];
        write_named(events[i], ", leakage_mw: 5");
        snprintf(said, sizeof said,
                 "arch.yaml:18:5: error: two costs are called 'leakage, %s': give the "
                 "memory or the engine another name [cost-names]\n",
                 events[i]);
        remove(scratch("two.db"));
        sweeps("two.db", unique, 1, said);
        sweeps("two.db", unique, 1, "arch.yaml:15:13: note: the other is here\n");
        assert_int_not_equal(access(scratch("two.db"), F_OK), 0);
        run_says(1, "check @arch.yaml", said);
    }
    // What costs nothing has no name.
    write_named("product", ", static_mw: 5");
    sweeps("two.db", unique, 0, NULL);
    // "memory MAC" is what the results call a memory that is called MAC.
    write_text("arch.yaml", "%s",
               LEVELS "}\n"
                      "  - {level: MAC, memory: {class: sram, capacity_kib: 1, "
                      "port_bits: 8, access_pj: 1, area_um2: 1, static_mw: 1}}\n"
                      "  - {level: memory MAC, memory: {class: sram, capacity_kib: 1, "
                      "port_bits: 8, access_pj: 1, area_um2: 1, static_mw: 1}}\n"
                      "compute: {class: parallel, pj_per_mac: 1, area_um2: 1}\n");
    run_says(1, "check @arch.yaml", "two costs are called 'static, memory MAC'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_no_memory_may_be_those_of_one),
        cmocka_unit_test(two_costs_of_one_name_are_refused),
        cmocka_unit_test(overheads_are_rows_with_origins),
        cmocka_unit_test(another_node_scales_every_cost),
        cmocka_unit_test(what_cannot_be_scaled_is_refused),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
