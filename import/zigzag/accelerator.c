// Writes what was read of a hardware file, and of a mapping, as an accelerator.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "import/zigzag/hardware.h"
#include "import/zigzag/zigzag.h"
#include "spec/flow.h"

struct chain {
    const struct sdse_zz_hardware *hardware;
    unsigned order[SDSE_ZZ_MEMORIES], served[SDSE_ZZ_MEMORIES];
    // Array dimensions between the i-th level and what is inside it, on X and on Y.
    unsigned across[SDSE_ZZ_MEMORIES][2];
};

static const char *const axis_names[2] = {"x", "y"};

static uint64_t places(const struct sdse_zz_hardware *hardware, unsigned set) {
    uint64_t product = 1;
    for (unsigned d = 0; d < hardware->dim_count; d++)
        if (set >> d & 1u)
            product *= hardware->dim_size[d];
    return product;
}

// The first dimension between two levels is columns, the second rows, and so on. False
// if they are more than a fan-out may have.
static bool find_axes(struct chain *chain) {
    const struct sdse_zz_hardware *hardware = chain->hardware;
    bool fits = true;
    for (unsigned i = 0; i < hardware->memory_count; i++) {
        const unsigned inside =
            i + 1 < hardware->memory_count ? chain->served[i + 1] : 0;
        const unsigned between = chain->served[i] & ~inside;
        unsigned axis = 0;
        for (unsigned d = 0; d < hardware->dim_count; d++) {
            if (!(between >> d & 1u) || hardware->dim_size[d] == 1)
                continue;
            chain->across[i][axis] |= 1u << d;
            axis ^= 1u;
        }
        for (axis = 0; axis < 2; axis++)
            fits &= places(hardware, chain->across[i][axis]) <= 65536;
    }
    return fits;
}

// --- A memory ---

static void print_bandwidth(FILE *out, enum sdse_port kind,
                            const struct sdse_zz_bandwidth *bandwidth) {
    const char *key = sdse_port_keys()[kind];
    const char *between = "{";
    const double others = bandwidth->all > 0 ? bandwidth->all : bandwidth->others;
    if (bandwidth->all > 0 && !(bandwidth->own[SDSE_PORT_UP] > 0)) {
        fprintf(out, ",\n             %s: %.17g", key, bandwidth->all);
        return;
    }
    for (unsigned t = 0; t <= SDSE_PORT_USERS; t++) {
        const double bits = t < SDSE_PORT_USERS ? bandwidth->own[t] : others;
        if (!(bits > 0))
            continue;
        if (*between == '{')
            fprintf(out, ",\n             %s: ", key);
        fprintf(out, "%s%s: %.17g", between,
                t < SDSE_TENSORS    ? sdse_tensor_name((enum sdse_tensor)t)
                : t == SDSE_PORT_UP ? sdse_port_up_keys()[kind]
                                    : "others",
                bits);
        between = ", ";
    }
    if (*between != '{')
        fputc('}', out);
}

static const char *class_of(const struct chain *chain, unsigned i) {
    const unsigned all = (1u << chain->hardware->dim_count) - 1;
    if (i == 0)
        return "dram";
    const bool shared =
        places(chain->hardware, chain->served[i]) == places(chain->hardware, all);
    return shared ? "sram" : "regfile";
}

static void print_least_access(FILE *out, const struct sdse_zz_memory *memory) {
    const uint32_t read = memory->least_read_bits, write = memory->least_write_bits;
    if (read && read == write)
        fprintf(out, ", access_bits: %u", read);
    else if (read && write)
        fprintf(out, ", access_bits: {read: %u, write: %u}", read, write);
    else if (read || write)
        fprintf(out, ", access_bits: {%s: %u}", read ? "read" : "write",
                read ? read : write);
}

