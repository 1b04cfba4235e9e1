// Private to import/timeloop/: what is read of the files, step by step.
//
//   document.c     texts, what they include, and the sections of all of them
//   attributes.c   attributes by their names, and those that nothing reads
//   value.c        values, which may be expressions over variables and attributes
//   nodes.c        the tree of nodes (version 0.4) as a chain of parts
//   subtrees.c     the same of version 0.3
//   problem.c      dimensions and data spaces as ours
//   densities.c    how much of a data space is not zero
//   factors.c      lists of factors, permutations
//   constraints.c  what limits the loops of a level, its places and what it keeps
//   mapping.c      loops of a mapping
//   sparse.c       formats of words of which many are zero
//   gating.c       what such words gate
//   memory.c       attributes of a part as a memory
//   costs.c        energies, areas
//   write.c        files of ours
#ifndef SDSE_IMPORT_TIMELOOP_READING_H
#define SDSE_IMPORT_TIMELOOP_READING_H

#include "import/foreign/foreign.h"
#include <stdio.h>

#include "import/timeloop/timeloop.h"
#include "spec/tree.h"
#include "spec/types/mapping.h"
#include "spec/types/nest.h"

enum { SDSE_TL_PARTS = 64, SDSE_TL_DIMS = 16, SDSE_TL_LISTS = 64 };

// Mappings whose values stand for their names, nearest first: attributes, variables.
struct sdse_tl_scope {
    const struct sdse_node *values;
    const struct sdse_tl_scope *outer;
};

// Attributes that are read, by all their names.
#define SDSE_TL_ATTRIBUTES(X)                                                   \
    X(SIZE, "depth", "memory_depth", "data_storage_depth", "entries", "sizeKB") \
    X(WIDTH, "width", "memory_width", "data_storage_width")                     \
    X(WORD, "datawidth", "word_bits", "word-bits")                              \
    X(BLOCK, "block_size", "block-size")                                        \
    X(CLUSTER, "cluster_size", "cluster-size")                                  \
    X(BANKS, "n_banks", "num_banks")                                            \
    X(BUFFERING, "multiple_buffering")                                          \
    X(READ_BANDWIDTH, "read_bandwidth", "read-bandwidth")                       \
    X(WRITE_BANDWIDTH, "write_bandwidth", "write-bandwidth")                    \
    X(SHARED_BANDWIDTH, "shared_bandwidth", "shared-bandwidth")                 \
    X(TECHNOLOGY, "technology")                                                 \
    X(CYCLE, "global_cycle_seconds")                                            \
    X(MESH_X, "meshX")                                                          \
    X(METADATA_WORD, "metadata_datawidth")

enum sdse_tl_attribute {
#define SDSE_TL_ENUM(name, ...) SDSE_TL_##name,
    SDSE_TL_ATTRIBUTES(SDSE_TL_ENUM)
#undef SDSE_TL_ENUM
};

// A word of a value, without an end of its own.
struct sdse_tl_name {
    const char *text;
    size_t length;
};

enum sdse_tl_kind { SDSE_TL_CONTAINER, SDSE_TL_STORAGE, SDSE_TL_COMPUTE };

// What a level keeps: as sets of SDSE_BIT(tensor); what is in neither is free.
struct sdse_tl_keeps {
    unsigned keep, bypass;
};

// One factor that is asked for: = , <= or >= a number, or all that is left.
enum sdse_tl_relation { SDSE_TL_EQUAL, SDSE_TL_AT_MOST, SDSE_TL_AT_LEAST };
struct sdse_tl_factor {
    bool given;
    enum sdse_tl_relation relation;
    uint64_t value;    // 0 = all that is left
    uint64_t residual; // "P=14,7": of the last pass; 0 = not said
};
struct sdse_tl_factors {
    struct sdse_tl_factor of[SDSE_DIMS];
};

// Dimensions of a permutation, innermost first, as Timeloop writes them.
struct sdse_tl_order {
    unsigned count;
    uint8_t dim[SDSE_DIMS];
};

