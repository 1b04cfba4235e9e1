#include "dse/sweep/forms.h"

#include <assert.h>

#include "costmodel/form.h"

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
    if (!setting->smartdeal || !sdse_layer_has_weights(layer))
        return true;
    const struct sdse_weight_shape shape = sdse_layer_weight_shape(layer);
    const struct sdse_smartdeal_setting smartdeal =
        sdse_form_smartdeal_setting(setting);
    return sdse_weights_stay_raw(&shape, &smartdeal);
}

void sdse_layer_form_declare(const struct sdse_layer *layer,
                             const struct sdse_form_setting *setting,
                             struct sdse_weight_form *form) {
    *form = (struct sdse_weight_form){.rel_error = 0};
    if (sdse_layer_stays_raw(layer, setting))
        return;
    assert(!setting->measured);
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

void sdse_layer_form_shared(const struct sdse_layer *layer,
                            const struct sdse_form_setting *setting,
                            const struct sdse_weight_form *stored,
                            struct sdse_weight_form *form) {
    *form = (struct sdse_weight_form){.rel_error = 0};
    if (!stored->smartdeal)
        return;
    struct sdse_form_setting declared = *setting;
    declared.measured = false;
    declared.density = stored->density;
    declared.row_density = stored->row_density;
    declared.prune_group = stored->prune_group;
    sdse_layer_form_declare(layer, &declared, form);
}

double sdse_layer_weight_bits(const struct sdse_layer *layer,
                              const struct sdse_weight_form *form, uint32_t word_bits) {
    if (!sdse_layer_has_weights(layer))
        return 0;
    if (form->smartdeal)
        return form->coefficient_bits_total + form->basis_bits_total +
               form->index_bits_total;
    return (double)sdse_tile_words(&layer->nest, SDSE_WEIGHTS, layer->nest.bound) *
           word_bits;
}
