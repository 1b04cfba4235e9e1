// A verb's command line, described by one table: parsing, --help and the documentation
// test read the same rows.
#ifndef SDSE_CLI_OPTIONS_H
#define SDSE_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum cli_option_kind {
    CLI_FLAG,    // no value
    CLI_TEXT,    // any text that is not empty
    CLI_COUNT,   // an integer >= 1
    CLI_PERCENT, // an integer from 1 to 100, with or without '%'
    CLI_REAL,    // a finite number >= 0
    CLI_CHOICE,  // one of the words of `value`, which are separated by '|'
};

struct cli_option {   // NOLINT(clang-analyzer-optin.performance.Padding): help's order
    const char *name; // long name
    char letter;      // short name; 0 = none
    enum cli_option_kind kind;
    const char *value;    // what --help calls the value; NULL for flags
    const char *help;     // one line
    const char *fallback; // value when the option is not given; NULL = none
    bool required;
};

enum { CLI_MOST_OPTIONS = 40 };

// What follows the verb, parsed. Pointers point into argv or the verb's table.
struct cli_args {
    const char *value[CLI_MOST_OPTIONS]; // by row of the table; NULL = not given
    int operand_count;
    char **operands;
};

// The operands of a verb: "FILE..." with the least and the most that are accepted.
struct cli_operands {
    const char *usage;
    int least, most; // most < 0: no limit
};

enum cli_parsed { CLI_PARSED, CLI_HELP_ASKED, CLI_REFUSED };

// Parses argv[1 ...] (argv[0] is the verb). Every option accepts --help. A refusal has
// been explained on `err`, all of it.
enum cli_parsed cli_options_parse(const char *verb, const struct cli_option *options,
                                  int option_count, const struct cli_operands *operands,
                                  int argc, char **argv, struct cli_args *args,
                                  FILE *err);

// Whether a text is a value of the option's kind; says what would be if it is not.
bool cli_option_accepts(const char *verb, const struct cli_option *option,
                        const char *text, FILE *err);

// "Options:" and a line per row, aligned.
void cli_options_print(const struct cli_option *options, int option_count, FILE *out);

// The value of a CLI_COUNT, CLI_PERCENT or CLI_REAL option that was given; `otherwise`
// if it was not.
uint64_t cli_count(const struct cli_args *args, int option, uint64_t otherwise);
unsigned cli_percent(const struct cli_args *args, int option, unsigned otherwise);
double cli_real(const struct cli_args *args, int option, double otherwise);
// Index of a CLI_CHOICE option's value among the words of its table row.
int cli_choice(const struct cli_args *args, const struct cli_option *options,
               int option);

#endif
