// A small ONNX model and its inputs, in the scratch folder.
#ifndef SDSE_TESTS_CLI_MODEL_H
#define SDSE_TESTS_CLI_MODEL_H

#include <stddef.h>
#include <stdint.h>

void write_bytes(const char *name, const void *bytes, size_t length);

// x -> Conv 4x3x3x3 -> Relu -> `op` -> Flatten -> Gemm 5x64; batch 0 is left open.
void write_model(const char *name, const char *op, int64_t batch);
// x 1x4 -> a product with a sum of constants, which nothing works out, and one without.
void write_model_left_out(const char *name);
// So many samples of x.
void write_inputs(const char *name, uint64_t runs, unsigned seed);

#endif
