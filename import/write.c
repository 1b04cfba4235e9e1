#include "import/write.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "import/folder.h"
#include "import/older.h"
#include "smartdeal/manifest.h"
#include "smartdeal/npy.h"
#include "spec/write.h"

static const char *kind_word(const struct sdse_layer *layer) {
    return layer->kind == SDSE_DWCONV ? "dwconv"
           : layer->kind == SDSE_FC   ? "fc"
                                      : "conv";
}

// One layer's line of the manifest, which needs the numbers to be read: what is wrong
// with any is found before anything is written.
static enum sdse_status read_weights(const struct sdse_imported *imported, size_t index,
                                     struct sdse_manifest_entry *entry,
                                     struct sdse_diags *diags) {
    const struct sdse_layer *layer = &sdse_imported_workload(imported)->layers[index];
    struct sdse_array array;
    const enum sdse_status status =
        sdse_imported_weights(imported, index, &array, diags);
    if (status != SDSE_OK)
        return status;
    *entry = (struct sdse_manifest_entry){.layer = layer->name,
                                          .kind = kind_word(layer),
                                          .file = layer->weights_file,
                                          .rank = array.rank};
    memcpy(entry->shape, array.shape, sizeof entry->shape);
    sdse_array_free(&array);
    return SDSE_OK;
}

// One layer's .npy file.
static enum sdse_status write_weights(const struct sdse_output_rules *rules,
                                      const struct sdse_imported *imported,
                                      size_t index, const char *folder,
                                      struct sdse_arena *arena,
                                      struct sdse_diags *diags) {
    const struct sdse_layer *layer = &sdse_imported_workload(imported)->layers[index];
    const char *path = sdse_arena_printf(arena, "%s/%s", folder, layer->weights_file);
    struct sdse_array array;
    if (!path)
        return SDSE_NO_MEMORY;
    enum sdse_status status = sdse_imported_weights(imported, index, &array, diags);
    if (status != SDSE_OK)
        return status;
    status = sdse_npy_write(rules, path, array.rank, array.shape, array.data, diags);
    sdse_array_free(&array);
    return status;
}

// Words of a layer's file; 0: it has none.
static size_t weight_words(const struct sdse_layer *layer) {
    return layer->weights_file
               ? (size_t)sdse_tile_words(&layer->nest, SDSE_WEIGHTS, layer->nest.bound)
               : 0;
}

enum sdse_status sdse_import_write(const struct sdse_output_rules *rules,
                                   const struct sdse_imported *imported,
                                   const char *folder, const struct sdse_steps *steps,
                                   struct sdse_arena *arena, struct sdse_diags *diags) {
    const struct sdse_workload *workload = sdse_imported_workload(imported);
    size_t words = 0, written = 0;
    bool unread = false;
    for (size_t i = 0; i < workload->layer_count; i++) {
        words += weight_words(&workload->layers[i]);
        unread |= workload->layers[i].weights_unread;
    }
    struct sdse_manifest manifest = {
        .entries = SDSE_ARENA_ARRAY(arena, struct sdse_manifest_entry,
                                    workload->layer_count + 1)};
    if (!manifest.entries)
        return SDSE_NO_MEMORY;
    const char *network = sdse_arena_printf(arena, "%s/workload.yaml", folder);
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; i < workload->layer_count && status == SDSE_OK; i++)
        if (workload->layers[i].weights_file)
            status =
                read_weights(imported, i, &manifest.entries[manifest.count++], diags);
    if (status == SDSE_OK)
        status = sdse_import_folder(folder, diags);
    if (status == SDSE_OK)
        status = sdse_import_check_network(rules, network, diags);
    struct sdse_import_older older;
    if (status == SDSE_OK)
        status = sdse_import_older_find(rules, folder, unread ? NULL : &manifest, true,
                                        arena, &older, diags);
    if (status == SDSE_OK && !unread)
        status =
            sdse_import_folder(sdse_arena_printf(arena, "%s/weights", folder), diags);
    for (size_t i = 0; i < workload->layer_count && status == SDSE_OK; i++) {
        const struct sdse_layer *layer = &workload->layers[i];
        if (!layer->weights_file)
            continue;
        // Layers that share weights name the file of the first of them.
        const char *own = sdse_arena_printf(arena, "weights/%s.npy", layer->name);
        if (!own || strcmp(own, layer->weights_file) == 0)
            status = write_weights(rules, imported, i, folder, arena, diags);
        written += weight_words(layer);
        sdse_steps_at(steps, written, words);
    }
    if (status == SDSE_OK && !unread)
        status = sdse_manifest_write(rules, folder, &manifest, arena, diags);
    if (status == SDSE_OK)
        status = sdse_import_write_network(rules, sdse_workload_text(arena, workload),
                                           network, diags);
    return status == SDSE_OK ? sdse_import_older_remove(&older, arena, diags) : status;
}

enum sdse_status sdse_import_write_workload(const struct sdse_output_rules *rules,
                                            const struct sdse_imported *imported,
                                            const char *path, size_t *without,
                                            struct sdse_arena *arena,
                                            struct sdse_diags *diags) {
    struct sdse_workload workload = *sdse_imported_workload(imported);
    const char *slash = strrchr(path, '/');
    const int folder = slash ? (int)(slash - path) + 1 : 0;
    struct sdse_layer *layers =
        SDSE_ARENA_ARRAY(arena, struct sdse_layer, workload.layer_count + 1);
    if (!layers)
        return SDSE_NO_MEMORY;
    *without = 0;
    for (size_t i = 0; i < workload.layer_count; i++) {
        layers[i] = workload.layers[i];
        if (!layers[i].weights_file)
            continue;
        const char *file =
            sdse_arena_printf(arena, "%.*s%s", folder, path, layers[i].weights_file);
        struct stat info;
        if (!file)
            return SDSE_NO_MEMORY;
        if (stat(file, &info) == 0)
            continue;
        layers[i].weights_file = NULL;
        ++*without;
    }
    workload.layers = layers;
    return sdse_import_write_network(rules, sdse_workload_text(arena, &workload), path,
                                     diags);
}
