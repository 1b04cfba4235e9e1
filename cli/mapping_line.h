// A mapping as text: one line for tables, a file for later.
#ifndef SDSE_CLI_MAPPING_LINE_H
#define SDSE_CLI_MAPPING_LINE_H

#include "base/arena.h"
#include "cli/cost_tables.h"
#include "spec/types/mapping.h"

// "DRAM P8 K2 | GLB C4 Q56 X(P7 K2) Y(C4 R3) | psum C4 S3 K16": levels with loops,
// loops outermost first. NULL when memory is out.
const char *cli_mapping_line(struct sdse_arena *arena, const struct sdse_arch *arch,
                             const struct sdse_mapping *mapping);

// Writes a mapping file (docs/formats.md) that names its layer; `note` becomes a
// comment in its first line. False with errno set on failure.
bool cli_write_mapping(struct sdse_arena *arena, const char *path, const char *note,
                       const struct cli_costed *costed,
                       const struct sdse_mapping *mapping);

#endif
