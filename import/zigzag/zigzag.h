// ZigZag's files as ours: its hardware is an accelerator, with a mapping's spatial
// choices as constraints, its workload a network.
#ifndef SDSE_IMPORT_ZIGZAG_ZIGZAG_H
#define SDSE_IMPORT_ZIGZAG_ZIGZAG_H

#include "spec/tree.h"

enum sdse_zigzag_kind {
    SDSE_ZIGZAG_NONE,
    SDSE_ZIGZAG_HARDWARE, // memories, operational_array (or multipliers)
    SDSE_ZIGZAG_WORKLOAD, // a list of layers with equation and loop_dims
    SDSE_ZIGZAG_MAPPING   // a list with spatial_mapping or memory_operand_links
};

// What a text is, by its keys alone: it need not be good YAML.
enum sdse_zigzag_kind sdse_zigzag_kind(const char *text);

// The accelerator that a hardware file describes.
//
// Memories become levels, one below the other, as the dimensions that they serve are
// nested: what a memory serves and the next one inside does not is the fan-out between
// them. Memories of different tensors of which neither serves what the other does
// (weights shared along columns, sums along rows) are no such chain: the one that
// shares less is told apart for each multiplier [zigzag-shared]. Costs of an access are
// spread over the bits it moves. Networks cost nothing, as there. Not in the file and
// assumed: 28 nm, 1 GHz; and where no workload says so, outputs as wide as inputs and
// sums as wide as a product.
//
// workload   roots of its files, or NULL: gives the widths of words
// mapping    its spatial_mapping, spatial_mapping_hint and memory_operand_links, or
//            NULL: constraints of dataflows
// lossy      what cannot be translated is a warning instead of an error
// yaml       out: the accelerator's file (docs/formats.md), in `arena`
//
// Reports all of it, at its place; docs/import.md lists the checks. Returns SDSE_OK,
// SDSE_INVALID or SDSE_NO_MEMORY.
// Source: ZigZag's documentation, its input validators and published hardware files.
enum sdse_status sdse_zigzag_accelerator(const struct sdse_node *hardware,
                                         const struct sdse_node *workload,
                                         const struct sdse_node *mapping, bool lossy,
                                         struct sdse_arena *arena,
                                         struct sdse_diags *diags, const char **yaml);

// The network of a workload file. Each layer's equation and dimension_relations say
// what its loops are: those that move all three tensors are groups, and so on; the
// letters do not matter. Without `padding` a map is as large as the windows reach, as
// ZigZag counts it. operand_source gives edges, where maker and reader agree in size.
// Otherwise as above.
enum sdse_status sdse_zigzag_workload(const struct sdse_node *workload, bool lossy,
                                      struct sdse_arena *arena,
                                      struct sdse_diags *diags, const char **yaml);

#endif
