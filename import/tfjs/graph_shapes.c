// Operators of graphs that change the order or the extents of values, or put them
// together; shapes that are computed are worked out by the import.
#include <string.h>

#include "import/tfjs/reading.h"

static bool put(struct tfjs_layer *l, const char *name, unsigned rank, bool planes) {
    l->out[0] = sdse_tfjs_value(name, rank, planes);
    l->out_count = 1;
    return name != NULL;
}

static bool has_inputs(struct tfjs_layer *l, size_t count) {
    return l->in_count >= count ||
           sdse_tfjs_wrong(l, "tfjs-json", NULL, "it reads %zu values, not %zu",
                           l->in_count, count);
}

static bool pass(struct tfjs_layer *l) {
    l->out[0] = *l->in[0];
    l->out_count = 1;
    return true;
}

// One constant number, an axis of `rank` extents.
static bool axis_at(struct tfjs_layer *l, size_t input, unsigned rank, unsigned *out) {
    int64_t axis[16];
    size_t count;
    if (!sdse_tfjs_numbers(l, input, axis, &count))
        return false;
    axis[0] += axis[0] < 0 ? rank : 0;
    if (count != 1 || axis[0] < 0 || axis[0] >= rank)
        return sdse_tfjs_wrong(l, "tfjs-config", NULL, "one axis of %u is needed",
                               rank);
    *out = (unsigned)axis[0];
    return true;
}

static bool reshape(struct tfjs_layer *l) {
    struct sdse_rewrite *w = &l->r->w;
    if (!has_inputs(l, 2))
        return false;
    const size_t rank = l->in[1]->length;
    if (rank < 1 || rank > TFJS_MOST_RANK || l->in[1]->rank != 1)
        return sdse_tfjs_wrong(l, "tfjs-config", NULL,
                               "a shape of 1 to 8 extents is needed");
    const char *x = sdse_tfjs_plain(l, l->in[0]), *shape = sdse_tfjs_plain(l, l->in[1]);
    return x && shape &&
           put(l, sdse_rewrite_node(w, "Reshape", NULL, x, shape, NULL), (unsigned)rank,
               false);
}

static bool squeeze(struct tfjs_layer *l) {
    struct sdse_rewrite *w = &l->r->w;
    const unsigned rank = l->in[0]->rank;
    int64_t axes[TFJS_MOST_RANK];
    size_t count;
    if (!sdse_tfjs_attribute_ints(l, "squeeze_dims", TFJS_MOST_RANK, axes, &count) ||
        count == 0 || count >= rank)
        return sdse_tfjs_wrong(l, "tfjs-config", "squeeze_dims",
                               "which extents it leaves out is not said");
    return put(l,
               sdse_rewrite_node(w, "Squeeze", NULL, sdse_tfjs_plain(l, l->in[0]),
                                 sdse_rewrite_ints(w, count, axes), NULL),
               rank - (unsigned)count, false);
}

static bool expand(struct tfjs_layer *l) {
    struct sdse_rewrite *w = &l->r->w;
    const unsigned rank = l->in[0]->rank + 1;
    unsigned axis;
    if (rank > TFJS_MOST_RANK)
        return sdse_tfjs_has_rank(l, 0, TFJS_MOST_RANK - 1);
    if (!has_inputs(l, 2) || !axis_at(l, 1, rank, &axis))
        return false;
    const int64_t at = axis;
    put(l,
        sdse_rewrite_node(w, "Unsqueeze", NULL, sdse_tfjs_plain(l, l->in[0]),
                          sdse_rewrite_ints(w, 1, &at), NULL),
        rank, false);
    l->out[0].length = rank == 1;
    return true;
}

static bool transpose(struct tfjs_layer *l) {
    int64_t order[16];
    size_t count;
    unsigned seen = 0;
    if (!has_inputs(l, 2) || !sdse_tfjs_numbers(l, 1, order, &count))
        return false;
    for (size_t i = 0; i < count; i++)
        seen |= order[i] >= 0 && order[i] < 16 ? 1u << order[i] : 0;
    if (count != l->in[0]->rank || seen + 1 != 1u << count)
        return sdse_tfjs_wrong(l, "tfjs-config", NULL,
                               "each of its extents is needed once");
    return put(
        l, sdse_rewrite_transpose(&l->r->w, sdse_tfjs_plain(l, l->in[0]), count, order),
        (unsigned)count, false);
}

