// The models that are known, and what follows from their configuration alone.
#include <string.h>

#include "import/language/language.h"

#define LLAMA .gated = true

const struct sdse_language_model sdse_language_models[] = {
    {.name = "gpt2_small",
     .source = "Radford et al., 2019; shapes of the released model",
     .mark = "M",
     .layers = 12,
     .width = 768,
     .heads = 12,
     .key_heads = 12,
     .head_width = 64,
     .hidden = 3072,
     .vocabulary = 50257,
     .context = 1024,
     .positions = 1024,
     .tied = true,
     .biased = true,
     .qkv_joined = true},
    {.name = "gpt3_175b",
     .source = "Brown et al., arXiv:2005.14165, table 2.1",
     .mark = "M",
     .layers = 96,
     .width = 12288,
     .heads = 96,
     .key_heads = 96,
     .head_width = 128,
     .hidden = 49152,
     .vocabulary = 50257,
     .context = 2048,
     .positions = 2048,
     .tied = true,
     .biased = true,
     .qkv_joined = true},
    {.name = "bert_base",
     .source = "Devlin et al., arXiv:1810.04805, base, uncased",
     .mark = "M",
     .layers = 12,
     .width = 768,
     .heads = 12,
     .key_heads = 12,
     .head_width = 64,
     .hidden = 3072,
     .vocabulary = 30522,
     .context = 512,
     .positions = 512 + 2, // and two kinds of sentences
     .tied = true,
     .biased = true,
     .encoder = true},
    {.name = "llama2_7b",
     .source = "Touvron et al., arXiv:2307.09288",
     .mark = "M",
     .layers = 32,
     .width = 4096,
     .heads = 32,
     .key_heads = 32,
     .head_width = 128,
     .hidden = 11008,
     .vocabulary = 32000,
     .context = 4096,
     LLAMA},
    {.name = "llama2_13b",
     .source = "Touvron et al., arXiv:2307.09288",
     .mark = "M",
     .layers = 40,
     .width = 5120,
     .heads = 40,
     .key_heads = 40,
     .head_width = 128,
     .hidden = 13824,
     .vocabulary = 32000,
     .context = 4096,
     LLAMA},
    {.name = "llama2_70b",
     .source = "Touvron et al., arXiv:2307.09288",
     .mark = "M",
     .layers = 80,
     .width = 8192,
     .heads = 64,
     .key_heads = 8,
     .head_width = 128,
     .hidden = 28672,
     .vocabulary = 32000,
     .context = 4096,
     LLAMA},
    {.name = "llama3_8b",
     .source = "Llama 3 8B, released configuration",
     .mark = "V",
     .layers = 32,
     .width = 4096,
     .heads = 32,
     .key_heads = 8,
     .head_width = 128,
     .hidden = 14336,
     .vocabulary = 128256,
     .context = 8192,
     LLAMA},
    {.name = "llama3_70b",
     .source = "Llama 3 70B, released configuration",
     .mark = "V",
     .layers = 80,
     .width = 8192,
     .heads = 64,
     .key_heads = 8,
     .head_width = 128,
     .hidden = 28672,
     .vocabulary = 128256,
     .context = 8192,
     LLAMA},
    {.name = "mistral_7b",
     .source = "Jiang et al., arXiv:2310.06825",
     .mark = "M",
     .layers = 32,
     .width = 4096,
     .heads = 32,
     .key_heads = 8,
     .head_width = 128,
     .hidden = 14336,
     .vocabulary = 32000,
     .context = 8192,
     LLAMA},
    {.name = "mixtral_8x7b",
     .source = "Jiang et al., arXiv:2401.04088, table 1",
     .mark = "V",
     .layers = 32,
     .width = 4096,
     .heads = 32,
     .key_heads = 8,
     .head_width = 128,
     .hidden = 14336,
     .vocabulary = 32000,
     .context = 32768,
     LLAMA,
     .experts = 8,
     .active_experts = 2},
    {.name = "qwen2_7b",
     .source = "Yang et al., arXiv:2407.10671, table 1; rows of the "
               "embedding padded to 152,064",
     .mark = "V",
     .layers = 28,
     .width = 3584,
     .heads = 28,
     .key_heads = 4,
     .head_width = 128,
     .hidden = 18944,
     .vocabulary = 152064,
     .context = 32768,
     LLAMA,
     .qkv_biased = true},
    {.name = "qwen2_72b",
     .source = "Yang et al., arXiv:2407.10671, table 1; rows of the "
               "embedding padded to 152,064",
     .mark = "V",
     .layers = 80,
     .width = 8192,
     .heads = 64,
     .key_heads = 8,
     .head_width = 128,
     .hidden = 29568,
     .vocabulary = 152064,
     .context = 32768,
     LLAMA,
     .qkv_biased = true},
    {.name = "qwen3_8b",
     .source = "Yang et al., arXiv:2505.09388; hidden words recalled",
     .mark = "M",
     .layers = 36,
     .width = 4096,
     .heads = 32,
     .key_heads = 8,
     .head_width = 128,
     .hidden = 12288,
     .vocabulary = 151936,
     .context = 32768,
     LLAMA,
     .qk_normed = true},
    {.name = "qwen3_30b_a3b",
     .source = "Yang et al., arXiv:2505.09388; width recalled",
     .mark = "M",
     .layers = 48,
     .width = 2048,
     .heads = 32,
     .key_heads = 4,
     .head_width = 128,
     .hidden = 768,
     .vocabulary = 151936,
     .context = 32768,
     LLAMA,
     .qk_normed = true,
     .experts = 128,
     .active_experts = 8},
    {.name = "gemma_2b",
     .source = "Gemma Team, arXiv:2403.08295",
     .mark = "V",
     .layers = 18,
     .width = 2048,
     .heads = 8,
     .key_heads = 1,
     .head_width = 256,
     .hidden = 16384,
     .vocabulary = 256000,
     .context = 8192,
     LLAMA,
     .tied = true},
    {.name = "gemma_7b",
     .source = "Gemma Team, arXiv:2403.08295",
     .mark = "M",
     .layers = 28,
     .width = 3072,
     .heads = 16,
     .key_heads = 16,
     .head_width = 256,
     .hidden = 24576,
     .vocabulary = 256000,
     .context = 8192,
     LLAMA,
     .tied = true},
};
const size_t sdse_language_model_count =
    sizeof sdse_language_models / sizeof *sdse_language_models;

