// Ctrl-C while sdse map --resident searches: what is proved of the narrower spaces is
// printed and written, and nothing else is said to be optimal.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/support_json_page.h"
#include "cli/support_json_says.h"
#include "cli/support_program.h"

// between: what is said of the shared memory besides: ", key: value"
static void write_chip(const char *between) {
    char chip[1024];
    snprintf(chip, sizeof chip,
             "{name: chip, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, "
             "levels: [{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
             "{level: GLB, memory: {class: sram, shares: [activations, weights], "
             "capacity_bytes: 1000, pj_per_bit: 1}%s}, {level: regs, memory: {class: "
             "regfile, capacity_bytes: 16, pj_per_bit: 0.1}}], compute: "
             "{pj_per_mac: 0.5}}",
             between);
    write_scratch("chip.yaml", chip);
}

// Runs until the signal, which comes so long after the program waits for one; what it
// printed, which the caller frees.
static char *interrupted(int signal_number, const char *line, long wait_ms) {
    int status;
    const pid_t pid = start_program(line);
    assert_true(comes_to(pid, signal_number, true));
    nanosleep(&(struct timespec){wait_ms / 1000, wait_ms % 1000 * 1000000}, NULL);
    kill(pid, signal_number);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3);
    char *err = read_whole(scratch(".started"));
    assert_non_null(strstr(err, "interrupted"));
    free(err);
    return read_whole(scratch(".shown"));
}

// Wherever the signal finds the search: later and later, until what is said is `said`.
// *wait_ms  of the first try; out: of the last
static char *interrupted_at(int signal_number, const char *line, const char *said,
                            long *wait_ms) {
    for (; *wait_ms < 30000; *wait_ms *= 2) {
        char *shown = interrupted(signal_number, line, *wait_ms),
             *err = read_whole(scratch(".started"));
        const bool found = strstr(err, said);
        free(err);
        if (found)
            return shown;
        free(shown);
    }
    fail_msg("sdse %s never said %s", line, said);
    return NULL;
}

static const char layers[] = "layers not proved",
                  places[] = "--resident: interrupted before the places of tensors",
                  groups[] = "--fuse: interrupted before the groups were proved";

static double energy_of(const struct json *json, const char *space,
                        const char *status) {
    const struct json *total = json_get(json, space);
    if (status)
        assert_string_equal(text(total, "status"), status);
    return number(total, "energy_pj");
}

// A network's mapping is written whole, says that it is not the optimum that was asked
// for, and costs what was printed.
static void costs(const char *file, const char *net, double energy_pj) {
    char line[256], *written = read_whole(scratch(file));
    assert_non_null(strstr(written, ": interrupted, "));
    free(written);
    snprintf(line, sizeof line, "eval -a @chip.yaml -w @%s -m @%s", net, file);
    struct json *eval = says(line, "sdse.eval-network/1");
    assert_true(energy_of(eval, "total", NULL) == energy_pj);
    json_free(eval);
}

// Layers of which one takes minutes.
static void layers_that_are_not_proved(void **state) {
    (void)state;
    write_chip("");
    write_scratch("hard.yaml",
                  "{name: hard, source: s, layers: ["
                  "{name: wide, kind: conv, in: [2520, 840, 840], out_channels: 2520, "
                  "kernel: 3, pad: 1}, {name: next, kind: conv, in: [2520, 840, 840], "
                  "out_channels: 1, kernel: 1}], edges: chain}");
#define HARD "map -a @chip.yaml -w @hard.yaml --uneven --objective energy --resident "
    long wait_ms = 100;
    char *shown = interrupted_at(SIGINT, HARD "--fuse 2 -f json -o @hard.map --force",
                                 layers, &wait_ms);
    struct json *json = json_read(shown);
    const double energy_pj = energy_of(json, "unshared", "interrupted");
    assert_true(energy_of(json, "resident", "interrupted") == energy_pj);
    assert_true(energy_of(json, "fused", "interrupted") == energy_pj);
    costs("hard.map", "hard.yaml", energy_pj);
    json_free(json);
    free(shown);
    shown = interrupted_at(SIGINT, HARD, layers, &wait_ms);
    assert_non_null(strstr(shown, "not proved: interrupted; each layer by itself"));
    assert_null(strstr(shown, "optimal"));
    free(shown);
}

