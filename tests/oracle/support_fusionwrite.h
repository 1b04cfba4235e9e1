// Schedules as the reference problems of tests/data/fusion have them: groups, nests,
// their loops and words, in JSON.
#ifndef SDSE_TESTS_ORACLE_SUPPORT_FUSIONWRITE_H
#define SDSE_TESTS_ORACLE_SUPPORT_FUSIONWRITE_H

#include <stdio.h>

#include "dse/fusion/fusion.h"
#include "oracle/support_fusioncase.h"

// The problem, as it was read: name, arch, layers, residual. Ends with a comma.
void fusion_write_problem(FILE *out, const struct fusion_case *subject);

// One element of the front that was found: {"energy": …, "latency": …, "groups": […]}.
// SDSE_NO_MEMORY, and what sdse_fusion_pick returns; the text is then cut short.
enum sdse_status fusion_write_schedule(FILE *out, const struct fusion_case *subject,
                                       const struct sdse_fusion_request *request,
                                       const struct sdse_fusion *fusion, size_t element,
                                       struct sdse_arena *arena);

#endif
