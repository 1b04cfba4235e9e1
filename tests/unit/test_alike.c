// What accelerators share that differ in numbers only: which changes of a text are
// seen, and which neighbours lie in between.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "dse/sweep/alike.h"

static const char base[] =
    "name: \"a, capacity_bits: 7\"\nclock_ghz: 0.5\nlevels:\n"
    "  - level: DRAM\n    memory: {name: DRAM, class: dram, banks: 1,"
    " shared_bits_per_cycle: {value: 4, mark: D, source: \"a \\\"}\\\" b\"},"
    " read_pj_per_bit: 0.5, fill_pj_per_bit: {value: 0.25, mark: D},"
    " pass: {start_cycles: {value: 3, mark: D, source: x}},"
    " area_um2: {value: 10, mark: L, source: y}, capacity_bits: {value: 1024, mark: D,"
    " source: override}}\n"
    "      outputs: {topology: tree, hop_pj_per_bit: {value: 0, mark: D, source: z}}\n"
    "compute: {pj_per_mac: 2, leakage_mw: 1}\n";

// The base with the first `from` replaced.
static struct sdse_alike *changed(const char *from, const char *to,
                                  struct sdse_arena *arena) {
    const char *at = strstr(base, from);
    assert_non_null(at);
    char *text = sdse_arena_printf(arena, "%.*s%s%s", (int)(at - base), base, to,
                                   at + strlen(from));
    struct sdse_alike *alike = sdse_alike_of(text, arena);
    assert_non_null(alike);
    return alike;
}

static void numbers_are_told_from_the_rest(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_alike *a = sdse_alike_of(base, arena);
    static const double number[] = {4, 0.5, 0.25, 1024, 2, 1};
    static const enum sdse_alike_kind kind[] = {
        SDSE_ALIKE_BANDWIDTH, SDSE_ALIKE_PRICE, SDSE_ALIKE_PRICE,
        SDSE_ALIKE_CAPACITY,  SDSE_ALIKE_PRICE, SDSE_ALIKE_PRICE};
    assert_int_equal(a->count, 6);
    for (size_t i = 0; i < a->count; i++) {
        assert_true(a->number[i] == number[i]);
        assert_int_equal(a->kind[i], kind[i]);
    }
    assert_false(a->forgets);
    static const struct {
        const char *from, *to;
        bool alike;
    } changes[] = {
        {"value: 4", "value: 5", true},
        {"a \\\"}\\\" b", "another", true}, // where a number is from
        {"mark: D, source: \"", "mark: L, source: \"", true},
        {"read_pj_per_bit: 0.5", "read_pj_per_bit: 0.75", true},
        {"read_pj_per_bit: 0.5", "read_pj: 0.5", false},
        {"value: 0.25", "value: 1e9", true},
        {"value: 0.25", "value: 0", false}, // free
        {"value: 3", "value: 4", false},
        {"source: x", "source: w", true},
        {"value: 10", "value: 11", true},
        {"value: 1024", "value: 2048", true},
        {"value: 0,", "value: 1,", false},
        {"pj_per_mac: 2", "pj_per_mac: 3", true},
        {"leakage_mw: 1", "leakage_mw: 2", true},
        {"leakage_mw: 1", "leakage_mw: 0", false},
        {"clock_ghz: 0.5", "clock_ghz: 1", false},
        {"capacity_bits: 7", "capacity_bits: 8", false}, // in a name
        {"banks: 1", "banks: 2", false},
        {"tree", "mesh", false},
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const struct sdse_alike *b = changed(changes[i].from, changes[i].to, arena);
        if (sdse_hash_same(a->rest, b->rest) != changes[i].alike)
            fail_msg("%s -> %s", changes[i].from, changes[i].to);
    }
    assert_true(changed("class: dram", "class: edram", arena)->forgets);
    assert_true(changed("banks: 1", "banks: 1, max_lifetime_us: 7", arena)->forgets);
    sdse_arena_free(arena);
}

// Every number that alike accelerators may differ in, and some that they may not.
static void all_keys_are_known(void **state) {
    (void)state;
    static const struct {
        const char *key;
        int kind; // -1: none
    } keys[] = {{"read_pj", SDSE_ALIKE_PRICE},
                {"read_pj_per_bit", SDSE_ALIKE_PRICE},
                {"fill_pj", SDSE_ALIKE_PRICE},
                {"fill_pj_per_bit", SDSE_ALIKE_PRICE},
                {"update_pj", SDSE_ALIKE_PRICE},
                {"update_pj_per_bit", SDSE_ALIKE_PRICE},
                {"hop_pj_per_bit", SDSE_ALIKE_PRICE},
                {"router_pj_per_bit", SDSE_ALIKE_PRICE},
                {"pj_per_bit", SDSE_ALIKE_PRICE},
                {"pj_per_add", SDSE_ALIKE_PRICE},
                {"pj_per_mac", SDSE_ALIKE_PRICE},
                {"leakage_mw", SDSE_ALIKE_PRICE},
                {"capacity_bits", SDSE_ALIKE_CAPACITY},
                {"read_bits_per_cycle", SDSE_ALIKE_BANDWIDTH},
                {"write_bits_per_cycle", SDSE_ALIKE_BANDWIDTH},
                {"shared_bits_per_cycle", SDSE_ALIKE_BANDWIDTH},
                {"clock_ghz", -1},
                {"pj_per_shift_add", -1},
                {"area_um2", -1}};
    struct sdse_arena *arena = sdse_arena_new();
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct sdse_alike *alike = sdse_alike_of(
            sdse_arena_printf(arena, "name: a\n%s: 3\n", keys[i].key), arena);
        if (alike->count != (keys[i].kind >= 0) ||
            (alike->count && ((int)alike->kind[0] != keys[i].kind ||
                              !(alike->number[0] > 2 && alike->number[0] < 4))))
            fail_msg("%s", keys[i].key);
    }
    sdse_arena_free(arena);
}

