// sdse map --resident: tensors that stay in a shared memory between layers.
#include "cli/map_resident.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/units.h"
#include "cli/map_files.h"
#include "cli/map_fused.h"
#include "cli/mapping_line.h"
#include "cli/network_copies.h"
#include "dse/residency/residency.h"

// --- The search ---

struct reside {
    struct cli_map_run *run;
    struct sdse_residency_request request;
    struct sdse_residency residency;
    // Its front, and what is picked of it; unless it is proved, those without sharing.
    struct sdse_places front;
    size_t picked;
    struct sdse_resident_layer *layer;
    enum sdse_place *place;
    struct sdse_copies copies;
};

static enum sdse_status list_layers(struct reside *reside) {
    struct cli_map_run *run = reside->run;
    const size_t count = run->solutions.layer_count;
    struct sdse_residency_layer *layer =
        SDSE_ARENA_ARRAY(run->cli->arena, struct sdse_residency_layer, count);
    if (!layer)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const struct cli_solution *solution = cli_solution_of(run, i);
        layer[i] =
            (struct sdse_residency_layer){.layer = run->solutions.mapped[i].layer,
                                          .form = &solution->form,
                                          .shape = run->solutions.mapped[i].solution,
                                          .unshared = &solution->answer};
    }
    reside->request.layer = layer;
    return SDSE_OK;
}

static bool make_room(struct reside *reside) {
    struct sdse_arena *arena = reside->run->cli->arena;
    const struct sdse_placing *placing = &reside->residency.placing;
    reside->layer =
        SDSE_ARENA_ARRAY(arena, struct sdse_resident_layer, placing->layer_count);
    reside->place = SDSE_ARENA_ARRAY(arena, enum sdse_place, placing->tensor_count + 1);
    return reside->layer && reside->place;
}

static enum sdse_status pick(struct reside *reside) {
    const struct sdse_residency *residency = &reside->residency;
    const struct sdse_network_front front = {.count = residency->places.count,
                                             .elements = residency->places.elements};
    reside->front = residency->places;
    reside->picked =
        sdse_network_front_pick(&front, cli_map_picked_objective(reside->run));
    if (!make_room(reside))
        return SDSE_NO_MEMORY;
    const enum sdse_status status =
        sdse_residency_copies(residency, reside->picked, &reside->copies);
    return status ? status
                  : sdse_residency_pick(&reside->request, residency, reside->picked,
                                        reside->layer, reside->place);
}

// The front without sharing, as `sdse map` lists it; of another objective the one that
// was picked.
static enum sdse_status list_unshared(struct reside *reside) {
    const struct cli_map_run *run = reside->run;
    const struct sdse_tradeoff picked = cli_map_unshared_totals(run);
    const struct sdse_tradeoff *from =
        run->objective == PARETO ? run->front.elements : &picked;
    const size_t all = run->objective == PARETO ? run->front.count : 1,
                 most = all < SDSE_KEPT_FRONT ? all : SDSE_KEPT_FRONT;
    size_t *kept = SDSE_ARENA_ARRAY(run->cli->arena, size_t, most);
    struct sdse_tradeoff *elements =
        SDSE_ARENA_ARRAY(run->cli->arena, struct sdse_tradeoff, most);
    if (!kept || !elements)
        return SDSE_NO_MEMORY;
    const size_t count = sdse_network_front_thin(all, most, 0, kept);
    for (size_t i = 0; i < count; i++)
        elements[i] = from[kept[i]];
    reside->front = (struct sdse_places){.count = count,
                                         .elements = elements,
                                         .thinned = count < all || run->front.thinned};
    return SDSE_OK;
}

// Every layer by itself, all tensors in the outermost memory: what is known.
static enum sdse_status keep_unshared(struct reside *reside) {
    struct cli_map_run *run = reside->run;
    struct sdse_residency *residency = &reside->residency;
    residency->level = sdse_shared_level(run->problem.arch);
    enum sdse_status status =
        sdse_residency_placing(&reside->request, run->cli->arena, &residency->placing);
    if (status == SDSE_OK)
        status = list_unshared(reside);
    if (status != SDSE_OK || !make_room(reside))
        return status == SDSE_OK ? SDSE_NO_MEMORY : status;
    for (size_t t = 0; t < residency->placing.tensor_count; t++)
        reside->place[t] = SDSE_PLACE_OUTERMOST;
    for (size_t l = 0; l < residency->placing.layer_count; l++) {
        const struct sdse_map_answer *answer = reside->request.layer[l].unshared;
        reside->layer[l] = (struct sdse_resident_layer){
            .layer = *reside->request.layer[l].layer,
            .question = {.layer = l},
            .answer = answer,
            .point = &answer->point[run->solutions.mapped[l].choice]};
    }
    return SDSE_OK;
}

