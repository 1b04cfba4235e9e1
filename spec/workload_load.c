// A network's file as loop nests.
#include <string.h>

#include "base/checked.h"
#include "base/inside.h"
#include "spec/checks.h"
#include "spec/family.h"
#include "spec/load.h"
#include "spec/shared_block.h"
#include "spec/training.h"
#include "spec/value.h"
#include "spec/workload_reader.h"

static const char *const kind_words[] = {
    "conv", "dwconv", "fc",      "matmul", "deconv", "conv1d", "conv3d", "pool",
    "add",  "norm",   "softmax", "act",    "wgrad",  "update", "lstm",   "gru"};
// Other names people give them.
static const struct {
    const char *word;
    enum sdse_written kind;
} kind_spellings[] = {{"conv2d", SDSE_WRITTEN_CONV},
                      {"maxpool", SDSE_WRITTEN_POOL},
                      {"avgpool", SDSE_WRITTEN_POOL}};

#define KIND(name) SDSE_BIT(SDSE_WRITTEN_##name)
enum {
    ALL = (1u << SDSE_WRITTEN_KINDS) - 1,
    OWN = KIND(CONV) | KIND(DWCONV) | KIND(CONV1D) | KIND(CONV3D),
    PLAIN = OWN | KIND(WGRAD),
    WINDOWS = PLAIN | KIND(DECONV) | KIND(POOL),
    WORDS = KIND(ADD) | KIND(NORM) | KIND(SOFTMAX) | KIND(ACT) | KIND(UPDATE),
    MOVES = KIND(POOL) | WORDS,
    CELLS = KIND(LSTM) | KIND(GRU),
};
// Which layers have which key.
static const struct {
    const char *key;
    unsigned kinds;
} layer_keys[] = {
    {"name", ALL},
    {"kind", ALL},
    {"repeat", ALL},
    {"density", ALL},
    {"uncoded", ALL},
    {"batch", ALL},
    {"in", WINDOWS | KIND(FC) | WORDS | CELLS},
    {"out_channels", PLAIN | KIND(DECONV) | KIND(FC)},
    {"weights", KIND(CONV) | KIND(DWCONV) | KIND(CONV1D) | KIND(FC)},
    {"kernel", WINDOWS},
    {"stride", WINDOWS},
    {"pad", WINDOWS},
    {"dilation", PLAIN | KIND(POOL)},
    {"output_padding", KIND(DECONV)},
    {"groups", KIND(CONV) | KIND(CONV1D) | KIND(CONV3D) | KIND(DECONV) | KIND(WGRAD)},
    {"shares_weights", OWN | KIND(DECONV) | KIND(FC)},
    {"rows", KIND(FC)},
    {"steps", OWN | KIND(FC) | KIND(MATMUL) | CELLS},
    {"hidden", CELLS},
    {"heads", KIND(MATMUL)},
    {"kv_heads", KIND(MATMUL)},
    {"shared", KIND(MATMUL)},
    {"m", KIND(MATMUL)},
    {"k", KIND(MATMUL)},
    {"n", KIND(MATMUL)},
    {"role", KIND(MATMUL)},
    {"bits", OWN | KIND(DECONV) | KIND(FC) | KIND(MATMUL)},
    {"fused", MOVES},
    {"addends",
     KIND(ADD) | KIND(CONV) | KIND(DWCONV) | KIND(CONV1D) | KIND(FC) | KIND(MATMUL)},
    {"broadcast", KIND(ADD)},
    {"passes", MOVES},
    {"ops_per_word", MOVES},
    {"activations", ALL & ~MOVES},
    {"weight_digits", ALL & ~MOVES & ~KIND(MATMUL) & ~KIND(WGRAD)},
    {"read_words", KIND(UPDATE)},
    {"read_bits", KIND(UPDATE)},
    {"write_bits", KIND(UPDATE)},
    {"copy_below_bits", KIND(UPDATE)},
};
enum { LAYER_KEYS = sizeof layer_keys / sizeof *layer_keys };

