// Memories that serve sets of array dimensions, as a chain of levels.
#include <string.h>

#include "import/zigzag/hardware.h"

// Multipliers along the dimensions of a set.
static double places(const struct sdse_zz_hardware *hardware, unsigned set) {
    double product = 1;
    for (unsigned d = 0; d < hardware->dim_count; d++)
        if (set >> d & 1u)
            product *= (double)hardware->dim_size[d];
    return product;
}

// Whether a memory further out that holds one of its tensors is not in the chain yet.
static bool must_wait(const struct sdse_zz_hardware *hardware, unsigned m,
                      unsigned taken) {
    for (unsigned outer = m + 1; outer < hardware->memory_count; outer++)
        if (!(taken >> outer & 1u) &&
            (hardware->memory[outer].tensors & hardware->memory[m].tensors))
            return true;
    return false;
}

// The next one inwards: that which shares most; of several, the outermost in the file.
static unsigned next_inwards(const struct sdse_zz_hardware *hardware, unsigned taken) {
    int best = -1;
    for (int m = (int)hardware->memory_count - 1; m >= 0; m--) {
        if (taken >> m & 1u || must_wait(hardware, (unsigned)m, taken))
            continue;
        if (best < 0 || places(hardware, hardware->memory[m].served) >
                            places(hardware, hardware->memory[best].served))
            best = m;
    }
    return (unsigned)best;
}

static const char *names_of(struct sdse_foreign *foreign,
                            const struct sdse_zz_hardware *hardware, unsigned set) {
    const char *text = "";
    for (unsigned d = 0; d < hardware->dim_count && text; d++)
        if (set >> d & 1u)
            text = sdse_arena_printf(foreign->arena, "%s%s%.20s", text,
                                     *text ? " " : "", hardware->dim_name[d]);
    foreign->out_of_memory |= !text;
    return text ? text : "";
}

// One place along a dimension is shared and not shared.
static unsigned without_single(const struct sdse_zz_hardware *hardware, unsigned set) {
    for (unsigned d = 0; d < hardware->dim_count; d++)
        if (hardware->dim_size[d] == 1)
            set &= ~(1u << d);
    return set;
}

static void report_lost(struct sdse_foreign *foreign,
                        const struct sdse_zz_hardware *hardware,
                        const struct sdse_zz_memory *memory, unsigned served,
                        const struct sdse_zz_memory *outside, unsigned served_outside) {
    const unsigned all = (1u << hardware->dim_count) - 1;
    const unsigned lost = served & ~served_outside;
    sdse_foreign_refuse(
        foreign, memory->served_loc, true, "zigzag-shared",
        "'%.60s' is shared along %s, '%.60s' outside it is not: levels are nested, so "
        "each place along these has one of its own, %.0f in place of %.0f",
        memory->name, names_of(foreign, hardware, lost), outside->name,
        places(hardware, all & ~(served & served_outside)),
        places(hardware, all & ~served));
}

void sdse_zz_chain(struct sdse_foreign *foreign,
                   const struct sdse_zz_hardware *hardware,
                   unsigned order[SDSE_ZZ_MEMORIES],
                   unsigned served[SDSE_ZZ_MEMORIES]) {
    unsigned taken = 0;
    const unsigned all = (1u << hardware->dim_count) - 1;
    for (unsigned i = 0; i < hardware->memory_count; i++) {
        order[i] = next_inwards(hardware, taken);
        taken |= 1u << order[i];
        const struct sdse_zz_memory *memory = &hardware->memory[order[i]];
        const unsigned own = without_single(hardware, memory->served);
        if (i == 0) {
            served[0] = all;
            if (own != without_single(hardware, all))
                sdse_foreign_refuse(foreign, memory->served_loc, true, "zigzag-shared",
                                    "'%.60s' is outermost and not shared by the whole "
                                    "array: it is taken as one memory, not %.0f",
                                    memory->name, places(hardware, all & ~own));
            continue;
        }
        served[i] = own & served[i - 1];
        if (served[i] != own)
            report_lost(foreign, hardware, memory, own, &hardware->memory[order[i - 1]],
                        served[i - 1]);
    }
}
