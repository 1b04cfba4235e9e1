#include "spec/place.h"

#include <inttypes.h>
#include <string.h>

#include "spec/flow.h"
#include "spec/load.h"
#include "spec/reading.h"
#include "spec/value.h"

static const char outer[] = "outer", both[] = "both";

unsigned sdse_shared_levels(const struct sdse_arch *arch, unsigned *level) {
    unsigned count = 0;
    for (unsigned l = 1; l < arch->level_count && count < SDSE_MOST_SHARED; l++)
        if (arch->level[l].shares_activations && !arch->level[l].shares_memory)
            level[count++] = l;
    return count;
}

unsigned sdse_shared_level(const struct sdse_arch *arch) {
    unsigned level[SDSE_MOST_SHARED];
    return sdse_shared_levels(arch, level) ? level[0] : 0;
}

unsigned sdse_shared_named(const struct sdse_arch *arch, const char *name) {
    unsigned level[SDSE_MOST_SHARED], m = 0;
    const unsigned count = sdse_shared_levels(arch, level);
    for (; m < count; m++) {
        const size_t bytes = (size_t)sdse_memory_name_bytes(arch, level[m]);
        if (strlen(name) == bytes &&
            strncmp(arch->level[level[m]].name, name, bytes) == 0)
            break;
    }
    return m;
}

const char *sdse_memory_name(struct sdse_arena *arena, const struct sdse_arch *arch,
                             unsigned level) {
    const char *name = arch->level[level].name;
    const int bytes = sdse_memory_name_bytes(arch, level);
    return name[bytes] ? sdse_arena_printf(arena, "%.*s", bytes, name) : name;
}

// --- Reading ---

struct reader {
    const struct sdse_arch *arch;
    const struct sdse_layer *layer;
    struct sdse_diags *diags;
    unsigned memory_count; // that share
    struct sdse_residence *part;
    bool follows; // what is said is compared with what follows: it need not be whole
};

static const char *name_of(const struct reader *r, const struct sdse_residence *part) {
    return r->arch->level[part->level].name;
}

static int name_bytes(const struct reader *r, const struct sdse_residence *part) {
    return sdse_memory_name_bytes(r->arch, part->level);
}

static bool is_outermost(const struct reader *r, const char *name) {
    return strcmp(name, outer) == 0 || strcmp(name, r->arch->level[0].name) == 0;
}

static void refuse_memory(const struct reader *r, const struct sdse_node *node,
                          const char *name) {
    if (r->memory_count)
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "place-shares",
                      "memory '%.80s' of '%s' may hold no tensors between layers, "
                      "'%.*s' may",
                      name, r->arch->name, name_bytes(r, r->part), name_of(r, r->part));
    else
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "place-shares",
                      "'%.80s': no memory of '%s' may hold tensors between layers: say "
                      "`shares: [activations]` in one",
                      name, r->arch->name);
}

// The part of the memory that shares and has that name; NULL after a message.
static struct sdse_residence *
part_named(const struct reader *r, const struct sdse_node *node, const char *name) {
    unsigned level;
    for (unsigned m = 0; m < r->memory_count; m++) {
        const size_t bytes = (size_t)name_bytes(r, &r->part[m]);
        if (strlen(name) == bytes && memcmp(name, name_of(r, &r->part[m]), bytes) == 0)
            return &r->part[m];
    }
    if (!sdse_find_level(r->arch, name, &level)) {
        sdse_report_unknown_level(r->arch, node->loc, name, r->diags);
        return NULL;
    }
    for (unsigned m = 0; m < r->memory_count; m++)
        if (level == r->part[m].level)
            return &r->part[m];
    refuse_memory(r, node, name);
    return NULL;
}

