// The front of one group under given places: all its configurations. Private to
// dse/fusion/.
#ifndef SDSE_DSE_FUSION_GROUP_FRONT_H
#define SDSE_DSE_FUSION_GROUP_FRONT_H

#include "dse/fusion/groups.h"
#include "dse/fusion/nests.h"

// A point of a group: its configuration, and which of that one's own points it is.
struct sdse_group_point {
    struct sdse_tradeoff at;
    unsigned memory; // of the group
    size_t plan;
    unsigned kept;
    size_t element;
    const uint32_t *choice; // of a plan that overlaps: of each kind's answer; else NULL
};

struct sdse_group_front {
    size_t count;
    struct sdse_tradeoff *elements;
    struct sdse_group_point *point;
};

// The same layers, which hold what they do in each of the memories that share; NULL:
// not in that one.
struct sdse_group_homes {
    struct sdse_group *in[SDSE_MOST_SHARED];
};

// Of what the goal needs: the front, the corners of its hull, or one point. Ties go to
// the outermost memory, then to the plan that is listed first, then to fewer weights
// kept. question->bar: points that cannot help are left out. *front lives in `arena`.
enum sdse_status sdse_group_front_find(struct sdse_nests *nests,
                                       const struct sdse_group_homes *homes,
                                       const struct sdse_place_question *question,
                                       struct sdse_arena *arena,
                                       struct sdse_group_front *front);

// The kinds of nests of one point, with the mappings that it is made of. group: in the
// point's memory.
enum sdse_status sdse_group_point_kinds(struct sdse_nests *nests,
                                        const struct sdse_group *group,
                                        const struct sdse_place_question *question,
                                        const struct sdse_group_point *point,
                                        struct sdse_arena *arena,
                                        struct sdse_fused_group *out);

#endif
