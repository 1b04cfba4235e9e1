// An accelerator, a layer and a mapping as files of Timeloop, version 0.4.
#ifndef SDSE_EXPORT_TIMELOOP_TIMELOOP_H
#define SDSE_EXPORT_TIMELOOP_TIMELOOP_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"
#include "spec/types/arch.h"
#include "spec/types/mapping.h"
#include "spec/types/workload.h"

// Texts in the arena they were asked for in; NULL where nothing was given.
struct sdse_timeloop_texts {
    const char *arch; // with its energies (ERT) and areas (ART)
    const char *problem, *mapping;
};

// Each memory is a component with its energies of an access in a table, each fan-out a
// container for X and one for Y, which is inside. Words are counted by Timeloop's rules
// there: bounding boxes of windows, padding as words, no reads of finished tiles, no
// transfers of sums that return; where those are not the accelerator's or the layer's
// own a warning [timeloop-counts] says so.
//
// arch     its costs are resolved (costmodel/resolve.h)
// layer    one that multiplies; NULL: none
// mapping  of this layer on this accelerator; NULL: none
// lossy    what Timeloop cannot hold is a warning instead of an error
//
// Reports, all of it: [timeloop-lacks] what Timeloop cannot hold, by its name, at the
// level's, the layer's or the accelerator's place.
// Returns SDSE_OK, SDSE_INVALID or SDSE_NO_MEMORY; *texts only if SDSE_OK.
// Source: as import/timeloop/timeloop.h; what is written is read back by that
// (tests/oracle/test_timeloop_back.c).
enum sdse_status sdse_timeloop_export(const struct sdse_arch *arch,
                                      const struct sdse_layer *layer,
                                      const struct sdse_mapping *mapping, bool lossy,
                                      struct sdse_arena *arena,
                                      struct sdse_diags *diags,
                                      struct sdse_timeloop_texts *texts);

#endif
