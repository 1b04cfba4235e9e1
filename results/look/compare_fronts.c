#include "results/look/compare_fronts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- one reference for both ----

// All points of both sides, A's first.
struct both {
    size_t count, first_b;
    double *v;
};

static bool join(const struct sdse_fronts *fronts, struct sdse_arena *arena,
                 struct both *both) {
    const struct sdse_points *a = &fronts->side[SDSE_A].points;
    const struct sdse_points *b = &fronts->side[SDSE_B].points;
    const size_t n = a->objectives;
    both->first_b = a->count;
    both->count = a->count + b->count;
    both->v = SDSE_ARENA_ARRAY(arena, double, both->count *n + 1);
    if (!both->v)
        return false;
    if (a->count)
        memcpy(both->v, a->v, a->count * n * sizeof *both->v);
    if (b->count)
        memcpy(both->v + a->count * n, b->v, b->count * n * sizeof *both->v);
    return true;
}

static void set_reference(struct sdse_fronts *fronts) {
    const unsigned n = fronts->side[SDSE_A].points.objectives;
    for (unsigned k = 0; k < n; k++) {
        double worst = (double)NAN; // which fmax passes over
        for (int side = 0; side < SDSE_SIDES; side++)
            if (fronts->side[side].front.count)
                worst = fmax(worst, fronts->side[side].front.reference[k]);
        fronts->reference[k] = worst;
    }
}

static double box_of(const struct sdse_fronts *fronts) {
    double box = 1;
    for (unsigned k = 0; k < fronts->side[SDSE_A].points.objectives; k++)
        box *= fronts->reference[k];
    return box;
}

static enum sdse_status measure(struct sdse_fronts *fronts, const double *v,
                                const size_t *front, size_t count, double *volume,
                                double *fraction) {
    const double box = box_of(fronts);
    const enum sdse_status status =
        sdse_pareto_hypervolume(v, fronts->side[SDSE_A].points.objectives, front, count,
                                fronts->reference, volume);
    *fraction = status == SDSE_OK && box > 0 ? *volume / box : 0;
    return status;
}

// ---- who beats whom ----

// Points of the two fronts that are in the front of both are beaten by none.
static void count_beaten(struct sdse_fronts *fronts, const struct both *both,
                         const size_t *joint, size_t joint_count) {
    size_t kept[SDSE_SIDES] = {0, 0};
    for (size_t i = 0; i < joint_count; i++)
        kept[joint[i] >= both->first_b]++;
    for (int side = 0; side < SDSE_SIDES; side++)
        fronts->side[side].beaten = fronts->side[side].front.count - kept[side];
    // Equal points stand together in the joint front, A's first.
    const unsigned n = fronts->side[SDSE_A].points.objectives;
    for (size_t i = 0, end; i < joint_count; i = end) {
        size_t equal[SDSE_SIDES] = {0, 0};
        for (end = i; end < joint_count &&
                      memcmp(both->v + joint[i] * n, both->v + joint[end] * n,
                             n * sizeof *both->v) == 0;
             end++)
            equal[joint[end] >= both->first_b]++;
        for (int side = 0; equal[SDSE_A] && equal[SDSE_B] && side < SDSE_SIDES; side++)
            fronts->side[side].shared += equal[side];
    }
}

static enum sdse_status compare_fronts(struct sdse_fronts *fronts,
                                       struct sdse_arena *arena) {
    struct both both;
    if (!join(fronts, arena, &both))
        return SDSE_NO_MEMORY;
    size_t *joint = SDSE_ARENA_ARRAY(arena, size_t, both.count + 1), count = 0;
    if (!joint)
        return SDSE_NO_MEMORY;
    set_reference(fronts);
    enum sdse_status status = sdse_pareto_front(
        both.v, both.count, fronts->side[SDSE_A].points.objectives, joint, &count);
    double volume;
    if (status == SDSE_OK)
        status =
            measure(fronts, both.v, joint, count, &volume, &fronts->joint_fraction);
    for (int i = 0; status == SDSE_OK && i < SDSE_SIDES; i++) {
        struct sdse_fronts_side *side = &fronts->side[i];
        memcpy(side->front.reference, fronts->reference, sizeof fronts->reference);
        status = measure(fronts, side->points.v, side->front.index, side->front.count,
                         &side->front.hypervolume, &side->front.hypervolume_fraction);
    }
    if (status == SDSE_OK)
        count_beaten(fronts, &both, joint, count);
    return status;
}

// ---- designs that both have ----

struct design {
    const char *name;  // what it is found by
    const char *title; // what it is called
    size_t point;
};

static int by_name(const void *left, const void *right) {
    const struct design *x = left, *y = right;
    const int order = strcmp(x->name, y->name);
    return order ? order : (x->point > y->point) - (x->point < y->point);
}

