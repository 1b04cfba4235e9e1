// Names that would be more than names, links that lead away, signals, and ends that
// must be told apart by their exit status.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/change_database.h"
#include "support/copy_file.h"
#include "support_program.h"

#define DATA "tests/data/cli/"
#define PROBLEM "-a " DATA "arch.yaml -w " DATA "net.yaml"

static void write_text(const char *name, const char *text) {
    FILE *file = fopen(scratch(name), "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void runs(int status, const char *said, const char *line) {
    struct ran ran = run_program(line);
    if (ran.status != status || (said && !strstr(ran.err, said)))
        fail_msg("sdse %s: status %d, said: %s", line, ran.status, ran.err);
    free_ran(&ran);
}

// What SQLite takes for a database in memory or a URI is a file's name.
static void databases_are_files(void **state) {
    (void)state;
    static const char *const names[] = {":memory:", "file:r.db",
                                        "file:r.db?mode=memory", "file::memory:"};
    char sweep[600], folder[512];
    snprintf(sweep, sizeof sweep, "sweep %s/" DATA "sweep.yaml -q -o ",
             SDSE_SOURCE_DIR);
    assert_non_null(getcwd(folder, sizeof folder));
    assert_int_equal(chdir(scratch(".")), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char line[1200];
        snprintf(line, sizeof line, "%s%s", sweep, names[i]);
        runs(0, NULL, line);
        assert_int_equal(access(names[i], F_OK), 0);
        snprintf(line, sizeof line, "query %s SELECT~count(*)~AS~n~FROM~v_point",
                 names[i]);
        struct ran ran = run_program(line);
        assert_int_equal(ran.status, 0);
        assert_non_null(strstr(ran.out, "8"));
        free_ran(&ran);
    }
    char line[1200];
    snprintf(line, sizeof line, "%s//%s", sweep, scratch("slashes.db") + 1);
    runs(0, NULL, line);
    assert_int_equal(access("slashes.db", F_OK), 0);
    snprintf(line, sizeof line, "status ///%s", scratch("slashes.db") + 1);
    runs(0, NULL, line);
    assert_int_equal(chdir(folder), 0);
}

#define FAULTS SDSE_SOURCE_DIR "/tests/faults/data/"

static void sweep_ends(const char *sweep, const char *database, int status,
                       const char *printed, const char *said) {
    char line[200];
    write_text("ends.yaml", sweep);
    snprintf(line, sizeof line, "sweep @ends.yaml -q -o @%s", database);
    struct ran ran = run_program(line);
    const bool again = strstr(ran.out, "were there before") != NULL;
    if (ran.status != status || !strstr(ran.out, printed) || (status && again) ||
        (said ? !strstr(ran.err, said) : *ran.err != '\0'))
        fail_msg("%s: status %d, printed: %s, said: %s", sweep, ran.status, ran.out,
                 ran.err);
    free_ran(&ran);
}

// Points that failed have no result: 4 if there are no others. Infeasible points are
// results: 0, whatever rules them out.
static void sweeps_without_a_result_are_failures(void **state) {
    (void)state;
    // No divisor of 4 is 3, and ten nanoseconds do not suffice to try padded bounds.
#define FAILS                                                      \
    "name: ends\nworkloads: [" FAULTS "net.yaml]\narchs: [" FAULTS \
    "cramped.yaml%s]\n%s%s"
    static const char limit[] =
        "mapper: {seconds: 0.00000001, imperfect_percent: 80}\n";
    static const char two[] = "override: {levels.buffer.memory.read_pj: [10, 11]}\n";
    char sweep[1500];
    snprintf(sweep, sizeof sweep, FAILS, "", limit, two);
    for (int i = 0; i < 2; i++) // the second run tries again
        sweep_ends(sweep, "failed.db", 4, "2 failed", "no point has a result: all 2");
    snprintf(sweep, sizeof sweep, FAILS, ", " FAULTS "arch.yaml", limit, "");
    sweep_ends(sweep, "some.db", 0, "1 failed", NULL);
    snprintf(sweep, sizeof sweep, FAILS, "", "", two);
    for (int i = 0; i < 2; i++)
        sweep_ends(sweep, "ruled.db", 0, "2 infeasible, 0 on the front", NULL);
    snprintf(sweep, sizeof sweep,
             "name: ends\nworkloads: [" FAULTS "net.yaml]\narchs: [" FAULTS
             "arch.yaml]\nconstraints: {max_area_mm2: 0.0001}\n");
    sweep_ends(sweep, "large.db", 0, "1 infeasible, 0 on the front", NULL);
}

static void no_control(const char *text) {
    for (const char *c = text; *c; c++)
        if (((unsigned char)*c < 0x20 && *c != '\n' && *c != '\t') || *c == 0x7f ||
            ((unsigned char)c[0] == 0xc2 && (unsigned char)c[1] >= 0x80 &&
             (unsigned char)c[1] < 0xa0))
            fail_msg("a control in: %s", text);
}

static void names_drive_no_terminal(void **state) {
    (void)state;
    write_text("evil.yaml",
               "name: \"n\\e[31m\\u009b1m\\r\\x7f\\u00e4\"\n"
               "source: \"s\\e]0;x\\a\"\nlayers:\n"
               "  - {name: \"l\\e[2J\\bx\", kind: fc, in: 6, out_channels: 4}\n"
               "  - {name: \"d\\x7fx\", kind: fc, in: 6, out_channels: 3}\n"
               "  - {name: \"c\\u009b\\u00a0x\", kind: fc, in: 6, out_channels: 3}\n"
               "  - {name: \"m\\e[2J\\bx\", kind: fc, in: 6, out_channels: 4, "
               "weights: \"no\\e[31m.npy\"}\n");
#define EVIL "-a " DATA "arch.yaml -w @evil.yaml"
    static const char *const lines[] = {
        "check @evil.yaml",
        "show workload @evil.yaml",
        "map " EVIL,
        "map " EVIL " -f csv",
        "map " EVIL " -l l",
        "map " EVIL " -o @maps",
        "decompose @evil.yaml",
        "decompose @evil.yaml -l \033[31m",
        "explain " EVIL " -l m",
        "chek\033[31m",
        "map " EVIL " --lay\033[31mer x",
        "map " EVIL " --objective \033[31m",
        "query @\033[31m.db",
        "check @\033[31m.yaml",
        "map -a \033[31m -w x",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct ran ran = run_program(lines[i]);
        no_control(ran.out);
        no_control(ran.err);
        free_ran(&ran);
    }
    struct ran ran = run_program("chek\xc2\x9b");
    assert_non_null(strstr(ran.err, "'chek\\x9b'"));
    free_ran(&ran);
    ran = run_program("chek\xc3\xa4");
    assert_non_null(strstr(ran.err, "'chek\xc3\xa4'"));
    free_ran(&ran);
    ran = run_program("show workload @evil.yaml");
    assert_non_null(strstr(ran.out, "n\\x1b[31m\\x9b1m\\x0d\\x7f\xc3\xa4"));
    free_ran(&ran);
}

// Names in a damaged file are bytes of any kind.
static void names_of_a_damaged_file_are_plain(void **state) {
    (void)state;
    static const char *const lines[] = {"verify @bytes.db", "export @bytes.db",
                                        "verify --repair @bytes.db"};
    runs(0, NULL, "sweep " DATA "sweep.yaml -q -o @bytes.db");
    change_database(scratch("bytes.db"),
                    "UPDATE input SET name = CAST(x'6eff9b6d' AS TEXT)");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct ran ran = run_program(lines[i]);
        if (!strstr(ran.err, "n\\xff\\x9bm") && i != 2)
            fail_msg("%s says %s", lines[i], ran.err);
        for (const char *c = ran.err; *c; c++)
            assert_true((unsigned char)*c < 0x80);
        assert_true(ran.status != 0);
        free_ran(&ran);
    }
}

