#include "import/maestro/words.h"

#include <ctype.h>
#include <string.h>

struct sdse_maestro_words sdse_maestro_words(const char *path, const char *text) {
    if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3;
    return (struct sdse_maestro_words){text, text, 1, path};
}

static void skip_between(struct sdse_maestro_words *words) {
    for (;;) {
        const char c = *words->at;
        if (c == '\n') {
            words->line++;
            words->line_start = words->at + 1;
        } else if (c == '/' && words->at[1] == '/') {
            words->at += strcspn(words->at, "\n");
            continue;
        } else if (!c || !strchr(" \t\r,:;", c)) {
            return;
        }
        words->at++;
    }
}

static bool is_letter(char c) {
    return isalnum((unsigned char)c) || (c && strchr("_.-'", c));
}

struct sdse_maestro_word sdse_maestro_next(struct sdse_maestro_words *words) {
    struct sdse_maestro_word word = {.cut = false};
    skip_between(words);
    word.loc = (struct sdse_loc){words->path, words->line,
                                 (unsigned)(words->at - words->line_start) + 1};
    size_t length = 0;
    while (is_letter(words->at[length]))
        length++;
    // Anything else is a word by itself; a byte of UTF-8 is no part of a message.
    if (!length && *words->at) {
        const unsigned char c = (unsigned char)*words->at++;
        word.text[0] = c >= 0x20 && c < 0x7F ? (char)c : '?';
        return word;
    }
    word.cut = length >= SDSE_MAESTRO_WORD;
    memcpy(word.text, words->at, word.cut ? SDSE_MAESTRO_WORD - 1 : length);
    words->at += length;
    return word;
}

struct sdse_maestro_word sdse_maestro_peek(const struct sdse_maestro_words *words) {
    struct sdse_maestro_words copy = *words;
    return sdse_maestro_next(&copy);
}
