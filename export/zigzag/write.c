#include "export/zigzag/write.h"

#include <inttypes.h>
#include <math.h>

#include "spec/flow.h"
#include "spec/load.h"

// Bits a cycle of a port that has no limit, and bits of a memory that has none.
enum { WIDEST_PORT = 1 << 20 };
#define LARGEST_MEMORY UINT64_C(1000000000000000)

// ZigZag's names of our dimensions, and of our tensors.
static const char *const loop_names[SDSE_DIMS] = {"B",  "K",  "C",  "OY",
                                                  "OX", "FY", "FX", "G"};
static const char *const operand_names[SDSE_TENSORS] = {"I2", "I1", "O"};

// Dimensions of the array are numbered level by level, X before Y, where there is more
// than one place: the number of the first below a level.
static unsigned first_dimension(const struct sdse_arch *arch, unsigned level) {
    unsigned count = 1;
    for (unsigned l = 0; l < level; l++)
        count += (arch->level[l].fanout_x > 1 ? 1u : 0u) +
                 (arch->level[l].fanout_y > 1 ? 1u : 0u);
    return count;
}

// --- Memories ---

static double bandwidth(const struct sdse_number *number) {
    return number->given && number->value < WIDEST_PORT ? number->value : WIDEST_PORT;
}

// A port and what goes through it: tensors, and outputs that go up (SDSE_PORT_UP).
static void print_port(FILE *out, const char *name, const char *type, uint64_t bits,
                       uint32_t least, unsigned set) {
    const char *between = "";
    const bool reads = *type == 'r', writes = type[4] != '\0' || *type == 'w';
    fprintf(out,
            "      - {name: %s, type: %s, bandwidth_min: %" PRIu32
            ", bandwidth_max: %" PRIu64 ", allocation: [",
            name, type, least ? least : 1, bits);
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        static const char *const ways[4] = {"tl", "th", "fh", "fl"};
        for (unsigned w = 0; w < 4; w++) {
            const bool is_read = w < 2, up = w == 1 || w == 3;
            const unsigned user = up ? SDSE_PORT_UP : t;
            if ((is_read ? !reads : !writes) || !(set >> user & 1u) ||
                (up && t != SDSE_OUTPUTS))
                continue;
            fprintf(out, "%s\"%s, %s\"", between, operand_names[t], ways[w]);
            between = ", ";
        }
    }
    fputs("]}\n", out);
}

// The port of outputs that go up, of one way.
static void print_up_port(FILE *out, const struct sdse_level *level,
                          enum sdse_port kind) {
    const bool reads = kind == SDSE_PORT_READ;
    const double bits = bandwidth(&level->own_bits_per_cycle[kind][SDSE_PORT_UP]);
    if (level->own_bits_per_cycle[kind][SDSE_PORT_UP].given)
        print_port(out, reads ? "r_port_2" : "w_port_2", reads ? "read" : "write",
                   bits >= 1 ? (uint64_t)llround(bits) : 1,
                   reads ? level->least_read_bits : level->least_write_bits,
                   SDSE_BIT(SDSE_PORT_UP));
}

static void print_ports(FILE *out, const struct sdse_level *level, unsigned tensors,
                        uint64_t read_bits, uint64_t write_bits) {
    const unsigned up = SDSE_BIT(SDSE_PORT_UP),
                   set = tensors | (tensors >> SDSE_OUTPUTS & 1u ? up : 0);
    const bool drains = level->own_bits_per_cycle[SDSE_PORT_READ][SDSE_PORT_UP].given,
               updates = level->own_bits_per_cycle[SDSE_PORT_WRITE][SDSE_PORT_UP].given;
    fputs("    ports:\n", out);
    if (level->shared_bits_per_cycle.given) {
        print_port(out, "rw_port_1", "read_write", read_bits, level->least_read_bits,
                   set);
        return;
    }
    print_port(out, "r_port_1", "read", read_bits, level->least_read_bits,
               drains ? set & ~up : set);
    print_port(out, "w_port_1", "write", write_bits, level->least_write_bits,
               updates ? set & ~up : set);
    print_up_port(out, level, SDSE_PORT_READ);
    print_up_port(out, level, SDSE_PORT_WRITE);
}

static void print_memory(FILE *out, const struct sdse_arch *arch, unsigned l) {
    const struct sdse_level *level = &arch->level[l];
    const unsigned set = sdse_level_tensors(level);
    const struct sdse_number *shared = &level->shared_bits_per_cycle;
    const double reads =
                     bandwidth(shared->given ? shared : &level->read_bits_per_cycle),
                 writes =
                     bandwidth(shared->given ? shared : &level->write_bits_per_cycle);
    const uint64_t read_bits = reads >= 1 ? (uint64_t)llround(reads) : 1,
                   write_bits = writes >= 1 ? (uint64_t)llround(writes) : 1;
    const double block = level->port_bits ? level->port_bits : 1;
    fputs("  ", out);
    sdse_print_word(out, level->name);
    fprintf(out,
            ":\n    size: %" PRIu64 "\n    r_cost: %.17g\n    w_cost: %.17g\n"
            "    area: 0\n    latency: 1\n    operands: [",
            level->capacity_bits ? level->capacity_bits : LARGEST_MEMORY,
            level->read_pj.value / block * (double)read_bits,
            level->fill_pj.value / block * (double)write_bits);
    const char *between = "";
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        if (!(set >> t & 1u))
            continue;
        fprintf(out, "%s%s", between, operand_names[t]);
        between = ", ";
    }
    fputs("]\n", out);
    print_ports(out, level, set, read_bits, write_bits);
    fputs("    served_dimensions: [", out);
    between = "";
    for (unsigned d = first_dimension(arch, l);
         d < first_dimension(arch, arch->level_count); d++) {
        fprintf(out, "%sD%u", between, d);
        between = ", ";
    }
    fputs("]\n", out);
}

