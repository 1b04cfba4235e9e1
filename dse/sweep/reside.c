#include "dse/sweep/reside.h"

#include <string.h>

#include "costmodel/model.h"
#include "dse/sweep/batch.h"
#include "dse/sweep/keep_groups.h"
#include "spec/load.h"
#include "spec/place.h"

struct residing {
    const struct sdse_plan *plan;
    const struct sdse_batch_point *point;
    const struct sdse_arch *arch;
    const struct sdse_workload *workload;
    struct sdse_arena *scratch; // gone when the places are known
    struct sdse_fusion_request request;
    struct sdse_fusion fusion;
    struct sdse_resident_layer *layer;
    enum sdse_place *place;
    struct sdse_fused_group *group;
    size_t group_count;
    struct sdse_point_places *out;
};

// --- What is asked ---

// What a solved problem answers, its mappings read back.
static struct sdse_map_answer *answer_of(struct residing *r,
                                         const struct sdse_layer_problem *problem,
                                         const struct sdse_layer *layer) {
    struct sdse_map_answer *answer = SDSE_ARENA_NEW(r->scratch, struct sdse_map_answer);
    struct sdse_map_point *points =
        SDSE_ARENA_ARRAY(r->scratch, struct sdse_map_point, problem->count);
    if (!answer || !points)
        return NULL;
    *answer = (struct sdse_map_answer){
        .status = SDSE_MAP_OPTIMAL, .point_count = problem->count, .point = points};
    for (size_t i = 0; i < problem->count; i++) {
        struct sdse_diags quiet;
        struct sdse_node *root;
        struct sdse_mapping *mapping;
        const char *text = problem->mappings[i];
        sdse_diags_init(&quiet, r->scratch);
        if (sdse_tree_parse_memory(r->scratch, "mapping", text, strlen(text), &quiet,
                                   &root) ||
            sdse_mapping_from_tree(r->scratch, root, r->arch, layer, &quiet, &mapping))
            return NULL;
        points[i].mapping = *mapping;
        points[i].totals =
            (struct sdse_totals){.energy_pj = problem->elements[i].energy_pj,
                                 .latency_cycles = problem->elements[i].latency_cycles};
    }
    return answer;
}

// Layers of one problem are one shape.
static bool list_layers(struct residing *r) {
    const size_t count = r->workload->layer_count;
    struct sdse_residency_layer *layer =
        SDSE_ARENA_ARRAY(r->scratch, struct sdse_residency_layer, count);
    for (size_t i = 0; layer && i < count; i++) {
        const struct sdse_layer_problem *problem = r->point->problems[i];
        size_t same = 0;
        while (r->point->problems[same] != problem)
            same++;
        layer[i] = (struct sdse_residency_layer){
            .layer = &r->workload->layers[i],
            .form = &r->point->forms[i],
            .shape = same,
            .unshared = same < i ? layer[same].unshared
                                 : answer_of(r, problem, &r->workload->layers[i])};
        if (!layer[i].unshared)
            return false;
    }
    r->request.residency.layer = layer;
    return layer != NULL;
}

// --- What is kept ---

// What the front of a layer under places is stored under.
static struct sdse_hash front_hash(struct residing *r,
                                   const struct sdse_layer_problem *problem,
                                   const struct sdse_residence *at) {
    struct sdse_hash hash = problem->hash;
    for (; at; at = at->also) {
        char text[160];
        snprintf(text, sizeof text,
                 "tensors %u operands %u addends %u through %d reserved %.17g of ",
                 at->tensors, at->tensors & SDSE_BIT(SDSE_INPUTS) ? at->operands : 0,
                 at->addends, at->writes_through, at->reserved_bits);
        const struct sdse_hash memory =
            sdse_hash_bytes(r->arch->level[at->level].name,
                            (size_t)sdse_memory_name_bytes(r->arch, at->level));
        hash = sdse_hash_join(sdse_hash_join(hash, sdse_hash_of_text(text)), memory);
    }
    return hash;
}

