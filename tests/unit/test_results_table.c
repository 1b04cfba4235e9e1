// The table writer: alignment, escaping, digits, in four formats.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "base/shortest.h"
#include "results/look/json.h"
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
        sdse_shortest(value, text);
        assert_true(strtod(text, NULL) == value);
    }
    sdse_shortest(0.1, text);
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

// One object: every kind of value, tables within, what has no bound.
static void an_object_names_its_schema(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_table *rows = sdse_table_new(arena), *none = sdse_table_new(arena);
    sdse_table_add_column(rows, "n", NULL, 0);
    sdse_table_add_column(none, "n", NULL, 0);
    sdse_table_add_u64(rows, 18446744073709551615u);
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    struct sdse_json json;
    sdse_json_begin(&json, "sdse.x/1", out);
    sdse_json_text(&json, "text", "a\"\n");
    sdse_json_text(&json, "no_text", NULL);
    sdse_json_f64(&json, "tenth", 0.1);
    sdse_json_f64(&json, "infinite", (double)INFINITY);
    sdse_json_f64(&json, "unknown", (double)NAN);
    sdse_json_i64(&json, "below", -3);
    sdse_json_array(&json, "list");
    sdse_json_flag(&json, NULL, true);
    sdse_json_object(&json, NULL);
    sdse_json_null(&json, "a");
    sdse_json_flag(&json, "b", false);
    sdse_json_close(&json);
    sdse_json_close(&json);
    sdse_json_rows(&json, "rows", rows);
    sdse_json_rows(&json, "no_rows", none);
    sdse_json_row(&json, "row", rows);
    sdse_json_row(&json, "no_row", none);
    assert_int_equal(sdse_json_end(&json), SDSE_OK);
    fclose(out);
    assert_string_equal(text, "{\"schema\": \"sdse.x/1\",\n"
                              " \"text\": \"a\\\"\\n\",\n"
                              " \"no_text\": null,\n"
                              " \"tenth\": 0.1,\n"
                              " \"infinite\": null,\n"
                              " \"unknown\": null,\n"
                              " \"below\": -3,\n"
                              " \"list\": [true, {\"a\": null, \"b\": false}],\n"
                              " \"rows\": [\n  {\"n\": 18446744073709551615}\n],\n"
                              " \"no_rows\": [],\n"
                              " \"row\": {\"n\": 18446744073709551615},\n"
                              " \"no_row\": null}\n");
    free(text);
    // A table that lost its cells is no success.
    out = open_memstream(&text, &bytes);
    sdse_json_begin(&json, "sdse.x/1", out);
    sdse_json_rows(&json, "rows", NULL);
    sdse_json_row(&json, "row", rows);
    assert_int_equal(sdse_json_end(&json), SDSE_NO_MEMORY);
    fclose(out);
    free(text);
    // Nor is a stream that failed.
    out = fopen("/dev/full", "w");
    assert_non_null(out);
    setvbuf(out, NULL, _IONBF, 0);
    sdse_json_begin(&json, "sdse.x/1", out);
    assert_int_equal(sdse_json_end(&json), SDSE_IO);
    fclose(out);
    sdse_arena_free(arena);
}

// Rows within an object, also where they are written as they come.
static void named_rows_are_in_an_object(void **state) {
    (void)state;
    for (int streamed = 0; streamed < 2; streamed++) {
        struct sdse_arena *arena = sdse_arena_new(), *cells = sdse_arena_new();
        struct sdse_table *table = sdse_table_new(arena);
        sdse_table_name(table, "sdse.x/2", "things");
        sdse_table_add_column(table, "n", NULL, 0);
        sdse_table_keep_rows_in(table, cells);
        char *text = NULL;
        size_t bytes = 0;
        FILE *out = open_memstream(&text, &bytes);
        for (uint64_t i = 1; i <= 2; i++) {
            sdse_table_add_u64(table, i);
            if (streamed)
                sdse_table_stream(table, cells, SDSE_TABLE_JSON, out);
        }
        sdse_table_write(table, SDSE_TABLE_JSON, out);
        fclose(out);
        assert_string_equal(text, "{\"schema\": \"sdse.x/2\",\n \"things\": [\n"
                                  "  {\"n\": 1},\n  {\"n\": 2}\n]}\n");
        free(text);
        sdse_arena_free(cells);
        sdse_arena_free(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_four_formats),
        cmocka_unit_test(writes_tables_without_rows),
        cmocka_unit_test(disarms_controls),
        cmocka_unit_test(shortest_text_reads_back),
        cmocka_unit_test(holds_many_rows),
        cmocka_unit_test(knows_format_names),
        cmocka_unit_test(an_object_names_its_schema),
        cmocka_unit_test(named_rows_are_in_an_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
