// Compressed forms of a tensor, exactly as packed.
//
// The tensor is a matrix [rows][cols], a row-major stream unless said; n = rows * cols.
//
//   none     n values
//   bitmap   one bit per element, and the non-zeros
//   coo      per non-zero: ceil(log2 rows) + ceil(log2 cols) bits (0 for an extent of
//   1) rle      entries (run, value): the run, of run_bits r, counts the zeros before
//   the
//            value and continues over row ends; 2^r zeros in a row make a padding entry
//            (run 2^r - 1, value 0). Zeros after the last non-zero: not stored if
//            trailing is DROP, ceil(zeros / 2^r) entries that end in a zero if it is
//            EMIT [chosen]
//   csc      column-major; cols + 1 pointers of ceil(log2(n + 1)) bits, a row index of
//            ceil(log2 rows) bits per non-zero
//   csc_run  the same pointers, which count entries [chosen]; for the index a run of
//            r bits that restarts in every column, padding entries as above, nothing
//            after a column's last non-zero
// Sources: Chen et al., Eyeriss, ISCA 2016 (rle: r = 5, 16-bit values, three pairs in
// 64 bits); Eyeriss v2 (csc with runs).
#ifndef SDSE_ENGINES_COMPRESSED_H
#define SDSE_ENGINES_COMPRESSED_H

#include "engines/engine.h"

// One table: enum and the name files use.
#define SDSE_PACKING_MAP(X) \
    X(NONE, "none")         \
    X(BITMAP, "bitmap")     \
    X(RLE, "rle")           \
    X(COO, "coo")           \
    X(CSC, "csc")           \
    X(CSC_RUN, "csc_run")

enum sdse_packing {
#define SDSE_PACKING_ENUM(name, text) SDSE_PACKING_##name,
    SDSE_PACKING_MAP(SDSE_PACKING_ENUM)
#undef SDSE_PACKING_ENUM
        SDSE_PACKINGS
};

enum sdse_trailing { SDSE_TRAILING_DROP, SDSE_TRAILING_EMIT };

struct sdse_compressed {
    enum sdse_packing packing;
    uint32_t value_bits;         // of a stored value, >= 1
    uint32_t word_bits;          // of a memory's word, >= 1
    uint32_t run_bits;           // rle, csc_run: 1 .. 32
    enum sdse_trailing trailing; // rle
    uint32_t pairs_per_word; // (run, value) pairs packed in a word; 0: not packed so
};

#define SDSE_COMPRESSED_COUNTS(X)                          \
    X(entries, "values stored, padding included [values]") \
    X(nonzero, "elements that are not zero [elements]")    \
    X(value_bits, "entries * bits of a value [bits]")      \
    X(meta_bits, "bitmap, runs, indices, pointers [bits]") \
    X(bits, "value_bits + meta_bits [bits]")               \
    X(value_words, "ceil(value_bits / word_bits) [words]") \
    X(meta_words, "ceil(meta_bits / word_bits), in words of their own [words]")

// packed_words: ceil(entries / pairs_per_word), 0 where pairs_per_word is. [words]
struct sdse_compressed_counts {
    SDSE_COMPRESSED_COUNTS(SDSE_COUNT_FIELD)
    uint64_t packed_words;
};

const char *sdse_compressed_fault(const struct sdse_compressed *format);

// matrix [rows][cols]. A matrix without elements has no entries (csc: still pointers).
enum sdse_status sdse_compressed_count(const struct sdse_compressed *format,
                                       const int32_t *matrix, uint64_t rows,
                                       uint64_t cols,
                                       struct sdse_compressed_counts *counts);

// Bits beside the values of a matrix [rows][cols] with `entries` stored values.
// Returns false, leaving *bits alone, if they exceed 64 bits.
bool sdse_compressed_meta_bits(const struct sdse_compressed *format, uint64_t rows,
                               uint64_t cols, uint64_t entries, uint64_t *bits);

#endif
