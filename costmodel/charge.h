// Private to the evaluator: what the words that move cost, added up and itemised.
//
// Each function adds to `energy_pj`, `access_pj` and `moved` and, where `cost` is not
// NULL, to its items; energies are in pJ, words are exact. docs/model.md, section 6;
// oracle: tests/oracle/test_counts_oracle.c. Where memory is out, `out_of_memory` is
// set and the sums are incomplete.
#ifndef SDSE_COSTMODEL_CHARGE_H
#define SDSE_COSTMODEL_CHARGE_H

#include <stdbool.h>
#include <stdint.h>

#include "costmodel/access.h"
#include "costmodel/evaluate.h"
#include "costmodel/latency.h"
#include "costmodel/model.h"
#include "costmodel/refresh.h"
#include "costmodel/view.h"

// One evaluation under way. `cost` is NULL when only the totals are asked for.
struct sdse_evaluation {
    const struct sdse_model *model;
    struct sdse_view view;
    unsigned keeps[SDSE_MAX_LEVELS];
    struct sdse_bits_moved moved;
    double energy_pj;
    double access_pj[SDSE_MAX_LEVELS]; // of the accesses of each level
    uint64_t rebuild_cycles;
    uint64_t fill_cycles, drain_cycles;
    // Of the edge under way, where accesses move some bits at least; NULL: an action is
    // one transfer.
    struct sdse_edge_transfers *transfers;
    struct sdse_lives *lives; // NULL: not asked for
    struct sdse_cost *cost;
    bool out_of_memory;
};

// A flow of a layer that multiplies: every edge between two memories that keep it, from
// where it is at home to the multipliers or the rebuild engine.
void sdse_charge_flow(struct sdse_evaluation *e, const struct sdse_flow *flow);

// Words of a flow that are brought in to where they are at home. None without.
void sdse_charge_brought(struct sdse_evaluation *e, const struct sdse_flow *flow);

// Finished outputs that are at home in a shared memory and go on to the outermost one.
void sdse_charge_written_through(struct sdse_evaluation *e);
// Partial sums of nests before this one.
void sdse_charge_continued(struct sdse_evaluation *e);

// Maps that are added to finished outputs, or multiplied with them: plain words,
// whatever the layer's inputs are stored as.
void sdse_charge_addends(struct sdse_evaluation *e);

// A layer that multiplies nothing: words through the memories and the vector unit.
void sdse_charge_stream(struct sdse_evaluation *e);

#endif
