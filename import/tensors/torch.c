// PyTorch's files: a zip archive of a pickle, NAME/data.pkl, that says which tensors
// there are, and of their storages, NAME/data/KEY.
//
// A tensor is torch._utils._rebuild_tensor_v2(storage, offset, size, stride, …), a
// storage the persistent id ('storage', torch.FloatStorage, KEY, device, elements).
// Several tensors may be views of one storage. Names are the keys of dictionaries and
// the places in lists, with dots between them.
// Source: torch/serialization.py and torch/_utils.py of PyTorch 1.6 to 2.x.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/text.h"
#include "import/tensors/list.h"
#include "import/tensors/pickle.h"

enum { LONGEST_PICKLE = 1 << 24, DEEPEST = 64, MOST_VISITS = 2000000 };

// Types by the names of storages ("torch FloatStorage") and of dtypes ("torch float").
static const struct {
    const char *storage, *dtype_name;
    enum sdse_dtype dtype;
} types[] = {
    {"FloatStorage", "float32", SDSE_DTYPE_F32},
    {"DoubleStorage", "float64", SDSE_DTYPE_F64},
    {"HalfStorage", "float16", SDSE_DTYPE_F16},
    {"BFloat16Storage", "bfloat16", SDSE_DTYPE_BF16},
    {"LongStorage", "int64", SDSE_DTYPE_I64},
    {"IntStorage", "int32", SDSE_DTYPE_I32},
    {"ShortStorage", "int16", SDSE_DTYPE_I16},
    {"CharStorage", "int8", SDSE_DTYPE_I8},
    {"ByteStorage", "uint8", SDSE_DTYPE_U8},
    {"BoolStorage", "bool", SDSE_DTYPE_BOOL},
    {"", "uint16", SDSE_DTYPE_U16},
    {"", "uint32", SDSE_DTYPE_U32},
    {"", "uint64", SDSE_DTYPE_U64},
    {"", "float8_e4m3fn", SDSE_DTYPE_E4M3},
    {"", "float8_e5m2", SDSE_DTYPE_E5M2},
    {"ComplexFloatStorage", "complex64", SDSE_DTYPES},
    {"ComplexDoubleStorage", "complex128", SDSE_DTYPES},
    {"", "float8_e4m3fnuz", SDSE_DTYPES},
    {"", "float8_e5m2fnuz", SDSE_DTYPES},
    {"", "float8_e8m0fnu", SDSE_DTYPES},
};
enum { TYPES = sizeof types / sizeof *types };

static const char untyped[] = "torch.storage UntypedStorage";

static bool is_torch(const char *global, const char *name) {
    return strncmp(global, "torch ", 6) == 0 && strcmp(global + 6, name) == 0;
}

static int type_of(const char *global) {
    for (int i = 0; i < TYPES; i++)
        if ((types[i].storage[0] && is_torch(global, types[i].storage)) ||
            is_torch(global, types[i].dtype_name))
            return i;
    return -1;
}

static bool is_allowed(const char *global) {
    static const char *const others[] = {"collections OrderedDict",
                                         "torch._utils _rebuild_tensor",
                                         "torch._utils _rebuild_tensor_v2",
                                         "torch._utils _rebuild_tensor_v3",
                                         "torch._utils _rebuild_parameter",
                                         "torch Size",
                                         "torch device",
                                         untyped};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(global, others[i]) == 0)
            return true;
    return type_of(global) >= 0;
}

struct reader {
    const struct sdse_blob *file;
    struct sdse_tensors *list;
    struct sdse_diags *diags;
    const char *prefix; // NAME/
    bool big_endian;
    struct sdse_blob **storage; // of the archive's entries; NULL: not yet
    uint64_t visits;            // with what their names take
};

static enum sdse_status refuse(struct reader *r, const char *name, const char *what) {
    return sdse_tensors_refuse(r->diags, r->file->name, "tensors-pickle",
                               "tensor '%s': %s", name, what);
}

// --- A tensor ---

static bool is_kind(const struct sdse_pickle_value *value, size_t i,
                    enum sdse_pickle_kind kind) {
    return i < value->count && value->item[i]->kind == kind;
}

struct storage {
    const struct sdse_blob *blob;
    int type; // -1: untyped
};

static enum sdse_status find_entry(struct reader *r, const char *name, const char *key,
                                   const struct sdse_blob **blob) {
    const char *path = sdse_arena_printf(r->list->arena, "%sdata/%s", r->prefix, key);
    if (!path)
        return SDSE_NO_MEMORY;
    const zip_int64_t entry = zip_name_locate(r->list->archive[0], path, 0);
    if (entry < 0)
        return refuse(r, name, "its storage is not in the archive");
    enum sdse_status status = SDSE_OK;
    if (!r->storage[entry])
        status = sdse_zip_entry(r->file, r->list, (zip_uint64_t)entry, &path,
                                &r->storage[entry], r->diags);
    *blob = r->storage[entry];
    return status;
}

