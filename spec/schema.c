#include "spec/schema.h"

#include <string.h>

#include "spec/value.h"

static const struct sdse_schema_key arch_keys[] = {
    {"name", SDSE_SCHEMA_VALUE},
    {"source", SDSE_SCHEMA_VALUE},
    {"node_nm", SDSE_SCHEMA_VALUE},
    {"voltage_v", SDSE_SCHEMA_VALUE},
    {"clock_ghz", SDSE_SCHEMA_VALUE},
    {"word_bits", SDSE_SCHEMA_VALUE},
    {"tensors", SDSE_SCHEMA_TENSORS},
    {"levels", SDSE_SCHEMA_LEVELS},
    {"compute", SDSE_SCHEMA_COMPUTE},
    {"engines", SDSE_SCHEMA_ENGINES},
    {"vector", SDSE_SCHEMA_VECTOR},
    {"dataflow", SDSE_SCHEMA_VALUE},
    {"area", SDSE_SCHEMA_AREA},
    {"chip", SDSE_SCHEMA_CHIP},
    {"sources", SDSE_SCHEMA_VALUE},
    {"count_drain_reads", SDSE_SCHEMA_VALUE},
    {"count_return_transfers", SDSE_SCHEMA_VALUE},
    {"count_fill_drain", SDSE_SCHEMA_VALUE},
    {"component_leakage", SDSE_SCHEMA_VALUE},
};
#define OVERHEAD_KEYS                                                  \
    {"clock_mw", SDSE_SCHEMA_VALUE}, {"static_mw", SDSE_SCHEMA_VALUE}, \
        {"control_percent", SDSE_SCHEMA_VALUE}, {                      \
        "gated", SDSE_SCHEMA_VALUE                                     \
    }
