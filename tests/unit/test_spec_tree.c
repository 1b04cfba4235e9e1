// The located tree: places, refusals, limits, JSON.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "spec/value.h"

struct fixture {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct sdse_node *root;
    enum sdse_status status;
};

static struct fixture parse_bytes(const char *bytes, size_t length) {
    struct fixture f = {.arena = sdse_arena_new()};
    assert_non_null(f.arena);
    sdse_diags_init(&f.diags, f.arena);
    f.status =
        sdse_tree_parse_memory(f.arena, "t.yaml", bytes, length, &f.diags, &f.root);
    return f;
}

static struct fixture parse(const char *text) {
    return parse_bytes(text, strlen(text));
}

static void assert_fires(struct fixture f, const char *check, unsigned line,
                         unsigned column) {
    assert_int_equal(f.status, SDSE_INVALID);
    assert_null(f.root);
    assert_non_null(f.diags.first);
    assert_string_equal(f.diags.first->check, check);
    assert_int_equal(f.diags.first->loc.line, line);
    assert_int_equal(f.diags.first->loc.column, column);
    assert_int_equal(f.diags.errors, 1);
    sdse_arena_free(f.arena);
}

static void every_node_knows_its_place(void **state) {
    (void)state;
    struct fixture f = parse("a: 1\nb:\n  - x\n  - {c: [true, null]}\n");
    assert_int_equal(f.status, SDSE_OK);
    const struct sdse_node *b = sdse_node_get(f.root, "b");
    assert_int_equal(b->key_loc.line, 2);
    assert_int_equal(b->key_loc.column, 1);
    assert_int_equal(b->loc.line, 3);
    assert_int_equal(b->loc.column, 3);
    assert_int_equal(b->count, 2);
    const struct sdse_node *c = sdse_node_get(sdse_node_at(b, 1), "c");
    assert_int_equal(c->key_loc.line, 4);
    assert_int_equal(c->key_loc.column, 6);
    bool flag = false;
    assert_true(sdse_node_as_bool(sdse_node_at(c, 0), &flag));
    assert_true(flag);
    assert_true(sdse_node_is_null(sdse_node_at(c, 1)));
    assert_string_equal(sdse_node_path(f.arena, sdse_node_at(c, 1)), "b[1].c[1]");
    assert_null(sdse_node_get(f.root, "zz"));
    assert_null(sdse_node_get(NULL, "zz"));
    sdse_arena_free(f.arena);
}

static void json_is_yaml(void **state) {
    (void)state;
    struct fixture f = parse("{\"a\":1.0,\"b\":[null,true,\"x\\u00e9\",-2.5e3],\n"
                             " \"c\": {}, \"d\": \"7\", \"e\": []}");
    assert_int_equal(f.status, SDSE_OK);
    uint64_t whole = 0;
    assert_true(sdse_node_as_u64(sdse_node_get(f.root, "a"), &whole));
    assert_int_equal(whole, 1);
    double number = 0;
    assert_true(
        sdse_node_as_double(sdse_node_at(sdse_node_get(f.root, "b"), 3), &number));
    assert_true(number == -2500.0);
    assert_string_equal(sdse_node_at(sdse_node_get(f.root, "b"), 2)->text, "x\xC3\xA9");
    assert_false(sdse_node_as_u64(sdse_node_get(f.root, "d"), &whole));
    assert_string_equal(sdse_node_as_text(sdse_node_get(f.root, "d")), "7");
    assert_int_equal(sdse_node_get(f.root, "c")->count, 0);
    sdse_arena_free(f.arena);
}

