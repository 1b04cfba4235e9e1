// SCALE-Sim's files imported and mapped: the cycles are those of its own formula.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support_program.h"

static const char config[] =
    "[general]\nrun_name = a\n[architecture_presets]\nArrayHeight: %u\nArrayWidth: "
    "%u\nIfmapSramSzkB: 512\nFilterSramSzkB: 512\nOfmapSramSzkB: 512\nDataflow: %s\n"
    "Bandwidth: 10\n[run_presets]\nInterfaceBandwidth: CALC\n";

// Samajdar et al., ISPASS 2020: a fold of the array takes 2 rows + columns + T - 2
// cycles; rows and columns of what is spread over the array, and T, depend on what
// stays.
static void cycles_are_those_of_its_formula(void **state) {
    (void)state;
    static const struct {
        unsigned rows, columns, m, n, k;
    } cases[] = {
        {8, 8, 32, 16, 24}, {16, 4, 64, 8, 32}, {4, 16, 8, 64, 16}, {8, 8, 8, 8, 100}};
    static const char *const flows[] = {"os", "ws", "is"};
    char text[600], product[100], expected[60];
    for (unsigned i = 0; i < 4; i++) {
        snprintf(product, sizeof product, "Layer,M,N,K,\ng,%u,%u,%u,\n", cases[i].m,
                 cases[i].n, cases[i].k);
        write_scratch("g.csv", product);
        free(run_text(0, "import @g.csv -o @g.yaml --force"));
        for (unsigned f = 0; f < 3; f++) {
            // Spread over rows, over columns, and in time.
            const unsigned m = cases[i].m, n = cases[i].n, k = cases[i].k;
            const unsigned down = f == 0 ? m : k, across = f == 2 ? m : n;
            const unsigned steps = f == 0 ? k : f == 1 ? m : n;
            const unsigned rows = cases[i].rows, columns = cases[i].columns;
            if (down % rows || across % columns)
                continue; // folds that do not fill the array
            const unsigned folds = down / rows * (across / columns);
            snprintf(text, sizeof text, config, rows, columns, flows[f]);
            write_scratch("a.cfg", text);
            free(run_text(0, "import @a.cfg -o @a.yaml --force"));
            snprintf(expected, sizeof expected, " %u cycles",
                     folds * (2 * rows + columns + steps - 2));
            run_says(0, "map -a @a.yaml -w @g.yaml --objective latency", expected);
        }
    }
}

static void files_are_told_by_what_they_hold(void **state) {
    (void)state;
    char text[600];
    snprintf(text, sizeof text, config, 8u, 8u, "os");
    write_scratch("no-extension", text);
    run_says(0, "import @no-extension -o @a.yaml --force", "systolic");
    run_says(0, "check @a.yaml", "");
    run_says(0, "import @no-extension -o @a.yaml -f json", "\"sdse.show-arch/1\"");
    // What is no import of ours is not replaced, nor what is read.
    write_scratch("mine.yaml", "name: mine\n");
    run_says(1, "import @no-extension -o @mine.yaml", "[output-kind]");
    run_says(1, "import @no-extension -o @no-extension --force", "[output-input]");
    char *mine = read_whole(scratch("mine.yaml"));
    assert_string_equal(mine, "name: mine\n");
    free(mine);
    // A key that is lost: refused, and nothing written; or a warning.
    snprintf(text + strlen(text), 60, "[layout]\nIfmapCustomLayout: True\n");
    write_scratch("lost.cfg", text);
    run_says(1, "import @lost.cfg -o @lost.yaml", "lost.cfg:14:1: error: ");
    run_says(1, "check @lost.yaml", "");
    run_says(0, "import @lost.cfg -o @lost.yaml --lossy", "systolic");
    write_scratch("g.csv", "Layer,M,N,K\ng,1,2,3\n");
    run_says(0, "import @g.csv -o @g.yaml --force -f json", "\"sdse.show-workload/1\"");
    // Files that do not belong together; a folder that is there takes the file.
    run_says(1, "import @no-extension @g.csv -o @new", "translated one by one");
    run_says(1, "import @no-extension @mine.yaml -o @new", "mine.yaml: is no file of");
    run_says(1, "import @no-extension @none.yaml -o @new", "none.yaml: ");
    assert_int_equal(mkdir(scratch("folder"), 0777), 0);
    run_says(0, "import @g.csv -o @folder", "folder/network.yaml");
}

// A file of which a part would be taken is refused: no layer is lost in silence.
static void files_are_read_whole_or_refused(void **state) {
    (void)state;
    static const char head[] = "Layer,M,N,K,\ng,8,8,8,\n", tail[] = "h,8,8,8,\n";
    enum { MOST = 1 << 24 };
    char *blank = malloc(MOST);
    memset(blank, '\n', MOST);
    for (size_t more = 0; more < 2; more++) {
        FILE *file = fopen(scratch("long.csv"), "wb");
        const size_t between = MOST - (sizeof head - 1) - (sizeof tail - 1) + more;
        assert_non_null(file);
        fputs(head, file);
        assert_true(fwrite(blank, 1, between, file) == between);
        fputs(tail, file);
        assert_int_equal(fclose(file), 0);
        run_says(more ? 1 : 0, "import @long.csv -o @long.yaml --force",
                 more ? "larger than 16 MiB" : "2 layers");
    }
    free(blank);
    FILE *file = fopen(scratch("zero.csv"), "wb");
    assert_true(fwrite(head, 1, sizeof head, file) == sizeof head);
    fputs(tail, file);
    assert_int_equal(fclose(file), 0);
    run_says(1, "import @zero.csv -o @zero.yaml", "byte 23 is zero");
}

