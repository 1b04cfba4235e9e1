// An accelerator: a chain of memories, outermost first, above the multipliers.
//
// Sibling memories (several buffers that share one set of loops) are consecutive levels
// of which only the last may carry loops: the same code serves both.
//
// A level may stand for a second position inside the memory of the level outside it
// (`shares_memory`): loops in between, one storage. So tensors of one memory can have
// tiles at different loops (uneven mapping). What belongs to the memory and not to the
// position is counted once, at the outermost of the levels that share it: capacity,
// bandwidth, leakage, area.
#ifndef SDSE_SPEC_TYPES_ARCH_H
#define SDSE_SPEC_TYPES_ARCH_H

#include <stddef.h>

#include "base/diag.h"
#include "spec/types/engine.h"
#include "spec/types/mapping.h"
#include "spec/types/workload.h"

// What a memory may hold: the three tensors as plain words, and the parts of SmartDeal
// weights.
enum sdse_part {
    SDSE_PART_WEIGHTS = SDSE_WEIGHTS, // raw (or rebuilt) weight words
    SDSE_PART_INPUTS = SDSE_INPUTS,
    SDSE_PART_OUTPUTS = SDSE_OUTPUTS,
    SDSE_PART_COEFFICIENTS,
    SDSE_PART_BASIS,
    SDSE_PART_INDEX,
    SDSE_PARTS
};

static inline const char *sdse_part_name(enum sdse_part part) {
    static const char *const names[SDSE_PARTS] = {"weights",      "inputs", "outputs",
                                                  "coefficients", "basis",  "index"};
    return names[part];
}

// The tensor that a part belongs to.
static inline enum sdse_tensor sdse_part_tensor(enum sdse_part part) {
    return part < SDSE_PART_COEFFICIENTS ? (enum sdse_tensor)part : SDSE_WEIGHTS;
}

enum sdse_memory_class {
    SDSE_DRAM,
    SDSE_SRAM,
    SDSE_REGFILE,
    SDSE_FIFO,
    SDSE_NVCIM,
    SDSE_EDRAM,
    SDSE_MEMORY_CLASSES
};

// "dram", "sram", ...: index with enum sdse_memory_class.
static inline const char *const *sdse_memory_class_names(void) {
    static const char *const names[SDSE_MEMORY_CLASSES] = {"dram", "sram",  "regfile",
                                                           "fifo", "nvcim", "edram"};
    return names;
}

// Analogue cells that are written, not stored into (memory class nvcim).
struct sdse_cells {
    double verified_share; // of weights: written, read and corrected
    double pulses;         // that writing one of those takes [>= 1]; others take one
    double sigma, sigma_verified; // deviation of a weight as it is read, of the layer's
                                  // largest
};

// Cells that forget (memory class edram): what is kept for longer is refreshed.
struct sdse_edram {
    struct sdse_number retention_us; // at the memory's temperature [> 0]
    struct sdse_number refresh_pj_per_bit;
    uint32_t row_bits; // refreshed at once, by one instance
    // In which the memory's ports do nothing else. 0: refreshes are hidden.
    struct sdse_number cycles_per_row;
};

// How zeros are stored at a memory.
enum sdse_compression {
    SDSE_UNCOMPRESSED,
    SDSE_BITMAP,     // value bits per non-zero word + 1 bit per word
    SDSE_RUN_LENGTH, // (value + run bits) per non-zero word; runs longer than
                     // 2^run_bits
                     // - 1 zeros insert a zero word
    // As engines/compressed.h packs a matrix: its row and column beside each non-zero
    // word; a pointer for each column and the row beside each; or the run of zeros
    // within the column instead of the row.
    SDSE_COORDINATES,
    SDSE_COLUMNS,
    SDSE_COLUMN_RUNS,
    SDSE_STRUCTURED, // of every `group` words of a filter at most `kept` are not zero
    SDSE_COMPRESSIONS
};

