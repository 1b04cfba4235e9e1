// The text header of a .npy file: a Python dictionary with three known keys.
#ifndef SDSE_SMARTDEAL_NPY_HEADER_H
#define SDSE_SMARTDEAL_NPY_HEADER_H

#include "base/diag.h"
#include "smartdeal/array.h"

struct sdse_npy_header {
    enum sdse_dtype dtype;
    bool big_endian;
    bool fortran_order; // the first index varies fastest
    unsigned rank;
    uint64_t shape[SDSE_ARRAY_MAX_RANK];
};

// Parses {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } of `length` bytes,
// padded with blanks. Every key must appear exactly once, in any order. Returns false,
// with a diagnostic at the file, if it is anything else.
bool sdse_npy_header_parse(const char *text, size_t length, const char *file,
                           struct sdse_npy_header *out, struct sdse_diags *diags);

#endif
