#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "smartdeal/stored.h"

static enum sdse_status fail(struct sdse_diags *diags, const char *path,
                             const char *check, const char *what) {
    const int error = errno;
    sdse_diag_errno(diags, (struct sdse_loc){.file = path}, check, what, error);
    return error == ENOMEM ? SDSE_NO_MEMORY : SDSE_IO;
}

const struct sdse_output_kind sdse_stored_kind = {"a stored form of sdse decompose",
                                                  {"SDSEFORM"}};

enum sdse_status sdse_stored_save(const struct sdse_output_rules *rules,
                                  const struct sdse_stored_network *network,
                                  const char *path, struct sdse_diags *diags) {
    uint8_t *bytes = NULL;
    size_t length = 0;
    enum sdse_status status = sdse_stored_format(network, &bytes, &length);
    struct sdse_output output;
    if (status == SDSE_OK)
        status = sdse_output_open(&output, path, &sdse_stored_kind, rules, diags);
    if (status == SDSE_OK) {
        fwrite(bytes, 1, length, output.file); // a failure marks the stream
        status = sdse_output_close(&output, SDSE_OK, diags);
    }
    free(bytes);
    return status;
}

enum sdse_status sdse_stored_load(const char *path, struct sdse_stored_network *out,
                                  struct sdse_diags *diags) {
    *out = (struct sdse_stored_network){0};
    FILE *file = fopen(path, "rb");
    struct stat info;
    if (!file || fstat(fileno(file), &info) != 0) {
        enum sdse_status status =
            fail(diags, path, "stored-open", "cannot open the file");
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
    if (bytes) {
        const size_t got = fread(bytes, 1, length, file);
        status = ferror(file) ? fail(diags, path, "stored-open", "cannot read the file")
                              : sdse_stored_parse(bytes, got, path, out, diags);
    }
    fclose(file);
    free(bytes);
    return status;
}
