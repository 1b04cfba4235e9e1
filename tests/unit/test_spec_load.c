// The loaders: the examples of docs/formats.md, number sources, overrides, shapes of
// layers, factors of mappings, products of sweeps.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spec/load.h"

struct fixture {
    struct sdse_arena *arena;
    struct sdse_diags diags;
};

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->arena = sdse_arena_new();
    sdse_diags_init(&f->diags, f->arena);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    sdse_arena_free(f->arena);
    free(f);
    return 0;
}

static struct sdse_node *parse(struct fixture *f, const char *text) {
    struct sdse_node *root = NULL;
    enum sdse_status status = sdse_tree_parse_memory(f->arena, "t.yaml", text,
                                                     strlen(text), &f->diags, &root);
    if (status != SDSE_OK)
        sdse_diags_print(&f->diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    return root;
}

static void assert_clean(struct fixture *f, enum sdse_status status) {
    if (status != SDSE_OK || f->diags.first)
        sdse_diags_print(&f->diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    assert_null(f->diags.first);
}

// The indented block of docs/formats.md whose first line is `first`.
static char *manual_example(struct fixture *f, const char *first) {
    FILE *file = fopen(SDSE_SOURCE_DIR "/docs/formats.md", "r");
    assert_non_null(file);
    char line[512];
    char *text = sdse_arena_alloc(f->arena, 1, 16384);
    bool inside = false;
    while (fgets(line, sizeof line, file)) {
        if (!inside && strncmp(line, "    ", 4) == 0 &&
            strncmp(line + 4, first, strlen(first)) == 0)
            inside = true;
        else if (inside && strncmp(line, "    ", 4) != 0)
            break;
        if (inside)
            strcat(text, line + 4);
    }
    fclose(file);
    assert_true(inside);
    return text;
}

static struct sdse_arch *manual_arch(struct fixture *f) {
    struct sdse_arch *arch = NULL;
    struct sdse_node *root = parse(f, manual_example(f, "name: eyeriss"));
    assert_clean(f, sdse_arch_from_tree(f->arena, root, NULL, 0, &f->diags, &arch));
    return arch;
}

static void reads_the_accelerator_of_the_manual(void **state) {
    struct fixture *f = *state;
    struct sdse_arch *arch = manual_arch(f);
    assert_int_equal(arch->level_count, 5);
    assert_int_equal(sdse_arch_instances(arch, 5), 168);
    assert_int_equal(sdse_arch_instances(arch, 2), 168);
    const struct sdse_level *dram = &arch->level[0], *glb = &arch->level[1];
    assert_int_equal(dram->keeps, 7);
    assert_int_equal(dram->capacity_bits, 0);
    assert_int_equal(dram->port_bits, 0);
    assert_true(dram->read_pj.value == 8.0 && dram->update_pj.value == 8.0);
    assert_true(dram->shared_bits_per_cycle.value == 64);
    assert_false(dram->read_bits_per_cycle.given);
    assert_int_equal(glb->capacity_bits, 100 * 8192);
    assert_int_equal(glb->macro_count, 25);
    assert_int_equal(glb->keeps, SDSE_BIT(SDSE_INPUTS) | SDSE_BIT(SDSE_OUTPUTS));
    assert_string_equal(glb->table, "sram_itrs-hp_ed2");
    assert_false(glb->read_pj.given);
    assert_int_equal(glb->fanout_x, 14);
    assert_int_equal(glb->dims_y,
                     SDSE_BIT(SDSE_R) | SDSE_BIT(SDSE_C) | SDSE_BIT(SDSE_K));
    assert_true(glb->network[SDSE_WEIGHTS].multicast);
    assert_false(glb->network[SDSE_OUTPUTS].multicast);
    assert_true(glb->network[SDSE_OUTPUTS].reduce);
    assert_true(glb->network[SDSE_OUTPUTS].hop_pj_per_bit.value == 0.02);
    const struct sdse_level *psum = &arch->level[4];
    assert_string_equal(psum->name, "psum");
    assert_string_equal(psum->group, "spads");
    assert_true(psum->carries_loops);
    assert_false(arch->level[2].carries_loops);
    assert_int_equal(psum->capacity_bits, 24 * 16);
    assert_int_equal(psum->port_bits, 16);
    assert_int_equal(arch->dataflow_count, 1);
    assert_int_equal(arch->dataflows[0].constraint_count, 3);
    assert_int_equal(arch->dataflows[0].constraints[2].level, 4);
    assert_true(arch->count_drain_reads);
}

static void reads_the_workload_of_the_manual(void **state) {
    struct fixture *f = *state;
    struct sdse_workload *net = NULL;
    struct sdse_node *root = parse(f, manual_example(f, "name: tiny"));
    assert_clean(f, sdse_workload_from_tree(f->arena, root, &f->diags, &net));
    assert_int_equal(net->layer_count, 5);
    assert_int_equal(net->layers[4].kind, SDSE_SOFTMAX);
    const uint64_t conv[SDSE_DIMS] = {1, 16, 3, 32, 32, 3, 3, 1};
    const uint64_t dw[SDSE_DIMS] = {1, 1, 1, 16, 16, 3, 3, 16};
    const uint64_t fc[SDSE_DIMS] = {1, 10, 4096, 1, 1, 1, 1, 1};
    const uint64_t qk[SDSE_DIMS] = {1, 128, 64, 128, 1, 1, 1, 12};
    const uint64_t *const bounds[] = {conv, dw, fc, qk};
    for (unsigned i = 0; i < 4; i++)
        assert_memory_equal(net->layers[i].nest.bound, bounds[i], sizeof conv);
    assert_int_equal(net->layers[1].nest.stride[1], 2);
    assert_int_equal(net->layers[1].repeat, 2);
    assert_string_equal(net->layers[2].weights_file, "fc.npy");
    assert_int_equal(net->parameters_not_in_layers, 128);
}

// A kernel of one tap makes a convolution pointwise; one row or column alone does not.
static void kinds_of_convolution(void **state) {
    struct fixture *f = *state;
    static const char text[] =
        "name: n\nsource: s\nbatch: 3\nlayers:\n"
        "- {name: a, kind: conv, in: [8, 4, 6], out_channels: 4, kernel: 1, groups: "
        "2}\n"
        "- {name: b, kind: conv, in: [8, 4, 6], out_channels: 4, kernel: [1, 3], "
        "stride: [2, 1], dilation: [1, 2], pad: [0, 1]}\n"
        "- {name: c, kind: conv, in: [8, 4, 6], out_channels: 4, kernel: [3, 1]}\n"
        "- {name: d, kind: dwconv, in: [8, 4, 6], kernel: 1, "
        "density: {inputs: 0.5, source: measured}}\n";
    struct sdse_workload *net = NULL;
    assert_clean(f, sdse_workload_from_tree(f->arena, parse(f, text), &f->diags, &net));
    static const enum sdse_layer_kind kinds[] = {SDSE_CONV1X1, SDSE_CONV, SDSE_CONV,
                                                 SDSE_DWCONV};
    static const uint64_t bounds[][SDSE_DIMS] = {{3, 2, 4, 4, 6, 1, 1, 2},
                                                 {3, 4, 8, 2, 4, 1, 3, 1},
                                                 {3, 4, 8, 2, 6, 3, 1, 1},
                                                 {3, 1, 1, 4, 6, 1, 1, 8}};
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(net->layers[i].kind, kinds[i]);
        assert_memory_equal(net->layers[i].nest.bound, bounds[i], sizeof bounds[i]);
    }
    assert_int_equal(net->layers[1].nest.stride[0], 2);
    assert_int_equal(net->layers[1].nest.stride[1], 1);
    assert_int_equal(net->layers[1].nest.dilation[1], 2);
    assert_int_equal(net->layers[1].nest.pad[1], 1);
    assert_int_equal(net->layers[1].in_height, 4);
    assert_int_equal(net->layers[1].in_width, 6);
    assert_true(net->layers[3].density[SDSE_INPUTS] == 0.5);
    assert_true(net->layers[3].density[SDSE_WEIGHTS] == 1);
    assert_string_equal(net->layers[3].density_source, "measured");
    assert_null(net->layers[2].density_source);
}

static struct sdse_mapping *manual_mapping(struct fixture *f,
                                           const struct sdse_layer *layer) {
    struct sdse_arch *arch = NULL;
    struct sdse_mapping *mapping = NULL;
    struct sdse_node *root = parse(f, manual_example(f, "name: eyeriss"));
    struct sdse_set wider = {.path = "GLB.fanout.x", .value = "16"};
    assert_clean(f, sdse_arch_from_tree(f->arena, root, &wider, 1, &f->diags, &arch));
    assert_int_equal(arch->level[1].fanout_x, 16);
    root = parse(f, manual_example(f, "mapping:"));
    enum sdse_status status =
        sdse_mapping_from_tree(f->arena, root, arch, layer, &f->diags, &mapping);
    assert_int_equal(status == SDSE_OK, f->diags.errors == 0);
    return mapping;
}

// K: 4 passes of 16, the last of 4: 3 * 16 + 4 = 52 channels.
static const struct sdse_layer mapped = {.nest = {.bound = {1, 52, 32, 2, 14, 3, 1, 1},
                                                  .stride = {1, 1},
                                                  .dilation = {1, 1}}};

static void reads_the_mapping_of_the_manual(void **state) {
    struct fixture *f = *state;
    struct sdse_mapping *mapping = manual_mapping(f, &mapped);
    assert_clean(f, SDSE_OK);
    assert_int_equal(mapping->level_count, 5);
    assert_int_equal(mapping->level[0].temporal.count, 2);
    assert_int_equal(mapping->level[0].temporal.loop[1].dim, SDSE_P);
    assert_int_equal(mapping->level[1].spatial[1].loop[1].factor, 3);
    assert_int_equal(mapping->keeps[1], SDSE_BIT(SDSE_INPUTS) | SDSE_BIT(SDSE_OUTPUTS));
    assert_int_equal(mapping->keeps[3], SDSE_BIT(SDSE_WEIGHTS));
}

static void a_wrong_last_pass_is_refused(void **state) {
    struct fixture *f = *state;
    struct sdse_layer layer = mapped;
    layer.nest.bound[SDSE_K] = 53;
    assert_null(manual_mapping(f, &layer));
    assert_int_equal(f->diags.errors, 1);
    assert_string_equal(f->diags.first->check, "last-pass");
}

static void empty_passes_are_refused(void **state) {
    struct fixture *f = *state;
    struct sdse_layer layer = mapped;
    layer.nest.bound[SDSE_K] = 48; // three passes would do
    assert_null(manual_mapping(f, &layer));
    assert_int_equal(f->diags.errors, 1);
    assert_string_equal(f->diags.first->check, "factors-cover");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_the_accelerator_of_the_manual, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(reads_the_workload_of_the_manual, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(reads_the_mapping_of_the_manual, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(kinds_of_convolution, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wrong_last_pass_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(empty_passes_are_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
