// What is installed works by itself: anywhere, moved, below DESTDIR; the program finds
// its data, other programs the library.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support_program.h"

static char folder[512]; // where all is installed

// Runs a line of shell in the folder, without $SDSE_DATA; '%' stands for nothing else.
// Returns what it printed, also on stderr, to be freed; fails unless it ends with
// `status`.
static char *shell(int status, const char *line) {
    char *whole = NULL;
    size_t bytes = 0;
    FILE *text = open_memstream(&whole, &bytes);
    fprintf(text, "cd %s && unset SDSE_DATA DESTDIR && { %s; } >%s 2>&1 </dev/null",
            folder, line, scratch("said"));
    fclose(text);
    const int ended = system(whole);
    free(whole);
    char *said = read_whole(scratch("said"));
    if (ended != status << 8)
        fail_msg("%s: status %d, not %d\n%s", line, ended >> 8, status, said);
    return said;
}

static void says(int status, const char *line, const char *part) {
    char *said = shell(status, line);
    if (!strstr(said, part))
        fail_msg("%s does not say '%s':\n%s", line, part, said);
    free(said);
}

// The number that a line prints, to the last bit.
static void prints(const char *line, double wanted) {
    char *said = shell(0, line);
    assert_true(strtod(said, NULL) == wanted);
    free(said);
}

static int install(void **state) {
    if (enter_scratch(state) != 0)
        return -1;
    snprintf(folder, sizeof folder, "%s", scratch(""));
    free(shell(0, "'" SDSE_CMAKE "' --install '" SDSE_BUILD "' --prefix $PWD/a"));
    return 0;
}

static void program_finds_its_data(void **state) {
    (void)state;
    says(0, "a/bin/sdse show arch eyeriss", "65 nm");
    says(0, "a/bin/sdse show workload resnet50", "layer1.0.conv2");
    says(0, "cd a/bin && PATH=$PWD:$PATH && cd / && sdse show arch tpu", "tpu: 28 nm");
    // Its own, not those of the sources.
    says(0,
         "cp a/share/sdse/archs/tpu.yaml a/share/sdse/archs/only_here.yaml && "
         "a/bin/sdse show arch only_here",
         "tpu: 28 nm");
    says(1, "a/bin/sdse show arch only_there", "no accelerator 'only_there'");
    says(0,
         "test -f a/share/sdse/tech/sram_itrs-hp_ed2.csv && "
         "a/bin/sdse check a/share/sdse/sweeps/demo_archs.yaml",
         "ok");
    says(0, "a/bin/sdse validate isca16 -f csv", "isca16.");
    says(0, "a/bin/sdse --version", "sdse 0.");
}

static void documents_lead_to_documents(void **state) {
    (void)state;
    says(0,
         "cd a/share/doc/sdse && for file in $(grep -ohE '\\]\\([A-Za-z_/.-]+[)#]' "
         "README.md | tr -d '])(#'); do test -e $file || exit 1; done; echo all of "
         "them: $file",
         "all of them: CHANGELOG.md");
}

static void program_may_be_moved(void **state) {
    (void)state;
    says(0,
         "cp -a a b && cp b/share/sdse/archs/tpu.yaml "
         "b/share/sdse/archs/in_b.yaml && b/bin/sdse show arch in_b",
         "tpu");
    says(1, "a/bin/sdse show arch in_b", "no accelerator");
    says(0,
         "mkdir -p elsewhere && ln -sf ../b/bin/sdse elsewhere/sdse && "
         "elsewhere/sdse show arch in_b",
         "tpu");
    // Without data beside it, it says so; $SDSE_DATA comes first.
    says(0,
         "mkdir -p mine/archs && sed 's/^name: tpu/name: mine/' "
         "a/share/sdse/archs/tpu.yaml > mine/archs/tpu.yaml && "
         "SDSE_DATA=mine a/bin/sdse show arch tpu",
         "mine: 28 nm");
    says(0, "SDSE_DATA=mine a/bin/sdse show arch eyeriss", "eyeriss: 65 nm");
    says(0, "SDSE_DATA=mine a/bin/sdse completion candidates -- map -a in_", "@files");
}

static void goes_below_destdir(void **state) {
    (void)state;
    free(shell(0, "DESTDIR=$PWD/root '" SDSE_CMAKE "' --install '" SDSE_BUILD
                  "' --prefix /opt/sdse"));
    says(0, "root/opt/sdse/bin/sdse show arch eyeriss", "65 nm");
    says(0,
         "diff -r a root/opt/sdse -x install_manifest.txt -x only_here.yaml && "
         "echo same",
         "same");
}

