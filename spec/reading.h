// Private to spec/: an accelerator while it is read. The struct so far, and the nodes
// its parts came from, so that checks can point at them.
#ifndef SDSE_SPEC_READING_H
#define SDSE_SPEC_READING_H

#include "spec/number.h"
#include "spec/schema.h"
#include "spec/tree.h"
#include "spec/types/arch.h"

enum { SDSE_ENERGY_KEYS = 6, SDSE_ACTIONS = 3 }; // read, fill, update

// Facts about a level that the finished struct does not keep.
struct sdse_level_reading {
    const struct sdse_node *level;  // the mapping of the whole level
    const struct sdse_node *memory; // of this memory
    const struct sdse_node *keeps;  // list as written, or NULL
    const struct sdse_node *bypass; // may_bypass as written, or NULL
    const struct sdse_node *capacity_node;
    const struct sdse_node *fanout, *network;
    const struct sdse_node *link[SDSE_TENSORS]; // per-tensor entries of the network
    unsigned capacity_keys;                     // how many were written
    bool capacity_in_words, capacity_in_rows;
    unsigned part_words; // parts of weights named one by one, set of SDSE_BIT(part)
    bool fanout_broken;  // its size could not be read
    bool keeps_broken;   // a word of the list could not be read
    double macro_bits;   // 0 = not written
    bool banks_given;
    bool pj_per_access; // some energy is per access
    bool class_given;
};

struct sdse_arch_reading {
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    struct sdse_node *root;
    struct sdse_sources sources;
    struct sdse_arch *arch;
    struct sdse_level_reading level[SDSE_MAX_LEVELS];
    const struct sdse_node *compute, *chip;
    const struct sdse_node *engine; // the rebuild engine's mapping
    bool levels_broken;             // some level has no readable name or memory
    bool out_of_memory;
};

// Reads one memory (with its level's share of keys) into arch->level[index].
void sdse_read_memory(struct sdse_arch_reading *r, unsigned index);
// Port width, energies per access, macro count and capacity, once all widths are known.
// The overhead keys of a memory, the multipliers or the chip.
void sdse_read_overhead(struct sdse_arch_reading *r, const struct sdse_node *map,
                        struct sdse_overhead *overhead);
void sdse_finish_memory(struct sdse_arch_reading *r, unsigned index);
// Retention and refresh of a memory of class edram, and the life that any allows.
void sdse_read_edram(struct sdse_arch_reading *r, const struct sdse_node *map,
                     unsigned index);
// Fan-out and network of arch->level[index], from its level's mapping.
void sdse_read_fanout(struct sdse_arch_reading *r, unsigned index);
void sdse_read_network(struct sdse_arch_reading *r, unsigned index);
void sdse_read_engines(struct sdse_arch_reading *r);
void sdse_read_vector(struct sdse_arch_reading *r);
void sdse_read_dataflows(struct sdse_arch_reading *r);

// The level a name means: a memory's own name, or the last memory of a group.
// Returns false when there is none.
bool sdse_find_level(const struct sdse_arch *arch, const char *name, unsigned *level);
// Reads the name of a level; false after a diagnostic, or in silence when levels are
// already known to be broken.
bool sdse_read_level(struct sdse_arch_reading *r, const struct sdse_node *node,
                     unsigned *level);
// Reports a name that is no level [unknown-level], with the nearest.
void sdse_report_unknown_level(const struct sdse_arch *arch, struct sdse_loc loc,
                               const char *name, struct sdse_diags *diags);
// A list of dimension letters (or the word any) as a set; false after a diagnostic.
bool sdse_read_dims(const struct sdse_node *node, struct sdse_diags *diags,
                    unsigned *dims);
// A dimension's letter as enum sdse_dim; false if it is none.
bool sdse_dim_of_letter(const char *text, enum sdse_dim *dim);
// A list of tensor names as a set, or true (all) and false (none).
bool sdse_read_tensor_set(const struct sdse_node *node, struct sdse_diags *diags,
                          unsigned *tensors);

extern const char *const sdse_tensor_words[SDSE_TENSORS];
extern const char *const sdse_layer_kind_words[SDSE_LAYER_KINDS];

#endif