// Text of any length is plain, and what only begins like a control is as it was.
static void long_texts_drive_no_terminal(void **state) {
    (void)state;
    runs(0, NULL, "sweep " DATA "sweep.yaml -q -o @long.db");
    struct ran ran = run_program("query @long.db -f csv SELECT~replace(hex(zeroblob("
                                 "3001)),'00',char(27)||char(155)||char(160))~AS~x");
    static const char unit[] = "\\x1b\\x9b\xc2\xa0";
    const char *at = ran.out;
    assert_int_equal(strncmp(at, "x\n", 2), 0);
    at += 2 + (at[2] == '"');
    for (int i = 0; i < 3001; i++, at += strlen(unit))
        if (strncmp(at, unit, strlen(unit)) != 0)
            fail_msg("at %d: %.40s", i, at);
    assert_true(strlen(at) <= 2);
    free_ran(&ran);
}

// What a folder lists drives none either.
static void names_of_files_are_plain(void **state) {
    (void)state;
    runs(0, NULL, "map " EVIL " -o @maps --force");
    DIR *folder = opendir(scratch("maps"));
    unsigned files = 0;
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder)); files++) {
        no_control(entry->d_name);
        assert_null(strpbrk(entry->d_name, "\t\n"));
    }
    closedir(folder);
    assert_int_equal(files, 2 + 4); // four layers
    assert_int_equal(access(scratch("maps/c__\xc2\xa0x.yaml"), F_OK), 0);
    assert_int_equal(access(scratch("maps/d_x.yaml"), F_OK), 0);
    assert_int_equal(access(scratch("maps/l_[2J_x.yaml"), F_OK), 0);
}

