// What is printed cannot drive a terminal: names come from files that anybody wrote.
#ifndef SDSE_CLI_PLAIN_STDOUT_H
#define SDSE_CLI_PLAIN_STDOUT_H

#include <stdbool.h>
#include <stdio.h>

// Makes stdout write control characters (but for tab and line feed) as \xNN, also those
// of two bytes, U+0080 to U+009F. Called once, before anything is printed. False when
// memory is out.
bool cli_plain_stdout(void);

// Why what was printed did not arrive: the errno of the first write that failed, 0 if
// none has.
int cli_plain_stdout_error(void);

// The same for one text.
void cli_print_plain(const char *text, FILE *out);

// Makes a name one that a file can have and a listing can show: controls and the
// characters of `unwanted` become '_'.
void cli_plain_name(char *name, const char *unwanted);

#endif
