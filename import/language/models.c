// The models that are known, and what follows from their configuration alone.
#include <string.h>

#include "import/language/language.h"

// Of each: name, source, mark; blocks, width, heads, key heads, head width, hidden,
// vocabulary, context; and what else it has.
// clang-format off
const struct sdse_language_model sdse_language_models[] = {
    {"gpt2_small", "Radford et al., 2019; shapes of the released model", "M",
     12,   768, 12, 12,  64,  3072,  50257,  1024,
     .positions = 1024, .tied = true, .biased = true, .qkv_joined = true},
    {"gpt3_175b", "Brown et al., arXiv:2005.14165, table 2.1", "M",
     96, 12288, 96, 96, 128, 49152,  50257,  2048,
     .positions = 2048, .tied = true, .biased = true, .qkv_joined = true},
    {"bert_base", "Devlin et al., arXiv:1810.04805, base, uncased", "M",
     12,   768, 12, 12,  64,  3072,  30522,   512,
     .positions = 512 + 2, // and two kinds of sentences
     .tied = true, .biased = true, .encoder = true},
    {"llama2_7b", "Touvron et al., arXiv:2307.09288", "M",
     32,  4096, 32, 32, 128, 11008,  32000,  4096, .gated = true},
    {"llama2_13b", "Touvron et al., arXiv:2307.09288", "M",
     40,  5120, 40, 40, 128, 13824,  32000,  4096, .gated = true},
    {"llama2_70b", "Touvron et al., arXiv:2307.09288", "M",
     80,  8192, 64,  8, 128, 28672,  32000,  4096, .gated = true},
    {"llama3_8b", "Llama 3 8B, released configuration", "V",
     32,  4096, 32,  8, 128, 14336, 128256,  8192, .gated = true},
    {"llama3_70b", "Llama 3 70B, released configuration", "V",
     80,  8192, 64,  8, 128, 28672, 128256,  8192, .gated = true},
    {"mistral_7b", "Jiang et al., arXiv:2310.06825", "M",
     32,  4096, 32,  8, 128, 14336,  32000,  8192, .gated = true},
    {"mixtral_8x7b", "Jiang et al., arXiv:2401.04088, table 1", "V",
     32,  4096, 32,  8, 128, 14336,  32000, 32768,
     .gated = true, .experts = 8, .active_experts = 2},
    {"qwen2_7b",
     "Yang et al., arXiv:2407.10671, table 1; rows of the embedding padded to 152,064", "V",
     28,  3584, 28,  4, 128, 18944, 152064, 32768, .gated = true, .qkv_biased = true},
    {"qwen2_72b",
     "Yang et al., arXiv:2407.10671, table 1; rows of the embedding padded to 152,064", "V",
     80,  8192, 64,  8, 128, 29568, 152064, 32768, .gated = true, .qkv_biased = true},
    {"qwen3_8b", "Yang et al., arXiv:2505.09388; hidden words recalled", "M",
     36,  4096, 32,  8, 128, 12288, 151936, 32768, .gated = true, .qk_normed = true},
    {"qwen3_30b_a3b", "Yang et al., arXiv:2505.09388; width recalled", "M",
     48,  2048, 32,  4, 128,   768, 151936, 32768,
     .gated = true, .qk_normed = true, .experts = 128, .active_experts = 8},
    {"gemma_2b", "Gemma Team, arXiv:2403.08295", "V",
     18,  2048,  8,  1, 256, 16384, 256000,  8192, .gated = true, .tied = true},
    {"gemma_7b", "Gemma Team, arXiv:2403.08295", "M",
     28,  3072, 16, 16, 256, 24576, 256000,  8192, .gated = true, .tied = true},
};
// clang-format on
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
