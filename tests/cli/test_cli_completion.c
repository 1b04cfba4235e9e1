// Manual pages and completion: made of the same tables as the help, of every verb.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_program.h"

static char verbs[MOST_VERBS][VERB_BYTES];
static size_t verb_count;

static int begin(void **state) {
    const int status = enter_scratch(state);
    verb_count = status == 0 ? list_verbs(verbs) : 0;
    return status;
}

// --- Candidates ---

// What is offered for the last word of a line.
static struct ran candidates(const char *line) {
    char command[256];
    snprintf(command, sizeof command, "completion candidates -- %s", line);
    struct ran ran = run_program(command);
    assert_int_equal(ran.status, 0);
    assert_int_equal(ran.out[0], '@');
    return ran;
}

static bool has_line(const char *text, const char *start) {
    const size_t length = strlen(start);
    for (const char *line = strchr(text, '\n'); line; line = strchr(line, '\n')) {
        line++;
        if (strncmp(line, start, length) == 0 && line[length] == '\t')
            return true;
    }
    return false;
}

// The first line is `directive`; `yes` are among the candidates, `no` are not.
static void offers(const char *line, const char *directive, const char *yes,
                   const char *no) {
    struct ran ran = candidates(line);
    char first[64];
    assert_int_equal(sscanf(ran.out, "%63[^\n]", first), 1);
    if (strcmp(first, directive) != 0)
        fail_msg("%s: %s, not %s", line, first, directive);
    char words[256];
    for (int wanted = 1; wanted >= 0; wanted--) {
        snprintf(words, sizeof words, "%s", wanted ? yes : no);
        for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
            if (has_line(ran.out, word) != (wanted == 1))
                fail_msg("%s: %s %s in\n%s", line, wanted ? "lacks" : "has", word,
                         ran.out);
    }
    free_ran(&ran);
}

static void completes_words(void **state) {
    (void)state;
    offers("ma", "@none", "map", "eval merge");
    offers("--ver", "@none", "--version", "--help verify");
    offers("map --", "@none", "--arch --max-energy --help", "--mapping");
    offers("map --max", "@none", "--max-energy --max-latency", "--arch");
    offers("map -a ey", "@files .yaml", "eyeriss eyeriss_v2", "diannao");
    offers("map -aey", "@none", "", "eyeriss");
    offers("map --arch=ey", "@files .yaml", "--arch=eyeriss", "eyeriss");
    offers("map --arch = ey", "@files .yaml", "eyeriss", "--arch=eyeriss diannao");
    offers("map --arch =", "@files .yaml", "eyeriss diannao", "");
    offers("map -a eyeriss -w vgg1", "@files .yaml", "vgg11 vgg19", "resnet50");
    offers("map -w vit_b16 -l l0", "@none", "l0.qk l0.av", "l1.qk");
    offers("map --workload=vit_b16 -l l0.q", "@none", "l0.qk l0.qkv", "l0.av");
    offers("map --workload = vit_b16 -l l0.q", "@none", "l0.qk l0.qkv", "l0.av");
    offers("map -wvit_b16 -l l0.q", "@none", "l0.qk", "l0.av");
    offers("map -l l0", "@none", "", "l0.qk");
    offers("map -w nowhere.yaml -l l", "@none", "", "l0.qk");
    offers("map --objective e", "@none", "edp ed2p energy", "latency");
    offers("map --objective=e", "@none", "--objective=edp", "edp");
    offers("map --time-limit 1", "@none", "", "1");
    offers("map --uneven --obj", "@none", "--objective", "--uneven");
    offers("map -o x", "@files", "", "");
    offers("sweep demo", "@files .yaml", "demo_archs demo_forms", "tsb");
    offers("plan demo_a", "@files .yaml", "demo_archs", "demo_forms");
    offers("sweep demo_archs -o r", "@files .db", "", "demo_archs");
    offers("merge a.db b.db c", "@files .db", "", "");
    offers("import m", "@files", "", ""); // .onnx, .cfg, .csv: any
    offers("import m.onnx -o o", "@folders", "", "");
    offers("trace m.onnx -i x", "@files .npy", "", "");
    offers("trace m.onnx -o x", "@files", "", "");
    offers("decompose res", "@files", "resnet50", "vgg19");
    offers("check x", "@files", "", "x");
    offers("lint ey", "@files .yaml", "eyeriss", "resnet50");
    offers("lint eyeriss res", "@files .yaml", "resnet50 resident", "eyeriss");
    offers("check -- x", "@files", "", "");
    offers("check -- --a", "@files", "", "--arch");
    offers("show a", "@none", "arch", "workload");
    offers("show arch ey", "@files .yaml", "eyeriss", "resnet50");
    offers("show workload res", "@files .yaml", "resnet50", "eyeriss");
    offers("show point r", "@files", "", "eyeriss");
    offers("plot f", "@none", "front", "energy");
    offers("plot front r", "@files .db", "", "front");
    offers("eval -f t", "@none", "table", "csv");
    offers("query x.db --format c", "@none", "csv", "table");
    offers("help co", "@none", "costs completion", "map");
    offers("completion b", "@none", "bash", "zsh");
    offers("nothing x", "@none", "", "map x");
}

