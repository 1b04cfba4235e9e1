#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "base/hash.h"
#include "smartdeal/measure.h"
#include "smartdeal/stored.h"
#include "smartdeal/synthetic.h"

enum { LAYERS = SDSE_STORES + 1 };

// One layer per index format and a raw one.
static struct sdse_stored_network make(void) {
    static const struct sdse_weight_shape shapes[LAYERS] = {{1, 3, 4, 3, 3, false},
                                                            {1, 2, 20, 1, 1, true},
                                                            {2, 2, 4, 3, 3, false},
                                                            {1, 2, 10, 1, 1, false},
                                                            {5, 1, 1, 3, 3, false}};
    static const char *const names[LAYERS] = {"conv", "fc", "grouped", "1x1", "dw"};
    struct sdse_stored_network n = {.layer_count = LAYERS};
    n.layers = calloc(LAYERS, sizeof *n.layers);
    assert_non_null(n.layers);
    for (int i = 0; i < LAYERS; i++) {
        float values[256];
        sdse_synthetic_weights(&shapes[i], (uint64_t)i, values);
        struct sdse_layer_weights w = {
            .name = names[i], .shape = shapes[i], .values = values};
        struct sdse_smartdeal_setting s = sdse_smartdeal_setting_default();
        s.store = (enum sdse_zero_store)(i % SDSE_STORES);
        s.threshold_mode = SDSE_THRESHOLD_SPARSITY;
        s.threshold = 0.5;
        struct sdse_form_measure m;
        assert_int_equal(sdse_measure_layer(&w, &s, 1, &m, &n.layers[i].coded, NULL),
                         SDSE_OK);
        char *name = malloc(8);
        assert_non_null(name);
        snprintf(name, 8, "%s", names[i]);
        n.layers[i].name = name;
    }
    return n;
}

struct file {
    uint8_t *bytes;
    size_t length;
    struct sdse_arena *arena;
    struct sdse_diags diags;
};

static struct file format(const struct sdse_stored_network *n) {
    struct file f = {.arena = sdse_arena_new()};
    sdse_diags_init(&f.diags, f.arena);
    assert_int_equal(sdse_stored_format(n, &f.bytes, &f.length), SDSE_OK);
    return f;
}

static void drop(struct file *f) {
    free(f->bytes);
    sdse_arena_free(f->arena);
}

// Puts the right checksum under whatever the bytes now say.
static void sign(struct file *f) {
    struct sdse_hash h = sdse_hash_bytes(f->bytes, f->length - 16);
    for (int i = 0; i < 8; i++) {
        f->bytes[f->length - 16 + (size_t)i] = (uint8_t)(h.high >> 8 * i);
        f->bytes[f->length - 8 + (size_t)i] = (uint8_t)(h.low >> 8 * i);
    }
}

// Parses; if it was accepted, writing it again must give the same bytes.
static bool accepted(struct file *f) {
    struct sdse_stored_network n;
    size_t errors = f->diags.errors;
    enum sdse_status status =
        sdse_stored_parse(f->bytes, f->length, "x.sdse", &n, &f->diags);
    if (status != SDSE_OK) {
        assert_int_equal(status, SDSE_INVALID);
        assert_int_equal(f->diags.errors, errors + 1);
        assert_null(n.layers);
        return false;
    }
    uint8_t *bytes;
    size_t length;
    assert_int_equal(sdse_stored_format(&n, &bytes, &length), SDSE_OK);
    assert_int_equal(length, f->length);
    assert_memory_equal(bytes, f->bytes, length);
    free(bytes);
    sdse_stored_free(&n);
    return true;
}

static void written_is_read_back(void **state) {
    (void)state;
    struct sdse_stored_network n = make(), back;
    struct file f = format(&n);
    assert_int_equal(sdse_stored_parse(f.bytes, f.length, "x.sdse", &back, &f.diags),
                     SDSE_OK);
    assert_int_equal(back.layer_count, LAYERS);
    for (size_t i = 0; i < LAYERS; i++) {
        const struct sdse_coded_layer *a = &n.layers[i].coded;
        const struct sdse_coded_layer *b = &back.layers[i].coded;
        assert_string_equal(n.layers[i].name, back.layers[i].name);
        assert_memory_equal(&a->shape.groups, &b->shape.groups, 5 * sizeof(uint64_t));
        assert_int_equal(a->raw, b->raw);
        assert_int_equal(a->weight_exponent, b->weight_exponent);
        if (a->raw)
            continue;
        assert_int_equal(a->slicing.blocks, b->slicing.blocks);
        assert_int_equal(a->slicing.words, b->slicing.words);
        assert_int_equal(a->filters, b->filters);
        assert_int_equal(a->lowest, b->lowest);
    }
    assert_true(accepted(&f));
    sdse_stored_free(&n);
    sdse_stored_free(&back);
    drop(&f);
}

static void empty_network_is_a_file(void **state) {
    (void)state;
    struct sdse_stored_network n = {0};
    struct file f = format(&n);
    assert_int_equal(f.length, 32);
    assert_true(accepted(&f));
    drop(&f);
}

static void every_flipped_byte_is_refused(void **state) {
    (void)state;
    struct sdse_stored_network n = make();
    struct file f = format(&n);
    for (size_t i = 0; i < f.length; i++) {
        for (unsigned flip = 1; flip < 256; flip = flip * 2 + 1) {
            f.bytes[i] ^= (uint8_t)flip;
            assert_false(accepted(&f));
            f.bytes[i] ^= (uint8_t)flip;
        }
    }
    assert_true(accepted(&f));
    sdse_stored_free(&n);
    drop(&f);
}

