#include "dse/sweep/rescore.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "costmodel/cost_sum.h"
#include "costmodel/evaluate.h"
#include "dse/fusion/part.h"
#include "dse/residency/copies.h"
#include "dse/sweep/check_groups.h"
#include "dse/sweep/forms.h"
#include "dse/sweep/stored_inputs.h"
#include "results/store/verify.h"
#include "spec/place.h"
#include "spec/split.h"

struct scoring {
    struct sdse_diags *diags;
    struct sdse_stored_inputs inputs;
    struct sdse_arena *scratch; // of one solution
    uint64_t scored, wrong;
    const struct sdse_steps *steps; // or NULL
    size_t total;                   // of them
};

static void complain(struct scoring *s, const struct sdse_stored_solution *solution,
                     const char *what) {
    s->wrong++;
    sdse_diag_add(s->diags, SDSE_ERROR, (struct sdse_loc){.file = "solution"},
                  "verify-score", "%s (point %" PRId64 ", layer %s): %s",
                  solution->hash, solution->point_id, solution->layer, what);
}

// The bounds that a text says. False: it is none.
static bool read_bounds(const char *text, uint64_t *bound) {
    for (int d = 0; d < SDSE_DIMS; d++)
        bound[d] = 1;
    while (*text) {
        const char *letter = strchr(sdse_dim_letters, *text);
        char *end;
        if (!letter)
            return false;
        const unsigned long long value = strtoull(text + 1, &end, 10);
        if (end == text + 1 || !value)
            return false;
        bound[letter - sdse_dim_letters] = value;
        text = end + strspn(end, " ");
    }
    return true;
}

// The rows of a layer that a nest makes, as a layer. False: it has no such rows.
static bool take_rows(const struct sdse_nest_record *stored, struct sdse_layer *layer,
                      const struct sdse_layer *whole) {
    struct sdse_nest part = whole->nest;
    uint64_t last;
    if (!read_bounds(stored->bounds, part.bound) ||
        part.bound[SDSE_P] != stored->row_count ||
        !sdse_mul_u64(stored->row_count - 1, stored->row_step, &last) ||
        !sdse_add_u64(last, stored->first_row, &last))
        return false;
    const bool words = sdse_layer_moves(whole);
    for (int d = 0; d < SDSE_DIMS && !words; d++)
        if (part.bound[d] > whole->nest.bound[d])
            return false;
    if (!words && last >= whole->nest.bound[SDSE_P])
        return false;
    if (!words && stored->column_count &&
        (part.bound[SDSE_Q] != stored->column_count ||
         !sdse_mul_u64(stored->column_count - 1, stored->column_step, &last) ||
         !sdse_add_u64(last, stored->first_column, &last) ||
         last >= whole->nest.bound[SDSE_Q]))
        return false;
    part.map[0] = stored->map_rows;
    part.map[1] = stored->map_columns;
    part.stride[0] = (uint32_t)stored->row_stride;
    part.pad[0] = stored->row_pad;
    part.stride[1] = (uint32_t)stored->column_stride;
    part.pad[1] = stored->column_pad;
    *layer = sdse_layer_part(whole, &part);
    return true;
}

// A set of tensors.
static unsigned set_of(bool inputs, bool weights, bool outputs) {
    return (inputs ? SDSE_BIT(SDSE_INPUTS) : 0u) |
           (weights ? SDSE_BIT(SDSE_WEIGHTS) : 0u) |
           (outputs ? SDSE_BIT(SDSE_OUTPUTS) : 0u);
}