static enum sdse_status find(struct reside *reside, const struct cli_search *search) {
    static const enum sdse_places_goal goals[] = {[EDP] = SDSE_PLACES_CORNERS,
                                                  [ED2P] = SDSE_PLACES_CORNERS,
                                                  [ENERGY] = SDSE_PLACES_ENERGY,
                                                  [LATENCY] = SDSE_PLACES_LATENCY,
                                                  [PARETO] = SDSE_PLACES_FRONT};
    struct cli_map_run *run = reside->run;
    reside->request =
        (struct sdse_residency_request){.arch = run->problem.arch,
                                        .workload = run->problem.workload,
                                        .objective = search->objective,
                                        .goal = goals[run->objective],
                                        .copies = run->copies,
                                        .free_bypass = search->free_bypass,
                                        .padding_percent = search->padding_percent,
                                        .threads = search->threads,
                                        .stop = search->stop};
    enum sdse_status status = list_layers(reside);
    if (status == SDSE_OK && run->proved == PROVED_UNSHARED)
        status =
            sdse_residency_find(&reside->request, run->cli->arena, &reside->residency);
    if (status != SDSE_OK)
        return status;
    if (!reside->residency.places.count)
        return keep_unshared(reside);
    run->proved = PROVED_RESIDENT;
    return pick(reside);
}

// --- Tables ---

// Layers run by themselves.
static struct sdse_schedule schedule_of(const struct reside *reside) {
    const struct sdse_residency *residency = &reside->residency;
    return (struct sdse_schedule){.level = residency->level,
                                  .placing = residency->placing,
                                  .place = reside->place,
                                  .copies = reside->copies,
                                  .layer = reside->layer,
                                  .at = reside->front.elements[reside->picked]};
}

static struct cli_network network_of(const struct reside *reside,
                                     const struct sdse_schedule *schedule) {
    const struct cli_map_run *run = reside->run;
    return (struct cli_network){.cli = run->cli,
                                .arch = run->problem.arch,
                                .workload = run->problem.workload,
                                .layer = reside->request.layer,
                                .schedule = schedule,
                                .people = run->people};
}

static struct sdse_model *model_of(const struct reside *reside, size_t l) {
    struct sdse_model *model;
    const enum sdse_status status =
        sdse_model_new(reside->run->problem.arch, &reside->layer[l].layer,
                       reside->request.layer[l].form, reside->run->cli->arena, &model);
    return cli_note(reside->run->cli, status) == SDSE_OK ? model : NULL;
}

static const char *place_text(const struct reside *reside, enum sdse_place place) {
    return cli_place_text(reside->run->cli->arena, reside->run->problem.arch, place);
}

static unsigned memories_of(const struct reside *reside) {
    return reside->residency.placing.memory_count;
}

// Of a layer that reads several maps: how many of them are in a memory that shares;
// then its right operand and what it adds to its outputs, where these are in one.
static const char *inputs_text(const struct reside *reside, size_t l) {
    const struct sdse_resident_layer *layer = &reside->layer[l];
    const uint32_t operands =
        sdse_layer_moves(&layer->layer) ? layer->layer.move.addends : 1;
    struct sdse_arena *arena = reside->run->cli->arena;
    const char *text = "", *more = "";
    for (unsigned m = 0; text && more && m < memories_of(reside); m++) {
        const struct sdse_place_found *found = &layer->question.in[m];
        const char *shared = place_text(reside, sdse_place_in(m, false));
        const char *separator = *text ? ", " : "";
        if (found->operands && found->operands < operands)
            text = sdse_arena_printf(arena, "%s%s%s (%" PRIu32 " of %" PRIu32 ")", text,
                                     separator, shared, found->operands, operands);
        else if (found->operands)
            text = sdse_arena_printf(arena, "%s%s%s", text, separator, shared);
        if (found->weights && more)
            more = sdse_arena_printf(arena, "%s, weights %s", more, shared);
        if (found->addends && more)
            more =
                sdse_arena_printf(arena, "%s, addends %s (%" PRIu32 " of %" PRIu32 ")",
                                  more, shared, found->addends, layer->layer.addends);
    }
    if (!text || !more)
        return NULL;
    return sdse_arena_printf(
        arena, "%s%s", *text ? text : place_text(reside, SDSE_PLACE_OUTERMOST), more);
}

