// Oracle: what is written for Timeloop and read back is the same problem. Recorded
// cases, which Timeloop counted, keep its words, energies and cycles; generated ones
// keep those of the evaluator under Timeloop's rules.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "costmodel/evaluate.h"
#include "costmodel/resolve.h"
#include "dse/map.h"
#include "export/timeloop/timeloop.h"
#include "import/timeloop/timeloop.h"
#include "oracle/support_casefile.h"
#include "oracle/support_cases.h"
#include "spec/load.h"
#include "support/sanitized.h"

enum { CASES = SANITIZED ? 200 : 2000 };

struct read {
    struct sdse_arch *arch;
    struct sdse_workload *net;
    struct sdse_mapping *mapping;
};

static struct sdse_node *parse(struct sdse_arena *arena, struct sdse_diags *diags,
                               const char *yaml) {
    struct sdse_node *root = NULL;
    assert_non_null(yaml);
    assert_int_equal(
        sdse_tree_parse_memory(arena, "back", yaml, strlen(yaml), diags, &root),
        SDSE_OK);
    return root;
}

// Written and read back. False where the writer refuses; that the reader does is a
// failure of the test.
static bool there_and_back(struct sdse_arena *arena, const struct sdse_arch *arch,
                           const struct sdse_layer *layer,
                           const struct sdse_mapping *mapping, bool lossy,
                           struct read *back) {
    struct sdse_diags diags;
    struct sdse_timeloop_texts texts = {0};
    struct sdse_timeloop_files files = {0};
    sdse_diags_init(&diags, arena);
    if (sdse_timeloop_export(arch, layer, mapping, true, arena, &diags, &texts) !=
        SDSE_OK) {
        if (getenv("SDSE_SHOW"))
            sdse_diags_print(&diags, stderr, false);
        return false;
    }
    sdse_diags_init(&diags, arena);
    const struct sdse_timeloop_text list[] = {
        {"arch", texts.arch}, {"problem", texts.problem}, {"mapping", texts.mapping}};
    if (sdse_timeloop_import(list, 3, lossy, NULL, arena, &diags, &files) != SDSE_OK) {
        sdse_diags_print(&diags, stderr, false);
        fail_msg("what is written is not read:\n%s\n%s", texts.arch, texts.mapping);
    }
    enum sdse_status status = sdse_arch_from_tree(
        arena, parse(arena, &diags, files.arch), NULL, 0, &diags, &back->arch);
    if (status == SDSE_OK)
        status = sdse_arch_resolve_costs(back->arch, arena, &diags);
    if (status == SDSE_OK)
        status = sdse_workload_from_tree(arena, parse(arena, &diags, files.network),
                                         &diags, &back->net);
    if (status == SDSE_OK)
        status = sdse_mapping_from_tree(arena, parse(arena, &diags, files.mapping),
                                        back->arch, back->net->layers, &diags,
                                        &back->mapping);
    if (status != SDSE_OK) {
        sdse_diags_print(&diags, stderr, false);
        fail_msg("what is read does not load:\n%s\n%s\n%s", files.arch, files.network,
                 files.mapping);
    }
    return true;
}

static bool evaluate(struct sdse_arena *arena, const struct sdse_arch *arch,
                     const struct sdse_layer *layer, const struct sdse_mapping *mapping,
                     struct sdse_cost *cost) {
    struct sdse_model *model;
    unsigned level;
    assert_int_equal(sdse_model_new(arch, layer, NULL, arena, &model), SDSE_OK);
    if (sdse_mapping_verdict(model, mapping, &level) != SDSE_VALID)
        return false;
    sdse_evaluate_full(model, mapping, cost);
    return true;
}

// The level that a level comes back as: those that keep no words are left out.
static unsigned back_level(const struct sdse_arch *arch, unsigned level) {
    unsigned back = 0;
    for (unsigned l = 0; l < level; l++)
        back += (arch->level[l].keeps & (SDSE_BIT(SDSE_TENSORS) - 1)) != 0;
    return back;
}

