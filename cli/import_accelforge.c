// AccelForge's files on a command line: an architecture, a workload, or both.
#include "cli/import_formats.h"
#include "cli/import_text.h"
#include "import/accelforge/accelforge.h"

static void add(struct cli_translation *made, const char *file, const char *yaml) {
    if (yaml)
        made->files[made->count++] = (struct cli_translated){file, yaml};
}

enum sdse_status cli_translate_accelforge(struct cli *cli,
                                          const struct cli_import_text *texts,
                                          size_t count, bool lossy,
                                          struct cli_translation *made) {
    const struct sdse_node *roots[CLI_MOST_IMPORTED];
    struct sdse_foreign foreign = {cli->arena, &cli->diags, lossy, false, false};
    const struct sdse_foreign_files files = {cli_read_included, cli};
    const struct sdse_template_world world = {&files, made->given_count, made->given};
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; i < count; i++) {
        roots[i] = sdse_foreign_parse(&foreign, texts[i].path, texts[i].text,
                                      "accelforge-template", &world);
        if (!roots[i])
            status = foreign.out_of_memory ? SDSE_NO_MEMORY : SDSE_INVALID;
    }
    const char *arch = NULL, *network = NULL;
    if (status == SDSE_OK)
        status = sdse_accelforge_import(roots, count, lossy, cli->arena, &cli->diags,
                                        &arch, &network);
    if (status != SDSE_OK)
        return status;
    add(made, "arch.yaml", arch);
    add(made, "network.yaml", network);
    return SDSE_OK;
}
