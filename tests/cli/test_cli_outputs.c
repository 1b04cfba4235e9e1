// What -o may replace, and what it leaves: every verb that writes, every hazard.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support_program.h"

#define DATA "tests/data/cli/"

static void write_text(const char *name, const char *text) {
    FILE *file = fopen(scratch(name), "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void copy(const char *from, const char *to) {
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    assert_non_null(in);
    assert_non_null(out);
    char bytes[4096];
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, in)) > 0;)
        assert_int_equal(fwrite(bytes, 1, n, out), n);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

static void same_files(const char *a, const char *b) {
    FILE *one = fopen(a, "rb"), *two = fopen(b, "rb");
    assert_non_null(one);
    assert_non_null(two);
    int x, y;
    do {
        x = fgetc(one);
        y = fgetc(two);
        assert_int_equal(x, y);
    } while (x != EOF);
    fclose(one);
    fclose(two);
}

static void holds(const char *name, const char *text) {
    char *found = read_whole(scratch(name));
    assert_non_null(found);
    assert_string_equal(found, text);
    free(found);
}

static void starts(const char *name, const char *text) {
    char *found = read_whole(scratch(name));
    assert_non_null(found);
    if (strncmp(found, text, strlen(text)) != 0)
        fail_msg("%s: %.40s", name, found);
    free(found);
}

static void runs(int status, const char *said, const char *line) {
    struct ran ran = run_program(line);
    if (ran.status != status || (said && !strstr(ran.err, said)))
        fail_msg("sdse %s: status %d, said: %s", line, ran.status, ran.err);
    free_ran(&ran);
}

// No temporary file is left in the scratch folder.
static void tidy(void) {
    DIR *folder = opendir(scratch("."));
    assert_non_null(folder);
    struct dirent *entry;
    while ((entry = readdir(folder)))
        if (strstr(entry->d_name, ".tmp"))
            fail_msg("%s is left", entry->d_name);
    closedir(folder);
}

static int prepare(void **state) {
    if (enter_scratch(state) != 0)
        return -1;
    struct ran ran = run_program("sweep " DATA "sweep.yaml -o @r.db -j 2");
    const bool done = ran.status == 0;
    free_ran(&ran);
    copy(DATA "arch.yaml", scratch("arch.yaml"));
    copy(DATA "net.yaml", scratch("net.yaml"));
    copy("tests/data/smartdeal/003/W.npy", scratch("w.npy"));
    return done ? 0 : -1;
}

// The verbs that write one file, and how what they write begins.
static const struct {
    const char *line;   // without -o
    const char *begins; // of the output
    bool prints;        // results, besides
} verbs[] = {
    {"export @r.db", "{\"table\":\"meta\"", false},
    {"map -a @arch.yaml -w @net.yaml -l conv1", "# sdse map ", true},
    {"decompose @w.npy", "SDSEFORM", true},
    {"report @r.db", "<!DOCTYPE html>\n<!-- A report of sdse", false},
};
enum { VERBS = sizeof verbs / sizeof *verbs };

static const char *with(size_t verb, const char *rest) {
    static char line[512];
    snprintf(line, sizeof line, "%s %s", verbs[verb].line, rest);
    return line;
}

static void inputs_are_never_lost(void **state) {
    (void)state;
    static const char *const inputs[][2] = {{"r.db", "r.db"},
                                            {"arch.yaml", "net.yaml"},
                                            {"w.npy", "w.npy"},
                                            {"r.db", "r.db"}};
    for (size_t v = 0; v < VERBS; v++) {
        for (size_t i = 0; i < 2; i++) {
            const char *input = inputs[v][i];
            char rest[128];
            unlink(scratch("kept"));
            unlink(scratch("hard"));
            unlink(scratch("soft"));
            copy(scratch(input), scratch("kept"));
            assert_int_equal(link(scratch(input), scratch("hard")), 0);
            assert_int_equal(symlink(input, scratch("soft")), 0);
            const char *names[] = {input, "hard", "soft"};
            for (size_t n = 0; n < 3; n++) {
                snprintf(rest, sizeof rest, "--force -o @%s", names[n]);
                runs(1, "[output-input]", with(v, rest));
                snprintf(rest, sizeof rest, "-o @%s", names[n]);
                runs(1, "[output-input]", with(v, rest));
            }
            same_files(scratch(input), scratch("kept"));
        }
    }
    tidy();
}

// The other files of an open database are part of it.
static void a_database_is_all_its_files(void **state) {
    (void)state;
    static const char *const parts[] = {"r.db-journal", "r.db-wal", "r.db-shm"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char line[128];
        write_text(parts[i], "");
        snprintf(line, sizeof line, "export @r.db --force -o @%s", parts[i]);
        runs(1, "[output-input]", line);
        unlink(scratch(parts[i]));
    }
}

