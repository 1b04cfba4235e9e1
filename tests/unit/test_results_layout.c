// Tables within a width: no line is longer, nothing is lost, and what need not be shown
// is said once.
#define _GNU_SOURCE // wcwidth
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ctype.h>
#include <locale.h>
#include <stdio.h>
#include <wchar.h>

#include "results/look/plain_text.h"
#include "results/look/table.h"

static struct sdse_arena *arena;

static int set_up(void **state) {
    (void)state;
    arena = sdse_arena_new();
    return arena ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    sdse_arena_free(arena);
    return 0;
}

// The caller frees it.
static char *written(const struct sdse_table *table, size_t columns) {
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    assert_int_equal(sdse_table_write_within(table, columns, out), SDSE_OK);
    fclose(out);
    return text;
}

static void writes(const struct sdse_table *table, size_t columns,
                   const char *expected) {
    char *text = written(table, columns);
    assert_string_equal(text, expected);
    free(text);
}

static struct sdse_table *new_table(const char *const *columns, size_t count) {
    struct sdse_table *table = sdse_table_new(arena);
    sdse_table_add_columns(table, columns, count);
    return table;
}

static void points_stand_in_line(void **state) {
    (void)state;
    static const char *const columns[] = {"name", "energy", "count", "large"};
    struct sdse_table *table = new_table(columns, 4);
    static const double energies[] = {1.5, -1234.25, 7, 0.0625};
    static const double large[] = {1e20, 2.5, 1, 3};
    for (size_t i = 0; i < 4; i++) {
        sdse_table_add_text(table, i % 2 ? "b" : "a");
        sdse_table_add_f64(table, energies[i]);
        sdse_table_add_u64(table, i * 30);
        sdse_table_add_f64(table, large[i]);
    }
    writes(table, 80,
           "name      energy  count  large\n"
           "----  ----------  -----  -----\n"
           "a         1.5         0  1e+20\n"
           "b     -1234.25       30    2.5\n"
           "a         7          60      1\n"
           "b         0.0625     90      3\n");
}

static void constants_are_said_once(void **state) {
    (void)state;
    static const char *const columns[] = {"form", "reason", "point", "kib", "note"};
    struct sdse_table *table = new_table(columns, 5);
    for (uint64_t i = 1; i <= 3; i++) {
        sdse_table_add_text(table, "raw");
        sdse_table_add_null(table);
        sdse_table_add_u64(table, i);
        sdse_table_add_u64(table, 64);
        sdse_table_add_text(table, i == 2 ? "x" : NULL);
    }
    writes(table, 80,
           "all: form=raw, kib=64\n"
           "nothing in: reason\n"
           "point  note\n"
           "-----  ----\n"
           "    1\n"
           "    2  x\n"
           "    3\n");
    // One row says all of it, and equal rows say something.
    struct sdse_table *one = new_table(columns, 1);
    sdse_table_add_text(one, "raw");
    writes(one, 80, "form\n----\nraw\n");
    sdse_table_add_text(one, "raw");
    writes(one, 80, "form\n----\nraw\nraw\n");
    struct sdse_table *none = new_table(columns, 2);
    writes(none, 80, "form  reason\n----  ------\n");
    struct sdse_table *two = new_table(columns, 2);
    for (int row = 0; row < 2; row++) {
        sdse_table_add_text(two, "raw");
        sdse_table_add_text(two, "big");
    }
    writes(two, 80, "all: reason=big\nform\n----\nraw\nraw\n");
}

