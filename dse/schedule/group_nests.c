// The nests of one item of `groups`, each of a kind that follows from the item.
#include <inttypes.h>

#include "dse/fusion/overlap.h"
#include "dse/schedule/reading.h"
#include "spec/value.h"

// --- What it says of a nest ---

// What an item of `nests` says; of what it does not, 0.
struct nest_said {
    const struct sdse_node *node;
    size_t layer;
    struct sdse_row_run rows, columns; // columns.count 0: not said
    uint64_t heads, channels, times;   // channels: or keys
    unsigned part;                     // SDSE_FUSED_PARTS: not said
    const struct sdse_node *rows_node, *from_node, *columns_from, *times_node, *brings;
};

static void read_columns(struct sdse_schedule_reader *r, const struct sdse_node *node,
                         struct nest_said *nest) {
    const struct sdse_node *count = sdse_node_get(node, "columns"),
                           *step = sdse_node_get(node, "columns_step");
    nest->columns_from = sdse_node_get(node, "columns_from");
    if (count)
        sdse_read_u64(count, 1, UINT64_MAX, r->diags, &nest->columns.count);
    if (nest->columns_from)
        sdse_read_u64(nest->columns_from, 0, UINT64_MAX, r->diags,
                      &nest->columns.first);
    if (step)
        sdse_read_u64(step, 1, UINT64_MAX, r->diags, &nest->columns.step);
}

static bool read_nest(struct sdse_schedule_reader *r,
                      const struct sdse_group_said *said, const struct sdse_node *node,
                      struct nest_said *nest) {
    static const char *const keys[] = {
        "layer",        "rows",         "from",  "step",   "columns",
        "columns_from", "columns_step", "heads", "keys",   "channels",
        "part",         "times",        "place", "brings", "mapping"};
    const size_t errors = r->diags->errors;
    const struct sdse_node *step = sdse_node_get(node, "step");
    const struct sdse_node *heads = sdse_node_get(node, "heads");
    *nest = (struct nest_said){.node = node,
                               .rows = {.step = 1},
                               .columns = {.step = 1},
                               .heads = said->config.tile_heads,
                               .part = SDSE_FUSED_PARTS};
    const char *parts = said->config.tile_channels ? "channels" : "keys",
               *others = said->config.tile_channels ? "keys" : "channels";
    const struct sdse_node *channels = sdse_node_get(node, parts),
                           *other = sdse_node_get(node, others),
                           *part = sdse_node_get(node, "part");
    if (!sdse_expect_kind(node, SDSE_NODE_MAPPING, r->diags))
        return false;
    sdse_refuse_unknown_keys(node, keys, sizeof keys / sizeof *keys, r->diags);
    const struct sdse_node *layer = sdse_node_get(node, "layer");
    nest->rows_node = sdse_node_get(node, "rows");
    nest->from_node = sdse_node_get(node, "from");
    nest->times_node = sdse_node_get(node, "times");
    nest->brings = sdse_node_get(node, "brings");
    if (!layer)
        sdse_report_missing(node, "layer", r->diags);
    if (!nest->rows_node)
        sdse_report_missing(node, "rows", r->diags);
    if (layer && sdse_schedule_layer(r, layer, "nest-layer", &nest->layer) &&
        (nest->layer < said->first || nest->layer > said->last))
        sdse_diag_add(r->diags, SDSE_ERROR, layer->loc, "nest-layer",
                      "layer '%.60s' is not of this group",
                      r->net->layers[nest->layer].name);
    if (nest->rows_node)
        sdse_read_u64(nest->rows_node, 1, UINT64_MAX, r->diags, &nest->rows.count);
    if (nest->from_node)
        sdse_read_u64(nest->from_node, 0, UINT64_MAX, r->diags, &nest->rows.first);
    if (step)
        sdse_read_u64(step, 1, UINT64_MAX, r->diags, &nest->rows.step);
    read_columns(r, node, nest);
    if (heads)
        sdse_read_u64(heads, 1, UINT64_MAX, r->diags, &nest->heads);
    if (channels)
        sdse_read_u64(channels, 1, UINT64_MAX, r->diags, &nest->channels);
    if (other)
        sdse_diag_add(r->diags, SDSE_ERROR, other->loc, "nest-parts",
                      "the group does not take %s in parts", others);
    if (part)
        sdse_read_word(part, sdse_fused_part_words, SDSE_FUSED_PARTS, r->diags,
                       &nest->part);
    if (nest->times_node)
        sdse_read_u64(nest->times_node, 0, UINT64_MAX, r->diags, &nest->times);
    return r->diags->errors == errors;
}

