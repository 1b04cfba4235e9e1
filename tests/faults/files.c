#include "files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char root[PATH_BYTES];

void make_root(void) {
    join(root, "%s/sdse-faults-XXXXXX",
         access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(root))
        give_up("no folder %s", root);
}

void give_up(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("faults: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(2);
}

void join(char path[PATH_BYTES], const char *format, ...) {
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(path, PATH_BYTES, format, args);
    va_end(args);
    if (length >= PATH_BYTES)
        give_up("too long a path: %s", path);
}

struct bytes read_file(const char *path) {
    struct bytes bytes = {NULL, 0};
    FILE *file = fopen(path, "rb");
    if (!file)
        return bytes;
    char chunk[65536];
    size_t got;
    bytes.text = calloc(1, 1);
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0) {
        bytes.text = realloc(bytes.text, bytes.length + got + 1);
        memcpy(bytes.text + bytes.length, chunk, got);
        bytes.length += got;
        bytes.text[bytes.length] = '\0';
    }
    fclose(file);
    return bytes;
}

bool equal(struct bytes a, struct bytes b) {
    return (!a.text && !b.text) || (a.text && b.text && a.length == b.length &&
                                    memcmp(a.text, b.text, a.length) == 0);
}

void walk(const char *folder, const char *below, visitor visit, void *context) {
    char path[PATH_BYTES];
    join(path, "%s/%s/%s", root, folder, below);
    DIR *directory = opendir(path);
    struct dirent *entry;
    while (directory && (entry = readdir(directory))) {
        char name[PATH_BYTES];
        struct stat info;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        join(name, "%s%s%s", below, *below ? "/" : "", entry->d_name);
        join(path, "%s/%s/%s", root, folder, name);
        if (lstat(path, &info) == 0 && S_ISDIR(info.st_mode))
            walk(folder, name, visit, context);
        else
            visit(context, folder, name);
    }
    if (directory)
        closedir(directory);
}

void remove_all(const char *path) {
    DIR *directory = opendir(path);
    struct dirent *entry;
    while (directory && (entry = readdir(directory))) {
        char name[PATH_BYTES];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        join(name, "%s/%s", path, entry->d_name);
        if (unlink(name) != 0)
            remove_all(name);
    }
    if (directory)
        closedir(directory);
    rmdir(path);
}

static void copy_one(void *context, const char *folder, const char *name) {
    char from[PATH_BYTES], to[PATH_BYTES];
    join(from, "%s/%s/%s", root, folder, name);
    join(to, "%s/%s/%s", root, (const char *)context, name);
    for (char *c = to + strlen(root) + 1; (c = strchr(c, '/')); c++) {
        *c = '\0';
        mkdir(to, 0777);
        *c = '/';
    }
    const struct bytes bytes = read_file(from);
    struct stat info;
    const int file = stat(from, &info) == 0 ? creat(to, info.st_mode & 0777) : -1;
    if (file < 0 || write(file, bytes.text, bytes.length) != (ssize_t)bytes.length)
        give_up("cannot write %s", to);
    close(file);
    free(bytes.text);
}

void copy_folder(const char *from, const char *to) {
    char path[PATH_BYTES];
    join(path, "%s/%s", root, to);
    remove_all(path);
    mkdir(path, 0777);
    walk(from, "", copy_one, (void *)(uintptr_t)to);
}
