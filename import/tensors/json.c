#include "import/tensors/json.h"

#include "smartdeal/array.h"

enum sdse_status sdse_json_parse(const char *text, size_t length, const char *file,
                                 bool whole, json_t **out, struct sdse_diags *diags) {
    json_error_t error;
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (!root && json_error_code(&error) == json_error_out_of_memory)
        return SDSE_NO_MEMORY;
    struct sdse_loc loc = {.file = file};
    if (!root && whole && error.line > 0) {
        loc.line = (unsigned)error.line;
        loc.column = error.column > 0 ? (unsigned)error.column : 1;
    }
    if (json_is_object(root) || (whole && json_is_array(root))) {
        *out = root;
        return SDSE_OK;
    }
    sdse_diag_add(diags, SDSE_ERROR, loc, "tensors-header", "its JSON is broken: %s",
                  root ? "not an object" : error.text);
    json_decref(root);
    return SDSE_INVALID;
}

bool sdse_json_extents(const json_t *list, unsigned *rank, uint64_t *shape) {
    if (!json_is_array(list) || json_array_size(list) > SDSE_ARRAY_MAX_RANK)
        return false;
    *rank = (unsigned)json_array_size(list);
    for (unsigned i = 0; i < *rank; i++) {
        const json_t *extent = json_array_get(list, i);
        if (!json_is_integer(extent) || json_integer_value(extent) < 0)
            return false;
        shape[i] = (uint64_t)json_integer_value(extent);
    }
    return true;
}
