#include "base/whole_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

// Room for `room` bytes and the zero byte; NULL, and nothing is left, if there is none.
static char *resize(char *bytes, size_t room) {
    char *larger = realloc(bytes, room + 1);
    if (!larger)
        free(bytes);
    return larger;
}

char *sdse_read_file(const char *path, size_t most, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    size_t room = (size_t)64 * 1024 < most ? (size_t)64 * 1024 : most, used = 0;
    char *bytes = resize(NULL, room);
    while (bytes) {
        used += fread(bytes + used, 1, room - used, file);
        if (used < room || room == most)
            break;
        room = room < most / 2 ? 2 * room : most;
        bytes = resize(bytes, room);
    }
    const int failure = !bytes ? ENOMEM : ferror(file) ? errno : 0;
    fclose(file);
    if (failure) {
        free(bytes);
        errno = failure;
        return NULL;
    }
    bytes[used] = '\0';
    *length = used;
    return bytes;
}
