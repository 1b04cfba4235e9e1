#include "dse/problem.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "costmodel/hops.h"
#include "dse/padded.h"
#include "dse/trail.h"

// --- Merging and wires ------------------------------------------------------------

static uint64_t gcd(uint64_t a, uint64_t b) {
    while (b) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

// Equal sums form chains (i + b/g, j - a/g): all but the first of each are repeats.
uint64_t sdse_distinct_sums(uint64_t n, uint64_t a, uint64_t m, uint64_t b) {
    const uint64_t g = gcd(a, b), step_n = b / g, step_m = a / g;
    if (n <= step_n || m <= step_m)
        return n * m;
    return n * m - (n - step_n) * (m - step_m);
}

double sdse_spread_resting(const struct sdse_spread *spread, enum sdse_tensor tensor) {
    double product = 1;
    for (int d = 0; d < SDSE_DIMS; d++)
        if (!sdse_dim_moves((enum sdse_dim)d, tensor))
            product *= (double)spread->factor[d];
    return product;
}

// Least fraction of distinct windows among the places of a spread.
static double window_share(const struct sdse_lane_edge *edge,
                           const struct sdse_spread *spread, bool union_counts) {
    double share = 1;
    for (int axis = 0; axis < 2; axis++) {
        const double outputs = (double)spread->factor[axis ? SDSE_Q : SDSE_P];
        const double taps = (double)spread->factor[axis ? SDSE_S : SDSE_R];
        if (union_counts)
            share /= outputs * taps;
        else if (edge->crosses[axis])
            share /= taps;
        else if (outputs > 1 && taps > 1)
            share *= (outputs + taps - 1) / (outputs * taps);
    }
    return share;
}

void sdse_spread_merge(const struct sdse_problem *problem, const struct sdse_lane *lane,
                       const struct sdse_lane_edge *edge, unsigned l,
                       const struct sdse_spread *spread, double *kept_apart,
                       double *per_place) {
    const struct sdse_network *network = &problem->arch->level[l].network[lane->tensor];
    const bool shared =
        lane->tensor == SDSE_OUTPUTS ? network->reduce : network->multicast;
    const double resting = sdse_spread_resting(spread, lane->tensor);
    *kept_apart = shared || l >= edge->merges_to ? 1 : resting;
    *per_place = shared ? 1 / resting : 1;
    if (lane->tensor != SDSE_INPUTS || !shared)
        return;
    const double share = window_share(
        edge, spread, edge->shares_window && edge->child < problem->levels);
    *kept_apart *= share;
    *per_place *= share;
}

double sdse_spread_wire_pj(const struct sdse_lane *lane,
                           const struct sdse_lane_edge *edge, unsigned l,
                           const struct sdse_spread *spread, int stage) {
    const double hops = edge->blind[l] ? 0 : spread->hops[lane->tensor];
    return edge->wire_pj[l][stage] + edge->hop_pj[l][stage] * hops +
           edge->router_pj[l][stage] * (1 + floor(hops));
}

// --- Lanes ------------------------------------------------------------------------

static void either(double stages[SDSE_STAGE_CASES], bool may_finish) {
    stages[SDSE_EITHER] = may_finish ? fmin(stages[SDSE_FINISHED], stages[SDSE_PARTIAL])
                                     : stages[SDSE_PARTIAL];
}

// Whether a tile of level `child` can cover every dimension that outputs are summed
// over.
static bool may_finish(const struct sdse_problem *problem, unsigned child) {
    for (int d = 0; d < SDSE_DIMS; d++) {
        const uint64_t bound = problem->layer->nest.bound[d];
        if (bound == 1 || sdse_dim_moves((enum sdse_dim)d, SDSE_OUTPUTS))
            continue;
        if (!(problem->later[child - 1] >> d & 1u))
            return false;
        double most = 1;
        for (unsigned l = child; l < problem->levels; l++) {
            uint64_t places = 1;
            for (size_t i = 0; i < problem->spreads[l].count; i++)
                if (problem->spreads[l].spread[i].factor[d] > places)
                    places = problem->spreads[l].spread[i].factor[d];
            most *= (double)places * (double)problem->rules.level[l].temporal_max[d];
        }
        if (most < (double)bound)
            return false;
    }
    return true;
}

static void copy_wires(struct sdse_lane_edge *edge, const struct sdse_edge_price *price,
                       bool returning, bool finishes) {
    for (unsigned l = price->parent; l < price->child; l++) {
        if (returning && !price->returns[l])
            continue;
        for (int s = 0; s < SDSE_STAGES; s++) {
            edge->wire_pj[l][s] = price->wire_pj[l][s];
            edge->hop_pj[l][s] = price->hop_pj[l][s];
            edge->router_pj[l][s] = price->router_pj[l][s];
        }
        if (!returning)
            edge->add_pj[l] = price->add_pj[l];
        either(edge->wire_pj[l], finishes);
        either(edge->hop_pj[l], finishes);
        either(edge->router_pj[l], finishes);
    }
}

enum way { DOWN, UP, RETURNING };

// Blocks of a filter, each with a basis of its own; padding left out. At least.
static double least_blocks(const struct sdse_weight_form *form,
                           const struct sdse_nest *nest) {
    const uint64_t *bound = nest->bound;
    const uint64_t block = form->rows_per_block * form->basis_size;
    const uint64_t filter = bound[SDSE_C] * bound[SDSE_R] * bound[SDSE_S];
    const uint64_t blocks = (filter + block - 1) / block;
    return (double)blocks;
}

static void add_lane(struct sdse_problem *problem, const struct sdse_flow_price *flow,
                     enum way way) {
    struct sdse_lane *lane = &problem->lane[problem->lane_count++];
    const struct sdse_nest *nest = &problem->layer->nest;
    const unsigned engine = problem->arch->rebuild.below_level;
    lane->tensor = flow->tensor;
    lane->up = way == UP;
    lane->returns = way == RETURNING;
    lane->stage_count = flow->tensor == SDSE_OUTPUTS ? SDSE_STAGE_CASES : 1;
    lane->edge_count = flow->edge_count;
    lane->base_words = (double)sdse_tile_words(nest, flow->tensor, nest->bound);
    if (flow->tensor == SDSE_INPUTS)
        lane->base_words = (double)nest->bound[SDSE_N] * (double)nest->bound[SDSE_G] *
                           (double)nest->bound[SDSE_C];
    for (unsigned e = 0; e < flow->edge_count; e++) {
        const struct sdse_edge_price *price = &flow->edge[e];
        struct sdse_lane_edge *edge = &lane->edge[e];
        edge->parent = price->parent;
        edge->child = price->child;
        edge->mover = (int)flow->tensor;
        edge->merges_to = edge->child;
        for (int s = 0; s < SDSE_STAGES; s++) {
            edge->head_pj[s] = way == UP ? price->update_pj[s] : price->read_pj[s];
            edge->tail_pj[s] = way == UP ? price->drain_pj[s] : price->fill_pj[s];
            edge->head_bits[s] = price->parent_bits[s];
            const bool tail_moves = way != UP || problem->arch->count_drain_reads;
            edge->tail_bits[s] = tail_moves ? price->child_bits[s] : 0;
        }
        const bool finishes =
            flow->tensor != SDSE_OUTPUTS || may_finish(problem, edge->child);
        copy_wires(edge, price, way == RETURNING, finishes);
        for (unsigned l = price->parent; way == RETURNING && l < price->child; l++) {
            const struct sdse_level *level = &problem->arch->level[l];
            const bool fans_out = level->fanout_x > 1 || level->fanout_y > 1;
            edge->returns_apart |= problem->arch->count_return_transfers && fans_out &&
                                   !level->network[SDSE_OUTPUTS].reduce;
        }
        if (price->engine_pj > 0)
            for (int s = 0; s < SDSE_STAGE_CASES; s++)
                edge->wire_pj[engine][s] += price->engine_pj;
        either(edge->head_pj, finishes);
        either(edge->tail_pj, finishes);
        either(edge->head_bits, finishes);
        either(edge->tail_bits, finishes);
        for (unsigned l = edge->parent; l < edge->child; l++)
            edge->shares_window |=
                flow->tensor == SDSE_INPUTS &&
                problem->arch->level[l].network[SDSE_INPUTS].window_sharing;
        lane->feeds_macs |= edge->child == problem->levels;
    }
}

// The basis of SmartDeal weights: between memories its words follow the weights', into
// the engine they are loaded once per visit of a block. At least every block's words
// once per visit; a load is charged to the memory and to the engine's register.
static void add_basis_lane(struct sdse_problem *problem,
                           const struct sdse_flow_price *flow) {
    struct sdse_lane *lane = &problem->lane[problem->lane_count];
    const struct sdse_weight_form *form = &problem->model->form;
    add_lane(problem, flow, DOWN);
    lane->feeds_macs = false;
    const uint64_t *bound = problem->layer->nest.bound;
    problem->blocks_per_filter = least_blocks(form, &problem->layer->nest);
    lane->base_words = (double)form->basis_size * form->basis_size *
                       problem->blocks_per_filter *
                       (double)(bound[SDSE_G] * bound[SDSE_K]);
    problem->basis_words = lane->base_words;
    struct sdse_lane_edge *last = &lane->edge[lane->edge_count - 1];
    last->mover = SDSE_BLOCKS;
    last->merges_to = problem->arch->rebuild.below_level;
    for (int s = 0; s < SDSE_STAGE_CASES; s++)
        last->head_pj[s] += problem->arch->rebuild.pj_per_basis_write.value;
}

static void add_lanes(struct sdse_problem *problem) {
    for (unsigned f = 0; f < problem->prices.flow_count; f++) {
        const struct sdse_flow_price *flow = &problem->prices.flow[f];
        if (flow->part == SDSE_PART_BASIS) {
            add_basis_lane(problem, flow);
            continue;
        }
        if (flow->tensor != SDSE_OUTPUTS) {
            add_lane(problem, flow, DOWN);
            continue;
        }
        add_lane(problem, flow, UP);
        add_lane(problem, flow, RETURNING);
    }
}

// Where windows may coincide across levels, or hops depend on other levels.
static void mark_crossings(struct sdse_problem *problem, struct sdse_lane_edge *edge) {
    for (int axis = 0; axis < 2; axis++) {
        const unsigned taps = SDSE_BIT(axis ? SDSE_S : SDSE_R);
        const unsigned window = taps | SDSE_BIT(axis ? SDSE_Q : SDSE_P);
        unsigned all = 0, levels = 0;
        for (unsigned l = edge->parent; l < edge->child; l++) {
            unsigned dims = 0;
            for (size_t i = 0; i < problem->spreads[l].count; i++)
                for (int d = 0; d < SDSE_DIMS; d++)
                    if (problem->spreads[l].spread[i].factor[d] > 1)
                        dims |= SDSE_BIT(d);
            all |= dims & window;
            levels += (dims & window) != 0;
        }
        edge->crosses[axis] = levels > 1 && all == window;
        for (unsigned l = edge->parent; l < edge->child; l++)
            edge->blind[l] |= edge->crosses[axis];
    }
}

// The least over level l's spreads, on top of what was found for the levels inside.
static void bound_level(const struct sdse_problem *problem,
                        const struct sdse_lane *lane, struct sdse_lane_edge *edge,
                        unsigned l) {
    assert(lane->stage_count <= SDSE_STAGE_CASES);
    const bool feeds = lane->feeds_macs && edge->child == problem->levels;
    double words = (double)INFINITY, wire[SDSE_STAGE_CASES];
    for (unsigned s = 0; s < SDSE_STAGE_CASES; s++)
        wire[s] = (double)INFINITY;
    for (size_t i = 0; i < problem->spreads[l].count; i++) {
        const struct sdse_spread *spread = &problem->spreads[l].spread[i];
        double apart, per_place;
        sdse_spread_merge(problem, lane, edge, l, spread, &apart, &per_place);
        words = fmin(words, feeds ? per_place : apart);
        for (unsigned s = 0; s < lane->stage_count; s++)
            wire[s] = fmin(wire[s], sdse_spread_wire_pj(lane, edge, l, spread, (int)s));
    }
    if (!problem->spreads[l].count)
        words = 1;
    edge->rest_words[l] = words * edge->rest_words[l + 1];
    for (unsigned s = 0; s < lane->stage_count; s++)
        edge->rest_pj[l][s] = edge->rest_pj[l + 1][s] +
                              (isinf(wire[s]) ? 0 : wire[s]) * edge->rest_words[l];
}
// Suffix minima over the levels an edge crosses, and over later edges.
static void bound_edge(const struct sdse_problem *problem, const struct sdse_lane *lane,
                       struct sdse_lane_edge *edge) {
    edge->rest_words[edge->child] = 1;
    for (unsigned l = edge->child; l-- > edge->parent;)
        bound_level(problem, lane, edge, l);
}

static void bound_lane(struct sdse_problem *problem, struct sdse_lane *lane) {
    for (unsigned e = lane->edge_count; e-- > 0;) {
        struct sdse_lane_edge *edge = &lane->edge[e];
        if (lane->tensor == SDSE_INPUTS)
            mark_crossings(problem, edge);
        bound_edge(problem, lane, edge);
        if (e + 1 == lane->edge_count)
            continue;
        const struct sdse_lane_edge *next = &lane->edge[e + 1];
        if (lane->feeds_macs && next->child == problem->levels)
            continue;
        if (next->mover != edge->mover)
            continue; // visits of another kind: no bound in these
        for (unsigned s = 0; s < lane->stage_count; s++)
            edge->after_pj[s] = next->after_pj[s] + next->tail_pj[s] +
                                next->head_pj[s] * next->rest_words[next->parent] +
                                next->rest_pj[next->parent][s];
    }
}

// --- Spreads ----------------------------------------------------------------------

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
            spread->hops[t] = fmin(spread->hops[t], hops * problem->shares.hops);
        }
    }
}

