// A network's mapping written and read back.
#ifndef SDSE_TESTS_ORACLE_SUPPORT_SCHEDULE_H
#define SDSE_TESTS_ORACLE_SUPPORT_SCHEDULE_H

#include "dse/schedule/schedule.h"

// Writes the schedule, reads the text, whose groups, nests and layers stand in the
// order turned round, and fails unless what was read costs the same to the last bit,
// kind by kind, says the same places, and is written alike.
void oracle_read_back(const struct sdse_fusion_request *request,
                      const struct sdse_schedule *schedule, struct sdse_arena *arena);

#endif
