// sdse import: other tools' files as ours, told by what they hold.
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/import_model.h"
#include "cli/import_tensors.h"
#include "cli/import_text.h"
#include "cli/import_tflite.h"
#include "cli/inputs.h"
#include "cli/progress.h"
#include "import/onnx/onnx.h"
#include "import/tfjs/tfjs.h"
#include "import/write.h"

enum { OUTPUT, INPUT, LIKE, FORCE, FOLLOW, SHAPES, BATCH, WIDTHS, LOSSY, FORMAT };

static const struct cli_option options[] = {
    [OUTPUT] = {"output", 'o', CLI_TEXT, "DIR",
                "folder for workload.yaml, manifest.tsv and weights/; of text files: "
                "the file, or the folder for several",
                NULL, true},
    [INPUT] =
        {"input", 'i', CLI_TEXT, "NAME=1x3x224x224[,...]",
         "shapes of inputs whose dimensions the file leaves open; or their extents "
         "by the dimensions' names, batch=1; of templates, names that they leave open",
         NULL, false},
    [LIKE] = {"like", 0, CLI_TEXT, "NET",
              "the network that a file of tensors is of: its layers find their weights",
              NULL, false},
    [FORCE] = CLI_OPTION_FORCE,
    [FOLLOW] =
        {"follow-links", 0, CLI_FLAG, NULL,
         "read external data and shards outside the model's folder that links lead to",
         NULL, false},
    [SHAPES] = {"shapes-only", 0, CLI_FLAG, NULL,
                "read no external data, which may be absent, and write no weights",
                NULL, false},
    [BATCH] = {"batch-axis", 0, CLI_TEXT, "[NAME=]AXIS[,...]|none",
               "which axis of which input is the batch (the first input's if none is "
               "named), where it is not what is found",
               NULL, false},
    [WIDTHS] = {"no-weight-bits", 0, CLI_FLAG, NULL,
                "layers do not say how wide the file stores their weights: all are as "
                "wide as the accelerator's words",
                NULL, false},
    [LOSSY] = {"lossy", 0, CLI_FLAG, NULL,
               "what a text file asks for and has no counterpart is a warning", NULL,
               false},
    [FORMAT] = CLI_OPTION_TEXT_OR_JSON,
};

// Every text that is not an input is said.
static bool parse_inputs(struct cli *cli, const char *text,
                         struct sdse_import_options *choice) {
    bool good = true;
    size_t room = 1;
    for (const char *at = text; at && *at; at++)
        room += *at == ',';
    char *words = text ? sdse_arena_strdup(cli->arena, text) : NULL;
    struct sdse_import_input *inputs =
        SDSE_ARENA_ARRAY(cli->arena, struct sdse_import_input, room);
    if (!inputs || (text && !words))
        return cli_note(cli, SDSE_NO_MEMORY) == SDSE_OK;
    char *rest = NULL;
    for (char *word = words ? strtok_r(words, ",", &rest) : NULL; word;
         word = strtok_r(NULL, ",", &rest)) {
        if (sdse_import_input_parse(word, cli->arena, &inputs[choice->input_count])) {
            choice->input_count++;
            continue;
        }
        cli_error(cli,
                  "--input %s: expected NAME=1x3x224x224, or NAME=1 of a dimension",
                  word);
        good = false;
    }
    choice->inputs = inputs;
    return good;
}

// As parse_inputs.
static bool parse_batch(struct cli *cli, const char *text,
                        struct sdse_import_options *choice) {
    bool good = true;
    size_t room = 1;
    choice->no_batch = text && strcmp(text, "none") == 0;
    if (!text || choice->no_batch)
        return true;
    for (const char *at = text; *at; at++)
        room += *at == ',';
    char *words = sdse_arena_strdup(cli->arena, text), *rest = NULL;
    struct sdse_import_batch *batch =
        SDSE_ARENA_ARRAY(cli->arena, struct sdse_import_batch, room);
    if (!batch || !words)
        return cli_note(cli, SDSE_NO_MEMORY) == SDSE_OK;
    for (char *word = strtok_r(words, ",", &rest); word;
         word = strtok_r(NULL, ",", &rest)) {
        if (sdse_import_batch_parse(word, cli->arena, &batch[choice->batch_count])) {
            choice->batch_count++;
            continue;
        }
        cli_error(cli, "--batch-axis %s: expected NAME=AXIS, AXIS or none", word);
        good = false;
    }
    choice->batch = batch;
    return good;
}

