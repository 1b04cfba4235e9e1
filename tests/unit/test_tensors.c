// Files of tensors: what they hold, to the last number, and what is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "import/tensors/roles.h"
#include "import/tensors/tensors.h"
#include "support/scratch_folder.h"
#include "support/tensor_files.h"

struct opened {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct sdse_tensors tensors;
    enum sdse_status status;
};

static struct opened begin(void) {
    struct opened o = {.arena = sdse_arena_new()};
    sdse_diags_init(&o.diags, o.arena);
    return o;
}

static void end(struct opened *o) {
    sdse_tensors_free(&o->tensors);
    sdse_arena_free(o->arena);
}

static void parse(struct opened *o, const struct file_bytes *bytes,
                  enum sdse_tensor_format format) {
    o->diags.arena = o->arena;
    o->status = sdse_tensors_parse(bytes->at, bytes->length, "t", format, o->arena,
                                   &o->tensors, &o->diags);
}

static void open_path(struct opened *o, const char *path) {
    enum sdse_tensor_format format;
    const char *is;
    o->diags.arena = o->arena;
    assert_int_equal(sdse_tensors_look(path, o->arena, &format, &is, &o->diags),
                     SDSE_OK);
    assert_null(is);
    assert_int_not_equal(format, SDSE_TENSORS_NONE);
    o->status =
        sdse_tensors_open(path, format, false, o->arena, &o->tensors, &o->diags);
}

static void holds(struct opened *o, const struct sdse_stored_tensor *tensor,
                  const float *values, size_t count) {
    struct sdse_array array;
    assert_int_equal(sdse_tensor_values(tensor, &array, &o->diags), SDSE_OK);
    assert_int_equal(array.count, count);
    for (size_t i = 0; i < count; i++)
        if (!(array.data[i] == values[i] || (isnan(values[i]) && isnan(array.data[i]))))
            fail_msg("%s[%zu] is %g, not %g", tensor->name, i, (double)array.data[i],
                     (double)values[i]);
    sdse_array_free(&array);
}

static void refused(struct opened *o, const char *check) {
    assert_int_equal(o->status, SDSE_INVALID);
    if (!sdse_diags_fired(&o->diags, check))
        fail_msg("not refused by %s, but: %s", check,
                 o->diags.first ? o->diags.first->check : "nothing");
}

// --- safetensors ---

static void refuses_header(const char *json, size_t data, const char *check) {
    static struct file_bytes bytes;
    bytes.length = 0;
    put_safetensors_header(&bytes, json);
    for (size_t i = 0; i < data; i++)
        put(&bytes, "\0", 1);
    struct opened o = begin();
    parse(&o, &bytes, SDSE_TENSORS_SAFETENSORS);
    refused(&o, check);
    end(&o);
}

