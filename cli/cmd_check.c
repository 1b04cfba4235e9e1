// sdse check: every problem of every file, at once.
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/mapping_head.h"
#include "cli/problem.h"
#include "costmodel/resolve.h"
#include "dse/schedule/schedule.h"
#include "dse/sweep/plan.h"
#include "dse/validation/prepare.h"
#include "spec/load.h"
#include "spec/place.h"
#include "spec/split.h"

enum { ARCH, WORKLOAD, LAYER, FOLLOW, FORMAT };

static const struct cli_option options[] = {
    [ARCH] = {"arch", 'a', CLI_TEXT, "ARCH", "the accelerator that mappings are for",
              NULL, false},
    [WORKLOAD] = {"workload", 'w', CLI_TEXT, "NET", "the network that mappings are for",
                  NULL, false},
    [LAYER] = CLI_OPTION_LAYER,
    [FOLLOW] = {"follow-links", 0, CLI_FLAG, NULL,
                "links may lead weight files of sweeps out of their folder", NULL,
                false},
    [FORMAT] = CLI_OPTION_TEXT_OR_JSON,
};

// What mappings are checked against (NULL when not named), and how sweeps are.
struct subject {
    struct sdse_arch *arch;
    struct sdse_workload *workload;
    const struct sdse_layer *layer; // named, or the only one
    bool follow_links;
};

static const char *plural(size_t count) { return count == 1 ? "" : "s"; }

// Each returns what the file is, for the line that says so; NULL when it is refused.
static const char *check_arch(struct cli *cli, const struct sdse_node *root) {
    struct sdse_arch *arch;
    if (cli_note(cli, sdse_arch_from_tree(cli->arena, root, NULL, 0, &cli->diags,
                                          &arch)) != SDSE_OK ||
        cli_note(cli, sdse_arch_resolve_costs(arch, cli->arena, &cli->diags)) !=
            SDSE_OK)
        return NULL;
    return sdse_arena_printf(
        cli->arena, "accelerator %s, %u memories, %llu multipliers", arch->name,
        arch->level_count,
        (unsigned long long)sdse_arch_instances(arch, arch->level_count));
}

static const char *check_workload(struct cli *cli, const struct sdse_node *root) {
    struct sdse_workload *workload;
    if (cli_note(cli, sdse_workload_from_tree(cli->arena, root, &cli->diags,
                                              &workload)) != SDSE_OK)
        return NULL;
    const char *left = "";
    if (workload->not_modelled_count)
        left = sdse_arena_printf(cli->arena, ", %zu operator%s not modelled",
                                 workload->not_modelled_count,
                                 plural(workload->not_modelled_count));
    return sdse_arena_printf(cli->arena, "network %s, %zu layer%s%s", workload->name,
                             workload->layer_count, plural(workload->layer_count),
                             left ? left : "");
}

// With everything it names, in every variant.
static const char *check_sweep(struct cli *cli, const struct subject *subject,
                               const struct sdse_node *root) {
    struct sdse_plan *plan;
    if (cli_note(cli, sdse_plan_load(cli->arena, root->loc.file, subject->follow_links,
                                     cli_shipped(cli), &cli->diags, &plan)) != SDSE_OK)
        return NULL;
    sdse_plan_free(plan);
    const char *searched =
        plan->visits ? sdse_arena_printf(
                           cli->arena, " by %s of %" PRIu64 " design%s",
                           sdse_sweep_method_words()[plan->sweep->search.method - 1],
                           plan->design_count, plural(plan->design_count))
                     : "";
    return sdse_arena_printf(cli->arena,
                             "sweep %s, %" PRIu64 " point%s%s: %zu network%s x %" PRIu64
                             " accelerator%s x %zu form%s",
                             plan->sweep->name, plan->point_count,
                             plural(plan->point_count), searched ? searched : "",
                             plan->network_count, plural(plan->network_count),
                             plan->variant_count, plural(plan->variant_count),
                             plan->form_count, plural(plan->form_count));
}

