// Points and accelerators of a plan, made from their numbers.
#include <inttypes.h>
#include <string.h>

#include "costmodel/resolve.h"
#include "costmodel/stream.h"
#include "dse/fusion/staged.h"
#include "dse/sweep/forms.h"
#include "dse/sweep/making.h"
#include "dse/sweep/variants.h"
#include "spec/expression.h"
#include "spec/load.h"
#include "spec/path.h"
#include "spec/place.h"
#include "spec/sweep_overrides.h"
#include "spec/sweep_stays.h"

// --- Places ---

static size_t arch_of(const struct sdse_plan *plan, uint64_t variant) {
    size_t arch = 0;
    while (arch + 1 < plan->arch_count &&
           plan->archs[arch + 1].first_variant <= variant)
        arch++;
    return arch;
}

struct sdse_point_place sdse_plan_place(const struct sdse_plan *plan, uint64_t design) {
    struct sdse_point_place place = {.form = (size_t)(design % plan->form_count)};
    design /= plan->form_count;
    const uint64_t variant = design % plan->variant_count;
    place.network = (size_t)(design / plan->variant_count);
    place.arch = arch_of(plan, variant);
    place.combination = variant - plan->archs[place.arch].first_variant;
    return place;
}

static uint64_t variant_at(const struct sdse_plan *plan,
                           struct sdse_point_place place) {
    return plan->archs[place.arch].first_variant + place.combination;
}

uint64_t sdse_plan_position(const struct sdse_plan *plan, size_t network,
                            uint64_t variant, size_t form) {
    return (network * plan->variant_count + variant) * plan->form_count + form;
}

// --- Axes ---

size_t sdse_plan_axis_count(const struct sdse_plan *plan, size_t arch) {
    return sdse_sweep_axis_count(plan->sweep, arch) + 2;
}

uint64_t sdse_plan_axis_length(const struct sdse_plan *plan, size_t arch, size_t axis) {
    if (axis == 0)
        return plan->network_count;
    if (axis + 1 == sdse_plan_axis_count(plan, arch))
        return plan->form_count;
    uint64_t stride;
    return sdse_sweep_axis(plan->sweep, arch, axis - 1, &stride);
}

uint64_t sdse_plan_axis_index(const struct sdse_plan *plan, uint64_t design,
                              size_t axis) {
    const struct sdse_point_place place = sdse_plan_place(plan, design);
    if (axis == 0)
        return place.network;
    if (axis + 1 == sdse_plan_axis_count(plan, place.arch))
        return place.form;
    uint64_t stride;
    const uint64_t length = sdse_sweep_axis(plan->sweep, place.arch, axis - 1, &stride);
    return place.combination / stride % length;
}

uint64_t sdse_plan_moved(const struct sdse_plan *plan, uint64_t design, size_t axis,
                         uint64_t index) {
    struct sdse_point_place place = sdse_plan_place(plan, design);
    if (axis == 0) {
        place.network = (size_t)index;
    } else if (axis + 1 == sdse_plan_axis_count(plan, place.arch)) {
        place.form = (size_t)index;
    } else {
        uint64_t stride;
        const uint64_t length =
            sdse_sweep_axis(plan->sweep, place.arch, axis - 1, &stride);
        const uint64_t now = place.combination / stride % length;
        place.combination += index * stride;
        place.combination -= now * stride;
    }
    return sdse_plan_position(plan, place.network, variant_at(plan, place), place.form);
}

// --- Accelerators ---

// The overrides of a combination, as sets and parameters; expressions as what they come
// to.
static enum sdse_status
combine_overrides(const struct sdse_plan *plan, size_t arch, uint64_t combination,
                  struct sdse_arena *arena, struct sdse_set *sets,
                  struct sdse_variant *variant, struct sdse_diags *said) {
    const struct sdse_sweep *sweep = plan->sweep;
    const size_t most = sweep->override_count;
    const struct sdse_override **overrides =
        SDSE_ARENA_ARRAY(arena, const struct sdse_override *, most + 1);
    size_t *values = SDSE_ARENA_ARRAY(arena, size_t, most + 1);
    variant->parameters =
        SDSE_ARENA_ARRAY(arena, struct sdse_parameter, most + SDSE_SPACE_PARAMETERS);
    if (!overrides || !values || !variant->parameters)
        return SDSE_NO_MEMORY;
    const size_t all =
        sdse_sweep_combination(sweep, arch, combination, overrides, values);
    size_t count = 0;
    bool worked_out = false;
    for (size_t i = 0; i < all; i++) {
        if (overrides[i]->stays) {
            const struct sdse_stay *choice = &overrides[i]->stays[values[i]];
            variant->resident = choice->resident;
            variant->fuse_depth = choice->fuse_depth;
            variant->all_tiles = choice->all_tiles;
            variant->columns = choice->columns;
            variant->overlap = choice->overlap;
            variant->copies = choice->copies;
            continue;
        }
        const char *value = overrides[i]->values[values[i]];
        sets[count] = (struct sdse_set){overrides[i]->path, value, overrides[i]->loc};
        worked_out |= sdse_is_expression(sets[count++].value);
    }
    enum sdse_status status = SDSE_OK;
    if (worked_out) { // in a tree of its own: the plan's is many threads'
        struct sdse_node *root = sdse_tree_copy(arena, plan->archs[arch].root);
        status = root ? sdse_expressions_resolve(arena, root, sets, count, said)
                      : SDSE_NO_MEMORY;
    }
    variant->parameter_count = count;
    for (size_t i = 0; i < count; i++)
        variant->parameters[i] = (struct sdse_parameter){sets[i].path, sets[i].value};
    return status;
}