// A line for each tensor that is brought in before a layer.
static void add_copies(const struct reside *reside, struct sdse_table *table, size_t l,
                       uint64_t *words) {
    const struct sdse_schedule schedule = schedule_of(reside);
    const struct cli_network network = network_of(reside, &schedule);
    const double scale = network.people ? sdse_uj_from_pj(1) : 1;
    for (size_t i = 0; i < reside->copies.count; i++) {
        const struct sdse_copy *copy = &reside->copies.copy[i];
        struct sdse_cost cost;
        if (copy->from != l || schedule.placing.tensor[copy->tensor].maker == l)
            continue;
        cli_copy_cost(&network, copy, &cost);
        *words += cli_outermost_words(&cost);
        sdse_table_add_text(table, cli_copy_text(&network, copy));
        sdse_table_add_text(table, "copy");
        sdse_table_add_u64(table, 1);
        sdse_table_add_text(table, cli_copy_source(&network, copy));
        sdse_table_add_text(table, cli_copy_memory(&network, copy));
        sdse_table_add_f64(table, scale * cost.energy_pj);
        sdse_table_add_f64(table, 0);
        sdse_table_add_u64(table, cost.latency_cycles);
        sdse_table_add_u64(table, 0);
        sdse_table_add_u64(table, cli_outermost_words(&cost));
        sdse_table_add_u64(table, 0);
        sdse_table_add_text(table, "-");
    }
}

static struct sdse_table *layer_table(const struct reside *reside, uint64_t *before,
                                      uint64_t *after) {
    static const char *const columns[][3] = {
        {"layer", "layer", NULL},
        {"kind", "kind", NULL},
        {"repeat", "repeat", "rep"},
        {"inputs", "inputs", NULL},
        {"outputs", "outputs", NULL},
        {"energy_pj", "energy_uj", "energy [uJ]"},
        {"unshared_energy_pj", "unshared_energy_uj", "unshared [uJ]"},
        {"latency_cycles", "latency_cycles", "cycles"},
        {"unshared_latency_cycles", "unshared_latency_cycles", "unshared"},
        {"outermost_words", "outermost_words", "outermost words"},
        {"unshared_outermost_words", "unshared_outermost_words", "unshared"},
        {"mapping", "mapping", NULL}};
    struct cli_map_run *run = reside->run;
    struct sdse_table *table = sdse_table_new(run->cli->arena);
    cli_map_add_columns(run, table, columns, sizeof columns / sizeof columns[0]);
    *before = *after = 0;
    for (size_t l = 0; l < reside->residency.placing.layer_count; l++) {
        const struct sdse_resident_layer *layer = &reside->layer[l];
        const struct sdse_totals *totals = &layer->point->totals;
        struct sdse_cost cost, unshared;
        const struct sdse_model *model = model_of(reside, l);
        if (!model)
            return table;
        add_copies(reside, table, l, after);
        if (!sdse_evaluate_full(model, &layer->point->mapping, &cost))
            cli_note(run->cli, SDSE_NO_MEMORY);
        cli_map_costed(run, l, run->solutions.mapped[l].choice, &unshared);
        *after += layer->layer.repeat * cli_outermost_words(&cost);
        *before += layer->layer.repeat * cli_outermost_words(&unshared);
        sdse_table_add_text(table, layer->layer.name);
        sdse_table_add_text(table, sdse_layer_kind_name(layer->layer.kind));
        sdse_table_add_u64(table, layer->layer.repeat);
        const bool fused = sdse_layer_moves(&layer->layer) && layer->layer.move.fused;
        sdse_table_add_text(table, fused ? "-" : inputs_text(reside, l));
        sdse_table_add_text(table,
                            fused ? "-" : place_text(reside, layer->question.outputs));
        const double scale = run->people ? sdse_uj_from_pj(1) : 1;
        sdse_table_add_f64(table, scale * totals->energy_pj);
        sdse_table_add_f64(table, scale * unshared.energy_pj);
        sdse_table_add_u64(table, (uint64_t)totals->latency_cycles);
        sdse_table_add_u64(table, unshared.latency_cycles);
        sdse_table_add_u64(table, cli_outermost_words(&cost));
        sdse_table_add_u64(table, cli_outermost_words(&unshared));
        sdse_table_add_text(table, cli_mapping_line(run->cli, run->problem.arch,
                                                    &layer->point->mapping));
    }
    return table;
}

