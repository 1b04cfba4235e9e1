// A memory that fetches the gaps of its windows (`fetch_gaps`) takes their bounding
// box, clipped to the map; others take the words alone.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/support_program.h"

#define GAPS "tests/data/cli/gaps/"

// Whether the program succeeds on the line and says the text.
static void says(const char *line, const char *text) {
    struct ran ran = run_program(line);
    assert_int_equal(ran.status, 0);
    if (!strstr(ran.out, text))
        fail_msg("sdse %s: no '%s' in:\n%s", line, text, ran.out);
    free_ran(&ran);
}

// Windows of one tap, two apart, on a map of 8 x 8 with 4 channels: 4 x 4 outputs read
// 16 words of a channel, their box holds 7 x 7. With padding of 1, 5 x 5 outputs stand
// at -1, 1, ..., 7: 4 x 4 words, and the box from 0 to 7 holds all 64.
static void boxes_are_clipped_to_the_map(void **state) {
    (void)state;
    static const struct {
        const char *layer, *words, *box;
    } cases[] = {{"point", "64", "196"}, {"padded", "64", "256"}};
    for (int i = 0; i < 2; i++) {
        char line[300], row[100];
        for (int gaps = 0; gaps < 2; gaps++) {
            const char *words = gaps ? cases[i].box : cases[i].words;
            snprintf(line, sizeof line,
                     "eval -a %s -w " GAPS "net.yaml -l %s -m " GAPS
                     "%s.yaml --only counts -f csv",
                     gaps ? GAPS "arch.yaml" : "tests/data/cli/arch.yaml",
                     cases[i].layer, cases[i].layer);
            snprintf(row, sizeof row, "\nDRAM,inputs,1,%s,%s,0,0,0,", cases[i].words,
                     words);
            says(line, row);
            snprintf(row, sizeof row, "\nbuffer,inputs,1,%s,512,%s,0,0,", words, words);
            says(line, row);
            snprintf(line, sizeof line,
                     "explain -a %s -w " GAPS "net.yaml -l %s -m " GAPS "%s.yaml",
                     gaps ? GAPS "arch.yaml" : "tests/data/cli/arch.yaml",
                     cases[i].layer, cases[i].layer);
            says(line, "exactly the evaluator's energy");
        }
    }
    says("explain -a " GAPS "arch.yaml -w " GAPS "net.yaml -l point -m " GAPS
         "point.yaml",
         "each buffer takes 1 tile x 196 words = 196 words");
}

static void is_shown_and_part_of_a_point(void **state) {
    (void)state;
    says("show arch " GAPS "arch.yaml", "fetches gaps");
    says("sweep " GAPS "sweep.yaml -o @gaps.db", "2 of 2 points");
    says("query @gaps.db SELECT~count(DISTINCT~energy_pj)~AS~n~FROM~v_point -f csv",
         "\n2\n");
    says("query @gaps.db "
         "SELECT~parameters~FROM~v_point~ORDER~BY~energy_pj~DESC~LIMIT~1 -f csv",
         "buffer.fetch_gaps=true");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_are_clipped_to_the_map),
        cmocka_unit_test(is_shown_and_part_of_a_point),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
