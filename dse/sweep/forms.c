#include "dse/sweep/forms.h"

#include <assert.h>
#include <math.h>

#include "costmodel/form.h"
#include "smartdeal/unique.h"

struct sdse_weight_shape sdse_layer_weight_shape(const struct sdse_layer *layer) {
    const uint64_t *bound = layer->nest.bound;
    return (struct sdse_weight_shape){.groups = bound[SDSE_G],
                                      .filters = bound[SDSE_K],
                                      .channels = bound[SDSE_C],
                                      .kernel_rows = bound[SDSE_R],
                                      .kernel_columns = bound[SDSE_S],
                                      .fully_connected = layer->kind == SDSE_FC};
}

struct sdse_smartdeal_setting
sdse_form_smartdeal_setting(const struct sdse_form_setting *setting) {
    static const enum sdse_zero_store stores[] = {
        [SDSE_INDEX_ELEMENT_BITMAP] = SDSE_STORE_ELEMENT_BITMAP,
        [SDSE_INDEX_ROW] = SDSE_STORE_ROW_INDEX,
        [SDSE_INDEX_RUN_LENGTH] = SDSE_STORE_RUN_LENGTH,
        [SDSE_INDEX_DENSE] = SDSE_STORE_DENSE,
    };
    static const enum sdse_threshold_mode modes[] = {
        [SDSE_FORM_THRESHOLD] = SDSE_THRESHOLD_ABSOLUTE,
        [SDSE_FORM_RELATIVE] = SDSE_THRESHOLD_RELATIVE,
        [SDSE_FORM_SPARSITY] = SDSE_THRESHOLD_SPARSITY,
    };
    static const enum sdse_prune_mode prunes[] = {
        [SDSE_FORM_PRUNE_NONE] = SDSE_PRUNE_NONE,
        [SDSE_FORM_PRUNE_POPULATION] = SDSE_PRUNE_POPULATION,
        [SDSE_FORM_PRUNE_VALUE] = SDSE_PRUNE_VALUE,
        [SDSE_FORM_PRUNE_ENERGY] = SDSE_PRUNE_ENERGY,
    };
    struct sdse_smartdeal_setting out = sdse_smartdeal_setting_default();
    out.basis_size = setting->basis_size;
    out.rows_per_slice = setting->rows_per_slice;
    out.depthwise = setting->depthwise;
    out.coefficient_bits = setting->coefficient_bits;
    out.basis_bits = setting->basis_bits;
    out.scale_bits = setting->scale_bits;
    out.store = stores[setting->index];
    if (!setting->measured)
        return out;
    out.threshold_mode = modes[setting->threshold_kind];
    out.threshold = setting->threshold;
    out.row_sparsity = setting->row_sparsity;
    out.scale = setting->scale;
    out.iterations = setting->iterations;
    out.prune = prunes[setting->prune];
    out.prune_amount = setting->prune_amount;
    out.prune_group = setting->prune_group;
    return out;
}

struct sdse_sharing sdse_arch_sharing(const struct sdse_arch *arch) {
    for (unsigned i = 0; i < arch->engine_count; i++) {
        const struct sdse_engine *engine = &arch->engine[i];
        if (engine->kind == SDSE_ENGINE_SELECTOR &&
            engine->operands != SDSE_OPERANDS_INPUTS)
            return (struct sdse_sharing){engine->group, engine->slices};
    }
    return (struct sdse_sharing){0, 0};
}

struct sdse_serial_weights sdse_arch_serial_weights(const struct sdse_arch *arch) {
    for (unsigned i = 0; i < arch->engine_count; i++) {
        const struct sdse_engine *engine = &arch->engine[i];
        if (engine->kind == SDSE_ENGINE_BIT_SERIAL &&
            engine->operands == SDSE_OPERANDS_WEIGHTS)
            return (struct sdse_serial_weights){true,
                                                (enum sdse_encoding)engine->encoding};
    }
    return (struct sdse_serial_weights){false, SDSE_ENCODING_PLAIN};
}

