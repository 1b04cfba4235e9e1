// sdse workload: language models as files that the other verbs read.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_program.h"

static void says(const char *line, int status, const char *out, const char *err) {
    struct ran ran = run_program(line);
    assert_int_equal(ran.status, status);
    if (out && !strstr(ran.out, out))
        fail_msg("%s\n%s", line, ran.out);
    if (err && !strstr(ran.err, err))
        fail_msg("%s\n%s", line, ran.err);
    if (status)
        assert_string_equal(ran.out, "");
    free_ran(&ran);
}

static void test_list(void **state) {
    (void)state;
    says("workload", 0, "llama3_8b          32    8030261248", NULL);
    says("workload --seq 1024 -f csv", 0,
         "\ngpt2_small,12,124439808,124439808,123532032,18874368,18874368,M,", NULL);
    says("workload -f csv", 0,
         "\ndeepseek_v3,61,671026419200,37552297472,36624596992,10234101760,"
         "34795945984,V,",
         NULL);
    says("workload -f json", 0, "\"schema\": \"sdse.workload/1\"", NULL);
}

// Each phase's file is read by the verbs, and a cache of narrower words costs less.
static void test_files(void **state) {
    (void)state;
    says("workload gemma_2b --phase decode --seq 8192 -o @wide.yaml", 0, NULL, NULL);
    says("workload gemma_2b --phase decode --seq 8192 --kv-bits 4 -o @narrow.yaml", 0,
         NULL, NULL);
    // Keys and values of 18 layers, one head of 256.
    says("show workload @narrow.yaml", 0,
         "75497472 words of right operands are a cache", NULL);
    write_scratch("many.yaml", "name: many\nsource: s\nlayers:\n"
                               "  - {name: a, kind: matmul, m: 1, k: 8, n: 16, repeat: "
                               "3, role: cache}\n"
                               "  - {name: b, kind: matmul, heads: 2, m: 1, k: 8, n: "
                               "16, role: parameter}\n");
    says("show workload @many.yaml", 0,
         "384 words of right operands are a cache\n256 words of right operands are "
         "parameters\n",
         NULL);
    double pj[2];
    static const char *const files[] = {"wide", "narrow"};
    for (int i = 0; i < 2; i++) {
        char line[128];
        snprintf(line, sizeof line,
                 "explain -a eyeriss -w @%s.yaml -l l0.qk --objective energy",
                 files[i]);
        struct ran ran = run_program(line);
        assert_int_equal(ran.status, 0);
        const char *at = strstr(ran.out, "energy");
        assert_non_null(at);
        pj[i] = strtod(at + strcspn(at, "0123456789"), NULL);
        free_ran(&ran);
    }
    assert_true(pj[1] < pj[0]);
    says("workload gpt2_small --seq 256 --batch 2 --causal blocks --block 64", 0,
         "name: l0.qk.3, kind: matmul, heads: 24, kv_heads: 24, m: 64, k: 64, n: 256}",
         NULL);
    // A file of its own is replaced, another only by force.
    says("workload gpt2_small --phase decode -o @wide.yaml", 0, NULL, NULL);
    write_scratch("mine.yaml", "name: mine\n");
    says("workload gpt2_small -o @mine.yaml", 1, NULL, "output-kind");
    says("workload gpt2_small -o @mine.yaml --force", 0, NULL, NULL);
}

// Without --seq a prompt is as long as the model's context, at most 1,024.
static void test_context(void **state) {
    (void)state;
    says("workload bert_base", 0, "name: bert_base_prefill_512\n", NULL);
    says("workload llama3_8b", 0, "name: llama3_8b_prefill_1024\n", NULL);
}

