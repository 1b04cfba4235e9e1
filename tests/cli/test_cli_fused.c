// sdse map --resident --fuse as people run it: groups add up to the whole, words that
// cross are those of an example worked out by hand, nothing is worse than without, and
// what does not go together is said.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/support_json.h"
#include "cli/support_program.h"
#include "support/close.h"
#include "support/sanitized.h"

// Two layers on a map of 8 x 8 x 4 words; 1,000 bytes hold it, 200 hold some rows.
static int write_inputs(void **state) {
    const int status = enter_scratch(state);
    static const char arch[] =
        "{name: %s, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
        "{level: GLB, memory: {class: sram, shares: [%s], capacity_bytes: "
        "%d, pj_per_bit: 1}}, {level: regs, memory: {class: regfile, capacity_bytes: "
        "16, pj_per_bit: 0.1}}], compute: {pj_per_mac: 0.5}, vector: {below: GLB, "
        "pj_per_op: 0.1, ops_per_cycle: 4}}";
    char text[1024];
    snprintf(text, sizeof text, arch, "large", "activations", 1000);
    write_scratch("large.yaml", text);
    snprintf(text, sizeof text, arch, "small", "activations", 200);
    write_scratch("small.yaml", text);
    snprintf(text, sizeof text, arch, "keeps", "activations, weights", 200);
    write_scratch("keeps.yaml", text);
    snprintf(text, sizeof text, arch, "middle", "activations", 400);
    write_scratch("middle.yaml", text);
    snprintf(text, sizeof text, arch, "stores", "activations, weights", 400);
    write_scratch("stores.yaml", text);
    // Its outermost memory takes longer than computing in some layers of `three`.
    write_scratch(
        "slow.yaml",
        "{name: slow, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8, shared_bits_per_cycle: "
        "0.2}}, {level: GLB, memory: {class: sram, shares: [activations], "
        "capacity_bytes: 1200, pj_per_bit: 1}}, {level: regs, memory: {class: regfile, "
        "capacity_bytes: 16, pj_per_bit: 0.1}}], compute: {pj_per_mac: 0.5}, vector: "
        "{below: GLB, pj_per_op: 0.1, ops_per_cycle: 4}}");
    write_scratch(
        "net.yaml",
        "name: net\nsource: s\nlayers:\n"
        "  - {name: a, kind: conv, in: [4, 8, 8], out_channels: 4, kernel: 1}\n"
        "  - {name: relu, kind: act, in: [4, 8, 8], fused: true}\n"
        "  - {name: b, kind: conv, in: [4, 8, 8], out_channels: 4, kernel: 1}\n"
        "edges: chain\n");
    write_scratch(
        "wide.yaml",
        "name: wide\nsource: s\nlayers:\n"
        "  - {name: a, kind: conv, in: [4, 2, 64], out_channels: 4, kernel: 1}\n"
        "  - {name: relu, kind: act, in: [4, 2, 64], fused: true}\n"
        "  - {name: b, kind: conv, in: [4, 2, 64], out_channels: 4, kernel: 1}\n"
        "edges: chain\n");
    write_scratch("three.yaml", "name: three\nsource: s\nlayers:\n"
                                "  - {name: a, kind: conv, in: [2, 12, 8], "
                                "out_channels: 4, kernel: 3, pad: 1}\n"
                                "  - {name: b, kind: conv, in: [4, 12, 8], "
                                "out_channels: 4, kernel: 3, pad: 1}\n"
                                "  - {name: c, kind: conv, in: [4, 12, 8], "
                                "out_channels: 2, kernel: 3, pad: 1}\n"
                                "edges: chain\n");
    return status;
}

static struct ran fuse(const char *arch, const char *net, const char *rest) {
    char line[256];
    snprintf(line, sizeof line, "map -a @%s.yaml -w @%s.yaml --resident %s", arch, net,
             rest);
    struct ran ran = run_program(line);
    assert_int_equal(ran.status, 0);
    return ran;
}

