#include "dse/fusion/staged.h"

#include "spec/place.h"

// What the shared memory keeps in every mapping, and no memory further out does.
static unsigned kept_there(const struct sdse_arch *arch, unsigned level) {
    unsigned set = arch->level[level].keeps & ~arch->level[level].may_bypass &
                   (SDSE_BIT(SDSE_TENSORS) - 1u);
    for (unsigned l = 1; l < level; l++)
        set &= ~arch->level[l].keeps;
    return set;
}

// What waits lives longer than its nest, by a time that is not known.
static bool forgets(const struct sdse_arch *arch) {
    bool some = false;
    for (unsigned l = 1; l < arch->level_count; l++)
        some |= arch->level[l].memory_class == SDSE_EDRAM ||
                arch->level[l].max_lifetime_us.given;
    return some;
}

// Why none may of a group in one memory; NULL: some may.
static const char *why_none_in(const struct sdse_arch *arch, unsigned level) {
    if (forgets(arch))
        return "a memory forgets, or limits lives, and how long words wait is not "
               "counted";
    if (sdse_arch_memory_last(arch, level) != level)
        return "the shared memory tiles its tensors at different loops (uneven)";
    if (!kept_there(arch, level))
        return "there is no tensor that the shared memory keeps in every mapping and "
               "no memory further out does";
    return NULL;
}

const char *sdse_staged_why_none(const struct sdse_arch *arch) {
    unsigned level[SDSE_MOST_SHARED];
    const unsigned memories = sdse_shared_levels(arch, level);
    for (unsigned m = 0; m < memories; m++)
        if (!why_none_in(arch, level[m]))
            return NULL;
    return why_none_in(arch, level[0]);
}

unsigned sdse_staged_tensors(const struct sdse_fusion_request *request, size_t layer,
                             unsigned level) {
    const struct sdse_residency_layer *asked = &request->residency.layer[layer];
    const struct sdse_arch *arch = request->residency.arch;
    unsigned set = kept_there(arch, level);
    if (!request->overlap || request->residency.free_bypass ||
        why_none_in(arch, level) || sdse_layer_moves(asked->layer))
        return 0;
    if (asked->form && asked->form->smartdeal) // rebuilt from others
        set &= ~SDSE_BIT(SDSE_WEIGHTS);
    if (arch->level[level].fetch_gaps)
        set &= ~SDSE_BIT(SDSE_INPUTS);
    return set;
}