static void refuse_keys(struct sdse_layer_reader *r) {
    const char *names[LAYER_KEYS];
    for (size_t i = 0; i < LAYER_KEYS; i++)
        names[i] = layer_keys[i].key;
    sdse_refuse_unknown_keys(r->map, names, LAYER_KEYS, r->diags);
    for (size_t i = 0; i < LAYER_KEYS; i++) {
        const struct sdse_node *node = sdse_node_get(r->map, layer_keys[i].key);
        if (node && !(layer_keys[i].kinds & SDSE_BIT(r->kind))) {
            sdse_diag_add(r->diags, SDSE_ERROR, node->key_loc, "key-kind",
                          "%s: layers of kind '%s' have no '%s'",
                          sdse_node_path(r->arena, node), kind_words[r->kind],
                          layer_keys[i].key);
        }
    }
}

uint64_t sdse_layer_count(struct sdse_layer_reader *r, const char *key,
                          uint64_t fallback) {
    const struct sdse_node *node = sdse_node_get(r->map, key);
    uint64_t value = fallback ? fallback : 1;
    if (!node && !fallback) {
        sdse_report_missing(r->map, key, r->diags);
        r->sizes_broken = true;
    }
    if (node && !sdse_read_u64(node, 1, SDSE_LARGEST_SIZE, r->diags, &value))
        r->sizes_broken = true;
    return value;
}

bool sdse_layer_list(struct sdse_layer_reader *r, const struct sdse_node *list,
                     size_t count, uint64_t least, const char *meaning, uint64_t *out) {
    if (!sdse_expect_kind(list, SDSE_NODE_SEQUENCE, r->diags))
        return false;
    if (list->count != count) {
        sdse_diag_add(r->diags, SDSE_ERROR, list->loc, "wrong-type",
                      "%s: expected %s, got %zu values", sdse_node_path(r->arena, list),
                      meaning, list->count);
        return false;
    }
    bool good = true;
    for (size_t i = 0; i < count; i++)
        good &= sdse_read_u64(sdse_node_at(list, i), least, SDSE_LARGEST_SIZE, r->diags,
                              &out[i]);
    return good;
}

struct sdse_loc sdse_layer_place(const struct sdse_layer_reader *r, const char *key) {
    const struct sdse_node *node = sdse_node_get(r->map, key);
    return node ? node->key_loc : r->map->loc;
}

static void read_fc(struct sdse_layer_reader *r) {
    uint64_t *bound = r->layer->nest.bound;
    bound[SDSE_N] = r->batch * sdse_layer_count(r, "batch", 1);
    bound[SDSE_C] = sdse_layer_count(r, "in", 0);
    bound[SDSE_K] = sdse_layer_count(r, "out_channels", 0);
    bound[SDSE_P] = sdse_layer_count(r, "rows", 1);
    r->layer->in_height = bound[SDSE_P];
}

// What the right operand is.
static void read_role(struct sdse_layer_reader *r) {
    static const char *const roles[] = {"cache", "parameter"};
    const struct sdse_node *node = sdse_node_get(r->map, "role");
    unsigned word;
    if (node && sdse_read_word(node, roles, 2, r->diags, &word))
        r->layer->role = (enum sdse_operand_role)(word + 1);
}

// How wide its words, or those of weights, are.
static void read_bits(struct sdse_layer_reader *r) {
    static const char *const keys[] = {"weights"};
    const struct sdse_node *node;
    if (!(node = sdse_node_get(r->map, "bits")) ||
        !sdse_expect_kind(node, SDSE_NODE_MAPPING, r->diags))
        return;
    sdse_refuse_unknown_keys(node, keys, 1, r->diags);
    const struct sdse_node *bits = sdse_node_get(node, "weights");
    if (!bits)
        sdse_report_missing(node, "weights", r->diags);
    else
        sdse_read_u32(bits, 1, 64, r->diags, &r->layer->weight_bits);
}

