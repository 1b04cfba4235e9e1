// MAESTRO's networks as ours, layers by their dimensions; its accelerators, and its
// dataflows as mappings.
#ifndef SDSE_IMPORT_MAESTRO_MAESTRO_H
#define SDSE_IMPORT_MAESTRO_MAESTRO_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"

enum sdse_maestro_kind {
    SDSE_MAESTRO_NONE,
    SDSE_MAESTRO_NETWORK, // its first word is Network or Constant, some layer follows
    SDSE_MAESTRO_HARDWARE // its first word is a key of an accelerator: num_pes, L1Size
};

// What a text is, by its words alone.
enum sdse_maestro_kind sdse_maestro_kind(const char *text);

struct sdse_maestro_text {
    const char *path, *text;
};

// Files of ours (docs/formats.md), in the arena; NULL where there is nothing to make
// one of.
struct sdse_maestro_files {
    const char *arch, *network, *mapping;
};

// Translates a network, an accelerator, or both; either may be NULL.
//
// Of the network:
//
//     CONV            conv; outputs are floor((Y - R) / stride) + 1, no padding
//     DSCONV          dwconv of C channels, K outputs of each
//     NGCONV          conv of G groups: C of all of them, K of each
//     TRCONV          deconv of stride 2, which MAESTRO fixes
//     GEMM, BMM, FC   fc of M rows, K inputs and N outputs; matmul of B heads; conv
//
// A layer says Y and X, or Y' and X', its outputs. Names that come twice get a number.
//
// Of the accelerator: DRAM, L2, and elements with an L1 each. With both, dataflows are
// mappings: loops of the outermost cluster stand at DRAM, so that L2 holds one of their
// steps; those of clusters inside at L2; what a SpatialMap spreads is side by side
// below L2, folded where places are too few; what no directive splits is left to an
// element. A Cluster groups units of what is inside it. Tiles of inputs that overlap
// (Sz(R), 1) are tiles of outputs; their offset counts outputs, or inputs. SpatialMaps
// of Y and R together spread the taps of one row of outputs. The mapping is of all
// layers that have a dataflow, or there is none.
//
// lossy, diags: as of import/scalesim/scalesim.h. Reports, all of them, at their place:
// [maestro-syntax] what is no network, which ends the reading; [maestro-layer] what a
// layer lacks, has too much, or is no layer of ours; [maestro-hardware] the same of an
// accelerator; [maestro-dataflow] what is no mapping of ours.
// Returns SDSE_OK, SDSE_INVALID or SDSE_NO_MEMORY; *files only if SDSE_OK.
// Source: MAESTRO's published networks and dataflows, and the words that its readers
// know; Kwon et al., MICRO 2019, for what directives mean.
enum sdse_status sdse_maestro_import(const struct sdse_maestro_text *network,
                                     const struct sdse_maestro_text *hardware,
                                     bool lossy, struct sdse_arena *arena,
                                     struct sdse_diags *diags,
                                     struct sdse_maestro_files *files);

#endif
