// One item of `groups`: its layers and their configuration.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dse/schedule/reading.h"
#include "spec/value.h"

// --- Which layers ---

static bool read_layers(struct sdse_schedule_reader *r, const struct sdse_node *node,
                        struct sdse_group_said *said) {
    size_t last = 0, count = 0;
    bool good = true;
    if (!sdse_expect_kind(node, SDSE_NODE_SEQUENCE, r->diags))
        return false;
    sdse_for_each_child (name, node) {
        size_t layer;
        if (!sdse_schedule_layer(r, name, "group-layers", &layer))
            return false;
        if (count && layer != last + 1) {
            sdse_diag_add(r->diags, SDSE_ERROR, name->loc, "group-layers",
                          "layer '%.60s' does not follow '%.60s': layers that take "
                          "turns stand in a row, functions between them too%s%s%s",
                          r->net->layers[layer].name, r->net->layers[last].name,
                          layer > last ? "; '" : "",
                          layer > last ? r->net->layers[last + 1].name : "",
                          layer > last ? "' is next" : "");
            good = false;
        }
        said->first = count++ ? said->first : layer;
        said->last = last = layer;
    }
    if (good && count < 2) {
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "group-layers",
                      "a group has at least two layers");
        good = false;
    }
    return good;
}

size_t sdse_group_members(const struct sdse_schedule_reader *r,
                          const struct sdse_group_said *said, size_t *member) {
    size_t count = 0;
    for (size_t l = said->first; l <= said->last; l++) {
        const struct sdse_layer *layer = &r->net->layers[l];
        if (sdse_layer_moves(layer) && layer->move.fused)
            continue;
        if (count < SDSE_FUSED_MOST)
            member[count] = l;
        count++;
    }
    return count;
}

// --- Its configuration ---

// A letter and a number from 1; *text: what is behind it, or NULL.
static uint64_t read_letter(const char **text, char letter) {
    const char *at = *text;
    char *end = NULL;
    const bool digits = at[0] == letter && at[1] >= '0' && at[1] <= '9';
    const unsigned long long number = digits ? strtoull(at + 1, &end, 10) : 0;
    *text = number ? end : NULL;
    return number;
}

static void read_tile(struct sdse_schedule_reader *r, const struct sdse_node *node,
                      struct sdse_group_said *said) {
    const char *text;
    if (!sdse_read_text(node, r->diags, &text))
        return;
    const char *rest = text;
    const uint64_t rows = read_letter(&rest, 'P');
    uint64_t columns = 0;
    const bool more = rest && rest[0] == ' ';
    if (more) {
        rest += strspn(rest, " ");
        columns = read_letter(&rest, 'Q');
    }
    if (!rest || *rest) {
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "group-tile",
                      "'%.30s' is no number of rows from 1, as P8, or of rows and "
                      "columns, as P8 Q16",
                      text);
        return;
    }
    said->config.tile_rows = rows;
    said->config.tile_columns = columns;
}

// Words for layers of a group.
//
// words   of which there are so many
// most    so many of its members may be named
// weights only those that multiply; else each of them is named
// set     out: for each word, members that have it [words]
static void read_sets(struct sdse_schedule_reader *r, const struct sdse_node *node,
                      const char *check, const char *const *words, unsigned word_count,
                      const size_t *member, size_t most, bool weights, unsigned *set) {
    unsigned named = 0;
    if (!sdse_expect_kind(node, SDSE_NODE_MAPPING, r->diags))
        return;
    sdse_for_each_child (item, node) {
        size_t at = 0;
        unsigned word;
        while (at < most && strcmp(r->net->layers[member[at]].name, item->key) != 0)
            at++;
        if (at == most || (weights && sdse_layer_moves(&r->net->layers[member[at]]))) {
            sdse_diag_add(r->diags, SDSE_ERROR, item->key_loc, check,
                          "'%.60s' is no layer of the group that %s", item->key,
                          weights ? "has weights"
                                  : "makes what another of its layers reads");
            continue;
        }
        named |= SDSE_BIT(at);
        if (sdse_read_word(item, words, word_count, r->diags, &word))
            set[word] |= SDSE_BIT(at);
    }
    for (size_t at = 0; !weights && at < most; at++)
        if (!(named >> at & 1u))
            sdse_diag_add(r->diags, SDSE_ERROR, node->loc, check,
                          "what '%.60s' makes is not said: %s or %s",
                          r->net->layers[member[at]].name, words[0], words[1]);
}

