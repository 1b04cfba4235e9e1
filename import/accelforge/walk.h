// Private to import/accelforge/: the walk over the nodes of an architecture, from the
// outermost memory to the multipliers.
#ifndef SDSE_IMPORT_ACCELFORGE_WALK_H
#define SDSE_IMPORT_ACCELFORGE_WALK_H

#include "import/accelforge/reading.h"

struct sdse_af_walk {
    struct sdse_foreign *foreign;
    const struct sdse_af_names *names;
    struct sdse_af_arch *arch;
    unsigned kept_count;
    struct sdse_af_kept kept[SDSE_AF_LEVELS];
    unsigned axis_count; // of the fan-out that the next node is below
    struct sdse_af_axis axis[2];
};

// A number from 0 on; `otherwise` where there is none, or after a diagnostic.
double sdse_af_get(struct sdse_af_walk *r, const struct sdse_node *node,
                   const char *key, double otherwise);

// A set of tensors, in the same way.
unsigned sdse_af_get_set(struct sdse_af_walk *r, const struct sdse_node *node,
                         const char *key, unsigned otherwise);

bool sdse_af_is_true(struct sdse_af_walk *r, const struct sdse_node *node,
                     const char *key);

// Actions in a second; 0: no limit.
double sdse_af_rate(struct sdse_af_walk *r, const struct sdse_node *action);

// `total_latency` of a node cannot be counted.
void sdse_af_refuse_latency(struct sdse_af_walk *r, const struct sdse_node *total,
                            const char *name);

// The area of an instance, and whether it is said.
bool sdse_af_read_area(struct sdse_af_walk *r, const struct sdse_node *node,
                       double *mm2);

double sdse_af_read_leakage(struct sdse_af_walk *r, const struct sdse_node *node);

// Adds the fan-outs of a node to that on the way.
void sdse_af_read_spatial(struct sdse_af_walk *r, const struct sdse_node *node);

// The fan-out on the way belongs to the level outside.
void sdse_af_close_fanout(struct sdse_af_walk *r, const struct sdse_node *node);

// The multipliers, or what works on einsums of two tensors: the vector unit.
void sdse_af_read_compute(struct sdse_af_walk *r, const struct sdse_node *node);

#endif
