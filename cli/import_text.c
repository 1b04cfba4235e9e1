#include "cli/import_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/errno_text.h"
#include "base/whole_file.h"
#include "cli/import_formats.h"
#include "cli/inputs.h"
#include "cli/shell_word.h"
#include "cli/show_json.h"
#include "cli/text_files.h"
#include "costmodel/resolve.h"
#include "spec/load.h"
#include "spec/show.h"
#include "spec/value.h"

enum { MOST_BYTES = 1 << 24 };

// No control characters but blanks: a model of protobuf begins with one.
static bool is_plain(const char *text, size_t bytes) {
    size_t i = 0;
    while (i < bytes &&
           ((unsigned char)text[i] >= ' ' || strchr("\t\n\r\f", text[i])) && text[i])
        i++;
    return bytes > 0 && i == bytes;
}

enum cli_text_kind cli_text_kind(struct cli *cli, const char *path) {
    size_t bytes;
    char *text = sdse_read_file(path, MOST_BYTES, &bytes);
    if (!text && sdse_errno_status(errno) != SDSE_INVALID)
        cli_error_errno(cli, path, errno);
    const enum cli_text_kind kind = !text                   ? CLI_NO_TEXT
                                    : cli_text_format(text) ? CLI_TEXT_OF_TOOL
                                    : is_plain(text, bytes) ? CLI_OTHER_TEXT
                                                            : CLI_NO_TEXT;
    free(text);
    return kind;
}

// --- What is read ---

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

// The whole text, in the arena; NULL after an error.
static const char *read_text(struct cli *cli, const char *path) {
    size_t bytes;
    char *text = sdse_read_file(path, MOST_BYTES + 1, &bytes);
    if (!text) {
        cli_error_errno(cli, path, errno);
        return NULL;
    }
    const char *kept = NULL;
    if (is_whole(cli, path, text, bytes)) {
        kept = sdse_arena_strdup(cli->arena, text);
        if (!kept)
            cli_note(cli, SDSE_NO_MEMORY);
    }
    free(text);
    return kept;
}

// All files, of one format; NULL after an error for each that is not.
static const struct cli_text_format *
read_texts(struct cli *cli, const char *const *paths, int count,
           struct cli_import_text texts[CLI_MOST_IMPORTED]) {
    const struct cli_text_format *format = NULL;
    bool good = true;
    for (int i = 0; i < count; i++) {
        const char *text = read_text(cli, paths[i]);
        texts[i] = (struct cli_import_text){paths[i], text};
        if (!text) {
            good = false;
            continue;
        }
        const struct cli_text_format *own = cli_text_format(text);
        if (i == 0) {
            format = own;
        } else if (format && own != format) {
            cli_error(cli, "%s: is no file of %s, as %s is", paths[i], format->name,
                      paths[0]);
            good = false;
        }
    }
    if (format && count > 1 && !format->several) {
        cli_error(cli, "files of %s are translated one by one: %d are given",
                  format->name, count);
        good = false;
    }
    return good ? format : NULL;
}

// --- What it becomes ---

struct loaded {
    struct sdse_arch *arch;
    struct sdse_workload *net;
    struct sdse_mapping *mapping;
};

// The layer that a mapping is of: the network's only one.
static const struct sdse_layer *only_layer(const struct loaded *loaded) {
    return loaded->net && loaded->net->layer_count == 1 ? loaded->net->layers : NULL;
}

// A network's mapping: layers that run by themselves (docs/formats.md, Mapping).
static enum sdse_status load_mappings(struct cli *cli, const struct sdse_node *root,
                                      struct loaded *loaded) {
    enum sdse_status status = SDSE_OK;
    sdse_for_each_child (item, sdse_node_get(root, "mappings")) {
        const char *name = sdse_node_as_text(sdse_node_get(item, "layer"));
        for (size_t l = 0; l < loaded->net->layer_count && status != SDSE_NO_MEMORY;
             l++) {
            if (strcmp(loaded->net->layers[l].name, name) != 0)
                continue;
            const enum sdse_status own = sdse_mapping_from_tree(
                cli->arena, item, loaded->arch, &loaded->net->layers[l], &cli->diags,
                &loaded->mapping);
            status = own != SDSE_OK ? own : status;
        }
    }
    return status;
}