enum sdse_status sdse_variant_make(const struct sdse_plan *plan, size_t arch,
                                   uint64_t combination, struct sdse_arena *arena,
                                   struct sdse_diags *said,
                                   struct sdse_variant *variant) {
    const struct sdse_sweep *sweep = plan->sweep;
    struct sdse_set *sets =
        SDSE_ARENA_ARRAY(arena, struct sdse_set, sweep->override_count + 1);
    if (!sets)
        return SDSE_NO_MEMORY;
    *variant =
        (struct sdse_variant){.number = plan->archs[arch].first_variant + combination};
    enum sdse_status status =
        combine_overrides(plan, arch, combination, arena, sets, variant, said);
    if (!status)
        status = sdse_arch_from_tree(arena, plan->archs[arch].root, sets,
                                     variant->parameter_count, said, &variant->arch);
    if (!status)
        status = sdse_arch_resolve_costs(variant->arch, arena, said);
    return status
               ? status
               : sdse_variant_finish(variant, &sweep->mapper, arena, sweep->loc, said);
}

const struct sdse_diag *sdse_first_error(const struct sdse_diags *said) {
    const struct sdse_diag *diag = said->first;
    while (diag && diag->severity != SDSE_ERROR)
        diag = diag->next;
    return diag;
}

enum sdse_status sdse_plan_variant(const struct sdse_plan *plan, uint64_t number,
                                   struct sdse_arena *arena,
                                   const struct sdse_variant **variant) {
    const size_t arch = arch_of(plan, number);
    struct sdse_variant *made = SDSE_ARENA_NEW(arena, struct sdse_variant);
    if (!made)
        return SDSE_NO_MEMORY;
    struct sdse_diags said;
    sdse_diags_init(&said, arena);
    enum sdse_status status = sdse_variant_make(
        plan, arch, number - plan->archs[arch].first_variant, arena, &said, made);
    if (status && (status != SDSE_INVALID || said.fault))
        return SDSE_NO_MEMORY;
    if (status) {
        const struct sdse_diag *error = sdse_first_error(&said);
        made->arch = SDSE_ARENA_NEW(arena, struct sdse_arch);
        const char *reason = error ? sdse_arena_printf(arena, SDSE_REFUSED "%s [%s]",
                                                       error->message, error->check)
                                   : NULL;
        if (!made->arch || !reason)
            return SDSE_NO_MEMORY;
        *made->arch = *plan->archs[arch].named;
        status = sdse_variant_refuse(made, &plan->sweep->mapper, arena, reason);
    }
    *variant = made;
    return status;
}

// --- Points ---

void sdse_form_admits(const struct sdse_plan *plan, size_t form,
                      const struct sdse_arch *arch, struct sdse_diags *said) {
    const struct sdse_sweep_form *from = plan->forms[form].form;
    if (from->setting.smartdeal && !arch->rebuild.present)
        sdse_diag_add(
            said, SDSE_ERROR, from->loc, "rebuild-engine",
            "weight form '%s' needs a rebuild engine, and accelerator '%s' declares "
            "none under `engines:`",
            from->name, arch->name);
    if (from->setting.first && !sdse_arch_makes_products(arch))
        sdse_diag_add(said, SDSE_ERROR, from->loc, "products-engine",
                      "weight form '%s' needs an engine of kind products_first, and "
                      "accelerator '%s' declares none under `engines:`",
                      from->name, arch->name);
    if (!sdse_form_expects_words(&from->setting, arch->bits[SDSE_WEIGHTS]))
        sdse_diag_add(said, SDSE_ERROR, from->loc, "unique-words",
                      "weight form '%s' expects lists of words of at most 8 bits, and "
                      "weights of accelerator '%s' have %" PRIu32
                      ": measure them (without range_sigmas)",
                      from->name, arch->name, arch->bits[SDSE_WEIGHTS]);
}

