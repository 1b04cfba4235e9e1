// How long the mapper takes: whole networks on shipped accelerators, equal layer shapes
// solved once.
//
//     bench_mapper [-o energy|latency|edp|front] [-s] [-t SECONDS] [-v] ARCH
//     WORKLOAD...
//     bench_mapper -a ARCH [-o OBJECTIVE] [-t SECONDS] WORKLOAD...
//
// -a: every distinct shape of the networks: the answer after a second over the optimum,
// and the time of its proof, within SECONDS (60). A line for each that takes longer
// than a second, and their sum.
// -s adds the SmartDeal form of the demo; -t limits each layer; -v prints every layer.
// Run from the project's root; without arguments: ResNet-50 on Eyeriss and
// SmartExchange.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "costmodel/resolve.h"
#include "dse/map.h"
#include "dse/sweep/forms.h"
#include "spec/load.h"

static const char *const objective_names[] = {"energy", "latency", "edp", "ed2p",
                                              "front"};

struct options {
    enum sdse_map_objective objective;
    bool smartdeal, verbose;
    double seconds;
};

struct tally {
    unsigned shapes, proved, none, open;
    unsigned missed; // after a second above twice the optimum
    double worst;    // after a second, over the optimum
    double seconds, slowest;
    const char *slowest_name;
    unsigned long long nodes, evaluations, points;
};

static void map_layer(const struct options *options, const struct sdse_arch *arch,
                      const struct sdse_layer *layer, struct tally *tally) {
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_form_setting setting = {.smartdeal = options->smartdeal,
                                              .basis_size = 3,
                                              .density = 0.55,
                                              .row_density = 0.55,
                                              .coefficient_bits = 4,
                                              .basis_bits = 8,
                                              .scale_bits = 8,
                                              .index = SDSE_INDEX_ROW};
    struct sdse_weight_form form;
    sdse_layer_form_declare(layer, &setting, &form);
    const struct sdse_map_request request = {.arch = arch,
                                             .layer = layer,
                                             .form = &form,
                                             .objective = options->objective,
                                             .seconds_limit = options->seconds};
    struct sdse_map_answer answer;
    const enum sdse_status status = sdse_map(&request, arena, &answer);
    if (status != SDSE_OK) {
        printf("  %s: %s\n", layer->name, sdse_status_text(status));
        sdse_arena_free(arena);
        return;
    }
    tally->shapes++;
    tally->proved += answer.status == SDSE_MAP_OPTIMAL;
    tally->none += answer.status == SDSE_MAP_NONE;
    tally->open += answer.status == SDSE_MAP_LIMIT;
    tally->seconds += answer.seconds;
    tally->nodes += answer.nodes;
    tally->evaluations += answer.evaluations;
    tally->points += answer.point_count;
    if (answer.seconds > tally->slowest) {
        tally->slowest = answer.seconds;
        tally->slowest_name = layer->name;
    }
    if (options->verbose) {
        const struct sdse_totals zero = {.energy_pj = 0};
        const struct sdse_totals *best =
            answer.point_count ? &answer.point[0].totals : &zero;
        double log10_mappings = 0;
        sdse_mapper_space(&request, &log10_mappings);
        printf("  %-24s %-8s %3zu points %12.6g pJ %11.0f cycles  10^%-4.1f space "
               "%10llu nodes %8llu evals %8.4f s  gap %.3g %s\n",
               layer->name, sdse_map_status_name(answer.status), answer.point_count,
               best->energy_pj, best->latency_cycles, log10_mappings,
               (unsigned long long)answer.nodes, (unsigned long long)answer.evaluations,
               answer.seconds, answer.gap, answer.reason ? answer.reason : "");
    }
    sdse_arena_free(arena);
}

static bool same_shape(const struct sdse_layer *a, const struct sdse_layer *b) {
    return a->kind == b->kind && memcmp(&a->nest, &b->nest, sizeof a->nest) == 0;
}

static int run(const struct options *options, const char *arch_path,
               const char *workload_path) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_arch *arch;
    struct sdse_workload *workload;
    if (sdse_arch_load(arena, arch_path, &diags, &arch) != SDSE_OK ||
        sdse_arch_resolve_costs(arch, arena, &diags) != SDSE_OK ||
        sdse_workload_load(arena, workload_path, &diags, &workload) != SDSE_OK) {
        sdse_diags_print(&diags, stderr, false);
        sdse_arena_free(arena);
        return 1;
    }
    struct tally tally;
    memset(&tally, 0, sizeof tally);
    for (size_t i = 0; i < workload->layer_count; i++) {
        bool fresh = !sdse_layer_moves(&workload->layers[i]);
        for (size_t j = 0; j < i && fresh; j++)
            fresh = !same_shape(&workload->layers[i], &workload->layers[j]);
        if (fresh)
            map_layer(options, arch, &workload->layers[i], &tally);
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%-16s %-18s %-8s %-9s %3u shapes %3u proved %2u none %2u open %4llu points "
           "%8.3f s  slowest %7.3f s (%s) %11llu nodes %9llu evals %4ld MiB\n",
           arch->name, workload->name, objective_names[options->objective],
           options->smartdeal ? "smartdeal" : "raw", tally.shapes, tally.proved,
           tally.none, tally.open, tally.points, tally.seconds, tally.slowest,
           tally.slowest_name ? tally.slowest_name : "-", tally.nodes,
           tally.evaluations, usage.ru_maxrss / 1024);
    sdse_arena_free(arena);
    return 0;
}

// --- How soon an answer is good, and when it is proved ---

static const double SOON_SECONDS = 1;