// Products of activations: each sample and each of the kv_heads has a right operand of
// its own (G); the heads that share one (N) move the left operand and the result.
static void read_matmul(struct sdse_layer_reader *r) {
    uint64_t *bound = r->layer->nest.bound;
    const struct sdse_node *node = sdse_node_get(r->map, "shared");
    bool shared = false;
    uint64_t heads = sdse_layer_count(r, "heads", 1);
    uint64_t operands = sdse_layer_count(r, "kv_heads", heads);
    uint64_t each = sdse_layer_count(r, "batch", 1);
    read_role(r);
    if (node)
        sdse_read_bool(node, r->diags, &shared);
    bound[SDSE_P] = sdse_layer_count(r, "m", 0);
    bound[SDSE_C] = sdse_layer_count(r, "k", 0);
    bound[SDSE_K] = sdse_layer_count(r, "n", 0);
    r->layer->in_height = bound[SDSE_P];
    if (r->sizes_broken)
        return;
    if (heads % operands)
        sdse_diag_add(
            r->diags, SDSE_ERROR, sdse_layer_place(r, "kv_heads"), "heads-divide",
            "layer '%s': %llu kv_heads do not divide %llu heads", r->layer->name,
            (unsigned long long)operands, (unsigned long long)heads);
    bound[SDSE_N] = heads / operands * (shared ? r->batch : 1);
    if (!sdse_mul_u64(operands * each, shared ? 1 : r->batch, &bound[SDSE_G]))
        bound[SDSE_G] = UINT64_MAX; // refused by words-absurd
}

// One smaller map: [channels, rows, columns] of each sample, or [1, channels, rows,
// columns] of all of them.
static bool read_broadcast(struct sdse_layer_reader *r, const struct sdse_node *list,
                           struct sdse_broadcast *map) {
    const uint64_t *bound = r->layer->nest.bound;
    const uint64_t whole[3] = {bound[SDSE_G], bound[SDSE_P], bound[SDSE_Q]};
    uint64_t size[4] = {0};
    map->shared = list->kind == SDSE_NODE_SEQUENCE && list->count == 4;
    if (!sdse_layer_list(r, list, map->shared ? 4 : 3, 1,
                         map->shared ? "[1, channels, rows, columns]"
                                     : "[channels, rows, columns]",
                         size))
        return false;
    bool fits = !map->shared || size[0] == 1;
    for (unsigned i = 0; i < 3; i++) {
        map->size[i] = size[i + map->shared];
        fits &= whole[i] % map->size[i] == 0;
    }
    if (!fits)
        sdse_diag_add(r->diags, SDSE_ERROR, list->loc, "broadcast-fits",
                      "the map is not repeated over [%llu, %llu, %llu]: each of its "
                      "sizes must divide that of the layer%s",
                      (unsigned long long)whole[0], (unsigned long long)whole[1],
                      (unsigned long long)whole[2],
                      map->shared ? ", the first of four must be 1" : "");
    return fits;
}

static void read_broadcasts(struct sdse_layer_reader *r) {
    struct sdse_move *move = &r->layer->move;
    const struct sdse_node *list = sdse_node_get(r->map, "broadcast");
    if (!list || !sdse_expect_kind(list, SDSE_NODE_SEQUENCE, r->diags))
        return;
    struct sdse_broadcast *maps =
        SDSE_ARENA_ARRAY(r->arena, struct sdse_broadcast, list->count + 1);
    for (size_t i = 0; maps && !r->sizes_broken && i < list->count; i++)
        move->broadcast_count +=
            read_broadcast(r, sdse_node_at(list, i), &maps[move->broadcast_count]);
    move->broadcasts = maps;
}

// Maps of the layer's size: two, or one beside smaller ones, which may be alone.
static uint64_t read_addends(struct sdse_layer_reader *r) {
    const struct sdse_node *node = sdse_node_get(r->map, "addends");
    const uint32_t others = r->layer->move.broadcast_count;
    uint64_t addends = r->kind == SDSE_WRITTEN_ADD && !others ? 2 : 1;
    if (node)
        sdse_read_u64(node, others > 1 ? 0 : 1, SDSE_LARGEST_SIZE, r->diags, &addends);
    return addends;
}

