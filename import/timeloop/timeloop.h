// Timeloop's descriptions as ours: its architecture is an accelerator, its problem a
// network of one layer, its mapping a mapping.
#ifndef SDSE_IMPORT_TIMELOOP_TIMELOOP_H
#define SDSE_IMPORT_TIMELOOP_TIMELOOP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"
#include "import/foreign/files.h"

// Whether a text has a section of Timeloop's at its left edge (architecture:, problem:,
// mapping:, components:, ERT:, …) and none of AccelForge's, which shares some of them.
bool sdse_timeloop_is(const char *text);

struct sdse_timeloop_text {
    const char *path, *text; // `path` names it in diagnostics
};

// Files of ours (docs/formats.md); NULL where there is nothing to make one of.
struct sdse_timeloop_files {
    const char *arch, *network, *mapping;
};

// Translates what the texts describe together, version 0.4 or 0.3.
//
// The accelerator counts as Timeloop does: bounding boxes of windows, no reads of
// finished tiles on their way out, no transfers of sums that return. Energies are those
// of the files (ERT, ART, energies of actions); costs that they leave to estimators are
// those of the library of components, and a warning names whose they are. Networks cost
// nothing: Timeloop works their energy out of areas.
//
// lossy      what cannot be translated is a warning instead of an error
// includes   NULL: a text that includes another is refused
// files      out: texts in `arena`
//
// Reports, all of them at once and at their place: [timeloop-section] a section that is
// missing, given twice or not known; [timeloop-include] a file that cannot be included;
// [timeloop-node] a node or class that has no counterpart; [timeloop-key] a key that is
// not known, missing, or without counterpart; [timeloop-value] a value that is none, or
// cannot be worked out; [timeloop-problem] a nest that is not ours; [timeloop-factor]
// factors, permutations and targets that do not fit; [timeloop-cost] (a warning) costs
// that are not in the files; and what the text's YAML is refused for (spec/tree.h).
// Returns SDSE_OK, SDSE_INVALID, SDSE_IO or SDSE_NO_MEMORY; *files only if SDSE_OK.
// Source: Timeloop's documentation of its input formats, versions 3 and 4, and its
// published example designs; counts are compared in tests/cli/test_cli_timeloop.c.
enum sdse_status sdse_timeloop_import(const struct sdse_timeloop_text *texts,
                                      size_t count, bool lossy,
                                      const struct sdse_foreign_files *includes,
                                      struct sdse_arena *arena,
                                      struct sdse_diags *diags,
                                      struct sdse_timeloop_files *files);

#endif
