// The two passes over a language model's layers: one writes layers, one edges.
#ifndef SDSE_IMPORT_LANGUAGE_WRITER_H
#define SDSE_IMPORT_LANGUAGE_WRITER_H

#include "import/language/language.h"

// Operations of the vector unit for each word that comes out: mean, variance, scale and
// shift; mean of squares and scale; two products and a sum.
enum { SDSE_LAYER_NORM = 7, SDSE_RMS_NORM = 4, SDSE_ROTATION = 3 };

struct sdse_language_writer {
    const struct sdse_language_request *request;
    const struct sdse_language_model *model;
    FILE *out;
    uint64_t rows; // of a layer with weights: tokens that go through, of all sequences
    uint64_t sequences; // of all lengths
    bool edges;         // is writing them: not layers
};

// A layer, in the pass that writes layers; an edge, in the one that writes edges. What
// stands between the braces.
void sdse_language_layer(const struct sdse_language_writer *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void sdse_language_edge(const struct sdse_language_writer *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// "l3.q" of all rows. more: further keys, each with ", " before it.
void sdse_language_fc(const struct sdse_language_writer *w, uint32_t block,
                      const char *name, uint64_t in, uint64_t out, const char *more);
// A normalisation of each row, fused unless it is the first layer; a sum of `maps`.
void sdse_language_norm(const struct sdse_language_writer *w, const char *name,
                        bool fused);
void sdse_language_add(const struct sdse_language_writer *w, const char *name,
                       uint32_t maps);

// Queries, keys and values of what `from` puts out, to the sum behind the heads: the
// layer l.out puts it out.
void sdse_language_attend(const struct sdse_language_writer *w, uint32_t block,
                          const char *from);
// Keys that `rows` queries from row `first` on of a sequence of `tokens` attend to.
uint64_t sdse_language_keys(const struct sdse_language_request *request, uint32_t block,
                            uint64_t tokens, uint64_t first, uint64_t rows);

// From l.add1 to l.add2: a dense network, or a router and experts.
void sdse_language_feed(const struct sdse_language_writer *w, uint32_t block);
// Experts of a block that some token meets.
uint64_t sdse_language_experts_met(const struct sdse_language_writer *w);

#endif
