// The naive simulator: runs a mapping's loop nest step by step, with an explicit buffer
// for every instance of every memory and explicit sets of words, and counts what moves.
// It knows the counting rules of docs/model.md and nothing of the cost model's
// formulas.
#ifndef SDSE_TESTS_ORACLE_SUPPORT_SIMULATOR_H
#define SDSE_TESTS_ORACLE_SUPPORT_SIMULATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "spec/types/arch.h"
#include "spec/types/mapping.h"
#include "spec/types/nest.h"

enum { SIMULATION_MAX_SPREADS = 32 };

// Words that left an instance in a step in which `scatter` different sets went to
// `multicast` children each.
struct simulated_spread {
    uint64_t multicast, scatter, words;
};

// Below one level, for one tensor; all instances of the level together.
struct simulated_network {
    uint64_t words;    // after merging the children below each instance
    uint64_t adds;     // partial sums that disappeared by addition here
    uint64_t returned; // partial sums on their way back to children, merged likewise
    // Sum over words of 2 x hops to their destinations, and how many words: those of
    // the nest as if all its windows lay on the map.
    uint64_t half_hops_words, hops_words;
    unsigned spread_count;
    struct simulated_spread spread[SIMULATION_MAX_SPREADS];
};

// How often instances of a memory moved so many words at once, by their number modulo a
// common multiple of all least accesses: what a transfer moves beyond its words depends
// on no more of it.
enum { SIMULATION_PERIOD = 192 };
struct simulated_transfers {
    uint32_t times[SIMULATION_PERIOD];
    uint64_t alone; // words that move at once, whatever the nest
};

// At one level, for one tensor; all instances together. [words]
struct simulated_flow {
    bool kept;
    uint64_t tile_words; // largest tile of one instance
    uint64_t reads, fills, updates;
    uint64_t drained; // read out of the instances to go up, before reduction
    // The most steps from the one in which a word arrives to the last one in which the
    // tile that holds it is read, both counted. life: of the nest as if all its windows
    // lay on the map.
    uint64_t life, life_on_map;
    // Where some access of the accelerator moves some bits at least: of the nest with
    // whole factors, as if all its windows lay on the map. What one instance gives out,
    // or takes in, in one step is one transfer.
    struct simulated_transfers read, fill, update, drain;
};

struct simulation {
    unsigned level_count;
    struct simulated_flow flow[SDSE_MAX_LEVELS][SDSE_TENSORS];
    struct simulated_network network[SDSE_MAX_LEVELS][SDSE_TENSORS];
    uint64_t used[SDSE_MAX_LEVELS + 1]; // instances that ever have work; last:
                                        // multipliers
    uint64_t steps;                     // in which somebody works
    uint64_t macs;
    uint64_t outputs;                // words of the layer
    uint64_t added[SDSE_MAX_LEVELS]; // words read to be added to finished outputs
    // Of the words of each network, those, by where they were read.
    uint64_t added_crossed[SDSE_MAX_LEVELS][SDSE_MAX_LEVELS];
    // Partial sums that were at home before: read as something first arrived that is
    // added to them; multiplied by the vector unit before. And whether some are.
    uint64_t continued[SDSE_MAX_LEVELS], rescaled[SDSE_MAX_LEVELS];
    bool continues, unfinished;
    // Tiles of inputs that kept their origin but were cut off elsewhere (imperfect
    // factors): what was new in them was fetched, the remembered shift kept.
    uint64_t recuts;
};

// Steps x multipliers the simulator would visit: its running time.
uint64_t simulation_work(const struct sdse_mapping *mapping);

// Runs the nest for at most `step_limit` steps (0 = all of them), then drains. Of
// `arch`, only the fan-outs, the networks' multicast, reduce and window_sharing and
// which levels share a memory matter. Returns SDSE_OK or SDSE_NO_MEMORY.
enum sdse_status simulate(const struct sdse_arch *arch, const struct sdse_nest *nest,
                          const struct sdse_mapping *mapping, uint64_t step_limit,
                          struct simulation *result);

// The same where tensors are at home in a shared memory (spec/types/residence.h); NULL:
// none is. What is reserved there does not matter.
struct sdse_residence;
enum sdse_status simulate_at(const struct sdse_arch *arch, const struct sdse_nest *nest,
                             const struct sdse_mapping *mapping,
                             const struct sdse_residence *residence,
                             uint64_t step_limit, struct simulation *result);

// Then adds `maps` maps to the finished outputs, beside the memory of level `vector`,
// of which there is one instance: word by word from where each map is.
enum sdse_status simulate_addends(const struct sdse_arch *arch,
                                  const struct sdse_nest *nest,
                                  const struct sdse_mapping *mapping,
                                  const struct sdse_residence *residence, unsigned maps,
                                  unsigned vector, struct simulation *result);

// Twice the hops of one word from the middle of the left edge of a mesh of `rows`
// physical rows to the children at (x[i], y[i]): the furthest column, and along every
// column touched the way up and down from the middle. A whole number. [half hops]
uint64_t simulated_half_hops(const unsigned *x, const unsigned *y, unsigned count,
                             unsigned rows);

#endif
