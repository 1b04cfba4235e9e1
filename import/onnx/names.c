#include "import/onnx/names.h"

#include <stdbool.h>
#include <string.h>

#include "base/hash.h"

enum { LONGEST_NAME = 100 };

static bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// The slot that holds the name, or the free one where it belongs.
static const char **find_slot(const struct sdse_names *names, const char *name) {
    size_t at = (size_t)sdse_hash_bytes(name, strlen(name)).low;
    while (names->slot[at & (names->slots - 1)] &&
           strcmp(names->slot[at & (names->slots - 1)], name) != 0)
        at++;
    return &names->slot[at & (names->slots - 1)];
}

static bool grow(struct sdse_names *names) {
    struct sdse_names wider = {.arena = names->arena,
                               .slots = names->slots ? 2 * names->slots : 64,
                               .used = names->used};
    wider.slot = SDSE_ARENA_ARRAY(names->arena, const char *, wider.slots);
    if (!wider.slot)
        return false;
    for (size_t i = 0; i < names->slots; i++)
        if (names->slot[i])
            *find_slot(&wider, names->slot[i]) = names->slot[i];
    *names = wider;
    return true;
}

static char *clean(struct sdse_arena *arena, const char *text) {
    while (*text && !is_letter_or_digit(*text))
        text++;
    size_t length = strlen(text);
    if (length > LONGEST_NAME) { // the end of a path says more than its beginning
        text += length - LONGEST_NAME;
        while (*text && !is_letter_or_digit(*text))
            text++;
        length = strlen(text);
    }
    char *name = sdse_arena_copy(arena, text, length);
    for (size_t i = 0; name && i < length; i++)
        if (!is_letter_or_digit(name[i]) && !strchr("_.-", name[i]))
            name[i] = '_';
    return name;
}

const char *sdse_names_make(struct sdse_names *names, const char *text,
                            const char *otherwise) {
    if (2 * names->used >= names->slots && !grow(names))
        return NULL;
    const char *name = clean(names->arena, text ? text : "");
    if (name && !name[0])
        name = clean(names->arena, otherwise);
    if (!name)
        return NULL;
    const char *base = name, **slot = find_slot(names, name);
    for (unsigned copy = 2; name && *slot; copy++) {
        name = sdse_arena_printf(names->arena, "%s_%u", base, copy);
        slot = name ? find_slot(names, name) : slot;
    }
    if (!name)
        return NULL;
    *slot = name;
    names->used++;
    return name;
}
