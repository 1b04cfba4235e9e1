// check_fusion CASE.json...: proved optima of networks whose layers share on-chip
// memory, compared with reference problems (tests/data/fusion).
//
// Prints for each case and answer what is expected, what was found and whether they are
// equal, then `N cases, M answers compared, D differences`. Exit status 1 if there is
// any difference or unreadable file.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "dse/residency/residency.h"
#include "oracle/support_fusioncase.h"

static const double TOLERANCE = 1e-9;

struct check {
    const struct fusion_case *subject;
    struct sdse_arena *arena;
    struct sdse_layer *layer; // of the network, as they are counted
    struct sdse_map_answer *alone;
    unsigned compared, differences;
};

static bool is_close(double expected, double got) {
    return fabs(got - expected) <= TOLERANCE * expected;
}

static void compare(struct check *c, const char *what, double expected, double got) {
    const bool ok = is_close(expected, got);
    printf("%s: %s: expected %.12g, got %.12g: %s\n", c->subject->name, what, expected,
           got, ok ? "ok" : "DIFFERS");
    c->compared++;
    c->differences += !ok;
}

static void fail(struct check *c, const char *what, const char *why) {
    printf("%s: %s: %s\n", c->subject->name, what, why);
    c->differences++;
}

// --- Each layer by itself ---

static bool map_layers(struct check *c) {
    const size_t count = c->subject->net.layer_count;
    c->layer = SDSE_ARENA_ARRAY(c->arena, struct sdse_layer, count);
    c->alone = SDSE_ARENA_ARRAY(c->arena, struct sdse_map_answer, count);
    if (!c->layer || !c->alone)
        return false;
    for (size_t l = 0; l < count; l++) {
        c->layer[l] = fusion_case_boxed(&c->subject->net.layers[l]);
        const struct sdse_map_request request = {.arch = c->subject->arch,
                                                 .layer = &c->layer[l],
                                                 .objective = SDSE_MAP_FRONT};
        if (sdse_map(&request, c->arena, &c->alone[l]) != SDSE_OK ||
            c->alone[l].status != SDSE_MAP_OPTIMAL)
            return false;
    }
    return true;
}

static void check_layers(struct check *c) {
    struct sdse_tradeoff sum = {0, 0};
    for (size_t l = 0; l < c->subject->net.layer_count; l++) {
        const struct sdse_map_answer *answer = &c->alone[l];
        sum.energy_pj += answer->point[0].totals.energy_pj;
        sum.latency_cycles +=
            answer->point[answer->point_count - 1].totals.latency_cycles;
    }
    compare(c, "layer by layer, energy", c->subject->layer_by_layer.energy_pj,
            sum.energy_pj);
    compare(c, "layer by layer, latency", c->subject->layer_by_layer.latency_cycles,
            sum.latency_cycles);
}

// --- Whole tensors that stay ---

static void check_resident(struct check *c) {
    const struct sdse_workload *net = &c->subject->net;
    const struct sdse_weight_form raw = {.smartdeal = false};
    struct sdse_residency_layer *layer =
        SDSE_ARENA_ARRAY(c->arena, struct sdse_residency_layer, net->layer_count);
    struct sdse_residency found;
    if (!layer) {
        fail(c, "whole tensors resident", "out of memory");
        return;
    }
    for (size_t l = 0; l < net->layer_count; l++)
        layer[l] = (struct sdse_residency_layer){&c->layer[l], &raw, l, &c->alone[l]};
    const struct sdse_residency_request request = {.arch = c->subject->arch,
                                                   .workload = net,
                                                   .layer = layer,
                                                   .objective = SDSE_MAP_FRONT,
                                                   .goal = SDSE_PLACES_FRONT,
                                                   .threads = 1};
    const enum sdse_status status = sdse_residency_find(&request, c->arena, &found);
    if (status != SDSE_OK || found.places.count == 0) {
        fail(c, "whole tensors resident", sdse_status_text(status));
    } else {
        const struct sdse_places *places = &found.places;
        compare(c, "whole tensors resident, energy",
                c->subject->whole_tensors_resident.energy_pj,
                places->elements[0].energy_pj);
        compare(c, "whole tensors resident, latency",
                c->subject->whole_tensors_resident.latency_cycles,
                places->elements[places->count - 1].latency_cycles);
    }
    sdse_residency_free(&found);
}

// --- The whole ---

static void check_file(const char *path, unsigned *compared, unsigned *differences) {
    struct sdse_arena *arena = sdse_arena_new();
    struct fusion_case subject = {.name = path};
    struct check c = {.subject = &subject, .arena = arena};
    struct sdse_diags diags;
    if (!arena) {
        fail(&c, "file", "out of memory");
        *differences += c.differences;
        return;
    }
    sdse_diags_init(&diags, arena);
    const enum sdse_status status = fusion_case_read(arena, path, &diags, &subject);
    if (status != SDSE_OK) {
        sdse_diags_print(&diags, stdout, false);
        fail(&c, "file", sdse_status_text(status));
    } else if (!map_layers(&c)) {
        fail(&c, "layer by layer", "some layer has no proved mapping");
    } else {
        check_layers(&c);
        check_resident(&c);
    }
    *compared += c.compared;
    *differences += c.differences;
    sdse_arena_free(arena);
}

int main(int argc, char **argv) {
    unsigned compared = 0, differences = 0;
    if (argc < 2) {
        fprintf(stderr, "usage: check_fusion CASE.json...\n");
        return 2;
    }
    for (int i = 1; i < argc; i++)
        check_file(argv[i], &compared, &differences);
    printf("%d cases, %u answers compared, %u differences\n", argc - 1, compared,
           differences);
    return differences > 0;
}
