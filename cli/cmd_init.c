// sdse init: begins an accelerator, a network, a sweep or a file of published figures.
// Without it POSIX alone has no realpath.
#define _XOPEN_SOURCE 700 // NOLINT(bugprone-reserved-identifier,cert-*,readability-*)
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/output.h"
#include "cli/init.h"
#include "cli/inputs.h"

enum { TEMPLATE, ROWS, COLUMNS, BUFFER, BITS, BANDWIDTH, ARCH, WORKLOAD, YES };

static const struct cli_option options[] = {
    [TEMPLATE] = {"template", 't', CLI_CHOICE, CLI_INIT_TEMPLATES,
                  "arch: the first three [systolic]; workload: the others [cnn]", NULL,
                  false},
    [ROWS] = {"rows", 0, CLI_COUNT, "N", "arch: rows of multipliers [16]", NULL, false},
    [COLUMNS] = {"columns", 0, CLI_COUNT, "N", "arch: columns of multipliers [16]",
                 NULL, false},
    [BUFFER] = {"buffer-kib", 0, CLI_COUNT, "KIB", "arch: buffers on the chip [128]",
                NULL, false},
    [BITS] = {"bits", 0, CLI_COUNT, "BITS", "arch: of a word [8]", NULL, false},
    [BANDWIDTH] = {"dram-gbps", 0, CLI_REAL, "GB/S", "arch: to DRAM [12.8]", NULL,
                   false},
    [ARCH] = {"arch", 'a', CLI_TEXT, "ARCH", "sweep, validation: accelerator [eyeriss]",
              NULL, false},
    [WORKLOAD] = {"workload", 'w', CLI_TEXT, "NET",
                  "sweep, validation: network [resnet18]", NULL, false},
    [YES] = {"yes", 'y', CLI_FLAG, NULL, "ask nothing on a terminal", NULL, false},
};

enum kind { KIND_ARCH, KIND_WORKLOAD, KIND_SWEEP, KIND_VALIDATION, KINDS };
static const char *const kinds[KINDS] = {"arch", "workload", "sweep", "validation"};

// Which options a kind has, and what stands in for them.
static const char *default_of(enum kind kind, int option) {
    static const char *const defaults[KINDS][CLI_COUNT_OF(options)] = {
        [KIND_ARCH] = {[TEMPLATE] = "systolic",
                       [ROWS] = "16",
                       [COLUMNS] = "16",
                       [BUFFER] = "128",
                       [BITS] = "8",
                       [BANDWIDTH] = "12.8"},
        [KIND_WORKLOAD] = {[TEMPLATE] = "cnn"},
        [KIND_SWEEP] = {[ARCH] = "eyeriss", [WORKLOAD] = "resnet18"},
        [KIND_VALIDATION] = {[ARCH] = "eyeriss", [WORKLOAD] = "resnet18"},
    };
    return defaults[kind][option];
}

// --- What is asked for ---

// Whether a value is one that the kind's files can have; says so on stderr if not.
static bool accept(enum kind kind, int option, const char *text) {
    if (!cli_option_accepts("init", &options[option], text, stderr))
        return false;
    static const struct {
        int option;
        double least, most;
    } ranges[] = {{ROWS, 1, CLI_INIT_MOST_SIDE},
                  {COLUMNS, 1, CLI_INIT_MOST_SIDE},
                  {BUFFER, CLI_INIT_LEAST_KIB, CLI_INIT_MOST_KIB},
                  {BITS, 4, 32},
                  {BANDWIDTH, 0.001, 1e6}};
    for (int i = 0; i < CLI_COUNT_OF(ranges); i++) {
        if (ranges[i].option != option)
            continue;
        const double value = strtod(text, NULL);
        if (value >= ranges[i].least && value <= ranges[i].most)
            continue;
        fprintf(stderr, "sdse init: --%s %s: expected %g to %g\n", options[option].name,
                text, ranges[i].least, ranges[i].most);
        return false;
    }
    if (option == TEMPLATE) {
        const struct cli_args args = {.value = {[TEMPLATE] = text}};
        const bool of_arch =
            cli_choice(&args, options, TEMPLATE) < CLI_INIT_ARCH_TEMPLATES;
        if (of_arch != (kind == KIND_ARCH)) {
            fprintf(stderr, "sdse init: --template %s is of %s\n", text,
                    of_arch ? "an arch" : "a workload");
            return false;
        }
    }
    return true;
}

// One line of the terminal, or `otherwise` for an empty one; NULL at its end.
static const char *ask(struct cli *cli, const char *what, const char *otherwise) {
    char line[PATH_MAX];
    fprintf(stderr, "%s [%s]: ", what, otherwise);
    fflush(stderr);
    if (!fgets(line, sizeof line, stdin))
        return NULL;
    line[strcspn(line, "\n")] = '\0';
    return *line ? sdse_arena_strdup(cli->arena, line) : otherwise;
}

