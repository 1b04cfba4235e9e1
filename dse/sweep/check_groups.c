#include "dse/sweep/check_groups.h"

#include <inttypes.h>
#include <string.h>

#include "dse/fusion/configured.h"
#include "dse/fusion/overlap_share.h"
#include "dse/sweep/forms.h"
#include "dse/sweep/keep_groups.h"
#include "dse/sweep/stored_inputs.h"
#include "dse/sweep/stored_places.h"
#include "results/store/verify.h"
#include "spec/place.h"
#include "spec/split.h"
#include "spec/tree.h"

struct checking {
    struct sdse_diags *diags;
    struct sdse_stored_inputs inputs;
    struct sdse_arena *scratch; // of one point
    const struct sdse_stored_groups *point;
    unsigned memory_count; // that share
    struct sdse_fusion_request request;
    struct sdse_placing placing;
    struct sdse_place_question *question; // [layers]
    bool *inside;                         // [layers]
    enum sdse_place *place;               // [tensors]
    struct sdse_copies copies;
    uint64_t wrong;
};

static void complain(struct checking *c, size_t group, const char *what) {
    c->wrong++;
    sdse_diag_add(c->diags, SDSE_ERROR, (struct sdse_loc){.file = "point"},
                  "verify-group", "%s, group %zu: %s", c->point->hash, group,
                  what ? what : sdse_status_text(SDSE_NO_MEMORY));
}

static void complain_place(struct checking *c, const char *whose, const char *name,
                           const char *what) {
    c->wrong++;
    sdse_diag_add(c->diags, SDSE_ERROR, (struct sdse_loc){.file = "point"},
                  "verify-place", "%s, %s %s: %s", c->point->hash, whose, name, what);
}

// --- What is asked ---

static bool list_layers(struct checking *c) {
    const struct sdse_workload *net = c->inputs.workload;
    struct sdse_residency_layer *layer =
        SDSE_ARENA_ARRAY(c->scratch, struct sdse_residency_layer, net->layer_count);
    struct sdse_weight_form *form =
        SDSE_ARENA_ARRAY(c->scratch, struct sdse_weight_form, net->layer_count);
    for (size_t l = 0; layer && form && l < net->layer_count; l++) {
        if (c->point->has_form[l])
            form[l] = c->point->form[l].form;
        else
            sdse_layer_form_declare(&net->layers[l], &(struct sdse_form_setting){0},
                                    &form[l]);
        layer[l] = (struct sdse_residency_layer){
            .layer = &net->layers[l], .form = &form[l], .shape = l};
    }
    c->request = (struct sdse_fusion_request){
        .residency = {.arch = c->inputs.arch, .workload = net, .layer = layer},
        .depth = SDSE_FUSED_MOST,
        .ordered = true};
    return layer && form;
}

// The questions about layers and groups, but for what they find.
static bool list_questions(struct checking *c) {
    const size_t layers = c->placing.layer_count;
    c->question = SDSE_ARENA_ARRAY(c->scratch, struct sdse_place_question, layers + 1);
    c->inside = SDSE_ARENA_ARRAY(c->scratch, bool, layers + 1);
    if (!c->question || !c->inside)
        return false;
    for (size_t l = 0; l < layers; l++)
        c->question[l].layer = l;
    for (size_t g = 0; g < c->point->group_count; g++) {
        const struct sdse_group_record *group = &c->point->group[g];
        c->question[group->first_layer].more =
            (size_t)(group->last_layer - group->first_layer);
        for (size_t l = group->first_layer + 1; l <= group->last_layer; l++)
            c->inside[l] = c->question[l].inside = true;
    }
    return true;
}

// The question about each layer and group, by what the rows of places say. False:
// memory is out.
static bool settle_places(struct checking *c) {
    const struct sdse_placing *placing = &c->placing;
    c->place = SDSE_ARENA_ARRAY(c->scratch, enum sdse_place, placing->tensor_count + 1);
    if (!c->place || !list_questions(c) ||
        !sdse_stored_places_read(&c->request.residency, placing, c->inside,
                                 c->point->place, c->point->place_count, c->scratch,
                                 c->place, &c->copies))
        return false;
    for (size_t l = 0; l < placing->layer_count; l++) {
        const struct sdse_handed_tensor *made =
            sdse_handed_by(placing, l + c->question[l].more);
        if (made && !c->inside[l])
            c->question[l].outputs = c->place[made - placing->tensor];
    }
    sdse_placing_questions(placing, c->place, &c->copies, c->question);
    return true;
}

