// Seeded generator of small layers, accelerators and mappings for the oracle tests.
#ifndef SDSE_TESTS_ORACLE_SUPPORT_CASES_H
#define SDSE_TESTS_ORACLE_SUPPORT_CASES_H

#include <stdio.h>

#include "spec/types/arch.h"
#include "spec/types/mapping.h"
#include "spec/types/workload.h"

// What a case exercises; one table: enum, bit and text.
#define ORACLE_FEATURE_MAP(X)                      \
    X(PERFECT, "perfect factors")                  \
    X(IMPERFECT, "imperfect factors")              \
    X(BYPASS, "bypass")                            \
    X(STRIDE, "stride")                            \
    X(DILATION, "dilation")                        \
    X(PADDED, "windows that leave the map")        \
    X(GAPS, "gaps between windows")                \
    X(FETCHED_GAPS, "gaps that are fetched")       \
    X(GROUPS, "groups")                            \
    X(SPATIAL, "fan-out used")                     \
    X(SEVERAL_FANOUTS, "several fan-outs used")    \
    X(SPLIT, "a dimension on X and Y")             \
    X(UNDERUSED, "unused instances")               \
    X(NO_MULTICAST, "no multicast")                \
    X(NO_REDUCE, "no reduction")                   \
    X(WINDOW_SHARING, "window sharing")            \
    X(DRAIN_READS, "drain reads")                  \
    X(RETURNS, "return transfers")                 \
    X(BANDWIDTH, "bandwidth limits")               \
    X(OWN_PORT, "ports of single tensors")         \
    X(UP_PORT, "ports of sums that go up")         \
    X(FRACTION, "fractions of a cycle per MAC")    \
    X(OVERHEAD, "clocks, static power, control")   \
    X(NO_OVERLAP, "transfers not hidden")          \
    X(SHARED_MEMORY, "several levels in a memory") \
    X(WIDE_SUMS, "wider partial sums")             \
    X(EDRAM, "cells that are refreshed")           \
    X(ACCESS, "accesses of some bits at least")

enum oracle_feature {
#define ORACLE_FEATURE_ENUM(name, text) ORACLE_##name,
    ORACLE_FEATURE_MAP(ORACLE_FEATURE_ENUM)
#undef ORACLE_FEATURE_ENUM
        ORACLE_FEATURES
};

struct oracle_case {
    uint64_t seed;
    unsigned features; // set of SDSE_BIT(feature)
    struct sdse_arch arch;
    struct sdse_layer layer;
    struct sdse_mapping mapping;
};

// What the generator may do.
struct oracle_options {
    uint64_t most_work; // steps x multipliers of a case
    bool imperfect;     // allow factors that exceed the bounds
    bool tail; // instead: perfect factors but for one temporal loop, which is shorter
               // in its last pass and runs twice then at least
};

// The text of a feature. Static storage.
const char *oracle_feature_text(enum oracle_feature feature);

// The case of a seed: the same on every machine.
void oracle_case_make(uint64_t seed, const struct oracle_options *options,
                      struct oracle_case *out);

// Recomputes `features` after the case was changed.
void oracle_case_classify(struct oracle_case *subject);

// Writes layer, accelerator and mapping as text a person can rebuild the case from.
void oracle_case_print(const struct oracle_case *subject, FILE *out);

// Changes the case to a simpler one in way `way` (from 0). Returns false if `way` does
// not apply; oracle_ways() ways exist.
bool oracle_case_simplify(struct oracle_case *subject, unsigned way);
unsigned oracle_ways(void);

// xorshift64*: the next number; below(n): uniform enough in 0 … n-1.
uint64_t oracle_random(uint64_t *state);
uint64_t oracle_below(uint64_t *state, uint64_t n);

#endif
