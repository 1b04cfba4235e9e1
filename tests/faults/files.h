// A folder of the test's own, and what is in it: copied, compared, walked, removed.
#ifndef SDSE_TESTS_FAULTS_FILES_H
#define SDSE_TESTS_FAULTS_FILES_H

#include <stdbool.h>
#include <stddef.h>

enum { PATH_BYTES = 1024 };

// Ends the program with status 2.
__attribute__((noreturn, format(printf, 1, 2))) void give_up(const char *format, ...);

// The folder all others are in: made by make_root(), where syncing costs nothing.
extern char root[PATH_BYTES];
void make_root(void);

// A path; too long a one ends the program.
__attribute__((format(printf, 2, 3))) void join(char path[PATH_BYTES],
                                                const char *format, ...);

struct bytes {
    char *text; // with a NUL; NULL = no such file
    size_t length;
};
struct bytes read_file(const char *path);
bool equal(struct bytes a, struct bytes b);

// Calls `visit` for every file below root/folder/below, with its name from root/folder.
typedef void (*visitor)(void *context, const char *folder, const char *name);
void walk(const char *folder, const char *below, visitor visit, void *context);

void remove_all(const char *path);

// root/to becomes a copy of root/from.
void copy_folder(const char *from, const char *to);

#endif
