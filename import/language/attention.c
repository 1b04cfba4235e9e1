// Attention: what makes queries, keys and values, their products, and who reads what.
#include <inttypes.h>

#include "base/checked.h"
#include "import/language/writer.h"

typedef const struct sdse_language_writer *writer;

static bool is_prompt(writer w) { return w->request->phase == SDSE_PREFILL; }

// Whether queries meet the latent vectors themselves.
static bool is_absorbed(writer w) {
    return w->model->latent && (w->request->absorbed || !is_prompt(w));
}

// Whether all queries of all sequences are in one pair of products, so that an edge can
// say what these read and put out.
static bool is_whole(writer w) {
    const struct sdse_language_request *request = w->request;
    return request->context_count == 1 &&
           (!request->block || request->block == request->contexts->tokens);
}

// --- What makes queries, keys and values ---

static void turn(writer w, uint32_t l, const char *name, uint64_t words) {
    sdse_language_layer(w,
                        "name: l%" PRIu32 ".%s.rotate, kind: act, in: [%" PRIu64
                        ", %" PRIu64 "], ops_per_word: %d, fused: true",
                        l, name, w->rows, words, (int)SDSE_ROTATION);
}

static void norm_words(writer w, uint32_t l, const char *name, uint64_t words) {
    sdse_language_layer(w,
                        "name: l%" PRIu32 ".%s.norm, kind: norm, in: [%" PRIu64
                        ", %" PRIu64 "], ops_per_word: %d, fused: true",
                        l, name, w->rows, words, (int)SDSE_RMS_NORM);
}

// The heads of queries or keys, normalised and rotated where they are made.
static void finish(writer w, uint32_t l, const char *name, uint32_t heads) {
    const uint64_t words = (uint64_t)heads * w->model->head_width;
    if (w->model->qk_normed)
        norm_words(w, l, name, words);
    if (!w->model->positions)
        turn(w, l, name, words);
}

static void make(writer w, uint32_t l, const char *from) {
    const struct sdse_language_model *m = w->model;
    const uint64_t queries = (uint64_t)m->heads * m->head_width,
                   keys = (uint64_t)m->key_heads * m->head_width;
    if (m->qkv_joined) {
        sdse_language_fc(w, l, "qkv", m->width, queries + 2 * keys, "");
        sdse_language_edge(w, "from: %s, to: l%" PRIu32 ".qkv", from, l);
        return;
    }
    sdse_language_fc(w, l, "q", m->width, queries, "");
    finish(w, l, "q", m->heads);
    sdse_language_fc(w, l, "k", m->width, keys, "");
    finish(w, l, "k", m->key_heads);
    sdse_language_fc(w, l, "v", m->width, keys, "");
    sdse_language_edge(w,
                       "from: %s, to: [l%" PRIu32 ".q, l%" PRIu32 ".k, l%" PRIu32 ".v]",
                       from, l, l, l);
}

// Of latent attention: latent vectors, and queries. What has two readers of which one
// joins it with something else is made by two layers: an edge can tell only whole ones.
static void make_latent(writer w, uint32_t l, const char *from) {
    const struct sdse_language_model *m = w->model;
    const bool absorbed = is_absorbed(w);
    const uint64_t own = (uint64_t)m->heads * m->head_width,
                   rotated = (uint64_t)m->heads * m->rotated_width,
                   in = m->query_latent ? m->query_latent : m->width;
    char source[24];
    snprintf(source, sizeof source, "%s", from);
    if (m->query_latent) {
        sdse_language_fc(w, l, "q_a", m->width, m->query_latent, "");
        norm_words(w, l, "q_a", m->query_latent);
        sdse_language_edge(w, "from: %s, to: l%" PRIu32 ".q_a", from, l);
        snprintf(source, sizeof source, "l%" PRIu32 ".q_a", l);
    }
    sdse_language_fc(w, l, "q_b", in, absorbed ? own : own + rotated, "");
    if (absorbed)
        sdse_language_fc(w, l, "q_rotated", in, rotated, "");
    turn(w, l, absorbed ? "q_rotated" : "q_b", rotated);
    if (absorbed)
        sdse_language_edge(w,
                           "from: %s, to: [l%" PRIu32 ".q_b, l%" PRIu32 ".q_rotated]",
                           source, l, l);
    else
        sdse_language_edge(w, "from: %s, to: l%" PRIu32 ".q_b", source, l);

    sdse_language_fc(w, l, "kv_a", m->width,
                     absorbed ? m->latent + m->rotated_width : m->latent, "");
    norm_words(w, l, "kv_a", m->latent);
    if (absorbed) {
        turn(w, l, "kv_a", m->rotated_width);
        sdse_language_edge(w, "from: %s, to: l%" PRIu32 ".kv_a", from, l);
        return;
    }
    sdse_language_fc(w, l, "k_rotated", m->width, m->rotated_width, "");
    turn(w, l, "k_rotated", m->rotated_width);
    sdse_language_fc(w, l, "k_b", m->latent, own, "");
    sdse_language_fc(w, l, "v_b", m->latent, (uint64_t)m->heads * m->value_width, "");
    sdse_language_edge(w, "from: %s, to: [l%" PRIu32 ".kv_a, l%" PRIu32 ".k_rotated]",
                       from, l, l);
    sdse_language_edge(
        w, "from: l%" PRIu32 ".kv_a, to: [l%" PRIu32 ".k_b, l%" PRIu32 ".v_b]", l, l,
        l);
}

