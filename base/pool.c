#include "base/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

struct job {
    sdse_task task;
    void *context;
    size_t count;
    atomic_size_t next;
};

struct worker {
    pthread_t thread;
    struct job *job;
    unsigned number;
};

unsigned sdse_processors(void) {
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (unsigned)online : 1;
}

static void *work(void *argument) {
    struct worker *worker = argument;
    struct job *job = worker->job;
    for (;;) {
        size_t index = atomic_fetch_add(&job->next, 1);
        if (index >= job->count)
            return NULL;
        job->task(job->context, worker->number, index);
    }
}

enum sdse_status sdse_parallel_for(size_t count, unsigned threads, sdse_task task,
                                   void *context) {
    if (!threads)
        threads = sdse_processors();
    if (threads > count)
        threads = count ? (unsigned)count : 1;
    struct job job = {.task = task, .context = context, .count = count};
    struct worker *workers = calloc(threads, sizeof *workers);
    if (!workers)
        return SDSE_NO_MEMORY;
    // The caller is worker 0; a thread that cannot be started only makes it slower.
    unsigned started = 1;
    for (; started < threads; started++) {
        workers[started] = (struct worker){.job = &job, .number = started};
        if (pthread_create(&workers[started].thread, NULL, work, &workers[started]))
            break;
    }
    workers[0] = (struct worker){.job = &job, .number = 0};
    work(&workers[0]);
    for (unsigned i = 1; i < started; i++)
        pthread_join(workers[i].thread, NULL);
    free(workers);
    return SDSE_OK;
}
