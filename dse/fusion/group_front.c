#include "dse/fusion/group_front.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dse/fusion/kinds_worth.h"
#include "dse/fusion/overlap_sums.h"

// A configuration under the places that are asked about.
struct config {
    size_t plan;
    unsigned kept;
    bool overlaps;
    size_t index; // in the fixed order
    struct sdse_tradeoff least;
};

struct asking {
    struct sdse_kinds kinds;  // of the configuration that is looked at
    struct sdse_arena *arena; // of what is handed over
    enum sdse_places_goal goal;
    struct sdse_group_point *found; // by rising energy, unbeaten
    size_t count, room;
    // Scratch: questions about the kinds, in order.
    size_t question_room, *order;
    struct sdse_nest_question *question;
    bool *taken;
};

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
           sdse_places_may_help(asking->kinds.question->bar, asking->goal, least);
}

static bool may_help_any(const void *context, const struct sdse_tradeoff *least) {
    return may_help(context, least);
}

static double energy_of(const struct sdse_kind *kind) {
    return (double)kind->times * kind->least.energy_pj;
}

// The dearest of the kinds that are not taken yet, the first of equal ones.
static size_t dearest(const struct sdse_kinds *kinds, const bool *taken) {
    size_t next = SIZE_MAX;
    for (size_t i = 0; i < kinds->count; i++)
        if (!taken[i] && (next == SIZE_MAX ||
                          energy_of(&kinds->kind[i]) > energy_of(&kinds->kind[next])))
            next = i;
    return next;
}

// Lists the questions about all kinds, the dearest first; what each is about is
// order[n].
static bool list_questions(struct asking *asking) {
    const size_t count = asking->kinds.count;
    if (count > asking->question_room) {
        free(asking->question);
        free(asking->order);
        free(asking->taken);
        asking->question_room = 2 * count;
        asking->question = malloc(2 * count * sizeof *asking->question);
        asking->order = malloc(2 * count * sizeof *asking->order);
        asking->taken = malloc(2 * count * sizeof *asking->taken);
    }
    if (!asking->question || !asking->order || !asking->taken) {
        asking->question_room = 0;
        return count == 0;
    }
    memset(asking->taken, 0, count * sizeof *asking->taken);
    for (size_t n = 0; n < count; n++) {
        const size_t next = dearest(&asking->kinds, asking->taken);
        asking->taken[next] = true;
        asking->order[n] = next;
        asking->question[n] = (struct sdse_nest_question){
            asking->kinds.kind[next].entry, asking->kinds.kind[next].reserved_bits};
    }
    return true;
}

// Whether each kind may fit where it runs, which takes no search.
static enum sdse_status fit_kinds(struct asking *asking, bool *fits) {
    enum sdse_status status = SDSE_OK;
    *fits = true;
    for (size_t i = 0; i < asking->kinds.count && *fits && !status; i++)
        status = sdse_nests_may_fit(asking->kinds.nests, asking->kinds.kind[i].entry,
                                    asking->kinds.kind[i].reserved_bits, fits);
    return status;
}

// Takes the answer of a kind; false in *fits: it has no mapping there.
static enum sdse_status answer_kind(struct asking *asking, struct sdse_kind *kind,
                                    bool *fits) {
    const enum sdse_status status = sdse_nests_answer(
        asking->kinds.nests, kind->entry, kind->reserved_bits, &kind->answer);
    if (status != SDSE_OK)
        return status;
    const struct sdse_nest_answer *answer = kind->answer;
    *fits = answer->count > 0;
    if (!*fits)
        return SDSE_OK;
    const struct sdse_overlap_sides *sides = &answer->least_sides;
    kind->least_sides = *sides;
    kind->least = (struct sdse_tradeoff){
        answer->elements[0].energy_pj,
        kind->entry->key.sides ? fmax(sides->outer, sides->inner)
                               : answer->elements[answer->count - 1].latency_cycles};
    return SDSE_OK;
}

// Answers of all kinds, the dearest first; false in *worth when no sum can help, or in
// *fits when something does not fit.
static enum sdse_status answer_kinds(struct asking *asking, const struct config *config,
                                     bool *worth, bool *fits) {
    struct sdse_kinds *kinds = &asking->kinds;
    const struct sdse_fusion_counts *counts = kinds->nests->counts;
    if (!list_questions(asking))
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < kinds->count; i++)
        kinds->kind[i].answer = NULL;
    enum sdse_status status = fit_kinds(asking, fits);
    *worth = config->overlaps || sdse_kinds_are_worth(kinds, may_help_any, asking);
    for (size_t n = 0; n < kinds->count && *worth && *fits && !status; n++) {
        const uint64_t searches = counts->searches;
        status = sdse_nests_search_ahead(kinds->nests, &asking->question[n],
                                         kinds->count - n);
        if (status == SDSE_OK)
            status = answer_kind(asking, &kinds->kind[asking->order[n]], fits);
        if (status != SDSE_OK || !*fits)
            return status;
        const struct sdse_tradeoff least = sdse_kinds_least(kinds);
        *worth = may_help(asking, &least);
        if (*worth && !config->overlaps && searches < counts->searches)
            *worth = sdse_kinds_are_worth(kinds, may_help_any, asking);
    }
    return status;
}

