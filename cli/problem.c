#include "cli/problem.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/pool.h"
#include "cli/inputs.h"
#include "cli/mapping_head.h"
#include "costmodel/stream.h"
#include "dse/residency/residency.h"
#include "dse/sweep/forms.h"
#include "dse/sweep/measured.h"
#include "spec/load.h"
#include "spec/split.h"
#include "spec/sweep_forms.h"

// Messages about the list that --form was wrapped in, as messages about its text.
// added    characters in front of the text
static void unwrap_diags(struct sdse_diags *diags, unsigned added) {
    static const char path[] = "[0]";
    for (struct sdse_diag *diag = diags->first; diag; diag = diag->next) {
        if (!diag->loc.file || strcmp(diag->loc.file, "--form") != 0)
            continue;
        diag->loc.column -= diag->loc.column > added ? added : 0;
        if (strncmp(diag->message, path, sizeof path - 1) == 0)
            diag->message += sizeof path - 1 + strspn(diag->message + 3, ".: ");
    }
}

// "raw", "{...}", or the inside of the braces.
bool cli_read_forms(struct cli *cli, const char *text, struct sdse_diags *diags,
                    struct sdse_sweep *out) {
    const bool whole = !strpbrk(text, ":{") || *text == '{'; // a word, or with braces
    const bool several = *text == '[';
    const char *list =
        several ? text : sdse_arena_printf(cli->arena, whole ? "[%s]" : "[{%s}]", text);
    struct sdse_node *root;
    *out = (struct sdse_sweep){0};
    if (list &&
        cli_note(cli, sdse_tree_parse_memory(cli->arena, "--form", list, strlen(list),
                                             diags, &root)) == SDSE_OK &&
        sdse_read_forms(cli->arena, root, diags, out) && !diags->errors)
        return true;
    if (!several)
        unwrap_diags(diags, whole ? 1 : 2);
    return false;
}

static bool read_form(struct cli *cli, const char *text,
                      struct sdse_form_setting *setting) {
    struct sdse_sweep sweep;
    if (!cli_read_forms(cli, text, &cli->diags, &sweep))
        return false;
    if (sweep.form_count != 1) {
        cli_error(cli, "--form: one setting is needed, this makes %zu",
                  sweep.form_count);
        return false;
    }
    *setting = sweep.forms[0].setting;
    return true;
}

bool cli_load_problem(struct cli *cli, const char *arch, const char *workload,
                      const char *form, struct cli_problem *problem) {
    *problem = (struct cli_problem){.form_text = form};
    // All three are read, so that all their problems are seen at once.
    const bool form_read = read_form(cli, form, &problem->setting);
    const bool arch_read = cli_load_arch(cli, arch, &problem->arch) == SDSE_OK;
    const bool workload_read =
        cli_load_workload(cli, workload, &problem->workload) == SDSE_OK;
    cli_flush_diags(cli);
    if (!form_read || !arch_read || !workload_read)
        return false;
    if (!cli_split_memories(cli, sdse_arch_uneven(problem->arch), problem))
        return false;
    if (problem->setting.smartdeal && !problem->arch->rebuild.present) {
        cli_error(cli, "%s has no rebuild engine: only --form raw runs on it",
                  problem->arch->name);
        return false;
    }
    if (problem->setting.first && !sdse_arch_makes_products(problem->arch)) {
        cli_error(cli, "%s has no engine of kind products_first: --form %s needs one",
                  problem->arch->name,
                  sdse_products_first_name(problem->setting.first));
        return false;
    }
    if (!sdse_form_expects_words(&problem->setting,
                                 problem->arch->bits[SDSE_WEIGHTS])) {
        cli_error(cli,
                  "--form unique expects lists of words of at most 8 bits, and weights "
                  "of %s have %" PRIu32 ": measure them (without range_sigmas)",
                  problem->arch->name, problem->arch->bits[SDSE_WEIGHTS]);
        return false;
    }
    return true;
}

