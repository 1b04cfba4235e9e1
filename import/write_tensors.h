// Tensors as files of this project: manifest.tsv and weights/<layer>.npy in one folder,
// and workload.yaml where the layers are those of a known network.
#ifndef SDSE_IMPORT_WRITE_TENSORS_H
#define SDSE_IMPORT_WRITE_TENSORS_H

#include "base/output.h"
#include "base/steps.h"
#include "import/tensors/roles.h"
#include "spec/types/workload.h"

// Layers with their weights, and the network they are of (NULL: not known), whose
// layers get weights_file. A layer's name is in the manifest as it is; two layers of
// one tensor share a file; file names are made of letters and digits
// (import/onnx/names.h), `weights/<layer>.npy` where the layer's name is. The folder is
// made if it is missing (its parent must exist); what may be replaced there is
// base/output.h's to say; what an older import left there is removed (import/older.h).
// Numbers are read and written one tensor at a time. steps is
// told the words written; may be NULL.
//
// Names come twice in no manifest: the second layer of a name is NAME_2.
// Returns SDSE_OK; SDSE_INVALID with diagnostics; SDSE_IO with a diagnostic
// [import-write] or those of the tensors; SDSE_NO_MEMORY.
enum sdse_status sdse_import_write_tensors(
    const struct sdse_output_rules *rules, struct sdse_tensor_layer *layers,
    size_t count, struct sdse_workload *network, const char *folder,
    const struct sdse_steps *steps, struct sdse_arena *arena, struct sdse_diags *diags);

// Says of the network's layers how wide their weights are in the file (bits; nothing of
// 32 bits and more). Layers are in the same order.
void sdse_import_take_widths(const struct sdse_tensor_layer *layers, size_t count,
                             struct sdse_workload *network);

#endif
