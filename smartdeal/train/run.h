// One training of one network by one method: float SGD, or bucket switching.
#ifndef SDSE_SMARTDEAL_TRAIN_RUN_H
#define SDSE_SMARTDEAL_TRAIN_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "smartdeal/pack.h"
#include "smartdeal/train/bucket.h"
#include "smartdeal/train/data.h"
#include "smartdeal/train/net.h"

enum {
    SDSE_TRAIN_SHARDS = 4, // parts of a batch, whatever the number of threads
    SDSE_TRAIN_MOST_BATCH = SDSE_TRAIN_SHARDS * SDSE_NET_SAMPLES,
    SDSE_TRAIN_BASIS_BITS = 8, // of the narrow form: a word of B, and a block's scale
};

// Some of the images.
struct sdse_subset {
    const struct sdse_images *images;
    size_t count;
    uint32_t *index;
};

struct sdse_train_method {
    bool smartdeal;               // else float SGD
    double learning_rate;         // at the start; constant to half of the steps, falls
                                  // linearly to 1 % at nine tenths, stays there
    double density;               // of non-zero coefficients at the start
    struct sdse_bucket_rule rule; // max_coefficient > 0
    const struct sdse_train_faults *faults; // asked in the end; NULL: none
};

// What the stored network is asked in the end: its accuracy where bits fail.
struct sdse_train_faults {
    size_t count;        // of rates
    const double *rates; // of each bit
    unsigned chips;      // means of so many; seeds 1 … chips [>= 1]
    bool restart;        // smartdeal/bit_errors.h
    unsigned sections;   // set of 1 << section that fail; plain words always do
};

struct sdse_train_setting {
    unsigned epochs;
    size_t batch;        // [1 … SDSE_TRAIN_MOST_BATCH]
    double momentum;     // of weights and biases that are plain
    double weight_decay; // of those
    uint64_t seed;       // of the order of the samples
    // Called after each row of epochs (number 0 too), from any thread; NULL = nobody
    // is.
    void (*epoch_done)(void *context);
    void *context;
};

// After an epoch; number 0 is before the first.
struct sdse_train_epoch {
    double loss;     // mean cross entropy over the epoch's training samples [nats]; NAN
                     // before the first
    double accuracy; // share of the test samples
    uint64_t model_bits;  // to store the network
    uint64_t narrow_bits; // the same with B in 8 bits and a scale of 8 for each block
    uint64_t state_bits;  // to train on: weights, momenta, counters
    uint64_t moved_bits;  // of weights and training state, in this epoch
    uint64_t switches;    // counters that reached the bar, in this epoch
};

// Trains `net` from `start`, which is left alone; with SmartDeal, from its
// decomposition (smartdeal/train/start.h).
//
// epochs            out: setting->epochs + 1 rows
// narrow_accuracy   out: in the end with B rounded to 8 bits; that of plain float SGD.
//                   With method->faults 1 + count numbers: then, at each rate, with
//                   failing bits of what is stored (plain words of 8 bits, or codes,
//                   index and B), rebuilt to words of 8 bits; biases do not fail
// end               out: the trained weights, unless NULL (values of the same net)
// threads           0 = as many as processors; any number gives the same bytes
//
// Biases are plain, 32 bits, in either method, and are counted. docs/training.md says
// what the bits count. SDSE_OK, SDSE_NO_MEMORY, or SDSE_OVERFLOW.
enum sdse_status
sdse_train_run(const struct sdse_net *net, const struct sdse_net_values *start,
               const struct sdse_train_setting *setting,
               const struct sdse_train_method *method, const struct sdse_subset *train,
               const struct sdse_subset *test, unsigned threads,
               struct sdse_train_epoch *epochs, double *narrow_accuracy,
               const struct sdse_net_values *end);

// Rounds a block's basis to 8 bits: at most 127 steps on each side, the step the
// smallest power of two for which that does.
void sdse_train_narrow(double *basis, uint32_t words);

// The learning rate's factor at a step of all steps.
double sdse_train_schedule(uint64_t step, uint64_t steps);

#endif
