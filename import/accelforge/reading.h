// Private to import/accelforge/: what is read of the files.
#ifndef SDSE_IMPORT_ACCELFORGE_READING_H
#define SDSE_IMPORT_ACCELFORGE_READING_H

#include "import/accelforge/expression.h"

enum { SDSE_AF_LEVELS = 12 };

// A fan-out along one axis, or along several that share one of ours.
struct sdse_af_axis {
    uint64_t fanout;
    unsigned same;      // tensors of which one must be the same along it; 0: none must
    unsigned may_reuse; // tensors that may be, or are moved by all that may be spatial
    double min_usage;   // share of the places that must be taken; 0: not said
};

// Tensors that places along an axis may have the same words of: what leaves one the
// same moves the others.
static inline unsigned sdse_af_shared(const struct sdse_af_axis *axis) {
    return axis->same ? axis->same : axis->may_reuse;
}

// Of an axis that says nothing one place is taken.
static inline double sdse_af_least_usage(const struct sdse_af_axis *axis) {
    return axis->min_usage > 0 ? axis->min_usage : 1 / (double)axis->fanout;
}

struct sdse_af_memory {
    const char *name;
    struct sdse_loc loc;
    const char *costs; // how they are found: a line of YAML, ", table: ..."
    const char *memory_class;
    bool unlimited;
    uint64_t capacity_bits;
    unsigned keep, may_keep;
    uint32_t word_bits[SDSE_TENSORS]; // 0: as everywhere
    double read_pj_per_bit, write_pj_per_bit;
    double read_bits_per_s, write_bits_per_s; // 0: unlimited
    bool one_port;                            // reads and writes wait for each other
    double leakage_mw, area_mm2;
    bool has_area;
    unsigned axis_count; // of the fan-out below it
    struct sdse_af_axis axis[2];
    double toll_pj_per_bit[SDSE_TENSORS]; // of a bit in the network below it
    const char *up_name; // of a part of it that sums pass on their way up alone; NULL
    struct sdse_loc up_loc;
};

// What computes einsums of two tensors.
struct sdse_af_vector {
    bool there;
    unsigned below;   // the level where its words come from and go to
    double pj_per_op; // of one operation
    double ops_per_s; // of all of them together; 0: no limit
    double area_mm2;  // of all of them together
};

struct sdse_af_arch {
    double node_nm; // 0: not said
    unsigned level_count;
    struct sdse_af_memory level[SDSE_AF_LEVELS];
    struct sdse_af_vector vector;
    bool computes, component; // a Compute was read; its costs are the library's
    double pj_per_mac, macs_per_s, leakage_mw, area_mm2;
    bool has_area;
    double toll_area_mm2; // of all parts that words pass
};

// The action of this name of a node; NULL = none.
const struct sdse_node *sdse_af_action(const struct sdse_node *node, const char *name);

// A key of a node or of an action, also where an older file has it: `attributes:
// {_size: …}`, `arguments: {_energy: …}`, `constraints: {tensors: …, misc: {enabled:
// …}}`. NULL = none.
const struct sdse_node *sdse_af_key(const struct sdse_node *node, const char *key);

// What older `constraints` ask of the fan-out of this name; NULL = nothing.
const struct sdse_node *sdse_af_axis_limits(const struct sdse_node *node,
                                            const char *name);

// Refuses what these hold and nothing reads.
void sdse_af_check_older(struct sdse_foreign *foreign, const struct sdse_node *node);

// Refuses actions of a node that nothing counts, and keys of actions that nothing
// reads.
void sdse_af_check_actions(struct sdse_foreign *foreign, const struct sdse_node *node);

// Seconds of an action of each kind, reads (or computations) and writes, where
// `total` is what so many of them take, and whether kinds that take time wait for each
// other.
//
// latency  [2] what an action takes by itself [s]
//
// False where it is neither a sum nor a maximum of what single actions take, as counts
// show that are tried, or has names that are not known.
bool sdse_af_seconds(struct sdse_foreign *foreign, const struct sdse_af_names *names,
                     const struct sdse_node *total, const double latency[2],
                     double seconds[2], bool *wait);

void sdse_af_read_arch(struct sdse_foreign *foreign, const struct sdse_node *node,
                       const struct sdse_af_names *names, struct sdse_af_arch *arch);

// The text of the accelerator; NULL when memory is out.
const char *sdse_af_write_arch(struct sdse_foreign *foreign,
                               const struct sdse_af_names *names,
                               const struct sdse_af_arch *arch);

// The text of the network; NULL when memory is out, or after a diagnostic.
const char *sdse_af_network(struct sdse_foreign *foreign, const struct sdse_node *node,
                            const struct sdse_af_names *names);

#endif
