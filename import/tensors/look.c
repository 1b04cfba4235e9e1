// What a file is, by its first bytes; what a folder is, by what is in it.
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/errno_text.h"
#include "base/text.h"
#include "base/whole_file.h"
#include "import/tensors/list.h"

enum { HEAD_BYTES = 4096 };

#define IN_OTHER_WORDS "; export the model as ONNX, or its weights as safetensors"

// Files that are something else, and what they are.
static const struct {
    size_t at;
    const char *bytes;
    size_t length;
    const char *is;
} others[] = {
    {0, "version https://git-lfs", 23,
     "a pointer of git-lfs, not the file it stands for; fetch it with git lfs pull"},
    {0, "\x89HDF\r\n\x1a\n", 8, "an HDF5 file (Keras's .h5)" IN_OTHER_WORDS},
    {0, "GGUF", 4, "a GGUF file" IN_OTHER_WORDS},
    {0, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 14,
     "a file of PyTorch before 1.6, a pickle that is no zip archive; load it and save "
     "it again with torch.save"},
    {0, "\x80\x02", 2, "a pickle, which is a program; save its tensors as safetensors"},
    {0, "\x80\x03", 2, "a pickle, which is a program; save its tensors as safetensors"},
    {0, "\x80\x04", 2, "a pickle, which is a program; save its tensors as safetensors"},
    {0, "\x80\x05", 2, "a pickle, which is a program; save its tensors as safetensors"},
    {0, "\x1f\x8b", 2, "compressed by gzip; unpack it first"},
    {0, "BZh", 3, "compressed by bzip2; unpack it first"},
    {0,
     "\xfd"
     "7zXZ",
     5, "compressed by xz; unpack it first"},
    {0, "\x28\xb5\x2f\xfd", 4, "compressed by zstd; unpack it first"},
    {0, "7z\xbc\xaf", 4, "a 7z archive; unpack it first"},
    {0, "Rar!", 4, "a rar archive; unpack it first"},
    {257, "ustar", 5, "a tar archive; unpack it first"},
    {0, "%PDF", 4, "a PDF document"},
    {0, "SQLite format 3", 16, "a SQLite database"},
};

static bool starts(const char *head, size_t length, size_t at, const char *bytes,
                   size_t count) {
    return length >= at + count && memcmp(head + at, bytes, count) == 0;
}

// Text that begins, after blanks and a byte-order mark, as a web page does.
static bool is_page(const char *head) {
    static const char *const begins[] = {"<!doctype html", "<html", "<head", "<?xml"};
    if (strncmp(head, "\xef\xbb\xbf", 3) == 0)
        head += 3;
    head += strspn(head, " \t\r\n");
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
        size_t k = 0;
        while (begins[i][k] && tolower((unsigned char)head[k]) == begins[i][k])
            k++;
        if (!begins[i][k])
            return true;
    }
    return false;
}

static bool is_safetensors(const char *head, size_t length) {
    uint64_t bytes = 0;
    if (length < 10 || head[8] != '{')
        return false;
    for (unsigned i = 8; i-- > 0;)
        bytes = bytes << 8 | (unsigned char)head[i];
    return bytes <= SDSE_TENSORS_LONGEST;
}

// JSON with a weight_map near its beginning: the index of shards.
static bool is_index(const char *head) {
    const char *at = head + strspn(head, " \t\r\n");
    return *at == '{' && (strstr(at, "\"weight_map\"") != NULL);
}

// The model.json of TensorFlow.js, or its manifest of weights.
static bool is_tfjs(const char *head) {
    const char *at = head + strspn(head, " \t\r\n");
    return (*at == '{' &&
            (strstr(at, "\"weightsManifest\"") || strstr(at, "\"modelTopology\""))) ||
           (*at == '[' && strstr(at, "\"weights\""));
}

// --- Archives ---

static bool has_entry(zip_t *archive, const char *ending) {
    const zip_int64_t entries = zip_get_num_entries(archive, 0);
    for (zip_int64_t i = 0; i < entries; i++) {
        const char *name = zip_get_name(archive, (zip_uint64_t)i, 0);
        if (name && sdse_text_ends_with(name, ending))
            return true;
    }
    return false;
}

