#include "support/results_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <math.h>

static const char *const arch_names[FIXTURE_ARCHS] = {"eyeriss", "diannao",
                                                      "smartexchange"};
static const char *const form_names[FIXTURE_FORMS] = {"raw", "smartdeal_n3_d0.4",
                                                      "smartdeal_n3_d0.2"};
static const char *const glb_kib[FIXTURE_OVERRIDES] = {"32", "64", "128", "256"};
static const char *const layer_names[FIXTURE_LAYERS] = {"conv1", "conv2_x", "conv3_x",
                                                        "fc"};
static const uint64_t layer_repeats[FIXTURE_LAYERS] = {1, 3, 4, 1};

void fixture_remove(const char *path) {
    char other[512];
    unlink(path);
    snprintf(other, sizeof other, "%s-wal", path);
    unlink(other);
    snprintf(other, sizeof other, "%s-shm", path);
    unlink(other);
}

void fixture_path(const char *name, char *path, size_t bytes) {
    snprintf(path, bytes, "%s-%ld.db", name, (long)getpid());
    fixture_remove(path);
}

struct sdse_hash fixture_hash(const char *what, uint64_t number) {
    char text[64];
    int length =
        snprintf(text, sizeof text, "%s/%llu", what, (unsigned long long)number);
    return sdse_hash_bytes(text, (size_t)length);
}

struct sdse_store *fixture_open(const char *path) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_store *store = NULL;
    enum sdse_status status = sdse_store_open(path, FIXTURE_MODEL, &diags, &store);
    sdse_diags_print(&diags, stderr, false);
    sdse_arena_free(arena);
    assert_int_equal(status, SDSE_OK);
    return store;
}

// ---- one accelerator and its costs ----

static struct sdse_number number(double value, enum sdse_mark mark, const char *text) {
    return (struct sdse_number){
        .value = value, .given = true, .origin = {.mark = mark, .text = text}};
}

void fixture_arch(unsigned index, struct sdse_arch *arch) {
    static const char *const names[] = {"DRAM", "GLB", "spad"};
    *arch = (struct sdse_arch){.name = arch_names[index],
                               .source = "made up for tests",
                               .clock_ghz = 0.5,
                               .level_count = 3};
    for (unsigned i = 0; i < 3; i++) {
        struct sdse_level *level = &arch->level[i];
        level->name = level->group = names[i];
        level->read_pj = level->fill_pj = level->update_pj =
            number(1.0, SDSE_MARK_TABLE, i == 1 ? "sram_itrs-hp_ed2" : NULL);
        level->leakage_mw = number(0.1, SDSE_MARK_ASSUMED, "test leakage");
        level->network[SDSE_WEIGHTS].hop_pj_per_bit =
            number(0.02, SDSE_MARK_ASSUMED, "test mesh");
    }
    arch->level[2].free = index == 1;
    if (index == 1)
        arch->level[2].read_pj = (struct sdse_number){0};
    arch->compute.pj_per_mac = number(2.2, SDSE_MARK_QUOTED, "test MAC");
    arch->rebuild.present = index == 2;
    arch->rebuild.pj_per_shift_add = number(0.1, SDSE_MARK_DERIVED, "test rebuild");
}

static double sum_parts(const struct sdse_cost *cost) {
    double sum = cost->mac_pj + cost->compute_leakage_pj + cost->rebuild_pj;
    for (unsigned i = 0; i < cost->level_count; i++) {
        sum += cost->level[i].leakage_pj;
        for (unsigned part = 0; part < SDSE_PARTS; part++) {
            const struct sdse_flow_cost *flow = &cost->level[i].flow[part];
            sum += flow->read_pj + flow->fill_pj + flow->update_pj +
                   cost->level[i].network[part].energy_pj;
        }
    }
    return sum;
}