bool cli_split_memories(struct cli *cli, unsigned levels, struct cli_problem *problem) {
    if (!levels)
        return true;
    const enum sdse_status status =
        sdse_arch_split(problem->arch, levels, cli->arena, &problem->arch);
    if (status == SDSE_INVALID) {
        cli_error(cli,
                  "the positions in the memories of %s would make more than %d levels, "
                  "or have the name of one",
                  problem->arch->name, SDSE_MAX_LEVELS);
    }
    return cli_note(cli, status) == SDSE_OK;
}

bool cli_layer_form(struct cli *cli, const struct cli_problem *problem,
                    const struct sdse_layer *layer, struct sdse_weight_form *form) {
    const struct sdse_layer *stored = sdse_layer_weights_of(problem->workload, layer);
    if (problem->setting.measured && stored != layer) {
        struct sdse_weight_form known;
        if (!cli_layer_form(cli, problem, stored, &known))
            return false;
        sdse_layer_form_shared(layer, stored, &problem->setting, &known, form);
        return true;
    }
    if (!problem->setting.measured || sdse_layer_stays_raw(layer, &problem->setting)) {
        sdse_layer_form_declare_words(layer, &problem->setting,
                                      problem->arch->bits[SDSE_WEIGHTS], form);
        return true;
    }
    struct sdse_measured entry = {.workload = problem->workload,
                                  .layer = layer,
                                  .setting = &problem->setting,
                                  .sharing = sdse_arch_sharing(problem->arch),
                                  .serial = sdse_arch_serial_weights(problem->arch),
                                  .word_bits = problem->arch->bits[SDSE_WEIGHTS]};
    if (sdse_measure(&entry, sdse_processors(), cli->arena)) {
        for (const struct sdse_diag *diag = entry.reason; diag; diag = diag->next)
            sdse_diag_add(&cli->diags, diag->severity, diag->loc, diag->check, "%s",
                          diag->message);
        cli_flush_diags(cli);
        cli_note(cli, entry.status);
        if (!entry.reason)
            cli_error(cli, "layer %s: %s", layer->name, sdse_status_text(entry.status));
        return false;
    }
    *form = entry.record.form;
    return true;
}

bool cli_streams(struct cli *cli, const struct sdse_arch *arch,
                 const struct sdse_layer *layers, size_t count) {
    bool good = true;
    for (size_t i = 0; i < count; i++)
        good &= sdse_stream_admits(arch, &layers[i], &cli->diags);
    cli_flush_diags(cli);
    return good;
}

struct sdse_model *cli_form_model(struct cli *cli, const struct cli_problem *problem,
                                  const struct sdse_layer *layer,
                                  const struct sdse_weight_form *form) {
    struct sdse_model *model = NULL;
    const enum sdse_status status =
        cli_note(cli, sdse_model_new(problem->arch, layer, form, cli->arena, &model));
    if (status != SDSE_OK)
        cli_error(cli, "layer %s: %s", layer->name, sdse_status_text(status));
    return model;
}

struct sdse_model *cli_layer_model(struct cli *cli, const struct cli_problem *problem,
                                   const struct sdse_layer *layer) {
    struct sdse_weight_form form;
    if (!cli_streams(cli, problem->arch, layer, 1))
        return NULL;
    return cli_layer_form(cli, problem, layer, &form)
               ? cli_form_model(cli, problem, layer, &form)
               : NULL;
}

// The layer with its residence, where its mapping's file says places.
static bool place_layer(struct cli *cli, const struct cli_problem *problem,
                        const struct sdse_layer **layer) {
    if (!problem->placement.placed)
        return true;
    struct sdse_layer *placed = SDSE_ARENA_NEW(cli->arena, struct sdse_layer);
    if (!placed) {
        cli_note(cli, SDSE_NO_MEMORY);
        return false;
    }
    *placed = **layer;
    placed->residence = problem->placement.residence;
    *layer = placed;
    return true;
}

