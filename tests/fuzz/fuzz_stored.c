// Any bytes as a stored network. The checksum is put right, or nothing would get past
// it: never a crash, and what is accepted is written again byte for byte.
#include <string.h>

#include "base/hash.h"
#include "fuzz/target.h"
#include "smartdeal/rebuild.h"
#include "smartdeal/stored.h"

enum { CHECKSUM_BYTES = 16, LARGEST = 1 << 16, MOST_WORDS = 1 << 16 };

static void sign(uint8_t *bytes, size_t length) {
    struct sdse_hash hash = sdse_hash_bytes(bytes, length - CHECKSUM_BYTES);
    for (size_t i = 0; i < 8; i++) {
        bytes[length - 16 + i] = (uint8_t)(hash.high >> 8 * i);
        bytes[length - 8 + i] = (uint8_t)(hash.low >> 8 * i);
    }
}

// Both rebuilds agree on whatever was accepted.
static void rebuild(const struct sdse_coded_layer *layer) {
    uint64_t filters, each, words;
    require(sdse_weight_count(&layer->shape, &filters, &each, &words), "a count");
    if (words > MOST_WORDS)
        return;
    int16_t *fast = malloc(2 * each * sizeof *fast);
    require(fast != NULL, "memory");
    for (uint64_t f = 0; f < filters; f++) {
        sdse_rebuild_filter(layer, f, fast);
        sdse_rebuild_filter_scalar(layer, f, fast + each);
        require(memcmp(fast, fast + each, each * sizeof *fast) == 0, "rebuilds agree");
    }
    free(fast);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > LARGEST)
        return 0;
    struct sdse_arena *arena = sdse_arena_new();
    uint8_t *bytes = malloc(size ? size : 1);
    require(arena && bytes, "memory");
    if (size)
        memcpy(bytes, data, size);
    if (size >= CHECKSUM_BYTES)
        sign(bytes, size);
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_stored_network network;
    enum sdse_status status = sdse_stored_parse(bytes, size, "input", &network, &diags);
    require((status == SDSE_OK) == (diags.errors == 0), "status tells of errors");
    if (status == SDSE_OK) {
        uint8_t *again = NULL;
        size_t length = 0;
        require(sdse_stored_format(&network, &again, &length) == SDSE_OK, "writing");
        require(length == size && memcmp(again, bytes, size) == 0, "one way to write");
        for (size_t i = 0; i < network.layer_count; i++)
            rebuild(&network.layers[i].coded);
        free(again);
        sdse_stored_free(&network);
    }
    free(bytes);
    sdse_arena_free(arena);
    return 0;
}