static bool comes_back(const struct sdse_arch *arch, unsigned level) {
    return back_level(arch, level) != back_level(arch, level + 1);
}

// Costs of networks and what they share are not in Timeloop's files.
static void put_networks_back(const struct sdse_arch *from, struct sdse_arch *to) {
    assert_int_equal(back_level(from, from->level_count), to->level_count);
    for (unsigned l = 0; l < from->level_count; l++)
        if (comes_back(from, l))
            memcpy(to->level[back_level(from, l)].network, from->level[l].network,
                   sizeof from->level[l].network);
}

// --- Recorded cases ---

static unsigned compared, mismatched, refused, files;

// A bit more than whole rows is no depth: it is refused, not rounded in silence.
static void spoil_a_capacity(struct sdse_arena *arena, struct count_case *subject) {
    struct sdse_level *level = &subject->arch.level[subject->arch.level_count - 1];
    struct sdse_diags diags;
    struct sdse_timeloop_texts texts;
    sdse_diags_init(&diags, arena);
    if (!level->capacity_bits)
        return;
    level->capacity_bits++;
    assert_int_equal(
        sdse_timeloop_export(&subject->arch, NULL, NULL, false, arena, &diags, &texts),
        SDSE_INVALID);
    bool said = false;
    for (const struct sdse_diag *d = diags.first; d; d = d->next)
        said |= strstr(d->message, "no whole number of rows") != NULL;
    assert_true(said);
}

static void recorded(const char *path) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct count_case subject;
    struct read back;
    struct sdse_cost cost;
    sdse_diags_init(&diags, arena);
    assert_int_equal(count_case_read(arena, path, &diags, &subject), SDSE_OK);
    files++;
    if (!there_and_back(arena, &subject.arch, &subject.layer, &subject.mapping, false,
                        &back)) {
        refused++;
    } else {
        put_networks_back(&subject.arch, back.arch);
        assert_true(evaluate(arena, back.arch, back.net->layers, back.mapping, &cost));
        mismatched += count_case_compare(&subject, &cost, NULL, &compared, stderr);
        spoil_a_capacity(arena, &subject);
    }
    sdse_arena_free(arena);
}

static void recorded_cases_keep_timeloops_counts(void **state) {
    (void)state;
    static const char folder[] = SDSE_SOURCE_DIR "/tests/data/counts";
    DIR *list = opendir(folder);
    struct dirent *entry;
    char path[600];
    assert_non_null(list);
    while ((entry = readdir(list))) {
        if (!strstr(entry->d_name, ".json"))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        recorded(path);
    }
    closedir(list);
    printf("## Timeloop's recorded cases, written and read back: %u of %u, %u figures, "
           "%u differ\n",
           files - refused, files, compared, mismatched);
    assert_int_equal(mismatched, 0);
    assert_true(files >= 33);
    assert_int_equal(refused, 2); // imperfect factors
}

// --- Generated cases ---

// As Timeloop counts: what the files that come back say.
static void take_its_rules(struct sdse_arch *arch, struct sdse_layer *layer) {
    arch->count_drain_reads = arch->count_return_transfers = false;
    arch->count_fill_drain = false;
    arch->engine_count = 0; // it knows none of them
    for (unsigned l = 0; l < arch->level_count; l++)
        arch->level[l].fetch_gaps = true;
    for (unsigned axis = 0; axis < 2; axis++) {
        layer->nest.pad[axis] = 0;
        layer->nest.map[axis] = 0;
    }
}

static unsigned tried, refused_cases, whole, shipped;

