// .npy files: every type, order and version; every way to be malformed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "smartdeal/npy.h"

struct context {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    char path[64];
};

static int setup(void **state) {
    struct context *context = calloc(1, sizeof *context);
    context->arena = sdse_arena_new();
    sdse_diags_init(&context->diags, context->arena);
    snprintf(context->path, sizeof context->path, "npy-test-%ld.npy", (long)getpid());
    *state = context;
    return context->arena ? 0 : -1;
}

static int teardown(void **state) {
    struct context *context = *state;
    remove(context->path);
    sdse_arena_free(context->arena);
    free(context);
    return 0;
}

struct bytes {
    unsigned char at[4096];
    size_t length;
};

static void append(struct bytes *bytes, const void *data, size_t length) {
    assert_true(bytes->length + length <= sizeof bytes->at);
    memcpy(bytes->at + bytes->length, data, length);
    bytes->length += length;
}

// A .npy file with this header text as it is.
static struct bytes npy(unsigned version, const char *header, const void *data,
                        size_t length) {
    struct bytes bytes = {0};
    size_t header_length = strlen(header);
    unsigned char head[12] = {0x93, 'N', 'U', 'M', 'P', 'Y', (unsigned char)version};
    head[8] = (unsigned char)(header_length & 0xff);
    head[9] = (unsigned char)(header_length >> 8);
    append(&bytes, head, version == 1 ? 10 : 12);
    append(&bytes, header, header_length);
    append(&bytes, data, length);
    return bytes;
}

static enum sdse_status parse(struct context *context, const struct bytes *bytes,
                              struct sdse_array *array) {
    // An exact heap copy, so that the sanitizer sees a read past the end.
    unsigned char *copy = malloc(bytes->length ? bytes->length : 1);
    memcpy(copy, bytes->at, bytes->length);
    enum sdse_status status =
        sdse_npy_parse(copy, bytes->length, "memory.npy", array, &context->diags);
    free(copy);
    return status;
}

static void expect_values(struct context *context, const struct bytes *bytes,
                          enum sdse_dtype source, const float *expected, size_t count) {
    struct sdse_array array = {0};
    assert_int_equal(parse(context, bytes, &array), SDSE_OK);
    assert_int_equal(context->diags.errors, 0);
    assert_int_equal(array.source, source);
    assert_int_equal(array.count, count);
    assert_memory_equal(array.data, expected, count * sizeof *expected);
    sdse_array_free(&array);
    assert_null(array.data);
}

static void expect_refused(struct context *context, const struct bytes *bytes,
                           const char *check) {
    struct sdse_diags fresh;
    sdse_diags_init(&fresh, context->arena);
    context->diags = fresh;
    struct sdse_array array = {.rank = 77};
    assert_int_equal(parse(context, bytes, &array), SDSE_INVALID);
    assert_int_equal(context->diags.errors, 1);
    assert_string_equal(context->diags.first->check, check);
    assert_string_equal(context->diags.first->loc.file, "memory.npy");
    assert_int_equal(array.rank, 77); // left alone
}

#define HEADER(descr, order, shape) \
    "{'descr': '" descr "', 'fortran_order': " order ", 'shape': " shape ", }\n"

