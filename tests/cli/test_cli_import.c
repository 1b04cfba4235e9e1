// sdse import: what it writes is a network that checks, maps and decomposes; what it
// cannot read it names.
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
#include "support/onnx_builder.h"
#include "support_program.h"

// The model, but for its last `cut` bytes.
static void write_packed(const char *name, const struct onnx_builder *b, size_t cut) {
    size_t length;
    const unsigned char *bytes = onnx_pack(b, &length);
    FILE *file = fopen(scratch(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length - cut, file), length - cut);
    assert_int_equal(fclose(file), 0);
}

// x -> Conv 4x3x3x3 -> Relu -> Flatten -> Gemm 5x64, batch left open; written to
// `name`, but for its last `cut` bytes.
static void write_model(const char *name, size_t cut) {
    struct sdse_arena *arena = sdse_arena_new();
    struct onnx_builder b;
    onnx_begin(&b, arena);
    onnx_input(&b, "x", ONNX_DIMS(0, 3, 6, 6));
    onnx_floats(&b, "w", ONNX_DIMS(4, 3, 3, 3));
    onnx_floats(&b, "v", ONNX_DIMS(5, 64));
    onnx_floats(&b, "bias", ONNX_DIMS(5));
    onnx_node(&b, "Conv", "first", "x,w", "a");
    onnx_node(&b, "Relu", "relu", "a", "r");
    onnx_node(&b, "Flatten", "flat", "r", "f");
    onnx_set_int(&b, onnx_node(&b, "Gemm", "last", "f,v,bias", "y"), "transB", 1);
    write_packed(name, &b, cut);
    sdse_arena_free(arena);
}

static void succeeds(const char *line, const char *says) {
    struct ran ran = run_program(line);
    if (ran.status != 0)
        fail_msg("sdse %s: exit status %d\n%s", line, ran.status, ran.err);
    if (!strstr(ran.out, says))
        fail_msg("sdse %s does not say '%s':\n%s", line, says, ran.out);
    free_ran(&ran);
}

static void writes_a_network(void **state) {
    (void)state;
    write_model("model.onnx", 0);
    golden_out("import_model", 0, "import @model.onnx -o @model -i x=2x3x6x6");
    succeeds("import @model.onnx -o @named -i N=2", "2 layers, 4096 MACs");
    succeeds("import @model.onnx -o @named -i N=2 --batch-axis none",
             "last  fc          1    ");
    succeeds("import @model.onnx -o @named -i N=2 --batch-axis 0",
             "last  fc          2    ");
    succeeds("check @model/workload.yaml", "ok: network");
    succeeds("decompose @model -s 0.5", "real");
    succeeds("decompose @model/workload.yaml -l first --total -f csv", "real");
    succeeds("map -a tests/data/cli/arch.yaml -w @model/workload.yaml -l last",
             "proved optimal");
}

// A number that no f32 holds, in the last layer: the first one is not written either.
static void nothing_is_half_written(void **state) {
    (void)state;
    double wide[8] = {1, 1e300};
    struct sdse_arena *arena = sdse_arena_new();
    struct onnx_builder b;
    onnx_begin(&b, arena);
    onnx_input(&b, "x", ONNX_DIMS(2, 3));
    onnx_floats(&b, "w", ONNX_DIMS(3, 4));
    Onnx__TensorProto *last =
        onnx_tensor(&b, "v", ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE, ONNX_DIMS(4, 2));
    last->n_double_data = 8;
    last->double_data = wide;
    onnx_initializer(&b, last);
    onnx_node(&b, "MatMul", "first", "x,w", "h");
    onnx_node(&b, "MatMul", "last", "h,v", "y");
    write_packed("wide.onnx", &b, 0);
    sdse_arena_free(arena);
    struct ran ran = run_program("import @wide.onnx -o @fresh");
    assert_int_equal(ran.status, 1);
    assert_non_null(strstr(ran.err, "beyond the range of f32"));
    free_ran(&ran);
    struct stat info;
    assert_int_equal(stat(scratch("fresh"), &info), -1);
}

// A product of two inputs: there is nothing to decompose, and nothing is said of it.
static void without_weights_nothing_decomposes(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct onnx_builder b;
    onnx_begin(&b, arena);
    onnx_input(&b, "x", ONNX_DIMS(2, 3, 4));
    onnx_input(&b, "z", ONNX_DIMS(2, 4, 5));
    onnx_node(&b, "MatMul", "product", "x,z", "y");
    write_packed("bare.onnx", &b, 0);
    sdse_arena_free(arena);
    struct ran ran = run_program("import @bare.onnx -o @bare");
    assert_int_equal(ran.status, 0);
    assert_non_null(strstr(ran.out, "workload.yaml, without weights"));
    assert_null(strstr(ran.out, "sdse decompose"));
    free_ran(&ran);
}