static enum sdse_status take_storage(struct reader *r, const char *name,
                                     const struct sdse_pickle_value *outside,
                                     struct storage *out) {
    const struct sdse_pickle_value *id = outside->item[0];
    if (id->kind != SDSE_PICKLE_TUPLE || !is_kind(id, 0, SDSE_PICKLE_TEXT) ||
        strcmp(id->item[0]->text, "storage") != 0 ||
        !is_kind(id, 1, SDSE_PICKLE_GLOBAL) || !is_kind(id, 2, SDSE_PICKLE_TEXT))
        return refuse(r, name, "what it is a view of is no storage");
    out->type = type_of(id->item[1]->text);
    if (out->type < 0 && strcmp(id->item[1]->text, untyped) != 0)
        return refuse(r, name, "what it is a view of is no storage");
    return find_entry(r, name, id->item[2]->text, &out->blob);
}

// Whole numbers, none below 0.
static bool take_extents(const struct sdse_pickle_value *value, unsigned *rank,
                         uint64_t *extents) {
    if (value->kind == SDSE_PICKLE_CALL && value->item[1]->count == 1)
        value = value->item[1]->item[0]; // torch.Size((…))
    if (value->kind != SDSE_PICKLE_TUPLE || value->count > SDSE_ARRAY_MAX_RANK)
        return false;
    *rank = (unsigned)value->count;
    for (unsigned i = 0; i < *rank; i++) {
        if (!is_kind(value, i, SDSE_PICKLE_INTEGER) || value->item[i]->integer < 0)
            return false;
        extents[i] = (uint64_t)value->item[i]->integer;
    }
    return true;
}

static enum sdse_status add_tensor(struct reader *r, const char *name,
                                   const struct sdse_pickle_value *args, bool typed) {
    struct sdse_stored_tensor tensor = {.name = name, .big_endian = r->big_endian};
    struct storage storage = {NULL, -1};
    unsigned strides;
    if (!is_kind(args, 0, SDSE_PICKLE_OUTSIDE) ||
        !is_kind(args, 1, SDSE_PICKLE_INTEGER) || args->count < 4 ||
        args->item[1]->integer < 0 ||
        !take_extents(args->item[2], &tensor.rank, tensor.shape) ||
        !take_extents(args->item[3], &strides, tensor.stride) || strides != tensor.rank)
        return refuse(r, name, "storage, offset, size and strides are expected");
    const enum sdse_status status = take_storage(r, name, args->item[0], &storage);
    if (status != SDSE_OK)
        return status;
    int type = storage.type;
    if (!typed)
        type = is_kind(args, 6, SDSE_PICKLE_GLOBAL) ? type_of(args->item[6]->text) : -1;
    if (type < 0)
        return refuse(r, name, "its type is not said");
    tensor.dtype = types[type].dtype;
    tensor.type = types[type].dtype_name;
    tensor.blob = storage.blob;
    if (tensor.dtype != SDSE_DTYPES &&
        !sdse_mul_u64((uint64_t)args->item[1]->integer, sdse_dtype_bytes(tensor.dtype),
                      &tensor.offset))
        return refuse(r, name, "its offset is absurd");
    return sdse_tensors_add(r->list, &tensor, r->diags);
}

// --- The tree ---

static enum sdse_status walk(struct reader *r, const char *name, unsigned depth,
                             const struct sdse_pickle_value *value);

// NAME.KEY, or the key alone at the top.
static const char *name_below(struct reader *r, const char *name,
                              const struct sdse_pickle_value *key, size_t place) {
    const char *dot = *name ? "." : "";
    struct sdse_arena *arena = r->list->arena;
    if (!key)
        return sdse_arena_printf(arena, "%s%s%zu", name, dot, place);
    if (key->kind == SDSE_PICKLE_TEXT)
        return sdse_arena_printf(arena, "%s%s%s", name, dot, key->text);
    if (key->kind == SDSE_PICKLE_INTEGER)
        return sdse_arena_printf(arena, "%s%s%" PRId64, name, dot, key->integer);
    return sdse_arena_printf(arena, "%s%s?%zu", name, dot, place);
}

static bool may_hold(const struct sdse_pickle_value *value) {
    return value->kind == SDSE_PICKLE_CALL || value->kind == SDSE_PICKLE_DICT ||
           value->kind == SDSE_PICKLE_LIST || value->kind == SDSE_PICKLE_TUPLE;
}

static enum sdse_status walk_items(struct reader *r, const char *name, unsigned depth,
                                   const struct sdse_pickle_value *value) {
    const bool dict = value->kind == SDSE_PICKLE_DICT;
    for (size_t i = dict; i < value->count; i += 1 + dict) {
        if (!may_hold(value->item[i]))
            continue;
        const char *below =
            name_below(r, name, dict ? value->item[i - 1] : NULL, dict ? i / 2 : i);
        const enum sdse_status status =
            below ? walk(r, below, depth + 1, value->item[i]) : SDSE_NO_MEMORY;
        if (status != SDSE_OK)
            return status;
    }
    return SDSE_OK;
}

