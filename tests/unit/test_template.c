// Templates of Jinja: what they come to, and where they are refused.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "import/foreign/template.h"

static void templates_come_to_a_text(void **state) {
    (void)state;
    static const struct {
        const char *text, *made;
    } cases[] = {
        {"a: 1\n", "a: 1\n"},
        {"{% set N = N | default(4) %}\nB: {{N}}\n", "\nB: 4\n"},
        {"{%- set A = 2 -%}{% set B = A * 3 + 1 %}{{ B }} {{B // 2}} {{ B % 4 }}",
         "7 3 3"},
        {"{{ 7 / 2 }} {{ -2 - -3 }} {{ 2 * (1 + 2) }} {{ -7 // 2 }} {{ -7 % 4 }}",
         "3.5 1 6 -4 1"},
        {"{{ 'x y' }}{{ \"z\" if Q else 'w' }}{{ 1e-3 * 2 }}", "x yw0.002"},
        {"{% if Q %}a\n{% else %}b\n{% endif %}c", "\nb\nc"},
        {"{% set Q = 3 %}{% if Q == 2 %}a{% elif Q >= 3 %}b{% elif Q %}c{% else %}d{% "
         "endif %}",
         "b"},
        // Within what is left out nothing counts, also what is not known by name.
        {"{% if not Q is defined %}{% if Q %}{{ Q }}{% else %}y{% endif %}{% else %}{{ "
         "Q "
         "}}{% set Z = 1 %}{% endif %}{{ Z | default(9) }}",
         "y9"},
        {"{% if 'a' == 'a' and 1 < 2 or Q %}t{% endif %}{% if 0 or '' or False %}f{% "
         "endif %}",
         "t"},
        {"{% if 'a' != 'a' or 2 <= 1 or 1 > 1 %}t{% endif %}{{ 2.7 | int }}", "2"},
        {"{% if Q %}{% if 1 %}a{% endif %}{% else %}{% if 1 %}c{% endif %}{% endif %}b",
         "cb"},
        {"{# a\nb #}c", "\nc"},
        {"{% set N = 1 %}{% set N = N + 1 %}{{ N }}", "2"},
        {"{% set T = True %}{{ 5 if T and not Q else 6 }}", "5"},
        {"{{ 1 if 0 else 2 if 0 else 3 }}", "3"},
        // Jinja's own words, beside Python's.
        {"{% set T = true %}{{ 5 if T else 6 }}{{ 5 if false else 6 }}{{ false }}",
         "56False"},
        {"{{ 1 if none is defined else 2 }}{{ 1 if none or None else 2 }}", "12"},
        // What is left out need have no value.
        {"{% if Q is defined %}{% set Q = Q * 2 %}{% if Q * 2 %}a{% elif Q * 3 %}b{% "
         "endif %}{% endif %}{% if 1 %}c{% elif Q * 2 %}d{% endif %}{{ Q | default(8) "
         "}}",
         "c8"},
        {"{% if 0 %}a{% elif 1 %}b{% elif 1 %}c{% else %}d{% endif %}", "b"},
        // A text is true unless it is empty, and equals no number.
        {"{{ 1 if '0' else 2 }}{{ 1 if 'False' else 2 }}{{ 1 if 'None' else 2 }}",
         "111"},
        {"{{ 1 if '1' == 1 else 2 }}{{ 1 if '1' != 1 else 2 }}{{ 1 if '1' == '1.0' "
         "else 2 }}{{ 1 if True == 'True' else 2 }}{{ 1 if 'None' != None else 2 }}",
         "21221"},
        {"{% set N = '8' %}{{ 1 if N == 8 else N }}{{ N | int + 1 }}", "89"},
        {"{{ 1 if True == 1 else 2 }}{{ 1 if False == 0.0 else 2 }}{{ True + 1 }}{{ "
         "true | int }}{{ 1 if None == 0 else 2 }}",
         "11212"},
        // Blanks go where a tag trims them; their line ends follow the line.
        {"a:\n  {{- 8 }}\nb: 1", "a:8\n\nb: 1"},
        {"a: {{ 8 -}} \n b\nc {{+ 1 +}} d", "a: 8b\n\nc 1 d"},
        {"{% set A = 2 -%}\n  B: {{ A }}", "\nB: 2"},
        {"  {% set A = 2 -%}\n  B: {{ A }}\nC", "  B: 2\n\nC"},
        {"x \n {#- c -#} \n y\n{%- if 1 -%} \n z{% endif %}\nw", "xyz\n\n\n\n\nw"},
        {"a: [1,{{ 2\n}}, {% if 0 %}\n{% endif %}3]\nb", "a: [1,2, 3]\n\n\nb"},
        {"a{{ '-' }} {{- -1 }}", "a--1"},
        // Loops, and their facts; names of a pass are gone behind it.
        {"{% for i in range(3) %}{{ i }},{% endfor %}", "0,1,2,"},
        {"{% for i in range(2, 9, 3) %}{{ i }}{% endfor %}{{ range(3, 0, -1) }}",
         "258[3, 2, 1]"},
        {"{% for i in [4, 'b'] %}{{ loop.index }}{{ loop.index0 }}{{ i }}{{ 'x' if "
         "loop.first else 'y' }}{{ '.' if loop.last else ';' }}{{ loop.length "
         "}}{% endfor %}",
         "104x;221by.2"},
        {"{% set N = 5 %}{% for i in 'ab' %}{% set N = i %}{{ N }}{% endfor %}{{ N "
         "}}{{ "
         "i | default(0) }}",
         "ab50"},
        {"{% for i in range(2) %}{% for j in range(2) %}{{ i }}{{ j }} {% endfor %}{% "
         "endfor %}",
         "00 01 10 11 "},
        {"{% for i in [] %}{{ Q }}{% for j in Q %}{% endfor %}{% endfor %}a", "a"},
        {"{% if 0 %}{% for i in Q %}{{ i }}{% endfor %}{% macro m() %}{% endmacro %}{% "
         "assert 0 %}{% endif %}b",
         "b"},
        {"a:\n{%- for i in range(2) %}\n- {{ i }}\n{%- endfor %}\nb",
         "a:\n\n- 0\n\n- 1\n\nb"},
        // Macros: blanks and line ends of their own, names of where they stand.
        {"{% set N = 3 %}{% macro m(i, j=N * 2) -%}\n {{- i + j }}{%- if j %}{#\n#}{% "
         "endif -%}\n{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(i | default(2)) + '!' "
         "}}{{ i | default('-') }}",
         "\n\n\n748!-"},
        {"{% macro a(i) %}<{{ i }}>{% endmacro %}{% macro b(i) %}{{ a(i) }}{{ a(i ~ 1) "
         "}}{% endmacro %}{{ b('x') }}",
         "<x><x1>"},
        {"{% macro a() %}1{% endmacro %}{% macro a() %}2{% endmacro %}{{ a() }}", "2"},
        {"{% set T = 'ABC' %}{{ T[0] }}{{ T[-1] }}{{ T[3 - 2] }}{{ [[1, 2], 3][0][1] "
         "}}{{ T | length }}{{ [1, 'b'] | length }}{{ [1, 'b'] }}",
         "ACB232[1, 'b']"},
        {"{{ 'a' + 'b' ~ 1 + 2 ~ 'c' }}{{ 'ab' == 'a' ~ 'b' }}{{ 1 if [] else 2 }}{{ 1 "
         "if [0] else 2 }}",
         "ab3cTrue21"},
        {"{% assert 2 > 1, 'no' %}{% assert 'a' %}c", "c"},
        {"{{ -2.7 | int }}{{ 1 if 1 is not defined else 2 }}{{ Q is not defined }}",
         "-22True"},
        {"{% if 0 %}{% if 0 %}{% else %}{% set Z = Q * 2 %}{% endif %}{% endif %}b",
         "b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_diags diags;
        sdse_diags_init(&diags, arena);
        struct sdse_foreign foreign = {arena, &diags, false, false, false};
        const char *made =
            sdse_foreign_template(&foreign, "t", cases[i].text, "check", NULL, NULL);
        if (!made)
            sdse_diags_print(&diags, stderr, false);
        assert_non_null(made);
        if (strcmp(made, cases[i].made) != 0)
            fail_msg("case %zu: '%s'", i, made);
        sdse_arena_free(arena);
    }
}

static void what_is_not_known_has_a_place(void **state) {
    (void)state;
    static const struct {
        const char *text, *part;
        unsigned line, column;
    } cases[] = {
        {"a\n b: {{ N }}", "nothing says what this is: N", 2, 8},
        {"{% for i in range(3) %}", "a loop is not closed", 1, 24},
        {"{% for i in 3 %}{% endfor %}", "a loop goes over a list or a text", 1, 12},
        {"{% for i in [1] if Q %}{% endfor %}", "not expected: if Q", 1, 17},
        {"{% for i, j in [1] %}{% endfor %}", "expected 'for NAME in values'", 1, 8},
        {"{% for i in [1] %}{% endif %}", "no condition is open", 1, 22},
        {"{% if 1 %}{% endfor %}", "no loop is open", 1, 14},
        {"{% endmacro %}", "no macro is open", 1, 4},
        {"{% macro m(i) %}", "a macro is not closed", 1, 17},
        {"{% macro m(i %}{% endmacro %}", "a bracket is not closed", 1, 14},
        {"{% macro m %}{% endmacro %}", "expected 'macro NAME(ARGUMENTS)'", 1, 10},
        {"{% macro m(i) %}{% endmacro %}{{ m(1, 2) }}", "more arguments", 1, 34},
        {"{% macro m(i) %}\n{{ i }}{% endmacro %}{{ m() }}", "nothing says what", 2, 4},
        {"{% macro m(i) %}{{ m(i) }}{% endmacro %}{{ m(1) }}", "nested too deeply", 1,
         17},
        {"{% for i in 'abc' %}{{ [i][1] }}{% endfor %}", "there is no such element", 1,
         28},
        {"{{ 'abc'[-4] }}", "there is no such element", 1, 10},
        {"{{ 3[0] }}", "elements are those of a list or a text", 1, 6},
        {"{{ [1, 2 }}", "a bracket is not closed", 1, 10},
        {"{{ range(5000) }}", "4096 at most", 1, 4},
        {"{{ range(1, 2, 0) }}", "4096 at most", 1, 4},
        {"{{ range(0.5, 2) }}", "whole numbers", 1, 4},
        {"{{ range() }}", "one to three numbers", 1, 4},
        {"{{ 3 | length }}", "no filter that is known: length", 1, 8},
        {"{{ Q ~ 'a' }}", "not defined has no value", 1, 12},
        {"{{ loop.index }}", "nothing says what this is: loop.index", 1, 4},
        {"{% for i in range(4000) %}{% for j in range(4000) %}{{ i }}{% endfor %}{% "
         "endfor %}",
         "more than 200000 steps", 0, 0},
        {"{% for a in ['xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'] %}{% for b in [a ~ a ~ a ~ "
         "a "
         "~ a ~ a ~ a ~ a] %}{% for c in [b ~ b ~ b ~ b ~ b ~ b ~ b ~ b] %}{% for d in "
         "[c ~ c ~ c ~ c ~ c ~ c ~ c ~ c] %}{% for e in [d ~ d ~ d ~ d ~ d ~ d ~ d ~ "
         "d] %}{% for f in [e ~ e ~ e ~ e ~ e ~ e ~ e ~ e] %}{% for g in [f ~ f ~ f ~ "
         "f "
         "~ f ~ f ~ f ~ f] %}{% for h in [g ~ g ~ g ~ g ~ g ~ g ~ g ~ g] %}",
         "more than 16 MiB", 0, 0},
        {"{% assert 1 > 2, 'too few' %}", "it asserts what does not hold: too few", 1,
         10},
        {"{% assert Q %}", "it asserts what does not hold: ", 1, 10},
        {"x\n{{ include_text('a') }}", "nothing is included here: include_text", 2, 4},
        {"{{ include('a') }}", "not worked out here: include", 1, 4},
        {"{{ A.b }}", "not worked out here: A", 1, 4},
        {"{{ 1", "does not end with }}", 1, 1},
        {"{% if 1 %}", "a condition is not closed", 1, 11},
        {"{% endif %}", "no condition is open", 1, 4},
        {"{% set = 3 %}", "expected 'set NAME = value'", 1, 8},
        {"{{ 1 / 0 }}", "no finite number", 1, 10},
        {"{{ 'a' * 2 }}", "no number: a", 1, 9},
        {"{{ '3' * 2 }}", "a text is no number: 3", 1, 9},
        {"{{ 1 < '3' }}", "a text is no number: 3", 1, 12},
        {"{{ 'a' | int }}", "a text is no number: a", 1, 13},
        {"{{ None + 1 }}", "no number: None", 1, 10},
        {"{{ Q + 2 }}", "not defined has no value", 1, 7},
        {"{{ 1 2 }}", "not expected: 2", 1, 6},
        {"{{ (1 }}", "a bracket is not closed", 1, 7},
        {"{{ 'a }}", "a text is not closed", 1, 4},
        {"{{ 1 | abs }}", "no filter that is known: abs", 1, 8},
        {"{{ }}", "expected a number", 1, 4},
        {"{% if 0 %}{% else if 1 %}{% endif %}", "not expected: if 1", 1, 19},
        {"{% if 1 %}{% else %}a{% else %}b{% endif %}",
         "a condition ends with its 'else'", 1, 25},
        {"{% if 0 %}{% else %}{% elif 1 %}b{% endif %}",
         "a condition ends with its 'else'", 1, 24},
        {"{% if 0 %}{% endif Q %}", "not expected: Q", 1, 20},
        {"{{ ((((((((((((((((((((((((((((1)))))))))))))))))))))))))))) }}",
         "nested too deeply", 1, 12},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_diags diags;
        sdse_diags_init(&diags, arena);
        struct sdse_foreign foreign = {arena, &diags, true, false, false};
        const char *made =
            sdse_foreign_template(&foreign, "t", cases[i].text, "check", NULL, NULL);
        assert_null(made);
        assert_true(foreign.failed);
        assert_int_equal(diags.errors, 1);
        if (!strstr(diags.first->message, cases[i].part) ||
            (cases[i].line && (diags.first->loc.line != cases[i].line ||
                               diags.first->loc.column != cases[i].column)))
            fail_msg("case %zu: %u:%u: %s", i, diags.first->loc.line,
                     diags.first->loc.column, diags.first->message);
        sdse_arena_free(arena);
    }
}

// --- What is outside a template ---

struct folder {
    unsigned reads;
};

// Files of a folder "dir" and of "dir/sub".
static const char *read_file(void *who, struct sdse_arena *arena, const char *path,
                             int *number) {
    static const char *const files[][2] = {
        {"dir/a", "{% set A = B + 1 %}{% macro m(i) %}<{{ i + A }}>{% endmacro %}"},
        {"dir/list", "- x\n- {{ N }}\n"},
        {"dir/sub/deep", "deep {{ include_text('list') }}"},
        {"dir/sub/list", "beside"},
        {"dir/self", "{{ include_text('self') }}"},
        {"dir/bad", "a\n b: {{ nothing }}"},
        {"dir/open", "{% if 1 %}"},
    };
    struct folder *folder = who;
    (void)arena;
    folder->reads++;
    *number = ENOENT;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(files[i][0], path) == 0)
            return files[i][1];
    return NULL;
}