// The matrices that stand between queries and latent vectors, and between the sums of
// these and values: one for each head, stored with the network.
static void absorb(writer w, uint32_t l, const char *name, uint64_t in, uint64_t out) {
    sdse_language_layer(w,
                        "name: l%" PRIu32 ".%s, kind: matmul, heads: %" PRIu32
                        ", m: %" PRIu64 ", k: %" PRIu64 ", n: %" PRIu64
                        ", role: parameter",
                        l, name, w->model->heads, w->rows, in, out);
}

// --- Products ---

// The shape of a head's products: words of a key and of what is summed; heads that
// share keys are `heads` / `key_heads`.
struct shape {
    uint64_t heads, key_heads, key, value;
};

static struct shape shape_of(writer w) {
    const struct sdse_language_model *m = w->model;
    if (is_absorbed(w))
        return (struct shape){m->heads, 1, (uint64_t)m->latent + m->rotated_width,
                              m->latent};
    return (struct shape){m->heads, m->key_heads,
                          (uint64_t)m->head_width + m->rotated_width,
                          sdse_language_value_width(m)};
}

uint64_t sdse_language_keys(const struct sdse_language_request *request, uint32_t block,
                            uint64_t tokens, uint64_t first, uint64_t rows) {
    const bool cut = sdse_language_has_window(request->model, block);
    const uint64_t window = request->model->window;
    if (request->phase == SDSE_DECODE) {
        const uint64_t keys = cut && window < tokens ? window : tokens;
        const uint64_t page = request->page ? request->page : 1;
        return sdse_ceil_div_u64(keys, page) * page;
    }
    if (!request->block)
        return tokens;
    // The first row's window begins window - 1 tokens before it.
    const uint64_t before = cut && window - 1 < first ? window - 1 : first;
    return before + rows;
}

// Queries times keys, softmax, times values: of `rows` queries of each of `sequences`
// to `keys` keys. suffix: of the layers' names.
static void attend(writer w, uint32_t l, const char *suffix, uint64_t sequences,
                   uint64_t rows, uint64_t keys) {
    const struct shape shape = shape_of(w);
    const uint64_t heads = sequences * shape.heads,
                   key_heads = sequences * shape.key_heads;
    char cache[64] = "";
    if (!is_prompt(w)) {
        const int length = snprintf(cache, sizeof cache, ", role: cache");
        if (w->request->cache_bits)
            snprintf(cache + length, sizeof cache - (size_t)length,
                     ", bits: {weights: %" PRIu32 "}", w->request->cache_bits);
    }
    sdse_language_layer(w,
                        "name: l%" PRIu32 ".qk%s, kind: matmul, heads: %" PRIu64
                        ", kv_heads: %" PRIu64 ", m: %" PRIu64 ", k: %" PRIu64
                        ", n: %" PRIu64 "%s",
                        l, suffix, heads, key_heads, rows, shape.key, keys, cache);
    sdse_language_layer(w,
                        "name: l%" PRIu32 ".softmax%s, kind: softmax, in: [%" PRIu64
                        ", %" PRIu64 ", %" PRIu64 "], fused: false",
                        l, suffix, heads, rows, keys);
    sdse_language_layer(w,
                        "name: l%" PRIu32 ".av%s, kind: matmul, heads: %" PRIu64
                        ", kv_heads: %" PRIu64 ", m: %" PRIu64 ", k: %" PRIu64
                        ", n: %" PRIu64 "%s",
                        l, suffix, heads, key_heads, rows, keys, shape.value, cache);
    sdse_language_edge(
        w, "from: l%" PRIu32 ".qk%s, to: l%" PRIu32 ".softmax%s, reshape: heads", l,
        suffix, l, suffix);
    sdse_language_edge(
        w, "from: l%" PRIu32 ".softmax%s, to: l%" PRIu32 ".av%s, reshape: heads", l,
        suffix, l, suffix);
}

