// What is done to a file that is there: tags, another name for a sweep, pruning.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/change_database.h"
#include "support/copy_file.h"
#include "support_program.h"

#define SWEEP(name, kib)                                                             \
    "name: " name "\nworkloads: [net.yaml]\narchs: [arch.yaml]\noverride:\n"         \
    "  buffer.capacity_kib: " kib "\nweight_forms: [raw, {name: sd, basis_size: 3, " \
    "density: 0.5, row_density: 0.6}]\n"

// @both.db: version 1 (8 and 16 KiB) and 2 (16 and 32) of a sweep, and another sweep.
static int begin(void **state) {
    const int entered = enter_scratch(state);
    copy_file("tests/data/cli/net.yaml", scratch("net.yaml"));
    copy_file("tests/data/cli/arch.yaml", scratch("arch.yaml"));
    write_scratch("v1.yaml", SWEEP("grid", "[8, 16]"));
    write_scratch("v2.yaml", SWEEP("grid", "[16, 32]"));
    write_scratch("v3.yaml", SWEEP("\"a: b\"", "[16, 32]"));
    write_scratch("side.yaml", SWEEP("side", "[8]"));
    free(run_text(0, "sweep @v1.yaml -o @both.db -q"));
    free(run_text(0, "sweep @v2.yaml -o @both.db -q"));
    free(run_text(0, "sweep @v2.yaml -o @v2.db -q"));
    copy_file(scratch("both.db"), scratch("three.db"));
    free(run_text(0, "sweep @side.yaml -o @three.db -q"));
    return entered;
}

static void prunes_what_a_newer_run_replaced(void **state) {
    (void)state;
    copy_file(scratch("both.db"), scratch("p.db"));
    run_says(0, "prune @p.db --dry-run", "rows would go, at least ");
    run_alike("export @p.db", "export @both.db");
    run_says(0, "prune @p.db", "point                   6   2");
    run_alike("export @p.db", "export @v2.db");
    run_says(0, "verify @p.db", "all as stored");
    run_says(0, "prune @p.db", "0 rows dropped");
    // What is in no other sweep is dropped from a newest one too; the rest stays.
    copy_file(scratch("three.db"), scratch("p.db"));
    run_says(0, "prune @p.db --sweep grid --sweep-version 1", "sweep           3   1");
    run_says(0, "prune @p.db --sweep side", "rows dropped");
    run_alike("export @p.db", "export @v2.db");
    run_says(0, "prune @p.db --sweep grid", "rows dropped");
    run_says(0, "status @p.db", "sweep");
    run_says(0, "verify @p.db", "0 mappings");
    free(run_text(0, "sweep @v2.yaml -o @p.db -q"));
    run_alike("export @p.db", "export @v2.db");
}

static void refuses_what_is_not_there(void **state) {
    (void)state;
    char *both = run_text(0, "export @both.db"),
         *three = run_text(0, "export @three.db");
    run_says(1, "prune @both.db --sweep gird", "no sweep 'gird' in it [results-name]");
    run_says(1, "prune @both.db --sweep grid --sweep-version 3",
             "no sweep 'grid', version 3 in it");
    run_says(1, "prune @both.db --tag paper", "no tag 'paper' in it");
    run_says(2, "prune @both.db --tag a --sweep b", "give one");
    run_says(2, "prune @both.db --sweep-version 2", "Add --sweep NAME");
    run_says(1, "prune @none.db", "none.db");
    run_says(1, "rename @none.db a b", "none.db");
    run_says(1, "rename @both.db gird b", "no sweep 'gird' in it");
    run_says(1, "rename @three.db grid side", "'side' is in it already [rename-taken]");
    run_says(2, "rename @both.db grid a\nb", "control characters");
    run_says(2, "tag @both.db a\tb", "control characters");
    run_says(2, "tag @both.db --remove", "Add its NAME");
    run_says(1, "tag @both.db paper --sweep gird", "there are 'grid'");
    run_says(1, "tag @both.db paper --limit area<=0mm2", "no point fits");
    run_says(1, "pareto @both.db --tag paper", "no tag 'paper' in it");
    run_says(1, "tag @both.db paper --remove", "no tag 'paper' in it");
    char *both_now = run_text(0, "export @both.db");
    char *three_now = run_text(0, "export @three.db");
    assert_string_equal(both, both_now);
    assert_string_equal(three, three_now);
    free(both);
    free(three);
    free(both_now);
    free(three_now);
}