static bool solve(const struct options *options, const struct sdse_arch *arch,
                  const struct sdse_layer *layer, double seconds,
                  struct sdse_arena *arena, struct sdse_map_answer *answer) {
    const struct sdse_map_request request = {.arch = arch,
                                             .layer = layer,
                                             .objective = options->objective,
                                             .seconds_limit = seconds,
                                             .any_mapping = true};
    return sdse_map(&request, arena, answer) == SDSE_OK && answer->point_count;
}

static double value_of(const struct options *options, const struct sdse_totals *at) {
    switch (options->objective) {
    case SDSE_MAP_LATENCY:
        return at->latency_cycles;
    case SDSE_MAP_EDP:
        return at->energy_pj * at->latency_cycles;
    case SDSE_MAP_ED2P:
        return at->energy_pj * at->latency_cycles * at->latency_cycles;
    default:
        return at->energy_pj;
    }
}

// One shape: what is not proved after a second is searched on; a line if it was not.
static void try_soon(const struct options *options, const struct sdse_arch *arch,
                     const struct sdse_layer *layer, struct tally *tally) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_map_answer soon, late;
    tally->shapes++;
    if (!solve(options, arch, layer, SOON_SECONDS, arena, &soon)) {
        tally->none++;
        sdse_arena_free(arena);
        return;
    }
    late = soon;
    if (soon.status != SDSE_MAP_OPTIMAL)
        solve(options, arch, layer, options->seconds, arena, &late);
    const bool proved = late.status == SDSE_MAP_OPTIMAL;
    const double value = value_of(options, &soon.point[0].totals);
    const double ratio =
        value / (proved ? value_of(options, &late.point[0].totals) : late.lower_bound);
    tally->proved += proved;
    tally->open += !proved;
    tally->worst = ratio > tally->worst ? ratio : tally->worst;
    tally->missed += ratio > 2;
    if (late.seconds > tally->slowest)
        tally->slowest = late.seconds;
    if (soon.status != SDSE_MAP_OPTIMAL)
        printf("  %-16s %-24s %-8s after %.0f s %s%.3f x the optimum, %s after %.3g s"
               " (%llu nodes), gap %.3g\n",
               arch->name, layer->name, objective_names[options->objective],
               SOON_SECONDS, proved ? "" : "at most ", ratio,
               proved ? "proved" : "open", late.seconds, (unsigned long long)late.nodes,
               late.gap);
    sdse_arena_free(arena);
}

// Every distinct shape of the networks on an accelerator.
static int run_soon(const struct options *options, const char *arch_path,
                    char *const *workloads, int count) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_arch *arch;
    struct sdse_workload *workload[64];
    bool good = count <= 64 &&
                sdse_arch_load(arena, arch_path, &diags, &arch) == SDSE_OK &&
                sdse_arch_resolve_costs(arch, arena, &diags) == SDSE_OK;
    for (int w = 0; good && w < count; w++)
        good = sdse_workload_load(arena, workloads[w], &diags, &workload[w]) == SDSE_OK;
    if (!good) {
        sdse_diags_print(&diags, stderr, false);
        sdse_arena_free(arena);
        return 1;
    }
    struct tally tally;
    memset(&tally, 0, sizeof tally);
    for (int w = 0; w < count; w++) {
        for (size_t i = 0; i < workload[w]->layer_count; i++) {
            const struct sdse_layer *layer = &workload[w]->layers[i];
            bool fresh = !sdse_layer_moves(layer);
            for (int v = 0; v <= w && fresh; v++) {
                const size_t end = v < w ? workload[v]->layer_count : i;
                for (size_t j = 0; j < end && fresh; j++)
                    fresh = !same_shape(layer, &workload[v]->layers[j]);
            }
            if (fresh)
                try_soon(options, arch, layer, &tally);
        }
    }
    printf(
        "%-16s %-8s %4u shapes: %u proved, %u open, %u without a mapping; after %.0f "
        "s at worst %.3f x the optimum, %u above 2 x; slowest %.3g s\n",
        arch->name, objective_names[options->objective], tally.shapes, tally.proved,
        tally.open, tally.none, SOON_SECONDS, tally.worst, tally.missed, tally.slowest);
    sdse_arena_free(arena);
    return 0;
}

int main(int argc, char **argv) {
    struct options options = {SDSE_MAP_EDP, false, false, 0};
    int option, failures = 0;
    const char *soon = NULL;
    setvbuf(stdout, NULL, _IOLBF, 0);
    while ((option = getopt(argc, argv, "a:o:st:v")) != -1) {
        switch (option) {
        case 'a':
            soon = optarg;
            break;
        case 'o':
            for (int i = 0; i <= SDSE_MAP_FRONT; i++)
                if (strcmp(optarg, objective_names[i]) == 0)
                    options.objective = (enum sdse_map_objective)i;
            break;
        case 's':
            options.smartdeal = true;
            break;
        case 't':
            options.seconds = strtod(optarg, NULL);
            break;
        case 'v':
            options.verbose = true;
            break;
        default:
            return 2;
        }
    }
    if (soon) {
        options.seconds = options.seconds > 0 ? options.seconds : 60;
        return run_soon(&options, soon, argv + optind, argc - optind);
    }
    if (argc - optind >= 2) {
        for (int i = optind + 1; i < argc; i++)
            failures += run(&options, argv[optind], argv[i]);
        return failures > 0;
    }
    static const char *const archs[] = {"archs/eyeriss.yaml",
                                        "archs/smartexchange.yaml"};
    for (int a = 0; a < 2; a++)
        for (int o = 0; o <= SDSE_MAP_FRONT; o++) {
            options.objective = (enum sdse_map_objective)o;
            failures += run(&options, archs[a], "workloads/resnet50.yaml");
        }
    return failures > 0;
}
