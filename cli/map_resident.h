// What sdse map --resident does after the layers are mapped without sharing.
#ifndef SDSE_CLI_MAP_RESIDENT_H
#define SDSE_CLI_MAP_RESIDENT_H

#include "cli/map_run.h"
#include "dse/network/places.h"

// Whether the accelerator has a memory that shares and the network says which layers
// read what others put out; says what is missing.
bool cli_map_may_reside(const struct cli_map_run *run);

// Finds the optimum over all places of tensors and prints it beside that without
// sharing; if that is not proved, or the search is interrupted, that without sharing.
// search: objective, space and stop of the layers' searches.
enum cli_exit cli_map_resident(struct cli_map_run *run,
                               const struct cli_search *search);

// --- Shared with --fuse ---

// Energy and latency of the mappings without sharing that were chosen.
struct sdse_tradeoff cli_map_unshared_totals(const struct cli_map_run *run);
// A line for people.
void cli_map_print_total(const struct cli_map_run *run, const char *name,
                         const struct sdse_tradeoff *at);
// What is proved of the spaces, in words: a line if the widest that was asked for is
// not.
void cli_map_print_unproved(const struct cli_map_run *run);
// "optimal", or "interrupted": of a space.
const char *cli_map_status_text(const struct cli_map_run *run,
                                enum cli_map_proved space);
// An object of the same; outermost: words that cross, UINT64_MAX: not said.
void cli_map_add_total(struct sdse_json *json, const struct cli_map_run *run,
                       enum cli_map_proved space, const struct sdse_tradeoff *at,
                       uint64_t outermost);
// What the output begins with.
void cli_map_begin_json(struct sdse_json *json, const char *schema,
                        const struct cli_map_run *run);

// The front over places.
struct sdse_table *cli_map_places_table(const struct cli_map_run *run,
                                        const struct sdse_places *places);
// Whether it is proved, and thinned, and the gap that this leaves: keys of an object; a
// warning.
void cli_map_add_front(struct sdse_json *json, const struct cli_map_run *run,
                       enum cli_map_proved space, const struct sdse_places *places);
void cli_map_warn_thinned(const struct cli_map_run *run, enum cli_map_proved space,
                          const struct sdse_places *places);

#endif
