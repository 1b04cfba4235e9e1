#include "cli/workload_shape.h"

#include <inttypes.h>
#include <string.h>

enum { MOST_SIZE = 1 << 22, MOST_LAYERS = 1 << 12 };

// Where a count stands in a model; how every option is called.
static const size_t offsets[] = {
#define ROW(row, option, field, help) offsetof(struct sdse_language_model, field),
    CLI_SHAPE_COUNTS(ROW)
#undef ROW
};
static const char *const names[] = {
#define ROW(row, option, field, help) option,
    CLI_SHAPE_COUNTS(ROW)
#undef ROW
        "tied",
    "plain-ffn"};

static uint32_t *count_of(struct sdse_language_model *model, int row) {
    return (uint32_t *)(void *)((char *)model + offsets[row]);
}

// --- Which model ---

static const struct sdse_language_model custom = {.name = "custom",
                                                  .source = "as given:",
                                                  .mark = "as given",
                                                  .context = 1 << 24,
                                                  .gated = true};

const struct sdse_language_model *cli_workload_find(struct cli *cli, const char *name) {
    const struct sdse_language_model *model =
        strcmp(name, custom.name) == 0 ? &custom : sdse_language_find(name);
    if (model)
        return model;
    const char *known = "";
    for (size_t i = 0; known && i < sdse_language_model_count; i++)
        known = sdse_arena_printf(cli->arena, "%s%s, ", known,
                                  sdse_language_models[i].name);
    cli_error(cli, "no model is called '%s': %scustom", name, known ? known : "");
    return NULL;
}

// --- What contradicts ---

// What is asked, and what is said of it.
struct asking {
    struct cli *cli;
    const struct cli_args *args;
    int first;
    const struct sdse_language_model *base;
    struct sdse_language_model *model;
    bool refused;
};

static bool is_given(const struct asking *a, enum cli_shape_row row) {
    return a->args->value[a->first + (int)row] != NULL;
}

// why: NULL where no memory was left for it.
static void refuse(struct asking *a, bool wrong, const char *why) {
    if (!wrong)
        return;
    if (why)
        cli_error(a->cli, "%s: %s", a->model->name, why);
    else
        cli_note(a->cli, SDSE_NO_MEMORY);
    a->refused = true;
}

// Takes the counts that are given; those out of range are refused.
static void take_counts(struct asking *a) {
    for (int row = 0; row < CLI_SHAPE_TIED; row++) {
        const uint64_t most = row == CLI_SHAPE_LAYERS ? MOST_LAYERS : MOST_SIZE;
        if (!is_given(a, (enum cli_shape_row)row))
            continue;
        const uint64_t given = cli_count(a->args, a->first + row, 0);
        if (given > most)
            refuse(a, true,
                   sdse_arena_printf(a->cli->arena, "--%s: expected 1 to %" PRIu64,
                                     names[row], most));
        else
            *count_of(a->model, row) = (uint32_t)given;
    }
    a->model->tied |= is_given(a, CLI_SHAPE_TIED);
    a->model->gated &= !is_given(a, CLI_SHAPE_PLAIN);
}

static void check_whole(struct asking *a) {
    static const enum cli_shape_row needed[] = {CLI_SHAPE_LAYERS, CLI_SHAPE_DIM,
                                                CLI_SHAPE_HEADS, CLI_SHAPE_VOCAB};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!is_given(a, needed[i]))
            refuse(
                a, true,
                sdse_arena_printf(a->cli->arena, "--%s is missing", names[needed[i]]));
    refuse(a, !is_given(a, CLI_SHAPE_FFN) && !is_given(a, CLI_SHAPE_EXPERT_FFN),
           "--ffn is missing");
}

// What follows from other sizes where it is not said.
static void derive_heads(struct asking *a) {
    struct sdse_language_model *m = a->model;
    if (!is_given(a, CLI_SHAPE_KV_HEADS) &&
        (a->base == &custom || a->base->key_heads == a->base->heads))
        m->key_heads = m->heads;
    if (m->heads && m->key_heads && m->heads % m->key_heads)
        refuse(a, true,
               sdse_arena_printf(a->cli->arena,
                                 "--kv-heads: %" PRIu32 " do not divide %" PRIu32
                                 " heads of queries",
                                 m->key_heads, m->heads));
    if (a->base != &custom || is_given(a, CLI_SHAPE_HEAD_DIM) || !m->heads || !m->width)
        return;
    if (m->width % m->heads)
        refuse(a, true,
               sdse_arena_printf(a->cli->arena,
                                 "--heads: %" PRIu32 " do not divide --dim %" PRIu32
                                 ": say --head-dim",
                                 m->heads, m->width));
    m->head_width = m->width / m->heads;
}

