#include "smartdeal/setting.h"

#include <assert.h>
#include <math.h>
#include <string.h>

struct sdse_smartdeal_setting sdse_smartdeal_setting_default(void) {
    return (struct sdse_smartdeal_setting){
        .prune_group = 32,
        .threshold_mode = SDSE_THRESHOLD_ABSOLUTE,
        .threshold = 4e-3,
        .row_factor = 5.0,
        .iterations = 30,
        .tolerance = 1e-10,
        .max_coefficient = 32.0,
        .rank_tolerance = 1e-10,
        .decay = 0.5,
        .max_restarts = 20,
        .coefficient_bits = 4,
        .basis_bits = 8,
        .scale_bits = 8,
        .weight_bits = 8,
        .store = SDSE_STORE_ROW_INDEX,
    };
}

static bool zero_takes_a_code(enum sdse_zero_store store) {
    return store == SDSE_STORE_ROW_INDEX || store == SDSE_STORE_DENSE;
}

uint32_t sdse_setting_window(const struct sdse_smartdeal_setting *setting) {
    uint32_t bits = setting->coefficient_bits;
    if (!bits || bits > SDSE_MAX_COEFFICIENT_BITS)
        return 0;
    uint32_t window = UINT32_C(1) << (bits - 1);
    if (zero_takes_a_code(setting->store))
        window--;
    return window < SDSE_MAX_WINDOW ? window : SDSE_MAX_WINDOW;
}

// One field's domain, for the table of integers below.
struct domain {
    const char *check;
    uint32_t value, least, most;
    bool zero_is_auto;
};

static void check_integers(const struct sdse_smartdeal_setting *s, struct sdse_loc loc,
                           struct sdse_diags *diags) {
    const struct domain domains[] = {
        {"smartdeal-basis-size", s->basis_size, 2, SDSE_MAX_BASIS, true},
        {"smartdeal-rows-per-slice", s->rows_per_slice, 1, UINT32_MAX, true},
        {"smartdeal-prune-group", s->prune_group, 1, UINT32_MAX, false},
        {"smartdeal-iterations", s->iterations, 1, SDSE_MAX_ITERATIONS, false},
        {"smartdeal-max-restarts", s->max_restarts, 0, SDSE_MAX_RESTARTS_LIMIT, false},
        {"smartdeal-coefficient-bits", s->coefficient_bits, 1,
         SDSE_MAX_COEFFICIENT_BITS, false},
        {"smartdeal-basis-bits", s->basis_bits, 2, SDSE_MAX_BASIS_BITS, false},
        {"smartdeal-scale-bits", s->scale_bits, 1, 16, false},
        {"smartdeal-weight-bits", s->weight_bits, 2, SDSE_MAX_WEIGHT_BITS, false},
        {"smartdeal-run-bits", s->run_bits, 1, SDSE_MAX_RUN_BITS, true},
        {"smartdeal-store", (uint32_t)s->store, 0, SDSE_STORES - 1, false},
        {"smartdeal-prune", (uint32_t)s->prune, 0, SDSE_PRUNE_ENERGY, false},
        {"smartdeal-threshold-mode", (uint32_t)s->threshold_mode, 0,
         SDSE_THRESHOLD_SPARSITY, false},
    };
    for (size_t i = 0; i < sizeof domains / sizeof domains[0]; i++) {
        const struct domain *d = &domains[i];
        if ((d->zero_is_auto && !d->value) ||
            (d->value >= d->least && d->value <= d->most))
            continue;
        sdse_diag_add(diags, SDSE_ERROR, loc, d->check, "%s must be %s%u to %u, got %u",
                      d->check + 10, d->zero_is_auto ? "0 (automatic) or " : "",
                      d->least, d->most, d->value);
    }
}

