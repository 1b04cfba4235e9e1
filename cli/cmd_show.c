// sdse show: a description as text that people read.
#include "spec/show.h"

#include <string.h>

#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/mapping_head.h"
#include "cli/show_json.h"
#include "cli/stored_point.h"
#include "costmodel/component.h"
#include "spec/load.h"
#include "spec/split.h"

enum { ARCH, WORKLOAD, LAYER, COSTS, NODE, FORMAT };

static const struct cli_option options[] = {
    [ARCH] = {"arch", 'a', CLI_TEXT, "ARCH", "the accelerator of a mapping", NULL,
              false},
    [WORKLOAD] = {"workload", 'w', CLI_TEXT, "NET", "the network of a mapping", NULL,
                  false},
    [LAYER] = {"layer", 'l', CLI_TEXT, "LAYER", "the layer of a mapping", NULL, false},
    [COSTS] = {"costs", 0, CLI_FLAG, NULL,
               "of an accelerator its numbers alone, each with its origin", NULL,
               false},
    [NODE] = {"node", 0, CLI_TEXT, "NM",
              "an accelerator's costs at this technology node", NULL, false},
    [FORMAT] = CLI_OPTION_TEXT_OR_JSON,
};

static enum cli_exit show_arch(struct cli *cli, const struct cli_args *args,
                               const char *name) {
    struct sdse_arch *arch = NULL;
    const struct sdse_set node = {"node_nm", args->value[NODE], {"--node", 1, 1}};
    const enum sdse_status status =
        cli_load_arch_with(cli, name, &node, args->value[NODE] ? 1 : 0, &arch);
    cli_flush_diags(cli);
    if (status != SDSE_OK)
        return cli_finish(cli, status);
    if (cli_wants_json(args, FORMAT))
        return cli_show_arch_json(cli, arch);
    if (args->value[COSTS])
        sdse_show_numbers(stdout, arch);
    else
        sdse_show_arch(stdout, arch);
    return CLI_OK;
}

// The library of components, a figure a line.
static enum cli_exit show_components(void) {
    const struct sdse_component *figure;
    printf("%-17s %-8s %-19s %-38s %7s  %-22s %-4s %s\n", "component", "of", "number",
           "formula", "node", "known for", "mark", "source");
    for (size_t i = 0; (figure = sdse_component_at(i)); i++) {
        char node[16] = "any";
        if (figure->node_nm > 0)
            snprintf(node, sizeof node, "%g nm", figure->node_nm);
        printf("%-17s %-8s %-19s %-38s %7s  %-22s %-4s %s\n", figure->name,
               figure->part, figure->quantity, figure->formula, node,
               *figure->range ? figure->range : "all", figure->mark_text,
               figure->source);
    }
    puts(
        "\nbits: of an access, or of a word that crosses a network; kib: capacity; w, "
        "i, "
        "p: bits of a weight, an input,\na partial sum; mm: length_mm of a network; v: "
        "supply. A wire's energy is per hop on a mesh.");
    return CLI_OK;
}

static enum cli_exit show_workload(struct cli *cli, const char *name, bool json) {
    struct sdse_workload *workload = NULL;
    const enum sdse_status status = cli_load_workload(cli, name, &workload);
    cli_flush_diags(cli);
    if (status != SDSE_OK)
        return cli_finish(cli, status);
    if (json)
        return cli_show_workload_json(cli, workload);
    sdse_show_workload(stdout, workload);
    return CLI_OK;
}