// What limits the temporal loops of a storage, or the places below one.
struct sdse_tl_limits {
    bool given;
    struct sdse_tl_factors factors;
    struct sdse_tl_order order;
    uint64_t split; // of the order: so many dimensions are on X
    bool split_given;
    double utilization; // at least; 0 = not said
    struct sdse_loc loc;
};

// A node of the chain.
struct sdse_tl_part {
    enum sdse_tl_kind kind;
    const char *name;
    const char *class, *subclass; // "" = none
    const struct sdse_node *node; // its mapping
    const struct sdse_node *attributes;
    const struct sdse_tl_scope *scope;
    struct sdse_loc loc;
    uint64_t mesh_x, mesh_y; // instances of what is inside, for each outside
    bool own_mesh;           // a storage or compute that has instances itself
    int above;               // the part of the storage outside it; -1 = none
    unsigned group;          // parts of one !Parallel have the same, from 1; 0 = none
    unsigned passed;         // set of tensors that the others of its group keep
    struct sdse_tl_keeps keeps;
    struct sdse_tl_limits temporal, spatial;
    const char *format[SDSE_TENSORS]; // of docs/formats.md; NULL = plain
    unsigned level;                   // of a storage: its number from outside
};

// A storage as a memory of ours.
struct sdse_tl_memory {
    const char *memory_class; // "sram"
    uint64_t capacity_bits;   // 0 = unlimited
    uint64_t width_bits;      // of an access
    uint64_t word_bits;
    uint64_t banks, buffering;
    uint64_t cluster;                             // instances that share an access
    double read_words, write_words, shared_words; // per cycle; 0 = unlimited
    const char *component; // of the library, where energies are not given; NULL: table
    bool priced;           // energies are given
    double read_pj, write_pj, update_pj, leak_mw, area_um2; // -1 = not given
};

struct sdse_tl_problem {
    bool given;
    const char *name;
    struct sdse_loc loc;
    unsigned dim_count;
    const char *dim_name[SDSE_TL_DIMS];
    enum sdse_dim dim[SDSE_TL_DIMS];
    const char *tensor_name[SDSE_TENSORS];
    uint64_t bound[SDSE_DIMS];
    uint64_t stride[2], dilation[2];
    double density[SDSE_TENSORS]; // 1 = dense
    const char *density_words;    // how it is distributed; NULL = not said
};

// Sections: index into `section`, a list of the nodes of that name in all files.
#define SDSE_TL_SECTIONS(X)                    \
    X(ARCHITECTURE, "architecture")            \
    X(PROBLEM, "problem")                      \
    X(MAPPING, "mapping")                      \
    X(VARIABLES, "variables")                  \
    X(COMPONENTS, "components")                \
    X(COMPOUND, "compound_components")         \
    X(PRIMITIVE, "primitive_components")       \
    X(ARCH_LIMITS, "architecture_constraints") \
    X(MAP_LIMITS, "mapspace_constraints")      \
    X(MAP_SPACE, "mapspace")                   \
    X(LIMITS, "constraints")                   \
    X(SPARSE, "sparse_optimizations")          \
    X(ERT, "ERT")                              \
    X(ART, "ART")                              \
    X(MAPPER, "mapper")                        \
    X(GLOBALS, "globals")                      \
    X(MACROS, "macros")                        \
    X(DUMPED, "dumped_by_timeloop_front_end")

enum sdse_tl_section {
#define SDSE_TL_ENUM(name, text) SDSE_TL_##name,
    SDSE_TL_SECTIONS(SDSE_TL_ENUM)
#undef SDSE_TL_ENUM
        SDSE_TL_SECTION_COUNT
};

// What zeros gate at the multipliers, or skip in time too, as sets of operands that are
// tested.
enum sdse_tl_saving { SDSE_TL_GATING, SDSE_TL_SKIPPING, SDSE_TL_SAVINGS };
struct sdse_tl_gate {
    struct sdse_loc loc;
    unsigned by[SDSE_TENSORS]; // of the tensor that is not moved then
    bool computes;
    unsigned tested; // in all
};

