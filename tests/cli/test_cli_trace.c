// sdse trace: what it measures is in the network it writes, and what a form spoils is
// what the tables say; what it cannot run or read it names.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smartdeal/npy.h"
#include "support_model.h"
#include "support_program.h"

// The line with the scratch folder for each '$': inside a word.
static const char *filled(const char *line) {
    static char text[2][1024];
    static unsigned turn;
    const char *folder = scratch("");
    char *out = text[turn++ % 2], *at = out;
    for (; *line; line++)
        at += snprintf(at, (size_t)(out + 1024 - at), "%.*s",
                       *line == '$' ? (int)strlen(folder) : 1,
                       *line == '$' ? folder : line);
    return out;
}

static char *succeeds(const char *line, const char *says) {
    struct ran ran = run_program(line);
    if (ran.status != 0)
        fail_msg("sdse %s: exit status %d\n%s", line, ran.status, ran.err);
    if (!strstr(ran.out, says))
        fail_msg("sdse %s does not say '%s':\n%s", line, says, ran.out);
    free(ran.err);
    return ran.out;
}

static void begin(void) {
    write_model("model.onnx", "Identity", 0);
    write_inputs("x.npy", 3, 1);
    write_inputs("z.npy", 2, 2);
}

static void measures_and_writes(void **state) {
    (void)state;
    begin();
    golden_out("trace_layers", 0, "trace @model.onnx --inputs @x.npy -o @net -j 1");
    free(succeeds("check @net/workload.yaml", "ok: network"));
    char *shown = succeeds("show workload @net/workload.yaml", "measured, 3 inputs");
    assert_non_null(strstr(shown, "first"));
    free(shown);
    free(succeeds("decompose @net -s 0.5", "real"));
    // The same of any number of threads, in one file or two, and as csv.
    char *once = succeeds(filled("trace @model.onnx -i x=$x.npy,$z.npy -f csv -j 1"),
                          "last,fc,8");
    char *again = succeeds(filled("trace @model.onnx -i @x.npy,$z.npy -f csv -j 3"),
                           "first,conv");
    assert_string_equal(once, again);
    free(once);
    free(again);
}

static void bits_are_of_what_is_not_quantised(void **state) {
    (void)state;
    begin();
    free(succeeds("trace @model.onnx -i @x.npy -b 4 -f csv", "first,conv,4,yes"));
    golden_err("trace_bits", 2, "trace @model.onnx -i @x.npy -b 17");
    golden_err("trace_word_bits", 2, "trace @model.onnx -i @x.npy --word-bits 1");
}

// Without -o DIR the weights are elsewhere, or nowhere.
static void writes_the_workload_alone(void **state) {
    (void)state;
    begin();
    struct ran ran = run_program("trace @model.onnx -i @x.npy -o @alone.yaml");
    assert_int_equal(ran.status, 0);
    assert_non_null(strstr(ran.err, "the weights of 2 layers are not beside it"));
    free_ran(&ran);
    char *text = read_whole(scratch("alone.yaml"));
    assert_null(strstr(text, "weights:"));
    assert_non_null(strstr(text, "activations: {mark: measured, inputs: 3, "));
    free(text);
    free(succeeds("import @model.onnx -o @net -i x=1x3x6x6", "written"));
    free(succeeds("trace @model.onnx -i @x.npy -o @net/workload.yaml", "first"));
    text = read_whole(scratch("net/workload.yaml"));
    assert_non_null(strstr(text, "weights: "));
    assert_non_null(strstr(text, "activations: {"));
    assert_non_null(strstr(text, "weight_digits: {mark: measured, bits: 8, digits: "));
    free(text);
    free(succeeds("trace @model.onnx -i @x.npy -o @five.yaml --word-bits 5", "first"));
    text = read_whole(scratch("five.yaml"));
    assert_non_null(strstr(text, "weight_digits: {mark: measured, bits: 5, digits: "));
    free(text);
}

