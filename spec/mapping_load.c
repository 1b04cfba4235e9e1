// A mapping's file: one line per level.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "spec/checks.h"
#include "spec/load.h"
#include "spec/place.h"
#include "spec/value.h"

unsigned sdse_level_tensors(const struct sdse_level *level) {
    const unsigned weights = SDSE_BIT(SDSE_PART_WEIGHTS) |
                             SDSE_BIT(SDSE_PART_COEFFICIENTS) |
                             SDSE_BIT(SDSE_PART_BASIS) | SDSE_BIT(SDSE_PART_INDEX);
    unsigned tensors = level->keeps & (SDSE_BIT(SDSE_INPUTS) | SDSE_BIT(SDSE_OUTPUTS));
    return level->keeps & weights ? tensors | SDSE_BIT(SDSE_WEIGHTS) : tensors;
}

// A mapping without loops.
static void start_mapping(struct sdse_mapping *mapping, const struct sdse_arch *arch) {
    *mapping = (struct sdse_mapping){.level_count = arch->level_count};
}

// Levels that do not say what they keep keep what the accelerator keeps there. In a
// memory with several levels: what no other of them says, at the outermost.
static void default_keeps(struct sdse_mapping_reading *reading,
                          struct sdse_mapping *mapping) {
    const struct sdse_arch *arch = reading->arch;
    for (unsigned first = 0, end; first < arch->level_count; first = end) {
        end = sdse_arch_memory_last(arch, first) + 1;
        unsigned kept = 0;
        for (unsigned i = first; i < end; i++)
            if (reading->keeps_written[i])
                kept |= mapping->keeps[i];
        for (unsigned i = first; i < end; i++) {
            if (reading->keeps_written[i])
                continue;
            mapping->keeps[i] = sdse_level_tensors(&arch->level[i]) & ~kept;
            for (unsigned t = 0; t < SDSE_TENSORS; t++)
                if (reading->homes >> t & 1u && i <= reading->home_last[t])
                    mapping->keeps[i] &= ~SDSE_BIT(t);
            kept |= mapping->keeps[i];
        }
    }
}

struct reader {
    struct sdse_diags *diags;
    struct sdse_mapping *mapping;
    struct sdse_mapping_reading *reading;
};

static bool read_number(const char **text, uint64_t *out) {
    uint64_t value = 0;
    const char *start = *text;
    for (; isdigit((unsigned char)**text); ++*text) {
        unsigned digit = (unsigned)(**text - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return *text != start;
}

// One loop, "K16" or "K16/4". *text moves behind it.
static bool read_loop(const char **text, struct sdse_loop *loop, uint64_t *last) {
    const char *letter = strchr(sdse_dim_letters, **text);
    if (!**text || !letter)
        return false;
    loop->dim = (enum sdse_dim)(letter - sdse_dim_letters);
    ++*text;
    if (!read_number(text, &loop->factor) || !loop->factor)
        return false;
    *last = 0;
    if (**text == '/') {
        ++*text;
        if (!read_number(text, last) || !*last || *last > loop->factor)
            return false;
    }
    return !**text || **text == ' ';
}

static void read_loops(struct reader *r, const struct sdse_node *node,
                       struct sdse_loops *loops, uint64_t last[SDSE_DIMS]) {
    const char *text = sdse_node_as_text(node);
    if (!text) {
        if (!sdse_node_is_null(node))
            sdse_read_text(node, r->diags, &text);
        return;
    }
    unsigned seen = 0;
    while (*(text += strspn(text, " "))) {
        const char *start = text;
        struct sdse_loop loop;
        uint64_t short_pass;
        if (!read_loop(&text, &loop, &short_pass)) {
            sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "loop-syntax",
                          "'%.30s' is not a loop: a letter of NKCPQRSG and a factor "
                          "from 1, as in K16 or K16/4",
                          start);
            return;
        }
        if (seen & SDSE_BIT(loop.dim)) {
            sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "loop-twice",
                          "dimension %c has two loops in one list",
                          sdse_dim_letters[loop.dim]);
            return;
        }
        seen |= SDSE_BIT(loop.dim);
        last[loops->count] = short_pass;
        loops->loop[loops->count++] = loop;
    }
}