static void pages_and_completion_are_there(void **state) {
    (void)state;
    static char verbs[MOST_VERBS][VERB_BYTES];
    const size_t count = list_verbs(verbs);
    for (size_t i = 0; i < count; i++) {
        char line[128];
        snprintf(line, sizeof line, "gzip -cdf a/share/man/man1/sdse-%.31s.1*",
                 verbs[i]);
        says(0, line, "\n.Sh SYNOPSIS\n");
    }
    says(0,
         "cd a/share && for f in bash-completion/completions/sdse zsh/*/_sdse "
         "fish/vendor_completions.d/sdse.fish; do grep -l 'completion candidates' $f; "
         "done | wc -l",
         "3");
    says(0,
         "for f in " SDSE_SOURCE_DIR "/docs/*.md; do "
         "cmp $f a/share/doc/sdse/docs/${f##*/} || exit 1; done; echo all",
         "all");
}

// Each header that is there compiles by itself.
static void headers_stand_alone(void **state) {
    (void)state;
    says(0,
         "test $(find a/include/sdse -name '*.h' | wc -l) -gt 50 && "
         "export PKG_CONFIG_PATH=$PWD/$(dirname $(find a -name sdse.pc)) && "
         "for h in $(find $PWD/a/include/sdse -name '*.h'); do echo "
         "\"#include \\\"$h\\\"\" | " SDSE_CC
         " -std=c17 -Wall -Werror -fsyntax-only $(pkg-config --cflags sdse) -x c - || "
         "exit 1; done; echo all",
         "all");
}

// What reads and writes other tools' files, and what lets layers take turns.
static void one_header_leads_to_all(void **state) {
    (void)state;
    says(
        0,
        "echo '#include <sdse.h>' > all.c && for f in accelforge_import fusion_find "
        "import_write_tensors maestro_import scalesim_config schedule_read "
        "tflite_open timeloop_export timeloop_import zigzag_export zigzag_workload; do "
        "echo \"void *use_$f(void) { return (void *)sdse_$f; }\" >> all.c; "
        "done && " SDSE_CC " -std=c17 -fsyntax-only -Ia/include/sdse all.c && "
        "echo all",
        "all");
}

// A release says nowhere where it was built: builds to debug do, for the debugger.
#ifdef NDEBUG
static void library_may_come_from_anywhere(void **state) {
    (void)state;
    says(1,
         "grep -lr '" SDSE_SOURCE_DIR
         "' $(find a -name 'libsdse*' -o -name sdse -type f)",
         "");
}
#endif

#define PROGRAM SDSE_SOURCE_DIR "/tests/data/install/program.c"
#define DATA "a/share/sdse/archs/eyeriss.yaml a/share/sdse/workloads/vgg16.yaml conv3"

static void library_serves_a_program(void **state) {
    (void)state;
    static const char flags[] = "P=$(dirname $(find a -name sdse.pc)); export "
                                "PKG_CONFIG_PATH=$PWD/$P && L=${P%/pkgconfig} && ";
    char line[2048];
    char *said = shell(0, "a/bin/sdse map -a eyeriss -w vgg16 -l conv3 --objective "
                          "energy -f json | grep -o '\"energy_pj\": *[0-9.e+]*' | "
                          "head -n 1 | sed 's/.*: *//'");
    const double wanted = strtod(said, NULL);
    free(said);
    assert_true(wanted > 1e6);
    snprintf(line, sizeof line,
             "%s" SDSE_CC " -std=c17 -Wall -Werror -o shared " PROGRAM
             " $(pkg-config --cflags --libs sdse) && LD_LIBRARY_PATH=$L ./shared " DATA,
             flags);
    prints(line, wanted);
    snprintf(line, sizeof line,
             "%s" SDSE_CC " -std=c17 -Wall -Werror -o static " PROGRAM
             " $(pkg-config --cflags sdse) $L/libsdse.a $(pkg-config --static --libs "
             "sdse | sed 's/-lsdse//') && ./static " DATA,
             flags);
    prints(line, wanted);
    says(0,
         "a/bin/sdse --version | sed 's/sdse //' | grep -Fx "
         "$(PKG_CONFIG_PATH=$(dirname $(find a -name sdse.pc)) pkg-config "
         "--modversion sdse)",
         "0.");
    says(1, "./static /nowhere.yaml x y", "/nowhere.yaml: error: cannot read the file");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(program_finds_its_data),
        cmocka_unit_test(documents_lead_to_documents),
        cmocka_unit_test(program_may_be_moved),
        cmocka_unit_test(goes_below_destdir),
        cmocka_unit_test(pages_and_completion_are_there),
        cmocka_unit_test(headers_stand_alone),
        cmocka_unit_test(one_header_leads_to_all),
#ifdef NDEBUG
        cmocka_unit_test(library_may_come_from_anywhere),
#endif
        cmocka_unit_test(library_serves_a_program),
    };
    return cmocka_run_group_tests(tests, install, leave_scratch);
}
