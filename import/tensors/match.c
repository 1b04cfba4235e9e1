// The layers of a known network, and the tensors that are theirs.
#include <ctype.h>
#include <string.h>

#include "import/tensors/list.h"
#include "import/tensors/roles.h"

// Letters and digits are themselves, everything else is the same.
static int letter(char c) {
    const unsigned char u = (unsigned char)c;
    return u >= 0x80 || isalnum(u) ? u : '.';
}

static bool alike(const char *a, const char *b, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (letter(a[i]) != letter(b[i]))
            return false;
    return true;
}

// Bytes of a tensor's name that may be a layer's.
static size_t stem_length(const char *name) {
    static const char *const ends[] = {"weight", "kernel", "depthwise_kernel",
                                       "pointwise_kernel"};
    size_t length = strlen(name);
    if (length > 2 && strcmp(name + length - 2, ":0") == 0)
        length -= 2;
    size_t at = length;
    while (at > 0 && name[at - 1] != '.' && name[at - 1] != '/')
        at--;
    for (size_t i = 0; at > 1 && i < sizeof ends / sizeof *ends; i++)
        if (length - at == strlen(ends[i]) &&
            memcmp(name + at, ends[i], length - at) == 0)
            return at - 1;
    return length;
}

// 2: the names are the same; 1: the tensor's ends with the layer's; 0: neither.
static int name_fits(const char *tensor, const char *layer) {
    const size_t stem = stem_length(tensor), length = strlen(layer);
    if (length > stem || !alike(tensor + stem - length, layer, length))
        return 0;
    if (length == stem)
        return 2;
    return letter(tensor[stem - length - 1]) == '.' ? 1 : 0;
}

static uint64_t extent(const uint64_t *shape, unsigned rank, unsigned i) {
    return i < rank ? shape[i] : 1;
}

static bool shape_fits(const struct sdse_stored_tensor *tensor,
                       const struct sdse_tensor_wanted *wanted) {
    if (tensor->dtype == SDSE_DTYPES || tensor->count == 0 || tensor->rank < 2)
        return false;
    const struct sdse_stored_tensor ours = sdse_tensor_in_our_order(tensor);
    for (unsigned i = 0; i < SDSE_ARRAY_MAX_RANK; i++)
        if (extent(ours.shape, ours.rank, i) != extent(wanted->shape, wanted->rank, i))
            return false;
    return true;
}

struct matching {
    const struct sdse_tensors *tensors;
    struct sdse_tensor_wanted *wanted;
    size_t count;
    bool *taken; // tensors
};

static void match_names(struct matching *m, int least, size_t *contradiction) {
    for (size_t w = 0; w < m->count; w++) {
        struct sdse_tensor_wanted *wanted = &m->wanted[w];
        for (size_t t = 0; t < m->tensors->count && wanted->tensor == SDSE_NO_TENSOR;
             t++) {
            const struct sdse_stored_tensor *tensor = &m->tensors->tensor[t];
            if (m->taken[t] || name_fits(tensor->name, wanted->layer) < least)
                continue;
            if (shape_fits(tensor, wanted)) {
                wanted->tensor = t;
                wanted->by_name = true;
                m->taken[t] = true;
            } else if (tensor->rank == wanted->rank &&
                       *contradiction == SDSE_NO_TENSOR) {
                *contradiction = t;
            }
        }
    }
}

// Those of the shape of layer `first` that are left: as many on both sides, or none.
static void match_order(struct matching *m, size_t first) {
    const struct sdse_tensor_wanted *like = &m->wanted[first];
    size_t layers = 0, tensors = 0, t = 0;
    for (size_t w = 0; w < m->count; w++)
        layers += m->wanted[w].tensor == SDSE_NO_TENSOR &&
                  m->wanted[w].rank == like->rank &&
                  memcmp(m->wanted[w].shape, like->shape, sizeof like->shape) == 0;
    for (size_t i = 0; i < m->tensors->count; i++)
        tensors += !m->taken[i] && shape_fits(&m->tensors->tensor[i], like);
    if (layers != tensors)
        return;
    const struct sdse_tensor_wanted shape = *like;
    for (size_t w = first; w < m->count; w++) {
        struct sdse_tensor_wanted *wanted = &m->wanted[w];
        if (wanted->tensor != SDSE_NO_TENSOR || wanted->rank != shape.rank ||
            memcmp(wanted->shape, shape.shape, sizeof shape.shape) != 0)
            continue;
        while (m->taken[t] || !shape_fits(&m->tensors->tensor[t], &shape))
            t++;
        wanted->tensor = t;
        m->taken[t] = true;
    }
}

bool sdse_tensors_match(const struct sdse_tensors *tensors,
                        struct sdse_tensor_wanted *wanted, size_t count,
                        size_t *contradiction) {
    struct matching m = {tensors, wanted, count,
                         SDSE_ARENA_ARRAY(tensors->arena, bool, tensors->count + 1)};
    *contradiction = SDSE_NO_TENSOR;
    if (!m.taken)
        return false;
    for (size_t w = 0; w < count; w++)
        wanted[w].tensor = SDSE_NO_TENSOR;
    match_names(&m, 2, contradiction);
    match_names(&m, 1, contradiction);
    for (size_t w = 0; w < count; w++)
        if (wanted[w].tensor == SDSE_NO_TENSOR)
            match_order(&m, w);
    return true;
}