// A network that somebody wrote there is found before any weights are written.
static void a_network_in_the_way_stays_alone(void **state) {
    (void)state;
    write_model("model.onnx", 0);
    assert_int_equal(mkdir(scratch("taken"), 0777), 0);
    write_scratch("taken/workload.yaml", "name: mine\n");
    struct ran ran = run_program("import @model.onnx -o @taken -i N=2");
    assert_int_equal(ran.status, 1);
    assert_non_null(strstr(ran.err, "output-kind"));
    free_ran(&ran);
    struct stat info;
    assert_int_equal(stat(scratch("taken/weights"), &info), -1);
    assert_int_equal(stat(scratch("taken/manifest.tsv"), &info), -1);
    succeeds("import @model.onnx -o @taken -i N=2 --force", "2 layers");
}

// The files hold the model's numbers.
static void weights_are_the_models(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_manifest manifest;
    assert_int_equal(sdse_manifest_read(scratch("model"), arena, &manifest, &diags),
                     SDSE_OK);
    assert_int_equal(manifest.count, 2);
    static const uint64_t counts[] = {4 * 3 * 3 * 3, 5 * 64};
    for (size_t i = 0; i < 2; i++) {
        struct sdse_array array;
        assert_int_equal(sdse_npy_read(manifest.entries[i].path, &array, NULL),
                         SDSE_OK);
        assert_int_equal(array.count, counts[i]);
        for (size_t k = 0; k < array.count; k++)
            assert_true(array.data[k] == onnx_pattern(k));
        sdse_array_free(&array);
    }
    sdse_arena_free(arena);
}

static void names_what_is_wrong(void **state) {
    (void)state;
    golden_err("import_no_file", 1, "import @no.onnx -o @x");
    golden_err("import_input", 2, "import @model.onnx -o @x -i x=axb,y");
    golden_err("import_batch", 2, "import @model.onnx -o @x --batch-axis x=8,y,=1,-1");
    golden_err("import_batch_axis", 1,
               "import @model.onnx -o @x -i N=2 --batch-axis x=1");
    golden_err("import_open", 1, "import @model.onnx -o @x");
    golden_err("import_input_name", 1, "import @model.onnx -o @x -i z=1x3x6x6");
    golden_err("import_contradiction", 1, "import @model.onnx -o @x -i x=1x4x6x6");
    write_model("cut.onnx", 7);
    golden_err("import_cut", 1, "import @cut.onnx -o @x -i x=1x3x6x6");
    struct ran ran = run_program("import tests/data/cli/net.yaml -o @x");
    assert_int_equal(ran.status, 1);
    assert_non_null(strstr(ran.err, "tests/data/cli/net.yaml"));
    free_ran(&ran);
    golden_err("import_unwritable", 3,
               "import @model.onnx -o /nonexistent/x -i x=1x3x6x6");
    assert_null(read_whole(scratch("x/workload.yaml"))); // nothing was begun
}

// Without weights: the network is marked, maps, and stays marked when it is shown.
static void shapes_alone_are_marked(void **state) {
    (void)state;
    golden_out("import_shapes_only", 0,
               "import @model.onnx -o @shapes -i N=2 --shapes-only");
    succeeds("check @shapes/workload.yaml", "ok: network");
    succeeds("show workload @shapes/workload.yaml",
             "? weights that its model has and import did not read");
    succeeds("map -a tests/data/cli/arch.yaml -w @shapes/workload.yaml -l last",
             "proved optimal");
    succeeds("decompose @shapes/workload.yaml -l first --total -f csv", "synthetic");
    succeeds("import @model.onnx -o @shapes -i N=2 --shapes-only -f json",
             "shapes only, weights not read");
    assert_null(read_whole(scratch("shapes/manifest.tsv")));
    assert_null(read_whole(scratch("shapes/weights/first.npy")));
    struct ran ran = run_program("decompose @shapes");
    assert_int_equal(ran.status, 1);
    free_ran(&ran);
    ran = run_program("import @made.cfg -o @x.yaml --shapes-only");
    assert_int_not_equal(ran.status, 0);
    free_ran(&ran);
}

