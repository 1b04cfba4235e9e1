// What the store keeps, as plain structs: the sweep fills them, results/store/store.h
// writes them. docs/database.md says how they look in SQL.
//
// Conventions: NAN stands for "not known" and becomes NULL; a NULL string too, where
// the comment allows it. Every pointer is borrowed for the duration of the call.
#ifndef SDSE_RESULTS_STORE_RECORDS_H
#define SDSE_RESULTS_STORE_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "costmodel/types/cost.h"
#include "spec/types/arch.h"
#include "spec/types/form.h"
#include "spec/types/residence.h"
#include "spec/types/sweep.h"
#include "spec/types/workload.h"

// Kinds of input whose canonical text is kept.
#define SDSE_INPUT_MAP(X)   \
    X(ARCH, "arch")         \
    X(WORKLOAD, "workload") \
    X(FORM, "form")         \
    X(SWEEP, "sweep")       \
    X(TABLE, "table")       \
    X(WEIGHTS, "weights")

enum sdse_input_kind {
#define SDSE_INPUT_ENUM(name, text) SDSE_INPUT_##name,
    SDSE_INPUT_MAP(SDSE_INPUT_ENUM)
#undef SDSE_INPUT_ENUM
};

#define SDSE_POINT_STATUS_MAP(X)                                                  \
    X(OK, "ok")                 /* mapped, modelled, all figures present */       \
    X(INFEASIBLE, "infeasible") /* no valid mapping, or a constraint is broken */ \
    X(ERROR, "error")           /* something failed: reason says what */

enum sdse_point_status {
#define SDSE_POINT_ENUM(name, text) SDSE_POINT_##name,
    SDSE_POINT_STATUS_MAP(SDSE_POINT_ENUM)
#undef SDSE_POINT_ENUM
};

// Where weight values come from.
#define SDSE_WEIGHTS_FROM_MAP(X)                                      \
    X(DECLARED, "declared")   /* densities as written in the spec */  \
    X(SYNTHETIC, "synthetic") /* measured on seeded random weights */ \
    X(REAL, "real")           /* measured on weights read from a file */

enum sdse_weights_from {
#define SDSE_WEIGHTS_ENUM(name, text) SDSE_WEIGHTS_##name,
    SDSE_WEIGHTS_FROM_MAP(SDSE_WEIGHTS_ENUM)
#undef SDSE_WEIGHTS_ENUM
};

// How the mapper ended.
#define SDSE_PROOF_MAP(X)                                               \
    X(OPTIMAL, "optimal") /* proved */                                  \
    X(LIMIT, "limit")     /* stopped by a limit; gap bounds the rest */ \
    X(INTERRUPTED, "interrupted")

enum sdse_proof {
#define SDSE_PROOF_ENUM(name, text) SDSE_PROOF_##name,
    SDSE_PROOF_MAP(SDSE_PROOF_ENUM)
#undef SDSE_PROOF_ENUM
};

// A resolved input in canonical text; hash is of that text (and of what else the caller
// puts into it).
struct sdse_input_record {
    struct sdse_hash hash;
    enum sdse_input_kind kind;
    const char *name;
    const char *text;
};

// A sweep: its points are positions 0 … point_count - 1 of a fixed order.
struct sdse_sweep_record {
    struct sdse_hash hash; // also the hash of an input of kind SWEEP, added before
    const char *name;
    uint64_t point_count;
    enum sdse_objective objective;
    struct sdse_limits limits; // constraints on its points
};

// One element of a front of (energy, latency).
struct sdse_front_element {
    double energy_pj;
    uint64_t latency_cycles;
    const char *mapping; // one mapping as text; NULL on a network's front
};

// The proved front of one layer problem: (arch, layer shape, formats).
struct sdse_front_record {
    struct sdse_hash hash;
    enum sdse_proof proof;
    double gap;           // relative distance to the bound; 0 when proved
    double seconds_limit; // that ended the search; 0 = proved, or ended otherwise
    const char *hint;     // what would map the layer much better; NULL = nothing
    size_t count;
    struct sdse_front_element *elements; // by rising energy, falling latency
};

// One mapping of one layer problem with everything it costs: the parts are read from
// `cost`, their names and origins from `arch`.
struct sdse_solution_record {
    struct sdse_hash hash;  // of (arch, layer shape, formats, mapping)
    struct sdse_hash front; // hash of the front it was chosen from; has_front = false:
    bool has_front;         // none
    enum sdse_proof proof;
    double gap;
    const char *mapping; // as text
    const struct sdse_arch *arch;
    const struct sdse_cost *cost;
};

