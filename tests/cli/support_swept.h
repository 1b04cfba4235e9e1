// Sweeps of generated files: net.yaml on chip.yaml in the scratch folder, into
// databases there, which go by their names without ".db".
#ifndef SDSE_TESTS_CLI_SWEPT_H
#define SDSE_TESTS_CLI_SWEPT_H

#include <stdint.h>

// A number of 0 ... limit - 1; the state moves on.
uint64_t below(uint64_t *state, uint64_t limit);

// s.yaml, which names both files, of raw weights; `rest` ends it.
void write_sweep(const char *objective, const char *rest);
// Runs it; `rest`: "" or more options, " -j 1".
void sweep_into(const char *database, const char *rest);

// Runs it with one thread into `one`, with two into `two`, and by shards `a` and `b`,
// which are merged into `all`: all three are alike, and `all` verifies.
void sweep_in_parts(void);

// What `sdse query` says as csv, '~' for blanks; the caller frees it.
char *asked(const char *database, const char *sql);
// The first number of the first row, read from the file itself.
double number_of(const char *database, const char *sql);
// The file, changed by SQL behind sdse's back.
void change_swept(const char *database, const char *sql);

// The point of a front (csv: energy in pJ, latency in cycles) that an objective picks:
// its energy, and *cycles.
double pick_of_front(const char *front, const char *objective, double *cycles);

#endif
