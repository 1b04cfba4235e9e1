// Texts, each once: a table writes their numbers.
#ifndef SDSE_RESULTS_LOOK_REPORT_TEXTS_H
#define SDSE_RESULTS_LOOK_REPORT_TEXTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"

enum { SDSE_NO_TEXT = -1 };

struct sdse_texts {
    struct sdse_arena *arena; // of the texts
    const char **text;        // [count], in the order in which they came
    uint32_t *slot;           // [slots]: number + 1 of a text, 0 = free
    size_t count, slots;
    uint64_t bytes; // at most what they take in a page [bytes]
};

// An empty table; memory comes from `arena` (bigger tables leave smaller ones in it).
void sdse_texts_init(struct sdse_texts *texts, struct sdse_arena *arena);
// The number of a text, which is copied on first use; SDSE_NO_TEXT when memory is out.
int64_t sdse_texts_number(struct sdse_texts *texts, const char *text);
// Writes ["first","second"].
void sdse_texts_write(const struct sdse_texts *texts, FILE *out);

#endif
