#include "spec/sweep_forms.h"

#include <string.h>

#include "base/arena_grow.h"
#include "spec/value.h"

enum key {
    KEY_BASIS_SIZE,
    KEY_ROWS_PER_SLICE,
    KEY_DENSITY,
    KEY_ROW_DENSITY,
    KEY_COEFFICIENT_BITS,
    KEY_BASIS_BITS,
    KEY_SCALE_BITS,
    KEY_INDEX,
    KEY_DEPTHWISE,
    KEY_SPARSITY,
    KEY_THRESHOLD,
    KEY_RELATIVE_THRESHOLD,
    KEY_ROW_SPARSITY,
    KEY_SCALE,
    KEY_ITERATIONS,
    KEY_PRUNE,
    KEY_PRUNE_AMOUNT,
    KEY_PRUNE_GROUP,
    KEY_INPUTS_PER_WIDTH,
    KEY_OUTPUTS_PER_BLOCK,
    KEY_DISTRIBUTION,
    KEY_RANGE_SIGMAS,
    KEY_BASES,
    KEYS
};
static const char *const key_words[KEYS + 2] = {"basis_size",
                                                "rows_per_slice",
                                                "density",
                                                "row_density",
                                                "coefficient_bits",
                                                "basis_bits",
                                                "scale_bits",
                                                "index",
                                                "depthwise",
                                                "sparsity",
                                                "threshold",
                                                "relative_threshold",
                                                "row_sparsity",
                                                "scale",
                                                "iterations",
                                                "prune",
                                                "prune_amount",
                                                "prune_group",
                                                "inputs_per_width",
                                                "outputs_per_block",
                                                "distribution",
                                                "range_sigmas",
                                                "bases",
                                                "name",
                                                "kind"};

#define KEY(name) (UINT64_C(1) << KEY_##name)
// Which keys forms of a kind have.
static const uint64_t keys_of[] = {
    [SDSE_WORDS_FIRST] = KEY(INPUTS_PER_WIDTH) - 1,
    [SDSE_UNIQUE_FIRST] = KEY(INPUTS_PER_WIDTH) | KEY(OUTPUTS_PER_BLOCK) |
                          KEY(DISTRIBUTION) | KEY(RANGE_SIGMAS),
    [SDSE_BASIS_FIRST] = KEY(BASES) | KEY(DENSITY) | KEY(BASIS_BITS),
};

static const char layers_own[] = "layer";

// What the decomposition takes by itself (smartdeal/setting.h): the released code's.
static const struct sdse_form_setting measured_defaults = {
    .smartdeal = true,
    .measured = true,
    .coefficient_bits = 4,
    .basis_bits = 8,
    .scale_bits = 8,
    .index = SDSE_INDEX_ROW,
    .threshold_kind = SDSE_FORM_THRESHOLD,
    .threshold = 4e-3,
    .iterations = 30,
    .prune_group = 32,
};
static const struct sdse_form_setting declared_defaults = {
    .smartdeal = true,
    .density = 1,
    .row_density = 1,
    .coefficient_bits = 4,
    .basis_bits = 8,
    .scale_bits = 8,
    .index = SDSE_INDEX_ROW,
};

// Products first: distinct words with a width of its own for each input; six kernels
// that a layer shares (ESCALATE, recalled: docs/systems.md).
static const struct sdse_form_setting unique_defaults = {
    .first = SDSE_UNIQUE_FIRST, .measured = true, .inputs_per_width = 1};
static const struct sdse_form_setting basis_first_defaults = {
    .first = SDSE_BASIS_FIRST, .measured = true, .bases = 6, .basis_bits = 8};

// Bits the decomposition can make; a declared form may say more.
enum { MOST_MEASURED_BITS = 7, MOST_DECLARED_BITS = 8 };

struct reader {
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    struct sdse_sweep *sweep;
    size_t capacity;
    bool out_of_memory;
};

static void append(struct reader *r, struct sdse_sweep_form form) {
    struct sdse_sweep *sweep = r->sweep;
    struct sdse_sweep_form *larger = sdse_arena_grow(
        r->arena, sweep->forms, sweep->form_count, &r->capacity, sizeof *larger);
    if (!larger) {
        r->out_of_memory = true;
        return;
    }
    sweep->forms = larger;
    sweep->forms[sweep->form_count++] = form;
}

// A threshold and what it means.
static bool read_threshold(const struct sdse_node *node, double most,
                           enum sdse_form_threshold kind, struct sdse_diags *diags,
                           struct sdse_form_setting *setting) {
    setting->threshold_kind = kind;
    return sdse_read_double(node, 0, most, diags, &setting->threshold);
}

