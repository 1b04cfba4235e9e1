// sdse workload: a language model's layers by its configuration.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/inputs.h"
#include "cli/workload_shape.h"
#include "import/language/language.h"

enum {
    PHASE,
    SEQUENCE,
    BATCH,
    CONTEXTS,
    KV_BITS,
    PAGE,
    CAUSAL,
    BLOCK,
    ATTENTION,
    OUTPUT,
    FORCE,
    FORMAT,
    SHAPE
};

static const struct cli_option options[] = {
    [PHASE] = {"phase", 0, CLI_CHOICE, "prefill|decode",
               "all tokens of a prompt, or one after them", "prefill", false},
    [SEQUENCE] = {"seq", 0, CLI_COUNT, "N",
                  "tokens of the prompt, or in the cache [1024]", NULL, false},
    [BATCH] = {"batch", 0, CLI_COUNT, "B", "sequences side by side [1]", NULL, false},
    [CONTEXTS] = {"contexts", 0, CLI_TEXT, "N,N,...",
                  "tokens of each sequence, in place of --seq and --batch", NULL,
                  false},
    [KV_BITS] = {"kv-bits", 0, CLI_COUNT, "BITS",
                 "decode: of a word of the cache [the accelerator's]", NULL, false},
    [PAGE] = {"page", 0, CLI_COUNT, "TOKENS",
              "decode: the cache is read by whole pages [1]", NULL, false},
    [CAUSAL] = {"causal", 0, CLI_CHOICE, "square|blocks",
                "prefill: each token to all, or by rows to the keys so far", "square",
                false},
    [BLOCK] = {"block", 0, CLI_COUNT, "ROWS", "rows of a block; divides --seq [128]",
               NULL, false},
    [ATTENTION] = {"attention", 0, CLI_CHOICE, "expanded|absorbed",
                   "latent: keys and values made, or the latent vectors met [by phase]",
                   NULL, false},
    [OUTPUT] = {"output", 'o', CLI_TEXT, "FILE.yaml",
                "write there, not to the terminal", NULL, false},
    [FORCE] = CLI_OPTION_FORCE,
    [FORMAT] = {"format", 'f', CLI_CHOICE, "table|csv|json|md", "of the list of models",
                "table", false},
    CLI_SHAPE_OPTIONS};

enum { MOST_TOKENS = 1 << 24, MOST_SEQUENCES = 1 << 16 };

// --- The list ---

// Whether only options of the list are given; says so if not.
static bool asks_for_list(struct cli *cli, const struct cli_args *args) {
    for (size_t i = 0; i < CLI_COUNT_OF(options); i++)
        if (i != SEQUENCE && i != FORMAT && args->value[i] &&
            (!options[i].fallback ||
             strcmp(args->value[i], options[i].fallback) != 0)) {
            cli_error(cli, "--%s is of one model: name it, or leave the option out",
                      options[i].name);
            return false;
        }
    return true;
}

static enum cli_exit list(struct cli *cli, const struct cli_args *args) {
    if (!asks_for_list(cli, args))
        return CLI_USAGE;
    static const char *const columns[] = {"family",
                                          "layers",
                                          "parameters",
                                          "active",
                                          "weight_macs",
                                          "attention_macs",
                                          "decode_attention_macs",
                                          "mark",
                                          "source"};
    struct sdse_table *table = sdse_table_new(cli->arena);
    const uint64_t keys = cli_count(args, SEQUENCE, 4096);
    sdse_table_name(table, "sdse.workload/1", "models");
    sdse_table_add_columns(table, columns, CLI_COUNT_OF(columns));
    for (size_t i = 0; i < sdse_language_model_count; i++) {
        const struct sdse_language_model *model = &sdse_language_models[i];
        sdse_table_add_text(table, model->name);
        sdse_table_add_u64(table, model->layers);
        sdse_table_add_u64(table, sdse_language_parameters(model));
        sdse_table_add_u64(table, sdse_language_active(model));
        sdse_table_add_u64(table, sdse_language_weight_macs(model));
        sdse_table_add_u64(table, sdse_language_attention_macs(model, keys, false));
        sdse_table_add_u64(table, sdse_language_attention_macs(model, keys, true));
        sdse_table_add_text(table, model->mark);
        sdse_table_add_text(table, model->source);
    }
    return cli_print_table(cli, table, cli_table_format(args, FORMAT));
}

// --- One model ---

