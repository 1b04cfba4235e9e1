// Every line of an explanation, multiplied again from its text, and their sum.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "costmodel/explain.h"
#include "costmodel/resolve.h"
#include "dse/map.h"
#include "dse/sweep/forms.h"
#include "spec/load.h"
#include "support/close.h"

struct bench {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct sdse_arch *arch;
    struct sdse_workload *workload;
    struct sdse_model *model;
};

static void load(struct bench *bench, const char *arch, const char *workload) {
    char path[512];
    bench->arena = sdse_arena_new();
    sdse_diags_init(&bench->diags, bench->arena);
    snprintf(path, sizeof path, SDSE_SOURCE_DIR "/archs/%s.yaml", arch);
    assert_int_equal(sdse_arch_load(bench->arena, path, &bench->diags, &bench->arch),
                     SDSE_OK);
    assert_int_equal(sdse_arch_resolve_costs(bench->arch, bench->arena, &bench->diags),
                     SDSE_OK);
    snprintf(path, sizeof path, SDSE_SOURCE_DIR "/workloads/%s.yaml", workload);
    assert_int_equal(
        sdse_workload_load(bench->arena, path, &bench->diags, &bench->workload),
        SDSE_OK);
}

static const struct sdse_layer *layer_of(const struct bench *bench, const char *name) {
    for (size_t i = 0; i < bench->workload->layer_count; i++)
        if (strcmp(bench->workload->layers[i].name, name) == 0)
            return &bench->workload->layers[i];
    fail_msg("no layer %s", name);
    return NULL;
}

static struct sdse_weight_form prepare(struct bench *bench,
                                       const struct sdse_layer *layer, bool smartdeal) {
    const struct sdse_form_setting setting = {.smartdeal = smartdeal,
                                              .density = 0.4,
                                              .row_density = 0.6,
                                              .coefficient_bits = 4,
                                              .basis_bits = 8,
                                              .scale_bits = 8,
                                              .index = SDSE_INDEX_ROW};
    struct sdse_weight_form form;
    sdse_layer_form_declare(layer, &setting, &form);
    assert_int_equal(form.smartdeal, smartdeal);
    assert_int_equal(
        sdse_model_new(bench->arch, layer, &form, bench->arena, &bench->model),
        SDSE_OK);
    return form;
}

// The number that ends at `end`, its thousands apart; digits before a sign of
// multiplication or equality are other numbers.
static double number_before(const char *line, const char *end) {
    const char *start = end;
    while (start > line && (isalnum((unsigned char)start[-1]) || start[-1] == '.' ||
                            start[-1] == ' ' || start[-1] == '-' || start[-1] == '+')) {
        if (start[-1] != ' ' && start[-1] != 'e' && isalpha((unsigned char)start[-1]))
            break;
        start--;
    }
    char text[64];
    size_t length = 0;
    for (; start < end && length + 1 < sizeof text; start++)
        if (*start != ' ')
            text[length++] = *start;
    text[length] = '\0';
    char *rest;
    const double value = strtod(text, &rest);
    if (*rest || !length)
        fail_msg("no number before '%s' in: %s", end, line);
    return value;
}

// "... = P pJ": the product at the end of a line, or -1.
static double product_of(const char *line) {
    const char *equals = NULL;
    for (const char *at = strstr(line, " = "); at; at = strstr(at + 1, " = "))
        equals = at;
    const char *unit = equals ? strstr(equals, " pJ") : NULL;
    const bool ends = unit && (unit[3] == '\0' || strncmp(unit + 3, "  [", 3) == 0);
    return ends ? number_before(line, unit) : -1;
}

// Numbers are printed with 12 digits; sdse_explain_write compares them in full.
static void assert_printed(double derived, double printed) {
    assert_true(fabs(derived - printed) <= 2e-11 * printed);
}

