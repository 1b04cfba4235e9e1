// The order of a group's nests: written out it is heads after heads, tile after tile,
// part after part, whatever runs they come in; and what repeats in it is said once.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

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

// --- In short ---

static void write_short(const struct sdse_fused_turn *turn, char *text) {
    for (size_t i = 0; i < turn->count; i++) {
        const struct sdse_fused_turn *one = &turn->turn[i];
        strcat(text, i ? " " : "");
        if (one->times > 1)
            sprintf(text + strlen(text), "%u*", (unsigned)one->times);
        if (!one->count) {
            sprintf(text + strlen(text), "%zu", one->kind);
            continue;
        }
        strcat(text, "(");
        write_short(one, text);
        strcat(text, ")");
    }
}

// Runs of tiles, each a digit for how many of them and the kinds of one tile's nests:
// "2:01 1:0" are two tiles of kinds 0 and 1, and one of kind 0. Of `heads` heads two
// are at work at once, or the one that is left, with nests of the same kinds.
static void check_short(const char *runs, uint64_t heads, const char *expected) {
    static const size_t nests[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    struct sdse_tile_run run[RUNS];
    struct sdse_kind_note note[20];
    struct sdse_group group = {.members.heads = heads};
    struct sdse_group_plan plan = {
        .whole = 10, .count = 20, .run = run, .tile_heads = heads > 1 ? 2 : 0};
    struct sdse_kinds kinds = {.group = &group, .note = note, .note_count = 20};
    struct sdse_fused_turn order;
    struct sdse_arena *arena = sdse_arena_new();
    size_t list[RUNS][10];
    for (const char *at = runs; *at; at += *at == ' ') {
        struct sdse_tile_run *next = &run[plan.run_count];
        *next = (struct sdse_tile_run){(uint64_t)(*at - '0'), 0, list[plan.run_count]};
        for (at += 2; *at && *at != ' '; at++)
            list[plan.run_count][next->count++] = nests[*at - '0'];
        plan.run_count++;
    }
    for (size_t n = 0; n < 20; n++)
        note[n] = (struct sdse_kind_note){n, n % 10};
    assert_int_equal(sdse_order_find(&kinds, &plan, arena, &order), SDSE_OK);
    char text[400] = "";
    write_short(&order, text);
    assert_string_equal(text, expected);
    sdse_arena_free(arena);
}

static void test_what_repeats_is_said_once(void **state) {
    (void)state;
    check_short("2:0 3:0", 1, "5*0");
    check_short("1:01 1:01", 1, "2*(0 1)");
    check_short("1:012 1:012", 1, "2*(0 1 2)");
    check_short("1:01 1:01 1:01 1:2", 1, "3*(0 1) 2");
    check_short("1:01012 1:01012", 1, "2*(2*(0 1) 2)");
    check_short("1:0 1:1 1:0 1:1 1:2 1:0 1:1 1:0 1:1 1:2", 4, "4*(2*(0 1) 2)");
    check_short("2:01 1:01 1:01", 1, "4*(0 1)");
    check_short("3:00", 1, "6*0");
    check_short("3:001", 1, "3*(2*0 1)");
    check_short("2:01 1:01 1:01", 4, "8*(0 1)");
    check_short("1:0", 3, "2*0");
    check_short("1:01", 3, "2*(0 1)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_written_out),
        cmocka_unit_test(test_what_repeats_is_said_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
