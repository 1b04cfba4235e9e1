// Writes what was read of an architecture as an accelerator.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "import/accelforge/reading.h"
#include "spec/flow.h"

// More than any layer needs.
enum { UNLIMITED_SHIFT = 50 };
#define UNLIMITED_OPS 1e9 // in a cycle

static void print_tensors(FILE *out, const char *key, unsigned set) {
    const char *between = "";
    fprintf(out, "%s: [", key);
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        if (!(set >> t & 1u))
            continue;
        fprintf(out, "%s%s", between, sdse_tensor_name((enum sdse_tensor)t));
        between = ", ";
    }
    fputc(']', out);
}

static void print_widths(FILE *out, const struct sdse_af_memory *memory) {
    bool any = false;
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        if (!memory->word_bits[t])
            continue;
        fprintf(out, "%s%s: %" PRIu32, any ? ", " : ", bits: {",
                sdse_tensor_name((enum sdse_tensor)t), memory->word_bits[t]);
        any = true;
    }
    if (any)
        fputc('}', out);
    if (memory->word_bits[SDSE_OUTPUTS])
        fprintf(out, ", partial_bits: %" PRIu32, memory->word_bits[SDSE_OUTPUTS]);
}

// Bits a cycle. Rates that come of latencies are off by their last digit, and so would
// be a cycle of a whole number of them: up to six places behind the point are exact.
static double per_cycle(double bits_per_s, double hertz) {
    const double bits = bits_per_s / hertz, nearest = round(bits * 1e6) / 1e6;
    return fabs(bits - nearest) <= 1e-12 * bits ? nearest : bits;
}

static void print_memory(FILE *out, const struct sdse_af_memory *memory, bool outermost,
                         double hertz) {
    fprintf(out, "    memory: {class: %s", memory->memory_class);
    if (!memory->unlimited)
        fprintf(out, ", capacity_bits: %" PRIu64, memory->capacity_bits);
    else if (strcmp(memory->memory_class, "dram") != 0)
        fprintf(out, ", capacity_bits: %" PRIu64, UINT64_C(1) << UNLIMITED_SHIFT);
    if (memory->may_keep && !outermost) {
        fputs(", ", out);
        print_tensors(out, "may_bypass", memory->may_keep);
    }
    print_widths(out, memory);
    if (*memory->costs)
        fputs(memory->costs, out);
    else if (memory->read_pj_per_bit > 0)
        fprintf(out, ",\n             read_pj_per_bit: %.17g, write_pj_per_bit: %.17g",
                memory->read_pj_per_bit, memory->write_pj_per_bit);
    else
        fputs(", free: true", out);
    const double reads = per_cycle(memory->read_bits_per_s, hertz),
                 writes = per_cycle(memory->write_bits_per_s, hertz);
    if (memory->one_port && reads > 0) {
        fprintf(out, ",\n             shared_bits_per_cycle: %.17g", reads);
    } else {
        if (reads > 0)
            fprintf(out, ",\n             read_bits_per_cycle: %.17g", reads);
        if (writes > 0)
            fprintf(out, ",\n             write_bits_per_cycle: %.17g", writes);
    }
    if (memory->leakage_mw > 0)
        fprintf(out, ", leakage_mw: %.17g", memory->leakage_mw);
    if (memory->has_area)
        fprintf(out, ", area_mm2: %.17g", memory->area_mm2);
    fputs("}\n", out);
}

// Whether a dimension leaves one of these tensors the same.
static bool leaves_one(enum sdse_dim dim, unsigned tensors) {
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        if (tensors >> t & 1u && !sdse_dim_moves(dim, (enum sdse_tensor)t))
            return true;
    return false;
}

// The dimensions that may be spatial along an axis.
static void print_dims(FILE *out, const struct sdse_af_axis *axis) {
    if (!axis->same) {
        fputs("any", out);
        return;
    }
    const char *between = "";
    fputc('[', out);
    for (unsigned d = 0; d < SDSE_DIMS; d++) {
        if (!leaves_one((enum sdse_dim)d, axis->same))
            continue;
        fprintf(out, "%s%c", between, sdse_dim_letters[d]);
        between = ", ";
    }
    fputc(']', out);
}

// A tensor is shared along both axes or neither.
static unsigned find_shared(struct sdse_foreign *foreign,
                            const struct sdse_af_memory *memory) {
    unsigned shared = SDSE_BIT(SDSE_TENSORS) - 1;
    bool differs = false;
    for (unsigned a = 0; a < memory->axis_count; a++) {
        const unsigned own = memory->axis[a].may_reuse;
        differs |= a > 0 && (own & shared) != shared;
        shared &= own;
    }
    if (differs)
        sdse_foreign_refuse(foreign, memory->loc, true, "accelforge-fanout",
                            "the fan-out below '%.60s' shares other tensors along one "
                            "axis than along the other: those of both are shared",
                            memory->name);
    return shared;
}

// What words pay that pass parts on the way.
static void print_tolls(FILE *out, const struct sdse_af_memory *memory) {
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        if (memory->toll_pj_per_bit[t] > 0)
            fprintf(out, ", %s: {free: false, pj_per_bit: %.17g}",
                    sdse_tensor_name((enum sdse_tensor)t), memory->toll_pj_per_bit[t]);
    fputs("}\n", out);
}

static bool has_tolls(const struct sdse_af_memory *memory) {
    bool any = false;
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        any |= memory->toll_pj_per_bit[t] > 0;
    return any;
}

