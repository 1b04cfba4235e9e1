#include "dse/fusion/group_front.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Bounds are sums in another order than what they bound.
static const double rounding = 1 - 1e-12;

// A kind of nest of a configuration.
struct kind {
    struct sdse_nest_entry *entry;
    size_t layer; // of the network
    uint64_t times;
    double reserved_bits;
    struct sdse_row_run rows;
    const struct sdse_nest_answer *answer;
    struct sdse_tradeoff least; // of one: a bound, or of the answer
};

// A configuration under the places that are asked about.
struct config {
    size_t plan;
    unsigned kept;
    size_t index; // in the fixed order
    struct sdse_tradeoff least;
};

struct asking {
    struct sdse_nests *nests;
    const struct sdse_group *group;
    const struct sdse_place_question *question;
    enum sdse_places_goal goal;
    struct kind *kind; // of the configuration that is looked at
    size_t kind_count, kind_room;
    struct sdse_group_point *found; // by rising energy, unbeaten
    size_t count, room;
};

// --- The kinds of a configuration ---

static struct sdse_residence residence_of(const struct asking *asking, unsigned kept,
                                          const struct sdse_fused_nest *nest,
                                          bool buffered) {
    const struct sdse_group *group = asking->group;
    const bool last = nest->layer + 1 == group->layer_count,
               keeps = kept >> nest->layer & 1u;
    const bool inputs = nest->layer > 0 || buffered || asking->question->operands > 0;
    const bool outputs = !last || asking->question->outputs != SDSE_PLACE_OUTERMOST;
    return (struct sdse_residence){
        .tensors = (inputs ? SDSE_BIT(SDSE_INPUTS) : 0u) |
                   (outputs ? SDSE_BIT(SDSE_OUTPUTS) : 0u) |
                   (keeps ? SDSE_BIT(SDSE_WEIGHTS) : 0u),
        .addends = asking->question->group_addends >>
                       (group->layer[nest->layer] - group->first) &
                   1u,
        .writes_through = last && asking->question->outputs == SDSE_PLACE_BOTH,
        .loads_weights = keeps && nest->first,
        .loaded_inputs = nest->loaded * group->input_row_words};
}

// What is in the shared memory while a nest runs, but for its own outputs.
static double reserved_bits(const struct asking *asking, unsigned kept,
                            const struct sdse_fused_nest *nest) {
    const struct sdse_group *group = asking->group;
    const size_t layers = group->layer_count;
    double bits = asking->question->reserved_bits;
    for (size_t i = 0; i < layers; i++) {
        const uint64_t own = i == nest->layer + 1 ? nest->rows.count : 0;
        bits += (double)(nest->held[i] - own) * group->row_bits[i];
        if (kept >> i & 1u)
            bits += group->weight_bits[i];
    }
    if (asking->question->outputs != SDSE_PLACE_OUTERMOST)
        bits += group->output_bits -
                (nest->layer + 1 == layers
                     ? (double)nest->rows.count * group->row_bits[layers]
                     : 0);
    return bits;
}

static bool add_kind(struct asking *asking, const struct kind *kind) {
    for (size_t i = 0; i < asking->kind_count; i++) {
        struct kind *other = &asking->kind[i];
        if (other->entry == kind->entry &&
            other->reserved_bits == kind->reserved_bits &&
            other->layer == kind->layer) {
            other->times += kind->times;
            return true;
        }
    }
    if (asking->kind_count == asking->kind_room) {
        const size_t room = 2 * asking->kind_room + 16;
        struct kind *more = realloc(asking->kind, room * sizeof *more);
        if (!more)
            return false;
        asking->kind = more;
        asking->kind_room = room;
    }
    asking->kind[asking->kind_count++] = *kind;
    return true;
}

// Fused layers between this one and the next of the group work on its rows.
static enum sdse_status add_fused(struct asking *asking,
                                  const struct sdse_fused_nest *nest) {
    const struct sdse_group *group = asking->group;
    const struct sdse_residence none = {0};
    const size_t from = group->layer[nest->layer] + 1;
    const size_t to =
        nest->layer + 1 < group->layer_count ? group->layer[nest->layer + 1] : from;
    for (size_t l = from; l < to; l++) {
        struct sdse_nest part = asking->nests->request->residency.layer[l].layer->nest;
        part.bound[SDSE_P] = nest->rows.count;
        if (part.map[0])
            part.map[0] = nest->rows.count;
        const struct kind kind = {.entry =
                                      sdse_nests_entry(asking->nests, l, &part, &none),
                                  .layer = l,
                                  .times = nest->times,
                                  .rows = nest->rows};
        if (!kind.entry || !add_kind(asking, &kind))
            return SDSE_NO_MEMORY;
    }
    return SDSE_OK;
}