// One number of each type, its bytes, and what it is.
static void safetensors_types(void **state) {
    (void)state;
    static const struct {
        const char *type;
        const char *bytes;
        size_t size;
        float value;
    } rows[] = {{"F64", "\0\0\0\0\0\0\xf8\xbf", 8, -1.5f},
                {"F32", "\0\0\x20\x40", 4, 2.5f},
                {"F16", "\0\xc2", 2, -3},
                {"BF16", "\xc0\x3f", 2, 1.5f},
                {"F8_E4M3", "\x7e", 1, 448},
                {"F8_E4M3", "\x81", 1, -0x1p-9f},
                {"F8_E4M3", "\x7f", 1, NAN},
                {"F8_E5M2", "\x7b", 1, 57344},
                {"F8_E5M2", "\xfc", 1, -INFINITY},
                {"F8_E5M2", "\x7d", 1, NAN},
                {"I64", "\xfe\xff\xff\xff\xff\xff\xff\xff", 8, -2},
                {"I32", "\xfd\xff\xff\xff", 4, -3},
                {"I16", "\0\x80", 2, -32768},
                {"I8", "\x80", 1, -128},
                {"U64", "\0\0\0\0\1\0\0\0", 8, 0x1p32f},
                {"U32", "\xff\xff\xff\xff", 4, 0x1p32f},
                {"U16", "\xff\xff", 2, 65535},
                {"U8", "\xff", 1, 255},
                {"BOOL", "\2", 1, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static struct file_bytes bytes;
        char json[128];
        snprintf(json, sizeof json,
                 "{\"a\":{\"dtype\":\"%s\",\"shape\":[1],\"data_offsets\":[0,%zu]}}",
                 rows[i].type, rows[i].size);
        bytes.length = 0;
        put_safetensors_header(&bytes, json);
        put(&bytes, rows[i].bytes, rows[i].size);
        struct opened o = begin();
        parse(&o, &bytes, SDSE_TENSORS_SAFETENSORS);
        assert_int_equal(o.status, SDSE_OK);
        assert_string_equal(o.tensors.tensor[0].type, rows[i].type);
        holds(&o, &o.tensors.tensor[0], &rows[i].value, 1);
        end(&o);
    }
}

static void safetensors_lists(void **state) {
    (void)state;
    static struct file_bytes bytes;
    bytes.length = 0;
    put_safetensors_header(
        &bytes,
        "{\"__metadata__\":{\"format\":\"pt\"},"
        "\"b\\u5377\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[2,26]},"
        "\"four\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,2]},"
        "\"none\":{\"dtype\":\"F32\",\"shape\":[0,4],\"data_offsets\":[26,26]},"
        "\"s\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[26,30]}}  ");
    put(&bytes, "\0\0", 2);
    for (int i = 0; i < 7; i++)
        put_f32(&bytes, (float)i);
    save(at("a.safetensors"), &bytes);
    struct opened o = begin();
    open_path(&o, at("a.safetensors"));
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(o.tensors.count, 4);
    assert_string_equal(o.tensors.tensor[0].name, "b\u5377");
    static const float values[] = {0, 1, 2, 3, 4, 5, 6};
    holds(&o, &o.tensors.tensor[0], values, 6);
    assert_int_equal(o.tensors.tensor[1].dtype, SDSE_DTYPES); // in its place, not read
    holds(&o, &o.tensors.tensor[2], values, 0);
    holds(&o, &o.tensors.tensor[3], values + 6, 1);
    end(&o);
}

#define ONE(type, shape, offsets)                                                      \
    "{\"a\":{\"dtype\":\"" type "\",\"shape\":" shape ",\"data_offsets\":" offsets "}" \
    "}"

static void safetensors_refusals(void **state) {
    (void)state;
    refuses_header("{", 0, "tensors-header");
    refuses_header("[]", 0, "tensors-header");
    refuses_header("{}", 0, "tensors-none");
    refuses_header("{\"a\":1}", 4, "tensors-header");
    refuses_header(ONE("F32", "[1]", "[0,4]") " x", 4, "tensors-header");
    refuses_header("{\"a\":{},\"a\":{}}", 0, "tensors-header");
    refuses_header(ONE("F32", "[-1]", "[0,4]"), 4, "tensors-header");
    refuses_header(ONE("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, "tensors-header");
    refuses_header(ONE("F32", "[1]", "[0,4]"), 3, "tensors-place");
    refuses_header(ONE("F32", "[1]", "[0,4]"), 5, "tensors-place"); // a rest
    refuses_header(ONE("F32", "[1]", "[1,5]"), 5, "tensors-place"); // a gap
    refuses_header(ONE("F32", "[1]", "[4,0]"), 4, "tensors-place");
    refuses_header(ONE("F32", "[1]", "[0]"), 4, "tensors-place");
    refuses_header(ONE("F32", "[2]", "[0,4]"), 4, "tensors-shape");
    refuses_header(ONE("F32", "[4611686018427387904,4]", "[0,0]"), 0, "tensors-shape");
    refuses_header(ONE("NEW", "[4611686018427387904,9]", "[0,0]"), 0, "tensors-shape");
    refuses_header("{\"a\":{\"dtype\":\"I8\",\"shape\":[2],\"data_offsets\":[0,2]},"
                   "\"b\":{\"dtype\":\"I8\",\"shape\":[2],\"data_offsets\":[1,3]}}",
                   3, "tensors-place"); // they overlap
    static struct file_bytes bytes;
    bytes.length = 0;
    put_number(&bytes, 100, 8);
    put(&bytes, "{}", 2);
    struct opened o = begin();
    parse(&o, &bytes, SDSE_TENSORS_SAFETENSORS);
    refused(&o, "tensors-header"); // the header is longer than the file
    end(&o);
    bytes.length = 7;
    o = begin();
    parse(&o, &bytes, SDSE_TENSORS_SAFETENSORS);
    refused(&o, "tensors-header");
    end(&o);
}

static void range_is_refused(void **state) {
    (void)state;
    static struct file_bytes bytes;
    bytes.length = 0;
    put_safetensors_header(&bytes, ONE("F64", "[1]", "[0,8]"));
    put(&bytes, "\0\0\0\0\0\0\xf0\x7e", 8); // 2^1008
    struct opened o = begin();
    struct sdse_array array;
    parse(&o, &bytes, SDSE_TENSORS_SAFETENSORS);
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(sdse_tensor_values(&o.tensors.tensor[0], &array, &o.diags),
                     SDSE_INVALID);
    assert_true(sdse_diags_fired(&o.diags, "tensors-range"));
    end(&o);
}

static void write_shard(const char *name, const char *tensor, float value) {
    static struct file_bytes bytes;
    char json[128];
    bytes.length = 0;
    snprintf(json, sizeof json,
             "{\"%s\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
             tensor);
    put_safetensors_header(&bytes, json);
    put_f32(&bytes, value);
    save(at(name), &bytes);
}

static void try_index(const char *map, const char *check) {
    char text[256];
    snprintf(text, sizeof text, "{\"weight_map\": {%s}}", map);
    make("i.json", text);
    struct opened o = begin();
    open_path(&o, at("i.json"));
    if (check)
        refused(&o, check);
    else
        assert_int_equal(o.status, SDSE_OK);
    end(&o);
}

static void shards(void **state) {
    (void)state;
    write_shard("s1", "a", 1);
    write_shard("s2", "b", 2);
    make("i.json",
         "{\"metadata\": {}, \"weight_map\": {\"b\": \"s2\", \"a\": \"s1\"}}");
    struct opened o = begin();
    open_path(&o, at("i.json"));
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(o.tensors.count, 2);
    static const float values[] = {1, 2};
    holds(&o, &o.tensors.tensor[0], &values[0], 1);
    holds(&o, &o.tensors.tensor[1], &values[1], 1);
    end(&o);
    try_index("\"a\": \"s1\", \"b\": \"s1\"", "tensors-shard"); // b is not in s1
    try_index("\"a\": \"s1\", \"c\": \"s1\"", "tensors-shard");
    try_index("\"c\": \"s1\"", "tensors-shard");
    try_index("\"a\": \"../s1\"", "tensors-shard");
    try_index("\"a\": \"/s1\"", "tensors-shard");
    try_index("\"a\": 1", "tensors-shard");
    try_index("\"a\": \"s3\"", "tensors-open");
    try_index("", "tensors-none");
    assert_int_equal(symlink("/etc/hostname", at("out")), 0);
    try_index("\"a\": \"out\"", "tensors-shard");
    try_index("\"a\": \"s1\"", NULL);
}

// --- NumPy ---

static void make_npy(struct file_bytes *bytes, const char *type, const char *order,
                     const char *shape, size_t count) {
    char header[200];
    snprintf(header, sizeof header,
             "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n", type, order,
             shape);
    bytes->length = 0;
    put_npy_header(bytes, header);
    for (size_t i = 0; i < count; i++)
        put_f32(bytes, (float)i);
}

// Stored and deflated entries, C and Fortran order; other files and types beside them.
static void npz(void **state) {
    (void)state;
    static struct file_bytes plain, fortran, whole, text, big;
    make_npy(&plain, "<f4", "False", "(2, 3)", 6);
    make_npy(&fortran, "<f4", "True", "(2, 3)", 6);
    make_npy(&whole, "<i8", "False", "(3,)", 6);
    text.length = 0;
    put(&text, "hello", 5);
    make_npy(&big, ">f4", "False", "(1,)", 0);
    put(&big, "\x40\x20\0\0", 4); // 2.5
    zip_t *archive = zip_create(at("a.npz"));
    zip_put(archive, "x\u00e9/conv.npy", &plain, ZIP_CM_STORE);
    zip_put(archive, "readme.txt", &text, ZIP_CM_STORE);
    zip_put(archive, "f.npy", &fortran, ZIP_CM_DEFLATE);
    zip_put(archive, "i.npy", &whole, ZIP_CM_STORE);
    zip_put(archive, "big.npy", &big, ZIP_CM_STORE);
    assert_int_equal(zip_close(archive), 0);
    struct opened o = begin();
    open_path(&o, at("a.npz"));
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(o.tensors.format, SDSE_TENSORS_NPZ);
    assert_int_equal(o.tensors.count, 4);
    holds(&o, &o.tensors.tensor[3], (const float[]){2.5f}, 1);
    static const float c[] = {0, 1, 2, 3, 4, 5}, f[] = {0, 2, 4, 1, 3, 5};
    assert_string_equal(o.tensors.tensor[0].name, "x\u00e9/conv");
    holds(&o, &o.tensors.tensor[0], c, 6);
    holds(&o, &o.tensors.tensor[1], f, 6);
    assert_int_equal(o.tensors.tensor[2].dtype, SDSE_DTYPES);
    end(&o);
}

static void refuses_npz(const struct file_bytes *entry, const char *check) {
    zip_t *archive = zip_create(at("b.npz"));
    zip_put(archive, "a.npy", entry, ZIP_CM_STORE);
    assert_int_equal(zip_close(archive), 0);
    struct opened o = begin();
    open_path(&o, at("b.npz"));
    refused(&o, check);
    end(&o);
}

static void npz_refusals(void **state) {
    (void)state;
    static struct file_bytes bytes;
    make_npy(&bytes, "<f4", "False", "(2, 3)", 5);
    refuses_npz(&bytes, "tensors-place");
    make_npy(&bytes, "<f4", "False", "(2, 3)", 7);
    refuses_npz(&bytes, "npy-length");
    make_npy(&bytes, "<f4", "False", "(2, 3)", 6);
    bytes.at[8] = 0xff;
    bytes.at[9] = 0xff;
    refuses_npz(&bytes, "npy-header");
    bytes.at[0] = 'x';
    refuses_npz(&bytes, "npy-magic");
    bytes.length = 5;
    refuses_npz(&bytes, "npy-magic");
    make_npy(&bytes, "<f4", "Perhaps", "(2, 3)", 6);
    refuses_npz(&bytes, "npy-header");
    make_npy(&bytes, "<f4", "False", "(18446744073709551615, 3)", 6);
    refuses_npz(&bytes, "tensors-shape");
}

// Packed in another way, or claiming more than can be.
static void other_archives(void **state) {
    (void)state;
    static struct file_bytes bytes;
    make_npy(&bytes, "<f4", "False", "(2, 3)", 6);
    zip_t *archive = zip_create(at("d.npz"));
    zip_put(archive, "a.npy", &bytes, ZIP_CM_BZIP2);
    assert_int_equal(zip_close(archive), 0);
    struct opened o = begin();
    open_path(&o, at("d.npz"));
    refused(&o, "tensors-zip");
    end(&o);
    archive = zip_create(at("e.npz"));
    zip_put(archive, "a.npy", &bytes, ZIP_CM_STORE);
    assert_int_equal(zip_close(archive), 0);
    FILE *file = fopen(at("e.npz"), "r+b");
    assert_non_null(file);
    // Of the directory behind the entry: the bytes when unpacked, the highest two.
    assert_int_equal(fseek(file, 35 + (long)bytes.length + 26, SEEK_SET), 0);
    fputs("\x10\x10", file);
    assert_int_equal(fclose(file), 0);
    o = begin();
    open_path(&o, at("e.npz"));
    refused(&o, "tensors-zip");
    assert_non_null(strstr(o.diags.first->message, "claims more bytes"));
    end(&o);
}

// A byte of the data changed: the checksum says so where the end is read.
static void checksums_are_compared(void **state) {
    (void)state;
    static struct file_bytes bytes;
    make_npy(&bytes, "<f4", "False", "(2, 3)", 6);
    zip_t *archive = zip_create(at("c.npz"));
    zip_put(archive, "a.npy", &bytes, ZIP_CM_STORE);
    assert_int_equal(zip_close(archive), 0);
    FILE *file = fopen(at("c.npz"), "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, 35 + (long)bytes.length - 1, SEEK_SET), 0);
    fputc('!', file);
    assert_int_equal(fclose(file), 0);
    struct opened o = begin();
    struct sdse_array array;
    open_path(&o, at("c.npz"));
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(sdse_tensor_values(&o.tensors.tensor[0], &array, &o.diags),
                     SDSE_INVALID);
    assert_true(sdse_diags_fired(&o.diags, "tensors-zip"));
    end(&o);
}

static void folder_of_arrays(void **state) {
    (void)state;
    static struct file_bytes bytes;
    assert_int_equal(mkdir(at("arrays"), 0777), 0);
    make_npy(&bytes, "<f4", "False", "(2, 3)", 6);
    save(at("arrays/b.npy"), &bytes);
    save(at("arrays/a.npy"), &bytes);
    make("arrays/notes.txt", "no array");
    struct opened o = begin();
    open_path(&o, at("arrays"));
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(o.tensors.count, 2);
    assert_string_equal(o.tensors.tensor[0].name, "a");
    static const float c[] = {0, 1, 2, 3, 4, 5};
    holds(&o, &o.tensors.tensor[1], c, 6);
    end(&o);
    make("arrays/c.npy", "no array either");
    o = begin();
    open_path(&o, at("arrays"));
    refused(&o, "npy-magic");
    end(&o);
}

// --- TensorFlow.js ---

static void write_bytes(const char *name, size_t first, size_t count) {
    static struct file_bytes bytes;
    bytes.length = 0;
    for (size_t i = 0; i < count; i++)
        put_number(&bytes, first + i, 1);
    save(at(name), &bytes);
}

static void try_tfjs(const char *group, const char *check) {
    char text[600];
    snprintf(text, sizeof text, "{\"weightsManifest\": [%s]}", group);
    make("model.json", text);
    struct opened o = begin();
    open_path(&o, at("model.json"));
    if (check)
        refused(&o, check);
    else
        assert_int_equal(o.status, SDSE_OK);
    end(&o);
}

// A weight that begins in one file and ends in the next; quantized ones; halves.
static void tfjs(void **state) {
    (void)state;
    write_bytes("one.bin", 0, 7);
    write_bytes("two.bin", 7, 3);
    make("model.json",
         "[{\"paths\": [\"one.bin\", \"two.bin\"], \"weights\": ["
         "{\"name\": \"h\", \"shape\": [1], \"dtype\": \"float32\","
         " \"quantization\": {\"dtype\": \"float16\"}},"
         "{\"name\": \"a/weights\", \"shape\": [1, 3, 1, 2], \"dtype\": \"float32\","
         " \"quantization\": {\"dtype\": \"uint8\", \"scale\": 0.5, \"min\": -1}},"
         "{\"name\": \"i\", \"shape\": [2], \"dtype\": \"uint8\"}]}]");
    struct opened o = begin();
    open_path(&o, at("model.json"));
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(o.tensors.format, SDSE_TENSORS_TFJS);
    assert_int_equal(o.tensors.count, 3);
    holds(&o, &o.tensors.tensor[0], (const float[]){0x1p-16f}, 1);
    holds(&o, &o.tensors.tensor[1], (const float[]){0, 0.5f, 1, 1.5f, 2, 2.5f}, 6);
    holds(&o, &o.tensors.tensor[2], (const float[]){8, 9}, 2);
    // [rows][columns][inputs][outputs] as [outputs][inputs][rows][columns].
    const struct sdse_stored_tensor ours =
        sdse_tensor_in_our_order(&o.tensors.tensor[1]);
    assert_int_equal(ours.shape[0], 2);
    assert_int_equal(ours.shape[3], 3);
    holds(&o, &ours, (const float[]){0, 1, 2, 0.5f, 1.5f, 2.5f}, 6);
    end(&o);
    // By its scale a number may be more than f32 holds.
    make("model.json", "[{\"paths\": [\"two.bin\"], \"weights\": ["
                       "{\"name\": \"a\", \"shape\": [3], \"dtype\": \"float32\","
                       " \"quantization\": {\"dtype\": \"uint8\", \"scale\": 1e38,"
                       " \"min\": 0}}]}]");
    o = begin();
    open_path(&o, at("model.json"));
    assert_int_equal(o.status, SDSE_OK);
    struct sdse_array array;
    assert_int_equal(sdse_tensor_values(&o.tensors.tensor[0], &array, &o.diags),
                     SDSE_INVALID);
    assert_true(sdse_diags_fired(&o.diags, "tensors-range"));
    end(&o);
#define WEIGHT(shape) \
    "\"weights\": [{\"name\": \"a\", \"shape\": " shape ", \"dtype\": \"uint8\"}]"
    try_tfjs("{\"paths\": [\"two.bin\"], " WEIGHT("[3]") "}", NULL);
    try_tfjs("{\"paths\": [\"two.bin\"], " WEIGHT("[4]") "}", "tensors-place");
    try_tfjs("{\"paths\": [\"two.bin\"], " WEIGHT("[2]") "}", "tensors-place");
    try_tfjs("{\"paths\": [\"../two.bin\"], " WEIGHT("[3]") "}", "tensors-shard");
    try_tfjs("{\"paths\": [\"three.bin\"], " WEIGHT("[3]") "}", "tensors-open");
    try_tfjs("{\"paths\": [\"out\"], " WEIGHT("[3]") "}", "tensors-shard");
    try_tfjs("{\"paths\": [\"two.bin\"], " WEIGHT("[-3]") "}", "tensors-header");
    try_tfjs("{" WEIGHT("[3]") "}", "tensors-header");
    try_tfjs("", "tensors-none");
    try_tfjs("{\"paths\": [], \"weights\": [{\"name\": \"a\", \"shape\": [0], "
             "\"dtype\": \"string\"}]}",
             "tensors-header");
}

// --- Roles ---

struct role {
    const char *name;
    unsigned rank;
    uint64_t shape[4];
    const char *kind; // NULL: none
};

static void have_roles(const struct role *rows, size_t count) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_stored_tensor tensor[8] = {0};
    const struct sdse_tensors tensors = {
        .arena = arena, .count = count, .tensor = tensor};
    for (size_t i = 0; i < count; i++) {
        tensor[i] =
            (struct sdse_stored_tensor){.name = rows[i].name, .rank = rows[i].rank};
        tensor[i].count = 1;
        for (unsigned k = rows[i].rank; k-- > 0; tensor[i].count *= rows[i].shape[k]) {
            tensor[i].shape[k] = rows[i].shape[k];
            tensor[i].stride[k] = tensor[i].count;
        }
    }
    struct sdse_tensor_layer *layers;
    struct sdse_tensor_leftovers rest;
    size_t layer_count, at = 0;
    assert_true(sdse_tensors_layers(&tensors, &layers, &layer_count, &rest));
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].kind)
            continue;
        assert_true(at < layer_count);
        if (strcmp(layers[at].kind, rows[i].kind) != 0)
            fail_msg("%s is %s", rows[i].name, layers[at].kind);
        at++;
    }
    assert_int_equal(at, layer_count);
    sdse_arena_free(arena);
}

