// Trained networks in memories whose bits fail: their layers as they are stored.
#ifndef SDSE_SMARTDEAL_TRAIN_FAULT_H
#define SDSE_SMARTDEAL_TRAIN_FAULT_H

#include "smartdeal/coded.h"
#include "smartdeal/train/bucket.h"
#include "smartdeal/train/net.h"

// A layer in training as it is stored: non-zero coefficients behind a bit for each, B
// in 8 bits with a scale of 8 for each block, rebuilt to words of 8 bits. Its bases
// have been rounded (sdse_train_narrow). *out is to be freed by sdse_coded_free; empty
// on failure. SDSE_OK or SDSE_NO_MEMORY.
enum sdse_status sdse_train_coded(const struct sdse_bucket_layer *bucket,
                                  const struct sdse_net_layer *layer,
                                  struct sdse_coded_layer *out);

// Plain weights in words of 8 bits.
enum sdse_status sdse_train_coded_raw(const float *weights,
                                      const struct sdse_net_layer *layer,
                                      struct sdse_coded_layer *out);

#endif
