// SCALE-Sim's files as ours: sizes, its rounding, names, what is refused and where.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "costmodel/resolve.h"
#include "import/scalesim/scalesim.h"
#include "spec/load.h"
#include "support/close.h"

static const char config[] =
    "[general]\nrun_name = tiny\n\n[architecture_presets]\nArrayHeight:  8\n"
    "ArrayWidth : 16\nIfmapSramSzkB: 4\nFilterSramSzkB: 8\nOfmapSramSzkB= 2\n"
    "IfmapOffset: 0\nBandwidth : 10\nDataflow : %s\n\n[run_presets]\n"
    "InterfaceBandwidth: %s\n%s";

struct read {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    enum sdse_status status;
    struct sdse_arch *arch;
    struct sdse_workload *net;
};

static struct read read_text(const char *text, bool lossy) {
    struct read r = {.arena = sdse_arena_new()};
    const char *yaml = NULL;
    struct sdse_node *root = NULL;
    sdse_diags_init(&r.diags, r.arena);
    const bool is_config = sdse_scalesim_kind(text) == SDSE_SCALESIM_CONFIG;
    r.status = is_config ? sdse_scalesim_config("a/in.cfg", text, lossy, r.arena,
                                                &r.diags, &yaml)
                         : sdse_scalesim_topology("a/net.csv", text, lossy, r.arena,
                                                  &r.diags, &yaml);
    assert_int_equal(r.status == SDSE_OK, r.diags.errors == 0);
    if (r.status != SDSE_OK)
        return r;
    assert_int_equal(
        sdse_tree_parse_memory(r.arena, "out", yaml, strlen(yaml), &r.diags, &root),
        SDSE_OK);
    if (is_config)
        r.status = sdse_arch_from_tree(r.arena, root, NULL, 0, &r.diags, &r.arch);
    else
        r.status = sdse_workload_from_tree(r.arena, root, &r.diags, &r.net);
    if (r.status != SDSE_OK)
        sdse_diags_print(&r.diags, stderr, false);
    assert_int_equal(r.status, SDSE_OK);
    return r;
}

static struct read read_config(const char *flow, const char *link, const char *more,
                               bool lossy) {
    char text[1000];
    snprintf(text, sizeof text, config, flow, link, more);
    return read_text(text, lossy);
}

static void kinds_are_told_by_their_first_lines(void **state) {
    (void)state;
    assert_int_equal(sdse_scalesim_kind(config), SDSE_SCALESIM_CONFIG);
    assert_int_equal(sdse_scalesim_kind("Layer name, IFMAP Height, Filter Height,\n"),
                     SDSE_SCALESIM_CONVOLUTION);
    assert_int_equal(sdse_scalesim_kind("layer,M,N,K\n"), SDSE_SCALESIM_PRODUCT);
    assert_int_equal(sdse_scalesim_kind("name: a\nlayers: [a, b]\n"),
                     SDSE_SCALESIM_NONE);
    assert_int_equal(sdse_scalesim_kind("\x08\x07\x12\x07pytorch"), SDSE_SCALESIM_NONE);
    assert_int_equal(sdse_scalesim_kind(""), SDSE_SCALESIM_NONE);
    assert_int_equal(sdse_scalesim_kind("\n# a, b\n"), SDSE_SCALESIM_NONE);
}

