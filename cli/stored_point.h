// A point of a results.db, named on the command line.
#ifndef SDSE_CLI_STORED_POINT_H
#define SDSE_CLI_STORED_POINT_H

#include "cli/cli.h"
#include "results/store/stored_point.h"

// Opens a results.db, finds the point that `text` means and reads it into the verb's
// arena. NULL after messages, with the exit status in *status.
struct sdse_reader *cli_open_point(struct cli *cli, const char *path, const char *text,
                                   struct sdse_stored_point *point,
                                   enum cli_exit *status);

// A layer's mapping as a file of docs/formats.md that names what it is of. NULL when
// memory is out.
const char *cli_stored_mapping(struct cli *cli, const struct sdse_stored_point *point,
                               const struct sdse_stored_layer *layer);

// sdse show point: the point, its layers and mappings, for people.
enum cli_exit cli_show_point(struct cli *cli, const char *path, const char *text,
                             bool json);

#endif
