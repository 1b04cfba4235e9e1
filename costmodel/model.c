#include "costmodel/model.h"

#include <math.h>

#include "base/checked.h"
#include "costmodel/coded.h"
#include "costmodel/overhead.h"
#include "costmodel/stream.h"

// Every count is at most MACs x strides x dilations (bounding boxes with gaps),
// whatever the mapping: below 2^62 no product in the hot path can overflow.
static bool counts_fit(const struct sdse_nest *nest, uint64_t *macs) {
    uint64_t product = 1;
    for (int d = 0; d < SDSE_DIMS; d++)
        if (!sdse_mul_u64(product, nest->bound[d], &product))
            return false;
    *macs = product;
    for (int axis = 0; axis < 2; axis++)
        if (!sdse_mul_u64(product, nest->stride[axis], &product) ||
            !sdse_mul_u64(product, nest->dilation[axis], &product))
            return false;
    return sdse_axis_is_short(nest, 0) && sdse_axis_is_short(nest, 1) &&
           product < (uint64_t)1 << 62;
}

static void add_flow(struct sdse_model *model, enum sdse_tensor tensor,
                     enum sdse_part part, bool ends_in_engine) {
    model->flow[model->flow_count++] = (struct sdse_flow){tensor, part, ends_in_engine};
}

const struct sdse_engine *sdse_products_engine(const struct sdse_arch *arch) {
    for (unsigned i = 0; i < arch->engine_count; i++)
        if (arch->engine[i].kind == SDSE_ENGINE_PRODUCTS)
            return &arch->engine[i];
    return NULL;
}

// Weights whose products are made first: outside the engine everything that is stored
// of them, inside what says which products to add.
static void prepare_first(struct sdse_model *model) {
    const struct sdse_arch *arch = model->arch;
    const struct sdse_weight_form *form = &model->form;
    const unsigned engine = sdse_products_engine(arch)->below_level;
    const double weights = (double)sdse_tile_words(&model->layer->nest, SDSE_WEIGHTS,
                                                   model->layer->nest.bound);
    const double added =
        (form->coefficient_bits_total + form->index_bits_total) / weights;
    const double all = added + form->basis_bits_total / weights;
    for (unsigned l = 0; l < arch->level_count; l++) {
        model->bits[l][SDSE_PART_WEIGHTS] = model->place_bits[l][SDSE_PART_WEIGHTS] =
            l <= engine ? all : added;
        model->weight_wire_bits[l] = l < engine ? all : added;
    }
}

// Outputs at home that nests before or after this one add to: what is not finished is
// nowhere as narrow as a finished word, and where sums wait there is room for them.
static void prepare_partial_outputs(struct sdse_model *model,
                                    const struct sdse_residence *residence) {
    double *place = &model->place_bits[residence->level][SDSE_PART_OUTPUTS];
    const double partial = model->partial_bits[residence->level];
    for (unsigned l = 0; l < model->arch->level_count && residence->unfinished; l++)
        model->bits[l][SDSE_PART_OUTPUTS] = model->place_bits[l][SDSE_PART_OUTPUTS] =
            model->partial_bits[l];
    if (residence->continues)
        *place = fmax(*place, partial);
}

static enum sdse_status prepare_bits(struct sdse_model *model) {
    const struct sdse_arch *arch = model->arch;
    const struct sdse_weight_form *form = &model->form;
    double part_bits[3] = {0, 0, 0};
    if (form->smartdeal) {
        const double weights = (double)sdse_tile_words(
            &model->layer->nest, SDSE_WEIGHTS, model->layer->nest.bound);
        part_bits[0] = form->coefficient_bits_total / weights;
        part_bits[1] = form->basis_bits_total / (double)form->blocks /
                       ((double)form->basis_size * form->basis_size);
        part_bits[2] = form->index_bits_total / weights;
    }
    for (unsigned l = 0; l < arch->level_count; l++) {
        const bool rebuilt = form->smartdeal && l > arch->rebuild.below_level;
        for (enum sdse_tensor t = SDSE_WEIGHTS; t < SDSE_TENSORS; t++) {
            const struct sdse_words words =
                sdse_words_of(model->layer->whole ? model->layer->whole : model->layer,
                              t, rebuilt ? form : NULL);
            const uint32_t plain = sdse_formed_bits(model->layer, t, form,
                                                    sdse_arch_word_bits(arch, l, t));
            model->plain_bits[l][t] = plain;
            const enum sdse_status status =
                sdse_coded_bits(&arch->level[l].format[t], plain, &words,
                                &model->bits[l][t], &model->place_bits[l][t]);
            if (status != SDSE_OK)
                return status;
        }
        model->partial_bits[l] = sdse_arch_partial_bits(arch, l);
        for (unsigned i = 0; i < 3; i++)
            model->bits[l][SDSE_PART_COEFFICIENTS + i] =
                model->place_bits[l][SDSE_PART_COEFFICIENTS + i] = part_bits[i];
    }
    if (form->first)
        prepare_first(model);
    const struct sdse_residence *outputs =
        sdse_residence_of(model->layer->residence, SDSE_OUTPUTS);
    if (outputs)
        prepare_partial_outputs(model, outputs);
    return SDSE_OK;
}

