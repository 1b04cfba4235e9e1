#include "cli/inputs.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/errno_text.h"
#include "base/text.h"
#include "cli/data_folders.h"
#include "costmodel/resolve.h"
#include "spec/load.h"

// Whether a file of this name is there; a machine that cannot say is its own fault,
// noted.
static bool is_file(struct cli *cli, const char *path) {
    struct stat status;
    if (stat(path, &status) == 0)
        return !S_ISDIR(status.st_mode);
    if (sdse_errno_status(errno) != SDSE_INVALID)
        cli_error_errno(cli, path, errno);
    return false;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t cli_list_shipped(struct cli *cli, const char *folder,
                        const char *names[CLI_MOST_SHIPPED]) {
    const char *roots[CLI_MOST_DATA_FOLDERS];
    const size_t root_count = cli_data_folders(cli, roots);
    size_t count = 0;
    for (size_t i = 0; i < root_count; i++) {
        const char *path = sdse_arena_printf(cli->arena, "%s/%s", roots[i], folder);
        DIR *directory = path ? opendir(path) : NULL;
        if (!directory && path && sdse_errno_status(errno) != SDSE_INVALID)
            cli_error_errno(cli, path, errno);
        if (!directory)
            continue;
        struct dirent *entry;
        // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this function's own
        while (count < CLI_MOST_SHIPPED && (entry = readdir(directory))) {
            if (sdse_text_ends_with(entry->d_name, ".yaml")) {
                char *name = sdse_arena_copy(cli->arena, entry->d_name,
                                             strlen(entry->d_name) - strlen(".yaml"));
                if (name)
                    names[count++] = name;
            }
        }
        closedir(directory);
    }
    qsort(names, count, sizeof names[0], by_name);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || strcmp(names[kept - 1], names[i]) != 0)
            names[kept++] = names[i];
    return kept;
}

static void report_unknown(struct cli *cli, const char *folder, const char *name) {
    const char *what = strcmp(folder, "archs") == 0       ? "accelerator"
                       : strcmp(folder, "workloads") == 0 ? "network"
                       : strcmp(folder, "sweeps") == 0    ? "sweep"
                                                          : "file of published figures";
    const char *names[CLI_MOST_SHIPPED] = {NULL};
    const size_t count = cli_list_shipped(cli, folder, names);
    const char *nearest = sdse_nearest(name, names, count);
    if (nearest) {
        cli_error(cli,
                  "no %s '%s': neither a file nor a shipped name; did you mean '%s'?",
                  what, name, nearest);
    } else {
        cli_error(cli, "no %s '%s': neither a file nor a shipped name", what, name);
    }
    if (count == 0)
        return;
    fputs("shipped:", stderr);
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, " %s", names[i]);
    fputc('\n', stderr);
}

bool cli_file_exists(struct cli *cli, const char *path) {
    struct stat status;
    if (stat(path, &status) != 0) {
        cli_error_errno(cli, path, errno);
        return false;
    }
    if (!S_ISDIR(status.st_mode))
        return true;
    cli_error(cli, "%s: is a directory", path);
    return false;
}

bool cli_is_input(struct cli *cli, const char *path) {
    if (sdse_output_rules_add(&cli->outputs, cli->arena, path))
        return true;
    cli_note(cli, SDSE_NO_MEMORY);
    return false;
}

bool cli_weights_are_inputs(struct cli *cli, const struct sdse_workload *workload) {
    for (size_t i = 0; i < workload->layer_count; i++) {
        const struct sdse_layer *layer = &workload->layers[i];
        if (!layer->weights_file)
            continue;
        const char *slash = strrchr(workload->file, '/');
        const int folder = slash ? (int)(slash - workload->file) + 1 : 0;
        const char *path = sdse_arena_printf(cli->arena, "%.*s%s", folder,
                                             workload->file, layer->weights_file);
        if (!path) {
            cli_note(cli, SDSE_NO_MEMORY);
            return false;
        }
        if (!cli_is_input(cli, path))
            return false;
    }
    return true;
}