// One request as it is asked for, and whether something contradicts.
struct asking {
    struct cli *cli;
    const struct cli_args *args;
    struct sdse_language_request request;
    bool refused;
};

// why: NULL where no memory was left for it.
static void refuse(struct asking *a, bool wrong, const char *why) {
    if (!wrong)
        return;
    if (why)
        cli_error(a->cli, "%s: %s", a->request.model->name, why);
    else
        cli_note(a->cli, SDSE_NO_MEMORY);
    a->refused = true;
}

static int by_length(const void *a, const void *b) {
    const struct sdse_language_context *x = a, *y = b;
    return (x->tokens > y->tokens) - (x->tokens < y->tokens);
}

// "128,512,512": sorted, one for each length. NULL: it is none, or memory is out.
static struct sdse_language_context *read_contexts(struct asking *a, const char *text,
                                                   size_t *count) {
    size_t most = 1;
    for (const char *c = text; *c; c++)
        most += *c == ',';
    struct sdse_language_context *list =
        SDSE_ARENA_ARRAY(a->cli->arena, struct sdse_language_context, most);
    if (!list) {
        cli_note(a->cli, SDSE_NO_MEMORY);
        return NULL;
    }
    for (size_t i = 0; i < most; i++, text++) {
        const size_t digits = strspn(text, "0123456789");
        if (!digits || digits > 9 || (text[digits] && text[digits] != ','))
            return NULL;
        list[i] = (struct sdse_language_context){strtoul(text, NULL, 10), 1};
        if (!list[i].tokens)
            return NULL;
        text += digits;
    }
    qsort(list, most, sizeof *list, by_length);
    *count = 0;
    for (size_t i = 0; i < most; i++)
        if (*count && list[*count - 1].tokens == list[i].tokens)
            list[*count - 1].sequences++;
        else
            list[(*count)++] = list[i];
    return list;
}

// --seq and --batch, or --contexts. Without any a prompt is as long as the model's
// context, at most 1,024.
static void take_contexts(struct asking *a, struct sdse_language_context *one) {
    const struct sdse_language_model *model = a->request.model;
    const char *listed = a->args->value[CONTEXTS];
    *one = (struct sdse_language_context){cli_count(a->args, SEQUENCE, 1024),
                                          cli_count(a->args, BATCH, 1)};
    if (!a->args->value[SEQUENCE] && one->tokens > model->context)
        one->tokens = model->context;
    a->request.contexts = one;
    a->request.context_count = 1;
    if (!listed)
        return;
    refuse(a, a->args->value[SEQUENCE] || a->args->value[BATCH],
           "--contexts says what --seq and --batch say");
    size_t count = 0;
    const struct sdse_language_context *list = read_contexts(a, listed, &count);
    refuse(a, !list && !a->cli->fault,
           "--contexts: expected numbers of tokens with commas between: 128,512,512");
    a->refused |= !list;
    if (list) {
        a->request.contexts = list;
        a->request.context_count = count;
    }
}

static void check_contexts(struct asking *a) {
    const struct sdse_language_request *request = &a->request;
    uint64_t longest = 0, sequences = 0, torn = 0;
    for (size_t c = 0; c < request->context_count; c++) {
        const struct sdse_language_context *context = &request->contexts[c];
        longest = context->tokens > longest ? context->tokens : longest;
        if (context->sequences > MOST_SEQUENCES - sequences)
            sequences = MOST_SEQUENCES + 1;
        else
            sequences += context->sequences;
        if (!torn && request->block && context->tokens % request->block)
            torn = context->tokens;
    }
    refuse(a, longest > MOST_TOKENS || sequences > MOST_SEQUENCES,
           "at most 16777216 tokens and 65536 sequences");
    refuse(a, request->model->positions && longest > request->model->context,
           "more tokens than it has learned positions for");
    if (torn)
        refuse(a, true,
               sdse_arena_printf(a->cli->arena,
                                 "--block does not divide %s: rows of %" PRIu64
                                 " of %" PRIu64 " tokens",
                                 a->args->value[CONTEXTS] ? "--contexts" : "--seq",
                                 request->block, torn));
}