// --- Points ---

// Whether a goes before b where only one of equal points stays.
static bool is_earlier(const struct sdse_group_point *a,
                       const struct sdse_group_point *b) {
    if (a->memory != b->memory)
        return a->memory < b->memory;
    if (a->plan != b->plan)
        return a->plan < b->plan;
    if (a->kept != b->kept)
        return a->kept < b->kept;
    if (!a->choice != !b->choice)
        return !a->choice;
    return a->element < b->element;
}

static int by_point(const void *a, const void *b) {
    const struct sdse_group_point *x = a, *y = b;
    const int order = sdse_tradeoff_order(&x->at, &y->at);
    if (order)
        return order;
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
    if (!asking->count)
        return;
    qsort(asking->found, asking->count, sizeof *asking->found,
          latency ? by_latency : by_point);
    if (latency || asking->goal == SDSE_PLACES_ENERGY) {
        asking->count = 1;
        return;
    }
    asking->count = sdse_tradeoffs_keep_unbeaten(asking->found, sizeof *asking->found,
                                                 asking->count);
}

// Room for so many more points; false: memory is out.
static bool reserve_points(struct asking *asking, size_t more) {
    const size_t room = 2 * (asking->count + more);
    if (asking->count + more <= asking->room)
        return true;
    struct sdse_group_point *found = realloc(asking->found, room * sizeof *found);
    if (!found)
        return false;
    asking->found = found;
    asking->room = room;
    return true;
}

// Of a configuration whose nests overlap.
static enum sdse_status add_overlapped(struct asking *asking,
                                       const struct config *config) {
    size_t count;
    struct sdse_overlap_point *point;
    const enum sdse_status status = sdse_overlap_sum(
        &asking->kinds, may_help_any, asking, asking->arena, &count, &point);
    if (status != SDSE_OK || !reserve_points(asking, count))
        return status != SDSE_OK ? status : SDSE_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        asking->found[asking->count++] =
            (struct sdse_group_point){.at = point[i].at,
                                      .memory = asking->kinds.group->memory,
                                      .plan = config->plan,
                                      .kept = config->kept,
                                      .element = i,
                                      .choice = point[i].choice};
    keep_found(asking);
    return SDSE_OK;
}

