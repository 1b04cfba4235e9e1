// Content hashes: 128-bit XXH3, printed as 32 hexadecimal digits. They name inputs and
// design points; they are not a defence against forgery.
#ifndef SDSE_BASE_HASH_H
#define SDSE_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SDSE_HASH_TEXT_BYTES = 33 }; // 32 digits and the NUL

struct sdse_hash {
    uint64_t high, low;
};

// Hash of `bytes` bytes at `data`. Source: XXH3_128bits, xxHash library.
struct sdse_hash sdse_hash_bytes(const void *data, size_t bytes);
// Hash of a text without its NUL.
struct sdse_hash sdse_hash_of_text(const char *text);
// Hash of the pair: order matters. Chains parts into a whole.
struct sdse_hash sdse_hash_join(struct sdse_hash a, struct sdse_hash b);
// Writes the 32 lower-case digits and a NUL into text.
void sdse_hash_text(struct sdse_hash hash, char text[SDSE_HASH_TEXT_BYTES]);
// The hash that such a text, of 32 digits, stands for; false for any other text.
bool sdse_hash_parse(const char *text, struct sdse_hash *hash);

static inline bool sdse_hash_same(struct sdse_hash a, struct sdse_hash b) {
    return a.low == b.low && a.high == b.high;
}

// Less than 0, 0 or more: any fixed order.
static inline int sdse_hash_compare(struct sdse_hash a, struct sdse_hash b) {
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return (a.low > b.low) - (a.low < b.low);
}

#endif
