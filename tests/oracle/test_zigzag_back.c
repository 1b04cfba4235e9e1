// Accelerators and layers written as ZigZag's files and read back: the same words,
// energies and cycles of the same mapping; what is not the same is reported.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/checked.h"
#include "costmodel/evaluate.h"
#include "costmodel/resolve.h"
#include "export/zigzag/zigzag.h"
#include "import/zigzag/zigzag.h"
#include "spec/load.h"
#include "support/close.h"
#include "support/data_text.h"

struct world {
    struct sdse_arena *arena;
    struct sdse_diags diags;
};

static struct world begin(void) {
    struct world w = {.arena = sdse_arena_new()};
    assert_non_null(w.arena);
    return w;
}

static struct sdse_node *parse(struct world *w, const char *text) {
    struct sdse_node *root = NULL;
    sdse_diags_init(&w->diags, w->arena);
    assert_int_equal(
        sdse_tree_parse_memory(w->arena, "t", text, strlen(text), &w->diags, &root),
        SDSE_OK);
    return root;
}

static struct sdse_arch *load_arch(struct world *w, const char *text) {
    struct sdse_arch *arch = NULL;
    const struct sdse_node *root = parse(w, text);
    if (sdse_arch_from_tree(w->arena, root, NULL, 0, &w->diags, &arch) != SDSE_OK ||
        sdse_arch_resolve_costs(arch, w->arena, &w->diags) != SDSE_OK) {
        sdse_diags_print(&w->diags, stderr, false);
        fail_msg("%s", text);
    }
    return arch;
}

static struct sdse_workload *load_net(struct world *w, const char *text) {
    struct sdse_workload *net = NULL;
    const struct sdse_node *root = parse(w, text);
    if (sdse_workload_from_tree(w->arena, root, &w->diags, &net) != SDSE_OK) {
        sdse_diags_print(&w->diags, stderr, false);
        fail_msg("%s", text);
    }
    return net;
}

static struct sdse_arch *import_arch(struct world *w, const char *hardware,
                                     const char *workload) {
    const char *yaml = NULL;
    const struct sdse_node *root = parse(w, hardware),
                           *net = workload ? parse(w, workload) : NULL;
    assert_int_equal(
        sdse_zigzag_accelerator(root, net, NULL, true, w->arena, &w->diags, &yaml),
        SDSE_OK);
    return load_arch(w, yaml);
}

static uint64_t random_state = 7;
static unsigned below(unsigned n) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random_state >> 33) % n;
}

// --- Generated designs ---

static size_t print_keeps(char *out, size_t room, unsigned set) {
    static const char *const names[3] = {"weights", "inputs", "outputs"};
    size_t length = 0;
    const char *between = "";
    for (unsigned t = 0; t < 3; t++) {
        if (!(set >> t & 1u))
            continue;
        length +=
            (size_t)snprintf(out + length, room - length, "%s%s", between, names[t]);
        between = ", ";
    }
    return length;
}

// A chain as ZigZag has it: memories of one to three tensors, fan-outs of one or two
// axes, ports of either kind.
static void draw_arch(char *text, size_t room) {
    const unsigned levels = 2 + below(4);
    unsigned dimensions = 0; // of the array: D1 to D9
    size_t n = (size_t)snprintf(
        text, room,
        "name: drawn\nsource: drawn\nnode_nm: 28\nclock_ghz: 1\ntensors: {weights: "
        "{bits: %u}, inputs: {bits: %u}, outputs: {bits: 8, partial_bits: %u}}\n"
        "levels:\n",
        1 + below(16), 1 + below(16), 8 + below(20));
    for (unsigned l = 0; l < levels; l++) {
        char keeps[60];
        const unsigned set = l == 0 ? 7 : 1 + below(7);
        print_keeps(keeps, sizeof keeps, set);
        n += (size_t)snprintf(
            text + n, room - n,
            "  - level: m%u\n    keeps: [%s]\n    memory: {class: %s, capacity_bits: "
            "%u, ",
            l, keeps, l == 0 ? "dram" : "sram", 100000 + below(1 << 20));
        n += below(4) == 0
                 ? (size_t)snprintf(text + n, room - n, "free: true")
                 : (size_t)snprintf(text + n, room - n,
                                    "read_pj_per_bit: %u.%u, write_pj_per_bit: %u.%u",
                                    1 + below(9), below(100), 1 + below(9), below(100));
        n += below(2)
                 ? (size_t)snprintf(text + n, room - n,
                                    ", shared_bits_per_cycle: %u}\n", 1 + below(999))
                 : (size_t)snprintf(text + n, room - n,
                                    ", read_bits_per_cycle: %u, "
                                    "write_bits_per_cycle: %u}\n",
                                    1 + below(999), 1 + below(999));
        const unsigned axes = dimensions > 7 ? 0 : below(3);
        dimensions += axes;
        if (axes)
            n += (size_t)snprintf(
                text + n, room - n,
                "    fanout: {x: %u, y: %u}\n    network: {topology: bus, multicast: "
                "true, reduce: true, window_sharing: true, free: true}\n",
                2 + below(4), axes == 2 ? 2 + below(4) : 1);
    }
    snprintf(text + n, room - n, "compute: {pj_per_mac: 0.%u}\nvector: {free: true}\n",
             1 + below(99));
}

