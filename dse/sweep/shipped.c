#include "dse/sweep/shipped.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/errno_text.h"
#include "base/text.h"

// As it is written in the sweep: its own folder stands before it.
static const char *written(const struct sdse_sweep *sweep, const char *path) {
    const char *slash = sweep->file ? strrchr(sweep->file, '/') : NULL;
    const size_t folder = slash ? (size_t)(slash - sweep->file + 1) : 0;
    return folder && strncmp(path, sweep->file, folder) == 0 ? path + folder : path;
}

static bool is_name(const char *text) {
    return !strchr(text, '/') && !sdse_text_ends_with(text, ".yaml") &&
           !sdse_text_ends_with(text, ".json");
}

// Whether a file is there; a machine that cannot say has been named.
static enum sdse_status look(const char *path, struct sdse_loc loc,
                             struct sdse_diags *diags, bool *there) {
    *there = access(path, F_OK) == 0;
    return *there || sdse_errno_status(errno) == SDSE_INVALID
               ? SDSE_OK
               : sdse_diag_errno(diags, loc, "shipped-name", path, errno);
}

static enum sdse_status find(struct sdse_arena *arena,
                             const struct sdse_shipped *shipped, const char *folder,
                             const char *name, struct sdse_loc loc, const char **path,
                             struct sdse_diags *diags) {
    for (size_t i = 0; i < shipped->count; i++) {
        const char *found = sdse_arena_printf(arena, "%s/%s/%s.yaml",
                                              shipped->folders[i], folder, name);
        if (!found)
            return SDSE_NO_MEMORY;
        bool there;
        const enum sdse_status status = look(found, loc, diags, &there);
        if (there)
            *path = found;
        if (status || there)
            return status;
    }
    sdse_diag_add(
        diags, SDSE_ERROR, loc, "shipped-name",
        "'%.80s' is neither a file beside the sweep nor the name of a shipped "
        "%s",
        name, strcmp(folder, "archs") == 0 ? "accelerator" : "network");
    return SDSE_INVALID;
}

static enum sdse_status find_all(struct sdse_arena *arena,
                                 const struct sdse_shipped *shipped, const char *folder,
                                 const struct sdse_sweep *sweep, const char **paths,
                                 const struct sdse_loc *locs, size_t count,
                                 struct sdse_diags *diags) {
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; i < count; i++) {
        const char *name = written(sweep, paths[i]);
        bool there;
        if (!is_name(name))
            continue;
        enum sdse_status found = look(paths[i], locs[i], diags, &there);
        if (!found && !there)
            found = find(arena, shipped, folder, name, locs[i], &paths[i], diags);
        status = found ? found : status;
    }
    return status;
}

enum sdse_status sdse_shipped_find(struct sdse_arena *arena,
                                   const struct sdse_shipped *shipped,
                                   struct sdse_sweep *sweep, struct sdse_diags *diags) {
    const enum sdse_status networks =
        find_all(arena, shipped, "workloads", sweep, sweep->workloads,
                 sweep->workload_locs, sweep->workload_count, diags);
    const enum sdse_status archs =
        find_all(arena, shipped, "archs", sweep, sweep->archs, sweep->arch_locs,
                 sweep->arch_count, diags);
    return networks ? networks : archs;
}
