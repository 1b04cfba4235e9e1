// sdse import of files of tensors: what it writes decomposes, and maps where the
// network is known; what a file is instead is said.
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
#include "support/flat_builder.h"
#include "support_program.h"

static const char net[] =
    "name: tiny\nsource: here\nlayers:\n"
    "  - {name: stem, kind: conv, in: [3, 8, 8], out_channels: 8, kernel: 3, pad: 1}\n"
    "  - {name: b.dw, kind: dwconv, in: [8, 8, 8], kernel: 3, pad: 1}\n"
    "  - {name: b.pw, kind: conv, in: [8, 8, 8], out_channels: 16, kernel: 1}\n"
    "  - {name: head, kind: fc, in: 16, out_channels: 10, weights: old.npy}\n";

struct row {
    const char *name, *shape;
    size_t count;
};

// Tensors one after the other, all numbers from 0 on.
static void write_safetensors(const char *name, const struct row *rows, size_t count) {
    static struct file_bytes bytes;
    char json[4096] = "{", one[512];
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        snprintf(
            one, sizeof one,
            "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%zu,%zu]}",
            i ? "," : "", rows[i].name, rows[i].shape, at, at + 4 * rows[i].count);
        strcat(json, one);
        at += 4 * rows[i].count;
    }
    strcat(json, "}");
    bytes.length = 0;
    put_safetensors_header(&bytes, json);
    for (size_t i = 0; i < at / 4; i++)
        put_f32(&bytes, (float)i);
    save(scratch(name), &bytes);
}

// The first number of a written array, and that it is of `count`.
static float first_of(const char *file, size_t count) {
    struct sdse_array array;
    assert_int_equal(sdse_npy_read(scratch(file), &array, NULL), SDSE_OK);
    assert_int_equal(array.count, count);
    const float first = array.data[0];
    sdse_array_free(&array);
    return first;
}

static const struct row tensors[] = {
    {"stem.weight", "8,3,3,3", 216},   {"stem.bias", "8", 8},
    {"b.dw.weight", "8,1,3,3", 72},    {"b.pw.weight", "16,8,1,1", 128},
    {"\\u5934/\\u03b1", "10,16", 160}, {"pos_embed", "4,16", 64}};

static void folder_of_weights(void **state) {
    (void)state;
    write_safetensors("m.safetensors", tensors, 6);
    golden_out("import_tensors", 0, "import @m.safetensors -o @out");
    run_says(0, "decompose @out", "头/α");
    assert_true(first_of("out/weights/stem.weight.npy", 216) == 0);
    assert_true(first_of("out/weights/b.pw.weight.npy", 128) == 216 + 8 + 72);
    assert_true(first_of("out/weights/tensor.npy", 160) == 216 + 8 + 72 + 128);
    run_says(0, "import @m.safetensors -o @out -f json", "\"sdse.import-tensors/1\"");
}

static void layers_of_a_network(void **state) {
    (void)state;
    write_scratch("tiny.yaml", net);
    write_safetensors("m.safetensors", tensors, 6);
    golden_out("import_tensors_like", 0,
               "import @m.safetensors -o @like --like @tiny.yaml");
    run_says(0, "check @like/workload.yaml", "ok: network");
    run_says(0, "decompose @like/workload.yaml", "real");
    char *text = read_whole(scratch("like/workload.yaml"));
    assert_non_null(strstr(text, "weights/b.dw.npy"));
    assert_non_null(strstr(text, "weights/head.npy"));
    free(text);
    assert_true(first_of("like/weights/head.npy", 160) == 424);
}

