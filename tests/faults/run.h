// Runs sdse in a folder below root, with a preloaded library or without.
#ifndef SDSE_TESTS_FAULTS_RUN_H
#define SDSE_TESTS_FAULTS_RUN_H

#include "files.h"

struct ran {
    int status; // exit status, or 128 + the signal
    struct bytes out, err;
};
void free_ran(struct ran *ran);

// Runs sdse in root/folder. `fault` is SDSE_FAULT, or NULL; `path` is where the stack
// of the call that failed goes, or without a fault those of all calls; or NULL.
struct ran run_sdse(const char *folder, const char *const *words, const char *fault,
                    const char *path);

#endif
