// The order of a group's nests, of which what repeats is said once: written out it is
// heads after heads, tile after tile, part after part, whatever runs they come in.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dse/fusion/order.h"

enum { NESTS = 3, RUNS = 12, MOST = 20000 };

static uint64_t below(uint64_t *state, uint64_t limit) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 33) % limit;
}

struct written {
    size_t count, kind[MOST];
};
static struct written said, plain;

static void write(struct written *to, size_t kind) {
    assert_true(to->count < MOST);
    to->kind[to->count++] = kind;
}

static void write_out(const struct sdse_fused_turn *turn) {
    assert_true(turn->times > 0);
    for (uint64_t t = 0; t < turn->times; t++) {
        for (size_t i = 0; i < turn->count; i++)
            write_out(&turn->turn[i]);
        if (!turn->count)
            write(&said, turn->kind);
    }
}

// A nest of block `block` of the plan, and the function behind it, which is kind 100.
static void write_tile(const struct sdse_tile_run *run, size_t block) {
    for (size_t n = 0; n < run->count; n++) {
        write(&plain, block * NESTS + run->nest[n]);
        if (run->nest[n] == 1)
            write(&plain, 100);
    }
}

static void write_plain(const struct sdse_group_plan *plan, uint64_t all,
                        uint64_t heads) {
    const uint64_t some = plan->tile_heads ? plan->tile_heads : heads;
    for (uint64_t head = 0; head < heads; head += some)
        for (size_t r = 0; r < plan->run_count; r++)
            for (uint64_t t = 0; t < plan->run[r].times; t++) {
                if (!plan->tile_channels)
                    write_tile(&plan->run[r], heads - head < some);
                for (uint64_t c = 0; plan->tile_channels && c < all;
                     c += plan->tile_channels) {
                    const bool last = c + plan->tile_channels >= all;
                    write_tile(&plan->run[r],
                               c == 0  ? 0
                               : !last ? 1
                                       : 1 + (all > 2 * plan->tile_channels));
                }
            }
}

static void test_written_out(void **state) {
    (void)state;
    uint64_t random = 3, folded = 0;
    struct sdse_arena *arena = sdse_arena_new();
    for (int run = 0; run < 4000; run++) {
        static const size_t tile[][2] = {{0, 1}, {1, 2}, {0, 2}};
        struct sdse_tile_run runs[RUNS];
        struct sdse_kind_note note[2 * 3 * NESTS];
        struct sdse_group group = {.first = 0};
        struct sdse_group_plan plan = {.whole = NESTS, .run = runs};
        struct sdse_kinds kinds = {.group = &group, .note = note};
        struct sdse_fused_turn order;
        group.members.heads = 1 + below(&random, 5);
        group.members.channels.count = 2 + below(&random, 7);
        if (group.members.heads > 1)
            plan.tile_heads = below(&random, group.members.heads);
        else
            plan.tile_channels = below(&random, group.members.channels.count);
        plan.count = 3 * NESTS;
        plan.run_count = 1 + below(&random, RUNS);
        for (size_t r = 0; r < plan.run_count; r++)
            runs[r] = (struct sdse_tile_run){1 + below(&random, 3), 2,
                                             tile[below(&random, 3)]};
        for (size_t n = 0; n < plan.count; n++) {
            note[kinds.note_count++] = (struct sdse_kind_note){n, n};
            if (n % NESTS == 1)
                note[kinds.note_count++] = (struct sdse_kind_note){n, 100};
        }
        said.count = plain.count = 0;
        assert_int_equal(sdse_order_find(&kinds, &plan, arena, &order), SDSE_OK);
        assert_int_equal(order.times, 1);
        write_out(&order);
        write_plain(&plan, group.members.channels.count, group.members.heads);
        assert_int_equal(said.count, plain.count);
        assert_memory_equal(said.kind, plain.kind, plain.count * sizeof *plain.kind);
        folded += order.count < plain.count / 2;
        sdse_arena_reset(arena);
    }
    assert_true(folded > 1000);
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_written_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
