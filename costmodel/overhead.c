#include "costmodel/overhead.h"

#include <math.h>

const struct sdse_overhead *sdse_overhead_of(const struct sdse_arch *arch, unsigned i) {
    return i < arch->level_count    ? &arch->level[i].overhead
           : i == arch->level_count ? &arch->compute.overhead
                                    : &arch->chip;
}

bool sdse_overheads_any(const struct sdse_arch *arch) {
    for (unsigned i = 0; i <= arch->level_count + 1; i++) {
        const struct sdse_overhead *overhead = sdse_overhead_of(arch, i);
        if (overhead->clock_mw.given || overhead->static_mw.given ||
            overhead->control_percent.given)
            return true;
    }
    return false;
}

static double instances_of(const struct sdse_arch *arch, unsigned i) {
    if (i > arch->level_count)
        return 1;
    if (i < arch->level_count && arch->level[i].shares_memory)
        return 0; // counted at the outermost level of the memory
    return (double)sdse_arch_instances(arch, i);
}

// Dynamic energy that a component's control is a share of.
static double dynamic_pj(const struct sdse_arch *arch, unsigned i,
                         const struct sdse_activity *activity) {
    if (i < arch->level_count)
        return activity->access_pj[i];
    if (i == arch->level_count)
        return activity->mac_pj;
    double pj = activity->dynamic_pj;
    for (unsigned l = 0; l < arch->level_count; l++)
        if (arch->level[l].memory_class == SDSE_DRAM)
            pj -= activity->access_pj[l];
    return pj;
}

struct sdse_overhead_cost sdse_overhead_cost(const struct sdse_model *model, unsigned i,
                                             const struct sdse_activity *activity) {
    const struct sdse_arch *arch = model->arch;
    const struct sdse_overhead *overhead = sdse_overhead_of(arch, i);
    const double instances = instances_of(arch, i), ghz = arch->clock_ghz;
    const double latency = activity->latency_cycles * instances;
    double clocked = latency;
    if (overhead->gated && instances > 0) {
        const double used = i <= arch->level_count ? activity->used[i] : 1;
        double cycles = activity->compute_cycles;
        if (i < arch->level_count)
            cycles = fmax(cycles, activity->level_cycles[i]);
        clocked = fmin(cycles, activity->latency_cycles) * used;
    }
    return (struct sdse_overhead_cost){
        .clock_pj = overhead->clock_mw.value * clocked / ghz,
        .static_pj = overhead->static_mw.value * latency / ghz,
        .control_pj =
            overhead->control_percent.value / 100 * dynamic_pj(arch, i, activity),
    };
}

void sdse_overhead_floor(const struct sdse_model *model, double *mw, double *pj) {
    const struct sdse_arch *arch = model->arch;
    // Used multipliers x cycles, whatever the mapping.
    const double busy = model->effects.own_cycles > 0
                            ? model->effects.own_cycles
                            : (double)model->macs * model->effects.cycles_per_mac;
    const double multipliers = (double)sdse_arch_instances(arch, arch->level_count);
    *mw = *pj = 0;
    for (unsigned i = 0; i <= arch->level_count + 1; i++) {
        const struct sdse_overhead *overhead = sdse_overhead_of(arch, i);
        const double instances = instances_of(arch, i);
        *mw += overhead->static_mw.value * instances;
        if (!overhead->gated) {
            *mw += overhead->clock_mw.value * instances;
        } else if (instances > 0) {
            // Used multipliers x steps >= MACs; of the others one works at least.
            const double least = i == arch->level_count ? busy : busy / multipliers;
            *pj += overhead->clock_mw.value * least / arch->clock_ghz * (1 - 1e-12);
        }
    }
}
