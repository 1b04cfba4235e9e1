// Every file of tests/spec-bad/ is wrong in the way its name says. Its first lines tell
// what must happen:
//
//     # kind: arch | workload | mapping | sweep | validation
//     # expect: <check> <line>        (as often as it fires; or: nothing)
//     # set: <path>=<value>           (an override; its place is this line)
//
// Exactly these checks must fire, at these lines, and no other. Mappings are read for
// the first layer of good-workload.yaml on good-arch.yaml.
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spec/checks.h"
#include "spec/load.h"
#include "spec/place.h"
#include "spec/split.h"

#define FOLDER SDSE_SOURCE_DIR "/tests/spec-bad/"

enum { MANY = 32 };

struct expectation {
    char check[64];
    unsigned line;
    bool met;
};

struct header {
    char kind[16];
    struct expectation expect[MANY];
    size_t expect_count;
    bool nothing;
    char set_text[MANY][128];
    struct sdse_set set[MANY];
    size_t set_count;
};

static void read_header(const char *path, struct header *header) {
    *header = (struct header){.expect_count = 0};
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char line[256];
    for (unsigned number = 1; fgets(line, sizeof line, file) && *line == '#';
         number++) {
        struct expectation *expect = &header->expect[header->expect_count];
        char *text = header->set_text[header->set_count], *equals;
        if (sscanf(line, "# kind: %15s", header->kind) == 1)
            continue;
        if (sscanf(line, "# expect: %63s %u", expect->check, &expect->line) == 2)
            header->expect_count++;
        else if (strcmp(line, "# expect: nothing\n") == 0)
            header->nothing = true;
        else if (sscanf(line, "# set: %127s", text) == 1 &&
                 (equals = strchr(text, '='))) {
            *equals = '\0';
            header->set[header->set_count++] =
                (struct sdse_set){text, equals + 1, {"override", number, 1}};
        }
        assert_true(header->expect_count < MANY && header->set_count < MANY);
    }
    fclose(file);
}

static enum sdse_status load_mapping(struct sdse_arena *arena,
                                     const struct sdse_node *root,
                                     struct sdse_diags *diags) {
    struct sdse_arch *arch = NULL;
    struct sdse_workload *net = NULL;
    struct sdse_mapping *mapping = NULL;
    assert_int_equal(sdse_arch_load(arena, FOLDER "good-arch.yaml", diags, &arch), 0);
    assert_int_equal(
        sdse_workload_load(arena, FOLDER "good-workload.yaml", diags, &net), 0);
    assert_int_equal(sdse_arch_of_mapping(arch, root, arena, &arch), SDSE_OK);
    struct sdse_placement placement;
    return sdse_placed_mapping_from_tree(arena, root, arch, &net->layers[0], diags,
                                         &placement, &mapping);
}

static enum sdse_status load(struct sdse_arena *arena, const char *path,
                             const struct header *header, struct sdse_diags *diags) {
    struct sdse_node *root = NULL;
    enum sdse_status status = sdse_tree_parse_file(arena, path, diags, &root);
    struct sdse_arch *arch = NULL;
    struct sdse_workload *net = NULL;
    struct sdse_sweep *sweep = NULL;
    if (status != SDSE_OK)
        return status;
    if (strcmp(header->kind, "arch") == 0)
        return sdse_arch_from_tree(arena, root, header->set, header->set_count, diags,
                                   &arch);
    if (strcmp(header->kind, "workload") == 0)
        return sdse_workload_from_tree(arena, root, diags, &net);
    if (strcmp(header->kind, "sweep") == 0)
        return sdse_sweep_from_tree(arena, root, diags, &sweep);
    struct sdse_validation *validation = NULL;
    if (strcmp(header->kind, "validation") == 0)
        return sdse_validation_from_tree(arena, root, diags, &validation);
    assert_string_equal(header->kind, "mapping");
    return load_mapping(arena, root, diags);
}

static bool is_known(const char *check) {
    size_t count;
    const struct sdse_check *table = sdse_check_table(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].name, check) == 0)
            return true;
    return false;
}

// Ticks off one expectation per diagnostic; returns the number of mismatches.
static unsigned compare(struct header *header, const struct sdse_diags *diags) {
    unsigned wrong = 0;
    for (const struct sdse_diag *diag = diags->first; diag; diag = diag->next) {
        if (!diag->check)
            continue;
        bool found = false;
        for (size_t i = 0; i < header->expect_count && !found; i++) {
            struct expectation *expect = &header->expect[i];
            found = !expect->met && expect->line == diag->loc.line &&
                    strcmp(expect->check, diag->check) == 0;
            expect->met |= found;
        }
        wrong += !found || !is_known(diag->check);
    }
    for (size_t i = 0; i < header->expect_count; i++)
        wrong += !header->expect[i].met;
    return wrong;
}

