// What accelerators have in common that differ in numbers only.
//
// An accelerator's text (spec/write.h) says everything that influences a result. With
// its prices, capacities and bandwidths taken out it is what alike accelerators share:
// the same mappings, met by the mapper in the same order, as far as capacities admit
// them. Energy is linear in the prices that are taken out, in all of them together. A
// higher capacity or bandwidth forbids no mapping and makes none slower or dearer.
// Areas, and where numbers are from, move no mapping: they are left out.
#ifndef SDSE_DSE_SWEEP_ALIKE_H
#define SDSE_DSE_SWEEP_ALIKE_H

#include "base/arena.h"
#include "base/hash.h"

enum sdse_alike_kind {
    SDSE_ALIKE_PRICE,     // [pJ, mW], above 0: what is free is in `rest` as such
    SDSE_ALIKE_CAPACITY,  // [bits]
    SDSE_ALIKE_BANDWIDTH, // [bits per cycle]
};

struct sdse_alike {
    struct sdse_hash rest;      // of everything but the numbers and areas
    bool forgets;               // some memory does: the lives of tiles count
    size_t count;               // of the numbers, in the order of the text
    double *number;             // [count]
    enum sdse_alike_kind *kind; // [count]: the same where `rest` is
};

// What the text of an accelerator has in common with its like; lives in `arena`. NULL:
// memory is out.
struct sdse_alike *sdse_alike_of(const char *arch_text, struct sdse_arena *arena);

// Below 0, 0 or above: by rest, capacities and bandwidths, then prices.
int sdse_alike_compare(const struct sdse_alike *a, const struct sdse_alike *b);

// Whether the prices of `b` are those on the straight line from `a` to `c`, and all
// else is equal.
bool sdse_alike_price_between(const struct sdse_alike *a, const struct sdse_alike *b,
                              const struct sdse_alike *c);
// Whether every capacity and bandwidth of `b` is at least that of `a` and at most that
// of `c`, all else is equal, and nothing forgets.
bool sdse_alike_limit_between(const struct sdse_alike *a, const struct sdse_alike *b,
                              const struct sdse_alike *c);

// The number with its two most significant binary digits: 1, 1.5, 2, 3, 4, 6, …
double sdse_alike_round(double value);
// The text with prices and bandwidths so rounded, and the hash of what it says without
// areas and where numbers are from. NULL: memory is out.
char *sdse_alike_rounded(const char *arch_text, struct sdse_arena *arena);
struct sdse_hash sdse_alike_rounded_hash(const struct sdse_alike *alike);

#endif
