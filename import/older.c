#include "import/older.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/inside.h"
#include "import/folder.h"
#include "smartdeal/npy.h"

// ---- What may go ----

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// The files that the new manifest names, in order.
static const char **names_of(const struct sdse_manifest *manifest,
                             struct sdse_arena *arena) {
    const char **names = SDSE_ARENA_ARRAY(arena, const char *, manifest->count + 1);
    for (size_t i = 0; names && i < manifest->count; i++)
        names[i] = manifest->entries[i].file;
    if (names)
        qsort(names, manifest->count, sizeof *names, by_text);
    return names;
}

// weights/NAME.npy, as imports name them.
static bool is_weights_name(const char *name) {
    static const char folder[] = "weights/", ending[] = ".npy";
    const size_t length = strlen(name), before = sizeof folder - 1,
                 after = sizeof ending - 1;
    return length > before + after && strncmp(name, folder, before) == 0 &&
           !strchr(name + before, '/') && strcmp(name + length - after, ending) == 0;
}

typedef enum sdse_status check_kind(const struct sdse_output_rules *rules,
                                    const char *path, struct sdse_diags *diags);

// Adds a file that today's import could replace, had it one of this name.
static enum sdse_status add(struct sdse_import_older *out,
                            const struct sdse_output_rules *rules, const char *path,
                            check_kind *check, struct sdse_arena *arena,
                            struct sdse_diags *diags) {
    struct stat info;
    bool inside;
    struct sdse_diags said;
    if (!path)
        return SDSE_NO_MEMORY;
    if (lstat(path, &info) != 0 || !S_ISREG(info.st_mode) ||
        sdse_path_stays_inside(out->folder, path, &inside) != 0 || !inside)
        return SDSE_OK;
    sdse_diags_init(&said, arena);
    const enum sdse_status status = check(rules, path, &said);
    if (status == SDSE_OK)
        out->path[out->count++] = path;
    else if (status != SDSE_INVALID)
        sdse_diags_pass_on(diags, &said);
    return status == SDSE_INVALID ? SDSE_OK : status;
}

enum sdse_status sdse_import_older_find(const struct sdse_output_rules *rules,
                                        const char *folder,
                                        const struct sdse_manifest *manifest,
                                        bool network, struct sdse_arena *arena,
                                        struct sdse_import_older *out,
                                        struct sdse_diags *diags) {
    static const struct sdse_manifest nothing;
    struct sdse_output_rules unforced = {.inputs = rules ? rules->inputs : NULL};
    const char **listed;
    size_t count;
    *out = (struct sdse_import_older){.folder = folder, .no_weights = !manifest};
    enum sdse_status status =
        sdse_manifest_files(folder, arena, &listed, &count, diags);
    if (status != SDSE_OK || !listed)
        return status;
    const size_t keep = manifest ? manifest->count : 0;
    const char **kept = names_of(manifest ? manifest : &nothing, arena);
    out->path = SDSE_ARENA_ARRAY(arena, const char *, count + 2);
    if (!kept || !out->path)
        return SDSE_NO_MEMORY;
    qsort(listed, count, sizeof *listed, by_text);
    for (size_t i = 0; i < count && status == SDSE_OK; i++) {
        const bool again = i > 0 && strcmp(listed[i], listed[i - 1]) == 0;
        if (!again && is_weights_name(listed[i]) &&
            !bsearch(&listed[i], kept, keep, sizeof *kept, by_text))
            status = add(out, &unforced,
                         sdse_arena_printf(arena, "%s/%s", folder, listed[i]),
                         sdse_npy_check, arena, diags);
    }
    if (status == SDSE_OK && !network)
        status =
            add(out, &unforced, sdse_arena_printf(arena, "%s/workload.yaml", folder),
                sdse_import_check_network, arena, diags);
    // Last: until then it names what a run that is killed leaves.
    if (status == SDSE_OK && !manifest)
        status =
            add(out, &unforced, sdse_arena_printf(arena, "%s/manifest.tsv", folder),
                sdse_manifest_check, arena, diags);
    return status;
}

// ---- Removing ----

enum sdse_status sdse_import_older_remove(const struct sdse_import_older *older,
                                          struct sdse_arena *arena,
                                          struct sdse_diags *diags) {
    if (older->count == 0)
        return SDSE_OK;
    for (size_t i = 0; i < older->count; i++)
        if (unlink(older->path[i]) != 0 && errno != ENOENT)
            return sdse_diag_errno(diags, (struct sdse_loc){.file = older->path[i]},
                                   "import-write", "cannot be removed",
                                   errno) == SDSE_NO_MEMORY
                       ? SDSE_NO_MEMORY
                       : SDSE_IO;
    const char *weights = sdse_arena_printf(arena, "%s/weights", older->folder);
    if (weights && older->no_weights)
        rmdir(weights); // refused where something else is in it
    sdse_diag_add(diags, SDSE_NOTE, (struct sdse_loc){.file = older->folder}, NULL,
                  "%zu file%s of an older import removed, '%s' the first", older->count,
                  older->count == 1 ? "" : "s",
                  older->path[0] + strlen(older->folder) + 1);
    return weights ? SDSE_OK : SDSE_NO_MEMORY;
}
