#include "cli/compare_inputs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_grow.h"
#include "spec/leaves.h"

// ---- rows ----

struct rows {
    struct cli *cli;
    struct sdse_differences *out;
    size_t room;
    bool failed; // memory is out
};

static bool as_number(const char *text, double *value) {
    char *end;
    *value = text ? strtod(text, &end) : (double)NAN;
    return !text || (end != text && !*end && isfinite(*value));
}

// NULL: the side has none. Both none: nothing to say.
static void add_row(struct rows *rows, const char *name, bool is_name, const char *a,
                    const char *b) {
    struct sdse_differences *out = rows->out;
    if (!name || rows->failed) {
        rows->failed = true;
        return;
    }
    if (!a && !b)
        return;
    struct sdse_difference *grown = sdse_arena_grow(
        rows->cli->arena, out->rows, out->count, &rows->room, sizeof *grown);
    if (!grown) {
        rows->failed = true;
        return;
    }
    out->rows = grown;
    struct sdse_difference *row = &out->rows[out->count++];
    *row = (struct sdse_difference){
        .name = name, .unit = "", .value = {(double)NAN, (double)NAN}, .text = {a, b}};
    double value[SDSE_SIDES];
    if (!is_name && as_number(a, &value[SDSE_A]) && as_number(b, &value[SDSE_B])) {
        memcpy(row->value, value, sizeof value);
        row->text[SDSE_A] = row->text[SDSE_B] = NULL;
    }
}

// A name is no number, whatever it looks like.
static void add_name(struct rows *rows, const char *name, const char *a,
                     const char *b) {
    add_row(rows, name, true, a, b);
}

static void add(struct rows *rows, const char *name, const char *a, const char *b) {
    add_row(rows, name, false, a, b);
}

// ---- leaves ----

struct sorted {
    const struct sdse_leaf *leaf;
    bool met;
};

static int by_path(const void *left, const void *right) {
    const struct sorted *x = left, *y = right;
    const int order = strcmp(x->leaf->path, y->leaf->path);
    return order ? order : (x->leaf > y->leaf) - (x->leaf < y->leaf);
}