static bool keep_layer(struct residing *r, size_t l) {
    const struct sdse_resident_layer *from = &r->layer[l];
    struct sdse_placed_layer *to = &r->out->layer[l];
    struct sdse_arena *arena = r->out->arena;
    if (!from->answer) // a group answers for it
        return true;
    *to = (struct sdse_placed_layer){.placed = sdse_residence_says(from->residence),
                                     .count = from->answer->point_count,
                                     .choice =
                                         (size_t)(from->point - from->answer->point)};
    if (!to->placed)
        return true;
    sdse_residence_copy(from->residence, to->residence);
    to->front = front_hash(r, r->point->problems[l], to->residence);
    to->elements = SDSE_ARENA_ARRAY(arena, struct sdse_tradeoff, to->count);
    to->mappings = SDSE_ARENA_ARRAY(arena, const char *, to->count);
    for (size_t i = 0; to->elements && to->mappings && i < to->count; i++) {
        const struct sdse_map_point *point = &from->answer->point[i];
        to->elements[i] = (struct sdse_tradeoff){point->totals.energy_pj,
                                                 point->totals.latency_cycles};
        to->mappings[i] =
            sdse_placed_mapping_text(arena, r->arch, &r->workload->layers[l].nest,
                                     &point->mapping, to->residence);
        if (!to->mappings[i])
            return false;
    }
    return to->elements && to->mappings;
}

// Bits of a tensor in the outermost memory; < 0: memory is out.
static double outermost_bits(struct residing *r, size_t maker) {
    struct sdse_model *model;
    if (sdse_model_new(r->arch, &r->workload->layers[maker], &r->point->forms[maker],
                       r->scratch, &model))
        return -1;
    return (double)sdse_model_output_words(model) *
           model->place_bits[0][SDSE_PART_OUTPUTS];
}

// A tensor in both is in two memories, and is read in both. What layers of a group hand
// over has no place of its own.
static bool keep_tensor(struct residing *r, size_t t) {
    const struct sdse_residency *residency = &r->fusion.residency;
    const struct sdse_handed_tensor *tensor = &residency->placing.tensor[t];
    const size_t last = sdse_handed_last_use(tensor);
    if (sdse_group_around(tensor, r->group, r->group_count))
        return true; // only some rows of it are anywhere
    struct sdse_place_record at = {.tensor = r->workload->layers[tensor->maker].name,
                                   .first_layer = tensor->maker};
    if (r->place[t] != SDSE_PLACE_OUTERMOST) {
        unsigned level[SDSE_MOST_SHARED];
        const unsigned memory = sdse_place_memory(r->place[t]);
        sdse_shared_levels(r->arch, level);
        at.memory = sdse_memory_name(r->out->arena, r->arch, level[memory]);
        at.last_layer = sdse_place_is_both(r->place[t]) ? tensor->use[0] : last;
        at.bits = tensor->held_bits_in[memory];
        if (!at.memory)
            return false;
        r->out->records[r->out->record_count++] = at;
    }
    if (r->place[t] != SDSE_PLACE_OUTERMOST && !sdse_place_is_both(r->place[t]))
        return true;
    at.memory = r->arch->level[0].name;
    at.last_layer = last;
    at.bits = outermost_bits(r, tensor->maker);
    r->out->records[r->out->record_count++] = at;
    return at.bits >= 0;
}

static bool keep(struct residing *r) {
    const struct sdse_places *places = &r->fusion.residency.places;
    struct sdse_point_places *out = r->out;
    const size_t layers = r->workload->layer_count,
                 tensors = r->fusion.residency.placing.tensor_count;
    out->count = places->count;
    out->elements = SDSE_ARENA_ARRAY(out->arena, struct sdse_tradeoff, out->count);
    out->layer = SDSE_ARENA_ARRAY(out->arena, struct sdse_placed_layer, layers);
    out->records =
        SDSE_ARENA_ARRAY(out->arena, struct sdse_place_record, 2 * tensors + 1);
    if (!out->elements || !out->layer || !out->records)
        return false;
    memcpy(out->elements, places->elements, out->count * sizeof *out->elements);
    bool kept = true;
    for (size_t l = 0; kept && l < layers; l++)
        kept = keep_layer(r, l);
    for (size_t t = 0; kept && t < tensors; t++)
        kept = keep_tensor(r, t);
    return kept && sdse_keep_groups(&r->request, &r->fusion.residency.placing,
                                    r->point->problems, r->group, r->group_count,
                                    r->scratch, out);
}