static void equal_layers_are_one(void **state) {
    (void)state;
    static const char *const columns[] = {"layer_index", "layer", "kind", "energy"};
    static const struct {
        const char *layer, *kind;
        double energy;
    } rows[] = {{"c1", "conv", 1},  {"c2", "conv", 2}, {"c3", "conv", 2},
                {"c4", "conv1", 2}, {"c5", "fc", 2},   {"c6", "fc", 2},
                {"c7", "fc", 2},    {"c8", "conv", 2}};
    struct sdse_table *table = new_table(columns, 4);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sdse_table_add_u64(table, i);
        sdse_table_add_text(table, rows[i].layer);
        sdse_table_add_text(table, rows[i].kind);
        sdse_table_add_f64(table, rows[i].energy);
    }
    writes(table, 80,
           "layer_index  layer        kind   energy\n"
           "-----------  -----------  -----  ------\n"
           "0            c1           conv        1\n"
           "1…2          c2…c3 (2 ×)  conv        2\n"
           "3            c4           conv1       2\n"
           "4…6          c5…c7 (3 ×)  fc          2\n"
           "7            c8           conv        2\n");
    // Where layers are numbers each stands by itself.
    struct sdse_table *numbers = new_table(&columns[1], 2);
    for (uint64_t i = 0; i < 3; i++) {
        sdse_table_add_u64(numbers, i);
        sdse_table_add_text(numbers, i < 2 ? "conv" : "fc");
    }
    writes(numbers, 80,
           "layer  kind\n-----  ----\n    0  conv\n    1  conv\n    2  fc\n");
}

// U+009F is a control, U+00A0 a space that does not break.
static void spaces_are_no_controls(void **state) {
    (void)state;
    assert_int_equal(sdse_plain_text_print("a\xc2\xa0"
                                           "b",
                                           false, NULL),
                     3);
    assert_int_equal(sdse_plain_text_print("a\xc2\x9f"
                                           "b",
                                           false, NULL),
                     6);
}

static void wraps_texts_and_splits_tables(void **state) {
    (void)state;
    static const char *const columns[] = {"point", "parameters", "energy_pj",
                                          "latency_cycles"};
    struct sdse_table *table = new_table(columns, 4);
    for (uint64_t i = 0; i < 2; i++) {
        sdse_table_add_u64(table, i);
        sdse_table_add_text(table, i ? "GLB.capacity_kib=64 GLB.fanout.x=8" : "none");
        sdse_table_add_u64(table, 123456789 + i);
        sdse_table_add_u64(table, 1000 + i);
    }
    writes(table, 50,
           "point  parameters        energy_pj  latency_cycles\n"
           "-----  ----------------  ---------  --------------\n"
           "    0  none              123456789            1000\n"
           "    1  GLB.capacity_kib  123456790            1001\n"
           "       =64\n"
           "       GLB.fanout.x=8\n");
    writes(table, 28,
           "point  parameters\n"
           "-----  ---------------------\n"
           "    0  none\n"
           "    1  GLB.capacity_kib=64\n"
           "       GLB.fanout.x=8\n"
           "\n"
           "point  energy_pj  latency_cy\n"
           "                        cles\n"
           "-----  ---------  ----------\n"
           "    0  123456789        1000\n"
           "    1  123456790        1001\n");
}

// ---- what holds of any table ----

static uint64_t seed = 1;

static uint64_t draw(uint64_t below) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % below;
}

static const char *random_text(void) {
    static const char *const parts[] = {
        "a",  "conv2_1",          " ", "/", "=", ",", "é", "層", "e\xcc\x81",
        "\n", "GLB.capacity_kib", "😀", "-"};
    const char *text = "";
    for (uint64_t i = draw(9); i > 0; i--)
        text = sdse_arena_printf(arena, "%s%s", text,
                                 parts[draw(sizeof parts / sizeof *parts)]);
    return text;
}

static struct sdse_table *random_table(size_t columns, size_t rows) {
    struct sdse_table *table = sdse_table_new(arena);
    bool number[16];
    for (size_t i = 0; i < columns; i++) {
        number[i] = draw(2) != 0;
        sdse_table_add_column(
            table, sdse_arena_printf(arena, "c%zu%s", i, random_text()), NULL, 0);
    }
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < columns; i++) {
            if (draw(8) == 0)
                sdse_table_add_null(table);
            else if (!number[i])
                sdse_table_add_text(table, random_text());
            else if (draw(2))
                sdse_table_add_u64(table, draw(1000000));
            else
                sdse_table_add_f64(table, (double)draw(1000000) / 128);
        }
    return table;
}