// What a nest has in one of the memories that share; own: that of its group, which
// brings in, and holds what waits.
static void take_place(const struct sdse_nest_record *stored,
                       const struct sdse_nest_place *place, bool own,
                       struct sdse_residence *at) {
    at->tensors = set_of(place->inputs, place->weights, place->outputs);
    at->operands = (uint32_t)place->inputs;
    at->addends = (uint32_t)place->addends;
    at->reserved_bits = place->reserved_bits;
    at->writes_through = place->outputs && stored->writes_through;
    at->continues = place->outputs && stored->continues;
    at->unfinished = place->outputs && stored->unfinished;
    at->rescales = place->outputs && stored->rescales;
    at->loads_weights = place->weights && stored->loads_weights;
    if (own) {
        at->loaded_inputs = stored->loaded_input_words;
        at->ahead =
            set_of(stored->inputs_ahead, stored->weights_ahead, stored->outputs_ahead);
    }
}

// False: it has something in a memory that does not share.
static bool take_residence(const struct sdse_arch *arch,
                           const struct sdse_nest_record *stored,
                           struct sdse_placement *placement) {
    struct sdse_residence *at = placement->residence;
    unsigned level[SDSE_MOST_SHARED];
    const unsigned memories = sdse_shared_levels(arch, level);
    for (unsigned m = 0; m < memories; m++)
        at[m] = (struct sdse_residence){.level = level[m],
                                        .also = m + 1 < memories ? &at[m + 1] : NULL};
    placement->placed = false;
    for (size_t i = 0; i < stored->place_count; i++) {
        const unsigned m = sdse_shared_named(arch, stored->place[i].memory);
        if (m == memories)
            return false;
        take_place(stored, &stored->place[i], i == 0, &at[m]);
        placement->placed |=
            at[m].tensors || at[m].addends || at[m].ahead || at[m].reserved_bits > 0;
    }
    return true;
}

// Adds what it takes to bring in what layers make, "0 3": as it was added when it was
// written. False: there are no such layers, or it cannot be scored.
static bool add_copies(struct scoring *s, const struct sdse_arch *arch,
                       const char *makers, struct sdse_cost *cost) {
    enum { MOST = 1 + SDSE_PLACES_MOST_ALIVE };
    struct sdse_cost *each = SDSE_ARENA_ARRAY(s->scratch, struct sdse_cost, MOST);
    struct sdse_cost_times of[MOST];
    size_t count = 0;
    if (!each)
        return false;
    each[count++] = *cost;
    for (char *end; *makers; makers = end + strspn(end, " ")) {
        const unsigned long maker = strtoul(makers, &end, 10);
        if (count == MOST || maker >= s->inputs.workload->layer_count ||
            sdse_copy_cost(arch, s->inputs.workload,
                           &(struct sdse_handed_tensor){.maker = maker},
                           sdse_copy_way(arch, 0, 0), s->scratch, &each[count++]))
            return false;
    }
    for (size_t i = 0; i < count; i++)
        of[i] = (struct sdse_cost_times){&each[i], 1};
    return count == 1 || sdse_cost_sum(of, count, cost);
}

// What keeps a copy from being scored, or NULL and its cost.
static const char *score_copy(struct scoring *s,
                              const struct sdse_stored_solution *from,
                              struct sdse_cost *cost) {
    const struct sdse_workload *net = s->inputs.workload;
    const struct sdse_nest *nest = &net->layers[from->layer_index].nest;
    if (!sdse_shared_level(s->inputs.arch))
        return "no memory of its accelerator shares";
    if (from->words != sdse_tile_words(nest, SDSE_OUTPUTS, nest->bound))
        return "its layer puts out other words";
    return sdse_copy_cost(s->inputs.arch, net,
                          &(struct sdse_handed_tensor){.maker = from->layer_index},
                          sdse_copy_way(s->inputs.arch, 0, 0), s->scratch, cost)
               ? "its copy cannot be scored"
               : NULL;
}

