#include "smartdeal/study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "smartdeal/narrow.h"
#include "smartdeal/rebuild.h"

// What depends on the codes alone.
struct counted {
    struct sdse_density density;
    uint64_t exponent_uses[SDSE_MAX_WINDOW];
    uint64_t shift_adds;
};

struct sdse_study {
    const struct sdse_layer_weights *weights;
    uint64_t decompositions;
    const atomic_bool *stop; // NULL: never

    // The last decomposition; `filters` is 0 if there is none.
    struct sdse_smartdeal_setting setting;
    struct sdse_decomposition decomposition;
    struct exponents {
        int32_t least, most;
        uint32_t distinct;
    } exponents;

    // Of it, the last window; `codes` is NULL if there is none.
    struct sdse_narrowed narrowed;
    struct counted counted;

    // What bisections found, under settings like `setting` but for the target.
    struct sdse_tried_thresholds tried;
};

struct sdse_study *sdse_study_new(const struct sdse_layer_weights *weights) {
    struct sdse_study *study = calloc(1, sizeof *study);
    if (study)
        study->weights = weights;
    return study;
}

void sdse_study_stop_at(struct sdse_study *study, const atomic_bool *stop) {
    study->stop = stop;
}

static void forget_window(struct sdse_study *study) {
    sdse_narrowed_free(&study->narrowed);
}

static void forget_decomposition(struct sdse_study *study) {
    forget_window(study);
    sdse_decomposition_free(&study->decomposition);
}

void sdse_study_free(struct sdse_study *study) {
    if (!study)
        return;
    forget_decomposition(study);
    free(study);
}

uint64_t sdse_study_decompositions(const struct sdse_study *study) {
    return study->decompositions;
}