// Layers say how wide the file stores what they found, unless that is not wanted.
static void widths_of_a_network(void **state) {
    (void)state;
    static struct file_bytes bytes;
    bytes.length = 0;
    put_safetensors_header(&bytes, "{\"stem.weight\":{\"dtype\":\"I8\",\"shape\":[8,3,"
                                   "3,3],\"data_offsets\":[0,216]}"
                                   ",\"b.pw.weight\":{\"dtype\":\"BF16\",\"shape\":[16,"
                                   "8],\"data_offsets\":[216,472]},"
                                   "\"head.weight\":{\"dtype\":\"F32\",\"shape\":[10,"
                                   "16],\"data_offsets\":[472,1112]}}");
    for (size_t i = 0; i < 1112; i++)
        put(&bytes, "\1", 1);
    write_scratch("tiny.yaml", net);
    save(scratch("w.safetensors"), &bytes);
    run_says(0, "import @w.safetensors -o @wide --like @tiny.yaml", "3 layers");
    run_says(0, "show workload @wide/workload.yaml",
             "\n344 weights are stored in 8 to 16 bits\n");
    char *text = read_whole(scratch("wide/workload.yaml"));
    for (const char *line = text; line; line = strchr(line + 1, '\n')) {
        static const char *const names[] = {"stem", "b.dw", "b.pw", "head"};
        static const char *const said[] = {"bits: {weights: 8}", NULL,
                                           "bits: {weights: 16}", NULL};
        const char *end = strchr(line + 1, '\n');
        for (int i = 0; i < 4 && end; i++) {
            char named[40];
            snprintf(named, sizeof named, "\n  - {name: %s,", names[i]);
            if (strncmp(line, named, strlen(named)) != 0)
                continue;
            const char *found = strstr(line, said[i] ? said[i] : "bits:");
            assert_true(said[i] ? found && found < end : !found || found > end);
        }
    }
    free(text);
    free(run_text(0,
                  "import @w.safetensors -o @own --like @tiny.yaml --no-weight-bits"));
    text = read_whole(scratch("own/workload.yaml"));
    assert_null(strstr(text, "bits:"));
    free(text);
}

// What does not fit is said; layers without a tensor keep none.
static void contradictions_are_said(void **state) {
    (void)state;
    static const struct row rows[] = {{"model.stem.weight", "8,3,3,3", 216},
                                      {"b.pw.weight", "8,16,1,1", 128},
                                      {"x", "10,16", 160},
                                      {"y", "10,16", 160}};
    write_scratch("tiny.yaml", net);
    write_safetensors("m.safetensors", rows, 4);
    struct ran ran = run_program("import @m.safetensors -o @part --like @tiny.yaml");
    assert_int_equal(ran.status, 0);
    assert_non_null(strstr(ran.err, "'b.pw.weight' has the name of a layer of tiny"));
    assert_non_null(strstr(ran.err, "3 of 4 layers"));
    assert_non_null(strstr(ran.out, "model.stem.weight"));
    free_ran(&ran);
    char *text = read_whole(scratch("part/workload.yaml"));
    assert_null(strstr(text, "old.npy"));
    assert_null(strstr(text, "head.npy")); // two tensors of one shape for one layer
    free(text);
    run_says(1, "import @m.safetensors -o @none --like vgg19_cifar10", "none of its");
}

// A TensorFlow Lite model: a network with its weights.
static void lite_models(void **state) {
    (void)state;
    static struct lite m;
    lite_begin(&m);
    lite_tensor(&m, "x", 0, 4, (const int[]){1, 8, 8, 3});
    const size_t w = lite_tensor(&m, "w", 9, 4, (const int[]){4, 3, 3, 3});
    const size_t data = lite_data(&m, w, 108);
    for (size_t i = 0; i < 108; i++)
        m.b.at[data + i] = (unsigned char)(2 * i);
    lite_scales(&m, w, 1, (const float[]){0.5f}, (const int[]){0}, 0);
    lite_tensor(&m, "\u7b2c\u4e00", 0, 4, (const int[]){1, 4, 4, 4});
    const size_t options = lite_operator(&m, 3, 2, (const int[]){0, 1}, 2);
    flat_number(&m.b, options, 1, 2, 4);
    flat_number(&m.b, options, 2, 2, 4);
    save(scratch("m.tflite"), &m.b);
    run_says(0, "import @m.tflite -o @lite", "1 layer, 1728 MACs, 108 weights");
    run_says(0, "import @m.tflite -o @lite --no-weight-bits", "other parameters");
    char *text = read_whole(scratch("lite/workload.yaml"));
    assert_null(strstr(text, "bits:"));
    free(text);
    run_says(0, "import @m.tflite -o @lite", "\n108 weights are stored in 8 bits\n");
    run_says(0, "import @m.tflite -o @lite -f json", "\"sdse.import/1\"");
    run_says(0, "check @lite/workload.yaml", "ok: network m");
    run_says(0, "decompose @lite -s 0.5", "\u7b2c\u4e00");
    run_says(0, "map -a tests/data/cli/arch.yaml -w @lite/workload.yaml",
             "proved optimal");
    run_says(2, "import @m.tflite -o @lite -i x=1x8x8x3", "--input goes with an ONNX");
    m.b.length -= 200;
    save(scratch("m.tflite"), &m.b);
    run_says(1, "import @m.tflite -o @never", "tflite-");
}