static enum sdse_status
write_files(struct cli *cli, const struct sdse_imported *imported, const char *folder) {
    struct cli_progress progress;
    const struct sdse_steps steps = {cli_progress_set, &progress};
    cli_progress_begin(&progress, cli->verb->name, "weights", 0);
    const enum sdse_status status = sdse_import_write(&cli->outputs, imported, folder,
                                                      &steps, cli->arena, &cli->diags);
    cli_progress_end(&progress);
    return status;
}

// What a file is; what is OTHER cannot be imported.
enum source { MODEL, WEB, LITE, TENSORS, TEXTS, OTHER, SOURCES };

// What is asked for has an effect on this kind of file.
static bool options_fit(struct cli *cli, const struct cli_args *args,
                        enum source source) {
    static const struct {
        int option;
        bool of[SOURCES];
        const char *what;
    } rows[] = {{INPUT,
                 {[MODEL] = true, [WEB] = true, [TEXTS] = true},
                 "an ONNX model, one of TensorFlow.js or a template"},
                {LIKE, {[TENSORS] = true}, "a file of tensors"},
                {FOLLOW,
                 {[MODEL] = true, [WEB] = true, [TENSORS] = true},
                 "an ONNX model or a file of tensors"},
                {SHAPES, {[MODEL] = true}, "an ONNX model"},
                {BATCH,
                 {[MODEL] = true, [WEB] = true},
                 "an ONNX model or one of TensorFlow.js"},
                {WIDTHS,
                 {[MODEL] = true, [WEB] = true, [LITE] = true, [TENSORS] = true},
                 "a model or a file of tensors"},
                {LOSSY, {[TEXTS] = true}, "text files of another tool"}};
    bool fit = true;
    for (int i = 0; i < CLI_COUNT_OF(rows); i++) {
        if (!args->value[rows[i].option] || rows[i].of[source])
            continue;
        cli_error(cli, "--%s goes with %s: %s is none", options[rows[i].option].name,
                  rows[i].what, args->operands[0]);
        fit = false;
    }
    return fit;
}

static void refuse_kind(struct cli *cli, const char *path, const char *is) {
    sdse_diag_add(&cli->diags, SDSE_ERROR, (struct sdse_loc){.file = path},
                  "tensors-kind", "this is %s", is);
}

// Says what cannot be imported, if it is known what it is.
static enum cli_exit look(struct cli *cli, const char *path, enum source *source,
                          enum sdse_tensor_format *format) {
    const char *is;
    const enum sdse_status status =
        sdse_tensors_look(path, cli->arena, format, &is, &cli->diags);
    if (status != SDSE_OK)
        return cli_finish(cli, status);
    if (is) {
        refuse_kind(cli, path, is);
        return cli_finish(cli, SDSE_INVALID);
    }
    const enum cli_text_kind text =
        *format == SDSE_TENSORS_NONE ? cli_text_kind(cli, path) : CLI_NO_TEXT;
    *source = *format == SDSE_TENSORS_TFLITE ? LITE
              : *format != SDSE_TENSORS_NONE ? TENSORS
              : text == CLI_TEXT_OF_TOOL     ? TEXTS
              : text == CLI_OTHER_TEXT       ? OTHER
                                             : MODEL;
    return cli->fault ? CLI_SYSTEM : CLI_OK;
}

// Writes and shows a model; frees it.
static enum cli_exit finish_model(struct cli *cli, const struct cli_args *args,
                                  struct sdse_imported *imported) {
    const char *folder = args->value[OUTPUT];
    enum cli_exit result = cli_finish(cli, write_files(cli, imported, folder));
    if (result == CLI_OK && cli_wants_json(args, FORMAT))
        result = cli_imported_json(cli, folder, sdse_imported_workload(imported));
    else if (result == CLI_OK)
        cli_show_imported(cli, folder, sdse_imported_workload(imported));
    sdse_imported_free(imported);
    return result;
}