// --- The kind that a nest is of ---

// Whether a run is the one that is said; first: said, too.
static bool is_run(const struct sdse_row_run *run, const struct sdse_row_run *said,
                   bool first) {
    return run->count == said->count && (!first || run->first == said->first) &&
           (run->count <= 1 || run->step == said->step);
}

static bool makes(const struct sdse_fused_kind *kind, const struct nest_said *nest) {
    return kind->layer == nest->layer &&
           is_run(&kind->rows, &nest->rows, nest->from_node != NULL) &&
           is_run(&kind->columns, &nest->columns, nest->columns_from != NULL) &&
           (!nest->heads || kind->heads == nest->heads) &&
           (!nest->channels || kind->channels == nest->channels) &&
           (nest->part == SDSE_FUSED_PARTS || sdse_fused_part(kind) == nest->part);
}

// Whether what is said of its place, beyond the rows, is what the kind has: of several
// memories, of each that something is said of.
static bool is_held(const struct sdse_schedule_reader *r,
                    const struct sdse_fused_kind *kind, const struct nest_said *nest) {
    const struct sdse_node *place = sdse_node_get(nest->node, "place"),
                           *bits = sdse_node_get(place, "reserved_bits");
    const bool several = r->memory_count > 1;
    bool held = true;
    for (unsigned m = 0; m < r->memory_count; m++) {
        const struct sdse_node *one = several ? sdse_node_get(bits, r->name[m]) : bits;
        const double is = kind->residence[m].reserved_bits;
        double said = 0;
        if (one)
            held &= sdse_node_as_double(one, &said) && !(said < is || said > is);
        else if (several && place)
            held &= !(is > 0);
    }
    return held;
}

static bool is_word_count(const struct sdse_node *node, uint64_t words) {
    double said = 0;
    return (!node || sdse_node_as_double(node, &said)) && !(said < (double)words) &&
           !(said > (double)words);
}

// How much of what is said of a nest, beyond the rows, is so of a kind: its place
// before what it brings in, nothing where nothing is said, and that before its times.
static unsigned agreement(const struct sdse_schedule_reader *r,
                          const struct sdse_fused_group *group,
                          const struct sdse_fused_kind *kind,
                          const struct nest_said *nest) {
    const bool brought =
        is_word_count(sdse_node_get(nest->brings, "weights"),
                      sdse_fused_weight_words(&kind->part)) &&
        is_word_count(sdse_node_get(nest->brings, "inputs"),
                      kind->residence[group->config.memory].loaded_inputs);
    return 4u * is_held(r, kind, nest) + 2u * brought +
           (!nest->times_node || nest->times == kind->times);
}

// What the nests of a layer make.
static const char *rows_of_layer(const struct sdse_schedule_reader *r,
                                 const struct sdse_fused_group *group, size_t layer) {
    const char *text = NULL;
    for (size_t k = 0; k < group->kind_count; k++) {
        if (group->kind[k].layer != layer)
            continue;
        const char *rows = sdse_kind_text(r->arena, &group->config, &group->kind[k]);
        text =
            !text || !rows ? rows : sdse_arena_printf(r->arena, "%s; %s", text, rows);
    }
    return text ? text : "none";
}