static void print_fanout(struct sdse_foreign *foreign, FILE *out,
                         const struct sdse_af_memory *memory) {
    if (!memory->axis_count && has_tolls(memory)) {
        fputs("    network: {topology: bus, free: true", out);
        print_tolls(out, memory);
    }
    if (!memory->axis_count)
        return;
    static const char *const names[2] = {"x", "y"};
    const unsigned shared = find_shared(foreign, memory);
    fputs("    fanout: {", out);
    for (unsigned a = 0; a < memory->axis_count; a++) {
        fprintf(out, "%s%s: %" PRIu64 ", dims_%s: ", a ? ", " : "", names[a],
                memory->axis[a].fanout, names[a]);
        print_dims(out, &memory->axis[a]);
    }
    fputs("}\n    network: {topology: bus, free: true, ", out);
    print_tensors(out, "multicast", shared & ~SDSE_BIT(SDSE_OUTPUTS));
    fprintf(out, ", reduce: %s", shared >> SDSE_OUTPUTS & 1u ? "true" : "false");
    print_tolls(out, memory);
}

// What the file gives; else operations cost nothing, as there.
static void print_vector(FILE *out, const struct sdse_af_arch *arch, double hertz) {
    const struct sdse_af_vector *vector = &arch->vector;
    const double rate = per_cycle(vector->ops_per_s, hertz);
    fputs("vector: {", out);
    if (vector->there && arch->level_count) { // without memories all is refused
        fputs("below: ", out);
        sdse_print_word(out, arch->level[vector->below].name);
        fputs(", ", out);
    }
    if (vector->pj_per_op > 0)
        fprintf(out, "pj_per_op: %.17g", vector->pj_per_op);
    else
        fputs("free: true", out);
    if (rate > 0 || vector->pj_per_op > 0)
        fprintf(out, ", ops_per_cycle: %.17g", rate > 0 ? rate : UNLIMITED_OPS);
    fputs("}\n", out);
    if (vector->area_mm2 + arch->toll_area_mm2 > 0)
        fprintf(out, "area: {other_mm2: %.17g}\n",
                vector->area_mm2 + arch->toll_area_mm2);
}

// Places that must be taken: the product of both axes' shares.
static void print_usage(FILE *out, const struct sdse_af_arch *arch) {
    bool any = false;
    for (unsigned l = 0; l < arch->level_count; l++) {
        const struct sdse_af_memory *memory = &arch->level[l];
        double usage = 1;
        bool asked = false;
        for (unsigned a = 0; a < memory->axis_count; a++) {
            usage *= sdse_af_least_usage(&memory->axis[a]);
            asked |= memory->axis[a].min_usage > 0;
        }
        if (!asked || usage > 1)
            continue;
        fputs(any ? "" : "dataflow:\n  - name: min_usage\n    constraints:\n", out);
        any = true;
        fputs("      - {level: ", out);
        sdse_print_word(out, memory->name);
        fprintf(out, ", utilization_at_least: %.17g}\n", usage);
    }
}

const char *sdse_af_write_arch(struct sdse_foreign *foreign,
                               const struct sdse_af_names *names,
                               const struct sdse_af_arch *arch) {
    struct sdse_text text;
    const double hertz = arch->macs_per_s > 0 ? arch->macs_per_s : 1e9;
    if (!sdse_text_begin(&text))
        return NULL;
    FILE *out = text.out;
    fputs("name: accelforge\nsource: architecture file of AccelForge\n"
          "# Networks cost nothing, as there.",
          out);
    if (!(arch->node_nm > 0))
        fputs(" Not in that file, and assumed here: the node.", out);
    if (!(arch->macs_per_s > 0))
        fputs(" Assumed: the clock.", out);
    fprintf(out,
            "\nnode_nm: %.15g\nclock_ghz: %.15g\n"
            "tensors: {weights: {bits: %" PRIu64 "}, inputs: {bits: %" PRIu64
            "}, outputs: {bits: %" PRIu64 "}}\nlevels:\n",
            arch->node_nm > 0 ? arch->node_nm : 45, hertz / 1e9,
            names->bits[SDSE_WEIGHTS], names->bits[SDSE_INPUTS],
            names->bits[SDSE_OUTPUTS]);
    for (unsigned l = 0; l < arch->level_count; l++) {
        const struct sdse_af_memory *memory = &arch->level[l];
        fputs("  - level: ", out);
        sdse_print_word(out, memory->name);
        fputs("\n    ", out);
        print_tensors(out, "keeps", memory->keep | memory->may_keep);
        fputc('\n', out);
        print_memory(out, memory, l == 0, hertz);
        print_fanout(foreign, out, memory);
    }
    if (arch->component)
        fputs("compute: {component: mac_int", out);
    else if (arch->pj_per_mac > 0)
        fprintf(out, "compute: {pj_per_mac: %.17g", arch->pj_per_mac);
    else
        fputs("compute: {free: true", out);
    if (arch->leakage_mw > 0)
        fprintf(out, ", leakage_mw: %.17g", arch->leakage_mw);
    if (arch->has_area)
        fprintf(out, ", area_um2: %.17g", arch->area_mm2 * 1e6);
    fputs("}\n", out);
    print_vector(out, arch, hertz);
    print_usage(out, arch);
    return sdse_text_end(&text, foreign->arena);
}
