// Grids as people mean them: ranges, values in step, expressions, overrides of one
// accelerator; and a value that cannot be makes points that cannot be, no refusal.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spec/load.h"
#include "spec/write.h"
#include "support_sweep.h"

#define HEAD "name: g\nworkloads: [one.yaml]\n"
#define ARCHS "archs: [arch.yaml]\n"

static int begin(void **state) {
    const int begun = sweep_begin(state);
    sweep_write("one.yaml", "name: one\nsource: x\nlayers:\n"
                            "  - {name: f, kind: fc, in: 12, out_channels: 4}\n");
    sweep_write("bare.yaml", "name: bare\nsource: x\nnode_nm: 45\nclock_ghz: 1\n"
                             "word_bits: 8\nlevels:\n"
                             "  - level: DRAM\n    memory: {class: dram, pj_per_bit: "
                             "4, shared_bits_per_cycle: 64}\n"
                             "  - level: L1\n    memory: {class: sram, capacity_kib: "
                             "1, port_bits: 64, read_pj: 1, write_pj: 1, area_um2: "
                             "10}\ncompute: {pj_per_mac: 0.5, area_um2: 400}\n");
    return begun;
}

// Every accelerator's parameters in order, one per line, from a database of the sweep.
static char *parameters(const char *sweep) {
    sweep_write("s.yaml", sweep);
    remove(sweep_path("s.db"));
    sweep_run("s.yaml", "s.db");
    return sweep_ask("s.db", "SELECT parameters FROM v_point ORDER BY point_id");
}

static void makes(const char *sweep, const char *wanted) {
    char *found = parameters(sweep);
    if (strcmp(found, wanted) != 0)
        fail_msg("%s\nmakes\n%s", sweep, found);
    free(found);
}

static void ranges_are_their_values(void **state) {
    (void)state;
    makes(HEAD ARCHS "override: {GLB.capacity_kib: 8..32 x2}\n",
          "GLB.capacity_kib=8\nGLB.capacity_kib=16\nGLB.capacity_kib=32\n");
    makes(HEAD ARCHS "override: {GLB.capacity_kib: [8, 10..17 +3]}\n",
          "GLB.capacity_kib=8\nGLB.capacity_kib=10\nGLB.capacity_kib=13\n"
          "GLB.capacity_kib=16\n");
    makes(HEAD ARCHS "override: {compute.pj_per_mac: 0.1..0.3 +0.1}\n",
          "compute.pj_per_mac=0.1\ncompute.pj_per_mac=0.2\n"
          "compute.pj_per_mac=0.3\n");
    makes(HEAD ARCHS "override: {DRAM.memory.leakage_mw: 0.0..0.3 +0.3}\n",
          "DRAM.memory.leakage_mw=0\nDRAM.memory.leakage_mw=0.3\n");
    // Through 0, which is 0 and not what rounding leaves of it.
    makes(HEAD ARCHS "override: {DRAM.memory.leakage_mw: -0.3..0.2 +0.1}\n",
          "DRAM.memory.leakage_mw=-0.3\nDRAM.memory.leakage_mw=-0.2\n"
          "DRAM.memory.leakage_mw=-0.1\nDRAM.memory.leakage_mw=0\n"
          "DRAM.memory.leakage_mw=0.1\nDRAM.memory.leakage_mw=0.2\n");
    makes(HEAD ARCHS "override: {compute.pj_per_mac: 0.5..2.5 x1.5}\n",
          "compute.pj_per_mac=0.5\ncompute.pj_per_mac=0.75\n"
          "compute.pj_per_mac=1.125\ncompute.pj_per_mac=1.6875\n");
}

