#include "costmodel/latency.h"

#include <math.h>

#include "costmodel/edge.h"
#include "costmodel/stream.h"
#include "costmodel/walk.h"

// The longest so far, and whose it is.
struct longest {
    double cycles;
    struct sdse_port_name port;
};

static void weigh(struct longest *longest, double bits,
                  const struct sdse_number *bandwidth, enum sdse_port kind,
                  int tensor) {
    const double cycles = bits / bandwidth->value;
    if (!(cycles > longest->cycles))
        return;
    longest->cycles = cycles;
    longest->port = (struct sdse_port_name){kind, tensor};
}

static void weigh_ports(struct longest *longest, const struct sdse_level *level,
                        enum sdse_port kind, const struct sdse_number *others,
                        const double bits[SDSE_PORT_USERS]) {
    double rest = 0;
    for (int t = 0; t < SDSE_PORT_USERS; t++) {
        const struct sdse_number *own = &level->own_bits_per_cycle[kind][t];
        const double its = sdse_port_user_bits(level, kind, t, bits);
        if (own->given)
            weigh(longest, its, own, kind, t);
        else
            rest += its;
    }
    if (others->given)
        weigh(longest, rest, others, kind, -1);
}

uint64_t sdse_transfer_cycles(const struct sdse_level *level,
                              const double read_bits[SDSE_PORT_USERS],
                              const double write_bits[SDSE_PORT_USERS], uint64_t used,
                              struct sdse_port_name *port) {
    struct longest longest = {.cycles = 0, .port = {SDSE_PORT_READ, -1}};
    double both[SDSE_PORT_USERS];
    for (int t = 0; t < SDSE_PORT_USERS; t++)
        both[t] = read_bits[t] + write_bits[t];
    weigh_ports(&longest, level, SDSE_PORT_READ, &level->read_bits_per_cycle,
                read_bits);
    weigh_ports(&longest, level, SDSE_PORT_WRITE, &level->write_bits_per_cycle,
                write_bits);
    weigh_ports(&longest, level, SDSE_PORT_SHARED, &level->shared_bits_per_cycle, both);
    if (port)
        *port = longest.port;
    return (uint64_t)ceil(longest.cycles / (double)used);
}

const char *sdse_port_text(struct sdse_port_name port) {
    static const char *const texts[SDSE_PORTS][SDSE_PORT_USERS + 1] = {
        {"reads", "weights reads", "inputs reads", "outputs reads", "drains"},
        {"writes", "weights writes", "inputs writes", "outputs writes", "updates"},
        {"transfers", "weights transfers", "inputs transfers", "outputs transfers",
         "sums going up"},
    };
    return texts[port.kind][port.tensor + 1];
}

uint64_t sdse_compute_cycles(uint64_t steps, double cycles_per_mac) {
    if (cycles_per_mac == floor(cycles_per_mac))
        return steps * (uint64_t)cycles_per_mac;
    const double cycles = (double)steps * cycles_per_mac;
    return (uint64_t)ceil(cycles - cycles * 4.5e-16);
}

uint64_t sdse_model_compute_cycles(const struct sdse_model *model, uint64_t steps) {
    const struct sdse_effects *effects = &model->effects;
    const uint64_t cycles = effects->own_cycles > 0
                                ? (uint64_t)ceil(effects->own_cycles * (1 - 4.5e-16))
                                : sdse_compute_cycles(steps, effects->cycles_per_mac);
    const uint64_t least = (uint64_t)ceil(effects->least_cycles * (1 - 4.5e-16));
    return cycles > least ? cycles : least;
}

uint64_t sdse_passes(const struct sdse_view *view, const unsigned *keeps, unsigned l) {
    unsigned at = l;
    const unsigned last = sdse_arch_memory_last(view->arch, l);
    while (at < last && !keeps[at])
        at++;
    if (!keeps[at])
        at = l;
    return view->perfect ? view->outside[at] : sdse_walk_passes(view, at);
}

uint64_t sdse_pass_cycles(const struct sdse_model *model, const struct sdse_view *view,
                          const unsigned *keeps) {
    double cycles = 0;
    for (unsigned l = 0; l < view->level_count; l++)
        if (model->pass_cycles[l] > 0)
            cycles += model->pass_cycles[l] * (double)sdse_passes(view, keeps, l);
    return (uint64_t)ceil(cycles * (1 - 4.5e-16));
}

