// What the fuzz targets of tensor files share: any bytes are listed or refused with a
// reason, and what is listed can be read, or refused.
#ifndef SDSE_TESTS_FUZZ_TENSORS_H
#define SDSE_TESTS_FUZZ_TENSORS_H

#include <string.h>

#include "fuzz/target.h"
#include "import/tensors/roles.h"
#include "import/tensors/tensors.h"

static inline void read_values(const struct sdse_stored_tensor *tensor, size_t most,
                               struct sdse_diags *diags) {
    struct sdse_array array = {0};
    const size_t errors = diags->errors;
    uint64_t count;
    if (tensor->dtype == SDSE_DTYPES)
        return;
    require(tensor->count <= most, "no more numbers than the file can hold");
    const enum sdse_status status = sdse_tensor_values(tensor, &array, diags);
    require((status == SDSE_OK) == (diags->errors == errors),
            "a refusal has a diagnostic");
    if (status == SDSE_OK) {
        require(sdse_shape_count(array.shape, array.rank, &count) &&
                    count == array.count && count == tensor->count,
                "as many numbers as the shape says");
        float sum = 0; // touches every number, for the sanitizers
        for (uint64_t i = 0; i < count; i++)
            sum += array.data[i];
        require(sum <= 0 || sum > 0 || sum != sum, "the numbers can be read");
    }
    sdse_array_free(&array);
}

// most: numbers of one tensor that a file of `size` bytes may hold.
static inline void try_tensors(const uint8_t *data, size_t size, size_t most,
                               enum sdse_tensor_format format) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_tensors tensors;
    sdse_diags_init(&diags, arena);
    const enum sdse_status status =
        sdse_tensors_parse(data, size, "fuzz", format, arena, &tensors, &diags);
    require((status == SDSE_OK) == (diags.errors == 0), "a refusal has a diagnostic");
    if (status == SDSE_OK) {
        struct sdse_tensor_layer *layers;
        struct sdse_tensor_leftovers rest;
        size_t count, others = 0;
        require(tensors.count > 0, "a file of tensors has one");
        require(sdse_tensors_layers(&tensors, &layers, &count, &rest), "memory");
        for (int r = 0; r < SDSE_TENSOR_RESTS; r++)
            others += rest.tensors[r];
        require(count + others == tensors.count, "every tensor is something");
        for (size_t i = 0; i < tensors.count && i < 64; i++)
            read_values(&tensors.tensor[i], most, &diags);
        for (size_t i = 0; i < count && i < 64; i++)
            read_values(&layers[i].weights, most, &diags);
    }
    sdse_tensors_free(&tensors);
    sdse_arena_free(arena);
}

#endif