// "W words x B bit = C bit[, D in accesses of at least L][ = A accesses of N bit] x E
// pJ": both products again.
static void check_access(const char *line, double product) {
    const char *words = strstr(line, " words x "), *bit = strstr(line, " bit = ");
    if (!words || !bit)
        return;
    const char *bits = strstr(bit + 7, " bit");
    double moved = number_before(line, bits);
    // The label is letters: it ends where the count begins.
    const char *count = line + 24;
    assert_printed(number_before(count, words) * number_before(line, bit), moved);
    const char *filled = strstr(bits, " in accesses of at least ");
    if (filled) {
        assert_true(number_before(line, filled) > moved);
        moved = number_before(line, filled);
        bits = filled + strlen(" in accesses");
    }
    const char *accesses = strstr(bits, " accesses of ");
    const char *unit = strstr(bits, " pJ");
    const double taken = accesses ? number_before(line, accesses) : moved;
    assert_printed(taken * number_before(line, unit), product);
    if (accesses) {
        const double port = strtod(accesses + strlen(" accesses of "), NULL);
        assert_true(taken == ceil(moved / port));
    }
}

// Explains, and returns the text, which the caller frees.
static char *explain(const struct bench *bench, const struct sdse_mapping *mapping) {
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    const enum sdse_status status = sdse_explain_write(bench->model, mapping, out);
    fclose(out);
    if (status != SDSE_OK)
        print_message("%s", text);
    assert_int_equal(status, SDSE_OK);
    return text;
}

static void check_explanation(const struct bench *bench,
                              const struct sdse_mapping *mapping) {
    struct sdse_cost cost;
    sdse_evaluate_full(bench->model, mapping, &cost);
    char *text = explain(bench, mapping);
    double sum = 0;
    unsigned lines = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        const double product = product_of(line);
        if (product < 0)
            continue;
        check_access(line, product);
        sum += product;
        lines++;
    }
    assert_true(lines > 10);
    assert_printed(sum, cost.energy_pj);
    free(text);
}

static void explain_optimum(const char *arch, const char *workload, const char *name,
                            bool smartdeal) {
    struct bench bench;
    load(&bench, arch, workload);
    const struct sdse_layer *layer = layer_of(&bench, name);
    const struct sdse_weight_form form = prepare(&bench, layer, smartdeal);
    const struct sdse_map_request request = {
        .arch = bench.arch, .layer = layer, .form = &form, .objective = SDSE_MAP_EDP};
    struct sdse_map_answer answer;
    assert_int_equal(sdse_map(&request, bench.arena, &answer), SDSE_OK);
    assert_int_equal(answer.status, SDSE_MAP_OPTIMAL);
    check_explanation(&bench, &answer.point[0].mapping);
    for (unsigned l = 0; l < bench.arch->level_count; l++) {
        bench.arch->level[l].least_read_bits = 96;
        bench.arch->level[l].least_write_bits = 40;
    }
    prepare(&bench, layer, smartdeal);
    check_explanation(&bench, &answer.point[0].mapping);
    sdse_arena_free(bench.arena);
}

static void optima_of_all_accelerators(void **state) {
    (void)state;
    static const char *const archs[] = {"eyeriss", "diannao", "smartexchange", "tpu",
                                        "simba"};
    for (size_t i = 0; i < sizeof archs / sizeof archs[0]; i++) {
        explain_optimum(archs[i], "resnet18", "layer3.1.conv2", false);
        explain_optimum(archs[i], "resnet18", "fc", false);
    }
}

static void smartdeal_weights(void **state) {
    (void)state;
    explain_optimum("smartexchange", "resnet18", "layer3.1.conv2", true);
    explain_optimum("eyeriss", "resnet18", "layer3.1.conv2", true);
}

