// sdse lint: what is legal in files and unwise.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/shell_word.h"
#include "costmodel/resolve.h"
#include "dse/lint/lint.h"
#include "dse/sweep/plan.h"
#include "dse/validation/prepare.h"
#include "spec/load.h"

enum { ARCH, WORKLOAD, EXCEPT, FOLLOW, FORMAT };

static const struct cli_option options[] = {
    [ARCH] = {"arch", 'a', CLI_TEXT, "ARCH",
              "the accelerator that networks among the files are for", NULL, false},
    [WORKLOAD] = {"workload", 'w', CLI_TEXT, "NET",
                  "the network that accelerators among the files are for", NULL, false},
    [EXCEPT] = {"except", 'x', CLI_TEXT, "CHECKS",
                "names of checks whose findings are left out, separated by commas",
                NULL, false},
    [FOLLOW] = {"follow-links", 0, CLI_FLAG, NULL,
                "links may lead weight files of sweeps out of their folder", NULL,
                false},
    [FORMAT] = {"format", 'f', CLI_CHOICE, "text|csv|json|md", "how to print", "text",
                false},
};

// What is linted, in the order of the command line.
struct subject {
    struct subject *next;
    struct sdse_node *root;
    struct sdse_arch *arch;         // or NULL
    struct sdse_workload *workload; // or NULL
    struct sdse_plan *plan;         // of a sweep, or NULL
    bool alone;                     // linted by itself too: an operand
};

struct lint_run {
    struct cli *cli;
    struct subject *first, **end;
    struct sdse_diags found;
    size_t refused;
    bool follow_links; // of weight files of sweeps
};

// --- What the operands are ---

static const char *const folders[] = {"archs", "workloads", "sweeps", "validation"};
enum { FOLDERS = sizeof folders / sizeof *folders };

static bool is_shipped(struct cli *cli, const char *folder, const char *name) {
    const char *names[CLI_MOST_SHIPPED];
    return sdse_is_among(name, names, cli_list_shipped(cli, folder, names));
}

// Says that a name is neither a file's nor shipped, and which is nearest.
static void refuse_name(struct cli *cli, const char *name) {
    const char *nearest = NULL;
    for (size_t i = 0; i < FOLDERS && !nearest; i++) {
        const char *names[CLI_MOST_SHIPPED];
        nearest = sdse_nearest(name, names, cli_list_shipped(cli, folders[i], names));
    }
    cli_error(cli, "'%s' is neither a file nor the name of a shipped one%s%s%s", name,
              nearest ? "; did you mean '" : "", nearest ? nearest : "",
              nearest ? "'?" : "");
}

// The path of a file, or of what is shipped under a name; NULL after an error. What is
// shipped under the name in several folders must be said by its path.
static const char *find_operand(struct cli *cli, const char *name) {
    size_t count = 0;
    const char *paths[FOLDERS] = {NULL};
    for (size_t i = 0; i < FOLDERS; i++)
        if (!strchr(name, '/') && is_shipped(cli, folders[i], name))
            paths[count++] = cli_find_input(cli, folders[i], name);
    if (count == 1 || cli->fault)
        return paths[0];
    const char *end = strrchr(name, '.');
    if (count == 0 && !strchr(name, '/') && access(name, F_OK) != 0 &&
        !(end && (strcmp(end, ".yaml") == 0 || strcmp(end, ".json") == 0))) {
        refuse_name(cli, name);
        return NULL;
    }
    if (count == 0)
        return cli_file_exists(cli, name) ? name : NULL;
    const char *list = paths[0];
    for (size_t i = 1; i < count && list; i++)
        list = sdse_arena_printf(cli->arena, "%s, %s", list, paths[i]);
    cli_error(cli, "'%s' is the name of several shipped files: say which: %s", name,
              list ? list : "");
    return NULL;
}

static enum sdse_status load_arch(struct sdse_arena *arena, struct subject *subject,
                                  struct sdse_diags *said) {
    const enum sdse_status status =
        sdse_arch_from_tree(arena, subject->root, NULL, 0, said, &subject->arch);
    return status == SDSE_OK ? sdse_arch_resolve_costs(subject->arch, arena, said)
                             : status;
}

