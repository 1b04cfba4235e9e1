#include "dse/sweep/keep_groups.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "dse/fusion/configured.h"
#include "dse/fusion/overlap_share.h"
#include "results/look/table.h"
#include "spec/place.h"
#include "spec/write.h"

_Static_assert((int)SDSE_MOST_FUSE_DEPTH == (int)SDSE_FUSED_MOST, "as deep as it goes");

struct keeping {
    const struct sdse_arch *arch;
    const struct sdse_workload *workload;
    struct sdse_layer_problem *const *problem;
    struct sdse_fusion_request request; // asked again, for the order of nests
    const struct sdse_placing *placing;
    struct sdse_arena *scratch;
    struct sdse_point_places *out;
};

// --- Groups ---

const char *sdse_group_memory(const struct sdse_arch *arch,
                              const struct sdse_fused_group *group,
                              struct sdse_arena *arena) {
    unsigned level[SDSE_MOST_SHARED];
    sdse_shared_levels(arch, level);
    return sdse_memory_name(arena, arch, level[group->config.memory]);
}

// Names of the members of a group, of a set of SDSE_BIT(i) of them, as a JSON array.
// NULL: memory is out.
static const char *names_of(const struct keeping *k,
                            const struct sdse_fused_group *group, unsigned set) {
    struct sdse_text text;
    bool any = false;
    if (!sdse_text_begin(&text))
        return NULL;
    fputc('[', text.out);
    for (size_t i = 0; i < group->layer_count; i++) {
        if (!(set >> i & 1u))
            continue;
        fputs(any ? ", " : "", text.out);
        sdse_table_json_string(k->workload->layers[group->layer[i]].name, text.out);
        any = true;
    }
    fputc(']', text.out);
    return sdse_text_end(&text, k->out->arena);
}

const char *sdse_group_inputs(const struct sdse_fused_group *group) {
    bool shared = false;
    for (unsigned m = 0; m < SDSE_MOST_SHARED; m++)
        shared |= group->question.in[m].operands > 0;
    return shared                      ? "shared"
           : group->config.for_all     ? "buffered for all"
           : group->config.banded & 1u ? "buffered in bands"
           : group->config.buffered    ? "buffered"
                                       : "outermost";
}

const char *sdse_group_outputs(const struct sdse_fused_group *group) {
    const enum sdse_place outputs = group->question.outputs;
    return outputs == SDSE_PLACE_OUTERMOST ? "outermost"
           : sdse_place_is_both(outputs)   ? "both"
                                           : "shared";
}

size_t sdse_group_nest(const struct sdse_fused_group *group, size_t kind) {
    const size_t layer = group->kind[kind].layer;
    size_t before = 0;
    for (size_t k = 0; k < group->kind_count; k++)
        before +=
            group->kind[k].layer < layer || (group->kind[k].layer == layer && k < kind);
    return before;
}

static void write_turns(const struct sdse_fused_group *group,
                        const struct sdse_fused_turn *all, size_t first, FILE *out) {
    for (size_t i = 0; i < all->count; i++) {
        const struct sdse_fused_turn *turn = &all->turn[i];
        if (i > 0)
            fputc(' ', out);
        if (turn->times > 1)
            fprintf(out, "%" PRIu64 "*", turn->times);
        if (!turn->count) {
            fprintf(out, "%zu", first + sdse_group_nest(group, turn->kind));
            continue;
        }
        fputc('(', out);
        write_turns(group, turn, first, out);
        fputc(')', out);
    }
}

const char *sdse_group_order_text(const struct sdse_fused_group *group, size_t first,
                                  struct sdse_arena *arena) {
    struct sdse_text text;
    if (!sdse_text_begin(&text))
        return NULL;
    write_turns(group, &group->order, first, text.out);
    return sdse_text_end(&text, arena);
}

// The order of a group's nests, whose configuration is looked at again. NULL: memory is
// out.
static const char *find_order(struct keeping *k, const struct sdse_fused_group *group) {
    struct sdse_fused_group again;
    struct sdse_group_limits limits;
    struct sdse_group_refusal refusal;
    if (sdse_fusion_configure(&k->request, k->placing, &group->question, &group->config,
                              k->scratch, &limits, &again, &refusal) ||
        refusal.reason)
        return NULL;
    return sdse_group_order_text(&again, k->out->nest_count, k->out->arena);
}

// Before its nests are kept.
static bool keep_group(struct keeping *k, const struct sdse_fused_group *group) {
    struct sdse_group_record *to = &k->out->group[k->out->group_count++];
    // What the next layer reads is named by its maker.
    *to = (struct sdse_group_record){
        .first_layer = group->first,
        .last_layer = group->last,
        .tile_rows = group->config.tile_rows,
        .tile_columns = group->config.tile_columns,
        .tile_heads = group->config.tile_heads,
        .tile_keys = group->config.tile_keys,
        .tile_channels = group->config.tile_channels,
        .retained = names_of(k, group, group->config.retained >> 1),
        .banded = names_of(k, group, group->config.banded >> 1),
        .weights_kept = names_of(k, group, group->config.kept),
        .overlap = group->config.overlaps,
        .inputs = sdse_group_inputs(group),
        .outputs = sdse_group_outputs(group),
        .memory = sdse_group_memory(k->arch, group, k->out->arena),
        .nest_order = find_order(k, group)};
    return to->retained && to->banded && to->weights_kept && to->memory &&
           to->nest_order;
}

