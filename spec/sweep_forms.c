#include "spec/sweep_forms.h"

#include <string.h>

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
    KEYS
};
static const char *const key_words[KEYS + 1] = {
    "basis_size", "rows_per_slice", "density", "row_density", "coefficient_bits",
    "basis_bits", "scale_bits",     "index",   "depthwise",   "name"};

struct reader {
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    struct sdse_sweep *sweep;
    size_t capacity;
    bool out_of_memory;
};

static void append(struct reader *r, struct sdse_sweep_form form) {
    struct sdse_sweep *sweep = r->sweep;
    if (sweep->form_count == r->capacity) {
        size_t capacity = r->capacity ? 2 * r->capacity : 8;
        struct sdse_sweep_form *larger =
            SDSE_ARENA_ARRAY(r->arena, struct sdse_sweep_form, capacity);
        if (!larger) {
            r->out_of_memory = true;
            return;
        }
        if (sweep->form_count)
            memcpy(larger, sweep->forms, sweep->form_count * sizeof *larger);
        sweep->forms = larger;
        r->capacity = capacity;
    }
    sweep->forms[sweep->form_count++] = form;
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
        return sdse_read_double(node, 1e-6, 1, diags, &setting->density);
    case KEY_ROW_DENSITY:
        return sdse_read_double(node, 1e-6, 1, diags, &setting->row_density);
    case KEY_COEFFICIENT_BITS:
        return sdse_read_u32(node, 2, 8, diags, &setting->coefficient_bits);
    case KEY_BASIS_BITS:
        return sdse_read_u32(node, 2, 16, diags, &setting->basis_bits);
    case KEY_SCALE_BITS:
        return sdse_read_u32(node, 0, 8, diags, &setting->scale_bits);
    case KEY_INDEX:
        if (!sdse_read_word(node, indexes, 4, diags, &word))
            return false;
        setting->index = (enum sdse_index_format)word;
        return true;
    default:
        return sdse_read_bool(node, diags, &setting->depthwise);
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
static bool values_are_good(struct reader *r, const struct sdse_node *map) {
    struct sdse_form_setting ignored;
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

static void read_form(struct reader *r, const struct sdse_node *node) {
    struct sdse_sweep_form form = {.name = "raw",
                                   .loc = node->loc,
                                   .setting = {.density = 1,
                                               .row_density = 1,
                                               .coefficient_bits = 4,
                                               .basis_bits = 8,
                                               .scale_bits = 8,
                                               .index = SDSE_INDEX_ROW}};
    if (node->kind == SDSE_NODE_SCALAR) {
        static const char *const words[] = {"raw", "smartdeal"};
        unsigned word;
        if (!sdse_read_word(node, words, 2, r->diags, &word))
            return;
        form.name = words[word];
        form.setting.smartdeal = word == 1;
        append(r, form);
        return;
    }
    if (!sdse_expect_kind(node, SDSE_NODE_MAPPING, r->diags))
        return;
    sdse_refuse_unknown_keys(node, key_words, KEYS + 1, r->diags);
    form.name = "smartdeal";
    form.setting.smartdeal = true;
    const struct sdse_node *name = sdse_node_get(node, "name");
    if (name)
        sdse_read_text(name, r->diags, &form.name);
    if (values_are_good(r, node))
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
