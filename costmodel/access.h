// What a memory moves at once, where an access moves some bits at least
// (`access_bits`).
//
// A transfer is all that one instance of a memory gives out, or takes in, of one tensor
// in one step; reads for the children, reads to drain, fills and updates are apart. Its
// words stand together and fill whole accesses. How large transfers are is that of the
// nest with whole factors, as if all its windows lay on the map: docs/model.md, section
// 6; oracle: tests/oracle/test_counts_oracle.c.
#ifndef SDSE_COSTMODEL_ACCESS_H
#define SDSE_COSTMODEL_ACCESS_H

#include "costmodel/edge.h"

// So many transfers, of all instances together, of so many words each.
struct sdse_transfer {
    double times, words;
};

// Whole tiles and credited moves of inputs; first and further visits of outputs.
struct sdse_transfer_sizes {
    struct sdse_transfer of[2];
};

struct sdse_edge_transfers {
    // Of the parent: to the children, or of sums that are added to.
    struct sdse_transfer_sizes reads;
    struct sdse_transfer_sizes updates; // of the parent
    struct sdse_transfer_sizes fills;   // of the children
    struct sdse_transfer_sizes drains;  // of the children
};

// Fills *transfers for an edge whose tensor, parent and child are set. False: out of
// memory.
bool sdse_edge_transfers(const struct sdse_view *view, const struct sdse_edge *edge,
                         struct sdse_edge_transfers *transfers);

// Transfers of a basis, which are as many as those of its coefficients: all are equal,
// `read` words are read in them, and `filled` are put into the children.
void sdse_edge_transfers_level(struct sdse_edge_transfers *transfers, double read,
                               double filled);

// All words times `share`.
void sdse_edge_transfers_scale(struct sdse_edge_transfers *transfers, double share);

// What the last access of every transfer moves beyond its words. [bits]
//
//     sum of times x (⌈words x bits per word / least⌉ x least − words x bits per word)
//
// sizes NULL: one transfer of `words`. 0 if `least` is 0 or there are no words.
double sdse_access_padding_bits(const struct sdse_transfer_sizes *sizes, uint64_t words,
                                double bits_per_word, uint32_t least);

// Whether a memory at an end of the edge moves more than its words.
bool sdse_edge_pads(const struct sdse_arch *arch, const struct sdse_edge *edge);

#endif
