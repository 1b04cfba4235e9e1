#include "dse/mapper/problem.h"

#include <math.h>
#include <string.h>

#include "costmodel/hops.h"
#include "dse/mapper/lanes.h"
#include "dse/mapper/lives.h"
#include "dse/mapper/padded.h"
#include "dse/mapper/sharing.h"

// --- Spreads ---

static bool hops_cost(const struct sdse_level *level) {
    for (int t = 0; t < SDSE_TENSORS; t++) {
        const struct sdse_network *network = &level->network[t];
        if (network->topology == SDSE_MESH &&
            (network->hop_pj_per_bit.value > 0 || network->router_pj_per_bit.value > 0))
            return true;
    }
    return false;
}

// Least hops over the layouts; unit tiles below, which leave the most windows alike.
static void measure_hops(const struct sdse_problem *problem, unsigned l,
                         struct sdse_spread *spread) {
    const struct sdse_spreads *spreads = &problem->spreads[l];
    for (int t = 0; t < SDSE_TENSORS; t++)
        spread->hops[t] = (double)INFINITY;
    const bool windows = (spread->factor[SDSE_P] > 1 && spread->factor[SDSE_R] > 1) ||
                         (spread->factor[SDSE_Q] > 1 && spread->factor[SDSE_S] > 1);
    for (size_t i = 0; i < spread->layout_count; i++) {
        struct sdse_mapping mapping = problem->start;
        memcpy(mapping.level[l].spatial, spreads->layout[spread->first_layout + i].axis,
               sizeof mapping.level[l].spatial);
        struct sdse_view view;
        sdse_view_init(&view, problem->arch, &problem->layer->nest, &mapping);
        for (int t = 0; t < SDSE_TENSORS; t++) {
            // Windows that coincide depend on the tiles below: no bound but zero.
            const bool unknown = t == SDSE_INPUTS && windows;
            const double hops =
                unknown ? 0 : sdse_mesh_hops(&view, (enum sdse_tensor)t, l, l + 1);
            const double share = sdse_padding_hops(
                &problem->padding, &problem->model->layer->nest, (enum sdse_tensor)t, l,
                spread->factor[problem->padding.dim]);
            spread->hops[t] = fmin(spread->hops[t], hops * share);
        }
    }
}

static enum sdse_status list_spreads_of(struct sdse_problem *problem, unsigned l,
                                        struct sdse_spreads_known *known) {
    struct sdse_spreads *spreads = &problem->spreads[l];
    const struct sdse_level *level = &problem->arch->level[l];
    const bool priced = hops_cost(level);
    struct sdse_hash key = {0};
    if (problem->padding.present) // what idles then is more than the level's
        known = NULL;
    if (known) {
        key = sdse_spreads_key(level, &problem->rules.level[l], &problem->layer->nest,
                               priced);
        if (sdse_spreads_known_find(known, key, spreads))
            return SDSE_OK;
    }
    const enum sdse_status status =
        sdse_spreads_init(spreads, problem->arch, &problem->rules, &problem->lattice, l,
                          priced, problem->arena);
    for (size_t i = 0; !status && priced && i < spreads->count; i++)
        measure_hops(problem, l, &spreads->spread[i]);
    if (!status && known)
        sdse_spreads_known_keep(known, key, spreads);
    return status;
}

static enum sdse_status list_spreads(struct sdse_problem *problem,
                                     struct sdse_spreads_known *known) {
    problem->most_used[problem->levels] = 1;
    for (unsigned l = problem->levels; l-- > 0;) {
        const struct sdse_spreads *spreads = &problem->spreads[l];
        const enum sdse_status status = list_spreads_of(problem, l, known);
        if (status != SDSE_OK)
            return status;
        double used = 1;
        for (int t = 0; t < SDSE_TENSORS; t++)
            problem->most_resting[l][t] = 1;
        for (size_t i = 0; i < spreads->count; i++) {
            const struct sdse_spread *spread = &spreads->spread[i];
            used = fmax(used, (double)spread->used);
            for (int t = 0; t < SDSE_TENSORS; t++)
                problem->most_resting[l][t] =
                    fmax(problem->most_resting[l][t],
                         sdse_spread_resting(spread, (enum sdse_tensor)t));
        }
        problem->most_used[l] = used * problem->most_used[l + 1];
    }
    return SDSE_OK;
}

