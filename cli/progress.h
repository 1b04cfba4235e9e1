// How far long work is, on a terminal: one line, redrawn, gone at the end.
//
//     map: 31/53 layers  ETA 0:08
//
// The time left is the median of the times between two items, of the latest ones, for
// each item that is left: neither a slow start nor one hard item moves it much. Nothing
// is written where stderr is no terminal, in CI (a variable CI that is not empty), or
// before half a second.
#ifndef SDSE_CLI_PROGRESS_H
#define SDSE_CLI_PROGRESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum { CLI_PROGRESS_RECENT = 31 };

struct cli_progress {
    const char *verb, *items; // "map", "layers"
    size_t done, total;
    bool shown, drawn; // whether it may be, and whether something is
    pthread_mutex_t lock;
    double start, last, last_drawn;      // [s]
    double between[CLI_PROGRESS_RECENT]; // two items, the latest ones [s]
};

// Begins to count `total` items; the names must live as long.
void cli_progress_begin(struct cli_progress *progress, const char *verb,
                        const char *items, size_t total);
// So many more are done; from any thread.
void cli_progress_add(struct cli_progress *progress, size_t items);
// Wipes the line: before anything else is printed.
void cli_progress_end(struct cli_progress *progress);

// "1:02:03", "2:03", or "?" for what is not finite or beyond a hundred hours.
void cli_format_duration(double seconds, char text[16]);

#endif
