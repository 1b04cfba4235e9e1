#include "dse/lint/lint.h"

#include <stdarg.h>
#include <string.h>

#include "dse/lint/checks.h"
#include "spec/path.h"

struct check {
    const char *name;
    void (*run)(struct sdse_lint *lint);
};

#define ROW(name, function) {name, sdse_lint_##function},
static const struct check arch_checks[] = {SDSE_LINT_ARCH_CHECKS(ROW)};
static const struct check pair_checks[] = {SDSE_LINT_PAIR_CHECKS(ROW)};
#undef ROW

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

enum sdse_status sdse_lint_pair(const struct sdse_arch *arch, struct sdse_node *root,
                                const struct sdse_workload *net,
                                struct sdse_diags *found) {
    struct sdse_lint lint = {
        .arena = found->arena, .found = found, .arch = arch, .root = root, .net = net};
    return run(&lint, pair_checks, sizeof pair_checks / sizeof *pair_checks);
}

void sdse_lint_say(struct sdse_lint *lint, struct sdse_loc loc, const char *format,
                   ...) {
    va_list args;
    va_start(args, format);
    const char *text = sdse_arena_vprintf(lint->arena, format, args);
    va_end(args);
    if (text)
        sdse_diag_add_once(lint->found, SDSE_WARNING, loc, lint->check, text);
    else
        lint->status = SDSE_NO_MEMORY;
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
    const char *path = sdse_arena_printf(lint->arena, "%s.%s", name, rest);
    if (!path)
        lint->status = SDSE_NO_MEMORY;
    return sdse_lint_place(lint, otherwise, path, NULL);
}

const char *sdse_lint_dims(struct sdse_lint *lint, unsigned dims) {
    char text[3 * SDSE_DIMS + 1] = "";
    size_t length = 0;
    for (unsigned d = 0; d < SDSE_DIMS; d++) {
        if (!(dims >> d & 1u))
            continue;
        if (length) {
            text[length++] = ',';
            text[length++] = ' ';
        }
        text[length++] = sdse_dim_letters[d];
    }
    const char *kept = sdse_arena_strdup(lint->arena, length ? text : "nothing");
    if (!kept)
        lint->status = SDSE_NO_MEMORY;
    return kept ? kept : "?";
}

const char *sdse_lint_tensors(struct sdse_lint *lint, unsigned tensors) {
    const char *text = "";
    for (unsigned t = 0; t < SDSE_TENSORS && text; t++)
        if (tensors >> t & 1u)
            text = sdse_arena_printf(lint->arena, "%s%s%s", text, *text ? ", " : "",
                                     sdse_tensor_name((enum sdse_tensor)t));
    if (!text)
        lint->status = SDSE_NO_MEMORY;
    return text ? text : "?";
}