static void draw_net(char *text, size_t room) {
    const unsigned kernel[2] = {1 + below(3), 1 + below(3)}, groups = 1 + below(2);
    const unsigned pad = below(kernel[0]);
    // fc and 1 x 1 maps are other kinds of layers.
    snprintf(
        text, room,
        "name: n\nsource: s\nlayers:\n  - {name: l, kind: conv, in: [%u, %u, %u], "
        "out_channels: %u, kernel: [%u, %u], stride: [%u, %u], pad: [[%u, %u], [0, "
        "0]], groups: %u, batch: %u}\n",
        groups * (2 + below(4)), 6 + below(5), 6 + below(5), groups * (1 + below(6)),
        kernel[0], kernel[1], 1 + below(2), 1 + below(2), pad, pad, groups,
        1 + below(3));
}

// Every factor of the bounds somewhere: places first, the rest in time.
static void draw_mapping(const struct sdse_arch *arch, const struct sdse_nest *nest,
                         struct sdse_mapping *mapping) {
    sdse_mapping_init(arch, mapping);
    for (unsigned l = 0; l < arch->level_count; l++) {
        mapping->level[l].temporal.count = 0;
        mapping->level[l].spatial[0].count = mapping->level[l].spatial[1].count = 0;
    }
    for (unsigned d = 0; d < SDSE_DIMS; d++) {
        uint64_t left = nest->bound[d];
        for (unsigned l = 0; l < arch->level_count; l++) {
            struct sdse_mapping_level *level = &mapping->level[l];
            const uint64_t places[2] = {arch->level[l].fanout_x,
                                        arch->level[l].fanout_y};
            for (unsigned axis = 0; axis < 2; axis++) {
                const uint64_t factor = sdse_gcd_u64(left, places[axis]);
                if (factor == 1 || level->spatial[axis].count || below(2))
                    continue;
                level->spatial[axis].loop[level->spatial[axis].count++] =
                    (struct sdse_loop){(enum sdse_dim)d, factor};
                left /= factor;
            }
            const bool last = l + 1 == arch->level_count;
            const uint64_t factor = last            ? left
                                    : left % 2 == 0 ? 2
                                    : left % 3 == 0 ? 3
                                                    : 1;
            if (factor == 1 || (!last && below(2)))
                continue;
            level->temporal.loop[level->temporal.count++] =
                (struct sdse_loop){(enum sdse_dim)d, factor};
            left /= factor;
        }
    }
}

static void compare_costs(const struct sdse_arch *arch, const struct sdse_cost *a,
                          const struct sdse_cost *b) {
    assert_double_within(a->energy_pj, b->energy_pj, 1e-12);
    assert_true(a->latency_cycles == b->latency_cycles);
    assert_true(a->macs == b->macs);
    for (unsigned l = 0; l < arch->level_count; l++) {
        for (unsigned p = 0; p < SDSE_PARTS; p++) {
            const struct sdse_flow_cost *x = &a->level[l].flow[p],
                                        *y = &b->level[l].flow[p];
            assert_true(x->reads == y->reads && x->fills == y->fills);
            assert_true(x->updates == y->updates && x->drain_reads == y->drain_reads);
            assert_true(x->instances == y->instances && x->kept == y->kept);
        }
    }
}

