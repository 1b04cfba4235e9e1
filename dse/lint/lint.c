#include "dse/lint/lint.h"

#include <stdarg.h>
#include <string.h>

#include "costmodel/resolve.h"
#include "dse/lint/checks.h"
#include "spec/load.h"
#include "spec/path.h"

struct check {
    const char *name;
    void (*run)(struct sdse_lint *lint);
};

#define ROW(name, function) {name, sdse_lint_##function},
static const struct check arch_checks[] = {SDSE_LINT_ARCH_CHECKS(ROW)};
static const struct check pair_checks[] = {SDSE_LINT_PAIR_CHECKS(ROW)};
static const struct check home_checks[] = {SDSE_LINT_HOME_CHECKS(ROW)};
static const struct check workload_checks[] = {SDSE_LINT_WORKLOAD_CHECKS(ROW)};
static const struct check sweep_checks[] = {SDSE_LINT_SWEEP_CHECKS(ROW)};
#undef ROW

const char *sdse_lint_check_name(size_t i) {
#define NAME(name, function) name,
    static const char *const names[] = {
        SDSE_LINT_ARCH_CHECKS(NAME) SDSE_LINT_PAIR_CHECKS(NAME)
            SDSE_LINT_HOME_CHECKS(NAME) SDSE_LINT_WORKLOAD_CHECKS(NAME)
                SDSE_LINT_SWEEP_CHECKS(NAME)};
#undef NAME
    return i < sizeof names / sizeof *names ? names[i] : NULL;
}

static enum sdse_status run(struct sdse_lint *lint, const struct check *checks,
                            size_t count) {
    for (size_t i = 0; i < count && lint->status == SDSE_OK; i++) {
        lint->check = checks[i].name;
        checks[i].run(lint);
    }
    return lint->status != SDSE_OK ? lint->status : lint->found->fault;
}

enum sdse_status sdse_lint_arch(const struct sdse_arch *arch, struct sdse_node *root,
                                struct sdse_diags *found) {
    struct sdse_lint lint = {
        .arena = found->arena, .found = found, .arch = arch, .root = root};
    return run(&lint, arch_checks, sizeof arch_checks / sizeof *arch_checks);
}

static enum sdse_status lint_pair(const struct sdse_arch *arch, struct sdse_node *root,
                                  const struct sdse_workload *net,
                                  struct sdse_diags *found, const struct check *checks,
                                  size_t count) {
    struct sdse_lint lint = {
        .arena = found->arena, .found = found, .arch = arch, .root = root, .net = net};
    return run(&lint, checks, count);
}

enum sdse_status sdse_lint_pair(const struct sdse_arch *arch, struct sdse_node *root,
                                const struct sdse_workload *net,
                                struct sdse_diags *found) {
    const enum sdse_status status = lint_pair(arch, root, net, found, pair_checks,
                                              sizeof pair_checks / sizeof *pair_checks);
    return status != SDSE_OK ? status
                             : lint_pair(arch, root, net, found, home_checks,
                                         sizeof home_checks / sizeof *home_checks);
}

enum sdse_status sdse_lint_workload(const struct sdse_workload *net,
                                    struct sdse_node *root, struct sdse_diags *found) {
    struct sdse_lint lint = {
        .arena = found->arena, .found = found, .net = net, .root = root};
    return run(&lint, workload_checks,
               sizeof workload_checks / sizeof *workload_checks);
}

// Findings of one check at one place, which several networks give, are one.
static enum sdse_status merge(const struct sdse_diags *of_pairs,
                              struct sdse_diags *found) {
    for (const struct sdse_diag *diag = of_pairs->first; diag; diag = diag->next) {
        size_t before = 0, after = 0;
        for (const struct sdse_diag *other = of_pairs->first; other;
             other = other->next) {
            const bool alike = strcmp(other->check, diag->check) == 0 &&
                               other->loc.line == diag->loc.line &&
                               other->loc.column == diag->loc.column;
            if (other == diag)
                before = after, after = 0;
            else
                after += alike;
        }
        if (before)
            continue;
        if (after)
            sdse_diag_add(found, SDSE_WARNING, diag->loc, diag->check,
                          "%s (and %zu more of the sweep's networks)", diag->message,
                          after);
        else
            sdse_diag_add(found, SDSE_WARNING, diag->loc, diag->check, "%s",
                          diag->message);
    }
    return found->fault;
}