// The kind that a nest is of: one that no other is of, the one that agrees most with
// what is said.
static struct sdse_fused_kind *find_kind(struct sdse_schedule_reader *r,
                                         const struct nest_said *nest,
                                         const struct sdse_fused_group *group,
                                         const bool *taken) {
    size_t found = SIZE_MAX;
    bool known = false;
    for (size_t k = 0; k < group->kind_count; k++) {
        if (!makes(&group->kind[k], nest))
            continue;
        known = true;
        if (!taken[k] &&
            (found == SIZE_MAX || agreement(r, group, &group->kind[found], nest) <
                                      agreement(r, group, &group->kind[k], nest)))
            found = k;
    }
    if (found != SIZE_MAX)
        return &group->kind[found];
    const char *name = r->net->layers[nest->layer].name,
               *said = sdse_share_text(r->arena, &group->config, &nest->rows,
                                       &nest->columns, nest->heads, nest->channels,
                                       nest->part);
    if (known)
        sdse_diag_add(r->diags, SDSE_ERROR, nest->node->loc, "nest-rows",
                      "layer '%.60s' has a mapping for %s already: alike nests share "
                      "one",
                      name, said ? said : "?");
    else
        sdse_diag_add(r->diags, SDSE_ERROR, nest->rows_node->loc, "nest-rows",
                      "no nest of layer '%.60s' makes %s; in this group its nests "
                      "make: %s",
                      name, said ? said : "?", rows_of_layer(r, group, nest->layer));
    return NULL;
}

// --- What the kind has beside what is said ---

static void compare_words(struct sdse_schedule_reader *r, const struct sdse_node *item,
                          const char *key, uint64_t words) {
    const struct sdse_node *node = sdse_node_get(item, key);
    uint64_t said = 0;
    if (node && !sdse_read_u64(node, 0, UINT64_MAX, r->diags, &said))
        return;
    if (said != words)
        sdse_diag_add(r->diags, SDSE_ERROR, node ? node->loc : item->loc, "nest-brings",
                      "the nest brings in %" PRIu64 " words of %s, not %" PRIu64, words,
                      key, said);
}

static void compare_nest(struct sdse_schedule_reader *r, const struct nest_said *nest,
                         const struct sdse_fusion_config *config,
                         const struct sdse_fused_kind *kind) {
    static const char *const keys[] = {"weights", "inputs"};
    if (nest->times_node && nest->times != kind->times)
        sdse_diag_add(r->diags, SDSE_ERROR, nest->times_node->loc, "nest-times",
                      "the nest runs %" PRIu64 " time%s, not %" PRIu64, kind->times,
                      kind->times == 1 ? "" : "s", nest->times);
    if (sdse_node_get(nest->node, "place"))
        sdse_schedule_compare_place(r, nest->node, "nest-place", kind->residence,
                                    kind->term, kind->term_count);
    if (!nest->brings || !sdse_expect_kind(nest->brings, SDSE_NODE_MAPPING, r->diags))
        return;
    sdse_refuse_unknown_keys(nest->brings, keys, 2, r->diags);
    compare_words(r, nest->brings, "weights", sdse_fused_weight_words(&kind->part));
    compare_words(r, nest->brings, "inputs",
                  kind->residence[config->memory].loaded_inputs);
}

// What comes ahead of a nest waits in the shared memory, which therefore has its tiles.
static void refuse_passing(struct sdse_schedule_reader *r, const struct sdse_node *nest,
                           const struct sdse_fused_kind *kind,
                           const struct sdse_mapping *mapping) {
    const struct sdse_residence *at = kind->residence; // of one memory
    const unsigned waits = at->ahead & ~at->tensors & ~mapping->keeps[r->level[0]];
    for (int t = 0; t < SDSE_TENSORS; t++)
        if (waits >> t & 1u)
            sdse_diag_add(r->diags, SDSE_ERROR, nest->loc, "nest-place",
                          "%s of '%.60s' cross ahead of the nest, or behind it, by way "
                          "of %.40s, which keeps none of them here: keep them, or say "
                          "`overlap: none` of the group",
                          sdse_tensor_name((enum sdse_tensor)t),
                          r->net->layers[kind->layer].name, r->memory);
}

