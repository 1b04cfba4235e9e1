// TensorFlow.js: model.json, or a manifest of weights alone, and files of bytes beside
// it.
//
//     {"modelTopology": {...}, "weightsManifest": [
//       {"paths": ["group1-shard1of2.bin", ...], "weights": [
//         {"name": "conv1/kernel", "shape": [3, 3, 3, 8], "dtype": "float32",
//          "quantization": {"dtype": "uint8", "scale": 0.01, "min": -1.2}}]}]}
//
// The files of a group are one run of bytes, in which its weights follow one another in
// C order: a weight may begin in one file and end in the next. Stored numbers stand for
// number * scale + min. All are in Keras's order.
// Source: tfjs-core/src/io/types.ts and weights_loader.ts of TensorFlow.js.
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/errno_text.h"
#include "base/inside.h"
#include "import/tensors/json.h"
#include "import/tensors/list.h"

static const struct {
    const char *name;
    enum sdse_dtype dtype; // SDSE_DTYPES: not read
    unsigned bytes;
} types[] = {
    {"float32", SDSE_DTYPE_F32, 4}, {"float16", SDSE_DTYPE_F16, 2},
    {"int32", SDSE_DTYPE_I32, 4},   {"uint8", SDSE_DTYPE_U8, 1},
    {"uint16", SDSE_DTYPE_U16, 2},  {"bool", SDSE_DTYPE_BOOL, 1},
    {"complex64", SDSE_DTYPES, 8},
};
enum { TYPES = sizeof types / sizeof *types };

struct reader {
    const struct sdse_blob *file;
    const char *folder;
    bool follow_links;
    struct sdse_tensors *list;
    struct sdse_diags *diags;
};

static enum sdse_status refuse(struct reader *r, const char *check, const char *what,
                               const char *name) {
    return sdse_tensors_refuse(r->diags, r->file->name, check, "%s '%s'", what, name);
}

// --- Bytes of a group ---

static enum sdse_status take_file(struct reader *r, const char *name,
                                  struct sdse_blob *out) {
    bool inside = true;
    if (!name || !sdse_name_is_inside(name))
        return refuse(r, "tensors-shard",
                      "a path that is not below its folder:", name ? name : "");
    if (r->file->memory) { // a file in memory has no others beside it
        *out = *r->file;
        return SDSE_OK;
    }
    const char *path = sdse_arena_printf(r->list->arena, "%s/%s", r->folder, name);
    if (!path)
        return SDSE_NO_MEMORY;
    const int error =
        r->follow_links ? 0 : sdse_path_stays_inside(r->folder, path, &inside);
    if (error && sdse_errno_status(error) != SDSE_INVALID)
        return sdse_diag_errno(r->diags, (struct sdse_loc){.file = path},
                               "tensors-open", NULL, error);
    return inside
               ? sdse_blob_of_file(path, out, r->diags)
               : refuse(r, "tensors-shard",
                        "a link leads out of the folder (--follow-links permits it):",
                        name);
}

// The files of a group as one run of bytes.
static enum sdse_status take_paths(struct reader *r, const json_t *paths,
                                   struct sdse_blob **out) {
    const size_t count = json_array_size(paths);
    struct sdse_blob *run = SDSE_ARENA_NEW(r->list->arena, struct sdse_blob);
    struct sdse_blob *parts =
        SDSE_ARENA_ARRAY(r->list->arena, struct sdse_blob, count + 1);
    if (!run || !parts)
        return SDSE_NO_MEMORY;
    *run =
        (struct sdse_blob){.name = r->file->name, .parts = parts, .part_count = count};
    for (size_t i = 0; i < count; i++) {
        const enum sdse_status status =
            take_file(r, json_string_value(json_array_get(paths, i)), &parts[i]);
        if (status != SDSE_OK)
            return status;
        if (!sdse_add_u64(run->length, parts[i].length, &run->length))
            return refuse(r, "tensors-place", "files longer than can be counted:", "");
    }
    *out = run;
    return SDSE_OK;
}

// --- Weights ---

static int type_of(const char *name) {
    for (int i = 0; name && i < TYPES; i++)
        if (strcmp(types[i].name, name) == 0)
            return i;
    return -1;
}