static void refuses_what_it_should(void **state) {
    (void)state;
    assert_fires(parse("a: 1\nb: 2\na: 3\n"), "yaml-duplicate-key", 3, 1);
    assert_fires(parse("a: &x 1\nb: *x\n"), "yaml-alias", 1, 4);
    assert_fires(parse("a: !!int 1\n"), "yaml-tag", 1, 4);
    assert_fires(parse("a: 1\n---\nb: 1\n"), "yaml-documents", 2, 1);
    assert_fires(parse("[1]: 2\n"), "yaml-key", 1, 1);
    assert_fires(parse(""), "yaml-empty", 0, 0);
    assert_fires(parse("# nothing\n"), "yaml-empty", 0, 0);
    assert_fires(parse("a: \"x\\0y\"\n"), "yaml-nul", 1, 4);
    assert_fires(parse("a: [1, 2\nb: 3\n"), "yaml-syntax", 2, 2);
    assert_fires(parse("a:\n\t- 1\n"), "yaml-syntax", 2, 1);
    assert_fires(parse("a: b: c\n"), "yaml-syntax", 1, 5);
    assert_fires(parse_bytes("ab: 1\nc: \0\n", 11), "yaml-encoding", 2, 4);
    assert_fires(parse("a: 1\nb: \xFF\n"), "yaml-encoding", 2, 4);
    assert_fires(parse("a: \xC0\x80\n"), "yaml-encoding", 1, 4);
}

static void many_duplicates_are_all_reported(void **state) {
    (void)state;
    struct fixture f = parse("{b: 1, a: 1, a: 2, b: 3, a: 4}");
    assert_int_equal(f.status, SDSE_INVALID);
    assert_int_equal(f.diags.errors, 3);
    sdse_arena_free(f.arena);
}

static void an_alias_bomb_stays_small(void **state) {
    (void)state;
    char text[4096] = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 20; i++) {
        char line[160];
        snprintf(line, sizeof line,
                 "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i,
                 i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
        strcat(text, line);
    }
    struct fixture f = parse(text);
    assert_int_equal(f.status, SDSE_INVALID);
    assert_string_equal(f.diags.first->check, "yaml-alias");
    assert_int_equal(f.diags.errors, 1);
    assert_true(sdse_arena_used_bytes(f.arena) < 100000);
    sdse_arena_free(f.arena);
}

static void depth_ends_at_the_limit(void **state) {
    (void)state;
    char text[2 * 100000 + 1];
    memset(text, '[', 100000);
    memset(text + 100000, ']', 100000);
    struct fixture f = parse_bytes(text, 200000);
    assert_fires(f, "yaml-depth", 1, SDSE_TREE_DEPTH + 1);
    memset(text, '[', SDSE_TREE_DEPTH);
    memset(text + SDSE_TREE_DEPTH, ']', SDSE_TREE_DEPTH);
    f = parse_bytes(text, 2 * SDSE_TREE_DEPTH);
    assert_int_equal(f.status, SDSE_OK);
    sdse_arena_free(f.arena);
}

static void nodes_end_at_the_limit(void **state) {
    (void)state;
    size_t length = 2 * (size_t)SDSE_TREE_NODES + 2;
    char *text = malloc(length);
    assert_non_null(text);
    text[0] = '[';
    for (size_t i = 0; i < SDSE_TREE_NODES; i++) {
        text[1 + 2 * i] = '1';
        text[2 + 2 * i] = ',';
    }
    text[length - 1] = ']';
    struct fixture f = parse_bytes(text, length);
    free(text);
    assert_fires(f, "yaml-nodes", 1, 2 * SDSE_TREE_NODES);
}

static void many_keys_are_not_quadratic(void **state) {
    (void)state;
    enum { KEYS = 100000 };
    char *text = malloc(KEYS * 12), *end = text;
    assert_non_null(text);
    for (int i = 0; i < KEYS; i++)
        end += sprintf(end, "k%d: 1\n", i);
    struct fixture f = parse_bytes(text, (size_t)(end - text));
    free(text);
    assert_int_equal(f.status, SDSE_OK);
    assert_int_equal(f.root->count, KEYS);
    sdse_arena_free(f.arena);
}

