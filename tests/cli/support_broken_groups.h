// Faults of a network's mapping, each with the first thing that is said of it and how
// many things are. Included by test_cli_groups.c alone.
#ifndef SDSE_TESTS_CLI_SUPPORT_BROKEN_GROUPS_H
#define SDSE_TESTS_CLI_SUPPORT_BROKEN_GROUPS_H

#include <stddef.h>

struct broken {
    const char *from, *to; // the first in the file is replaced
    const char *says;      // behind the file's name and ':'
    size_t errors;
};

static const struct broken broken_groups[] = {
    {"layer: c\n", "layer: d\n",
     "2:12: error: net has no layer 'd'; did you mean 'a'? [schedule-layer]", 1},
    {"layer: c\n", "layer: a\n",
     "8:14: error: layer 'a' has a mapping already, in line 2 [schedule-layer]", 1},
    {"  - layer: c\n", "  - layr: c\n",
     "2:5: error: mappings[0]: 'layer' is missing [missing-key]", 1},
    {"  - layer: c\n    mapping:\n      - {level: DRAM, temporal: Q4}\n      - {level: "
     "GLB, temporal: K2 Q2 P8}\n      - {level: regs, temporal: K2 C4}\n",
     "", "1:10: error: mappings: expected a list, got nothing [wrong-type]", 1},
    {"mappings:\n  - layer: c\n    mapping:\n      - {level: DRAM, temporal: Q4}\n      - "
     "{level: GLB, temporal: K2 Q2 P8}\n      - {level: regs, temporal: K2 C4}\n",
     "", "1:1: error: layer 'c' has no mapping, nor is it in a group [schedule-layer]",
     1},
    {"layers: [a, relu, b]", "layers: [a, b]",
     "8:17: error: layer 'b' does not follow 'a': layers that take turns stand in a "
     "row, functions between them too; 'relu' is next [group-layers]",
     1},
    {"layers: [a, relu, b]", "layers: [a, relu, bb]",
     "8:23: error: net has no layer 'bb'; did you mean 'b'? [group-layers]", 1},
    {"layers: [a, relu, b]", "layers: [b, a]",
     "8:17: error: layer 'a' does not follow 'b': layers that take turns stand in a "
     "row, functions between them too [group-layers]",
     1},
    {"layers: [a, relu, b]", "layers: [a]",
     "8:13: error: a group has at least two layers [group-layers]", 1},
    {"layers: [a, relu, b]", "layers: [a, relu]",
     "8:13: error: a group has 2 to 8 layers, functions that are `fused` not counted, "
     "not 1 [group-layers]",
     1},
    {"layers: [a, relu, b]", "layers: [relu, b]",
     "8:13: error: a group has 2 to 8 layers, functions that are `fused` not counted, "
     "not 1 [group-layers]",
     1},
    {"tile: P3", "tile: P3\n    channels: 4",
     "10:15: error: layer 'b' is reached by no more channels than that [group-tile]",
     1},
    {"tile: P3", "tile: P3\n    channels: 0",
     "10:15: error: groups[0].channels: must be 1 to 18446744073709551615, "
     "got 0 [out-of-range]",
     1},
    {"tile: P3", "tile: P3\n    keys: 2\n    channels: 2",
     "11:15: error: a group takes keys in parts, or channels [group-tile]", 1},
    {"tile: P3", "tile: P3 Q4\n    channels: 2",
     "10:15: error: layer 'b' takes channels in parts of whole rows [group-tile]", 1},
    {"tile: P3", "tile: P0",
     "9:11: error: 'P0' is no number of rows from 1, as P8, or of rows and "
     "columns, as P8 Q16 [group-tile]",
     1},
    {"tile: P3", "tile: P9",
     "9:11: error: the last layer, 'b', has 8 rows [group-tile]", 1},
    {"tile: P3", "tile: P18446744073709551616",
     "9:11: error: the last layer, 'b', has 8 rows [group-tile]", 1},
    {"tile: P3", "tile: Q3",
     "9:11: error: 'Q3' is no number of rows from 1, as P8, or of rows and "
     "columns, as P8 Q16 [group-tile]",
     1},
    {"tile: P3", "tile: P3 Q4x",
     "9:11: error: 'P3 Q4x' is no number of rows from 1, as P8, or of rows and "
     "columns, as P8 Q16 [group-tile]",
     1},
    {"tile: P3", "tile: P3 Q0",
     "9:11: error: 'P3 Q0' is no number of rows from 1, as P8, or of rows and "
     "columns, as P8 Q16 [group-tile]",
     1},
    {"tile: P3", "tile: P3 Q8",
     "9:11: error: layer 'b' has no more columns than that [group-tile]", 1},
    {"{a: retain}", "{a: band}",
     "10:18: error: groups[0].tensors.a: 'band' is not one of retain, recompute "
     "[unknown-word]",
     1},
    {"    tile: P3\n", "", "8:5: error: groups[0]: 'tile' is missing [missing-key]", 1},
    {"{a: retain}", "{b: retain}",
     "10:14: error: what 'a' makes is not said: retain or recompute [group-tensor]", 2},
    {"{a: retain}", "{a: hold}",
     "10:18: error: groups[0].tensors.a: 'hold' is not one of retain, recompute "
     "[unknown-word]",
     1},
    {"{a: retain}", "{relu: retain}",
     "10:14: error: what 'a' makes is not said: retain or recompute [group-tensor]", 2},
    {"    tensors: {a: retain}\n", "",
     "8:5: error: groups[0]: 'tensors' is missing [missing-key]", 1},
    {"b: kept", "c: kept",
     "11:24: error: 'c' is no layer of the group that has weights [group-weights]", 1},
    {"b: kept", "b: held",
     "11:27: error: groups[0].weights.b: 'held' is not one of kept, streamed "
     "[unknown-word]",
     1},
    {"input: outer", "input: GLB",
     "12:12: error: the group's input is not in GLB: the layer before puts it "
     "elsewhere, or there is none [group-place]",
     1},
    {"input: outer", "input: glb",
     "12:12: error: input 'glb': expected outer, buffered, buffered for all or GLB [group-place]", 1},
    {"output: outer", "output: L2",
     "13:13: error: output 'L2': expected outer, GLB or both [group-place]", 1},
    {"output: outer", "output: GLB",
     "2:5: error: inputs: outer is said, GLB follows from the rest of the file "
     "[schedule-place]",
     7},
    {"output: outer", "output: both",
     "2:5: error: inputs: outer is said, GLB follows from the rest of the file "
     "[schedule-place]",
     7},
    {"      - layer: a\n        rows: 3\n        from: 3",
     "      - layer: c\n        rows: 3\n        from: 3",
     "25:16: error: layer 'c' is not of this group [nest-layer]", 1},
    {"        rows: 2\n", "        rows: 4\n",
     "33:15: error: no nest of layer 'a' makes rows 0 ... 3; in this group its nests "
     "make: rows 0 ... 2; rows 3 ... 5; rows 6 ... 7 [nest-rows]",
     1},
    {"        from: 3\n", "        from: 0\n",
     "25:9: error: layer 'a' has a mapping for rows 0 ... 2 already: alike nests share "
     "one [nest-rows]",
     1},
    {"        from: 3\n", "        from: 2\n",
     "26:15: error: no nest of layer 'a' makes rows 2 ... 4; in this group its nests "
     "make: rows 0 ... 2; rows 3 ... 5; rows 6 ... 7 [nest-rows]",
     1},
    {"        from: 0\n", "        from: 0\n        step: 2\n",
     "16:15: error: no nest of layer 'a' makes rows 0, 2, ... 4; in this group its "
     "nests make: rows 0 ... 2; rows 3 ... 5; rows 6 ... 7 [nest-rows]",
     1},
    {"      - layer: b\n        rows: 2\n        mapping:\n          - {level: GLB, "
     "temporal: K2 Q8 P2}\n          - {level: regs, temporal: K2 C4}\n",
     "",
     "14:5: error: layer 'b' makes rows 6 ... 7 in a nest that has no mapping (1 time, "
     "768 bits held) [nest-rows]",
     1},
    {"times: 1", "times: 2", "18:16: error: the nest runs 1 time, not 2 [nest-times]",
     1},
    {"times: 1", "times: 0", "18:16: error: the nest runs 1 time, not 0 [nest-times]",
     1},
    {"        rows: 2\n", "        rows: 2\n        step: 2\n",
     "33:15: error: no nest of layer 'a' makes rows 0, 2, ... 2; in this group its "
     "nests make: rows 0 ... 2; rows 3 ... 5; rows 6 ... 7 [nest-rows]",
     1},
    {"brings: {weights: 16}", "brings: {weights: 17}",
     "19:27: error: the nest brings in 16 words of weights, not 17 [nest-brings]", 1},
    {"brings: {weights: 16}", "brings: {inputs: 3, weights: 16}",
     "19:26: error: the nest brings in 0 words of inputs, not 3 [nest-brings]", 1},
    {"brings: {weights: 16}", "brings: {}",
     "19:17: error: the nest brings in 16 words of weights, not 0 [nest-brings]", 1},
    {"reserved_bits: 256", "reserved_bits: 0",
     "20:60: error: 0 bits are said to be reserved in GLB, 256 are: 128 of the weights "
     "of a + 128 of the weights of b [nest-place]",
     1},
    {"outputs: GLB, res", "res",
     "20:16: error: outputs: outer is said, GLB follows from the rest of the file "
     "[nest-place]",
     1},
    {"{weights: GLB, outputs", "{outputs",
     "20:16: error: weights: outer is said, GLB follows from the rest of the file "
     "[nest-place]",
     1},
    {"outputs: GLB, res", "outputs: GLB, inputs: GLB, res",
     "20:53: error: inputs: GLB is said, outer follows from the rest of the file "
     "[nest-place]",
     1},
    {"outputs: GLB, res", "outputs: both, res",
     "20:40: error: outputs: both is said, GLB follows from the rest of the file "
     "[nest-place]",
     1},
    {"GLB, reserved_bits: 256", "GLB, addends: 1, reserved_bits: 256",
     "20:54: error: addends: 0 are there, not 1 [nest-place]", 1},
    {"K2 Q4 P3}", "K2 Q4 P2}",
     "23:13: error: the loops over P make 2 iterations, the layer has 3 "
     "[factors-cover]",
     1},
    {"Q2}\n          - {level: GLB, temporal: K2 Q4 P3}",
     "Q2}\n          - {level: GLB, temporal: K4 Q4 P3}",
     "23:13: error: the loops over K make 8 iterations, the layer has 4: whole passes "
     "would be empty [factors-cover]",
     1},
    {"          - {level: DRAM, temporal: K2}\n          - {level: GLB, temporal: Q8 "
     "P3}",
     "          - {level: DRAM}\n          - {level: GLB, temporal: K2 Q8 P3}",
     "37:9: error: layer 'b': GLB has 1600 bits, 192 too few: 768 of its tiles + 128 "
     "of the weights of a + 768 of 3 rows of what a makes + 128 of the weights of b "
     "[schedule-room]",
     1},
    {"- {level: DRAM, temporal: Q4}\n      - {level: GLB, temporal: K2 Q2 P8}",
     "- {level: DRAM, temporal: Q1}\n      - {level: GLB, temporal: K2 Q8 P8}",
     "2:5: error: layer 'c': its tiles in GLB take 4224 bits, but 1600 fit "
     "[schedule-room]",
     1},
    {"regs, temporal: K2 C4}\n      - layer: a",
     "regs, temporal: C4}\n      - layer: a",
     "23:13: error: the loops over K make 2 iterations, the layer has 4 "
     "[factors-cover]",
     1},
    {"mappings:\n  - layer: c\n",
     "mappings:\n  - layer: c\n    place: {outputs: GLB}\n",
     "2:5: error: the outputs of layer 'c' cannot stay in GLB: no layer reads them "
     "[schedule-place]",
     2},
    {"mappings:\n  - layer: c\n",
     "mappings:\n  - layer: c\n    place: {inputs: GLB, reserved_bits: 8}\n",
     "3:21: error: inputs: GLB is said, outer follows from the rest of the file "
     "[schedule-place]",
     1},
    {"mappings:\n  - layer: c\n",
     "mappings:\n  - layer: c\n    place: {reserved_bits: 8}\n",
     "3:28: error: 8 bits are said to be reserved in GLB, 0 are: nothing "
     "[schedule-place]",
     1},
    {"groups:\n", "groops: []\ngroups:\n",
     "7:1: error: groops: unknown key 'groops'; did you mean 'groups'? [unknown-key]",
     1},
    {"    nests:\n", "    nest: 1\n    nests:\n",
     "14:5: error: groups[0].nest: unknown key 'nest'; did you mean 'nests'? "
     "[unknown-key]",
     1},
    {"tile: P3\n    tensors: {a: retain}\n    weights: {a: kept, b: kept}",
     "tile: P30\n    tensors: {x: retain}\n    weights: {a: kept, b: keep}",
     "10:14: error: what 'a' makes is not said: retain or recompute [group-tensor]", 3},
    {"        times: 1\n        brings: {weights: 16}\n        place: {weights: GLB, "
     "outputs: GLB, reserved_bits: 256}",
     "        times: 3\n        brings: {weights: 1}\n        place: {weights: GLB, "
     "outputs: GLB, reserved_bits: 25}",
     "18:16: error: the nest runs 1 time, not 3 [nest-times]", 3},
};

#endif
