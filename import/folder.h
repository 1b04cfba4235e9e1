// The folder of an imported network, and texts in it.
#ifndef SDSE_IMPORT_FOLDER_H
#define SDSE_IMPORT_FOLDER_H

#include "base/output.h"

// Makes a folder if it is not there (its parent must be): SDSE_OK; SDSE_IO with a
// diagnostic [import-write]; SDSE_NO_MEMORY, also if path is NULL.
enum sdse_status sdse_import_folder(const char *path, struct sdse_diags *diags);

// Writes a network's text with the first line that tells it from one that somebody
// wrote by hand. NULL for either is SDSE_NO_MEMORY.
enum sdse_status sdse_import_write_network(const struct sdse_output_rules *rules,
                                           const char *text, const char *path,
                                           struct sdse_diags *diags);

// Whether it may be written there; asked before long work, when the folder is made.
enum sdse_status sdse_import_check_network(const struct sdse_output_rules *rules,
                                           const char *path, struct sdse_diags *diags);

#endif