static void no_line_is_wider(void **state) {
    (void)state;
    for (int k = 0; k < 4000; k++) {
        struct sdse_table *table = random_table(1 + draw(9), draw(5));
        const size_t columns = SDSE_TABLE_LEAST_COLUMNS + draw(90);
        char *text = written(table, columns);
        for (char *line = text, *end; *line; line = end + 1) {
            end = strchr(line, '\n');
            *end = '\0';
            const size_t width = sdse_plain_text_print(line, false, NULL);
            if (width > columns)
                fail_msg("%zu columns instead of %zu: %s", width, columns, line);
            assert_true(end == line || end[-1] != ' ');
        }
        free(text);
        sdse_arena_reset(arena);
    }
}

// Removes blanks and what wrapping may put between.
static void squeeze(char *text) {
    char *to = text;
    for (; *text; text++)
        if (!strchr(" \n-", *text)) // rules are as wide as they must be
            *to++ = *text;
    *to = '\0';
}

// With room enough every text of every cell is there, in order; in any room every
// character is.
static void nothing_is_lost(void **state) {
    (void)state;
    for (int k = 0; k < 2000; k++) {
        const size_t columns = 1 + draw(7), rows = 2 + draw(3);
        struct sdse_table *table = random_table(columns, rows);
        char *wide = written(table, 5000), *narrow = written(table, 20);
        char *plain = NULL;
        size_t bytes = 0;
        FILE *out = open_memstream(&plain, &bytes);
        assert_int_equal(sdse_table_write(table, SDSE_TABLE_TEXT, out), SDSE_OK);
        fclose(out);
        size_t count[3][256] = {{0}};
        char *const texts[] = {plain, wide, narrow};
        for (size_t t = 0; t < 3; t++) {
            squeeze(texts[t]);
            for (const char *c = texts[t]; *c; c++)
                count[t][(unsigned char)*c]++;
        }
        if (!strstr(wide, "all:") && !strstr(wide, "nothingin:")) {
            assert_string_equal(wide, plain);
            for (int c = 1; c < 256; c++) // keys are repeated, nothing is less
                if (c != '-')
                    assert_true(count[2][c] >= count[1][c]);
        }
        free(wide);
        free(narrow);
        free(plain);
        sdse_arena_reset(arena);
    }
}

// As wide as the C library says, where it knows the character.
static void widths_are_those_of_the_library(void **state) {
    (void)state;
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        skip();
    size_t wrong = 0, known = 0;
    for (uint32_t code = 0xa0; code < 0x20000; code++) {
        if (code >= 0xd800 && code < 0xe000)
            continue;
        const int library = wcwidth((wchar_t)code);
        char text[8] = "";
        mbstate_t shift = {0};
        if (library < 0 || wcrtomb(text, (wchar_t)code, &shift) == (size_t)-1)
            continue;
        known++;
        const size_t ours = sdse_utf8_columns(text);
        // What people write in names: no script may be off as a whole.
        wrong += ours != (size_t)library;
    }
    setlocale(LC_CTYPE, "C");
    print_message("## %zu of %zu characters as wide as the C library says\n",
                  known - wrong, known);
    assert_true(known > 60000 && wrong * 100 < known * 3);
    assert_int_equal(sdse_plain_text_print("e\xcc\x81層é", false, NULL), 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_stand_in_line),
        cmocka_unit_test(constants_are_said_once),
        cmocka_unit_test(equal_layers_are_one),
        cmocka_unit_test(spaces_are_no_controls),
        cmocka_unit_test(wraps_texts_and_splits_tables),
        cmocka_unit_test(no_line_is_wider),
        cmocka_unit_test(nothing_is_lost),
        cmocka_unit_test(widths_are_those_of_the_library),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
