// Diagnostics: what is wrong with the user's input, and where. All of them, not the
// first.
//
//     arch.yaml:12:9: error: buffer 'GLB': capacity must be positive, got -4
//     [capacity-positive] arch.yaml:7:9: note: level first declared here
#ifndef SDSE_BASE_DIAG_H
#define SDSE_BASE_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/status.h"

// A place in a file. line and column are 1-based; line 0 means the file as a whole.
struct sdse_loc {
    const char *file;
    unsigned line;
    unsigned column;
};

enum sdse_severity { SDSE_ERROR, SDSE_WARNING, SDSE_NOTE };

struct sdse_diag {
    struct sdse_diag *next;
    struct sdse_loc loc;
    enum sdse_severity severity;
    const char *check;   // name of the check that fired, a literal; NULL on notes
    const char *message; // one line, no newline
};

// A list in the order found. Messages are copied into the arena, which must outlive the
// list.
struct sdse_diags {
    struct sdse_arena *arena;
    struct sdse_diag *first, *last;
    size_t errors, warnings;
    // A failure of the machine among them, SDSE_OK if there is none: SDSE_IO or
    // SDSE_NO_MEMORY, also where a diagnostic found no memory and is not in the list.
    enum sdse_status fault;
};

// An empty list that allocates from `arena`.
void sdse_diags_init(struct sdse_diags *diags, struct sdse_arena *arena);

// Appends one diagnostic. loc.file is kept by pointer. A NULL `diags` drops it; when
// memory is out, the counts still rise, so a caller that checks `errors` still refuses
// the input, and `fault` says so.
void sdse_diag_add(struct sdse_diags *diags, enum sdse_severity severity,
                   struct sdse_loc loc, const char *check, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

// The same with a whole text, unless the list holds it already: what several readings
// of one place find is said once.
void sdse_diag_add_once(struct sdse_diags *diags, enum sdse_severity severity,
                        struct sdse_loc loc, const char *check, const char *message);

// Passes on what a list holds and `to` does not yet hold, and its fault.
void sdse_diags_pass_on(struct sdse_diags *to, const struct sdse_diags *said);

// Appends what the system refused: "WHAT: Input/output error", or only what the system
// says if `what` is NULL; loc.file may be a passing text. Returns whose fault `number`
// is (sdse_errno_status), and keeps it in `fault` if it is the machine's.
enum sdse_status sdse_diag_errno(struct sdse_diags *diags, struct sdse_loc loc,
                                 const char *check, const char *what, int number);

// True if a check of this name has fired as an error or a warning.
bool sdse_diags_fired(const struct sdse_diags *diags, const char *check);

// Copies the places' files of what came after `since` (NULL: of all) into the list's
// arena, for when what named them ends before the list.
void sdse_diags_keep_places(struct sdse_diags *diags, const struct sdse_diag *since);

// Orders the list for people: files in the order they first appear, in each by line and
// column; equal places stay in the order found, notes stay behind what they belong to.
// The list stays as it is when memory is out.
void sdse_diags_sort(struct sdse_diags *diags);

// One line per diagnostic, in order, to `out`. Colour only if asked.
void sdse_diags_print(const struct sdse_diags *diags, FILE *out, bool colour);

// Levenshtein distance limited to short words; used for "did you mean". [edits]
size_t sdse_edit_distance(const char *a, const char *b);
// The candidate nearest to `word`, or NULL if none is within a third of its length + 1
// edits.
const char *sdse_nearest(const char *word, const char *const *candidates, size_t count);
// Whether `word` is one of the words.
bool sdse_is_among(const char *word, const char *const *words, size_t count);

#endif
