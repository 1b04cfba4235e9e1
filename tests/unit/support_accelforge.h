// Files of AccelForge for tests: read, and what they become loaded.
#ifndef SDSE_TESTS_UNIT_SUPPORT_ACCELFORGE_H
#define SDSE_TESTS_UNIT_SUPPORT_ACCELFORGE_H

#include <stdbool.h>

#include "costmodel/evaluate.h"
#include "spec/load.h"

// Memories `top` and `low`, the nodes of `spatial`, and multipliers that cost `compute`.
#define FORGE_ARCH(size, keep, spatial, compute)                                    \
    "variables: {a: 2, b: a ** 3, c: 1, loop: loop + 1}\narch:\n  nodes:\n"         \
    "  - !Memory\n    name: top\n    size: inf\n    actions:\n"                     \
    "    - {name: read, energy: 2e-12, throughput: inf}\n"                          \
    "    - {name: write, energy: 6e-12, bits_per_action: 2}\n    tensors: {keep: "  \
    "All}\n  - !Memory\n    name: low\n    size: " size                             \
    "\n    component_class: Dummy\n    tensors: {keep: " keep "}\n" spatial         \
    "  - !Compute\n    name: mac\n    actions:\n    - {name: compute, throughput: " \
    "2e9, energy: " compute "}\n"
#define FORGE_NET                                                                      \
    "workload:\n  rank_sizes: {M: 2, N: 2, K: 2}\n  bits_per_value: {All: 8, weight: " \
    "4}\n  einsums:\n  - 'O[m, n] = I[m, k] * W[n, k]'\n"

// A unit for einsums of few tensors, and a part that words pay on their way.
#define FORGE_VECTOR(enabled, more)                                                \
    "  - !Compute {name: scalar, enabled: " enabled ", actions: [{name: compute, " \
    "energy: 3e-12, latency: 1e-9}]" more "}\n"
#define FORGE_TOLL(direction, keep, energy)                                           \
    "  - !Toll\n    name: t\n    direction: " direction "\n    tensors: {keep: " keep \
    "}\n    actions: [{name: read, energy: " energy "}]\n"

struct forge_read {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    enum sdse_status status;
    const char *arch_text, *net_text;
    struct sdse_arch *arch;
    struct sdse_workload *net;
};

// One text or two, read and loaded; what is not refused must load. `r.arena` is the
// caller's.
struct forge_read forge_read(const char *first, const char *second, bool lossy);

// Whether a diagnostic of this check says `part`.
bool forge_fired(const struct forge_read *r, const char *check, const char *part);

// What the first layer costs as a mapping's text has it.
struct sdse_cost forge_cost(struct forge_read *r, const char *mapping);

#endif
