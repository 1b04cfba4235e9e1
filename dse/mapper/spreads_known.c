#include "dse/mapper/spreads_known.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1024, MOST_BYTES = 16 * 1024 * 1024 };

struct entry {
    struct entry *next;
    struct sdse_hash key;
    struct sdse_spreads spreads;
};

struct sdse_spreads_known {
    struct sdse_arena *arena;
    struct entry *bucket[BUCKETS];
};

struct sdse_spreads_known *sdse_spreads_known_new(void) {
    struct sdse_spreads_known *known = calloc(1, sizeof *known);
    if (!known)
        return NULL;
    known->arena = sdse_arena_new();
    if (known->arena)
        return known;
    free(known);
    return NULL;
}

void sdse_spreads_known_free(struct sdse_spreads_known *known) {
    if (known)
        sdse_arena_free(known->arena);
    free(known);
}

void sdse_spreads_known_tidy(struct sdse_spreads_known *known) {
    if (sdse_arena_used_bytes(known->arena) <= MOST_BYTES)
        return;
    sdse_arena_reset(known->arena);
    memset(known->bucket, 0, sizeof known->bucket);
}

struct sdse_hash sdse_spreads_key(const struct sdse_level *level,
                                  const struct sdse_level_rules *rules,
                                  const struct sdse_nest *nest, bool hops) {
    struct {
        struct sdse_nest nest;
        struct sdse_level_rules rules;
        uint32_t fanout[2], hops;
        struct {
            uint32_t topology, multicast, reduce, window_sharing;
        } network[SDSE_TENSORS];
    } key;
    memset(&key, 0, sizeof key); // the gaps, too
    memcpy(&key.nest, nest, sizeof key.nest);
    memcpy(&key.rules, rules, sizeof key.rules);
    key.fanout[0] = level->fanout_x;
    key.fanout[1] = level->fanout_y;
    key.hops = hops;
    for (int t = 0; t < SDSE_TENSORS; t++) {
        key.network[t].topology = level->network[t].topology;
        key.network[t].multicast = level->network[t].multicast;
        key.network[t].reduce = level->network[t].reduce;
        key.network[t].window_sharing = level->network[t].window_sharing;
    }
    return sdse_hash_bytes(&key, sizeof key);
}

bool sdse_spreads_known_find(const struct sdse_spreads_known *known,
                             struct sdse_hash key, struct sdse_spreads *spreads) {
    const struct entry *entry = known->bucket[key.low % BUCKETS];
    while (entry && (entry->key.low != key.low || entry->key.high != key.high))
        entry = entry->next;
    if (entry)
        *spreads = entry->spreads;
    return entry != NULL;
}

void sdse_spreads_known_keep(struct sdse_spreads_known *known, struct sdse_hash key,
                             const struct sdse_spreads *spreads) {
    struct entry *entry = SDSE_ARENA_NEW(known->arena, struct entry);
    struct sdse_spread *spread =
        SDSE_ARENA_ARRAY(known->arena, struct sdse_spread, spreads->count);
    struct sdse_layout *layout =
        SDSE_ARENA_ARRAY(known->arena, struct sdse_layout, spreads->layout_count);
    if (!entry || !spread || !layout)
        return;
    if (spreads->count)
        memcpy(spread, spreads->spread, spreads->count * sizeof *spread);
    if (spreads->layout_count)
        memcpy(layout, spreads->layout, spreads->layout_count * sizeof *layout);
    struct entry **bucket = &known->bucket[key.low % BUCKETS];
    *entry = (struct entry){.next = *bucket, .key = key};
    entry->spreads = (struct sdse_spreads){.count = spreads->count,
                                           .spread = spread,
                                           .layout_count = spreads->layout_count,
                                           .layout = layout};
    *bucket = entry;
}