static void names_points(void **state) {
    (void)state;
    copy_file(scratch("both.db"), scratch("t.db"));
    run_says(0, "tag @t.db paper --sweep grid --sweep-version 1 --where form='raw'",
             "tag 'paper': 2 of 2 points had it not");
    run_says(0, "tag @t.db paper --sweep grid --sweep-version 1",
             "tag 'paper': 2 of 4 points had it not");
    run_says(0, "tag @t.db best --form sd", "2 of 2 points");
    run_says(0, "tag @t.db", "best        2   2\npaper       4   4\n");
    run_says(0, "status @t.db", "best        2   2\npaper       4   4\n");
    run_says(0, "tag @t.db -f csv", "tag,points,ok\nbest,2,2\npaper,4,4\n");
    // A tag's points, superseded or not; what else is asked for holds too.
    run_says(0, "pareto @t.db --tag paper", "tiny: 4 points");
    run_says(0, "pareto @t.db --tag paper --form raw", "tiny: 2 points");
    run_says(0, "pareto @t.db --tag best", "tiny: 2 points");
    run_says(0, "costs @t.db --tag paper", "");
    run_says(0, "query @t.db -f csv SELECT~count(*)~FROM~v_tag~WHERE~tag='paper'",
             "count(*)\n4\n");
    // No result, but verified and merged: the points of both.
    run_alike("export @t.db", "export @both.db");
    run_says(0, "verify @t.db", "all as stored");
    copy_file(scratch("both.db"), scratch("u.db"));
    free(run_text(0, "tag @u.db paper --sweep grid"));
    free(run_text(0, "tag @u.db mine"));
    free(run_text(0, "merge @tu.db @t.db @u.db"));
    free(run_text(0, "merge @ut.db @u.db @t.db"));
    free(run_text(0, "merge @ut.db @t.db"));
    run_says(0, "tag @tu.db",
             "best        2   2\nmine        4   4\npaper       6   6\n");
    run_alike("tag @tu.db", "tag @ut.db");
    run_says(0, "verify @ut.db", "all as stored");
    // What a tag names stays.
    run_says(0, "prune @t.db", "2 points stay in the sweeps that go: tags name them\n");
    run_says(0, "status @t.db", "superseded");
    run_says(0, "tag @t.db paper --remove --form sd", "2 of 2 points had it, and have");
    run_says(0, "tag @t.db best --remove", "2 of 2 points had it");
    run_says(0, "prune @t.db", "point_layer            ");
    run_says(0, "tag @t.db paper --remove", "2 of 2 points");
    run_says(0, "prune @t.db", "rows dropped");
    run_alike("export @t.db", "export @v2.db");
    // The points of a tag, but for those that another one names.
    copy_file(scratch("both.db"), scratch("t.db"));
    free(run_text(0, "tag @t.db drop --sweep grid --sweep-version 1"));
    free(run_text(0, "tag @t.db keep --sweep grid"));
    run_says(0, "prune @t.db --tag drop", "2 points stay");
    run_says(0, "tag @t.db", "keep       4   4\n");
    free(run_text(0, "prune @t.db"));
    run_alike("export @t.db", "export @v2.db");
}

static void a_changed_tag_is_damage(void **state) {
    (void)state;
    static const char *const changes[] = {
        "UPDATE tag SET tag = 'pager' WHERE point_id = 1",
        "UPDATE tag SET point_id = 7 - point_id WHERE point_id = 3",
        "DELETE FROM tag WHERE point_id = 2",
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        copy_file(scratch("v2.db"), scratch("d.db"));
        free(run_text(0, "tag @d.db paper --form raw"));
        free(run_text(0, "tag @d.db paper --form sd --where point_id=2"));
        change_database(scratch("d.db"), changes[i]);
        run_says(1, "status @d.db", "table tag");
        run_says(1, "verify @d.db", "[results-damaged]");
        run_says(1, "verify @d.db --repair", "tag");
        struct ran ran = run_program("verify @d.db --repair --force");
        free_ran(&ran);
        run_says(0, "verify @d.db", "all as stored");
        run_alike("export @d.db", "export @v2.db");
    }
}

