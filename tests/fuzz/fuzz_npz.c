// Any bytes as an archive of NumPy's arrays: never a crash, and no more numbers than
// deflate can have packed.
#include "fuzz/tensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    try_tensors(data, size, 1032 * size + 1024, SDSE_TENSORS_NPZ);
    return 0;
}
