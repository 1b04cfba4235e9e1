// sdse init: what it writes is valid, and maps; nothing is written over.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_program.h"

static void ends(int status, const char *line, const char *said) {
    struct ran ran = run_program(line);
    if (ran.status != status || (said && !strstr(ran.err, said)))
        fail_msg("sdse %s: status %d, not %d, or not '%s'\n%s%s", line, ran.status,
                 status, said ? said : "", ran.out, ran.err);
    free_ran(&ran);
}

// Whether `sdse check` finds nothing at all.
static void is_valid(const char *file) {
    char line[128];
    snprintf(line, sizeof line, "check %s", file);
    struct ran ran = run_program(line);
    if (ran.status != 0 || *ran.err)
        fail_msg("%s is not valid:\n%s", file, ran.err);
    free_ran(&ran);
}

static const char *const networks[] = {"cnn", "mlp", "transformer"};
static const char *const machines[] = {"systolic", "row-stationary", "vector"};
static const char *const layers[][2] = {
    {"cnn", "conv1"},       {"cnn", "conv2.dw"}, {"cnn", "conv2.pw"},
    {"cnn", "pool1"},       {"cnn", "fc"},       {"transformer", "qk"},
    {"transformer", "qkv"}, {"mlp", "fc1"},      {"cnn", "conv3"},
};

static void write_networks(void) {
    for (size_t i = 0; i < 3; i++) {
        char line[128];
        snprintf(line, sizeof line, "init workload @%s.yaml -t %s", networks[i],
                 networks[i]);
        struct ran ran = run_program(line);
        if (ran.status != 0 && !strstr(ran.err, "there already"))
            fail_msg("%s: %s", line, ran.err);
        free_ran(&ran);
    }
}

static void networks_are_valid(void **state) {
    (void)state;
    write_networks();
    for (size_t i = 0; i < 3; i++) {
        char line[128];
        snprintf(line, sizeof line, "@%s.yaml", networks[i]);
        is_valid(line);
        snprintf(line, sizeof line, "map -a tpu -w @%s.yaml", networks[i]);
        ends(0, line, NULL);
    }
}

// Every class x the corners and some of the middle of its options' ranges: valid, of
// the sizes asked for, and each maps a layer to a proved optimum.
static void machines_are_valid(void **state) {
    (void)state;
    write_networks();
    static const int sides[][2] = {{1, 1},   {1, 512}, {512, 1}, {512, 512},
                                   {12, 14}, {3, 7},   {32, 32}};
    static const int rest[][2] = {{4, 4},    {4, 32},    {5, 8},     {100, 16},
                                  {8193, 8}, {65536, 4}, {65536, 32}};
    size_t next = 0;
    for (size_t t = 0; t < 3; t++)
        for (size_t s = 0; s < 7; s++)
            for (size_t r = 0; r < 7; r++) {
                // All corners, a third of the rest.
                if ((s > 3 || (r > 1 && r < 5)) && (s + r) % 3 != 0)
                    continue;
                char line[256], size[32];
                snprintf(line, sizeof line,
                         "init arch @m%zu.yaml -t %s --rows %d --columns %d "
                         "--buffer-kib %d --bits %d --dram-gbps %d",
                         next, machines[t], sides[s][0], sides[s][1], rest[r][0],
                         rest[r][1], 1 + rest[r][1]);
                ends(0, line, "written: ");
                snprintf(line, sizeof line, "check @m%zu.yaml", next);
                struct ran ran = run_program(line);
                snprintf(size, sizeof size, ", %d multipliers\n",
                         sides[s][0] * sides[s][1]);
                if (ran.status != 0 || *ran.err || !strstr(ran.out, size))
                    fail_msg("%s %d x %d, %d KiB, %d bits:\n%s%s", machines[t],
                             sides[s][0], sides[s][1], rest[r][0], rest[r][1], ran.out,
                             ran.err);
                free_ran(&ran);
                const char *const *layer = layers[next % 9];
                snprintf(line, sizeof line,
                         "map -a @m%zu.yaml -w @%s.yaml -l %s --objective latency -f "
                         "csv",
                         next, layer[0], layer[1]);
                ran = run_program(line);
                if (ran.status != 0 ||
                    !(strstr(ran.out, ",optimal,") || strstr(ran.out, ",streamed,")))
                    fail_msg("%s (%s %d x %d, %d KiB, %d bits):\n%s%s", line,
                             machines[t], sides[s][0], sides[s][1], rest[r][0],
                             rest[r][1], ran.out, ran.err);
                free_ran(&ran);
                next++;
            }
    assert_true(next > 60);
}

