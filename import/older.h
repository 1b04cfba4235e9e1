// What an older import left in a folder, and the import of today does not write.
#ifndef SDSE_IMPORT_OLDER_H
#define SDSE_IMPORT_OLDER_H

#include "base/output.h"
#include "smartdeal/manifest.h"

struct sdse_import_older {
    const char *folder;
    const char **path; // in the order they are removed
    size_t count;
    bool no_weights; // of today: the folder of weights goes if nothing is left in it
};

// Finds what may go, before anything is written: of the files that the folder's
// manifest.tsv names those called weights/NAME.npy that `manifest` does not name; then
// workload.yaml unless one is written (`network`), and manifest.tsv unless one is
// (`manifest` NULL). Files without a manifest beside them are nobody's, and stay; so do
// links, what links lead out to, inputs of the run, and files of another kind than
// their name says.
// Returns SDSE_OK; SDSE_IO with a diagnostic if the system refuses to remove one, or to
// read the manifest; SDSE_NO_MEMORY.
enum sdse_status sdse_import_older_find(const struct sdse_output_rules *rules,
                                        const char *folder,
                                        const struct sdse_manifest *manifest,
                                        bool network, struct sdse_arena *arena,
                                        struct sdse_import_older *out,
                                        struct sdse_diags *diags);

// Removes it, when all of today's is written, and says so in a note. SDSE_OK, or
// SDSE_IO with a diagnostic [import-write].
enum sdse_status sdse_import_older_remove(const struct sdse_import_older *older,
                                          struct sdse_arena *arena,
                                          struct sdse_diags *diags);

#endif
