#include "results/look/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>

#include "base/shortest.h"
#include "results/look/table_cells.h"

// What stands before a value: the comma, the line's end, the key.
static void lead(struct sdse_json *json, const char *key) {
    assert(json->depth > 0 && !key == json->array[json->depth - 1]);
    bool *any = &json->any[json->depth - 1];
    if (json->depth == 1)
        fputs(*any ? ",\n " : "", json->out);
    else
        fputs(*any ? ", " : "", json->out);
    *any = true;
    if (!key)
        return;
    sdse_table_json_string(key, json->out);
    fputs(": ", json->out);
}

static void open(struct sdse_json *json, char bracket) {
    assert(json->depth < SDSE_JSON_DEPTH);
    fputc(bracket, json->out);
    json->any[json->depth] = false;
    json->array[json->depth++] = bracket == '[';
}

void sdse_json_begin(struct sdse_json *json, const char *schema, FILE *out) {
    *json = (struct sdse_json){.out = out, .status = SDSE_OK};
    open(json, '{');
    sdse_json_text(json, "schema", schema);
}

enum sdse_status sdse_json_end(struct sdse_json *json) {
    assert(json->depth == 1);
    sdse_json_close(json);
    fputc('\n', json->out);
    return json->status == SDSE_OK && ferror(json->out) ? SDSE_IO : json->status;
}

void sdse_json_object(struct sdse_json *json, const char *key) {
    lead(json, key);
    open(json, '{');
}

void sdse_json_array(struct sdse_json *json, const char *key) {
    lead(json, key);
    open(json, '[');
}

void sdse_json_close(struct sdse_json *json) {
    assert(json->depth > 0);
    fputc(json->array[--json->depth] ? ']' : '}', json->out);
}

void sdse_json_text(struct sdse_json *json, const char *key, const char *text) {
    lead(json, key);
    if (text)
        sdse_table_json_string(text, json->out);
    else
        fputs("null", json->out);
}

void sdse_json_f64(struct sdse_json *json, const char *key, double value) {
    char text[32] = "null";
    if (isfinite(value)) // JSON has no Inf
        sdse_shortest(value, text);
    lead(json, key);
    fputs(text, json->out);
}

void sdse_json_u64(struct sdse_json *json, const char *key, uint64_t value) {
    lead(json, key);
    fprintf(json->out, "%" PRIu64, value);
}

void sdse_json_i64(struct sdse_json *json, const char *key, int64_t value) {
    lead(json, key);
    fprintf(json->out, "%" PRId64, value);
}

void sdse_json_flag(struct sdse_json *json, const char *key, bool value) {
    lead(json, key);
    fputs(value ? "true" : "false", json->out);
}

void sdse_json_null(struct sdse_json *json, const char *key) {
    sdse_json_text(json, key, NULL);
}

// ---- tables ----

// False, noted, for one that has lost cells.
static bool is_whole(struct sdse_json *json, const struct sdse_table *table) {
    if (table && !table->out_of_memory)
        return true;
    json->status = SDSE_NO_MEMORY;
    return false;
}

void sdse_json_rows(struct sdse_json *json, const char *key,
                    const struct sdse_table *table) {
    lead(json, key);
    if (is_whole(json, table))
        sdse_table_write_rows(table, json->out);
    else
        fputs("null", json->out);
}

void sdse_json_row(struct sdse_json *json, const char *key,
                   const struct sdse_table *table) {
    lead(json, key);
    if (is_whole(json, table) && sdse_table_rows(table) > 0) {
        assert(sdse_table_rows(table) == 1);
        sdse_table_write_row(table, json->out);
    } else {
        fputs("null", json->out);
    }
}