static void settle_nest(struct sdse_schedule_reader *r, const struct nest_said *nest,
                        const struct sdse_fusion_config *config,
                        struct sdse_fused_kind *kind) {
    const size_t errors = r->diags->errors;
    struct sdse_mapping *mapping;
    struct sdse_map_point *point = SDSE_ARENA_NEW(r->arena, struct sdse_map_point);
    compare_nest(r, nest, config, kind);
    const enum sdse_status status =
        sdse_resident_mapping_from_tree(r->arena, nest->node, r->arch, &kind->part,
                                        kind->part.residence, r->diags, &mapping);
    if (status == SDSE_NO_MEMORY || !point) {
        r->status = SDSE_NO_MEMORY;
        return;
    }
    if (r->diags->errors == errors)
        refuse_passing(r, nest->node, kind, mapping);
    if (r->diags->errors == errors &&
        sdse_schedule_cost(r, nest->node, &kind->part, kind->layer, kind->term,
                           kind->term_count, mapping, point))
        kind->point = point;
}

// Functions of single words need no mapping.
static void settle_missing(struct sdse_schedule_reader *r,
                           const struct sdse_group_said *said,
                           struct sdse_fused_kind *kind) {
    struct sdse_mapping *mapping = SDSE_ARENA_NEW(r->arena, struct sdse_mapping);
    struct sdse_map_point *point = SDSE_ARENA_NEW(r->arena, struct sdse_map_point);
    const char *rows = sdse_kind_text(r->arena, &said->config, kind);
    const struct sdse_node *nests = sdse_node_get(said->node, "nests");
    if (!mapping || !point || !rows) {
        r->status = SDSE_NO_MEMORY;
        return;
    }
    if (!sdse_layer_moves(&kind->part)) {
        sdse_diag_add(r->diags, SDSE_ERROR, nests->key_loc, "nest-rows",
                      "layer '%.60s' makes %s in a nest that has no mapping (%" PRIu64
                      " time%s, %.0f bits held)",
                      r->net->layers[kind->layer].name, rows, kind->times,
                      kind->times == 1 ? "" : "s",
                      kind->residence[said->config.memory].reserved_bits);
        return;
    }
    sdse_mapping_init(r->arch, mapping);
    mapping->streamed = true;
    if (sdse_schedule_cost(r, said->node, &kind->part, kind->layer, kind->term,
                           kind->term_count, mapping, point))
        kind->point = point;
}

// --- The group ---

static void compare_input(struct sdse_schedule_reader *r,
                          const struct sdse_group_said *said,
                          const struct sdse_place_question *question) {
    for (unsigned m = 0; m < r->memory_count; m++) {
        const bool there = question->in[m].operands > 0;
        if (there == (said->input_in >> m & 1u))
            continue;
        sdse_diag_add(r->diags, SDSE_ERROR,
                      said->input ? said->input->loc : said->node->loc, "group-place",
                      there ? "the layer before puts the group's input into %.40s"
                            : "the group's input is not in %.40s: the layer before "
                              "puts it elsewhere, or there is none",
                      r->name[m]);
    }
}

static void refuse_weights(struct sdse_schedule_reader *r,
                           const struct sdse_group_said *said, unsigned may_keep) {
    size_t member[SDSE_FUSED_MOST];
    const size_t members = sdse_group_members(r, said, member);
    const struct sdse_node *node = sdse_node_get(said->node, "weights");
    for (size_t i = 0; i < members; i++) {
        const char *name = r->net->layers[member[i]].name;
        const struct sdse_node *item = sdse_node_get(node, name);
        if (said->config.kept & ~may_keep & SDSE_BIT(i))
            sdse_diag_add(r->diags, SDSE_ERROR, item ? item->loc : said->node->loc,
                          "group-weights",
                          "the weights of '%.60s' cannot be kept in %.40s: %s", name,
                          r->name[said->config.memory],
                          r->arch->level[r->level[said->config.memory]].shares_weights
                              ? "an engine stands before it"
                              : "it needs `shares: [activations, weights]`");
    }
}

