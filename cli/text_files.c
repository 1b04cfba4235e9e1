#include "cli/text_files.h"

static enum sdse_status write_file(struct cli *cli, const struct sdse_output_kind *kind,
                                   const struct cli_text_file *file) {
    struct sdse_output output;
    const enum sdse_status status =
        sdse_output_open(&output, file->path, kind, &cli->outputs, &cli->diags);
    if (status != SDSE_OK)
        return status;
    fputs(kind->starts[0], output.file);
    fputs(file->text, output.file);
    return sdse_output_close(&output, SDSE_OK, &cli->diags);
}

enum sdse_status cli_write_texts(struct cli *cli, const struct sdse_output_kind *kind,
                                 const struct cli_text_file *files, size_t count) {
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; i < count && status == SDSE_OK; i++)
        if (files[i].text)
            status = sdse_output_check(files[i].path, kind, &cli->outputs, &cli->diags);
    for (size_t i = 0; i < count && status == SDSE_OK; i++)
        if (files[i].text)
            status = write_file(cli, kind, &files[i]);
    return status;
}
