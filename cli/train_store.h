// Trainings as rows of a results database.
#ifndef SDSE_CLI_TRAIN_STORE_H
#define SDSE_CLI_TRAIN_STORE_H

#include "base/hash.h"
#include "cli/cli.h"
#include "smartdeal/train/train.h"

struct cli_trained {
    const struct sdse_train_plan *plan;
    const struct sdse_train_result *result;
    const char *const *method; // names, one for each of the plan's
    const char *network, *task;
    struct sdse_images train, test; // what was learnt
    double reference_accuracy;      // of the best float SGD; NAN
};

// Whether trainings could be added to the database, which is made if it is not there.
enum sdse_status cli_check_trainings(struct cli *cli, const char *path);

// Adds one training for each method, and its epochs, all or none; a training that is
// there already stays as it is.
enum sdse_status cli_store_trainings(struct cli *cli, const char *path,
                                     const struct cli_trained *trained);

#endif