static bool pad(struct tfjs_layer *l) {
    struct sdse_rewrite *w = &l->r->w;
    const unsigned rank = l->in[0]->rank;
    int64_t ends[16], turned[16];
    size_t count;
    if (!has_inputs(l, 2) || !sdse_tfjs_numbers(l, 1, ends, &count))
        return false;
    if (count != 2 * (size_t)rank)
        return sdse_tfjs_wrong(l, "tfjs-config", NULL,
                               "two numbers an extent are needed");
    for (unsigned i = 0; i < 2 * rank; i++)
        if (ends[i] < 0 || ends[i] > 1 << 20)
            return sdse_tfjs_wrong(l, "tfjs-config", NULL, "padding is 0 or more");
    const bool window = rank == 4 && !ends[0] && !ends[1] && !ends[6] && !ends[7];
    if (window) { // a window behind it may take the zeros for its own
        l->out[0] = (struct tfjs_value){.rank = rank,
                                        .bare = sdse_tfjs_planes(l, l->in[0]),
                                        .pad = {ends[2], ends[4], ends[3], ends[5]}};
        l->out_count = 1;
        return l->out[0].bare != NULL;
    }
    for (unsigned i = 0; i < rank; i++) {
        turned[i] = ends[2 * i];
        turned[rank + i] = ends[2 * i + 1];
    }
    return put(l,
               sdse_rewrite_node(w, "Pad", NULL, sdse_tfjs_plain(l, l->in[0]),
                                 sdse_rewrite_ints(w, count, turned), NULL),
               rank, false);
}

static bool concat(struct tfjs_layer *l) {
    const size_t count = l->in_count - 1;
    const unsigned rank = l->in[0]->rank;
    unsigned axis;
    size_t length = 0;
    bool planes = false, lengths = true;
    if (!has_inputs(l, 2) || !axis_at(l, count, rank, &axis))
        return false;
    const char **in = SDSE_ARENA_ARRAY(l->r->arena, const char *, count), *out = NULL;
    l->r->w.failed |= !in;
    for (size_t i = 0; i < count && in; i++) {
        planes |= sdse_tfjs_is_planes(l->in[i]);
        length += l->in[i]->length;
        lengths &= l->in[i]->length > 0;
        if (l->in[i]->rank != rank)
            return sdse_tfjs_wrong(l, "tfjs-config", NULL,
                                   "what it puts together has %u and %u extents", rank,
                                   l->in[i]->rank);
    }
    for (size_t i = 0; i < count && in; i++)
        in[i] = planes ? sdse_tfjs_planes(l, l->in[i]) : sdse_tfjs_plain(l, l->in[i]);
    if (!in)
        return false;
    sdse_rewrite_wide(&l->r->w, "Concat", NULL, count, in, 1, &out);
    sdse_rewrite_set_int(&l->r->w, "axis",
                         planes ? sdse_tfjs_plane_axis(axis, rank) : axis);
    put(l, out, rank, planes);
    l->out[0].length = rank == 1 && lengths ? length : 0;
    return true;
}

// Values as the rows of one more extent.
static bool pack(struct tfjs_layer *l) {
    struct sdse_rewrite *w = &l->r->w;
    const unsigned rank = l->in[0]->rank + 1;
    int64_t axis = 0;
    size_t count;
    if (!sdse_tfjs_attribute_ints(l, "axis", 1, &axis, &count) ||
        rank > TFJS_MOST_RANK || axis < -(int64_t)rank || axis >= (int64_t)rank)
        return sdse_tfjs_wrong(l, "tfjs-config", "axis", "one axis is needed");
    const char **in = SDSE_ARENA_ARRAY(l->r->arena, const char *, l->in_count),
               *out = NULL;
    l->r->w.failed |= !in;
    for (size_t i = 0; i < l->in_count && in; i++) {
        if (l->in[i]->rank + 1 != rank)
            return sdse_tfjs_wrong(l, "tfjs-config", NULL,
                                   "what it puts together has %u and %u extents",
                                   rank - 1, l->in[i]->rank);
        in[i] = sdse_rewrite_node(w, "Unsqueeze", NULL, sdse_tfjs_plain(l, l->in[i]),
                                  sdse_rewrite_ints(w, 1, &axis), NULL);
    }
    if (!in)
        return false;
    sdse_rewrite_wide(w, "Concat", NULL, l->in_count, in, 1, &out);
    sdse_rewrite_set_int(w, "axis", axis);
    put(l, out, rank, false);
    l->out[0].length = rank == 1 ? l->in_count : 0;
    return true;
}

static bool shape(struct tfjs_layer *l) {
    put(l,
        sdse_rewrite_node(&l->r->w, "Shape", NULL, sdse_tfjs_plain(l, l->in[0]), NULL,
                          NULL),
        1, false);
    l->out[0].length = l->in[0]->rank;
    return true;
}

// Bits of a mask of a strided slice.
static int64_t mask(const struct tfjs_layer *l, const char *name) {
    int64_t bits = 0;
    size_t count;
    return sdse_tfjs_attribute_ints(l, name, 1, &bits, &count) ? bits : -1;
}