// A network that was changed under its name: the one of before goes, though the sweep
// that stays names it.
static void prunes_changed_networks(void **state) {
    (void)state;
    char *net = read_whole("tests/data/cli/net.yaml");
    char *pad = strstr(net, "out_channels: 10");
    assert_non_null(pad);
    memcpy(pad, "out_channels: 11", strlen("out_channels: 11"));
    write_scratch("net.yaml", net);
    free(net);
    copy_file(scratch("v2.db"), scratch("c.db"));
    free(run_text(0, "sweep @v2.yaml -o @c.db -q"));
    free(run_text(0, "sweep @v2.yaml -o @new.db -q"));
    copy_file("tests/data/cli/net.yaml", scratch("net.yaml"));
    run_says(0, "prune @c.db", "rows dropped");
    run_alike("export @c.db", "export @new.db");
}

// Tags of points that are solved again too.
static void repair_keeps_tags(void **state) {
    (void)state;
    copy_file(scratch("v2.db"), scratch("r.db"));
    free(run_text(0, "tag @r.db paper"));
    change_database(
        scratch("r.db"),
        "UPDATE point SET energy_pj = 2 * energy_pj WHERE point_id = 1;"
        "DELETE FROM point_layer WHERE point_id = 2;"
        "UPDATE point SET hash = substr(hash, 2) || 'f' WHERE point_id = 3");
    run_says(1, "verify @r.db", "table point");
    run_says(0, "verify @r.db --repair", "the rows are those that were written");
    run_says(0, "tag @r.db", "paper       4   4\n");
    run_says(0, "verify @r.db", "all as stored");
}

static void renames(void **state) {
    (void)state;
    free(run_text(0, "sweep @v3.yaml -o @v3.db -q"));
    copy_file(scratch("v2.db"), scratch("n.db"));
    run_says(0, "rename @n.db grid a:~b", "sweep 'grid' is 'a: b' now, in 1 version\n");
    run_alike("export @n.db", "export @v3.db");
    run_says(0, "verify @n.db", "all as stored");
    run_says(0, "sweep @v3.yaml -o @n.db -q", "4 were there before");
    run_says(0, "rename @n.db a:~b grid", "in 1 version\n");
    run_alike("export @n.db", "export @v2.db");
    copy_file(scratch("three.db"), scratch("n.db"));
    run_says(0, "rename @n.db grid other", "in 2 versions\n");
    run_says(0, "verify @n.db", "all as stored");
    run_says(0, "pareto @n.db --sweep other", "tiny: 4 points");
    run_says(0, "pareto @n.db --sweep side", "tiny: 2 points");
    run_says(0, "rename @n.db other grid", "in 2 versions\n");
    run_alike("export @n.db", "export @three.db");
}

// While a sweep runs on the file, what it has done already cannot be taken away.
static void waits_for_sweeps(void **state) {
    (void)state;
    copy_file(scratch("both.db"), scratch("w.db"));
    change_database(
        scratch("w.db"),
        "INSERT INTO claimant VALUES('t', 'elsewhere pid:[1]', 77, 0, 1 << 40);"
        "INSERT INTO claim VALUES('0123456789abcdef0123456789abcdef', 0, 't')");
    run_says(1, "prune @w.db",
             "a sweep is running on it: process 77 on host elsewhere;");
    run_says(1, "prune @w.db --dry-run", "[results-busy]");
    run_says(1, "rename @w.db grid other", "[results-busy]");
    run_says(0, "tag @w.db paper", "4 of 4 points");
    run_alike("export @w.db", "export @both.db");
    change_database(scratch("w.db"), "UPDATE claimant SET expires = 1");
    run_says(0, "prune @w.db", "rows dropped");
    run_says(0, "rename @w.db grid other", "now");
    run_says(0, "verify @w.db", "all as stored");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prunes_what_a_newer_run_replaced),
        cmocka_unit_test(prunes_changed_networks),
        cmocka_unit_test(refuses_what_is_not_there),
        cmocka_unit_test(names_points),
        cmocka_unit_test(a_changed_tag_is_damage),
        cmocka_unit_test(repair_keeps_tags),
        cmocka_unit_test(renames),
        cmocka_unit_test(waits_for_sweeps),
    };
    return cmocka_run_group_tests(tests, begin, leave_scratch);
}
