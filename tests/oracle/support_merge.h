// What happens to the requests of one step on their way between a child and the level
// that keeps the tensor outside it: rules 4 and 5 of docs/model.md, with explicit sets.
#ifndef SDSE_TESTS_ORACLE_SUPPORT_MERGE_H
#define SDSE_TESTS_ORACLE_SUPPORT_MERGE_H

#include <stddef.h>

#include "oracle/support_simulator.h"

// Where the instances of the levels sit. Instance i of level c is the mixed-radix
// number of its places at the levels outside it, outermost first.
struct space {
    unsigned level_count;
    unsigned places[SDSE_MAX_LEVELS]; // spatial iterations below one instance
    unsigned *x[SDSE_MAX_LEVELS], *y[SDSE_MAX_LEVELS]; // of each place
    unsigned rows[SDSE_MAX_LEVELS];                    // physical rows of the fan-out
};

// Instances of level `c` that lie below one instance of level `l` <= c.
uint64_t space_span(const struct space *space, unsigned l, unsigned c);

// A set of words that one child takes, or gives, in this step: sorted word numbers.
struct request {
    uint64_t child;
    const uint64_t *words;
    size_t count;
};

// One tensor between two neighbouring keepers.
struct edge {
    enum sdse_tensor tensor;
    unsigned parent, child;       // levels; child = level count: the multipliers
    bool merges[SDSE_MAX_LEVELS]; // a level's network multicasts (reduces) the tensor
    bool window_sharing;          // at the parent's own fan-out:
    unsigned fans_at;             // the level that fans out the parent's memory
};

// Sends `count` requests of one step over the networks of the edge, adding to
// networks[parent .. child-1], one for each level. Returns the words that reach the
// parent; *ok becomes false when memory is out.
uint64_t merge_requests(const struct space *space, const struct edge *edge,
                        const struct request *requests, size_t count,
                        struct simulated_network *const networks[SDSE_MAX_LEVELS],
                        bool *ok);

#endif
