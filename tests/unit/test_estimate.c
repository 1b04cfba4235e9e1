// An estimate counts what a run then does, and says how many shards a deadline takes.
// No time is asserted.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "dse/estimate/estimate.h"
#include "dse/sweep/sweep.h"
#include "support_sweep.h"

static enum sdse_status estimate(const struct sdse_estimate_request *request,
                                 struct sdse_estimate *out) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    const enum sdse_status status = sdse_estimate_sweep(request, &diags, out);
    if (status != SDSE_OK)
        assert_true(diags.errors > 0);
    sdse_arena_free(arena);
    return status;
}

static struct sdse_estimate estimated(const char *sweep, bool measure, size_t sample,
                                      double deadline_s) {
    struct sdse_estimate out;
    assert_int_equal(estimate(&(struct sdse_estimate_request){.sweep_path = sweep,
                                                              .threads = 2,
                                                              .sample = sample,
                                                              .seed = 7,
                                                              .measure = measure,
                                                              .deadline_s = deadline_s,
                                                              .folder = sweep_path("")},
                              &out),
                     SDSE_OK);
    return out;
}

// Runs it into a file of its own, as one of `shards`.
static struct sdse_sweep_progress run_shard(const char *sweep, uint64_t shard,
                                            uint64_t shards) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_sweep_progress progress;
    const char *path = sweep_path("run.db");
    unlink(path);
    assert_int_equal(sdse_sweep_run(&(struct sdse_sweep_request){.sweep_path = sweep,
                                                                 .database_path = path,
                                                                 .threads = 2,
                                                                 .shard = shard,
                                                                 .shards = shards},
                                    &diags, &progress),
                     SDSE_OK);
    sdse_arena_free(arena);
    return progress;
}

static const char *sweep_of(const char *name, const char *text) {
    sweep_write(name, text);
    return sweep_path(name);
}

// What differs in overrides alone, what a form does not touch, what no accelerator can
// be, and two ways to write the same accelerator.
static void counts_what_a_run_solves(void **state) {
    (void)state;
    static const char *const overrides[] = {
        "  buffer.capacity_kib: [8, 16]\n  buffer.fanout.x: [4, 8]\n",
        "  buffer.fanout.x: [0, 4]\n", "  buffer.capacity_kib: [8, 8.0, 16]\n",
        "  buffer.capacity_kib: [0.001, 8]\n"};
    for (size_t i = 0; i < sizeof overrides / sizeof *overrides; i++) {
        char text[1024], name[32];
        snprintf(text, sizeof text,
                 "name: counts\nworkloads: [%s/tests/data/cli/net.yaml]\n"
                 "archs: [%s/tests/data/cli/arch.yaml]\noverride:\n%s"
                 "weight_forms: [raw, {name: sd, basis_size: 3, density: 0.5, "
                 "row_density: 0.6}]\n",
                 SDSE_SOURCE_DIR, SDSE_SOURCE_DIR, overrides[i]);
        snprintf(name, sizeof name, "counts%zu.yaml", i);
        const char *sweep = sweep_of(name, text);
        const struct sdse_estimate said = estimated(sweep, false, 8, 0);
        const struct sdse_sweep_progress done = run_shard(sweep, 0, 0);
        assert_int_equal(said.points, done.points_total);
        assert_int_equal(said.problems, done.problems_total);
        assert_true(said.exact);
        assert_int_equal(said.forms, 0);
        assert_true(said.cpu_s > 0 && said.database_bytes > 4096);
    }
}

// Two layers of one shape whose measured forms are alike are one problem: known only
// when they are measured.
static void counts_measured_forms(void **state) {
    (void)state;
    sweep_write("twins.yaml",
                "name: twins\nsource: made up\nlayers:\n"
                "  - {name: a, kind: fc, in: 24, out_channels: 8}\n"
                "  - {name: b, kind: fc, in: 24, out_channels: 8}\n"
                "  - {name: c, kind: conv, in: [4, 8, 8], out_channels: 8, kernel: 3}\n"
                "  - {name: d, kind: fc, in: 24, out_channels: 8}\n");
    char text[1024];
    snprintf(text, sizeof text,
             "name: measured\nworkloads: [twins.yaml]\n"
             "archs: [%s/tests/data/cli/arch.yaml]\n"
             "override: {buffer.capacity_kib: [8, 16]}\n"
             "weight_forms: [raw, {name: sd, basis_size: 3, sparsity: [0.25, 0.5], "
             "index: dense}]\n",
             SDSE_SOURCE_DIR);
    const char *sweep = sweep_of("measured.yaml", text);
    const struct sdse_estimate most = estimated(sweep, false, 8, 0),
                               exact = estimated(sweep, true, 8, 0);
    const struct sdse_sweep_progress done = run_shard(sweep, 0, 0);
    assert_int_equal(exact.problems, done.problems_total);
    assert_true(exact.exact && !most.exact);
    assert_true(most.problems >= exact.problems);
    assert_int_equal(most.points, 6);
    assert_int_equal(most.forms, 8); // four layers, two settings
    assert_int_equal(exact.measured, 8);
    assert_true(most.measured >= 1 && most.measured <= 8);
    assert_true(most.measure_s > 0);
    // Of what is all measured and all solved nothing is guessed.
    const struct sdse_estimate whole = estimated(sweep, true, 100000, 0);
    assert_int_equal(whole.solved, whole.problems);
    assert_true(whole.error < 1e-9);
}