// Answers in json by what they were asked of: one is compared with several others.
static struct {
    char asked[128];
    char *json;
} answers[24];

static const char *answer(const char *arch, const char *net, const char *rest) {
    char asked[sizeof answers[0].asked], options[128];
    snprintf(asked, sizeof asked, "%s %s %s", arch, net, rest);
    size_t i = 0;
    while (answers[i].json && strcmp(answers[i].asked, asked) != 0)
        assert_true(++i < sizeof answers / sizeof *answers);
    if (!answers[i].json) {
        snprintf(options, sizeof options, "--objective energy -f json %s", rest);
        struct ran ran = fuse(arch, net, options);
        answers[i].json = ran.out;
        free(ran.err);
        memcpy(answers[i].asked, asked, sizeof asked);
    }
    return answers[i].json;
}

static double total(const char *arch, const char *net, const char *rest,
                    const char *space, const char *key) {
    return number_within(answer(arch, net, rest), space, key);
}

static int leave(void **state) {
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        free(answers[i].json);
    return leave_scratch(state);
}

// The map between two layers of one tap never leaves the chip: 256 words come in, 256
// go out, and each nest brings its 16 weights. With weights kept, each layer's come
// once.
static void test_words_by_hand(void **state) {
    (void)state;
    struct ran ran = fuse("small", "net", "--fuse 2 --objective energy -f csv");
    unsigned long tile, nests;
    assert_int_equal(sscanf(strchr(ran.out, '\n'),
                            "\na ... b,%lu,DRAM,DRAM,%*[^,],-,%lu", &tile,
                            &nests) == 2 ||
                         sscanf(strchr(ran.out, '\n'),
                                "\na ... b,%lu,\"DRAM, buffered\",DRAM,%*[^,],-,%lu",
                                &tile, &nests) == 2,
                     true);
    assert_int_equal(nests, 2 * ((8 + tile - 1) / tile));
    free_ran(&ran);
    assert_true(total("small", "net", "--fuse 2", "fused", "outermost_words") ==
                512 + 16 * (double)nests);
    assert_true(total("keeps", "net", "--fuse 2", "fused", "outermost_words") ==
                512 + 2 * 16);
    // Where the map fits as a whole there is nothing to gain.
    assert_true(total("large", "net", "--fuse 2", "fused", "energy_pj") ==
                total("large", "net", "--fuse 2", "resident", "energy_pj"));
}

// A head of GPT-2 small: 1,024 tokens of 64 words. Scores stay on chip row by row, keys
// and values come in once: queries, keys, values and outputs cross, 4 * 1,024 * 64
// words, and without sharing also 2 * 1,024^2 of scores. A second head is another
// head's turn, as keys and values of both do not fit.
static void test_attention_by_rows(void **state) {
    (void)state;
    static const char arch[] =
        "{name: head, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: GLB, memory: "
        "{class: sram, shares: [activations, weights], capacity_kib: 200, pj_per_bit: "
        "0.1}}], compute: {pj_per_mac: 0.5}, vector: {below: GLB, free: true}}";
    write_scratch("head.yaml", arch);
    for (int heads = 1; heads <= 2; heads++) {
        char text[512];
        const double words = 4.0 * heads * 1024 * 64;
        snprintf(text, sizeof text,
                 "name: heads\nsource: s\nlayers:\n"
                 "  - {name: qk, kind: matmul, heads: %d, m: 1024, k: 64, n: 1024}\n"
                 "  - {name: s, kind: softmax, in: [%d, 1024, 1024], fused: false}\n"
                 "  - {name: av, kind: matmul, heads: %d, m: 1024, k: 1024, n: 64}\n"
                 "edges:\n"
                 "  - {from: qk, to: s, reshape: heads}\n"
                 "  - {from: s, to: av, reshape: heads}\n",
                 heads, heads, heads);
        write_scratch("heads.yaml", text);
        struct ran ran = fuse("head", "heads", "--fuse 3 --objective energy -f json");
        assert_true(number_within(ran.out, "fused", "outermost_words") == words);
        assert_true(number_within(ran.out, "unshared", "outermost_words") ==
                    words + 4.0 * heads * 1024 * 1024);
        assert_true(number_within(ran.out, "groups", "tile_heads") == (heads == 2));
        free_ran(&ran);
    }
}

