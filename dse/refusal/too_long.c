#include "dse/refusal/too_long.h"

// The change of one limit, or of all together.
static const char *change_of(const struct sdse_arch *arch, double strain,
                             const char *known, struct sdse_arena *arena) {
    const char *text = "";
    unsigned limits = 0;
    for (unsigned l = 0; l < arch->level_count; l++) {
        const struct sdse_number *most = &arch->level[l].max_lifetime_us;
        if (!most->given || arch->level[l].shares_memory)
            continue;
        text = sdse_arena_printf(arena, "%s%s%s: max_lifetime_us %.6g instead of %.6g",
                                 text, limits++ ? ", " : "", arch->level[l].group,
                                 most->value * strain, most->value);
        if (!text)
            return NULL;
    }
    return sdse_arena_printf(arena, "%s (%s)", text, known);
}

enum sdse_status sdse_refusal_too_long(const struct sdse_arch *arch, double strain,
                                       bool proved, struct sdse_arena *arena,
                                       struct sdse_refusal *refusal) {
    const char *known =
        proved ? "the least longest lifetime" : "the least that was found";
    const char *change = change_of(arch, strain, known, arena);
    const char **line = SDSE_ARENA_ARRAY(arena, const char *, 1);
    if (!change || !line)
        return SDSE_NO_MEMORY;
    struct sdse_refusal fresh = {.line_count = 1, .line = line};
    line[0] = change;
    fresh.cause = sdse_arena_printf(
        arena, "every mapping keeps a tile %.6g times as long as its memory allows",
        strain);
    if (fresh.cause)
        fresh.reason = sdse_arena_printf(arena, "%s; a mapping exists with %s", fresh.cause,
                                         change);
    if (!fresh.reason)
        return SDSE_NO_MEMORY;
    *refusal = fresh;
    return SDSE_OK;
}
