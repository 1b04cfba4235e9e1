#include "costmodel/explain_story.h"

#include <math.h>
#include <string.h>

#include "costmodel/latency.h"
#include "costmodel/stream.h"
#include "costmodel/walk.h"

// One port: what goes through it over what it takes, per used instance.
static void print_port(struct sdse_story *s, struct sdse_port_name port, bool apart,
                       const struct sdse_number *bandwidth, double bits,
                       uint64_t used) {
    static const char *const whole[SDSE_PORTS] = {"reads", "writes", "both"};
    if (!bandwidth->given)
        return;
    fprintf(s->x.out, "  %s%s %s bit / %s bit/cycle / %s used = %.6g",
            apart ? "other " : "",
            port.tensor < 0 ? whole[port.kind] : sdse_port_text(port),
            sdse_digits_f64(bits).text, sdse_digits_f64(bandwidth->value).text,
            sdse_digits_u64(used).text, bits / bandwidth->value / (double)used);
}

static void print_ports(struct sdse_story *s, const struct sdse_level *level,
                        enum sdse_port kind, const struct sdse_number *others,
                        const double bits[SDSE_PORT_USERS], uint64_t used) {
    double rest = 0;
    bool apart = false;
    for (int t = 0; t < SDSE_PORT_USERS; t++) {
        const struct sdse_number *own = &level->own_bits_per_cycle[kind][t];
        const double its = sdse_port_user_bits(level, kind, t, bits);
        print_port(s, (struct sdse_port_name){kind, t}, false, own, its, used);
        apart |= own->given;
        rest += own->given ? 0 : its;
    }
    print_port(s, (struct sdse_port_name){kind, -1}, apart, others, rest, used);
}

// Returns false if the cycles the bandwidths give are not those reported.
static bool explain_level_cycles(struct sdse_story *s, unsigned l) {
    const struct sdse_level *level = &s->model->arch->level[l];
    const struct sdse_level_cost *cost = &s->cost->level[l];
    const unsigned last = sdse_arch_memory_last(s->model->arch, l);
    double reads[SDSE_PORT_USERS] = {0}, writes[SDSE_PORT_USERS] = {0},
           both[SDSE_PORT_USERS];
    const bool drains_apart = sdse_level_port_up(level, SDSE_PORT_READ) == SDSE_PORT_UP,
               updates_apart =
                   sdse_level_port_up(level, SDSE_PORT_WRITE) == SDSE_PORT_UP;
    for (unsigned i = l; i <= last; i++) {
        for (enum sdse_part part = 0; part < SDSE_PARTS; part++) {
            const struct sdse_flow_cost *flow = &s->cost->level[i].flow[part];
            const double drained = drains_apart ? flow->drain_bits : 0,
                         updated = updates_apart ? flow->update_bits : 0;
            reads[sdse_part_tensor(part)] += flow->read_bits - drained;
            reads[SDSE_PORT_UP] += drained;
            writes[sdse_part_tensor(part)] +=
                flow->fill_bits + flow->update_bits - updated;
            writes[SDSE_PORT_UP] += updated;
        }
    }
    for (int t = 0; t < SDSE_PORT_USERS; t++)
        both[t] = reads[t] + writes[t];
    if (!cost->cycles)
        return true;
    const uint64_t used = sdse_working_instances(&s->view, l);
    int width = fprintf(s->x.out, "  %s", level->name);
    for (unsigned i = l + 1; i <= last; i++)
        width += fprintf(s->x.out, " + %s", s->model->arch->level[i].name);
    fprintf(s->x.out, "%*s", width < 12 ? 12 - width : 0, "");
    print_ports(s, level, SDSE_PORT_READ, &level->read_bits_per_cycle, reads, used);
    print_ports(s, level, SDSE_PORT_WRITE, &level->write_bits_per_cycle, writes, used);
    print_ports(s, level, SDSE_PORT_SHARED, &level->shared_bits_per_cycle, both, used);
    fputs("; the longest, rounded up", s->x.out);
    if (cost->refresh_cycles)
        fprintf(s->x.out, ", and %s of refreshes",
                sdse_digits_u64(cost->refresh_cycles).text);
    fprintf(s->x.out, " = %s cycles%s\n", sdse_digits_u64(cost->cycles).text,
            level->overlap ? "" : ", which add to the latency");
    // Parts are summed in another order than the evaluator's: one cycle of tolerance.
    const uint64_t again =
        sdse_transfer_cycles(level, reads, writes, used, NULL) + cost->refresh_cycles;
    return again <= cost->cycles + 1 && cost->cycles <= again + 1;
}

