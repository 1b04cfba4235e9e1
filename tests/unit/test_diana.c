// The two cost functions that a search for networks has of DIANA (eml-eda/plinio,
// plinio/cost/diana_latency.py), as two small accelerators: the fastest mapping takes
// the cycles that the formula says, layer by layer.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "costmodel/resolve.h"
#include "dse/map.h"
#include "spec/load.h"
#include "spec/tree.h"
#include "support/group_arena.h"

static struct sdse_node *tree_of(const char *name) {
    char path[512];
    struct sdse_node *root = NULL;
    snprintf(path, sizeof path, SDSE_SOURCE_DIR "/tests/data/diana/%s.yaml", name);
    sdse_tree_parse_file(arena, path, &diags, &root);
    assert_non_null(root);
    return root;
}

// The accelerator, its fan-out narrowed to `columns` of the output side by side; 0: as
// it is.
static const struct sdse_arch *arch_of(const char *name, unsigned columns) {
    char dataflow[100];
    snprintf(dataflow, sizeof dataflow,
             "[{name: u, constraints: [{level: L1, spatial: {Q: %u}}]}]", columns);
    const struct sdse_set set = {"dataflow", dataflow, {.file = "test"}};
    struct sdse_arch *arch = NULL;
    sdse_arch_from_tree(arena, tree_of(name), &set, columns > 0, &diags, &arch);
    sdse_diags_print(&diags, stderr, false);
    assert_non_null(arch);
    assert_int_equal(sdse_arch_resolve_costs(arch, arena, &diags), SDSE_OK);
    return arch;
}

struct shape {
    unsigned c, k, side, kernel;
    bool depthwise;
};

static const struct sdse_layer *layer_of(const struct shape *s) {
    char text[300];
    if (s->depthwise)
        snprintf(text, sizeof text,
                 "name: n\nsource: t\nlayers:\n  - {name: a, kind: dwconv, in: [%u, %u,"
                 " %u], kernel: %u, pad: %u}\n",
                 s->c, s->side, s->side, s->kernel, s->kernel / 2);
    else
        snprintf(text, sizeof text,
                 "name: n\nsource: t\nlayers:\n  - {name: a, kind: conv, in: [%u, %u, "
                 "%u], out_channels: %u, kernel: %u, pad: %u}\n",
                 s->c, s->side, s->side, s->k, s->kernel, s->kernel / 2);
    struct sdse_node *root = NULL;
    struct sdse_workload *net = NULL;
    sdse_tree_parse_memory(arena, "net", sdse_arena_strdup(arena, text), strlen(text),
                           &diags, &root);
    sdse_workload_from_tree(arena, root, &diags, &net);
    sdse_diags_print(&diags, stderr, false);
    assert_non_null(net);
    return &net->layers[0];
}

static double fastest(const struct sdse_arch *arch, const struct shape *shape,
                      unsigned padding_percent) {
    const struct sdse_map_request request = {.arch = arch,
                                             .layer = layer_of(shape),
                                             .objective = SDSE_MAP_LATENCY,
                                             .padding_percent = padding_percent};
    struct sdse_map_answer answer;
    assert_int_equal(sdse_map(&request, arena, &answer), SDSE_OK);
    assert_int_equal(answer.status, SDSE_MAP_OPTIMAL);
    return answer.point[0].totals.latency_cycles;
}

static unsigned passes(unsigned n, unsigned width) { return (n + width - 1) / width; }

// ---- the formulas ----

static double digital_cycles(const struct shape *s) {
    const unsigned groups = s->depthwise ? s->c : 1, k = s->depthwise ? s->c : s->k;
    const double area = (double)s->side * s->side;
    return (double)passes(k / groups, 16) * s->c * passes(s->side, 16) * s->side *
               s->kernel * s->kernel +
           ceil(area * (k + s->c) / 8);
}

// Columns of the output that are made at once.
static unsigned unrolled(const struct shape *s) {
    unsigned best = 1;
    for (unsigned u = 2; u <= 8; u *= 2)
        if (u * s->k <= 512 &&
            (u + s->kernel - 1) * (s->c > 64 ? s->c : 64) * s->kernel <= 1152)
            best = u;
    return best;
}

static double analog_cycles(const struct shape *s) {
    const double vectors =
        (double)passes(s->k, 512) * passes(s->c, 128) * s->side * s->side / unrolled(s);
    return ceil(vectors * 18.2) + 8.0 * s->c * s->kernel * s->kernel;
}

// ---- comparison ----

static unsigned next(unsigned *seed, unsigned below) {
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 16) % below;
}

