// Any bytes as a model.json of TensorFlow.js whose files are itself: never a crash, and
// no numbers that are not there. (A group may name a file as often as it likes.) With a
// topology, what is accepted is a network that loads, and whose weights can be read.
#include "fuzz/tensors.h"
#include "fuzz/translated.h"
#include "import/tfjs/tfjs.h"
#include "spec/write.h"

static void try_model(const uint8_t *data, size_t size,
                      const struct sdse_import_options *options) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_imported *imported = NULL;
    sdse_diags_init(&diags, arena);
    const enum sdse_status status =
        sdse_tfjs_parse(data, size, "fuzz", options, &imported, &diags);
    require((status == SDSE_OK) == (diags.errors == 0), "a refusal has a diagnostic");
    require(status == SDSE_OK || !imported, "what is refused is no network");
    const struct sdse_workload *net =
        imported ? sdse_imported_workload(imported) : NULL;
    for (size_t i = 0; net && i < net->layer_count && i < 16; i++) {
        struct sdse_array array;
        if (sdse_imported_weights(imported, i, &array, &diags) == SDSE_OK)
            sdse_array_free(&array);
    }
    if (net) {
        struct sdse_workload bare = *net;
        bare.layers =
            sdse_arena_alloc(arena, net->layer_count + 1, sizeof *bare.layers);
        for (size_t i = 0; i < net->layer_count; i++) {
            bare.layers[i] = net->layers[i];
            bare.layers[i].weights_file = NULL; // of no file here
        }
        load_network(arena, &diags, sdse_workload_text(arena, &bare));
    }
    sdse_imported_free(imported);
    sdse_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct sdse_import_input batch = {.name = "batch", .rank = 1, .shape = {2}};
    const struct sdse_import_options two = {.input_count = 1, .inputs = &batch};
    try_tensors(data, size, size * size, SDSE_TENSORS_TFJS);
    try_model(data, size, NULL);
    try_model(data, size, &two);
    return 0;
}