// Numbers that stand for others.
static enum sdse_status take_scale(struct reader *r, const json_t *quant,
                                   struct sdse_stored_tensor *tensor) {
    const json_t *scale = json_object_get(quant, "scale"),
                 *least = json_object_get(quant, "min");
    if (!scale && !least)
        return SDSE_OK; // halves
    if (!json_is_number(scale) || !json_is_number(least))
        return refuse(r, "tensors-header",
                      "scale and min must be numbers:", tensor->name);
    struct sdse_tensor_scale *own =
        SDSE_ARENA_NEW(r->list->arena, struct sdse_tensor_scale);
    double *values = SDSE_ARENA_ARRAY(r->list->arena, double, 2);
    if (!own || !values)
        return SDSE_NO_MEMORY;
    values[0] = json_number_value(scale);
    *own = (struct sdse_tensor_scale){.count = 1,
                                      .scale = values,
                                      .zero = values + 1,
                                      .least = json_number_value(least)};
    tensor->scale = own;
    return SDSE_OK;
}

static enum sdse_status add_weight(struct reader *r, const json_t *entry,
                                   const struct sdse_blob *run, uint64_t *at) {
    const char *name = json_string_value(json_object_get(entry, "name"));
    struct sdse_stored_tensor tensor = {
        .name = name, .blob = run, .offset = *at, .keras_order = true};
    uint64_t bytes;
    if (!name ||
        !sdse_json_extents(json_object_get(entry, "shape"), &tensor.rank, tensor.shape))
        return refuse(r, "tensors-header",
                      "a weight needs a name, and a shape of at most 8 extents:",
                      name ? name : "");
    const json_t *quant = json_object_get(entry, "quantization");
    const int type =
        type_of(json_string_value(json_object_get(quant ? quant : entry, "dtype")));
    if (type < 0) // texts have no length of their own
        return refuse(r, "tensors-header",
                      "a weight of a type without a known size:", name);
    tensor.dtype = types[type].dtype;
    tensor.type = types[type].name;
    const enum sdse_status status = take_scale(r, quant, &tensor);
    if (status != SDSE_OK)
        return status;
    sdse_tensor_c_order(&tensor);
    if (!sdse_shape_count(tensor.shape, tensor.rank, &bytes) ||
        !sdse_mul_u64(bytes, types[type].bytes, &bytes) ||
        !sdse_add_u64(*at, bytes, at) || *at > run->length)
        return refuse(r, "tensors-place", "the files end before the end of", name);
    return sdse_tensors_add(r->list, &tensor, r->diags);
}

static enum sdse_status add_group(struct reader *r, const json_t *group) {
    const json_t *weights = json_object_get(group, "weights"),
                 *paths = json_object_get(group, "paths");
    struct sdse_blob *run = NULL;
    uint64_t at = 0;
    if (!json_is_array(weights) || !json_is_array(paths))
        return refuse(r, "tensors-header", "a group without", "weights and paths");
    enum sdse_status status = take_paths(r, paths, &run);
    for (size_t i = 0; i < json_array_size(weights) && status == SDSE_OK; i++)
        status = add_weight(r, json_array_get(weights, i), run, &at);
    if (status == SDSE_OK && at != run->length && !r->file->memory)
        status = refuse(r, "tensors-place", "bytes are left behind the last weight of",
                        json_string_value(json_array_get(paths, 0)));
    return status;
}

enum sdse_status sdse_tfjs_list(const struct sdse_blob *blob, bool follow_links,
                                struct sdse_tensors *list, struct sdse_diags *diags) {
    struct reader reader = {blob, NULL, follow_links, list, diags};
    json_t *root = NULL;
    const char *slash = strrchr(blob->name, '/');
    reader.folder =
        slash ? sdse_arena_copy(list->arena, blob->name, (size_t)(slash - blob->name))
              : ".";
    if (blob->length > SDSE_TENSORS_LONGEST)
        return refuse(&reader, "tensors-header", "longer than 100 MB:", blob->name);
    char *text = malloc((size_t)blob->length + 1);
    enum sdse_status status = text && reader.folder ? SDSE_OK : SDSE_NO_MEMORY;
    if (status == SDSE_OK)
        status = sdse_blob_take(blob, 0, text, (size_t)blob->length, diags);
    if (status == SDSE_OK)
        status =
            sdse_json_parse(text, (size_t)blob->length, blob->name, true, &root, diags);
    free(text);
    const json_t *groups =
        json_is_array(root) ? root : json_object_get(root, "weightsManifest");
    if (status == SDSE_OK && !json_is_array(groups))
        status = refuse(&reader, "tensors-header", "there is no", "weightsManifest");
    for (size_t i = 0; i < json_array_size(groups) && status == SDSE_OK; i++)
        status = add_group(&reader, json_array_get(groups, i));
    json_decref(root);
    return status;
}
