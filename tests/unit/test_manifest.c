// A folder of weight files: what is written is read back; what is wrong has a place.
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

#include "smartdeal/manifest.h"
#include "smartdeal/npy.h"

struct context {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    char folder[32];
};

static char *inside(struct context *context, const char *name) {
    return sdse_arena_printf(context->arena, "%s/%s", context->folder, name);
}

static int setup(void **state) {
    struct context *context = calloc(1, sizeof *context);
    context->arena = sdse_arena_new();
    sdse_diags_init(&context->diags, context->arena);
    strcpy(context->folder, "manifest-XXXXXX");
    if (!mkdtemp(context->folder))
        return -1;
    float data[24] = {0};
    uint64_t four[4] = {2, 3, 2, 2}, two[2] = {4, 6};
    sdse_npy_write(NULL, inside(context, "a.npy"), 4, four, data, NULL);
    sdse_npy_write(NULL, inside(context, "b.npy"), 2, two, data, NULL);
    *state = context;
    return 0;
}

static int teardown(void **state) {
    struct context *context = *state;
    remove(inside(context, "a.npy"));
    remove(inside(context, "b.npy"));
    remove(inside(context, "manifest.tsv"));
    rmdir(context->folder);
    sdse_arena_free(context->arena);
    free(context);
    return 0;
}

