// Private to import/onnx: what rules that follow samples share.
#ifndef SDSE_IMPORT_ONNX_SAMPLES_H
#define SDSE_IMPORT_ONNX_SAMPLES_H

#include "import/onnx/batch.h"
#include "import/onnx/ops.h"

typedef struct sdse_onnx_samples samples;

struct follow {
    const struct sdse_onnx_graph *graph;
    uint64_t batch;
    samples *at;
    const struct sdse_onnx_node *node;
    const char *mixed; // what the node does to samples, or NULL
};

static const samples lost = {SDSE_ONNX_LOST_SAMPLES, 0, 0};
static const samples none = {SDSE_ONNX_NO_SAMPLES, 0, 0};

static const struct sdse_onnx_shape *shape_in(const struct follow *f, uint32_t i) {
    const struct sdse_onnx_value *value = sdse_onnx_in(f->graph, f->node, i);
    return value && value->shape.known ? &value->shape : NULL;
}

static const struct sdse_onnx_shape *shape_out(const struct follow *f, uint32_t i) {
    if (i >= f->node->output_count || f->node->output[i] == SDSE_ONNX_NONE)
        return NULL;
    const struct sdse_onnx_shape *shape = &f->graph->value[f->node->output[i]].shape;
    return shape->known ? shape : NULL;
}

static inline samples in(const struct follow *f, uint32_t i) {
    return i < f->node->input_count && f->node->input[i] != SDSE_ONNX_NONE
               ? f->at[f->node->input[i]]
               : none;
}

static inline void set(const struct follow *f, uint32_t i, samples s) {
    if (i < f->node->output_count && f->node->output[i] != SDSE_ONNX_NONE)
        f->at[f->node->output[i]] = s;
}

static inline uint64_t words(const struct sdse_onnx_shape *shape) {
    return sdse_onnx_product(shape, 0, shape->rank);
}

// The axis that the samples are part of: [outer][batch][inner] make its extent.
struct axis {
    bool found; // false: they are spread over several
    unsigned at;
    uint64_t outer, inner;
};

static inline struct axis axis_of(const struct follow *f, samples s,
                                  const struct sdse_onnx_shape *shape) {
    struct axis axis = {.found = false};
    uint64_t before = 1;
    for (unsigned d = 0; d < shape->rank; before *= shape->dim[d++]) {
        uint64_t after = sdse_onnx_product(shape, d + 1, shape->rank);
        if (before == 0 || after == 0 || s.before % before != 0 || s.after % after != 0)
            continue;
        axis.outer = s.before / before;
        axis.inner = s.after / after;
        axis.at = d;
        if (axis.outer * f->batch * axis.inner == shape->dim[d]) {
            axis.found = true;
            return axis;
        }
    }
    return axis;
}

// Whether an axis is the samples and nothing else.
static inline bool is_alone(struct axis axis) {
    return axis.found && axis.outer == 1 && axis.inner == 1;
}

// The samples of an axis that is axis `to` of another shape.
static inline samples on_axis(const struct sdse_onnx_shape *shape, struct axis axis,
                              unsigned to) {
    return (samples){SDSE_ONNX_HAS_SAMPLES,
                     sdse_onnx_product(shape, 0, to) * axis.outer,
                     sdse_onnx_product(shape, to + 1, shape->rank) * axis.inner};
}

// What two operands bring to one output: the samples of either, or of both if they are
// in the same place; else every sample meets every other.
static inline samples meet(struct follow *f, samples a, samples b) {
    if (a.hold == SDSE_ONNX_LOST_SAMPLES || b.hold == SDSE_ONNX_LOST_SAMPLES)
        return lost;
    if (a.hold == SDSE_ONNX_NO_SAMPLES || b.hold == SDSE_ONNX_NO_SAMPLES)
        return a.hold == SDSE_ONNX_NO_SAMPLES ? b : a;
    if (a.before == b.before && a.after == b.after)
        return a;
    f->mixed = "brings samples together";
    return lost;
}

// An operand that numpy's rules repeat over an output of this shape, whose axes from
// the back are its own.
static inline samples broadcast(const struct follow *f, uint32_t i,
                                const struct sdse_onnx_shape *out) {
    const struct sdse_onnx_shape *shape = shape_in(f, i);
    const samples s = in(f, i);
    if (s.hold != SDSE_ONNX_HAS_SAMPLES || !shape || !out || shape->rank > out->rank)
        return s.hold == SDSE_ONNX_HAS_SAMPLES ? lost : s;
    const struct axis axis = axis_of(f, s, shape);
    const unsigned to = axis.at + out->rank - shape->rank;
    if (words(shape) == words(out))
        return s;
    return axis.found && shape->dim[axis.at] == out->dim[to] ? on_axis(out, axis, to)
                                                             : lost;
}

// Rules of operators that may mix samples.
void sdse_samples_product(struct follow *f);
void sdse_samples_window(struct follow *f);
void sdse_samples_reduction(struct follow *f);
void sdse_samples_norm(struct follow *f);
void sdse_samples_batch_norm(struct follow *f);
void sdse_samples_recurrent(struct follow *f);
void sdse_samples_skip_norm(struct follow *f);

#endif