// What Timeloop holds of a generated accelerator: words of one width, whole rows, no
// powers, ports and formats of ours.
static void tame(struct sdse_arch *arch) {
    arch->compute.cycles_per_mac = 1;
    arch->compute.overhead = arch->chip = (struct sdse_overhead){0};
    arch->other_area_um2.given = false;
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        arch->bits[t] = arch->bits[SDSE_OUTPUTS];
    arch->partial_bits = arch->bits[SDSE_OUTPUTS];
    for (unsigned l = 0; l < arch->level_count; l++) {
        struct sdse_level *level = &arch->level[l];
        const uint32_t word = arch->partial_bits;
        level->partial_bits = 0;
        memset(level->word_bits, 0, sizeof level->word_bits);
        level->overlap = true;
        level->overhead = (struct sdse_overhead){0};
        level->pass_start_cycles.given = level->pass_skew_cycles.given = false;
        memset(level->own_bits_per_cycle, 0, sizeof level->own_bits_per_cycle);
        memset(level->format, 0, sizeof level->format);
        level->least_read_bits = level->least_write_bits = 0;
        level->port_bits = level->port_bits ? (1 + level->port_bits % 3) * word : word;
        level->capacity_bits +=
            level->capacity_bits
                ? level->port_bits - level->capacity_bits % level->port_bits
                : 0;
        if (level->memory_class == SDSE_EDRAM)
            level->memory_class = SDSE_SRAM;
    }
}

static bool same_flow(const struct sdse_flow_cost *a, const struct sdse_flow_cost *b) {
    return a->reads == b->reads && a->fills == b->fills && a->updates == b->updates &&
           a->tile_words == b->tile_words && a->instances == b->instances;
}

static bool close_to(double a, double b) {
    return fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));
}

// Whether nothing but networks is lost, which are lost in any case.
static bool exported_whole(struct sdse_arena *arena, const struct sdse_arch *arch,
                           const struct sdse_layer *layer,
                           const struct sdse_mapping *mapping) {
    struct sdse_arch plain = *arch;
    struct sdse_diags diags;
    struct sdse_timeloop_texts texts;
    struct read back;
    sdse_diags_init(&diags, arena);
    for (unsigned l = 0; l < plain.level_count; l++)
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            struct sdse_network *net = &plain.level[l].network[t];
            net->free = net->multicast = net->reduce = true;
            net->window_sharing = false;
        }
    return sdse_timeloop_export(&plain, layer, mapping, false, arena, &diags, &texts) ==
               SDSE_OK &&
           there_and_back(arena, &plain, layer, mapping, false, &back);
}

// Words are the same; where nothing was lost but networks, so are energy and cycles.
static void compare(struct sdse_arena *arena, const struct sdse_arch *arch,
                    const struct sdse_layer *layer, const struct sdse_mapping *mapping,
                    const char *name) {
    struct sdse_arch its = *arch;
    struct sdse_layer own = *layer;
    struct sdse_cost before, after;
    struct read back;
    take_its_rules(&its, &own);
    tried++;
    if (!evaluate(arena, &its, &own, mapping, &before) ||
        !there_and_back(arena, &its, &own, mapping, true, &back)) {
        refused_cases++;
        return;
    }
    put_networks_back(&its, back.arch);
    const bool holds_it = exported_whole(arena, &its, &own, mapping);
    const bool fits =
        evaluate(arena, back.arch, back.net->layers, back.mapping, &after);
    if (!fits && holds_it)
        fail_msg("%s: what comes back does not fit", name);
    if (!fits) { // words of other widths, capacities of no whole rows
        refused_cases++;
        return;
    }
    assert_int_equal(before.macs, after.macs);
    assert_int_equal(before.multipliers_used, after.multipliers_used);
    for (unsigned l = 0; l < its.level_count; l++)
        for (unsigned t = 0; t < SDSE_TENSORS; t++)
            if (comes_back(&its, l) &&
                !same_flow(&before.level[l].flow[t],
                           &after.level[back_level(&its, l)].flow[t]))
                fail_msg("%s: level %s, %s differs", name, its.level[l].name,
                         sdse_tensor_name((enum sdse_tensor)t));
    if (!holds_it)
        return;
    whole++;
    for (unsigned l = 0; l < its.level_count; l++)
        if (comes_back(&its, l)) {
            const struct sdse_level *from = &its.level[l],
                                    *to = &back.arch->level[back_level(&its, l)];
            const unsigned all = SDSE_BIT(SDSE_TENSORS) - 1;
            assert_int_equal(from->buffering, to->buffering);
            assert_int_equal(from->keeps & all, to->keeps & all);
            assert_int_equal(from->keeps & from->may_bypass & all,
                             to->keeps & to->may_bypass & all);
        }
    if (!close_to(before.energy_pj, after.energy_pj) ||
        before.latency_cycles != after.latency_cycles)
        fail_msg("%s: %.12g pJ, %llu cycles became %.12g, %llu", name, before.energy_pj,
                 (unsigned long long)before.latency_cycles, after.energy_pj,
                 (unsigned long long)after.latency_cycles);
}

