// MAESTRO's dataflows as mappings: by hand, against directives that are followed index
// by index, and what is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "import/maestro/maestro.h"
#include "spec/digits.h"
#include "spec/load.h"

struct read {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    enum sdse_status status;
    struct sdse_maestro_files files;
};

static struct read read_design(const char *layer, const char *hardware, bool lossy) {
    struct read r = {.arena = sdse_arena_new()};
    const char *text = sdse_arena_printf(r.arena, "Network n {\n%s\n}", layer);
    const struct sdse_maestro_text network = {"n.m", text}, array = {"hw.m", hardware};
    sdse_diags_init(&r.diags, r.arena);
    r.status =
        sdse_maestro_import(&network, &array, lossy, r.arena, &r.diags, &r.files);
    return r;
}

#define ARRAY "num_pes: 16 l1_size_cstr: 512 l2_size_cstr: 65536"

static void dataflows_are_mappings(void **state) {
    (void)state;
    static const struct {
        const char *layer, *mapping;
    } cases[] = {
        // 16 elements in clusters of 4: 4 filters at once, 16 times.
        {"Layer a { Type: CONV Dimensions { K: 64, C: 8, R: 3, S: 3, Y: 10, X: 12 }\n"
         "Dataflow { SpatialMap(1,1) K; TemporalMap(4,4) C; TemporalMap(Sz(R),Sz(R)) R;"
         "TemporalMap(Sz(S),Sz(S)) S; TemporalMap(Sz(R),1) Y; TemporalMap(Sz(S),1) X;"
         "Cluster(4, P); SpatialMap(1,1) C; TemporalMap(Sz(R),1) Y;"
         "TemporalMap(Sz(S),1) X; } }",
         "  - {level: DRAM, temporal: K16 C2 P8 Q10}\n"
         "  - {level: L2, spatial_x: K4 C4}\n"
         "  - {level: L1, temporal: R3 S3}\n"},
        // Rows of a kernel beside each other; 5 of 16 / 3 clusters take 8 rows in two.
        {"Layer b { Type: CONV Stride { X: 2, Y: 2 } Dimensions { K: 32, C: 3, R: 3,\n"
         "S: 3, Y: 17, X: 17 } Dataflow { SpatialMap(1,1) Y'; TemporalMap(1,1) X';"
         "TemporalMap(1,1) C; TemporalMap(16,16) K; Cluster(Sz(R),P);"
         "SpatialMap(1,1) Y; SpatialMap(1,1) R; } }",
         "  - {level: DRAM, temporal: P2 Q8 C3 K2}\n"
         "  - {level: L2, spatial_x: P5 R3}\n"
         "  - {level: L1, temporal: K16 S3}\n"},
        // Tiles of 4 outputs are 6 rows of inputs; no cluster, no other directive.
        {"Layer c { Type: CONV Dimensions { K: 2, C: 3, R: 3, S: 1, Y: 18, X: 4 }\n"
         "Dataflow { TemporalMap(6,4) Y; SpatialMap(2,2) X; } }",
         "  - {level: DRAM, temporal: P4}\n"
         "  - {level: L2, spatial_x: Q2}\n"
         "  - {level: L1, temporal: K2 C3 P4 Q2 R3}\n"},
        // Offsets of inputs and of outputs are the same where the stride says so.
        {"Layer c { Type: CONV Stride { Y: 2 } Dimensions { K: 2, C: 3, R: 3, S: 1, Y: "
         "17, X: 4 }\nDataflow { TemporalMap(5,4) Y; SpatialMap(1,1) K; } }",
         "  - {level: DRAM, temporal: P4}\n"
         "  - {level: L2, spatial_x: K2}\n"
         "  - {level: L1, temporal: C3 P2 Q4 R3}\n"},
        {"Layer c { Type: CONV Stride { Y: 2 } Dimensions { K: 2, C: 3, R: 3, S: 1, Y: "
         "17, X: 4 }\nDataflow { TemporalMap(5,2) Y; SpatialMap(1,1) K; } }",
         "  - {level: DRAM, temporal: P4}\n"
         "  - {level: L2, spatial_x: K2}\n"
         "  - {level: L1, temporal: C3 P2 Q4 R3}\n"},
        // A product, two clusters: 30 K in pairs, then by one; M steps within.
        {"Layer g { Type: GEMM Dimensions { K: 32, M: 18, N: 7 } Dataflow {\n"
         "SpatialMap(3,3) M; TemporalMap(8,8) K; Cluster(4, P); SpatialMap(2,2) K;"
         "TemporalMap(7,7) N; Cluster(2, L); SpatialMap(1,1) K; TemporalMap(1,1) N; } "
         "}",
         NULL},
        {"Layer g { Type: GEMM Dimensions { K: 32, M: 18, N: 7 } Dataflow {\n"
         "SpatialMap(3,3) M; TemporalMap(16,16) K; Cluster(4, P); SpatialMap(2,2) K;"
         "Cluster(2, L); SpatialMap(1,1) M; TemporalMap(1,1) N; } }",
         NULL},
        {"Layer g { Type: GEMM Dimensions { K: 32, M: 18, N: 7 } Dataflow {\n"
         "TemporalMap(16,16) K; SpatialMap(2,2) N; Cluster(4, P); TemporalMap(1,1) N;"
         "SpatialMap(2,2) K; Cluster(2, L); SpatialMap(3,3) M; } }",
         NULL},
        // What does not overlap may be stepped through where it is spread.
        {"Layer s { Type: CONV Dimensions { K: 2, C: 3, R: 3, S: 1, Y: 18, X: 8 }\n"
         "Dataflow { SpatialMap(2,2) X'; Cluster(4, P); TemporalMap(1,1) X';"
         "SpatialMap(1,1) K; } }",
         "  - {level: DRAM}\n"
         "  - {level: L2, temporal: Q2, spatial_x: Q4 K2}\n"
         "  - {level: L1, temporal: C3 P16 R3}\n"},
        // Heads are groups; more places than heads.
        {"Layer h { Type: BMM Dimensions { B: 5, K: 4, M: 6, N: 7 } Dataflow {\n"
         "SpatialMap(1,1) B; TemporalMap(3,3) M; TemporalMap(2,2) K; } }",
         "  - {level: DRAM, temporal: P2 C2}\n"
         "  - {level: L2, spatial_x: G5}\n"
         "  - {level: L1, temporal: K7 C2 P3}\n"},
        // Channels of a depth-wise layer are groups; 20 on 16 places take two turns.
        {"Layer d { Type: DSCONV Dimensions { K: 1, C: 20, R: 3, S: 3, Y: 5, X: 5 }\n"
         "Dataflow { SpatialMap(1,1) C; TemporalMap(Sz(R),1) Y; TemporalMap(Sz(S),1) X;"
         "} }",
         "  - {level: DRAM, temporal: G2 P3 Q3}\n"
         "  - {level: L2, spatial_x: G16}\n"
         "  - {level: L1, temporal: R3 S3}\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct read r = read_design(cases[i].layer, ARRAY, false);
        if (!cases[i].mapping) { // a dimension is spread twice, or stepped in between
            assert_int_equal(r.status, SDSE_INVALID);
            assert_string_equal(r.diags.first->check, "maestro-dataflow");
            sdse_arena_free(r.arena);
            continue;
        }
        if (r.status != SDSE_OK)
            sdse_diags_print(&r.diags, stderr, false);
        assert_int_equal(r.status, SDSE_OK);
        const char *list = strstr(r.files.mapping, "mapping:\n");
        assert_non_null(list);
        assert_string_equal(list + strlen("mapping:\n"), cases[i].mapping);
        sdse_arena_free(r.arena);
    }
}

// --- Directives, followed index by index ---

enum { LEVELS = 3, DIMS = 3 };
static const char letters[DIMS] = {'M', 'N', 'K'};
static const enum sdse_dim dims[DIMS] = {SDSE_P, SDSE_K, SDSE_C};

struct flow {
    unsigned levels;
    uint64_t bound[DIMS], places[LEVELS];
    uint64_t tile[LEVELS][DIMS]; // 0: not said
    unsigned spread[LEVELS];     // which dimension
};

static unsigned pick(unsigned *seed, unsigned below) {
    *seed = *seed * 1103515245 + 12345;
    return (*seed >> 16) % below;
}

static struct flow make_flow(unsigned *seed) {
    static const uint64_t sizes[] = {1, 2, 3, 4, 6, 8, 12, 24, 5, 7};
    struct flow flow = {.levels = 1 + pick(seed, LEVELS)};
    uint64_t below = 1;
    for (unsigned l = 1; l < flow.levels; l++)
        below *= flow.places[l] = 1 + pick(seed, 4);
    flow.places[0] = 16 / below;
    for (unsigned d = 0; d < DIMS; d++)
        flow.bound[d] = pick(seed, 3) ? 24 : 1 + pick(seed, 30);
    for (unsigned l = 0; l < flow.levels; l++) {
        flow.spread[l] = pick(seed, DIMS);
        for (unsigned d = 0; d < DIMS; d++)
            if (d == flow.spread[l] || pick(seed, 2))
                flow.tile[l][d] = sizes[pick(seed, 10)];
    }
    return flow;
}

static const char *flow_text(struct sdse_arena *arena, const struct flow *flow) {
    const char *text = sdse_arena_printf(
        arena, "Layer g { Type: GEMM Dimensions { M: %u, N: %u, K: %u } Dataflow { ",
        (unsigned)flow->bound[0], (unsigned)flow->bound[1], (unsigned)flow->bound[2]);
    for (unsigned l = 0; l < flow->levels; l++) {
        if (l)
            text = sdse_arena_printf(arena, "%sCluster(%u, P); ", text,
                                     (unsigned)flow->places[l]);
        for (unsigned d = 0; d < DIMS; d++)
            if (flow->tile[l][d])
                text = sdse_arena_printf(arena, "%s%sMap(%u,%u) %c; ", text,
                                         d == flow->spread[l] ? "Spatial" : "Temporal",
                                         (unsigned)flow->tile[l][d],
                                         (unsigned)flow->tile[l][d], letters[d]);
    }
    return sdse_arena_printf(arena, "%s} }", text);
}

// When and where an index is worked on: the outer cluster's step, the steps of those
// inside, the place, and what is left to an element.
enum { STEP, INNER, PLACE, REST, COORDINATES };

static void follow(const struct flow *flow, unsigned d, uint64_t index,
                   uint64_t at[COORDINATES]) {
    uint64_t left = flow->bound[d];
    memset(at, 0, COORDINATES * sizeof *at);
    for (unsigned l = 0; l < flow->levels; l++) {
        const uint64_t tile =
            flow->tile[l][d] && flow->tile[l][d] < left ? flow->tile[l][d] : left;
        const uint64_t chunk = index / tile,
                       places = flow->spread[l] == d ? flow->places[l] : 1;
        at[l ? INNER : STEP] = at[l ? INNER : STEP] * 1000 + chunk / places;
        at[PLACE] = at[PLACE] * 1000 + chunk % places;
        index %= tile;
        left = tile;
    }
    at[REST] = index;
}

static void locate(const struct sdse_mapping *mapping, unsigned d, uint64_t bound,
                   uint64_t index, uint64_t at[COORDINATES]) {
    struct sdse_digit digits[SDSE_MAX_DIGITS];
    bool fits;
    const unsigned count = sdse_mapping_digits(mapping, dims[d], bound, digits, &fits);
    assert_true(fits);
    memset(at, 0, COORDINATES * sizeof *at);
    for (unsigned i = count; i-- > 0;) {
        const unsigned where = digits[i].where        ? PLACE
                               : digits[i].level == 0 ? STEP
                               : digits[i].level == 1 ? INNER
                                                      : REST;
        at[where] = index % digits[i].factor;
        index /= digits[i].factor;
    }
    assert_int_equal(index, 0);
}

// Which indices come together is the same; where what is side by side is stepped
// through inside, how many come together.
static void compare(const struct flow *flow, const struct sdse_mapping *mapping,
                    unsigned d) {
    bool spread = false, reordered = false;
    for (unsigned l = 0; l < flow->levels; l++) {
        reordered |= spread && flow->tile[l][d];
        spread |= flow->spread[l] == d;
    }
    for (uint64_t i = 0; i < flow->bound[d]; i++) {
        uint64_t a[COORDINATES], b[COORDINATES], together[2][COORDINATES] = {{0}};
        follow(flow, d, i, a);
        locate(mapping, d, flow->bound[d], i, b);
        for (uint64_t j = 0; j < flow->bound[d]; j++) {
            uint64_t other_a[COORDINATES], other_b[COORDINATES];
            follow(flow, d, j, other_a);
            locate(mapping, d, flow->bound[d], j, other_b);
            for (unsigned c = 0; c < COORDINATES; c++) {
                together[0][c] += a[c] == other_a[c];
                together[1][c] += b[c] == other_b[c];
                if (!reordered || c == STEP)
                    assert_int_equal(a[c] == other_a[c], b[c] == other_b[c]);
            }
        }
        assert_memory_equal(together[0], together[1], sizeof together[0]);
    }
}

static void generated_dataflows_are_followed(void **state) {
    (void)state;
    unsigned seed = 7, taken = 0, uneven = 0;
    for (unsigned n = 0; n < 1500; n++) {
        const struct flow flow = make_flow(&seed);
        struct sdse_arena *arena = sdse_arena_new();
        struct read r = read_design(flow_text(arena, &flow), ARRAY, false);
        if (r.status == SDSE_OK) {
            struct sdse_node *root = NULL;
            struct sdse_arch *arch = NULL;
            struct sdse_workload *net = NULL;
            struct sdse_mapping *mapping = NULL;
            sdse_tree_parse_memory(arena, "a", r.files.arch, strlen(r.files.arch),
                                   &r.diags, &root);
            sdse_arch_from_tree(arena, root, NULL, 0, &r.diags, &arch);
            sdse_tree_parse_memory(arena, "n", r.files.network, strlen(r.files.network),
                                   &r.diags, &root);
            sdse_workload_from_tree(arena, root, &r.diags, &net);
            sdse_tree_parse_memory(arena, "m", r.files.mapping, strlen(r.files.mapping),
                                   &r.diags, &root);
            if (sdse_mapping_from_tree(arena, root, arch, net->layers, &r.diags,
                                       &mapping) != SDSE_OK)
                sdse_diags_print(&r.diags, stderr, false);
            assert_non_null(mapping);
            for (unsigned d = 0; d < DIMS; d++) {
                compare(&flow, mapping, d);
                uneven += flow.tile[0][d] && flow.bound[d] % flow.tile[0][d];
            }
            taken++;
        } else {
            assert_string_equal(r.diags.first->check, "maestro-dataflow");
        }
        sdse_arena_free(r.arena);
        sdse_arena_free(arena);
    }
    printf("## %u of 1500 dataflows of MAESTRO are mappings, followed index by index; "
           "%u dimensions end short\n",
           taken, uneven);
    assert_true(taken > 500 && uneven > 100);
}

// --- Refusals ---

#define CONV "Layer a { Type: CONV Dimensions { K 4 C 4 R 3 S 3 Y 10 X 10 }\n"

static void what_is_no_mapping_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *flow, *part;
        unsigned line, column;
    } cases[] = {
        {"SpatialMap(1,1) K; SpatialMap(1,1) C; }", "spreads two dimensions", 3, 31},
        {"TemporalMap(1,1) K; TemporalMap(2,2) K; }", "two directives", 3, 32},
        {"TemporalMap(1,1) M; }", "no such dimension", 3, 12},
        {"TemporalMap(2,1) C; }", "overlap or leave gaps", 3, 12},
        {"TemporalMap(1,2) C; }", "overlap or leave gaps", 3, 12},
        {"TemporalMap(4,3) Y; }", "do not follow each other", 3, 12},
        {"TemporalMap(2,1) Y; }", "do not follow each other", 3, 12},
        {"TemporalMap(3,1) Y; TemporalMap(1,1) Y'; }", "inputs and outputs", 3, 12},
        {"SpatialMap(1,1) Y; SpatialMap(1,1) R; }", "over several outputs", 3, 12},
        {"SpatialMap(1,1) Y; SpatialMap(1,1) S; }", "do not follow", 3, 12},
        {"Cluster(17, P); SpatialMap(1,1) C; }", "larger than the array", 3, 12},
        {"Cluster(2, P); Cluster(2, P); Cluster(2, P); SpatialMap(1,1) C; }",
         "more than two clusters", 3, 42},
        {"TemporalMap(3,3) K; Cluster(4, P); SpatialMap(2,2) K; }", "do not divide", 3,
         47},
        {"SpatialMap(2,2) Y'; Cluster(4, P); TemporalMap(1,1) Y'; }",
         "stepped through by a cluster inside", 3, 47},
        {"SpatialMap(2,2) K; Cluster(4, P); SpatialMap(1,1) K; }", "two clusters", 3,
         46},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char layer[400];
        snprintf(layer, sizeof layer, CONV "Dataflow { %s }", cases[i].flow);
        for (int lossy = 0; lossy < 2; lossy++) {
            struct read r = read_design(layer, ARRAY, lossy);
            const struct sdse_diag *first = r.diags.first;
            if (!first || (r.status == SDSE_OK) != lossy ||
                strcmp(first->check, "maestro-dataflow") != 0 ||
                !strstr(first->message, cases[i].part) ||
                first->loc.line != cases[i].line ||
                first->loc.column != cases[i].column)
                fail_msg("case %zu, lossy %d: %u:%u: %s", i, lossy,
                         first ? first->loc.line : 0, first ? first->loc.column : 0,
                         first ? first->message : "");
            if (lossy) {
                assert_null(r.files.mapping);
                assert_non_null(r.files.network);
            }
            sdse_arena_free(r.arena);
        }
    }
}

