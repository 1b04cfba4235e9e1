#include "dse/sweep/searching.h"

#include "spec/value.h"

// --- Vectors ---

static bool is_ordered(const struct sdse_override *override) {
    double last = 0, before = 0;
    bool rises = true, falls = true;
    for (size_t i = 0; i < override->value_count; i++) {
        if (!sdse_text_as_double(override->values[i], &last))
            return false;
        rises &= i == 0 || last > before;
        falls &= i == 0 || last < before;
        before = last;
    }
    return rises || falls;
}

enum { ARCH_AXIS, FORM_AXIS, FIRST_OVERRIDE };

enum sdse_status sdse_plan_space(const struct sdse_plan *plan, struct sdse_arena *arena,
                                 struct sdse_search_space *space) {
    const struct sdse_sweep *sweep = plan->sweep;
    struct sdse_search_axis *axes = SDSE_ARENA_ARRAY(
        arena, struct sdse_search_axis, sweep->override_count + FIRST_OVERRIDE);
    if (!axes)
        return SDSE_NO_MEMORY;
    axes[ARCH_AXIS] = (struct sdse_search_axis){plan->arch_count, false, 0};
    axes[FORM_AXIS] = (struct sdse_search_axis){plan->form_count, false, 0};
    size_t count = FIRST_OVERRIDE;
    for (size_t i = 0; i < sweep->override_count; i++) {
        const struct sdse_override *override = &sweep->overrides[i];
        if (!override->with_previous)
            axes[count++] = (struct sdse_search_axis){
                override->value_count, is_ordered(override), override->arch};
    }
    *space = (struct sdse_search_space){count, axes};
    return SDSE_OK;
}

uint64_t sdse_plan_design_of(const struct sdse_plan *plan, size_t network,
                             const uint64_t *value) {
    const struct sdse_sweep *sweep = plan->sweep;
    const size_t arch = (size_t)value[ARCH_AXIS];
    uint64_t design = sdse_plan_position(plan, network, plan->archs[arch].first_variant,
                                         (size_t)value[FORM_AXIS]);
    size_t axis = FIRST_OVERRIDE, own = 1; // of the space; of the accelerator
    for (size_t i = 0; i < sweep->override_count; i++) {
        const struct sdse_override *override = &sweep->overrides[i];
        if (override->with_previous)
            continue;
        if (!override->arch || override->arch == arch + 1)
            design = sdse_plan_moved(plan, design, own++, value[axis]);
        axis++;
    }
    return design;
}

// --- Searches ---

enum sdse_status sdse_plan_search(const struct sdse_plan *plan,
                                  const struct sdse_search_space *space,
                                  enum sdse_search_method method,
                                  struct sdse_search **search) {
    const struct sdse_sweep_search *from = &plan->sweep->search;
    return sdse_search_new(
        space,
        &(struct sdse_search_setting){.method = method,
                                      .seed = from->seed,
                                      .evaluations = from->evaluations,
                                      .population = from->population,
                                      .objectives = from->objective_count},
        search);
}

static enum sdse_status list_network(struct sdse_plan *plan,
                                     const struct sdse_search_space *space,
                                     size_t network, uint64_t *value) {
    const bool random = plan->sweep->search.method == SDSE_BY_RANDOM;
    struct sdse_search *search = NULL;
    enum sdse_status status = sdse_plan_search(
        plan, space, random ? SDSE_SEARCH_RANDOM : SDSE_SEARCH_SOBOL, &search);
    const uint64_t first = network * plan->visits_each;
    for (uint64_t i = 0; !status && i < plan->visits_each; i++) {
        status = sdse_search_ask(search, value);
        if (!status)
            plan->visits[first + i] = sdse_plan_design_of(plan, network, value);
    }
    sdse_search_free(search);
    return status;
}

enum sdse_status sdse_plan_list_visits(struct sdse_plan *plan,
                                       struct sdse_arena *arena) {
    const uint64_t designs = plan->variant_count * plan->form_count;
    const uint64_t budget = plan->sweep->search.evaluations;
    plan->visits_each = budget < designs ? budget : designs;
    plan->point_count = plan->network_count * plan->visits_each;
    plan->visits = SDSE_ARENA_ARRAY(arena, uint64_t, plan->point_count);
    struct sdse_search_space space;
    enum sdse_status status = sdse_plan_space(plan, arena, &space);
    uint64_t *value =
        status ? NULL : SDSE_ARENA_ARRAY(arena, uint64_t, space.axis_count);
    if (!plan->visits || !value)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; !status && i < plan->network_count; i++)
        status = list_network(plan, &space, i, value);
    return status;
}
