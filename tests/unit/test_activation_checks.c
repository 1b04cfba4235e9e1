// What a network's file may say of a layer's inputs, to the edge of what can be.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "spec/load.h"

// Whether a layer of four channels may have these activations.
static bool admitted(const char *activations) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    const char *text = sdse_arena_printf(
        arena,
        "name: n\nsource: x\nlayers:\n  - {name: a, kind: conv, in: [4, 6, 6], "
        "out_channels: 4, kernel: 3, groups: 2, activations: {mark: assumed, %s}}\n",
        activations);
    struct sdse_node *root = NULL;
    struct sdse_workload *net = NULL;
    assert_int_equal(
        sdse_tree_parse_memory(arena, "n.yaml", text, strlen(text), &diags, &root),
        SDSE_OK);
    const bool good = sdse_workload_from_tree(arena, root, &diags, &net) == SDSE_OK;
    assert_int_equal(good, diags.errors == 0);
    sdse_arena_free(arena);
    return good;
}

// Values with `digits` digits, half of all, in words of so many bits.
static bool has_digits(const char *encoding, unsigned bits, bool is_signed,
                       unsigned digits) {
    char text[400];
    int used = snprintf(text, sizeof text,
                        "bits: %u, signed: %s, density: 0.5, digits: {%s: [1", bits,
                        is_signed ? "true" : "false", encoding);
    for (unsigned d = 1; d <= digits; d++)
        used += snprintf(text + used, sizeof text - (size_t)used, ", %d", d == digits);
    snprintf(text + used, sizeof text - (size_t)used, "]}");
    return admitted(text);
}

// The most digits that words can have: by writing all of them down.
static void digits_are_those_of_the_words(void **state) {
    (void)state;
    for (unsigned bits = 2; bits <= 10; bits++) {
        for (int is_signed = 0; is_signed < 2; is_signed++) {
            unsigned most[3] = {0, 0, 0};
            const int64_t first = is_signed ? -((int64_t)1 << (bits - 1)) : 0;
            const int64_t last = first + ((int64_t)1 << bits) - 1;
            for (int64_t v = first; v <= last; v++) {
                // Plain digits are of the magnitude; the most negative word is
                // clamped.
                uint64_t rest = (uint64_t)(v < 0 ? -v : v);
                unsigned plain = 0, booth = 0, csd = 0;
                if (!is_signed || v > first)
                    for (uint64_t m = rest; m; m >>= 1)
                        plain += m & 1;
                // Radix 4: two bits and the one before; an unsigned word has a 0 in
                // front.
                for (unsigned i = 0; i < bits + !is_signed; i += 2) {
                    const unsigned group =
                        (unsigned)((i ? (uint64_t)v >> (i - 1) : (uint64_t)v << 1) & 7);
                    booth += group != 0 && group != 7;
                }
                if (!is_signed || v > first) // no two digits stand together
                    for (uint64_t m = rest; m; m >>= 1)
                        if (m & 1) {
                            csd++;
                            if ((m & 3) == 3)
                                m++;
                            else
                                m--;
                        }
                most[0] = plain > most[0] ? plain : most[0];
                most[1] = booth > most[1] ? booth : most[1];
                most[2] = csd > most[2] ? csd : most[2];
            }
            static const char *const encodings[] = {"plain", "booth4", "csd"};
            for (int e = 0; e < 3; e++)
                for (unsigned digits = 1; digits <= most[e] + 1 && digits <= 9;
                     digits++)
                    if (has_digits(encodings[e], bits, is_signed, digits) !=
                        (digits <= most[e]))
                        fail_msg("%s, %u bits, %s: %u digits, the most are %u",
                                 encodings[e], bits, is_signed ? "signed" : "unsigned",
                                 digits, most[e]);
        }
    }
}

// As many as the widest words can have, and no more numbers than that.
static void the_widest_words_have_most(void **state) {
    (void)state;
    assert_true(has_digits("plain", SDSE_ACTIVATION_BITS, false, SDSE_ACTIVATION_BITS));
    assert_false(
        has_digits("plain", SDSE_ACTIVATION_BITS, false, SDSE_ACTIVATION_BITS + 1));
    assert_false(admitted("density: 0, digits: {plain: []}"));
    // A histogram has room for one digit more than words have bits.
#define WIDEST "density: 0.5, digits: {plain: [1, 1"
#define ZEROS ", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0"
    assert_true(admitted(WIDEST ZEROS "]}"));
    assert_false(admitted(WIDEST ZEROS ", 0]}"));
}

static void shares_agree(void **state) {
    (void)state;
    // Rows are zero where all their values are.
    assert_true(admitted("density: 0.5, row_density: 0.5"));
    assert_true(admitted("density: 0.5, row_density: 0.4995"));
    assert_true(admitted("density: 0.5, row_density: 1"));
    assert_false(admitted("density: 0.5, row_density: 0.49"));
    // The mean of all channels, of both groups.
    assert_true(admitted("density: 0.5, channels: [0.25, 0.75, 0, 1]"));
    assert_false(admitted("density: 0.5, channels: [0.25, 0.75]"));
    assert_false(admitted("density: 0.25, channels: [0.25, 0.75, 0, 1]"));
    assert_false(admitted("density: 1, channels: [0.25, 0.75, 0, 1]"));
    // Values without digits are zero.
    assert_true(admitted("density: 0.5, digits: {plain: [1, 0.5, 0.5]}"));
    assert_false(admitted("density: 0.4, digits: {plain: [1, 0.5, 0.5]}"));
    assert_false(admitted("density: 0, digits: {plain: [0, 0, 0]}"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_are_those_of_the_words),
        cmocka_unit_test(the_widest_words_have_most),
        cmocka_unit_test(shares_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
