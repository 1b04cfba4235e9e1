// Private to import/zigzag/: what a hardware file says, before it is a chain of levels.
#ifndef SDSE_IMPORT_ZIGZAG_HARDWARE_H
#define SDSE_IMPORT_ZIGZAG_HARDWARE_H

#include "import/foreign/foreign.h"
#include "spec/types/arch.h"
#include "spec/types/nest.h"

enum { SDSE_ZZ_MEMORIES = 12, SDSE_ZZ_ARRAY_DIMS = 9, SDSE_ZZ_PORTS = 12 };

// Which way words go: from the memory outside, to that inside, and back.
enum sdse_zz_direction {
    SDSE_ZZ_FROM_HIGH,
    SDSE_ZZ_TO_LOW,
    SDSE_ZZ_FROM_LOW,
    SDSE_ZZ_TO_HIGH,
    SDSE_ZZ_DIRECTIONS
};

// A port and what goes through it.
struct sdse_zz_port {
    const char *name;
    double bits_per_cycle;
    // Sets of SDSE_BIT(tensor); outputs on their way up, read to drain or written from
    // below, are SDSE_BIT(SDSE_PORT_UP).
    unsigned reads, writes;
};

// Bandwidths as our format has them. 0: of no tensor.
struct sdse_zz_bandwidth {
    double all;    // of all tensors of the memory together, or
    double others; // of those without a port of their own, and
    double own[SDSE_PORT_USERS];
};

struct sdse_zz_memory {
    const char *name;
    struct sdse_loc loc;
    uint64_t capacity_bits;
    bool priced; // else its costs come from a table of macros
    double read_pj_per_bit, write_pj_per_bit;
    double area_mm2; // of an instance; 0: not said
    uint32_t port_bits;
    uint32_t least_read_bits, least_write_bits; // of an access; 0: words fill it
    unsigned tensors;                           // set of SDSE_BIT(tensor)
    unsigned served; // array dimensions, by bit, of which all share an instance
    struct sdse_loc served_loc;
    unsigned port_count;
    struct sdse_zz_port port[SDSE_ZZ_PORTS];
};

struct sdse_zz_hardware {
    const char *name;
    uint64_t bits[SDSE_TENSORS], partial_bits;
    bool widths_known; // of outputs
    double pj_per_mac, unit_area_mm2; // of a multiplier; area 0: not said
    unsigned dim_count;
    const char *dim_name[SDSE_ZZ_ARRAY_DIMS]; // "D1"
    uint64_t dim_size[SDSE_ZZ_ARRAY_DIMS];    // [multipliers]
    unsigned memory_count;
    struct sdse_zz_memory memory[SDSE_ZZ_MEMORIES]; // as in the file: innermost first
};

// Spatial choices of one entry of a mapping file.
struct sdse_zz_choice {
    const char *name;  // of the entry
    const char *kinds; // of layers, "conv, conv1x1", NULL: all
    bool bounded;      // factors are given; else only which dimensions may be
    uint64_t at_most[SDSE_ZZ_ARRAY_DIMS][SDSE_DIMS]; // 0: not along this one
};

enum { SDSE_ZZ_CHOICES = 16 };

struct sdse_zz_mapping {
    enum sdse_tensor tensor_of[2]; // of I1, I2
    unsigned choice_count;
    struct sdse_zz_choice choice[SDSE_ZZ_CHOICES];
};

// The index of an array dimension; a diagnostic and -1 if there is none of that name.
int sdse_zz_array_dim(struct sdse_foreign *foreign,
                      const struct sdse_zz_hardware *hardware,
                      const struct sdse_node *node, const char *name);

// The dimension that a loop of ZigZag's is; false if there is none.
bool sdse_zz_loop_dim(const char *name, enum sdse_dim *dim);

// Each reads one file into its struct; what is wrong is reported.
void sdse_zz_read_hardware(struct sdse_foreign *foreign, const struct sdse_node *root,
                           const struct sdse_zz_mapping *links,
                           const struct sdse_node *workload,
                           struct sdse_zz_hardware *hardware);
void sdse_zz_read_ports(struct sdse_foreign *foreign, const struct sdse_node *node,
                        const struct sdse_zz_mapping *links,
                        const struct sdse_zz_hardware *hardware,
                        struct sdse_zz_memory *memory);
// First with `hardware` NULL for the links alone, then for all of it.
void sdse_zz_read_mapping(struct sdse_foreign *foreign, const struct sdse_node *root,
                          const struct sdse_zz_hardware *hardware,
                          struct sdse_zz_mapping *mapping);
// The widths that all layers which multiply agree on.
void sdse_zz_read_widths(struct sdse_foreign *foreign, const struct sdse_node *workload,
                         struct sdse_zz_hardware *hardware);

// How a memory's ports are ours: [0] reads, [1] writes, [2] both together. What has no
// counterpart is reported and has no bandwidth.
void sdse_zz_bandwidths(struct sdse_foreign *foreign,
                        const struct sdse_zz_memory *memory,
                        struct sdse_zz_bandwidth bandwidth[3]);

// Orders the memories as a chain, outermost first: order[i] is an index into them,
// served[i] the array dimensions that share the i-th of the chain, which contain
// served[i + 1]. Sharing that is lost on the way is reported.
void sdse_zz_chain(struct sdse_foreign *foreign,
                   const struct sdse_zz_hardware *hardware,
                   unsigned order[SDSE_ZZ_MEMORIES], unsigned served[SDSE_ZZ_MEMORIES]);

#endif
