// PyTorch's files: views of storages to the last number; whatever else a pickle would
// do is refused, and not done.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "import/tensors/tensors.h"
#include "import/write_tensors.h"
#include "smartdeal/manifest.h"
#include "support/scratch_folder.h"
#include "support/tensor_files.h"

struct opened {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct sdse_tensors tensors;
    enum sdse_status status;
};

// A pickle as it is written: texts and numbers of opcodes.
struct pickle {
    struct file_bytes bytes;
};

static void op(struct pickle *p, const char *text) {
    put(&p->bytes, text, strlen(text));
}

static void op_text(struct pickle *p, const char *text) {
    op(p, "X");
    put_number(&p->bytes, strlen(text), 4);
    op(p, text);
}

static void op_int(struct pickle *p, long value) {
    op(p, "J");
    put_number(&p->bytes, (uint64_t)value, 4);
}

static void op_ints(struct pickle *p, const long *values, size_t count) {
    op(p, "(");
    for (size_t i = 0; i < count; i++)
        op_int(p, values[i]);
    op(p, "t");
}

// torch._utils._rebuild_tensor_v2 of a view.
static void op_tensor(struct pickle *p, const char *storage, const char *key,
                      long offset, size_t rank, const long *size, const long *stride) {
    op(p, "ctorch._utils\n_rebuild_tensor_v2\n((");
    op_text(p, "storage");
    op(p, "ctorch\n");
    op(p, storage);
    op(p, "\n");
    op_text(p, key);
    op_text(p, "cpu");
    op_int(p, 12);
    op(p, "tQ");
    op_int(p, offset);
    op_ints(p, size, rank);
    op_ints(p, stride, rank);
    op(p, "\x89"
          "ccollections\nOrderedDict\n)RtR");
}

static void begin(struct pickle *p) {
    p->bytes.length = 0;
    op(p, "\x80\2");
}

// An archive of the pickle and of one storage, "0": the numbers 0 to 11 in `type`
// order.
static void write_archive(const char *name, const struct pickle *p,
                          const struct file_bytes *storage, const char *order) {
    static struct file_bytes text;
    zip_t *archive = zip_create(at(name));
    zip_put(archive, "archive/data.pkl", &p->bytes, ZIP_CM_STORE);
    zip_put(archive, "archive/data/0", storage, ZIP_CM_STORE);
    text.length = 0;
    if (order) {
        put(&text, order, strlen(order));
        zip_put(archive, "archive/byteorder", &text, ZIP_CM_STORE);
    }
    assert_int_equal(zip_close(archive), 0);
}

static struct opened open_archive(const char *name) {
    struct opened o = {.arena = sdse_arena_new()};
    enum sdse_tensor_format format;
    const char *is;
    sdse_diags_init(&o.diags, o.arena);
    assert_int_equal(sdse_tensors_look(at(name), o.arena, &format, &is, &o.diags),
                     SDSE_OK);
    assert_int_equal(format, SDSE_TENSORS_TORCH);
    o.status =
        sdse_tensors_open(at(name), format, false, o.arena, &o.tensors, &o.diags);
    return o;
}

static void end(struct opened *o) {
    sdse_tensors_free(&o->tensors);
    sdse_arena_free(o->arena);
}

static void holds(struct opened *o, size_t i, const char *name, const float *values,
                  size_t count) {
    struct sdse_array array;
    assert_true(i < o->tensors.count);
    assert_string_equal(o->tensors.tensor[i].name, name);
    assert_int_equal(sdse_tensor_values(&o->tensors.tensor[i], &array, &o->diags),
                     SDSE_OK);
    assert_int_equal(array.count, count);
    for (size_t k = 0; k < count; k++)
        assert_true(array.data[k] == values[k]);
    sdse_array_free(&array);
}

static void twelve(struct file_bytes *bytes, bool big) {
    bytes->length = 0;
    for (int i = 0; i < 12; i++) {
        put_f32(bytes, (float)i);
        unsigned char *last = bytes->at + bytes->length - 4;
        if (big)
            for (int k = 0; k < 2; k++) {
                const unsigned char low = last[k];
                last[k] = last[3 - k];
                last[3 - k] = low;
            }
    }
}

