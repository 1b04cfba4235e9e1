#include "dse/validation/turns.h"

#include "dse/fusion/configured.h"
#include "dse/map.h"
#include "dse/sweep/forms.h"
#include "spec/types/touched.h"

struct taking {
    const struct sdse_ready_case *of;
    struct sdse_fusion_request request;
    struct sdse_fused_group group;
    struct sdse_arena *arena;
    const char *failure;
};

static const struct sdse_layer *layer_at(const struct taking *t, size_t l) {
    return &t->of->workload->layers[l];
}

// --- The group ---

static bool list_layers(struct taking *t, const struct sdse_form_setting *form) {
    const struct sdse_workload *net = t->of->workload;
    struct sdse_residency_layer *layer =
        SDSE_ARENA_ARRAY(t->arena, struct sdse_residency_layer, net->layer_count);
    struct sdse_weight_form *forms =
        SDSE_ARENA_ARRAY(t->arena, struct sdse_weight_form, net->layer_count);
    for (size_t l = 0; layer && forms && l < net->layer_count; l++) {
        sdse_layer_form_declare_words(&net->layers[l], form,
                                      t->of->arch->bits[SDSE_WEIGHTS], &forms[l]);
        layer[l] = (struct sdse_residency_layer){
            .layer = &net->layers[l], .form = &forms[l], .shape = l};
    }
    t->request =
        (struct sdse_fusion_request){.residency = {.arch = t->of->arch,
                                                   .workload = net,
                                                   .layer = layer,
                                                   .objective = SDSE_MAP_ENERGY},
                                     .depth = SDSE_FUSED_MOST};
    return layer && forms;
}

// The first of the chosen layers, and how many follow to the last; false after a
// failure.
static bool find_chosen(struct taking *t, const bool *chosen, size_t *first,
                        size_t *more) {
    const struct sdse_workload *net = t->of->workload;
    size_t begin = SIZE_MAX, last = 0;
    for (size_t l = 0; l < net->layer_count; l++) {
        if (!chosen[l])
            continue;
        begin = begin == SIZE_MAX ? l : begin;
        last = l;
    }
    if (begin == SIZE_MAX) {
        t->failure = "no layers, which take no turns";
        return false;
    }
    for (size_t l = begin; l <= last && !t->failure; l++)
        if (!chosen[l] &&
            !(sdse_layer_moves(&net->layers[l]) && net->layers[l].move.fused))
            t->failure = sdse_arena_printf(
                t->arena, "layer %s is not chosen, which stands between the others",
                net->layers[l].name);
    *first = begin;
    *more = last - begin;
    return !t->failure;
}

static enum sdse_status make_group(struct taking *t, const bool *chosen) {
    struct sdse_placing placing;
    struct sdse_group_limits limits;
    struct sdse_group_refusal refusal = {0, NULL};
    struct sdse_place_question question = {.outputs = SDSE_PLACE_OUTERMOST};
    if (!find_chosen(t, chosen, &question.layer, &question.more))
        return SDSE_INVALID;
    enum sdse_status status =
        sdse_residency_placing(&t->request.residency, t->arena, &placing);
    struct sdse_fusion_config config = {
        .tile_rows = 1, .retained = (1u << SDSE_FUSED_MOST) - 2u, .buffered = true};
    // What weights may be kept, and whether there are heads, is known of any.
    for (int pass = 0; pass < 2 && !status && !refusal.reason; pass++) {
        status = sdse_fusion_configure(&t->request, &placing, &question, &config,
                                       t->arena, &limits, &t->group, &refusal);
        if (status || refusal.reason)
            break;
        config.kept = limits.may_keep;
        config.tile_heads = limits.heads > 1;
    }
    if (status == SDSE_OK && refusal.reason)
        t->failure = sdse_arena_printf(
            t->arena, "layer %s %s", layer_at(t, refusal.layer)->name, refusal.reason);
    return status == SDSE_OK && refusal.reason ? SDSE_INVALID : status;
}

// --- What it moves ---

static void add_outermost(const struct sdse_cost *cost, double times,
                          struct sdse_turns *turns) {
    for (enum sdse_part part = 0; part < SDSE_PARTS; part++) {
        const struct sdse_flow_cost *flow = &cost->level[0].flow[part];
        const unsigned tensor = sdse_part_tensor(part);
        turns->outside_words[tensor] +=
            times * (double)(flow->reads + flow->fills + flow->updates);
        turns->outside_bits[tensor] += times * (flow->read_bits - flow->drain_bits +
                                                flow->fill_bits + flow->update_bits);
    }
}

