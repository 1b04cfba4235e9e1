// Private to import/onnx/expand, and to readers that make a graph of another tool's
// file (import/tfjs): one node and the nodes that are written in its place.
#ifndef SDSE_IMPORT_ONNX_EXPAND_REWRITE_H
#define SDSE_IMPORT_ONNX_EXPAND_REWRITE_H

#include "import/onnx/ops.h"

// Where memory is out everything that follows does nothing, and `failed` says so in the
// end; names are never NULL until then.
struct sdse_rewrite {
    struct sdse_arena *arena; // of all that is written
    const struct sdse_onnx_graph *graph;
    const struct sdse_onnx_node *node;
    const char *base; // begins the names of what is written: of its first output
    size_t node_count, node_room, tensor_count, tensor_room, info_count, info_room;
    Onnx__NodeProto **nodes;
    Onnx__TensorProto **tensors;
    Onnx__ValueInfoProto **infos; // shapes of values, where a graph says them
    // Whether a value of this name is written elsewhere in this round; may be NULL.
    bool (*taken)(void *context, const char *name);
    void *taken_context;
    uint64_t *names;           // given so far, in all of the model
    const char *approximation; // what layers do not say exactly; NULL: nothing
    bool failed;
};

// Writes what a node stands for. False if it cannot, whatever was written then.
typedef bool (*sdse_expander)(struct sdse_rewrite *);

// The expander of a file's operators; NULL: the node is none of them.
sdse_expander sdse_expander_product(const Onnx__NodeProto *node);
sdse_expander sdse_expander_packed(const Onnx__NodeProto *node);
sdse_expander sdse_expander_projected(const Onnx__NodeProto *node);
sdse_expander sdse_expander_separate(const Onnx__NodeProto *node);
sdse_expander sdse_expander_grouped(const Onnx__NodeProto *node);
sdse_expander sdse_expander_packed_fused(const Onnx__NodeProto *node);
sdse_expander sdse_expander_ordered(const Onnx__NodeProto *node);
sdse_expander sdse_expander_tokens(const Onnx__NodeProto *node);
sdse_expander sdse_expander_linear(const Onnx__NodeProto *node);
sdse_expander sdse_expander_windowed(const Onnx__NodeProto *node);
sdse_expander sdse_expander_experts(const Onnx__NodeProto *node);
sdse_expander sdse_expander_convolution(const Onnx__NodeProto *node);
sdse_expander sdse_expander_spectrum(const Onnx__NodeProto *node);
sdse_expander sdse_expander_search(const Onnx__NodeProto *node);
sdse_expander sdse_expander_matrix(const Onnx__NodeProto *node);
sdse_expander sdse_expander_einsum(const Onnx__NodeProto *node);
sdse_expander sdse_expander_cells(const Onnx__NodeProto *node);
sdse_expander sdse_expander_graphs(const Onnx__NodeProto *node);

// Writes the branch of an `If`, whatever its condition. False: it has none, or one of
// another number of outputs.
bool sdse_expand_branch(struct sdse_rewrite *w, bool taken);

// The model's graph with its own functions written out, or NULL: it calls none. Those
// that call each other without end, or make more than 200,000 nodes, are left. `names`
// counts what was named.
Onnx__GraphProto *sdse_expand_functions(const Onnx__ModelProto *model,
                                        struct sdse_arena *arena, uint64_t *names,
                                        bool *failed);

// Whether a node is of com.microsoft, or of the standard operators, under that name.
bool sdse_expand_is(const Onnx__NodeProto *node, const char *domain, const char *op);

// The shape that an Einsum of known operands gives. False: it takes diagonals, or
// broadcasts, or its equation is none.
bool sdse_einsum_shape(const struct sdse_onnx_graph *graph,
                       const struct sdse_onnx_node *node, struct sdse_onnx_shape *out);

// ---- what the node reads ----------------------------------------------------

// The name of input i; NULL if it is left out.
const char *sdse_rewrite_in(const struct sdse_rewrite *w, uint32_t i);
// Its shape; NULL if that is not known, or the input is left out.
const struct sdse_onnx_shape *sdse_rewrite_shape(const struct sdse_rewrite *w,
                                                 uint32_t i);
// Whether anybody may read output i.
bool sdse_rewrite_gives(const struct sdse_rewrite *w, uint32_t i);
double sdse_rewrite_attribute(const struct sdse_rewrite *w, const char *name,
                              double absent);

// ---- what is written --------------------------------------------------------