static void test_what_goes_together(void **state) {
    (void)state;
    says("workload gpt2", 1, NULL, "no model is called 'gpt2': gpt2_small, gpt3_175b");
    says("workload bert_base --phase decode", 2, NULL, "an encoder makes no tokens");
    says("workload gpt2_small --kv-bits 8", 2, NULL, "--kv-bits is of --phase decode");
    says("workload gpt2_small --seq 2048", 2, NULL, "learned positions");
    says("workload gpt2_small --block 16", 2, NULL, "--block is of --causal blocks");
    says("workload gpt2_small --seq 100 --causal blocks --block 64", 2, NULL,
         "--block does not divide --seq");
    says("workload gpt2_small --causal blocks --phase decode", 2, NULL,
         "--causal blocks is of --phase prefill");
    says("workload bert_base --seq 512 --causal blocks", 2, NULL,
         "an encoder attends to later tokens too");
    says("workload gemma_2b --phase decode --kv-bits 65", 2, NULL, "expected 1 to 64");
    says("workload gpt2_small -f csv", 2, NULL, "--format is of the list");
    says("workload gpt2_small --seq 100 --causal blocks", 2, NULL,
         "rows of 128 of 100 tokens");
    says("workload gemma_2b --phase decode --kv-bits 4294967300", 2, NULL,
         "expected 1 to 64");
    says("workload gpt2_small --page 16", 2, NULL, "--page is of --phase decode");
    says("workload gpt2_small --attention absorbed", 2, NULL,
         "--attention is of models with latent attention");
    says("workload deepseek_v3 --phase decode --attention expanded", 2, NULL,
         "one token would make all keys and values again");
    says("workload -o list.yaml", 2, NULL, "--output is of one model");
    says("workload --layers 2", 2, NULL, "--layers is of one model");
    says("workload --phase decode", 2, NULL, "--phase is of one model");
}

// Requests that differ are networks of other names, which one sweep takes together.
static void test_names(void **state) {
    (void)state;
    says("workload gpt2_small --phase decode --seq 128 -o @n0.yaml", 0, NULL, NULL);
    says("workload gpt2_small --phase decode --seq 128 --batch 2 -o @n1.yaml", 0, NULL,
         NULL);
    says("workload gpt2_small --phase decode --seq 128 --kv-bits 8 -o @n2.yaml", 0,
         NULL, NULL);
    says("workload gpt2_small --phase decode --seq 128 --kv-bits 4 -o @n3.yaml", 0,
         NULL, NULL);
    says("workload gpt2_small --seq 128 -o @n4.yaml", 0, NULL, NULL);
    says("workload gpt2_small --seq 128 --causal blocks --block 64 -o @n5.yaml", 0,
         NULL, NULL);
    says("workload gpt2_small --seq 128 --causal blocks --block 32 -o @n6.yaml", 0,
         NULL, NULL);
    write_scratch("names.yaml",
                  "name: names\nworkloads: [n0.yaml, n1.yaml, n2.yaml, n3.yaml, "
                  "n4.yaml, n5.yaml, n6.yaml]\narchs: [" SDSE_SOURCE_DIR
                  "/archs/eyeriss.yaml]\n");
    says("check @names.yaml", 0, "7 points: 7 networks", NULL);
    says("workload gemma_2b --phase decode --seq 64 --batch 8 --kv-bits 4", 0,
         "name: gemma_2b_decode_64_batch8_kv4\n", NULL);
}

// What is written can be read, or is not written.
static void test_long_prompts(void **state) {
    (void)state;
    says("workload gemma_2b --seq 16777216 --batch 64 -o @far.yaml", 2, NULL,
         "more than 2^64 MACs");
    says("workload gemma_2b --seq 16777216 --batch 65 -o @far.yaml", 2, NULL,
         "more than 2^30 tokens in all");
    says("workload gpt3_175b --seq 2048 --batch 65536", 2, NULL, "2^64 MACs");
    says("workload llama3_8b --seq 16777217", 2, NULL, "at most 16777216 tokens");
    says("workload llama3_8b --batch 65537", 2, NULL, "and 65536 sequences");
    says("workload llama3_8b --seq 16777216 --layers 1", 2, NULL, "2^58 MACs of an");
    says("workload llama3_8b --seq 4194304 -o @long.yaml", 0, NULL, NULL);
    says("check @long.yaml", 0, "ok: network llama3_8b_prefill_4194304", NULL);
}

