// The front door for other languages: opaque handles, structs of plain fields, text.
//
// A session loads accelerators and networks and answers questions about them. All it
// hands out lives as long as the session and is not freed by the caller. Every function
// that fails leaves its out-parameters alone and says why in diagnostics: those of the
// last call. One session is for one thread at a time, but for sdse_session_stop;
// several sessions may run at once. python/sdse.py is built on this header alone.
#ifndef SDSE_DSE_SESSION_SESSION_H
#define SDSE_DSE_SESSION_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct sdse_session;
struct sdse_arch;
struct sdse_workload;

// NULL when memory is out.
struct sdse_session *sdse_session_new(void);
void sdse_session_free(struct sdse_session *session); // NULL ok

// --- What was wrong in the last call ---

struct sdse_session_diag {
    const char *file;      // NULL = none
    unsigned line, column; // from 1; 0 = the file as a whole
    const char *severity;  // "error", "warning" or "note"
    const char *check;     // docs/checks.md, docs/formats.md; NULL for notes
    const char *message;
};

size_t sdse_session_diag_count(const struct sdse_session *session);
// index < sdse_session_diag_count
void sdse_session_diag_at(const struct sdse_session *session, size_t index,
                          struct sdse_session_diag *out);

// --- Descriptions ---

// An accelerator from a file, every cost resolved, with `paths[i]` (docs/formats.md,
// "GLB.capacity_kib") overridden by `values[i]` [count of both]. SDSE_INVALID, SDSE_IO,
// SDSE_NO_MEMORY.
enum sdse_status sdse_session_load_arch(struct sdse_session *session, const char *path,
                                        const char *const *paths,
                                        const char *const *values, size_t count,
                                        const struct sdse_arch **out);
const char *sdse_session_arch_name(const struct sdse_arch *arch);
double sdse_session_arch_area_um2(const struct sdse_arch *arch); // of raw weights

enum sdse_status sdse_session_load_workload(struct sdse_session *session,
                                            const char *path,
                                            const struct sdse_workload **out);
const char *sdse_session_workload_name(const struct sdse_workload *workload);

struct sdse_session_layer {
    const char *name, *kind;
    uint64_t repeat, macs; // macs of one execution
};

size_t sdse_session_layer_count(const struct sdse_workload *workload);
// index < sdse_session_layer_count
void sdse_session_layer_at(const struct sdse_workload *workload, size_t index,
                           struct sdse_session_layer *out);

// --- Scores: all of one execution of a layer, raw weights ---

// Words that a memory holds and moves, over all its instances; names as of `sdse eval`.
struct sdse_session_count {
    const char *level, *part;
    uint64_t instances, tile_words, reads_words, fills_words, updates_words,
        drain_reads_words;
    double energy_pj;
};

// Energy by component: "GLB", "GLB network", "MAC", …; they add up to energy_pj.
struct sdse_session_part {
    const char *component;
    double energy_pj;
};

struct sdse_session_score {
    // Of a mapping found: "optimal", "limit", "interrupted"; of one given: "scored".
    const char *status;
    const char *mapping; // as a file has it; "" of a layer that only moves words
    double energy_pj, latency_s, utilization;
    double gap; // at most so far from the optimum, relative; 0 = proved, or scored
    uint64_t latency_cycles, macs, multipliers_used;
    const char *bottleneck; // what sets the latency
    size_t count_count, part_count;
    const struct sdse_session_count *count;
    const struct sdse_session_part *part;
};

struct sdse_session_wish {
    const char *objective;      // "energy", "latency", "edp", "ed2p"; or "pareto"
    int uneven, free_bypass;    // 0 or 1, as of `sdse map`
    unsigned imperfect_percent; // 0 to 100
    double seconds_limit;       // 0 = none
};

// The proved best mapping of a layer; with "pareto" the front by rising energy.
//
// layer         index, as above
// score, count  out: an array, and how many it has (1 but for "pareto")
//
// SDSE_NO_MAPPING with a diagnostic [no-mapping] that says what would admit one;
// SDSE_INVALID, SDSE_OVERFLOW, SDSE_NO_MEMORY. A search that a limit or a stop ended is
// SDSE_OK if it found anything, SDSE_LIMIT or SDSE_INTERRUPTED if not.
enum sdse_status sdse_session_map(struct sdse_session *session,
                                  const struct sdse_arch *arch,
                                  const struct sdse_workload *workload, size_t layer,
                                  const struct sdse_session_wish *wish,
                                  const struct sdse_session_score **score,
                                  size_t *count);

// The score of a mapping, the text of a mapping file (NULL for a layer that only moves
// words). SDSE_INVALID with diagnostics if it is not one of this layer on this
// accelerator; SDSE_OVERFLOW, SDSE_NO_MEMORY.
enum sdse_status sdse_session_evaluate(struct sdse_session *session,
                                       const struct sdse_arch *arch,
                                       const struct sdse_workload *workload,
                                       size_t layer, const char *mapping,
                                       const struct sdse_session_score **score);

// Ends the search under way, from any thread or a signal handler; without effect on
// later calls.
void sdse_session_stop(struct sdse_session *session);

#endif
