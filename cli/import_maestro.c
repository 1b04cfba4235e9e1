// MAESTRO's files on a command line: a network, an accelerator, or both.
#include "cli/import_formats.h"
#include "import/maestro/maestro.h"

bool cli_is_maestro(const char *text) {
    return sdse_maestro_kind(text) != SDSE_MAESTRO_NONE;
}

enum sdse_status cli_translate_maestro(struct cli *cli,
                                       const struct cli_import_text *texts,
                                       size_t count, bool lossy,
                                       struct cli_translation *made) {
    struct sdse_maestro_text text[SDSE_MAESTRO_HARDWARE + 1] = {{0}};
    struct sdse_maestro_files files;
    bool twice = false;
    for (size_t i = 0; i < count; i++) {
        struct sdse_maestro_text *own = &text[sdse_maestro_kind(texts[i].text)];
        if (own->text) {
            sdse_diag_add(&cli->diags, SDSE_ERROR,
                          (struct sdse_loc){texts[i].path, 1, 1}, "maestro-file",
                          "a second file of the kind of %s", own->path);
            twice = true;
        }
        *own = (struct sdse_maestro_text){texts[i].path, texts[i].text};
    }
    if (twice)
        return SDSE_INVALID;
    const struct sdse_maestro_text *network = &text[SDSE_MAESTRO_NETWORK],
                                   *hardware = &text[SDSE_MAESTRO_HARDWARE];
    const enum sdse_status status = sdse_maestro_import(
        network->text ? network : NULL, hardware->text ? hardware : NULL, lossy,
        cli->arena, &cli->diags, &files);
    if (status != SDSE_OK)
        return status;
    const struct cli_translated all[] = {{"arch.yaml", files.arch},
                                         {"network.yaml", files.network},
                                         {"mapping.yaml", files.mapping}};
    for (size_t i = 0; i < CLI_MOST_TRANSLATED; i++)
        if (all[i].yaml)
            made->files[made->count++] = all[i];
    return SDSE_OK;
}