static enum sdse_status load_validation(struct sdse_arena *arena,
                                        const struct sdse_node *root,
                                        struct sdse_diags *said) {
    struct sdse_validation *validation;
    struct sdse_ready_validation ready;
    const enum sdse_status status =
        sdse_validation_from_tree(arena, root, said, &validation);
    return status == SDSE_OK ? sdse_validation_prepare(validation, arena, said, &ready)
                             : status;
}

// As `sdse check` reads it. A mapping is good where its accelerator is known: nothing
// is looked for in it.
static enum sdse_status load(struct lint_run *run, const char *path,
                             struct subject *subject, struct sdse_diags *said) {
    struct sdse_arena *arena = run->cli->arena;
    const enum sdse_status status =
        sdse_tree_parse_file(arena, path, said, &subject->root);
    if (status != SDSE_OK)
        return status;
    switch (sdse_tree_kind(subject->root)) {
    case SDSE_FILE_ARCH:
        return load_arch(arena, subject, said);
    case SDSE_FILE_WORKLOAD:
        return sdse_workload_from_tree(arena, subject->root, said, &subject->workload);
    case SDSE_FILE_SWEEP:
        return sdse_plan_load(arena, subject->root->loc.file, run->follow_links,
                              cli_shipped(run->cli), said, &subject->plan);
    case SDSE_FILE_VALIDATION:
        return load_validation(arena, subject->root, said);
    case SDSE_FILE_MAPPING:
    case SDSE_FILE_SCHEDULE:
        return SDSE_OK;
    case SDSE_FILE_UNKNOWN:
        break;
    }
    return SDSE_INVALID;
}

// Reads a file without errors, or says who tells what they are.
static void take(struct lint_run *run, const char *path, bool alone) {
    struct cli *cli = run->cli;
    struct sdse_diags said;
    sdse_diags_init(&said, cli->arena);
    struct subject *subject = SDSE_ARENA_NEW(cli->arena, struct subject);
    const enum sdse_status status =
        subject ? load(run, path, subject, &said) : SDSE_NO_MEMORY;
    if (cli_note(cli, status) == SDSE_OK) {
        subject->alone = alone;
        *run->end = subject;
        run->end = &subject->next;
        return;
    }
    run->refused++;
    if (status == SDSE_INVALID && !said.fault)
        cli_error(cli, "%s is refused: `sdse check %s` says why", path,
                  cli_shell_word(cli->arena, path));
    else
        sdse_diags_pass_on(&cli->diags, &said); // the machine's: not to be had again
}

static bool take_named(struct lint_run *run, const char *folder, const char *name) {
    const char *path = name ? cli_find_input(run->cli, folder, name) : NULL;
    if (path)
        take(run, path, false);
    return !name || path;
}

// --- Findings ---

enum { MOST_CHECKS = 128 };

// The checks named by --except, each with a comma before and behind it; NULL after an
// error.
static const char *read_except(struct cli *cli, const char *list) {
    const char *names[MOST_CHECKS];
    size_t count = 0;
    while (count < MOST_CHECKS && (names[count] = sdse_lint_check_name(count)))
        count++;
    const char *except = ",";
    for (const char *at = list; at && *at && except;) {
        const size_t length = strcspn(at, ",");
        const char *name = sdse_arena_copy(cli->arena, at, length);
        if (name && !sdse_is_among(name, names, count)) {
            const char *nearest = sdse_nearest(name, names, count);
            cli_error(cli, "--except: no check '%s'%s%s%s: docs/checks.md lists them",
                      name, nearest ? ", did you mean '" : "", nearest ? nearest : "",
                      nearest ? "'?" : "");
            return NULL;
        }
        except = name ? sdse_arena_printf(cli->arena, "%s%s,", except, name) : NULL;
        at += length + (at[length] == ',');
    }
    if (!except)
        cli_note(cli, SDSE_NO_MEMORY);
    return except;
}

// What was found without what is left out, by place.
static bool choose_found(struct lint_run *run, const char *except,
                         struct sdse_diags *chosen) {
    sdse_diags_init(chosen, run->cli->arena);
    for (const struct sdse_diag *diag = run->found.first; diag; diag = diag->next) {
        const char *name = sdse_arena_printf(run->cli->arena, ",%s,", diag->check);
        if (!name)
            return false;
        if (!strstr(except, name))
            sdse_diag_add(chosen, diag->severity, diag->loc, diag->check, "%s",
                          diag->message);
    }
    sdse_diags_sort(chosen);
    return !chosen->fault;
}