// "uncompressed", "bitmap", …: index with enum sdse_compression.
static inline const char *const *sdse_compression_names(void) {
    static const char *const names[SDSE_COMPRESSIONS] = {
        "uncompressed", "bitmap", "run_length", "coo", "csc", "csc_run", "nm"};
    return names;
}

struct sdse_format {
    enum sdse_compression compression;
    uint32_t run_bits; // run length, runs of columns
    // Coordinates, columns: the words that are packed together. 0 = as many as the
    // layer has, of which a row is a channel (or filter), a column a place.
    uint32_t rows, columns;
    uint32_t kept, group; // structured: N and M
    bool worst;           // a place holds the most that its words can take
    bool only_if_smaller; // words of a layer that it would not shorten are stored plain
    unsigned other_layers; // set of SDSE_BIT(layer kind): their words are stored plain
};

// The ports of a memory, by what goes through them.
enum sdse_port { SDSE_PORT_READ, SDSE_PORT_WRITE, SDSE_PORT_SHARED, SDSE_PORTS };

// The keys of their bandwidths: index with enum sdse_port.
static inline const char *const *sdse_port_keys(void) {
    static const char *const keys[SDSE_PORTS] = {
        "read_bits_per_cycle", "write_bits_per_cycle", "shared_bits_per_cycle"};
    return keys;
}

// The keys of outputs that go up through a port of their own, by its kind; NULL: they
// have none.
static inline const char *const *sdse_port_up_keys(void) {
    static const char *const keys[SDSE_PORTS] = {"drains", "updates", NULL};
    return keys;
}

// What may have a port of its own: a tensor; of outputs what goes up, which drains
// leave and updates bring, apart from what comes down and is added to.
enum { SDSE_PORT_UP = SDSE_TENSORS, SDSE_PORT_USERS };

enum sdse_topology {
    SDSE_MESH,     // hops from the middle of the left edge (docs/model.md)
    SDSE_BUS,      // one transfer reaches every child
    SDSE_TREE,     // adders on the way up
    SDSE_SYSTOLIC, // neighbour to neighbour
};

// How one tensor crosses a fan-out.
struct sdse_network {
    enum sdse_topology topology;
    bool multicast; // weights, inputs: children that need the same words share one read
    bool reduce;    // outputs: sums of children are added on the way up
    bool window_sharing; // inputs: overlapping windows of children are read once (their
                         // union)
    bool free;           // the file says that this network costs nothing
    struct sdse_number pj_per_bit;        // per transferred bit, any topology
    struct sdse_number hop_pj_per_bit;    // mesh: per hop and bit
    struct sdse_number router_pj_per_bit; // mesh: per router and bit
    struct sdse_number pj_per_add;        // tree: per addition of two partial sums
    const char *component; // of tech/components.csv, for costs not given; NULL = none
    struct sdse_number length_mm; // of its wires, for a component; not given = 0
};

// What a component draws besides its accesses. [of one instance]
struct sdse_overhead {
    struct sdse_number clock_mw;  // of its clock: over the latency, or when gated in
                                  // used instances while they work
    struct sdse_number static_mw; // all the time
    struct sdse_number control_percent; // on top of its dynamic energy
    bool gated;
};

struct sdse_level {
    const char *name;
    const char *group; // name shared by sibling memories; equals name if alone
    enum sdse_memory_class memory_class;
    unsigned keeps; // set of SDSE_BIT(part)
    // Tensors of `keeps` that a mapping may leave out; all parts of weights go
    // together. 0 for level 0.
    unsigned may_bypass;
    bool carries_loops; // false for all siblings but the last
    bool fetch_gaps; // inputs: takes the bounding box of its windows, not their words
                     // alone (bursts, line buffers)
    // May hold tensors between the layers that make them and those that read them
    // (spec/types/residence.h). One memory of one instance, not the outermost.
    bool shares_activations;
    // With activations also what a layer reads as weights: parameters of layers that
    // take turns, and what other layers put out.
    bool shares_weights;
    bool uneven; // the file lets mappings tile its tensors at different loops: it is
                 // split into positions (spec/split.h) before anything is mapped
    // The memory of this level is that of the level directly outside it, which has a
    // fan-out of 1: every field of a memory is a copy, nothing of it exists twice.
    // Levels of one memory keep different parts: no words travel between them. Never
    // level 0 or 1.
    bool shares_memory;

