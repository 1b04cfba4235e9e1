// Private to import/tfjs/: a model while its layers become nodes.
#ifndef SDSE_IMPORT_TFJS_READING_H
#define SDSE_IMPORT_TFJS_READING_H

#include <jansson.h>

#include "import/onnx/expand/rewrite.h"
#include "import/tensors/tensors.h"
#include "import/tfjs/tfjs.h"

enum { TFJS_MOST_RANK = SDSE_ARRAY_MAX_RANK, TFJS_MOST_AXES = 3 };

// What a layer puts out, in the order of the file or with channels before the rows;
// one is made of the other when it is asked for.
struct tfjs_value {
    unsigned rank;
    const char *plain;  // in the file's order; NULL: not yet
    const char *planes; // channels first; NULL: not yet
    const char *bare;   // channels first, and zeros are to be put around it; NULL
    int64_t pad[2 * TFJS_MOST_AXES]; // zeros before each axis of `bare`, then behind
    // Of graphs:
    size_t stored; // 1 + the weight that it is; 0: none
    size_t length; // numbers of a list; 0: not known
};

struct tfjs_reader {
    struct sdse_rewrite w; // the nodes written so far
    struct sdse_onnx_node node;
    Onnx__NodeProto proto; // the layer whose nodes are written
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    const char *file;
    const struct sdse_import_options *options;
    struct sdse_tensors tensors;
    json_t *by_part; // places in `tensors` by each part of the name but the last
    struct tfjs_loan **loan; // of each tensor, in the order that was asked for last
    bool *used;              // of each tensor: somebody asked for its numbers
    size_t input_count, output_count, input_room, output_room;
    Onnx__ValueInfoProto **input, **output;
    unsigned depth; // of models within models
    size_t calls;   // of layers, written out so far
    bool broken;    // something was reported
};

// A layer that is being translated.
struct tfjs_layer {
    struct tfjs_reader *r;
    const char *class_name, *name, *path;
    const char *outer; // the model that it is in, whose name its weights may have; NULL
    const char *wrapper; // the layer that it is in, by whose name its weights go; NULL
    const char *prefix;  // that begins a part of their names, or ""
    json_t *config;
    size_t in_count;
    struct tfjs_value *const *in; // at least one
    size_t out_count;
    struct tfjs_value out[3];
};

// Writes the nodes of a layer, and sets its outputs. False: it was reported, or memory
// is out.
typedef bool (*tfjs_class)(struct tfjs_layer *l);

// --- classes.c ---

// NULL: not translated.
tfjs_class sdse_tfjs_class(const char *name);
// Translates a layer, with its nodes named after it; of a class that is not known it is
// reported.
bool sdse_tfjs_write(struct tfjs_layer *l, tfjs_class translate);
bool sdse_tfjs_layer(struct tfjs_layer *l);

// --- config.c: each false where it was reported ---

// Reports what is wrong with a layer's setting (key NULL: with the layer); false.
bool sdse_tfjs_wrong(struct tfjs_layer *l, const char *check, const char *key,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));
// One whole number for all of `count`, or a list of them; where it is absent or null
// those that out holds.
bool sdse_tfjs_ints(struct tfjs_layer *l, const char *key, unsigned count,
                    int64_t least, int64_t *out);
bool sdse_tfjs_int(struct tfjs_layer *l, const char *key, int64_t least, int64_t *out);
// What a setting says; `absent` if it is not there or null, or of another type, which
// is reported.
double sdse_tfjs_real(struct tfjs_layer *l, const char *key, double absent);
bool sdse_tfjs_flag(struct tfjs_layer *l, const char *key, bool absent);
const char *sdse_tfjs_text(struct tfjs_layer *l, const char *key, const char *absent);
bool sdse_tfjs_text_is(struct tfjs_layer *l, const char *key, const char *text,
                       bool absent);
// The axis of a setting, in the file's order: 0 … rank - 1.
bool sdse_tfjs_axis(struct tfjs_layer *l, const char *key, int64_t absent,
                    unsigned rank, unsigned *out);

// --- values.c ---

