// An accelerator, a layer and a mapping as files of ZigZag.
#ifndef SDSE_EXPORT_ZIGZAG_ZIGZAG_H
#define SDSE_EXPORT_ZIGZAG_ZIGZAG_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"
#include "spec/types/arch.h"
#include "spec/types/mapping.h"
#include "spec/types/workload.h"

// Texts in the arena they were asked for in; NULL where nothing was given.
struct sdse_zigzag_texts {
    const char *hardware, *workload, *mapping;
};

// Each level is a memory that serves the dimensions of the array below it; each axis of
// a fan-out is such a dimension. What is written is read back (import/zigzag/zigzag.h)
// and laid beside the original: whatever is not the same then is what ZigZag's files
// cannot hold, and is reported by its path [zigzag-lacks].
//
// arch     its costs are resolved (costmodel/resolve.h)
// layer    one that multiplies; NULL: none
// mapping  of this layer on this accelerator; NULL: none. Its places are
//          spatial_mapping, its loops temporal_ordering, innermost first; in which
//          memory a loop's tiles are is ZigZag's own choice, and reported
// lossy    what is lost is a warning instead of an error
//
// Returns SDSE_OK, SDSE_INVALID or SDSE_NO_MEMORY; *texts only if SDSE_OK.
// Source: as import/zigzag/zigzag.h; tests/oracle/test_zigzag_back.c.
enum sdse_status sdse_zigzag_export(const struct sdse_arch *arch,
                                    const struct sdse_layer *layer,
                                    const struct sdse_mapping *mapping, bool lossy,
                                    struct sdse_arena *arena, struct sdse_diags *diags,
                                    struct sdse_zigzag_texts *texts);

#endif
