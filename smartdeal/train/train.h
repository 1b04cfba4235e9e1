// Training on a device, as the SmartDeal release measures it: a network trained on one
// part of the data goes on to another part, by several methods from the same start.
#ifndef SDSE_SMARTDEAL_TRAIN_TRAIN_H
#define SDSE_SMARTDEAL_TRAIN_TRAIN_H

#include <stddef.h>

#include "base/status.h"
#include "smartdeal/train/data.h"
#include "smartdeal/train/net.h"
#include "smartdeal/train/run.h"

enum sdse_train_task {
    SDSE_TRAIN_ADAPT,    // classes 0 … 4 first, then 5 … 9 with a new last layer
    SDSE_TRAIN_FINETUNE, // one half of the images, drawn by chance, then the other
    SDSE_TRAIN_FULL,     // all images, from a random start
};

struct sdse_train_plan {
    struct sdse_net net;
    enum sdse_train_task task;
    struct sdse_train_setting setting;
    double source_rate; // learning rate of the first part, which is float SGD
    size_t limit;       // most samples of a part, and of its test; 0 = all
    const struct sdse_train_method *methods;
    size_t method_count;
    unsigned threads; // 0 = as many as processors; any number gives the same bytes
};

struct sdse_train_result {
    size_t epochs;                   // rows of one training: one more than its epochs
    struct sdse_train_epoch *source; // of the first part; NULL for the full task
    struct sdse_train_epoch *target; // methods x epochs
    double *narrow_accuracy;         // one for each method (smartdeal/train/run.h)
    double *faulty_accuracy;         // methods x rates of their faults, which are the
                                     // same of all; NULL without
};

// Runs a plan; methods run side by side. Both sets have the same sides, those of the
// net. SDSE_OK, SDSE_NO_MEMORY, SDSE_OVERFLOW, or SDSE_INVALID if a part of the data
// has no sample. *out is to be freed after any.
enum sdse_status sdse_train(const struct sdse_train_plan *plan,
                            const struct sdse_images *train,
                            const struct sdse_images *test,
                            struct sdse_train_result *out);

void sdse_train_result_free(struct sdse_train_result *result);

#endif
