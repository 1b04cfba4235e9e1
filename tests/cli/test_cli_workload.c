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
         "\ngpt2_small,12,124439808,124439808,123532032,18874368,M,", NULL);
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
    says("workload -o list.yaml", 2, NULL, "--output is of one model");
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
         "more than 2^30 tokens");
    says("workload gpt3_175b --seq 2048 --batch 65536", 2, NULL, "2^64 MACs");
    says("workload llama3_8b --seq 16777217", 2, NULL, "at most 16777216 tokens");
    says("workload llama3_8b --batch 65537", 2, NULL, "and 65536 sequences");
    says("workload llama3_8b --seq 16777216", 2, NULL, "2^58 MACs");
    says("workload llama3_8b --seq 4194304 -o @long.yaml", 0, NULL, NULL);
    says("check @long.yaml", 0, "ok: network llama3_8b_prefill_4194304", NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),         cmocka_unit_test(test_files),
        cmocka_unit_test(test_context),      cmocka_unit_test(test_what_goes_together),
        cmocka_unit_test(test_long_prompts), cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
