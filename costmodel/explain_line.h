// Lines of an explanation: each multiplies a count by a unit cost, shows both, adds the
// product to the sum and the count to the tally. Private to costmodel/.
#ifndef SDSE_COSTMODEL_EXPLAIN_LINE_H
#define SDSE_COSTMODEL_EXPLAIN_LINE_H

#include <stdio.h>

#include "costmodel/access.h"
#include "costmodel/edge.h"
#include "costmodel/model.h"

enum { SDSE_MOST_SOURCES = 96 };

struct sdse_explanation {
    FILE *out;
    const struct sdse_model *model;
    struct sdse_cost seen;             // what the lines so far add up to
    double access_pj[SDSE_MAX_LEVELS]; // of the accesses of each level
    // Of the edge under way; NULL: an action is one transfer.
    struct sdse_edge_transfers *transfers;
    unsigned lines;
    unsigned source_count;
    const struct sdse_number *source[SDSE_MOST_SOURCES];
};

enum sdse_access {
    SDSE_ACCESS_READ,
    SDSE_ACCESS_DRAIN,
    SDSE_ACCESS_FILL,
    SDSE_ACCESS_UPDATE
};

// Words at a memory: bits, accesses of its port, energy. Nothing for 0 words.
void sdse_explain_access(struct sdse_explanation *x, unsigned level,
                         enum sdse_access access, enum sdse_part part, uint64_t words,
                         double bits_per_word);

// Words on the network below edge level `l`, and additions on the way up.
void sdse_explain_network(struct sdse_explanation *x, unsigned l, enum sdse_part part,
                          enum sdse_tensor tensor, const struct sdse_edge *edge,
                          uint64_t words, uint64_t adds, double bits_per_word);

// "label  amount unit x number = product pJ"; returns the product, which the caller
// books. `amount` is printed with at most 12 digits.
double sdse_explain_product(struct sdse_explanation *x, const char *label,
                            double amount, const char *unit, double cost_pj,
                            const struct sdse_number *number);

// Ends a line with the number of the source of a unit cost, if it is given.
void sdse_explain_cite(struct sdse_explanation *x, const struct sdse_number *number);

// The numbered list of sources.
void sdse_explain_sources(const struct sdse_explanation *x);

// A number as text: as short as says it all, at most 12 digits, thousands apart.
struct sdse_digits {
    char text[48];
};
struct sdse_digits sdse_digits_u64(uint64_t value);
struct sdse_digits sdse_digits_f64(double value);

#endif
