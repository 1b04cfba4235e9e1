#include "base/errno_text.h"

#include <stdio.h>
#include <string.h>

struct sdse_errno_text sdse_errno_text(int number) {
    struct sdse_errno_text out = {{0}};
    if (strerror_r(number, out.text, sizeof out.text) != 0)
        snprintf(out.text, sizeof out.text, "error %d", number);
    return out;
}