// What a layer that only moves words does with them. Operations for each word that
// comes out: the taps of a pool, additions, scale and shift of a norm, maximum,
// difference, exponential, sum and quotient of a softmax.
static void read_move(struct sdse_layer_reader *r) {
    const uint64_t *bound = r->layer->nest.bound;
    struct sdse_move *move = &r->layer->move;
    read_broadcasts(r);
    const uint64_t addends = read_addends(r);
    const uint64_t operands = addends + move->broadcast_count;
    const uint64_t operations[SDSE_WRITTEN_KINDS] = {
        [SDSE_WRITTEN_POOL] = bound[SDSE_R] * bound[SDSE_S],
        [SDSE_WRITTEN_ADD] = operands > 1 ? operands - 1 : 1,
        [SDSE_WRITTEN_NORM] = 2,
        [SDSE_WRITTEN_SOFTMAX] = 5,
        [SDSE_WRITTEN_ACT] = 1,
        [SDSE_WRITTEN_UPDATE] = 1};
    uint64_t done = sdse_layer_count(r, "ops_per_word", operations[r->kind]);
    move->addends = (uint32_t)addends;
    move->passes = (uint32_t)sdse_layer_count(r, "passes", 1);
    move->operations = done < UINT32_MAX ? (uint32_t)done : UINT32_MAX;
    move->fused = r->kind == SDSE_WRITTEN_NORM || r->kind == SDSE_WRITTEN_ACT;
    const struct sdse_node *node = sdse_node_get(r->map, "fused");
    if (node)
        sdse_read_bool(node, r->diags, &move->fused);
}

// Maps that a layer which multiplies adds to what it puts out.
static void read_maps_added(struct sdse_layer_reader *r, const struct sdse_node *node) {
    uint64_t addends = 0;
    if (sdse_read_u64(node, 1, SDSE_MOST_ADDENDS, r->diags, &addends))
        r->layer->addends = (uint32_t)addends;
}

// A map of any shape, word by word: [channels, rows, columns] or fewer or more sizes.
void sdse_layer_read_words(struct sdse_layer_reader *r) {
    const struct sdse_node *list = sdse_node_get(r->map, "in");
    uint64_t size[4] = {1, 1, 1, 1}, each = sdse_layer_count(r, "batch", 1);
    if (!list)
        sdse_report_missing(r->map, "in", r->diags);
    else if (list->kind == SDSE_NODE_SCALAR)
        sdse_read_u64(list, 1, SDSE_LARGEST_SIZE, r->diags, &size[0]);
    else
        sdse_layer_list(r, list, list->count > 0 && list->count < 4 ? list->count : 3,
                        1, "[channels, rows, columns]", size);
    struct sdse_layer *layer = r->layer;
    uint64_t *bound = layer->nest.bound;
    bound[SDSE_N] = r->batch * each;
    bound[SDSE_G] = size[0];
    layer->in_height = layer->nest.map[0] = bound[SDSE_P] = size[1];
    layer->in_width = layer->nest.map[1] = bound[SDSE_Q] = size[2];
}

// The file's name: below the workload's folder, as it is written. Links are followed
// when the file is read. Or that an import did not read them.
static void read_weights(struct sdse_layer_reader *r, const struct sdse_node *node) {
    if (!sdse_read_text(node, r->diags, &r->layer->weights_file))
        return;
    r->layer->weights_unread = strcmp(r->layer->weights_file, "unread") == 0;
    if (r->layer->weights_unread)
        r->layer->weights_file = NULL;
    if (!r->layer->weights_file || sdse_name_is_inside(r->layer->weights_file))
        return;
    sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "weights-file",
                  "'%s' is not inside the folder of this file", r->layer->weights_file);
}

static void read_density(struct sdse_layer_reader *r) {
    static const char *const keys[] = {"weights", "inputs", "outputs", "source"};
    struct sdse_layer *layer = r->layer;
    const struct sdse_node *map = sdse_node_get(r->map, "density");
    if (!map || !sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags))
        return;
    sdse_refuse_unknown_keys(map, keys, 4, r->diags);
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        const struct sdse_node *node = sdse_node_get(map, keys[t]);
        if (node)
            sdse_read_double(node, 1e-9, 1, r->diags, &layer->density[t]);
    }
    layer->density_source = "declared";
    const struct sdse_node *source = sdse_node_get(map, "source");
    if (source)
        sdse_read_text(source, r->diags, &layer->density_source);
}