static const char *expand(struct sdse_arena *arena, struct sdse_diags *diags,
                          const char *text, struct folder *folder) {
    const struct sdse_foreign_files files = {read_file, folder};
    const struct sdse_template_world world = {&files, 0, NULL};
    struct sdse_foreign foreign = {arena, diags, true, false, false};
    sdse_diags_init(diags, arena);
    return sdse_foreign_template(&foreign, "dir/main", text, "check", &world, NULL);
}

static void files_are_read_in_the_folder(void **state) {
    (void)state;
    static const struct {
        const char *text, *made, *part, *file;
        unsigned line, reads;
    } cases[] = {
        // Names and macros of a file are those of the text behind it.
        {"{% set B = 1 %}{{ include_text('a') }}{{ A }}{{ m(3) }}", "2<5>", NULL, NULL,
         0, 1},
        {"{{ add_to_path('sub') }}{{ include_text('deep') }}|{{ find_path('deep') }}",
         "deep beside|dir/sub/deep", NULL, NULL, 0, 5},
        {"{{ add_to_path('./sub') }}x", "x", NULL, NULL, 0, 0},
        {"{% if 0 %}{{ include_text('none') }}{% endif %}y", "y", NULL, NULL, 0, 0},
        {"\n{{ include_text('../a') }}", NULL,
         "outside the folder of the template: ../a", "dir/main", 2, 0},
        {"{{ include_text('sub/../../a') }}", NULL, "outside the folder", "dir/main", 1,
         0},
        {"{{ include_text('/dir/a') }}", NULL, "outside the folder", "dir/main", 1, 0},
        {"{{ add_to_path('..') }}", NULL, "a folder outside", "dir/main", 1, 0},
        {"{{ find_path('none') }}", NULL, "there is no such file: none", "dir/main", 1,
         1},
        {"{{ include_text(3) }}", NULL, "a text is expected by include_text",
         "dir/main", 1, 0},
        {"{{ include_text('bad') }}", NULL, "nothing says what this is: nothing",
         "dir/bad", 2, 1},
        {"{% set B = 1 %}{{ include_text('a') }}\n{{ nothing }}", NULL,
         "nothing says what this is: nothing", "dir/main", 2, 1},
        {"{{ include_text('open') }}{% endif %}", NULL, "a condition is not closed",
         "dir/open", 1, 1},
        {"{{ include_text('self') }}", NULL, "nested too deeply", "dir/self", 1, 24},
        {"{% for i in range(70) %}{{ find_path('a') }}{% endfor %}", NULL,
         "more than 64 files", "dir/main", 1, 64},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_diags diags;
        struct folder folder = {0};
        const char *made = expand(arena, &diags, cases[i].text, &folder);
        if (!made != !cases[i].made || (made && strcmp(made, cases[i].made) != 0) ||
            (!made && (!strstr(diags.first->message, cases[i].part) ||
                       strcmp(diags.first->loc.file, cases[i].file) != 0 ||
                       diags.first->loc.line != cases[i].line))) {
            sdse_diags_print(&diags, stderr, false);
            fail_msg("case %zu: '%s'", i, made ? made : "");
        }
        assert_int_equal(folder.reads, cases[i].reads);
        sdse_arena_free(arena);
    }
}

