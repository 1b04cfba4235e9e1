#include "cli/weights.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/inputs.h"
#include "dse/forms.h"
#include "smartdeal/npy.h"
#include "smartdeal/synthetic.h"

static bool is_folder(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool is_npy(const char *path) {
    const size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, ".npy") == 0;
}

static enum sdse_status list_manifest(struct cli *cli, const char *folder,
                                      struct cli_weights *weights) {
    struct sdse_manifest manifest;
    const enum sdse_status status =
        sdse_manifest_read(folder, cli->arena, &manifest, &cli->diags);
    if (status != SDSE_OK)
        return status;
    weights->source =
        SDSE_ARENA_ARRAY(cli->arena, struct cli_weights_source, manifest.count);
    if (!weights->source)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < manifest.count; i++)
        weights->source[weights->count++] = (struct cli_weights_source){
            manifest.entries[i].layer, manifest.entries[i].path,
            manifest.entries[i].kind, NULL};
    return SDSE_OK;
}

// A weight file is relative to the network's file.
static const char *beside(struct cli *cli, const char *file, const char *path) {
    const char *slash = strrchr(file, '/');
    if (*path == '/' || !slash)
        return path;
    return sdse_arena_printf(cli->arena, "%.*s/%s", (int)(slash - file), file, path);
}

static enum sdse_status list_network(struct cli *cli, const char *name,
                                     struct cli_weights *weights) {
    struct sdse_workload *workload;
    const enum sdse_status status = cli_load_workload(cli, name, &workload);
    if (status != SDSE_OK)
        return status;
    weights->network = workload->name;
    weights->source =
        SDSE_ARENA_ARRAY(cli->arena, struct cli_weights_source, workload->layer_count);
    if (!weights->source)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < workload->layer_count; i++) {
        const struct sdse_layer *layer = &workload->layers[i];
        if (layer->kind == SDSE_MATMUL)
            continue;
        weights->source[weights->count++] = (struct cli_weights_source){
            layer->name,
            layer->weights_file ? beside(cli, workload->file, layer->weights_file)
                                : NULL,
            NULL, layer};
    }
    return SDSE_OK;
}

static enum sdse_status keep_layer(struct cli *cli, const char *layer,
                                   struct cli_weights *weights) {
    const char **names = SDSE_ARENA_ARRAY(cli->arena, const char *, weights->count);
    for (size_t i = 0; i < weights->count; i++) {
        if (strcmp(weights->source[i].name, layer) == 0) {
            weights->source[0] = weights->source[i];
            weights->count = 1;
            return SDSE_OK;
        }
        if (names)
            names[i] = weights->source[i].name;
    }
    const char *nearest = names ? sdse_nearest(layer, names, weights->count) : NULL;
    cli_error(cli, "no layer '%s' with weights%s%s%s", layer,
              nearest ? "; did you mean '" : "", nearest ? nearest : "",
              nearest ? "'?" : "");
    return SDSE_INVALID;
}

enum sdse_status cli_weights_open(struct cli *cli, const char *name, const char *layer,
                                  struct cli_weights *weights) {
    *weights = (struct cli_weights){.network = name};
    enum sdse_status status = SDSE_OK;
    if (is_folder(name)) {
        status = list_manifest(cli, name, weights);
    } else if (is_npy(name)) {
        if (!cli_file_exists(cli, name))
            return SDSE_INVALID;
        weights->source = SDSE_ARENA_NEW(cli->arena, struct cli_weights_source);
        if (!weights->source)
            return SDSE_NO_MEMORY;
        *weights->source = (struct cli_weights_source){name, name, NULL, NULL};
        weights->count = 1;
    } else {
        status = list_network(cli, name, weights);
    }
    return status == SDSE_OK && layer ? keep_layer(cli, layer, weights) : status;
}

// A file's shape as a layer: K x C x R x S of a convolution, N x C of a fully
// connected layer. A depth-wise layer of a manifest has one filter per group.
static bool shape_of_array(const struct sdse_array *array, const char *kind,
                           struct sdse_weight_shape *shape) {
    const uint64_t *extent = array->shape;
    if (array->rank == 2)
        *shape = (struct sdse_weight_shape){1, extent[0], extent[1], 1, 1, true};
    else if (array->rank == 4 && kind && strcmp(kind, "dwconv") == 0)
        *shape = (struct sdse_weight_shape){extent[0], 1,         extent[1],
                                            extent[2], extent[3], false};
    else if (array->rank == 4)
        *shape = (struct sdse_weight_shape){1,         extent[0], extent[1],
                                            extent[2], extent[3], false};
    else
        return false;
    return true;
}

static enum sdse_status read_file(struct cli *cli,
                                  const struct cli_weights_source *source,
                                  struct cli_layer_weights *out) {
    const enum sdse_status status =
        sdse_npy_read(source->path, &out->array, &cli->diags);
    if (status != SDSE_OK)
        return status;
    struct sdse_weight_shape *shape = &out->weights.shape;
    uint64_t filters, each, words;
    if (source->layer)
        *shape = sdse_layer_weight_shape(source->layer);
    else if (!shape_of_array(&out->array, source->kind, shape)) {
        cli_error(cli,
                  "%s: weights have 4 dimensions (filters, channels, rows, columns) "
                  "or 2 (out, in), not %u",
                  source->path, out->array.rank);
        return SDSE_INVALID;
    }
    if (sdse_weight_count(shape, &filters, &each, &words) && words > 0 &&
        words == out->array.count)
        return SDSE_OK;
    cli_error(cli, "%s: holds %llu values, layer %s has other extents", source->path,
              (unsigned long long)out->array.count, source->name);
    return SDSE_INVALID;
}

static enum sdse_status make_synthetic(const struct cli_weights *weights,
                                       const struct cli_weights_source *source,
                                       struct cli_layer_weights *out) {
    out->weights.shape = sdse_layer_weight_shape(source->layer);
    uint64_t filters, each, words;
    if (!sdse_weight_count(&out->weights.shape, &filters, &each, &words) ||
        words > SIZE_MAX / sizeof(float))
        return SDSE_OVERFLOW;
    out->array.data = malloc(words * sizeof(float));
    if (!out->array.data)
        return SDSE_NO_MEMORY;
    out->array.count = words;
    out->synthetic = true;
    sdse_synthetic_weights(&out->weights.shape,
                           sdse_synthetic_seed(weights->network, source->name),
                           out->array.data);
    return SDSE_OK;
}

enum sdse_status cli_weights_load(struct cli *cli, const struct cli_weights *weights,
                                  size_t index, struct cli_layer_weights *out) {
    const struct cli_weights_source *source = &weights->source[index];
    *out = (struct cli_layer_weights){
        .repeat = source->layer ? source->layer->repeat : 1,
        .weights = {.name = source->name, .loc = {.file = source->path}}};
    const enum sdse_status status = source->path ? read_file(cli, source, out)
                                                 : make_synthetic(weights, source, out);
    if (status != SDSE_OK) {
        sdse_array_free(&out->array);
        return status;
    }
    out->weights.values = out->array.data;
    return SDSE_OK;
}

void cli_layer_weights_free(struct cli_layer_weights *layer) {
    sdse_array_free(&layer->array);
}