// Each space holds the one before: unshared, resident, and deeper and deeper groups.
static void test_spaces_are_nested(void **state) {
    (void)state;
    static const char *const archs[] = {"middle", "stores", "large"},
                             *const objectives[] = {"energy", "latency", "edp"};
    for (size_t a = 0; a < (SANITIZED ? 1 : 3); a++) {
        for (size_t o = 0; o < 3; o++) {
            double before = (double)INFINITY;
            for (unsigned depth = 1; depth <= 3; depth++) {
                char rest[96];
                snprintf(rest, sizeof rest, "--fuse %u --objective %s -f json", depth,
                         objectives[o]);
                struct ran ran = fuse(archs[a], "three", rest);
                double value[3];
                static const char *const spaces[] = {"unshared", "resident", "fused"};
                for (int s = 0; s < 3; s++)
                    value[s] =
                        (o == 1 ? 1 : number_within(ran.out, spaces[s], "energy_pj")) *
                        (o == 0 ? 1
                                : number_within(ran.out, spaces[s], "latency_cycles"));
                assert_true(value[2] <= value[1] && value[1] <= value[0]);
                if (depth == 1)
                    assert_true(value[2] == value[1]);
                assert_true(value[2] <= before);
                before = value[2];
                free_ran(&ran);
            }
        }
    }
    assert_true(total("middle", "three", "--fuse 3", "fused", "energy_pj") <
                total("middle", "three", "--fuse 3", "resident", "energy_pj"));
    // Any tile is one more choice; so is room, and keeping weights.
    assert_true(
        total("middle", "three", "--fuse 3 --tiles all", "fused", "energy_pj") <=
        total("middle", "three", "--fuse 3", "fused", "energy_pj"));
    assert_true(total("stores", "three", "--fuse 3", "fused", "energy_pj") <
                total("middle", "three", "--fuse 3", "fused", "energy_pj"));
    assert_true(total("large", "three", "--fuse 3", "fused", "energy_pj") <
                total("middle", "three", "--fuse 3", "fused", "energy_pj"));
}

static double least(const char *arch, const char *rest, const char *key) {
    struct ran ran = fuse(arch, "three", rest);
    const double value = number_within(ran.out, "fused", key);
    free_ran(&ran);
    return value;
}

// Overlap is one more choice: energy stays the least, latency falls or stays; nothing
// changes where it is said to be none.
static void test_overlap(void **state) {
    (void)state;
    static const char *const archs[] = {"middle", "stores", "slow"};
    static const char latency[] = "--fuse 3 --objective latency -f json",
                      energy[] = "--fuse 3 --objective energy -f json";
    double gained = 0;
    for (size_t a = 0; a < 3; a++) {
        const double none = least(archs[a], latency, "latency_cycles"),
                     outer = least(archs[a],
                                   "--overlap outer --fuse 3 --objective latency "
                                   "-f json",
                                   "latency_cycles");
        assert_true(least(archs[a],
                          "--overlap none --fuse 3 --objective latency -f json",
                          "latency_cycles") == none);
        assert_true(outer <= none);
        assert_true(least(archs[a], energy, "energy_pj") ==
                    least(archs[a],
                          "--overlap outer --fuse 3 --objective energy -f json",
                          "energy_pj"));
        gained = none - outer;
    }
    assert_true(gained > 0); // on the slow one
    // The table says whose nests do.
    for (int outer = 0; outer < 2; outer++) {
        struct ran ran = fuse("slow", "three",
                              outer ? "--overlap outer --fuse 3 --objective latency "
                                      "-f json"
                                    : latency);
        assert_true(!strstr(ran.out, "\"overlap\": \"outer\"") == !outer);
        free_ran(&ran);
        ran = fuse("slow", "three",
                   outer ? "--overlap outer --fuse 3 --objective latency"
                         : "--fuse 3 --objective latency");
        assert_true(!strstr(ran.out, "overlap") == !outer);
        free_ran(&ran);
    }
}

