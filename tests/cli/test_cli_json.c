// -f json of every verb: it is JSON, its keys are those of docs/json.md and all of
// them, and its figures are those of the tables.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/copy_file.h"
#include "support_images.h"
#include "support_json_page.h"
#include "support_model.h"
#include "support_program.h"

#define DATA "tests/data/cli/"
#define ON "-a " DATA "arch.yaml -w " DATA "net.yaml "

// Runs a line with -f json; what it says has been compared with the page. Freed by the
// caller.
static struct json *said(int status, const char *line) {
    char with[512];
    snprintf(with, sizeof with, "%s -f json", line);
    struct ran ran = run_program(with);
    if (ran.status != status)
        fail_msg("sdse %s: exit status %d\n%s", with, ran.status, ran.err);
    struct json *json = json_read(ran.out);
    json_page_check(json, line);
    free_ran(&ran);
    return json;
}

static struct json *says(const char *line, const char *schema) {
    struct json *json = said(0, line);
    assert_string_equal(json_text(json_get(json, "schema")), schema);
    return json;
}

// The same without a look at what it says.
static void says_so(const char *line, const char *schema) {
    json_free(says(line, schema));
}

// ---- tables ----

// The next cell of CSV, unquoted; *end is what ends it.
static char *next_cell(char **at, char *end) {
    char *cell = *at, *to = cell;
    const bool quoted = **at == '"';
    char *from = cell + quoted;
    while (*from && (quoted ? *from != '"' || from[1] == '"' : !strchr(",\n", *from))) {
        from += quoted && *from == '"';
        *to++ = *from++;
    }
    from += quoted;
    *end = *from;
    *at = *from ? from + 1 : from;
    *to = '\0';
    return cell;
}

// Times that are another in every run.
static bool is_measured(const char *column) { return strcmp(column, "seconds") == 0; }

static void same_cell(const struct json *value, const char *text, const char *line,
                      const char *column) {
    const char *says = value->kind == JSON_NULL ? "" : value->text;
    if (!says || strcmp(says, text) != 0)
        fail_msg("sdse %s: %s is '%s' in JSON, '%s' in CSV", line, column,
                 says ? says : "no text", text);
}

// The rows under a key are those that -f csv prints, cell for cell.
static void same_rows(const struct json *rows, const char *line) {
    enum { MOST = 64 };
    char with[512], end = ',', *column[MOST];
    size_t columns = 0, count = 0;
    snprintf(with, sizeof with, "%s -f csv", line);
    char *csv = run_text(0, with), *at = csv;
    while (end == ',') {
        assert_true(columns < MOST);
        column[columns++] = next_cell(&at, &end);
    }
    const bool one = rows->kind == JSON_OBJECT;
    for (; *at; count++) {
        const struct json *row = one ? rows : json_at(rows, count);
        for (size_t i = 0; i < columns; i++) {
            const char *text = next_cell(&at, &end);
            if (!is_measured(column[i]))
                same_cell(json_get(row, column[i]), text, line, column[i]);
        }
    }
    if (count != (one ? 1 : rows->count) || columns == 0)
        fail_msg("sdse %s: %zu rows in CSV, %zu in JSON", line, count, rows->count);
    free(csv);
}

static void says_rows(const char *line, const char *schema, const char *key) {
    struct json *json = says(line, schema);
    same_rows(json_get(json, key), line);
    json_free(json);
}

// A text names the value, as printf has it.
__attribute__((format(printf, 2, 3))) static void names(const char *text,
                                                        const char *format, ...) {
    char part[128];
    va_list args;
    va_start(args, format);
    vsnprintf(part, sizeof part, format, args);
    va_end(args);
    if (!strstr(text, part))
        fail_msg("'%s' is not in: %s", part, text);
}

static double number(const struct json *json, const char *name) {
    return json_number(json_get(json, name));
}

static const char *text(const struct json *json, const char *name) {
    return json_text(json_get(json, name));
}

static bool flag(const struct json *json, const char *name) {
    const struct json *item = json_get(json, name);
    assert_true(item->kind == JSON_TRUE || item->kind == JSON_FALSE);
    return item->kind == JSON_TRUE;
}

// ---- mappings ----