// --- Nests ---

// Whether a memory that shares has something of a nest.
static bool has_some(const struct sdse_residence *at) {
    return at->tensors || at->addends || at->reserved_bits > 0;
}

// With what a memory that shares has of a nest.
static struct sdse_hash join_memory(const struct sdse_arch *arch, struct sdse_hash hash,
                                    const char *text, const struct sdse_residence *at) {
    return sdse_hash_join(
        sdse_hash_join(hash, sdse_hash_of_text(text)),
        sdse_hash_bytes(arch->level[at->level].name,
                        (size_t)sdse_memory_name_bytes(arch, at->level)));
}

// What a nest is, of its layer's problem: rows, and what is where.
//
// memory  of its group
static struct sdse_hash problem_of(const struct keeping *k,
                                   const struct sdse_fused_kind *kind, unsigned memory,
                                   const struct sdse_nest_record *record) {
    const struct sdse_nest *nest = &kind->part.nest;
    const struct sdse_residence *at = &kind->residence[memory];
    struct sdse_hash hash = k->problem[kind->layer]->hash;
    unsigned level[SDSE_MOST_SHARED];
    const unsigned memories = sdse_shared_levels(k->arch, level);
    char text[300];
    for (int d = 0; d < SDSE_DIMS; d++)
        hash = sdse_hash_join(hash, (struct sdse_hash){(uint64_t)d, nest->bound[d]});
    snprintf(
        text, sizeof text,
        "map %" PRIu64 " %" PRIu64 " stride %" PRIu32 " %" PRIu32 " pad %" PRId64
        " %" PRId64 " tensors %u operands %" PRIu32 " addends %" PRIu32
        " through %d weights %d inputs %" PRIu64 " sums %d %d %d reserved %.17g of ",
        nest->map[0], nest->map[1], nest->stride[0], nest->stride[1], nest->pad[0],
        nest->pad[1], at->tensors, at->operands, at->addends, record->writes_through,
        record->loads_weights, record->loaded_input_words, record->continues,
        record->unfinished, record->rescales, at->reserved_bits);
    if (at->ahead)
        hash = sdse_hash_join(sdse_hash_of_text("ahead"),
                              sdse_hash_join(hash, (struct sdse_hash){at->ahead, 0}));
    hash = join_memory(k->arch, hash, text, at);
    for (unsigned m = 0; m < memories; m++) {
        const struct sdse_residence *other = &kind->residence[m];
        if (m == memory || !has_some(other))
            continue;
        snprintf(text, sizeof text,
                 "tensors %u operands %" PRIu32 " addends %" PRIu32
                 " reserved %.17g of ",
                 other->tensors, other->operands, other->addends, other->reserved_bits);
        hash = join_memory(k->arch, hash, text, other);
    }
    return hash;
}

// "G4 P10": the bounds of a nest above one. NULL: memory is out.
static const char *bounds_text(struct sdse_arena *arena, const struct sdse_nest *nest) {
    struct sdse_text text;
    if (!sdse_text_begin(&text))
        return NULL;
    const char *between = "";
    for (int d = 0; d < SDSE_DIMS; d++) {
        if (nest->bound[d] == 1)
            continue;
        fprintf(text.out, "%s%c%" PRIu64, between, sdse_dim_letters[d], nest->bound[d]);
        between = " ";
    }
    return sdse_text_end(&text, arena);
}

// What a memory has of a nest. False: memory is out.
static bool add_place(const struct sdse_arch *arch, const struct sdse_residence *at,
                      struct sdse_arena *arena, struct sdse_nest_record *record) {
    struct sdse_nest_place *place = &record->place[record->place_count++];
    *place = (struct sdse_nest_place){
        .memory = sdse_memory_name(arena, arch, at->level),
        .inputs = at->tensors & SDSE_BIT(SDSE_INPUTS) ? at->operands : 0,
        .weights = at->tensors & SDSE_BIT(SDSE_WEIGHTS),
        .outputs = at->tensors & SDSE_BIT(SDSE_OUTPUTS),
        .addends = at->addends,
        .reserved_bits = at->reserved_bits};
    record->writes_through |= at->writes_through;
    record->loads_weights |= at->loads_weights;
    record->loaded_input_words += at->loaded_inputs;
    record->continues |= at->continues;
    record->unfinished |= at->unfinished;
    record->rescales |= at->rescales;
    record->inputs_ahead |= at->ahead >> SDSE_INPUTS & 1u;
    record->weights_ahead |= at->ahead >> SDSE_WEIGHTS & 1u;
    record->outputs_ahead |= at->ahead >> SDSE_OUTPUTS & 1u;
    return place->memory;
}

