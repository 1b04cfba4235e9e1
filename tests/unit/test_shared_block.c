// The block that the sites of a network share: where it comes, what it multiplies, and
// that its weights are stored once for each width.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spec/load.h"
#include "spec/tree.h"
#include "spec/types/form.h"
#include "spec/types/touched.h"
#include "spec/write.h"
#include "support/group_arena.h"

static struct sdse_workload *load(const char *text) {
    struct sdse_node *root = NULL;
    struct sdse_workload *net = NULL;
    char *copy = sdse_arena_strdup(arena, text);
    sdse_tree_parse_memory(arena, "net", copy, strlen(copy), &diags, &root);
    assert_non_null(root);
    sdse_workload_from_tree(arena, root, &diags, &net);
    sdse_diags_print(&diags, stderr, false);
    assert_non_null(net);
    return net;
}

#define LAYERS                                                                         \
    "layers:\n"                                                                        \
    "  - {name: c1, kind: conv, in: [3, 16, 12], out_channels: 8, kernel: 3, pad: 1, " \
    "stride: 2}\n"                                                                     \
    "  - {name: relu, kind: act, in: [8, 8, 6]}\n"                                     \
    "  - {name: dw, kind: dwconv, in: [8, 8, 6], kernel: 3, pad: 1, repeat: 3}\n"      \
    "  - {name: g, kind: conv, in: [8, 8, 6], out_channels: 12, kernel: 1, groups: "   \
    "4, repeat: 2}\n"                                                                  \
    "  - {name: fc, kind: fc, in: 576, out_channels: 10}\n"

static const struct sdse_layer *named(const struct sdse_workload *net,
                                      const char *name) {
    for (size_t i = 0; i < net->layer_count; i++)
        if (strcmp(net->layers[i].name, name) == 0)
            return &net->layers[i];
    return NULL;
}

static uint64_t macs(const struct sdse_workload *net) {
    uint64_t sum = 0;
    for (size_t i = 0; i < net->layer_count; i++)
        sum += sdse_layer_macs(&net->layers[i]) * net->layers[i].repeat;
    return sum;
}

static uint64_t stored(const struct sdse_workload *net) {
    uint64_t sum = 0;
    for (size_t i = 0; i < net->layer_count; i++)
        if (sdse_layer_stores_weights(&net->layers[i]))
            sum += sdse_tile_words(&net->layers[i].nest, SDSE_WEIGHTS,
                                   net->layers[i].nest.bound) *
                   sdse_layer_copies(&net->layers[i]);
    return sum;
}

// C C H W at every site and for every repeat, C C words for every width.
static void macs_are_those_of_all_sites_and_weights_of_one(void **state) {
    (void)state;
    const struct sdse_workload *plain = load("name: n\nsource: t\nbatch: 5\n" LAYERS);
    const struct sdse_workload *net = load("name: n\nsource: t\nbatch: 5\n"
                                           "shared_block: {after: all}\n" LAYERS);
    const uint64_t area = 8 * 6, sites = 8 * 8 * (1 + 3) + 12 * 12 * 2;
    assert_int_equal(macs(net) - macs(plain), 5 * area * sites);
    assert_int_equal(stored(net) - stored(plain), 8 * 8 + 12 * 12);
    static const char *const order[] = {"c1",       "c1.shared",      "relu",
                                        "dw",       "dw.shared",      "g",
                                        "g.shared", "g.shared.again", "fc"};
    assert_int_equal(net->layer_count, sizeof order / sizeof *order);
    for (size_t i = 0; i < net->layer_count; i++)
        assert_string_equal(net->layers[i].name, order[i]);
    const struct sdse_layer *dw = named(net, "dw.shared"),
                            *again = named(net, "g.shared.again");
    assert_int_equal(dw->kind, SDSE_CONV1X1);
    assert_int_equal(sdse_nest_input_words(&dw->nest), 5 * 8 * 8 * 6);
    assert_int_equal(dw->nest.map[0], 8);
    assert_int_equal(dw->nest.map[1], 6);
    assert_string_equal(dw->shares_weights, "c1.shared");
    assert_int_equal(dw->repeat, 3);
    assert_string_equal(again->shares_weights, "g.shared");
    assert_int_equal(again->repeat, 1);
    assert_null(named(net, "g.shared")->shares_weights);
}

static void sites_are_chosen_by_name_and_kind(void **state) {
    (void)state;
    const struct sdse_workload *one =
        load("name: n\nsource: t\nshared_block: {after: dwconv}\n" LAYERS);
    assert_int_equal(one->layer_count, 7);
    assert_int_equal(named(one, "dw.shared")->repeat, 1);
    assert_int_equal(named(one, "dw.shared.again")->repeat, 2);
    const struct sdse_workload *two =
        load("name: n\nsource: t\nshared_block: {after: [g, c1]}\n" LAYERS);
    assert_non_null(named(two, "c1.shared"));
    assert_non_null(named(two, "g.shared"));
    assert_null(named(two, "dw.shared"));
}

// What is written has the blocks as layers, and is read as what it was.
static void a_network_with_blocks_round_trips(void **state) {
    (void)state;
    const struct sdse_workload *net = load("name: n\nsource: t\nbatch: 2\n"
                                           "shared_block: {after: all}\n" LAYERS);
    const char *text = sdse_workload_text(arena, net);
    const struct sdse_workload *again = load(text);
    assert_string_equal(sdse_workload_text(arena, again), text);
    assert_int_equal(macs(again), macs(net));
    assert_int_equal(stored(again), stored(net));
}

// A step of training has the gradients of the shared weights at every site.
static void blocks_are_trained(void **state) {
    (void)state;
    const struct sdse_workload *net =
        load("name: n\nsource: t\nshared_block: {after: [c1, dw]}\n"
             "training: {batch: 2, optimiser: sgd}\n" LAYERS);
    assert_non_null(named(net, "c1.shared.dW"));
    assert_non_null(named(net, "dw.shared.dW"));
    assert_non_null(named(net, "c1.shared.update"));
    assert_null(named(net, "dw.shared.update"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(macs_are_those_of_all_sites_and_weights_of_one),
        cmocka_unit_test(sites_are_chosen_by_name_and_kind),
        cmocka_unit_test(a_network_with_blocks_round_trips),
        cmocka_unit_test(blocks_are_trained),
    };
    return cmocka_run_group_tests(tests, begin_arena, end_arena);
}
