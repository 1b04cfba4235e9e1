// What a workload's file can hold.
#include <math.h>

#include "import/language/writer.h"

// Of one number, of a layer's MACs (counts of bits take 2^6 more) and of a network's;
// pairs of products, of all blocks.
static const double MOST_COUNT = 0x1p30, MOST_OF_LAYER = 0x1p58, MOST_MACS = 0x1p64;
enum { MOST_PAIRS = 1 << 16 };

struct sums {
    double rows, sequences, pairs, products;
    double largest; // product of an attention, in MACs, or words and their operations
};

// Of the blocks that a window does not cut, which are no smaller.
static struct sums add_up(const struct sdse_language_request *request) {
    const struct sdse_language_model *m = request->model;
    const bool prompt = request->phase == SDSE_PREFILL,
               absorbed = m->latent && (request->absorbed || !prompt);
    struct sums sums = {0};
    const double each = absorbed ? (double)m->latent + m->rotated_width
                                 : fmax((double)m->head_width + m->rotated_width,
                                        (double)sdse_language_value_width(m));
    for (size_t c = 0; c < request->context_count; c++) {
        const double tokens = (double)request->contexts[c].tokens,
                     sequences = (double)request->contexts[c].sequences,
                     rows = prompt ? tokens : 1,
                     block = prompt && request->block ? (double)request->block : rows,
                     keys = request->page ? tokens + (double)request->page : tokens;
        sums.rows += sequences * rows;
        sums.sequences += sequences;
        sums.pairs += m->layers * (rows / block);
        sums.products +=
            sequences * rows *
            (double)sdse_language_attention_macs(m, (uint64_t)keys, absorbed);
        // A softmax has five operations for each word.
        sums.largest =
            fmax(sums.largest, sequences * block * keys * m->heads * fmax(each, 8));
    }
    return sums;
}

// Words of the widest map that a token has, times operations for each.
static double widest(const struct sdse_language_model *m) {
    const double queries =
                     (double)m->heads * ((double)m->head_width + m->rotated_width),
                 values = (double)m->heads * sdse_language_value_width(m);
    double words = fmax(m->width, fmax(queries, values));
    words = fmax(words, fmax(m->hidden, (double)m->shared_experts * m->expert_hidden));
    words = fmax(words, fmax(m->experts, m->expert_hidden));
    return words * (2 * (double)m->active_experts + 8);
}

// MACs of the largest layer with weights, for each of its rows.
static double largest_layer(const struct sdse_language_model *m) {
    const double ways[] = {
        (double)m->heads * ((double)m->head_width + m->rotated_width),
        2 * (double)m->heads * sdse_language_value_width(m) + // joined keys and values
            (double)m->heads * m->head_width,
        (double)m->hidden,
        (double)m->experts,
        (double)m->active_experts * m->expert_hidden,
        (double)m->shared_experts * m->expert_hidden,
        (double)m->latent + m->rotated_width,
        (double)m->query_latent,
    };
    double most = 0;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        most = fmax(most, ways[i]);
    return most * fmax(m->width, fmax(m->latent, m->query_latent));
}

const char *sdse_language_beyond(const struct sdse_language_request *request) {
    const struct sdse_language_model *m = request->model;
    const struct sums sums = add_up(request);
    const double weights = (double)sdse_language_weight_macs(m),
                 queries =
                     (double)m->heads * ((double)m->head_width + m->rotated_width),
                 values = (double)m->heads * sdse_language_value_width(m);
    if (sums.rows > MOST_COUNT)
        return request->phase == SDSE_PREFILL
                   ? "a prompt of more than 2^30 tokens in all its sequences"
                   : "more than 2^30 sequences";
    if (sums.sequences * m->heads > MOST_COUNT)
        return "more than 2^30 heads of all sequences";
    if (queries + 2 * values > MOST_COUNT ||
        (double)m->shared_experts * m->expert_hidden > MOST_COUNT)
        return "more than 2^30 words of a token between two layers";
    if (sdse_language_parameters(m) == UINT64_MAX)
        return "2^64 parameters or more";
    if (sums.rows * weights + sums.products >= MOST_MACS)
        return "more than 2^64 MACs";
    if (sums.largest >= MOST_OF_LAYER)
        return "more than 2^58 MACs of an attention";
    if (sums.rows * fmax(largest_layer(m), widest(m)) >= MOST_OF_LAYER ||
        sums.sequences * m->width * fmax(m->vocabulary, m->width) >= MOST_OF_LAYER)
        return "more than 2^58 MACs of a layer";
    if (sums.pairs > MOST_PAIRS)
        return "more than 65536 pairs of products in all blocks: larger --block";
    return NULL;
}
