#include "dse/mapper/best.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double epsilon = 1e-12; // relative: rounding of sums in another order
// What is known excludes only what is worse by more, relative.
static const double known_margin = 1e-9;

void sdse_best_init(struct sdse_best *best, enum sdse_goal goal, double most_cycles) {
    memset(best, 0, sizeof *best);
    best->goal = goal;
    best->most_cycles = most_cycles;
    best->most_lifetime_cycles = (double)INFINITY;
    best->cutoff = best->least_cut = (double)INFINITY;
}

double sdse_goal_value(enum sdse_goal goal, const struct sdse_totals *totals) {
    const double pj = totals->energy_pj, cycles = totals->latency_cycles;
    switch (goal) {
    case SDSE_GOAL_LIFETIME:
        return totals->lifetime_cycles;
    case SDSE_GOAL_STRAIN:
        return totals->strain;
    case SDSE_GOAL_CYCLES:
        return cycles;
    case SDSE_GOAL_EDP:
        return pj * cycles;
    case SDSE_GOAL_ED2P:
        return pj * cycles * cycles;
    default:
        return pj;
    }
}

static double second_key(enum sdse_goal goal, const struct sdse_totals *totals) {
    switch (goal) {
    case SDSE_GOAL_ENERGY:
        return totals->latency_cycles;
    case SDSE_GOAL_EDP:
    case SDSE_GOAL_ED2P:
        return totals->energy_pj;
    default:
        return 0;
    }
}

void sdse_best_free(struct sdse_best *best) {
    free(best->front);
    free(best->known);
    best->front = best->known = NULL;
    best->count = best->capacity = best->known_count = best->known_capacity = 0;
}

// --- Front ---

// Whether a point of the front costs no more in either. Cycles of mappings are whole.
static bool is_beaten(const struct sdse_best *best, double pj, double cycles) {
    for (size_t i = 0; i < best->count; i++) {
        const struct sdse_totals *at = &best->front[i].totals;
        if (at->energy_pj * (1 - epsilon) > pj)
            return false;
        if (at->latency_cycles < cycles * (1 - epsilon) + 1)
            return true;
    }
    return false;
}

// A front as a list that grows.
struct list {
    size_t count, capacity;
    struct sdse_found *at;
};

// Makes room for one more; false: memory is out.
static bool reserve(struct list *list) {
    if (list->count < list->capacity)
        return true;
    const size_t capacity = list->capacity ? 2 * list->capacity : 8;
    struct sdse_found *grown = realloc(list->at, capacity * sizeof *grown);
    if (!grown)
        return false;
    list->at = grown;
    list->capacity = capacity;
    return true;
}

// Puts a mapping that no point beats in its place; what it beats goes. False: memory is
// out.
static bool insert(struct list *list, const struct sdse_mapping *mapping,
                   const struct sdse_totals *totals) {
    if (!reserve(list))
        return false;
    size_t first = 0; // the points before are cheaper
    while (first < list->count &&
           list->at[first].totals.energy_pj * (1 + epsilon) < totals->energy_pj)
        first++;
    size_t last = first; // the points from here on are faster
    while (last < list->count &&
           list->at[last].totals.latency_cycles >= totals->latency_cycles)
        last++;
    memmove(&list->at[first + 1], &list->at[last],
            (list->count - last) * sizeof *list->at);
    list->count += 1 + first - last;
    list->at[first].totals = *totals;
    list->at[first].mapping = *mapping;
    return true;
}

// --- Front of three ---

// Whether a point of the front costs no more in any.
static bool is_beaten_on_all_sides(const struct sdse_best *best,
                                   const struct sdse_totals *bounds) {
    for (size_t i = 0; i < best->count; i++) {
        const struct sdse_totals *at = &best->front[i].totals;
        if (at->energy_pj * (1 - epsilon) > bounds->energy_pj)
            return false;
        if (at->outer_cycles < bounds->outer_cycles * (1 - epsilon) + 1 &&
            at->inner_cycles < bounds->inner_cycles * (1 - epsilon) + 1)
            return true;
    }
    return false;
}

// As insert; what it beats goes.
static bool insert_side(struct list *list, const struct sdse_mapping *mapping,
                        const struct sdse_totals *totals) {
    size_t kept = 0, place = 0;
    if (!reserve(list))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        const struct sdse_totals *at = &list->at[i].totals;
        if (at->energy_pj * (1 + epsilon) >= totals->energy_pj &&
            at->outer_cycles >= totals->outer_cycles &&
            at->inner_cycles >= totals->inner_cycles)
            continue;
        place += at->energy_pj < totals->energy_pj;
        if (kept != i)
            list->at[kept] = list->at[i];
        kept++;
    }
    memmove(&list->at[place + 1], &list->at[place], (kept - place) * sizeof *list->at);
    list->at[place].totals = *totals;
    list->at[place].mapping = *mapping;
    list->count = kept + 1;
    return true;
}

static void add_to_front(struct sdse_best *best, const struct sdse_mapping *mapping,
                         const struct sdse_totals *totals) {
    struct list list = {best->count, best->capacity, best->front};
    best->no_memory |=
        !(best->goal == SDSE_GOAL_SIDES ? insert_side : insert)(&list, mapping, totals);
    best->count = list.count;
    best->capacity = list.capacity;
    best->front = list.at;
}

// --- What is known ---

