// Numbers that a model made of another tool's file does not hold: they are read when
// they are asked for, so that memory has those of one tensor at a time.
#ifndef SDSE_IMPORT_ONNX_LENT_H
#define SDSE_IMPORT_ONNX_LENT_H

#include <onnx/onnx.pb-c.h>
#include <stdbool.h>

#include "base/diag.h"
#include "base/status.h"
#include "smartdeal/array.h"

struct sdse_onnx_lender {
    // The only one in the tensor's external_data, told from a file's by its place.
    Onnx__StringStringEntryProto entry;
    Onnx__StringStringEntryProto *list[1];
    uint32_t bits; // that the file stores of each number
    // As many numbers as the tensor's extents multiply to, in C order; the caller owns
    // *out. Returns SDSE_OK; SDSE_INVALID or SDSE_IO with a diagnostic; SDSE_NO_MEMORY.
    enum sdse_status (*read)(const struct sdse_onnx_lender *lender,
                             struct sdse_array *out, struct sdse_diags *diags);
};

// Makes a tensor of f32 without numbers one whose numbers `lender` reads, or, where
// they are in the tensor already (`read` is NULL), one that says how wide they are
// stored. bits and read are set; the lender lives as long as the tensor, and copies of
// the tensor share it.
void sdse_onnx_lend(Onnx__TensorProto *tensor, struct sdse_onnx_lender *lender);

// The tensor's; NULL: it is as its file has it. No file can make one.
const struct sdse_onnx_lender *sdse_onnx_lender(const Onnx__TensorProto *tensor);

// Whether its numbers are elsewhere.
bool sdse_onnx_is_lent(const Onnx__TensorProto *tensor);
// Reads them, in the tensor's shape; as `read` does.
enum sdse_status sdse_onnx_lent_read(const Onnx__TensorProto *tensor,
                                     struct sdse_array *out, struct sdse_diags *diags);

#endif
