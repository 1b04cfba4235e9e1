// Exact input sets: the sums per axis of costmodel/exact.c equal the simulator's sets
// of words on generated cases with gaps, padding of each side (negative too) and maps
// that reach further than the windows.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "costmodel/exact.h"
#include "costmodel/traffic.h"
#include "oracle/support_cases.h"
#include "oracle/support_simulator.h"
#include "support/sanitized.h"

enum { CASES = SANITIZED ? 2000 : 8000 };

static struct {
    unsigned cases, gaps, padded, asymmetric, negative, beyond, shared, edges;
} seen;

// A real map for the case's windows.
static void give_map(uint64_t *state, struct sdse_nest *nest) {
    bool gaps = false, padded = false, asymmetric = false, negative = false,
         beyond = false;
    for (int a = 0; a < 2; a++) {
        const uint64_t p = nest->bound[a ? SDSE_Q : SDSE_P],
                       r = nest->bound[a ? SDSE_S : SDSE_R];
        const uint64_t s = nest->stride[a], d = nest->dilation[a];
        const int64_t reach = (int64_t)((p - 1) * s + (r - 1) * d + 1);
        const int64_t before = (int64_t)oracle_below(state, 7) - 2;
        const int64_t after = (int64_t)oracle_below(state, 7) - 3;
        int64_t map = reach - before - after;
        if (map < 1)
            map = 1 + (int64_t)oracle_below(state, 3);
        nest->pad[a] = before;
        nest->map[a] = (uint64_t)map;
        gaps |= (p > 1 && s > 1 && r * d < s * d && r < s) || (r > 1 && d > 1 && p < d);
        padded |= before > 0 || after > 0;
        asymmetric |= before != after;
        negative |= before < 0;
        beyond |= after < 0;
    }
    seen.gaps += gaps;
    seen.padded += padded;
    seen.asymmetric += asymmetric;
    seen.negative += negative;
    seen.beyond += beyond;
}

static unsigned compare(const struct oracle_case *subject) {
    struct simulation run;
    struct sdse_view view;
    unsigned wrong = 0;
    const struct sdse_nest *nest = &subject->layer.nest;
    assert_int_equal(simulate(&subject->arch, nest, &subject->mapping, 0, &run),
                     SDSE_OK);
    sdse_view_init(&view, &subject->arch, nest, &subject->mapping);
    assert_true(view.perfect);
    const unsigned levels = view.level_count;
    for (unsigned p = 0, c; p < levels; p = c) {
        for (c = p + 1; c < levels && !(subject->mapping.keeps[c] >> SDSE_INPUTS & 1u);)
            c++;
        const unsigned fan = sdse_arch_memory_last(&subject->arch, p);
        const struct sdse_network *network =
            &subject->arch.level[fan].network[SDSE_INPUTS];
        const bool joins = c < levels && network->window_sharing && network->multicast;
        struct sdse_edge edge = {.tensor = SDSE_INPUTS, .parent = p, .child = c};
        assert_true(sdse_exact_inputs(&view, joins, fan, &edge));
        seen.edges++;
        seen.shared += joins;
        wrong += edge.merged[p] != run.flow[p][SDSE_INPUTS].reads;
        if (c < levels) {
            wrong += edge.taken != run.flow[c][SDSE_INPUTS].fills;
            wrong += sdse_view_tile_words(&view, SDSE_INPUTS, c) !=
                     run.flow[c][SDSE_INPUTS].tile_words;
        }
        for (unsigned l = p; l < c; l++)
            wrong += edge.merged[l] != run.network[l][SDSE_INPUTS].words;
    }
    return wrong;
}

static void axes_equal_sets(void **state) {
    (void)state;
    const struct oracle_options options = {.most_work = 3000};
    unsigned wrong = 0;
    for (uint64_t seed = 1; seen.cases < CASES; seed++) {
        struct oracle_case subject;
        oracle_case_make(seed, &options, &subject);
        uint64_t dice = seed * 0x9e3779b97f4a7c15u + 1;
        give_map(&dice, &subject.layer.nest);
        seen.cases++;
        const unsigned here = compare(&subject);
        if (here && wrong < 5) {
            printf("case %llu: %u counts differ\n", (unsigned long long)seed, here);
            const struct sdse_nest *nest = &subject.layer.nest;
            printf("pad %lld %lld map %llu %llu\n", (long long)nest->pad[0],
                   (long long)nest->pad[1], (unsigned long long)nest->map[0],
                   (unsigned long long)nest->map[1]);
            oracle_case_print(&subject, stdout);
        }
        wrong += here > 0;
    }
    printf("## exact input sets: %u cases, %u edges, %u wrong; gaps %u, padded %u, of "
           "each "
           "side its own %u, negative %u, further than windows %u, shared windows %u\n",
           seen.cases, seen.edges, wrong, seen.gaps, seen.padded, seen.asymmetric,
           seen.negative, seen.beyond, seen.shared);
    assert_int_equal(wrong, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(axes_equal_sets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