static void read_tensors(struct sdse_schedule_reader *r, const struct sdse_node *node,
                         const size_t *member, size_t most,
                         struct sdse_group_said *said) {
    // Without columns there is one tile to a band.
    const char *const words[] = {"retain", "recompute", sdse_banded_word};
    unsigned set[3] = {0};
    read_sets(r, node, "group-tensor", words, said->config.tile_columns ? 3 : 2, member,
              most, false, set);
    // What the next layer reads is named by its maker.
    said->config.retained = set[0] << 1;
    said->config.banded = set[2] << 1;
}

static void read_weights(struct sdse_schedule_reader *r, const struct sdse_node *node,
                         const size_t *member, size_t most,
                         struct sdse_group_said *said) {
    static const char *const words[] = {"kept", "streamed"};
    unsigned set[2] = {0};
    read_sets(r, node, "group-weights", words, 2, member, most, true, set);
    said->config.kept = set[0];
}

static bool is_outer(const struct sdse_schedule_reader *r, const char *text) {
    return strcmp(text, "outer") == 0 || strcmp(text, r->arch->level[0].name) == 0;
}

// A memory that shares, as a set of one; empty after a diagnostic.
static unsigned read_memory(struct sdse_schedule_reader *r,
                            const struct sdse_node *node, const char *what) {
    const char *text;
    if (!sdse_read_text(node, r->diags, &text))
        return 0;
    const unsigned memory = sdse_schedule_memory(r, text);
    if (memory < r->memory_count)
        return SDSE_BIT(memory);
    sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "group-place",
                  "%s '%.40s': expected %.80s", what, text, r->memory);
    return 0;
}

// The memory that a group holds what it does in: said where several share.
static void read_group_memory(struct sdse_schedule_reader *r,
                              const struct sdse_node *item,
                              struct sdse_group_said *said) {
    const struct sdse_node *node = sdse_node_get(item, "memory");
    const unsigned set = node ? read_memory(r, node, "memory") : 0;
    if (set)
        said->config.memory = (unsigned)__builtin_ctz(set);
    if (!node && r->memory_count > 1)
        sdse_diag_add(r->diags, SDSE_ERROR, item->loc, "group-place",
                      "several memories of '%.80s' share: say in which the group holds "
                      "what it does, `memory: %.40s`",
                      r->arch->name, r->name[0]);
}

static void read_input(struct sdse_schedule_reader *r, const struct sdse_node *node,
                       struct sdse_group_said *said) {
    const char *text;
    said->input = node;
    if (node && node->kind == SDSE_NODE_SEQUENCE && r->memory_count > 1) {
        sdse_for_each_child (item, node)
            said->input_in |= read_memory(r, item, "input");
        return;
    }
    if (!node || !sdse_read_text(node, r->diags, &text))
        return;
    const bool banded =
        said->config.tile_columns && strcmp(text, sdse_banded_word) == 0;
    said->config.for_all =
        !said->config.tile_columns && strcmp(text, "buffered for all") == 0;
    if (banded || said->config.for_all || strcmp(text, "buffered") == 0) {
        said->config.buffered = true;
        said->config.banded |= banded;
    } else if (sdse_schedule_memory(r, text) < r->memory_count)
        said->input_in = SDSE_BIT(sdse_schedule_memory(r, text));
    else if (!is_outer(r, text))
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "group-place",
                      "input '%.40s': expected outer, buffered, %s or %.80s", text,
                      said->config.tile_columns ? sdse_banded_word : "buffered for all",
                      r->memory);
}

// [L2, outer]: both.
static void read_output_list(struct sdse_schedule_reader *r,
                             const struct sdse_node *node,
                             struct sdse_group_said *said) {
    const struct sdse_node *second = sdse_node_at(node, 1);
    const char *text;
    if (node->count != 2 || !sdse_read_text(second, r->diags, &text) ||
        !is_outer(r, text)) {
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "group-place",
                      "outputs are in one memory, and outside, as [%.40s, outer]",
                      r->name[0]);
        return;
    }
    const unsigned set = read_memory(r, sdse_node_at(node, 0), "output");
    if (set)
        said->output = sdse_place_in((unsigned)__builtin_ctz(set), true);
}