// Which are depth-wise, which are tables.
static void roles(void **state) {
    (void)state;
    have_roles(
        (const struct role[]){{"1", 4, {32, 3, 3, 3}, "conv"},
                              {"2", 4, {32, 1, 3, 3}, "dwconv"},
                              {"3", 4, {64, 32, 1, 1}, "conv"},
                              {"4", 4, {64, 1, 3, 3}, "dwconv"},
                              {"5", 4, {16, 1, 3, 3}, "conv"}, // nobody puts 16 out
                              {"6", 4, {64, 1, 1, 1}, "conv"}},
        6);
    // One alone is the first layer of grey images.
    have_roles((const struct role[]){{"1", 4, {32, 1, 3, 3}, "conv"},
                                     {"2", 4, {32, 32, 3, 3}, "conv"}},
               2);
    have_roles((const struct role[]){{"a.dw.weight", 4, {8, 1, 3, 3}, "dwconv"},
                                     {"b/depthwise_kernel", 4, {3, 3, 4, 2}, "dwconv"},
                                     {"conv_dw.weight", 4, {8, 4, 3, 3}, "conv"},
                                     {"wpe", 2, {8, 8}, NULL},
                                     {"h.wte.weight", 2, {8, 8}, NULL},
                                     {"word_Embeddings.weight", 2, {8, 8}, NULL},
                                     {"time_embed.0.weight", 2, {8, 8}, "fc"},
                                     {"bias", 1, {8}, NULL}},
               8);
}

