// The smallest changes of an accelerator that make a mapping possible, and which of its
// demands contradict each other.
//
// A demand is one constraint of the dataflow or the finite capacity of one level.
#ifndef SDSE_DSE_REFUSAL_RELAX_H
#define SDSE_DSE_REFUSAL_RELAX_H

#include "dse/refusal/feasible.h"

enum sdse_change_kind {
    SDSE_CHANGE_VALUE,    // a factor constraint asks for `value`
    SDSE_CHANGE_FRACTION, // a utilisation constraint asks for `fraction`
    SDSE_CHANGE_DIMS,     // a list of dims also has `dims`
    SDSE_CHANGE_DROP,     // the constraint is dropped
    SDSE_CHANGE_CAPACITY, // the level's tiles may take `value` bits
    SDSE_CHANGE_FANOUT,   // `value` instances on an axis of the level's fan-out
    SDSE_CHANGE_SPATIAL   // `dims` may be spatial there
};

// One change that, alone, admits a mapping. No smaller change of the same number does.
struct sdse_change {
    enum sdse_change_kind kind;
    unsigned level;
    size_t constraint; // index in the dataflow; of constraints only
    int axis;          // 0 X, 1 Y; of fan-outs only
    uint64_t value;    // capacity: bits of one instance, double buffering included
    double fraction;
    unsigned dims;
    // How large the change is [>= 1]: new over old number, or old over new; a list: 1 +
    // dims added; a rule that can only be dropped: 2.
    double measure;
};

struct sdse_demand {
    bool capacity;     // of `level`; else a constraint
    unsigned level;    // of a capacity
    size_t constraint; // index in the dataflow
};

struct sdse_relaxations {
    size_t change_count; // smallest measure first; ties: as in sdse_change_kind, then
                         // in the order of the file
    struct sdse_change *change;
    bool changes_decided; // false: the effort ran out before all changes were tried
};

struct sdse_conflicts {
    // Demands that no mapping meets, whatever becomes of all others.
    size_t single_count;
    struct sdse_demand *single;
    // Each alone admits a mapping, both together do not.
    size_t pair_count;
    struct sdse_demand (*pair)[2];
    // Without singles and pairs: demands that no mapping meets together although it
    // could without any one of them.
    size_t group_count;
    struct sdse_demand *group;
    bool decided;
};

// Every single change that admits a mapping of a problem that has none. Effort is taken
// from *questions. False when memory is out.
// Fan-outs are widened up to 16 times and 4096 instances, and by one dim.
// Oracle: tests/oracle/test_refusal_oracle.c.
bool sdse_find_relaxations(struct sdse_feasibility *questions,
                           struct sdse_relaxations *relaxations);

// Which demands contradict each other. As above.
bool sdse_find_conflicts(struct sdse_feasibility *questions,
                         struct sdse_conflicts *conflicts);

// The problem's accelerator with one change, or with only the demands in a list (all
// other constraints and capacities gone). Lives in `arena`; NULL when memory is out.
struct sdse_arch *sdse_changed_arch(const struct sdse_problem *problem,
                                    const struct sdse_change *change,
                                    struct sdse_arena *arena);
struct sdse_arch *sdse_demanding_arch(const struct sdse_problem *problem,
                                      const struct sdse_demand *demand, size_t count,
                                      struct sdse_arena *arena);

#endif
