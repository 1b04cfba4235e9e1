// Accelerators as `sdse init` begins them: three classes, costs from public tables at
// 45 nm, sizes as asked for.
#include <inttypes.h>

#include "cli/init.h"

// --- Costs at 45 nm and 0.9 V ---

static const double add_8_pj = 0.03, add_32_pj = 0.1, multiply_8_pj = 0.2; // Horowitz
static const double register_bit_pj = 0.0104;   // 0.009 at 40 nm (Aladdin) x 1.16
static const double register_bit_um2 = 7.57;    // 5.98 at 40 nm (Aladdin) x 1.266
static const double multiplier_8_um2 = 502.6;   // 397 at 40 nm x 1.266
static const double adder_32_um2 = 351.9;       // 278 at 40 nm x 1.266
static const double wire_pj_per_bit_mm = 0.121; // Keckler 2011
static const double clock_ghz = 0.5;

// A multiplier grows with the square of its width; sums are of 32 bits.
static double mac_pj(uint64_t bits) {
    const double width = (double)bits / 8;
    return multiply_8_pj * width * width + add_32_pj;
}

static double mac_um2(uint64_t bits) {
    const double width = (double)bits / 8;
    return multiplier_8_um2 * width * width + adder_32_um2;
}

// Functions are dearer than an addition, and have operands in registers.
static double operation_pj(uint64_t bits) { return 4 * add_8_pj * (double)bits / 8; }

static void write_head(const struct cli_init_arch *arch, const char *what, FILE *out) {
    fprintf(out,
            "# %s: %s, %" PRIu64 " rows x %" PRIu64 " columns of multipliers.\n#\n"
            "# A start, written by sdse init: change what differs, and say under "
            "`sources` where each number is from.\n"
            "# docs/formats.md explains every key; `sdse check` finds what is wrong, "
            "`sdse show arch` draws it.\n"
            "name: %s\n"
            "source: \"sdse init; costs of public tables at 45 nm\"\n"
            "node_nm: 45\n"
            "clock_ghz: %g\n"
            "tensors:\n"
            "  weights: {bits: %" PRIu64 "}\n"
            "  inputs: {bits: %" PRIu64 "}\n"
            "  outputs: {bits: %" PRIu64 ", partial_bits: 32} # sums are kept in full\n"
            "\n"
            "levels: # outermost first; each has loops, and words that it keeps\n"
            "  # %g GB/s, for reads and writes together.\n"
            "  - level: DRAM\n"
            "    memory: {class: dram, pj_per_bit: 20, shared_bits_per_cycle: %.6g}\n",
            arch->name, what, arch->rows, arch->columns, arch->name, clock_ghz,
            arch->bits, arch->bits, arch->bits, arch->dram_gb_per_s,
            arch->dram_gb_per_s * 8 / clock_ghz);
}

// A memory from the SRAM table that reads and writes so many bits per cycle: as many
// banks as that takes, none below 1 KiB or beyond the table's largest; "capacity_kib:
// 64, banks: 4, …".
static void write_sram(uint64_t kib, uint64_t bits_per_cycle, FILE *out) {
    enum { most_macro_kib = 8192 };
    uint64_t port = 8, banks = 1;
    while (port < 256 && port < bits_per_cycle)
        port *= 2;
    while (kib > banks * most_macro_kib ||
           (banks * port < bits_per_cycle && 2 * banks <= kib))
        banks *= 2;
    if (bits_per_cycle > banks * port)
        bits_per_cycle = banks * port;
    fprintf(out,
            "class: sram, capacity_kib: %" PRIu64 ", banks: %" PRIu64
            ", port_bits: %" PRIu64 ", table: sram_itrs-lstp_ed2,\n"
            "             read_bits_per_cycle: %" PRIu64
            ", write_bits_per_cycle: %" PRIu64,
            kib, banks, port, bits_per_cycle, bits_per_cycle);
}

static void write_compute(const struct cli_init_arch *arch, const char *below,
                          FILE *out) {
    fprintf(out,
            "\ncompute: {class: parallel, pj_per_mac: %.4g, area_um2: %.4g}\n"
            "# Pooling, additions and functions, a column's words per cycle.\n"
            "vector: {below: %s, pj_per_op: %.4g, ops_per_cycle: %" PRIu64 "}\n",
            mac_pj(arch->bits), mac_um2(arch->bits), below, operation_pj(arch->bits),
            arch->columns);
}

