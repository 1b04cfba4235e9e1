// Any bytes as a file of SCALE-Sim: never a crash, and what is accepted is a file of
// ours that loads, but for sizes beyond what it may say.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/scalesim/scalesim.h"
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
    const bool config = sdse_scalesim_kind(text) == SDSE_SCALESIM_CONFIG;
    const enum sdse_status status =
        config ? sdse_scalesim_config("in", text, lossy, arena, &diags, &yaml)
               : sdse_scalesim_topology("in", text, lossy, arena, &diags, &yaml);
    require((status == SDSE_OK) == !diags.errors, "status tells of errors");
    if (status == SDSE_OK) {
        struct sdse_node *root = NULL;
        struct sdse_arch *arch = NULL;
        struct sdse_workload *net = NULL;
        require(sdse_tree_parse_memory(arena, "out", yaml, strlen(yaml), &diags,
                                       &root) == SDSE_OK,
                "what is written parses");
        require((sdse_tree_kind(root) == SDSE_FILE_ARCH) == config, "its kind shows");
        if (config)
            sdse_arch_from_tree(arena, root, NULL, 0, &diags, &arch);
        else
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
    try_text(text, false);
    try_text(text, true);
    free(text);
    return 0;
}
