// The engines of an accelerator: the one that rebuilds weights, and those that make use
// of zeros and short numbers.
#include <string.h>

#include "spec/engine_keys.h"
#include "spec/reading.h"
#include "spec/value.h"

static void engine_cost(struct sdse_arch_reading *r, const struct sdse_node *map,
                        const char *key, bool free, struct sdse_number *out) {
    const struct sdse_node *node = sdse_node_get(map, key);
    sdse_number_read(node, 0, 1e9, &r->sources, r->diags, out);
    if (!node && free)
        *out = (struct sdse_number){
            .given = true,
            .origin = {.mark = SDSE_MARK_ASSUMED, .text = "free", .loc = map->loc}};
}

static void read_rebuild(struct sdse_arch_reading *r, const struct sdse_node *map) {
    static const char *const keys[] = {"name",
                                       "kind",
                                       "below",
                                       "pj_per_shift_add",
                                       "pj_per_basis_read",
                                       "pj_per_basis_write",
                                       "rows_per_cycle",
                                       "area_um2",
                                       "component",
                                       "free"};
    struct sdse_rebuild *engine = &r->arch->rebuild;
    const struct sdse_node *node;
    r->engine = map;
    engine->loc = map->loc;
    sdse_refuse_unknown_keys(map, keys, sizeof keys / sizeof *keys, r->diags);
    if (!(node = sdse_node_get(map, "below")))
        sdse_report_missing(map, "below", r->diags);
    else
        engine->present = sdse_read_level(r, node, &engine->below_level);
    if ((node = sdse_node_get(map, "free")))
        sdse_read_bool(node, r->diags, &engine->free);
    if ((node = sdse_node_get(map, "component")))
        sdse_read_text(node, r->diags, &engine->component);
    engine_cost(r, map, "pj_per_shift_add", engine->free, &engine->pj_per_shift_add);
    engine_cost(r, map, "pj_per_basis_read", engine->free, &engine->pj_per_basis_read);
    engine_cost(r, map, "pj_per_basis_write", engine->free,
                &engine->pj_per_basis_write);
    sdse_number_read(sdse_node_get(map, "rows_per_cycle"), 1e-6, 1e6, &r->sources,
                     r->diags, &engine->rows_per_cycle);
    sdse_number_read(sdse_node_get(map, "area_um2"), 0, 1e15, &r->sources, r->diags,
                     &engine->area_um2);
}

// --- Other kinds ---

static void refuse_others(struct sdse_arch_reading *r, const struct sdse_node *map,
                          enum sdse_engine_kind kind) {
    enum { COMMON = 7, MOST_KEYS = 32 };
    const char *names[MOST_KEYS] = {"name", "kind", "below",
                                    // What a form needs, an engine does not refuse.
                                    kind == SDSE_ENGINE_PRODUCTS ? "name" : "for",
                                    "free", "area_um2", sdse_engine_price_key(kind)};
    size_t count;
    const struct sdse_engine_key *keys = sdse_engine_keys(kind, &count);
    for (size_t i = 0; i < count; i++)
        names[COMMON + i] = keys[i].name;
    if (kind == SDSE_ENGINE_PRODUCTS)
        names[COMMON + count++] = "pj_per_sum";
    sdse_refuse_unknown_keys(map, names, COMMON + count, r->diags);
}

static void read_key(struct sdse_arch_reading *r, const struct sdse_node *map,
                     const struct sdse_engine_key *key, struct sdse_engine *engine) {
    const struct sdse_node *node = sdse_node_get(map, key->name);
    uint32_t *field = sdse_engine_field(engine, key);
    *field = key->absent;
    if (!node) {
        if (key->required)
            sdse_report_missing(map, key->name, r->diags);
        return;
    }
    unsigned word;
    if (key->words) {
        if (sdse_read_word(node, key->words, key->word_count, r->diags, &word))
            *field = word;
        return;
    }
    const char *text = key->inf ? sdse_node_as_text(node) : NULL;
    if (text && strcmp(text, "inf") == 0)
        *field = SDSE_ENGINE_UNLIMITED;
    else
        sdse_read_u32(node, key->least, key->most, r->diags, field);
}