    uint64_t capacity_bits;      // of one instance, all macros; 0 = unlimited
    struct sdse_number capacity; // as written [bits]
    uint32_t
        macro_count; // macros the capacity is divided into: an access costs one macro
    uint32_t word_bits[SDSE_TENSORS]; // as they are stored here; 0 = the accelerator's
    uint32_t partial_bits; // of a partial sum kept here; 0 = the accelerator's, or an
                           // output's own here if that is wider
    uint32_t port_bits;    // one access moves this block; 0 = charged bit by bit
    // The fewest bits that a read moves, and a fill or an update: what an instance
    // moves of a tensor at once is rounded up to them. 0 = any number of bits.
    uint32_t least_read_bits, least_write_bits;
    uint32_t buffering; // 2 = double buffered: divides the capacity [>= 1]
    // The ports of all tensors but those that have one of their own, which shares no
    // other's. [bits per cycle of one instance; not given = unlimited]
    struct sdse_number read_bits_per_cycle, write_bits_per_cycle, shared_bits_per_cycle;
    struct sdse_number own_bits_per_cycle[SDSE_PORTS][SDSE_PORT_USERS];
    bool overlap; // transfers hide behind compute
    // Cycles lost by each pass, a step of the loops outside this level: to start, and
    // for each hop across the array. Not given = 0; of levels that carry loops.
    struct sdse_number pass_start_cycles, pass_skew_cycles;

    bool free; // the file says that accesses cost nothing
    // Energy of one access: of port_bits, or of one bit when port_bits is 0.
    // read: words leave downwards or for accumulation; fill: arrive from above;
    // update: arrive from below.
    struct sdse_number read_pj, fill_pj, update_pj;
    struct sdse_number leakage_mw; // of one instance
    struct sdse_overhead overhead;
    struct sdse_number area_um2; // of one instance
    const char *table;     // name of the SRAM table to interpolate in; NULL = none
    const char *component; // of tech/components.csv, for costs not given; NULL = none
    // Supply over the least at which no cell fails: energies are those at 1. 0 = not
    // given, 1.
    double v_over_vmin;
    struct sdse_cells cells; // nvcim
    struct sdse_edram edram; // edram
    // What it keeps lives no longer; not given = any time. Never of level 0.
    struct sdse_number max_lifetime_us;

    struct sdse_format format[SDSE_TENSORS];

    // Fan-out to the next level (or to the multipliers).
    uint32_t fanout_x, fanout_y; // [instances, >= 1]
    unsigned dims_x, dims_y;     // sets of SDSE_BIT(dim) that may be spatial there
    struct sdse_network network[SDSE_TENSORS];
    struct sdse_loc loc, fanout_loc;
};

struct sdse_compute {
    double cycles_per_mac;            // [> 0] bit-serial: a declared mean
    struct sdse_number cycles_number; // its origin
    struct sdse_number pj_per_mac;
    struct sdse_number leakage_mw; // per multiplier
    struct sdse_overhead overhead; // per multiplier
    struct sdse_number area_um2;   // per multiplier
    const char *component; // of tech/components.csv, for costs not given; NULL = none
    bool free;
    struct sdse_loc loc;
};

// The rebuild engine: above it weights are stored and moved as (Ce, B, index), below as
// words.
struct sdse_rebuild {
    bool present;
    bool free;            // the file says that it costs nothing
    unsigned below_level; // the engine sits between this level and the next one inside
    struct sdse_number pj_per_shift_add;
    struct sdse_number pj_per_basis_read;  // register read of one basis word
    struct sdse_number pj_per_basis_write; // register write of one basis word
    struct sdse_number rows_per_cycle; // coefficient rows one engine rebuilds per cycle
    struct sdse_number area_um2;       // per instance of below_level
    const char *component; // of tech/components.csv, for costs not given; NULL = none
    struct sdse_loc loc;
};

