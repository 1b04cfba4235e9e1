// Private to import/forward: all runs of an imported network, one after another.
#ifndef SDSE_IMPORT_FORWARD_RUNS_H
#define SDSE_IMPORT_FORWARD_RUNS_H

#include "import/forward/inputs.h"
#include "import/forward/run.h"
#include "import/onnx/imported.h"

// What happens to the outputs of one run; it may keep their data (and set it to NULL).
typedef enum sdse_status (*sdse_forward_take)(void *context, uint64_t run,
                                              struct sdse_onnx_numbers *outputs);

// Runs the network for each run that the inputs hold, with the request's weights,
// threads and watch; `take` may be NULL. What sdse_forward_check, inputs and runs give.
enum sdse_status sdse_forward_runs(const struct sdse_imported *imported,
                                   const struct sdse_forward_inputs *inputs,
                                   struct sdse_forward_request *request,
                                   sdse_forward_take take, void *context,
                                   struct sdse_diags *diags);

#endif
