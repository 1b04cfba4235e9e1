#include "dse/schedule/held_text.h"

#include <inttypes.h>

static const char *term_text(struct sdse_arena *arena, const struct sdse_workload *net,
                             const struct sdse_held_term *term) {
    const char *name = net->layers[term->layer].name;
    switch (term->what) {
    case SDSE_HELD_TENSORS:
        return "tensors of other layers";
    case SDSE_HELD_ROWS:
        return sdse_arena_printf(arena, "%" PRIu64 " row%s of what %s makes",
                                 term->rows, term->rows == 1 ? "" : "s", name);
    case SDSE_HELD_INPUTS:
        return sdse_arena_printf(arena, "%" PRIu64 " row%s of the inputs of %s",
                                 term->rows, term->rows == 1 ? "" : "s", name);
    case SDSE_HELD_WEIGHTS:
        return sdse_arena_printf(arena, "the weights of %s", name);
    case SDSE_HELD_SUMS:
        return sdse_arena_printf(arena, "what %" PRIu64 " row%s of %s wait with",
                                 term->rows, term->rows == 1 ? "" : "s", name);
    case SDSE_HELD_OUTPUTS:
        return sdse_arena_printf(arena, "the rest of the place of the outputs of %s",
                                 name);
    }
    return NULL;
}

const char *sdse_held_term_text(struct sdse_arena *arena,
                                const struct sdse_workload *net,
                                const struct sdse_held_term *term) {
    const char *text = term_text(arena, net, term);
    return text ? sdse_arena_printf(arena, "%.0f of %s", term->bits, text) : NULL;
}

const char *sdse_held_text(struct sdse_arena *arena, const struct sdse_workload *net,
                           const struct sdse_held_term *term, size_t count) {
    const char *text = "nothing";
    for (size_t i = 0; i < count && text; i++) {
        const char *next = sdse_held_term_text(arena, net, &term[i]);
        if (!next)
            return NULL;
        text = i ? sdse_arena_printf(arena, "%s + %s", text, next) : next;
    }
    return text;
}

const char *sdse_row_run_text(struct sdse_arena *arena,
                              const struct sdse_row_run *rows) {
    const uint64_t last = rows->first + (rows->count - 1) * rows->step;
    if (rows->count == 1)
        return sdse_arena_printf(arena, "row %" PRIu64, rows->first);
    if (rows->step == 1)
        return sdse_arena_printf(arena, "rows %" PRIu64 " ... %" PRIu64, rows->first,
                                 last);
    return sdse_arena_printf(arena, "rows %" PRIu64 ", %" PRIu64 ", ... %" PRIu64,
                             rows->first, rows->first + rows->step, last);
}
