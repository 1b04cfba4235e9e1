// Keys of a network written anew, and the words that choose layers: which layers each
// is about, for layers of every kind.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec/network_changes.h"
#include "support/scratch_folder.h"

// Layers that multiply, then layers that only move words.
static const char every_kind[] =
    "name: kinds\nsource: made up\nlayers:\n"
    "  - {name: m0, kind: conv, in: [4, 6, 6], out_channels: 8, kernel: 3}\n"
    "  - {name: m1, kind: conv, in: [4, 6, 6], out_channels: 8, kernel: 1}\n"
    "  - {name: m2, kind: dwconv, in: [4, 6, 6], kernel: 3}\n"
    "  - {name: m3, kind: fc, in: 8, out_channels: 8}\n"
    "  - {name: m4, kind: matmul, m: 4, k: 4, n: 4}\n"
    "  - {name: m5, kind: conv1d, in: [4, 8], out_channels: 8, kernel: 3}\n"
    "  - {name: m6, kind: deconv, in: [4, 6, 6], out_channels: 8, kernel: 2, stride: "
    "2}\n"
    "  - {name: m7, kind: conv3d, in: [4, 2, 6, 6], out_channels: 8, kernel: [1, 3, "
    "3]}\n"
    "  - {name: s0, kind: pool, in: [4, 6, 6], kernel: 2, stride: 2}\n"
    "  - {name: s1, kind: maxpool, in: [4, 6, 6], kernel: 2, stride: 2}\n"
    "  - {name: s2, kind: avgpool, in: [4, 6, 6], kernel: 2, stride: 2}\n"
    "  - {name: s3, kind: add, in: [4, 6, 6]}\n"
    "  - {name: s4, kind: norm, in: [4, 6, 6]}\n"
    "  - {name: s5, kind: softmax, in: [4, 6, 6]}\n"
    "  - {name: s6, kind: act, in: [4, 6, 6]}\n";

// The network `file` with the keys `changes`, NULL when it is refused.
static struct sdse_workload *changed(struct sdse_arena *arena, const char *file,
                                     const char *changes, struct sdse_diags *diags) {
    struct sdse_node *map = NULL;
    struct sdse_network_changes list = {0};
    struct sdse_workload *out = NULL;
    sdse_diags_init(diags, arena);
    assert_int_equal(sdse_tree_parse_memory(arena, "changes.yaml", changes,
                                            strlen(changes), diags, &map),
                     SDSE_OK);
    assert_true(sdse_read_network_changes(arena, map, diags, &list));
    if (diags->errors)
        return NULL;
    return sdse_workload_load_changed(arena, at(file), &list, diags, &out) == SDSE_OK
               ? out
               : NULL;
}

static void multiplying_is_all_that_multiplies(void **state) {
    (void)state;
    make("kinds.yaml", every_kind);
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_workload *net =
        changed(arena, "kinds.yaml",
                "batch: 3\nlayers: {multiplying: {density: {inputs: 0.5}}, "
                "m2: {density: {inputs: 0.25}}}\n",
                &diags);
    sdse_diags_print(&diags, stderr, false);
    assert_non_null(net);
    size_t multiplying = 0;
    for (size_t i = 0; i < net->layer_count; i++) {
        const struct sdse_layer *layer = &net->layers[i];
        const bool moves = layer->name[0] == 's';
        assert_int_equal(moves, sdse_layer_moves(layer));
        const double wanted = moves                                ? 1
                              : strncmp(layer->name, "m2", 2) == 0 ? 0.25
                                                                   : 0.5;
        if (layer->density[SDSE_INPUTS] != wanted)
            fail_msg("%s: %g", layer->name, layer->density[SDSE_INPUTS]);
        multiplying += !moves;
    }
    assert_true(multiplying >= 8);
    assert_int_equal(net->layers[0].nest.bound[SDSE_N], 3);
    sdse_arena_free(arena);
}

// Which layers a word means; "" is none.
static void means(const struct sdse_workload *net, const char *word,
                  const char *wanted) {
    char found[600] = "";
    for (size_t i = 0; i < net->layer_count; i++)
        if (sdse_word_means_layer(net, word, &net->layers[i]))
            snprintf(found + strlen(found), sizeof found - strlen(found), "%s ",
                     net->layers[i].name);
    if (strcmp(found, wanted) != 0)
        fail_msg("'%s' means '%s' where '%s' is meant", word, found, wanted);
}

