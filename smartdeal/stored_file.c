#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/errno_text.h"
#include "smartdeal/stored.h"

static enum sdse_status fail(struct sdse_diags *diags, const char *path,
                             const char *check, const char *what) {
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = path}, check,
                  "cannot %s: %s", what, sdse_errno_text(errno).text);
    return SDSE_IO;
}

static bool write_all(const char *path, const uint8_t *bytes, size_t length) {
    FILE *file = fopen(path, "wb");
    if (!file)
        return false;
    bool written = fwrite(bytes, 1, length, file) == length;
    return (fclose(file) == 0) && written;
}

enum sdse_status sdse_stored_save(const struct sdse_stored_network *network,
                                  const char *path, struct sdse_diags *diags) {
    uint8_t *bytes = NULL;
    size_t length = 0, room = strlen(path) + sizeof ".part";
    char *part = malloc(room);
    enum sdse_status status =
        part ? sdse_stored_format(network, &bytes, &length) : SDSE_NO_MEMORY;
    if (status == SDSE_OK) {
        snprintf(part, room, "%s.part", path);
        if (!write_all(part, bytes, length) || rename(part, path) != 0) {
            status = fail(diags, path, "stored-write", "write the file");
            remove(part);
        }
    }
    free(part);
    free(bytes);
    return status;
}

enum sdse_status sdse_stored_load(const char *path, struct sdse_stored_network *out,
                                  struct sdse_diags *diags) {
    *out = (struct sdse_stored_network){0};
    FILE *file = fopen(path, "rb");
    struct stat info;
    if (!file || fstat(fileno(file), &info) != 0) {
        enum sdse_status status = fail(diags, path, "stored-open", "open the file");
        if (file)
            fclose(file);
        return status;
    }
    if (!S_ISREG(info.st_mode)) {
        fclose(file);
        sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = path}, "stored-open",
                      "not a regular file");
        return SDSE_IO;
    }
    size_t length = (size_t)info.st_size;
    uint8_t *bytes = malloc(length ? length : 1);
    enum sdse_status status = SDSE_NO_MEMORY;
    if (bytes)
        status = fread(bytes, 1, length, file) == length
                     ? sdse_stored_parse(bytes, length, path, out, diags)
                     : fail(diags, path, "stored-open", "read the file");
    fclose(file);
    free(bytes);
    return status;
}
