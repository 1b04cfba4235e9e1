// What verbs say of files that are read: descriptions, weights and models.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json/groups.h"
#include "cli/support_images.h"
#include "cli/support_json_page.h"
#include "cli/support_json_says.h"
#include "cli/support_model.h"
#include "cli/support_program.h"
#include "support/tensor_files.h"

#define DATA "tests/data/cli/"

void of_accelerators(void **state) {
    (void)state;
    struct json *json = says("show arch smartexchange", "sdse.show-arch/1");
    char *table = run_text(0, "show arch smartexchange");
    size_t banked = 0, buffered = 0;
    for (size_t i = 0; i < json_get(json, "levels")->count; i++) {
        const struct json *level = json_at(json_get(json, "levels"), i);
        banked += number(level, "banks") > 1;
        buffered += number(level, "buffering") > 1;
        if (number(level, "banks") > 1)
            names(table, " in %.0f banks", number(level, "banks"));
        if (number(level, "buffering") > 1)
            names(table, "buffered %.0f times", number(level, "buffering"));
    }
    assert_true(banked == 3 && buffered == 2);
    free(table);
    json_free(json);
    json = says("show arch eyeriss", "sdse.show-arch/1");
    table = run_text(0, "show arch eyeriss");
    const struct json *levels = json_get(json, "levels"),
                      *numbers = json_get(json, "numbers");
    names(table, "%s: %g nm, %g GHz, words of %.0f/%.0f/%.0f bit", text(json, "arch"),
          number(json, "node_nm"), number(json, "clock_ghz"),
          number(json, "weights_bits"), number(json, "inputs_bits"),
          number(json, "outputs_bits"));
    names(table, "partial sums of %.0f bit", number(json, "partial_sums_bits"));
    names(table, "multipliers  %.0f, %g cycle", number(json, "multipliers"),
          number(json, "cycles_per_mac"));
    for (size_t i = 0; i < levels->count; i++) {
        const struct json *level = json_at(levels, i);
        names(table, "%-12s %.0f x %s, ", text(level, "level"),
              number(level, "instances"), text(level, "class"));
        names(table, "keeps %s", text(level, "keeps"));
        if (number(level, "fanout_x") > 1)
            names(table, " X %.0f [", number(level, "fanout_x"));
        if (number(level, "fanout_y") > 1)
            names(table, " Y %.0f [", number(level, "fanout_y"));
    }
    assert_true(number(json_at(levels, 1), "capacity_bits") == 8 * 8192);
    assert_true(numbers->count > 20);
    for (size_t i = 0; i < numbers->count; i++) {
        const struct json *of = json_at(numbers, i);
        names(table, "  %-14s %-25s %12.6g %-11s %-11s", text(of, "component"),
              text(of, "number"), number(of, "value"), text(of, "unit"),
              text(of, "mark"));
    }
    free(table);
    json_free(json);
}

static void assert_bits(const struct json *level, const char *key, double bits) {
    const struct json *value = json_get(level, key);
    if (bits == 0)
        assert_int_equal(value->kind, JSON_NULL);
    else
        assert_true(json_number(value) == bits);
}

void of_stored_widths(void **state) {
    (void)state;
    static const char *const keys[] = {"weights_bits",    "inputs_bits",
                                       "outputs_bits",    "partial_sums_bits",
                                       "least_read_bits", "least_write_bits"};
    static const double bits[][6] = {
        {8, 9, 10, 16, 0, 32}, {6, 9, 18, 18, 64, 64}, {0, 0, 10, 12, 24, 0}};
    write_scratch(
        "wide.yaml",
        "name: wide\nsource: made up\nnode_nm: 28\nclock_ghz: 1\n"
        "tensors: {weights: {bits: 8}, inputs: {bits: 9}, outputs: {bits: 10, "
        "partial_bits: 16}}\nlevels:\n"
        "  - level: DRAM\n    memory: {class: dram, pj_per_bit: 8, access_bits: {write: "
        "32}}\n"
        "  - level: GLB\n    memory: {class: sram, capacity_kib: 8, pj_per_bit: 1, "
        "bits: {weights: 6, outputs: 18}, access_bits: 64, area_um2: 1}\n"
        "  - level: acc\n    memory: {class: regfile, keeps: [outputs], capacity_kib: "
        "8, pj_per_bit: 1, partial_bits: 12, access_bits: {read: 24}}\n"
        "compute: {class: parallel, pj_per_mac: 0.2}\n");
    struct json *json = says("show arch @wide.yaml", "sdse.show-arch/1");
    for (size_t l = 0; l < 3; l++)
        for (size_t i = 0; i < 6; i++)
            assert_bits(json_at(json_get(json, "levels"), l), keys[i], bits[l][i]);
    json_free(json);
}

