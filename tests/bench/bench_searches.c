// The mapper against recorded searches of another tool, and how it scales.
//
//     bench_searches [MAPPING.json]    (default tests/data/mapping.json)
//
// For every recorded search of a problem (energy x latency): what it had found after 1,
// 10 and 60 CPU seconds over the proved optimum; how long the mapper takes to find a
// mapping as good as the search's last (its search cut short after 64, 128, ... nodes),
// and to prove the optimum, set-up included. Then a convolution over layer sizes,
// numbers of levels and fan-outs.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dse/map.h"
#include "oracle/support_mapping_cases.h"

static double edp(const struct sdse_totals *totals) {
    return totals->energy_pj * totals->latency_cycles;
}

// Least of a few runs: the machine is not ours alone.
static double proof_seconds(const struct sdse_arch *arch,
                            const struct sdse_layer *layer,
                            enum sdse_map_objective objective, uint64_t *nodes,
                            struct sdse_totals *best) {
    double least = (double)INFINITY;
    for (int i = 0; i < 5; i++) {
        struct sdse_arena *arena = sdse_arena_new();
        const struct sdse_map_request request = {
            .arch = arch, .layer = layer, .objective = objective};
        struct sdse_map_answer answer;
        if (sdse_map(&request, arena, &answer) != SDSE_OK ||
            answer.status != SDSE_MAP_OPTIMAL) {
            sdse_arena_free(arena);
            return (double)NAN;
        }
        least = fmin(least, answer.seconds);
        *nodes = answer.nodes;
        *best = answer.point[0].totals;
        sdse_arena_free(arena);
    }
    return least;
}

// Seconds of the shortest search, by doubling nodes, that is at least as good.
static double seconds_to(const struct mapping_case *problem, double target) {
    double seconds = (double)NAN;
    for (uint64_t nodes = 64; isnan(seconds); nodes *= 2) {
        struct sdse_arena *arena = sdse_arena_new();
        const struct sdse_map_request request = {.arch = &problem->arch,
                                                 .layer = &problem->layer,
                                                 .objective = SDSE_MAP_EDP,
                                                 .node_limit = nodes};
        struct sdse_map_answer answer;
        const bool good = sdse_map(&request, arena, &answer) == SDSE_OK;
        const bool reached = good && answer.point_count &&
                             edp(&answer.point[0].totals) <= target * (1 + 1e-9);
        if (reached)
            seconds = answer.seconds;
        const bool ended = !good || answer.status == SDSE_MAP_OPTIMAL;
        sdse_arena_free(arena);
        if (ended)
            break;
    }
    return seconds;
}

static void print_quality(const struct sdse_node *run, const char *at, double optimum) {
    const struct sdse_node *best =
        sdse_node_get(sdse_node_get(run, "best_at_cpu_s"), at);
    const double found = mapping_case_number(best, "edp_pj_cycles", (double)NAN);
    if (isnan(found))
        printf(" %9s", "nothing");
    else
        printf(" %9.2f", found / optimum);
}

static void compare_searches(const struct sdse_node *node) {
    struct mapping_case problem;
    mapping_case_read(node, &problem);
    uint64_t nodes = 0;
    struct sdse_totals best = {.energy_pj = 0};
    const double proof =
        proof_seconds(&problem.arch, &problem.layer, SDSE_MAP_EDP, &nodes, &best);
    printf("%s: proved in %.2f ms, %llu nodes, %.1f million per second\n", problem.name,
           1e3 * proof, (unsigned long long)nodes, 1e-6 * (double)nodes / proof);
    for
        SDSE_EACH_CHILD(run, sdse_node_get(node, "timeloop_runs")) {
            const struct sdse_node *last =
                sdse_node_get(run, "rescored_without_forwarding");
            const double found = mapping_case_number(last, "edp", (double)INFINITY);
            const double cpu_s = mapping_case_number(run, "cpu_s", 0);
            printf("  %-14s", mapping_case_text(run, "search"));
            print_quality(run, "1", edp(&best));
            print_quality(run, "10", edp(&best));
            print_quality(run, "60", edp(&best));
            if (isinf(found)) {
                printf("   nothing valid in %.0f s\n", cpu_s);
                continue;
            }
            const double equal = seconds_to(&problem, found);
            printf(" %9.2f after %3.0f s; as good in %8.3f ms: %9.0f x faster\n",
                   found / edp(&best), cpu_s, 1e3 * equal, cpu_s / equal);
        }
}