static void generated_cases_keep_their_counts(void **state) {
    (void)state;
    const struct oracle_options options = {.most_work = 100000};
    char name[60];
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        struct sdse_arena *arena = sdse_arena_new();
        struct oracle_case subject;
        oracle_case_make(seed, &options, &subject);
        if (seed % 2)
            tame(&subject.arch);
        snprintf(name, sizeof name, "seed %llu", (unsigned long long)seed);
        compare(arena, &subject.arch, &subject.layer, &subject.mapping, name);
        sdse_arena_free(arena);
    }
    printf("## generated cases, written for Timeloop and read back: %u of %u, words "
           "equal; of these %u lose no cost, energy and cycles equal\n",
           tried - refused_cases, tried, whole);
    assert_true(tried - refused_cases > CASES / 4);
    assert_true(whole > CASES / 10);
}

// A layer's optimum on every shipped accelerator.
static void map_shipped(const char *name) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_arch *arch;
    struct sdse_workload *net;
    struct sdse_map_answer answer;
    char path[600];
    sdse_diags_init(&diags, arena);
    snprintf(path, sizeof path, "%s/archs/%s", SDSE_SOURCE_DIR, name);
    assert_int_equal(sdse_arch_load(arena, path, &diags, &arch), SDSE_OK);
    assert_int_equal(sdse_arch_resolve_costs(arch, arena, &diags), SDSE_OK);
    assert_int_equal(sdse_workload_load(arena,
                                        SDSE_SOURCE_DIR "/workloads/resnet18.yaml",
                                        &diags, &net),
                     SDSE_OK);
    const struct sdse_layer *layer = net->layers + net->layer_count / 2;
    while (sdse_layer_moves(layer))
        layer++;
    const struct sdse_map_request request = {
        .arch = arch, .layer = layer, .objective = SDSE_MAP_EDP};
    if (getenv("SDSE_SHOW"))
        fprintf(stderr, "== %s\n", name);
    if (sdse_map(&request, arena, &answer) == SDSE_OK && answer.point_count) {
        const unsigned before = tried - refused_cases;
        compare(arena, arch, layer, &answer.point[0].mapping, name);
        shipped += tried - refused_cases - before;
    }
    sdse_arena_free(arena);
}

static void shipped_accelerators_keep_their_counts(void **state) {
    (void)state;
    DIR *list = opendir(SDSE_SOURCE_DIR "/archs");
    struct dirent *entry;
    unsigned all = 0;
    assert_non_null(list);
    while ((entry = readdir(list)))
        if (strstr(entry->d_name, ".yaml")) {
            all++;
            map_shipped(entry->d_name);
        }
    closedir(list);
    printf("## shipped accelerators, written for Timeloop and read back: %u of %u\n",
           shipped, all);
    assert_true(shipped >= 15);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_cases_keep_timeloops_counts),
        cmocka_unit_test(generated_cases_keep_their_counts),
        cmocka_unit_test(shipped_accelerators_keep_their_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
