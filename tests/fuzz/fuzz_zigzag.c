// Any bytes as files of ZigZag: never a crash, and what is accepted is a file of ours
// that parses. Hardware may be followed by a workload and a mapping, after lines "%%".
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/zigzag/zigzag.h"
#include "spec/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KINDS = SDSE_ZIGZAG_MAPPING + 1 };

static void require(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

// What comes of a translation is ours by its keys, whatever its numbers.
static void try_result(struct sdse_arena *arena, enum sdse_status status,
                       struct sdse_diags *diags, const char *yaml, bool arch) {
    require((status == SDSE_OK) == !diags->errors, "status tells of errors");
    if (status != SDSE_OK)
        return;
    struct sdse_node *root = NULL;
    struct sdse_arch *loaded = NULL;
    struct sdse_workload *net = NULL;
    require(sdse_tree_parse_memory(arena, "out", yaml, strlen(yaml), diags, &root) ==
                SDSE_OK,
            "what is written parses");
    require(sdse_tree_kind(root) == (arch ? SDSE_FILE_ARCH : SDSE_FILE_WORKLOAD),
            "its kind shows");
    if (arch)
        sdse_arch_from_tree(arena, root, NULL, 0, diags, &loaded);
    else
        sdse_workload_from_tree(arena, root, diags, &net);
}

static void try_roots(struct sdse_arena *arena, struct sdse_node *const root[KINDS],
                      bool lossy) {
    struct sdse_diags diags;
    const char *yaml = NULL;
    if (root[SDSE_ZIGZAG_HARDWARE]) {
        sdse_diags_init(&diags, arena);
        const enum sdse_status status = sdse_zigzag_accelerator(
            root[SDSE_ZIGZAG_HARDWARE], root[SDSE_ZIGZAG_WORKLOAD],
            root[SDSE_ZIGZAG_MAPPING], lossy, arena, &diags, &yaml);
        try_result(arena, status, &diags, yaml, true);
    }
    if (root[SDSE_ZIGZAG_WORKLOAD]) {
        sdse_diags_init(&diags, arena);
        const enum sdse_status status = sdse_zigzag_workload(
            root[SDSE_ZIGZAG_WORKLOAD], lossy, arena, &diags, &yaml);
        try_result(arena, status, &diags, yaml, false);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    require(text != NULL, "memory");
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
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