static bool read_prune(const struct sdse_node *node, struct sdse_diags *diags,
                       struct sdse_form_setting *setting) {
    static const char *const kinds[] = {"none", "population", "value", "energy"};
    unsigned word;
    if (!sdse_read_word(node, kinds, 4, diags, &word))
        return false;
    setting->prune = (enum sdse_form_prune)word;
    return true;
}

// The keys that only measured forms have.
static bool read_measured_value(const struct sdse_node *node, enum key key,
                                struct sdse_diags *diags,
                                struct sdse_form_setting *setting) {
    switch (key) {
    case KEY_SPARSITY:
        return read_threshold(node, 0.9999, SDSE_FORM_SPARSITY, diags, setting);
    case KEY_THRESHOLD:
        return read_threshold(node, 1e30, SDSE_FORM_THRESHOLD, diags, setting);
    case KEY_RELATIVE_THRESHOLD:
        return read_threshold(node, 1, SDSE_FORM_RELATIVE, diags, setting);
    case KEY_ROW_SPARSITY:
        return sdse_read_bool(node, diags, &setting->row_sparsity);
    case KEY_SCALE:
        return sdse_read_bool(node, diags, &setting->scale);
    case KEY_ITERATIONS:
        return sdse_read_u32(node, 1, 1000000, diags, &setting->iterations);
    case KEY_PRUNE:
        return read_prune(node, diags, setting);
    case KEY_PRUNE_AMOUNT:
        return sdse_read_double(node, 0, 1e30, diags, &setting->prune_amount);
    default:
        return sdse_read_u32(node, 1, UINT32_MAX, diags, &setting->prune_group);
    }
}

// A fraction, or the layers' own.
static bool read_density(const struct sdse_node *node, struct sdse_diags *diags,
                         double *density) {
    if (node->kind == SDSE_NODE_SCALAR && strcmp(node->text, layers_own) == 0) {
        *density = 0;
        return true;
    }
    return sdse_read_double(node, 1e-6, 1, diags, density);
}

// The keys of forms whose products are made first.
static bool read_first_value(const struct sdse_node *node, enum key key,
                             struct sdse_diags *diags,
                             struct sdse_form_setting *setting) {
    static const char *const laws[] = {"gaussian", "laplace"};
    enum { MOST_LIST = 1 << 30, MOST_BASES = 64 };
    unsigned word;
    switch (key) {
    case KEY_INPUTS_PER_WIDTH:
        return sdse_read_u64(node, 0, MOST_LIST, diags, &setting->inputs_per_width);
    case KEY_OUTPUTS_PER_BLOCK:
        return sdse_read_u64(node, 0, MOST_LIST, diags, &setting->outputs_per_block);
    case KEY_RANGE_SIGMAS:
        return sdse_read_double(node, 0.1, 1000, diags, &setting->range_sigmas);
    case KEY_BASES:
        return sdse_read_u32(node, 1, MOST_BASES, diags, &setting->bases);
    default:
        if (!sdse_read_word(node, laws, 2, diags, &word))
            return false;
        setting->laplace = word == 1;
        return true;
    }
}

static bool read_value(const struct sdse_node *node, enum key key,
                       struct sdse_diags *diags, struct sdse_form_setting *setting) {
    static const char *const indexes[] = {"element_bitmap", "row", "run_length",
                                          "dense"};
    unsigned word;
    switch (key) {
    case KEY_BASIS_SIZE:
        if (!sdse_read_u32(node, 0, 16, diags, &setting->basis_size))
            return false;
        if (setting->basis_size != 1)
            return true;
        sdse_diag_add(diags, SDSE_ERROR, node->loc, "out-of-range",
                      "%s: must be 0 or 2 to 16, got 1",
                      sdse_node_path(diags->arena, node));
        return false;
    case KEY_ROWS_PER_SLICE:
        return sdse_read_u32(node, 0, UINT32_MAX, diags, &setting->rows_per_slice);
    case KEY_DENSITY:
        if (setting->first)
            return sdse_read_double(node, 1e-6, 1, diags, &setting->density);
        return read_density(node, diags, &setting->density);
    case KEY_ROW_DENSITY:
        return read_density(node, diags, &setting->row_density);
    case KEY_COEFFICIENT_BITS:
        return sdse_read_u32(
            node, 2, setting->measured ? MOST_MEASURED_BITS : MOST_DECLARED_BITS, diags,
            &setting->coefficient_bits);
    case KEY_BASIS_BITS:
        return sdse_read_u32(node, 2, 16, diags, &setting->basis_bits);
    case KEY_SCALE_BITS:
        return sdse_read_u32(node, setting->measured ? 1 : 0, 8, diags,
                             &setting->scale_bits);
    case KEY_INDEX:
        if (!sdse_read_word(node, indexes, 4, diags, &word))
            return false;
        setting->index = (enum sdse_index_format)word;
        return true;
    case KEY_DEPTHWISE:
        return sdse_read_bool(node, diags, &setting->depthwise);
    default:
        return key >= KEY_INPUTS_PER_WIDTH
                   ? read_first_value(node, key, diags, setting)
                   : read_measured_value(node, key, diags, setting);
    }
}