static void of_a_network(void **state) {
    (void)state;
    says_rows("map " ON "-j 1", "sdse.map/1", "layers");
    struct json *json = says("map " ON "--objective energy -j 1", "sdse.map/1");
    char *table = run_text(0, "map " ON "--objective energy -j 1");
    const struct json *layers = json_get(json, "layers"),
                      *total = json_get(json, "total");
    double energy_pj = 0, cycles = 0;
    for (size_t i = 0; i < layers->count; i++) {
        const struct json *layer = json_at(layers, i);
        energy_pj += number(layer, "repeat") * number(layer, "energy_pj");
        cycles += number(layer, "repeat") * number(layer, "latency_cycles");
    }
    assert_true(number(total, "energy_pj") == energy_pj);
    assert_true(number(total, "latency_cycles") == cycles);
    assert_true(number(total, "edp_pj_s") ==
                number(total, "energy_pj") * number(total, "latency_s"));
    names(table, "%.6g uJ, %.0f cycles = %.6g ms", energy_pj / 1e6, cycles,
          number(total, "latency_s") * 1e3);
    assert_true(flag(total, "proved"));
    assert_true(number(total, "gap") < 1e-12);
    free(table);
    json_free(json);
    // Mappings are those that eval takes, with the same figures; here the last of
    // fronts.
    json = says("map " ON "--objective latency --max-energy 1J", "sdse.map/1");
    assert_int_equal(json_get(json, "layer")->kind, JSON_NULL);
    for (size_t i = 0; i < json_get(json, "mappings")->count; i++) {
        const struct json *of = json_at(json_get(json, "mappings"), i),
                          *row = json_at(json_get(json, "layers"), i);
        char line[256];
        write_scratch("m.yaml", text(of, "yaml"));
        snprintf(line, sizeof line, "eval " ON "-l %s -m @m.yaml", text(of, "layer"));
        struct json *eval = says(line, "sdse.eval/1");
        const struct json *totals = json_get(eval, "totals");
        assert_true(number(totals, "energy_pj") == number(row, "energy_pj"));
        assert_true(number(totals, "latency_cycles") == number(row, "latency_cycles"));
        json_free(eval);
    }
    json_free(json);
    json = says("map " ON "-l conv2 -j 1", "sdse.map/1");
    const struct json *mapping = json_at(json_get(json, "mappings"), 0);
    write_scratch("m.yaml", text(mapping, "yaml"));
    struct json *costs = says("eval " ON "-l conv2 -m @m.yaml", "sdse.eval/1");
    const struct json *totals = json_get(costs, "totals");
    assert_true(number(totals, "energy_pj") ==
                number(json_get(json, "total"), "energy_pj"));
    table = run_text(0, "map " ON "-l conv2 -j 1");
    names(table, ", %.0f nodes, %.0f mappings scored)", number(mapping, "nodes"),
          number(mapping, "mappings_scored"));
    free(table);
    assert_string_equal(text(json, "layer"), "conv2");
    json_free(costs);
    json_free(json);
}

static void of_a_repeated_layer(void **state) {
    (void)state;
    struct json *one = says("map " ON "-l again --objective latency", "sdse.map/1");
    struct json *row =
        says("map " ON "-l again --objective latency --max-energy 1J", "sdse.map/1");
    // Figures are of one execution, and of a pick from a front.
    const struct json *layer = json_at(json_get(one, "layers"), 0);
    assert_true(number(layer, "repeat") == 2);
    assert_true(number(json_get(one, "total"), "energy_pj") ==
                number(layer, "energy_pj"));
    assert_int_equal(json_get(json_get(one, "total"), "front_elements")->kind,
                     JSON_NULL);
    assert_true(number(json_get(row, "total"), "front_elements") >= 1);
    assert_int_equal(json_get(json_get(one, "total"), "longest_life_s")->kind,
                     JSON_NULL);
    json_free(one);
    json_free(row);
}

static void of_fronts(void **state) {
    (void)state;
    says_rows("map " ON "--objective pareto", "sdse.map-front/1", "points");
    says_rows("map " ON "-l conv3 --objective pareto", "sdse.map-front/1", "points");
}

