#include "cli/import_model.h"

#include "cli/shell_word.h"
#include "cli/show_json.h"
#include "spec/show.h"

static bool has_weights(const struct sdse_workload *net) {
    for (size_t i = 0; i < net->layer_count; i++)
        if (net->layers[i].weights_file)
            return true;
    return false;
}

static void print_next(struct cli *cli, const char *folder, bool weights) {
    const char *word = cli_shell_word(cli->arena, folder);
    if (!weights) {
        printf("\nwritten: %s/workload.yaml, without weights; go on with\n"
               "  sdse map -a eyeriss -w %s/workload.yaml\n",
               folder, word);
        return;
    }
    printf("\nwritten: %s/workload.yaml, manifest.tsv and weights/; go on with\n"
           "  sdse decompose %s\n"
           "  sdse map -a smartexchange -w %s/workload.yaml --form smartdeal\n",
           folder, word, word);
}

void cli_show_imported(struct cli *cli, const char *folder,
                       const struct sdse_workload *net) {
    sdse_show_workload(stdout, net);
    print_next(cli, folder, has_weights(net));
}

enum cli_exit cli_imported_json(struct cli *cli, const char *folder,
                                const struct sdse_workload *net) {
    struct sdse_json json;
    sdse_json_begin(&json, "sdse.import/1", stdout);
    sdse_json_text(&json, "network", net->name);
    sdse_json_text(&json, "source", net->source);
    sdse_json_text(&json, "folder", folder);
    sdse_json_text(&json, "workload_file",
                   sdse_arena_printf(cli->arena, "%s/workload.yaml", folder));
    sdse_json_u64(&json, "other_parameters", net->parameters_not_in_layers);
    cli_layers_json(&json, cli->arena, net);
    return cli_end_json(cli, &json);
}
