// Weights in the database: points whose forms were measured on files are run again
// without them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/change_database.h"
#include "support/copy_file.h"
#include "support/weights_file.h"
#include "support_program.h"

// Layers a and c have the same values in two files, d reads that of c.
#define NET(name)                                                                \
    "name: " name "\nsource: made up\nlayers:\n"                                 \
    "  - {name: a, kind: fc, in: 24, out_channels: 6, weights: deep/er/a.npy}\n" \
    "  - {name: b, kind: fc, in: 12, out_channels: 6, weights: b.npy}\n"         \
    "  - {name: c, kind: fc, in: 24, out_channels: 6, weights: deep/c.npy}\n"    \
    "  - {name: d, kind: fc, in: 24, out_channels: 6, repeat: 2, weights: "      \
    "deep/c.npy}\n"                                                              \
    "  - {name: e, kind: fc, in: 12, out_channels: 4}\n"

static void remove_weights(void) {
    unlink(scratch("deep/er/a.npy"));
    unlink(scratch("b.npy"));
    unlink(scratch("deep/c.npy"));
}

// @e.db has two versions of a sweep, with other weights in file b of the second;
// @plain.db the same without weights.
static int begin(void **state) {
    const int entered = enter_scratch(state);
    char *arch = read_whole("tests/data/cli/arch.yaml");
    char *below = strstr(arch, "below: DRAM");
    assert_non_null(below); // registers that rebuild hold a basis, or no mapping
    *below = '\0';
    FILE *file = fopen(scratch("arch.yaml"), "w");
    assert_non_null(file);
    fprintf(file, "%sbelow: registers%s", arch, below + strlen("below: DRAM"));
    assert_int_equal(fclose(file), 0);
    free(arch);
    mkdir(scratch("deep"), 0777);
    mkdir(scratch("deep/er"), 0777);
    write_scratch("net.yaml", NET("net"));
    write_scratch("s.yaml",
                  "name: s\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                  "override: {registers.capacity_bytes: [64, 6]}\n"
                  "weight_forms: [raw, {name: found, basis_size: 3, sparsity: 0.5}]\n");
    for (int version = 1; version <= 2; version++) {
        write_weights_file(scratch("deep/er/a.npy"), 6, 24);
        write_weights_file(scratch("deep/c.npy"), 6, 24);
        write_weights_file(scratch("b.npy"), 6, 12);
        if (version == 2) { // another last value
            file = fopen(scratch("b.npy"), "r+b");
            assert_non_null(file);
            const float value = 0.375F;
            fseek(file, -(long)sizeof value, SEEK_END);
            assert_int_equal(fwrite(&value, sizeof value, 1, file), 1);
            assert_int_equal(fclose(file), 0);
        }
        run_says(0, "plan @s.yaml",
                 "weights          0.000864 MB more with --embed-weights");
        free(run_text(0, "sweep @s.yaml -o @plain.db -q"));
        free(run_text(0, "sweep @s.yaml -o @e.db -q --embed-weights"));
    }
    remove_weights();
    return entered;
}

static void points_are_run_again_without_their_files(void **state) {
    (void)state;
    run_alike("export @e.db", "export @plain.db"); // no result
    run_says(0, "verify @e.db", "all as stored");
    // a and c are one tensor; b has two versions, and raw points none of their own.
    run_says(0, "query @e.db -f csv SELECT~count(*),sum(length(data))~FROM~tensor",
             "\n3,1152\n");
    run_says(0, "query @e.db -f csv SELECT~count(*)~FROM~layer_weights", "\n8\n");
    int found = 0;
    for (int i = 1; i <= 6; i++) {
        char line[128];
        snprintf(line, sizeof line,
                 "query @e.db -f csv "
                 "SELECT~form~FROM~v_point~WHERE~point_id=%d",
                 i);
        char *form = run_text(0, line);
        const bool measured = strstr(form, "found") != NULL;
        free(form);
        snprintf(line, sizeof line, "reproduce @e.db %d -o @p%d", i, i);
        char *text = run_text(0, line);
        assert_non_null(strstr(text, "all equal to the last bit"));
        if (measured !=
            (strstr(text, "weights: from the database, those of 4 layers") != NULL))
            fail_msg("point %d: %s", i, text);
        free(text);
        // What it wrote runs as a sweep of its own, to the same point.
        snprintf(line, sizeof line, "sweep @p%d/sweep.yaml -o @again%d.db -q", i, i);
        free(run_text(0, line));
        char other[160];
        snprintf(line, sizeof line,
                 "query @again%d.db -f csv "
                 "SELECT~energy_pj,rel_error,weights~FROM~v_point",
                 i);
        snprintf(other, sizeof other,
                 "query @e.db -f csv "
                 "SELECT~energy_pj,rel_error,weights~FROM~v_point~WHERE~point_id=%d",
                 i);
        run_alike(line, other);
        found += measured;
    }
    assert_int_equal(found, 4); // two of each version
    run_alike("query @again2.db -f csv SELECT~rel_error>0~FROM~v_point",
              "query @e.db -f csv SELECT~1~AS~'rel_error>0'");
    // Without weights in it they are taken as they were measured.
    run_says(0, "reproduce @plain.db 2 -o @q", "weights: from files that are not in");
}

