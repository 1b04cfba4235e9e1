// Networks whose layers may take turns, by brute force: every partition into groups,
// every configuration of every group, the memory that it holds what it does in
// included, and every assignment of places, each nest asked of the mapper itself with
// exactly what is held beside it in each memory. No states, no bounds, no intervals,
// nothing kept from one group to the next; only the rows of a group are those of
// dse/fusion/rows.h, which tests/oracle/test_fused_rows.c compares with schedules.
#ifndef SDSE_TESTS_SUPPORT_FUSIONBRUTE_H
#define SDSE_TESTS_SUPPORT_FUSIONBRUTE_H

#include "dse/fusion/fusion.h"

enum { BRUTE_LAYERS = 7, BRUTE_POINTS = 1 << 16 };

struct brute_problem {
    struct sdse_arena *arena;
    const struct sdse_arch *arch; // DRAM, and a memory that shares, or several
    struct sdse_workload *net;    // of at most BRUTE_LAYERS layers
    enum sdse_fusion_tiles tiles;
    bool columns; // tiles may be of some
    bool overlap; // the outermost memory may work ahead
    bool moves; // tensors may be moved between layers, into memories that share, out of
                // them, and from one to another
    size_t depth;
};

struct brute_points {
    size_t count;
    struct sdse_tradeoff at[BRUTE_POINTS];
};

// What was met since the program began.
struct brute_seen {
    uint64_t ways, asked;
    uint64_t functions_of_other_rows;
};

// An accelerator of two memories, of random sizes and costs, the smaller of which
// shares. In `arena`.
const char *brute_make_arch(uint64_t *state, struct sdse_arena *arena);

// Reads the texts into p->arch and p->net; a fault in them fails the test.
void brute_read(const char *arch, const char *network, struct brute_problem *p);

// The front over all ways, by rising energy.
const struct brute_points *brute_find(const struct brute_problem *p);
const struct brute_seen *brute_seen(void);

// Whether some layers behind one another may be a group: one of `count` members that
// begins with layer `first`.
bool brute_is_group(const struct brute_problem *p, size_t first, size_t count);

// --- The programme beside it ---

struct compared {
    uint64_t networks, fused, none, points, groups, retained, recomputed, kept,
        buffered, again, adding, added_there, heads, keys, channels, weights_there,
        functions, pools, columns, banded, branching, additions, together, for_all,
        overlapped, overlapped_inside, copies, brought, passed, inner, elsewhere,
        sums_elsewhere;
    struct sdse_fusion_counts counts; // sums; groups: of the last
};

// Asks dse/fusion/ for the front, the corners of its hull, least energy and least
// latency, and holds all beside brute force; of picked elements the sums over their
// nests, that these are valid, and the MACs.
void compare_with_brute_force(const struct brute_problem *p, struct compared *seen);

// So with `count` problems of seeds from `first` on; `make` says whether a seed's is
// one of them. *seed is the last one made, for a message.
void compare_problems(bool (*make)(uint64_t seed, struct brute_problem *p),
                      uint64_t first, uint64_t count, uint64_t *seed,
                      struct compared *seen);

// Begins the line that says what was compared, of so many networks, up to its groups.
void compare_print(const char *what, uint64_t networks, const struct compared *seen);

#endif