static void other_kinds_need_force(void **state) {
    (void)state;
    for (size_t v = 0; v < VERBS; v++) {
        copy(scratch("r.db"), scratch("other.db"));
        runs(1, "a SQLite database is there; --force replaces it [output-kind]",
             with(v, "-o @other.db"));
        same_files(scratch("r.db"), scratch("other.db"));
        runs(0, NULL, with(v, "-o @other.db --force"));
        starts("other.db", verbs[v].begins);
        write_text("thesis.txt", "years of work\n");
        runs(1, "--force replaces it [output-kind]", with(v, "-o @thesis.txt"));
        holds("thesis.txt", "years of work\n");
        // Its own kind, and nothing, are replaced.
        runs(0, NULL, with(v, "-o @other.db"));
        write_text("empty", "");
        runs(0, NULL, with(v, "-o @empty"));
        starts("empty", verbs[v].begins);
        // The output of another verb is another kind.
        char rest[64];
        snprintf(rest, sizeof rest, "-o @of%zu", v);
        runs(0, NULL, with(v, rest));
        for (size_t w = 0; w < v; w++) {
            snprintf(rest, sizeof rest, "-o @of%zu", w);
            runs(1, "[output-kind]", with(v, rest));
        }
    }
    tidy();
}

static void links_stay(void **state) {
    (void)state;
    assert_int_equal(mkdir(scratch("far"), 0777), 0);
    for (size_t v = 0; v < VERBS; v++) {
        unlink(scratch("link"));
        unlink(scratch("far/target"));
        assert_int_equal(symlink("far/target", scratch("link")), 0);
        for (int round = 0; round < 2; round++) { // first it leads to nothing
            runs(0, NULL, with(v, "-o @link"));
            struct stat info;
            assert_int_equal(lstat(scratch("link"), &info), 0);
            assert_true(S_ISLNK(info.st_mode));
            starts("far/target", verbs[v].begins);
        }
        write_text("far/target", "else\n");
        runs(1, "[output-kind]", with(v, "-o @link"));
        holds("far/target", "else\n");
    }
    unlink(scratch("loop"));
    assert_int_equal(symlink("loop", scratch("loop")), 0);
    runs(3, "[output-write]", with(0, "-o @loop"));
}

static void permissions_stay(void **state) {
    (void)state;
    write_text("private", "");
    assert_int_equal(chmod(scratch("private"), 0640), 0);
    runs(0, NULL, with(0, "-o @private"));
    struct stat info;
    assert_int_equal(stat(scratch("private"), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0640);
}

// What is no regular file is written straight through, and what it refuses is said.
static void devices_are_written_through(void **state) {
    (void)state;
    for (size_t v = 0; v < VERBS; v++) {
        runs(3, "No space left on device [output-write]", with(v, "-o /dev/full"));
        runs(0, NULL, with(v, "-o /dev/null"));
        struct stat info;
        assert_int_equal(stat("/dev/null", &info), 0);
        assert_true(S_ISCHR(info.st_mode));
        static const char *const names[] = {"-o /dev/stdout", "-o /dev/fd/1",
                                            "-o /proc/self/fd/1",
                                            "-o /proc/thread-self/fd/1"};
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            struct ran ran = run_program(with(v, names[i]));
            assert_int_equal(ran.status, 0);
            assert_non_null(strstr(ran.out, verbs[v].begins));
            // What is printed is before it, and not lost, though stdout is a file here.
            assert_true((strncmp(ran.out, verbs[v].begins, 8) != 0) == verbs[v].prints);
            free_ran(&ran);
        }
        runs(3, "[output-write]", with(v, "-o @"));
        runs(3, "No such file or directory [output-write]",
             with(v, "-o @no/such/folder"));
        runs(3, "Is a directory [output-write]", with(v, "-o @."));
    }
    tidy();
}

static void pipes_are_written_through(void **state) {
    (void)state;
    assert_int_equal(mkfifo(scratch("pipe"), 0666), 0);
    const int end = open(scratch("pipe"), O_RDWR | O_NONBLOCK);
    assert_true(end >= 0);
    runs(0, NULL, with(1, "-o @pipe"));
    char bytes[8] = "";
    assert_int_equal(read(end, bytes, 7), 7);
    assert_string_equal(bytes, "# sdse ");
    close(end);
}