// --- Scaling ---

// DRAM, then buffers of falling size, one fan-out below the first.
static void make_arch(unsigned levels, unsigned fanout, struct sdse_arch *arch) {
    static const char *const names[] = {"DRAM", "L1", "L2", "L3", "L4", "L5"};
    memset(arch, 0, sizeof *arch);
    arch->name = "scaling";
    arch->clock_ghz = 1;
    arch->level_count = levels;
    arch->partial_bits = 16;
    arch->compute.cycles_per_mac = 1;
    arch->compute.pj_per_mac = (struct sdse_number){.value = 1, .given = true};
    double pj = 100, bits = 16.0 * 65536;
    for (unsigned l = 0; l < levels; l++) {
        struct sdse_level *at = &arch->level[l];
        at->name = at->group = names[l];
        at->keeps = SDSE_BIT(SDSE_TENSORS) - 1;
        at->carries_loops = at->overlap = true;
        at->buffering = 1;
        at->capacity_bits = l ? (uint64_t)bits : 0;
        at->read_pj = at->fill_pj = at->update_pj =
            (struct sdse_number){.value = pj / 16, .given = true};
        at->fanout_x = l == 1 ? fanout : 1;
        at->fanout_y = l == 1 ? fanout : 1;
        at->dims_x = at->dims_y = SDSE_BIT(SDSE_DIMS) - 1;
        for (int t = 0; t < SDSE_TENSORS; t++)
            at->network[t] =
                (struct sdse_network){.multicast = true, .reduce = true, .free = true};
        pj /= 4;
        bits = l ? bits / 8 : bits;
    }
    for (int t = 0; t < SDSE_TENSORS; t++)
        arch->bits[t] = 16;
}

static void scale(unsigned levels, unsigned fanout, uint64_t channels, uint64_t side) {
    struct sdse_arch arch;
    make_arch(levels, fanout, &arch);
    const struct sdse_layer layer = {
        .name = "conv",
        .kind = SDSE_CONV,
        .repeat = 1,
        .nest = {.bound = {1, channels, channels, side, side, 3, 3, 1},
                 .stride = {1, 1},
                 .dilation = {1, 1}},
        .density = {1, 1, 1}};
    const struct sdse_map_request request = {
        .arch = &arch, .layer = &layer, .objective = SDSE_MAP_EDP};
    double log10_mappings = 0;
    sdse_mapper_space(&request, &log10_mappings);
    uint64_t nodes = 0;
    struct sdse_totals best;
    const double seconds = proof_seconds(&arch, &layer, SDSE_MAP_EDP, &nodes, &best);
    printf("  %u levels  %3u x %-3u places  C = K = %3llu  P = Q = %3llu   10^%-5.1f "
           "mappings  %9.2f ms  %9llu nodes  %5.1f million per second\n",
           levels, fanout, fanout, (unsigned long long)channels,
           (unsigned long long)side, log10_mappings, 1e3 * seconds,
           (unsigned long long)nodes, 1e-6 * (double)nodes / seconds);
}

int main(int argc, char **argv) {
    const char *path = argc > 1 ? argv[1] : SDSE_SOURCE_DIR "/tests/data/mapping.json";
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_node *root;
    setvbuf(stdout, NULL, _IOLBF, 0);
    sdse_diags_init(&diags, arena);
    if (sdse_tree_parse_file(arena, path, &diags, &root) != SDSE_OK) {
        sdse_diags_print(&diags, stderr, false);
        sdse_arena_free(arena);
        return 2;
    }
    printf(
        "energy x latency over the proved optimum after 1, 10, 60 CPU seconds and at "
        "the end\n");
    for
        SDSE_EACH_CHILD(node, root)
    compare_searches(node);
    sdse_arena_free(arena);
    printf("scaling, energy x latency of a 3 x 3 convolution\n");
    for (uint64_t side = 7; side <= 112; side *= 2)
        scale(3, 16, 64, side);
    for (uint64_t channels = 32; channels <= 512; channels *= 4)
        scale(3, 16, channels, 14);
    for (unsigned levels = 2; levels <= 5; levels++)
        scale(levels, 16, 64, 14);
    for (unsigned fanout = 4; fanout <= 64; fanout *= 4)
        scale(3, fanout, 64, 14);
    return 0;
}
