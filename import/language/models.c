// The models that are known.
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
     32,  4096, 32,  8, 128, 14336,  32000,  8192, .gated = true, .window = 4096},
    {"mixtral_8x7b", "Jiang et al., arXiv:2401.04088, table 1", "V",
     32,  4096, 32,  8, 128, 14336,  32000, 32768,
     .gated = true, .experts = 8, .active_experts = 2, .expert_hidden = 14336},
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
     .gated = true, .qk_normed = true, .experts = 128, .active_experts = 8,
     .expert_hidden = 768},
    {"gemma_2b", "Gemma Team, arXiv:2403.08295", "V",
     18,  2048,  8,  1, 256, 16384, 256000,  8192, .gated = true, .tied = true},
    {"gemma_7b", "Gemma Team, arXiv:2403.08295", "M",
     28,  3072, 16, 16, 256, 24576, 256000,  8192, .gated = true, .tied = true},
    {"gemma2_9b", "Gemma 2 9B, released configuration; pattern of windows recalled", "V",
     42,  3584, 16,  8, 256, 14336, 256000,  8192,
     .gated = true, .tied = true, .post_normed = true, .window = 4096, .full_every = 2},
    {"gemma3_27b", "Gemma 3 27B, shapes as in public code, rows of the embedding recalled", "V",
     62,  5376, 32, 16, 128, 21504, 262208, 131072,
     .gated = true, .tied = true, .post_normed = true, .qk_normed = true,
     .window = 1024, .full_every = 6},
    {"deepseek_v2", "DeepSeek-AI, arXiv:2405.04434; released configuration", "V",
     60,  5120, 128, 128, 128, 12288, 102400, 163840,
     .gated = true, .latent = 512, .query_latent = 1536, .rotated_width = 64,
     .value_width = 128, .experts = 160, .active_experts = 6, .expert_hidden = 1536,
     .shared_experts = 2, .dense_layers = 1},
    {"deepseek_v3", "DeepSeek-AI, arXiv:2412.19437; released configuration", "V",
     61,  7168, 128, 128, 128, 18432, 129280, 163840,
     .gated = true, .latent = 512, .query_latent = 1536, .rotated_width = 64,
     .value_width = 128, .experts = 256, .active_experts = 8, .expert_hidden = 2048,
     .shared_experts = 1, .dense_layers = 3, .router_biased = true},
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