static void neighbours_lie_between(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_alike *a = sdse_alike_of(base, arena),
                            *two = changed("read_pj_per_bit: 0.5, fill_pj_per_bit: "
                                           "{value: 0.25",
                                           "read_pj_per_bit: 0.6, fill_pj_per_bit: "
                                           "{value: 0.3",
                                           arena),
                            *three = changed("read_pj_per_bit: 0.5, fill_pj_per_bit: "
                                             "{value: 0.25",
                                             "read_pj_per_bit: 0.7, fill_pj_per_bit: "
                                             "{value: 0.35",
                                             arena),
                            *bent = changed("read_pj_per_bit: 0.5, fill_pj_per_bit: "
                                            "{value: 0.25",
                                            "read_pj_per_bit: 0.6, fill_pj_per_bit: "
                                            "{value: 0.3000000001",
                                            arena);
    assert_true(sdse_alike_price_between(a, two, three));
    assert_true(sdse_alike_price_between(three, two, a));
    assert_false(sdse_alike_price_between(a, three, two));
    assert_false(sdse_alike_price_between(two, a, three));
    assert_false(sdse_alike_price_between(a, a, three)); // the end itself
    assert_false(sdse_alike_price_between(a, bent, three));
    const struct sdse_alike *wider = changed("value: 4", "value: 6", arena),
                            *larger = changed("value: 1024", "value: 2048", arena);
    assert_false(sdse_alike_price_between(a, two, wider));
    assert_true(sdse_alike_limit_between(a, a, wider));
    assert_true(sdse_alike_limit_between(a, larger, larger));
    assert_false(sdse_alike_limit_between(a, larger, wider));
    assert_false(sdse_alike_limit_between(wider, a, wider));
    assert_false(sdse_alike_limit_between(a, two, a));
    assert_true(sdse_alike_compare(a, wider) < 0);
    assert_true(sdse_alike_compare(wider, a) > 0);
    assert_true(sdse_alike_compare(a, two) < 0 && sdse_alike_compare(two, wider) < 0);
    assert_int_equal(sdse_alike_compare(a, changed("source: x", "source: w", arena)),
                     0);
    const struct sdse_alike *other = changed("banks: 1", "banks: 2", arena);
    assert_false(sdse_alike_limit_between(a, a, other));
    assert_false(sdse_alike_limit_between(a, other, other));
    other = changed("banks: 1, shared_bits_per_cycle: {value: 4, mark: D, source:"
                    " \"a \\\"}\\\" b\"}, read_pj_per_bit: 0.5, fill_pj_per_bit: "
                    "{value: 0.25",
                    "banks: 2, shared_bits_per_cycle: {value: 4, mark: D, source: x},"
                    " read_pj_per_bit: 0.7, fill_pj_per_bit: {value: 0.35",
                    arena);
    assert_false(sdse_alike_price_between(a, two, other));
    struct sdse_alike *forgets = changed("class: dram", "class: edram", arena);
    assert_false(sdse_alike_limit_between(forgets, forgets, forgets));
    sdse_arena_free(arena);
}

static void rounding_keeps_two_binary_digits(void **state) {
    (void)state;
    static const double pairs[][2] = {
        {1, 1},   {1.2, 1}, {1.3, 1.5},     {1.7, 1.5},   {1.8, 2}, {3.4, 3},
        {3.6, 4}, {5, 6},   {0.1, 0.09375}, {1000, 1024}, {0, 0}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_true(sdse_alike_round(pairs[i][0]) == pairs[i][1]);
    struct sdse_arena *arena = sdse_arena_new();
    const char *text = sdse_alike_rounded(base, arena);
    assert_non_null(strstr(text, "pj_per_mac: 2, leakage_mw: 1"));
    assert_non_null(strstr(text, "a, capacity_bits: 7"));
    const char *odd = "x: {pj_per_mac: {value: 1.2, mark: D, source: \"pj_per_mac: "
                      "1.2\"}, capacity_bits: 1111, read_bits_per_cycle: 5}";
    assert_string_equal(sdse_alike_rounded(odd, arena),
                        "x: {pj_per_mac: {value: 1, mark: D, source: \"pj_per_mac: "
                        "1.2\"}, capacity_bits: 1111, read_bits_per_cycle: 6}");
    const struct sdse_alike *a = sdse_alike_of(base, arena);
    const struct sdse_hash hash = sdse_alike_rounded_hash(a);
    assert_true(sdse_hash_same(
        hash, sdse_alike_rounded_hash(changed("value: 4", "value: 4.2", arena))));
    assert_false(sdse_hash_same(
        hash, sdse_alike_rounded_hash(changed("value: 4", "value: 6", arena))));
    assert_false(sdse_hash_same(
        hash, sdse_alike_rounded_hash(changed("value: 1024", "value: 1025", arena))));
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_told_from_the_rest),
        cmocka_unit_test(all_keys_are_known),
        cmocka_unit_test(neighbours_lie_between),
        cmocka_unit_test(rounding_keeps_two_binary_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
