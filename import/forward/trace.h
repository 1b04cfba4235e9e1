// Statistics of what an imported network's layers read, on given inputs.
#ifndef SDSE_IMPORT_FORWARD_TRACE_H
#define SDSE_IMPORT_FORWARD_TRACE_H

#include "import/forward/inputs.h"

// Runs the network and writes the statistics into its layers that multiply
// (`activations` of sdse_imported_workload).
//
// The numbers counted are integers, as a multiplier sees them:
//
//     an integer product's operand (QLinearConv, ConvInteger, QLinearMatMul,
//     MatMulInteger): stored integer - zero point
//     a real operand that DequantizeLinear made by one scale, also behind operators
//     that only choose among its numbers: value / scale, which is a whole number
//     any other real operand: round(value / scale), ties to even, scale = largest
//     magnitude over all inputs / (2^(bits-1) - 1), signed; 1 where all are 0
//
// Of the first two `bits` and `signed` are the fewest that hold every integer of the
// type, zero point taken off (uint8 and zero point 0: 8 unsigned; 128: 8 signed; 3: 9
// signed); wider than SDSE_ACTIVATION_BITS they are taken as real numbers.
//
// A row is one channel's along the width; matrices have a width of 1. Of a transposed
// convolution every phase has the whole map's statistics; where taps of the depth are
// channels, each has its channel's. Of a product of activations it is the left operand,
// without channels.
//
// bits      of real operands [2 … SDSE_ACTIVATION_BITS]
// threads   0: as many as processors; results do not depend on it
//
// Returns SDSE_OK; SDSE_INVALID with diagnostics (import/forward/run.h, inputs.h);
// SDSE_NO_MEMORY; SDSE_IO.
enum sdse_status sdse_forward_trace(struct sdse_imported *imported,
                                    const struct sdse_forward_inputs *inputs,
                                    uint32_t bits, unsigned threads,
                                    struct sdse_diags *diags);

#endif