// Asks for an option until the answer will do; false at the end of the answers.
static bool ask_option(struct cli *cli, enum kind kind, int option,
                       const char **value) {
    char what[128];
    // "arch: rows of multipliers [16]": without the kind and the default.
    const char *help = strchr(options[option].help, ':') + 2;
    const char *words = kind == KIND_ARCH ? "systolic, row-stationary or vector"
                                          : "cnn, mlp or transformer";
    if (option == TEMPLATE)
        snprintf(what, sizeof what, "template: %s", words);
    else
        snprintf(what, sizeof what, "%.*s", (int)strcspn(help, "[") - 1, help);
    do {
        *value = ask(cli, what, default_of(kind, option));
    } while (*value && !accept(kind, option, *value));
    return *value != NULL;
}

// Fills in what was not given. False, said, where something is wrong.
static bool complete_options(struct cli *cli, enum kind kind, bool asking,
                             struct cli_args *args) {
    bool good = true;
    for (int i = 0; i < YES; i++) {
        if (args->value[i] && !default_of(kind, i)) {
            fprintf(stderr, "sdse init: --%s is not of %s %s\n", options[i].name,
                    kind == KIND_ARCH ? "an" : "a", kinds[kind]);
            good = false;
        } else if (args->value[i]) {
            good &= accept(kind, i, args->value[i]);
        }
    }
    for (int i = 0; i < YES && good; i++) {
        if (args->value[i] || !default_of(kind, i))
            continue;
        if (!asking)
            args->value[i] = default_of(kind, i);
        else if (!ask_option(cli, kind, i, &args->value[i]))
            good = false;
    }
    return good;
}

// --- Names and paths ---

// What a file is to be called inside: its name without folder and ending.
static const char *name_of(struct cli *cli, const char *path, const char *otherwise) {
    const char *slash = path ? strrchr(path, '/') : NULL;
    const char *start = slash ? slash + 1 : path;
    const char *dot = start ? strrchr(start, '.') : NULL;
    size_t length = !start               ? 0
                    : dot && dot > start ? (size_t)(dot - start)
                                         : strlen(start);
    char *name = start ? sdse_arena_copy(cli->arena, start, length) : NULL;
    for (char *c = name; c && *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("_.-", *c))
            *c = '_';
    // Text that YAML would take for a number, or nothing, is no name.
    return name && isalpha((unsigned char)*name) ? name : otherwise;
}

// A path for a file in `folder` to name another: relative where that is below, whole
// elsewhere; in quotes. NULL, said, if it cannot be found or named.
static const char *path_from(struct cli *cli, const char *file, const char *path) {
    const char *slash = file ? strrchr(file, '/') : NULL;
    const char *folder =
        slash ? sdse_arena_copy(cli->arena, file, (size_t)(slash - file) + 1) : ".";
    char *from = folder ? realpath(folder, NULL) : NULL;
    char *to = realpath(path, NULL);
    const char *result = NULL;
    if (!from || !to) {
        cli_error_errno(cli, to ? folder : path, errno);
    } else if (strpbrk(to, "\"\\\n")) {
        cli_error(cli, "%s: a path with quotes is not written into a file", to);
    } else {
        const size_t length = strcmp(from, "/") == 0 ? 0 : strlen(from);
        const bool below = strncmp(to, from, length) == 0 && to[length] == '/';
        result = sdse_arena_strdup(cli->arena, below ? to + length + 1 : to);
    }
    free(from);
    free(to);
    return result;
}

// What a file names must be what it is named as, and without a fault.
static bool are_sound(struct cli *cli, const char *arch_path, const char *net_path) {
    struct sdse_arch *arch;
    struct sdse_workload *workload;
    const bool sound = cli_load_arch(cli, arch_path, &arch) == SDSE_OK;
    return cli_load_workload(cli, net_path, &workload) == SDSE_OK && sound;
}

// --- Writing ---

struct paths {
    const char *arch_here, *arch, *workload;
};

