// The optimum of networks whose layers may take turns by some columns of some rows
// against brute force (support_fusionbrute.h): generated chains of convolutions and
// pools with windows of their own along either axis, on memories that are small for
// their rows.
//
//     test_fused_columns [NETWORKS [FIRST_SEED]]    (default 600 networks)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "oracle/support_cases.h"
#include "oracle/support_fusionbrute.h"
#include "oracle/support_seeds.h"
#include "support/sanitized.h"

static struct seeds seeds = {.count = SANITIZED ? 20 : 600, .first = 1};
static struct compared seen;

static unsigned below(uint64_t *state, unsigned n) {
    return (unsigned)oracle_below(state, n);
}

// --- Generated ---

// Windows along one axis.
struct windows {
    unsigned kernel, pad, stride, dilation, outputs;
};

// outputs 0: no window fits.
static struct windows make_windows(uint64_t *state, unsigned length, bool pool) {
    struct windows w = {.kernel = 1 + below(state, 3), .stride = 1, .dilation = 1};
    if (w.kernel > 1 && !pool)
        w.pad = below(state, 2);
    if (below(state, 4) == 0)
        w.stride = 2;
    if (w.kernel == 2 && !pool && below(state, 3) == 0)
        w.dilation = 2;
    const unsigned extent = (w.kernel - 1) * w.dilation + 1, reach = length + 2 * w.pad;
    w.outputs = reach < extent ? 0 : (reach - extent) / w.stride + 1;
    return w;
}

static const char *make_network(uint64_t *state, struct sdse_arena *arena) {
    char layers[2048] = "", edges[1024] = "";
    unsigned channels = 1 + below(state, 2),
             length[2] = {1 + below(state, 3), 2 + below(state, 3)};
    const unsigned most = 2 + (below(state, 8) == 0);
    unsigned count = 0, made = 0, before = 0;
    for (unsigned i = 0; i < most; i++) {
        const bool pool = i > 0 && below(state, 6) == 0;
        const unsigned out = pool ? channels : 1 + below(state, 2);
        const struct windows rows = make_windows(state, length[0], pool),
                             columns = make_windows(state, length[1], pool);
        if (!rows.outputs || !columns.outputs)
            break;
        sprintf(layers + strlen(layers),
                "{name: l%u, kind: %s, in: [%u, %u, %u], kernel: [%u, %u], stride: "
                "[%u, %u]",
                count, pool ? "pool" : "conv", channels, length[0], length[1],
                rows.kernel, columns.kernel, rows.stride, columns.stride);
        if (!pool)
            sprintf(layers + strlen(layers),
                    ", out_channels: %u, groups: %u, pad: [%u, %u], dilation: [%u, %u]",
                    out, rows.kernel == 2 && channels == out ? out : 1, rows.pad,
                    columns.pad, rows.dilation, columns.dilation);
        strcat(layers, "}, ");
        if (made++)
            sprintf(edges + strlen(edges), "{from: l%u, to: l%u}, ", before, count);
        before = count++;
        channels = out;
        length[0] = rows.outputs;
        length[1] = columns.outputs;
        if (i + 1 < most && below(state, 6) == 0)
            sprintf(layers + strlen(layers),
                    "{name: l%u, kind: %s, in: [%u, %u, %u], fused: true}, ", count++,
                    below(state, 4) ? "act" : "norm", channels, length[0], length[1]);
    }
    return made > 1
               ? sdse_arena_printf(arena,
                                   "{name: n, source: s, layers: [%s], edges: [%s]}",
                                   layers, edges)
               : NULL;
}

static bool make_problem(uint64_t seed, struct brute_problem *p) {
    uint64_t state = seed * 2 + 1;
    *p = (struct brute_problem){.arena = sdse_arena_new(), .columns = true};
    const char *arch = brute_make_arch(&state, p->arena);
    p->tiles = below(&state, 3) ? SDSE_TILES_BALANCED : SDSE_TILES_ALL;
    p->depth = 2 + (size_t)below(&state, 2);
    const char *network = make_network(&state, p->arena);
    if (network)
        brute_read(arch, network, p);
    return network && p->net->layer_count <= 4;
}

static void test_networks(void **state) {
    (void)state;
    enum { BRINGS_ALONE = 102270 }; // nests that differ in what they bring in alone
    compare_problems(make_problem, seeds.first, seeds.count, &seeds.current, &seen);
    compare_problems(make_problem, BRINGS_ALONE, 1, &seeds.current, &seen);
    compare_print("fusion by columns", seeds.count, &seen);
    printf(", %llu of some columns, %llu keep in bands, %llu retain, %llu buffer, %llu "
           "make again; of %llu configurations %llu are summed\n",
           (unsigned long long)seen.columns, (unsigned long long)seen.banded,
           (unsigned long long)seen.retained, (unsigned long long)seen.buffered,
           (unsigned long long)seen.again,
           (unsigned long long)seen.counts.configurations,
           (unsigned long long)seen.counts.summed);
    assert_true(seeds.count < 600 || (seen.columns && seen.banded && seen.retained &&
                                      seen.buffered && seen.again && seen.pools));
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {SEEDED_TEST(test_networks, &seeds)};
    seeds_read(argc, argv, &seeds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
