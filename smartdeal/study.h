// One layer's weights under many settings: what these have in common is done once. It
// remembers the last of each step, so settings that decompose alike, and among them
// those of one window, should follow each other.
#ifndef SDSE_SMARTDEAL_STUDY_H
#define SDSE_SMARTDEAL_STUDY_H

#include <stdatomic.h>

#include "smartdeal/measure.h"

struct sdse_study;

// A study of `weights`, which must outlive it. NULL when memory is out. Free with
// sdse_study_free.
struct sdse_study *sdse_study_new(const struct sdse_layer_weights *weights);

// Measurements end with SDSE_INTERRUPTED soon after *stop is set by another thread or a
// signal; NULL, as it begins: never.
void sdse_study_stop_at(struct sdse_study *study, const atomic_bool *stop);

void sdse_study_free(struct sdse_study *study);

// What sdse_measure_layer gives, to the last bit.
enum sdse_status sdse_study_measure(struct sdse_study *study,
                                    const struct sdse_smartdeal_setting *setting,
                                    unsigned threads, struct sdse_form_measure *out,
                                    struct sdse_coded_layer *coded,
                                    struct sdse_diags *diags);

// An order in which a study repeats little: less than 0, 0 or more, as for qsort.
int sdse_study_order(const struct sdse_smartdeal_setting *a,
                     const struct sdse_smartdeal_setting *b);

// Decompositions made so far.
uint64_t sdse_study_decompositions(const struct sdse_study *study);

#endif