static void values_in_step_and_expressions(void **state) {
    (void)state;
    // What is set at a place holds however its path is written.
    makes(HEAD ARCHS "override: {levels.GLB.fanout.x: [2, 4], GLB.fanout.y: "
                     "'=GLB.fanout.x / 2'}\n",
          "GLB.fanout.y=1 levels.GLB.fanout.x=2\n"
          "GLB.fanout.y=2 levels.GLB.fanout.x=4\n");
    makes(HEAD ARCHS "override: {levels.*.fanout.x: [2], GLB.fanout.y: "
                     "'=GLB.fanout.x / 2'}\n",
          "GLB.fanout.y=1 levels.*.fanout.x=2\n");
    // 0.1 * 3 is 0.3; a sign may stand before a number.
    makes(HEAD ARCHS "override: {GLB.capacity_kib: '=0.1*3*640', clock_ghz: "
                     "'=-1+2'}\n",
          "GLB.capacity_kib=192 clock_ghz=1\n");
    makes(HEAD ARCHS "override: {compute.pj_per_mac: '=1/3'}\n",
          "compute.pj_per_mac=0.333333333333333\n");
    // The last varies fastest, those in step as one; in step with nothing is a product.
    makes(HEAD ARCHS "override: {GLB.capacity_kib: [8, 16]}\n"
                     "zip: {GLB.fanout.x: [2, 4], GLB.fanout.y: [4, 2]}\n",
          "GLB.capacity_kib=8 GLB.fanout.x=2 GLB.fanout.y=4\n"
          "GLB.capacity_kib=8 GLB.fanout.x=4 GLB.fanout.y=2\n"
          "GLB.capacity_kib=16 GLB.fanout.x=2 GLB.fanout.y=4\n"
          "GLB.capacity_kib=16 GLB.fanout.x=4 GLB.fanout.y=2\n");
    makes(HEAD ARCHS "zip:\n  - {GLB.fanout.x: 1..2 +1, GLB.fanout.y: [2, 1]}\n"
                     "  - {GLB.capacity_kib: [8, 16], clock_ghz: [1, 2]}\n",
          "GLB.capacity_kib=8 GLB.fanout.x=1 GLB.fanout.y=2 clock_ghz=1\n"
          "GLB.capacity_kib=16 GLB.fanout.x=1 GLB.fanout.y=2 clock_ghz=2\n"
          "GLB.capacity_kib=8 GLB.fanout.x=2 GLB.fanout.y=1 clock_ghz=1\n"
          "GLB.capacity_kib=16 GLB.fanout.x=2 GLB.fanout.y=1 clock_ghz=2\n");
    makes(HEAD ARCHS "zip: {clock_ghz: [1, 2], GLB.fanout.x: [2, 4], GLB.fanout.y: [4, "
                     "2], GLB.capacity_kib: [8, 9]}\n",
          "GLB.capacity_kib=8 GLB.fanout.x=2 GLB.fanout.y=4 clock_ghz=1\n"
          "GLB.capacity_kib=9 GLB.fanout.x=4 GLB.fanout.y=2 clock_ghz=2\n");
    // Of what is set, wherever it stands; of the file; beside the path; worked out.
    makes(HEAD ARCHS "override: {GLB.fanout.y: =fanout.x, GLB.fanout.x: [2, 3]}\n",
          "GLB.fanout.x=2 GLB.fanout.y=2\nGLB.fanout.x=3 GLB.fanout.y=3\n");
    makes(HEAD ARCHS "override: {GLB.fanout.x: =y, GLB.capacity_kib: ['= 2 * (GLB."
                     "fanout.x + 12) / 4 - 1.5']}\n",
          "GLB.capacity_kib=6.5 GLB.fanout.x=4\n");
}

static void overrides_of_one_accelerator(void **state) {
    (void)state;
    makes(HEAD "archs:\n  - {path: arch.yaml, override: {GLB.capacity_kib: [8, 16]}}\n"
               "  - bare.yaml\noverride: {clock_ghz: [1, 2]}\n",
          "GLB.capacity_kib=8 clock_ghz=1\nGLB.capacity_kib=16 clock_ghz=1\n"
          "GLB.capacity_kib=8 clock_ghz=2\nGLB.capacity_kib=16 clock_ghz=2\n"
          "clock_ghz=1\nclock_ghz=2\n");
    makes(HEAD "archs:\n  - arch.yaml\n  - {path: bare.yaml, zip: {L1.capacity_kib: "
               "[1, 2], clock_ghz: [1, 2]}}\n",
          "\nL1.capacity_kib=1 clock_ghz=1\nL1.capacity_kib=2 clock_ghz=2\n");
}

