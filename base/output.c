#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// ---- What is refused ----

static enum sdse_status refuse(struct sdse_diags *diags, const char *path,
                               const char *check, const char *message) {
    if (diags)
        sdse_diag_add(diags, SDSE_ERROR,
                      (struct sdse_loc){.file = sdse_arena_strdup(diags->arena, path)},
                      check, "%s", message);
    return SDSE_INVALID;
}

static enum sdse_status fail(struct sdse_diags *diags, const char *path, int error) {
    sdse_diag_errno(diags, (struct sdse_loc){.file = path}, "output-write",
                    "cannot be written", error);
    return error == ENOMEM ? SDSE_NO_MEMORY : SDSE_IO;
}

bool sdse_output_rules_add(struct sdse_output_rules *rules, struct sdse_arena *arena,
                           const char *path) {
    struct stat info;
    if (stat(path, &info) != 0)
        return true;
    struct sdse_output_input *input = SDSE_ARENA_NEW(arena, struct sdse_output_input);
    if (!input)
        return false;
    *input = (struct sdse_output_input){rules->inputs, info.st_dev, info.st_ino};
    rules->inputs = input;
    return true;
}

static bool is_input(const struct sdse_output_rules *rules, const struct stat *info) {
    const struct sdse_output_input *input = rules ? rules->inputs : NULL;
    for (; input; input = input->next)
        if (input->device == info->st_dev && input->inode == info->st_ino)
            return S_ISREG(info->st_mode);
    return false;
}

static bool begins(const char *bytes, size_t length, const char *start, size_t size) {
    return length >= size && memcmp(bytes, start, size) == 0;
}

// Judges the regular file that is there by its first bytes.
static enum sdse_status judge_kind(const char *target, const char *path,
                                   const struct sdse_output_kind *kind,
                                   struct sdse_diags *diags) {
    static const char sqlite[] = "SQLite format 3"; // and its NUL
    char bytes[64];
    FILE *file = fopen(target, "rb");
    if (!file)
        return fail(diags, path, errno);
    const size_t length = fread(bytes, 1, sizeof bytes, file);
    const int error = ferror(file) ? errno : 0;
    fclose(file);
    if (error)
        return fail(diags, path, error);
    if (begins(bytes, length, sqlite, sizeof sqlite))
        return refuse(diags, path, "output-kind",
                      "a SQLite database is there; --force replaces it");
    bool known = length == 0;
    for (int i = 0; i < SDSE_OUTPUT_STARTS && kind->starts[i]; i++)
        known |= begins(bytes, length, kind->starts[i], strlen(kind->starts[i]));
    if (known)
        return SDSE_OK;
    char message[160];
    snprintf(message, sizeof message,
             "a file is there that is not %s; --force replaces it", kind->name);
    return refuse(diags, path, "output-kind", message);
}

// ---- What a path stands for ----

// The descriptor whose name this is, or -1.
static int descriptor_of(const char *path) {
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/",
                                          "/proc/thread-self/fd/"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        const size_t length = strlen(folders[i]);
        char *end = NULL;
        if (strncmp(path, folders[i], length) != 0)
            continue;
        const long number = strtol(path + length, &end, 10);
        if (end != path + length && *end == '\0' && number >= 0 && number <= INT_MAX)
            return (int)number;
    }
    return -1;
}

// A copy of `path` with `name`, which is relative to the folder `path` is in.
static char *beside(const char *path, const char *name) {
    const char *slash = strrchr(path, '/');
    const size_t folder = slash && name[0] != '/' ? (size_t)(slash - path) + 1 : 0;
    char *joined = malloc(folder + strlen(name) + 1);
    if (!joined)
        return NULL;
    memcpy(joined, path, folder);
    strcpy(joined + folder, name);
    return joined;
}

enum { MOST_LINKS = 40 };

// Follows symbolic links, also to what is not there yet, but not into an open
// descriptor. Freed by the caller; NULL with errno.
static char *follow(const char *path) {
    char *at = strdup(path);
    for (int i = 0; at && descriptor_of(at) < 0; i++) {
        char link[PATH_MAX];
        const ssize_t length = readlink(at, link, sizeof link - 1);
        if (length < 0)
            return at; // not a link, or not there
        link[length] = '\0';
        char *next = i < MOST_LINKS ? beside(at, link) : NULL;
        if (i == MOST_LINKS)
            errno = ELOOP;
        const int error = errno;
        free(at);
        errno = error;
        at = next;
    }
    return at;
}

// What an output becomes: *descriptor >= 0, or straight through, or the target is
// replaced (*mode: of what is there, 0 = nothing).
struct place {
    char *target;
    int descriptor;
    bool straight;
    mode_t mode;
};

static enum sdse_status find_place(const char *path,
                                   const struct sdse_output_kind *kind,
                                   const struct sdse_output_rules *rules,
                                   struct sdse_diags *diags, struct place *place) {
    *place = (struct place){.target = follow(path), .descriptor = -1};
    if (!place->target)
        return errno == ENOMEM ? SDSE_NO_MEMORY : fail(diags, path, errno);
    place->descriptor = descriptor_of(place->target);
    struct stat info;
    const bool open = place->descriptor >= 0;
    if ((open ? fstat(place->descriptor, &info) : stat(place->target, &info)) != 0)
        return !open && errno == ENOENT && *path ? SDSE_OK : fail(diags, path, errno);
    if (is_input(rules, &info))
        return refuse(diags, path, "output-input",
                      "this is an input of the same command: it would be lost");
    if (S_ISDIR(info.st_mode))
        return fail(diags, path, EISDIR);
    place->straight = open || !S_ISREG(info.st_mode);
    place->mode = info.st_mode & 07777;
    if (place->straight)
        return SDSE_OK;
    if (access(place->target, W_OK) != 0)
        return fail(diags, path, errno);
    return rules && rules->force ? SDSE_OK
                                 : judge_kind(place->target, path, kind, diags);
}

