#include "dse/sweep/claims.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "results/store/claim.h"

// A part is lost to nobody else for long, and no run waits long for the last ones.
enum { PARTS = 64 };

struct sdse_claims {
    struct sdse_store *store;
    const char *database_path;
    struct sdse_hash sweep;
    struct sdse_claimant claimant;
    pthread_t thread;
    bool beats; // the thread runs
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool end;
};

uint64_t sdse_claims_part_points(uint64_t point_count) {
    const uint64_t points = point_count / PARTS;
    return points < 1                         ? 1
           : points > SDSE_CLAIMS_MOST_POINTS ? SDSE_CLAIMS_MOST_POINTS
                                              : points;
}

static void *beat(void *context) {
    struct sdse_claims *claims = context;
    pthread_mutex_lock(&claims->lock);
    while (!claims->end) {
        struct timespec next;
        clock_gettime(CLOCK_REALTIME, &next);
        next.tv_sec += SDSE_CLAIM_SECONDS / 3;
        int waited = 0;
        while (!claims->end && waited == 0)
            waited = pthread_cond_timedwait(&claims->ended, &claims->lock, &next);
        if (claims->end)
            break;
        pthread_mutex_unlock(&claims->lock);
        sdse_claim_beat(claims->database_path, &claims->claimant);
        pthread_mutex_lock(&claims->lock);
    }
    pthread_mutex_unlock(&claims->lock);
    return NULL;
}

enum sdse_status sdse_claims_begin(struct sdse_store *store, const char *database_path,
                                   struct sdse_hash sweep,
                                   struct sdse_claims **claims) {
    struct sdse_claims *made = calloc(1, sizeof *made);
    if (!made)
        return SDSE_NO_MEMORY;
    *made = (struct sdse_claims){
        .store = store, .database_path = database_path, .sweep = sweep};
    const enum sdse_status status = sdse_claim_begin(store, &made->claimant);
    if (status) {
        free(made);
        return status;
    }
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->ended, NULL);
    // Without a heartbeat a long search is done twice, at worst.
    made->beats = pthread_create(&made->thread, NULL, beat, made) == 0;
    *claims = made;
    return SDSE_OK;
}

enum sdse_status sdse_claims_take(struct sdse_claims *claims, uint64_t part,
                                  bool *taken) {
    return sdse_claim_take(claims->store, &claims->claimant, claims->sweep, part,
                           taken);
}

enum sdse_status sdse_claims_release(struct sdse_claims *claims, uint64_t end) {
    return end ? sdse_claim_release(claims->store, &claims->claimant, claims->sweep,
                                    end - 1)
               : SDSE_OK;
}

void sdse_claims_end(struct sdse_claims *claims) {
    if (!claims)
        return;
    if (claims->beats) {
        pthread_mutex_lock(&claims->lock);
        claims->end = true;
        pthread_cond_signal(&claims->ended);
        pthread_mutex_unlock(&claims->lock);
        pthread_join(claims->thread, NULL);
    }
    pthread_cond_destroy(&claims->ended);
    pthread_mutex_destroy(&claims->lock);
    sdse_claim_end(claims->store, &claims->claimant);
    free(claims);
}
