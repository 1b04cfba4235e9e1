#include "import/scalesim/lines.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

const char *sdse_skip_preamble(const char *text, unsigned *lines) {
    static const char mark[] = "\xef\xbb\xbf";
    *lines = 0;
    if (strncmp(text, mark, strlen(mark)) == 0)
        text += strlen(mark);
    for (;;) {
        const size_t blank = strspn(text, " \t\r\f\v");
        const size_t length = strcspn(text, "\n");
        if (!text[length] || (text[blank] != '\n' && !strchr("#;", text[blank])))
            return text;
        text += length + 1;
        ++*lines;
    }
}

bool sdse_next_line(struct sdse_lines *lines, char **line) {
    if (!*lines->rest)
        return false;
    const size_t length = strcspn(lines->rest, "\n");
    *line = SDSE_ARENA_ARRAY(lines->foreign.arena, char, length + 1);
    if (!*line) {
        lines->foreign.out_of_memory = true;
        return false;
    }
    memcpy(*line, lines->rest, length);
    (*line)[length] = '\0';
    if (length && (*line)[length - 1] == '\r')
        (*line)[length - 1] = '\0';
    lines->rest += length + (lines->rest[length] == '\n');
    lines->line++;
    return true;
}

static bool is_plain(const char *text, size_t length) {
    const unsigned char *s = (const unsigned char *)text;
    if (length == 2)
        return s[0] != 0xc2 || s[1] >= 0xa0 || s[1] == 0x85;
    return length == 1 || length == 4 ||
           (length == 3 && !(s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe));
}

const char *sdse_plain_line(struct sdse_arena *arena, const char *text) {
    char *plain = sdse_arena_strdup(arena, text);
    for (char *at = plain; at && *at;) {
        const size_t length = sdse_utf8_length(at);
        const size_t next = length ? length : 1;
        if (!is_plain(at, length))
            memset(at, '?', next);
        at += next;
    }
    return plain;
}

struct sdse_line_word sdse_line_word(struct sdse_lines *lines, const char *line,
                                     const char *from, const char *to) {
    while (from < to && isspace((unsigned char)*from))
        from++;
    while (to > from && isspace((unsigned char)to[-1]))
        to--;
    const char *text =
        sdse_arena_printf(lines->foreign.arena, "%.*s", (int)(to - from), from);
    lines->foreign.out_of_memory |= !text;
    return (struct sdse_line_word){
        text ? text : "", {lines->path, lines->line, (unsigned)(from - line) + 1}};
}

uint64_t sdse_line_number(struct sdse_lines *lines, struct sdse_line_word word,
                          const char *what, uint64_t least, uint64_t most) {
    char *end;
    errno = 0;
    const unsigned long long value = strtoull(word.text, &end, 10);
    if (isdigit((unsigned char)*word.text) && !*end && !errno && value >= least &&
        value <= most)
        return value;
    sdse_foreign_refuse(&lines->foreign, word.loc, false, "scalesim-value",
                        "%s is '%.40s': expected a whole number from %" PRIu64
                        " to %" PRIu64,
                        what, word.text, least, most);
    return 1;
}
