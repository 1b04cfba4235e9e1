// The text of tests/data/FOLDER/NAME.yaml; to be freed.
#ifndef SDSE_TESTS_SUPPORT_DATA_TEXT_H
#define SDSE_TESTS_SUPPORT_DATA_TEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/whole_file.h"

static inline char *data_text(const char *folder, const char *name) {
    char path[512];
    size_t length;
    snprintf(path, sizeof path, SDSE_SOURCE_DIR "/tests/data/%s/%s.yaml", folder, name);
    char *text = sdse_read_file(path, 1 << 20, &length);
    if (!text)
        fail_msg("%s cannot be read", path);
    return text;
}

#endif
