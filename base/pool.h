// A small thread pool: run one function over the indices 0 … count-1, in any order, on
// a few threads. Results must go to slots of their own, so that the outcome does not
// depend on the number of threads.
#ifndef SDSE_BASE_POOL_H
#define SDSE_BASE_POOL_H

#include <stddef.h>

#include "base/status.h"

// The work: `context` is shared, `worker` in 0 … threads-1 names the calling thread's
// own scratch space, `index` is what to do.
typedef void (*sdse_task)(void *context, unsigned worker, size_t index);

// Runs task(context, worker, i) for every i < count and returns when all are done.
// Indices are handed out in rising order. threads = 0 means as many as the machine has
// processors. Returns SDSE_OK, or SDSE_NO_MEMORY if no thread could be started and
// nothing was run.
enum sdse_status sdse_parallel_for(size_t count, unsigned threads, sdse_task task,
                                   void *context);

// The same in two steps: the threads but the caller's begin, and the caller does
// something else until it joins them as worker 0 and waits for the end. With one thread
// everything is done in the end. `task` and `context` are used until then. Returns
// SDSE_OK or SDSE_NO_MEMORY; *loop is freed by sdse_parallel_end (NULL is fine).
struct sdse_parallel;
enum sdse_status sdse_parallel_begin(size_t count, unsigned threads, sdse_task task,
                                     void *context, struct sdse_parallel **loop);
void sdse_parallel_end(struct sdse_parallel *loop);

// Processors this process may use, at least 1.
unsigned sdse_processors(void);

#endif