static enum cli_exit show_mapping(struct cli *cli, const struct cli_args *args,
                                  const char *path) {
    struct sdse_arch *arch = NULL;
    struct sdse_workload *workload = NULL;
    struct sdse_mapping *mapping = NULL;
    struct sdse_placement placement;
    const struct sdse_layer *layer = NULL;
    if (!args->value[ARCH]) {
        cli_error(cli, "a mapping is shown on its accelerator: add -a ARCH (and "
                       "-w NET -l LAYER for the layer's bounds)");
        return CLI_USAGE;
    }
    struct sdse_node *root = NULL;
    bool readable = true;
    enum sdse_status status = cli_load_arch(cli, args->value[ARCH], &arch);
    if (status == SDSE_OK)
        status = sdse_tree_parse_file(cli->arena, path, &cli->diags, &root);
    if (status == SDSE_OK && sdse_tree_kind(root) == SDSE_FILE_SCHEDULE) {
        cli_error(cli,
                  "%s is the mapping of a network: `sdse eval` lists its groups, "
                  "`sdse explain` derives them",
                  path);
        return CLI_BAD_INPUT;
    }
    if (status == SDSE_OK && args->value[WORKLOAD]) {
        const struct sdse_node *named = sdse_node_get(root, "layer");
        const char *name = args->value[LAYER];
        if (!name && named && named->kind == SDSE_NODE_SCALAR)
            name = named->text;
        status = cli_load_workload(cli, args->value[WORKLOAD], &workload);
        if (status == SDSE_OK)
            layer = cli_find_layer(cli, workload, name);
        if (status == SDSE_OK && !layer)
            return CLI_BAD_INPUT;
    }
    if (status == SDSE_OK) {
        readable = cli_compare_mapping_head(cli, root, arch, workload, NULL);
        status = sdse_arch_of_mapping(arch, root, cli->arena, &arch);
    }
    if (status == SDSE_OK)
        status = sdse_placed_mapping_from_tree(cli->arena, root, arch, layer,
                                               &cli->diags, &placement, &mapping);
    if (status == SDSE_OK && !readable)
        status = SDSE_INVALID;
    cli_flush_diags(cli);
    if (status != SDSE_OK)
        return cli_finish(cli, status);
    if (cli_wants_json(args, FORMAT))
        return cli_show_mapping_json(cli, arch, layer, &placement, mapping);
    sdse_show_places(stdout, arch, &placement);
    sdse_show_mapping(stdout, arch, layer, mapping);
    return CLI_OK;
}

static bool is_shown(const char *kind) {
    static const char *const kinds[] = {"arch", "workload", "mapping", "point",
                                        "components"};
    for (int i = 0; i < CLI_COUNT_OF(kinds); i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    return false;
}

// What is asked for has an effect on what is shown.
static bool options_fit(struct cli *cli, const struct cli_args *args,
                        const char *kind) {
    for (int i = ARCH; i <= NODE; i++) {
        const bool of_mapping = i <= LAYER;
        if (!args->value[i] || strcmp(kind, of_mapping ? "mapping" : "arch") == 0)
            continue;
        cli_error(cli, "--%s is for %s: sdse show %s FILE", options[i].name,
                  of_mapping ? "mappings" : "accelerators",
                  of_mapping ? "mapping" : "arch");
        return false;
    }
    return true;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    const char *kind = args->operands[0], *name = args->operands[1];
    const bool json = cli_wants_json(args, FORMAT);
    if (!is_shown(kind)) {
        cli_error(cli,
                  "cannot show '%s': expected arch, workload, mapping, point or "
                  "components",
                  kind);
        return CLI_USAGE;
    }
    if (!options_fit(cli, args, kind))
        return CLI_USAGE;
    if (strcmp(kind, "components") == 0) {
        if (args->operand_count == 1)
            return json ? cli_show_components_json(cli) : show_components();
        cli_error(cli, "components are shown all at once, '%s' is one more", name);
        return CLI_USAGE;
    }
    if (args->operand_count == 1) {
        cli_error(cli, "which %s? Add its file or name", kind);
        return CLI_USAGE;
    }
    const bool is_point = strcmp(kind, "point") == 0;
    if (is_point && args->operand_count == 3)
        return cli_show_point(cli, name, args->operands[2], json);
    if (is_point) {
        cli_error(cli,
                  "which point of %s? Add its number, its hash, or "
                  "NETWORK/ACCELERATOR/FORM",
                  name);
        return CLI_USAGE;
    }
    if (args->operand_count == 3) {
        cli_error(cli, "one file is shown at a time, '%s' is one more",
                  args->operands[2]);
        return CLI_USAGE;
    }
    if (strcmp(kind, "arch") == 0)
        return show_arch(cli, args, name);
    if (strcmp(kind, "workload") == 0)
        return show_workload(cli, name, json);
    return show_mapping(cli, args, name);
}

const struct cli_verb cli_verb_show = {
    .name = "show",
    .summary = "draws an accelerator, a network, a mapping or a result as text",
    .operands = {"arch|workload|mapping|point|components [FILE [POINT]]", 1, 3},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "FILE may also be the name of a shipped accelerator or network; of a point it "
        "is a results.db, and POINT\nits number or hash (point_id, point_hash of "
        "v_point), or NETWORK/ACCELERATOR/FORM.\ncomponents lists what `component:` in "
        "an accelerator's file may name.",
    .example = "sdse show arch eyeriss",
    .run = run,
};
