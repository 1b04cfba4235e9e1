#include "spec/shared_block.h"

#include <string.h>

#include "spec/network_changes.h"
#include "spec/value.h"

static bool has_map(const struct sdse_layer *layer) {
    return layer->kind == SDSE_CONV || layer->kind == SDSE_CONV1X1 ||
           layer->kind == SDSE_DWCONV;
}

// Marks the layers that a word means.
static void mark_sites(const struct sdse_node *word, struct sdse_layer_list *list,
                       struct sdse_diags *diags, bool *site) {
    const struct sdse_workload net = {.layers = list->layer,
                                      .layer_count = list->count};
    const char *text;
    if (!sdse_read_text(word, diags, &text))
        return;
    bool found = false;
    for (size_t i = 0; i < list->count; i++) {
        const struct sdse_layer *layer = &list->layer[i];
        if (!sdse_word_means_layer(&net, text, layer))
            continue;
        found = true;
        if (has_map(layer))
            site[i] = true;
        else if (strcmp(layer->name, text) == 0)
            sdse_diag_add(diags, SDSE_ERROR, word->loc, "shared-block",
                          "layer '%.60s' is no convolution: it has no map for a block",
                          text);
    }
    if (!found && !sdse_word_is_layer_kind(text))
        sdse_diag_add(diags, SDSE_ERROR, word->loc, "shared-block",
                      "the network has no layer '%.80s'", text);
}

// The block behind `site`; NULL: memory is out.
static struct sdse_layer *add_block(struct sdse_arena *arena,
                                    const struct sdse_layer *site,
                                    const struct sdse_node *node, const char *what,
                                    struct sdse_layer_list *out) {
    struct sdse_layer *block = &out->layer[out->count];
    out->node[out->count++] = node;
    const uint64_t *bound = site->nest.bound;
    const uint64_t width = bound[SDSE_G] * bound[SDSE_K];
    *block =
        (struct sdse_layer){.name = sdse_arena_printf(arena, "%s.%s", site->name, what),
                            .kind = SDSE_CONV1X1,
                            .nest = {.bound = {[SDSE_N] = bound[SDSE_N],
                                               [SDSE_K] = width,
                                               [SDSE_C] = width,
                                               [SDSE_P] = bound[SDSE_P],
                                               [SDSE_Q] = bound[SDSE_Q],
                                               [SDSE_R] = 1,
                                               [SDSE_S] = 1,
                                               [SDSE_G] = 1},
                                     .stride = {1, 1},
                                     .dilation = {1, 1},
                                     .map = {bound[SDSE_P], bound[SDSE_Q]}},
                            .repeat = site->repeat,
                            .steps = 1,
                            .in_height = bound[SDSE_P],
                            .in_width = bound[SDSE_Q],
                            .density = {1, 1, 1},
                            .loc = site->loc};
    return block->name ? block : NULL;
}

// The first block of this width; NULL: none yet.
static const struct sdse_layer *stored_block(const struct sdse_layer_list *blocks,
                                             const bool *is_block, uint64_t width) {
    for (size_t i = 0; i < blocks->count; i++)
        if (is_block[i] && blocks->layer[i].nest.bound[SDSE_C] == width)
            return &blocks->layer[i];
    return NULL;
}

static bool add_blocks(struct sdse_arena *arena, const struct sdse_layer_list *list,
                       const bool *site, bool *is_block, struct sdse_layer_list *out) {
    size_t *choice = SDSE_ARENA_ARRAY(arena, size_t, 3 * list->count + 1);
    bool *read_by_block = SDSE_ARENA_ARRAY(arena, bool, 3 * list->count + 1);
    if (!choice || !read_by_block)
        return false;
    memset(read_by_block, 0, (3 * list->count + 1) * sizeof *read_by_block);
    out->choice = list->choice ? choice : NULL;
    out->site = read_by_block;
    for (size_t i = 0; i < list->count; i++) {
        const struct sdse_layer *layer = &list->layer[i];
        for (size_t j = 0; list->choice && j < 3; j++) // itself and its blocks
            choice[out->count + j] = list->choice[i];
        read_by_block[out->count] = site[i];
        out->node[out->count] = list->node[i];
        out->layer[out->count++] = *layer;
        if (!site[i])
            continue;
        const struct sdse_layer *first = stored_block(
            out, is_block, layer->nest.bound[SDSE_G] * layer->nest.bound[SDSE_K]);
        is_block[out->count] = true;
        struct sdse_layer *block =
            add_block(arena, layer, list->node[i], "shared", out);
        if (!block)
            return false;
        if (first) {
            block->shares_weights = first->name;
            continue;
        }
        block->repeat = 1; // further times read what it stores
        if (layer->repeat == 1)
            continue;
        struct sdse_layer *again =
            add_block(arena, layer, list->node[i], "shared.again", out);
        if (!again)
            return false;
        again->repeat = layer->repeat - 1;
        again->shares_weights = block->name;
    }
    return true;
}

bool sdse_shared_block_apply(struct sdse_arena *arena, const struct sdse_node *root,
                             struct sdse_diags *diags, struct sdse_layer_list *list) {
    static const char *const keys[] = {"after"};
    const struct sdse_node *map = sdse_node_get(root, "shared_block");
    if (!map || !sdse_expect_kind(map, SDSE_NODE_MAPPING, diags))
        return true;
    const size_t errors = diags->errors;
    sdse_refuse_unknown_keys(map, keys, 1, diags);
    const struct sdse_node *after = sdse_node_get(map, "after");
    if (!after)
        sdse_report_missing(map, "after", diags);
    bool *site = SDSE_ARENA_ARRAY(arena, bool, list->count + 1),
         *is_block = SDSE_ARENA_ARRAY(arena, bool, 3 * list->count + 1);
    struct sdse_layer_list made = {
        .layer = SDSE_ARENA_ARRAY(arena, struct sdse_layer, 3 * list->count + 1),
        .node = SDSE_ARENA_ARRAY(arena, const struct sdse_node *, 3 * list->count + 1)};
    if (!site || !is_block || !made.layer || !made.node)
        return false;
    memset(site, 0, (list->count + 1) * sizeof *site);
    memset(is_block, 0, (3 * list->count + 1) * sizeof *is_block);
    if (after && after->kind == SDSE_NODE_SEQUENCE) {
        sdse_for_each_child (word, after)
            mark_sites(word, list, diags, site);
    } else if (after) {
        mark_sites(after, list, diags, site);
    }
    if (diags->errors != errors)
        return true;
    if (!add_blocks(arena, list, site, is_block, &made))
        return false;
    if (made.count == list->count)
        sdse_diag_add(diags, SDSE_ERROR, map->key_loc, "shared-block",
                      "no layer of the network is a site of the block");
    *list = made;
    return true;
}
