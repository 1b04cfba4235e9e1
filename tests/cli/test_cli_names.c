// Sweeps that name accelerators and networks as -a and -w do.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/copy_file.h"
#include "support_program.h"

static void write_sweep(const char *name, const char *networks, const char *archs) {
    char text[600];
    snprintf(text, sizeof text, "name: n\nworkloads: [%s]\narchs: [%s]\n", networks,
             archs);
    write_scratch(name, text);
}

#define WHOLE(folder, name) SDSE_SOURCE_DIR "/" folder "/" name ".yaml"

// A name and the path of its file make the same sweep.
static void names_are_paths(void **state) {
    (void)state;
    write_sweep("names.yaml", "mlp1_mnist, {path: mlp2_mnist, network: {batch: 2}}",
                "diannao, {path: simba, override: {compute.pj_per_mac: [9]}}");
    write_sweep("paths.yaml",
                WHOLE("workloads", "mlp1_mnist") ", {path: " WHOLE(
                    "workloads", "mlp2_mnist") ", network: {batch: 2}}",
                WHOLE("archs", "diannao") ", {path: " WHOLE(
                    "archs", "simba") ", override: {compute.pj_per_mac: [9]}}");
    char *checked = run_text(0, "check @names.yaml");
    assert_non_null(strstr(checked, "4 points: 2 networks x 2 accelerators"));
    free(checked);
    free(run_text(0, "sweep @names.yaml -o @names.db -q"));
    free(run_text(0, "sweep @paths.yaml -o @paths.db -q"));
    char *one = run_text(0, "export @names.db"),
         *other = run_text(0, "export @paths.db");
    assert_string_equal(one, other);
    assert_non_null(strstr(one, "\"kind\":\"arch\",\"name\":\"diannao\",\"text\":"));
    free(one);
    free(other);
    free(run_text(0, "plan @names.yaml"));
    free(run_text(0, "reproduce @names.db 1 -o @r"));
}

// What lies beside the sweep goes before what is shipped; a path is no name.
static void files_beside_the_sweep_come_first(void **state) {
    (void)state;
    copy_file("tests/data/cli/arch.yaml", scratch("eyeriss"));
    copy_file("tests/data/cli/net.yaml", scratch("net.yaml"));
    write_sweep("beside.yaml", "net.yaml", "eyeriss");
    free(run_text(0, "sweep @beside.yaml -o @beside.db -q"));
    char *names = run_text(0, "query @beside.db -f csv SELECT~arch~FROM~v_point");
    assert_string_equal(names, "arch\nsmall\n");
    free(names);
    write_sweep("wrong.yaml", "net.yaml, mlp9_mnist", "eyeris, eyeriss.yaml, ./simba");
    char *why = run_text(1, "check @wrong.yaml");
    assert_non_null(strstr(why,
                           "wrong.yaml:2:23: error: 'mlp9_mnist' is neither a file "
                           "beside the sweep nor the name of a shipped network "
                           "[shipped-name]"));
    assert_non_null(strstr(why,
                           "wrong.yaml:3:9: error: 'eyeris' is neither a file "
                           "beside the sweep nor the name of a shipped accelerator"));
    assert_null(strstr(why, "'eyeriss.yaml' is neither"));
    assert_null(strstr(why, "simba' is neither"));
    free(why);
    write_sweep("paths.yaml", "net.yaml", "./simba");
    why = run_text(1, "check @paths.yaml");
    assert_non_null(strstr(why, "simba"));
    free(why);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_paths),
        cmocka_unit_test(files_beside_the_sweep_come_first),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