void sdse_zigzag_print_hardware(FILE *out, const struct sdse_arch *arch) {
    const unsigned count = first_dimension(arch, arch->level_count) - 1;
    fputs("name: ", out);
    sdse_print_word(out, arch->name);
    fprintf(out,
            "\noperational_array:\n  input_precision: [%" PRIu32 ", %" PRIu32
            "]\n  unit_energy: %.17g\n  unit_area: 0\n  dimensions: [",
            arch->bits[SDSE_INPUTS], arch->bits[SDSE_WEIGHTS],
            arch->compute.pj_per_mac.value);
    for (unsigned d = 1; d <= count; d++)
        fprintf(out, "%sD%u", d > 1 ? ", " : "", d);
    fputs(count ? "]\n  sizes: [" : "D1]\n  sizes: [1", out);
    const char *between = "";
    for (unsigned l = 0; l < arch->level_count; l++) {
        const uint32_t places[2] = {arch->level[l].fanout_x, arch->level[l].fanout_y};
        for (unsigned axis = 0; axis < 2; axis++) {
            if (places[axis] == 1)
                continue;
            fprintf(out, "%s%" PRIu32, between, places[axis]);
            between = ", ";
        }
    }
    fputs("]\nmemories:\n", out);
    for (unsigned l = arch->level_count; l-- > 0;)
        print_memory(out, arch, l);
}

// --- Layer ---

void sdse_zigzag_print_workload(FILE *out, const struct sdse_arch *arch,
                                const struct sdse_layer *layer) {
    const struct sdse_nest *nest = &layer->nest;
    fputs("- id: 0\n  name: ", out);
    sdse_print_word(out, layer->name);
    fprintf(out,
            "\n  operator_type: Conv\n"
            "  equation: O[b][g][k][oy][ox]+=W[g][k][c][fy][fx]*I[b][g][c][iy][ix]\n"
            "  dimension_relations: [iy=%" PRIu32 "*oy+%" PRIu32 "*fy, ix=%" PRIu32
            "*ox+%" PRIu32 "*fx]\n  loop_dims: [",
            nest->stride[0], nest->dilation[0], nest->stride[1], nest->dilation[1]);
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        fprintf(out, "%s%s", d ? ", " : "", loop_names[d]);
    fputs("]\n  loop_sizes: [", out);
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        fprintf(out, "%s%" PRIu64, d ? ", " : "", nest->bound[d]);
    fputs("]\n  pr_loop_dims: [IY, IX]\n  pr_loop_sizes: [", out);
    uint64_t after[2];
    for (unsigned axis = 0; axis < 2; axis++) {
        const uint64_t reach =
            sdse_window_extent(nest->bound[SDSE_P + axis], nest->bound[SDSE_R + axis],
                               nest->stride[axis], nest->dilation[axis]);
        const uint64_t before = nest->pad[axis] > 0 ? (uint64_t)nest->pad[axis] : 0;
        const uint64_t map = nest->map[axis]  ? nest->map[axis]
                             : reach > before ? reach - before
                                              : 1;
        after[axis] = before + map < reach ? reach - before - map : 0;
        fprintf(out, "%s%" PRIu64, axis ? ", " : "", map);
    }
    fputs("]\n  padding: [", out);
    for (unsigned axis = 0; axis < 2; axis++)
        fprintf(out, "%s[%" PRIu64 ", %" PRIu64 "]", axis ? ", " : "",
                nest->pad[axis] > 0 ? (uint64_t)nest->pad[axis] : 0, after[axis]);
    fprintf(out,
            "]\n  operand_precision: {W: %" PRIu32 ", I: %" PRIu32 ", O: %" PRIu32
            ", O_final: %" PRIu32 "}\n  operand_source: {I: 0, W: 0}\n",
            arch->bits[SDSE_WEIGHTS], arch->bits[SDSE_INPUTS], arch->partial_bits,
            arch->bits[SDSE_OUTPUTS]);
}

// --- Mapping ---

void sdse_zigzag_print_mapping(FILE *out, const struct sdse_arch *arch,
                               const struct sdse_mapping *mapping) {
    const char *before = "- name: default\n  spatial_mapping:\n";
    for (unsigned l = 0; l < arch->level_count; l++) {
        const uint32_t places[2] = {arch->level[l].fanout_x, arch->level[l].fanout_y};
        unsigned d = first_dimension(arch, l);
        for (unsigned axis = 0; axis < 2; axis++) {
            const struct sdse_loops *loops = &mapping->level[l].spatial[axis];
            if (places[axis] == 1)
                continue;
            if (loops->count) {
                fprintf(out, "%s    D%u: [", before, d);
                before = "";
            }
            for (unsigned i = 0; i < loops->count; i++)
                fprintf(out, "%s\"%s, %" PRIu64 "\"", i ? ", " : "",
                        loop_names[loops->loop[i].dim], loops->loop[i].factor);
            fputs(loops->count ? "]\n" : "", out);
            d++;
        }
    }
    fputs(*before ? "- name: default\n  temporal_ordering:\n"
                  : "  temporal_ordering:\n",
          out);
    for (unsigned l = arch->level_count; l-- > 0;) {
        const struct sdse_loops *loops = &mapping->level[l].temporal;
        for (unsigned i = loops->count; i-- > 0;)
            fprintf(out, "    - [%s, %" PRIu64 "]\n", loop_names[loops->loop[i].dim],
                    loops->loop[i].factor);
    }
    fputs("  memory_operand_links: {O: O, W: I2, I: I1}\n", out);
}
