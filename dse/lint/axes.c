#include "dse/lint/axes.h"

#include <string.h>

#include "dse/map.h"
#include "dse/sweep/forms.h"
#include "spec/sweep_overrides.h"
#include "spec/sweep_stays.h"

enum { MOST_VALUES = 32, MOST_NODES = 3000000, NODES_OF_ONE = 100000 };

struct axis {
    const struct sdse_plan *plan;
    struct sdse_arena *arena;
    size_t count; // values
    const struct sdse_variant *variant[MOST_VALUES];
    uint64_t nodes; // spent
};

// --- Layers ---

static bool same_layer(const struct sdse_layer *a, const struct sdse_layer *b) {
    const struct sdse_nest *x = &a->nest, *y = &b->nest;
    bool same = a->kind == b->kind && a->uncoded == b->uncoded && !a->activations &&
                !b->activations && !a->weight_digits && !b->weight_digits &&
                a->move.fused == b->move.fused && a->move.addends == b->move.addends &&
                a->move.passes == b->move.passes &&
                a->move.operations == b->move.operations && !a->move.broadcast_count &&
                !b->move.broadcast_count && a->kind != SDSE_UPDATE;
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        same &= x->bound[d] == y->bound[d];
    for (unsigned i = 0; i < 2; i++)
        same &= x->stride[i] == y->stride[i] && x->dilation[i] == y->dilation[i] &&
                x->pad[i] == y->pad[i] && x->map[i] == y->map[i];
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        same &= a->density[t] == b->density[t];
    return same;
}

static double size_of(const struct sdse_layer *layer) {
    double size = 1;
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        size *= (double)layer->nest.bound[d];
    return size;
}

// The distinct layers of all networks: the smallest of each kind, then the others in
// the order of the files. NULL: memory is out.
static const struct sdse_layer **list_layers(const struct axis *axis, size_t *count) {
    size_t most = 0;
    for (size_t n = 0; n < axis->plan->network_count; n++)
        most += axis->plan->networks[n].workload->layer_count;
    const struct sdse_layer **list =
        SDSE_ARENA_ARRAY(axis->arena, const struct sdse_layer *, most + 1);
    *count = 0;
    for (size_t n = 0; list && n < axis->plan->network_count; n++) {
        const struct sdse_workload *net = axis->plan->networks[n].workload;
        for (size_t i = 0; i < net->layer_count; i++) {
            size_t at = 0;
            while (at < *count && !same_layer(list[at], &net->layers[i]))
                at++;
            if (at == *count)
                list[(*count)++] = &net->layers[i];
        }
    }
    size_t sorted = 0;
    for (unsigned kind = 0; list && kind < SDSE_LAYER_KINDS; kind++) {
        size_t least = *count;
        for (size_t i = sorted; i < *count; i++)
            if (list[i]->kind == kind &&
                (least == *count || size_of(list[i]) < size_of(list[least])))
                least = i;
        if (least == *count)
            continue;
        const struct sdse_layer *layer = list[least];
        memmove(&list[sorted + 1], &list[sorted], (least - sorted) * sizeof *list);
        list[sorted++] = layer;
    }
    return list;
}

// --- Fronts ---

// The layer's form under a declared setting.
static struct sdse_weight_form form_of(const struct sdse_layer *layer,
                                       const struct sdse_form_setting *setting) {
    struct sdse_weight_form form = {.smartdeal = false};
    if (!sdse_layer_moves(layer) && !sdse_layer_stays_raw(layer, setting))
        sdse_layer_form_declare(layer, setting, &form);
    return form;
}

// The proved front, or that there is none. *known: it is proved.
static enum sdse_status solve(struct axis *axis, size_t value,
                              const struct sdse_layer *layer,
                              const struct sdse_weight_form *form,
                              struct sdse_arena *arena, struct sdse_map_answer *answer,
                              bool *known) {
    const struct sdse_sweep_mapper *mapper = &axis->plan->sweep->mapper;
    const struct sdse_map_request request = {.arch = axis->variant[value]->arch,
                                             .layer = layer,
                                             .form = form,
                                             .objective = SDSE_MAP_FRONT,
                                             .free_bypass = mapper->free_bypass,
                                             .padding_percent =
                                                 mapper->imperfect_percent,
                                             .node_limit = NODES_OF_ONE};
    memset(answer, 0, sizeof *answer);
    const enum sdse_status status = sdse_map(&request, arena, answer);
    axis->nodes += answer->nodes + 1;
    *known = status != SDSE_OK || answer->status == SDSE_MAP_OPTIMAL ||
             answer->status == SDSE_MAP_NONE;
    *known &= axis->nodes <= MOST_NODES;
    return status;
}

static bool same_front(const struct sdse_map_answer *a,
                       const struct sdse_map_answer *b) {
    bool same = a->status == b->status && a->point_count == b->point_count;
    for (size_t i = 0; same && i < a->point_count; i++)
        same = a->point[i].totals.energy_pj == b->point[i].totals.energy_pj &&
               a->point[i].totals.latency_cycles == b->point[i].totals.latency_cycles;
    return same;
}

