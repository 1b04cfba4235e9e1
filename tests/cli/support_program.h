// Runs the built program as a user would, and keeps what it said.
#ifndef SDSE_TESTS_CLI_PROGRAM_H
#define SDSE_TESTS_CLI_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct ran {
    int status;      // exit status; -1 if a signal ended it
    int signal;      // that signal; 0
    char *out, *err; // what it wrote
};

// Tests run in the source tree, so that messages name short paths; what they write goes
// to a folder of their own, which leave_scratch removes.
int enter_scratch(void **state);
int leave_scratch(void **state);
// A path in that folder; valid until 8 more are asked for.
const char *scratch(const char *name);
void write_scratch(const char *name, const char *text); // a file there

// Runs `sdse` with the words of `line`, which are separated by single blanks ('~'
// stands for a blank inside a word, '@' at the start of a word for the scratch folder).
struct ran run_program(const char *line);
// The same with stdout going to `path`, and an environment of its own if not NULL.
struct ran run_program_to(const char *line, const char *path, char *const *environment);
void free_ran(struct ran *ran);

// Runs, checks the exit status, and returns what was said: stdout, or stderr where the
// status is not 0. The caller frees it.
char *run_text(int status, const char *line);
// The same, and `part` is in what was said.
void run_says(int status, const char *line, const char *part);
// Both succeed and write the same to stdout.
void run_alike(const char *line, const char *other);

// The verbs that `sdse --help` lists; how many there are.
enum { MOST_VERBS = 64, VERB_BYTES = 32 };
size_t list_verbs(char names[MOST_VERBS][VERB_BYTES]);

// Starts the program and does not wait; stdout goes to scratch(".shown"), stderr to
// scratch(".started").
pid_t start_program(const char *line);
// Waits until it does (or no longer does) catch a signal; false after 10 s.
bool comes_to(pid_t pid, int signal_number, bool caught);

// Runs, checks the exit status, and compares stdout (or stderr) with
// tests/cli/golden/NAME.txt. SDSE_WRITE_GOLDEN=1 in the environment writes the file
// instead, and the program of tests fails at its end: nothing was compared.
void golden_out(const char *name, int status, const char *line);
void golden_err(const char *name, int status, const char *line);
// The same for a text that has been made comparable first; it is changed.
void golden_text(const char *name, char *text);

// The file's content; the caller frees it.
char *read_whole(const char *path);

#endif
