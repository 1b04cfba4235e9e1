// Files that others name must stay below a folder.
#ifndef SDSE_BASE_INSIDE_H
#define SDSE_BASE_INSIDE_H

#include <stdbool.h>

// Whether a name, seen from a folder, is that of something below it as it is written:
// not empty, not absolute, without "..".
bool sdse_name_is_inside(const char *name);

// *inside: whether a file still is below the folder when all links are followed. 0, or
// the errno of what could not be looked at (ENOENT and others where one of them is not
// there; *inside is true then).
int sdse_path_stays_inside(const char *folder, const char *path, bool *inside);

#endif
