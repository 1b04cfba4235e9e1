// Directives as loops: those of the outer cluster step through the tiles that L2 holds,
// those of the clusters inside through what is in it; what they spread is side by side.
#include <inttypes.h>

#include "import/maestro/reading.h"

enum { OUTSIDE, INSIDE, ELEMENT, LEVELS, MOST_CLUSTERS = 2 };

struct mapping_state {
    struct sdse_maestro_reading *r;
    const struct sdse_maestro_layer *layer;
    const struct sdse_maestro_nest *nest;
    struct sdse_mapping *mapping;
    uint64_t tile[SDSE_DIMS];  // of the loops so far
    uint64_t whole[SDSE_DIMS]; // product of all loops so far
    unsigned spread;           // set of dimensions that are side by side
    bool good;
};

static void refuse(struct mapping_state *s, struct sdse_loc loc, const char *what) {
    sdse_foreign_refuse(&s->r->foreign, loc, true, "maestro-dataflow",
                        "the dataflow of '%s' is lost: %s", s->layer->name.text, what);
    s->good = false;
}

static uint64_t extent_of(const struct mapping_state *s,
                          struct sdse_maestro_extent extent) {
    return extent.value ? extent.value : s->layer->size[extent.dim];
}

static bool is_input(enum sdse_maestro_dim dim) { return dim == Y || dim == X; }

// --- Loops ---

static void add_loop(struct mapping_state *s, struct sdse_loc loc,
                     struct sdse_loops *loops, enum sdse_dim dim, uint64_t factor) {
    if (factor == 1)
        return;
    for (unsigned l = 0; l < loops->count; l++) {
        if (loops->loop[l].dim != dim)
            continue;
        refuse(s, loc, "two clusters step through one dimension, or spread it");
        return;
    }
    loops->loop[loops->count++] = (struct sdse_loop){dim, factor};
}

// Splits what is left of a dimension into tiles, some of them side by side.
static void split(struct mapping_state *s, const struct sdse_maestro_directive *at,
                  enum sdse_dim dim, uint64_t tile, unsigned cluster, uint64_t places) {
    const uint64_t left = s->tile[dim];
    if (tile > left)
        tile = left;
    const uint64_t steps = (left + tile - 1) / tile;
    const uint64_t beside = at->act == TEMPORAL ? 1 : steps < places ? steps : places;
    const uint64_t after = (steps + beside - 1) / beside;
    const bool even = left % tile == 0 && steps % beside == 0;
    struct sdse_mapping_level *level = s->mapping->level;
    if (!even && left != s->nest->bound[dim]) {
        refuse(s, at->loc, "tiles of a cluster inside do not divide those outside");
        return;
    }
    // Steps of a cluster inside stand outside of places: the same words, unless tiles
    // overlap or the last are shorter.
    const bool window = (dim == SDSE_P && s->nest->bound[SDSE_R] > 1) ||
                        (dim == SDSE_Q && s->nest->bound[SDSE_S] > 1);
    if (after > 1 && cluster && s->spread >> dim & 1u &&
        (window || s->nest->bound[dim] != s->whole[dim] * left || !even)) {
        refuse(s, at->loc,
               "tiles that are side by side are stepped through by a cluster inside, "
               "and overlap or end short");
        return;
    }
    add_loop(s, at->loc, &level[cluster ? INSIDE : OUTSIDE].temporal, dim, after);
    add_loop(s, at->loc, &level[INSIDE].spatial[0], dim, beside);
    s->spread |= beside > 1 ? SDSE_BIT(dim) : 0;
    s->whole[dim] *= after * beside;
    s->tile[dim] = tile;
}

// --- Directives ---

// The directive of a cluster over a dimension; NULL = none.
static const struct sdse_maestro_directive *
find(const struct sdse_maestro_directive *list, size_t count,
     enum sdse_maestro_dim dim) {
    for (size_t i = 0; i < count; i++)
        if (list[i].dim == dim)
            return &list[i];
    return NULL;
}

// Outputs of a tile of inputs, `size` at a distance of `offset`. False: no tile of
// outputs, or one that only its kernel's rows walk through.
static bool find_outputs(struct mapping_state *s,
                         const struct sdse_maestro_directive *at,
                         const struct sdse_maestro_directive *taps, unsigned axis,
                         uint64_t *outputs) {
    const enum sdse_dim kernel = axis ? SDSE_S : SDSE_R, out = axis ? SDSE_Q : SDSE_P;
    const uint64_t size = extent_of(s, at->size), offset = extent_of(s, at->offset),
                   stride = s->nest->stride[axis];
    uint64_t width = taps ? extent_of(s, taps->size) : s->tile[kernel];
    if (width > s->tile[kernel])
        width = s->tile[kernel];
    // Row r of the kernel meets row r of the inputs: the kernel's rows are spread.
    if (at->act == SPATIAL && taps && taps->act == SPATIAL && size == width &&
        offset == size) {
        *outputs = s->tile[out];
        if (s->tile[out] != 1)
            refuse(s, at->loc,
                   "rows and taps are spread together over several outputs");
        return false;
    }
    *outputs = size >= width ? (size - width) / stride + 1 : 0;
    if (*outputs > s->tile[out])
        *outputs = s->tile[out];
    const bool ends = *outputs == s->tile[out];
    if (!*outputs || (!ends && offset != *outputs && offset != *outputs * stride)) {
        refuse(s, at->loc, "tiles of inputs that do not follow each other");
        return false;
    }
    return true;
}