// A mapping is of all layers, or there is none.
static void layers_without_a_mapping_take_the_others_along(void **state) {
    (void)state;
    static const char layers[] =
        "Layer a { Type: GEMM Dimensions { K: 4, M: 4, N: 4 } Dataflow { "
        "SpatialMap(1,1) M; } }\nLayer b { Type: GEMM Dimensions { K: 4, M: 4, N: 4 } "
        "}";
    for (int lossy = 0; lossy < 2; lossy++) {
        struct read r = read_design(layers, ARRAY, lossy);
        assert_int_equal(r.status == SDSE_OK, lossy);
        assert_non_null(strstr(r.diags.first->message,
                               "'b' has no mapping: those of the other 1 are lost"));
        assert_int_equal(r.diags.first->loc.line, 3);
        if (lossy)
            assert_null(r.files.mapping);
        sdse_arena_free(r.arena);
    }
}

static void accelerators_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text, *part;
        unsigned line, column;
        bool goes_on;
    } cases[] = {
        {"num_pes: 4\nl1_size_cstr: 64\n", "'l2_size_cstr' is missing", 1, 1, false},
        {"NumPEs: 4 L1Size: 64 L2Size: 0", "found '0'", 1, 30, false},
        {"NumPEs: 4 L1Size: 64 L2Size: 2147483648", "whole number", 1, 30, false},
        {"NumPEs: 4 L1Size: 64 L2Size: 64 L2Size: 64", "comes twice", 1, 33, false},
        {"NumPEs: 4 L1Size: 64 L1Size: 64 L2Size: 64", "comes twice", 1, 22, false},
        {"NumPEs: 65537 L1Size: 64 L2Size: 64", "at most 65536", 1, 1, false},
        {"NumPEs: 4 L1Size: 64\nL2Size: 64 Size: 3", "found 'Size'", 2, 12, false},
        {"NumPEs: 4 L1Size: 64 L2Size: 64 NoC_NumHops: 2", "2 hops", 1, 33, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int lossy = 0; lossy < 2; lossy++) {
            struct sdse_arena *arena = sdse_arena_new();
            struct sdse_diags diags;
            struct sdse_maestro_files files = {0};
            const struct sdse_maestro_text array = {"hw.m", cases[i].text};
            sdse_diags_init(&diags, arena);
            const enum sdse_status status =
                sdse_maestro_import(NULL, &array, lossy, arena, &diags, &files);
            assert_int_equal(status == SDSE_OK, lossy && cases[i].goes_on);
            if (strcmp(diags.first->check, "maestro-hardware") != 0 ||
                !strstr(diags.first->message, cases[i].part) ||
                diags.first->loc.line != cases[i].line ||
                diags.first->loc.column != cases[i].column)
                fail_msg("case %zu: %u:%u: %s", i, diags.first->loc.line,
                         diags.first->loc.column, diags.first->message);
            sdse_arena_free(arena);
        }
    }
    struct read r = read_design(CONV "}",
                                "num_pes: 12 l1_size_cstr: 1025 l2_size_cstr: 1024 "
                                "noc_bw_cstr: 32 offchip_bw_cstr: 3 NoC_NumHops: 1",
                                false);
    assert_int_equal(r.status, SDSE_OK);
    assert_null(r.files.mapping); // the layer has no dataflow
    static const char *const parts[] = {
        "ddr4, shared_bits_per_cycle: 24}",
        "component: scratchpad, capacity_bits: 8192, port_bits: 8, shared_bits",
        "per_cycle: 256, buffering: 2}", "fanout: {x: 12}",
        "{class: sram, capacity_bits: 8200, banks: 1, port_bits: 8,"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(r.files.arch, parts[i]))
            fail_msg("no '%s' in\n%s", parts[i], r.files.arch);
    sdse_arena_free(r.arena);
    // Two banks for 128 bits a cycle, of 1 KiB each and no smaller.
    for (unsigned bytes = 2047; bytes <= 2048; bytes++) {
        char text[96];
        snprintf(text, sizeof text,
                 "num_pes: 4 l1_size_cstr: 64 l2_size_cstr: %u noc_bw_cstr: 16", bytes);
        r = read_design(CONV "}", text, false);
        assert_int_equal(r.status, SDSE_OK);
        assert_non_null(strstr(r.files.arch, bytes == 2048
                                                 ? "banks: 2, port_bits: 64"
                                                 : "banks: 1, port_bits: 64"));
        sdse_arena_free(r.arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dataflows_are_mappings),
        cmocka_unit_test(generated_dataflows_are_followed),
        cmocka_unit_test(what_is_no_mapping_is_refused),
        cmocka_unit_test(layers_without_a_mapping_take_the_others_along),
        cmocka_unit_test(accelerators_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