// Names before order, whole names before ends of names, no tensor twice.
static void matches(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    static const char *const names[] = {"m.x.b.weight", "b.weight", "p/q/kernel", "1",
                                        "2"};
    static const uint64_t shapes[][2] = {{2, 3}, {2, 3}, {5, 4}, {7, 7}, {7, 7}};
    struct sdse_stored_tensor tensor[5];
    for (size_t i = 0; i < 5; i++)
        tensor[i] = (struct sdse_stored_tensor){.name = names[i],
                                                .rank = 2,
                                                .shape = {shapes[i][0], shapes[i][1]},
                                                .count = shapes[i][0] * shapes[i][1]};
    const struct sdse_tensors tensors = {.arena = arena, .count = 5, .tensor = tensor};
    struct sdse_tensor_wanted wanted[] = {
        {"b", 2, {2, 3}, 0, false}, {"x_b", 4, {2, 3, 1, 1}, 0, false},
        {"q", 2, {4, 5}, 0, false}, {"other.b", 2, {2, 3}, 0, false},
        {"s", 2, {7, 7}, 0, false}, {"t", 2, {7, 7}, 0, false}};
    size_t contradiction;
    assert_true(sdse_tensors_match(&tensors, wanted, 6, &contradiction));
    static const size_t expected[] = {1, 0, 2, SDSE_NO_TENSOR, 3, 4};
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(wanted[i].tensor, expected[i]);
        if (i != 3)
            assert_int_equal(wanted[i].by_name, i < 3);
    }
    wanted[5].shape[0] = 8; // one layer for two tensors of its shape
    assert_true(sdse_tensors_match(&tensors, wanted, 6, &contradiction));
    assert_true(wanted[4].tensor == SDSE_NO_TENSOR);
    // Its name, when nobody else may have the tensor it would end.
    struct sdse_tensor_wanted pair[] = {{"b", 2, {9, 9}, 0, false},
                                        {"x.b", 2, {2, 3}, 0, false}};
    assert_true(sdse_tensors_match(&tensors, pair, 2, &contradiction));
    assert_true(pair[0].tensor == SDSE_NO_TENSOR && pair[1].tensor == 0);
    assert_int_equal(contradiction, 1);
    // Of two layers of a shape the second has a name: the first has what is left.
    struct sdse_tensor_wanted rest[] = {{"u", 2, {7, 7}, 0, false},
                                        {"1", 2, {7, 7}, 0, false}};
    assert_true(sdse_tensors_match(&tensors, rest, 2, &contradiction));
    assert_true(rest[0].tensor == 4 && !rest[0].by_name);
    assert_true(rest[1].tensor == 3 && rest[1].by_name);
    sdse_arena_free(arena);
}