bool sdse_layer_stays_raw(const struct sdse_layer *layer,
                          const struct sdse_form_setting *setting) {
    if (!sdse_layer_has_weights(layer))
        return true;
    if (setting->first == SDSE_UNIQUE_FIRST)
        return layer->kind != SDSE_FC;
    if (setting->first == SDSE_BASIS_FIRST) // one tap has nothing to share
        return layer->kind == SDSE_DWCONV ||
               layer->nest.bound[SDSE_R] * layer->nest.bound[SDSE_S] < 2;
    if (!setting->smartdeal)
        return true;
    const struct sdse_weight_shape shape = sdse_layer_weight_shape(layer);
    const struct sdse_smartdeal_setting smartdeal =
        sdse_form_smartdeal_setting(setting);
    return sdse_weights_stay_raw(&shape, &smartdeal);
}

bool sdse_form_expects_words(const struct sdse_form_setting *setting,
                             uint32_t word_bits) {
    return setting->first != SDSE_UNIQUE_FIRST || setting->measured || word_bits <= 8;
}

// The expected lists of every input; inputs that share a width are as if they were
// equal.
static void declare_unique(const struct sdse_layer *layer,
                           const struct sdse_form_setting *setting, uint32_t word_bits,
                           struct sdse_weight_form *form) {
    const uint64_t inputs = layer->nest.bound[SDSE_C],
                   outputs = layer->nest.bound[SDSE_K];
    const uint64_t block =
        setting->outputs_per_block && setting->outputs_per_block < outputs
            ? setting->outputs_per_block
            : outputs;
    const enum sdse_word_distribution law =
        setting->laplace ? SDSE_WORDS_LAPLACE : SDSE_WORDS_GAUSSIAN;
    *form = (struct sdse_weight_form){.first = SDSE_UNIQUE_FIRST, .sums_per_weight = 1};
    assert(sdse_form_expects_words(setting, word_bits));
    word_bits = word_bits < 2 ? 2 : word_bits;
    for (uint64_t left = outputs, drawn; left; left -= drawn) {
        // All full blocks at once, then what is left.
        drawn = left >= block ? left - left % block : left;
        const uint64_t draws = left >= block ? block : left;
        const struct sdse_unique_expected expected =
            sdse_unique_expect(law, setting->range_sigmas, word_bits, draws);
        const double lists = (double)inputs * ((double)drawn / (double)draws);
        form->products += lists * expected.mean;
        form->index_bits_total += lists * (double)draws * expected.index_bits;
        form->basis_bits_total += lists * (expected.mean + 1) * word_bits;
    }
}

// Shared kernels and coefficients of one bit each, behind a bit for every place.
static void declare_basis_first(const struct sdse_layer *layer,
                                const struct sdse_form_setting *setting,
                                struct sdse_weight_form *form) {
    const uint64_t *b = layer->nest.bound;
    const double taps = (double)(b[SDSE_R] * b[SDSE_S]);
    const double channels = (double)(b[SDSE_G] * b[SDSE_C]);
    const double bases = fmin(setting->bases, taps);
    const double entries = channels * (double)b[SDSE_K] * bases;
    *form = (struct sdse_weight_form){
        .first = SDSE_BASIS_FIRST,
        .basis_size = (uint32_t)bases,
        .density = setting->density,
        .coefficient_bits = 1,
        .basis_bits = setting->basis_bits,
        .products = channels * bases * taps,
        .sums_per_weight = bases * setting->density / taps,
        .coefficient_bits_total = entries * setting->density,
        .index_bits_total = entries,
        .basis_bits_total = bases * taps * setting->basis_bits,
        .rel_error = -1};
}