// Totals of a stored solution, for a run that continues.
struct sdse_solution_totals {
    double energy_pj;
    uint64_t latency_cycles;
    uint64_t macs;
    double utilization;
    enum sdse_proof proof;
    double gap;
    const char *mapping;
};

// One layer's weights under one setting: what decomposition measured, or what the spec
// declares.
struct sdse_form_record {
    struct sdse_hash hash; // of (weights, setting)
    struct sdse_weight_form form;
    enum sdse_weights_from from;
    double weight_bits;      // stored, all parts
    uint64_t weight_words;   // of the dense layer
    double weight_norm;      // Frobenius norm of the dense weights; NAN = not measured
    double sqnr_db;          // NAN = not measured, or no error at all
    uint32_t exponents_used; // distinct exponents among non-zero coefficients; 0 = none
    // Rows of coefficients in which any of 32, or of 64, consecutive filters has a
    // non-zero / such rows: what filters that share a skip can leave out. NAN = not
    // measured.
    double joint_row_density_32, joint_row_density_64;
};

// A layer of a point: which solution, which weight form.
struct sdse_layer_record {
    const char *name;
    enum sdse_layer_kind kind;
    uint64_t repeat;           // executions [>= 1]
    uint64_t copies;           // sets of weights among them; 0: as many
    struct sdse_hash solution; // added before
    struct sdse_hash form;     // added before; has_form = false: the layer stores no
    bool has_form;             // weights
};

// Where a tensor that a layer hands over is, and between which layers. One that is
// moved (docs/fusion.md) is in a memory several times.
struct sdse_place_record {
    const char *tensor; // the layer that makes it
    const char *memory; // of two, a row each
    uint64_t
        first_layer;     // that makes it, as an index, or before which it is brought in
    uint64_t last_layer; // that reads it there; its maker: none does
    double bits;         // that it takes there
};

// A tensor that is brought into a shared memory between two layers, or groups. What it
// takes is part of the solution of the layer that it is brought in before.
struct sdse_copy_record {
    uint64_t before_layer;     // as an index; of a group, its first
    const char *tensor;        // the layer that makes it
    const char *memory;        // that it is brought into
    uint64_t words;            // that cross
    struct sdse_hash solution; // added before: all that it takes
};

// Layers that take turns tile by tile (docs/fusion.md), and how.
struct sdse_group_record {
    uint64_t first_layer, last_layer; // as indices
    uint64_t tile_rows;               // of the last one, a tile
    uint64_t tile_columns;            // likewise; 0: all
    uint64_t tile_heads;              // right operands at a time; 0: all
    uint64_t tile_keys;               // words of a row of scores at a time; 0: all
    uint64_t tile_channels;           // that the first makes, at a time; 0: all
    // Names of layers as a JSON array: whose outputs are retained until later tiles
    // need them no more, whose weights are kept.
    const char *retained, *weights_kept;
    const char *banded;  // likewise, retained for the tiles of the same rows
    bool overlap;        // its nests overlap: the outermost memory works ahead
    const char *inputs;  // "outermost", "buffered", "buffered for all" or "shared"
    const char *outputs; // "outermost", "shared" or "both"
    const char *memory;  // that they share
    // How its nests follow each other: indices of the point's nests, "N*I" one that
    // runs so often behind itself, "N*(I I)" several.
    const char *nest_order;
};

// What a memory that shares has of a nest.
struct sdse_nest_place {
    const char *memory;
    uint64_t inputs;       // maps of inputs at home there
    bool weights, outputs; // likewise
    uint64_t addends;      // maps added, likewise
    double reserved_bits;  // that it holds beside its tiles
};

