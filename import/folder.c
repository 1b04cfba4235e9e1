#include "import/folder.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/errno_text.h"

static enum sdse_status fail(const char *path, int error, struct sdse_diags *diags) {
    sdse_diag_errno(diags, (struct sdse_loc){.file = path}, "import-write",
                    "cannot be written", error);
    return error == ENOMEM ? SDSE_NO_MEMORY : SDSE_IO;
}

enum sdse_status sdse_import_folder(const char *path, struct sdse_diags *diags) {
    if (!path)
        return SDSE_NO_MEMORY;
    if (mkdir(path, 0777) == 0)
        return SDSE_OK;
    int error = errno;
    struct stat info;
    if (error == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return SDSE_OK;
    if (error == EEXIST && sdse_errno_status(errno) == SDSE_IO)
        error = errno; // why it cannot be seen
    return fail(path, error, diags);
}

static const char signature[] = "# Written by sdse import.\n";

static const struct sdse_output_kind network_kind = {"a network written by sdse import",
                                                     {signature}};

enum sdse_status sdse_import_check_network(const struct sdse_output_rules *rules,
                                           const char *path, struct sdse_diags *diags) {
    return path ? sdse_output_check(path, &network_kind, rules, diags) : SDSE_NO_MEMORY;
}

enum sdse_status sdse_import_write_network(const struct sdse_output_rules *rules,
                                           const char *text, const char *path,
                                           struct sdse_diags *diags) {
    if (!text || !path)
        return SDSE_NO_MEMORY;
    struct sdse_output output;
    const enum sdse_status status =
        sdse_output_open(&output, path, &network_kind, rules, diags);
    if (status != SDSE_OK)
        return status;
    fputs(signature, output.file);
    fputs(text, output.file);
    return sdse_output_close(&output, SDSE_OK, diags);
}
