// What every fuzz target has: its entry, and how it says what does not hold.
#ifndef SDSE_TESTS_FUZZ_TARGET_H
#define SDSE_TESTS_FUZZ_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void require(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

#endif
