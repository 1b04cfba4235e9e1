#include "dse/schedule/held_text.h"

#include <inttypes.h>

#include "dse/schedule/reading.h"

static const char *term_text(struct sdse_arena *arena, const struct sdse_workload *net,
                             const struct sdse_held_term *term) {
    const char *name = net->layers[term->layer].name,
               *what = term->cells ? "cell" : "row", *s = term->rows == 1 ? "" : "s";
    switch (term->what) {
    case SDSE_HELD_TENSORS:
        return "tensors of other layers";
    case SDSE_HELD_ROWS:
        return sdse_arena_printf(arena, "%" PRIu64 " %s%s of what %s makes", term->rows,
                                 what, s, name);
    case SDSE_HELD_INPUTS:
        return sdse_arena_printf(arena, "%" PRIu64 " %s%s of the inputs of %s",
                                 term->rows, what, s, name);
    case SDSE_HELD_WEIGHTS:
        return sdse_arena_printf(arena, "the weights of %s", name);
    case SDSE_HELD_SUMS:
        return sdse_arena_printf(arena, "what %" PRIu64 " row%s of %s wait%s with",
                                 term->rows, s, name, term->rows == 1 ? "s" : "");
    case SDSE_HELD_AHEAD:
        return "what comes ahead of the nests, and goes behind them";
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
                           const struct sdse_held_term *term, size_t count,
                           unsigned memory) {
    const char *text = NULL;
    for (size_t i = 0; i < count; i++) {
        if (term[i].memory != memory)
            continue;
        const char *next = sdse_held_term_text(arena, net, &term[i]);
        if (next && text)
            next = sdse_arena_printf(arena, "%s + %s", text, next);
        if (!next)
            return NULL;
        text = next;
    }
    return text ? text : "nothing";
}

// What of a map, "row" or "column", a run is.
static const char *run_text(struct sdse_arena *arena, const char *what,
                            const struct sdse_row_run *run) {
    const uint64_t last = run->first + (run->count - 1) * run->step;
    if (run->count == 1)
        return sdse_arena_printf(arena, "%s %" PRIu64, what, run->first);
    if (run->step == 1)
        return sdse_arena_printf(arena, "%ss %" PRIu64 " ... %" PRIu64, what,
                                 run->first, last);
    return sdse_arena_printf(arena, "%ss %" PRIu64 ", %" PRIu64 ", ... %" PRIu64, what,
                             run->first, run->first + run->step, last);
}

const char *sdse_cells_text(struct sdse_arena *arena, const struct sdse_row_run *rows,
                            const struct sdse_row_run *columns) {
    const char *text = run_text(arena, "row", rows);
    if (!text || !columns->count)
        return text;
    const char *at = run_text(arena, "column", columns);
    return at ? sdse_arena_printf(arena, "%s at %s", text, at) : NULL;
}

const char *sdse_share_text(struct sdse_arena *arena,
                            const struct sdse_fusion_config *config,
                            const struct sdse_row_run *rows,
                            const struct sdse_row_run *columns, uint64_t heads,
                            uint64_t channels, unsigned part) {
    const char *text = sdse_cells_text(arena, rows, columns);
    if (text && config->tile_heads && heads)
        text = sdse_arena_printf(arena, "%s, %" PRIu64 " head%s", text, heads,
                                 heads == 1 ? "" : "s");
    if (text && channels)
        text = sdse_arena_printf(arena, "%s, %" PRIu64 " %s%s", text, channels,
                                 config->tile_keys ? "key" : "channel",
                                 channels == 1 ? "" : "s");
    if (text && part < SDSE_FUSED_PARTS)
        text =
            sdse_arena_printf(arena, "%s, part %s", text, sdse_fused_part_words[part]);
    return text;
}

const char *sdse_kind_text(struct sdse_arena *arena,
                           const struct sdse_fusion_config *config,
                           const struct sdse_fused_kind *kind) {
    return sdse_share_text(arena, config, &kind->rows, &kind->columns, kind->heads,
                           kind->channels,
                           kind->channels ? sdse_fused_part(kind) : SDSE_FUSED_PARTS);
}
