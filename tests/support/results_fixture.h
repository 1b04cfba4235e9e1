// A made-up but consistent results.db for tests of results/: three accelerators, two
// networks, three weight forms, one override. Every figure is a fixed function of the
// position.
#ifndef SDSE_TESTS_RESULTS_FIXTURE_H
#define SDSE_TESTS_RESULTS_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "results/store/records.h"
#include "results/store/store.h"

#define FIXTURE_MODEL "test-model 1"

enum {
    FIXTURE_ARCHS = 3,
    FIXTURE_LAYERS = 4,
    FIXTURE_FORMS = 3,
    FIXTURE_OVERRIDES = 4,
    FIXTURE_POINTS = FIXTURE_ARCHS * FIXTURE_FORMS * FIXTURE_OVERRIDES, // 36
    FIXTURE_INFEASIBLE = 3, // positions 10, 21, 32
};

// A path of its own in the working directory, for this process; removes what is there.
void fixture_path(const char *name, char *path, size_t bytes);
// Removes a database and its -wal and -shm.
void fixture_remove(const char *path);

// Opens `path` for writing, failing the test if that is refused.
struct sdse_store *fixture_open(const char *path);
// Adds the sweep "fixture" and its inputs, in one batch.
void fixture_add_inputs(struct sdse_store *store);
// Adds point `position` (0 … FIXTURE_POINTS - 1) with all it refers to, inside a batch.
enum sdse_status fixture_add_point(struct sdse_store *store, uint64_t position);
// The point's hash, and whether the fixture makes it infeasible.
struct sdse_hash fixture_point_hash(uint64_t position);
bool fixture_is_infeasible(uint64_t position);
// A whole database: inputs and all points, in batches of `batch`, in the order
// position = (i * stride) mod FIXTURE_POINTS.
void fixture_fill(const char *path, unsigned batch, unsigned stride);

// Cost of a layer: parts by formula, total their sum.
void fixture_cost(const struct sdse_arch *arch, uint64_t seed, struct sdse_cost *cost);
// Accelerator `index`; static strings.
void fixture_arch(unsigned index, struct sdse_arch *arch);
// Hash of a name and a number.
struct sdse_hash fixture_hash(const char *what, uint64_t number);

#endif