// The first leaf of this path that nothing has met yet, or NULL.
static struct sorted *meet(struct sorted *list, size_t count, const char *path) {
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(list[middle].leaf->path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    while (low < count && list[low].met && strcmp(list[low].leaf->path, path) == 0)
        low++;
    return low < count && strcmp(list[low].leaf->path, path) == 0 ? &list[low] : NULL;
}

// "X (mark)" says nothing new where X itself differs.
static bool belongs_to(const char *path, const char *differs) {
    const size_t length = differs ? strlen(differs) : 0;
    return differs && strncmp(path, differs, length) == 0 &&
           strncmp(path + length, " (", 2) == 0;
}

// A text that is one scalar has no path.
static const char *leaf_name(struct sdse_arena *arena, const char *what,
                             const char *path) {
    return sdse_arena_printf(arena, "%s: %s", what, *path ? path : "text");
}

static void add_leaves(struct rows *rows, const char *what,
                       const struct sdse_leaves leaves[SDSE_SIDES]) {
    struct sdse_arena *arena = rows->cli->arena;
    const struct sdse_leaves *a = &leaves[SDSE_A], *b = &leaves[SDSE_B];
    struct sorted *of_b = SDSE_ARENA_ARRAY(arena, struct sorted, b->count + 1);
    if (!of_b) {
        rows->failed = true;
        return;
    }
    for (size_t i = 0; i < b->count; i++)
        of_b[i].leaf = &b->leaf[i];
    if (b->count > 1)
        qsort(of_b, b->count, sizeof *of_b, by_path);
    const char *differs = NULL;
    for (size_t i = 0; i < a->count; i++) {
        const struct sdse_leaf *leaf = &a->leaf[i];
        struct sorted *other = meet(of_b, b->count, leaf->path);
        if (other)
            other->met = true;
        const char *its = other ? other->leaf->value : NULL;
        if (belongs_to(leaf->path, differs))
            continue;
        differs = its && strcmp(its, leaf->value) == 0 ? NULL : leaf->path;
        if (differs)
            add(rows, leaf_name(arena, what, leaf->path), leaf->value, its);
    }
    // What B alone has, in the order of its text.
    differs = NULL;
    for (size_t i = 0; i < b->count; i++) {
        const struct sdse_leaf *leaf = &b->leaf[i];
        const struct sorted key = {leaf, false};
        const struct sorted *at = bsearch(&key, of_b, b->count, sizeof *of_b, by_path);
        if (at->met || belongs_to(leaf->path, differs))
            continue;
        differs = leaf->path;
        add(rows, leaf_name(arena, what, leaf->path), NULL, leaf->value);
    }
}

// A text that is no YAML is one leaf.
static bool read_leaves(struct cli *cli, const char *text, struct sdse_leaves *leaves) {
    struct sdse_node *root = NULL;
    struct sdse_diags unsaid;
    sdse_diags_init(&unsaid, cli->arena);
    *leaves = (struct sdse_leaves){0};
    const enum sdse_status status =
        sdse_tree_parse_memory(cli->arena, "input", text, strlen(text), &unsaid, &root);
    if (status == SDSE_OK)
        return sdse_leaves_add(leaves, cli->arena, "", root);
    return status != SDSE_NO_MEMORY &&
           sdse_leaves_put(leaves, cli->arena, "text", text);
}

static void add_text(struct rows *rows, const struct cli_compared_text *of) {
    struct sdse_leaves leaves[SDSE_SIDES];
    add_name(rows, of->what, of->name[SDSE_A], of->name[SDSE_B]);
    const char *a = of->text[SDSE_A], *b = of->text[SDSE_B];
    if (rows->failed || !a || !b || strcmp(a, b) == 0)
        return;
    if (read_leaves(rows->cli, a, &leaves[SDSE_A]) &&
        read_leaves(rows->cli, b, &leaves[SDSE_B]))
        add_leaves(rows, of->what, leaves);
    else
        rows->failed = true;
}

// ---- all of it ----

static enum sdse_status begin(struct rows *rows, const char *title,
                              struct sdse_reader *const reader[SDSE_SIDES]) {
    *rows->out =
        (struct sdse_differences){.section = "parameters", .title = title, .unit = ""};
    struct sdse_file_versions made[SDSE_SIDES];
    for (int side = 0; side < SDSE_SIDES; side++) {
        const enum sdse_status status = sdse_file_versions_load(
            reader[side], rows->cli->arena, &rows->cli->diags, &made[side]);
        if (status != SDSE_OK)
            return status;
    }
    add_name(rows, "version of sdse", made[SDSE_A].tool, made[SDSE_B].tool);
    add_name(rows, "version of the cost model", made[SDSE_A].model, made[SDSE_B].model);
    return rows->failed ? SDSE_NO_MEMORY : SDSE_OK;
}

enum sdse_status
cli_compare_parameters(struct cli *cli, struct sdse_reader *const reader[SDSE_SIDES],
                       const struct sdse_stored_point point[SDSE_SIDES],
                       struct sdse_differences *out) {
    const char *const *objectives = sdse_objective_words();
    static const char *const from[] = {
#define FROM_WORD(name, text) text,
        SDSE_WEIGHTS_FROM_MAP(FROM_WORD)
#undef FROM_WORD
    };
    const struct sdse_stored_point *a = &point[SDSE_A], *b = &point[SDSE_B];
    struct rows rows = {.cli = cli, .out = out};
    const enum sdse_status status = begin(&rows, "parameters", reader);
    if (status != SDSE_OK)
        return status;
    add_name(&rows, "objective", objectives[a->objective], objectives[b->objective]);
    add_name(&rows, "weights", from[a->weights], from[b->weights]);
    struct sdse_leaves overrides[SDSE_SIDES] = {{0}};
    for (int side = 0; side < SDSE_SIDES; side++)
        for (size_t i = 0; i < point[side].parameter_count; i++)
            rows.failed |= !sdse_leaves_put(&overrides[side], cli->arena,
                                            point[side].parameters[i].path,
                                            point[side].parameters[i].value);
    add_leaves(&rows, "override", overrides);
    add_text(&rows, &(struct cli_compared_text){"accelerator",
                                                {a->arch_name, b->arch_name},
                                                {a->arch_text, b->arch_text}});
    add_text(&rows, &(struct cli_compared_text){"network",
                                                {a->workload_name, b->workload_name},
                                                {a->workload_text, b->workload_text}});
    add_text(&rows, &(struct cli_compared_text){"form",
                                                {a->form_name, b->form_name},
                                                {a->form_text, b->form_text}});
    return rows.failed ? SDSE_NO_MEMORY : SDSE_OK;
}

enum sdse_status cli_compare_settings(struct cli *cli,
                                      struct sdse_reader *const reader[SDSE_SIDES],
                                      const struct cli_compared_text *sweeps,
                                      struct sdse_differences *out) {
    struct rows rows = {.cli = cli, .out = out};
    const enum sdse_status status =
        begin(&rows, sweeps ? "versions and sweeps" : "versions", reader);
    if (status != SDSE_OK)
        return status;
    if (sweeps)
        add_text(&rows, sweeps);
    return rows.failed ? SDSE_NO_MEMORY : SDSE_OK;
}
