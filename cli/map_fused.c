// sdse map --resident --fuse: layers that take turns tile by tile.
#include "cli/map_fused.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/units.h"
#include "cli/map_resident.h"

struct fuse {
    struct cli_map_run *run;
    struct sdse_fusion_request request;
    struct sdse_fusion fusion;
    size_t picked; // element of its places
    struct sdse_resident_layer *layer;
    enum sdse_place *place;
    struct sdse_fused_group *group;
    size_t group_count;
};

static enum sdse_status pick(struct fuse *fuse) {
    struct sdse_arena *arena = fuse->run->cli->arena;
    const struct sdse_residency *residency = &fuse->fusion.residency;
    const struct sdse_network_front front = {.count = residency->places.count,
                                             .elements = residency->places.elements};
    fuse->picked = sdse_network_front_pick(&front, cli_map_picked_objective(fuse->run));
    fuse->layer = SDSE_ARENA_ARRAY(arena, struct sdse_resident_layer,
                                   residency->placing.layer_count);
    fuse->place =
        SDSE_ARENA_ARRAY(arena, enum sdse_place, residency->placing.tensor_count + 1);
    if (!fuse->layer || !fuse->place)
        return SDSE_NO_MEMORY;
    return sdse_fusion_pick(&fuse->request, &fuse->fusion, fuse->picked, fuse->layer,
                            fuse->place, &fuse->group, &fuse->group_count);
}

// --- One line for each group ---

// What a line says beside its names.
struct figures {
    double energy_pj, unshared_pj;
    uint64_t cycles, unshared_cycles, words, unshared_words, nests;
};

static uint64_t words_of(const struct fuse *fuse, const struct sdse_layer *layer,
                         size_t l, const struct sdse_mapping *mapping) {
    struct cli *cli = fuse->run->cli;
    struct sdse_model *model;
    struct sdse_cost cost;
    const enum sdse_status status =
        sdse_model_new(fuse->run->problem.arch, layer,
                       fuse->request.residency.layer[l].form, cli->arena, &model);
    if (cli_note(cli, status) != SDSE_OK)
        return 0;
    if (!sdse_evaluate_full(model, mapping, &cost))
        cli_note(cli, SDSE_NO_MEMORY);
    return cli_map_outermost_words(&cost);
}

static void add_unshared(const struct fuse *fuse, size_t l, struct figures *figures) {
    struct cli_map_run *run = fuse->run;
    const uint64_t repeat = run->solutions.mapped[l].layer->repeat;
    struct sdse_cost unshared;
    cli_map_costed(run, l, run->solutions.mapped[l].choice, &unshared);
    figures->unshared_pj += (double)repeat * unshared.energy_pj;
    figures->unshared_cycles += repeat * unshared.latency_cycles;
    figures->unshared_words += repeat * cli_map_outermost_words(&unshared);
}

static void add_kind(const struct fuse *fuse, const struct sdse_fused_kind *kind,
                     struct figures *figures) {
    struct sdse_layer part = kind->part;
    part.residence = part.residence ? &kind->residence : NULL;
    figures->energy_pj += (double)kind->times * kind->point->totals.energy_pj;
    figures->cycles += kind->times * (uint64_t)kind->point->totals.latency_cycles;
    figures->words +=
        kind->times * words_of(fuse, &part, kind->layer, &kind->point->mapping);
    figures->nests += sdse_layer_moves(&part) ? 0 : kind->times;
}

static const char *name_of(const struct fuse *fuse, size_t l) {
    return fuse->layer[l].layer.name;
}

// Names of the members of a group, of a set; "-": none.
static const char *names_text(const struct fuse *fuse,
                              const struct sdse_fused_group *group, unsigned set) {
    const char *text = "-";
    for (size_t i = 0; i < group->layer_count && text; i++) {
        const char *name = name_of(fuse, group->layer[i]);
        if (set >> i & 1u)
            text = text[0] == '-' && !text[1]
                       ? name
                       : sdse_arena_printf(fuse->run->cli->arena, "%s, %s", text, name);
    }
    return text;
}

static const char *place_text(const struct fuse *fuse, enum sdse_place place) {
    return cli_map_place_text(fuse->run, fuse->fusion.residency.level, place);
}

// Heads and keys at a time are columns for programs, and for people where some group
// has them.
static bool tells_parts(const struct fuse *fuse) {
    bool tells = !fuse->run->people;
    for (size_t g = 0; g < fuse->group_count; g++)
        tells |=
            fuse->group[g].config.tile_heads > 0 || fuse->group[g].config.tile_keys > 0;
    return tells;
}