// Keras's orders against the plain walk over the indices.
static void kernels_are_turned(void **state) {
    (void)state;
    static struct file_bytes bytes;
    bytes.length = 0;
    put_safetensors_header(
        &bytes, "{\"c/kernel:0\":{\"dtype\":\"I8\",\"shape\":[2,3,4,5],"
                "\"data_offsets\":[0,120]},"
                "\"d/depthwise_kernel\":{\"dtype\":\"I8\",\"shape\":[2,3,4,5],"
                "\"data_offsets\":[120,240]},"
                "\"e/depthwise_kernel\":{\"dtype\":\"I8\",\"shape\":[2,3,20,1],"
                "\"data_offsets\":[240,360]},"
                "\"f.kernel\":{\"dtype\":\"I8\",\"shape\":[10,12],"
                "\"data_offsets\":[360,480]}}");
    for (int turn = 0; turn < 4; turn++)
        for (unsigned i = 0; i < 120; i++)
            put_number(&bytes, i, 1);
    struct opened o = begin();
    parse(&o, &bytes, SDSE_TENSORS_SAFETENSORS);
    assert_int_equal(o.status, SDSE_OK);
    float conv[120], depthwise[120], full[120];
    for (int r = 0; r < 2; r++)
        for (int s = 0; s < 3; s++)
            for (int c = 0; c < 4; c++)
                for (int k = 0; k < 5; k++) {
                    const float value = (float)(((r * 3 + s) * 4 + c) * 5 + k);
                    conv[((k * 4 + c) * 2 + r) * 3 + s] = value;
                    depthwise[((c * 5 + k) * 2 + r) * 3 + s] = value;
                }
    for (int i = 0; i < 10; i++)
        for (int k = 0; k < 12; k++)
            full[k * 10 + i] = (float)(i * 12 + k);
    // Channels with one filter each lie as those with several.
    const float *expected[] = {conv, depthwise, depthwise, full};
    for (size_t i = 0; i < 4; i++) {
        const struct sdse_stored_tensor ours =
            sdse_tensor_in_our_order(&o.tensors.tensor[i]);
        holds(&o, &ours, expected[i], 120);
    }
    end(&o);
}