// Lists the kinds of a configuration; *fits: nothing that is reserved overflows.
static enum sdse_status list_kinds(struct asking *asking,
                                   const struct sdse_group_plan *plan, unsigned kept,
                                   bool *fits) {
    const struct sdse_group *group = asking->group;
    enum sdse_status status = SDSE_OK;
    asking->kind_count = 0;
    *fits = true;
    for (size_t i = 0; i < plan->count && *fits && !status; i++) {
        const struct sdse_fused_nest *nest = &plan->nest[i];
        struct kind kind = {.layer = group->layer[nest->layer],
                            .times = nest->times,
                            .reserved_bits = reserved_bits(asking, kept, nest),
                            .rows = nest->rows};
        *fits = kind.reserved_bits <= asking->nests->capacity_bits;
        if (!*fits)
            break;
        const struct sdse_residence at =
            residence_of(asking, kept, nest, plan->buffered);
        kind.entry = sdse_nests_entry(asking->nests, kind.layer, &nest->part, &at);
        if (!kind.entry || !add_kind(asking, &kind))
            return SDSE_NO_MEMORY;
        status = add_fused(asking, nest);
    }
    return status;
}

static struct sdse_tradeoff sum_least(const struct asking *asking) {
    struct sdse_tradeoff sum = {0, 0};
    for (size_t i = 0; i < asking->kind_count; i++) {
        const struct kind *kind = &asking->kind[i];
        sum.energy_pj += (double)kind->times * kind->least.energy_pj;
        sum.latency_cycles += (double)kind->times * kind->least.latency_cycles;
    }
    sum.energy_pj *= rounding;
    sum.latency_cycles *= rounding;
    return sum;
}

// --- What is worth it ---

static bool is_beaten(const struct asking *asking, const struct sdse_tradeoff *least) {
    if (!asking->count)
        return false;
    const struct sdse_tradeoff *best = &asking->found[0].at;
    if (asking->goal == SDSE_PLACES_ENERGY)
        return least->energy_pj > best->energy_pj;
    if (asking->goal == SDSE_PLACES_LATENCY)
        return least->latency_cycles > best->latency_cycles;
    // The last that takes no more energy has the least latency of these.
    size_t low = 0, high = asking->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (asking->found[middle].at.energy_pj < least->energy_pj)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && asking->found[low - 1].at.latency_cycles < least->latency_cycles;
}

static bool may_help(const struct asking *asking, const struct sdse_tradeoff *least) {
    return !is_beaten(asking, least) &&
           sdse_places_may_help(asking->question->bar, asking->goal, least);
}

// Answers of all kinds, the dearest first; false in *worth when the sum cannot help or
// something does not fit.
static enum sdse_status answer_kinds(struct asking *asking, bool *worth, bool *fits) {
    *worth = *fits = true;
    for (size_t i = 0; i < asking->kind_count; i++)
        asking->kind[i].answer = NULL;
    for (size_t n = 0; n < asking->kind_count; n++) {
        struct kind *next = NULL;
        for (size_t i = 0; i < asking->kind_count; i++) {
            struct kind *kind = &asking->kind[i];
            if (!kind->answer &&
                (!next || (double)kind->times * kind->least.energy_pj >
                              (double)next->times * next->least.energy_pj))
                next = kind;
        }
        const enum sdse_status status = sdse_nests_answer(
            asking->nests, next->entry, next->reserved_bits, &next->answer);
        if (status != SDSE_OK)
            return status;
        *fits = next->answer->count > 0;
        if (!*fits)
            return SDSE_OK;
        next->least = (struct sdse_tradeoff){
            next->answer->elements[0].energy_pj,
            next->answer->elements[next->answer->count - 1].latency_cycles};
        const struct sdse_tradeoff least = sum_least(asking);
        *worth = may_help(asking, &least);
        if (!*worth)
            return SDSE_OK;
    }
    return SDSE_OK;
}

// --- Sums ---

// A sum over the first kinds, and where it comes from.
struct sum {
    struct sdse_tradeoff at;
    uint32_t parent, choice;
};

