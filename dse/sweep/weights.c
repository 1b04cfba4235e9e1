#include "dse/sweep/weights.h"

#include <stdlib.h>
#include <string.h>

#include "base/errno_text.h"
#include "base/inside.h"
#include "dse/sweep/forms.h"
#include "smartdeal/decompose.h"
#include "smartdeal/npy.h"
#include "smartdeal/synthetic.h"

bool sdse_layer_has_weight_file(const struct sdse_layer *layer) {
    return layer->weights_file != NULL;
}

// The layer's file, as seen from where the program runs.
static const char *path_of(const struct sdse_workload *workload,
                           const struct sdse_layer *layer, struct sdse_arena *arena) {
    const char *slash = workload->file ? strrchr(workload->file, '/') : NULL;
    if (*layer->weights_file == '/' || !slash)
        return layer->weights_file;
    return sdse_arena_printf(arena, "%.*s/%s", (int)(slash - workload->file),
                             workload->file, layer->weights_file);
}

enum sdse_status sdse_weights_stay_inside(const struct sdse_workload *workload,
                                          bool follow_links, struct sdse_diags *diags) {
    const char *slash = workload->file ? strrchr(workload->file, '/') : NULL;
    const char *folder =
        slash ? sdse_arena_printf(diags->arena, "%.*s",
                                  (int)(slash - workload->file + 1), workload->file)
              : ".";
    enum sdse_status status = folder ? SDSE_OK : SDSE_NO_MEMORY;
    for (size_t i = 0; folder && i < workload->layer_count; i++) {
        const struct sdse_layer *layer = &workload->layers[i];
        bool inside;
        if (follow_links || !sdse_layer_has_weight_file(layer))
            continue;
        const char *path = path_of(workload, layer, diags->arena);
        if (!path)
            return SDSE_NO_MEMORY;
        const int error = sdse_path_stays_inside(folder, path, &inside);
        if (error && sdse_errno_status(error) != SDSE_INVALID)
            return sdse_diag_errno(diags, layer->loc, "weights-file", path, error);
        if (inside)
            continue;
        sdse_diag_add(diags, SDSE_ERROR, layer->loc, "weights-file",
                      "layer '%s': '%s' leads out of the folder by a link; "
                      "--follow-links permits it",
                      layer->name, layer->weights_file);
        status = SDSE_INVALID;
    }
    return status;
}

static const char *shape_text(struct sdse_arena *arena, unsigned rank,
                              const uint64_t *shape) {
    const char *text = "";
    for (unsigned i = 0; text && i < rank; i++)
        text = sdse_arena_printf(arena, "%s%s%llu", text, i ? ", " : "",
                                 (unsigned long long)shape[i]);
    return text ? text : "?";
}

unsigned sdse_layer_weight_array(const struct sdse_layer *layer, uint64_t shape[4]) {
    const uint64_t *bound = layer->nest.bound;
    shape[0] = bound[SDSE_G] * bound[SDSE_K];
    shape[1] = bound[SDSE_C];
    shape[2] = bound[SDSE_R];
    shape[3] = bound[SDSE_S];
    return layer->kind == SDSE_FC ? 2 : 4;
}

static enum sdse_status check_shape(const struct sdse_layer *layer, const char *path,
                                    const struct sdse_array *array,
                                    struct sdse_diags *diags) {
    uint64_t wanted[4];
    const unsigned rank = sdse_layer_weight_array(layer, wanted);
    if (array->rank == rank && memcmp(array->shape, wanted, rank * sizeof *wanted) == 0)
        return SDSE_OK;
    sdse_diag_add(diags, SDSE_ERROR, layer->loc, "weights-shape",
                  "layer '%s' has weights [%s], but %s holds [%s]", layer->name,
                  shape_text(diags->arena, rank, wanted), path,
                  shape_text(diags->arena, array->rank, array->shape));
    return SDSE_INVALID;
}

static enum sdse_status load_file(const struct sdse_workload *workload,
                                  const struct sdse_layer *layer,
                                  struct sdse_diags *diags, float **values) {
    const char *path = path_of(workload, layer, diags->arena);
    if (!path)
        return SDSE_NO_MEMORY;
    // The header first: a file of another shape is not read.
    struct sdse_array array = {0};
    enum sdse_status status = sdse_npy_read_shape(path, &array, diags);
    if (!status)
        status = check_shape(layer, path, &array, diags);
    if (!status)
        status = sdse_npy_read(path, &array, diags);
    if (!status)
        status = check_shape(layer, path, &array, diags);
    const struct sdse_layer_weights weights = {
        layer->name, sdse_layer_weight_shape(layer), array.data, layer->loc};
    if (!status)
        status = sdse_refuse_not_finite(&weights, array.count, diags);
    if (status) {
        sdse_array_free(&array);
        return status;
    }
    *values = array.data;
    return SDSE_OK;
}

enum sdse_status sdse_layer_weights_load(const struct sdse_workload *workload,
                                         const struct sdse_layer *layer,
                                         struct sdse_diags *diags, float **values) {
    if (sdse_layer_has_weight_file(layer))
        return load_file(workload, layer, diags, values);
    const struct sdse_weight_shape shape = sdse_layer_weight_shape(layer);
    uint64_t filters, each, words;
    if (!sdse_weight_count(&shape, &filters, &each, &words))
        return SDSE_OVERFLOW;
    float *made = words <= SIZE_MAX / sizeof *made ? calloc(words, sizeof *made) : NULL;
    if (!made)
        return SDSE_NO_MEMORY;
    sdse_synthetic_weights(&shape, sdse_synthetic_seed(workload->name, layer->name),
                           made);
    *values = made;
    return SDSE_OK;
}

enum sdse_status sdse_layer_weights_hash(const struct sdse_workload *workload,
                                         const struct sdse_layer *layer,
                                         struct sdse_diags *diags,
                                         struct sdse_hash *hash) {
    if (!sdse_layer_has_weight_file(layer)) {
        const uint64_t seed = sdse_synthetic_seed(workload->name, layer->name);
        *hash = sdse_hash_join(sdse_hash_bytes("synthetic", 9),
                               sdse_hash_bytes(&seed, sizeof seed));
        return SDSE_OK;
    }
    float *values;
    const enum sdse_status status = load_file(workload, layer, diags, &values);
    if (status)
        return status;
    const struct sdse_weight_shape shape = sdse_layer_weight_shape(layer);
    uint64_t filters, each, words = 0;
    sdse_weight_count(&shape, &filters, &each, &words);
    *hash = sdse_hash_bytes(values, words * sizeof *values);
    free(values);
    return SDSE_OK;
}