// Takes key after key; a list branches into one form per value, the last key fastest.
static void expand(struct reader *r, const struct sdse_node *map, enum key key,
                   struct sdse_sweep_form form) {
    if (r->out_of_memory || r->sweep->form_count > SDSE_MAX_FORMS)
        return;
    if (key == KEYS) {
        append(r, form);
        return;
    }
    const struct sdse_node *node = sdse_node_get(map, key_words[key]);
    if (!node || node->kind != SDSE_NODE_SEQUENCE) {
        if (node)
            read_value(node, key, r->diags, &form.setting);
        expand(r, map, key + 1, form);
        return;
    }
    if (!node->count)
        sdse_diag_add(r->diags, SDSE_ERROR, node->key_loc, "override-empty",
                      "'%s' lists no value", key_words[key]);
    const char *name = form.name;
    sdse_for_each_child (value, node) {
        if (!read_value(value, key, r->diags, &form.setting))
            continue;
        form.name =
            sdse_arena_printf(r->arena, "%s %s=%s", name, key_words[key], value->text);
        if (!form.name) {
            r->out_of_memory = true;
            return;
        }
        expand(r, map, key + 1, form);
    }
}

// Reads a key's faults once, before the product of lists would repeat them.
static bool values_are_good(struct reader *r, const struct sdse_node *map,
                            struct sdse_form_setting ignored) {
    size_t errors = r->diags->errors;
    uint64_t forms = 1;
    for (enum key key = 0; key < KEYS; key++) {
        const struct sdse_node *node = sdse_node_get(map, key_words[key]);
        if (!node)
            continue;
        if (node->kind != SDSE_NODE_SEQUENCE) {
            read_value(node, key, r->diags, &ignored);
            continue;
        }
        if (!node->count)
            sdse_diag_add(r->diags, SDSE_ERROR, node->key_loc, "override-empty",
                          "'%s' lists no value", key_words[key]);
        sdse_for_each_child (value, node)
            read_value(value, key, r->diags, &ignored);
        forms *= node->count && forms <= SDSE_MAX_FORMS ? node->count : 1;
    }
    if (forms > SDSE_MAX_FORMS)
        sdse_diag_add(r->diags, SDSE_ERROR, map->loc, "points-absurd",
                      "more than %d weight forms", SDSE_MAX_FORMS);
    return r->diags->errors == errors;
}

static void contradict(struct reader *r, const struct sdse_node *node,
                       const char *why) {
    sdse_diag_add(r->diags, SDSE_ERROR, node->key_loc, "form-contradiction", "'%s' %s",
                  node->key, why ? why : "");
}

// Keys that say two things about one matter.
static void refuse_contradictions(struct reader *r, const struct sdse_node *map,
                                  bool measured) {
    const struct sdse_node *threshold = NULL;
    for (enum key key = KEY_SPARSITY; key < KEY_INPUTS_PER_WIDTH; key++) {
        const struct sdse_node *node = sdse_node_get(map, key_words[key]);
        if (!node)
            continue;
        if (!measured && key != KEY_PRUNE_GROUP) {
            contradict(r, node,
                       "asks for a decomposition, but the density is declared");
            continue;
        }
        if (measured && key <= KEY_RELATIVE_THRESHOLD && threshold)
            contradict(r, node, "beside another threshold");
        if (key <= KEY_RELATIVE_THRESHOLD)
            threshold = node;
    }
}

static bool prunes(const struct sdse_node *node, bool by_fraction) {
    if (!node)
        return false;
    if (node->kind == SDSE_NODE_SCALAR)
        return strcmp(node->text, "none") != 0 &&
               !(by_fraction && strcmp(node->text, "value") == 0);
    bool any = false;
    sdse_for_each_child (value, node)
        any |= value->kind == SDSE_NODE_SCALAR && prunes(value, by_fraction);
    return any;
}

