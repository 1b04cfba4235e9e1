// What lies below a level: its fan-out and how each tensor crosses it.
#include <math.h>
#include <string.h>

#include "spec/reading.h"
#include "spec/value.h"

void sdse_read_fanout(struct sdse_arch_reading *r, unsigned index) {
    struct sdse_level *level = &r->arch->level[index];
    const struct sdse_node *map = sdse_node_get(r->level[index].level, "fanout");
    level->fanout_x = level->fanout_y = 1;
    level->dims_x = level->dims_y = SDSE_BIT(SDSE_DIMS) - 1;
    level->fanout_loc = level->loc;
    if (!map || !sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags))
        return;
    r->level[index].fanout = map;
    level->fanout_loc = map->key_loc;
    sdse_schema_refuse_unknown(SDSE_SCHEMA_FANOUT, map, r->diags);
    const struct sdse_node *node;
    if ((node = sdse_node_get(map, "x")) &&
        !sdse_read_u32(node, 0, 65536, r->diags, &level->fanout_x))
        r->level[index].fanout_broken = true;
    if ((node = sdse_node_get(map, "y")) &&
        !sdse_read_u32(node, 0, 65536, r->diags, &level->fanout_y))
        r->level[index].fanout_broken = true;
    if ((node = sdse_node_get(map, "dims_x")))
        sdse_read_dims(node, r->diags, &level->dims_x);
    if ((node = sdse_node_get(map, "dims_y")))
        sdse_read_dims(node, r->diags, &level->dims_y);
}

// Reads the keys of a network that are present into one tensor's link.
static void read_link(struct sdse_arch_reading *r, const struct sdse_node *map,
                      struct sdse_network *link, bool loud) {
    static const char *const words[] = {"mesh", "bus", "tree", "systolic"};
    struct sdse_diags silent;
    sdse_diags_init(&silent, r->arena);
    struct sdse_diags *diags = loud ? r->diags : &silent;
    const struct sdse_node *node;
    unsigned word;
    if ((node = sdse_node_get(map, "topology")) &&
        sdse_read_word(node, words, 4, diags, &word))
        link->topology = (enum sdse_topology)word;
    if ((node = sdse_node_get(map, "free")))
        sdse_read_bool(node, diags, &link->free);
    if ((node = sdse_node_get(map, "component")))
        sdse_read_text(node, diags, &link->component);
    const struct sdse_sources *s = &r->sources;
    sdse_number_read(sdse_node_get(map, "length_mm"), 0, 1e3, s, diags,
                     &link->length_mm);
    sdse_number_read(sdse_node_get(map, "pj_per_bit"), 0, 1e9, s, diags,
                     &link->pj_per_bit);
    sdse_number_read(sdse_node_get(map, "hop_pj_per_bit"), 0, 1e9, s, diags,
                     &link->hop_pj_per_bit);
    sdse_number_read(sdse_node_get(map, "router_pj_per_bit"), 0, 1e9, s, diags,
                     &link->router_pj_per_bit);
    sdse_number_read(sdse_node_get(map, "pj_per_add"), 0, 1e9, s, diags,
                     &link->pj_per_add);
}

// multicast, reduce, window_sharing: true, false, or (network only) a list of tensors.
// Each makes sense for some tensors only; true for a whole network means those.
static void read_sharing(struct sdse_arch_reading *r, const struct sdse_node *map,
                         struct sdse_network network[], unsigned affected) {
    static const struct {
        const char *key;
        unsigned tensors;
        const char *who;
    } kinds[] = {{"multicast", SDSE_BIT(SDSE_WEIGHTS) | SDSE_BIT(SDSE_INPUTS),
                  "weights and inputs"},
                 {"reduce", SDSE_BIT(SDSE_OUTPUTS), "outputs"},
                 {"window_sharing", SDSE_BIT(SDSE_INPUTS), "inputs"}};
    bool whole = affected == SDSE_BIT(SDSE_TENSORS) - 1;
    for (unsigned k = 0; k < 3; k++) {
        const struct sdse_node *node = sdse_node_get(map, kinds[k].key);
        unsigned set;
        if (!node || !sdse_read_tensor_set(node, r->diags, &set))
            continue;
        bool named = node->kind == SDSE_NODE_SEQUENCE || !whole;
        if (named && (set & affected & ~kinds[k].tensors))
            sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "network-tensor",
                          "%s: only %s can have it", sdse_node_path(r->arena, node),
                          kinds[k].who);
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            if (!(affected & kinds[k].tensors & SDSE_BIT(t)))
                continue;
            bool *const flags[] = {&network[t].multicast, &network[t].reduce,
                                   &network[t].window_sharing};
            *flags[k] = set >> t & 1u;
        }
    }
}

void sdse_read_network(struct sdse_arch_reading *r, unsigned index) {
    struct sdse_level *level = &r->arch->level[index];
    const struct sdse_node *map = sdse_node_get(r->level[index].level, "network");
    if (!map || !sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags)) {
        // Nothing to cross: where the fan-out is larger, the check speaks.
        for (unsigned t = 0; t < SDSE_TENSORS && !map; t++)
            level->network[t].free = (uint64_t)level->fanout_x * level->fanout_y == 1;
        return;
    }
    r->level[index].network = map;
    sdse_schema_refuse_unknown(SDSE_SCHEMA_NETWORK, map, r->diags);
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        read_link(r, map, &level->network[t], t == 0);
    read_sharing(r, map, level->network, SDSE_BIT(SDSE_TENSORS) - 1);
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        const struct sdse_node *link = sdse_node_get(map, sdse_tensor_words[t]);
        if (!link || !sdse_expect_kind(link, SDSE_NODE_MAPPING, r->diags))
            continue;
        r->level[index].link[t] = link;
        sdse_schema_refuse_unknown(SDSE_SCHEMA_LINK, link, r->diags);
        read_link(r, link, &level->network[t], true);
        read_sharing(r, link, level->network, SDSE_BIT(t));
    }
}
