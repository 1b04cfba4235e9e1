// Pictures that the program draws.
#ifndef SDSE_TESTS_CLI_DRAWING_H
#define SDSE_TESTS_CLI_DRAWING_H

#include <stdbool.h>

// Whether gnuplot is installed; without it the program writes its script, says so, and
// ends with 3.
bool have_gnuplot(void);

// Draws, checks the exit status, and returns the whole script, a file of the scratch
// folder; the caller frees it.
char *script_of(const char *line, const char *script);

#endif