// --- The search ---

static enum sdse_status pick(struct residing *r) {
    const struct sdse_residency *residency = &r->fusion.residency;
    const struct sdse_places *places = &residency->places;
    const struct sdse_network_front front = {.count = places->count,
                                             .elements = places->elements};
    r->layer = SDSE_ARENA_ARRAY(r->scratch, struct sdse_resident_layer,
                                r->workload->layer_count);
    r->place = SDSE_ARENA_ARRAY(r->scratch, enum sdse_place,
                                residency->placing.tensor_count + 1);
    if (!r->layer || !r->place)
        return SDSE_NO_MEMORY;
    r->out->picked = sdse_network_front_pick(&front, r->plan->sweep->objective);
    const enum sdse_status status =
        sdse_fusion_pick(&r->request, &r->fusion, r->out->picked, r->layer, r->place,
                         &r->group, &r->group_count);
    return status ? status : keep(r) ? SDSE_OK : SDSE_NO_MEMORY;
}

static enum sdse_status find(struct residing *r) {
    if (!list_layers(r))
        return SDSE_NO_MEMORY;
    enum sdse_status status = sdse_fusion_find(&r->request, r->scratch, &r->fusion);
    if (status == SDSE_OVERFLOW) {
        r->out->failed = "where its tensors stay: more of them are alive at once than "
                         "the search takes, or counts exceed 62 bits";
        status = SDSE_OK;
    } else if (!status && r->fusion.counts.untried) {
        r->out->failed = "which layers take turns: groups have too many rows, or "
                         "windows of too many, to be tried; without fuse_depth the "
                         "answer is proved";
    } else if (!status && r->fusion.residency.places.count) {
        status = pick(r);
    }
    return status;
}

enum sdse_status sdse_point_reside(const struct sdse_plan *plan,
                                   const struct sdse_batch_point *point,
                                   unsigned threads, const atomic_bool *stop,
                                   struct sdse_point_places **places) {
    struct sdse_arena *arena = sdse_arena_new();
    struct residing r = {.plan = plan,
                         .point = point,
                         .arch = point->point.variant->arch,
                         .workload = plan->networks[point->point.network].workload,
                         .scratch = sdse_arena_new()};
    const struct sdse_variant *variant = point->point.variant;
    r.request = (struct sdse_fusion_request){
        .residency = {.arch = r.arch,
                      .workload = r.workload,
                      .objective = SDSE_MAP_FRONT,
                      .goal = SDSE_PLACES_FRONT,
                      .free_bypass = plan->sweep->mapper.free_bypass,
                      .padding_percent = plan->sweep->mapper.imperfect_percent,
                      .threads = threads,
                      .stop = stop},
        .depth = variant->fuse_depth,
        .tiles = variant->all_tiles ? SDSE_TILES_ALL : SDSE_TILES_BALANCED,
        .columns = variant->columns,
        .overlap = variant->overlap};
    r.out = arena ? SDSE_ARENA_NEW(arena, struct sdse_point_places) : NULL;
    enum sdse_status status = r.scratch && r.out ? SDSE_OK : SDSE_NO_MEMORY;
    if (!status) {
        r.out->arena = arena;
        status = find(&r);
        sdse_fusion_free(&r.fusion);
    }
    sdse_arena_free(r.scratch);
    const bool known = !status && (r.out->failed || r.out->count);
    if (known)
        *places = r.out;
    else
        sdse_arena_free(arena);
    return status;
}

void sdse_point_places_free(struct sdse_point_places *places) {
    if (places)
        sdse_arena_free(places->arena);
}