// Of any verb: its options, all of them, as the help has them.
static void completes_every_option(void **state) {
    (void)state;
    for (size_t i = 0; i < verb_count; i++) {
        char line[64];
        snprintf(line, sizeof line, "%.31s --", verbs[i]);
        struct ran ran = candidates(line);
        snprintf(line, sizeof line, "%.31s --help", verbs[i]);
        struct ran help = run_program(line);
        size_t offered = 0, listed = 0;
        for (const char *at = ran.out; (at = strstr(at, "\n--")); at++)
            offered++;
        const char *at = strstr(help.out, "\nOptions:\n");
        for (at = at ? strchr(at + 1, '\n') : NULL; at; at = strchr(at + 1, '\n')) {
            char name[64], start[80];
            if (sscanf(at, "\n  -%*c, --%63[a-z0-9-]", name) != 1 &&
                sscanf(at, "\n      --%63[a-z0-9-]", name) != 1)
                continue;
            snprintf(start, sizeof start, "--%s", name);
            listed++;
            if (!has_line(ran.out, start))
                fail_msg("%s is not offered for %s", start, verbs[i]);
        }
        assert_int_equal(offered, listed);
        assert_true(listed >= 1);
        free_ran(&ran);
        free_ran(&help);
    }
}

// --- In a shell ---

// Runs a command in a shell; its output, NULL if the shell is not installed.
static char *in_shell(const char *shell, const char *command) {
    char line[2048];
    snprintf(line, sizeof line, "command -v %s >/dev/null", shell);
    if (system(line) != 0)
        return NULL;
    write_scratch("shell", command);
    snprintf(line, sizeof line, "PATH=$(dirname %s):$PATH %s %s >%s 2>&1 </dev/null",
             SDSE_PROGRAM, shell, scratch("shell"), scratch("said"));
    if (system(line) != 0)
        fail_msg("%s failed:\n%s", shell, read_whole(scratch("said")));
    return read_whole(scratch("said"));
}

static void completes_in_bash(void **state) {
    (void)state;
    char *said = in_shell(
        "bash", "set -u\n"
                ". <(sdse completion bash)\n"
                "compopt() { :; }\n"
                "try() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _sdse; "
                "printf '%s\\n' \"${COMPREPLY[@]-}\"; echo .; }\n"
                "try sdse map -a eyeriss_\n"
                "try sdse map --objective = ed\n"
                "try sdse show ar\n"
                "try sdse map -w vit_b16 -l l0.q\n"
                "cd archs; try sdse check eyeriss_; try sdse map -a ./eyer; cd ..\n"
                "try sdse sweep demo_archs -o archs/\n"
                "try sdse map -o arc\n");
    assert_non_null(said);
    assert_string_equal(said,
                        "eyeriss_v2\n.\nedp\ned2p\n.\narch\n.\nl0.qkv\nl0.qk\n.\n"
                        "eyeriss_v2.yaml\n.\n./eyeriss.yaml\n./eyeriss_v2.yaml\n.\n"
                        "\n.\narchs\n.\n");
    free(said);
}

