// Rows, or rows and columns, of a layer as a layer of their own.
#ifndef SDSE_DSE_FUSION_PART_H
#define SDSE_DSE_FUSION_PART_H

#include "spec/types/workload.h"

// Rows, or columns, at equal distances: first, first + step, ... [count, step >= 1]
struct sdse_row_run {
    uint64_t first, count, step;
};

// The nest that makes the output rows `run` of `nest`: of as many rows, with windows
// `step` strides apart. Its map is what windows see of the real one, from the first row
// that they may touch to the last; what lies beyond an edge of the real map is padding.
// Runs with equal views of the map have equal parts.
//
//     start  = first * stride - pad
//     extent = (count - 1) * step * stride + (R - 1) * dilation + 1
//     pad    = max(0, -start),  map = min(rows, start + extent) - max(0, start)
//
// Where windows touch padding only the map is one row behind them. run lies in the
// nest's P.
void sdse_nest_part(const struct sdse_nest *nest, const struct sdse_row_run *run,
                    struct sdse_nest *part);
// Likewise along rows (axis 0) or columns (axis 1, the nest's Q). part may be nest.
void sdse_nest_part_along(const struct sdse_nest *nest, unsigned axis,
                          const struct sdse_row_run *run, struct sdse_nest *part);

// As many words as `count` rows of the `rows` rows have that the layer before `nest`,
// one that only moves words, put out: a list of words for each. rows divides all its
// words.
void sdse_nest_words_part(const struct sdse_nest *nest, uint64_t rows, uint64_t count,
                          struct sdse_nest *part);

// The layer whose nest is a part of that of `whole`, which it points to unless it is
// fused: executed once.
struct sdse_layer sdse_layer_part(const struct sdse_layer *whole,
                                  const struct sdse_nest *part);

// Makes rows of padding words like others: the map is as far as windows reach.
void sdse_nest_forget_map(struct sdse_nest *nest);

// The rows of the real map of `nest`: as given, else as far as its windows reach.
uint64_t sdse_nest_map_rows(const struct sdse_nest *nest);
// Its rows (axis 0) or columns (axis 1).
uint64_t sdse_nest_map_length(const struct sdse_nest *nest, unsigned axis);

#endif
