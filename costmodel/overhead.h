// Energy that is no access: clocks, static power, control.
#ifndef SDSE_COSTMODEL_OVERHEAD_H
#define SDSE_COSTMODEL_OVERHEAD_H

#include "costmodel/model.h"

// What a layer does, as overheads see it.
struct sdse_activity {
    double latency_cycles, compute_cycles;
    double level_cycles[SDSE_MAX_LEVELS]; // of a memory's transfers
    double used[SDSE_MAX_LEVELS + 1];     // instances; the last: multipliers
    double access_pj[SDSE_MAX_LEVELS];    // of the accesses of each level
    double mac_pj;
    double dynamic_pj; // everything but leakage and overheads
};

// The overhead of component i of an accelerator with n levels: a level, n = the
// multipliers, n + 1 = the chip.
const struct sdse_overhead *sdse_overhead_of(const struct sdse_arch *arch, unsigned i);

// Whether any component has one.
bool sdse_overheads_any(const struct sdse_arch *arch);

//     clock   = clock_mw x cycles / GHz x instances    all of them over the latency, or
//               when gated the used ones while they work: while computing, a memory
//               also while it transfers (whichever is longer)
//     static  = static_mw x latency / GHz x instances
//     control = control_percent / 100 x dynamic energy of the component; of the chip:
//               of everything but the accesses of DRAMs
//
// Of component i, see above. [pJ] A memory with several levels is counted at the
// outermost of them, its control at each. Source: docs/model.md, energy.
struct sdse_overhead_cost sdse_overhead_cost(const struct sdse_model *model, unsigned i,
                                             const struct sdse_activity *activity);

// What every mapping costs at least: power that is always drawn [mW], and clocks of
// gated components for the MACs alone [pJ].
void sdse_overhead_floor(const struct sdse_model *model, double *mw, double *pj);

#endif