void of_components(void **state) {
    (void)state;
    struct json *json = says("show components", "sdse.show-components/1");
    char *table = run_text(0, "show components");
    const struct json *figures = json_get(json, "figures");
    assert_true(figures->count > 10);
    for (size_t i = 0; i < figures->count; i++) {
        const struct json *of = json_at(figures, i), *nm = json_get(of, "node_nm");
        char node[16] = "any";
        if (nm->kind == JSON_NUMBER)
            snprintf(node, sizeof node, "%g nm", json_number(nm));
        names(table, "%-17s %-8s %-19s %-38.38s", text(of, "component"),
              text(of, "part"), text(of, "number"), text(of, "formula"));
        names(table, " %7s  ", node);
        names(table, "%-4s %s\n", text(of, "mark"), text(of, "source"));
    }
    free(table);
    json_free(json);
}

void of_networks(void **state) {
    (void)state;
    struct json *json =
        says("show workload " DATA "moving_net.yaml", "sdse.show-workload/1");
    char *table = run_text(0, "show workload " DATA "moving_net.yaml");
    const struct json *layers = json_get(json, "layers");
    uint64_t macs = 0, operations = 0;
    for (size_t i = 0; i < layers->count; i++) {
        const struct json *layer = json_at(layers, i);
        names(table, " %5.0f %5.0f %2.0f,%-2.0f %4.0f %13.0f %11.0f",
              number(layer, "S"), number(layer, "G"), number(layer, "stride_p"),
              number(layer, "stride_q"), number(layer, "repeat"), number(layer, "macs"),
              number(layer, "weights_words"));
        names(table, " %11.0f %11.0f", number(layer, "inputs_words"),
              number(layer, "outputs_words"));
        macs += (uint64_t)(number(layer, "repeat") * number(layer, "macs"));
        operations +=
            (uint64_t)(number(layer, "repeat") * number(layer, "vector_operations"));
    }
    names(table, ", %llu MACs, ", (unsigned long long)macs);
    assert_true(operations > 0);
    free(table);
    json_free(json);
}

void of_stored_weights(void **state) {
    (void)state;
    write_scratch("stored.yaml",
                  "name: stored\nsource: made up\nlayers:\n"
                  "  - {name: a, kind: fc, in: 8, out_channels: 8}\n"
                  "  - {name: b, kind: fc, in: 8, out_channels: 8, shares_weights: a}\n"
                  "  - {name: c, kind: matmul, m: 4, k: 4, n: 4}\n"
                  "  - {name: d, kind: act, in: [8, 1, 1]}\n");
    struct json *json = says("show workload @stored.yaml", "sdse.show-workload/1");
    static const char *const stored[] = {"own", "shared", "no", NULL};
    for (size_t i = 0; i < 4; i++) {
        const struct json *of =
            json_get(json_at(json_get(json, "layers"), i), "stored");
        assert_int_equal(of->kind, stored[i] ? JSON_TEXT : JSON_NULL);
        if (stored[i])
            assert_string_equal(json_text(of), stored[i]);
    }
    json_free(json);
}

void of_what_is_not_modelled(void **state) {
    (void)state;
    write_scratch("left.yaml",
                  "name: left\nsource: made up\nnot_modelled:\n"
                  "  - {operator: LSTM, name: rnn, reason: no layer, weights: 77}\n"
                  "layers:\n  - {name: a, kind: fc, in: 8, out_channels: 4}\n");
    struct json *json = says("show workload @left.yaml", "sdse.show-workload/1");
    const struct json *left = json_at(json_get(json, "not_modelled"), 0);
    assert_string_equal(text(left, "op"), "LSTM");
    assert_string_equal(text(left, "name"), "rnn");
    assert_string_equal(text(left, "reason"), "no layer");
    assert_true(number(left, "weights_words") == 77);
    json_free(json);
}