// --- Places ---

static enum sdse_status check_places(struct checking *c) {
    const struct sdse_placed_tensors at = {&c->placing, c->place, &c->copies,
                                           c->inside};
    const char *tensor = NULL;
    const enum sdse_status status =
        sdse_stored_places_differ(&c->request.residency, &at, c->point->place,
                                  c->point->place_count, c->scratch, &tensor);
    if (tensor)
        complain_place(c, "tensor", tensor, "it cannot be in these places");
    return status;
}

// Whether the mapping of a layer says the places that follow from the rows.
static enum sdse_status check_layer(struct checking *c, size_t l) {
    const struct sdse_layer *layer = &c->inputs.workload->layers[l];
    struct sdse_residence part[SDSE_MOST_SHARED];
    struct sdse_arch *arch = c->inputs.arch;
    struct sdse_placement placement;
    struct sdse_mapping *mapping;
    struct sdse_diags quiet;
    sdse_diags_init(&quiet, c->scratch);
    const struct sdse_node *root =
        sdse_stored_input_parse(c->scratch, c->point->mapping[l], &quiet);
    if (!root || sdse_arch_of_mapping(arch, root, c->scratch, &arch) ||
        sdse_placed_mapping_from_tree(c->scratch, root, arch, layer, &quiet, &placement,
                                      &mapping))
        return SDSE_OK; // it is not scored either
    sdse_question_residence(arch, layer, &c->question[l], part);
    const char *text =
        sdse_placed_mapping_text(c->scratch, arch, &layer->nest, mapping, part);
    if (!text)
        return SDSE_NO_MEMORY;
    if (strcmp(text, c->point->mapping[l]) != 0)
        complain_place(c, "layer", layer->name,
                       "its mapping does not say the places that its tensors have");
    return SDSE_OK;
}

// --- The configuration ---

// The members that a JSON array names, as a set. False: it names another layer.
static bool read_names(struct checking *c, const char *text,
                       const struct sdse_group_record *group, unsigned *set) {
    const struct sdse_workload *net = c->inputs.workload;
    struct sdse_diags quiet;
    sdse_diags_init(&quiet, c->scratch);
    const struct sdse_node *root = sdse_stored_input_parse(c->scratch, text, &quiet);
    if (!root || root->kind != SDSE_NODE_SEQUENCE)
        return false;
    *set = 0;
    sdse_for_each_child (name, root) {
        size_t member = 0, l = group->first_layer;
        for (; l <= group->last_layer; l++) {
            const struct sdse_layer *layer = &net->layers[l];
            if (name->text && strcmp(layer->name, name->text) == 0)
                break;
            member += !(sdse_layer_moves(layer) && layer->move.fused);
        }
        if (l > group->last_layer || member >= SDSE_FUSED_MOST)
            return false;
        *set |= SDSE_BIT(member);
    }
    return true;
}

// What some memory has of a nest, and not as the configuration has it; NULL: as it has.
static const char *other_place(const struct sdse_nest_record *is,
                               const struct sdse_nest_record *must) {
    if (is->place_count != must->place_count)
        return "nest_place";
    for (size_t i = 0; i < must->place_count; i++) {
        const struct sdse_nest_place *has = &must->place[i], *said = is->place;
        size_t left = is->place_count;
        while (left && strcmp(said->memory, has->memory) != 0)
            said++, left--;
        if (!left)
            return "nest_place";
        if (said->inputs != has->inputs)
            return i ? "inputs" : "inputs_shared";
        if (said->weights != has->weights)
            return i ? "weights" : "weights_shared";
        if (said->outputs != has->outputs)
            return i ? "outputs" : "outputs_shared";
        if (said->addends != has->addends)
            return i ? "addends" : "addends_shared";
        if (said->reserved_bits != has->reserved_bits)
            return "reserved_bits";
    }
    return NULL;
}

