// A main for fuzz targets without a fuzzer: runs every file named, and every file of
// the folders named, through the target once. Fails if there is none.
#include <dirent.h>
#include <string.h>

#include "fuzz/target.h"

static bool replay_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    size_t capacity = 1 << 16, size = 0, got;
    uint8_t *data = malloc(capacity);
    while (data && (got = fread(data + size, 1, capacity - size, file)) > 0) {
        size += got;
        if (size == capacity) {
            uint8_t *larger = realloc(data, capacity *= 2);
            if (!larger)
                free(data);
            data = larger;
        }
    }
    bool good = data && !ferror(file);
    fclose(file);
    if (good)
        LLVMFuzzerTestOneInput(data, size);
    free(data);
    return good;
}

static size_t replay_folder(const char *path, DIR *folder) {
    size_t files = 0;
    struct dirent *entry;
    char name[4096];
    while ((entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        files += replay_file(name);
    }
    return files;
}

int main(int argc, char **argv) {
    size_t files = 0;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        files += folder ? replay_folder(argv[i], folder) : replay_file(argv[i]);
        if (folder)
            closedir(folder);
    }
    printf("%zu inputs replayed\n", files);
    return files ? EXIT_SUCCESS : EXIT_FAILURE;
}
