// A template's text, and the tree of it.
#include "import/foreign/template.h"

#include <string.h>

#include "base/text.h"
#include "import/foreign/template_reading.h"

const char *sdse_foreign_template(struct sdse_foreign *foreign, const char *path,
                                  const char *text, const char *check,
                                  const struct sdse_template_world *world,
                                  struct sdse_template_lines *lines) {
    static const struct sdse_template_world nothing = {NULL, 0, NULL};
    struct sdse_text out;
    if (lines)
        *lines = (struct sdse_template_lines){0, NULL};
    if (!strstr(text, "{{") && !strstr(text, "{%") && !strstr(text, "{#"))
        return text;
    struct sdse_template *x = SDSE_ARENA_NEW(foreign->arena, struct sdse_template);
    if (!x || !sdse_text_begin(&out)) {
        foreign->out_of_memory = true;
        return NULL;
    }
    x->foreign = foreign;
    x->check = check;
    x->world = world ? world : &nothing;
    x->source = (struct sdse_template_source){path, text};
    for (size_t i = 0; i < x->world->given_count; i++) {
        const struct sdse_template_given *given = &x->world->given[i];
        sdse_template_set(x, given->name, strlen(given->name),
                          sdse_template_number(x, given->value));
    }
    struct sdse_template_made made = {.out = out.out, .keeps = true};
    sdse_template_run(x, &made);
    const char *whole = sdse_text_end(&out, foreign->arena);
    foreign->out_of_memory |= !whole;
    if (lines)
        *lines = made.lines;
    return x->failed ? NULL : whole;
}

// --- Places ---

static void place(struct sdse_loc *loc, const struct sdse_template_lines *lines) {
    if (!loc->line || !lines->count)
        return;
    const size_t line = loc->line > lines->count ? lines->count : loc->line;
    loc->file = lines->place[line - 1].file;
    loc->line = lines->place[line - 1].line;
}

static void place_all(struct sdse_node *node, const struct sdse_template_lines *lines) {
    place(&node->loc, lines);
    place(&node->key_loc, lines);
    for (struct sdse_node *child = node->first; child; child = child->next)
        place_all(child, lines);
}

struct sdse_node *sdse_foreign_parse(struct sdse_foreign *foreign, const char *path,
                                     const char *text, const char *check,
                                     const struct sdse_template_world *world) {
    struct sdse_template_lines lines;
    struct sdse_diags diags;
    struct sdse_node *root = NULL;
    const char *made = sdse_foreign_template(foreign, path, text, check, world, &lines);
    if (!made) {
        foreign->failed = true;
        return NULL;
    }
    sdse_diags_init(&diags, foreign->arena);
    const enum sdse_status status = sdse_tree_parse_decorated(
        foreign->arena, path, made, strlen(made), &diags, &root);
    for (struct sdse_diag *d = diags.first; d; d = d->next)
        place(&d->loc, &lines);
    sdse_diags_pass_on(foreign->diags, &diags);
    foreign->out_of_memory |= status == SDSE_NO_MEMORY;
    foreign->failed |= status != SDSE_OK;
    if (status != SDSE_OK)
        return NULL;
    if (lines.count)
        place_all(root, &lines);
    return root;
}