static void print_memory(struct sdse_foreign *foreign, FILE *out,
                         const struct chain *chain, unsigned i) {
    const struct sdse_zz_memory *memory = &chain->hardware->memory[chain->order[i]];
    struct sdse_zz_bandwidth bandwidth[3];
    sdse_zz_bandwidths(foreign, memory, bandwidth);
    fprintf(out, "    memory: {class: %s, capacity_bits: %" PRIu64,
            memory->priced ? class_of(chain, i) : "sram", memory->capacity_bits);
    print_least_access(out, memory);
    if (!memory->priced)
        fprintf(out, ", port_bits: %u", memory->port_bits);
    else if (memory->read_pj_per_bit > 0 || memory->write_pj_per_bit > 0)
        fprintf(out, ", read_pj_per_bit: %.17g,\n             write_pj_per_bit: %.17g",
                memory->read_pj_per_bit, memory->write_pj_per_bit);
    else
        fputs(", free: true", out);
    for (unsigned kind = 0; kind < SDSE_PORTS; kind++)
        print_bandwidth(out, (enum sdse_port)kind, &bandwidth[kind]);
    if (memory->area_mm2 > 0)
        fprintf(out, ", area_mm2: %.17g", memory->area_mm2);
    fputs("}\n", out);
}

static void print_level(struct sdse_foreign *foreign, FILE *out,
                        const struct chain *chain, unsigned i) {
    const struct sdse_zz_hardware *hardware = chain->hardware;
    const struct sdse_zz_memory *memory = &hardware->memory[chain->order[i]];
    fputs("  - level: ", out);
    sdse_print_word(out, memory->name);
    fputs("\n    keeps: [", out);
    const char *between = "";
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        if (!(memory->tensors >> t & 1u))
            continue;
        fprintf(out, "%s%s", between, sdse_tensor_name((enum sdse_tensor)t));
        between = ", ";
    }
    fputs("]\n", out);
    print_memory(foreign, out, chain, i);
    if (!(chain->across[i][0] | chain->across[i][1]))
        return;
    fprintf(out,
            "    fanout: {x: %" PRIu64 ", y: %" PRIu64 "}\n"
            "    network: {topology: bus, multicast: true, reduce: true, "
            "window_sharing: true, free: true}\n",
            places(hardware, chain->across[i][0]),
            places(hardware, chain->across[i][1]));
}

// --- Dataflows ---

// What an entry of the mapping lets be spread over one axis below a level.
static void print_axis(FILE *out, const struct sdse_zz_choice *choice, unsigned set,
                       unsigned axis) {
    const char *between = "";
    fprintf(out, ", spatial_%s_dims: [", axis_names[axis]);
    for (unsigned l = 0; l < SDSE_DIMS; l++) {
        for (unsigned d = 0; d < SDSE_ZZ_ARRAY_DIMS; d++) {
            if (!(set >> d & 1u) || !choice->at_most[d][l])
                continue;
            fprintf(out, "%s%c", between, sdse_dim_letters[l]);
            between = ", ";
            break;
        }
    }
    fputc(']', out);
}

static void print_bounds(FILE *out, const struct sdse_zz_choice *choice, unsigned set) {
    const char *between = ", spatial_at_most: {";
    bool any = false;
    for (unsigned l = 0; l < SDSE_DIMS; l++) {
        uint64_t product = 1;
        bool there = false;
        for (unsigned d = 0; d < SDSE_ZZ_ARRAY_DIMS; d++) {
            if (!(set >> d & 1u) || !choice->at_most[d][l])
                continue;
            product *= choice->at_most[d][l];
            there = true;
        }
        if (!there)
            continue;
        fprintf(out, "%s%c: %" PRIu64, between, sdse_dim_letters[l], product);
        between = ", ";
        any = true;
    }
    if (any)
        fputc('}', out);
}

static void print_choice(FILE *out, const struct chain *chain,
                         const struct sdse_zz_choice *choice) {
    fputs("  - name: ", out);
    sdse_print_word(out, *choice->name ? choice->name : "mapping");
    if (choice->kinds)
        fprintf(out, "\n    when: {layer: [%s]}", choice->kinds);
    fputs("\n    constraints:\n", out);
    for (unsigned i = 0; i < chain->hardware->memory_count; i++) {
        const unsigned set = chain->across[i][0] | chain->across[i][1];
        if (!set)
            continue;
        fputs("      - {level: ", out);
        sdse_print_word(out, chain->hardware->memory[chain->order[i]].name);
        for (unsigned axis = 0; axis < 2; axis++)
            print_axis(out, choice, chain->across[i][axis], axis);
        if (choice->bounded)
            print_bounds(out, choice, set);
        fputs("}\n", out);
    }
}

