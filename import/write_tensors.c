#include "import/write_tensors.h"

#include <stdlib.h>
#include <string.h>

#include "import/folder.h"
#include "import/older.h"
#include "import/onnx/names.h"
#include "smartdeal/manifest.h"
#include "smartdeal/npy.h"
#include "spec/write.h"

struct writing {
    const struct sdse_output_rules *rules;
    struct sdse_tensor_layer *layers;
    size_t count;
    const char *folder;
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    struct sdse_manifest manifest;
    size_t *first; // [layers] the first with the same tensor
};

// --- What is written ---

// Where numbers are, and how they lie there.
static int compare_places(const struct sdse_stored_tensor *a,
                          const struct sdse_stored_tensor *b) {
    if (a->blob != b->blob)
        return (uintptr_t)a->blob < (uintptr_t)b->blob ? -1 : 1;
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    if (a->dtype != b->dtype)
        return a->dtype < b->dtype ? -1 : 1;
    const size_t bytes = a->rank * sizeof *a->shape;
    const int order = memcmp(a->shape, b->shape, bytes);
    return order ? order : memcmp(a->stride, b->stride, bytes);
}

static int by_place(const void *a, const void *b) {
    const struct sdse_tensor_layer *const *x = a, *const *y = b;
    const int order = compare_places(&(*x)->weights, &(*y)->weights);
    return order ? order : (*x > *y) - (*x < *y);
}

static bool find_shared(struct writing *w) {
    const struct sdse_tensor_layer **sorted =
        SDSE_ARENA_ARRAY(w->arena, const struct sdse_tensor_layer *, w->count + 1);
    w->first = SDSE_ARENA_ARRAY(w->arena, size_t, w->count + 1);
    if (!sorted || !w->first)
        return false;
    for (size_t i = 0; i < w->count; i++)
        sorted[i] = &w->layers[i];
    qsort(sorted, w->count, sizeof *sorted, by_place);
    for (size_t i = 0, start = 0; i < w->count; i++) {
        if (compare_places(&sorted[i]->weights, &sorted[start]->weights) != 0)
            start = i;
        w->first[sorted[i] - w->layers] = (size_t)(sorted[start] - w->layers);
    }
    return true;
}

static int by_name(const void *a, const void *b) {
    const struct sdse_tensor_layer *const *x = a, *const *y = b;
    const int order = strcmp((*x)->layer, (*y)->layer);
    return order ? order : (*x > *y) - (*x < *y);
}

// Layers that another has the name of get a number; what comes out is looked at again.
static bool make_names_unique(struct writing *w) {
    struct sdse_tensor_layer **sorted =
        SDSE_ARENA_ARRAY(w->arena, struct sdse_tensor_layer *, w->count + 1);
    if (!sorted)
        return false;
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < w->count; i++)
            sorted[i] = &w->layers[i];
        qsort(sorted, w->count, sizeof(struct sdse_tensor_layer *), by_name);
        unsigned copy = 1;
        const char *name = w->count ? sorted[0]->layer : "";
        for (size_t i = 1; i < w->count; i++) {
            copy = strcmp(sorted[i]->layer, name) == 0 ? copy + 1 : 1;
            if (copy == 1)
                name = sorted[i]->layer;
            else if (!(sorted[i]->layer =
                           sdse_arena_printf(w->arena, "%s_%u", name, copy)))
                return false;
            else
                again = true;
        }
    }
    return true;
}

static bool name_files(struct writing *w) {
    struct sdse_names names = {.arena = w->arena};
    w->manifest.entries =
        SDSE_ARENA_ARRAY(w->arena, struct sdse_manifest_entry, w->count + 1);
    if (!w->manifest.entries || !find_shared(w) || !make_names_unique(w))
        return false;
    w->manifest.count = w->count;
    for (size_t i = 0; i < w->count; i++) {
        const struct sdse_tensor_layer *layer = &w->layers[i];
        struct sdse_manifest_entry *entry = &w->manifest.entries[i];
        const char *file = w->first[i] == i
                               ? sdse_names_make(&names, layer->layer, "tensor")
                               : w->manifest.entries[w->first[i]].file;
        if (file && w->first[i] == i)
            file = sdse_arena_printf(w->arena, "weights/%s.npy", file);
        if (!file)
            return false;
        *entry = (struct sdse_manifest_entry){.layer = layer->layer,
                                              .kind = layer->kind,
                                              .file = file,
                                              .rank = layer->weights.rank};
        memcpy(entry->shape, layer->weights.shape, sizeof entry->shape);
    }
    return true;
}

// --- Writing ---