// Words of 8 bits are taken as they are, which is said; those of TensorFlow.js have a
// scale.
static void scales(void **state) {
    (void)state;
    static struct file_bytes bytes;
    bytes.length = 0;
    put_safetensors_header(&bytes, "{\"w\":{\"dtype\":\"I8\",\"shape\":[2,2],"
                                   "\"data_offsets\":[0,4]}}");
    put(&bytes, "\1\2\3\4", 4);
    save(scratch("i8.safetensors"), &bytes);
    struct ran ran = run_program("import @i8.safetensors -o @i8");
    assert_int_equal(ran.status, 0);
    assert_non_null(strstr(ran.err, "[tensors-unscaled]"));
    free_ran(&ran);
    write_scratch(
        "model.json",
        "{\"modelTopology\": {}, \"weightsManifest\": [{\"paths\": [\"g.bin\"],"
        "\"weights\": [{\"name\": \"d/kernel\", \"shape\": [2, 2], \"dtype\": "
        "\"float32\", \"quantization\": {\"dtype\": \"uint8\", \"scale\": 2, "
        "\"min\": -1}}]}]}");
    write_scratch("g.bin", "\1\2\3\4");
    ran = run_program("import @model.json -o @js");
    assert_int_equal(ran.status, 0);
    assert_null(strstr(ran.err, "tensors-unscaled"));
    free_ran(&ran);
    assert_true(first_of("js/weights/d_kernel.npy", 4) == 1);
}

// The same weights with Keras's topology: a network; by --like tensors as before.
static void web_models(void **state) {
    (void)state;
    static const char weights[] =
        "\"weightsManifest\": [{\"paths\": [\"g.bin\"], \"weights\": [{\"name\": "
        "\"d/kernel\", \"shape\": [2, 2], \"dtype\": \"float32\", \"quantization\": "
        "{\"dtype\": \"uint8\", \"scale\": 2, \"min\": -1}}]}]}";
    char text[2000];
    snprintf(text, sizeof text,
             "{\"modelTopology\": {\"class_name\": \"Sequential\", \"config\": "
             "{\"name\": \"tiny\", \"layers\": [{\"class_name\": \"Dense\", "
             "\"config\": {\"name\": \"d\", \"use_bias\": false, \"units\": 2, "
             "\"batch_input_shape\": [null, null, 2]}}]}}, %s",
             weights);
    write_scratch("model.json", text);
    write_scratch("g.bin", "\1\2\3\4");
    run_says(1, "import @model.json -o @web", "'d_input'");
    run_says(0, "import @model.json -o @web -i d_input=2x5x2 --batch-axis 0",
             "1 layer, 40 MACs, 4 weights");
    run_says(0, "import @model.json -o @web -i d_input=2x5x2",
             "4 weights are stored in 8 bits");
    run_says(0, "check @web/workload.yaml", "ok: network tiny");
    char *yaml = read_whole(scratch("web/workload.yaml"));
    assert_non_null(strstr(yaml, "bits: {weights: 8}"));
    free(yaml);
    assert_true(first_of("web/weights/d.npy", 4) == 1); // [out][in] of 1 3 5 7
    run_says(0, "import @model.json -o @web -i d_input=2x5x2 --no-weight-bits -f json",
             "\"sdse.import/1\"");
    yaml = read_whole(scratch("web/workload.yaml"));
    assert_null(strstr(yaml, "bits:"));
    run_says(2, "import @model.json -o @web -i d_input=2x5x2 --shapes-only",
             "--shapes-only goes with an ONNX model");
    run_says(2, "import @model.json @g.bin -o @web -i d_input=2x5x2", "a second");
    run_says(0, "import @model.json -o @like --like @web/workload.yaml", "matched_by");
    run_says(2, "import @model.json -o @like --like @web/workload.yaml -i x=1x2",
             "--input goes with");
    text[strcspn(text, "D")] = 'Q'; // a class of nobody's
    free(yaml);
    write_scratch("model.json", text);
    run_says(1, "import @model.json -o @never -i d_input=1x1x2",
             "modelTopology.config.layers[0]: layer 'd' (Qense)");
}

