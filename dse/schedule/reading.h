// A network's mapping while it is read. Private to dse/schedule/.
#ifndef SDSE_DSE_SCHEDULE_READING_H
#define SDSE_DSE_SCHEDULE_READING_H

#include "costmodel/model.h"
#include "dse/schedule/held_text.h"
#include "dse/schedule/schedule.h"

// A group as its item says it.
struct sdse_group_said {
    const struct sdse_node *node;
    size_t first, last; // layers
    struct sdse_fusion_config config;
    const struct sdse_node *input; // what is said of it; NULL: nothing
    unsigned input_in;             // set of SDSE_BIT(memory), of those that share
    enum sdse_place output;
};

struct sdse_schedule_reader {
    const struct sdse_fusion_request *request;
    const struct sdse_arch *arch;
    const struct sdse_workload *net;
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    unsigned memory_count; // that share
    unsigned level[SDSE_MOST_SHARED];
    const char *name[SDSE_MOST_SHARED];
    const char *memory; // "GLB", "L2 or GLB"
    struct sdse_schedule *schedule;
    enum sdse_status status; // of what is no fault of the file
};

// Of a tensor that is kept while the tiles of a band are at work: of the same rows.
extern const char *const sdse_banded_word;

// A layer's name; false after a diagnostic of that check.
bool sdse_schedule_layer(struct sdse_schedule_reader *r, const struct sdse_node *node,
                         const char *check, size_t *layer);

// Reads `copies` (NULL: none) where places are settled, into the schedule. False after
// diagnostics, or with r->status: what is held when does not follow then.
//
// inside  of each layer: part of a group that began before
bool sdse_schedule_read_copies(struct sdse_schedule_reader *r,
                               const struct sdse_node *node, const bool *inside);

// Reads an item of `groups` but its nests; false after diagnostics.
bool sdse_group_read(struct sdse_schedule_reader *r, const struct sdse_node *node,
                     struct sdse_group_said *said);

// Its members, functions that are fused left out: [SDSE_FUSED_MOST]; their number,
// which may be more.
size_t sdse_group_members(const struct sdse_schedule_reader *r,
                          const struct sdse_group_said *said, size_t *member);

// What is known of a group's places is in `question`: reads its nests into *group.
void sdse_group_read_nests(struct sdse_schedule_reader *r,
                           const struct sdse_group_said *said,
                           const struct sdse_place_question *question,
                           struct sdse_fused_group *group);

// The memory of a name, of those that share; r->memory_count: it is none of them.
unsigned sdse_schedule_memory(const struct sdse_schedule_reader *r, const char *name);

// Compares what `place` of an item says with what follows from the rest; without it
// every tensor is said to be outside.
//
// item   whose it is
// at     what follows, of each memory that shares
// term   what the reserved bits are, for the message [count]
void sdse_schedule_compare_place(struct sdse_schedule_reader *r,
                                 const struct sdse_node *item, const char *check,
                                 const struct sdse_residence *at,
                                 const struct sdse_held_term *term, size_t count);

// Costs a mapping of a layer, or says at `node` why it is not valid, term by term.
bool sdse_schedule_cost(struct sdse_schedule_reader *r, const struct sdse_node *node,
                        const struct sdse_layer *layer, size_t index,
                        const struct sdse_held_term *term, size_t count,
                        const struct sdse_mapping *mapping,
                        struct sdse_map_point *point);

// Of keys in parts: first, middle, last.
enum { SDSE_FUSED_PARTS = 3 };
extern const char *const sdse_fused_part_words[SDSE_FUSED_PARTS];
unsigned sdse_fused_part(const struct sdse_fused_kind *kind);

// As sdse_kind_text; heads, channels (or keys) 0 and SDSE_FUSED_PARTS are not said.
const char *sdse_share_text(struct sdse_arena *arena,
                            const struct sdse_fusion_config *config,
                            const struct sdse_row_run *rows,
                            const struct sdse_row_run *columns, uint64_t heads,
                            uint64_t channels, unsigned part);

// Words of its layer's weights that a nest brings in.
uint64_t sdse_fused_weight_words(const struct sdse_layer *part);

#endif
