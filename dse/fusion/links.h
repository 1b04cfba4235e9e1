// What each member of a group reads, of the group and from before it. Private to
// dse/fusion/.
#ifndef SDSE_DSE_FUSION_LINKS_H
#define SDSE_DSE_FUSION_LINKS_H

#include "dse/fusion/members.h"

// Whether what comes out of a row, or word, of one map, or of several alike, is a row,
// or word.
static inline bool sdse_is_function(const struct sdse_layer *layer) {
    return layer->kind == SDSE_NORM || layer->kind == SDSE_SOFTMAX ||
           layer->kind == SDSE_ACT || layer->kind == SDSE_ADD;
}

// The edge of inputs into a layer; NULL: none, or several.
const struct sdse_workload_edge *
sdse_input_edge(const struct sdse_fusion_request *request, size_t to);

// Finds nests and reads of the members whose layers are listed. False: one of them does
// not read row by row what others make, or too much from before the group.
bool sdse_members_link(const struct sdse_fusion_request *request,
                       struct sdse_members *members,
                       struct sdse_group_refusal *refusal);

#endif
