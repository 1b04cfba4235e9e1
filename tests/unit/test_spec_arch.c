// What each key of the accelerator's format means: sizes, costs, origins, networks,
// engines, constraints, overrides.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spec/load.h"
#include "support/close.h"

static const char text[] =
    "name: a\nsource: s\nnode_nm: 28\nclock_ghz: 1\nword_bits: 16\n"
    "tensors: {weights: {bits: 4}, outputs: {bits: 16, partial_bits: 24}}\n"
    "count_fill_drain: true\n"
    "levels:\n"
    "  - level: DRAM\n"
    "    overlap: false\n"
    "    memory: {class: dram, read_pj_per_bit: 8, write_pj_per_bit: 9}\n"
    "  - level: GB\n"
    "    memories:\n"
    "      - {name: igb, keeps: [inputs], class: sram, capacity_mib: 0.5, macro_kib: "
    "16,\n"
    "         buffering: 2, port_bits: 128, pj_per_bit: 0.5, fill_pj: 7, write_pj: 6,\n"
    "         read_bits_per_cycle: 256, write_bits_per_cycle: 128,\n"
    "         format: {inputs: {compression: run_length, run_bits: 5}}}\n"
    "      - {name: wgb, keeps: [weights.coefficients, weights.basis, weights.index,\n"
    "                            weights.words], class: fifo, capacity_bytes: 4096,\n"
    "         table: sram, port_bits: 32, area_mm2: 0.5, leakage_mw: 2}\n"
    "    fanout: {x: 3, dims_x: [K, G], dims_y: any}\n"
    "    network:\n"
    "      topology: bus\n"
    "      pj_per_bit: 0.1\n"
    "      multicast: true\n"
    "      outputs: {topology: tree, reduce: true, pj_per_add: 0.3}\n"
    "      inputs: {window_sharing: true}\n"
    "      weights: {free: true, pj_per_bit: {value: 0}}\n"
    "  - level: pe\n"
    "    keeps: [weights, outputs]\n"
    "    memory: {name: rf, class: regfile, capacity_bits: 4096, pj_per_bit: 0.1,\n"
    "             bits: {weights: 6}}\n"
    "    fanout: {x: 2, y: 5}\n"
    "    network: {hop_pj_per_bit: 0.1, router_pj_per_bit: 0.2}\n"
    "  - level: acc\n"
    "    memory: {class: regfile, keeps: [outputs], capacity_words: 3, access_pj: "
    "0.2, partial_bits: 20,\n"
    "             bits: {outputs: 18}}\n"
    "compute: {class: bit_serial, cycles_per_mac: 4, pj_per_mac: 0.25, area_um2: 60}\n"
    "engines:\n"
    "  - {name: re, kind: rebuild, below: wgb, rows_per_cycle: 2, pj_per_shift_add: "
    "0.02,\n"
    "     pj_per_basis_read: 0.01, pj_per_basis_write: {value: 0.03, mark: L}}\n"
    "dataflow:\n"
    "  - name: convs\n"
    "    when: {layer: [conv, conv1x1]}\n"
    "    constraints:\n"
    "      - {level: GB, spatial_at_least: {K: 2, G: 1}, temporal_dims: [C, R]}\n"
    "      - {level: pe, factors: {C: all}, factors_at_most: {R: 3}, stationary: "
    "inputs}\n"
    "      - {level: rf, utilization_at_least: 0.75, spatial_y_dims: []}\n"
    "  - {constraints: []}\n"
    "area: {other_mm2: 2}\n"
    "sources:\n"
    "  levels.GB.igb.capacity_mib: {mark: M+, text: table}\n"
    "  GB: {mark: assumed, text: the level}\n"
    "  igb: the memory\n"
    "  levels.*.fanout: {mark: Q, text: array}\n"
    "  compute.pj_per_mac: {mark: D}\n"
    "  engines.re: {mark: M, text: engine}\n"
    "  rf.pj_per_bit: {mark: provisional}\n";

struct fixture {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct sdse_arch *arch;
};

static struct sdse_arch *load(struct fixture *f, const struct sdse_set *sets,
                              size_t count) {
    struct sdse_node *root = NULL;
    struct sdse_arch *arch = NULL;
    sdse_tree_parse_memory(f->arena, "a.yaml", text, strlen(text), &f->diags, &root);
    sdse_arch_from_tree(f->arena, root, sets, count, &f->diags, &arch);
    if (f->diags.first)
        sdse_diags_print(&f->diags, stderr, false);
    assert_null(f->diags.first);
    return arch;
}

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->arena = sdse_arena_new();
    sdse_diags_init(&f->diags, f->arena);
    f->arch = load(f, NULL, 0);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    sdse_arena_free(f->arena);
    free(f);
    return 0;
}