static void write_sources(const char *buffers, FILE *out) {
    fprintf(
        out,
        "\nsources: # the longest path that covers a number holds\n"
        "  DRAM: {mark: assumed, text: \"20 pJ/bit, the least of 1.3 to 2.6 nJ per "
        "64 bit (Horowitz, ISSCC 2014)\"}\n"
        "  %s: {mark: assumed, text: \"sizes as asked for; energy and area of SRAM "
        "from the table\"}\n"
        "  compute: {mark: D, text: \"8-bit multiplier 0.2 pJ (Horowitz), 397 um2 at "
        "40 nm (Aladdin), by the square of its width, and a 32-bit adder\"}\n"
        "  vector: {mark: assumed, text: \"an 8-bit addition of 0.03 pJ (Horowitz), "
        "by its width, x 4 for operands and functions\"}\n",
        buffers);
}

// --- Systolic: weights rest in the array, inputs and sums move through it ---

static void write_systolic(const struct cli_init_arch *arch, FILE *out) {
    const double cell_pj = register_bit_pj + 0.045 * wire_pj_per_bit_mm;
    write_head(arch, "a systolic array, weight stationary", out);
    fputs("\n  - level: GLB\n    keeps: [weights, inputs, outputs]\n    memory: {",
          out);
    write_sram(arch->buffer_kib, (arch->rows + arch->columns) * arch->bits, out);
    fprintf(out,
            "}\n\n"
            "  # A column's sums: 512 of them in a bank of its own.\n"
            "  - level: sums\n    keeps: [outputs]\n"
            "    memory: {class: sram, capacity_kib: %" PRIu64 ", banks: %" PRIu64
            ", port_bits: 32, table: sram_itrs-lstp_ed2,\n"
            "             read_bits_per_cycle: %" PRIu64
            ", write_bits_per_cycle: %" PRIu64 "}\n"
            "    # Output channels along X; channels and kernel taps, which are added, "
            "along Y.\n"
            "    fanout: {x: %" PRIu64 ", y: %" PRIu64
            ", dims_x: [K], dims_y: [C, R, S]}\n"
            "    network:\n"
            "      topology: systolic\n"
            "      inputs: {multicast: true, pj_per_bit: %.4g}\n"
            "      weights: {pj_per_bit: %.4g}\n"
            "      outputs: {reduce: true, pj_per_bit: %.4g}\n\n"
            "  # The weight in use, and the next one.\n"
            "  - level: array\n    keeps: [weights]\n"
            "    memory: {class: regfile, capacity_words: 2, buffering: 2, port_bits: "
            "%" PRIu64 ", access_pj: %.4g, area_um2: %.4g}\n",
            2 * arch->columns, arch->columns, 32 * arch->columns, 32 * arch->columns,
            arch->columns, arch->rows, cell_pj * (double)arch->columns,
            cell_pj * (double)arch->rows / 2, cell_pj * (double)arch->rows, arch->bits,
            register_bit_pj * (double)arch->bits,
            2 * register_bit_um2 * (double)arch->bits);
    write_compute(arch, "GLB", out);
    fputs("\ndataflow:\n"
          "  - name: weight stationary\n"
          "    constraints:\n"
          "      - {level: sums, temporal_dims: [N, P, Q, C, R, S], stationary: "
          "weights}\n"
          "      - {level: array, temporal_dims: []}\n",
          out);
    write_sources("GLB", out);
    fputs("  sums: {mark: assumed, text: \"512 sums of 32 bit for each column\"}\n"
          "  sums.network: {mark: D, text: \"per cell a register bit of 0.009 pJ at 40 "
          "nm (Aladdin) x 1.16 and 45 um of wire at 0.121 pJ/bit/mm (Keckler 2011)\"}\n"
          "  array: {mark: D, text: \"register bits of 0.009 pJ and 5.98 um2 at 40 nm "
          "(Aladdin) x 1.16 and 1.266\"}\n",
          out);
}

// --- Row stationary: elements with scratchpads, kernel rows on Y, output rows on X ---