static void of_what_is_resident(void **state) {
    (void)state;
    write_scratch(
        "large.yaml",
        "{name: small, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
        "{level: GLB, memory: {class: sram, shares: [activations], capacity_bytes: "
        "560, pj_per_bit: 1}}, {level: regs, memory: {class: regfile, capacity_bytes: "
        "16, pj_per_bit: 0.1}}], compute: {pj_per_mac: 0.5}, "
        "vector: {below: GLB, pj_per_op: 0.1, ops_per_cycle: 4}}");
    write_scratch(
        "edges.yaml",
        "name: net\nsource: s\nlayers:\n"
        "  - {name: a, kind: conv, in: [4, 8, 8], out_channels: 4, kernel: 3, "
        "pad: 1}\n"
        "  - {name: b, kind: conv, in: [4, 8, 8], out_channels: 4, kernel: 1}\n"
        "  - {name: c, kind: conv, in: [4, 8, 8], out_channels: 4, kernel: 3, "
        "pad: 1}\n"
        "  - {name: sum, kind: add, in: [4, 8, 8], fused: false}\n"
        "  - {name: d, kind: conv, in: [4, 8, 8], out_channels: 2, kernel: 1}\n"
        "edges:\n  - {from: a, to: [b, sum]}\n  - {from: b, to: c}\n"
        "  - {from: c, to: sum}\n  - {from: sum, to: d}\n");
#define RESIDENT "map -a @large.yaml -w @edges.yaml --resident --objective "
    says_rows(RESIDENT "energy", "sdse.map-resident/1", "layers");
    says_rows(RESIDENT "pareto", "sdse.map-resident-front/1", "points");
    struct json *json = says(RESIDENT "energy", "sdse.map-resident/1");
    char *table = run_text(0, RESIDENT "energy");
    const struct json *with = json_get(json, "resident"),
                      *without = json_get(json, "unshared");
    assert_true(number(json, "tensors_in_both") == 1);
    names(table, "unshared  %.6g uJ, %.0f cycles", number(without, "energy_pj") / 1e6,
          number(without, "latency_cycles"));
    names(table, "resident  %.6g uJ, %.0f cycles", number(with, "energy_pj") / 1e6,
          number(with, "latency_cycles"));
    names(table, "of %.0f tensors that layers hand over %.0f stay in %s, %.0f are in",
          number(json, "tensors"), number(json, "tensors_shared"),
          text(json, "shared_memory"), number(json, "tensors_in_both"));
    names(table, "%.0f words cross at %s, %.0f unshared",
          number(with, "outermost_words"), text(json, "outermost_memory"),
          number(without, "outermost_words"));
    names(table, "(%.0f questions, %.0f searches, at most %.0f state",
          number(json, "questions"), number(json, "searches"),
          number(json, "most_states"));
    free(table);
    json_free(json);
}

static void of_refusals(void **state) {
    (void)state;
    // Registers that must hold more weights than fit.
    char *arch = read_whole(DATA "arch.yaml"), tight[4096];
    snprintf(tight, sizeof tight,
             "%sdataflow:\n  - {name: d, when: {layer: [conv]}, constraints: [{level: "
             "registers, factors_at_least: {K: 8, C: 4, R: 3, S: 3}}]}\n",
             arch);
    write_scratch("tight.yaml", tight);
    free(arch);
    static const char *const lines[] = {"map -a @tight.yaml -w " DATA "net.yaml",
                                        "explain -l conv1 -a @tight.yaml -w " DATA
                                        "net.yaml"};
    for (size_t i = 0; i < 2; i++) {
        struct json *json = said(4, lines[i]);
        struct ran ran = run_program(lines[i]);
        assert_string_equal(text(json, "schema"), "sdse.refusal/1");
        const struct json *refusals = json_get(json, "refusals");
        size_t said = 0, told = 0, changed = 0;
        for (const char *at = ran.err; (at = strstr(at, "has no valid")); at++)
            said++;
        for (const char *at = ran.err; (at = strstr(at, "\n  ")); at++)
            told++;
        assert_int_equal(refusals->count, said);
        assert_true(said > 1 || i == 1);
        for (size_t r = 0; r < refusals->count; r++) {
            const struct json *refusal = json_at(refusals, r),
                              *changes = json_get(refusal, "changes");
            names(ran.err, "layer %s has no valid mapping on", text(refusal, "layer"));
            names(ran.err, "%.100s", text(refusal, "cause"));
            changed += changes->count;
            for (size_t c = 0; c < changes->count; c++)
                names(ran.err, "\n  %.100s", json_text(json_at(changes, c)));
        }
        assert_true(told > 0);
        assert_int_equal(changed, told);
        free_ran(&ran);
        json_free(json);
    }
}

