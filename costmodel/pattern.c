#include "costmodel/pattern.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

// Equal sums form chains (i + b/g, j - a/g): all but the first of each are repeats.
uint64_t sdse_distinct_sums(uint64_t n, uint64_t a, uint64_t m, uint64_t b) {
    const uint64_t g = sdse_gcd_u64(a, b), step_n = b / g, step_m = a / g;
    if (n <= step_n || m <= step_m)
        return n * m;
    return n * m - (n - step_n) * (m - step_m);
}

// --- The axis ---

static bool steps_over(const struct sdse_axis *axis) {
    return (axis->outputs > 1 && axis->stride > 1) ||
           (axis->taps > 1 && axis->dilation > 1);
}

struct sdse_axis sdse_axis_of(const struct sdse_nest *nest, unsigned axis) {
    struct sdse_axis a = {
        .stride = nest->stride[axis],
        .dilation = nest->dilation[axis],
        .outputs = nest->bound[axis ? SDSE_Q : SDSE_P],
        .taps = nest->bound[axis ? SDSE_S : SDSE_R],
    };
    const int64_t reach =
        (int64_t)sdse_window_extent(a.outputs, a.taps, a.stride, a.dilation);
    a.end = reach;
    if (nest->map[axis]) {
        const int64_t end = nest->pad[axis] + (int64_t)nest->map[axis];
        a.low = nest->pad[axis] > 0 ? nest->pad[axis] : 0;
        a.end = end < reach ? end : reach;
    }
    a.clipped = a.low > 0 || a.end < reach;
    a.gapped = steps_over(&a);
    return a;
}

bool sdse_nest_needs_sets(const struct sdse_nest *nest) {
    for (unsigned axis = 0; axis < 2; axis++) {
        const struct sdse_axis a = sdse_axis_of(nest, axis);
        if (a.clipped || a.gapped)
            return true;
    }
    return false;
}

// --- Patterns ---

// An empty list of offsets up to `end`, all of them below nothing.
static bool list_init(struct sdse_pattern *pattern, uint64_t end) {
    pattern->first = 0;
    pattern->end = end;
    pattern->count = 0;
    pattern->below = calloc(end + 1, sizeof *pattern->below);
    pattern->at = malloc((end + 1) * sizeof *pattern->at);
    if (pattern->below && pattern->at)
        return true;
    sdse_pattern_clear(pattern);
    return false;
}

// Turns marks (below[x] = 1) into the list and the counts.
static void list_finish(struct sdse_pattern *pattern) {
    uint32_t count = 0;
    for (uint64_t x = 0; x <= pattern->end; x++) {
        const bool marked = x < pattern->end && pattern->below[x];
        pattern->below[x] = count;
        if (marked)
            pattern->at[count++] = (uint32_t)x;
    }
    pattern->count = count;
}

bool sdse_pattern_init(struct sdse_pattern *pattern, const struct sdse_axis *axis,
                       uint64_t outputs, uint64_t taps, bool whole) {
    const uint64_t s = axis->stride, d = axis->dilation;
    const uint64_t extent = sdse_window_extent(outputs, taps, s, d);
    *pattern = (struct sdse_pattern){.end = extent, .count = extent};
    if (whole || sdse_distinct_sums(outputs, s, taps, d) == extent)
        return true;
    if (!list_init(pattern, extent))
        return false;
    for (uint64_t p = 0; p < outputs; p++)
        for (uint64_t r = 0; r < taps; r++)
            pattern->below[p * s + r * d] = 1;
    list_finish(pattern);
    return true;
}

bool sdse_pattern_keep_new(struct sdse_pattern *pattern, uint64_t shift) {
    if (pattern->at)
        return sdse_pattern_keep_new_after(pattern, pattern, shift);
    if (shift < pattern->end - pattern->first)
        pattern->first = pattern->end - shift;
    pattern->count = pattern->end - pattern->first;
    return true;
}

bool sdse_pattern_keep_new_after(struct sdse_pattern *pattern,
                                 const struct sdse_pattern *before, uint64_t shift) {
    struct sdse_pattern fresh;
    if (!list_init(&fresh, pattern->end))
        return false;
    for (uint64_t i = 0; i < pattern->count; i++) {
        const uint64_t x = sdse_pattern_at(pattern, i), back = x + shift;
        const bool was_there =
            back < before->end &&
            sdse_pattern_below(before, back + 1) > sdse_pattern_below(before, back);
        fresh.below[x] = !was_there;
    }
    list_finish(&fresh);
    sdse_pattern_clear(pattern);
    *pattern = fresh;
    return true;
}