static struct sdse_mapping *
mapping_of(struct bench *bench, const struct sdse_layer *layer, const char *text) {
    struct sdse_node *root;
    struct sdse_mapping *mapping = NULL;
    assert_int_equal(sdse_tree_parse_memory(bench->arena, "test", text, strlen(text),
                                            &bench->diags, &root),
                     SDSE_OK);
    const enum sdse_status status = sdse_mapping_from_tree(
        bench->arena, root, bench->arch, layer, &bench->diags, &mapping);
    sdse_diags_print(&bench->diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    return mapping;
}

// 56 rows as five passes of twelve, the last of eight.
static void imperfect_factors(void **state) {
    (void)state;
    struct bench bench;
    load(&bench, "eyeriss", "resnet18");
    const struct sdse_layer *layer = layer_of(&bench, "layer1.0.conv2");
    prepare(&bench, layer, false);
    struct sdse_mapping *mapping =
        mapping_of(&bench, layer,
                   "mapping:\n"
                   "  - {level: DRAM, temporal: P5 K4}\n"
                   "  - {level: GLB, temporal: C4 Q56, spatial_x: P12/8,"
                   " spatial_y: C4 R3}\n"
                   "  - {level: psum, temporal: C4 S3 K16}\n");
    check_explanation(&bench, mapping);
    char *text = explain(&bench, mapping);
    assert_non_null(strstr(text, "some factors do not divide their bounds"));
    free(text);
    sdse_arena_free(bench.arena);
}

// Reading out a tile that is drained, counted or not, and first fills.
static void options_of_the_model(void **state) {
    (void)state;
    for (unsigned bits = 0; bits < 8; bits++) {
        struct bench bench;
        load(&bench, "eyeriss", "resnet18");
        bench.arch->count_drain_reads = bits & 1u;
        bench.arch->count_fill_drain = bits & 2u;
        bench.arch->count_return_transfers = bits & 4u;
        const struct sdse_layer *layer = layer_of(&bench, "layer1.0.conv2");
        prepare(&bench, layer, false);
        check_explanation(
            &bench, mapping_of(&bench, layer,
                               "mapping:\n"
                               "  - {level: DRAM, temporal: C2 P8 K2}\n"
                               "  - {level: GLB, temporal: C2 Q56, spatial_x: P7 K2,"
                               " spatial_y: C4 R3}\n"
                               "  - {level: psum, temporal: C4 S3 K16}\n"));
        sdse_arena_free(bench.arena);
    }
}

// The text that source [number] of the explanation names.
static const char *source_of(const char *text, long number) {
    char mark[16];
    snprintf(mark, sizeof mark, "\n  [%ld] ", number);
    const char *at = strstr(text, mark);
    assert_non_null(at);
    return at + strlen(mark);
}

// What leaks is every instance of a memory; what an engine's shift-adds cost is cited
// where the accelerator gives it.
static void instances_and_citations(void **state) {
    (void)state;
    struct bench bench;
    load(&bench, "smartexchange", "resnet18");
    const struct sdse_layer *layer = layer_of(&bench, "layer3.1.conv2");
    const struct sdse_weight_form form = prepare(&bench, layer, true);
    const struct sdse_map_request request = {.arch = bench.arch,
                                             .layer = layer,
                                             .form = &form,
                                             .objective = SDSE_MAP_ENERGY};
    struct sdse_map_answer answer;
    assert_int_equal(sdse_map(&request, bench.arena, &answer), SDSE_OK);
    char *text = explain(&bench, &answer.point[0].mapping);
    unsigned leaking = 0;
    for (unsigned l = 0; l < bench.arch->level_count; l++) {
        const struct sdse_level *level = &bench.arch->level[l];
        char label[96];
        snprintf(label, sizeof label, "\n  %s leakage ", level->name);
        const char *line = strstr(text, label);
        if (!line)
            continue;
        line += strlen(label);
        assert_int_equal(strtoull(line + strspn(line, " "), NULL, 10),
                         sdse_arch_instances(bench.arch, l));
        leaking += sdse_arch_instances(bench.arch, l) > 1;
    }
    assert_true(leaking > 0);
    const char *shifts = strstr(text, " shift-adds x ");
    assert_non_null(shifts);
    const char *cited = strchr(shifts, '[');
    const char *origin = bench.arch->rebuild.pj_per_shift_add.origin.text;
    const char *source = source_of(text, strtol(cited + 1, NULL, 10));
    const char *found = strstr(source, origin);
    assert_true(found && found < strchr(source, '\n')); // in its own line
    free(text);
    sdse_arena_free(bench.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(optima_of_all_accelerators),
        cmocka_unit_test(smartdeal_weights),
        cmocka_unit_test(imperfect_factors),
        cmocka_unit_test(options_of_the_model),
        cmocka_unit_test(instances_and_citations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
