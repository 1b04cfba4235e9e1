#include "spec/family.h"

#include <string.h>

#include "spec/path.h"
#include "spec/value.h"

enum { MOST_SHARE = 1000000 };

// ---- Reading ------------------------------------------------------------------

static void read_widths(const struct sdse_node *map, const struct sdse_node *first,
                        struct sdse_diags *diags) {
    if (!sdse_expect_kind(map, SDSE_NODE_MAPPING, diags))
        return;
    sdse_for_each_child (width, map) {
        uint64_t size;
        sdse_read_u64(width, 1, (uint64_t)1 << 30, diags, &size);
        if (!sdse_node_get(first, width->key))
            sdse_diag_add(diags, SDSE_ERROR, width->key_loc, "family-keys",
                          "the first choice has no width '%.80s'", width->key);
    }
    sdse_for_each_child (width, first)
        if (!sdse_node_get(map, width->key))
            sdse_report_missing(map, width->key, diags);
}

static void read_choice(const struct sdse_node *map, const struct sdse_family *family,
                        struct sdse_diags *diags, struct sdse_family_choice *out) {
    static const char *const keys[] = {"name", "share", "widths"};
    const struct sdse_node *node;
    *out = (struct sdse_family_choice){.name = "?", .share = 1};
    if (!sdse_expect_kind(map, SDSE_NODE_MAPPING, diags))
        return;
    sdse_refuse_unknown_keys(map, keys, sizeof keys / sizeof *keys, diags);
    if (!(node = sdse_node_get(map, "name")))
        sdse_report_missing(map, "name", diags);
    else
        sdse_read_text(node, diags, &out->name);
    for (const struct sdse_family_choice *other = family->choices; other < out; other++)
        if (node && strcmp(other->name, out->name) == 0)
            sdse_diag_add(diags, SDSE_ERROR, node->loc, "duplicate-name",
                          "two choices are called '%.60s'", out->name);
    if ((node = sdse_node_get(map, "share")))
        sdse_read_u64(node, 1, MOST_SHARE, diags, &out->share);
    out->widths = sdse_node_get(map, "widths");
    if (!out->widths)
        sdse_report_missing(map, "widths", diags);
    else
        read_widths(out->widths,
                    out == family->choices ? out->widths : family->choices[0].widths,
                    diags);
}

static bool read_choices(struct sdse_arena *arena, const struct sdse_node *list,
                         struct sdse_diags *diags, struct sdse_family *out) {
    if (!sdse_expect_kind(list, SDSE_NODE_SEQUENCE, diags))
        return true;
    out->choices = SDSE_ARENA_ARRAY(arena, struct sdse_family_choice, list->count + 1);
    if (!out->choices)
        return false;
    if (!list->count)
        sdse_diag_add(diags, SDSE_ERROR, list->key_loc, "family-keys",
                      "a family without choices");
    sdse_for_each_child (item, list)
        read_choice(item, out, diags, &out->choices[out->count++]);
    return true;
}

static void read_only(const struct sdse_node *node, struct sdse_diags *diags,
                      struct sdse_family *out) {
    const char *name;
    if (!sdse_read_text(node, diags, &name))
        return;
    for (size_t i = 0; i < out->count; i++)
        if (strcmp(out->choices[i].name, name) == 0)
            out->only = i;
    if (out->only == out->count)
        sdse_diag_add(diags, SDSE_ERROR, node->loc, "family-keys",
                      "the network has no choice '%.80s'", name);
}

bool sdse_read_family(struct sdse_arena *arena, const struct sdse_node *root,
                      struct sdse_diags *diags, struct sdse_workload *net,
                      struct sdse_family *out) {
    static const char *const keys[] = {"choices", "mix"};
    static const char *const mixes[] = {"sum", "max"};
    const struct sdse_node *map = sdse_node_get(root, "family"), *node;
    unsigned word;
    *out = (struct sdse_family){.count = 0};
    if ((node = sdse_node_get(root, "round")))
        sdse_read_u64(node, 1, UINT64_MAX, diags, &net->round);
    if (map && node)
        sdse_diag_add(diags, SDSE_ERROR, node->key_loc, "family-keys",
                      "the shares say how many images a round has");
    node = sdse_node_get(root, "choice");
    if (!map && node)
        sdse_diag_add(diags, SDSE_ERROR, node->key_loc, "family-keys",
                      "a network without 'family' has no choices");
    if (!map || !sdse_expect_kind(map, SDSE_NODE_MAPPING, diags))
        return true;
    out->loc = map->key_loc;
    sdse_refuse_unknown_keys(map, keys, 2, diags);
    const struct sdse_node *list = sdse_node_get(map, "choices");
    if (!list)
        sdse_report_missing(map, "choices", diags);
    else if (!read_choices(arena, list, diags, out))
        return false;
    out->only = out->count;
    if (node)
        read_only(node, diags, out);
    if ((node = sdse_node_get(map, "mix")) &&
        sdse_read_word(node, mixes, 2, diags, &word))
        out->mix = (enum sdse_family_mix)word;
    if ((node = sdse_node_get(root, "training")) && out->only == out->count)
        sdse_diag_add(diags, SDSE_ERROR, node->key_loc, "family-keys",
                      "a step of training is that of one 'choice' of the family");
    for (size_t i = 0; out->only == out->count && i < out->count; i++)
        net->round += out->choices[i].share;
    return true;
}

// ---- Sizes by name ------------------------------------------------------------

