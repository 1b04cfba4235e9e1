// What sdse why-not says of the memory that layers share.
#ifndef SDSE_CLI_ROOM_TEXT_H
#define SDSE_CLI_ROOM_TEXT_H

#include "cli/cli.h"
#include "dse/fusion/fusion.h"

// What a nest takes of it: its tiles and what is held beside them, a line for each.
struct cli_room_taken {
    unsigned memory; // of those that share: terms of others are none of it
    double tiles_bits;
    const struct sdse_residence *residence; // there
    size_t term_count;
    const struct sdse_held_term *term; // the sum is reserved
};

// above_bits  lines of more than so many say so; 0: none
void cli_print_room_taken(struct cli *cli, const struct sdse_workload *net,
                          const struct cli_room_taken *taken, uint64_t above_bits);

// Whether it fits, by how much, and the smallest memory that admits it.
//
// what      "the group"
// has_bits  0: unlimited
void cli_print_room_verdict(const char *what, const char *memory, uint64_t has_bits,
                            uint64_t needed_bits);

#endif
