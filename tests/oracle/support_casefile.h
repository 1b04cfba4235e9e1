// Reference counts in JSON (tests/data/counts): a layer, an accelerator, a mapping and
// what is expected of them.
//
// The files speak of words; the accelerator that is built here speaks of bits, with one
// word width everywhere. Counts in the files are per used instance.
#ifndef SDSE_TESTS_ORACLE_SUPPORT_CASEFILE_H
#define SDSE_TESTS_ORACLE_SUPPORT_CASEFILE_H

#include <stdio.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"
#include "costmodel/types/cost.h"
#include "oracle/support_simulator.h"
#include "spec/tree.h"

struct count_case {
    const char *name;
    struct sdse_arch arch;
    struct sdse_layer layer;
    struct sdse_mapping mapping;
    bool imperfect; // some factors exceed the layer's bounds
    const char *level_name[SDSE_MAX_LEVELS];
    const struct sdse_node *expected;
};

// Reads one file. Everything lives in `arena`. SDSE_INVALID: the diagnostics say why.
enum sdse_status count_case_read(struct sdse_arena *arena, const char *path,
                                 struct sdse_diags *diags, struct count_case *out);

// Compares every expectation of the file with `cost`, printing one line per mismatch.
//
// spreads   a simulation of the case for the sets of children that share a word: of
//           all steps for imperfect factors, of the first step otherwise; NULL leaves
//           `multicast` and `by_factor` unchecked
// compared  in/out: expectations compared are added
//
// Returns the mismatches.
unsigned count_case_compare(const struct count_case *subject,
                            const struct sdse_cost *cost,
                            const struct simulation *spreads, unsigned *compared,
                            FILE *out);

#endif