struct sdse_tl_list {
    unsigned count;
    const struct sdse_node *node[SDSE_TL_LISTS];
};

struct sdse_tl {
    struct sdse_foreign foreign;
    const struct sdse_foreign_files *includes;
    bool broken; // by what no option goes on with: the rest says nothing more
    enum sdse_status fault; // of a file that is included
    const char *path;       // of the first text
    unsigned included;      // files so far
    struct sdse_tl_list section[SDSE_TL_SECTION_COUNT];
    struct sdse_tl_name *words; // of all values, sorted; NULL = not asked yet
    size_t word_count;
    const struct sdse_tl_scope *scope;    // variables
    const char *name;                     // of the design
    unsigned group_count;                 // of nodes beside each other
    unsigned group_passed[SDSE_TL_PARTS]; // tensors that pass by a group, from 1
    unsigned part_count;
    struct sdse_tl_part part[SDSE_TL_PARTS];
    unsigned level_count;
    int level_part[SDSE_MAX_LEVELS];
    struct sdse_tl_memory memory[SDSE_MAX_LEVELS];
    int compute;                                  // the part; -1 = none
    double pj_per_mac, mac_leak_mw, mac_area_um2; // -1 = not given
    const char *mac_component;
    double clock_ghz, node_nm;
    uint64_t bits[SDSE_TENSORS];
    uint64_t word_bits[SDSE_MAX_LEVELS][SDSE_TENSORS]; // 0 = as everywhere
    uint64_t partial_bits[SDSE_MAX_LEVELS];            // 0 = as an output
    struct sdse_tl_problem problem;
    struct sdse_tl_gate gate[SDSE_TL_SAVINGS];
    bool mapped;
    struct sdse_mapping mapping;
    const char *estimated; // whose costs are our library's: "GLB (…), mac (…)"
};

