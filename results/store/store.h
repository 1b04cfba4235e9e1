// The one writer of a results.db. Records go in between begin and commit; a committed
// batch survives the end of the process, however it ends. Readers
// (results/look/query.h) may look at any time.
//
// Identity is content: every record carries a hash, and a record whose hash is already
// stored is left as it is (a point is then linked to the sweep as well). So the same
// batch may be written twice, and a run that was killed is continued by running it
// again.
//
// A store belongs to one thread at a time. Text and arrays passed in are copied.
#ifndef SDSE_RESULTS_STORE_STORE_H
#define SDSE_RESULTS_STORE_STORE_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"
#include "results/store/records.h"

struct sdse_store;

// Opens `path` for writing, or creates it, and writes *out, owned by the caller.
//
// model_version names the cost model; a file written with another one is refused, since
// its figures cannot be mixed with new ones. Also refused, with a diagnostic: a file
// that is not a SQLite database, a database of another program or another schema
// version, a damaged file. These return SDSE_INVALID; the machine's own failures return
// SDSE_IO, SDSE_DATABASE or SDSE_NO_MEMORY, also with a diagnostic. *out is untouched
// on failure.
enum sdse_status sdse_store_open(const char *path, const char *model_version,
                                 struct sdse_diags *diags, struct sdse_store **out);
// Closes the store; an open batch is rolled back. NULL is fine.
void sdse_store_close(struct sdse_store *store);
// What the last failing call had to say; "" if none failed. Lives until the next call.
const char *sdse_store_message(const struct sdse_store *store);

// One batch = one transaction. A failing add spoils the batch: commit then rolls it
// back and returns the first failure. Batches do not nest.
enum sdse_status sdse_store_begin(struct sdse_store *store);
enum sdse_status sdse_store_commit(struct sdse_store *store);
void sdse_store_rollback(struct sdse_store *store);

// Adds, inside a batch. What a record refers to by hash must have been added before it.
// SDSE_DATABASE: refused, see the message (unknown reference, value out of its domain,
// total that is not the sum of its parts). SDSE_OVERFLOW: a count exceeds 63 bits.
enum sdse_status sdse_store_add_input(struct sdse_store *store,
                                      const struct sdse_input_record *input);
// A sweep that is there already becomes the newest of its name again.
enum sdse_status sdse_store_add_sweep(struct sdse_store *store,
                                      const struct sdse_sweep_record *sweep);
enum sdse_status sdse_store_add_front(struct sdse_store *store,
                                      const struct sdse_front_record *front);
// The parts of cost must add up to cost->energy_pj within 1e-9.
enum sdse_status sdse_store_add_solution(struct sdse_store *store,
                                         const struct sdse_solution_record *solution);
enum sdse_status sdse_store_add_form(struct sdse_store *store,
                                     const struct sdse_form_record *form);
// The layers must add up to the point's energy (1e-9) and latency (exactly). A point
// stored with status error, or at the mapper's limit, is replaced; its places in other
// sweeps stay.
enum sdse_status sdse_store_add_point(struct sdse_store *store,
                                      const struct sdse_point_record *point);
enum sdse_status sdse_store_add_training(struct sdse_store *store,
                                         const struct sdse_training_record *training);
enum sdse_status sdse_store_add_run(struct sdse_store *store,
                                    const struct sdse_run_record *run);

// Of the names that tell a design from others, whatever they stand for: points that
// agree in it but not in their content are versions of one design. The order of the
// parameters does not matter.
struct sdse_hash sdse_store_design(const struct sdse_point_record *point);

// Puts a stored point at a position of a sweep, for a sweep that shares it with
// another.
enum sdse_status sdse_store_link_point(struct sdse_store *store, struct sdse_hash sweep,
                                       uint64_t position, struct sdse_hash point);

// What the file has when all that is committed is in it: whole pages [B].
double sdse_store_file_bytes(struct sdse_store *store);

// Questions, inside or outside a batch. False also when the database refused: then
// sdse_store_message says so.
bool sdse_store_has_point(struct sdse_store *store, struct sdse_hash point);
// Writes the point's status if it is stored.
bool sdse_store_point_status(struct sdse_store *store, struct sdse_hash point,
                             enum sdse_point_status *status);
// The status of the point at a position of the sweep, under the sweep's constraints:
// what v_sweep_point says of it.
enum sdse_status sdse_store_judge_point(struct sdse_store *store,
                                        struct sdse_hash sweep, uint64_t position,
                                        enum sdse_point_status *status);
// Figures of a point that is stored with status ok or infeasible and need not be
// computed again when the mapper has `seconds` per layer (0 = no limit): false if one
// of its layers was left at a shorter limit. NAN for what it lacks. No constraint is
// judged.
bool sdse_store_load_figures(struct sdse_store *store, struct sdse_hash point,
                             double seconds, struct sdse_point_figures *figures);
// The same of the points that a sweep has at positions first … first + count - 1:
// there[i] says whether figures[i] is one. Both [count]. SDSE_DATABASE: the database
// refused.
enum sdse_status sdse_store_load_places(struct sdse_store *store,
                                        struct sdse_hash sweep, uint64_t first,
                                        size_t count, double seconds, bool *there,
                                        struct sdse_point_figures *figures);
bool sdse_store_has_solution(struct sdse_store *store, struct sdse_hash solution);
bool sdse_store_has_front(struct sdse_store *store, struct sdse_hash front);
bool sdse_store_has_form(struct sdse_store *store, struct sdse_hash form);

// Loads what is stored under a hash; the arena owns the strings and arrays. Returns
// false, leaving the output alone, if it is not there.
bool sdse_store_load_solution(struct sdse_store *store, struct sdse_hash solution,
                              struct sdse_arena *arena,
                              struct sdse_solution_totals *totals);
bool sdse_store_load_front(struct sdse_store *store, struct sdse_hash front,
                           struct sdse_arena *arena, struct sdse_front_record *out);
bool sdse_store_load_form(struct sdse_store *store, struct sdse_hash form,
                          struct sdse_form_record *out);

#endif
