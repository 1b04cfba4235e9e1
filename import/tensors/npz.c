// NumPy's files: one array (.npy), a zip archive of them (.npz), a folder of them. An
// array is named as its file, without the ending.
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_grow.h"
#include "base/text.h"
#include "import/tensors/list.h"
#include "smartdeal/npy_header.h"

// What comes before the data of versions 1 and of 2 and 3: magic, version, the length
// of the header; and the longest header (smartdeal/npy.c).
enum { PREAMBLE = 10, LONG_PREAMBLE = 12, LONGEST_HEADER = 65536 };

// The header of an array whose type is not read says so to nobody.
static bool parse_header(struct sdse_arena *arena, const char *text, size_t length,
                         const struct sdse_blob *blob, struct sdse_npy_header *header,
                         bool *unread, struct sdse_diags *diags) {
    struct sdse_diags said;
    sdse_diags_init(&said, arena);
    if (sdse_npy_header_parse(text, length, blob->name, header, &said))
        return true;
    *unread = said.errors == 1 && sdse_diags_fired(&said, "npy-dtype");
    if (!*unread)
        sdse_diags_pass_on(diags, &said);
    return false;
}

static enum sdse_status add_array(const struct sdse_blob *blob, const char *name,
                                  const char *text, size_t length, uint64_t data_at,
                                  struct sdse_tensors *list, struct sdse_diags *diags) {
    struct sdse_npy_header header = {0};
    bool unread = false;
    struct sdse_stored_tensor tensor = {
        .name = name, .blob = blob, .dtype = SDSE_DTYPES};
    if (!parse_header(list->arena, text, length, blob, &header, &unread, diags)) {
        tensor.type = "an array of other elements";
        tensor.rank = 1; // of how many is not known
        return unread ? sdse_tensors_add(list, &tensor, diags) : SDSE_INVALID;
    }
    tensor.dtype = header.dtype;
    tensor.type = sdse_dtype_name(header.dtype);
    tensor.big_endian = header.big_endian;
    tensor.rank = header.rank;
    memcpy(tensor.shape, header.shape, sizeof tensor.shape);
    tensor.offset = data_at;
    sdse_tensor_c_order(&tensor);
    uint64_t stride = 1;
    for (unsigned i = 0; header.fortran_order && i < tensor.rank; i++) {
        tensor.stride[i] = stride;
        stride *= tensor.shape[i];
    }
    const enum sdse_status status = sdse_tensors_add(list, &tensor, diags);
    if (status != SDSE_OK)
        return status;
    const uint64_t bytes =
        list->tensor[list->count - 1].count * sdse_dtype_bytes(tensor.dtype);
    return bytes == blob->length - data_at
               ? SDSE_OK
               : sdse_tensors_refuse(diags, blob->name, "npy-length",
                                     "array '%s': its shape needs %" PRIu64
                                     " bytes of data, %" PRIu64 " are there",
                                     name, bytes, blob->length - data_at);
}

enum sdse_status sdse_npy_list(const struct sdse_blob *blob, const char *name,
                               struct sdse_tensors *list, struct sdse_diags *diags) {
    unsigned char head[LONG_PREAMBLE];
    if (blob->length < LONG_PREAMBLE)
        return sdse_tensors_refuse(diags, blob->name, "npy-magic",
                                   "'%s' is too short to be an array", name);
    enum sdse_status status = sdse_blob_take(blob, 0, head, sizeof head, diags);
    if (status != SDSE_OK)
        return status;
    if (memcmp(head, "\x93NUMPY", 6) != 0 || head[6] < 1 || head[6] > 3 || head[7])
        return sdse_tensors_refuse(diags, blob->name, "npy-magic",
                                   "'%s' is not an array of format version 1.0, 2.0 or "
                                   "3.0",
                                   name);
    const uint64_t before = head[6] == 1 ? PREAMBLE : LONG_PREAMBLE;
    uint64_t length = (uint64_t)head[8] | (uint64_t)head[9] << 8;
    if (before == LONG_PREAMBLE)
        length |= (uint64_t)head[10] << 16 | (uint64_t)head[11] << 24;
    if (length > LONGEST_HEADER || length > blob->length - before)
        return sdse_tensors_refuse(diags, blob->name, "npy-header",
                                   "the header of '%s' is cut off, or absurdly long",
                                   name);
    char *text = malloc((size_t)length + 1);
    if (!text)
        return SDSE_NO_MEMORY;
    status = sdse_blob_take(blob, before, text, (size_t)length, diags);
    if (status == SDSE_OK)
        status =
            add_array(blob, name, text, (size_t)length, before + length, list, diags);
    free(text);
    return status;
}

