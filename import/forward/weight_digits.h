// What a multiplier that takes weights one by one meets: digits of the words that an
// imported network's weights are.
#ifndef SDSE_IMPORT_FORWARD_WEIGHT_DIGITS_H
#define SDSE_IMPORT_FORWARD_WEIGHT_DIGITS_H

#include "import/onnx/onnx.h"

// Adds `weight_digits` to every layer with stored weights (of sdse_imported_workload):
// all encodings, of the words of `bits` bits [2 … SDSE_ACTIVATION_BITS] that plain
// weights are stored as, round(weight / 2^e) with the smallest e that fits
// (sdse_encode_raw).
//
// Returns SDSE_OK; SDSE_INVALID with diagnostics (weights that cannot be read, or are
// not finite); SDSE_NO_MEMORY; SDSE_IO.
enum sdse_status sdse_forward_weight_digits(struct sdse_imported *imported,
                                            uint32_t bits, struct sdse_diags *diags);

#endif
