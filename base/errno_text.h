// What the system says about an errno, without strerror's shared buffer.
#ifndef SDSE_BASE_ERRNO_TEXT_H
#define SDSE_BASE_ERRNO_TEXT_H

#include "base/status.h"

struct sdse_errno_text {
    char text[128];
};

// The sentence for `number`, by value: `sdse_errno_text(errno).text` lives as long as
// the expression it is part of. Any thread. errno may change.
struct sdse_errno_text sdse_errno_text(int number);

// Whose fault `number` is: SDSE_INVALID where a path names what is not there, not of
// the right kind or not allowed; SDSE_NO_MEMORY; SDSE_IO for what the machine did.
enum sdse_status sdse_errno_status(int number);

#endif
