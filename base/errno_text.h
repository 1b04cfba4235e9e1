// What the system says about an errno, without strerror's shared buffer.
#ifndef SDSE_BASE_ERRNO_TEXT_H
#define SDSE_BASE_ERRNO_TEXT_H

struct sdse_errno_text {
    char text[128];
};

// The sentence for `number`, by value: `sdse_errno_text(errno).text` lives as long as
// the expression it is part of. Any thread. errno may change.
struct sdse_errno_text sdse_errno_text(int number);

#endif
