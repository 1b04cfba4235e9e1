// Maps the problems of files in the format of tests/data/mapping.json and compares with
// what they record.
//
//     check_mapping PROBLEMS.json...
//
// Per problem and objective: energy, cycles, EDP, status, nodes, seconds, and the ratio
// to the recorded optimum and to the best recorded run. Ends with `N problems,
// M failures`; exit 1 if an answer is not proved, or worse than a recorded one by more
// than 1e-9 relative, 2 if a file cannot be read.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dse/mapper.h"
#include "spec/tree.h"

static const double TOLERANCE = 1e-9;

struct problem {
    const char *name;
    struct sdse_arch arch;
    struct sdse_layer layer;
};

static double number(const struct sdse_node *map, const char *key, double otherwise) {
    const struct sdse_node *node = sdse_node_get(map, key);
    if (!node || !node->text || strcmp(node->text, "null") == 0)
        return otherwise;
    return strtod(node->text, NULL);
}

static const char *text(const struct sdse_node *map, const char *key) {
    const struct sdse_node *node = sdse_node_get(map, key);
    return node && node->text ? node->text : "";
}

static struct sdse_number given(double value) {
    return (struct sdse_number){.value = value, .given = true};
}

static unsigned dims_of(const char *letters) {
    if (strcmp(letters, "any") == 0)
        return SDSE_BIT(SDSE_DIMS) - 1;
    unsigned dims = 0;
    for (; *letters; letters++) {
        const char *at = strchr(sdse_dim_letters, *letters);
        if (at)
            dims |= SDSE_BIT(at - sdse_dim_letters);
    }
    return dims;
}

static unsigned keeps_of(const struct sdse_node *list) {
    unsigned keeps = 0;
    for
        SDSE_EACH_CHILD(item, list)
    for (int t = 0; t < SDSE_TENSORS; t++) {
        const char *name = sdse_tensor_name((enum sdse_tensor)t);
        // "Weights" against "weights"
        if (item->text && strcmp(item->text + 1, name + 1) == 0)
            keeps |= SDSE_BIT(t);
    }
    return keeps;
}

static void read_level(const struct sdse_node *node, struct sdse_level *level) {
    const double bits = number(node, "word_bits", 16);
    const struct sdse_node *pj = sdse_node_get(node, "energy_pj");
    level->name = level->group = text(node, "name");
    level->keeps = keeps_of(sdse_node_get(node, "keep"));
    level->carries_loops = true;
    level->capacity_bits = (uint64_t)(number(node, "words", 0) * bits);
    level->port_bits = (uint32_t)(bits * number(node, "block", 1));
    level->buffering = 1;
    level->overlap = true;
    level->read_pj = given(number(pj, "read", 0));
    level->fill_pj = given(number(pj, "fill", 0));
    level->update_pj = given(number(pj, "update", 0));
    if (number(node, "read_bw", 0) > 0)
        level->read_bits_per_cycle = given(number(node, "read_bw", 0) * bits);
    if (number(node, "write_bw", 0) > 0)
        level->write_bits_per_cycle = given(number(node, "write_bw", 0) * bits);
    level->fanout_x = level->fanout_y = 1;
    for (int t = 0; t < SDSE_TENSORS; t++) {
        level->network[t].multicast = level->network[t].reduce = true;
        level->network[t].free = true;
    }
}

static void read_arch(const struct sdse_node *node, struct sdse_arch *arch) {
    const struct sdse_node *levels = sdse_node_get(node, "levels_outer_to_inner");
    const struct sdse_node *spatial = sdse_node_get(node, "spatial");
    const struct sdse_node *mac = sdse_node_get(node, "mac");
    arch->name = text(node, "note");
    arch->clock_ghz = 1;
    for
        SDSE_EACH_CHILD(level, levels) {
            struct sdse_level *at = &arch->level[arch->level_count++];
            read_level(level, at);
            if (strcmp(at->name, text(spatial, "level")) != 0)
                continue;
            at->fanout_x = (uint32_t)number(spatial, "x_max", 1);
            at->fanout_y = (uint32_t)number(spatial, "y_max", 1);
            at->dims_x = dims_of(text(spatial, "x_dims"));
            at->dims_y = dims_of(text(spatial, "y_dims"));
        }
    const double bits = number(sdse_node_at(levels, 0), "word_bits", 16);
    for (int t = 0; t < SDSE_TENSORS; t++)
        arch->bits[t] = (uint32_t)bits;
    arch->partial_bits = (uint32_t)bits;
    arch->compute.cycles_per_mac = 1;
    arch->compute.pj_per_mac = given(number(mac, "energy_pj", 0));
}

static void read_layer(const struct sdse_node *node, struct sdse_layer *layer) {
    for (int d = 0; d < SDSE_DIMS; d++) {
        const char key[2] = {sdse_dim_letters[d], 0};
        layer->nest.bound[d] = (uint64_t)number(node, key, 1);
    }
    for (unsigned axis = 0; axis < 2; axis++) {
        const struct sdse_node *stride =
            sdse_node_at(sdse_node_get(node, "stride"), axis);
        const struct sdse_node *dilation =
            sdse_node_at(sdse_node_get(node, "dilation"), axis);
        layer->nest.stride[axis] =
            stride ? (uint32_t)strtoul(stride->text, NULL, 10) : 1;
        layer->nest.dilation[axis] =
            dilation ? (uint32_t)strtoul(dilation->text, NULL, 10) : 1;
    }
    layer->kind = SDSE_CONV;
    if (strcmp(text(node, "kind"), "dwconv") == 0) {
        layer->kind = SDSE_DWCONV;
        layer->nest.bound[SDSE_G] = layer->nest.bound[SDSE_C];
        layer->nest.bound[SDSE_C] = layer->nest.bound[SDSE_K] = 1;
    }
    layer->repeat = 1;
    for (int t = 0; t < SDSE_TENSORS; t++)
        layer->density[t] = 1;
}

