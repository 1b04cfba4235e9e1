// MAESTRO's networks as ours: each kind of layer, constants, what is refused and where.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "import/maestro/maestro.h"
#include "spec/load.h"

struct read {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    enum sdse_status status;
    struct sdse_workload *net;
};

static struct read read_text(const char *text, bool lossy) {
    struct read r = {.arena = sdse_arena_new()};
    const struct sdse_maestro_text network = {"n.m", text};
    struct sdse_maestro_files files;
    struct sdse_node *root = NULL;
    sdse_diags_init(&r.diags, r.arena);
    r.status = sdse_maestro_import(&network, NULL, lossy, r.arena, &r.diags, &files);
    assert_int_equal(r.status == SDSE_OK, r.diags.errors == 0);
    if (r.status != SDSE_OK)
        return r;
    assert_null(files.arch);
    assert_null(files.mapping);
    assert_int_equal(sdse_tree_parse_memory(r.arena, "out", files.network,
                                            strlen(files.network), &r.diags, &root),
                     SDSE_OK);
    r.status = sdse_workload_from_tree(r.arena, root, &r.diags, &r.net);
    if (r.status != SDSE_OK)
        sdse_diags_print(&r.diags, stderr, false);
    assert_int_equal(r.status, SDSE_OK);
    return r;
}