void of_drawings(void **state) {
    (void)state;
    struct json *json = says("show mapping " DATA "mapping.yaml -a " DATA "arch.yaml",
                             "sdse.show-mapping/1");
    char *table = run_text(0, "show mapping " DATA "mapping.yaml -a " DATA "arch.yaml");
    for (size_t i = 0; i < json_get(json, "drawing")->count; i++)
        names(table, "%s\n", json_text(json_at(json_get(json, "drawing"), i)));
    free(table);
    json_free(json);
}

void of_checks(void **state) {
    (void)state;
    struct json *json =
        said(1, "check " DATA "arch.yaml " DATA "bad_arch.yaml " DATA "sweep.yaml");
    struct ran ran =
        run_program("check " DATA "arch.yaml " DATA "bad_arch.yaml " DATA "sweep.yaml");
    const struct json *files = json_get(json, "files");
    assert_int_equal(files->count, 3);
    double errors = 0;
    for (size_t i = 0; i < 3; i++) {
        const struct json *file = json_at(files, i);
        errors += number(file, "errors");
        assert_string_equal(text(file, "status"), i == 1 ? "refused" : "ok");
        if (i != 1)
            names(ran.out, "%s: ok: %s\n", text(file, "file"), text(file, "what"));
    }
    names(ran.err, "1 of 3 files refused: %.0f errors, ", errors);
    free_ran(&ran);
    json_free(json);
}

void of_lint(void **state) {
    (void)state;
    struct json *json = said(1, "lint tpu");
    struct ran ran = run_program("lint tpu");
    const struct json *findings = json_get(json, "findings");
    assert_true(findings->count > 0);
    for (size_t i = 0; i < findings->count; i++) {
        const struct json *of = json_at(findings, i);
        names(ran.out, "%s:%.0f:%.0f: lint: ", text(of, "file"), number(of, "line"),
              number(of, "column"));
        names(ran.out, "%.80s", text(of, "message"));
        names(ran.out, "[%s]", text(of, "check"));
    }
    free_ran(&ran);
    json_free(json);
}

void of_published_figures(void **state) {
    (void)state;
    says_rows("validate tests/data/validation/two", "sdse.validate/1", "anchors");
    struct json *json = says("validate tests/data/validation/two", "sdse.validate/1");
    char *table = run_text(0, "validate tests/data/validation/two");
    const struct json *verdicts = json_get(json, "verdicts");
    names(table, "%zu anchors: %.0f judged: %.0f within their bands, %.0f explained",
          json_get(json, "anchors")->count,
          number(json, "anchors_calibrated") + number(json, "anchors_uncalibrated"),
          number(json_at(verdicts, 0), "anchors"),
          number(json_at(verdicts, 1), "anchors"));
    names(table, "of the %.0f uncalibrated %.0f within 15 %%",
          number(json, "anchors_uncalibrated"), number(json, "uncalibrated_within_15"));
    free(table);
    json_free(json);
    // Written to a file it is the same, and it may replace itself.
    for (int i = 0; i < 2; i++)
        free(run_text(0, "validate tests/data/validation/two -f json -o @v.json"));
    char *file = read_whole(scratch("v.json"));
    char *out = run_text(0, "validate tests/data/validation/two -f json");
    assert_string_equal(file, out);
    free(file);
    free(out);
}

void of_training(void **state) {
    (void)state;
    write_small_images();
#define TRAIN "train --data @ -e 2 --batch 32 -m "
    says_rows(TRAIN "smartdeal", "sdse.train/1", "methods");
    struct json *json =
        says(TRAIN "smartdeal --bit-errors 0.1,1 --chips 2 -o @e.json", "sdse.train/1");
    assert_int_equal(json_get(json, "bit_errors")->count, 2);
    assert_true(number(json_at(json_get(json, "bit_errors"), 1), "bit_error_rate") ==
                0.01);
    json_free(json);
    char *file = read_whole(scratch("e.json"));
    json = json_read(file);
    json_page_check(json, "train -o");
    assert_string_equal(text(json, "schema"), "sdse.train-epochs/1");
    free(file);
    json_free(json);
    free(run_text(0, TRAIN "sgd -f json -o @e.json"));
}