// A node of a standard operator that reads `a`, `b`, `c` (NULL: left out) and gives one
// value, whose name is returned. Its own name is the node's with `suffix`; with ""
// it is the layer that the node is called after.
const char *sdse_rewrite_node(struct sdse_rewrite *w, const char *op,
                              const char *suffix, const char *a, const char *b,
                              const char *c);
// With any number of inputs, and of outputs, whose names are put into `out`.
void sdse_rewrite_wide(struct sdse_rewrite *w, const char *op, const char *suffix,
                       size_t inputs, const char *const *in, size_t outputs,
                       const char **out);
// Attributes of the node written last.
void sdse_rewrite_set_int(struct sdse_rewrite *w, const char *name, int64_t value);
void sdse_rewrite_set_ints(struct sdse_rewrite *w, const char *name, size_t count,
                           const int64_t *values);
void sdse_rewrite_set_text(struct sdse_rewrite *w, const char *name, const char *text);
void sdse_rewrite_set_real(struct sdse_rewrite *w, const char *name, double value);
// Those of the node that is rewritten, but for one (NULL: all).
void sdse_rewrite_keep_attributes(struct sdse_rewrite *w, const char *but);

// Constants, by their names.
const char *sdse_rewrite_ints(struct sdse_rewrite *w, size_t count,
                              const int64_t *values);
const char *sdse_rewrite_real(struct sdse_rewrite *w, double value);
const char *sdse_rewrite_reals(struct sdse_rewrite *w, size_t count,
                               const double *values);
// Numbers of this shape, 0 until they are filled in; NULL if memory is out.
float *sdse_rewrite_floats(struct sdse_rewrite *w, size_t rank, const int64_t *dims,
                           const char **name);
// A tensor of f32 without numbers, which are to be lent (import/onnx/lent.h); NULL if
// memory is out.
Onnx__TensorProto *sdse_rewrite_unfilled(struct sdse_rewrite *w, size_t rank,
                                         const int64_t *dims);
// A tensor that is `like` another but for its name, type and shape; it shares the data.
const char *sdse_rewrite_view(struct sdse_rewrite *w, const Onnx__TensorProto *like,
                              int32_t type, size_t rank, const int64_t *dims);

// Shorthand for the commonest nodes, which have no name of their own.
const char *sdse_rewrite_reshape(struct sdse_rewrite *w, const char *x, size_t rank,
                                 const int64_t *dims);
const char *sdse_rewrite_transpose(struct sdse_rewrite *w, const char *x, size_t rank,
                                   const int64_t *perm);
const char *sdse_rewrite_cast(struct sdse_rewrite *w, const char *x, int32_t type);
const char *sdse_rewrite_concat(struct sdse_rewrite *w, const char *a, const char *b,
                                int64_t axis);
// x with `from` <= index < `to` along an axis.
const char *sdse_rewrite_slice(struct sdse_rewrite *w, const char *x, int64_t axis,
                               int64_t from, int64_t to);

// A node that stands for a part of the rewritten one that nothing here executes, and
// that layers do not depend on: it passes `x` on (NULL: it reads nothing, and gives one
// number). It has the operator's name in a domain of its own; attributes `stacked_axis`
// and `extent`, or `sliced_axis`, say that an axis more or less comes out; `shape`,
// that the shape is another.
const char *sdse_rewrite_stand_in(struct sdse_rewrite *w, const char *x);
const char *sdse_rewrite_stand_in_as(struct sdse_rewrite *w, const char *x, size_t rank,
                                     const int64_t *dims);

// Layers of what is written are not what the operator does to the last product: `how`
// says it in a warning, if the node is written out (onnx-approximated).
void sdse_rewrite_approximate(struct sdse_rewrite *w, const char *how);

// The nodes written from `first` on are executed so many times each.
void sdse_rewrite_steps(struct sdse_rewrite *w, size_t first, int64_t steps);

// Takes over a node, a constant, a shape, as they are.
void sdse_rewrite_take_node(struct sdse_rewrite *w, Onnx__NodeProto *node);
void sdse_rewrite_take_tensor(struct sdse_rewrite *w, Onnx__TensorProto *tensor);
void sdse_rewrite_take_info(struct sdse_rewrite *w, Onnx__ValueInfoProto *info);
// A name for a value that is written.
char *sdse_rewrite_name(struct sdse_rewrite *w);

// Makes a value that was written, or one that the node reads, output i of the node;
// returns the name that it has from then on.
const char *sdse_rewrite_give(struct sdse_rewrite *w, uint32_t i, const char *value);

#endif
