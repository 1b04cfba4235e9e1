// The shipped accelerators: they load cleanly, every cost says where it comes from,
// sizes are the published ones, and their dataflows admit every layer of every shipped
// network.
//
// One file, though long: published figures, accelerator by accelerator.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "costmodel/evaluate.h"
#include "costmodel/resolve.h"
#include "dse/map.h"
#include "spec/load.h"
#include "support/close.h"

static const char *const archs[] = {
    "eyeriss",         "diannao",       "smartexchange",    "tpu",         "crew",
    "simba",           "eyeriss_v2",    "nvdla_large",      "nvdla_small", "shidiannao",
    "cambricon_x",     "scnn",          "pragmatic",        "iso_diannao", "iso_scnn",
    "iso_cambricon_x", "iso_pragmatic", "iso_smartexchange"};
enum { ARCHS = sizeof archs / sizeof archs[0] };

static struct sdse_arch *load_arch(struct sdse_arena *arena, const char *name) {
    char path[512];
    snprintf(path, sizeof path, SDSE_SOURCE_DIR "/archs/%s.yaml", name);
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_arch *arch = NULL;
    enum sdse_status status = sdse_arch_load(arena, path, &diags, &arch);
    if (status == SDSE_OK)
        status = sdse_arch_resolve_costs(arch, arena, &diags);
    sdse_diags_print(&diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    assert_null(diags.first);
    assert_string_equal(arch->name, name);
    return arch;
}

static struct sdse_workload *load_workload(struct sdse_arena *arena, const char *name) {
    char path[512];
    snprintf(path, sizeof path, SDSE_SOURCE_DIR "/workloads/%s.yaml", name);
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_workload *workload = NULL;
    assert_int_equal(sdse_workload_load(arena, path, &diags, &workload), SDSE_OK);
    return workload;
}

static void assert_marked(const struct sdse_arch *arch, const char *owner,
                          const char *what, const struct sdse_number *number) {
    if (!number->given)
        return;
    if (number->origin.mark == SDSE_MARK_UNMARKED)
        fail_msg("%s: %s: %s has no mark", arch->name, owner, what);
    if (!number->origin.text || !number->origin.text[0])
        fail_msg("%s: %s: %s does not say where it comes from", arch->name, owner,
                 what);
}

#define MARKED(owner, number) assert_marked(arch, (owner), #number, &(number))

static void check_level_marks(const struct sdse_arch *arch,
                              const struct sdse_level *level) {
    MARKED(level->name, level->capacity);
    MARKED(level->name, level->read_bits_per_cycle);
    MARKED(level->name, level->write_bits_per_cycle);
    MARKED(level->name, level->shared_bits_per_cycle);
    MARKED(level->name, level->read_pj);
    MARKED(level->name, level->fill_pj);
    MARKED(level->name, level->update_pj);
    MARKED(level->name, level->leakage_mw);
    MARKED(level->name, level->area_um2);
    for (int t = 0; t < SDSE_TENSORS; t++) {
        MARKED(level->name, level->network[t].pj_per_bit);
        MARKED(level->name, level->network[t].hop_pj_per_bit);
        MARKED(level->name, level->network[t].router_pj_per_bit);
        MARKED(level->name, level->network[t].pj_per_add);
    }
    // Nothing shipped is declared to cost nothing.
    assert_false(level->free);
}

static void test_marks(void **state) {
    (void)state;
    for (int i = 0; i < ARCHS; i++) {
        struct sdse_arena *arena = sdse_arena_new();
        const struct sdse_arch *arch = load_arch(arena, archs[i]);
        for (unsigned l = 0; l < arch->level_count; l++)
            check_level_marks(arch, &arch->level[l]);
        const struct sdse_compute *compute = &arch->compute;
        assert_true(compute->pj_per_mac.given && compute->area_um2.given);
        MARKED("compute", compute->cycles_number);
        MARKED("compute", compute->pj_per_mac);
        MARKED("compute", compute->leakage_mw);
        MARKED("compute", compute->area_um2);
        const struct sdse_rebuild *rebuild = &arch->rebuild;
        MARKED("rebuild", rebuild->pj_per_shift_add);
        MARKED("rebuild", rebuild->pj_per_basis_read);
        MARKED("rebuild", rebuild->pj_per_basis_write);
        MARKED("rebuild", rebuild->rows_per_cycle);
        MARKED("rebuild", rebuild->area_um2);
        MARKED("area", arch->other_area_um2);
        sdse_arena_free(arena);
    }
}

// Bit-serial multipliers stand in for a model that is to come.
static void test_provisional(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_arch *arch = load_arch(arena, "smartexchange");
    assert_true(arch->compute.cycles_per_mac == 4);
    assert_int_equal(arch->compute.cycles_number.origin.mark, SDSE_MARK_PROVISIONAL);
    sdse_arena_free(arena);
}

static const struct sdse_level *find_level(const struct sdse_arch *arch,
                                           const char *name, unsigned *index) {
    for (unsigned l = 0; l < arch->level_count; l++)
        if (strcmp(arch->level[l].name, name) == 0) {
            *index = l;
            return &arch->level[l];
        }
    fail_msg("%s has no memory '%s'", arch->name, name);
    return NULL;
}

// Instances and capacities as published (docs/sources.md).
static void test_sizes(void **state) {
    (void)state;
    static const struct {
        const char *arch, *memory;
        uint64_t instances, capacity_bits;
    } sizes[] = {
        {"eyeriss", "GLB", 1, 100 * 8192},
        {"eyeriss", "ifmap", 168, 12 * 16},
        {"eyeriss", "filter", 168, 224 * 16},
        {"eyeriss", "psum", 168, 24 * 16},
        {"diannao", "NBin", 1, 2 * 8192},
        {"diannao", "SB", 1, 32 * 8192},
        {"diannao", "NBout", 1, 2 * 8192},
        {"smartexchange", "input_gb", 1, 32 * 16 * 8192},
        {"smartexchange", "output_gb", 1, 2 * 2 * 8192},
        {"smartexchange", "wbuf", 64, 2 * 2 * 8192},
        {"smartexchange", "ififo", 1024, 48 * 8},
        {"smartexchange", "psum", 8192, 24},
        {"tpu", "UB", 1, UINT64_C(24) << 23},
        {"tpu", "accumulators", 1, UINT64_C(4) << 23},
        {"tpu", "queue", 1, 4 * 256 * 256 * 8},
        {"tpu", "array", 65536, 2 * 8},
        {"simba", "GLB", 1, 64 * 8192},
        {"simba", "ibuf", 16, 8 * 8192},
        {"simba", "wbuf", 16, 32 * 8192},
        {"simba", "accum", 16, 3 * 8192},
        // 192 KB of buffers in 16 clusters.
        {"eyeriss_v2", "iact", 16, 4608 * 8},
        {"eyeriss_v2", "psums", 16, 7680 * 8},
        {"eyeriss_v2", "ispad", 192, 16 * 8},
        {"eyeriss_v2", "wspad", 192, 192 * 8},
        {"eyeriss_v2", "pspad", 192, 32 * 20},
        {"nvdla_large", "CBUF", 1, 512 * 8192},
        {"nvdla_small", "CBUF", 1, 128 * 8192},
        // With 32 KB of instructions the published 288 KB.
        {"shidiannao", "NBin", 1, 64 * 8192},
        {"shidiannao", "SB", 1, 128 * 8192},
        {"shidiannao", "NBout", 1, 64 * 8192},
        {"cambricon_x", "NBin", 1, 8 * 8192},
        {"cambricon_x", "SB", 16, 2 * 8192},
        {"cambricon_x", "NBout", 1, 8 * 8192},
        {"scnn", "IARAM", 64, 10 * 8192},
        {"scnn", "OARAM", 64, 10 * 8192},
        {"scnn", "wfifo", 64, 50 * 4 * 20},
        {"scnn", "accumulators", 64, 32 * 32 * 24},
        {"pragmatic", "NM", 1, UINT64_C(4) << 23},
        {"pragmatic", "SB", 16, UINT64_C(2) << 23},
    };
    struct sdse_arena *arena = sdse_arena_new();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        unsigned l = 0;
        const struct sdse_arch *arch = load_arch(arena, sizes[i].arch);
        const struct sdse_level *level = find_level(arch, sizes[i].memory, &l);
        assert_int_equal(sdse_arch_instances(arch, l), sizes[i].instances);
        assert_int_equal(level->capacity_bits, sizes[i].capacity_bits);
    }
    sdse_arena_free(arena);
}

