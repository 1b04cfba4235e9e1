#include "import/tensors/tensors.h"

#include "import/tensors/list.h"

const char *sdse_tensor_format_name(enum sdse_tensor_format format) {
    static const char *const names[SDSE_TENSOR_FORMATS] = {
        "no file of tensors",
#define SDSE_TENSOR_FORMAT_NAME(name, text) text,
        SDSE_TENSOR_FORMAT_MAP(SDSE_TENSOR_FORMAT_NAME)
#undef SDSE_TENSOR_FORMAT_NAME
    };
    return names[format];
}

const char *sdse_tensor_file(const struct sdse_stored_tensor *tensor) {
    return tensor->blob->name;
}

void sdse_tensors_free(struct sdse_tensors *tensors) {
    for (size_t i = 0; i < tensors->archive_count; i++)
        zip_discard(tensors->archive[i]);
    tensors->archive_count = 0;
}

static enum sdse_status list_part(const struct sdse_blob *blob, bool follow_links,
                                  struct sdse_tensors *out, struct sdse_diags *diags) {
    enum sdse_status status = SDSE_OK;
    switch (out->format) {
    case SDSE_TENSORS_SAFETENSORS:
        return sdse_safetensors_list(blob, out, diags);
    case SDSE_TENSORS_SHARDS:
        return sdse_shards_list(blob, follow_links, out, diags);
    case SDSE_TENSORS_TFJS:
        return sdse_tfjs_list(blob, follow_links, out, diags);
    case SDSE_TENSORS_NPZ:
        status = sdse_zip_open(blob, out, diags);
        return status == SDSE_OK ? sdse_npz_list(blob, out, diags) : status;
    case SDSE_TENSORS_TORCH:
        status = sdse_zip_open(blob, out, diags);
        return status == SDSE_OK ? sdse_torch_list(blob, out, diags) : status;
    default:
        return sdse_tensors_refuse(diags, blob->name, "tensors-kind",
                                   "not a file of tensors that is read here");
    }
}

static enum sdse_status finish(const char *name, enum sdse_status status,
                               const struct sdse_tensors *out,
                               struct sdse_diags *diags) {
    return status == SDSE_OK && out->count == 0
               ? sdse_tensors_refuse(diags, name, "tensors-none", "it has no tensor")
               : status;
}

enum sdse_status sdse_tensors_open(const char *path, enum sdse_tensor_format format,
                                   bool follow_links, struct sdse_arena *arena,
                                   struct sdse_tensors *out, struct sdse_diags *diags) {
    *out = (struct sdse_tensors){.format = format, .arena = arena};
    if (format == SDSE_TENSORS_NPY_FOLDER)
        return finish(path, sdse_npy_folder_list(path, out, diags), out, diags);
    struct sdse_blob blob;
    enum sdse_status status = sdse_blob_of_file(path, &blob, diags);
    if (status != SDSE_OK)
        return status;
    const struct sdse_blob *own = sdse_tensors_blob(out, &blob);
    status = own ? list_part(own, follow_links, out, diags) : SDSE_NO_MEMORY;
    return finish(path, status, out, diags);
}

enum sdse_status sdse_tensors_parse(const void *bytes, size_t length, const char *name,
                                    enum sdse_tensor_format format,
                                    struct sdse_arena *arena, struct sdse_tensors *out,
                                    struct sdse_diags *diags) {
    *out = (struct sdse_tensors){.format = format, .arena = arena};
    const struct sdse_blob blob = {.name = name, .length = length, .memory = bytes};
    const struct sdse_blob *own = sdse_tensors_blob(out, &blob);
    const enum sdse_status status =
        own ? list_part(own, false, out, diags) : SDSE_NO_MEMORY;
    return finish(name, status, out, diags);
}
