// Any bytes as a .npy file: never a crash; what is accepted has as many
// numbers as its shape says, all in the file.
#include "fuzz/target.h"
#include "smartdeal/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_array array = {0};
    if (!arena)
        return 0;
    sdse_diags_init(&diags, arena);
    enum sdse_status status = sdse_npy_parse(data, size, "fuzz.npy", &array, &diags);
    require((status == SDSE_OK) == (diags.errors == 0), "a refusal has a diagnostic");
    if (status == SDSE_OK) {
        uint64_t count;
        require(sdse_shape_count(array.shape, array.rank, &count) &&
                    count == array.count && count <= size,
                "the file holds as many elements as its shape");
        float sum = 0; // touches every element, for the sanitizers
        for (uint64_t i = 0; i < count; i++)
            sum += array.data[i];
        require(sum <= 0 || sum > 0 || sum != sum, "the elements can be read");
    }
    sdse_array_free(&array);
    sdse_arena_free(arena);
    return 0;
}