// In the comparison every machine has the multipliers and, within two percent, the
// buffers of SmartExchange (without its index), one node and one clock.
static void test_iso_resource(void **state) {
    (void)state;
    static const char *const machines[] = {"iso_diannao", "iso_scnn", "iso_cambricon_x",
                                           "iso_pragmatic", "iso_smartexchange"};
    struct sdse_arena *arena = sdse_arena_new();
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        const struct sdse_arch *arch = load_arch(arena, machines[i]);
        assert_true(arch->node_nm == 28 && arch->clock_ghz == 1);
        double bits = 0;
        for (unsigned l = 1; l < arch->level_count; l++)
            if (arch->level[l].capacity_bits >= 4 * 8192 &&
                strcmp(arch->level[l].name, "index_gb") != 0)
                bits += (double)sdse_arch_instances(arch, l) *
                        (double)arch->level[l].capacity_bits;
        assert_double_within(bits, (512 + 256 + 4) * 8192.0, 0.02);
        const uint64_t lanes = sdse_arch_instances(arch, arch->level_count);
        assert_int_equal(lanes, arch->compute.cycles_per_mac > 1 ? 8192 : 1024);
        const struct sdse_arch *own = load_arch(arena, "smartexchange");
        assert_true(arch->level[0].read_pj.value == own->level[0].read_pj.value);
        for (int t = 0; t < SDSE_TENSORS; t++)
            assert_int_equal(arch->bits[t], own->bits[t]);
    }
    sdse_arena_free(arena);
}