void sdse_network_admits(const struct sdse_plan *plan, size_t network,
                         const struct sdse_variant *variant, struct sdse_diags *said) {
    const struct sdse_workload *workload = plan->networks[network].workload;
    const struct sdse_override *stays = sdse_sweep_stays(plan->sweep);
    const struct sdse_loc loc = stays ? stays->loc : plan->sweep->loc;
    unsigned level[SDSE_MOST_SHARED];
    const char *unstaged = NULL;
    for (size_t i = 0; !said->first && i < workload->layer_count; i++)
        sdse_stream_admits(variant->arch, &workload->layers[i], said);
    if (said->first || !variant->resident)
        return;
    if (!sdse_shared_level(variant->arch))
        sdse_diag_add(said, SDSE_ERROR, loc, "resident-memory",
                      "no memory of '%s' may hold tensors between layers: say `shares: "
                      "[activations]` in one",
                      variant->arch->name);
    else if (variant->copies && sdse_shared_levels(variant->arch, level) > 1)
        sdse_diag_add(said, SDSE_ERROR, loc, "resident-memory",
                      "`copies: true`: several memories of '%s' share, but in sweeps "
                      "tensors are moved where one does: take `shares` from the others",
                      variant->arch->name);
    else if (variant->overlap && (unstaged = sdse_staged_why_none(variant->arch)))
        sdse_diag_add(said, SDSE_ERROR, loc, "resident-memory",
                      "`overlap: outer`: no nests of '%s' may overlap: %s",
                      variant->arch->name, unstaged);
    else if (workload->layer_count == 1)
        sdse_diag_add(said, SDSE_ERROR, loc, "resident-edges",
                      "network '%s' has one layer, which hands nothing over",
                      workload->name);
    else if (!workload->edge_count)
        sdse_diag_add(said, SDSE_ERROR, loc, "resident-edges",
                      "network '%s' does not say which layers read what others put "
                      "out: give it `edges`",
                      workload->name);
}

bool sdse_plan_refusal(struct sdse_arena *arena, const struct sdse_plan *plan,
                       const struct sdse_point *point, const char **reason) {
    *reason = point->variant->refused;
    if (*reason)
        return true;
    struct sdse_diags said;
    sdse_diags_init(&said, arena);
    sdse_form_admits(plan, point->form, point->variant->arch, &said);
    sdse_network_admits(plan, point->network, point->variant, &said);
    if (said.first)
        *reason = said.first->message;
    return !said.fault;
}

struct sdse_hash sdse_network_hash_sizes(const struct sdse_network_input *network) {
    struct sdse_hash sum = {0};
    for (size_t i = 0; i < network->parameter_count; i++) {
        const struct sdse_parameter *size = &network->parameters[i];
        const struct sdse_hash hash = sdse_hash_join(sdse_hash_of_text(size->path),
                                                     sdse_hash_of_text(size->value));
        sum.low += hash.low;
        sum.high += hash.high;
    }
    return sum;
}

struct sdse_hash sdse_plan_point_hash(const struct sdse_plan *plan,
                                      const struct sdse_point *point) {
    const struct sdse_network_input *network = &plan->networks[point->network];
    const struct sdse_form_input *form = &plan->forms[point->form];
    struct sdse_hash hash = sdse_hash_of_text("model " SDSE_MODEL_VERSION);
    hash = sdse_hash_join(hash, sdse_plan_network_hash(plan, point));
    if (network->parameter_count)
        hash = sdse_hash_join(hash, sdse_network_hash_sizes(network));
    hash = sdse_hash_join(hash, point->variant->search);
    if (point->variant->resident) // what its memories share
        hash = sdse_hash_join(hash, point->variant->hash);
    hash = sdse_hash_join(hash, point->variant->names);
    hash = sdse_hash_join(hash, form->hash);
    if (network->outputs)
        hash = sdse_hash_join(hash, sdse_network_outputs_hash(network->outputs));
    if (form->form->setting.measured)
        hash = sdse_hash_join(hash, network->all_weights);
    return sdse_hash_join(
        hash, sdse_hash_of_text(sdse_objective_words()[plan->sweep->objective]));
}

enum sdse_status sdse_plan_point(const struct sdse_plan *plan, uint64_t position,
                                 struct sdse_arena *arena,
                                 const struct sdse_variant **variant,
                                 struct sdse_point *point) {
    if (plan->listed) {
        *point = plan->listed[position];
        *variant = point->variant;
        return SDSE_OK;
    }
    const struct sdse_point_place place =
        sdse_plan_place(plan, sdse_plan_design(plan, position));
    const uint64_t number = variant_at(plan, place);
    if (!*variant || (*variant)->number != number) {
        const enum sdse_status status = sdse_plan_variant(plan, number, arena, variant);
        if (status)
            return status;
    }
    *point = (struct sdse_point){.position = position,
                                 .network = place.network,
                                 .form = place.form,
                                 .variant = *variant};
    point->hash = sdse_plan_point_hash(plan, point);
    return sdse_plan_refusal(arena, plan, point, &point->refused) ? SDSE_OK
                                                                  : SDSE_NO_MEMORY;
}
