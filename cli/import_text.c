#include "cli/import_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/errno_text.h"
#include "base/output.h"
#include "base/whole_file.h"
#include "cli/inputs.h"
#include "cli/show_json.h"
#include "costmodel/resolve.h"
#include "import/scalesim/scalesim.h"
#include "spec/load.h"
#include "spec/show.h"

enum { MOST_BYTES = 1 << 24 };

bool cli_is_text_import(struct cli *cli, const char *path) {
    size_t bytes;
    char *text = sdse_read_file(path, MOST_BYTES, &bytes);
    if (!text && sdse_errno_status(errno) != SDSE_INVALID)
        cli_error_errno(cli, path, errno);
    const bool is = text && sdse_scalesim_kind(text) != SDSE_SCALESIM_NONE;
    free(text);
    return is;
}

// Reads back what is to be written: it must be a file like any other.
static enum sdse_status load(struct cli *cli, const char *yaml, const char *name,
                             struct sdse_arch **arch, struct sdse_workload **net) {
    struct sdse_node *root = NULL;
    enum sdse_status status = sdse_tree_parse_memory(cli->arena, name, yaml,
                                                     strlen(yaml), &cli->diags, &root);
    if (status == SDSE_OK && sdse_tree_kind(root) == SDSE_FILE_ARCH) {
        status = sdse_arch_from_tree(cli->arena, root, NULL, 0, &cli->diags, arch);
        if (status == SDSE_OK)
            status = sdse_arch_resolve_costs(*arch, cli->arena, &cli->diags);
    } else if (status == SDSE_OK) {
        status = sdse_workload_from_tree(cli->arena, root, &cli->diags, net);
    }
    return status;
}

static enum sdse_status write_file(struct cli *cli, const char *yaml,
                                   const char *path) {
    static const char signature[] = "# Written by sdse import.\n";
    static const struct sdse_output_kind kind = {"a file written by sdse import",
                                                 {signature}};
    struct sdse_output output;
    const enum sdse_status status =
        sdse_output_open(&output, path, &kind, &cli->outputs, &cli->diags);
    if (status != SDSE_OK)
        return status;
    fputs(signature, output.file);
    fputs(yaml, output.file);
    return sdse_output_close(&output, SDSE_OK, &cli->diags);
}

// Text that would be read in part: too long, or with a zero byte in it.
static bool is_whole(struct cli *cli, const char *path, const char *text,
                     size_t bytes) {
    const size_t length = strlen(text);
    if (bytes > MOST_BYTES)
        cli_error(cli, "%s: larger than %d MiB", path, MOST_BYTES >> 20);
    else if (length < bytes)
        cli_error(cli, "%s: not a text file: byte %zu is zero", path, length + 1);
    return bytes <= MOST_BYTES && length == bytes;
}

enum cli_exit cli_import_text(struct cli *cli, const char *path, const char *output,
                              bool lossy, bool json) {
    size_t bytes;
    char *text = sdse_read_file(path, MOST_BYTES + 1, &bytes);
    if (!text) {
        cli_error_errno(cli, path, errno);
        return CLI_BAD_INPUT;
    }
    if (!is_whole(cli, path, text, bytes)) {
        free(text);
        return CLI_BAD_INPUT;
    }
    struct sdse_arch *arch = NULL;
    struct sdse_workload *net = NULL;
    const char *yaml = NULL;
    const bool config = sdse_scalesim_kind(text) == SDSE_SCALESIM_CONFIG;
    enum sdse_status status =
        config
            ? sdse_scalesim_config(path, text, lossy, cli->arena, &cli->diags, &yaml)
            : sdse_scalesim_topology(path, text, lossy, cli->arena, &cli->diags, &yaml);
    free(text);
    if (status == SDSE_OK)
        status = load(cli, yaml, output, &arch, &net);
    if (status == SDSE_INVALID && yaml)
        sdse_diag_add(&cli->diags, SDSE_NOTE, (struct sdse_loc){path, 1, 1}, NULL,
                      "the places in %s are those of what this becomes, which is not "
                      "written",
                      output);
    if (status == SDSE_OK)
        status = write_file(cli, yaml, output);
    const enum cli_exit result = cli_finish(cli, status);
    if (result != CLI_OK)
        return result;
    if (json)
        return config ? cli_show_arch_json(cli, arch)
                      : cli_show_workload_json(cli, net);
    if (config)
        sdse_show_arch(stdout, arch);
    else
        sdse_show_workload(stdout, net);
    printf("\nwritten: %s; go on with\n  sdse map -a %s -w %s\n", output,
           config ? output : "ACCELERATOR", config ? "NETWORK" : output);
    return CLI_OK;
}
