// A hardware file: the array of multipliers, and memories from the innermost outwards.
#include "import/zigzag/hardware.h"

#include <string.h>

#include "spec/value.h"

int sdse_zz_array_dim(struct sdse_foreign *foreign,
                      const struct sdse_zz_hardware *hardware,
                      const struct sdse_node *node, const char *name) {
    for (unsigned d = 0; d < hardware->dim_count; d++)
        if (name && strcmp(hardware->dim_name[d], name) == 0)
            return (int)d;
    sdse_foreign_refuse(foreign, node->loc, false, "zigzag-dimension",
                        "'%.60s' is no dimension of the array", name ? name : "");
    return -1;
}

// --- The array ---

static void read_dims(struct sdse_foreign *foreign, const struct sdse_node *array,
                      struct sdse_zz_hardware *hardware) {
    const struct sdse_node *names = sdse_node_get(array, "dimensions"),
                           *sizes = sdse_node_get(array, "sizes");
    if (!names || !sizes || names->count != sizes->count || !names->count ||
        names->count > SDSE_ZZ_ARRAY_DIMS) {
        sdse_foreign_refuse(foreign, array->loc, false, "zigzag-dimension",
                            "the array needs `dimensions` and `sizes`, as many, at "
                            "most %d",
                            SDSE_ZZ_ARRAY_DIMS);
        return;
    }
    sdse_for_each_child (name, names) {
        const unsigned d = hardware->dim_count;
        const char *text = sdse_node_as_text(name);
        uint64_t size = 1;
        if (!sdse_read_u64(sdse_node_at(sizes, name->index), 1, 65536, foreign->diags,
                           &size))
            foreign->failed = true;
        for (unsigned other = 0; other < d; other++)
            if (text && strcmp(text, hardware->dim_name[other]) == 0)
                sdse_foreign_refuse(foreign, name->loc, false, "zigzag-dimension",
                                    "'%.60s' is there twice", text);
        hardware->dim_name[d] = text ? text : "";
        hardware->dim_size[d] = size;
        hardware->dim_count++;
    }
}

// An area above 0, whose unit is the file's own: it may stand beside those of CACTI,
// which are in mm2.
static double read_area(struct sdse_foreign *foreign, const struct sdse_node *mapping,
                        const char *key) {
    const double area = sdse_foreign_double(foreign, mapping, key, 1e9, false);
    if (area > 0)
        sdse_foreign_refuse(foreign, sdse_node_get(mapping, key)->loc, true,
                            "zigzag-area",
                            "an area whose unit the file does not say: it is taken as "
                            "mm2");
    return area;
}

static void read_array(struct sdse_foreign *foreign, const struct sdse_node *array,
                       const struct sdse_zz_mapping *links,
                       struct sdse_zz_hardware *hardware) {
    static const char *const keys[] = {
        "dimensions",        "sizes",     "input_precision", "unit_energy",
        "multiplier_energy", "unit_area", "multiplier_area", "is_imc",
        "imc_type",          NULL};
    sdse_foreign_keys(foreign, array, keys, "zigzag-key");
    read_dims(foreign, array, hardware);
    const struct sdse_node *in_memory = sdse_node_get(array, "is_imc");
    const char *imc = in_memory ? sdse_node_as_text(in_memory) : NULL;
    if (imc && (strcmp(imc, "True") == 0 || strcmp(imc, "true") == 0))
        sdse_foreign_refuse(foreign, in_memory->loc, false, "zigzag-imc",
                            "an array that multiplies inside its memory cells has no "
                            "counterpart");
    const struct sdse_node *widths = sdse_node_get(array, "input_precision");
    if (!widths || widths->count != 2) {
        sdse_foreign_refuse(foreign, array->loc, false, "zigzag-precision",
                            "the array needs `input_precision` of I1 and I2");
        return;
    }
    for (unsigned i = 0; i < 2; i++)
        if (!sdse_read_u64(sdse_node_at(widths, i), 1, 64, foreign->diags,
                           &hardware->bits[links->tensor_of[i]]))
            foreign->failed = true;
    hardware->bits[SDSE_OUTPUTS] = hardware->bits[SDSE_INPUTS];
    hardware->partial_bits = hardware->bits[SDSE_INPUTS] + hardware->bits[SDSE_WEIGHTS];
    if (hardware->partial_bits > 64)
        hardware->partial_bits = 64;
    const char *energy =
        sdse_node_get(array, "unit_energy") ? "unit_energy" : "multiplier_energy";
    hardware->pj_per_mac = sdse_foreign_double(foreign, array, energy, 1e12, true);
    hardware->unit_area_mm2 = read_area(
        foreign, array,
        sdse_node_get(array, "unit_area") ? "unit_area" : "multiplier_area");
}

