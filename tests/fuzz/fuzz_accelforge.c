// Any bytes as files of AccelForge, a second one after a line "%%": never a crash, and
// what is accepted is a file of ours that parses.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/accelforge/accelforge.h"
#include "spec/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static void try_result(struct sdse_arena *arena, struct sdse_diags *diags,
                       const char *yaml, enum sdse_file_kind kind) {
    struct sdse_node *root = NULL;
    struct sdse_arch *arch = NULL;
    struct sdse_workload *net = NULL;
    require(sdse_tree_parse_memory(arena, "out", yaml, strlen(yaml), diags, &root) ==
                SDSE_OK,
            "what is written parses");
    require(sdse_tree_kind(root) == kind, "its kind shows");
    if (kind == SDSE_FILE_ARCH)
        sdse_arch_from_tree(arena, root, NULL, 0, diags, &arch);
    else
        sdse_workload_from_tree(arena, root, diags, &net);
}

static void try_roots(struct sdse_arena *arena, const struct sdse_node *const *roots,
                      size_t count, bool lossy) {
    struct sdse_diags diags;
    const char *arch = NULL, *net = NULL;
    sdse_diags_init(&diags, arena);
    const enum sdse_status status =
        sdse_accelforge_import(roots, count, lossy, arena, &diags, &arch, &net);
    require((status == SDSE_OK) == !diags.errors, "status tells of errors");
    if (arch)
        try_result(arena, &diags, arch, SDSE_FILE_ARCH);
    if (net)
        try_result(arena, &diags, net, SDSE_FILE_WORKLOAD);
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
    const struct sdse_node *roots[2];
    size_t count = 0;
    for (char *part = text; part && count < 2;) {
        char *end = strstr(part, "\n%%\n");
        struct sdse_node *root = NULL;
        if (end)
            *end = '\0';
        (void)sdse_accelforge_is(part);
        if (sdse_tree_parse_decorated(arena, "in", part, strlen(part), &diags, &root) ==
            SDSE_OK)
            roots[count++] = root;
        part = end ? end + 4 : NULL;
    }
    try_roots(arena, roots, count, false);
    try_roots(arena, roots, count, true);
    sdse_arena_free(arena);
    free(text);
    return 0;
}
