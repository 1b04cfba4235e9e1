// Other tools' designs with a mapped layer each: the words of every memory and the
// cycles, from the loops by hand.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "costmodel/evaluate.h"
#include "costmodel/resolve.h"
#include "import/timeloop/timeloop.h"
#include "import/zigzag/zigzag.h"
#include "spec/load.h"
#include "support/data_text.h"

enum { W = SDSE_PART_WEIGHTS, I = SDSE_PART_INPUTS, O = SDSE_PART_OUTPUTS };

// What a part does at one memory, all instances together.
struct words {
    const char *level;
    unsigned part;
    uint64_t reads, fills, updates, drains;
};

struct design {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct sdse_arch *arch;
    struct sdse_workload *net;
};

static struct sdse_node *parse(struct design *d, const char *text) {
    struct sdse_node *root = NULL;
    assert_int_equal(
        sdse_tree_parse_memory(d->arena, "text", text, strlen(text), &d->diags, &root),
        SDSE_OK);
    return root;
}

static void load(struct design *d, const char *arch, const char *net) {
    assert_int_equal(
        sdse_arch_from_tree(d->arena, parse(d, arch), NULL, 0, &d->diags, &d->arch),
        SDSE_OK);
    assert_int_equal(sdse_arch_resolve_costs(d->arch, d->arena, &d->diags), SDSE_OK);
    assert_int_equal(
        sdse_workload_from_tree(d->arena, parse(d, net), &d->diags, &d->net), SDSE_OK);
}

static void counts_are(struct design *d, const char *mapping, const struct words *words,
                       size_t count, uint64_t cycles) {
    struct sdse_mapping *read = NULL;
    struct sdse_model *model = NULL;
    struct sdse_cost cost;
    assert_int_equal(sdse_mapping_from_tree(d->arena, parse(d, mapping), d->arch,
                                            d->net->layers, &d->diags, &read),
                     SDSE_OK);
    assert_int_equal(sdse_model_new(d->arch, d->net->layers, NULL, d->arena, &model),
                     SDSE_OK);
    sdse_evaluate_full(model, read, &cost);
    assert_int_equal(cost.latency_cycles, cycles);
    size_t kept = 0;
    for (unsigned l = 0; l < d->arch->level_count; l++)
        for (unsigned part = 0; part < SDSE_PARTS; part++)
            kept += cost.level[l].flow[part].kept;
    assert_int_equal(kept, count);
    for (size_t i = 0; i < count; i++) {
        unsigned l = 0;
        while (strcmp(d->arch->level[l].name, words[i].level) != 0)
            l++;
        const struct sdse_flow_cost *flow = &cost.level[l].flow[words[i].part];
        if (flow->reads != words[i].reads || flow->fills != words[i].fills ||
            flow->updates != words[i].updates || flow->drain_reads != words[i].drains)
            fail_msg("%s %u: %llu %llu %llu %llu", words[i].level, words[i].part,
                     (unsigned long long)flow->reads, (unsigned long long)flow->fills,
                     (unsigned long long)flow->updates,
                     (unsigned long long)flow->drain_reads);
    }
    sdse_arena_free(d->arena);
}

#define COUNTS(design, mapping, words, cycles) \
    counts_are(design, mapping, words, sizeof words / sizeof *(words), cycles)

// --- ZigZag's ---

// 64 filters of 8 x 3 x 3 over 6 x 10 places: 4 x 8 outputs each.
enum {
    FILTERS = 64 * 8 * 3 * 3,
    MAP = 8 * 6 * 10,
    OUT = 64 * 4 * 8,
    MACS = OUT * 8 * 9,
    STEPS = MACS / 1024,
    // Each word crosses the DRAM's port of 64 bits once.
    PORT_CYCLES = (FILTERS + MAP + OUT) * 8 / 64
};

static struct design zigzag(const char *name) {
    static const char net[] =
        "- id: 0\n  name: c\n  operator_type: Conv\n"
        "  equation: O[b][k][oy][ox]+=W[k][c][fy][fx]*I[b][c][iy][ix]\n"
        "  dimension_relations: [ix=1*ox+1*fx, iy=1*oy+1*fy]\n"
        "  loop_dims: [B, K, C, OY, OX, FY, FX]\n"
        "  loop_sizes: [1, 64, 8, 4, 8, 3, 3]\n"
        "  operand_precision: {W: 8, I: 8, O: 16, O_final: 8}\n";
    struct design d = {.arena = sdse_arena_new()};
    const char *arch, *workload;
    char file[64];
    sdse_diags_init(&d.diags, d.arena);
    snprintf(file, sizeof file, "%s.mapping", name);
    char *hardware = data_text("zigzag", name), *mapping = data_text("zigzag", file);
    const struct sdse_node *layers = parse(&d, net);
    assert_int_equal(sdse_zigzag_accelerator(parse(&d, hardware), layers,
                                             parse(&d, mapping), true, d.arena,
                                             &d.diags, &arch),
                     SDSE_OK);
    assert_int_equal(sdse_zigzag_workload(layers, true, d.arena, &d.diags, &workload),
                     SDSE_OK);
    free(mapping);
    free(hardware);
    load(&d, arch, workload);
    return d;
}