// The unit that layers without multiplications run on (pools, additions, softmax …):
// one for the accelerator, beside the multipliers.
struct sdse_vector {
    bool present;
    unsigned below_level;         // words come from and go to this level; one instance
    struct sdse_number pj_per_op; // of one word
    struct sdse_number ops_per_cycle; // of all lanes together; not given: free
    bool free;                        // the file says that operations cost nothing
    const char *component; // of tech/components.csv, for costs not given; NULL = none
    struct sdse_loc loc;
};

// Which mappings the published dataflow admits. One constraint restricts one level.
enum sdse_constraint_kind {
    SDSE_FACTOR_EQUAL, // temporal factor of dim = value
    SDSE_FACTOR_AT_MOST,
    SDSE_FACTOR_AT_LEAST,
    SDSE_SPATIAL_EQUAL, // spatial factor of dim (X times Y) = value
    SDSE_SPATIAL_AT_MOST,
    SDSE_SPATIAL_AT_LEAST,
    SDSE_TEMPORAL_DIMS,  // only these dims may have temporal loops here
    SDSE_SPATIAL_X_DIMS, // only these dims may be spatial on X here
    SDSE_SPATIAL_Y_DIMS,
    SDSE_STATIONARY,          // the innermost loops of the level do not move `tensor`
    SDSE_LOOP_ORDER,          // temporal loops over these dims stand in this order
    SDSE_UTILIZATION_AT_LEAST // used fraction of this level's fan-out [0..1]
};

struct sdse_constraint {
    enum sdse_constraint_kind kind;
    unsigned level;
    unsigned dims;   // set: one dim for factors, several for the lists
    uint64_t value;  // factors; UINT64_MAX in FACTOR_EQUAL = all of what remains
    double fraction; // utilisation
    enum sdse_tensor tensor;
    unsigned order_count; // loop order: the dims, outermost first, each once
    uint8_t order[SDSE_DIMS];
    struct sdse_loc loc;
};

// Constraints that hold for layers of some kinds; the first alternative that matches
// counts.
struct sdse_dataflow {
    const char *name;
    unsigned kinds; // set of SDSE_BIT(layer kind)
    size_t constraint_count;
    struct sdse_constraint *constraints;
    struct sdse_loc loc;
};

struct sdse_arch {
    const char *name;
    const char *source;
    const char *file;
    double node_nm;
    double voltage_v; // 0 = not given
    // Those that the file itself gives, at which its costs hold: an override may ask
    // for others (costmodel/rescale.h). 0 = not given.
    double written_node_nm, written_voltage_v;
    double clock_ghz;
    uint32_t bits[SDSE_TENSORS]; // of a word, at the multipliers and wherever a memory
                                 // does not say otherwise
    uint32_t partial_bits;       // of a partial sum, >= bits[SDSE_OUTPUTS]
    bool count_drain_reads;      // reading a finished tile out costs a read (physics)
    bool count_return_transfers; // partial sums that return cross the networks, at a
                                 // cost (physics); off: only below the outermost level,
                                 // as the reference counts
    bool count_fill_drain;       // first fill and last drain are added to the latency
    bool component_leakage; // components leak what the library says; off: only what
                            // the file gives, and the tables of SRAM macros

    unsigned level_count;
    struct sdse_level level[SDSE_MAX_LEVELS];
    struct sdse_compute compute;
    struct sdse_rebuild rebuild;
    unsigned engine_count; // of other kinds
    struct sdse_engine engine[SDSE_MAX_ENGINES];
    struct sdse_vector vector;
    size_t dataflow_count;
    struct sdse_dataflow *dataflows;
    struct sdse_overhead chip; // control: on all dynamic energy but that of DRAMs
    struct sdse_number other_area_um2; // everything not itemised
    struct sdse_loc loc;
};