static void test_multipliers(void **state) {
    (void)state;
    static const uint64_t multipliers[ARCHS] = {168,   256,  8192, 65536, 256,  1024,
                                                384,   2048, 64,   64,    256,  1024,
                                                65536, 1024, 1024, 1024,  8192, 8192};
    struct sdse_arena *arena = sdse_arena_new();
    for (int i = 0; i < ARCHS; i++) {
        const struct sdse_arch *arch = load_arch(arena, archs[i]);
        assert_int_equal(sdse_arch_instances(arch, arch->level_count), multipliers[i]);
    }
    sdse_arena_free(arena);
}

// Where a chip's area is published, the parts add up to it; the rebuild engine, which
// these chips do not have, comes on top.
static void test_area(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_area area;
    sdse_arch_area(load_arch(arena, "eyeriss"), &area);
    assert_double_within(area.total_um2 - area.rebuild_um2, 3500.0 * 3500.0, 0.002);
    sdse_arch_area(load_arch(arena, "diannao"), &area);
    assert_double_within(area.total_um2 - area.rebuild_um2, 3.02e6, 0.005);
    sdse_arch_area(load_arch(arena, "shidiannao"), &area);
    assert_double_within(area.total_um2, 4.86e6, 0.005);
    sdse_arch_area(load_arch(arena, "cambricon_x"), &area);
    assert_double_within(area.total_um2, 6.38e6, 0.005);
    sdse_arena_free(arena);
}

static const struct sdse_dataflow *find_dataflow(const struct sdse_arch *arch,
                                                 enum sdse_layer_kind kind) {
    for (size_t i = 0; i < arch->dataflow_count; i++)
        if (arch->dataflows[i].kinds & SDSE_BIT(kind))
            return &arch->dataflows[i];
    return NULL;
}

// The factor of a dimension among some loops.
static uint64_t factor_in(const struct sdse_loops *loops, enum sdse_dim dim) {
    uint64_t factor = 1;
    for (unsigned i = 0; i < loops->count; i++)
        if (loops->loop[i].dim == dim)
            factor *= loops->loop[i].factor;
    return factor;
}

static unsigned dims_in(const struct sdse_loops *loops) {
    unsigned dims = 0;
    for (unsigned i = 0; i < loops->count; i++)
        dims |= SDSE_BIT(loops->loop[i].dim);
    return dims;
}