void of_tensors(void **state) {
    (void)state;
    static struct file_bytes bytes;
    static const char header[] =
        "{\"conv1.weight\":{\"dtype\":\"I8\",\"shape\":[8,4,3,3],"
        "\"data_offsets\":[0,288]},"
        "\"bias\":{\"dtype\":\"I8\",\"shape\":[8],\"data_offsets\":[288,296]}}";
    put_safetensors_header(&bytes, header);
    for (int i = 0; i < 296; i++)
        put_number(&bytes, (uint64_t)i, 1);
    save(scratch("t.safetensors"), &bytes);
    struct json *json = says("import @t.safetensors -o @t --like " DATA "net.yaml",
                             "sdse.import-tensors/1");
    assert_string_equal(text(json_at(json_get(json, "layers"), 0), "tensor"),
                        "conv1.weight");
    assert_true(number(json, "layers_without_tensor") == 4);
    json_free(json);
    json = says("import @t.safetensors -o @t", "sdse.import-tensors/1");
    char *table = run_text(0, "import @t.safetensors -o @t");
    const struct json *rest = json_at(json_get(json, "rest"), 0);
    names(table, "1 layer, %.0f weights", number(json, "weights_words"));
    names(table, "no layer: %.0f tensor %s; %.0f numbers; the first: %s",
          number(rest, "tensors"), text(rest, "why"), number(rest, "elements"),
          text(rest, "first"));
    free(table);
    json_free(json);
}

void of_weights_and_models(void **state) {
    (void)state;
    says_rows("decompose " DATA "net.yaml -j 1", "sdse.decompose/1", "rows");
    says_rows("decompose " DATA "net.yaml -s 0.3,0.5 --total", "sdse.decompose/1",
              "rows");
    write_model_left_out("model.onnx");
    struct json *json = says("import @model.onnx -o @model", "sdse.import/1");
    const struct json *left = json_get(json, "not_modelled");
    char *table = run_text(0, "import @model.onnx -o @model");
    const struct json *layer = json_at(json_get(json, "layers"), 0);
    assert_int_equal(left->count, 1);
    names(table, " %13.0f %11.0f", number(layer, "macs"),
          number(layer, "weights_words"));
    names(table, "%s\n", text(json, "network"));
    names(table, "written: %s/workload.yaml", text(json, "folder"));
    for (size_t i = 0; i < left->count; i++)
        names(table, "  %s (%s): %s, %.0f weights\n", text(json_at(left, i), "name"),
              text(json_at(left, i), "op"), text(json_at(left, i), "reason"),
              number(json_at(left, i), "weights_words"));
    free(table);
    json_free(json);
    says_rows("workload", "sdse.workload/1", "models");
    // The files of a design.
#define EYERISS "tests/data/timeloop/eyeriss/"
#define DESIGN                                                      \
    "import " EYERISS "arch.yaml " EYERISS "energies.yaml " EYERISS \
    "problem.yaml " EYERISS "mapping.yaml -o @design"
    json = says(DESIGN, "sdse.import-design/1");
    table = run_text(0, DESIGN " --force");
    const struct json *files = json_get(json, "files");
    names(table, "written: %s, %s, %s;", json_text(json_at(files, 0)),
          json_text(json_at(files, 1)), json_text(json_at(files, 2)));
    assert_int_equal(files->count, 3);
    assert_string_equal(text(json, "format"), "Timeloop");
    names(table, "%s\n", text(json, "network"));
    free(table);
    json_free(json);
    write_model("runs.onnx", "Identity", 0);
    write_inputs("x.npy", 3, 1);
    says_rows("trace @runs.onnx -i @x.npy -j 1", "sdse.trace/1", "layers");
    says_rows("trace @runs.onnx -i @x.npy -j 1 --form [raw,{sparsity:~0.3}]",
              "sdse.trace-forms/1", "forms");
}
