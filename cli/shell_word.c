#include "cli/shell_word.h"

#include <string.h>

const char *cli_shell_word(struct sdse_arena *arena, const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-./+:=@,";
    static const char quote[] = "'\\''"; // ends the quotes, and begins them again
    if (*word && strspn(word, plain) == strlen(word))
        return word;
    size_t bytes = sizeof "''";
    for (const char *at = word; *at; at++)
        bytes += *at == '\'' ? sizeof quote - 1 : 1;
    char *quoted = sdse_arena_alloc(arena, bytes, 1), *to = quoted;
    if (!quoted)
        return word;
    *to++ = '\'';
    for (; *word; word++) {
        if (*word != '\'') {
            *to++ = *word;
            continue;
        }
        memcpy(to, quote, sizeof quote - 1);
        to += sizeof quote - 1;
    }
    memcpy(to, "'", sizeof "'");
    return quoted;
}