static void check_reals(const struct sdse_smartdeal_setting *s, struct sdse_loc loc,
                        struct sdse_diags *diags) {
    bool sparsity = s->threshold_mode == SDSE_THRESHOLD_SPARSITY;
    if (!(s->threshold >= 0 && s->threshold <= (sparsity ? 0.9999 : 1e30))) {
        sdse_diag_add(diags, SDSE_ERROR, loc, "smartdeal-threshold",
                      "threshold must be %s, got %g",
                      sparsity ? "a sparsity of 0 to 0.9999" : "0 or more",
                      s->threshold);
    }
    bool fraction = s->prune == SDSE_PRUNE_POPULATION || s->prune == SDSE_PRUNE_ENERGY;
    if (s->prune != SDSE_PRUNE_NONE &&
        !(s->prune_amount >= 0 && s->prune_amount <= (fraction ? 1.0 : 1e30))) {
        sdse_diag_add(diags, SDSE_ERROR, loc, "smartdeal-prune-amount",
                      "prune_amount must be %s, got %g",
                      fraction ? "0 to 1" : "0 or more", s->prune_amount);
    }
    if (!(s->row_factor >= 0 && s->row_factor <= 1e30))
        sdse_diag_add(diags, SDSE_ERROR, loc, "smartdeal-row-factor",
                      "row_factor must be 0 or more, got %g", s->row_factor);
    if (!(s->tolerance >= 0))
        sdse_diag_add(diags, SDSE_ERROR, loc, "smartdeal-tolerance",
                      "tolerance must be 0 or more, got %g", s->tolerance);
    int exponent;
    if (!(s->max_coefficient >= 0x1p-60 && s->max_coefficient <= 0x1p60 &&
          frexp(s->max_coefficient, &exponent) == 0.5)) {
        sdse_diag_add(diags, SDSE_ERROR, loc, "smartdeal-max-coefficient",
                      "max_coefficient must be a power of two from 2^-60 to 2^60, "
                      "got %g",
                      s->max_coefficient);
    }
    if (!(s->rank_tolerance >= 0 && s->rank_tolerance < 1))
        sdse_diag_add(diags, SDSE_ERROR, loc, "smartdeal-rank-tolerance",
                      "rank_tolerance must be 0 to below 1, got %g", s->rank_tolerance);
    if (!(s->decay > 0 && s->decay < 1))
        sdse_diag_add(diags, SDSE_ERROR, loc, "smartdeal-decay",
                      "decay must be between 0 and 1, got %g", s->decay);
}

enum sdse_status sdse_setting_check(const struct sdse_smartdeal_setting *setting,
                                    struct sdse_loc loc, struct sdse_diags *diags) {
    size_t before = diags->errors;
    check_integers(setting, loc, diags);
    check_reals(setting, loc, diags);
    if (setting->coefficient_bits == 1 && zero_takes_a_code(setting->store) &&
        setting->store < SDSE_STORES)
        sdse_diag_add(diags, SDSE_ERROR, loc, "smartdeal-window",
                      "1-bit coefficients leave no exponent when zero takes a code: "
                      "use 2 bits, or an index that holds the zeros");
    return diags->errors > before ? SDSE_INVALID : SDSE_OK;
}

void sdse_setting_decomposition_key(const struct sdse_smartdeal_setting *s,
                                    double key[SDSE_DECOMPOSITION_KEYS]) {
    const bool prunes = s->prune != SDSE_PRUNE_NONE;
    const double read[] = {
        s->basis_size,
        s->rows_per_slice,
        s->depthwise,
        s->prune,
        prunes ? s->prune_amount : 0,
        prunes ? s->prune_group : 0,
        s->threshold_mode,
        s->row_sparsity,
        s->row_sparsity ? s->row_factor : 0,
        s->iterations,
        s->tolerance,
        s->max_coefficient,
        s->rank_tolerance,
        s->scale,
        s->scale ? s->decay : 0,
        s->scale ? s->max_restarts : 0,
        s->threshold,
    };
    static_assert(sizeof read / sizeof read[0] == SDSE_DECOMPOSITION_KEYS,
                  "a number for each");
    memcpy(key, read, sizeof read);
}

bool sdse_settings_decompose_alike(const struct sdse_smartdeal_setting *a,
                                   const struct sdse_smartdeal_setting *b) {
    double left[SDSE_DECOMPOSITION_KEYS], right[SDSE_DECOMPOSITION_KEYS];
    sdse_setting_decomposition_key(a, left);
    sdse_setting_decomposition_key(b, right);
    for (int i = 0; i < SDSE_DECOMPOSITION_KEYS; i++)
        if (left[i] != right[i])
            return false;
    return true;
}

bool sdse_settings_bisect_alike(const struct sdse_smartdeal_setting *a,
                                const struct sdse_smartdeal_setting *b) {
    struct sdse_smartdeal_setting aimed = *a;
    if (a->threshold_mode == SDSE_THRESHOLD_SPARSITY)
        aimed.threshold = b->threshold;
    return sdse_settings_decompose_alike(&aimed, b);
}