// The second value of a key would undo the first.
static void a_link_with_a_bandwidth_says_it(void **state) {
    (void)state;
    char text[600];
    snprintf(text, sizeof text, config, 8u, 8u, "os");
    char *bandwidth = strstr(text, "Bandwidth: "), *link = strstr(text, "CALC");
    assert_non_null(bandwidth);
    assert_non_null(link);
    memcpy(link, "USER", 4);
    write_scratch("user.cfg", text);
    run_says(0, "import @user.cfg -o @user.yaml", "shared bandwidth, weights");
    memcpy(strstr(text, "\nBandwidth"), "\n#", 2);
    write_scratch("unsaid.cfg", text);
    run_says(1, "import @unsaid.cfg -o @unsaid.yaml --lossy",
             "'Bandwidth' is missing: InterfaceBandwidth is USER");
    assert_null(read_whole(scratch("unsaid.yaml")));
}

static void a_key_comes_once(void **state) {
    (void)state;
    static const char *const again[] = {"ArrayHeight: 16", "OfmapSRAMSize: 8",
                                        "Dataflow: ws",    "Bandwidth: 10",
                                        "run_name: b",     "InterfaceBandwidth: USER"};
    for (size_t i = 0; i < sizeof again / sizeof *again; i++) {
        char text[600];
        snprintf(text, sizeof text, config, 8u, 8u, "os");
        strcat(strcat(text, again[i]), "\n");
        write_scratch("twice.cfg", text);
        run_says(1, "import @twice.cfg -o @twice.yaml", "twice.cfg:13:1: error: '");
        run_says(1, "import @twice.cfg -o @twice.yaml --lossy", "is given twice");
    }
    assert_null(read_whole(scratch("twice.yaml")));
}

// What a file becomes may be refused: it is not written, and the message says whose
// places it names. A name that is empty is none.
static void what_it_becomes_is_checked(void **state) {
    (void)state;
    char text[600];
    snprintf(text, sizeof text, config, 8u, 8u, "os");
    strcat(text, "MemoryBanks: 4096\n");
    write_scratch("banks.cfg", text);
    run_says(1, "import @banks.cfg -o @banks.yaml", "[table-lookup]");
    run_says(1, "import @banks.cfg -o @banks.yaml",
             "banks.cfg:1:1: note: the places in ");
    assert_null(read_whole(scratch("banks.yaml")));
    snprintf(text, sizeof text, config, 8u, 8u, "os");
    *(strstr(text, "= a\n") + 2) = ' ';
    write_scratch("unnamed.cfg", text);
    run_says(0, "import @unnamed.cfg -o @unnamed.yaml", "scale_sim: 45 nm");
}

// A text is told from a model however far down it says what it is; places of what it
// becomes are spoken of only where it becomes something.
static void what_comes_first_hides_nothing(void **state) {
    (void)state;
    static const char remark[] = "# a remark\n";
    enum { REMARKS = 1000 };
    char text[REMARKS * sizeof remark + 700] = "";
    for (size_t i = 0; i < REMARKS; i++)
        memcpy(text + i * (sizeof remark - 1), remark, sizeof remark);
    snprintf(text + REMARKS * (sizeof remark - 1), 700, config, 8u, 8u, "os");
    write_scratch("late.cfg", text);
    run_says(0, "import @late.cfg -o @late.yaml", "systolic");
    write_scratch("late.csv", "\xef\xbb\xbf\n; one\nLayer,M,N,K\ng,1,2,3\nh,1,2\n");
    struct ran ran = run_program("import @late.csv -o @net.yaml");
    assert_int_equal(ran.status, 1);
    assert_non_null(strstr(ran.err, "late.csv:5:1: error: 3 columns"));
    assert_null(strstr(ran.err, "note:"));
    free_ran(&ran);
}

// An option of the other kind of file would do nothing.
static void options_have_an_effect(void **state) {
    (void)state;
    write_scratch("g.csv", "Layer,M,N,K\ng,1,2,3\n");
    run_says(2, "import @g.csv -o @none.yaml -i x=1x3",
             "--input goes with an ONNX model");
    run_says(2, "import @g.csv -o @none.yaml --follow-links",
             "--follow-links goes with an ONNX model");
    write_scratch("m.onnx", "\x08\x07");
    run_says(2, "import @m.onnx -o @none --lossy",
             "--lossy goes with text files of another tool");
    assert_null(read_whole(scratch("none.yaml")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cycles_are_those_of_its_formula),
        cmocka_unit_test(files_are_told_by_what_they_hold),
        cmocka_unit_test(files_are_read_whole_or_refused),
        cmocka_unit_test(a_key_comes_once),
        cmocka_unit_test(a_link_with_a_bandwidth_says_it),
        cmocka_unit_test(what_it_becomes_is_checked),
        cmocka_unit_test(what_comes_first_hides_nothing),
        cmocka_unit_test(options_have_an_effect),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
