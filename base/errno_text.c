#include "base/errno_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct sdse_errno_text sdse_errno_text(int number) {
    struct sdse_errno_text out = {{0}};
    if (strerror_r(number, out.text, sizeof out.text) != 0)
        snprintf(out.text, sizeof out.text, "error %d", number);
    return out;
}

enum sdse_status sdse_errno_status(int number) {
    switch (number) {
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case EACCES:
    case EPERM:
    case ELOOP:
    case ENAMETOOLONG:
        return SDSE_INVALID;
    case ENOMEM:
        return SDSE_NO_MEMORY;
    default:
        return SDSE_IO;
    }
}
