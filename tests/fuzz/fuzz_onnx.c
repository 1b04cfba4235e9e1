// Any bytes as an ONNX model: never a crash; what is accepted is a workload that loads
// back to the same nests.
#include <string.h>

#include "fuzz/target.h"
#include "import/onnx/onnx.h"
#include "spec/load.h"
#include "spec/write.h"

static void check_workload(const struct sdse_workload *workload,
                           struct sdse_diags *diags) {
    struct sdse_arena *arena = diags->arena;
    char *text = sdse_workload_text(arena, workload);
    struct sdse_node *root = NULL;
    struct sdse_workload *again = NULL;
    require(text != NULL, "memory");
    if (strlen(text) > 1 << 20)
        return;
    bool loads = sdse_tree_parse_memory(arena, "again", text, strlen(text), diags,
                                        &root) == SDSE_OK &&
                 sdse_workload_from_tree(arena, root, diags, &again) == SDSE_OK;
    if (!loads)
        sdse_diags_print(diags, stderr, false);
    require(loads, "the written workload loads");
    require(again->layer_count == workload->layer_count, "as many layers");
    for (size_t i = 0; i < again->layer_count; i++)
        require(memcmp(&again->layers[i].nest, &workload->layers[i].nest,
                       sizeof(struct sdse_nest)) == 0 &&
                    again->layers[i].kind == workload->layers[i].kind,
                "the same nest");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_imported *imported = NULL;
    if (!arena)
        return 0;
    sdse_diags_init(&diags, arena);
    struct sdse_import_input input = {.name = "x", .rank = 4, .shape = {1, 3, 32, 32}};
    struct sdse_import_options options = {.input_count = 1, .inputs = &input};
    enum sdse_status status =
        sdse_import_onnx_bytes(data, size, "fuzz.onnx", &options, &imported, &diags);
    require((status == SDSE_OK) == (diags.errors == 0), "a refusal has a diagnostic");
    if (status == SDSE_OK) {
        const struct sdse_workload *workload = sdse_imported_workload(imported);
        for (size_t i = 0; i < workload->layer_count; i++) {
            struct sdse_array array = {0};
            if (sdse_imported_weights(imported, i, &array, &diags) == SDSE_OK)
                require(array.count <= size, "as many weights as the file holds");
            sdse_array_free(&array);
        }
        check_workload(workload, &diags);
    }
    sdse_imported_free(imported);
    sdse_arena_free(arena);
    return 0;
}