static int by_cost(const void *a, const void *b) {
    const struct sum *x = a, *y = b;
    if (x->at.energy_pj != y->at.energy_pj)
        return x->at.energy_pj < y->at.energy_pj ? -1 : 1;
    if (x->at.latency_cycles != y->at.latency_cycles)
        return x->at.latency_cycles < y->at.latency_cycles ? -1 : 1;
    if (x->parent != y->parent)
        return x->parent < y->parent ? -1 : 1;
    return x->choice < y->choice ? -1 : x->choice > y->choice;
}

static size_t keep_unbeaten(struct sum *sum, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!kept || sum[i].at.latency_cycles < sum[kept - 1].at.latency_cycles)
            sum[kept++] = sum[i];
    return kept;
}

static size_t keep_corners(struct sum *sum, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        while (
            kept > 1 &&
            (sum[kept - 1].at.energy_pj - sum[kept - 2].at.energy_pj) *
                    (sum[i].at.latency_cycles - sum[kept - 2].at.latency_cycles) <=
                (sum[i].at.energy_pj - sum[kept - 2].at.energy_pj) *
                    (sum[kept - 1].at.latency_cycles - sum[kept - 2].at.latency_cycles))
            kept--;
        sum[kept++] = sum[i];
    }
    return kept;
}

// Sums of all kinds, kind by kind: stage[k] those over the first k. In `arena`.
static enum sdse_status sum_kinds(const struct asking *asking, struct sdse_arena *arena,
                                  struct sum **stage, size_t *stage_count) {
    stage[0] = SDSE_ARENA_NEW(arena, struct sum);
    stage_count[0] = 1;
    if (!stage[0])
        return SDSE_NO_MEMORY;
    for (size_t k = 0; k < asking->kind_count; k++) {
        const struct kind *kind = &asking->kind[k];
        const struct sdse_nest_answer *answer = kind->answer;
        const size_t most = stage_count[k] * answer->count;
        struct sum *sum = malloc((most + 1) * sizeof *sum);
        size_t count = 0;
        if (!sum)
            return SDSE_NO_MEMORY;
        for (size_t i = 0; i < stage_count[k]; i++)
            for (size_t c = 0; c < answer->count; c++)
                sum[count++] = (struct sum){
                    {stage[k][i].at.energy_pj +
                         (double)kind->times * answer->elements[c].energy_pj,
                     stage[k][i].at.latency_cycles +
                         (double)kind->times * answer->elements[c].latency_cycles},
                    (uint32_t)i,
                    (uint32_t)c};
        qsort(sum, count, sizeof *sum, by_cost);
        count = keep_unbeaten(sum, count);
        if (asking->goal == SDSE_PLACES_CORNERS)
            count = keep_corners(sum, count);
        stage[k + 1] = SDSE_ARENA_ARRAY(arena, struct sum, count);
        stage_count[k + 1] = count;
        if (stage[k + 1])
            memcpy(stage[k + 1], sum, count * sizeof *sum);
        free(sum);
        if (!stage[k + 1])
            return SDSE_NO_MEMORY;
    }
    return SDSE_OK;
}

static bool make_stages(const struct asking *asking, struct sdse_arena *arena,
                        struct sum ***stage, size_t **stage_count) {
    *stage = SDSE_ARENA_ARRAY(arena, struct sum *, asking->kind_count + 1);
    *stage_count = SDSE_ARENA_ARRAY(arena, size_t, asking->kind_count + 1);
    return *stage && *stage_count;
}

// Whether a goes before b where only one of equal points stays.
static bool is_earlier(const struct sdse_group_point *a,
                       const struct sdse_group_point *b) {
    if (a->plan != b->plan)
        return a->plan < b->plan;
    if (a->kept != b->kept)
        return a->kept < b->kept;
    return a->element < b->element;
}

static int by_point(const void *a, const void *b) {
    const struct sdse_group_point *x = a, *y = b;
    if (x->at.energy_pj != y->at.energy_pj)
        return x->at.energy_pj < y->at.energy_pj ? -1 : 1;
    if (x->at.latency_cycles != y->at.latency_cycles)
        return x->at.latency_cycles < y->at.latency_cycles ? -1 : 1;
    return is_earlier(x, y) ? -1 : is_earlier(y, x);
}

static int by_latency(const void *a, const void *b) {
    const struct sdse_group_point *x = a, *y = b;
    if (x->at.latency_cycles != y->at.latency_cycles)
        return x->at.latency_cycles < y->at.latency_cycles ? -1 : 1;
    return by_point(a, b);
}

