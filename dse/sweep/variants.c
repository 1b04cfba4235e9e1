#include "dse/sweep/variants.h"

#include <inttypes.h>
#include <string.h>

#include "costmodel/evaluate.h"
#include "dse/sweep/alike.h"
#include "spec/split.h"
#include "spec/sweep_stays.h"
#include "spec/write.h"

// Where tensors may be between layers. False: memory is out.
static bool add_stay(struct sdse_variant *variant, struct sdse_arena *arena) {
    if (!variant->resident)
        return true;
    struct sdse_parameter *next = variant->parameters + variant->parameter_count;
    *next++ = (struct sdse_parameter){"mapper.resident", "true"};
    if (variant->fuse_depth > 1) {
        const char *depth = sdse_arena_printf(arena, "%" PRIu32, variant->fuse_depth);
        *next++ = (struct sdse_parameter){"mapper.fuse_depth", depth};
        if (!depth)
            return false;
        if (variant->all_tiles)
            *next++ = (struct sdse_parameter){"mapper.tiles",
                                              sdse_tiles_words()[variant->all_tiles]};
        if (variant->columns)
            *next++ = (struct sdse_parameter){"mapper.columns", "true"};
        if (variant->overlap)
            *next++ = (struct sdse_parameter){"mapper.overlap",
                                              sdse_overlap_words()[variant->overlap]};
    }
    if (variant->copies)
        *next++ = (struct sdse_parameter){"mapper.copies", "true"};
    variant->parameter_count = (size_t)(next - variant->parameters);
    return true;
}

// What the sweep's `mapper` adds to the space becomes parameters of the point, so that
// results tell it, and part of the hash of what is searched. Where tensors stay is
// chosen when layers are solved: it is a parameter, but of no layer's problem. `bare`:
// of the accelerator without what its memories share. False: memory is out.
static bool add_space(struct sdse_variant *variant,
                      const struct sdse_sweep_mapper *mapper, struct sdse_hash bare,
                      struct sdse_arena *arena) {
    struct sdse_parameter *added = variant->parameters + variant->parameter_count;
    size_t count = 0;
    if (mapper->uneven)
        added[count++] = (struct sdse_parameter){"mapper.uneven", "true"};
    if (mapper->free_bypass)
        added[count++] = (struct sdse_parameter){"mapper.free_bypass", "true"};
    if (mapper->imperfect_percent)
        added[count++] = (struct sdse_parameter){
            "mapper.imperfect_percent",
            sdse_arena_printf(arena, "%" PRIu32, mapper->imperfect_percent)};
    if (count && !added[count - 1].value)
        return false;
    variant->parameter_count += count;
    variant->search = bare;
    for (size_t i = 0; i < count; i++) {
        variant->search =
            sdse_hash_join(variant->search, sdse_hash_of_text(added[i].path));
        variant->search =
            sdse_hash_join(variant->search, sdse_hash_of_text(added[i].value));
    }
    if (!add_stay(variant, arena))
        return false;
    for (size_t i = 0; i < variant->parameter_count; i++) {
        const struct sdse_parameter *parameter = &variant->parameters[i];
        const struct sdse_hash hash = sdse_hash_join(
            sdse_hash_of_text(parameter->path), sdse_hash_of_text(parameter->value));
        variant->names.low += hash.low;
        variant->names.high += hash.high;
    }
    return true;
}

// The accelerator with positions in its uneven memories.
static enum sdse_status split_memories(struct sdse_variant *variant, bool uneven,
                                       struct sdse_arena *arena, struct sdse_loc loc,
                                       struct sdse_diags *diags) {
    struct sdse_arch *arch = variant->arch;
    const unsigned levels = uneven ? sdse_arch_may_split(arch) : sdse_arch_uneven(arch);
    if (!levels)
        return SDSE_OK;
    const enum sdse_status status =
        sdse_arch_split(arch, levels, arena, &variant->arch);
    if (status == SDSE_INVALID) {
        sdse_diag_add(diags, SDSE_ERROR, loc, "uneven-memory",
                      "`mapper: {uneven: true}`: the positions in the memories of '%s' "
                      "would make more than %d levels, or have the name of one",
                      arch->name, SDSE_MAX_LEVELS);
    }
    return status;
}

// With or without what the memories share, which only points use whose tensors may
// stay.
static const char *text_of(const struct sdse_arch *arch, bool shares,
                           struct sdse_arena *arena) {
    struct sdse_arch copy = *arch;
    if (shares)
        return sdse_arch_text(arena, arch);
    for (unsigned l = 0; l < copy.level_count; l++)
        copy.level[l].shares_activations = copy.level[l].shares_weights = false;
    return sdse_arch_text(arena, &copy);
}

enum sdse_status sdse_variant_finish(struct sdse_variant *variant,
                                     const struct sdse_sweep_mapper *mapper,
                                     struct sdse_arena *arena, struct sdse_loc loc,
                                     struct sdse_diags *diags) {
    sdse_arch_area(variant->arch, &variant->area);
    const char *bare = text_of(variant->arch, false, arena);
    variant->alike = bare ? sdse_alike_of(bare, arena) : NULL;
    variant->text = variant->resident ? text_of(variant->arch, true, arena) : bare;
    if (!variant->alike || !variant->text)
        return SDSE_NO_MEMORY;
    variant->hash = sdse_hash_of_text(variant->text);
    if (!add_space(variant, mapper, sdse_hash_of_text(bare), arena))
        return SDSE_NO_MEMORY;
    return split_memories(variant, mapper->uneven, arena, loc, diags);
}

enum sdse_status sdse_variant_refuse(struct sdse_variant *variant,
                                     const struct sdse_sweep_mapper *mapper,
                                     struct sdse_arena *arena, const char *reason) {
    variant->text = text_of(variant->arch, variant->resident, arena);
    if (!variant->text)
        return SDSE_NO_MEMORY;
    variant->hash = sdse_hash_of_text(variant->text);
    if (!add_space(variant, mapper, variant->hash, arena))
        return SDSE_NO_MEMORY;
    variant->search = sdse_hash_join(variant->search, sdse_hash_of_text(reason));
    variant->refused = reason;
    return SDSE_OK;
}
