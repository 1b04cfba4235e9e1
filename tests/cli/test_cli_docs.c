// The pages and the program say the same: verbs, options, names of checks, and that no
// page is lost.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support_program.h"

static char verbs[MOST_VERBS][VERB_BYTES];
static char *helps[MOST_VERBS];
static size_t verb_count;

static int begin(void **state) {
    const int status = enter_scratch(state);
    verb_count = status == 0 ? list_verbs(verbs) : 0;
    for (size_t i = 0; i < verb_count; i++) {
        char line[64];
        snprintf(line, sizeof line, "%.31s --help", verbs[i]);
        struct ran ran = run_program(line);
        helps[i] = strdup(ran.out);
        free_ran(&ran);
    }
    return status;
}

static int end(void **state) {
    for (size_t i = 0; i < verb_count; i++)
        free(helps[i]);
    return leave_scratch(state);
}

static size_t find_verb(const char *name, size_t length) {
    size_t i = 0;
    while (i < verb_count &&
           (strlen(verbs[i]) != length || strncmp(verbs[i], name, length) != 0))
        i++;
    return i;
}

// Whether a help has the option --name.
static bool has_option(const char *help, const char *name, size_t length) {
    for (const char *at = help; (at = strstr(at, "--")); at += 2)
        if (strncmp(at + 2, name, length) == 0 && at[-1] == ' ' &&
            (at[2 + length] == ' ' || at[2 + length] == '\n'))
            return true;
    return false;
}

static size_t name_length(const char *text) {
    return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

// Calls `visit` with each file of a folder that ends so.
static void each_file(const char *folder, const char *ending,
                      void (*visit)(const char *path)) {
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));) {
        const size_t length = strlen(entry->d_name), tail = strlen(ending);
        char path[512];
        struct stat info;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (length >= tail && strcmp(entry->d_name + length - tail, ending) == 0 &&
            stat(path, &info) == 0 && S_ISREG(info.st_mode))
            visit(path);
    }
    closedir(directory);
}

// --- Verbs and options ---

// docs/commands.md shows each verb's help as it is, in a section of its own.
static void documents_every_verb(void **state) {
    (void)state;
    char *page = read_whole("docs/commands.md");
    assert_non_null(page);
    for (size_t i = 0; i < verb_count; i++) {
        char section[64];
        snprintf(section, sizeof section, "\n## sdse %.31s\n", verbs[i]);
        const char *here = strstr(page, section);
        if (!here)
            fail_msg("docs/commands.md lacks a section on `sdse %s`", verbs[i]);
        const char *next = strstr(here + 1, "\n## ");
        const char *help = strstr(here, helps[i]);
        if (!help || (next && help > next))
            fail_msg("docs/commands.md lacks the present `sdse %s --help`:\n%s",
                     verbs[i], helps[i]);
    }
    free(page);
}

// And no section or help of a verb that is not there.
static void documents_no_other_verb(void **state) {
    (void)state;
    char *page = read_whole("docs/commands.md");
    static const char *const starts[] = {"\n## sdse ", "\nusage: sdse "};
    for (size_t s = 0; s < 2; s++)
        for (const char *at = page; (at = strstr(at, starts[s]));) {
            at += strlen(starts[s]);
            if (find_verb(at, name_length(at)) == verb_count)
                fail_msg("docs/commands.md: no verb '%.*s'", (int)name_length(at), at);
        }
    free(page);
}

// README.md says of each verb what it is for: `sdse verb`, or `$sdse verb`.
static void introduces_every_verb(void **state) {
    (void)state;
    char *page = read_whole("README.md");
    assert_non_null(page);
    for (size_t i = 0; i < verb_count; i++) {
        const size_t length = strlen(verbs[i]);
        bool named = false;
        for (const char *at = page; !named && (at = strstr(at, "sdse "));) {
            at += 5;
            named = strncmp(at, verbs[i], length) == 0 && name_length(at) == length;
        }
        if (!named)
            fail_msg("README.md does not name `sdse %s`", verbs[i]);
    }
    free(page);
}

static size_t options_seen;

