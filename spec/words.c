// The words of the formats: dimensions, tensors, kinds of layers.
#include <string.h>

#include "spec/reading.h"
#include "spec/value.h"

const char *const sdse_tensor_words[SDSE_TENSORS] = {"weights", "inputs", "outputs"};
const char *const sdse_layer_kind_words[SDSE_LAYER_KINDS] = {
    "conv", "conv1x1", "dwconv", "fc",      "matmul", "wgrad",
    "pool", "add",     "norm",   "softmax", "act",    "update"};

bool sdse_dim_of_letter(const char *text, enum sdse_dim *dim) {
    const char *found = *text && !text[1] ? strchr(sdse_dim_letters, *text) : NULL;
    if (!found)
        return false;
    *dim = (enum sdse_dim)(found - sdse_dim_letters);
    return true;
}

bool sdse_read_dims(const struct sdse_node *node, struct sdse_diags *diags,
                    unsigned *dims) {
    const char *text = sdse_node_as_text(node);
    if (text && strcmp(text, "any") == 0) {
        *dims = SDSE_BIT(SDSE_DIMS) - 1;
        return true;
    }
    if (!sdse_expect_kind(node, SDSE_NODE_SEQUENCE, diags))
        return false;
    unsigned set = 0;
    bool good = true;
    sdse_for_each_child (item, node) {
        enum sdse_dim dim;
        const char *letter;
        if (!sdse_read_text(item, diags, &letter)) {
            good = false;
        } else if (!sdse_dim_of_letter(letter, &dim)) {
            sdse_diag_add(diags, SDSE_ERROR, item->loc, "unknown-dimension",
                          "%s: '%.40s' is not a dimension (N K C P Q R S G)",
                          sdse_node_path(diags->arena, item), letter);
            good = false;
        } else {
            set |= SDSE_BIT(dim);
        }
    }
    if (good)
        *dims = set;
    return good;
}

bool sdse_read_tensor_set(const struct sdse_node *node, struct sdse_diags *diags,
                          unsigned *tensors) {
    bool flag;
    if (sdse_node_as_bool(node, &flag)) {
        *tensors = flag ? SDSE_BIT(SDSE_TENSORS) - 1 : 0;
        return true;
    }
    if (!sdse_expect_kind(node, SDSE_NODE_SEQUENCE, diags))
        return false;
    unsigned set = 0, word;
    bool good = true;
    sdse_for_each_child (item, node) {
        if (sdse_read_word(item, sdse_tensor_words, SDSE_TENSORS, diags, &word))
            set |= SDSE_BIT(word);
        else
            good = false;
    }
    if (good)
        *tensors = set;
    return good;
}