static void add_line(const struct fuse *fuse, struct sdse_table *table, size_t first,
                     const struct sdse_fused_group *group,
                     const struct figures *figures) {
    const struct sdse_place_question *question = &fuse->layer[first].question;
    const struct sdse_layer *layer = &fuse->layer[first].layer;
    const bool passes = sdse_layer_moves(layer) && layer->move.fused;
    const double scale = fuse->run->people ? sdse_uj_from_pj(1) : 1;
    struct sdse_arena *arena = fuse->run->cli->arena;
    const char *inputs =
        place_text(fuse, question->operands ? SDSE_PLACE_SHARED : SDSE_PLACE_OUTERMOST);
    if (group && group->config.buffered)
        inputs = sdse_arena_printf(arena, "%s, buffered", inputs);
    sdse_table_add_text(table, group ? sdse_arena_printf(arena, "%s ... %s",
                                                         name_of(fuse, first),
                                                         name_of(fuse, group->last))
                                     : name_of(fuse, first));
    sdse_table_add_u64(table,
                       group ? group->config.tile_rows : layer->nest.bound[SDSE_P]);
    sdse_table_add_text(table, passes ? "-" : inputs);
    sdse_table_add_text(table, passes ? "-" : place_text(fuse, question->outputs));
    // What the next layer reads is named by its maker.
    sdse_table_add_text(
        table, group ? names_text(fuse, group, group->config.retained >> 1) : "-");
    sdse_table_add_text(table,
                        group ? names_text(fuse, group, group->config.kept) : "-");
    sdse_table_add_u64(table, figures->nests);
    sdse_table_add_f64(table, scale * figures->energy_pj);
    sdse_table_add_f64(table, scale * figures->unshared_pj);
    sdse_table_add_u64(table, figures->cycles);
    sdse_table_add_u64(table, figures->unshared_cycles);
    sdse_table_add_u64(table, figures->words);
    sdse_table_add_u64(table, figures->unshared_words);
    if (!tells_parts(fuse))
        return;
    sdse_table_add_u64(table, group ? group->config.tile_heads : 0);
    sdse_table_add_u64(table, group ? group->config.tile_keys : 0);
}

static struct sdse_table *group_table(const struct fuse *fuse, uint64_t *before,
                                      uint64_t *after) {
    static const char *const columns[][3] = {
        {"layers", "layers", NULL},
        {"tile_rows", "tile_rows", "tile rows"},
        {"inputs", "inputs", NULL},
        {"outputs", "outputs", NULL},
        {"retained", "retained", NULL},
        {"weights_kept", "weights_kept", "weights kept"},
        {"nests", "nests", NULL},
        {"energy_pj", "energy_uj", "energy [uJ]"},
        {"unshared_energy_pj", "unshared_energy_uj", "unshared [uJ]"},
        {"latency_cycles", "latency_cycles", "cycles"},
        {"unshared_latency_cycles", "unshared_latency_cycles", "unshared"},
        {"outermost_words", "outermost_words", "outermost words"},
        {"unshared_outermost_words", "unshared_outermost_words", "unshared"},
        {"tile_heads", "tile_heads", "heads"},
        {"tile_keys", "tile_keys", "keys"}};
    struct cli_map_run *run = fuse->run;
    struct sdse_table *table = sdse_table_new(run->cli->arena);
    cli_map_add_columns(run, table, columns,
                        sizeof columns / sizeof columns[0] -
                            (tells_parts(fuse) ? 0 : 2));
    *before = *after = 0;
    size_t next = 0; // group
    for (size_t l = 0, end; l < run->solutions.layer_count; l = end) {
        const struct sdse_resident_layer *layer = &fuse->layer[l];
        const struct sdse_fused_group *group =
            layer->question.more ? &fuse->group[next++] : NULL;
        struct figures figures = {0};
        end = l + 1 + layer->question.more;
        for (size_t i = l; i < end; i++)
            add_unshared(fuse, i, &figures);
        for (size_t k = 0; group && k < group->kind_count; k++)
            add_kind(fuse, &group->kind[k], &figures);
        if (!group) {
            const uint64_t repeat = layer->layer.repeat;
            figures.energy_pj = (double)repeat * layer->point->totals.energy_pj;
            figures.cycles = repeat * (uint64_t)layer->point->totals.latency_cycles;
            figures.words =
                repeat * words_of(fuse, &layer->layer, l, &layer->point->mapping);
            figures.nests = sdse_layer_moves(&layer->layer) ? 0 : repeat;
        }
        *before += figures.unshared_words;
        *after += figures.words;
        add_line(fuse, table, l, group, &figures);
    }
    return table;
}

// --- For people, and for other programs ---

