// Files that the files of other tools include.
#ifndef SDSE_IMPORT_FOREIGN_FILES_H
#define SDSE_IMPORT_FOREIGN_FILES_H

#include "base/arena.h"

// How a file that another includes is read: the text of `path`, ended by a zero byte,
// in `arena`. NULL when it cannot be, with *number the system's reason.
struct sdse_foreign_files {
    const char *(*read)(void *who, struct sdse_arena *arena, const char *path,
                        int *number);
    void *who;
};

#endif