// Cycles that the outermost memory takes for what may not cross ahead of the nest:
// other tensors, and outputs of which sums come back. No residence: all of it.
static uint64_t count_bound(const struct sdse_model *model,
                            const struct sdse_view *view,
                            const double read[SDSE_PORT_USERS],
                            const double write[SDSE_PORT_USERS], uint64_t all) {
    const bool sums = read[SDSE_OUTPUTS] > 0 || read[SDSE_PORT_UP] > 0;
    unsigned ahead = sdse_residence_ahead(model->layer->residence);
    double bound_read[SDSE_PORT_USERS], bound_write[SDSE_PORT_USERS];
    if (sums)
        ahead &= ~SDSE_BIT(SDSE_OUTPUTS);
    if (!ahead)
        return all;
    for (int t = 0; t < SDSE_PORT_USERS; t++) {
        const int tensor = t == SDSE_PORT_UP ? SDSE_OUTPUTS : t;
        bound_read[t] = ahead >> tensor & 1u ? 0 : read[t];
        bound_write[t] = ahead >> tensor & 1u ? 0 : write[t];
    }
    return sdse_transfer_cycles(&model->arch->level[0], bound_read, bound_write,
                                sdse_working_instances(view, 0), NULL);
}

static uint64_t larger(uint64_t a, uint64_t b) { return a > b ? a : b; }

// The maximum of what overlaps, and whose it is, plus what does not.
static void take_longest(const struct sdse_model *model, struct sdse_latency *latency) {
    uint64_t longest = latency->compute_cycles, added = 0, outer = 0;
    uint64_t inner = larger(latency->compute_cycles, latency->rebuild_cycles);
    latency->bottleneck_level = latency->compute_bottleneck;
    latency->bottleneck_port = (struct sdse_port_name){SDSE_PORT_READ, -1};
    if (latency->rebuild_cycles > longest) {
        longest = latency->rebuild_cycles;
        latency->bottleneck_level = -2;
    }
    for (unsigned l = 0; l < model->arch->level_count; l++) {
        const uint64_t cycles = latency->level_cycles[l];
        if (model->arch->level[l].shares_memory)
            continue;
        if (!model->arch->level[l].overlap) {
            added += cycles;
            continue;
        }
        if (l == 0)
            outer = cycles;
        inner = larger(inner, l == 0 ? latency->bound_cycles : cycles);
        if (cycles > longest) {
            longest = cycles;
            latency->bottleneck_level = (int)l;
            latency->bottleneck_port = latency->port[l];
        }
    }
    latency->latency_cycles = longest + added;
    latency->outer_cycles = outer + added;
    latency->inner_cycles = inner + added;
}

void sdse_latency(const struct sdse_model *model, const struct sdse_view *view,
                  const struct sdse_bits_moved *moved, uint64_t rebuild_cycles,
                  struct sdse_latency *latency) {
    const uint64_t steps =
        view->perfect ? view->outside[view->level_count] : sdse_walk_steps(view);
    const bool streamed = sdse_layer_moves(model->layer);
    latency->compute_cycles = streamed ? sdse_stream_cycles(model->arch, model->layer)
                                       : sdse_model_compute_cycles(model, steps);
    latency->rebuild_cycles = rebuild_cycles;
    latency->bottleneck_level = streamed ? -3 : -1;
    if (latency->compute_cycles > 0 && !streamed &&
        (double)latency->compute_cycles - 1 < model->effects.least_cycles &&
        sdse_compute_cycles(steps, model->effects.cycles_per_mac) <
            latency->compute_cycles)
        latency->bottleneck_level = -4;
    latency->compute_bottleneck = latency->bottleneck_level;
    for (unsigned l = 0; l < view->level_count; l++) {
        const struct sdse_level *level = &model->arch->level[l];
        latency->level_cycles[l] = 0;
        if (level->shares_memory)
            continue;
        // Levels of one memory share its ports.
        double read[SDSE_PORT_USERS] = {0}, write[SDSE_PORT_USERS] = {0};
        for (unsigned i = l; i <= sdse_arch_memory_last(model->arch, l); i++) {
            for (int t = 0; t < SDSE_PORT_USERS; t++) {
                read[t] += moved->read[i][t];
                write[t] += moved->write[i][t];
            }
        }
        latency->level_cycles[l] = sdse_transfer_cycles(
            level, read, write, sdse_working_instances(view, l), &latency->port[l]);
        if (l == 0)
            latency->bound_cycles =
                count_bound(model, view, read, write, latency->level_cycles[0]);
    }
    take_longest(model, latency);
}

void sdse_latency_add(const struct sdse_model *model,
                      const uint64_t taken_cycles[SDSE_MAX_LEVELS],
                      struct sdse_latency *latency) {
    for (unsigned l = 0; l < model->arch->level_count; l++)
        latency->level_cycles[l] += taken_cycles[l];
    latency->bound_cycles += taken_cycles[0];
    take_longest(model, latency);
}
