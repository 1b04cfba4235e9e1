// safetensors: the header's length (8 bytes, little-endian), the header (JSON), data.
//
//     {"__metadata__": {...},
//      "conv1.weight": {"dtype": "F32", "shape": [64, 3, 7, 7], "data_offsets": [0,
//      N]}}
//
// Offsets count from the header's end. Tensors lie one after the other in C order and
// fill the file: a file that was cut, or is not what it says, is found so.
// Source: the format's description at github.com/huggingface/safetensors, and there
// MAX_HEADER_SIZE.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "import/tensors/json.h"
#include "import/tensors/list.h"

enum { LENGTH_BYTES = 8 };

// Types: theirs, ours (SDSE_DTYPES: not read), bits of an element.
static const struct {
    const char *name;
    enum sdse_dtype dtype;
    unsigned bits;
} types[] = {
    {"F64", SDSE_DTYPE_F64, 64},     {"F32", SDSE_DTYPE_F32, 32},
    {"F16", SDSE_DTYPE_F16, 16},     {"BF16", SDSE_DTYPE_BF16, 16},
    {"F8_E4M3", SDSE_DTYPE_E4M3, 8}, {"F8_E5M2", SDSE_DTYPE_E5M2, 8},
    {"I64", SDSE_DTYPE_I64, 64},     {"I32", SDSE_DTYPE_I32, 32},
    {"I16", SDSE_DTYPE_I16, 16},     {"I8", SDSE_DTYPE_I8, 8},
    {"U64", SDSE_DTYPE_U64, 64},     {"U32", SDSE_DTYPE_U32, 32},
    {"U16", SDSE_DTYPE_U16, 16},     {"U8", SDSE_DTYPE_U8, 8},
    {"BOOL", SDSE_DTYPE_BOOL, 8},    {"F8_E8M0", SDSE_DTYPES, 8},
    {"C64", SDSE_DTYPES, 64},        {"F6_E2M3", SDSE_DTYPES, 6},
    {"F6_E3M2", SDSE_DTYPES, 6},     {"F4", SDSE_DTYPES, 4},
};

// A tensor's bytes in the data.
struct extent {
    const char *name;
    uint64_t begin, end;
};

struct reader {
    const struct sdse_blob *blob;
    struct sdse_tensors *list;
    struct sdse_diags *diags;
    uint64_t data_at; // in the file [bytes]
    struct extent *extents;
    size_t count;
};

static enum sdse_status bad_tensor(const struct reader *r, const char *name,
                                   const char *message) {
    return sdse_tensors_refuse(r->diags, r->blob->name, "tensors-header",
                               "tensor '%s': %s", name, message);
}

static enum sdse_status add_tensor(struct reader *r, const char *name,
                                   const json_t *entry) {
    const char *type = json_string_value(json_object_get(entry, "dtype"));
    struct sdse_stored_tensor tensor = {.name = name, .blob = r->blob};
    uint64_t offset[2], count, bits;
    unsigned pair;
    if (!type ||
        !sdse_json_extents(json_object_get(entry, "shape"), &tensor.rank, tensor.shape))
        return bad_tensor(r, name, "needs a dtype, and a shape of at most 8 extents");
    const json_t *offsets = json_object_get(entry, "data_offsets");
    if (json_array_size(offsets) != 2 || !sdse_json_extents(offsets, &pair, offset) ||
        offset[0] > offset[1] || offset[1] > r->blob->length - r->data_at)
        return sdse_tensors_refuse(r->diags, r->blob->name, "tensors-place",
                                   "tensor '%s': its data_offsets are not two places "
                                   "in the %" PRIu64 " bytes of data",
                                   name, r->blob->length - r->data_at);
    size_t t = 0;
    const size_t known = sizeof types / sizeof *types;
    while (t < known && strcmp(types[t].name, type) != 0)
        t++;
    const uint64_t bytes = offset[1] - offset[0];
    if (!sdse_shape_count(tensor.shape, tensor.rank, &count) ||
        (t < known && (!sdse_mul_u64(count, types[t].bits, &bits) ||
                       bits / 8 + (bits % 8 != 0) != bytes)))
        return sdse_tensors_refuse(r->diags, r->blob->name, "tensors-shape",
                                   "tensor '%s': %" PRIu64
                                   " bytes are not what its shape and type %s need",
                                   name, bytes, type);
    tensor.dtype = t < known ? types[t].dtype : SDSE_DTYPES;
    tensor.type = sdse_arena_strdup(r->list->arena, type);
    if (!tensor.type)
        return SDSE_NO_MEMORY;
    tensor.offset = r->data_at + offset[0];
    sdse_tensor_c_order(&tensor);
    r->extents[r->count++] = (struct extent){name, offset[0], offset[1]};
    return sdse_tensors_add(r->list, &tensor, r->diags);
}

