// A sweep: which workloads on which accelerators, with which variations.
#ifndef SDSE_SPEC_TYPES_SWEEP_H
#define SDSE_SPEC_TYPES_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "spec/types/form.h"
#include "spec/types/limit.h"
#include "spec/types/network_changes.h"

enum sdse_objective {
    SDSE_ENERGY,
    SDSE_LATENCY,
    SDSE_EDP,  // energy x latency
    SDSE_ED2P, // energy x latency^2
    SDSE_OBJECTIVES
};

// "energy", …: as files write them; index with enum sdse_objective.
static inline const char *const *sdse_objective_words(void) {
    static const char *const words[SDSE_OBJECTIVES] = {"energy", "latency", "edp",
                                                       "ed2p"};
    return words;
}

// Where tensors may be between layers.
enum { SDSE_MOST_FUSE_DEPTH = 8 };
struct sdse_stay {
    bool resident;       // they may stay in the memory that layers share
    uint32_t fuse_depth; // so many layers may take turns [1 ... SDSE_MOST_FUSE_DEPTH]
    bool all_tiles;      // tiles of any number of rows, not equal ones alone
    bool columns;        // tiles of some columns, too
    bool overlap;        // the outermost memory may work ahead of groups' nests
    bool copies;         // tensors may be moved between layers
};

// One override: a path into the accelerator's YAML ("GLB.capacity_kib") and the values
// it takes, as written (ranges as their values); one that begins with '=' is worked out
// from others (spec/expression.h).
struct sdse_override {
    const char *path;
    size_t value_count;
    const char **values;
    struct sdse_loc loc;
    size_t arch;             // of this accelerator alone: its index + 1; 0 = of all
    bool with_previous;      // takes its values in step with the override before it
    struct sdse_stay *stays; // of the mapper, not of an accelerator: these are its
                             // values, and `values` none. NULL: of an accelerator
};

// A named weight-form setting of the sweep, e.g. "raw", "smartdeal n=3 d=0.4".
struct sdse_sweep_form {
    const char *name;
    struct sdse_form_setting setting;
    struct sdse_loc loc;
};

// How layers are mapped: what the mapper's space holds beyond perfect factors, even
// mappings and the accelerators' own choice of keepers, and how long it may search it.
struct sdse_sweep_mapper {
    double seconds;             // per layer; 0 = no limit
    bool uneven;                // every memory that can be split
    bool free_bypass;           // every memory but the outermost
    uint32_t imperfect_percent; // bounds padded by at most this much; 0 = none [<= 100]
};

// How the points are chosen of those that the sweep spans. Each of its networks is a
// search of its own.
enum sdse_sweep_method {
    SDSE_ALL_POINTS, // no search
    SDSE_BY_RANDOM,
    SDSE_BY_SOBOL,
    SDSE_BY_NSGA2,
    SDSE_SWEEP_METHODS
};

// What fronts of a sweep are of.
enum sdse_front_objective { SDSE_FRONT_ENERGY, SDSE_FRONT_LATENCY, SDSE_FRONT_AREA };
enum { SDSE_FRONT_OBJECTIVES = 3 };

// "random", …: as files write them; index with enum sdse_sweep_method - 1.
static inline const char *const *sdse_sweep_method_words(void) {
    static const char *const words[SDSE_SWEEP_METHODS - 1] = {"random", "sobol",
                                                              "nsga2"};
    return words;
}

// "energy", …; index with enum sdse_front_objective.
static inline const char *const *sdse_front_objective_words(void) {
    static const char *const words[SDSE_FRONT_OBJECTIVES] = {"energy", "latency",
                                                             "area"};
    return words;
}

// "energy_pj", …: keys of a reference, and columns.
static inline const char *const *sdse_front_objective_keys(void) {
    static const char *const keys[SDSE_FRONT_OBJECTIVES] = {
        "energy_pj", "latency_cycles", "area_mm2"};
    return keys;
}

struct sdse_sweep_search {
    enum sdse_sweep_method method;
    uint64_t evaluations;     // of each network [>= 1]
    uint64_t seed;            // [< 2^63]
    uint64_t population;      // of nsga2 [>= 2]
    unsigned objective_count; // 2 or 3, in the order of the enum
    enum sdse_front_objective objectives[SDSE_FRONT_OBJECTIVES];
    bool has_reference; // of the hypervolume; else the worst values seen
    double reference[SDSE_FRONT_OBJECTIVES]; // of objectives[i]
    struct sdse_loc loc;
};

// A .npy file, and the model's input that it is for (NULL: the only one).
struct sdse_sweep_file {
    const char *name, *path;
};

// The model behind one of the networks, and inputs to run it on.
struct sdse_sweep_outputs {
    const char *workload; // the network's name; NULL: the sweep has only one
    const char *model;    // path, resolved against the sweep's file
    size_t file_count;
    struct sdse_sweep_file *files; // paths likewise
    struct sdse_loc loc;
};

// A size that varies: a key of the network (layer NULL) or of a layer.
struct sdse_network_parameter {
    const char *layer, *key, *value;
};

// What a sweep makes of a network's file.
struct sdse_sweep_network {
    struct sdse_network_changes changes; // keys that are written anew
    size_t layer_count;
    struct sdse_named *layers; // names or kinds of those that stay; none: all
    // What tells it from the others that the same entry makes; among its changes.
    size_t parameter_count;
    struct sdse_network_parameter *parameters;
};

struct sdse_sweep {
    const char *name;
    const char *file;
    size_t workload_count;
    const char **workloads; // paths, resolved against the sweep's file
    struct sdse_loc *workload_locs;
    struct sdse_sweep_network *networks; // one for each workload
    struct sdse_network_changes changes; // in all of them, before their own
    size_t arch_count;
    const char **archs; // paths, resolved against the sweep's file
    struct sdse_loc *arch_locs;
    size_t override_count;
    struct sdse_override *overrides; // product of those not in step, the last fastest
    size_t form_count;
    struct sdse_sweep_form *forms;
    enum sdse_objective objective; // which mapping a point's row reports
    struct sdse_limits limits;     // constraints on its points
    struct sdse_sweep_mapper mapper;
    size_t output_count;
    struct sdse_sweep_outputs *outputs;
    struct sdse_sweep_search search;
    struct sdse_loc loc;
};

#endif
