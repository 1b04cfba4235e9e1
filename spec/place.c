#include "spec/place.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "spec/flow.h"
#include "spec/load.h"
#include "spec/reading.h"
#include "spec/value.h"
#include "spec/write.h"

static const char outer[] = "outer", both[] = "both";

unsigned sdse_shared_level(const struct sdse_arch *arch) {
    for (unsigned l = 1; l < arch->level_count; l++)
        if (arch->level[l].shares_activations && !arch->level[l].shares_memory)
            return l;
    return 0;
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
    struct sdse_residence *residence;
};

static void refuse_memory(const struct reader *r, const struct sdse_node *node,
                          const char *name) {
    const unsigned shared = sdse_shared_level(r->arch);
    if (shared)
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "place-shares",
                      "memory '%.80s' of '%s' may hold no tensors between layers, "
                      "'%.*s' may",
                      name, r->arch->name, sdse_memory_name_bytes(r->arch, shared),
                      r->arch->level[shared].name);
    else
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "place-shares",
                      "'%.80s': no memory of '%s' may hold tensors between layers: say "
                      "`shares: [activations]` in one",
                      name, r->arch->name);
}

// A tensor at home in the memory that its place names.
static void settle(const struct reader *r, const struct sdse_node *node,
                   const char *name, enum sdse_tensor tensor) {
    unsigned level = sdse_shared_level(r->arch);
    const bool twice = strcmp(name, both) == 0;
    const size_t bytes = level ? (size_t)sdse_memory_name_bytes(r->arch, level) : 0;
    const bool shared = level && strlen(name) == bytes &&
                        memcmp(name, r->arch->level[level].name, bytes) == 0;
    if (!twice && !shared && !sdse_find_level(r->arch, name, &level)) {
        sdse_report_unknown_level(r->arch, node->loc, name, r->diags);
        return;
    }
    if (!level || level != sdse_shared_level(r->arch)) {
        refuse_memory(r, node, twice ? both : name);
        return;
    }
    if (tensor == SDSE_WEIGHTS && !r->arch->level[level].shares_weights) {
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "place-shares",
                      "memory '%.80s' of '%s' holds activations alone between layers: "
                      "weights there need `shares: [activations, weights]`",
                      name, r->arch->name);
        return;
    }
    r->residence->level = level;
    r->residence->tensors |= SDSE_BIT(tensor);
    r->residence->writes_through |= twice;
}

static void read_tensor(const struct reader *r, const struct sdse_node *map,
                        enum sdse_tensor tensor) {
    const struct sdse_node *node = sdse_node_get(map, sdse_tensor_words[tensor]);
    const char *name;
    if (!node || !sdse_read_text(node, r->diags, &name) || strcmp(name, outer) == 0 ||
        strcmp(name, r->arch->level[0].name) == 0)
        return;
    if (tensor != SDSE_OUTPUTS && strcmp(name, both) == 0) {
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "place-tensor",
                      "%s are read in one memory, not in both",
                      sdse_tensor_words[tensor]);
        return;
    }
    if (tensor == SDSE_WEIGHTS && r->layer && r->layer->kind != SDSE_MATMUL) {
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "place-tensor",
                      "weights of layer '%s' (%s) are what no layer puts out",
                      r->layer->name, sdse_layer_kind_name(r->layer->kind));
        return;
    }
    settle(r, node, name, tensor);
}

static uint32_t operands_of(const struct sdse_layer *layer) {
    return layer && sdse_layer_moves(layer) ? layer->move.addends : 1;
}

static void read_operands(const struct reader *r, const struct sdse_node *map) {
    const struct sdse_node *node = sdse_node_get(map, "operands");
    const bool inputs = r->residence->tensors & SDSE_BIT(SDSE_INPUTS);
    uint32_t count;
    r->residence->operands = inputs ? operands_of(r->layer) : 0;
    if (!node || !sdse_read_u32(node, 1, 1u << 20, r->diags, &count))
        return;
    if (!inputs || (r->layer && count > operands_of(r->layer)))
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "place-operands",
                      inputs ? "the layer reads %" PRIu32 " maps, %" PRIu32
                               " of them cannot be held"
                             : "none of the %" PRIu32 " maps is held: of how many of "
                               "its inputs is %" PRIu32 " said?",
                      operands_of(r->layer), count);
    else
        r->residence->operands = count;
}

// Maps in the shared memory that the layer adds to its outputs.
static void read_addends(const struct reader *r, const struct sdse_node *map) {
    const struct sdse_node *node = sdse_node_get(map, "addends");
    const uint32_t most = r->layer ? r->layer->addends : 1u << 20;
    uint32_t count;
    if (!node || !sdse_read_u32(node, 1, 1u << 20, r->diags, &count))
        return;
    if (count > most)
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "place-operands",
                      "the layer adds %" PRIu32 " maps to its outputs, %" PRIu32
                      " of them cannot be held",
                      most, count);
    else
        r->residence->addends = count;
}