// Hops across the array that a level's passes fill: its own fan-out, else the nearest
// outside.
static double array_hops(const struct sdse_arch *arch, unsigned level) {
    for (unsigned l = level + 1; l-- > 0;)
        if (arch->level[l].fanout_x > 1 || arch->level[l].fanout_y > 1)
            return (double)arch->level[l].fanout_x + arch->level[l].fanout_y - 2;
    return 0;
}

static void prepare_passes(struct sdse_model *model) {
    const struct sdse_arch *arch = model->arch;
    for (unsigned l = 0; l < arch->level_count; l++) {
        const struct sdse_level *level = &arch->level[l];
        // Siblings have one set of loops; positions of a memory are counted at the
        // first.
        const unsigned last = sdse_arch_memory_last(arch, l);
        bool loops = false;
        for (unsigned i = l; i <= last; i++)
            loops |= arch->level[i].carries_loops;
        const bool counts =
            loops && !level->shares_memory && !sdse_layer_moves(model->layer);
        model->pass_cycles[l] =
            counts ? level->pass_start_cycles.value +
                         level->pass_skew_cycles.value * array_hops(arch, last)
                   : 0;
    }
}

static void prepare_leakage(struct sdse_model *model) {
    const struct sdse_arch *arch = model->arch;
    for (unsigned l = 0; l < arch->level_count; l++) {
        model->leakage_mw[l] = arch->level[l].shares_memory
                                   ? 0
                                   : arch->level[l].leakage_mw.value *
                                         (double)sdse_arch_instances(arch, l);
    }
    model->has_overheads = sdse_overheads_any(arch);
    for (unsigned l = 0; l < arch->level_count; l++)
        model->counts_lives |= arch->level[l].memory_class == SDSE_EDRAM ||
                               arch->level[l].max_lifetime_us.given;
    model->compute_leakage_mw = arch->compute.leakage_mw.value *
                                (double)sdse_arch_instances(arch, arch->level_count);
}

enum sdse_status sdse_model_new(const struct sdse_arch *arch,
                                const struct sdse_layer *layer,
                                const struct sdse_weight_form *form,
                                struct sdse_arena *arena, struct sdse_model **model) {
    uint64_t macs; // or word operations
    if (!counts_fit(&layer->nest, &macs) ||
        (sdse_layer_moves(layer) &&
         (!sdse_mul_u64(macs, layer->move.operations, &macs) ||
          !sdse_mul_u64(macs, sdse_layer_operands(layer), &macs) ||
          !sdse_mul_u64(macs, layer->move.passes, &macs) || macs >= (uint64_t)1 << 62)))
        return SDSE_OVERFLOW;
    if (form && ((form->smartdeal && !arch->rebuild.present) ||
                 (form->first && !sdse_products_engine(arch))))
        return SDSE_INVALID;
    struct sdse_model *fresh = SDSE_ARENA_NEW(arena, struct sdse_model);
    if (!fresh)
        return SDSE_NO_MEMORY;
    fresh->arch = arch;
    fresh->layer = layer;
    fresh->macs = sdse_layer_macs(layer);
    if (form)
        fresh->form = *form;
    const enum sdse_status found =
        layer->effects ? SDSE_OK
                       : sdse_effects_find(arch, layer, form, &fresh->effects);
    if (found != SDSE_OK)
        return found;
    if (layer->effects)
        fresh->effects = *layer->effects;
    fresh->mac_pj =
        (double)fresh->macs * fresh->effects.mac_share * arch->compute.pj_per_mac.value;
    for (unsigned i = 0; i < arch->engine_count; i++)
        fresh->engine_pj[i] =
            fresh->effects.events[i] * arch->engine[i].pj_per_event.value;
    if (form && form->first)
        fresh->sum_pj =
            fresh->effects.sums * sdse_products_engine(arch)->pj_per_sum.value;
    if (sdse_layer_moves(layer)) {
        fresh->form.smartdeal = false;
        fresh->form.first = SDSE_WORDS_FIRST;
    } else if (fresh->form.smartdeal) {
        add_flow(fresh, SDSE_WEIGHTS, SDSE_PART_COEFFICIENTS, false);
        add_flow(fresh, SDSE_WEIGHTS, SDSE_PART_BASIS, true);
        add_flow(fresh, SDSE_WEIGHTS, SDSE_PART_INDEX, true);
        fresh->shift_adds_per_weight = fresh->form.basis_size * fresh->form.density;
    } else {
        add_flow(fresh, SDSE_WEIGHTS, SDSE_PART_WEIGHTS, false);
    }
    add_flow(fresh, SDSE_INPUTS, SDSE_PART_INPUTS, false);
    add_flow(fresh, SDSE_OUTPUTS, SDSE_PART_OUTPUTS, false);
    const enum sdse_status coded = prepare_bits(fresh);
    if (coded != SDSE_OK)
        return coded;
    prepare_passes(fresh);
    prepare_leakage(fresh);
    *model = fresh;
    return SDSE_OK;
}