static void write_row_stationary(const struct cli_init_arch *arch, FILE *out) {
    const double bits = (double)arch->bits;
    write_head(arch, "elements with scratchpads, row stationary", out);
    fputs("\n  - level: GLB\n    keeps: [weights, inputs, outputs]\n    memory: {",
          out);
    write_sram(arch->buffer_kib, 8 * arch->bits, out);
    fprintf(
        out,
        "}\n"
        "    # Output rows or channels along X; kernel rows, or channels, along Y.\n"
        "    fanout: {x: %" PRIu64 ", y: %" PRIu64
        ", dims_x: [P, K, G], dims_y: [R, C, G]}\n"
        "    network: {topology: mesh, multicast: [weights, inputs], reduce: "
        "[outputs], hop_pj_per_bit: %.4g}\n\n"
        "  # What one element keeps: a window, a kernel row per filter and channel, "
        "a sum per filter.\n"
        "  - level: spads\n    memories:\n"
        "      - {name: ifmap, keeps: [inputs], class: regfile, capacity_words: 12, "
        "port_bits: %" PRIu64 ", access_pj: %.4g, area_um2: %.4g}\n"
        "      - {name: filter, keeps: [weights], class: sram, capacity_words: 224, "
        "port_bits: %d, table: sram_itrs-lstp_ed2}\n"
        "      - {name: psum, keeps: [outputs], class: regfile, capacity_words: 24, "
        "port_bits: 32, access_pj: %.4g, area_um2: %.4g}\n",
        arch->columns, arch->rows, 0.3 * wire_pj_per_bit_mm, arch->bits,
        register_bit_pj * bits, 12 * register_bit_um2 * bits,
        arch->bits > 16  ? 32
        : arch->bits > 8 ? 16
                         : 8,
        register_bit_pj * 32, 24 * register_bit_um2 * 32);
    write_compute(arch, "GLB", out);
    fputs("\ndataflow:\n"
          "  - name: row stationary\n"
          "    constraints:\n"
          "      - {level: DRAM, temporal_dims: [N, K, C, P, G]}\n"
          "      - {level: GLB, temporal_dims: [N, K, C, P, Q, R, S, G], stationary: "
          "weights}\n"
          "      - {level: spads, temporal_dims: [K, C, S]}\n",
          out);
    write_sources("GLB", out);
    fputs("  GLB.network: {mark: D, text: \"0.3 mm of wire per hop at 0.121 pJ/bit/mm "
          "(Keckler 2011)\"}\n"
          "  spads: {mark: assumed, text: \"words as of Eyeriss (JSSC 52(1), 2017); "
          "register bits of 0.009 pJ and 5.98 um2 at 40 nm (Aladdin) x 1.16 and "
          "1.266\"}\n",
          out);
}

// --- Vector: dot products of a tree of adders for each output channel ---

static void write_vector(const struct cli_init_arch *arch, FILE *out) {
    const uint64_t small = arch->buffer_kib / 4;
    write_head(arch, "dot products with adder trees", out);
    fputs("\n  # Three buffers side by side.\n  - level: buffers\n    memories:\n",
          out);
    static const char *const names[] = {"inputs", "weights", "outputs"};
    const uint64_t kib[] = {small, arch->buffer_kib - 2 * small, small};
    const uint64_t words[] = {arch->rows, arch->rows * arch->columns, arch->columns};
    for (int i = 0; i < 3; i++) {
        fprintf(out, "      - {name: %s_buffer, keeps: [%s], ", names[i], names[i]);
        write_sram(kib[i], words[i] * arch->bits, out);
        fputs("}\n", out);
    }
    fprintf(out,
            "\n  # A sum for each column, until its reduction is done.\n"
            "  - level: sums\n    keeps: [outputs]\n"
            "    memory: {class: regfile, capacity_words: %" PRIu64
            ", port_bits: 32, access_pj: %.4g, area_um2: %.4g}\n"
            "    # Output channels along X; channels and kernel taps, which the tree "
            "adds, along Y.\n"
            "    fanout: {x: %" PRIu64 ", y: %" PRIu64
            ", dims_x: [K, G], dims_y: [C, R, S]}\n"
            "    network:\n"
            "      weights: {topology: bus, pj_per_bit: %.4g}\n"
            "      inputs: {topology: bus, multicast: true, pj_per_bit: %.4g}\n"
            "      outputs: {topology: tree, reduce: true, pj_per_add: %.4g}\n",
            arch->columns, register_bit_pj * 32,
            register_bit_um2 * 32 * (double)arch->columns, arch->columns, arch->rows,
            0.1 * wire_pj_per_bit_mm, 0.4 * wire_pj_per_bit_mm, add_32_pj);
    write_compute(arch, "buffers", out);
    fputs("\ndataflow:\n"
          "  - name: dot products\n"
          "    constraints:\n"
          "      - {level: sums, temporal_dims: [C, R, S]}\n",
          out);
    write_sources("buffers", out);
    fputs("  sums: {mark: D, text: \"register bits of 0.009 pJ and 5.98 um2 at 40 nm "
          "(Aladdin) x 1.16 and 1.266\"}\n"
          "  sums.network: {mark: assumed, text: \"0.1 mm of wire for weights, 0.4 mm "
          "for "
          "shared inputs, at 0.121 pJ/bit/mm (Keckler 2011); a 32-bit addition of 0.1 "
          "pJ (Horowitz)\"}\n",
          out);
}

void cli_init_write_arch(const struct cli_init_arch *arch, FILE *out) {
    if (arch->form == CLI_INIT_SYSTOLIC)
        write_systolic(arch, out);
    else if (arch->form == CLI_INIT_ROW_STATIONARY)
        write_row_stationary(arch, out);
    else
        write_vector(arch, out);
}
