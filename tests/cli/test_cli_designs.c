// ZigZag's files on a command line: designs imported, each with a mapped layer; files
// in any order, refusals, what is written. Then those of AccelForge and MAESTRO.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_program.h"

// A convolution that can fill the arrays.
static const char layer[] =
    "- id: 0\n  name: c\n  operator_type: Conv\n"
    "  equation: O[b][k][oy][ox]+=W[k][c][fy][fx]*I[b][c][iy][ix]\n"
    "  dimension_relations: [ix=1*ox+1*fx, iy=1*oy+1*fy]\n"
    "  loop_dims: [B, K, C, OY, OX, FY, FX]\n"
    "  loop_sizes: [1, 32, 32, 8, 8, 3, 3]\n"
    "  operand_precision: {W: 8, I: 8, O: 16, O_final: 8}\n";

static void each_design_maps_a_layer(void **state) {
    (void)state;
    // By hand: 9,216 weights, 3,200 inputs and 2,048 outputs of a byte at 8 bytes a
    // cycle, more than the 576 cycles of 1,024 places.
    static const char *const names[] = {"meta_like", "tpu_like", "edge_tpu_like",
                                        "ascend_like", "tesla_like"};
    write_scratch("net.yaml", layer);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char line[400];
        snprintf(line, sizeof line,
                 "import tests/data/zigzag/%s.mapping.yaml @net.yaml "
                 "tests/data/zigzag/%s.yaml -o @%s --lossy",
                 names[i], names[i], names[i]);
        run_says(0, line, "MACs");
        snprintf(line, sizeof line,
                 "map -a @%s/arch.yaml -w @%s/network.yaml --objective latency",
                 names[i], names[i]);
        run_says(0, line, " 1808 cycles");
    }
}

static void files_come_in_any_order(void **state) {
    (void)state;
    write_scratch("net.yaml", layer);
    run_says(0, "import @net.yaml -o @n.yaml", "1 layer, ");
    char *text = read_whole(scratch("n.yaml"));
    assert_non_null(strstr(text, "kind: conv, in: [32, 10, 10], out_channels: 32"));
    assert_non_null(strstr(text, "outputs of 8 bit, sums of 16"));
    free(text);
    run_says(1, "import tests/data/zigzag/tpu_like.mapping.yaml -o @m.yaml",
             "[zigzag-file]");
    run_says(1, "import @net.yaml @net.yaml -o @m.yaml", "[zigzag-file]");
    // Refused: nothing is written.
    run_says(1, "import tests/data/zigzag/meta_like.yaml -o @a.yaml",
             "(--lossy goes on)");
    assert_null(read_whole(scratch("a.yaml")));
    run_says(0, "import tests/data/zigzag/tpu_like.yaml -o @a.yaml", "io_sram");
    run_says(0, "check @a.yaml", "");
    // A workload says how wide words are.
    write_scratch("wide.yaml",
                  "- id: 0\n  operator_type: Gemm\n"
                  "  equation: O[k]+=W[k][c]*I[c]\n"
                  "  loop_dims: [K, C]\n  loop_sizes: [4, 4]\n"
                  "  operand_precision: {W: 4, I: 8, O: 24, O_final: 6}\n");
    run_says(0, "import tests/data/zigzag/tpu_like.yaml @wide.yaml -o @wide --lossy",
             "words of 4/8/6 bit (weights/inputs/outputs), partial sums of 24 bit");
}

