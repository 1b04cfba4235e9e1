// The anchors of a file of validation/: published figures and what ours are.
#include <string.h>

#include "spec/quantity.h"
#include "spec/reading.h"
#include "spec/validation_reader.h"
#include "spec/value.h"

static const char *const mark_words[SDSE_ANCHOR_MARKS] = {
#define WORD(name, word) word,
    SDSE_ANCHOR_MARK_MAP(WORD)
#undef WORD
};

struct sdse_named *sdse_read_names(struct sdse_validation_reader *r,
                                   const struct sdse_node *node, size_t *count) {
    *count = 0;
    const bool list = node->kind == SDSE_NODE_SEQUENCE;
    struct sdse_named *names =
        SDSE_ARENA_ARRAY(r->arena, struct sdse_named, list ? node->count + 1 : 1);
    r->out_of_memory |= !names;
    for (const struct sdse_node *item = list ? node->first : node; item && names;
         item = list ? item->next : NULL) {
        if (sdse_read_text(item, r->diags, &names[*count].text))
            names[(*count)++].loc = item->loc;
    }
    return names;
}

// A list of words, or one word, as a set.
static unsigned read_set(struct sdse_validation_reader *r, const struct sdse_node *node,
                         const char *const *words, size_t count) {
    unsigned set = 0, word;
    const bool list = node->kind == SDSE_NODE_SEQUENCE;
    for (const struct sdse_node *item = list ? node->first : node; item;
         item = list ? item->next : NULL)
        if (sdse_read_word(item, words, count, r->diags, &word))
            set |= 1u << word;
    return set;
}

// Components that a quantity does not have would be nothing, silently.
static void refuse_components(struct sdse_validation_reader *r,
                              const struct sdse_node *node,
                              const struct sdse_take *take) {
    const unsigned others =
        take->components & ~sdse_quantity_components(take->quantity);
    for (unsigned i = 0; i < SDSE_COMPONENTS; i++)
        if (others & (1u << i))
            sdse_diag_add(r->diags, SDSE_ERROR, node->key_loc, "quantity-filter",
                          "'%s' has no component '%s'",
                          sdse_quantity_words[take->quantity], sdse_component_words[i]);
}

static void read_of(struct sdse_validation_reader *r, const struct sdse_node *map,
                    struct sdse_take *take) {
    static const char *const keys[] = {"component", "level", "tensor", "action",
                                       "without"};
    static const unsigned needs[] = {SDSE_FILTER_COMPONENT, SDSE_FILTER_LEVEL,
                                     SDSE_FILTER_TENSOR, SDSE_FILTER_ACTION,
                                     SDSE_FILTER_LEVEL};
    if (!sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags))
        return;
    sdse_refuse_unknown_keys(map, keys, 5, r->diags);
    take->components = take->tensors = take->actions = 0;
    take->level_count = take->without_count = 0;
    const unsigned filters = sdse_quantity_filters(take->quantity);
    sdse_for_each_child (node, map) {
        for (unsigned i = 0; i < 5; i++)
            if (strcmp(node->key, keys[i]) == 0 && !(filters & needs[i]))
                sdse_diag_add(r->diags, SDSE_ERROR, node->key_loc, "quantity-filter",
                              "'%s' has no '%s' to choose by",
                              sdse_quantity_words[take->quantity], node->key);
        if (strcmp(node->key, "component") == 0) {
            take->components = read_set(r, node, sdse_component_words, SDSE_COMPONENTS);
            refuse_components(r, node, take);
        }
        if (strcmp(node->key, "level") == 0)
            take->levels = sdse_read_names(r, node, &take->level_count);
        if (strcmp(node->key, "without") == 0)
            take->without = sdse_read_names(r, node, &take->without_count);
        if (strcmp(node->key, "tensor") == 0)
            take->tensors = read_set(r, node, sdse_tensor_words, SDSE_TENSORS);
        if (strcmp(node->key, "action") == 0)
            take->actions = read_set(r, node, sdse_action_words, SDSE_ACTIONS_TAKEN);
    }
}

static size_t *read_cases(struct sdse_validation_reader *r,
                          const struct sdse_node *node, size_t *count) {
    *count = 0;
    const bool list = node->kind == SDSE_NODE_SEQUENCE;
    size_t *cases = SDSE_ARENA_ARRAY(r->arena, size_t, list ? node->count + 1 : 1);
    r->out_of_memory |= !cases;
    for (const struct sdse_node *item = list ? node->first : node; item && cases;
         item = list ? item->next : NULL)
        if (sdse_find_case(r, item, false, &cases[*count]))
            (*count)++;
    return cases;
}

