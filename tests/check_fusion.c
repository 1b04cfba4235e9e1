// check_fusion [--write FOLDER] CASE.json...: proved optima of networks whose layers
// share on-chip memory, compared with reference problems (tests/data/fusion).
//
// Prints for each case and answer what is expected, what was found and whether they are
// equal, then `N cases, M answers compared, D differences`. With --write each case's
// own schedules of least energy, latency and product go to a file of its name in
// FOLDER, in the format of the references. Exit status 1 if there is any difference,
// unreadable case or schedule that cannot be written.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/support_fusionask.h"
#include "oracle/support_fusionwrite.h"

static const double TOLERANCE = 1e-9;

struct check {
    const struct fusion_case *subject;
    const char *file;
    const char *folder; // of schedules that are written; NULL: none are
    struct sdse_arena *arena;
    struct fusion_asked asked;
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

static void check_layers(struct check *c) {
    struct sdse_tradeoff sum = {0, 0};
    for (size_t l = 0; l < c->subject->net.layer_count; l++) {
        const struct sdse_map_answer *answer = &c->asked.alone[l];
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
    struct sdse_residency found;
    const enum sdse_status status =
        sdse_residency_find(&c->asked.request.residency, c->arena, &found);
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

// --- Layers that take turns ---

static double product(const struct sdse_tradeoff *at) {
    return at->energy_pj * at->latency_cycles;
}

static void compare_front(struct check *c, const struct sdse_places *places) {
    const struct fusion_case *subject = c->subject;
    compare(c, "fused, points of the front", (double)subject->front_count,
            (double)places->count);
    for (size_t i = 0; i < subject->front_count && i < places->count; i++) {
        char what[60];
        snprintf(what, sizeof what, "fused, energy of point %zu", i + 1);
        compare(c, what, subject->front[i].energy_pj, places->elements[i].energy_pj);
        snprintf(what, sizeof what, "fused, latency of point %zu", i + 1);
        compare(c, what, subject->front[i].latency_cycles,
                places->elements[i].latency_cycles);
    }
}

static void compare_optima(struct check *c, const struct sdse_places *places) {
    const struct fusion_case *subject = c->subject;
    const struct sdse_tradeoff *first = &places->elements[0],
                               *last = &places->elements[places->count - 1];
    compare(c, "fused, least energy", subject->optimum_energy.energy_pj,
            first->energy_pj);
    compare(c, "fused, its latency", subject->optimum_energy.latency_cycles,
            first->latency_cycles);
    compare(c, "fused, least latency", subject->optimum_latency.latency_cycles,
            last->latency_cycles);
    compare(c, "fused, its energy", subject->optimum_latency.energy_pj,
            last->energy_pj);
    compare(c, "fused, least product", product(&subject->optimum_edp),
            product(&places->elements[fusion_least_product(places)]));
}

static bool write_schedules(struct check *c, const struct sdse_fusion *fusion,
                            FILE *out) {
    const struct sdse_places *places = &fusion->residency.places;
    const struct {
        const char *key;
        size_t element;
    } optima[] = {{"optimum_energy", 0},
                  {"optimum_latency", places->count - 1},
                  {"optimum_edp", fusion_least_product(places)}};
    fusion_write_problem(out, c->subject);
    fputs(" \"front\": [", out);
    for (size_t i = 0; i < places->count; i++)
        fprintf(out, "%s[%.0f, %.0f]", i ? ", " : "", places->elements[i].energy_pj,
                places->elements[i].latency_cycles);
    fputs("]", out);
    bool good = true;
    for (size_t i = 0; i < sizeof optima / sizeof *optima && good; i++) {
        fprintf(out, ",\n \"%s\": ", optima[i].key);
        good = fusion_write_schedule(out, c->subject, &c->asked.request, fusion,
                                     optima[i].element, c->arena) == SDSE_OK;
    }
    fputs("}\n", out);
    return good;
}

// Named as the case's own file.
static void write_file(struct check *c, const struct sdse_fusion *fusion) {
    const char *slash = strrchr(c->file, '/');
    const char *path =
        sdse_arena_printf(c->arena, "%s/%s", c->folder, slash ? slash + 1 : c->file);
    FILE *out = path ? fopen(path, "w") : NULL;
    bool good = out && write_schedules(c, fusion, out);
    if (out)
        good = fclose(out) == 0 && good;
    if (!good)
        fail(c, path ? path : "schedules", "cannot be written");
}

static void check_fused(struct check *c) {
    struct sdse_fusion fusion;
    const enum sdse_status status =
        sdse_fusion_find(&c->asked.request, c->arena, &fusion);
    const struct sdse_places *places = &fusion.residency.places;
    if (status != SDSE_OK || places->count == 0) {
        fail(c, "fused", sdse_status_text(status));
    } else {
        compare_front(c, places);
        compare_optima(c, places);
        if (c->folder)
            write_file(c, &fusion);
    }
    sdse_fusion_free(&fusion);
}

// --- The whole ---

static void check_file(const char *path, const char *folder, unsigned *compared,
                       unsigned *differences) {
    struct sdse_arena *arena = sdse_arena_new();
    struct fusion_case subject = {.name = path};
    struct check c = {
        .subject = &subject, .file = path, .folder = folder, .arena = arena};
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    enum sdse_status status =
        arena ? fusion_case_read(arena, path, &diags, &subject) : SDSE_NO_MEMORY;
    if (status == SDSE_OK)
        status = fusion_ask(&subject, arena, &c.asked);
    if (status != SDSE_OK) {
        sdse_diags_print(&diags, stdout, false);
        fail(&c, "case", sdse_status_text(status));
    } else {
        check_layers(&c);
        check_resident(&c);
        check_fused(&c);
    }
    *compared += c.compared;
    *differences += c.differences;
    sdse_arena_free(arena);
}

int main(int argc, char **argv) {
    unsigned compared = 0, differences = 0;
    const char *folder = NULL;
    int first = 1;
    if (argc > 2 && strcmp(argv[1], "--write") == 0) {
        folder = argv[2];
        first = 3;
    }
    if (argc <= first) {
        fprintf(stderr, "usage: check_fusion [--write FOLDER] CASE.json...\n");
        return 2;
    }
    for (int i = first; i < argc; i++)
        check_file(argv[i], folder, &compared, &differences);
    printf("%d cases, %u answers compared, %u differences\n", argc - first, compared,
           differences);
    return differences > 0;
}
