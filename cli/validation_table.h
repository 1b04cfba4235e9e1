// What sdse validate prints.
#ifndef SDSE_CLI_VALIDATION_TABLE_H
#define SDSE_CLI_VALIDATION_TABLE_H

#include "base/output.h"
#include "dse/validation/validate.h"
#include "results/look/table.h"

struct cli_validated {
    size_t count;
    struct sdse_anchor_result *result;
    struct sdse_validation_tally tally;
};

// What may be replaced by such a table.
extern const struct sdse_output_kind cli_validation_kind;

// A row for each anchor. For people (text, md) the last column says what explains it;
// machines get that in columns of its own. NULL when memory is out.
struct sdse_table *cli_validation_table(struct sdse_arena *arena,
                                        const struct cli_validated *validated,
                                        enum sdse_table_format format);

// "26 anchors: 20 within their bands, ...". NULL when memory is out.
const char *cli_validation_summary(struct sdse_arena *arena,
                                   const struct sdse_validation_tally *tally);

#endif