// Reads back what is to be written: it must be a file like any other.
static enum sdse_status load(struct cli *cli, const struct cli_translated *made,
                             const char *name, struct loaded *loaded) {
    struct sdse_node *root = NULL;
    enum sdse_status status = sdse_tree_parse_memory(
        cli->arena, name, made->yaml, strlen(made->yaml), &cli->diags, &root);
    if (status != SDSE_OK)
        return status;
    switch (sdse_tree_kind(root)) {
    case SDSE_FILE_ARCH:
        status =
            sdse_arch_from_tree(cli->arena, root, NULL, 0, &cli->diags, &loaded->arch);
        if (status == SDSE_OK)
            status = sdse_arch_resolve_costs(loaded->arch, cli->arena, &cli->diags);
        return status;
    case SDSE_FILE_MAPPING:
        return sdse_mapping_from_tree(cli->arena, root, loaded->arch,
                                      only_layer(loaded), &cli->diags,
                                      &loaded->mapping);
    case SDSE_FILE_SCHEDULE:
        return load_mappings(cli, root, loaded);
    default:
        return sdse_workload_from_tree(cli->arena, root, &cli->diags, &loaded->net);
    }
}

// --- What is written ---

static const struct sdse_output_kind kind = {"a file written by sdse import",
                                             {"# Written by sdse import.\n"}};

static bool is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

// Where each file goes: a single one to `output` itself, unless that is a folder.
static enum sdse_status name_outputs(struct cli *cli,
                                     const struct cli_translation *made,
                                     const char *output,
                                     const char *names[CLI_MOST_TRANSLATED]) {
    const bool folder = made->count > 1 || is_folder(output);
    for (size_t i = 0; i < made->count; i++) {
        names[i] =
            folder ? sdse_arena_printf(cli->arena, "%s/%s", output, made->files[i].file)
                   : output;
        if (!names[i])
            return SDSE_NO_MEMORY;
    }
    return SDSE_OK;
}

static enum sdse_status write_files(struct cli *cli, const struct cli_translation *made,
                                    const char *output,
                                    const char *names[CLI_MOST_TRANSLATED]) {
    if (made->count > 1 && !is_folder(output)) {
        if (!cli_may_make_folder(cli, output))
            return SDSE_INVALID;
        const enum sdse_status status = cli_make_folder(cli, output);
        if (status != SDSE_OK)
            return status;
    }
    struct cli_text_file files[CLI_MOST_TRANSLATED];
    for (size_t i = 0; i < made->count; i++)
        files[i] = (struct cli_text_file){names[i], made->files[i].yaml};
    return cli_write_texts(cli, &kind, files, made->count);
}

// --- What is shown ---

static enum cli_exit print_json(struct cli *cli, const struct cli_text_format *format,
                                const struct cli_translation *made,
                                const char *const *names, const struct loaded *loaded) {
    if (made->count == 1 && loaded->arch)
        return cli_show_arch_json(cli, loaded->arch);
    if (made->count == 1)
        return cli_show_workload_json(cli, loaded->net);
    struct sdse_json json;
    sdse_json_begin(&json, "sdse.import-design/1", stdout);
    sdse_json_text(&json, "format", format->name);
    if (loaded->arch)
        sdse_json_text(&json, "arch", loaded->arch->name);
    if (loaded->net)
        sdse_json_text(&json, "network", loaded->net->name);
    sdse_json_array(&json, "files");
    for (size_t i = 0; i < made->count; i++)
        sdse_json_text(&json, NULL, names[i]);
    sdse_json_close(&json);
    return cli_end_json(cli, &json);
}

