// How far long work is, on a terminal: one line, redrawn, gone at the end.
//
//     map: 31/53 distinct layers  ETA 0:08
//
// The time left is that of base/eta.h, by the latest batches. Nothing is written where
// stderr is no terminal, in CI (a variable CI that is not empty), or before half a
// second.
#ifndef SDSE_CLI_PROGRESS_H
#define SDSE_CLI_PROGRESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/eta.h"

struct cli_progress {
    const char *verb, *items; // "map", "layers"
    size_t done, total;
    bool shown, drawn; // whether it may be, and whether something is
    pthread_mutex_t lock;
    double start, last_drawn; // [s]
    struct sdse_eta eta;
};

// Begins to count `total` items; the names must live as long.
void cli_progress_begin(struct cli_progress *progress, const char *verb,
                        const char *items, size_t total);
// So many more are done; from any thread.
void cli_progress_add(struct cli_progress *progress, size_t items);
// One more is; of whoever tells nothing else. `progress` is a struct cli_progress.
void cli_progress_step(void *progress);
// So many are done, of so many: for struct sdse_steps. From one thread.
void cli_progress_set(void *progress, size_t done, size_t total);
// Wipes the line: before anything else is printed.
void cli_progress_end(struct cli_progress *progress);

#endif