// A state_dict: views with offsets and strides of one storage, a parameter, values that
// are no tensors, and the attributes that torch.save keeps.
static void state_dict(struct pickle *p) {
    begin(p);
    op(p, "ccollections\nOrderedDict\nq");
    put_number(&p->bytes, 0, 1);
    op(p, ")Rq\1(");
    op_text(p, "a.weight");
    op_tensor(p, "FloatStorage", "0", 0, 2, (const long[]){2, 3}, (const long[]){3, 1});
    op_text(p, "turned");
    op_tensor(p, "FloatStorage", "0", 2, 2, (const long[]){3, 2}, (const long[]){1, 3});
    op_text(p, "part");
    op_tensor(p, "FloatStorage", "0", 1, 2, (const long[]){2, 2}, (const long[]){6, 2});
    op_text(p, "parameter");
    op(p, "ctorch._utils\n_rebuild_parameter\n(");
    op_tensor(p, "FloatStorage", "0", 11, 0, NULL, NULL);
    op(p, "\x88h");
    put_number(&p->bytes, 1, 1);
    op(p, "tR");
    op_text(p, "epoch");
    op(p, "K\5");
    op_text(p, "rate");
    op(p, "G");
    put(&p->bytes, "\x3f\xb9\x99\x99\x99\x99\x99\x9a", 8);
    op_text(p, "nested");
    op(p, "}(K\7](");
    op_tensor(p, "FloatStorage", "0", 4, 1, (const long[]){1}, (const long[]){1});
    op(p, "Neu");
    op(p, "u}");
    op_text(p, "_metadata");
    op(p, "}sb.");
}

static void reads_a_state_dict(void **state) {
    (void)state;
    static struct pickle p;
    static struct file_bytes storage;
    static const char *const orders[] = {NULL, "little", "big"};
    for (size_t i = 0; i < 3; i++) {
        state_dict(&p);
        twelve(&storage, i == 2);
        write_archive("a.pt", &p, &storage, orders[i]);
        struct opened o = open_archive("a.pt");
        if (o.status != SDSE_OK)
            sdse_diags_print(&o.diags, stderr, false);
        assert_int_equal(o.status, SDSE_OK);
        assert_int_equal(o.tensors.count, 5);
        holds(&o, 0, "a.weight", (const float[]){0, 1, 2, 3, 4, 5}, 6);
        holds(&o, 1, "turned", (const float[]){2, 5, 3, 6, 4, 7}, 6);
        holds(&o, 2, "part", (const float[]){1, 3, 7, 9}, 4);
        holds(&o, 3, "parameter", (const float[]){11}, 1);
        holds(&o, 4, "nested.7.0", (const float[]){4}, 1);
        end(&o);
    }
}

// Types by their storages.
static void types(void **state) {
    (void)state;
    static const struct {
        const char *storage, *bytes;
        size_t size;
        float value;
    } rows[] = {{"DoubleStorage", "\0\0\0\0\0\0\xf8\xbf", 8, -1.5f},
                {"HalfStorage", "\0\xc2", 2, -3},
                {"BFloat16Storage", "\xc0\x3f", 2, 1.5f},
                {"LongStorage", "\xfe\xff\xff\xff\xff\xff\xff\xff", 8, -2},
                {"IntStorage", "\xfd\xff\xff\xff", 4, -3},
                {"ShortStorage", "\0\x80", 2, -32768},
                {"CharStorage", "\x80", 1, -128},
                {"ByteStorage", "\xff", 1, 255},
                {"BoolStorage", "\1", 1, 1}};
    static struct pickle p;
    static struct file_bytes storage;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin(&p);
        op(&p, "}");
        op_text(&p, "x");
        op_tensor(&p, rows[i].storage, "0", 1, 1, (const long[]){1}, (const long[]){1});
        op(&p, "s.");
        storage.length = 0;
        for (size_t k = 0; k < rows[i].size; k++)
            put(&storage, "\x11", 1);
        put(&storage, rows[i].bytes, rows[i].size);
        write_archive("t.pt", &p, &storage, NULL);
        struct opened o = open_archive("t.pt");
        assert_int_equal(o.status, SDSE_OK);
        holds(&o, 0, "x", &rows[i].value, 1);
        end(&o);
    }
}

// Untyped storages, whose type the tensor says.
static void untyped(void **state) {
    (void)state;
    static struct pickle p;
    static struct file_bytes storage;
    begin(&p);
    op(&p, "}");
    op_text(&p, "x");
    op(&p, "ctorch._utils\n_rebuild_tensor_v3\n((");
    op_text(&p, "storage");
    op(&p, "ctorch.storage\nUntypedStorage\n");
    op_text(&p, "0");
    op_text(&p, "cpu");
    op(&p, "K\4tQK\2K\1\x85K\1\x85\x89}ctorch\nfloat8_e4m3fn\nNtRs.");
    storage.length = 0;
    put(&storage, "\1\2\x7e\4", 4);
    write_archive("u.pt", &p, &storage, NULL);
    struct opened o = open_archive("u.pt");
    assert_int_equal(o.status, SDSE_OK);
    holds(&o, 0, "x", (const float[]){448}, 1);
    end(&o);
}

