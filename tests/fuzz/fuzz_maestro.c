// Any bytes as a network of MAESTRO: never a crash, and what is accepted is a file of
// ours that parses.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/maestro/maestro.h"
#include "spec/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static void try_text(const char *text, bool lossy) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    const char *yaml = NULL;
    const enum sdse_status status =
        sdse_maestro_network("in", text, lossy, arena, &diags, &yaml);
    require((status == SDSE_OK) == !diags.errors, "status tells of errors");
    if (status == SDSE_OK) {
        struct sdse_node *root = NULL;
        struct sdse_workload *net = NULL;
        require(sdse_tree_parse_memory(arena, "out", yaml, strlen(yaml), &diags,
                                       &root) == SDSE_OK,
                "what is written parses");
        require(sdse_tree_kind(root) == SDSE_FILE_WORKLOAD, "its kind shows");
        sdse_workload_from_tree(arena, root, &diags, &net);
    }
    sdse_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    require(text != NULL, "memory");
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    (void)sdse_maestro_is(text);
    try_text(text, false);
    try_text(text, true);
    free(text);
    return 0;
}