const char *sdse_tfjs_plain(struct tfjs_layer *l, struct tfjs_value *value);
const char *sdse_tfjs_planes(struct tfjs_layer *l, struct tfjs_value *value);
// Whether the value is there with its channels first.
bool sdse_tfjs_is_planes(const struct tfjs_value *value);
struct tfjs_value sdse_tfjs_value(const char *name, unsigned rank, bool planes);
// Where an axis of the file's order is in planes.
unsigned sdse_tfjs_plane_axis(unsigned axis, unsigned rank);
// Whether data_format has channels last, as it has where it is absent; another word
// than channels_first is reported.
bool sdse_tfjs_is_last(struct tfjs_layer *l);
// The input as windows read it: of `data_format: channels_first` as it is. *planes
// tells what the layer puts out.
const char *sdse_tfjs_image(struct tfjs_layer *l, bool *planes);
bool sdse_tfjs_has_rank(struct tfjs_layer *l, size_t input, unsigned rank);

// --- weights.c ---

struct tfjs_weights {
    const char *name; // of the value
    unsigned rank;
    uint64_t shape[TFJS_MOST_RANK]; // as stored
    Onnx__TensorProto *tensor;
};

// The layer's weights called `role`, of so many extents; dimension from[i] of what is
// stored becomes the i-th (NULL: as it is). Reported where there are none.
bool sdse_tfjs_weights(struct tfjs_layer *l, const char *role, unsigned rank,
                       const unsigned *from, struct tfjs_weights *out);
// The same; `four`: they are of the gates i f c o, and become those of i o f c.
bool sdse_tfjs_gates(struct tfjs_layer *l, const char *role, unsigned rank,
                     const unsigned *from, bool four, struct tfjs_weights *out);
bool sdse_tfjs_has_weights(const struct tfjs_layer *l, const char *role);
// Other extents of the same numbers.
void sdse_tfjs_view(struct tfjs_layer *l, struct tfjs_weights *weights, size_t rank,
                    const int64_t *dims);
// The layer's weights called `role`, of one extent, `count`. NULL: reported.
const char *sdse_tfjs_row(struct tfjs_layer *l, const char *role, uint64_t count);
// Its bias of so many numbers, if use_bias says so: NULL without one, or where it was
// reported.
const char *sdse_tfjs_bias(struct tfjs_layer *l, uint64_t count);
// `count` numbers that are 0, or 1, which no file holds.
const char *sdse_tfjs_zeros(struct tfjs_layer *l, int64_t count);
const char *sdse_tfjs_ones(struct tfjs_layer *l, int64_t count);
bool sdse_tfjs_index_weights(struct tfjs_reader *r);
// Warns of what nobody asked for, once all is translated: [tfjs-unused].
void sdse_tfjs_warn_unused(const struct tfjs_reader *r);

// --- loans.c ---

// A stored tensor of real numbers as a constant of the graph, turned as above; more
// than SDSE_ONNX_FOLD_LIMIT numbers are read when they are asked for. NULL: reported,
// or memory is out.
Onnx__TensorProto *sdse_tfjs_stored(struct tfjs_layer *l, size_t at,
                                    const unsigned *from, bool four_gates);

// --- functions.c ---

// The function that the setting `key` names, of x whose extents are those of `rank`;
// NULL: it was reported.
const char *sdse_tfjs_activated(struct tfjs_layer *l, const char *key, const char *x,
                                unsigned rank, bool planes);

// --- keras.c ---

bool sdse_tfjs_is_model(const char *class_name);
// A model of layers: its inputs are those given, or become inputs of the graph (NULL).
// Outputs are in the arena.
bool sdse_tfjs_model(struct tfjs_reader *r, const char *class_name, json_t *config,
                     const char *path, const char *outer, struct tfjs_value *const *in,
                     size_t in_count, struct tfjs_value **out, size_t *out_count);

// --- graph.c ---

// A graph of TensorFlow's: its placeholders become inputs, what nobody reads outputs.
bool sdse_tfjs_graph(struct tfjs_reader *r, json_t *nodes, struct tfjs_value **out,
                     size_t *out_count);

// Attributes of a node: numbers and texts of GraphDef in JSON.
bool sdse_tfjs_attribute_flag(const struct tfjs_layer *l, const char *name);
double sdse_tfjs_attribute_real(const struct tfjs_layer *l, const char *name,
                                double absent);
// false: there are not so many, or they are no whole numbers.
bool sdse_tfjs_attribute_ints(const struct tfjs_layer *l, const char *name, size_t most,
                              int64_t *out, size_t *count);