enum { DRAM, IGB, WGB, RF, ACC };

static void assert_number(const struct sdse_number *number, double value,
                          enum sdse_mark mark, const char *source) {
    assert_true(number->given);
    assert_double_within(number->value, value, 1e-15);
    assert_int_equal(number->origin.mark, mark);
    if (source)
        assert_string_equal(number->origin.text, source);
    else
        assert_null(number->origin.text);
}

static void widths_and_flags(void **state) {
    const struct sdse_arch *arch = ((struct fixture *)*state)->arch;
    assert_int_equal(arch->bits[SDSE_WEIGHTS], 4);
    assert_int_equal(arch->bits[SDSE_INPUTS], 16);
    assert_int_equal(arch->bits[SDSE_OUTPUTS], 16);
    assert_int_equal(arch->partial_bits, 24);
    assert_int_equal(sdse_arch_partial_bits(arch, RF), 24);
    assert_int_equal(sdse_arch_partial_bits(arch, WGB), 24);
    assert_int_equal(sdse_arch_word_bits(arch, RF, SDSE_WEIGHTS), 6);
    assert_int_equal(sdse_arch_word_bits(arch, WGB, SDSE_WEIGHTS), 4);
    assert_int_equal(sdse_arch_word_bits(arch, ACC, SDSE_OUTPUTS), 18);
    assert_int_equal(sdse_arch_partial_bits(arch, ACC), 20);
    assert_true(arch->count_fill_drain);
    assert_true(arch->count_drain_reads);
    assert_int_equal(arch->level_count, 5);
    assert_false(arch->level[DRAM].overlap);
    assert_true(arch->level[IGB].overlap);
    assert_double_within(arch->other_area_um2.value, 2e6, 1e-15);
}

static void capacities_in_every_unit(void **state) {
    const struct sdse_level *level = ((struct fixture *)*state)->arch->level;
    assert_int_equal(level[DRAM].capacity_bits, 0);
    assert_int_equal(level[IGB].capacity_bits, 512 * 8192);
    assert_int_equal(level[IGB].macro_count, 32);
    assert_int_equal(level[IGB].buffering, 2);
    assert_int_equal(level[WGB].capacity_bits, 4096 * 8);
    assert_int_equal(level[WGB].macro_count, 1);
    assert_int_equal(level[RF].capacity_bits, 4096);
    assert_int_equal(level[ACC].capacity_bits, 3 * 20); // words are its partial sums
}

// The words of a capacity, and the one that an access moves where nothing else is said.
static void words_are_as_wide_as_they_are_stored(void **state) {
    struct fixture *f = *state;
    const struct sdse_set sets[] = {
        {"acc.memory",
         "{class: regfile, keeps: [weights], capacity_words: 3, access_pj: 0.2, bits: "
         "{weights: 6}}",
         {"sweep.yaml", 7, 3}},
    };
    const struct sdse_level *level = &load(f, sets, 1)->level[ACC];
    assert_int_equal(level->capacity_bits, 3 * 6);
    assert_int_equal(level->port_bits, 6);
}

static void the_most_specific_energy_wins(void **state) {
    const struct sdse_level *level = ((struct fixture *)*state)->arch->level;
    assert_int_equal(level[DRAM].port_bits, 0);
    assert_double_within(level[DRAM].read_pj.value, 8, 0);
    assert_double_within(level[DRAM].fill_pj.value, 9, 0);
    assert_double_within(level[DRAM].update_pj.value, 9, 0);
    assert_double_within(level[IGB].read_pj.value, 64, 0); // 0.5 per bit, 128-bit port
    assert_double_within(level[IGB].fill_pj.value, 7, 0);
    assert_double_within(level[IGB].update_pj.value, 6, 0);
    assert_false(level[WGB].read_pj.given);
    assert_string_equal(level[WGB].table, "sram");
    assert_double_within(level[WGB].area_um2.value, 5e5, 1e-15);
    assert_double_within(level[WGB].leakage_mw.value, 2, 0);
    assert_int_equal(level[ACC].port_bits, 20); // an access moves one word
    assert_double_within(level[ACC].update_pj.value, 0.2, 0);
}

