// check_fusion can fail: on any answer that is another, and on cases that it cannot
// read, each at its place.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "support/scratch_folder.h"

#define FOLDER SDSE_SOURCE_DIR "/tests/data/fusion/"
#define CASE FOLDER "recompute-pair.json"

static char *read_all(FILE *file) {
    static char text[65536];
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    return text;
}

// A case with the first `from` after `after` written anew, as case.json.
static void change_of(const char *path, const char *after, const char *from,
                      const char *to) {
    FILE *file = fopen(path, "r"), *out = fopen(at("case.json"), "w");
    assert_true(file && out);
    const char *text = read_all(file), *place = strstr(text, after);
    place = place ? strstr(place, from) : NULL;
    if (!place)
        fail_msg("the case has no %s after %s", from, after);
    fprintf(out, "%.*s%s%s", (int)(place - text), text, to, place + strlen(from));
    fclose(file);
    fclose(out);
}

static void change(const char *after, const char *from, const char *to) {
    change_of(CASE, after, from, to);
}

// What the checker says of some files; its exit status must be this.
static const char *check(int status, const char *files) {
    char line[1000];
    snprintf(line, sizeof line, "%s %s 2>&1", SDSE_CHECK_FUSION, files);
    FILE *said = popen(line, "r");
    assert_non_null(said);
    const char *text = read_all(said);
    const int ended = pclose(said);
    if (!WIFEXITED(ended) || WEXITSTATUS(ended) != status)
        fail_msg("exit status %d, not %d: %s", ended, status, text);
    return text;
}

static unsigned count(const char *text, const char *what) {
    unsigned found = 0;
    for (const char *place = text; (place = strstr(place, what)); place++)
        found++;
    return found;
}

static void says(const char *text, const char *what) {
    if (!strstr(text, what))
        fail_msg("it does not say '%s' but: %s", what, text);
}