bool cli_may_make_folder(struct cli *cli, const char *path) {
    struct stat status;
    int error = 0;
    if (stat(path, &status) == 0) {
        if (!S_ISDIR(status.st_mode))
            error = ENOTDIR;
        else if (access(path, W_OK | X_OK) != 0)
            error = errno;
    } else if (errno != ENOENT) {
        error = errno;
    } else { // it is made in the folder it is in
        size_t end = strlen(path);
        while (end && path[end - 1] == '/')
            end--;
        while (end && path[end - 1] != '/')
            end--;
        const char *parent =
            end ? sdse_arena_printf(cli->arena, "%.*s", (int)end, path) : ".";
        if (!parent || access(parent, W_OK | X_OK) != 0)
            error = parent ? errno : ENOMEM;
    }
    if (error)
        cli_error_errno(cli, path, error);
    return !error;
}

enum sdse_status cli_make_folder(struct cli *cli, const char *path) {
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        return SDSE_OK;
    cli_error_errno(cli, path, errno);
    return SDSE_IO;
}

const struct sdse_shipped *cli_shipped(struct cli *cli) {
    const char **folders =
        SDSE_ARENA_ARRAY(cli->arena, const char *, CLI_MOST_DATA_FOLDERS);
    struct sdse_shipped *shipped = SDSE_ARENA_NEW(cli->arena, struct sdse_shipped);
    if (!folders || !shipped) {
        cli_note(cli, SDSE_NO_MEMORY);
        return NULL;
    }
    shipped->count = cli_data_folders(cli, folders);
    shipped->folders = folders;
    return shipped;
}

const char *cli_find_input(struct cli *cli, const char *folder, const char *name) {
    const bool path = strchr(name, '/') || sdse_text_ends_with(name, ".yaml") ||
                      sdse_text_ends_with(name, ".json");
    if (path)
        return cli_file_exists(cli, name) ? name : NULL;
    if (is_file(cli, name))
        return name;
    const char *roots[CLI_MOST_DATA_FOLDERS];
    const size_t count = cli_data_folders(cli, roots);
    for (size_t i = 0; i < count; i++) {
        const char *shipped =
            i == 0 ? sdse_arena_printf(cli->arena, "%s/%s.yaml", folder, name)
                   : sdse_arena_printf(cli->arena, "%s/%s/%s.yaml", roots[i], folder,
                                       name);
        if (shipped && is_file(cli, shipped))
            return shipped;
    }
    if (!cli->fault) // else it may be there
        report_unknown(cli, folder, name);
    return NULL;
}