// Loops that do not move the tensor stand inside all that do.
static bool is_stationary(const struct sdse_loops *loops, enum sdse_tensor tensor) {
    bool resting = false;
    for (unsigned i = 0; i < loops->count; i++) {
        const bool moves = sdse_dim_moves(loops->loop[i].dim, tensor);
        if (resting && moves)
            return false;
        resting |= !moves;
    }
    return true;
}

// "At least" asks for the whole bound where the bound is smaller.
static bool is_at_least(const struct sdse_constraint *constraint,
                        const struct sdse_layer *layer,
                        const struct sdse_mapping_level *level) {
    const bool spatial = constraint->kind == SDSE_SPATIAL_AT_LEAST;
    for (int d = 0; d < SDSE_DIMS; d++) {
        if (!(constraint->dims & SDSE_BIT(d)))
            continue;
        const uint64_t bound = layer->nest.bound[d];
        const uint64_t least = constraint->value < bound ? constraint->value : bound;
        const uint64_t factor =
            spatial ? factor_in(&level->spatial[0], (enum sdse_dim)d) *
                          factor_in(&level->spatial[1], (enum sdse_dim)d)
                    : factor_in(&level->temporal, (enum sdse_dim)d);
        if (factor < least)
            return false;
    }
    return true;
}

static unsigned rank_of(const struct sdse_constraint *order, enum sdse_dim dim) {
    unsigned rank = 0;
    while (rank < order->order_count && order->order[rank] != dim)
        rank++;
    return rank;
}

// The loops that the order names, outermost first; others may stand between them.
static bool is_ordered(const struct sdse_loops *loops,
                       const struct sdse_constraint *order) {
    unsigned last = 0;
    for (unsigned i = 0; i < loops->count; i++) {
        const unsigned rank = rank_of(order, loops->loop[i].dim);
        if (rank == order->order_count)
            continue;
        if (rank < last)
            return false;
        last = rank;
    }
    return true;
}

static bool obeys(const struct sdse_constraint *constraint,
                  const struct sdse_layer *layer, const struct sdse_mapping *mapping) {
    const struct sdse_mapping_level *level = &mapping->level[constraint->level];
    switch (constraint->kind) {
    case SDSE_TEMPORAL_DIMS:
        return !(dims_in(&level->temporal) & ~constraint->dims);
    case SDSE_SPATIAL_X_DIMS:
        return !(dims_in(&level->spatial[0]) & ~constraint->dims);
    case SDSE_SPATIAL_Y_DIMS:
        return !(dims_in(&level->spatial[1]) & ~constraint->dims);
    case SDSE_STATIONARY:
        return is_stationary(&level->temporal, constraint->tensor);
    case SDSE_LOOP_ORDER:
        return is_ordered(&level->temporal, constraint);
    case SDSE_FACTOR_AT_LEAST:
    case SDSE_SPATIAL_AT_LEAST:
        return is_at_least(constraint, layer, level);
    default:
        fail_msg("the test does not know constraint %d", (int)constraint->kind);
        return false;
    }
}

static void assert_obeys(const struct sdse_arch *arch, const struct sdse_layer *layer,
                         const struct sdse_mapping *mapping) {
    const struct sdse_dataflow *dataflow = find_dataflow(arch, layer->kind);
    if (!dataflow)
        fail_msg("%s has no dataflow for %s", arch->name, layer->name);
    for (size_t i = 0; i < dataflow->constraint_count; i++)
        if (!obeys(&dataflow->constraints[i], layer, mapping))
            fail_msg("%s: %s breaks the constraint of line %u", arch->name, layer->name,
                     dataflow->constraints[i].loc.line);
}

// Dimensions that may have temporal loops at a level under a dataflow.
static unsigned temporal_dims(const struct sdse_arch *arch,
                              const struct sdse_dataflow *dataflow, unsigned level) {
    unsigned dims = arch->level[level].carries_loops ? ~0u : 0;
    for (size_t i = 0; i < dataflow->constraint_count; i++)
        if (dataflow->constraints[i].kind == SDSE_TEMPORAL_DIMS &&
            dataflow->constraints[i].level == level)
            dims &= dataflow->constraints[i].dims;
    return dims;
}

