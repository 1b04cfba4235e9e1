// The points of a sweep, in their fixed order: what they are made of is loaded before
// anything is computed, so that bad input is reported at once and changes nothing; the
// points and their accelerators are made when they are asked for. A plan takes the
// memory of its files, not of its points.
#ifndef SDSE_DSE_SWEEP_PLAN_H
#define SDSE_DSE_SWEEP_PLAN_H

#include "base/arena.h"
#include "base/hash.h"
#include "base/status.h"
#include "costmodel/types/cost.h"
#include "dse/sweep/alike.h"
#include "dse/sweep/network_outputs.h"
#include "dse/sweep/shipped.h"
#include "results/store/records.h"
#include "results/store/tensor.h"
#include "spec/types/arch.h"
#include "spec/types/sweep.h"
#include "spec/types/workload.h"

// Names the cost model in every content hash: results of different models never mix.
// Raise it with any change that moves results (CHANGELOG.md).
#define SDSE_MODEL_VERSION "2"

// An accelerator with one combination of overrides, costs resolved.
struct sdse_variant {
    uint64_t number; // among all of the plan
    struct sdse_arch *arch;
    const char *text;               // canonical
    const struct sdse_alike *alike; // of the text
    struct sdse_hash hash;          // of the text
    bool resident;                  // tensors may stay in the memory that layers share
    uint32_t fuse_depth;            // then so many layers may take turns; 0, 1: none
    bool all_tiles;                 // in tiles of any number of rows
    bool columns;                   // or of some columns
    bool overlap;                   // and their nests may overlap
    bool copies;                    // tensors may be moved between layers
    struct sdse_hash search; // of the accelerator and what the sweep's `mapper` adds to
                             // its space: the same as `hash` if that is nothing
    struct sdse_hash names;  // of the parameters, in any order
    struct sdse_area area;
    // Why there is no such accelerator: `arch` then is the one that it is named after,
    // and `area` unknown. NULL: there is.
    const char *refused;
    size_t parameter_count;
    struct sdse_parameter *parameters; // the overrides, and what the mapper adds
};

// An accelerator of the sweep, of which the variants are made.
struct sdse_plan_arch {
    const struct sdse_node *root; // of its file
    struct sdse_hash source;      // of what is written there
    // What refused variants are named after: without overrides, or, if its file alone
    // makes none, the first variant that does. NULL until one is made.
    const struct sdse_arch *named;
    const char *name;
    uint64_t first_variant, combinations;
};

struct sdse_network_input {
    struct sdse_workload *workload;
    const char *text;
    struct sdse_hash hash;
    // With its edges, of points whose tensors may stay; NULL: the sweep has none.
    const char *resident_text;
    struct sdse_hash resident_hash;
    // Of each layer's weights, and of all; only if a form of the sweep is measured.
    struct sdse_hash *weights; // [layer_count]
    struct sdse_hash all_weights;
    size_t parameter_count;
    struct sdse_parameter *parameters;    // sizes that tell it from its like
    struct sdse_network_outputs *outputs; // the model behind it, if the sweep names
                                          // one; its like share it
    // Of a point that is taken from a database (dse/sweep/stored_plan.h), else NULL:
    // what its layers' forms and the figures of its outputs are there. [layer_count],
    // {0, 0}: none
    const struct sdse_hash *stored_forms;
    const struct sdse_output_error *stored_outputs;
};

struct sdse_form_input {
    const struct sdse_sweep_form *form;
    const char *text;
    struct sdse_hash setting; // of the text: what measured forms are named by
    struct sdse_hash hash;    // of text and name
};

struct sdse_point {
    uint64_t position;
    size_t network, form; // indices into the plan
    const struct sdse_variant *variant;
    struct sdse_hash hash; // of all three and what they are called, the mapper's space
                           // (with the network's edges and what memories share, if
                           // tensors may stay),
                           // the weights if the form is measured, the objective and the
                           // model's version
    const char *refused; // why it cannot be, before any mapping is looked for; or NULL
};

struct sdse_plan {
    struct sdse_sweep *sweep;
    // Of the sweep, canonical; the last line has a hash of what it names: networks,
    // accelerators as they are written, forms, weights, models, the version of the cost
    // model. It stands for the hashes of all points: a changed file makes another
    // sweep.
    const char *text;
    struct sdse_hash hash; // of the text
    size_t network_count, form_count, arch_count;
    uint64_t variant_count;
    uint64_t design_count; // what the sweep spans: networks x accelerators x forms
    uint64_t point_count;  // what of it is evaluated
    // Of a search (dse/sweep/searching.h): the design at each position [point_count],
    // so many for each network. NULL: all designs, in their order.
    uint64_t *visits;
    uint64_t visits_each;
    struct sdse_network_input *networks;
    struct sdse_form_input *forms;
    struct sdse_plan_arch *archs;
    struct sdse_point *listed; // points that are not generated, but taken from a
                               // database (dse/sweep/stored_plan.h); NULL: none
};

