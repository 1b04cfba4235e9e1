// ARCHITECTURE.md and the build say the same: every folder that holds code is named,
// and what it may include.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 64
#define NAME_BYTES 40

static char folders[MOST]
                   [NAME_BYTES]; // of CMakeLists.txt, in its order; then the types
static size_t folder_count;
static uint64_t may[MOST]; // bit i: may include folders[i]

static char *read_source(const char *name) {
    char path[512];
    snprintf(path, sizeof path, SDSE_SOURCE_DIR "/%s", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = calloc(1, 1 << 18);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 18) - 1, file) < (1 << 18) - 1);
    fclose(file);
    return text;
}

static size_t find_folder(const char *name, size_t length) {
    size_t i = 0;
    while (i < folder_count &&
           (strlen(folders[i]) != length || strncmp(folders[i], name, length) != 0))
        i++;
    return i;
}

static void add_folder(const char *name, size_t length) {
    assert_true(folder_count < MOST && length < NAME_BYTES);
    memcpy(folders[folder_count++], name, length);
}

#define LETTERS "abcdefghijklmnopqrstuvwxyz_/"

// The calls of sdse_folder(name [MAY name...] [SYSTEM ...] [EXECUTABLE ...]).
static int read_build(void **state) {
    (void)state;
    char *text = read_source("CMakeLists.txt");
    static const char call[] = "\nsdse_folder(";
    for (const char *at = text; (at = strstr(at, call));) {
        at += sizeof call - 1;
        add_folder(at, strspn(at, LETTERS));
    }
    add_folder("spec_types", 10);
    add_folder("costmodel_types", 15);
    size_t i = 0;
    for (char *at = text; (at = strstr(at, call)); i++) {
        at += sizeof call - 1;
        char *end = strchr(at, ')');
        *end = '\0';
        bool allowed = false;
        for (char *word = strtok(at, " \n"); word; word = strtok(NULL, " \n")) {
            const size_t other = find_folder(word, strlen(word));
            if (strcmp(word, "MAY") == 0)
                allowed = true;
            else if (strcmp(word, "SYSTEM") == 0 || strcmp(word, "EXECUTABLE") == 0)
                allowed = false;
            else if (allowed && other == folder_count)
                fail_msg("CMakeLists.txt: no folder '%s'", word);
            else if (allowed)
                may[i] |= (uint64_t)1 << other;
        }
        at = end + 1;
    }
    free(text);
    return 0;
}

// The folder that a row is about: `dse/map.*` stands for files of dse.
static size_t row_folder(const char *name, size_t length) {
    if (length > 2 && name[length - 1] == '*')
        while (length > 0 && name[length - 1] != '/')
            length--;
    return find_folder(name,
                       length > 0 && name[length - 1] == '/' ? length - 1 : length);
}

static bool starts(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

// What a right-hand column allows: names of folders, "and what it may", "but" names.
static uint64_t read_column(const char *column) {
    uint64_t set = 0;
    bool taken_away = false;
    for (const char *at = column; *at && *at != '|' && *at != '\n';) {
        const size_t length = strspn(at, LETTERS);
        uint64_t meant = 0;
        if (*at == '(') {
            at += strcspn(at, ")"); // a remark
            continue;
        }
        if (starts(at, "and what")) {
            const uint64_t named = set;
            for (size_t i = 0; i < folder_count; i++)
                if (named >> i & 1)
                    set |= may[i];
            at = strstr(at, " may") + 4;
            continue;
        }
        if (starts(at, "spec's and costmodel's types"))
            meant = (uint64_t)1 << find_folder("spec_types", 10) |
                    (uint64_t)1 << find_folder("costmodel_types", 15);
        else if (starts(at, "spec's types"))
            meant = (uint64_t)1 << find_folder("spec_types", 10);
        else if (starts(at, "all of the above"))
            meant = ((uint64_t)1 << (find_folder("cli", 3))) - 1;
        if (meant || starts(at, "nothing of ours")) {
            set |= meant;
            at += strcspn(at, ",|");
            continue;
        }
        const size_t folder = starts(at, "dse/map,") || starts(at, "dse/map ")
                                  ? find_folder("dse", 3)
                                  : find_folder(at, length);
        if (length == 3 && starts(at, "but"))
            taken_away = true;
        else if (folder < folder_count)
            set = taken_away ? set & ~((uint64_t)1 << folder)
                             : set | (uint64_t)1 << folder;
        else if (length && !starts(at, "and"))
            fail_msg("ARCHITECTURE.md: no folder '%.*s'", (int)length, at);
        at += length ? length : 1;
    }
    return set;
}

static void names_every_folder_and_what_it_may_include(void **state) {
    (void)state;
    char *text = read_source("ARCHITECTURE.md");
    uint64_t named = 0;
    size_t rows = 0;
    for (const char *line = strstr(text, "\n|---|"); line && line[1] == '|';
         line = strchr(line + 1, '\n')) {
        const char *name = line + 4;
        if (!starts(line, "\n| `"))
            continue;
        const size_t folder = row_folder(name, strcspn(name, "`"));
        if (folder == folder_count)
            continue; // data, tests, scripts
        const char *column = strstr(strstr(name, " | ") + 3, " | ") + 3;
        const uint64_t said = read_column(column);
        for (size_t i = 0; i < folder_count; i++)
            if ((said ^ may[folder]) >> i & 1)
                fail_msg("ARCHITECTURE.md says that %s/ may%s include %s, "
                         "CMakeLists.txt says otherwise",
                         folders[folder], said >> i & 1 ? "" : " not", folders[i]);
        named |= (uint64_t)1 << folder;
        rows++;
    }
    for (size_t i = 0; i + 2 < folder_count; i++)
        if (!(named >> i & 1))
            fail_msg("ARCHITECTURE.md does not name %s/", folders[i]);
    assert_true(rows >= folder_count - 2 && folder_count > 30);
    free(text);
}

// A folder that holds C files is a folder of the build.
static void visit(const char *folder, size_t depth) {
    char path[1024];
    snprintf(path, sizeof path, SDSE_SOURCE_DIR "/%s", folder);
    DIR *directory = opendir(path);
    if (!directory)
        return; // a file
    for (struct dirent *entry; (entry = readdir(directory));) {
        const char *name = entry->d_name;
        const size_t length = strlen(name);
        char inner[512];
        if (name[0] == '.')
            continue;
        if (length > 2 && strcmp(name + length - 2, ".c") == 0 &&
            find_folder(folder, strlen(folder)) == folder_count)
            fail_msg("%s/%s: no sdse_folder of CMakeLists.txt", folder, name);
        const int bytes = snprintf(inner, sizeof inner, "%s/%s", folder, name);
        if (depth < 3 && bytes < (int)sizeof inner)
            visit(inner, depth + 1);
    }
    closedir(directory);
}

static void builds_every_folder(void **state) {
    (void)state;
    static const char *const roots[] = {"base",    "spec",      "smartdeal",
                                        "engines", "costmodel", "import",
                                        "results", "dse",       "cli"};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        visit(roots[i], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_every_folder_and_what_it_may_include),
        cmocka_unit_test(builds_every_folder),
    };
    return cmocka_run_group_tests(tests, read_build, NULL);
}