// What does not go together, all of it.
static void check_options(struct asking *a) {
    const struct sdse_language_request *request = &a->request;
    const struct sdse_language_model *model = request->model;
    const char *const *given = a->args->value;
    const bool decode = request->phase == SDSE_DECODE,
               blocks = cli_choice(a->args, options, CAUSAL) == 1;
    refuse(a, decode && model->encoder,
           "an encoder makes no tokens one by one: --phase prefill");
    refuse(a, !decode && given[KV_BITS],
           "--kv-bits is of --phase decode: a prompt has no cache yet");
    refuse(a, !decode && given[PAGE],
           "--page is of --phase decode: a prompt has no cache yet");
    refuse(a, blocks && decode,
           "--causal blocks is of --phase prefill: one token attends to all");
    refuse(a, blocks && !decode && model->encoder,
           "an encoder attends to later tokens too: --causal square");
    refuse(a, given[BLOCK] && !blocks, "--block is of --causal blocks");
    refuse(a, cli_count(a->args, KV_BITS, 0) > 64, "--kv-bits: expected 1 to 64");
    refuse(a, request->page > MOST_TOKENS, "--page: expected 1 to 16777216");
    refuse(a, given[ATTENTION] && !model->latent,
           "--attention is of models with latent attention");
    refuse(a,
           model->latent && decode && given[ATTENTION] &&
               cli_choice(a->args, options, ATTENTION) == 0,
           "--attention expanded is of --phase prefill: one token would make all keys "
           "and values again");
    check_contexts(a);
}

static enum cli_exit write_model(struct cli *cli, const struct cli_args *args,
                                 const struct sdse_language_request *request) {
    static const struct sdse_output_kind kind = {"a network of sdse workload",
                                                 {"# sdse workload "}};
    const char *path = args->value[OUTPUT];
    if (!path) {
        sdse_language_write(request, stdout);
        return cli_finish(cli, SDSE_OK);
    }
    struct sdse_output output;
    cli->outputs.force = args->value[FORCE] != NULL;
    enum sdse_status status =
        sdse_output_open(&output, path, &kind, &cli->outputs, &cli->diags);
    if (status != SDSE_OK)
        return cli_finish(cli, status);
    sdse_language_write(request, output.file);
    return cli_finish(cli, sdse_output_close(&output, SDSE_OK, &cli->diags));
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    if (args->operand_count == 0)
        return list(cli, args);
    const char *variant = "";
    bool refused = false;
    const struct sdse_language_model *base = cli_workload_find(cli, args->operands[0]);
    if (!base)
        return CLI_BAD_INPUT;
    const struct sdse_language_model *model =
        cli_workload_model(cli, base, args, SHAPE, &variant, &refused);
    if (!model)
        return CLI_SYSTEM;
    const bool decode = cli_choice(args, options, PHASE) == SDSE_DECODE;
    struct sdse_language_context one;
    struct asking a = {
        .cli = cli,
        .args = args,
        .refused = refused,
        .request = {.model = model,
                    .variant = variant,
                    .phase = decode ? SDSE_DECODE : SDSE_PREFILL,
                    .cache_bits = (uint32_t)cli_count(args, KV_BITS, 0),
                    .page = cli_count(args, PAGE, 0),
                    .block = cli_choice(args, options, CAUSAL) == 1
                                 ? cli_count(args, BLOCK, 128)
                                 : 0,
                    .absorbed = !decode && args->value[ATTENTION] &&
                                cli_choice(args, options, ATTENTION) == 1}};
    take_contexts(&a, &one);
    check_options(&a);
    refuse(&a, args->value[FORMAT] && strcmp(args->value[FORMAT], "table") != 0,
           "--format is of the list of models: a model is YAML");
    const char *beyond = a.refused ? NULL : sdse_language_beyond(&a.request);
    refuse(&a, beyond != NULL, beyond);
    return a.refused ? CLI_USAGE : write_model(cli, args, &a.request);
}

const struct cli_verb cli_verb_workload = {
    .name = "workload",
    .summary = "writes a language model's layers, of a prompt or of one token",
    .operands = {"[FAMILY]", 0, 1},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "FAMILY is a model of the list that is printed without one, with parameters "
        "and MACs of a token\n(attention to --seq keys, 4096 there), or `custom`. "
        "Options from --layers on change its shape;\n`custom` has what they say: "
        "--layers, --dim, --heads, --vocab and --ffn or --expert-ffn are needed.\n"
        "Heads that share keys, what is a cache, experts and edges are in the file.",
    .example =
        "sdse workload llama3_8b --phase decode --seq 4096 --batch 8 --kv-bits 8",
    .run = run,
};
