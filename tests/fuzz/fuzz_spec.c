// Any bytes as a file of any kind: never a crash, and what is accepted survives being
// written and read again. A first line "# set: PATH=VALUE" is applied as an override.
#include <string.h>

#include "fuzz/target.h"
#include "spec/load.h"
#include "spec/show.h"
#include "spec/write.h"

static struct sdse_node *parse(struct sdse_diags *diags, const char *text) {
    struct sdse_node *root = NULL;
    require(sdse_tree_parse_memory(diags->arena, "again", text, strlen(text), diags,
                                   &root) == SDSE_OK,
            "written text parses");
    return root;
}

// Mappings are read for this accelerator and layer.
static const char base_arch[] =
    "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
    "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
    "{level: GLB, memory: {class: sram, capacity_kib: 64, pj_per_bit: 1}, "
    "fanout: {x: 4, y: 2}, network: {pj_per_bit: 1}}, "
    "{level: opad, memory: {class: regfile, capacity_kib: 1, pj_per_bit: 1}}], "
    "compute: {free: true}}";
static const struct sdse_layer base_layer = {
    .nest = {
        .bound = {1, 16, 8, 16, 16, 3, 3, 1}, .stride = {1, 1}, .dilation = {1, 1}}};

static void try_arch(struct sdse_diags *diags, const struct sdse_node *root,
                     const struct sdse_set *set, FILE *sink) {
    struct sdse_arch *arch = NULL, *again = NULL;
    size_t errors = diags->errors;
    enum sdse_status status =
        sdse_arch_from_tree(diags->arena, root, set, set->path != NULL, diags, &arch);
    require((status == SDSE_OK) == (diags->errors == errors), "status tells of errors");
    if (status != SDSE_OK)
        return;
    sdse_show_arch(sink, arch);
    const char *text = sdse_arch_text(diags->arena, arch);
    sdse_arch_from_tree(diags->arena, parse(diags, text), NULL, 0, diags, &again);
    if (!again)
        sdse_diags_print(diags, stderr, false);
    require(again && strcmp(sdse_arch_text(diags->arena, again), text) == 0,
            "an accelerator round-trips");
}

static void try_workload(struct sdse_diags *diags, const struct sdse_node *root,
                         FILE *sink) {
    struct sdse_workload *net = NULL, *again = NULL;
    if (sdse_workload_from_tree(diags->arena, root, diags, &net) != SDSE_OK)
        return;
    sdse_show_workload(sink, net);
    const char *text = sdse_workload_text(diags->arena, net);
    sdse_workload_from_tree(diags->arena, parse(diags, text), diags, &again);
    if (!again)
        sdse_diags_print(diags, stderr, false);
    require(again && strcmp(sdse_workload_text(diags->arena, again), text) == 0,
            "a workload round-trips");
}

static void try_mapping(struct sdse_diags *diags, const struct sdse_node *root,
                        FILE *sink) {
    struct sdse_arch *arch = NULL;
    struct sdse_mapping *mapping = NULL, *again = NULL;
    sdse_arch_from_tree(diags->arena, parse(diags, base_arch), NULL, 0, diags, &arch);
    require(arch, "the base accelerator loads");
    sdse_mapping_from_tree(diags->arena, root, arch, NULL, diags, &mapping);
    if (mapping)
        sdse_show_mapping(sink, arch, NULL, mapping);
    mapping = NULL;
    if (sdse_mapping_from_tree(diags->arena, root, arch, &base_layer, diags, &mapping))
        return;
    sdse_show_mapping(sink, arch, &base_layer, mapping);
    const char *text = sdse_mapping_text(diags->arena, arch, &base_layer.nest, mapping);
    sdse_mapping_from_tree(diags->arena, parse(diags, text), arch, &base_layer, diags,
                           &again);
    require(again &&
                strcmp(sdse_mapping_text(diags->arena, arch, &base_layer.nest, again),
                       text) == 0,
            "a mapping round-trips");
}

static void try_sweep(struct sdse_diags *diags, const struct sdse_node *root) {
    struct sdse_sweep *sweep = NULL, *again = NULL;
    if (sdse_sweep_from_tree(diags->arena, root, diags, &sweep) != SDSE_OK)
        return;
    const char *text =
        sdse_sweep_text(diags->arena, sweep, sweep->workloads, sweep->archs);
    sdse_sweep_from_tree(diags->arena, parse(diags, text), diags, &again);
    if (!again)
        sdse_diags_print(diags, stderr, false);
    require(again && strcmp(sdse_sweep_text(diags->arena, again, again->workloads,
                                            again->archs),
                            text) == 0,
            "a sweep round-trips");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct sdse_arena *arena = sdse_arena_new();
    FILE *sink = fopen("/dev/null", "w");
    require(arena && sink, "memory");
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_node *root = NULL;
    char *text = sdse_arena_copy(arena, (const char *)data, size);
    struct sdse_set set = {NULL, "", {"override", 1, 1}};
    char path[64], value[64];
    if (text && sscanf(text, "# set: %63[^=\n]=%63[^\n]", path, value) == 2) {
        set.path = path;
        set.value = value;
    }
    if (text &&
        sdse_tree_parse_memory(arena, "fuzz", text, size, &diags, &root) == SDSE_OK) {
        enum sdse_file_kind kind = sdse_tree_kind(root);
        bool any = kind == SDSE_FILE_UNKNOWN;
        if (any || kind == SDSE_FILE_ARCH)
            try_arch(&diags, root, &set, sink);
        if (any || kind == SDSE_FILE_WORKLOAD)
            try_workload(&diags, root, sink);
        if (any || kind == SDSE_FILE_MAPPING)
            try_mapping(&diags, root, sink);
        if (any || kind == SDSE_FILE_SWEEP)
            try_sweep(&diags, root);
        struct sdse_validation *validation = NULL;
        if (any || kind == SDSE_FILE_VALIDATION)
            sdse_validation_from_tree(arena, root, &diags, &validation);
    }
    fclose(sink);
    sdse_arena_free(arena);
    return 0;
}