// The i-th text of a list, or the text where it is none (i 0); "" where there is none.
const char *sdse_tfjs_attribute_text(const struct tfjs_layer *l, const char *name,
                                     size_t i);
// Whether data_format has channels last, as it has where it is absent. False: it is
// neither NHWC nor NCHW (NDHWC, NCDHW), which is reported.
bool sdse_tfjs_graph_order(struct tfjs_layer *l, bool *last);
// The whole numbers of a stored input, at most 16; false, and reported, if it is none.
bool sdse_tfjs_numbers(struct tfjs_layer *l, size_t input, int64_t out[16],
                       size_t *count);

// What a fused operator does behind its product, by its inputs from the third on.
bool sdse_tfjs_fused(struct tfjs_layer *l, struct tfjs_value *now);

// --- graph_windows.c, graph_math.c, graph_shapes.c; NULL: not translated ---

tfjs_class sdse_tfjs_window_operator(const char *op);
tfjs_class sdse_tfjs_math_operator(const char *op);
tfjs_class sdse_tfjs_shape_operator(const char *op);

// --- calls.c ---

struct tfjs_reference {
    const char *layer;
    size_t call, output;
};

// What a call of a layer reads (inbound_nodes[i] of Keras 2 or 3), in its order.
// False: memory is out.
bool sdse_tfjs_references(struct sdse_arena *arena, json_t *call,
                          struct tfjs_reference **out, size_t *count);

// --- order.c ---

// Items, 0 … count - 1, that read one another. False from any of these: something is
// wrong and was reported, or memory is out.
struct tfjs_steps {
    void *owner;
    size_t count;
    // *on is set to one that must run before the item does, if there still is one.
    bool (*waits_for)(void *owner, size_t item, size_t *on);
    bool (*run)(void *owner, size_t item);
    // Reports an item that waits for itself; false.
    bool (*refuse_circle)(void *owner, size_t item);
};

// Runs each item once, in the order of their numbers but for those that wait.
bool sdse_tfjs_run_in_order(struct tfjs_reader *r, const struct tfjs_steps *steps);

// --- tfjs.c ---

// An input of the graph, of the shape that the topology says, null where it is open.
bool sdse_tfjs_add_input(struct tfjs_reader *r, const char *name, const json_t *shape,
                         const char *path, struct tfjs_value *out);

// --- the classes ---

bool sdse_tfjs_conv(struct tfjs_layer *l);
bool sdse_tfjs_depthwise(struct tfjs_layer *l);
bool sdse_tfjs_separable(struct tfjs_layer *l);
bool sdse_tfjs_transposed(struct tfjs_layer *l);
bool sdse_tfjs_pool(struct tfjs_layer *l);
bool sdse_tfjs_global_pool(struct tfjs_layer *l);
bool sdse_tfjs_padding(struct tfjs_layer *l);
bool sdse_tfjs_cropping(struct tfjs_layer *l);
bool sdse_tfjs_upsampling(struct tfjs_layer *l);
bool sdse_tfjs_dense(struct tfjs_layer *l);
bool sdse_tfjs_embedding(struct tfjs_layer *l);
bool sdse_tfjs_batch_norm(struct tfjs_layer *l);
bool sdse_tfjs_layer_norm(struct tfjs_layer *l);
bool sdse_tfjs_group_norm(struct tfjs_layer *l);
bool sdse_tfjs_recurrent(struct tfjs_layer *l);
bool sdse_tfjs_bidirectional(struct tfjs_layer *l);
bool sdse_tfjs_time_distributed(struct tfjs_layer *l);
bool sdse_tfjs_pass(struct tfjs_layer *l);
bool sdse_tfjs_activation(struct tfjs_layer *l);
bool sdse_tfjs_function(struct tfjs_layer *l);
bool sdse_tfjs_prelu(struct tfjs_layer *l);
bool sdse_tfjs_softmax(struct tfjs_layer *l);
bool sdse_tfjs_rescaling(struct tfjs_layer *l);
bool sdse_tfjs_merge(struct tfjs_layer *l);
bool sdse_tfjs_concatenate(struct tfjs_layer *l);
bool sdse_tfjs_flatten(struct tfjs_layer *l);
bool sdse_tfjs_reshape(struct tfjs_layer *l);
bool sdse_tfjs_permute(struct tfjs_layer *l);
bool sdse_tfjs_repeat(struct tfjs_layer *l);

#endif