// Every weight is counted once, in each encoding; histograms end where words end.
static void counts_digits_of_weights(void **state) {
    (void)state;
    static const double words[2] = {4 * 3 * 3 * 3, 5 * 64};
    begin();
    free(succeeds("trace @model.onnx -i @x.npy -o @digits.yaml", "first"));
    char *text = read_whole(scratch("digits.yaml")), *at = text;
    for (unsigned layer = 0; layer < 2; layer++) {
        at = strstr(at, "weight_digits: ");
        assert_non_null(at);
        for (unsigned e = 0; e < 3; e++) {
            double sum = 0, last = 0;
            at = strchr(at, '[');
            assert_non_null(at);
            for (; *at != ']'; sum += last)
                last = strtod(at + 1, &at);
            assert_true(sum == words[layer] && last > 0);
        }
    }
    free(text);
}

// A density of the words of each input channel: those of the layers' words.
static void says_weights_by_channel(void **state) {
    (void)state;
    static const unsigned channels[2] = {3, 64};
    begin();
    free(succeeds("trace @model.onnx -i @x.npy -o @channels.yaml --word-bits 2",
                  "first"));
    char *text = read_whole(scratch("channels.yaml")), *at = text;
    for (unsigned layer = 0; layer < 2; layer++) {
        double zeros, words, sum = 0, last = 0;
        unsigned count = 0;
        bool uneven = false;
        at = strstr(at, "weight_digits: ");
        assert_non_null(at);
        at = strchr(at, '[');
        zeros = words = strtod(at + 1, &at);
        while (*at != ']')
            words += strtod(at + 1, &at);
        at = strstr(at, "channels: [") + strlen("channels: ");
        for (; *at != ']'; count++) {
            const double density = strtod(at + 1, &at);
            uneven |= count > 0 && density != last;
            sum += last = density;
        }
        assert_int_equal(count, channels[layer]);
        assert_true(fabs(sum / count - (1 - zeros / words)) < 1e-5);
        assert_true(uneven);
    }
    free(text);
    free(succeeds("check @channels.yaml", ""));
}

static double number_after(const char *text, const char *form, int column) {
    const char *at = strstr(text, form);
    assert_non_null(at);
    for (int i = 0; i < column; i++)
        at = strchr(at, ',') + 1;
    return strtod(at, NULL);
}

static void forms_spoil_the_outputs(void **state) {
    (void)state;
    begin();
    char *out = succeeds(filled("trace @model.onnx -i @x.npy,$z.npy -f csv --form "
                                "[raw,~{sparsity:~[0.1,~0.9]}]"),
                         "form,output_sqnr_db,best_class_agreement,agreeing,places\n");
    double raw = number_after(out, "\nraw,", 1);
    double some = number_after(out, "sparsity=0.1,", 1);
    double most = number_after(out, "sparsity=0.9,", 1);
    if (!(raw > some && some > most))
        fail_msg("%s", out);
    assert_true(number_after(out, "\nraw,", 4) == 5); // five inputs, a class of each
    free(out);
    out =
        succeeds("trace @model.onnx -i @x.npy -f csv --form raw --word-bits 12", "raw");
    assert_true(number_after(out, "\nraw,", 1) > raw + 12); // 6 dB a bit
    free(out);
    golden_err("trace_form_declared", 1,
               "trace @model.onnx -i @x.npy --form density:~0.5");
    golden_err("trace_form_wrong", 1,
               "trace @model.onnx -i @x.npy --form sparsty:~0.5");
}

static void names_what_is_wrong(void **state) {
    (void)state;
    begin();
    write_model("grid.onnx", "NonZero", 0);
    write_model("two.onnx", "Identity", 2);
    golden_err("trace_no_inputs", 2, "trace @model.onnx");
    golden_err("trace_no_file", 1, "trace @model.onnx -i @no.npy");
    golden_err("trace_input_name", 1, filled("trace @model.onnx -i z=$x.npy"));
    golden_err("trace_inputs_empty", 2, "trace @model.onnx -i =@x.npy");
    golden_err("trace_batch", 1, "trace @two.onnx -i @x.npy"); // 3 are not 2 each
    free(succeeds("trace @two.onnx -i @z.npy", "first"));
    struct ran ran = run_program("trace @grid.onnx -i @x.npy");
    assert_int_equal(ran.status, 1);
    assert_non_null(strstr(ran.err, "node 'middle' (NonZero): "));
    free_ran(&ran);
    ran = run_program("trace @model.onnx -i @x.npy -o @x.npy");
    assert_int_equal(ran.status, 3); // no folder
    free_ran(&ran);
    write_bytes("mine.yaml", "name: mine\n", 11);
    ran = run_program("trace @model.onnx -i @x.npy -o @mine.yaml");
    assert_int_equal(ran.status, 1);
    assert_non_null(strstr(ran.err, "output-kind"));
    free_ran(&ran);
}