static void refuses(const struct pickle *p, const char *check, const char *says) {
    static struct file_bytes storage;
    twelve(&storage, false);
    write_archive("r.pt", p, &storage, NULL);
    struct opened o = open_archive("r.pt");
    assert_int_equal(o.status, SDSE_INVALID);
    if (!sdse_diags_fired(&o.diags, check) || !strstr(o.diags.first->message, says))
        fail_msg("not '%s' but '%s'", says, o.diags.first->message);
    end(&o);
}

#define REFUSES(text, says) refuses_text(text, sizeof(text) - 1, says)

static void refuses_text(const char *text, size_t length, const char *says) {
    static struct pickle p;
    begin(&p);
    put(&p.bytes, text, length);
    refuses(&p, "tensors-pickle", says);
}

// A tensor of one extent, with so many strides and this offset as it is written.
static void refuses_tensor(const char *offset, size_t length, size_t strides,
                           const char *says) {
    static struct pickle p;
    static const long ones[] = {1, 1};
    begin(&p);
    op(&p, "}");
    op_text(&p, "x");
    op(&p, "ctorch._utils\n_rebuild_tensor_v2\n((");
    op_text(&p, "storage");
    op(&p, "ctorch\nFloatStorage\n");
    op_text(&p, "0");
    op(&p, "NNtQ");
    put(&p.bytes, offset, length);
    op_ints(&p, ones, 1);
    op_ints(&p, ones, strides);
    op(&p, "tRs.");
    refuses(&p, "tensors-pickle", says);
}

static void arguments_are_checked(void **state) {
    (void)state;
    refuses_tensor("K\0", 2, 2, "are expected");
    refuses_tensor("\x8a\1\xff", 3, 1, "are expected"); // -1
    refuses_tensor("N", 1, 1, "are expected");
}

// Keys that are no texts have a place; tensors that share everything share a file, but
// not those that lie otherwise; names come twice in no manifest.
static void writes_each_once(void **state) {
    (void)state;
    static struct pickle p;
    static struct file_bytes storage;
    static const long sizes[] = {2, 2}, row[] = {2, 1}, column[] = {1, 2};
    begin(&p);
    op(&p, "}(");
    for (int i = 0; i < 3; i++) {
        op_text(&p, i ? "a\1" : "a\2");
        op(&p, i == 2 ? "}(N](" : "");
        op_tensor(&p, "FloatStorage", "0", 0, 2, sizes, i == 1 ? column : row);
        op(&p, i == 2 ? "eu" : "");
    }
    op(&p, "u.");
    twelve(&storage, false);
    write_archive("w.pt", &p, &storage, NULL);
    struct opened o = open_archive("w.pt");
    assert_int_equal(o.status, SDSE_OK);
    struct sdse_tensor_layer *layers;
    struct sdse_tensor_leftovers rest;
    size_t count;
    assert_true(sdse_tensors_layers(&o.tensors, &layers, &count, &rest));
    assert_int_equal(count, 3);
    assert_string_equal(layers[2].layer, "a?.?0.0");
    layers[2].layer = "a?_2"; // the name that the second would get
    assert_int_equal(sdse_import_write_tensors(NULL, layers, count, NULL, at("out"),
                                               NULL, o.arena, &o.diags),
                     SDSE_OK);
    struct sdse_manifest manifest;
    assert_int_equal(sdse_manifest_read(at("out"), o.arena, &manifest, &o.diags),
                     SDSE_OK); // no name twice
    assert_int_equal(manifest.count, 3);
    assert_string_equal(manifest.entries[0].layer, "a?");
    assert_string_equal(manifest.entries[0].file, manifest.entries[2].file);
    assert_string_not_equal(manifest.entries[0].file, manifest.entries[1].file);
    end(&o);
}