// An accelerator of a sweep as its file has it, held against the sweep's networks. One
// that cannot be without overrides is left out.
static enum sdse_status lint_arch_of(const struct sdse_plan *plan, size_t arch,
                                     struct sdse_diags *found) {
    struct sdse_diags said, of_pairs;
    struct sdse_arch *own;
    sdse_diags_init(&said, found->arena);
    sdse_diags_init(&of_pairs, found->arena);
    struct sdse_node *root = sdse_tree_copy(found->arena, plan->archs[arch].root);
    enum sdse_status status =
        root ? sdse_arch_from_tree(found->arena, root, NULL, 0, &said, &own)
             : SDSE_NO_MEMORY;
    if (status == SDSE_OK)
        status = sdse_arch_resolve_costs(own, found->arena, &said);
    if (status != SDSE_OK)
        return status == SDSE_NO_MEMORY ? status : SDSE_OK;
    for (size_t n = 0; n < plan->network_count && status == SDSE_OK; n++)
        status = lint_pair(own, root, plan->networks[n].workload, &of_pairs,
                           pair_checks, sizeof pair_checks / sizeof *pair_checks);
    return status == SDSE_OK ? merge(&of_pairs, found) : status;
}

enum sdse_status sdse_lint_sweep(const struct sdse_plan *plan, struct sdse_node *root,
                                 struct sdse_diags *found) {
    struct sdse_lint lint = {
        .arena = found->arena, .found = found, .plan = plan, .root = root};
    enum sdse_status status =
        run(&lint, sweep_checks, sizeof sweep_checks / sizeof *sweep_checks);
    bool plain = false;
    for (size_t f = 0; f < plan->form_count; f++)
        plain |= sdse_form_is_raw(&plan->forms[f].form->setting);
    for (size_t a = 0; a < plan->arch_count && plain && status == SDSE_OK; a++)
        status = lint_arch_of(plan, a, found);
    return status;
}

// "?", noted, for one that memory was out for.
static const char *noted(struct sdse_lint *lint, const char *text) {
    if (!text)
        lint->status = SDSE_NO_MEMORY;
    return text ? text : "?";
}

void sdse_lint_say(struct sdse_lint *lint, struct sdse_loc loc, const char *format,
                   ...) {
    va_list args;
    va_start(args, format);
    const char *text = noted(lint, sdse_arena_vprintf(lint->arena, format, args));
    va_end(args);
    if (lint->status == SDSE_OK)
        sdse_diag_add_once(lint->found, SDSE_WARNING, loc, lint->check, text);
}

const char *sdse_lint_text(struct sdse_lint *lint, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *text = noted(lint, sdse_arena_vprintf(lint->arena, format, args));
    va_end(args);
    return text;
}

struct sdse_loc sdse_lint_place(struct sdse_lint *lint, struct sdse_loc otherwise,
                                const char *path, const char *second) {
    const char *const paths[] = {path, second};
    for (size_t i = 0; i < 2; i++) {
        struct sdse_path_target targets[SDSE_PATH_TARGETS];
        if (paths[i] && lint->root &&
            sdse_path_resolve(lint->root, paths[i], otherwise, NULL, targets) > 0 &&
            targets[0].node)
            return targets[0].node->key_loc;
    }
    return otherwise;
}

struct sdse_loc sdse_lint_place_in(struct sdse_lint *lint, struct sdse_loc otherwise,
                                   const char *name, const char *rest) {
    return sdse_lint_place(lint, otherwise, sdse_lint_text(lint, "%s.%s", name, rest),
                           NULL);
}

struct sdse_loc sdse_lint_capacity_place(struct sdse_lint *lint,
                                         const struct sdse_level *level) {
    static const char *const keys[] = {"capacity_bits",  "capacity_bytes",
                                       "capacity_words", "capacity_kib",
                                       "capacity_mib",   "depth"};
    struct sdse_loc place = level->loc;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        place = sdse_lint_place_in(lint, place, level->name, keys[i]);
    return place;
}

const char *sdse_lint_dims(struct sdse_lint *lint, unsigned dims) {
    const char *text = "";
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        if (dims >> d & 1u)
            text = sdse_lint_text(lint, "%s%s%c", text, *text ? ", " : "",
                                  sdse_dim_letters[d]);
    return *text ? text : "nothing";
}

const char *sdse_lint_tensors(struct sdse_lint *lint, unsigned tensors) {
    const char *text = "";
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        if (tensors >> t & 1u)
            text = sdse_lint_text(lint, "%s%s%s", text, *text ? ", " : "",
                                  sdse_tensor_name((enum sdse_tensor)t));
    return text;
}
