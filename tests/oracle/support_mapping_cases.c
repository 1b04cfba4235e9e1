#include "oracle/support_mapping_cases.h"

#include <stdlib.h>
#include <string.h>

double mapping_case_number(const struct sdse_node *map, const char *key,
                           double otherwise) {
    const struct sdse_node *node = sdse_node_get(map, key);
    if (!node || !node->text || strcmp(node->text, "null") == 0)
        return otherwise;
    return strtod(node->text, NULL);
}

const char *mapping_case_text(const struct sdse_node *map, const char *key) {
    const struct sdse_node *node = sdse_node_get(map, key);
    return node && node->text ? node->text : "";
}

static struct sdse_number given(double value) {
    return (struct sdse_number){.value = value, .given = true};
}

static unsigned dims_of(const char *letters) {
    if (strcmp(letters, "any") == 0)
        return SDSE_BIT(SDSE_DIMS) - 1;
    unsigned dims = 0;
    for (; *letters; letters++) {
        const char *at = strchr(sdse_dim_letters, *letters);
        if (at)
            dims |= SDSE_BIT(at - sdse_dim_letters);
    }
    return dims;
}

static unsigned keeps_of(const struct sdse_node *list) {
    unsigned keeps = 0;
    for
        SDSE_EACH_CHILD(item, list)
    for (int t = 0; t < SDSE_TENSORS; t++) {
        const char *name = sdse_tensor_name((enum sdse_tensor)t);
        // "Weights" against "weights"
        if (item->text && strcmp(item->text + 1, name + 1) == 0)
            keeps |= SDSE_BIT(t);
    }
    return keeps;
}

static void read_level(const struct sdse_node *node, struct sdse_level *level) {
    const double bits = mapping_case_number(node, "word_bits", 16);
    const struct sdse_node *pj = sdse_node_get(node, "energy_pj");
    level->name = level->group = mapping_case_text(node, "name");
    level->keeps = keeps_of(sdse_node_get(node, "keep"));
    level->carries_loops = true;
    level->capacity_bits = (uint64_t)(mapping_case_number(node, "words", 0) * bits);
    level->port_bits = (uint32_t)(bits * mapping_case_number(node, "block", 1));
    level->buffering = 1;
    level->overlap = true;
    level->read_pj = given(mapping_case_number(pj, "read", 0));
    level->fill_pj = given(mapping_case_number(pj, "fill", 0));
    level->update_pj = given(mapping_case_number(pj, "update", 0));
    if (mapping_case_number(node, "read_bw", 0) > 0)
        level->read_bits_per_cycle =
            given(mapping_case_number(node, "read_bw", 0) * bits);
    if (mapping_case_number(node, "write_bw", 0) > 0)
        level->write_bits_per_cycle =
            given(mapping_case_number(node, "write_bw", 0) * bits);
    level->fanout_x = level->fanout_y = 1;
    for (int t = 0; t < SDSE_TENSORS; t++) {
        level->network[t].multicast = level->network[t].reduce = true;
        level->network[t].free = true;
    }
}

static void read_arch(const struct sdse_node *node, struct sdse_arch *arch) {
    const struct sdse_node *levels = sdse_node_get(node, "levels_outer_to_inner");
    const struct sdse_node *spatial = sdse_node_get(node, "spatial");
    const struct sdse_node *mac = sdse_node_get(node, "mac");
    arch->name = mapping_case_text(node, "note");
    arch->clock_ghz = 1;
    for
        SDSE_EACH_CHILD(level, levels) {
            struct sdse_level *at = &arch->level[arch->level_count++];
            read_level(level, at);
            if (strcmp(at->name, mapping_case_text(spatial, "level")) != 0)
                continue;
            at->fanout_x = (uint32_t)mapping_case_number(spatial, "x_max", 1);
            at->fanout_y = (uint32_t)mapping_case_number(spatial, "y_max", 1);
            at->dims_x = dims_of(mapping_case_text(spatial, "x_dims"));
            at->dims_y = dims_of(mapping_case_text(spatial, "y_dims"));
        }
    const double bits = mapping_case_number(sdse_node_at(levels, 0), "word_bits", 16);
    for (int t = 0; t < SDSE_TENSORS; t++)
        arch->bits[t] = (uint32_t)bits;
    arch->partial_bits = (uint32_t)bits;
    arch->compute.cycles_per_mac = 1;
    arch->compute.pj_per_mac = given(mapping_case_number(mac, "energy_pj", 0));
}

static void read_layer(const struct sdse_node *node, struct sdse_layer *layer) {
    for (int d = 0; d < SDSE_DIMS; d++) {
        const char key[2] = {sdse_dim_letters[d], 0};
        layer->nest.bound[d] = (uint64_t)mapping_case_number(node, key, 1);
    }
    for (unsigned axis = 0; axis < 2; axis++) {
        const struct sdse_node *stride =
            sdse_node_at(sdse_node_get(node, "stride"), axis);
        const struct sdse_node *dilation =
            sdse_node_at(sdse_node_get(node, "dilation"), axis);
        layer->nest.stride[axis] =
            stride ? (uint32_t)strtoul(stride->text, NULL, 10) : 1;
        layer->nest.dilation[axis] =
            dilation ? (uint32_t)strtoul(dilation->text, NULL, 10) : 1;
    }
    layer->kind = SDSE_CONV;
    if (strcmp(mapping_case_text(node, "kind"), "dwconv") == 0) {
        layer->kind = SDSE_DWCONV;
        layer->nest.bound[SDSE_G] = layer->nest.bound[SDSE_C];
        layer->nest.bound[SDSE_C] = layer->nest.bound[SDSE_K] = 1;
    }
    layer->repeat = 1;
    for (int t = 0; t < SDSE_TENSORS; t++)
        layer->density[t] = 1;
}

void mapping_case_read(const struct sdse_node *node, struct mapping_case *out) {
    memset(out, 0, sizeof *out);
    out->name = mapping_case_text(node, "name");
    read_arch(sdse_node_get(node, "arch"), &out->arch);
    read_layer(sdse_node_get(node, "problem"), &out->layer);
}