static enum sdse_status list_spreads(struct sdse_problem *problem) {
    problem->most_used[problem->levels] = 1;
    for (unsigned l = problem->levels; l-- > 0;) {
        struct sdse_spreads *spreads = &problem->spreads[l];
        const bool priced = hops_cost(&problem->arch->level[l]);
        const enum sdse_status status =
            sdse_spreads_init(spreads, problem->arch, &problem->rules,
                              &problem->lattice, l, priced, problem->arena);
        if (status != SDSE_OK)
            return status;
        double used = 1;
        for (int t = 0; t < SDSE_TENSORS; t++)
            problem->most_resting[l][t] = 1;
        for (size_t i = 0; i < spreads->count; i++) {
            struct sdse_spread *spread = &spreads->spread[i];
            used = fmax(used, (double)spread->used);
            for (int t = 0; t < SDSE_TENSORS; t++)
                problem->most_resting[l][t] =
                    fmax(problem->most_resting[l][t],
                         sdse_spread_resting(spread, (enum sdse_tensor)t));
            if (priced)
                measure_hops(problem, l, spread);
        }
        problem->most_used[l] = used * problem->most_used[l + 1];
    }
    return SDSE_OK;
}

// --- Capacities and keepers -------------------------------------------------------

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
}

// What a basis fills where it is kept, and the level that reads rebuilt weights.
static void note_rebuilding(struct sdse_problem *problem) {
    const struct sdse_arch *arch = problem->arch;
    const struct sdse_model *model = problem->model;
    const double words = (double)model->form.basis_size * model->form.basis_size;
    for (unsigned f = 0; f < model->flow_count; f++) {
        for (unsigned l = 0; l <= arch->rebuild.below_level; l++) {
            if (model->flow[f].part == SDSE_PART_BASIS &&
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

static void note_capacities(struct sdse_problem *problem) {
    for (unsigned l = 0; l < problem->levels; l++) {
        const struct sdse_level *level = &problem->arch->level[l];
        problem->capacity_bits[l] =
            level->capacity_bits ? (double)level->capacity_bits / level->buffering
                                 : (double)INFINITY;
        problem->has_bandwidth |= level->read_bits_per_cycle.given ||
                                  level->write_bits_per_cycle.given ||
                                  level->shared_bits_per_cycle.given;
    }
    if (problem->model->form.smartdeal)
        note_rebuilding(problem);
    for (unsigned l = 0; l < problem->levels; l++)
        note_fits(problem, l);
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

// --- The whole ---------------------------------------------------------------------

static void close_empty_positions(struct sdse_problem *problem) {
    for (unsigned l = 0; l < problem->levels; l++)
        if (problem->arch->level[l].shares_memory && !problem->start.keeps[l])
            for (int d = 0; d < SDSE_DIMS; d++)
                problem->rules.level[l].temporal_max[d] = 1;
}

enum sdse_status
sdse_problem_init(struct sdse_problem *problem, const struct sdse_arch *arch,
                  const struct sdse_layer *layer, const struct sdse_weight_form *form,
                  const struct sdse_variant *variant, struct sdse_arena *arena) {
    const struct sdse_padding none = {.present = false};
    memset(problem, 0, sizeof *problem);
    problem->arch = arch;
    problem->levels = arch->level_count;
    problem->arena = arena;
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
    problem->blocks_per_filter = 1;
    sdse_mapping_init(arch, &problem->start);
    if (variant)
        memcpy(problem->start.keeps, variant->keeps.level, sizeof problem->start.keeps);
    sdse_rules_init(&problem->rules, arch, layer);
    close_empty_positions(problem);
    sdse_padded_force(problem);
    sdse_model_prices(model, problem->start.keeps, &problem->prices);
    problem->prices.mac_pj /= problem->bound_scale;
    status = sdse_lattice_init(&problem->lattice, &problem->layer->nest, arena);
    if (status == SDSE_OK)
        status = list_spreads(problem);
    if (status != SDSE_OK)
        return status;
    note_later(problem);
    add_lanes(problem);
    sdse_padded_share(problem);
    for (unsigned i = 0; i < problem->lane_count; i++)
        bound_lane(problem, &problem->lane[i]);
    note_keepers(problem);
    note_capacities(problem);
    return SDSE_OK;
}

const struct sdse_orders *sdse_problem_orders(struct sdse_problem *problem,
                                              unsigned level, unsigned dims) {
    if (!problem->listed[level][dims]) {
        const struct sdse_order_question question = {
            .nest = &problem->layer->nest,
            .dims = dims,
            .tensors = problem->moves_inside[level],
            .stationary = problem->rules.level[level].stationary,
            .rebuilds = level < problem->rebuilt_at,
        };
        if (sdse_orders_list(&question, problem->arena,
                             &problem->orders[level][dims]) != SDSE_OK)
            return NULL;
        problem->listed[level][dims] = true;
    }
    return &problem->orders[level][dims];
}
