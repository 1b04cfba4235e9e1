// What a sweep or a case of validation writes anew in a network's file, and which of
// its layers it is about.
#ifndef SDSE_SPEC_NETWORK_CHANGES_H
#define SDSE_SPEC_NETWORK_CHANGES_H

#include "spec/load.h"
#include "spec/types/network_changes.h"

// Adds the changes under `map` (keys of the network, and under `layers` keys of layers
// by name) to `out`; later ones win. Faults are diagnostics. False: memory is out.
bool sdse_read_network_changes(struct sdse_arena *arena, const struct sdse_node *map,
                               struct sdse_diags *diags,
                               struct sdse_network_changes *out);

// sdse_workload_load of a file in which `changes` are written first; those of
// `multiplying` are about every layer that multiplies, unless a layer has that name. A
// change of a layer that the network lacks is a diagnostic [unknown-layer]. A fault of
// a change is said once, at its place, however many layers and networks it is written
// into.
enum sdse_status sdse_workload_load_changed(struct sdse_arena *arena, const char *path,
                                            const struct sdse_network_changes *changes,
                                            struct sdse_diags *diags,
                                            struct sdse_workload **out);

// Whether a word is a kind of layers, `multiplying` or `all`.
bool sdse_word_is_layer_kind(const char *word);

// Whether a word (a layer's name, or where no layer has it a kind, `multiplying` or
// `all`) means a layer of the network.
bool sdse_word_means_layer(const struct sdse_workload *workload, const char *word,
                           const struct sdse_layer *layer);

#endif