// A tensor at home in the memory that its place names.
static void settle(const struct reader *r, const struct sdse_node *node,
                   const char *name, enum sdse_tensor tensor, bool twice) {
    struct sdse_residence *part = part_named(r, node, name);
    if (!part)
        return;
    if (tensor == SDSE_WEIGHTS && !r->arch->level[part->level].shares_weights) {
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "place-shares",
                      "memory '%.80s' of '%s' holds activations alone between layers: "
                      "weights there need `shares: [activations, weights]`",
                      name, r->arch->name);
        return;
    }
    part->tensors |= SDSE_BIT(tensor);
    part->writes_through |= twice;
}

static void refuse_both(const struct reader *r, const struct sdse_node *node,
                        enum sdse_tensor tensor) {
    sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "place-tensor",
                  "%s are read in one memory, not in both", sdse_tensor_words[tensor]);
}

// A list of memories: maps that are read in several of them, or outputs that are also
// in the outermost one.
static void read_list(const struct reader *r, const struct sdse_node *list,
                      enum sdse_tensor tensor) {
    const bool out = tensor == SDSE_OUTPUTS;
    const struct sdse_node *memory = NULL;
    const char *name, *there = NULL;
    size_t outside = 0, inside = 0;
    sdse_for_each_child (node, list) {
        if (!sdse_read_text(node, r->diags, &name))
            return;
        if (is_outermost(r, name)) {
            outside++;
            continue;
        }
        inside++;
        memory = node;
        there = name;
        if (!out)
            settle(r, node, name, tensor, false);
    }
    if (out && inside == 1 && outside == 1)
        settle(r, memory, there, tensor, true);
    else if (out)
        sdse_diag_add(r->diags, SDSE_ERROR, list->loc, "place-tensor",
                      "outputs are in one memory, and with `outer` beside it in the "
                      "outermost one as well");
    else if (outside || (tensor == SDSE_WEIGHTS && inside > 1))
        refuse_both(r, list, tensor);
}

static void read_tensor(const struct reader *r, const struct sdse_node *map,
                        enum sdse_tensor tensor) {
    const struct sdse_node *node = sdse_node_get(map, sdse_tensor_words[tensor]);
    const bool list = node && node->kind == SDSE_NODE_SEQUENCE;
    const char *name = NULL;
    if (!node || (!list && !sdse_read_text(node, r->diags, &name)) ||
        (name && is_outermost(r, name)))
        return;
    if (name && tensor != SDSE_OUTPUTS && strcmp(name, both) == 0) {
        refuse_both(r, node, tensor);
        return;
    }
    if (tensor == SDSE_WEIGHTS && r->layer && r->layer->kind != SDSE_MATMUL) {
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "place-tensor",
                      "weights of layer '%s' (%s) are what no layer puts out",
                      r->layer->name, sdse_layer_kind_name(r->layer->kind));
        return;
    }
    if (list)
        read_list(r, node, tensor);
    else if (strcmp(name, both) != 0)
        settle(r, node, name, tensor, false);
    else if (r->memory_count == 0)
        refuse_memory(r, node, both);
    else if (r->memory_count > 1)
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "place-tensor",
                      "several memories of '%s' share: say which and `outer`, as in "
                      "[%.*s, outer]",
                      r->arch->name, name_bytes(r, r->part), name_of(r, r->part));
    else {
        r->part->tensors |= SDSE_BIT(tensor);
        r->part->writes_through = true;
    }
}

static uint32_t operands_of(const struct sdse_layer *layer) {
    return layer && sdse_layer_moves(layer) ? layer->move.addends : 1;
}

// What is said of each memory: a number where one shares, or where `only` is meant;
// else a map of numbers by memory. act: takes the number of one of them.
typedef void (*read_of_memory)(const struct reader *r, const struct sdse_node *node,
                               struct sdse_residence *part);

static void read_by_memory(const struct reader *r, const struct sdse_node *node,
                           struct sdse_residence *only, read_of_memory act) {
    if (node->kind == SDSE_NODE_MAPPING) {
        sdse_for_each_child (child, node) {
            struct sdse_residence *part = part_named(r, child, child->key);
            if (part)
                act(r, child, part);
        }
    } else if (only) {
        act(r, node, only);
    } else {
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "place-shares",
                      "several memories of '%s' share: say it of each, as in {%.*s: …}",
                      r->arch->name, name_bytes(r, r->part), name_of(r, r->part));
    }
}

