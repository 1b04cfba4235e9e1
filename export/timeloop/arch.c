// The architecture, its energies and areas.
#include <inttypes.h>

#include "base/shortest.h"
#include "export/timeloop/writing.h"
#include "spec/flow.h"

static const unsigned all_tensors = SDSE_BIT(SDSE_TENSORS) - 1;

void sdse_tlx_number(FILE *out, double value) {
    char text[SDSE_SHORTEST_BYTES];
    sdse_shortest(value, text);
    fputs(text, out);
}

static void print_spaces(FILE *out, unsigned tensors) {
    static const char *const names[SDSE_TENSORS] = {"Weights", "Inputs", "Outputs"};
    bool first = true;
    fputc('[', out);
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        if (!(tensors >> t & 1u))
            continue;
        fprintf(out, "%s%s", first ? "" : ", ", names[t]);
        first = false;
    }
    fputc(']', out);
}

static void print_bandwidth(FILE *out, const char *key, const struct sdse_number *bits,
                            uint32_t word_bits) {
    if (!bits->given)
        return;
    fprintf(out, ", %s: ", key);
    sdse_tlx_number(out, bits->value / word_bits);
}

static void print_memory(FILE *out, const struct sdse_tlx *x, unsigned l) {
    static const char *const classes[SDSE_MEMORY_CLASSES] = {"DRAM", "SRAM", "regfile",
                                                             "fifo", "SRAM", "SRAM"};
    const struct sdse_level *level = &x->arch->level[l];
    const uint32_t word = sdse_tlx_word_bits(x, l);
    const uint64_t row = sdse_tlx_row_bits(x, l);
    const unsigned keeps = level->keeps & all_tensors;
    fputs("    - !Component\n      name: ", out);
    sdse_print_word(out, level->name);
    fprintf(out,
            "\n      class: %s\n      attributes: {datawidth: %" PRIu32
            ", width: %" PRIu64,
            classes[level->memory_class], word, row);
    if (level->capacity_bits)
        fprintf(out, ", depth: %" PRIu64, level->capacity_bits / row);
    if (level->macro_count > 1)
        fprintf(out, ", n_banks: %" PRIu32, level->macro_count);
    if (level->buffering > 1)
        fprintf(out, ", multiple_buffering: %" PRIu32, level->buffering);
    print_bandwidth(out, "read_bandwidth", &level->read_bits_per_cycle, word);
    print_bandwidth(out, "write_bandwidth", &level->write_bits_per_cycle, word);
    print_bandwidth(out, "shared_bandwidth", &level->shared_bits_per_cycle, word);
    fputs("}\n      constraints:\n        dataspace: {keep: ", out);
    print_spaces(out, keeps & ~level->may_bypass);
    fputs(", bypass: ", out);
    print_spaces(out, all_tensors & ~keeps);
    fputs("}\n", out);
    if (!level->carries_loops)
        fputs("        temporal: {factors_only: []}\n", out);
}

// Two containers, so that a dimension may be on both axes: X is outside Y.
static void print_places(FILE *out, const struct sdse_level *level) {
    for (unsigned axis = 0; axis < 2; axis++) {
        const uint32_t count = axis ? level->fanout_y : level->fanout_x;
        if (count == 1)
            continue;
        fprintf(out,
                "    - !Container\n      name: %s_%s\n      spatial: {mesh%c: %" PRIu32
                "}\n",
                level->name, axis ? "y" : "x", "XY"[axis], count);
    }
}

static void print_action(FILE *out, const char *name, double pj, bool first) {
    fprintf(out, "%s{name: %s, energy: ", first ? "" : ", ", name);
    sdse_tlx_number(out, pj);
    fputc('}', out);
}

static void print_leak(FILE *out, const struct sdse_tlx *x,
                       const struct sdse_number *leakage_mw) {
    if (leakage_mw->given && leakage_mw->value > 0)
        print_action(out, "leak", leakage_mw->value / x->arch->clock_ghz, false);
}

// Energies of a row: an access here is of a port, or of a bit.
static void print_energies(FILE *out, const struct sdse_tlx *x) {
    const struct sdse_arch *arch = x->arch;
    fputs("ERT:\n  version: 0.4\n  tables:\n", out);
    for (unsigned l = 0; l < arch->level_count; l++) {
        const struct sdse_level *level = &arch->level[l];
        if (!sdse_tlx_is_written(x, l))
            continue;
        const double row = (double)sdse_tlx_row_bits(x, l);
        const double port = level->port_bits ? level->port_bits : 1;
        const double accesses =
            (level->free ? 0 : row / port) * sdse_level_supply(level);
        const bool sums = (level->keeps >> SDSE_OUTPUTS & 1u) != 0;
        fprintf(out, "    - name: design.%s\n      actions: [", level->name);
        print_action(out, "read", accesses * level->read_pj.value, true);
        print_action(out, "write", accesses * level->fill_pj.value, false);
        print_action(out, "update",
                     accesses * (sums ? level->update_pj.value : level->fill_pj.value),
                     false);
        print_leak(out, x, &level->leakage_mw);
        fputs("]\n", out);
    }
    fputs("    - name: design.mac\n      actions: [", out);
    print_action(out, "compute",
                 arch->compute.free ? 0 : arch->compute.pj_per_mac.value, true);
    print_leak(out, x, &arch->compute.leakage_mw);
    fputs("]\n", out);
}

static void print_area(FILE *out, const char *name, const struct sdse_number *area) {
    if (!area->given)
        return;
    fprintf(out, "    - {name: design.%s, area: ", name);
    sdse_tlx_number(out, area->value);
    fputs("}\n", out);
}

static void print_areas(FILE *out, const struct sdse_tlx *x) {
    const struct sdse_arch *arch = x->arch;
    bool any = arch->compute.area_um2.given;
    for (unsigned l = 0; l < arch->level_count; l++)
        any |= arch->level[l].area_um2.given;
    if (!any)
        return;
    fputs("\nART: # square micrometres of one\n  version: 0.4\n  tables:\n", out);
    for (unsigned l = 0; l < arch->level_count; l++)
        if (sdse_tlx_is_written(x, l))
            print_area(out, arch->level[l].name, &arch->level[l].area_um2);
    print_area(out, "mac", &arch->compute.area_um2);
}

void sdse_tlx_print_arch(FILE *out, struct sdse_tlx *x) {
    const struct sdse_arch *arch = x->arch;
    fputs("architecture:\n  version: 0.4\n  nodes:\n    - !Container\n      name: "
          "design\n"
          "      attributes: {technology: ",
          out);
    sdse_tlx_number(out, arch->node_nm);
    fputs("nm, global_cycle_seconds: ", out);
    sdse_tlx_number(out, 1e-9 / arch->clock_ghz);
    fputs("}\n", out);
    for (unsigned l = 0; l < arch->level_count; l++) {
        if (sdse_tlx_is_written(x, l))
            print_memory(out, x, l);
        print_places(out, &arch->level[l]);
    }
    fprintf(out,
            "    - !Component\n      name: mac\n      class: intmac\n      attributes: "
            "{multiplier_width: %" PRIu32 ", adder_width: %" PRIu32 "}\n\n",
            arch->bits[SDSE_WEIGHTS] > arch->bits[SDSE_INPUTS]
                ? arch->bits[SDSE_WEIGHTS]
                : arch->bits[SDSE_INPUTS],
            arch->partial_bits);
    print_energies(out, x);
    print_areas(out, x);
}