// As sdse_foreign_refuse; what does not go on also ends the reading.
void sdse_tl_refuse(struct sdse_tl *r, struct sdse_loc loc, bool can_go_on,
                    const char *check, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

// Refuses each key of a mapping that is not among `known`, which ends with NULL; `what`
// it is: "a shape".
void sdse_tl_known_keys(struct sdse_tl *r, const struct sdse_node *mapping,
                        const char *const *known, const char *what);

// Memory that is out is noted; "" then.
const char *sdse_tl_text(struct sdse_tl *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// --- document.c ---

// Reads the texts and what they include, and sorts their sections.
void sdse_tl_read_document(struct sdse_tl *r, const struct sdse_timeloop_text *texts,
                           size_t count);

// --- value.c ---

// The value under `key` in a mapping, else in the nearest scope that has it; NULL:
// none.
const struct sdse_node *sdse_tl_find(const struct sdse_node *mapping,
                                     const struct sdse_tl_scope *scope,
                                     const char *key);
// The text of a scalar; NULL if it is none.
const char *sdse_tl_word(const struct sdse_node *node);
// A number, or what an expression over the scope comes to. False after a diagnostic.
bool sdse_tl_number(struct sdse_tl *r, const struct sdse_node *node,
                    const struct sdse_tl_scope *scope, double *value);
// The same, of a text at a place.
bool sdse_tl_expression(struct sdse_tl *r, const char *text, struct sdse_loc loc,
                        const struct sdse_tl_scope *scope, double *value);
// A whole number in its range.
bool sdse_tl_count(struct sdse_tl *r, const struct sdse_node *node,
                   const struct sdse_tl_scope *scope, uint64_t least, uint64_t most,
                   uint64_t *value);

// --- attributes.c ---

// The attribute where it is said nearest, by whichever of its names; NULL = nowhere.
const struct sdse_node *sdse_tl_attribute(const struct sdse_tl_scope *scope,
                                          enum sdse_tl_attribute which);
// "inf" or "None": unlimited, or not said.
bool sdse_tl_is_infinite(const struct sdse_node *node);
// The scope with a node's attributes, of which those are refused that nothing reads (if
// others inherit them, what expressions name is read), and that say two things.
const struct sdse_tl_scope *sdse_tl_enter(struct sdse_tl *r,
                                          const struct sdse_node *node,
                                          const struct sdse_tl_scope *outer,
                                          bool inherited);

// --- nodes.c, subtrees.c ---

void sdse_tl_read_nodes(struct sdse_tl *r, const struct sdse_node *architecture);
void sdse_tl_read_subtrees(struct sdse_tl *r, const struct sdse_node *architecture);
// A new part at the inner end; NULL when there are too many.
struct sdse_tl_part *sdse_tl_add_part(struct sdse_tl *r, enum sdse_tl_kind kind,
                                      const struct sdse_node *node,
                                      const struct sdse_tl_scope *scope);
// What a class is.
enum sdse_tl_kind sdse_tl_kind_of(const char *class, const char *subclass);
// The part of a name, as constraints and mappings use it; NULL = none.
struct sdse_tl_part *sdse_tl_part_of(struct sdse_tl *r, const char *name);
// Numbers the storages, and finds those above the others.
void sdse_tl_chain(struct sdse_tl *r);

// --- densities.c ---

// What an instance says of its data spaces' densities.
void sdse_tl_read_densities(struct sdse_tl *r, const struct sdse_node *densities);

// --- problem.c ---

void sdse_tl_read_problem(struct sdse_tl *r);
// The dimension at the start of a text, the longest that fits: its length, or 0.
size_t sdse_tl_dim(const struct sdse_tl *r, const char *text, enum sdse_dim *dim);
// The tensor of a data space's name; false if there is none.
bool sdse_tl_tensor(const struct sdse_tl *r, const char *name,
                    enum sdse_tensor *tensor);

// --- factors.c ---

// "C=1 M<=8", "C1 M8", [C=1, M=8] or {C: 1}.
void sdse_tl_read_factors(struct sdse_tl *r, const struct sdse_node *node,
                          const struct sdse_tl_scope *scope,
                          struct sdse_tl_factors *factors);
// "CMR", "C,M,R" or [C, M, R].
void sdse_tl_read_order(struct sdse_tl *r, const struct sdse_node *node,
                        struct sdse_tl_order *order);
// A list of data spaces, or one, as a set.
unsigned sdse_tl_read_tensors(struct sdse_tl *r, const struct sdse_node *node);

// --- constraints.c, mapping.c ---

void sdse_tl_read_constraints(struct sdse_tl *r);
void sdse_tl_read_mapping(struct sdse_tl *r);
// Which dimensions a fan-out has on an axis (0 X, 1 Y): as a part's limits say.
unsigned sdse_tl_axis_dims(const struct sdse_tl_part *part, unsigned axis);
// The dimensions of the problem.
unsigned sdse_tl_dims(const struct sdse_tl *r);
// The part whose instances a spatial directive of `part` speaks of: those of a node
// that has some, else, of a storage, all that are below it.
struct sdse_tl_part sdse_tl_below(const struct sdse_tl *r,
                                  const struct sdse_tl_part *part);
// The axis a dimension of a spatial directive is on.
unsigned sdse_tl_axis(const struct sdse_tl_part *part,
                      const struct sdse_tl_order *order, bool split_given,
                      uint64_t split, enum sdse_dim dim);

// --- sparse.c, memory.c, costs.c ---

void sdse_tl_read_sparse(struct sdse_tl *r);

// --- gating.c ---

// Reads one optimization of a part; false if it is another one's.
bool sdse_tl_read_gating(struct sdse_tl *r, const struct sdse_tl_part *part,
                         const struct sdse_node *entry);
// After all of them: what is tested; what an engine does otherwise is reported.
void sdse_tl_settle_gates(struct sdse_tl *r);
void sdse_tl_print_gates(FILE *out, const struct sdse_tl *r);
void sdse_tl_read_memories(struct sdse_tl *r);
void sdse_tl_read_costs(struct sdse_tl *r);

// --- write.c ---

void sdse_tl_write(struct sdse_tl *r, struct sdse_timeloop_files *files);

#endif