// Each option that follows `sdse VERB` on a line exists for that verb.
static void check_commands(const char *path) {
    char *page = read_whole(path);
    assert_non_null(page);
    for (const char *at = page; (at = strstr(at, "sdse")); at++) {
        const char *word = at + 4 + (at[4] == '"');
        if (*word != ' ' ||
            (at > page && (isalnum((unsigned char)at[-1]) || strchr("-_.", at[-1]))))
            continue;
        word++;
        const size_t verb = find_verb(word, name_length(word));
        if (verb == verb_count)
            continue;
        // A command ends where another may begin; a '\' leads to the next line.
        const char *stop = word;
        while (*stop && !strchr("`;|#)", *stop) && (*stop != '\n' || stop[-1] == '\\'))
            stop++;
        for (const char *option = word; (option = strstr(option, " --"));) {
            if (option >= stop)
                break;
            option += 3;
            const size_t length = name_length(option);
            if (length == 0)
                continue;
            options_seen++;
            if (!has_option(helps[verb], option, length))
                fail_msg("%s: `sdse %s` has no option --%.*s", path, verbs[verb],
                         (int)length, option);
        }
    }
    free(page);
}

static void names_no_option_that_is_not(void **state) {
    (void)state;
    options_seen = 0;
    each_file("docs", ".md", check_commands);
    check_commands("README.md");
    each_file("scripts", "", check_commands);
    each_file("cluster", "", check_commands);
    assert_true(options_seen > 60);
}

// --- Pages ---

static char *readme;

static void check_linked(const char *path) {
    char link[512];
    snprintf(link, sizeof link, "(%s)", path);
    if (!strstr(readme, link))
        fail_msg("README.md does not link %s", path);
}

static void links_every_page(void **state) {
    (void)state;
    readme = read_whole("README.md");
    each_file("docs", ".md", check_linked);
    free(readme);
}

// --- Names of checks ---

enum { MOST_NAMES = 1024, NAME_BYTES = 64 };

struct names {
    char name[MOST_NAMES][NAME_BYTES];
    bool used[MOST_NAMES];
    size_t count;
};

static struct names documented, other;

static bool find_name(struct names *names, const char *text, size_t length, bool mark) {
    bool found = false;
    for (size_t i = 0; i < names->count; i++)
        if (strlen(names->name[i]) == length &&
            strncmp(names->name[i], text, length) == 0) {
            names->used[i] |= mark;
            found = true;
        }
    return found;
}

static void add_name(struct names *names, const char *text, size_t length) {
    assert_true(names->count < MOST_NAMES && length < NAME_BYTES);
    snprintf(names->name[names->count++], NAME_BYTES, "%.*s", (int)length, text);
}

// The names in the first column of a page's tables, after `from`.
static void read_documented(const char *path, const char *from) {
    char *page = read_whole(path);
    assert_non_null(page);
    const char *at = strstr(page, from);
    assert_non_null(at);
    while ((at = strstr(at, "\n| `"))) {
        at += 4;
        add_name(&documented, at, name_length(at));
    }
    free(page);
}

// Words with a '-' that are no names of checks: what components, stores and files are
// called. Those of verbs and options are read off the help.
static const char *const plain_words[] = {
    "element-bitmap",
    "run-length",
    "shift-add",
    "shift-adds",
    "multiply-accumulate",
    "train-images-idx3",
    "train-labels-idx1",
    "t10k-images-idx3",
    "t10k-labels-idx1",
    // Timeloop's keys
    "action-optimization",
    "compute-optimization",
    "condition-on",
    "block-size",
    "cluster-size",
    "cnn-layer",
    "data-spaces",
    "fixed-structured",
    "read-bandwidth",
    "read-write",
    "representation-format",
    "shared-bandwidth",
    "word-bits",
    "write-bandwidth",
};

static bool is_verb_or_option(const char *text, size_t length) {
    for (size_t i = 0; i < verb_count; i++)
        if (has_option(helps[i], text, length) ||
            (strlen(verbs[i]) == length && memcmp(verbs[i], text, length) == 0))
            return true;
    return false;
}

// A literal like "two-words" is the name of a check, unless it is known to be none.
static void check_source(const char *path) {
    char *text = read_whole(path);
    assert_non_null(text);
    for (const char *at = text; (at = strchr(at, '"')); at++) {
        const size_t length = name_length(at + 1);
        if (length == 0 || at[1 + length] != '"' || !islower((unsigned char)at[1]))
            continue;
        const char *word = at + 1;
        if (find_name(&documented, word, length, true) || !memchr(word, '-', length) ||
            word[length - 1] == '-' || find_name(&other, word, length, true) ||
            is_verb_or_option(word, length))
            continue;
        fail_msg("%s: \"%.*s\" is in neither docs/checks.md nor docs/formats.md; if it "
                 "is no check, add it to plain_words in tests/cli/test_cli_docs.c",
                 path, (int)length, word);
    }
    free(text);
}

