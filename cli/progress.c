#include "cli/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

static const double first_seconds = 0.5, redraw_seconds = 0.2;

void cli_progress_begin(struct cli_progress *progress, const char *verb,
                        const char *items, size_t total) {
    const char *ci = getenv("CI"); // NOLINT(concurrency-mt-unsafe): no thread sets it
    *progress = (struct cli_progress){.verb = verb,
                                      .items = items,
                                      .total = total,
                                      .shown = isatty(STDERR_FILENO) && !(ci && *ci),
                                      .start = sdse_seconds_now()};
    progress->last_drawn = progress->start;
    sdse_eta_begin(&progress->eta, progress->start);
    pthread_mutex_init(&progress->lock, NULL);
}

static void draw(struct cli_progress *progress, double now) {
    char eta[16];
    sdse_duration_text(sdse_eta_s(&progress->eta, progress->total - progress->done),
                       eta);
    fprintf(stderr, "\r\033[K%s: %zu/%zu %s  ETA %s", progress->verb, progress->done,
            progress->total, progress->items, eta);
    progress->drawn = true;
    progress->last_drawn = now;
}

void cli_progress_add(struct cli_progress *progress, size_t items) {
    if (!progress->shown || items == 0)
        return;
    pthread_mutex_lock(&progress->lock);
    const double now = sdse_seconds_now();
    sdse_eta_add(&progress->eta, items, now);
    progress->done += items;
    if (now - progress->start >= first_seconds &&
        now - progress->last_drawn >= redraw_seconds &&
        progress->done < progress->total)
        draw(progress, now);
    pthread_mutex_unlock(&progress->lock);
}

void cli_progress_step(void *progress) { cli_progress_add(progress, 1); }

void cli_progress_set(void *context, size_t done, size_t total) {
    struct cli_progress *progress = context;
    progress->total = total;
    if (done > progress->done)
        cli_progress_add(progress, done - progress->done);
}

void cli_progress_end(struct cli_progress *progress) {
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = progress->shown = false;
    pthread_mutex_destroy(&progress->lock);
}
