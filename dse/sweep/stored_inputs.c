#include "dse/sweep/stored_inputs.h"

#include <stdio.h>
#include <string.h>

#include "costmodel/resolve.h"
#include "spec/load.h"

struct sdse_node *sdse_stored_input_parse(struct sdse_arena *arena, const char *text,
                                          struct sdse_diags *diags) {
    struct sdse_node *root = NULL;
    const char *copy = sdse_arena_strdup(arena, text);
    return copy && sdse_tree_parse_memory(arena, "stored", copy, strlen(copy), diags,
                                          &root) == SDSE_OK
               ? root
               : NULL;
}

void sdse_stored_inputs_take(struct sdse_stored_inputs *inputs, const char *arch_hash,
                             const char *arch, const char *workload_hash,
                             const char *workload) {
    if (strncmp(inputs->arch_hash, arch_hash, sizeof inputs->arch_hash - 1) == 0 &&
        strncmp(inputs->workload_hash, workload_hash,
                sizeof inputs->workload_hash - 1) == 0)
        return;
    sdse_arena_reset(inputs->arena);
    inputs->arch = NULL;
    inputs->workload = NULL;
    snprintf(inputs->arch_hash, sizeof inputs->arch_hash, "%s", arch_hash);
    snprintf(inputs->workload_hash, sizeof inputs->workload_hash, "%s", workload_hash);
    struct sdse_diags quiet;
    sdse_diags_init(&quiet, inputs->arena);
    struct sdse_node *root = sdse_stored_input_parse(inputs->arena, arch, &quiet);
    if (!root ||
        sdse_arch_from_tree(inputs->arena, root, NULL, 0, &quiet, &inputs->arch) !=
            SDSE_OK ||
        sdse_arch_resolve_costs(inputs->arch, inputs->arena, &quiet) != SDSE_OK)
        inputs->arch = NULL;
    root = sdse_stored_input_parse(inputs->arena, workload, &quiet);
    if (!root || sdse_workload_from_tree(inputs->arena, root, &quiet,
                                         &inputs->workload) != SDSE_OK)
        inputs->workload = NULL;
}