// With everything it names.
static const char *check_validation(struct cli *cli, const struct sdse_node *root) {
    struct sdse_validation *validation;
    struct sdse_ready_validation ready;
    if (cli_note(cli, sdse_validation_from_tree(cli->arena, root, &cli->diags,
                                                &validation)) != SDSE_OK ||
        cli_note(cli, sdse_validation_prepare(validation, cli->arena, &cli->diags,
                                              &ready)) != SDSE_OK)
        return NULL;
    return sdse_arena_printf(
        cli->arena, "published figures %s, %zu anchor%s, %zu case%s", validation->name,
        validation->anchor_count, plural(validation->anchor_count),
        validation->case_count, plural(validation->case_count));
}

static const char *check_mapping(struct cli *cli, const struct subject *subject,
                                 const struct sdse_node *root) {
    if (!subject->arch) {
        sdse_diag_add(&cli->diags, SDSE_ERROR, root->loc, "mapping-alone",
                      "a mapping is checked against an accelerator: add -a ARCH, and "
                      "-w NET -l LAYER for its bounds");
        return NULL;
    }
    const struct sdse_layer *layer = subject->layer;
    if (subject->workload && !layer) // where nothing names it that is said
        layer = cli_find_layer(cli, subject->workload, cli_mapping_layer(root));
    if (subject->workload && !layer)
        return NULL;
    struct sdse_placement placement;
    struct sdse_mapping *mapping;
    struct sdse_arch *arch;
    const bool readable =
        cli_compare_mapping_head(cli, root, subject->arch, subject->workload, NULL);
    if (sdse_arch_of_mapping(subject->arch, root, cli->arena, &arch) != SDSE_OK ||
        sdse_placed_mapping_from_tree(cli->arena, root, arch, layer, &cli->diags,
                                      &placement, &mapping) != SDSE_OK ||
        !readable)
        return NULL;
    return sdse_arena_printf(cli->arena, "mapping on %s%s%s", subject->arch->name,
                             layer ? " of " : "", layer ? layer->name : "");
}

// The mapping of a network, with raw weights.
static const char *check_schedule(struct cli *cli, const struct subject *subject,
                                  const struct sdse_node *root) {
    const struct sdse_workload *net = subject->workload;
    struct sdse_schedule schedule;
    struct sdse_arch *arch;
    if (!subject->arch || !net) {
        sdse_diag_add(&cli->diags, SDSE_ERROR, root->loc, "mapping-alone",
                      "a network's mapping is checked against an accelerator and the "
                      "network: add -a ARCH and -w NET");
        return NULL;
    }
    const bool readable =
        cli_compare_mapping_head(cli, root, subject->arch, net, "raw");
    struct sdse_residency_layer *layer =
        SDSE_ARENA_ARRAY(cli->arena, struct sdse_residency_layer, net->layer_count);
    if (!layer || sdse_arch_of_mapping(subject->arch, root, cli->arena, &arch)) {
        cli_note(cli, SDSE_NO_MEMORY);
        return NULL;
    }
    for (size_t l = 0; l < net->layer_count; l++)
        layer[l] = (struct sdse_residency_layer){.layer = &net->layers[l], .shape = l};
    const struct sdse_fusion_request request = {
        .residency = {.arch = arch, .workload = net, .layer = layer},
        .depth = SDSE_FUSED_MOST};
    if (cli_note(cli, sdse_schedule_read(&request, root, cli->arena, &cli->diags,
                                         &schedule)) != SDSE_OK ||
        !readable)
        return NULL;
    return sdse_arena_printf(cli->arena, "mapping on %s of %s, %zu group%s", arch->name,
                             net->name, schedule.group_count,
                             plural(schedule.group_count));
}

static const char *check_tree(struct cli *cli, const struct subject *subject,
                              const struct sdse_node *root) {
    switch (sdse_tree_kind(root)) {
    case SDSE_FILE_ARCH:
        return check_arch(cli, root);
    case SDSE_FILE_WORKLOAD:
        return check_workload(cli, root);
    case SDSE_FILE_MAPPING:
        return check_mapping(cli, subject, root);
    case SDSE_FILE_SCHEDULE:
        return check_schedule(cli, subject, root);
    case SDSE_FILE_SWEEP:
        return check_sweep(cli, subject, root);
    case SDSE_FILE_VALIDATION:
        return check_validation(cli, root);
    case SDSE_FILE_UNKNOWN:
        break;
    }
    sdse_diag_add(&cli->diags, SDSE_ERROR, root->loc, "file-kind",
                  "cannot tell what this is: an accelerator has 'levels', a network "
                  "'layers', a mapping 'mapping', that of a network 'mappings' or "
                  "'groups', a sweep 'workloads' and 'archs', "
                  "published figures 'anchors'");
    return NULL;
}