// Whether what is reserved in a memory holds what the layer reads there; says what that
// takes.
static bool holds_inputs(struct cli *cli, const struct cli_problem *problem,
                         const struct sdse_layer *layer,
                         const struct sdse_residence *at) {
    const double rounding = 1 + 1e-12;
    const struct sdse_workload *net = problem->workload;
    struct sdse_residency_layer *layers =
        SDSE_ARENA_ARRAY(cli->arena, struct sdse_residency_layer, net->layer_count);
    double least = 0;
    for (size_t i = 0; layers && i < net->layer_count; i++)
        layers[i].layer = &net->layers[i];
    const struct sdse_residency_request request = {
        .arch = problem->arch, .workload = net, .layer = layers};
    const enum sdse_status status =
        layers ? sdse_residency_least_bits(&request, (size_t)(layer - net->layers), at,
                                           cli->arena, &least)
               : SDSE_NO_MEMORY;
    if (cli_note(cli, status) != SDSE_OK) {
        cli_error(cli, "layer %s: %s", layer->name, sdse_status_text(status));
        return false;
    }
    if (least <= at->reserved_bits * rounding)
        return true;
    sdse_diag_add(&cli->diags, SDSE_ERROR, problem->placement.loc, "place-room",
                  "what layer '%s' reads in %.*s takes %.0f bits there, but "
                  "reserved_bits are %.17g: all bits that it holds through the layer",
                  layer->name, sdse_memory_name_bytes(problem->arch, at->level),
                  problem->arch->level[at->level].name, ceil(least), at->reserved_bits);
    cli_flush_diags(cli);
    return false;
}

bool cli_load_mapping(struct cli *cli, struct cli_problem *problem,
                      const char *layer_name, const char *path,
                      const struct sdse_layer **layer, struct sdse_mapping **mapping) {
    struct sdse_node *root;
    bool readable = true;
    *layer = layer_name ? cli_find_layer(cli, problem->workload, layer_name) : NULL;
    if (layer_name && !*layer)
        return false;
    enum sdse_status status =
        sdse_tree_parse_file(cli->arena, path, &cli->diags, &root);
    if (status == SDSE_OK && sdse_tree_kind(root) != SDSE_FILE_MAPPING) {
        sdse_diag_add(
            &cli->diags, SDSE_ERROR, root->loc, "file-kind",
            sdse_tree_kind(root) == SDSE_FILE_SCHEDULE
                ? "the mapping of one layer is needed here: this is a network's"
                : "a mapping is needed here: the file has no key 'mapping'");
        status = SDSE_INVALID;
    }
    if (status == SDSE_OK && !layer_name)
        layer_name = cli_mapping_layer(root);
    if (status == SDSE_OK) {
        *layer = cli_find_layer(cli, problem->workload, layer_name);
        if (!*layer)
            return false;
        readable = cli_compare_mapping_head(cli, root, problem->arch, problem->workload,
                                            problem->form_text);
        status = sdse_arch_of_mapping(problem->arch, root, cli->arena, &problem->arch);
    }
    if (status == SDSE_OK)
        status =
            sdse_placed_mapping_from_tree(cli->arena, root, problem->arch, *layer,
                                          &cli->diags, &problem->placement, mapping);
    cli_flush_diags(cli);
    bool good = cli_note(cli, status) == SDSE_OK && readable;
    const struct sdse_residence *at =
        good && problem->placement.placed ? problem->placement.residence : NULL;
    for (; good && at; at = at->also)
        good = holds_inputs(cli, problem, *layer, at);
    return good && place_layer(cli, problem, layer);
}

struct sdse_mapping *cli_streamed_mapping(struct cli *cli,
                                          const struct sdse_arch *arch) {
    struct sdse_mapping *mapping = SDSE_ARENA_NEW(cli->arena, struct sdse_mapping);
    if (!mapping) {
        cli_note(cli, SDSE_NO_MEMORY);
        return NULL;
    }
    sdse_mapping_init(arch, mapping);
    mapping->streamed = true;
    return mapping;
}

