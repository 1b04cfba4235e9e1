// Any bytes as a safetensors file: never a crash, and no numbers that are not there.
#include "fuzz/tensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    try_tensors(data, size, size, SDSE_TENSORS_SAFETENSORS);
    return 0;
}
