#include "support_accelforge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "costmodel/resolve.h"
#include "import/accelforge/accelforge.h"

static struct sdse_node *forge_parse(struct forge_read *r, const char *text) {
    struct sdse_node *root = NULL;
    assert_int_equal(
        sdse_tree_parse_memory(r->arena, "out", text, strlen(text), &r->diags, &root),
        SDSE_OK);
    return root;
}

struct forge_read forge_read(const char *first, const char *second, bool lossy) {
    struct forge_read r = {.arena = sdse_arena_new()};
    const char *texts[2] = {first, second}, *arch = NULL, *net = NULL;
    const struct sdse_node *roots[2];
    sdse_diags_init(&r.diags, r.arena);
    size_t count = 0;
    for (size_t i = 0; i < 2 && texts[i]; i++) {
        struct sdse_node *root = NULL;
        assert_int_equal(sdse_tree_parse_decorated(r.arena, "in", texts[i],
                                                   strlen(texts[i]), &r.diags, &root),
                         SDSE_OK);
        roots[count++] = root;
    }
    r.status =
        sdse_accelforge_import(roots, count, lossy, r.arena, &r.diags, &arch, &net);
    assert_int_equal(r.status == SDSE_OK, r.diags.errors == 0);
    r.arch_text = arch;
    r.net_text = net;
    if (r.status == SDSE_OK && arch) {
        r.status = sdse_arch_from_tree(r.arena, forge_parse(&r, arch), NULL, 0,
                                       &r.diags, &r.arch);
        if (r.status == SDSE_OK)
            r.status = sdse_arch_resolve_costs(r.arch, r.arena, &r.diags);
        if (r.status != SDSE_OK)
            sdse_diags_print(&r.diags, stderr, false);
        assert_int_equal(r.status, SDSE_OK);
    }
    if (r.status == SDSE_OK && net) {
        r.status =
            sdse_workload_from_tree(r.arena, forge_parse(&r, net), &r.diags, &r.net);
        if (r.status != SDSE_OK)
            sdse_diags_print(&r.diags, stderr, false);
        assert_int_equal(r.status, SDSE_OK);
    }
    return r;
}

bool forge_fired(const struct forge_read *r, const char *check, const char *part) {
    for (const struct sdse_diag *d = r->diags.first; d; d = d->next)
        if (d->check && strcmp(d->check, check) == 0 && strstr(d->message, part))
            return true;
    return false;
}

struct sdse_cost forge_cost(struct forge_read *r, const char *mapping) {
    struct sdse_mapping *read = NULL;
    struct sdse_model *model = NULL;
    struct sdse_cost cost;
    const struct sdse_layer *layer = &r->net->layers[0];
    assert_int_equal(sdse_mapping_from_tree(r->arena, forge_parse(r, mapping), r->arch,
                                            layer, &r->diags, &read),
                     SDSE_OK);
    assert_int_equal(sdse_model_new(r->arch, layer, NULL, r->arena, &model), SDSE_OK);
    sdse_evaluate_full(model, read, &cost);
    return cost;
}