// At the limit a file is read; one byte more and it is not.
static void size_ends_at_the_limit(void **state) {
    (void)state;
    size_t length = (size_t)SDSE_TREE_BYTES + 1;
    char *text = malloc(length);
    assert_non_null(text);
    memset(text, '\n', length);
    memcpy(text, "a: 1", 4);
    struct fixture f = parse_bytes(text, length - 1);
    assert_int_equal(f.status, SDSE_OK);
    sdse_arena_free(f.arena);
    f = parse_bytes(text, length);
    free(text);
    assert_fires(f, "yaml-size", 0, 0);
}

// A sparse file of 100 MB: refused after 16 MiB, without a second buffer of its size.
static void a_huge_file_is_refused(void **state) {
    (void)state;
    char path[] = "huge-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, 100000000), 0);
    close(file);
    struct fixture f = {.arena = sdse_arena_new()};
    sdse_diags_init(&f.diags, f.arena);
    f.status = sdse_tree_parse_file(f.arena, path, &f.diags, &f.root);
    unlink(path);
    assert_true(sdse_arena_used_bytes(f.arena) < 10000);
    assert_fires(f, "yaml-size", 0, 0);
}

static void a_missing_file_is_a_diagnostic(void **state) {
    (void)state;
    struct fixture f = {.arena = sdse_arena_new()};
    sdse_diags_init(&f.diags, f.arena);
    assert_int_equal(sdse_tree_parse_file(f.arena, "/no/such.yaml", &f.diags, &f.root),
                     SDSE_INVALID);
    assert_string_equal(f.diags.first->check, "file-read");
    assert_int_equal(sdse_tree_parse_file(f.arena, "/", &f.diags, &f.root),
                     SDSE_INVALID);
    assert_int_equal(f.diags.fault, SDSE_OK); // nobody's but the user's
    sdse_arena_free(f.arena);
}

static void numbers_are_exact_or_refused(void **state) {
    (void)state;
    struct fixture f =
        parse("[18446744073709551615, 18446744073709551616, 1e6, 2.5, -1,"
              " 0x10, .5, 5., e3, nan, 1e999, '3', +7, 1_000]");
    uint64_t whole = 0;
    double number = 0;
    assert_true(sdse_node_as_u64(sdse_node_at(f.root, 0), &whole));
    assert_true(whole == UINT64_MAX);
    const bool is_whole[] = {1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};
    const bool is_number[] = {1, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 1, 0};
    for (size_t i = 0; i < f.root->count; i++) {
        assert_int_equal(sdse_node_as_u64(sdse_node_at(f.root, i), &whole),
                         is_whole[i]);
        assert_int_equal(sdse_node_as_double(sdse_node_at(f.root, i), &number),
                         is_number[i]);
    }
    sdse_arena_free(f.arena);
}

static void readers_explain_themselves(void **state) {
    (void)state;
    struct fixture f = parse("{a: x, b: 5, c: -1, d: tru, capacity_kb: 3, kep: 1, "
                             "class: srm}");
    uint64_t whole = 77;
    double number;
    bool flag;
    unsigned word;
    assert_false(sdse_read_u64(sdse_node_get(f.root, "a"), 0, 9, &f.diags, &whole));
    assert_string_equal(f.diags.last->message, "a: expected a whole number, got x");
    assert_false(sdse_read_u64(sdse_node_get(f.root, "b"), 6, 9, &f.diags, &whole));
    assert_string_equal(f.diags.last->message, "b: must be 6 to 9, got 5");
    assert_false(sdse_read_u64(sdse_node_get(f.root, "c"), 0, 9, &f.diags, &whole));
    assert_string_equal(f.diags.last->check, "out-of-range");
    assert_int_equal(whole, 77);
    assert_true(sdse_read_u64(sdse_node_get(f.root, "b"), 5, 5, &f.diags, &whole));
    assert_false(sdse_read_double(sdse_node_get(f.root, "c"), 0, 1, &f.diags, &number));
    assert_false(sdse_read_bool(sdse_node_get(f.root, "d"), &f.diags, &flag));
    static const char *const classes[] = {"dram", "sram"};
    assert_false(
        sdse_read_word(sdse_node_get(f.root, "class"), classes, 2, &f.diags, &word));
    assert_non_null(strstr(f.diags.last->message, "did you mean 'sram'?"));
    static const char *const keys[] = {"a",     "b",    "c", "d", "capacity_kib",
                                       "keeps", "class"};
    assert_int_equal(sdse_refuse_unknown_keys(f.root, keys, 7, &f.diags), 2);
    assert_true(sdse_diags_fired(&f.diags, "unit-suffix"));
    assert_non_null(strstr(f.diags.last->message, "did you mean 'keeps'?"));
    sdse_arena_free(f.arena);
}