static void read_keeps(struct reader *r, const struct sdse_node *list, unsigned level) {
    unsigned set;
    if (sdse_expect_kind(list, SDSE_NODE_SEQUENCE, r->diags) &&
        sdse_read_tensor_set(list, r->diags, &set)) {
        r->mapping->keeps[level] = set;
        r->reading->keeps_written[level] = true;
    }
}

// Reads one line; `*next` is the first level that may still come.
static void read_line(struct reader *r, const struct sdse_node *map, unsigned *next) {
    static const char *const keys[] = {"level", "temporal", "spatial_x", "spatial_y",
                                       "keeps"};
    const struct sdse_arch *arch = r->reading->arch;
    if (!sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags))
        return;
    sdse_refuse_unknown_keys(map, keys, 5, r->diags);
    const struct sdse_node *node = sdse_node_get(map, "level");
    const char *name;
    unsigned level;
    if (!node)
        sdse_report_missing(map, "level", r->diags);
    if (!node || !sdse_read_text(node, r->diags, &name))
        return;
    if (!sdse_find_level(arch, name, &level)) {
        sdse_report_unknown_level(arch, node->loc, name, r->diags);
        return;
    }
    if (level < *next) {
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "level-order",
                      "level '%s' comes twice or too late; outermost first", name);
        return;
    }
    *next = level + 1;
    r->reading->loc[level] = map->loc;
    struct sdse_mapping_level *loops = &r->mapping->level[level];
    uint64_t(*last)[SDSE_DIMS] = r->reading->last[level];
    if ((node = sdse_node_get(map, "temporal")))
        read_loops(r, node, &loops->temporal, last[0]);
    if ((node = sdse_node_get(map, "spatial_x")))
        read_loops(r, node, &loops->spatial[0], last[1]);
    if ((node = sdse_node_get(map, "spatial_y")))
        read_loops(r, node, &loops->spatial[1], last[2]);
    if ((node = sdse_node_get(map, "keeps")))
        read_keeps(r, node, level);
}

// `mapping: streamed` and layers that only move words belong together. False after a
// diagnostic; *streamed is false where loops are to be read.
static bool read_streamed(const struct sdse_node *node, const struct sdse_layer *layer,
                          struct sdse_diags *diags, bool *streamed) {
    const char *text = node ? sdse_node_as_text(node) : NULL;
    *streamed = text && strcmp(text, "streamed") == 0;
    if (!layer || !node || *streamed == sdse_layer_moves(layer))
        return true;
    sdse_diag_add(diags, SDSE_ERROR, node->loc, "streamed",
                  *streamed ? "layer '%s' (%s) multiplies: its mapping has loops"
                            : "layer '%s' (%s) only moves words: its mapping is "
                              "'streamed'",
                  layer->name, sdse_layer_kind_name(layer->kind));
    return false;
}

enum sdse_status sdse_resident_mapping_from_tree(struct sdse_arena *arena,
                                                 const struct sdse_node *root,
                                                 const struct sdse_arch *arch,
                                                 const struct sdse_layer *layer,
                                                 const struct sdse_residence *residence,
                                                 struct sdse_diags *diags,
                                                 struct sdse_mapping **out) {
    const struct sdse_diag *since = diags->last;
    const size_t errors = diags->errors;
    const struct sdse_node *list = sdse_node_get(root, "mapping");
    struct sdse_mapping *mapping = SDSE_ARENA_NEW(arena, struct sdse_mapping);
    struct sdse_mapping_reading *reading =
        SDSE_ARENA_NEW(arena, struct sdse_mapping_reading);
    if (!mapping || !reading)
        return SDSE_NO_MEMORY;
    start_mapping(mapping, arch);
    *reading =
        (struct sdse_mapping_reading){.arch = arch, .layer = layer, .mapping = mapping};
    for (const struct sdse_residence *at = residence; at; at = at->also) {
        reading->homes |= at->tensors;
        for (unsigned t = 0; t < SDSE_TENSORS; t++)
            if (at->tensors >> t & 1u)
                reading->home_last[t] = sdse_arch_memory_last(arch, at->level);
    }
    for (unsigned i = 0; i < arch->level_count; i++)
        reading->loc[i] = list ? list->key_loc : root->loc;
    struct reader r = {diags, mapping, reading};
    unsigned next = 0;
    if (!read_streamed(list, layer, diags, &mapping->streamed))
        return SDSE_INVALID;
    if (mapping->streamed) {
        default_keeps(reading, mapping);
        *out = mapping;
        return SDSE_OK;
    }
    if (!list)
        sdse_report_missing(root, "mapping", diags);
    else if (sdse_expect_kind(list, SDSE_NODE_SEQUENCE, diags))
        sdse_for_each_child (map, list)
            read_line(&r, map, &next);
    default_keeps(reading, mapping);
    // Unreadable loops are not missing ones: the checks would only echo the fault.
    if (diags->errors != errors)
        return SDSE_INVALID;
    struct sdse_subject subject = {.diags = diags, .mapping = reading, .root = root};
    sdse_checks_run(&subject, SDSE_CHECK_MAPPING, since);
    if (diags->errors != errors)
        return SDSE_INVALID;
    *out = mapping;
    return SDSE_OK;
}