// The first layer's bounds, strides and inputs' rows and columns.
static void layers_are_what_their_types_say(void **state) {
    (void)state;
    static const struct {
        const char *layer;
        uint64_t bound[SDSE_DIMS]; // N K C P Q R S G
        uint64_t stride[2], map[2];
    } cases[] = {
        // (35 - 3) / 2 + 1 and (34 - 5) / 3 + 1, rounded down.
        {"Type: CONV Stride { Y: 2, X: 3 } Dimensions { N: 2, K: 64, C: 3, R: 3, S: 5, "
         "Y: 35, X: 34 }",
         {2, 64, 3, 17, 10, 3, 5, 1},
         {2, 3},
         {35, 34}},
        // Outputs are said: (9 - 1) * 2 + 3 rows.
        {"Type: CONV Stride { X: 1 Y: 2 } Dimensions { K 4 C 3 R 3 S 1 Y' 9 X' 8 }",
         {1, 4, 3, 9, 8, 3, 1, 1},
         {2, 1},
         {19, 8}},
        {"Type: DSCONV Dimensions { K: 1, C: 32, R: 3, S: 3, Y: 12, X: 10 }",
         {1, 1, 1, 10, 8, 3, 3, 32},
         {1, 1},
         {12, 10}},
        {"Type: DSCONV Dimensions { K: 2, C: 32, R: 3, S: 3, Y: 12, X: 10 }",
         {1, 2, 1, 10, 8, 3, 3, 32},
         {1, 1},
         {12, 10}},
        {"Type: NGCONV Dimensions { G: 8, K: 4, C: 48, R: 3, S: 3, Y: 12, X: 10 }",
         {1, 4, 6, 10, 8, 3, 3, 8},
         {1, 1},
         {12, 10}},
        {"Type: GEMM Dimensions { K: SzK, M: 5, N: 7 }",
         {1, 7, 11, 5, 1, 1, 1, 1},
         {1, 1},
         {5, 1}},
        {"Type: BMM Dimensions { B: 3, K: SzK, M: 5, N: 7 }",
         {1, 7, 11, 5, 1, 1, 1, 3},
         {1, 1},
         {5, 1}},
        {"Type: FC Dimensions { K: 10, C: 64, N: 2 }",
         {2, 10, 64, 1, 1, 1, 1, 1},
         {1, 1},
         {1, 1}},
        {"Type: FC Dimensions { K: 10, C: 64, R: 6, S: 7, Y: 6, X: 7 }",
         {1, 10, 64, 1, 1, 6, 7, 1},
         {1, 1},
         {6, 7}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[400];
        snprintf(text, sizeof text,
                 "// A comment { Layer\nConstant SzK 11;\nNetwork net {\nLayer a { %s "
                 "}\n}\n",
                 cases[i].layer);
        assert_int_equal(sdse_maestro_kind(text), SDSE_MAESTRO_NETWORK);
        struct read r = read_text(text, false);
        if (r.status != SDSE_OK)
            sdse_diags_print(&r.diags, stderr, false);
        assert_int_equal(r.status, SDSE_OK);
        assert_string_equal(r.net->name, "net");
        assert_int_equal(r.net->layer_count, 1);
        const struct sdse_nest *nest = &r.net->layers[0].nest;
        for (unsigned d = 0; d < SDSE_DIMS; d++)
            if (nest->bound[d] != cases[i].bound[d])
                fail_msg("case %zu: %c is %llu", i, sdse_dim_letters[d],
                         (unsigned long long)nest->bound[d]);
        for (unsigned axis = 0; axis < 2; axis++) {
            assert_int_equal(nest->stride[axis], cases[i].stride[axis]);
            if (nest->map[axis])
                assert_int_equal(nest->map[axis], cases[i].map[axis]);
        }
        sdse_arena_free(r.arena);
    }
}

// Stride 2 is MAESTRO's own: four phases, with the MACs of the whole.
static void transposed_convolutions_have_a_stride_of_two(void **state) {
    (void)state;
    struct read r = read_text("Network { Layer T { Type: TRCONV Dimensions { K: 8, C: "
                              "4, R: 2, S: 2, Y: 28, X: 14 } } }",
                              false);
    assert_int_equal(r.status, SDSE_OK);
    assert_string_equal(r.net->name, "maestro");
    assert_int_equal(r.net->layer_count, 4);
    uint64_t macs = 0;
    for (size_t l = 0; l < 4; l++) {
        uint64_t product = 1;
        for (unsigned d = 0; d < SDSE_DIMS; d++)
            product *= r.net->layers[l].nest.bound[d];
        macs += product;
    }
    assert_int_equal(macs, 28 * 14 * 2 * 2 * 8 * 4);
    sdse_arena_free(r.arena);
}

static void names_that_come_twice_get_a_number(void **state) {
    (void)state;
    static const char twice[] =
        "Network n { Layer a { Type: GEMM Dimensions { K 1 M 2 N 3 } }\n"
        "Layer a { Type: GEMM Dimensions { K 1 M 2 N 3 } } Layer { Type: GEMM "
        "Dimensions { K 1 M 2 N 3 } } }";
    struct read r = read_text(twice, false);
    assert_int_equal(r.status, SDSE_OK);
    assert_string_equal(r.net->layers[0].name, "a");
    assert_string_equal(r.net->layers[1].name, "a.2");
    assert_string_equal(r.net->layers[2].name, "layer");
    sdse_arena_free(r.arena);
}

#define LAYER(text) "Network n {\n Layer a { " text " } }"
#define GEMM "Type: GEMM Dimensions { K 1 M 2 N 3 }"

static void what_is_no_layer_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *check, *part;
        unsigned line, column;
        bool goes_on;
    } cases[] = {
        {LAYER("Type: CONV Dimensions { K 1 C 1 R 1 Y 1 X 1 }"), "maestro-layer",
         "'a' lacks S", 2, 8, false},
        {LAYER("Type: GEMM Dimensions { K 1 M 1 N 1 Y 4 }"), "maestro-layer",
         "'a' says Y, which a GEMM has not", 2, 8, false},
        {LAYER("Type: CONV Dimensions { K 1 K 1 C 1 R 1 S 1 Y 1 X 1 }"),
         "maestro-layer", "K is said twice", 2, 40, false},
        {LAYER("Type: GEMM Type: BMM Dimensions { K 1 M 1 N 1 B 2 }"), "maestro-layer",
         "the type of 'a' is said twice", 2, 23, false},
        {LAYER("Type: CONV Stride { X 1 X 2 } Dimensions { K 1 C 1 R 1 S 1 Y 9 X 9 }"),
         "maestro-layer", "the stride of X is said twice", 2, 36, false},
        {LAYER("Type: CONV Dimensions { K 1 C 1 R 1 S 1 Y 1 }"), "maestro-layer",
         "needs X or X', one of them", 2, 8, false},
        {LAYER("Type: CONV Dimensions { K 1 C 1 R 1 S 1 Y 1 Y' 1 X 1 }"),
         "maestro-layer", "needs Y or Y', one of them", 2, 8, false},
        {LAYER("Type: CONV Dimensions { K 1 C 1 R 4 S 1 Y 3 X 1 }"), "maestro-layer",
         "3 rows for a kernel of 4", 2, 8, false},
        {LAYER("Type: NGCONV Dimensions { G 3 K 1 C 4 R 1 S 1 Y 3 X 1 }"),
         "maestro-layer", "4 channels for 3 groups", 2, 8, false},
        {LAYER("Type: TRCONV Stride { X 2 } Dimensions { K 1 C 4 R 1 S 1 Y 3 X 1 }"),
         "maestro-layer", "says a stride", 2, 8, false},
        {LAYER("Type: TRCONV Dimensions { K 1 C 4 R 1 S 1 Y' 3 X 1 }"), "maestro-layer",
         "is transposed and says Y'", 2, 8, false},
        {LAYER(GEMM " Dataflow { SpatialMap(1,1) K; Cluster(Sz(M), P); }"),
         "maestro-dataflow", "the dataflow of 1 layer, 'a' the first, is lost", 2, 50,
         true},
        {LAYER(GEMM " Dataflow { } } Layer b { " GEMM " Dataflow { }"),
         "maestro-dataflow", "the dataflows of 2 layers, 'a' the first, are lost", 2,
         50, true},
        {LAYER(GEMM " Dataflow { } Dataflow { }"), "maestro-layer",
         "the dataflow of 'a' is said twice", 2, 63, false},
        {LAYER(GEMM " Dataflow { Spatial(1,1) K; }"), "maestro-syntax",
         "expected SpatialMap, TemporalMap, Cluster or }, found 'Spatial'", 2, 61,
         false},
        {LAYER(GEMM " Dataflow { SpatialMap(1,1) Z; }"), "maestro-syntax",
         "expected a dimension, found 'Z'", 2, 77, false},
        {LAYER(GEMM " Dataflow { Cluster(4, Q); }"), "maestro-syntax",
         "expected P or L, found 'Q'", 2, 72, false},
        {LAYER(GEMM " Size: 4"), "maestro-syntax", "found 'Size'", 2, 50, false},
        {LAYER("Type: GEMM Dimensions { K 1 M two N 3 }"), "maestro-syntax",
         "a number from 1", 2, 42, false},
        {LAYER("Type: GEMM Dimensions { K 0 M 1 N 3 }"), "maestro-syntax", "found '0'",
         2, 38, false},
        {LAYER("Type: GEMM Dimensions { K 4294967296 M 1 N 3 }"), "maestro-syntax",
         "a number from 1", 2, 38, false},
        {"Network n { Layer a { Type: GEMM", "maestro-syntax", "found the end", 1, 33,
         false},
        {"Constant A 4; Constant A 8; Network n { Layer a { " GEMM " } }",
         "maestro-syntax", "the constant 'A' is said twice", 1, 24, false},
        {"Network n { } Network m { }", "maestro-syntax", "Constant or the end", 1, 15,
         false},
        {"Network n { Layer a { " GEMM " } }\nAccelerator { PE { } }",
         "maestro-accelerator", "no counterpart", 2, 1, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int lossy = 0; lossy < 2; lossy++) {
            struct read r = read_text(cases[i].text, lossy);
            if ((r.status == SDSE_OK) != (lossy && cases[i].goes_on))
                fail_msg("case %zu, lossy %d: status %d", i, lossy, (int)r.status);
            const struct sdse_diag *first = r.diags.first;
            if (!first || strcmp(first->check, cases[i].check) != 0 ||
                !strstr(first->message, cases[i].part) ||
                first->loc.line != cases[i].line ||
                first->loc.column != cases[i].column)
                fail_msg("case %zu: %u:%u: %s [%s]", i, first ? first->loc.line : 0,
                         first ? first->loc.column : 0, first ? first->message : "",
                         first ? first->check : "");
            sdse_arena_free(r.arena);
        }
    }
    // A layer of no known type is left out, the others stay.
    struct read r =
        read_text("Network n { Layer p { Type: POOL } Layer a { " GEMM " } }", true);
    assert_int_equal(r.status, SDSE_OK);
    assert_int_equal(r.net->layer_count, 1);
    assert_non_null(strstr(r.diags.first->message, "of type 'POOL'"));
    sdse_arena_free(r.arena);
}