// What --rows, --columns and the rest are is what the file has.
static void options_reach_the_file(void **state) {
    (void)state;
    golden_out("init_systolic", 0, "init arch -t systolic --rows 8 --columns 32");
    golden_out("init_row_stationary", 0, "init arch -t row-stationary --rows 8");
    golden_out("init_vector", 0,
               "init arch -t vector --rows 4 --columns 8 --buffer-kib 40 --bits 16 "
               "--dram-gbps 6.4");
    struct ran ran = run_program("init arch --rows 3 --columns 5 --dram-gbps 1");
    assert_non_null(strstr(ran.out, "fanout: {x: 5, y: 3, dims_x: [K]"));
    assert_non_null(strstr(ran.out, "shared_bits_per_cycle: 16}"));
    assert_non_null(strstr(ran.out, "capacity_kib: 128"));
    free_ran(&ran);
    ran = run_program("init arch -t row-stationary --rows 3 --columns 5 --bits 16");
    assert_non_null(strstr(ran.out, "fanout: {x: 5, y: 3, dims_x: [P, K, G]"));
    assert_non_null(strstr(ran.out, "pj_per_mac: 0.9,")); // 0.2 x 4 + 0.1
    free_ran(&ran);
}

// For every accelerator: that is shipped, and that is begun here.
static void sweeps_are_valid(void **state) {
    (void)state;
    ends(0, "init arch @npu.yaml", NULL);
    ends(0, "init sweep @sweep.yaml -a @npu.yaml -w resnet18", "next: sdse plan");
    is_valid("@sweep.yaml");
    char *text = read_whole(scratch("sweep.yaml"));
    assert_non_null(strstr(text, "archs: [\"npu.yaml\"]\n")); // beside it
    assert_non_null(strstr(text, "  GLB.capacity_kib: [64, 128, 256]\n"));
    assert_non_null(strstr(text, "  sums.fanout.x: [8, 16, 32]\n"));
    free(text);
    struct ran ran = run_program("show arch none");
    const char *names = strstr(ran.err, "shipped: ");
    assert_non_null(names);
    char list[1024];
    snprintf(list, sizeof list, "%s", names + strlen("shipped: "));
    free_ran(&ran);
    size_t count = 0;
    char *rest = list;
    for (char *name; (name = strtok_r(rest, " \n", &rest));) {
        char line[128], file[64];
        snprintf(file, sizeof file, "@s_%.40s.yaml", name);
        snprintf(line, sizeof line, "init sweep %s -a %s -w mlp1_mnist", file, name);
        ends(0, line, NULL);
        // Half of a buffer may be too small for its table: a warning.
        snprintf(line, sizeof line, "check %s", file);
        ends(0, line, NULL);
        count++;
    }
    assert_true(count > 20);
}

static void figures_are_valid(void **state) {
    (void)state;
    ends(0, "init validation @paper.yaml -a eyeriss -w mlp1_mnist",
         "next: sdse validate");
    is_valid("@paper.yaml");
    struct ran ran = run_program("validate @paper.yaml");
    assert_int_equal(ran.status, 0);
    assert_non_null(strstr(ran.out, "paper.energy"));
    assert_non_null(strstr(ran.out, "3 without a figure"));
    free_ran(&ran);
}

