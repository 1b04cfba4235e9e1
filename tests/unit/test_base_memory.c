// The pool hands every index out once; streams into memory notice that memory is out;
// lists in an arena grow; notes are no warnings.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_grow.h"
#include "base/diag.h"
#include "base/memory_stream.h"
#include "base/pool.h"

enum { TASKS = 1000000 };
static atomic_uchar times[TASKS];

static void count_task(void *context, unsigned worker, size_t index) {
    (void)context;
    (void)worker;
    atomic_fetch_add(&times[index], 1);
}

static void every_index_once(void **state) {
    (void)state;
    assert_int_equal(sdse_parallel_for(TASKS, 8, count_task, NULL), SDSE_OK);
    for (size_t i = 0; i < TASKS; i++)
        if (times[i] != 1)
            fail_msg("index %zu was run %d times", i, times[i]);
}

static void notes_are_no_warnings(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    sdse_diag_add(&diags, SDSE_NOTE, (struct sdse_loc){0}, NULL, "a note");
    assert_int_equal(diags.warnings, 0);
    assert_int_equal(diags.errors, 0);
    sdse_diag_add(&diags, SDSE_WARNING, (struct sdse_loc){0}, "x", "a warning");
    assert_int_equal(diags.warnings, 1);
    assert_int_equal(diags.errors, 0);
    sdse_arena_free(arena);
}

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
static long until_failure = -1; // of realloc; < 0: never

void *__wrap_realloc(void *old, size_t size) {
    return until_failure >= 0 && until_failure-- == 0 ? NULL
                                                      : __real_realloc(old, size);
}

static void lost_text_is_noticed(void **state) {
    (void)state;
    for (long n = 0;; n++) {
        struct sdse_memory memory;
        FILE *out = sdse_memory_open(&memory);
        assert_non_null(out);
        until_failure = n;
        for (int i = 0; i < 20000; i++)
            fprintf(out, "%d\n", i);
        const bool good = sdse_memory_close(&memory, out);
        const bool failed = until_failure < 0;
        until_failure = -1;
        assert_int_equal(good, !failed);
        if (!failed) {
            assert_true(n > 1);
            assert_int_equal(strlen(memory.text), memory.length);
            assert_int_equal(memory.length,
                             10 * 2 + 90 * 3 + 900 * 4 + 9000 * 5 + 10000 * 6);
            free(memory.text);
            return;
        }
        assert_null(memory.text);
    }
}

static void nothing_is_a_text(void **state) {
    (void)state;
    struct sdse_memory memory;
    FILE *out = sdse_memory_open(&memory);
    assert_non_null(out);
    assert_true(sdse_memory_close(&memory, out));
    assert_string_equal(memory.text, "");
    free(memory.text);
}

// Items stay what they are however often the list grows; with room it stays where it
// is.
static void lists_grow(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct item {
        size_t index, square;
    } *list = NULL;
    size_t room = 0;
    for (size_t count = 0; count < 1000; count++) {
        const size_t had = room;
        struct item *grown = sdse_arena_grow(arena, list, count, &room, sizeof *grown);
        assert_non_null(grown);
        assert_true(count < room && (count == had) == (room > had));
        assert_true(count == had || grown == list);
        list = grown;
        list[count] = (struct item){count, count * count};
    }
    for (size_t i = 0; i < 1000; i++)
        assert_true(list[i].index == i && list[i].square == i * i);
    // What there is no memory for leaves all as it was.
    const size_t had = room;
    assert_null(sdse_arena_grow(arena, list, room, &room, SIZE_MAX / room));
    assert_int_equal(room, had);
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_index_once),     cmocka_unit_test(notes_are_no_warnings),
        cmocka_unit_test(lost_text_is_noticed), cmocka_unit_test(nothing_is_a_text),
        cmocka_unit_test(lists_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