static bool strided_slice(struct tfjs_layer *l) {
    struct sdse_rewrite *w = &l->r->w;
    int64_t from[16], to[16], step[16], axes[16], gone[16];
    size_t count, ends, steps, lost = 0;
    const struct tfjs_value *x = l->in[0];
    const int64_t begins = mask(l, "begin_mask"), stops = mask(l, "end_mask"),
                  shrinks = mask(l, "shrink_axis_mask");
    if (!has_inputs(l, 4) || !sdse_tfjs_numbers(l, 1, from, &count) ||
        !sdse_tfjs_numbers(l, 2, to, &ends) || !sdse_tfjs_numbers(l, 3, step, &steps))
        return false;
    if (count != ends || count != steps || count > x->rank || count == 0 ||
        begins < 0 || stops < 0 || shrinks < 0 || mask(l, "new_axis_mask") != 0 ||
        mask(l, "ellipsis_mask") != 0)
        return sdse_tfjs_wrong(l, "tfjs-config", NULL,
                               "places of each extent, and no new ones, are needed");
    for (size_t i = 0; i < count; i++) {
        axes[i] = (int64_t)i;
        if (step[i] < 1)
            return sdse_tfjs_wrong(l, "tfjs-config", NULL, "steps are 1 or more");
        if (begins >> i & 1)
            from[i] = 0;
        if (stops >> i & 1)
            to[i] = INT64_MAX;
        if (shrinks >> i & 1) {
            to[i] = from[i] == -1 ? INT64_MAX : from[i] + 1;
            gone[lost++] = (int64_t)i;
        }
    }
    const char *const in[5] = {
        sdse_tfjs_plain(l, l->in[0]), sdse_rewrite_ints(w, count, from),
        sdse_rewrite_ints(w, count, to), sdse_rewrite_ints(w, count, axes),
        sdse_rewrite_ints(w, count, step)};
    const char *out = NULL;
    sdse_rewrite_wide(w, "Slice", NULL, 5, in, 1, &out);
    if (lost)
        out = sdse_rewrite_node(w, "Squeeze", NULL, out,
                                sdse_rewrite_ints(w, lost, gone), NULL);
    return put(l, out, x->rank - (unsigned)lost, false);
}

// Rows and columns as many as a constant says.
static bool resize(struct tfjs_layer *l) {
    struct sdse_rewrite *w = &l->r->w;
    int64_t size[16];
    size_t count;
    const int64_t first = 0, behind = 2, axis = 0;
    if (!has_inputs(l, 2) || !sdse_tfjs_has_rank(l, 0, 4) ||
        !sdse_tfjs_numbers(l, 1, size, &count))
        return false;
    if (count != 2 || size[0] < 1 || size[1] < 1)
        return sdse_tfjs_wrong(l, "tfjs-config", NULL, "rows and columns are needed");
    const char *x = sdse_tfjs_planes(l, l->in[0]);
    const char *same = sdse_rewrite_slice(
        w, sdse_rewrite_node(w, "Shape", NULL, x, NULL, NULL), axis, first, behind);
    const char *const in[4] = {
        x, NULL, NULL, sdse_rewrite_concat(w, same, sdse_rewrite_ints(w, 2, size), 0)};
    const char *out = NULL;
    sdse_rewrite_wide(w, "Resize", NULL, 4, in, 1, &out);
    sdse_rewrite_set_text(
        w, "mode", strcmp(l->class_name, "ResizeBilinear") == 0 ? "linear" : "nearest");
    return put(l, out, 4, true);
}

static bool gather(struct tfjs_layer *l) {
    unsigned axis = 0;
    if (!has_inputs(l, 2) || (l->in_count > 2 && !axis_at(l, 2, l->in[0]->rank, &axis)))
        return false;
    const unsigned rank = l->in[0]->rank + l->in[1]->rank - 1;
    if (l->in[0]->rank == 0 || rank > TFJS_MOST_RANK)
        return sdse_tfjs_wrong(l, "tfjs-config", NULL, "it puts out %u extents", rank);
    const char *out =
        sdse_rewrite_node(&l->r->w, "Gather", "", sdse_tfjs_plain(l, l->in[0]),
                          sdse_tfjs_plain(l, l->in[1]), NULL);
    sdse_rewrite_set_int(&l->r->w, "axis", axis);
    return put(l, out, rank, false);
}

tfjs_class sdse_tfjs_shape_operator(const char *op) {
    static const struct {
        const char *op;
        tfjs_class translate;
    } rows[] = {{"Identity", pass},
                {"StopGradient", pass},
                {"PreventGradient", pass},
                {"Cast", pass},
                {"Reshape", reshape},
                {"Squeeze", squeeze},
                {"ExpandDims", expand},
                {"Transpose", transpose},
                {"Pad", pad},
                {"PadV2", pad},
                {"ConcatV2", concat},
                {"Pack", pack},
                {"Shape", shape},
                {"StridedSlice", strided_slice},
                {"ResizeBilinear", resize},
                {"ResizeNearestNeighbor", resize},
                {"Gather", gather},
                {"GatherV2", gather}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].op, op) == 0)
            return rows[i].translate;
    return NULL;
}
