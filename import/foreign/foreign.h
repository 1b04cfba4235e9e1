// What the readers of other tools' files share: where they allocate and complain, and
// what happens where something is lost.
#ifndef SDSE_IMPORT_FOREIGN_FOREIGN_H
#define SDSE_IMPORT_FOREIGN_FOREIGN_H

#include <stdarg.h>

#include "spec/tree.h"

struct sdse_foreign {
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    bool lossy;  // what is lost is a warning
    bool failed; // something was refused
    bool out_of_memory;
};

// An error, or a warning where losses are allowed and this one `can_go_on`.
void sdse_foreign_refuse(struct sdse_foreign *foreign, struct sdse_loc loc,
                         bool can_go_on, const char *check, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void sdse_foreign_vrefuse(struct sdse_foreign *foreign, struct sdse_loc loc,
                          bool can_go_on, const char *check, const char *format,
                          va_list args) __attribute__((format(printf, 5, 0)));

// A warning of what is taken another way than the file has it, and need not stop.
void sdse_foreign_note(struct sdse_foreign *foreign, struct sdse_loc loc,
                       const char *check, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Refuses every key of a mapping that is not among `keys`, which ends with NULL; what
// they ask for is lost.
void sdse_foreign_keys(struct sdse_foreign *foreign, const struct sdse_node *mapping,
                       const char *const *keys, const char *check);

// Says that a mapping lacks a key, or that what should have it is no mapping.
void sdse_foreign_missing(struct sdse_foreign *foreign, const struct sdse_node *mapping,
                          const char *key);

// The status of a reading: SDSE_NO_MEMORY, SDSE_INVALID or SDSE_OK.
enum sdse_status sdse_foreign_status(const struct sdse_foreign *foreign);

// The value under `key` as a whole number in its range. `least` after a diagnostic, or
// where there is none, which is refused if it is `needed`.
uint64_t sdse_foreign_u64(struct sdse_foreign *foreign, const struct sdse_node *mapping,
                          const char *key, uint64_t least, uint64_t most, bool needed);
// The same for a number from 0 on; 0 where there is none.
double sdse_foreign_double(struct sdse_foreign *foreign,
                           const struct sdse_node *mapping, const char *key,
                           double most, bool needed);
// The text under `key`, or `otherwise` where there is none.
const char *sdse_foreign_text(struct sdse_foreign *foreign,
                              const struct sdse_node *mapping, const char *key,
                              const char *otherwise);

#endif
