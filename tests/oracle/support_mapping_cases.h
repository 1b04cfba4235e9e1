// Recorded mapping problems (tests/data/mapping.json): an accelerator and a layer, what
// other searches found in what CPU time, and the proved optima.
#ifndef SDSE_TESTS_ORACLE_SUPPORT_MAPPING_CASES_H
#define SDSE_TESTS_ORACLE_SUPPORT_MAPPING_CASES_H

#include "spec/tree.h"
#include "spec/types/arch.h"
#include "spec/types/workload.h"

struct mapping_case {
    const char *name;
    struct sdse_arch arch;
    struct sdse_layer layer;
};

// Reads one problem; names point into the tree.
void mapping_case_read(const struct sdse_node *node, struct mapping_case *out);

// A number of a map, or `otherwise` if it is missing or null; a text, or "".
double mapping_case_number(const struct sdse_node *map, const char *key,
                           double otherwise);
const char *mapping_case_text(const struct sdse_node *map, const char *key);

#endif
