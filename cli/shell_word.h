// Commands that a message tells the user to run next.
#ifndef SDSE_CLI_SHELL_WORD_H
#define SDSE_CLI_SHELL_WORD_H

#include "base/arena.h"

// A word as a shell takes it: itself, or within single quotes, in the arena. Itself
// also when memory is out: it is only shown.
const char *cli_shell_word(struct sdse_arena *arena, const char *word);

#endif
