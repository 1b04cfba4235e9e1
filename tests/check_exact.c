// check_exact CASE.json...: nests counted word by word, input sets without gaps and
// padding, sums told apart by whether they are finished (tests/data/exact).
//
// Prints each mismatch as `case: level, tensor, count: expected, got`, then
// `N cases, M mismatches`. Exit status 1 if there is any mismatch or unreadable file.
// Counts are totals over all instances; what is checked is the simulator.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/support_casefile.h"

struct check {
    const struct count_case *subject;
    const struct simulation *run;
    unsigned mismatches;
};

static uint64_t output_words(const struct sdse_nest *nest) {
    return sdse_tile_words(nest, SDSE_OUTPUTS, nest->bound);
}

static void expect(struct check *c, const char *level, const char *tensor,
                   const struct sdse_node *expected, uint64_t got) {
    const double value = strtod(expected->text, NULL);
    if (value == (double)got)
        return;
    c->mismatches++;
    printf("%s: %s, %s, %s: expected %s, got %llu\n", c->subject->name, level, tensor,
           expected->key, expected->text, (unsigned long long)got);
}

// The simulated count that a file calls `key`; false: the file's name is not known.
static bool count_of(const struct check *c, unsigned l, unsigned t, const char *key,
                     uint64_t *count) {
    const struct simulated_flow *flow = &c->run->flow[l][t];
    const uint64_t all = output_words(&c->subject->layer.nest);
    const struct {
        const char *key;
        uint64_t count;
    } known[] = {
        {"tile_words", flow->tile_words},
        {"reads", flow->reads},
        {"fills", flow->fills},
        {"updates", flow->updates},
        {"drains", flow->drained},
        {"distinct", flow->updates - flow->reads},
        {"updates_final", flow->updates == all ? flow->updates : 0},
        {"updates_partial", flow->updates == all ? 0 : flow->updates},
        {"drains_final", flow->drained == all ? flow->drained : 0},
        {"drains_partial", flow->drained == all ? 0 : flow->drained},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].key, key) == 0) {
            *count = known[i].count;
            return true;
        }
    }
    return false;
}

static void check_tensor(struct check *c, unsigned l, unsigned t,
                         const struct sdse_node *expected) {
    static const char *const names[SDSE_TENSORS] = {"Weights", "Inputs", "Outputs"};
    for
        SDSE_EACH_CHILD(child, sdse_node_get(expected, names[t])) {
            uint64_t got;
            if (count_of(c, l, t, child->key, &got)) {
                expect(c, c->subject->level_name[l], names[t], child, got);
                continue;
            }
            c->mismatches++;
            printf("%s: %s, %s: unknown count '%s'\n", c->subject->name,
                   c->subject->level_name[l], names[t], child->key);
        }
}

static unsigned check_case(const struct count_case *subject) {
    struct simulation run;
    struct check c = {.subject = subject, .run = &run};
    if (simulate(&subject->arch, &subject->layer.nest, &subject->mapping, 0, &run) !=
        SDSE_OK) {
        printf("%s: out of memory\n", subject->name);
        return 1;
    }
    const struct sdse_node *levels = sdse_node_get(subject->expected, "levels");
    for (unsigned l = 0; l < subject->arch.level_count; l++) {
        const struct sdse_node *level = sdse_node_get(levels, subject->level_name[l]);
        for (unsigned t = 0; t < SDSE_TENSORS; t++)
            check_tensor(&c, l, t, sdse_node_get(level, "tensors"));
    }
    const struct sdse_node *mac = sdse_node_get(subject->expected, "mac");
    expect(&c, "MAC", "-", sdse_node_get(mac, "computes"), run.macs);
    expect(&c, "MAC", "-", sdse_node_get(subject->expected, "steps"), run.steps);
    expect(&c, "MAC", "-", sdse_node_get(subject->expected, "outputs"), run.outputs);
    return c.mismatches;
}

static unsigned check_file(const char *path) {
    struct sdse_arena *arena = sdse_arena_new();
    if (!arena) {
        printf("%s: out of memory\n", path);
        return 1;
    }
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct count_case subject;
    unsigned mismatches = 1;
    if (count_case_read(arena, path, &diags, &subject) == SDSE_OK)
        mismatches = check_case(&subject);
    else
        sdse_diags_print(&diags, stdout, false);
    sdse_arena_free(arena);
    return mismatches;
}

int main(int argc, char **argv) {
    unsigned mismatches = 0;
    if (argc < 2) {
        fprintf(stderr, "usage: check_exact CASE.json...\n");
        return 2;
    }
    for (int i = 1; i < argc; i++)
        mismatches += check_file(argv[i]);
    printf("%d cases, %u mismatches\n", argc - 1, mismatches);
    return mismatches > 0;
}