static enum sdse_status walk_call(struct reader *r, const char *name, unsigned depth,
                                  const struct sdse_pickle_value *value) {
    const char *function = value->item[0]->text;
    const struct sdse_pickle_value *args = value->item[1];
    if (strcmp(function, "torch._utils _rebuild_tensor") == 0 ||
        strcmp(function, "torch._utils _rebuild_tensor_v2") == 0)
        return add_tensor(r, name, args, true);
    if (strcmp(function, "torch._utils _rebuild_tensor_v3") == 0)
        return add_tensor(r, name, args, false);
    if (strcmp(function, "torch._utils _rebuild_parameter") == 0 && args->count > 0)
        return walk(r, name, depth + 1, args->item[0]);
    return SDSE_OK; // torch.Size, torch.device: no tensors
}

static enum sdse_status walk(struct reader *r, const char *name, unsigned depth,
                             const struct sdse_pickle_value *value) {
    r->visits += 1 + strlen(name) / 64;
    if (depth > DEEPEST || r->visits > MOST_VISITS)
        return refuse(r, name, "nested deeper, or more often, than in any model");
    if (value->kind == SDSE_PICKLE_CALL)
        return walk_call(r, name, depth, value);
    return may_hold(value) ? walk_items(r, name, depth, value) : SDSE_OK;
}

// --- The archive ---

// The one entry NAME/data.pkl; its prefix NAME/.
static enum sdse_status find_pickle(struct reader *r, zip_uint64_t *entry) {
    static const char ending[] = "data.pkl";
    zip_t *archive = r->list->archive[0];
    const zip_int64_t entries = zip_get_num_entries(archive, 0);
    for (zip_int64_t i = 0; i < entries; i++) {
        const char *name = zip_get_name(archive, (zip_uint64_t)i, 0);
        if (!name || !sdse_text_ends_with(name, "/data.pkl"))
            continue;
        if (r->prefix)
            return sdse_tensors_refuse(r->diags, r->file->name, "tensors-zip",
                                       "two entries data.pkl");
        r->prefix =
            sdse_arena_copy(r->list->arena, name, strlen(name) + 1 - sizeof ending);
        if (!r->prefix)
            return SDSE_NO_MEMORY;
        *entry = (zip_uint64_t)i;
    }
    return r->prefix ? SDSE_OK
                     : sdse_tensors_refuse(r->diags, r->file->name, "tensors-zip",
                                           "no entry data.pkl");
}

// The whole of an entry that is no longer than `most`; the caller frees *out.
static enum sdse_status take_entry(struct reader *r, zip_uint64_t entry, size_t most,
                                   const char **path, unsigned char **out,
                                   size_t *length) {
    struct sdse_blob *blob;
    enum sdse_status status =
        sdse_zip_entry(r->file, r->list, entry, path, &blob, r->diags);
    if (status != SDSE_OK)
        return status;
    if (blob->length > most)
        return sdse_tensors_refuse(r->diags, r->file->name, "tensors-pickle",
                                   "%s has more than %zu bytes", *path, most);
    unsigned char *bytes = malloc((size_t)blob->length + 1);
    if (!bytes)
        return SDSE_NO_MEMORY;
    *length = (size_t)blob->length;
    status = sdse_blob_take(blob, 0, bytes, *length, r->diags);
    if (status == SDSE_OK)
        *out = bytes;
    else
        free(bytes);
    return status;
}

// NAME/byteorder, if it is there: little or big.
static enum sdse_status take_order(struct reader *r) {
    const char *path = sdse_arena_printf(r->list->arena, "%sbyteorder", r->prefix);
    unsigned char *text = NULL;
    size_t length;
    if (!path)
        return SDSE_NO_MEMORY;
    const zip_int64_t entry = zip_name_locate(r->list->archive[0], path, 0);
    if (entry < 0)
        return SDSE_OK;
    const enum sdse_status status =
        take_entry(r, (zip_uint64_t)entry, 64, &path, &text, &length);
    r->big_endian = text && length >= 3 && memcmp(text, "big", 3) == 0;
    free(text);
    return status;
}

enum sdse_status sdse_torch_list(const struct sdse_blob *blob,
                                 struct sdse_tensors *list, struct sdse_diags *diags) {
    struct reader reader = {.file = blob, .list = list, .diags = diags};
    const struct sdse_pickle_value *root = NULL;
    unsigned char *bytes = NULL;
    const char *path = NULL;
    size_t length = 0;
    zip_uint64_t entry = 0;
    const zip_int64_t entries = zip_get_num_entries(list->archive[0], 0);
    reader.storage =
        SDSE_ARENA_ARRAY(list->arena, struct sdse_blob *, (size_t)entries + 1);
    enum sdse_status status = reader.storage ? SDSE_OK : SDSE_NO_MEMORY;
    if (status == SDSE_OK)
        status = find_pickle(&reader, &entry);
    if (status == SDSE_OK)
        status = take_order(&reader);
    if (status == SDSE_OK)
        status = take_entry(&reader, entry, LONGEST_PICKLE, &path, &bytes, &length);
    if (status == SDSE_OK)
        status = sdse_pickle_read(bytes, length, blob->name, path, is_allowed,
                                  list->arena, &root, diags);
    free(bytes);
    return status == SDSE_OK ? walk(&reader, "", 0, root) : status;
}