// Every number is read once before anything is written, so that a folder that was there
// is not half replaced by a file that turns out to be broken.
static enum sdse_status read_all(const struct writing *w) {
    enum sdse_status worst = SDSE_OK;
    for (size_t i = 0; i < w->count; i++) {
        struct sdse_array array;
        if (w->first[i] != i)
            continue;
        const enum sdse_status status =
            sdse_tensor_values(&w->layers[i].weights, &array, w->diags);
        if (status == SDSE_OK)
            sdse_array_free(&array);
        else if (status == SDSE_INVALID)
            worst = status;
        else
            return status;
    }
    return worst;
}

static enum sdse_status write_one(const struct writing *w, size_t i) {
    const char *path =
        sdse_arena_printf(w->arena, "%s/%s", w->folder, w->manifest.entries[i].file);
    struct sdse_array array;
    if (!path)
        return SDSE_NO_MEMORY;
    enum sdse_status status =
        sdse_tensor_values(&w->layers[i].weights, &array, w->diags);
    if (status != SDSE_OK)
        return status;
    status =
        sdse_npy_write(w->rules, path, array.rank, array.shape, array.data, w->diags);
    sdse_array_free(&array);
    return status;
}

static enum sdse_status write_all(const struct writing *w,
                                  const struct sdse_steps *steps) {
    size_t words = 0, written = 0;
    for (size_t i = 0; i < w->count; i++)
        words += (size_t)w->layers[i].weights.count;
    for (size_t i = 0; i < w->count; i++) {
        const enum sdse_status status = w->first[i] == i ? write_one(w, i) : SDSE_OK;
        if (status != SDSE_OK)
            return status;
        written += (size_t)w->layers[i].weights.count;
        sdse_steps_at(steps, written, words);
    }
    return SDSE_OK;
}

// The network's layers name the files; layers and names are in the same order.
static enum sdse_status write_network(const struct writing *w,
                                      struct sdse_workload *network) {
    for (size_t i = 0, next = 0; i < network->layer_count && next < w->count; i++)
        if (strcmp(network->layers[i].name, w->layers[next].layer) == 0) {
            network->layers[i].weights_file = w->manifest.entries[next++].file;
            network->layers[i].weights_unread = false;
        }
    return sdse_import_write_network(
        w->rules, sdse_workload_text(w->arena, network),
        sdse_arena_printf(w->arena, "%s/workload.yaml", w->folder), w->diags);
}

void sdse_import_take_widths(const struct sdse_tensor_layer *layers, size_t count,
                             struct sdse_workload *network) {
    for (size_t i = 0, next = 0; i < network->layer_count && next < count; i++) {
        struct sdse_layer *layer = &network->layers[i];
        if (strcmp(layer->name, layers[next].layer) != 0)
            continue;
        const struct sdse_stored_tensor *weights = &layers[next++].weights;
        const uint32_t bits = weights->bits
                                  ? weights->bits
                                  : 8 * (uint32_t)sdse_dtype_bytes(weights->dtype);
        layer->weight_bits = bits < 32 ? bits : 0;
    }
}

enum sdse_status sdse_import_write_tensors(const struct sdse_output_rules *rules,
                                           struct sdse_tensor_layer *layers,
                                           size_t count, struct sdse_workload *network,
                                           const char *folder,
                                           const struct sdse_steps *steps,
                                           struct sdse_arena *arena,
                                           struct sdse_diags *diags) {
    struct writing w = {.rules = rules,
                        .layers = layers,
                        .count = count,
                        .folder = folder,
                        .arena = arena,
                        .diags = diags};
    if (!name_files(&w))
        return SDSE_NO_MEMORY;
    enum sdse_status status = read_all(&w);
    if (status == SDSE_OK)
        status = sdse_import_folder(folder, diags);
    if (status == SDSE_OK && network)
        status = sdse_import_check_network(
            rules, sdse_arena_printf(arena, "%s/workload.yaml", folder), diags);
    struct sdse_import_older older;
    if (status == SDSE_OK)
        status = sdse_import_older_find(rules, folder, &w.manifest, network, arena,
                                        &older, diags);
    if (status == SDSE_OK)
        status =
            sdse_import_folder(sdse_arena_printf(arena, "%s/weights", folder), diags);
    if (status == SDSE_OK)
        status = write_all(&w, steps);
    if (status == SDSE_OK)
        status = sdse_manifest_write(rules, folder, &w.manifest, arena, diags);
    if (status == SDSE_OK && network)
        status = write_network(&w, network);
    return status == SDSE_OK ? sdse_import_older_remove(&older, arena, diags) : status;
}
