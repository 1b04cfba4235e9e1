// Private to import/tflite/: a model while its operators become layers.
#ifndef SDSE_IMPORT_TFLITE_READING_H
#define SDSE_IMPORT_TFLITE_READING_H

#include "base/text.h"
#include "import/tflite/model.h"
#include "import/tflite/tflite.h"

// Why weights are not written.
enum {
    SDSE_TFLITE_UNREAD_PHASES,
    SDSE_TFLITE_UNREAD_TYPE,
    SDSE_TFLITE_UNREAD_MADE,
    SDSE_TFLITE_UNREAD_MIXED,
    SDSE_TFLITE_UNREADS
};

struct sdse_tflite_reader {
    struct tflite_model m;
    struct sdse_tflite *out;
    struct sdse_text layers, left_out;
    size_t count, left_out_count; // layers, but for those that move words: products
    const char **name;            // [operators] of layers and what is left out; NULL
    size_t unread[SDSE_TFLITE_UNREADS]; // layers whose weights are not written, for
                                        // each reason
    const char *first_unread[SDSE_TFLITE_UNREADS];
    size_t skipped; // operators that move words, of shapes that are not known
    const char *first_skipped;
    enum sdse_status status;
};

// --- tflite.c: each false or nothing where r->status says why ---

// Reports what is wrong with a layer; false.
bool sdse_tflite_refuse(struct sdse_tflite_reader *r, const char *check,
                        const char *layer, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool sdse_tflite_bad_shape(struct sdse_tflite_reader *r, const char *layer,
                           const char *what);
// Whether an operator has as many samples as the model's first input; refused if not.
bool sdse_tflite_has_batch(struct sdse_tflite_reader *r, const char *name,
                           uint64_t samples);
// Whether an operator is an LSTM or RNN in any form, or SVDF.
bool sdse_tflite_recurs(const struct tflite_operator *op);
// Begins the layer's line: its name.
void sdse_tflite_begin_layer(struct sdse_tflite_reader *r, const char *name);
// Counts a layer whose weights are not written.
void sdse_tflite_leave_unread(struct sdse_tflite_reader *r, int why, const char *name);
// The layer's weights: dimension from[i] of the constant is the i-th of `rank`, the
// others are 1. Scales go along with theirs.
//
// A tensor that is no constant but made of constants is counted as not written; one
// that the model's inputs make is no weights. Ranks above 4 have the dimensions from
// the second to the last but two in one: channels, for each tap of a depth.
bool sdse_tflite_add_weights(struct sdse_tflite_reader *r, const char *name,
                             const char *kind, const struct tflite_tensor *weights,
                             unsigned rank, const unsigned *from);

// --- recurrent.c ---

// Layers of an LSTM or RNN in any form, or of SVDF. *why: there are none, for this
// reason, which is to be said of what is left out; NULL: they are added. False: memory
// is out, or weights are refused.
bool sdse_tflite_add_recurrent(struct sdse_tflite_reader *r,
                               const struct tflite_operator *op, const char *name,
                               const char **why);
bool sdse_tflite_add_svdf(struct sdse_tflite_reader *r,
                          const struct tflite_operator *op, const char *name,
                          const char **why);

// --- stack.c ---

enum { TFLITE_MOST_MATRICES = 8 };

// Columns `from` … of a matrix of known extents, a row for each output; of several
// all columns, which are as many.
struct tflite_matrix {
    const struct tflite_tensor *tensor;
    uint64_t from, columns;
};

// The weights of an fc: the rows of 1 … TFLITE_MOST_MATRICES matrices, one below the
// other, each with its own scales.
bool sdse_tflite_add_stack(struct sdse_tflite_reader *r, const char *name,
                           const struct tflite_matrix *part, size_t count);
// A matrix [filters * channels][taps] as filters of one row each.
bool sdse_tflite_add_filters(struct sdse_tflite_reader *r, const char *name,
                             const char *kind, const struct tflite_tensor *matrix,
                             uint64_t filters);

// --- moves.c: operators that multiply nothing ---

// Whether the operator is a layer that moves words.
bool sdse_tflite_is_move(struct sdse_tflite_reader *r,
                         const struct tflite_operator *op);
// Adds it; false when memory is out.
bool sdse_tflite_add_move(struct sdse_tflite_reader *r,
                          const struct tflite_operator *op, const char *name);
// Counts one that is no layer: its shapes are not known, or contradict each other.
// True.
bool sdse_tflite_skip_move(struct sdse_tflite_reader *r, const char *name);

// --- edges.c ---

// `edges` of the network whose file is `yaml` without them, or "", in r's arena; warns
// of what has none. NULL when memory is out.
const char *sdse_tflite_edges(struct sdse_tflite_reader *r, const char *yaml);

// --- products.c ---

// Ends the line of an fc: rows of `in` words by in x out weights, of one sample and
// step; steps [>= 1] that follow one another.
void sdse_tflite_end_product(struct sdse_tflite_reader *r, uint64_t in, uint64_t out,
                             uint64_t rows, uint64_t steps);
// FULLY_CONNECTED, and BATCH_MATMUL: an fc where its right operand is one constant.
bool sdse_tflite_add_connected(struct sdse_tflite_reader *r,
                               const struct tflite_operator *op, const char *name);
bool sdse_tflite_add_matmul(struct sdse_tflite_reader *r,
                            const struct tflite_operator *op, const char *name);

// --- windows.c ---

bool sdse_tflite_add_conv(struct sdse_tflite_reader *r,
                          const struct tflite_operator *op, const char *name);
bool sdse_tflite_add_conv3d(struct sdse_tflite_reader *r,
                            const struct tflite_operator *op, const char *name);
bool sdse_tflite_add_transposed(struct sdse_tflite_reader *r,
                                const struct tflite_operator *op, const char *name);
// A pool; one whose window is not that of its shapes is skipped.
bool sdse_tflite_add_pool(struct sdse_tflite_reader *r,
                          const struct tflite_operator *op, const char *name);

#endif