static void add_loop(struct sdse_loops *loops, enum sdse_dim dim, uint64_t factor) {
    if (factor > 1)
        loops->loop[loops->count++] = (struct sdse_loop){dim, factor};
}

static uint64_t smallest_divisor_from(uint64_t bound, uint64_t least) {
    uint64_t divisor = least < bound ? least : bound;
    while (bound % divisor != 0)
        divisor++;
    return divisor;
}

// The smallest tiles there are: what a constraint demands where it demands it (spatial
// factors on Y), everything else at the outermost level that may loop over it.
static void unroll_outside(const struct sdse_arch *arch,
                           const struct sdse_dataflow *dataflow,
                           const struct sdse_layer *layer,
                           struct sdse_mapping *mapping) {
    sdse_mapping_init(arch, mapping);
    // Loops that move weights first: then weights rest inside the others.
    static const enum sdse_dim order[SDSE_DIMS] = {SDSE_G, SDSE_K, SDSE_C, SDSE_R,
                                                   SDSE_S, SDSE_N, SDSE_P, SDSE_Q};
    for (int i_dim = 0; i_dim < SDSE_DIMS; i_dim++) {
        const enum sdse_dim d = order[i_dim];
        uint64_t rest = layer->nest.bound[d];
        for (size_t i = 0; i < dataflow->constraint_count; i++) {
            const struct sdse_constraint *constraint = &dataflow->constraints[i];
            const bool spatial = constraint->kind == SDSE_SPATIAL_AT_LEAST;
            if ((spatial || constraint->kind == SDSE_FACTOR_AT_LEAST) &&
                constraint->dims & SDSE_BIT(d)) {
                const uint64_t factor = smallest_divisor_from(rest, constraint->value);
                struct sdse_mapping_level *level = &mapping->level[constraint->level];
                add_loop(spatial ? &level->spatial[1] : &level->temporal, d, factor);
                rest /= factor;
            }
        }
        unsigned l = 0;
        while (l < arch->level_count &&
               !(temporal_dims(arch, dataflow, l) & SDSE_BIT(d)))
            l++;
        if (l == arch->level_count && rest > 1)
            fail_msg("%s: no level may loop over %c", arch->name, sdse_dim_letters[d]);
        if (rest > 1)
            add_loop(&mapping->level[l].temporal, d, rest);
    }
}

static void check_admitted(const struct sdse_arch *arch, const char *network,
                           const struct sdse_layer *layer) {
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_dataflow *dataflow = find_dataflow(arch, layer->kind);
    if (!dataflow)
        fail_msg("%s has no dataflow for %s of %s", arch->name, layer->name, network);
    struct sdse_mapping mapping;
    unroll_outside(arch, dataflow, layer, &mapping);
    assert_obeys(arch, layer, &mapping);
    struct sdse_model *model = NULL;
    assert_int_equal(sdse_model_new(arch, layer, NULL, arena, &model), SDSE_OK);
    unsigned level = 0;
    const enum sdse_verdict verdict = sdse_mapping_verdict(model, &mapping, &level);
    if (verdict != SDSE_VALID)
        fail_msg("%s does not admit %s of %s: verdict %d at level %u", arch->name,
                 layer->name, network, (int)verdict, level);
    sdse_arena_free(arena);
}

// The dataflow of every accelerator admits every layer of every kind of network.
static void test_admits(void **state) {
    (void)state;
    static const char *const networks[] = {"resnet50",
                                           "vgg19_cifar10",
                                           "mobilenetv2",
                                           "vgg16",
                                           "resnet18",
                                           "efficientnet_b0",
                                           "deeplabv3plus_camvid",
                                           "mlp2_mnist",
                                           "bert_base_128",
                                           "vit_b16",
                                           "gpt2_small_1024",
                                           "resnet164_cifar10",
                                           "alexnet",
                                           "googlenet",
                                           "nin",
                                           "vgg_m",
                                           "vgg_s"};
    struct sdse_arena *arena = sdse_arena_new();
    for (size_t n = 0; n < sizeof networks / sizeof networks[0]; n++) {
        const struct sdse_workload *workload = load_workload(arena, networks[n]);
        for (int i = 0; i < ARCHS; i++) {
            const struct sdse_arch *arch = load_arch(arena, archs[i]);
            for (size_t l = 0; l < workload->layer_count; l++)
                if (!sdse_layer_moves(&workload->layers[l]))
                    check_admitted(arch, networks[n], &workload->layers[l]);
        }
    }
    sdse_arena_free(arena);
}