static void nothing_is_written_over(void **state) {
    (void)state;
    static const char *const kinds[] = {"arch", "workload", "sweep", "validation"};
    write_scratch("mine.yaml", "mine\n");
    write_scratch("empty.yaml", "");
    for (size_t i = 0; i < 4; i++) {
        char line[64];
        snprintf(line, sizeof line, "init %s @mine.yaml", kinds[i]);
        ends(1, line, "is there already: nothing is written over it");
        snprintf(line, sizeof line, "init %s @empty.yaml", kinds[i]);
        ends(1, line, "is there already");
    }
    char *mine = read_whole(scratch("mine.yaml"));
    assert_string_equal(mine, "mine\n");
    free(mine);
    ends(1, "init arch archs", "is there already");
    ends(3, "init arch @no/folder.yaml", "[output-write]");
}

static void wrong_words_are_refused(void **state) {
    (void)state;
    golden_err("init_kind", 2, "init mapping x.yaml");
    golden_err("init_wrong", 2,
               "init arch --rows 513 --buffer-kib 3 --bits 1 --dram-gbps 0 -t cnn -w "
               "resnet18");
    golden_err("init_wrong_workload", 2, "init workload -t vector --rows 3");
    ends(2, "init arch -", "without a file it is printed");
    ends(1, "init sweep @x.yaml -a eyeris", "did you mean 'eyeriss'?");
    ends(1, "init sweep @x.yaml -a workloads/resnet18.yaml -w resnet18", "[file-kind]");
    assert_null(read_whole(scratch("x.yaml")));
    // The name inside is one that every format takes.
    ends(0, "init arch @8~b\"it.v2.yaml", NULL);
    is_valid("@8~b\"it.v2.yaml");
    ends(0, "init arch @b\"it~v2.yaml", NULL);
    char *text = read_whole(scratch("b\"it v2.yaml"));
    assert_non_null(strstr(text, "\nname: b_it_v2\n"));
    free(text);
}

// On a terminal it asks for what no option says, until an answer will do.
static void asks_on_a_terminal(void **state) {
    (void)state;
    char line[1024];
    snprintf(
        line, sizeof line,
        "cd %s && { sleep 0.3; printf 'vector\\n7\\n0\\n9\\n\\n16\\nasked.yaml\\n'; "
        "sleep 0.3; } | script -qec '%s init arch --dram-gbps 2' /dev/null >said "
        "2>&1",
        scratch(""), SDSE_PROGRAM);
    assert_int_equal(system(line), 0);
    char *said = read_whole(scratch("said"));
    assert_non_null(strstr(said, "rows of multipliers [16]: "));
    assert_non_null(strstr(said, "expected a whole number of at least 1"));
    assert_null(strstr(said, "to DRAM"));
    char *text = read_whole(scratch("asked.yaml"));
    if (!text)
        fail_msg("not written:\n%s", said);
    assert_non_null(strstr(text, "# asked: dot products"));
    assert_non_null(strstr(text, "fanout: {x: 9, y: 7,"));
    assert_non_null(strstr(text, "weights: {bits: 16}"));
    assert_non_null(strstr(text, "# 2 GB/s"));
    free(text);
    free(said);
    is_valid("@asked.yaml");
    // Answers that end early leave nothing.
    snprintf(
        line, sizeof line,
        "cd %s && { sleep 0.3; printf 'vector\\n\\004'; sleep 0.3; } | script -qec "
        "'%s init arch early.yaml' /dev/null >said 2>&1",
        scratch(""), SDSE_PROGRAM);
    assert_int_equal(system(line), 2 << 8);
    assert_null(read_whole(scratch("early.yaml")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_are_valid),
        cmocka_unit_test(machines_are_valid),
        cmocka_unit_test(options_reach_the_file),
        cmocka_unit_test(sweeps_are_valid),
        cmocka_unit_test(figures_are_valid),
        cmocka_unit_test(nothing_is_written_over),
        cmocka_unit_test(wrong_words_are_refused),
        cmocka_unit_test(asks_on_a_terminal),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
