// Any bytes as a file of PyTorch's, and as the pickle in one: never a crash, nothing is
// called, and no more numbers than deflate can have packed.
#include "fuzz/tensors.h"

#include "import/tensors/pickle.h"

static bool anything(const char *global) { return strncmp(global, "os", 2) != 0; }

// Every value once, however often it is held.
static void look_at(const struct sdse_pickle_value *value, unsigned depth) {
    require(value->kind <= SDSE_PICKLE_OUTSIDE, "a value is of a kind");
    require(value->kind != SDSE_PICKLE_GLOBAL || anything(value->text),
            "what is not allowed is not named");
    require(value->kind != SDSE_PICKLE_DICT || value->count % 2 == 0,
            "a key has a value");
    require(value->kind != SDSE_PICKLE_CALL || value->count == 2,
            "a call has a function and arguments");
    for (size_t i = 0; depth < 3 && i < value->count && i < 16; i++)
        look_at(value->item[i], depth + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    const struct sdse_pickle_value *value = NULL;
    sdse_diags_init(&diags, arena);
    const enum sdse_status status = sdse_pickle_read(data, size, "fuzz", "data.pkl",
                                                     anything, arena, &value, &diags);
    require((status == SDSE_OK) == (diags.errors == 0), "a refusal has a diagnostic");
    if (status == SDSE_OK)
        look_at(value, 0);
    sdse_arena_free(arena);
    try_tensors(data, size, 1032 * size + 1024, SDSE_TENSORS_TORCH);
    return 0;
}