static void substitute(struct sdse_node *node, const struct sdse_node *widths) {
    for (struct sdse_node *child = node->first; child; child = child->next) {
        const bool named = child->key && strcmp(child->key, "name") == 0;
        const struct sdse_node *width = child->text && !child->quoted && !named
                                            ? sdse_node_get(widths, child->text)
                                            : NULL;
        if (width)
            child->text = width->text;
        substitute(child, widths);
    }
}

const struct sdse_node *sdse_family_layers(struct sdse_arena *arena,
                                           const struct sdse_node *list,
                                           const struct sdse_family_choice *choice) {
    struct sdse_node *copy = sdse_tree_copy(arena, list);
    if (!copy)
        return NULL;
    copy->parent = list->parent;
    substitute(copy, choice->widths);
    return copy;
}

// ---- One network of all -------------------------------------------------------

static uint64_t weight_words(const struct sdse_layer *layer) {
    return sdse_layer_has_weights(layer)
               ? sdse_tile_words(&layer->nest, SDSE_WEIGHTS, layer->nest.bound)
               : 0;
}

// Products of sizes of up to 2^30 may pass 64 bits; a sum of doubles compares them.
static double all_words(const struct sdse_layer_list *list) {
    double words = 0;
    for (size_t i = 0; i < list->count; i++)
        words += (double)weight_words(&list->layer[i]);
    return words;
}

static size_t widest_of(const struct sdse_family *family,
                        const struct sdse_layer_list *lists) {
    size_t widest = 0;
    for (size_t c = 1; c < family->count; c++)
        if (all_words(&lists[c]) > all_words(&lists[widest]))
            widest = c;
    return widest;
}

static void check_slices(const struct sdse_family *family, size_t c, size_t widest,
                         const struct sdse_layer_list *lists,
                         struct sdse_diags *diags) {
    const struct sdse_layer_list *list = &lists[c], *wide = &lists[widest];
    for (size_t i = 0; i < list->count || i < wide->count; i++) {
        if (list->count == wide->count &&
            weight_words(&list->layer[i]) <= weight_words(&wide->layer[i]))
            continue;
        const bool both = list->count == wide->count;
        sdse_diag_add(
            diags, SDSE_ERROR, both ? list->layer[i].loc : family->loc, "family-widths",
            both ? "layer '%s' is wider in choice '%s' than in the widest, "
                   "'%s'"
                 : "layer '%s' and those after it are not the same in choices "
                   "'%s' and '%s'",
            i < list->count ? list->layer[i].name : wide->layer[i].name,
            family->choices[c].name, family->choices[widest].name);
        return;
    }
}

// `stored`: the list whose weights are stored; else a slice of `widest`'s, or the same
// once more.
static bool add_list(struct sdse_arena *arena, const struct sdse_layer_list *list,
                     const char *called, const char *widest, uint64_t repeat,
                     bool stored, size_t *choice, struct sdse_layer_list *out) {
    const size_t number = out->count ? choice[out->count - 1] + 1 : 0;
    for (size_t i = 0; i < list->count; i++) {
        struct sdse_layer *layer = &out->layer[out->count];
        choice[out->count] = number;
        out->node[out->count++] = list->node[i];
        *layer = list->layer[i];
        const char *name = layer->name, *shared = layer->shares_weights;
        layer->name = sdse_arena_printf(arena, "%s/%s", called, name);
        layer->repeat *= repeat;
        if (!layer->name)
            return false;
        if (!sdse_layer_has_weights(layer) || (stored && !shared))
            continue;
        layer->shares_weights =
            sdse_arena_printf(arena, "%s/%s", widest, shared ? shared : name);
        layer->weights_file = NULL; // a slice of the widest one's
        layer->weights_unread = false;
        if (!layer->shares_weights)
            return false;
    }
    return true;
}

bool sdse_family_join(const struct sdse_family *family,
                      const struct sdse_layer_list *lists, struct sdse_arena *arena,
                      struct sdse_diags *diags, struct sdse_layer_list *out) {
    const size_t widest = widest_of(family, lists);
    const char *name = family->choices[widest].name;
    size_t count = 0;
    uint64_t round = 0;
    for (size_t c = 0; c < family->count; c++) {
        check_slices(family, c, widest, lists, diags);
        count += lists[c].count;
        round += family->choices[c].share;
    }
    size_t *choice = SDSE_ARENA_ARRAY(arena, size_t, 2 * count + 1);
    *out = (struct sdse_layer_list){
        .layer = SDSE_ARENA_ARRAY(arena, struct sdse_layer, 2 * count + 1),
        .node = SDSE_ARENA_ARRAY(arena, const struct sdse_node *, 2 * count + 1),
        .choice = choice};
    if (!out->layer || !out->node || !choice)
        return false;
    // Repeated layers have weights of their own each: further times share the first's.
    const bool all = family->mix == SDSE_MIX_SUM;
    const uint64_t more = (all ? family->choices[widest].share : round) - 1;
    const char *again = sdse_arena_printf(arena, "%s.again", name);
    if (!again || !add_list(arena, &lists[widest], name, name, 1, true, choice, out) ||
        (more &&
         !add_list(arena, &lists[widest], again, name, more, false, choice, out)))
        return false;
    for (size_t c = 0; all && c < family->count; c++)
        if (c != widest && !add_list(arena, &lists[c], family->choices[c].name, name,
                                     family->choices[c].share, false, choice, out))
            return false;
    return true;
}
