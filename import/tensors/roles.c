#include "import/tensors/roles.h"

#include <ctype.h>
#include <string.h>

#include "import/tensors/list.h"

const char *sdse_tensor_rest_text(enum sdse_tensor_rest rest) {
    static const char *const texts[SDSE_TENSOR_RESTS] = {
#define SDSE_TENSOR_REST_TEXT(name, text) text,
        SDSE_TENSOR_REST_MAP(SDSE_TENSOR_REST_TEXT)
#undef SDSE_TENSOR_REST_TEXT
    };
    return texts[rest];
}

// --- Names ---

// A piece of a name.
struct piece {
    const char *at;
    size_t length;
};

static bool is(struct piece piece, const char *text) {
    return piece.length == strlen(text) && memcmp(piece.at, text, piece.length) == 0;
}

static bool has(struct piece piece, const char *text) {
    const size_t length = strlen(text);
    for (size_t i = 0; i + length <= piece.length; i++) {
        size_t k = 0;
        while (k < length && tolower((unsigned char)piece.at[i + k]) == text[k])
            k++;
        if (k == length)
            return true;
    }
    return false;
}

// The last part of the first `length` bytes: after a '.' or '/'.
static struct piece last_part(const char *name, size_t length) {
    size_t at = length;
    while (at > 0 && name[at - 1] != '.' && name[at - 1] != '/')
        at--;
    return (struct piece){name + at, length - at};
}

// Bytes of a name without ":0", as TensorFlow calls the first output.
static size_t bare_length(const char *name) {
    const size_t length = strlen(name);
    return length > 2 && strcmp(name + length - 2, ":0") == 0 ? length - 2 : length;
}

static bool is_kernel(struct piece last) {
    return is(last, "kernel") || is(last, "pointwise_kernel");
}

// The part that names the layer: the last, or the one before weight or kernel.
static struct piece layer_part(const char *name) {
    const size_t length = bare_length(name);
    const struct piece last = last_part(name, length);
    const bool generic = is(last, "weight") || is_kernel(last);
    return generic && last.at > name ? last_part(name, (size_t)(last.at - name) - 1)
                                     : last;
}

static bool is_table(const char *name) {
    const struct piece blob = layer_part(name);
    return has(blob, "embed") || has(blob, "embd") || is(blob, "wte") ||
           is(blob, "wpe");
}

static bool is_depthwise_name(const char *name) {
    const struct piece all = {name, strlen(name)}, blob = layer_part(name);
    return has(all, "depthwise") || is(blob, "dw") || has(blob, "conv_dw") ||
           has(blob, "dw_conv") || has(blob, "dwconv");
}

// --- Order ---

static struct sdse_stored_tensor permuted(const struct sdse_stored_tensor *tensor,
                                          const unsigned *from) {
    struct sdse_stored_tensor out = *tensor;
    for (unsigned i = 0; i < tensor->rank; i++) {
        out.shape[i] = tensor->shape[from[i]];
        out.stride[i] = tensor->stride[from[i]];
    }
    return out;
}

struct sdse_stored_tensor
sdse_tensor_in_our_order(const struct sdse_stored_tensor *tensor) {
    static const unsigned matrix[] = {1, 0}, filters[] = {3, 2, 0, 1};
    const struct piece last = last_part(tensor->name, bare_length(tensor->name));
    const bool depthwise = is(last, "depthwise_kernel") ||
                           (tensor->keras_order && is_depthwise_name(tensor->name));
    const bool turned = tensor->keras_order || is_kernel(last);
    if (turned && tensor->rank == 2)
        return permuted(tensor, matrix);
    if (turned && !depthwise && tensor->rank == 4)
        return permuted(tensor, filters);
    // Channels and multiplier are one dimension where one follows the other.
    if (!depthwise || tensor->rank != 4 ||
        tensor->stride[2] != tensor->shape[3] * tensor->stride[3])
        return *tensor;
    struct sdse_stored_tensor out = *tensor;
    out.shape[0] = tensor->shape[2] * tensor->shape[3];
    out.stride[0] = tensor->stride[3];
    out.shape[1] = 1;
    out.stride[1] = 1;
    out.shape[2] = tensor->shape[0];
    out.stride[2] = tensor->stride[0];
    out.shape[3] = tensor->shape[1];
    out.stride[3] = tensor->stride[1];
    return out;
}

