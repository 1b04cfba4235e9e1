// check_engines CASE.json...: sparse and bit-serial engines, counted on tensors by
// executing them, or on distributions with a confidence interval (tests/data/engines).
//
// On tensors: every count of every engine, exactly. Prints each mismatch as `case:
// count: expected, got`, then `N cases, M mismatches`. A count that is missing from a
// case, or that no engine has, is a mismatch, and so is an unknown parameter.
// On distributions: the library's expectation must lie within ci99 + the relative error
// that is stated for its form (support_engineexpect.c); each is printed. Where the
// library draws, 2.576 of its standard errors count as its own error.
// Exit status 1 if there is any mismatch or unreadable file.
#include <math.h>
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

static unsigned check_mean(const struct engine_file *file,
                           const struct engine_result *result, unsigned i,
                           const struct sdse_node *expected) {
    double mean, ci99;
    const struct sdse_node *mean_node = sdse_node_get(expected, "mean");
    const struct sdse_node *ci99_node = sdse_node_get(expected, "ci99");
    if (!mean_node || !ci99_node || !sdse_node_as_double(mean_node, &mean) ||
        !sdse_node_as_double(ci99_node, &ci99))
        return complain(file, "not a mean with ci99", name_of(result, i));
    const double got = result->item[i].mean;
    const double stated =
        result->item[i].form_error * fabs(got) + 2.576 * result->item[i].standard_error;
    // A recorded mean is rounded in its last digit.
    const bool within = fabs(got - mean) <= ci99 + stated + 1e-6 * fabs(mean);
    printf("%s%s: %s: expected %s +- %s, got %.6g with a stated error of %.2f %%\n",
           within ? "## " : "", file->name, name_of(result, i), mean_node->text,
           ci99_node->text, got, mean != 0 ? 100 * stated / fabs(mean) : 0);
    return !within;
}

static unsigned check_means(const struct engine_file *file,
                            const struct engine_result *result) {
    unsigned mismatches = 0;
    for (unsigned i = 0; i < result->count; i++) {
        const struct sdse_node *node = sdse_node_get(file->expect, name_of(result, i));
        if (node)
            mismatches += check_mean(file, result, i, node);
    }
    return mismatches;
}

static unsigned check_case(struct engine_file *file) {
    struct engine_result result;
    unsigned mismatches = 0;
    const bool means = file->distribution != NULL;
    if (file->fault[0] ||
        !(means ? engine_run_means(file, &result) : engine_run_counts(file, &result))) {
        printf("%s: %s\n", file->name, file->fault);
        return 1;
    }
    mismatches += means ? check_means(file, &result) : check_counts(file, &result);
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
