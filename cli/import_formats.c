#include "cli/import_formats.h"

#include <errno.h>
#include <stdlib.h>

#include "base/whole_file.h"
#include "cli/inputs.h"
#include "import/accelforge/accelforge.h"
#include "import/scalesim/scalesim.h"

static bool is_scalesim(const char *text) {
    return sdse_scalesim_kind(text) != SDSE_SCALESIM_NONE;
}

static enum sdse_status translate_scalesim(struct cli *cli,
                                           const struct cli_import_text *texts,
                                           size_t count, bool lossy,
                                           struct cli_translation *translation) {
    (void)count; // one
    const char *path = texts->path, *text = texts->text, *yaml = NULL;
    const bool config = sdse_scalesim_kind(text) == SDSE_SCALESIM_CONFIG;
    const enum sdse_status status =
        config
            ? sdse_scalesim_config(path, text, lossy, cli->arena, &cli->diags, &yaml)
            : sdse_scalesim_topology(path, text, lossy, cli->arena, &cli->diags, &yaml);
    if (status == SDSE_OK)
        translation->files[translation->count++] =
            (struct cli_translated){config ? "arch.yaml" : "network.yaml", yaml};
    return status;
}

static const struct cli_text_format formats[] = {
    {"SCALE-Sim", false, false, is_scalesim, translate_scalesim},
    {"ZigZag", true, false, cli_is_zigzag, cli_translate_zigzag},
    {"Timeloop", true, false, cli_is_timeloop, cli_translate_timeloop},
    {"AccelForge", true, true, sdse_accelforge_is, cli_translate_accelforge},
    {"MAESTRO", true, false, cli_is_maestro, cli_translate_maestro},
};

const struct cli_text_format *cli_text_format(const char *text) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (formats[i].recognise(text))
            return &formats[i];
    return NULL;
}

const char *cli_read_included(void *who, struct sdse_arena *arena, const char *path,
                              int *number) {
    struct cli *cli = who;
    enum { MOST_BYTES = 1 << 24 };
    size_t bytes;
    char *text = sdse_read_file(path, MOST_BYTES, &bytes);
    *number = errno;
    if (!text)
        return NULL;
    const char *kept = sdse_arena_strdup(arena, text);
    free(text);
    if (!kept || !cli_is_input(cli, path)) {
        *number = ENOMEM;
        return NULL;
    }
    return kept;
}