static void print_summary(const struct fuse *fuse, const struct sdse_tradeoff *resident,
                          uint64_t before, uint64_t after) {
    const struct cli_map_run *run = fuse->run;
    const struct sdse_residency *residency = &fuse->fusion.residency;
    const struct sdse_fusion_counts *counts = &fuse->fusion.counts;
    const struct sdse_tradeoff unshared = cli_map_unshared_totals(run);
    printf("\n%s on %s, %s weights\n", run->problem.workload->name,
           run->problem.arch->name, run->problem.form_text);
    cli_map_print_total(run, "unshared", &unshared);
    cli_map_print_total(run, "resident", resident);
    cli_map_print_total(run, "fused", &residency->places.elements[fuse->picked]);
    printf("%zu group%s of several layers; %" PRIu64 " words cross at %s, %" PRIu64
           " unshared\n",
           fuse->group_count, fuse->group_count == 1 ? "" : "s", after,
           run->problem.arch->level[0].name, before);
    printf("proved optimal over all groups of at most %u layer%s (%" PRIu64
           " possible), %s, and places of tensors: of %" PRIu64
           " configurations %" PRIu64 " do not fit, bounds exclude %" PRIu64
           ", %" PRIu64 " summed; %" PRIu64 " bounds and %" PRIu64
           " searches of parts of layers\n",
           run->fuse_depth, run->fuse_depth == 1 ? "" : "s", counts->groups,
           run->fuse_all_tiles ? "tiles of any number of rows" : "equal tiles",
           counts->configurations, counts->too_big, counts->cut, counts->summed,
           counts->bounds, counts->searches);
}

static enum cli_exit print_json(const struct fuse *fuse,
                                const struct sdse_tradeoff *resident) {
    const struct cli_map_run *run = fuse->run;
    const struct sdse_residency *residency = &fuse->fusion.residency;
    const struct sdse_fusion_counts *counts = &fuse->fusion.counts;
    struct sdse_json json;
    if (run->objective == PARETO) {
        cli_map_begin_json(&json, "sdse.map-fused-front/1", run, residency->level);
        sdse_json_u64(&json, "depth", run->fuse_depth);
        sdse_json_flag(&json, "thinned", residency->places.thinned);
        sdse_json_rows(&json, "points", cli_map_places_table(run, &residency->places));
        return cli_end_json(run->cli, &json);
    }
    uint64_t before, after;
    const struct sdse_table *table = group_table(fuse, &before, &after);
    const struct sdse_tradeoff unshared = cli_map_unshared_totals(run);
    cli_map_begin_json(&json, "sdse.map-fused/1", run, residency->level);
    sdse_json_u64(&json, "depth", run->fuse_depth);
    sdse_json_rows(&json, "groups", table);
    cli_map_add_total(&json, run, "unshared", &unshared, before);
    cli_map_add_total(&json, run, "resident", resident, UINT64_MAX);
    cli_map_add_total(&json, run, "fused", &residency->places.elements[fuse->picked],
                      after);
    sdse_json_u64(&json, "groups_of_several", fuse->group_count);
    sdse_json_u64(&json, "groups_possible", counts->groups);
    sdse_json_u64(&json, "configurations", counts->configurations);
    sdse_json_u64(&json, "configurations_too_big", counts->too_big);
    sdse_json_u64(&json, "configurations_excluded", counts->cut);
    sdse_json_u64(&json, "configurations_summed", counts->summed);
    sdse_json_u64(&json, "searches", counts->searches);
    return cli_end_json(run->cli, &json);
}

static enum cli_exit print(struct fuse *fuse, const struct sdse_tradeoff *resident) {
    struct cli_map_run *run = fuse->run;
    const struct sdse_places *places = &fuse->fusion.residency.places;
    if (run->objective == PARETO && places->thinned)
        fprintf(stderr,
                "sdse map: warning: the front has more elements; it was thinned to "
                "%zu\n",
                places->count);
    if (run->format == SDSE_TABLE_JSON)
        return print_json(fuse, resident);
    if (run->objective == PARETO)
        return cli_print_table(run->cli, cli_map_places_table(run, places),
                               run->format);
    uint64_t before, after;
    const enum cli_exit exit =
        cli_print_table(run->cli, group_table(fuse, &before, &after), run->format);
    if (exit == CLI_OK && run->people)
        print_summary(fuse, resident, before, after);
    return exit;
}

enum cli_exit cli_map_fused(struct cli_map_run *run,
                            const struct sdse_residency_request *request,
                            const struct sdse_tradeoff *resident) {
    struct fuse fuse = {.run = run,
                        .request = {.residency = *request,
                                    .depth = run->fuse_depth,
                                    .tiles = run->fuse_all_tiles
                                                 ? SDSE_TILES_ALL
                                                 : SDSE_TILES_BALANCED}};
    enum cli_exit exit = CLI_OK;
    enum sdse_status status =
        sdse_fusion_find(&fuse.request, run->cli->arena, &fuse.fusion);
    if (status == SDSE_OK && fuse.fusion.residency.places.count &&
        run->objective != PARETO)
        status = pick(&fuse);
    if (status != SDSE_OK) {
        exit = cli_finish(run->cli, status);
    } else if (fuse.fusion.residency.stopped) {
        cli_error(run->cli, "--fuse: interrupted before the groups were proved");
        exit = CLI_SYSTEM;
    } else {
        exit = print(&fuse, resident);
    }
    sdse_fusion_free(&fuse.fusion);
    return exit;
}
