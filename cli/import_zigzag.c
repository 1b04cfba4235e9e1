// ZigZag's files on a command line: hardware, workload and mapping in any order.
#include <string.h>

#include "cli/import_formats.h"
#include "import/zigzag/zigzag.h"

bool cli_is_zigzag(const char *text) {
    return sdse_zigzag_kind(text) != SDSE_ZIGZAG_NONE;
}

// Parses the file of one kind; two of a kind are refused.
static enum sdse_status parse(struct cli *cli, const struct cli_import_text *texts,
                              size_t count, enum sdse_zigzag_kind kind,
                              struct sdse_node **root) {
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; i < count; i++) {
        if (sdse_zigzag_kind(texts[i].text) != kind)
            continue;
        struct sdse_node *parsed = NULL;
        const enum sdse_status now =
            sdse_tree_parse_memory(cli->arena, texts[i].path, texts[i].text,
                                   strlen(texts[i].text), &cli->diags, &parsed);
        if (now == SDSE_NO_MEMORY)
            return now;
        if (now != SDSE_OK)
            status = now;
        if (parsed && *root) {
            sdse_diag_add(&cli->diags, SDSE_ERROR, parsed->loc, "zigzag-file",
                          "a second file of the kind of %s", (*root)->loc.file);
            status = SDSE_INVALID;
        } else if (parsed) {
            *root = parsed;
        }
    }
    return status;
}

static void add(struct cli_translation *made, const char *file, const char *yaml) {
    if (yaml)
        made->files[made->count++] = (struct cli_translated){file, yaml};
}

enum sdse_status cli_translate_zigzag(struct cli *cli,
                                      const struct cli_import_text *texts, size_t count,
                                      bool lossy, struct cli_translation *made) {
    struct sdse_node *root[SDSE_ZIGZAG_MAPPING + 1] = {NULL};
    enum sdse_status status = SDSE_OK;
    for (int kind = SDSE_ZIGZAG_HARDWARE; kind <= SDSE_ZIGZAG_MAPPING; kind++) {
        const enum sdse_status now =
            parse(cli, texts, count, (enum sdse_zigzag_kind)kind, &root[kind]);
        if (now != SDSE_OK)
            status = now;
    }
    if (status != SDSE_OK)
        return status;
    const struct sdse_node *hardware = root[SDSE_ZIGZAG_HARDWARE],
                           *workload = root[SDSE_ZIGZAG_WORKLOAD],
                           *mapping = root[SDSE_ZIGZAG_MAPPING];
    if (mapping && !hardware) {
        sdse_diag_add(&cli->diags, SDSE_ERROR, mapping->loc, "zigzag-file",
                      "a mapping alone says nothing: give the hardware that it is of");
        return SDSE_INVALID;
    }
    const char *arch = NULL, *net = NULL;
    if (hardware)
        status = sdse_zigzag_accelerator(hardware, workload, mapping, lossy, cli->arena,
                                         &cli->diags, &arch);
    if (workload) {
        const enum sdse_status now =
            sdse_zigzag_workload(workload, lossy, cli->arena, &cli->diags, &net);
        if (now != SDSE_OK)
            status = now;
    }
    if (status != SDSE_OK)
        return status;
    add(made, "arch.yaml", arch);
    add(made, "network.yaml", net);
    return SDSE_OK;
}