// quantity, of, case, layers: of an anchor, or of its `over`, which begins as the
// anchor's own.
static void read_take(struct sdse_validation_reader *r, const struct sdse_node *map,
                      struct sdse_take *take) {
    const struct sdse_node *node;
    unsigned word;
    take->loc = map->loc;
    if ((node = sdse_node_get(map, "quantity")) &&
        sdse_read_word(node, sdse_quantity_words, SDSE_QUANTITIES, r->diags, &word)) {
        take->quantity = (enum sdse_quantity)word;
        // What another quantity was chosen by does not hold for this one.
        take->components = take->tensors = take->actions = 0;
        take->level_count = take->without_count = 0;
    }
    if ((node = sdse_node_get(map, "of")))
        read_of(r, node, take);
    if ((node = sdse_node_get(map, "case")))
        take->cases = read_cases(r, node, &take->case_count);
    if ((node = sdse_node_get(map, "layers")))
        take->layers = sdse_read_names(r, node, &take->layer_count);
}

// A number, [low, high], or null.
static void read_published(struct sdse_validation_reader *r,
                           const struct sdse_node *node, struct sdse_anchor *anchor) {
    anchor->known = !sdse_node_is_null(node);
    if (!anchor->known)
        return;
    if (node->kind != SDSE_NODE_SEQUENCE) {
        if (sdse_read_double(node, -1e30, 1e30, r->diags, &anchor->low))
            anchor->high = anchor->low;
        return;
    }
    const bool two = node->count == 2;
    if (!two || !sdse_read_double(node->first, -1e30, 1e30, r->diags, &anchor->low) ||
        !sdse_read_double(node->last, -1e30, 1e30, r->diags, &anchor->high) ||
        anchor->low > anchor->high)
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "published-range",
                      "a range is [low, high]");
}

static void read_unit(struct sdse_validation_reader *r, const struct sdse_node *map,
                      struct sdse_anchor *anchor) {
    const struct sdse_node *node = sdse_node_get(map, "unit");
    if (!node)
        sdse_report_missing(map, "unit", r->diags);
    if (!node || !sdse_read_text(node, r->diags, &anchor->unit) || !anchor->modelled)
        return;
    const enum sdse_dimension above = sdse_quantity_dimension(anchor->take.quantity),
                              below = sdse_quantity_dimension(anchor->over.quantity);
    if (anchor->ratio
            ? sdse_ratio_unit_of(above, below, anchor->unit, &anchor->per_unit)
            : sdse_unit_of(above, anchor->unit, &anchor->per_unit))
        return;
    char one[SDSE_UNITS_TEXT], other[SDSE_UNITS_TEXT];
    sdse_units_text(above, one);
    sdse_units_text(below, other);
    sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "quantity-unit",
                  "'%.40s' is no unit of %s%s%s: one of %s%s%s%s", anchor->unit,
                  sdse_quantity_words[anchor->take.quantity],
                  anchor->ratio ? " / " : "",
                  anchor->ratio ? sdse_quantity_words[anchor->over.quantity] : "",
                  anchor->ratio && above == below ? "x, %, or of " : "", one,
                  anchor->ratio ? " / one of " : "", anchor->ratio ? other : "");
}

static void read_alternative(struct sdse_validation_reader *r,
                             const struct sdse_node *map, struct sdse_anchor *anchor) {
    static const char *const keys[] = {"assume", "case", "over"};
    const struct sdse_node *node;
    if (!sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags))
        return;
    sdse_refuse_unknown_keys(map, keys, 3, r->diags);
    if (!(node = sdse_node_get(map, "assume")))
        sdse_report_missing(map, "assume", r->diags);
    else
        sdse_read_text(node, r->diags, &anchor->assumption);
    if (!(node = sdse_node_get(map, "case")))
        sdse_report_missing(map, "case", r->diags);
    else
        anchor->alternative = read_cases(r, node, &anchor->alternative_count);
    if ((node = sdse_node_get(map, "over")))
        anchor->over_alternative = read_cases(r, node, &anchor->over_alternative_count);
}

