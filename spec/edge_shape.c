#include "spec/edge_shape.h"

#include <inttypes.h>

// --- The maker's side ---

// Whether the layer works word by word: in what order its sizes are does not matter.
static bool is_wordwise(const struct sdse_layer *layer) {
    return sdse_layer_moves(layer) && layer->kind != SDSE_POOL;
}

static bool slide(const struct sdse_workload_edge *edge, unsigned axis,
                  uint64_t *size) {
    const uint64_t padded = *size + 2 * edge->pad[axis];
    if (edge->kernel[axis] > padded)
        return false;
    *size = (padded - edge->kernel[axis]) / edge->stride[axis] + 1;
    return true;
}

bool sdse_edge_carries(const struct sdse_workload *net,
                       const struct sdse_workload_edge *edge,
                       struct sdse_map_shape *shape) {
    const uint64_t *bound = net->layers[edge->from].nest.bound;
    *shape = (struct sdse_map_shape){
        bound[SDSE_N], edge->channels ? edge->channels : bound[SDSE_G] * bound[SDSE_K],
        bound[SDSE_P], bound[SDSE_Q]};
    return edge->via != SDSE_VIA_POOL ||
           (slide(edge, 0, &shape->rows) && slide(edge, 1, &shape->columns));
}

// --- The reader's side ---

static struct sdse_map_shape inputs_of(const struct sdse_layer *layer) {
    const uint64_t *bound = layer->nest.bound;
    return (struct sdse_map_shape){bound[SDSE_N], bound[SDSE_G] * bound[SDSE_C],
                                   layer->in_height, layer->in_width};
}

static struct sdse_map_shape outputs_of(const struct sdse_layer *layer) {
    const uint64_t *bound = layer->nest.bound;
    return (struct sdse_map_shape){bound[SDSE_N], bound[SDSE_G] * bound[SDSE_K],
                                   bound[SDSE_P], bound[SDSE_Q]};
}

static uint64_t words(const struct sdse_map_shape *shape) {
    return shape->samples * shape->channels * shape->rows * shape->columns;
}

static bool same_places(const struct sdse_map_shape *a,
                        const struct sdse_map_shape *b) {
    return a->samples == b->samples && a->rows == b->rows && a->columns == b->columns;
}

// A right operand, of one group: a column for each row of the maker (the keys of an
// attention) or for each of its channels (its values). Cut into heads a group is some
// channels of some rows: those of a sequence.
static bool fits_weights(const struct sdse_layer *reader, bool heads,
                         const struct sdse_map_shape *shape) {
    const uint64_t *bound = reader->nest.bound;
    if (sdse_tile_words(&reader->nest, SDSE_WEIGHTS, bound) != words(shape))
        return false;
    const uint64_t rows = shape->samples * shape->rows * shape->columns;
    if (heads)
        return (shape->channels % bound[SDSE_C] == 0 && rows % bound[SDSE_K] == 0) ||
               (shape->channels % bound[SDSE_K] == 0 && rows % bound[SDSE_C] == 0);
    return bound[SDSE_G] == 1 && shape->columns == 1 &&
           ((shape->channels == bound[SDSE_C] && shape->rows == bound[SDSE_K]) ||
            (shape->channels == bound[SDSE_K] && shape->rows == bound[SDSE_C]));
}

static bool fits_inputs(const struct sdse_workload *net,
                        const struct sdse_workload_edge *edge,
                        const struct sdse_map_shape *shape) {
    const struct sdse_layer *maker = &net->layers[edge->from],
                            *reader = &net->layers[edge->to];
    const struct sdse_map_shape wanted = inputs_of(reader);
    const bool vector = reader->kind == SDSE_FC && reader->in_height == 1;
    const bool unordered = vector || is_wordwise(maker) || is_wordwise(reader);
    return words(shape) == words(&wanted) &&
           (edge->heads || (shape->samples == wanted.samples &&
                            (unordered || same_places(shape, &wanted))));
}

bool sdse_edge_fits(const struct sdse_workload *net,
                    const struct sdse_workload_edge *edge,
                    const struct sdse_map_shape *shape) {
    const struct sdse_layer *reader = &net->layers[edge->to];
    const struct sdse_map_shape in = inputs_of(reader), out = outputs_of(reader);
    switch (edge->use) {
    case SDSE_EDGE_CONCAT:
        return same_places(shape, &in);
    case SDSE_EDGE_ADDEND:
        return same_places(shape, &out) && shape->channels == out.channels;
    case SDSE_EDGE_WEIGHTS:
        return fits_weights(reader, edge->heads, shape);
    default:
        return fits_inputs(net, edge, shape);
    }
}

const char *sdse_edge_wants(const struct sdse_workload *net,
                            const struct sdse_workload_edge *edge,
                            struct sdse_arena *arena) {
    const struct sdse_layer *reader = &net->layers[edge->to];
    const uint64_t *bound = reader->nest.bound;
    if (edge->use == SDSE_EDGE_WEIGHTS)
        return sdse_arena_printf(
            arena, "%" PRIu64 " x %" PRIu64 " of %" PRIu64 " group%s", bound[SDSE_C],
            bound[SDSE_K], bound[SDSE_G], bound[SDSE_G] == 1 ? "" : "s");
    const struct sdse_map_shape shape =
        edge->use == SDSE_EDGE_ADDEND ? outputs_of(reader) : inputs_of(reader);
    return sdse_arena_printf(arena, "%" PRIu64 " x %" PRIu64 " x %" PRIu64,
                             shape.channels, shape.rows, shape.columns);
}