uint64_t sdse_model_output_words(const struct sdse_model *model) {
    const struct sdse_layer *layer = model->layer;
    return sdse_layer_moves(layer)
               ? sdse_stream_on(model->arch, layer).out
               : sdse_tile_words(&layer->nest, SDSE_OUTPUTS, layer->nest.bound);
}

unsigned sdse_model_home(const struct sdse_model *model, enum sdse_tensor tensor) {
    const struct sdse_residence *residence =
        sdse_residence_of(model->layer->residence, tensor);
    return residence ? residence->level : 0;
}

unsigned sdse_model_source(const struct sdse_model *model, enum sdse_tensor tensor) {
    const struct sdse_residence *residence =
        sdse_residence_of(model->layer->residence, tensor);
    return residence && tensor == SDSE_INPUTS ? residence->source : 0;
}

uint64_t sdse_model_brought_words(const struct sdse_model *model,
                                  const struct sdse_flow *flow) {
    const struct sdse_residence *residence =
        sdse_residence_of(model->layer->residence, flow->tensor);
    if (!residence)
        return 0;
    if (flow->tensor == SDSE_INPUTS)
        return residence->loaded_inputs;
    if (flow->tensor == SDSE_OUTPUTS || !residence->loads_weights)
        return 0;
    const struct sdse_weight_form *form = &model->form;
    return flow->part == SDSE_PART_BASIS
               ? form->blocks * form->basis_size * form->basis_size
               : sdse_tile_words(&model->layer->nest, SDSE_WEIGHTS,
                                 model->layer->nest.bound);
}

double sdse_model_room_bits(const struct sdse_model *model,
                            const struct sdse_arch *arch, unsigned l) {
    const struct sdse_level *level = &arch->level[l];
    const struct sdse_residence *residence =
        sdse_residence_at(model->layer->residence, sdse_arch_memory_first(arch, l));
    if (!level->capacity_bits)
        return (double)INFINITY;
    double bits = (double)level->capacity_bits;
    if (residence) {
        bits -= residence->reserved_bits;
        if (residence->tensors >> SDSE_OUTPUTS & 1u)
            bits -= (double)sdse_model_output_words(model) *
                    fmin(model->place_bits[l][SDSE_PART_OUTPUTS],
                         sdse_layer_moves(model->layer) ? (double)INFINITY
                                                        : model->partial_bits[l]);
    }
    return bits / level->buffering;
}

bool sdse_model_keeps(const struct sdse_model *model, const unsigned *mapping_keeps,
                      const struct sdse_flow *flow, unsigned l) {
    const unsigned home = sdse_model_home(model, flow->tensor);
    if (home > 0 && l <= sdse_arch_memory_last(model->arch, home))
        return l == home;
    if (l == 0)
        return true;
    if (!(mapping_keeps[l] >> flow->tensor & 1u))
        return false;
    if (flow->tensor != SDSE_WEIGHTS)
        return true;
    const unsigned parts = model->arch->level[l].keeps;
    const bool above_engine =
        model->form.smartdeal && l <= model->arch->rebuild.below_level;
    if (above_engine && (parts & SDSE_SMARTDEAL_PARTS))
        return parts >> flow->part & 1u;
    return parts >> SDSE_PART_WEIGHTS & 1u;
}

enum sdse_part sdse_model_part_at(const struct sdse_model *model,
                                  const struct sdse_flow *flow, unsigned l) {
    if (model->form.smartdeal && flow->tensor == SDSE_WEIGHTS &&
        l > model->arch->rebuild.below_level)
        return SDSE_PART_WEIGHTS;
    return flow->part;
}