static void completes_in_fish(void **state) {
    (void)state;
    char *said = in_shell("fish", "set -x HOME /nowhere\n"
                                  "sdse completion fish | source\n"
                                  "complete -C 'sdse map -a eyeriss_'\n"
                                  "complete -C 'sdse show ar'\n"
                                  "complete -C 'sdse map --objective=ed'\n"
                                  "complete -C 'sdse map -w vit_b16 -l l0.q'\n"
                                  "complete -C 'sdse check archs/eyeriss_'\n");
    if (!said) {
        puts("## fish is not installed: its completion was not tried");
        return;
    }
    assert_non_null(strstr(said, "eyeriss_v2\taccelerator\n"));
    assert_non_null(strstr(said, "arch\n"));
    assert_non_null(strstr(said, "--objective=ed2p\n"));
    assert_non_null(strstr(said, "l0.qkv\tlayer\n"));
    assert_non_null(strstr(said, "archs/eyeriss_v2.yaml"));
    free(said);
}

// --- Manual pages ---

static void shows_every_page(void **state) {
    (void)state;
    golden_out("man_export", 0, "help export --man");
    struct ran ran = run_program("help --man -o @man");
    assert_int_equal(ran.status, 0);
    free_ran(&ran);
    if (system("command -v mandoc >/dev/null") != 0)
        fail_msg("mandoc is not installed: scripts/setup");
    for (size_t i = 0; i <= verb_count; i++) {
        char name[64], line[512];
        snprintf(name, sizeof name, "man/sdse%s%.31s.1", i < verb_count ? "-" : "",
                 i < verb_count ? verbs[i] : "");
        char *page = read_whole(scratch(name));
        if (!page)
            fail_msg("%s is missing", name);
        snprintf(line, sizeof line, i < verb_count ? "help %.31s --man" : "help --man",
                 verbs[i]);
        struct ran alone = run_program(line);
        assert_string_equal(page, alone.out);
        free_ran(&alone);
        if (i == verb_count)
            for (size_t j = 0; j < verb_count; j++) {
                snprintf(line, sizeof line, "\n.It Cm %.31s\n", verbs[j]);
                assert_non_null(strstr(page, line));
                snprintf(line, sizeof line, "\n.Xr sdse-%.31s 1", verbs[j]);
                assert_non_null(strstr(page, line));
            }
        free(page);
        // Whether the other pages are installed is not this page's fault.
        snprintf(line, sizeof line,
                 "mandoc -T lint %s | grep -v 'referenced manual not found' >%s",
                 scratch(name), scratch("lint"));
        if (system(line) == 0)
            fail_msg("mandoc: %s", read_whole(scratch("lint")));
    }
    // Existing pages are replaced, other files are not.
    ran = run_program("help --man -o @man");
    assert_int_equal(ran.status, 0);
    free_ran(&ran);
    write_scratch("man/sdse.1", "mine\n");
    ran = run_program("help --man -o @man");
    assert_int_equal(ran.status, 1);
    assert_non_null(strstr(ran.err, "[output-kind]"));
    free_ran(&ran);
    char *mine = read_whole(scratch("man/sdse.1"));
    assert_string_equal(mine, "mine\n");
    free(mine);
}

// Each option of the help is on the page, with its default.
static void pages_have_every_option(void **state) {
    (void)state;
    for (size_t i = 0; i < verb_count; i++) {
        char line[64];
        snprintf(line, sizeof line, "%.31s --", verbs[i]);
        struct ran ran = candidates(line);
        snprintf(line, sizeof line, "help %.31s --man", verbs[i]);
        struct ran page = run_program(line);
        for (const char *at = ran.out; (at = strstr(at, "\n--")); at++) {
            char name[64], item[80];
            assert_int_equal(sscanf(at, "\n--%63[a-z0-9-]", name), 1);
            snprintf(item, sizeof item, "Fl Fl %s", name);
            if (!strstr(page.out, item))
                fail_msg("sdse-%s(1) lacks --%s", verbs[i], name);
        }
        free_ran(&ran);
        free_ran(&page);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(completes_words),   cmocka_unit_test(completes_every_option),
        cmocka_unit_test(completes_in_bash), cmocka_unit_test(completes_in_fish),
        cmocka_unit_test(shows_every_page),  cmocka_unit_test(pages_have_every_option),
    };
    return cmocka_run_group_tests(tests, begin, leave_scratch);
}