void fixture_cost(const struct sdse_arch *arch, uint64_t seed, struct sdse_cost *cost) {
    static const double scale_pj[] = {90e6, 22e6, 9e6};
    // Cheap is slow: a trade-off, so that there is a front to find.
    double trade = 0.4 + (double)(seed % 29) / 8;
    *cost = (struct sdse_cost){.level_count = arch->level_count};
    for (unsigned i = 0; i < arch->level_count; i++) {
        for (unsigned part = 0; part < SDSE_TENSORS; part++) {
            double wave =
                trade * (1.0 + (double)((seed * 7 + part * 3 + i) % 11) / 7.0);
            cost->level[i].flow[part] = (struct sdse_flow_cost){
                .kept = true,
                .tile_words = 100 + seed,
                .instances = i == 2 ? 168 : 1,
                .reads = 1000000 * (part + 1) + seed,
                .fills = i ? 500000 + seed : 0,
                .read_bits = 16e6 * wave,
                .read_pj = scale_pj[i] * wave,
                .fill_pj = i ? scale_pj[i] * wave / 3 : 0,
                .update_pj = part == SDSE_OUTPUTS ? scale_pj[i] * 0.4 : 0};
        }
        cost->level[i].leakage_pj = 1.5e6 * (i + 1);
        cost->level[i].cycles = 100000 * (seed % 5 + 1);
    }
    cost->level[1].network[SDSE_WEIGHTS] = (struct sdse_network_cost){
        .words = 12345, .hops = 3.5, .bits = 197520, .energy_pj = 6.1e6};
    cost->macs = 100000000 + seed * 1000;
    cost->mac_pj = 2.2 * 5e6 * (1.0 + (double)(seed % 7));
    cost->compute_leakage_pj = 1.1e6;
    cost->rebuild_pj = arch->rebuild.present ? 4.4e6 : 0;
    cost->compute_cycles = (uint64_t)(2e6 / trade) + 1000 * (seed % 97);
    cost->latency_cycles = cost->compute_cycles + 50000 * (seed % 13);
    cost->bottleneck_level = (int)(seed % 4) - 2 < 0 ? -1 : (int)(seed % 3);
    cost->utilization = 0.25 + (double)(seed % 3) / 5;
    cost->energy_pj = sum_parts(cost);
}

// ---- inputs ----

static void add_input(struct sdse_store *store, enum sdse_input_kind kind,
                      const char *what, uint64_t number_of, const char *name) {
    char text[128];
    snprintf(text, sizeof text, "name: %s\nkind: %s %llu\n", name, what,
             (unsigned long long)number_of);
    struct sdse_input_record input = {.hash = fixture_hash(what, number_of),
                                      .kind = kind,
                                      .name = name,
                                      .text = text};
    assert_int_equal(sdse_store_add_input(store, &input), SDSE_OK);
}

void fixture_add_inputs(struct sdse_store *store) {
    assert_int_equal(sdse_store_begin(store), SDSE_OK);
    add_input(store, SDSE_INPUT_SWEEP, "sweep", 0, "fixture");
    add_input(store, SDSE_INPUT_WORKLOAD, "workload", 0, "resnet-toy");
    for (unsigned i = 0; i < FIXTURE_FORMS; i++)
        add_input(store, SDSE_INPUT_FORM, "form", i, form_names[i]);
    for (unsigned i = 0; i < FIXTURE_ARCHS * FIXTURE_OVERRIDES; i++)
        add_input(store, SDSE_INPUT_ARCH, "arch", i, arch_names[i / FIXTURE_OVERRIDES]);
    struct sdse_sweep_record sweep = {.hash = fixture_hash("sweep", 0),
                                      .name = "fixture",
                                      .point_count = FIXTURE_POINTS,
                                      .objective = SDSE_EDP};
    assert_int_equal(sdse_store_add_sweep(store, &sweep), SDSE_OK);
    assert_int_equal(sdse_store_commit(store), SDSE_OK);
}

// ---- points ----

struct sdse_hash fixture_point_hash(uint64_t position) {
    return fixture_hash("point", position);
}

bool fixture_is_infeasible(uint64_t position) { return position % 11 == 10; }