// Measured on other inputs it is another network: a sweep computes it again.
static void activations_are_part_of_a_points_identity(void **state) {
    (void)state;
    begin();
    static const char sweep[] =
        "name: s\nworkloads: [net/workload.yaml]\narchs: [" SDSE_SOURCE_DIR
        "/tests/data/cli/arch.yaml]\n";
    write_bytes("s.yaml", sweep, strlen(sweep));
    static const char *const files[] = {"@x.npy", "@z.npy", "@x.npy"};
    static const char *const points[] = {"1\n", "2\n", "2\n"};
    for (unsigned i = 0; i < 3; i++) {
        char line[128];
        snprintf(line, sizeof line, "trace @model.onnx -i %s -o @net", files[i]);
        free(succeeds(line, "first"));
        free(succeeds("sweep @s.yaml -o @s.db -q", ""));
        free(succeeds("query -f csv @s.db SELECT~count(*)~FROM~point", points[i]));
    }
}

// The same figures in the row of a point as in the table of forms, for the width that
// the accelerator's words have; part of the point's identity; objectives of fronts.
static void sweeps_have_them_beside_the_energy(void **state) {
    (void)state;
    begin();
    static const char sweep[] =
        "name: s\nworkloads: [net/workload.yaml]\narchs: [" SDSE_SOURCE_DIR
        "/tests/data/cli/arch.yaml]\nweight_forms: [raw, {name: sd, sparsity: 0.3}, "
        "{name: declared, density: 0.5}]\noverride: {word_bits: 10}\noutputs: {model: "
        "model.onnx, inputs: %s}\n";
    static const char *const inputs[] = {"x.npy", "{x: [x.npy, z.npy]}", "x.npy"};
    static const char *const named[] = {"$x.npy", "$x.npy,$z.npy", "$x.npy"};
    static const char *const points[] = {"3\n", "6\n", "6\n"};
    free(succeeds("import @model.onnx -o @net -i x=1x3x6x6", "written"));
    for (unsigned i = 0; i < 3; i++) {
        char text[512], line[256];
        int length = snprintf(text, sizeof text, sweep, inputs[i]);
        write_bytes("s.yaml", text, (size_t)length);
        free(succeeds("check @s.yaml", "3 points"));
        free(succeeds("sweep @s.yaml -o @o.db -q", ""));
        free(succeeds("query -f csv @o.db SELECT~count(*)~FROM~point", points[i]));
        snprintf(line, sizeof line,
                 "trace @model.onnx -i %s -f csv --word-bits 10 --form "
                 "[raw,~{sparsity:~0.3}]",
                 named[i]);
        char *table = succeeds(filled(line), "raw,");
        char *rows = succeeds(
            "query -f csv @o.db SELECT~form,output_sqnr_db,best_class_agreement,"
            "output_error~FROM~v_point~WHERE~superseded=0~ORDER~BY~form",
            "declared,,,\n");
        static const char *const forms[2][2] = {{"\nraw,", "\nraw,"},
                                                {"\nsd,", "sparsity=0.3,"}};
        for (unsigned f = 0; f < 2; f++) {
            const char *row = strstr(rows, forms[f][0]) ? forms[f][0] : "sd,";
            const char *other = strstr(table, forms[f][1]) ? forms[f][1] : "smartdeal,";
            double sqnr = number_after(rows, row, 1);
            assert_true(sqnr == number_after(table, other, 1));
            assert_true(number_after(rows, row, 2) == number_after(table, other, 2));
            double error = number_after(rows, row, 3);
            assert_true(error > 0 && fabs(-20 * log10(error) - sqnr) < 1e-9);
        }
        free(table);
        free(rows);
    }
    char *front = succeeds("pareto @o.db -O storage,output_error,class_loss -f csv",
                           "weight_bits,output_error,(1 - best_class_agreement)");
    assert_non_null(strstr(front, ",sd,"));
    free(front);
    free(succeeds("export @o.db", "\"best_class_agreement\":"));
}