// Sizes of networks: in step within one mapping, the entry's own vary faster.
static void sizes_of_networks(void **state) {
    (void)state;
    sweep_write("two.yaml", "name: two\nsource: x\nlayers:\n"
                            "  - {name: q, kind: matmul, m: 2, n: 2, k: 4}\n"
                            "  - {name: v, kind: matmul, m: 2, n: 4, k: 2}\n");
    sweep_write(
        "s.yaml",
        "name: g\nnetwork: {batch: 1..2 x2}\nworkloads:\n  - one.yaml\n  - {path:"
        " two.yaml, network: {layers: {q: {m: [2, 3], n: [2, 4..4 +1]}, v: {k: "
        "[2, 4]}}}}\n  - {path: two.yaml, network: {name: fixed, batch: 2}}\n" ARCHS);
    remove(sweep_path("n.db"));
    sweep_run("s.yaml", "n.db");
    char *found =
        sweep_ask("n.db", "SELECT workload, parameters, (SELECT sum(macs) FROM "
                          "v_layer l WHERE l.point_id = p.point_id) AS macs FROM"
                          " v_point p ORDER BY point_id");
    assert_string_equal(found,
                        "one,network.batch=1,48\none,network.batch=2,96\n"
                        "two,network.batch=1 network.layers.q.m=2 network.layers.q.n=2 "
                        "network.layers.v.k=2,32\n"
                        "two,network.batch=1 network.layers.q.m=3 network.layers.q.n=4 "
                        "network.layers.v.k=4,80\n"
                        "two,network.batch=2 network.layers.q.m=2 network.layers.q.n=2 "
                        "network.layers.v.k=2,64\n"
                        "two,network.batch=2 network.layers.q.m=3 network.layers.q.n=4 "
                        "network.layers.v.k=4,160\n"
                        "fixed,,64\n");
    free(found);
    assert_true(sweep_number("n.db", "SELECT total(superseded) FROM v_point") == 0);
    found = sweep_ask("n.db", "SELECT text FROM input WHERE kind = 'sweep'");
    assert_non_null(strstr(found,
                           "- {path: two, network: {batch: 2, layers: {q: {m: 3, "
                           "n: 4}, v: {k: 4}}}}"));
    free(found);
}

static char *refusal(const char *sweep) {
    struct sdse_sweep_progress progress;
    char *said = NULL;
    sweep_write("s.yaml", sweep);
    remove(sweep_path("s.db"));
    const struct sdse_sweep_request request = {.sweep_path = sweep_path("s.yaml"),
                                               .database_path = sweep_path("s.db"),
                                               .threads = 1};
    if (sweep_try(&request, &progress, &said) != SDSE_INVALID)
        fail_msg("%s is not refused: %s", sweep, said);
    return said;
}