// The kind as written. Only a word one letter away is suggested: 'deconv' is no
// misspelt 'dwconv'.
static bool read_kind(struct sdse_layer_reader *r, const struct sdse_node *node) {
    enum { SPELLINGS = sizeof kind_spellings / sizeof *kind_spellings };
    const char *text, *words = "", *near = NULL;
    if (!sdse_read_text(node, r->diags, &text))
        return false;
    for (unsigned i = 0; i < SPELLINGS; i++) {
        if (strcmp(kind_spellings[i].word, text) == 0) {
            r->kind = kind_spellings[i].kind;
            return true;
        }
    }
    for (unsigned i = 0; i < SDSE_WRITTEN_KINDS; i++) {
        if (strcmp(kind_words[i], text) == 0) {
            r->kind = (enum sdse_written)i;
            return true;
        }
    }
    for (unsigned i = 0; i < SDSE_WRITTEN_KINDS; i++) {
        if (sdse_edit_distance(kind_words[i], text) == 1)
            near = kind_words[i];
        words = sdse_arena_printf(r->arena, "%s%s%s", words ? words : "", i ? ", " : "",
                                  kind_words[i]);
    }
    sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "unknown-word",
                  "%s: '%.80s' is not one of %s%s%s%s", sdse_node_path(r->arena, node),
                  text, words ? words : "?", near ? "; did you mean '" : "",
                  near ? near : "", near ? "'?" : "");
    return false;
}

static void read_layer(struct sdse_layer_reader *r) {
    static const enum sdse_layer_kind kinds[SDSE_WRITTEN_KINDS] = {
        [SDSE_WRITTEN_CONV] = SDSE_CONV,       [SDSE_WRITTEN_DWCONV] = SDSE_DWCONV,
        [SDSE_WRITTEN_FC] = SDSE_FC,           [SDSE_WRITTEN_MATMUL] = SDSE_MATMUL,
        [SDSE_WRITTEN_DECONV] = SDSE_CONV,     [SDSE_WRITTEN_CONV1D] = SDSE_CONV,
        [SDSE_WRITTEN_CONV3D] = SDSE_CONV,     [SDSE_WRITTEN_POOL] = SDSE_POOL,
        [SDSE_WRITTEN_ADD] = SDSE_ADD,         [SDSE_WRITTEN_NORM] = SDSE_NORM,
        [SDSE_WRITTEN_SOFTMAX] = SDSE_SOFTMAX, [SDSE_WRITTEN_ACT] = SDSE_ACT,
        [SDSE_WRITTEN_WGRAD] = SDSE_WGRAD,     [SDSE_WRITTEN_UPDATE] = SDSE_UPDATE,
        [SDSE_WRITTEN_LSTM] = SDSE_FC,         [SDSE_WRITTEN_GRU] = SDSE_FC};
    struct sdse_layer *layer = r->layer;
    *layer = (struct sdse_layer){.name = "?",
                                 .repeat = 1,
                                 .steps = 1,
                                 .in_height = 1,
                                 .in_width = 1,
                                 .density = {1, 1, 1},
                                 .loc = r->map->loc,
                                 .nest = {.bound = {r->batch, 1, 1, 1, 1, 1, 1, 1},
                                          .stride = {1, 1},
                                          .dilation = {1, 1}}};
    if (!sdse_expect_kind(r->map, SDSE_NODE_MAPPING, r->diags))
        return;
    const struct sdse_node *node;
    if (!(node = sdse_node_get(r->map, "name")))
        sdse_report_missing(r->map, "name", r->diags);
    else
        sdse_read_text(node, r->diags, &layer->name);
    if (!(node = sdse_node_get(r->map, "kind"))) {
        sdse_report_missing(r->map, "kind", r->diags);
        return;
    }
    if (!read_kind(r, node))
        return;
    layer->kind = kinds[r->kind];
    refuse_keys(r);
    layer->repeat = sdse_layer_count(r, "repeat", 1);
    if ((node = sdse_node_get(r->map, "weights")))
        read_weights(r, node);
    if ((node = sdse_node_get(r->map, "shares_weights")))
        sdse_read_text(node, r->diags, &layer->shares_weights);
    read_density(r);
    if ((node = sdse_node_get(r->map, "uncoded")))
        sdse_read_tensor_set(node, r->diags, &layer->uncoded);
    read_bits(r);
    if (!(SDSE_BIT(r->kind) & MOVES))
        sdse_layer_read_activations(r);
    if (!(SDSE_BIT(r->kind) & (MOVES | KIND(MATMUL) | KIND(WGRAD))))
        sdse_layer_read_weight_digits(r);
    if (r->kind == SDSE_WRITTEN_FC)
        read_fc(r);
    else if (SDSE_BIT(r->kind) & CELLS)
        sdse_layer_read_recurrent(r);
    else if (r->kind == SDSE_WRITTEN_MATMUL)
        read_matmul(r);
    else if (r->kind == SDSE_WRITTEN_DECONV)
        sdse_layer_read_deconv(r);
    else if (SDSE_BIT(r->kind) & WORDS)
        sdse_layer_read_words(r);
    else
        sdse_layer_read_conv(r);
    if (SDSE_BIT(r->kind) & (OWN | KIND(FC) | KIND(MATMUL))) {
        layer->steps = sdse_layer_count(r, "steps", 1);
        layer->repeat *= layer->steps;
    }
    if (SDSE_BIT(r->kind) & MOVES)
        read_move(r);
    else if ((node = sdse_node_get(r->map, "addends")))
        read_maps_added(r, node);
    if (r->kind == SDSE_WRITTEN_UPDATE)
        sdse_layer_read_update(r);
    if (r->kind == SDSE_WRITTEN_WGRAD)
        sdse_nest_to_weight_gradient(&layer->nest);
}

