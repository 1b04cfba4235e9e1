#include "cli/layer_weights.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/errno_text.h"
#include "cli/inputs.h"
#include "dse/sweep/forms.h"
#include "dse/sweep/weights.h"
#include "smartdeal/manifest.h"
#include "smartdeal/npy.h"

// Counts the words; false, reported, for a layer without any or with too many.
static bool accept_shape(struct cli *cli, struct cli_weight_layer *layer) {
    uint64_t filters, each;
    if (!sdse_weight_count(&layer->shape, &filters, &each, &layer->words) ||
        layer->words > SIZE_MAX / sizeof(float)) {
        sdse_diag_add(&cli->diags, SDSE_ERROR, layer->loc, "weights-shape",
                      "layer '%s' has more weights than can be counted", layer->name);
        return false;
    }
    if (layer->words > 0)
        return true;
    sdse_diag_add(&cli->diags, SDSE_ERROR, layer->loc, "weights-empty",
                  "layer '%s' has no weights: an extent of its shape is 0",
                  layer->name);
    return false;
}

// What an array's shape says of a layer: outputs x inputs, or filters x channels x
// kernel rows x kernel columns (three dimensions: no kernel rows).
static bool shape_layer(struct cli *cli, struct cli_weight_layer *layer, unsigned rank,
                        const uint64_t *extent) {
    const bool depthwise = strcmp(layer->kind, "dwconv") == 0;
    if (rank < 2 || rank > 4) {
        sdse_diag_add(&cli->diags, SDSE_ERROR, layer->loc, "weights-rank",
                      "layer '%s' has %u dimensions; weights have 2 (outputs x inputs) "
                      "or 4 (filters x channels x kernel rows x kernel columns)",
                      layer->name, rank);
        return false;
    }
    layer->shape =
        (struct sdse_weight_shape){.groups = depthwise ? extent[0] : 1,
                                   .filters = depthwise ? 1 : extent[0],
                                   .channels = extent[1],
                                   .kernel_rows = rank == 4 ? extent[2] : 1,
                                   .kernel_columns = rank > 2 ? extent[rank - 1] : 1,
                                   .fully_connected = rank == 2};
    if (rank != 2 && layer->shape.kernel_rows == 1 &&
        layer->shape.kernel_columns == 1 && !depthwise)
        layer->kind = sdse_layer_kind_name(SDSE_CONV1X1);
    return accept_shape(cli, layer);
}

// --- A .npy file

static enum sdse_status find_in_file(struct cli *cli, const char *path,
                                     struct cli_weights *out) {
    struct sdse_array header;
    if (!cli_is_input(cli, path))
        return SDSE_NO_MEMORY;
    const enum sdse_status status = sdse_npy_read_shape(path, &header, &cli->diags);
    if (status != SDSE_OK)
        return status;
    const char *slash = strrchr(path, '/'), *start = slash ? slash + 1 : path;
    out->name = sdse_arena_copy(cli->arena, start, strlen(start) - strlen(".npy"));
    out->layer = SDSE_ARENA_NEW(cli->arena, struct cli_weight_layer);
    if (!out->name || !out->layer)
        return SDSE_NO_MEMORY;
    out->count = 1;
    *out->layer = (struct cli_weight_layer){.name = *out->name ? out->name : "weights",
                                            .kind = header.rank == 2 ? "fc" : "conv",
                                            .repeat = 1,
                                            .path = path,
                                            .loc = {.file = path}};
    return shape_layer(cli, out->layer, header.rank, header.shape) ? SDSE_OK
                                                                   : SDSE_INVALID;
}

// --- A folder