// Weights outside the folder are read only if that is asked for.
static void manifests_stay_in_their_folder(void **state) {
    (void)state;
    mkdir(scratch("set"), 0777);
    mkdir(scratch("set/deep"), 0777);
    mkdir(scratch("set2"), 0777);
    runs(0, NULL, "import tests/data/onnx/small.onnx -i x=1x3x16x16 -o @model");
    copy_file(scratch("model/weights/fc.npy"), scratch("set/deep/in.npy"));
    copy_file(scratch("model/weights/fc.npy"), scratch("set2/out.npy"));
    static const struct {
        const char *from, *to;
        int strict;
    } links[] = {{"set/a.npy", "deep/in.npy", 0},
                 {"set/b.npy", "../set2/out.npy", 1},
                 {"set/c", "../set2", 1},
                 {"set/d.npy", "../set/deep/in.npy", 0}};
    static const char *const files[] = {"a.npy", "b.npy", "c/out.npy", "d.npy"};
    for (size_t i = 0; i < 4; i++) {
        char text[200];
        assert_int_equal(symlink(links[i].to, scratch(links[i].from)), 0);
        snprintf(text, sizeof text, "layer\tkind\tfile\tshape\nfc\tfc\t%s\t5x4\n",
                 files[i]);
        write_text("set/manifest.tsv", text);
        runs(links[i].strict, links[i].strict ? "--follow-links permits it" : NULL,
             "decompose @set");
        runs(0, NULL, "decompose @set --follow-links");
    }
}

// The same for the weights that a network names: where a sweep measures them, where
// they are decomposed, and in a sweep that is checked.
static void weights_stay_in_their_folder(void **state) {
    (void)state;
    mkdir(scratch("nets"), 0777);
    mkdir(scratch("nets/deep"), 0777);
    mkdir(scratch("nets2"), 0777);
    runs(0, NULL, "import tests/data/onnx/small.onnx -i x=1x3x16x16 -o @given");
    copy_file(scratch("given/weights/fc.npy"), scratch("nets/deep/in.npy"));
    copy_file(scratch("given/weights/fc.npy"), scratch("nets2/out.npy"));
    assert_int_equal(symlink("deep/in.npy", scratch("nets/a.npy")), 0);
    assert_int_equal(symlink("../nets2/out.npy", scratch("nets/b.npy")), 0);
    assert_int_equal(symlink("../nets2", scratch("nets/c")), 0);
    static const char *const files[] = {"a.npy", "deep/in.npy", "b.npy", "c/out.npy"};
    write_text("nets/all.yaml",
               "name: all\nworkloads: [net.yaml]\narchs: [" FAULTS
               "arch.yaml]\nweight_forms: [{name: sd, basis_size: 2}]\n");
    for (size_t i = 0; i < 4; i++) {
        char text[300];
        snprintf(text, sizeof text,
                 "name: net%zu\nsource: s\nlayers:\n"
                 "  - {name: f, kind: fc, in: 4, out_channels: 5, weights: %s}\n",
                 i, files[i]);
        write_text("nets/net.yaml", text);
        const int strict = i >= 2;
        const char *said = strict ? "--follow-links permits it" : NULL;
        runs(strict, said, "decompose @nets/net.yaml");
        runs(strict, said, "check @nets/all.yaml");
        runs(strict, said, "sweep @nets/all.yaml -q -o @nets.db");
        runs(0, NULL, "decompose @nets/net.yaml --follow-links");
        runs(0, NULL, "check @nets/all.yaml --follow-links");
        runs(0, NULL, "sweep @nets/all.yaml -q -o @nets.db --follow-links");
    }
    // From the folder itself, where its name is not in the path.
    char before[1024];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(scratch("nets")), 0);
    runs(1, "'c/out.npy' leads out of the folder by a link", "decompose net.yaml");
    assert_int_equal(chdir(before), 0);
    write_text("nets/net.yaml", "name: net\nsource: s\nlayers:\n"
                                "  - {name: f, kind: fc, in: 4, out_channels: 5, "
                                "weights: ../nets2/out.npy}\n");
    runs(1, "'../nets2/out.npy' is not inside the folder of this file",
         "decompose @nets/net.yaml --follow-links");
}