// The first and the last point of the front are the least energy and latency.
static void test_front(void **state) {
    (void)state;
    struct ran ran = fuse("middle", "three", "--fuse 3 --objective pareto -f csv");
    double pj, cycles, last_cycles = (double)INFINITY, first = 0;
    for (const char *line = ran.out; (line = strchr(line, '\n')) && line[1];) {
        assert_int_equal(sscanf(++line, "%lf,%lf", &pj, &cycles), 2);
        assert_true(cycles < last_cycles);
        first = first > 0 ? first : pj;
        last_cycles = cycles;
    }
    assert_double_within(
        first, total("middle", "three", "--fuse 3", "fused", "energy_pj"), 1e-12);
    free_ran(&ran);
    ran = fuse("middle", "three", "--fuse 3 --objective latency -f json");
    assert_true(number_within(ran.out, "fused", "latency_cycles") == last_cycles);
    free_ran(&ran);
    ran = fuse("middle", "three", "--fuse 3 --objective pareto -f json");
    assert_non_null(strstr(ran.out, "sdse.map-fused-front/1"));
    free_ran(&ran);
}

static void test_for_people(void **state) {
    (void)state;
    struct ran ran = fuse("middle", "three", "--fuse 3 --objective energy");
    assert_non_null(strstr(ran.out, "a ... c"));
    assert_non_null(strstr(ran.out, "\nunshared "));
    assert_non_null(strstr(ran.out, "\nresident "));
    assert_non_null(strstr(ran.out, "\nfused "));
    assert_non_null(strstr(ran.out, "1 group of several layers"));
    assert_non_null(strstr(ran.out, "proved optimal over all groups of at most 3 "
                                    "layers (3 possible), equal tiles"));
    free_ran(&ran);
    ran = fuse("middle", "three", "--fuse 2 --tiles all --objective energy");
    assert_non_null(strstr(ran.out, "at most 2 layers (2 possible), tiles of any"));
    free_ran(&ran);
    ran = fuse("middle", "three", "--fuse 1 --objective energy");
    assert_non_null(strstr(ran.out, "at most 1 layer (0 possible)"));
    free_ran(&ran);
}

// Whatever is searched ahead, on however many threads: the same mappings, and the same
// counts.
static void test_threads(void **state) {
    (void)state;
    const char *const asked =
        SANITIZED ? "map -a @stores.yaml -w @net.yaml --resident --fuse 2 "
                    "--objective %s -f json -j %d"
                  : "map -a @stores.yaml -w @three.yaml --resident --fuse 3 "
                    "--objective %s -f json -j %d";
    char one[160], *mappings = NULL;
    snprintf(one, sizeof one, asked, "pareto", 1);
    char *front = run_text(0, one);
    snprintf(one, sizeof one, asked, "energy --tiles all", 1);
    char *least = run_text(0, one);
    for (int threads = SANITIZED ? 3 : 1; threads <= 3; threads += 2) {
        char some[160];
        snprintf(some, sizeof some, asked, "pareto", threads);
        char *text = run_text(0, some);
        assert_string_equal(front, text);
        free(text);
        snprintf(some, sizeof some, asked, "energy --tiles all -o @maps.yaml --force",
                 threads);
        text = run_text(0, some);
        assert_string_equal(least, text);
        free(text);
        char *written = read_whole(scratch("maps.yaml"));
        if (mappings)
            assert_string_equal(written, mappings);
        free(mappings);
        mappings = written;
    }
    free(mappings);
    free(front);
    free(least);
}