// The kinds of layers that an engine works on: all that multiply, if it does not say.
static void read_layer_kinds(struct sdse_arch_reading *r, const struct sdse_node *map,
                             struct sdse_engine *engine) {
    const struct sdse_node *list = sdse_node_get(map, "for");
    engine->layer_kinds = SDSE_BIT(SDSE_MAPPED_KINDS) - 1;
    if (!list || !sdse_expect_kind(list, SDSE_NODE_SEQUENCE, r->diags))
        return;
    engine->layer_kinds = 0;
    sdse_for_each_child (node, list) {
        unsigned kind;
        if (sdse_read_word(node, sdse_layer_kind_words, SDSE_MAPPED_KINDS, r->diags,
                           &kind))
            engine->layer_kinds |= SDSE_BIT(kind);
    }
}

// The name of sibling memories means all of them.
static unsigned first_of_group(const struct sdse_arch *arch, unsigned level) {
    while (level > 0 &&
           strcmp(arch->level[level - 1].group, arch->level[level].group) == 0)
        level--;
    return level;
}

static void read_engine(struct sdse_arch_reading *r, const struct sdse_node *map,
                        enum sdse_engine_kind kind) {
    struct sdse_arch *arch = r->arch;
    for (unsigned i = 0; i < arch->engine_count; i++) {
        if (arch->engine[i].kind == kind) {
            sdse_diag_add(r->diags, SDSE_ERROR, map->loc, "engine-twice",
                          "an accelerator has at most one engine of kind '%s'",
                          sdse_engine_kind_name(kind));
            return;
        }
    }
    if (arch->engine_count == SDSE_MAX_ENGINES) {
        sdse_diag_add(r->diags, SDSE_ERROR, map->loc, "engine-twice",
                      "an accelerator has at most %d engines beside the rebuild engine",
                      SDSE_MAX_ENGINES);
        return;
    }
    struct sdse_engine *engine = &arch->engine[arch->engine_count++];
    *engine = (struct sdse_engine){
        .kind = kind, .name = sdse_engine_kind_name(kind), .loc = map->loc};
    refuse_others(r, map, kind);
    const struct sdse_node *node;
    if ((node = sdse_node_get(map, "name")))
        sdse_read_text(node, r->diags, &engine->name);
    engine->below_level = arch->level_count ? arch->level_count - 1 : 0;
    if ((node = sdse_node_get(map, "below")) &&
        sdse_read_level(r, node, &engine->below_level) &&
        strcmp(arch->level[engine->below_level].group, sdse_node_as_text(node)) == 0)
        engine->below_level = first_of_group(arch, engine->below_level);
    if ((node = sdse_node_get(map, "free")))
        sdse_read_bool(node, r->diags, &engine->free);
    engine_cost(r, map, sdse_engine_price_key(kind), engine->free,
                &engine->pj_per_event);
    if (kind == SDSE_ENGINE_PRODUCTS)
        engine_cost(r, map, "pj_per_sum", engine->free, &engine->pj_per_sum);
    sdse_number_read(sdse_node_get(map, "area_um2"), 0, 1e15, &r->sources, r->diags,
                     &engine->area_um2);
    read_layer_kinds(r, map, engine);
    size_t count;
    const struct sdse_engine_key *keys = sdse_engine_keys(kind, &count);
    for (size_t i = 0; i < count; i++)
        read_key(r, map, &keys[i], engine);
}

void sdse_read_engines(struct sdse_arch_reading *r) {
    const char *kinds[1 + SDSE_ENGINE_KINDS] = {"rebuild"};
    const struct sdse_node *list = sdse_node_get(r->root, "engines");
    for (unsigned k = 0; k < SDSE_ENGINE_KINDS; k++)
        kinds[1 + k] = sdse_engine_kind_name((enum sdse_engine_kind)k);
    if (!list || !sdse_expect_kind(list, SDSE_NODE_SEQUENCE, r->diags))
        return;
    sdse_for_each_child (map, list) {
        unsigned kind;
        if (!sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags))
            continue;
        const struct sdse_node *word = sdse_node_get(map, "kind");
        if (!word) {
            sdse_report_missing(map, "kind", r->diags);
        } else if (!sdse_read_word(word, kinds, 1 + SDSE_ENGINE_KINDS, r->diags,
                                   &kind)) {
            continue;
        } else if (kind != 0) {
            read_engine(r, map, (enum sdse_engine_kind)(kind - 1));
        } else if (r->engine) {
            sdse_diag_add(r->diags, SDSE_ERROR, map->loc, "engine-twice",
                          "an accelerator has at most one rebuild engine");
        } else {
            read_rebuild(r, map);
        }
    }
}
