// Any bytes as templates of AccelForge's files, a second one after a line "%%": never a
// crash, and what is accepted is a file of ours that parses.
#include "fuzz/translated.h"
#include "import/accelforge/accelforge.h"
#include "import/foreign/template.h"

static void try_roots(struct sdse_arena *arena, const struct sdse_node *const *roots,
                      size_t count, bool lossy) {
    struct sdse_diags diags;
    const char *arch = NULL, *net = NULL;
    sdse_diags_init(&diags, arena);
    const enum sdse_status status =
        sdse_accelforge_import(roots, count, lossy, arena, &diags, &arch, &net);
    require((status == SDSE_OK) == !diags.errors, "status tells of errors");
    if (arch)
        load_arch(arena, &diags, arch);
    if (net)
        load_network(arena, &diags, net);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = text_of(data, size);
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
        struct sdse_foreign foreign = {arena, &diags, false, false, false};
        const char *made = sdse_foreign_template(&foreign, "in", part, "template");
        require(!made == foreign.failed, "a template is text, or refused");
        if (made && sdse_tree_parse_decorated(arena, "in", made, strlen(made), &diags,
                                              &root) == SDSE_OK)
            roots[count++] = root;
        part = end ? end + 4 : NULL;
    }
    try_roots(arena, roots, count, false);
    try_roots(arena, roots, count, true);
    sdse_arena_free(arena);
    free(text);
    return 0;
}