// --- Widths ---

static bool multiplies(const struct sdse_node *layer) {
    const struct sdse_node *equation = sdse_node_get(layer, "equation");
    const char *text = equation ? sdse_node_as_text(equation) : NULL;
    const struct sdse_node *type = sdse_node_get(layer, "operator_type");
    const char *name = type ? sdse_node_as_text(type) : NULL;
    return text && strchr(text, '*') && !(name && strstr(name, "Pool"));
}

void sdse_zz_read_widths(struct sdse_foreign *foreign, const struct sdse_node *workload,
                         struct sdse_zz_hardware *hardware) {
    static const char *const keys[] = {"W", "I", "O_final", "O"};
    uint64_t first[4] = {0}, bits[4];
    bool any = false, differs = false;
    sdse_for_each_child (layer, workload) {
        const struct sdse_node *widths = sdse_node_get(layer, "operand_precision");
        if (!widths || !multiplies(layer))
            continue;
        for (unsigned i = 0; i < 4; i++)
            bits[i] = sdse_node_get(widths, keys[i])
                          ? sdse_foreign_u64(foreign, widths, keys[i], 1, 64, false)
                          : 0;
        if (!bits[2])
            bits[2] = bits[3];
        if (!any)
            memcpy(first, bits, sizeof first);
        else if (memcmp(first, bits, sizeof first) != 0 && !differs) {
            differs = true;
            sdse_foreign_refuse(foreign, widths->loc, true, "zigzag-precision",
                                "layers of different widths: those of the first one "
                                "hold for all");
        }
        any = true;
    }
    if (!any)
        return;
    hardware->widths_known = true;
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        if (first[t])
            hardware->bits[t] = first[t];
    hardware->partial_bits = first[3] > hardware->bits[SDSE_OUTPUTS]
                                 ? first[3]
                                 : hardware->bits[SDSE_OUTPUTS];
}

// --- Memories ---

static void read_operands(struct sdse_foreign *foreign, const struct sdse_node *node,
                          const struct sdse_zz_mapping *links,
                          struct sdse_zz_memory *memory) {
    sdse_for_each_child (item, sdse_node_get(node, "operands")) {
        const char *text = sdse_node_as_text(item);
        if (text && strcmp(text, "O") == 0)
            memory->tensors |= SDSE_BIT(SDSE_OUTPUTS);
        else if (text && (strcmp(text, "I1") == 0 || strcmp(text, "I2") == 0))
            memory->tensors |= SDSE_BIT(links->tensor_of[text[1] - '1']);
        else
            sdse_foreign_refuse(foreign, item->loc, false, "zigzag-operand",
                                "'%.60s': expected I1, I2 or O", text ? text : "");
    }
    if (!memory->tensors)
        sdse_foreign_refuse(foreign, node->key_loc, false, "zigzag-operand",
                            "'%.60s' holds no operands", memory->name);
}

