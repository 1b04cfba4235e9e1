#define _GNU_SOURCE // NOLINT: posix_spawn_file_actions_addchdir_np
#include "run.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults.h"

extern char **environ;

void free_ran(struct ran *ran) {
    free(ran->out.text);
    free(ran->err.text);
}

struct ran run_sdse(const char *folder, const char *const *words, const char *fault,
                    const char *path) {
    char where[PATH_BYTES], out[PATH_BYTES], err[PATH_BYTES];
    join(where, "%s/%s", root, folder);
    join(out, "%s.out", where);
    join(err, "%s.err", where);
    const char *argv[FAULT_MOST_WORDS + 2] = {"sdse"};
    for (int i = 0; words[i]; i++)
        argv[i + 1] = words[i];
    if (fault)
        setenv("SDSE_FAULT", fault, 1);
    if (path)
        setenv(fault ? "SDSE_FAULT_HIT" : "SDSE_FAULT_STACKS", path, 1);
    if (fault || path)
        setenv("LD_PRELOAD", SDSE_PRELOAD, 1);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, where);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT | O_TRUNC,
                                     0666);
    posix_spawn_file_actions_addopen(&actions, 2, err, O_WRONLY | O_CREAT | O_TRUNC,
                                     0666);
    pid_t child;
    const int error = posix_spawn(&child, SDSE_PROGRAM, &actions, NULL,
                                  (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    unsetenv("LD_PRELOAD");
    unsetenv("SDSE_FAULT");
    unsetenv("SDSE_FAULT_STACKS");
    unsetenv("SDSE_FAULT_HIT");
    int status = 0;
    if (error || waitpid(child, &status, 0) != child)
        give_up("cannot run %s", SDSE_PROGRAM);
    return (struct ran){WIFEXITED(status) ? WEXITSTATUS(status)
                                          : 128 + WTERMSIG(status),
                        read_file(out), read_file(err)};
}