// --- Capacities and keepers ---

// The levels below which a flow's words are kept next, and what they fill there.
static void note_keepers_of(struct sdse_problem *problem,
                            const struct sdse_flow_price *flow) {
    for (unsigned e = 0; e < flow->edge_count; e++) {
        for (unsigned l = 0; l < flow->edge[e].child; l++) {
            unsigned *next = &problem->next_keeper[l][flow->tensor];
            if (l >= flow->edge[e].parent && flow->edge[e].child < *next)
                *next = flow->edge[e].child;
        }
    }
    for (unsigned l = 0; l < problem->levels; l++) {
        for (int s = 0; s < SDSE_STAGES; s++)
            if (flow->tile_bits[l][0] >= 0)
                problem->tile_bits[l][flow->tensor][s] += flow->tile_bits[l][s];
    }
}

static void note_keepers(struct sdse_problem *problem) {
    const unsigned levels = problem->levels;
    for (unsigned l = 0; l < levels; l++)
        for (int t = 0; t < SDSE_TENSORS; t++)
            problem->next_keeper[l][t] = levels;
    for (unsigned f = 0; f < problem->prices.flow_count; f++)
        if (problem->prices.flow[f].part != SDSE_PART_BASIS)
            note_keepers_of(problem, &problem->prices.flow[f]);
    for (unsigned l = 0; l < levels; l++)
        for (int t = 0; t < SDSE_TENSORS; t++)
            if (problem->next_keeper[l][t] < levels)
                problem->moves_inside[l] |= SDSE_BIT(t);
    for (unsigned l = 0; l < levels; l++)
        problem->may_finish[l] = problem->next_keeper[l][SDSE_OUTPUTS] < levels ||
                                 sdse_sums_may_arrive(problem, l);
}

// What a basis fills where it is kept, and the level that reads rebuilt weights.
static void note_rebuilding(struct sdse_problem *problem) {
    const struct sdse_arch *arch = problem->arch;
    const struct sdse_model *model = problem->model;
    const double words = (double)model->form.basis_size * model->form.basis_size;
    for (unsigned f = 0; f < model->flow_count; f++) {
        for (unsigned l = 0; l <= arch->rebuild.below_level; l++) {
            const unsigned home = sdse_model_home(model, SDSE_WEIGHTS);
            if (model->flow[f].part == SDSE_PART_BASIS &&
                (home == 0 || l != home) && // what is there whole is reserved
                sdse_model_keeps(model, problem->start.keeps, &model->flow[f], l))
                problem->basis_bits[l] = words * model->bits[l][SDSE_PART_BASIS];
        }
    }
    for (unsigned l = arch->rebuild.below_level + 1; l <= problem->levels; l++) {
        problem->rebuilt_at = l;
        if (l == problem->levels || problem->tile_bits[l][SDSE_WEIGHTS][0] > 0)
            break;
    }
    for (unsigned i = 0; i < problem->lane_count; i++) {
        const struct sdse_lane *lane = &problem->lane[i];
        for (unsigned e = 0; e < lane->edge_count; e++) {
            if (lane->tensor == SDSE_WEIGHTS && lane->edge[e].mover == SDSE_WEIGHTS &&
                lane->edge[e].parent <= arch->rebuild.below_level &&
                lane->edge[e].child == problem->rebuilt_at) {
                problem->rebuilt_lane = i;
                problem->rebuilt_edge = e;
            }
        }
    }
}

// Whether a level between `outer` and `inner` keeps a basis. It visits there as the
// weights do, and its run is not that of the coefficients, which go further inside.
static bool basis_between(const struct sdse_problem *problem, unsigned outer,
                          unsigned inner) {
    for (unsigned l = outer + 1; l < inner; l++)
        if (problem->basis_bits[l] > 0)
            return true;
    return false;
}