// However much stands before what tells a file: places count it.
static void what_says_nothing_may_come_first(void **state) {
    (void)state;
    static const char mark[] = "\xef\xbb\xbf", remark[] = "; of layers, and filters\n";
    enum { REMARKS = 1000, ROOM = REMARKS * sizeof remark + 1000 };
    char *text = malloc(ROOM);
    for (unsigned what = 0; what < 8; what++) {
        size_t at = (size_t)snprintf(text, ROOM, "%s", what & 1 ? mark : "");
        for (unsigned i = 0; what & 2 && i < REMARKS; i++)
            at += (size_t)snprintf(text + at, ROOM - at, "%s", remark);
        at += (size_t)snprintf(text + at, ROOM - at, "%s", what & 4 ? " \t\r\n\n" : "");
        const unsigned before = (what & 2 ? REMARKS : 0u) + (what & 4 ? 2u : 0u);

        snprintf(text + at, ROOM - at, config, "ws", "CALC", "ArrayHeight: 9\n");
        assert_int_equal(sdse_scalesim_kind(text), SDSE_SCALESIM_CONFIG);
        struct read r = read_text(text, false);
        assert_non_null(r.diags.first);
        assert_int_equal(r.diags.first->loc.line, before + 16);
        assert_int_equal(r.diags.first->loc.column, 1);
        assert_null(r.diags.first->next);
        sdse_arena_free(r.arena);

        snprintf(text + at, ROOM - at, "Layer,M,N,K\na,1,2,3\nb,1,2,x\n");
        assert_int_equal(sdse_scalesim_kind(text), SDSE_SCALESIM_PRODUCT);
        r = read_text(text, false);
        assert_non_null(r.diags.first);
        assert_int_equal(r.diags.first->loc.line, before + 3);
        assert_int_equal(r.diags.first->loc.column, 7);
        assert_null(r.diags.first->next);
        sdse_arena_free(r.arena);
    }
    free(text);
    // The first line is the headings', whatever it begins with.
    struct read r = read_text("# Layer,M,N,K\na,1,2,3\n", false);
    assert_int_equal(r.status, SDSE_OK);
    assert_int_equal(r.net->layer_count, 1);
    sdse_arena_free(r.arena);
}

static void a_configuration_is_a_systolic_array(void **state) {
    (void)state;
    struct read r = read_config("ws", "USER", "MemoryBanks: 2\n", false);
    const struct sdse_arch *arch = r.arch;
    assert_string_equal(arch->name, "tiny");
    assert_non_null(strstr(arch->source, "a/in.cfg"));
    assert_int_equal(arch->level_count, 5);
    static const uint64_t kib[] = {0, 4, 8, 2};
    static const enum sdse_tensor held[] = {0, SDSE_INPUTS, SDSE_WEIGHTS, SDSE_OUTPUTS};
    for (unsigned l = 1; l <= 3; l++) {
        const struct sdse_level *level = &arch->level[l];
        assert_int_equal(level->capacity_bits, kib[l] * 8192);
        assert_int_equal(level->keeps, SDSE_BIT(held[l]));
        assert_int_equal(level->buffering, 2);
        assert_true(level->macro_count >= 2);
        // A side of the array each cycle.
        assert_double_within(level->read_bits_per_cycle.value, 128, 0);
    }
    const struct sdse_level *sums = &arch->level[3], *array = &arch->level[4];
    assert_int_equal(sums->fanout_x, 16);
    assert_int_equal(sums->fanout_y, 8);
    assert_int_equal(sums->dims_x, SDSE_BIT(SDSE_K));
    assert_int_equal(sums->dims_y,
                     SDSE_BIT(SDSE_C) | SDSE_BIT(SDSE_R) | SDSE_BIT(SDSE_S));
    assert_int_equal(array->keeps, SDSE_BIT(SDSE_WEIGHTS));
    assert_int_equal(array->capacity_bits, 8);
    assert_double_within(array->pass_start_cycles.value, 8, 0);
    assert_double_within(array->pass_skew_cycles.value, 1, 0);
    // 10 words of 8 bit for each tensor.
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        assert_double_within(
            arch->level[0].own_bits_per_cycle[SDSE_PORT_SHARED][t].value, 80, 0);
    assert_int_equal(sdse_arch_resolve_costs(r.arch, r.arena, &r.diags), SDSE_OK);
    sdse_arena_free(r.arena);
    r = read_config("OS", "CALC", "", false);
    assert_false(r.arch->level[0].own_bits_per_cycle[SDSE_PORT_SHARED][0].given);
    assert_false(r.arch->level[0].shared_bits_per_cycle.given);
    assert_int_equal(r.arch->level[4].keeps, SDSE_BIT(SDSE_OUTPUTS));
    assert_int_equal(r.arch->level[3].dims_y,
                     SDSE_BIT(SDSE_P) | SDSE_BIT(SDSE_Q) | SDSE_BIT(SDSE_N));
    assert_int_equal(r.arch->level[3].dims_x, SDSE_BIT(SDSE_K));
    sdse_arena_free(r.arena);
    r = read_config("is", "CALC", "", false);
    assert_int_equal(r.arch->level[4].keeps, SDSE_BIT(SDSE_INPUTS));
    assert_int_equal(r.arch->level[3].dims_x,
                     SDSE_BIT(SDSE_P) | SDSE_BIT(SDSE_Q) | SDSE_BIT(SDSE_N));
    sdse_arena_free(r.arena);
}

