#include "dse/sweep/reside.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "dse/residency/copies.h"
#include "dse/sweep/batch.h"
#include "dse/sweep/keep_groups.h"
#include "dse/sweep/place_rows.h"
#include "spec/flow.h"
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
    struct sdse_copies copies;
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

// What a tensor that is brought in is, as the outputs of a layer. NULL: memory is out.
static const char *copy_text(const struct residing *r, const char *memory,
                             uint64_t words) {
    struct sdse_text text;
    if (!sdse_text_begin(&text))
        return NULL;
    fputs("copy: {into: ", text.out);
    sdse_print_word(text.out, memory);
    fprintf(text.out, ", words: %" PRIu64 "}\n", words);
    return sdse_text_end(&text, r->out->arena);
}

static bool keep_copy(struct residing *r, const struct sdse_copy *copy) {
    const struct sdse_handed_tensor *tensor =
        &r->fusion.residency.placing.tensor[copy->tensor];
    const struct sdse_layer *maker = &r->workload->layers[tensor->maker];
    struct sdse_kept_copy *to = &r->out->copy[r->out->copy_count++];
    to->record = (struct sdse_copy_record){
        .before_layer = copy->from,
        .tensor = maker->name,
        .memory = sdse_memory_name(r->out->arena, r->arch, sdse_shared_level(r->arch)),
        .words = sdse_tile_words(&maker->nest, SDSE_OUTPUTS, maker->nest.bound)};
    to->problem = r->point->problems[tensor->maker]->hash;
    to->text =
        to->record.memory ? copy_text(r, to->record.memory, to->record.words) : NULL;
    return to->text &&
           !sdse_copy_cost(r->arch, r->workload, tensor,
                           sdse_copy_way(r->arch, copy->source, copy->memory),
                           r->scratch, &to->cost);
}

static bool keep_copies(struct residing *r) {
    struct sdse_point_places *out = r->out;
    out->copy =
        SDSE_ARENA_ARRAY(out->arena, struct sdse_kept_copy, r->copies.count + 1);
    bool kept = out->copy != NULL;
    for (size_t i = 0; kept && i < r->copies.count; i++) {
        const struct sdse_copy *copy = &r->copies.copy[i];
        const size_t maker = r->fusion.residency.placing.tensor[copy->tensor].maker;
        kept = copy->from == maker || keep_copy(r, copy);
    }
    return kept;
}

static bool keep_places(struct residing *r) {
    const size_t layers = r->workload->layer_count;
    bool *inside = SDSE_ARENA_ARRAY(r->scratch, bool, layers);
    for (size_t l = 0; inside && l < layers; l++)
        inside[l] = r->layer[l].question.inside;
    return inside &&
           !sdse_place_rows(
               &r->request.residency,
               &(struct sdse_placed_tensors){.placing = &r->fusion.residency.placing,
                                             .place = r->place,
                                             .copies = &r->copies,
                                             .inside = inside},
               r->scratch, r->out->arena, &r->out->records, &r->out->record_count);
}

static bool keep(struct residing *r) {
    const struct sdse_places *places = &r->fusion.residency.places;
    struct sdse_point_places *out = r->out;
    const size_t layers = r->workload->layer_count;
    out->count = places->count;
    out->elements = SDSE_ARENA_ARRAY(out->arena, struct sdse_tradeoff, out->count);
    out->layer = SDSE_ARENA_ARRAY(out->arena, struct sdse_placed_layer, layers);
    if (!out->elements || !out->layer)
        return false;
    memcpy(out->elements, places->elements, out->count * sizeof *out->elements);
    bool kept = true;
    for (size_t l = 0; kept && l < layers; l++)
        kept = keep_layer(r, l);
    return kept && keep_places(r) && keep_copies(r) &&
           sdse_keep_groups(&r->request, &r->fusion.residency.placing,
                            r->point->problems, r->group, r->group_count, r->scratch,
                            out);
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
    enum sdse_status status =
        sdse_residency_copies(residency, r->out->picked, &r->copies);
    if (!status)
        status = sdse_fusion_pick(&r->request, &r->fusion, r->out->picked, r->layer,
                                  r->place, &r->group, &r->group_count);
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
                      .copies = variant->copies,
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
