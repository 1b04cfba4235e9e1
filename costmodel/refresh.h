// What it takes to keep words in cells that forget, and whether they are kept too long.
#ifndef SDSE_COSTMODEL_REFRESH_H
#define SDSE_COSTMODEL_REFRESH_H

#include "costmodel/model.h"

// What stays where, by level and part; 0 where nothing is kept.
struct sdse_lives {
    uint64_t steps[SDSE_MAX_LEVELS][SDSE_PARTS];    // costmodel/lifetime.h
    uint64_t arrived[SDSE_MAX_LEVELS][SDSE_PARTS];  // words, all tiles of all instances
    double place_bits[SDSE_MAX_LEVELS][SDSE_PARTS]; // of the place of one
};

struct sdse_refresh {
    uint64_t refreshes[SDSE_MAX_LEVELS][SDSE_PARTS]; // of each word that arrives
    double bits[SDSE_MAX_LEVELS][SDSE_PARTS];        // refreshed, all instances
    double pj[SDSE_MAX_LEVELS];
    uint64_t cycles[SDSE_MAX_LEVELS]; // one instance's ports are taken; of all levels
                                      // of one memory at the outermost
    double lifetime_cycles;           // longest life in a memory of class edram
    double strain; // longest life over what its memory allows, any memory; 0: no limit
};

// Longest life of a part at a level. [cycles]
//
//     steps x schedule cycles / steps of the nest
double sdse_life_cycles(const struct sdse_view *view, uint64_t steps,
                        double schedule_cycles);

//     refreshes = floor(life / retention)
//     bits      = words that arrive x bits of their places x refreshes
//     pj        = bits x refresh_pj_per_bit
//     cycles    = ceil(bits / used instances / row bits x cycles per row)
//
// schedule_cycles: the layer's latency without refreshes, so nothing is circular.
// Source: docs/model.md, lives.
void sdse_refresh_count(const struct sdse_model *model, const struct sdse_view *view,
                        const struct sdse_lives *lives, double schedule_cycles,
                        struct sdse_refresh *refresh);

#endif
