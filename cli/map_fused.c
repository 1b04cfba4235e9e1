// sdse map --resident --fuse: layers that take turns tile by tile.
#include "cli/map_fused.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/units.h"
#include "cli/map_files.h"
#include "cli/map_resident.h"
#include "cli/network_copies.h"
#include "cli/network_table.h"

struct fuse {
    struct cli_map_run *run;
    struct sdse_fusion_request request;
    struct sdse_fusion fusion;
    // What is known: the optimum and front over all groups, or those of a narrower
    // space.
    struct sdse_schedule schedule;
    struct sdse_places front;
};

static enum sdse_status pick(struct fuse *fuse) {
    struct sdse_arena *arena = fuse->run->cli->arena;
    const struct sdse_residency *residency = &fuse->fusion.residency;
    const struct sdse_network_front front = {.count = residency->places.count,
                                             .elements = residency->places.elements};
    const size_t picked =
        sdse_network_front_pick(&front, cli_map_picked_objective(fuse->run));
    struct sdse_schedule found = {
        .level = residency->level,
        .placing = residency->placing,
        .at = residency->places.elements[picked],
        .layer = SDSE_ARENA_ARRAY(arena, struct sdse_resident_layer,
                                  residency->placing.layer_count),
        .place = SDSE_ARENA_ARRAY(arena, enum sdse_place,
                                  residency->placing.tensor_count + 1)};
    if (!found.layer || !found.place)
        return SDSE_NO_MEMORY;
    enum sdse_status status = sdse_residency_copies(residency, picked, &found.copies);
    if (status == SDSE_OK)
        status = sdse_fusion_pick(&fuse->request, &fuse->fusion, picked, found.layer,
                                  found.place, &found.group, &found.group_count);
    if (status == SDSE_OK)
        fuse->schedule = found;
    return status;
}

static struct cli_network network_of(const struct fuse *fuse) {
    const struct cli_map_run *run = fuse->run;
    return (struct cli_network){.cli = run->cli,
                                .arch = run->problem.arch,
                                .workload = run->problem.workload,
                                .layer = fuse->request.residency.layer,
                                .schedule = &fuse->schedule,
                                .people = run->people};
}

// One line for each group, beside its layers without sharing.
static struct sdse_table *group_table(const struct fuse *fuse, uint64_t *before,
                                      uint64_t *after) {
    const struct cli_map_run *run = fuse->run;
    const size_t layers = run->solutions.layer_count;
    const struct cli_network network = network_of(fuse);
    struct cli_network_figures all,
        *unshared =
            SDSE_ARENA_ARRAY(run->cli->arena, struct cli_network_figures, layers + 1);
    *before = *after = 0;
    if (!unshared) {
        cli_note(run->cli, SDSE_NO_MEMORY);
        return sdse_table_new(run->cli->arena);
    }
    for (size_t l = 0; l < layers; l++) {
        const uint64_t repeat = run->solutions.mapped[l].layer->repeat;
        struct sdse_cost cost;
        cli_map_costed(run, l, run->solutions.mapped[l].choice, &cost);
        unshared[l] = (struct cli_network_figures){(double)repeat * cost.energy_pj,
                                                   repeat * cost.latency_cycles,
                                                   repeat * cli_outermost_words(&cost)};
        *before += unshared[l].words;
    }
    struct sdse_table *table = cli_network_table(&network, unshared, &all);
    *after = all.words;
    return table;
}

// --- For people, and for other programs ---

static void print_proof(const struct fuse *fuse) {
    const struct cli_map_run *run = fuse->run;
    const struct sdse_fusion_counts *counts = &fuse->fusion.counts;
    printf("proved optimal over %s groups of at most %u layer%s (%" PRIu64 " %s",
           counts->untried ? "those" : "all", run->fuse_depth,
           run->fuse_depth == 1 ? "" : "s", counts->groups - counts->untried,
           counts->untried ? "tried" : "possible");
    if (counts->untried)
        printf(" of %" PRIu64 " possible", counts->groups);
    printf("), %s%s%s, and places of tensors%s: of %" PRIu64 " configurations %" PRIu64
           " do not fit, bounds exclude %" PRIu64 ", %" PRIu64 " summed; %" PRIu64
           " bounds and %" PRIu64 " searches of parts of layers\n",
           run->fuse_all_tiles ? "tiles of any number of rows" : "equal tiles",
           run->fuse_columns ? " and of some columns" : "",
           run->fuse_overlap ? ", nests that overlap or do not" : "",
           run->copies ? ", which may be moved" : "", counts->configurations,
           counts->too_big, counts->cut, counts->summed, counts->bounds,
           counts->searches);
}

static void print_summary(const struct fuse *fuse, const struct sdse_tradeoff *resident,
                          uint64_t before, uint64_t after) {
    const struct cli_map_run *run = fuse->run;
    const struct sdse_tradeoff unshared = cli_map_unshared_totals(run);
    const size_t groups = fuse->schedule.group_count;
    printf("\n%s on %s, %s weights\n", run->problem.workload->name,
           run->problem.arch->name, run->problem.form_text);
    cli_map_print_total(run, "unshared", &unshared);
    if (run->proved >= PROVED_RESIDENT)
        cli_map_print_total(run, "resident", resident);
    if (run->proved < PROVED_FUSED) {
        cli_map_print_unproved(run);
    } else {
        cli_map_print_total(run, "fused", &fuse->schedule.at);
        printf("%zu group%s of several layers; %" PRIu64 " words cross at %s, %" PRIu64
               " unshared\n",
               groups, groups == 1 ? "" : "s", after, run->problem.arch->level[0].name,
               before);
        print_proof(fuse);
    }
    const struct cli_network network = network_of(fuse);
    cli_print_copies(&network);
}