static enum sdse_status lint_all(struct lint_run *run) {
    enum sdse_status status = SDSE_OK;
    for (const struct subject *s = run->first; s && status == SDSE_OK; s = s->next) {
        if (s->alone && s->arch)
            status = sdse_lint_arch(s->arch, s->root, &run->found);
        if (s->alone && s->workload)
            status = sdse_lint_workload(s->workload, s->root, &run->found);
        if (s->plan)
            status = sdse_lint_sweep(s->plan, s->root, &run->found);
        for (const struct subject *net = run->first;
             net && s->arch && status == SDSE_OK; net = net->next)
            if (net->workload)
                status = sdse_lint_pair(s->arch, s->root, net->workload, &run->found);
    }
    return status;
}

static void print_text(const struct sdse_diags *found) {
    for (const struct sdse_diag *diag = found->first; diag; diag = diag->next)
        printf("%s:%u:%u: lint: %s [%s]\n", diag->loc.file, diag->loc.line,
               diag->loc.column, diag->message, diag->check);
}

static enum cli_exit print_table(struct cli *cli, const struct sdse_diags *found,
                                 enum sdse_table_format format) {
    struct sdse_table *table = sdse_table_new(cli->arena);
    sdse_table_name(table, "sdse.lint/1", "findings");
    static const char *const columns[] = {"file", "line", "column", "check", "message"};
    sdse_table_add_columns(table, columns, sizeof columns / sizeof *columns);
    for (const struct sdse_diag *diag = found->first; diag; diag = diag->next) {
        sdse_table_add_text(table, diag->loc.file);
        sdse_table_add_u64(table, diag->loc.line);
        sdse_table_add_u64(table, diag->loc.column);
        sdse_table_add_text(table, diag->check);
        sdse_table_add_text(table, diag->message);
    }
    return cli_print_table(cli, table, format);
}

static enum cli_exit print_found(struct cli *cli, const struct cli_args *args,
                                 const struct sdse_diags *found) {
    enum sdse_table_format format;
    if (sdse_table_format_parse(args->value[FORMAT], &format))
        return print_table(cli, found, format);
    print_text(found);
    return CLI_OK;
}

static bool take_all(struct lint_run *run, const struct cli_args *args) {
    bool named = true;
    for (int i = 0; i < args->operand_count; i++) {
        const char *path = find_operand(run->cli, args->operands[i]);
        named = named && path;
        if (path)
            take(run, path, true);
    }
    named = take_named(run, "archs", args->value[ARCH]) && named;
    return take_named(run, "workloads", args->value[WORKLOAD]) && named;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args) {
    struct lint_run lint = {.cli = cli, .follow_links = args->value[FOLLOW] != NULL};
    lint.end = &lint.first;
    sdse_diags_init(&lint.found, cli->arena);
    const char *except = read_except(cli, args->value[EXCEPT]);
    if (!except)
        return CLI_USAGE;
    const bool named = take_all(&lint, args);
    enum sdse_status status = named ? lint_all(&lint) : SDSE_OK;
    for (struct subject *s = lint.first; s; s = s->next)
        sdse_plan_free(s->plan);
    if (!named)
        return CLI_BAD_INPUT;
    struct sdse_diags chosen;
    if (status == SDSE_OK && !choose_found(&lint, except, &chosen))
        status = SDSE_NO_MEMORY;
    if (status != SDSE_OK)
        return cli_finish(cli, status);
    const enum cli_exit printed = print_found(cli, args, &chosen);
    if (printed != CLI_OK)
        return printed;
    if (chosen.warnings) {
        fflush(stdout);
        fprintf(stderr, "%zu lint%s\n", chosen.warnings,
                chosen.warnings == 1 ? "" : "s");
        cli->reported = true; // that is why it ends with 1
    }
    return chosen.warnings || lint.refused ? CLI_BAD_INPUT : CLI_OK;
}

const struct cli_verb cli_verb_lint = {
    .name = "lint",
    .summary = "finds what is legal in files and unwise",
    .operands = {"ARCH|NET|SWEEP...", 1, -1},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "ARCH, NET and SWEEP are files, or names of shipped ones. Each accelerator is "
        "also held against\neach network: those among the files, and -a or -w. Ends "
        "with 0 if nothing is found, else 1.",
    .example = "sdse lint npu.yaml -w resnet50",
    .run = run,
};