// One line of the file is one layer, or the phases of a transposed convolution.
static bool read_layers(struct sdse_arena *arena, const struct sdse_node *list,
                        uint64_t batch, struct sdse_diags *diags,
                        struct sdse_layer_list *out) {
    struct sdse_layer_reader *readers =
        SDSE_ARENA_ARRAY(arena, struct sdse_layer_reader, list->count);
    struct sdse_layer *first = SDSE_ARENA_ARRAY(arena, struct sdse_layer, list->count);
    size_t lines = 0;
    if (!readers || !first)
        return false;
    sdse_for_each_child (map, list) {
        struct sdse_layer_reader *r = &readers[lines];
        *r = (struct sdse_layer_reader){.arena = arena,
                                        .diags = diags,
                                        .map = map,
                                        .batch = batch,
                                        .layer = &first[lines++]};
        read_layer(r);
        if (r->out_of_memory)
            return false;
        out->count += 1 + r->more_count;
    }
    out->layer = SDSE_ARENA_ARRAY(arena, struct sdse_layer, out->count);
    out->node = SDSE_ARENA_ARRAY(arena, const struct sdse_node *, out->count);
    if (!out->layer || !out->node)
        return false;
    size_t at = 0;
    for (size_t i = 0; i < lines; i++) {
        for (size_t j = 0; j <= readers[i].more_count; j++) {
            out->node[at] = readers[i].map;
            out->layer[at++] = j ? readers[i].more[j - 1] : first[i];
        }
    }
    return true;
}

static void read_head(const struct sdse_node *root, struct sdse_workload *net,
                      struct sdse_diags *diags) {
    static const char *const keys[] = {"name",
                                       "source",
                                       "batch",
                                       "layers",
                                       "parameters_not_in_layers",
                                       "not_modelled",
                                       "training",
                                       "training_step",
                                       "family",
                                       "choice",
                                       "shared_block",
                                       "edges",
                                       "round"};
    const struct sdse_node *node;
    sdse_refuse_unknown_keys(root, keys, sizeof keys / sizeof *keys, diags);
    if (!(node = sdse_node_get(root, "name")))
        sdse_report_missing(root, "name", diags);
    else
        sdse_read_text(node, diags, &net->name);
    if (!(node = sdse_node_get(root, "source")))
        sdse_report_missing(root, "source", diags);
    else
        sdse_read_text(node, diags, &net->source);
    if ((node = sdse_node_get(root, "batch")))
        sdse_read_u64(node, 1, SDSE_LARGEST_SIZE, diags, &net->batch);
    if ((node = sdse_node_get(root, "parameters_not_in_layers")))
        sdse_read_u64(node, 0, UINT64_MAX, diags, &net->parameters_not_in_layers);
}