static void words_mean_names_then_kinds(void **state) {
    (void)state;
    make("plain.yaml",
         "name: plain\nsource: made up\nlayers:\n"
         "  - {name: a, kind: conv, in: [4, 6, 6], out_channels: 8, kernel: 3}\n"
         "  - {name: r, kind: act, in: [8, 4, 4]}\n"
         "  - {name: b, kind: fc, in: 8, out_channels: 8}\n"
         "  - {name: p, kind: maxpool, in: [8, 4, 4], kernel: 2, stride: 2}\n"
         "  - {name: conv, kind: fc, in: 8, out_channels: 8}\n");
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_workload *net = changed(arena, "plain.yaml", "{}", &diags);
    assert_non_null(net);
    means(net, "all", "a r b p conv ");
    means(net, "multiplying", "a b conv ");
    means(net, "b", "b ");
    means(net, "fc", "b conv ");
    means(net, "act", "r ");
    means(net, "pool", "p ");
    means(net, "conv", "conv "); // a layer's name, though there is a conv
    means(net, "dwconv", "");
    means(net, "none", "");
    static const char *const kinds[] = {"all",    "multiplying", "conv",    "conv1x1",
                                        "dwconv", "fc",          "matmul",  "pool",
                                        "add",    "norm",        "softmax", "act"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        assert_true(sdse_word_is_layer_kind(kinds[i]));
    assert_false(sdse_word_is_layer_kind("a"));
    assert_false(sdse_word_is_layer_kind(""));
    sdse_arena_free(arena);
}

// A layer that has the name of a group of layers is meant alone.
static void a_name_is_before_a_group(void **state) {
    (void)state;
    make("named.yaml",
         "name: named\nsource: made up\nlayers:\n"
         "  - {name: multiplying, kind: fc, in: 8, out_channels: 8}\n"
         "  - {name: other, kind: fc, in: 8, out_channels: 8, repeat: 2}\n"
         "  - {name: all, kind: fc, in: 8, out_channels: 8}\n");
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_workload *net =
        changed(arena, "named.yaml",
                "{layers: {multiplying: {repeat: 7}, all: {repeat: 5}}}", &diags);
    assert_non_null(net);
    assert_int_equal(net->layers[0].repeat, 7);
    assert_int_equal(net->layers[1].repeat, 2);
    assert_int_equal(net->layers[2].repeat, 5);
    means(net, "multiplying", "multiplying ");
    means(net, "all", "all ");
    sdse_arena_free(arena);
}

// What is there is replaced where it stands, what is not comes behind; what follows it
// is still read. A layer is known by the name that its file gives it.
static void keys_around_a_change_stay(void **state) {
    (void)state;
    make("net.yaml", "name: net\nbatch: 2\nsource: made up\nlayers:\n"
                     "  - {name: a, repeat: 2, kind: fc, in: 8, out_channels: 8}\n"
                     "  - {name: b, kind: fc, in: 8, out_channels: 8}\n");
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_workload *net =
        changed(arena, "net.yaml",
                "{name: new, batch: 5, layers: {a: {name: c, repeat: 3, out_channels: "
                "4}, b: {repeat: 9, in: 16}}}",
                &diags);
    sdse_diags_print(&diags, stderr, false);
    assert_non_null(net);
    assert_string_equal(net->name, "new");
    assert_int_equal(net->layer_count, 2);
    assert_string_equal(net->layers[0].name, "c");
    assert_int_equal(net->layers[0].repeat, 3);
    assert_int_equal(net->layers[0].nest.bound[SDSE_K], 4);
    assert_int_equal(net->layers[0].nest.bound[SDSE_C], 8);
    assert_int_equal(net->layers[0].nest.bound[SDSE_N], 5);
    assert_int_equal(net->layers[1].repeat, 9);
    assert_int_equal(net->layers[1].nest.bound[SDSE_C], 16);
    sdse_arena_free(arena);
}

static void lists_are_no_changes(void **state) {
    (void)state;
    static const char *const refused[] = {"{layers: [{batch: 2}]}", "{layers: 3}",
                                          "{layers: {a: [{repeat: 2}]}}",
                                          "[{batch: 2}]", "{layers: {a: 3}}"};
    make("net.yaml", "name: net\nsource: made up\nlayers:\n"
                     "  - {name: a, kind: fc, in: 8, out_channels: 8}\n");
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_diags diags;
        assert_null(changed(arena, "net.yaml", refused[i], &diags));
        assert_int_equal(diags.errors, 1);
        assert_true(sdse_diags_fired(&diags, "wrong-type"));
        sdse_arena_free(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(multiplying_is_all_that_multiplies),
        cmocka_unit_test(words_mean_names_then_kinds),
        cmocka_unit_test(a_name_is_before_a_group),
        cmocka_unit_test(keys_around_a_change_stay),
        cmocka_unit_test(lists_are_no_changes),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
