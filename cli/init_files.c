// Networks, sweeps and published figures as `sdse init` begins them.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/init.h"
#include "spec/tree.h"

// --- Networks ---

static const char cnn[] =
    "# Channels, rows and columns go in; `out_channels`, `kernel`, `stride` and `pad` "
    "say what comes out.\n"
    "layers:\n"
    "  - {name: conv1, kind: conv, in: [3, 32, 32], out_channels: 32, kernel: 3, pad: "
    "1}\n"
    "  - {name: conv1.relu, kind: act, in: [32, 32, 32], fused: true} # in the array's "
    "shadow: no words move\n"
    "  - {name: pool1, kind: pool, in: [32, 32, 32], kernel: 2, stride: 2, fused: "
    "false}\n"
    "  # A depthwise convolution: one filter per channel.\n"
    "  - {name: conv2.dw, kind: dwconv, in: [32, 16, 16], kernel: 3, pad: 1}\n"
    "  - {name: conv2.pw, kind: conv, in: [32, 16, 16], out_channels: 64, kernel: 1}\n"
    "  - {name: pool2, kind: pool, in: [64, 16, 16], kernel: 2, stride: 2, fused: "
    "false}\n"
    "  # `repeat: 2`: a block of two equal layers is mapped once and counted twice.\n"
    "  - {name: conv3, kind: conv, in: [64, 8, 8], out_channels: 64, kernel: 3, pad: "
    "1, "
    "repeat: 2}\n"
    "  - {name: add, kind: add, in: [64, 8, 8], fused: false}\n"
    "  # Fully connected: all words of the maps are its inputs.\n"
    "  - {name: fc, kind: fc, in: 4096, out_channels: 10}\n"
    "  - {name: softmax, kind: softmax, in: [1, 10], fused: false}\n";

static const char mlp[] =
    "# Words in, words out; `batch` above is how many inputs go through at once.\n"
    "layers:\n"
    "  - {name: fc1, kind: fc, in: 784, out_channels: 256}\n"
    "  - {name: fc1.relu, kind: act, in: [1, 256], fused: true} # no words move\n"
    "  - {name: fc2, kind: fc, in: 256, out_channels: 256}\n"
    "  - {name: fc2.relu, kind: act, in: [1, 256], fused: true}\n"
    "  - {name: fc3, kind: fc, in: 256, out_channels: 10}\n"
    "  - {name: softmax, kind: softmax, in: [1, 10], fused: false}\n";

static const char transformer[] =
    "# One block of an encoder: 128 tokens of 256 words, 4 heads of 64. A network of 6 "
    "blocks has each layer 6 times.\n"
    "layers:\n"
    "  - {name: norm1, kind: norm, in: [128, 256], ops_per_word: 7, fused: true}\n"
    "  - {name: qkv, kind: fc, in: 256, out_channels: 768, rows: 128}\n"
    "  # Activations times activations, for each head: m x k times k x n.\n"
    "  - {name: qk, kind: matmul, heads: 4, m: 128, k: 64, n: 128}\n"
    "  - {name: softmax, kind: softmax, in: [4, 128, 128], fused: false}\n"
    "  - {name: av, kind: matmul, heads: 4, m: 128, k: 128, n: 64}\n"
    "  - {name: out, kind: fc, in: 256, out_channels: 256, rows: 128}\n"
    "  - {name: add1, kind: add, in: [128, 256], fused: false}\n"
    "  - {name: norm2, kind: norm, in: [128, 256], ops_per_word: 7, fused: true}\n"
    "  - {name: ffn1, kind: fc, in: 256, out_channels: 1024, rows: 128}\n"
    "  - {name: ffn1.gelu, kind: act, in: [128, 1024], fused: true}\n"
    "  - {name: ffn2, kind: fc, in: 1024, out_channels: 256, rows: 128}\n"
    "  - {name: add2, kind: add, in: [128, 256], fused: false}\n";

void cli_init_write_workload(const char *name, enum cli_init_template form, FILE *out) {
    fprintf(out,
            "# %s: %s.\n#\n"
            "# A start, written by sdse init: change, add and delete layers. "
            "docs/formats.md explains every kind and key;\n"
            "# `sdse show workload` counts words and multiplications. An ONNX model "
            "becomes such a file by `sdse import`.\n"
            "name: %s\n"
            "source: \"sdse init\"\n"
            "batch: 1\n%s",
            name,
            form == CLI_INIT_CNN   ? "a small convolutional network"
            : form == CLI_INIT_MLP ? "three fully connected layers"
                                   : "a block of a transformer",
            name,
            form == CLI_INIT_CNN   ? cnn
            : form == CLI_INIT_MLP ? mlp
                                   : transformer);
}

// --- Sweeps ---

