// Any bytes as files of ZigZag: never a crash, and what is accepted is a file of ours
// that parses. Hardware may be followed by a workload and a mapping, after lines "%%".
#include "fuzz/translated.h"
#include "import/zigzag/zigzag.h"

enum { KINDS = SDSE_ZIGZAG_MAPPING + 1 };

static void try_roots(struct sdse_arena *arena, struct sdse_node *const root[KINDS],
                      bool lossy) {
    struct sdse_diags diags;
    const char *yaml = NULL;
    if (root[SDSE_ZIGZAG_HARDWARE]) {
        sdse_diags_init(&diags, arena);
        const enum sdse_status status = sdse_zigzag_accelerator(
            root[SDSE_ZIGZAG_HARDWARE], root[SDSE_ZIGZAG_WORKLOAD],
            root[SDSE_ZIGZAG_MAPPING], lossy, arena, &diags, &yaml);
        require((status == SDSE_OK) == !diags.errors, "status tells of errors");
        if (status == SDSE_OK)
            load_arch(arena, &diags, yaml);
    }
    if (root[SDSE_ZIGZAG_WORKLOAD]) {
        sdse_diags_init(&diags, arena);
        const enum sdse_status status = sdse_zigzag_workload(
            root[SDSE_ZIGZAG_WORKLOAD], lossy, arena, &diags, &yaml);
        require((status == SDSE_OK) == !diags.errors, "status tells of errors");
        if (status == SDSE_OK)
            load_network(arena, &diags, yaml);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = text_of(data, size);
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_node *root[KINDS] = {NULL};
    for (char *part = text; part;) {
        char *end = strstr(part, "\n%%\n");
        if (end)
            *end = '\0';
        const enum sdse_zigzag_kind kind = sdse_zigzag_kind(part);
        if (kind != SDSE_ZIGZAG_NONE)
            sdse_tree_parse_memory(arena, "in", part, strlen(part), &diags,
                                   &root[kind]);
        part = end ? end + 4 : NULL;
    }
    try_roots(arena, root, false);
    try_roots(arena, root, true);
    sdse_arena_free(arena);
    free(text);
    return 0;
}