// Runs each command that an import tells to go on with, as a shell takes the line.
static void go_on(const char *line, unsigned commands) {
    char *said = run_text(0, line);
    unsigned ran = 0;
    for (char *at = strstr(said, "\n  sdse "); at; at = strstr(at, "\n  sdse ")) {
        at += strlen("\n  sdse ");
        char command[2000];
        snprintf(command, sizeof command, "%s %.*s >/dev/null", SDSE_PROGRAM,
                 (int)strcspn(at, "\n"), at);
        if (system(command) != 0)
            fail_msg("sdse %s: does not run: %s", line, command);
        ran++;
    }
    free(said);
    assert_int_equal(ran, commands);
}

static void what_to_go_on_with_runs_in_a_shell(void **state) {
    (void)state;
    write_model("model.onnx", 0);
    go_on("import @model.onnx -o @it's~mine -i N=2 --shapes-only", 1);
    go_on("import @model.onnx -o @it's~mine -i N=2", 2);
    go_on("import tests/data/timeloop/tensor_core/arch.yaml "
          "tests/data/timeloop/tensor_core/gemm.yaml "
          "tests/data/timeloop/tensor_core/mapping.yaml -o @a~design",
          1);
}

static bool is_there(const char *name) {
    struct stat info;
    return lstat(scratch(name), &info) == 0;
}

// x -> MatMul 3x4 `last`
static void write_other_model(const char *name) {
    struct sdse_arena *arena = sdse_arena_new();
    struct onnx_builder b;
    onnx_begin(&b, arena);
    onnx_input(&b, "x", ONNX_DIMS(2, 3));
    onnx_floats(&b, "w", ONNX_DIMS(3, 4));
    onnx_node(&b, "MatMul", "last", "x,w", "y");
    write_packed(name, &b, 0);
    sdse_arena_free(arena);
}

// A folder is that of the last import: what an older one wrote, and none else, goes.
static void older_imports_leave_nothing(void **state) {
    (void)state;
    write_model("model.onnx", 0);
    write_other_model("other.onnx");
    succeeds("import @model.onnx -o @again -i N=2", "2 layers");
    assert_true(is_there("again/weights/first.npy"));
    char *bytes = read_whole(scratch("again/weights/last.npy"));
    assert_non_null(bytes);
    // Nobody's: in no manifest; and not of an import, though in one.
    assert_int_equal(
        link(scratch("again/weights/last.npy"), scratch("again/weights/mine.npy")), 0);
    assert_int_equal(link(scratch("again/weights/last.npy"), scratch("again/own.npy")),
                     0);
    write_scratch("again/weights/text.npy", "no array\n");
    assert_int_equal(symlink("mine.npy", scratch("again/weights/link.npy")), 0);
    FILE *manifest = fopen(scratch("again/manifest.tsv"), "a");
    assert_non_null(manifest);
    fputs("own\tfc\town.npy\t5x64\ntext\tfc\tweights/text.npy\t5x64\n"
          "link\tfc\tweights/link.npy\t5x64\ngone\tfc\tweights/gone.npy\t5x64\n"
          "out\tfc\tweights/../own.npy\t5x64\nbroken line\n",
          manifest);
    assert_int_equal(fclose(manifest), 0);
    free(bytes);

    // An import that fails removes nothing.
    struct ran ran = run_program("import @model.onnx -o @again -i N=0");
    assert_int_not_equal(ran.status, 0);
    free_ran(&ran);
    assert_true(is_there("again/weights/first.npy"));

    ran = run_program("import @other.onnx -o @again");
    assert_int_equal(ran.status, 0);
    assert_non_null(strstr(ran.err, "1 file of an older import removed, "
                                    "'weights/first.npy' the first"));
    free_ran(&ran);
    assert_false(is_there("again/weights/first.npy"));
    assert_true(is_there("again/weights/last.npy"));
    assert_true(is_there("again/weights/mine.npy"));
    assert_true(is_there("again/weights/text.npy"));
    assert_true(is_there("again/weights/link.npy"));
    assert_true(is_there("again/own.npy"));
    succeeds("decompose @again -s 0.5", "last");
    ran = run_program("import @other.onnx -o @again");
    assert_int_equal(ran.status, 0);
    assert_string_equal(ran.err, "");
    free_ran(&ran);

    // Of shapes there are no weights, nor a manifest of them.
    ran = run_program("import @other.onnx -o @again --shapes-only");
    assert_int_equal(ran.status, 0);
    assert_non_null(strstr(ran.err, "2 files of an older import removed"));
    free_ran(&ran);
    assert_false(is_there("again/weights/last.npy"));
    assert_false(is_there("again/manifest.tsv"));
    assert_true(is_there("again/weights/mine.npy"));
    succeeds("import @model.onnx -o @bare_shapes -i N=2", "2 layers");
    succeeds("import @model.onnx -o @bare_shapes -i N=2 --shapes-only", "2 layers");
    assert_true(is_there("bare_shapes/workload.yaml"));
    assert_false(is_there("bare_shapes/weights"));

    // What somebody wrote is no manifest of an import.
    succeeds("import @model.onnx -o @again -i N=2", "2 layers");
    write_scratch("again/manifest.tsv", "weights\nlayer\tfc\tweights/first.npy\t1\n");
    succeeds("import @other.onnx -o @again --shapes-only", "1 layer");
    assert_true(is_there("again/manifest.tsv"));
    assert_true(is_there("again/weights/first.npy"));
}

