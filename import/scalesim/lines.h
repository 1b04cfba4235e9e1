// Private to import/scalesim/: a text line by line, and words with their places.
#ifndef SDSE_IMPORT_SCALESIM_LINES_H
#define SDSE_IMPORT_SCALESIM_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "import/foreign/foreign.h"
#include "import/scalesim/scalesim.h"

struct sdse_lines {
    const char *path, *rest; // what is not read yet
    unsigned line;           // of the last one, from 1
    struct sdse_foreign foreign;
};

// A word without the blanks around it. Its text is empty where there is none.
struct sdse_line_word {
    const char *text;
    struct sdse_loc loc;
};

// Beyond what says nothing at the start of a text: a byte-order mark, lines that are
// blank or comments (# or ;). `*lines`: how many.
const char *sdse_skip_preamble(const char *text, unsigned *lines);

// Copies the next line, without its end; false after the last, or when memory is out.
bool sdse_next_line(struct sdse_lines *lines, char **line);

// The word in [from, to) of the current line, which starts at `line`.
struct sdse_line_word sdse_line_word(struct sdse_lines *lines, const char *line,
                                     const char *from, const char *to);

// The text with a question mark for each byte that is no UTF-8 and for what YAML cannot
// hold (U+0080 to U+009F but U+0085, U+FFFE, U+FFFF). NULL when memory is out.
const char *sdse_plain_line(struct sdse_arena *arena, const char *text);

// A whole number in its range; 1 after a diagnostic [scalesim-value].
uint64_t sdse_line_number(struct sdse_lines *lines, struct sdse_line_word word,
                          const char *what, uint64_t least, uint64_t most);

#endif