static void reads_every_type(void **state) {
    struct context *context = *state;
    static const struct {
        const char *header;
        enum sdse_dtype dtype;
        const char *data; // two elements
        size_t length;
        float expected[2];
    } cases[] = {
        {HEADER("<f4", "False", "(2,)"),
         SDSE_DTYPE_F32,
         "\x00\x00\xc0\x3f\x00\x00\x00\x80",
         8,
         {1.5f, -0.0f}},
        {HEADER(">f4", "False", "(2,)"),
         SDSE_DTYPE_F32,
         "\x3f\xc0\x00\x00\x80\x00\x00\x00",
         8,
         {1.5f, -0.0f}},
        {HEADER("<f8", "False", "(2,)"),
         SDSE_DTYPE_F64,
         "\0\0\0\0\0\0\xf8\x3f\0\0\0\0\0\0\x04\xc0",
         16,
         {1.5f, -2.5f}},
        {HEADER(">f8", "False", "(2,)"),
         SDSE_DTYPE_F64,
         "\x3f\xf8\0\0\0\0\0\0\xc0\x04\0\0\0\0\0\0",
         16,
         {1.5f, -2.5f}},
        {HEADER("<f2", "False", "(2,)"),
         SDSE_DTYPE_F16,
         "\x00\x3e\x01\x80",
         4,
         {1.5f, -0x1p-24f}},
        {HEADER(">f2", "False", "(2,)"),
         SDSE_DTYPE_F16,
         "\x7b\xff\x04\x00",
         4,
         {65504.0f, 0x1p-14f}},
        {HEADER("|i1", "False", "(2,)"), SDSE_DTYPE_I8, "\x80\x7f", 2, {-128, 127}},
        {HEADER("|u1", "False", "(2,)"), SDSE_DTYPE_U8, "\x80\xff", 2, {128, 255}},
        {HEADER("<i2", "False", "(2,)"),
         SDSE_DTYPE_I16,
         "\x00\x80\xff\x7f",
         4,
         {-32768, 32767}},
        {HEADER(">i2", "False", "(2,)"),
         SDSE_DTYPE_I16,
         "\x80\x00\x7f\xff",
         4,
         {-32768, 32767}},
        {HEADER("<u2", "False", "(2,)"),
         SDSE_DTYPE_U16,
         "\x00\x80\xff\xff",
         4,
         {32768, 65535}},
        {HEADER("<i4", "False", "(2,)"),
         SDSE_DTYPE_I32,
         "\xfe\xff\xff\xff\x00\x00\x01\x00",
         8,
         {-2, 65536}},
        {HEADER(">i4", "False", "(2,)"),
         SDSE_DTYPE_I32,
         "\xff\xff\xff\xfe\x00\x01\x00\x00",
         8,
         {-2, 65536}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (unsigned version = 1; version <= 3; version++) {
            struct bytes bytes =
                npy(version, cases[i].header, cases[i].data, cases[i].length);
            expect_values(context, &bytes, cases[i].dtype, cases[i].expected, 2);
        }
}

static void half_floats_are_exact(void **state) {
    (void)state;
    // Against the definition: (-1)^s 2^(e-15) (1 + f/1024), or 2^-14 f/1024 for e = 0.
    for (unsigned half = 0; half < 65536; half++) {
        unsigned char bytes[2] = {(unsigned char)(half & 0xff),
                                  (unsigned char)(half >> 8)};
        float value;
        assert_int_equal(sdse_decode_f32(SDSE_DTYPE_F16, false, bytes, 1, &value), 0);
        int exponent = half >> 10 & 31, fraction = half & 1023;
        double sign = half >> 15 ? -1 : 1;
        if (exponent == 31) {
            assert_true(fraction ? isnan(value)
                                 : isinf(value) && (signbit(value) != 0) == (sign < 0));
            continue;
        }
        double expected =
            exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
        assert_true((double)value == sign * expected);
        assert_int_equal(signbit(value) != 0, half >> 15);
    }
}

static void brain_floats_are_the_top_half(void **state) {
    (void)state;
    float values[2];
    sdse_decode_f32(SDSE_DTYPE_BF16, false, (const unsigned char *)"\xc0\x3f\x80\xff",
                    2, values);
    assert_true(values[0] == 1.5f && values[1] == -INFINITY);
}

static void fortran_order_becomes_c_order(void **state) {
    struct context *context = *state;
    // In file order the first index varies fastest; value = 100 i + 10 j + k.
    unsigned char data[24];
    size_t at = 0;
    for (unsigned k = 0; k < 4; k++)
        for (unsigned j = 0; j < 3; j++)
            for (unsigned i = 0; i < 2; i++)
                data[at++] = (unsigned char)(100 * i + 10 * j + k);
    struct bytes bytes = npy(1, HEADER("|u1", "True", "(2, 3, 4)"), data, sizeof data);
    struct sdse_array array;
    assert_int_equal(parse(context, &bytes, &array), SDSE_OK);
    assert_int_equal(array.rank, 3);
    for (unsigned i = 0; i < 2; i++)
        for (unsigned j = 0; j < 3; j++)
            for (unsigned k = 0; k < 4; k++)
                assert_int_equal((int)array.data[(i * 3 + j) * 4 + k],
                                 100 * i + 10 * j + k);
    sdse_array_free(&array);
}

static void fortran_order_across_chunks(void **state) {
    struct context *context = *state;
    enum { ROWS = 301, COLUMNS = 401 }; // more bytes than one chunk of the reader
    static const char header[] = HEADER("<f4", "True", "(301, 401)");
    size_t head = 10 + sizeof header - 1, length = head + (size_t)ROWS * COLUMNS * 4;
    unsigned char *bytes = calloc(length, 1);
    struct bytes top = npy(1, header, "", 0);
    memcpy(bytes, top.at, head);
    for (uint32_t j = 0; j < COLUMNS; j++)
        for (uint32_t i = 0; i < ROWS; i++) {
            float value = (float)(i * 1000 + j);
            memcpy(bytes + head + 4 * (j * ROWS + i), &value, 4);
        }
    struct sdse_array array;
    assert_int_equal(sdse_npy_parse(bytes, length, "big", &array, &context->diags),
                     SDSE_OK);
    for (uint32_t i = 0; i < ROWS; i++)
        for (uint32_t j = 0; j < COLUMNS; j++)
            assert_true(array.data[i * COLUMNS + j] == (float)(i * 1000 + j));
    sdse_array_free(&array);
    free(bytes);
}

static void accepts_what_numpy_writes(void **state) {
    struct context *context = *state;
    static const char *const headers[] = {
        "{'descr': '<f4', 'fortran_order': False, 'shape': (), }       \n",
        "{\"shape\":(1,),\"descr\":\"<f4\",\"fortran_order\":False}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1L, 1L, 1L)}\n",
        "  {'fortran_order' :True , 'shape': ( 1 , 1 , ) ,'descr':'=f4' } \t\r\n"};
    float one = 1;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        struct bytes bytes = npy(1, headers[i], &one, 4);
        expect_values(context, &bytes, SDSE_DTYPE_F32, &one, 1);
    }
    struct bytes none = npy(1, HEADER("<f4", "False", "(3, 0, 2)"), "", 0);
    expect_values(context, &none, SDSE_DTYPE_F32, &one, 0);
}

static void refuses_malformed(void **state) {
    struct context *context = *state;
    static const struct {
        const char *header, *check;
    } cases[] = {
        {"", "npy-header"},
        {"hello", "npy-header"},
        {"{", "npy-header"},
        {"{}", "npy-header"},
        {"{'descr': '<f4', 'fortran_order': False}", "npy-header"},
        {"{'descr': '<f4' 'fortran_order': False, 'shape': (1,)}", "npy-header"},
        {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
         "npy-header"},
        {"{'extra': 1, 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
         "npy-header"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}x", "npy-header"},
        {HEADER("<f4", "false", "(1,)"), "npy-header"},
        {HEADER("<f4", "False", "(1)"), "npy-header"},
        {HEADER("<f4", "False", "1"), "npy-header"},
        {HEADER("<f4", "False", "(-1,)"), "npy-header"},
        {HEADER("<f4", "False", "(1 1)"), "npy-header"},
        {HEADER("<f4", "False", "(,)"), "npy-header"},
        {HEADER("<f4", "False", "(1.0,)"), "npy-header"},
        {"{'descr: <f4, fortran_order: False, shape: (1,), }", "npy-header"},
        {HEADER("<f\\x34", "False", "(1,)"), "npy-header"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
         "npy-dtype"},
        {HEADER("|O", "False", "(1,)"), "npy-dtype"},
        {HEADER("<c8", "False", "(1,)"), "npy-dtype"},
        {HEADER("<i8", "False", "(1,)"), "npy-dtype"},
        {HEADER("|f4", "False", "(1,)"), "npy-dtype"},
        {HEADER("f4", "False", "(1,)"), "npy-dtype"},
        {HEADER("", "False", "(1,)"), "npy-dtype"},
        {HEADER("<f4", "False", "(1,1,1,1,1,1,1,1,1)"), "npy-shape"},
        {HEADER("<f4", "False", "(18446744073709551616,)"), "npy-shape"},
        {HEADER("<f4", "False", "(4294967296, 4294967296)"), "npy-shape"},
        {HEADER("<f4", "False", "(4611686018427387904,)"), "npy-shape"},
        {HEADER("<f4", "False", "(1152921504606846976,)"), "npy-length"}, // 2^60
        {HEADER("<f4", "False", "(2,)"), "npy-length"},
        {HEADER("<f4", "False", "(0,)"), "npy-length"}, // trailing bytes
        {HEADER("<f8", "False", "(1,)"), "npy-length"},
        {HEADER("|i1", "False", "(1,)"), "npy-length"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes bytes = npy(1, cases[i].header, "\0\0\0\0", 4);
        expect_refused(context, &bytes, cases[i].check);
    }
}

static void refuses_bad_preambles(void **state) {
    struct context *context = *state;
    float one = 1;
    struct bytes good = npy(2, HEADER("<f4", "False", "(1,)"), &one, 4), bytes = good;
    bytes.at[5] = 'Z';
    expect_refused(context, &bytes, "npy-magic");
    static const unsigned char versions[][2] = {{0, 0}, {4, 0}, {1, 1}, {255, 255}};
    for (size_t i = 0; i < 4; i++) {
        bytes = good;
        memcpy(bytes.at + 6, versions[i], 2);
        expect_refused(context, &bytes, "npy-version");
    }
    bytes = good;
    memset(bytes.at + 8, 0xff, 4); // a header of 4 GiB
    expect_refused(context, &bytes, "npy-header");
    bytes = good;
    bytes.at[9] = 0x01; // longer than the file
    expect_refused(context, &bytes, "npy-header");
    // Every truncation is refused, whatever the check.
    for (bytes = good; bytes.length-- > 0;) {
        struct sdse_array array;
        assert_int_equal(parse(context, &bytes, &array), SDSE_INVALID);
    }
}

static void refuses_values_beyond_f32(void **state) {
    struct context *context = *state;
    double values[2] = {0x1.fffffefffffffp127, -HUGE_VAL}; // rounds to FLT_MAX
    float expected[2] = {0x1.fffffep127f, -INFINITY};
    struct bytes bytes = npy(1, HEADER("=f8", "False", "(2,)"), values, sizeof values);
    expect_values(context, &bytes, SDSE_DTYPE_F64, expected, 2);
    values[0] = 0x1.ffffffp127;
    bytes = npy(1, HEADER("=f8", "False", "(2,)"), values, sizeof values);
    expect_refused(context, &bytes, "npy-range");
}

static void survives_mutations(void **state) {
    struct context *context = *state;
    double data[6] = {1, 2, 3, 4, 5, 6};
    struct bytes good = npy(1, HEADER("<f8", "True", "(2, 3)"), data, sizeof data);
    uint64_t random = 88172645463325252u;
    unsigned refused = 0;
    for (int i = 0; i < 20000; i++) {
        struct bytes bytes = good;
        for (int flips = 1 + i % 3; flips > 0; flips--) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            bytes.at[random % bytes.length] = (unsigned char)(random >> 32);
        }
        if (random >> 60 == 0)
            bytes.length = (size_t)(random >> 40) % bytes.length;
        struct sdse_array array = {0};
        sdse_arena_reset(context->arena);
        sdse_diags_init(&context->diags, context->arena);
        enum sdse_status status = parse(context, &bytes, &array);
        assert_true((status == SDSE_OK && context->diags.errors == 0) ||
                    (status == SDSE_INVALID && context->diags.errors == 1));
        refused += status == SDSE_INVALID;
        sdse_array_free(&array);
    }
    assert_in_range(refused, 5000, 19000);
}

static void writes_what_it_reads(void **state) {
    struct context *context = *state;
    static const uint64_t shape[4] = {5, 7, 3, 3};
    float data[5 * 7 * 3 * 3];
    for (size_t i = 0; i < sizeof data / sizeof *data; i++)
        data[i] = (float)i * 0.25f - 7;
    for (unsigned rank = 0; rank <= 4; rank++) {
        assert_int_equal(
            sdse_npy_write(NULL, context->path, rank, shape, data, &context->diags),
            SDSE_OK);
        struct sdse_array array, peek;
        assert_int_equal(sdse_npy_read(context->path, &array, &context->diags),
                         SDSE_OK);
        assert_int_equal(sdse_npy_read_shape(context->path, &peek, &context->diags),
                         SDSE_OK);
        assert_null(peek.data);
        assert_int_equal(array.rank, rank);
        assert_int_equal(peek.rank, rank);
        assert_memory_equal(array.shape, shape, rank * sizeof *shape);
        assert_memory_equal(array.data, data, (size_t)array.count * sizeof *data);
        sdse_array_free(&array);
    }
    FILE *file = fopen(context->path, "rb");
    unsigned char head[10];
    assert_int_equal(fread(head, 1, 10, file), 10);
    fclose(file);
    assert_int_equal((10 + head[8] + 256 * head[9]) % 64, 0); // data is aligned
}

static void says_what_cannot_be_opened(void **state) {
    struct context *context = *state;
    struct sdse_array array;
    static const char *const paths[] = {"no/such/file.npy", ".", "/dev/null"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(sdse_npy_read(paths[i], &array, &context->diags),
                         SDSE_INVALID);
        assert_string_equal(context->diags.last->check, "npy-open");
        assert_string_equal(context->diags.last->loc.file, paths[i]);
    }
    uint64_t shape = 0;
    assert_int_equal(
        sdse_npy_write(NULL, "no/such/x.npy", 1, &shape, NULL, &context->diags),
        SDSE_IO);
    assert_string_equal(context->diags.last->check, "output-write");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(reads_every_type),
        TEST(half_floats_are_exact),
        TEST(brain_floats_are_the_top_half),
        TEST(fortran_order_becomes_c_order),
        TEST(fortran_order_across_chunks),
        TEST(accepts_what_numpy_writes),
        TEST(refuses_malformed),
        TEST(refuses_bad_preambles),
        TEST(refuses_values_beyond_f32),
        TEST(survives_mutations),
        TEST(writes_what_it_reads),
        TEST(says_what_cannot_be_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
