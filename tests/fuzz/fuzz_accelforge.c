// Any bytes as templates of AccelForge's files, a second one after a line "%%": never a
// crash, and what is accepted is a file of ours that parses.
#include <errno.h>

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

// Includes in files that are included, too.
static const char *read_included(void *who, struct sdse_arena *arena, const char *path,
                                 int *number) {
    (void)who, (void)arena;
    const size_t length = strlen(path);
    if (length % 3 == 0)
        return "a: 1\n{{ include_text('bb') }}\n";
    if (length % 3 == 1)
        return "{% set N = 3 %}{% macro m(i) %}{{ i + 1 }}{% endmacro %}\n";
    *number = ENOENT;
    return NULL;
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
        const struct sdse_foreign_files files = {read_included, NULL};
        struct sdse_template_given given = {"N", 2, false};
        const struct sdse_template_world world = {&files, 1, &given};
        root = sdse_foreign_parse(&foreign, "in", part, "template", &world);
        require(!root == foreign.failed, "a template is a tree, or refused");
        if (root)
            roots[count++] = root;
        part = end ? end + 4 : NULL;
    }
    try_roots(arena, roots, count, false);
    try_roots(arena, roots, count, true);
    sdse_arena_free(arena);
    free(text);
    return 0;
}