static void every_truncation_is_refused(void **state) {
    (void)state;
    struct sdse_stored_network n = make();
    struct file f = format(&n);
    for (size_t whole = f.length; f.length-- > 0;) {
        assert_false(accepted(&f));
        if (f.length < 32)
            continue;
        uint8_t kept[16]; // signed anew, a cut file still lies about its length
        memcpy(kept, f.bytes + f.length - 16, 16);
        sign(&f);
        assert_false(accepted(&f));
        memcpy(f.bytes + f.length - 16, kept, 16);
        (void)whole;
    }
    sdse_stored_free(&n);
    drop(&f);
}

// A liar with a right checksum: each byte set to a few values. Refused, or a file that
// is written again byte for byte. Must not crash, hang or allocate beyond reason.
static void lies_with_a_right_checksum_are_caught(void **state) {
    (void)state;
    struct sdse_stored_network n = make();
    struct file f = format(&n);
    unsigned refused = 0, taken = 0;
    static const uint8_t lies[] = {0, 1, 2, 0x7f, 0x80, 0xff};
    for (size_t i = 0; i + 16 < f.length; i++) {
        uint8_t truth = f.bytes[i];
        for (size_t l = 0; l < sizeof lies; l++) {
            f.bytes[i] = lies[l];
            sign(&f);
            if (accepted(&f))
                taken++;
            else
                refused++;
        }
        f.bytes[i] = truth;
    }
    assert_true(refused > 1000 && taken > 1000);
    sdse_stored_free(&n);
    drop(&f);
}

// Where a field of the first layer is, by its offset in the documented layout.
static void lie(uint64_t value, size_t offset, unsigned bytes, const char *check) {
    struct sdse_stored_network n = make();
    struct file f = format(&n);
    size_t at = 16 + 4 + strlen("conv") + offset;
    for (unsigned i = 0; i < bytes; i++)
        f.bytes[at + i] = (uint8_t)(value >> 8 * i);
    sign(&f);
    assert_false(accepted(&f));
    assert_true(sdse_diags_fired(&f.diags, check));
    sdse_stored_free(&n);
    drop(&f);
}

static void lying_shapes_are_refused(void **state) {
    (void)state;
    lie(UINT64_C(1) << 60, 0, 8, "stored-header");  // groups
    lie(UINT64_C(1) << 40, 8, 8, "stored-layer");   // filters
    lie(0, 16, 8, "stored-header");                 // channels
    lie(UINT64_MAX, 24, 8, "stored-header");        // kernel rows
    lie(4, 32, 8, "stored-header");                 // kernel columns: too few rows
    lie(2, 40, 1, "stored-header");                 // a flag
    lie(SDSE_STORES, 42, 1, "stored-header");       // index format
    lie(3, 43, 1, "stored-header");                 // coefficient bits, not the window
    lie(17, 44, 1, "stored-header");                // basis bits
    lie(0, 45, 1, "stored-header");                 // scale bits
    lie(5, 47, 1, "stored-header");                 // run bits of another format
    lie(9, 48, 4, "stored-header");                 // window
    lie(0x7fffffff, 52, 4, "stored-header");        // lowest
    lie((uint32_t)-2000, 60, 4, "stored-layer");    // weight exponent: words too large
    lie(65, 64, 4, "stored-header");                // basis size
    lie(UINT64_C(1) << 50, 68, 8, "stored-header"); // rows
    lie(0, 76, 8, "stored-header");                 // rows per block
    lie(UINT64_C(1) << 62, 84, 8, "stored-header"); // coefficient bits in all
    lie(1, 92, 8, "stored-layer");                  // index bits
}

static void other_files_are_refused_by_name(void **state) {
    (void)state;
    struct sdse_stored_network n = make();
    struct file f = format(&n);
    f.bytes[0] = 'X';
    assert_false(accepted(&f));
    assert_true(sdse_diags_fired(&f.diags, "stored-magic"));
    f.bytes[0] = 'S';
    f.bytes[8] = 2;
    assert_false(accepted(&f));
    assert_true(sdse_diags_fired(&f.diags, "stored-version"));
    f.bytes[8] = 1;
    f.length = 20;
    assert_false(accepted(&f));
    assert_true(sdse_diags_fired(&f.diags, "stored-truncated"));
    sdse_stored_free(&n);
    drop(&f);
}

static void files_are_saved_and_loaded(void **state) {
    (void)state;
    struct sdse_stored_network n = make(), back;
    struct file f = format(&n);
    char path[] = "stored_XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    assert_int_equal(sdse_stored_save(NULL, &n, path, &f.diags), SDSE_OK);
    assert_int_equal(sdse_stored_load(path, &back, &f.diags), SDSE_OK);
    assert_int_equal(back.layer_count, LAYERS);
    sdse_stored_free(&back);
    remove(path);
    assert_int_equal(sdse_stored_load(path, &back, &f.diags), SDSE_IO);
    assert_int_equal(sdse_stored_load(".", &back, &f.diags), SDSE_IO);
    assert_int_equal(sdse_stored_save(NULL, &n, "no/such/folder/x", &f.diags), SDSE_IO);
    assert_int_equal(f.diags.errors, 3);
    sdse_stored_free(&n);
    drop(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_is_read_back),
        cmocka_unit_test(empty_network_is_a_file),
        cmocka_unit_test(every_flipped_byte_is_refused),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(lies_with_a_right_checksum_are_caught),
        cmocka_unit_test(lying_shapes_are_refused),
        cmocka_unit_test(other_files_are_refused_by_name),
        cmocka_unit_test(files_are_saved_and_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
