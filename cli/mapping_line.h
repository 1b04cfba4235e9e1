// A mapping as text: one line for tables, a file for later.
#ifndef SDSE_CLI_MAPPING_LINE_H
#define SDSE_CLI_MAPPING_LINE_H

#include "base/arena.h"
#include "cli/cli.h"
#include "cli/cost_tables.h"
#include "spec/types/mapping.h"

// "DRAM P8 K2 | GLB C4 Q56 X(P7 K2) Y(C4 R3) | psum C4 S3 K16": levels with loops,
// loops outermost first. NULL, noted, when memory is out.
const char *cli_mapping_line(struct cli *cli, const struct sdse_arch *arch,
                             const struct sdse_mapping *mapping);

// Writes a mapping file (docs/formats.md) that names its layer; `note` becomes a
// comment in its first line and begins with "sdse map ". SDSE_INVALID or SDSE_IO with a
// diagnostic (base/output.h), SDSE_NO_MEMORY.
extern const struct sdse_output_kind cli_mapping_kind;
enum sdse_status cli_write_mapping(struct cli *cli, const char *path, const char *note,
                                   const struct cli_costed *costed,
                                   const struct sdse_mapping *mapping);
// The same of a network: `text` of dse/schedule/schedule.h.
enum sdse_status cli_write_network_mapping(struct cli *cli, const char *path,
                                           const char *note, const char *arch,
                                           const char *workload, const char *form,
                                           const char *text);

#endif
