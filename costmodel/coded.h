// Bits of a word of a tensor under a memory's format.
//
//     none        value
//     bitmap      density * value + 1
//     run_length  tokens * (value + run), tokens = density / (1 - (1 -
//     density)^(2^run))
//     coo, csc, csc_run   as engines/compressed.h packs a matrix of rows x columns
//     words nm          N of M words of a row (engines/structured.h), or plain
//
// A run-length token is a run of up to 2^run - 1 zeros and a value; a longer run spends
// a token on a zero; the stream is long. Zeros are independent, except that words
// rebuilt from a SmartDeal form are zero in rows of n: then, with z = 1 - density and
// B = 2^run,
//
//     tokens = density / n * (n + sum over b = 1 .. n of z^ceil(b B / n) / (1 - z^B))
//
// The matrix: a row for each channel (weights and outputs: filter), a column for each
// place (input channel and tap; pixel), each sample one of its own; cut into pieces of
// the format's rows x columns, which are packed each by itself.
// Source: derived here; checked against coded streams and packed tensors in
// tests/unit/test_coded.c.
#ifndef SDSE_COSTMODEL_CODED_H
#define SDSE_COSTMODEL_CODED_H

#include "base/status.h"
#include "spec/types/arch.h"
#include "spec/types/form.h"
#include "spec/types/word_bits.h"
#include "spec/types/workload.h"

// Bits of a word of a layer's tensor (sdse_layer_word_bits) where the weights may be in
// a form: its words have `bits`, whatever they were made of.
static inline uint32_t sdse_formed_bits(const struct sdse_layer *layer,
                                        enum sdse_tensor tensor,
                                        const struct sdse_weight_form *form,
                                        uint32_t bits) {
    const bool formed =
        layer->kind != SDSE_MATMUL && form && (form->smartdeal || form->first);
    return formed ? bits : sdse_layer_word_bits(layer, tensor, bits);
}

// The words of a tensor, as formats see them.
struct sdse_words {
    uint64_t rows, columns; // of one sample [words, >= 1]
    double density;         // words that are not zero, 0 .. 1
    uint32_t together;      // words along a row of the matrix that are zero together
    bool plain;             // the layer says that they are not coded
    enum sdse_layer_kind kind;
};

// Of a layer's tensor; form: that its weights were rebuilt from, or NULL.
struct sdse_words sdse_words_of(const struct sdse_layer *layer, enum sdse_tensor tensor,
                                const struct sdse_weight_form *form);

// Whether a memory codes these words at all.
bool sdse_words_coded(const struct sdse_format *format, double value_bits,
                      const struct sdse_words *words);

// *bits: expected, of one word; *place: of one word's place in the memory, the most it
// can take if the format provides for the worst, else the same. value_bits: of a word,
// whole. SDSE_OVERFLOW, leaving both alone: pointers or coordinates exceed 64 bits.
enum sdse_status sdse_coded_bits(const struct sdse_format *format, double value_bits,
                                 const struct sdse_words *words, double *bits,
                                 double *place);

#endif
