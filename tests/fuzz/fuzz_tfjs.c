// Any bytes as a model.json of TensorFlow.js whose files are itself: never a crash, and
// no numbers that are not there. (A group may name a file as often as it likes.)
#include "fuzz/tensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    try_tensors(data, size, size * size, SDSE_TENSORS_TFJS);
    return 0;
}