static void other_formats_are_told_apart(void **state) {
    (void)state;
    run_says(0,
             "import tests/data/accelforge/products.yaml "
             "tests/data/accelforge/nvdla_like.yaml -o @nvdla",
             "4 layers");
    // 192 rows and 32 columns, all of them taken: min_usage.
    run_says(0, "map -a @nvdla/arch.yaml -w @nvdla/network.yaml -l Q", "(6144 of 6144");
    run_says(1, "import tests/data/accelforge/products.yaml @none.yaml -o @x", "none");
    write_scratch("jinja.yaml", "arch:\n  nodes:\n  - {{x}}\n");
    run_says(1, "import @jinja.yaml -o @x.yaml",
             "jinja.yaml:3:7: error: a template: nothing says what this is: x");
    // Loops, names from outside, files of the folder; none from elsewhere.
    write_scratch(
        "loop.yaml",
        "workload:\n{{ include_text('sizes.yaml') }}\n  einsums:\n{% for i in "
        "range(N) %}  - 'O{{ i }}[m, n] = {{ 'O' ~ (i - 1) if i else 'I' "
        "}}[m, k] * W{{ i }}[k, n]'\n{% endfor %}");
    write_scratch("sizes.yaml", "  rank_sizes: {M: 2, N: 4, K: 4}");
    run_says(0, "import @loop.yaml -o @loop.out.yaml -i N=3", "3 layers, 96 MACs");
    run_says(1, "import @loop.yaml -o @x.yaml", "loop.yaml:4:21: error: a template: ");
    run_says(2, "import @loop.yaml -o @x.yaml -i N=3,M=4",
             "--input M: no template of these files reads it");
    run_says(2, "import @loop.yaml -o @x.yaml -i N=3x4", "expected NAME=NUMBER");
    write_scratch("sizes.yaml", "{{ include_text('../sizes.yaml') }}");
    run_says(1, "import @loop.yaml -o @x.yaml -i N=3",
             "sizes.yaml:1:4: error: a template: a file outside the folder");
    write_scratch("n.m", "Network n { Layer a { Type: GEMM Dimensions { K 8 M 4 N 2 } "
                         "} }");
    run_says(0, "import @n.m -o @n.yaml", "64 MACs");
    // With an accelerator each layer's dataflow is its mapping: 4 of N times 8 of K.
    write_scratch("hw.m", "num_pes: 32\nl1_size_cstr: 128\nl2_size_cstr: 4096\n");
    write_scratch(
        "d.m",
        "Network n { Layer a { Type: GEMM Dimensions { K 8 M 4 N 4 }\nDataflow { "
        "SpatialMap(1,1) N; Cluster(8, P); SpatialMap(1,1) K; } }\nLayer b { "
        "Type: GEMM Dimensions { K 8 M 2 N 4 } Dataflow { SpatialMap(1,1) M; } "
        "} }");
    run_says(0, "import @hw.m @d.m -o @maestro", "-m ");
    run_says(0,
             "eval -a @maestro/arch.yaml -w @maestro/network.yaml -m "
             "@maestro/mapping.yaml",
             "\n0 groups of several layers; ");
    run_says(1, "import @d.m -o @d.yaml", "the dataflows of 2 layers");
    run_says(1, "import @hw.m @hw.m -o @d.yaml", "[maestro-file]");
    // Files of different tools are not read together.
    run_says(1, "import @n.m tests/data/accelforge/products.yaml -o @y",
             "is no file of MAESTRO");
    assert_null(read_whole(scratch("x.yaml")));
}

// A design that is ZigZag's goes there and comes back; another is refused by path.
static void designs_are_converted_back(void **state) {
    (void)state;
    write_scratch("net.yaml", layer);
    run_says(0, "import tests/data/zigzag/tpu_like.yaml @net.yaml -o @tpu --lossy",
             "MACs");
    run_says(0,
             "convert -a @tpu/arch.yaml -w @tpu/network.yaml -l c --to zigzag -o @out",
             "out/hardware.yaml, ");
    run_says(0, "import @out/hardware.yaml @out/workload.yaml -o @again", "MACs");
    run_says(0, "map -a @tpu/arch.yaml -w @tpu/network.yaml -l c -o @m.yaml", "1808");
    run_alike("eval -a @tpu/arch.yaml -w @tpu/network.yaml -m @m.yaml",
              "eval -a @again/arch.yaml -w @again/network.yaml -m @m.yaml");
    run_says(1, "convert -a eyeriss --to zigzag -o @eyeriss", "[zigzag-lacks]");
    assert_null(read_whole(scratch("eyeriss/hardware.yaml")));
    run_says(0, "convert -a eyeriss --to zigzag -o @eyeriss --lossy", "hardware.yaml");
    // What is lost is said once for each key, with a count, and for a part as a whole.
    struct ran ran =
        run_program("convert -a eyeriss --to zigzag -o @eyeriss --force --lossy");
    assert_non_null(strstr(ran.err, "hold 'hop_pj_per_bit' of 3 places, as "
                                    "levels.GLB.network.weights."));
    assert_non_null(strstr(ran.err, "hold levels.GLB.memories: 31 values"));
    size_t lines = 0;
    for (const char *at = ran.err; (at = strchr(at, '\n')); at++)
        lines++;
    assert_true(lines > 10 && lines < 30);
    free_ran(&ran);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_design_maps_a_layer, enter_scratch,
                                        leave_scratch),
        cmocka_unit_test_setup_teardown(files_come_in_any_order, enter_scratch,
                                        leave_scratch),
        cmocka_unit_test_setup_teardown(designs_are_converted_back, enter_scratch,
                                        leave_scratch),
        cmocka_unit_test_setup_teardown(other_formats_are_told_apart, enter_scratch,
                                        leave_scratch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
