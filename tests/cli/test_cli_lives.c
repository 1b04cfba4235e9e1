// A mapping that keeps a tile longer than its memory allows is no answer, wherever it
// comes from.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/close.h"
#include "support_program.h"

static const char net[] =
    "name: n\nsource: own words\nlayers:\n"
    "  - {name: c, kind: conv, in: [8, 8, 8], out_channels: 8, kernel: 3, pad: 1}\n";

// An accelerator with forgetting cells and what else is said of them.
static void write_arch(const char *more) {
    char text[1200];
    snprintf(
        text, sizeof text,
        "name: a\nsource: own words\nnode_nm: 45\nclock_ghz: 1\nword_bits: 8\n"
        "levels:\n  - level: Main\n    memory: {class: dram, pj_per_bit: 4}\n"
        "  - level: Cells\n    memory: {class: edram, capacity_kib: 8, port_bits: "
        "64, read_pj: 1, write_pj: 1, area_um2: 1, retention_us: 1000, "
        "refresh_pj_per_bit: 0.02, refresh_row_bits: 64, refresh_cycles_per_row: 1%s}\n"
        "compute: {pj_per_mac: 1, area_um2: 1}\n",
        more);
    write_scratch("a.yaml", text);
}

static void expect(const char *line, int status, const char *says) {
    struct ran ran = run_program(line);
    if (ran.status != status || (says && !strstr(ran.err, says)))
        fail_msg("%s: exit status %d, %s%s", line, ran.status, ran.out, ran.err);
    free_ran(&ran);
}

static void mappings_that_live_too_long_are_refused(void **state) {
    (void)state;
    write_scratch("n.yaml", net);
    write_arch("");
    expect("map -a @a.yaml -w @n.yaml -l c -o @m.yaml", 0, NULL);
    expect("eval -a @a.yaml -w @n.yaml -l c --mapping @m.yaml", 0, NULL);
    // As long as it takes is long enough; a thousandth of it is not.
    write_arch(", max_lifetime_us: 100000");
    expect("eval -a @a.yaml -w @n.yaml -l c --mapping @m.yaml", 0, NULL);
    write_arch(", max_lifetime_us: 0.001");
    expect("eval -a @a.yaml -w @n.yaml -l c --mapping @m.yaml", 1, " in Cells live ");
    // What is said is what lives too long, and how long it does.
    struct ran ran = run_program("eval -a @a.yaml -w @n.yaml -l c --mapping @m.yaml");
    const char *live = strstr(ran.err, " live ");
    assert_non_null(live);
    assert_true(strtod(live + strlen(" live "), NULL) > 0.001);
    free_ran(&ran);
    expect("explain -a @a.yaml -w @n.yaml -l c --mapping @m.yaml", 1,
           " us, but at most 0.001 are allowed");
}

static void a_limit_of_lives_is_positive(void **state) {
    (void)state;
    write_scratch("n.yaml", net);
    write_arch("");
    expect("map -a @a.yaml -w @n.yaml -l c --max-lifetime 0", 2,
           "--max-lifetime must be positive");
}

static void the_proof_of_the_network_is_of_its_longest_life(void **state) {
    (void)state;
    write_scratch("n.yaml", net);
    write_arch("");
    struct ran ran = run_program("map -a @a.yaml -w @n.yaml --objective lifetime");
    if (ran.status != 0 ||
        !strstr(ran.out, "proved optimal (gap 0), of the longest life of a tile"))
        fail_msg("exit status %d, %s%s", ran.status, ran.out, ran.err);
    free_ran(&ran);
}

// The life that a run says is the shortest, in us.
static double said_life(const char *line) {
    struct ran ran = run_program(line);
    const char *at = strstr(ran.out, "of the longest life of a tile: ");
    if (ran.status != 0 || !at)
        fail_msg("%s: exit status %d, %s%s", line, ran.status, ran.out, ran.err);
    char *end;
    const double life = strtod(at + strlen("of the longest life of a tile: "), &end);
    assert_true(strncmp(end, " us", 3) == 0 && life > 0);
    free_ran(&ran);
    return life;
}

// No mapping lives shorter, one lives as long; a network's is its longest layer's.
static void the_shortest_life_is_said(void **state) {
    (void)state;
    write_scratch("n.yaml", net);
    write_arch("");
    const double life =
                     said_life("map -a @a.yaml -w @n.yaml -l c --objective lifetime"),
                 all = said_life("map -a @a.yaml -w @n.yaml --objective lifetime");
    assert_true(all >= life);
    // In seconds for other programs, and only where lives are asked about.
    char *json =
        run_text(0, "map -a @a.yaml -w @n.yaml -l c --objective lifetime -f json");
    const char *at = strstr(json, "\"longest_life_s\": ");
    assert_non_null(at);
    assert_double_within(strtod(at + strlen("\"longest_life_s\": "), NULL) * 1e6, life,
                         1e-5);
    free(json);
    char line[128];
    snprintf(line, sizeof line, "map -a @a.yaml -w @n.yaml -l c --max-lifetime %.9g",
             life * 1.0001);
    expect(line, 0, NULL);
    snprintf(line, sizeof line, "map -a @a.yaml -w @n.yaml -l c --max-lifetime %.9g",
             life * 0.9999);
    expect(line, 4, NULL);
    struct ran ran = run_program("show arch @a.yaml");
    assert_non_null(strstr(ran.out, "refreshed in rows of 64 bit"));
    free_ran(&ran);
}

// Memories keep their colours, from the outermost in, whatever refreshes cost.
static void refreshes_are_drawn_last(void **state) {
    (void)state;
    write_scratch("n.yaml", net);
    write_arch("");
    char *arch = read_whole(scratch("a.yaml"));
    char *held = strstr(arch, "retention_us: 1000");
    memcpy(held, "retention_us: 0.01", strlen("retention_us: 0.01"));
    write_scratch("a.yaml", arch);
    free(arch);
    write_scratch("s.yaml", "name: s\nworkloads: [n.yaml]\narchs: [a.yaml]\n"
                            "mapper: {seconds: 1}\n");
    expect("sweep @s.yaml -o @r.db -q", 0, NULL);
    expect("plot energy @r.db -o @plots -t svg", 0, NULL);
    char *script = read_whole(scratch("plots/energy_n.svg.gp"));
    const char *refresh = strstr(script, "'refresh' at screen");
    const char *cells = strstr(script, "'Cells' at screen");
    assert_non_null(strstr(script, "'Main' at screen"));
    assert_true(cells && refresh && cells < refresh);
    free(script);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mappings_that_live_too_long_are_refused),
        cmocka_unit_test(refreshes_are_drawn_last),
        cmocka_unit_test(a_limit_of_lives_is_positive),
        cmocka_unit_test(the_proof_of_the_network_is_of_its_longest_life),
        cmocka_unit_test(the_shortest_life_is_said),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