static const char *last_name(struct cli *cli, const char *folder) {
    size_t end = strlen(folder);
    while (end > 1 && folder[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && folder[start - 1] != '/')
        start--;
    return sdse_arena_copy(cli->arena, folder + start, end - start);
}

static enum sdse_status find_in_folder(struct cli *cli, const char *folder,
                                       bool follow_links, struct cli_weights *out) {
    struct sdse_manifest manifest;
    const char *file = sdse_arena_printf(cli->arena, "%s/manifest.tsv", folder);
    if (!file || !cli_is_input(cli, file))
        return SDSE_NO_MEMORY;
    const enum sdse_status status = sdse_manifest_read_links(
        folder, follow_links, cli->arena, &manifest, &cli->diags);
    if (status != SDSE_OK)
        return status;
    if (manifest.count == 0) {
        cli_error(cli, "%s: its manifest.tsv names no layer", folder);
        return SDSE_INVALID;
    }
    out->name = last_name(cli, folder);
    out->layer = SDSE_ARENA_ARRAY(cli->arena, struct cli_weight_layer, manifest.count);
    if (!out->name || !out->layer)
        return SDSE_NO_MEMORY;
    bool good = true;
    for (size_t i = 0; i < manifest.count; i++) {
        const struct sdse_manifest_entry *entry = &manifest.entries[i];
        struct cli_weight_layer *layer = &out->layer[out->count++];
        *layer = (struct cli_weight_layer){.name = entry->layer,
                                           .kind = entry->kind,
                                           .repeat = 1,
                                           .path = entry->path,
                                           .loc = entry->loc};
        if (!cli_is_input(cli, entry->path))
            return SDSE_NO_MEMORY;
        good &= shape_layer(cli, layer, entry->rank, entry->shape);
    }
    return good ? SDSE_OK : SDSE_INVALID;
}

// --- A network

static enum sdse_status find_in_network(struct cli *cli, const char *name,
                                        bool follow_links, struct cli_weights *out) {
    struct sdse_workload *net;
    enum sdse_status worst = cli_load_workload(cli, name, &net);
    if (worst == SDSE_OK)
        worst = sdse_weights_stay_inside(net, follow_links, &cli->diags);
    if (worst != SDSE_OK)
        return worst;
    out->name = net->name;
    out->network = net;
    out->layer =
        SDSE_ARENA_ARRAY(cli->arena, struct cli_weight_layer, net->layer_count + 1);
    if (!out->layer)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < net->layer_count; i++) {
        const struct sdse_layer *source = &net->layers[i];
        if (!sdse_layer_has_weights(source)) {
            out->activation_layers++;
            continue;
        }
        struct cli_weight_layer *layer = &out->layer[out->count++];
        *layer =
            (struct cli_weight_layer){.name = source->name,
                                      .kind = sdse_layer_kind_name(source->kind),
                                      .repeat = sdse_layer_copies(source),
                                      .shape = sdse_layer_weight_shape(source),
                                      .synthetic = !sdse_layer_has_weight_file(source),
                                      .source = source,
                                      .loc = source->loc};
        if (!accept_shape(cli, layer))
            worst = SDSE_INVALID;
    }
    if (worst == SDSE_OK && out->count == 0) {
        cli_error(cli, "%s has no layer with weights", net->name);
        worst = SDSE_INVALID;
    }
    return worst;
}

// --- Any of them

enum sdse_status cli_find_weights(struct cli *cli, const char *operand,
                                  bool follow_links, struct cli_weights *out) {
    *out = (struct cli_weights){0};
    struct stat info;
    if (stat(operand, &info) == 0) {
        if (S_ISDIR(info.st_mode))
            return find_in_folder(cli, operand, follow_links, out);
    } else if (sdse_errno_status(errno) != SDSE_INVALID) {
        cli_error_errno(cli, operand, errno);
        return cli->fault;
    }
    const size_t length = strlen(operand);
    if (length > 4 && strcmp(operand + length - 4, ".npy") == 0)
        return find_in_file(cli, operand, out);
    return find_in_network(cli, operand, follow_links, out);
}

enum sdse_status cli_read_weights(struct cli *cli, const struct cli_weights *weights,
                                  size_t i, struct sdse_layer_weights *out,
                                  float **owned) {
    const struct cli_weight_layer *layer = &weights->layer[i];
    float *values = NULL;
    if (layer->source) {
        const enum sdse_status status = sdse_layer_weights_load(
            weights->network, layer->source, &cli->diags, &values);
        if (status != SDSE_OK)
            return status;
    } else {
        struct sdse_array array;
        const enum sdse_status status = sdse_npy_read(layer->path, &array, &cli->diags);
        if (status != SDSE_OK)
            return status;
        if (array.count != layer->words) { // changed since its header was read
            sdse_array_free(&array);
            cli_error(cli, "%s has changed while it was being read", layer->path);
            return SDSE_IO;
        }
        values = array.data;
    }
    *out = (struct sdse_layer_weights){.name = layer->name,
                                       .shape = layer->shape,
                                       .values = values,
                                       .loc = layer->loc};
    *owned = values;
    return SDSE_OK;
}