// Whatever a template makes, places are those of its own lines, or of the files that it
// includes; so are those of faults of YAML.
static void places_are_the_template_s_own(void **state) {
    (void)state;
    static const char text[] =
        "{% macro m(i) %}\nx{{ i }}: {{ i }}\n{% endmacro %}\na: 1\n{% for i in "
        "range(3) %}\nb{{ i }}: [2,\n  3]\n{% endfor %}\nc:\n{{ "
        "include_text('list') }}d: 4\n{{ m(5) }}\ne: 6\n";
    static const struct {
        const char *key, *file;
        unsigned line;
    } places[] = {{"a", "dir/main", 4},   {"b0", "dir/main", 6}, {"b1", "dir/main", 6},
                  {"b2", "dir/main", 6},  {"c", "dir/main", 9},  {"d", "dir/main", 10},
                  {"x5", "dir/main", 11}, {"e", "dir/main", 12}};
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct folder folder = {0};
    const struct sdse_foreign_files files = {read_file, &folder};
    struct sdse_template_given given[] = {{"N", 7, false}, {"Q", 8, false}};
    const struct sdse_template_world world = {&files, 2, given};
    struct sdse_foreign foreign = {arena, &diags, false, false, false};
    sdse_diags_init(&diags, arena);
    const struct sdse_node *root =
        sdse_foreign_parse(&foreign, "dir/main", text, "check", &world);
    assert_non_null(root);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const struct sdse_node *node = sdse_node_get(root, places[i].key);
        assert_non_null(node);
        assert_string_equal(node->key_loc.file, places[i].file);
        if (node->key_loc.line != places[i].line)
            fail_msg("'%s' is in line %u", places[i].key, node->key_loc.line);
    }
    assert_int_equal(sdse_node_at(sdse_node_get(root, "b2"), 1)->loc.line, 7);
    const struct sdse_node *second = sdse_node_at(sdse_node_get(root, "c"), 1);
    assert_string_equal(second->loc.file, "dir/list");
    assert_int_equal(second->loc.line, 2);
    // What is set from outside, and whether it is asked for.
    assert_string_equal(second->text, "7");
    assert_true(given[0].asked);
    assert_false(given[1].asked);
    assert_null(
        sdse_foreign_parse(&foreign, "dir/main",
                           "{% for i in range(9) %}\n# {{ i }}\n{% endfor %}\na: "
                           "[\n",
                           "check", &world));
    assert_true(foreign.failed);
    assert_int_equal(diags.errors, 1);
    assert_in_range(diags.first->loc.line, 4, 5);
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_come_to_a_text),
        cmocka_unit_test(what_is_not_known_has_a_place),
        cmocka_unit_test(files_are_read_in_the_folder),
        cmocka_unit_test(places_are_the_template_s_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
