// An ONNX file as protobuf structs, after its bytes have been found safe to unpack.
#ifndef SDSE_IMPORT_ONNX_FILE_H
#define SDSE_IMPORT_ONNX_FILE_H

#include <stddef.h>

#include <onnx/onnx.pb-c.h>

#include "base/diag.h"
#include "base/status.h"

// Reads and unpacks the model at `path`. Release with sdse_onnx_file_free.
//
// Checks: onnx-open (cannot be opened, or is not a regular file), onnx-protobuf (not a
// protobuf message of this kind, or cut off), onnx-nesting (messages nested deeper than
// any real model's), onnx-messages (more messages than any real model has). Returns
// SDSE_OK, SDSE_INVALID with diagnostics at the file, SDSE_NO_MEMORY or SDSE_IO.
enum sdse_status sdse_onnx_file_read(const char *path, Onnx__ModelProto **out,
                                     struct sdse_diags *diags);

// Like sdse_onnx_file_read, for bytes in memory; `name` stands for the path.
enum sdse_status sdse_onnx_file_parse(const void *bytes, size_t length,
                                      const char *name, Onnx__ModelProto **out,
                                      struct sdse_diags *diags);

// NULL is fine.
void sdse_onnx_file_free(Onnx__ModelProto *model);

#endif
