// What one tile reads along one axis of the inputs: which rows (or columns) its windows
// touch, counted from where the first of them starts.
#ifndef SDSE_COSTMODEL_PATTERN_H
#define SDSE_COSTMODEL_PATTERN_H

#include "spec/types/nest.h"

// Distinct values of i * a + j * b for i < n, j < m. a, b, n, m >= 1.
uint64_t sdse_distinct_sums(uint64_t n, uint64_t a, uint64_t m, uint64_t b);

// One axis of a nest's inputs, and how its words are fetched.
struct sdse_axis {
    uint64_t stride, dilation;
    uint64_t outputs, taps; // bounds of the nest
    int64_t low;            // first row of the padded axis that is a word
    int64_t end;            // and the first behind the last
    bool clipped;           // some window reaches further than that
    bool gapped;            // windows can step over rows
};

// axis: 0 rows, 1 columns.
struct sdse_axis sdse_axis_of(const struct sdse_nest *nest, unsigned axis);

// Whether the input words of some tile can differ from its bounding box.
bool sdse_nest_needs_sets(const struct sdse_nest *nest);

// Offsets in rising order: all of [first, end), or those listed in `at`.
struct sdse_pattern {
    uint64_t first, end;
    uint64_t count;
    uint32_t *at;    // [count]; NULL: no gaps
    uint32_t *below; // [end + 1]: how many are less than that
};

// The rows that `outputs` x `taps` (>= 1) touch; whole: gaps between them too. False:
// out of memory. sdse_pattern_clear frees.
bool sdse_pattern_init(struct sdse_pattern *pattern, const struct sdse_axis *axis,
                       uint64_t outputs, uint64_t taps, bool whole);

// Keeps what was not there with the origin `shift` (>= 1) before: what a slide fetches.
bool sdse_pattern_keep_new(struct sdse_pattern *pattern, uint64_t shift);

// The same after a tile of another shape: keeps what `before` did not hold `shift` (>=
// 0) before.
bool sdse_pattern_keep_new_after(struct sdse_pattern *pattern,
                                 const struct sdse_pattern *before, uint64_t shift);

// Adds all that the pattern touches from each of the origins 0 = origin[0] <= ... on.
bool sdse_pattern_join(struct sdse_pattern *pattern, const uint64_t *origin,
                       uint64_t count);

void sdse_pattern_clear(struct sdse_pattern *pattern);

// Offsets less than x.
static inline uint64_t sdse_pattern_below(const struct sdse_pattern *pattern,
                                          uint64_t x) {
    if (x <= pattern->first)
        return 0;
    const uint64_t to = x < pattern->end ? x : pattern->end;
    return pattern->at ? pattern->below[to] : to - pattern->first;
}

// What is left of a pattern from `origin` on: its offsets i ... j - 1 are words.
struct sdse_cut {
    uint64_t origin, i, j; // i <= j
    bool low, high;        // something is cut off below, above
};

static inline struct sdse_cut sdse_pattern_cut(const struct sdse_pattern *pattern,
                                               const struct sdse_axis *axis,
                                               uint64_t origin) {
    const int64_t low = axis->low - (int64_t)origin, end = axis->end - (int64_t)origin;
    struct sdse_cut cut = {.origin = origin};
    cut.i = low > 0 ? sdse_pattern_below(pattern, (uint64_t)low) : 0;
    cut.j = end > 0 ? sdse_pattern_below(pattern, (uint64_t)end) : 0;
    cut.low = cut.i > 0;
    cut.high = cut.j < pattern->count;
    if (cut.j < cut.i)
        cut.j = cut.i;
    return cut;
}

// Words that are left. [words]
static inline uint64_t sdse_cut_words(const struct sdse_cut *cut) {
    return cut->j - cut->i;
}

// Whether two cuts of one pattern are the same rows. Not empty ones from origins of
// their own are only if one is cut off below and the other above.
bool sdse_cuts_are_equal(const struct sdse_pattern *pattern, const struct sdse_cut *a,
                         const struct sdse_cut *b);

static inline uint64_t sdse_pattern_at(const struct sdse_pattern *pattern, uint64_t i) {
    return pattern->at ? pattern->at[i] : pattern->first + i;
}

// Words of the largest tile of `outputs` x `taps` along the axis, over all its
// positions: multiples of its size, cut off at the bounds. False: out of memory.
// [words]
bool sdse_axis_tile_words(const struct sdse_axis *axis, uint64_t outputs, uint64_t taps,
                          bool whole, uint64_t *words);

// Words of the largest tile of `tensor` with `size[d]` iterations, over its positions;
// whole: inputs with their gaps. False: out of memory. [words]
bool sdse_largest_tile_words(const struct sdse_nest *nest, enum sdse_tensor tensor,
                             const uint64_t size[SDSE_DIMS], bool whole,
                             uint64_t *words);

#endif