#define BYTES(text) text, sizeof text - 1
static void look_alikes(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        const char *says;
    } rows[] = {
        {BYTES("version https://git-lfs.github.com/spec/v1\n"), "a pointer of git-lfs"},
        {BYTES("\xef\xbb\xbf \n<!doctype HTML>"), "a web page"},
        {BYTES("{\"a\": 1}\n"), "this is text, but no design"},
        {BYTES("\xc3\xa4: \t[1]\r\n"), "this is text, but no design"},
        {BYTES("text\1"), "not an ONNX file"},
        {BYTES("\x89HDF\r\n\x1a\n"), "an HDF5 file"},
        {BYTES("GGUF\3\0\0\0"), "a GGUF file"},
        {BYTES("\x80\2}q\1."), "a pickle"},
        {BYTES("\x80\4\x95"), "a pickle"},
        {BYTES("\x80\2\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."),
         "PyTorch before 1.6"},
        {BYTES("\x1f\x8b\x08"), "compressed by gzip"},
        {BYTES("PK\5\6"), "a zip archive that is broken"},
        {BYTES("\x93NUMPY\1\0"), "one array"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static struct file_bytes bytes;
        bytes.length = 0;
        put(&bytes, rows[i].bytes, rows[i].length);
        save(scratch("look"), &bytes);
        run_says(1, "import @look -o @never", rows[i].says);
    }
    zip_t *archive = zip_create(scratch("other.zip"));
    static struct file_bytes bytes;
    put(&bytes, "x", 1);
    zip_put(archive, "a.txt", &bytes, ZIP_CM_STORE);
    assert_int_equal(zip_close(archive), 0);
    run_says(1, "import @other.zip -o @never", "a zip archive without arrays");
    assert_int_equal(mkdir(scratch("saved"), 0777), 0);
    write_scratch("saved/saved_model.pb", "\x08\x01");
    run_says(1, "import @saved -o @never", "a SavedModel");
    run_says(1, "import @saved/saved_model.pb -o @never", "a SavedModel");
    assert_int_equal(mkdir(scratch("bare"), 0777), 0);
    run_says(1, "import @bare -o @never", "no tensor");
    assert_null(read_whole(scratch("never/manifest.tsv")));
}

// An input is never an output, and a failure leaves nothing that looks whole.
static void inputs_are_kept(void **state) {
    (void)state;
    write_safetensors("m.safetensors", tensors, 6);
    assert_int_equal(mkdir(scratch("in"), 0777), 0);
    run_says(0, "import @m.safetensors -o @in", "written");
    run_says(1, "import @in -o @in2", "sdse decompose reads it");
    run_says(1, "import @in/weights -o @in", "output-input");
    run_says(2, "import @m.safetensors -o @x -i x=1x3", "--input goes with an ONNX");
    run_says(2, "import @m.safetensors -o @x --lossy", "--lossy goes with text");
    run_says(2, "import @m.safetensors @m.safetensors -o @x", "one model at a time");
    run_says(2, "import tests/data/cli/net.yaml -o @x --like resnet50",
             "--like goes with a file of tensors");
}