// One kind of nest of a group: alike in everything, with one mapping.
struct sdse_nest_record {
    uint64_t group;                                   // index of its group
    uint64_t layer;                                   // likewise
    uint64_t first_row, row_count, row_step;          // of the first of them
    uint64_t first_column, column_count, column_step; // likewise; count 0: all
    uint64_t times;
    // Of all of them, what differs from the layer's nest: its bounds above one ("G4
    // P10"), the map that its windows see, their stride along rows, the padding above.
    const char *bounds;
    uint64_t map_rows, map_columns, row_stride;
    int64_t row_pad;
    uint64_t column_stride; // likewise along columns, the padding on the left
    int64_t column_pad;
    // The memory of its group, and every other that has something of it.
    size_t place_count; // [>= 1]
    struct sdse_nest_place place[SDSE_MOST_SHARED];
    bool writes_through;         // its outputs to the outermost memory as well
    bool loads_weights;          // brings them in
    uint64_t loaded_input_words; // that it brings in
    // Its outputs are partial sums that others began, that others go on with, that are
    // scaled anew first (struct sdse_residence).
    bool continues, unfinished, rescales;
    // What may cross at the outermost memory while another nest runs.
    bool inputs_ahead, weights_ahead, outputs_ahead;
    uint64_t overlapped_runs;  // of tiles that overlap, in which it is [0: none]
    uint64_t overlapped_times; // of it in these
    uint64_t outer_cycles, inner_cycles; // of one, both sides (struct sdse_totals)
    uint64_t latency_cycles;             // of the group's, those of all of them
    struct sdse_hash solution;           // added before: of one of them
};

struct sdse_parameter {
    const char *path;  // "GLB.capacity_kib"
    const char *value; // as written
};

// A design point. Figures are read only when status is OK (area_mm2 always; NAN if
// unknown). latency_s, EDP are what the caller states; the totals must equal the sums
// over the layers: energy_pj to 1e-9 relative, latency_cycles exactly.
struct sdse_point_record {
    struct sdse_hash hash;  // of (arch, workload, form, objective, model version)
    struct sdse_hash sweep; // added before
    uint64_t position;      // in that sweep
    enum sdse_point_status status;
    const char *reason; // NULL when OK

    struct sdse_hash arch, workload, form; // hashes of inputs, added before
    const char *arch_name, *workload_name, *form_name;
    enum sdse_objective objective;
    size_t parameter_count;
    const struct sdse_parameter *parameters; // the overrides

    double energy_pj;
    uint64_t latency_cycles;
    double latency_s;
    double edp_pj_s;
    double area_mm2;
    double weight_bits; // of the whole network
    double compression; // FP32 bits of the weights / weight_bits
    double rel_error;   // of the network's weights; NAN
    double accuracy;    // [0..1]; NAN
    // The network run with these weights, against its own; NAN = not run.
    double output_error;   // root of sum of squares of the difference / of outputs
    double output_sqnr_db; // -20 log10 of it; NAN too if there is no error
    double best_class_agreement; // places whose largest class is the same [0..1]
    enum sdse_weights_from weights;
    enum sdse_proof proof;
    double gap;

    size_t layer_count;
    const struct sdse_layer_record *layers;
    uint64_t front_elements; // of the network's front, before it was thinned to keep
    size_t front_count;      // (energy, latency) of the network
    const struct sdse_front_element *front;
    size_t place_count; // of a point whose tensors may stay between layers
    const struct sdse_place_record *places;
    size_t copy_count; // by the layers that they are brought in before
    const struct sdse_copy_record *copies;
    size_t group_count; // of a point some of whose layers take turns: the solution of
    const struct sdse_group_record *groups; // such a layer is what its nests add up to
    size_t nest_count;
    const struct sdse_nest_record *nests; // by group, then by layer
};

// What a front is made of. NAN where a point is not ok.
struct sdse_point_figures {
    double energy_pj, latency_cycles, area_mm2;
    enum sdse_point_status status;
};

// One epoch of a training run; NAN where not measured.
struct sdse_epoch_record {
    double train_loss, train_accuracy, test_accuracy, learning_rate;
    double energy_pj;   // modelled, of this epoch
    double weight_bits; // moved to and from storage in this epoch
    double stored_bits; // of the model after it
};

struct sdse_training_record {
    struct sdse_hash hash; // of (network, data, settings, seed)
    const char *name;      // of the network
    const char *method;    // "dense", "smartdeal", …
    const char *settings;  // canonical text
    uint64_t seed;
    double test_accuracy;      // final [0..1]; NAN
    double energy_pj;          // modelled, whole run; NAN
    double stored_bits;        // weights and optimiser state; NAN
    double reference_accuracy; // of the dense network; NAN
    size_t epoch_count;
    const struct sdse_epoch_record *epochs;
};

// How a run went: not a result, never exported.
struct sdse_run_record {
    struct sdse_hash sweep; // added before
    const char *host;       // NULL = unknown
    const char *started;    // UTC, ISO 8601
    unsigned threads;
    double seconds;
    uint64_t points_done, points_reused, nodes_visited;
    uint64_t variants;     // of the problems solved: keepers and padded bounds
    double log10_mappings; // in their spaces; NAN = none was solved
    const char *outcome;   // "complete", "interrupted", …
};

#endif
