// Private to spec/: the keys of an engine of each kind, for its reader and its writer.
#ifndef SDSE_SPEC_ENGINE_KEYS_H
#define SDSE_SPEC_ENGINE_KEYS_H

#include <stddef.h>

#include "spec/types/engine.h"

// A key whose value is a whole number, or one of some words: its index is stored.
struct sdse_engine_key {
    const char *name;
    size_t offset; // of the uint32_t in struct sdse_engine
    uint32_t least, most;
    uint32_t absent;          // value without the key
    bool required, inf;       // inf: the word stands for SDSE_ENGINE_UNLIMITED
    const char *const *words; // NULL: a number
    uint32_t word_count;
    bool unsaid; // not written where it has the value that it has without the key
};

// Of the engine's own kind; name, kind, below, for, free, area_um2 and the price are
// common.
const struct sdse_engine_key *sdse_engine_keys(enum sdse_engine_kind kind,
                                               size_t *count);

// "pj_per_digit", …
const char *sdse_engine_price_key(enum sdse_engine_kind kind);

static inline uint32_t *sdse_engine_field(struct sdse_engine *engine,
                                          const struct sdse_engine_key *key) {
    return (uint32_t *)(void *)((char *)engine + key->offset);
}

#endif