// Of all points found those that the goal needs, by rising energy.
static void keep_found(struct asking *asking) {
    const bool latency = asking->goal == SDSE_PLACES_LATENCY;
    size_t kept = 0;
    if (!asking->count)
        return;
    qsort(asking->found, asking->count, sizeof *asking->found,
          latency ? by_latency : by_point);
    if (latency || asking->goal == SDSE_PLACES_ENERGY) {
        asking->count = 1;
        return;
    }
    for (size_t i = 0; i < asking->count; i++)
        if (!kept || asking->found[i].at.latency_cycles <
                         asking->found[kept - 1].at.latency_cycles)
            asking->found[kept++] = asking->found[i];
    asking->count = kept;
}

// Adds the points of the configuration whose kinds are answered.
static enum sdse_status add_points(struct asking *asking, const struct config *config) {
    struct sdse_arena *scratch = sdse_arena_new();
    struct sum **stage;
    size_t *stage_count;
    enum sdse_status status =
        scratch && make_stages(asking, scratch, &stage, &stage_count) ? SDSE_OK
                                                                      : SDSE_NO_MEMORY;
    if (status == SDSE_OK)
        status = sum_kinds(asking, scratch, stage, stage_count);
    const size_t more = status == SDSE_OK ? stage_count[asking->kind_count] : 0;
    if (asking->count + more > asking->room) {
        const size_t room = 2 * (asking->count + more);
        struct sdse_group_point *found = realloc(asking->found, room * sizeof *found);
        if (!found) {
            sdse_arena_free(scratch);
            return SDSE_NO_MEMORY;
        }
        asking->found = found;
        asking->room = room;
    }
    for (size_t i = 0; i < more; i++)
        asking->found[asking->count++] =
            (struct sdse_group_point){.at = stage[asking->kind_count][i].at,
                                      .plan = config->plan,
                                      .kept = config->kept,
                                      .element = i};
    keep_found(asking);
    sdse_arena_free(scratch);
    return status;
}

// --- All configurations ---

static int by_least(const void *a, const void *b) {
    const struct config *x = a, *y = b;
    if (x->least.energy_pj != y->least.energy_pj)
        return x->least.energy_pj < y->least.energy_pj ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static enum sdse_status bound_kinds(struct asking *asking) {
    for (size_t i = 0; i < asking->kind_count; i++) {
        const enum sdse_status status =
            sdse_nests_bound(asking->nests, asking->kind[i].entry);
        if (status != SDSE_OK)
            return status;
        asking->kind[i].least = asking->kind[i].entry->bound;
    }
    return SDSE_OK;
}

// Lists the configurations that may fit and help, the most promising first.
static enum sdse_status list_configs(struct asking *asking, struct config *config,
                                     size_t *count) {
    const struct sdse_group *group = asking->group;
    struct sdse_fusion_counts *counts = asking->nests->counts;
    const unsigned all = (1u << group->layer_count) - 1u;
    size_t index = 0;
    *count = 0;
    for (size_t p = 0; p < group->plan_count; p++) {
        // What is in the shared memory already is not buffered.
        if (asking->question->operands && group->plan[p].buffered)
            continue;
        for (unsigned kept = 0; kept <= all; kept++) {
            bool fits;
            if (kept & ~group->may_keep)
                continue;
            counts->configurations++;
            enum sdse_status status = list_kinds(asking, &group->plan[p], kept, &fits);
            if (status == SDSE_OK && fits)
                status = bound_kinds(asking);
            if (status != SDSE_OK)
                return status;
            struct config *next = &config[*count];
            *next = (struct config){.plan = p, .kept = kept, .index = index++};
            if (!fits) {
                counts->too_big++;
                continue;
            }
            next->least = sum_least(asking);
            *count += 1;
        }
    }
    qsort(config, *count, sizeof *config, by_least);
    return SDSE_OK;
}

static enum sdse_status try_configs(struct asking *asking, struct config *config,
                                    size_t count) {
    struct sdse_fusion_counts *counts = asking->nests->counts;
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; i < count && !status && !asking->nests->stopped; i++) {
        bool fits, worth = may_help(asking, &config[i].least);
        if (worth) {
            status = list_kinds(asking, &asking->group->plan[config[i].plan],
                                config[i].kept, &fits);
            if (status == SDSE_OK)
                status = bound_kinds(asking);
            if (status == SDSE_OK)
                status = answer_kinds(asking, &worth, &fits);
            if (status == SDSE_OK && !fits) {
                counts->too_big++;
                continue;
            }
        }
        if (!worth) {
            counts->cut++;
        } else if (status == SDSE_OK) {
            status = add_points(asking, &config[i]);
            counts->summed++;
        }
    }
    return status;
}