double sdse_best_known_value(const struct sdse_best *best) {
    if (!best->known_count)
        return (double)INFINITY;
    return sdse_goal_value(best->goal, &best->known[0].totals);
}

// Whether what is known is worse in nothing and better by more than the margin.
static bool known_excludes(const struct sdse_best *best,
                           const struct sdse_totals *bounds) {
    if (best->goal != SDSE_GOAL_FRONT)
        return best->known_count &&
               sdse_goal_value(best->goal, bounds) >
                   sdse_best_known_value(best) * (1 + known_margin);
    const double pj = bounds->energy_pj, cycles = bounds->latency_cycles;
    for (size_t i = 0; i < best->known_count; i++) {
        const struct sdse_totals *at = &best->known[i].totals;
        if (at->energy_pj * (1 + known_margin) > pj)
            return false;
        if (at->latency_cycles < cycles * (1 - epsilon) + 1)
            return true;
    }
    return false;
}

// Whether a mapping betters the one that is known, for a goal but the front.
static bool betters_known(const struct sdse_best *best,
                          const struct sdse_totals *totals) {
    const double first = sdse_goal_value(best->goal, totals);
    const double known = sdse_best_known_value(best);
    const struct sdse_totals *at = &best->known[0].totals;
    if (first < known * (1 - epsilon))
        return true;
    if (first > known * (1 + epsilon))
        return false;
    return best->goal == SDSE_GOAL_ENERGY
               ? totals->latency_cycles < at->latency_cycles
               : totals->energy_pj < at->energy_pj * (1 - epsilon);
}

// Whether tiles live too long.
static bool is_barred(const struct sdse_best *best, const struct sdse_totals *totals) {
    return totals->strain > 1 || totals->lifetime_cycles > best->most_lifetime_cycles;
}

void sdse_best_know(struct sdse_best *best, const struct sdse_mapping *mapping,
                    const struct sdse_totals *totals) {
    if (totals->latency_cycles > best->most_cycles || is_barred(best, totals) ||
        best->goal == SDSE_GOAL_SIDES)
        return;
    struct list list = {best->known_count, best->known_capacity, best->known};
    if (best->goal == SDSE_GOAL_FRONT) {
        for (size_t i = 0; i < list.count; i++)
            if (list.at[i].totals.energy_pj <= totals->energy_pj * (1 + epsilon) &&
                list.at[i].totals.latency_cycles <= totals->latency_cycles)
                return;
    } else if (list.count) {
        if (!betters_known(best, totals))
            return;
        list.count = 0;
    }
    best->no_memory |= !insert(&list, mapping, totals);
    best->known_count = list.count;
    best->known_capacity = list.capacity;
    best->known = list.at;
}

void sdse_best_settle(struct sdse_best *best) {
    best->cutoff = (double)INFINITY;
    best->least_pj = 0;
    // Nothing proves that a found mapping of the least cycles is the cheapest.
    const bool untied = best->goal == SDSE_GOAL_CYCLES ||
                        best->goal == SDSE_GOAL_LIFETIME ||
                        best->goal == SDSE_GOAL_STRAIN;
    if (untied && best->found && best->known_count &&
        betters_known(best, &best->totals))
        return;
    if (untied)
        best->found = best->found && !best->known_count;
    for (size_t i = 0; i < best->known_count; i++)
        sdse_best_offer(best, &best->known[i].mapping, &best->known[i].totals);
}

static bool front_excludes(struct sdse_best *best, const struct sdse_totals *bounds) {
    struct sdse_totals least = *bounds;
    least.energy_pj = fmax(bounds->energy_pj, best->least_pj);
    if (best->goal == SDSE_GOAL_SIDES
            ? is_beaten_on_all_sides(best, &least)
            : is_beaten(best, least.energy_pj, least.latency_cycles) ||
                  known_excludes(best, &least))
        return true;
    if (bounds->energy_pj <= best->cutoff)
        return false;
    best->least_cut = fmin(best->least_cut, bounds->energy_pj);
    return true;
}

// --- Any goal ---

bool sdse_best_excludes(struct sdse_best *best, const struct sdse_totals *bounds) {
    struct sdse_totals at = *bounds;
    at.latency_cycles = ceil(at.latency_cycles * (1 - epsilon)); // no part of a cycle
    if (at.latency_cycles > best->most_cycles || is_barred(best, &at))
        return true;
    if (sdse_goal_is_front(best->goal))
        return front_excludes(best, &at);
    if (known_excludes(best, &at))
        return true;
    const double first = sdse_goal_value(best->goal, &at);
    if (best->found && first >= best->first * (1 - epsilon) &&
        (first > best->first * (1 + epsilon) ||
         second_key(best->goal, &at) >= best->second * (1 - epsilon)))
        return true;
    if (first <= best->cutoff)
        return false;
    best->least_cut = fmin(best->least_cut, first);
    return true;
}

void sdse_best_offer(struct sdse_best *best, const struct sdse_mapping *mapping,
                     const struct sdse_totals *totals) {
    if (sdse_best_excludes(best, totals))
        return;
    best->found = true;
    if (sdse_goal_is_front(best->goal)) {
        add_to_front(best, mapping, totals);
        return;
    }
    best->first = sdse_goal_value(best->goal, totals);
    best->second = second_key(best->goal, totals);
    best->mapping = *mapping;
    best->totals = *totals;
}
