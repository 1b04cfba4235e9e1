#include "import/write.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "smartdeal/manifest.h"
#include "smartdeal/npy.h"

// A quoted YAML scalar; what is not printable ASCII becomes '?'.
static void put_quoted(FILE *out, const char *text) {
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text >= ' ' && *text <= '~' ? *text : '?', out);
    }
    fputc('"', out);
}

// ", key: 3" or ", key: [3, 5]"; nothing if both are the default.
static void put_pair(FILE *out, const char *key, uint64_t rows, uint64_t columns,
                     uint64_t absent) {
    if (rows == columns && rows == absent)
        return;
    if (rows == columns)
        fprintf(out, ", %s: %" PRIu64, key, rows);
    else
        fprintf(out, ", %s: [%" PRIu64 ", %" PRIu64 "]", key, rows, columns);
}

static void put_count(FILE *out, const char *key, uint64_t value, uint64_t absent) {
    if (value != absent)
        fprintf(out, ", %s: %" PRIu64, key, value);
}

static const char *kind_word(const struct sdse_layer *layer) {
    switch (layer->kind) {
    case SDSE_DWCONV:
        return "dwconv";
    case SDSE_FC:
        return "fc";
    case SDSE_MATMUL:
        return "matmul";
    default:
        return "conv";
    }
}

static void put_convolution(FILE *out, const struct sdse_layer *layer) {
    const struct sdse_nest *nest = &layer->nest;
    const uint64_t *bound = nest->bound;
    bool depthwise = layer->kind == SDSE_DWCONV;
    fprintf(out, ", in: [%" PRIu64 ", %" PRIu64 ", %" PRIu64 "]",
            bound[SDSE_C] * bound[SDSE_G], layer->in_height, layer->in_width);
    put_count(out, "out_channels", bound[SDSE_K] * bound[SDSE_G],
              depthwise ? bound[SDSE_G] : 0);
    put_pair(out, "kernel", bound[SDSE_R], bound[SDSE_S], 0);
    put_pair(out, "stride", nest->stride[0], nest->stride[1], 1);
    put_pair(out, "dilation", nest->dilation[0], nest->dilation[1], 1);
    put_pair(out, "pad", layer->pad[0], layer->pad[1], 0);
    if (!depthwise)
        put_count(out, "groups", bound[SDSE_G], 1);
}

static void put_layer(FILE *out, const struct sdse_layer *layer) {
    const uint64_t *bound = layer->nest.bound;
    fputs("  - {name: ", out);
    put_quoted(out, layer->name);
    fprintf(out, ", kind: %s", kind_word(layer));
    if (layer->kind == SDSE_FC) {
        put_count(out, "in", bound[SDSE_C], 0);
        put_count(out, "out_channels", bound[SDSE_K], 0);
        put_count(out, "rows", bound[SDSE_P], 1);
    } else if (layer->kind == SDSE_MATMUL) {
        put_count(out, "heads", bound[SDSE_G], 1);
        put_count(out, "m", bound[SDSE_P], 0);
        put_count(out, "k", bound[SDSE_C], 0);
        put_count(out, "n", bound[SDSE_K], 0);
    } else {
        put_convolution(out, layer);
    }
    put_count(out, "repeat", layer->repeat, 1);
    if (layer->weights_file) {
        fputs(", weights: ", out);
        put_quoted(out, layer->weights_file);
    }
    fputs("}\n", out);
}

enum sdse_status sdse_workload_write_yaml(const struct sdse_workload *workload,
                                          FILE *out) {
    fputs("name: ", out);
    put_quoted(out, workload->name);
    fputs("\nsource: ", out);
    put_quoted(out, workload->source);
    fprintf(out, "\nbatch: %" PRIu64 "\n", workload->batch);
    if (workload->parameters_not_in_layers)
        fprintf(out, "parameters_not_in_layers: %" PRIu64 "\n",
                workload->parameters_not_in_layers);
    fputs("layers:\n", out);
    for (size_t i = 0; i < workload->layer_count; i++)
        put_layer(out, &workload->layers[i]);
    return ferror(out) ? SDSE_IO : SDSE_OK;
}

static enum sdse_status fail(const char *path, int error, struct sdse_diags *diags) {
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = path}, "import-write",
                  "cannot be written: %s", strerror(error));
    return SDSE_IO;
}

static enum sdse_status make_folder(const char *path, struct sdse_diags *diags) {
    if (!path)
        return SDSE_NO_MEMORY;
    struct stat info;
    if (mkdir(path, 0777) == 0 || (stat(path, &info) == 0 && S_ISDIR(info.st_mode)))
        return SDSE_OK;
    return fail(path, errno, diags);
}

static enum sdse_status write_workload(const struct sdse_workload *workload,
                                       const char *path, struct sdse_diags *diags) {
    if (!path)
        return SDSE_NO_MEMORY;
    FILE *file = fopen(path, "wb");
    if (!file)
        return fail(path, errno, diags);
    enum sdse_status status = sdse_workload_write_yaml(workload, file);
    int error = errno;
    if (fclose(file) != 0 && status == SDSE_OK) {
        status = SDSE_IO;
        error = errno;
    }
    return status == SDSE_OK ? SDSE_OK : fail(path, error, diags);
}

// One layer's .npy file, and its line of the manifest.
static enum sdse_status write_weights(const struct sdse_imported *imported,
                                      size_t index, const char *folder, bool again,
                                      struct sdse_manifest_entry *entry,
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
    *entry = (struct sdse_manifest_entry){.layer = layer->name,
                                          .kind = kind_word(layer),
                                          .file = layer->weights_file,
                                          .rank = array.rank};
    memcpy(entry->shape, array.shape, sizeof entry->shape);
    if (!again)
        status = sdse_npy_write(path, array.rank, array.shape, array.data, diags);
    sdse_array_free(&array);
    return status;
}

enum sdse_status sdse_import_write(const struct sdse_imported *imported,
                                   const char *folder, struct sdse_arena *arena,
                                   struct sdse_diags *diags) {
    const struct sdse_workload *workload = sdse_imported_workload(imported);
    struct sdse_manifest manifest = {
        .entries = SDSE_ARENA_ARRAY(arena, struct sdse_manifest_entry,
                                    workload->layer_count + 1)};
    if (!manifest.entries)
        return SDSE_NO_MEMORY;
    enum sdse_status status = make_folder(folder, diags);
    if (status == SDSE_OK)
        status = make_folder(sdse_arena_printf(arena, "%s/weights", folder), diags);
    for (size_t i = 0; i < workload->layer_count && status == SDSE_OK; i++) {
        const struct sdse_layer *layer = &workload->layers[i];
        if (!layer->weights_file)
            continue;
        // Layers that share weights name the file of the first of them.
        const char *own = sdse_arena_printf(arena, "weights/%s.npy", layer->name);
        bool again = own && strcmp(own, layer->weights_file) != 0;
        status = write_weights(imported, i, folder, again,
                               &manifest.entries[manifest.count++], arena, diags);
    }
    if (status == SDSE_OK)
        status = sdse_manifest_write(folder, &manifest, arena, diags);
    if (status == SDSE_OK)
        status = write_workload(
            workload, sdse_arena_printf(arena, "%s/workload.yaml", folder), diags);
    return status;
}