// Loads a sweep and all it names, validates everything (weight files too if a form is
// measured). All problems are in `diags`. Points that cannot be (an override without an
// accelerator, a form that needs an engine) are infeasible, with a warning for each
// cause, unless none can be: then these are the errors. Every accelerator is made and
// looked at, or, of more than SDSE_PLAN_LOOKS, those where one override has each of its
// values beside the first of the others, SDSE_PLAN_LOOKS / 8 more, evenly spaced, and
// the last: the warnings then say so, and what else cannot be is found when its point
// is made. With `follow_links`, links may lead weight files out of their networks'
// folders; with `shipped` (may be NULL) accelerators and networks may be named. Lives
// in `arena`. Returns SDSE_OK, SDSE_INVALID, SDSE_IO or SDSE_NO_MEMORY.
enum sdse_status sdse_plan_load(struct sdse_arena *arena, const char *sweep_path,
                                bool follow_links, const struct sdse_shipped *shipped,
                                struct sdse_diags *diags, struct sdse_plan **plan);

enum { SDSE_PLAN_LOOKS = 1024 };

// --- Points, by their positions ---
//
// Designs are numbers in mixed radix: networks vary slowest, then accelerators, then
// the overrides of each (its own axes, the last fastest), then forms. The position of
// a point is its design's number, or, in a search, when it is evaluated. Everything
// here may be asked by several threads at once.

// The design at a position, of a plan whose points are generated.
static inline uint64_t sdse_plan_design(const struct sdse_plan *plan,
                                        uint64_t position) {
    return plan->visits ? plan->visits[position] : position;
}

// What a point is made of, as indices.
struct sdse_point_place {
    size_t network, arch, form;
    uint64_t combination; // of the accelerator's overrides (spec/sweep_overrides.h)
};

// design < plan->design_count; of a plan whose points are generated.
struct sdse_point_place sdse_plan_place(const struct sdse_plan *plan, uint64_t design);
// Where (network, accelerator `variant` < plan->variant_count, form) stands.
uint64_t sdse_plan_position(const struct sdse_plan *plan, size_t network,
                            uint64_t variant, size_t form);

// Axes of the points of one accelerator: 0 is the network, then come the overrides in
// the order of the file (those in step are one axis), the last is the weight form.
size_t sdse_plan_axis_count(const struct sdse_plan *plan, size_t arch);
// How many values an axis has; which of them a design has; and the design that has
// value `index` there and all else in common with it.
uint64_t sdse_plan_axis_length(const struct sdse_plan *plan, size_t arch, size_t axis);
uint64_t sdse_plan_axis_index(const struct sdse_plan *plan, uint64_t design,
                              size_t axis);
uint64_t sdse_plan_moved(const struct sdse_plan *plan, uint64_t design, size_t axis,
                         uint64_t index);

// Makes accelerator `number` < plan->variant_count; all of it lives in `arena`. One
// that cannot be is made too: it says why. Returns SDSE_OK or SDSE_NO_MEMORY.
enum sdse_status sdse_plan_variant(const struct sdse_plan *plan, uint64_t number,
                                   struct sdse_arena *arena,
                                   const struct sdse_variant **variant);

// Makes the point at `position`. *variant is that of another point, or NULL: it is
// taken if it is the point's own, else the point's own is made and written there.
// Returns SDSE_OK or SDSE_NO_MEMORY.
enum sdse_status sdse_plan_point(const struct sdse_plan *plan, uint64_t position,
                                 struct sdse_arena *arena,
                                 const struct sdse_variant **variant,
                                 struct sdse_point *point);

// Why the point cannot be, or NULL; texts live in `arena`. False: memory is out.
bool sdse_plan_refusal(struct sdse_arena *arena, const struct sdse_plan *plan,
                       const struct sdse_point *point, const char **reason);

// What measured points of a network are told apart by: a hash for each layer with
// weights, and of all. Weights without a file are known from the network alone; what
// cannot be read of the others is a diagnostic each. Returns SDSE_OK, or the first
// layer's failure.
//
// embedded  [embedded_count], in place of what is in the layers' files; NULL: these are
//           read
enum sdse_status sdse_plan_hash_weights(struct sdse_arena *arena,
                                        struct sdse_diags *diags,
                                        const struct sdse_stored_weights *embedded,
                                        size_t embedded_count,
                                        struct sdse_network_input *network);

// What names a point: everything that struct sdse_point lists.
struct sdse_hash sdse_plan_point_hash(const struct sdse_plan *plan,
                                      const struct sdse_point *point);

// Of the text of a point's network.
static inline struct sdse_hash sdse_plan_network_hash(const struct sdse_plan *plan,
                                                      const struct sdse_point *point) {
    const struct sdse_network_input *network = &plan->networks[point->network];
    return point->variant->resident ? network->resident_hash : network->hash;
}

// Frees what the plan holds beside its arena; NULL is fine.
void sdse_plan_free(struct sdse_plan *plan);

#endif