bool sdse_nest_record_of(const struct sdse_arch *arch,
                         const struct sdse_fused_group *group, size_t kind,
                         size_t index, struct sdse_arena *arena,
                         struct sdse_nest_record *record) {
    const struct sdse_fused_kind *of = &group->kind[kind];
    unsigned level[SDSE_MOST_SHARED];
    const unsigned memories = sdse_shared_levels(arch, level);
    *record = (struct sdse_nest_record){
        .group = index,
        .layer = of->layer,
        .first_row = of->rows.first,
        .row_count = of->rows.count,
        .row_step = of->rows.count > 1 ? of->rows.step : 1,
        .first_column = of->columns.first,
        .column_count = of->columns.count,
        .column_step = of->columns.count > 1 ? of->columns.step : 1,
        .times = of->times,
        .bounds = bounds_text(arena, &of->part.nest),
        .map_rows = of->part.nest.map[0],
        .map_columns = of->part.nest.map[1],
        .row_stride = of->part.nest.stride[0],
        .row_pad = of->part.nest.pad[0],
        .column_stride = of->part.nest.stride[1],
        .column_pad = of->part.nest.pad[1],
        .overlapped_runs = of->turn,
        .overlapped_times = of->turn + of->steady};
    bool made = record->bounds &&
                add_place(arch, &of->residence[group->config.memory], arena, record);
    for (unsigned m = 0; made && m < memories; m++)
        if (m != group->config.memory && has_some(&of->residence[m]))
            made = add_place(arch, &of->residence[m], arena, record);
    return made;
}

// index   of the group in its point
// cycles  of all nests of the kind
static bool keep_nest(struct keeping *k, size_t index,
                      const struct sdse_fused_group *group, size_t kind,
                      uint64_t cycles) {
    const struct sdse_fused_kind *from = &group->kind[kind];
    const size_t nest = k->out->nest_count++;
    struct sdse_kept_nest *to = &k->out->nest[nest];
    struct sdse_placed_layer *layer = &k->out->layer[from->layer];
    *to = (struct sdse_kept_nest){.layer = from->part,
                                  .mapping = from->point->mapping,
                                  .text = sdse_mapping_text(k->out->arena, k->arch,
                                                            &from->part.nest,
                                                            &from->point->mapping)};
    if (!to->text ||
        !sdse_nest_record_of(k->arch, group, kind, index, k->out->arena, &to->record))
        return false;
    to->problem = problem_of(k, from, group->config.memory, &to->record);
    sdse_residence_copy(from->residence, to->residence);
    to->layer.residence = from->part.residence ? to->residence : NULL;
    to->record.outer_cycles = (uint64_t)from->point->totals.outer_cycles;
    to->record.inner_cycles = (uint64_t)from->point->totals.inner_cycles;
    to->record.latency_cycles = cycles;
    if (!layer->grouped)
        layer->first_nest = nest;
    layer->grouped = true;
    layer->nest_count++;
    return true;
}

// The kinds of one layer stand together.
static bool keep_nests(struct keeping *k, size_t index,
                       const struct sdse_fused_group *group) {
    struct sdse_overlap_share *share =
        SDSE_ARENA_ARRAY(k->scratch, struct sdse_overlap_share, group->kind_count);
    bool kept = share != NULL;
    for (size_t i = 0; i < group->kind_count && kept; i++) {
        const struct sdse_fused_kind *kind = &group->kind[i];
        share[i] = (struct sdse_overlap_share){
            .times = kind->times,
            .turn = kind->turn,
            .steady = kind->steady,
            .outer = (uint64_t)kind->point->totals.outer_cycles,
            .inner = (uint64_t)kind->point->totals.inner_cycles};
    }
    if (kept)
        sdse_overlap_divide(share, group->kind_count);
    for (size_t l = group->first; l <= group->last; l++)
        for (size_t i = 0; i < group->kind_count && kept; i++)
            if (group->kind[i].layer == l)
                kept = keep_nest(k, index, group, i, share[i].cycles);
    return kept;
}

bool sdse_keep_groups(const struct sdse_fusion_request *request,
                      const struct sdse_placing *placing,
                      struct sdse_layer_problem *const *problem,
                      const struct sdse_fused_group *group, size_t count,
                      struct sdse_arena *scratch, struct sdse_point_places *out) {
    struct keeping k = {.arch = request->residency.arch,
                        .workload = request->residency.workload,
                        .problem = problem,
                        .request = *request,
                        .placing = placing,
                        .scratch = scratch,
                        .out = out};
    size_t nests = 0;
    k.request.ordered = true;
    for (size_t g = 0; g < count; g++)
        nests += group[g].kind_count;
    out->group = SDSE_ARENA_ARRAY(out->arena, struct sdse_group_record, count + 1);
    out->nest = SDSE_ARENA_ARRAY(out->arena, struct sdse_kept_nest, nests + 1);
    bool kept = out->group && out->nest;
    for (size_t g = 0; kept && g < count; g++)
        kept = keep_group(&k, &group[g]) && keep_nests(&k, g, &group[g]);
    return kept;
}
