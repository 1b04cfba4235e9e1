// Paths that a file names are relative to the file.
#ifndef SDSE_SPEC_BESIDE_H
#define SDSE_SPEC_BESIDE_H

#include "base/arena.h"

// `path`, written in `file`, as seen from where the program runs; `path` itself if it
// is absolute or `file` (may be NULL) is in no folder. NULL when memory is out.
const char *sdse_beside(struct sdse_arena *arena, const char *file, const char *path);

#endif