static enum sdse_status hand_over(const struct asking *asking, struct sdse_arena *arena,
                                  struct sdse_group_front *front) {
    struct sdse_group_front fresh = {.count = 0};
    fresh.elements = SDSE_ARENA_ARRAY(arena, struct sdse_tradeoff, asking->count + 1);
    fresh.point = SDSE_ARENA_ARRAY(arena, struct sdse_group_point, asking->count + 1);
    if (!fresh.elements || !fresh.point)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < asking->count; i++) {
        if (!sdse_places_may_help(asking->question->bar, asking->goal,
                                  &asking->found[i].at))
            continue;
        fresh.point[fresh.count] = asking->found[i];
        fresh.elements[fresh.count++] = asking->found[i].at;
    }
    *front = fresh;
    return SDSE_OK;
}

enum sdse_status sdse_group_front_find(struct sdse_nests *nests,
                                       const struct sdse_group *group,
                                       const struct sdse_place_question *question,
                                       struct sdse_arena *arena,
                                       struct sdse_group_front *front) {
    struct asking asking = {.nests = nests,
                            .group = group,
                            .question = question,
                            .goal = nests->request->residency.goal};
    size_t count = 0;
    struct config *config =
        malloc((group->plan_count << group->layer_count) * sizeof *config);
    enum sdse_status status = config ? SDSE_OK : SDSE_NO_MEMORY;
    if (status == SDSE_OK)
        status = list_configs(&asking, config, &count);
    if (status == SDSE_OK)
        status = try_configs(&asking, config, count);
    if (status == SDSE_OK)
        status = hand_over(&asking, arena, front);
    free(config);
    free(asking.kind);
    free(asking.found);
    return status;
}

// --- One point ---

static enum sdse_status fill_kinds(const struct asking *asking, const size_t *choice,
                                   struct sdse_arena *arena,
                                   struct sdse_fused_group *out) {
    out->kind_count = asking->kind_count;
    out->kind = SDSE_ARENA_ARRAY(arena, struct sdse_fused_kind, asking->kind_count);
    if (!out->kind)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < asking->kind_count; i++) {
        const struct kind *kind = &asking->kind[i];
        struct sdse_fused_kind *fused = &out->kind[i];
        *fused =
            (struct sdse_fused_kind){.layer = kind->layer,
                                     .times = kind->times,
                                     .rows = kind->rows,
                                     .point = &kind->answer->answer.point[choice[i]]};
        fused->part = sdse_nest_layer(asking->nests, kind->entry, kind->reserved_bits,
                                      &fused->residence);
        fused->part.name =
            asking->nests->request->residency.layer[kind->layer].layer->name;
    }
    return SDSE_OK;
}

enum sdse_status sdse_group_point_kinds(struct sdse_nests *nests,
                                        const struct sdse_group *group,
                                        const struct sdse_place_question *question,
                                        const struct sdse_group_point *point,
                                        struct sdse_arena *arena,
                                        struct sdse_fused_group *out) {
    const struct sdse_group_plan *plan = &group->plan[point->plan];
    struct asking asking = {.nests = nests,
                            .group = group,
                            .question = question,
                            .goal = nests->request->residency.goal};
    struct sum **stage;
    size_t *stage_count;
    bool fits;
    enum sdse_status status = list_kinds(&asking, plan, point->kept, &fits);
    for (size_t i = 0; i < asking.kind_count && !status; i++)
        status =
            sdse_nests_answer(nests, asking.kind[i].entry, asking.kind[i].reserved_bits,
                              &asking.kind[i].answer);
    size_t *choice = SDSE_ARENA_ARRAY(arena, size_t, asking.kind_count + 1);
    if (status == SDSE_OK &&
        (!choice || !make_stages(&asking, arena, &stage, &stage_count)))
        status = SDSE_NO_MEMORY;
    if (status == SDSE_OK)
        status = sum_kinds(&asking, arena, stage, stage_count);
    if (status == SDSE_OK) {
        size_t element = point->element;
        for (size_t k = asking.kind_count; k-- > 0;) {
            choice[k] = stage[k + 1][element].choice;
            element = stage[k + 1][element].parent;
        }
        *out = (struct sdse_fused_group){
            .first = group->first,
            .last = group->last,
            .question = *question,
            .config = {plan->tile_rows, plan->retained, point->kept, plan->buffered},
            .at = point->at};
        status = fill_kinds(&asking, choice, arena, out);
    }
    free(asking.kind);
    return status;
}
