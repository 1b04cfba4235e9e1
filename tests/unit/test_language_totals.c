// Language models by their configuration, beside what is published of them and beside
// the tensors of a release.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "import/language/language.h"

// --- What is published ---

// Parameters and MACs of one token, each summed apart from this program's formulas; how
// they are known: V their total or table was read, M recalled and of the published
// size. `published`: as the release has it, in thousands of millions.
static const struct {
    const char *name;
    double published, active_published;                  // 0: no experts
    uint64_t total, active, weight_macs, attention_macs; // attention to 4,096 keys
} rows[] = {
    {"gpt2_small", 0.124, 0, 124439808, 0, 123532032, 75497472},
    {"gpt3_175b", 175, 0, 174604259328, 0, 174563733504, 9663676416},
    {"bert_base", 0.110, 0, 109482240, 0, 85524480, 75497472},
    {"llama2_7b", 7, 0, 6738415616, 0, 6607077376, 1073741824},
    {"llama2_13b", 13, 0, 13015864320, 0, 12851609600, 1677721600},
    {"llama2_70b", 70, 0, 68976648192, 0, 68713185280, 5368709120},
    {"llama3_8b", 8.0, 0, 8030261248, 0, 7504658432, 1073741824},
    {"llama3_70b", 70, 0, 70553706496, 0, 69501714432, 5368709120},
    {"mistral_7b", 7.3, 0, 7241732096, 0, 7110393856, 1073741824},
    {"mixtral_8x7b", 46.7, 12.9, 46702792704, 12879925248, 12748587008, 1073741824},
    {"qwen2_7b", 7.6, 0, 7615616512, 0, 7070285824, 822083584},
    {"qwen2_72b", 72, 0, 72706203648, 0, 71458357248, 5368709120},
    {"qwen3_8b", 8.2, 0, 8190735360, 0, 7568097280, 1207959552},
    {"qwen3_30b_a3b", 30.5, 3.3, 30532122624, 3353032704, 3041656832, 1610612736},
    {"gemma_2b", 2.5, 0, 2506172416, 0, 2506096640, 301989888},
    {"gemma_7b", 8.5, 0, 8537680896, 0, 8537505792, 939524096},
    {"gemma2_9b", 9.24, 0, 9241705984, 0, 9241100288, 1409286144},
    {"gemma3_27b", 27, 0, 27009346304, 0, 27007991808, 771751936},
    {"deepseek_v2", 236, 21, 235741434880, 21375800320, 20850769920, 10066329600},
    {"deepseek_v3", 671, 37, 671026419200, 37552297472, 36624596992, 10234101760}};
enum { ROWS = sizeof rows / sizeof *rows };

static void test_configurations_are_as_published(void **state) {
    (void)state;
    assert_int_equal(sdse_language_model_count, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        const struct sdse_language_model *model = sdse_language_find(rows[i].name);
        assert_non_null(model);
        const uint64_t total = sdse_language_parameters(model);
        assert_true(total == rows[i].total);
        assert_true(sdse_language_active(model) ==
                    (rows[i].active ? rows[i].active : total));
        assert_true(sdse_language_weight_macs(model) == rows[i].weight_macs);
        assert_true(sdse_language_attention_macs(model, 4096, false) ==
                    rows[i].attention_macs);
        // The release's figure is rounded, of the two largest to full thousand
        // millions.
        const double error = (double)total / 1e9 / rows[i].published - 1;
        assert_true(error > -0.04 && error < 0.02);
        if (rows[i].active)
            assert_true((double)rows[i].active / 1e9 / rows[i].active_published < 1.02);
    }
    // Queries that meet latent vectors: 128 heads, keys of 576 words, sums of 512.
    assert_true(sdse_language_attention_macs(sdse_language_find("deepseek_v2"), 4096,
                                             true) == 34225520640);
    assert_true(sdse_language_attention_macs(sdse_language_find("deepseek_v3"), 4096,
                                             true) == 34795945984);
    assert_null(sdse_language_find("llama3"));
}

// --- The same, tensor by tensor ---

struct tally {
    uint64_t total, active, macs; // of a token, the embedding not
};

// `copies` tensors of height * columns, of which a token meets `met`; it multiplies
// with those that have columns.
static void tensors(struct tally *t, uint64_t copies, uint64_t met, uint64_t height,
                    uint64_t columns) {
    const uint64_t words = height * (columns ? columns : 1);
    t->total += copies * words;
    t->active += met * words;
    t->macs += columns ? met * words : 0;
}