static const char *without_ending(struct sdse_arena *arena, const char *name) {
    return sdse_arena_copy(arena, name, strlen(name) - strlen(".npy"));
}

enum sdse_status sdse_npz_list(const struct sdse_blob *blob, struct sdse_tensors *list,
                               struct sdse_diags *diags) {
    zip_t *archive = list->archive[0];
    const zip_int64_t entries = zip_get_num_entries(archive, 0);
    enum sdse_status worst = SDSE_OK;
    for (zip_int64_t i = 0; i < entries; i++) {
        struct sdse_blob *entry = NULL;
        const char *path = NULL;
        enum sdse_status status =
            sdse_zip_entry(blob, list, (zip_uint64_t)i, &path, &entry, diags);
        if (status == SDSE_OK && sdse_text_ends_with(path, ".npy")) {
            const char *name = without_ending(list->arena, path);
            status = name ? sdse_npy_list(entry, name, list, diags) : SDSE_NO_MEMORY;
        }
        if (status == SDSE_NO_MEMORY)
            return status;
        if (status != SDSE_OK)
            worst = status;
    }
    return worst;
}

// --- A folder ---

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// The names of the folder's .npy files, sorted: 0, or errno.
static int list_names(const char *path, struct sdse_arena *arena, const char ***names,
                      size_t *count) {
    size_t room = 0;
    struct dirent *entry;
    DIR *folder = opendir(path);
    if (!folder)
        return errno;
    *count = 0;
    *names = NULL;
    while (errno = 0, (entry = readdir(folder))) {
        if (entry->d_name[0] == '.' || !sdse_text_ends_with(entry->d_name, ".npy"))
            continue;
        *names = sdse_arena_grow(arena, *names, *count, &room, sizeof **names);
        const char *name = *names ? sdse_arena_strdup(arena, entry->d_name) : NULL;
        if (!name) {
            errno = ENOMEM;
            break;
        }
        (*names)[(*count)++] = name;
    }
    const int error = errno;
    closedir(folder);
    if (*count && !error)
        qsort(*names, *count, sizeof **names, by_text);
    return error;
}

enum sdse_status sdse_npy_folder_list(const char *path, struct sdse_tensors *list,
                                      struct sdse_diags *diags) {
    const char **names = NULL;
    size_t count = 0;
    const int error = list_names(path, list->arena, &names, &count);
    if (error)
        return sdse_diag_errno(diags, (struct sdse_loc){.file = path}, "tensors-open",
                               NULL, error);
    enum sdse_status worst = SDSE_OK;
    for (size_t i = 0; i < count; i++) {
        struct sdse_blob blob, *own = NULL;
        const char *file = sdse_arena_printf(list->arena, "%s/%s", path, names[i]);
        const char *name = without_ending(list->arena, names[i]);
        enum sdse_status status =
            file && name ? sdse_blob_of_file(file, &blob, diags) : SDSE_NO_MEMORY;
        if (status == SDSE_OK && !(own = sdse_tensors_blob(list, &blob)))
            status = SDSE_NO_MEMORY;
        if (status == SDSE_OK)
            status = sdse_npy_list(own, name, list, diags);
        if (status == SDSE_NO_MEMORY)
            return status;
        if (status != SDSE_OK)
            worst = status;
    }
    return worst;
}
