// The layer problems of a sweep: (accelerator, layer shape, weight form), each solved
// once and shared by every point that needs it.
#ifndef SDSE_DSE_SWEEP_LAYER_PROBLEM_H
#define SDSE_DSE_SWEEP_LAYER_PROBLEM_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/status.h"
#include "dse/network/network_front.h"
#include "dse/sweep/alike.h"
#include "dse/sweep/solver.h"
#include "results/store/records.h"
#include "spec/types/arch.h"
#include "spec/types/form.h"
#include "spec/types/sweep.h"
#include "spec/types/workload.h"

enum sdse_layer_problem_state {
    SDSE_LAYER_PROBLEM_OPEN,       // not tried yet, or given up when interrupted
    SDSE_LAYER_PROBLEM_SOLVED,     // front is known
    SDSE_LAYER_PROBLEM_NO_MAPPING, // reason says why
    SDSE_LAYER_PROBLEM_FAILED      // reason says why
};

struct sdse_layer_problem {
    struct sdse_hash hash;     // of accelerator, mapper, layer shape, form and model
    struct sdse_hash question; // of layer shape and form
    struct sdse_hash front;    // once solved: what its front is stored under
    double seconds_limit;      // once solved: that ended the search; 0 = none did
    const struct sdse_arch *arch;
    const struct sdse_layer *layer;
    struct sdse_weight_form form;
    // While it is open: the accelerator's text and what it shares with its like; NULL:
    // the problem is solved by itself.
    const char *arch_text;
    const struct sdse_alike *alike;

    enum sdse_layer_problem_state state;
    const char *reason;
    enum sdse_proof proof;
    double gap;
    const char *hint; // what would map it much better (dse/hint.h); NULL = nothing
    uint64_t nodes;
    size_t variants;                  // of the problem; and
    double log10_mappings;            // mappings in its space, once solved
    size_t count;                     // elements of the front, by rising energy
    struct sdse_tradeoff *elements;   // [count]
    const char **mappings;            // [count], as text
    const struct sdse_mapping *found; // [count], the same, until its line is solved
    struct sdse_layer_problem *next;  // in its bucket
};

struct sdse_layer_problem_table;

// An empty table whose problems live in `arena`; NULL when memory is out.
struct sdse_layer_problem_table *sdse_layer_problem_table_new(struct sdse_arena *arena);

// The problem of `layer` on `arch` in `form`; made open if it is new, and *is_new says
// so. search_hash is of the accelerator and the mapper's space. NULL when memory is
// out.
struct sdse_layer_problem *
sdse_layer_problem_get(struct sdse_layer_problem_table *table,
                       const struct sdse_arch *arch, struct sdse_hash search_hash,
                       const struct sdse_layer *layer,
                       const struct sdse_weight_form *form, bool *is_new);

// What the front of a problem is stored under if the search ended at `seconds`: a name
// of its own, so that a longer search is no other answer to the same question. A front
// that no time limit ended has the problem's hash.
struct sdse_hash sdse_layer_problem_limited(const struct sdse_layer_problem *problem,
                                            double seconds);

// What a problem that has an `alike` shares with those that are: layer, form, and the
// accelerator without its numbers.
struct sdse_hash sdse_layer_problem_kind(const struct sdse_layer_problem *problem);

// Solves the problem: the exact front of (energy, latency) over the space that `mapper`
// describes (`uneven` is a matter of the accelerator: split, or not). Results go to
// solver->answers, which must not be shared with another thread, `found` to
// solver->line. `start`: a solved problem that is alike, whose mappings are what to
// better (NULL: those of the last line, if it was alike). An interrupted problem, where
// *stop was set by another thread (stop may be NULL), stays open. Returns SDSE_OK, also
// without a mapping; SDSE_NO_MEMORY.
enum sdse_status sdse_layer_problem_solve(struct sdse_layer_problem *problem,
                                          struct sdse_solver *solver,
                                          const struct sdse_sweep_mapper *mapper,
                                          const struct sdse_layer_problem *start,
                                          const atomic_bool *stop);

// Takes the mappings of a solved problem that is alike for those of this one, because
// they are known to be: only energies and latencies are worked out. Returns as
// sdse_layer_problem_solve.
enum sdse_status sdse_layer_problem_take(struct sdse_layer_problem *problem,
                                         const struct sdse_layer_problem *solved,
                                         struct sdse_solver *solver,
                                         const struct sdse_sweep_mapper *mapper,
                                         const atomic_bool *stop);

#endif
