// What a network's file says of the words of a layer's weights: measured, or declared.
#include <math.h>

#include "spec/check_list.h"
#include "spec/value.h"
#include "spec/workload_reader.h"

void sdse_layer_read_weight_digits(struct sdse_layer_reader *r) {
    static const char *const keys[] = {"mark", "source", "bits", "digits", "channels"};
    const struct sdse_node *map = sdse_node_get(r->map, "weight_digits"), *node;
    if (!map || !sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags))
        return;
    struct sdse_weight_digits *out =
        SDSE_ARENA_NEW(r->arena, struct sdse_weight_digits);
    if (!out) {
        r->out_of_memory = true;
        return;
    }
    *out = (struct sdse_weight_digits){.mark = "?", .bits = 8};
    sdse_refuse_unknown_keys(map, keys, sizeof keys / sizeof *keys, r->diags);
    const char *mark =
        sdse_read_statistics_mark(map, "weight-digits", "digits of weights", r->diags);
    out->mark = mark ? mark : out->mark;
    if ((node = sdse_node_get(map, "source")))
        sdse_read_text(node, r->diags, &out->source);
    if ((node = sdse_node_get(map, "bits")))
        sdse_read_u32(node, 1, SDSE_ACTIVATION_BITS, r->diags, &out->bits);
    if ((node = sdse_node_get(map, "digits")))
        sdse_read_digits(node, "weight-digits", r->diags, out->bins, out->digits);
    else
        sdse_report_missing(map, "digits", r->diags);
    if ((node = sdse_node_get(map, "channels")) &&
        !sdse_read_channels(node, r->arena, r->diags, &out->channels,
                            &out->channel_density))
        r->out_of_memory = true;
    r->layer->weight_digits = out;
}

static const double room = 1e-3; // between numbers that say the same

static void check_encoding(struct sdse_subject *s, const struct sdse_layer *layer,
                           struct sdse_loc loc, enum sdse_encoding encoding) {
    const struct sdse_weight_digits *w = layer->weight_digits;
    const double *digits = w->digits[encoding];
    const unsigned most = sdse_most_digits(w->bits, true, encoding);
    for (unsigned d = most + 1; d <= SDSE_ACTIVATION_DIGITS; d++) {
        if (digits[d] > 0) {
            sdse_check_report(s, loc,
                              "layer '%s': weights of %u bits have at most %u digits "
                              "in '%s', not %u",
                              layer->name, w->bits, most, sdse_encoding_name(encoding),
                              d);
            break;
        }
    }
    const double other = 1 - sdse_histogram_share(digits, 0);
    const double density = layer->density[SDSE_WEIGHTS];
    // Without a density weights are dense by default, which says nothing of zeros.
    if (density < 1 && fabs(other - density) > room)
        sdse_check_report(s, loc,
                          "layer '%s': by their digits in '%s' %.4g of the weights are "
                          "not zero, but their density is %.4g",
                          layer->name, sdse_encoding_name(encoding), other, density);
}

// Channels have as many filters each: their mean is the share of words with digits.
static void check_channels(struct sdse_subject *s, const struct sdse_layer *layer,
                           const struct sdse_node *node) {
    const struct sdse_weight_digits *w = layer->weight_digits;
    for (unsigned e = 0; e < SDSE_ENCODINGS; e++) {
        if (!w->bins[e])
            continue;
        sdse_check_channels(s, layer, node ? node->key_loc : layer->loc, w->channels,
                            w->channel_density,
                            1 - sdse_histogram_share(w->digits[e], 0));
        return;
    }
}

void sdse_check_weight_digits(struct sdse_subject *s) {
    for (size_t i = 0; i < s->workload->layer_count; i++) {
        const struct sdse_layer *layer = &s->workload->layers[i];
        if (!layer->weight_digits)
            continue;
        const struct sdse_node *map = sdse_node_get(s->layer_nodes[i], "weight_digits");
        const struct sdse_node *node = map ? sdse_node_get(map, "digits") : NULL;
        for (unsigned e = 0; e < SDSE_ENCODINGS; e++)
            if (layer->weight_digits->bins[e])
                check_encoding(s, layer, node ? node->key_loc : layer->loc,
                               (enum sdse_encoding)e);
        check_channels(s, layer, map ? sdse_node_get(map, "channels") : NULL);
    }
}
