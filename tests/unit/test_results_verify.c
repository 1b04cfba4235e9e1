// Every kind of fault that a file may hold with digests and seals in order: verify
// names it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "dse/sweep/rescore.h"
#include "results/store/verify.h"
#include "support/copy_file.h"
#include "support/reseal.h"
#include "support_sweep.h"

static void sweep(const char *database) {
    sweep_write("verify.yaml", "name: v\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                               "weight_forms: [raw, {name: d, density: 0.5}]\n");
    sweep_run("verify.yaml", database);
}

// What rescoring has told of its way.
struct told {
    size_t calls, done, total;
};

static void is_told(void *context, size_t done, size_t total) {
    struct told *told = context;
    assert_int_equal(done, ++told->calls); // one after the other
    told->done = done;
    told->total = total;
}

// What verification says of a file that SQL changed; to be freed.
static char *verified(const char *sql, bool seal) {
    static bool made;
    if (!made)
        sweep("base.db");
    made = true;
    copy_file(sweep_path("base.db"), sweep_path("v.db"));
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(sweep_path("v.db"), &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    if (seal)
        reseal(db);
    sqlite3_close(db);
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_reader *reader = NULL;
    assert_int_equal(sdse_reader_open_unchecked(sweep_path("v.db"), &diags, &reader),
                     SDSE_OK);
    uint64_t scored = 0;
    struct told told = {0};
    const enum sdse_status stored = sdse_verify_stored(reader, &diags),
                           again = sdse_rescore(reader,
                                                &(struct sdse_steps){is_told, &told},
                                                &diags, &scored);
    if (again == SDSE_OK && stored == SDSE_OK) { // every mapping, each of which is good
        assert_true(told.total > 2);
        assert_int_equal(told.done, told.total);
        assert_int_equal(scored, told.total);
    }
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    fprintf(out, "%d %d\n", stored == SDSE_OK, again == SDSE_OK);
    for (const struct sdse_diag *d = diags.first; d; d = d->next)
        fprintf(out, "%s [%s]\n", d->message, d->check);
    fclose(out);
    sdse_reader_close(reader);
    sdse_arena_free(arena);
    remove(sweep_path("v.db"));
    remove(sweep_path("v.db-wal"));
    remove(sweep_path("v.db-shm"));
    return text;
}

static void whole_files_are_whole(void **state) {
    (void)state;
    char *text = verified("SELECT 1", false);
    assert_string_equal(text, "1 1\n");
    free(text);
}

static void names_what_is_wrong(void **state) {
    (void)state;
    static const struct {
        const char *sql, *says;
        bool seal; // digests and seals are put right
    } cases[] = {
        {"UPDATE point_layer SET repeat = repeat + 1 WHERE point_id = 1 AND "
         "layer_index "
         "= 1",
         "layer_index 1, name b: the row is not what was written [results-damaged]",
         false},
        {"UPDATE table_seal SET row_count = row_count + 1 WHERE name = 'point'",
         "table point has lost rows", false},
        {"UPDATE table_seal SET row_count = row_count - 1 WHERE name = 'point'",
         "table point has more rows", false},
        {"UPDATE table_seal SET digest = digest + 1 WHERE name = 'point'",
         "table point has other rows", false},
        {"DELETE FROM table_seal WHERE name = 'origin'", "table origin has no seal",
         false},
        {"DELETE FROM run_log", "table run_log has lost rows", false},
        {"UPDATE sweep SET turn = turn + 1", "table sweep, hash", false},
        {"UPDATE origin SET text = text || '.'", "table solution_level", false},
        {"DROP VIEW v_front", "tables or views", false},
        {"CREATE TABLE more(a)", "tables or views", false},
        {"PRAGMA foreign_keys = OFF; DELETE FROM weight_form WHERE form_id = 1",
         "in table weight_form is not there [results-damaged]", true},
        {"UPDATE input SET text = text || '# more' WHERE kind = 'arch'", "arch ", true},
        {"UPDATE input SET text = text || '# more' WHERE kind = 'workload'",
         "its hash is not that of its text [verify-input]", true},
        {"UPDATE input SET name = name || 'x' WHERE kind = 'form'",
         "its hash is not that of its text [verify-input]", true},
        {"UPDATE input SET text = text || '# more' WHERE kind = 'sweep'",
         "its hash is not that of its text [verify-input]", true},
        {"INSERT INTO tensor VALUES(1, printf('%032d', 7), x'00000000', random())",
         "its hash is not that of its values [verify-input]", true},
        {"UPDATE sweep_point SET position = 9 - position;"
         "UPDATE sweep_point SET position = position - 8",
         "table sweep_point, sweep ", false},
        {"UPDATE point SET energy_pj = energy_pj * 1.001 WHERE point_id = 1",
         "its layers do not add up to its energy [verify-sum]", true},
        {"UPDATE point SET latency_cycles = latency_cycles + 1 WHERE point_id = 1",
         "its layers do not add up to its cycles [verify-sum]", true},
        {"DELETE FROM point_layer WHERE point_id = 1", "it has no layers [verify-sum]",
         true},
        {"UPDATE point SET edp_pj_s = edp_pj_s * 1.001 WHERE point_id = 1",
         "its energy-delay product is another [verify-sum]", true},
        {"UPDATE component_set SET energy_pj = energy_pj + 1e6",
         "its parts do not add up to its energy [verify-sum]", true},
        {"DELETE FROM network_set WHERE (set_id, level) = (SELECT set_id, max(level)"
         " FROM network_set)",
         "its networks are not those that it had [verify-sum]", false},
        {"DELETE FROM memory_set WHERE (set_id, level) = (SELECT set_id, max(level)"
         " FROM memory_set)",
         "its memories are not those that it had [verify-sum]", false},
        {"DELETE FROM level_set WHERE (set_id, level, part) = (SELECT set_id, level,"
         " max(part) FROM level_set WHERE level = 0)",
         "its accesses are not those that it had [verify-sum]", false},
        {"DELETE FROM level_set WHERE (set_id, level, part) = (SELECT set_id, level,"
         " max(part) FROM level_set WHERE level > 0)",
         "its accesses are not those that it had [verify-sum]", false},
        {"DELETE FROM component_set WHERE set_id = (SELECT max(set_id) FROM"
         " component_set)",
         "its components are not those that it had [verify-sum]", false},
        {"UPDATE solution SET network_set = (SELECT max(set_id) FROM network_set)",
         "table solution, ", false},
        {"UPDATE solution SET (outer_set, inner_set) = (SELECT inner_set, outer_set)",
         "table solution, ", false},
        {"UPDATE network_set SET energy_pj = energy_pj + 1e6",
         "its parts do not add up to its energy [verify-sum]", true},
        {"UPDATE level_set SET fill_pj = fill_pj + 1e6",
         "its parts do not add up to its energy [verify-sum]", true},
        {"UPDATE layer_front_element SET latency_cycles = latency_cycles + 1",
         "it is not on its front [verify-front]", true},
        {"UPDATE layer_front_element SET mapping = 'x'",
         "it is not on its front [verify-front]", true},
        {"UPDATE layer_front_element SET energy_pj = 2 * energy_pj",
         "it is not on its front [verify-front]", true},
        {"INSERT INTO layer_front_element SELECT front_id, max(rank) + 1, energy_pj,"
         " latency_cycles, mapping, random() FROM layer_front_element GROUP BY "
         "front_id",
         "after the one before it [verify-front]", true},
        {"INSERT INTO layer_front_element SELECT front_id, max(rank) + 1, energy_pj"
         " + 1, latency_cycles + 1, mapping, random() FROM layer_front_element GROUP BY"
         " front_id",
         "after the one before it [verify-front]", true},
        {"INSERT INTO point_front SELECT point_id, max(rank) + 1, energy_pj + 1,"
         " latency_cycles + 1, random() FROM point_front GROUP BY point_id",
         "after the one before it [verify-front]", true},
        {"UPDATE point_front SET energy_pj = energy_pj + 1",
         "it is not on its front [verify-front]", true},
        {"UPDATE point_front SET latency_cycles = latency_cycles + 1",
         "it is not on its front [verify-front]", true},
        {"DELETE FROM point_front WHERE rank = 0", "front has ", true},
        {"UPDATE solution SET macs = macs + 1",
         "its layer has other MACs [verify-score]", true},
        {"UPDATE solution SET energy_pj = energy_pj * (1 + 1e-12)",
         "its mapping has another energy [verify-score]", true},
        {"UPDATE solution SET latency_cycles = latency_cycles + 1",
         "its mapping takes other cycles [verify-score]", true},
        {"UPDATE solution SET mapping = 'x'",
         "its mapping cannot be read [verify-score]", true},
        {"UPDATE weight_form SET density = density / 2 WHERE smartdeal",
         "its mapping has another energy [verify-score]", true},
        {"UPDATE input SET text = 'x' WHERE kind = 'workload'",
         "accelerator or network cannot be read [verify-score]", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = verified(cases[i].sql, cases[i].seal);
        if (!strstr(text, cases[i].says))
            fail_msg("%s:\n%s", cases[i].sql, text);
        free(text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_files_are_whole),
        cmocka_unit_test(names_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, sweep_begin, sweep_end);
}