static void what_is_no_grid_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *sweep, *says;
    } cases[] = {
        {"override: {GLB.capacity_kib: 64..8 x2}\n", "[override-range]"},
        {"override: {GLB.capacity_kib: 8..64 x1}\n", "[override-range]"},
        {"override: {GLB.capacity_kib: 0..64 x2}\n", "[override-range]"},
        {"override: {GLB.capacity_kib: 8..64}\n", "[override-range]"},
        {"override: {GLB.capacity_kib: 1..10001 +1}\n", "more than 10000 values"},
        {"override: {GLB.capacity_kib: [8, 4..16 x2]}\n", "[duplicate-value]"},
        {"override: {GLB.capacity_kib: []}\n", "[override-empty]"},
        {"zip: {GLB.fanout.x: [1, 2], GLB.fanout.y: [1, 2, 4]}\n", "[zip-length]"},
        {"zip: {GLB.fanout.x: [1, 2]}\n", "[zip-length]"},
        {"override: {GLB.fanout.x: =y, GLB.fanout.y: =x}\n", "need each other"},
        {"override: {GLB.fanout.x: =nowhere}\n", "nothing is called nowhere"},
        {"override: {GLB.fanout.x: =levels.*.capacity_kib}\n", "[override-expression]"},
        {"override: {GLB.fanout.x: =4 / 0}\n", "a division by zero"},
        {"override: {GLB.fanout.x: [1, 2]}\nzip: {GLB.fanout.x: [1, 2], GLB.fanout.y: "
         "[1, 2]}\n",
         "'GLB.fanout.x' is set twice for one accelerator"},
        {"override: {GLB.fanout.x: [1, 2], levels.GLB.fanout.x: [1, 2]}\n",
         "'levels.GLB.fanout.x' is set twice for one accelerator: 'GLB.fanout.x' is "
         "the "
         "same place"},
        {"override: {GLB.memory.capacity_kib: 8, GLB.capacity_kib: 16}\n",
         "'GLB.capacity_kib' is set twice"},
        {"override: {a: =b+b+b+b+b+b+b+b, b: =c+c+c+c+c+c+c+c, c: =d+d+d+d+d+d+d+d, "
         "d: =e+e+e+e+e+e+e+e, e: =f+f+f+f+f+f+f+f, f: =g+g+g+g+g+g+g+g, g: 1}\n",
         "needs other values too often"},
        {"override: {GLB.fanout.x: =(4}\n", "a bracket is not closed"},
        {"override: {GLB.fanout.x: =4 4}\n", "expected an operator before"},
        {"override: {GLB.fanout.x: =name}\n", "no number is written at name"},
        {"override: {GLB.capcity_kib: [1, 2]}\n", "[unknown-path]"},
        {"override: {GLB.capacity_kib: [0.001, 0.002]}\n", "[capacity-"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char sweep[400];
        snprintf(sweep, sizeof sweep, HEAD ARCHS "%s", cases[i].sweep);
        char *said = refusal(sweep);
        if (!strstr(said, cases[i].says) || strstr(said, "warning: "))
            fail_msg("%s: %s", cases[i].sweep, said);
        free(said);
    }
    char *said =
        refusal(HEAD "archs: [bare.yaml]\nweight_forms: [{name: sd, basis_size:"
                     " 2, density: 0.5}, {name: se, basis_size: 2, density: "
                     "0.6}]\n");
    assert_non_null(strstr(said, "'sd' needs a rebuild engine"));
    free(said);
    said =
        refusal("name: g\nworkloads: [one.yaml, {path: one.yaml, network: {batch: [1, "
                "2], layers: {f: {repeat: [1, 2, 3]}}}}]\n" ARCHS);
    assert_non_null(strstr(said, "'repeat' has 3 values, and 'batch', in step with it, "
                                 "2 [zip-length]"));
    free(said);
    said = refusal("name: g\nworkloads: [one.yaml]\nnetwork: {batch: []}\n" ARCHS);
    assert_non_null(strstr(said, "[override-empty]"));
    free(said);
    said = refusal("name: g\nworkloads: [one.yaml]\nnetwork: {batch: [1, x]}\n" ARCHS);
    assert_non_null(strstr(said, "network.batch: "));
    free(said);
    said = refusal(
        "name: g\nworkloads: [one.yaml, one.yaml]\nnetwork: {batch: [1, 2]}\n" ARCHS);
    assert_non_null(strstr(said, "is listed twice"));
    free(said);
    // For all accelerators, and for one of them once more.
    said = refusal(HEAD "archs: [{path: arch.yaml, override: {clock_ghz: [1, 2]}}]\n"
                        "override: {clock_ghz: [3, 4]}\n");
    assert_non_null(strstr(said, "'clock_ghz' is set twice for one accelerator"));
    free(said);
    said = refusal(HEAD "archs: [{override: {clock_ghz: 1}}]\n");
    assert_non_null(strstr(said, "'path'"));
    free(said);
}

