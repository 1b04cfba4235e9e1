#include "cli/stored_weights.h"

#include <string.h>

#include "cli/inputs.h"
#include "cli/plain_stdout.h"
#include "dse/sweep/weights.h"
#include "smartdeal/npy.h"

static enum sdse_status write_layer(struct cli *cli, struct sdse_reader *reader,
                                    const char *folder, const struct sdse_layer *layer,
                                    struct sdse_hash tensor) {
    uint64_t shape[4];
    const unsigned rank = sdse_layer_weight_array(layer, shape);
    const size_t words =
        (size_t)sdse_tile_words(&layer->nest, SDSE_WEIGHTS, layer->nest.bound);
    const char *path =
        sdse_arena_printf(cli->arena, "%s/%s", folder, layer->weights_file);
    struct sdse_arena *arena = sdse_arena_new(); // of one tensor at a time
    float *values = NULL;
    enum sdse_status status = path && arena ? SDSE_OK : SDSE_NO_MEMORY;
    if (!status)
        status = sdse_tensor_load(reader, tensor, words, arena, &cli->diags, &values);
    if (!status)
        status = sdse_npy_write(&cli->outputs, path, rank, shape, values, &cli->diags);
    sdse_arena_free(arena);
    return status;
}

// "weights/007-conv1.npy". NULL when memory is out.
static const char *file_name(struct cli *cli, size_t index, const char *layer) {
    char *name = sdse_arena_strdup(cli->arena, layer);
    if (!name)
        return NULL;
    cli_plain_name(name, "/");
    return sdse_arena_printf(cli->arena, "weights/%03zu-%s.npy", index, name);
}

enum sdse_status cli_write_stored_weights(struct cli *cli, struct sdse_reader *reader,
                                          const char *folder,
                                          struct sdse_workload *workload,
                                          const struct sdse_stored_weights *weights,
                                          size_t count) {
    const char *path = sdse_arena_printf(cli->arena, "%s/weights", folder);
    workload->file = sdse_arena_printf(cli->arena, "%s/network.yaml", folder);
    if (!path || !workload->file)
        return SDSE_NO_MEMORY;
    enum sdse_status status = cli_make_folder(cli, path);
    for (size_t i = 0; i < workload->layer_count; i++) {
        struct sdse_layer *layer = &workload->layers[i];
        for (size_t w = 0; !status && w < count; w++) {
            if (strcmp(weights[w].layer, layer->name) != 0)
                continue;
            layer->weights_file = file_name(cli, i, layer->name);
            status = layer->weights_file
                         ? write_layer(cli, reader, folder, layer, weights[w].tensor)
                         : SDSE_NO_MEMORY;
        }
    }
    return status;
}
