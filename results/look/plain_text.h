// Text for people: how wide it is on a terminal, and without what could drive one.
#ifndef SDSE_RESULTS_LOOK_PLAIN_TEXT_H
#define SDSE_RESULTS_LOOK_PLAIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

// Columns that the sequence at `text`, which is one, takes: 0 for marks that combine
// with what is before them, 2 for East Asian wide and for emoji, else 1.
// Source: Unicode 15, EastAsianWidth.txt (W, F) and general categories Mn, Me, Cf, by
// blocks; oracle: the C library's wcwidth (test_results_layout.c).
size_t sdse_utf8_columns(const char *text);

// Prints `text` and returns the columns used; out NULL only measures. Controls and
// stray bytes become escapes; in Markdown `|` too, and a line's end `<br>`.
size_t sdse_plain_text_print(const char *text, bool markdown, FILE *out);

#endif