void sdse_layer_form_declare_words(const struct sdse_layer *layer,
                                   const struct sdse_form_setting *setting,
                                   uint32_t word_bits, struct sdse_weight_form *form) {
    *form = (struct sdse_weight_form){.rel_error = 0};
    if (sdse_layer_stays_raw(layer, setting))
        return;
    assert(!setting->measured);
    if (setting->first == SDSE_UNIQUE_FIRST) {
        declare_unique(layer, setting, word_bits, form);
        return;
    }
    if (setting->first == SDSE_BASIS_FIRST) {
        declare_basis_first(layer, setting, form);
        return;
    }
    const struct sdse_weight_shape weights = sdse_layer_weight_shape(layer);
    const struct sdse_smartdeal_setting smartdeal =
        sdse_form_smartdeal_setting(setting);
    const struct sdse_slicing slicing = sdse_slice(&weights, &smartdeal);
    const struct sdse_form_shape shape = {slicing.basis_size, slicing.rows,
                                          slicing.rows_per_block, slicing.blocks};
    struct sdse_form_setting of_layer = *setting;
    const double own = layer->density[SDSE_WEIGHTS];
    of_layer.density = setting->density > 0 ? setting->density : own;
    of_layer.row_density = setting->row_density > 0 ? setting->row_density : own;
    sdse_form_declare(weights.groups * weights.filters, &shape, &of_layer, form);
}

void sdse_layer_form_declare(const struct sdse_layer *layer,
                             const struct sdse_form_setting *setting,
                             struct sdse_weight_form *form) {
    sdse_layer_form_declare_words(layer, setting, 8, form);
}

// The part of the lists of distinct words that a layer reads: of as many words all,
// of narrower ones those of its inputs.
static void share_unique(const struct sdse_layer *layer, const struct sdse_layer *of,
                         const struct sdse_weight_form *stored,
                         struct sdse_weight_form *form) {
    const uint64_t *own = layer->nest.bound, *all = of->nest.bound;
    const double words = (double)sdse_tile_words(&layer->nest, SDSE_WEIGHTS, own) /
                         (double)sdse_tile_words(&of->nest, SDSE_WEIGHTS, all);
    const bool slice = own[SDSE_C] <= all[SDSE_C] && own[SDSE_K] <= all[SDSE_K];
    const double lists =
        slice && words < 1 ? (double)own[SDSE_C] / (double)all[SDSE_C] : words;
    *form = *stored;
    form->measured = false;
    form->products *= lists;
    form->basis_bits_total *= lists;
    form->index_bits_total *= words;
}

void sdse_layer_form_shared(const struct sdse_layer *layer, const struct sdse_layer *of,
                            const struct sdse_form_setting *setting,
                            const struct sdse_weight_form *stored,
                            struct sdse_weight_form *form) {
    *form = (struct sdse_weight_form){.rel_error = 0};
    if (stored->first == SDSE_UNIQUE_FIRST && !sdse_layer_stays_raw(layer, setting))
        share_unique(layer, of, stored, form);
    if (!stored->smartdeal && stored->first != SDSE_BASIS_FIRST)
        return;
    struct sdse_form_setting declared = *setting;
    declared.measured = false;
    declared.density = stored->density;
    declared.row_density = stored->row_density;
    declared.prune_group = stored->prune_group;
    if (stored->first == SDSE_BASIS_FIRST)
        declared.bases = stored->basis_size;
    sdse_layer_form_declare(layer, &declared, form);
    if (form->first == SDSE_BASIS_FIRST)
        form->rel_error = stored->rel_error;
}

double sdse_layer_weight_bits(const struct sdse_layer *layer,
                              const struct sdse_weight_form *form, uint32_t word_bits) {
    if (!sdse_layer_has_weights(layer))
        return 0;
    if (form->smartdeal || form->first)
        return form->coefficient_bits_total + form->basis_bits_total +
               form->index_bits_total;
    return (double)sdse_tile_words(&layer->nest, SDSE_WEIGHTS, layer->nest.bound) *
           word_bits;
}
