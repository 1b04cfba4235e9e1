// Any bytes as a file of SCALE-Sim: never a crash, and what is accepted is a file of
// ours that loads, but for sizes beyond what it may say.
#include "fuzz/translated.h"
#include "import/scalesim/scalesim.h"

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
    if (status == SDSE_OK && config)
        load_arch(arena, &diags, yaml);
    else if (status == SDSE_OK)
        load_network(arena, &diags, yaml);
    sdse_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = text_of(data, size);
    try_text(text, false);
    try_text(text, true);
    free(text);
    return 0;
}
