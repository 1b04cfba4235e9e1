// Published figures and ours: a text of anchors prepared and run, and what came out.
#ifndef SDSE_TESTS_VALIDATION_WORLD_H
#define SDSE_TESTS_VALIDATION_WORLD_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dse/validation/validate.h"

struct world {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct sdse_validation *validation;
    struct sdse_ready_validation ready;
    struct sdse_anchor_result *result;
};

// The text is `before` and `anchors`, as if it stood in the file of this name.
static inline enum sdse_status world_prepare(struct world *w, const char *file,
                                             const char *before, const char *anchors) {
    w->arena = sdse_arena_new();
    sdse_diags_init(&w->diags, w->arena);
    const char *text = sdse_arena_printf(w->arena, "%s%s", before, anchors);
    struct sdse_node *root = NULL;
    assert_int_equal(
        sdse_tree_parse_memory(w->arena, file, text, strlen(text), &w->diags, &root),
        SDSE_OK);
    enum sdse_status status =
        sdse_validation_from_tree(w->arena, root, &w->diags, &w->validation);
    if (status == SDSE_OK)
        status = sdse_validation_prepare(w->validation, w->arena, &w->diags, &w->ready);
    return status;
}

static inline struct world world_run(const char *file, const char *before,
                                     const char *anchors) {
    struct world w;
    const enum sdse_status status = world_prepare(&w, file, before, anchors);
    sdse_diags_print(&w.diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    assert_int_equal(sdse_validation_run(&w.ready, 2, NULL, w.arena, &w.result),
                     SDSE_OK);
    return w;
}

// The evaluated layer of a case.
static inline const struct sdse_ready_item *item(const struct world *w, const char *of,
                                                 const char *layer) {
    for (size_t i = 0; i < w->ready.item_count; i++) {
        const struct sdse_ready_item *one = &w->ready.items[i];
        if (strcmp(one->of->name, of) == 0 && strcmp(one->layer->name, layer) == 0)
            return one;
    }
    fail_msg("%s %s was not evaluated", of, layer);
    return NULL;
}

static inline const struct sdse_anchor_result *result_of(const struct world *w,
                                                         const char *id) {
    for (size_t i = 0; i < w->validation->anchor_count; i++)
        if (strcmp(w->validation->anchors[i].id, id) == 0)
            return &w->result[i];
    fail_msg("no anchor %s", id);
    return NULL;
}

static inline void expect(const struct world *w, const char *id, double value) {
    const double ours = result_of(w, id)->ours;
    if (!(fabs(ours - value) <= 1e-12 * fabs(value)))
        fail_msg("%s: %.17g, not %.17g", id, ours, value);
}

#endif
