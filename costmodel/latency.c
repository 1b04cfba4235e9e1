#include "costmodel/latency.h"

#include <math.h>

#include "costmodel/edge.h"
#include "costmodel/stream.h"
#include "costmodel/walk.h"

uint64_t sdse_transfer_cycles(const struct sdse_level *level, double read_bits,
                              double write_bits, uint64_t used) {
    double cycles = 0;
    if (level->read_bits_per_cycle.given)
        cycles = fmax(cycles, read_bits / level->read_bits_per_cycle.value);
    if (level->write_bits_per_cycle.given)
        cycles = fmax(cycles, write_bits / level->write_bits_per_cycle.value);
    if (level->shared_bits_per_cycle.given)
        cycles =
            fmax(cycles, (read_bits + write_bits) / level->shared_bits_per_cycle.value);
    return (uint64_t)ceil(cycles / (double)used);
}

void sdse_latency(const struct sdse_model *model, const struct sdse_view *view,
                  const struct sdse_bits_moved *moved, uint64_t rebuild_cycles,
                  struct sdse_latency *latency) {
    const uint64_t steps =
        view->perfect ? view->outside[view->level_count] : sdse_walk_steps(view);
    const bool streamed = sdse_layer_moves(model->layer);
    latency->compute_cycles = streamed ? sdse_stream_cycles(model->arch, model->layer)
                                       : steps * model->arch->compute.cycles_per_mac;
    latency->rebuild_cycles = rebuild_cycles;
    latency->bottleneck_level = streamed ? -3 : -1;
    uint64_t longest = latency->compute_cycles, added = 0;
    if (rebuild_cycles > longest) {
        longest = rebuild_cycles;
        latency->bottleneck_level = -2;
    }
    for (unsigned l = 0; l < view->level_count; l++) {
        const struct sdse_level *level = &model->arch->level[l];
        latency->level_cycles[l] = 0;
        if (level->shares_memory)
            continue;
        // Levels of one memory share its ports.
        double read = 0, write = 0;
        for (unsigned i = l; i <= sdse_arch_memory_last(model->arch, l); i++) {
            read += moved->read[i];
            write += moved->write[i];
        }
        const uint64_t cycles =
            sdse_transfer_cycles(level, read, write, sdse_working_instances(view, l));
        latency->level_cycles[l] = cycles;
        if (!level->overlap) {
            added += cycles;
        } else if (cycles > longest) {
            longest = cycles;
            latency->bottleneck_level = (int)l;
        }
    }
    latency->latency_cycles = longest + added;
}
