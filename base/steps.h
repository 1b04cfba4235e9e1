// Whom long work tells how far it is.
#ifndef SDSE_BASE_STEPS_H
#define SDSE_BASE_STEPS_H

#include <stddef.h>

struct sdse_steps {
    void (*at)(void *context, size_t done, size_t total);
    void *context;
};

// So much is done, of so much; steps may be NULL.
static inline void sdse_steps_at(const struct sdse_steps *steps, size_t done,
                                 size_t total) {
    if (steps)
        steps->at(steps->context, done, total);
}

#endif