// Sequences of several lengths, in whatever order; --seq and --batch are one of them.
static void test_contexts(void **state) {
    (void)state;
    says("workload llama3_8b --phase decode --contexts 512,128,512 -o @some.yaml", 0,
         NULL, NULL);
    says("show workload @some.yaml", 0, "l0.qk.of512", NULL);
    says("workload llama3_8b --phase decode --contexts 512,128,512", 0,
         "name: llama3_8b_decode_128_512x2\n", NULL);
    says("workload llama3_8b --phase decode --contexts 512,128,512", 0,
         "l0.qk.of512, kind: matmul, heads: 64, kv_heads: 16, m: 1, k: 128, n: 512, "
         "role: cache}",
         NULL);
    struct ran listed = run_program("workload llama3_8b --phase decode --contexts 9,9");
    struct ran said =
        run_program("workload llama3_8b --phase decode --seq 9 --batch 2");
    assert_int_equal(listed.status, 0);
    assert_string_equal(listed.out, said.out);
    free_ran(&listed);
    free_ran(&said);
    // More lengths than a name can hold: a digest of all of them.
    says("workload gemma_2b --layers 1 --contexts 1,2,3,4,5,6,7,8,9 -o @nine.yaml", 0,
         NULL, NULL);
    says("workload gemma_2b --layers 1 --contexts 1,2,3,4,5,6,7,8,10 -o @ten.yaml", 0,
         NULL, NULL);
    says("check @nine.yaml", 0, "gemma_2b_layers1_prefill_9lengths_", NULL);
    write_scratch("both.yaml", "name: both\nworkloads: [nine.yaml, ten.yaml]\narchs: "
                               "[" SDSE_SOURCE_DIR "/archs/eyeriss.yaml]\n");
    says("check @both.yaml", 0, "2 points: 2 networks", NULL);
    says("workload gemma_2b --contexts 1 --seq 2", 2, NULL,
         "--contexts says what --seq and --batch say");
    static const char *const wrong[] = {"1,,2", "0",   ",",         "1,",
                                        "-1",   "1e3", "9999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char line[96];
        snprintf(line, sizeof line, "workload gemma_2b --contexts %s", wrong[i]);
        says(line, 2, NULL, "--contexts: expected numbers of tokens with commas");
    }
    says("workload gemma_2b --contexts 64,100 --causal blocks --block 32", 2, NULL,
         "--block does not divide --contexts: rows of 32 of 100 tokens");
    says("workload gpt2_small --contexts 8,1025", 2, NULL, "learned positions");
    says("workload gemma_2b --contexts 999999999", 2, NULL, "at most 16777216 tokens");
}

// Windows and whole pages of a cache.
static void test_caches(void **state) {
    (void)state;
    says("workload mistral_7b --phase decode --seq 8192", 0, "k: 128, n: 4096, role",
         NULL);
    says("workload mistral_7b --phase decode --seq 8192 --window 100 --page 16", 0,
         "k: 128, n: 112, role", NULL);
    says("workload mistral_7b --phase decode --seq 8192 --window 100 --page 16", 0,
         "name: mistral_7b_window100_decode_8192_page16\n", NULL);
    says("workload mistral_7b --seq 8192", 0,
         "# A window of 4096 tokens; what lies outside it is not left out.\n", NULL);
    struct ran ran = run_program("workload mistral_7b --seq 4096");
    assert_null(strstr(ran.out, "A window")); // nothing is cut
    free_ran(&ran);
    says("workload gemma3_27b --phase decode --seq 8192", 0,
         "name: l5.qk, kind: matmul, heads: 32, kv_heads: 16, m: 1, k: 128, n: 8192",
         NULL);
    says("workload gemma3_27b --phase decode --seq 8192", 0,
         "name: l4.qk, kind: matmul, heads: 32, kv_heads: 16, m: 1, k: 128, n: 1024",
         NULL);
}

