// Any bytes as a TensorFlow Lite model: never a crash; weights are in the file (those
// of a cell up to eight times, and two numbers of 4 bits in a byte), and what is
// accepted is a network that loads, but for sizes beyond what it may say.
#include "fuzz/tensors.h"
#include "fuzz/translated.h"
#include "import/tflite/tflite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_tflite lite;
    sdse_diags_init(&diags, arena);
    const enum sdse_status status =
        sdse_tflite_parse(data, size, "fuzz", arena, &lite, &diags);
    require((status == SDSE_OK) == (diags.errors == 0), "a refusal has a diagnostic");
    if (status == SDSE_OK) {
        for (size_t i = 0; i < lite.layer_count; i++)
            read_values(&lite.layers[i].weights, 16 * size, &diags);
        load_network(arena, &diags, lite.yaml);
    }
    sdse_arena_free(arena);
    return 0;
}
