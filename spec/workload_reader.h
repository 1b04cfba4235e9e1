// Private to spec/: what the readers of layers share.
#ifndef SDSE_SPEC_WORKLOAD_READER_H
#define SDSE_SPEC_WORKLOAD_READER_H

#include "spec/checks.h"
#include "spec/tree.h"
#include "spec/types/workload.h"

enum { SDSE_LARGEST_SIZE = 1u << 30 }; // of one size of a layer
enum { SDSE_MOST_ADDENDS = 64 };       // of a layer that multiplies

// Layers as written; a conv with a 1 x 1 kernel becomes SDSE_CONV1X1.
enum sdse_written {
    SDSE_WRITTEN_CONV,
    SDSE_WRITTEN_DWCONV,
    SDSE_WRITTEN_FC,
    SDSE_WRITTEN_MATMUL,
    SDSE_WRITTEN_DECONV,
    SDSE_WRITTEN_CONV1D,
    SDSE_WRITTEN_CONV3D,
    SDSE_WRITTEN_POOL,
    SDSE_WRITTEN_ADD,
    SDSE_WRITTEN_NORM,
    SDSE_WRITTEN_SOFTMAX,
    SDSE_WRITTEN_ACT,
    SDSE_WRITTEN_WGRAD,
    SDSE_WRITTEN_UPDATE,
    SDSE_WRITTEN_LSTM,
    SDSE_WRITTEN_GRU,
    SDSE_WRITTEN_KINDS
};

// One layer of the file, and the layers it amounts to.
struct sdse_layer_reader {
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    const struct sdse_node *map; // of the layer
    uint64_t batch;              // of the workload
    enum sdse_written kind;
    struct sdse_layer *layer; // the first; what its readers fill in
    bool sizes_broken;        // some size could not be read: nothing to compare
    bool out_of_memory;
    // Layers beside the first: the other phases of a transposed convolution, the
    // products of states and the gates of a recurrent layer.
    struct sdse_layer *more;
    size_t more_count;
};

// A count under `key`; `fallback` 0 makes the key required.
uint64_t sdse_layer_count(struct sdse_layer_reader *r, const char *key,
                          uint64_t fallback);
// A list of exactly `count` whole numbers from `least`.
bool sdse_layer_list(struct sdse_layer_reader *r, const struct sdse_node *list,
                     size_t count, uint64_t least, const char *meaning, uint64_t *out);
// The place of `key`, or of the layer.
struct sdse_loc sdse_layer_place(const struct sdse_layer_reader *r, const char *key);

// Fill in the nest of a convolution of one, two or three dimensions or a pool, of a
// transposed convolution, and of a layer that works word by word.
void sdse_layer_read_conv(struct sdse_layer_reader *r);
void sdse_layer_read_deconv(struct sdse_layer_reader *r);
void sdse_layer_read_words(struct sdse_layer_reader *r);
void sdse_layer_read_recurrent(struct sdse_layer_reader *r);

// What an update moves for each of its weights.
void sdse_layer_read_update(struct sdse_layer_reader *r);

// What is known of the layer's inputs (`activations`).
void sdse_layer_read_activations(struct sdse_layer_reader *r);
// What is known of the words of its weights (`weight_digits`).
void sdse_layer_read_weight_digits(struct sdse_layer_reader *r);

// Of statistics in general. The `mark` of a map: one of the file's own, or NULL;
// without one, or "unmarked", it is refused under `check`.
const char *sdse_read_statistics_mark(const struct sdse_node *map, const char *check,
                                      const char *what, struct sdse_diags *diags);
// Numbers in proportion to the values with 0, 1, … digits.
void sdse_read_digits(const struct sdse_node *map, const char *check,
                      struct sdse_diags *diags, unsigned bins[SDSE_ENCODINGS],
                      double digits[SDSE_ENCODINGS][SDSE_ACTIVATION_DIGITS + 1]);
// A density for each channel, left alone if one is refused. False if memory is out.
bool sdse_read_channels(const struct sdse_node *list, struct sdse_arena *arena,
                        struct sdse_diags *diags, size_t *channels,
                        const double **channel_density);
// Reports densities of other channels than the layer's, or of another mean.
void sdse_check_channels(struct sdse_subject *s, const struct sdse_layer *layer,
                         struct sdse_loc loc, size_t count, const double *density,
                         double mean);
// Most digits of a value of so many bits.
unsigned sdse_most_digits(unsigned bits, bool is_signed, enum sdse_encoding encoding);

// Which layers read what others put out (`edges`); the layers are read. False if memory
// is out.
struct sdse_layer_list;
bool sdse_read_edges(struct sdse_arena *arena, const struct sdse_node *root,
                     const struct sdse_layer_list *layers, struct sdse_workload *net,
                     struct sdse_diags *diags);

// What the network's file says it leaves out (`not_modelled`), and a warning that says
// so wherever the file is used. False if memory is out.
bool sdse_read_not_modelled(struct sdse_arena *arena, const struct sdse_node *root,
                            struct sdse_workload *net, struct sdse_diags *diags);

#endif