static void of_costs(void **state) {
    (void)state;
    static const char *const sections[] = {"totals", "counts", "networks", "energy",
                                           "cycles"};
#define EVAL "eval " ON "-m " DATA "mapping.yaml"
    struct json *all = says(EVAL, "sdse.eval/1");
    struct json *why = says("explain " ON "-m " DATA "mapping.yaml", "sdse.explain/1");
    for (size_t i = 0; i < 5; i++) {
        char line[256];
        snprintf(line, sizeof line, EVAL " --only %s", sections[i]);
        says_rows(line, "sdse.eval/1", sections[i]);
        same_rows(json_get(all, sections[i]), line);
        same_rows(json_get(why, sections[i]), line);
    }
    char *table = run_text(0, "explain " ON "-m " DATA "mapping.yaml");
    const struct json *lines = json_get(why, "derivation");
    assert_true(lines->count > 10);
    for (size_t i = 0; i < lines->count; i++)
        names(table, "%.120s", json_text(json_at(lines, i)));
    names(table, "mapping      %s\n", text(why, "mapping"));
    free(table);
    json_free(why);
    json_free(all);
}

// ---- descriptions ----

static void of_descriptions(void **state) {
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
        names(table, "  %-14s %-22s %12.6g %-11s %-11s", text(of, "component"),
              text(of, "number"), number(of, "value"), text(of, "unit"),
              text(of, "mark"));
    }
    free(table);
    json_free(json);
    json = says("show components", "sdse.show-components/1");
    table = run_text(0, "show components");
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
    json = says("show workload " DATA "moving_net.yaml", "sdse.show-workload/1");
    table = run_text(0, "show workload " DATA "moving_net.yaml");
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
    write_scratch("left.yaml",
                  "name: left\nsource: made up\nnot_modelled:\n"
                  "  - {operator: LSTM, name: rnn, reason: no layer, weights: 77}\n"
                  "layers:\n  - {name: a, kind: fc, in: 8, out_channels: 4}\n");
    write_scratch("stored.yaml",
                  "name: stored\nsource: made up\nlayers:\n"
                  "  - {name: a, kind: fc, in: 8, out_channels: 8}\n"
                  "  - {name: b, kind: fc, in: 8, out_channels: 8, shares_weights: a}\n"
                  "  - {name: c, kind: matmul, m: 4, k: 4, n: 4}\n"
                  "  - {name: d, kind: act, in: [8, 1, 1]}\n");
    json = says("show workload @stored.yaml", "sdse.show-workload/1");
    static const char *const stored[] = {"own", "shared", "no", NULL};
    for (size_t i = 0; i < 4; i++) {
        const struct json *of =
            json_get(json_at(json_get(json, "layers"), i), "stored");
        assert_int_equal(of->kind, stored[i] ? JSON_TEXT : JSON_NULL);
        if (stored[i])
            assert_string_equal(json_text(of), stored[i]);
    }
    json_free(json);
    json = says("show workload @left.yaml", "sdse.show-workload/1");
    const struct json *left = json_at(json_get(json, "not_modelled"), 0);
    assert_string_equal(text(left, "op"), "LSTM");
    assert_string_equal(text(left, "name"), "rnn");
    assert_string_equal(text(left, "reason"), "no layer");
    assert_true(number(left, "weights_words") == 77);
    json_free(json);
    json = says("show mapping " DATA "mapping.yaml -a " DATA "arch.yaml",
                "sdse.show-mapping/1");
    table = run_text(0, "show mapping " DATA "mapping.yaml -a " DATA "arch.yaml");
    for (size_t i = 0; i < json_get(json, "drawing")->count; i++)
        names(table, "%s\n", json_text(json_at(json_get(json, "drawing"), i)));
    free(table);
    json_free(json);
}

