// The kinds of nests that a configuration of a group runs, how often each, and what
// they cost together. Private to dse/fusion/.
#ifndef SDSE_DSE_FUSION_KINDS_H
#define SDSE_DSE_FUSION_KINDS_H

#include "dse/fusion/groups.h"
#include "dse/fusion/nests.h"

struct sdse_kind {
    struct sdse_nest_entry *entry;
    size_t layer; // of the network
    uint64_t times;
    uint64_t turn, steady; // of these, where the plan overlaps (overlap.h); else 0
    double reserved_bits[SDSE_MOST_SHARED]; // of each memory that shares
    struct sdse_row_run rows, columns;
    uint64_t heads, channels;
    bool continues, unfinished;
    const struct sdse_fused_nest *nest;    // NULL: of a function of single words
    const struct sdse_nest_answer *answer; // NULL: not asked for yet
    struct sdse_tradeoff least;            // of one time: a bound, or of the answer
    struct sdse_overlap_sides least_sides; // likewise
};

// Which kind a nest of a plan is, or a function of single words behind it.
struct sdse_kind_note {
    size_t nest, kind; // as indices
};

struct sdse_kinds {
    struct sdse_nests *nests;
    const struct sdse_group *group;
    const struct sdse_place_question *question;
    size_t count, room;
    struct sdse_kind *kind; // of one configuration, freed by the caller
    // Of each nest, in the order of the plan, what runs then; NULL: not noted. [nests
    // of the plan x layers of the group]
    size_t note_count;
    struct sdse_kind_note *note;
};

// Lists the kinds of another configuration.
//
// kept   layers of the group whose weights stay in the shared memory [set of
//        SDSE_BIT(i)]
// *fits  out: what is reserved overflows no memory; false: not all are listed
enum sdse_status sdse_kinds_list(struct sdse_kinds *kinds,
                                 const struct sdse_group_plan *plan, unsigned kept,
                                 bool *fits);

// Describes the kinds as those of a group, without points. In `arena`.
enum sdse_status sdse_kinds_describe(const struct sdse_kinds *kinds,
                                     const struct sdse_group_plan *plan, unsigned kept,
                                     struct sdse_arena *arena,
                                     struct sdse_fused_group *out);

// Finds what none of them stays below, whatever is reserved.
enum sdse_status sdse_kinds_bound(struct sdse_kinds *kinds);
// Likewise, one kind a call, that of most work first; of those that follow nothing is
// known, and that is 0. *done: all are found.
enum sdse_status sdse_kinds_bound_next(struct sdse_kinds *kinds, bool *done);

// Whether something may come, or go, ahead of the nests of a plan that overlaps.
bool sdse_kinds_come_ahead(const struct sdse_kinds *kinds,
                           const struct sdse_group_plan *plan, unsigned kept);

// What is known of one time of a kind, as totals.
struct sdse_totals sdse_kind_least(const struct sdse_kind *kind);

// What all of them together do not stay below, by the least of each.
struct sdse_tradeoff sdse_kinds_least(const struct sdse_kinds *kinds);

// A sum over the first kinds, and where it comes from.
struct sdse_kind_sum {
    struct sdse_tradeoff at; // the first member, as tradeoff.h has it
    uint32_t parent;         // sum over one kind less
    uint32_t choice;         // element of the kind's answer
};

struct sdse_kind_sums {
    size_t *count;                // [k] of stage[k]
    struct sdse_kind_sum **stage; // [k] over the first k kinds, by rising energy
};

// All sums that the goal needs, of kinds that are all answered. *sums lives in `arena`.
enum sdse_status sdse_kinds_sum(const struct sdse_kinds *kinds,
                                enum sdse_places_goal goal, struct sdse_arena *arena,
                                struct sdse_kind_sums *sums);

#endif