// Of n outputs along an axis SCALE-Sim makes ceil((size - filter + stride) / stride).
static void a_topology_rounds_up(void **state) {
    (void)state;
    char text[4000] =
        "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, "
        "Channels, Num Filter, Strides,\r\n";
    size_t used = strlen(text);
    unsigned count = 0;
    struct {
        unsigned h, w, r, s, stride;
    } made[32];
    uint32_t seed = 7;
    for (; count < 32; count++) {
        seed = seed * 1664525u + 1013904223u;
        made[count].stride = 1 + (seed >> 8) % 4;
        made[count].r = count % 3 ? 1 + (seed >> 12) % 5 : 1;
        made[count].s = 1 + (seed >> 16) % 5;
        made[count].h = made[count].r + (seed >> 20) % 30;
        made[count].w = made[count].s + (seed >> 25) % 30;
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "l%u, %u, %u,%u,%u, 3, 5, %u,\r\n", count,
                                 made[count].h, made[count].w, made[count].r,
                                 made[count].s, made[count].stride);
    }
    struct read r = read_text(text, false);
    assert_string_equal(r.net->name, "net");
    assert_int_equal(r.net->layer_count, count);
    for (unsigned i = 0; i < count; i++) {
        const uint64_t *bound = r.net->layers[i].nest.bound;
        const unsigned stride = made[i].stride;
        assert_int_equal(bound[SDSE_P],
                         (made[i].h - made[i].r + stride + stride - 1) / stride);
        assert_int_equal(bound[SDSE_Q],
                         (made[i].w - made[i].s + stride + stride - 1) / stride);
        assert_int_equal(bound[SDSE_R], made[i].r);
        assert_int_equal(bound[SDSE_S], made[i].s);
        assert_int_equal(bound[SDSE_C], 3);
        assert_int_equal(bound[SDSE_K], 5);
    }
    sdse_arena_free(r.arena);
}

