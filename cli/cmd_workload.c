// sdse workload: a language model's layers by its configuration.
#include <inttypes.h>
#include <string.h>

#include "cli/inputs.h"
#include "import/language/language.h"

enum { PHASE, SEQUENCE, BATCH, KV_BITS, CAUSAL, BLOCK, OUTPUT, FORCE, FORMAT };

static const struct cli_option options[] = {
    [PHASE] = {"phase", 0, CLI_CHOICE, "prefill|decode",
               "all tokens of a prompt, or one after them", "prefill", false},
    [SEQUENCE] = {"seq", 0, CLI_COUNT, "N",
                  "tokens of the prompt, or in the cache [1024]", NULL, false},
    [BATCH] = {"batch", 0, CLI_COUNT, "B", "sequences side by side [1]", NULL, false},
    [KV_BITS] = {"kv-bits", 0, CLI_COUNT, "BITS",
                 "decode: of a word of the cache [the accelerator's]", NULL, false},
    [CAUSAL] = {"causal", 0, CLI_CHOICE, "square|blocks",
                "prefill: each token to all, or by rows to the keys so far", "square",
                false},
    [BLOCK] = {"block", 0, CLI_COUNT, "ROWS", "rows of a block; divides --seq [128]",
               NULL, false},
    [OUTPUT] = {"output", 'o', CLI_TEXT, "FILE.yaml",
                "write there, not to the terminal", NULL, false},
    [FORCE] = CLI_OPTION_FORCE,
    [FORMAT] = {"format", 'f', CLI_CHOICE, "table|csv|json|md", "of the list of models",
                "table", false},
};

enum { MOST_TOKENS = 1 << 24, MOST_SEQUENCES = 1 << 16, MOST_ROWS = 1 << 30 };

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
    static const char *const columns[] = {"family", "layers",      "parameters",
                                          "active", "weight_macs", "attention_macs",
                                          "mark",   "source"};
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
        sdse_table_add_u64(table, sdse_language_attention_macs(model, keys));
        sdse_table_add_text(table, model->mark);
        sdse_table_add_text(table, model->source);
    }
    return cli_print_table(cli, table, cli_table_format(args, FORMAT));
}

// --- One model ---

static const struct sdse_language_model *find(struct cli *cli, const char *name) {
    const struct sdse_language_model *model = sdse_language_find(name);
    if (model)
        return model;
    const char *names = "";
    for (size_t i = 0; names && i < sdse_language_model_count; i++)
        names = sdse_arena_printf(cli->arena, "%s%s%s", names, i ? ", " : "",
                                  sdse_language_models[i].name);
    cli_error(cli, "no model is called '%s': %s", name, names ? names : "");
    return NULL;
}

// Whether the layers of a prompt are within what a network's file may say: rows of a
// layer, MACs of an attention and of the network (all to all, with a head for each
// token: an upper bound).
static bool countable(const struct sdse_language_request *request) {
    const struct sdse_language_model *m = request->model;
    const double rows = (double)request->tokens * (double)request->sequences,
                 queries = (double)(request->block ? request->block : request->tokens),
                 macs = (double)sdse_language_weight_macs(m) +
                        (double)sdse_language_attention_macs(m, request->tokens);
    return request->phase == SDSE_DECODE ||
           (rows <= MOST_ROWS && rows * macs < 0x1p64 &&
            rows * queries * m->heads * m->head_width < 0x1p58);
}

// Whether the options go together; says so if not.
static bool complete(struct cli *cli, const struct cli_args *args,
                     struct sdse_language_request *request) {
    const bool decode = request->phase == SDSE_DECODE,
               blocks = cli_choice(args, options, CAUSAL) == 1;
    const struct sdse_language_model *model = request->model;
    const char *why = NULL;
    if (decode && model->encoder)
        why = "an encoder makes no tokens one by one: --phase prefill";
    else if (!decode && args->value[KV_BITS])
        why = "--kv-bits is of --phase decode: a prompt has no cache yet";
    else if (blocks && (decode || model->encoder))
        why = decode ? "--causal blocks is of --phase prefill: one token attends to all"
                     : "an encoder attends to later tokens too: --causal square";
    else if (args->value[BLOCK] && !blocks)
        why = "--block is of --causal blocks";
    else if (request->tokens > MOST_TOKENS || request->sequences > MOST_SEQUENCES)
        why = "at most 16777216 tokens and 65536 sequences";
    else if (model->positions && request->tokens > model->context)
        why = "more tokens than it has learned positions for";
    else if (cli_count(args, KV_BITS, 0) > 64)
        why = "--kv-bits: expected 1 to 64";
    else if (blocks && request->tokens % request->block)
        why = sdse_arena_printf(cli->arena,
                                "--block does not divide --seq: rows of %" PRIu64
                                " of %" PRIu64 " tokens",
                                request->block, request->tokens);
    else if (!countable(request))
        why = "a prompt of more than 2^30 tokens, 2^64 MACs, or 2^58 MACs of an "
              "attention";
    if (why)
        cli_error(cli, "%s: %s", model->name, why);
    return !why;
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
    struct sdse_language_request request = {
        .model = find(cli, args->operands[0]),
        .phase = (enum sdse_language_phase)cli_choice(args, options, PHASE),
        .tokens = cli_count(args, SEQUENCE, 1024),
        .sequences = cli_count(args, BATCH, 1),
        .cache_bits = (uint32_t)cli_count(args, KV_BITS, 0),
        .block =
            cli_choice(args, options, CAUSAL) == 1 ? cli_count(args, BLOCK, 128) : 0};
    if (!request.model)
        return CLI_BAD_INPUT;
    if (args->value[FORMAT] && strcmp(args->value[FORMAT], "table") != 0) {
        cli_error(cli, "--format is of the list of models: a model is YAML");
        return CLI_USAGE;
    }
    if (!args->value[SEQUENCE] && request.tokens > request.model->context)
        request.tokens = request.model->context;
    if (!complete(cli, args, &request))
        return CLI_USAGE;
    return write_model(cli, args, &request);
}

const struct cli_verb cli_verb_workload = {
    .name = "workload",
    .summary = "writes a language model's layers, of a prompt or of one token",
    .operands = {"[FAMILY]", 0, 1},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "FAMILY is a model of the list that is printed without one, with parameters "
        "and MACs of a token\n(attention to --seq keys, 4096 there). Heads that "
        "share keys, what is a cache, experts and edges\nare in the file.",
    .example =
        "sdse workload llama3_8b --phase decode --seq 4096 --batch 8 --kv-bits 8",
    .run = run,
};
