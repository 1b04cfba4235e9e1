// Runs check_smartdeal on the shipped cases: all must match, and a planted fault must
// not.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/wait.h>

static const char CASES[] = SDSE_SOURCE_DIR "/tests/data/smartdeal";

// Runs a command and returns its exit status; the last line it printed in `last`.
static int run(const char *command, char last[256]) {
    FILE *out = popen(command, "r");
    assert_non_null(out);
    char line[4096];
    last[0] = '\0';
    while (fgets(line, sizeof line, out)) {
        line[strcspn(line, "\n")] = '\0';
        snprintf(last, 256, "%.255s", line);
    }
    int status = pclose(out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void shipped_cases_match(void **state) {
    (void)state;
    char command[1024], last[256];
    snprintf(command, sizeof command, "./check_smartdeal %s/*", CASES);
    assert_int_equal(run(command, last), 0);
    assert_string_equal(last, "11 cases, 0 mismatches");
    snprintf(command, sizeof command, "./check_smartdeal --scaled %s/*", CASES);
    assert_int_equal(run(command, last), 0);
    assert_string_equal(last, "13 cases, 0 mismatches");
}

static void planted_faults_are_noticed(void **state) {
    (void)state;
    static const char *const faults[] = {
        // One byte in the exponent of a coefficient, of a basis word, of a count.
        "printf '\\076' | dd of=$d/Ce.npy bs=1 seek=131 conv=notrunc 2>/dev/null",
        "printf '\\100' | dd of=$d/B.npy bs=1 seek=135 conv=notrunc 2>/dev/null",
        "sed -i 's/\"ce_nonzero_rows\": [0-9]*/\"ce_nonzero_rows\": 7/' $d/result.json",
        "sed -i 's/\"iternum\": 30/\"iternum\": 3/' $d/result.json",
        "rm $d/W.npy",
        "truncate -s 200 $d/result.json",
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char command[2048], last[256];
        snprintf(command, sizeof command,
                 "d=$(mktemp -d) && cp %s/109/* $d/ && chmod u+w $d/* && { %s; } && "
                 "./check_smartdeal $d 2>/dev/null; s=$?; rm -r $d; exit $s",
                 CASES, faults[i]);
        assert_int_equal(run(command, last), 1);
        assert_non_null(strstr(last, "1 cases, "));
        assert_null(strstr(last, " 0 mismatches"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shipped_cases_match),
        cmocka_unit_test(planted_faults_are_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