// As many are solved as are asked for, with their lines, at most all; and nothing stays
// behind.
static void takes_a_sample(void **state) {
    (void)state;
    const char *sweep = SDSE_SOURCE_DIR "/tests/data/cli/kill_sweep.yaml",
               *small = SDSE_SOURCE_DIR "/tests/data/cli/sweep.yaml";
    const struct sdse_estimate few = estimated(sweep, false, 5, 0),
                               all = estimated(small, false, 100000, 0);
    assert_true(few.solved >= 5 && few.solved < few.problems);
    assert_int_equal(all.solved, all.problems);
    assert_int_equal(few.problems, 128);
    assert_true(all.error < 1e-9); // what is drawn of all has no error
    assert_true(few.written > 1 && few.written <= few.points);
    assert_int_equal(few.shards, 0);
    // One of many says something, and that it is little.
    const struct sdse_estimate one = estimated(sweep, false, 1, 0);
    assert_true(one.solved >= 1 && one.solved < few.solved);
    assert_true(one.solve_s > 0 && one.error > 0);
    char line[300];
    snprintf(line, sizeof line, "ls -d '%s'/sdse-plan-* 2>/dev/null", sweep_path(""));
    assert_int_not_equal(system(line), 0);
}

// The size is that of the file, within a third: its tables have whole pages.
static void estimates_the_size(void **state) {
    (void)state;
    const char *sweep = SDSE_SOURCE_DIR "/tests/data/cli/kill_sweep.yaml";
    const struct sdse_estimate said = estimated(sweep, false, 40, 0);
    run_shard(sweep, 0, 0);
    struct stat info;
    assert_int_equal(stat(sweep_path("run.db"), &info), 0);
    assert_true(said.database_bytes > 0.67 * (double)info.st_size &&
                said.database_bytes < 1.5 * (double)info.st_size);
}

// A grid over a price and a bandwidth, of which a run solves most without a search.
static const char *grid_of(const char *name, unsigned prices, unsigned bandwidths) {
    sweep_write("one.yaml", "name: one\nsource: made up\nlayers:\n"
                            "  - {name: a, kind: fc, in: 24, out_channels: 8}\n");
    char text[1024];
    snprintf(text, sizeof text,
             "name: grid\nworkloads: [one.yaml]\n"
             "archs: [%s/tests/data/cli/arch.yaml]\n"
             "override:\n  DRAM.shared_bits_per_cycle: [8..%u +8]\n"
             "  DRAM.pj_per_bit: [0.5..%.1f +0.5]\nweight_forms: [raw]\n",
             SDSE_SOURCE_DIR, 8 * bandwidths, 0.5 * prices);
    return sweep_of(name, text);
}

// What is drawn brings its line along, whose neighbours share rows: as in the run.
static void samples_lines(void **state) {
    (void)state;
    const char *sweep = grid_of("lines.yaml", 64, 4);
    const struct sdse_estimate said = estimated(sweep, false, 8, 0);
    run_shard(sweep, 0, 0);
    struct stat info;
    assert_int_equal(stat(sweep_path("run.db"), &info), 0);
    assert_int_equal(said.problems, 256);
    assert_true(said.exact);
    assert_true(said.solved > 64 && said.solved <= 256);
    assert_true(said.database_bytes > 0.77 * (double)info.st_size &&
                said.database_bytes < 1.3 * (double)info.st_size);
    // What that is in seconds against those of all: tests/bench/bench_estimate.c.
    assert_int_equal(estimated(sweep, false, 100000, 0).solved, 256);
}