static void bandwidths_and_formats(void **state) {
    const struct sdse_level *level = ((struct fixture *)*state)->arch->level;
    assert_double_within(level[IGB].read_bits_per_cycle.value, 256, 0);
    assert_double_within(level[IGB].write_bits_per_cycle.value, 128, 0);
    assert_false(level[IGB].shared_bits_per_cycle.given);
    assert_int_equal(level[IGB].format[SDSE_INPUTS].compression, SDSE_RUN_LENGTH);
    assert_int_equal(level[IGB].format[SDSE_INPUTS].run_bits, 5);
    assert_int_equal(level[IGB].format[SDSE_WEIGHTS].compression, SDSE_UNCOMPRESSED);
}

static void weights_have_parts_above_the_engine(void **state) {
    const struct sdse_arch *arch = ((struct fixture *)*state)->arch;
    const unsigned parts = SDSE_BIT(SDSE_PART_COEFFICIENTS) |
                           SDSE_BIT(SDSE_PART_BASIS) | SDSE_BIT(SDSE_PART_INDEX);
    assert_true(arch->rebuild.present);
    assert_int_equal(arch->rebuild.below_level, WGB);
    assert_int_equal(arch->level[DRAM].keeps, SDSE_BIT(SDSE_PARTS) - 1);
    assert_int_equal(arch->level[IGB].keeps, SDSE_BIT(SDSE_INPUTS));
    assert_int_equal(arch->level[WGB].keeps, parts | SDSE_BIT(SDSE_PART_WEIGHTS));
    assert_int_equal(arch->level[RF].keeps,
                     SDSE_BIT(SDSE_WEIGHTS) | SDSE_BIT(SDSE_OUTPUTS));
    assert_int_equal(sdse_level_tensors(&arch->level[WGB]), SDSE_BIT(SDSE_WEIGHTS));
    assert_int_equal(sdse_level_tensors(&arch->level[DRAM]), 7);
    assert_double_within(arch->rebuild.rows_per_cycle.value, 2, 0);
    assert_number(&arch->rebuild.pj_per_shift_add, 0.02, SDSE_MARK_RECALLED, "engine");
    assert_number(&arch->rebuild.pj_per_basis_write, 0.03, SDSE_MARK_LIBRARY, "engine");
}

static void fanouts_and_links(void **state) {
    const struct sdse_arch *arch = ((struct fixture *)*state)->arch;
    const struct sdse_level *wgb = &arch->level[WGB];
    assert_int_equal(arch->level[IGB].fanout_x, 1);
    assert_true(arch->level[IGB].network[SDSE_INPUTS].free);
    assert_int_equal(wgb->fanout_x, 3);
    assert_int_equal(wgb->fanout_y, 1);
    assert_int_equal(wgb->dims_x, SDSE_BIT(SDSE_K) | SDSE_BIT(SDSE_G));
    assert_int_equal(wgb->dims_y, SDSE_BIT(SDSE_DIMS) - 1);
    const struct sdse_network *weights = &wgb->network[SDSE_WEIGHTS];
    const struct sdse_network *inputs = &wgb->network[SDSE_INPUTS];
    const struct sdse_network *outputs = &wgb->network[SDSE_OUTPUTS];
    assert_true(weights->multicast && weights->free);
    assert_true(inputs->multicast && inputs->window_sharing &&
                !weights->window_sharing);
    assert_int_equal(inputs->topology, SDSE_BUS);
    assert_int_equal(outputs->topology, SDSE_TREE);
    assert_true(outputs->reduce && !outputs->multicast);
    assert_double_within(outputs->pj_per_add.value, 0.3, 0);
    assert_double_within(outputs->pj_per_bit.value, 0.1, 0);
    assert_int_equal(arch->level[RF].network[0].topology, SDSE_MESH);
    assert_double_within(arch->level[RF].network[2].router_pj_per_bit.value, 0.2, 0);
    assert_int_equal(sdse_arch_instances(arch, ACC), 30);
}

static void the_innermost_source_covers_a_number(void **state) {
    const struct sdse_arch *arch = ((struct fixture *)*state)->arch;
    const struct sdse_level *level = arch->level;
    assert_number(&level[IGB].capacity, 512 * 8192, SDSE_MARK_CHECKED, "table");
    assert_number(&level[IGB].fill_pj, 7, SDSE_MARK_UNMARKED, "the memory");
    assert_number(&level[WGB].leakage_mw, 2, SDSE_MARK_ASSUMED, "the level");
    assert_number(&level[WGB].network[SDSE_INPUTS].pj_per_bit, 0.1, SDSE_MARK_ASSUMED,
                  "the level");
    assert_number(&arch->compute.pj_per_mac, 0.25, SDSE_MARK_DERIVED, NULL);
    assert_number(&arch->compute.area_um2, 60, SDSE_MARK_UNMARKED, NULL);
    assert_number(&level[RF].read_pj, 0.1, SDSE_MARK_PROVISIONAL, NULL);
    assert_number(&arch->compute.cycles_number, 4, SDSE_MARK_UNMARKED, NULL);
    assert_int_equal(arch->compute.cycles_per_mac, 4);
}