static void read_memory(struct sdse_foreign *foreign, const struct sdse_node *node,
                        const struct sdse_zz_mapping *links,
                        struct sdse_zz_hardware *hardware) {
    static const char *const keys[] = {"size",
                                       "r_bw",
                                       "w_bw",
                                       "r_cost",
                                       "area",
                                       "r_port",
                                       "w_port",
                                       "rw_port",
                                       "ports",
                                       "latency",
                                       "operands",
                                       "served_dimensions",
                                       "w_cost",
                                       "auto_cost_extraction",
                                       "min_r_granularity",
                                       "min_w_granularity",
                                       "mem_type",
                                       "double_buffering_support",
                                       NULL};
    sdse_foreign_keys(foreign, node, keys, "zigzag-key");
    struct sdse_zz_memory *memory = &hardware->memory[hardware->memory_count++];
    memory->name = node->key;
    memory->loc = node->key_loc;
    memory->capacity_bits =
        sdse_foreign_u64(foreign, node, "size", 1, UINT64_C(1) << 60, true);
    if (sdse_node_get(node, "latency") &&
        sdse_foreign_u64(foreign, node, "latency", 0, 1 << 20, false) > 1)
        sdse_foreign_refuse(foreign, sdse_node_get(node, "latency")->loc, true,
                            "zigzag-latency",
                            "the latency of an access is not counted");
    const struct sdse_node *halves = sdse_node_get(node, "double_buffering_support");
    const char *double_buffered = halves ? sdse_node_as_text(halves) : NULL;
    if (double_buffered && *double_buffered != 'F' && *double_buffered != 'f')
        sdse_foreign_refuse(foreign, halves->loc, true, "zigzag-key",
                            "'%.60s' is filled while it is read: here the whole of it "
                            "holds tiles",
                            memory->name);
    read_operands(foreign, node, links, memory);
    const struct sdse_node *served = sdse_node_get(node, "served_dimensions");
    memory->served_loc = served ? served->loc : node->key_loc;
    if (!served) {
        sdse_foreign_missing(foreign, node, "served_dimensions");
    }
    sdse_for_each_child (item, served) {
        const int d =
            sdse_zz_array_dim(foreign, hardware, item, sdse_node_as_text(item));
        if (d >= 0)
            memory->served |= 1u << d;
    }
    sdse_zz_read_ports(foreign, node, links, hardware, memory);
    if (memory->priced) // else CACTI's takes its place there, the table's here
        memory->area_mm2 = read_area(foreign, node, "area");
}

void sdse_zz_read_hardware(struct sdse_foreign *foreign, const struct sdse_node *root,
                           const struct sdse_zz_mapping *links,
                           const struct sdse_node *workload,
                           struct sdse_zz_hardware *hardware) {
    static const char *const keys[] = {"name",        "memories",  "operational_array",
                                       "multipliers", "dataflows", NULL};
    sdse_foreign_keys(foreign, root, keys, "zigzag-key");
    hardware->name = sdse_foreign_text(foreign, root, "name", "zigzag");
    const struct sdse_node *dataflows = sdse_node_get(root, "dataflows");
    if (dataflows && dataflows->count)
        sdse_foreign_refuse(foreign, dataflows->loc, true, "zigzag-key",
                            "`dataflows` of the hardware are lost: those of a mapping "
                            "file are read");
    const struct sdse_node *array = sdse_node_get(root, "operational_array");
    if (!array)
        array = sdse_node_get(root, "multipliers");
    const struct sdse_node *memories = sdse_node_get(root, "memories");
    if (!array || !memories || memories->kind != SDSE_NODE_MAPPING ||
        !memories->count || memories->count > SDSE_ZZ_MEMORIES) {
        sdse_foreign_refuse(foreign, root->loc, false, "zigzag-key",
                            "hardware needs `operational_array` (or `multipliers`) and "
                            "`memories`, 1 to %d of them by name",
                            SDSE_ZZ_MEMORIES);
        return;
    }
    read_array(foreign, array, links, hardware);
    sdse_zz_read_widths(foreign, workload, hardware);
    sdse_for_each_child (node, memories)
        read_memory(foreign, node, links, hardware);
}
