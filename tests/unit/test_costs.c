// The rows of a cost table: each layer's best by its own objective on the front that
// was proved for it, so that rows add up to the ends of the network's front.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "results/look/costs.h"
#include "support/reseal.h"
#include "support_sweep.h"

static struct sdse_arena *arena;
static struct sdse_diags diags;
static struct sdse_reader *reader;

static struct sdse_layer_costs costs_of(int64_t point, enum sdse_objective objective) {
    struct sdse_layer_costs costs;
    assert_int_equal(
        sdse_layer_costs_load(reader, point, objective, arena, &diags, &costs),
        SDSE_OK);
    assert_int_equal(costs.count, 3);
    return costs;
}

// Of a view, in all digits.
static double ask(const char *what, const char *view, int64_t point, const char *more) {
    char sql[400];
    snprintf(sql, sizeof sql,
             "SELECT printf('%%!.17g', %s) FROM %s WHERE point_id = %d %s", what, view,
             (int)point, more);
    return sweep_number("costs.db", sql);
}

// A table names what it is of, and has the texts.
static void costs_name_their_inputs(void **state) {
    (void)state;
    for (int64_t point = 1; point <= 4; point++) {
        const struct sdse_layer_costs costs = costs_of(point, SDSE_ENERGY);
        char arch[SDSE_HASH_TEXT_BYTES], network[SDSE_HASH_TEXT_BYTES], sql[160];
        sdse_hash_text(costs.arch, arch);
        sdse_hash_text(costs.workload, network);
        snprintf(sql, sizeof sql,
                 "SELECT arch_hash = '%s' AND workload_hash = '%s' FROM v_point WHERE "
                 "point_id = %d",
                 arch, network, (int)point);
        assert_true(sweep_number("costs.db", sql) == 1);
        assert_non_null(strstr(costs.arch_text, "name: small"));
        assert_non_null(strstr(costs.workload_text, "name: tiny"));
    }
}

static void rows_add_up_to_the_ends_of_the_front(void **state) {
    (void)state;
    for (int64_t point = 1; point <= 4; point++) {
        struct sdse_layer_costs least = costs_of(point, SDSE_ENERGY);
        double energy = 0, cycles = 0, bits = 0;
        for (size_t i = 0; i < least.count; i++) {
            energy += least.layers[i].energy_pj;
            bits += least.layers[i].weight_bits;
        }
        struct sdse_layer_costs fast = costs_of(point, SDSE_LATENCY);
        for (size_t i = 0; i < fast.count; i++)
            cycles += (double)fast.layers[i].latency_cycles;
        const double best = ask("min(energy_pj)", "v_front", point, "");
        assert_true(energy >= best * (1 - 1e-12) && energy <= best * (1 + 1e-12));
        assert_true(cycles == ask("min(latency_cycles)", "v_front", point, ""));
        assert_true(bits == ask("weight_bits", "v_point", point, ""));
    }
}

// By products each layer has its own best, and the objectives differ somewhere.
static void products_are_those_of_one_layer(void **state) {
    (void)state;
    bool differ = false;
    for (int64_t point = 1; point <= 4; point++) {
        struct sdse_layer_costs edp = costs_of(point, SDSE_EDP),
                                ed2p = costs_of(point, SDSE_ED2P),
                                energy = costs_of(point, SDSE_ENERGY),
                                latency = costs_of(point, SDSE_LATENCY);
        for (size_t i = 0; i < edp.count; i++) {
            const struct sdse_layer_cost *a = &edp.layers[i], *b = &ed2p.layers[i];
            const double repeat = (double)a->repeat,
                         cycles = (double)a->latency_cycles / repeat,
                         slow = (double)b->latency_cycles / repeat;
            assert_int_equal(a->repeat, i == 1 ? 2 : 1);
            char at[40];
            snprintf(at, sizeof at, "AND layer_index = %d", (int)i);
            assert_true(ask("min(energy_pj * latency_cycles)", "v_layer_front", point,
                            at) == a->energy_pj / repeat * cycles);
            const double ours = b->energy_pj / repeat * slow * slow,
                         least = ask("min(energy_pj * latency_cycles * latency_cycles)",
                                     "v_layer_front", point, at);
            assert_true(ours >= least * (1 - 1e-12) && ours <= least * (1 + 1e-12));
            differ |=
                energy.layers[i].latency_cycles != latency.layers[i].latency_cycles;
            assert_string_equal(a->proof, "optimal");
            assert_int_equal(a->index, i);
        }
        assert_string_equal(edp.layers[2].name, "c");
        assert_string_equal(edp.layers[2].kind, "fc");
        assert_int_equal(edp.layers[1].macs, 2 * 24 * 8 * 16);
    }
    assert_true(differ);
}

// What a search that was cut short left open is said, layer by layer.
static void what_is_not_proved_says_so(void **state) {
    (void)state;
    sqlite3 *db = NULL;
    sweep_run("costs.yaml", "open.db");
    assert_int_equal(sqlite3_open(sweep_path("open.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "UPDATE layer_front SET proof = 'limit', gap = 0.25;"
                                  "UPDATE solution SET proof = 'limit', gap = 0.25",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    reseal(db);
    sqlite3_close(db);
    struct sdse_reader *open = NULL;
    struct sdse_layer_costs costs;
    assert_int_equal(sdse_reader_open(sweep_path("open.db"), &diags, &open), SDSE_OK);
    assert_int_equal(sdse_layer_costs_load(open, 1, SDSE_ENERGY, arena, &diags, &costs),
                     SDSE_OK);
    sdse_reader_close(open);
    for (size_t i = 0; i < costs.count; i++) {
        assert_string_equal(costs.layers[i].proof, "limit");
        assert_true(costs.layers[i].gap == 0.25);
    }
}

static int begin(void **state) {
    if (sweep_begin(state) != 0)
        return 1;
    // The buffer's reads are scarce: what is fast and what is thrifty differ.
    sweep_write("costs.yaml", "name: c\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                              "override: {GLB.read_bits_per_cycle: [16],"
                              " word_bits: [4, 8]}\n"
                              "weight_forms: [raw, {name: d, density: 0.5}]\n");
    sweep_run("costs.yaml", "costs.db");
    arena = sdse_arena_new();
    sdse_diags_init(&diags, arena);
    return sdse_reader_open(sweep_path("costs.db"), &diags, &reader) == SDSE_OK ? 0 : 1;
}

static int end(void **state) {
    sdse_reader_close(reader);
    sdse_arena_free(arena);
    return sweep_end(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(costs_name_their_inputs),
        cmocka_unit_test(rows_add_up_to_the_ends_of_the_front),
        cmocka_unit_test(products_are_those_of_one_layer),
        cmocka_unit_test(what_is_not_proved_says_so),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
