// A folder of a test program's own, made before its tests and removed after them.
#ifndef SDSE_TESTS_SCRATCH_FOLDER_H
#define SDSE_TESTS_SCRATCH_FOLDER_H

#include <stdio.h>
#include <stdlib.h>

static char folder[] = "/tmp/sdse-test-XXXXXX";

// The path of a file in the folder; good until the fourth call after it.
static inline const char *at(const char *name) {
    static char paths[4][300];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof *paths, "%s/%s", folder, name);
    return path;
}

static inline void make(const char *name, const char *text) {
    FILE *file = fopen(at(name), "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static inline int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_folder(void **state) {
    (void)state;
    char line[300];
    snprintf(line, sizeof line, "rm -r %s", folder);
    return system(line);
}

#endif