static void read_output(struct sdse_schedule_reader *r, const struct sdse_node *node,
                        struct sdse_group_said *said) {
    const bool several = r->memory_count > 1;
    const char *text;
    if (node && node->kind == SDSE_NODE_SEQUENCE && several) {
        read_output_list(r, node, said);
        return;
    }
    if (!node || !sdse_read_text(node, r->diags, &text))
        return;
    const unsigned memory = sdse_schedule_memory(r, text);
    if (!several && strcmp(text, "both") == 0)
        said->output = SDSE_PLACE_BOTH;
    else if (memory < r->memory_count)
        said->output = sdse_place_in(memory, false);
    else if (!is_outer(r, text))
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "group-place",
                      several
                          ? "output '%.40s': expected outer, %.80s, or one of these "
                            "with outer, as [%.40s, outer]"
                          : "output '%.40s': expected outer, %.80s or both",
                      text, r->memory, r->name[0]);
}

bool sdse_group_read(struct sdse_schedule_reader *r, const struct sdse_node *node,
                     struct sdse_group_said *said) {
    static const char *const keys[] = {"layers", "memory",   "tile",    "heads",
                                       "keys",   "channels", "tensors", "weights",
                                       "input",  "output",   "overlap", "nests"};
    const size_t errors = r->diags->errors;
    size_t member[SDSE_FUSED_MOST];
    *said = (struct sdse_group_said){.node = node};
    if (!sdse_expect_kind(node, SDSE_NODE_MAPPING, r->diags))
        return false;
    if (!r->schedule->level) {
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "place-shares",
                      "no memory of '%.80s' may hold tensors between layers: say "
                      "`shares: [activations]` in one",
                      r->arch->name);
        return false;
    }
    sdse_refuse_unknown_keys(node, keys, sizeof keys / sizeof *keys, r->diags);
    const struct sdse_node *layers = sdse_node_get(node, "layers"),
                           *tile = sdse_node_get(node, "tile"),
                           *tensors = sdse_node_get(node, "tensors"),
                           *weights = sdse_node_get(node, "weights");
    if (!layers)
        sdse_report_missing(node, "layers", r->diags);
    if (!tile)
        sdse_report_missing(node, "tile", r->diags);
    if (!tensors)
        sdse_report_missing(node, "tensors", r->diags);
    if (!sdse_node_get(node, "nests"))
        sdse_report_missing(node, "nests", r->diags);
    if (!layers || !read_layers(r, layers, said))
        return false;
    const size_t members = sdse_group_members(r, said, member);
    if (members > SDSE_FUSED_MOST || members < 2) {
        sdse_diag_add(r->diags, SDSE_ERROR, layers->loc, "group-layers",
                      "a group has 2 to %d layers, functions that are `fused` not "
                      "counted, not %zu",
                      SDSE_FUSED_MOST, members);
        return false;
    }
    const struct sdse_node *heads = sdse_node_get(node, "heads");
    if (tile)
        read_tile(r, tile, said);
    if (heads)
        sdse_read_u64(heads, 1, UINT64_MAX, r->diags, &said->config.tile_heads);
    const struct sdse_node *some = sdse_node_get(node, "keys");
    if (some)
        sdse_read_u64(some, 1, UINT64_MAX, r->diags, &said->config.tile_keys);
    const struct sdse_node *channels = sdse_node_get(node, "channels");
    if (channels)
        sdse_read_u64(channels, 1, UINT64_MAX, r->diags, &said->config.tile_channels);
    if (some && channels)
        sdse_diag_add(r->diags, SDSE_ERROR, channels->loc, "group-tile",
                      "a group takes keys in parts, or channels");
    if (tensors)
        read_tensors(r, tensors, member, members - 1, said);
    if (weights)
        read_weights(r, weights, member, members, said);
    read_group_memory(r, node, said);
    read_input(r, sdse_node_get(node, "input"), said);
    read_output(r, sdse_node_get(node, "output"), said);
    const struct sdse_node *overlap = sdse_node_get(node, "overlap");
    static const char *const ways[] = {"none", "outer"};
    unsigned way = 0;
    if (overlap && sdse_read_word(overlap, ways, 2, r->diags, &way))
        said->config.overlaps = way == 1;
    return r->diags->errors == errors;
}
