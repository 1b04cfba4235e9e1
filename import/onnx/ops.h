// What the rules of operators share: a node's inputs, attributes, windows; setting a
// shape, or saying why it cannot be known.
#ifndef SDSE_IMPORT_ONNX_OPS_H
#define SDSE_IMPORT_ONNX_OPS_H

#include "import/onnx/graph.h"

// "The output's shape cannot be known, because": always false.
bool sdse_onnx_unknown(struct sdse_onnx_node *node, const char *why);
// "The node contradicts itself": a diagnostic; always false.
bool sdse_onnx_wrong(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node,
                     const char *format, ...) __attribute__((format(printf, 3, 4)));

// Input i, or NULL if left out.
struct sdse_onnx_value *sdse_onnx_in(const struct sdse_onnx_graph *graph,
                                     const struct sdse_onnx_node *node, uint32_t i);
// Shape of input i, or NULL if it is not known (blame is passed on) or missing
// (reported).
const struct sdse_onnx_shape *sdse_onnx_need(struct sdse_onnx_graph *graph,
                                             struct sdse_onnx_node *node, uint32_t i);
// Sets the shape of output i (ignored if left out). Refuses extents above 2^48 and
// products above 2^62, so that rules need not check their arithmetic on extents.
bool sdse_onnx_set(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node,
                   uint32_t i, unsigned rank, const uint64_t *dims);

// The attribute of a node that is executed several times, one after the other (of a
// loop's graph): how often. Written by import/onnx/expand.
#define SDSE_ONNX_STEPS "sdse_steps"

// Attributes, with the value to use where they are absent.
int64_t sdse_onnx_int(const struct sdse_onnx_node *node, const char *name,
                      int64_t absent);
const Onnx__AttributeProto *sdse_onnx_attribute(const struct sdse_onnx_node *node,
                                                const char *name);
bool sdse_onnx_text_is(const struct sdse_onnx_node *node, const char *name,
                       const char *text);

// A short list of integers given as an attribute, or as a constant input.
enum sdse_onnx_given { SDSE_ONNX_ABSENT, SDSE_ONNX_GIVEN, SDSE_ONNX_NOT_CONSTANT };
struct sdse_onnx_list {
    enum sdse_onnx_given given;
    unsigned count;
    int64_t value[2 * SDSE_ARRAY_MAX_RANK];
};
// `name` may be NULL, `input` SDSE_ONNX_NONE. More than 16 values are NOT_CONSTANT.
struct sdse_onnx_list sdse_onnx_list_of(const struct sdse_onnx_graph *graph,
                                        const struct sdse_onnx_node *node,
                                        const char *name, uint32_t input);
// A double as the nearest integer of 64 bits (ends of slices are often INT64_MAX).
int64_t sdse_onnx_integer(double value);

// A shape as people read it: "1x3x8x8", "a scalar".
struct sdse_onnx_text {
    char at[96]; // cut where it is longer
};
struct sdse_onnx_text sdse_onnx_shape_text(const struct sdse_onnx_shape *shape);

// Axis as 0 … rank-1 (negative counts from the end). False if out of range.
bool sdse_onnx_axis(int64_t axis, unsigned rank, unsigned *out);
// That of the attribute 'axis', with a diagnostic.
bool sdse_onnx_axis_of(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node,
                       int64_t absent, unsigned rank, unsigned *out);
// An axis list as a set of bits; reports axes out of range or given twice.
bool sdse_onnx_axes(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node,
                    const struct sdse_onnx_list *list, unsigned rank, unsigned *set);

// Product of dims[from … to-1]; the limits of sdse_onnx_set keep it below 2^62, unless
// one of them is 0.
uint64_t sdse_onnx_product(const struct sdse_onnx_shape *shape, unsigned from,
                           unsigned to);

// NumPy's multidirectional broadcast of b into a. False if they do not match.
bool sdse_onnx_broadcast(struct sdse_onnx_shape *a, const struct sdse_onnx_shape *b);

// The sliding window of Conv, ConvTranspose and the pools, with defaults filled in and
// auto_pad resolved.
struct sdse_onnx_window {
    unsigned axes; // spatial dimensions
    uint64_t kernel[SDSE_ARRAY_MAX_RANK], stride[SDSE_ARRAY_MAX_RANK],
        dilation[SDSE_ARRAY_MAX_RANK], pad_begin[SDSE_ARRAY_MAX_RANK],
        pad_end[SDSE_ARRAY_MAX_RANK], out[SDSE_ARRAY_MAX_RANK];
};

// Reads the window of a node over input shape x; `kernel` [axes] may be NULL (then the
// attribute kernel_shape is needed). Not for ConvTranspose. False if refused.
bool sdse_onnx_window_of(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node,
                         const struct sdse_onnx_shape *x, const uint64_t *kernel,
                         struct sdse_onnx_window *out);

// That of a ConvTranspose over input shape x with weights of shape w: `out` and the
// pads follow from one another.
bool sdse_onnx_deconv_window_of(struct sdse_onnx_graph *graph,
                                struct sdse_onnx_node *node,
                                const struct sdse_onnx_shape *x,
                                const struct sdse_onnx_shape *w,
                                struct sdse_onnx_window *out);

// Which inputs of a convolution or matrix product hold its operands: plain, integer and
// quantized operators differ. `a` is the activations' place.
struct sdse_onnx_operands {
    uint32_t a, b;
};
struct sdse_onnx_operands sdse_onnx_operands_of(const char *op);

#endif
