// MAESTRO's networks as ours: layers by their dimensions.
#ifndef SDSE_IMPORT_MAESTRO_MAESTRO_H
#define SDSE_IMPORT_MAESTRO_MAESTRO_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"

// Whether a text is a network of MAESTRO's: its first word, after comments, is Network
// or Constant, and some layer follows.
bool sdse_maestro_is(const char *text);

// The network that a text describes.
//
//     CONV            conv; outputs are floor((Y - R) / stride) + 1, no padding
//     DSCONV          dwconv of C channels, K outputs of each
//     NGCONV          conv of G groups: C of all of them, K of each
//     TRCONV          deconv of stride 2, which MAESTRO fixes
//     GEMM, BMM, FC   fc of M rows, K inputs and N outputs; matmul of B heads; conv
//
// A layer says Y and X, or Y' and X', its outputs. Names that come twice get a number.
// Dataflows map loops to clusters of an array that the file does not describe: they are
// checked for their form, and lost [maestro-dataflow].
//
// text, lossy, yaml: as of import/scalesim/scalesim.h. Reports, all of them, at their
// place: [maestro-syntax] what is no network, which ends the reading; [maestro-layer]
// what a layer lacks, has too much, or is no layer of ours.
// Returns SDSE_OK, SDSE_INVALID or SDSE_NO_MEMORY.
// Source: MAESTRO's published networks, and the words that its reader knows.
enum sdse_status sdse_maestro_network(const char *path, const char *text, bool lossy,
                                      struct sdse_arena *arena,
                                      struct sdse_diags *diags, const char **yaml);

#endif
