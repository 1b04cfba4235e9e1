// sdse trace: an imported network run on inputs: what its layers read, and what other
// weights make of its outputs.
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/problem.h"
#include "dse/sweep/output_error.h"
#include "import/forward/trace.h"
#include "import/forward/weight_digits.h"
#include "import/write.h"

enum { INPUTS, OUTPUT, BITS, FORM, WORD_BITS, BIT_ERRORS, FORCE, FOLLOW, JOBS, FORMAT };
enum { MOST_FILES = 256 };

static const struct cli_option options[] = {
    [INPUTS] = {"inputs", 'i', CLI_TEXT, "[NAME=]X.npy[,...]",
                "the inputs; files of one name follow one another", NULL, true},
    [OUTPUT] = {"output", 'o', CLI_TEXT, "DIR|FILE.yaml",
                "folder as of import, or only the workload", NULL, false},
    [BITS] = {"bits", 'b', CLI_COUNT, "BITS",
              "of activations that the model does not quantise, 2 to 16", "8", false},
    [FORM] = {"form", 0, CLI_TEXT, "FORM",
              "what weights in this form make of the outputs; [a, b] tries several",
              NULL, false},
    [WORD_BITS] = {"word-bits", 0, CLI_COUNT, "BITS",
                   "of a weight at the multipliers, 2 to 16", "8", false},
    [BIT_ERRORS] = {"bit-errors", 0, CLI_REAL, "PERCENT",
                    "of the bits in which the forms are stored are flipped", NULL,
                    false},
    [FORCE] = CLI_OPTION_FORCE,
    [FOLLOW] = {"follow-links", 0, CLI_FLAG, NULL,
                "read external data outside the model's folder that links lead to",
                NULL, false},
    [JOBS] = {"jobs", 'j', CLI_COUNT, "N",
              "threads; as many as processors if not given", NULL, false},
    [FORMAT] = CLI_OPTION_FORMAT,
};

struct tracing {
    struct cli *cli;
    const struct cli_args *args;
    size_t file_count;
    struct sdse_forward_file files[MOST_FILES];
    struct sdse_forward_inputs inputs;
    struct sdse_imported *imported;
    unsigned threads;
    bool people;
    struct sdse_weight_faults faults;
};

// "NAME=X.npy,Y.npy": a word without a name belongs to the one before it.
static bool parse_files(struct tracing *t) {
    struct cli *cli = t->cli;
    char *words = sdse_arena_strdup(cli->arena, t->args->value[INPUTS]), *rest = NULL;
    const char *name = NULL;
    if (!words)
        return cli_note(cli, SDSE_NO_MEMORY) == SDSE_OK;
    for (char *word = strtok_r(words, ",", &rest); word;
         word = strtok_r(NULL, ",", &rest)) {
        char *equals = strchr(word, '=');
        if (t->file_count == MOST_FILES) {
            cli_error(cli, "--inputs: at most %d files", MOST_FILES);
            return false;
        }
        if (equals) {
            *equals = '\0';
            name = word;
            word = equals + 1;
        }
        if ((equals && !*name) || !*word) {
            cli_error(cli, "--inputs %s: expected [NAME=]X.npy[,...]",
                      t->args->value[INPUTS]);
            return false;
        }
        t->files[t->file_count++] = (struct sdse_forward_file){name, word};
    }
    return true;
}

static bool check_bits(struct cli *cli, const struct cli_args *args, int option,
                       uint32_t *out) {
    uint64_t bits = cli_count(args, option, 8);
    if (bits < 2 || bits > SDSE_ACTIVATION_BITS) {
        cli_error(cli, "--%s %" PRIu64 ": expected 2 to %d", options[option].name, bits,
                  SDSE_ACTIVATION_BITS);
        return false;
    }
    *out = (uint32_t)bits;
    return true;
}

// ---- the network and its inputs ---------------------------------------------

static enum sdse_status load(struct tracing *t) {
    struct cli *cli = t->cli;
    struct sdse_import_input *shapes =
        SDSE_ARENA_ARRAY(cli->arena, struct sdse_import_input, t->file_count + 1);
    if (!shapes)
        return SDSE_NO_MEMORY;
    enum sdse_status status = sdse_forward_inputs_read(
        t->files, t->file_count, cli->arena, &t->inputs, &cli->diags);
    if (status != SDSE_OK)
        return status;
    sdse_forward_inputs_shapes(&t->inputs, shapes);
    struct sdse_import_options choice = {.input_count = t->inputs.count,
                                         .inputs = shapes,
                                         .follow_links =
                                             t->args->value[FOLLOW] != NULL};
    status = sdse_import_onnx(t->args->operands[0], &choice, &t->imported, &cli->diags);
    if (status == SDSE_OK &&
        !sdse_imported_name_inputs(t->imported, &cli->outputs, cli->arena))
        status = SDSE_NO_MEMORY;
    return status;
}

