#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_lint.h"
#include "support_program.h"

static char *replace(char *text, const struct edit *edit) {
    char *at = strstr(text, edit->from);
    if (!at)
        fail_msg("%s has no '%s'", edit->file, edit->from);
    char *changed = malloc(strlen(text) + strlen(edit->to) + 1);
    assert_non_null(changed);
    sprintf(changed, "%.*s%s%s", (int)(at - text), text, edit->to,
            at + strlen(edit->from));
    free(text);
    return changed;
}

// Writes all files to the scratch folder with edits made; place: ":LINE:COLUMN:" of
// the '@', with the file before it.
static void write_edited(const struct edit *edits, char *place, size_t size) {
    static const char *const files[] = {ARCH, NET, SWEEP, "other.yaml"};
    *place = '\0';
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        char path[512];
        snprintf(path, sizeof path, SDSE_SOURCE_DIR "/tests/lint/%s", files[f]);
        char *text = read_whole(path);
        assert_non_null(text);
        for (size_t i = 0; i < MOST_EDITS && edits && edits[i].file; i++)
            if (strcmp(edits[i].file, files[f]) == 0)
                text = replace(text, &edits[i]);
        char *mark = strchr(text, '@');
        if (mark) {
            unsigned line = 1, column = 1;
            for (const char *c = text; c < mark; c++) {
                column = *c == '\n' ? 1 : column + 1;
                line += *c == '\n';
            }
            snprintf(place, size, "%s:%u:%u: lint: ", files[f], line, column);
            memmove(mark, mark + 1, strlen(mark));
        }
        write_scratch(files[f], text);
        free(text);
    }
}

static size_t count_lines(const char *text) {
    size_t lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

// Runs on edited files: exactly the finding of the row, or none. False, said: not so.
static bool try_row(const struct row *row, const struct edit *edits, bool fires) {
    char place[128], name[64];
    write_edited(edits, place, sizeof place);
    struct ran ran = run_program(row->line);
    snprintf(name, sizeof name, " [%s]\n", row->check);
    const bool good = fires ? ran.status == 1 && count_lines(ran.out) == 1 && *place &&
                                  strstr(ran.out, place) && strstr(ran.out, name) &&
                                  strstr(ran.out, row->says) &&
                                  strcmp(ran.err, "1 lint\n") == 0
                            : ran.status == 0 && !*ran.out && !*ran.err;
    if (!good)
        print_error("%s, %s: status %d, expected %s '%s'\n%s%s", row->check,
                    fires ? "fires" : "near", ran.status, place,
                    fires ? row->says : "nothing", ran.out, ran.err);
    free_ran(&ran);
    return good;
}

void each_check_fires_at_its_place(void **state) {
    const struct rows *rows = *state;
    size_t wrong = 0;
    for (size_t i = 0; i < rows->count; i++)
        wrong += !try_row(&rows->row[i], rows->row[i].fires, true);
    assert_int_equal(wrong, 0);
}

void near_neighbours_are_clean(void **state) {
    const struct rows *rows = *state;
    size_t wrong = 0;
    for (size_t i = 0; i < rows->count; i++)
        wrong += !try_row(&rows->row[i], rows->row[i].near, false);
    const struct row plain = {.check = "nothing", .line = BOTH " @sweep.yaml"};
    wrong += !try_row(&plain, NULL, false);
    assert_int_equal(wrong, 0);
}