// Those for some kinds first: the first that fits a layer counts.
static void print_choices(FILE *out, const struct chain *chain,
                          const struct sdse_zz_mapping *mapping) {
    unsigned fanouts = 0;
    for (unsigned i = 0; i < chain->hardware->memory_count; i++)
        fanouts |= chain->across[i][0] | chain->across[i][1];
    if (!mapping->choice_count || !fanouts)
        return;
    fputs("dataflow:\n", out);
    for (unsigned general = 0; general < 2; general++)
        for (unsigned c = 0; c < mapping->choice_count; c++)
            if (!mapping->choice[c].kinds == (general == 1))
                print_choice(out, chain, &mapping->choice[c]);
}

// --- The file ---

static void print_accelerator(struct sdse_foreign *foreign, FILE *out,
                              const struct chain *chain,
                              const struct sdse_zz_mapping *mapping) {
    const struct sdse_zz_hardware *hardware = chain->hardware;
    fputs("name: ", out);
    sdse_print_word(out, hardware->name);
    fputs("\nsource: hardware file of ZigZag\n"
          "# Not in that file, and assumed here: the node and the clock",
          out);
    if (!hardware->widths_known)
        fputs(", the widths of outputs and of sums", out);
    fprintf(out,
            ".\n# Networks and the vector unit cost nothing, as there.\n"
            "node_nm: 28\nclock_ghz: 1\n"
            "tensors: {weights: {bits: %" PRIu64 "}, inputs: {bits: %" PRIu64
            "}, outputs: {bits: %" PRIu64 ", partial_bits: %" PRIu64 "}}\n"
            "levels:\n",
            hardware->bits[SDSE_WEIGHTS], hardware->bits[SDSE_INPUTS],
            hardware->bits[SDSE_OUTPUTS], hardware->partial_bits);
    for (unsigned i = 0; i < hardware->memory_count; i++)
        print_level(foreign, out, chain, i);
    if (hardware->pj_per_mac > 0)
        fprintf(out, "compute: {pj_per_mac: %.17g", hardware->pj_per_mac);
    else
        fputs("compute: {free: true", out);
    if (hardware->unit_area_mm2 > 0)
        fprintf(out, ", area_um2: %.17g", hardware->unit_area_mm2 * 1e6);
    fputs("}\nvector: {free: true}\n", out);
    print_choices(out, chain, mapping);
}

enum sdse_status sdse_zigzag_accelerator(const struct sdse_node *root,
                                         const struct sdse_node *workload,
                                         const struct sdse_node *mapping, bool lossy,
                                         struct sdse_arena *arena,
                                         struct sdse_diags *diags, const char **yaml) {
    struct sdse_foreign foreign = {arena, diags, lossy, false, false};
    struct sdse_zz_hardware *hardware = SDSE_ARENA_NEW(arena, struct sdse_zz_hardware);
    struct sdse_zz_mapping *choices = SDSE_ARENA_NEW(arena, struct sdse_zz_mapping);
    if (!hardware || !choices)
        return SDSE_NO_MEMORY;
    sdse_zz_read_mapping(&foreign, mapping, NULL, choices);
    sdse_zz_read_hardware(&foreign, root, choices, workload, hardware);
    if (foreign.out_of_memory || !hardware->memory_count || !hardware->dim_count)
        return sdse_foreign_status(&foreign);
    sdse_zz_read_mapping(&foreign, mapping, hardware, choices);
    struct chain chain = {.hardware = hardware};
    sdse_zz_chain(&foreign, hardware, chain.order, chain.served);
    if (!find_axes(&chain))
        sdse_foreign_refuse(&foreign, root->loc, false, "zigzag-dimension",
                            "more than 65536 places along one axis");
    const unsigned every =
        SDSE_BIT(SDSE_WEIGHTS) | SDSE_BIT(SDSE_INPUTS) | SDSE_BIT(SDSE_OUTPUTS);
    const struct sdse_zz_memory *outermost = &hardware->memory[chain.order[0]];
    if (outermost->tensors != every)
        sdse_foreign_refuse(&foreign, outermost->loc, false, "zigzag-operand",
                            "'%.60s' is outermost and does not hold I1, I2 and O",
                            outermost->name);
    struct sdse_text text;
    if (!sdse_text_begin(&text))
        return SDSE_NO_MEMORY;
    print_accelerator(&foreign, text.out, &chain, choices);
    const char *written = sdse_text_end(&text, arena);
    foreign.out_of_memory |= !written;
    const enum sdse_status status = sdse_foreign_status(&foreign);
    if (status == SDSE_OK)
        *yaml = written;
    return status;
}