// What keeps a solution from being scored, or NULL and its cost.
static const char *score(struct scoring *s, const struct sdse_stored_solution *from,
                         struct sdse_cost *cost) {
    if (!s->inputs.arch || !s->inputs.workload)
        return "its accelerator or network cannot be read";
    if (from->layer_index >= s->inputs.workload->layer_count)
        return "its network has no such layer";
    const struct sdse_layer *layer = &s->inputs.workload->layers[from->layer_index];
    struct sdse_layer rows = *layer;
    if (from->is_copy)
        return score_copy(s, from, cost);
    if (from->is_nest && !take_rows(&from->nest, &rows, layer))
        return "its layer has no such rows";
    struct sdse_weight_form form = {0};
    if (from->has_form)
        form = from->form.form;
    else
        sdse_layer_form_declare(layer, &(struct sdse_form_setting){0}, &form);
    struct sdse_diags quiet;
    sdse_diags_init(&quiet, s->scratch);
    struct sdse_arch *arch = s->inputs.arch;
    struct sdse_mapping *mapping = NULL;
    struct sdse_placement placement;
    struct sdse_model *model = NULL;
    struct sdse_node *root = sdse_stored_input_parse(s->scratch, from->mapping, &quiet);
    if (!root || sdse_arch_of_mapping(arch, root, s->scratch, &arch) != SDSE_OK ||
        sdse_placed_mapping_from_tree(s->scratch, root, arch, &rows, &quiet, &placement,
                                      &mapping) != SDSE_OK)
        return "its mapping cannot be read";
    if (from->is_nest && !take_residence(arch, &from->nest, &placement))
        return "it has something in a memory that layers do not share";
    struct sdse_layer placed = rows;
    placed.residence = placement.placed ? placement.residence : NULL;
    if (sdse_model_new(arch, &placed, &form, s->scratch, &model) != SDSE_OK ||
        !sdse_evaluate_full(model, mapping, cost))
        return "its mapping cannot be scored";
    if (sdse_mapping_verdict(model, mapping, NULL) != SDSE_VALID && placement.placed)
        return "its tiles do not fit beside what is held";
    if (from->is_nest) {
        const struct sdse_totals totals = sdse_evaluate(model, mapping);
        if (totals.outer_cycles != (double)from->nest.outer_cycles ||
            totals.inner_cycles != (double)from->nest.inner_cycles)
            return "its sides take other cycles";
    }
    if (from->copied && !add_copies(s, arch, from->copied, cost))
        return "what is brought in before it cannot be scored";
    return NULL;
}

static enum sdse_status each(void *context, const struct sdse_stored_solution *stored) {
    struct scoring *s = context;
    struct sdse_cost *cost = SDSE_ARENA_NEW(s->scratch, struct sdse_cost);
    if (!cost)
        return SDSE_NO_MEMORY;
    sdse_stored_inputs_take(&s->inputs, stored->arch_hash, stored->arch,
                            stored->workload_hash, stored->workload);
    const char *fault = score(s, stored, cost);
    if (fault)
        complain(s, stored, fault);
    else if (cost->energy_pj != stored->energy_pj)
        complain(s, stored, "its mapping has another energy");
    else if (cost->latency_cycles != stored->latency_cycles)
        complain(s, stored, "its mapping takes other cycles");
    else if (cost->macs != stored->macs)
        complain(s, stored, "its layer has other MACs");
    else
        s->scored++;
    sdse_arena_reset(s->scratch);
    sdse_steps_at(s->steps, s->scored + s->wrong, s->total);
    return SDSE_OK;
}

enum sdse_status sdse_rescore(struct sdse_reader *reader,
                              const struct sdse_steps *steps, struct sdse_diags *diags,
                              uint64_t *scored) {
    struct scoring s = {.diags = diags,
                        .steps = steps,
                        .total = steps ? sdse_verify_solutions(reader) : 0,
                        .inputs = {.arena = sdse_arena_new()},
                        .scratch = sdse_arena_new()};
    enum sdse_status status = SDSE_NO_MEMORY;
    if (s.inputs.arena && s.scratch)
        status = sdse_verify_each_solution(reader, diags, each, &s);
    sdse_arena_free(s.inputs.arena);
    sdse_arena_free(s.scratch);
    *scored = s.scored;
    if (status == SDSE_OK)
        status = sdse_check_groups(reader, diags);
    return status == SDSE_OK && s.wrong ? SDSE_INVALID : status;
}