enum sdse_status sdse_placed_mapping_from_tree(struct sdse_arena *arena,
                                               const struct sdse_node *root,
                                               const struct sdse_arch *arch,
                                               const struct sdse_layer *layer,
                                               struct sdse_diags *diags,
                                               struct sdse_placement *placement,
                                               struct sdse_mapping **out) {
    static const char *const keys[] = {"mapping", "arch",  "workload",
                                       "form",    "layer", "place"};
    const size_t errors = diags->errors;
    struct sdse_mapping *mapping;
    if (!sdse_expect_kind(root, SDSE_NODE_MAPPING, diags))
        return SDSE_INVALID;
    sdse_refuse_unknown_keys(root, keys, sizeof keys / sizeof *keys, diags);
    sdse_read_place(sdse_node_get(root, "place"), arch, layer, diags, placement);
    const enum sdse_status status = sdse_resident_mapping_from_tree(
        arena, root, arch, layer, placement->placed ? placement->residence : NULL,
        diags, &mapping);
    if (status == SDSE_OK && diags->errors == errors)
        *out = mapping;
    return status == SDSE_OK && diags->errors != errors ? SDSE_INVALID : status;
}

enum sdse_status
sdse_mapping_from_tree(struct sdse_arena *arena, const struct sdse_node *root,
                       const struct sdse_arch *arch, const struct sdse_layer *layer,
                       struct sdse_diags *diags, struct sdse_mapping **out) {
    struct sdse_placement placement;
    struct sdse_mapping *mapping;
    const enum sdse_status status = sdse_placed_mapping_from_tree(
        arena, root, arch, layer, diags, &placement, &mapping);
    if (status == SDSE_OK && placement.placed) {
        sdse_diag_add(diags, SDSE_ERROR, placement.loc, "place-taken",
                      "places of tensors are not taken here");
        return SDSE_INVALID;
    }
    if (status == SDSE_OK)
        *out = mapping;
    return status;
}

enum sdse_status sdse_mapping_load(struct sdse_arena *arena, const char *path,
                                   const struct sdse_arch *arch,
                                   const struct sdse_layer *layer,
                                   struct sdse_diags *diags,
                                   struct sdse_mapping **out) {
    struct sdse_node *root = NULL;
    enum sdse_status status = sdse_tree_parse_file(arena, path, diags, &root);
    if (status != SDSE_OK)
        return status;
    return sdse_mapping_from_tree(arena, root, arch, layer, diags, out);
}

bool sdse_mapping_check(const struct sdse_arch *arch, const struct sdse_layer *layer,
                        const struct sdse_mapping *mapping, struct sdse_diags *diags,
                        struct sdse_loc loc) {
    struct sdse_mapping_reading reading = {
        .arch = arch, .layer = layer, .mapping = mapping};
    for (unsigned i = 0; i < SDSE_MAX_LEVELS; i++)
        reading.loc[i] = loc;
    size_t errors = diags->errors;
    if (mapping->level_count != arch->level_count) {
        sdse_diag_add(diags, SDSE_ERROR, loc, "level-order",
                      "the mapping has %u levels, the accelerator %u",
                      mapping->level_count, arch->level_count);
        return false;
    }
    struct sdse_subject subject = {.diags = diags, .mapping = &reading};
    sdse_checks_run(&subject, SDSE_CHECK_MAPPING, diags->last);
    return diags->errors == errors;
}
