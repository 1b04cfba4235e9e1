// What scripts/study and scripts/study-assumptions ask for, with a stand-in for the
// program: every assumption is a sweep of its own that differs from the one as assumed,
// on the machines that it names; a change that changes nothing ends it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "support_program.h"

static int shell(const char *commands) {
    char line[8192];
    snprintf(line, sizeof line, "d=%s; %s", scratch(""), commands);
    const int ended = system(line);
    assert_true(WIFEXITED(ended));
    return WEXITSTATUS(ended);
}

// Copies the script and its sweep to the scratch folder; the stand-in keeps each sweep
// as sweep_N.yaml without comments, and ends when tables are asked for.
static void prepare(void) {
    assert_int_equal(
        shell("rm -rf $d/s && mkdir -p $d/s/scripts $d/s/sweeps $d/s/docs $d/s/out && "
              "cp scripts/study* $d/s/scripts/ && "
              "cp sweeps/smartexchange.yaml $d/s/sweeps/ && cp docs/study.md "
              "$d/s/docs/ && "
              "printf '%s\\n' '#!/bin/sh' '[ $1 = sweep ] || exit 9' "
              "'n=$(ls ../s/out | wc -l)' "
              "'sed \"s/ *#.*//\" \"$2\" >../s/out/sweep_$((100 + n)).yaml' "
              ">$d/s/stand_in && chmod +x $d/s/stand_in"),
        0);
}

static int study(void) {
    return shell("SDSE=$d/s/stand_in sh $d/s/scripts/study $d/s/x.db $d/s/plots "
                 ">$d/said 2>&1");
}

static int study_assumptions(void) {
    return shell("SDSE=$d/s/stand_in sh $d/s/scripts/study-assumptions $d/s/y.db "
                 ">$d/said 2>&1");
}

static void the_experiment_is_one_sweep(void **state) {
    (void)state;
    prepare();
    assert_int_equal(study(), 9); // at the tables
    assert_int_equal(shell("cd $d/s/out && [ $(ls | wc -l) = 1 ] && "
                           "[ $(grep -c iso_ sweep_100.yaml) = 5 ]"),
                     0);
}

// Each script writes its own part of the page and leaves the other's.
static void tables_come_where_they_belong(void **state) {
    (void)state;
    prepare();
    assert_int_equal(shell("printf '%s\\n' '#!/bin/sh' 'if [ $1 = query ]; then echo "
                           "\"table of $2\"; fi' >$d/s/stand_in && "
                           "cp $d/s/docs/study.md $d/s/old.md"),
                     0);
    assert_int_equal(study_assumptions(), 0);
    assert_int_equal(
        shell("cd $d/s && [ $(grep -c 'table of .*y.db' docs/study.md) = 1 ] && "
              "! grep -q 'table of .*x.db' docs/study.md && "
              "sed '/^<!-- made by scripts.study-assumptions/q' old.md >a && "
              "sed '/^<!-- made by scripts.study-assumptions/q' docs/study.md >b && "
              "cmp a b"),
        0);
    assert_int_equal(study(), 0);
    assert_int_equal(
        shell("cd $d/s && [ $(grep -c 'table of .*y.db' docs/study.md) = 1 ] && "
              "[ $(grep -c 'table of .*x.db' docs/study.md) -gt 3 ] && "
              "[ $(grep -c '^<!-- made by' docs/study.md) = 2 ] && "
              "sed '/^<!-- made by/q' old.md >a && "
              "sed '/^<!-- made by/q' docs/study.md >b && cmp a b"),
        0);
}

static void assumptions_are_sweeps_of_their_own(void **state) {
    (void)state;
    prepare();
    assert_int_equal(study_assumptions(), 9); // at the table
    // No two are the same but for the name, and no two have one name.
    assert_int_equal(shell("cd $d/s/out && [ $(ls | wc -l) -ge 30 ] && "
                           "[ -z \"$(grep -h ^name: * | sort | uniq -d)\" ] && "
                           "[ -z \"$(for f in *; do sed '/^name:/d' $f | cksum; done | "
                           "sort | uniq -d)\" ]"),
                     0);
    // Each is of one machine and one form.
    assert_int_equal(
        shell("cd $d/s/out && for f in *; do "
              "[ $(grep -c 'archs/iso_' $f) = 1 ] && "
              "[ $(grep -c '{path: ' $f) = 3 ] || exit 1; "
              "if grep -q '^name:.*(base)' $f; then "
              "grep -q '^  - raw$' $f && grep -q iso_diannao $f && "
              "! grep -q 'name: smartdeal' $f || exit 1; else "
              "! grep -q '^  - raw$' $f && grep -q iso_smartexchange $f && "
              "grep -q 'name: smartdeal' $f || exit 1; fi; done"),
        0);
}

static void a_change_of_nothing_ends_it(void **state) {
    (void)state;
    prepare();
    assert_int_equal(shell("sed -i 's/row_density: 0.9,/row_density: 0.8,/' "
                           "$d/s/sweeps/smartexchange.yaml"),
                     0);
    assert_int_equal(study_assumptions(), 1);
    char *said = read_whole(scratch("said"));
    assert_non_null(said);
    assert_non_null(strstr(said, "changes nothing in sweeps/smartexchange.yaml"));
    free(said);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_experiment_is_one_sweep),
        cmocka_unit_test(tables_come_where_they_belong),
        cmocka_unit_test(assumptions_are_sweeps_of_their_own),
        cmocka_unit_test(a_change_of_nothing_ends_it),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