// Best EDP of the recorded runs, re-scored without forwarding; INFINITY if none.
static double best_run(const struct sdse_node *problem) {
    double best = (double)INFINITY;
    for
        SDSE_EACH_CHILD(run, sdse_node_get(problem, "timeloop_runs")) {
            const double edp = number(sdse_node_get(run, "rescored_without_forwarding"),
                                      "edp", (double)INFINITY);
            if (edp < best)
                best = edp;
        }
    return best;
}

static int compare(const char *what, double got, double recorded) {
    if (!(got > recorded * (1 + TOLERANCE)))
        return 0;
    printf("  MISMATCH %s: expected at most %.17g, got %.17g\n", what, recorded, got);
    return 1;
}

static int check_front(const struct sdse_node *recorded,
                       const struct sdse_map_answer *answer) {
    int failures = 0;
    for
        SDSE_EACH_CHILD(point, recorded) {
            const double pj = strtod(sdse_node_at(point, 0)->text, NULL);
            const double cycles = strtod(sdse_node_at(point, 1)->text, NULL);
            bool covered = false;
            for (size_t i = 0; i < answer->point_count; i++)
                covered |=
                    answer->point[i].totals.energy_pj <= pj * (1 + TOLERANCE) &&
                    answer->point[i].totals.latency_cycles <= cycles * (1 + TOLERANCE);
            if (!covered) {
                printf("  MISMATCH front: (%.17g, %.17g) is not reached\n", pj, cycles);
                failures++;
            }
        }
    return failures;
}

static int check_objective(const struct problem *problem, const struct sdse_node *node,
                           enum sdse_map_objective objective, const char *name) {
    static const char *const value_names[] = {"energy", "latency", "EDP", "front"};
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_map_request request = {
        .arch = &problem->arch, .layer = &problem->layer, .objective = objective};
    struct sdse_map_answer answer;
    if (!arena || sdse_map(&request, arena, &answer) != SDSE_OK) {
        printf("  MISMATCH %s: the mapper failed\n", name);
        sdse_arena_free(arena);
        return 1;
    }
    int failures = 0;
    if (answer.status != SDSE_MAP_OPTIMAL || !answer.point_count) {
        printf("  MISMATCH %s: %s %s\n", name, sdse_map_status_name(answer.status),
               answer.reason ? answer.reason : "");
        sdse_arena_free(arena);
        return 1;
    }
    const struct sdse_totals *totals = &answer.point[0].totals;
    const double edp = totals->energy_pj * totals->latency_cycles;
    const double value = objective == SDSE_MAP_EDP       ? edp
                         : objective == SDSE_MAP_LATENCY ? totals->latency_cycles
                                                         : totals->energy_pj;
    const struct sdse_node *proved = sdse_node_get(node, "proved_optimum");
    const struct sdse_node *recorded = sdse_node_get(proved, name);
    printf("  %-8s %14.6g pJ %10.0f cycles %12.6g EDP  %-8s %9llu nodes %8llu evals "
           "%7.3f s",
           name, totals->energy_pj, totals->latency_cycles, edp,
           sdse_map_status_name(answer.status), (unsigned long long)answer.nodes,
           (unsigned long long)answer.evaluations, answer.seconds);
    if (objective == SDSE_MAP_FRONT) {
        printf("  %zu points\n", answer.point_count);
        failures += check_front(recorded, &answer);
    } else {
        const double optimum = number(recorded, "value", (double)INFINITY);
        printf("  %.12f of the recorded optimum", value / optimum);
        if (objective == SDSE_MAP_EDP)
            printf(", %.4f of the best recorded run", edp / best_run(node));
        printf("\n");
        failures += compare(value_names[objective], value, optimum);
        if (objective == SDSE_MAP_EDP)
            failures += compare("EDP of a recorded run", edp, best_run(node));
    }
    sdse_arena_free(arena);
    return failures;
}

static int check_problem(const struct sdse_node *node) {
    struct problem problem;
    memset(&problem, 0, sizeof problem);
    problem.name = text(node, "name");
    read_arch(sdse_node_get(node, "arch"), &problem.arch);
    read_layer(sdse_node_get(node, "problem"), &problem.layer);
    printf("%s\n", problem.name);
    return check_objective(&problem, node, SDSE_MAP_ENERGY, "energy") +
           check_objective(&problem, node, SDSE_MAP_LATENCY, "latency") +
           check_objective(&problem, node, SDSE_MAP_EDP, "edp") +
           check_objective(&problem, node, SDSE_MAP_FRONT, "front");
}

int main(int argc, char **argv) {
    int failures = 0, problems = 0;
    if (argc < 2) {
        fprintf(stderr, "usage: check_mapping PROBLEMS.json...\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++) {
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_diags diags;
        struct sdse_node *root;
        sdse_diags_init(&diags, arena);
        if (sdse_tree_parse_file(arena, argv[i], &diags, &root) != SDSE_OK) {
            sdse_diags_print(&diags, stderr, false);
            sdse_arena_free(arena);
            return 2;
        }
        for
            SDSE_EACH_CHILD(node, root) {
                problems++;
                failures += check_problem(node) > 0;
            }
        sdse_arena_free(arena);
    }
    printf("%d problems, %d failures\n", problems, failures);
    return failures > 0;
}
