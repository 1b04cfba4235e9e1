// A network from YAML text, which must load; what is wrong with it is printed.
#ifndef SDSE_TESTS_NETWORK_TEXT_H
#define SDSE_TESTS_NETWORK_TEXT_H

#include <stdio.h>
#include <string.h>

#include "spec/load.h"

static inline struct sdse_workload *network_of_text(struct sdse_arena *arena,
                                                    const char *text) {
    struct sdse_diags diags;
    struct sdse_node *root = NULL;
    struct sdse_workload *net = NULL;
    sdse_diags_init(&diags, arena);
    assert_int_equal(
        sdse_tree_parse_memory(arena, "t.yaml", text, strlen(text), &diags, &root),
        SDSE_OK);
    if (sdse_workload_from_tree(arena, root, &diags, &net) != SDSE_OK) {
        sdse_diags_print(&diags, stderr, false);
        fail_msg("%s", text);
    }
    return net;
}

#endif