static void refuse_tile(struct sdse_schedule_reader *r,
                        const struct sdse_group_said *said,
                        const struct sdse_group_limits *limits) {
    const struct sdse_node *tile = sdse_node_get(said->node, "tile");
    if (said->config.tile_rows > limits->rows)
        sdse_diag_add(r->diags, SDSE_ERROR, tile->loc, "group-tile",
                      "the last layer, '%.60s', has %" PRIu64 " rows",
                      r->net->layers[said->last].name, limits->rows);
}

static void add_up(struct sdse_fused_group *group) {
    struct sdse_overlap_time time = {0};
    group->at = (struct sdse_tradeoff){0, 0};
    for (size_t k = 0; k < group->kind_count; k++) {
        const struct sdse_fused_kind *kind = &group->kind[k];
        group->at.energy_pj += (double)kind->times * kind->point->totals.energy_pj;
        sdse_overlap_add(kind->times, kind->turn, kind->steady, &kind->point->totals,
                         &time);
    }
    group->at.latency_cycles = sdse_overlap_latency(&time);
}

void sdse_group_read_nests(struct sdse_schedule_reader *r,
                           const struct sdse_group_said *said,
                           const struct sdse_place_question *question,
                           struct sdse_fused_group *group) {
    const size_t errors = r->diags->errors;
    struct sdse_group_refusal refusal = {0, NULL};
    struct sdse_group_limits limits = {0};
    compare_input(r, said, question);
    r->status =
        sdse_fusion_configure(r->request, &r->schedule->placing, question,
                              &said->config, r->arena, &limits, group, &refusal);
    if (r->status != SDSE_OK)
        return;
    if (refusal.reason) {
        const struct sdse_node *names = sdse_node_get(said->node, "layers"),
                               *name = refusal.layer < said->first
                                           ? names
                                           : sdse_node_at(names,
                                                          refusal.layer - said->first);
        const bool wide =
            said->config.tile_columns && said->config.tile_columns >= limits.columns;
        const char *key = wide                         ? "tile"
                          : said->config.tile_channels ? "channels"
                          : said->config.tile_keys     ? "keys"
                                                       : "heads";
        const struct sdse_node *heads =
            limits.heads ? sdse_node_get(said->node, key) : NULL;
        sdse_diag_add(r->diags, SDSE_ERROR,
                      heads  ? heads->loc
                      : name ? name->loc
                             : names->loc,
                      heads ? "group-tile" : "group-layers", "layer '%.60s' %s",
                      r->net->layers[refusal.layer].name, refusal.reason);
        return;
    }
    refuse_weights(r, said, limits.may_keep);
    refuse_tile(r, said, &limits);
    const struct sdse_node *nests = sdse_node_get(said->node, "nests");
    bool *taken = SDSE_ARENA_ARRAY(r->arena, bool, group->kind_count + 1);
    if (!taken) {
        r->status = SDSE_NO_MEMORY;
        return;
    }
    // Of a group that is not what it says nests have no meaning.
    if (r->diags->errors != errors ||
        !sdse_expect_kind(nests, SDSE_NODE_SEQUENCE, r->diags))
        return;
    bool readable = true;
    sdse_for_each_child (item, nests) {
        struct nest_said nest;
        struct sdse_fused_kind *kind =
            read_nest(r, said, item, &nest) ? find_kind(r, &nest, group, taken) : NULL;
        readable &= kind != NULL;
        if (!kind)
            continue;
        taken[kind - group->kind] = true;
        settle_nest(r, &nest, &said->config, kind);
        if (r->status != SDSE_OK)
            return;
    }
    for (size_t k = 0; k < group->kind_count && !r->status; k++)
        if (!taken[k] && (readable || sdse_layer_moves(&group->kind[k].part)))
            settle_missing(r, said, &group->kind[k]);
    if (r->status == SDSE_OK && r->diags->errors == errors)
        add_up(group);
}