// --- Texts of other tools ---

static struct fixture parse_decorated(const char *text) {
    struct fixture f = {.arena = sdse_arena_new()};
    assert_non_null(f.arena);
    sdse_diags_init(&f.diags, f.arena);
    f.status = sdse_tree_parse_decorated(f.arena, "t.yaml", text, strlen(text),
                                         &f.diags, &f.root);
    return f;
}

static void tags_and_aliases_are_kept_where_asked(void **state) {
    (void)state;
    struct fixture f = parse_decorated("a: !T {x: &n 7, y: !U v}\nb: [*n, &m {z: *n}]\n"
                                       "c: *m\n");
    assert_int_equal(f.status, SDSE_OK);
    const struct sdse_node *a = sdse_node_get(f.root, "a");
    assert_string_equal(a->tag, "!T");
    assert_string_equal(sdse_node_get(a, "y")->tag, "!U");
    assert_null(sdse_node_get(a, "x")->tag);
    const struct sdse_node *b = sdse_node_get(f.root, "b");
    assert_int_equal(b->count, 2);
    assert_string_equal(b->first->text, "7");
    assert_null(b->first->key);
    assert_int_equal(b->first->loc.line, 1); // of the original
    const struct sdse_node *c = sdse_node_get(f.root, "c");
    assert_int_equal(c->key_loc.line, 3);
    assert_string_equal(sdse_node_get(c, "z")->text, "7");
    assert_ptr_equal(sdse_node_get(c, "z")->parent, c);
    assert_ptr_equal(c->parent, f.root);
    sdse_arena_free(f.arena);
    // The same texts are refused elsewhere.
    assert_fires(parse("a: &n 7\n"), "yaml-alias", 1, 4);
    assert_fires(parse("a: !T 7\n"), "yaml-tag", 1, 4);
}

static void merges_fill_what_is_not_given(void **state) {
    (void)state;
    struct fixture f = parse_decorated(
        "a: &a {x: 1, y: {p: 1, q: 2}}\nb: &b {x: 5, w: 6}\n"
        "c: {y: {p: 3}, <<: *a}\nd: {<<: [*a, *b], z: 9}\ne: {<<<: *a, y: {p: 3}}\n");
    assert_int_equal(f.status, SDSE_OK);
    const struct sdse_node *c = sdse_node_get(f.root, "c");
    assert_int_equal(c->count, 2);
    assert_string_equal(sdse_node_get(c, "x")->text, "1");
    assert_int_equal(sdse_node_get(c, "y")->count, 1);
    assert_null(sdse_node_get(c, "<<"));
    const struct sdse_node *d = sdse_node_get(f.root, "d");
    assert_int_equal(d->count, 4); // z x y w
    assert_string_equal(d->first->key, "z");
    assert_string_equal(sdse_node_get(d, "x")->text, "1"); // the first wins
    assert_string_equal(sdse_node_get(d, "w")->text, "6");
    assert_int_equal(d->last->index, 3);
    const struct sdse_node *y = sdse_node_get(sdse_node_get(f.root, "e"), "y");
    assert_string_equal(sdse_node_get(y, "p")->text, "3");
    assert_string_equal(sdse_node_get(y, "q")->text, "2");
    sdse_arena_free(f.arena);
}

