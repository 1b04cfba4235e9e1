// What is asked of the library about a reference problem: its layers as they are
// counted, each mapped by itself, and all together.
#ifndef SDSE_TESTS_ORACLE_SUPPORT_FUSIONASK_H
#define SDSE_TESTS_ORACLE_SUPPORT_FUSIONASK_H

#include "dse/fusion/fusion.h"
#include "oracle/support_fusioncase.h"

struct fusion_asked {
    const struct sdse_map_answer *alone; // the front of each layer by itself
    // The front of groups of any length and tiles of any rows; its `residency` is that
    // of whole tensors.
    struct sdse_fusion_request request;
};

// Maps the layers; everything lives in `arena`. Boxes are read with the padding that
// they cover, but only rows of the map are made. SDSE_INVALID: some layer has no proved
// mapping.
enum sdse_status fusion_ask(const struct fusion_case *subject, struct sdse_arena *arena,
                            struct fusion_asked *asked);

// The element of least energy times latency.
size_t fusion_least_product(const struct sdse_places *places);

#endif