// Many points of one problem: each takes little room, the problem's solution much.
static void a_point_is_no_solution(void **state) {
    (void)state;
    sweep_write("product.yaml", "name: product\nsource: made up\nlayers:\n"
                                "  - {name: p, kind: matmul, m: 4, k: 24, n: 8}\n");
    char text[1024];
    snprintf(text, sizeof text,
             "name: products\nworkloads: [product.yaml]\n"
             "archs: [%s/tests/data/cli/arch.yaml]\nweight_forms:\n"
             "  - {name: d, basis_size: 3, density: [0.1, 0.15, 0.2, 0.25, 0.3, 0.35,"
             " 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8],\n"
             "     scale_bits: [0, 1, 2, 3, 4, 5, 6, 7, 8], row_density: 1}\n",
             SDSE_SOURCE_DIR);
    const char *sweep = sweep_of("products.yaml", text);
    const struct sdse_estimate said = estimated(sweep, false, 8, 0);
    assert_int_equal(said.problems, 1);
    assert_int_equal(said.points, 135);
    run_shard(sweep, 0, 0);
    struct stat info;
    assert_int_equal(stat(sweep_path("run.db"), &info), 0);
    assert_true(said.database_bytes > 0.85 * (double)info.st_size &&
                said.database_bytes < 1.15 * (double)info.st_size);
}

// So many accelerators, two for each capacity, of which one capacity holds a word.
static uint64_t problems_of_one(unsigned capacities, unsigned which) {
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    fprintf(out,
            "name: one\nworkloads: [one.yaml]\narchs: [%s/tests/data/cli/arch.yaml]\n"
            "override:\n  buffer.capacity_kib: [",
            SDSE_SOURCE_DIR);
    for (unsigned i = 0; i < capacities; i++)
        fprintf(out, "%s%s%g", i ? ", " : "", i && i % 16 == 0 ? "\n    " : "",
                i == which ? 8 : (i + 1) * 1e-7);
    fprintf(out, "]\n  DRAM.pj_per_bit: [1, 2]\nweight_forms: [raw]\n");
    fclose(out);
    const char *sweep = sweep_of("strata.yaml", text);
    free(text);
    const struct sdse_estimate said = estimated(sweep, false, 8, 0);
    assert_int_equal(said.accelerators, 2 * capacities);
    assert_int_equal(said.looked_at, 1024);
    return said.problems;
}

