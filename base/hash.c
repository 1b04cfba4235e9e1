#include "base/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct sdse_hash sdse_hash_bytes(const void *data, size_t bytes) {
    XXH128_hash_t hash = XXH3_128bits(data, bytes);
    return (struct sdse_hash){.high = hash.high64, .low = hash.low64};
}

struct sdse_hash sdse_hash_of_text(const char *text) {
    return sdse_hash_bytes(text, strlen(text));
}

struct sdse_hash sdse_hash_join(struct sdse_hash a, struct sdse_hash b) {
    const uint64_t parts[4] = {a.high, a.low, b.high, b.low};
    return sdse_hash_bytes(parts, sizeof parts);
}

void sdse_hash_text(struct sdse_hash hash, char text[SDSE_HASH_TEXT_BYTES]) {
    snprintf(text, SDSE_HASH_TEXT_BYTES, "%016" PRIx64 "%016" PRIx64, hash.high,
             hash.low);
}

bool sdse_hash_parse(const char *text, struct sdse_hash *hash) {
    enum { HALF = (SDSE_HASH_TEXT_BYTES - 1) / 2 };
    char half[HALF + 1] = "";
    if (strspn(text, "0123456789abcdef") != 2 * HALF || text[2 * HALF])
        return false;
    memcpy(half, text, HALF);
    hash->high = strtoull(half, NULL, 16);
    hash->low = strtoull(text + HALF, NULL, 16);
    return true;
}
