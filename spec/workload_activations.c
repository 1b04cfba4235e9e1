// What a network's file says of a layer's inputs: measured, or declared.
#include <math.h>
#include <string.h>

#include "spec/check_list.h"
#include "spec/value.h"
#include "spec/workload_reader.h"

#define MARK_TEXT(name, text) text,
static const char *const marks[] = {"measured", SDSE_MARK_MAP(MARK_TEXT)};
#undef MARK_TEXT
enum { MARKS = sizeof marks / sizeof *marks, UNMARKED = 1 };

const char *sdse_read_statistics_mark(const struct sdse_node *map, const char *check,
                                      const char *what, struct sdse_diags *diags) {
    const struct sdse_node *node = sdse_node_get(map, "mark");
    unsigned word;
    if (!node)
        sdse_report_missing(map, "mark", diags);
    if (!node || !sdse_read_word(node, marks, MARKS, diags, &word))
        return NULL;
    if (word == UNMARKED)
        sdse_diag_add(diags, SDSE_ERROR, node->loc, check,
                      "%s need a mark: measured, assumed, …", what);
    return marks[word];
}

static double share(const struct sdse_node *map, const char *key, double absent,
                    struct sdse_diags *diags) {
    const struct sdse_node *node = sdse_node_get(map, key);
    double value = absent;
    if (node)
        sdse_read_double(node, 0, 1, diags, &value);
    return value;
}

static void require(const struct sdse_node *map, const char *key,
                    struct sdse_diags *diags) {
    if (!sdse_node_get(map, key))
        sdse_report_missing(map, key, diags);
}

static void read_mark(const struct sdse_node *map, struct sdse_diags *diags,
                      struct sdse_activations *out) {
    const struct sdse_node *node;
    const char *mark =
        sdse_read_statistics_mark(map, "activations-mark", "activations", diags);
    if (mark) {
        out->mark = mark;
        out->measured = mark == marks[0];
    }
    if ((node = sdse_node_get(map, "source")))
        sdse_read_text(node, diags, &out->source);
    static const char *const keys[] = {"inputs", "inputs_hash"};
    for (unsigned i = 0; i < 2 && mark; i++) {
        node = sdse_node_get(map, keys[i]);
        if (out->measured)
            require(map, keys[i], diags);
        else if (node)
            sdse_diag_add(diags, SDSE_ERROR, node->key_loc, "activations-mark",
                          "'%s' is said of measured activations only", keys[i]);
    }
    if ((node = sdse_node_get(map, "inputs")))
        sdse_read_u64(node, 1, UINT64_MAX, diags, &out->inputs);
    if ((node = sdse_node_get(map, "inputs_hash")))
        sdse_read_text(node, diags, &out->inputs_hash);
}

void sdse_read_digits(const struct sdse_node *map, const char *check,
                      struct sdse_diags *diags, unsigned bins[SDSE_ENCODINGS],
                      double digits[SDSE_ENCODINGS][SDSE_ACTIVATION_DIGITS + 1]) {
    const char *names[SDSE_ENCODINGS];
    for (unsigned e = 0; e < SDSE_ENCODINGS; e++)
        names[e] = sdse_encoding_name((enum sdse_encoding)e);
    if (!sdse_expect_kind(map, SDSE_NODE_MAPPING, diags))
        return;
    sdse_refuse_unknown_keys(map, names, SDSE_ENCODINGS, diags);
    for (unsigned e = 0; e < SDSE_ENCODINGS; e++) {
        const struct sdse_node *list = sdse_node_get(map, names[e]);
        double sum = 0;
        if (!list || !sdse_expect_kind(list, SDSE_NODE_SEQUENCE, diags))
            continue;
        if (list->count == 0 || list->count > SDSE_ACTIVATION_DIGITS + 1) {
            sdse_diag_add(diags, SDSE_ERROR, list->loc, check,
                          "%s: expected 1 to %d numbers, of values with 0, 1, … digits",
                          sdse_node_path(diags->arena, list),
                          SDSE_ACTIVATION_DIGITS + 1);
            continue;
        }
        unsigned read = 0;
        for (unsigned d = 0; d < list->count; d++) {
            read +=
                sdse_read_double(sdse_node_at(list, d), 0, 1e18, diags, &digits[e][d]);
            sum += digits[e][d];
        }
        if (read == list->count && !(sum > 0))
            sdse_diag_add(diags, SDSE_ERROR, list->loc, check, "%s: all numbers are 0",
                          sdse_node_path(diags->arena, list));
        else if (read == list->count)
            bins[e] = read;
    }
}

bool sdse_read_channels(const struct sdse_node *list, struct sdse_arena *arena,
                        struct sdse_diags *diags, size_t *channels,
                        const double **channel_density) {
    if (!sdse_expect_kind(list, SDSE_NODE_SEQUENCE, diags) || !list->count)
        return true;
    double *density = SDSE_ARENA_ARRAY(arena, double, list->count);
    bool good = true;
    if (!density)
        return false;
    size_t at = 0;
    sdse_for_each_child (item, list)
        good &= sdse_read_double(item, 0, 1, diags, &density[at++]);
    if (good) {
        *channels = list->count;
        *channel_density = density;
    }
    return true;
}