static void of_checks(void **state) {
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

static void of_lint(void **state) {
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

// ---- other inputs ----

static void of_published_figures(void **state) {
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

static void of_training(void **state) {
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

static void of_weights_and_models(void **state) {
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
    write_model("runs.onnx", "Identity", 0);
    write_inputs("x.npy", 3, 1);
    says_rows("trace @runs.onnx -i @x.npy -j 1", "sdse.trace/1", "layers");
    says_rows("trace @runs.onnx -i @x.npy -j 1 --form [raw,{sparsity:~0.3}]",
              "sdse.trace-forms/1", "forms");
}

// ---- results ----

static void of_sweeps(void **state) {
    (void)state;
    char sweep[1024];
    struct json *json =
        says("sweep " DATA "sweep.yaml -o @r.db -q -j 2", "sdse.sweep/1");
    char *again = run_text(0, "sweep " DATA "sweep.yaml -o @r.db -q -j 2");
    struct json *reused = says("sweep " DATA "sweep.yaml -o @r.db -q", "sdse.sweep/1");
    assert_true(number(json, "points_reused") == 0 &&
                number(reused, "points_reused") == number(json, "points_total"));
    assert_true(number(reused, "points_of_other_runs") == 0 &&
                number(reused, "failed") == 0);
    assert_true(number(json, "infeasible") == 4 && number(json, "on_front") == 3);
    assert_string_equal(text(json, "database"), scratch("r.db"));
    json_free(reused);
    names(again,
          ": %.0f of %.0f points (%.0f were there before), %.0f infeasible, "
          "%.0f on the front",
          number(json, "points"), number(json, "points_total"), number(json, "points"),
          number(json, "infeasible"), number(json, "on_front"));
    free(again);
    json_free(json);
    json = says("plan " DATA "sweep.yaml --sample 4 -j 1", "sdse.plan/1");
    char *plan = run_text(0, "plan " DATA "sweep.yaml --sample 4 -j 1");
    const struct json *row = json_get(json, "sweep"),
                      *sample = json_get(json, "sample");
    names(plan, "points           %.0f\n", number(row, "points"));
    names(plan, "layer problems   %.0f, distinct", number(row, "problems"));
    assert_string_equal(text(row, "problems_exact"), "yes");
    names(plan, "%.0f problems solved, %.0f forms measured, %.0f points written",
          number(sample, "problems_solved"), number(sample, "forms_measured"),
          number(sample, "points_written"));
    assert_int_equal(json_get(row, "shards")->kind, JSON_NULL);
    assert_int_equal(json_get(row, "shard_s")->kind, JSON_NULL);
    free(plan);
    json_free(json);
    snprintf(sweep, sizeof sweep,
             "name: m\nworkloads: [%s/" DATA "net.yaml]\narchs: [%s/" DATA
             "arch.yaml]\nweight_forms: [raw, {name: m, basis_size: 3, sparsity: "
             "0.5}]\n",
             SDSE_SOURCE_DIR, SDSE_SOURCE_DIR);
    write_scratch("measured.yaml", sweep);
    json = says("plan @measured.yaml --sample 2 -j 1", "sdse.plan/1");
    plan = run_text(0, "plan @measured.yaml --sample 2 -j 1");
    names(plan, "forms            %.0f to be",
          number(json_get(json, "sweep"), "forms"));
    names(plan, " %.0f forms measured",
          number(json_get(json, "sample"), "forms_measured"));
    free(plan);
    json_free(json);
    json = says("plan " DATA "sweep.yaml --sample 4 -j 1 --deadline 2h", "sdse.plan/1");
    assert_true(number(json_get(json, "sweep"), "shards") == 1);
    assert_true(number(json_get(json, "sweep"), "shard_s") > 0);
    json_free(json);
}

static void of_results(void **state) {
    (void)state;
    says_rows("status @r.db", "sdse.status/1", "sweeps");
    struct json *status = says("status @r.db", "sdse.status/1");
    assert_true(number(status, "points_superseded") == 0);
    assert_int_equal(json_get(status, "without_result")->count, 2);
    assert_int_equal(json_get(status, "tags")->count, 0);
    json_free(status);
    says_rows("costs @r.db", "sdse.costs/1", "layers");
    says_rows("query @r.db SELECT~*~FROM~v_point", "sdse.query/1", "rows");
    says_rows("query @r.db SELECT~1~AS~x~WHERE~0", "sdse.query/1", "rows");
#define PARETO "pareto @r.db -O energy,latency,area"
    struct json *json = says(PARETO, "sdse.pareto/1");
    const struct json *front = json_at(json_get(json, "fronts"), 0);
    same_rows(json_get(front, "points"), PARETO);
    char *table = run_text(0, PARETO);
    names(table, "%s: %.0f points: %.0f on the front, %.0f dominated, %.0f infeasible",
          text(front, "network"),
          number(front, "on_front") + number(front, "dominated") +
              number(front, "infeasible") + number(front, "failed") +
              number(front, "without_objective"),
          number(front, "on_front"), number(front, "dominated"),
          number(front, "infeasible"));
    names(table, "hypervolume %.4g of the box", number(front, "hypervolume_fraction"));
    names(table, "%.4g mm²)", number(json_get(front, "reference"), "area_mm2"));
    free(table);
    json_free(json);
    json = says("show point @r.db 1", "sdse.show-point/1");
    const struct json *point = json_get(json, "point");
    same_rows(json_get(json, "layers"),
              "query @r.db SELECT~layer_index,layer,kind,repeat,energy_pj,"
              "latency_cycles,utilization,bottleneck,weight_bits,density,"
              "mapper_status~FROM~v_layer~WHERE~point_id=1~ORDER~BY~1");
    same_rows(point,
              "query @r.db SELECT~point_id,point_hash,workload~AS~network,arch,form,"
              "parameters,objective,status,reason,energy_pj,latency_cycles,latency_s,"
              "edp_pj_s,area_mm2,compression,rel_error,weights,mapper_status~FROM~"
              "v_point~WHERE~point_id=1");
    assert_int_equal(json_get(json, "mappings")->count,
                     json_get(json, "layers")->count);
    json_free(json);
}

static void of_comparisons(void **state) {
    (void)state;
    says_rows("compare @r.db 1 2", "sdse.compare/1", "differences");
    struct json *json = says("compare @r.db 1 2", "sdse.compare/1");
    char *table = run_text(0, "compare @r.db 1 2");
    const struct json *a = json_get(json, "a"), *b = json_get(json, "b");
    names(table, "A  %s: %s\n", text(a, "file"), text(a, "what"));
    names(table, "B  %s: %s\n", text(b, "file"), text(b, "what"));
    free(table);
    json_free(json);
    copy_file(scratch("r.db"), scratch("c.db"));
    json = says("compare @r.db @c.db", "sdse.compare/1");
    same_rows(json_get(json, "differences"), "compare @r.db @c.db");
    assert_string_equal(text(json_get(json, "a"), "file"), scratch("r.db"));
    assert_string_equal(text(json_get(json, "b"), "file"), scratch("c.db"));
    json_free(json);
}

static void of_changes(void **state) {
    (void)state;
    struct json *json = says("tag @c.db best --where point_id<=3", "sdse.tag/1");
    assert_true(number(json, "points") == 3 && number(json, "points_changed") == 3);
    assert_false(flag(json, "removed"));
    json_free(json);
    json = says("tag @c.db best --where point_id<=4", "sdse.tag/1");
    assert_true(number(json, "points") == 4 && number(json, "points_changed") == 1);
    assert_string_equal(text(json, "tag"), "best");
    json_free(json);
    json = says("tag @c.db best --remove --where point_id<=2", "sdse.tag/1");
    assert_true(number(json, "points") == 2 && number(json, "points_changed") == 2);
    assert_true(flag(json, "removed"));
    json_free(json);
    says_rows("tag @c.db", "sdse.tags/1", "tags");
    says_so("status @c.db", "sdse.status/1");
    json = says("rename @c.db cli-test other", "sdse.rename/1");
    assert_string_equal(text(json, "old_name"), "cli-test");
    assert_string_equal(text(json, "name"), "other");
    assert_true(number(json, "versions") == 1);
    json_free(json);
    json = says("merge @new.db @r.db @c.db", "sdse.merge/1");
    assert_string_equal(text(json, "database"), scratch("new.db"));
    assert_int_equal(json_get(json, "files")->count, 2);
    assert_string_equal(json_text(json_at(json_get(json, "files"), 1)),
                        scratch("c.db"));
    assert_true(number(json, "points_added") == 8);
    json_free(json);
    json = says("prune @new.db --sweep other --dry-run", "sdse.prune/1");
    char *table = run_text(0, "prune @new.db --sweep other --dry-run");
    names(table, "%.0f rows would go, at least %.0f of %.0f bytes",
          number(json, "rows_gone"),
          number(json, "bytes_before") - number(json, "bytes_after"),
          number(json, "bytes_before"));
    assert_true(flag(json, "dry_run"));
    assert_true(json_get(json, "tables")->count > 0);
    free(table);
    json_free(json);
    json = says("prune @new.db --sweep cli-test", "sdse.prune/1");
    assert_false(flag(json, "dry_run"));
    assert_true(number(json, "points_kept_by_tags") <= 8);
    json_free(json);
}

static void of_verification(void **state) {
    (void)state;
    struct json *json = says("verify @r.db", "sdse.verify/1");
    char *line = run_text(0, "verify @r.db");
    names(line, "whole; %.0f mappings scored again", number(json, "mappings_scored"));
    free(line);
    json_free(json);
    json = says("verify @r.db --quick", "sdse.verify/1");
    assert_int_equal(json_get(json, "mappings_scored")->kind, JSON_NULL);
    json_free(json);
    json = says("verify @r.db --repair -j 2", "sdse.repair/1");
    assert_true(flag(json, "as_written") && !flag(json, "all_solved"));
    assert_true(number(json, "damaged_rows") == 0 &&
                number(json, "points_solved") == 0);
    json_free(json);
    json = says("reproduce @r.db 2 -o @p2 -j 2", "sdse.reproduce/1");
    line = run_text(0, "reproduce @r.db 2 -o @p2 -j 2");
    names(line, "run again: %.0f values", number(json, "values_compared"));
    static const char *const taken[] = {"forms_taken", "output_errors_taken",
                                        "limited_searches_taken", "arch_refused"};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        assert_false(flag(json, taken[i])); // the line says nothing of them, either
    assert_null(strstr(line, "taken"));
    assert_true(number(json, "layers_with_stored_weights") == 0);
    names(line, "point %.0f (%s on %s, %s): files in %s", number(json, "point_id"),
          text(json, "network"), text(json, "arch"), text(json, "form"),
          text(json, "folder"));
    free(line);
    json_free(json);
}

static void every_key_is_seen(void **state) {
    (void)state;
    json_page_all_seen();
}

// Verbs that print a result have the option, and those that have it are here.
static void every_verb_has_it(void **state) {
    (void)state;
    static const char *const without[] = {"plot", "report", "export",
                                          "init", "help",   "completion"};
    char verbs[MOST_VERBS][VERB_BYTES];
    const size_t count = list_verbs(verbs);
    for (size_t i = 0; i < count; i++) {
        char line[64];
        bool has = true;
        for (size_t w = 0; w < sizeof without / sizeof *without; w++)
            has &= strcmp(without[w], verbs[i]) != 0;
        snprintf(line, sizeof line, "%.31s --help", verbs[i]);
        char *help = run_text(0, line);
        const bool may =
            strstr(help, "|csv|json|md") || strstr(help, "--format text|json");
        if (has != may)
            fail_msg("%s: -f json %s", verbs[i], may ? "is there" : "is not there");
        free(help);
    }
}

static int begin(void **state) {
    const int status = enter_scratch(state);
    if (status == 0)
        json_page_read();
    return status;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_network),      cmocka_unit_test(of_a_repeated_layer),
        cmocka_unit_test(of_fronts),         cmocka_unit_test(of_what_is_resident),
        cmocka_unit_test(of_refusals),       cmocka_unit_test(of_costs),
        cmocka_unit_test(of_descriptions),   cmocka_unit_test(of_checks),
        cmocka_unit_test(of_lint),           cmocka_unit_test(of_published_figures),
        cmocka_unit_test(of_training),       cmocka_unit_test(of_weights_and_models),
        cmocka_unit_test(of_sweeps),         cmocka_unit_test(of_results),
        cmocka_unit_test(of_comparisons),    cmocka_unit_test(of_changes),
        cmocka_unit_test(of_verification),   cmocka_unit_test(every_verb_has_it),
        cmocka_unit_test(every_key_is_seen),
    };
    return cmocka_run_group_tests(tests, begin, leave_scratch);
}