static void constraints_one_by_one(void **state) {
    const struct sdse_arch *arch = ((struct fixture *)*state)->arch;
    static const struct sdse_constraint expected[] = {
        {.kind = SDSE_SPATIAL_AT_LEAST, .level = WGB, .dims = 1u << SDSE_K, .value = 2},
        {.kind = SDSE_SPATIAL_AT_LEAST, .level = WGB, .dims = 1u << SDSE_G, .value = 1},
        {.kind = SDSE_TEMPORAL_DIMS, .level = WGB, .dims = 1u << SDSE_C | 1u << SDSE_R},
        {.kind = SDSE_FACTOR_EQUAL,
         .level = RF,
         .dims = 1u << SDSE_C,
         .value = UINT64_MAX},
        {.kind = SDSE_FACTOR_AT_MOST, .level = RF, .dims = 1u << SDSE_R, .value = 3},
        {.kind = SDSE_STATIONARY, .level = RF, .tensor = SDSE_INPUTS},
        {.kind = SDSE_SPATIAL_Y_DIMS, .level = RF},
        {.kind = SDSE_UTILIZATION_AT_LEAST, .level = RF, .fraction = 0.75},
    };
    enum { COUNT = sizeof expected / sizeof *expected };
    assert_int_equal(arch->dataflow_count, 2);
    assert_int_equal(arch->dataflows[0].kinds,
                     SDSE_BIT(SDSE_CONV) | SDSE_BIT(SDSE_CONV1X1));
    assert_int_equal(arch->dataflows[1].kinds, SDSE_BIT(SDSE_MAPPED_KINDS) - 1);
    assert_int_equal(arch->dataflows[1].constraint_count, 0);
    assert_int_equal(arch->dataflows[0].constraint_count, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        const struct sdse_constraint *c = &arch->dataflows[0].constraints[i];
        assert_int_equal(c->kind, expected[i].kind);
        assert_int_equal(c->level, expected[i].level);
        assert_int_equal(c->dims, expected[i].dims);
        assert_true(c->value == expected[i].value);
        assert_true(c->fraction == expected[i].fraction);
        assert_int_equal(c->tensor, expected[i].tensor);
    }
}

static void overrides_replace_and_add(void **state) {
    struct fixture *f = *state;
    const struct sdse_set sets[] = {
        {"igb.capacity_mib", "1", {"sweep.yaml", 7, 3}},
        {"GB.igb.banks", "64", {"sweep.yaml", 8, 3}},
        {"DRAM.memory.shared_bits_per_cycle", "32", {"sweep.yaml", 9, 3}},
        {"pe.fanout.y", "7", {"sweep.yaml", 10, 3}},
        {"rf.pj_per_bit", "0.4", {"sweep.yaml", 11, 3}},
        {"GB.network.outputs.pj_per_add", "0.6", {"sweep.yaml", 12, 3}},
        {"clock_ghz", "2", {"sweep.yaml", 13, 3}},
        {"tensors.weights.bits", "8", {"sweep.yaml", 14, 3}},
        {"engines.rebuild.rows_per_cycle", "4", {"sweep.yaml", 15, 3}},
        {"pe.keeps", "[weights]", {"sweep.yaml", 16, 3}},
        {"levels.*.overlap", "true", {"sweep.yaml", 17, 3}},
    };
    const struct sdse_arch *arch = load(f, sets, sizeof sets / sizeof *sets);
    assert_number(&arch->level[IGB].capacity, 8192 * 1024, SDSE_MARK_ASSUMED,
                  "override");
    assert_int_equal(arch->level[IGB].macro_count, 64);
    assert_double_within(arch->level[DRAM].shared_bits_per_cycle.value, 32, 0);
    assert_int_equal(arch->level[RF].fanout_y, 7);
    assert_int_equal(arch->level[RF].fanout_x, 2);
    assert_number(&arch->level[RF].read_pj, 0.4, SDSE_MARK_ASSUMED, "override");
    assert_double_within(arch->level[WGB].network[2].pj_per_add.value, 0.6, 0);
    assert_double_within(arch->clock_ghz, 2, 0);
    assert_int_equal(arch->bits[SDSE_WEIGHTS], 8);
    assert_double_within(arch->rebuild.rows_per_cycle.value, 4, 0);
    assert_int_equal(arch->level[RF].keeps, SDSE_BIT(SDSE_WEIGHTS));
    assert_true(arch->level[DRAM].overlap);
    assert_int_equal(f->arch->level[RF].fanout_y, 5); // the first tree is untouched
}

