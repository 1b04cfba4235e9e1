#include "dse/sweep/variants.h"

#include <inttypes.h>
#include <string.h>

#include "costmodel/evaluate.h"
#include "dse/sweep/alike.h"
#include "spec/split.h"
#include "spec/write.h"

// What the sweep's `mapper` adds to the space becomes parameters of the point, so that
// results tell it, and part of the hash of what is searched. False: memory is out.
static bool add_space(struct sdse_variant *variant,
                      const struct sdse_sweep_mapper *mapper,
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
    variant->search = variant->hash;
    for (size_t i = 0; i < count; i++) {
        variant->search =
            sdse_hash_join(variant->search, sdse_hash_of_text(added[i].path));
        variant->search =
            sdse_hash_join(variant->search, sdse_hash_of_text(added[i].value));
    }
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

// Without what the memories share, which no point uses.
static const char *text_of(const struct sdse_arch *arch, struct sdse_arena *arena) {
    struct sdse_arch copy = *arch;
    for (unsigned l = 0; l < copy.level_count; l++)
        copy.level[l].shares_activations = copy.level[l].shares_weights = false;
    return sdse_arch_text(arena, &copy);
}

enum sdse_status sdse_variant_finish(struct sdse_variant *variant,
                                     const struct sdse_sweep_mapper *mapper,
                                     struct sdse_arena *arena, struct sdse_loc loc,
                                     struct sdse_diags *diags) {
    sdse_arch_area(variant->arch, &variant->area);
    variant->text = text_of(variant->arch, arena);
    variant->alike = variant->text ? sdse_alike_of(variant->text, arena) : NULL;
    if (!variant->alike)
        return SDSE_NO_MEMORY;
    variant->hash = sdse_hash_of_text(variant->text);
    if (!add_space(variant, mapper, arena))
        return SDSE_NO_MEMORY;
    return split_memories(variant, mapper->uneven, arena, loc, diags);
}

enum sdse_status sdse_variant_refuse(struct sdse_variant *variant,
                                     const struct sdse_sweep_mapper *mapper,
                                     struct sdse_arena *arena, const char *reason) {
    variant->text = text_of(variant->arch, arena);
    if (!variant->text)
        return SDSE_NO_MEMORY;
    variant->hash = sdse_hash_of_text(variant->text);
    if (!add_space(variant, mapper, arena))
        return SDSE_NO_MEMORY;
    variant->search = sdse_hash_join(variant->search, sdse_hash_of_text(reason));
    variant->refused = reason;
    return SDSE_OK;
}