// A shape of one's own, and all that is missing or contradicts in it at once.
static void test_shapes(void **state) {
    (void)state;
    says("workload custom --layers 1 --dim 1 --heads 1 --ffn 1 --vocab 1 --seq 1 -o "
         "@least.yaml",
         0, NULL, NULL);
    says("check @least.yaml", 0, "custom_layers1_dim1_heads1_ffn1_vocab1_prefill_1",
         NULL);
    // 2 * (4 * 64 * 64 + 2 * 64 * 96 + 2 * 64) + 64 + 50 * 64: not gated, and tied.
    says("workload custom --layers 2 --dim 64 --heads 4 --ffn 96 --vocab 50 --tied "
         "--plain-ffn -o @own.yaml",
         0, NULL, NULL);
    says("show workload @own.yaml", 0, "60544 weights in layers, 320 other", NULL);
    // The first blocks of a model whose first three have no experts.
    says("workload deepseek_v3 --layers 2 --seq 8 --attention absorbed", 0,
         "name: deepseek_v3_layers2_prefill_8_absorbed\n", NULL);
    says("workload deepseek_v3 --layers 2 --seq 8 -o @dense.yaml", 0, NULL, NULL);
    // 2 * (187105280 + 3 * 7168 * 18432) + 129280 * 7168; 2 * (2 * 7168 + 2048) + 7168
    // + 129280 * 7168.
    says("show workload @dense.yaml", 0, "2093613056 weights in layers, 926718976",
         NULL);
    // Values are as wide as the parts of keys that are not rotated.
    says("workload custom --layers 1 --dim 32 --heads 4 --ffn 8 --vocab 8 --latent 16 "
         "--rotated 4 --seq 8",
         0, "name: l0.v_b, kind: fc, in: 16, out_channels: 32, rows: 8}", NULL);
    // Each head has keys of its own where the model's do; shared ones stay as many.
    says("workload llama2_7b --heads 16 --seq 8", 0,
         "heads: 16, kv_heads: 16, m: 8, k: 128", NULL);
    says("workload llama3_8b --heads 16 --seq 8", 0,
         "heads: 16, kv_heads: 8, m: 8, k: 128", NULL);
    says("workload llama3_8b --layers 2 --ffn 512", 0,
         "shape: Llama 3 8B, released configuration, --layers 2 --ffn 512 [V]", NULL);
    struct ran ran = run_program("workload custom --heads 3 --dim 10 --experts 2 "
                                 "--active-experts 3 --value-dim 4 --page 2");
    static const char *const all[] = {"--layers is missing",
                                      "--vocab is missing",
                                      "--ffn is missing",
                                      "--heads: 3 do not divide --dim 10",
                                      "--active-experts: 3 of 2 experts",
                                      "--value-dim is of models with --latent",
                                      "--page is of --phase decode"};
    assert_int_equal(ran.status, 2);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!strstr(ran.err, all[i]))
            fail_msg("no %s in %s", all[i], ran.err);
    free_ran(&ran);
    static const char *const wrong[][2] = {
        {"llama3_8b --kv-heads 5", "5 do not divide 32 heads"},
        {"llama3_8b --layers 4097", "--layers: expected 1 to 4096"},
        {"llama3_8b --dim 4194305", "--dim: expected 1 to 4194304"},
        {"llama3_8b --layers 4294967297", "--layers: expected 1 to 4096"},
        {"llama3_8b --expert-ffn 5", "--expert-ffn is of models with --experts"},
        {"llama3_8b --shared-experts 1", "--shared-experts is of models with"},
        {"llama3_8b --experts 4", "--experts without --active-experts"},
        {"llama3_8b --latent 64", "--latent without --rotated"},
        {"llama3_8b --full-every 2", "--full-every is of models with --window"},
        {"mistral_7b --full-every 1", "no block would have the window"},
        {"mixtral_8x7b --ffn 8", "--ffn is of blocks without experts"},
        {"deepseek_v2 --layers 4 --dense-layers 4", "all of 4 blocks would be"},
        {"deepseek_v2 --kv-heads 8", "every head has keys of its own"},
        {"gpt2_small --experts 2 --active-experts 1", "of models without biases"},
        {"qwen3_8b --latent 64 --rotated 8", "not biased, normalised or made by one"},
        {"llama3_8b --phase decode --page 16777217", "--page: expected 1 to 16777216"},
        {"bert_base --window 64", "an encoder attends to later tokens too"},
        {"custom --layers 0", "expected a whole number of at least 1"},
        {"custom --layers 4096 --dim 4194304 --heads 1 --ffn 4194304 --vocab 4194304 "
         "--experts 4194304 --active-experts 1",
         "2^64 parameters or more"},
        {"custom --layers 1 --dim 4194304 --heads 1 --ffn 4194304 --vocab 8 --seq "
         "65536",
         "2^58 MACs of a layer"},
        {"custom --layers 1 --dim 1 --heads 32768 --head-dim 65536 --kv-heads 1 --ffn "
         "1 "
         "--vocab 1 --seq 1",
         "2^30 words of a token"},
        {"custom --layers 1 --dim 512 --heads 512 --head-dim 1 --ffn 8 --vocab 8 --seq "
         "16777216",
         "2^58 MACs of an attention"},
        {"custom --layers 64 --dim 8 --heads 1 --ffn 8 --vocab 8 --seq 4096 --causal "
         "blocks --block 2",
         "65536 pairs of products"},
        {"custom --layers 1 --dim 8 --heads 32768 --head-dim 1 --ffn 8 --vocab 8 "
         "--phase decode --batch 65536",
         "2^30 heads"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char line[256];
        snprintf(line, sizeof line, "workload %s", wrong[i][0]);
        says(line, 2, NULL, wrong[i][1]);
    }
}