static void expect_refusal(const char *line, const char *message) {
    struct ran ran = run_program(line);
    assert_int_equal(ran.status, 2);
    assert_non_null(strstr(ran.err, message));
    assert_string_equal(ran.out, "");
    free_ran(&ran);
}

static void test_what_does_not_go_together(void **state) {
    (void)state;
    expect_refusal("map -a @small.yaml -w @net.yaml --fuse 2",
                   "--fuse goes with --resident");
    expect_refusal("map -a @small.yaml -w @net.yaml --resident --fuse 9",
                   "at most 8 layers may take turns");
    expect_refusal("map -a @small.yaml -w @net.yaml --resident --fuse 0",
                   "--fuse 0: expected a whole number of at least 1");
    expect_refusal("map -a @small.yaml -w @net.yaml --resident --fuse "
                   "18446744073709551616",
                   "expected a whole number of at most 18446744073709551615\n");
    expect_refusal("map -a @small.yaml -w @net.yaml --resident --tiles all",
                   "--tiles goes with --fuse");
    expect_refusal("map -a @small.yaml -w @net.yaml --resident --overlap outer",
                   "--overlap goes with --fuse");
    expect_refusal("map -a @small.yaml -w @net.yaml --resident --fuse 2 --overlap all",
                   "--overlap all: ");
    expect_refusal("map -a @small.yaml -w @net.yaml --resident --fuse 2 --overlap "
                   "outer --free-bypass",
                   "--free-bypass does not go with --overlap outer");
    expect_refusal("map -a @small.yaml -w @net.yaml --resident --fuse 2 --objective "
                   "pareto -o @maps.yaml",
                   "--objective pareto has many mappings");
}

