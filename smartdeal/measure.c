#include "smartdeal/measure.h"

#include "smartdeal/study.h"

enum sdse_status sdse_measure_layer(const struct sdse_layer_weights *weights,
                                    const struct sdse_smartdeal_setting *setting,
                                    unsigned threads, struct sdse_form_measure *out,
                                    struct sdse_coded_layer *coded,
                                    struct sdse_diags *diags) {
    struct sdse_study *study = sdse_study_new(weights);
    if (coded)
        *coded = (struct sdse_coded_layer){0};
    const enum sdse_status status =
        study ? sdse_study_measure(study, setting, threads, out, coded, diags)
              : SDSE_NO_MEMORY;
    sdse_study_free(study);
    return status;
}