// Each answer, one too many and one too few: that one differs, and no other.
static void other_answers(void **state) {
    (void)state;
    static const struct {
        const char *after, *from, *answer;
    } answers[] = {
        {"layer_by_layer", "\"least_energy\": 7146", "layer by layer, energy"},
        {"layer_by_layer", "\"least_latency\": 369", "layer by layer, latency"},
        {"whole_tensors_resident", "\"least_energy\": 7146",
         "whole tensors resident, energy"},
        {"whole_tensors_resident", "\"least_latency\": 369",
         "whole tensors resident, latency"},
        {"optimum_energy", "\"energy\": 6702", "fused, least energy"},
        {"optimum_energy", "\"latency\": 430", "fused, its latency"},
        {"optimum_latency", "\"latency\": 358", "fused, least latency"},
        {"optimum_latency", "\"energy\": 7854", "fused, its energy"},
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        for (int more = -1; more <= 1; more += 2) {
            char to[100], line[200];
            const char *number = strchr(answers[i].from, ':') + 1;
            const long expected = strtol(number, NULL, 10) + more;
            snprintf(to, sizeof to, "%.*s %ld", (int)(number - answers[i].from),
                     answers[i].from, expected);
            change(answers[i].after, answers[i].from, to);
            const char *text = check(1, at("case.json"));
            snprintf(line, sizeof line,
                     "recompute-pair: %s: expected %ld, got %ld: DIFFERS\n",
                     answers[i].answer, expected, expected - more);
            says(text, line);
            assert_int_equal(count(text, "DIFFERS"), 1);
            says(text, ", 1 differences\n");
        }
}

// Points of the front, and the least product.
static void other_fronts(void **state) {
    (void)state;
    static const struct {
        const char *after, *from, *to, *line;
    } fronts[] = {
        {"front", "[6702,", "[6703,", "energy of point 1: expected 6703, got 6702"},
        {"front", " 430]", " 429]", "latency of point 1: expected 429, got 430"},
        {"front", "[6926,", "[6925,", "energy of point 2: expected 6925, got 6926"},
        {"front", " 358]", " 359]", "latency of point 3: expected 359, got 358"},
        {"front", ", [7854, 358]", "", "points of the front: expected 2, got 3"},
        {"front", "[7854, 358]", "[7854, 358], [9000, 300]",
         "points of the front: expected 4, got 3"},
        {"optimum_edp", "\"energy\": 6926", "\"energy\": 6927",
         "least product: expected 2535282, got 2534916"},
        {"optimum_edp", "\"latency\": 366", "\"latency\": 365",
         "least product: expected"},
    };
    for (size_t i = 0; i < sizeof fronts / sizeof *fronts; i++) {
        change(fronts[i].after, fronts[i].from, fronts[i].to);
        const char *text = check(1, at("case.json"));
        says(text, fronts[i].line);
        assert_int_equal(count(text, "DIFFERS"), 1);
    }
}

// The case's own schedules, as the references have them: read as a case again, they are
// one, but for the answers that they do not have.
static void written_schedules(void **state) {
    (void)state;
    char line[600];
    snprintf(line, sizeof line, "--write %s %s", folder, CASE);
    says(check(0, line), " 0 differences\n");
    const char *text = check(1, at("recompute-pair.json"));
    says(text, "layer_by_layer");
    assert_int_equal(count(text, ": error: "), 2);
    FILE *file = fopen(at("recompute-pair.json"), "r");
    assert_non_null(file);
    text = read_all(file);
    fclose(file);
    says(text, "\"front\": [[6702, 430], [6926, 366], [7854, 358]]");
    says(text, "\"optimum_edp\": {\"energy\": 6926, \"latency\": 366, \"groups\": [");
    says(text, "\"rows_per_tile\": 3, \"input\": \"dram\", \"output\": \"dram\"");
    says(text, "\"inner_tensors\": {\"1\": \"retain\"}, \"weights\": {\"1\": "
               "\"streamed\", \"2\": \"streamed\"}");
    says(text, "{\"layer\": 1, \"rows\": 2, \"times\": 1, \"reserved_words\": 4, "
               "\"extra_dram_words\": 0, \"extra_glb_accesses\": 0, \"homes\": "
               "{\"weights\": \"dram\", \"inputs\": \"dram\", \"outputs\": \"glb\"}");
    says(check(1, "--write /nowhere " CASE), "/nowhere/recompute-pair.json: cannot be");
    says(check(2, "--write /nowhere"), "usage: check_fusion");
}

// Whatever of the problem changes, so do its answers.
static void other_problems(void **state) {
    (void)state;
    static const struct {
        const char *after, *from, *to;
    } changes[] = {
        {"arch", "\"glb_words\": 10", "\"glb_words\": 4"},
        {"arch", "\"dram_energy_per_word\": 20", "\"dram_energy_per_word\": 21"},
        {"arch", "\"glb_energy_per_access\": 2", "\"glb_energy_per_access\": 1"},
        {"arch", "\"mac_energy\": 1", "\"mac_energy\": 2"},
        {"arch", "\"glb_accesses_per_cycle\": 2", "\"glb_accesses_per_cycle\": 3"},
        {"arch", "\"lanes\": 2", "\"lanes\": 1"},
        {"\"layer\": 1", "\"C\": 1", "\"C\": 2"},
        {"\"layer\": 3", "\"K\": 4", "\"K\": 5"},
        {"\"layer\": 3", "\"P\": 6, \"R\": 2, \"stride\": 1, \"pad\": 1",
         "\"P\": 4, \"R\": 2, \"stride\": 1, \"pad\": 0"},
        {"\"layer\": 3", "\"P\": 6, \"R\": 2", "\"P\": 5, \"R\": 3"},
        {"\"layer\": 3", "\"P\": 6, \"R\": 2, \"stride\": 1",
         "\"P\": 3, \"R\": 2, \"stride\": 2"},
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        change(changes[i].after, changes[i].from, changes[i].to);
        const char *text = check(1, at("case.json"));
        if (!strstr(text, "layer by layer, energy: expected 7146") ||
            !strstr(text, "DIFFERS"))
            fail_msg("%s makes no difference: %s", changes[i].to, text);
    }
    // That one is never short of words from outside; this is.
    change_of(FOLDER "three-layers-mixed-modes.json", "arch",
              "\"dram_words_per_cycle\": 3", "\"dram_words_per_cycle\": 1");
    check(1, at("case.json"));
}

// A case that cannot be read is said, with its place, and the others are checked.
static void unreadable(void **state) {
    (void)state;
    static const struct {
        const char *after, *from, *to, *place;
    } faults[] = {
        {"name", "\"arch\"", "\"ach\"", "case.json:1:1: error"},
        {"arch", "\"lanes\": 2", "\"lane\": 2", "case.json:2:10: error"},
        {"arch", "\"glb_words\": 10", "\"glb_words\": 0", "case.json:2:24: error"},
        {"arch", "\"mac_energy\": 1", "\"mac_energy\": 1.5", "case.json:2:"},
        {"\"layer\": 3", "\"P\": 6", "\"P\": 7", "case.json:6:4: error"},
        {"\"layer\": 3", "\"C\": 4", "\"C\": 3", "case.json:6:4: error"},
        {"\"layer\": 2", "\"H\": 5, \"P\": 5", "\"H\": 6, \"P\": 6", "case.json:5:4"},
        {"layers", "\"layer\": 3", "\"layer\": 2", "case.json:6:4: error"},
        {"residual", "null", "{\"tensor\": 1, \"added_to_output_of_layer\": 1}",
         "case.json:7:14: error"},
        {"residual", "null", "{\"tensor\": 1, \"added_to_output_of_layer\": 2}",
         "case.json:7:14: error"},
        {"residual", "null", "{\"tensor\": 2, \"added_to_output_of_layer\": 4}",
         "case.json:7:14: error"},
        {"residual", "null", "3", "case.json:7:14: error"},
        {"layers", "\"residual\"", "\"residue\"", "case.json:1:1: error"},
        {"proof", "\"layer_by_layer\"", "\"layers_alone\"", "case.json:1:1: error"},
        {"layer_by_layer", "7146", "\"many\"", "case.json:9:37: error"},
        {"front", "[6702, 430]", "[6702]", "case.json:11:12: error"},
        {"front", "[[6702, 430], [6926, 366], [7854, 358]]", "[]", "case.json:11:11"},
        {"optimum_edp", "\"energy\": 6926", "\"joules\": 6926", "case.json:50:"},
        {"name", "{", "[", "case.json:"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        char files[500];
        change(faults[i].after, faults[i].from, faults[i].to);
        snprintf(files, sizeof files, "%s %s", at("case.json"), CASE);
        const char *text = check(1, files);
        says(text, faults[i].place);
        says(text, "2 cases, ");
        says(text,
             "recompute-pair: layer by layer, energy: expected 7146, got 7146: ok");
        says(text, ", 1 differences\n");
    }
    says(check(1, at("none.json")), "none.json");
    says(check(2, ""), "usage: check_fusion");
    says(check(0, CASE), "1 cases, ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_answers), cmocka_unit_test(other_fronts),
        cmocka_unit_test(written_schedules), cmocka_unit_test(other_problems),
        cmocka_unit_test(unreadable)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