// The layers of one choice, or of all together. False: memory is out.
static bool read_family_layers(struct sdse_arena *arena, const struct sdse_node *list,
                               uint64_t batch, const struct sdse_family *family,
                               struct sdse_diags *diags, struct sdse_layer_list *out) {
    struct sdse_layer_list *lists =
        SDSE_ARENA_ARRAY(arena, struct sdse_layer_list, family->count);
    const size_t errors = diags->errors;
    for (size_t c = 0; lists && c < family->count; c++) {
        const struct sdse_node *own =
            sdse_family_layers(arena, list, &family->choices[c]);
        lists[c] = (struct sdse_layer_list){.count = 0};
        if (!own || !read_layers(arena, own, batch, diags, &lists[c]))
            return false;
        if (diags->errors != errors) // the other choices would say the same again
            return true;
    }
    if (!lists || family->only == family->count)
        return lists && sdse_family_join(family, lists, arena, diags, out);
    *out = lists[family->only];
    return true;
}

enum sdse_status sdse_workload_from_tree(struct sdse_arena *arena,
                                         const struct sdse_node *root,
                                         struct sdse_diags *diags,
                                         struct sdse_workload **out) {
    const struct sdse_diag *since = diags->last;
    size_t errors = diags->errors;
    if (!sdse_expect_kind(root, SDSE_NODE_MAPPING, diags))
        return SDSE_INVALID;
    struct sdse_workload *net = SDSE_ARENA_NEW(arena, struct sdse_workload);
    if (!net)
        return SDSE_NO_MEMORY;
    *net = (struct sdse_workload){.file = root->loc.file, .batch = 1, .loc = root->loc};
    read_head(root, net, diags);
    struct sdse_training training;
    struct sdse_family family;
    if (!sdse_read_family(arena, root, diags, net, &family))
        return SDSE_NO_MEMORY;
    if (!sdse_read_not_modelled(arena, root, net, diags) ||
        !sdse_read_training(arena, root, diags, net, &training))
        return SDSE_NO_MEMORY;
    const struct sdse_node *list = sdse_node_get(root, "layers");
    struct sdse_layer_list layers = {0};
    const bool broken = diags->errors != errors && family.count;
    if (!list)
        sdse_report_missing(root, "layers", diags);
    else if (!broken && sdse_expect_kind(list, SDSE_NODE_SEQUENCE, diags) &&
             list->count &&
             !(family.count ? read_family_layers(arena, list, net->batch, &family,
                                                 diags, &layers)
                            : read_layers(arena, list, net->batch, diags, &layers)))
        return SDSE_NO_MEMORY;
    if (layers.count && !sdse_shared_block_apply(arena, root, diags, &layers))
        return SDSE_NO_MEMORY;
    net->layers = layers.layer;
    net->layer_count = layers.count;
    // Sizes that are broken would be said again.
    if (diags->errors == errors && !sdse_read_edges(arena, root, &layers, net, diags))
        return SDSE_NO_MEMORY;
    struct sdse_subject subject = {
        .diags = diags, .workload = net, .layer_nodes = layers.node, .root = root};
    sdse_checks_run(&subject, SDSE_CHECK_WORKLOAD, since);
    if (subject.out_of_memory)
        return SDSE_NO_MEMORY;
    if (diags->errors != errors)
        return SDSE_INVALID;
    if (training.asked) // they are those of the forward pass alone
        net->edge_count = 0;
    const enum sdse_status status =
        training.asked ? sdse_training_apply(&training, layers.node, arena, diags, net)
                       : SDSE_OK;
    if (status == SDSE_OK)
        *out = net;
    return status;
}

enum sdse_status sdse_workload_load(struct sdse_arena *arena, const char *path,
                                    struct sdse_diags *diags,
                                    struct sdse_workload **out) {
    struct sdse_node *root = NULL;
    enum sdse_status status = sdse_tree_parse_file(arena, path, diags, &root);
    if (status != SDSE_OK)
        return status;
    return sdse_workload_from_tree(arena, root, diags, out);
}
