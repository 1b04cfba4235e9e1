#include "cli/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const double first_seconds = 0.5, redraw_seconds = 0.2;

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void cli_format_duration(double seconds, char text[16]) {
    const bool known = isfinite(seconds) && seconds < 360000;
    const unsigned s = known ? (unsigned)(seconds + 0.5) : 0;
    if (!known)
        snprintf(text, 16, "?");
    else if (s >= 3600)
        snprintf(text, 16, "%u:%02u:%02u", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(text, 16, "%u:%02u", s / 60, s % 60);
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Median of `count` >= 1 numbers, which are reordered.
static double median(double *numbers, size_t count) {
    qsort(numbers, count, sizeof *numbers, by_value);
    return (numbers[(count - 1) / 2] + numbers[count / 2]) / 2;
}

void cli_progress_begin(struct cli_progress *progress, const char *verb,
                        const char *items, size_t total) {
    const char *ci = getenv("CI"); // NOLINT(concurrency-mt-unsafe): no thread sets it
    *progress = (struct cli_progress){.verb = verb,
                                      .items = items,
                                      .total = total,
                                      .shown = isatty(STDERR_FILENO) && !(ci && *ci),
                                      .start = seconds_now()};
    progress->last = progress->last_drawn = progress->start;
    pthread_mutex_init(&progress->lock, NULL);
}

static void draw(struct cli_progress *progress, double now) {
    double recent[CLI_PROGRESS_RECENT];
    const size_t count =
        progress->done < CLI_PROGRESS_RECENT ? progress->done : CLI_PROGRESS_RECENT;
    memcpy(recent, progress->between, count * sizeof *recent);
    char eta[16];
    cli_format_duration(
        median(recent, count) * (double)(progress->total - progress->done), eta);
    fprintf(stderr, "\r\033[K%s: %zu/%zu %s  ETA %s", progress->verb, progress->done,
            progress->total, progress->items, eta);
    progress->drawn = true;
    progress->last_drawn = now;
}

void cli_progress_add(struct cli_progress *progress, size_t items) {
    if (!progress->shown || items == 0)
        return;
    pthread_mutex_lock(&progress->lock);
    const double now = seconds_now();
    const double each = (now - progress->last) / (double)items;
    for (size_t i = 0; i < items; i++)
        progress->between[(progress->done + i) % CLI_PROGRESS_RECENT] = each;
    progress->done += items;
    progress->last = now;
    if (now - progress->start >= first_seconds &&
        now - progress->last_drawn >= redraw_seconds &&
        progress->done < progress->total)
        draw(progress, now);
    pthread_mutex_unlock(&progress->lock);
}

void cli_progress_end(struct cli_progress *progress) {
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = progress->shown = false;
    pthread_mutex_destroy(&progress->lock);
}
