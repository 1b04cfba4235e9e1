// SCALE-Sim's files as ours: its configuration (.cfg) is an accelerator, its topology
// (.csv) a network.
#ifndef SDSE_IMPORT_SCALESIM_SCALESIM_H
#define SDSE_IMPORT_SCALESIM_SCALESIM_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"

enum sdse_scalesim_kind {
    SDSE_SCALESIM_NONE,
    SDSE_SCALESIM_CONFIG,      // [general], [architecture_presets], [run_presets]
    SDSE_SCALESIM_CONVOLUTION, // layer, image, filter, channels, filters, stride
    SDSE_SCALESIM_PRODUCT,     // layer, M, N, K
};

// What a text is, by its sections or its line of headings. A byte-order mark, blank
// lines and comments (# or ;) may stand before these.
enum sdse_scalesim_kind sdse_scalesim_kind(const char *text);

// The accelerator that a configuration describes: a systolic array of ArrayHeight x
// ArrayWidth multipliers below three double-buffered memories, its dataflow (os, ws,
// is) as constraints. A pass of the array costs 2 ArrayHeight + ArrayWidth - 2 cycles
// beside its multiplications, SCALE-Sim's own formula. What SCALE-Sim does not say
// (node, widths, costs) is taken from the library of components at 45 nm with words of
// 8 bit, and the text says so.
//
// text     of the file, ended by a zero byte; `path` is its name in diagnostics
// lossy    what cannot be translated is a warning instead of an error
// yaml     out: the accelerator's file (docs/formats.md), in `arena`
//
// Reports, all of them, at their place: [scalesim-key] a key that is unknown, missing,
// given twice or without counterpart, [scalesim-value] a value that is none.
// Returns SDSE_OK, SDSE_INVALID or SDSE_NO_MEMORY.
// Source: SCALE-Sim v2's documentation and published configurations; Samajdar et al.,
// ISPASS 2020, for the cycles of a pass.
enum sdse_status sdse_scalesim_config(const char *path, const char *text, bool lossy,
                                      struct sdse_arena *arena,
                                      struct sdse_diags *diags, const char **yaml);

// The network that a topology describes, a layer a line. Output rows are
// ceil((rows - filter + stride) / stride): where the stride does not divide, the image
// gets rows at its end, those that SCALE-Sim addresses beyond it. Layers whose name holds "DP" are
// depth-wise. Names that come twice get a number. Otherwise as sdse_scalesim_config;
// [scalesim-line] is a line with too few or too many columns.
enum sdse_status sdse_scalesim_topology(const char *path, const char *text, bool lossy,
                                        struct sdse_arena *arena,
                                        struct sdse_diags *diags, const char **yaml);

#endif
