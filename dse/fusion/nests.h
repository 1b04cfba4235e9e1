// What is known of the nests of groups: bounds and answers, each valid in an interval
// of room. Private to dse/fusion/.
#ifndef SDSE_DSE_FUSION_NESTS_H
#define SDSE_DSE_FUSION_NESTS_H

#include "dse/fusion/fusion.h"
#include "dse/fusion/overlap.h"

// What a nest is but for the room it has.
struct sdse_nest_key {
    size_t shape;                    // of its layer
    uint64_t rows, map_rows, stride; // of its part
    uint64_t columns, map_columns, column_stride;
    uint64_t samples, groups; // likewise; of words those of a row
    int64_t pad, column_pad;  // likewise
    uint64_t ins, outs;       // likewise: channels of a group that it reads, makes
    uint64_t continues, unfinished, rescales; // 0 or 1
    struct {
        uint64_t tensors;                   // at home there
        uint64_t operands;                  // likewise, of an addition
        uint64_t addends;                   // likewise
    } in[SDSE_MOST_SHARED];                 // each memory that shares
    uint64_t writes_through, loads_weights; // 0 or 1
    uint64_t loaded_inputs;                 // words
    uint64_t ahead;                         // set of SDSE_BIT(tensor)
    uint64_t loaded_into;                   // memory of the last two; 0: none
    uint64_t sides; // 0 or 1: answers are of both sides of the outermost memory
};

struct sdse_nest_answer {
    struct sdse_nest_answer *next; // of the same key
    // Of each memory that shares: reserved where it was searched; between which rooms
    // it is the answer.
    double asked_bits[SDSE_MOST_SHARED];
    double least_room_bits[SDSE_MOST_SHARED], most_room_bits[SDSE_MOST_SHARED];
    struct sdse_map_answer answer;
    size_t count;
    struct sdse_tradeoff *elements;        // of its points: by rising energy
    struct sdse_overlap_sides least_sides; // of any of them
};

struct sdse_nest_entry {
    struct sdse_nest_key key;
    struct sdse_nest_entry *next; // of the same slot
    size_t layer;                 // one that has the shape
    struct sdse_nest part;
    bool bounded;
    struct sdse_tradeoff bound;            // of energy, of latency, at any room
    struct sdse_overlap_sides bound_sides; // of outer, of inner cycles
    // Reserved of each memory: where it may fit, and where it does not, if such a place
    // was looked at.
    bool fits_known, overflow_known;
    double fits_bits[SDSE_MOST_SHARED], overflow_bits[SDSE_MOST_SHARED];
    struct sdse_nest_answer *answers;
    struct sdse_nest_answer *ahead; // searched, not asked for yet
    bool slow;                      // a search ahead was given up
};

enum { SDSE_NEST_SLOTS = 1 << 14 };

struct sdse_nests {
    const struct sdse_fusion_request *request;
    unsigned memory_count; // that share
    unsigned level[SDSE_MOST_SHARED];
    double capacity_bits[SDSE_MOST_SHARED]; // INFINITY: unlimited
    struct sdse_nest_entry *slot[SDSE_NEST_SLOTS];
    struct sdse_fusion_counts *counts;
    bool stopped;
    struct sdse_arena *arena; // owns it all, but for what is searched ahead
    unsigned worker_count;    // 0: nothing was
    struct sdse_arena **worker;
    // Nodes of searches for what was asked, of the longest of them, and of those ahead
    // for what was not asked yet.
    struct {
        uint64_t asked, longest, ahead;
    } nodes;
};

// For a request, with nothing known yet: *nests is all zeros. Everything but what is
// searched ahead lives in `arena`.
void sdse_nests_init(const struct sdse_fusion_request *request,
                     struct sdse_fusion_counts *counts, struct sdse_arena *arena,
                     struct sdse_nests *nests);
// Frees what was searched ahead.
void sdse_nests_free(struct sdse_nests *nests);

// Whether the search is to end: answers from now on are none. Asks the request.
bool sdse_nests_stopped(struct sdse_nests *nests);

// The entry of a nest of a layer; NULL: memory is out. at: what it has in each memory
// that shares, whose levels and reserved bits are not looked at. sides: its answers are
// fronts of energy, outer and inner cycles; where least energy is asked for, of that
// alone.
struct sdse_nest_entry *sdse_nests_entry(struct sdse_nests *nests, size_t layer,
                                         const struct sdse_nest *part,
                                         const struct sdse_residence *at, bool sides);

// The layer that an entry stands for.
//
// reserved_bits  of each memory that shares
// residence      out: [SDSE_MOST_SHARED], of each of them, with those; the layer points
//                to it, unless it says nothing
struct sdse_layer sdse_nest_layer(const struct sdse_nests *nests,
                                  const struct sdse_nest_entry *entry,
                                  const double *reserved_bits,
                                  struct sdse_residence *residence);

// What no mapping of the entry stays below, whatever is reserved.
enum sdse_status sdse_nests_bound(struct sdse_nests *nests,
                                  struct sdse_nest_entry *entry);

// Whether the entry may have a mapping where so much is reserved of each memory that
// shares; false: it has none.
enum sdse_status sdse_nests_may_fit(struct sdse_nests *nests,
                                    struct sdse_nest_entry *entry,
                                    const double *reserved_bits, bool *may);

// The answer where so much is reserved of each memory that shares; count 0: nothing
// fits.
enum sdse_status sdse_nests_answer(struct sdse_nests *nests,
                                   struct sdse_nest_entry *entry,
                                   const double *reserved_bits,
                                   const struct sdse_nest_answer **answer);

// An answer that is known: the one where so much is reserved, or one where no more is,
// which no mapping stays below, either; NULL: none is known.
const struct sdse_nest_answer *sdse_nests_wider(const struct sdse_nests *nests,
                                                const struct sdse_nest_entry *entry,
                                                const double *reserved_bits);

// A question to come.
struct sdse_nest_question {
    struct sdse_nest_entry *entry;
    const double *reserved_bits; // of each memory that shares
};

// Searches ahead, by the request's threads, what sdse_nests_answer would search for
// the first few of the questions: no answer depends on it, nor any count. These take
// about as many nodes in all as those for what is asked: what takes more is left.
enum sdse_status sdse_nests_search_ahead(struct sdse_nests *nests,
                                         const struct sdse_nest_question *question,
                                         size_t count);

#endif