// Whether something that the layer reads is in the shared memory.
static bool reads_there(const struct sdse_residence *residence) {
    return residence->tensors & ~SDSE_BIT(SDSE_OUTPUTS) || residence->addends;
}

static void read_reserved(const struct reader *r, const struct sdse_node *map) {
    const struct sdse_node *node = sdse_node_get(map, "reserved_bits");
    if (node)
        sdse_read_double(node, 0, 1e18, r->diags, &r->residence->reserved_bits);
    if (!reads_there(r->residence) || r->residence->reserved_bits > 0)
        return;
    sdse_diag_add(r->diags, SDSE_ERROR, node ? node->loc : map->loc, "place-room",
                  "inputs in '%.*s' take room there: reserved_bits are all bits that "
                  "it holds through the layer, those of the inputs included",
                  sdse_memory_name_bytes(r->arch, r->residence->level),
                  r->arch->level[r->residence->level].name);
}

// What the vector unit works on goes no further in than to its own memory.
static void check_reach(const struct reader *r, const struct sdse_node *map) {
    const bool streamed = r->layer && sdse_layer_moves(r->layer);
    if (!(streamed && r->residence->tensors) && !(r->layer && r->residence->addends))
        return;
    if (r->residence->level <= r->arch->vector.below_level && !r->layer->move.fused)
        return;
    sdse_diag_add(r->diags, SDSE_ERROR, map->loc, "place-reach",
                  "layer '%s' (%s) does not reach memory '%.*s': %s", r->layer->name,
                  sdse_layer_kind_name(r->layer->kind),
                  sdse_memory_name_bytes(r->arch, r->residence->level),
                  r->arch->level[r->residence->level].name,
                  r->layer->move.fused ? "it is fused into the layer before it"
                                       : "the vector unit stands further out");
}

bool sdse_read_place(const struct sdse_node *node, const struct sdse_arch *arch,
                     const struct sdse_layer *layer, struct sdse_diags *diags,
                     struct sdse_placement *placement) {
    static const char *const keys[] = {"weights",  "inputs",  "outputs",
                                       "operands", "addends", "reserved_bits"};
    const struct reader r = {arch, layer, diags, &placement->residence};
    const size_t errors = diags->errors;
    *placement = (struct sdse_placement){.placed = false};
    if (!node)
        return true;
    if (!sdse_expect_kind(node, SDSE_NODE_MAPPING, diags))
        return false;
    sdse_refuse_unknown_keys(node, keys, sizeof keys / sizeof *keys, diags);
    placement->loc = node->key_loc;
    placement->residence.level = sdse_shared_level(arch);
    read_tensor(&r, node, SDSE_WEIGHTS);
    read_tensor(&r, node, SDSE_INPUTS);
    read_tensor(&r, node, SDSE_OUTPUTS);
    if (diags->errors == errors) {
        read_operands(&r, node);
        read_addends(&r, node);
        read_reserved(&r, node);
        check_reach(&r, node);
    }
    if (placement->residence.reserved_bits > 0 && !placement->residence.level)
        refuse_memory(&r, node, "reserved_bits");
    placement->placed =
        placement->residence.tensors || placement->residence.reserved_bits > 0;
    return diags->errors == errors;
}

// --- Writing ---

// False: memory is out.
static bool print_places(FILE *out, struct sdse_arena *arena,
                         const struct sdse_arch *arch,
                         const struct sdse_residence *residence) {
    const char *memory = sdse_memory_name(arena, arch, residence->level);
    if (!memory)
        return false;
    fputs("place: {", out);
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        if (!(residence->tensors >> t & 1u))
            continue;
        fprintf(out, "%s: ", sdse_tensor_words[t]);
        if (t == SDSE_OUTPUTS && residence->writes_through)
            fputs(both, out);
        else
            sdse_print_word(out, memory);
        fputs(", ", out);
    }
    if (residence->tensors & SDSE_BIT(SDSE_INPUTS))
        fprintf(out, "operands: %" PRIu32 ", ", residence->operands);
    if (residence->addends)
        fprintf(out, "addends: %" PRIu32 ", ", residence->addends);
    fprintf(out, "reserved_bits: %.17g}\n", residence->reserved_bits);
    return true;
}

char *sdse_placed_mapping_text(struct sdse_arena *arena, const struct sdse_arch *arch,
                               const struct sdse_nest *nest,
                               const struct sdse_mapping *mapping,
                               const struct sdse_residence *residence) {
    char *rest = sdse_mapping_text(arena, arch, nest, mapping);
    struct sdse_text text;
    if (!rest || !residence || !(residence->tensors || residence->reserved_bits > 0))
        return rest;
    if (!sdse_text_begin(&text))
        return NULL;
    const bool printed = print_places(text.out, arena, arch, residence);
    fputs(rest, text.out);
    rest = sdse_text_end(&text, arena);
    return printed ? rest : NULL;
}