static enum cli_exit print_json(const struct fuse *fuse,
                                const struct sdse_tradeoff *resident) {
    const struct cli_map_run *run = fuse->run;
    const struct sdse_fusion_counts *counts = &fuse->fusion.counts;
    struct sdse_json json;
    if (run->objective == PARETO) {
        cli_map_begin_json(&json, "sdse.map-fused-front/1", run);
        sdse_json_u64(&json, "depth", run->fuse_depth);
        cli_map_add_front(&json, run, PROVED_FUSED, &fuse->front);
        sdse_json_rows(&json, "points", cli_map_places_table(run, &fuse->front));
        return cli_end_json(run->cli, &json);
    }
    uint64_t before, after;
    const struct sdse_table *table = group_table(fuse, &before, &after);
    const struct sdse_tradeoff unshared = cli_map_unshared_totals(run);
    cli_map_begin_json(&json, "sdse.map-fused/1", run);
    sdse_json_u64(&json, "depth", run->fuse_depth);
    sdse_json_rows(&json, "groups", table);
    const struct cli_network network = network_of(fuse);
    sdse_json_rows(&json, "copies", cli_copies_table(&network));
    cli_map_add_total(&json, run, PROVED_UNSHARED, &unshared, before);
    cli_map_add_total(&json, run, PROVED_RESIDENT, resident, UINT64_MAX);
    cli_map_add_total(&json, run, PROVED_FUSED, &fuse->schedule.at, after);
    sdse_json_u64(&json, "groups_of_several", fuse->schedule.group_count);
    sdse_json_u64(&json, "groups_possible", counts->groups);
    sdse_json_u64(&json, "groups_untried", counts->untried);
    sdse_json_u64(&json, "configurations", counts->configurations);
    sdse_json_u64(&json, "configurations_too_big", counts->too_big);
    sdse_json_u64(&json, "configurations_excluded", counts->cut);
    sdse_json_u64(&json, "configurations_summed", counts->summed);
    sdse_json_u64(&json, "bounds", counts->bounds);
    sdse_json_u64(&json, "searches", counts->searches);
    return cli_end_json(run->cli, &json);
}

static enum cli_exit print(struct fuse *fuse, const struct sdse_tradeoff *resident) {
    struct cli_map_run *run = fuse->run;
    const uint64_t untried = fuse->fusion.counts.untried;
    if (untried && run->proved == PROVED_FUSED)
        fprintf(stderr,
                "sdse map: warning: %" PRIu64 " of %" PRIu64
                " possible groups have too many rows, or windows of too many, and were "
                "not tried: what is found is the optimum without them\n",
                untried, fuse->fusion.counts.groups);
    if (run->objective == PARETO)
        cli_map_warn_thinned(run, PROVED_FUSED, &fuse->front);
    if (run->format == SDSE_TABLE_JSON)
        return print_json(fuse, resident);
    if (run->objective == PARETO)
        return cli_print_table(run->cli, cli_map_places_table(run, &fuse->front),
                               run->format);
    uint64_t before, after;
    const enum cli_exit exit =
        cli_print_table(run->cli, group_table(fuse, &before, &after), run->format);
    if (exit == CLI_OK && run->people)
        print_summary(fuse, resident, before, after);
    return exit;
}

// Unless a narrower space is not proved.
static enum sdse_status find(struct fuse *fuse) {
    struct cli_map_run *run = fuse->run;
    if (run->proved < PROVED_RESIDENT)
        return SDSE_OK;
    const enum sdse_status status =
        sdse_fusion_find(&fuse->request, run->cli->arena, &fuse->fusion);
    if (status != SDSE_OK || fuse->fusion.residency.stopped)
        return status;
    run->proved = PROVED_FUSED;
    fuse->front = fuse->fusion.residency.places;
    return run->objective == PARETO ? SDSE_OK : pick(fuse);
}

enum cli_exit cli_map_fused(struct cli_map_run *run,
                            const struct sdse_residency_request *request,
                            const struct sdse_schedule *known,
                            const struct sdse_places *front) {
    struct fuse fuse = {.run = run,
                        .request = {.residency = *request,
                                    .columns = run->fuse_columns,
                                    .overlap = run->fuse_overlap,
                                    .depth = run->fuse_depth,
                                    .tiles = run->fuse_all_tiles ? SDSE_TILES_ALL
                                                                 : SDSE_TILES_BALANCED},
                        .schedule = *known,
                        .front = *front};
    const enum sdse_status status = find(&fuse);
    enum cli_exit exit =
        status == SDSE_OK ? print(&fuse, &known->at) : cli_finish(run->cli, status);
    if (exit == CLI_OK && run->output)
        exit = cli_map_write_network(run, &fuse.schedule);
    if (status == SDSE_OK && run->proved == PROVED_RESIDENT) {
        cli_error(run->cli, "--fuse: interrupted before the groups were proved");
        exit = CLI_SYSTEM;
    }
    sdse_fusion_free(&fuse.fusion);
    return exit;
}