// Where nothing may wait in the shared memory, overlap is refused, with the reason.
static void test_where_no_nests_overlap(void **state) {
    (void)state;
    static const struct {
        const char *outer, *inner, *options, *message;
    } cases[] = {{"", ", max_lifetime_us: 5", "", "a memory forgets, or limits lives"},
                 {"", "", " --uneven", "the shared memory tiles its tensors"},
                 {"{level: L2, memory: {class: sram, capacity_bytes: 400, pj_per_bit: "
                  "2}}, ",
                  "", "", "there is no tensor that"},
                 {"", "", "", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char arch[600], line[128];
        snprintf(arch, sizeof arch,
                 "{name: f, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, "
                 "levels: [{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
                 "%s{level: GLB, memory: {class: sram, shares: [activations], "
                 "capacity_bytes: 200, pj_per_bit: 1}}, {level: regs, memory: {class: "
                 "regfile, capacity_bytes: 16, pj_per_bit: 0.1%s}}], compute: "
                 "{pj_per_mac: 0.5}, vector: {below: GLB, free: true}}",
                 cases[i].outer, cases[i].inner);
        write_scratch("forgets.yaml", arch);
        snprintf(line, sizeof line,
                 "map -a @forgets.yaml -w @net.yaml --resident --fuse 2 --overlap "
                 "outer%s",
                 cases[i].options);
        struct ran ran = run_program(line);
        assert_int_equal(ran.status, cases[i].message ? 1 : 0);
        if (cases[i].message) {
            assert_non_null(strstr(ran.err, "--overlap outer: no nests of f may"));
            assert_non_null(strstr(ran.err, cases[i].message));
            assert_string_equal(ran.out, "");
        }
        free_ran(&ran);
    }
}

// Rows that are too many to be listed: that is said, and the rest is done. Those of
// long contexts are not; where tiles may be of some columns, all tiles are.
static void test_groups_that_are_not_tried(void **state) {
    (void)state;
    static const struct {
        const char *layer, *options, *untried;
    } cases[] = {{"kind: matmul, m: 33554432, k: 1, n: 1", "", "1,"},
                 {"kind: matmul, m: 20000, k: 1, n: 1", "", "0,"},
                 {"kind: conv, in: [1, 20000, 2], out_channels: 1, kernel: 1",
                  " --columns", "1,"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char network[512], options[64], untried[64];
        snprintf(network, sizeof network,
                 "{name: long, source: s, layers: [{name: a, %s}, {name: b, %s}], "
                 "edges: [{from: a, to: b}]}",
                 cases[i].layer, cases[i].layer);
        snprintf(options, sizeof options, "--fuse 2 --format json%s", cases[i].options);
        snprintf(untried, sizeof untried, "\"groups_untried\": %s", cases[i].untried);
        write_scratch("long.yaml", network);
        struct ran ran = fuse("keeps", "long", options);
        assert_non_null(strstr(ran.out, "\"groups_possible\": 1,"));
        assert_non_null(strstr(ran.out, untried));
        assert_int_equal(strstr(ran.err, "1 of 1 possible groups") != NULL, i != 1);
        free_ran(&ran);
    }
}

// A row of 256 words does not fit into 200 bytes, some columns of it do: the map
// between the layers stays on chip, and kept weights come once.
static void test_tiles_of_columns(void **state) {
    (void)state;
    assert_true(total("keeps", "wide", "--fuse 2", "fused", "outermost_words") >= 2048);
    assert_true(total("keeps", "wide", "--fuse 2 --columns", "fused",
                      "outermost_words") == 512 + 512 + 2 * 16);
    // Written, read back, and said.
    struct ran ran = fuse("keeps", "wide",
                          "--fuse 2 --columns --objective energy -f json -o @wide.map");
    const double columns = number_within(ran.out, "groups", "tile_columns"),
                 energy = number_within(ran.out, "fused", "energy_pj");
    free_ran(&ran);
    assert_true(columns >= 1 && columns < 64);
    ran = run_program("eval -a @keeps.yaml -w @wide.yaml -m @wide.map -f json");
    assert_int_equal(ran.status, 0);
    assert_true(number_within(ran.out, "total", "energy_pj") == energy);
    free_ran(&ran);
    ran = run_program("explain -a @keeps.yaml -w @wide.yaml -m @wide.map");
    assert_int_equal(ran.status, 0);
    char said[64];
    snprintf(said, sizeof said, "of b a tile, %.0f columns of them\n", columns);
    assert_non_null(strstr(ran.out, said));
    assert_non_null(strstr(ran.out, " at columns "));
    assert_non_null(strstr(ran.out, " cells of what a makes\n"));
    free_ran(&ran);
    // The smallest memory is smaller.
    double needed[2];
    for (int i = 0; i < 2; i++) {
        ran = run_program(i ? "why-not -a @small.yaml -w @wide.yaml -g a..b -f json "
                              "--columns"
                            : "why-not -a @small.yaml -w @wide.yaml -g a..b -f json");
        assert_int_equal(ran.status, 0);
        needed[i] = strtod(strstr(ran.out, "needed_bits") + 13, NULL);
        free_ran(&ran);
    }
    assert_true(needed[0] > 8 * 256 && needed[1] < 8 * 200);
    ran = run_program("map -a @keeps.yaml -w @wide.yaml --resident --columns");
    assert_int_equal(ran.status, 2);
    assert_non_null(strstr(ran.err, "--columns goes with --fuse"));
    free_ran(&ran);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_by_hand),
        cmocka_unit_test(test_spaces_are_nested),
        cmocka_unit_test(test_front),
        cmocka_unit_test(test_overlap),
        cmocka_unit_test(test_where_no_nests_overlap),
        cmocka_unit_test(test_tiles_of_columns),
        cmocka_unit_test(test_for_people),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_attention_by_rows),
        cmocka_unit_test(test_groups_that_are_not_tried),
        cmocka_unit_test(test_what_does_not_go_together)};
    return cmocka_run_group_tests(tests, write_inputs, leave);
}