static const struct sdse_schema_key chip_keys[] = {OVERHEAD_KEYS};
static const struct sdse_schema_key tensors_keys[] = {
    {"weights", SDSE_SCHEMA_TENSOR},
    {"inputs", SDSE_SCHEMA_TENSOR},
    {"outputs", SDSE_SCHEMA_OUTPUT_TENSOR},
};
static const struct sdse_schema_key tensor_keys[] = {{"bits", SDSE_SCHEMA_VALUE}};
static const struct sdse_schema_key output_tensor_keys[] = {
    {"bits", SDSE_SCHEMA_VALUE},
    {"partial_bits", SDSE_SCHEMA_VALUE},
};
static const struct sdse_schema_key level_keys[] = {
    {"level", SDSE_SCHEMA_VALUE},       {"memory", SDSE_SCHEMA_MEMORY},
    {"memories", SDSE_SCHEMA_MEMORIES}, {"keeps", SDSE_SCHEMA_VALUE},
    {"fanout", SDSE_SCHEMA_FANOUT},     {"network", SDSE_SCHEMA_NETWORK},
    {"overlap", SDSE_SCHEMA_VALUE},     {"pass", SDSE_SCHEMA_PASS},
};
static const struct sdse_schema_key pass_keys[] = {
    {"start_cycles", SDSE_SCHEMA_VALUE},
    {"skew_cycles", SDSE_SCHEMA_VALUE},
};
static const struct sdse_schema_key memory_keys[] = {
    {"name", SDSE_SCHEMA_VALUE},
    {"class", SDSE_SCHEMA_VALUE},
    {"keeps", SDSE_SCHEMA_VALUE},
    {"may_bypass", SDSE_SCHEMA_VALUE},
    {"capacity_bits", SDSE_SCHEMA_VALUE},
    {"capacity_bytes", SDSE_SCHEMA_VALUE},
    {"capacity_words", SDSE_SCHEMA_VALUE},
    {"capacity_kib", SDSE_SCHEMA_VALUE},
    {"capacity_mib", SDSE_SCHEMA_VALUE},
    {"banks", SDSE_SCHEMA_VALUE},
    {"bits", SDSE_SCHEMA_WIDTHS},
    {"partial_bits", SDSE_SCHEMA_VALUE},
    {"macro_kib", SDSE_SCHEMA_VALUE},
    {"port_bits", SDSE_SCHEMA_VALUE},
    {"access_bits", SDSE_SCHEMA_ACCESS},
    {"buffering", SDSE_SCHEMA_VALUE},
    {"read_bits_per_cycle", SDSE_SCHEMA_READ_PORT},
    {"write_bits_per_cycle", SDSE_SCHEMA_WRITE_PORT},
    {"shared_bits_per_cycle", SDSE_SCHEMA_PORT},
    {"access_pj", SDSE_SCHEMA_VALUE},
    {"read_pj", SDSE_SCHEMA_VALUE},
    {"write_pj", SDSE_SCHEMA_VALUE},
    {"fill_pj", SDSE_SCHEMA_VALUE},
    {"update_pj", SDSE_SCHEMA_VALUE},
    {"pj_per_bit", SDSE_SCHEMA_VALUE},
    {"read_pj_per_bit", SDSE_SCHEMA_VALUE},
    {"write_pj_per_bit", SDSE_SCHEMA_VALUE},
    {"fill_pj_per_bit", SDSE_SCHEMA_VALUE},
    {"update_pj_per_bit", SDSE_SCHEMA_VALUE},
    {"table", SDSE_SCHEMA_VALUE},
    {"component", SDSE_SCHEMA_VALUE},
    {"depth", SDSE_SCHEMA_VALUE},
    {"width_bits", SDSE_SCHEMA_VALUE},
    {"v_over_vmin", SDSE_SCHEMA_VALUE},
    {"verified_share", SDSE_SCHEMA_VALUE},
    {"verify_pulses", SDSE_SCHEMA_VALUE},
    {"sigma", SDSE_SCHEMA_VALUE},
    {"sigma_verified", SDSE_SCHEMA_VALUE},
    {"retention_us", SDSE_SCHEMA_VALUE},
    {"retention", SDSE_SCHEMA_VALUE},
    {"temperature_c", SDSE_SCHEMA_VALUE},
    {"refresh_pj_per_bit", SDSE_SCHEMA_VALUE},
    {"refresh_row_bits", SDSE_SCHEMA_VALUE},
    {"refresh_cycles_per_row", SDSE_SCHEMA_VALUE},
    {"max_lifetime_us", SDSE_SCHEMA_VALUE},
    {"free", SDSE_SCHEMA_VALUE},
    {"uneven", SDSE_SCHEMA_VALUE},
    {"shares", SDSE_SCHEMA_VALUE},
    {"fetch_gaps", SDSE_SCHEMA_VALUE},
    OVERHEAD_KEYS,
    {"leakage_mw", SDSE_SCHEMA_VALUE},
    {"area_um2", SDSE_SCHEMA_VALUE},
    {"area_mm2", SDSE_SCHEMA_VALUE},
    {"format", SDSE_SCHEMA_VALUE},
};
// Of the tensors that have a port of their own, and of the others.
#define PORT_KEYS                                                  \
    {"weights", SDSE_SCHEMA_VALUE}, {"inputs", SDSE_SCHEMA_VALUE}, \
        {"outputs", SDSE_SCHEMA_VALUE}, {                          \
        "others", SDSE_SCHEMA_VALUE                                \
    }
static const struct sdse_schema_key port_keys[] = {PORT_KEYS};
static const struct sdse_schema_key read_port_keys[] = {PORT_KEYS,
                                                        {"drains", SDSE_SCHEMA_VALUE}};
static const struct sdse_schema_key write_port_keys[] = {
    PORT_KEYS, {"updates", SDSE_SCHEMA_VALUE}};
// The fewest bits that an access moves, by its way.
static const struct sdse_schema_key widths_keys[] = {
    {"weights", SDSE_SCHEMA_VALUE},
    {"inputs", SDSE_SCHEMA_VALUE},
    {"outputs", SDSE_SCHEMA_VALUE},
};
static const struct sdse_schema_key access_keys[] = {
    {"read", SDSE_SCHEMA_VALUE},
    {"write", SDSE_SCHEMA_VALUE},
};
static const struct sdse_schema_key fanout_keys[] = {
    {"x", SDSE_SCHEMA_VALUE},
    {"y", SDSE_SCHEMA_VALUE},
    {"dims_x", SDSE_SCHEMA_VALUE},
    {"dims_y", SDSE_SCHEMA_VALUE},
};
#define LINK_KEYS                                                                      \
    {"topology", SDSE_SCHEMA_VALUE}, {"multicast", SDSE_SCHEMA_VALUE},                 \
        {"reduce", SDSE_SCHEMA_VALUE}, {"window_sharing", SDSE_SCHEMA_VALUE},          \
        {"component", SDSE_SCHEMA_VALUE}, {"length_mm", SDSE_SCHEMA_VALUE},            \
        {"pj_per_bit", SDSE_SCHEMA_VALUE}, {"hop_pj_per_bit", SDSE_SCHEMA_VALUE},      \
        {"router_pj_per_bit", SDSE_SCHEMA_VALUE}, {"pj_per_add", SDSE_SCHEMA_VALUE}, { \
        "free", SDSE_SCHEMA_VALUE                                                      \
    }
