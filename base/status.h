// What a library call can end with when the machine, not the user's input, is at fault.
// The user's own mistakes are diagnostics (base/diag.h); our mistakes are asserts.
#ifndef SDSE_BASE_STATUS_H
#define SDSE_BASE_STATUS_H

// One table: enum, name and sentence cannot disagree.
#define SDSE_STATUS_MAP(X)                                       \
    X(OK, "ok")                                                  \
    X(INVALID, "the input is invalid; see the diagnostics")      \
    X(NO_MEMORY, "out of memory")                                \
    X(IO, "reading or writing a file failed")                    \
    X(DATABASE, "the results database refused")                  \
    X(OVERFLOW, "a count exceeds 64 bits")                       \
    X(NO_MAPPING, "no valid mapping exists")                     \
    X(LIMIT, "a limit was reached before the answer was proved") \
    X(INTERRUPTED, "interrupted")                                \
    X(MISSING_TOOL, "an optional program is not installed")

enum sdse_status {
#define SDSE_STATUS_ENUM(name, sentence) SDSE_##name,
    SDSE_STATUS_MAP(SDSE_STATUS_ENUM)
#undef SDSE_STATUS_ENUM
};

// The sentence for a status; never NULL. Static storage.
const char *sdse_status_text(enum sdse_status status);

#endif