// Energies of one access as the memory is run: dynamic energy goes with the square of
// the supply, a write of analogue cells takes their pulses. [pJ]
static inline double sdse_level_supply(const struct sdse_level *level) {
    return level->v_over_vmin > 0 ? level->v_over_vmin * level->v_over_vmin : 1;
}
static inline double sdse_level_pulses(const struct sdse_level *level) {
    const struct sdse_cells *cells = &level->cells;
    return level->memory_class == SDSE_NVCIM
               ? 1 + cells->verified_share * (cells->pulses - 1)
               : 1;
}
static inline double sdse_level_read_pj(const struct sdse_level *level) {
    return level->read_pj.value * sdse_level_supply(level);
}
static inline double sdse_level_fill_pj(const struct sdse_level *level) {
    return level->fill_pj.value * sdse_level_supply(level) * sdse_level_pulses(level);
}
static inline double sdse_level_update_pj(const struct sdse_level *level) {
    return level->update_pj.value * sdse_level_supply(level) * sdse_level_pulses(level);
}

// Instances of level `level` in the whole accelerator; level == level_count: the
// multipliers.
static inline uint64_t sdse_arch_instances(const struct sdse_arch *arch,
                                           unsigned level) {
    uint64_t instances = 1;
    for (unsigned i = 0; i < level; i++)
        instances *= (uint64_t)arch->level[i].fanout_x * arch->level[i].fanout_y;
    return instances;
}

// Whether it has an engine that makes products first.
static inline bool sdse_arch_makes_products(const struct sdse_arch *arch) {
    for (unsigned i = 0; i < arch->engine_count; i++)
        if (arch->engine[i].kind == SDSE_ENGINE_PRODUCTS)
            return true;
    return false;
}

// The bandwidth of the port that a tensor's words go through: its own, or that of the
// others.
static inline const struct sdse_number *
sdse_level_bandwidth(const struct sdse_level *level, enum sdse_port port,
                     enum sdse_tensor tensor) {
    const struct sdse_number *const others[SDSE_PORTS] = {
        &level->read_bits_per_cycle, &level->write_bits_per_cycle,
        &level->shared_bits_per_cycle};
    const struct sdse_number *own = &level->own_bits_per_cycle[port][tensor];
    return own->given ? own : others[port];
}

// Who uses the ports when outputs go up: reads to drain, or updates (kind: of which
// way).
static inline unsigned sdse_level_port_up(const struct sdse_level *level,
                                          enum sdse_port kind) {
    return level->own_bits_per_cycle[kind][SDSE_PORT_UP].given ? SDSE_PORT_UP
                                                               : SDSE_OUTPUTS;
}

// Bits of a word of a tensor as `level` stores it: the memory's own, else the
// accelerator's. [bits]
static inline uint32_t sdse_arch_word_bits(const struct sdse_arch *arch, unsigned level,
                                           enum sdse_tensor tensor) {
    const uint32_t own = arch->level[level].word_bits[tensor];
    return own ? own : arch->bits[tensor];
}

// Bits of a partial sum at `level`: the memory's own, else the accelerator's, or those
// of an output there if they are more. [bits]
static inline uint32_t sdse_arch_partial_bits(const struct sdse_arch *arch,
                                              unsigned level) {
    const uint32_t own = arch->level[level].partial_bits,
                   word = sdse_arch_word_bits(arch, level, SDSE_OUTPUTS);
    return own ? own : arch->partial_bits > word ? arch->partial_bits : word;
}

// The outermost of the levels that share the memory of `level`: where it is counted.
static inline unsigned sdse_arch_memory_first(const struct sdse_arch *arch,
                                              unsigned level) {
    // cppcheck-suppress arrayIndexOutOfBoundsCond ; level < level_count
    while (level > 0 && arch->level[level].shares_memory)
        level--;
    return level;
}

// The innermost of them: the one that fans out.
static inline unsigned sdse_arch_memory_last(const struct sdse_arch *arch,
                                             unsigned level) {
    while (level + 1 < arch->level_count && arch->level[level + 1].shares_memory)
        level++;
    return level;
}

#endif
