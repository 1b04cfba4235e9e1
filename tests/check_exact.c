// check_exact CASE.json...: nests counted word by word, input sets without gaps and
// padding, sums told apart by whether they are finished (tests/data/exact).
//
// Checks the cost model, and the simulator that tests prove it with. Prints each
// mismatch as `case: who: level, tensor, count: expected, got`, then `N cases, M
// mismatches`. Exit status 1 if there is any mismatch or unreadable file. Counts are
// totals over all instances.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "costmodel/evaluate.h"
#include "oracle/support_casefile.h"

// At one level, for one tensor.
struct counted {
    uint64_t tile_words, reads, fills, updates, drained;
    bool updates_finished, drains_finished;
};

struct check {
    const struct count_case *subject;
    const char *who;
    struct counted flow[SDSE_MAX_LEVELS][SDSE_TENSORS];
    uint64_t macs, steps;
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
    printf("%s: %s: %s, %s, %s: expected %s, got %llu\n", c->subject->name, c->who,
           level, tensor, expected->key, expected->text, (unsigned long long)got);
}

// The count that a file calls `key`; false: the file's name is not known.
static bool count_of(const struct check *c, unsigned l, unsigned t, const char *key,
                     uint64_t *count) {
    const struct counted *flow = &c->flow[l][t];
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
        {"updates_final", flow->updates_finished ? flow->updates : 0},
        {"updates_partial", flow->updates_finished ? 0 : flow->updates},
        {"drains_final", flow->drains_finished ? flow->drained : 0},
        {"drains_partial", flow->drains_finished ? 0 : flow->drained},
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

static unsigned compare(struct check *c) {
    const struct count_case *subject = c->subject;
    const struct sdse_node *levels = sdse_node_get(subject->expected, "levels");
    for (unsigned l = 0; l < subject->arch.level_count; l++) {
        const struct sdse_node *level = sdse_node_get(levels, subject->level_name[l]);
        for (unsigned t = 0; t < SDSE_TENSORS; t++)
            check_tensor(c, l, t, sdse_node_get(level, "tensors"));
    }
    const struct sdse_node *mac = sdse_node_get(subject->expected, "mac");
    expect(c, "MAC", "-", sdse_node_get(mac, "computes"), c->macs);
    expect(c, "MAC", "-", sdse_node_get(subject->expected, "steps"), c->steps);
    expect(c, "MAC", "-", sdse_node_get(subject->expected, "outputs"),
           output_words(&subject->layer.nest));
    return c->mismatches;
}

static bool simulated(struct check *c) {
    const struct count_case *subject = c->subject;
    struct simulation run;
    if (simulate(&subject->arch, &subject->layer.nest, &subject->mapping, 0, &run) !=
        SDSE_OK)
        return false;
    c->who = "simulator";
    c->macs = run.macs;
    c->steps = run.steps;
    for (unsigned l = 0; l < run.level_count; l++) {
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            const struct simulated_flow *flow = &run.flow[l][t];
            c->flow[l][t] =
                (struct counted){.tile_words = flow->tile_words,
                                 .reads = flow->reads,
                                 .fills = flow->fills,
                                 .updates = flow->updates,
                                 .drained = flow->drained,
                                 .updates_finished = flow->updates == run.outputs,
                                 .drains_finished = flow->drained == run.outputs};
        }
    }
    return true;
}

// Sums are finished where the model moves them as narrow words.
static bool modelled(struct check *c, struct sdse_arena *arena) {
    struct sdse_arch arch = c->subject->arch;
    struct sdse_model *model;
    struct sdse_cost cost;
    arch.partial_bits = 2 * arch.bits[SDSE_OUTPUTS];
    arch.count_drain_reads = true;
    if (sdse_model_new(&arch, &c->subject->layer, NULL, arena, &model) != SDSE_OK)
        return false;
    sdse_evaluate_full(model, &c->subject->mapping, &cost);
    c->who = "model";
    c->macs = cost.macs;
    c->steps = cost.compute_cycles;
    const double bits = arch.bits[SDSE_OUTPUTS];
    for (unsigned l = 0; l < cost.level_count; l++) {
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            const struct sdse_flow_cost *flow = &cost.level[l].flow[t];
            const double drained_bits =
                flow->read_bits - (double)flow->reads * flow->update_bits /
                                      fmax(1, (double)flow->updates);
            c->flow[l][t] = (struct counted){
                .tile_words = flow->tile_words,
                .reads = flow->reads,
                .fills = flow->fills,
                .updates = flow->updates,
                .drained = flow->drain_reads,
                .updates_finished = flow->update_bits == (double)flow->updates * bits,
                .drains_finished = drained_bits == (double)flow->drain_reads * bits};
        }
    }
    return true;
}

static unsigned check_case(const struct count_case *subject, struct sdse_arena *arena) {
    struct check simulation = {.subject = subject}, model = {.subject = subject};
    if (!simulated(&simulation) || !modelled(&model, arena)) {
        printf("%s: out of memory\n", subject->name);
        return 1;
    }
    return compare(&simulation) + compare(&model);
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
        mismatches = check_case(&subject, arena);
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