struct sdse_table *cli_map_places_table(const struct cli_map_run *run,
                                        const struct sdse_places *places) {
    static const char *const columns[][3] = {
        {"energy_pj", "energy_uj", "energy [uJ]"},
        {"latency_cycles", "latency_cycles", "cycles"}};
    struct sdse_table *table = sdse_table_new(run->cli->arena);
    cli_map_add_columns(run, table, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < places->count; i++) {
        const double pj = places->elements[i].energy_pj;
        sdse_table_add_f64(table, run->people ? sdse_uj_from_pj(pj) : pj);
        sdse_table_add_u64(table, (uint64_t)places->elements[i].latency_cycles);
    }
    return table;
}

// How far what a thinned front lacks may be from what it has, in both at once. Its hull
// is that of all schedules.
static double gap_of(const struct cli_map_run *run, const struct sdse_places *places) {
    size_t *corner = SDSE_ARENA_ARRAY(run->cli->arena, size_t, places->count);
    if (!corner) {
        cli_note(run->cli, SDSE_NO_MEMORY);
        return (double)INFINITY;
    }
    return sdse_tradeoffs_gap(places->elements, sizeof *places->elements, places->count,
                              corner);
}

const char *cli_map_status_text(const struct cli_map_run *run,
                                enum cli_map_proved space) {
    return sdse_map_status_name(run->proved >= space ? SDSE_MAP_OPTIMAL
                                                     : SDSE_MAP_INTERRUPTED);
}

void cli_map_add_front(struct sdse_json *json, const struct cli_map_run *run,
                       enum cli_map_proved space, const struct sdse_places *places) {
    sdse_json_text(json, "status", cli_map_status_text(run, space));
    sdse_json_flag(json, "thinned", places->thinned);
    sdse_json_f64(json, "gap",
                  run->proved < space ? (double)NAN
                  : places->thinned   ? gap_of(run, places)
                                      : 0);
}

void cli_map_warn_thinned(const struct cli_map_run *run, enum cli_map_proved space,
                          const struct sdse_places *places) {
    if (places->thinned && run->proved >= space)
        fprintf(stderr,
                "sdse map: warning: the front has more elements; it was thinned to "
                "%zu: of every schedule one of them is within %.2g %% in energy and "
                "in latency\n",
                places->count, 100 * gap_of(run, places));
}

// --- For people ---

struct sdse_tradeoff cli_map_unshared_totals(const struct cli_map_run *run) {
    struct sdse_tradeoff sum = {0, 0};
    for (size_t i = 0; i < run->solutions.layer_count; i++) {
        const struct cli_mapped *mapped = &run->solutions.mapped[i];
        const struct sdse_totals *totals =
            &cli_solution_of(run, i)->answer.point[mapped->choice].totals;
        sum.energy_pj += (double)mapped->layer->repeat * totals->energy_pj;
        sum.latency_cycles += (double)mapped->layer->repeat * totals->latency_cycles;
    }
    return sum;
}

void cli_map_print_total(const struct cli_map_run *run, const char *name,
                         const struct sdse_tradeoff *at) {
    const double seconds =
        sdse_seconds_from_cycles(at->latency_cycles, run->problem.arch->clock_ghz);
    printf("%-9s %.6g uJ, %.0f cycles = %.6g ms, EDP %.6g uJ*s\n", name,
           sdse_uj_from_pj(at->energy_pj), at->latency_cycles, seconds * 1e3,
           sdse_uj_from_pj(at->energy_pj) * seconds);
}