static void take(struct mapping_state *s, const struct sdse_maestro_directive *list,
                 size_t count, size_t i, unsigned cluster, uint64_t places) {
    const struct sdse_maestro_directive *at = &list[i];
    uint64_t tile = extent_of(s, at->size);
    if (find(list, i, at->dim)) {
        refuse(s, at->loc, "a cluster has two directives for one dimension");
    } else if (!s->nest->moves[at->dim]) {
        refuse(s, at->loc, "its layer has no such dimension");
    } else if (is_input(at->dim)) {
        const unsigned axis = at->dim == X;
        const struct sdse_maestro_directive *taps = find(list, count, axis ? S : R);
        if (find(list, count, axis ? X_OUT : Y_OUT))
            refuse(s, at->loc, "inputs and outputs are both mapped");
        else if (find_outputs(s, at, taps, axis, &tile))
            split(s, at, s->nest->dim[at->dim], tile, cluster, places);
    } else if (extent_of(s, at->offset) != tile &&
               tile < s->tile[s->nest->dim[at->dim]]) {
        refuse(s, at->loc, "tiles that overlap or leave gaps");
    } else {
        split(s, at, s->nest->dim[at->dim], tile, cluster, places);
    }
}

// The directives of one cluster. Only one dimension is spread, or taps with their rows.
static void take_cluster(struct mapping_state *s,
                         const struct sdse_maestro_directive *list, size_t count,
                         unsigned cluster, uint64_t places) {
    const struct sdse_maestro_directive *spatial = NULL;
    for (size_t i = 0; i < count && s->good; i++) {
        if (list[i].act == SPATIAL && spatial) {
            const enum sdse_maestro_dim a = spatial->dim, b = list[i].dim;
            const bool rows = (a == Y && b == R) || (a == R && b == Y),
                       columns = (a == X && b == S) || (a == S && b == X);
            if (!rows && !columns)
                refuse(s, list[i].loc, "a cluster spreads two dimensions");
        }
        if (list[i].act == SPATIAL)
            spatial = &list[i];
        if (s->good)
            take(s, list, count, i, cluster, places);
    }
}

// Units of each cluster, from outside; false after a diagnostic.
static bool find_places(struct mapping_state *s,
                        const struct sdse_maestro_directive *list, size_t count,
                        uint64_t elements, uint64_t places[MOST_CLUSTERS + 1]) {
    unsigned clusters = 0;
    places[0] = elements;
    for (size_t i = 0; i < count; i++) {
        if (list[i].act != CLUSTER)
            continue;
        if (clusters == MOST_CLUSTERS) {
            refuse(s, list[i].loc, "more than two clusters");
            return false;
        }
        places[++clusters] = extent_of(s, list[i].size);
        places[0] /= places[clusters];
        if (!places[0]) {
            refuse(s, list[i].loc, "a cluster is larger than the array");
            return false;
        }
    }
    return true;
}

bool sdse_maestro_map(struct sdse_maestro_reading *r,
                      const struct sdse_maestro_layer *layer,
                      const struct sdse_maestro_nest *nest, uint64_t elements,
                      struct sdse_mapping *mapping) {
    struct mapping_state s = {r, layer, nest, mapping, {0}, {0}, 0, true};
    const struct sdse_maestro_directive *list =
        r->directive ? r->directive + layer->first_directive : NULL;
    uint64_t places[MOST_CLUSTERS + 1];
    *mapping = (struct sdse_mapping){.level_count = LEVELS};
    for (unsigned d = 0; d < SDSE_DIMS; d++) {
        s.tile[d] = nest->bound[d];
        s.whole[d] = 1;
    }
    if (!find_places(&s, list, layer->directive_count, elements, places))
        return false;
    size_t from = 0;
    for (unsigned cluster = 0; from <= layer->directive_count && s.good; cluster++) {
        size_t end = from;
        while (end < layer->directive_count && list[end].act != CLUSTER)
            end++;
        take_cluster(&s, list + from, end - from, cluster, places[cluster]);
        from = end + 1;
    }
    for (unsigned d = 0; d < SDSE_DIMS && s.good; d++)
        add_loop(&s, layer->dataflow, &mapping->level[ELEMENT].temporal,
                 (enum sdse_dim)d, s.tile[d]);
    return s.good;
}

static void print_loops(FILE *out, const char *key, const struct sdse_loops *loops) {
    if (loops->count)
        fprintf(out, ", %s:", key);
    for (unsigned l = 0; l < loops->count; l++)
        fprintf(out, " %c%" PRIu64, sdse_dim_letters[loops->loop[l].dim],
                loops->loop[l].factor);
}

void sdse_maestro_print_mapping(FILE *out, const struct sdse_mapping *mapping,
                                const char *indent) {
    static const char *const names[LEVELS] = {"DRAM", "L2", "L1"};
    for (unsigned l = 0; l < LEVELS; l++) {
        fprintf(out, "%s- {level: %s", indent, names[l]);
        print_loops(out, "temporal", &mapping->level[l].temporal);
        print_loops(out, "spatial_x", &mapping->level[l].spatial[0]);
        fputs("}\n", out);
    }
}