const char *cli_find_folder(struct cli *cli, const char *folder) {
    const char *roots[CLI_MOST_DATA_FOLDERS];
    const size_t count = cli_data_folders(cli, roots);
    for (size_t i = 0; i < count; i++) {
        struct stat status;
        const char *path =
            i == 0 ? folder : sdse_arena_printf(cli->arena, "%s/%s", roots[i], folder);
        if (path && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
            return path;
    }
    cli_error(cli, "no folder '%s' here or among the shipped data", folder);
    return NULL;
}

// Parses a file and says so if it is of another kind than `wanted`.
static enum sdse_status parse_kind(struct cli *cli, const char *path,
                                   enum sdse_file_kind wanted,
                                   struct sdse_node **root) {
    static const char *const names[] = {[SDSE_FILE_ARCH] = "an accelerator",
                                        [SDSE_FILE_WORKLOAD] = "a network",
                                        [SDSE_FILE_MAPPING] = "a mapping",
                                        [SDSE_FILE_SCHEDULE] = "a network's mapping",
                                        [SDSE_FILE_SWEEP] = "a sweep",
                                        [SDSE_FILE_VALIDATION] = "published figures",
                                        [SDSE_FILE_UNKNOWN] = ""};
    if (!cli_is_input(cli, path))
        return SDSE_NO_MEMORY;
    const enum sdse_status status =
        sdse_tree_parse_file(cli->arena, path, &cli->diags, root);
    if (status != SDSE_OK)
        return status;
    const enum sdse_file_kind kind = sdse_tree_kind(*root);
    if (kind == wanted || kind == SDSE_FILE_UNKNOWN)
        return SDSE_OK;
    sdse_diag_add(&cli->diags, SDSE_ERROR, (*root)->loc, "file-kind",
                  "this is %s; %s is needed here", names[kind], names[wanted]);
    return SDSE_INVALID;
}

enum sdse_status cli_load_arch(struct cli *cli, const char *name,
                               struct sdse_arch **out) {
    return cli_load_arch_with(cli, name, NULL, 0, out);
}

enum sdse_status cli_load_arch_with(struct cli *cli, const char *name,
                                    const struct sdse_set *sets, size_t set_count,
                                    struct sdse_arch **out) {
    const char *path = cli_find_input(cli, "archs", name);
    if (!path)
        return SDSE_INVALID;
    struct sdse_arch *arch;
    struct sdse_node *root;
    enum sdse_status status = parse_kind(cli, path, SDSE_FILE_ARCH, &root);
    if (status == SDSE_OK)
        status =
            sdse_arch_from_tree(cli->arena, root, sets, set_count, &cli->diags, &arch);
    if (status == SDSE_OK)
        status = sdse_arch_resolve_costs(arch, cli->arena, &cli->diags);
    if (status == SDSE_OK)
        *out = arch;
    return cli_note(cli, status);
}

enum sdse_status cli_load_workload(struct cli *cli, const char *name,
                                   struct sdse_workload **out) {
    const char *path = cli_find_input(cli, "workloads", name);
    struct sdse_node *root;
    enum sdse_status status =
        path ? parse_kind(cli, path, SDSE_FILE_WORKLOAD, &root) : SDSE_INVALID;
    if (status == SDSE_OK)
        status = sdse_workload_from_tree(cli->arena, root, &cli->diags, out);
    if (status == SDSE_OK && !cli_weights_are_inputs(cli, *out))
        status = SDSE_NO_MEMORY;
    return cli_note(cli, status);
}

const struct sdse_layer *cli_find_layer(struct cli *cli,
                                        const struct sdse_workload *workload,
                                        const char *name) {
    if (!name && workload->layer_count == 1)
        return &workload->layers[0];
    if (!name) {
        cli_error(cli, "%s has %zu layers: choose one with -l LAYER", workload->name,
                  workload->layer_count);
        return NULL;
    }
    const char **names =
        SDSE_ARENA_ARRAY(cli->arena, const char *, workload->layer_count);
    for (size_t i = 0; i < workload->layer_count; i++) {
        if (strcmp(workload->layers[i].name, name) == 0)
            return &workload->layers[i];
        if (names)
            names[i] = workload->layers[i].name;
    }
    const char *nearest =
        names ? sdse_nearest(name, names, workload->layer_count) : NULL;
    if (nearest)
        cli_error(cli, "%s has no layer '%s'; did you mean '%s'?", workload->name, name,
                  nearest);
    else
        cli_error(cli, "%s has no layer '%s'; `sdse show workload %s` lists them",
                  workload->name, name, workload->file);
    return NULL;
}

static struct sdse_reader *
open_results(struct cli *cli, const char *path, enum cli_exit *status,
             enum sdse_status (*opening)(const char *, struct sdse_diags *,
                                         struct sdse_reader **)) {
    *status = CLI_BAD_INPUT;
    if (!cli_file_exists(cli, path))
        return NULL;
    // A database is up to four files.
    static const char *const parts[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *part = sdse_arena_printf(cli->arena, "%s%s", path, parts[i]);
        if (!part || !cli_is_input(cli, part)) {
            *status = cli_finish(cli, SDSE_NO_MEMORY);
            return NULL;
        }
    }
    struct sdse_reader *reader = NULL;
    const enum sdse_status opened = opening(path, &cli->diags, &reader);
    *status = cli_finish(cli, opened);
    return reader;
}

struct sdse_reader *cli_open_results(struct cli *cli, const char *path,
                                     enum cli_exit *status) {
    return open_results(cli, path, status, sdse_reader_open);
}

struct sdse_reader *cli_open_results_unchecked(struct cli *cli, const char *path,
                                               enum cli_exit *status) {
    return open_results(cli, path, status, sdse_reader_open_unchecked);
}

void cli_close_store(struct cli *cli, const char *path, struct sdse_store *store,
                     enum sdse_status status) {
    if (status != SDSE_OK && store && !cli->diags.errors)
        cli_error(cli, "%s: %s", path, sdse_store_message(store));
    sdse_store_close(store);
}