static void generated_designs_count_the_same(void **state) {
    (void)state;
    enum { CASES = 600 };
    unsigned compared = 0;
    for (unsigned i = 0; i < CASES; i++) {
        struct world w = begin();
        char arch_text[4000], net_text[600];
        draw_arch(arch_text, sizeof arch_text);
        draw_net(net_text, sizeof net_text);
        struct sdse_arch *arch = load_arch(&w, arch_text);
        const struct sdse_workload *net = load_net(&w, net_text);
        const struct sdse_layer *layer = net->layers;
        struct sdse_zigzag_texts texts;
        sdse_diags_init(&w.diags, w.arena);
        const enum sdse_status status =
            sdse_zigzag_export(arch, layer, NULL, false, w.arena, &w.diags, &texts);
        if (status != SDSE_OK) {
            sdse_diags_print(&w.diags, stderr, false);
            fail_msg("case %u: %s%s", i, arch_text, net_text);
        }
        struct sdse_arch *back = import_arch(&w, texts.hardware, texts.workload);
        const char *yaml = NULL;
        const struct sdse_node *root = parse(&w, texts.workload);
        assert_int_equal(sdse_zigzag_workload(root, false, w.arena, &w.diags, &yaml),
                         SDSE_OK);
        const struct sdse_workload *net_back = load_net(&w, yaml);
        assert_int_equal(back->level_count, arch->level_count);
        struct sdse_mapping mapping;
        draw_mapping(arch, &layer->nest, &mapping);
        struct sdse_model *model = NULL, *model_back = NULL;
        struct sdse_cost cost, cost_back;
        assert_int_equal(sdse_model_new(arch, layer, NULL, w.arena, &model), SDSE_OK);
        assert_int_equal(
            sdse_model_new(back, net_back->layers, NULL, w.arena, &model_back),
            SDSE_OK);
        if (sdse_mapping_verdict(model, &mapping, NULL) != SDSE_NOT_COVERED) {
            sdse_evaluate_full(model, &mapping, &cost);
            sdse_evaluate_full(model_back, &mapping, &cost_back);
            compare_costs(arch, &cost, &cost_back);
            compared++;
        }
        sdse_arena_free(w.arena);
    }
    printf("## %u designs through ZigZag's files and back: equal counts\n", compared);
    assert_int_equal(compared, CASES);
}

static void imported_designs_come_back(void **state) {
    (void)state;
    static const char *const names[] = {"meta_like", "tpu_like", "edge_tpu_like",
                                        "ascend_like", "tesla_like"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct world w = begin();
        char *text = data_text("zigzag", names[i]);
        struct sdse_arch *arch = import_arch(&w, text, NULL);
        struct sdse_zigzag_texts texts;
        const enum sdse_status status =
            sdse_zigzag_export(arch, NULL, NULL, false, w.arena, &w.diags, &texts);
        if (status != SDSE_OK)
            sdse_diags_print(&w.diags, stderr, false);
        assert_int_equal(status, SDSE_OK);
        assert_null(texts.workload);
        free(text);
        sdse_arena_free(w.arena);
    }
}

