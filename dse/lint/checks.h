// Private to dse/lint/: the table of checks, and what they are given.
#ifndef SDSE_DSE_LINT_CHECKS_H
#define SDSE_DSE_LINT_CHECKS_H

#include "dse/lint/lint.h"
#include "dse/sweep/plan.h"

struct sdse_lint {
    struct sdse_arena *arena;
    struct sdse_diags *found;
    const char *check; // that runs
    const struct sdse_arch *arch;
    const struct sdse_workload *net;
    const struct sdse_plan *plan; // of a sweep
    struct sdse_node *root; // of the accelerator, else of the network or the sweep
    const struct sdse_lint_totals *totals; // of accelerator and network, once asked for
    enum sdse_status status;               // of the machine: SDSE_OK, or what failed
};

// X(name, function): of an accelerator, of an accelerator and a network, of a network,
// of a sweep.
#define SDSE_LINT_ARCH_CHECKS(X)                  \
    X("multicast-idle", multicast_idle)           \
    X("reduce-idle", reduce_idle)                 \
    X("window-sharing-idle", window_sharing_idle) \
    X("forwarding-idle", forwarding_idle)         \
    X("fanout-kind", fanout_kind)                 \
    X("number-unmarked", number_unmarked)         \
    X("number-assumed", number_assumed)           \
    X("energy-order", energy_order)               \
    X("table-node", table_node)                   \
    X("buffering-unlimited", buffering_unlimited) \
    X("overlap-idle", overlap_idle)               \
    X("format-idle", format_idle)                 \
    X("gaps-idle", gaps_idle)                     \
    X("capacity-unused", capacity_unused)         \
    X("buffering-starves", buffering_starves)     \
    X("capacity-starves", capacity_starves)       \
    X("port-starves", port_starves)

#define SDSE_LINT_PAIR_CHECKS(X)          \
    X("fanout-idle", fanout_idle)         \
    X("bandwidth-short", bandwidth_short) \
    X("format-longer", format_longer)     \
    X("engine-idle", engine_idle)

// Of the two again, about tensors that stay on the chip between layers, which sweeps do
// not ask for.
#define SDSE_LINT_HOME_CHECKS(X)          \
    X("shares-no-edges", shares_no_edges) \
    X("edges-not-shared", edges_not_shared)

#define SDSE_LINT_WORKLOAD_CHECKS(X)      \
    X("layer-repeat", layer_repeat)       \
    X("conv-depthwise", conv_depthwise)   \
    X("density-weights", density_weights) \
    X("activations-assumed", activations_assumed)

#define SDSE_LINT_SWEEP_CHECKS(X)           \
    X("axis-single", axis_single)           \
    X("axis-own", axis_own)                 \
    X("axis-idle", axis_idle)               \
    X("form-raw", form_raw)                 \
    X("form-twin", form_twin)               \
    X("points-many", points_many)           \
    X("search-all", search_all)             \
    X("limit-impossible", limit_impossible) \
    X("limit-idle", limit_idle)

#define SDSE_LINT_DECLARE(name, function) \
    void sdse_lint_##function(struct sdse_lint *lint);
SDSE_LINT_ARCH_CHECKS(SDSE_LINT_DECLARE)
SDSE_LINT_PAIR_CHECKS(SDSE_LINT_DECLARE)
SDSE_LINT_HOME_CHECKS(SDSE_LINT_DECLARE)
SDSE_LINT_WORKLOAD_CHECKS(SDSE_LINT_DECLARE)
SDSE_LINT_SWEEP_CHECKS(SDSE_LINT_DECLARE)
#undef SDSE_LINT_DECLARE

// A finding of the running check.
void sdse_lint_say(struct sdse_lint *lint, struct sdse_loc loc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// The place of the key at the first of the paths that is written ("GLB.buffering");
// `otherwise` if none is.
struct sdse_loc sdse_lint_place(struct sdse_lint *lint, struct sdse_loc otherwise,
                                const char *path, const char *second);
// The same of one path made of a name and the rest: "GLB", "network.multicast".
struct sdse_loc sdse_lint_place_in(struct sdse_lint *lint, struct sdse_loc otherwise,
                                   const char *name, const char *rest);

// The place of a memory's capacity, in whatever unit.
struct sdse_loc sdse_lint_capacity_place(struct sdse_lint *lint,
                                         const struct sdse_level *level);

// A formatted text that lives in the arena; never NULL: "?", noted, when memory is out.
const char *sdse_lint_text(struct sdse_lint *lint, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// The following are such texts.
// "P, K" of a set of dimensions, "nothing" of none.
const char *sdse_lint_dims(struct sdse_lint *lint, unsigned dims);
// "weights, inputs" of a set of tensors.
const char *sdse_lint_tensors(struct sdse_lint *lint, unsigned tensors);

#endif
