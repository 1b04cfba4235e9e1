// The layers of a language model as a workload's file.
#include <inttypes.h>
#include <stdarg.h>

#include "import/language/language.h"

// Operations of the vector unit for each word that comes out: mean, variance, scale and
// shift; mean of squares and scale; two products and a sum.
enum { LAYER_NORM = 7, RMS_NORM = 4, ROTATION = 3 };

struct writer {
    const struct sdse_language_request *request;
    const struct sdse_language_model *model;
    FILE *out;
    uint64_t rows; // of a layer with weights: tokens that go through, of all sequences
    uint64_t keys; // that each of them attends to
    bool edges;    // is writing them: not layers
};

static void layer(const struct writer *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void edge(const struct writer *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void print_item(FILE *out, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void print_item(FILE *out, const char *format, va_list args) {
    fputs("  - {", out);
    vfprintf(out, format, args);
    fputs("}\n", out);
}

// A layer, in the pass that writes layers; an edge, in the one that writes edges.
static void layer(const struct writer *w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    if (!w->edges)
        print_item(w->out, format, args);
    va_end(args);
}

static void edge(const struct writer *w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    if (w->edges)
        print_item(w->out, format, args);
    va_end(args);
}

// Words of a token's queries; of its keys, as many as of its values.
static uint64_t query_words(const struct sdse_language_model *m) {
    return (uint64_t)m->heads * m->head_width;
}

static uint64_t key_words(const struct sdse_language_model *m) {
    return (uint64_t)m->key_heads * m->head_width;
}

static uint32_t norm_operations(const struct writer *w) {
    return w->model->biased ? LAYER_NORM : RMS_NORM;
}

static void fully_connected(const struct writer *w, uint32_t l, const char *name,
                            uint64_t in, uint64_t out, const char *more) {
    layer(w,
          "name: l%" PRIu32 ".%s, kind: fc, in: %" PRIu64 ", out_channels: %" PRIu64
          ", rows: %" PRIu64 "%s",
          l, name, in, out, w->rows, more);
}

static void norm(const struct writer *w, const char *name, bool fused) {
    layer(w,
          "name: %s, kind: norm, in: [%" PRIu64 ", %" PRIu32 "], ops_per_word: %" PRIu32
          ", fused: %s",
          name, w->rows, w->model->width, norm_operations(w), fused ? "true" : "false");
}

static void add(const struct writer *w, const char *name, uint32_t maps) {
    layer(w,
          "name: %s, kind: add, in: [%" PRIu64 ", %" PRIu32 "], addends: %" PRIu32
          ", fused: false",
          name, w->rows, w->model->width, maps);
}

// --- Attention ---

// The heads of queries or keys, normalised and rotated where they are made.
static void turn(const struct writer *w, uint32_t l, const char *name, uint32_t heads) {
    const uint64_t words = (uint64_t)heads * w->model->head_width;
    if (w->model->qk_normed)
        layer(w,
              "name: l%" PRIu32 ".%s.norm, kind: norm, in: [%" PRIu64 ", %" PRIu64
              "], ops_per_word: %d, fused: true",
              l, name, w->rows, words, (int)RMS_NORM);
    if (!w->model->positions)
        layer(w,
              "name: l%" PRIu32 ".%s.rotate, kind: act, in: [%" PRIu64 ", %" PRIu64
              "], ops_per_word: %d, fused: true",
              l, name, w->rows, words, (int)ROTATION);
}

static void make_queries(const struct writer *w, uint32_t l, const char *from) {
    const struct sdse_language_model *m = w->model;
    const uint64_t queries = query_words(m), keys = key_words(m);
    if (m->qkv_joined) {
        fully_connected(w, l, "qkv", m->width, queries + 2 * keys, "");
        edge(w, "from: %s, to: l%" PRIu32 ".qkv", from, l);
        return;
    }
    fully_connected(w, l, "q", m->width, queries, "");
    turn(w, l, "q", m->heads);
    fully_connected(w, l, "k", m->width, keys, "");
    turn(w, l, "k", m->key_heads);
    fully_connected(w, l, "v", m->width, keys, "");
    edge(w, "from: %s, to: [l%" PRIu32 ".q, l%" PRIu32 ".k, l%" PRIu32 ".v]", from, l,
         l, l);
}

// Queries times keys, softmax, times values: of `rows` queries of each sequence to
// `keys` keys. suffix: of the layers' names.
static void attend(const struct writer *w, uint32_t l, const char *suffix,
                   uint64_t rows, uint64_t keys) {
    const struct sdse_language_model *m = w->model;
    const uint64_t heads = w->request->sequences * m->heads,
                   key_heads = w->request->sequences * m->key_heads;
    char cache[64] = "";
    if (w->request->phase == SDSE_DECODE) {
        const int length = snprintf(cache, sizeof cache, ", role: cache");
        if (w->request->cache_bits)
            snprintf(cache + length, sizeof cache - (size_t)length,
                     ", bits: {weights: %" PRIu32 "}", w->request->cache_bits);
    }
    layer(w,
          "name: l%" PRIu32 ".qk%s, kind: matmul, heads: %" PRIu64
          ", kv_heads: %" PRIu64 ", m: %" PRIu64 ", k: %" PRIu32 ", n: %" PRIu64 "%s",
          l, suffix, heads, key_heads, rows, m->head_width, keys, cache);
    layer(w,
          "name: l%" PRIu32 ".softmax%s, kind: softmax, in: [%" PRIu64 ", %" PRIu64
          ", %" PRIu64 "], fused: false",
          l, suffix, heads, rows, keys);
    layer(w,
          "name: l%" PRIu32 ".av%s, kind: matmul, heads: %" PRIu64
          ", kv_heads: %" PRIu64 ", m: %" PRIu64 ", k: %" PRIu64 ", n: %" PRIu32 "%s",
          l, suffix, heads, key_heads, rows, keys, m->head_width, cache);
    edge(w, "from: l%" PRIu32 ".qk%s, to: l%" PRIu32 ".softmax%s, reshape: heads", l,
         suffix, l, suffix);
    edge(w, "from: l%" PRIu32 ".softmax%s, to: l%" PRIu32 ".av%s, reshape: heads", l,
         suffix, l, suffix);
}

// What attention reads of the layers that make queries, keys and values. Those of a
// token go to the cache too: what is joined with them has no edge.
static void hand_over(const struct writer *w, uint32_t l) {
    const struct sdse_language_model *m = w->model;
    const bool prompt = w->request->phase == SDSE_PREFILL;
    const uint64_t queries = query_words(m), keys = key_words(m);
    if (!m->qkv_joined)
        edge(w, "from: l%" PRIu32 ".q, to: l%" PRIu32 ".qk, reshape: heads", l, l);
    else if (prompt)
        edge(w,
             "from: l%" PRIu32 ".qkv, to: l%" PRIu32 ".qk, channels: [0, %" PRIu64
             "], reshape: heads",
             l, l, queries);
    if (!prompt)
        return;
    for (int value = 0; value < 2; value++) {
        const char *to = value ? "av" : "qk";
        if (m->qkv_joined)
            edge(w,
                 "from: l%" PRIu32 ".qkv, to: l%" PRIu32 ".%s, as: weights, channels: "
                 "[%" PRIu64 ", %" PRIu64 "], reshape: heads",
                 l, l, to, queries + (value ? keys : 0), keys);
        else
            edge(w,
                 "from: l%" PRIu32 ".%s, to: l%" PRIu32
                 ".%s, as: weights, reshape: heads",
                 l, value ? "v" : "k", l, to);
    }
}

static void attention(const struct writer *w, uint32_t l) {
    const struct sdse_language_request *request = w->request;
    const uint64_t rows = request->phase == SDSE_PREFILL ? request->tokens : 1;
    if (!request->block || request->block == rows) {
        attend(w, l, "", rows, w->keys);
        hand_over(w, l);
        edge(w, "from: l%" PRIu32 ".av, to: l%" PRIu32 ".out, reshape: heads", l, l);
        return;
    }
    for (uint64_t b = 0; b < rows / request->block; b++) {
        char suffix[24];
        snprintf(suffix, sizeof suffix, ".%" PRIu64, b);
        attend(w, l, suffix, request->block, (b + 1) * request->block);
    }
}

// --- Feed-forward ---

// gate * up -> down, or two layers, for `rows` tokens, `copies` times with weights of
// its own each time.
static void feed(const struct writer *w, uint32_t l, const char *prefix, uint64_t rows,
                 uint64_t copies) {
    const struct sdse_language_model *m = w->model;
    struct writer own = *w;
    char name[48], more[64], repeat[32] = "";
    own.rows = rows;
    if (copies > 1)
        snprintf(repeat, sizeof repeat, ", repeat: %" PRIu64, copies);
    snprintf(name, sizeof name, "%s%s", prefix, m->gated ? "gate" : "ffn1");
    fully_connected(&own, l, name, m->width, m->hidden, repeat);
    layer(w,
          "name: l%" PRIu32 ".%s.%s, kind: act, in: [%" PRIu64 ", %" PRIu32
          "], fused: true%s",
          l, name, m->gated ? "silu" : "gelu", rows, m->hidden, repeat);
    if (m->gated) {
        snprintf(name, sizeof name, "%sup", prefix);
        snprintf(more, sizeof more, ", addends: 1%s", repeat);
        fully_connected(&own, l, name, m->width, m->hidden, more);
    }
    snprintf(name, sizeof name, "%s%s", prefix, m->gated ? "down" : "ffn2");
    fully_connected(&own, l, name, m->hidden, m->width, repeat);
}

// Experts that some token meets.
static uint64_t experts_met(const struct writer *w) {
    const uint64_t assigned = w->rows * w->model->active_experts;
    return assigned < w->model->experts ? assigned : w->model->experts;
}

// All that a token meets of experts is spread evenly: of a assignments to e experts
// some get ceil(a / e) rows, the others floor(a / e).
static void experts(const struct writer *w, uint32_t l) {
    const struct sdse_language_model *m = w->model;
    const uint64_t assigned = w->rows * m->active_experts, met = experts_met(w),
                   few = assigned / met, more = assigned % met;
    fully_connected(w, l, "router", m->width, m->experts, "");
    layer(w,
          "name: l%" PRIu32 ".router.softmax, kind: softmax, in: [%" PRIu64 ", %" PRIu32
          "], fused: true",
          l, w->rows, m->experts);
    if (more)
        feed(w, l, "more.", few + 1, more);
    feed(w, l, "", few, met - more);
    layer(w,
          "name: l%" PRIu32 ".add2, kind: add, in: [%" PRIu64 ", %" PRIu32
          "], addends: %" PRIu32 ", ops_per_word: %" PRIu32 ", fused: false",
          l, w->rows, m->width, m->active_experts + 1, 2 * m->active_experts);
}

static void dense(const struct writer *w, uint32_t l) {
    char name[24];
    snprintf(name, sizeof name, "l%" PRIu32 ".add2", l);
    feed(w, l, "", w->rows, 1);
    add(w, name, 2);
    if (w->model->gated) {
        edge(w, "from: l%" PRIu32 ".add1, to: [l%" PRIu32 ".gate, l%" PRIu32 ".up, %s]",
             l, l, l, name);
        edge(w,
             "from: [l%" PRIu32 ".gate, l%" PRIu32 ".up], to: l%" PRIu32
             ".down, via: product",
             l, l, l);
        edge(w, "from: l%" PRIu32 ".down, to: %s", l, name);
        return;
    }
    edge(w, "from: l%" PRIu32 ".add1, to: [l%" PRIu32 ".ffn1, %s]", l, l, name);
    edge(w, "from: l%" PRIu32 ".ffn1, to: l%" PRIu32 ".ffn2", l, l);
    edge(w, "from: l%" PRIu32 ".ffn2, to: %s", l, name);
}

// --- The whole ---

// from: the layer that queries, keys and values read; residual: what add1 adds, if a
// layer makes it.
static void block(const struct writer *w, uint32_t l, const char *from,
                  const char *residual) {
    const struct sdse_language_model *m = w->model;
    char name[24];
    make_queries(w, l, from);
    attention(w, l);
    fully_connected(w, l, "out", query_words(m), m->width, "");
    snprintf(name, sizeof name, "l%" PRIu32 ".add1", l);
    add(w, name, 2);
    if (residual)
        edge(w, "from: %s, to: %s", residual, name);
    edge(w, "from: l%" PRIu32 ".out, to: %s", l, name);
    snprintf(name, sizeof name, "l%" PRIu32 ".norm%d", l, m->encoder ? 1 : 2);
    norm(w, name, true);
    if (m->experts)
        experts(w, l);
    else
        dense(w, l);
}

static void network(const struct writer *w) {
    const struct sdse_language_model *m = w->model;
    char from[24], name[24], *residual = NULL;
    if (m->positions) {
        snprintf(from, sizeof from, "embed.add");
        add(w, from, m->encoder ? 3 : 2);
        residual = from;
    } else {
        snprintf(from, sizeof from, "l0.norm1");
    }
    if (m->encoder)
        norm(w, "embed.norm", true);
    else
        norm(w, "l0.norm1", m->positions > 0);
    for (uint32_t l = 0; l < m->layers; l++) {
        block(w, l, from, residual);
        snprintf(from, sizeof from, "l%" PRIu32 ".add2", l);
        residual = from;
        if (m->encoder)
            snprintf(name, sizeof name, "l%" PRIu32 ".norm2", l);
        else if (l + 1 < m->layers)
            snprintf(name, sizeof name, "l%" PRIu32 ".norm1", l + 1);
        else
            snprintf(name, sizeof name, "norm");
        norm(w, name, true);
    }
    const uint64_t out = m->encoder ? m->width : m->vocabulary;
    layer(w,
          "name: %s, kind: fc, in: %" PRIu32 ", out_channels: %" PRIu64
          ", rows: %" PRIu64,
          m->encoder ? "pooler" : "head", m->width, out, w->request->sequences);
    if (m->encoder)
        layer(w,
              "name: pooler.tanh, kind: act, in: [%" PRIu32 ", %" PRIu64
              "], fused: true",
              m->width, w->request->sequences);
    if (w->rows == w->request->sequences)
        edge(w, "from: %s, to: %s", from, m->encoder ? "pooler" : "head");
}

// Weights of the layers that are written: of experts those that some token meets.
static uint64_t weights_in_layers(const struct writer *w) {
    const struct sdse_language_model *m = w->model;
    uint64_t weights = sdse_language_weight_macs(m);
    if (m->experts)
        weights += m->layers * (experts_met(w) - m->active_experts) * 3 *
                   (uint64_t)m->width * m->hidden;
    return weights;
}

// One name for each request: networks of one name cannot be in one sweep.
static void write_name(const struct sdse_language_request *request, FILE *out) {
    fprintf(out, "name: %s_%s_%" PRIu64, request->model->name,
            request->phase == SDSE_PREFILL ? "prefill" : "decode", request->tokens);
    if (request->sequences > 1)
        fprintf(out, "_batch%" PRIu64, request->sequences);
    if (request->cache_bits)
        fprintf(out, "_kv%" PRIu32, request->cache_bits);
    if (request->block)
        fprintf(out, "_blocks%" PRIu64, request->block);
    fputc('\n', out);
}

void sdse_language_write(const struct sdse_language_request *request, FILE *out) {
    const struct sdse_language_model *m = request->model;
    const bool prompt = request->phase == SDSE_PREFILL;
    struct writer w = {.request = request, .model = m, .out = out};
    w.rows = request->sequences * (prompt ? request->tokens : 1);
    w.keys = request->tokens;
    fprintf(out,
            "# sdse workload %s: %" PRIu64 " sequence%s, %s %" PRIu64
            " token%s%s; shape: %s [%s].\n"
            "# Sequences are rows of layers with weights; query heads that share a key "
            "head are samples of a product.\n",
            m->name, request->sequences, request->sequences == 1 ? "" : "s",
            prompt ? "a prompt of" : "one token after", request->tokens,
            request->tokens == 1 ? "" : "s",
            prompt && !request->block && !m->encoder
                ? ", all to all (the causal half is not left out)"
                : "",
            m->source, m->mark);
    if (m->experts)
        fputs("# Experts get equal shares of all assignments; those that get none are "
              "not read. What experts, which are repeated, read and put out has no "
              "edge.\n",
              out);
    if (request->block)
        fputs(
            "# Attention by blocks of rows: what reads a range of rows has no edge.\n",
            out);
    write_name(request, out);
    fprintf(out, "source: \"%s\"\nbatch: 1\n", m->source);
    fprintf(out, "parameters_not_in_layers: %" PRIu64 "\nlayers:\n",
            sdse_language_parameters(m) - weights_in_layers(&w));
    network(&w);
    fputs("edges:\n", out);
    w.edges = true;
    network(&w);
}