void cli_map_print_unproved(const struct cli_map_run *run) {
    switch (run->proved) {
    case PROVED_NOTHING:
        puts(
            "not proved: interrupted; each layer by itself, as far as it was searched");
        break;
    case PROVED_UNSHARED:
        puts("unshared is proved optimal; interrupted before the places of tensors "
             "were proved: each layer by itself is the best that is known");
        break;
    case PROVED_RESIDENT:
        if (run->fuse_depth)
            puts("unshared and resident are proved optimal; interrupted before the "
                 "groups were proved: resident is the best that is known");
        break;
    case PROVED_FUSED:
        break;
    }
}

// How many tensors that layers hand over stay in each memory that shares, or are in one
// until their first use.
struct placed {
    size_t in[SDSE_MOST_SHARED], shared, both;
};

static struct placed count_places(const struct reside *reside) {
    struct placed placed = {.shared = 0};
    for (size_t t = 0; t < reside->residency.placing.tensor_count; t++) {
        const enum sdse_place place = reside->place[t];
        if (place == SDSE_PLACE_OUTERMOST)
            continue;
        if (sdse_place_is_both(place)) {
            placed.both++;
            continue;
        }
        placed.in[sdse_place_memory(place)]++;
        placed.shared++;
    }
    return placed;
}

// "3 stay in L2, 4 in GLB"
static const char *stay_text(const struct reside *reside, const struct placed *placed) {
    const char *text = "";
    for (unsigned m = 0; text && m < memories_of(reside); m++)
        text = sdse_arena_printf(reside->run->cli->arena, "%s%s%zu %sin %s", text,
                                 m ? ", " : "", placed->in[m], m ? "" : "stay ",
                                 place_text(reside, sdse_place_in(m, false)));
    return text ? text : "";
}

static void print_summary(const struct reside *reside, uint64_t before,
                          uint64_t after) {
    const struct cli_map_run *run = reside->run;
    const struct sdse_residency *residency = &reside->residency;
    const struct sdse_tradeoff unshared = cli_map_unshared_totals(run),
                               *resident = &reside->front.elements[reside->picked];
    const struct placed placed = count_places(reside);
    printf("\n%s on %s, %s weights\n", run->problem.workload->name,
           run->problem.arch->name, run->problem.form_text);
    cli_map_print_total(run, "unshared", &unshared);
    if (run->proved < PROVED_RESIDENT) {
        cli_map_print_unproved(run);
        return;
    }
    cli_map_print_total(run, "resident", resident);
    printf("of %zu tensors that layers hand over %s, %zu are in both%s; %" PRIu64
           " words cross at %s, %" PRIu64 " unshared\n",
           residency->placing.tensor_count, stay_text(reside, &placed), placed.both,
           run->copies ? "" : " until their first use", after,
           run->problem.arch->level[0].name, before);
    printf("proved optimal over all places of tensors%s (%" PRIu64
           " questions, %" PRIu64 " searches, at most %zu state%s between layers)\n",
           run->copies ? ", which may be moved" : "", residency->questions,
           residency->searches, residency->places.states,
           residency->places.states == 1 ? "" : "s");
    const struct sdse_schedule schedule = schedule_of(reside);
    const struct cli_network network = network_of(reside, &schedule);
    cli_print_copies(&network);
}

// --- For other programs ---

void cli_map_add_total(struct sdse_json *json, const struct cli_map_run *run,
                       enum cli_map_proved space, const struct sdse_tradeoff *at,
                       uint64_t outermost) {
    static const char *const keys[] = {[PROVED_UNSHARED] = "unshared",
                                       [PROVED_RESIDENT] = "resident",
                                       [PROVED_FUSED] = "fused"};
    const double seconds =
        sdse_seconds_from_cycles(at->latency_cycles, run->problem.arch->clock_ghz);
    sdse_json_object(json, keys[space]);
    sdse_json_text(json, "status", cli_map_status_text(run, space));
    sdse_json_f64(json, "energy_pj", at->energy_pj);
    sdse_json_u64(json, "latency_cycles", (uint64_t)at->latency_cycles);
    sdse_json_f64(json, "latency_s", seconds);
    sdse_json_f64(json, "edp_pj_s", at->energy_pj * seconds);
    if (outermost != UINT64_MAX)
        sdse_json_u64(json, "outermost_words", outermost);
    sdse_json_close(json);
}