const struct sdse_language_model *sdse_language_find(const char *name) {
    for (size_t i = 0; i < sdse_language_model_count; i++)
        if (strcmp(sdse_language_models[i].name, name) == 0)
            return &sdse_language_models[i];
    return NULL;
}

// --- Parameters ---

static uint64_t attention(const struct sdse_language_model *m) {
    const uint64_t queries = (uint64_t)m->heads * m->head_width,
                   keys = (uint64_t)m->key_heads * m->head_width;
    return 2 * m->width * queries + 2 * m->width * keys;
}

static uint64_t feed_forward(const struct sdse_language_model *m) {
    return (uint64_t)(m->gated ? 3 : 2) * m->width * m->hidden;
}

static uint64_t router(const struct sdse_language_model *m) {
    return (uint64_t)m->width * m->experts;
}

// Scales, shifts and biases of one block.
static uint64_t small(const struct sdse_language_model *m) {
    const uint64_t made = (uint64_t)(m->heads + 2 * m->key_heads) * m->head_width;
    uint64_t words = (m->biased ? 4 : 2) * (uint64_t)m->width;
    if (m->biased)
        words += made + m->width + m->hidden + m->width;
    else if (m->qkv_biased)
        words += made;
    return words + (m->qk_normed ? 2 * (uint64_t)m->head_width : 0);
}

// What no block has. An encoder normalises its embedding, not its last block, and has a
// pooler in place of a head.
static uint64_t beside(const struct sdse_language_model *m) {
    const uint64_t embedding = (uint64_t)m->vocabulary * m->width,
                   norm = (m->biased ? 2 : 1) * (uint64_t)m->width,
                   pooler = (uint64_t)m->width * m->width + m->width;
    return (m->tied ? 1 : 2) * embedding + (uint64_t)m->positions * m->width + norm +
           (m->encoder ? pooler : 0);
}

static uint64_t with_experts(const struct sdse_language_model *m, uint64_t experts) {
    return m->layers * (attention(m) + (m->experts ? experts : 1) * feed_forward(m) +
                        router(m) + small(m)) +
           beside(m);
}

uint64_t sdse_language_parameters(const struct sdse_language_model *model) {
    return with_experts(model, model->experts);
}

uint64_t sdse_language_active(const struct sdse_language_model *model) {
    return with_experts(model, model->active_experts);
}

// --- MACs of a token ---

uint64_t sdse_language_weight_macs(const struct sdse_language_model *model) {
    const uint64_t experts = model->experts ? model->active_experts : 1;
    return model->layers *
               (attention(model) + experts * feed_forward(model) + router(model)) +
           (model->encoder ? (uint64_t)model->width * model->width
                           : (uint64_t)model->vocabulary * model->width);
}

uint64_t sdse_language_attention_macs(const struct sdse_language_model *model,
                                      uint64_t keys) {
    return 2 * (uint64_t)model->layers * model->heads * model->head_width * keys;
}
