// Children side by side along a long axis: the words they share, against intervals that
// are sorted and joined; and what an axis too long is told.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "costmodel/model.h"
#include "costmodel/traffic.h"
#include "spec/load.h"

enum { CASES = 4000, MOST_CHILDREN = 1296 };

static uint64_t below(uint64_t *seed, uint64_t bound) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed % bound;
}

static int rising(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

// Length of the union of [o, o + length) over the places of all children.
static uint64_t joined(const struct sdse_view *view, uint64_t length) {
    static uint64_t origin[MOST_CHILDREN];
    uint64_t count = 1, end = 0, sum = 0;
    origin[0] = 0;
    for (unsigned i = 0; i < view->spatial_count[0]; i++) {
        const struct sdse_view_spatial *loop = &view->spatial[0][i];
        const uint64_t step = loop->weight * sdse_window_step(view->nest, loop->dim);
        const uint64_t before = count;
        for (uint64_t at = 1; at < loop->factor; at++)
            for (uint64_t j = 0; j < before; j++)
                origin[count++] = origin[j] + at * step;
    }
    qsort(origin, count, sizeof origin[0], rising);
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t from = origin[i] > end ? origin[i] : end;
        end = origin[i] + length;
        sum += end - from;
    }
    return sum;
}

static void children_share_what_intervals_share(void **state) {
    (void)state;
    uint64_t seed = 5;
    unsigned longer = 0, mixed = 0;
    struct sdse_arch arch = {.level_count = 2};
    arch.level[0].network[SDSE_INPUTS].multicast = true;
    for (unsigned i = 0; i < CASES; i++) {
        struct sdse_nest nest = {
            .stride = {1, 1u + (uint32_t)below(&seed, i % 2 ? 4 : 5000)},
            .dilation = {1, 1u + (uint32_t)below(&seed, i % 2 ? 4 : 5000)}};
        struct sdse_view view = {.arch = &arch, .nest = &nest, .level_count = 2};
        for (int d = 0; d < SDSE_DIMS; d++)
            nest.bound[d] = view.tile[1][d] = 1;
        view.fanout_used[0] = 1;
        uint64_t weight[2] = {1 + below(&seed, 40), 1 + below(&seed, 5)};
        view.tile[1][SDSE_Q] = weight[0];
        view.tile[1][SDSE_S] = weight[1];
        uint64_t reach =
            sdse_window_extent(weight[0], weight[1], nest.stride[1], nest.dilation[1]);
        bool dims[2] = {false, false};
        for (unsigned l = 0; l < 4; l++) {
            const unsigned tap = (unsigned)below(&seed, 2);
            struct sdse_view_spatial *loop = &view.spatial[0][view.spatial_count[0]++];
            *loop = (struct sdse_view_spatial){.dim = tap ? SDSE_S : SDSE_Q,
                                               .factor = 2 + below(&seed, 5),
                                               .weight = weight[tap]};
            weight[tap] *= loop->factor + below(&seed, 2) * below(&seed, 20);
            view.fanout_used[0] *= loop->factor;
            reach +=
                (loop->factor - 1) * loop->weight * sdse_window_step(&nest, loop->dim);
            dims[tap] = true;
        }
        const uint64_t extent =
            sdse_window_extent(view.tile[1][SDSE_Q], view.tile[1][SDSE_S],
                               nest.stride[1], nest.dilation[1]);
        const struct sdse_visits once = {.whole = 1};
        assert_int_equal(sdse_merged_words(&view, SDSE_INPUTS, 0, 1, &once, true),
                         joined(&view, extent));
        // Along one of its dimensions every place is a window of its own.
        if (dims[0] && dims[1])
            assert_int_equal(sdse_sharing_groups(&view, SDSE_INPUTS, 0, 1),
                             joined(&view, 1));
        longer += reach > 65536;
        mixed += dims[0] && dims[1];
    }
    assert_in_range(longer, CASES / 4, CASES);
    assert_in_range(mixed, CASES / 2, CASES);
}

// Windows that reach over at most 2^22 positions can be listed.
static void the_longest_axis_is_told(void **state) {
    (void)state;
    struct sdse_arch arch = {.clock_ghz = 1, .bits = {8, 8, 8}, .partial_bits = 8};
    for (uint32_t over = 0; over < 2; over++) {
        struct sdse_layer layer = {.kind = SDSE_CONV,
                                   .nest = {.bound = {1, 1, 1, 1, 2, 1, 2, 1},
                                            .stride = {1, 1},
                                            .dilation = {1, (1u << 22) - 2 + over}},
                                   .repeat = 1,
                                   .density = {1, 1, 1}};
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_model *model;
        assert_int_equal(sdse_model_new(&arch, &layer, NULL, arena, &model),
                         over ? SDSE_OVERFLOW : SDSE_OK);
        // Windows of one tap, side by side, leave nothing out: any length.
        layer.nest.bound[SDSE_Q] = 1u << 30;
        layer.nest.bound[SDSE_S] = 1;
        assert_int_equal(sdse_model_new(&arch, &layer, NULL, arena, &model), SDSE_OK);
        layer.nest.stride[1] = 2;
        assert_int_equal(sdse_model_new(&arch, &layer, NULL, arena, &model),
                         SDSE_OVERFLOW);
        // One window of two taps far apart leaves as much out.
        layer.nest.bound[SDSE_Q] = layer.nest.stride[1] = 1;
        layer.nest.bound[SDSE_S] = 2;
        layer.nest.dilation[1] = (1u << 22) - 1 + over;
        assert_int_equal(sdse_model_new(&arch, &layer, NULL, arena, &model),
                         over ? SDSE_OVERFLOW : SDSE_OK);
        sdse_arena_free(arena);
    }
}

// The axis that is too long is named, rows or columns.
static void the_axis_is_named(void **state) {
    (void)state;
    static const struct {
        const char *in, *kernel, *says;
    } cases[] = {{"[1, 9, 4194305]", "[1, 3]", "over 4194305 columns;"},
                 {"[1, 4194305, 9]", "[3, 1]", "over 4194305 rows;"}};
    for (size_t i = 0; i < 2; i++) {
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_diags diags;
        struct sdse_node *root;
        struct sdse_workload *net;
        sdse_diags_init(&diags, arena);
        const char *text = sdse_arena_printf(
            arena,
            "name: n\nsource: x\nlayers:\n"
            "  - {name: a, kind: conv, in: %s, out_channels: 2, kernel: %s}\n",
            cases[i].in, cases[i].kernel);
        assert_int_equal(
            sdse_tree_parse_memory(arena, "n.yaml", text, strlen(text), &diags, &root),
            SDSE_OK);
        assert_int_equal(sdse_workload_from_tree(arena, root, &diags, &net),
                         SDSE_INVALID);
        assert_int_equal(diags.errors, 1);
        assert_string_equal(diags.first->check, "axis-too-long");
        assert_non_null(strstr(diags.first->message, cases[i].says));
        sdse_arena_free(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(children_share_what_intervals_share),
        cmocka_unit_test(the_longest_axis_is_told),
        cmocka_unit_test(the_axis_is_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
