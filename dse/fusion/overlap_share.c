#include "dse/fusion/overlap_share.h"

static uint64_t larger(uint64_t a, uint64_t b) { return a > b ? a : b; }

void sdse_overlap_divide(struct sdse_overlap_share *kind, size_t count) {
    uint64_t outer = 0, inner = 0, end = 0;
    struct sdse_overlap_share *most = NULL; // of the outermost memory
    for (size_t k = 0; k < count; k++) {
        struct sdse_overlap_share *own = &kind[k];
        own->cycles =
            (own->times - own->turn - own->steady) * larger(own->outer, own->inner);
        if (!own->turn)
            continue;
        outer += own->outer;
        inner += own->inner;
        const uint64_t before = end;
        end = larger(end + own->inner, outer);
        own->cycles += own->turn * (end - before) + own->steady * own->inner;
        if (!most || own->outer > most->outer)
            most = own;
    }
    if (most && outer > inner)
        most->cycles += most->steady * (outer - inner);
}