// Adds the points of the configuration whose kinds are answered.
static enum sdse_status add_points(struct asking *asking, const struct config *config) {
    if (config->overlaps)
        return add_overlapped(asking, config);
    struct sdse_arena *scratch = sdse_arena_new();
    const size_t kinds = asking->kinds.count;
    struct sdse_kind_sums sums;
    const enum sdse_status status =
        scratch ? sdse_kinds_sum(&asking->kinds, asking->goal, scratch, &sums)
                : SDSE_NO_MEMORY;
    const size_t more = status == SDSE_OK ? sums.count[kinds] : 0;
    if (!reserve_points(asking, more)) {
        sdse_arena_free(scratch);
        return SDSE_NO_MEMORY;
    }
    for (size_t i = 0; i < more; i++)
        asking->found[asking->count++] =
            (struct sdse_group_point){.at = sums.stage[kinds][i].at,
                                      .memory = asking->kinds.group->memory,
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

// Members whose weights may be brought in: they are not there already.
static unsigned may_be_kept(const struct sdse_group *group,
                            const struct sdse_place_question *question) {
    unsigned set = group->may_keep;
    for (unsigned m = 0; m < SDSE_MOST_SHARED; m++)
        for (size_t i = 0; i < group->members.count; i++)
            if (question->in[m].group_weights >>
                    (group->members.layer[i] - group->first) &
                1u)
                set &= ~SDSE_BIT(i);
    return set;
}

// Whether the group's first layer finds its input in a memory that shares.
static bool is_input_there(const struct sdse_place_question *question) {
    bool there = false;
    for (unsigned m = 0; m < SDSE_MOST_SHARED; m++)
        there |= question->in[m].operands > 0;
    return there;
}

// Bounds kinds until their sum cannot help; false in *worth then.
static enum sdse_status bound_while_worth(struct asking *asking, bool *worth) {
    bool done = false;
    *worth = true;
    while (!done && *worth) {
        const enum sdse_status status = sdse_kinds_bound_next(&asking->kinds, &done);
        if (status != SDSE_OK)
            return status;
        const struct sdse_tradeoff least = sdse_kinds_least(&asking->kinds);
        *worth = may_help(asking, &least);
    }
    return SDSE_OK;
}

// A plan of the group, with or without overlap of its nests.
static struct sdse_group_plan plan_of(const struct sdse_group *group, size_t index,
                                      bool overlaps) {
    struct sdse_group_plan plan = group->plan[index];
    plan.overlaps = overlaps;
    return plan;
}

// Lists the configurations that may fit and help, the most promising first.
//
// columns  those of tiles of some columns, of which many are not looked at any further
//          beside what is found; else the others
static enum sdse_status list_configs(struct asking *asking, bool columns,
                                     struct config *config, size_t *count) {
    const struct sdse_group *group = asking->kinds.group;
    struct sdse_fusion_counts *counts = asking->kinds.nests->counts;
    const unsigned all = (1u << group->members.count) - 1u,
                   may_keep = may_be_kept(group, asking->kinds.question);
    const struct sdse_place_question *question = asking->kinds.question;
    const bool there = is_input_there(question);
    const bool may_overlap = asking->kinds.nests->request->overlap;
    size_t index = 0;
    *count = 0;
    for (size_t p = 0;
         p < group->plan_count && !sdse_nests_stopped(asking->kinds.nests); p++) {
        // What is in the shared memory already is not buffered.
        if ((there && group->plan[p].buffered) ||
            columns != (group->plan[p].tile_columns > 0) ||
            !sdse_group_may_put(group, group->plan[p].tile_channels, question->outputs))
            continue;
        for (unsigned way = 0; way <= 2 * all + 1; way++) {
            const unsigned kept = way / 2;
            const struct sdse_group_plan plan = plan_of(group, p, way % 2);
            bool fits, worth = true;
            if (kept & ~may_keep || (plan.overlaps && !may_overlap) ||
                (plan.overlaps && !sdse_kinds_come_ahead(&asking->kinds, &plan, kept)))
                continue;
            counts->configurations++;
            enum sdse_status status =
                sdse_kinds_list(&asking->kinds, &plan, kept, &fits);
            if (status == SDSE_OK && fits)
                status = columns ? bound_while_worth(asking, &worth)
                                 : sdse_kinds_bound(&asking->kinds);
            if (status != SDSE_OK)
                return status;
            struct config *next = &config[*count];
            *next = (struct config){
                .plan = p, .kept = kept, .overlaps = plan.overlaps, .index = index++};
            if (!fits) {
                counts->too_big++;
                continue;
            }
            if (!worth) {
                counts->cut++;
                continue;
            }
            next->least = sdse_kinds_least(&asking->kinds);
            *count += 1;
        }
    }
    qsort(config, *count, sizeof *config, by_least);
    return SDSE_OK;
}

static enum sdse_status try_configs(struct asking *asking, struct config *config,
                                    size_t count) {
    struct sdse_fusion_counts *counts = asking->kinds.nests->counts;
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; i < count && !status && !sdse_nests_stopped(asking->kinds.nests);
         i++) {
        bool fits, worth = may_help(asking, &config[i].least);
        if (worth) {
            const struct sdse_group_plan plan =
                plan_of(asking->kinds.group, config[i].plan, config[i].overlaps);
            status = sdse_kinds_list(&asking->kinds, &plan, config[i].kept, &fits);
            if (status == SDSE_OK)
                status = sdse_kinds_bound(&asking->kinds);
            if (status == SDSE_OK)
                status = answer_kinds(asking, &config[i], &worth, &fits);
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
        if (!sdse_places_may_help(asking->kinds.question->bar, asking->goal,
                                  &asking->found[i].at))
            continue;
        fresh.point[fresh.count] = asking->found[i];
        fresh.elements[fresh.count++] = asking->found[i].at;
    }
    *front = fresh;
    return SDSE_OK;
}

// All of those of one memory.
static enum sdse_status try_group(struct asking *asking,
                                  const struct sdse_group *group) {
    const int may_keep = __builtin_popcount(may_be_kept(group, asking->kinds.question));
    size_t count = 0;
    struct config *config =
        malloc(((2 * group->plan_count << may_keep) + 1) * sizeof *config);
    enum sdse_status status = config ? SDSE_OK : SDSE_NO_MEMORY;
    asking->kinds.group = group;
    for (int columns = 0; columns < 2 && !status; columns++) {
        status = list_configs(asking, columns, config, &count);
        if (status == SDSE_OK)
            status = try_configs(asking, config, count);
    }
    free(config);
    return status;
}

enum sdse_status sdse_group_front_find(struct sdse_nests *nests,
                                       const struct sdse_group_homes *homes,
                                       const struct sdse_place_question *question,
                                       struct sdse_arena *arena,
                                       struct sdse_group_front *front) {
    struct asking asking = {.kinds = {.nests = nests, .question = question},
                            .arena = arena,
                            .goal = nests->request->residency.goal};
    enum sdse_status status = SDSE_OK;
    for (unsigned m = 0; m < SDSE_MOST_SHARED && !status; m++)
        if (homes->in[m])
            status = try_group(&asking, homes->in[m]);
    if (status == SDSE_OK)
        status = hand_over(&asking, arena, front);
    free(asking.kinds.kind);
    free(asking.found);
    free(asking.question);
    free(asking.order);
    free(asking.taken);
    return status;
}