static void print_text(struct cli *cli, const struct cli_translation *made,
                       const char *const *names, const struct loaded *loaded) {
    if (loaded->arch)
        sdse_show_arch(stdout, loaded->arch);
    if (loaded->arch && loaded->net)
        putchar('\n');
    if (loaded->net)
        sdse_show_workload(stdout, loaded->net);
    printf("\nwritten: ");
    for (size_t i = 0; i < made->count; i++)
        printf("%s%s", i ? ", " : "", names[i]);
    const char *word[CLI_MOST_TRANSLATED];
    for (size_t i = 0; i < made->count; i++)
        word[i] = cli_shell_word(cli->arena, names[i]);
    printf("; go on with\n  sdse %s -a %s -w %s%s%s\n",
           loaded->mapping ? "eval" : "map", loaded->arch ? word[0] : "ACCELERATOR",
           loaded->net ? word[loaded->arch ? 1 : 0] : "NETWORK",
           loaded->mapping ? " -m " : "", loaded->mapping ? word[made->count - 1] : "");
}

// Inputs as names of templates: each is a number. False after an error.
static bool take_inputs(struct cli *cli, const struct sdse_import_options *inputs,
                        const struct cli_text_format *format, const char *path,
                        struct cli_translation *made) {
    bool good = true;
    if (inputs->input_count && !format->takes_names) {
        cli_error(cli,
                  "--input goes with an ONNX model, one of TensorFlow.js or a template "
                  "of AccelForge: %s is none",
                  path);
        return false;
    }
    made->given = SDSE_ARENA_ARRAY(cli->arena, struct sdse_template_given,
                                   inputs->input_count + 1);
    if (!made->given)
        return cli_note(cli, SDSE_NO_MEMORY) == SDSE_OK;
    for (size_t i = 0; i < inputs->input_count; i++) {
        const struct sdse_import_input *input = &inputs->inputs[i];
        if (!input->name || input->rank != 1) {
            cli_error(cli, "--input: of a template expected NAME=NUMBER");
            good = false;
            continue;
        }
        made->given[made->given_count++] =
            (struct sdse_template_given){input->name, (double)input->shape[0], false};
    }
    return good;
}

// Every name that is set is one that a template reads.
static bool inputs_are_asked(struct cli *cli, const struct cli_translation *made) {
    bool asked = true;
    for (size_t i = 0; i < made->given_count; i++) {
        if (made->given[i].asked)
            continue;
        cli_error(cli, "--input %s: no template of these files reads it",
                  made->given[i].name);
        asked = false;
    }
    return asked;
}

enum cli_exit cli_import_text(struct cli *cli, const char *const *paths, int count,
                              const struct sdse_import_options *inputs,
                              const char *output, bool lossy, bool json) {
    struct cli_import_text texts[CLI_MOST_IMPORTED];
    struct cli_translation made = {.count = 0};
    const char *names[CLI_MOST_TRANSLATED] = {0};
    struct loaded loaded = {0};
    const struct cli_text_format *format = read_texts(cli, paths, count, texts);
    if (!format)
        return CLI_BAD_INPUT;
    if (!take_inputs(cli, inputs, format, paths[0], &made))
        return cli->fault ? CLI_SYSTEM : CLI_USAGE;
    enum sdse_status status =
        format->translate(cli, texts, (size_t)count, lossy, &made);
    if (status == SDSE_OK && !inputs_are_asked(cli, &made))
        return CLI_USAGE;
    if (status == SDSE_OK)
        status = name_outputs(cli, &made, output, names);
    for (size_t i = 0; i < made.count && status == SDSE_OK; i++)
        status = load(cli, &made.files[i], names[i], &loaded);
    if (status == SDSE_INVALID && made.count)
        sdse_diag_add(&cli->diags, SDSE_NOTE, (struct sdse_loc){paths[0], 1, 1}, NULL,
                      "the places in %s are those of what this becomes, which is not "
                      "written",
                      output);
    if (status == SDSE_OK)
        status = write_files(cli, &made, output, names);
    const enum cli_exit result = cli_finish(cli, status);
    if (result != CLI_OK)
        return result;
    if (json)
        return print_json(cli, format, &made, names, &loaded);
    print_text(cli, &made, names, &loaded);
    return CLI_OK;
}