// As checkpoints of the release name them; what a family does not have has no words.
static const struct release {
    const char *name;
    uint64_t blocks, d, q, kv, v,
        o;                    // rows of q_proj, k_proj, v_proj; columns of o_proj
    uint64_t q_a, kv_a, kv_b; // of q_a_proj, kv_a_proj_with_mqa, kv_b_proj
    uint64_t ff, dense, experts, top, moe_ff, shared_ff, bias; // bias of the gate
    uint64_t norms, head_norm; // scales of d words; of heads of queries and of keys
    uint64_t tokens;
    int tied;
} releases[] = {
    {"llama3_8b", 32, 4096, 4096, 1024, 1024, 4096, 0, 0,      0, 14336,
     32,          0,  0,    0,    0,    0,    2,    0, 128256, 0},
    {"mixtral_8x7b", 32, 4096, 4096, 1024, 1024,  4096, 0, 0, 0, 0, 0, 8, 2,
     14336,          0,  0,    2,    0,    32000, 0},
    {"qwen3_30b_a3b",
     48,
     2048,
     4096,
     512,
     512,
     4096,
     0,
     0,
     0,
     0,
     0,
     128,
     8,
     768,
     0,
     0,
     2,
     128,
     151936,
     0},
    {"gemma2_9b", 42, 3584, 4096, 2048, 2048, 4096, 0, 0,      0, 14336,
     42,          0,  0,    0,    0,    0,    4,    0, 256000, 1},
    {"gemma3_27b", 62, 5376, 4096, 2048, 2048, 4096, 0,   0,      0, 21504,
     62,           0,  0,    0,    0,    0,    4,    128, 262208, 1},
    {"deepseek_v2", 60, 5120, 24576, 0, 0, 16384, 1536,   512, 32768, 12288, 1,
     160,           6,  1536, 3072,  0, 2, 0,     102400, 0},
    {"deepseek_v3", 61, 7168, 24576, 0, 0, 16384, 1536,   512, 32768, 18432, 3,
     256,           8,  2048, 2048,  1, 2, 0,     129280, 0}};

static struct tally released(const struct release *r) {
    struct tally t = {0};
    for (uint64_t l = 0; l < r->blocks; l++) {
        tensors(&t, 1, 1, r->q, r->q_a ? r->q_a : r->d);
        tensors(&t, 1, 1, r->kv, r->d);
        tensors(&t, 1, 1, r->v, r->d);
        tensors(&t, 1, 1, r->d, r->o);
        tensors(&t, 1, 1, r->q_a, r->d);
        tensors(&t, 1, 1, r->kv_a ? r->kv_a + 64 : 0, r->d);
        tensors(&t, 1, 1, r->kv_b, r->kv_a);
        tensors(&t, 1, 1, r->q_a + r->kv_a, 0); // norms of latent vectors
        tensors(&t, r->norms, r->norms, r->d, 0);
        tensors(&t, 2, 2, r->head_norm, 0);
        const int sparse = l >= r->dense;
        tensors(&t, sparse ? 0 : 3, sparse ? 0 : 3, r->d, r->ff);
        if (!sparse)
            continue;
        tensors(&t, 3 * r->experts, 3 * r->top, r->d, r->moe_ff);
        tensors(&t, 3, 3, r->shared_ff, r->d);
        tensors(&t, 1, 1, r->experts, r->d);
        tensors(&t, 1, 1, r->bias * r->experts, 0);
    }
    tensors(&t, 1, 1, r->d, 0);
    tensors(&t, 1, 1, r->tokens, r->d); // the head; or of both
    if (!r->tied)
        t.total += r->tokens * r->d, t.active += r->tokens * r->d;
    return t;
}

static void test_tensor_by_tensor(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof releases / sizeof *releases; i++) {
        const struct sdse_language_model *m = sdse_language_find(releases[i].name);
        const struct tally t = released(&releases[i]);
        if (t.total != sdse_language_parameters(m))
            fail_msg("%s: %llu", m->name, (unsigned long long)t.total);
        assert_true(t.active == (m->experts ? sdse_language_active(m) : t.total));
        assert_true(t.macs == sdse_language_weight_macs(m));
    }
}

// What is 2^64 or more stays at the most there is, and nothing of it is written.
static void test_beyond(void **state) {
    (void)state;
    struct sdse_language_model model = *sdse_language_find("deepseek_v3");
    const struct sdse_language_context one = {1, 1};
    const struct sdse_language_request request = {
        .model = &model, .contexts = &one, .context_count = 1};
    model.width = model.expert_hidden = model.experts = 1u << 22;
    assert_true(sdse_language_parameters(&model) == UINT64_MAX);
    assert_string_equal(sdse_language_beyond(&request), "2^64 parameters or more");
    model.experts = model.active_experts = 8;
    assert_true(sdse_language_parameters(&model) < UINT64_MAX);
    model.vocabulary = 1u << 22;
    assert_null(sdse_language_beyond(&request));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_configurations_are_as_published),
        cmocka_unit_test(test_tensor_by_tensor),
        cmocka_unit_test(test_beyond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
