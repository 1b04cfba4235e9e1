// A file's bytes at once.
#ifndef SDSE_BASE_WHOLE_FILE_H
#define SDSE_BASE_WHOLE_FILE_H

#include <stddef.h>

// The file, but no more than its first `most` bytes [>= 1]; a zero byte that *length
// does not count ends it. Whoever asks for one byte more than is allowed sees that a
// file is too large. Works on what can be read once only, such as a pipe; memory grows
// with what there is. The caller frees it; NULL, with errno: it cannot be read, or
// memory is out.
char *sdse_read_file(const char *path, size_t most, size_t *length);

#endif
