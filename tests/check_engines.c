// check_engines CASE.json...: sparse and bit-serial engines, counted on tensors by
// executing them (tests/data/engines).
//
// Checks every count of every engine. Prints each mismatch as `case: count: expected,
// got`, then `N cases, M mismatches`. A count that is missing from a case, or that no
// engine has, is a mismatch, and so is an unknown parameter. Exit status 1 if there is
// any mismatch or unreadable file.
#include <stdio.h>
#include <string.h>

#include "oracle/support_enginerun.h"
#include "spec/value.h"

static unsigned complain(const struct engine_file *file, const char *what,
                         const char *name) {
    printf("%s: %s '%s'\n", file->name, what, name);
    return 1;
}

static const char *name_of(const struct engine_result *result, unsigned i) {
    return result->item[i].name;
}

static unsigned unknown_counts(const struct engine_file *file,
                               const struct engine_result *result) {
    unsigned mismatches = 0;
    for
        SDSE_EACH_CHILD(child, file->expect) {
            bool known = false;
            for (unsigned i = 0; i < result->count; i++)
                known = known || strcmp(name_of(result, i), child->key) == 0;
            if (!known)
                mismatches += complain(file, "unknown count", child->key);
        }
    return mismatches;
}

static unsigned check_counts(const struct engine_file *file,
                             const struct engine_result *result) {
    unsigned mismatches = 0;
    for (unsigned i = 0; i < result->count; i++) {
        const struct sdse_node *node = sdse_node_get(file->expect, name_of(result, i));
        uint64_t expected;
        if (!node) {
            mismatches += complain(file, "missing count", name_of(result, i));
        } else if (!sdse_node_as_u64(node, &expected)) {
            mismatches += complain(file, "not a count", name_of(result, i));
        } else if (expected != result->item[i].count) {
            mismatches++;
            printf("%s: %s: expected %s, got %llu\n", file->name, name_of(result, i),
                   node->text, (unsigned long long)result->item[i].count);
        }
    }
    return mismatches;
}

static unsigned check_case(struct engine_file *file) {
    struct engine_result result;
    unsigned mismatches = 0;
    if (file->fault[0] || !engine_run_counts(file, &result)) {
        printf("%s: %s\n", file->name, file->fault);
        return 1;
    }
    mismatches += check_counts(file, &result);
    mismatches += unknown_counts(file, &result);
    if (engine_param_unused(file))
        mismatches += complain(file, "unknown parameter", engine_param_unused(file));
    return mismatches;
}

static unsigned check_file(const char *path) {
    struct sdse_arena *arena = sdse_arena_new();
    if (!arena) {
        printf("%s: out of memory\n", path);
        return 1;
    }
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct engine_file file;
    unsigned mismatches = 1;
    if (engine_file_read(arena, path, &diags, &file) == SDSE_OK)
        mismatches = check_case(&file);
    else
        sdse_diags_print(&diags, stdout, false);
    sdse_arena_free(arena);
    return mismatches;
}

int main(int argc, char **argv) {
    unsigned mismatches = 0;
    if (argc < 2) {
        fprintf(stderr, "usage: check_engines CASE.json...\n");
        return 2;
    }
    for (int i = 1; i < argc; i++)
        mismatches += check_file(argv[i]);
    printf("%d cases, %u mismatches\n", argc - 1, mismatches);
    return mismatches > 0;
}