struct tally {
    size_t bad, errors, warnings;
};

// What is printed of a file, as a row.
static void add_file(struct sdse_table *table, const char *path, const char *what,
                     const struct sdse_diags *diags) {
    sdse_table_add_text(table, path);
    sdse_table_add_text(table, what ? "ok" : "refused");
    sdse_table_add_text(table, what);
    sdse_table_add_u64(table, diags->errors);
    sdse_table_add_u64(table, diags->warnings);
}

// One line on stdout if the file is good, or a row of the table if there is one;
// diagnostics on stderr.
static void check_file(struct cli *cli, const struct subject *subject, const char *path,
                       struct tally *tally, struct sdse_table *table) {
    struct sdse_node *root;
    const char *what = NULL;
    if (cli_note(cli, sdse_tree_parse_file(cli->arena, path, &cli->diags, &root)) ==
        SDSE_OK)
        what = check_tree(cli, subject, root);
    tally->bad += !what;
    tally->errors += cli->diags.errors;
    tally->warnings += cli->diags.warnings;
    if (table)
        add_file(table, path, what, &cli->diags);
    cli_flush_diags(cli);
    if (what && !table)
        printf("%s: ok: %s\n", path, what);
    fflush(stdout);
}

static struct sdse_table *new_table(struct sdse_arena *arena) {
    static const char *const columns[] = {"file", "status", "what", "errors",
                                          "warnings"};
    struct sdse_table *table = sdse_table_new(arena);
    sdse_table_name(table, "sdse.check/1", "files");
    sdse_table_add_columns(table, columns, sizeof columns / sizeof *columns);
    return table;
}

static bool load_subject(struct cli *cli, const struct cli_args *args,
                         struct subject *subject) {
    if (args->value[ARCH] &&
        cli_load_arch(cli, args->value[ARCH], &subject->arch) != SDSE_OK)
        return false;
    if (!args->value[WORKLOAD])
        return true;
    if (cli_load_workload(cli, args->value[WORKLOAD], &subject->workload) != SDSE_OK)
        return false;
    if (!args->value[LAYER] && subject->workload->layer_count > 1)
        return true; // of a network's mapping
    subject->layer = cli_find_layer(cli, subject->workload, args->value[LAYER]);
    return subject->layer != NULL;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    struct subject subject = {.follow_links = args->value[FOLLOW] != NULL};
    if (args->value[LAYER] && !args->value[WORKLOAD]) {
        cli_error(cli, "-l LAYER needs -w NET");
        return CLI_USAGE;
    }
    if (!load_subject(cli, args, &subject)) {
        cli_flush_diags(cli);
        return CLI_BAD_INPUT;
    }
    cli_flush_diags(cli);
    struct tally tally = {0, 0, 0};
    const bool json = cli_wants_json(args, FORMAT);
    struct sdse_table *table = json ? new_table(cli->arena) : NULL;
    if (json && !table)
        return cli_finish(cli, SDSE_NO_MEMORY);
    for (int i = 0; i < args->operand_count; i++)
        check_file(cli, &subject, args->operands[i], &tally, table);
    if (json)
        cli_print_table(cli, table, SDSE_TABLE_JSON);
    if (tally.bad) {
        fprintf(stderr, "%zu of %d file%s refused: %zu error%s, %zu warning%s\n",
                tally.bad, args->operand_count, plural((size_t)args->operand_count),
                tally.errors, plural(tally.errors), tally.warnings,
                plural(tally.warnings));
    }
    return tally.bad ? CLI_BAD_INPUT : CLI_OK;
}

const struct cli_verb cli_verb_check = {
    .name = "check",
    .summary = "validates files and reports all problems at once",
    .operands = {"FILE...", 1, -1},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "Accelerators, networks, mappings, sweeps and published figures are told apart "
        "by their keys.\nA sweep and published figures are checked with the files they "
        "name; a mapping needs -a ARCH, that of a network -w NET as well.",
    .example = "sdse check archs/eyeriss.yaml workloads/resnet50.yaml "
               "sweeps/demo_forms.yaml",
    .run = run,
};
