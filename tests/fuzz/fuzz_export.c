// Any bytes as an accelerator, a network and a mapping, each after a line "%%": never a
// crash where they become files of Timeloop and ZigZag, and what is written is read.
#include "costmodel/resolve.h"
#include "export/timeloop/timeloop.h"
#include "export/zigzag/zigzag.h"
#include "fuzz/translated.h"
#include "import/timeloop/timeloop.h"
#include "import/zigzag/zigzag.h"

enum { ARCH, NETWORK, MAPPING, PARTS };

struct design {
    struct sdse_arch *arch;
    struct sdse_layer *layer;
    struct sdse_mapping *mapping;
};

static bool read_design(struct sdse_arena *arena, const char *const part[PARTS],
                        struct design *design) {
    struct sdse_diags diags;
    struct sdse_node *root[PARTS] = {NULL};
    struct sdse_workload *net = NULL;
    sdse_diags_init(&diags, arena);
    for (unsigned p = 0; p < PARTS; p++)
        if (part[p])
            sdse_tree_parse_memory(arena, "in", part[p], strlen(part[p]), &diags,
                                   &root[p]);
    if (!root[ARCH] || sdse_arch_from_tree(arena, root[ARCH], NULL, 0, &diags,
                                           &design->arch) != SDSE_OK ||
        sdse_arch_resolve_costs(design->arch, arena, &diags) != SDSE_OK)
        return false;
    if (root[NETWORK])
        sdse_workload_from_tree(arena, root[NETWORK], &diags, &net);
    for (size_t l = 0; net && l < net->layer_count && !design->layer; l++)
        if (!sdse_layer_moves(&net->layers[l]))
            design->layer = &net->layers[l];
    if (root[MAPPING] && design->layer)
        sdse_mapping_from_tree(arena, root[MAPPING], design->arch, design->layer,
                               &diags, &design->mapping);
    return true;
}

static void try_timeloop(const struct design *design, struct sdse_arena *arena,
                         bool lossy) {
    struct sdse_diags diags;
    struct sdse_timeloop_texts texts;
    struct sdse_timeloop_files files;
    sdse_diags_init(&diags, arena);
    const enum sdse_status status =
        sdse_timeloop_export(design->arch, design->layer, design->mapping, lossy, arena,
                             &diags, &texts);
    require((status == SDSE_OK) == !diags.errors, "status tells of errors");
    if (status != SDSE_OK)
        return;
    struct sdse_timeloop_text list[PARTS] = {{"arch", texts.arch}};
    size_t count = 1;
    if (texts.problem)
        list[count++] = (struct sdse_timeloop_text){"problem", texts.problem};
    if (texts.mapping)
        list[count++] = (struct sdse_timeloop_text){"mapping", texts.mapping};
    if (sdse_timeloop_import(list, count, lossy, NULL, arena, &diags, &files) !=
        SDSE_OK) {
        sdse_diags_print(&diags, stderr, false);
        require(false, "what is written for Timeloop is read");
    }
}

static void try_zigzag(const struct design *design, struct sdse_arena *arena,
                       bool lossy) {
    struct sdse_diags diags;
    struct sdse_zigzag_texts texts;
    struct sdse_node *root = NULL;
    const char *yaml;
    sdse_diags_init(&diags, arena);
    const enum sdse_status status =
        sdse_zigzag_export(design->arch, design->layer, design->mapping, lossy, arena,
                           &diags, &texts);
    require((status == SDSE_OK) == !diags.errors, "status tells of errors");
    if (status != SDSE_OK)
        return;
    require(sdse_tree_parse_memory(arena, "out", texts.hardware, strlen(texts.hardware),
                                   &diags, &root) == SDSE_OK &&
                sdse_zigzag_accelerator(root, NULL, NULL, true, arena, &diags, &yaml) ==
                    SDSE_OK,
            "what is written for ZigZag is read");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = text_of(data, size);
    const char *part[PARTS] = {text};
    char *end = text;
    for (unsigned p = 1; p < PARTS && (end = strstr(end, "\n%%\n")); p++) {
        *end = '\0';
        part[p] = end += 4;
    }
    for (int lossy = 0; lossy < 2; lossy++) {
        struct sdse_arena *arena = sdse_arena_new();
        struct design design = {0};
        if (read_design(arena, part, &design)) {
            try_timeloop(&design, arena, lossy);
            try_zigzag(&design, arena, lossy);
        }
        sdse_arena_free(arena);
    }
    free(text);
    return 0;
}
