// MAESTRO's networks on a command line.
#include "cli/import_formats.h"
#include "import/maestro/maestro.h"

enum sdse_status cli_translate_maestro(struct cli *cli,
                                       const struct cli_import_text *texts,
                                       size_t count, bool lossy,
                                       struct cli_translation *made) {
    (void)count; // one
    const char *yaml = NULL;
    const enum sdse_status status = sdse_maestro_network(
        texts->path, texts->text, lossy, cli->arena, &cli->diags, &yaml);
    if (status == SDSE_OK)
        *made = (struct cli_translation){{{"network.yaml", yaml}}, 1};
    return status;
}
