// Any bytes as a network of MAESTRO: never a crash, and what is accepted is a file of
// ours that parses.
#include "fuzz/translated.h"
#include "import/maestro/maestro.h"

static void try_text(const char *text, bool lossy) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    const char *yaml = NULL;
    const enum sdse_status status =
        sdse_maestro_network("in", text, lossy, arena, &diags, &yaml);
    require((status == SDSE_OK) == !diags.errors, "status tells of errors");
    if (status == SDSE_OK)
        load_network(arena, &diags, yaml);
    sdse_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = text_of(data, size);
    (void)sdse_maestro_is(text);
    try_text(text, false);
    try_text(text, true);
    free(text);
    return 0;
}