// 32 filters times 8 x 4 outputs at once: a step for each of K2 S3 R3 C8.
static void tesla_like(void **state) {
    (void)state;
    struct design d = zigzag("tesla_like");
    // Rows of a buffer: all six; columns: eight of ten, moved on by one for each S.
    const uint64_t pass = 8 * 6 * 8 + 2 * 8 * 6;
    const struct words words[] = {
        {"dram", W, FILTERS, 0, 0, 0},
        {"dram", I, MAP, 0, 0, 0},
        {"dram", O, 0, 0, OUT, 0},
        {"w_sram", W, FILTERS, FILTERS, 0, 0},
        {"io_sram", I, 2 * pass, MAP, 0, 0},
        {"io_sram", O, 0, 0, OUT, OUT},
        {"w_buf", W, FILTERS, FILTERS, 0, 0},
        {"i_buf", I, STEPS * 8 * 4, 2 * pass, 0, 0}, // for all filters
        {"w_reg", W, STEPS * 32, FILTERS, 0, 0},     // for all outputs
        {"o_reg", O, MACS - OUT, 0, MACS, OUT},
    };
    COUNTS(&d,
           "mapping:\n- {level: dram}\n- {level: w_sram}\n- {level: io_sram, temporal: "
           "K2 S3}\n- {level: w_buf}\n- {level: i_buf, temporal: R3 C8, spatial_x: "
           "K32}\n- {level: w_reg, spatial_x: Q8, spatial_y: P4}\n- {level: o_reg}\n",
           words, PORT_CYCLES);
}

// 8 filters of 8 channels times 4 x 4 outputs: a step for each of Q2 K8 S3 R3. Each
// channel has sums of its own, which the network adds up.
static void edge_tpu_like(void **state) {
    (void)state;
    struct design d = zigzag("edge_tpu_like");
    const uint64_t sums = 2 * 8 * 1024; // of Q2 K8, in each register
    const struct words words[] = {
        {"dram", W, FILTERS, 0, 0, 0},
        {"dram", I, MAP, 0, 0, 0},
        {"dram", O, 0, 0, OUT, 0},
        {"io_sram", I, STEPS * 8 * 16, MAP, 0, 0},
        {"io_sram", O, 0, 0, sums / 8, OUT},
        {"w_sram", W, STEPS * 64, FILTERS, 0, 0},
        {"w_reg", W, STEPS * 64, STEPS * 64, 0, 0},
        {"o_reg", O, MACS - sums, 0, MACS, sums},
    };
    COUNTS(
        &d,
        "mapping:\n- {level: dram}\n- {level: io_sram}\n- {level: w_sram, temporal: "
        "Q2 K8 S3 R3, spatial_x: K8, spatial_y: C8}\n- {level: w_reg, spatial_x: Q4, "
        "spatial_y: P4}\n- {level: o_reg}\n",
        words, PORT_CYCLES);
}

// 32 filters of 2 channels times 4 x 4 outputs: a step for each of Q2 K2 S3 R3 C4.
static void meta_like(void **state) {
    (void)state;
    struct design d = zigzag("meta_like");
    const uint64_t sums = 2 * 2 * 1024; // of Q2 K2
    const struct words words[] = {
        {"dram", W, FILTERS, 0, 0, 0},
        {"dram", I, MAP, 0, 0, 0},
        {"dram", O, 0, 0, OUT, 0},
        {"w_big", W, FILTERS, FILTERS, 0, 0},
        {"io_sram", I, MAP, MAP, 0, 0},
        {"io_sram", O, 0, 0, sums / 2, OUT},
        {"i_sram", I, STEPS * 2 * 16, MAP, 0, 0},
        {"w_sram", W, STEPS * 64, FILTERS, 0, 0},
        {"w_reg", W, STEPS * 64, STEPS * 64, 0, 0},
        {"o_reg", O, MACS - sums, 0, MACS, sums},
    };
    COUNTS(&d,
           "mapping:\n- {level: dram}\n- {level: w_big}\n- {level: io_sram}\n- {level: "
           "i_sram}\n- {level: w_sram, temporal: Q2 K2 S3 R3 C4, spatial_x: K32, "
           "spatial_y: C2}\n- {level: w_reg, spatial_x: Q4, spatial_y: P4}\n- {level: "
           "o_reg}\n",
           words, PORT_CYCLES);
}

