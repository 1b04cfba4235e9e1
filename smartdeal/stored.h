// A decomposed network in a file: every layer's packed sections under one checksum.
//
// Little-endian throughout. Version 1:
//
//     magic      8 bytes   "SDSEFORM"
//     version    u32       1
//     layers     u32
//     layers times:
//         name_bytes u32, name (UTF-8, no NUL)
//         groups, filters, channels, kernel_rows, kernel_columns   5 x u64
//         fully_connected, raw, store, coefficient_bits,
//         basis_bits, scale_bits, weight_bits, run_bits            8 x u8
//         window u32, lowest, top_scale, weight_exponent           3 x i32
//         basis_size u32, rows u64, rows_per_block u64
//         bits of the sections coefficients, index, basis, scale, raw   5 x u64
//         the sections, each padded with zero bits to a whole byte
//     checksum   16 bytes  XXH3-128 of everything before it, high half first
//
// Fields that a raw layer, or an index format, does not use are zero. There is one way
// to write a network, and nothing else is read: docs/smartdeal.md.
#ifndef SDSE_SMARTDEAL_STORED_H
#define SDSE_SMARTDEAL_STORED_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/output.h"
#include "smartdeal/coded.h"
#include "smartdeal/pack.h"

enum {
    SDSE_STORED_VERSION = 1,
    SDSE_STORED_MAX_LAYERS = 1 << 20,
    SDSE_STORED_MAX_NAME = 4096, // bytes
};

struct sdse_stored_layer {
    char *name;
    struct sdse_coded_layer coded;
};

// Plain data; sdse_stored_free frees the layers that sdse_stored_parse made, names
// included. Whoever fills one by hand frees it by hand.
struct sdse_stored_network {
    size_t layer_count;
    struct sdse_stored_layer *layers;
};

void sdse_stored_free(struct sdse_stored_network *network);

// The file's bytes, to be freed with free().
//
// Returns SDSE_OK, SDSE_NO_MEMORY, or SDSE_OVERFLOW if the network exceeds the limits
// above.
enum sdse_status sdse_stored_format(const struct sdse_stored_network *network,
                                    uint8_t **bytes, size_t *length);

// Reads what sdse_stored_format writes. Anything else is SDSE_INVALID with a diagnostic
// at `name`, and *out is empty:
//
//     stored-magic      not such a file
//     stored-version    of another version
//     stored-truncated  too short to be one
//     stored-checksum   the checksum is not that of the bytes
//     stored-header     a field out of its domain, or lengths that do not fit the file
//     stored-layer      sections that no packing writes (the sentence says why)
//
// No more than 512 bytes are allocated per byte of the file (64 codes per index bit).
enum sdse_status sdse_stored_parse(const uint8_t *bytes, size_t length,
                                   const char *name, struct sdse_stored_network *out,
                                   struct sdse_diags *diags);

// The same for a file at `path`, which diagnostics keep by pointer. What may be
// replaced is base/output.h's to say, and so are the diagnostics of writing. SDSE_IO
// with a diagnostic stored-open where reading fails.
extern const struct sdse_output_kind sdse_stored_kind;
enum sdse_status sdse_stored_save(const struct sdse_output_rules *rules,
                                  const struct sdse_stored_network *network,
                                  const char *path, struct sdse_diags *diags);
enum sdse_status sdse_stored_load(const char *path, struct sdse_stored_network *out,
                                  struct sdse_diags *diags);

#endif