static void visit_sources(const char *folder) {
    each_file(folder, ".c", check_source);
    each_file(folder, ".h", check_source);
}

// The folders of sources are those of the build: sdse_folder(FOLDER ...).
static void documents_every_check(void **state) {
    (void)state;
    read_documented("docs/formats.md", "\n## Checks\n");
    read_documented("docs/checks.md", "\n");
    for (size_t i = 0; i < sizeof plain_words / sizeof *plain_words; i++)
        add_name(&other, plain_words[i], strlen(plain_words[i]));
    char *build = read_whole("CMakeLists.txt");
    assert_non_null(build);
    size_t folders = 0;
    for (const char *at = build; (at = strstr(at, "\nsdse_folder(")); folders++) {
        char folder[64];
        assert_int_equal(sscanf(at, "\nsdse_folder(%63[a-z/]", folder), 1);
        at++;
        visit_sources(folder);
    }
    free(build);
    assert_true(folders > 15);
    for (size_t i = 0; i < documented.count; i++)
        if (!documented.used[i])
            fail_msg("no source has the check '%s', which is documented",
                     documented.name[i]);
    for (size_t i = 0; i < other.count; i++)
        if (!other.used[i])
            fail_msg("plain_words: no source has '%s'", other.name[i]);
    // A name is explained on one page.
    char *checks = read_whole("docs/checks.md"),
         *formats = read_whole("docs/formats.md");
    for (size_t i = 0; i < documented.count; i++) {
        char row[NAME_BYTES + 8];
        snprintf(row, sizeof row, "\n| `%s` |", documented.name[i]);
        if (strstr(checks, row) && strstr(strstr(formats, "\n## Checks\n"), row))
            fail_msg("'%s' is in docs/checks.md and in docs/formats.md",
                     documented.name[i]);
    }
    free(checks);
    free(formats);
}

// --- What explain says ---

// The derivation that a page shows, until a blank line, is in the program's, line by
// line.
static void check_derivation(const char *path, const char *said) {
    static const char begins[] = "\n    inputs: DRAM -> GLB\n";
    char *page = read_whole(path);
    assert_non_null(page);
    const char *at = strstr(page, begins);
    if (!at)
        fail_msg("%s shows no derivation", path);
    for (at++; strncmp(at, "    ", 4) == 0; at = strchr(at, '\n') + 1) {
        char line[512];
        const int length = (int)strcspn(at + 4, "\n");
        snprintf(line, sizeof line, "\n%.*s\n", length, at + 4);
        if (!strstr(said, line))
            fail_msg("%s: `sdse explain` does not say:%s", path, line);
    }
    free(page);
}

static void derives_as_the_program_does(void **state) {
    (void)state;
    char *said = run_text(0, "explain -a eyeriss -w resnet50 -l layer1.0.conv2");
    check_derivation("README.md", said);
    check_derivation("docs/commands.md", said);
    free(said);
}

// --- What is printed as JSON ---

static char *json_page;
static size_t schemas;

// Each "sdse.VERB/N" of a source has its section, `## `sdse.VERB/N``.
static void check_schemas(const char *path) {
    char *text = read_whole(path);
    assert_non_null(text);
    for (const char *at = text; (at = strstr(at, "\"sdse."));) {
        at++;
        const size_t length = strcspn(at, "\"");
        char section[128];
        if (!memchr(at, '/', length) || !isdigit((unsigned char)at[length - 1]))
            continue;
        schemas++;
        snprintf(section, sizeof section, "\n## `%.*s`\n", (int)length, at);
        if (!strstr(json_page, section))
            fail_msg("docs/json.md has no section on %.*s (%s)", (int)length, at, path);
    }
    free(text);
}

static void documents_every_schema(void **state) {
    (void)state;
    json_page = read_whole("docs/json.md");
    assert_non_null(json_page);
    schemas = 0;
    each_file("cli", ".c", check_schemas);
    free(json_page);
    assert_true(schemas > 40);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_every_verb),
        cmocka_unit_test(documents_no_other_verb),
        cmocka_unit_test(introduces_every_verb),
        cmocka_unit_test(names_no_option_that_is_not),
        cmocka_unit_test(links_every_page),
        cmocka_unit_test(documents_every_check),
        cmocka_unit_test(derives_as_the_program_does),
        cmocka_unit_test(documents_every_schema),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