static bool names_file(const char *path) {
    const char *dot = strrchr(path, '.');
    return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

static enum sdse_status write_out(struct tracing *t) {
    struct cli *cli = t->cli;
    const char *path = t->args->value[OUTPUT];
    size_t without = 0;
    if (!path)
        return SDSE_OK;
    if (!names_file(path))
        return sdse_import_write(&cli->outputs, t->imported, path, NULL, cli->arena,
                                 &cli->diags);
    enum sdse_status status = sdse_import_write_workload(
        &cli->outputs, t->imported, path, &without, cli->arena, &cli->diags);
    if (status == SDSE_OK && without > 0)
        sdse_diag_add(&cli->diags, SDSE_WARNING, (struct sdse_loc){.file = path},
                      "import-weights",
                      "the weights of %zu layer%s are not beside it: it does not name "
                      "them (-o DIR writes them)",
                      without, without == 1 ? "" : "s");
    return status;
}

// ---- what is printed --------------------------------------------------------

static void add_mean(struct sdse_table *table, const struct sdse_activations *a,
                     enum sdse_encoding encoding) {
    sdse_table_add_f64(table,
                       a->bins[encoding] ? sdse_digit_mean(a, encoding) : (double)NAN);
}

static enum cli_exit print_layers(struct tracing *t) {
    const struct sdse_workload *net = sdse_imported_workload(t->imported);
    struct sdse_table *table = sdse_table_new(t->cli->arena);
    sdse_table_name(table, "sdse.trace/1", "layers");
    sdse_table_add_column(table, "layer", NULL, 0);
    sdse_table_add_column(table, "kind", NULL, 0);
    sdse_table_add_column(table, "bits", NULL, 0);
    sdse_table_add_column(table, "signed", NULL, 0);
    sdse_table_add_column(table, "density", "non-zero [%]", 4);
    sdse_table_add_column(table, "row_density", "rows [%]", 4);
    sdse_table_add_column(table, "plain_digits", "plain", 4);
    sdse_table_add_column(table, "booth4_digits", "booth4", 4);
    sdse_table_add_column(table, "csd_digits", "csd", 4);
    for (size_t i = 0; i < net->layer_count; i++) {
        const struct sdse_activations *a = net->layers[i].activations;
        const double scale = t->people ? 100 : 1;
        if (!a)
            continue;
        sdse_table_add_text(table, net->layers[i].name);
        sdse_table_add_text(table, sdse_layer_kind_name(net->layers[i].kind));
        sdse_table_add_u64(table, a->bits);
        sdse_table_add_text(table, a->is_signed ? "yes" : "no");
        sdse_table_add_f64(table, scale * a->density);
        sdse_table_add_f64(table, scale * a->row_density);
        for (unsigned e = 0; e < SDSE_ENCODINGS; e++)
            add_mean(table, a, (enum sdse_encoding)e);
    }
    return cli_print_table(t->cli, table, cli_table_format(t->args, FORMAT));
}

static enum sdse_status add_forms(struct tracing *t, const struct sdse_sweep *forms,
                                  uint32_t word_bits, struct sdse_table *table) {
    struct cli *cli = t->cli;
    struct sdse_forward_outputs *reference = NULL;
    enum sdse_status status = sdse_forward_outputs_run(
        t->imported, &t->inputs, NULL, t->threads, &reference, &cli->diags);
    for (size_t i = 0; i < forms->form_count && status == SDSE_OK; i++) {
        struct sdse_output_error error;
        status = sdse_output_error_of(t->imported, &t->inputs, reference,
                                      &forms->forms[i].setting,
                                      t->faults.any ? &t->faults : NULL, word_bits,
                                      t->threads, &error, &cli->diags);
        if (status != SDSE_OK)
            break;
        sdse_table_add_text(table, forms->forms[i].name);
        sdse_table_add_f64(table,
                           isfinite(error.sqnr_db) ? error.sqnr_db : (double)NAN);
        sdse_table_add_f64(table, error.best_class_agreement * (t->people ? 100 : 1));
        sdse_table_add_u64(table, error.agreeing);
        sdse_table_add_u64(table, error.places);
    }
    sdse_forward_outputs_free(reference);
    return status;
}

static bool accept_forms(struct cli *cli, const char *text, struct sdse_sweep *forms) {
    if (!cli_read_forms(cli, text, &cli->diags, forms)) {
        cli_flush_diags(cli);
        return false;
    }
    for (size_t i = 0; i < forms->form_count; i++) {
        const struct sdse_form_setting *setting = &forms->forms[i].setting;
        if ((!setting->smartdeal && setting->first != SDSE_BASIS_FIRST) ||
            setting->measured)
            continue;
        cli_error(cli,
                  "--form: '%s' declares densities: there are no weights to run "
                  "the network with",
                  forms->forms[i].name);
        return false;
    }
    return true;
}

// One rate for everything that is stored; each filter's codes are found anew.
static bool accept_errors(struct tracing *t, const struct sdse_sweep *forms) {
    if (!t->args->value[BIT_ERRORS])
        return true;
    const double rate = cli_real(t->args, BIT_ERRORS, 0) / 100;
    bool shared = false;
    if (!(rate >= 0 && rate <= 1)) {
        cli_error(t->cli, "--bit-errors: from 0 to 100");
        return false;
    }
    for (size_t i = 0; i < forms->form_count; i++)
        shared |= forms->forms[i].setting.first == SDSE_BASIS_FIRST;
    if (!forms->form_count || shared) {
        cli_error(t->cli, shared ? "--bit-errors: not modelled of basis_first forms"
                                 : "--bit-errors needs --form");
        return false;
    }
    t->faults.any = rate > 0;
    t->faults.bits.seed = 1;
    t->faults.bits.restart = true;
    for (int s = 0; s < SDSE_SECTIONS; s++)
        t->faults.bits.section[s] = rate;
    return true;
}

static enum cli_exit run_forms(struct tracing *t, const struct sdse_sweep *forms,
                               uint32_t word_bits) {
    struct sdse_table *table = sdse_table_new(t->cli->arena);
    sdse_table_name(table, "sdse.trace-forms/1", "forms");
    sdse_table_add_column(table, "form", NULL, 0);
    sdse_table_add_column(table, "output_sqnr_db", "output SQNR [dB]", 4);
    sdse_table_add_column(table, "best_class_agreement", "best class [%]", 4);
    sdse_table_add_column(table, "agreeing", NULL, 0);
    sdse_table_add_column(table, "places", NULL, 0);
    const enum sdse_status status = add_forms(t, forms, word_bits, table);
    return status == SDSE_OK
               ? cli_print_table(t->cli, table, cli_table_format(t->args, FORMAT))
               : cli_finish(t->cli, status);
}

static enum cli_exit trace(struct tracing *t) {
    struct cli *cli = t->cli;
    const char *form = t->args->value[FORM], *path = t->args->value[OUTPUT];
    struct sdse_sweep forms = {0};
    uint32_t bits, word_bits;
    if (!check_bits(cli, t->args, BITS, &bits) ||
        !check_bits(cli, t->args, WORD_BITS, &word_bits) || !parse_files(t))
        return CLI_USAGE;
    if (form && !accept_forms(cli, form, &forms))
        return CLI_BAD_INPUT;
    if (!accept_errors(t, &forms))
        return CLI_USAGE;
    bool there = cli_file_exists(cli, t->args->operands[0]);
    for (size_t i = 0; i < t->file_count; i++)
        there &= cli_file_exists(cli, t->files[i].path);
    if (!there)
        return CLI_BAD_INPUT;
    cli->outputs.force = t->args->value[FORCE] != NULL;
    bool named = cli_is_input(cli, t->args->operands[0]);
    for (size_t i = 0; i < t->file_count; i++)
        named &= cli_is_input(cli, t->files[i].path);
    if (!named)
        return CLI_SYSTEM;
    if (path && !names_file(path) && !cli_may_make_folder(cli, path))
        return CLI_SYSTEM;
    enum sdse_status status = load(t);
    if (status == SDSE_OK && (!form || path))
        status =
            sdse_forward_trace(t->imported, &t->inputs, bits, t->threads, &cli->diags);
    if (status == SDSE_OK && path)
        status = sdse_forward_weight_digits(t->imported, word_bits, &cli->diags);
    if (status == SDSE_OK)
        status = write_out(t);
    if (status == SDSE_OK && form)
        return run_forms(t, &forms, word_bits);
    return status == SDSE_OK ? print_layers(t) : cli_finish(cli, status);
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    const uint64_t jobs = cli_count(args, JOBS, 0);
    const enum sdse_table_format format = cli_table_format(args, FORMAT);
    struct tracing *t = SDSE_ARENA_NEW(cli->arena, struct tracing);
    if (!t)
        return cli_finish(cli, SDSE_NO_MEMORY);
    t->cli = cli;
    t->args = args;
    t->threads = jobs > 1024 ? 1024 : (unsigned)jobs;
    t->people = format == SDSE_TABLE_TEXT || format == SDSE_TABLE_MARKDOWN;
    const enum cli_exit result = trace(t);
    sdse_forward_inputs_free(&t->inputs);
    sdse_imported_free(t->imported);
    return result;
}

const struct cli_verb cli_verb_trace = {
    .name = "trace",
    .summary = "runs an ONNX model on inputs: what its layers read, what a form spoils",
    .operands = {"MODEL.onnx", 1, 1},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "Prints, and writes into the network, how many of each layer's input values "
        "and "
        "rows are\nnot zero and how many digits a value has. With --form: the outputs' "
        "SQNR and how often the\nbest class is the same, when the weights are rebuilt "
        "from that form. The leading extent of\nan input is that of the file, or 1: "
        "more "
        "of it in X.npy are more runs. docs/import.md lists\nwhat is executed.",
    .example = "sdse trace model.onnx --inputs x.npy -o model",
    .run = run,
};
