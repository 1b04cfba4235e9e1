// Feed-forward networks: dense ones, and experts.
#include <inttypes.h>

#include "import/language/writer.h"

// gate * up -> down, or two layers, for `rows` tokens, `copies` times with weights of
// its own each time.
static void network(const struct sdse_language_writer *w, uint32_t l,
                    const char *prefix, uint64_t rows, uint64_t copies,
                    uint64_t hidden) {
    const struct sdse_language_model *m = w->model;
    struct sdse_language_writer own = *w;
    char name[48], more[64], repeat[32] = "";
    own.rows = rows;
    if (copies > 1)
        snprintf(repeat, sizeof repeat, ", repeat: %" PRIu64, copies);
    snprintf(name, sizeof name, "%s%s", prefix, m->gated ? "gate" : "ffn1");
    sdse_language_fc(&own, l, name, m->width, hidden, repeat);
    sdse_language_layer(w,
                        "name: l%" PRIu32 ".%s.%s, kind: act, in: [%" PRIu64
                        ", %" PRIu64 "], fused: true%s",
                        l, name, m->gated ? "silu" : "gelu", rows, hidden, repeat);
    if (m->gated) {
        snprintf(name, sizeof name, "%sup", prefix);
        snprintf(more, sizeof more, ", addends: 1%s", repeat);
        sdse_language_fc(&own, l, name, m->width, hidden, more);
    }
    snprintf(name, sizeof name, "%s%s", prefix, m->gated ? "down" : "ffn2");
    sdse_language_fc(&own, l, name, hidden, m->width, repeat);
}

// What a network hands over within itself, and at its end to l.add2.
static void hand_on(const struct sdse_language_writer *w, uint32_t l,
                    const char *prefix) {
    if (w->model->gated)
        sdse_language_edge(w,
                           "from: [l%" PRIu32 ".%sgate, l%" PRIu32
                           ".%sup], to: l%" PRIu32 ".%sdown, via: product",
                           l, prefix, l, prefix, l, prefix);
    else
        sdse_language_edge(w, "from: l%" PRIu32 ".%sffn1, to: l%" PRIu32 ".%sffn2", l,
                           prefix, l, prefix);
    sdse_language_edge(w, "from: l%" PRIu32 ".%s%s, to: l%" PRIu32 ".add2", l, prefix,
                       w->model->gated ? "down" : "ffn2", l);
}

// A normalisation of what the network puts out.
static void norm_behind(const struct sdse_language_writer *w, uint32_t l) {
    char name[32];
    snprintf(name, sizeof name, "l%" PRIu32 ".post_norm2", l);
    if (w->model->post_normed)
        sdse_language_norm(w, name, true);
}

uint64_t sdse_language_experts_met(const struct sdse_language_writer *w) {
    const uint64_t assigned = w->rows * w->model->active_experts;
    return assigned < w->model->experts ? assigned : w->model->experts;
}

// All that a token meets of experts is spread evenly: of a assignments to e experts
// some get ceil(a / e) rows, the others floor(a / e). Which rows an expert reads is not
// known before: so l.add1 is read where edges say nothing, and has none.
static void experts(const struct sdse_language_writer *w, uint32_t l) {
    const struct sdse_language_model *m = w->model;
    const uint64_t assigned = w->rows * m->active_experts,
                   met = sdse_language_experts_met(w), few = assigned / met,
                   more = assigned % met;
    sdse_language_fc(w, l, "router", m->width, m->experts, "");
    sdse_language_layer(w,
                        "name: l%" PRIu32 ".router.%s, kind: %s, in: [%" PRIu64
                        ", %" PRIu32 "], fused: true",
                        l, m->router_biased ? "sigmoid" : "softmax",
                        m->router_biased ? "act" : "softmax", w->rows, m->experts);
    if (more)
        network(w, l, "more.", few + 1, more, m->expert_hidden);
    network(w, l, "", few, met - more, m->expert_hidden);
    if (m->shared_experts) {
        network(w, l, "shared.", w->rows, 1,
                (uint64_t)m->shared_experts * m->expert_hidden);
        hand_on(w, l, "shared.");
    }
    norm_behind(w, l);
    // The residual, each expert's weighted output, and that of the shared ones.
    const uint32_t shared = m->shared_experts ? 1 : 0;
    sdse_language_layer(w,
                        "name: l%" PRIu32 ".add2, kind: add, in: [%" PRIu64 ", %" PRIu32
                        "], addends: %" PRIu32 ", ops_per_word: %" PRIu32
                        ", fused: false",
                        l, w->rows, m->width, m->active_experts + 1 + shared,
                        2 * m->active_experts + shared);
}

static void dense(const struct sdse_language_writer *w, uint32_t l) {
    char name[24];
    snprintf(name, sizeof name, "l%" PRIu32 ".add2", l);
    network(w, l, "", w->rows, 1, w->model->hidden);
    norm_behind(w, l);
    sdse_language_add(w, name, 2);
    if (w->model->gated)
        sdse_language_edge(
            w, "from: l%" PRIu32 ".add1, to: [l%" PRIu32 ".gate, l%" PRIu32 ".up, %s]",
            l, l, l, name);
    else
        sdse_language_edge(w, "from: l%" PRIu32 ".add1, to: [l%" PRIu32 ".ffn1, %s]", l,
                           l, name);
    hand_on(w, l, "");
}

void sdse_language_feed(const struct sdse_language_writer *w, uint32_t block) {
    if (sdse_language_has_experts(w->model, block))
        experts(w, block);
    else
        dense(w, block);
}
