// What the evaluation of one mapping remembers for the next.
#ifndef SDSE_COSTMODEL_MEMO_H
#define SDSE_COSTMODEL_MEMO_H

#include <stdint.h>

// Answers of sdse_mesh_reach where windows coincide (costmodel/hops.h): listing all
// destinations takes longer than everything else about a mapping, and the mappings a
// search scores share few placements.
enum { SDSE_REACH_ENTRIES = 64, SDSE_REACH_WORDS = 32 };

struct sdse_reach_entry {
    unsigned words; // of the key: the spatial loops; 0 = empty
    uint64_t key[SDSE_REACH_WORDS];
    double hops, destinations;
};

// Rows that all visits along one axis take (costmodel/exact.h): their sets are cut at
// the map one by one, and mappings that follow each other differ along other axes.
enum { SDSE_LINE_ENTRIES = 128, SDSE_LINE_WORDS = 24 };

struct sdse_line_entry {
    unsigned words; // of the key: the axis, the tile and all loops; 0 = empty
    uint64_t key[SDSE_LINE_WORDS];
    uint64_t rows;
};

// For one accelerator and layer, and one thread. All zero: empty.
struct sdse_reach_memo {
    struct sdse_reach_entry entry[SDSE_REACH_ENTRIES];
    struct sdse_line_entry line[SDSE_LINE_ENTRIES];
};

#endif