// Eleven maps at once, each of them anywhere.
static void places_that_are_not_proved(void **state) {
    (void)state;
    write_chip("");
    char list[2048] = "", maps[128] = "", net[4096];
    for (int i = 0; i < 11; i++) {
        sprintf(list + strlen(list),
                "{name: a%d, kind: conv, in: [1, 2, 2], out_channels: 1, kernel: 1}, ",
                i);
        sprintf(maps + strlen(maps), "%sa%d", i ? ", " : "", i);
    }
    snprintf(net, sizeof net,
             "{name: many, source: s, layers: [%s"
             "{name: y, kind: conv, in: [11, 2, 2], out_channels: 1, kernel: 1}, "
             "{name: z, kind: conv, in: [11, 2, 2], out_channels: 1, kernel: 1}], "
             "edges: [{from: [%s], to: y, as: concat}, {from: [%s], to: z, as: "
             "concat}]}",
             list, maps, maps);
    write_scratch("many.yaml", net);
#define MANY "map -a @chip.yaml -w @many.yaml -j 1 "
    struct json *unshared = says(MANY "--objective energy", "sdse.map/1");
    const double energy_pj = energy_of(unshared, "total", NULL);
    json_free(unshared);
    long wait_ms = 100;
    char *shown = interrupted_at(
        SIGINT, MANY "--objective energy --resident -f json -o @many --force", places,
        &wait_ms);
    struct json *json = json_read(shown);
    assert_true(energy_of(json, "unshared", "optimal") == energy_pj);
    assert_true(energy_of(json, "resident", "interrupted") == energy_pj);
    json_free(json);
    free(shown);
    // Each layer by itself, which is proved.
    shown = read_whole(scratch("many/z.yaml"));
    assert_non_null(strstr(shown, "# sdse map --objective energy: optimal, "));
    assert_null(strstr(shown, "place:"));
    free(shown);
    shown = interrupted_at(SIGTERM,
                           MANY "--objective energy --resident --fuse 1 -f json "
                                "-o @many.map --force",
                           places, &wait_ms);
    json = json_read(shown);
    assert_true(energy_of(json, "unshared", "optimal") == energy_pj);
    assert_true(energy_of(json, "fused", "interrupted") == energy_pj);
    costs("many.map", "many.yaml", energy_pj);
    json_free(json);
    free(shown);
    // Of several mappings of a layer not the first is picked.
    write_chip(", fanout: {x: 4, dims_x: [K, C, P]}, network: {pj_per_bit: 2}");
    unshared = says(MANY "--objective edp", "sdse.map/1");
    const double picked_pj = energy_of(unshared, "total", NULL);
    json_free(unshared);
    shown = interrupted_at(SIGINT,
                           MANY "--objective edp --resident --fuse 1 -f json "
                                "-o @many.map --force",
                           places, &wait_ms);
    json = json_read(shown);
    assert_true(energy_of(json, "unshared", "optimal") == picked_pj);
    costs("many.map", "many.yaml", picked_pj);
    json_free(json);
    free(shown);
    shown = interrupted_at(SIGINT, MANY "--objective edp --resident", places, &wait_ms);
    assert_non_null(strstr(shown, "unshared is proved optimal; interrupted before the "
                                  "places of tensors were proved"));
    assert_null(strstr(shown, "\nresident"));
    free(shown);
    shown = interrupted_at(SIGINT, MANY "--objective pareto --resident -f json", places,
                           &wait_ms);
    json = json_read(shown);
    struct json *front = says(MANY "--objective pareto", "sdse.map-front/1");
    assert_string_equal(text(json, "status"), "interrupted");
    assert_int_equal(json_get(json, "gap")->kind, JSON_NULL);
    assert_int_equal(json_get(json, "points")->count, json_get(front, "points")->count);
    json_free(front);
    json_free(json);
    free(shown);
}

// Groups of more tiles than could be tried in a minute.
static void groups_that_are_not_proved(void **state) {
    (void)state;
    write_chip("");
    write_scratch("groups.yaml",
                  "{name: net, source: s, layers: ["
                  "{name: a, kind: conv, in: [2, 60, 60], out_channels: 2, kernel: 3, "
                  "pad: 1}, "
                  "{name: b, kind: conv, in: [2, 60, 60], out_channels: 2, kernel: 3, "
                  "pad: 1}, "
                  "{name: c, kind: conv, in: [2, 60, 60], out_channels: 2, kernel: 3, "
                  "pad: 1, stride: 4}, "
                  "{name: d, kind: conv, in: [2, 15, 15], out_channels: 2, kernel: 3, "
                  "pad: 1}], edges: chain}");
#define PLACED "map -a @chip.yaml -w @groups.yaml --resident -j 1 "
#define GROUPS PLACED "--fuse 4 --tiles all --columns "
    long wait_ms = 50;
    char *shown = interrupted_at(
        SIGINT, GROUPS "--objective energy -f json -o @groups.map --force", groups,
        &wait_ms);
    struct json *json = json_read(shown),
                *resident = says(PLACED "--objective energy", "sdse.map-resident/1");
    const double energy_pj = energy_of(resident, "resident", "optimal");
    assert_true(energy_of(resident, "unshared", "optimal") > energy_pj);
    assert_true(energy_of(json, "unshared", "optimal") ==
                energy_of(resident, "unshared", NULL));
    assert_true(energy_of(json, "resident", "optimal") == energy_pj);
    assert_true(energy_of(json, "fused", "interrupted") == energy_pj);
    costs("groups.map", "groups.yaml", energy_pj);
    json_free(resident);
    json_free(json);
    free(shown);
    shown = interrupted_at(SIGINT, GROUPS "--objective latency", groups, &wait_ms);
    assert_non_null(strstr(shown, "unshared and resident are proved optimal; "
                                  "interrupted before the groups were proved"));
    assert_non_null(strstr(shown, "\nresident "));
    assert_null(strstr(shown, "\nfused"));
    free(shown);
    shown =
        interrupted_at(SIGINT, GROUPS "--objective pareto -f json", groups, &wait_ms);
    json = json_read(shown);
    resident = says(PLACED "--objective pareto", "sdse.map-resident-front/1");
    assert_string_equal(text(json, "status"), "interrupted");
    assert_string_equal(text(resident, "status"), "optimal");
    assert_true(number(json_at(json_get(json, "points"), 0), "energy_pj") ==
                number(json_at(json_get(resident, "points"), 0), "energy_pj"));
    json_free(resident);
    json_free(json);
    free(shown);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_that_are_not_proved),
        cmocka_unit_test(places_that_are_not_proved),
        cmocka_unit_test(groups_that_are_not_proved),
    };
    return cmocka_run_group_tests(tests, json_page_enter, leave_scratch);
}