void sdse_layer_read_activations(struct sdse_layer_reader *r) {
    static const char *const keys[] = {"mark",   "source",  "inputs",  "inputs_hash",
                                       "bits",   "signed",  "density", "row_density",
                                       "digits", "channels"};
    const struct sdse_node *map = sdse_node_get(r->map, "activations"), *node;
    if (!map || !sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags))
        return;
    struct sdse_activations *out = SDSE_ARENA_NEW(r->arena, struct sdse_activations);
    if (!out) {
        r->out_of_memory = true;
        return;
    }
    *out = (struct sdse_activations){.mark = "?", .bits = 8, .is_signed = true};
    sdse_refuse_unknown_keys(map, keys, sizeof keys / sizeof *keys, r->diags);
    read_mark(map, r->diags, out);
    if ((node = sdse_node_get(map, "bits")))
        sdse_read_u32(node, 1, SDSE_ACTIVATION_BITS, r->diags, &out->bits);
    if ((node = sdse_node_get(map, "signed")))
        sdse_read_bool(node, r->diags, &out->is_signed);
    require(map, "density", r->diags);
    out->density = share(map, "density", 1, r->diags);
    out->rows_known = sdse_node_get(map, "row_density") != NULL;
    out->row_density = share(map, "row_density", 1, r->diags);
    if ((node = sdse_node_get(map, "digits")))
        sdse_read_digits(node, "activations-digits", r->diags, out->bins, out->digits);
    if ((node = sdse_node_get(map, "channels")) &&
        !sdse_read_channels(node, r->arena, r->diags, &out->channels,
                            &out->channel_density))
        r->out_of_memory = true;
    r->layer->activations = out;
}

// ---- what must agree --------------------------------------------------------

static const double room = 1e-3; // between numbers that say the same

static struct sdse_loc place_of(const struct sdse_node *layer, const char *key) {
    const struct sdse_node *map = sdse_node_get(layer, "activations");
    const struct sdse_node *node = map ? sdse_node_get(map, key) : NULL;
    return node ? node->key_loc : layer->loc;
}

unsigned sdse_most_digits(unsigned bits, bool is_signed, enum sdse_encoding encoding) {
    unsigned magnitude = bits - is_signed;
    switch (encoding) {
    case SDSE_ENCODING_BOOTH4:
        return is_signed ? (bits + 1) / 2 : bits / 2 + 1;
    case SDSE_ENCODING_CSD:
        return magnitude / 2 + 1;
    default:
        return magnitude ? magnitude : 1;
    }
}

void sdse_check_activation_digits(struct sdse_subject *s) {
    for (size_t i = 0; i < s->workload->layer_count; i++) {
        const struct sdse_layer *layer = &s->workload->layers[i];
        const struct sdse_activations *a = layer->activations;
        for (unsigned e = 0; a && e < SDSE_ENCODINGS; e++) {
            enum sdse_encoding encoding = (enum sdse_encoding)e;
            struct sdse_loc loc = place_of(s->layer_nodes[i], "digits");
            unsigned most = sdse_most_digits(a->bits, a->is_signed, encoding);
            if (!a->bins[e])
                continue;
            for (unsigned d = most + 1; d <= SDSE_ACTIVATION_DIGITS; d++)
                if (a->digits[e][d] > 0) {
                    sdse_check_report(s, loc,
                                      "layer '%s': values of %u bits, %s, have at most "
                                      "%u digits in '%s', not %u",
                                      layer->name, a->bits,
                                      a->is_signed ? "signed" : "unsigned", most,
                                      sdse_encoding_name(encoding), d);
                    break;
                }
            double other = 1 - sdse_digit_share(a, encoding, 0);
            if (fabs(other - a->density) > room)
                sdse_check_report(s, loc,
                                  "layer '%s': by its digits in '%s' %.4g of the "
                                  "values are not zero, but its density is %.4g",
                                  layer->name, sdse_encoding_name(encoding), other,
                                  a->density);
        }
    }
}

void sdse_check_channels(struct sdse_subject *s, const struct sdse_layer *layer,
                         struct sdse_loc loc, size_t count, const double *density,
                         double mean) {
    const uint64_t channels = layer->nest.bound[SDSE_G] * layer->nest.bound[SDSE_C];
    double sum = 0;
    if (!count)
        return;
    for (size_t c = 0; c < count; c++)
        sum += density[c];
    if (count != channels)
        sdse_check_report(s, loc,
                          "layer '%s': densities of %zu channels, but it reads %llu",
                          layer->name, count, (unsigned long long)channels);
    else if (fabs(sum / (double)count - mean) > room)
        sdse_check_report(s, loc,
                          "layer '%s': the channels' mean density is %.4g, not %.4g",
                          layer->name, sum / (double)count, mean);
}

void sdse_check_activation_channels(struct sdse_subject *s) {
    for (size_t i = 0; i < s->workload->layer_count; i++) {
        const struct sdse_layer *layer = &s->workload->layers[i];
        const struct sdse_activations *a = layer->activations;
        if (a)
            sdse_check_channels(s, layer, place_of(s->layer_nodes[i], "channels"),
                                a->channels, a->channel_density, a->density);
    }
}

// A row that is not zero has at least one value that is not; a row of zeros has none.
void sdse_check_activation_rows(struct sdse_subject *s) {
    for (size_t i = 0; i < s->workload->layer_count; i++) {
        const struct sdse_layer *layer = &s->workload->layers[i];
        const struct sdse_activations *a = layer->activations;
        if (a && a->rows_known && a->row_density < a->density - room)
            sdse_check_report(
                s, place_of(s->layer_nodes[i], "row_density"),
                "layer '%s': fewer rows (%.4g) than values (%.4g) are not "
                "zero",
                layer->name, a->row_density, a->density);
    }
}
