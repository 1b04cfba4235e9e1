// Any bytes as files of MAESTRO: never a crash, and what is accepted are files of ours
// that parse. A network may be followed by an accelerator, after a line "%%".
#include "fuzz/translated.h"
#include "import/maestro/maestro.h"

// A network, an accelerator, or both.
static void try_texts(const struct sdse_maestro_text *network,
                      const struct sdse_maestro_text *hardware, bool lossy) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_maestro_files files = {0};
    const enum sdse_status status =
        sdse_maestro_import(network, hardware, lossy, arena, &diags, &files);
    require((status == SDSE_OK) == !diags.errors, "status tells of errors");
    if (status == SDSE_OK) {
        require(!files.arch == !hardware && !files.network == !network,
                "each file becomes one");
        const struct sdse_arch *arch =
            hardware ? load_arch(arena, &diags, files.arch) : NULL;
        const struct sdse_workload *net =
            network ? load_network(arena, &diags, files.network) : NULL;
        if (files.mapping && net && net->layer_count > 1) {
            parse_translated(arena, &diags, files.mapping, SDSE_FILE_SCHEDULE);
        } else if (files.mapping && net && arch) {
            struct sdse_mapping *mapping = NULL;
            sdse_mapping_from_tree(
                arena,
                parse_translated(arena, &diags, files.mapping, SDSE_FILE_MAPPING), arch,
                net->layers, &diags, &mapping);
        }
    }
    sdse_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = text_of(data, size);
    char *second = strstr(text, "\n%%\n");
    if (second)
        *second = '\0';
    (void)sdse_maestro_kind(text);
    const struct sdse_maestro_text network = {"in", text},
                                   hardware = {"hw", second ? second + 4 : text};
    for (int lossy = 0; lossy < 2; lossy++) {
        try_texts(&network, second ? &hardware : NULL, lossy);
        if (!second)
            try_texts(NULL, &hardware, lossy);
    }
    free(text);
    return 0;
}
