// Templates of Jinja: what they come to, and where they are refused.
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
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_diags diags;
        sdse_diags_init(&diags, arena);
        struct sdse_foreign foreign = {arena, &diags, false, false, false};
        const char *made = sdse_foreign_template(&foreign, "t", cases[i].text, "check");
        if (!made)
            sdse_diags_print(&diags, stderr, false);
        assert_non_null(made);
        assert_string_equal(made, cases[i].made);
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
        {"{% for i in range(3) %}", "write out what it comes to: for", 1, 4},
        {"x\n{{ include_text('a') }}", "not worked out here: include_text", 2, 4},
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
        {"{% if 0 %}{% endif Q %}", "not expected: Q", 1, 20},
        {"{{ ((((((((((((((((((((((((((((1)))))))))))))))))))))))))))) }}",
         "nested too deeply", 1, 12},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_diags diags;
        sdse_diags_init(&diags, arena);
        struct sdse_foreign foreign = {arena, &diags, true, false, false};
        const char *made = sdse_foreign_template(&foreign, "t", cases[i].text, "check");
        assert_null(made);
        assert_true(foreign.failed);
        assert_int_equal(diags.errors, 1);
        if (!strstr(diags.first->message, cases[i].part) ||
            diags.first->loc.line != cases[i].line ||
            diags.first->loc.column != cases[i].column)
            fail_msg("case %zu: %u:%u: %s", i, diags.first->loc.line,
                     diags.first->loc.column, diags.first->message);
        sdse_arena_free(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_come_to_a_text),
        cmocka_unit_test(what_is_not_known_has_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
