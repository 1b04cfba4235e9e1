// Loaded before the C library (LD_PRELOAD): writes down what a program does to files,
// in order, so that a power cut can be played at any place of it (power.c).
//
//     SDSE_RECORD=FILE       where it goes: struct record, path, bytes; one after
//     another SDSE_RECORD_BELOW=DIR  files below this folder only, as the system spells
//     it
//
// What the program writes to stdout is written down too: what it reported, and when.
#define _GNU_SOURCE // NOLINT: the C library's name
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record.h"

static struct {
    int file; // < 0: nothing is written down
    char below[PATH_MAX];
    pthread_mutex_t busy;
} recorder = {.file = -1, .busy = PTHREAD_MUTEX_INITIALIZER};

// The C library's own function of this name, in a variable `real`.
#define REAL(result, name, ...)         \
    static result (*real)(__VA_ARGS__); \
    if (!real)                          \
    real = __extension__(result(*)(__VA_ARGS__)) dlsym(RTLD_NEXT, #name)

static ssize_t write_truly(int file, const void *bytes, size_t count) {
    REAL(ssize_t, write, int, const void *, size_t);
    return real(file, bytes, count);
}
static int open_truly(const char *path, int flags, int mode) {
    REAL(int, open64, const char *, int, ...);
    return real(path, flags, mode);
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("SDSE_RECORD"), *below = getenv("SDSE_RECORD_BELOW");
    unsetenv("LD_PRELOAD");
    if (!path || !below)
        return;
    snprintf(recorder.below, sizeof recorder.below, "%s", below);
    recorder.file = open_truly(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

static bool is_below(const char *path) {
    const size_t folder = strlen(recorder.below);
    return strncmp(path, recorder.below, folder) == 0 && path[folder] == '/';
}

// The file's name in the folder that is watched; false: it is elsewhere.
static bool name_of(int file, char name[PATH_MAX]) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    const ssize_t length = readlink(link, path, sizeof path - 1);
    const size_t folder = strlen(recorder.below);
    if (length < 0)
        return false;
    path[length] = '\0';
    if (strncmp(path, recorder.below, folder) != 0 ||
        (path[folder] && path[folder] != '/'))
        return false;
    strcpy(name, path[folder] ? path + folder + 1 : "");
    return true;
}

static void put(enum record_kind kind, const char *name, off64_t at, const void *bytes,
                size_t count) {
    const struct record record = {kind, (unsigned)strlen(name), at, count};
    pthread_mutex_lock(&recorder.busy);
    bool done =
        write_truly(recorder.file, &record, sizeof record) == sizeof record &&
        write_truly(recorder.file, name, record.name_bytes) == record.name_bytes;
    if (done && bytes)
        done = write_truly(recorder.file, bytes, count) == (ssize_t)count;
    pthread_mutex_unlock(&recorder.busy);
    if (!done)
        abort();
}

static void put_file(enum record_kind kind, int file, off64_t at, const void *bytes,
                     ssize_t count) {
    char name[PATH_MAX];
    if (recorder.file >= 0 && count >= 0 && name_of(file, name))
        put(kind, name, at, bytes, (size_t)count);
}

ssize_t write(int file, const void *bytes, size_t count) {
    const ssize_t done = write_truly(file, bytes, count);
    if (recorder.file >= 0 && file == STDOUT_FILENO && done > 0)
        put(RECORD_REPORT, "", 0, bytes, (size_t)done);
    else
        put_file(RECORD_WRITE, file, lseek64(file, 0, SEEK_CUR) - done, bytes, done);
    return done;
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
    REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
    const ssize_t done = real(file, bytes, count, at);
    put_file(RECORD_WRITE, file, at, bytes, done);
    return done;
}
int ftruncate64(int file, off64_t bytes) {
    REAL(int, ftruncate64, int, off64_t);
    const int failed = real(file, bytes);
    put_file(RECORD_LENGTH, file, bytes, NULL, failed);
    return failed;
}
int fsync(int file) {
    REAL(int, fsync, int);
    const int failed = real(file);
    put_file(RECORD_SYNC, file, 0, NULL, failed);
    return failed;
}
int fdatasync(int file) {
    REAL(int, fdatasync, int);
    const int failed = real(file);
    put_file(RECORD_SYNC, file, 0, NULL, failed);
    return failed;
}

// Opens, and notes a file that was not there before.
static int open_noted(const char *path, int flags, int mode) {
    struct stat info;
    const bool makes = flags & O_CREAT && stat(path, &info) != 0;
    const int file = open_truly(path, flags, mode);
    if (makes && file >= 0)
        put_file(RECORD_MAKE, file, 0, NULL, 0);
    else if (flags & O_TRUNC && file >= 0)
        put_file(RECORD_LENGTH, file, 0, NULL, 0);
    return file;
}
static int mode_of(int flags, va_list rest) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, int) : 0;
}
int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const int mode = mode_of(flags, rest);
    va_end(rest);
    return open_noted(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const int mode = mode_of(flags, rest);
    va_end(rest);
    return open_noted(path, flags, mode);
}
// Of two absolute names in the folder that is watched.
int rename(const char *from, const char *to) {
    REAL(int, rename, const char *, const char *);
    char full[PATH_MAX];
    const bool known = recorder.file >= 0 && realpath(from, full) && is_below(full);
    const size_t folder = strlen(recorder.below) + 1;
    const int failed = real(from, to);
    char target[PATH_MAX];
    if (known && failed == 0 && realpath(to, target) && is_below(target))
        put(RECORD_RENAME, full + folder, 0, target + folder, strlen(target + folder));
    return failed;
}
int unlink(const char *path) {
    REAL(int, unlink, const char *);
    char full[PATH_MAX];
    const bool known = recorder.file >= 0 && realpath(path, full) && is_below(full);
    const int failed = real(path);
    if (known && failed == 0)
        put(RECORD_UNLINK, full + strlen(recorder.below) + 1, 0, NULL, 0);
    return failed;
}
