// Timeloop's files on a command line, and those that they include.
#include "cli/import_formats.h"
#include "import/timeloop/timeloop.h"

bool cli_is_timeloop(const char *text) { return sdse_timeloop_is(text); }

enum sdse_status cli_translate_timeloop(struct cli *cli,
                                        const struct cli_import_text *texts,
                                        size_t count, bool lossy,
                                        struct cli_translation *translation) {
    const struct sdse_foreign_files includes = {cli_read_included, cli};
    struct sdse_timeloop_files files;
    struct sdse_timeloop_text *list =
        SDSE_ARENA_ARRAY(cli->arena, struct sdse_timeloop_text, count);
    if (!list)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        list[i] = (struct sdse_timeloop_text){texts[i].path, texts[i].text};
    const enum sdse_status status = sdse_timeloop_import(
        list, count, lossy, &includes, cli->arena, &cli->diags, &files);
    if (status != SDSE_OK)
        return status;
    const struct cli_translated made[] = {{"arch.yaml", files.arch},
                                          {"network.yaml", files.network},
                                          {"mapping.yaml", files.mapping}};
    translation->count = 0;
    for (size_t i = 0; i < CLI_MOST_TRANSLATED; i++)
        if (made[i].yaml)
            translation->files[translation->count++] = made[i];
    return SDSE_OK;
}
