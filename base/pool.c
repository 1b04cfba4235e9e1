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

struct sdse_parallel {
    struct job job;
    unsigned started;
    struct worker *workers;
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

enum sdse_status sdse_parallel_begin(size_t count, unsigned threads, sdse_task task,
                                     void *context, struct sdse_parallel **loop) {
    if (!threads)
        threads = sdse_processors();
    if (threads > count)
        threads = count ? (unsigned)count : 1;
    struct sdse_parallel *made = calloc(1, sizeof *made);
    struct worker *workers = made ? calloc(threads, sizeof *workers) : NULL;
    if (!workers) {
        free(made);
        return SDSE_NO_MEMORY;
    }
    made->job = (struct job){.task = task, .context = context, .count = count};
    made->workers = workers;
    // The caller is worker 0; a thread that cannot be started only makes it slower.
    made->started = 1;
    for (; made->started < threads; made->started++) {
        struct worker *worker = &workers[made->started];
        *worker = (struct worker){.job = &made->job, .number = made->started};
        if (pthread_create(&worker->thread, NULL, work, worker))
            break;
    }
    workers[0] = (struct worker){.job = &made->job, .number = 0};
    *loop = made;
    return SDSE_OK;
}

void sdse_parallel_end(struct sdse_parallel *loop) {
    if (!loop)
        return;
    work(&loop->workers[0]);
    for (unsigned i = 1; i < loop->started; i++)
        pthread_join(loop->workers[i].thread, NULL);
    free(loop->workers);
    free(loop);
}

enum sdse_status sdse_parallel_for(size_t count, unsigned threads, sdse_task task,
                                   void *context) {
    struct sdse_parallel *loop = NULL;
    const enum sdse_status status =
        sdse_parallel_begin(count, threads, task, context, &loop);
    sdse_parallel_end(loop);
    return status;
}