// --- Roles ---

static bool is_integer(enum sdse_dtype dtype) {
    return dtype == SDSE_DTYPE_BOOL || dtype == SDSE_DTYPE_I32 ||
           dtype == SDSE_DTYPE_U32 || dtype == SDSE_DTYPE_I64 ||
           dtype == SDSE_DTYPE_U64;
}

// Whether a tensor may be weights; else why not.
static bool may_be_layer(const struct sdse_stored_tensor *tensor,
                         enum sdse_tensor_rest *why) {
    *why = SDSE_REST_RANK;
    if (tensor->dtype == SDSE_DTYPES)
        *why = SDSE_REST_TYPE;
    else if (is_integer(tensor->dtype))
        *why = SDSE_REST_INTEGER;
    else if (tensor->count == 0)
        *why = SDSE_REST_EMPTY;
    else if (tensor->rank == 2 && is_table(tensor->name))
        *why = SDSE_REST_TABLE;
    else
        return tensor->rank == 2 || tensor->rank == 4;
    return false;
}

// One channel and more taps than one: depth-wise, or the first layer of grey images.
static bool has_one_channel(const struct sdse_stored_tensor *tensor) {
    return tensor->rank == 4 && tensor->shape[1] == 1 && tensor->shape[0] > 1 &&
           tensor->shape[2] * tensor->shape[3] > 1;
}

static bool puts_out(const struct sdse_tensor_layer *layers, size_t count,
                     uint64_t filters) {
    for (size_t i = 0; i < count; i++)
        if (layers[i].weights.rank == 4 && layers[i].weights.shape[1] > 1 &&
            layers[i].weights.shape[0] == filters)
            return true;
    return false;
}

static void tell_depthwise(struct sdse_tensor_layer *layers, size_t count) {
    size_t of_one_channel = 0;
    for (size_t i = 0; i < count; i++)
        of_one_channel += has_one_channel(&layers[i].weights);
    for (size_t i = 0; i < count; i++) {
        const struct sdse_stored_tensor *weights = &layers[i].weights;
        if (weights->rank == 4 && weights->shape[1] == 1 &&
            (is_depthwise_name(layers[i].layer) ||
             (of_one_channel > 1 && has_one_channel(weights) &&
              puts_out(layers, count, weights->shape[0]))))
            layers[i].kind = "dwconv";
    }
}

bool sdse_tensors_layers(const struct sdse_tensors *tensors,
                         struct sdse_tensor_layer **layers, size_t *count,
                         struct sdse_tensor_leftovers *rest) {
    *rest = (struct sdse_tensor_leftovers){0};
    *count = 0;
    *layers =
        SDSE_ARENA_ARRAY(tensors->arena, struct sdse_tensor_layer, tensors->count + 1);
    if (!*layers)
        return false;
    for (size_t i = 0; i < tensors->count; i++) {
        const struct sdse_stored_tensor *tensor = &tensors->tensor[i];
        enum sdse_tensor_rest why;
        if (may_be_layer(tensor, &why)) {
            (*layers)[(*count)++] =
                (struct sdse_tensor_layer){.layer = tensor->name,
                                           .kind = tensor->rank == 2 ? "fc" : "conv",
                                           .weights = sdse_tensor_in_our_order(tensor),
                                           .tensor = i};
            continue;
        }
        if (!rest->tensors[why]++)
            rest->first[why] = tensor->name;
        rest->elements[why] += tensor->count;
    }
    tell_depthwise(*layers, *count);
    return true;
}
