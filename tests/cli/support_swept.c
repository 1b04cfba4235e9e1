#include "cli/support_swept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/support_program.h"
#include "support/change_database.h"

uint64_t below(uint64_t *state, uint64_t limit) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 33) % limit;
}

void write_sweep(const char *objective, const char *rest) {
    char text[512];
    snprintf(text, sizeof text,
             "name: s\nworkloads: [net.yaml]\narchs: [chip.yaml]\nweight_forms: "
             "[raw]\nobjective: %s\n%s",
             objective, rest);
    write_scratch("s.yaml", text);
}

void sweep_into(const char *database, const char *rest) {
    char line[256];
    snprintf(line, sizeof line, "sweep @s.yaml -o @%s.db%s", database, rest);
    free(run_text(0, line));
}

void sweep_in_parts(void) {
    sweep_into("one", " -j 1");
    sweep_into("two", " -j 2");
    sweep_into("a", " --shard 1/2");
    sweep_into("b", " --shard 2/2");
    free(run_text(0, "merge @all.db @b.db @a.db"));
    run_alike("export @one.db", "export @two.db");
    run_alike("export @one.db", "export @all.db");
    free(run_text(0, "verify @all.db"));
}

char *asked(const char *database, const char *sql) {
    char line[2048];
    snprintf(line, sizeof line, "query @%s.db %s -f csv", database, sql);
    return run_text(0, line);
}

double number_of(const char *database, const char *sql) {
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    char file[64];
    snprintf(file, sizeof file, "%s.db", database);
    assert_int_equal(sqlite3_open(scratch(file), &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    const double value = sqlite3_column_double(row, 0);
    sqlite3_finalize(row);
    sqlite3_close(db);
    return value;
}

void change_swept(const char *database, const char *sql) {
    char file[64];
    snprintf(file, sizeof file, "%s.db", database);
    change_database(scratch(file), sql);
}

double pick_of_front(const char *front, const char *objective, double *cycles) {
    double best = (double)INFINITY, energy_pj = 0;
    const char *line = strchr(front, '\n');
    for (; line && line[1]; line = strchr(line + 1, '\n')) {
        char *end;
        const double pj = strtod(line + 1, &end), at = strtod(end + 1, NULL);
        const double value = strcmp(objective, "energy") == 0    ? pj
                             : strcmp(objective, "latency") == 0 ? at
                             : strcmp(objective, "edp") == 0     ? pj * at
                                                                 : pj * at * at;
        if (value < best) {
            best = value;
            energy_pj = pj;
            *cycles = at;
        }
    }
    return energy_pj;
}