static void check_experts(struct asking *a) {
    struct sdse_language_model *m = a->model;
    static const enum cli_shape_row theirs[] = {CLI_SHAPE_ACTIVE, CLI_SHAPE_EXPERT_FFN,
                                                CLI_SHAPE_SHARED, CLI_SHAPE_DENSE};
    for (size_t i = 0; !m->experts && i < sizeof theirs / sizeof *theirs; i++)
        if (is_given(a, theirs[i]))
            refuse(a, true,
                   sdse_arena_printf(a->cli->arena, "--%s is of models with --experts",
                                     names[theirs[i]]));
    if (!m->experts)
        return;
    if (!m->expert_hidden)
        m->expert_hidden = m->hidden;
    refuse(a, m->biased, "--experts is of models without biases");
    refuse(a, !m->active_experts, "--experts without --active-experts");
    if (m->active_experts > m->experts)
        refuse(a, true,
               sdse_arena_printf(a->cli->arena,
                                 "--active-experts: %" PRIu32 " of %" PRIu32 " experts",
                                 m->active_experts, m->experts));
    if (is_given(a, CLI_SHAPE_DENSE) && m->layers && m->dense_layers >= m->layers)
        refuse(a, true,
               sdse_arena_printf(a->cli->arena,
                                 "--dense-layers: all of %" PRIu32
                                 " blocks would be without experts",
                                 m->layers));
    if (m->dense_layers > m->layers) // the first ones of a model that has more
        m->dense_layers = m->layers;
    refuse(a, m->dense_layers && !m->hidden, "--dense-layers without --ffn");
    refuse(a,
           !m->dense_layers && is_given(a, CLI_SHAPE_FFN) &&
               m->expert_hidden != m->hidden,
           "--ffn is of blocks without experts, and there are none: --expert-ffn");
}

static void check_latent(struct asking *a) {
    struct sdse_language_model *m = a->model;
    static const enum cli_shape_row theirs[] = {CLI_SHAPE_QUERY_LATENT,
                                                CLI_SHAPE_ROTATED, CLI_SHAPE_VALUE_DIM};
    for (size_t i = 0; !m->latent && i < sizeof theirs / sizeof *theirs; i++)
        if (is_given(a, theirs[i]))
            refuse(a, true,
                   sdse_arena_printf(a->cli->arena, "--%s is of models with --latent",
                                     names[theirs[i]]));
    if (!m->latent)
        return;
    if (!m->value_width)
        m->value_width = m->head_width;
    refuse(a, !m->rotated_width, "--latent without --rotated");
    refuse(a, is_given(a, CLI_SHAPE_KV_HEADS) && m->key_heads != m->heads,
           "--kv-heads: every head has keys of its own, made of the latent vector");
    refuse(a,
           m->biased || m->qkv_biased || m->qk_normed || m->qkv_joined || m->positions,
           "--latent is of models whose queries and keys are rotated, and not biased, "
           "normalised or made by one layer");
}

static void check_windows(struct asking *a) {
    struct sdse_language_model *m = a->model;
    refuse(a, is_given(a, CLI_SHAPE_FULL_EVERY) && !m->window,
           "--full-every is of models with --window");
    refuse(a, m->full_every == 1, "--full-every 1: no block would have the window");
    refuse(a, m->window && m->encoder,
           "--window: an encoder attends to later tokens too");
}

// --- The name ---

// "_layers2_kv_heads8", and the options as a source.
static void name_changes(struct asking *a, const char **variant) {
    struct sdse_arena *arena = a->cli->arena;
    const char *name = "", *options = "";
    for (int row = 0; name && options && row < CLI_SHAPE_ROWS; row++) {
        if (!is_given(a, (enum cli_shape_row)row))
            continue;
        const char *option = names[row];
        const char *value =
            row < CLI_SHAPE_TIED
                ? sdse_arena_printf(arena, "%" PRIu32, *count_of(a->model, row))
                : "";
        char *word = sdse_arena_printf(arena, "%s", option);
        for (char *c = word; c && *c; c++)
            *c = *c == '-' ? '_' : *c;
        name = sdse_arena_printf(arena, "%s_%s%s", name, word ? word : "",
                                 value ? value : "");
        options =
            sdse_arena_printf(arena, "%s --%s%s%s", options, option,
                              row < CLI_SHAPE_TIED ? " " : "", value ? value : "");
    }
    if (!name || !options) {
        cli_note(a->cli, SDSE_NO_MEMORY);
        a->refused = true;
        return;
    }
    *variant = name;
    if (*options)
        a->model->source = sdse_arena_printf(arena, "%s%s%s", a->model->source,
                                             a->base == &custom ? "" : ",", options);
}

const struct sdse_language_model *
cli_workload_model(struct cli *cli, const struct sdse_language_model *base,
                   const struct cli_args *args, int first, const char **variant,
                   bool *refused) {
    struct sdse_language_model *model =
        SDSE_ARENA_NEW(cli->arena, struct sdse_language_model);
    if (!model) {
        cli_note(cli, SDSE_NO_MEMORY);
        return NULL;
    }
    *model = *base;
    struct asking a = {cli, args, first, base, model, false};
    take_counts(&a);
    if (base == &custom)
        check_whole(&a);
    derive_heads(&a);
    check_experts(&a);
    check_latent(&a);
    check_windows(&a);
    name_changes(&a, variant);
    *refused |= a.refused;
    return model;
}