static void a_wrong_path_names_the_nearest(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *path, *nearest;
    } cases[] = {
        {"GB.igb.bank", "'banks'"},        {"DRMA.memory.free", "'DRAM'"},
        {"pe.fanout.z", "no 'z'"},         {"compute.pj_per_macs", "'pj_per_mac'"},
        {"clock_gh", "'clock_ghz'"},       {"GB.network.output.free", "'outputs'"},
        {"clock_ghz.value", "no 'value'"}, {"", "not a path"},
        {"GB..banks", "not a path"},       {"igb.leakage", "'leakage_mw'"},
    };
    struct sdse_node *root = NULL;
    sdse_tree_parse_memory(f->arena, "a.yaml", text, strlen(text), &f->diags, &root);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sdse_arch *arch = NULL;
        struct sdse_set set = {cases[i].path, "1", {"sweep.yaml", 5, 3}};
        assert_int_equal(sdse_arch_from_tree(f->arena, root, &set, 1, &f->diags, &arch),
                         SDSE_INVALID);
        assert_null(arch);
        assert_int_equal(f->diags.errors, i + 1);
        assert_string_equal(f->diags.last->check, "unknown-path");
        assert_int_equal(f->diags.last->loc.line, 5);
        if (!strstr(f->diags.last->message, cases[i].nearest))
            fail_msg("%s: %s", cases[i].path, f->diags.last->message);
    }
}

// Exactly as many instances, dimensions and levels as there are: the edge is allowed.
static void mappings_reach_the_edges(void **state) {
    struct fixture *f = *state;
    struct sdse_layer layer = {.nest = {.bound = {1, 12, 5, 1, 1, 1, 1, 1},
                                        .stride = {1, 1},
                                        .dilation = {1, 1}}};
    struct sdse_loc loc = {"m.yaml", 4, 2};
    struct sdse_mapping m = {.level_count = 5, .keeps = {7, 2, 1, 5, 4}};
    m.level[WGB].spatial[0] = (struct sdse_loops){1, {{SDSE_K, 3}}};
    m.level[RF].spatial[1] = (struct sdse_loops){1, {{SDSE_C, 5}}};
    m.level[ACC].temporal = (struct sdse_loops){1, {{SDSE_K, 4}}};
    assert_true(sdse_mapping_check(f->arch, &layer, &m, &f->diags, loc));
    layer.nest.bound[SDSE_K] = 10; // imperfect: 3 x 4 cut off at 10
    assert_true(sdse_mapping_check(f->arch, &layer, &m, &f->diags, loc));
    layer.nest.bound[SDSE_K] = 8; // the third pass would be empty
    assert_false(sdse_mapping_check(f->arch, &layer, &m, &f->diags, loc));
    assert_string_equal(f->diags.last->check, "factors-cover");
    assert_int_equal(f->diags.last->loc.line, 4);
    layer.nest.bound[SDSE_K] = 16;
    m.level[WGB].spatial[0].loop[0].factor = 4;
    assert_false(sdse_mapping_check(f->arch, &layer, &m, &f->diags, loc));
    assert_string_equal(f->diags.last->check, "spatial-fanout");
    m.level_count = 4;
    assert_false(sdse_mapping_check(f->arch, &layer, &m, &f->diags, loc));
    assert_int_equal(f->diags.errors, 3);
}

static const struct sdse_engine *
engine_of(const char *arch_name, struct sdse_arch **arch, struct sdse_arena *arena) {
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    const char *path =
        sdse_arena_printf(arena, SDSE_SOURCE_DIR "/archs/%s.yaml", arch_name);
    assert_int_equal(sdse_arch_load(arena, path, &diags, arch), SDSE_OK);
    assert_int_equal((*arch)->engine_count, 1);
    return &(*arch)->engine[0];
}