static unsigned check_file(const char *path) {
    struct header header;
    read_header(path, &header);
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    enum sdse_status status = load(arena, path, &header, &diags);
    unsigned wrong = compare(&header, &diags);
    wrong += header.nothing == (header.expect_count > 0);
    wrong += (status == SDSE_INVALID) != (diags.errors > 0);
    if (wrong) {
        fprintf(stderr, "%s: %u mismatches; what fired:\n", path, wrong);
        sdse_diags_print(&diags, stderr, false);
        for (size_t i = 0; i < header.expect_count; i++)
            if (!header.expect[i].met)
                fprintf(stderr, "  expected %s at line %u\n", header.expect[i].check,
                        header.expect[i].line);
    }
    sdse_arena_free(arena);
    return wrong;
}

static void each_fault_fires_its_check_and_no_other(void **state) {
    (void)state;
    glob_t found;
    assert_int_equal(glob(FOLDER "*.yaml", 0, NULL, &found), 0);
    assert_true(found.gl_pathc > 70);
    unsigned wrong = 0;
    for (size_t i = 0; i < found.gl_pathc; i++)
        wrong += check_file(found.gl_pathv[i]) != 0;
    printf("%zu files, %u mismatches\n", found.gl_pathc, wrong);
    globfree(&found);
    assert_int_equal(wrong, 0);
}

// No row of the table without a file that fires it, but for faults of size.
static void every_check_has_a_file(void **state) {
    (void)state;
    static const char *const elsewhere[] = {"file-read", "yaml-size", "yaml-nodes",
                                            "yaml-depth", "yaml-encoding",
                                            // tests/cli/test_cli_resident.c,
                                            // test_spec_write.c
                                            "place-reach", "place-taken"};
    size_t count, missing = 0;
    const struct sdse_check *table = sdse_check_table(&count);
    char *all = calloc(1, 1 << 18), line[256];
    glob_t found;
    assert_int_equal(glob(FOLDER "*.yaml", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        FILE *file = fopen(found.gl_pathv[i], "r");
        while (fgets(line, sizeof line, file) && *line == '#')
            if (strncmp(line, "# expect: ", 10) == 0)
                strcat(all, line + 9);
        fclose(file);
    }
    globfree(&found);
    for (size_t i = 0; i < count; i++) {
        char word[80];
        snprintf(word, sizeof word, " %s ", table[i].name);
        bool covered = strstr(all, word);
        for (size_t j = 0; j < sizeof elsewhere / sizeof *elsewhere; j++)
            covered |= strcmp(elsewhere[j], table[i].name) == 0;
        missing += !covered;
        if (!covered)
            fprintf(stderr, "no file fires %s\n", table[i].name);
    }
    free(all);
    assert_int_equal(missing, 0);
}

// A prerequisite that is no check would never silence anything.
static void prerequisites_exist(void **state) {
    (void)state;
    size_t count;
    const struct sdse_check *table = sdse_check_table(&count);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < 4; j++)
            assert_true(!table[i].needs[j] || is_known(table[i].needs[j]));
}

static void the_manual_lists_every_check(void **state) {
    (void)state;
    static const char *const kinds[] = {"any file", "accelerator", "workload",
                                        "mapping",  "sweep",       "validation"};
    size_t count, listed = 0;
    const struct sdse_check *table = sdse_check_table(&count);
    char line[512], row[256];
    FILE *file = fopen(SDSE_SOURCE_DIR "/docs/formats.md", "r");
    assert_non_null(file);
    bool here = false;
    while (fgets(line, sizeof line, file)) {
        here |= strcmp(line, "## Checks\n") == 0;
        for (size_t i = 0; here && i < count; i++) {
            snprintf(row, sizeof row, "| `%s` | %s | %s%s |\n", table[i].name,
                     kinds[table[i].kind],
                     table[i].severity == SDSE_WARNING ? "(warning) " : "",
                     table[i].what);
            listed += strcmp(line, row) == 0;
        }
    }
    fclose(file);
    assert_int_equal(listed, count);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_fires_its_check_and_no_other),
        cmocka_unit_test(every_check_has_a_file),
        cmocka_unit_test(prerequisites_exist),
        cmocka_unit_test(the_manual_lists_every_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