// What the system would not remove is found before anything is written.
static void an_older_import_that_stays_is_said(void **state) {
    (void)state;
    if (geteuid() == 0)
        return; // who may remove anything
    succeeds("import @model.onnx -o @fixed -i N=2", "2 layers");
    char *before = read_whole(scratch("fixed/workload.yaml"));
    assert_non_null(before);
    assert_int_equal(chmod(scratch("fixed/weights"), 0555), 0);
    struct ran ran = run_program("import @other.onnx -o @fixed --shapes-only");
    assert_int_equal(chmod(scratch("fixed/weights"), 0777), 0);
    assert_int_equal(ran.status, 3);
    assert_non_null(strstr(ran.err, "output-write"));
    free_ran(&ran);
    char *after = read_whole(scratch("fixed/workload.yaml"));
    assert_string_equal(before, after);
    assert_true(is_there("fixed/manifest.tsv"));
    free(before);
    free(after);
}

static void write_text(const char *name, const char *text) {
    FILE *file = fopen(scratch(name), "wb");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void says_on_stderr(const char *line, const char *says) {
    struct ran ran = run_program(line);
    assert_int_equal(ran.status, 0);
    if (!strstr(ran.err, says))
        fail_msg("sdse %s does not warn '%s':\n%s", line, says, ran.err);
    free_ran(&ran);
}

// What a network leaves out is said by whoever uses it.
static void what_is_left_out_is_said(void **state) {
    (void)state;
    write_text("left.yaml",
               "name: left\nsource: made up\nnot_modelled:\n"
               "  - {operator: LSTM, name: rnn, reason: no layer, "
               "weights: 77}\n"
               "  - {operator: Lin, name: f, reason: unknown}\n"
               "layers:\n  - {name: a, kind: fc, in: 8, out_channels: 4}\n");
    write_text("whole.yaml",
               "name: whole\nsource: made up\n"
               "layers:\n  - {name: a, kind: fc, in: 8, out_channels: 4}\n");
    write_text("left_sweep.yaml",
               "name: s\nworkloads: [left.yaml, whole.yaml]\narchs: [" SDSE_SOURCE_DIR
               "/tests/data/cli/arch.yaml]\n");
    const char *warning = "'rnn' (LSTM, 77 weights: no layer)";
    succeeds("check @left.yaml", "1 layer, 2 operators not modelled");
    says_on_stderr("check @left.yaml", warning);
    says_on_stderr("map -a tests/data/cli/arch.yaml -w @left.yaml", warning);
    says_on_stderr("sweep @left_sweep.yaml -o @left.db", warning);
    succeeds("query -f csv @left.db SELECT~workload,not_modelled~FROM~v_point~ORDER~"
             "BY~workload",
             "left,2\nwhole,0\n");
    write_text("bad.yaml",
               "name: bad\nsource: x\nnot_modelled: [{name: a}]\nlayers: []\n");
    struct ran ran = run_program("check @bad.yaml");
    assert_int_equal(ran.status, 1);
    assert_non_null(strstr(ran.err, "operator"));
    free_ran(&ran);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_network),
        cmocka_unit_test(without_weights_nothing_decomposes),
        cmocka_unit_test(nothing_is_half_written),
        cmocka_unit_test(a_network_in_the_way_stays_alone),
        cmocka_unit_test(shapes_alone_are_marked),
        cmocka_unit_test(what_to_go_on_with_runs_in_a_shell),
        cmocka_unit_test(older_imports_leave_nothing),
        cmocka_unit_test(an_older_import_that_stays_is_said),
        cmocka_unit_test(weights_are_the_models),
        cmocka_unit_test(names_what_is_wrong),
        cmocka_unit_test(what_is_left_out_is_said),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