// Layer2.1.conv2 of ResNet-50 (128 -> 128 channels, 28 x 28, 3 x 3) as each dataflow is
// published, and the cycles its multipliers take.
static const struct {
    const char *arch, *mapping;
    uint64_t compute_cycles;
} published[] = {
    // 14 output rows x (3 kernel rows x 4 channel sets): all 168 elements.
    {"eyeriss",
     "mapping:\n"
     "  - {level: DRAM, temporal: K2 P2 C8}\n"
     "  - {level: GLB, temporal: K4 Q28, spatial_x: P14, spatial_y: C4 R3}\n"
     "  - {level: psum, temporal: K16 C4 S3}\n",
     115605504 / 168},
    {"diannao",
     "mapping:\n"
     "  - {level: DRAM, temporal: K8 P28 Q28 C2}\n"
     "  - {level: sums, temporal: C4 R3 S3, spatial_x: K16, spatial_y: C16}\n",
     115605504 / 256},
    // Seven of eight multipliers of a line, four cycles each.
    {"smartexchange",
     "mapping:\n"
     "  - {level: DRAM, temporal: K2 P28 Q4}\n"
     "  - {level: output_gb, spatial_x: K64}\n"
     "  - {level: wbuf, temporal: C8 R3, spatial_x: C16}\n"
     "  - {level: ififo, temporal: S3, spatial_x: Q7}\n",
     115605504 / (8192 / 8 * 7) * 4},
    // Half of the columns, 192 of 256 rows.
    {"tpu",
     "mapping:\n"
     "  - {level: accumulators, temporal: C2 R3}\n"
     "  - {level: queue, temporal: P28 Q28, spatial_x: K128, spatial_y: C64 S3}\n",
     115605504 / (128 * 192)},
    {"simba",
     "mapping:\n"
     "  - {level: DRAM, temporal: P14}\n"
     "  - {level: GLB, temporal: Q2, spatial_x: K4, spatial_y: C4}\n"
     "  - {level: accum, temporal: C4 R3 S3 K4 P2 Q14, spatial_x: K8, spatial_y: C8}\n",
     115605504 / 1024},
};

static void check_published(struct sdse_arena *arena, const char *name,
                            const char *text, uint64_t compute_cycles,
                            const struct sdse_layer *layer) {
    const struct sdse_arch *arch = load_arch(arena, name);
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_node *root = NULL;
    struct sdse_mapping *mapping = NULL;
    enum sdse_status status =
        sdse_tree_parse_memory(arena, name, text, strlen(text), &diags, &root);
    if (status == SDSE_OK)
        status = sdse_mapping_from_tree(arena, root, arch, layer, &diags, &mapping);
    sdse_diags_print(&diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    assert_obeys(arch, layer, mapping);
    struct sdse_model *model = NULL;
    assert_int_equal(sdse_model_new(arch, layer, NULL, arena, &model), SDSE_OK);
    unsigned level = 0;
    const enum sdse_verdict verdict = sdse_mapping_verdict(model, mapping, &level);
    if (verdict != SDSE_VALID)
        fail_msg("%s: verdict %d at level %u", name, (int)verdict, level);
    struct sdse_cost cost;
    sdse_evaluate_full(model, mapping, &cost);
    assert_int_equal(cost.compute_cycles, compute_cycles);
}

static void test_published_mappings(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_workload *workload = load_workload(arena, "resnet50");
    const struct sdse_layer *layer = NULL;
    for (size_t l = 0; l < workload->layer_count; l++)
        if (strcmp(workload->layers[l].name, "layer2.1.conv2") == 0)
            layer = &workload->layers[l];
    assert_non_null(layer);
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++)
        check_published(arena, published[i].arch, published[i].mapping,
                        published[i].compute_cycles, layer);
    sdse_arena_free(arena);
}