// All pairs of products: one for each length, and of each for every block of rows.
static void products(writer w, uint32_t l) {
    const struct sdse_language_request *request = w->request;
    for (size_t c = 0; c < request->context_count; c++) {
        const struct sdse_language_context *context = &request->contexts[c];
        const uint64_t rows = is_prompt(w) ? context->tokens : 1,
                       block = request->block ? request->block : rows;
        for (uint64_t b = 0; b < rows / block; b++) {
            char length[32] = "", suffix[64];
            if (request->context_count > 1)
                snprintf(length, sizeof length, ".of%" PRIu64, context->tokens);
            snprintf(suffix, sizeof suffix, "%s", length);
            if (rows > block)
                snprintf(suffix, sizeof suffix, "%s.%" PRIu64, length, b);
            attend(w, l, suffix, context->sequences, block,
                   sdse_language_keys(request, l, context->tokens, b * block, block));
        }
    }
}

// --- Who reads what ---

static void read_by(writer w, uint32_t l, const char *from, const char *to,
                    const char *more) {
    sdse_language_edge(w,
                       "from: l%" PRIu32 ".%s, to: l%" PRIu32 ".%s%s, reshape: heads",
                       l, from, l, to, more);
}

// What the products read of the layers that make queries, keys and values. Those of a
// token go to the cache too: what is joined with them has no edge.
static void hand_over(writer w, uint32_t l) {
    const struct sdse_language_model *m = w->model;
    const uint64_t queries = (uint64_t)m->heads * m->head_width,
                   keys = (uint64_t)m->key_heads * m->head_width;
    char channels[96];
    if (!m->qkv_joined) {
        read_by(w, l, "q", "qk", "");
        if (is_prompt(w)) {
            read_by(w, l, "k", "qk", ", as: weights");
            read_by(w, l, "v", "av", ", as: weights");
        }
        return;
    }
    if (!is_prompt(w))
        return;
    snprintf(channels, sizeof channels, ", channels: [0, %" PRIu64 "]", queries);
    read_by(w, l, "qkv", "qk", channels);
    for (int value = 0; value < 2; value++) {
        snprintf(channels, sizeof channels,
                 ", as: weights, channels: [%" PRIu64 ", %" PRIu64 "]",
                 queries + (value ? keys : 0), keys);
        read_by(w, l, "qkv", value ? "av" : "qk", channels);
    }
}

// Of latent attention. Queries and keys of which a part is rotated are joined of two
// layers' outputs: they have no edge. Absorbed, keys and values are the same vectors.
static void hand_over_latent(writer w, uint32_t l) {
    char channels[96];
    if (!is_absorbed(w)) {
        read_by(w, l, "q_b", "qk", "");
        read_by(w, l, "v_b", "av", ", as: weights");
    } else if (is_prompt(w)) {
        read_by(w, l, "kv_a", "qk", ", as: weights");
        snprintf(channels, sizeof channels, ", as: weights, channels: [0, %" PRIu32 "]",
                 w->model->latent);
        read_by(w, l, "kv_a", "av", channels);
    }
}

void sdse_language_attend(const struct sdse_language_writer *w, uint32_t block,
                          const char *from) {
    const struct sdse_language_model *m = w->model;
    const bool absorbed = is_absorbed(w);
    if (m->latent)
        make_latent(w, block, from);
    else
        make(w, block, from);
    if (absorbed) {
        absorb(w, block, "q_absorb", m->head_width, m->latent);
        read_by(w, block, "q_b", "q_absorb", "");
    }
    products(w, block);
    if (is_whole(w) && m->latent)
        hand_over_latent(w, block);
    else if (is_whole(w))
        hand_over(w, block);
    if (absorbed) {
        absorb(w, block, "v_absorb", m->latent, m->value_width);
        read_by(w, block, "v_absorb", "out", "");
    }
    if (is_whole(w))
        read_by(w, block, "av", absorbed ? "v_absorb" : "out", "");
    sdse_language_fc(w, block, "out", (uint64_t)m->heads * sdse_language_value_width(m),
                     m->width, "");
}