static const struct sdse_schema_key link_keys[] = {LINK_KEYS};
static const struct sdse_schema_key network_keys[] = {
    LINK_KEYS,
    {"weights", SDSE_SCHEMA_LINK},
    {"inputs", SDSE_SCHEMA_LINK},
    {"outputs", SDSE_SCHEMA_LINK},
};
static const struct sdse_schema_key compute_keys[] = {
    {"class", SDSE_SCHEMA_VALUE},      {"cycles_per_mac", SDSE_SCHEMA_VALUE},
    {"pj_per_mac", SDSE_SCHEMA_VALUE}, OVERHEAD_KEYS,
    {"leakage_mw", SDSE_SCHEMA_VALUE}, {"area_um2", SDSE_SCHEMA_VALUE},
    {"component", SDSE_SCHEMA_VALUE},  {"free", SDSE_SCHEMA_VALUE},
};
static const struct sdse_schema_key engine_keys[] = {
    {"name", SDSE_SCHEMA_VALUE},
    {"kind", SDSE_SCHEMA_VALUE},
    {"below", SDSE_SCHEMA_VALUE},
    {"pj_per_shift_add", SDSE_SCHEMA_VALUE},
    {"pj_per_basis_read", SDSE_SCHEMA_VALUE},
    {"pj_per_basis_write", SDSE_SCHEMA_VALUE},
    {"rows_per_cycle", SDSE_SCHEMA_VALUE},
    {"component", SDSE_SCHEMA_VALUE},
    {"area_um2", SDSE_SCHEMA_VALUE},
    {"free", SDSE_SCHEMA_VALUE},
    // Of other kinds (engine_keys.c).
    {"for", SDSE_SCHEMA_VALUE},
    {"pj_per_digit", SDSE_SCHEMA_VALUE},
    {"pj_per_test", SDSE_SCHEMA_VALUE},
    {"pj_per_issue", SDSE_SCHEMA_VALUE},
    {"pj_per_gathered_word", SDSE_SCHEMA_VALUE},
    {"pj_per_row", SDSE_SCHEMA_VALUE},
    {"pj_per_product", SDSE_SCHEMA_VALUE},
    {"pj_per_sum", SDSE_SCHEMA_VALUE},
    {"multipliers", SDSE_SCHEMA_VALUE},
    {"encoding", SDSE_SCHEMA_VALUE},
    {"serial", SDSE_SCHEMA_VALUE},
    {"lanes", SDSE_SCHEMA_VALUE},
    {"columns", SDSE_SCHEMA_VALUE},
    {"registers", SDSE_SCHEMA_VALUE},
    {"first_stage_bits", SDSE_SCHEMA_VALUE},
    {"operands", SDSE_SCHEMA_VALUE},
    {"grid_rows", SDSE_SCHEMA_VALUE},
    {"grid_columns", SDSE_SCHEMA_VALUE},
    {"simd", SDSE_SCHEMA_VALUE},
    {"bubble", SDSE_SCHEMA_VALUE},
    {"tile_columns", SDSE_SCHEMA_VALUE},
    {"elements", SDSE_SCHEMA_VALUE},
    {"width", SDSE_SCHEMA_VALUE},
    {"tile_outputs", SDSE_SCHEMA_VALUE},
    {"tile_inputs", SDSE_SCHEMA_VALUE},
    {"slices", SDSE_SCHEMA_VALUE},
    {"group", SDSE_SCHEMA_VALUE},
    {"lines", SDSE_SCHEMA_VALUE},
    {"sync", SDSE_SCHEMA_VALUE},
    {"weight_vector", SDSE_SCHEMA_VALUE},
    {"input_vector", SDSE_SCHEMA_VALUE},
    {"accumulators", SDSE_SCHEMA_VALUE},
    {"banks", SDSE_SCHEMA_VALUE},
    {"queue", SDSE_SCHEMA_VALUE},
    {"barrier", SDSE_SCHEMA_VALUE},
    {"halo", SDSE_SCHEMA_VALUE},
};
static const struct sdse_schema_key vector_keys[] = {
    {"below", SDSE_SCHEMA_VALUE},     {"pj_per_op", SDSE_SCHEMA_VALUE},
    {"component", SDSE_SCHEMA_VALUE}, {"ops_per_cycle", SDSE_SCHEMA_VALUE},
    {"free", SDSE_SCHEMA_VALUE},
};
static const struct sdse_schema_key area_keys[] = {
    {"other_um2", SDSE_SCHEMA_VALUE},
    {"other_mm2", SDSE_SCHEMA_VALUE},
};