// What a nest is not as the configuration has it; NULL: it is.
static const char *difference(const struct sdse_nest_record *is,
                              const struct sdse_nest_record *must) {
#define DIFFERS(column)             \
    if (is->column != must->column) \
    return #column
    DIFFERS(group);
    DIFFERS(layer);
    DIFFERS(first_row);
    DIFFERS(row_count);
    DIFFERS(row_step);
    DIFFERS(first_column);
    DIFFERS(column_count);
    DIFFERS(column_step);
    DIFFERS(times);
    if (strcmp(is->bounds, must->bounds) != 0)
        return "bounds";
    DIFFERS(map_rows);
    DIFFERS(map_columns);
    DIFFERS(row_stride);
    DIFFERS(row_pad);
    DIFFERS(column_stride);
    DIFFERS(column_pad);
    DIFFERS(writes_through);
    DIFFERS(loads_weights);
    DIFFERS(loaded_input_words);
    DIFFERS(continues);
    DIFFERS(unfinished);
    DIFFERS(rescales);
    DIFFERS(inputs_ahead);
    DIFFERS(weights_ahead);
    DIFFERS(outputs_ahead);
    DIFFERS(overlapped_runs);
    DIFFERS(overlapped_times);
#undef DIFFERS
    return other_place(is, must);
}

// The nests of a group, from *next on, beside those of its configuration. False: memory
// is out.
static bool compare_nests(struct checking *c, size_t index,
                          const struct sdse_fused_group *group, size_t *next) {
    const struct sdse_stored_groups *point = c->point;
    for (size_t l = group->first; l <= group->last; l++) {
        for (size_t k = 0; k < group->kind_count; k++) {
            if (group->kind[k].layer != l)
                continue;
            struct sdse_nest_record must;
            if (!sdse_nest_record_of(c->inputs.arch, group, k, index, c->scratch,
                                     &must))
                return false;
            const char *column = *next < point->nest_count
                                     ? difference(&point->nest[*next], &must)
                                     : "nest_index";
            if (column) {
                complain(c, index,
                         sdse_arena_printf(c->scratch,
                                           "%s of nest %zu is not what follows from "
                                           "its configuration",
                                           column, *next));
                return true;
            }
            ++*next;
        }
    }
    if (*next < point->nest_count && point->nest[*next].group == index)
        complain(c, index, "it has more nests than its configuration");
    return true;
}

// What the nests of a group, from `first` on, take of its cycles, beside what follows
// from the sides of each. False: memory is out.
static bool compare_cycles(struct checking *c, size_t index,
                           const struct sdse_fused_group *group, size_t first) {
    struct sdse_overlap_share *share =
        SDSE_ARENA_ARRAY(c->scratch, struct sdse_overlap_share, group->kind_count);
    if (!share)
        return false;
    for (size_t k = 0; k < group->kind_count; k++) {
        const struct sdse_nest_record *nest =
            &c->point->nest[first + sdse_group_nest(group, k)];
        share[k] = (struct sdse_overlap_share){.times = group->kind[k].times,
                                               .turn = group->kind[k].turn,
                                               .steady = group->kind[k].steady,
                                               .outer = nest->outer_cycles,
                                               .inner = nest->inner_cycles};
    }
    sdse_overlap_divide(share, group->kind_count);
    for (size_t k = 0; k < group->kind_count; k++) {
        const size_t at = first + sdse_group_nest(group, k);
        if (c->point->nest[at].latency_cycles == share[k].cycles)
            continue;
        complain(c, index,
                 sdse_arena_printf(c->scratch,
                                   "latency_cycles of nest %zu are not what follows "
                                   "from the sides of the group's nests",
                                   at));
        break;
    }
    return true;
}

static bool overlaps(const struct sdse_fused_group *group) {
    bool some = false;
    for (size_t k = 0; k < group->kind_count; k++)
        some |= group->kind[k].turn > 0;
    return some;
}

