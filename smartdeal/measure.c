#include "smartdeal/measure.h"

#include <math.h>
#include <stdlib.h>

#include "smartdeal/rebuild.h"

static void measure_exponents(const struct sdse_decomposition *d,
                              struct sdse_form_measure *m) {
    bool seen[2 * SDSE_EXPONENT_BIAS] = {false};
    uint64_t entries = d->filters * d->slicing.rows * d->slicing.basis_size;
    for (uint64_t i = 0; i < entries; i++)
        seen[abs(d->ce[i])] = true;
    for (int e = 1; e < 2 * SDSE_EXPONENT_BIAS; e++) {
        if (!seen[e])
            continue;
        m->exponent_max = e - SDSE_EXPONENT_BIAS;
        if (!m->exponents++)
            m->exponent_min = m->exponent_max;
    }
}

static void measure_coded(const struct sdse_coded_layer *coded,
                          const struct sdse_coding_error *error,
                          struct sdse_form_measure *m) {
    uint64_t each;
    m->raw = coded->raw;
    if (!sdse_weight_count(&coded->shape, &m->filters, &each, &m->weights))
        return; // a layer that was encoded has been counted before
    m->slicing = coded->slicing;
    m->blocks = m->filters * coded->slicing.blocks;
    sdse_count_density(coded, &m->counts);
    m->density = sdse_density_ratio(m->counts.nonzeros, m->counts.entries);
    m->row_density = sdse_density_ratio(m->counts.live_rows, m->counts.rows);
    for (int i = 0; i < SDSE_SHARINGS; i++)
        m->joint_row_density[i] =
            sdse_density_ratio(m->counts.live_joint_rows[i], m->counts.joint_rows[i]);
    m->bits = sdse_count_stored_bits(coded);
    m->stored_bits = sdse_stored_bits_total(&m->bits);
    m->compression =
        m->stored_bits ? 32.0 * (double)m->weights / (double)m->stored_bits : 0.0;
    m->shift_adds = sdse_rebuild_shift_adds(coded);
    m->weight_norm = sqrt(error->weight_square);
    m->decomposed_error = sdse_relative_error(error, error->decomposed_square);
    m->window_error = sdse_relative_error(error, error->window_square);
    m->basis_error = sdse_relative_error(error, error->basis_square);
    m->rel_error = sdse_relative_error(error, error->rounded_square);
    m->sqnr_db = m->rel_error > 0.0 ? -20.0 * log10(m->rel_error) : (double)INFINITY;
    if (coded->raw)
        return;
    m->window_lowest = coded->lowest;
    m->window = coded->window;
    for (uint64_t i = 0; i < m->counts.entries; i++)
        if (coded->codes[i])
            m->exponent_uses[abs(coded->codes[i]) - 1]++;
}

static enum sdse_status
decompose_and_encode(const struct sdse_layer_weights *weights,
                     const struct sdse_smartdeal_setting *setting, unsigned threads,
                     struct sdse_form_measure *m, struct sdse_coded_layer *coded,
                     struct sdse_coding_error *error, struct sdse_diags *diags) {
    struct sdse_decomposition d;
    enum sdse_status status = sdse_decompose(weights, setting, threads, &d, diags);
    if (status != SDSE_OK)
        return status;
    m->threshold = d.rule.threshold;
    m->pruned_rows = d.pruned_rows;
    m->passes = d.passes;
    measure_exponents(&d, m);
    status = sdse_encode(weights, &d, setting, threads, coded, error);
    sdse_decomposition_free(&d);
    return status;
}

enum sdse_status sdse_measure_layer(const struct sdse_layer_weights *weights,
                                    const struct sdse_smartdeal_setting *setting,
                                    unsigned threads, struct sdse_form_measure *out,
                                    struct sdse_coded_layer *coded,
                                    struct sdse_diags *diags) {
    struct sdse_form_measure m = {0};
    struct sdse_coded_layer layer = {0};
    struct sdse_coding_error error = {0};
    if (coded)
        *coded = (struct sdse_coded_layer){0};
    enum sdse_status status =
        sdse_weights_stay_raw(&weights->shape, setting)
            ? sdse_encode_raw(weights, setting->weight_bits, &layer, &error, diags)
            : decompose_and_encode(weights, setting, threads, &m, &layer, &error,
                                   diags);
    if (status != SDSE_OK)
        return status;
    measure_coded(&layer, &error, &m);
    if (coded)
        *coded = layer;
    else
        sdse_coded_free(&layer);
    *out = m;
    return SDSE_OK;
}
