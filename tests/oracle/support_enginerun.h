// Runs the library on a recorded case of an engine (support_enginefile.h).
#ifndef SDSE_TESTS_ORACLE_SUPPORT_ENGINERUN_H
#define SDSE_TESTS_ORACLE_SUPPORT_ENGINERUN_H

#include "oracle/support_enginefile.h"

// All counts of the case's engine on its tensors. false: the file's fault says why not.
bool engine_run_counts(struct engine_file *file, struct engine_result *result);
// What the case's engine is expected to count on its distribution
// (support_engineexpect.c).
bool engine_run_means(struct engine_file *file, struct engine_result *result);

#endif