// An engine is below all memories of a group, or the innermost one if it does not say,
// and works on all that multiplies, or on what it says.
static void engines_have_places_and_layers(void **state) {
    const struct fixture *f = *state;
    struct sdse_arch *arch;
    const struct sdse_engine *engine = engine_of("cambricon_x", &arch, f->arena);
    unsigned first = 0;
    while (strcmp(arch->level[first].group, "buffers") != 0)
        first++;
    assert_string_equal(arch->level[first + 1].group, "buffers");
    assert_int_equal(engine->below_level, first);
    assert_int_equal(engine->layer_kinds,
                     SDSE_BIT(SDSE_CONV) | SDSE_BIT(SDSE_CONV1X1) |
                         SDSE_BIT(SDSE_DWCONV) | SDSE_BIT(SDSE_FC) |
                         SDSE_BIT(SDSE_MATMUL) | SDSE_BIT(SDSE_WGRAD));
    engine = engine_of("pragmatic", &arch, f->arena);
    assert_int_equal(engine->below_level, arch->level_count - 1);
    assert_int_equal(engine->columns, 16);
    assert_int_equal(engine->registers, 0);
    assert_int_equal(engine->first_stage_bits, 2);
    engine = engine_of("scnn", &arch, f->arena);
    assert_int_equal(engine->layer_kinds, SDSE_BIT(SDSE_CONV) | SDSE_BIT(SDSE_CONV1X1) |
                                              SDSE_BIT(SDSE_DWCONV));
}

// What an engine does not say.
static void engines_have_defaults(void **state) {
    const struct fixture *f = *state;
    static const char *const kinds[] = {
        "kind: bit_serial, encoding: plain, lanes: 4, free: true",
        "kind: skip, operands: both, grid_rows: 2, grid_columns: 2, free: true",
        "kind: gather, elements: 4, width: 4, free: true",
        "kind: index_selector, slices: 2, group: 2, lines: 2, sync: tile, free: true",
        ("kind: cartesian, grid_rows: 2, grid_columns: 2, weight_vector: 2, "
         "input_vector: 2, accumulators: 64, free: true")};
    const struct sdse_engine *engine[5];
    for (int i = 0; i < 5; i++) {
        const char *written = sdse_arena_printf(
            f->arena,
            "name: d\nsource: x\nnode_nm: 45\nclock_ghz: 1\nword_bits: 8\nlevels:\n"
            "  - {level: DRAM, memory: {class: dram, pj_per_bit: 1}}\n"
            "compute: {class: parallel, pj_per_mac: 1, cycles_per_mac: 1}\n"
            "engines: [{%s}]\n",
            kinds[i]);
        struct sdse_node *root = NULL;
        struct sdse_arch *arch = NULL;
        struct sdse_diags diags;
        sdse_diags_init(&diags, f->arena);
        sdse_tree_parse_memory(f->arena, "d.yaml", written, strlen(written), &diags,
                               &root);
        sdse_arch_from_tree(f->arena, root, NULL, 0, &diags, &arch);
        sdse_diags_print(&diags, stderr, false);
        assert_non_null(arch);
        engine[i] = &arch->engine[0];
    }
    assert_int_equal(engine[0]->columns, 1);
    assert_int_equal(engine[0]->registers, 0);
    assert_int_equal(engine[0]->first_stage_bits, SDSE_ENGINE_UNLIMITED);
    assert_int_equal(engine[1]->simd, 1);
    assert_int_equal(engine[1]->bubble, 0);
    assert_int_equal(engine[1]->tile_columns, 0);
    assert_int_equal(engine[2]->tile_outputs, 0);
    assert_int_equal(engine[2]->tile_inputs, 0);
    assert_int_equal(engine[3]->operands, SDSE_OPERANDS_BOTH);
    assert_int_equal(engine[4]->banks, 32);
    assert_int_equal(engine[4]->queue, 8);
    assert_int_equal(engine[4]->barrier, 0); // group
    assert_int_equal(engine[4]->halo, 1);    // max
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(widths_and_flags),
        TEST(capacities_in_every_unit),
        TEST(words_are_as_wide_as_they_are_stored),
        TEST(the_most_specific_energy_wins),
        TEST(bandwidths_and_formats),
        TEST(weights_have_parts_above_the_engine),
        TEST(fanouts_and_links),
        TEST(the_innermost_source_covers_a_number),
        TEST(constraints_one_by_one),
        TEST(overrides_replace_and_add),
        TEST(a_wrong_path_names_the_nearest),
        TEST(mappings_reach_the_edges),
        TEST(engines_have_places_and_layers),
        TEST(engines_have_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
