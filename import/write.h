// An imported network as files of this project: workload.yaml, manifest.tsv and
// weights/<layer>.npy in one folder.
#ifndef SDSE_IMPORT_WRITE_H
#define SDSE_IMPORT_WRITE_H

#include "base/output.h"
#include "base/steps.h"
#include "import/onnx/onnx.h"

// Writes the three kinds of files into `folder`, which is made if missing (its parent
// must exist); of a network whose weights were not read workload.yaml alone. What may be
// replaced there is base/output.h's to say; what an older import left there is removed
// (import/older.h). Weights are converted one layer at a time.
// Returns SDSE_OK; SDSE_INVALID with a diagnostic if a layer's weights are of a type
// that is not read; SDSE_IO with a diagnostic [import-write]; SDSE_NO_MEMORY.
//
// steps   is told the weights written so far, a layer at a time, and all; may be NULL
enum sdse_status sdse_import_write(const struct sdse_output_rules *rules,
                                   const struct sdse_imported *imported,
                                   const char *folder, const struct sdse_steps *steps,
                                   struct sdse_arena *arena, struct sdse_diags *diags);

// Writes the workload alone into the file `path`. Layers whose weights are not beside
// it say nothing of them; *without counts these.
enum sdse_status sdse_import_write_workload(const struct sdse_output_rules *rules,
                                            const struct sdse_imported *imported,
                                            const char *path, size_t *without,
                                            struct sdse_arena *arena,
                                            struct sdse_diags *diags);

#endif
