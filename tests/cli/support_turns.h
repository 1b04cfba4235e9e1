// Generated networks whose layers may take turns, on a small accelerator, for sweeps
// (support_swept.h).
#ifndef SDSE_TESTS_CLI_TURNS_H
#define SDSE_TESTS_CLI_TURNS_H

#include <stdint.h>

// chip.yaml: a shared memory of about a hundred bytes, below it registers.
void write_turns_chip(uint64_t *state);
// chip.yaml and net.yaml, the same for the same seed.
void make_turns(uint64_t seed);
// Likewise: a residual block between layers, so many memories that share, GLB the
// innermost of them.
void make_block_among(uint64_t seed, unsigned memories);

// Makes both and sweeps for the least energy, by the first seed that has groups.
void sweep_with_groups(const char *database, const char *mapper);

#endif