// The folder a file is made in; freed by the caller.
static char *folder_of(const char *target) {
    char *copy = strdup(target);
    char *folder = copy ? strdup(dirname(copy)) : NULL;
    free(copy);
    return folder;
}

enum sdse_status sdse_output_check(const char *path,
                                   const struct sdse_output_kind *kind,
                                   const struct sdse_output_rules *rules,
                                   struct sdse_diags *diags) {
    struct place place;
    enum sdse_status status = find_place(path, kind, rules, diags, &place);
    if (status == SDSE_OK && !place.straight) {
        char *folder = folder_of(place.target);
        const size_t length = strlen(place.target);
        if (!folder)
            status = SDSE_NO_MEMORY;
        else if (length && place.target[length - 1] == '/')
            status = fail(diags, path, EISDIR);
        else if (access(folder, W_OK | X_OK) != 0)
            status = fail(diags, path, errno);
        free(folder);
    }
    free(place.target);
    return status;
}

// ---- Writing ----

static FILE *open_straight(const struct place *place) {
    if (place->descriptor < 0)
        return fopen(place->target, "w");
    // What the program has printed there comes first.
    fflush(stdout);
    const int copy = fcntl(place->descriptor, F_DUPFD_CLOEXEC, 0);
    FILE *file = copy < 0 ? NULL : fdopen(copy, "w");
    if (!file && copy >= 0)
        close(copy);
    return file;
}

enum { MOST_TRIES = 1000 };

// Makes a file of its own beside the target.
static FILE *open_beside(const struct place *place, char **made) {
    for (unsigned i = 0; i < MOST_TRIES; i++) {
        char name[64];
        snprintf(name, sizeof name, ".sdse-%ld-%u.tmp", (long)getpid(), i);
        char *path = beside(place->target, name);
        if (!path)
            return NULL;
        const int number = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (number < 0 && errno == EEXIST) {
            free(path);
            continue;
        }
        FILE *file = NULL;
        if (number >= 0 && (!place->mode || fchmod(number, place->mode) == 0))
            file = fdopen(number, "w");
        if (file) {
            *made = path;
            return file;
        }
        const int error = errno;
        if (number >= 0) {
            close(number);
            unlink(path);
        }
        free(path);
        errno = error;
        return NULL;
    }
    errno = EEXIST;
    return NULL;
}

enum sdse_status sdse_output_open(struct sdse_output *output, const char *path,
                                  const struct sdse_output_kind *kind,
                                  const struct sdse_output_rules *rules,
                                  struct sdse_diags *diags) {
    *output = (struct sdse_output){.path = path};
    struct place place;
    enum sdse_status status = find_place(path, kind, rules, diags, &place);
    if (status != SDSE_OK) {
        free(place.target);
        return status;
    }
    if (place.straight) {
        output->written_path = place.target;
        output->file = open_straight(&place);
    } else {
        output->target = place.target;
        output->file = open_beside(&place, &output->written_path);
    }
    if (output->file)
        return SDSE_OK;
    status = errno == ENOMEM ? SDSE_NO_MEMORY : fail(diags, path, errno);
    free(place.target);
    return status;
}

// The name is durable only when its folder is. A file system that cannot say so is
// believed.
static int sync_folder(const char *target) {
    char *folder = folder_of(target);
    const int number = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    int error = folder ? 0 : ENOMEM;
    if (number >= 0 && fsync(number) != 0 && errno != EINVAL && errno != ENOTSUP)
        error = errno;
    if (number >= 0)
        close(number);
    free(folder);
    return error;
}

// A stream does not keep why it failed: one more byte, of an output that is lost
// already, is refused for the same reason.
static int reason_of(FILE *file) {
    errno = 0;
    const bool refused = fputc('\n', file) == EOF || fflush(file) != 0;
    return refused && errno ? errno : EIO;
}

// 0, or the first error.
static int finish(struct sdse_output *output) {
    int error = 0;
    if (fflush(output->file) != 0)
        error = errno;
    else if (ferror(output->file)) // lost earlier, and why with it
        error = reason_of(output->file);
    if (!error && output->target && fsync(fileno(output->file)) != 0)
        error = errno;
    if (fclose(output->file) != 0 && !error)
        error = errno;
    if (!output->target || error)
        return error;
    if (rename(output->written_path, output->target) != 0)
        return errno;
    free(output->written_path);
    output->written_path = NULL; // nothing to remove
    return sync_folder(output->target);
}

enum sdse_status sdse_output_close(struct sdse_output *output, enum sdse_status status,
                                   struct sdse_diags *diags) {
    if (status == SDSE_OK) {
        const int error = finish(output);
        if (error)
            status = fail(diags, output->path, error);
    } else {
        fclose(output->file);
    }
    if (status != SDSE_OK && output->target && output->written_path)
        unlink(output->written_path);
    free(output->written_path);
    free(output->target);
    *output = (struct sdse_output){0};
    return status;
}