static void put(struct context *context, const char *text) {
    FILE *file = fopen(inside(context, "manifest.tsv"), "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void reads_what_it_writes(void **state) {
    struct context *context = *state;
    struct sdse_manifest_entry entries[3] = {
        {.layer = "conv1",
         .kind = "conv",
         .file = "a.npy",
         .rank = 4,
         .shape = {2, 3, 2, 2}},
        {.layer = "fc", .kind = "fc", .file = "b.npy", .rank = 2, .shape = {4, 6}},
        {.layer = "fc2", .kind = "fc", .file = "b.npy", .rank = 2, .shape = {4, 6}}};
    struct sdse_manifest written = {3, entries}, read;
    assert_int_equal(sdse_manifest_write(NULL, context->folder, &written,
                                         context->arena, &context->diags),
                     SDSE_OK);
    assert_int_equal(
        sdse_manifest_read(context->folder, context->arena, &read, &context->diags),
        SDSE_OK);
    assert_int_equal(context->diags.errors, 0);
    assert_int_equal(read.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(read.entries[i].layer, entries[i].layer);
        assert_string_equal(read.entries[i].kind, entries[i].kind);
        assert_string_equal(read.entries[i].file, entries[i].file);
        assert_string_equal(read.entries[i].path, inside(context, entries[i].file));
        assert_int_equal(read.entries[i].rank, entries[i].rank);
        assert_memory_equal(read.entries[i].shape, entries[i].shape,
                            entries[i].rank * sizeof(uint64_t));
        assert_int_equal(read.entries[i].loc.line, i + 2);
    }
}

#define HEADER "layer\tkind\tfile\tshape\n"

static void refuses_with_a_place(void **state) {
    struct context *context = *state;
    static const struct {
        const char *text, *check;
        unsigned line, column;
    } cases[] = {
        {"", "manifest-header", 0, 0},
        {"layer,kind,file,shape\n", "manifest-header", 1, 1},
        {HEADER "x\tconv\ta.npy\n", "manifest-columns", 2, 1},
        {HEADER "x\tconv\ta.npy\t2x3x2x2\tmore\n", "manifest-columns", 2, 1},
        {HEADER "\n", "manifest-columns", 2, 1},
        {HEADER "\tconv\ta.npy\t2x3x2x2\n", "manifest-columns", 2, 1},
        {HEADER "x\tmatmul\ta.npy\t2x3x2x2\n", "manifest-kind", 2, 3},
        {HEADER "x\tconv\t/etc/a.npy\t2x3x2x2\n", "manifest-file", 2, 8},
        {HEADER "x\tconv\t../a.npy\t2x3x2x2\n", "manifest-file", 2, 8},
        {HEADER "x\tconv\tw/../../a.npy\t2x3x2x2\n", "manifest-file", 2, 8},
        {HEADER "x\tconv\ta.npy\t2x3x2x3\n", "manifest-shape", 2, 14},
        {HEADER "x\tconv\ta.npy\t2x3x2\n", "manifest-shape", 2, 14},
        {HEADER "x\tconv\ta.npy\t2x3x2x\n", "manifest-shape", 2, 14},
        {HEADER "x\tconv\ta.npy\t2 x 3\n", "manifest-shape", 2, 14},
        {HEADER "x\tconv\ta.npy\t18446744073709551616\n", "manifest-shape", 2, 14},
        {HEADER "x\tconv\ta.npy\t1x1x1x1x1x1x1x1x1\n", "manifest-shape", 2, 14},
        {HEADER "x\tconv\tno.npy\t2x3x2x2\n", "npy-open", 0, 0},
        {HEADER "x\tconv\tmanifest.tsv\t2\n", "npy-magic", 0, 0},
        {HEADER "x\tfc\tb.npy\t4x6\nx\tfc\tb.npy\t4x6\n", "manifest-layer", 3, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sdse_manifest manifest = {.count = 77};
        sdse_diags_init(&context->diags, context->arena);
        put(context, cases[i].text);
        assert_int_equal(sdse_manifest_read(context->folder, context->arena, &manifest,
                                            &context->diags),
                         SDSE_INVALID);
        assert_int_equal(context->diags.errors, 1);
        assert_string_equal(context->diags.first->check, cases[i].check);
        assert_int_equal(context->diags.first->loc.line, cases[i].line);
        assert_int_equal(context->diags.first->loc.column, cases[i].column);
        assert_int_equal(manifest.count, 77);
    }
}

static void reports_all_lines(void **state) {
    struct context *context = *state;
    struct sdse_manifest manifest;
    put(context, HEADER "x\tpool\t/a.npy\t0x\ny\tfc\tb.npy\t6x4\nz\tfc\tb.npy\t4x6");
    assert_int_equal(
        sdse_manifest_read(context->folder, context->arena, &manifest, &context->diags),
        SDSE_INVALID);
    assert_int_equal(context->diags.errors, 4);
}

// A file that cannot be one is not read.
static void refuses_what_is_too_large(void **state) {
    struct context *context = *state;
    struct sdse_manifest manifest;
    put(context, "layer\tkind\tfile\tshape\n");
    assert_int_equal(
        sdse_manifest_read(context->folder, context->arena, &manifest, &context->diags),
        SDSE_OK);
    assert_int_equal(manifest.count, 0);
    assert_int_equal(truncate(inside(context, "manifest.tsv"), 16 * 1024 * 1024 + 1),
                     0);
    assert_int_equal(
        sdse_manifest_read(context->folder, context->arena, &manifest, &context->diags),
        SDSE_INVALID);
    assert_string_equal(context->diags.first->check, "manifest-open");
    assert_non_null(strstr(context->diags.first->message, "larger than 16 MiB"));
}

static void says_what_cannot_be_opened(void **state) {
    struct context *context = *state;
    struct sdse_manifest manifest = {0};
    assert_int_equal(sdse_manifest_read("no/such/folder", context->arena, &manifest,
                                        &context->diags),
                     SDSE_INVALID);
    assert_string_equal(context->diags.first->check, "manifest-open");
    assert_string_equal(context->diags.first->loc.file, "no/such/folder/manifest.tsv");
    assert_int_equal(sdse_manifest_write(NULL, "no/such/folder", &manifest,
                                         context->arena, &context->diags),
                     SDSE_IO);
    assert_string_equal(context->diags.last->check, "output-write");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(reads_what_it_writes),       TEST(refuses_with_a_place),
        TEST(reports_all_lines),          TEST(refuses_what_is_too_large),
        TEST(says_what_cannot_be_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
