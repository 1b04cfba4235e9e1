// The model behind a sweep's network: what weight forms spoil of its outputs.
#ifndef SDSE_DSE_SWEEP_NETWORK_OUTPUTS_H
#define SDSE_DSE_SWEEP_NETWORK_OUTPUTS_H

#include "base/hash.h"
#include "dse/sweep/output_error.h"
#include "spec/types/sweep.h"
#include "spec/types/workload.h"

struct sdse_network_outputs;

// Reads the model and its inputs, and finds out that it can be run on them.
//
//     outputs-model  a layer of the model with weights is not in the network, or has
//                    other weights there; at the sweep's entry
//
// and the checks of import/onnx/onnx.h, import/forward/. Returns SDSE_OK, SDSE_INVALID,
// SDSE_IO or SDSE_NO_MEMORY. *out is the caller's: sdse_network_outputs_free.
enum sdse_status sdse_network_outputs_load(const struct sdse_sweep_outputs *spec,
                                           const struct sdse_workload *workload,
                                           bool follow_links, struct sdse_arena *arena,
                                           struct sdse_diags *diags,
                                           struct sdse_network_outputs **out);

// NULL is fine.
void sdse_network_outputs_free(struct sdse_network_outputs *outputs);

// Of the model's file, its weights and the inputs.
struct sdse_hash sdse_network_outputs_hash(const struct sdse_network_outputs *outputs);

// The error under a form that is raw or measured, once for each setting and width of
// words, however many points ask. `key`: names the setting; faults: of the
// accelerator's memories, NULL if they have none. Returns what
// sdse_output_error_of returns.
enum sdse_status sdse_network_outputs_error(struct sdse_network_outputs *outputs,
                                            const struct sdse_form_setting *setting,
                                            const struct sdse_weight_faults *faults,
                                            struct sdse_hash key, uint32_t word_bits,
                                            unsigned threads, struct sdse_diags *diags,
                                            struct sdse_output_error *out);

#endif