#define TABLE(keys) \
    { keys, sizeof(keys) / sizeof *(keys) }
static const struct {
    const struct sdse_schema_key *keys;
    size_t count;
} schemas[SDSE_SCHEMA_KINDS] = {
    [SDSE_SCHEMA_ARCH] = TABLE(arch_keys),
    [SDSE_SCHEMA_TENSORS] = TABLE(tensors_keys),
    [SDSE_SCHEMA_TENSOR] = TABLE(tensor_keys),
    [SDSE_SCHEMA_OUTPUT_TENSOR] = TABLE(output_tensor_keys),
    [SDSE_SCHEMA_LEVEL] = TABLE(level_keys),
    [SDSE_SCHEMA_MEMORY] = TABLE(memory_keys),
    [SDSE_SCHEMA_PORT] = TABLE(port_keys),
    [SDSE_SCHEMA_READ_PORT] = TABLE(read_port_keys),
    [SDSE_SCHEMA_WRITE_PORT] = TABLE(write_port_keys),
    [SDSE_SCHEMA_ACCESS] = TABLE(access_keys),
    [SDSE_SCHEMA_WIDTHS] = TABLE(widths_keys),
    [SDSE_SCHEMA_FANOUT] = TABLE(fanout_keys),
    [SDSE_SCHEMA_PASS] = TABLE(pass_keys),
    [SDSE_SCHEMA_NETWORK] = TABLE(network_keys),
    [SDSE_SCHEMA_LINK] = TABLE(link_keys),
    [SDSE_SCHEMA_COMPUTE] = TABLE(compute_keys),
    [SDSE_SCHEMA_ENGINE] = TABLE(engine_keys),
    [SDSE_SCHEMA_VECTOR] = TABLE(vector_keys),
    [SDSE_SCHEMA_AREA] = TABLE(area_keys),
    [SDSE_SCHEMA_CHIP] = TABLE(chip_keys),
};

const struct sdse_schema_key *sdse_schema_keys(enum sdse_schema kind, size_t *count) {
    *count = schemas[kind].count;
    return schemas[kind].keys;
}

const struct sdse_schema_key *sdse_schema_find(enum sdse_schema kind,
                                               const char *name) {
    for (size_t i = 0; i < schemas[kind].count; i++)
        if (strcmp(schemas[kind].keys[i].name, name) == 0)
            return &schemas[kind].keys[i];
    return NULL;
}

void sdse_schema_refuse_unknown(enum sdse_schema kind, const struct sdse_node *mapping,
                                struct sdse_diags *diags) {
    const char *names[sizeof memory_keys / sizeof *memory_keys];
    size_t count = schemas[kind].count;
    for (size_t i = 0; i < count; i++)
        names[i] = schemas[kind].keys[i].name;
    sdse_refuse_unknown_keys(mapping, names, count, diags);
}

void sdse_schema_expect_some(enum sdse_schema kind, const struct sdse_node *mapping,
                             struct sdse_diags *diags) {
    sdse_schema_refuse_unknown(kind, mapping, diags);
    if (mapping->count)
        return;
    const char *names = "";
    for (size_t i = 0; names && i < schemas[kind].count; i++)
        names = sdse_arena_printf(diags->arena, "%s%s%s", names, *names ? ", " : "",
                                  schemas[kind].keys[i].name);
    sdse_diag_add(diags, SDSE_ERROR, mapping->loc, "missing-key",
                  "%s: is empty; give one of %s at least",
                  sdse_node_path(diags->arena, mapping), names ? names : "?");
}