static enum sdse_status check_group(struct checking *c, size_t index, size_t *next) {
    const struct sdse_group_record *stored = &c->point->group[index];
    const size_t first = *next;
    struct sdse_fusion_config config = {
        .memory = sdse_shared_named(c->inputs.arch, stored->memory),
        .tile_rows = stored->tile_rows,
        .tile_columns = stored->tile_columns,
        .tile_heads = stored->tile_heads,
        .tile_keys = stored->tile_keys,
        .tile_channels = stored->tile_channels,
        .buffered = strncmp(stored->inputs, "buffered", 8) == 0,
        .for_all = strcmp(stored->inputs, "buffered for all") == 0,
        .overlaps = stored->overlap};
    struct sdse_group_limits limits = {0};
    struct sdse_fused_group group;
    struct sdse_group_refusal refusal;
    if (config.memory == c->memory_count) {
        complain(c, index, "its layers share another memory");
        return SDSE_OK;
    }
    if (!read_names(c, stored->retained, stored, &config.retained) ||
        !read_names(c, stored->weights_kept, stored, &config.kept)) {
        complain(c, index, "what it retains, or keeps, is of none of its layers");
        return SDSE_OK;
    }
    if (!read_names(c, stored->banded, stored, &config.banded)) {
        complain(c, index, "what it keeps in bands is of none of its layers");
        return SDSE_OK;
    }
    config.banded = config.banded << 1 |
                    (strcmp(stored->inputs, "buffered in bands") == 0 ? 1u : 0u);
    config.retained <<= 1; // what the next layer reads is named by its maker
    const enum sdse_status status = sdse_fusion_configure(
        &c->request, &c->placing, &c->question[stored->first_layer], &config,
        c->scratch, &limits, &group, &refusal);
    if (status == SDSE_OVERFLOW || (status == SDSE_OK && refusal.reason))
        complain(c, index, "there is no such group");
    if (status != SDSE_OK || refusal.reason)
        return status == SDSE_OVERFLOW ? SDSE_OK : status;
    if (config.kept & ~limits.may_keep || stored->tile_rows > limits.rows)
        complain(c, index, "its last layer has fewer rows, or it may keep no weights");
    else if (strcmp(stored->inputs, sdse_group_inputs(&group)) != 0 ||
             strcmp(stored->outputs, sdse_group_outputs(&group)) != 0)
        complain(c, index, "what it reads, or makes, has another place");
    else if (stored->overlap && !overlaps(&group))
        complain(c, index, "none of its nests may overlap");
    const uint64_t wrong = c->wrong;
    const char *order = sdse_group_order_text(&group, first, c->scratch);
    if (!order || !compare_nests(c, index, &group, next))
        return SDSE_NO_MEMORY;
    if (c->wrong != wrong)
        return SDSE_OK;
    if (strcmp(stored->nest_order, order) != 0)
        complain(c, index, "its nests follow each other in another order");
    else if (!compare_cycles(c, index, &group, first))
        return SDSE_NO_MEMORY;
    return SDSE_OK;
}

// --- Points ---

static bool follow_each_other(const struct sdse_stored_groups *point, size_t layers) {
    for (size_t g = 0; g < point->group_count; g++) {
        const struct sdse_group_record *group = &point->group[g];
        if (group->last_layer >= layers ||
            (g && group->first_layer <= group[-1].last_layer))
            return false;
    }
    return true;
}

static enum sdse_status each(void *context, const struct sdse_stored_groups *point) {
    struct checking *c = context;
    c->point = point;
    sdse_stored_inputs_take(&c->inputs, point->arch_hash, point->arch,
                            point->workload_hash, point->workload);
    const struct sdse_arch *arch = c->inputs.arch;
    const struct sdse_workload *net = c->inputs.workload;
    unsigned level[SDSE_MOST_SHARED];
    c->memory_count = arch ? sdse_shared_levels(arch, level) : 0;
    if (!c->memory_count || !net || point->layer_count != net->layer_count ||
        !follow_each_other(point, net->layer_count)) {
        complain(c, 0, "its accelerator and network have no such groups");
        return SDSE_OK;
    }
    if (!list_layers(c))
        return SDSE_NO_MEMORY;
    enum sdse_status status =
        sdse_residency_placing(&c->request.residency, c->scratch, &c->placing);
    const uint64_t wrong = c->wrong;
    size_t next = 0;
    if (status == SDSE_OK && !settle_places(c))
        status = SDSE_NO_MEMORY;
    for (size_t g = 0; g < point->group_count && !status && c->wrong == wrong; g++)
        status = check_group(c, g, &next);
    if (!status && c->wrong == wrong)
        status = check_places(c);
    for (size_t l = 0; l < net->layer_count && !status && c->wrong == wrong; l++)
        if (!c->inside[l] && !c->question[l].more)
            status = check_layer(c, l);
    return status;
}

enum sdse_status sdse_check_groups(struct sdse_reader *reader,
                                   struct sdse_diags *diags) {
    struct checking c = {.diags = diags,
                         .inputs = {.arena = sdse_arena_new()},
                         .scratch = sdse_arena_new()};
    enum sdse_status status = SDSE_NO_MEMORY;
    if (c.inputs.arena && c.scratch)
        status = sdse_verify_each_grouped(reader, c.scratch, diags, each, &c);
    sdse_arena_free(c.inputs.arena);
    sdse_arena_free(c.scratch);
    return status == SDSE_OK && c.wrong ? SDSE_INVALID : status;
}
