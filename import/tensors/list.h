// A list of tensors as the formats' readers make it.
#ifndef SDSE_IMPORT_TENSORS_LIST_H
#define SDSE_IMPORT_TENSORS_LIST_H

#include "import/tensors/blob.h"
#include "import/tensors/tensors.h"

// Descriptions may be so long [bytes]; so many tensors are more than any file has.
enum { SDSE_TENSORS_LONGEST = 100000000, SDSE_TENSORS_MOST = 1000000 };

// A name as one line of text: what is no UTF-8, or a control character, is '?'; never
// empty. NULL when memory is out.
char *sdse_tensors_plain(struct sdse_arena *arena, const char *text);

// Strides of an array in C order.
void sdse_tensor_c_order(struct sdse_stored_tensor *tensor);

// Appends a tensor whose shape, strides and place are set: counts its elements, makes
// its name plain, and finds whether the blob holds them. A tensor without a type that
// is read is only counted. Returns SDSE_OK, SDSE_INVALID with a diagnostic or
// SDSE_NO_MEMORY.
enum sdse_status sdse_tensors_add(struct sdse_tensors *list,
                                  const struct sdse_stored_tensor *tensor,
                                  struct sdse_diags *diags);

// "tensor 'NAME': …" as an error at a file; SDSE_INVALID.
enum sdse_status sdse_tensors_refuse(struct sdse_diags *diags, const char *file,
                                     const char *check, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// A blob of the list's own; NULL when memory is out.
struct sdse_blob *sdse_tensors_blob(struct sdse_tensors *list,
                                    const struct sdse_blob *blob);

// Opens a zip archive for the list: list->archive[0]. [tensors-zip]
enum sdse_status sdse_zip_open(const struct sdse_blob *blob, struct sdse_tensors *list,
                               struct sdse_diags *diags);
// Its entry `index`: the name, and the bytes when unpacked. What claims to be longer
// than the archive can hold is refused.
enum sdse_status sdse_zip_entry(const struct sdse_blob *blob, struct sdse_tensors *list,
                                zip_uint64_t index, const char **path,
                                struct sdse_blob **entry, struct sdse_diags *diags);

// The readers, one file each. `blob` is the whole file.
enum sdse_status sdse_safetensors_list(const struct sdse_blob *blob,
                                       struct sdse_tensors *list,
                                       struct sdse_diags *diags);
enum sdse_status sdse_shards_list(const struct sdse_blob *blob, bool follow_links,
                                  struct sdse_tensors *list, struct sdse_diags *diags);
enum sdse_status sdse_npz_list(const struct sdse_blob *blob, struct sdse_tensors *list,
                               struct sdse_diags *diags);
enum sdse_status sdse_tfjs_list(const struct sdse_blob *blob, bool follow_links,
                                struct sdse_tensors *list, struct sdse_diags *diags);
enum sdse_status sdse_torch_list(const struct sdse_blob *blob,
                                 struct sdse_tensors *list, struct sdse_diags *diags);
enum sdse_status sdse_npy_list(const struct sdse_blob *blob, const char *name,
                               struct sdse_tensors *list, struct sdse_diags *diags);
enum sdse_status sdse_npy_folder_list(const char *path, struct sdse_tensors *list,
                                      struct sdse_diags *diags);

#endif
