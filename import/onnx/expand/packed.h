// Private to import/onnx/expand: weights packed into bytes, a few bits each.
#ifndef SDSE_IMPORT_ONNX_EXPAND_PACKED_H
#define SDSE_IMPORT_ONNX_EXPAND_PACKED_H

#include "import/onnx/expand/rewrite.h"

// Element types newer than the onnx.proto we build with.
enum {
    SDSE_NBITS_E4M3 = 17,
    SDSE_NBITS_UINT4 = 21,
    SDSE_NBITS_E2M1 = 23,
    SDSE_NBITS_E8M0 = 24,
    SDSE_NBITS_UINT2 = 25,
};

// Weights [N][K] of `bits` each, in rows of blocks: the last block of a row is padded.
struct sdse_nbits {
    int64_t k, n, block, blocks, bits;
    int32_t type;
    uint32_t weights, scales, zeros, groups; // inputs; SDSE_ONNX_NONE: left out
};

// What a node's attributes say of weights with `n` rows. False: they are not packed in
// a way that is read.
bool sdse_nbits_read(const struct sdse_rewrite *w, int64_t n, struct sdse_nbits *out);

// The real weights [N][K], written as nodes; NULL if what the node reads does not fit.
const char *sdse_nbits_write(struct sdse_rewrite *w, const struct sdse_nbits *p);

// Input i as bytes, if it is a stored constant of so many; else NULL.
const Onnx__TensorProto *sdse_nbits_bytes(const struct sdse_rewrite *w, uint32_t i,
                                          uint64_t count);

#endif
