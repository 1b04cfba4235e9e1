#define _XOPEN_SOURCE 700 // NOLINT(bugprone-reserved-identifier,cert-*,readability-*)
#include "base/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool sdse_name_is_inside(const char *name) {
    if (name[0] == '/' || name[0] == '\0')
        return false;
    for (const char *at = name; at; at = strchr(at, '/')) {
        at += *at == '/';
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0'))
            return false;
    }
    return true;
}

int sdse_path_stays_inside(const char *folder, const char *path, bool *inside) {
    *inside = true;
    char *root = realpath(folder, NULL);
    char *file = root ? realpath(path, NULL) : NULL;
    const int error = file ? 0 : errno;
    if (file) {
        const size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);
        *inside = strncmp(file, root, length) == 0 && file[length] == '/';
    }
    free(root);
    free(file);
    return error;
}
