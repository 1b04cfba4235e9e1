// Nests that run one after another as one row of figures: each figure by its rule.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "costmodel/cost_sum.h"

static struct sdse_cost cost_of(unsigned n) {
    struct sdse_cost cost;
    memset(&cost, 0, sizeof cost);
    cost.level_count = 1;
    cost.macs = 10 * n;
    cost.latency_cycles = 100 * n;
    cost.multipliers_used = n;
    cost.utilization = 1.0 / n;
    cost.energy_pj = 3.0 * n;
    cost.level[0].stored_bits = 8.0 * n;
    cost.level[0].read_bits_per_cycle = 2.0 * n;
    cost.level[0].flow[0] = (struct sdse_flow_cost){.kept = n == 2,
                                                    .tile_words = 5 * n,
                                                    .reads = n,
                                                    .read_pj = n,
                                                    .instances = 6 * n,
                                                    .life_steps = 7 * n,
                                                    .refreshes = 9 * n,
                                                    .lifetime_us = 4.0 * n};
    cost.level[0].network[0] = (struct sdse_network_cost){.words = n, .hops = n};
    return cost;
}

static void adds_by_its_rules(void **state) {
    (void)state;
    const struct sdse_cost one = cost_of(1), two = cost_of(2);
    const struct sdse_cost_times nests[] = {{&two, 1}, {&one, 3}};
    struct sdse_cost sum;
    assert_true(sdse_cost_sum(nests, 2, &sum));
    assert_int_equal(sum.macs, 50);
    assert_int_equal(sum.latency_cycles, 500);
    assert_true(sum.energy_pj == 15);
    assert_int_equal(sum.multipliers_used, 2);
    assert_true(sum.level[0].stored_bits == 16);
    assert_true(sum.utilization == (200 * 0.5 + 300 * 1.0) / 500);
    assert_true(sum.level[0].read_bits_per_cycle == (200 * 4.0 + 300 * 2.0) / 500);
    const struct sdse_flow_cost *flow = &sum.level[0].flow[0];
    assert_true(flow->kept && flow->tile_words == 10 && flow->reads == 5);
    assert_true(flow->read_pj == 5 && flow->lifetime_us == 8);
    assert_true(flow->instances == 12 && flow->life_steps == 14);
    assert_int_equal(flow->refreshes, 18);
    assert_int_equal(sum.level[0].network[0].words, 5);
    assert_true(sum.level[0].network[0].hops == (2 * 2.0 + 3 * 1.0) / 5);
}

// What holds for the most cycles in all, not in one; of two the first.
static void bottleneck_of_most_cycles(void **state) {
    (void)state;
    static const char reads[] = "inputs reads";
    struct sdse_cost a = cost_of(2), b = cost_of(1), c = cost_of(1), sum;
    a.bottleneck_level = -1;
    b.bottleneck_level = c.bottleneck_level = 0;
    b.bottleneck_port = c.bottleneck_port = reads;
    const struct sdse_cost_times often[] = {{&a, 1}, {&b, 3}},
                                 equal[] = {{&a, 1}, {&b, 2}},
                                 together[] = {{&a, 1}, {&b, 1}, {&c, 2}};
    assert_true(sdse_cost_sum(often, 2, &sum));
    assert_int_equal(sum.bottleneck_level, 0);
    assert_ptr_equal(sum.bottleneck_port, reads);
    assert_true(sdse_cost_sum(equal, 2, &sum));
    assert_int_equal(sum.bottleneck_level, -1);
    assert_true(sdse_cost_sum(together, 3, &sum));
    assert_int_equal(sum.bottleneck_level, 0);
    c.bottleneck_port = "outputs updates";
    assert_true(sdse_cost_sum(together, 3, &sum));
    assert_int_equal(sum.bottleneck_level, -1);
}

static void refuses_what_does_not_fit(void **state) {
    (void)state;
    struct sdse_cost much = cost_of(1), sum;
    much.macs = UINT64_MAX / 2;
    const struct sdse_cost_times nests[] = {{&much, 3}};
    assert_false(sdse_cost_sum(nests, 1, &sum));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(adds_by_its_rules),
                                       cmocka_unit_test(bottleneck_of_most_cycles),
                                       cmocka_unit_test(refuses_what_does_not_fit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
