#include "base/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <xxhash.h>

struct sdse_hash sdse_hash_bytes(const void *data, size_t bytes) {
    XXH128_hash_t hash = XXH3_128bits(data, bytes);
    return (struct sdse_hash){.high = hash.high64, .low = hash.low64};
}

struct sdse_hash sdse_hash_join(struct sdse_hash a, struct sdse_hash b) {
    const uint64_t parts[4] = {a.high, a.low, b.high, b.low};
    return sdse_hash_bytes(parts, sizeof parts);
}

void sdse_hash_text(struct sdse_hash hash, char text[SDSE_HASH_TEXT_BYTES]) {
    snprintf(text, SDSE_HASH_TEXT_BYTES, "%016" PRIx64 "%016" PRIx64, hash.high,
             hash.low);
}