static void look_into(zip_t *archive, enum sdse_tensor_format *format,
                      const char **is) {
    if (has_entry(archive, "/constants.pkl"))
        *is =
            "a TorchScript model; save its state_dict() with torch.save, or export the "
            "model as ONNX";
    else if (has_entry(archive, "/data.pkl"))
        *format = SDSE_TENSORS_TORCH;
    else if (has_entry(archive, ".npy"))
        *format = SDSE_TENSORS_NPZ;
    else if (has_entry(archive, ".weights.h5"))
        *is = "a model of Keras 3, whose weights are HDF5" IN_OTHER_WORDS;
    else
        *is = "a zip archive without arrays (.npy) or PyTorch's data.pkl";
}

static enum sdse_status look_zip(const char *path, struct sdse_arena *arena,
                                 enum sdse_tensor_format *format, const char **is,
                                 struct sdse_diags *diags) {
    struct sdse_blob blob = {.name = path};
    struct sdse_tensors list = {.arena = arena};
    struct sdse_diags said;
    sdse_diags_init(&said, arena);
    const enum sdse_status status = sdse_zip_open(&blob, &list, &said);
    if (status == SDSE_OK) {
        look_into(list.archive[0], format, is);
    } else if (status == SDSE_INVALID) {
        *is = "a zip archive that is broken, or cut off";
    } else {
        sdse_diags_pass_on(diags, &said);
        return status;
    }
    sdse_tensors_free(&list);
    return SDSE_OK;
}

// --- Folders ---

static bool holds(struct sdse_arena *arena, const char *folder, const char *name) {
    struct stat info;
    const char *path = sdse_arena_printf(arena, "%s/%s", folder, name);
    return path && stat(path, &info) == 0;
}

static void look_folder(const char *path, struct sdse_arena *arena,
                        enum sdse_tensor_format *format, const char **is) {
    if (holds(arena, path, "saved_model.pb"))
        *is = "a SavedModel of TensorFlow; tf2onnx makes an ONNX model of it";
    else if (holds(arena, path, "manifest.tsv"))
        *is = "a folder of weights with its manifest already; sdse decompose reads it";
    else if (holds(arena, path, "model.safetensors.index.json"))
        *is = "a folder; name its model.safetensors.index.json";
    else if (holds(arena, path, "model.safetensors"))
        *is = "a folder; name its model.safetensors";
    else if (holds(arena, path, "model.json"))
        *is = "a folder; name its model.json";
    else
        *format = SDSE_TENSORS_NPY_FOLDER;
}

// --- Any of them ---

static void look_bytes(const char *path, const char *head, size_t length,
                       enum sdse_tensor_format *format, const char **is) {
    if (sdse_text_ends_with(path, "saved_model.pb")) {
        *is = "a SavedModel of TensorFlow; tf2onnx makes an ONNX model of it";
        return;
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (starts(head, length, others[i].at, others[i].bytes, others[i].length)) {
            *is = others[i].is;
            return;
        }
    }
    if (starts(head, length, 0, "\x93NUMPY", 6))
        *is = "one array; sdse decompose reads it, and -w a network that names it";
    else if (is_safetensors(head, length))
        *format = SDSE_TENSORS_SAFETENSORS;
    else if (starts(head, length, 4, "TFL3", 4))
        *format = SDSE_TENSORS_TFLITE;
    else if (is_index(head))
        *format = SDSE_TENSORS_SHARDS;
    else if (is_tfjs(head))
        *format = SDSE_TENSORS_TFJS;
    else if (is_page(head))
        *is = "a web page, not the file that it may lead to";
}

enum sdse_status sdse_tensors_look(const char *path, struct sdse_arena *arena,
                                   enum sdse_tensor_format *format, const char **is,
                                   struct sdse_diags *diags) {
    struct stat info;
    *format = SDSE_TENSORS_NONE;
    *is = NULL;
    const bool there = stat(path, &info) == 0;
    if (there && S_ISDIR(info.st_mode)) {
        look_folder(path, arena, format, is);
        return SDSE_OK;
    }
    if (there && !S_ISREG(info.st_mode))
        return SDSE_OK;
    size_t length = 0;
    char *head = there ? sdse_read_file(path, HEAD_BYTES, &length) : NULL;
    if (!head) {
        const enum sdse_status status = sdse_errno_status(errno);
        return status == SDSE_INVALID
                   ? SDSE_OK
                   : sdse_diag_errno(diags, (struct sdse_loc){.file = path},
                                     "tensors-open", NULL, errno);
    }
    enum sdse_status status = SDSE_OK;
    if (starts(head, length, 0, "PK\3\4", 4) || starts(head, length, 0, "PK\5\6", 4))
        status = look_zip(path, arena, format, is, diags);
    else
        look_bytes(path, head, length, format, is);
    free(head);
    return status;
}
