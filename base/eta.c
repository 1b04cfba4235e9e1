#include "base/eta.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sdse_eta_begin(struct sdse_eta *eta, double now_s) {
    *eta = (struct sdse_eta){.last_s = now_s};
}

void sdse_eta_add(struct sdse_eta *eta, uint64_t items, double now_s) {
    if (items)
        eta->item_s[eta->count++ % SDSE_ETA_RECENT] =
            (now_s - eta->last_s) / (double)items;
    eta->last_s = now_s;
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double sdse_eta_s(const struct sdse_eta *eta, uint64_t left) {
    double recent[SDSE_ETA_RECENT];
    const size_t count = eta->count < SDSE_ETA_RECENT ? eta->count : SDSE_ETA_RECENT;
    if (!count)
        return (double)INFINITY;
    memcpy(recent, eta->item_s, count * sizeof *recent);
    qsort(recent, count, sizeof *recent, by_value);
    return (recent[(count - 1) / 2] + recent[count / 2]) / 2 * (double)left;
}

void sdse_duration_text(double seconds, char text[16]) {
    const bool known = isfinite(seconds) && seconds < 360000;
    const unsigned s = known ? (unsigned)(seconds + 0.5) : 0;
    if (!known)
        snprintf(text, 16, "?");
    else if (s >= 3600)
        snprintf(text, 16, "%u:%02u:%02u", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(text, 16, "%u:%02u", s / 60, s % 60);
}