static void texts_are_told_by_their_first_word(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum sdse_maestro_kind kind;
    } cases[] = {
        {"\xEF\xBB\xBF // Layer\nNetwork{ Layer", SDSE_MAESTRO_NETWORK},
        {"Constant A 1; Network n { Layer", SDSE_MAESTRO_NETWORK},
        {"// Network\nLayer", SDSE_MAESTRO_NONE},
        {"Network n { }", SDSE_MAESTRO_NONE},
        {"", SDSE_MAESTRO_NONE},
        {"Layer, Network", SDSE_MAESTRO_NONE},
        {"// pes\nnum_pes: 4", SDSE_MAESTRO_HARDWARE},
        {"L1Size 4", SDSE_MAESTRO_HARDWARE},
        {"num_pe: 4", SDSE_MAESTRO_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(sdse_maestro_kind(cases[i].text), cases[i].kind);
}

// A name has 63 letters at most.
static void long_names_are_refused(void **state) {
    (void)state;
    for (int letters = 63; letters <= 64; letters++) {
        char text[200];
        snprintf(text, sizeof text,
                 "Network net { Layer %0*d { Type: FC Dimensions { K: 10, C: 64 } } }",
                 letters, 1);
        struct read r = read_text(text, false);
        assert_int_equal(r.status == SDSE_OK, letters == 63);
        if (letters == 63)
            assert_int_equal(strlen(r.net->layers[0].name), 63);
        else
            assert_string_equal(r.diags.first->message, "a word of 64 letters or more");
        sdse_arena_free(r.arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_are_what_their_types_say),
        cmocka_unit_test(long_names_are_refused),
        cmocka_unit_test(transposed_convolutions_have_a_stride_of_two),
        cmocka_unit_test(names_that_come_twice_get_a_number),
        cmocka_unit_test(what_is_no_layer_is_refused),
        cmocka_unit_test(texts_are_told_by_their_first_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