// Whether one layer in one form has the same front at all values. False also where that
// is not proved; SDSE_NO_MEMORY.
static enum sdse_status compare_fronts(struct axis *axis,
                                       const struct sdse_layer *layer,
                                       const struct sdse_weight_form *form,
                                       bool *same) {
    struct sdse_arena *arena = sdse_arena_new();
    if (!arena)
        return SDSE_NO_MEMORY;
    struct sdse_map_answer first, other;
    bool known;
    const enum sdse_status status = solve(axis, 0, layer, form, arena, &first, &known);
    *same = known;
    enum sdse_status now = status;
    // The ends first.
    for (size_t i = axis->count - 1; i > 0 && *same && now != SDSE_NO_MEMORY; i--) {
        now = solve(axis, i, layer, form, arena, &other, &known);
        *same = known && now == status && same_front(&first, &other);
    }
    sdse_arena_free(arena);
    return now == SDSE_NO_MEMORY ? now : SDSE_OK;
}

static enum sdse_status compare_layers(struct axis *axis, bool *same, size_t *solved) {
    size_t count;
    const struct sdse_layer **layers = list_layers(axis, &count);
    enum sdse_status status = layers ? SDSE_OK : SDSE_NO_MEMORY;
    *same = true;
    *solved = 0;
    for (size_t i = 0; i < count && *same && status == SDSE_OK; i++, ++*solved)
        for (size_t f = 0; f < axis->plan->form_count && *same && status == SDSE_OK;
             f++) {
            const struct sdse_weight_form form =
                form_of(layers[i], &axis->plan->forms[f].form->setting);
            status = compare_fronts(axis, layers[i], &form, same);
        }
    return status;
}

// --- The axis ---

// Makes the accelerators of its values; *whole: all of them, and all can be.
static enum sdse_status make_variants(struct axis *axis, size_t arch, size_t number,
                                      bool *whole) {
    uint64_t stride;
    const uint64_t length =
        sdse_sweep_axis(axis->plan->sweep, arch, number - 1, &stride);
    *whole = length <= MOST_VALUES;
    axis->count = *whole ? (size_t)length : 0;
    for (size_t i = 0; i < axis->count && *whole; i++) {
        const enum sdse_status status = sdse_plan_variant(
            axis->plan, axis->plan->archs[arch].first_variant + i * stride, axis->arena,
            &axis->variant[i]);
        if (status != SDSE_OK)
            return status;
        *whole = !axis->variant[i]->refused;
    }
    return SDSE_OK;
}

// Whether tensors of some points may stay on chip between layers.
static bool may_stay(const struct sdse_plan *plan) {
    return sdse_sweep_stays(plan->sweep) != NULL;
}

// Whether the same memories share the same, of accelerators that are else alike.
static bool share_alike(const struct sdse_arch *a, const struct sdse_arch *b) {
    bool same = a->level_count == b->level_count;
    for (unsigned l = 0; same && l < a->level_count; l++)
        same = a->level[l].shares_activations == b->level[l].shares_activations &&
               a->level[l].shares_weights == b->level[l].shares_weights;
    return same;
}

// Whether energy, latency and area are all that points have, and can be solved for:
// what forms measure, and what models put out, an axis may move by itself.
static bool can_solve(const struct sdse_plan *plan) {
    for (size_t f = 0; f < plan->form_count; f++)
        if (plan->forms[f].form->setting.measured)
            return false;
    // Where tensors may stay, layers are no longer by themselves.
    return plan->sweep->output_count == 0 && !may_stay(plan);
}

enum sdse_status sdse_axis_find_proof(const struct sdse_plan *plan, size_t arch,
                                      size_t axis, enum sdse_axis_proof *proof,
                                      size_t *solved) {
    struct axis at = {.plan = plan, .arena = sdse_arena_new()};
    if (!at.arena)
        return SDSE_NO_MEMORY;
    bool same, equal = true;
    *proof = SDSE_AXIS_MOVES;
    *solved = 0;
    enum sdse_status status = make_variants(&at, arch, axis, &same);
    for (size_t i = 1; i < at.count && same; i++) {
        same = at.variant[i]->area.total_um2 == at.variant[0]->area.total_um2;
        equal &= sdse_alike_compare(at.variant[i]->alike, at.variant[0]->alike) == 0;
        equal &=
            !may_stay(plan) || share_alike(at.variant[i]->arch, at.variant[0]->arch);
    }
    if (status == SDSE_OK && same && equal) {
        *proof = SDSE_AXIS_EQUAL;
    } else if (status == SDSE_OK && same && can_solve(plan)) {
        status = compare_layers(&at, &same, solved);
        *proof = same ? SDSE_AXIS_SOLVED : SDSE_AXIS_MOVES;
    }
    sdse_arena_free(at.arena);
    return status;
}