static void names_products_and_depthwise_layers_are_kept(void **state) {
    (void)state;
    struct read r = read_text(
        "Layer, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num "
        "Filter, Stride h, Stride w,\n"
        "\xe5\xb1\xa4: 'a', 8, 9, 3, 2, 4, 6, 1, 2\n\n  same, 8,8,1,1,4,6,1,\n"
        "same, 8,8,1,1,4,6,1,\nDP_1, 8,8,3,3,4,1,1,",
        false);
    assert_int_equal(r.net->layer_count, 4);
    assert_string_equal(r.net->layers[0].name, "\xe5\xb1\xa4: 'a'");
    assert_int_equal(r.net->layers[0].nest.stride[0], 1);
    assert_int_equal(r.net->layers[0].nest.stride[1], 2);
    assert_int_equal(r.net->layers[0].nest.bound[SDSE_P], 6);
    assert_int_equal(r.net->layers[0].nest.bound[SDSE_Q], 5); // 7 / 2, rounded up, + 1
    assert_string_equal(r.net->layers[1].name, "same");
    assert_string_equal(r.net->layers[2].name, "same.2");
    assert_int_equal(r.net->layers[3].kind, SDSE_DWCONV);
    assert_int_equal(r.net->layers[3].nest.bound[SDSE_G], 4);
    sdse_arena_free(r.arena);
    r = read_text("Layer,M,N,K\ng,10,20,30\n", false);
    const uint64_t *bound = r.net->layers[0].nest.bound;
    assert_int_equal(bound[SDSE_P], 10);
    assert_int_equal(bound[SDSE_K], 20);
    assert_int_equal(bound[SDSE_C], 30);
    sdse_arena_free(r.arena);
    // What YAML cannot hold becomes a question mark.
    r = read_text(
        "Layer,M,N,K\n\xe9t\xe9 \xc2\x9b \xef\xbf\xbe \xc3\xa9,1,2,3\n,1,2,3\n,"
        "4,5,6\n",
        false);
    assert_string_equal(r.net->layers[0].name, "?t? ?? ??? \xc3\xa9");
    assert_string_equal(r.net->layers[1].name, "layer");
    assert_string_equal(r.net->layers[2].name, "layer.2");
    sdse_arena_free(r.arena);
    r = read_text("Layer,M,N,K\ng,10,20,30,40\n", false);
    assert_int_equal(r.status, SDSE_INVALID);
    assert_string_equal(r.diags.first->check, "scalesim-line");
    sdse_arena_free(r.arena);
}

static void what_cannot_be_is_said_with_its_place(void **state) {
    (void)state;
    static const char head[] = "Layer, H, W, Filter h, Filter w, C, Num, Strides,\n";
    static const struct {
        const char *text, *check, *said;
        unsigned line, column, errors;
    } cases[] = {
        {"a, 8, 8, 9, 3, 4, 6, 1,\n", "scalesim-value", "larger than the image", 2, 10,
         1},
        {"a, 8, x, 3, 3, 0, 6, 1.5,\n", "scalesim-value", "image's width is 'x'", 2, 7,
         3},
        {"a, 8, 8, 3, 3, 4, 6\n", "scalesim-line", "7 columns", 2, 1, 1},
        {"a, 8, 8, 3, 3, 4, 6, 1, 1, 5\n", "scalesim-line", "10 columns", 2, 1, 1},
        {"\n\n", "scalesim-line", "no layer", 3, 1, 1},
        {"a, 8, 8, 3, 3, 4, 6, 1, 2:4,\n", "scalesim-value", "'2:4' is lost", 2, 25, 1},
        {"a, 8, 8, 3, 3, 99999999999999999999, 6, 1\n", "scalesim-value", "expected a",
         2, 16, 1},
    };
    char text[400];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "%s%s", head, cases[i].text);
        struct read r = read_text(text, false);
        assert_int_equal(r.status, SDSE_INVALID);
        const struct sdse_diag *diag = r.diags.first;
        if (strcmp(diag->check, cases[i].check) ||
            !strstr(diag->message, cases[i].said))
            fail_msg("%s: %s [%s]", cases[i].text, diag->message, diag->check);
        assert_int_equal(diag->loc.line, cases[i].line);
        assert_int_equal(diag->loc.column, cases[i].column);
        assert_string_equal(diag->loc.file, "a/net.csv");
        assert_int_equal(r.diags.errors, cases[i].errors);
        sdse_arena_free(r.arena);
    }
    // Headings that name other columns than those that are read.
    static const struct {
        const char *text, *said;
        unsigned column, errors;
    } headings[] = {
        {"Layer,M,K,N\na,1,2,3\n", "column 3 is called 'K' and is read as N", 9, 2},
        {"; Layer, m, n , k,\na,1,2,3\n", NULL, 0, 0},
        {"Layer,Rows,K,Columns\na,1,2,3\n", "'K' and is read as N", 12, 1},
        {"Layer name, IFMAP Height, IFMAP Width, Channels, Filter Height, Filter "
         "Width, Num Filter, Strides,\na,8,8,1,1,1,4,6,1\n",
         "'Channels' and is read as the filter's height", 40, 3},
        {"Layer name,IFMAP_W,IFMAP Width,Filter H,Filter W,C,Num,Strides,Stride H\n"
         "a,8,8,1,1,1,4,1,1\n",
         "'Stride H' and is read as the second stride", 64, 1},
    };
    for (size_t i = 0; i < sizeof headings / sizeof *headings; i++)
        for (unsigned lossy = 0; lossy < 2; lossy++) {
            struct read r = read_text(headings[i].text, lossy);
            assert_int_equal(lossy ? r.diags.warnings : r.diags.errors,
                             headings[i].errors);
            if (headings[i].said) {
                assert_non_null(strstr(r.diags.first->message, headings[i].said));
                assert_string_equal(r.diags.first->check, "scalesim-line");
                assert_int_equal(r.diags.first->loc.line, 1);
                assert_int_equal(r.diags.first->loc.column, headings[i].column);
            }
            sdse_arena_free(r.arena);
        }
    // A pattern of zeros may be lost.
    snprintf(text, sizeof text, "%s%s", head, cases[5].text);
    struct read r = read_text(text, true);
    assert_int_equal(r.diags.warnings, 1);
    assert_int_equal(r.net->layer_count, 1);
    sdse_arena_free(r.arena);
}