static int compared;

static void compare(const char *what, const struct shape *s, double ours,
                    double theirs) {
    if (ours != theirs)
        fail_msg("%s: C %u K %u side %u kernel %u%s: %.0f cycles, the formula %.0f",
                 what, s->c, s->k, s->side, s->kernel, s->depthwise ? " dw" : "", ours,
                 theirs);
    compared++;
    sdse_arena_free(arena);
    arena = sdse_arena_new();
    sdse_diags_init(&diags, arena);
}

// Whole widths: the perfect factors of the bounds reach the formula's passes.
static void the_digital_array_takes_its_formulas_cycles(void **state) {
    (void)state;
    unsigned seed = 1;
    for (int i = 0; i < 120; i++) {
        struct shape s = {.c = 1 + next(&seed, 70),
                          .k = i % 3 ? 16 * (1 + next(&seed, 8)) : 1 + next(&seed, 16),
                          .side =
                              i % 2 ? 16 * (1 + next(&seed, 3)) : 1 + next(&seed, 16),
                          .kernel = 1 + 2 * next(&seed, 2),
                          .depthwise = i % 4 == 3};
        if (s.side < s.kernel)
            s.kernel = 1;
        if (s.depthwise)
            s.kernel = 3, s.side = s.side < 3 ? 3 : s.side;
        compare("digital", &s, fastest(arch_of("digital", 0), &s, 0),
                digital_cycles(&s));
    }
}

// Any width: with a padded bound the last pass is part empty, as the formula rounds up.
// One bound at a time is padded: filters and columns that both leave a rest stay apart.
static void padded_bounds_round_up_as_the_formula_does(void **state) {
    (void)state;
    unsigned seed = 2;
    for (int i = 0; i < 16; i++) {
        const struct shape s = {
            .c = 1 + next(&seed, 40),
            .k = i % 2 ? 16 * (1 + next(&seed, 4)) : 1 + next(&seed, 100),
            .side = i % 2 ? 3 + next(&seed, 40) : 16 * (1 + next(&seed, 2)),
            .kernel = 1 + 2 * next(&seed, 2)};
        compare("digital, padded", &s, fastest(arch_of("digital", 0), &s, 100),
                digital_cycles(&s));
    }
}

// 512 filters, kernels of at most 9 taps: rows are whole, and the formula's weights are
// those that are moved.
static void the_analogue_array_takes_its_formulas_cycles(void **state) {
    (void)state;
    unsigned seed = 3;
    for (int i = 0; i < 60; i++) {
        const struct shape s = {.c = i % 2 ? 128 * (1 + next(&seed, 3))
                                           : 1 + next(&seed, 128),
                                .k = 512,
                                .side = 3 + next(&seed, 30),
                                .kernel = 1 + 2 * next(&seed, 2)};
        compare("analogue", &s, fastest(arch_of("analog", 1), &s, 0),
                analog_cycles(&s));
    }
}

// Fewer filters leave columns for several outputs of a row of the map. The formula
// writes 512 columns whatever is used; what is moved here are the layer's own words.
static void outputs_side_by_side_share_the_array(void **state) {
    (void)state;
    unsigned seed = 4;
    bool seen[9] = {false};
    for (int i = 0; i < 60; i++) {
        const struct shape s = {.c = 1 + next(&seed, 128),
                                .k = 32u << next(&seed, 5),
                                .side = 8 * (1 + next(&seed, 4)),
                                .kernel = 1 + 2 * next(&seed, 2)};
        const double taps = (double)s.kernel * s.kernel;
        seen[unrolled(&s)] = true;
        compare("analogue, unrolled", &s,
                fastest(arch_of("analog", unrolled(&s)), &s, 0) -
                    ceil(s.c * s.k * taps * 2 / 128),
                analog_cycles(&s) - 8 * s.c * taps);
    }
    assert_true(seen[1] && seen[2] && seen[4] && seen[8]);
}

static void what_was_compared(void **state) {
    (void)state;
    assert_int_equal(compared, 256);
    printf("## DIANA's formulas: %d layers, all cycles equal\n", compared);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_digital_array_takes_its_formulas_cycles),
        cmocka_unit_test(padded_bounds_round_up_as_the_formula_does),
        cmocka_unit_test(the_analogue_array_takes_its_formulas_cycles),
        cmocka_unit_test(outputs_side_by_side_share_the_array),
        cmocka_unit_test(what_was_compared),
    };
    return cmocka_run_group_tests(tests, begin_arena, end_arena);
}
