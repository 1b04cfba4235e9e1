// A tensor's numbers, streamed from its blob.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "import/tensors/list.h"

enum { CHUNK_BYTES = 65536 };

// How the elements of a place, one after the other, are those of the array in C order.
struct walk {
    unsigned rank;
    uint64_t shape[SDSE_ARRAY_MAX_RANK];  // the one that varies slowest first
    uint64_t target[SDSE_ARRAY_MAX_RANK]; // from one to the next in C order
    uint64_t index[SDSE_ARRAY_MAX_RANK], position;
};

static void step(struct walk *walk) {
    for (unsigned i = walk->rank; i-- > 0;) {
        walk->position += walk->target[i];
        if (++walk->index[i] < walk->shape[i])
            return;
        walk->position -= walk->target[i] * walk->shape[i];
        walk->index[i] = 0;
    }
}

// Sorts the dimensions by their strides. Whether each element from the first to the
// last is one of the tensor's.
static bool start_walk(const struct sdse_stored_tensor *tensor, struct walk *walk) {
    uint64_t stride[SDSE_ARRAY_MAX_RANK], target = 1, dense = 1;
    *walk = (struct walk){0};
    for (unsigned i = tensor->rank; i-- > 0; target *= tensor->shape[i]) {
        if (tensor->shape[i] == 1)
            continue;
        unsigned at = walk->rank++;
        for (; at > 0 && stride[at - 1] < tensor->stride[i]; at--) {
            stride[at] = stride[at - 1];
            walk->shape[at] = walk->shape[at - 1];
            walk->target[at] = walk->target[at - 1];
        }
        stride[at] = tensor->stride[i];
        walk->shape[at] = tensor->shape[i];
        walk->target[at] = target;
    }
    for (unsigned i = walk->rank; i-- > 0; dense *= walk->shape[i])
        if (stride[i] != dense)
            return false;
    return true;
}

// --- Elements from the first to the last ---

// Told of elements as they come; `from` is the place of the first of them.
struct taker {
    float *data;
    struct walk walk; // rank 0: they come in the order that is wanted
};

static void take(struct taker *taker, const float *values, uint64_t from, size_t n) {
    if (!taker->walk.rank) {
        memcpy(taker->data + from, values, n * sizeof *values);
        return;
    }
    for (size_t i = 0; i < n; i++, step(&taker->walk))
        taker->data[taker->walk.position] = values[i];
}

static enum sdse_status stream(const struct sdse_stored_tensor *tensor, uint64_t count,
                               struct taker *taker, uint64_t *out_of_range,
                               struct sdse_diags *diags) {
    const size_t size = sdse_dtype_bytes(tensor->dtype);
    struct sdse_blob_reader reader;
    enum sdse_status status =
        sdse_blob_open(tensor->blob, tensor->offset, &reader, diags);
    if (status != SDSE_OK)
        return status;
    unsigned char *chunk = malloc(CHUNK_BYTES);
    float *values = malloc(CHUNK_BYTES * sizeof *values);
    status = chunk && values ? SDSE_OK : SDSE_NO_MEMORY;
    for (uint64_t done = 0; done < count && status == SDSE_OK;) {
        size_t n = CHUNK_BYTES / size;
        if (n > count - done)
            n = (size_t)(count - done);
        status = sdse_blob_read(&reader, chunk, n * size);
        if (status != SDSE_OK)
            break;
        *out_of_range +=
            sdse_decode_f32(tensor->dtype, tensor->big_endian, chunk, n, values);
        take(taker, values, done, n);
        done += n;
    }
    free(values);
    free(chunk);
    sdse_blob_close(&reader);
    return status;
}

static uint64_t last_of(const struct sdse_stored_tensor *tensor) {
    uint64_t last = 0;
    for (unsigned i = 0; i < tensor->rank; i++)
        last += (tensor->shape[i] - 1) * tensor->stride[i];
    return last;
}

// A view with gaps, or whose elements overlap: all between its ends, then its own.
static enum sdse_status gather(const struct sdse_stored_tensor *tensor, float *data,
                               uint64_t *out_of_range, struct sdse_diags *diags) {
    const uint64_t between = last_of(tensor) + 1;
    struct taker all = {malloc((size_t)between * sizeof(float)), {0}};
    if (!all.data)
        return SDSE_NO_MEMORY;
    const enum sdse_status status = stream(tensor, between, &all, out_of_range, diags);
    uint64_t index[SDSE_ARRAY_MAX_RANK] = {0}, from = 0;
    for (uint64_t i = 0; i < tensor->count && status == SDSE_OK; i++) {
        data[i] = all.data[from];
        for (unsigned k = tensor->rank; k-- > 0;) {
            from += tensor->stride[k];
            if (++index[k] < tensor->shape[k])
                break;
            from -= tensor->stride[k] * tensor->shape[k];
            index[k] = 0;
        }
    }
    free(all.data);
    return status;
}

// How many numbers are then beyond the range of f32.
static uint64_t apply_scale(const struct sdse_stored_tensor *tensor, float *data) {
    const struct sdse_tensor_scale *s = tensor->scale;
    uint64_t inner = 1; // numbers of a slice that follow one another
    for (unsigned i = tensor->rank; s->count > 1 && i-- > s->axis + 1;)
        inner *= tensor->shape[i];
    uint64_t out_of_range = 0;
    for (uint64_t i = 0; i < tensor->count; i++) {
        const size_t c = s->count > 1 ? (size_t)(i / inner % s->count) : 0;
        data[i] = (float)(((double)data[i] - s->zero[c]) * s->scale[c] + s->least);
        if (!isfinite(data[i]))
            out_of_range++;
    }
    return out_of_range;
}

// Several dimensions behind the first as one.
static void fold(unsigned folded, struct sdse_array *array) {
    for (; folded > 1; folded--, array->rank--) {
        array->shape[1] *= array->shape[2];
        memmove(&array->shape[2], &array->shape[3],
                (array->rank - 3) * sizeof *array->shape);
    }
}

enum sdse_status sdse_tensor_values(const struct sdse_stored_tensor *tensor,
                                    struct sdse_array *out, struct sdse_diags *diags) {
    struct sdse_array array = {
        .source = tensor->dtype, .rank = tensor->rank, .count = tensor->count};
    memcpy(array.shape, tensor->shape, sizeof array.shape);
    array.data = malloc(tensor->count ? (size_t)tensor->count * sizeof(float) : 1);
    if (!array.data)
        return SDSE_NO_MEMORY;
    struct taker taker = {.data = array.data};
    uint64_t out_of_range = 0;
    enum sdse_status status = SDSE_OK;
    if (tensor->count && start_walk(tensor, &taker.walk)) {
        bool sorted = true;
        for (unsigned i = 1; i < taker.walk.rank; i++)
            sorted &= taker.walk.target[i - 1] >= taker.walk.target[i];
        if (sorted)
            taker.walk.rank = 0;
        status = stream(tensor, tensor->count, &taker, &out_of_range, diags);
    } else if (tensor->count) {
        status = gather(tensor, array.data, &out_of_range, diags);
    }
    if (status == SDSE_OK && tensor->scale)
        out_of_range += apply_scale(tensor, array.data);
    if (status == SDSE_OK && out_of_range)
        status = sdse_tensors_refuse(diags, tensor->blob->name, "tensors-range",
                                     "tensor '%s': numbers beyond the range of f32",
                                     tensor->name);
    if (status != SDSE_OK) {
        sdse_array_free(&array);
        return status;
    }
    fold(tensor->folded, &array);
    *out = array;
    return SDSE_OK;
}