// Points that cannot be, each with its reason, and one warning for each cause.
static void what_cannot_be_is_infeasible(void **state) {
    (void)state;
    struct sdse_sweep_progress progress;
    char *said = NULL;
    sweep_write("s.yaml",
                HEAD "archs: [arch.yaml, bare.yaml]\n"
                     "override: {GLB.capacity_kib: [8, 0.001953125, 16, 0.5]}\n"
                     "weight_forms: [raw, {name: sd, basis_size: 2, density: 0.5}]\n");
    const struct sdse_sweep_request request = {.sweep_path = sweep_path("s.yaml"),
                                               .database_path = sweep_path("i.db"),
                                               .threads = 1};
    assert_int_equal(sweep_try(&request, &progress, &said), SDSE_OK);
    assert_int_equal(progress.points_done, 16);
    assert_int_equal(progress.infeasible, 10);
    const char *once = strstr(said, "(4 accelerators: infeasible) [unknown-path]");
    assert_non_null(once);
    if (strstr(once + 40, "[unknown-path]"))
        fail_msg("%s", said);
    assert_non_null(strstr(said, "(1 accelerator: infeasible) [capacity-word]"));
    free(said);
    assert_true(sweep_number("i.db",
                             "SELECT count(*) FROM v_point WHERE reason LIKE "
                             "'accelerator cannot be: %[capacity-word]' AND "
                             "area_mm2 IS NULL AND arch = 'small' AND "
                             "parameters = 'GLB.capacity_kib=0.001953125'") == 2);
    assert_true(
        sweep_number("i.db", "SELECT count(DISTINCT point_hash) FROM v_point") == 16);
    // Of several values the first is said, and that there are others.
    sweep_write("s.yaml", HEAD ARCHS "override: {GLB.capacity_kib: [0, -1, 16]}\n");
    assert_int_equal(sweep_try(&request, &progress, &said), SDSE_OK);
    assert_non_null(strstr(said, "got 0 bits (and so on: 2 accelerators: infeasible)"));
    free(said);
    // Without the override the form needs an engine, and raw weights do not.
    sweep_write("s.yaml", HEAD "archs: [bare.yaml, arch.yaml]\nweight_forms: [raw, "
                               "{name: sd, basis_size: 2, density: 0.5}]\n");
    assert_int_equal(sweep_try(&request, &progress, &said), SDSE_OK);
    assert_non_null(strstr(said, "(1 point: infeasible) [rebuild-engine]"));
    free(said);
    assert_int_equal(progress.infeasible, 1);
    assert_true(sweep_number("i.db",
                             "SELECT count(*) FROM v_sweep_point p JOIN v_point "
                             "USING (point_id) WHERE p.newest AND form = 'sd' AND"
                             " arch = 'bare' AND reason LIKE '%rebuild engine%'") == 1);
    // Continued, nothing is computed again.
    assert_int_equal(sweep_try(&request, &progress, &said), SDSE_OK);
    free(said);
    assert_int_equal(progress.points_reused, 4);
    // Two forms are two causes.
    sweep_write("f.yaml",
                HEAD "archs: [bare.yaml, arch.yaml]\nweight_forms: [raw, {name:"
                     " sd, basis_size: 2, density: 0.5}, {name: se, basis_size:"
                     " 3, density: 0.5}]\n");
    const struct sdse_sweep_request forms = {.sweep_path = sweep_path("f.yaml"),
                                             .database_path = sweep_path("f.db"),
                                             .threads = 1};
    if (sweep_try(&forms, &progress, &said) != SDSE_OK)
        fail_msg("%s", said);
    assert_non_null(strstr(said, "weight form 'sd' needs"));
    assert_non_null(strstr(said, "weight form 'se' needs"));
    free(said);
}