// The only memory that shares; NULL: there are none or several.
static struct sdse_residence *only_memory(const struct reader *r) {
    return r->memory_count == 1 ? r->part : NULL;
}

static void take_operands(const struct reader *r, const struct sdse_node *node,
                          struct sdse_residence *part) {
    const bool inputs = part->tensors & SDSE_BIT(SDSE_INPUTS);
    uint32_t count;
    if (!sdse_read_u32(node, 1, 1u << 20, r->diags, &count))
        return;
    if (!inputs || (r->layer && count > operands_of(r->layer)))
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "place-operands",
                      inputs ? "the layer reads %" PRIu32 " maps, %" PRIu32
                               " of them cannot be held"
                             : "none of the %" PRIu32 " maps is held: of how many of "
                               "its inputs is %" PRIu32 " said?",
                      operands_of(r->layer), count);
    else
        part->operands = count;
}

// Those that are not said are all, if one memory has them.
static void read_operands(const struct reader *r, const struct sdse_node *map) {
    const struct sdse_node *node = sdse_node_get(map, "operands");
    struct sdse_residence *only = NULL;
    unsigned memories = 0;
    uint32_t total = 0;
    for (unsigned m = 0; m < r->memory_count; m++) {
        if (!(r->part[m].tensors & SDSE_BIT(SDSE_INPUTS)))
            continue;
        only = &r->part[m];
        memories++;
    }
    if (memories == 1)
        only->operands = operands_of(r->layer);
    if (node)
        read_by_memory(r, node, memories == 1 ? only : only_memory(r), take_operands);
    for (unsigned m = 0; m < r->memory_count; m++) {
        total += r->part[m].operands;
        if (memories > 1 && r->part[m].tensors & SDSE_BIT(SDSE_INPUTS) &&
            !r->part[m].operands)
            sdse_diag_add(r->diags, SDSE_ERROR, node ? node->loc : map->loc,
                          "place-operands",
                          "maps are held in several memories: how many are in '%.*s'?",
                          name_bytes(r, &r->part[m]), name_of(r, &r->part[m]));
    }
    if (memories > 1 && r->layer && total > operands_of(r->layer))
        sdse_diag_add(r->diags, SDSE_ERROR, node ? node->loc : map->loc,
                      "place-operands",
                      "the layer reads %" PRIu32 " maps, %" PRIu32 " of them cannot be "
                      "held",
                      operands_of(r->layer), total);
}

static void take_addends(const struct reader *r, const struct sdse_node *node,
                         struct sdse_residence *part) {
    uint32_t most = r->layer ? r->layer->addends : 1u << 20, count;
    if (!sdse_read_u32(node, 1, 1u << 20, r->diags, &count))
        return;
    for (unsigned m = 0; m < r->memory_count; m++)
        most -= &r->part[m] == part ? 0 : r->part[m].addends;
    if (count > most)
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "place-operands",
                      "the layer adds %" PRIu32 " maps to its outputs, %" PRIu32
                      " of them cannot be held",
                      most, count);
    else
        part->addends = count;
}

static void take_reserved(const struct reader *r, const struct sdse_node *node,
                          struct sdse_residence *part) {
    sdse_read_double(node, 0, 1e18, r->diags, &part->reserved_bits);
}