// The most words of each tensor that fit below level l: in its next keeper, all places.
static void note_fits(struct sdse_problem *problem, unsigned l) {
    for (int t = 0; t < SDSE_TENSORS; t++) {
        const unsigned child = problem->next_keeper[l][t];
        problem->fits_words[l][t] = (double)INFINITY;
        if (child == problem->levels ||
            (t == SDSE_WEIGHTS && basis_between(problem, l, child)))
            continue;
        const double bits =
            fmin(problem->tile_bits[child][t][0], problem->tile_bits[child][t][1]);
        const double places = problem->most_used[l + 1] / problem->most_used[child];
        if (bits > 0)
            problem->fits_words[l][t] =
                problem->capacity_bits[child] / bits * places * (1 + 1e-9);
    }
}

static void note_ports(struct sdse_problem *problem, unsigned l) {
    const struct sdse_level *level = &problem->arch->level[l];
    for (unsigned port = 0; port < SDSE_PORTS; port++) {
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            if (sdse_level_bandwidth(level, (enum sdse_port)port, (enum sdse_tensor)t)
                    ->given)
                problem->port_kinds[l] |= SDSE_BIT(port);
            if (level->own_bits_per_cycle[port][t].given)
                problem->port_tensors[l] |= SDSE_BIT(t);
        }
        if (level->own_bits_per_cycle[port][SDSE_PORT_UP].given) {
            problem->port_kinds[l] |= SDSE_BIT(port);
            problem->port_tensors[l] |= SDSE_BIT(SDSE_PORT_UP);
        }
    }
    problem->has_bandwidth |= problem->port_kinds[l] != 0;
}

// The room that outputs have at home is that of the narrower words.
static void note_place(struct sdse_problem *problem) {
    const struct sdse_model *model = problem->model;
    const unsigned home = sdse_model_home(model, SDSE_OUTPUTS);
    if (home == 0)
        return;
    const double growth =
        model->partial_bits[home] - model->place_bits[home][SDSE_PART_OUTPUTS];
    problem->outputs_home = home;
    problem->place_growth_bits = (double)sdse_model_output_words(model) *
                                 fmax(0, growth) / problem->arch->level[home].buffering;
}

static void note_capacities(struct sdse_problem *problem) {
    for (unsigned l = 0; l < problem->levels; l++) {
        problem->capacity_bits[l] =
            sdse_model_room_bits(problem->model, problem->arch, l);
        note_ports(problem, l);
    }
    note_place(problem);
    if (problem->model->form.smartdeal)
        note_rebuilding(problem);
    for (unsigned l = 0; l < problem->levels; l++) {
        note_fits(problem, l);
        if (basis_between(problem, l, problem->levels)) // even without coefficients
            problem->moves_inside[l] |= SDSE_BIT(SDSE_WEIGHTS);
    }
}

static void note_later(struct sdse_problem *problem) {
    unsigned dims = 0;
    for (unsigned l = problem->levels; l-- > 0;) {
        problem->later[l] = dims;
        for (int d = 0; d < SDSE_DIMS; d++)
            if (problem->rules.level[l].temporal_max[d] > 1)
                dims |= SDSE_BIT(d);
        for (size_t i = 0; i < problem->spreads[l].count; i++)
            for (int d = 0; d < SDSE_DIMS; d++)
                if (problem->spreads[l].spread[i].factor[d] > 1)
                    dims |= SDSE_BIT(d);
        dims &= ~(l ? problem->rules.level[l - 1].all_of : 0u);
    }
}

static void note_input_macs(struct sdse_problem *problem) {
    const uint64_t *bound = problem->layer->nest.bound;
    problem->input_macs = (double)bound[SDSE_N] * (double)bound[SDSE_G] *
                          (double)bound[SDSE_K] * (double)bound[SDSE_C];
    for (int axis = 0; axis < 2; axis++) {
        const double pairs = (double)bound[axis ? SDSE_Q : SDSE_P] *
                             (double)bound[axis ? SDSE_S : SDSE_R];
        const struct sdse_windows *windows = &problem->windows[axis];
        problem->input_macs *= fmax(windows->touched, pairs - windows->edge_macs);
    }
}