// A whole number below a mapping; 0: it is none, or not there.
static unsigned long whole_number(const struct sdse_node *mapping, const char *key) {
    const struct sdse_node *value = mapping ? sdse_node_get(mapping, key) : NULL;
    if (!value || value->kind != SDSE_NODE_SCALAR)
        return 0;
    char *end;
    const unsigned long number = strtoul(value->text, &end, 10);
    return *end || number > 1u << 30 ? 0 : number;
}

// "  GLB.capacity_kib: [50, 100, 200]": half, where that is whole and not small.
static void write_axis(const char *owner, const char *key, unsigned long value,
                       FILE *out) {
    fprintf(out, "  %s.%s: [", owner, key);
    if (value % 2 == 0 && value >= 4)
        fprintf(out, "%lu, ", value / 2);
    fprintf(out, "%lu, %lu]\n", value, 2 * value);
}

static const char *text_of(const struct sdse_node *mapping, const char *key) {
    const struct sdse_node *value = sdse_node_get(mapping, key);
    return value && value->kind == SDSE_NODE_SCALAR ? value->text : NULL;
}

// The first fan-out along X and the first capacities in KiB that the file gives as
// whole numbers: few enough for a first look.
static unsigned write_axes(const struct sdse_node *root, FILE *out) {
    enum { MOST_CAPACITIES = 2 };
    unsigned capacities = 0, fanouts = 0;
    sdse_for_each_child (level, sdse_node_get(root, "levels")) {
        const char *name = text_of(level, "level");
        const unsigned long kib =
            whole_number(sdse_node_get(level, "memory"), "capacity_kib");
        if (name && kib && capacities < MOST_CAPACITIES)
            write_axis(name, "capacity_kib", kib, out), capacities++;
        sdse_for_each_child (sibling, sdse_node_get(level, "memories")) {
            const char *own = text_of(sibling, "name");
            const unsigned long its = whole_number(sibling, "capacity_kib");
            if (own && its && capacities < MOST_CAPACITIES)
                write_axis(own, "capacity_kib", its, out), capacities++;
        }
        const unsigned long x = whole_number(sdse_node_get(level, "fanout"), "x");
        if (name && x > 1 && !fanouts)
            write_axis(name, "fanout.x", x, out), fanouts++;
    }
    return capacities + fanouts;
}

enum sdse_status cli_init_write_sweep(struct cli *cli, const char *name,
                                      const char *arch_path, const char *arch,
                                      const char *workload, FILE *out) {
    struct sdse_node *root;
    const enum sdse_status status =
        sdse_tree_parse_file(cli->arena, arch_path, &cli->diags, &root);
    if (status != SDSE_OK)
        return status;
    fprintf(
        out,
        "# %s: every combination of what is listed below is a design point.\n#\n"
        "# A start, written by sdse init. `sdse plan FILE` says what it will take, "
        "`sdse sweep FILE -o results.db` runs it,\n"
        "# `sdse pareto results.db` shows what no other point beats. docs/formats.md "
        "explains every key.\n"
        "name: %s\n"
        "workloads: [\"%s\"] # more of them are compared each by itself\n"
        "archs: [\"%s\"]\n"
        "override: # keys of the accelerator's file: half of what it has, that, and "
        "twice\n",
        name, name, workload, arch);
    if (write_axes(root, out) == 0)
        fputs("  clock_ghz: [0.2, 0.5]\n", out);
    fputs(
        "weight_forms: [raw] # `smartdeal` beside it, where there is a rebuild "
        "engine\n"
        "objective: edp # energy, latency, ed2p: what a network's mappings minimise\n",
        out);
    return SDSE_OK;
}

// --- Published figures ---

void cli_init_write_validation(const char *name, const char *arch, const char *workload,
                               FILE *out) {
    fprintf(
        out,
        "# %s: figures that were published, beside ours (`sdse validate FILE`).\n#\n"
        "# A start, written by sdse init: put the paper's figures in place of each "
        "null, with its unit, and delete its `why`.\n"
        "# docs/formats.md (Published figures) lists quantities, units and keys.\n"
        "name: %s\n"
        "source: \"the paper, its table\"\n"
        "cases: # the conditions under which ours are taken\n"
        "  whole:\n"
        "    arch: \"%s\"\n"
        "    workload: \"%s\"\n"
        "    search: energy # or the paper's own mappings, one file per layer, "
        "under `mappings`\n"
        "anchors: # mark: published, derived, read off, second hand or recalled\n"
        "  - {id: %s.energy, mark: published, quantity: energy, case: whole, "
        "published: null, unit: mJ,\n"
        "     band_percent: 15, why: \"to be filled in\"}\n"
        "  - {id: %s.latency, mark: published, quantity: latency, case: whole, "
        "published: null, unit: ms,\n"
        "     band_percent: 15, why: \"to be filled in\"}\n"
        "  - {id: %s.area, mark: published, quantity: area, case: whole, published: "
        "null, unit: mm2, why: \"to be filled in\"}\n",
        name, name, arch, workload, name, name, name);
}