// One model, one form, two widths of words: two errors.
static void each_width_has_its_error(void **state) {
    (void)state;
    begin();
    static const char sweep[] =
        "name: s\nworkloads: [net/workload.yaml]\narchs: [" SDSE_SOURCE_DIR
        "/tests/data/cli/arch.yaml]\noverride: {word_bits: [8, 12]}\n"
        "outputs: [{workload: model, model: model.onnx, inputs: [x.npy]}]\n";
    write_bytes("s.yaml", sweep, strlen(sweep));
    free(succeeds("import @model.onnx -o @net -i x=1x3x6x6", "written"));
    free(succeeds("sweep @s.yaml -o @w.db -q", ""));
    char *rows = succeeds("query -f csv @w.db SELECT~parameters,output_sqnr_db~FROM~"
                          "v_point",
                          "word_bits=8,");
    assert_true(number_after(rows, "word_bits=12,", 1) >
                number_after(rows, "word_bits=8,", 1) + 12);
    free(rows);
}

static void sweeps_name_what_is_wrong_with_models(void **state) {
    (void)state;
    begin();
    free(succeeds("import @model.onnx -o @net -i x=1x3x6x6", "written"));
    free(succeeds("import @model.onnx -o @twin -i x=1x3x6x6", "written"));
    write_model("grid.onnx", "NonZero", 0);
    static const char other[] =
        "name: other\nsource: made up\nlayers:\n  - {name: first, kind: conv, in: "
        "[3, 6, 6], out_channels: 5, kernel: 3}\n";
    write_bytes("other.yaml", other, strlen(other));
    static const struct {
        const char *networks, *outputs, *says;
    } wrong[] = {
        {"net/workload.yaml", "{model: no.onnx, inputs: x.npy}", "no.onnx"},
        {"net/workload.yaml", "{model: model.onnx, inputs: no.npy}", "no.npy"},
        {"net/workload.yaml", "{model: grid.onnx, inputs: x.npy}", "(NonZero)"},
        {"other.yaml", "{model: model.onnx, inputs: x.npy}",
         "has other weights in net"},
        {"net/workload.yaml", "{workload: foo, model: model.onnx, inputs: x.npy}",
         "no network 'foo'"},
        {"net/workload.yaml, other.yaml", "{model: model.onnx, inputs: x.npy}",
         "several networks"},
        {"net/workload.yaml",
         "[{model: model.onnx, inputs: x.npy}, {model: model.onnx, inputs: x.npy}]",
         "two models"},
        {"net/workload.yaml", "{model: model.onnx, inputs: {y: x.npy}}", "'y'"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[1024];
        int length = snprintf(text, sizeof text,
                              "name: s\nworkloads: [%s]\narchs: [" SDSE_SOURCE_DIR
                              "/tests/data/cli/arch.yaml]\noutputs: %s\n",
                              wrong[i].networks, wrong[i].outputs);
        write_bytes("wrong.yaml", text, (size_t)length);
        struct ran ran = run_program("sweep @wrong.yaml -o @wrong.db");
        if (ran.status != 1 || !strstr(ran.err, wrong[i].says))
            fail_msg("%s: %d, %s", wrong[i].outputs, ran.status, ran.err);
        free_ran(&ran);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures_and_writes),
        cmocka_unit_test(bits_are_of_what_is_not_quantised),
        cmocka_unit_test(writes_the_workload_alone),
        cmocka_unit_test(counts_digits_of_weights),
        cmocka_unit_test(says_weights_by_channel),
        cmocka_unit_test(forms_spoil_the_outputs),
        cmocka_unit_test(names_what_is_wrong),
        cmocka_unit_test(activations_are_part_of_a_points_identity),
        cmocka_unit_test(sweeps_have_them_beside_the_energy),
        cmocka_unit_test(each_width_has_its_error),
        cmocka_unit_test(sweeps_name_what_is_wrong_with_models),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
