#include "cli/support_again.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/support_program.h"
#include "cli/support_swept.h"
#include "dse/sweep/rescore.h"
#include "results/store/verify.h"
#include "support/copy_file.h"

void says_again(const char *database, const char *check, const char *said) {
    char file[64];
    snprintf(file, sizeof file, "%s.db", database);
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_reader *reader = NULL;
    uint64_t scored = 0;
    sdse_diags_init(&diags, arena);
    assert_int_equal(sdse_reader_open_unchecked(scratch(file), &diags, &reader),
                     SDSE_OK);
    const size_t all = sdse_verify_solutions(reader);
    const enum sdse_status status = sdse_rescore(reader, NULL, &diags, &scored);
    assert_int_equal(status, check ? SDSE_INVALID : SDSE_OK);
    if (!check)
        assert_int_equal(scored, all);
    else if (!said)
        assert_string_equal(diags.first->check, check);
    const struct sdse_diag *diag = said ? diags.first : NULL;
    while (diag && (strcmp(diag->check, check) != 0 || !strstr(diag->message, said)))
        diag = diag->next;
    if (said && !diag)
        fail_msg("%s: nothing says: %s", diags.first->message, said);
    sdse_reader_close(reader);
    sdse_arena_free(arena);
}

void compute_again(const char *database, const char *check) {
    says_again(database, check, NULL);
}

void damage_copy(const char *database, const char *sql) {
    char from[64], to[256];
    snprintf(from, sizeof from, "%s.db", database);
    snprintf(to, sizeof to, "%s", scratch("damaged.db"));
    remove(to);
    copy_file(scratch(from), to);
    change_swept("damaged", sql);
}

void repair_damaged(const char *database) {
    char line[64];
    run_says(1, "verify @damaged.db", "[results-damaged]");
    run_says(0, "verify --repair @damaged.db", "repaired: ");
    snprintf(line, sizeof line, "export @%s.db", database);
    run_alike(line, "export @damaged.db");
}