// Kernels of one row or one column: the floor on spatial kernel rows is the bound then.
static void test_narrow_kernels(void **state) {
    (void)state;
    static const uint64_t kernels[][2] = {{1, 7}, {7, 1}, {2, 2}, {11, 11}};
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_workload *workload = load_workload(arena, "resnet18");
    struct sdse_layer layer = workload->layers[3];
    for (int i = 0; i < ARCHS; i++)
        for (size_t k = 0; k < sizeof kernels / sizeof kernels[0]; k++) {
            layer.nest.bound[SDSE_R] = kernels[k][0];
            layer.nest.bound[SDSE_S] = kernels[k][1];
            layer.kind = SDSE_CONV;
            const struct sdse_map_request request = {.arch = load_arch(arena, archs[i]),
                                                     .layer = &layer,
                                                     .objective = SDSE_MAP_EDP};
            struct sdse_map_answer answer;
            assert_int_equal(sdse_map(&request, arena, &answer), SDSE_OK);
            if (answer.status != SDSE_MAP_OPTIMAL)
                fail_msg("%s, kernel %d x %d: %s", archs[i], (int)kernels[k][0],
                         (int)kernels[k][1], answer.reason ? answer.reason : "?");
            assert_obeys(request.arch, &layer, &answer.point[0].mapping);
        }
    sdse_arena_free(arena);
}

static struct sdse_mapping best_mapping(const struct sdse_arch *arch,
                                        const struct sdse_layer *layer,
                                        struct sdse_arena *arena) {
    const struct sdse_map_request request = {
        .arch = arch, .layer = layer, .objective = SDSE_MAP_EDP};
    struct sdse_map_answer answer;
    assert_int_equal(sdse_map(&request, arena, &answer), SDSE_OK);
    if (answer.status != SDSE_MAP_OPTIMAL)
        fail_msg("%s: %s", arch->name, answer.reason ? answer.reason : "?");
    assert_obeys(arch, layer, &answer.point[0].mapping);
    return answer.point[0].mapping;
}

// An accelerator under one order of loops more.
static void add_order(struct sdse_arch *arch, const struct sdse_dataflow *dataflow,
                      const struct sdse_constraint *order, struct sdse_arena *arena) {
    struct sdse_dataflow *fresh = SDSE_ARENA_NEW(arena, struct sdse_dataflow);
    assert_non_null(fresh);
    *fresh = *dataflow;
    fresh->constraints =
        SDSE_ARENA_ARRAY(arena, struct sdse_constraint, dataflow->constraint_count + 1);
    assert_non_null(fresh->constraints);
    memcpy(fresh->constraints, dataflow->constraints,
           dataflow->constraint_count * sizeof *order);
    fresh->constraints[fresh->constraint_count++] = *order;
    arch->dataflows = fresh;
    arch->dataflow_count = 1;
}

// Asked for the outermost loops of its best mapping the other way round, an accelerator
// has another best mapping.
static void test_turned_order(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_layer *layer = &load_workload(arena, "resnet18")->layers[3];
    unsigned turned = 0;
    for (int i = 0; i < ARCHS; i++) {
        struct sdse_arch *arch = load_arch(arena, archs[i]);
        const struct sdse_mapping first = best_mapping(arch, layer, arena);
        const struct sdse_loops *loops = &first.level[0].temporal;
        if (loops->count < 2)
            continue;
        struct sdse_constraint order = {.kind = SDSE_LOOP_ORDER,
                                        .order_count = loops->count};
        for (unsigned d = 0; d < loops->count; d++)
            order.order[d] = (uint8_t)loops->loop[loops->count - 1 - d].dim;
        add_order(arch, find_dataflow(arch, layer->kind), &order, arena);
        assert_false(obeys(&order, layer, &first));
        best_mapping(arch, layer, arena);
        turned++;
    }
    assert_true(turned > 0);
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_provisional),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_iso_resource),
        cmocka_unit_test(test_multipliers),
        cmocka_unit_test(test_area),
        cmocka_unit_test(test_admits),
        cmocka_unit_test(test_published_mappings),
        cmocka_unit_test(test_narrow_kernels),
        cmocka_unit_test(test_turned_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