// Whether every tile lives as short as its memory allows; the longest that does not is
// said.
static bool accept_lives(struct cli *cli, const struct cli_problem *problem,
                         const struct sdse_model *model,
                         const struct sdse_mapping *mapping) {
    const struct sdse_arch *arch = problem->arch;
    bool limited = false;
    for (unsigned l = 1; l < arch->level_count; l++)
        limited = limited || arch->level[l].max_lifetime_us.given;
    if (!limited || !(sdse_evaluate(model, mapping).strain > 1))
        return true;
    struct sdse_cost cost;
    if (!sdse_evaluate_full(model, mapping, &cost)) {
        cli_note(cli, SDSE_NO_MEMORY);
        return false;
    }
    double worst = 1;
    unsigned at = 0;
    int what = 0;
    for (unsigned l = 1; l < arch->level_count; l++)
        for (int part = 0; arch->level[l].max_lifetime_us.given && part < SDSE_PARTS;
             part++) {
            const double strain = cost.level[l].flow[part].lifetime_us /
                                  arch->level[l].max_lifetime_us.value;
            if (strain <= worst)
                continue;
            worst = strain;
            at = l;
            what = part;
        }
    cli_error(cli, "the %s in %s live %.6g us, but at most %.6g are allowed",
              sdse_part_name((enum sdse_part)what), arch->level[at].name,
              cost.level[at].flow[what].lifetime_us,
              arch->level[at].max_lifetime_us.value);
    return false;
}

// What does not fit into the memory that holds tensors between layers.
static void refuse_room(struct cli *cli, const struct cli_problem *problem,
                        const struct sdse_model *model,
                        const struct sdse_mapping *mapping,
                        const struct sdse_residence *residence) {
    const struct sdse_level *level = &problem->arch->level[residence->level];
    const double taken = sdse_mapping_taken_bits(model, mapping, residence->level);
    sdse_diag_add(&cli->diags, SDSE_ERROR, problem->placement.loc, "place-room",
                  "%.*s holds %.0f bits through the layer, and its tiles%s take %.0f: "
                  "%.0f in all, but %" PRIu64 " fit",
                  sdse_memory_name_bytes(problem->arch, residence->level), level->name,
                  residence->reserved_bits,
                  residence->tensors & SDSE_BIT(SDSE_OUTPUTS)
                      ? " with the place of its outputs"
                      : "",
                  taken, residence->reserved_bits + taken, level->capacity_bits);
    cli_flush_diags(cli);
}

bool cli_accept_mapping(struct cli *cli, const struct cli_problem *problem,
                        const struct sdse_model *model,
                        const struct sdse_mapping *mapping) {
    unsigned at = 0;
    switch (sdse_mapping_verdict(model, mapping, &at)) {
    case SDSE_VALID:
        return accept_lives(cli, problem, model, mapping);
    case SDSE_TOO_BIG: {
        struct sdse_cost cost;
        const struct sdse_residence *held =
            problem->placement.placed
                ? sdse_residence_at(problem->placement.residence, at)
                : NULL;
        if (held) {
            refuse_room(cli, problem, model, mapping, held);
            return false;
        }
        if (!sdse_evaluate_full(model, mapping, &cost)) {
            cli_note(cli, SDSE_NO_MEMORY);
            return false;
        }
        const struct sdse_level *level = &problem->arch->level[at];
        double bits = 0;
        const char *where = NULL;
        for (unsigned l = at; l <= sdse_arch_memory_last(problem->arch, at); l++) {
            bits += cost.level[l].stored_bits;
            if (mapping->keeps[l])
                where =
                    sdse_arena_printf(cli->arena, "%s%s%s", where ? where : "",
                                      where ? " + " : "", problem->arch->level[l].name);
        }
        const char *buffers =
            level->buffering > 1
                ? sdse_arena_printf(cli->arena, " (%" PRIu64 " bits in %u buffers)",
                                    level->capacity_bits, (unsigned)level->buffering)
                : NULL;
        cli_error(cli, "the tiles in %s take %.0f bits, but %" PRIu64 " fit%s",
                  where ? where : level->name, bits,
                  level->capacity_bits / level->buffering, buffers ? buffers : "");
        return false;
    }
    case SDSE_NOT_COVERED:
        cli_error(cli, "the factors do not cover the layer");
        return false;
    case SDSE_FANOUT:
        cli_error(cli, "more spatial iterations below %s than instances",
                  problem->arch->level[at].name);
        return false;
    }
    return false;
}
