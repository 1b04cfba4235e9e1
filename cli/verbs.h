// The list of verbs (main.c), and what is made of their tables: help, manual pages and
// completion. A verb that is in the list is in all of them.
#ifndef SDSE_CLI_VERBS_H
#define SDSE_CLI_VERBS_H

#include <stdio.h>

#include "cli/cli.h"

// In the order of `sdse --help`.
extern const struct cli_verb *const cli_verbs[];
extern const int cli_verb_count;

// NULL if there is none of this name.
const struct cli_verb *cli_verb_find(const char *name);
// Says that there is none, and which is nearest; the status to end with.
enum cli_exit cli_verb_refuse(const char *name);

// `sdse --help` and `sdse VERB --help`.
void cli_help_print(FILE *out);
void cli_help_print_verb(const struct cli_verb *verb, FILE *out);

// The manual page in mdoc(7), of one verb, or with NULL of the whole program: sdse(1).
void cli_man_print(const struct cli_verb *verb, FILE *out);

// What may stand for the last of `words`, which follow the program's name.
//
//     @files .yaml        what else: files (of this ending), folders, or none
//     eyeriss<TAB>        a candidate and what it is
//
// The first line names no candidate, all others do; only those that begin like the word
// are printed. What '=' has split from its option (as bash does) is understood.
void cli_complete_print(struct cli *cli, int word_count, char *const *words, FILE *out);

#endif
