// Any bytes as a file of Timeloop: never a crash, and what is accepted are files of
// ours that parse, and load but for sizes and costs beyond what they may say.
#include <errno.h>

#include "fuzz/translated.h"
#include "import/timeloop/timeloop.h"

// What any file includes: one of three.
static const char *read_included(void *who, struct sdse_arena *arena, const char *path,
                                 int *number) {
    (void)who;
    (void)arena;
    const size_t length = strlen(path);
    if (length % 3 == 0)
        return "{N: 1, M: 2, C: 4, P: 2, Q: 2, R: 1, S: 1}";
    if (length % 3 == 1)
        return "a: !include b\nc: &c [*c]\n";
    *number = ENOENT;
    return NULL;
}

static void try_text(const char *text, bool lossy) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    const struct sdse_timeloop_text texts[] = {{"in", text}};
    const struct sdse_foreign_files includes = {read_included, NULL};
    struct sdse_timeloop_files files = {0};
    const enum sdse_status status =
        sdse_timeloop_import(texts, 1, lossy, &includes, arena, &diags, &files);
    require((status == SDSE_OK) == !diags.errors, "status tells of errors");
    if (status == SDSE_OK) {
        const struct sdse_arch *arch = NULL;
        const struct sdse_workload *net = NULL;
        struct sdse_mapping *mapping = NULL;
        require(files.arch || files.network, "something is made of it");
        if (files.arch)
            arch = load_arch(arena, &diags, files.arch);
        if (files.network)
            net = load_network(arena, &diags, files.network);
        const struct sdse_node *root =
            files.mapping
                ? parse_translated(arena, &diags, files.mapping, SDSE_FILE_MAPPING)
                : NULL;
        if (root && arch && net)
            sdse_mapping_from_tree(arena, root, arch, net->layers, &diags, &mapping);
    }
    sdse_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = text_of(data, size);
    sdse_timeloop_is(text);
    try_text(text, false);
    try_text(text, true);
    free(text);
    return 0;
}
