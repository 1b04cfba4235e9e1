// Zip archives of tensors: opened, and their entries as blobs.
#include <inttypes.h>
#include <string.h>

#include "import/tensors/list.h"

static enum sdse_status refuse_zip(const char *name, zip_error_t *error,
                                   struct sdse_diags *diags) {
    const bool memory = zip_error_code_zip(error) == ZIP_ER_MEMORY;
    const int number = zip_error_code_system(error);
    const bool system = zip_error_system_type(error) == ZIP_ET_SYS && number;
    enum sdse_status status = SDSE_NO_MEMORY;
    if (!memory && system)
        status = sdse_diag_errno(diags, (struct sdse_loc){.file = name}, "tensors-open",
                                 NULL, number);
    else if (!memory)
        status = sdse_tensors_refuse(diags, name, "tensors-zip", "%s",
                                     zip_error_strerror(error));
    zip_error_fini(error);
    return status;
}

enum sdse_status sdse_zip_open(const struct sdse_blob *blob, struct sdse_tensors *list,
                               struct sdse_diags *diags) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source =
        blob->memory ? zip_source_buffer_create(blob->memory, blob->length, 0, &error)
                     : zip_source_file_create(blob->name, 0, -1, &error);
    zip_t *archive = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : NULL;
    if (!archive) {
        zip_source_free(source);
        return refuse_zip(blob->name, &error, diags);
    }
    zip_error_fini(&error);
    list->archive[list->archive_count++] = archive;
    return SDSE_OK;
}

// What deflate makes of a byte at most, and what the archive's frame adds.
enum { MOST_OF_A_BYTE = 1032, SLACK = 1024 };

enum sdse_status sdse_zip_entry(const struct sdse_blob *blob, struct sdse_tensors *list,
                                zip_uint64_t index, const char **path,
                                struct sdse_blob **entry, struct sdse_diags *diags) {
    zip_stat_t info;
    zip_t *archive = list->archive[0];
    const zip_uint64_t needed =
        ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    if (zip_stat_index(archive, index, 0, &info) != 0 ||
        (info.valid & needed) != needed)
        return sdse_tensors_refuse(diags, blob->name, "tensors-zip",
                                   "entry %" PRIu64 " of the archive is broken",
                                   (uint64_t)index);
    if ((info.comp_method != ZIP_CM_STORE && info.comp_method != ZIP_CM_DEFLATE) ||
        ((info.valid & ZIP_STAT_ENCRYPTION_METHOD) &&
         info.encryption_method != ZIP_EM_NONE))
        return sdse_tensors_refuse(diags, blob->name, "tensors-zip",
                                   "entry '%s' is encrypted, or neither stored nor "
                                   "deflated",
                                   info.name);
    const uint64_t most = info.comp_method == ZIP_CM_STORE
                              ? info.comp_size
                              : info.comp_size * MOST_OF_A_BYTE + SLACK;
    if (info.comp_size > blob->length || info.size > most)
        return sdse_tensors_refuse(diags, blob->name, "tensors-zip",
                                   "entry '%s' claims more bytes than the archive can "
                                   "hold",
                                   info.name);
    *path = sdse_arena_strdup(list->arena, info.name);
    *entry = sdse_tensors_blob(
        list, &(struct sdse_blob){.name = blob->name,
                                  .length = info.size,
                                  .archive = archive,
                                  .entry = index,
                                  .seekable = info.comp_method == ZIP_CM_STORE});
    return *path && *entry ? SDSE_OK : SDSE_NO_MEMORY;
}