static void decorations_have_limits(void **state) {
    (void)state;
    assert_fires(parse_decorated("a: *b\n"), "yaml-alias", 1, 4);
    assert_fires(parse_decorated("a: &a [*a]\n"), "yaml-alias", 1, 8);
    assert_fires(parse_decorated("a: &a x\n*a : 1\n"), "yaml-alias", 2, 1);
    assert_fires(parse_decorated("a: {<<: 1}\n"), "yaml-merge", 1, 9);
    assert_fires(parse_decorated("a: {<<: [{x: 1}, 2]}\n"), "yaml-merge", 1, 18);
    assert_fires(parse_decorated("a: 1\na: 2\n"), "yaml-duplicate-key", 2, 1);
    // Each line is ten of the one before: no memory for a billion.
    char bomb[1000] = "a0: &a0 x\n";
    for (int i = 1; i <= 9; i++) {
        char line[100];
        snprintf(line, sizeof line,
                 "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1,
                 i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
        strcat(bomb, line);
    }
    struct fixture f = parse_decorated(bomb);
    assert_int_equal(f.status, SDSE_INVALID);
    assert_string_equal(f.diags.first->check, "yaml-nodes");
    assert_int_equal(f.diags.errors, 1);
    sdse_arena_free(f.arena);
    // Each line is one deeper: 64 levels are the limit, as without copies.
    for (unsigned deep = 0; deep < 2; deep++) {
        char text[4000] = "a0: &a0 x\n", line[60];
        for (unsigned i = 1; i <= 63 + deep; i++) {
            snprintf(line, sizeof line, "a%u: &a%u [*a%u]\n", i, i, i - 1);
            strcat(text, line);
        }
        f = parse_decorated(text);
        assert_int_equal(f.status, deep ? SDSE_INVALID : SDSE_OK);
        if (deep)
            assert_string_equal(f.diags.first->check, "yaml-depth");
        sdse_arena_free(f.arena);
    }
}

// 1,024 entries of a mapping that merges are all right, one more is not.
static void merges_end_at_the_limit(void **state) {
    (void)state;
    for (unsigned more = 0; more < 2; more++) {
        static char text[40000], line[20];
        strcpy(text, "a: &a\n");
        for (unsigned i = 0; i < SDSE_TREE_MERGED - 1 + more; i++) {
            snprintf(line, sizeof line, "  k%u: 1\n", i);
            strcat(text, line);
        }
        strcat(text, "b: {<<: *a, x: 1}\n");
        struct fixture f = parse_decorated(text);
        assert_int_equal(f.status, more ? SDSE_INVALID : SDSE_OK);
        if (more)
            assert_string_equal(f.diags.first->check, "yaml-merge");
        else
            assert_int_equal(sdse_node_get(f.root, "b")->count, SDSE_TREE_MERGED);
        sdse_arena_free(f.arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_node_knows_its_place),
        cmocka_unit_test(json_is_yaml),
        cmocka_unit_test(refuses_what_it_should),
        cmocka_unit_test(many_duplicates_are_all_reported),
        cmocka_unit_test(an_alias_bomb_stays_small),
        cmocka_unit_test(depth_ends_at_the_limit),
        cmocka_unit_test(nodes_end_at_the_limit),
        cmocka_unit_test(many_keys_are_not_quadratic),
        cmocka_unit_test(size_ends_at_the_limit),
        cmocka_unit_test(a_huge_file_is_refused),
        cmocka_unit_test(a_missing_file_is_a_diagnostic),
        cmocka_unit_test(numbers_are_exact_or_refused),
        cmocka_unit_test(readers_explain_themselves),
        cmocka_unit_test(tags_and_aliases_are_kept_where_asked),
        cmocka_unit_test(merges_fill_what_is_not_given),
        cmocka_unit_test(decorations_have_limits),
        cmocka_unit_test(merges_end_at_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
