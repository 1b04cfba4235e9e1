// The loop nest every layer is: seven dimensions and groups, three tensors.
//
//     for n in N, g in G, k in K, c in C, p in P, q in Q, r in R, s in S:
//         Outputs[n][g][k][p][q] += Weights[g][k][c][r][s] *
//             Inputs[n][g][c][p * stride_p + r * dilation_r][q * stride_q + s *
//             dilation_s]
//
// Convolution, depth-wise (K = C = 1 per group), grouped, fully connected and matrix
// products are all this nest. For activation x activation products G counts the right
// operands (samples x heads that have one of their own), N the heads that share one.
#ifndef SDSE_SPEC_TYPES_NEST_H
#define SDSE_SPEC_TYPES_NEST_H

#include <stdbool.h>
#include <stdint.h>

// K and C are per group.
enum sdse_dim {
    SDSE_N, // batch
    SDSE_K, // output channels
    SDSE_C, // input channels
    SDSE_P, // output rows
    SDSE_Q, // output columns
    SDSE_R, // kernel rows
    SDSE_S, // kernel columns
    SDSE_G, // groups
    SDSE_DIMS
};

enum sdse_tensor { SDSE_WEIGHTS, SDSE_INPUTS, SDSE_OUTPUTS, SDSE_TENSORS };

#define SDSE_BIT(i) (1u << (i))

// "NKCPQRSG": index with enum sdse_dim.
static const char sdse_dim_letters[SDSE_DIMS + 1] = "NKCPQRSG";
// "weights", "inputs", "outputs": index with enum sdse_tensor.
static inline const char *sdse_tensor_name(enum sdse_tensor tensor) {
    static const char *const names[SDSE_TENSORS] = {"weights", "inputs", "outputs"};
    return names[tensor];
}

// The dimensions that move a tensor, as a set of SDSE_BIT(dim).
static inline unsigned sdse_tensor_dims(enum sdse_tensor tensor) {
    static const unsigned dims[SDSE_TENSORS] = {
        SDSE_BIT(SDSE_G) | SDSE_BIT(SDSE_K) | SDSE_BIT(SDSE_C) | SDSE_BIT(SDSE_R) |
            SDSE_BIT(SDSE_S),
        SDSE_BIT(SDSE_N) | SDSE_BIT(SDSE_G) | SDSE_BIT(SDSE_C) | SDSE_BIT(SDSE_P) |
            SDSE_BIT(SDSE_Q) | SDSE_BIT(SDSE_R) | SDSE_BIT(SDSE_S),
        SDSE_BIT(SDSE_N) | SDSE_BIT(SDSE_G) | SDSE_BIT(SDSE_K) | SDSE_BIT(SDSE_P) |
            SDSE_BIT(SDSE_Q),
    };
    return dims[tensor];
}

static inline bool sdse_dim_moves(enum sdse_dim dim, enum sdse_tensor tensor) {
    return sdse_tensor_dims(tensor) >> dim & 1u;
}

// The size of the problem. Index 0 of stride and dilation: rows (P, R); 1: columns (Q,
// S).
struct sdse_nest {
    uint64_t bound[SDSE_DIMS]; // [iterations, >= 1]
    uint32_t stride[2];        // [input elements per output step, >= 1]
    uint32_t dilation[2];      // [input elements per tap step, >= 1]
    // Where the first window starts before the real map [input elements]; negative: the
    // rows or columns of the map that no window reads.
    int64_t pad[2];
    // Rows and columns of the real map: what lies outside is padding. 0 = as far as the
    // windows reach.
    uint64_t map[2];
};

// The axis a dimension moves the input window along: 0 rows, 1 columns, -1 neither.
static inline int sdse_dim_axis(enum sdse_dim dim) {
    return dim == SDSE_P || dim == SDSE_R ? 0 : dim == SDSE_Q || dim == SDSE_S ? 1 : -1;
}

// Input elements one iteration of a dimension moves the window along its axis, which it
// has.
static inline uint64_t sdse_window_step(const struct sdse_nest *nest,
                                        enum sdse_dim dim) {
    const int axis = sdse_dim_axis(dim);
    return dim == SDSE_P || dim == SDSE_Q ? nest->stride[axis] : nest->dilation[axis];
}

// Input positions a tile of p outputs and r taps touches along one axis: the bounding
// box, gaps included.
//
//     extent = (p - 1) * stride + (r - 1) * dilation + 1
//
// All arguments >= 1; the caller has checked that the full layer's extents fit 64 bits.
// Source: Dumoulin & Visin, arXiv:1603.07285 (output-size formula solved for input).
static inline uint64_t sdse_window_extent(uint64_t p, uint64_t r, uint64_t stride,
                                          uint64_t dilation) {
    return (p - 1) * stride + (r - 1) * dilation + 1;
}

// The longest axis on which windows may leave gaps or meet: their positions are listed.
// [input elements]
enum { SDSE_LONGEST_AXIS = 1 << 22 };

// Whether the windows along an axis stand side by side in single steps, or reach no
// further than that.
static inline bool sdse_axis_is_short(const struct sdse_nest *nest, unsigned axis) {
    const uint64_t outputs = nest->bound[SDSE_P + axis],
                   taps = nest->bound[SDSE_R + axis];
    const bool one_by_one = (taps == 1 && (outputs == 1 || nest->stride[axis] == 1)) ||
                            (outputs == 1 && nest->dilation[axis] == 1);
    return one_by_one || sdse_window_extent(outputs, taps, nest->stride[axis],
                                            nest->dilation[axis]) <= SDSE_LONGEST_AXIS;
}

// Words of `tensor` in a tile of `size[d]` iterations along each dimension. [words]
static inline uint64_t sdse_tile_words(const struct sdse_nest *nest,
                                       enum sdse_tensor tensor,
                                       const uint64_t size[SDSE_DIMS]) {
    switch (tensor) {
    case SDSE_WEIGHTS:
        return size[SDSE_G] * size[SDSE_K] * size[SDSE_C] * size[SDSE_R] * size[SDSE_S];
    case SDSE_OUTPUTS:
        return size[SDSE_N] * size[SDSE_G] * size[SDSE_K] * size[SDSE_P] * size[SDSE_Q];
    default:
        return size[SDSE_N] * size[SDSE_G] * size[SDSE_C] *
               sdse_window_extent(size[SDSE_P], size[SDSE_R], nest->stride[0],
                                  nest->dilation[0]) *
               sdse_window_extent(size[SDSE_Q], size[SDSE_S], nest->stride[1],
                                  nest->dilation[1]);
    }
}

#endif
