#include "dse/forms.h"

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
    struct sdse_smartdeal_setting out = sdse_smartdeal_setting_default();
    out.basis_size = setting->basis_size;
    out.rows_per_slice = setting->rows_per_slice;
    out.depthwise = setting->depthwise;
    out.coefficient_bits = setting->coefficient_bits;
    out.basis_bits = setting->basis_bits;
    out.scale_bits = setting->scale_bits;
    out.store = stores[setting->index];
    return out;
}

bool sdse_layer_stays_raw(const struct sdse_layer *layer,
                          const struct sdse_form_setting *setting) {
    if (!setting->smartdeal || layer->kind == SDSE_MATMUL)
        return true;
    const struct sdse_weight_shape shape = sdse_layer_weight_shape(layer);
    const struct sdse_smartdeal_setting smartdeal =
        sdse_form_smartdeal_setting(setting);
    return sdse_weights_stay_raw(&shape, &smartdeal);
}

void sdse_layer_form_declare(const struct sdse_layer *layer,
                             const struct sdse_form_setting *setting,
                             struct sdse_weight_form *form) {
    *form = (struct sdse_weight_form){.rel_error = -1};
    if (sdse_layer_stays_raw(layer, setting))
        return;
    const struct sdse_weight_shape weights = sdse_layer_weight_shape(layer);
    const struct sdse_smartdeal_setting smartdeal =
        sdse_form_smartdeal_setting(setting);
    const struct sdse_slicing slicing = sdse_slice(&weights, &smartdeal);
    const struct sdse_form_shape shape = {slicing.basis_size, slicing.rows,
                                          slicing.rows_per_block, slicing.blocks};
    sdse_form_declare(weights.groups * weights.filters, &shape, setting, form);
}

double sdse_layer_weight_bits(const struct sdse_layer *layer,
                              const struct sdse_weight_form *form, uint32_t word_bits) {
    if (layer->kind == SDSE_MATMUL)
        return 0;
    if (form->smartdeal)
        return form->coefficient_bits_total + form->basis_bits_total +
               form->index_bits_total;
    return (double)sdse_tile_words(&layer->nest, SDSE_WEIGHTS, layer->nest.bound) *
           word_bits;
}
