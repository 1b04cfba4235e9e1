#include "results/look/plot/training_names.h"

#include <string.h>

#include "results/look/draw/names.h"

// ---- names ----

enum { JOINED = '\1' }; // for a blank within a word

static void replace(char *text, char old, char new) {
    for (; *text; text++)
        *text = *text == old ? new : *text;
}

const char *sdse_training_name(const char *method, const char *settings,
                               struct sdse_arena *arena) {
    char *name = sdse_arena_printf(arena, "%s ", method);
    char *rest = sdse_arena_printf(arena, "%s", settings);
    if (!name || !rest)
        return NULL;
    replace(name, ' ', JOINED);
    name[strlen(name) - 1] = ' ';
    bool before = true; // a number, or the task
    for (char *blank = strchr(rest, ' '); blank; blank = strchr(blank + 1, ' ')) {
        const bool number = blank[1] >= '0' && blank[1] <= '9';
        *blank = number ? '=' : before ? ' ' : JOINED;
        before = number;
    }
    return sdse_arena_printf(arena, "%s%s", name, rest);
}

bool sdse_training_shorten(const char **names, size_t count, struct sdse_arena *arena) {
    if (!sdse_names_shorten(names, count, arena))
        return false;
    for (size_t i = 0; i < count; i++) {
        char *plain = sdse_arena_strdup(arena, names[i]);
        if (!plain)
            return false;
        replace(plain, JOINED, ' ');
        replace(plain, '=', ' ');
        names[i] = plain;
    }
    return true;
}

// ---- settings ----

// The value of a setting in a keyed name, "method" being its first word; NULL: none, or
// memory is out.
static const char *setting_of(const char *keyed, const char *path,
                              struct sdse_arena *arena) {
    char *key = sdse_arena_printf(arena, "%s=", path);
    if (!key)
        return NULL;
    if (strcmp(path, "method") == 0) {
        char *method = sdse_arena_copy(arena, keyed, strcspn(keyed, " "));
        if (method)
            replace(method, JOINED, ' ');
        return method;
    }
    replace(key, ' ', JOINED);
    const size_t length = strlen(key);
    for (const char *word = keyed; word; word = strchr(word, ' ')) {
        word += *word == ' ';
        if (strncmp(word, key, length) == 0)
            return sdse_arena_copy(arena, word + length, strcspn(word + length, " "));
    }
    return NULL;
}

// All that runs have: "method" and the keys of their names.
static const char **list_settings(const char *const *names, size_t runs, size_t *count,
                                  struct sdse_arena *arena) {
    enum { MOST = 64 };
    const char **paths = SDSE_ARENA_ARRAY(arena, const char *, MOST);
    *count = 0;
    if (!paths)
        return NULL;
    paths[(*count)++] = "method";
    for (size_t i = 0; i < runs; i++) {
        for (const char *word = names[i]; word; word = strchr(word, ' ')) {
            word += *word == ' ';
            const size_t length = strcspn(word, " =");
            if (word[length] != '=')
                continue;
            char *key = sdse_arena_copy(arena, word, length);
            if (!key)
                return NULL;
            replace(key, JOINED, ' ');
            size_t k = 0;
            while (k < *count && strcmp(paths[k], key) != 0)
                k++;
            if (k == *count && k < MOST)
                paths[(*count)++] = key;
        }
    }
    return paths;
}

enum sdse_status sdse_training_aspect_load(struct sdse_reader *reader,
                                           const char *const *names, size_t runs,
                                           const char *path, struct sdse_arena *arena,
                                           struct sdse_diags *diags,
                                           struct sdse_aspect *aspect) {
    size_t count = 0, k = 0;
    const char **paths = list_settings(names, runs, &count, arena);
    const char **values = SDSE_ARENA_ARRAY(arena, const char *, runs + 1);
    if (!paths || !values)
        return SDSE_NO_MEMORY;
    while (k < count && strcmp(paths[k], path) != 0)
        k++;
    if (k == count)
        return sdse_aspect_refuse(reader, "training", path, paths, count, arena, diags);
    for (size_t i = 0; i < runs; i++)
        values[i] = setting_of(names[i], path, arena);
    return sdse_aspect_gather(path, values, runs, arena, aspect) ? SDSE_OK
                                                                 : SDSE_NO_MEMORY;
}