// One change at a time: each is reported by its path.
static void what_is_lost_is_reported(void **state) {
    (void)state;
    static const char base[] =
        "name: a\nsource: s\nnode_nm: %s\nclock_ghz: 1\nword_bits: 8\nlevels:\n"
        "  - level: top\n    memory: {class: dram, capacity_bits: 999999, "
        "read_pj_per_bit: 1, write_pj_per_bit: 2, shared_bits_per_cycle: 64}\n"
        "  - level: low\n    %s\n    memory: {class: %s, capacity_bits: 999, "
        "read_pj_per_bit: 1, fill_pj_per_bit: 2, update_pj_per_bit: %s, "
        "shared_bits_per_cycle: 64%s}\n    fanout: {x: 2, y: 3%s}\n    network: "
        "{topology: bus, multicast: true, reduce: true, window_sharing: true, %s}\n"
        "compute: {pj_per_mac: 1%s}\nvector: {free: true}\n%s";
    static const struct {
        const char *part[8], *path;
    } cases[] = {
        {{"28", "", "2", "", "", "free: true", "", ""}, NULL},
        {{"45", "", "2", "", "", "free: true", "", ""}, "node_nm: 45"},
        {{"28", "overlap: false", "2", "", "", "free: true", "", ""},
         "levels.low.overlap"},
        {{"28", "pass: {start_cycles: 3}", "2", "", "", "free: true", "", ""},
         "levels.low.pass"},
        {{"28", "", "3", "", "", "free: true", "", ""},
         "levels.low.memory.update_pj_per_bit: 3, there it is 2"},
        {{"28", "", "2.015625", "", "", "free: true", "", ""},
         "levels.low.memory.update_pj_per_bit: 2.015625, there it is 2"},
        {{"28", "", "2", ", buffering: 2", "", "free: true", "", ""},
         "levels.low.memory.buffering"},
        {{"28", "", "2", ", format: {inputs: bitmap}", "", "free: true", "", ""},
         "levels.low.memory.format"},
        {{"28", "", "2", ", may_bypass: [inputs]", "", "free: true", "", ""},
         "levels.low.memory.may_bypass"},
        {{"28", "", "2",
          ", retention_us: 40, refresh_pj_per_bit: 1, refresh_row_bits: 9, "
          "refresh_cycles_per_row: 1",
          "", "free: true", "", ""},
         "levels.low.memory.class: edram"},
        {{"28", "", "2", ", leakage_mw: 1", "", "free: true", "", ""},
         "levels.low.memory.leakage_mw"},
        {{"28", "", "2", ", fetch_gaps: true", "", "free: true", "", ""},
         "levels.low.memory.fetch_gaps"},
        {{"28", "", "2", "", ", dims_x: [K]", "free: true", "", ""},
         "levels.low.fanout.dims_x"},
        {{"28", "", "2", "", "", "pj_per_bit: 2", "", ""},
         "levels.low.network.weights"},
        {{"28", "", "2", "", "", "free: true", ", cycles_per_mac: 2", ""},
         "compute.cycles_per_mac"},
        {{"28", "", "2", "", "", "free: true", "", "count_drain_reads: false\n"},
         "count_drain_reads"},
        {{"28", "", "2", "", "", "free: true", "", "count_fill_drain: true\n"},
         "count_fill_drain"},
        {{"28", "", "2", "", "", "free: true", "",
          "dataflow:\n  - name: d\n    constraints: [{level: low, temporal_dims: "
          "[K]}]\n"},
         "dataflow"},
        {{"28", "", "2", "", "", "free: true", "",
          "engines:\n  - {kind: gate, operands: inputs, pj_per_test: 1}\n"},
         "engines"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const *p = cases[i].part;
        struct world w = begin();
        char text[2000];
        const bool cells = strstr(p[3], "retention") != NULL;
        snprintf(text, sizeof text, base, p[0], p[1], cells ? "edram" : "sram", p[2],
                 p[3], p[4], p[5], p[6], p[7]);
        struct sdse_arch *arch = load_arch(&w, text);
        const struct sdse_layer *layer =
            load_net(&w,
                     "name: n\nsource: s\nlayers: [{name: l, kind: conv, in: [4, 5, "
                     "5], out_channels: 4, kernel: 3}]\n")
                ->layers;
        struct sdse_zigzag_texts texts = {NULL, NULL, NULL};
        sdse_diags_init(&w.diags, w.arena);
        enum sdse_status status =
            sdse_zigzag_export(arch, layer, NULL, false, w.arena, &w.diags, &texts);
        assert_int_equal(status, cases[i].path ? SDSE_INVALID : SDSE_OK);
        bool said = !cases[i].path;
        for (const struct sdse_diag *d = w.diags.first; d; d = d->next)
            said |= strstr(d->message, cases[i].path ? cases[i].path : "") != NULL;
        if (!said) {
            sdse_diags_print(&w.diags, stderr, false);
            fail_msg("case %zu: %s is not reported", i, cases[i].path);
        }
        sdse_diags_init(&w.diags, w.arena);
        status = sdse_zigzag_export(arch, layer, NULL, true, w.arena, &w.diags, &texts);
        assert_int_equal(status, SDSE_OK);
        assert_int_equal(w.diags.warnings > 0, cases[i].path != NULL);
        import_arch(&w, texts.hardware, NULL);
        sdse_arena_free(w.arena);
    }
}

// A layer's own width of weights is lost where it is not the accelerator's.
static void narrow_weights_are_reported(void **state) {
    (void)state;
    static const struct {
        const char *bits;
        bool lost;
    } cases[] = {{"4", true}, {"8", false}, {"16", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w = begin();
        char text[300];
        struct sdse_arch *arch = load_arch(
            &w, "name: a\nsource: s\nnode_nm: 28\nclock_ghz: 1\nword_bits: 8\n"
                "levels:\n  - level: top\n    memory: {class: dram, capacity_bits: "
                "999999, pj_per_bit: 1, shared_bits_per_cycle: 64}\n"
                "compute: {pj_per_mac: 1}\nvector: {free: true}\n");
        snprintf(text, sizeof text,
                 "name: n\nsource: s\nlayers: [{name: l, kind: conv, in: [4, 5, 5], "
                 "out_channels: 4, kernel: 3, bits: {weights: %s}}]\n",
                 cases[i].bits);
        const struct sdse_layer *layer = load_net(&w, text)->layers;
        struct sdse_zigzag_texts texts;
        sdse_diags_init(&w.diags, w.arena);
        const enum sdse_status status =
            sdse_zigzag_export(arch, layer, NULL, false, w.arena, &w.diags, &texts);
        if (status != (cases[i].lost ? SDSE_INVALID : SDSE_OK)) {
            sdse_diags_print(&w.diags, stderr, false);
            fail_msg("%s bits on an accelerator of 8", cases[i].bits);
        }
        sdse_arena_free(w.arena);
    }
}

// What the files say: ways of words through ports, widths, places, loops from inside.
static void files_say_what_is_there(void **state) {
    (void)state;
    struct world w = begin();
    struct sdse_arch *arch = load_arch(
        &w,
        "name: a\nsource: s\nnode_nm: 28\nclock_ghz: 1\ntensors: {weights: {bits: "
        "4}, inputs: {bits: 8}, outputs: {bits: 8}}\nlevels:\n"
        "  - level: top\n    memory: {class: dram, pj_per_bit: 1}\n"
        "  - level: low\n    keeps: [weights, outputs]\n    memory: {class: sram, "
        "capacity_bits: 9999, pj_per_bit: 1, read_bits_per_cycle: 16, "
        "write_bits_per_cycle: 16}\n    fanout: {x: 2, y: 3}\n    network: "
        "{topology: bus, multicast: true, reduce: true, window_sharing: true, free: "
        "true}\ncompute: {pj_per_mac: 1}\nvector: {free: true}\n");
    const struct sdse_workload *net = load_net(
        &w, "name: n\nsource: s\nlayers:\n  - {name: l, kind: conv, in: [4, 6, "
            "5], out_channels: 4, kernel: 3}\n  - {name: heads, kind: matmul, "
            "heads: 2, m: 4, k: 4, n: 4}\n  - {name: padded, kind: conv, in: [1, 4, "
            "9], out_channels: 1, kernel: 3, pad: 1, stride: 2}\n");
    struct sdse_mapping *mapping = NULL;
    const struct sdse_node *root =
        parse(&w, "mapping:\n- {level: top, temporal: P4 K2}\n- {level: low, temporal: "
                  "C4 R3, spatial_x: K2, spatial_y: Q3 S3}\n");
    arch->level[1].fanout_y = 9;
    assert_int_equal(
        sdse_mapping_from_tree(w.arena, root, arch, net->layers, &w.diags, &mapping),
        SDSE_OK);
    struct sdse_zigzag_texts texts;
    sdse_diags_init(&w.diags, w.arena);
    assert_int_equal(
        sdse_zigzag_export(arch, net->layers, mapping, true, w.arena, &w.diags, &texts),
        SDSE_OK);
    assert_non_null(strstr(texts.hardware, "input_precision: [8, 4]"));
    assert_non_null(strstr(texts.hardware,
                           "type: read, bandwidth_min: 1, "
                           "bandwidth_max: 16, allocation: [\"I2, tl\", "
                           "\"O, tl\", \"O, th\"]}"));
    assert_non_null(strstr(texts.hardware, "allocation: [\"I2, fh\", \"O, fh\", \"O, "
                                           "fl\"]}"));
    assert_non_null(strstr(texts.mapping,
                           "    D1: [\"K, 2\"]\n    D2: [\"OX, 3\", \"FX, 3\"]\n  "
                           "temporal_ordering:\n    - [FY, 3]\n    - [C, 4]\n    - [K, "
                           "2]\n    - [OY, 4]\n"));
    // A link without limit, loops whose memory is not said, a product as a convolution.
    bool unlimited = false, loops = false, product = false;
    for (const struct sdse_diag *d = w.diags.first; d; d = d->next) {
        unlimited |=
            strstr(d->message, "levels.top.memory.read_bits_per_cycle: not said, "
                               "there it is 1048576") != NULL;
        loops |= strstr(d->message, "mapping: the memories") != NULL;
    }
    sdse_diags_init(&w.diags, w.arena);
    sdse_zigzag_export(arch, &net->layers[1], NULL, true, w.arena, &w.diags, &texts);
    for (const struct sdse_diag *d = w.diags.first; d; d = d->next)
        product |= strstr(d->message, "cannot hold heads: ") != NULL;
    assert_true(unlimited && loops && product);
    // Windows of stride 2 take padding at both ends of 9 columns, before 4 rows alone.
    sdse_zigzag_export(arch, &net->layers[2], NULL, true, w.arena, &w.diags, &texts);
    assert_non_null(
        strstr(texts.workload, "_sizes: [4, 9]\n  padding: [[1, 0], [1, 1]]\n"));
    sdse_arena_free(w.arena);
}

static bool is_said(const struct sdse_diags *diags, const char *what) {
    bool said = false;
    for (const struct sdse_diag *d = diags->first; d; d = d->next)
        said |= strstr(d->message, what) != NULL;
    return said;
}

// Outputs that go up through ports of their own, of one way or the other; dimensions of
// the array that are numbered where there are places alone.
static void ports_and_places_have_their_names(void **state) {
    (void)state;
    struct world w = begin();
    struct sdse_arch *arch = load_arch(
        &w, "name: a\nsource: s\nnode_nm: 28\nclock_ghz: 1\nword_bits: 8\nlevels:\n"
            "  - level: top\n    memory: {class: dram, pj_per_bit: 1, "
            "shared_bits_per_cycle: 64}\n    fanout: {x: 1, y: 3}\n    network: "
            "{topology: mesh, free: true}\n"
            "  - level: low\n    keeps: [weights, outputs]\n    memory: {class: sram, "
            "capacity_bits: 9999, pj_per_bit: 1, read_bits_per_cycle: 1000.25, "
            "write_bits_per_cycle: 64}\n    fanout: {x: 2, y: 2}\n    network: "
            "{topology: mesh, free: true}\ncompute: {pj_per_mac: 1}\n");
    struct sdse_level *low = &arch->level[1];
    const struct sdse_layer *layer =
        load_net(&w, "name: n\nsource: s\nlayers: [{name: l, kind: conv, in: [1, 8, "
                     "8], out_channels: 2, kernel: [5, 3], pad: [[2, 2], [1, 1]]}]\n")
            ->layers;
    struct sdse_mapping *mapping = NULL;
    const struct sdse_node *root = parse(
        &w, "mapping:\n- {level: top, temporal: P8 Q8, spatial_y: S3}\n- {level: low, "
            "temporal: R5, spatial_y: K2}\n");
    assert_int_equal(
        sdse_mapping_from_tree(w.arena, root, arch, layer, &w.diags, &mapping),
        SDSE_OK);
    low->least_read_bits = 12;
    low->least_write_bits = 20;
    low->own_bits_per_cycle[SDSE_PORT_READ][SDSE_PORT_UP] =
        (struct sdse_number){.value = 32, .given = true};
    struct sdse_zigzag_texts texts;
    sdse_diags_init(&w.diags, w.arena);
    assert_int_equal(
        sdse_zigzag_export(arch, layer, mapping, true, w.arena, &w.diags, &texts),
        SDSE_OK);
    assert_non_null(strstr(texts.hardware,
                           "{name: r_port_2, type: read, bandwidth_min: 12, "
                           "bandwidth_max: 32, allocation: [\"O, th\"]}"));
    assert_non_null(strstr(texts.hardware,
                           "{name: w_port_1, type: write, bandwidth_min: 20, "
                           "bandwidth_max: 64, allocation: [\"I2, fh\", \"O, fh\", "
                           "\"O, fl\"]}"));
    assert_non_null(strstr(texts.mapping, "    D1: [\"FX, 3\"]\n    D3: [\"K, 2\"]\n"));
    assert_non_null(strstr(texts.workload, "  padding: [[2, 2], [1, 1]]\n"));
    // Half a bit is lost, the kind of a network that costs nothing is not.
    assert_true(
        is_said(&w.diags, "read_bits_per_cycle.others: 1000.25, there it is 1000"));
    assert_false(is_said(&w.diags, "topology"));
    low->own_bits_per_cycle[SDSE_PORT_READ][SDSE_PORT_UP].given = false;
    low->own_bits_per_cycle[SDSE_PORT_WRITE][SDSE_PORT_UP] =
        (struct sdse_number){.value = 48, .given = true};
    assert_int_equal(
        sdse_zigzag_export(arch, layer, NULL, true, w.arena, &w.diags, &texts),
        SDSE_OK);
    assert_non_null(strstr(texts.hardware,
                           "{name: w_port_2, type: write, bandwidth_min: 20, "
                           "bandwidth_max: 48, allocation: [\"O, fl\"]}"));
    assert_non_null(strstr(texts.hardware,
                           "{name: r_port_1, type: read, bandwidth_min: 12, "
                           "bandwidth_max: 1000, allocation: [\"I2, tl\", \"O, tl\", "
                           "\"O, th\"]}"));
    sdse_arena_free(w.arena);
}

// What several places lose alike is said once; of a part that is lost, how much; and
// what ZigZag's reader refuses is no file, whatever may be lost.
static void what_is_lost_is_said_once(void **state) {
    (void)state;
    struct world w = begin();
    char text[2000];
    int n = snprintf(text, sizeof text,
                     "name: a\nsource: s\nnode_nm: 28\nclock_ghz: 1\nword_bits: 8\n"
                     "levels:\n");
    for (int l = 0; l < 5; l++)
        n += snprintf(text + n, sizeof text - (size_t)n,
                      "  - level: m%d\n    pass: {start_cycles: 3, skew_cycles: 2}\n"
                      "    memory: {class: sram, capacity_bits: 9999, pj_per_bit: 1}\n"
                      "    fanout: {x: 2, y: 2}\n    network: {topology: bus, free: "
                      "true}\n",
                      l);
    snprintf(text + n, sizeof text - (size_t)n, "compute: {pj_per_mac: 1}\n");
    struct sdse_arch *arch = load_arch(&w, text);
    struct sdse_zigzag_texts texts;
    sdse_diags_init(&w.diags, w.arena);
    assert_int_equal(
        sdse_zigzag_export(arch, NULL, NULL, true, w.arena, &w.diags, &texts),
        SDSE_INVALID);
    assert_true(is_said(&w.diags, "as many, at most 9"));
    arch->level[3].fanout_y = arch->level[4].fanout_y = 1;
    sdse_diags_init(&w.diags, w.arena);
    assert_int_equal(
        sdse_zigzag_export(arch, NULL, NULL, true, w.arena, &w.diags, &texts), SDSE_OK);
    assert_true(is_said(&w.diags, "'pass' of 5 places, as levels.m0.pass: 10 values"));
    size_t passes = 0;
    for (const struct sdse_diag *d = w.diags.first; d; d = d->next)
        passes += strstr(d->message, "pass") != NULL;
    assert_int_equal(passes, 1);
    sdse_arena_free(w.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generated_designs_count_the_same),
        cmocka_unit_test(imported_designs_come_back),
        cmocka_unit_test(what_is_lost_is_reported),
        cmocka_unit_test(narrow_weights_are_reported),
        cmocka_unit_test(files_say_what_is_there),
        cmocka_unit_test(ports_and_places_have_their_names),
        cmocka_unit_test(what_is_lost_is_said_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
