// What trainings are called in pictures, and told apart by: their method and the words
// of v_training.settings.
#ifndef SDSE_RESULTS_LOOK_PLOT_TRAINING_NAMES_H
#define SDSE_RESULTS_LOOK_PLOT_TRAINING_NAMES_H

#include "results/look/draw/aspect.h"

// Of "sgd" and "finetune rate 0.1 dead zone 0.01" a name whose words are the method,
// the task, "rate=0.1" and "dead zone=0.01"; a blank within a word is the character 1.
// NULL when memory is out.
const char *sdse_training_name(const char *method, const char *settings,
                               struct sdse_arena *arena);

// Leaves out what all names share, and makes plain words of them. False when memory is
// out.
bool sdse_training_shorten(const char **names, size_t count, struct sdse_arena *arena);

// The values of one parameter of trainings by their names, as sdse_training_name makes
// them: "method", or the key of a setting ("rate", "dead zone"). SDSE_INVALID with a
// diagnostic [plot-parameter] that lists what there is.
enum sdse_status sdse_training_aspect_load(struct sdse_reader *reader,
                                           const char *const *names, size_t runs,
                                           const char *path, struct sdse_arena *arena,
                                           struct sdse_diags *diags,
                                           struct sdse_aspect *aspect);

#endif