// A network's folder becomes that of tensors alone, of which no network is known.
static void older_imports_leave_nothing(void **state) {
    (void)state;
    struct stat info;
    write_safetensors("m.safetensors", tensors, 6);
    write_safetensors("one.safetensors", &tensors[0], 1);
    write_scratch("net.yaml", net);
    run_says(0, "import @m.safetensors -o @older --like @net.yaml", "written");
    assert_int_equal(stat(scratch("older/workload.yaml"), &info), 0);
    assert_int_equal(stat(scratch("older/weights/head.npy"), &info), 0);
    run_says(0, "import @one.safetensors -o @older", "written");
    assert_int_equal(stat(scratch("older/workload.yaml"), &info), -1);
    assert_int_equal(stat(scratch("older/weights/head.npy"), &info), -1);
    assert_int_equal(stat(scratch("older/manifest.tsv"), &info), 0);
    run_says(0, "decompose @older -s 0.5", "real");
    // An input of the run stays, whatever an older manifest says of it.
    run_says(0, "import @m.safetensors -o @older", "written");
    assert_int_equal(mkdir(scratch("arrays"), 0777), 0);
    assert_int_equal(
        link(scratch("older/weights/stem.weight.npy"), scratch("arrays/renamed.npy")),
        0);
    run_says(0, "import @arrays -o @older", "written");
    assert_int_equal(stat(scratch("older/weights/renamed.npy"), &info), 0);
    assert_int_equal(stat(scratch("older/weights/stem.weight.npy"), &info), 0);
    assert_int_equal(stat(scratch("older/weights/b.pw.weight.npy"), &info), -1);
}

// A number that cannot be written is found before anything is: what is before it in the
// file does not replace what an earlier import wrote.
static void nothing_is_half_written(void **state) {
    (void)state;
    static struct file_bytes bytes;
    put_safetensors_header(&bytes,
                           "{\"stem.weight\":{\"dtype\":\"F32\",\"shape\":[8,3,3,3],"
                           "\"data_offsets\":[0,864]},"
                           "\"wide.weight\":{\"dtype\":\"F64\",\"shape\":[2,1],"
                           "\"data_offsets\":[864,880]}}");
    for (size_t i = 0; i < 216; i++)
        put_f32(&bytes, 7);
    const double wide[] = {1e300, 1};
    for (size_t i = 0; i < 2; i++) {
        uint64_t bits;
        memcpy(&bits, &wide[i], sizeof bits);
        put_number(&bytes, bits, 8);
    }
    save(scratch("wide.safetensors"), &bytes);
    run_says(1, "import @wide.safetensors -o @fresh", "tensors-range");
    struct stat info;
    assert_int_equal(stat(scratch("fresh"), &info), -1);
    write_safetensors("m.safetensors", tensors, 6);
    run_says(0, "import @m.safetensors -o @kept", "written");
    const float first = first_of("kept/weights/stem.weight.npy", 216);
    run_says(1, "import @wide.safetensors -o @kept", "tensors-range");
    assert_true(first_of("kept/weights/stem.weight.npy", 216) == first);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(folder_of_weights),
                                       cmocka_unit_test(layers_of_a_network),
                                       cmocka_unit_test(widths_of_a_network),
                                       cmocka_unit_test(contradictions_are_said),
                                       cmocka_unit_test(lite_models),
                                       cmocka_unit_test(scales),
                                       cmocka_unit_test(web_models),
                                       cmocka_unit_test(look_alikes),
                                       cmocka_unit_test(inputs_are_kept),
                                       cmocka_unit_test(older_imports_leave_nothing),
                                       cmocka_unit_test(nothing_is_half_written)};
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
