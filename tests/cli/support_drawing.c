#include "support_drawing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "support_program.h"

bool have_gnuplot(void) {
    static int have = -1;
    if (have < 0)
        have = system("gnuplot --version >/dev/null 2>&1") == 0;
    return have;
}

char *script_of(const char *line, const char *script) {
    struct ran ran = run_program(line);
    if (ran.status != (have_gnuplot() ? 0 : 3))
        fail_msg("%s: %s", line, ran.err);
    free_ran(&ran);
    char *text = read_whole(scratch(script));
    assert_non_null(text);
    return text;
}