static char *text_of(const char *sweep) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_sweep *loaded = NULL;
    sdse_diags_init(&diags, arena);
    sweep_write("t.yaml", sweep);
    const enum sdse_status status =
        sdse_sweep_load(arena, sweep_path("t.yaml"), &diags, &loaded);
    sdse_diags_print(&diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    const char *workload = "one.yaml", *archs[] = {"arch.yaml", "bare.yaml"};
    char *text = strdup(sdse_sweep_text(arena, loaded, &workload, archs));
    sdse_arena_free(arena);
    return text;
}

// A sweep's text reads back to itself, and each key of the grid is part of it.
static void every_key_is_part_of_what_a_sweep_is(void **state) {
    (void)state;
    static const char *const sweeps[] = {
        "archs: [arch.yaml, bare.yaml]\noverride: {a.b: [1, 2], c: [3, 4]}\n",
        "archs: [arch.yaml, bare.yaml]\noverride: {c: [3, 4], a.b: [1, 2]}\n",
        "archs: [arch.yaml, bare.yaml]\nzip: {a.b: [1, 2], c: [3, 4]}\n",
        "archs: [arch.yaml, bare.yaml]\nzip: [{a.b: [1, 2], c: [3, 4]}, {d: [1, 2], e: "
        "[1, 2]}]\n",
        "archs: [arch.yaml, bare.yaml]\nzip: [{a.b: [1, 2], c: [3, 4], d: [1, 2], e: "
        "[1,"
        " 2]}]\n",
        "archs: [{path: arch.yaml, override: {a.b: [1, 2]}}, bare.yaml]\noverride: {c: "
        "[3, 4]}\n",
        "archs: [arch.yaml, {path: bare.yaml, override: {a.b: [1, 2]}}]\noverride: {c: "
        "[3, 4]}\n",
        "archs: [arch.yaml, {path: bare.yaml, override: {a.b: [1, 2]}, zip: [{c: [1, "
        "2],"
        " d: [3, 4]}, {e: [5], f: [6]}]}]\n",
        "archs: [arch.yaml, {path: bare.yaml, zip: [{c: [1, 2], d: [3, 4]}]}]\n",
        "archs: [arch.yaml, bare.yaml]\noverride: {a.b: [1, 2], c: [=a.b]}\n",
        "archs: [arch.yaml, bare.yaml]\noverride: {a.b: [1, 2], c: ['=a.b + 1']}\n",
    };
    enum { SWEEPS = sizeof sweeps / sizeof *sweeps };
    char *texts[SWEEPS];
    for (size_t i = 0; i < SWEEPS; i++) {
        char sweep[600];
        snprintf(sweep, sizeof sweep, HEAD "%s", sweeps[i]);
        texts[i] = text_of(sweep);
        char *again = text_of(texts[i]);
        assert_string_equal(texts[i], again);
        free(again);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(texts[i], texts[j]);
    }
    for (size_t i = 0; i < SWEEPS; i++)
        free(texts[i]);
    char *range =
             text_of(HEAD "archs: [arch.yaml, bare.yaml]\noverride: {a: 1..4 x2}\n"),
         *list =
             text_of(HEAD "archs: [arch.yaml, bare.yaml]\noverride: {a: [1, 2, 4]}\n");
    assert_string_equal(range, list);
    free(range);
    free(list);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_their_values),
        cmocka_unit_test(values_in_step_and_expressions),
        cmocka_unit_test(overrides_of_one_accelerator),
        cmocka_unit_test(sizes_of_networks),
        cmocka_unit_test(what_is_no_grid_is_refused),
        cmocka_unit_test(what_cannot_be_is_infeasible),
        cmocka_unit_test(every_key_is_part_of_what_a_sweep_is),
    };
    return cmocka_run_group_tests(tests, begin, sweep_end);
}
