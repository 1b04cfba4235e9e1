// Arithmetic on text: what binds how, and what is no formula.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "base/formula.h"

struct asked {
    unsigned faults;
    char said[200];
};

static double value_of(struct sdse_formula *f, const char *name) {
    if (!strcmp(name, "a.b_2"))
        return 7;
    return !strcmp(name, "x") ? 3 : sdse_formula_fail(f, "unknown ", name);
}

static void note(struct sdse_formula *f, const char *what, const char *name) {
    struct asked *asked = f->who;
    asked->faults++;
    snprintf(asked->said, sizeof asked->said, "%s%s", what, name);
}

static double evaluate(const char *text, struct asked *asked) {
    *asked = (struct asked){0};
    struct sdse_formula f = {
        .at = text, .value = value_of, .fail = note, .who = asked};
    const double value = sdse_formula_value(&f);
    assert_true(f.failed == (asked->faults == 1));
    assert_true(asked->faults <= 1);
    return value;
}

static void operators_bind_as_on_paper(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"5 - 3 - 1", 1},  {"12/3/2", 2},          {"2+3*4", 14},
        {"(2+3)*4", 20},   {"2^3^2", 512},         {"2*3^2", 18},
        {"-2^2", -4},      {"2^-1", 0.5},          {"--x", 3},
        {"x*a.b_2", 21},   {" 1.5e3 \t", 1500},    {"3 - -2", 5},
        {"((x))", 3},      {"6/x*2", 4},           {"0.5*(1 + x)^2/8", 1},
        {"1/(x - 2)", 1},  {"2^0.5*2^0.5", 2},     {"-(1 - 4)", 3},
        {"10-2*3", 4},     {"x^2-x", 6},
    };
    struct asked asked;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double value = evaluate(cases[i].text, &asked);
        if (asked.faults || fabs(value - cases[i].value) > 1e-12)
            fail_msg("%s is %g, %s", cases[i].text, value, asked.said);
    }
}

static void faults_are_told_once(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"", "expected a number"},   {"1 +", "expected a number"},
        {"1 2", "an operator"},      {"(1", "not closed"},
        {"1/0", "division by zero"}, {"1/(x - 3)", "division by zero"},
        {"y + y", "unknown y"},      {"1)", "an operator"},
        {"* 2", "expected a number"}, {".", "expected a number"},
    };
    struct asked asked;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(evaluate(cases[i][0], &asked) == 0);
        if (asked.faults != 1 || !strstr(asked.said, cases[i][1]))
            fail_msg("'%s': %u, %s", cases[i][0], asked.faults, asked.said);
    }
    // Depth is counted for what nests alone.
    char deep[200];
    for (int depth = 10; depth <= 60; depth += 50) {
        snprintf(deep, sizeof deep, "%.*s1%.*s", depth,
                 "((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((", depth,
                 "))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))");
        evaluate(deep, &asked);
        assert_int_equal(asked.faults, depth > SDSE_FORMULA_DEEPEST);
    }
    evaluate("(1)+(1)+(1)+(1)+(1)+(1)+(1)+(1)+(1)+(1)+(1)+(1)+(1)+(1)+(1)+(1)+(1)+"
             "(1)+(1)+(1)+(1)+(1)+(1)+(1)+(1)+(1)+(1)+(1)+(1)+(1)+(1)+(1)+(1)+(1)+-1^2",
             &asked);
    assert_int_equal(asked.faults, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_bind_as_on_paper),
        cmocka_unit_test(faults_are_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