// An amount and a group belong to a kind of pruning, and a kind to an amount.
static void check_pruning(struct reader *r, const struct sdse_node *map) {
    const struct sdse_node *kind = sdse_node_get(map, "prune");
    const struct sdse_node *amount = sdse_node_get(map, "prune_amount");
    const struct sdse_node *group = sdse_node_get(map, "prune_group");
    const bool any = prunes(kind, false);
    if (any && !amount)
        sdse_report_missing(map, "prune_amount", r->diags);
    if (!any && amount)
        contradict(r, amount, "without a kind of pruning");
    if (!any && group)
        contradict(r, group, "without a kind of pruning");
    if (!amount || !prunes(kind, true))
        return;
    const struct sdse_node *value =
        amount->kind == SDSE_NODE_SEQUENCE ? amount->first : amount;
    for (; value; value = amount->kind == SDSE_NODE_SEQUENCE ? value->next : NULL) {
        double ignored;
        sdse_read_double(value, 0, 1, r->diags, &ignored);
    }
}

static bool read_form_kind(struct reader *r, const struct sdse_node *map,
                           enum sdse_products_first *first) {
    static const char *const kinds[] = {"smartdeal", "unique", "basis_first"};
    const struct sdse_node *node = sdse_node_get(map, "kind");
    unsigned word = SDSE_WORDS_FIRST;
    if (node && !sdse_read_word(node, kinds, 3, r->diags, &word))
        return false;
    *first = (enum sdse_products_first)word;
    return true;
}

// Keys of forms of another kind, and a law without a range.
static void refuse_others(struct reader *r, const struct sdse_node *map,
                          enum sdse_products_first first) {
    for (enum key key = 0; key < KEYS; key++) {
        const struct sdse_node *node = sdse_node_get(map, key_words[key]);
        if (node && !(keys_of[first] >> key & 1))
            contradict(r, node,
                       sdse_arena_printf(r->arena, "is no key of forms of kind %s",
                                         sdse_products_first_name(first)));
    }
    const struct sdse_node *law = sdse_node_get(map, "distribution");
    if (law && first == SDSE_UNIQUE_FIRST && !sdse_node_get(map, "range_sigmas"))
        contradict(r, law, "without 'range_sigmas': measured words follow no law");
}

static void read_form(struct reader *r, const struct sdse_node *node) {
    struct sdse_sweep_form form = {.name = "raw", .loc = node->loc};
    if (node->kind == SDSE_NODE_SCALAR) {
        static const char *const words[] = {"raw", "smartdeal", "unique",
                                            "basis_first"};
        static const struct sdse_form_setting *const settings[] = {
            NULL, &measured_defaults, &unique_defaults, &basis_first_defaults};
        unsigned word;
        if (!sdse_read_word(node, words, 4, r->diags, &word))
            return;
        form.name = words[word];
        if (word)
            form.setting = *settings[word];
        append(r, form);
        return;
    }
    if (!sdse_expect_kind(node, SDSE_NODE_MAPPING, r->diags))
        return;
    sdse_refuse_unknown_keys(node, key_words, KEYS + 2, r->diags);
    enum sdse_products_first first = SDSE_WORDS_FIRST;
    if (!read_form_kind(r, node, &first))
        return;
    form.name = sdse_products_first_name(first);
    const bool measured = !sdse_node_get(node, "density") &&
                          !sdse_node_get(node, "row_density") &&
                          !sdse_node_get(node, "range_sigmas");
    form.setting = first == SDSE_UNIQUE_FIRST  ? unique_defaults
                   : first == SDSE_BASIS_FIRST ? basis_first_defaults
                   : measured                  ? measured_defaults
                                               : declared_defaults;
    form.setting.measured = measured;
    const struct sdse_node *name = sdse_node_get(node, "name");
    if (name)
        sdse_read_text(name, r->diags, &form.name);
    const size_t errors = r->diags->errors;
    refuse_others(r, node, first);
    if (!first)
        refuse_contradictions(r, node, measured);
    if (values_are_good(r, node, form.setting) && measured && !first)
        check_pruning(r, node);
    if (r->diags->errors == errors)
        expand(r, node, 0, form);
}

bool sdse_read_forms(struct sdse_arena *arena, const struct sdse_node *list,
                     struct sdse_diags *diags, struct sdse_sweep *sweep) {
    struct reader r = {.arena = arena, .diags = diags, .sweep = sweep};
    if (!list) {
        append(&r, (struct sdse_sweep_form){.name = "raw", .loc = sweep->loc});
        return !r.out_of_memory;
    }
    if (!sdse_expect_kind(list, SDSE_NODE_SEQUENCE, diags))
        return true;
    if (!list->count)
        sdse_diag_add(diags, SDSE_ERROR, list->key_loc, "override-empty",
                      "'weight_forms' lists no form");
    sdse_for_each_child (node, list)
        read_form(&r, node);
    return !r.out_of_memory;
}
