// Weights that a file has in several matrices, one for each gate of a cell, as those of
// one layer: their rows one below the other.
#include <string.h>

#include "import/tensors/blob.h"
#include "import/tflite/reading.h"

enum { MOST = TFLITE_MOST_MATRICES };

static bool out_of_memory(struct sdse_tflite_reader *r) {
    r->status = SDSE_NO_MEMORY;
    return false;
}

// The bytes of a matrix alone.
static struct sdse_blob bytes_of(const struct sdse_stored_tensor *matrix) {
    struct sdse_blob blob = *matrix->blob;
    if (blob.memory)
        blob.memory += matrix->offset;
    else
        blob.start += matrix->offset;
    blob.length = matrix->count * sdse_dtype_bytes(matrix->dtype);
    return blob;
}

// One scale and zero point for each row of all; those that have none are what they are.
static bool stack_scales(struct sdse_tflite_reader *r,
                         const struct sdse_stored_tensor *matrix, size_t count,
                         struct sdse_stored_tensor *out) {
    struct sdse_tensor_scale *scale =
        SDSE_ARENA_NEW(r->m.arena, struct sdse_tensor_scale);
    const size_t rows = (size_t)out->shape[0];
    double *values = SDSE_ARENA_ARRAY(r->m.arena, double, 2 * rows);
    size_t at = 0;
    if (!scale || !values)
        return out_of_memory(r);
    for (size_t i = 0; i < count; i++) {
        const struct sdse_tensor_scale *own = matrix[i].scale;
        for (uint64_t row = 0; row < matrix[i].shape[0]; row++, at++) {
            const size_t from = own && own->count > 1 ? (size_t)row : 0;
            values[at] = own ? own->scale[from] : 1;
            values[rows + at] = own ? own->zero[from] : 0;
        }
    }
    *scale = (struct sdse_tensor_scale){
        .count = rows, .scale = values, .zero = values + rows};
    out->scale = scale;
    return true;
}

static bool stack(struct sdse_tflite_reader *r, const struct sdse_stored_tensor *matrix,
                  size_t count, struct sdse_stored_tensor *out) {
    struct sdse_blob *all = SDSE_ARENA_NEW(r->m.arena, struct sdse_blob);
    struct sdse_blob *part = SDSE_ARENA_ARRAY(r->m.arena, struct sdse_blob, count);
    bool scaled = false;
    if (!all || !part)
        return out_of_memory(r);
    *out = matrix[0];
    *all = (struct sdse_blob){.name = r->m.file, .parts = part, .part_count = count};
    out->shape[0] = out->count = 0;
    for (size_t i = 0; i < count; i++) {
        part[i] = bytes_of(&matrix[i]);
        all->length += part[i].length;
        out->shape[0] += matrix[i].shape[0];
        out->count += matrix[i].count;
        scaled |= matrix[i].scale != NULL;
    }
    out->blob = all;
    out->offset = 0;
    return !scaled || stack_scales(r, matrix, count, out);
}

// The matrix, where it is a constant; *why: it is no weights that are written.
static bool take(struct sdse_tflite_reader *r, const char *name,
                 const struct tflite_matrix *part, struct sdse_stored_tensor *out,
                 int *why) {
    const struct tflite_tensor *constant = sdse_tflite_constant(&r->m, part->tensor);
    if (!constant) {
        *why = SDSE_TFLITE_UNREAD_MADE;
        return true;
    }
    r->status = sdse_tflite_stored(&r->m, name, constant, out);
    if (r->status != SDSE_OK)
        return false;
    if (out->dtype == SDSE_DTYPES) {
        *why = SDSE_TFLITE_UNREAD_TYPE;
        return true;
    }
    if (out->rank != 2 ||
        memcmp(out->shape, part->tensor->shape, 2 * sizeof *out->shape) != 0 ||
        (out->scale && out->scale->count > 1 && out->scale->axis != 0))
        return sdse_tflite_refuse(r, "tflite-weights", name,
                                  "its weights, or their scales, are not those of a "
                                  "matrix of a row for each output");
    out->offset += part->from * sdse_dtype_bytes(out->dtype);
    out->shape[1] = part->columns;
    out->count = out->shape[0] * out->shape[1];
    return true;
}

bool sdse_tflite_add_stack(struct sdse_tflite_reader *r, const char *name,
                           const struct tflite_matrix *part, size_t count) {
    struct sdse_stored_tensor matrix[MOST], all;
    int why = -1;
    for (size_t i = 0; i < count && why < 0; i++) {
        if (!take(r, name, &part[i], &matrix[i], &why))
            return false;
        if (why < 0 &&
            (matrix[i].dtype != matrix[0].dtype || matrix[i].bits != matrix[0].bits))
            why = SDSE_TFLITE_UNREAD_MIXED;
    }
    if (why >= 0) {
        sdse_tflite_leave_unread(r, why, name);
        return true;
    }
    if (count == 1)
        all = matrix[0];
    else if (!stack(r, matrix, count, &all))
        return false;
    r->out->layers[r->out->layer_count++] =
        (struct sdse_tensor_layer){.layer = name, .kind = "fc", .weights = all};
    return true;
}

bool sdse_tflite_add_filters(struct sdse_tflite_reader *r, const char *name,
                             const char *kind, const struct tflite_tensor *matrix,
                             uint64_t filters) {
    const uint64_t taps = matrix->shape[1], channels = matrix->shape[0] / filters;
    struct sdse_stored_tensor weights;
    int why = -1;
    if (!take(r, name, &(struct tflite_matrix){matrix, 0, taps}, &weights, &why))
        return false;
    if (why < 0 && channels > 1 && weights.scale && weights.scale->count > 1)
        return sdse_tflite_refuse(r, "tflite-weights", name,
                                  "its scales are not as many as its filters");
    if (why >= 0) {
        sdse_tflite_leave_unread(r, why, name);
        return true;
    }
    const uint64_t shape[] = {filters, channels, 1, taps},
                   stride[] = {channels * taps, taps, taps, 1};
    weights.rank = 4;
    memcpy(weights.shape, shape, sizeof shape);
    memcpy(weights.stride, stride, sizeof stride);
    r->out->layers[r->out->layer_count++] =
        (struct sdse_tensor_layer){.layer = name, .kind = kind, .weights = weights};
    return true;
}