// Maps in memories that share which the layer adds to its outputs; what is held there.
static void read_addends_and_room(const struct reader *r, const struct sdse_node *map) {
    const struct sdse_node *addends = sdse_node_get(map, "addends"),
                           *reserved = sdse_node_get(map, "reserved_bits");
    if (!r->memory_count) {
        if (addends || reserved)
            refuse_memory(r, map, addends ? "addends" : "reserved_bits");
        return;
    }
    if (addends)
        read_by_memory(r, addends, only_memory(r), take_addends);
    if (reserved)
        read_by_memory(r, reserved, only_memory(r), take_reserved);
    for (unsigned m = 0; m < r->memory_count; m++) {
        const struct sdse_residence *part = &r->part[m];
        const bool reads = part->tensors & ~SDSE_BIT(SDSE_OUTPUTS) || part->addends;
        if (!reads || part->reserved_bits > 0 || r->follows)
            continue;
        sdse_diag_add(r->diags, SDSE_ERROR, reserved ? reserved->loc : map->loc,
                      "place-room",
                      "inputs in '%.*s' take room there: reserved_bits are all bits "
                      "that it holds through the layer, those of the inputs included",
                      name_bytes(r, part), name_of(r, part));
    }
}

// What the vector unit works on goes no further in than to its own memory.
static void check_reach(const struct reader *r, const struct sdse_node *map,
                        const struct sdse_residence *part) {
    const bool streamed = r->layer && sdse_layer_moves(r->layer);
    if (!(streamed && part->tensors) && !(r->layer && part->addends))
        return;
    if (part->level <= r->arch->vector.below_level && !r->layer->move.fused)
        return;
    sdse_diag_add(r->diags, SDSE_ERROR, map->loc, "place-reach",
                  "layer '%s' (%s) does not reach memory '%.*s': %s", r->layer->name,
                  sdse_layer_kind_name(r->layer->kind), name_bytes(r, part),
                  name_of(r, part),
                  r->layer->move.fused ? "it is fused into the layer before it"
                                       : "the vector unit stands further out");
}

// One part for each memory that shares, in a chain.
static unsigned start_parts(const struct sdse_arch *arch, struct sdse_residence *part) {
    unsigned level[SDSE_MOST_SHARED];
    const unsigned count = sdse_shared_levels(arch, level);
    for (unsigned m = 0; m < count; m++)
        part[m] = (struct sdse_residence){.level = level[m],
                                          .also = m + 1 < count ? &part[m + 1] : NULL};
    return count;
}

static bool read_place(const struct sdse_node *node, const struct sdse_arch *arch,
                       const struct sdse_layer *layer, bool follows,
                       struct sdse_diags *diags, struct sdse_placement *placement) {
    static const char *const keys[] = {"weights",  "inputs",  "outputs",
                                       "operands", "addends", "reserved_bits"};
    const size_t errors = diags->errors;
    *placement = (struct sdse_placement){.placed = false};
    if (!node)
        return true;
    if (!sdse_expect_kind(node, SDSE_NODE_MAPPING, diags))
        return false;
    sdse_refuse_unknown_keys(node, keys, sizeof keys / sizeof *keys, diags);
    placement->loc = node->key_loc;
    const struct reader r = {arch,
                             layer,
                             diags,
                             start_parts(arch, placement->residence),
                             placement->residence,
                             follows};
    read_tensor(&r, node, SDSE_WEIGHTS);
    read_tensor(&r, node, SDSE_INPUTS);
    read_tensor(&r, node, SDSE_OUTPUTS);
    if (diags->errors == errors) {
        read_operands(&r, node);
        read_addends_and_room(&r, node);
    }
    for (unsigned m = 0; m < r.memory_count && diags->errors == errors; m++)
        check_reach(&r, node, &r.part[m]);
    placement->placed = sdse_residence_says(placement->residence);
    return diags->errors == errors;
}

bool sdse_read_place(const struct sdse_node *node, const struct sdse_arch *arch,
                     const struct sdse_layer *layer, struct sdse_diags *diags,
                     struct sdse_placement *placement) {
    return read_place(node, arch, layer, false, diags, placement);
}

bool sdse_read_known_place(const struct sdse_node *node, const struct sdse_arch *arch,
                           struct sdse_diags *diags, struct sdse_placement *placement) {
    return read_place(node, arch, NULL, true, diags, placement);
}
