#include "cli/data_folders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/errno_text.h"

// The folder of the running program, links followed, with its '/'; NULL where the
// system does not tell.
static char *program_folder(struct sdse_arena *arena) {
    enum { LONGEST = 4096 };
    char path[LONGEST];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
    if (length <= 0 || length >= LONGEST)
        return NULL;
    size_t end = (size_t)length;
    while (end > 0 && path[end - 1] != '/')
        end--;
    return end ? sdse_arena_copy(arena, path, end) : NULL;
}

// folder/below with its leading "../" taken off, in the arena; NULL if it is not there,
// or if the machine cannot say, noted.
static const char *existing(struct cli *cli, const char *folder, const char *below) {
    size_t end = strlen(folder);
    for (; strncmp(below, "../", 3) == 0 && end > 1; below += 3) {
        end--; // its '/'
        while (end > 0 && folder[end - 1] != '/')
            end--;
    }
    const char *path = sdse_arena_printf(cli->arena, "%.*s%s", (int)end, folder, below);
    if (!path)
        return NULL;
    if (access(path, F_OK) == 0)
        return path;
    if (sdse_errno_status(errno) != SDSE_INVALID)
        cli_error_errno(cli, path, errno);
    return NULL;
}

size_t cli_data_folders(struct cli *cli, const char *folders[CLI_MOST_DATA_FOLDERS]) {
    size_t count = 0;
    folders[count++] = ".";
    // NOLINTNEXTLINE(concurrency-mt-unsafe): no thread changes the environment
    const char *chosen = getenv("SDSE_DATA");
    if (chosen && *chosen)
        folders[count++] = chosen;
    const char *program = program_folder(cli->arena);
    const char *beside = program ? existing(cli, program, SDSE_DATA_BESIDE) : NULL;
    if (program && !beside)
        beside = existing(cli, program, "share/sdse");
    folders[count++] = beside ? beside : SDSE_INSTALLED_DATA;
    return count;
}