// Blocks that are no whole number of channels never stay in the engine's register;
// multipliers take rebuilt words in every step, and one block at least of each filter.
static void note_block_visits(struct sdse_problem *problem) {
    const struct sdse_weight_form *form = &problem->model->form;
    const uint64_t *bound = problem->layer->nest.bound;
    const unsigned at = problem->arch->rebuild.below_level;
    if (problem->rebuilt_at != problem->levels || !(problem->basis_words > 0) ||
        form->rows_per_block * form->basis_size % (bound[SDSE_R] * bound[SDSE_S]) == 0)
        return;
    double places = 1; // that rest weights outside the engines
    for (unsigned l = 0; l < at; l++)
        places *= problem->most_resting[l][SDSE_WEIGHTS];
    const double blocks =
        problem->blocks_per_filter * (double)bound[SDSE_G] * (double)bound[SDSE_K];
    problem->least_block_visits =
        problem->macs / problem->most_used[at] / (blocks * places) * (1 - 1e-9);
}

// --- The whole ---

enum sdse_status
sdse_problem_init(struct sdse_problem *problem, const struct sdse_arch *arch,
                  const struct sdse_layer *layer, const struct sdse_weight_form *form,
                  const struct sdse_variant *variant, struct sdse_arena *arena) {
    return sdse_problem_init_known(problem, arch, layer, form, variant, NULL, arena);
}

enum sdse_status sdse_problem_init_known(struct sdse_problem *problem,
                                         const struct sdse_arch *arch,
                                         const struct sdse_layer *layer,
                                         const struct sdse_weight_form *form,
                                         const struct sdse_variant *variant,
                                         struct sdse_spreads_known *known,
                                         struct sdse_arena *arena) {
    const struct sdse_padding none = {.present = false};
    memset(problem, 0, sizeof *problem);
    problem->arch = arch;
    problem->levels = arch->level_count;
    problem->arena = arena;
    problem->orders = sdse_arena_alloc(arena, problem->levels, sizeof *problem->orders);
    problem->listed = sdse_arena_alloc(arena, problem->levels, sizeof *problem->listed);
    if (!problem->orders || !problem->listed)
        return SDSE_NO_MEMORY;
    struct sdse_model *model;
    enum sdse_status status = sdse_model_new(arch, layer, form, arena, &model);
    if (status != SDSE_OK)
        return status;
    problem->model = model;
    status = sdse_padded_init(problem, layer, variant ? &variant->padding : &none);
    if (status != SDSE_OK)
        return status;
    problem->macs = 1;
    for (int d = 0; d < SDSE_DIMS; d++)
        problem->macs *= (double)problem->layer->nest.bound[d];
    problem->timed_macs = problem->macs * problem->shares.steps;
    problem->blocks_per_filter = 1;
    sdse_mapping_init(arch, &problem->start);
    if (variant)
        memcpy(problem->start.keeps, variant->keeps.level, sizeof problem->start.keeps);
    sdse_residence_keeps(arch, layer->residence, problem->start.keeps);
    sdse_rules_init(&problem->rules, arch, layer);
    sdse_rules_close_empty(&problem->rules, arch, problem->start.keeps);
    sdse_padding_force(&problem->padding, &problem->rules);
    sdse_model_prices(model, problem->start.keeps, &problem->prices);
    problem->prices.mac_pj /= problem->bound_scale;
    sdse_lives_init(problem);
    status = sdse_lattice_init(&problem->lattice, &problem->layer->nest, arena);
    if (status == SDSE_OK)
        status = list_spreads(problem, known);
    if (status != SDSE_OK)
        return status;
    note_later(problem);
    status = sdse_windows_init(problem);
    if (status != SDSE_OK)
        return status;
    note_input_macs(problem);
    if (!sdse_lanes_add(problem))
        return SDSE_NO_MEMORY;
    sdse_padded_share(problem);
    sdse_lanes_bound(problem);
    note_keepers(problem);
    note_capacities(problem);
    note_block_visits(problem);
    return sdse_sharings_init(problem);
}

const struct sdse_orders *sdse_problem_orders(struct sdse_problem *problem,
                                              unsigned level, unsigned dims) {
    if (!problem->listed[level][dims]) {
        const struct sdse_order_question question = {
            .nest = &problem->layer->nest,
            .dims = dims,
            .tensors = problem->moves_inside[level],
            .rules = &problem->rules.level[level],
            .rebuilds = level < problem->rebuilt_at,
            .lives = level < problem->lives_until,
        };
        if (sdse_orders_list(&question, problem->arena,
                             &problem->orders[level][dims]) != SDSE_OK)
            return NULL;
        problem->listed[level][dims] = true;
    }
    return &problem->orders[level][dims];
}