static void keys_without_counterpart_are_lost_only_on_request(void **state) {
    (void)state;
    struct read r =
        read_config("os", "CALC", "[sparsity]\nSparsitySupport = false\n", false);
    assert_int_equal(r.status, SDSE_INVALID);
    assert_string_equal(r.diags.first->check, "scalesim-key");
    assert_int_equal(r.diags.first->loc.line, 17);
    assert_non_null(strstr(r.diags.first->message, "--lossy"));
    sdse_arena_free(r.arena);
    r = read_config("os", "CALC", "[sparsity]\nSparsitySupport = false\n", true);
    assert_int_equal(r.diags.warnings, 1);
    sdse_arena_free(r.arena);
    // Wrong values, and second ones, are wrong with --lossy too.
    r = read_config("xs", "FAST", "ArrayWidth: 0\nnonsense\n", true);
    assert_int_equal(r.status, SDSE_INVALID);
    assert_int_equal(r.diags.errors, 5);
    sdse_arena_free(r.arena);
    // All that is missing is named.
    r = read_text("[architecture_presets]\nArrayHeight: 8\nBandwidth: 3\n", false);
    assert_int_equal(r.diags.errors, 5);
    sdse_arena_free(r.arena);
    r = read_text("[architecture_presets]\n; a remark\n# one more\nBandwidth: 3\n",
                  false);
    assert_int_equal(r.diags.errors, 6);
    assert_non_null(strstr(r.diags.first->message, "ArrayHeight"));
    sdse_arena_free(r.arena);
}

static void older_names_of_sizes_are_known(void **state) {
    (void)state;
    struct read r = read_text("[architecture_presets]\nArrayHeight: 8\nArrayWidth: 8\n"
                              "IfmapSRAMSize: 4\nFilterSRAMSize: 8\n"
                              "OfmapSRAMSize: 2\nDataflow: os\n",
                              false);
    assert_int_equal(r.status, SDSE_OK);
    for (unsigned l = 1; l <= 3; l++)
        assert_int_equal(r.arch->level[l].capacity_bits, (l == 3 ? 2 : 4 * l) * 8192);
    sdse_arena_free(r.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_told_by_their_first_lines),
        cmocka_unit_test(what_says_nothing_may_come_first),
        cmocka_unit_test(a_configuration_is_a_systolic_array),
        cmocka_unit_test(a_topology_rounds_up),
        cmocka_unit_test(names_products_and_depthwise_layers_are_kept),
        cmocka_unit_test(what_cannot_be_is_said_with_its_place),
        cmocka_unit_test(older_names_of_sizes_are_known),
        cmocka_unit_test(keys_without_counterpart_are_lost_only_on_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
