// Text in UTF-8.
#ifndef SDSE_BASE_UTF8_H
#define SDSE_BASE_UTF8_H

#include <stddef.h>

// Bytes of the UTF-8 sequence at `text`, 0 if it is not one. The text ends with a zero
// byte, which is a sequence of its own.
size_t sdse_utf8_length(const char *text);

#endif