static enum sdse_status add_form(struct sdse_store *store, unsigned form,
                                 unsigned layer) {
    struct sdse_form_record record = {
        .hash = fixture_hash("weight-form", form * 100 + layer),
        .form = {.smartdeal = form > 0,
                 .basis_size = 3,
                 .rows = 64,
                 .rows_per_block = 64,
                 .blocks = 32,
                 .density = form == 0 ? 1.0 : 0.6 / form,
                 .row_density = form == 0 ? 1.0 : 0.8 / form,
                 .coefficient_bits = 4,
                 .basis_bits = 8,
                 .index = SDSE_INDEX_ROW,
                 .sharing = {form == 0 ? 0 : 6, form == 0 ? 0 : 60},
                 .joint_row_density = form == 0 ? 0 : 0.625,
                 .digit_bits = form == 0 ? 0 : 12,
                 .digit_encoding = SDSE_ENCODING_CSD,
                 .digit_words = {5, 0.1, 0, 1e15 + 1, [17] = 7},
                 .rel_error = form == 0 ? -1.0 : 0.15 + 0.1 * form,
                 .measured = form > 0},
        .from = form == 0 ? SDSE_WEIGHTS_DECLARED : SDSE_WEIGHTS_SYNTHETIC,
        .weight_bits = 1e6 / (1 + form),
        .weight_words = 62500,
        .weight_norm = form == 0 ? (double)NAN : 3.75,
        .sqnr_db = form == 0 ? (double)NAN : 14.5,
        .exponents_used = form == 0 ? 0 : 7,
        .joint_row_density_32 = form == 0 ? (double)NAN : 0.75,
        .joint_row_density_64 = form == 0 ? (double)NAN : 0.875};
    return sdse_store_add_form(store, &record);
}

static enum sdse_status add_solution(struct sdse_store *store, uint64_t seed,
                                     const struct sdse_arch *arch,
                                     struct sdse_cost *cost) {
    fixture_cost(arch, seed, cost);
    struct sdse_front_element elements[] = {
        {cost->energy_pj, cost->latency_cycles, "DRAM: K4 P2"},
        {cost->energy_pj * 1.5, cost->latency_cycles / 2, "DRAM: K2 P4"}};
    struct sdse_front_record front = {.hash = fixture_hash("front", seed),
                                      .proof = SDSE_PROOF_OPTIMAL,
                                      .hint = seed == 10 ? "a hint" : NULL,
                                      .count = 2,
                                      .elements = elements};
    struct sdse_solution_record solution = {.hash = fixture_hash("solution", seed),
                                            .front = front.hash,
                                            .has_front = true,
                                            .proof = SDSE_PROOF_OPTIMAL,
                                            .mapping = elements[0].mapping,
                                            .arch = arch,
                                            .cost = cost};
    enum sdse_status status = sdse_store_add_front(store, &front);
    return status == SDSE_OK ? sdse_store_add_solution(store, &solution) : status;
}

