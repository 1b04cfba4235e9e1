#include "cli/import_tflite.h"

#include <string.h>

#include "cli/import_model.h"
#include "cli/progress.h"
#include "import/tflite/tflite.h"
#include "import/write_tensors.h"
#include "spec/load.h"

// The network as the file says it, read as any other.
static enum sdse_status load(struct cli *cli, const char *yaml, const char *path,
                             struct sdse_workload **net) {
    struct sdse_node *root = NULL;
    enum sdse_status status = sdse_tree_parse_memory(cli->arena, path, yaml,
                                                     strlen(yaml), &cli->diags, &root);
    if (status == SDSE_OK)
        status = sdse_workload_from_tree(cli->arena, root, &cli->diags, net);
    if (status == SDSE_INVALID)
        sdse_diag_add(
            &cli->diags, SDSE_NOTE, (struct sdse_loc){path, 1, 1}, NULL,
            "the places in %s are those of the network that it becomes, which "
            "is not written",
            path);
    return status;
}

static enum sdse_status write_all(struct cli *cli, const struct sdse_tflite *lite,
                                  struct sdse_workload *net, const char *output) {
    struct cli_progress progress;
    const struct sdse_steps steps = {cli_progress_set, &progress};
    cli_progress_begin(&progress, cli->verb->name, "weights", 0);
    const enum sdse_status status =
        sdse_import_write_tensors(&cli->outputs, lite->layers, lite->layer_count, net,
                                  output, &steps, cli->arena, &cli->diags);
    cli_progress_end(&progress);
    return status;
}

enum cli_exit cli_import_tflite(struct cli *cli, const char *path, const char *output,
                                bool no_weight_bits, bool json) {
    struct sdse_tflite lite;
    struct sdse_workload *net = NULL;
    enum sdse_status status = sdse_tflite_open(path, cli->arena, &lite, &cli->diags);
    if (status == SDSE_OK)
        status = load(cli, lite.yaml, path, &net);
    if (status == SDSE_OK && !no_weight_bits)
        sdse_import_take_widths(lite.layers, lite.layer_count, net);
    if (status == SDSE_OK)
        status = write_all(cli, &lite, net, output);
    const enum cli_exit result = cli_finish(cli, status);
    if (result != CLI_OK)
        return result;
    if (json)
        return cli_imported_json(cli, output, net);
    cli_show_imported(cli, output, net);
    return CLI_OK;
}
