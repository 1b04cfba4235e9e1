// What follows from a configuration alone: parameters, and MACs of a token.
#include "base/checked.h"
#include "import/language/language.h"

// --- Sums that stay at the most there is ---

static uint64_t plus(uint64_t a, uint64_t b) {
    uint64_t sum = UINT64_MAX;
    sdse_add_u64(a, b, &sum);
    return sum;
}

static uint64_t times(uint64_t a, uint64_t b) {
    uint64_t product = UINT64_MAX;
    sdse_mul_u64(a, b, &product);
    return product;
}

// --- Weights of one block ---

// Of latent attention: what makes keys and values of the latent vector.
static uint64_t from_latent(const struct sdse_language_model *m) {
    return times(times(m->latent, m->heads), (uint64_t)m->head_width + m->value_width);
}

static uint64_t latent_attention(const struct sdse_language_model *m) {
    const uint64_t queries =
                       times(m->heads, (uint64_t)m->head_width + m->rotated_width),
                   make_queries = m->query_latent
                                      ? times(m->query_latent, plus(m->width, queries))
                                      : times(m->width, queries),
                   values = times(m->heads, m->value_width);
    const uint64_t to_latent = times(m->width, (uint64_t)m->latent + m->rotated_width);
    return plus(plus(make_queries, to_latent),
                plus(from_latent(m), times(m->width, values)));
}

static uint64_t attention(const struct sdse_language_model *m) {
    if (m->latent)
        return latent_attention(m);
    const uint64_t heads = (uint64_t)m->heads + m->key_heads;
    return times(times(2, m->width), times(heads, m->head_width));
}

static uint64_t feed_forward(const struct sdse_language_model *m, uint64_t hidden) {
    return times(times(m->gated ? 3 : 2, m->width), hidden);
}

static uint64_t router(const struct sdse_language_model *m) {
    return times(m->width, m->experts);
}

// Scales, shifts and biases.
static uint64_t small(const struct sdse_language_model *m) {
    const uint64_t norms = m->post_normed ? 4 : 2,
                   made = times((uint64_t)m->heads + 2 * (uint64_t)m->key_heads,
                                m->head_width);
    uint64_t words = (m->biased ? 2 : 1) * norms * m->width;
    if (m->biased)
        words = plus(words, plus(made, m->hidden + 2 * (uint64_t)m->width));
    else if (m->qkv_biased)
        words = plus(words, made);
    words = plus(words, m->latent ? (uint64_t)m->latent + m->query_latent : 0);
    return plus(words, m->qk_normed ? 2 * (uint64_t)m->head_width : 0);
}

// --- All blocks ---

static uint64_t blocks_with_experts(const struct sdse_language_model *m) {
    return m->experts ? m->layers - m->dense_layers : 0;
}

// Weights of all blocks of which every token meets `experts` and the shared ones.
static uint64_t in_blocks(const struct sdse_language_model *m, uint64_t experts) {
    const uint64_t routed = blocks_with_experts(m), dense = m->layers - routed,
                   each = feed_forward(m, m->expert_hidden),
                   met = plus(times(experts, each), times(m->shared_experts, each));
    return plus(times(m->layers, attention(m)),
                plus(times(dense, feed_forward(m, m->hidden)),
                     times(routed, plus(met, router(m)))));
}

// What no block has. An encoder normalises its embedding, not its last block, and has a
// pooler in place of a head.
static uint64_t beside(const struct sdse_language_model *m) {
    const uint64_t embedding = times(m->vocabulary, m->width),
                   norm = (m->biased ? 2 : 1) * (uint64_t)m->width,
                   pooler = plus(times(m->width, m->width), m->width);
    return plus(plus(times(m->tied ? 1 : 2, embedding), times(m->positions, m->width)),
                plus(norm, m->encoder ? pooler : 0));
}

static uint64_t with_experts(const struct sdse_language_model *m, uint64_t experts) {
    const uint64_t bias =
        m->router_biased ? times(blocks_with_experts(m), m->experts) : 0;
    return plus(plus(in_blocks(m, experts), times(m->layers, small(m))),
                plus(bias, beside(m)));
}

uint64_t sdse_language_parameters(const struct sdse_language_model *model) {
    return with_experts(model, model->experts);
}

uint64_t sdse_language_active(const struct sdse_language_model *model) {
    return with_experts(model, model->active_experts);
}

uint64_t sdse_language_absorbed(const struct sdse_language_model *model) {
    return times(model->layers, from_latent(model));
}

// --- MACs of a token ---

uint64_t sdse_language_weight_macs(const struct sdse_language_model *model) {
    const uint64_t out = model->encoder ? model->width : model->vocabulary;
    return plus(in_blocks(model, model->active_experts), times(model->width, out));
}

uint64_t sdse_language_attention_macs(const struct sdse_language_model *model,
                                      uint64_t keys, bool absorbed) {
    uint64_t words = (uint64_t)model->head_width + model->rotated_width +
                     sdse_language_value_width(model);
    if (model->latent && absorbed)
        words = 2 * (uint64_t)model->latent + model->rotated_width;
    uint64_t met = 0;
    for (uint32_t l = 0; l < model->layers; l++) {
        const bool cut = sdse_language_has_window(model, l) && keys > model->window;
        met = plus(met, cut ? model->window : keys);
    }
    return times(times(model->heads, words), met);
}
