#include "dse/search/nsga2.h"

#include <math.h>
#include <stdlib.h>

#include "dse/search/random.h"

// --- Order ---

bool sdse_nsga2_dominates(const struct sdse_search_score *a,
                          const struct sdse_search_score *b, unsigned objectives) {
    if (a->violation > 0 || b->violation > 0)
        return a->violation < b->violation;
    bool better = false;
    for (unsigned k = 0; k < objectives; k++) {
        if (a->value[k] > b->value[k])
            return false;
        better |= a->value[k] < b->value[k];
    }
    return better;
}

// Ranks of all, by peeling fronts. room: [count] of dominators that are left.
static void rank_all(struct sdse_nsga2_member *members, size_t count,
                     unsigned objectives, size_t *room) {
    for (size_t i = 0; i < count; i++) {
        room[i] = 0;
        members[i].rank = SIZE_MAX;
        for (size_t j = 0; j < count; j++)
            room[i] +=
                sdse_nsga2_dominates(&members[j].score, &members[i].score, objectives);
    }
    for (size_t rank = 0, left = count; left > 0; rank++) {
        for (size_t i = 0; i < count; i++) {
            if (members[i].rank != SIZE_MAX || room[i] > 0)
                continue;
            members[i].rank = rank;
            left--;
        }
        for (size_t i = 0; i < count; i++) {
            if (members[i].rank != rank)
                continue;
            for (size_t j = 0; j < count; j++)
                room[j] -= sdse_nsga2_dominates(&members[i].score, &members[j].score,
                                                objectives);
        }
    }
}

static void sort_by_value(const struct sdse_nsga2_member *members, unsigned objective,
                          size_t *order, size_t count) {
    for (size_t i = 1; i < count; i++) { // few, and the order of equals stays
        const size_t moved = order[i];
        size_t to = i;
        for (; to > 0 && members[order[to - 1]].score.value[objective] >
                             members[moved].score.value[objective];
             to--)
            order[to] = order[to - 1];
        order[to] = moved;
    }
}

// Of the members of one rank: how far their neighbours are from each other, in parts of
// the rank's range, summed over the objectives. Those at an end of a range stay first.
static void crowd(struct sdse_nsga2_member *members, size_t *of_rank, size_t count,
                  unsigned objectives) {
    for (size_t i = 0; i < count; i++)
        members[of_rank[i]].crowding = 0;
    if (members[of_rank[0]].score.violation > 0)
        return;
    for (unsigned k = 0; k < objectives; k++) {
        sort_by_value(members, k, of_rank, count);
        const double least = members[of_rank[0]].score.value[k];
        const double range = members[of_rank[count - 1]].score.value[k] - least;
        members[of_rank[0]].crowding = members[of_rank[count - 1]].crowding =
            (double)INFINITY;
        for (size_t i = 1; range > 0 && i + 1 < count; i++)
            members[of_rank[i]].crowding += (members[of_rank[i + 1]].score.value[k] -
                                             members[of_rank[i - 1]].score.value[k]) /
                                            range;
    }
}

static bool is_better(const struct sdse_nsga2_member *a,
                      const struct sdse_nsga2_member *b) {
    return a->rank != b->rank ? a->rank < b->rank : a->crowding > b->crowding;
}

void sdse_nsga2_select(struct sdse_nsga2_member *members, size_t count, size_t keep,
                       unsigned objectives, size_t *room) {
    rank_all(members, count, objectives, room);
    size_t *of_rank = room + count;
    for (size_t rank = 0, ranked = 0; ranked < count; rank++) {
        size_t found = 0;
        for (size_t i = 0; i < count; i++)
            if (members[i].rank == rank)
                of_rank[found++] = i;
        crowd(members, of_rank, found, objectives);
        ranked += found;
    }
    for (size_t i = 0; i < keep && i < count; i++) { // in the order of the members
        size_t best = i;
        for (size_t j = i + 1; j < count; j++)
            if (is_better(&members[j], &members[best]))
                best = j;
        const struct sdse_nsga2_member found = members[best];
        for (size_t j = best; j > i; j--)
            members[j] = members[j - 1];
        members[i] = found;
    }
}

// --- Children ---

static const struct sdse_nsga2_member *
tournament(const struct sdse_nsga2_member *members, size_t count, uint64_t *stream) {
    const struct sdse_nsga2_member *a = &members[sdse_search_draw(stream, count)];
    const struct sdse_nsga2_member *b = &members[sdse_search_draw(stream, count)];
    return is_better(b, a) ? b : a;
}

void sdse_nsga2_cross(const struct sdse_search_space *space,
                      const struct sdse_nsga2_member *members, size_t count,
                      uint64_t *stream, uint64_t *child) {
    const struct sdse_nsga2_member *a = tournament(members, count, stream);
    const struct sdse_nsga2_member *b = tournament(members, count, stream);
    const bool crossed = sdse_search_draw(stream, 10) > 0;
    for (size_t i = 0; i < space->axis_count; i++) {
        const uint64_t low = a->value[i] < b->value[i] ? a->value[i] : b->value[i];
        const uint64_t high = a->value[i] < b->value[i] ? b->value[i] : a->value[i];
        child[i] = a->value[i];
        if (!crossed)
            continue;
        if (space->axes[i].ordered && sdse_search_draw(stream, 4) == 0)
            child[i] = low + sdse_search_draw(stream, high - low + 1);
        else if (sdse_search_draw(stream, 2))
            child[i] = b->value[i];
    }
}

// Another value of the axis, which has several.
static uint64_t moved(const struct sdse_search_axis *axis, uint64_t value,
                      uint64_t *stream) {
    if (!axis->ordered) {
        const uint64_t other = sdse_search_draw(stream, axis->length - 1);
        return other + (other >= value);
    }
    unsigned halvings = 0;
    while (axis->length >> (halvings + 1))
        halvings++;
    const uint64_t most = UINT64_C(1) << sdse_search_draw(stream, halvings + 1);
    const uint64_t step = 1 + sdse_search_draw(stream, most);
    const uint64_t above = axis->length - 1 - value;
    bool up = sdse_search_draw(stream, 2) > 0;
    if (step > (up ? above : value)) // no room on this side
        up = above > value;
    const uint64_t room = up ? above : value;
    return up ? value + (step < room ? step : room)
              : value - (step < room ? step : room);
}

void sdse_nsga2_mutate(const struct sdse_search_space *space, bool surely,
                       uint64_t *stream, uint64_t *child) {
    size_t axes = 0;
    for (size_t i = 0; i < space->axis_count; i++)
        axes += space->axes[i].length > 1 && sdse_search_counts(space, child, i);
    if (!axes)
        return;
    const uint64_t chosen = sdse_search_draw(stream, axes);
    size_t at = 0;
    for (size_t i = 0; i < space->axis_count; i++) {
        if (space->axes[i].length == 1 || !sdse_search_counts(space, child, i))
            continue;
        const bool drawn = sdse_search_draw(stream, axes) == 0;
        if (drawn || (surely && at == chosen))
            child[i] = moved(&space->axes[i], child[i], stream);
        at++;
    }
}
