// A language model as a workload's file: what stands around its blocks' parts.
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/hash.h"
#include "import/language/writer.h"

// --- Items ---

static void print_item(FILE *out, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void print_item(FILE *out, const char *format, va_list args) {
    fputs("  - {", out);
    vfprintf(out, format, args);
    fputs("}\n", out);
}

void sdse_language_layer(const struct sdse_language_writer *w, const char *format,
                         ...) {
    va_list args;
    va_start(args, format);
    if (!w->edges)
        print_item(w->out, format, args);
    va_end(args);
}

void sdse_language_edge(const struct sdse_language_writer *w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    if (w->edges)
        print_item(w->out, format, args);
    va_end(args);
}

void sdse_language_fc(const struct sdse_language_writer *w, uint32_t block,
                      const char *name, uint64_t in, uint64_t out, const char *more) {
    sdse_language_layer(w,
                        "name: l%" PRIu32 ".%s, kind: fc, in: %" PRIu64
                        ", out_channels: %" PRIu64 ", rows: %" PRIu64 "%s",
                        block, name, in, out, w->rows, more);
}

void sdse_language_norm(const struct sdse_language_writer *w, const char *name,
                        bool fused) {
    sdse_language_layer(w,
                        "name: %s, kind: norm, in: [%" PRIu64 ", %" PRIu32
                        "], ops_per_word: %d, fused: %s",
                        name, w->rows, w->model->width,
                        w->model->biased ? (int)SDSE_LAYER_NORM : (int)SDSE_RMS_NORM,
                        fused ? "true" : "false");
}

void sdse_language_add(const struct sdse_language_writer *w, const char *name,
                       uint32_t maps) {
    sdse_language_layer(w,
                        "name: %s, kind: add, in: [%" PRIu64 ", %" PRIu32
                        "], addends: %" PRIu32 ", fused: false",
                        name, w->rows, w->model->width, maps);
}

// --- The whole ---

// from: the layer that queries, keys and values read; residual: what add1 adds, if a
// layer makes it.
static void block(const struct sdse_language_writer *w, uint32_t l, const char *from,
                  const char *residual) {
    char name[32];
    sdse_language_attend(w, l, from);
    snprintf(name, sizeof name, "l%" PRIu32 ".post_norm1", l);
    if (w->model->post_normed)
        sdse_language_norm(w, name, true);
    snprintf(name, sizeof name, "l%" PRIu32 ".add1", l);
    sdse_language_add(w, name, 2);
    if (residual)
        sdse_language_edge(w, "from: %s, to: %s", residual, name);
    sdse_language_edge(w, "from: l%" PRIu32 ".out, to: %s", l, name);
    snprintf(name, sizeof name, "l%" PRIu32 ".norm%d", l, w->model->encoder ? 1 : 2);
    sdse_language_norm(w, name, true);
    sdse_language_feed(w, l);
}

static void network(const struct sdse_language_writer *w) {
    const struct sdse_language_model *m = w->model;
    char from[24], name[24], *residual = NULL;
    if (m->positions) {
        snprintf(from, sizeof from, "embed.add");
        sdse_language_add(w, from, m->encoder ? 3 : 2);
        residual = from;
    } else {
        snprintf(from, sizeof from, "l0.norm1");
    }
    if (m->encoder)
        sdse_language_norm(w, "embed.norm", true);
    else
        sdse_language_norm(w, "l0.norm1", m->positions > 0);
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
        sdse_language_norm(w, name, true);
    }
    const uint64_t out = m->encoder ? m->width : m->vocabulary;
    sdse_language_layer(w,
                        "name: %s, kind: fc, in: %" PRIu32 ", out_channels: %" PRIu64
                        ", rows: %" PRIu64,
                        m->encoder ? "pooler" : "head", m->width, out, w->sequences);
    if (m->encoder)
        sdse_language_layer(w,
                            "name: pooler.tanh, kind: act, in: [%" PRIu32 ", %" PRIu64
                            "], fused: true",
                            m->width, w->sequences);
    if (w->rows == w->sequences)
        sdse_language_edge(w, "from: %s, to: %s", from, m->encoder ? "pooler" : "head");
}

// Weights of the layers that are written, absorbed ones among them: of experts those
// that some token meets.
static uint64_t weights_in_layers(const struct sdse_language_writer *w) {
    const struct sdse_language_model *m = w->model;
    uint64_t weights = sdse_language_weight_macs(m);
    const uint64_t met = sdse_language_experts_met(w);
    for (uint32_t l = 0; l < m->layers; l++)
        if (sdse_language_has_experts(m, l))
            weights += (met - m->active_experts) * (m->gated ? 3 : 2) *
                       (uint64_t)m->width * m->expert_hidden;
    return weights;
}

// --- What is said above the layers ---

