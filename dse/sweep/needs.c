#include "dse/sweep/needs.h"

#include "dse/sweep/forms.h"

enum sdse_status sdse_point_measured(const struct sdse_plan *plan,
                                     const struct sdse_point *point, size_t layer_index,
                                     struct sdse_measured_table *table,
                                     struct sdse_measured **entry) {
    const struct sdse_network_input *network = &plan->networks[point->network];
    const struct sdse_form_input *form = &plan->forms[point->form];
    const struct sdse_layer *layer = &network->workload->layers[layer_index];
    const struct sdse_form_setting *setting = &form->form->setting;
    *entry = NULL;
    if (!setting->measured || layer->shares_weights ||
        sdse_layer_stays_raw(layer, setting))
        return SDSE_OK;
    const struct sdse_arch *arch = point->variant->arch;
    const uint32_t word_bits = arch->bits[SDSE_WEIGHTS];
    const struct sdse_sharing sharing = sdse_arch_sharing(arch);
    const struct sdse_serial_weights serial = sdse_arch_serial_weights(arch);
    const struct sdse_hash hash =
        network->stored_forms
            ? network->stored_forms[layer_index]
            : sdse_measured_hash(layer, network->weights[layer_index], form->setting,
                                 word_bits, sharing, serial);
    *entry = sdse_measured_get(
        table, hash,
        &(struct sdse_measured){.workload = network->workload,
                                .layer = layer,
                                .setting = setting,
                                .sharing = sharing,
                                .serial = serial,
                                .word_bits = word_bits,
                                .planned_weights = network->weights
                                                       ? &network->weights[layer_index]
                                                       : NULL});
    return *entry ? SDSE_OK : SDSE_NO_MEMORY;
}

void sdse_point_layer_form(const struct sdse_plan *plan, const struct sdse_point *point,
                           size_t layer_index, const struct sdse_measured *measured,
                           struct sdse_weight_form *forms) {
    const struct sdse_workload *workload = plan->networks[point->network].workload;
    const struct sdse_form_setting *setting = &plan->forms[point->form].form->setting;
    const struct sdse_layer *layer = &workload->layers[layer_index];
    const struct sdse_layer *stored = sdse_layer_weights_of(workload, layer);
    const struct sdse_arch *arch = point->variant->arch;
    if (measured)
        forms[layer_index] = measured->record.form;
    else if (setting->measured && stored != layer)
        sdse_layer_form_shared(layer, stored, setting,
                               &forms[stored - workload->layers], &forms[layer_index]);
    else
        sdse_layer_form_declare_words(layer, setting, arch->bits[SDSE_WEIGHTS],
                                      &forms[layer_index]);
}