// `calibrated: false`, or the constant that was fitted.
static void read_calibrated(struct sdse_validation_reader *r,
                            const struct sdse_node *node, struct sdse_anchor *anchor) {
    bool fitted;
    if (!sdse_node_as_bool(node, &fitted))
        sdse_read_text(node, r->diags, &anchor->calibrated);
    else if (fitted)
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "calibrated-constant",
                      "say which constant was fitted: calibrated: GLB.read_pj");
}

static void read_texts(struct sdse_validation_reader *r, const struct sdse_node *map,
                       struct sdse_anchor *anchor) {
    const struct {
        const char *key;
        const char **text;
    } texts[] = {{"id", &anchor->id},
                 {"source", &anchor->source},
                 {"why", &anchor->why},
                 {"note", &anchor->note}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct sdse_node *node = sdse_node_get(map, texts[i].key);
        if (node)
            sdse_read_text(node, r->diags, texts[i].text);
    }
}

static void read_anchor(struct sdse_validation_reader *r, const struct sdse_node *map,
                        struct sdse_anchor *anchor) {
    static const char *const keys[] = {
        "id",     "source",     "mark",     "quantity",     "of",         "case",
        "layers", "over",       "unit",     "published",    "combine",    "why",
        "note",   "calibrated", "restates", "band_percent", "alternative"};
    static const char *const combine_words[SDSE_COMBINES] = {
        [SDSE_COMBINE_SUM] = "sum",
        [SDSE_COMBINE_MEAN] = "mean",
        [SDSE_COMBINE_GEOMEAN] = "geomean",
        [SDSE_COMBINE_LEAST] = "least",
        [SDSE_COMBINE_MOST] = "most"};
    *anchor = (struct sdse_anchor){.band_percent = 15, .loc = map->loc, .per_unit = 1};
    const struct sdse_node *node = sdse_node_get(r->root, "source");
    if (node)
        sdse_read_text(node, r->diags, &anchor->source);
    if (!sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags))
        return;
    sdse_refuse_unknown_keys(map, keys, sizeof keys / sizeof *keys, r->diags);
    read_texts(r, map, anchor);
    static const char *const needed[] = {"id", "mark", "quantity", "published"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!sdse_node_get(map, needed[i]))
            sdse_report_missing(map, needed[i], r->diags);
    if (!anchor->source && !sdse_node_get(map, "source"))
        sdse_report_missing(map, "source", r->diags);
    unsigned word;
    if ((node = sdse_node_get(map, "mark")) &&
        sdse_read_word(node, mark_words, SDSE_ANCHOR_MARKS, r->diags, &word))
        anchor->mark = (enum sdse_anchor_mark)word;
    anchor->modelled = sdse_node_get(map, "case") != NULL;
    const struct sdse_node *over = sdse_node_get(map, "over");
    anchor->ratio = over && sdse_expect_kind(over, SDSE_NODE_MAPPING, r->diags);
    read_take(r, map, &anchor->take);
    anchor->over = anchor->take;
    if (anchor->ratio) {
        static const char *const over_keys[] = {"quantity", "of", "case", "layers"};
        sdse_refuse_unknown_keys(over, over_keys, 4, r->diags);
        read_take(r, over, &anchor->over);
    }
    if ((node = sdse_node_get(map, "published")))
        read_published(r, node, anchor);
    read_unit(r, map, anchor);
    if ((node = sdse_node_get(map, "combine")) &&
        sdse_read_word(node, combine_words, SDSE_COMBINES, r->diags, &word))
        anchor->combine = (enum sdse_combine)word;
    if ((node = sdse_node_get(map, "band_percent")))
        sdse_read_double(node, 0, 1000, r->diags, &anchor->band_percent);
    if ((node = sdse_node_get(map, "restates")))
        sdse_read_bool(node, r->diags, &anchor->restates);
    if ((node = sdse_node_get(map, "calibrated")))
        read_calibrated(r, node, anchor);
    if ((node = sdse_node_get(map, "alternative")))
        read_alternative(r, node, anchor);
}

void sdse_read_anchors(struct sdse_validation_reader *r, const struct sdse_node *list) {
    if (!sdse_expect_kind(list, SDSE_NODE_SEQUENCE, r->diags))
        return;
    struct sdse_validation *validation = r->validation;
    validation->anchors =
        SDSE_ARENA_ARRAY(r->arena, struct sdse_anchor, list->count + 1);
    r->out_of_memory |= !validation->anchors;
    for
        SDSE_EACH_CHILD(node, list) {
            if (!r->out_of_memory)
                read_anchor(r, node, &validation->anchors[validation->anchor_count++]);
        }
}