static bool is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    struct sdse_import_options choice = {.follow_links = args->value[FOLLOW] != NULL,
                                         .shapes_only = args->value[SHAPES] != NULL,
                                         .no_weight_bits = args->value[WIDTHS] != NULL};
    const bool inputs = parse_inputs(cli, args->value[INPUT], &choice);
    if (!parse_batch(cli, args->value[BATCH], &choice) || !inputs)
        return CLI_USAGE;
    // A folder is looked into where it stands alone.
    bool all_exist = true;
    for (int i = 0; i < args->operand_count; i++)
        all_exist &= (args->operand_count == 1 && is_folder(args->operands[i])) ||
                     cli_file_exists(cli, args->operands[i]);
    if (!all_exist)
        return CLI_BAD_INPUT;
    cli->outputs.force = args->value[FORCE] != NULL;
    for (int i = 0; i < args->operand_count; i++)
        if (!cli_is_input(cli, args->operands[i]))
            return CLI_SYSTEM;
    enum source source = MODEL;
    enum sdse_tensor_format format;
    const enum cli_exit looked = look(cli, args->operands[0], &source, &format);
    if (looked != CLI_OK)
        return looked;
    // A model.json may hold a network, or weights alone.
    struct sdse_imported *web = NULL;
    if (format == SDSE_TENSORS_TFJS && !args->value[LIKE]) {
        const enum sdse_status status = sdse_tfjs_open(
            args->operands[0], &choice, &cli->outputs, &web, &cli->diags);
        if (status != SDSE_OK)
            return cli_finish(cli, status);
        source = web ? WEB : source;
    }
    if (!options_fit(cli, args, source)) {
        sdse_imported_free(web);
        return CLI_USAGE;
    }
    if (source == OTHER) {
        refuse_kind(cli, args->operands[0],
                    "text, but no design of a tool that is read (docs/import.md lists "
                    "them), and no model");
        return cli_finish(cli, SDSE_INVALID);
    }
    if (source == TEXTS)
        return cli_import_text(cli, (const char *const *)args->operands,
                               args->operand_count, &choice, args->value[OUTPUT],
                               args->value[LOSSY] != NULL,
                               cli_wants_json(args, FORMAT));
    if (args->operand_count > 1) {
        sdse_imported_free(web);
        cli_error(cli, "one model at a time: %s is a second", args->operands[1]);
        return CLI_USAGE;
    }
    if (source == LITE)
        return cli_import_tflite(cli, args->operands[0], args->value[OUTPUT],
                                 choice.no_weight_bits, cli_wants_json(args, FORMAT));
    if (source == TENSORS)
        return cli_import_tensors(
            cli, &(struct cli_tensor_import){args->operands[0], format,
                                             args->value[OUTPUT], args->value[LIKE],
                                             choice.follow_links, choice.no_weight_bits,
                                             cli_wants_json(args, FORMAT)});
    struct sdse_imported *imported = web;
    if (source == MODEL) {
        enum sdse_status status =
            sdse_import_onnx(args->operands[0], &choice, &imported, &cli->diags);
        if (status == SDSE_OK &&
            !sdse_imported_name_inputs(imported, &cli->outputs, cli->arena))
            status = SDSE_NO_MEMORY;
        if (status != SDSE_OK) {
            sdse_imported_free(imported);
            return cli_finish(cli, status);
        }
    }
    return finish_model(cli, args, imported);
}

const struct cli_verb cli_verb_import = {
    .name = "import",
    .summary = "turns other tools' models, weights and designs into ours",
    .operands =
        {"MODEL.onnx|MODEL.tflite|MODEL.json|TENSORS|CONFIG.cfg|TOPOLOGY.csv|FILE...",
         1, CLI_MOST_IMPORTED},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "What a file is, is told by what it holds; docs/import.md lists operators "
        "and constructs.\n"
        "Of a model of ONNX, TensorFlow Lite or TensorFlow.js, DIR/workload.yaml is "
        "read by -w, DIR by\n"
        "`sdse decompose`.\n"
        "Files of tensors alone (safetensors and its index, .pt, a model.json "
        "without topology, .npz,\n"
        "a folder of .npy) become weights; --like says of which network, so that it "
        "can be mapped.\n"
        "Designs of Timeloop, ZigZag, AccelForge, MAESTRO and SCALE-Sim become "
        "accelerators, networks\n"
        "and mappings; several files of one design are given together.",
    .example = "sdse import model.onnx -o model --input x=1x3x224x224",
    .run = run,
};
