// check_counts CASE.json...: compares the cost model with reference counts.
//
// Prints each mismatch as `case: place, tensor, count: expected, got`, then
// `N cases, M mismatches`. Exit status 1 if there is any mismatch or unreadable file.
#include <stdio.h>
#include <stdlib.h>

#include "costmodel/evaluate.h"
#include "oracle/support_casefile.h"

// The longest simulation worth waiting for. [steps x multipliers]
static const uint64_t most_work = 5000000;

// Which children share words: from the first step when every step is alike.
static bool find_spreads(const struct count_case *subject, struct simulation *run) {
    uint64_t limit = subject->imperfect ? 0 : 1;
    if (limit == 0 && simulation_work(&subject->mapping) > most_work) {
        printf("%s: note: too long to simulate: multicast and by_factor not compared\n",
               subject->name);
        return false;
    }
    return simulate(&subject->arch, &subject->layer.nest, &subject->mapping, limit,
                    run) == SDSE_OK;
}

static const char *verdict_text(enum sdse_verdict verdict) {
    static const char *const text[] = {"valid", "a tile exceeds the capacity",
                                       "the factors do not cover the layer",
                                       "more spatial iterations than instances"};
    return text[verdict];
}

static unsigned check_case(struct sdse_arena *arena, const struct count_case *subject,
                           unsigned *compared) {
    struct sdse_model *model;
    enum sdse_status status =
        sdse_model_new(&subject->arch, &subject->layer, NULL, arena, &model);
    if (status != SDSE_OK) {
        printf("%s: no model: %s\n", subject->name, sdse_status_text(status));
        return 1;
    }
    unsigned level = 0;
    enum sdse_verdict verdict = sdse_mapping_verdict(model, &subject->mapping, &level);
    if (verdict != SDSE_VALID) {
        printf("%s: %s, mapping, verdict: expected valid, got: %s\n", subject->name,
               subject->level_name[level], verdict_text(verdict));
        return 1;
    }
    struct sdse_cost cost;
    sdse_evaluate_full(model, &subject->mapping, &cost);
    struct simulation run;
    const struct simulation *spreads = find_spreads(subject, &run) ? &run : NULL;
    return count_case_compare(subject, &cost, spreads, compared, stdout);
}

static unsigned check_file(const char *path, unsigned *compared) {
    struct sdse_arena *arena = sdse_arena_new();
    if (!arena) {
        printf("%s: out of memory\n", path);
        return 1;
    }
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct count_case subject;
    unsigned mismatches = 1;
    enum sdse_status status = count_case_read(arena, path, &diags, &subject);
    if (status == SDSE_OK) {
        mismatches = check_case(arena, &subject, compared);
    } else {
        sdse_diags_print(&diags, stdout, false);
        printf("%s: %s\n", path, sdse_status_text(status));
    }
    sdse_arena_free(arena);
    return mismatches;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: check_counts CASE.json...\n");
        return 2;
    }
    unsigned mismatches = 0, compared = 0;
    for (int i = 1; i < argc; i++)
        mismatches += check_file(argv[i], &compared);
    printf("%u expectations compared\n", compared);
    printf("%d cases, %u mismatches\n", argc - 1, mismatches);
    return mismatches > 0;
}
