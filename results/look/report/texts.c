#include "results/look/report/texts.h"

#include <string.h>

#include "base/hash.h"
#include "results/look/table.h"

enum { FIRST_SLOTS = 64 };

void sdse_texts_init(struct sdse_texts *texts, struct sdse_arena *arena) {
    *texts = (struct sdse_texts){.arena = arena};
}

// Where a text is, or belongs.
static uint32_t *find_slot(const struct sdse_texts *texts, const char *text) {
    size_t i = sdse_hash_of_text(text).low & (texts->slots - 1);
    while (texts->slot[i] && strcmp(texts->text[texts->slot[i] - 1], text) != 0)
        i = (i + 1) & (texts->slots - 1);
    return &texts->slot[i];
}

// At most half of the slots are taken.
static bool make_room(struct sdse_texts *texts) {
    if (2 * (texts->count + 1) <= texts->slots)
        return true;
    struct sdse_texts more = *texts;
    more.slots = texts->slots ? 2 * texts->slots : FIRST_SLOTS;
    more.slot = SDSE_ARENA_ARRAY(texts->arena, uint32_t, more.slots);
    more.text = SDSE_ARENA_ARRAY(texts->arena, const char *, more.slots / 2);
    if (!more.slot || !more.text)
        return false;
    if (texts->count)
        memcpy(more.text, texts->text, texts->count * sizeof *texts->text);
    for (size_t i = 0; i < texts->count; i++)
        *find_slot(&more, more.text[i]) = (uint32_t)i + 1;
    *texts = more;
    return true;
}

// At most what a text takes in a <script>, with quotes and a comma.
static uint64_t bytes_of(const char *text) {
    uint64_t bytes = 3;
    for (; *text; text++) {
        const unsigned char byte = (unsigned char)*text;
        const bool escaped = byte < ' ' || strchr("<\"\\", byte);
        bytes += escaped ? 6 : byte < 0x80 ? 1 : 3;
    }
    return bytes;
}

int64_t sdse_texts_number(struct sdse_texts *texts, const char *text) {
    if (!make_room(texts))
        return SDSE_NO_TEXT;
    uint32_t *slot = find_slot(texts, text);
    if (*slot)
        return (int64_t)*slot - 1;
    const char *copy = sdse_arena_strdup(texts->arena, text);
    if (!copy)
        return SDSE_NO_TEXT;
    texts->text[texts->count++] = copy;
    texts->bytes += bytes_of(text);
    *slot = (uint32_t)texts->count;
    return (int64_t)texts->count - 1;
}

void sdse_texts_write(const struct sdse_texts *texts, FILE *out) {
    fputc('[', out);
    for (size_t i = 0; i < texts->count; i++) {
        if (i)
            fputc(',', out);
        sdse_table_json_string(texts->text[i], out);
    }
    fputc(']', out);
}
