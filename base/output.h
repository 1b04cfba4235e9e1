// One way to write any output, so that a file is never lost: the bytes go to a
// temporary file beside the target, are synchronised, and take the target's name at the
// end. Until then, and after any failure, what was there is as it was.
//
//     output-input     the target is a file the same run reads (also through a hard or
//                      symbolic link): refused always
//     output-kind      a file of another kind is there, a SQLite database above all:
//                      refused unless forced
//     output-write     the system refused
//
// A file of the kind itself (its first bytes tell) and an empty one are replaced. A
// symbolic link stays and its target is replaced. What is not a regular file (a
// terminal, a pipe, /dev/full) is written straight through, and so are the names of
// open descriptors (/dev/stdout, /dev/fd/N, /proc/self/fd/N), whatever they are.
#ifndef SDSE_BASE_OUTPUT_H
#define SDSE_BASE_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"

enum { SDSE_OUTPUT_STARTS = 4 };

// What is written, and the first bytes that tell it: any of `starts` (text, NULL ends).
struct sdse_output_kind {
    const char *name; // "a mapping of sdse map"
    const char *starts[SDSE_OUTPUT_STARTS];
};

// What an output may not be. Where a function takes rules, NULL is a run that reads
// nothing and does not force.
struct sdse_output_input {
    struct sdse_output_input *next;
    dev_t device;
    ino_t inode;
};
struct sdse_output_rules {
    bool force; // replace files of any kind
    struct sdse_output_input *inputs;
};

// Names a file that the run reads, before or while it does. What cannot be found is no
// input. False when memory is out.
bool sdse_output_rules_add(struct sdse_output_rules *rules, struct sdse_arena *arena,
                           const char *path);

// An output being written. Write to `file`; or, if another program writes, let it
// replace the content of `written_path`.
struct sdse_output {
    FILE *file;
    char *written_path; // the temporary file, or the target if straight through
    char *target;       // what is replaced, links followed; NULL = straight through
    const char *path;   // as named
};

// Whether an output may be written to `path`, without making anything: asked before
// long work. SDSE_OK, SDSE_INVALID or SDSE_IO with a diagnostic, or SDSE_NO_MEMORY.
enum sdse_status sdse_output_check(const char *path,
                                   const struct sdse_output_kind *kind,
                                   const struct sdse_output_rules *rules,
                                   struct sdse_diags *diags);

// Begins one. `path` must live until it is closed. On failure there is nothing to
// close.
enum sdse_status sdse_output_open(struct sdse_output *output, const char *path,
                                  const struct sdse_output_kind *kind,
                                  const struct sdse_output_rules *rules,
                                  struct sdse_diags *diags);

// Ends it. With `status` SDSE_OK the output takes its name, or the system's refusal is
// a diagnostic and SDSE_IO; with any other the temporary file is removed, and `status`
// returned.
enum sdse_status sdse_output_close(struct sdse_output *output, enum sdse_status status,
                                   struct sdse_diags *diags);

#endif
