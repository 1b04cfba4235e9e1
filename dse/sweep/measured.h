// Measured weight forms: a layer's weights decomposed and packed under a setting, once,
// however many points ask.
#ifndef SDSE_DSE_SWEEP_MEASURED_H
#define SDSE_DSE_SWEEP_MEASURED_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/status.h"
#include "results/store/records.h"
#include "spec/types/workload.h"

// The form of one layer's weights under a measured setting. The multipliers' word width
// matters for the error only.
struct sdse_measured {
    const struct sdse_workload *workload;
    const struct sdse_layer *layer;
    const struct sdse_form_setting *setting;
    struct sdse_sharing sharing;       // of filters, as the accelerator has it
    struct sdse_serial_weights serial; // likewise
    uint32_t word_bits; // as the accelerator has it; beyond 2 … 16 the nearest of these
    // Of the weights when the sweep was planned; NULL: they are taken as they are.
    const struct sdse_hash *planned_weights;

    bool known, queued;
    enum sdse_status status;        // of the last attempt
    const struct sdse_diag *reason; // when it failed; may be NULL
    struct sdse_form_record record; // once known; record.hash from the beginning
    struct sdse_measured *next;     // in its bucket
};

struct sdse_measured_table;

// An empty table whose entries live in `arena`; NULL when memory is out.
struct sdse_measured_table *sdse_measured_table_new(struct sdse_arena *arena);

// The width that weights are rounded to for words of `word_bits`: 2 … 16 bits.
uint32_t sdse_measured_word_bits(uint32_t word_bits);

// What names a measured form: weights, shape, setting, width, sharing and digits.
struct sdse_hash sdse_measured_hash(const struct sdse_layer *layer,
                                    struct sdse_hash weights, struct sdse_hash setting,
                                    uint32_t word_bits, struct sdse_sharing sharing,
                                    struct sdse_serial_weights serial);

// The entry of a hash, made with the other fields of `model` if it is new (not known
// then). NULL when memory is out.
struct sdse_measured *sdse_measured_get(struct sdse_measured_table *table,
                                        struct sdse_hash hash,
                                        const struct sdse_measured *model);

// Measures one layer that does not stay raw (dse/sweep/forms.h). Texts of diagnostics
// go to `arena`. Any number of threads gives the same record. Returns what
// sdse_layer_weights_load or sdse_measure_layer returns, also in entry->status;
// SDSE_INVALID with the diagnostic weights-changed for a file whose values are no
// longer the planned ones.
enum sdse_status sdse_measure(struct sdse_measured *entry, unsigned threads,
                              struct sdse_arena *arena);

// Whether both come from one decomposition of the same layer, so that the second costs
// little beside the first.
bool sdse_measured_alike(const struct sdse_measured *a, const struct sdse_measured *b);

// Measures entries of one layer, one after the other, until one fails or *stop (may be
// NULL) is set: what they have in common is done with the first. Status and reason are
// in the entries; what a stop cut short stays unknown, without a status.
//
// seconds   out: [count], CPU time of this thread for each that was begun: all of it if
//           `threads` is 1; may be NULL
void sdse_measure_alike(struct sdse_measured **entries, size_t count, unsigned threads,
                        struct sdse_arena *arena, const atomic_bool *stop,
                        double *seconds);

// Measures many, several at a time: each thread holds one layer's weights, and those
// that are alike decompose them once. Entries not
// done when *stop (may be NULL) is set stay unknown. workers: an arena per thread.
// Returns SDSE_OK, or the first failure in the order given.
enum sdse_status sdse_measure_all(struct sdse_measured **entries, size_t count,
                                  unsigned threads, struct sdse_arena **workers,
                                  const atomic_bool *stop);

#endif
