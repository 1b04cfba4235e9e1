// Networks that a program generates, one of each seed: its arguments, and how far it
// is.
#ifndef SDSE_TESTS_SUPPORT_SEEDS_H
#define SDSE_TESTS_SUPPORT_SEEDS_H

#include <stdint.h>

struct seeds {
    uint64_t count, first;
    uint64_t current; // of the last one begun
};

// PROGRAM [NETWORKS [FIRST_SEED]]: what is not said stays.
void seeds_read(int argc, char **argv, struct seeds *seeds);

// A test that says when it ends which network was the last.
#define SEEDED_TEST(test, seeds) \
    cmocka_unit_test_prestate_setup_teardown(test, NULL, seeds_tell, seeds)
int seeds_tell(void **state);

#endif
