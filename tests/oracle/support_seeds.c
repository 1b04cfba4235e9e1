#include "oracle/support_seeds.h"

#include <stdio.h>
#include <stdlib.h>

void seeds_read(int argc, char **argv, struct seeds *seeds) {
    if (argc > 1)
        seeds->count = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        seeds->first = strtoull(argv[2], NULL, 10);
}

int seeds_tell(void **state) {
    const struct seeds *seeds = *state;
    fprintf(stderr, "last network: %llu\n", (unsigned long long)seeds->current);
    return 0;
}