static void runs_nothing(void **state) {
    (void)state;
    REFUSES("cos\nsystem\n(X\4\0\0\0trueatR.", "byte 2: it names os.system");
    REFUSES("cposix\nsystem\n", "posix.system");
    REFUSES("cbuiltins\neval\n.", "builtins.eval");
    REFUSES("ctorch\nload\n.", "torch.load");
    REFUSES("ctorch.storage\n_load_from_bytes\n.", "_load_from_bytes");
    REFUSES("\x8c\2os\x8c\6system\x93.", "byte 14: it names os.system");
    REFUSES("(ios\nsystem\n.", "opcode 0x69 'i'");
    REFUSES("ccollections\nOrderedDict\n)\x81.", "opcode 0x81");
    REFUSES("X\1\0\0\0a)R.", "no function");
    REFUSES("]}b.", "attributes of an object");
    REFUSES("]", "it is cut off");
    REFUSES("X\xff\xff\xff\x7f", "it is cut off");
    REFUSES(".", "it ends without its value");
    REFUSES("]].", "it ends without its value");
    REFUSES("(.", "it ends without its value");
    REFUSES("t.", "what is not there");
    REFUSES("(R.", "what is not there");
    REFUSES("(\x85.", "what is not there");
    REFUSES("](s.", "what is not there");
    REFUSES("]NNs.", "no dictionary");
    REFUSES("}(Nu.", "no dictionary");
    REFUSES("}Na.", "no list");
    REFUSES("h\1.", "what was not kept");
    REFUSES("j\xff\xff\xff\xff.", "what was not kept");
    REFUSES("]r\xff\xff\xff\xff.", "keeps more");
    REFUSES("(q\1.", "keeps what is not there");
    REFUSES("\x8a\x9.", "more than 64 bits");
    REFUSES("\x80\1].", "protocol 1");
    REFUSES("]\x94h\0a.", "nested deeper"); // kept as the first
    REFUSES("]q\1h\1a.", "nested deeper");  // a list that holds itself
}

static void refuses_view(const char *storage, const char *key, long offset, long size,
                         long stride, const char *check, const char *says) {
    static struct pickle p;
    begin(&p);
    op(&p, "}");
    op_text(&p, "x");
    op_tensor(&p, storage, key, offset, 2, (const long[]){size, 1},
              (const long[]){stride, 1});
    op(&p, "s.");
    refuses(&p, check, says);
}

static void views_stay_in_their_storage(void **state) {
    (void)state;
    refuses_view("FloatStorage", "0", 0, 13, 1, "tensors-place", "beyond");
    refuses_view("FloatStorage", "0", 1, 12, 1, "tensors-place", "beyond");
    refuses_view("FloatStorage", "0", 0, 7, 2, "tensors-place", "beyond");
    refuses_view("DoubleStorage", "0", 0, 7, 1, "tensors-place", "beyond");
    refuses_view("FloatStorage", "0", 0, 2000000000, 0, "tensors-shape", "repeats");
    refuses_view("FloatStorage", "0", -1, 2, 1, "tensors-pickle", "are expected");
    refuses_view("FloatStorage", "0", 0, -2, 1, "tensors-pickle", "are expected");
    refuses_view("FloatStorage", "0", 4, 2, -1, "tensors-pickle", "are expected");
    refuses_view("FloatStorage", "1", 0, 2, 1, "tensors-pickle", "not in the archive");
    refuses_view("float32\nctorch\nSize", "0", 0, 2, 1, "tensors-pickle", "no storage");
}

static void scripts_are_named(void **state) {
    (void)state;
    static struct file_bytes bytes;
    zip_t *archive = zip_create(at("script.pt"));
    put(&bytes, "x", 1);
    zip_put(archive, "m/data.pkl", &bytes, ZIP_CM_STORE);
    zip_put(archive, "m/constants.pkl", &bytes, ZIP_CM_STORE);
    assert_int_equal(zip_close(archive), 0);
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    enum sdse_tensor_format format;
    const char *is = NULL;
    sdse_diags_init(&diags, arena);
    assert_int_equal(sdse_tensors_look(at("script.pt"), arena, &format, &is, &diags),
                     SDSE_OK);
    assert_int_equal(format, SDSE_TENSORS_NONE);
    assert_non_null(strstr(is, "TorchScript"));
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_a_state_dict),
                                       cmocka_unit_test(types),
                                       cmocka_unit_test(untyped),
                                       cmocka_unit_test(runs_nothing),
                                       cmocka_unit_test(arguments_are_checked),
                                       cmocka_unit_test(writes_each_once),
                                       cmocka_unit_test(views_stay_in_their_storage),
                                       cmocka_unit_test(scripts_are_named)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