// 16 filters of 8 channels, half of what there is, times 2 x 2 outputs: a step for each
// of K4 Q4 P2 S3 R3. Sums of channels are added before their register.
static void ascend_like(void **state) {
    (void)state;
    struct design d = zigzag("ascend_like");
    const uint64_t steps = 4 * 4 * 2 * 9;
    const struct words words[] = {
        {"dram", W, FILTERS, 0, 0, 0},
        {"dram", I, MAP, 0, 0, 0},
        {"dram", O, 0, 0, OUT, 0},
        {"w_sram", W, FILTERS, FILTERS, 0, 0},
        {"io_sram", I, MAP, MAP, 0, 0},
        {"io_sram", O, 0, 0, OUT, OUT},
        {"o_sram", O, 0, 0, OUT, OUT},
        {"w_buf", W, steps * 16 * 8, FILTERS, 0, 0}, // for all outputs
        {"i_buf", I, steps * 8 * 4, MAP, 0, 0},      // for all filters
        {"o_reg", O, MACS / 8 - OUT, 0, MACS / 8, OUT},
        {"w_reg", W, MACS, MACS, 0, 0},
    };
    COUNTS(
        &d,
        "mapping:\n- {level: dram}\n- {level: w_sram}\n- {level: io_sram}\n- {level: "
        "o_sram}\n- {level: w_buf}\n- {level: i_buf, temporal: K4 Q4 P2, spatial_x: "
        "K16 P2, spatial_y: Q2}\n- {level: o_reg, temporal: S3 R3, spatial_x: C8}\n- "
        "{level: w_reg}\n",
        words, PORT_CYCLES);
}

// --- Timeloop's ---

static void timeloop_counts_are(const char *folder, const char *layer,
                                const struct words *words, size_t count,
                                uint64_t cycles) {
    struct design d = {.arena = sdse_arena_new()};
    struct sdse_timeloop_files files;
    char *texts[] = {data_text(folder, "arch"), data_text(folder, layer),
                     data_text(folder, "mapping")};
    const struct sdse_timeloop_text list[] = {
        {"arch", texts[0]}, {"layer", texts[1]}, {"mapping", texts[2]}};
    sdse_diags_init(&d.diags, d.arena);
    assert_int_equal(
        sdse_timeloop_import(list, 3, true, NULL, d.arena, &d.diags, &files), SDSE_OK);
    for (unsigned i = 0; i < 3; i++)
        free(texts[i]);
    load(&d, files.arch, files.network);
    counts_are(&d, files.mapping, words, count, cycles);
}

// K2 P7 outside, R3 Q7 and K2 x C8 places, K4 and K4 lanes, C2 S3, P4 Q4, C4 at once.
static void simba_like(void **state) {
    (void)state;
    const uint64_t steps = 2 * 7 * 3 * 7 * 4 * 2 * 3 * 16, macs = steps * 256;
    const uint64_t tiles = 2 * 7 * 3 * 7 * 4; // of weights and sums of a lane
    const uint64_t weights = tiles * 24 * 64; // C2 S3 C4
    // 57 x 57 of 64 channels, of which P4 needs 9 rows, 8 of them new.
    const uint64_t map = 64 * 57 * (9 + 6 * 8);
    // 7 rows of 8 channels: 9 columns, then 8 new ones.
    const uint64_t window = 2 * 7 * 3 * (8 * 7 * (9 + 6 * 8));
    const uint64_t sums = tiles * 16 * 64, visits = 3; // R3 is outside of Q7
    const uint64_t back = sums / 8 * (visits - 1) / visits;
    const struct words words[] = {
        {"DRAM", W, weights, 0, 0, 0},
        {"DRAM", I, 2 * map, 0, 0, 0},
        {"DRAM", O, 0, 0, 64 * 28 * 28, 0},
        {"SharedBuffer", I, window * 8, 2 * map, 0, 0}, // for both K2
        {"SharedBuffer", O, back, 0, sums / 8, 0},      // C8 are added up
        {"InputBuffer", I, steps * 4 * 16, window * 16, 0, 0},
        {"WeightBuffer", W, weights, weights, 0, 0},
        {"SumBuffer", O, steps * 64 - sums / visits, back * 8, steps * 64, 0},
        {"WeightRegister", W, macs, weights, 0, 0},
    };
    timeloop_counts_are("timeloop/simba", "layer", words, sizeof words / sizeof *words,
                        steps);
}

// N2 M2 K2 outside, M4 N2 and M4 parts, K2 and K16 x M16 places, N64.
static void tensor_core_like(void **state) {
    (void)state;
    const uint64_t steps = 2 * 2 * 2 * 4 * 2 * 2 * 64;
    const uint64_t a = 512 * 64, b = 64 * 256, z = 512 * 256;
    const uint64_t fills = steps / 64 * 1024; // K2 changes them between N
    const struct words words[] = {
        {"DRAM", W, 2 * a, 0, 0, 0},
        {"DRAM", I, 2 * b, 0, 0, 0},
        {"DRAM", O, z, 0, 2 * z, 0}, // K2 is innermost
        {"SMEM", W, fills, 2 * a, 0, 0},
        {"SMEM", I, steps * 16, 2 * b, 0, 0},
        {"RF", O, steps * 64 - z, z, steps * 64, 0},
        {"LRF", W, steps * 1024, fills, 0, 0},
    };
    timeloop_counts_are("timeloop/tensor_core", "gemm", words,
                        sizeof words / sizeof *words, steps);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tesla_like), cmocka_unit_test(edge_tpu_like),
        cmocka_unit_test(meta_like),  cmocka_unit_test(ascend_like),
        cmocka_unit_test(simba_like), cmocka_unit_test(tensor_core_like),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