// What passes lose; whether it is what the evaluator says, and the latency their sum
// with the rest.
static bool explain_passes(struct sdse_story *s) {
    const struct sdse_cost *cost = s->cost;
    const struct sdse_arch *arch = s->model->arch;
    double all = 0;
    for (unsigned l = 0; l < cost->level_count; l++) {
        const double each = s->model->pass_cycles[l];
        const uint64_t passes = sdse_passes(&s->view, s->keeps, l);
        if (!(each > 0))
            continue;
        all += each * (double)passes;
        fprintf(s->x.out,
                "  %s: %s pass%s of the loops outside x %s cycles (start %s, skew %s a "
                "hop) add to the latency",
                arch->level[l].name, sdse_digits_u64(passes).text,
                passes == 1 ? "" : "es", sdse_digits_f64(each).text,
                sdse_digits_f64(arch->level[l].pass_start_cycles.value).text,
                sdse_digits_f64(arch->level[l].pass_skew_cycles.value).text);
        fputc('\n', s->x.out);
    }
    return fabs(all - (double)cost->pass_cycles) <= 1 + all * 1e-12;
}

bool sdse_explain_cycles(struct sdse_story *s) {
    const struct sdse_cost *cost = s->cost;
    const struct sdse_arch *arch = s->model->arch;
    const uint64_t steps = s->view.perfect ? s->view.outside[s->view.level_count]
                                           : sdse_walk_steps(&s->view);
    const bool streamed = sdse_layer_moves(s->model->layer);
    const double rate = s->model->effects.cycles_per_mac;
    bool agrees =
        streamed ? sdse_stream_cycles(arch, s->model->layer) == cost->compute_cycles
                 : sdse_model_compute_cycles(s->model, steps) == cost->compute_cycles;
    fputs("\nCycles\n", s->x.out);
    if (streamed)
        fprintf(s->x.out,
                s->model->layer->move.fused
                    ? "  vector unit %s operations / %s per cycle, while the layer "
                      "before works: %s cycles\n"
                    : "  vector unit %s operations / %s per cycle = %s cycles\n",
                sdse_digits_u64(cost->vector_operations).text,
                arch->vector.ops_per_cycle.given
                    ? sdse_digits_f64(arch->vector.ops_per_cycle.value).text
                    : "any number",
                sdse_digits_u64(cost->compute_cycles).text);
    else if (s->model->effects.own_cycles > 0)
        fprintf(s->x.out, "  compute     %s cycles, as its engine counts them\n",
                sdse_digits_u64(cost->compute_cycles).text);
    else
        fprintf(s->x.out, "  compute     %s steps x %s cycle%s per %s%s = %s cycles\n",
                sdse_digits_u64(steps).text, sdse_digits_f64(rate).text,
                rate <= 1 ? "" : "s", s->model->form.first ? "weight" : "MAC",
                rate == floor(rate) ? "" : ", rounded up",
                sdse_digits_u64(sdse_compute_cycles(steps, rate)).text);
    if (s->model->effects.least_cycles > 0)
        fprintf(
            s->x.out, "  products    at least %s cycles\n",
            sdse_digits_f64(ceil(s->model->effects.least_cycles * (1 - 4.5e-16))).text);
    if (cost->rebuild_cycles)
        fprintf(s->x.out, "  engine      %s cycles\n",
                sdse_digits_u64(cost->rebuild_cycles).text);
    for (unsigned l = 0; l < cost->level_count; l++)
        agrees &= explain_level_cycles(s, l);
    if (cost->fill_cycles || cost->drain_cycles) {
        fprintf(s->x.out,
                "  first fill %s and last drain %s cycles add to the latency\n",
                sdse_digits_u64(cost->fill_cycles).text,
                sdse_digits_u64(cost->drain_cycles).text);
    }
    agrees &= explain_passes(s);
    fprintf(s->x.out, "  latency     %s cycles, set by %s%s%s\n",
            sdse_digits_u64(cost->latency_cycles).text,
            cost->bottleneck_level == -1   ? "compute"
            : cost->bottleneck_level == -2 ? "the rebuild engine"
            : cost->bottleneck_level == -3 ? "the vector unit"
            : cost->bottleneck_level == -4 ? "the multipliers that make products"
                                           : arch->level[cost->bottleneck_level].name,
            cost->bottleneck_port ? ": " : "",
            cost->bottleneck_port ? cost->bottleneck_port : "");
    return agrees;
}