// Folders of mappings: one wrong file is said before the search.
static void folders_of_mappings(void **state) {
    (void)state;
    assert_int_equal(mkdir(scratch("maps"), 0777), 0);
    write_text("maps/conv1.yaml", "mine\n");
    runs(1, "[output-kind]", "map -a @arch.yaml -w @net.yaml -o @maps");
    holds("maps/conv1.yaml", "mine\n");
    runs(0, NULL, "map -a @arch.yaml -w @net.yaml -o @maps --force");
    runs(0, NULL, "map -a @arch.yaml -w @net.yaml -o @maps");
    starts("maps/conv1.yaml", "# sdse map ");
    // Weights are inputs, too.
    write_text(
        "named.yaml",
        "name: named\nsource: made up for tests\nlayers:\n  - {name: one, kind: fc, "
        "in: 8, out_channels: 8, weights: named/one.npy}\n");
    assert_int_equal(mkdir(scratch("named"), 0777), 0);
    copy(scratch("w.npy"), scratch("named/one.npy"));
    runs(1, "[output-input]",
         "map -a @arch.yaml -w @named.yaml --force -l one -o @named/one.npy");
}

// A plot's script and its picture are two outputs, judged before the first is made.
static void plots_replace_plots(void **state) {
    (void)state;
    static const char *const endings[] = {"png", "png.gp"};
    for (size_t i = 0; i < 2; i++) {
        char name[100];
        runs(0, NULL, "plot front @r.db -o @plots");
        runs(0, NULL, "plot front @r.db -o @plots");
        snprintf(name, sizeof name, "plots/front_tiny_energy-latency.%s", endings[i]);
        write_text(name, "mine\n");
        runs(1, "[output-kind]", "plot front @r.db -o @plots");
        holds(name, "mine\n");
        assert_int_equal(unlink(scratch(name)), 0);
        assert_int_equal(link(scratch("r.db"), scratch(name)), 0);
        copy(scratch("r.db"), scratch("kept"));
        runs(1, "[output-input]", "plot front @r.db -o @plots --force");
        same_files(scratch("r.db"), scratch("kept"));
        assert_int_equal(unlink(scratch(name)), 0);
        assert_int_equal(symlink("../elsewhere", scratch(name)), 0);
        unlink(scratch("elsewhere"));
        runs(0, NULL, "plot front @r.db -o @plots");
        char *made = read_whole(scratch("elsewhere"));
        assert_non_null(made);
        free(made);
        assert_int_equal(unlink(scratch(name)), 0);
    }
    // A script that cannot be written is said, and nothing is drawn of it.
    static const char script[] = "plots/front_tiny_energy-latency.png.gp",
                      picture[] = "plots/front_tiny_energy-latency.png";
    unlink(scratch(script));
    unlink(scratch(picture));
    assert_int_equal(symlink("/dev/full", scratch(script)), 0);
    runs(3, "latency.png.gp: error: cannot be written: No space left on device",
         "plot front @r.db -o @plots");
    assert_int_not_equal(access(scratch(picture), F_OK), 0);
    assert_int_equal(unlink(scratch(script)), 0);
    write_text("plots/error_w.png.gp", "mine\n");
    runs(1, "[output-kind]", "decompose @w.npy --plot @plots");
    holds("plots/error_w.png.gp", "mine\n");
    runs(0, NULL, "decompose @w.npy --plot @plots --force");
    runs(0, NULL, "decompose @w.npy --plot @plots");
    tidy();
}

static void imports_replace_imports(void **state) {
    (void)state;
#define IMPORT "import tests/data/onnx/small.onnx -i x=1x3x16x16 -o @net"
    runs(0, NULL, IMPORT);
    runs(0, NULL, IMPORT);
    static const char *const names[] = {"net/workload.yaml", "net/manifest.tsv",
                                        "net/weights/conv1.npy"};
    for (size_t i = 0; i < 3; i++) {
        copy(scratch(names[i]), scratch("kept"));
        write_text(names[i], "name: mine\n");
        runs(1, "[output-kind]", IMPORT);
        holds(names[i], "name: mine\n");
        runs(0, NULL, IMPORT " --force");
        same_files(scratch(names[i]), scratch("kept"));
        assert_int_equal(unlink(scratch(names[i])), 0);
        copy("tests/data/onnx/small.onnx", scratch("model.onnx"));
        assert_int_equal(link(scratch("model.onnx"), scratch(names[i])), 0);
        runs(1, "[output-input]", "import @model.onnx -i x=1x3x16x16 -o @net --force");
        same_files("tests/data/onnx/small.onnx", scratch("model.onnx"));
        assert_int_equal(unlink(scratch(names[i])), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_are_never_lost),
        cmocka_unit_test(a_database_is_all_its_files),
        cmocka_unit_test(other_kinds_need_force),
        cmocka_unit_test(links_stay),
        cmocka_unit_test(permissions_stay),
        cmocka_unit_test(devices_are_written_through),
        cmocka_unit_test(pipes_are_written_through),
        cmocka_unit_test(folders_of_mappings),
        cmocka_unit_test(plots_replace_plots),
        cmocka_unit_test(imports_replace_imports),
    };
    return cmocka_run_group_tests(tests, prepare, leave_scratch);
}
