// Python's pickles as data: what a program would be called with, never the call.
//
// A pickle is a program for a stack machine that may call any function of any module.
// Here it makes a tree of values in which calls stand as such; only functions and
// classes that the caller allows may be named, and only the opcodes are known that
// torch.save writes (protocols 2 to 4, no Python 2 texts, no objects of classes).
// Everything else is refused with its byte: [tensors-pickle].
// Source: CPython's pickletools.py, which lists the opcodes.
#ifndef SDSE_IMPORT_TENSORS_PICKLE_H
#define SDSE_IMPORT_TENSORS_PICKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"

enum sdse_pickle_kind {
    SDSE_PICKLE_NONE,
    SDSE_PICKLE_BOOL,
    SDSE_PICKLE_INTEGER,
    SDSE_PICKLE_REAL,
    SDSE_PICKLE_TEXT,
    SDSE_PICKLE_TUPLE,
    SDSE_PICKLE_LIST,
    SDSE_PICKLE_DICT,   // also collections.OrderedDict(): key, value, key, …
    SDSE_PICKLE_GLOBAL, // "module name"
    SDSE_PICKLE_CALL,   // a global, its arguments (a tuple)
    SDSE_PICKLE_OUTSIDE // what a persistent id stands for: the id
};

struct sdse_pickle_value {
    enum sdse_pickle_kind kind;
    int64_t integer;  // of integers and booleans
    double real;      // of reals
    const char *text; // of texts and globals
    size_t count, room;
    struct sdse_pickle_value **item; // [count]; may hold a value that holds it
};

// The value that a pickle makes. allowed: whether a global may be named. `file` and
// `entry` name it in diagnostics. Everything is in `arena`, in proportion to `length`.
// Returns SDSE_OK, SDSE_INVALID with a diagnostic, or SDSE_NO_MEMORY.
enum sdse_status sdse_pickle_read(const unsigned char *bytes, size_t length,
                                  const char *file, const char *entry,
                                  bool (*allowed)(const char *global),
                                  struct sdse_arena *arena,
                                  const struct sdse_pickle_value **out,
                                  struct sdse_diags *diags);

#endif