// Latent attention and experts of a small model, in each phase: read, mapped with
// proof, and its layers may take turns.
static void test_latent_models_are_mapped(void **state) {
    (void)state;
    static const char *const phases[] = {
        "--seq 16", "--seq 16 --attention absorbed --batch 2",
        "--phase decode --contexts 9,16 --page 4 --kv-bits 8",
        "--seq 16 --causal blocks --block 8"};
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
        char line[320];
        snprintf(line, sizeof line,
                 "workload custom --layers 2 --dim 32 --heads 4 --ffn 64 --vocab 16 "
                 "--latent 16 --query-latent 8 --rotated 4 --experts 4 "
                 "--active-experts 2 --expert-ffn 16 --shared-experts 1 "
                 "--dense-layers 1 %s -o @latent.yaml --force",
                 phases[i]);
        says(line, 0, NULL, NULL);
        says("map -a simba -w @latent.yaml --objective energy --resident --fuse 2", 0,
             "proved optimal over all groups", NULL);
    }
}

// Where a memory shares weights, too, the latent vectors of a prompt are there once,
// for both products.
static void test_latent_vectors_stay_on_chip(void **state) {
    (void)state;
    write_scratch(
        "sharing.yaml",
        "name: sharing\nsource: s\nnode_nm: 45\nclock_ghz: 1\nword_bits: 8\nlevels:\n"
        "  - {level: DRAM, memory: {class: dram, pj_per_bit: 70}}\n"
        "  - level: GLB\n"
        "    memory: {class: sram, shares: [activations, weights], capacity_kib: 256, "
        "port_bits: 64}\n"
        "    fanout: {x: 8}\n    network: {topology: bus, free: true}\n"
        "compute: {pj_per_mac: 1}\n"
        "vector: {below: GLB, ops_per_cycle: 8, free: true}\n");
    says("workload custom --layers 1 --dim 32 --heads 4 --ffn 16 --vocab 8 --latent 16 "
         "--rotated 4 --seq 16 --attention absorbed -o @mla.yaml",
         0, NULL, NULL);
    struct ran ran = run_program(
        "map -a @sharing.yaml -w @mla.yaml --objective energy --resident -f csv");
    assert_int_equal(ran.status, 0);
    static const char *const at[] = {"l0.qk,matmul,1,\"DRAM, weights GLB\",GLB,",
                                     "l0.av,matmul,1,\"GLB, weights GLB\",GLB,",
                                     "l0.kv_a,fc,1,GLB,GLB,"};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        if (!strstr(ran.out, at[i]))
            fail_msg("no %s in %s", at[i], ran.out);
    free_ran(&ran);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_context),
        cmocka_unit_test(test_what_goes_together),
        cmocka_unit_test(test_long_prompts),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_contexts),
        cmocka_unit_test(test_caches),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_latent_models_are_mapped),
        cmocka_unit_test(test_latent_vectors_stay_on_chip),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