static enum sdse_status write_kind(struct cli *cli, enum kind kind,
                                   const struct cli_args *args, const char *name,
                                   const struct paths *paths, FILE *out) {
    const enum cli_init_template form =
        args->value[TEMPLATE]
            ? (enum cli_init_template)cli_choice(args, options, TEMPLATE)
            : CLI_INIT_SYSTOLIC;
    const struct cli_init_arch arch = {.name = name,
                                       .form = form,
                                       .rows = cli_count(args, ROWS, 1),
                                       .columns = cli_count(args, COLUMNS, 1),
                                       .buffer_kib = cli_count(args, BUFFER, 1),
                                       .bits = cli_count(args, BITS, 8),
                                       .dram_gb_per_s = cli_real(args, BANDWIDTH, 1)};
    switch (kind) {
    case KIND_ARCH:
        cli_init_write_arch(&arch, out);
        return SDSE_OK;
    case KIND_WORKLOAD:
        cli_init_write_workload(name, form, out);
        return SDSE_OK;
    case KIND_SWEEP:
        return cli_init_write_sweep(cli, name, paths->arch_here, paths->arch,
                                    paths->workload, out);
    default:
        cli_init_write_validation(name, paths->arch, paths->workload, out);
        return SDSE_OK;
    }
}

static bool is_free(struct cli *cli, const char *path) {
    struct stat info;
    if (lstat(path, &info) != 0)
        return true; // what is wrong with it is said when it is written
    if (!S_ISREG(info.st_mode) && !S_ISLNK(info.st_mode) && !S_ISDIR(info.st_mode))
        return true; // a terminal, a pipe
    cli_error(cli, "%s is there already: nothing is written over it", path);
    return false;
}

static enum cli_exit write_file(struct cli *cli, enum kind kind,
                                const struct cli_args *args, const char *path,
                                const struct paths *paths) {
    const char *name = name_of(cli, path, kinds[kind]);
    if (!path)
        return cli_finish(cli, write_kind(cli, kind, args, name, paths, stdout));
    static const struct sdse_output_kind none = {"a file of sdse init", {NULL}};
    struct sdse_output output;
    enum sdse_status status =
        sdse_output_open(&output, path, &none, &cli->outputs, &cli->diags);
    if (status != SDSE_OK)
        return cli_finish(cli, status);
    status = write_kind(cli, kind, args, name, paths, output.file);
    status = sdse_output_close(&output, status, &cli->diags);
    const enum cli_exit end = cli_finish(cli, status);
    if (end == CLI_OK)
        fprintf(stderr, "written: %s; next: sdse %s %s\n", path,
                kind == KIND_SWEEP        ? "plan"
                : kind == KIND_VALIDATION ? "validate"
                : kind == KIND_ARCH       ? "show arch"
                                          : "show workload",
                path);
    return end;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *given) {
    enum kind kind = KIND_ARCH;
    while (kind < KINDS && strcmp(given->operands[0], kinds[kind]) != 0)
        kind++;
    if (kind == KINDS) {
        cli_error(cli, "%s: expected arch, workload, sweep or validation",
                  given->operands[0]);
        return CLI_USAGE;
    }
    struct cli_args args = *given;
    const char *path = args.operand_count > 1 ? args.operands[1] : NULL;
    if (path && strcmp(path, "-") == 0) {
        cli_error(cli, "without a file it is printed; '-' is none");
        return CLI_USAGE;
    }
    if (path && !is_free(cli, path))
        return CLI_BAD_INPUT;
    const bool asking =
        isatty(STDIN_FILENO) && isatty(STDERR_FILENO) && !args.value[YES];
    if (!complete_options(cli, kind, asking, &args)) {
        cli->reported = true;
        return CLI_USAGE;
    }
    if (!path && asking) {
        path = ask(cli, "file", sdse_arena_printf(cli->arena, "%s.yaml", kinds[kind]));
        if (!path) {
            cli->reported = true;
            return CLI_USAGE;
        }
        if (!is_free(cli, path))
            return CLI_BAD_INPUT;
    }
    struct paths paths = {NULL, NULL, NULL};
    if (kind == KIND_SWEEP || kind == KIND_VALIDATION) {
        paths.arch_here = cli_find_input(cli, "archs", args.value[ARCH]);
        const char *workload = cli_find_input(cli, "workloads", args.value[WORKLOAD]);
        if (!paths.arch_here || !workload || !are_sound(cli, paths.arch_here, workload))
            return CLI_BAD_INPUT;
        paths.arch = path_from(cli, path, paths.arch_here);
        paths.workload = path_from(cli, path, workload);
        if (!paths.arch || !paths.workload)
            return CLI_BAD_INPUT;
    }
    return write_file(cli, kind, &args, path, &paths);
}

const struct cli_verb cli_verb_init = {
    .name = "init",
    .summary = "begins an accelerator, a network, a sweep or published figures",
    .operands = {"arch|workload|sweep|validation [FILE]", 1, 2},
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .notes =
        "Writes a commented file that is valid as it is, never over one that is there; "
        "without FILE it is\nprinted. On a terminal what no option says is asked for; "
        "an empty answer takes what stands in brackets.",
    .example = "sdse init arch npu.yaml --template systolic --rows 32 --columns 32",
    .run = run,
};