// External data outside the model's folder is read only if that is asked for, and never
// replaced.
static void external_data_stays_in_its_folder(void **state) {
    (void)state;
    mkdir(scratch("onnx"), 0777);
    mkdir(scratch("onnx/deep"), 0777);
    mkdir(scratch("away"), 0777);
    copy_file("tests/faults/data/model.onnx", scratch("onnx/model.onnx"));
    copy_file("tests/faults/data/model.bin", scratch("onnx/deep/real.bin"));
    copy_file("tests/faults/data/model.bin", scratch("away/real.bin"));
    static const struct {
        const char *to;
        int strict;
    } links[] = {
        {"deep/real.bin", 0}, {"../onnx/deep/real.bin", 0}, {"../away/real.bin", 1}};
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        unlink(scratch("onnx/model.bin"));
        assert_int_equal(symlink(links[i].to, scratch("onnx/model.bin")), 0);
        runs(links[i].strict,
             links[i].strict ? "a link leads its external data 'model.bin' out of the "
                               "model's folder; --follow-links permits it"
                             : NULL,
             "import @onnx/model.onnx -o @imported");
        runs(0, NULL, "import @onnx/model.onnx -o @imported --follow-links");
    }
    // The link leads to away/real.bin now: that is the input, by whatever name.
    unlink(scratch("imported/weights/w1.npy"));
    assert_int_equal(link(scratch("away/real.bin"), scratch("imported/weights/w1.npy")),
                     0);
    runs(1, "[output-input]",
         "import @onnx/model.onnx -o @imported --follow-links --force");
    unlink(scratch("onnx/model.bin"));
    mkdir(scratch("onnx/model.bin"), 0777);
    runs(1, "missing, or not a regular file", "import @onnx/model.onnx -o @imported");
}

// A small network does not push the points of a large one off the front.
static void fronts_are_counted_per_network(void **state) {
    (void)state;
    write_text("two.yaml",
               "name: two\nworkloads: [" FAULTS "net.yaml, " SDSE_SOURCE_DIR "/" DATA
               "net.yaml]\narchs: [" FAULTS
               "arch.yaml]\nweight_forms: [raw, {name: sd, "
               "basis_size: 3, density: 0.5, row_density: 0.6}]\nobjective: edp\n");
    struct ran ran = run_program("sweep @two.yaml -q -o @two.db");
    assert_int_equal(ran.status, 0);
    unsigned total = 0, sum = 0;
    const char *text = strstr(ran.out, "infeasible, ");
    assert_non_null(text);
    assert_int_equal(sscanf(text, "infeasible, %u on the front", &total), 1);
    free_ran(&ran);
    ran = run_program("pareto @two.db --objectives energy,latency,area");
    for (text = ran.out; (text = strstr(text, " points: ")); text++) {
        unsigned front = 0;
        assert_int_equal(sscanf(text, " points: %u on the front", &front), 1);
        sum += front;
    }
    free_ran(&ran);
    assert_int_equal(total, sum);
    assert_true(total > 2);
}

static void queries_keep_their_limits(void **state) {
    (void)state;
    runs(0, NULL, "sweep " DATA "sweep.yaml -q -o @limits.db");
#define COUNTING "WITH~RECURSIVE~c(x)~AS~(SELECT~1~UNION~ALL~SELECT~x+1~FROM~c"
#define MANY COUNTING "~WHERE~x<200000)~SELECT~x~FROM~c"
    runs(3, "takes longer than --time-limit [query-limit]",
         "query @limits.db " COUNTING ")~SELECT~count(*)~FROM~c --time-limit 0.1");
    struct ran ran = run_program("query @limits.db " MANY " --max-rows 2 -f csv");
    assert_int_equal(ran.status, 0);
    assert_string_equal(ran.out, "x\n1\n2\n");
    assert_non_null(strstr(ran.err, "[query-limit]"));
    free_ran(&ran);
    ran = run_program("query @limits.db SELECT~1~AS~x --max-rows 1 -f csv");
    assert_string_equal(ran.out, "x\n1\n");
    assert_string_equal(ran.err, "");
    free_ran(&ran);
    // What is printed row by row needs no memory for all of them.
    runs(3, "more than --memory-limit", "query @limits.db " MANY " --memory-limit 1");
    ran = run_program("query @limits.db " MANY " --memory-limit 2 -f csv");
    assert_int_equal(ran.status, 0);
    assert_non_null(strstr(ran.out, "\n199999\n200000\n"));
    size_t lines = 0;
    for (const char *c = ran.out; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 200001);
    free_ran(&ran);
    ran = run_program("query @limits.db " MANY "~LIMIT~3 -f json");
    assert_string_equal(ran.out,
                        "{\"schema\": \"sdse.query/1\",\n \"rows\": [\n  {\"x\": 1},\n"
                        "  {\"x\": 2},\n  {\"x\": 3}\n]}\n");
    free_ran(&ran);
    runs(1, "too big", "query @limits.db SELECT~zeroblob(5000000) --memory-limit 1");
}

