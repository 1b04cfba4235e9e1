#include "spec/beside.h"

#include <string.h>

const char *sdse_beside(struct sdse_arena *arena, const char *file, const char *path) {
    const char *slash = file ? strrchr(file, '/') : NULL;
    if (*path == '/' || !slash)
        return path;
    return sdse_arena_printf(arena, "%.*s/%s", (int)(slash - file), file, path);
}