static int by_place(const void *a, const void *b) {
    const struct extent *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

// Tensors neither overlap nor leave gaps, and end where the file does.
static enum sdse_status check_extents(struct reader *r) {
    uint64_t end = 0;
    if (r->count)
        qsort(r->extents, r->count, sizeof *r->extents, by_place);
    for (size_t i = 0; i < r->count; end = r->extents[i++].end)
        if (r->extents[i].begin != end)
            return sdse_tensors_refuse(r->diags, r->blob->name, "tensors-place",
                                       "tensor '%s' begins at byte %" PRIu64
                                       " of the data, the one before it "
                                       "ends at %" PRIu64,
                                       r->extents[i].name, r->extents[i].begin, end);
    if (end != r->blob->length - r->data_at)
        return sdse_tensors_refuse(r->diags, r->blob->name, "tensors-place",
                                   "its tensors end at byte %" PRIu64
                                   " of the data, the file at %" PRIu64,
                                   end, r->blob->length - r->data_at);
    return SDSE_OK;
}

static enum sdse_status list_header(struct reader *r, const char *text, size_t length) {
    json_t *root = NULL, *entry;
    const char *name;
    enum sdse_status worst =
        sdse_json_parse(text, length, r->blob->name, false, &root, r->diags);
    if (worst != SDSE_OK)
        return worst;
    r->extents = calloc(json_object_size(root) + 1, sizeof *r->extents);
    if (!r->extents)
        worst = SDSE_NO_MEMORY;
    json_object_foreach(root, name, entry) {
        if (worst == SDSE_NO_MEMORY)
            break;
        if (strcmp(name, "__metadata__") == 0)
            continue;
        const enum sdse_status status = add_tensor(r, name, entry);
        if (status != SDSE_OK)
            worst = status;
    }
    if (worst == SDSE_OK)
        worst = check_extents(r);
    free(r->extents);
    json_decref(root);
    return worst;
}

enum sdse_status sdse_safetensors_list(const struct sdse_blob *blob,
                                       struct sdse_tensors *list,
                                       struct sdse_diags *diags) {
    unsigned char head[LENGTH_BYTES];
    if (blob->length < LENGTH_BYTES)
        return sdse_tensors_refuse(diags, blob->name, "tensors-header",
                                   "too short to be a safetensors file");
    enum sdse_status status = sdse_blob_take(blob, 0, head, sizeof head, diags);
    if (status != SDSE_OK)
        return status;
    uint64_t length = 0;
    for (unsigned i = LENGTH_BYTES; i-- > 0;)
        length = length << 8 | head[i];
    if (length > SDSE_TENSORS_LONGEST || length > blob->length - LENGTH_BYTES)
        return sdse_tensors_refuse(
            diags, blob->name, "tensors-header",
            "a header of %" PRIu64 " bytes; the file has %" PRIu64
            " (at most %d are read)",
            length, blob->length - LENGTH_BYTES, SDSE_TENSORS_LONGEST);
    char *text = malloc((size_t)length + 1);
    if (!text)
        return SDSE_NO_MEMORY;
    struct reader reader = {
        .blob = blob, .list = list, .diags = diags, .data_at = LENGTH_BYTES + length};
    status = sdse_blob_take(blob, LENGTH_BYTES, text, (size_t)length, diags);
    if (status == SDSE_OK)
        status = list_header(&reader, text, (size_t)length);
    free(text);
    return status;
}
