// NumPy's .npy files: one array, its type and shape in a text header.
//
// Read: format versions 1, 2 and 3; f16, f32, f64, int8, uint8, int16, uint16 and int32
// of either byte order; C and Fortran order. Written: version 1, little-endian f32, C
// order.
//
// A malformed file is a diagnostic at the file (check names below), never a crash, and
// nothing is allocated before the file has been found to hold what its header claims.
//
//     npy-open      cannot be opened, or is not a regular file
//     npy-magic     does not begin with \x93NUMPY
//     npy-version   a format version other than 1, 2, 3
//     npy-header    the header is not the dictionary it should be, or is cut off
//     npy-dtype     an element type that is not read here
//     npy-shape     too many dimensions, or more elements than 64 bits count
//     npy-length    fewer or more bytes than the shape needs
//     npy-range     f64 values beyond the range of f32
//
// Source: the format's description in NumPy (NEP 1 and numpy.lib.format).
#ifndef SDSE_SMARTDEAL_NPY_H
#define SDSE_SMARTDEAL_NPY_H

#include <stddef.h>

#include "base/diag.h"
#include "base/output.h"
#include "base/status.h"
#include "smartdeal/array.h"

// Reads the array in the file at `path`. The caller owns *out.
//
// Returns SDSE_OK; SDSE_INVALID with diagnostics if the file is missing or malformed;
// SDSE_NO_MEMORY; SDSE_IO if reading failed midway. On failure *out is left alone.
// `path` is kept by pointer in the diagnostics.
enum sdse_status sdse_npy_read(const char *path, struct sdse_array *out,
                               struct sdse_diags *diags);

// Like sdse_npy_read, but only the header: type and shape, out->data = NULL. The file's
// length is checked too.
enum sdse_status sdse_npy_read_shape(const char *path, struct sdse_array *out,
                                     struct sdse_diags *diags);

// Like sdse_npy_read, for a file that is already in memory; `name` stands for its path.
enum sdse_status sdse_npy_parse(const void *bytes, size_t length, const char *name,
                                struct sdse_array *out, struct sdse_diags *diags);

// Writes a little-endian f32 array in C order, format version 1. rank <=
// SDSE_ARRAY_MAX_RANK; data has as many elements as the shape says.
//
// What may be replaced is base/output.h's to say, and so are its diagnostics. Returns
// SDSE_OK; SDSE_INVALID or SDSE_IO with a diagnostic, what was there is kept;
// SDSE_OVERFLOW if the shape's product exceeds 64 bits.
enum sdse_status sdse_npy_write(const struct sdse_output_rules *rules, const char *path,
                                unsigned rank, const uint64_t *shape, const float *data,
                                struct sdse_diags *diags);

// Whether one may be written there: base/output.h's sdse_output_check.
enum sdse_status sdse_npy_check(const struct sdse_output_rules *rules, const char *path,
                                struct sdse_diags *diags);

#endif