enum sdse_status fixture_add_point(struct sdse_store *store, uint64_t position) {
    unsigned arch_index = (unsigned)(position / (FIXTURE_FORMS * FIXTURE_OVERRIDES));
    unsigned override = (unsigned)(position / FIXTURE_FORMS % FIXTURE_OVERRIDES);
    unsigned form = (unsigned)(position % FIXTURE_FORMS);
    bool infeasible = fixture_is_infeasible(position);
    struct sdse_arch arch;
    struct sdse_cost cost;
    struct sdse_layer_record layers[FIXTURE_LAYERS];
    struct sdse_parameter parameter = {"GLB.capacity_kib", glb_kib[override]};
    struct sdse_point_record point = {
        .hash = fixture_point_hash(position),
        .sweep = fixture_hash("sweep", 0),
        .position = position,
        .status = infeasible ? SDSE_POINT_INFEASIBLE : SDSE_POINT_OK,
        .reason = infeasible ? "no valid mapping: GLB is too small" : NULL,
        .arch = fixture_hash("arch", arch_index * FIXTURE_OVERRIDES + override),
        .workload = fixture_hash("workload", 0),
        .form = fixture_hash("form", form),
        .arch_name = arch_names[arch_index],
        .workload_name = "resnet-toy",
        .form_name = form_names[form],
        .objective = SDSE_EDP,
        .parameter_count = 1,
        .parameters = &parameter,
        .area_mm2 = 1.5 + 0.8 * override + 0.3 * arch_index,
        .weight_bits = 9e6 / (1 + form),
        .compression = 2.0 * (1 + form),
        .rel_error = form == 0 ? (double)NAN : 0.15 + 0.1 * form,
        .accuracy = (double)NAN,
        .weights = form == 0 ? SDSE_WEIGHTS_DECLARED : SDSE_WEIGHTS_SYNTHETIC,
        .proof = SDSE_PROOF_OPTIMAL,
        .layer_count = FIXTURE_LAYERS,
        .layers = layers};
    fixture_arch(arch_index, &arch);
    enum sdse_status status = SDSE_OK;
    for (unsigned i = 0; !infeasible && status == SDSE_OK && i < FIXTURE_LAYERS; i++) {
        // Layers 1 and 2 share a solution with those of other points of this arch.
        uint64_t seed =
            i == 1 || i == 2 ? 1000 + arch_index * 10 + i : position * 7 + i;
        status = add_solution(store, seed, &arch, &cost);
        if (status == SDSE_OK)
            status = add_form(store, form, i);
        layers[i] = (struct sdse_layer_record){
            .name = layer_names[i],
            .kind = i == 3 ? SDSE_FC : SDSE_CONV,
            .repeat = layer_repeats[i],
            .solution = fixture_hash("solution", seed),
            .form = fixture_hash("weight-form", form * 100 + i),
            .has_form = true};
        point.energy_pj += cost.energy_pj * (double)layer_repeats[i];
        point.latency_cycles += cost.latency_cycles * layer_repeats[i];
    }
    point.latency_s = (double)point.latency_cycles / (arch.clock_ghz * 1e9);
    point.edp_pj_s = point.energy_pj * point.latency_s;
    struct sdse_front_element front[] = {
        {point.energy_pj, point.latency_cycles, NULL},
        {point.energy_pj * 1.5, point.latency_cycles / 2, NULL}};
    point.front = front;
    point.front_count = 2;
    // A tensor that one layer hands to the next, in the outermost memory, and once more
    // since it was brought in before the next.
    const struct sdse_place_record places[] = {
        {layer_names[0], arch.level[0].name, 0, 1, 64},
        {layer_names[0], arch.level[0].name, 1, 1, 64}};
    const struct sdse_copy_record copy = {1, layer_names[0], arch.level[0].name, 8,
                                          layers[1].solution};
    point.places = places;
    point.place_count = infeasible ? 0 : 2;
    point.copies = &copy;
    point.copy_count = !infeasible;
    // Layers that take turns, a nest each.
    const struct sdse_group_record group = {.first_layer = 2,
                                            .last_layer = 3,
                                            .tile_rows = 4,
                                            .retained = "[]",
                                            .banded = "[]",
                                            .weights_kept = "[]",
                                            .inputs = "outermost",
                                            .outputs = "outermost",
                                            .memory = arch.level[0].name,
                                            .nest_order = "0 1"};
    struct sdse_nest_record nests[2];
    for (unsigned i = 0; i < 2; i++)
        nests[i] = (struct sdse_nest_record){.layer = 2 + i,
                                             .row_count = 4,
                                             .row_step = 1,
                                             .column_step = 1,
                                             .times = 1,
                                             .bounds = "P4",
                                             .row_stride = 1,
                                             .column_stride = 1,
                                             .place_count = 2,
                                             .place = {{.memory = group.memory},
                                                       {.memory = "L2", .inputs = 1}},
                                             .solution = layers[2 + i].solution};
    point.groups = &group;
    point.nests = nests;
    point.group_count = !infeasible;
    point.nest_count = infeasible ? 0 : 2;
    return status == SDSE_OK ? sdse_store_add_point(store, &point) : status;
}

void fixture_fill(const char *path, unsigned batch, unsigned stride) {
    struct sdse_store *store = fixture_open(path);
    fixture_add_inputs(store);
    for (uint64_t i = 0; i < FIXTURE_POINTS;) {
        assert_int_equal(sdse_store_begin(store), SDSE_OK);
        for (unsigned j = 0; j < batch && i < FIXTURE_POINTS; j++, i++)
            assert_int_equal(fixture_add_point(store, i * stride % FIXTURE_POINTS),
                             SDSE_OK);
        assert_int_equal(sdse_store_commit(store), SDSE_OK);
    }
    sdse_store_close(store);
}
