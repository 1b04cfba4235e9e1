#include "import/tensors/list.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/arena_grow.h"
#include "base/checked.h"
#include "base/utf8.h"

enum sdse_status sdse_tensors_refuse(struct sdse_diags *diags, const char *file,
                                     const char *check, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = file}, check, "%s",
                  text);
    return SDSE_INVALID;
}

struct sdse_blob *sdse_tensors_blob(struct sdse_tensors *list,
                                    const struct sdse_blob *blob) {
    struct sdse_blob *own = SDSE_ARENA_NEW(list->arena, struct sdse_blob);
    if (own)
        *own = *blob;
    return own;
}

void sdse_tensor_c_order(struct sdse_stored_tensor *tensor) {
    uint64_t stride = 1; // wraps only where the count is refused
    for (unsigned i = tensor->rank; i-- > 0; stride *= tensor->shape[i])
        tensor->stride[i] = stride;
}

char *sdse_tensors_plain(struct sdse_arena *arena, const char *text) {
    char *plain = sdse_arena_strdup(arena, *text ? text : "tensor");
    for (char *at = plain; at && *at;) {
        const size_t length = sdse_utf8_length(at);
        const unsigned char c = (unsigned char)*at;
        const bool control =
            c < ' ' || c == 0x7f || (c == 0xc2 && (unsigned char)at[1] < 0xa0);
        const bool none = length == 3 && c == 0xef && (unsigned char)at[1] == 0xbf &&
                          (unsigned char)at[2] >= 0xbe; // U+FFFE, U+FFFF
        const size_t next = length ? length : 1;
        if (!length || control || none)
            memset(at, '?', next);
        at += next;
    }
    return plain;
}

// Elements from the first to the last, both counted; 0 if there are none. False: more
// than 64 bits count.
static bool span_of(const struct sdse_stored_tensor *tensor, uint64_t *span) {
    uint64_t last = 0, way;
    *span = 0;
    if (tensor->count == 0)
        return true;
    for (unsigned i = 0; i < tensor->rank; i++)
        if (!sdse_mul_u64(tensor->shape[i] - 1, tensor->stride[i], &way) ||
            !sdse_add_u64(last, way, &last))
            return false;
    return sdse_add_u64(last, 1, span);
}

// Whether the blob holds every element, and each is meant once.
static enum sdse_status check_place(const struct sdse_stored_tensor *tensor,
                                    struct sdse_diags *diags) {
    const struct sdse_blob *blob = tensor->blob;
    uint64_t span, bytes, end;
    if (!span_of(tensor, &span) ||
        !sdse_mul_u64(span, sdse_dtype_bytes(tensor->dtype), &bytes) ||
        !sdse_add_u64(bytes, tensor->offset, &end) || end > blob->length)
        return sdse_tensors_refuse(diags, blob->name, "tensors-place",
                                   "tensor '%s' reaches beyond the %" PRIu64
                                   " bytes that are there",
                                   tensor->name, blob->length);
    if (tensor->count > span)
        return sdse_tensors_refuse(diags, blob->name, "tensors-shape",
                                   "tensor '%s' repeats its numbers: %" PRIu64
                                   " elements, %" PRIu64 " stored",
                                   tensor->name, tensor->count, span);
    return SDSE_OK;
}

static bool grow(struct sdse_tensors *list) {
    struct sdse_stored_tensor *wider = sdse_arena_grow(
        list->arena, list->tensor, list->count, &list->room, sizeof *wider);
    if (!wider)
        return false;
    list->tensor = wider;
    return true;
}

enum sdse_status sdse_tensors_add(struct sdse_tensors *list,
                                  const struct sdse_stored_tensor *tensor,
                                  struct sdse_diags *diags) {
    struct sdse_stored_tensor added = *tensor;
    added.name = sdse_tensors_plain(list->arena, tensor->name);
    if (!added.name || (list->count == list->room && !grow(list)))
        return SDSE_NO_MEMORY;
    if (list->count == SDSE_TENSORS_MOST)
        return sdse_tensors_refuse(diags, tensor->blob->name, "tensors-header",
                                   "more than %d tensors", SDSE_TENSORS_MOST);
    if (!sdse_shape_count(added.shape, added.rank, &added.count) ||
        added.count > SIZE_MAX / sizeof(double))
        return sdse_tensors_refuse(diags, tensor->blob->name, "tensors-shape",
                                   "tensor '%s' has more elements than can be counted",
                                   added.name);
    if (added.dtype != SDSE_DTYPES) {
        const enum sdse_status status = check_place(&added, diags);
        if (status != SDSE_OK)
            return status;
    }
    list->tensor[list->count++] = added;
    return SDSE_OK;
}
