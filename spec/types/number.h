// Physical numbers of an accelerator, and where they come from.
#ifndef SDSE_SPEC_TYPES_NUMBER_H
#define SDSE_SPEC_TYPES_NUMBER_H

#include "base/diag.h"

// How well a number is known; the marks of docs/model.md.
#define SDSE_MARK_MAP(X)                                                          \
    X(UNMARKED, "unmarked")                                                       \
    X(QUOTED, "Q")                /* quoted from a source that was read */        \
    X(LIBRARY, "L")               /* read in a public repository */               \
    X(DERIVED, "D")               /* derived by arithmetic from marked numbers */ \
    X(CHECKED, "M+")              /* recalled, an independent check agrees */     \
    X(RECALLED, "M")              /* recalled, unverified */                      \
    X(TABLE, "table")             /* interpolated from a shipped table */         \
    X(ASSUMED, "assumed")         /* our assumption */                            \
    X(PROVISIONAL, "provisional") /* stands in for a model that is not built yet */

enum sdse_mark {
#define SDSE_MARK_ENUM(name, text) SDSE_MARK_##name,
    SDSE_MARK_MAP(SDSE_MARK_ENUM)
#undef SDSE_MARK_ENUM
};

// "Q", "table", ...: as files write a mark.
static inline const char *sdse_mark_text(enum sdse_mark mark) {
#define SDSE_MARK_TEXT(name, text) text,
    static const char *const texts[] = {SDSE_MARK_MAP(SDSE_MARK_TEXT)};
#undef SDSE_MARK_TEXT
    return texts[mark];
}

// Where a number comes from. text may be NULL (then the file's own `source:` holds).
struct sdse_origin {
    enum sdse_mark mark;
    const char *text;
    struct sdse_loc loc;
};

// A physical number with its origin. `given` is false when the file does not say it.
struct sdse_number {
    double value;
    bool given;
    struct sdse_origin origin;
};

#endif