static void weights_go_with_their_sweeps(void **state) {
    (void)state;
    free(run_text(0, "merge @m.db @plain.db @e.db"));
    free(run_text(0, "merge @m.db @e.db"));
    run_says(0, "verify @m.db", "all as stored");
    run_alike("query @m.db -f csv SELECT~hash,length(data)~FROM~tensor~ORDER~BY~1",
              "query @e.db -f csv SELECT~hash,length(data)~FROM~tensor~ORDER~BY~1");
    run_says(0, "rename @m.db s other", "2 versions");
    run_says(0, "verify @m.db", "all as stored");
    run_says(0, "prune @m.db", "tensor              3   1");
    run_says(0, "query @m.db -f csv SELECT~count(*)~FROM~layer_weights", "\n4\n");
    run_says(0, "verify @m.db", "all as stored");
    run_says(0, "reproduce @m.db net/small/found/registers.capacity_bytes=64 -o @r",
             "weights: from the database, those of 4 layers");
    run_says(0, "prune @m.db --sweep other", "layer_weights");
    run_says(0, "query @m.db -f csv SELECT~count(*)~FROM~tensor", "\n0\n");
}

static void changed_weights_are_damage(void **state) {
    (void)state;
    static const char *const changes[] = {
        "UPDATE tensor SET data = zeroblob(length(data)) WHERE tensor_id = 1",
        "UPDATE layer_weights SET tensor_id = 1 WHERE layer = 'b' AND sweep_id = 2",
        "DELETE FROM layer_weights WHERE layer = 'b' AND sweep_id = 1",
        "UPDATE layer_weights SET layer = 'e' WHERE layer = 'b' AND sweep_id = 2",
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        copy_file(scratch("e.db"), scratch("d.db"));
        change_database(scratch("d.db"), changes[i]);
        run_says(1, "verify @d.db", "[results-damaged]");
        run_says(1, "reproduce @d.db 2 -o @d", "[results-damaged]");
        run_says(1, "verify @d.db --repair", "[repair-lost]");
    }
}

// Two networks of one sweep, whose layers have the same names and other weights.
static void each_network_has_its_own_weights(void **state) {
    (void)state;
    static const char *const files[] = {"x.npy", "y.npy"};
    for (int i = 0; i < 2; i++) {
        char text[256], name[16];
        const int outputs = 6 + 3 * i;
        snprintf(text, sizeof text,
                 "name: %s\nsource: made up\nlayers:\n  - {name: a, kind: fc, in: 24,"
                 " out_channels: %d, weights: %s}\n  - {name: b, kind: fc, in: 24,"
                 " out_channels: %d, weights: %s}\n",
                 i ? "two" : "one", outputs, files[i], outputs, files[i]);
        snprintf(name, sizeof name, "%s.yaml", i ? "two" : "one");
        write_weights_file(scratch(files[i]), (uint64_t)outputs, 24);
        write_scratch(name, text);
    }
    write_scratch("both.yaml", "name: both\nworkloads: [one.yaml, two.yaml]\n"
                               "archs: [arch.yaml]\nweight_forms: [{name: found,"
                               " basis_size: 3, sparsity: 0.5}]\n");
    free(run_text(0, "sweep @both.yaml -o @both.db -q --embed-weights"));
    unlink(scratch("x.npy"));
    unlink(scratch("y.npy"));
    run_says(0, "query @both.db -f csv SELECT~count(*)~FROM~layer_weights", "\n4\n");
    for (int i = 1; i <= 2; i++) {
        char line[64];
        snprintf(line, sizeof line, "reproduce @both.db %d -o @both%d", i, i);
        char *text = run_text(0, line);
        assert_non_null(strstr(text, "all equal to the last bit"));
        assert_non_null(strstr(text, "weights: from the database, those of 2 layers"));
        free(text);
    }
}

static void a_missing_file_changes_nothing(void **state) {
    (void)state;
    run_says(1, "sweep @s.yaml -o @new.db -q --embed-weights", "b.npy");
    assert_int_equal(access(scratch("new.db"), F_OK), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_run_again_without_their_files),
        cmocka_unit_test(weights_go_with_their_sweeps),
        cmocka_unit_test(changed_weights_are_damage),
        cmocka_unit_test(each_network_has_its_own_weights),
        cmocka_unit_test(a_missing_file_changes_nothing),
    };
    return cmocka_run_group_tests(tests, begin, leave_scratch);
}