// --- Views ---

// Strides of every kind against the plain walk over the indices.
static void views(void **state) {
    (void)state;
    enum { STORED = 96 };
    static struct file_bytes bytes;
    bytes.length = 0;
    put_safetensors_header(&bytes, ONE("F32", "[96]", "[0,384]"));
    for (int i = 0; i < STORED; i++)
        put_f32(&bytes, (float)i);
    struct opened o = begin();
    parse(&o, &bytes, SDSE_TENSORS_SAFETENSORS);
    assert_int_equal(o.status, SDSE_OK);
    unsigned seed = 1, looked = 0;
    for (int trial = 0; trial < 4000; trial++) {
        struct sdse_stored_tensor view = o.tensors.tensor[0];
        uint64_t last = 0;
        view.rank = 1 + (unsigned)(trial % 4);
        view.count = 1;
        for (unsigned i = 0; i < view.rank; i++) {
            view.shape[i] = 1 + (seed = seed * 1103515245 + 12345) / 65536 % 4;
            view.stride[i] = (seed = seed * 1103515245 + 12345) / 65536 % 13;
            last += (view.shape[i] - 1) * view.stride[i];
            view.count *= view.shape[i];
        }
        if (trial % 3 == 0) { // dense, in any order of the dimensions
            uint64_t stride = 1;
            for (unsigned i = 0; i < view.rank; i++) {
                const unsigned k = (i + (unsigned)trial) % view.rank;
                view.stride[k] = stride;
                stride *= view.shape[k];
            }
            last = stride - 1;
        }
        if (last >= STORED)
            continue;
        float expected[256];
        for (uint64_t n = 0; n < view.count; n++) {
            uint64_t rest = n, from = 0;
            for (unsigned i = view.rank; i-- > 0; rest /= view.shape[i])
                from += rest % view.shape[i] * view.stride[i];
            expected[n] = (float)from;
        }
        holds(&o, &view, expected, view.count);
        looked++;
    }
    assert_true(looked > 3000);
    end(&o);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(safetensors_types),
                                       cmocka_unit_test(safetensors_lists),
                                       cmocka_unit_test(safetensors_refusals),
                                       cmocka_unit_test(range_is_refused),
                                       cmocka_unit_test(shards),
                                       cmocka_unit_test(npz),
                                       cmocka_unit_test(npz_refusals),
                                       cmocka_unit_test(other_archives),
                                       cmocka_unit_test(checksums_are_compared),
                                       cmocka_unit_test(matches),
                                       cmocka_unit_test(folder_of_arrays),
                                       cmocka_unit_test(tfjs),
                                       cmocka_unit_test(roles),
                                       cmocka_unit_test(kernels_are_turned),
                                       cmocka_unit_test(views)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
