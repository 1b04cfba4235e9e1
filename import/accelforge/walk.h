// Private to import/accelforge/: the walk over the nodes of an architecture, from the
// outermost memory to the multipliers.
#ifndef SDSE_IMPORT_ACCELFORGE_WALK_H
#define SDSE_IMPORT_ACCELFORGE_WALK_H

#include "import/accelforge/reading.h"

enum { SDSE_AF_TOLLS = 8 };

// A part that words pass, and that keeps none, between two memories.
struct sdse_af_toll {
    const char *name;
    struct sdse_loc loc;
    unsigned tensors;
    double pj_per_bit;
    bool up_alone;          // outputs do not pass it when they come back
    unsigned before, after; // tensors that places of the fan-outs outside, and inside
                            // of it, may share
};

struct sdse_af_walk {
    struct sdse_foreign *foreign;
    const struct sdse_af_names *names;
    struct sdse_af_arch *arch;
    unsigned kept_count;
    struct sdse_af_kept kept[SDSE_AF_LEVELS];
    unsigned axis_count; // of the fan-out that the next node is below
    struct sdse_af_axis axis[2];
    unsigned toll_count; // since the last memory
    struct sdse_af_toll toll[SDSE_AF_TOLLS];
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

// A part that words pass. [accelforge-toll]
void sdse_af_read_toll(struct sdse_af_walk *r, const struct sdse_node *node);

// Prices networks for those on the way: `inside` is the memory that they stand before,
// NULL: the multipliers.
void sdse_af_settle_tolls(struct sdse_af_walk *r, struct sdse_af_memory *outside,
                          struct sdse_af_memory *inside);

// What prices say too much, once all levels are known.
void sdse_af_check_tolls(struct sdse_af_walk *r);

// The multipliers, or what works on einsums of two tensors: the vector unit.
void sdse_af_read_compute(struct sdse_af_walk *r, const struct sdse_node *node);

#endif