void cli_map_begin_json(struct sdse_json *json, const char *schema,
                        const struct cli_map_run *run) {
    sdse_json_begin(json, schema, stdout);
    sdse_json_text(json, "arch", run->problem.arch->name);
    sdse_json_text(json, "network", run->problem.workload->name);
    sdse_json_text(json, "form", run->problem.form_text);
    sdse_json_text(json, "outermost_memory", run->problem.arch->level[0].name);
    sdse_json_text(json, "shared_memory",
                   cli_shared_text(run->cli->arena, run->problem.arch));
}

static enum cli_exit print_json(const struct reside *reside) {
    const struct cli_map_run *run = reside->run;
    const struct sdse_residency *residency = &reside->residency;
    struct sdse_json json;
    if (run->objective == PARETO) {
        cli_map_begin_json(&json, "sdse.map-resident-front/1", run);
        cli_map_add_front(&json, run, PROVED_RESIDENT, &reside->front);
        sdse_json_rows(&json, "points", cli_map_places_table(run, &reside->front));
        return cli_end_json(run->cli, &json);
    }
    uint64_t before, after;
    const struct sdse_table *table = layer_table(reside, &before, &after);
    const struct sdse_tradeoff unshared = cli_map_unshared_totals(run);
    const struct placed placed = count_places(reside);
    cli_map_begin_json(&json, "sdse.map-resident/1", run);
    sdse_json_rows(&json, "layers", table);
    cli_map_add_total(&json, run, PROVED_UNSHARED, &unshared, before);
    cli_map_add_total(&json, run, PROVED_RESIDENT,
                      &reside->front.elements[reside->picked], after);
    const struct sdse_schedule schedule = schedule_of(reside);
    const struct cli_network network = network_of(reside, &schedule);
    sdse_json_rows(&json, "copies", cli_copies_table(&network));
    sdse_json_u64(&json, "tensors", residency->placing.tensor_count);
    sdse_json_u64(&json, "tensors_shared", placed.shared);
    sdse_json_u64(&json, "tensors_in_both", placed.both);
    sdse_json_u64(&json, "questions", residency->questions);
    sdse_json_u64(&json, "searches", residency->searches);
    sdse_json_u64(&json, "most_states", residency->places.states);
    return cli_end_json(run->cli, &json);
}

static enum cli_exit print(const struct reside *reside) {
    struct cli_map_run *run = reside->run;
    if (run->objective == PARETO)
        cli_map_warn_thinned(run, PROVED_RESIDENT, &reside->front);
    if (run->format == SDSE_TABLE_JSON)
        return print_json(reside);
    if (run->objective == PARETO)
        return cli_print_table(run->cli, cli_map_places_table(run, &reside->front),
                               run->format);
    uint64_t before, after;
    enum cli_exit exit =
        cli_print_table(run->cli, layer_table(reside, &before, &after), run->format);
    if (exit == CLI_OK && run->people)
        print_summary(reside, before, after);
    return exit;
}

enum cli_exit cli_map_resident(struct cli_map_run *run,
                               const struct cli_search *search) {
    struct reside reside = {.run = run};
    enum cli_exit exit = CLI_OK;
    const enum sdse_status status = find(&reside, search);
    if (status == SDSE_OVERFLOW) {
        cli_error(run->cli,
                  "--resident: more tensors of %s are alive at once than the search "
                  "takes, which is %d",
                  run->problem.workload->name, SDSE_PLACES_MOST_ALIVE);
        exit = CLI_BAD_INPUT;
    } else if (status != SDSE_OK) {
        exit = cli_finish(run->cli, status);
    } else if (run->fuse_depth) {
        const struct sdse_schedule known = schedule_of(&reside);
        exit = cli_map_fused(run, &reside.request, &known, &reside.front);
    } else {
        exit = print(&reside);
        if (exit == CLI_OK && run->output)
            exit = cli_map_write_mappings(
                run, run->proved < PROVED_RESIDENT ? NULL : reside.layer);
    }
    if (status == SDSE_OK && run->proved == PROVED_UNSHARED) {
        cli_error(run->cli, "--resident: interrupted before the places of tensors were "
                            "proved");
        exit = CLI_SYSTEM;
    }
    sdse_residency_free(&reside.residency);
    return exit;
}