// Those of one side, by name. NULL when memory is out.
static struct design *list_designs(const struct sdse_points *points,
                                   struct sdse_arena *arena) {
    struct design *designs = SDSE_ARENA_ARRAY(arena, struct design, points->count + 1);
    for (size_t i = 0; designs && i < points->count; i++) {
        const char *parameters = points->parameters[i];
        designs[i].title =
            sdse_arena_printf(arena, "%s/%s%s%s", points->arch[i], points->form[i],
                              *parameters ? "/" : "", parameters);
        designs[i].name = designs[i].title
                              ? sdse_arena_printf(arena, "%s %s", designs[i].title,
                                                  points->minimised[i])
                              : NULL;
        designs[i].point = i;
        if (!designs[i].name)
            return NULL;
    }
    if (designs && points->count > 1)
        qsort(designs, points->count, sizeof *designs, by_name);
    return designs;
}

static bool has_twin(const struct design *designs, size_t count, size_t i) {
    return (i > 0 && strcmp(designs[i].title, designs[i - 1].title) == 0) ||
           (i + 1 < count && strcmp(designs[i].title, designs[i + 1].title) == 0);
}

static void add_design(struct sdse_fronts *fronts, const char *title, size_t a,
                       size_t b) {
    const struct sdse_points *of_a = &fronts->side[SDSE_A].points;
    const struct sdse_points *of_b = &fronts->side[SDSE_B].points;
    const unsigned n = of_a->objectives;
    if (memcmp(of_a->v + a * n, of_b->v + b * n, n * sizeof *of_a->v) == 0) {
        fronts->designs_same++;
        return;
    }
    for (unsigned k = 0; k < n; k++) {
        struct sdse_differences *designs = &fronts->designs[k];
        designs->rows[designs->count++] =
            (struct sdse_difference){.name = title,
                                     .unit = "",
                                     .value = {of_a->v[a * n + k], of_b->v[b * n + k]}};
    }
}

static enum sdse_status compare_designs(struct sdse_fronts *fronts,
                                        struct sdse_arena *arena) {
    const size_t counts[SDSE_SIDES] = {fronts->side[SDSE_A].points.count,
                                       fronts->side[SDSE_B].points.count};
    struct design *designs[SDSE_SIDES];
    for (int side = 0; side < SDSE_SIDES; side++) {
        designs[side] = list_designs(&fronts->side[side].points, arena);
        if (!designs[side])
            return SDSE_NO_MEMORY;
    }
    const struct sdse_points *points = &fronts->side[SDSE_A].points;
    for (unsigned k = 0; k < points->objectives; k++) {
        const struct sdse_metric_info *info = sdse_metric_info(points->metric[k]);
        fronts->designs[k] = (struct sdse_differences){
            .section = info->name,
            .title = info->title,
            .unit = "",
            .rows = SDSE_ARENA_ARRAY(arena, struct sdse_difference, counts[0] + 1)};
        if (!fronts->designs[k].rows)
            return SDSE_NO_MEMORY;
    }
    for (size_t i = 0, j = 0; i < counts[SDSE_A] || j < counts[SDSE_B];) {
        const int order = i == counts[SDSE_A]   ? 1
                          : j == counts[SDSE_B] ? -1
                                                : strcmp(designs[SDSE_A][i].name,
                                                         designs[SDSE_B][j].name);
        if (order == 0) {
            const struct design *of_a = &designs[SDSE_A][i];
            add_design(fronts,
                       has_twin(designs[SDSE_A], counts[SDSE_A], i) ? of_a->name
                                                                    : of_a->title,
                       of_a->point, designs[SDSE_B][j].point);
        } else {
            fronts->side[order < 0 ? SDSE_A : SDSE_B].alone++;
        }
        i += order <= 0;
        j += order >= 0;
    }
    for (unsigned k = 0; k < points->objectives; k++)
        sdse_differences_sort(&fronts->designs[k]);
    return SDSE_OK;
}

enum sdse_status sdse_compare_fronts(struct sdse_reader *const reader[SDSE_SIDES],
                                     const struct sdse_filter filter[SDSE_SIDES],
                                     const enum sdse_metric *metrics,
                                     unsigned objectives, struct sdse_arena *arena,
                                     struct sdse_diags *diags,
                                     struct sdse_fronts *out) {
    *out = (struct sdse_fronts){.network = filter[SDSE_A].workload};
    enum sdse_status status = SDSE_OK;
    for (int i = 0; status == SDSE_OK && i < SDSE_SIDES; i++) {
        struct sdse_fronts_side *side = &out->side[i];
        status = sdse_points_load(reader[i], &filter[i], metrics, objectives, arena,
                                  diags, &side->points);
        if (status == SDSE_OK)
            status = sdse_front_compute(&side->points, arena, &side->front);
    }
    if (status == SDSE_OK)
        status = compare_fronts(out, arena);
    if (status == SDSE_OK)
        status = compare_designs(out, arena);
    return status;
}