// Every part of very many accelerators is looked at: each capacity is a part of its
// own, or is two parts.
static void looks_at_every_part(void **state) {
    (void)state;
    sweep_write("one.yaml", "name: one\nsource: made up\nlayers:\n"
                            "  - {name: a, kind: fc, in: 24, out_channels: 8}\n");
    static const unsigned of[][2] = {
        {1024, 0}, {1024, 1023}, {1024, 300}, {768, 0}, {768, 511}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        assert_int_equal(problems_of_one(of[i][0], of[i][1]), 2); // one that is seen
    assert_int_equal(problems_of_one(768, 512), 3);               // two, of 2/3 of all
    assert_int_equal(problems_of_one(768, 767), 3);
}

// Of two networks each has its own problems drawn, and what both have is solved once.
static void samples_every_network(void **state) {
    (void)state;
    sweep_write("small.yaml", "name: small\nsource: made up\nlayers:\n"
                              "  - {name: a, kind: fc, in: 8, out_channels: 8}\n"
                              "  - {name: b, kind: fc, in: 16, out_channels: 8}\n");
    sweep_write("large.yaml", "name: large\nsource: made up\nlayers:\n"
                              "  - {name: a, kind: fc, in: 8, out_channels: 8}\n"
                              "  - {name: b, kind: fc, in: 48, out_channels: 64}\n"
                              "  - {name: c, kind: fc, in: 96, out_channels: 64}\n");
    char text[1024];
    snprintf(text, sizeof text,
             "name: two\nworkloads: [small.yaml, large.yaml]\n"
             "archs: [%s/tests/data/cli/arch.yaml]\n"
             "override: {buffer.fanout.x: [1, 2, 4]}\nweight_forms: [raw]\n",
             SDSE_SOURCE_DIR);
    const char *sweep = sweep_of("two.yaml", text);
    const struct sdse_estimate all = estimated(sweep, false, 100000, 0);
    assert_int_equal(all.points, 6);
    assert_int_equal(all.problems, 12); // layer a is of both
    assert_int_equal(all.solved, 12);
    const struct sdse_sweep_progress done = run_shard(sweep, 0, 0);
    assert_int_equal(done.problems_total, 12);
}

// Of very many accelerators some are looked at, and said to be.
static void looks_at_some_of_many(void **state) {
    (void)state;
    const struct sdse_estimate said =
        estimated(grid_of("many.yaml", 1000, 1000), false, 8, 1e9);
    assert_int_equal(said.points, 1000000);
    assert_int_equal(said.accelerators, 1000000);
    assert_int_equal(said.looked_at, 1024);
    assert_int_equal(said.problems, 1000000); // all are different
    assert_true(!said.exact);
    assert_int_equal(said.shards, 1);
    assert_true(said.database_bytes > 5e8 && said.database_bytes < 5e9);
    // What is not counted shard by shard is shared out, on two threads.
    const double deadline_s = said.shard_s / 10;
    const struct sdse_estimate parts =
        estimated(grid_of("many.yaml", 1000, 1000), false, 8, deadline_s);
    assert_true(parts.shards == 0 || parts.shard_s <= deadline_s);
    if (parts.shards && 1000000 % parts.shards == 0)
        assert_true(fabs(parts.shard_s - parts.plan_s -
                         (parts.solve_s / 2 + parts.write_s) / (double)parts.shards) <
                    1e-6 * parts.shard_s);
}

static void finds_shards_for_a_deadline(void **state) {
    (void)state;
    const char *sweep = SDSE_SOURCE_DIR "/tests/data/cli/kill_sweep.yaml";
    const struct sdse_estimate whole = estimated(sweep, false, 12, 1e6);
    assert_int_equal(whole.shards, 1);
    // On two threads, loading and writing on one.
    assert_true(fabs(whole.shard_s - (whole.plan_s + whole.write_s +
                                      (whole.measure_s + whole.solve_s) / 2)) <
                1e-6 * whole.shard_s);
    const struct sdse_estimate parts = estimated(sweep, false, 12, whole.shard_s / 3);
    assert_true(parts.shards == 0 || parts.shard_s <= whole.shard_s / 3);
    const struct sdse_estimate none = estimated(sweep, false, 12, 1e-9);
    assert_int_equal(none.shards, 0);
    assert_true(none.shard_s > 1e-9);
}

// What cannot be is said as a run says it, and can be read when all else is gone.
static void warns_of_what_cannot_be(void **state) {
    (void)state;
    sweep_write("cannot.yaml", "name: c\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                               "override: {GLB.capacity_kib: [0, 8]}\n");
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_estimate out;
    sdse_diags_init(&diags, arena);
    const struct sdse_estimate_request request = {.sweep_path =
                                                      sweep_path("cannot.yaml"),
                                                  .threads = 1,
                                                  .sample = 5,
                                                  .folder = sweep_path("")};
    assert_int_equal(sdse_estimate_sweep(&request, &diags, &out), SDSE_OK);
    char *said = NULL;
    size_t length;
    FILE *text = open_memstream(&said, &length);
    sdse_diags_print(&diags, text, false);
    fclose(text);
    assert_non_null(strstr(said, "cannot.yaml:4:12: warning: "));
    assert_non_null(strstr(said, "(1 accelerator: infeasible) [capacity-positive]\n"));
    free(said);
    sdse_arena_free(arena);
}

static void refuses_what_a_run_refuses(void **state) {
    (void)state;
    struct sdse_estimate out = {.points = 77};
    const char *bad = sweep_of("bad.yaml", "name: bad\nworkloads: [nosuch.yaml]\n"
                                           "archs: [nosuch.yaml]\nobjectve: edp\n");
    assert_int_not_equal(
        estimate(&(struct sdse_estimate_request){.sweep_path = bad,
                                                 .folder = sweep_path("")},
                 &out),
        SDSE_OK);
    const char *good = SDSE_SOURCE_DIR "/tests/data/cli/sweep.yaml";
    assert_int_not_equal(
        estimate(&(struct sdse_estimate_request){.sweep_path = good,
                                                 .folder = "/nonexistent-folder"},
                 &out),
        SDSE_OK);
    assert_int_equal(out.points, 77);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_what_a_run_solves),
        cmocka_unit_test(counts_measured_forms),
        cmocka_unit_test(takes_a_sample),
        cmocka_unit_test(estimates_the_size),
        cmocka_unit_test(samples_lines),
        cmocka_unit_test(a_point_is_no_solution),
        cmocka_unit_test(looks_at_every_part),
        cmocka_unit_test(samples_every_network),
        cmocka_unit_test(looks_at_some_of_many),
        cmocka_unit_test(finds_shards_for_a_deadline),
        cmocka_unit_test(warns_of_what_cannot_be),
        cmocka_unit_test(refuses_what_a_run_refuses),
    };
    return cmocka_run_group_tests(tests, sweep_begin, sweep_end);
}