// "_128_512x2", or of many lengths their number and a digest: networks of one name
// cannot be in one sweep.
static void write_lengths(const struct sdse_language_request *request, FILE *out) {
    enum { SPELT = 8 };
    const bool spelt = request->context_count <= SPELT;
    for (size_t c = 0; c < request->context_count; c++) {
        const struct sdse_language_context *context = &request->contexts[c];
        if (spelt)
            fprintf(out, "_%" PRIu64, context->tokens);
        if (spelt && context->sequences > 1)
            fprintf(out, "x%" PRIu64, context->sequences);
    }
    const struct sdse_hash hash = sdse_hash_bytes(
        request->contexts, request->context_count * sizeof *request->contexts);
    if (!spelt)
        fprintf(out, "_%zulengths_%08" PRIx64, request->context_count, hash.high >> 32);
}

static void write_name(const struct sdse_language_request *request, FILE *out) {
    fprintf(out, "name: %s%s_%s", request->model->name,
            request->variant ? request->variant : "",
            request->phase == SDSE_PREFILL ? "prefill" : "decode");
    if (request->context_count > 1)
        write_lengths(request, out);
    else
        fprintf(out, "_%" PRIu64, request->contexts->tokens);
    if (request->context_count == 1 && request->contexts->sequences > 1)
        fprintf(out, "_batch%" PRIu64, request->contexts->sequences);
    if (request->cache_bits)
        fprintf(out, "_kv%" PRIu32, request->cache_bits);
    if (request->page)
        fprintf(out, "_page%" PRIu64, request->page);
    if (request->block)
        fprintf(out, "_blocks%" PRIu64, request->block);
    if (request->absorbed)
        fputs("_absorbed", out);
    fputc('\n', out);
}

static void write_first_line(const struct sdse_language_writer *w, FILE *out) {
    const struct sdse_language_request *request = w->request;
    const struct sdse_language_model *m = w->model;
    const bool prompt = request->phase == SDSE_PREFILL;
    fprintf(out, "# sdse workload %s: %" PRIu64 " sequence%s, %s ", m->name,
            w->sequences, w->sequences == 1 ? "" : "s",
            prompt ? "a prompt of" : "one token after");
    for (size_t c = 0; c < request->context_count && c < 8; c++)
        fprintf(out, "%s%" PRIu64, c ? ", " : "", request->contexts[c].tokens);
    if (request->context_count > 8)
        fputs(", ...", out);
    fprintf(out, " token%s%s; shape: %s [%s].\n",
            request->context_count == 1 && request->contexts->tokens == 1 ? "" : "s",
            prompt && !request->block && !m->encoder
                ? ", all to all (the causal half is not left out)"
                : "",
            m->source, m->mark);
}

// Whether a window is shorter than some sequence.
static bool is_cut(const struct sdse_language_request *request) {
    for (size_t c = 0; request->model->window && c < request->context_count; c++)
        if (request->contexts[c].tokens > request->model->window)
            return true;
    return false;
}

static void write_comments(const struct sdse_language_writer *w, FILE *out) {
    const struct sdse_language_request *request = w->request;
    const struct sdse_language_model *m = w->model;
    write_first_line(w, out);
    fputs("# Sequences are rows of layers with weights; query heads that share a key "
          "head are samples of a product.\n",
          out);
    if (m->experts)
        fputs("# Experts get equal shares of all assignments; those that get none are "
              "not read. What experts, which are repeated, read and put out has no "
              "edge.\n",
              out);
    if (m->latent)
        fputs(request->phase == SDSE_DECODE || request->absorbed
                  ? "# Queries and sums meet the latent vectors themselves: absorbed "
                    "matrices stand before and behind. Queries of two parts have no "
                    "edge.\n"
                  : "# Keys and values are made of the latent vectors. Keys, a part of "
                    "which all heads share, have no edge; the part is each head's in "
                    "the product.\n",
              out);
    if (is_cut(request))
        fprintf(out, "# A window of %" PRIu32 " tokens%s%s.\n", m->window,
                m->full_every ? ", but in some blocks" : "",
                request->phase == SDSE_PREFILL && !request->block
                    ? "; what lies outside it is not left out"
                    : "");
    if (request->page)
        fprintf(out,
                "# The cache is read, and multiplied, by whole pages of %" PRIu64
                " tokens.\n",
                request->page);
    if (request->context_count > 1)
        fputs("# One pair of products for each length: what reads the rows of some "
              "sequences has no edge.\n",
              out);
    if (request->block)
        fputs(
            "# Attention by blocks of rows: what reads a range of rows has no edge.\n",
            out);
}

void sdse_language_write(const struct sdse_language_request *request, FILE *out) {
    const struct sdse_language_model *m = request->model;
    struct sdse_language_writer w = {.request = request, .model = m, .out = out};
    for (size_t c = 0; c < request->context_count; c++) {
        const struct sdse_language_context *context = &request->contexts[c];
        w.sequences += context->sequences;
        w.rows +=
            context->sequences * (request->phase == SDSE_PREFILL ? context->tokens : 1);
    }
    write_comments(&w, out);
    write_name(request, out);
    fprintf(out, "source: \"%s\"\nbatch: 1\n", m->source);
    fprintf(out, "parameters_not_in_layers: %" PRIu64 "\nlayers:\n",
            sdse_language_parameters(m) - weights_in_layers(&w));
    network(&w);
    fputs("edges:\n", out);
    w.edges = true;
    network(&w);
}
