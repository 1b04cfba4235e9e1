// What a weight form spoils of a network's outputs: the network run with its weights
// rebuilt from the form.
#ifndef SDSE_DSE_SWEEP_OUTPUT_ERROR_H
#define SDSE_DSE_SWEEP_OUTPUT_ERROR_H

#include "dse/sweep/weight_faults.h"
#include "import/forward/outputs.h"
#include "spec/types/form.h"

// Every layer's constant weights are measured under the setting (layers that stay raw,
// and all in a raw form, are rounded to words), rebuilt as the engine rebuilds them,
// and the network is run with them.
//
// reference  the same network and inputs with the file's weights
// setting    raw or measured; a declared form has no weights to rebuild
// faults     of the memories that hold them; NULL: none. Shared kernels (basis first)
//            must have none
// word_bits  of a weight at the multipliers [2 … 16]; others are taken as the nearest
// threads    0: as many as processors; the answer does not depend on it
//
// Returns SDSE_OK, or what sdse_imported_weights, sdse_measure_layer,
// sdse_encode_raw and sdse_forward_outputs_run return.
enum sdse_status sdse_output_error_of(const struct sdse_imported *imported,
                                      const struct sdse_forward_inputs *inputs,
                                      const struct sdse_forward_outputs *reference,
                                      const struct sdse_form_setting *setting,
                                      const struct sdse_weight_faults *faults,
                                      uint32_t word_bits, unsigned threads,
                                      struct sdse_output_error *out,
                                      struct sdse_diags *diags);

#endif
