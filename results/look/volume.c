#include "results/look/volume.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "results/look/pareto.h"

// What SQLite keeps of a window: zero at first.
struct window {
    bool begun, failed;
    unsigned objectives;
    int column[SDSE_MOST_OBJECTIVES]; // of the arguments
    double reference[SDSE_MOST_OBJECTIVES];
    size_t count, capacity;
    double *front; // [count * objectives]
    double volume;
};

static void begin(struct window *w, sqlite3_value **values) {
    w->begun = true;
    for (int k = 0; k < SDSE_MOST_OBJECTIVES; k++) {
        if (sqlite3_value_type(values[SDSE_MOST_OBJECTIVES + k]) == SQLITE_NULL)
            continue;
        w->column[w->objectives] = k;
        w->reference[w->objectives++] =
            sqlite3_value_double(values[SDSE_MOST_OBJECTIVES + k]);
    }
}

static bool no_worse(const double *a, const double *b, unsigned objectives) {
    for (unsigned k = 0; k < objectives; k++)
        if (a[k] > b[k])
            return false;
    return true;
}

// Takes a point into the front. *moved: it was not covered. False: memory is out.
static bool add(struct window *w, const double *point, bool *moved) {
    const unsigned m = w->objectives;
    *moved = false;
    for (size_t i = 0; i < w->count; i++)
        if (no_worse(&w->front[i * m], point, m))
            return true;
    *moved = true;
    size_t kept = 0;
    for (size_t i = 0; i < w->count; i++)
        if (!no_worse(point, &w->front[i * m], m))
            memmove(&w->front[kept++ * m], &w->front[i * m], m * sizeof *point);
    w->count = kept;
    if (w->count == w->capacity) {
        const size_t capacity = w->capacity ? 2 * w->capacity : 32;
        double *grown = realloc(w->front, capacity * m * sizeof *grown);
        if (!grown)
            return false;
        w->front = grown;
        w->capacity = capacity;
    }
    memcpy(&w->front[w->count++ * m], point, m * sizeof *point);
    return true;
}

static bool measure(struct window *w) {
    size_t *all = malloc((w->count + 1) * sizeof *all);
    for (size_t i = 0; all && i < w->count; i++)
        all[i] = i;
    const bool measured =
        all && !sdse_pareto_hypervolume(w->front, w->objectives, all, w->count,
                                        w->reference, &w->volume);
    free(all);
    return measured;
}

static void step(sqlite3_context *context, int count, sqlite3_value **values) {
    (void)count;
    struct window *w = sqlite3_aggregate_context(context, sizeof *w);
    if (!w) {
        sqlite3_result_error_nomem(context);
        return;
    }
    if (!w->begun)
        begin(w, values);
    double point[SDSE_MOST_OBJECTIVES];
    for (unsigned k = 0; k < w->objectives; k++) {
        if (sqlite3_value_type(values[w->column[k]]) == SQLITE_NULL)
            return;
        point[k] = sqlite3_value_double(values[w->column[k]]);
    }
    bool moved;
    if (w->objectives >= 2 && (!add(w, point, &moved) || (moved && !measure(w))))
        sqlite3_result_error_nomem(context);
}

// A window that loses rows at its beginning.
static void leave(sqlite3_context *context, int count, sqlite3_value **values) {
    (void)count;
    (void)values;
    struct window *w = sqlite3_aggregate_context(context, sizeof *w);
    if (w)
        w->failed = true;
}

static void value(sqlite3_context *context) {
    const struct window *w = sqlite3_aggregate_context(context, sizeof *w);
    if (!w)
        sqlite3_result_error_nomem(context);
    else if (w->failed)
        sqlite3_result_error(
            context, "hypervolume() is for windows that begin at the first row", -1);
    else if (w->objectives < 2)
        sqlite3_result_null(context);
    else
        sqlite3_result_double(context, w->volume);
}

static void end(sqlite3_context *context) {
    value(context);
    struct window *w = sqlite3_aggregate_context(context, 0);
    if (w)
        free(w->front);
}

int sdse_volume_register(sqlite3 *db) {
    return sqlite3_create_window_function(db, "hypervolume", 2 * SDSE_MOST_OBJECTIVES,
                                          SQLITE_UTF8 | SQLITE_DETERMINISTIC |
                                              SQLITE_INNOCUOUS,
                                          NULL, step, end, value, leave, NULL);
}