static enum sdse_status add_nest(struct taking *t, const struct sdse_fused_kind *kind,
                                 const atomic_bool *stop, struct sdse_arena *scratch,
                                 struct sdse_turns *turns) {
    const struct sdse_map_request request = {
        .arch = t->of->arch,
        .layer = &kind->part,
        .form = t->request.residency.layer[kind->layer].form,
        .objective = SDSE_MAP_ENERGY,
        .stop = stop};
    struct sdse_map_answer answer;
    struct sdse_model *model;
    struct sdse_cost *cost = SDSE_ARENA_NEW(scratch, struct sdse_cost);
    enum sdse_status status =
        cost ? sdse_map(&request, scratch, &answer) : SDSE_NO_MEMORY;
    if (status == SDSE_OK &&
        (answer.status != SDSE_MAP_OPTIMAL || !answer.point_count)) {
        t->failure = answer.status == SDSE_MAP_NONE
                         ? sdse_arena_printf(t->arena,
                                             "some rows of layer %s have no mapping "
                                             "beside what the shared memory holds",
                                             layer_at(t, kind->layer)->name)
                         : "the search was interrupted";
        return SDSE_INVALID;
    }
    if (status == SDSE_OK)
        status =
            sdse_model_new(request.arch, request.layer, request.form, scratch, &model);
    if (status == SDSE_OK)
        status = sdse_evaluate_full(model, &answer.point[0].mapping, cost)
                     ? SDSE_OK
                     : SDSE_NO_MEMORY;
    if (status == SDSE_OK)
        add_outermost(cost, (double)kind->times, turns);
    return status;
}

static enum sdse_status add_nests(struct taking *t, const atomic_bool *stop,
                                  struct sdse_turns *turns) {
    struct sdse_arena *scratch = sdse_arena_new();
    enum sdse_status status = scratch ? SDSE_OK : SDSE_NO_MEMORY;
    for (size_t k = 0; k < t->group.kind_count && !status; k++) {
        status = add_nest(t, &t->group.kind[k], stop, scratch, turns);
        sdse_arena_reset(scratch);
    }
    sdse_arena_free(scratch);
    return status;
}

// --- What waits ---

// Words of a row of what layer i of the group reads.
static double row_words(const struct taking *t, size_t i) {
    const struct sdse_nest *first = &layer_at(t, t->group.layer[0])->nest;
    if (i == 0)
        return (double)(first->bound[SDSE_N] * first->bound[SDSE_G] *
                        first->bound[SDSE_C] * sdse_nest_touched(first, 1));
    const struct sdse_nest *maker = &layer_at(t, t->group.layer[i - 1])->nest;
    return (double)(sdse_tile_words(maker, SDSE_OUTPUTS, maker->bound) /
                    maker->bound[SDSE_P]);
}

// Of a head where they are at work one by one.
static void add_lines(const struct taking *t, struct sdse_turns *turns) {
    for (size_t i = 0; i < t->group.layer_count; i++) {
        const size_t reader = t->group.layer[i], maker = t->group.layer[i ? i - 1 : 0];
        uint64_t most = 0;
        for (size_t k = 0; k < t->group.kind_count; k++) {
            const struct sdse_fused_kind *kind = &t->group.kind[k];
            if (kind->layer == reader || (i > 0 && kind->layer == maker))
                continue;
            for (size_t n = 0; n < kind->term_count; n++) {
                const struct sdse_held_term *term = &kind->term[n];
                if (term->what == (i ? SDSE_HELD_ROWS : SDSE_HELD_INPUTS) &&
                    term->layer == maker && term->rows > most)
                    most = term->rows;
            }
        }
        turns->line_words += (double)most * row_words(t, i);
    }
}

enum sdse_status sdse_turns_find(const struct sdse_ready_case *of,
                                 const struct sdse_form_setting *form,
                                 const bool *chosen, bool traffic,
                                 const atomic_bool *stop, struct sdse_arena *arena,
                                 struct sdse_turns *turns, const char **failure) {
    struct taking t = {.of = of, .arena = arena};
    unsigned level[SDSE_MOST_SHARED];
    enum sdse_status status = SDSE_OK;
    *turns = (struct sdse_turns){.line_words = 0};
    if (!list_layers(&t, form)) {
        status = SDSE_NO_MEMORY;
    } else if (!sdse_shared_level(of->arch)) {
        t.failure = "no memory of its accelerator may hold tensors between layers: say "
                    "`shares: [activations]` in one";
        status = SDSE_INVALID;
    } else if (sdse_shared_levels(of->arch, level) > 1) {
        t.failure = "several memories of its accelerator share, but layers take turns "
                    "where one does";
        status = SDSE_INVALID;
    }
    if (status == SDSE_OK)
        status = make_group(&t, chosen);
    if (status == SDSE_OK && traffic)
        status = add_nests(&t, stop, turns);
    if (status == SDSE_OK)
        add_lines(&t, turns);
    *failure = t.failure;
    return status == SDSE_INVALID && !t.failure ? SDSE_NO_MEMORY : status;
}