static void wait_s(double seconds) {
    const struct timespec pause = {(time_t)seconds,
                                   (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&pause, NULL);
}

static void write_long_sweep(void) {
    write_text("hard.yaml",
               "name: hard\nsource: made up for tests\nlayers:\n"
               "  - {name: wide, kind: conv, in: [2520, 840, 840], out_channels: 2520, "
               "kernel: 3, pad: 1}\n");
}

#define LONG_SEARCH "map -a " DATA "arch.yaml -w @hard.yaml --uneven -l wide"

// A second signal ends at once what the first has asked to stop.
static void signals_stop_or_end(void **state) {
    (void)state;
    write_long_sweep();
    static const int signals[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < 2; i++) {
        int status = 0;
        const pid_t pid = start_program(LONG_SEARCH);
        wait_s(0.5);
        kill(pid, signals[i]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 3);
        char *said = read_whole(scratch(".started"));
        assert_true(strlen(said) > 0);
        free(said);
    }
}

static void arguments_are_whole(void **state) {
    (void)state;
    runs(2, NULL, "map " PROBLEM " --time-limit 5abc");
    runs(2, NULL, "map " PROBLEM " --time-limit 5~");
    runs(2, "'energy' is named twice", "pareto x.db -O energy,energy");
    runs(2, "'energy' is named twice", "plot front x.db -O energy,latency,energy");
    runs(1, NULL, "check " DATA "arch.yaml " DATA "bad_arch.yaml");
    runs(1, NULL, "check " DATA "bad_arch.yaml " DATA "arch.yaml");
}

// A reader that has seen enough is no error, whether or not SIGPIPE is ignored.
static void closed_pipes_are_no_errors(void **state) {
    (void)state;
    char line[700];
    snprintf(line, sizeof line,
             "trap '' PIPE; { %s --help; echo $? >%s; } 2>%s | :", SDSE_PROGRAM,
             scratch("status"), scratch("said"));
    for (int i = 0; i < 5; i++) {
        assert_int_equal(system(line), 0);
        char *status = read_whole(scratch("status")),
             *said = read_whole(scratch("said"));
        assert_non_null(status);
        assert_string_equal(status, "0\n");
        assert_null(strstr(said, "sdse: error"));
        free(status);
        free(said);
    }
}

// The table for people: repeats, and utilisation in percent.
static void tables_for_people(void **state) {
    (void)state;
    struct ran ran = run_program("map " PROBLEM);
    assert_int_equal(ran.status, 0);
    static const char *const rows[] = {"\nconv1  conv    1  ", "\nagain  conv    2  ",
                                       "\nfc     fc      1  "};
    for (size_t i = 0; i < 3; i++)
        if (!strstr(ran.out, rows[i]))
            fail_msg("no '%s' in %s", rows[i], ran.out);
    const char *conv = strstr(ran.out, "\nconv1 ");
    assert_non_null(strstr(ran.out, "used [%]"));
    double energy, cycles, used;
    assert_int_equal(
        sscanf(conv, " conv1 conv 1 optimal 0 %lf %lf %lf", &energy, &cycles, &used),
        3);
    // 8*4*16*16*3*3 MACs on 16 multipliers are 4608 cycles of all of them.
    assert_true(used * cycles > 99.9 * 4608 && used * cycles < 100.1 * 4608);
    free_ran(&ran);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(databases_are_files),
        cmocka_unit_test(sweeps_without_a_result_are_failures),
        cmocka_unit_test(names_drive_no_terminal),
        cmocka_unit_test(names_of_a_damaged_file_are_plain),
        cmocka_unit_test(long_texts_drive_no_terminal),
        cmocka_unit_test(names_of_files_are_plain),
        cmocka_unit_test(manifests_stay_in_their_folder),
        cmocka_unit_test(weights_stay_in_their_folder),
        cmocka_unit_test(external_data_stays_in_its_folder),
        cmocka_unit_test(fronts_are_counted_per_network),
        cmocka_unit_test(queries_keep_their_limits),
        cmocka_unit_test(signals_stop_or_end),
        cmocka_unit_test(arguments_are_whole),
        cmocka_unit_test(closed_pipes_are_no_errors),
        cmocka_unit_test(tables_for_people),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
