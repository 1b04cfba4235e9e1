// The table writer: alignment, escaping, digits, in four formats.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "results/look/table.h"

static void writes(const struct sdse_table *table, enum sdse_table_format format,
                   const char *expected) {
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    assert_int_equal(sdse_table_write(table, format, out), SDSE_OK);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static struct sdse_table *sample(struct sdse_arena *arena) {
    struct sdse_table *table = sdse_table_new(arena);
    sdse_table_add_column(table, "layer", NULL, 0);
    sdse_table_add_column(table, "energy_pj", "energy [pJ]", 4);
    sdse_table_add_column(table, "macs", "MACs", 0);
    sdse_table_add_text(table, "conv1");
    sdse_table_add_f64(table, 1234.56789);
    sdse_table_add_u64(table, 18446744073709551615u);
    sdse_table_add_text(table, "a|b, \"q\"\xc3\xa9");
    sdse_table_add_f64(table, (double)NAN);
    sdse_table_add_i64(table, -7);
    return table;
}

static void writes_four_formats(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_table *table = sample(arena);
    assert_int_equal(sdse_table_rows(table), 2);
    writes(table, SDSE_TABLE_TEXT,
           "layer      energy [pJ]                  MACs\n"
           "---------  -----------  --------------------\n"
           "conv1             1235  18446744073709551615\n"
           "a|b, \"q\"\xc3\xa9                                 -7\n");
    writes(table, SDSE_TABLE_CSV,
           "layer,energy_pj,macs\n"
           "conv1,1234.56789,18446744073709551615\n"
           "\"a|b, \"\"q\"\"\xc3\xa9\",,-7\n");
    writes(table, SDSE_TABLE_JSON,
           "[\n"
           "  {\"layer\": \"conv1\", \"energy_pj\": 1234.56789, \"macs\": "
           "18446744073709551615},\n"
           "  {\"layer\": \"a|b, \\\"q\\\"\xc3\xa9\", \"energy_pj\": null, \"macs\": "
           "-7}\n"
           "]\n");
    writes(table, SDSE_TABLE_MARKDOWN,
           "| layer      | energy [pJ] |                 MACs |\n"
           "|------------|------------:|---------------------:|\n"
           "| conv1      |        1235 | 18446744073709551615 |\n"
           "| a\\|b, \"q\"\xc3\xa9 |             |                   -7 |\n");
    sdse_arena_free(arena);
}

static void writes_tables_without_rows(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_table *table = sdse_table_new(arena);
    sdse_table_add_column(table, "a", NULL, 0);
    writes(table, SDSE_TABLE_TEXT, "a\n-\n");
    writes(table, SDSE_TABLE_JSON, "[]\n");
    writes(table, SDSE_TABLE_CSV, "a\n");
    sdse_arena_free(arena);
}

// A name in a database must not drive the terminal, nor break a line or a JSON file.
static void disarms_controls(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_table *table = sdse_table_new(arena);
    sdse_table_add_column(table, "n", NULL, 0);
    sdse_table_add_text(table, "\033[2J\n\xff\xc2\x9b"
                               "\x7f");
    writes(table, SDSE_TABLE_TEXT,
           "n\n"
           "---------------------\n"
           "\\x1b[2J\\n\\xff\\x9b\\x7f\n");
    writes(table, SDSE_TABLE_MARKDOWN,
           "| n                       |\n"
           "|-------------------------|\n"
           "| \\x1b[2J<br>\\xff\\x9b\\x7f |\n");
    writes(table, SDSE_TABLE_JSON,
           "[\n  {\"n\": \"\\u001b[2J\\n\xef\xbf\xbd\xc2\x9b\\u007f\"}\n]\n");
    sdse_arena_free(arena);
}

static void shortest_text_reads_back(void **state) {
    (void)state;
    char text[32];
    uint64_t bits = 0x123456789abcdef0u;
    for (int i = 0; i < 20000; i++) {
        bits = bits * 6364136223846793005u + 1442695040888963407u;
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        sdse_table_shortest(value, text);
        assert_true(strtod(text, NULL) == value);
    }
    sdse_table_shortest(0.1, text);
    assert_string_equal(text, "0.1");
}

static void holds_many_rows(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_table *table = sdse_table_new(arena);
    sdse_table_add_column(table, "a", NULL, 0);
    sdse_table_add_column(table, "b", NULL, 0);
    sdse_table_add_column(table, "c", NULL, 0);
    for (uint64_t i = 0; i < 9999; i++)
        sdse_table_add_u64(table, i);
    sdse_table_add_u64(table, 1); // half a row is not written
    assert_int_equal(sdse_table_rows(table), 3333);
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    assert_int_equal(sdse_table_write(table, SDSE_TABLE_CSV, out), SDSE_OK);
    fclose(out);
    assert_string_equal(text + bytes - strlen("9993,9994,9995\n9996,9997,9998\n"),
                        "9993,9994,9995\n9996,9997,9998\n");
    free(text);
    sdse_arena_free(arena);
}

static void knows_format_names(void **state) {
    (void)state;
    enum sdse_table_format format = SDSE_TABLE_TEXT;
    assert_true(sdse_table_format_parse("md", &format));
    assert_int_equal(format, SDSE_TABLE_MARKDOWN);
    assert_false(sdse_table_format_parse("xml", &format));
    assert_int_equal(format, SDSE_TABLE_MARKDOWN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_four_formats),
        cmocka_unit_test(writes_tables_without_rows),
        cmocka_unit_test(disarms_controls),
        cmocka_unit_test(shortest_text_reads_back),
        cmocka_unit_test(holds_many_rows),
        cmocka_unit_test(knows_format_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