int sdse_study_order(const struct sdse_smartdeal_setting *a,
                     const struct sdse_smartdeal_setting *b) {
    double left[SDSE_DECOMPOSITION_KEYS], right[SDSE_DECOMPOSITION_KEYS];
    sdse_setting_decomposition_key(a, left);
    sdse_setting_decomposition_key(b, right);
    for (int i = 0; i < SDSE_DECOMPOSITION_KEYS; i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    const uint32_t windows[] = {sdse_setting_window(a), sdse_setting_window(b)};
    return (windows[0] > windows[1]) - (windows[0] < windows[1]);
}

// --- The steps ---

static struct exponents find_exponents(const struct sdse_decomposition *d) {
    struct exponents found = {0};
    bool seen[2 * SDSE_EXPONENT_BIAS] = {false};
    const uint64_t entries = d->filters * d->slicing.rows * d->slicing.basis_size;
    for (uint64_t i = 0; i < entries; i++)
        seen[abs(d->ce[i])] = true;
    for (int e = 1; e < 2 * SDSE_EXPONENT_BIAS; e++) {
        if (!seen[e])
            continue;
        found.most = e - SDSE_EXPONENT_BIAS;
        if (!found.distinct++)
            found.least = found.most;
    }
    return found;
}

static enum sdse_status decompose(struct sdse_study *study,
                                  const struct sdse_smartdeal_setting *setting,
                                  unsigned threads, struct sdse_diags *diags) {
    if (study->decomposition.filters &&
        sdse_settings_decompose_alike(&study->setting, setting))
        return SDSE_OK;
    forget_decomposition(study);
    if (!sdse_settings_bisect_alike(setting, &study->setting))
        study->tried.count = 0;
    study->setting = *setting;
    const enum sdse_status status =
        sdse_decompose_again(study->weights, setting, threads, &study->tried,
                             study->stop, &study->decomposition, diags);
    if (status != SDSE_OK)
        return status;
    study->decompositions++;
    study->exponents = find_exponents(&study->decomposition);
    return SDSE_OK;
}

static void count_codes(const struct sdse_coded_layer *coded, struct counted *counted) {
    *counted = (struct counted){.shift_adds = sdse_rebuild_shift_adds(coded)};
    sdse_count_density(coded, &counted->density);
    for (uint64_t i = 0; !coded->raw && i < counted->density.entries; i++)
        if (coded->codes[i])
            counted->exponent_uses[abs(coded->codes[i]) - 1]++;
}

static void fill_measure(const struct sdse_coded_layer *coded,
                         const struct counted *counted,
                         const struct sdse_coding_error *error,
                         struct sdse_form_measure *m) {
    uint64_t each;
    m->raw = coded->raw;
    if (!sdse_weight_count(&coded->shape, &m->filters, &each, &m->weights))
        return; // a layer that was encoded has been counted before
    m->slicing = coded->slicing;
    m->blocks = m->filters * coded->slicing.blocks;
    m->counts = counted->density;
    m->density = sdse_density_ratio(m->counts.nonzeros, m->counts.entries);
    m->row_density = sdse_density_ratio(m->counts.live_rows, m->counts.rows);
    for (int i = 0; i < SDSE_SHARINGS; i++)
        m->joint_row_density[i] =
            sdse_density_ratio(m->counts.live_joint_rows[i], m->counts.joint_rows[i]);
    m->bits = sdse_stored_bits_of(coded, m->counts.nonzeros, m->counts.live_rows);
    m->stored_bits = sdse_stored_bits_total(&m->bits);
    m->compression =
        m->stored_bits ? 32.0 * (double)m->weights / (double)m->stored_bits : 0.0;
    m->shift_adds = counted->shift_adds;
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
    memcpy(m->exponent_uses, counted->exponent_uses, sizeof m->exponent_uses);
}

static enum sdse_status encode(struct sdse_study *study,
                               const struct sdse_smartdeal_setting *setting,
                               unsigned threads, struct sdse_coded_layer *coded,
                               struct sdse_coding_error *error,
                               struct sdse_form_measure *m) {
    const struct sdse_decomposition *d = &study->decomposition;
    const uint32_t window = sdse_setting_window(setting);
    const bool narrowed = study->narrowed.codes && study->narrowed.window == window;
    enum sdse_status status = SDSE_OK;
    if (!narrowed) {
        forget_window(study);
        status = sdse_narrow(study->weights, d, window, threads, &study->narrowed);
    }
    if (status == SDSE_OK)
        status = sdse_encode_narrowed(study->weights, d, &study->narrowed, setting,
                                      threads, coded, error);
    if (status == SDSE_OK && !narrowed)
        count_codes(coded, &study->counted);
    else if (status != SDSE_OK)
        forget_window(study); // what was not counted
    m->threshold = d->rule.threshold;
    m->pruned_rows = d->pruned_rows;
    m->passes = d->passes;
    m->exponent_min = study->exponents.least;
    m->exponent_max = study->exponents.most;
    m->exponents = study->exponents.distinct;
    return status;
}

enum sdse_status sdse_study_measure(struct sdse_study *study,
                                    const struct sdse_smartdeal_setting *setting,
                                    unsigned threads, struct sdse_form_measure *out,
                                    struct sdse_coded_layer *coded,
                                    struct sdse_diags *diags) {
    struct sdse_form_measure m = {0};
    struct sdse_coded_layer layer = {0};
    struct sdse_coding_error error = {0};
    struct counted raw;
    const struct counted *counted = &study->counted;
    if (coded)
        *coded = (struct sdse_coded_layer){0};
    enum sdse_status status;
    if (sdse_weights_stay_raw(&study->weights->shape, setting)) {
        status = sdse_encode_raw(study->weights, setting->weight_bits, &layer, &error,
                                 diags);
        if (status == SDSE_OK)
            count_codes(&layer, &raw);
        counted = &raw;
    } else {
        status = decompose(study, setting, threads, diags);
        if (status == SDSE_OK)
            status = encode(study, setting, threads, &layer, &error, &m);
    }
    if (status != SDSE_OK)
        return status;
    fill_measure(&layer, counted, &error, &m);
    if (coded)
        *coded = layer;
    else
        sdse_coded_free(&layer);
    *out = m;
    return SDSE_OK;
}