bool sdse_pattern_join(struct sdse_pattern *pattern, const uint64_t *origin,
                       uint64_t count) {
    uint64_t last = 0;
    for (uint64_t g = 0; g < count; g++)
        last = origin[g] > last ? origin[g] : last;
    struct sdse_pattern all;
    if (!list_init(&all, pattern->end + last))
        return false;
    for (uint64_t g = 0; g < count; g++)
        for (uint64_t i = 0; i < pattern->count; i++)
            all.below[origin[g] + sdse_pattern_at(pattern, i)] = 1;
    list_finish(&all);
    sdse_pattern_clear(pattern);
    *pattern = all;
    return true;
}

bool sdse_cuts_are_equal(const struct sdse_pattern *pattern, const struct sdse_cut *a,
                         const struct sdse_cut *b) {
    bool same = sdse_cut_words(a) == sdse_cut_words(b);
    for (uint64_t k = 0; same && k < sdse_cut_words(a); k++)
        same = a->origin + sdse_pattern_at(pattern, a->i + k) ==
               b->origin + sdse_pattern_at(pattern, b->i + k);
    return same;
}

void sdse_pattern_clear(struct sdse_pattern *pattern) {
    free(pattern->below);
    free(pattern->at);
    memset(pattern, 0, sizeof *pattern);
}

// --- Tiles ---

// Positions of tiles of one size along a dimension: first, first + step, ...
struct positions {
    uint64_t size, first, step, count;
};

// Whole tiles, and the one that is cut off at the bound.
static void list_positions(uint64_t bound, uint64_t tile, struct positions at[2]) {
    const uint64_t size = tile < bound ? tile : bound, whole = bound / size;
    at[0] = (struct positions){size, 0, size, whole};
    at[1] = (struct positions){bound % size, whole * size, size, bound % size > 0};
}

// Raises *most to the words of the largest tile at these positions.
static bool raise_to(const struct sdse_axis *axis, const struct positions *p,
                     const struct positions *r, bool whole, uint64_t *most) {
    struct sdse_pattern pattern;
    if (!sdse_pattern_init(&pattern, axis, p->size, r->size, whole))
        return false;
    for (uint64_t i = 0; i < p->count && *most < pattern.count; i++) {
        for (uint64_t j = 0; j < r->count && *most < pattern.count; j++) {
            const uint64_t origin = (p->first + i * p->step) * axis->stride +
                                    (r->first + j * r->step) * axis->dilation;
            const struct sdse_cut cut = sdse_pattern_cut(&pattern, axis, origin);
            const uint64_t words = sdse_cut_words(&cut);
            *most = words > *most ? words : *most;
        }
    }
    sdse_pattern_clear(&pattern);
    return true;
}

bool sdse_axis_tile_words(const struct sdse_axis *axis, uint64_t outputs, uint64_t taps,
                          bool whole, uint64_t *words) {
    struct positions p[2], r[2];
    list_positions(axis->outputs, outputs, p);
    list_positions(axis->taps, taps, r);
    *words = 0;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            if (p[i].count && r[j].count && !raise_to(axis, &p[i], &r[j], whole, words))
                return false;
    return true;
}

bool sdse_largest_tile_words(const struct sdse_nest *nest, enum sdse_tensor tensor,
                             const uint64_t size[SDSE_DIMS], bool whole,
                             uint64_t *words) {
    uint64_t cut[SDSE_DIMS];
    for (int d = 0; d < SDSE_DIMS; d++)
        cut[d] = size[d] < nest->bound[d] ? size[d] : nest->bound[d];
    *words = sdse_tile_words(nest, tensor, cut);
    if (tensor != SDSE_INPUTS || !sdse_nest_needs_sets(nest))
        return true;
    *words = cut[SDSE_N] * cut[SDSE_G] * cut[SDSE_C];
    for (unsigned a = 0; a < 2; a++) {
        const struct sdse_axis axis = sdse_axis_of(nest, a);
        uint64_t here;
        if (!sdse_axis_tile_words(&axis, cut[a ? SDSE_Q : SDSE_P],
                                  cut[a ? SDSE_S : SDSE_R], whole, &here))
            return false;
        *words *= here;
    }
    return true;
}
